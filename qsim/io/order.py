"""Arrays of tools in which the first-listed qubit is the least significant one, turned."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["turned"]


def turned(array: Any) -> NDArray[np.complex128]:
    """A vector of 2^n entries, or a 2^n × 2^n matrix, with the order of the qubits turned: its own inverse.

    >>> turned([0, 1, 0, 0]).real.astype(int).tolist()   # |01⟩ becomes |10⟩
    [0, 0, 1, 0]
    """
    entries = np.asarray(array, dtype=np.complex128)
    num_qubits = len(entries).bit_length() - 1
    axes = [axis * num_qubits + qubit for axis in range(entries.ndim) for qubit in reversed(range(num_qubits))]
    tensor = entries.reshape((2,) * (num_qubits * entries.ndim)).transpose(axes)
    return np.ascontiguousarray(tensor).reshape(entries.shape)
