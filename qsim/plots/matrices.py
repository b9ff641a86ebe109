"""Density matrices and operators as pictures of their matrix."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.algebra.show import qubit_labels
from qsim.errors import OperatorError, StateError, TooLargeError
from qsim.plots._canvas import (
    LARGEST_TEXT,
    as_state,
    axes_with_wheel,
    ink,
    label_style,
    paper,
    require_few,
    text_size,
    tint,
    width_of,
)
from qsim.plots._phases import phase_colors
from qsim.states.vectors import as_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["city", "hinton", "operator_matrix"]

Matrix = NDArray[np.complex128]

_MAX_CITY_QUBITS = 5  # 1024 towers
_MAX_HINTON_QUBITS = 7
_MAX_OPERATOR_QUBITS = 9  # 512 rows: about one a pixel
_MAX_LABELLED = 16  # rows that are named one by one
_MAX_BLOCKS = 8  # blocks that are named where rows are not
_NEGLIGIBLE = 1e-12  # of the largest entry: what is smaller is a rounding error
_LEAST_LINE_SPACING = 4.0  # points: lines between blocks that are smaller would cover them


def hinton(state: Any, ax: "Axes | None" = None, *, wheel: bool = True) -> "Axes":
    """Draw a density matrix as squares: the area is |entry|, the colour the phase; the largest entry fills its place.

    Args:
        state: a DensityMatrix, a State or what makes one, of up to 7 qubits.
        ax: matplotlib axes to draw on; those of a new figure by default.
        wheel: whether to draw the wheel of phases beside it; one is enough for axes side by side.

    Returns:
        The axes of the matrix, row 0 at the top.

    >>> axes = hinton("+")
    >>> len(axes.collections[0].get_paths()), [label.get_text() for label in axes.get_yticklabels()]
    (4, ['0', '1'])
    """
    matrix, num_qubits = _density(state, _MAX_HINTON_QUBITS, "A Hinton diagram")
    from matplotlib.collections import PolyCollection

    axes = _matrix_axes(ax, num_qubits, wheel)
    rows, columns = _visible(matrix)
    values = matrix[rows, columns]
    halves = 0.48 * np.sqrt(np.abs(values) / np.abs(values).max(initial=0.0)) if len(values) else np.zeros(0)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    squares = halves[:, np.newaxis, np.newaxis] * corners + np.stack([columns, rows], axis=1)[:, np.newaxis, :]
    axes.add_collection(PolyCollection(squares, facecolors=phase_colors(np.angle(values)), linewidths=0))
    _draw_blocks(axes, num_qubits)
    return axes


def operator_matrix(operator: Any, ax: "Axes | None" = None, *, wheel: bool = True) -> "Axes":
    """Draw the matrix of an operator: colour is phase, paler is smaller, empty is exactly zero.

    Lines part the nested blocks of the Kronecker product: the thickest ones those of the first qubit, whose value is
    the block's row and column, thinner ones those of the qubits after it. The title says how many entries are not zero.

    Args:
        operator: an Operator, OperatorProduct, Gate or Circuit, or a 2^n × 2^n matrix, array or sparse; up to 9 qubits.
        ax: matplotlib axes to draw on; those of a new figure by default.
        wheel: whether to draw the wheel of phases beside it; one is enough for axes side by side.

    Returns:
        The axes of the matrix, row 0 at the top.

    Raises:
        TooLargeError: there are more qubits; the matrix is not formed.

    >>> from qsim.algebra import P0, P1, I, X, kron
    >>> operator_matrix(kron(P0, I) + kron(P1, X)).get_title()
    '4 of 16 entries (25 %)'
    """
    matrix, num_qubits = _matrix_of(operator)
    axes = _matrix_axes(ax, num_qubits, wheel)
    largest = float(np.abs(matrix).max())
    cleaned = np.where(np.abs(matrix) > _NEGLIGIBLE * largest, matrix, 0)
    axes.imshow(tint(axes, cleaned, largest), interpolation="nearest", extent=_extent(num_qubits))
    _draw_blocks(axes, num_qubits)
    count, total = int(np.count_nonzero(cleaned)), matrix.size
    size = text_size(axes)
    title = f"{count} of {total} entries ({100 * count / total:.3g} %)"
    axes.set_title(title, fontsize=size, color=ink(axes))
    return axes


def city(state: Any, ax: "Axes | None" = None, *, wheel: bool = True) -> "Axes":
    """Draw a density matrix as towers: the height is |entry|, the colour the phase. Entries of zero have none.

    Args:
        state: a DensityMatrix, a State or what makes one, of up to 5 qubits.
        ax: matplotlib axes of projection "3d" to draw on; those of a new figure by default.
        wheel: whether to draw the wheel of phases beside it; one is enough for axes side by side.

    Returns:
        The 3-D axes.

    >>> city("+").get_zlabel()
    '|ρ|'
    """
    matrix, num_qubits = _density(state, _MAX_CITY_QUBITS, "A city")
    axes: Any = axes_with_wheel(ax, 4.2, 3.9, wheel, "3d")
    rows, columns = _visible(matrix)
    values = matrix[rows, columns]
    if len(values):
        from matplotlib.colors import LightSource

        axes.bar3d(
            columns - 0.35,
            rows - 0.35,
            np.zeros(len(values)),
            0.7,
            0.7,
            np.abs(values),
            color=phase_colors(np.angle(values)),
            lightsource=LightSource(azdeg=12, altdeg=48),
            edgecolor=ink(axes),
            linewidth=0.25,
        )
    _style_city(axes, num_qubits, 0.86 if wheel else 0.76)
    return axes  # type: ignore[no-any-return]


# ── What is drawn ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _density(state: Any, limit: int, picture: str) -> tuple[Matrix, int]:
    given = as_state(state)
    require_few(given.num_qubits, limit, picture, "draw state.reduced(qubits), a part of the register")
    matrix = given.density_matrix().matrix
    if not np.isfinite(matrix).all():
        raise StateError("A density matrix with NaN or infinite entries cannot be drawn.")
    return matrix, given.num_qubits


def _matrix_of(operator: Any) -> tuple[Matrix, int]:
    """The dense matrix, formed only if it is small, and its number of qubits."""
    num_qubits = getattr(operator, "num_qubits", None)
    if isinstance(num_qubits, int):
        _require_small(num_qubits)
        form = getattr(operator, "unitary", None) or getattr(operator, "matrix", None)
        given = form() if callable(form) else form
        matrix = as_numbers(given, "operator")
    else:
        if len(getattr(operator, "shape", ())) == 2:
            _require_small(max(operator.shape).bit_length() - 1)
        matrix = as_numbers(operator.toarray() if hasattr(operator, "toarray") else operator, "operator")
    size = len(matrix) if matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1] else 0
    if size == 0 or size & (size - 1):
        raise OperatorError(f"Argument `operator` must be a 2^n × 2^n matrix, but has shape {matrix.shape}.")
    if not np.isfinite(matrix).all():
        raise OperatorError("Argument `operator` must be finite, but has NaN or infinite entries.")
    _require_small(size.bit_length() - 1)
    return matrix.astype(np.complex128), size.bit_length() - 1


def _require_small(num_qubits: int) -> None:
    if num_qubits > _MAX_OPERATOR_QUBITS:
        raise TooLargeError(
            f"A picture of a matrix shows up to {_MAX_OPERATOR_QUBITS} qubits, but the operator has {num_qubits}: "
            "draw one of its factors."
        )


def _visible(matrix: Matrix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the entries that are not zero but for rounding."""
    sizes = np.abs(matrix)
    rows, columns = np.nonzero(sizes > _NEGLIGIBLE * sizes.max())
    return rows, columns


# ── Axes ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _extent(num_qubits: int) -> tuple[float, float, float, float]:
    end = bits.register_size(num_qubits) - 0.5
    return -0.5, end, end, -0.5


def _matrix_axes(ax: "Axes | None", num_qubits: int, wheel: bool) -> "Axes":
    """Square axes, row 0 at the top, whose rows and columns, or blocks of them, are named by bit strings."""
    axes = axes_with_wheel(ax, 3.9, 3.9, wheel)
    left, right, bottom, top = _extent(num_qubits)
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    named = num_qubits if bits.register_size(num_qubits) <= _MAX_LABELLED else _MAX_BLOCKS.bit_length() - 1
    block = bits.register_size(num_qubits - named)
    labels = [bits.bitstring(index, named) + "…" * (named < num_qubits) for index in range(bits.register_size(named))]
    places = block * np.arange(len(labels)) + (block - 1) / 2
    size, rotation = label_style(labels, 0.75 * width_of(axes))
    size = min(size, text_size(axes))
    axes.set_xticks(places, labels, rotation=rotation, fontsize=size, fontfamily="monospace")
    axes.set_yticks(places, labels, fontsize=size, fontfamily="monospace")
    axes.tick_params(length=0)
    axes.set_ylabel(f"row ({qubit_labels(range(num_qubits))})", fontsize=text_size(axes))
    axes.set_xlabel("column", fontsize=text_size(axes))
    return axes


def _draw_blocks(axes: "Axes", num_qubits: int) -> None:
    """Lines between the blocks of each qubit, thinner from qubit to qubit, as long as they leave room between them."""
    size = bits.register_size(num_qubits)
    for qubit in range(num_qubits):
        block = bits.qubit_weight(qubit, num_qubits)  # rows of a block in which this qubit has one value
        if 0.7 * width_of(axes) * block / size < _LEAST_LINE_SPACING:
            return
        edges = np.arange(block, size, 2 * block) - 0.5
        shares = 0.65**qubit
        for draw in (axes.vlines, axes.hlines):
            draw(edges, -0.5, size - 0.5, color=ink(axes), linewidth=1.4 * shares, alpha=0.7 * shares)


def _style_city(axes: Any, num_qubits: int, zoom: float) -> None:
    from matplotlib.ticker import MaxNLocator

    size = bits.register_size(num_qubits)
    text = text_size(axes)
    smaller = LARGEST_TEXT - text  # labels of axes stand as much nearer as the numbers beside them are shorter
    labels = [bits.bitstring(index, num_qubits) for index in range(size)]
    step = max(size // 4, 1) if size > 8 else 1
    axes.set_xticks(range(0, size, step), labels[::step], fontsize=0.9 * text, fontfamily="monospace")
    axes.set_yticks(range(0, size, step), labels[::step], fontsize=0.9 * text, fontfamily="monospace")
    axes.tick_params(axis="both", pad=-2)
    axes.tick_params(axis="z", labelsize=0.9 * text, pad=0)
    axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5))
    axes.set_zlim(bottom=0)
    axes.set_xlabel("column", fontsize=text, labelpad=2 + num_qubits - 1.5 * smaller)
    axes.set_ylabel(f"row ({qubit_labels(range(num_qubits))})", fontsize=text, labelpad=2 + num_qubits - 1.5 * smaller)
    axes.zaxis.set_rotate_label(False)
    axes.set_zlabel("|ρ|", fontsize=text, labelpad=4 - 2.7 * smaller, rotation=90)
    axes.zaxis.set_major_locator(MaxNLocator(4))
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color((*paper(axes), 0.0))
        axis._axinfo["grid"].update(color=(*_rgb(axes), 0.2), linewidth=0.5)
    axes.view_init(elev=32, azim=-58)
    axes.set_box_aspect((1, 1, 0.65), zoom=zoom)


def _rgb(axes: "Axes") -> tuple[float, float, float]:
    from matplotlib.colors import to_rgb

    return to_rgb(ink(axes))
