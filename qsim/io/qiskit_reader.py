"""Circuits out of Qiskit's."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    Barrier,
    BoxOp,
    BreakLoopOp,
    Clbit,
    ContinueLoopOp,
    ControlledGate,
    ControlModifier,
    Delay,
    ForLoopOp,
    IfElseOp,
    InverseModifier,
    Measure,
    PowerModifier,
    Qubit,
    Reset,
    Store,
    SwitchCaseOp,
    WhileLoopOp,
)
from qiskit.circuit import Gate as QiskitGate
from qiskit.circuit import Parameter as QiskitParameter
from qiskit.circuit import ParameterExpression as QiskitExpression
from qiskit.circuit.classical import expr
from qiskit.circuit.controlflow import CASE_DEFAULT
from qiskit.circuit.library import DiagonalGate, GlobalPhaseGate, Initialize, UnitaryGate
from qiskit.circuit.library import get_standard_gate_name_mapping as standard_gates
from qiskit.quantum_info import Statevector

from qsim.algebra.properties import MATRIX_QUBITS
from qsim.bits import bitstring, register_size
from qsim.circuit import Circuit, Parameter
from qsim.circuit.classical import Expression
from qsim.errors import CircuitError, QsimError
from qsim.gates import Gate, unitary
from qsim.gates.custom_specs import diagonal_spec
from qsim.gates.table import ALIASES, TABLE
from qsim.io.limits import Limits
from qsim.io.names import free_name
from qsim.io.order import turned
from qsim.io.qiskit_expressions import Scope, condition, read_expression
from qsim.io.symbols import from_sympy

__all__ = ["read_circuit"]

Places = Mapping[Any, int]  # of Qiskit's bits, here

_ROWS = {
    gate.base_class: ALIASES.get(name, name)
    for name, gate in standard_gates().items()
    if ALIASES.get(name, name) in TABLE
} | {GlobalPhaseGate: "gphase"}


def read_circuit(source: Any, limits: Limits) -> Circuit:
    """The circuit; see `qsim.io.from_qiskit`."""
    if not isinstance(source, QuantumCircuit):
        raise TypeError(f"from_qiskit takes a qiskit.QuantumCircuit, not {type(source).__name__}.")
    circuit = Circuit(name=source.name)
    for name, size in _registers(source.qubits, source.qregs, "q"):
        circuit.add_qubits(name, size)
    for name, size in _registers(source.clbits, source.cregs, "c"):
        circuit.add_bits(name, size, lsb0=True)
    reader = _Reader(circuit, limits)
    reader.body(
        source, _places(source.qubits, range(len(source.qubits))), _places(source.clbits, range(circuit.num_bits))
    )
    return circuit


def _places(members: Iterable[Any], numbers: Iterable[int]) -> dict[Any, int]:
    return dict(zip(members, numbers, strict=True))


def _registers(members: Sequence[Qubit | Clbit], registers: Iterable[Any], letter: str) -> Iterator[tuple[str, int]]:
    """Names and sizes that tile all members in order: registers where they lie so, else further ones."""
    places = _places(members, range(len(members)))
    spans: dict[int, tuple[str, int]] = {}
    for register in registers:
        numbers = [places[member] for member in register]
        if numbers and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
            spans.setdefault(numbers[0], (register.name, len(numbers)))
    used: set[str] = set()
    start = 0
    while start < len(members):
        following = min((first for first in spans if first > start), default=len(members))
        name, size = spans.get(start, (letter, following - start))
        yield free_name(name, letter, used), size
        start += size
        spans = {first: span for first, span in spans.items() if first >= start}


class _Reader:
    """Adds instructions of Qiskit's to a circuit.

    Attributes:
        circuit: what is built.
        limits: what it may grow to.
        depth: definitions and blocks around what is read.
    """

    def __init__(self, circuit: Circuit, limits: Limits, depth: int = 0) -> None:
        self.circuit, self.limits, self.depth = circuit, limits, depth
        self.left = limits.operations
        self.others: dict[type, Callable[[Any, list[int], list[int], Scope], object]] = {
            Measure: lambda op, qubits, bits, scope: self.circuit.measure(qubits, bits),
            Reset: lambda op, qubits, bits, scope: self.circuit.reset(*qubits),
            Barrier: lambda op, qubits, bits, scope: self.circuit.barrier(*qubits) if qubits else None,
            Initialize: lambda op, qubits, bits, scope: self.circuit.initialize(_amplitudes(op), *qubits),
            Delay: self._delay,
            BoxOp: lambda op, qubits, bits, scope: self._block(op.body, qubits, bits),
            IfElseOp: self._if,
            WhileLoopOp: self._while,
            ForLoopOp: self._for,
            SwitchCaseOp: self._switch,
            BreakLoopOp: lambda op, qubits, bits, scope: self.circuit.break_(),
            ContinueLoopOp: lambda op, qubits, bits, scope: self.circuit.continue_(),
            Store: self._store,
        }

    def body(self, source: Any, qubits: Places, bits: Places) -> None:
        """All instructions of a circuit, definitions expanded."""
        stack: list[tuple[Iterator[Any], Scope]] = []

        def enter(definition: Any, qubits: Places, bits: Places) -> None:
            if self.depth + len(stack) >= self.limits.nesting:
                raise CircuitError(f"Definitions may be nested {self.limits.nesting} deep, but those here are deeper.")
            if definition.global_phase != 0:
                self.circuit.gphase(self._angle(definition.global_phase, "The global phase"))
            stack.append((iter(definition.data), Scope(self.circuit, qubits, bits)))

        enter(source, qubits, bits)
        while stack:
            item = next(stack[-1][0], None)
            if item is None:
                stack.pop()
                continue
            self.left -= 1
            if self.left < 0:
                raise CircuitError(f"A circuit may have {self.limits.operations} operations, but this one has more.")
            scope = stack[-1][1]
            places = [scope.qubits[qubit] for qubit in item.qubits]
            bit_places = [scope.bits[bit] for bit in item.clbits]
            if not self._add(item.operation, places, bit_places, scope):
                definition = _definition(item.operation)
                enter(definition, _places(definition.qubits, places), _places(definition.clbits, bit_places))

    def _add(self, op: Any, qubits: list[int], bits: list[int], scope: Scope) -> bool:
        """Add one instruction, unless it has to be taken by its definition."""
        other = self.others.get(getattr(op, "base_class", type(op)))
        if other is not None:
            other(op, qubits, bits, scope)
            return True
        found = self._unitary(op)
        if found is not None:
            self.circuit.append(found, *qubits)
        return found is not None

    # ── Gates ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _unitary(self, op: Any) -> Gate | Circuit | None:
        """A gate, or a circuit where its definition is under controls or modifiers; None where it has neither."""
        kind = getattr(op, "base_class", type(op))
        if kind in _ROWS:
            gate = _row(_ROWS[kind], tuple(self._angle(value, f"Gate {op.name}") for value in op.params))
            is_open = isinstance(op, ControlledGate) and op.ctrl_state != register_size(op.num_ctrl_qubits) - 1
            return gate.base.controlled(gate.num_controls, _state(op)) if is_open else gate
        if kind is UnitaryGate:
            return _named_unitary(op)
        if kind is DiagonalGate:
            return Gate(diagonal_spec(turned(np.asarray(op.params)), op.label or "diagonal"))
        if isinstance(op, ControlledGate):
            return self._inner(op.base_gate).controlled(op.num_ctrl_qubits, _state(op))
        if isinstance(op, AnnotatedOperation):
            return self._modified(op)
        is_matrix = isinstance(op, QiskitGate) and op.num_qubits <= MATRIX_QUBITS and op.definition is None
        return _named_unitary(op) if is_matrix and not op.is_parameterized() and hasattr(op, "__array__") else None

    def _inner(self, op: Any) -> Gate | Circuit:
        """The gate, or the circuit of the definition, of what something else is made from."""
        found = self._unitary(op)
        if found is not None:
            return found
        if self.depth >= self.limits.nesting:
            raise CircuitError(f"Definitions may be nested {self.limits.nesting} deep, but those here are deeper.")
        definition = _definition(op)
        circuit = Circuit(len(definition.qubits))
        inner = _Reader(circuit, self.limits, self.depth + 1)
        inner.left = self.left
        inner.body(definition, _places(definition.qubits, range(circuit.num_qubits)), {})
        self.left = inner.left
        return circuit

    def _modified(self, op: Any) -> Gate | Circuit:
        found: Any = self._inner(op.base_op)
        for modifier in op.modifiers:
            if isinstance(modifier, InverseModifier):
                found = found.inverse()
            elif isinstance(modifier, ControlModifier):
                found = found.controlled(modifier.num_ctrl_qubits, _state(modifier))
            elif isinstance(modifier, PowerModifier):
                whole = float(modifier.power).is_integer()
                found = found.power(int(modifier.power) if whole else modifier.power)
            else:
                raise CircuitError(f"Qiskit's {type(modifier).__name__} has no counterpart.")
        return found  # type: ignore[no-any-return]

    def _angle(self, value: Any, what: str) -> Any:
        """A float, a parameter, or an expression."""
        if isinstance(value, QiskitParameter):
            return Parameter(value.name)
        if isinstance(value, QiskitExpression):
            return from_sympy(value.sympify(), what)
        try:
            return float(value)
        except TypeError:
            raise CircuitError(f"{what}: {value!r} is no angle.") from None

    # ── What is not a gate ────────────────────────────────────────────────────────────────────────────────────────

    def _delay(self, op: Any, qubits: list[int], bits: list[int], scope: Scope) -> None:
        warnings.warn(f"A delay of {op.duration} {op.unit} does nothing here and is left out.", stacklevel=2)

    def _store(self, op: Any, qubits: list[int], bits: list[int], scope: Scope) -> None:
        target = read_expression(op.lvalue, scope)
        if target.op != "read":
            raise CircuitError(f"Qiskit's store into {op.lvalue!r} has no counterpart.")
        self.circuit.assign(target.args, read_expression(op.rvalue, scope))

    def _block(self, block: Any, qubits: list[int], bits: list[int]) -> None:
        if self.depth >= self.limits.nesting:
            raise CircuitError(f"Blocks may be nested {self.limits.nesting} deep, but those here are deeper.")
        self.depth += 1
        self.body(block, _places(block.qubits, qubits), _places(block.clbits, bits))
        self.depth -= 1

    def _if(self, op: Any, qubits: list[int], bits: list[int], scope: Scope) -> None:
        with self.circuit.if_(condition(op.condition, scope)):
            self._block(op.blocks[0], qubits, bits)
        if len(op.blocks) > 1:
            with self.circuit.else_():
                self._block(op.blocks[1], qubits, bits)

    def _while(self, op: Any, qubits: list[int], bits: list[int], scope: Scope) -> None:
        with self.circuit.while_(condition(op.condition, scope)):
            self._block(op.blocks[0], qubits, bits)

    def _for(self, op: Any, qubits: list[int], bits: list[int], scope: Scope) -> None:
        values, parameter, body = op.params
        if parameter is not None and not isinstance(parameter, QiskitParameter):
            raise CircuitError(f"Qiskit's for loop over {parameter!r}, which is no Parameter, has no counterpart.")
        if not isinstance(values, range | tuple | list):
            raise CircuitError(f"Qiskit's for loop over {values!r} has no counterpart.")
        with self.circuit.for_(values, name=None if parameter is None else parameter.name):
            self._block(body, qubits, bits)

    def _switch(self, op: Any, qubits: list[int], bits: list[int], scope: Scope) -> None:
        subject: Expression = read_expression(expr.lift(op.target), scope)
        with self.circuit.switch(subject) as case:
            for values, block in op.cases_specifier():
                if CASE_DEFAULT in values:
                    with case.default():
                        self._block(block, qubits, bits)
                    continue
                with case(*map(int, values)):
                    self._block(block, qubits, bits)


def _row(name: str, angles: tuple[Any, ...]) -> Gate:
    """The gate of a row; what Qiskit puts cu's controls on is a u with a fourth angle, its phase."""
    whole = TABLE["cu"].base
    is_phased = name == "u" and whole is not None and len(angles) == len(whole.params)
    return Gate(whole, angles) if is_phased and whole is not None else Gate.named(name, *angles)


def _definition(op: Any) -> Any:
    """The circuit that defines an instruction."""
    definition = getattr(op, "definition", None)
    if definition is None:
        kind = type(op).__name__
        raise CircuitError(f"Qiskit's instruction {op.name!r} ({kind}) has no counterpart here, and no definition.")
    return definition


def _state(op: Any) -> str:
    """Control states as strings: Qiskit's first control is the least significant bit."""
    count, state = op.num_ctrl_qubits, op.ctrl_state
    return "1" * count if state is None else bitstring(state, count)[::-1]


def _named_unitary(op: Any) -> Gate:
    try:
        return unitary(turned(op.to_matrix()), op.label or op.name)
    except QsimError as error:
        raise CircuitError(f"Qiskit's gate {op.name!r}: {error}") from None


def _amplitudes(op: Any) -> Any:
    """The state of an `Initialize`: given by amplitudes, by a label, or by a number."""
    if all(isinstance(value, str) for value in op.params):
        return turned(Statevector.from_label("".join(op.params)).data)
    if len(op.params) == 1 and op.num_qubits:
        return turned(Statevector.from_int(int(op.params[0].real), register_size(op.num_qubits)).data)
    return turned(np.asarray(op.params))
