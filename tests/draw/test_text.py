"""Text drawings: exact pictures of circuits, options, bounded work."""

import math
import re
import unicodedata
from itertools import accumulate, pairwise

import numpy as np
import pytest

from qsim import gates
from qsim.circuit import Circuit, Instruction, Parameter
from qsim.draw import draw, layout
from qsim.errors import CircuitError
from qsim.frozen import assign
from qsim.gates import unitary

PI = math.pi

# ── Exact pictures ────────────────────────────────────────────────────────────────────────────────────────────────────


def teleport() -> Circuit:
    circuit = Circuit(name="teleport")
    circuit.add_qubits("message", 1)
    circuit.add_qubits("pair", 2)
    circuit.add_bits("flag", 2)
    circuit.add_bits("o", 1)
    return circuit.h(1).cx(1, 2).cx(0, 1).h(0).measure([0, 1], [0, 1]).measure(2, 2)


def qft(n: int) -> Circuit:
    circuit = Circuit(n)
    for i in range(n):
        circuit.h(i)
        for j in range(i + 1, n):
            circuit.cp(PI / 2 ** (j - i), j, i)
    return circuit


PICTURES = [
    pytest.param(
        Circuit(2).h(0).cx(0, 1),
        {},
        """
q0: ─H─●─
       │
q1: ───⊕─
""",
        id="bell",
    ),
    pytest.param(
        Circuit(2, 2).h(0).cx(0, 1).measure([0, 1], [0, 1]),
        {"ascii": True},
        """
q0: -H-@-M->c0-
       |
q1: ---X-M->c1-
c: 2 bits
""",
        id="bell in ascii",
    ),
    pytest.param(
        Circuit(3, 3).h(0).cx(0, 1).cx(1, 2).measure(range(3), [2, 1, 0]),
        {},
        """
q0: ─H─●───M→c2─
       │
q1: ───⊕─●─M→c1─
         │
q2: ─────⊕─M→c0─
c: 3 bits
""",
        id="ghz",
    ),
    pytest.param(
        Circuit(3).ccx(0, 2, 1).ccx(1, 2, 0).ccx(0, 1, 2),
        {},
        """
q0: ─●─⊕─●─
     │ │ │
q1: ─⊕─●─●─
     │ │ │
q2: ─●─●─⊕─
""",
        id="toffoli",
    ),
    pytest.param(
        Circuit(4).x(3, controls=[0, 2], control_state="01").z(1, controls=[0, 3], control_state="00"),
        {},
        """
q0: ─○─○─
     │ │
q1: ─┼─●─
     │ │
q2: ─●─┼─
     │ │
q3: ─⊕─○─
""",
        id="controls on 0",
    ),
    pytest.param(
        Circuit(3).cswap(0, 1, 2).cswap(1, 0, 2).swap(0, 2),
        {},
        """
q0: ─●─×─×─
     │ │ │
q1: ─×─●─┼─
     │ │ │
q2: ─×─×─×─
""",
        id="swaps",
    ),
    pytest.param(
        Circuit(4).iswap(0, 3).rzz(0.3, 2, 1).rzx(PI / 2, 3, 1).ecr(0, 1).dcx(3, 2),
        {},
        """
q0: ─┤0    ├───────────────────────┤0  ├─
     │     │                       │ECR│
q1: ─┼─────┼─┤1       ├─┤1       ├─┤1  ├─
     │iSWAP│ │RZZ(0.3)│ │RZX(π/2)│
q2: ─┼─────┼─┤0       ├─┼────────┼─┤1  ├─
     │     │            │        │ │DCX│
q3: ─┤1    ├────────────┤0       ├─┤0  ├─
""",
        id="boxes",
    ),
    pytest.param(
        Circuit(3).rzz(PI, 2, 0).iswap(0, 2, controls=[1]).sxdg(1),
        {"ascii": True},
        """
q0: -|1      |-|0    |---------
     |RZZ(pi)| |iSWAP|
q1: -|-------|-@-----|-sqrtXdg-
     |       | |     |
q2: -|0      |-|1    |---------
""",
        id="boxes in ascii",
    ),
    pytest.param(
        Circuit(3).append(unitary(np.eye(8), "oracle"), 2, 0, 1).append(unitary(np.eye(2), ""), 1),
        {},
        """
q0: ─┤1     ├─────────
     │oracle│
q1: ─┤2     ├─unitary─
     │      │
q2: ─┤0     ├─────────
""",
        id="custom gates",
    ),
    pytest.param(
        Circuit(4).iswap(1, 2, controls=[0]).iswap(0, 2, controls=[1, 3], control_state="01"),
        {},
        """
q0: ─●───────┤0    ├─
     │       │iSWAP│
q1: ─┤0    ├─○─────┼─
     │iSWAP│ │     │
q2: ─┤1    ├─┤1    ├─
             │
q3: ─────────●───────
""",
        id="controlled boxes",
    ),
    pytest.param(
        Circuit(2).rx(Parameter("θ") / 2, 0).u(PI / 2, 0, -3 * PI / 4, 1).cp(0.123456, 1, 0),
        {},
        """
q0: ────RX(θ/2)─────P(0.1235)─
                        │
q1: ─U(π/2,0,-3π/4)─────●─────
""",
        id="angles",
    ),
    pytest.param(
        Circuit(3).h(range(3)).barrier().cx(0, 1).barrier(0, 2).sdg(1).x(0),
        {},
        """
q0: ─H─░─●─░─X──
       ░ │
q1: ─H─░─⊕───S†─
       ░
q2: ─H─░───░────
""",
        id="barriers",
    ),
    pytest.param(
        Circuit(2).h(range(2)).barrier().x(1).measure_all(),
        {},
        """
q0: ─H─░───M→meas[0]─
q1: ─H─░─X─M→meas[1]─
meas: 2 bits
""",
        id="no links",
    ),
    pytest.param(
        Circuit(2).gphase(PI / 2).gphase(0.5).append(gates.gphase(0.5).controlled(2, "10"), 0, 1),
        {},
        """
q0: ─────────●─────────
             │
q1: ─────────○e^i(0.5)─
global phase: e^i(π/2) · e^i(0.5)
""",
        id="phases",
    ),
    pytest.param(
        teleport(),
        {},
        """
teleport
message[0]: ─────●─H─M→flag[0]─
                 │
   pair[0]: ─H─●─⊕───M→flag[1]─
               │
   pair[1]: ───⊕────────M→o0───
flag: 2 bits, o: 1 bit
""",
        id="registers",
    ),
    pytest.param(
        Circuit(3).h(0).cx(0, 2).h(0).h(1).x(1).y(1).cz(0, 1),
        {},
        """
q0: ─H─●─H───●─
       │     │
q1: ─H─┼─X─Y─●─
       │
q2: ───⊕───────
""",
        id="as soon as possible",
    ),
    pytest.param(
        Circuit(2, 1).measure(0, 0).measure(1, 0).x(1),
        {},
        """
q0: ─M→c0────────
q1: ──────M→c0─X─
c: 1 bit
""",
        id="one bit twice",
    ),
    pytest.param(
        Circuit(2).append(unitary(np.eye(4), "a─\n\x1b\u202eb"), 1, 0),
        {},
        """
q0: ─┤1     ├─
     │a─???b│
q1: ─┤0     ├─
""",
        id="hostile name",
    ),
    pytest.param(
        Circuit(2, 1),
        {},
        """
q0: ───
q1: ───
c: 1 bit
""",
        id="no instructions",
    ),
    pytest.param(
        Circuit(),
        {},
        """
(no qubits)
""",
        id="nothing",
    ),
    pytest.param(
        Circuit().gphase(0.5).barrier(),
        {},
        """
(no qubits)
global phase: e^i(0.5)
""",
        id="no qubits",
    ),
    pytest.param(
        qft(3),
        {"width": 26},
        """
q0: ─H─P(π/2)─P(π/4)───»
         │      │
q1: ─────●──────┼────H─»
                │
q2: ────────────●──────»

q0: «──────────

q1: «─P(π/2)───
        │
q2: «───●────H─
""",
        id="wrapped",
    ),
    pytest.param(
        Circuit(2).cx(0, 1).h(0).repeat(100),
        {"width": 20, "max_lines": 4},
        """
q0: ─●─H─●─H─●─H─…
     │   │   │
q1: ─⊕───⊕───⊕───…

… 188
instructions not
shown …

q0: …─●─H─●─H─●─H─
      │   │   │
q1: …─⊕───⊕───⊕───
Not shown: 188 of
200 instructions.
""",
        id="left out",
    ),
    pytest.param(
        Circuit(1).h(0).repeat(100),
        {"width": 30, "max_lines": 1, "ascii": True},
        """
q0: -H-H-H-H-H-H-H-H-H-H-H-~

... 78 instructions not
shown ...

q0: ~-H-H-H-H-H-H-H-H-H-H-H-
Not shown: 78 of 100
instructions.
""",
        id="left out in ascii",
    ),
    pytest.param(
        Circuit(9).h(range(9)).cx(0, 8).cx(1, 4).iswap(5, 6, controls=[8]).ecr(4, 7).rzz(1, 3, 4),
        {"max_qubits": 4},
        """
q0: ─H─●───────────
       │
q1: ─H─┼─●─────────
       │ │
 ⋮     │ ⋮ ⋮ │⋮  │
       │   │ │ECR│
q7: ─H─┼───┼─┤1  ├─
       │   │
q8: ─H─⊕───●───────
Not shown: 6 of 14 instructions, 5 of 9 qubits.
""",
        id="qubits left out",
    ),
    pytest.param(
        Circuit(2).rx(1000 * Parameter("a_long_name") + 1, 0).cu(0.1, 0.2, 0.3, 0.4, 0, 1),
        {"width": 20},
        """
q0: ─RX(10…+ 1)─»
q1: ────────────»

q0: «─────●──────
          │
q1: «─U(0.1…0.4)─
""",
        id="cut labels",
    ),
]


@pytest.mark.parametrize(("circuit", "options", "picture"), PICTURES)
def test_picture(circuit, options, picture):
    assert f"\n{draw(circuit, **{'width': 100, **options})}\n" == picture


# ── Work, options, files, notebooks, refusals ─────────────────────────────────────────────────────────────────────────

MANY = 300_000


@pytest.mark.parametrize(
    "few",
    [
        Circuit(1).h(0),
        Circuit(64).cx(0, 63),
        Circuit(20).h(range(20)),
        Circuit(1000).h(range(400, 600)),
        Circuit(3).gphase(0.5),
        Circuit().gphase(0.5),
    ],
    ids=["line", "span", "layers", "hidden", "phases", "no qubits"],
)
def test_few_instructions_of_many_are_looked_at(few, monkeypatch):
    circuit = few.repeat(MANY // len(few))
    looked_at = 0
    depict = layout.depict

    def counting(*arguments):
        nonlocal looked_at
        looked_at += 1
        return depict(*arguments)

    monkeypatch.setattr(layout, "depict", counting)
    drawing = str(draw(circuit, width=100))
    assert looked_at <= 3 * layout.MAX_READ
    assert len(drawing.splitlines()) <= 800
    assert re.search(rf"Not shown: [\d,]+ of {MANY:,} instructions", drawing)


def test_ascii_spells_names_of_users():
    theta = Parameter("θ₁") + 2 * Parameter("Δé☃")
    circuit = Circuit(1, name="ψ†")
    circuit.add_qubits("größe", 1)
    drawing = str(draw(circuit.rx(theta, 0).append(unitary(np.eye(2), "λ→½"), 1), ascii=True))
    assert drawing.splitlines()[0] == "psidg"
    assert "RX(theta1 + 2Deltae?)" in drawing
    assert "gro?e[0]: " in drawing
    assert drawing.isascii()


def test_str_of_a_circuit_is_its_drawing_as_wide_as_the_terminal(monkeypatch):
    circuit = qft(5)
    for columns in (40, 80):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert str(circuit) == str(circuit.draw()) == str(draw(circuit, width=columns))
    monkeypatch.setenv("COLUMNS", "3")
    assert str(circuit) == str(draw(circuit, width=20))


def test_file(tmp_path):
    path = tmp_path / "bell.txt"
    drawing = Circuit(2).h(0).cx(0, 1).draw(path=str(path))
    assert path.read_text(encoding="utf-8") == f"{drawing}\n"


def test_notebook_shows_the_text_escaped():
    drawing = draw(Circuit(1).append(unitary(np.eye(2), "<b>&"), 0))
    html = drawing._repr_html_()
    assert html.startswith("<pre")
    assert "q0: ─&lt;b&gt;&amp;─</pre>" in html
    assert repr(drawing) == str(drawing) == "q0: ─<b>&─"


class Wait(Instruction):
    __slots__ = ()
    name = "wait"

    def __init__(self, *qubits):
        assign(self, "qubits", qubits)
        assign(self, "source", None)

    def __repr__(self):
        return "wait(1)"


def test_an_instruction_without_a_picture_is_refused():
    circuit = Circuit(2).h(0)
    circuit._instructions.append(Wait(1))
    with pytest.raises(CircuitError, match=r"Operation 1, wait\(1\): there is no picture"):
        draw(circuit)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"format": "ascii"}, CircuitError, "`format` must be one of 'text', .* but is 'ascii'"),
        ({"width": 19}, CircuitError, "`width` must be at least 20, but is 19"),
        ({"max_lines": 0}, CircuitError, "`max_lines` must be at least 1"),
        ({"max_qubits": 1}, CircuitError, "`max_qubits` must be at least 2"),
        ({"width": 80.0}, TypeError, "`width` must be an int"),
        ({"max_qubits": True}, TypeError, "`max_qubits` must be an int"),
        ({"size": 3}, TypeError, "size"),
        ({"circuit": "bell"}, TypeError, "takes a Circuit, not str"),
    ],
)
def test_refusals(arguments, error, message):
    with pytest.raises(error, match=message):
        draw(**{"circuit": Circuit(1), **arguments})


# ── Wide characters ───────────────────────────────────────────────────────────────────────────────────────────────────


def columns(line):
    """Where each character of a line of a terminal stands."""
    ends = accumulate(1 + (unicodedata.east_asian_width(character) in "WF") for character in line)
    return [*zip((0, *ends), line, strict=False)]


@pytest.mark.parametrize("width", [20, 21, 40, 100])
def test_wide_characters_take_two_columns(width):
    part = Circuit(2, name="量子変換と長い名前" * 3).h(0).cx(0, 1)
    circuit = Circuit(name="回路")
    circuit.add_qubits("量子", 2)
    circuit.add_qubits("a", 1)
    flag = circuit.add_bits("結果", 1)
    circuit.append(part, 0, 2).append(part, 1, 2).measure(0, 0).x(1, when=flag[0])
    for options in ({}, {"expand": True}):
        lines = str(draw(circuit, width=width, **options)).splitlines()
        assert all(line.isprintable() for line in lines)
        assert all(columns(line)[-1][0] < width for line in lines if line)
        assert any("量" in line for line in lines)
        for line, below in pairwise(lines):
            beside = dict(columns(below))
            for at, character in columns(line):
                assert character not in "┌┐" or beside.get(at) in ("╎", "├", "┤")
