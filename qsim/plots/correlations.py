"""What belongs together: the Pauli vector of a state, and the mutual information between its qubits."""

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.algebra.show import qubit_labels
from qsim.errors import StateError
from qsim.plots._bars import check_choice
from qsim.plots._canvas import (
    CHARACTER,
    POINTS,
    as_state,
    axes_or_new,
    ink,
    label_keys,
    label_style,
    legible_on,
    paper,
    require_few,
    style,
    text_size,
    width_of,
)
from qsim.plots.figure import COLORS
from qsim.states._qubits import check_qubits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from qsim.states.base import QuantumState

__all__ = ["entanglement_map", "pauli_vector"]

_MAX_PAULI_QUBITS = 8  # 65,536 strings
_ROUNDING = 1e-10
_MAX_MAP_QUBITS = 24  # 276 pairs
_MAX_NUMBERED = 10  # qubits whose cells have numbers in them
# The colour of 2 bits on light and on dark paper: the blues of K. Okabe and M. Ito, Color Universal Design, 2008.
_ON_LIGHT, _ON_DARK = "#0072B2", "#56B4E9"


# ── Pauli vector ──────────────────────────────────────────────────────────────────────────────────────────────────────


def pauli_vector(state: Any, top: int = 32, sort: str = "key", ax: "Axes | None" = None) -> "Axes":
    """Draw the expectation values of Pauli strings as bars from -1 to 1; colours tell on how many qubits they act.

    A state of n qubits has 4^n of them, and they determine it: ρ = 2^-n Σ ⟨P⟩ P. The identity, always 1, is left out.

    Args:
        state: a State, a DensityMatrix or what makes one, of up to 8 qubits.
        top: strings shown, those of the largest |⟨P⟩| and, of equal ones, those on fewest qubits. The label below says
            how many others are not zero.
        sort: "key" orders them by the number of qubits they act on, then by qubit and letter; "size" by |⟨P⟩|.
        ax: matplotlib axes to draw on; those of a new figure by default.

    Returns:
        The axes.

    >>> axes = pauli_vector("0+")
    >>> [label.get_text() for label in axes.get_xticklabels()]
    ['ZI', 'IX', 'ZX']
    """
    given = as_state(state)
    check_choice(top, sort, ("key", "size"))
    require_few(given.num_qubits, _MAX_PAULI_QUBITS, "A Pauli vector", "draw state.reduced(qubits), a part of it")
    values = _pauli_values(given.density_matrix().matrix, given.num_qubits)
    if not np.isfinite(values).all():
        raise StateError("A density matrix with NaN or infinite entries cannot be drawn.")
    weights, order = _weights(given.num_qubits)
    rows = order[np.abs(values[order]) > _ROUNDING][1:]
    by_size = rows[np.argsort(-np.abs(values[rows]).round(9), kind="stable")][:top]
    shown = by_size if sort == "size" else rows[np.isin(rows, by_size)]
    names = [_name(int(row), given.num_qubits) for row in shown]
    axes = axes_or_new(ax, *_figure_size(names))
    style(axes)
    _draw_strings(axes, values[shown], weights[shown])
    label_keys(axes, np.arange(len(names)), names)
    hidden = len(rows) - len(shown)
    others = f"\n{hidden} others are not zero" if hidden else ""
    axes.set_xlabel(f"Pauli string ({qubit_labels(range(given.num_qubits))}){others}")
    axes.set_ylabel("expectation value")
    return axes


def _pauli_values(matrix: NDArray[np.complex128], num_qubits: int) -> NDArray[np.float64]:
    """tr(ρP) of all strings P in the order of their letters I, X, Y, Z, qubit 0 first, by one qubit after the other.

    >>> _pauli_values(np.array([[1, 0], [0, 0]], dtype=complex), 1).tolist()
    [1.0, 0.0, 0.0, 1.0]
    """
    # Entry (letter, row, column) of each letter's transpose: tr(ρP) = Σ ρ[row, column] P[column, row].
    letters = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, 1j], [-1j, 0]], [[1, 0], [0, -1]]])
    values = matrix.reshape(1, *matrix.shape)
    for qubit in range(num_qubits):
        half = bits.qubit_weight(qubit, num_qubits)
        split = values.reshape(len(values), 2, half, 2, half)
        values = np.einsum("lrc,srhcw->slhw", letters, split, optimize=True).reshape(-1, half, half)
    return np.ascontiguousarray(values.reshape(-1).real)


def _weights(num_qubits: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """On how many qubits each string acts; and the strings ordered by that, then by the qubits, then by letter."""
    strings = np.arange(bits.register_size(2 * num_qubits))
    weights = np.zeros_like(strings)
    acted = np.zeros_like(strings)
    for qubit in range(num_qubits):
        acts = bits.extract_bits(strings, [2 * qubit, 2 * qubit + 1], 2 * num_qubits) > 0  # a letter is two bits
        weights += acts
        acted += acts * bits.qubit_weight(qubit, num_qubits)
    return weights, np.lexsort((strings, -acted, weights))


def _name(string: int, num_qubits: int) -> str:
    """The letters of a string.

    >>> _name(0b0111, 2)
    'XZ'
    """
    letters = bits.bitstring(string, 2 * num_qubits)
    return "".join("IXYZ"[bits.parse_bitstring(letters[at : at + 2])] for at in range(0, 2 * num_qubits, 2))


def _figure_size(names: list[str]) -> tuple[float, float]:
    """Inches, as the bars and their labels need."""
    width = float(np.clip(1.5 + 0.26 * len(names), 5.0, 13.0))
    size, rotation = label_style(names, 0.85 * width * POINTS)
    return width, 3.2 + (max(map(len, names), default=0) * size * CHARACTER / POINTS if rotation else 0.0)


def _draw_strings(axes: "Axes", values: NDArray[np.float64], weights: NDArray[np.int64]) -> None:
    axes.axhline(0, color=ink(axes), linewidth=0.8)
    for weight in np.unique(weights).tolist():
        rows = np.flatnonzero(weights == weight)
        name = f"on {weight} qubit{'s' if weight > 1 else ''}"
        axes.bar(rows, values[rows], 0.8, color=COLORS[(weight - 1) % len(COLORS)], label=name)
    axes.set_ylim(-1.05, 1.05)
    axes.set_xlim(-0.6, max(len(values), 1) - 0.4)
    if len(values):
        size = text_size(axes)
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1.01),
            borderaxespad=0,
            ncols=max(int(width_of(axes) / (14 * size * CHARACTER)), 1),
            frameon=False,
            fontsize=size,
            labelcolor=ink(axes),
        )


# ── Mutual information ────────────────────────────────────────────────────────────────────────────────────────────────


def entanglement_map(state: Any, qubits: Any = None, ax: "Axes | None" = None) -> "Axes":
    """Draw how strongly qubits belong together: the mutual information of each pair, the entropy of each qubit.

    I(i:j) = S(i) + S(j) - S(ij) in bits, from 0 for independent qubits to 2 for a Bell pair; a classical correlation
    has 1 at most. Framed cells on the diagonal hold the entropy S(i), from 0 for a pure qubit to 1.

    Args:
        state: a State, a DensityMatrix or what makes one. It is read once for each pair.
        qubits: the qubits shown, in this order; all by default. At most 24.
        ax: matplotlib axes to draw on; those of a new figure by default.

    Returns:
        The axes of the map.

    >>> axes = entanglement_map([0.5**0.5, 0, 0, 0.5**0.5])
    >>> [text.get_text() for text in axes.texts]
    ['1', '2', '2', '1']
    """
    given = as_state(state)
    listed = check_qubits(qubits, given.num_qubits)
    if not listed:
        raise StateError("Argument `qubits` must have a qubit to draw, but is empty.")
    require_few(len(listed), _MAX_MAP_QUBITS, "An entanglement map", "list some in `qubits=`")
    table = _mutual_information(given, listed)
    axes = axes_or_new(ax, 4.7, 3.9)
    _draw_map(axes, table, listed)
    return axes


def _mutual_information(state: "QuantumState", qubits: Sequence[int]) -> NDArray[np.float64]:
    """I(i:j) off the diagonal, S(i) on it, in bits."""
    single = [state.reduced([qubit]).entropy() for qubit in qubits]
    table = np.diag(single)
    for i, j in combinations(range(len(qubits)), 2):
        together = state.reduced([qubits[i], qubits[j]]).entropy()
        table[i, j] = table[j, i] = max(single[i] + single[j] - together, 0.0)
    return table


def _draw_map(axes: "Axes", table: NDArray[np.float64], qubits: Sequence[int]) -> None:
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    ground = paper(axes)
    full = _ON_LIGHT if legible_on(ground) == "black" else _ON_DARK
    colors = LinearSegmentedColormap.from_list("information", [tuple(ground.tolist()), full])
    image = axes.imshow(table, cmap=colors, vmin=0, vmax=2)
    size = text_size(axes)
    for place in range(len(qubits)):
        frame = Rectangle((place - 0.5, place - 0.5), 1, 1, fill=False, edgecolor=ink(axes), linewidth=0.8)
        axes.add_patch(frame)
    if len(qubits) <= _MAX_NUMBERED:
        number_size = float(np.clip(0.26 * 0.7 * width_of(axes) / len(qubits), 3.5, size))
        for (row, column), value in np.ndenumerate(table):
            on = legible_on(np.array(colors(value / 2)[:3]))
            text = f"{value:.2f}".rstrip("0").rstrip(".")
            axes.text(column, row, text, ha="center", va="center", fontsize=number_size, color=on)
    labels = [f"q{qubit}" for qubit in qubits]
    places = np.arange(len(qubits))
    small = min(size, 0.8 * 0.7 * width_of(axes) / len(qubits))
    rotation = 0.0 if len(qubits) <= _MAX_NUMBERED else 90.0
    axes.set_xticks(places, labels, fontsize=small, rotation=rotation)
    axes.set_yticks(places, labels, fontsize=small)
    axes.tick_params(length=0)
    axes.set_title("mutual information (framed: entropy)", fontsize=size, color=ink(axes))
    bar = axes.figure.colorbar(image, ax=axes, fraction=0.046, pad=0.03)
    bar.set_label("bits", size=size, color=ink(axes))
    bar.ax.tick_params(labelsize=size)
