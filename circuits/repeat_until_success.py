"""Repeat until success: gates that Clifford and T gates cannot make, made exactly after a random number of attempts.

Purpose: (I + i√2 X)/√3 and V₃ = (I + 2i Z)/√5 are no product of Clifford and T gates. An attempt with ancillas succeeds
    if they are found in 0; if not, it has done no harm, or harm that one Pauli gate undoes, and is made again.
Source: A. Paetznick, K. M. Svore, "Repeat-until-success: non-deterministic decomposition of single-qubit unitaries",
    Quantum Inf. Comput. 14 (2014) 1277, arXiv:1311.1074; for V₃ M. A. Nielsen, I. L. Chuang, "Quantum Computation and
    Quantum Information" (2010), exercise 4.41.
Expected: the gate, exactly, whenever the loop ends. An attempt succeeds with probability p, 3/4 for the first gate and
    5/8 for V₃, so that the k-th is the last one with probability p(1 - p)^(k-1).
"""

from qsim import Circuit, State, run

GATES = ("sqrt2", "v3")  # (I + i√2 X)/√3 and (I + 2i Z)/√5


def build(gate: str = "sqrt2") -> Circuit:
    """The circuit that applies a gate to qubit 0; the others are ancillas.

    Args:
        gate: "sqrt2" for (I + i√2 X)/√3, with one ancilla and 2 T gates an attempt; "v3" for (I + 2i Z)/√5, with two
            ancillas and 2 Toffoli gates.

    Raises:
        ValueError: there is no such gate.

    >>> first, second, *_ = run(build(), None, exact=True).branches
    >>> round(first.probability, 12), round(second.probability, 12)
    (0.75, 0.1875)
    >>> first.state  # (|0⟩ + i√2 |1⟩)/√3, but for a phase, and the ancilla in |0⟩
    (0.4082-0.4082i)|00⟩ + (0.5774+0.5774i)|10⟩   (q0 q1)
    """
    if gate not in GATES:
        raise ValueError(f"Argument `gate` must be one of {', '.join(GATES)}, but is {gate!r}.")
    return _sqrt2() if gate == "sqrt2" else _v3()


def _sqrt2() -> Circuit:
    """An attempt leaves √(3/4) · (I + i√2 X)/√3 where the ancilla is 0, and I/2 where it is 1: no harm."""
    circuit = Circuit()
    (target,), (ancilla,) = circuit.add_qubits("target", 1), circuit.add_qubits("ancilla", 1)
    failed = circuit.add_bits("failed", 1)
    circuit.assign(failed, 1)
    with circuit.while_(failed == 1):
        circuit.reset(ancilla).h(ancilla).t(ancilla).cx(ancilla, target)
        circuit.h(ancilla).cx(ancilla, target).t(ancilla).h(ancilla)
        circuit.measure(ancilla, failed)
    return circuit


def _v3() -> Circuit:
    """An attempt applies ¾ S + ¼ X S X where both ancillas are 0, which is V₃ but for a Z, and else Z: it is undone."""
    circuit = Circuit()
    (target,), ancillas = circuit.add_qubits("target", 1), circuit.add_qubits("ancilla", 2)
    failed = circuit.add_bits("failed", 2)
    circuit.assign(failed, "11")
    with circuit.while_(failed != "00"):
        circuit.reset(ancillas).h(ancillas).ccx(*ancillas, target).s(target).ccx(*ancillas, target).h(ancillas)
        circuit.measure(ancillas, failed).z(target)  # of a success V₃ remains, of a failure nothing
    return circuit


def main() -> None:
    """Print the circuit, and how likely each number of attempts is."""
    circuit = build()
    print(f"{circuit}\n")
    result = run(circuit, None, exact=True, initial="00")
    gate = State([1, 1j * 2**0.5], normalize=True)
    for attempts, branch in enumerate(result.branches[:4], 1):
        fidelity = branch.state.reduced([0]).fidelity(gate)
        print(f"{attempts} attempts: probability {branch.probability:.6f}, fidelity {fidelity:.12f}")
    number, rest = len(result.branches), result.distribution.pruned
    print(f"\n{number} branches in all, and the rest have {rest:.0e} together: the gate is exact in each.")


if __name__ == "__main__":
    main()
