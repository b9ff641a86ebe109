"""The bit-flip code: three qubits hold one, and a flip of any of them is found and undone, cycle after cycle.

Purpose: the smallest cycle of error correction. Two ancillas take the parities of neighbours, are measured, tell which
    qubit to flip back, and are reset for the next cycle. Nothing that they tell depends on the state that is held.
Source: M. A. Nielsen, I. L. Chuang, "Quantum Computation and Quantum Information" (2010), section 10.1.1.
Expected: α|000⟩ + β|111⟩ after every cycle, exactly. An error by RX(θ), part of a flip, becomes a whole flip with
    probability sin²(θ/2) or none, when the parities are measured; both are corrected.
"""

import math
from collections.abc import Sequence

from qsim import Circuit, State, kron, run

SYNDROMES = ("10", "11", "01")  # parities of qubits 0, 1 and of 1, 2 after a flip of qubit 0, 1, 2


def build(errors: Sequence[int | None] = (0, 1, 2), theta: float = math.pi) -> Circuit:
    """The circuit that encodes qubit 0, and suffers and corrects one error in each cycle.

    Args:
        errors: the qubit that is hit in each cycle, 0, 1 or 2, or None.
        theta: angle in radians of RX, the error; π is a flip.

    Raises:
        ValueError: there is no cycle, or no such qubit.

    >>> build((2, None, 0)).sample(100)
    Counts({'01 00 10': 100}, bits cycle0[0] cycle0[1] cycle1[0] cycle1[1] cycle2[0] cycle2[1])
    """
    if not errors or any(error not in (None, 0, 1, 2) for error in errors):
        raise ValueError(f"Argument `errors` must be one or more of 0, 1, 2 and None, but is {errors!r}.")
    circuit = Circuit()
    data, ancillas = circuit.add_qubits("data", 3), circuit.add_qubits("ancilla", 2)
    circuit.cx(data[0], data[1:])  # encode
    for cycle, error in enumerate(errors):
        syndrome = circuit.add_bits(f"cycle{cycle}", 2)
        circuit.barrier()
        if error is not None:
            circuit.rx(theta, data[error])
        circuit.cx(data[:2], ancillas).cx(data[1:], ancillas)  # parities of neighbours
        circuit.measure(ancillas, syndrome).reset(ancillas)
        for qubit, found in zip(data, SYNDROMES, strict=True):
            circuit.x(qubit, when=syndrome == found)
    return circuit


def main() -> None:
    """Print one cycle, and every way through two cycles in which an error is half of a flip."""
    print(f"{build((1,))}\n")
    state = State.random(1, seed=7)
    a, b = state.amplitudes
    encoded = a * State("000") + b * State("111")
    result = run(build((0, 2), theta=math.pi / 2), None, exact=True, initial=kron(state, State("0000")))
    for branch in result.branches:
        fidelity = branch.state.reduced([0, 1, 2]).fidelity(encoded)
        print(f"syndromes {branch.bits}: probability {branch.probability:.4f}, fidelity {fidelity:.12f}")
    print("\nMeasured, half a flip becomes a whole one or none, and both are corrected: the state is what it was.")


if __name__ == "__main__":
    main()
