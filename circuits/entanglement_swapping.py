"""Entanglement swapping: qubits that never met become entangled, because stations between them measure.

Purpose: the step of a quantum repeater. Neighbours share Bell pairs; each station between the ends measures its two
    qubits in the Bell basis and announces two bits, and one end corrects by the parities of all that was announced.
Source: M. Żukowski, A. Zeilinger, M. A. Horne, A. K. Ekert, "'Event-ready-detectors' Bell experiment via entanglement
    swapping", Phys. Rev. Lett. 71 (1993) 4287.
Expected: all 4^n records of n stations are equally likely, and in each case the two ends are in (|00⟩ + |11⟩)/√2.
"""

from functools import reduce
from operator import xor

from qsim import Circuit, State, run


def build(num_stations: int = 1) -> Circuit:
    """The circuit of a chain: qubits 2i and 2i + 1 share a pair, a station has 2i + 1 and 2i + 2.

    Args:
        num_stations: between the ends, 1 or more.

    Raises:
        ValueError: there is no station.

    >>> (branch, *others) = run(build(2), None, exact=True).branches
    >>> branch, len(others), round(branch.state.reduced([0, 5]).fidelity(State.bell()), 12)
    (Branch('00 00', probability 0.0625, measure q1,q3,q2,q4: 0000), 15, 1.0)
    """
    if num_stations < 1:
        raise ValueError(f"Argument `num_stations` must be 1 or more, but is {num_stations}.")
    circuit = Circuit(2 * num_stations + 2)
    z, x = circuit.add_bits("z", num_stations), circuit.add_bits("x", num_stations)
    first, last = range(0, circuit.num_qubits, 2), range(1, circuit.num_qubits, 2)
    circuit.h(first).cx(first, last).barrier()  # a Bell pair for each step of the chain
    circuit.cx(last[:-1], first[1:]).h(last[:-1])  # stations turn the Bell basis into the one that they measure
    circuit.measure(last[:-1], z).measure(first[1:], x)
    end = last[-1]
    return circuit.x(end, when=reduce(xor, x) == 1).z(end, when=reduce(xor, z) == 1)


def main() -> None:
    """Print the circuit, and how entangled the ends are in each case."""
    swapping = build()
    print(f"{swapping}\n")
    for branch in run(swapping, None, exact=True).branches:
        z, x = branch.bits.split()
        ends = branch.state.reduced([0, 3])
        print(f"z = {z}, x = {x}: probability {branch.probability:.4f}, fidelity {ends.fidelity(State.bell()):.12f}")
    print("\nQubits 0 and 3 never met; each was entangled with a qubit that was measured.")


if __name__ == "__main__":
    main()
