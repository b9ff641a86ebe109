"""Teleportation: Alice's state appears at Bob's place, at the cost of one Bell pair and two classical bits a qubit.

Purpose: to move an unknown state. Alice measures and tells Bob what she found, and Bob corrects with X and Z. By the
    principle of deferred measurement the corrections may be controlled by her qubits instead, measured later or never.
Source: C. H. Bennett et al., Phys. Rev. Lett. 70 (1993) 1895; M. A. Nielsen, I. L. Chuang, "Quantum Computation and
    Quantum Information" (2010), section 1.3.7, and section 4.4 for the deferred measurement.
Expected: Alice finds each pair of bits with probability 1/4, whatever she sends, and in every case Bob holds |ψ⟩
    exactly. Without feedback |ψ⟩|0⟩|0⟩ → |+⟩|+⟩|ψ⟩.
"""

from qsim import Circuit, State, kron, run


def build(num_qubits: int = 1, feedback: bool = True) -> Circuit:
    """The circuit of three registers: Alice's message, her halves of the Bell pairs, and Bob's.

    Args:
        num_qubits: of the message, 1 or more; the qubits of one that is entangled arrive entangled.
        feedback: Alice measures into the bits `z` and `x`, which Bob's gates read; otherwise her qubits control them.

    Raises:
        ValueError: the message has no qubit.

    >>> for branch in run(build(), None, exact=True, initial="r00").branches:
    ...     print(branch, round(branch.state.reduced([2]).fidelity(State("r")), 12))
    Branch('0 0', probability 0.25, measure q0,q1: 00) 1.0
    Branch('0 1', probability 0.25, measure q0,q1: 01) 1.0
    Branch('1 0', probability 0.25, measure q0,q1: 10) 1.0
    Branch('1 1', probability 0.25, measure q0,q1: 11) 1.0
    >>> State("r00").evolve(build(feedback=False)).equiv(State("++r"))
    True
    """
    if num_qubits < 1:
        raise ValueError(f"Argument `num_qubits` must be 1 or more, but is {num_qubits}.")
    circuit = Circuit()
    message = circuit.add_qubits("message", num_qubits)
    alice = circuit.add_qubits("alice", num_qubits)
    bob = circuit.add_qubits("bob", num_qubits)
    circuit.h(alice).cx(alice, bob).barrier()  # Bell pairs, shared beforehand
    circuit.cx(message, alice).h(message).barrier()  # Alice turns the Bell basis into the one that she measures
    if not feedback:
        return circuit.cx(alice, bob).cz(message, bob)  # Bob corrects
    z, x = circuit.add_bits("z", num_qubits), circuit.add_bits("x", num_qubits)
    circuit.measure(message, z).measure(alice, x)
    for qubit in range(num_qubits):
        circuit.x(bob[qubit], when=x[qubit] == 1).z(bob[qubit], when=z[qubit] == 1)  # Bob corrects
    return circuit


def main() -> None:
    """Print the circuit, the state that is sent, and the one that Bob has in each case."""
    teleport = build()
    message = State.random(1, seed=7)
    result = run(teleport, None, exact=True, initial=kron(message, State("00")))
    print(f"{teleport}\n")
    print(f"sent: {message}\n")
    for branch in result.branches:
        z, x = branch.bits.split()
        fidelity = branch.state.reduced([2]).fidelity(message)  # of Bob's qubit
        print(f"z = {z}, x = {x}: probability {branch.probability:.4f}, fidelity {fidelity:.12f}")
    print("\nWhatever Alice finds, Bob's qubit is in the state that was sent: exact, not estimated from shots.")


if __name__ == "__main__":
    main()
