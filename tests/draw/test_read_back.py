"""Text drawings of random circuits are read back: every instruction is there, where and when it belongs."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsim import gates
from qsim.circuit import Barrier, Circuit, Instruction, Measurement, Operation
from qsim.draw import draw, layout
from qsim.draw.steps import steps
from qsim.gates import TABLE, Gate

PI = math.pi
WIDE = 1_000_000  # nothing is wrapped

# ── Random circuits, and what a reader should see of them ─────────────────────────────────────────────────────────────

Picture = tuple[frozenset[tuple[int, str]], str]  # what stands on each qubit, and the label of a box


@st.composite
def instructions(draw_value, num_qubits):
    kind = draw_value(st.sampled_from(["gate"] * 6 + ["measurement", "barrier"]))
    qubits = draw_value(st.permutations(range(num_qubits)))
    if kind == "measurement":
        return Measurement((qubits[0],), draw_value(st.integers(0, 1)))
    if kind == "barrier":
        return Barrier(tuple(qubits[: draw_value(st.integers(1, num_qubits))]))
    spec = draw_value(st.sampled_from([spec for spec in TABLE.values() if spec.num_qubits <= num_qubits]))
    gate = Gate.named(spec.name, *(draw_value(st.sampled_from([0.5, -PI / 2, PI / 4])) for _ in spec.params))
    state = draw_value(st.text("01", min_size=0 if spec.num_qubits else 1, max_size=num_qubits - spec.num_qubits))
    gate = gate.controlled(len(state), state)
    return Operation(gate, tuple(qubits[: gate.num_qubits]))


@st.composite
def circuits(draw_value):
    circuit = Circuit(draw_value(st.integers(1, 6)), 2)
    circuit._instructions += draw_value(st.lists(instructions(circuit.num_qubits), max_size=25))
    return circuit


def expected(instruction: Instruction) -> list[Picture]:
    """What should be seen; a barrier is seen qubit by qubit."""
    if isinstance(instruction, Measurement):
        return [(frozenset({(instruction.qubit, f"M→c{instruction.bit}")}), "")]
    if isinstance(instruction, Barrier):
        return [(frozenset({(qubit, "░")}), "") for qubit in sorted(instruction.qubits)]
    gate, targets = instruction.gate, instruction.targets
    base = gate.spec.base or gate.spec
    angles = ",".join({0.5: "0.5", -PI / 2: "-π/2", PI / 4: "π/4"}[value] for value in gate.params)
    label = base.symbol + (f"({angles})" if angles else "")
    signs = dict(zip(instruction.controls, gate.control_state.translate({48: "○", 49: "●"}), strict=True))
    if base.name == "swap":
        signs |= dict.fromkeys(targets, "×")
    elif len(targets) > 1:
        signs |= {qubit: f"┤{slot}├" for slot, qubit in enumerate(targets)}
        return [(frozenset(signs.items()), label)]
    elif targets:
        signs[targets[0]] = {"x": "⊕", "z": "●"}.get(base.name, label) if gate.num_controls else label
    else:
        signs[max(signs)] += label
    return [(frozenset(signs.items()), "")]


def panels(drawing: str, num_qubits: int) -> list[list[str]]:
    """The lines of each panel, from the first qubit to the last, without the names."""
    found: list[list[str]] = []
    is_open = False
    for line in drawing.splitlines():
        if re.match(r" *q0: ", line):
            found.append([])
            is_open = True
        if is_open:
            found[-1].append(line[len(f"q{num_qubits - 1}: ") :])
        is_open &= not re.match(rf" *q{num_qubits - 1}: ", line)
    return found


def join(pieces: list[list[str]], num_qubits: int) -> list[str]:
    """One long panel, with a line between any two qubits, in which barriers have gaps."""
    lines = [""] * (2 * num_qubits - 1)
    for piece in pieces:
        step = 2 if len(piece) == len(lines) else 1
        start, length = piece[0][0] in "«…", len(piece[0].rstrip("»…"))
        for row in range(2 * num_qubits - 1):
            line = piece[row * step // 2] if row * step % 2 == 0 else ""
            line = line.replace("░", " ") if row % 2 else line
            lines[row] += line.rstrip("»…").ljust(length)[start : length - 1]
    return lines


def read(lines: list[str]) -> list[Picture]:
    """Pictures from left to right: a picture is what hangs together when wires are taken away."""
    cells = {(line, x): c for line, text in enumerate(lines) for x, c in enumerate(text) if c not in "─ "}
    found = []
    while cells:
        start = min(cells, key=lambda cell: (cell[1], cell[0]))
        blob, rim = {}, [start]
        while rim:
            line, x = rim.pop()
            if (line, x) in cells:
                blob[line, x] = cells.pop((line, x))
                rim += [(line - 1, x), (line + 1, x), (line, x - 1), (line, x + 1)]
        found += _picture(blob)
    return found


def _picture(blob: dict[tuple[int, int], str]) -> list[Picture]:
    rows, between = defaultdict(str), defaultdict(str)
    for (line, _), character in sorted(blob.items()):
        (between if line % 2 else rows)[line // 2] += character
    signs = {(row, text.replace("┼", "")) for row, text in rows.items() if text.strip("┼")}
    if all(text == "░" for _, text in signs):
        return [(frozenset({sign}), "") for sign in sorted(signs)]
    return [(frozenset(signs), "".join(between.values()).replace("│", ""))]


def in_order(pictures: Iterable[Picture], num_qubits: int) -> list[list[Picture]]:
    """For each qubit, and then for each bit, what acts on it, in order."""
    wires: list[list[Picture]] = [[] for _ in range(num_qubits + 2)]
    for picture in pictures:
        for qubit, sign in picture[0]:
            wires[qubit].append(picture)
            if sign.startswith("M→"):
                wires[num_qubits + int(sign[-1])].append(picture)
    return wires


def seen(instructions: Iterable[Instruction]) -> list[Picture]:
    return [picture for instruction in instructions for picture in expected(instruction) if instruction.qubits]


def read_back(drawing: str, num_qubits: int) -> list[Picture]:
    return read(join(panels(drawing, num_qubits), num_qubits))


@given(circuits())
def test_drawing_shows_every_instruction_in_order(circuit):
    n = circuit.num_qubits
    pictures = read_back(str(draw(circuit, width=WIDE)), n)
    assert in_order(pictures, n) == in_order(seen(circuit), n)


@given(circuits(), st.integers(60, 120))
def test_panels_are_the_wide_drawing_cut_into_pieces(circuit, width):
    n = circuit.num_qubits
    wide, narrow = str(draw(circuit, width=WIDE)), str(draw(circuit, width=width, max_lines=10**6))
    assert join(panels(narrow, n), n) == join(panels(wide, n), n)
    for panel in panels(narrow, n)[:-1]:
        assert panel[0].endswith("─»")
    for panel in panels(narrow, n)[1:]:
        assert panel[0].startswith("«─")
    if len("q0: ") + len(panels(wide, n)[0][0]) + 2 <= width:  # one panel is enough, with room for marks at both ends
        assert narrow == wide


@given(circuits(), st.integers(20, 60), st.booleans())
def test_lines_are_even_and_within_the_width(circuit, width, ascii):
    n = circuit.num_qubits
    drawing = str(draw(circuit, width=width, ascii=ascii))
    assert max(map(len, drawing.splitlines())) <= width
    assert drawing.isascii() or not ascii
    for panel in panels(drawing, n):
        step = 2 if len(panel) > n else 1
        assert len({len(line) for line in panel[::step]}) == 1
        assert max(map(len, panel)) == len(panel[0])
        assert all(line == line.rstrip() for line in panel)


@given(circuits(), st.integers(2, 5))
def test_drawings_of_few_qubits_of_many(circuit, max_qubits):
    n, shown = circuit.num_qubits, min(circuit.num_qubits, max_qubits)
    drawing = str(draw(circuit, width=WIDE, max_qubits=max_qubits))
    kept = [*range((shown + 1) // 2), *range(n - shown // 2, n)]
    assert re.findall(r"q(\d+): ", drawing) == list(map(str, kept))
    assert ("⋮" in drawing) == (n > max_qubits)
    left_out = [i for i in circuit if i.qubits and not {*i.qubits} & {*kept}]
    notes = [f"{len(left_out)} of {len(circuit)} instructions"] if left_out else []
    notes += [f"{n - shown} of {n} qubits"] if n > shown else []
    assert drawing.endswith(f"Not shown: {', '.join(notes)}.") if notes else "Not shown" not in drawing


@given(circuits())
def test_columns_are_filled_as_soon_as_possible(circuit):
    rows = layout.Rows(circuit.num_qubits, 64)
    (columns,) = layout.lay_out(circuit, rows, lambda item: 1, WIDE).parts
    taken: list[set[int]] = []
    for column in columns:
        spans = [set(range(item.rows[0], item.rows[-1] + 1)) for item in column.items]
        taken.append(set().union(*spans))
        assert sum(map(len, spans)) == len(taken[-1])  # spans do not overlap
    after = [0] * circuit.num_qubits
    for at, column in enumerate(columns):
        for item in column.items:
            span = set(range(item.rows[0], item.rows[-1] + 1))
            earliest = max(after[row] for row in item.rows)
            if item.kind != "measurement":
                assert all(taken[earlier] & span for earlier in range(earliest, at))
        for item in column.items:
            for row in item.rows:
                after[row] = at + 1


def test_measurements_at_the_end_stand_below_each_other():
    circuit = Circuit(3).h(0).cx(0, 1).cx(1, 2).measure_all()
    (columns,) = layout.lay_out(circuit, layout.Rows(3, 64), lambda item: 1, WIDE).parts
    assert [item.label for item in columns[-1].items] == ["meas[0]", "meas[1]", "meas[2]"]


# ── What is left out of long circuits ─────────────────────────────────────────────────────────────────────────────────


def long_circuit(num_qubits: int, length: int, seed: int) -> Circuit:
    rng = np.random.default_rng(seed)
    circuit = Circuit(num_qubits)
    for _ in range(length):
        first, second = map(int, rng.permutation(num_qubits)[:2])
        if rng.random() < 0.5:
            circuit.cx(first, second)
        else:
            circuit.append([gates.h, gates.rx(0.5), gates.sdg][rng.integers(3)], first)
    return circuit


@pytest.mark.parametrize(("num_qubits", "width", "max_lines"), [(2, 20, 1), (3, 60, 30), (5, 80, 100), (12, 100, 100)])
def test_first_and_last_instructions_are_shown(num_qubits, width, max_lines):
    circuit = long_circuit(num_qubits, 2000, seed=num_qubits)
    drawing = str(draw(circuit, width=width, max_lines=max_lines))
    head, number, tail = re.split(r"… ([\d,]+)\s+instructions\s+not\s+shown …", drawing)
    first, last = (read_back(part, num_qubits) for part in (head, tail))
    assert len(first) + len(last) + int(number.replace(",", "")) == len(circuit)
    assert in_order(first, num_qubits) == in_order(seen(circuit[: len(first)]), num_qubits)
    assert in_order(last, num_qubits) == in_order(seen(circuit[-len(last) :]), num_qubits)
    least = 2 * (2 * num_qubits + 3)
    assert len(drawing.splitlines()) <= max(2 * max_lines, least) + 10  # a panel may be filled by half


def test_all_is_shown_where_there_is_room():
    circuit = long_circuit(3, 200, seed=1)
    drawing = str(draw(circuit, width=60, max_lines=2000))
    assert len(read_back(drawing, 3)) == 200
    assert "Not shown" not in drawing


def by_row(items: Iterable[layout.Item]) -> dict[int, list[layout.Item]]:
    wires = defaultdict(list)
    for item in items:
        for row in item.rows:
            wires[row].append(item)
    return wires


@pytest.mark.parametrize("room", range(2, 14))
def test_parts_hold_the_first_and_the_last_instructions(room):
    joined = False  # two parts, packed from both ends, can hold together what does not fit as a whole
    for seed in range(200, 220):
        circuit, rows = long_circuit(4, 8 + seed % 20, seed), layout.Rows(4, 64)
        items = [layout.depict(step, rows, layout.Names([])) for step in steps(circuit)]
        found = layout.lay_out(circuit, rows, lambda item: 1, room)
        parts = [[item for column in part for item in column.items] for part in found.parts]
        assert sum(map(len, found.parts)) <= room
        assert sum(map(len, parts)) + found.num_skipped == len(circuit)
        assert (len(parts) == 2) == (found.num_skipped > 0)
        assert by_row(parts[0]) == by_row(items[: len(parts[0])])
        assert by_row(parts[-1]) == by_row(items[len(items) - len(parts[-1]) :])
        (whole,) = layout.lay_out(circuit, rows, lambda item: 1, WIDE).parts
        joined |= len(parts) == 1 and len(whole) > room
    assert joined == (room == 10)
