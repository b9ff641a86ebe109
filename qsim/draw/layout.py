"""Where every drawing of a circuit puts pictures: the column of each, and what is left out of a long circuit.

Columns are filled as soon as possible: a picture goes to the first column in which all rows that it spans are free,
after everything that acted on its qubits, after what wrote the bits that it reads, and after what read or wrote the
bits that it writes. A measurement outside blocks also goes after all operations before it, so that the measurements at
the end of a circuit stand below each other. In the rows that a block spans, nothing else stands beside it. The work is
bounded: instructions are read only until the room is full, from the front and, where that does not reach the end, from
the back; what is left out is counted, no more.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice

from qsim.circuit import Barrier, Circuit, Operation
from qsim.circuit.analysis import locate
from qsim.draw.pictures import CONTROL, HIDDEN, OPEN_CONTROL, Item, Names, Rows, depict
from qsim.draw.steps import Step, count, steps
from qsim.errors import CircuitError

__all__ = [
    "CONTROL",
    "HIDDEN",
    "OPEN_CONTROL",
    "Column",
    "Frame",
    "Item",
    "Layout",
    "Names",
    "Rows",
    "check_option",
    "depict",
    "frames",
    "has_classical",
    "lay_out",
    "notes",
    "wrap",
]

MAX_READ = 20_000  # steps looked at from either end: they may all lie on qubits that are left out
MAX_LISTED = 8  # registers of bits and global phases that are listed below the drawing
MANY_BITS = 64  # what reads or writes more waits for all that touches bits, and is waited for


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
class _BitOrder:
    """The columns in which bits may be read and written: a write neither passes a read nor another write."""

    _read: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))  # first column after all reads …
    _written: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))  # … and after all writes
    _floor: int = 0  # first column after all that touches many bits
    _end: int = 0  # first column after all that touches any

    def earliest(self, item: Item) -> int:
        """The first column for a picture."""
        if not item.bits:
            return 0
        if len(item.bits) > MANY_BITS:
            return self._end
        reads, writes = (self._written[bit] for bit in item.bits), (self._read[bit] for bit in item.written)
        return max(self._floor, *reads, *writes)

    def put(self, item: Item, at: int) -> None:
        """Note that it stands in this column."""
        if not item.bits:
            return
        self._end = max(self._end, at + 1)
        if len(item.bits) > MANY_BITS:
            self._floor = at + 1
            return
        for bit in item.bits:
            self._read[bit] = max(self._read[bit], at + 1)
        for bit in item.written:
            self._written[bit] = at + 1


@dataclass
class Part:
    """A run of steps, laid out in the order in which they are read.

    Attributes:
        columns: where they went.
        num_steps: how many steps were read and found room, those without a picture included.
        num_read: how many instructions are among them.
        num_hidden: how many of these act on qubits that are left out, and on no other.
        phases: labels of the operations without qubits.
        is_all: whether no step was left when they were read.
    """

    num_rows: int
    room: int
    columns: list[Column] = field(default_factory=list)
    num_steps: int = 0
    num_read: int = 0
    num_hidden: int = 0
    phases: list[str] = field(default_factory=list)
    is_all: bool = False
    _rows: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))  # first column after all on a row
    _bits: _BitOrder = field(default_factory=_BitOrder)
    _end: int = 0  # first column after all but measurements

    def add(self, item: Item, width: int) -> bool:
        """Put a picture into the first column that comes after all that it follows and is free; False if none fits."""
        rows = item.rows
        span = slice(rows[0], rows[-1] + 1)
        places = {*rows, *range(min(item.box), max(item.box) + 1)} if item.is_caption else rows
        at = max(self._bits.earliest(item), *(self._rows[row] for row in places))
        if item.kind == "measurement" and not item.depth:
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
        for row in places:
            self._rows[row] = at + 1
        self._bits.put(item, at)
        if item.kind != "measurement":
            self._end = max(self._end, at + 1)
        return True


@dataclass(frozen=True, slots=True)
class Layout:
    """A circuit in rows and columns.

    Attributes:
        parts: its columns; two runs of them, the first and the last, where those between are left out.
        num_instructions: how many instructions the circuit has, those in blocks included.
        num_skipped: how many of them, between the two parts, are left out.
        num_hidden: how many instructions of the parts are left out because all their qubits are.
        phases: labels of the operations without qubits.
    """

    parts: list[list[Column]]
    num_instructions: int
    num_skipped: int
    num_hidden: int
    phases: list[str]


def has_classical(circuit: Circuit) -> bool:
    """Whether a row for the bits is needed: something outside blocks acts on no qubit, but on bits alone."""
    ends = (islice(circuit, MAX_READ), islice(reversed(circuit), MAX_READ))
    return any(not i.qubits and not isinstance(i, (Operation, Barrier)) for i in chain(*ends))


def lay_out(circuit: Circuit, rows: Rows, measure: Callable[[Item], int], room: int) -> Layout:
    """Find the place of each instruction, or of the first and last ones where not all have room.

    Args:
        circuit: what to draw.
        rows: the row of each qubit, and of the bits where `has_classical` says so.
        measure: the width of a picture, in units of the drawing.
        room: what the widths of all columns may add up to.

    Raises:
        CircuitError: there is no picture of that kind of instruction.

    >>> layout = lay_out(Circuit(3).h(0).cx(0, 2).x(1), Rows(3, 64), measure=lambda item: 1, room=100)
    >>> [[item.signs for item in column.items] for column in layout.parts[0]]
    [[{0: 'H'}, {1: 'X'}], [{0: '●', 2: '⊕'}]]
    """
    names = Names(circuit.bits.registers)

    def read(steps: Iterable[Step], room: int) -> Part:
        return _read(steps, names, measure, rows, room)

    whole = read(steps(circuit), room)
    if whole.is_all:
        return Layout([whole.columns], whole.num_read, 0, whole.num_hidden, whole.phases)
    num_steps, num_instructions = count(circuit)
    first = read(steps(circuit), room // 2)
    num_left = num_steps - first.num_steps
    last = read(islice(steps(circuit, backward=True), min(num_left, MAX_READ)), room // 2)
    is_joined = last.num_steps == num_left
    return Layout(
        [first.columns + last.columns[::-1]] if is_joined else [first.columns, last.columns[::-1]],
        num_instructions,
        num_instructions - first.num_read - last.num_read,
        first.num_hidden + last.num_hidden,
        first.phases + last.phases[::-1],
    )


def _read(steps: Iterable[Step], bits: Names, measure: Callable[[Item], int], rows: Rows, room: int) -> Part:
    """Lay out steps until the room is full."""
    part, left = Part(len(rows), room), iter(steps)
    for step in islice(left, MAX_READ):
        item = depict(step, rows, bits)
        if item is None:
            place = locate(step.number, step.instruction)
            raise CircuitError(f"{place}: there is no picture of this kind of instruction.")
        touched = item.rows
        if not touched:
            part.phases += [item.label] if item.kind == "operation" else []
        elif {*item.signs, *item.box} == {rows.gap}:
            part.num_hidden += step.num_instructions
        elif not part.add(item, measure(item)):
            return part
        part.num_steps += 1
        part.num_read += step.num_instructions
    part.is_all = next(left, None) is None
    return part


# ── What drawers share ────────────────────────────────────────────────────────────────────────────────────────────────


def wrap(columns: list[Column], room: int) -> list[list[Column]]:
    """As many columns a panel as fit, at least one panel; the ends of a frame stand beside something within it."""
    panels: list[list[Column]] = [[]]
    left = room
    for column in columns:
        if column.width > left:
            panels.append([])
            left = room
            while _belongs(panels[-2], panels[-1] or [column], left - column.width):
                panels[-1].insert(0, panels[-2].pop())
                left -= panels[-1][0].width
        panels[-1].append(column)
        left -= column.width
    return panels


def _belongs(before: list[Column], panel: list[Column], left: int) -> bool:
    """Whether the last column before a panel goes to it: it opens a frame, or the first one there closes one."""
    if len(before) < 2 or before[-1].width > left:
        return False
    return any(item.kind == "open" for item in before[-1].items) or any(item.kind == "close" for item in panel[0].items)


@dataclass(frozen=True, slots=True)
class Frame:
    """Rows and columns of a block or of a named sub-circuit; None where it goes on beyond what is shown.

    Attributes:
        first: the column in which it starts.
        last: the column in which it ends.
        rows: its first and its last row.
        opening: the picture with which it starts, if that is shown.
        is_part: whether it is that of a sub-circuit.
        depth: how many others it stands in.
        level: how many stand in it, one within the other, those of blocks in blocks not counted.
    """

    first: int | None
    last: int | None
    rows: tuple[int, int]
    opening: Item | None
    is_part: bool
    depth: int
    level: int = 0

    def within(self, start: int, count: int) -> tuple[int, int] | None:
        """Where it starts and ends among so many columns from one on, if it is there: before 0 or at `count` where it
        goes on beyond them."""
        first = -1 if self.first is None else self.first - start
        last = count if self.last is None else self.last - start
        return None if first >= count or last < 0 else (max(first, -1), min(last, count))


def frames(columns: Sequence[Column]) -> list[Frame]:
    """The frames of a part, the outer ones first. What no picture opens was open before the part."""
    closed, is_open = list[Frame](), dict[tuple[int, int, int], Frame]()

    def close(frame: Frame) -> None:
        closed.append(frame)
        for key, outer in is_open.items():
            if _holds(outer, frame):
                is_open[key] = replace(outer, level=max(outer.level, frame.level + (outer.is_part or frame.is_part)))

    for at, column in enumerate(columns):
        for item in filter(lambda item: item.is_caption, column.items):
            ends, is_part = (min(item.box), max(item.box)), item.kind in ("open", "close")
            if item.kind in ("start", "open"):
                is_open[*ends, item.depth] = Frame(at, None, ends, item, is_part, item.depth)
            elif item.kind in ("end", "close"):
                found = is_open.pop((*ends, item.depth), None)
                if found is None:
                    inner = [one for one in closed if one.depth > item.depth and _covers(ends, one.rows)]
                    level = max((one.level + (one.is_part or is_part) for one in inner), default=0)
                    found = Frame(None, None, ends, None, is_part, item.depth, level)
                close(replace(found, last=at))
    for key in sorted(is_open, key=lambda key: -key[2]):
        close(is_open.pop(key))
    return sorted(closed, key=lambda frame: (frame.depth, frame.rows, frame.first or 0))


def _holds(outer: Frame, inner: Frame) -> bool:
    return outer.depth < inner.depth and _covers(outer.rows, inner.rows)


def _covers(outer: tuple[int, int], inner: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def notes(circuit: Circuit, rows: Rows, layout: Layout) -> list[str]:
    """What has no place on a line: classical registers without a row, global phases, and how much is left out."""
    named = {id(row[0]) for row in rows.classical if len(row) == 1}
    others = [register for register in circuit.bits.registers if id(register) not in named]
    registers = [f"{bits.name}: {bits.size} bit{'s' * (bits.size != 1)}" for bits in others]
    found = [_listing(registers, ", ")] if registers else []
    if layout.phases:
        found.append(f"global phase: {_listing(layout.phases, ' · ')}")
    missing = []
    if layout.num_skipped + layout.num_hidden:
        missing.append(f"{layout.num_skipped + layout.num_hidden:,} of {layout.num_instructions:,} instructions")
    if rows.num_hidden:
        missing.append(f"{rows.num_hidden:,} of {circuit.num_qubits:,} qubits")
    return [*found, f"Not shown: {', '.join(missing)}."] if missing else found


def _listing(items: Sequence[str], separator: str) -> str:
    more = len(items) - MAX_LISTED
    return separator.join(items[:MAX_LISTED]) + (f"{separator}… ({more:,} more)" if more > 0 else "")


def check_option(name: str, value: int, least: int) -> None:
    """Refuse an option that is not an integer, or too small."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"Argument `{name}` must be an int, not {value!r}.")
    if value < least:
        raise CircuitError(f"Argument `{name}` must be at least {least}, but is {value}.")
