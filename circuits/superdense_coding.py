"""Superdense coding: two classical bits in one qubit, by way of a shared Bell pair.

Purpose: what entanglement is worth: Alice touches her qubit alone, sends it, and Bob reads two bits.
Source: C. H. Bennett, S. J. Wiesner, Phys. Rev. Lett. 69 (1992) 2881; M. A. Nielsen, I. L. Chuang, "Quantum
    Computation and Quantum Information" (2010), section 2.3.
Expected: the message, in every shot.
"""

from qsim import Circuit


def build(message: str = "10") -> Circuit:
    """The circuit that sends a message; qubit 0 is Alice's, qubit 1 Bob's.

    Args:
        message: "00", "01", "10" or "11". The first bit turns the sign (Z), the second flips (X).

    Raises:
        ValueError: the message is not two bits.

    >>> build("10").sample(100)
    Counts({'10': 100}, bits q0 q1)
    """
    if message not in ("00", "01", "10", "11"):
        raise ValueError(f'Argument `message` must be "00", "01", "10" or "11", but is {message!r}.')
    circuit = Circuit(2).h(0).cx(0, 1).barrier()  # the shared Bell pair
    if message[1] == "1":
        circuit.x(0)
    if message[0] == "1":
        circuit.z(0)
    return circuit.barrier().cx(0, 1).h(0)  # Bob has both qubits, and undoes the pair


def main() -> None:
    """Print the circuit of one message, and what arrives of each."""
    print(f"{build('11')}\n")
    for message in ("00", "01", "10", "11"):
        print(f"sent {message}, received {dict(build(message).sample(1000, seed=7))}")
    print("\nAlice acts on one qubit, and Bob reads two bits.")


if __name__ == "__main__":
    main()
