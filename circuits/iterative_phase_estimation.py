"""Iterative phase estimation: a phase bit by bit, with one ancilla that is measured, reset and used again.

Purpose: phase estimation with n bits of precision without n ancillas and without a Fourier transform: each bit that is
    known turns the ancilla back before the next one is measured.
Source: M. Dobšíček, G. Johansson, V. Shumeiko, G. Wendin, Phys. Rev. A 76 (2007) 030306(R), arXiv:quant-ph/0610214.
Expected: the phase itself, in every shot, if it has n bits. In general k with probability
    sin²(πNδ)/(N sin πδ)² where N = 2^n and δ = phase - k/N, the distribution of the ordinary algorithm.
"""

import math

from qsim import Circuit, run


def build(phase: float = 0.625, num_bits: int = 3) -> Circuit:
    """The circuit that estimates the phase of the gate P(2π·phase) in its eigenstate |1⟩.

    Args:
        phase: in turns: the gate multiplies |1⟩ by e^(2πi·phase).
        num_bits: of the estimate k/2^n, 1 or more; the register `phase` holds k, most significant bit first.

    Raises:
        ValueError: the estimate has no bit.

    >>> build(0.625, num_bits=3).sample(100)  # 0.101 in binary
    Counts({'101': 100}, bits phase[0] phase[1] phase[2])
    """
    if num_bits < 1:
        raise ValueError(f"Argument `num_bits` must be 1 or more, but is {num_bits}.")
    circuit = Circuit()
    (ancilla,), (system,) = circuit.add_qubits("ancilla", 1), circuit.add_qubits("system", 1)
    bits = circuit.add_bits("phase", num_bits)
    circuit.x(system)
    for bit in reversed(range(num_bits)):  # the least significant bit first
        circuit.reset(ancilla).h(ancilla)
        circuit.cp(2 * math.pi * phase * 2**bit, ancilla, system)  # the gate 2^bit times: bits before this one drop out
        for known in range(bit + 1, num_bits):
            circuit.p(-math.pi / 2 ** (known - bit), ancilla, when=bits[known] == 1)
        circuit.h(ancilla).measure(ancilla, bits[bit])
    return circuit


def main() -> None:
    """Print the circuit, and what it finds of two phases."""
    print(f"{build()}\n")
    for phase in (0.625, 1 / 3):
        (best, probability), *_ = run(build(phase, 4), None, exact=True).distribution.most_likely()
        print(f"phase {phase:.4f}: {int(best, 2)}/16 = {int(best, 2) / 16:.4f} with probability {probability:.4f}")
    print("\nFour bits with one ancilla: it is reset and used again, and known bits turn it back.")


if __name__ == "__main__":
    main()
