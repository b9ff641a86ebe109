"""Histograms of counts, drawn with matplotlib."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qsim.errors import StateError
from qsim.plots._bars import Bars, choose_bars, shorten
from qsim.plots._canvas import CHARACTER, LARGEST_TEXT, POINTS, ink, label_keys, label_style, width_of
from qsim.states import Counts
from qsim.states._exact import distribution
from qsim.states.distances import wilson_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["COLORS", "histogram"]

# Colour-blind readers can tell them apart: M. Okabe and K. Ito, Color Universal Design, 2008.
COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
_HATCHES = (None, "///", "...")  # for the 9th run and on
_GROUP_WIDTH = 0.8  # of all bars of an outcome; the next outcome is at distance 1
_REST_GAP = 0.4  # the rest stands so much further off
_HEADROOM = 1.08
_CUT = 1.5  # a rest so many times higher than all else is cut off, so that the others can be seen
_MAX_KEY = 40  # longer keys are shortened


class _Columns(NamedTuple):
    """What is drawn, a column an outcome; the last may be the rest. Arrays have the shape (runs, columns).

    Attributes:
        runs: what the legend calls them.
        labels: of the columns.
        positions: of their middles.
        shares: heights of the bars.
        low: lower ends of the error bars.
        high: upper ends.
        exact: exact probabilities, shape (columns,), if any.
        num_keys: columns that are not the rest.
    """

    runs: list[str]
    labels: list[str]
    positions: NDArray[np.float64]
    shares: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    exact: NDArray[np.float64] | None
    num_keys: int


def histogram(
    counts: Mapping[str, Any],
    exact: Any = None,
    top: int = 16,
    sort: str = "key",
    error_bars: bool = True,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw counts as bars: the share of each outcome with its 95 % interval, beside the exact probability.

    Args:
        counts: Counts, or a dict of counts by bit string, or several of these by name: `{"run A": a, "run B": b}`.
        exact: a state, dict or array of exact probabilities, drawn as outlines.
        top: outcomes shown, the most probable; the others share the last bar, which is cut off if it is very high.
        sort: "key" for ascending keys, "count" for the most frequent first.
        error_bars: whether to draw Wilson's intervals.
        ax: matplotlib axes to draw on; those of a new figure by default.

    Returns:
        The axes: `axes.figure.savefig("counts.png")` saves the picture.

    Raises:
        StateError: the runs have keys of different form, or `exact` another number of bits.

    >>> axes = histogram({"run A": Counts({"0": 49, "1": 51}), "run B": Counts({"0": 60, "1": 40})})
    >>> axes.get_xlabel(), [label.get_text() for label in axes.get_xticklabels()]
    ('outcome (q0)', ['0', '1'])
    """
    runs = _named_runs(counts)
    layout = next(iter(runs.values()))._table.layout
    table = None if exact is None else distribution(exact, layout)
    columns = _columns(choose_bars(list(runs.values()), table, top, sort), runs)
    axes = _new_axes(columns) if ax is None else ax
    _draw_bars(axes, columns, error_bars)
    if columns.exact is not None:
        axes.bar(columns.positions, columns.exact, width=_GROUP_WIDTH, fill=False, edgecolor=ink(axes), label="exact")
    _scale_height(axes, columns, error_bars)
    _label_columns(axes, columns)
    axes.set_xlabel(f"outcome ({layout.describe()})")
    axes.set_ylabel("probability")
    axes.spines[["top", "right"]].set_visible(False)
    _draw_legend(axes, columns)
    return axes


# ── What is drawn ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _named_runs(counts: Mapping[str, Any]) -> dict[str, Counts]:
    """Runs by the name in the legend."""
    if not isinstance(counts, Counts) and not (isinstance(counts, Mapping) and counts):
        raise TypeError(f"Argument `counts` must be Counts or a dict of Counts by name, but is {counts!r}.")
    if isinstance(counts, Counts) or not any(isinstance(run, Mapping) for run in counts.values()):
        single = Counts(counts)
        return {f"{single.shots} shots": single}
    by_name = {name: Counts(run) for name, run in counts.items()}
    runs = {f"{name}, {run.shots} shots": run for name, run in by_name.items()}
    widths = {run._table.layout.widths for run in runs.values()}
    if len(widths) > 1:
        raise StateError(f"Runs in one histogram must have keys of one form, but have bits {sorted(widths)}.")
    return runs


def _columns(bars: Bars, runs: dict[str, Counts]) -> _Columns:
    counts, exact, labels = bars.counts, bars.exact, [shorten(key, _MAX_KEY) for key in bars.keys]
    positions = np.arange(len(labels), dtype=float)
    if bars.has_rest:
        labels.append(f"rest ({bars.num_hidden})")
        counts = np.column_stack([counts, bars.rest])
        positions = np.append(positions, len(positions) + _REST_GAP)
        exact = None if exact is None else np.append(exact, bars.exact_rest)
    # A run without shots has no bars, and errors of none.
    shots = [run.shots for run in runs.values()]
    intervals = [wilson_interval(row, total) if total else (row, row) for row, total in zip(counts, shots, strict=True)]
    low, high = np.moveaxis(np.array(intervals, dtype=float), 1, 0)
    shares = counts / np.maximum(shots, 1)[:, np.newaxis]
    return _Columns(list(runs), labels, positions, shares, low, high, exact, len(bars.keys))


# ── Drawing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _new_axes(columns: _Columns) -> "Axes":
    """Axes of a new figure, wide enough for the bars and high enough for the labels below them and the legend."""
    from matplotlib import pyplot

    num_runs, num_columns = columns.shares.shape
    width = min(max(1.5 + num_columns * max(0.42, 0.2 * num_runs), 5.0), 13.0)
    size, rotation = label_style(columns.labels, (width - 1) * POINTS)
    longest = max(map(len, columns.labels), default=0)
    label_height = longest * size * CHARACTER if rotation else 0.0
    legend_rows = math.ceil((num_runs + 1) / _legend_columns(columns, (width - 1) * POINTS))
    height = 3.2 + (label_height + legend_rows * 1.6 * LARGEST_TEXT) / POINTS
    return pyplot.subplots(figsize=(width, height), layout="constrained")[1]


def _middles(columns: _Columns) -> NDArray[np.float64]:
    """Where each bar stands, shape (runs, columns): the runs of a column side by side."""
    num_runs = len(columns.shares)
    offsets = (np.arange(num_runs) - (num_runs - 1) / 2) * _GROUP_WIDTH / num_runs
    return columns.positions + offsets[:, np.newaxis]


def _draw_bars(axes: "Axes", columns: _Columns, error_bars: bool) -> None:
    """The runs' bars with their intervals; those of the rest are paler."""
    width = 0.94 * _GROUP_WIDTH / len(columns.runs)
    cap_size = min(3.0, 60 * width / max(len(columns.labels), 1))
    for number, (name, middles, shares) in enumerate(zip(columns.runs, _middles(columns), columns.shares, strict=True)):
        repeat, color = divmod(number, len(COLORS))
        hatch = _HATCHES[repeat % len(_HATCHES)]
        drawn = axes.bar(middles, shares, width=width, color=COLORS[color], hatch=hatch, label=name)
        for patch in drawn.patches[columns.num_keys :]:
            patch.set_alpha(0.55)
        if error_bars:
            errors = np.maximum([shares - columns.low[number], columns.high[number] - shares], 0)
            axes.errorbar(middles, shares, yerr=errors, fmt="none", ecolor=ink(axes), elinewidth=1, capsize=cap_size)


def _scale_height(axes: "Axes", columns: _Columns, error_bars: bool) -> None:
    """Heights from 0 to the highest bar; a much higher rest is cut off, and its bars say how high they are."""
    heights = columns.high if error_bars else columns.shares
    if columns.exact is not None:
        heights = np.vstack([heights, columns.exact])
    upper = float(heights[:, : columns.num_keys].max(initial=0.0))
    highest = float(heights.max(initial=0.0))
    is_cut = highest > _CUT * upper
    limit = _HEADROOM * (upper if is_cut else highest) or 1.0
    axes.set_ylim(0, limit)
    for middle, share in zip(_middles(columns)[:, -1:], columns.shares[:, -1:], strict=True):
        if is_cut and share.item() > limit:
            text = f"{share.item():.3g} →"  # turned by 90°, the arrow points up
            axes.text(
                middle.item(),
                0.97 * limit,
                text,
                rotation=90,
                ha="center",
                va="top",
                fontsize=LARGEST_TEXT,
                color=ink(axes),
            )


def _label_columns(axes: "Axes", columns: _Columns) -> None:
    label_keys(axes, columns.positions, columns.labels)
    if len(columns.labels):
        axes.set_xlim(columns.positions[0] - 0.6, columns.positions[-1] + 0.6)


def _legend_columns(columns: _Columns, width: float) -> int:
    """How many entries of the legend fit side by side in that width in points."""
    entry = (max(map(len, columns.runs)) + 8) * LARGEST_TEXT * CHARACTER  # patch and gaps take about 8 characters
    return max(int(width / entry), 1)


def _draw_legend(axes: "Axes", columns: _Columns) -> None:
    """A legend above the axes: inside it would hide bars."""
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1.01),
        borderaxespad=0,
        ncols=_legend_columns(columns, width_of(axes)),
        frameon=False,
        fontsize=LARGEST_TEXT,
        labelcolor=ink(axes),
    )
