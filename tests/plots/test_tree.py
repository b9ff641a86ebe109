"""Pictures of trees of outcomes: what is drawn, how much of it, and that it can be read."""

from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.patches import PathPatch

from qsim import Circuit, run
from qsim.errors import StateError
from qsim.plots import outcome_tree
from qsim.result import Branch, Outcome


def exact(circuit, bound=True):
    return run(circuit, None, exact=bound)


def coins(number, probability=0.25):
    """A coin that shows 1 with a probability, thrown so many times in the middle."""
    circuit = Circuit(1, number)
    for bit in range(number):
        circuit.ry(2 * np.arcsin(np.sqrt(probability)), 0).measure(0, bit).reset(0)
    return circuit


def adaptive():
    """A second decision after one outcome of the first alone, and a final measurement."""
    circuit = Circuit(3, 3).ry(np.pi / 3, 0).measure(0, 0)
    with circuit.if_(circuit.bits[0] == 1):
        circuit.h(1).cx(1, 2).reset(1).x(0)
    return circuit.h(0).measure(0, 1)


def texts(axes, gid):
    return [text.get_text() for text in axes.texts if text.get_gid() == gid]


def header(axes):
    return [text.get_text() for text in axes.texts if text.get_weight() == "bold"]


def widths(axes):
    return [patch.get_linewidth() for patch in axes.patches if isinstance(patch, PathPatch)]


# ── What is drawn ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_throws():
    axes = outcome_tree(exact(coins(2)))
    assert texts(axes, "decision") == ["measure\nq0"] * 3
    assert sorted(texts(axes, "edge")) == ["0: 0.75"] * 3 + ["1: 0.25"] * 3
    assert list(zip(texts(axes, "record"), texts(axes, "leaf"), strict=True)) == [
        ("00", "0.562"),
        ("01", "0.188"),
        ("10", "0.188"),
        ("11", "0.0625"),
    ]
    assert header(axes) == ["c", "probability"]
    assert texts(axes, "note") == []


def test_decisions_that_only_some_ways_have():
    axes = outcome_tree(exact(adaptive()))
    assert texts(axes, "decision") == ["reset\nq1", "measure\nq0"]
    assert sorted(texts(axes, "edge")) == ["0: 0.5", "0: 0.75", "1: 0.25", "1: 0.5"]
    assert texts(axes, "record") == ["0-0", "1-0", "1-0"]
    assert texts(axes, "leaf") == ["0.75", "0.125", "0.125"]
    assert texts(axes, "note") == ["-: still to be written by final measurements"]


def test_lines_are_as_thick_as_their_ways_are_probable():
    axes = outcome_tree(exact(coins(2)))
    expected = [9 / 16, 3 / 16, 3 / 16, 1 / 16, 3 / 4, 1 / 4]  # those of a box come after those of the boxes behind it
    slope, offset = np.polyfit(expected, widths(axes), 1)
    np.testing.assert_allclose(widths(axes), offset + slope * np.array(expected), rtol=1e-9)
    assert slope > 4
    assert 0 < offset < 2


def test_branches_alone_and_registers():
    circuit = Circuit(2)
    flag, data = circuit.add_bits("flag", 1), circuit.add_bits("data", 1)
    circuit.h(0).measure(0, flag).h(1, when=flag == 1).measure(1, data)
    circuit.x(0, when=data == 1)
    result = exact(circuit)
    axes, alone = outcome_tree(result), outcome_tree(result.branches)
    assert header(axes) == ["flag data", "probability"]
    assert header(alone) == ["record", "probability"]
    for found in (axes, alone):
        assert texts(found, "record") == ["0 0", "1 0", "1 1"]
        assert texts(found, "decision").count("measure\nq1") == 1


def test_no_bits_and_no_decisions():
    axes = outcome_tree(exact(Circuit(2).h(0).cx(0, 1).reset(0)))
    assert header(axes) == ["probability"]
    assert texts(axes, "decision") == ["reset\nq0"]
    assert texts(axes, "leaf") == ["0.5", "0.5"]
    bell = outcome_tree(exact(Circuit(2).h(0).cx(0, 1)))
    assert texts(bell, "decision") == []
    assert texts(bell, "leaf") == ["1"]
    assert texts(bell, "note") == ["nothing is decided on the way"]


def test_many_qubits_at_once():
    ways = [(Outcome("measure", range(20), value * 20, 0.5),) for value in "01"]
    axes = outcome_tree([Branch(0.5, way[0].value, way, None) for way in ways])
    assert texts(axes, "decision") == ["measure\nq0 … q19"]
    assert texts(axes, "edge") == ["000000…00000: 0.5", "111111…11111: 0.5"]
    assert texts(axes, "record") == ["0" * 20, "1" * 20]
    wide = outcome_tree([Branch(1.0, "01" * 40, ways[0], None)])
    assert texts(wide, "record") == ["010101010101…10101010101"]


# ── How much is drawn ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_most_probable_ways():
    result = exact(coins(4))
    axes = outcome_tree(result, top=5)
    assert texts(axes, "record") == ["0000", "0001", "0010", "0100", "1000"]
    left = 1 - 0.75**4 - 4 * 0.25 * 0.75**3
    assert texts(axes, "note") == [f"not shown: 11 other branches together have probability {left:.3g}"]
    assert texts(outcome_tree(result, top=15), "note") == ["not shown: 1 other branch has probability 0.00391"]
    assert texts(outcome_tree(result), "note") == []


def test_the_first_six_decisions():
    circuit = Circuit(1, 1).assign(0, 1)
    with circuit.while_(circuit.bits[0] == 1):
        circuit.reset(0).h(0).measure(0, 0)
    axes = outcome_tree(exact(circuit, bound=2.0**-20.5))
    assert texts(axes, "record") == ["0"] * 6 + ["… 10 branches"]
    assert texts(axes, "leaf") == ["0.5", "0.25", "0.125", "0.0625", "0.0312", "0.0156", f"{2.0**-6 - 2.0**-16:.3g}"]
    assert texts(axes, "note") == [
        f"not shown: 4 other branches together have probability {2.0**-16 - 2.0**-20:.3g}",
        "decisions after the 6th are not shown",
        f"the run left out probability {2.0**-20:.3g}",
    ]


def test_big_trees_are_bounded():
    way = tuple(Outcome("measure", (0,), "1", 1.0) for _ in range(5000))
    axes = outcome_tree([Branch(1.0, "1", way, lambda: None)])
    assert len(texts(axes, "decision")) == 6
    axes = outcome_tree([Branch(1e-4, "", (Outcome("measure", (0,), f"{n:014b}", 1e-4),), None) for n in range(10000)])
    assert len(texts(axes, "leaf")) == 16
    width, height = axes.figure.get_size_inches()
    assert width <= 13
    assert height <= 10


# ── The picture ───────────────────────────────────────────────────────────────────────────────────────────────────────

PICTURES = {
    "one throw": lambda: outcome_tree(exact(coins(1))),
    "five throws": lambda: outcome_tree(exact(coins(5))),
    "all of six throws": lambda: outcome_tree(exact(coins(6)), top=64),
    "eight throws": lambda: outcome_tree(exact(coins(8)), top=12),
    "some ways are longer": lambda: outcome_tree(exact(adaptive())),
    "no decisions": lambda: outcome_tree(exact(Circuit(1))),
    "on given axes": lambda: outcome_tree(exact(coins(3)), ax=plt.subplots(1, 2, figsize=(12, 4))[1][1]),
}


@pytest.mark.parametrize("draw", PICTURES.values(), ids=PICTURES)
def test_nothing_is_cut_off_or_overlaps(draw, tmp_path):
    axes = draw()
    axes.figure.savefig(tmp_path / "tree.png")
    inside = axes.bbox.padded(1)
    boxes = [text.get_window_extent() for text in axes.texts]
    for box in boxes:
        assert inside.x0 <= box.x0 < box.x1 <= inside.x1
        assert inside.y0 <= box.y0 < box.y1 <= inside.y1
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]
    decisions = [text.get_window_extent() for text in axes.texts if text.get_gid() == "decision"]
    frames = [patch.get_window_extent() for patch in axes.patches if not isinstance(patch, PathPatch)]
    for text, frame in zip(decisions, frames, strict=True):
        assert frame.x0 < text.x0 < text.x1 < frame.x1
        assert frame.y0 < text.y0 < text.y1 < frame.y1


def test_text_is_large_where_there_is_room():
    for number in (1, 3, 5, 8):
        axes = outcome_tree(exact(coins(number)))
        assert min(text.get_fontsize() for text in axes.texts) > 8


@pytest.mark.parametrize(("style", "ink"), [("default", "black"), ("dark_background", "white")])
def test_light_and_dark(style, ink):
    with plt.style.context(style):
        axes = outcome_tree(exact(coins(1)))
        clear = plt.subplots(facecolor="none")[1]
        clear.set_facecolor("none")
        outcome_tree(exact(coins(1)), ax=clear)
    for found in (axes, clear):
        assert {text.get_color() for text in found.texts} == {ink}
    dark = plt.subplots()[1]
    dark.set_facecolor("#102030")
    assert {text.get_color() for text in outcome_tree(exact(coins(1)), ax=dark).texts} == {"white"}


def test_it_draws_on_given_axes_and_leaves_settings_alone():
    figure, pair = plt.subplots(1, 2)
    before = dict(mpl.rcParams)
    assert outcome_tree(exact(coins(1)), ax=pair[1]) is pair[1]
    assert plt.get_fignums() == [figure.number]
    assert not pair[0].texts
    assert dict(mpl.rcParams) == before
    assert outcome_tree(exact(coins(1))).figure is not figure


# ── Bad input ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_bad_arguments():
    result = exact(coins(1))
    with pytest.raises(StateError, match="has no branches: run the circuit with exact=True"):
        outcome_tree(run(coins(1), 10))
    with pytest.raises(StateError, match="must have branches, but is empty"):
        outcome_tree([])
    for wrong in (coins(1), result.distribution, [1, 2], "01"):
        with pytest.raises(TypeError, match="`result` must be a Result or its branches, but is"):
            outcome_tree(wrong)
    with pytest.raises(TypeError, match=r"`top` must be an int, but is 2\.5"):
        outcome_tree(result, top=2.5)
    with pytest.raises(StateError, match="`top` must be 1 or more, but is 0"):
        outcome_tree(result, top=0)
