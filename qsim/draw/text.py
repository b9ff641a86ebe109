"""Circuits as text: a line a qubit, wrapped into panels, of bounded length.

Signs: `●` control on 1, `○` control on 0, `⊕` flipped target, `×` exchanged qubits, `M→c0` measurement into a bit,
`|0⟩` reset, `░` barrier. A vertical line joins what belongs together; it crosses qubits that take no part as `┼`. A
gate over several qubits is a box, in which numbers say which qubit of the gate each one is:

    q0: ─┤0  ├─
         │ECR│
    q1: ─┤1  ├─

Control flow has a box over all qubits of its blocks before each block and at the end. One instruction under a condition
says so beside its sign. What acts on bits alone has a box over the block around it, or on a row below the qubits:

    q0: ─H─M→c0─┤             ├─|0⟩─H─M→c0─┤   ├──────────────
                │while c0 == 1│            │end│
    q1: ────────┤             ├──X─────────┤   ├─Z if c1 == 1─

A named sub-circuit is a box, whose label says which bits it reads and writes (`name←c→d`), or its instructions in a
frame:

                 ┌╌bell╌╌╌╌╌┐
    q0: ─┤0   ├──╎──────H─●─╎─
         │bell│  ╎        │ ╎
    q1: ─┤1   ├──╎────────⊕─╎─
                 └╌╌╌╌╌╌╌╌╌╌┘
"""

import shutil
import textwrap
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from os import PathLike
from pathlib import Path

from qsim.circuit import Circuit
from qsim.draw.labels import MAX_LABEL, MAX_NOTE, printable, shorten
from qsim.draw.layout import (
    CONTROL,
    HIDDEN,
    OPEN_CONTROL,
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

__all__ = ["TextDrawing", "draw_text"]

MIN_WIDTH = 20  # narrower, labels have no room beside the names
FALLBACK_WIDTH = 100  # where there is no terminal: files, notebooks
_FILLER = "\0"  # not printable, so no name has it


@dataclass(frozen=True)
class TextDrawing:
    """A drawing made of characters: prints as itself, and shows itself in a notebook."""

    text: str

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f'<pre style="line-height: 1.2; white-space: pre">{escape(self.text)}</pre>'

    def save(self, path: str | PathLike[str]) -> None:
        """Write the drawing to a file, in UTF-8."""
        Path(path).write_text(f"{self.text}\n", encoding="utf-8")


@dataclass(frozen=True)
class _Alphabet:
    """The characters that drawings are made of."""

    wire: str = "─"
    link: str = "│"
    crossing: str = "┼"  # of a link and the wire of a qubit that takes no part
    left: str = "┤"  # sides of a box on its own qubits
    right: str = "├"
    through: str = "┼"  # sides of a box on other qubits
    barrier: str = "░"
    bits: str = "═"  # the row of the bits, and sides of boxes on it
    bits_left: str = "╡"
    bits_right: str = "╞"
    more: str = "»"  # the wire goes on in the next panel
    less: str = "«"
    cut: str = "…"  # something is left out here
    frame: str = "╌╎┌┐└┘┬┴├┤┼"  # of a sub-circuit: sides, corners, and where it meets another one
    spelling: Mapping[str, str] = field(default_factory=dict)  # how signs are written that are not in the alphabet

    def write(self, text: str, limit: int = MAX_LABEL) -> str:
        """A name or label in these characters, on one line; of a long one the start and the end."""
        text = printable(text)
        if self.spelling and not text.isascii():
            text = "".join(c if c.isascii() else self.spelling.get(c) or _spell(c) for c in text)
        return _shorten_columns(text, limit, self.cut)


def _shorten_columns(text: str, limit: int, cut: str) -> str:
    """As `shorten`, with a filler after each character that takes two columns: so lengths are columns."""
    if text.isascii():
        return shorten(text, limit, cut)
    text = shorten("".join(c + _FILLER * _is_wide(c) for c in text), limit, cut)
    pairs = zip(f" {text[:-1]}", text, f"{text[1:]} ", strict=True)  # a half of what is cut in two becomes a blank
    return "".join(
        " " if (c == _FILLER and not _is_wide(before)) or (_is_wide(c) and after != _FILLER) else c
        for before, c, after in pairs
    )


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _spell(character: str) -> str:
    """A character in ASCII: Greek letters by name, accents and indices taken off, else a question mark."""
    match unicodedata.name(character, "").split():
        case ["GREEK", "SMALL", "LETTER", letter, *_]:
            return letter.lower().replace("lamda", "lambda")
        case ["GREEK", "CAPITAL", "LETTER", letter, *_]:
            return letter.capitalize().replace("Lamda", "Lambda")
    plain = unicodedata.normalize("NFKD", character)
    return "".join(c for c in plain if c.isascii() and c.isprintable()) or "?"


_UNICODE = _Alphabet()
_ASCII = _Alphabet(
    *("-", "|", "+", "|", "|", "|", "#", "=", "|", "|", ">", "<", "~", ".:........:"),
    spelling=dict(
        zip("●○⊕×√†→←⋮…·⟩", ("@", "o", "X", "x", "sqrt", "dg", "->", "<-", ":", "...", "*", ">"), strict=True)
    ),
)


def draw_text(
    circuit: Circuit, *, width: int | None = None, ascii: bool = False, max_lines: int = 400, max_qubits: int = 64
) -> TextDrawing:
    """Draw a circuit as text.

    Long circuits are wrapped into panels. Where these would have more than about `max_lines` lines, only the first and
    the last instructions are shown; the work is bounded likewise, however long the circuit.

    Args:
        circuit: what to draw.
        width: characters a line, at least 20; by default those of the terminal.
        ascii: use ASCII characters alone.
        max_lines: lines of all panels, about; a panel at the start and one at the end are always shown.
        max_qubits: of more qubits only the first and the last are shown, half of this number each.

    Raises:
        CircuitError: an option is out of range, or an instruction of a kind that has no picture.

    >>> print(draw_text(Circuit(2).h(0).cx(0, 1), ascii=True))
    q0: -H-@-
           |
    q1: ---X-
    """
    if width is None:
        width = max(shutil.get_terminal_size((FALLBACK_WIDTH, 24)).columns, MIN_WIDTH)
    check_option("width", width, MIN_WIDTH)
    check_option("max_lines", max_lines, 1)
    check_option("max_qubits", max_qubits, 2)
    rows, alphabet = Rows(circuit.num_qubits, max_qubits, has_classical(circuit)), _ASCII if ascii else _UNICODE
    margins = _margins(circuit, rows, alphabet, width // 3)
    room = width - len(margins[0]) - 3 if margins else width  # beside the marks and the last piece of wire
    pen = _Pen(alphabet, min(MAX_LABEL, room - 3), min(2 * MAX_LABEL, room - 3))
    num_panels = max(max_lines // (2 * len(margins) or 1), 2)
    layout = lay_out(circuit, rows, pen.measure, num_panels * room)
    lines = [alphabet.write(circuit.name, width)] if circuit.name else []
    lines += _panels(layout, margins, rows, pen, room) if margins else ["(no qubits)"]
    for note in notes(circuit, rows, layout):
        lines += textwrap.wrap(alphabet.write(note, MAX_NOTE), width)
    return TextDrawing("\n".join(lines).replace(_FILLER, ""))


def _margins(circuit: Circuit, rows: Rows, alphabet: _Alphabet, limit: int) -> list[str]:
    """What stands before each row: the qubit's name, or a sign for those that are left out."""
    names = Names(circuit.qubits.registers)
    labels = [alphabet.write(HIDDEN if qubit is None else names[qubit], limit) for qubit in rows.qubits]
    labels += ["bits"] if rows.has_bits else []
    size = max(map(len, labels), default=0)
    return [f"{label:>{size}}{' ' if row == rows.gap else ':'} " for row, label in enumerate(labels)]


@dataclass(frozen=True)
class _Pen:
    """Spells the parts of pictures, and so knows how wide they are."""

    alphabet: _Alphabet
    limit: int  # characters of a label
    long_limit: int  # characters of one with a condition

    def signs(self, item: Item) -> dict[int, tuple[str, int]]:
        """Row → what is written there, and which of its characters stands on the link."""
        bit = f"→{item.label}" if item.kind == "measurement" else ""
        signs = {row: self._centered(self.alphabet.write(sign + bit, self.limit)) for row, sign in item.signs.items()}
        phase = item.label if item.kind == "operation" and not item.box else ""
        shown = [row for row, sign in item.signs.items() if sign != HIDDEN]
        if item.condition and not item.box:
            # beside the target, or else the last control
            row = max(shown, key=lambda row: (item.signs[row] not in (CONTROL, OPEN_CONTROL), row))
            text = self.alphabet.write(f"{item.signs[row]}{bit}{phase}{_when(item)}", self.long_limit)
            signs[row] = self._centered(text) if len(item.signs) == 1 else (text, signs[row][1])
        elif phase:
            # beside the last control; as much wire before that keeps it in the middle
            phase = self.alphabet.write(phase, self.limit // 2)
            signs[max(shown)] = self._centered(self.alphabet.wire * len(phase) + signs[max(shown)][0] + phase)
        return signs

    @staticmethod
    def _centered(text: str) -> tuple[str, int]:
        return text, (len(text) - 1) // 2

    def label(self, item: Item) -> str:
        """What is written in the box."""
        return self.alphabet.write(item.label + _when(item), self.long_limit if item.condition else self.limit)

    def box_width(self, item: Item) -> int:
        """Width of the box with its sides; 0 without a box."""
        if item.kind in ("open", "close"):  # a side, a corner and the title
            return 2 + len(self.label(item)) if item.kind == "open" else 1
        return 2 + max(map(len, [self.label(item), *item.box.values()])) if item.box else 0

    def reach(self, item: Item, signs: dict[int, tuple[str, int]]) -> tuple[int, int]:
        """How many characters of the picture stand before the link, and how many from there on."""
        before = max([at for _, at in signs.values()], default=0)  # a box starts at the link: controls sit on its side
        return before, max([self.box_width(item), *(len(text) - at for text, at in signs.values())])

    def measure(self, item: Item) -> int:
        """Width of the whole picture, with the piece of wire before it."""
        return 1 + sum(self.reach(item, self.signs(item)))


def _when(item: Item) -> str:
    return f" if {item.condition}" if item.condition else ""


def _panels(layout: Layout, margins: list[str], rows: Rows, pen: _Pen, room: int) -> list[str]:
    """Lines of all panels, with an empty line between two."""
    alphabet, lines = pen.alphabet, list[str]()
    for number, part in enumerate(layout.parts):
        if number:
            note = alphabet.write(f"… {layout.num_skipped:,} instructions not shown …")
            lines += ["", *textwrap.wrap(note, len(margins[0]) + room), ""]
        runs, found, start = wrap(part, room), frames(part), 0
        for at, columns in enumerate(runs):
            before = alphabet.less if at else alphabet.cut if number else ""
            after = alphabet.more if at + 1 < len(runs) else alphabet.cut if number + 1 < len(layout.parts) else ""
            lines += [""] * (at > 0) + _Panel(pen, rows, columns, start, found).lines(margins, before, after)
            start += len(columns)
    return lines


class _Panel:
    """A grid of characters into which pictures are painted.

    Row r is line `first` + r·step; where links or frames need room step is 2. The columns have numbers in their part,
    from `start` on; of the part's frames, those of sub-circuits are painted.
    """

    def __init__(self, pen: _Pen, rows: Rows, columns: list[Column], start: int, found: list[Frame]) -> None:
        items = [item for column in columns for item in column.items]
        shown = [one for one in found if one.is_part and _is_within(one, start, start + len(columns))]
        self.pen = pen
        self.rows = rows
        self.step = 2 if shown or any(item.kind != "barrier" and len(item.rows) > 1 for item in items) else 1
        self.first = int(any(one.rows[0] == 0 for one in shown))
        self.length = sum(column.width for column in columns) or 2
        num_lines = self._line(len(rows) - 1) + 1 + any(one.rows[1] == len(rows) - 1 for one in shown)
        self.grid = [[self._wire(line) or " "] * self.length for line in range(num_lines)]
        left, sides = 0, dict[tuple[int, int], int]()
        for number, column in enumerate(columns, start):
            for item in column.items:
                link = self._link(item, left + column.width // 2)
                self._paint(item, link)
                if item.kind in ("open", "close"):
                    sides[number, min(item.box)] = link
            left += column.width
        self._paint_frames(shown, sides)

    def lines(self, margins: list[str], before: str, after: str) -> list[str]:
        """The finished lines, with what stands before each row and signs that the drawing goes on."""
        result = []
        for line, characters in enumerate(self.grid):
            row, between = self._row(line)
            margin = " " * len(margins[row]) if between else margins[row]
            wire = self._wire(line)
            start, end = (before, wire + after) if wire else (" " * len(before), "")
            result.append(f"{margin}{start}{''.join(characters)}{end}".rstrip())
        return result

    def _line(self, row: int) -> int:
        return self.first + self.step * row

    def _row(self, line: int) -> tuple[int, int]:
        """The row of a line, and how many lines it is below."""
        return divmod(line - self.first, self.step)

    def _wire(self, line: int) -> str:
        """The character of the wire on a line, if there is one."""
        row, between = self._row(line)
        if between or row == self.rows.gap:
            return ""
        return self.pen.alphabet.bits if row == self.rows.bits else self.pen.alphabet.wire

    def _link(self, item: Item, middle: int) -> int:
        """Where the link of a picture is, and where its box starts."""
        before, after = self.pen.reach(item, self.pen.signs(item))
        return middle if item.kind == "barrier" else middle - (before + after - 1) // 2 + before

    def _paint(self, item: Item, link: int) -> None:
        if item.kind == "barrier":
            self._paint_barrier(item, link)
        if item.kind in ("barrier", "open", "close"):
            return
        signs, rows = self.pen.signs(item), item.rows
        for line in range(self._line(rows[0]) + 1, self._line(rows[-1])):
            self._put(line, link, self.pen.alphabet.crossing if self._wire(line) else self.pen.alphabet.link)
        if item.box:
            self._paint_box(item, link)
        for row, (sign, at) in signs.items():
            self._put(self._line(row), link - at, sign)

    def _paint_barrier(self, item: Item, middle: int) -> None:
        for row in item.signs:
            last = self._line(row + 1) - 1 if row + 1 in item.signs else self._line(row)
            for line in range(self._line(row), last + 1):
                self._put(line, middle, self.pen.alphabet.barrier)

    def _paint_box(self, item: Item, start: int) -> None:
        """Sides, a number on each qubit, and the label: between the two rows in the middle, or on the only row."""
        alphabet, width = self.pen.alphabet, self.pen.box_width(item) - 2
        first, last = min(item.box), max(item.box)
        label_line = self._line(first) if first == last else self._line((first + last - 1) // 2) + 1
        for line in range(self._line(first), self._line(last) + 1):
            row, between = self._row(line)
            left, right = alphabet.left, alphabet.right
            text = "" if between else f"{alphabet.write(item.box.get(row, '')):<{width}}"
            if line == label_line:
                text = self.pen.label(item).center(width)
            if row == self.rows.bits:
                left, right = alphabet.bits_left, alphabet.bits_right
            elif not self._wire(line):
                left = right = alphabet.link
            elif row not in item.box:
                left, right, text = alphabet.through, alphabet.through, alphabet.wire * width
            self._put(line, start, f"{left}{text:<{width}}{right}")

    def _paint_frames(self, shown: list[Frame], sides: dict[tuple[int, int], int]) -> None:
        """Sides and corners, joined where frames meet, then the titles; open where a frame goes on elsewhere."""
        strokes: defaultdict[tuple[int, int], int] = defaultdict(int)
        titles = []
        for frame in shown:
            top, bottom = self._line(frame.rows[0]) - 1, self._line(frame.rows[1]) + 1
            left = None if frame.first is None else sides.get((frame.first, frame.rows[0]))
            right = None if frame.last is None else sides.get((frame.last, frame.rows[0]))
            if left is not None and frame.opening:
                titles.append((top, left + 2, self.pen.label(frame.opening)))
            start, end = 0 if left is None else left, self.length - 1 if right is None else right
            for line in (top, bottom):
                for x in range(start, end + 1):
                    strokes[line, x] |= (x > start or left is None) * _LEFT | (x < end or right is None) * _RIGHT
            for side in (side for side in (left, right) if side is not None):
                for line in range(top, bottom + 1):
                    strokes[line, side] |= (line > top) * _UP | (line < bottom) * _DOWN
        for (line, x), stroke in strokes.items():
            self._put(line, x, self.pen.alphabet.frame[_STROKES.index(stroke)])
        for line, x, title in titles:
            self._put(line, x, title)

    def _put(self, line: int, start: int, text: str) -> None:
        self.grid[line][start : start + len(text)] = text


_LEFT, _RIGHT, _UP, _DOWN = 1, 2, 4, 8  # where strokes of a frame go from a character
_STROKES = (3, 12, 10, 9, 6, 5, 11, 7, 14, 13, 15)  # in the order of the characters of an alphabet


def _is_within(frame: Frame, start: int, end: int) -> bool:
    """Whether a frame is in some of the columns from start to before end."""
    return (frame.first is None or frame.first < end) and (frame.last is None or frame.last >= start)
