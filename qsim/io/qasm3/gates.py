"""Gate calls: definitions expanded, modifiers applied, registers walked."""

from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any

import numpy as np
from numpy.typing import NDArray
from openqasm3 import ast

from qsim.circuit import Circuit
from qsim.circuit.classical import Expression
from qsim.circuit.flow import IfElse
from qsim.circuit.instructions import Barrier, Operation
from qsim.circuit.parameters import ParameterExpression
from qsim.errors import CircuitError, ParameterError
from qsim.gates import Gate, unitary
from qsim.gates.table import suggestion
from qsim.io.library import BUILT_IN, INCLUDES, LibraryGate
from qsim.io.qasm3.build import Undetermined
from qsim.io.qasm3.evaluate import Evaluator
from qsim.io.qasm3.names import GateDefinition, QubitNames, Scope, Subroutine
from qsim.io.qasm3.values import Affine, Type, Value

__all__ = ["GateCalls"]

MATRIX_QUBITS = 6  # of a gate of several that is raised to a real or a high power
FEW = 4  # powers of a gate that stay the gate, several times
REPEATED = 64  # gates; a higher power of a small gate becomes one matrix
CACHED = 1000  # expansions that are kept, and gates in each

# A gate, which of the call's qubits it acts on, and the condition under which it does; without a gate, a barrier.
Item = tuple[Gate | None, tuple[int, ...], Expression | None]
Callee = GateDefinition | LibraryGate

_U = BUILT_IN[3]["U"]
_PHASE = BUILT_IN[3]["gphase"]


class GateCalls(Evaluator):
    """Gates on qubits."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.included: dict[str, LibraryGate] = {}
        self._expansions: dict[tuple[Any, ...], tuple[Item, ...]] = {}

    def define_gate(self, node: ast.QuantumGateDefinition) -> GateDefinition:
        """A definition, with its size, so that calls can be counted before they are expanded."""
        for names in (node.arguments, node.qubits):
            listed = [name.name for name in names]
            if len(set(listed)) != len(listed):
                self.refuse(node, f"The arguments of gate {node.name.name} must have distinct names.")
        definition = GateDefinition(node, self.source, self.scope)
        with closing(self._walk(definition, [0.0] * len(node.arguments), is_sample=True)) as calls:
            for call in calls:
                definition.size += self._call_size(call, definition) * self.times
                if definition.size > self.limits.operations:
                    self.refuse_operations(call)
        return definition

    def run_gate(self, node: ast.QuantumGate) -> None:
        """A gate call, or a subroutine called as if it were a gate."""
        if node.duration is not None:
            self.warn(node, f"The duration of {node.name.name} has no effect: a simulation has no clock.")
        found = self._callee(node, node.name.name)
        if isinstance(found, Subroutine):
            if node.modifiers:
                self.refuse(node, f"{node.name.name} is a subroutine: modifiers are for gates.")
            self.call(node, node.name.name, [*node.arguments, *node.qubits], is_direct=True)
            return
        operands = [self.qubits_of(qubit) for qubit in node.qubits]
        rows = max((len(names.numbers) for names in operands if not names.is_single), default=1)
        self.require(node, _size_of(found) * rows)
        self._place_items(node, self._items(node, found), operands)

    def run_phase(self, node: ast.QuantumPhase) -> None:
        """A global phase, perhaps controlled."""
        self._place_items(node, self._items(node, _PHASE), [self.qubits_of(qubit) for qubit in node.qubits])

    # ── On qubits ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _place_items(self, node: Any, items: tuple[Sequence[Item], int], operands: Sequence[QubitNames]) -> None:
        """Add a gate on each group of qubits that the operands name."""
        gates, count = items
        name = "gphase" if isinstance(node, ast.QuantumPhase) else node.name.name
        if len(operands) != count:
            self.refuse(node, f"{name} takes {count} qubit{'s' * (count != 1)} here, but {len(operands)} are given.")
        lengths = sorted({len(names.numbers) for names in operands if not names.is_single})
        if len(lengths) > 1:
            self.refuse(node, f"The registers that {name} is applied to must have equal sizes, but have {lengths}.")
        rows = lengths[0] if lengths else 1
        self.require(node, len(gates) * rows)
        for row in range(rows):
            qubits = tuple(names.numbers[0 if names.is_single else row] for names in operands)
            if len(set(qubits)) != len(qubits):
                self.refuse(node, f"The qubits of {name} must differ.")
            for gate, places, condition in gates:
                self._add(gate, tuple(qubits[place] for place in places), condition)

    def _add(self, gate: Gate | None, qubits: tuple[int, ...], condition: Expression | None) -> None:
        if gate is None:
            self.emit(Barrier(qubits))
        elif condition is None:
            self.emit(Operation(gate, qubits))
        else:
            self.emit(IfElse(condition, ((Operation(gate, qubits),),)))

    # ── Expansion ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _callee(self, node: ast.QASMNode, name: str) -> GateDefinition | LibraryGate | Subroutine:
        found = self.scope.find(name)[0]
        if isinstance(found, (GateDefinition, Subroutine)):
            return found
        standard = self.included.get(name) or BUILT_IN[3].get(name)  # variables may have their names
        if standard is not None:
            return standard
        if found is not None:
            self.refuse(node, f"{name} is no gate.")
        files = [file for file, gates in INCLUDES.items() if name in gates]
        hint = f'It is in {files[-1]}: include "{files[-1]}";' if files else suggestion(name).lstrip(":. ").capitalize()
        raise self.error(node, f"No gate is named {name}.", hint or None)

    def _items(self, node: Any, callee: Callee) -> tuple[Sequence[Item], int]:
        """The gates of a call, modifiers included, and on how many qubits they act."""
        given = [node.argument] if isinstance(node, ast.QuantumPhase) else node.arguments
        angles = [self.real_number(argument) for argument in given]
        for argument, angle in zip(given, angles, strict=True):
            if isinstance(angle, float) and angle - angle != 0:
                self.refuse(argument, f"An angle must be finite, but is {angle}.")
        items = self._expanded(node, callee, angles)
        count = callee.num_qubits if isinstance(callee, LibraryGate) else len(callee.node.qubits)
        for modifier in reversed(node.modifiers):
            items, count = self._modified(node, modifier, items, count)
        return items, count

    def _expanded(self, node: Any, callee: Callee, angles: list[Any]) -> Sequence[Item]:
        """The gates that a call is made of."""
        name = callee.name if isinstance(callee, LibraryGate) else callee.node.name.name
        expected = callee.num_params if isinstance(callee, LibraryGate) else len(callee.node.arguments)
        if len(angles) != expected:
            self.refuse(node, f"{name} takes {expected} angle{'s' * (expected != 1)}, but {len(angles)} are given.")
        if isinstance(callee, LibraryGate):
            if any(isinstance(angle, Affine) for angle in angles):
                return self._from_bits(node, callee, angles)
            return [(gate, places, None) for gate, places in callee.steps(*angles)]
        key = (id(callee), *angles) if all(isinstance(angle, float) for angle in angles) else None
        if key in self._expansions:
            return self._expansions[key]
        items: list[Item] = []
        with closing(self._walk(callee, angles)) as calls:
            for call in calls:
                items += self._inner_items(call, callee)
        if key is not None and len(items) <= CACHED and len(self._expansions) < CACHED:
            self._expansions[key] = tuple(items)
        return items

    def _inner_items(self, call: Any, definition: GateDefinition) -> Sequence[Item]:
        """The gates of a call in a definition's body, on the definition's qubits."""
        on = [number for operand in call.qubits for number in self.qubits_of(operand).numbers]
        if isinstance(call, ast.QuantumBarrier):
            return [(None, tuple(dict.fromkeys(on)), None)]
        inner, count = self._items(call, self._inner_callee(call, definition))
        if len(on) != count:
            self.refuse(call, f"{count} qubit{'s' * (count != 1)} are needed here, but {len(on)} are given.")
        if len(set(on)) != len(on):
            self.refuse(call, "The qubits of a gate must differ.")
        return [(gate, tuple(on[place] for place in places), condition) for gate, places, condition in inner]

    def _inner_callee(self, call: Any, definition: GateDefinition) -> Callee:
        """What a call in a definition's body means: what its name stood for when the gate was defined."""
        if isinstance(call, ast.QuantumPhase):
            return _PHASE
        found = definition.callees.get(call.name.name)
        if found is None:
            named = self._callee(call, call.name.name)
            if isinstance(named, Subroutine):
                self.refuse(call, f"{call.name.name} is a subroutine, which a gate cannot call.")
            found = definition.callees[call.name.name] = named
        return found

    def _walk(
        self, definition: GateDefinition, angles: Sequence[Any], *, is_sample: bool = False
    ) -> Generator[Any, None, None]:
        """The calls and barriers in a definition's body, loops unrolled, each while its names are known.

        A sample has one round of each loop, its last, while `times` says how many there are.
        """
        scope, source, statement, times = self.scope, self.source, self.statement, self.times
        self.times = 1 if is_sample else times
        self.scope, self.source = Scope(definition.scope, is_border=True), definition.source
        node = definition.node
        for k, qubit in enumerate(node.qubits):
            self.scope.names[qubit.name] = QubitNames((k,), is_single=True)
        for argument, angle in zip(node.arguments, angles, strict=True):
            self.scope.names[argument.name] = Value(Type("float"), angle)
        try:
            yield from self._walk_body(node.body, is_sample)
        finally:
            self.scope, self.source, self.statement, self.times = scope, source, statement, times

    def _walk_body(self, statements: Sequence[Any], is_sample: bool) -> Generator[Any, None, None]:
        for statement in statements:
            self.statement = statement
            if isinstance(statement, (ast.QuantumGate, ast.QuantumPhase, ast.QuantumBarrier)):
                yield statement
            elif isinstance(statement, ast.ForInLoop):
                values = self.loop_values(statement)
                if not is_sample:
                    self.count_rounds(statement, len(values))
                times, self.times = self.times, self.times * len(values)
                for value in values[-1:] if is_sample else values:
                    with self.new_scope() as scope:
                        scope.names[statement.identifier.name] = value
                        yield from self._walk_body(statement.block, is_sample)
                self.times = times
            elif isinstance(statement, ast.CompoundStatement):
                yield from self._walk_body(statement.statements, is_sample)
            elif isinstance(statement, ast.Box):
                yield from self._walk_body(statement.body, is_sample)
            elif isinstance(statement, ast.DelayInstruction):
                self.warn(statement, "This delay has no effect: a simulation has no clock.")
            else:
                self.refuse(statement, f"A gate's body holds gates and loops, not {type(statement).__name__}.")

    def _call_size(self, call: Any, definition: GateDefinition) -> int:
        """How many gates a call in a definition expands to."""
        for operand in call.qubits:
            self.qubits_of(operand)
        if isinstance(call, ast.QuantumBarrier):
            return 1
        size = _size_of(self._inner_callee(call, definition))
        for modifier in call.modifiers:
            if modifier.modifier.name == "pow":
                power = self.real_number(modifier.argument)
                size *= max(1, int(abs(power))) if isinstance(power, float) and size > 1 else 1
        return size

    def loop_values(self, node: ast.ForInLoop) -> Sequence[Value]:
        """The values that a loop's variable takes."""
        raise NotImplementedError

    def count_rounds(self, node: ast.QASMNode, rounds: int) -> None:
        """Refuse too many rounds of loops."""
        raise NotImplementedError

    # ── Angles from measured bits ─────────────────────────────────────────────────────────────────────────────────

    def _from_bits(self, node: Any, callee: LibraryGate, angles: list[Any]) -> Sequence[Item]:
        """A gate for the constant part of an angle, and one under each bit that the angle depends on."""
        if callee is _U:  # e^{iθ/2} p(φ) ry(θ) p(λ)
            theta, phi, lam = (angle if isinstance(angle, Affine) else Affine(angle, ()) for angle in angles)
            turns = (("p", lam, (0,)), ("ry", theta, (0,)), ("p", phi, (0,)), ("gphase", theta.scaled(0.5), ()))
            return [item for name, angle, places in turns for item in _under_bits(name, angle, places)]
        steps = callee.steps(*[1.0] * callee.num_params)
        row = steps[0][0].spec.base or steps[0][0].spec
        if len(steps) != 1 or len(row.params) != 1 or row.power is None:
            self.refuse(
                node,
                f"{callee.name} has an angle that depends on measured bits, which only gates can have whose angles add "
                "up.",
                "Use p, rx, ry, rz, or one of these controlled, or `if`.",
            )
        return _under_bits(steps[0][0].spec.name, angles[0], steps[0][1])

    # ── Modifiers ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _modified(self, node: Any, modifier: Any, items: Sequence[Item], count: int) -> tuple[Sequence[Item], int]:
        kind = modifier.modifier.name
        if kind == "inv":
            return _inverse(items), count
        if kind == "pow":
            return self._power(node, modifier, items, count), count
        controls = 1 if modifier.argument is None else self.integer(modifier.argument)
        if not 1 <= controls <= self.limits.qubits:
            self.refuse(node, f"A number of controls is 1 or more, but here it is {controls}.")
        state = ("1" if kind == "ctrl" else "0") * controls
        before = tuple(range(controls))
        controlled: list[Item] = []
        for gate, places, condition in items:
            shifted = tuple(place + controls for place in places)
            if gate is None:
                controlled.append((None, shifted, None))
            else:
                controlled.append((gate.controlled(controls, state), (*before, *shifted), condition))
        return controlled, count + controls

    def _power(self, node: Any, modifier: Any, items: Sequence[Item], count: int) -> Sequence[Item]:
        power = self.real_number(modifier.argument)
        if isinstance(power, Affine):
            raise Undetermined(modifier)
        if isinstance(power, ParameterExpression) or power - power != 0:
            self.refuse(node, "The power of a gate must be a number that is known while the text is read.")
        if len(items) == 1 and items[0][0] is not None:
            return self._single_power(node, items[0], power)
        if power.is_integer():
            if power < 0:
                items, power = _inverse(items), -power
            many = len(items) * power > REPEATED
            if not many or count > MATRIX_QUBITS or not _is_fixed(items):
                self.require(node, int(len(items) * power))
                return list(items) * int(power)
        if count > MATRIX_QUBITS or not _is_fixed(items):
            self.refuse(
                node,
                f"The power {power:g} of a gate that is made of several needs their matrix, on {MATRIX_QUBITS} qubits "
                "at most and with known angles.",
            )
        name = "gate" if isinstance(node, ast.QuantumPhase) else node.name.name
        return [(unitary(_matrix(items, count), name).power(power), tuple(range(count)), None)]

    def _single_power(self, node: Any, item: Item, power: float) -> Sequence[Item]:
        gate, places, condition = item
        assert gate is not None
        few = power.is_integer() and abs(power) <= FEW
        try:
            result = gate.power(int(power) if power.is_integer() else power)
            if result.is_from_table or not few:
                return [(result, places, condition)]
            return [(gate.inverse() if power < 0 else gate, places, condition)] * int(abs(power))
        except (CircuitError, ParameterError) as error:
            if power.is_integer() and abs(power) <= self.limits.operations:
                self.require(node, int(abs(power)))
                return [(gate.inverse() if power < 0 else gate, places, condition)] * int(abs(power))
            self.refuse(node, str(error))


def _size_of(callee: GateDefinition | LibraryGate | Subroutine) -> int:
    if isinstance(callee, GateDefinition):
        return callee.size
    return len(callee.steps(*[0.0] * callee.num_params)) if isinstance(callee, LibraryGate) else 1


def _under_bits(name: str, angle: Any, places: tuple[int, ...]) -> list[Item]:
    """A gate whose angles add up, at an angle that is affine in bits."""
    items: list[Item] = [(Gate.named(name, weight), places, bit) for bit, weight in angle.terms]
    if isinstance(angle.constant, float) and angle.constant == 0.0:
        return items
    return [(Gate.named(name, angle.constant), places, None), *items]


def _inverse(items: Sequence[Item]) -> list[Item]:
    return [(gate and gate.inverse(), places, condition) for gate, places, condition in reversed(items)]


def _is_fixed(items: Sequence[Item]) -> bool:
    return all(condition is None and gate is not None and not gate.is_symbolic for gate, _, condition in items)


def _matrix(items: Sequence[Item], count: int) -> NDArray[np.complex128]:
    """The matrix of gates on a few qubits, the first most significant."""
    circuit = Circuit(count)
    for gate, places, _ in items:
        if gate is not None:
            circuit.append(gate, *places)
    return circuit.unitary()
