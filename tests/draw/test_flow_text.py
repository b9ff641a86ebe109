"""Text drawings of dynamic circuits: exact pictures, names in conditions, bounded work, refusals."""

import re
from contextlib import ExitStack

import numpy as np
import pytest

from qsim.circuit import Circuit, IfElse, Initialize, Instruction
from qsim.circuit.classical import read
from qsim.draw import draw, layout
from qsim.errors import CircuitError
from qsim.frozen import assign

WIDE = 1_000_000  # nothing is wrapped

# ── Exact pictures ────────────────────────────────────────────────────────────────────────────────────────────────────


def teleportation() -> Circuit:
    circuit = Circuit(3, 2).rx(0.3, 0).h(1).cx(1, 2).cx(0, 1).h(0).measure([0, 1], [0, 1])
    return circuit.x(2, when=circuit.bits[1] == 1).z(2, when=circuit.bits[0])


def repeat_until_success() -> Circuit:
    circuit = Circuit(2, 1).h(0).cx(0, 1).measure(0, 0)
    with circuit.while_(circuit.bits[0] == 1):
        circuit.reset(0).h(0).cx(0, 1).t(1).measure(0, 0)
    return circuit.x(1)


def switch() -> Circuit:
    circuit = Circuit(4, 2)
    flag = circuit.add_bits("flag", 2)
    circuit.measure([0, 1], [0, 1]).measure(2, flag[1])
    with circuit.switch(circuit.bits["c"]) as case:
        with case(0, "11"):
            circuit.x(3)
        with case.default():
            with circuit.if_((flag[1] == 1) & ~circuit.bits[0]):
                circuit.h(3).cx(3, 1)
            with circuit.else_():
                circuit.z(1)
    return circuit.x(0).x(2)


def loop() -> Circuit:
    circuit = Circuit(3, 2).initialize("0+", 2, 0).initialize([0.6, 0.8], 1)
    with circuit.for_((0, 2)) as i:
        circuit.rx(i / 2, 0).measure(1, 0)
        with circuit.if_(circuit.bits[0]):
            circuit.break_()
        circuit.cx(0, 1, when=circuit.bits["c"] < 3).assign(circuit.bits["c"], 2)
    return circuit.rzz(0.3, 0, 2, when=circuit.bits[1]).reset(1)


def bits_alone() -> Circuit:
    circuit = Circuit(1, 3).measure(0, 0).assign([2, 1], 2).gphase(0.3)
    with circuit.while_(circuit.bits["c"] == 5):
        circuit.continue_()
    circuit.gphase(0.5, when=circuit.bits[0])
    return circuit.x(0, when=circuit.bits[2])


def hidden() -> Circuit:
    circuit = Circuit(9, 2)
    with circuit.if_(circuit.bits[0]):
        circuit.h(4).cx(1, 8)
        with circuit.if_(circuit.bits[1]):
            circuit.x(3).x(4)
    return circuit.x(0).h(3, when=circuit.bits[0])


def conditions() -> Circuit:
    circuit = Circuit(3, 2)
    first, second = circuit.bits
    circuit.p(0.3, 2, controls=[0], when=first).x(
        1, controls=[0, 2], control_state="01", when=circuit.bits["c"] == "10"
    )
    circuit.iswap(0, 1, controls=[2], when=~first).gphase(0.5, controls=[0, 1], when=second)
    return circuit.swap(0, 2, when=second).measure(1, 0, when=first ^ second)


PICTURES = [
    pytest.param(
        teleportation(),
        {},
        """
q0: ─RX(0.3)───●─H─M→c0──────────────────────
               │
q1: ────H────●─⊕───M→c1──────────────────────
             │
q2: ─────────⊕──────────X if c1 == 1─Z if c0─
c: 2 bits
""",
        id="teleportation",
    ),
    pytest.param(
        repeat_until_success(),
        {},
        """
q0: ─H─●─M→c0─┤             ├─|0⟩─H─●─M→c0─┤   ├───
       │      │while c0 == 1│       │      │end│
q1: ───⊕──────┤             ├───────⊕──T───┤   ├─X─
c: 1 bit
""",
        id="repeat until success",
    ),
    pytest.param(
        repeat_until_success(),
        {"ascii": True},
        """
q0: -H-@-M->c0-|             |-|0>-H-@-M->c0-|   |---
       |       |while c0 == 1|       |       |end|
q1: ---X-------|             |-------X---T---|   |-X-
c: 1 bit
""",
        id="repeat until success in ascii",
    ),
    pytest.param(
        switch(),
        {"width": 110},
        """
q0: ────M→c0───────X───────────────────────────────────────────────────────────────────────────────────

q1: ────M→c1───┤        ├─┤         ├───┤       ├─┤                       ├───⊕─┤    ├─Z─┤   ├─┤   ├───
               │switch c│ │case 0, 3│   │default│ │if (flag[1] == 1) & ~c0│   │ │else│   │end│ │end│
q2: ─M→flag[1]─┼────────┼─┼─────────┼───┼───────┼─┼───────────────────────┼───┼─┼────┼───┼───┼─┼───┼─X─
               │        │ │         │   │       │ │                       │   │ │    │   │   │ │   │
q3: ───────────┤        ├─┤         ├─X─┤       ├─┤                       ├─H─●─┤    ├───┤   ├─┤   ├───
c: 2 bits, flag: 2 bits
""",
        id="switch",
    ),
    pytest.param(
        switch(),
        {"width": 60},
        """
q0: ────M→c0───────X──────────────────────────────»

q1: ────M→c1───┤        ├─┤         ├───┤       ├─»
               │switch c│ │case 0, 3│   │default│
q2: ─M→flag[1]─┼────────┼─┼─────────┼───┼───────┼─»
               │        │ │         │   │       │
q3: ───────────┤        ├─┤         ├─X─┤       ├─»

q0: «──────────────────────────────────────────────────────

q1: «─┤                       ├───⊕─┤    ├─Z─┤   ├─┤   ├───
      │if (flag[1] == 1) & ~c0│   │ │else│   │end│ │end│
q2: «─┼───────────────────────┼───┼─┼────┼───┼───┼─┼───┼─X─
      │                       │   │ │    │   │   │ │   │
q3: «─┤                       ├─H─●─┤    ├───┤   ├─┤   ├───
c: 2 bits, flag: 2 bits
""",
        id="switch wrapped",
    ),
    pytest.param(
        loop(),
        {},
        """
q0: ─┤1   ├──────┤               ├─RX(i/2)─┤           ├─●──────────┤     ├─┤   ├─»
     │|0+⟩│      │for i in (0, 2)│         │break if c0│ │          │c = 2│ │end│
q1: ─┼────┼─init─┤               ├───M→c0──┤           ├─⊕ if c < 3─┤     ├─┤   ├─»
     │    │
q2: ─┤0   ├───────────────────────────────────────────────────────────────────────»

q0: «─┤0             ├─────
      │RZZ(0.3) if c1│
q1: «─┼──────────────┼─|0⟩─
      │              │
q2: «─┤1             ├─────
c: 2 bits
""",
        id="loop",
    ),
    pytest.param(
        bits_alone(),
        {},
        """
  q0: ──────M→c0─────────X if c2───────────────────────────────────────
bits: ═╡[c2, c1] = 2╞═╡while c == 5╞═╡continue╞═╡end╞═╡e^i(0.5) if c0╞═
c: 3 bits
global phase: e^i(0.3)
""",
        id="bits alone",
    ),
    pytest.param(
        bits_alone(),
        {"ascii": True},
        """
  q0: -----M->c0---------X if c2---------------------------------------
bits: =|[c2, c1] = 2|=|while c == 5|=|continue|=|end|=|e^i(0.5) if c0|=
c: 3 bits
global phase: e^i(0.3)
""",
        id="bits alone in ascii",
    ),
    pytest.param(
        hidden(),
        {"max_qubits": 4},
        """
q0: ────X────────────

q1: ─┤     ├─●─┤   ├─
     │     │ │ │   │
 ⋮   │⋮    │ │ │⋮  │
     │if c0│ │ │end│
q7: ─┼─────┼─┼─┼───┼─
     │     │ │ │   │
q8: ─┤     ├─⊕─┤   ├─
c: 2 bits
Not shown: 5 of 8 instructions, 5 of 9 qubits.
""",
        id="hidden",
    ),
    pytest.param(
        conditions(),
        {},
        """
q0: ───●──────────○──────────────┤0           ├───●──────────×───────────────────────
       │          │              │iSWAP if ~c0│   │          │
q1: ───┼──────────⊕ if c == '10'─┤1           ├─P(0.5) if c1─┼───────M→c0 if c0 ^ c1─
       │          │              │                           │
q2: ─P(0.3) if c0─●──────────────●───────────────────────────× if c1─────────────────
c: 2 bits
""",
        id="conditions",
    ),
]


@pytest.mark.parametrize(("circuit", "options", "picture"), PICTURES)
def test_picture(circuit, options, picture):
    assert f"\n{draw(circuit, **{'width': 100, **options})}\n" == picture


# ── Conditions, counts, bounded work ──────────────────────────────────────────────────────────────────────────────────


def registers() -> Circuit:
    circuit = Circuit(1, 3)
    circuit.add_bits("none", 0)
    circuit.add_bits("flag", 2)
    circuit.add_bits("low", 2, lsb0=True)
    return circuit


CONDITIONS = {
    "c2": lambda c, flag, low: c[2],
    "c == '011'": lambda c, flag, low: c == "011",
    "low == 1": lambda c, flag, low: low == 1,
    "~flag": lambda c, flag, low: ~flag,
    "[c0, c1] < 3": lambda c, flag, low: read([0, 1], "") < 3,
    "[flag[1], flag[0]] < 3": lambda c, flag, low: read([4, 3], "") < 3,
    "[low[0], low[1]]": lambda c, flag, low: read([5, 6], ""),
    "(c < 3) & (flag[1] ^ low[0])": lambda c, flag, low: (c < 3) & (flag[1] ^ low[0]),
}


@pytest.mark.parametrize(("text", "condition"), CONDITIONS.items())
def test_conditions_are_spelled_with_the_names_of_the_drawing(text, condition):
    circuit = registers()
    with circuit.switch(condition(*(circuit.bits[name] for name in ("c", "flag", "low")))) as case, case(0):
        circuit.x(0)
    assert f"┤switch {text}├" in str(draw(circuit, width=100))


def test_captions_of_large_numbers_and_many_values_are_short():
    circuit = Circuit(1, 10_000)
    with circuit.switch(circuit.bits["c"]) as case:
        with case(2**9_999):
            circuit.x(0)
        with case(*range(1000)):
            circuit.x(0)
    with circuit.for_([1, 3] * 1000):
        circuit.x(0)
    drawing = str(draw(circuit, width=200))
    assert re.findall(r"┤(c.*?|f.*?)├", drawing) == [
        "case 0x8000000000000…0000000000000000000",
        "case 0, 1, 2, 3, 4, … 7, 8, 9, 10, 11, …",
        "for i in (1, 3, 1, 3…, 3, 1, 3, 1, 3, …)",
    ]


def nested(depth: int) -> Circuit:
    circuit = Circuit(3, 2)
    with ExitStack() as stack:
        for level in range(depth):
            stack.enter_context(circuit.if_(circuit.bits[level % 2] == 0))
            circuit.x(level % 3)
        circuit.y(0)
    return circuit


def test_a_hundred_nested_blocks_are_shown():
    circuit = nested(100)
    drawing = str(draw(circuit, width=100))
    assert len(re.findall("if c[01] == 0", drawing)) == 100
    assert len(re.findall("end", drawing)) == 100
    assert "Not shown" not in drawing
    assert max(map(len, str(draw(circuit, width=20, max_lines=10)).splitlines())) <= 20


def long_block(length: int) -> Circuit:
    circuit = Circuit(2, 2).h(0)
    with circuit.while_(circuit.bits[0] == 0):
        for _ in range(length // 2):
            circuit.x(0).x(1)
        circuit.measure(1, 0)
    return circuit.z(0)


def shared_blocks(doublings: int) -> Circuit:
    """Few objects, many instructions: each block holds the one before it twice."""
    circuit = Circuit(1, 1)
    condition = circuit.bits[0] == 0
    circuit.x(0, when=condition)
    for _ in range(doublings):
        circuit._instructions = [IfElse(condition, (tuple(circuit) * 2,))]
    return circuit


def many_bits(size: int) -> Circuit:
    """Conditions on all bits, written in every way."""
    circuit = Circuit(1, size)
    terms = [bit == 1 for bit in circuit.bits]
    while len(terms) > 1:
        terms = [a | b for a, b in zip(terms[::2], terms[1::2], strict=False)] + terms[len(terms) & ~1 :]
    for _ in range(200):
        circuit.x(0, when=terms[0]).y(0, when=circuit.bits["c"] == "01" * (size // 2)).z(
            0, when=read(range(1, size), "") < 3
        )
    return circuit


@pytest.mark.parametrize(
    ("circuit", "total"),
    [(long_block(200_000), 200_004), (shared_blocks(60), 2**61 - 1), (many_bits(10_000), 600)],
    ids=["long", "shared", "bits"],
)
def test_work_and_output_are_bounded(circuit, total, monkeypatch):
    looked_at = 0
    depict = layout.depict

    def counting(*arguments):
        nonlocal looked_at
        looked_at += 1
        return depict(*arguments)

    monkeypatch.setattr(layout, "depict", counting)
    drawing = str(draw(circuit, width=100, max_lines=30))
    assert looked_at <= 3000
    assert len(drawing.splitlines()) <= 80
    assert max(map(len, drawing.splitlines())) <= 100
    assert f" of {total:,} instructions." in drawing


def test_what_touches_many_bits_keeps_its_place():
    circuit = Circuit(4, 100).measure(0, 7)
    circuit.x(1, when=circuit.bits["c"] == 0).z(2, when=circuit.bits[9]).y(3, when=circuit.bits[99])
    items = layout.lay_out(circuit, layout.Rows(4, 64), lambda item: 1, WIDE).parts[0]
    assert [[item.rows for item in column.items] for column in items] == [[[0]], [[1]], [[2], [3]]]


def test_a_circuit_of_zero_qubits_may_be_initialized():
    circuit = Circuit(1)
    circuit._instructions.append(Initialize(np.ones(1), ()))
    assert "╡init╞" in str(draw(circuit))


class Wait(Instruction):
    __slots__ = ()
    name = "wait"

    def __init__(self):
        assign(self, "qubits", (0,))
        assign(self, "source", None)

    def __repr__(self):
        return "wait(0)"


def test_an_instruction_in_a_block_without_a_picture_is_refused():
    circuit = Circuit(1, 1).h(0)
    with circuit.if_(circuit.bits[0]):
        circuit._instructions += [Wait(), Wait()]
    with pytest.raises(CircuitError, match=r"Operation 1, wait\(0\): there is no picture"):
        draw(circuit)
