"""What pictures have in common: axes, text sizes, colours that suit the axes, the wheel of phases; what is drawn."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsim.errors import StateError, TooLargeError
from qsim.plots._phases import phase_colors
from qsim.states import State

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from qsim.states.base import QuantumState

__all__ = [
    "as_pure",
    "as_state",
    "axes_or_new",
    "axes_with_wheel",
    "height_of",
    "ink",
    "label_keys",
    "label_style",
    "legible_on",
    "paper",
    "require_few",
    "style",
    "text_size",
    "tint",
    "width_of",
]

POINTS = 72.0  # in an inch
LARGEST_TEXT, _LEAST_TEXT = 9.0, 5.0  # in points
CHARACTER = 0.62  # width of a monospaced character, in font sizes
_LABEL_GAP = 0.7  # characters between labels side by side, at least
_LINE_CHARACTERS = 32  # axes as wide as so many characters, or wider, have text of the largest size
_WHEEL_PARTS = 72
_WHEEL_WIDTH = 0.8  # inches of a new figure that are its
_BASE = 0.18  # the least share of its colour that an entry gets, so that small ones are seen


def as_state(value: Any) -> "QuantumState":
    """The state itself, or what a label, a vector of amplitudes or a density matrix stands for.

    >>> as_state("0+"), as_state([[1, 0], [0, 0]])
    (0.7071|00⟩ + 0.7071|01⟩   (q0 q1), |0⟩⟨0|   (q0))
    """
    from qsim.states.base import QuantumState
    from qsim.states.density import DensityMatrix

    if isinstance(value, QuantumState):
        return value
    if not isinstance(value, str | list | tuple | np.ndarray):
        raise TypeError(
            f"Argument `state` must be a State, a DensityMatrix, a label or an array, but is {type(value).__name__}."
        )
    if not isinstance(value, str) and np.ndim(value) == 2:
        return DensityMatrix(value)
    return State(value)


def as_pure(value: Any) -> State:
    """The pure state, or what a label or a vector stands for."""
    state = as_state(value)
    if not isinstance(state, State):
        raise TypeError("Argument `state` must be a pure state, but is a DensityMatrix: hinton and city draw those.")
    return state


def require_few(number: int, limit: int, what: str, hint: str) -> None:
    """Refuse a picture of too many qubits, that nobody could read or wait for.

    Args:
        number: of qubits.
        limit: largest number.
        what: the picture, as the subject of the message.
        hint: what to do instead.
    """
    if number > limit:
        raise TooLargeError(f"{what} shows up to {limit} qubits, but the state has {number}: {hint}.")


# ── Axes and text ─────────────────────────────────────────────────────────────────────────────────────────────────────


def axes_or_new(ax: Any, width: float, height: float, projection: str = "rectilinear") -> "Axes":
    """The axes given, if they are of the kind that is drawn on, or those of a new figure of that size in inches."""
    from matplotlib.axes import Axes

    if ax is None:
        from matplotlib import pyplot

        return pyplot.figure(figsize=(width, height), layout="constrained").add_subplot(projection=projection)
    if not isinstance(ax, Axes):
        raise TypeError(f"Argument `ax` must be matplotlib axes, but is {type(ax).__name__}.")
    if ax.name != projection:
        raise StateError(f'Argument `ax` must be axes of projection "{projection}", but is of "{ax.name}".')
    return ax


def axes_with_wheel(ax: Any, width: float, height: float, wheel: bool, projection: str = "rectilinear") -> "Axes":
    """The same, with the wheel of phases at the right, if it is wanted: a new figure is so much wider."""
    axes = axes_or_new(ax, width + _WHEEL_WIDTH * bool(wheel), height, projection)
    if wheel:
        _draw_phase_wheel(axes)
    return axes


def width_of(axes: "Axes") -> float:
    """Width of the axes in points."""
    return axes.bbox.width / axes.figure.dpi * POINTS


def height_of(axes: "Axes") -> float:
    """Height of the axes in points."""
    return axes.bbox.height / axes.figure.dpi * POINTS


def text_size(axes: "Axes") -> float:
    """Size of text in points: smaller on small axes, down to what can just be read.

    Of axes on a grid the place there counts, of which a wheel of phases takes a part: neighbours have text of one size.
    """
    spec, figure = axes.get_subplotspec(), axes.get_figure(root=False)
    width = width_of(axes)
    if spec is not None and figure is not None:
        width = spec.get_position(figure).width * figure.bbox.width / figure.dpi * POINTS  # type: ignore[arg-type]
    return float(np.clip(width / _LINE_CHARACTERS / CHARACTER, _LEAST_TEXT, LARGEST_TEXT))


def label_style(labels: Sequence[str], width: float) -> tuple[float, float]:
    """Font size and rotation of labels that stand side by side on so many points."""
    spacing = width / max(len(labels), 1)
    longest = max(map(len, labels), default=0)
    for size in (LARGEST_TEXT, LARGEST_TEXT - 1, LARGEST_TEXT - 2):
        if (longest + _LABEL_GAP) * size * CHARACTER <= spacing:
            return size, 0.0
    return min(LARGEST_TEXT, max(0.85 * spacing, 4.0)), 90.0


def label_keys(axes: "Axes", positions: Any, labels: Sequence[str]) -> None:
    """Labels below columns, upright where they would not fit side by side."""
    size, rotation = label_style(labels, width_of(axes))
    size = min(size, 1.1 * text_size(axes))
    axes.set_xticks(positions, labels, rotation=rotation, fontsize=size, fontfamily="monospace")


# ── Colours ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def ink(axes: "Axes") -> Any:
    """The colour of the axes' text: dark on light ones, light on dark ones."""
    return axes.xaxis.label.get_color()


def paper(axes: "Axes") -> NDArray[np.float64]:
    """Red, green and blue of what the axes stand on; of transparent ones what contrasts with the text."""
    from matplotlib.colors import to_rgb, to_rgba

    for color in (axes.get_facecolor(), axes.figure.get_facecolor()):
        red, green, blue, alpha = to_rgba(color)
        if alpha == 1:
            return np.array([red, green, blue])
    return np.ones(3) if sum(to_rgb(ink(axes))) < 1.5 else np.zeros(3)


def tint(axes: "Axes", values: NDArray[Any], largest: float) -> NDArray[np.float64]:
    """Colours of complex numbers, shape (…, 3): the colour of the phase, the paler the smaller; of 0 that of the paper.

    Args:
        axes: what they are drawn on.
        values: the numbers.
        largest: the absolute value that gets the full colour.
    """
    sizes = np.abs(values) / (largest or 1.0)
    share = np.where(sizes > 0, _BASE + (1 - _BASE) * np.clip(sizes, 0, 1), 0.0)[..., np.newaxis]
    return share * phase_colors(np.angle(values)) + (1 - share) * paper(axes)


def legible_on(rgb: NDArray[np.float64]) -> str:
    """Black or white, whichever can be read on that colour."""
    return "black" if rgb @ [0.299, 0.587, 0.114] > 0.5 else "white"


def style(axes: "Axes") -> None:
    """No frame but the axes of the numbers, and tick labels of a size that suits."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=text_size(axes))
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_fontsize(text_size(axes))


def _draw_phase_wheel(axes: "Axes") -> None:
    """The legend of phases: a wheel on axes of its own, for which those of the picture make room at the right."""
    from matplotlib.collections import PatchCollection
    from matplotlib.colorbar import make_axes
    from matplotlib.patches import Wedge

    size, color = 0.9 * text_size(axes), ink(axes)
    wheel, _ = make_axes(axes, fraction=0.2, shrink=0.5, aspect=1, pad=0.05, anchor=(0.0, 1.0))
    starts = np.arange(_WHEEL_PARTS) * 360 / _WHEEL_PARTS
    step = 360 / _WHEEL_PARTS
    parts = [Wedge((0, 0), 1, start - step / 2, start + step / 2 + 0.5, width=0.42) for start in starts]
    wheel.add_collection(PatchCollection(parts, facecolors=phase_colors(np.radians(starts)), linewidths=0))
    for text, x, y in (("0", 1.5, 0), ("π/2", 0, 1.5), ("π", -1.5, 0), ("-π/2", 0, -1.5)):
        wheel.text(x, y, text, ha="center", va="center", fontsize=size, color=color)
    wheel.text(0, 0, "φ", ha="center", va="center", fontsize=size, color=color)
    wheel.set(xlim=(-2, 2), ylim=(-2, 2), aspect="equal", label="phase wheel")
    wheel.set_axis_off()
