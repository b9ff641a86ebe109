"""The exact distribution and the state for each record, by the plain interpreter."""

import numpy as np

from qsim.engines.interpreter import outcomes


def key_of(circuit, bits):
    """Classical bits as a key of counts."""
    registers = circuit.bits.registers
    return " ".join("".join(str(bits[bit.number]) for bit in register) for register in registers)


def exact(circuit, initial=None):
    """Record → probability, and record → density matrix times probability."""
    n = circuit.num_qubits
    start = np.zeros(2**n, complex)
    start[0] = 1
    probabilities, matrices = {}, {}
    for shot in outcomes(circuit[:], circuit.num_bits, start if initial is None else initial):
        key = key_of(circuit, shot.bits)
        probabilities[key] = probabilities.get(key, 0) + shot.probability
        matrix = shot.probability * np.outer(shot.state, shot.state.conj())
        matrices[key] = matrices.get(key, 0) + matrix
    return probabilities, matrices
