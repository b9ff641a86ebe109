"""Circuits from and to Qiskit, which is imported when a circuit is converted.

Labels are kept: Qiskit's qubit k is qubit k here, its classical bit k is bit k, registers keep their names. Only what
has an order of significance is turned: matrices, amplitudes, control states, bit strings. So Qiskit's counts `'110'`
are `'011'` here. Registers of classical bits come in with `lsb0=True`, since Qiskit reads c[0] as the least significant
bit of a register's value; conditions keep their meaning in both directions.
"""

from typing import TYPE_CHECKING, Any

from qsim.io.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from qsim.circuit import Circuit

__all__ = ["from_qiskit", "to_qiskit"]


def from_qiskit(circuit: Any, *, limits: Limits = DEFAULT_LIMITS) -> "Circuit":
    """A `qiskit.QuantumCircuit` as a circuit.

    Gates of Qiskit's library that are in the gate table stay what they are, under any control state; unitaries and
    diagonals become custom gates; every other gate is taken by its definition. Parameters, the global phase,
    measurement, reset, initialisation, barriers and control flow with its classical expressions are carried over. A box
    is its body; a delay does nothing and is left out with a warning.

    Args:
        circuit: the circuit.
        limits: how much definitions may expand to (`operations`) and how deep they may call each other (`nesting`).

    Raises:
        CircuitError: an instruction or expression has no counterpart; the message names it.

    >>> from qiskit import QuantumCircuit                # doctest: +SKIP
    >>> bell = QuantumCircuit(2)                         # doctest: +SKIP
    >>> bell.h(0); bell.cx(0, 1); from_qiskit(bell)      # doctest: +SKIP
    Circuit(2).h(0).cx(0, 1)
    """
    from qsim.io.qiskit_reader import read_circuit

    return read_circuit(circuit, limits)


def to_qiskit(circuit: "Circuit") -> Any:
    """The circuit as a `qiskit.QuantumCircuit`.

    Gates of the table are gates of Qiskit's library, custom gates `UnitaryGate` and `DiagonalGate`. A loop's
    `max_rounds` has no counterpart and is left behind.

    Raises:
        CircuitError: an instruction has no counterpart; the message names it.

    >>> from qsim import Circuit
    >>> to_qiskit(Circuit(2).h(0).cx(0, 1)).count_ops()  # doctest: +SKIP
    OrderedDict({'h': 1, 'cx': 1})
    """
    from qsim.io.qiskit_writer import write_circuit

    return write_circuit(circuit)
