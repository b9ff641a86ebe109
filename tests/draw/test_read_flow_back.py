"""Text drawings of random dynamic circuits are read back: every block is there, and nothing else stands in it."""

import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qsim.circuit import Circuit
from qsim.draw import draw, layout, steps

PI = np.pi
WIDE = 1_000_000  # nothing is wrapped

# ── Random circuits, and what a reader should see of them ─────────────────────────────────────────────────────────────


@dataclass
class Seen:
    """What stands on each qubit, and the label of a box; one without qubits is seen in the block around it."""

    signs: dict[int, str]
    label: str = ""
    level: int = 0  # +1 where a block starts, −1 where one ends


@dataclass
class Writer:
    """Adds random instructions to a circuit, and notes what should be seen."""

    random: Random
    circuit: Circuit
    seen: list[Seen] = field(default_factory=list)
    loops: int = 0

    def condition(self):
        c, flag = self.circuit.bits["c"], self.circuit.bits["flag"]
        return self.random.choice(
            [
                (c[0], "c0"),
                (c[1] == 1, "c1 == 1"),
                (flag[1] == 0, "flag[1] == 0"),
                (c == "10", "c == '10'"),
                (flag < 3, "flag < 3"),
                (~c[1], "~c1"),
                ((c[0] == 1) | ~flag[0], "(c0 == 1) | ~flag[0]"),
                (flag ^ c == 2, "(flag ^ c) == 2"),
            ]
        )

    def block(self, depth: int) -> set[int]:
        """Up to three instructions; their qubits."""
        used = set[int]()
        for _ in range(self.random.randint(0, 3)):
            used |= self.flow(depth) if depth < 3 and self.random.random() < 0.35 else self.plain()
        return used

    def plain(self) -> set[int]:
        """One instruction without blocks, perhaps under a condition."""
        c, n = self.circuit, self.circuit.num_qubits
        a, b = self.random.sample(range(n), 2)
        condition, text = self.condition() if self.random.random() < 0.4 else (None, "")
        tail = f" if {text}" if text else ""
        jumps = [(c.break_, Seen({}, "break")), (c.continue_, Seen({}, "continue"))] if self.loops else []
        add, seen = self.random.choice(
            [
                (lambda: c.h(a), Seen({a: f"H{tail}"})),
                (lambda: c.rx(PI / 4, a), Seen({a: f"RX(π/4){tail}"})),
                (lambda: c.cx(a, b), Seen({a: "●", b: f"⊕{tail}"})),
                (lambda: c.ry(0.5, b, controls=a, control_state="0"), Seen({a: "○", b: f"RY(0.5){tail}"})),
                (lambda: c.swap(a, b), Seen({min(a, b): "×", max(a, b): f"×{tail}"})),
                (lambda: c.iswap(a, b), Seen({a: "0", b: "1"}, f"iSWAP{tail}")),
                (lambda: c.measure(a, 1), Seen({a: f"M→c1{tail}"})),
                (lambda: c.measure(a, 2), Seen({a: f"M→flag[0]{tail}"})),
                (lambda: c.reset(a), Seen({a: f"|0⟩{tail}"})),
                (lambda: c.initialize("-", a), Seen({a: f"|-⟩{tail}"})),
                (lambda: c.initialize([0.6, 0, 0, 0.8], a, b), Seen({a: "0", b: "1"}, f"init{tail}")),
                (lambda: c.assign(1, c.bits[0] ^ c.bits[3]), Seen({}, f"c1 = c0 ^ flag[1]{tail}")),
                (lambda: c.assign([3, 0], 2), Seen({}, f"[flag[1], c0] = 2{tail}")),
                *((jump, replace(seen, label=f"{seen.label}{tail}")) for jump, seen in jumps),
            ]
        )
        with ExitStack() as stack:
            if condition is not None:
                stack.enter_context(c.if_(condition))
            add()
        self.seen.append(seen)
        return set(seen.signs)

    def flow(self, depth: int) -> set[int]:
        """One instruction with blocks; captions learn their qubits when all are known."""
        kind, (condition, text) = self.random.choice(["if", "if else", "while", "for", "switch"]), self.condition()
        c, captions, used = self.circuit, [], set[int]()

        def caption(label: str, level: int = 0) -> None:
            captions.append(Seen({}, label, level))
            self.seen.append(captions[-1])

        def body(opened, label: str, level: int = 0) -> None:
            caption(label, level)
            with opened:
                used.update(self.block(depth + 1))

        self.loops += (is_loop := kind in ("while", "for"))
        match kind:
            case "while":
                body(c.while_(condition), f"while {text}", 1)
            case "for":
                body(c.for_(range(4), name="k"), "for k in range(0, 4)", 1)
            case "switch":
                caption("switch c", 1)
                with c.switch(c.bits["c"]) as case:
                    body(case(0, "11"), "case 0, 3")
                    body(case.default(), "default")
            case _:
                caption(f"if {text}", 1)
                with c.if_(condition):
                    used.update(self.block(depth + 1))
                    used.update(self.two())  # else it would be one picture
                if kind == "if else":
                    body(c.else_(), "else")
        self.loops -= is_loop
        caption("end", -1)
        for each in captions:
            each.signs = dict.fromkeys(used, "")
        return used

    def two(self) -> set[int]:
        return self.plain() | self.plain()


@st.composite
def programs(draw_value):
    """A circuit, and what should be seen."""
    random = draw_value(st.randoms(use_true_random=False))
    circuit = Circuit(random.randint(2, 5), 2)
    circuit.add_bits("flag", 2)
    writer = Writer(random, circuit)
    for _ in range(random.randint(0, 6)):
        writer.block(0)
    return circuit, writer.seen


def placed(seen: Iterable[Seen], bits_row: int) -> Iterator[Seen]:
    """With rows for what has no qubits: those of the innermost block that has some, else the row of the bits."""
    outer = [{bits_row: ""}]
    for each in seen:
        if each.level < 0:
            outer.pop()
        signs = each.signs or outer[-1]
        if each.level > 0:
            outer.append(signs)
        yield replace(each, signs=signs)


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Token:
    """What stands on a wire between two pieces of it; of a box, its number and label."""

    start: int
    stop: int
    text: str
    label: str = ""


def rows_of(drawing: str) -> tuple[list[str], int]:
    """The lines of a drawing of one panel, without names, and how many lines a row has."""
    lines = drawing.splitlines()
    named = [at for at, line in enumerate(lines) if re.match(r" *(q\d|bits): ", line)]
    margin = lines[named[0]].index(": ") + 2
    length = max(map(len, lines))
    return [line[margin:].ljust(length) for line in lines[named[0] : named[-1] + 1]], int(np.diff(named).max(initial=1))


def tokens(lines: list[str], row: int, step: int) -> list[Token]:
    """What stands on the wire of a row, from left to right, without crossings."""
    line = lines[row * step]
    found = []
    for match in re.finditer(r"[^─═]+", line.rstrip()):
        text, start, stop = match[0], match.start(), match.end()
        if text[0] in "┤╡" and text[-1] in "├╞":
            inner = text[1:-1].strip()
            label = box_label(lines, row * step, start, stop - 1) if step == 2 else ""
            found.append(Token(start, stop, inner, label) if label else Token(start, stop, "", inner))
        elif text != "┼":
            found.append(Token(start, stop, text))
    return found


def box_label(lines: list[str], line: int, left: int, right: int) -> str:
    """What is written between the rows of a box with these sides."""
    found = []
    for direction in (-1, 1):
        at = line + direction
        while 0 <= at < len(lines) and lines[at][left] in "│┤┼" and lines[at][right] in "│├┼":
            found += [lines[at][left + 1 : right].strip()] if at % 2 else []
            at += direction
    return "".join(found)


def check(circuit: Circuit, seen: list[Seen], drawing: str) -> None:
    """Every picture is there, on all its rows at one place, in order; in the rows of a block there is nothing else."""
    lines, step = rows_of(drawing)
    wires = [tokens(lines, row, step) for row in range((len(lines) - 1) // step + 1)]
    left = [iter(wire) for wire in wires]
    blocks, open_blocks, owner = [], [], {}
    for number, each in enumerate(placed(seen, circuit.num_qubits)):
        parts = {row: next(left[row]) for row in each.signs}
        assert {row: part.text for row, part in parts.items()} == each.signs
        assert {part.label for part in parts.values()} == {each.label}
        start, stop = max(part.start for part in parts.values()), min(part.stop for part in parts.values())
        assert start < stop  # they share a column of characters
        owner |= dict.fromkeys(parts.items(), number)
        if each.level > 0:
            open_blocks.append((number, stop))
        elif each.level < 0:
            first, begin = open_blocks.pop()
            blocks.append((range(first, number + 1), begin, start, range(min(parts), max(parts) + 1)))
    assert [list(rest) for rest in left] == [[] for _ in left]
    for members, start, stop, rows in blocks:
        inside = [owner[row, part] for row in rows for part in wires[row] if start < part.stop and part.start < stop]
        assert set(inside) <= set(members)


@given(programs())
def test_drawing_shows_every_instruction_and_every_block(program):
    circuit, seen = program
    check(circuit, seen, str(draw(circuit, width=WIDE)))
    assert len(list(steps.steps(circuit))) == len(seen)


@given(programs())
def test_columns_hold_pictures_that_do_not_overlap(program):
    circuit, _ = program
    rows = layout.Rows(circuit.num_qubits, 64, layout.has_classical(circuit))
    (columns,) = layout.lay_out(circuit, rows, lambda item: 1, WIDE).parts
    for column in columns:
        spans = [range(item.rows[0], item.rows[-1] + 1) for item in column.items]
        assert sum(map(len, spans)) == len(set().union(*spans))


@given(programs())
def test_bits_are_read_and_written_in_order(program):
    circuit, _ = program
    rows, names = (
        layout.Rows(circuit.num_qubits, 64, layout.has_classical(circuit)),
        layout.Names(circuit.bits.registers),
    )
    (columns,) = layout.lay_out(circuit, rows, lambda item: 1, WIDE).parts
    drawn = [(at, item) for at, column in enumerate(columns) for item in column.items]
    after_reads, after_writes = [0] * 4, [0] * 4
    for step in steps.steps(circuit):
        item = layout.depict(step, rows, names)
        place = next(i for i, (_, other) in enumerate(drawn) if other == item)  # equal ones come in order
        at, _ = drawn.pop(place)
        assert all(at >= after_writes[bit] for bit in item.bits)
        assert all(at >= after_reads[bit] for bit in item.written)
        for bit in item.bits:
            after_reads[bit] = max(after_reads[bit], at + 1)
        for bit in item.written:
            after_writes[bit] = at + 1


@given(programs())
def test_steps_backward_are_the_steps_reversed(program):
    circuit, _ = program
    forward = list(steps.steps(circuit))
    assert list(steps.steps(circuit, backward=True)) == forward[::-1]
    assert steps.count(circuit) == (len(forward), sum(step.num_instructions for step in forward))


@given(programs(), st.integers(20, 60), st.booleans(), st.integers(2, 4))
def test_drawings_are_within_the_width(program, width, ascii, max_qubits):
    circuit, _ = program
    drawing = str(draw(circuit, width=width, ascii=ascii, max_qubits=max_qubits, max_lines=40))
    assert max(map(len, drawing.splitlines())) <= width
    assert drawing.isascii() or not ascii
    assert all(line == line.rstrip() for line in drawing.splitlines())


@given(programs(), st.integers(10, 60))
def test_parts_of_a_drawing_are_its_ends(program, room):
    circuit, _ = program
    rows, names = (
        layout.Rows(circuit.num_qubits, 64, layout.has_classical(circuit)),
        layout.Names(circuit.bits.registers),
    )
    found = layout.lay_out(circuit, rows, lambda item: 10, room)
    parts = [[item for column in part for item in column.items] for part in found.parts]
    items = [(step, layout.depict(step, rows, names)) for step in steps.steps(circuit)]
    first, last = items[: len(parts[0])], items[len(items) - len(parts[-1]) :] if len(parts) == 2 else []
    for part, wanted in zip(parts, (first, last), strict=False):
        for row in range(len(rows)):
            assert [i for i in part if row in i.rows] == [i for _, i in wanted if row in i.rows]
    shown = sum(step.num_instructions for step, _ in first + last)
    assert found.num_instructions - found.num_skipped == shown
