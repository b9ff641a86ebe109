"""The circuit while a program is walked: blocks of instructions, registers, and what variables hold.

What is known when the text is read is computed then and leaves no trace in the circuit. A variable that is given a
value which the run decides, or in a block which the run decides, moves to a register of classical bits and is written
by assignments from then on. Every change is put down in a journal, so that the branches of an `if` start from the same
state and are joined after it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from qsim.circuit import Circuit
from qsim.circuit.classical import Expression
from qsim.circuit.flow import Assignment, Block
from qsim.circuit.instructions import Instruction
from qsim.circuit.parameters import ParameterExpression
from qsim.errors import QasmError
from qsim.io.limits import Limits
from qsim.io.qasm3.bitwise import constant, join
from qsim.io.qasm3.names import Scope, Variable
from qsim.io.qasm3.values import Affine, Value, ValueProblem, convert, wrapped
from qsim.io.source import Source

if TYPE_CHECKING:
    from openqasm3 import ast

__all__ = ["DEAD", "Builder", "Signal", "Undetermined"]

Signal = str | None  # why the statements of a block end early: a jump that is known, or DEAD
DEAD = "dead"  # the run jumped away
TRACKED = 64  # values of a variable that are kept in mind

Mark = tuple[int, tuple[int, ...], int]


class Undetermined(Exception):
    """A value must be known while the text is read, but depends on measured bits."""

    def __init__(self, node: "ast.QASMNode") -> None:
        super().__init__()
        self.node = node


class Builder:
    """Blocks, registers, variables and errors."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self.source, self.limits = source, limits
        self.circuit = Circuit()
        self.blocks: list[list[Instruction]] = [[]]  # open blocks of which the run decides, the outermost first
        self.scope = Scope()
        self.statement: Any = None  # the one that is being walked
        self.warnings: list[str] = []
        self.total = 0  # instructions so far
        self.times = 1  # how often loops that are being unrolled will come by here
        self._journal: list[tuple[Variable, tuple[Any, frozenset[int] | None, tuple[int, ...]]]] = []
        self._registers: dict[tuple[Any, ...], tuple[int, ...]] = {}
        self._counts: dict[str, int] = {}  # of registers by name
        self._names: dict[tuple[int, ...], str] = {}
        self._lines: dict[Source, list[str]] = {}

    # ── Errors ────────────────────────────────────────────────────────────────────────────────────────────────────

    def place(self, node: "ast.QASMNode") -> tuple[int, int]:
        """Line and column of a node, from 1."""
        if node.span is None:
            return 1, 1
        line, column = node.span.start_line, node.span.start_column
        lines = self._lines.setdefault(self.source, self.source.text.split("\n"))
        name = getattr(node, "name", None)
        if isinstance(name, str) and line <= len(lines) and not lines[line - 1].startswith(name, column):
            column -= sum(len(text) + 1 for text in lines[: line - 1])  # the parser counts from the text's beginning
        return line, max(column, 0) + 1

    def error(self, node: "ast.QASMNode", message: str, hint: str | None = None) -> QasmError:
        """The error at a node."""
        return QasmError(message, self.source.name, *self.place(node), hint)

    def refuse(self, node: "ast.QASMNode", message: str, hint: str | None = None) -> NoReturn:
        """Raise the error at a node."""
        raise self.error(node, message, hint)

    def warn(self, node: "ast.QASMNode", message: str) -> None:
        """A warning at a node, once."""
        text = ":".join(map(str, (self.source.name, *self.place(node)))) + f": {message}"
        if text not in self.warnings:
            self.warnings.append(text)

    @contextmanager
    def problems_at(self, node: "ast.QASMNode") -> Iterator[None]:
        """Turns problems with values into errors at a node."""
        try:
            yield
        except ValueProblem as problem:
            self.refuse(node, str(problem))

    # ── Blocks and instructions ───────────────────────────────────────────────────────────────────────────────────

    @property
    def level(self) -> int:
        """How many blocks of which the run decides are open."""
        return len(self.blocks) - 1

    def emit(self, instruction: Instruction) -> None:
        """Add an instruction to the innermost block."""
        self.total += 1
        self.blocks[-1].append(instruction)

    def require(self, node: "ast.QASMNode", count: int) -> None:
        """Refuse what would make the circuit too long, before it is built."""
        if self.total + count * self.times > self.limits.operations:
            self.refuse_operations(node)

    def refuse_operations(self, node: "ast.QASMNode") -> NoReturn:
        """Raise the error of a circuit that would be too long."""
        message = f"This makes more than {self.limits.operations} operations."
        self.refuse(node, message, "Limits(operations=…) allows more.")

    @contextmanager
    def nested(self, node: "ast.QASMNode") -> Iterator[list[Instruction]]:
        """A block of which the run decides."""
        if len(self.blocks) > self.limits.nesting:
            self.refuse(node, f"Blocks may be nested {self.limits.nesting} deep.")
        block: list[Instruction] = []
        self.blocks.append(block)
        try:
            yield block
        finally:
            self.blocks.pop()

    @contextmanager
    def new_scope(self, is_border: bool = False) -> Iterator[Scope]:
        """A scope within the present one."""
        outer = self.scope
        self.scope = Scope(outer, is_border)
        try:
            yield self.scope
        finally:
            self.scope = outer

    def mark(self) -> Mark:
        """Where everything stands, to go back to."""
        return len(self._journal), tuple(map(len, self.blocks)), self.total

    def go_back(self, mark: Mark) -> None:
        """Undo all since the mark: instructions, and what variables hold."""
        self._restore(mark[0])
        for block, length in zip(self.blocks, mark[1], strict=True):
            del block[length:]
        self.total = mark[2]

    def _restore(self, position: int) -> dict[Variable, Any]:
        """Undo changes of variables; what they held before that."""
        changed: dict[Variable, Any] = {}
        while len(self._journal) > position:
            variable, state = self._journal.pop()
            changed.setdefault(variable, variable.state)
            variable.state = state
        return changed

    def branches(self, node: "ast.QASMNode", runs: Sequence[Callable[[], Signal]]) -> tuple[list[Block], Signal]:
        """Alternatives of which the run takes one, each walked from the same state; afterwards all may have been."""
        blocks: list[Block] = []
        ends: list[dict[Variable, Any] | None] = []
        start = len(self._journal)
        for run in runs:
            with self.nested(node) as block:
                signal = run()
            blocks.append(tuple(block))
            changed = self._restore(start)
            ends.append(None if signal else changed)
        alive = [end for end in ends if end is not None]
        for variable in dict.fromkeys(v for end in alive for v in end if v.level <= self.level):
            self._join(variable, [end.get(variable, variable.state) for end in alive])
        return blocks, None if alive else DEAD

    def _join(self, variable: Variable, states: list[Any]) -> None:
        """The variable's state where each of these may be."""
        bits = next((bits for _, _, bits in states if bits), ())
        first = states[0][0]
        if first is not None and all(_same(data, first) for data, _, _ in states):
            self.set_state(variable, first, None, bits)
            return
        values: set[int] | None = set()
        for data, possible, _ in states:
            found = {data} if isinstance(data, int) else possible
            values = None if values is None or found is None else values | found
        possible = frozenset(values) if values is not None and len(values) <= TRACKED else None
        self.set_state(variable, None, possible, bits)

    # ── Variables ─────────────────────────────────────────────────────────────────────────────────────────────────

    def set_state(self, variable: Variable, data: Any, possible: frozenset[int] | None, bits: tuple[int, ...]) -> None:
        """Change what a variable holds."""
        self._journal.append((variable, variable.state))
        variable.state = data, possible, bits

    def forget(self, node: "ast.QASMNode", variables: Sequence[Variable]) -> None:
        """Variables that a loop changes move to registers; what they hold is not known in it and after it."""
        for variable in variables:
            if variable.level <= self.level:
                self.settle_variable(node, variable)
                self.set_state(variable, None, None, variable.bits)

    def read(self, variable: Variable) -> Value:
        """What a variable holds."""
        if variable.data is not None:
            return Value(variable.type, variable.data)
        return Value(variable.type, self.read_bits(variable.bits))

    def read_bits(self, bits: Sequence[int]) -> Expression:
        """The value of classical bits, bit 0 first."""
        numbers = tuple(reversed(bits))
        return Expression("read", numbers, len(numbers), self._names.get(numbers, ""))

    def store(self, node: "ast.QASMNode", variable: Variable, value: Value, possible: Any = None) -> None:
        """Give a variable a value, which is converted to its type."""
        with self.problems_at(node):
            data = convert(value, variable.type, lambda e: self.settle(node, e)).data
        if isinstance(data, Expression):
            self.settle_variable(node, variable, is_overwritten=True)
            self.emit(Assignment(tuple(reversed(variable.bits)), data))
            self.set_state(variable, None, possible, variable.bits)
        elif isinstance(data, Affine):
            if variable.level < self.level:
                self._refuse_unknown(node, variable)
            self.set_state(variable, self._kept(node, data), None, ())
        elif variable.bits or variable.level < self.level:
            self.settle_variable(node, variable)
            if isinstance(data, ParameterExpression):
                self._refuse_unknown(node, variable)
            if not _same(variable.data, data):
                self._assign(variable.bits, data)
            self.set_state(variable, data, None, variable.bits)
        else:
            self.set_state(variable, data, None, ())

    def store_bits(self, node: "ast.QASMNode", variable: Variable, places: Sequence[int], value: Value) -> None:
        """Give some bits of a variable a value of type bit; the first place is bit 0."""
        known = isinstance(variable.data, int) and value.is_known
        after = self._with_bits(variable, places, value.data) if known else None
        if known and not variable.bits and variable.level == self.level:
            self.set_state(variable, after, None, ())
            return
        self.settle_variable(node, variable)
        targets = [variable.bits[k] for k in places]
        if isinstance(value.data, Expression):
            self.emit(Assignment(tuple(reversed(targets)), value.data))
        else:
            self._assign(targets, value.data)
        self.set_state(variable, after, None, variable.bits)

    def store_array(self, node: "ast.QASMNode", variable: Variable, data: Any) -> None:
        """Give an array new contents."""
        if variable.level < self.level:
            self._refuse_unknown(node, variable)
        self.set_state(variable, data, None, ())

    def _with_bits(self, variable: Variable, places: Sequence[int], bits: int) -> int:
        width = variable.type.width or 1
        digits = list(f"{variable.data % 2**width:0{width}b}"[::-1])
        for k, digit in zip(places, reversed(f"{bits:0{len(places)}b}"), strict=True):
            digits[k] = digit
        return wrapped(int("".join(reversed(digits)), 2), variable.type)

    def _assign(self, bits: Sequence[int], data: Any) -> None:
        self.emit(Assignment(tuple(reversed(bits)), constant(int(data), len(bits))))

    def settle_variable(self, node: "ast.QASMNode", variable: Variable, *, is_overwritten: bool = False) -> None:
        """Move a variable to a register, with what it holds, unless that is overwritten at once."""
        if variable.bits:
            return
        width = variable.type.width
        if width is None or isinstance(variable.data, (ParameterExpression, Affine)):
            self._refuse_unknown(node, variable)
        bits, is_new = self.allocate(node, variable.name, width, variable.key)
        needed = variable.level < self.level or not is_overwritten
        if needed and (variable.data or not is_new or variable.level):
            targets = tuple(reversed(bits))
            self.blocks[variable.level].append(Assignment(targets, constant(int(variable.data), width)))
            self.total += 1
        self.set_state(variable, variable.data, variable.possible, bits)

    def _refuse_unknown(self, node: "ast.QASMNode", variable: Variable) -> NoReturn:
        self.refuse(
            node,
            f"{variable.name} is changed where measured bits decide, but a variable of type {variable.type} lives only "
            "while the text is read.",
            "bit, bool, int, uint and angle[n] are kept in classical bits.",
        )

    def _kept(self, node: "ast.QASMNode", number: Affine) -> Affine:
        """A number that depends on bits, with copies of these bits as they are now."""
        copy = self.settle(node, join([bit for bit, _ in reversed(number.terms)]))
        bits = [Expression("read", (place,), 1) for place in reversed(copy.args)]
        return Affine(number.constant, tuple(zip(bits, (weight for _, weight in number.terms), strict=True)))

    # ── Registers of bits ─────────────────────────────────────────────────────────────────────────────────────────

    def allocate(
        self, node: "ast.QASMNode", name: str, width: int, key: tuple[Any, ...]
    ) -> tuple[tuple[int, ...], bool]:
        """Classical bits for what has this key, and whether they are new."""
        key = (*key, width)
        if key in self._registers:
            return self._registers[key], False
        if self.circuit.num_bits + width > self.limits.bits:
            self.refuse(node, f"More than {self.limits.bits} classical bits are needed.", "Limits(bits=…) allows more.")
        names = self.circuit.bits
        free = name
        while free in names:
            self._counts[name] = self._counts.get(name, 1) + 1
            free = f"{name}_{self._counts[name]}"
        register = self.circuit.add_bits(free, width, lsb0=True)
        bits = tuple(range(register.start, register.start + width))
        self._registers[key] = bits
        self._names[bits[::-1]] = free if width > 1 else f"{free}[0]"
        if width > 1:
            self._names |= {(bit,): f"{free}[{k}]" for k, bit in enumerate(bits)}
        return bits, True

    def settle(self, node: "ast.QASMNode", expression: Expression) -> Expression:
        """An expression computed now, into bits of its own; what reads these."""
        bits, _ = self.allocate(node, "value", expression.width, ("value", id(node), expression.key()))
        self.emit(Assignment(tuple(reversed(bits)), expression))
        return self.read_bits(bits)


def _same(one: Any, other: Any) -> bool:
    """Whether two known values are the same; others never are."""
    return type(one) is type(other) and isinstance(one, (int, float, complex, list)) and bool(one == other)
