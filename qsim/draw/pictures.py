"""Pictures of instructions, in terms of rows: signs, boxes, labels; characters and shapes are the drawers' matter.

A picture has signs on rows, joined by a vertical line, or a box over rows, or both (a controlled box). Rows are qubits
from top to bottom; of a circuit with very many the middle ones are left out, and one row stands for them all. Below
them, drawings of lines and boxes have a row for each classical register, and pictures have wires to those that they
read or write; text has none. What acts on bits alone is a box over the block that it stands in or, outside blocks, on
the rows of its registers, in text on one row for all bits.
"""

import operator
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Literal

from qsim.circuit import (
    Assignment,
    Barrier,
    BitRegister,
    Break,
    Continue,
    Expression,
    ForLoop,
    IfElse,
    Initialize,
    Instruction,
    Measurement,
    Operation,
    Reset,
    Switch,
    WhileLoop,
)
from qsim.circuit.flow import ControlFlow
from qsim.circuit.registers import Register
from qsim.draw.fold import Folded
from qsim.draw.steps import Step, is_compact
from qsim.draw.view import Boxed, Framed
from qsim.gates import TABLE, Gate
from qsim.gates.angles import format_angle
from qsim.gates.table import CONTROLLED

__all__ = ["CONTROL", "HIDDEN", "OPEN_CONTROL", "Item", "Names", "Rows", "depict"]

CONTROL, OPEN_CONTROL = "●", "○"  # signs of controls on 1 and on 0
HIDDEN = "⋮"  # the sign for all that an instruction does on qubits that are left out
MAX_TERMS = 12  # reads and numbers of a condition, numbers of a list: labels have no room for more
MAX_REGISTERS = 8  # rows of classical registers
MAX_DIGITS = 64  # bits of a number that is written in decimal


Kind = Literal[
    "operation", "measurement", "reset", "initialize", "barrier", "part", "classical",
    "start", "middle", "end", "open", "close",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """The picture of an instruction, or one caption of an instruction with blocks.

    Attributes:
        kind: what it is; "start", "middle" and "end" are the captions before, between and after blocks, "open" and
            "close" are those of a frame, "part" is a named sub-circuit as one box, "classical" is what acts on bits
            alone or leaves a loop.
        signs: row → `●`, `○`, a sign of the gate table such as `⊕`, or a label such as `RX(π/2)`.
        box: row → which of the gate's targets is there, counted from 0, or nothing; empty if there is no box.
        label: what is written in the box, the name of the bit of a measurement, or the phase of an operation that has
            controls alone.
        condition: under which it happens, if that is a part of the picture.
        bits: classical bits that it reads or writes; of a caption, those of all blocks.
        written: those that it writes.
        wires: row of a register → the place of the bit that is written there, or nothing where it is only read.
        depth: how many blocks it stands in.
        step: what it is the picture of.
    """

    kind: Kind
    signs: dict[int, str]
    box: dict[int, str] = field(default_factory=dict)
    label: str = ""
    condition: str = ""
    bits: tuple[int, ...] = ()
    written: tuple[int, ...] = ()
    wires: dict[int, str] = field(default_factory=dict)
    depth: int = 0
    step: Step | None = field(default=None, compare=False, repr=False)

    @property
    def rows(self) -> list[int]:
        """Rows that it acts on, from the top."""
        return sorted({*self.signs, *self.box, *self.wires})

    @property
    def is_caption(self) -> bool:
        """Whether a block starts or ends with it: nothing else stands in the rows that it spans."""
        return self.kind in ("start", "middle", "end", "open", "close")


class Names:
    """Short names of qubits or bits: `q0` in registers of one letter, `data[0]` in others.

    >>> from qsim import Circuit
    >>> circuit = Circuit(1)
    >>> data = circuit.add_qubits("data", 2)
    >>> names = Names(circuit.qubits.registers)
    >>> names[0], names[2]
    ('q0', 'data[1]')
    """

    def __init__(self, registers: Iterable[Register[Any]]) -> None:
        self._registers = tuple(registers)
        self._starts = [register.start for register in self._registers]

    def __getitem__(self, number: int) -> str:
        register = self._register(number)
        position = number - register.start
        return f"{register.name}{position}" if len(register.name) == 1 else f"{register.name}[{position}]"

    def _register(self, number: int) -> Register[Any]:
        return self._registers[bisect_right(self._starts, number) - 1]

    def spell(self, numbers: Sequence[int]) -> str:
        """What is read or written as a whole: a register by its name, other bits one by one, the first is highest."""
        if len(numbers) == 1:
            return self[numbers[0]]
        register = self._register(min(numbers))
        places = range(register.start, register.start + register.size)
        if isinstance(register, BitRegister) and register.lsb0:
            places = places[::-1]
        if len(numbers) == len(places) and all(map(operator.eq, numbers, places)):
            return register.name
        return f"[{_listing(numbers, self.__getitem__)}]"


@dataclass(frozen=True, slots=True)
class Rows:
    """Which row each qubit has: its own, or the one row for all that are left out; the bits may have one below.

    Attributes:
        num_qubits: qubits of the circuit.
        limit: how many of them get a row: the first half of that number, and the last.
        has_bits: whether there is one row for all that acts on bits alone.
        registers: classical registers, none of them empty; each has a row, but the last row is for all that are left.

    >>> rows = Rows(100, limit=4)
    >>> rows.qubits, [rows[qubit] for qubit in (0, 1, 2, 97, 98, 99)]
    ([0, 1, None, 98, 99], [0, 1, 2, 2, 3, 4])
    """

    num_qubits: int
    limit: int
    has_bits: bool = False
    registers: tuple[BitRegister, ...] = ()

    def __len__(self) -> int:
        return self.num_quantum + self.has_bits + min(len(self.registers), MAX_REGISTERS)

    @property
    def num_quantum(self) -> int:
        """Rows of qubits, the gap included."""
        return min(self.num_qubits, self.limit) + (self.gap is not None)

    @property
    def bits(self) -> int | None:
        """The row of the bits, the last one, if there is one."""
        return len(self) - 1 if self.has_bits else None

    @property
    def gap(self) -> int | None:
        """The row that stands for qubits that are left out, if there are any."""
        return (self.limit + 1) // 2 if self.num_qubits > self.limit else None

    @property
    def num_hidden(self) -> int:
        """Number of qubits that are left out."""
        return max(self.num_qubits - self.limit, 0)

    @property
    def qubits(self) -> list[int | None]:
        """The qubit of each row of qubits, None for the gap."""
        if self.gap is None:
            return list(range(self.num_qubits))
        return [*range(self.gap), None, *range(self.gap + self.num_hidden, self.num_qubits)]

    def __getitem__(self, qubit: int) -> int:
        gap = self.gap
        if gap is None or qubit < gap:
            return qubit
        return max(qubit - self.num_hidden + 1, gap)

    def place(self, signs: dict[int, str]) -> dict[int, str]:
        """From signs on qubits to signs on rows."""
        return {(row := self[qubit]): HIDDEN if row == self.gap else sign for qubit, sign in signs.items()}

    def box(self, qubits: Sequence[int]) -> dict[int, str]:
        """A box over ascending qubits; those that are left out are not looked at one by one.

        >>> Rows(100, limit=4).box(range(1, 99))
        {1: '', 2: '⋮', 3: ''}
        """
        gap = self.gap
        if gap is None:
            return dict.fromkeys(qubits, "")
        first, last = bisect_left(qubits, gap), bisect_left(qubits, gap + self.num_hidden)
        hidden = {gap: HIDDEN} if first < last else {}
        return dict.fromkeys(qubits[:first], "") | hidden | {self[qubit]: "" for qubit in qubits[last:]}

    @property
    def classical(self) -> list[tuple[BitRegister, ...]]:
        """The registers on each classical row: one, or on the last row all that are left.

        >>> from qsim import Circuit
        >>> circuit = Circuit(1, 2)
        >>> flag = circuit.add_bits("flag", 1)
        >>> rows = Rows(1, 64, registers=circuit.bits.registers)
        >>> len(rows), [[register.name for register in row] for row in rows.classical], rows.wires([2])
        (3, [['c'], ['flag']], [2])
        """
        own: list[tuple[BitRegister, ...]] = [(register,) for register in self.registers[: MAX_REGISTERS - 1]]
        rest = self.registers[MAX_REGISTERS - 1 :]
        return [*own, rest] if rest else own

    def wires(self, bits: Sequence[int]) -> list[int]:
        """The classical rows of these bits, which ascend."""
        ends = [row[-1].start + row[-1].size for row in self.classical]
        cuts = [0, *(bisect_left(bits, end) for end in ends)]
        return [self.num_quantum + at for at, (a, b) in enumerate(pairwise(cuts)) if a < b]

    def box_of_bits(self, bits: Sequence[int]) -> dict[int, str]:
        """A box on the row of the bits, or on those of the registers of these."""
        if self.bits is not None:
            return {self.bits: ""}
        return dict.fromkeys(self.wires(bits) or [len(self) - 1][: len(self.registers)], "")


# ── From an instruction to its picture ────────────────────────────────────────────────────────────────────────────────


def depict(step: Step, rows: Rows, bits: Names) -> Item | None:
    """The picture of a step, or None where its kind of instruction has none.

    What has no qubits is put over the block around it; outside blocks a global phase has no rows, nor has a barrier.

    >>> from qsim import Circuit
    >>> item = depict(Step(0, Circuit(2).rzz(0.5, 1, 0)[0]), Rows(2, 64), Names([]))
    >>> item.box, item.label
    ({1: '0', 0: '1'}, 'RZZ(0.5)')
    """
    item = _depict(step.instruction, rows, bits) if step.caption is None else _caption(step, rows, bits)
    if item is None:
        return None
    is_phase = item.kind == "operation" and not step.depth and not item.condition
    if not item.rows and item.kind != "barrier" and not is_phase:
        item = replace(item, box=rows.box(step.outer) or rows.box_of_bits(item.bits))
    return replace(item, depth=step.depth, step=step, wires=_wires(item, step, rows, bits) if rows.registers else {})


def _wires(item: Item, step: Step, rows: Rows, names: Names) -> dict[int, str]:
    """Rows of registers that it reads or writes by itself; blocks do it by what is in them."""
    read, written = item.bits, item.written
    if item.is_caption:
        head = _CONDITIONS.get(type(step.instruction))
        read, written = tuple(sorted(head(step.instruction).bits)) if head and not step.caption else (), ()
    wires = dict.fromkeys(rows.wires(sorted(read)), "")
    if item.kind == "part":
        wires |= {row: _places(written, rows.classical[row - rows.num_quantum]) for row in rows.wires(written)}
    if item.kind == "measurement":
        (row,) = rows.wires(written)
        is_alone = len(rows.classical[row - rows.num_quantum]) == 1
        wires[row] = str(written[0] - rows.classical[row - rows.num_quantum][0].start) if is_alone else item.label
    return {row: place for row, place in wires.items() if row not in item.box}


def _places(bits: Sequence[int], registers: tuple[BitRegister, ...]) -> str:
    """Which bits of the registers of a row are written: ends of a run, places, or how many of several registers."""
    start, stop = registers[0].start, registers[-1].start + registers[-1].size
    found = [bit - start for bit in bits[bisect_left(bits, start) : bisect_left(bits, stop)]]
    if len(registers) > 1:
        return f"{len(found)} bit{'s' * (len(found) != 1)}"
    if len(found) > 2 and found[-1] - found[0] == len(found) - 1:
        return f"{found[0]}–{found[-1]}"
    return _listing(found, str)


def _depict(instruction: Instruction, rows: Rows, bits: Names) -> Item | None:
    """The picture of an instruction that is not opened."""
    depictor = _DEPICTORS.get(type(instruction))
    return None if depictor is None else depictor(instruction, rows, bits)


def _depict_operation(operation: Operation, rows: Rows, bits: Names) -> Item:
    gate, targets = operation.gate, operation.targets
    values = zip(operation.controls, gate.control_state, strict=True)
    controls = {qubit: CONTROL if value == "1" else OPEN_CONTROL for qubit, value in values}
    names = _target_signs(gate)
    if len(targets) == len(names):
        signs = controls | dict(zip(targets, names, strict=True))
        return Item("operation", rows.place(signs))
    box = rows.place({qubit: str(slot) for slot, qubit in enumerate(targets)})
    if len(box) == 1:  # all in the gap
        return Item("operation", rows.place(controls) | box)
    return Item("operation", rows.place(controls), box, names[0])


def _target_signs(gate: Gate) -> list[str]:
    """A sign for each target, or one label for a box over them, or for a phase that has no targets."""
    base = gate.spec.base or gate.spec
    row = CONTROLLED.get((base, 1), base) if gate.num_controls and base.num_qubits else base
    is_table_row = TABLE.get(gate.spec.name) is gate.spec  # a name that a user gave may be empty, or contain ─
    names = row.symbol.split("─")[row.controls :] if is_table_row else [row.symbol.strip() or "unitary"]
    if gate.params:
        names[-1] += f"({','.join(map(format_angle, gate.params))})"
    return names


def _depict_measurement(measurement: Measurement, rows: Rows, bits: Names) -> Item:
    signs, written = rows.place({measurement.qubit: "M"}), measurement.written
    return Item("measurement", signs, label=bits[measurement.bit], bits=written, written=written)


def _depict_reset(reset: Reset, rows: Rows, bits: Names) -> Item:
    return Item("reset", rows.place({reset.qubit: "|0⟩"}))


def _depict_initialize(initialize: Initialize, rows: Rows, bits: Names) -> Item:
    label = f"|{initialize.label}⟩" if initialize.label else "init"
    box = rows.place({qubit: str(slot) for slot, qubit in enumerate(initialize.qubits)})
    if len(initialize.qubits) == 1:
        return Item("initialize", rows.place({initialize.qubits[0]: label}))
    return Item("initialize", {}, box, label)


def _depict_part(boxed: Boxed, rows: Rows, bits: Names) -> Item:
    """A box with a number on each qubit; where bits have no rows the label says which ones it reads and writes."""
    part, written = boxed.part, boxed.written
    values = zip(part.controls, part.control_state, strict=True)
    controls = {qubit: CONTROL if value == "1" else OPEN_CONTROL for qubit, value in values}
    is_one = len(part.qubits) == 1
    box = rows.place({qubit: "" if is_one else str(slot) for slot, qubit in enumerate(part.qubits)})
    label, read = part.name, tuple(bit for bit in boxed.bits if bit not in written)
    if not rows.registers:
        label += (f"←{bits.spell(read)}" if read else "") + (f"→{bits.spell(written)}" if written else "")
    return Item("part", rows.place(controls), box, label, bits=boxed.bits, written=written)


def _depict_barrier(barrier: Barrier, rows: Rows, bits: Names) -> Item:
    return Item("barrier", rows.place(dict.fromkeys(barrier.qubits, "░")))


def _depict_assignment(assignment: Assignment, rows: Rows, bits: Names) -> Item:
    label = f"{bits.spell(assignment.targets)} = {_spell(assignment.value, bits)}"
    return Item("classical", {}, label=label, bits=assignment.bits, written=assignment.written)


def _depict_jump(jump: Break | Continue, rows: Rows, bits: Names) -> Item:
    return Item("classical", {}, label=jump.name)


def _depict_compact(flow: IfElse, rows: Rows, bits: Names) -> Item | None:
    """One instruction under a condition, on the picture of that instruction."""
    item = _depict(flow.blocks[0][0], rows, bits) if is_compact(flow) else None
    condition = _spell(flow.condition, bits)
    return item and replace(item, condition=condition, bits=flow.bits, written=flow.written)


_DEPICTORS: dict[type[Instruction], Callable[[Any, Rows, Names], Item | None]] = {
    Operation: _depict_operation,
    Measurement: _depict_measurement,
    Reset: _depict_reset,
    Initialize: _depict_initialize,
    Barrier: _depict_barrier,
    Boxed: _depict_part,
    Assignment: _depict_assignment,
    Break: _depict_jump,
    Continue: _depict_jump,
    IfElse: _depict_compact,
}

# ── Captions of blocks ────────────────────────────────────────────────────────────────────────────────────────────────


def _caption(step: Step, rows: Rows, bits: Names) -> Item | None:
    """The box before a block or, at last, after all, over all qubits of the blocks."""
    flow, number = step.instruction, step.caption or 0
    if isinstance(flow, Framed):
        frame: Kind = "close" if number else "open"
        return Item(frame, {}, rows.box(flow.qubits), flow.title, bits=flow.bits, written=flow.written)
    if not isinstance(flow, ControlFlow) or type(flow) not in _HEADS:
        return None
    kind: Kind = "middle"
    if number == 0:
        kind, label = "start", _HEADS[type(flow)](flow, bits)
    elif number == len(flow.blocks) + isinstance(flow, Switch):
        kind, label = "end", "end"
    else:
        label = _case(flow.cases[number - 1]) if isinstance(flow, Switch) else "else"
    return Item(kind, {}, rows.box(flow.qubits), label, bits=flow.bits, written=flow.written)


_HEADS: dict[type[Instruction], Callable[[Any, Names], str]] = {
    IfElse: lambda flow, bits: f"if {_spell(flow.condition, bits)}",
    WhileLoop: lambda flow, bits: f"while {_spell(flow.condition, bits)}",
    ForLoop: lambda flow, bits: f"for {flow.parameter.name} in {_values(flow.values)}",
    Switch: lambda flow, bits: f"switch {_spell(flow.subject, bits)}",
    Folded: lambda flow, bits: f"repeat ×{flow.times:,}",
}

_CONDITIONS: dict[type[Instruction], Callable[[Any], Expression]] = {
    IfElse: lambda flow: flow.condition,
    WhileLoop: lambda flow: flow.condition,
    Switch: lambda flow: flow.subject,
}


def _values(values: range | tuple[int, ...]) -> str:
    return repr(values) if isinstance(values, range) else f"({_listing(values, _number)})"


def _case(values: tuple[int, ...] | None) -> str:
    return "default" if values is None else f"case {_listing(values, _number)}"


_MORE = Expression("value", (0,), 1, "…")


def _spell(expression: Expression, bits: Names) -> str:
    """An expression with the names of the drawing; of a large one the first terms, and … for the others.

    >>> from qsim import Circuit
    >>> bits = Circuit(0, 2).bits
    >>> _spell((bits["c"] == "10") | ~bits[0], Names(bits.registers))
    "(c == '10') | ~c0"
    """
    num_terms = 0

    def shorten(part: Expression) -> Expression:
        nonlocal num_terms
        if num_terms >= MAX_TERMS:
            return _MORE
        if part.op in ("read", "value"):
            num_terms += 1
            is_number = part.op == "value" and not part.text
            return Expression(part.op, part.args, part.width, _number(part.args[0])) if is_number else part
        args = tuple(map(shorten, part.args))
        if args[-1] is _MORE and any(end is _MORE for end in (args[0], *args[0].args)):
            return args[0]  # one … is enough
        return Expression(part.op, args, part.width)

    return shorten(expression).spelled(bits.spell)


def _number(value: int) -> str:
    """In decimal, or in hexadecimal where that is too long to read."""
    return str(value) if abs(value).bit_length() <= MAX_DIGITS else hex(value)


def _listing(values: Sequence[int], spell: Callable[[int], str]) -> str:
    return ", ".join([*map(spell, values[:MAX_TERMS]), *(["…"] if len(values) > MAX_TERMS else [])])
