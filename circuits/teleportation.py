"""Teleportation without feedback: Alice's state appears at Bob's place, at the cost of one Bell pair a qubit.

Purpose: to move an unknown state. In the laboratory Alice measures and tells Bob, who corrects with X and Z. By the
    principle of deferred measurement the corrections may be controlled by her qubits instead, measured later or never.
Source: C. H. Bennett et al., Phys. Rev. Lett. 70 (1993) 1895; M. A. Nielsen, I. L. Chuang, "Quantum Computation and
    Quantum Information" (2010), section 1.3.7, and section 4.4 for the deferred measurement.
Expected: |ψ⟩|0⟩|0⟩ → |+⟩|+⟩|ψ⟩: Bob holds |ψ⟩ exactly, and Alice keeps nothing of it.
"""

from qsim import Circuit, State, kron


def build(num_qubits: int = 1) -> Circuit:
    """The circuit of three registers: Alice's message, her halves of the Bell pairs, and Bob's.

    Args:
        num_qubits: of the message, 1 or more; the qubits of one that is entangled arrive entangled.

    Raises:
        ValueError: the message has no qubit.

    >>> State("r00").evolve(build()).equiv(State("++r"))
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
    return circuit.cx(alice, bob).cz(message, bob)  # Bob corrects


def main() -> None:
    """Print the circuit, the state that is sent, and the one that Bob has."""
    teleport = build()
    message = State.random(1, seed=7)
    final = kron(message, State("00")).evolve(teleport)
    received = final.reduced([2])  # Bob's qubit
    print(f"{teleport}\n")
    print(f"sent:     {message}")
    print(f"          Bloch vector {message.bloch(0).round(6)}")
    print(f"received: Bloch vector {received.bloch(0).round(6)}")
    print(f"          fidelity     {received.fidelity(message):.12f}\n")
    print("Bob's qubit is in the state that was sent; Alice's two are left in |++⟩, whatever it was.")


if __name__ == "__main__":
    main()
