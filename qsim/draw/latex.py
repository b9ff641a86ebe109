"""Circuits as LaTeX, for the quantikz library of TikZ."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from qsim.circuit import Circuit
from qsim.draw.glyphs import role_of
from qsim.draw.labels import MAX_LABEL, MAX_NOTE, printable, shorten
from qsim.draw.layout import (
    CONTROL,
    HIDDEN,
    OPEN_CONTROL,
    Column,
    Frame,
    Item,
    Names,
    Rows,
    check_option,
    frames,
    lay_out,
    notes,
    wrap,
)
from qsim.draw.scene import rows_of
from qsim.draw.style import PALETTES, ROLES, check_style

__all__ = ["LatexDrawing", "draw_latex", "to_latex"]

MIN_WIDTH = 40
MAX_TITLE = 80
CELL, LETTER = 6, 1.8  # millimetres of a picture without text, and of a letter
TIP = "{\\scriptstyle\\blacktriangledown}"
SMALL_LETTER = 1.3  # of the name of a frame
PREAMBLE = ("\\usepackage{tikz}", "\\usetikzlibrary{quantikz}", "\\usepackage{amssymb}")

_SPECIAL = {
    **{character: f"\\{character}" for character in "{}$&#%_"},
    **{character: f"${character}$" for character in "<>|"},
    "\\": "\\textbackslash{}",
    "~": "$\\sim$",
    "^": "\\textasciicircum{}",
    '"': "''",
    "√": "$\\surd$",
    "†": "$^\\dagger$",
    "⟩": "$\\rangle$",
    "⟨": "$\\langle$",
    "…": "\\ldots{}",
    "⋮": "$\\vdots$",
    "×": "$\\times$",
    "·": "$\\cdot$",
    "⊕": "$\\oplus$",
    "−": "$-$",
    "→": "$\\to$",
    "½": "$\\frac12$",
}


class _Sign(NamedTuple):
    """A command of quantikz, and the role of what it draws."""

    command: str
    role: str


_SIGNS = {
    "●": _Sign("control", "control"),
    "○": _Sign("ocontrol", "open-control"),
    "⊕": _Sign("targ", "target"),
    "×": _Sign("targX", "cross"),
}
_INSIDE = {"●": "$\\bullet$", "○": "$\\circ$", HIDDEN: "$\\vdots$"}  # on a row in the middle of a box
_GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "pi",
        "rho",
        "sigma",
        "tau",
        "upsilon",
        "phi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Pi",
        "Sigma",
        "Upsilon",
        "Phi",
        "Psi",
        "Omega",
    ]
)
_NO_GLYPH = frozenset("ÐÞðþ÷")  # of Latin letters, in the font that documents have by default


@dataclass(frozen=True)
class LatexDrawing:
    """A drawing in LaTeX: prints as its source, which a notebook shows as text.

    Attributes:
        latex: the source.
    """

    latex: str

    def __str__(self) -> str:
        return self.latex

    __repr__ = __str__

    def save(self, path: str | PathLike[str]) -> None:
        """Write the source to a file, in UTF-8."""
        Path(path).write_text(f"{self.latex}\n", encoding="utf-8")


def draw_latex(
    circuit: Circuit,
    *,
    style: str = "bw",
    document: bool = False,
    width: int = 150,
    max_panels: int = 20,
    max_qubits: int = 64,
) -> LatexDrawing:
    """Draw a circuit in LaTeX, as one `quantikz` environment a panel.

    The source is for `\\usetikzlibrary{quantikz}`, which newer releases of the package have as well; its first line
    says what the preamble of the document needs. Colours are defined before the environments, where they can
    be changed.

    Args:
        circuit: what to draw.
        style: `"bw"` (black and white, as quantikz draws), `"light"`, `"dark"` or `"colorblind"`; `"auto"` is light.
            The page is the document's: a dark one is made by `\\pagecolor{qsim-paper}`, which a whole document has.
        document: write a whole document, ready to be compiled, not only the environments.
        width: of the picture, in millimetres, about, at least 40.
        max_panels: where there would be more, only the first and the last instructions are shown; at least 2.
        max_qubits: of more qubits only the first and the last are shown, half of this number each.

    Raises:
        CircuitError: an option is out of range, or an instruction is of a kind that has no picture.

    >>> print(draw_latex(Circuit(2).h(0).cx(0, 1)))
    % preamble: \\usepackage{tikz} \\usetikzlibrary{quantikz} \\usepackage{amssymb}
    \\begin{quantikz}
    \\lstick{\\mbox{q0}} & \\gate{\\mbox{H}} & \\control{}\\vqw{1} & \\qw \\\\
    \\lstick{\\mbox{q1}} & \\qw & \\targ{} & \\qw
    \\end{quantikz}
    """
    check_style(style)
    check_option("width", width, MIN_WIDTH)
    check_option("max_panels", max_panels, 2)
    check_option("max_qubits", max_qubits, 2)
    rows, look = rows_of(circuit, max_qubits), _Look("light" if style == "auto" else style)
    names = _row_names(circuit, rows)
    room = max(width - round(max(map(len, names), default=0) * LETTER) - 2 * CELL, 2 * CELL)
    layout = lay_out(circuit, rows, _measure, max_panels * room)
    blocks = [look.text("ink", f"\\textbf{{{to_latex(circuit.name, MAX_TITLE)}}}")] if circuit.name else []
    for number, part in enumerate(layout.parts if names else []):
        if number:
            blocks.append(look.text("faint", to_latex(f"… {layout.num_skipped:,} instructions not shown …")))
        blocks += _panels(part, rows, names, room, look)
    lines = notes(circuit, rows, layout)
    blocks += [look.text("faint", to_latex(note, MAX_NOTE)) for note in (lines if names else ["(no qubits)", *lines])]
    body = "\n\n\\bigskip\n\n".join(blocks)
    definitions = look.definitions(body)
    if not document:
        return LatexDrawing("\n".join([f"% preamble: {' '.join(PREAMBLE)}", *definitions, body]))
    head = ["\\documentclass{article}", "\\usepackage[margin=15mm]{geometry}", *PREAMBLE, *definitions]
    head += ["\\setlength{\\parindent}{0pt}", "\\pagestyle{empty}", "\\begin{document}"]
    head += ["\\pagecolor{qsim-paper}"] if style == "dark" else []
    return LatexDrawing("\n".join([*head, body, "\\end{document}"]))


def _panels(columns: list[Column], rows: Rows, names: list[str], room: int, look: "_Look") -> Iterator[str]:
    """An environment for as many columns as have room, and so on."""
    start, found = 0, frames(columns)
    for panel in wrap(columns, room):
        yield _Panel(rows, names, panel, look, start, found).source()
        start += len(panel)


@dataclass(frozen=True)
class _Look:
    """Colours of a style, as options for what quantikz draws: each role is a style of TikZ, called `qsim-` and so on.

    Attributes:
        style: a palette; in black and white quantikz's own look is kept.
    """

    style: str

    @property
    def is_plain(self) -> bool:
        """Whether nothing has colours."""
        return self.style == "bw"

    def of(self, role: str) -> str:
        """The option for a role, if it needs one."""
        return "" if self.is_plain else f"qsim-{role}"

    def option(self, role: str) -> str:
        """The same in brackets."""
        return "" if self.is_plain else f"[qsim-{role}]"

    def text(self, color: str, text: str) -> str:
        """Text in a colour."""
        return text if self.is_plain else f"{{\\color{{qsim-{color}}}{text}}}"

    @property
    def environment(self) -> str:
        """Options of an environment: text in ink, lines as wires."""
        return "" if self.is_plain else "[color=qsim-ink,arrows/.append style={draw=qsim-wire}]"

    def link(self, rows: int) -> str:
        """A line to the cell so many rows below."""
        direction = "d" * rows if rows > 0 else "u" * -rows
        return f"\\vqw{{{rows}}}" if self.is_plain else f"\\arrow[arrows,draw=qsim-accent]{{{direction}}}"

    def definitions(self, body: str) -> list[str]:
        """Lines that define the styles that a text uses, and the colours."""
        if self.is_plain:
            return []
        used = set(re.findall(r"(?:style=|[\[,])qsim-([\w-]+)", body))
        styles = [f"\\tikzset{{qsim-{role}/.style={{{_style(role)}}}}}" for role in ROLES if role in used]
        named = {"paper", *re.findall(r"(?:color=|draw=|fill=|\{)qsim-(\w+)", "\n".join([*styles, body]))}
        colors = {name: color for name, color in PALETTES[self.style].items() if name in named}
        return [*(f"\\definecolor{{qsim-{name}}}{{HTML}}{{{colors[name][1:].upper()}}}" for name in colors), *styles]


def _style(role: str) -> str:
    """Options of TikZ for a role."""
    look = ROLES[role]
    if role == "cross":
        return f"internal/.append style={{draw=qsim-{look.stroke}}}"
    options = [f"fill=qsim-{look.fill}"] if look.fill else []
    options += [f"draw=qsim-{look.stroke}" if look.stroke else "draw=none"]
    options += [f"internal/.append style={{draw=qsim-{ROLES['plus'].stroke}}}"] if role == "target" else []
    return ",".join(options)


def to_latex(text: str, limit: int = MAX_LABEL) -> str:
    """Text for LaTeX: specials escaped, Greek letters and signs as commands, other letters that it may lack as ?.

    >>> to_latex("50% of θ₁"), to_latex("a_b\\\\input")
    ('50\\\\% of $\\\\theta$$_1$', 'a\\\\_b\\\\textbackslash{}input')
    """
    return "".join(map(_spell, shorten(printable(text), limit)))


def _spell(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character.isascii() or ("À" <= character <= "ÿ" and character not in _NO_GLYPH):
        return character
    match unicodedata.name(character, "").replace("LAMDA", "LAMBDA").split():
        case ["GREEK", "SMALL" | "CAPITAL" as case, "LETTER", letter]:
            name = letter.lower() if case == "SMALL" else letter.capitalize()
            return f"$\\{name}$" if name in _GREEK else "?"
        case ["SUBSCRIPT", "ZERO" | "ONE" | "TWO" | "THREE" | "FOUR" | "FIVE" | "SIX" | "SEVEN" | "EIGHT" | "NINE"]:
            return f"$_{unicodedata.digit(character)}$"
    return "?"


def _measure(item: Item) -> int:
    """Width of a picture in millimetres."""
    if item.kind in ("open", "close"):
        return CELL + round(SMALL_LETTER * len(shorten(item.label)) if item.kind == "open" else 0)
    texts = [*(sign for sign in item.signs.values() if len(sign) > 1), _label(item)]
    texts += [f"if {item.condition}" if item.condition else ""]
    slots = 4 if any(item.box.values()) else 0
    return round(CELL + slots + LETTER * max(len(shorten(text)) for text in texts))


def _label(item: Item) -> str:
    """What is written in a box: with the condition, if the box stands on the wires that this reads."""
    return f"{item.label} if {item.condition}" if item.condition and not item.wires else item.label


def _title(text: str) -> str:
    """Options of an empty cell that write the name of a frame above its wire."""
    label = f"[font=\\scriptsize,inner sep=1pt,anchor=north west]north west:{{\\mbox{{{to_latex(text)}}}}}"
    return f"|[label={{{label}}}]| {{\\rule[-1.8ex]{{0pt}}{{4.8ex}}}} "


def _frame(frame: Frame, steps: int, has_sides: tuple[bool, bool], look: "_Look") -> str:
    """A dashed line around cells, open on the sides where it goes on in another panel."""
    reach = f"inner xsep={1 + 2 * min(frame.level, 2)}pt,inner ysep={1 + 2 * min(frame.level, 2)}pt"
    role = look.of("frame-part")
    line = ",".join(filter(None, ["dashed", role]))
    if not all(has_sides):
        end, other = ("west", "east") if has_sides[1] else ("east", "west")
        corners = [f"north {end}", f"north {other}", f"south {other}", f"south {end}"]
        joints = "--", "--" if any(has_sides) else "", "--"
        places = [f"(path picture bounding box.{corner})" for corner in corners]
        path = places[0] + "".join(f" {joint} {place}" for joint, place in zip(joints, places[1:], strict=True))
        line = f"draw=none,path picture={{\\unexpanded{{\\draw}}[{line},line width=0.8pt] {path};}}"
    wires = frame.rows[1] - frame.rows[0] + 1
    return f"\\gategroup[wires={wires},steps={steps},style={{{line},{reach}}}]{{}}"


def _row_names(circuit: Circuit, rows: Rows) -> list[str]:
    qubits = Names(circuit.qubits.registers)
    names = [HIDDEN if qubit is None else qubits[qubit] for qubit in rows.qubits]
    names += ["bits"] if rows.has_bits else []
    for row in rows.classical:
        size = sum(register.size for register in row)
        names.append(f"{row[0].name if len(row) == 1 else f'{len(row):,} more'}: {size:,}")
    return [shorten(printable(name), MAX_LABEL // 2) for name in names]


@dataclass(frozen=True)
class _Panel:
    """One environment: a cell for each row and column.

    Attributes:
        rows: the rows.
        names: theirs.
        columns: what stands in it.
        look: the colours.
        start: number of the first column in its part.
        frames: of the part.
    """

    rows: Rows
    names: list[str]
    columns: list[Column]
    look: _Look
    start: int
    frames: list[Frame]

    def source(self) -> str:
        """The environment."""
        grid = [[f"\\lstick{{\\mbox{{{to_latex(name)}}}}}"] for name in self.names]
        for column in self.columns:
            cells = {row: text for item in column.items for row, text in self._cells(item)}
            for row, line in enumerate(grid):
                line.append(cells.get(row, self._wire(row)))
        for row, line in enumerate(grid):
            line.append(self._wire(row))
        for frame in self.frames:
            if not frame.is_part:
                self._put_frame(frame, grid)
        self._add_frames(grid)
        lines = [" & ".join(line) for line in grid]
        return f"\\begin{{quantikz}}{self.look.environment}\n" + " \\\\\n".join(lines) + "\n\\end{quantikz}"

    def _put_frame(self, frame: Frame, grid: list[list[str]]) -> None:
        """Add a block's frame to its first cell; where the block goes on in another panel, it reaches to the end."""
        ends = frame.within(self.start, len(self.columns))
        if ends is None:
            return
        first, last = max(ends[0], 0), ends[1]
        is_open = ends[0] < 0 and frame.first is not None
        role = self.look.of(f"frame{2 - frame.depth % 2}" if frame.depth else "frame")
        size = [f"wires={frame.rows[1] - frame.rows[0] + 1}", f"steps={last - first + 1}"]
        inset = min(frame.depth, 2)  # points, that of a block within a block
        around = 2 + 2 * min(frame.level, 2) if frame.level else 0  # beyond the frames of sub-circuits in it
        reach = f"inner xsep={around * is_open - inset}pt,inner ysep={(around or 3) - inset}pt"
        style = ["thin,dashed", reach, *filter(None, [role])]
        grid[frame.rows[0]][first + 1] += f"\\gategroup[{','.join(size)},background,style={{{','.join(style)}}}]{{}}"

    def _add_frames(self, grid: list[list[str]]) -> None:
        """Frames of sub-circuits and their titles, each in the cell in which it starts."""
        count = len(self.columns)
        for frame in (frame for frame in self.frames if frame.is_part):
            ends = frame.within(self.start, count)
            if ends is None:
                continue
            first, last = ends
            at, top = max(first, 0) + 1, frame.rows[0]  # the names are column 0
            title = _title(frame.opening.label) if first >= 0 and frame.opening else ""
            grid[top][at] = (
                title
                + grid[top][at]
                + _frame(frame, min(last, count - 1) - at + 2, (first >= 0, last < count), self.look)
            )

    def _wire(self, row: int) -> str:
        return "" if row == self.rows.gap else "\\qw" if row < self.rows.num_quantum else "\\cw"

    def _cells(self, item: Item) -> Iterator[tuple[int, str]]:
        """Rows and what stands in their cells; between them links, from each row to the next one."""
        if item.kind in ("open", "close"):
            return
        cells = self._box(item) if item.box else {}
        ends = (min(cells), max(cells)) if cells else (0, -1)
        signs = {row: sign for row, sign in item.signs.items() if not ends[0] <= row <= ends[1]}
        cells |= {row: self._sign(item, row, sign) for row, sign in signs.items()}
        if item.kind != "barrier":
            used = sorted(cells)
            for row, after in pairwise(used):
                if row in signs:
                    cells[row] += self.look.link(after - row)
                elif after in signs:
                    cells[after] += self.look.link(row - after)
        last = max(cells, default=0)
        for row in sorted(item.wires):
            text = " ".join(filter(None, [item.wires[row], self._condition(item, row)]))
            cells[row] = self._end_of_wire(text, bool(item.wires[row]), row == max(item.wires)) + (
                f"\\vcw{{{last - row}}}" if cells else ""
            )
            last = row
        yield from cells.items()

    @staticmethod
    def _condition(item: Item, row: int) -> str:
        return f"if {item.condition}" if item.condition and row == max(item.wires) else ""

    def _end_of_wire(self, text: str, is_written: bool, is_last: bool) -> str:
        """A dot, or the tip of an arrow, on a classical wire, with what is written below it; the link may go on."""
        place = "below" if is_last else "below right"
        below = f"label={{[font=\\scriptsize,label distance=2pt]{place}:{{\\mbox{{{to_latex(text)}}}}}}}"
        if is_written:
            return f"|[inner sep=0pt,{below}]| {self.look.text('wire', TIP)} \\cw"
        options = ["phase", self.look.of("bit-dot"), below if text else ""]
        return f"|[{','.join(filter(None, options))}]| {{}} \\cw"

    def _sign(self, item: Item, row: int, sign: str) -> str:
        if item.kind == "barrier":
            line = self.look.text("faint", "\\rule[-1.6ex]{0.7pt}{4.4ex}")
            return f"\\push{{{line}}}" if sign != HIDDEN else "\\vdots"
        if item.kind == "measurement" and sign != HIDDEN:
            return f"\\meter{self.look.option('read')}{{}}"
        phase = item.label if item.kind == "operation" and not item.box else ""
        if phase and sign in (CONTROL, OPEN_CONTROL) and row == max(item.signs):
            text = f"\\mbox{{{to_latex(phase)}}}"
            options = ["phase" if sign == CONTROL else "ophase", self.look.of(_SIGNS[sign].role)]
            options.append(f"label={{[font=\\scriptsize]above right:{{{text}}}}}")
            return f"|[{','.join(filter(None, options))}]| {{}} \\qw"
        if sign == HIDDEN:
            return "\\vdots"
        if sign in _SIGNS:
            return f"\\{_SIGNS[sign].command}{self.look.option(_SIGNS[sign].role)}{{}}"
        return self._gate(item, sign, to_latex(sign))

    def _gate(self, item: Item, sign: str, label: str, *wires: str) -> str:
        """A box, in the colours of what it stands for."""
        role = self.look.of(role_of(item, sign))
        options = ",".join([*wires, *([f"style={role}"] if role else [])])
        return f"\\gate{f'[{options}]' if options else ''}{{\\mbox{{{label}}}}}"

    def _box(self, item: Item) -> dict[int, str]:
        """Rows of a box; those that take no part have no number."""
        first, last = min(item.box), max(item.box)
        places = range(first, last + 1)
        bits = [str(row - first + 1) for row in places if row >= self.rows.num_quantum]
        gaps = [str(row - first + 1) for row in places if row == self.rows.gap]
        options = [f"wires={len(places)}"]
        options += [f"cwires={{{','.join(bits)}}}"] if bits else []
        options += [f"nwires={{{','.join(gaps)}}}"] if gaps else []
        cells = {}
        for row in places:
            text = _INSIDE.get(item.signs.get(row, "")) or to_latex(item.box.get(row, ""))
            cells[row] = f"\\gateinput{{{text}}}" if text else ""
        is_beside = (first + last) % 2 == 0 and bool(cells[(first + last) // 2])  # something is left of the label
        label = f"\\hspace{{1em}}{to_latex(_label(item))}\\hspace{{1em}}" if is_beside else to_latex(_label(item))
        gate = self._gate(item, item.label, label, *options)
        return cells | {first: gate + cells[first]}
