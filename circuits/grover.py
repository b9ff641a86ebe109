"""Grover search: the one marked item of N = 2^n is found with about π/4·√N calls of the oracle.

Purpose: a quadratic gain that is proved to be the best possible; a rotation in the plane of two states.
Source: L. K. Grover, Phys. Rev. Lett. 79 (1997) 325, arXiv:quant-ph/9706033; M. Boyer, G. Brassard, P. Høyer, A. Tapp,
    Fortschr. Phys. 46 (1998) 493, arXiv:quant-ph/9605034.
Expected: after k iterations the marked item w has the probability sin²((2k+1)θ) with sin θ = 1/√N. The state is
    (-1)^k [sin((2k+1)θ) |w⟩ + cos((2k+1)θ)/√(N-1) Σ_x≠w |x⟩].
"""

import math

from qsim import Circuit


def build(marked: str = "101", iterations: int | None = None) -> Circuit:
    """The circuit that searches, and measures.

    Args:
        marked: the item, a bit string of one qubit or more.
        iterations: calls of the oracle; by default as many as make the probability largest.

    Raises:
        ValueError: the item is no bit string, or there are fewer than no iterations.

    >>> build("01").sample(100)  # of four items, one call finds the marked one for certain
    Counts({'01': 100}, bits meas[0] meas[1])
    """
    if not marked or set(marked) - {"0", "1"}:
        raise ValueError(f"Argument `marked` must be characters of 0 and 1, but is {marked!r}.")
    if iterations is None:
        iterations = round(math.pi / (4 * angle(len(marked))) - 0.5)
    if iterations < 0:
        raise ValueError(f"Argument `iterations` must be 0 or more, but is {iterations}.")
    qubits = range(len(marked))
    circuit = Circuit(len(marked)).h(qubits)
    for _ in range(iterations):
        circuit.barrier()
        flip_sign(circuit, marked)  # the oracle: I - 2|w⟩⟨w|
        circuit.barrier().h(qubits)
        flip_sign(circuit, "0" * len(marked))
        circuit.h(qubits)  # with H on both sides I - 2|s⟩⟨s|, s the equal superposition: the diffusion but for its sign
    return circuit.measure_all()


def flip_sign(circuit: Circuit, label: str) -> None:
    """Append I - 2|label⟩⟨label|: a sign on one basis state."""
    *controls, target = range(len(label))
    zeros = [target] if label[-1] == "0" else []
    circuit.x(zeros).z(target, controls=controls, control_state=label[:-1]).x(zeros)


def angle(num_qubits: int) -> float:
    """θ, in radians: the equal superposition is turned by it from the items that are not marked.

    >>> round(math.degrees(angle(2)))
    30
    """
    return math.asin(2 ** (-num_qubits / 2))


def main() -> None:
    """Print a circuit, and the probability of success from iteration to iteration."""
    print(f"{build('101', 1)}\n")
    print("3 qubits   exact    sin²((2k+1)θ)")
    for iterations in range(5):
        exact = build("101", iterations).without_final_measurements().probabilities()[0b101]
        print(f"k = {iterations}     {exact:.5f}  {math.sin((2 * iterations + 1) * angle(3)) ** 2:.5f}")
    print("\nIt rises to nearly 1 and falls again: who iterates too long turns past the marked item.")


if __name__ == "__main__":
    main()
