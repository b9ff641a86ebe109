"""What every drawing of a circuit shares: the picture of each instruction, and the column and row where it goes.

A picture has signs on rows, joined by a vertical line, or a box over rows, or both (a controlled box). Rows are qubits
from top to bottom; of a circuit with very many the middle ones are left out, and one row stands for them all.
Columns are filled as soon as possible: a picture goes to the first column in which all rows that it spans are free,
after everything that acted on its qubits; a measurement also after all operations before it, so that the measurements
at the end of a circuit stand below each other, and after those into the same bit. The work is bounded: instructions are
read only until the room is full, from the front and, where that does not reach the end, from the back.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from qsim.circuit import Barrier, Circuit, Instruction, Measurement, Operation
from qsim.circuit.analysis import locate
from qsim.circuit.registers import Register
from qsim.errors import CircuitError
from qsim.gates import TABLE, Gate
from qsim.gates.angles import format_angle
from qsim.gates.table import CONTROLLED

__all__ = ["CONTROL", "HIDDEN", "OPEN_CONTROL", "Column", "Item", "Layout", "Names", "Rows", "depict", "lay_out"]

CONTROL, OPEN_CONTROL = "●", "○"  # signs of controls on 1 and on 0
HIDDEN = "⋮"  # the sign for all that an instruction does on qubits that are left out
MAX_READ = 20_000  # instructions looked at from either end: they may all lie on qubits that are left out


@dataclass(frozen=True, slots=True)
class Item:
    """The picture of an instruction.

    Attributes:
        kind: what it is.
        signs: row → `●`, `○`, a sign of the gate table such as `⊕`, or a label such as `RX(π/2)`.
        box: row → which of the gate's targets is there, counted from 0; empty if there is no box.
        label: name in the box, name of the bit of a measurement, or phase of an operation that has controls alone.
        bit: the bit that a measurement writes.
    """

    kind: Literal["operation", "measurement", "barrier"]
    signs: dict[int, str]
    box: dict[int, str] = field(default_factory=dict)
    label: str = ""
    bit: int | None = None

    @property
    def rows(self) -> list[int]:
        """Rows that it acts on, from the top."""
        return sorted({*self.signs, *self.box})


class Names:
    """Short names of qubits or bits: `q0` in registers of one letter, `data[0]` in others.

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
        register = self._registers[bisect_right(self._starts, number) - 1]
        position = number - register.start
        return f"{register.name}{position}" if len(register.name) == 1 else f"{register.name}[{position}]"


@dataclass(frozen=True, slots=True)
class Rows:
    """Which row each qubit has: its own, or the one row for all that are left out.

    Attributes:
        num_qubits: qubits of the circuit.
        limit: how many of them get a row: the first half of that number, and the last.

    >>> rows = Rows(100, limit=4)
    >>> rows.qubits, [rows[qubit] for qubit in (0, 1, 2, 97, 98, 99)]
    ([0, 1, None, 98, 99], [0, 1, 2, 2, 3, 4])
    """

    num_qubits: int
    limit: int

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
        """The qubit of each row, None for the gap."""
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


# ── From an instruction to its picture ────────────────────────────────────────────────────────────────────────────────


def depict(instruction: Instruction, rows: Rows, bits: Names) -> Item | None:
    """The picture of an instruction, or None where its kind has none.

    >>> depict(Circuit(2).rzz(0.5, 1, 0)[0], Rows(2, 64), Names([]))
    Item(kind='operation', signs={}, box={1: '0', 0: '1'}, label='RZZ(0.5)', bit=None)
    """
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
    return Item("measurement", rows.place({measurement.qubit: "M"}), label=bits[measurement.bit], bit=measurement.bit)


def _depict_barrier(barrier: Barrier, rows: Rows, bits: Names) -> Item:
    return Item("barrier", rows.place(dict.fromkeys(barrier.qubits, "░")))


_DEPICTORS: dict[type[Instruction], Callable[[Any, Rows, Names], Item]] = {
    Operation: _depict_operation,
    Measurement: _depict_measurement,
    Barrier: _depict_barrier,
}

# ── From pictures to columns ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Column:
    """Pictures that stand above each other.

    Attributes:
        taken: for each row, whether a picture spans it.
        width: that of its widest picture.
        items: the pictures.
    """

    taken: bytearray
    width: int = 0
    items: list[Item] = field(default_factory=list)


@dataclass
class Part:
    """A run of instructions, laid out in the order in which they are read.

    Attributes:
        columns: where they went.
        num_read: how many instructions were read and found room, those without a picture included.
        num_hidden: how many of them act on qubits that are left out, and on no other.
        phases: labels of the operations without qubits.
    """

    num_rows: int
    room: int
    columns: list[Column] = field(default_factory=list)
    num_read: int = 0
    num_hidden: int = 0
    phases: list[str] = field(default_factory=list)
    _ready: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))  # first column after all on a place
    _end: int = 0  # first column after all but measurements

    def add(self, item: Item, width: int) -> bool:
        """Put a picture into the first column that comes after all that it follows and is free; False if none fits."""
        rows = item.rows
        places = rows if item.bit is None else [*rows, self.num_rows + item.bit]
        at, span = max(self._ready[place] for place in places), slice(rows[0], rows[-1] + 1)
        if item.kind == "measurement":
            at = max(at, self._end)
        while at < len(self.columns) and any(self.columns[at].taken[span]):
            at += 1
        is_new = at == len(self.columns)
        column = Column(bytearray(self.num_rows)) if is_new else self.columns[at]
        growth = max(width - column.width, 0)
        if growth > self.room and self.columns:
            return False
        if is_new:
            self.columns.append(column)
        self.room -= growth
        column.width += growth
        column.items.append(item)
        column.taken[span] = bytes([1]) * (rows[-1] + 1 - rows[0])
        self._ready.update(dict.fromkeys(places, at + 1))
        if item.kind != "measurement":
            self._end = max(self._end, at + 1)
        return True


@dataclass(frozen=True, slots=True)
class Layout:
    """A circuit in rows and columns.

    Attributes:
        parts: its columns; two runs of them, the first and the last, where those between are left out.
        num_skipped: how many instructions between the two parts are left out.
        num_hidden: how many instructions of the parts are left out because all their qubits are.
        phases: labels of the operations without qubits.
    """

    parts: list[list[Column]]
    num_skipped: int
    num_hidden: int
    phases: list[str]


def lay_out(circuit: Circuit, rows: Rows, measure: Callable[[Item], int], room: int) -> Layout:
    """Find the place of each instruction, or of the first and last ones where not all have room.

    Args:
        circuit: what to draw.
        rows: the row of each qubit.
        measure: the width of a picture, in units of the drawing.
        room: what the widths of all columns may add up to.

    Raises:
        CircuitError: there is no picture of that kind of instruction.

    >>> layout = lay_out(Circuit(3).h(0).cx(0, 2).x(1), Rows(3, 64), measure=lambda item: 1, room=100)
    >>> [[item.signs for item in column.items] for column in layout.parts[0]]
    [[{0: 'H'}, {1: 'X'}], [{0: '●', 2: '⊕'}]]
    """
    whole = _read(circuit, range(len(circuit)), measure, rows, room)
    if whole.num_read == len(circuit):
        return Layout([whole.columns], 0, whole.num_hidden, whole.phases)
    first = _read(circuit, range(len(circuit)), measure, rows, room // 2)
    last = _read(circuit, range(len(circuit) - 1, first.num_read - 1, -1), measure, rows, room // 2)
    num_skipped = len(circuit) - first.num_read - last.num_read
    return Layout(
        [first.columns, last.columns[::-1]] if num_skipped else [first.columns + last.columns[::-1]],
        num_skipped,
        first.num_hidden + last.num_hidden,
        first.phases + last.phases[::-1],
    )


def _read(circuit: Circuit, numbers: range, measure: Callable[[Item], int], rows: Rows, room: int) -> Part:
    """Lay out the instructions with these numbers until the room is full."""
    part, bits = Part(len(rows.qubits), room), Names(circuit.bits.registers)
    for number in islice(numbers, MAX_READ):
        item = depict(circuit[number], rows, bits)
        if item is None:
            raise CircuitError(f"{locate(number, circuit[number])}: there is no picture of this kind of instruction.")
        touched = item.rows
        if not touched:
            part.phases += [item.label] if item.kind == "operation" else []
        elif touched == [rows.gap]:
            part.num_hidden += 1
        elif not part.add(item, measure(item)):
            break
        part.num_read += 1
    return part
