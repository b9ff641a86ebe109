"""Formulas of circuits: what is written, read back and worked out, is the circuit's unitary; bounds; names; output."""

import cmath
import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from qsim import Circuit, Parameter, gates
from qsim.algebra import OperatorProduct, X, Y, Z, kron
from qsim.draw.formula import formula
from qsim.errors import CircuitError, ParameterError
from qsim.gates import TABLE, Gate
from qsim.testing import random_circuit

PI = math.pi

# ── Reading formulas back ─────────────────────────────────────────────────────────────────────────────────────────────

R = math.sqrt(0.5)


def rotation(pauli):
    matrix = np.array(pauli, dtype=complex)
    return lambda a: math.cos(a / 2) * np.eye(2) - 1j * math.sin(a / 2) * matrix


def general(theta, phi, lam, gamma=0.0):
    c, s = math.cos(theta / 2), math.sin(theta / 2)
    matrix = [[c, -cmath.exp(1j * lam) * s], [cmath.exp(1j * phi) * s, cmath.exp(1j * (phi + lam)) * c]]
    return cmath.exp(1j * gamma) * np.array(matrix)


def equatorial(theta, phi):
    axis = math.cos(phi) * np.array([[0, 1], [1, 0]]) + math.sin(phi) * np.array([[0, -1j], [1j, 0]])
    return rotation(axis)(theta)


MATRICES = {
    "I": [[1, 0], [0, 1]], "X": [[0, 1], [1, 0]], "Y": [[0, -1j], [1j, 0]], "Z": [[1, 0], [0, -1]],
    "H": [[R, R], [R, -R]], "S": [[1, 0], [0, 1j]], "S†": [[1, 0], [0, -1j]], "T": [[1, 0], [0, R + R * 1j]],
    "T†": [[1, 0], [0, R - R * 1j]], "P0": [[1, 0], [0, 0]], "P1": [[0, 0], [0, 1]], "σ+": [[0, 1], [0, 0]],
    "σ-": [[0, 0], [1, 0]], "√X": np.array([[1 + 1j, 1 - 1j], [1 - 1j, 1 + 1j]]) / 2,
    "√X†": np.array([[1 - 1j, 1 + 1j], [1 + 1j, 1 - 1j]]) / 2,
}  # fmt: skip
FUNCTIONS = {
    "P": lambda a: np.diag([1, cmath.exp(1j * a)]), "U1": lambda a: np.diag([1, cmath.exp(1j * a)]),
    "RX": rotation(MATRICES["X"]), "RY": rotation(MATRICES["Y"]), "RZ": rotation(MATRICES["Z"]),
    "U": general, "U3": general, "U2": lambda phi, lam: general(PI / 2, phi, lam), "R": equatorial,
}  # fmt: skip
NUMBER = r"e\^\([^)]*\)|(?:cos|sin)\([^)]*\)|1/\(\d*√2\)|1/√2|1/\d+|\d[\d.]*(?:e-?\d+)?|i(?!\w)"
TOKEN = re.compile(NUMBER + r"|[-+⊗·()\[\],]|[√σ]?[A-Za-z]\w*†?|σ[+-]")


def angle(text):
    """A fraction of π, or a number."""
    match = re.fullmatch(r"(-?)(\d*)π(?:/(\d+))?", text)
    if match is None:
        return float(text)
    return float(f"{match[1]}1") * int(match[2] or 1) * PI / int(match[3] or 1)


def embed(matrix, qubits, n):
    """A matrix on these qubits of n, the first one leftmost."""
    k = len(qubits)
    tensor = np.eye(2**n, dtype=complex).reshape([2] * n + [2**n])
    tensor = np.tensordot(np.reshape(matrix, [2] * (2 * k)), tensor, axes=(range(k, 2 * k), qubits))
    return np.moveaxis(tensor, range(k), qubits).reshape(2**n, 2**n)


class Reader:
    """Works out what a formula on n qubits says; ⊗ binds tighter than ·, and that than + and -."""

    def __init__(self, text, n, custom):
        self.text, self.n, self.at, self.custom = text, n, 0, custom

    def spaces(self):
        while self.text[self.at : self.at + 1] == " ":
            self.at += 1

    def peek(self):
        self.spaces()
        match = TOKEN.match(self.text, self.at)
        return match[0] if match else ""

    def take(self):
        token = self.peek()
        assert token, self.text[self.at :]
        self.at += len(token)
        return token

    def sum(self):
        total = 0
        sign = -1 if self.peek() == "-" and self.take() else 1
        while True:
            total = total + sign * self.term()
            if self.peek() not in ("+", "-") or not self.peek():
                return total
            sign = -1 if self.take() == "-" else 1

    def term(self):
        scale, product = 1.0, None
        while (token := self.peek()) and (number := self.number(token)) is not None:
            self.take()
            scale *= number
        if self.peek() and self.peek() not in ("+", "-", ")", "]"):
            product = self.product()
        return scale if product is None else scale * product

    def number(self, token):
        if token == "i":
            return 1j
        if token.startswith("e^"):
            inner = token[3:-1]
            sign = -1 if inner.startswith("-") else 1
            return cmath.exp(1j * sign * angle(inner.removeprefix("-").strip("i")))
        if token.startswith(("cos(", "sin(")):
            return getattr(math, token[:3])(angle(token[4:-1]))
        if token.startswith("1/") and "√" in token:
            return 1 / (int(token.strip("1/()").split("√")[0].strip("(") or 1) * math.sqrt(2))
        if token[0].isdigit():
            return float(token.split("/")[0]) / float(token.split("/")[1] if "/" in token else 1)
        return None

    def product(self):
        result = self.kronecker()
        while self.peek() == "·":
            self.take()
            result = result @ self.kronecker()
        return result

    def kronecker(self):
        result = self.atom()
        while self.peek() == "⊗":
            self.take()
            result = np.kron(result, self.atom())
        return result

    def atom(self):
        token = self.take()
        if token in "([":
            inner = self.sum()
            assert self.take() == ")]"["([".index(token)]
            return inner
        matrix = MATRICES.get(token, self.custom.get(token))
        if matrix is None:
            matrix = FUNCTIONS[token](*map(angle, self.arguments()))
        if self.text[self.at : self.at + 1] == "(":
            return embed(matrix, [int(qubit) for qubit in self.arguments()], self.n)
        return np.array(matrix)

    def arguments(self):
        end = self.text.index(")", self.at)
        inner, self.at = self.text[self.at + 1 : end], end + 1
        return inner.split(",")


def read(text, n, custom=None):
    """The matrix that the text of a formula stands for."""
    lines = {}
    for line in text.splitlines():
        name, body = line.split(" = ")
        lines[name.strip()] = re.sub(r"   \(.*\)$", "", body)

    def value(body):
        reader = Reader(body, n, custom or {})
        matrix = reader.sum()
        assert not body[reader.at :].strip(), body
        # I alone stands for all qubits
        return np.kron(matrix, np.eye(2**n // len(matrix))) if body == "I" else matrix

    head, layers = lines.pop("U"), [value(body) for body in lines.values()]
    if not layers:
        return np.atleast_2d(value(head))
    scale = head.removesuffix("·".join(f"L{k}" for k in range(len(layers), 0, -1))).strip()
    result = np.eye(2**n) * (value(scale) if scale not in ("", "-") else -1 if scale else 1)
    for layer in reversed(layers):
        result = result @ layer
    return result


def turned(circuit):
    """The same circuit with angles that are written exactly: eighths of π."""
    rng = np.random.default_rng(5)
    result = Circuit(circuit.num_qubits)
    for operation in circuit:
        gate = operation.gate
        params = [int(rng.integers(-15, 16)) * PI / 8 for _ in gate.params]
        extra = gate.num_controls - gate.spec.controls
        result.append(
            Gate.named(gate.spec.name, *params).controlled(extra, gate.control_state[:extra]), *operation.qubits
        )
    return result


def random_unitary(k, rng):
    return np.linalg.qr(rng.normal(size=(2**k, 2**k)) + 1j * rng.normal(size=(2**k, 2**k)))[0]


def evaluated(circuit):
    return OperatorProduct(*circuit.formula().operators(), num_qubits=circuit.num_qubits).matrix()


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("controls", ["", "1", "0", "10", "011"])
def test_each_row_reads_back(name, controls):
    rng = np.random.default_rng(len(name))
    row = TABLE[name]
    gate = Gate.named(name, *(int(a) * PI / 8 for a in rng.integers(-15, 16, len(row.params))))
    gate = gate.controlled(len(controls), controls)
    n = gate.num_qubits + (gate.num_qubits < 5)
    circuit = Circuit(n).append(gate, *map(int, rng.permutation(n)[: gate.num_qubits]))
    assert np.allclose(evaluated(circuit), circuit.unitary(), rtol=0, atol=1e-12)
    assert np.allclose(read(str(circuit.formula()), n), circuit.unitary(), rtol=0, atol=1e-10), circuit.formula()
    if gate.num_qubits:
        shown = re.sub(r"^.*? = ", "U = ", str(formula(gate)))
        assert np.allclose(read(shown, gate.num_qubits), gate.matrix(), rtol=0, atol=1e-10), shown


@pytest.mark.parametrize("seed", range(20))
def test_random_circuits_read_back(seed):
    circuit = turned(random_circuit(5, 12, seed=seed, controls=3))
    assert np.allclose(evaluated(circuit), circuit.unitary(), rtol=0, atol=1e-12)
    assert np.allclose(read(str(circuit.formula()), 5), circuit.unitary(), rtol=0, atol=1e-10), circuit.formula()


@pytest.mark.parametrize("seed", range(10))
def test_custom_gates_read_back(seed):
    rng = np.random.default_rng(seed)
    circuit, custom = Circuit(5), {}
    for number in range(8):
        k = int(rng.integers(1, 4))
        name = f"V{'abcdefgh'[number]}"
        custom[name] = random_unitary(k, rng)
        extra = int(rng.integers(0, 3))
        gate = gates.unitary(custom[name], name).controlled(extra, "".join(map(str, rng.integers(2, size=extra))))
        circuit.append(gate, *map(int, rng.permutation(5)[: k + extra]))
        circuit.append(gates.diagonal([0, 0, PI / 4, 1], "D"), *map(int, rng.permutation(5)[:2]))
        circuit.append(gates.permutation([1, 2, 3, 0], "N"), 4, 2).h(0)
    custom |= {"D": np.diag(np.exp(1j * np.array([0, 0, PI / 4, 1]))), "N": np.eye(4)[[3, 0, 1, 2]]}
    assert np.allclose(evaluated(circuit), circuit.unitary(), rtol=0, atol=1e-12)
    if len(circuit.formula().layers) <= 24:
        assert np.allclose(read(str(circuit.formula()), 5, custom), circuit.unitary(), rtol=0, atol=1e-10)


def test_operators_as_gates_show_their_terms():
    swap = (kron(X, X) + kron(Y, Y) + kron(Z, Z) + 1) / 2
    circuit = Circuit(3).apply(swap, 2, 0).apply(1j * kron(X, Z), 1, 2).apply((X + Z) / math.sqrt(2), 0)
    shown = circuit.formula()
    assert "1/√2 i (X + Z)⊗X⊗Z" in str(shown)
    assert np.allclose(evaluated(circuit), circuit.unitary(), rtol=0, atol=1e-12)


def test_layers_are_those_of_depth():
    for seed in range(10):
        circuit = random_circuit(4, 30, seed=seed).barrier(0, 2).h(range(3)).barrier().x(3)
        shown = circuit.formula()
        assert len(shown.layers) == circuit.depth()
        assert len(shown.operators()) - (shown.phase.value != 1) == circuit.depth()


# ── What is written ───────────────────────────────────────────────────────────────────────────────────────────────────

WRITTEN = [
    (Circuit(2).h(0).cx(0, 1), "U = (P0⊗I + P1⊗X)·(H⊗I)   (q0 q1; the rightmost acts first)"),
    (Circuit(3).cx(0, 2).h(1), "U = P0⊗H⊗I + P1⊗H⊗X   (q0 q1 q2)"),
    (Circuit(2).cx(1, 0), "U = I⊗P0 + X⊗P1   (q0 q1)"),
    (Circuit(3).h(0).cx(1, 2), "U = H⊗(P0⊗I + P1⊗X)   (q0 q1 q2)"),
    (Circuit(2).x(1, controls=0, control_state="0"), "U = P1⊗I + P0⊗X   (q0 q1)"),
    (Circuit(4).cx(0, 2).cx(1, 3), "U = (P0⊗I⊗I⊗I + P1⊗I⊗X⊗I)·(I⊗P0⊗I⊗I + I⊗P1⊗I⊗X)   (q0 q1 q2 q3)"),
    (Circuit(4).mcx([0, 1, 2], 3), "U = I⊗I⊗I⊗I - P1⊗P1⊗P1⊗I + P1⊗P1⊗P1⊗X   (q0 q1 q2 q3)"),
    (Circuit(2).rzz(PI / 2, 0, 1), "U = cos(π/4) I⊗I - i sin(π/4) Z⊗Z   (q0 q1)"),
    (Circuit(2).rzz(Parameter("θ"), 0, 1), "U = cos(θ/2) I⊗I - i sin(θ/2) Z⊗Z   (q0 q1)"),
    (Circuit(2).cp(Parameter("θ") + PI, 0, 1), "U = P0⊗I + P1⊗P(θ + π)   (q0 q1)"),
    (Circuit(2).iswap(0, 1), "U = 1/2 (I⊗I + Z⊗Z + i X⊗X + i Y⊗Y)   (q0 q1)"),
    (Circuit(2).ecr(0, 1), "U = 1/√2 (X⊗I - Y⊗X)   (q0 q1)"),
    (Circuit(1).gphase(PI / 4).x(0), "U = e^(iπ/4) X   (q0)"),
    (Circuit(1).gphase(PI / 2).gphase(PI / 2).h(0), "U = -H   (q0)"),
    (Circuit(1).gphase(Parameter("a")).gphase(-0.5), "U = e^(i(a - 0.5)) I   (q0)"),
    (Circuit(1).gphase(PI).apply(-1 * X, 0), "U = -(-X)   (q0)"),
    (Circuit(1).apply(cmath.exp(1j * PI) * X, 0), "U = -X   (q0)"),
    (Circuit(0).gphase(PI), "U = -1   (no qubits)"),
    (Circuit(0).gphase(PI / 3), "U = e^(iπ/3)   (no qubits)"),
    (Circuit(1).rx(1e-7, 0), "U = RX(1e-07)   (q0)"),
    (Circuit(10).h(0).cx(2, 9).swap(4, 5),
     "U = 1/2 H(0)·(P0(2) + P1(2)·X(9))·(I + X(4)·X(5) + Y(4)·Y(5) + Z(4)·Z(5))   (q0 … q9)"),
    (Circuit(3).append(gates.unitary(gates.iswap.matrix(), "W"), 2, 0).h(1), "U = W(2,0)·H(1)   (q0 q1 q2)"),
    (Circuit(3).append(gates.unitary(gates.iswap.matrix(), "W"), 1, 2).h(0), "U = H⊗W   (q0 q1 q2)"),
    (Circuit(0), "U = 1   (no qubits)"),
    (Circuit(2), "U = I⊗I   (q0 q1)"),
    (Circuit(2).barrier(), "U = I⊗I   (q0 q1)"),
    (gates.cx, "cx = P0⊗I + P1⊗X   (q0 q1)"),
    (gates.sx, "sx = 1/√2 (e^(iπ/4) I + e^(-iπ/4) X)   (q0)"),
    (gates.rx(0.3), "rx(0.3) = cos(0.15) I - i sin(0.15) X   (q0)"),
    (gates.crx(0.3), "crx(0.3) = P0⊗I + P1⊗RX(0.3)   (q0 q1)"),
    (gates.r(Parameter("θ"), 0.2), "r(θ, 0.2) = cos(θ/2) I - i sin(θ/2) cos(0.2) X - i sin(θ/2) sin(0.2) Y   (q0)"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "expected"), WRITTEN)
def test_written(item, expected):
    assert str(formula(item)) == expected


def test_long_formulas_have_a_line_for_each_layer():
    circuit = Circuit(3).gphase(PI / 4).h(range(3)).ccx(0, 1, 2).swap(0, 1).cx(0, 2).rz(PI / 4, 1)
    assert str(circuit.formula()).splitlines() == [
        " U = e^(iπ/4) L4·L3·L2·L1   (q0 q1 q2; L1 acts first)",
        "L1 = H⊗H⊗H",
        "L2 = P0⊗I⊗I + P1⊗P0⊗I + P1⊗P1⊗X",
        "L3 = 1/2 (I⊗I + X⊗X + Y⊗Y + Z⊗Z)⊗I",
        "L4 = P0⊗RZ(π/4)⊗I + P1⊗RZ(π/4)⊗X",
    ]


def dynamic():
    circuit = Circuit(3, 2).h(1).cx(1, 2).measure([0, 1], [0, 1])
    circuit.x(2, when=circuit.bits[1]).reset(0, when=circuit.bits[0] == 0)
    with circuit.if_(circuit.bits[0] == 1):
        circuit.h(0).gphase(0.5)
    with circuit.while_(circuit.bits[1] == 1):
        circuit.x(0).measure(0, 1)
    return circuit.reset(0).initialize("+-", 0, 1)


def test_what_is_no_operator_is_told():
    assert str(dynamic().formula()).splitlines() == [
        "     ρ → (L7 ∘ L6 ∘ L5 ∘ L4 ∘ L3 ∘ L2 ∘ L1)(ρ)   (q0 q1 q2; L1 acts first; gates G are ρ → G ρ G†)",
        "L1 = I⊗H⊗I",
        "     measure q0 into c0: ρ → P0(0) ρ P0(0) + P1(0) ρ P1(0)",
        "L2 = I⊗(P0⊗I + P1⊗X)",
        "     reset q0: ρ → P0(0) ρ P0(0) + σ+(0) ρ σ-(0) if c0 == 0",
        "L3 = measure q1 into c1: ρ → P0(1) ρ P0(1) + P1(1) ρ P1(1)",
        "     if c0 == 1: 2 instructions",
        "L4 = X(2) if c1",
        "L5 = while c1 == 1: 2 instructions",
        "L6 = reset q0: ρ → P0(0) ρ P0(0) + σ+(0) ρ σ-(0)",
        "L7 = reset q0 q1, then put into |+-⟩",
    ]
    with pytest.raises(CircuitError, match="a circuit with measurements has no operator"):
        dynamic().formula().operators()
    with pytest.raises(ParameterError, match="θ"):
        Circuit(1).rx(Parameter("θ"), 0).formula().operators()


def test_only_circuits_and_gates_have_formulas():
    with pytest.raises(TypeError, match="formula takes a Circuit or a Gate, not int"):
        formula(3)


def test_a_formula_stays_what_it_was():
    circuit = Circuit(1).h(0)
    shown = circuit.formula()
    circuit.x(0)
    assert str(shown) == "U = H   (q0)"


# ── Bounds ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def shown_in_all_ways(item):
    found = formula(item)
    return str(found), found._repr_latex_(), found._repr_html_()


def test_long_and_wide_circuits_are_elided():
    rng = np.random.default_rng(1)
    circuit = Circuit(60).gphase(0.1)
    for a, b in rng.integers(0, 59, (10_000, 2)).tolist():
        circuit.ry(0.1 * a, b).cx(a, 59)
    count = len(circuit.formula().layers)
    assert count == circuit.depth() > 10_000
    for text in shown_in_all_ways(circuit):
        assert len(text) < 60_000
        assert f"{count - 24} layers left out" in text
    assert "H(0)·H(1)·H(2)·H(3)·H(4)·H(5)·H(6)·H(7)·…·H(58)·H(59)" in str(Circuit(60).h(range(60)).formula())


HOSTILE = [
    Circuit(300).mcx(range(299), 299),
    Circuit(60).measure_all(),
    Circuit(3).append(gates.unitary(np.eye(8), "a" * 10_000), 0, 1, 2),
    Circuit(18).append(gates.diagonal(np.zeros(2**18)), *range(18)),
    Circuit(18).append(gates.diagonal(np.zeros(2**18)), *reversed(range(18))),
    Circuit(1).rx(sum(Parameter.vector("x", 500)), 0).gphase(sum(Parameter.vector("y", 500))),
    Circuit(10).apply(sum((Z(i) @ Z(i + 1) for i in range(9)), 0.0 * Z(0)), check=False),
    Circuit(2).rzz(1e300, 0, 1).gphase(1e-300).gphase(1e300),
    Circuit(1).gphase(0.1).measure_all(),
    dynamic().repeat(20),
]


@pytest.mark.parametrize("circuit", HOSTILE)
def test_sizes_are_bounded(circuit):
    for text in shown_in_all_ways(circuit):
        assert len(text) < 30_000
    check_latex(circuit.formula().latex)


def test_nested_control_flow_is_not_unfolded():
    block = Circuit(1, 1).x(0)
    for _ in range(12):
        outer = Circuit(1, 1)
        with outer.if_(outer.bits[0] == 1):
            for _ in range(2):
                outer.append(block, 0, bits=[0])
        block = outer
    assert "if c0 == 1: 2 instructions" in str(block.formula())


# ── LaTeX and HTML ────────────────────────────────────────────────────────────────────────────────────────────────────

NAMES = [
    "<b>$x</b>",
    "a_b^c",
    "\\frac{1}{2}",
    "é†√",
    "100% & #1 {~}",
    "††",
    "line\nbreak",
    "^",
    "",
    "$$",
    "θ⊗φ",
    "⟩|…·→",
]


def check_latex(text):
    """Each row is read by matplotlib's parser of LaTeX mathematics, braces and brackets of all kinds closed."""
    from matplotlib.mathtext import MathTextParser

    parser = MathTextParser("path")
    for row in re.sub(r"\\(begin|end)\{aligned\}", "", text).split("\\\\\n"):
        plain = re.sub(r"(?<!\\)&", "", row).strip()
        for command, known in ((r"\tfrac", r"\frac"), (r"\&", r"\%"), (r"\surd", r"\Delta")):
            plain = plain.replace(command, known)
        parser.parse(f"${plain}$")


@pytest.mark.parametrize("name", NAMES)
def test_names_are_escaped(name):
    gate = gates.unitary(gates.iswap.matrix(), name)
    circuit = Circuit(3).append(gate, 0, 1).append(gate.inverse(), 2, 0).append(gate.power(0.5).controlled(), 0, 1, 2)
    text, latex, shown = shown_in_all_ways(circuit)
    assert "<b>" not in shown
    assert len(text.splitlines()) <= 5
    assert text.replace("\n", "").isprintable()
    check_latex(circuit.formula().latex)
    tags(shown)
    assert re.sub(r"\\\$", "", latex[1:-1]).count("$") == 0
    check_latex(formula(gate).latex)


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        assert tag in {"div", "table", "tbody", "tr", "td", "sub", "sup", "small", "pre"}
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def tags(text):
    """The text of a page whose tags are known and closed."""
    parser = _Tags()
    parser.feed(text)
    assert parser.open == []
    return parser.text


@pytest.mark.parametrize("name", TABLE)
def test_each_row_is_latex_and_html(name):
    row = TABLE[name]
    symbols = [Parameter(each) + PI / 2 for each in ("θ", "phi[1]", "a_b", "λ")]
    for params in (symbols, [PI / 3, -PI, 1e-9, 2.5]):
        gate = Gate.named(name, *params[: len(row.params)])
        for item in (
            gate,
            gate.controlled(1, "0"),
            gate.controlled(4),
            Circuit(9).append(gate, *range(row.num_qubits)),
        ):
            check_latex(formula(item).latex)
            tags(formula(item)._repr_html_())


def test_latex_and_html_say_what_the_text_says():
    bell = Circuit(2).h(0).cx(0, 1).formula()
    assert bell._repr_latex_() == (
        r"$\displaystyle U = (P_{0} \otimes I + P_{1} \otimes X) \cdot (H \otimes I)"
        r" \qquad (\text{q0 q1; the rightmost acts first})$"
    )
    assert "U=(P0⊗I + P1⊗X)·(H⊗I)" in tags(bell._repr_html_())
    assert "q0: ─H─●─" in tags(bell._repr_html_())
    assert (
        formula(gates.sxdg)
        ._repr_latex_()
        .startswith(r"$\displaystyle \text{sxdg} = \tfrac{1}{\sqrt{2}} (e^{-i\pi/4} I")
    )
    check_latex(dynamic().formula().latex)
    assert "measure q0 into c0: ρ → P0(0) ρ P0(0)" in tags(dynamic().formula()._repr_html_())
