"""Semiclassical Fourier transform: where the result is measured, no gate needs two qubits.

Purpose: a quantum Fourier transform followed by measurement, as in period finding. Each qubit is measured as soon as
    its Hadamard gate is done; the controlled phases become phases that the measured bits switch on.
Source: R. B. Griffiths, C.-S. Niu, Phys. Rev. Lett. 76 (1996) 3228, arXiv:quant-ph/9511007.
Expected: k with probability |1/√N Σ_j ψ_j e^(2πi jk/N)|², N = 2^n: what is measured after the transform of `qft.py`.
"""

import math

import numpy as np

from qsim import Circuit, State, run


def build(num_qubits: int = 3) -> Circuit:
    """The circuit of the transform and its measurement; register `k` holds the result, most significant bit first.

    Args:
        num_qubits: 1 or more.

    Raises:
        ValueError: there is no qubit.

    >>> build(3).sample(100, initial="++0", seed=7)  # period 2 of 8: multiples of 4
    Counts({'000': 54, '100': 46}, bits k[0] k[1] k[2])
    """
    if num_qubits < 1:
        raise ValueError(f"Argument `num_qubits` must be 1 or more, but is {num_qubits}.")
    circuit = Circuit(num_qubits)
    bits = circuit.add_bits("k", num_qubits)
    bit_of = bits[::-1]  # qubit 0, the most significant one, decides the least significant bit of k
    for qubit in range(num_qubits):
        for known in range(qubit):
            circuit.p(math.pi / 2 ** (qubit - known), qubit, when=bit_of[known] == 1)
        circuit.h(qubit).measure(qubit, bit_of[qubit])
    return circuit


def main() -> None:
    """Print the circuit, and its distance from NumPy's FFT."""
    print(f"{build()}\n")
    state = State.random(6, seed=7)
    found = run(build(6), None, exact=True, initial=state).distribution
    expected = abs(np.fft.ifft(state.amplitudes, norm="ortho")) ** 2
    difference = max(abs(found[f"{k:06b}"] - probability) for k, probability in enumerate(expected))
    print(f"largest difference from NumPy's FFT, 6 qubits: {difference:.0e}")
    print("\nA Fourier transform of six qubits, measured, without one gate on two of them.")


if __name__ == "__main__":
    main()
