"""Bernstein-Vazirani: find the secret s of f(x) = s·x mod 2 with one call of f.

Purpose: an oracle that gives one bit a call gives all n at once: classically n calls are needed.
Source: E. Bernstein, U. Vazirani, "Quantum complexity theory", SIAM J. Comput. 26 (1997) 1411.
Expected: the secret, in every shot.
"""

from qsim import Circuit


def build(secret: str = "1011") -> Circuit:
    """The circuit that finds a secret; f flips y once for each 1 of the secret where x has a 1, too.

    Args:
        secret: one or more characters of 0 and 1.

    Raises:
        ValueError: the secret is empty, or has other characters.

    >>> build("1011").sample(100)
    Counts({'1011': 100}, bits secret[0] secret[1] secret[2] secret[3])
    """
    if not secret or set(secret) - {"0", "1"}:
        raise ValueError(f"Argument `secret` must be one or more characters of 0 and 1, but is {secret!r}.")
    circuit = Circuit()
    x, y = circuit.add_qubits("x", len(secret)), circuit.add_qubits("y", 1)
    circuit.x(y).h(x, y).barrier()  # y in |-⟩ turns the flip by f(x) into the sign (-1)^f(x)
    for qubit, bit in zip(x, secret, strict=True):
        if bit == "1":
            circuit.cx(qubit, y)
    circuit.barrier().h(x)
    return circuit.measure(x, circuit.add_bits("secret", len(secret)))


def main() -> None:
    """Print the circuit and what it finds."""
    secret = "1011"
    circuit = build(secret)
    print(f"{circuit}\n")
    print(f"{circuit.sample(1000, seed=7)}\n")
    print(f"The secret is {secret}: one call of f gave all {len(secret)} bits.")


if __name__ == "__main__":
    main()
