"""Control flow: branches and loops, computed where they are known, blocks of the circuit where the run decides."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from openqasm3 import ast

from qsim.bits import register_size
from qsim.circuit.classical import Expression
from qsim.circuit.flow import Assignment, Break, Continue, ForLoop, IfElse, Switch, WhileLoop
from qsim.circuit.parameters import Parameter
from qsim.io.qasm3.bitwise import bit_at, constant
from qsim.io.qasm3.build import DEAD, Signal, Undetermined
from qsim.io.qasm3.gates import GateCalls
from qsim.io.qasm3.names import BitNames, Subroutine, Variable
from qsim.io.qasm3.static import changed_names, is_plain_loop, names_in
from qsim.io.qasm3.values import Type, Value, wrapped

__all__ = ["Flow", "Loop", "NeedsGuard"]

SPECULATION = 3  # loops within each other that are tried with known conditions first
SPLIT_WIDTH = 6  # bits of a variable whose values are told apart where one must be known


@dataclass(eq=False, slots=True)
class Loop:
    """A loop that is being walked.

    Attributes:
        kind: "known" if it is unrolled, "guarded" if it is unrolled and the run may leave it, else "run".
        level: how many blocks of which the run decides stand around a round's statements.
        left: of a guarded loop, the bit that says that the run left it.
        name: of a loop of the circuit, its parameter's.
    """

    kind: str
    level: int
    left: int | None = None
    name: str = ""


class NeedsGuard(Exception):
    """A jump out of what is being unrolled depends on measured bits; it is walked again, with a way out."""

    def __init__(self, target: object) -> None:
        super().__init__()
        self.target = target


class Flow(GateCalls):
    """Branches and loops."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.loops: list[Loop] = []  # of the subroutine that is being walked
        self.rounds = 0
        self._while_rounds = 0
        self._speculating = 0

    @contextmanager
    def walking(self, loop: Loop) -> Iterator[None]:
        """A loop whose rounds are walked meanwhile."""
        loops, self.loops = self.loops, [*self.loops, loop]
        try:
            yield
        finally:
            self.loops = loops

    def run_block(self, statements: Sequence[Any]) -> Signal:
        """Walk statements in a scope of their own."""
        with self.new_scope():
            return self.run_all(statements)

    def run_all(self, statements: Sequence[Any]) -> Signal:
        """Walk statements, until one jumps away."""
        raise NotImplementedError

    # ── Branches ──────────────────────────────────────────────────────────────────────────────────────────────────

    def run_if(self, node: ast.BranchingStatement) -> Signal:
        """An `if`."""
        condition = self.condition(node.condition)
        if not isinstance(condition, Expression):
            return self._known_branch(node.if_block if condition else node.else_block)
        blocks, signal = self.branches(
            node, [lambda: self.run_block(node.if_block), lambda: self.run_block(node.else_block)]
        )
        self.emit(IfElse(condition, blocks if blocks[1] else blocks[:1]))
        return signal

    def _known_branch(self, statements: Sequence[Any]) -> Signal:
        times, self.times = self.times, 1  # not each round comes by here
        try:
            return self.run_block(statements)
        finally:
            self.times = times

    def run_switch(self, node: ast.SwitchStatement) -> Signal:
        """A `switch`."""
        subject = self.evaluate(node.target)
        if not subject.type.is_integer:
            self.refuse(node.target, f"switch takes an integer, not {subject.type}.")
        cases = [([self.integer(value) for value in values], body.statements) for values, body in node.cases]
        labels = [value for values, _ in cases for value in values]
        if len(set(labels)) != len(labels):
            self.refuse(node, "Each value of a switch has one case.")
        default = None if node.default is None else node.default.statements
        if not isinstance(subject.data, Expression):
            chosen = next((body for values, body in cases if subject.data in values), default or [])
            return self._known_branch(chosen)
        width = subject.data.width
        kept: list[tuple[int, ...]] = []
        bodies: list[Sequence[Any]] = []
        for values, body in cases:
            held = tuple(constant(v, width).args[0] for v in values if _holds(subject, v))
            if len(held) < len(values):
                self.warn(node, f"A case of this switch is none of the values of {subject.type}, and never taken.")
            if held:
                kept.append(held)
                bodies.append(body)
        runs = [_walker(self, body) for body in (*bodies, default or [])]
        blocks, signal = self.branches(node, runs)
        values_of = (*kept, None) if default is not None else tuple(kept)
        self.emit(Switch(subject.data, values_of, blocks[: len(values_of)]))
        return signal

    def split(self, statement: Any, needed: Undetermined) -> Signal:
        """Walk a statement once for each value of a variable that it must know."""
        variable = self._splittable(statement)
        if variable is None or isinstance(statement, (ast.AliasStatement, ast.ClassicalDeclaration)):
            self.refuse(needed.node, "This must be known while the text is read, but depends on measured bits.")
        width = variable.type.width or 1
        values = sorted(variable.possible if variable.possible is not None else range(register_size(width)))

        def walker(value: int) -> Callable[[], Signal]:
            def walk() -> Signal:
                self.set_state(variable, value, None, variable.bits)
                return self.execute(statement)

            return walk

        known = [wrapped(value, variable.type) for value in values]
        self.count_rounds(statement, len(known))
        subject = self.read_bits(variable.bits)
        times, self.times = self.times, self.times * len(known)
        blocks, signal = self.branches(statement, [walker(value) for value in known])
        self.times = times
        self.emit(Switch(subject, [constant(value, width).args for value in known], blocks))
        return signal

    def _splittable(self, statement: Any) -> Variable | None:
        """A variable in a statement that has few values."""
        for name in names_in(statement):
            found = self.scope.find(name)[0]
            for variable in [v for v, _ in found.places] if isinstance(found, BitNames) else [found]:
                if isinstance(variable, Variable) and variable.data is None and variable.bits:
                    small = (variable.type.width or 1) <= SPLIT_WIDTH
                    if (variable.possible is not None and len(variable.possible) > 0) or small:
                        return variable
        return None

    def execute(self, statement: Any) -> Signal:
        """Walk one statement."""
        raise NotImplementedError

    # ── Loops ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def count_rounds(self, node: ast.QASMNode, rounds: int) -> None:
        """Refuse too many rounds of loops that are unrolled, before they are."""
        if self.rounds + rounds * self.times > self.limits.rounds:
            self.refuse(
                node, f"This makes more than {self.limits.rounds} rounds of loops.", "Limits(rounds=…) allows more."
            )
        self.rounds += rounds

    def run_while(self, node: ast.WhileLoop) -> Signal:
        """A `while`: unrolled as long as its condition is known."""
        mark = self.mark()
        rounds = 0
        while True:
            condition = self.condition(node.while_condition)
            if isinstance(condition, Expression) or (condition and self._speculating >= SPECULATION):
                break
            if not condition:
                return None
            self._count_while(node)
            rounds += 1
            loop = Loop("known", self.level)
            try:
                signal = self._known_round(node.block, loop)
            except NeedsGuard as needed:
                if needed.target is not loop:
                    raise
                self.go_back(mark)
                break
            if signal == "break":
                return None
            if signal not in (None, "continue"):
                return signal
        if rounds == 1:
            self.go_back(mark)
        return self._run_decided_while(node)

    def _count_while(self, node: ast.WhileLoop) -> None:
        """Refuse a `while` that is unrolled and does not end; how many rounds it has cannot be told before."""
        self._while_rounds += 1
        if self._while_rounds > self.limits.statements:
            self.refuse(
                node,
                f"More than {self.limits.statements} rounds of `while` are done while the text is read.",
                "Limits(statements=…) allows more.",
            )

    def _known_round(self, statements: Sequence[Any], loop: Loop) -> Signal:
        self._speculating += 1
        try:
            with self.walking(loop):
                return self.run_block(statements)
        finally:
            self._speculating -= 1

    def _run_decided_while(self, node: ast.WhileLoop) -> Signal:
        """A `while` of which the run decides."""
        changed = self._changed([node.while_condition, *node.block])
        self.forget(node, changed)
        mark = self.mark()
        condition = self.condition(node.while_condition)
        is_plain = self.mark() == mark  # nothing has to be computed for it
        if not is_plain:
            self.go_back(mark)
        with self.nested(node) as block:
            if not is_plain:
                found = self.condition(node.while_condition)
                leave = Expression("~", (found,), 1) if isinstance(found, Expression) else constant(not found, 1)
                self.emit(IfElse(leave, ((Break(),),)))
            with self.walking(Loop("run", self.level)):
                self.run_block(node.block)
        self.forget(node, changed)
        if is_plain and not isinstance(condition, Expression):
            condition = constant(int(condition), 1)
        self.emit(WhileLoop(condition if is_plain else constant(1, 1), (tuple(block),)))
        return None

    def _changed(self, statements: Sequence[Any]) -> list[Variable]:
        """The variables around that statements may change."""
        found: list[Variable] = []
        for name in changed_names(statements):
            thing = self.scope.find(name)[0]
            found += [thing] if isinstance(thing, Variable) else []
            found += [variable for variable, _ in thing.places] if isinstance(thing, BitNames) else []
        return list(dict.fromkeys(found))

    def loop_values(self, node: ast.ForInLoop) -> Sequence[Value]:
        """The values that a `for` loop's variable takes."""
        type, over = self.type_of(node.type), node.set_declaration
        if isinstance(over, ast.RangeDefinition):
            if over.start is None or over.end is None:
                self.refuse(over, "The range of a loop needs a start and an end.")
            step = 1 if over.step is None else self.integer(over.step)
            values = self.inclusive(over, self.integer(over.start), self.integer(over.end), step)
            self._check_rounds(node, len(values))
            return _Range(values, type)
        if isinstance(over, ast.DiscreteSet):
            is_real = type.name in ("float", "angle")
            return [self.converted(item, self.evaluate(item, is_real), type) for item in over.values]
        value = self.evaluate(over)
        if value.type.shape:
            inner = value.type._replace(shape=value.type.shape[1:])
            items = [Value(inner, data) for data in value.data]
        elif value.type.name == "bit" and value.type.size is not None:
            data = value.data if value.is_dynamic else constant(value.data, value.type.size)
            bits = [bit_at(data, k, self.settler(over)) for k in range(value.type.size)]
            items = [Value(Type("bit"), bit.args[0] if bit.op == "value" else bit) for bit in bits]
        else:
            self.refuse(over, f"A loop runs over a range, a set, an array or a register, not {value.type}.")
        return [self.converted(over, item, type) for item in items]

    def converted(self, node: Any, value: Value, type: Type) -> Value:
        """A value as another type."""
        raise NotImplementedError

    def _check_rounds(self, node: Any, rounds: int) -> None:
        if rounds > self.limits.rounds:
            self.refuse(node, f"A loop may have {self.limits.rounds} rounds.", "Limits(rounds=…) allows more.")

    def run_for(self, node: ast.ForInLoop) -> Signal:
        """A `for`: a loop of the circuit if its variable stands in angles only, else unrolled."""
        values = self.loop_values(node)
        name = node.identifier.name
        if isinstance(values, _Range) and len(values) > 1 and self._is_plain(name, node.block):
            return self._run_kept_for(node, values)
        self.count_rounds(node, len(values))
        mark, times = self.mark(), self.times
        loop = Loop("known", self.level)
        self.times *= max(len(values), 1)
        try:
            with self.walking(loop):
                return self._unrolled(node, values)
        except NeedsGuard as needed:
            if needed.target is not loop:
                raise
        finally:
            self.times = times
        self.go_back(mark)
        return self._guarded(node, values)

    def _is_plain(self, name: str, statements: Sequence[Any]) -> bool:
        calls = [statement.name.name for statement in statements if isinstance(statement, ast.QuantumGate)]
        return is_plain_loop(name, statements) and not any(
            isinstance(self.scope.find(call)[0], Subroutine) for call in calls
        )

    def _unrolled(self, node: ast.ForInLoop, values: Sequence[Value]) -> Signal:
        for value in values:
            signal = self._round(node, value)
            if signal == "break":
                break
            if signal not in (None, "continue"):
                return signal
        return None

    def _round(self, node: ast.ForInLoop, value: Value) -> Signal:
        name = node.identifier.name
        with self.new_scope() as scope:
            variable = Variable(name, value.type, (id(node),), self.level, 0)
            self.store(node, variable, value)
            scope.names[name] = variable
            return self.run_block(node.block)

    def _run_kept_for(self, node: ast.ForInLoop, values: "_Range") -> Signal:
        """A loop of the circuit."""
        changed = self._changed(node.block)
        self.forget(node, changed)
        name = node.identifier.name
        used = {*self.inputs, *(loop.name for loop in self.loops)}
        name = next(n for n in (name, *(f"{name}_{k}" for k in range(2, len(used) + 3))) if n not in used)
        parameter = Parameter(name)
        with self.nested(node) as block, self.new_scope() as scope, self.walking(Loop("run", self.level, name=name)):
            scope.names[node.identifier.name] = Value(Type("float"), parameter)
            self.run_block(node.block)
        self.forget(node, changed)
        self.emit(ForLoop(values.values, parameter, (tuple(block),)))
        return None

    @property
    def inputs(self) -> list[str]:
        """The names of the program's inputs."""
        raise NotImplementedError

    def _guarded(self, node: ast.ForInLoop, values: Sequence[Value]) -> Signal:
        """An unrolled loop that the run may leave: each round is a loop of one round, which a jump ends."""
        bits, _ = self.allocate(node, "left", 1, ("left", id(node)))
        self.emit(Assignment(bits, constant(0, 1)))
        changed = self._changed(node.block)
        signal: Signal = None
        with self.nested(node) as rounds:
            for number, value in enumerate(values):
                self.forget(node, changed)
                with self.nested(node) as block, self.walking(Loop("guarded", self.level, bits[0])):
                    signal = self._round(node, value)
                self.emit(once(block))
                if signal == "break":
                    break
                if number + 1 < len(values):
                    self.emit(IfElse(self.read_bits(bits), ((Break(),),)))
        self.forget(node, changed)
        self.emit(once(rounds))
        return None if signal in ("break", "continue", DEAD) else signal

    def jump(self, node: Any, kind: str) -> Signal:
        """`break` or `continue`."""
        loop = self.loops[-1]
        if loop.kind != "run" and loop.level == self.level:
            return kind
        if loop.kind == "known":
            raise NeedsGuard(loop)
        if kind == "continue":
            self.emit(Continue())
        else:
            if loop.left is not None:
                self.emit(Assignment((loop.left,), constant(1, 1)))
            self.emit(Break())
        return DEAD


class _Range(Sequence[Value]):
    """The values of a range, formed when they are needed."""

    def __init__(self, values: range, type: Type) -> None:
        self.values, self._type = values, type

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return _Range(self.values[index], self._type)
        number = self.values[index]
        if self._type.name in ("float", "angle"):
            return Value(Type("float"), float(number))
        return Value(self._type, wrapped(number, self._type))


def once(block: Sequence[Any]) -> ForLoop:
    """A block that `break` leaves."""
    return ForLoop((0,), Parameter("once"), (tuple(block),))


def _holds(subject: Value, value: int) -> bool:
    total = register_size(subject.data.width)
    return -total // 2 <= value < total // 2 if subject.is_signed else 0 <= value < total


def _walker(flow: Flow, statements: Sequence[Any]) -> Callable[[], Signal]:
    return lambda: flow.run_block(statements)
