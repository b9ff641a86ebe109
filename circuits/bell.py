"""Bell states: two qubits, each a fair coin, that always agree (or always differ).

Purpose: the smallest entangled circuit, from picture to state to measured counts.
Source: M. A. Nielsen, I. L. Chuang, "Quantum Computation and Quantum Information" (2010), section 1.3.6.
Expected: (P0⊗I + P1⊗X)(H⊗I)|00⟩ = (|00⟩ + |11⟩)/√2, so half of the shots give 00, half give 11, none 01 or 10.
"""

from argparse import ArgumentParser

from qsim import Circuit, State, kron
from qsim.algebra import P0, P1, H, I, X

INPUTS = {"phi+": "00", "phi-": "10", "psi+": "01", "psi-": "11"}  # the basis state that each Bell state comes from


def build(kind: str = "phi+") -> Circuit:
    """The circuit of a Bell state: phi± = (|00⟩ ± |11⟩)/√2, psi± = (|01⟩ ± |10⟩)/√2.

    Args:
        kind: "phi+", "phi-", "psi+" or "psi-".

    Raises:
        ValueError: there is no such Bell state.

    >>> build().state()
    0.7071|00⟩ + 0.7071|11⟩   (q0 q1)
    >>> build("psi-").state()
    0.7071|01⟩ - 0.7071|10⟩   (q0 q1)
    """
    if kind not in INPUTS:
        raise ValueError(f"Argument `kind` must be one of {', '.join(INPUTS)}, but is {kind!r}.")
    circuit = Circuit(2)
    for qubit, bit in enumerate(INPUTS[kind]):
        if bit == "1":
            circuit.x(qubit)
    return circuit.h(0).cx(0, 1)


def main() -> None:
    """Print the circuit, its state and sampled counts, and save their histogram."""
    parser = ArgumentParser(description="Build a Bell state, sample it and save the histogram.")
    parser.add_argument("--shots", type=int, default=1000, help="number of samples (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="seed of the samples (default: %(default)s)")
    parser.add_argument("--out", default="bell.png", help="picture to save (default: %(default)s)")
    options = parser.parse_args()

    bell = build()
    state = bell.state()
    counts = bell.sample(options.shots, seed=options.seed)
    formula = (kron(P0, I) + kron(P1, X)) @ kron(H, I) @ State("00")

    print(f"{bell}\n")
    print(f"state of the circuit   = {state}")
    print(f"(P0⊗I + P1⊗X)(H⊗I)|00⟩ = {formula}\n")
    print(f"{counts}\n")
    print("Each qubit alone is a fair coin, yet the two always agree.")

    axes = counts.plot(exact=state)
    axes.figure.suptitle("Bell state (|00⟩ + |11⟩)/√2")
    axes.figure.savefig(options.out, dpi=150)
    print(f"Saved the histogram, with the exact probabilities, as {options.out}.")


if __name__ == "__main__":
    main()
