"""The five-qubit code: the smallest one that corrects any error of one qubit.

Purpose: a whole cycle of a stabiliser code: encode, suffer an error, measure four stabilisers one after the other with
    one ancilla that is reset and used again, and decode by a switch on the four bits.
Source: R. Laflamme, C. Miquel, J. P. Paz, W. H. Zurek, Phys. Rev. Lett. 77 (1996) 198; C. H. Bennett, D. P. DiVincenzo,
    J. A. Smolin, W. K. Wootters, Phys. Rev. A 54 (1996) 3824. Encoder, from a ring of CZ gates: D. Schlingemann,
    R. F. Werner, Phys. Rev. A 65 (2001) 012308.
Expected: 15 errors and none have the 16 different syndromes, and in each case the encoded state comes back exactly.
    It is α|0⟩ + β|1⟩ with |0⟩ the state of even parity that all stabilisers leave alone, and |1⟩ that of odd parity.
"""

from itertools import product

from qsim import Circuit, State, kron, run

STABILIZERS = ("XZZXI", "IXZZX", "XIXZZ", "ZXIXZ")  # each commutes with the others


def syndrome(pauli: str, qubit: int) -> str:
    """The bits that an error is found by: 1 for each stabiliser that does not commute with it.

    >>> syndrome("X", 0), syndrome("Y", 0), syndrome("Z", 0)
    ('0001', '1011', '1010')
    """
    return "".join("0" if stabilizer[qubit] in ("I", pauli) else "1" for stabilizer in STABILIZERS)


def build(error: str = "Y2") -> Circuit:
    """The circuit that encodes qubit 0 in qubits 0 to 4, suffers an error and corrects it.

    Args:
        error: a Pauli matrix and the qubit that it hits: "X0", "Y3", …; or "" for none.

    Raises:
        ValueError: there is no such error.

    >>> build("Z0").sample(100)
    Counts({'1010': 100}, bits syndrome[0] syndrome[1] syndrome[2] syndrome[3])
    """
    if error and (len(error) != 2 or error[0] not in "XYZ" or error[1] not in "01234"):
        raise ValueError(f'Argument `error` must be such as "X0" or "Z4", or "", but is {error!r}.')
    circuit = Circuit()
    data, (ancilla,) = circuit.add_qubits("data", 5), circuit.add_qubits("ancilla", 1)
    bits = circuit.add_bits("syndrome", 4)
    encode(circuit)
    circuit.barrier()
    if error:
        getattr(circuit, error[0].lower())(data[int(error[1])])
    circuit.barrier()
    for stabilizer, bit in zip(STABILIZERS, bits, strict=True):
        circuit.h(ancilla)
        for qubit, pauli in zip(data, stabilizer, strict=True):
            if pauli != "I":
                getattr(circuit, f"c{pauli.lower()}")(ancilla, qubit)
        circuit.h(ancilla).measure(ancilla, bit).reset(ancilla)
    with circuit.switch(bits) as case:
        for pauli, qubit in product("XYZ", range(5)):
            with case(syndrome(pauli, qubit)):
                getattr(circuit, pauli.lower())(data[qubit])
    return circuit


def encode(circuit: Circuit) -> Circuit:
    """Add the gates that encode qubit 0 in qubits 0 to 4.

    α|0⟩ + β|1⟩ becomes α|00000⟩ + β|11111⟩, then two states of a graph, a ring, with the stabilisers ZYYZI and its
    turns; SDG and H on each qubit name Y and Z there Z and X. SXDG before makes the parities even and odd.
    """
    data = range(5)
    circuit.sxdg(0).cx(0, data[1:]).h(data)
    circuit.cz(data, [1, 2, 3, 4, 0])
    return circuit.sdg(data).h(data)


def main() -> None:
    """Print each error, its syndrome, and how well the state comes back."""
    state = State.random(1, seed=7)
    start = kron(state, State("00000"))
    encoded = start.evolve(encode(Circuit(6)))
    for error in ("", *(f"{pauli}{qubit}" for pauli, qubit in product("XYZ", range(5)))):
        (branch,) = run(build(error), None, exact=True, initial=start).branches
        print(f"error {error or 'none':<4}  syndrome {branch.bits}  fidelity {branch.state.fidelity(encoded):.12f}")
    print("\nSixteen syndromes for fifteen errors and none: not one is left over, the code is perfect.")


if __name__ == "__main__":
    main()
