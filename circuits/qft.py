"""Quantum Fourier transform: the discrete Fourier transform of 2^n amplitudes by about n²/2 gates.

Purpose: the heart of period finding and of phase estimation, compared with NumPy's FFT.
Source: M. A. Nielsen, I. L. Chuang, "Quantum Computation and Quantum Information" (2010), section 5.1.
Expected: QFT|j⟩ = 1/√N Σ_k e^{2πi jk/N} |k⟩ with N = 2^n. The sign is + where an FFT has -, so the amplitudes are those
    of `np.fft.ifft(…, norm="ortho")`.
"""

import math

import numpy as np

from qsim import Circuit, State


def build(num_qubits: int = 3, inverse: bool = False, swaps: bool = True) -> Circuit:
    """The circuit of the transform, or of its inverse.

    Args:
        num_qubits: 1 or more.
        inverse: the sign in the exponent is -.
        swaps: with the exchanges at the end that bring k into order. Without them its bits are reversed, which costs
            nothing where what follows can read them so; the inverse then begins with k reversed.

    Raises:
        ValueError: there is no qubit.

    >>> build(2).state()
    0.5|00⟩ + 0.5|01⟩ + 0.5|10⟩ + 0.5|11⟩   (q0 q1)
    >>> build(3).compose(build(3, inverse=True)).state()
    |000⟩   (q0 q1 q2)
    """
    if num_qubits < 1:
        raise ValueError(f"Argument `num_qubits` must be 1 or more, but is {num_qubits}.")
    circuit = Circuit(num_qubits)
    for target in range(num_qubits):
        circuit.h(target)
        for control in range(target + 1, num_qubits):
            circuit.cp(math.pi / 2 ** (control - target), control, target)
    if swaps:
        for qubit in range(num_qubits // 2):
            circuit.swap(qubit, num_qubits - 1 - qubit)
    return circuit.inverse() if inverse else circuit


def main() -> None:
    """Print the circuit, its distance from NumPy's FFT, and a period that it finds."""
    print(f"{build()}\n")
    state = State.random(10, seed=7)
    difference = state.evolve(build(10)).amplitudes - np.fft.ifft(state.amplitudes, norm="ortho")
    print(f"largest difference from NumPy's FFT, 10 qubits: {abs(difference).max():.0e}\n")
    comb = State("++0")
    print(f"period 2 of 8: {comb}")
    print(f"transformed:   {comb.evolve(build(3))}\n")
    print("A state of period r becomes one on the multiples of N/r: here of 8/2 = 4.")


if __name__ == "__main__":
    main()
