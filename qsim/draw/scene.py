"""A circuit as a scene: panels of rows and columns, frames of blocks, names and notes, all as marks with places."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qsim.circuit import BitRegister, Circuit
from qsim.draw.glyphs import BOX, PITCH, Glyphs, double
from qsim.draw.labels import MAX_LABEL, MAX_NOTE, printable, shorten, text_width
from qsim.draw.layout import (
    HIDDEN,
    Column,
    Frame,
    Item,
    Layout,
    Names,
    Rows,
    check_option,
    frames,
    has_classical,
    lay_out,
    notes,
    wrap,
)
from qsim.draw.marks import Box, Group, Mark, Path, Scene, Text
from qsim.draw.style import ROLES
from qsim.draw.tints import Tint, TintOf, badge, badge_width
from qsim.draw.titles import describe

__all__ = ["make_scene", "rows_of"]

MARGIN = 12  # around everything
LEAD = 12  # of wire before the first and after the last picture
BUNDLE = 26  # more wire before the first picture, for the sizes of classical registers
LINE = 20  # from line to line of notes
SPACE = 18  # between panels
PART = 18  # from the outer wires to the frame of a sub-circuit that no other stands in
MIN_WIDTH = 200


def rows_of(circuit: Circuit, max_qubits: int) -> Rows:
    """Rows for qubits and for classical registers."""
    registers = tuple(r for r in circuit.bits.registers if isinstance(r, BitRegister) and r.size)
    return Rows(circuit.num_qubits, max_qubits, not registers and has_classical(circuit), registers)


def make_scene(
    circuit: Circuit,
    *,
    width: int = 900,
    max_height: int = 10_000,
    max_qubits: int = 64,
    tint: TintOf | None = None,
    remarks: Sequence[str] = (),
) -> Scene:
    """Lay a circuit out in panels below each other.

    Args:
        circuit: what to draw.
        width: of the picture at most, in pixels, at least 200.
        max_height: of all panels, about; where they would be higher, only the first and the last instructions are
            shown. The work is bounded likewise. A panel at the start and one at the end are always shown.
        max_qubits: of more qubits only the first and the last are shown, half of this number each.
        tint: the colour of the gate of an instruction by its number, for drawings of plans.
        remarks: lines above the drawing, below the circuit's name.

    Raises:
        CircuitError: an option is out of range, or an instruction is of a kind that has no picture.
    """
    check_option("width", width, MIN_WIDTH)
    check_option("max_height", max_height, 1)
    check_option("max_qubits", max_qubits, 2)
    rows = rows_of(circuit, max_qubits)
    margin = _Margin.of(circuit, rows, width / 3)
    room = int(width - margin.start - LEAD - MARGIN)
    glyphs = Glyphs(rows.num_quantum, rows.gap, room)
    num_panels = max(max_height // int(PITCH * max(len(rows), 1) + SPACE), 2)
    sheet = _Sheet(circuit, rows, margin, glyphs, width, room, tint)
    layout = lay_out(circuit, rows, sheet.measure, num_panels * room)
    return sheet.scene(layout, remarks)


@dataclass(frozen=True)
class _Margin:
    """What stands before the wires.

    Attributes:
        names: of the rows.
        sizes: number of bits on each classical row.
        wire: where wires start.
        start: where pictures start.
    """

    names: list[str]
    sizes: list[str]
    wire: float
    start: float

    @staticmethod
    def of(circuit: Circuit, rows: Rows, limit: float) -> "_Margin":
        qubits = Names(circuit.qubits.registers)
        names = [HIDDEN if qubit is None else qubits[qubit] for qubit in rows.qubits]
        names += ["bits"] if rows.has_bits else []
        names += [row[0].name if len(row) == 1 else f"{len(row):,} more" for row in rows.classical]
        size, cut = ROLES["name"].size, MAX_LABEL
        names = [shorten(printable(name), cut) for name in names]
        while cut > 3 and max((text_width(name, size) for name in names), default=0) > limit:
            cut -= 1
            names = [shorten(name, cut) for name in names]
        wire = MARGIN + max((text_width(name, size) for name in names), default=0) + 8
        sizes = [f"{sum(register.size for register in row):,}" for row in rows.classical]
        return _Margin(names, sizes, wire, wire + LEAD + (BUNDLE if sizes else 0))


@dataclass
class _Sheet:
    """Puts panels and notes below each other."""

    circuit: Circuit
    rows: Rows
    margin: _Margin
    glyphs: Glyphs
    width: int
    room: int
    tint: TintOf | None = None
    y: float = MARGIN
    right: float = 0

    def measure(self, item: Item) -> int:
        """Width of a picture with its badge."""
        tint = self._tint_of(item)
        return max(self.glyphs.measure(item), round(badge_width(tint.label)) + 4 if tint else 0)

    def _tint_of(self, item: Item) -> Tint | None:
        """Colours of the picture of a gate."""
        if self.tint is None or item.kind != "operation" or item.step is None:
            return None
        return self.tint((item.step.number,))

    def scene(self, layout: Layout, remarks: Sequence[str] = ()) -> Scene:
        """All groups, and the size that they need."""
        groups = self._notes([shorten(printable(self.circuit.name), 80)] if self.circuit.name else [], "title")
        groups += self._notes(list(remarks), "note")
        self.y += 6 if remarks else 0
        for number, part in enumerate(layout.parts if len(self.rows) else []):
            if number:
                self.y += SPACE
                groups += self._notes([f"… {layout.num_skipped:,} instructions not shown …"], "note")
            groups += self._part(part, number > 0, number + 1 < len(layout.parts))
        lines = notes(self.circuit, self.rows, layout)
        groups += self._notes(lines if len(self.rows) else ["(no qubits)", *lines], "note")
        title = f"Circuit {printable(self.circuit.name)}" if self.circuit.name else "Circuit"
        title += f": {self.circuit.num_qubits:,} qubits, {layout.num_instructions:,} instructions"
        return Scene(min(self.width, round(self.right + MARGIN)), round(self.y + MARGIN), groups, shorten(title, 200))

    def _notes(self, texts: list[str], role: str) -> list[Group]:
        """Lines of text, wrapped to the width."""
        groups = []
        for text in texts:
            for line in _wrap_text(shorten(printable(text), MAX_NOTE), self.width - 2 * MARGIN, ROLES[role].size):
                mark = Text(MARGIN, self.y + LINE / 2, line, role, "start")
                groups.append(Group("note", (mark,)))
                self.right = max(self.right, MARGIN + text_width(line, ROLES[role].size))
                self.y += LINE
        return groups

    def _part(self, columns: list[Column], is_after: bool, is_before: bool) -> Iterator[Group]:
        """The panels of a run of columns; whether something is left out before or after it."""
        panels, found, start = wrap(columns, self.room), frames(columns), 0
        for number, panel in enumerate(panels):
            self.y += SPACE if number or is_after else 0
            cut = (number > 0 or is_after, number + 1 < len(panels) or is_before)
            yield from self._panel(panel, start, found, cut)
            start += len(panel)

    def _panel(self, columns: list[Column], number: int, found: list[Frame], cut: tuple[bool, bool]) -> list[Group]:
        """Wires, frames and pictures of the columns, the first of which has this number in its part."""
        top, middles, x = self.y + PITCH / 2 + 2, list[float](), self.margin.start
        for column in columns:
            middles.append(x + column.width / 2)
            x += column.width
        x = max(x, self.margin.start + BOX)
        groups = [Group("wires", tuple(self._wires(top, x + LEAD, cut)))]
        shown = [(frame, self._ends(frame, number, middles, columns, x)) for frame in found]
        groups[:0] = [Group("frame", tuple(self._frame(frame, *ends, top))) for frame, ends in shown if ends]
        names = Names(self.circuit.qubits.registers), Names(self.circuit.bits.registers)
        for column, middle in zip(columns, middles, strict=True):
            groups += [self._picture(item, middle, top, names) for item in column.items]
        self.right = max(self.right, x + LEAD)
        self.y += PITCH * len(self.rows) + (10 if self.rows.registers else 4)
        return groups

    def _picture(self, item: Item, x: float, top: float, names: tuple[Names, Names]) -> Group:
        title = describe(item.step, *names) if item.step else ""
        marks, tint = self.glyphs.paint(item, x, top), self._tint_of(item)
        if tint is not None:
            marks += badge(tint.label, marks)
            title += f"; {tint.title}" if tint.title else ""
        return Group(item.kind, tuple(marks), item.step, title, tint)

    def _wires(self, top: float, end: float, cut: tuple[bool, bool]) -> Iterator[Mark]:
        start = self.margin.wire
        for row, name in enumerate(self.margin.names):
            y, is_classical = top + PITCH * row, row >= self.rows.num_quantum
            yield Text(start - 8, y, name, "name", "end")
            if row == self.rows.gap:
                continue
            ends = start + 9 if cut[0] else start, end - 9 if cut[1] else end
            for x1, x2 in ((start, ends[0]), ends, (ends[1], end)):
                role = "open-wire" if (x1, x2) != ends else "bits" if is_classical else "wire"
                if x1 < x2:
                    yield from double(x1, y, x2, y, role) if is_classical else [Path(((x1, y), (x2, y)), role)]
            if is_classical and self.margin.sizes:
                x = start + 16
                yield Path(((x - 3, y + 6), (x + 3, y - 6)), "slash")
                yield Text(x + 2, y - 12, self.margin.sizes[row - self.rows.num_quantum], "bit")

    def _ends(
        self, frame: Frame, number: int, middles: list[float], columns: list[Column], end: float
    ) -> tuple[tuple[float, float], tuple[bool, bool]] | None:
        """Where a frame starts and ends in a panel, if it is there, and whether it goes on beyond these."""
        ends = frame.within(number, len(columns))
        if ends is None:
            return None
        first, last = ends
        left = middles[first] if first >= 0 else self.margin.wire + 10
        if first >= 0 and frame.is_part and frame.opening:
            left = self.glyphs.left(frame.opening, left)
        return (left, middles[last] if last < len(columns) else end + LEAD - 10), (first < 0, last >= len(columns))

    @staticmethod
    def _frame(frame: Frame, ends: tuple[float, float], is_open: tuple[bool, bool], top: float) -> Iterator[Mark]:
        """The area of a block, or the sides of a sub-circuit, open where it goes on."""
        reach = PITCH / 2 - 1 - min(frame.depth, 3)
        if frame.is_part or frame.level:
            reach = max(PART + 3 * min(frame.level, 3), 0 if frame.is_part else reach)
        (left, right), upper, lower = ends, top + PITCH * frame.rows[0] - reach, top + PITCH * frame.rows[1] + reach
        if not frame.is_part:
            role = f"frame{2 - frame.depth % 2}" if frame.depth else "frame"
            yield Box(left, upper, right - left, lower - upper, role)
        elif any(is_open):
            x, end = (right, left) if is_open[0] else (left, right)
            sides = [(end, upper), (x, upper), (x, lower), (end, lower)]
            yield from (
                Path(tuple(side), "frame-part") for side in ([sides[:2], sides[2:]] if all(is_open) else [sides])
            )
        else:
            yield Box(left, upper, right - left, lower - upper, "frame-part")


def _wrap_text(text: str, width: float, size: float) -> Iterator[str]:
    """Lines of at most that width, broken at spaces, or anywhere in a long word."""
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if text_width(longer, size) <= width:
            line = longer
            continue
        if line:
            yield line
        while len(word) > 1 and text_width(word, size) > width:
            cut = max(int(len(word) * width / text_width(word, size)) - 1, 1)
            yield word[:cut]
            word = word[cut:]
        line = word
    yield line
