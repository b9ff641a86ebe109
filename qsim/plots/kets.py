"""Amplitudes of a pure state as bars."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.algebra.show import qubit_labels
from qsim.errors import StateError
from qsim.plots._bars import check_choice, shorten
from qsim.plots._canvas import (
    CHARACTER,
    POINTS,
    as_pure,
    axes_with_wheel,
    height_of,
    ink,
    label_keys,
    label_style,
    style,
    text_size,
    width_of,
)
from qsim.plots._phases import phase_colors, phase_text
from qsim.states import State, show, vectors

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["amplitudes"]

_WIDTH = 0.8  # of a bar; the next one is at distance 1
_REST_GAP = 0.4  # the rest stands so much further off
_REST_ALPHA = 0.35
_CUT = 1.5  # a rest so many times higher than all else is cut off, so that the others can be seen
_MAX_KEY = 40  # longer keys are shortened
_MAX_PHASES = 32  # bars; more have no room for their phases


class _Shown(NamedTuple):
    """The basis states that are drawn.

    Attributes:
        keys: bit strings.
        values: their amplitudes.
        num_hidden: basis states beside them that are not zero.
        rest: the root of the sum of |a|² of those.
    """

    keys: list[str]
    values: NDArray[np.complex128]
    num_hidden: int
    rest: float


def amplitudes(
    state: Any,
    top: int = 16,
    sort: str = "key",
    probability: bool = False,
    ax: "Axes | None" = None,
    *,
    wheel: bool = True,
) -> "Axes":
    """Draw the largest amplitudes of a pure state as bars |a|, coloured and marked by phase, with a wheel of phases.

    Args:
        state: a State, a label or a vector of amplitudes. All of it is read once, in blocks.
        top: basis states shown, those of the largest amplitudes; the others share the last bar, √Σ|a|² of them all,
            which is cut off if it is very high.
        sort: "key" for ascending bit strings, "size" for the largest first.
        probability: draw |a|² instead.
        ax: matplotlib axes to draw on; those of a new figure by default.
        wheel: whether to draw the wheel of phases beside it; one is enough for axes side by side.

    Returns:
        The axes of the bars.

    Raises:
        TypeError: the state is mixed.
        StateError: probabilities were asked of a state that is not normalised.

    >>> axes = amplitudes("0l")
    >>> [label.get_text() for label in axes.get_xticklabels()], [text.get_text() for text in axes.texts]
    (['00', '01'], ['0', '-π/2'])
    """
    pure = as_pure(state)
    check_choice(top, sort, ("key", "size"))
    if probability and not pure.is_normalized:
        raise vectors.normalization_error(pure.amplitudes, "The state", "call .normalized(), or draw amplitudes")
    shown = _choose(pure, top, sort)
    labels = [shorten(key, _MAX_KEY) for key in shown.keys]
    if shown.num_hidden:
        labels.append(f"rest ({shown.num_hidden})")
    axes = axes_with_wheel(ax, *_figure_size(labels), wheel)
    style(axes)
    _draw_bars(axes, shown, labels, 2 if probability else 1)
    axes.set_xlabel(f"basis state ({qubit_labels(range(pure.num_qubits))})")
    axes.set_ylabel("probability |a|²" if probability else "amplitude |a|")
    return axes


def _choose(state: State, top: int, sort: str) -> _Shown:
    values = state.amplitudes
    found = show.largest(values, top, whole=True)
    bound = show.negligible(values, found.indices)
    indices = [index for index in found.indices if not abs(complex(values[index])) <= bound]
    chosen = values[indices].astype(np.complex128)
    if not np.isfinite(chosen).all():
        raise StateError("A state with NaN or infinite amplitudes cannot be drawn.")
    if sort == "size":
        order = np.argsort(-np.abs(chosen), kind="stable")
        indices, chosen = [indices[row] for row in order], chosen[order]
    rest = max(state.norm**2 - float((np.abs(chosen) ** 2).sum()), 0.0) ** 0.5
    hidden = max(found.num_visible - len(indices), 0)
    return _Shown([bits.bitstring(index, state.num_qubits) for index in indices], chosen, hidden, rest)


def _figure_size(labels: list[str]) -> tuple[float, float]:
    """Inches: wide enough for the bars, high enough for labels that stand upright."""
    width = float(np.clip(1.5 + 0.42 * len(labels), 4.2, 12.2))
    size, rotation = label_style(labels, 0.85 * width * POINTS)
    upright = max(map(len, labels), default=0) * size * CHARACTER / POINTS if rotation else 0.0
    return width, 3.2 + upright


def _draw_bars(axes: "Axes", shown: _Shown, labels: list[str], power: int) -> None:
    positions = np.arange(len(labels), dtype=float)
    heights = np.abs(shown.values) ** power
    bars = axes.bar(positions[: len(heights)], heights, _WIDTH, color=phase_colors(np.angle(shown.values)))
    bars.set_label("amplitudes")
    if shown.num_hidden:
        positions[-1] += _REST_GAP
        axes.bar(positions[-1:], [shown.rest**power], _WIDTH, color=ink(axes), alpha=_REST_ALPHA, label="rest")
    if len(positions):
        axes.set_xlim(positions[0] - 0.6, positions[-1] + 0.6)
    label_keys(axes, positions, labels)
    texts = [phase_text(phase) for phase in np.angle(shown.values)] if len(heights) <= _MAX_PHASES else []
    room = _mark_phases(axes, texts, heights, len(labels))
    _scale_height(axes, positions, heights, shown.rest**power if shown.num_hidden else 0.0, room)


def _mark_phases(axes: "Axes", texts: list[str], heights: NDArray[np.float64], num_columns: int) -> float:
    """Phases above their bars; returns the height that they take, in points."""
    width = width_of(axes)
    size, rotation = label_style([*texts, *[""] * (num_columns - len(texts))], width)
    size = min(size, text_size(axes))
    for position, (text, height) in enumerate(zip(texts, heights, strict=False)):
        axes.annotate(
            text,
            (position, height),
            (0, 2),
            textcoords="offset points",
            ha="center",
            va="bottom",
            rotation=rotation,
            fontsize=size,
            color=ink(axes),
        )
    return 4 + size * (max(map(len, texts), default=0) * CHARACTER if rotation else 1.3)


def _scale_height(
    axes: "Axes", positions: NDArray[np.float64], heights: NDArray[np.float64], rest: float, room: float
) -> None:
    """Heights from 0 to the highest bar, and room for what stands above it; a much higher rest is cut off."""
    highest = float(heights.max(initial=0.0))
    is_cut = rest > _CUT * highest
    limit = (highest if is_cut else max(highest, rest)) / max(1 - room / height_of(axes), 0.5) or 1.0
    axes.set_ylim(0, limit)
    if is_cut and rest > limit:
        text = f"{rest:.3g} →"  # turned by 90°, the arrow points up
        axes.text(
            positions[-1],
            0.97 * limit,
            text,
            rotation=90,
            ha="center",
            va="top",
            fontsize=text_size(axes),
            color=ink(axes),
        )
