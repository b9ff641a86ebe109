"""Circuits out of Cirq's."""

import re
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import cirq

from qsim.bits import register_size
from qsim.circuit import Circuit
from qsim.circuit.classical import Readable, read
from qsim.circuit.registers import Bit, BitRegister
from qsim.errors import CircuitError
from qsim.gates import Gate
from qsim.io.cirq_gates import control_state, gate_parts, matrix_gate
from qsim.io.limits import Limits
from qsim.io.names import free_name

__all__ = ["read_circuit"]

_FEW_QUBITS = 4  # a gate that is not known is taken by its matrix, exact in its phase, before it is decomposed


def read_circuit(source: Any, qubits: Iterable[Any] | None, limits: Limits) -> Circuit:
    """The circuit; see `qsim.io.from_cirq`."""
    if not isinstance(source, cirq.AbstractCircuit):
        raise TypeError(f"from_cirq takes a cirq.Circuit, not {type(source).__name__}.")
    used = source.all_qubits()
    order = _order(used, limits) if qubits is None else list(qubits)
    if missing := used - set(order):
        raise CircuitError(f"Argument `qubits` lacks {', '.join(map(str, sorted(missing)))}.")
    if strange := [qubit for qubit in order if qubit.dimension != 2]:
        raise CircuitError(
            f"Cirq's {strange[0]!r} has {strange[0].dimension} levels, and only qubits have a counterpart."
        )
    circuit = Circuit()
    if order and all(isinstance(qubit, cirq.NamedQubit) for qubit in order):
        names: set[str] = set()
        for qubit in order:
            circuit.add_qubits(free_name(qubit.name, "q", names), 1)
    elif order:
        circuit.add_qubits("q", len(order))
    reader = _Reader(circuit, {qubit: number for number, qubit in enumerate(order)}, limits)
    reader.declare(source)
    reader.operations(source.all_operations())
    return circuit


def _order(qubits: Iterable[Any], limits: Limits) -> list[Any]:
    found = cirq.QubitOrder.DEFAULT.order_for(qubits)
    if found and all(type(qubit) is cirq.LineQubit and qubit.x >= 0 for qubit in found):
        if found[-1].x >= limits.qubits:
            raise CircuitError(
                f"A circuit may have {limits.qubits} qubits, but this one has {found[-1]!r}: say with `qubits=` which."
            )
        return list(cirq.LineQubit.range(found[-1].x + 1))
    return list(found)


class _Reader:
    """Adds operations of Cirq's to a circuit.

    Attributes:
        circuit: what is built.
        qubits: numbers of Cirq's qubits.
        keys: the bits of each measurement key, where it was measured last.
        depth: operations in operations around what is read.
        again: whether keys are measured into the bits that they have.
    """

    def __init__(self, circuit: Circuit, qubits: dict[Any, int], limits: Limits) -> None:
        self.circuit, self.qubits, self.limits = circuit, qubits, limits
        self.keys: dict[str, BitRegister | Bit] = {}
        self.declared: dict[str, Bit] = {}
        self.names: set[str] = set()
        self.left, self.depth, self.again = limits.operations, 0, False

    def declare(self, source: Any) -> None:
        """Make registers of keys `c[0]`, `c[1]` … that are all there."""
        places: dict[str, dict[int, str]] = {}
        for key in sorted(cirq.measurement_key_names(source)):
            if found := re.fullmatch(r"(\w+)\[(\d{1,4})\]", key):
                places.setdefault(found[1], {})[int(found[2])] = key
        for name, numbered in places.items():
            if set(numbered) == set(range(len(numbered))) and name.isidentifier():
                self.names.add(name)
                register = self.circuit.add_bits(name, len(numbered))
                self.declared |= {key: register[number] for number, key in numbered.items()}

    def operations(self, operations: Iterable[Any]) -> None:
        """Add operations, those that are not known by what they decompose into."""
        stack: list[Iterator[Any]] = [iter(operations)]
        while stack:
            operation = next(stack[-1], None)
            if operation is None:
                stack.pop()
                continue
            self._charge(1)
            more = self._add(operation.untagged)
            if more is not None:
                self._check_depth(len(stack))
                stack.append(iter(more))

    def _charge(self, work: int) -> None:
        self.left -= work
        if self.left < 0:
            raise CircuitError(f"A circuit may have {self.limits.operations} operations, but this one has more.")

    def _check_depth(self, further: int = 0) -> None:
        if self.depth + further > self.limits.nesting:
            raise CircuitError(f"Operations may be nested {self.limits.nesting} deep, but those here are deeper.")

    def _add(self, op: Any) -> Iterable[Any] | None:
        """Add one operation, or return what it decomposes into."""
        if isinstance(op, cirq.ClassicallyControlledOperation):
            self._conditional(op)
            return None
        if isinstance(op, cirq.CircuitOperation):
            return self._circuit(op)
        places = [self.qubits[qubit] for qubit in op.qubits]
        gate = op.gate
        if isinstance(gate, cirq.MeasurementGate):
            self._measure(gate, places)
        elif isinstance(gate, cirq.ResetChannel):
            self.circuit.reset(*places)
        elif isinstance(gate, cirq.StatePreparationChannel):
            self.circuit.initialize(gate.state, *places)
        elif isinstance(gate, cirq.WaitGate):
            warnings.warn(f"Cirq's {op} does nothing here and is left out.", stacklevel=2)
        else:
            found = self._parts(op)
            if found is None:
                return self._decomposed(op)
            for part, own in found:
                self.circuit.append(part, *own)
        return None

    # ── Unitaries ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _parts(self, op: Any) -> list[tuple[Gate, list[int]]] | None:
        """Gates on qubits, or None if the operation has to be decomposed."""
        if isinstance(op, cirq.ControlledOperation):
            return self._controlled(op)
        places = [self.qubits[qubit] for qubit in op.qubits]
        found = None if op.gate is None else gate_parts(op.gate)
        if found is not None:
            return [(gate, [places[place] for place in own]) for gate, own in found]
        if len(places) <= _FEW_QUBITS and cirq.has_unitary(op):
            return [(matrix_gate(op.gate or op), places)]
        return None

    def _controlled(self, op: Any) -> list[tuple[Gate, list[int]]]:
        controls, state = [self.qubits[qubit] for qubit in op.controls], control_state(op)
        self.depth += 1
        self._check_depth()
        result: list[tuple[Gate, list[int]]] = []
        stack = [op.sub_operation.untagged]
        while stack:
            inner = stack.pop()
            self._charge(1)
            found = self._parts(inner)
            if found is None:
                stack.extend(part.untagged for part in reversed(list(self._decomposed(inner))))
                continue
            result += [(gate.controlled(len(state), state), [*controls, *own]) for gate, own in found]
        self.depth -= 1
        return result

    def _decomposed(self, op: Any) -> Iterable[Any]:
        found = cirq.decompose_once(op, default=None)
        if found is None:
            raise CircuitError(f"Cirq's {op!r} has no counterpart.")
        return found  # type: ignore[no-any-return]

    # ── What is not a gate ────────────────────────────────────────────────────────────────────────────────────────

    def _measure(self, gate: Any, places: list[int]) -> None:
        if gate.confusion_map:
            raise CircuitError(f"Cirq's {gate!r} has a confusion map, which has no counterpart.")
        key = cirq.measurement_key_name(gate)
        bits = self._bits(key, len(places))
        numbers = _numbers(bits)
        self.circuit.measure(places, numbers)
        for number, is_turned in zip(numbers, gate.full_invert_mask(), strict=True):
            if is_turned:
                self.circuit.assign(number, ~self.circuit.bits[number])

    def _bits(self, key: str, size: int) -> BitRegister | Bit:
        """Bits for a key; further ones where it was measured before."""
        known = self.keys.get(key)
        if known is None and key in self.declared and size == 1:
            self.keys[key] = self.declared[key]
        elif known is None or not self.again:
            self.keys[key] = self.circuit.add_bits(free_name(key, "c", self.names), size)
        return self.keys[key]

    def _conditional(self, op: Any) -> None:
        conditions = [self._condition(condition) for condition in op.classical_controls]
        whole: Any = conditions[0]
        for condition in conditions[1:]:
            whole = whole & condition
        self.depth += 1
        self._check_depth()
        with self.circuit.if_(whole):
            self.operations([op.without_classical_controls()])
        self.depth -= 1

    def _circuit(self, op: Any) -> Iterable[Any] | None:
        """The operations of a circuit in the circuit, repeated; once and then while a condition does not hold."""
        if op.repeat_until is None:
            if not isinstance(op.repetitions, int):
                raise CircuitError(f"Cirq's circuit operation repeats {op.repetitions} times, which is no number.")
            self._charge(abs(op.repetitions) * sum(len(moment) for moment in op.circuit))
            return op.mapped_circuit().all_operations()  # type: ignore[no-any-return]
        body = list(op.replace(repeat_until=None).mapped_circuit().all_operations())
        condition = cirq.with_measurement_key_mapping(op.repeat_until, dict(op.measurement_key_map))
        self.depth += 1
        self._check_depth()
        self.operations(body)
        again, self.again = self.again, True
        with self.circuit.while_(~self._condition(condition)):
            self.operations(body)
        self.again = again
        self.depth -= 1
        return None

    # ── Conditions ────────────────────────────────────────────────────────────────────────────────────────────────

    def _condition(self, condition: Any) -> Any:
        """A condition of Cirq's."""
        if getattr(condition, "index", -1) != -1:
            raise CircuitError(f"Cirq's condition {condition} reads an earlier measurement, which has no counterpart.")
        if isinstance(condition, cirq.KeyCondition):
            return self._read(str(condition.key)) != 0
        if isinstance(condition, cirq.BitMaskKeyCondition):
            value: Any = self._read(str(condition.key))
            value = value if condition.bitmask is None else value & condition.bitmask
            return value == condition.target_value if condition.equal_target else value != condition.target_value
        if isinstance(condition, cirq.SympyCondition):
            return self._sympy(condition.expr)
        raise CircuitError(f"Cirq's condition {condition!r} has no counterpart.")

    def _read(self, key: str) -> Any:
        if key not in self.keys:
            raise CircuitError(f"Cirq's condition reads the key {key!r}, which is not measured before it.")
        return self.keys[key]

    def _sympy(self, expression: Any, depth: int = 0) -> Any:
        """A condition in symbols, which are keys."""
        if depth > self.limits.nesting:
            raise CircuitError(f"A condition may be nested {self.limits.nesting} deep, but this one is deeper.")
        kind = type(expression).__name__
        if kind == "Symbol":
            return self._read(expression.name) != 0
        args = expression.args
        if kind in _JOINED:
            parts = [self._sympy(arg, depth + 1) for arg in args]
            whole = parts[0]
            for part in parts[1:]:
                whole = _JOINED[kind](whole, part)
            return whole
        if kind == "Not":
            return ~self._sympy(args[0], depth + 1)
        if kind in _RELATIONS:
            left, right = map(self._operand, args)
            if isinstance(left, Readable) or isinstance(right, Readable):
                return _RELATIONS[kind](left, right)
        raise CircuitError(f"Cirq's condition {expression} has no counterpart.")

    def _operand(self, expression: Any) -> Any:
        """What a relation compares: a key, a number, or the value of several keys of one bit, 2 a + b."""
        if expression.is_Symbol:
            return self._read(expression.name)
        if expression.is_Integer:
            return int(expression)
        weights = expression.as_coefficients_dict() if expression.is_Add else {}
        symbols = sorted(weights, key=lambda symbol: -weights[symbol])
        bits = [self._read(symbol.name) for symbol in symbols if symbol.is_Symbol]
        powers = [register_size(place) for place in reversed(range(len(bits)))]
        if len(bits) < 2 or any(len(_numbers(bit)) > 1 for bit in bits) or [weights[s] for s in symbols] != powers:
            raise CircuitError(f"Cirq's condition on {expression} has no counterpart.")
        return read([_numbers(bit)[0] for bit in bits], "")


def _numbers(bits: BitRegister | Bit) -> list[int]:
    return [bits.number] if isinstance(bits, Bit) else [bit.number for bit in bits]


_JOINED = {"And": lambda a, b: a & b, "Or": lambda a, b: a | b, "Xor": lambda a, b: a ^ b}
_RELATIONS = {
    "Equality": lambda a, b: _expression(a) == _expression(b),
    "Unequality": lambda a, b: _expression(a) != _expression(b),
    "StrictLessThan": lambda a, b: a < b,
    "LessThan": lambda a, b: a <= b,
    "StrictGreaterThan": lambda a, b: a > b,
    "GreaterThan": lambda a, b: a >= b,
}


def _expression(value: Any) -> Any:
    """Values are compared, where bits and registers would be compared as places."""
    return value._expression() if isinstance(value, Readable) else value
