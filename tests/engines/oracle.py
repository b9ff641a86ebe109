"""States by one formula for all gates, for registers that dense matrices cannot hold."""

import numpy as np


def product_formula(circuit, start=None):
    """The state after a circuit of gates on few qubits, by einsum; from |0…0⟩ if no amplitudes are given."""
    n = circuit.num_qubits
    tensor = np.zeros([2] * n, dtype=complex)
    tensor[(0,) * n] = 1
    if start is not None:
        tensor = start.astype(complex).reshape([2] * n)
    for operation in circuit:
        k = len(operation.qubits)
        matrix = operation.gate.matrix().reshape([2] * (2 * k))
        out = list(range(n))
        for slot, qubit in enumerate(operation.qubits):
            out[qubit] = n + slot
        labels = [n + slot for slot in range(k)] + list(operation.qubits)
        tensor = np.einsum(matrix, labels, tensor, list(range(n)), out)
    return tensor.reshape(-1)
