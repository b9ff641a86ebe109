"""The oracle: every gate embedded as a dense Kronecker product, multiplied onto the state.

It says what the others must give. It shares no code with them beyond the gates' matrices, and is written to be read:
qubit order comes from strings, the product from `np.kron`.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from qsim.circuit import Operation
from qsim.engines.job import Job

__all__ = ["embed", "simulate"]

ComplexArray = NDArray[np.complex128]


def embed(matrix: ComplexArray, qubits: Sequence[int], num_qubits: int) -> ComplexArray:
    """The 2^n × 2^n matrix of a gate on the listed qubits: (U ⊗ I) between two permutations of the qubits.

    >>> x = np.array([[0, 1], [1, 0]], dtype=complex)
    >>> np.array_equal(embed(x, [1], 2), np.kron(np.eye(2), x))
    True
    """
    rest = [q for q in range(num_qubits) if q not in qubits]
    order = [*qubits, *rest]
    reorder = np.zeros((2**num_qubits, 2**num_qubits))
    for column, bits in enumerate(product("01", repeat=num_qubits)):
        row = int("".join(bits[q] for q in order) or "0", 2)  # the same state, with the gate's qubits written first
        reorder[row, column] = 1
    full: ComplexArray = reorder.T @ np.kron(matrix, np.eye(2 ** len(rest))) @ reorder
    return full


def simulate(job: Job) -> ComplexArray:
    """The state after the circuit's operations."""
    state = job.amplitudes
    for instruction in job.control.steps(job.circuit):
        if isinstance(instruction, Operation):
            state = embed(instruction.gate.matrix(), instruction.qubits, job.circuit.num_qubits) @ state
    final: ComplexArray = state.astype(job.amplitudes.dtype)
    return final
