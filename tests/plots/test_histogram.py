"""Histograms with matplotlib: heights, errors, labels, legend, and the saved picture."""

from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.container import BarContainer, ErrorbarContainer
from scipy import stats

from qsim.errors import StateError
from qsim.plots import histogram
from qsim.states import Counts, State

BELL = Counts({"00": 497, "11": 503})
MANY = State.random(10, seed=3).sample(4000, seed=1)


def bars(axes):
    """Heights by the name in the legend."""
    found = [container for container in axes.containers if isinstance(container, BarContainer)]
    return {container.get_label(): [patch.get_height() for patch in container] for container in found}


def error_ends(axes):
    """Lower and upper ends of the error bars, one array of shape (columns, 2) a run."""
    found = [container for container in axes.containers if isinstance(container, ErrorbarContainer)]
    return [np.array([segment[:, 1] for segment in container[2][0].get_segments()]) for container in found]


def tick_labels(axes):
    return [label.get_text() for label in axes.get_xticklabels()]


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


# ── Heights ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_run():
    axes = BELL.plot()
    assert bars(axes) == {"1000 shots": [0.497, 0.503]}
    assert tick_labels(axes) == ["00", "11"]
    assert legend(axes) == ["1000 shots"]
    assert axes.get_ylabel() == "probability"
    assert axes.get_xlabel() == "outcome (q0 q1)"
    assert axes.get_ylim()[0] == 0


def test_error_bars_are_wilson_intervals():
    axes = histogram({"a": BELL, "b": Counts({"00": 10})})
    expected = [
        [stats.binomtest(number, shots).proportion_ci(method="wilson") for number in numbers]
        for numbers, shots in (((497, 503), 1000), ((10, 0), 10))
    ]
    for ends, intervals in zip(error_ends(axes), expected, strict=True):
        np.testing.assert_allclose(ends, [(one.low, one.high) for one in intervals], atol=1e-12)
    assert error_ends(histogram(BELL, error_bars=False)) == []


def test_runs_stand_side_by_side_under_the_outline_of_the_exact_values():
    other = Counts({"00": 10, "01": 10})
    axes = histogram({"run A": BELL, "run B": other}, exact=State.bell())
    assert legend(axes) == ["run A, 1000 shots", "run B, 20 shots", "exact"]
    assert tick_labels(axes) == ["00", "01", "11"]
    found = bars(axes)
    assert found["run A, 1000 shots"] == [0.497, 0, 0.503]
    assert found["run B, 20 shots"] == [0.5, 0.5, 0]
    np.testing.assert_allclose(found["exact"], [0.5, 0, 0.5])
    first, second, exact = (
        [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in container]
        for container in axes.containers
        if isinstance(container, BarContainer)
    )
    for (a, b), (c, d), (left, right) in zip(first, second, exact, strict=True):
        assert left <= a < b < c < d <= right
    colors = [container[0].get_facecolor() for container in axes.containers if isinstance(container, BarContainer)]
    assert len(set(colors)) == 3


def test_the_most_frequent_and_the_rest():
    axes = MANY.plot(top=5, sort="count")
    common = MANY.most_common(5)
    hidden = len(MANY) - 5
    assert tick_labels(axes) == [*(key for key, _ in common), f"rest ({hidden})"]
    (heights,) = bars(axes).values()
    np.testing.assert_allclose(heights[:5], [number / 4000 for _, number in common])
    assert sum(heights) == pytest.approx(1)
    assert tick_labels(MANY.plot(top=5))[:5] == sorted(key for key, _ in common)


def test_a_rest_that_would_flatten_the_others_is_cut_and_labelled():
    axes = MANY.plot(top=5)
    rest = bars(axes)["4000 shots"][-1]
    assert axes.get_ylim()[1] < rest
    assert axes.get_ylim()[1] > error_ends(axes)[0][:5].max()
    assert [text.get_text() for text in axes.texts] == [f"{rest:.3g} →"]
    small = Counts({"00": 50, "01": 40, "10": 10}).plot(top=2)
    assert len(small.texts) == 0
    assert small.get_ylim()[1] > 0.5


def test_the_exact_values_count_among_the_most_probable():
    axes = histogram(Counts({"00": 9, "01": 1}), exact={"11": 0.9, "00": 0.1}, top=2)
    assert tick_labels(axes) == ["00", "11", "rest (1)"]
    assert bars(axes)["10 shots"] == [0.9, 0, 0.1]
    np.testing.assert_allclose(bars(axes)["exact"], [0.1, 0.9, 0], atol=1e-15)
    unseen = histogram(Counts({"00": 4}), exact=[0.25] * 4, top=1)
    assert tick_labels(unseen) == ["00", "rest (0)"]
    np.testing.assert_allclose(bars(unseen)["exact"], [0.25, 0.75])


def test_the_rest_of_several_runs_counts_each_outcome_once():
    runs = {"a": Counts({"00": 8, "01": 1, "10": 1}), "b": Counts({"00": 7, "10": 2, "11": 1})}
    axes = histogram(runs, top=1)
    assert tick_labels(axes) == ["00", "rest (3)"]
    assert bars(axes)["a, 10 shots"] == [0.8, 0.2]
    wide = {name: Counts({"0" * 70 + key: number for key, number in run.items()}) for name, run in runs.items()}
    assert tick_labels(histogram(wide, top=1))[-1] == "rest (3)"


def test_registers_and_plain_dicts():
    axes = histogram({"01 1": 30, "11 0": 70}, exact={"011": 0.5, "11 0": 0.5})
    assert tick_labels(axes) == ["01 1", "11 0"]
    assert axes.get_xlabel() == "outcome (c0[0] c0[1] c1[0])"
    np.testing.assert_allclose(bars(axes)["exact"], [0.5, 0.5])
    assert bars(histogram({"a": {"0": 1}, "b": {"1": 3}})) == {"a, 1 shots": [1, 0], "b, 3 shots": [0, 1]}


def test_no_shots():
    axes = histogram(Counts({}, labels=["q0"]))
    assert tick_labels(axes) == []
    both = histogram({"none": Counts({}, labels=["q0"]), "some": Counts({"0": 3, "1": 1})})
    assert bars(both)["none, 0 shots"] == [0, 0]
    assert np.all(error_ends(both)[0] == 0)


# ── The picture ───────────────────────────────────────────────────────────────────────────────────────────────────────

PICTURES = {
    "two outcomes": lambda: histogram(BELL, exact=State.bell()),
    "the rest": lambda: histogram(MANY),
    "three runs": lambda: histogram({f"run {i}": MANY.marginal(range(i, i + 3)) for i in range(3)}, exact=[0.125] * 8),
    "30 bits": lambda: histogram(Counts.from_arrays(range(0, 2**30, 2**25), range(1, 33), labels=range(30))),
    "200 bits": lambda: histogram(Counts({"01" * 100: 3, "10" * 100: 4})),
    "150 outcomes": lambda: histogram(MANY, top=150),
    "many runs": lambda: histogram({f"a run with a long name {i}": BELL for i in range(12)}),
}


@pytest.mark.parametrize("draw", PICTURES.values(), ids=PICTURES)
def test_nothing_is_cut_off_or_overlaps(draw, tmp_path):
    axes = draw()
    figure = axes.figure
    figure.savefig(tmp_path / "counts.png")
    assert plt.imread(tmp_path / "counts.png").std() > 0
    inside = figure.bbox.padded(1)
    labels = axes.get_xticklabels()
    for artist in (*labels, axes.xaxis.label, axes.yaxis.label, axes.get_legend()):
        box = artist.get_window_extent()
        assert inside.containsx(box.x0)
        assert inside.containsx(box.x1)
        assert inside.containsy(box.y0)
        assert inside.containsy(box.y1)
    boxes = [label.get_window_extent() for label in labels]
    if len(boxes) <= 100:  # more labels than the figure has room for are as small as can be
        assert all(left.x1 <= right.x0 for left, right in pairwise(boxes))
    assert boxes[0].y0 >= axes.xaxis.label.get_window_extent().y1
    assert axes.get_legend().get_window_extent().y0 >= axes.get_window_extent().y1
    assert axes.get_window_extent().width > 0.7 * figure.bbox.width
    assert axes.get_window_extent().height > 2 * figure.dpi  # two inches


def test_long_keys_are_turned_and_very_long_ones_shortened():
    assert BELL.plot().get_xticklabels()[0].get_rotation() == 0
    assert MANY.plot().get_xticklabels()[0].get_rotation() == 90
    label = tick_labels(Counts({"01" * 100: 3}).plot())[0]
    assert len(label) == 40
    assert label.startswith("0101")
    assert "…" in label


def test_it_draws_on_given_axes_and_leaves_settings_alone():
    figure, pair = plt.subplots(1, 2)
    before = dict(mpl.rcParams)
    assert histogram(BELL, ax=pair[1]) is pair[1]
    assert plt.get_fignums() == [figure.number]
    assert not pair[0].containers
    assert dict(mpl.rcParams) == before
    assert histogram(BELL).figure is not figure


# ── Refusals ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("draw", "error", "rule"),
    [
        (lambda: BELL.plot(top=0), StateError, "Argument `top` must be 1 or more, but is 0"),
        (lambda: BELL.plot(top=1.5), TypeError, "Argument `top` must be an int, but is 1.5"),
        (lambda: BELL.plot(sort="size"), StateError, 'Argument `sort` must be "key" or "count", but is \'size\''),
        (lambda: BELL.plot(exact=[0.5, 0.5]), StateError, "length"),
        (lambda: histogram({"a": BELL, "b": MANY}), StateError, "keys of one form"),
        (lambda: histogram({}), TypeError, "Argument `counts`"),
        (lambda: histogram([BELL]), TypeError, "Argument `counts`"),
    ],
)
def test_what_is_refused(draw, error, rule):
    with pytest.raises(error, match=rule):
        draw()
    assert plt.get_fignums() == []


@pytest.mark.parametrize("sort", ["key", "count"])
def test_the_outlines_stand_on_the_bars_of_their_keys(sort):
    shares = {"00": 0.1, "01": 0.5, "10": 0.3, "11": 0.1}
    exact = {"00": 0.11, "01": 0.48, "10": 0.33, "11": 0.08}
    axes = histogram(Counts({key: round(1000 * share) for key, share in shares.items()}), exact=exact, sort=sort)
    keys = tick_labels(axes)
    assert keys[:2] == (["00", "01"] if sort == "key" else ["01", "10"])
    assert sorted(keys) == sorted(shares)
    found = bars(axes)
    np.testing.assert_allclose(found["1000 shots"], [shares[key] for key in keys])
    np.testing.assert_allclose(found["exact"], [exact[key] for key in keys])
    for container in axes.containers:
        if isinstance(container, BarContainer):
            middles = [patch.get_x() + patch.get_width() / 2 for patch in container]
            np.testing.assert_allclose(middles, axes.get_xticks(), atol=1e-12)
