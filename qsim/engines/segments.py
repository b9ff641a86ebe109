"""Segments: the gates along one way through a circuit up to the next measurement, on the qubits that are active then.

Gates on known qubits are worked out without the state: a control that is known goes away, or its gate does; a flip of a
known qubit changes what is known of it. What is left is a circuit on the active qubits, made ready once for all
branches that come this way with the same qubits active.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from numpy.typing import NDArray

from qsim.circuit import Circuit, Operation
from qsim.circuit.transforms import bound, with_instructions
from qsim.engines.branch import Register
from qsim.engines.control import Control
from qsim.engines.flowcode import Code, Gates

__all__ = ["Action", "Segments", "Visit"]

_MAX_KEPT = 4096  # segments

Visit = tuple[int, tuple[int, ...]]  # a Gates node, and the values of the loops that it needs
Action = Callable[[NDArray[Any], Control], NDArray[Any]]  # amplitudes → amplitudes, perhaps the same array


class Segment(NamedTuple):
    """What a run of gates does to a register.

    Attributes:
        taken: known qubits that go into the vector, with their values then.
        flipped: known qubits that change their values and stay known.
        action: the gates on the vector; `None` where none is left.
    """

    taken: dict[int, int]
    flipped: tuple[int, ...]
    action: Action | None


class Segments:
    """The segments of a circuit, each made when it is first needed.

    Args:
        code: the circuit's nodes.
        ready: makes a circuit of gates ready to run.
    """

    def __init__(self, code: Code, ready: Callable[[Circuit], Action]) -> None:
        self._code, self._ready = code, ready
        self._kept: dict[tuple[Any, ...], Segment] = {}
        self._touched: dict[tuple[Visit, ...], tuple[int, ...]] = {}

    def run(self, visits: tuple[Visit, ...], register: Register, control: Control) -> None:
        """Carry out the gates of these nodes in order."""
        known = register.known
        values = tuple([known.get(qubit, -1) for qubit in self._qubits(visits)])
        key = (visits, register.active, values)
        segment = self._kept.get(key)
        if segment is None:
            if len(self._kept) >= _MAX_KEPT:
                self._kept.clear()
                self._touched.clear()
            segment = self._kept[key] = self._made(visits, register)
        register.activate(segment.taken)
        if segment.action is not None:
            register.amplitudes = segment.action(register.amplitudes, control)
        register.flipped(segment.flipped)

    def _qubits(self, visits: tuple[Visit, ...]) -> tuple[int, ...]:
        found = self._touched.get(visits)
        if found is None:
            qubits = {qubit for node, _ in visits for qubit in self._gates(node).qubits}
            found = self._touched[visits] = tuple(sorted(qubits))
        return found

    def _gates(self, node: int) -> Gates:
        gates = self._code[node]
        assert isinstance(gates, Gates)
        return gates

    def _operations(self, visits: Iterable[Visit]) -> Iterable[Operation]:
        for node, values in visits:
            gates = self._gates(node)
            operations: Iterable[Any] = gates.operations
            if gates.loops:
                loops = [self._code[loop].instruction for loop in gates.loops]  # type: ignore[union-attr]
                replaced = {loop.parameter: float(v) for loop, v in zip(loops, values, strict=True)}  # type: ignore[union-attr]
                operations = bound(operations, replaced)
            yield from operations

    def _made(self, visits: tuple[Visit, ...], register: Register) -> Segment:
        known = dict(register.known)
        taken: dict[int, int] = {}
        left: list[Operation] = []
        for operation in self._operations(visits):
            reduced = _without_known_controls(operation, known)
            if reduced is None:
                continue
            if reduced.gate.name == "x" and reduced.gate.is_from_table and reduced.qubits[0] in known:
                known[reduced.qubits[0]] ^= 1
                continue
            for qubit in reduced.qubits:
                if qubit in known:
                    taken[qubit] = known.pop(qubit)
            left.append(reduced)
        flipped = tuple(qubit for qubit, value in known.items() if value != register.known[qubit])
        if not left:
            return Segment({}, flipped, None)
        active = sorted((*register.active, *taken))
        place = {qubit: number for number, qubit in enumerate(active)}
        moved = [operation.on(tuple(place[q] for q in operation.qubits)) for operation in left]
        return Segment(taken, flipped, self._ready(with_instructions(Circuit(len(active)), moved)))


def _without_known_controls(operation: Operation, known: dict[int, int]) -> Operation | None:
    """The operation without the controls whose values are known; `None` where one of them rules it out."""
    gate, controls = operation.gate, operation.controls
    if not any(qubit in known for qubit in controls):
        return operation
    kept, state = [], ""
    for qubit, wanted in zip(controls, gate.control_state, strict=True):
        if qubit not in known:
            kept.append(qubit)
            state += wanted
        elif known[qubit] != int(wanted):
            return None
    base = gate.base.controlled(len(kept), state) if kept else gate.base
    return Operation(base, (*kept, *operation.targets), operation.source)
