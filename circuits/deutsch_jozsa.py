"""Deutsch-Jozsa: is a function constant, or 1 on exactly half of its inputs? One call tells.

Purpose: the first algorithm with an exponential gap to a classical one that must never err: 1 call of f, not
    2^(n-1) + 1.
Source: D. Deutsch, R. Jozsa, Proc. R. Soc. Lond. A 439 (1992) 553; M. A. Nielsen, I. L. Chuang, "Quantum Computation
    and Quantum Information" (2010), section 1.4.4.
Expected: x is measured as 0…0 with certainty if f is constant, and never if it is balanced.
"""

from qsim import Circuit

NAMED = {"constant": "11111111", "balanced": "01101001"}  # the balanced one is the parity of three bits


def build(oracle: str = "balanced") -> Circuit:
    """The circuit that decides, with one call of f, |x⟩|y⟩ → |x⟩|y ⊕ f(x)⟩, the oracle Σ_x |x⟩⟨x| ⊗ X^f(x).

    Args:
        oracle: truth table of f, character x is f(x), such as "0110"; or "constant" or "balanced", for an example on
            three bits.

    Raises:
        ValueError: the truth table has not 2^n characters of 0 and 1, or is neither constant nor balanced.

    >>> build("1111").sample(100)
    Counts({'00': 100}, bits x[0] x[1])
    >>> build("0110").sample(100)
    Counts({'11': 100}, bits x[0] x[1])
    """
    table = NAMED.get(oracle, oracle)
    num_bits = len(table).bit_length() - 1
    if set(table) - {"0", "1"} or num_bits < 1 or len(table) != 2**num_bits:
        raise ValueError(f"Argument `oracle` must be 2, 4, 8, … characters of 0 and 1, but is {oracle!r}.")
    ones = table.count("1")
    if ones not in (0, len(table) // 2, len(table)):
        raise ValueError(f"Argument `oracle` must be constant or balanced, but {oracle!r} has {ones} ones.")
    circuit = Circuit()
    x, y = circuit.add_qubits("x", num_bits), circuit.add_qubits("y", 1)
    circuit.x(y).h(x, y).barrier()  # y in |-⟩ turns the flip by f(x) into the sign (-1)^f(x)
    for value, bit in enumerate(table):
        if bit == "1":
            circuit.mcx(x, y, control_state=f"{value:0{num_bits}b}")  # flip y where x has this value
    circuit.barrier().h(x)
    return circuit.measure(x, circuit.add_bits("x", num_bits))


def decide(oracle: str) -> str:
    """Whether f is "constant" or "balanced", from a single shot; `oracle` as in `build`.

    >>> decide("0101")
    'balanced'
    """
    (outcome,) = build(oracle).sample(shots=1)
    return "balanced" if "1" in outcome else "constant"


def main() -> None:
    """Print a circuit, and what one shot says of a few functions."""
    print(f"{build('0110')}\n")
    for table in ("0000", "1111", "0011", "0110", *NAMED.values()):
        print(f"f = {table:<8} is {decide(table)}")
    print("\nOne call of f decides; a classical program may have to try more than half of all inputs.")


if __name__ == "__main__":
    main()
