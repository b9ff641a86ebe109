"""How states are written: their largest terms, in one pass over the amplitudes and in bounded length."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.algebra.show import format_coefficient, latex_labels, latex_number, qubit_labels
from qsim.errors import StateError
from qsim.states._qubits import BLOCK_QUBITS

if TYPE_CHECKING:
    from qsim.states import State

__all__ = ["ket_bra_sum", "ket_bra_sum_latex", "ket_sum", "ket_sum_latex", "largest", "negligible", "state_latex"]

MAX_KETS = 8  # terms shown
MAX_LOOKED_AT = 2**22  # amplitudes looked at, or as many more as it takes to see one that is not zero (50 ms)
MAX_SEARCHED = 2**26  # of zeros alone so many are looked at (1 s)
# Amplitudes below this, and parts this much smaller than the largest amplitude, are taken for rounding errors.
_INVISIBLE = {np.dtype(np.complex64): 1e-5, np.dtype(np.complex128): 1e-10}


def ket_sum(amplitudes: NDArray[np.complexfloating], num_qubits: int) -> str:
    """The largest kets of a state vector, in index order, with the qubits that they stand for.

    >>> ket_sum(np.array([0.6, 0, 0, -0.8j]), 2)
    '0.6|00⟩ - 0.8i|11⟩   (q0 q1)'
    """
    body = _sum(amplitudes, lambda index: f"|{bits.bitstring(index, num_qubits)}⟩", _more)
    return f"{body}   ({qubit_labels(range(num_qubits))})"


def ket_bra_sum(matrix: NDArray[np.complexfloating], num_qubits: int) -> str:
    """The largest entries of a density matrix as |row⟩⟨column|.

    >>> ket_bra_sum(np.diag([0.25, 0.75]).astype(complex), 1)
    '0.25|0⟩⟨0| + 0.75|1⟩⟨1|   (q0)'
    """

    def write(index: int) -> str:
        row, column = divmod(index, bits.register_size(num_qubits))
        return f"|{bits.bitstring(row, num_qubits)}⟩⟨{bits.bitstring(column, num_qubits)}|"

    body = _sum(matrix.reshape(-1), write, _more)
    return f"{body}   ({qubit_labels(range(num_qubits))})"


def ket_sum_latex(amplitudes: NDArray[np.complexfloating], num_qubits: int) -> str:
    r"""The largest kets in LaTeX, without dollar signs.

    >>> print(ket_sum_latex(np.array([0.6, 0, 0, -0.8j]), 2))
    0.6\,|00\rangle - 0.8i\,|11\rangle \qquad (\text{q0 q1})
    """
    body = _sum(amplitudes, lambda index: rf"\,|{bits.bitstring(index, num_qubits)}\rangle", _latex_more, latex_number)
    return body + latex_labels(range(num_qubits))


def state_latex(state: "State") -> str | None:
    """The state vector as a LaTeX formula with its dollar signs; none where it cannot be read, as during a run."""
    try:
        amplitudes = state.amplitudes
    except StateError:
        return None
    return f"${ket_sum_latex(amplitudes, state.num_qubits)}$"


def ket_bra_sum_latex(matrix: NDArray[np.complexfloating], num_qubits: int) -> str:
    """The largest entries of a density matrix in LaTeX, without dollar signs."""

    def write(index: int) -> str:
        row, column = divmod(index, bits.register_size(num_qubits))
        return rf"\,|{bits.bitstring(row, num_qubits)}\rangle\langle {bits.bitstring(column, num_qubits)}|"

    body = _sum(matrix.reshape(-1), write, _latex_more, latex_number)
    return body + latex_labels(range(num_qubits))


def _sum(
    values: NDArray[np.complexfloating],
    write: Callable[[int], str],
    gap: Callable[[int, int | None], str],
    form: Callable[[complex], str] = format_coefficient,
) -> str:
    """The largest values with their kets, joined by their signs; `gap` says how many are left out, if that is known."""
    indices, visible, looked_at = largest(values, MAX_KETS)
    bound = negligible(values, indices)
    shown = [index for index in indices if not abs(complex(values[index])) <= bound]
    if not shown:
        return "0" if looked_at == len(values) else f"0 + {gap(looked_at, None)}"
    text = ""
    for index in shown:
        number = form(_cleaned(complex(values[index]), bound))
        sign, number = ("-", number[1:]) if number.startswith("-") else ("+", number)
        lead = f" {sign} " if text else sign.strip("+")
        text += lead + ("" if number == "1" else number) + write(index)
    if looked_at < len(values):
        return f"{text} + {gap(looked_at, None)}"
    return text if visible <= len(shown) else f"{text} + {gap(looked_at, visible - len(shown))}"


def _more(looked_at: int, count: int | None) -> str:
    if count is None:
        return f"… (the first 2^{looked_at.bit_length() - 1} terms were looked at)"
    return f"… ({count} more)"


def _latex_more(looked_at: int, count: int | None) -> str:
    return r"\cdots"


def _cleaned(value: complex, bound: float) -> complex:
    """The number without parts that are rounding errors."""
    real = value.real if not abs(value.real) <= bound else 0.0
    imag = value.imag if not abs(value.imag) <= bound else 0.0
    return complex(real, imag)


class Largest(NamedTuple):
    """The largest entries of a long array.

    Attributes:
        indices: where they are, ascending.
        num_visible: entries that are not zero, of those looked at.
        num_looked_at: entries looked at, from the start.
    """

    indices: list[int]
    num_visible: int
    num_looked_at: int


def largest(values: NDArray[np.complexfloating], count: int, *, whole: bool = False) -> Largest:
    """Where the largest values are, found block by block; NaN counts as larger than any number.

    Args:
        values: the array, not empty.
        count: largest number of indices.
        whole: look at all of it, however long; otherwise at `MAX_LOOKED_AT` entries, or at more until one is not zero.

    >>> largest(np.array([0.6, 0, 0, -0.8j]), 1)
    Largest(indices=[3], num_visible=2, num_looked_at=4)
    """
    invisible = _INVISIBLE[values.dtype]
    indices = np.zeros(0, dtype=np.int64)
    sizes = np.zeros(0, dtype=np.float32)
    visible = start = 0
    block = bits.register_size(BLOCK_QUBITS)
    while start < len(values) and (whole or start < MAX_LOOKED_AT or (not visible and start < MAX_SEARCHED)):
        with np.errstate(over="ignore", invalid="ignore"):
            # In single precision, values that differ by rounding are equal, and of equal ones the first are shown.
            here = np.abs(values[start : start + block]).astype(np.float32)
        here[np.isnan(here)] = np.inf
        visible += int(np.count_nonzero(here > invisible))
        kept = _first_largest(here, count)
        indices, sizes = np.concatenate([indices, kept + start]), np.concatenate([sizes, here[kept]])
        best = _first_largest(sizes, count)
        indices, sizes = indices[best], sizes[best]
        start += block
    return Largest([int(index) for index in indices], visible, min(start, len(values)))


def negligible(values: NDArray[np.complexfloating], indices: Sequence[int]) -> float:
    """The absolute value up to which an entry is a rounding error beside the listed ones."""
    sizes = [abs(complex(values[index])) for index in indices]
    return _INVISIBLE[values.dtype] * max(filter(math.isfinite, sizes), default=0.0)


def _first_largest(sizes: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Positions of the `count` largest sizes, ascending; of equal ones the first."""
    if len(sizes) <= count:
        return np.arange(len(sizes))
    smallest = np.partition(sizes, -count)[-count]
    above = np.flatnonzero(sizes > smallest)
    ties = np.flatnonzero(sizes == smallest)[: count - len(above)]
    return np.sort(np.concatenate([above, ties]))
