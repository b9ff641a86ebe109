"""How states are written: their largest terms, in one pass over the amplitudes and in bounded length."""

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.algebra.show import format_coefficient, latex_labels, qubit_labels
from qsim.states._qubits import BLOCK_QUBITS

__all__ = ["ket_bra_sum", "ket_bra_sum_latex", "ket_sum", "ket_sum_latex"]

MAX_KETS = 8  # terms shown
MAX_LOOKED_AT = 2**22  # amplitudes looked at, or as many more as it takes to see one that is not zero (50 ms)
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
    body = _sum(amplitudes, lambda index: rf"\,|{bits.bitstring(index, num_qubits)}\rangle", lambda _: r"\cdots")
    return _latex_powers(body) + latex_labels(range(num_qubits))


def ket_bra_sum_latex(matrix: NDArray[np.complexfloating], num_qubits: int) -> str:
    """The largest entries of a density matrix in LaTeX, without dollar signs."""

    def write(index: int) -> str:
        row, column = divmod(index, bits.register_size(num_qubits))
        return rf"\,|{bits.bitstring(row, num_qubits)}\rangle\langle {bits.bitstring(column, num_qubits)}|"

    body = _sum(matrix.reshape(-1), write, lambda _: r"\cdots")
    return _latex_powers(body) + latex_labels(range(num_qubits))


def _latex_powers(text: str) -> str:
    return re.sub(r"e([+-])0*(\d+)", lambda m: rf"\cdot 10^{{{m[1].strip('+')}{m[2]}}}", text)


def _sum(values: NDArray[np.complexfloating], write: Callable[[int], str], gap: Callable[[int | None], str]) -> str:
    """The largest values with their kets, joined by their signs; `gap` says how many are left out, if that is known."""
    invisible = _INVISIBLE[values.dtype]
    indices, visible, looked_at = _largest(values, MAX_KETS, invisible)
    negligible = invisible * max(abs(complex(values[index])) for index in indices)
    shown = [index for index in indices if abs(complex(values[index])) > negligible]
    if not shown:
        return "0"
    text = ""
    for index in shown:
        number = _coefficient(complex(values[index]), negligible)
        sign, number = ("-", number[1:]) if number.startswith("-") else ("+", number)
        lead = f" {sign} " if text else sign.strip("+")
        text += lead + ("" if number == "1" else number) + write(index)
    if looked_at < len(values):
        return f"{text} + {gap(None)}"
    return text if visible <= len(shown) else f"{text} + {gap(visible - len(shown))}"


def _more(count: int | None) -> str:
    return (
        f"… (the first 2^{MAX_LOOKED_AT.bit_length() - 1} terms were looked at)"
        if count is None
        else f"… ({count} more)"
    )


def _coefficient(value: complex, negligible: float) -> str:
    real = value.real if abs(value.real) > negligible else 0.0
    imag = value.imag if abs(value.imag) > negligible else 0.0
    return format_coefficient(complex(real, imag))


def _largest(values: NDArray[np.complexfloating], count: int, invisible: float) -> tuple[list[int], int, int]:
    """Indices of the largest values, ascending, how many are visible, and how many were looked at, block by block."""
    indices = np.zeros(0, dtype=np.int64)
    sizes = np.zeros(0, dtype=np.float32)
    visible = 0
    block = bits.register_size(BLOCK_QUBITS)
    start = 0
    while start < len(values) and (start < MAX_LOOKED_AT or not visible):
        with np.errstate(over="ignore"):
            # In single precision, values that differ by rounding are equal, and of equal ones the first are shown.
            here = np.abs(values[start : start + block]).astype(np.float32)
        visible += int(np.count_nonzero(here > invisible))
        kept = _first_largest(here, count)
        indices, sizes = np.concatenate([indices, kept + start]), np.concatenate([sizes, here[kept]])
        best = _first_largest(sizes, count)
        indices, sizes = indices[best], sizes[best]
        start += block
    return [int(index) for index in indices], visible, min(start, len(values))


def _first_largest(sizes: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Positions of the `count` largest sizes, ascending; of equal ones the first."""
    if len(sizes) <= count:
        return np.arange(len(sizes))
    smallest = np.partition(sizes, -count)[-count]
    above = np.flatnonzero(sizes > smallest)
    ties = np.flatnonzero(sizes == smallest)[: count - len(above)]
    return np.sort(np.concatenate([above, ties]))
