"""Circuits from and to Cirq, which is imported when a circuit is converted.

Cirq is big-endian as qsim is: the first-listed qubit is the most significant one, so nothing is turned.

**Qubits.** `LineQubit(k)` is qubit k, qubits between that are not used included. Qubits of other kinds, and negative
ones, are taken in Cirq's own order (`cirq.QubitOrder.DEFAULT`: sorted), grid qubits row by row; named qubits become
registers of one qubit each. `qubits=` says another order.

**Measurement keys** become registers of classical bits, the first measured qubit the first bit; a key that is measured
again gets a further register, and conditions read the last one, as in Cirq. Keys `c[0]`, `c[1]` … make up a register c.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from qsim.io.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from qsim.circuit import Circuit

__all__ = ["from_cirq", "to_cirq"]


def from_cirq(circuit: Any, *, qubits: Iterable[Any] | None = None, limits: Limits = DEFAULT_LIMITS) -> "Circuit":
    """A `cirq.Circuit` as a circuit.

    Gates that are powers of gates of the table become rotations with their global phase, matrices and other unitaries
    custom gates, symbols parameters, classical controls blocks. Tags are left behind, and moments: operations keep
    their order. A wait does nothing and is left out with a warning.

    Args:
        circuit: the circuit.
        qubits: Cirq's qubits in the order of the register; see above for what is taken without.
        limits: how much operations may expand to (`operations`) and how deep they may be nested (`nesting`).

    Raises:
        CircuitError: an operation has no counterpart; the message names it.

    >>> import cirq                                                     # doctest: +SKIP
    >>> a, b = cirq.LineQubit.range(2)                                  # doctest: +SKIP
    >>> from_cirq(cirq.Circuit(cirq.H(a), cirq.CNOT(a, b)))             # doctest: +SKIP
    Circuit(2).h(0).cx(0, 1)
    """
    from qsim.io.cirq_reader import read_circuit

    return read_circuit(circuit, qubits, limits)


def to_cirq(circuit: "Circuit", *, qubits: Iterable[Any] | None = None) -> Any:
    """The circuit as a `cirq.Circuit`; a barrier begins a new moment.

    A register of bits that is measured at once, in order, has its name as key, other bits a key each, `c[0]`. Blocks
    `if` and `switch` become classical controls, `for` is unrolled. Cirq's circuits have no qubits that are not used.

    Args:
        circuit: the circuit.
        qubits: Cirq's qubits for those of the circuit; `cirq.LineQubit.range(n)` by default.

    Raises:
        CircuitError: an instruction has no counterpart, such as `while`; the message names it.

    >>> from qsim import Circuit
    >>> print(to_cirq(Circuit(2).h(0).cx(0, 1)))                        # doctest: +SKIP
    0: ───H───@───
              │
    1: ───────X───
    """
    from qsim.io.cirq_writer import write_circuit

    return write_circuit(circuit, qubits)
