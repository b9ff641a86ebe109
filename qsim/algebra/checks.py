"""What operators check where values come in."""

import cmath
import numbers
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim.errors import OperatorError

__all__ = ["as_numbers", "finite", "is_scalar", "matrix_qubits", "vector_qubits"]


def as_numbers(matrix: Any) -> NDArray[Any]:
    """The matrix as an array of complex numbers."""
    try:
        return np.asarray(matrix).astype(np.complex128)
    except (TypeError, ValueError) as error:
        raise OperatorError(f"Argument `matrix` must be a 2^k × 2^k array of numbers: {error}") from None


def matrix_qubits(array: NDArray[Any]) -> int:
    """Qubits of a finite 2^k × 2^k matrix."""
    size = array.shape[0] if array.ndim == 2 and array.shape[0] == array.shape[1] else 0
    if size == 0 or size & (size - 1):
        raise OperatorError(f"Argument `matrix` must be 2^k × 2^k, but has shape {array.shape}.")
    if not np.all(np.isfinite(array)):
        raise OperatorError("Argument `matrix` must be finite, but has NaN or infinite entries.")
    return size.bit_length() - 1


def vector_qubits(array: NDArray[Any]) -> int:
    """Qubits of a register whose amplitudes have this shape."""
    size = array.shape[0] if array.ndim in (1, 2) else 0
    if size == 0 or size & (size - 1):
        raise OperatorError(f"Argument `state` must have 2^n rows, but has shape {array.shape}.")
    return size.bit_length() - 1


def is_scalar(value: Any) -> bool:
    """Whether it is a number, or an array without axes."""
    return isinstance(value, numbers.Number) or (isinstance(value, np.ndarray) and value.ndim == 0)


def finite(value: Any) -> complex:
    """The number as a complex one, refused if that is NaN or infinite."""
    try:
        number = complex(value)
    except (TypeError, ValueError):
        raise TypeError(f"A coefficient must be a number, but is {value!r}.") from None
    if not cmath.isfinite(number):
        raise OperatorError(f"A coefficient must be finite, but is {value}.")
    return number
