"""Pictures of instructions as marks: where the boxes, lines and texts of an item are, for SVG and matplotlib alike."""

import re
import textwrap
from dataclasses import dataclass

from qsim.draw.labels import MAX_LABEL, printable, shorten, text_width
from qsim.draw.marks import Box, Dot, Mark, Path, Text
from qsim.draw.pictures import CONTROL, HIDDEN, OPEN_CONTROL, Item
from qsim.draw.style import ROLES

__all__ = ["BOX", "PITCH", "Glyphs", "double", "role_of"]

PITCH = 44  # from row to row
BOX = 32  # height of a box on one row, and least width
PAD = 8  # between a label and the sides of its box
GAP = 14  # between two pictures
DOT, RING = 4.5, 10  # radii of controls and of targets
SLOT = 12  # room for the number of a target in a box
INSET = 5  # between the side of a frame and its name
END = 7  # width of the bar at the end of a block
TALL = 0.36 * BOX  # how far a caption reaches above and below its rows, with half a box
DOUBLE = 1.6  # half the distance of the lines of a classical wire
MAX_LINE = 18  # characters of a line of a caption that has room for several

_ANGLES = re.compile(r"(.+?)(\(.+\))", re.DOTALL)
_ROLES = {"measurement": "read", "reset": "prepare", "initialize": "prepare", "operation": "gate", "part": "gate"}


def double(x1: float, y1: float, x2: float, y2: float, role: str) -> list[Mark]:
    """The two lines of a classical wire that is horizontal or vertical."""
    dx, dy = (0.0, DOUBLE) if y1 == y2 else (DOUBLE, 0.0)
    return [Path(((x1 + s * dx, y1 + s * dy), (x2 + s * dx, y2 + s * dy)), role) for s in (-1, 1)]


@dataclass(frozen=True)
class Glyphs:
    """Draws items.

    Attributes:
        num_quantum: rows of qubits; rows below are classical.
        gap: the row that stands for qubits that are left out, if there are any.
        limit: room for one picture, in pixels.
    """

    num_quantum: int
    gap: int | None
    limit: float

    # ── Widths ────────────────────────────────────────────────────────────────────────────────────────────────────

    def measure(self, item: Item) -> int:
        """Width of a picture, with the gap beside it."""
        widths = [*(self._sign_width(item, sign) for sign in item.signs.values()), self._box_width(item)]
        widths += [2 * (DOT + 3 + text_width(self._phase(item), _size("small")))] if self._phase(item) else []
        widths += [text_width(note, _size("bit")) + 6 for note in self._notes(item).values()]
        return round(max(widths) + GAP)

    def _sign_width(self, item: Item, sign: str) -> float:
        if sign in (CONTROL, OPEN_CONTROL, HIDDEN, "⊕", "×", "░"):
            return 2 * RING
        return max(BOX, 2 * PAD + self._label_width(_parts(self._fit(sign))))

    def _box_width(self, item: Item) -> float:
        if not item.box:
            return 0
        if item.kind in ("end", "close"):
            return END
        if item.kind == "open":
            return 2 * INSET + text_width(self._fit(item.label, "small"), _size("small"))
        slots = SLOT if any(item.box.values()) and not item.is_caption else 0
        return max(BOX, 2 * PAD + 2 * slots + self._label_width(self._lines(item)))

    @staticmethod
    def _label_width(lines: list[str]) -> float:
        return max((text_width(line, _line_size(lines, at)) for at, line in enumerate(lines)), default=0)

    # ── Texts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _fit(self, text: str, role: str = "label") -> str:
        """A label that has room."""
        text = shorten(printable(text), MAX_LABEL)
        while text_width(text, _size(role)) > self.limit - 2 * PAD - 2 * SLOT - GAP and len(text) > 3:
            text = shorten(text, len(text) - 1)
        return text

    def _lines(self, item: Item) -> list[str]:
        """What is written in the box, line by line: angles below the name; others are wrapped where there is room."""
        label = self._fit(item.label)
        if not item.is_caption and item.kind != "part":
            return _parts(label) if item.kind == "operation" else [label]
        return textwrap.wrap(label, MAX_LINE) if len({*item.box}) > 1 else [label]

    def _phase(self, item: Item) -> str:
        """What is written beside the controls of a gate without targets."""
        return self._fit(item.label, "small") if item.kind == "operation" and not item.box else ""

    def _notes(self, item: Item) -> dict[int, str]:
        """What is written below the marks on classical rows, or below the last row: places of bits, the condition."""
        notes = {row: place for row, place in item.wires.items() if place}
        if item.condition and item.rows:
            last = item.rows[-1]
            notes[last] = self._fit(f"{notes.get(last, '')} if {item.condition}".strip(), "bit")
        return notes

    # ── Marks ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def paint(self, item: Item, x: float, top: float) -> list[Mark]:
        """The marks of a picture with its middle at x, the first row at `top`; from back to front."""
        at = {row: top + PITCH * row for row in item.rows}
        if item.kind == "barrier":
            return self._barrier(item, x, at)
        marks = self._links(item, x, at)
        if item.kind in ("open", "close"):
            return self._title(item, x, top) if item.kind == "open" else []
        if item.box:
            marks += self._box(item, x, top)
        for row, sign in item.signs.items():
            marks += self._sign(item, sign, x, at[row])
        if self._phase(item):
            last = max(row for row, sign in item.signs.items() if sign != HIDDEN or len(item.signs) == 1)
            marks.append(Text(x + DOT + 3, at[last] - 10, self._phase(item), "small", "start"))
        for row in item.wires:
            marks += self._end_of_wire(bool(item.wires[row]), x, at[row])
        for row, note in self._notes(item).items():
            y = at[row] + (12 if row in item.wires else BOX / 2 + 7)
            is_last = row == item.rows[-1]  # else the link goes on below
            marks.append(Text(x if is_last else x + 6, y, note, "bit", "middle" if is_last else "start"))
        return marks

    def left(self, item: Item, x: float) -> float:
        """Where a frame starts that a picture with its middle at x opens."""
        return x - self._box_width(item) / 2

    def _title(self, item: Item, x: float, top: float) -> list[Mark]:
        """The name of a frame: within it, above the first wire, where nothing else is drawn."""
        y, label = top + PITCH * min(item.box) - 0.35 * BOX, self._fit(item.label, "small")
        return [Text(self.left(item, x) + INSET, y, label, "small", "start")]

    def _links(self, item: Item, x: float, at: dict[int, float]) -> list[Mark]:
        rows = sorted({*item.signs, *item.box})
        marks: list[Mark] = []
        if len(rows) > 1 and (item.signs or not item.box):
            marks.append(Path(((x, at[rows[0]]), (x, at[rows[-1]])), "link"))
        if item.wires:
            ends = sorted({rows[-1], *item.wires}) if rows else sorted(item.wires)
            marks += double(x, at[ends[0]], x, at[ends[-1]] - (8 if item.wires.get(ends[-1]) else 0), "bit-link")
        return marks

    @staticmethod
    def _end_of_wire(is_written: bool, x: float, y: float) -> list[Mark]:
        if not is_written:
            return [Dot(x, y, DOT - 1, "bit-dot")]
        return [Path(((x - 4.5, y - 8), (x + 4.5, y - 8), (x, y - DOUBLE)), "arrow", True)]

    def _sign(self, item: Item, sign: str, x: float, y: float) -> list[Mark]:
        match sign:
            case "●":
                return [Dot(x, y, DOT, "control")]
            case "○":
                return [Dot(x, y, DOT, "open-control")]
            case "⊕":
                arm = RING - 4
                plus = [Path(((x - arm, y), (x + arm, y)), "plus"), Path(((x, y - arm), (x, y + arm)), "plus")]
                return [Dot(x, y, RING, "target"), *plus]
            case "×":
                r = 5.5
                return [
                    Path(((x - r, y - r), (x + r, y + r)), "cross"),
                    Path(((x - r, y + r), (x + r, y - r)), "cross"),
                ]
            case "⋮":
                return [Text(x, y, HIDDEN, "label")]
        width = self._sign_width(item, sign)
        box = Box(x - width / 2, y - BOX / 2, width, BOX, role_of(item, sign))
        if item.kind == "measurement":
            return [box, *_meter(x, y)]
        return [box, *_write(_parts(self._fit(sign)) if item.kind == "operation" else [self._fit(sign)], x, y)]

    def _box(self, item: Item, x: float, top: float) -> list[Mark]:
        """Sides, the wires that pass, the numbers of the targets, and the label between the rows in the middle."""
        first, last, width = min(item.box), max(item.box), self._box_width(item)
        reach = BOX / 2 + (TALL - BOX / 2 + 8 if item.is_caption else 0)
        y, height = top + PITCH * first - reach, PITCH * (last - first) + 2 * reach
        marks: list[Mark] = [Box(x - width / 2, y, width, height, role_of(item, item.label))]
        if item.kind == "end":
            return marks
        for row in range(first, last + 1):
            slot = item.box.get(row, "")
            if row not in item.box and row != self.gap and not item.is_caption:
                marks.append(Path(((x - width / 2, top + PITCH * row), (x + width / 2, top + PITCH * row)), "through"))
            elif slot and not item.is_caption:
                marks.append(Text(x - width / 2 + 4, top + PITCH * row, shorten(slot, 3), "slot", "start"))
        middle: float = top + PITCH * (first + last) / 2
        if (last - first) % 2 == 0 and last > first and not item.is_caption:
            middle -= PITCH / 2  # between two rows: wires pass on them
        return marks + _write(self._lines(item), x, middle)

    @staticmethod
    def _barrier(item: Item, x: float, at: dict[int, float]) -> list[Mark]:
        """A line over each run of rows."""
        starts = [row for row in at if row - 1 not in at]
        ends = [row for row in at if row + 1 not in at]
        half = PITCH / 2 - 2
        return [Path(((x, at[a] - half), (x, at[b] + half)), "barrier") for a, b in zip(starts, ends, strict=True)]


def _size(role: str) -> float:
    return ROLES[role].size


def _parts(label: str) -> list[str]:
    """The name and the angles of a gate."""
    found = _ANGLES.fullmatch(label)
    return [found[1], found[2]] if found and found[1] != "e^i" else [label]


def _line_size(lines: list[str], at: int) -> float:
    return _size(_line_role(lines, at))


def _line_role(lines: list[str], at: int) -> str:
    return "small" if len(lines) > 1 and (at or not lines[1].startswith("(")) else "label"


def _write(lines: list[str], x: float, y: float) -> list[Mark]:
    """Lines of text around a point."""
    start = y - 6.5 * (len(lines) - 1)
    return [Text(x, start + 13 * at, line, _line_role(lines, at)) for at, line in enumerate(lines)]


def role_of(item: Item, label: str) -> str:
    """What a box with that label is drawn as."""
    if item.kind == "operation" and _ANGLES.fullmatch(label):
        return "turn"
    return _ROLES.get(item.kind, "logic")


def _meter(x: float, y: float) -> list[Mark]:
    """A dial with its pointer."""
    bow = [(-9, 5), (-8.6, 1.9), (-7.3, -0.8), (-5.3, -2.9), (-2.8, -4.2), (0, -4.6)]
    bow += [(-dx, dy) for dx, dy in bow[-2::-1]]
    dial = Path(tuple((x + dx, y + dy) for dx, dy in bow), "meter")
    return [dial, Path(((x, y + 5.5), (x + 6, y - 8)), "meter")]
