"""GHZ state: n qubits that are all 0 or all 1.

Purpose: entanglement of many qubits, and Mermin's proof that measured values are not there beforehand.
Source: D. M. Greenberger, M. A. Horne, A. Zeilinger, "Going beyond Bell's theorem" (1989), arXiv:0712.0921;
    N. D. Mermin, "Quantum mysteries revisited", Am. J. Phys. 58 (1990) 731.
Expected: (|0…0⟩ + |1…1⟩)/√2. With three qubits the products XXX, XYY, YXY, YYX are measured as +1, -1, -1, -1 with
    certainty. Were each X and Y a value ±1 that is there beforehand, XXX would be the product of the other three: -1.
"""

from qsim import Circuit


def build(num_qubits: int = 3) -> Circuit:
    """A Hadamard gate, then a chain of CNOTs that hands the value on from qubit to qubit.

    Args:
        num_qubits: 2 or more.

    Raises:
        ValueError: there are fewer than two qubits.

    >>> build(4).state()
    0.7071|0000⟩ + 0.7071|1111⟩   (q0 q1 q2 q3)
    """
    if num_qubits < 2:
        raise ValueError(f"Argument `num_qubits` must be 2 or more, but is {num_qubits}.")
    circuit = Circuit(num_qubits).h(0)
    for qubit in range(num_qubits - 1):
        circuit.cx(qubit, qubit + 1)
    return circuit


def main() -> None:
    """Print the circuit, its state, counts and Mermin's four products."""
    ghz = build()
    state = ghz.state()
    print(f"{ghz}\n")
    print(f"state: {state}\n")
    print(f"{ghz.sample(1000, seed=7)}\n")
    for paulis in ("XXX", "XYY", "YXY", "YYX"):
        print(f"⟨{paulis}⟩ = {state.expectation({paulis: 1.0}):+.3f}")
    print("\nHad X and Y values beforehand, XXX would be XYY · YXY · YYX = -1; it is +1.")


if __name__ == "__main__":
    main()
