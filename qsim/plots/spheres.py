"""Bloch spheres of qubits and the Q-sphere of a register, projected onto flat axes."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.algebra.show import qubit_labels
from qsim.errors import StateError
from qsim.plots._canvas import (
    as_pure,
    as_state,
    axes_or_new,
    axes_with_wheel,
    height_of,
    ink,
    paper,
    require_few,
    text_size,
    width_of,
)
from qsim.plots._phases import phase_colors
from qsim.states import show
from qsim.states._qubits import check_qubits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["bloch", "qsphere"]

Points = NDArray[np.float64]

# The spheres are seen from far off, from the right of the x axis and from a little above the equator.
_AZIMUTH, _ELEVATION = math.radians(28), math.radians(18)
_RIGHT = np.array([-math.sin(_AZIMUTH), math.cos(_AZIMUTH), 0.0])
_UP = np.array(
    [-math.sin(_ELEVATION) * math.cos(_AZIMUTH), -math.sin(_ELEVATION) * math.sin(_AZIMUTH), math.cos(_ELEVATION)]
)
_TOWARD = np.cross(_RIGHT, _UP)
_CIRCLE = np.linspace(0, 2 * math.pi, 121)

_MAX_SPHERES = 24
_ARROW = "#D55E00"  # K. Okabe and M. Ito, Color Universal Design, 2008
_BALL = "#56B4E9"
_COLUMN, _ROW = 3.0, 3.8  # distances of the spheres, whose radius is 1
_LEAST_NAMED = 5.0  # points: below that size of text the ends of the axes have no names
_NO_VECTOR = 5e-3  # a Bloch vector as short is drawn as a point
_MAX_QSPHERE_QUBITS = 12
_MAX_KETS = 64  # points of a Q-sphere
_MAX_LABELS = 20
_CHARACTER = 0.6  # width of a character of a name, in font sizes


def _project(points: Any) -> Points:
    """Points in space, shape (…, 3), as points of the picture, shape (…, 2)."""
    flat: Points = np.asarray(points) @ np.stack([_RIGHT, _UP], axis=1)
    return flat


# ── Bloch spheres ─────────────────────────────────────────────────────────────────────────────────────────────────────


def bloch(state: Any, qubits: Any = None, ax: "Axes | None" = None) -> "Axes":
    """Draw the Bloch sphere of each qubit: |0⟩ at the top, |+⟩ where x points, |r⟩ where y points.

    The arrow is the Bloch vector, and the filled ball has its length |r| as radius: 1 for a qubit in a pure state, less
    for one that is entangled or mixed, 0 for one that is maximally so. Dotted lines lead to its foot on the equator's
    plane.

    Args:
        state: a State, a DensityMatrix, a label or an array.
        qubits: a qubit or several, in the order in which they are drawn; all by default. At most 24.
        ax: matplotlib axes to draw all of them on; those of a new figure by default.

    Returns:
        The axes.

    >>> [text.get_text() for text in bloch("0+").texts if text.get_text().startswith("q")]
    ['q0   |r| = 1', 'q1   |r| = 1']
    """
    shown = as_state(state)
    listed = check_qubits(qubits, shown.num_qubits)
    if not listed:
        raise StateError("Argument `qubits` must have a qubit to draw, but is empty.")
    require_few(len(listed), _MAX_SPHERES, "A picture of Bloch spheres", "list some in `qubits=`")
    vectors = [shown.bloch(qubit) for qubit in listed]
    num_columns = _columns(len(listed)) if ax is None else _best_columns(len(listed), axes_or_new(ax, 0, 0))
    num_rows = -(-len(listed) // num_columns)
    axes = axes_or_new(ax, max(1.75 * num_columns, 2.6), max(2.1 * num_rows, 2.8))
    axes.set(xlim=(-_COLUMN / 2, (num_columns - 0.5) * _COLUMN), aspect="equal")
    axes.set_ylim(-(num_rows - 0.5) * _ROW - 0.05, _ROW / 2 - 0.05)
    axes.set_axis_off()
    room = min(width_of(axes) / num_columns, height_of(axes) / num_rows * _COLUMN / _ROW)  # of a sphere, in points
    size = float(np.clip(0.14 * room, 4, 9))
    for number, (qubit, vector) in enumerate(zip(listed, vectors, strict=True)):
        row, column = divmod(number, num_columns)
        center = np.array([column * _COLUMN, -row * _ROW])
        _draw_sphere(axes, center, size)
        _draw_vector(axes, center, vector, 0.05 * room)
        length = f"{float(np.linalg.norm(vector)):.2f}".rstrip("0").rstrip(".")
        title = f"q{qubit}   |r| = {length}"
        axes.text(center[0], center[1] + 1.6, title, ha="center", va="center", fontsize=size, color=ink(axes))
    return axes


def _columns(number: int) -> int:
    """Spheres side by side: up to 4 in one row, else rows about as long as the figure is high, 6 at most."""
    return number if number <= 4 else min(math.ceil(math.sqrt(1.6 * number)), 6)


def _best_columns(number: int, axes: "Axes") -> int:
    """Spheres side by side so that they are as large as the axes allow."""

    def room(columns: int) -> float:
        return min(width_of(axes) / (columns * _COLUMN), height_of(axes) / (-(-number // columns) * _ROW))

    return max(range(1, number + 1), key=room)


def _draw_sphere(axes: "Axes", center: Points, size: float) -> None:
    """Outline, equator, and the axes, with their ends named where that can be read."""
    from matplotlib.patches import Circle

    color = ink(axes)
    axes.add_patch(Circle((center[0], center[1]), 1.0, fill=False, edgecolor=color, linewidth=0.8, alpha=0.8))
    _draw_latitude(axes, center, 0.0, 0.5)
    for end, name in (((0, 0, 1), "|0⟩"), ((0, 0, -1), "|1⟩"), ((1, 0, 0), "x"), ((0, 1, 0), "y")):
        tip = _project(end)
        axes.plot(*zip(center, center + tip, strict=True), color=color, linewidth=0.6, alpha=0.5)
        if size < _LEAST_NAMED:
            continue
        place = center + tip * (1.26 if len(name) > 1 else 1.2 / np.linalg.norm(tip))
        axes.text(place[0], place[1], name, ha="center", va="center", fontsize=0.85 * size, color=color)


def _draw_latitude(axes: "Axes", center: Points, height: float, alpha: float) -> None:
    """A circle of latitude; what lies behind is dotted."""
    radius = math.sqrt(max(1 - height * height, 0.0))
    ring = np.stack([radius * np.cos(_CIRCLE), radius * np.sin(_CIRCLE), np.full_like(_CIRCLE, height)], axis=1)
    flat = _project(ring) + center
    depth = ring @ _TOWARD
    front = np.where((depth >= 0)[:, np.newaxis], flat, np.nan)
    behind = np.where((depth <= 0)[:, np.newaxis], flat, np.nan)
    axes.plot(*front.T, color=ink(axes), linewidth=0.6, alpha=alpha)
    axes.plot(*behind.T, color=ink(axes), linewidth=0.6, alpha=alpha, linestyle=":")


def _draw_vector(axes: "Axes", center: Points, vector: Points, head: float) -> None:
    """The ball, the arrow, with a head of so many points, and dotted lines to its foot on the plane of the equator."""
    from matplotlib.patches import Circle, FancyArrowPatch

    length = float(np.linalg.norm(vector))
    ball = Circle((center[0], center[1]), length, facecolor=_BALL, alpha=0.3, linewidth=0, label="ball")
    axes.add_patch(ball)
    if length < _NO_VECTOR:
        axes.plot(*center, marker="o", markersize=4, color=_ARROW)
        return
    tip, foot = center + _project(vector), center + _project(vector * [1, 1, 0])
    axes.plot(*np.stack([center, foot, tip]).T, color=_ARROW, linewidth=0.9, linestyle=":")
    axes.add_patch(
        FancyArrowPatch(
            (center[0], center[1]),
            (tip[0], tip[1]),
            arrowstyle="-|>",
            mutation_scale=float(np.clip(head, 5, 11)),
            shrinkA=0,
            shrinkB=0,
            linewidth=1.6,
            color=_ARROW,
            label="vector",
            zorder=3,  # above the axes of the sphere, which would part it where it lies on one
        )
    )


# ── Q-sphere ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def qsphere(state: Any, ax: "Axes | None" = None, *, wheel: bool = True) -> "Axes":
    """Draw the basis states of a register as points on a sphere: |0…0⟩ at the top, |1…1⟩ at the bottom.

    Basis states with equally many 1s lie on one circle of latitude, in ascending order. A point's area is the
    probability, its colour the phase; points behind the sphere are paler. The 64 most probable ones are drawn, and up
    to 20 named, where there is room.

    Args:
        state: a pure state of up to 12 qubits: State, label or vector of amplitudes.
        ax: matplotlib axes to draw on; those of a new figure by default.
        wheel: whether to draw the wheel of phases beside it; one is enough for axes side by side.

    Returns:
        The axes of the sphere.

    >>> from qsim import State
    >>> axes = qsphere(State.ghz(3))
    >>> [text.get_text() for text in axes.texts]
    ['|000⟩', '|111⟩', 'q0 q1 q2']
    """
    pure = as_pure(state)
    require_few(pure.num_qubits, _MAX_QSPHERE_QUBITS, "A Q-sphere", "draw amplitudes(state), or a part of the register")
    if pure.num_qubits == 0:
        raise StateError("A Q-sphere needs a qubit at least, but the state has none.")
    probabilities = pure.probabilities()
    found = show.largest(pure.amplitudes, _MAX_KETS, whole=True).indices
    shown = [index for index in found if probabilities[index] > 1e-12]
    axes = axes_with_wheel(ax, 3.8, 3.7, wheel)
    axes.set(xlim=(-1.5, 1.5), ylim=(-1.4, 1.4), aspect="equal")
    axes.set_axis_off()
    _draw_globe(axes, pure.num_qubits)
    places = np.array([_place(index, pure.num_qubits) for index in shown])
    _draw_points(axes, places, pure.amplitudes[shown])
    by_size = sorted(range(len(shown)), key=lambda row: -probabilities[shown[row]])[:_MAX_LABELS]
    _name_points(axes, places[by_size], [f"|{bits.bitstring(shown[row], pure.num_qubits)}⟩" for row in by_size])
    label, size = qubit_labels(range(pure.num_qubits)), text_size(axes)
    axes.text(-1.45, -1.35, label, ha="left", va="bottom", fontsize=0.9 * size, color=ink(axes), alpha=0.8)
    return axes


def _draw_globe(axes: "Axes", num_qubits: int) -> None:
    from matplotlib.patches import Circle

    axes.add_patch(Circle((0, 0), 1.0, fill=False, edgecolor=ink(axes), linewidth=0.8, alpha=0.8))
    for weight in range(1, num_qubits):
        _draw_latitude(axes, np.zeros(2), 1 - 2 * weight / num_qubits, 0.35)


def _place(index: int, num_qubits: int) -> Points:
    """Where a basis state lies on the sphere: its number of 1s says how far down, its rank among equals how far round.

    >>> _place(0b11, 2).tolist()
    [0.0, 0.0, -1.0]
    """
    weight = index.bit_count()
    height = 1 - 2 * weight / num_qubits
    # The rank among indices of that weight, in the combinatorial number system.
    positions = [position for position in range(num_qubits) if index & bits.register_size(position)]
    rank = sum(math.comb(position, order) for order, position in enumerate(positions, 1))
    angle = 2 * math.pi * rank / math.comb(num_qubits, weight)
    radius = math.sqrt(max(1 - height * height, 0.0))
    return np.array([radius * math.cos(angle), radius * math.sin(angle), height])


def _draw_points(axes: "Axes", places: Points, values: NDArray[np.complexfloating]) -> None:
    """Lines from the centre and points, those behind first."""
    colors = phase_colors(np.angle(values).astype(np.float64))
    flat, depth = _project(places), places @ _TOWARD
    largest = (0.11 * width_of(axes)) ** 2  # area in points² of a probability of 1
    areas = np.maximum(largest * np.abs(values) ** 2, 6.0)
    pale = np.where(depth < -1e-9, 0.45, 1.0)[:, np.newaxis]
    colors = pale * colors + (1 - pale) * paper(axes)
    for row in np.argsort(depth, kind="stable"):
        axes.plot([0, flat[row, 0]], [0, flat[row, 1]], color=colors[row], linewidth=1.2)
    order = np.argsort(depth, kind="stable")
    x, y = flat[order].T
    axes.scatter(x, y, s=areas[order], c=colors[order], edgecolors=[ink(axes)], linewidths=0.4, zorder=3)


def _name_points(axes: "Axes", places: Points, names: list[str]) -> None:
    """Names of the points, outwards from them; one that would cover an earlier one is left out."""
    from matplotlib.patheffects import withStroke

    flat, size = _project(places), text_size(axes)
    outward = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 0.3)
    spots = flat + 0.24 * outward * [1.15, 1.0]
    unit = min(width_of(axes), height_of(axes)) / 2.9  # of the sphere's radius, in points
    box = np.array([_CHARACTER * size * max(map(len, names)), 1.1 * size]) / unit
    kept: list[Points] = []
    for spot, name in zip(spots, names, strict=True):
        if any((np.abs(spot - other) < box).all() for other in kept):
            continue
        kept.append(spot)
        text = axes.text(spot[0], spot[1], name, ha="center", va="center", fontsize=size, color=ink(axes), zorder=4)
        text.set_path_effects([withStroke(linewidth=1.5, foreground=paper(axes))])  # parts it from the lines behind it
