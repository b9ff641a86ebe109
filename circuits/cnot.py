"""CNOT: flip the target where the control is 1, built from projectors.

Purpose: to read a controlled gate as a sum of two Kronecker products: where the control is 0 (`P0`) do nothing, where
    it is 1 (`P1`) flip the target. With the control on the left that is `P0 ⊗ I + P1 ⊗ X`.
Source: M. A. Nielsen, I. L. Chuang, "Quantum Computation and Quantum Information" (2010), section 1.3.2.
Expected: |00⟩ → |00⟩, |01⟩ → |01⟩, |10⟩ → |11⟩, |11⟩ → |10⟩: the control stays, the target becomes their sum mod 2.
"""

from qsim import Circuit, State, kron
from qsim.algebra import P0, P1, I, X

CNOT = kron(P0, I) + kron(P1, X)


def build(control: str = "1", target: str = "0") -> Circuit:
    """A CNOT from qubit 0 to qubit 1, which begin in the given basis states.

    Args:
        control: value of qubit 0, "0" or "1".
        target: value of qubit 1, "0" or "1".

    Raises:
        ValueError: a value is neither "0" nor "1".

    >>> build(control="1", target="0").state()
    |11⟩   (q0 q1)
    >>> build(control="0", target="1").state() == CNOT @ State("01")
    True
    """
    circuit = Circuit(2)
    for qubit, (name, value) in enumerate([("control", control), ("target", target)]):
        if value not in ("0", "1"):
            raise ValueError(f'Argument `{name}` must be "0" or "1", but is {value!r}.')
        if value == "1":
            circuit.x(qubit)
    return circuit.cx(0, 1)


def main() -> None:
    """Print the operator, its matrix and its truth table."""
    print(f"{build()}\n")
    print(f"CNOT = {CNOT}\n")
    print(f"{CNOT.matrix().real.astype(int)}\n")
    for label in ("00", "01", "10", "11"):
        print(f"CNOT |{label}⟩ = {CNOT @ State(label)}")
    print(f"CNOT |+0⟩ = {CNOT @ State('+0')}")
    print("\nThe target flips where the control is 1; a control in superposition entangles the two.")


if __name__ == "__main__":
    main()
