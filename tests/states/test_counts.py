"""Counts: as a dict, in every width, by register, marginals, comparison, and how it is shown."""

import copy
import pickle
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsim.errors import StateError
from qsim.states import Counts, State

WIDTHS = [1, 2, 20, 31, 32, 33, 62, 63, 64, 65, 127, 128, 129, 130, 500]
widths = pytest.mark.parametrize("width", WIDTHS)


@st.composite
def shots(draw, registers=False):
    """Widths of registers, and the bit strings of some shots."""
    shape = tuple(draw(st.lists(st.integers(1, 70), min_size=1, max_size=3 if registers else 1)))
    pool = draw(st.lists(st.integers(0, 2 ** sum(shape) - 1), min_size=1, max_size=8))
    drawn = draw(st.lists(st.sampled_from(pool), max_size=40))
    return shape, [format(value, f"0{sum(shape)}b") for value in drawn]


def names(shape):
    return [(f"r{number}", width) for number, width in enumerate(shape)]


def spaced(bits, shape):
    """The bit string with a space between registers."""
    ends = np.cumsum(shape)
    return " ".join(bits[end - width : end] for end, width in zip(ends, shape, strict=True))


def random_strings(width, number, seed=0):
    rows = np.random.default_rng(seed).integers(0, 2, size=(number, width))
    return ["".join(map(str, row)) for row in rows]


# ── As a dict ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(shots(registers=True))
def test_counts_equal_the_counter_of_the_shots(case):
    shape, strings = case
    expected = Counter(spaced(bits, shape) for bits in strings)
    counts = Counts(Counter(strings), registers=names(shape))
    assert counts == expected
    assert expected == counts
    assert dict(counts) == dict(expected)
    assert dict(counts.items()) == dict(expected)
    assert list(counts) == list(counts.keys()) == sorted(expected)
    assert list(counts.values()) == [expected[key] for key in sorted(expected)]
    assert len(counts) == len(expected)
    assert counts.shots == len(strings)
    assert counts != {**expected, spaced("0" * sum(shape), shape): 10**6}
    for key in expected:
        assert counts[key] == counts[key.replace(" ", "")] == expected[key]
        assert key in counts


@given(shots(), st.randoms(use_true_random=False))
def test_arrays_in_any_order_with_repeats_give_the_same_counts(case, random):
    (width,), strings = case
    random.shuffle(strings)
    words = max(-(-width // 64), 1)
    values = [int(bits, 2) for bits in strings]
    rows = [[(value >> (64 * (words - 1 - word))) & (2**64 - 1) for word in range(words)] for value in values]
    outcomes = np.array(rows, dtype=np.uint64).reshape(len(rows), words)
    counts = Counts.from_arrays(outcomes, np.ones(len(rows), dtype=int), labels=range(width))
    assert counts == Counter(strings)
    assert counts.to_ints() == Counter(values)
    again = Counts.from_arrays(*counts.arrays(), labels=range(width))
    assert again == counts
    assert counts.arrays()[0].shape == ((len(counts),) if width <= 64 else (len(counts), words))


@widths
def test_every_width(width):
    strings = ["0" * width, "1" * width, "1" + "0" * (width - 1), "0" * (width - 1) + "1", *random_strings(width, 20)]
    expected = Counter({key: 3 + place for place, key in enumerate(strings)})
    counts = Counts(expected)
    assert counts == expected
    assert list(counts) == sorted(expected)
    assert all(counts[key] == number for key, number in expected.items())
    assert counts.to_ints() == {int(key, 2): number for key, number in expected.items()}
    unseen = next(key for key in random_strings(width, 100, seed=7) + strings if key not in expected or width < 5)
    assert counts[unseen] == expected[unseen]
    assert pickle.loads(pickle.dumps(counts)) == counts
    assert counts.most_common() == sorted(expected.items(), key=lambda item: (-item[1], item[0]))


def test_an_unseen_key_is_zero_but_no_member():
    counts = Counts({"00": 5, "11": 5, "01": 0})
    assert counts["01"] == counts["10"] == 0
    assert "01" not in counts
    assert counts.get("01", 7) == 7
    assert counts.get("01") == 0
    assert counts.get("11", 7) == 5
    assert counts.get("011", 7) == 7
    assert ("01", 0) not in counts.items()
    assert ("11", 5) in counts.items()
    assert 5 in counts.values()
    assert 6 not in counts.values()
    assert 3 not in counts
    assert counts == {"00": 5, "11": 5, "10": 0} == counts
    assert counts == Counts({"00": 5, "11": 5})


def test_equality_is_that_of_dicts():
    counts = Counts({"011": 2})
    assert counts == Counts({"011": 2}, labels="abc")
    assert counts != Counts({"01 1": 2})
    assert Counts({"01 1": 2}) == {"01 1": 2} != counts
    assert counts != Counts({"11": 2})
    assert counts != Counts({"011": 3})
    assert counts != "011"
    with pytest.raises(TypeError, match="unhashable"):
        hash(counts)


def test_a_long_iteration_passes_the_border_of_its_pieces():
    values = np.arange(0, 3 * 10_000, 3)
    counts = Counts.from_arrays(values, values + 1, labels=range(15))
    assert list(counts) == [format(value, "015b") for value in values]
    assert dict(counts.items()) == {format(value, "015b"): value + 1 for value in values}


@pytest.mark.parametrize("key", ["0", "000", "0x", "0 0", " 00", "٠١", ""])
def test_keys_of_another_form_say_what_the_form_is(key):
    for error in (KeyError, StateError):
        with pytest.raises(error, match=r"^A key must be 2 characters of 0 and 1 \(q0 q1\), but is '"):
            Counts({"00": 1})[key]
    assert key not in Counts({"00": 1})


@pytest.mark.parametrize("key", ["0 11", "01  1", "01 1 ", "01", "0111"])
def test_spaces_stand_between_registers_alone(key):
    with pytest.raises(KeyError, match=r"^A key must be 2 \+ 1 characters of 0 and 1 \(c\[0\] c\[1\] flag\[0\]\), but"):
        Counts({"01 1": 1}, registers=[("c", 2), ("flag", 1)])[key]


# ── Construction ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_default_labels():
    assert Counts({"011": 1}).labels == ("q0", "q1", "q2")
    assert Counts({"01 1": 1}).registers == (("c0", 2), ("c1", 1))
    assert Counts({"01 1": 1}).labels == ("c0[0]", "c0[1]", "c1[0]")
    assert Counts({}, registers=[("a", 1), ("empty", 0), ("b", 2)]).registers == (("a", 1), ("b", 2))
    assert Counts({}).num_bits == 0
    assert Counts({"": 3}) == {"": 3}
    labelled = Counts({"01": 1}, labels=["x", "y"])
    assert Counts(labelled).labels == ("x", "y")


REFUSED = {
    "widths that differ": (lambda: Counts({"00": 1, "000": 1}), KeyError, "2 characters"),
    "other characters": (lambda: Counts({"0a": 1}), KeyError, "but is '0a'"),
    "keys that are no strings": (
        lambda: Counts({0: 1}, labels="a"),
        TypeError,
        "A key must be a bit string, but is int",
    ),
    "no mapping": (lambda: Counts(["00"]), TypeError, "Argument `counts` must be a mapping"),
    "negative numbers": (lambda: Counts({"00": -1}), StateError, "0 or more, but one is -1"),
    "fractions": (lambda: Counts({"00": 0.5}), TypeError, "must have integers as its numbers, but has dtype float64"),
    "truth values": (lambda: Counts({"00": True}), TypeError, "must have integers"),
    "numbers past 64 bits": (lambda: Counts({"00": 2**70}), StateError, "less than 2\\^63"),
    "a number of 2^63": (lambda: Counts({"00": 2**63}), StateError, "less than 2\\^63"),
    "a sum past 64 bits": (lambda: Counts({"00": 2**62, "11": 2**62}), StateError, "less than 2\\^63"),
    "a label twice": (lambda: Counts({"00": 1}, labels=["a", "a"]), StateError, "distinct, but repeats 'a'"),
    "a register twice": (lambda: Counts({}, registers=[("c", 1), ("c", 2)]), StateError, "distinct, but repeats 'c'"),
    "a negative width": (lambda: Counts({}, registers=[("c", -1)]), StateError, "'c' has -1"),
    "both layouts": (lambda: Counts({}, registers=[("c", 1)], labels=["a"]), TypeError, "both were given"),
    "no layout": (lambda: Counts.from_arrays([0], [1]), TypeError, "needs one of"),
    "too large an outcome": (lambda: Counts.from_arrays([4], [1], labels="ab"), StateError, "2 bits"),
    "too large a word": (lambda: Counts.from_arrays([[2, 0]], [1], labels=range(65)), StateError, "65 bits"),
    "a negative outcome": (lambda: Counts.from_arrays([-1], [1], labels="ab"), StateError, "not be negative"),
    "an outcome that is no integer": (lambda: Counts.from_arrays([0.0], [1], labels="ab"), TypeError, "float64"),
    "too few words": (lambda: Counts.from_arrays([1], [1], labels=range(65)), StateError, r"shape \(k, 2\)"),
    "lengths that differ": (lambda: Counts.from_arrays([1, 2], [1], labels="ab"), StateError, r"shape \(2,\)"),
}


@pytest.mark.parametrize(("build", "error", "rule"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(build, error, rule):
    with pytest.raises(error, match=rule):
        build()


def test_the_largest_integers_are_kept():
    outcomes = np.array([2**64 - 1, 2**63, 0], dtype=np.uint64)
    counts = Counts.from_arrays(outcomes, [2**61, 2**62, 1], labels=range(64))
    assert counts.to_ints() == {0: 1, 2**63: 2**62, 2**64 - 1: 2**61}
    assert counts.shots == 2**61 + 2**62 + 1


def test_no_shots():
    counts = Counts.from_arrays([], [], registers=[("c", 2)])
    assert counts == {} == dict(counts)
    assert counts["01"] == counts.shots == len(counts) == 0
    assert counts.probabilities() == {} == counts.to_ints()
    assert counts.most_common() == []
    assert counts.marginal([1]) == counts.reverse_bits() == counts
    assert counts.interval("00") == (0.0, 1.0)
    assert counts + counts == counts
    assert repr(counts) == "Counts({}, bits c[0] c[1])"


def test_counts_do_not_change():
    outcomes, numbers = np.array([0, 3], dtype=np.uint64), np.array([5, 7])
    counts = Counts.from_arrays(outcomes, numbers, labels="ab")
    outcomes[:] = 1
    numbers[:] = 1
    assert counts == {"00": 5, "11": 7}
    for array in (*counts.arrays(), *Counts({"0" * 70: 1}).arrays()):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(TypeError, match="item assignment"):
        counts["00"] = 1
    with pytest.raises(AttributeError):
        counts.shots = 1


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda counts: pickle.loads(pickle.dumps(counts)), Counts]
)
@pytest.mark.parametrize("width", [3, 64, 130])
def test_copies_and_pickles(duplicate, width):
    counts = Counts({key: 1 + place for place, key in enumerate(random_strings(width, 6))}, registers=[("c", width)])
    twin = duplicate(counts)
    assert twin == counts
    assert (twin.labels, twin.registers, twin.shots) == (counts.labels, counts.registers, counts.shots)
    assert not twin.arrays()[1].flags.writeable


# ── Marginals, order, sums ────────────────────────────────────────────────────────────────────────────────────────────


@given(shots(), st.randoms(use_true_random=False))
def test_marginals_are_counts_of_the_characters(case, random):
    (width,), strings = case
    positions = random.sample(range(width), random.randint(0, width))
    found = Counts(Counter(strings), labels=[f"b{i}" for i in range(width)]).marginal(positions)
    assert found == Counter("".join(bits[position] for position in positions) for bits in strings)
    assert found.labels == tuple(f"b{position}" for position in positions)
    assert found.shots == len(strings)


@widths
def test_reversed_bits(width):
    expected = Counter(random_strings(width, 10))
    counts = Counts(expected)
    found = counts.reverse_bits()
    assert found == {key[::-1]: number for key, number in expected.items()}
    assert found.labels == counts.labels[::-1]
    assert found.reverse_bits() == counts


def test_marginals_by_register():
    counts = Counts({"01 1 000": 3, "11 0 111": 4, "01 0 000": 5}, registers=[("c", 2), ("flag", 1), ("d", 3)])
    cases = {
        "c": ({"01": 8, "11": 4}, (("c", 2),)),
        ("flag", "c"): ({"1 01": 3, "0 11": 4, "0 01": 5}, (("flag", 1), ("c", 2))),
        ("d", "c[0]"): ({"0000": 8, "1111": 4}, ()),
        (2, 1): ({"11": 3, "01": 9}, ()),
        2: ({"1": 3, "0": 9}, ()),
        "d[2]": ({"0": 8, "1": 4}, ()),
        (): ({"": 12}, ()),
    }
    for selection, (expected, registers) in cases.items():
        found = counts.marginal(list(selection) if isinstance(selection, tuple) else selection)
        assert found == expected
        assert found.registers == registers
    assert counts.marginal(["d", "c[0]"]).labels == ("d[0]", "d[1]", "d[2]", "c[0]")
    assert counts.reverse_bits() == {"000 1 10": 3, "111 0 11": 4, "000 0 10": 5}
    assert counts.reverse_bits().marginal("c") == {"10": 8, "11": 4}


@pytest.mark.parametrize(
    ("selection", "rule"),
    [
        ("z", "no register or bit 'z': the counts have registers c, flag"),
        ([0, 0], "distinct"),
        (["c", 1], "distinct"),
        (3, r"range\(3\), but 3 does not"),
        (-1, r"range\(3\), but -1 does not"),
    ],
)
def test_marginals_of_what_is_not_there(selection, rule):
    with pytest.raises(StateError, match=rule):
        Counts({"01 1": 3}, registers=[("c", 2), ("flag", 1)]).marginal(selection)


@given(shots(registers=True), st.integers(0, 40))
def test_a_sum_counts_both_runs(case, cut):
    shape, strings = case
    first, second = (Counts(Counter(part), registers=names(shape)) for part in (strings[:cut], strings[cut:]))
    assert first + second == second + first == sum([first, second]) == Counts(Counter(strings), registers=names(shape))


def test_sums_need_the_same_bits():
    with pytest.raises(StateError, match="but are q0 q1 and a b"):
        Counts({"00": 1}) + Counts({"00": 1}, labels="ab")
    with pytest.raises(TypeError):
        Counts({"00": 1}) + {"00": 1}


def test_shares_and_the_most_common():
    counts = Counts({"00": 1, "01": 5, "10": 5, "11": 9})
    assert counts.probabilities() == {"00": 0.05, "01": 0.25, "10": 0.25, "11": 0.45}
    assert counts.most_common(2) == [("11", 9), ("01", 5)]
    assert counts.most_common(0) == []
    with pytest.raises(StateError, match="Argument `k` must be 0 or more, but is -1"):
        counts.most_common(-1)


def test_a_sampled_state_keeps_the_order_of_its_qubits():
    counts = State("01+").sample(200, seed=2)
    assert set(counts) == {"010", "011"}
    assert counts.marginal("q1") == {"1": 200} == counts.marginal(1)


# ── How it is shown ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_repr_is_one_bounded_line():
    assert repr(Counts({"00": 497, "11": 503})) == "Counts({'00': 497, '11': 503}, bits q0 q1)"
    assert repr(Counts({"": 5})) == "Counts({'': 5}, no bits)"
    seventeen = Counts.from_arrays(range(17), [2] * 17, labels=[f"q{i}" for i in range(30)])
    assert repr(seventeen).endswith("'000000000000000000000000001111': 2, …}, 17 outcomes, 34 shots, bits q0 … q29)")
    assert repr(seventeen).count(": 2") == 16
    wide = Counts(dict.fromkeys(random_strings(130, 50), 1), registers=[("c", 64), ("d", 65), ("flag", 1)])
    assert repr(wide).endswith("50 outcomes, 50 shots, bits c[0] … c[63]  d[0] … d[64]  flag[0])")
    assert len(repr(wide)) < 1000
    many = Counts({}, registers=[(f"r{i}", 1) for i in range(100)])
    assert repr(many).endswith("bits r0[0]  r1[0]  r2[0]  r3[0]  r4[0]  …  r99[0])")


def test_the_text_is_the_text_histogram():
    assert str(Counts({"00": 497, "11": 503})).splitlines()[0].startswith("q0 q1   1000 shots")
