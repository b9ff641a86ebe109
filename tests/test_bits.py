"""Index bits, against bit strings, at widths around those of machine words."""

import itertools

import numpy as np
import pytest

from qsim import Counts, TooLargeError, bits

WIDTHS = [1, 2, 31, 32, 33, 61, 62]
TOO_WIDE = [63, 64, 65, 100]


def strings_for(n, seed=5):
    rng = np.random.default_rng(seed)
    return ["".join(map(str, row)) for row in rng.integers(0, 2, size=(6, n))] + ["1" + "0" * (n - 1), "1" * n]


def listings_for(n):
    return [[0], [n - 1], [n - 1, 0] if n > 1 else [0], list(range(n)), list(reversed(range(n)))]


@pytest.mark.parametrize("n", WIDTHS + TOO_WIDE)
def test_single_indices_have_no_limit(n):
    for string in strings_for(n):
        assert bits.bitstring(bits.parse_bitstring(string), n) == string
        assert bits.parse_bitstring(string) == int(string, 2)
    assert bits.bitstring(bits.qubit_weight(0, n), n) == "1" + "0" * (n - 1)
    assert bits.register_size(n) == 2**n
    assert bits.fixed_bits([0, n - 1] if n > 1 else [0], "10" if n > 1 else "1", n) == (
        (2 ** (n - 1)) | 1,
        2 ** (n - 1),
    )


@pytest.mark.parametrize("n", WIDTHS)
def test_extracting_and_embedding_follow_the_strings(n):
    strings = strings_for(n)
    indices = np.array([int(string, 2) for string in strings])
    for listing in listings_for(n):
        spelled = np.array([int("".join(string[q] for q in listing), 2) for string in strings])
        np.testing.assert_array_equal(bits.extract_bits(indices, listing, n), spelled)
        kept = ["".join(c if q in listing else "0" for q, c in enumerate(string)) for string in strings]
        np.testing.assert_array_equal(bits.embed_bits(spelled, listing, n), [int(string, 2) for string in kept])
    assert bits.bitstrings(indices, n) == strings


@pytest.mark.parametrize("n", WIDTHS)
def test_all_indices_count_up_with_the_first_qubit_most_significant(n):
    for size in range(min(n, 3) + 1):
        for listing in itertools.permutations(sorted({0, n // 2, n - 1}), min(size, len({0, n // 2, n - 1}))):
            expected = [
                sum(int(bit) << (n - 1 - q) for q, bit in zip(listing, values, strict=True))
                for values in itertools.product("01", repeat=len(listing))
            ]
            np.testing.assert_array_equal(bits.all_indices(listing, n), expected)


@pytest.mark.parametrize("n", TOO_WIDE)
@pytest.mark.parametrize(
    "call",
    [
        lambda n: bits.embed_bits(np.array([1]), [0], n),
        lambda n: bits.embed_bits(np.array([1]), [n - 1], n),
        lambda n: bits.extract_bits(np.array([1]), [0], n),
        lambda n: bits.all_indices([0], n),
        lambda n: bits.all_indices([n - 1], n),
        lambda n: bits.all_indices(range(n), n),
    ],
)
def test_index_arrays_beyond_their_bits_are_refused(call, n):
    with pytest.raises(TooLargeError, match=f"62 qubits, but {n}"):
        call(n)


@pytest.mark.parametrize("width", [1, 31, 32, 33, 62, 63, 64])
@pytest.mark.parametrize("num_columns", [1, 31, 32, 33, 63, 64, 65, 128, 129])
def test_spread_columns_picks_bits(width, num_columns):
    rng = np.random.default_rng(width * 1000 + num_columns)
    columns = [None if rng.random() < 0.3 else int(rng.integers(width)) for _ in range(num_columns)]
    strings = strings_for(width)
    spread = bits.spread_columns(np.array([int(s, 2) for s in strings], dtype=np.uint64), columns, width)
    rows = spread[:, None] if spread.ndim == 1 else spread
    found = ["".join(format(int(word), "064b") for word in row)[-num_columns:] for row in rows]
    assert found == ["".join("0" if c is None else string[c] for c in columns) for string in strings]


@pytest.mark.parametrize("n", [31, 32, 33, 62, 63, 64, 65])
def test_counts_of_every_width(n):
    first, last = "1" + "0" * (n - 1), "0" * (n - 1) + "1"
    counts = Counts({first: 3, last: 5})
    assert dict(counts) == {last: 5, first: 3}
    assert counts.num_bits == n
    assert counts.to_ints() == {1: 5, 2 ** (n - 1): 3}
    assert dict(counts.reverse_bits()) == {last: 3, first: 5}
    assert dict(counts.marginal([0])) == {"0": 5, "1": 3}
    assert dict(counts.marginal([n - 1, 0])) == {"01": 3, "10": 5}
    assert dict(counts + counts) == {last: 10, first: 6}
    values, numbers = counts.arrays()
    assert dict(Counts.from_arrays(values, numbers, labels=counts.labels)) == dict(counts)
