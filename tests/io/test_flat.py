"""The parser: declarations, broadcasting, definitions, modifiers, measurement, conditions; places of errors."""

import math

import numpy as np
import pytest
from peers import peer

from qsim import Circuit, QasmError, gates
from qsim.io import loads

V2 = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'
V3 = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def instructions(text):
    return loads(text)[:]


def test_registers():
    circuit = loads(V2 + "qreg a[2]; creg c[3]; qreg b[1]; creg d[1];")
    assert [(r.name, r.start, r.size) for r in circuit.qubits.registers] == [("a", 0, 2), ("b", 2, 1)]
    assert [(r.name, r.start, r.size, r.lsb0) for r in circuit.bits.registers] == [("c", 0, 3, True), ("d", 3, 1, True)]
    circuit = loads("qubit[2] a; bit[3] c; qubit b; bit d; output bit[2] e; qreg f[1]; creg g[1];")
    assert (circuit.num_qubits, circuit.num_bits) == (4, 7)


def test_broadcasting():
    text = V2 + "qreg a[3]; qreg b[3]; qreg s[1]; "
    assert instructions(text + "h a;") == Circuit(7).h(range(3))[:]
    assert instructions(text + "cx a, b;") == Circuit(7).cx([0, 1, 2], [3, 4, 5])[:]
    assert instructions(text + "cx a, s[0]; cx b[1], a;") == Circuit(7).cx([0, 1, 2], 6).cx(4, [0, 1, 2])[:]
    assert instructions(text + "ccx a, b, s[0];") == Circuit(7).ccx([0, 1, 2], [3, 4, 5], 6)[:]
    for wrong, message in [
        ("cx a, s;", "equal sizes, but have [1, 3]"),
        ("cx a, a[0];", "must differ"),
        ("cx a[0], a[0];", "must differ"),
        ("cx a;", "2 qubits here, but 1 are given"),
        ("h a, b;", "1 qubit here, but 2 are given"),
    ]:
        with pytest.raises(QasmError) as error:
            loads(text + wrong)
        assert message in error.value.message
    assert instructions(V3 + "qubit[2] a; qubit s; cx s, a;") == Circuit(3).cx(2, [0, 1])[:]


def test_slices_and_aliases():
    text = V3 + "qubit[5] q; qubit[2] r; bit[4] c; "
    for operand, expected in [
        ("q[1:3]", [1, 2, 3]), ("q[0:2:4]", [0, 2, 4]), ("q[3:-1:1]", [3, 2, 1]), ("q[:1]", [0, 1]), ("q[3:]", [3, 4]),
        ("q[-2:-1]", [3, 4]), ("q[{4, 0}]", [4, 0]), ("q[::2]", [0, 1, 2]), ("q[-1]", [4]), ("q[1:4][1:2]", [2, 3]),
        ("q[1:4][0]", [1]),
    ]:  # fmt: skip
        assert instructions(f"{text} x {operand};") == Circuit(7).x(expected)[:], operand
    joined = text + "let a = q[1:2] ++ r; let b = a[{3, 0}]; x b; cx a[0], a[1:3]; let d = c[1:2]; d = measure a[0:1];"
    assert instructions(joined) == Circuit(7, 4).x([6, 1]).cx(1, [2, 5, 6]).measure([1, 2], [1, 2])[:]
    for wrong in ("q[5]", "q[-6]", "q[2:1]", "q[0:0:1]", "q[0:5]", "q[1.5]", "q[]", "q[0][0]", "nothing", "c", "c[0]"):
        with pytest.raises(QasmError):
            loads(f"{text} x {wrong};")
    with pytest.raises(QasmError, match="must be distinct"):
        loads(text + "let a = q[0:1] ++ q[1:2];")


# ── Definitions and modifiers ─────────────────────────────────────────────────────────────────────────────────────────


def test_definitions():
    text = (
        V2
        + """
        gate half(a, b) c, d { rz(a/2) d; cx c, d; barrier c, d; u3(b, -a, pi) c; }
        gate twice(a) x1, x2, x3 { half(a, 2*a) x3, x1; half(-a, sin(a)) x2, x3; }
        gate nothing a { }
        qreg q[4]; twice(0.7) q[3], q[1], q[0]; nothing q[0]; half(1, 2) q[0], q[1];
    """
    )

    def half(circuit, a, b, c, d):
        return circuit.rz(a / 2, d).cx(c, d).u3(b, -a, math.pi, c)

    expected = half(Circuit(4), 0.7, 1.4, 0, 3)
    expected = half(half(expected, -0.7, math.sin(0.7), 1, 0), 1, 2, 0, 1)
    assert instructions(text) == expected[:]


MODIFIED = "gate f(a) p0, p1 { rx(a) p0; cx p0, p1; gphase(a/3); ry(2*a) p1; U(a, 1, 2) p0; }"


def matrix_of_f(a):
    return loads(V3 + MODIFIED + f"qubit[2] q; f({a}) q[0], q[1];").unitary()


def fractional(matrix, t):
    values, vectors = np.linalg.eig(matrix)
    return vectors @ np.diag(np.exp(1j * t * np.angle(values))) @ np.linalg.inv(vectors)


def controlled(matrix, state):
    """Block by block: the matrix where the controls have their values, else the identity."""
    size = len(matrix)
    result = np.eye(size << len(state), dtype=complex)
    at = int(state, 2) * size
    result[at : at + size, at : at + size] = matrix
    return result


@pytest.mark.parametrize(
    ("modifiers", "expected"),
    [
        ("inv @", lambda m: m.conj().T),
        ("pow(3) @", lambda m: m @ m @ m),
        ("pow(-2) @", lambda m: np.linalg.inv(m @ m)),
        ("pow(0) @", lambda m: np.eye(4)),
        ("pow(0.3) @", lambda m: fractional(m, 0.3)),
        ("inv @ pow(1/3) @", lambda m: fractional(m, -1 / 3)),
        ("pow(1/2) @ pow(2) @", lambda m: fractional(m @ m, 0.5)),
        ("pow(2) @ pow(1/2) @", lambda m: m),
        ("ctrl @", lambda m: controlled(m, "1")),
        ("negctrl(2) @ ctrl @ inv @", lambda m: controlled(m.conj().T, "001")),
        ("inv @ ctrl @ negctrl @ pow(2) @", lambda m: controlled(np.linalg.inv(m @ m), "10")),
        ("pow(0.5) @ ctrl @ inv @", lambda m: controlled(fractional(m, -0.5), "1")),
    ],
)  # fmt: skip
def test_modifiers(modifiers, expected):
    wanted = expected(matrix_of_f(0.7))
    count = int(math.log2(len(wanted)))
    qubits = ", ".join(f"q[{i}]" for i in range(count))
    called = V3 + MODIFIED + f"qubit[{count}] q; {modifiers} f(0.7) {qubits};"
    np.testing.assert_allclose(loads(called).unitary(), wanted, atol=1e-10)
    names = ", ".join(f"a{i}" for i in range(count))
    within = V3 + MODIFIED + f"gate g(a) {names} {{ {modifiers} f(a/2) {names}; }} qubit[{count}] q; g(1.4) {qubits};"
    np.testing.assert_allclose(loads(within).unitary(), wanted, atol=1e-10)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("ctrl @ gphase(0.3) q[0];", lambda: Circuit(3).p(0.3, 0)),
        ("negctrl @ ctrl @ gphase(0.3) q[0], q[1];", lambda: Circuit(3).p(0.3, 1, controls=0, control_state="0")),
        ("gphase(0.3);", lambda: Circuit(3).gphase(0.3)),
        ("pow(2) @ s q[0];", lambda: Circuit(3).z(0)),
        ("inv @ t q[0];", lambda: Circuit(3).tdg(0)),
        ("ctrl @ inv @ s q[0], q[1];", lambda: Circuit(3).csdg(0, 1)),
        ("pow(2) @ h q[0];", lambda: Circuit(3)),
        ("pow(1001) @ h q[0];", lambda: Circuit(3).h(0)),
        ("pow(100) @ U(0.1, 0.2, 0.3) q[0];", lambda: Circuit(3).append(
            gates.unitary(np.linalg.matrix_power(Circuit(1).gphase(0.05).u(0.1, 0.2, 0.3, 0).unitary(), 100)), 0)),
        ("ctrl(2) @ x q[0], q[1], q[2];", lambda: Circuit(3).ccx(0, 1, 2)),
        ("ctrl @ x q[0], q[1:2];", lambda: Circuit(3).cx(0, [1, 2])),
        ("pow(0.5) @ x q;", lambda: Circuit(3).sx(range(3))),
    ],
)  # fmt: skip
def test_modifiers_of_standard_gates(statement, expected):
    found = loads(V3 + "qubit[3] q; " + statement).unitary()
    np.testing.assert_allclose(found, expected().unitary(), atol=1e-10)


def test_symbolic_angles_in_definitions():
    text = V3 + "input float t; gate f(a) p0 { rx(a/2) p0; ctrl @ rz(a) p0, p0; } qubit[2] q;"
    with pytest.raises(QasmError, match="must differ"):
        loads(text)
    text = V3 + "input float t; gate f(a) p0, p1 { rx(a/2) p0; ctrl @ rz(a) p0, p1; } qubit[2] q;"
    text += "inv @ f(2*t) q[0], q[1];"
    found = loads(text).bind(t=0.4).unitary()
    np.testing.assert_allclose(found, Circuit(2).crz(-0.8, 0, 1).rx(-0.4, 0).unitary(), atol=1e-12)
    with pytest.raises(QasmError, match="angles are not numbers"):
        loads(text + "pow(0.5) @ f(t) q[0], q[1];")


def test_a_definition_takes_the_place_of_a_wider_name():
    text = V2 + "gate rzz(a) p0, p1 { cx p0, p1; u1(a) p1; cx p0, p1; } qreg q[2]; rzz(0.3) q[0], q[1];"
    assert instructions(text) == Circuit(2).cx(0, 1).u1(0.3, 1).cx(0, 1)[:]
    early = 'OPENQASM 2.0; gate rzz(a) p0, p1 { CX p0, p1; } include "qelib1.inc"; qreg q[2]; rzz(0.3) q[0], q[1];'
    assert instructions(early) == Circuit(2).cx(0, 1)[:]
    for wrong in (V2 + "gate h a { }", V3 + "gate rx(t) a { }", V2 + "gate f a { } gate f b { }", "gate U a { }"):
        with pytest.raises(QasmError, match="is defined already"):
            loads(wrong)
    assert loads("gate CX c, t { ctrl @ U(pi, 0, pi) c, t; } qubit[2] q; CX q[0], q[1];").num_qubits == 2


def test_opaque():
    text = V2 + "opaque magic(a) p0, p1;\nqreg q[2];\n"
    assert loads(text).num_qubits == 2
    with pytest.raises(QasmError, match="<string>:5:1: Gate magic is opaque"):
        loads(text + "magic(0.1) q[0], q[1];")


# ── Measurement, conditions ───────────────────────────────────────────────────────────────────────────────────────────


def test_measurement_reset_barrier():
    text = V2 + "qreg q[2]; qreg r[1]; creg c[2]; measure q -> c; reset q; barrier q[1], r; measure r[0] -> c[1];"
    expected = Circuit(3, 2).measure([0, 1], [0, 1]).reset(0, 1).barrier(1, 2).measure(2, 1)
    assert instructions(text) == expected[:]
    text = V3 + "qubit[2] q; bit[2] c = measure q; bit d; d = measure q[1]; c[0] = measure q[0];"
    text += "barrier; measure q -> c;"
    expected = Circuit(2, 3).measure([0, 1], [0, 1]).measure(1, 2).measure(0, 0).barrier().measure([0, 1], [0, 1])
    assert instructions(text) == expected[:]
    for wrong in ("c = measure q[0];", "measure q -> c[0];", "q = measure c;", "measure c -> q;", "reset c;"):
        with pytest.raises(QasmError):
            loads(V3 + "qubit[2] q; bit[2] c; " + wrong)


def flagged(text, value):
    """Whether the flag is 1 after a text, where a register of 3 bits holds a value."""
    prepared = "".join(f"x q[{bit}]; " for bit in range(3) if value >> bit & 1)
    header = V2 if text.startswith("if(") else V3
    found = loads(f"{header} qreg q[4]; creg c[3]; creg f[1]; {prepared} measure q[0] -> c[0]; measure q[1] -> c[1]; "
                  f"measure q[2] -> c[2]; {text} measure q[3] -> f[0];")  # fmt: skip
    (key,) = found.sample(1)
    assert key[:3] == format(value, "03b")[::-1]
    return key[-1] == "1"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("c == 3", lambda v: v == 3), ("c != 6", lambda v: v != 6), ("c < 5", lambda v: v < 5),
        ("4 <= c", lambda v: v >= 4),
        ("c[0]", lambda v: v & 1), ("!c[2]", lambda v: v < 4), ("c[1] == 1", lambda v: v >> 1 & 1),
        ("c[0:1] == 2", lambda v: v & 3 == 2), ('c == "011"', lambda v: v == 3), ("c", lambda v: v != 0),
        ("c[0] && !(c[1] || c[2])", lambda v: v == 1), ("(c[0] ^ c[1]) == 1", lambda v: v & 1 != v >> 1 & 1),
        ("c == 8", lambda v: False), ("c < 100", lambda v: True), ("c > 2.5", lambda v: v > 2),
        ("c != -1", lambda v: True),
        ("true", lambda v: True), ("1 > 2", lambda v: False), ("c[1] == true", lambda v: v >> 1 & 1),
        ("~c == 7", lambda v: v == 0), ("(c & 6) == 4", lambda v: v & 6 == 4), ("c[-1]", lambda v: v >= 4),
    ],
)  # fmt: skip
def test_conditions(condition, holds):
    for value in range(8):
        assert flagged(f"if ({condition}) x q[3];", value) == bool(holds(value)), value
        assert flagged(f"if ({condition}) {{ x q[3]; z q[3]; }} else {{ }}", value) == bool(holds(value))
        assert flagged(f"if ({condition}) {{ }} else x q[3];", value) != bool(holds(value))


def test_if_of_version_2():
    for value in range(8):
        for wanted in (0, 3, 6, 9):
            assert flagged(f"if(c=={wanted}) x q[3];", value) == (value == wanted)
    for wrong in (
        "if(c=1) x q[0];",
        "if(c==1) { x q[0]; }",
        "if(q==1) x q[0];",
        "if(c>1) x q[0];",
        "if(c==-1) x q[0];",
    ):
        with pytest.raises(QasmError):
            loads(V2 + "qreg q[1]; creg c[1]; " + wrong)


def test_chains_and_loops():
    text = "if (c == 0) x q[3]; else if (c == 1) { z q[3]; } else if (c == 2) { x q[3]; } else { if (c[0]) x q[3]; }"
    assert [flagged(text, value) for value in range(8)] == [value in (0, 2, 3, 5, 7) for value in range(8)]
    loop = "while (c != 0) { c[2] = measure q[0]; c[0] = measure q[2]; c = 0; x q[3]; if (c[1]) break; continue; }"
    circuit = loads(V3 + "qubit[4] q; bit[3] c; x q[0]; c[0] = measure q[0]; bit f;" + loop + "f = measure q[3];")
    assert circuit.sample(1) == {"000 1": 1}
    for wrong in ("break;", "if (true) continue;", "}", "else x q[0];", "if (true) {", "if true x q[0];"):
        with pytest.raises(QasmError):
            loads(V3 + "qubit q; " + wrong)


def test_assignments():
    circuit = loads('bit[3] c = "110"; bit[3] d; bit e = 1; d = c; d[0] = e ^ c[1]; c[0:1] = 2; e = !e;')
    (key,) = circuit.sample(1)
    assert key == "011 011 0"
    for wrong in ("c = 8;", 'c = "01";', "c = -1;", "c[0] = c;", "c = q;"):
        with pytest.raises(QasmError):
            loads("bit[3] c; qubit q; " + wrong)


# ── Errors ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        (V2 + "qreg q[2];\ncxx q[0], q[1];", 4, 1, "No gate is named `cxx`. Did you mean cx?"),
        (V2 + "qreg q[2];\n\n  cx q[0], q[2];", 5, 14, "places 0 … 1, but here is 2"),
        (V2 + "qreg q[2]; rz(a) q[0];", 3, 15, "Nothing is named `a`"),
        (V2 + "qreg q[2]; rz(1) q[0]", 3, 22, "`;` is expected"),
        (V2 + "qreg q[2]; h q[0];\nrx q[0];", 4, 1, "takes 1 angle, but 0 are given"),
        (V2 + "qreg q[2];\nqreg q[3];", 4, 6, "`q` is declared already"),
        (V2 + "gate f a {\n  h b;\n}", 4, 5, "`b` is no qubit of this definition"),
        (V2 + "gate f(a) b {\n  rx(c) b;\n}", 4, 6, "Nothing is named `c`"),
        (V2 + "gate f a, a { }", 3, 11, "`a` is the name of a qubit already"),
        (V2 + "qreg q[2]; creg c[1];\nif (c == 1) {", 4, 13, "A statement is expected"),
        (V2 + 'qreg q[2];\ninclude "other.inc";', 4, 9, "nor in a folder that is allowed"),
        (V3 + "qubit[2] measure;", 3, 10, "`measure` is a word of the language"),
        (V3 + "qubit q;\nrx(pi/0) q;", 4, 6, "`/` has no value for 3.14"),
        (V3 + "// é ß\nqubit q; /* \n */ wrong q;", 5, 5, "No gate is named `wrong`"),
        (V3 + "qubit q; ctrl x q;", 3, 15, "`@` is expected after `ctrl`"),
        (V3 + "qubit q; ctrl(0) @ x q;", 3, 10, "controls"),
        (V3 + "bit c; qubit q;\nif (c == q) x q;", 4, 10, "`q` names qubits, which have no value"),
        (V3 + "qubit q; pow(1e999) @ x q;", 3, 14, "must be finite"),
    ],
)
def test_places(text, line, column, words):
    with pytest.raises(QasmError) as error:
        loads(text)
    assert words in str(error.value)
    assert (error.value.line, error.value.column) == (line, column)
    assert str(error.value).startswith(f"<string>:{line}:{column}: ")


def test_plain_and_careful_reading_agree():
    """Statements that the regular expression reads, and the same with a comment that keeps it from doing so."""
    text = "rz(0.3) q[0]; u3(0.1, -pi/2, 2*pi) q[1]; cx q[1],q[0]; f(0.2) q[ 1 ] , q[0]; rx((1+2)*sin(0.1)) q[1];"
    declared = V3.replace("stdgates", "qelib1") + "gate f(a) x1, x2 { rz(a) x1; cx x2, x1; } qubit[2] q; "
    assert instructions(declared + text) == instructions(declared + text.replace(";", " /* */;"))
    for wrong in ("rz() q[0];", "rz(1,2) q[0];", "rz(1,) q[0];", "rz(,1) q[0];", "rz q[0];",
                  "x(1) q[0];", "x() q[0] q[1];",
                  "rz(1 2) q[0];", "cx q[0] q[1];", "cx q[0],;", "cx ,q[0];", "x q[0];;",
                  "x q [0] [0];", "rz(1)) q[0];"):  # fmt: skip
        with pytest.raises(QasmError) as plain:
            loads(declared + wrong)
        with pytest.raises(QasmError) as careful:
            loads(declared + wrong.replace(";", " /* */;", 1))
        assert plain.value.message == careful.value.message


# ── Against Qiskit ────────────────────────────────────────────────────────────────────────────────────────────────────


def random_text(seed):
    from qsim.io.library import INCLUDES

    rng = np.random.default_rng(seed)
    names = [name for name in INCLUDES["qelib1.inc"] if name not in (
        "u0", "r", "cs", "csdg", "ccz", "ryy", "rzx", "iswap", "dcx", "ecr", "xx_plus_yy", "xx_minus_yy")]  # fmt: skip
    lines = [V2, "gate mine(a, b) p0, p1 { rx(a*b) p1; cu3(a, b, -a/2) p0, p1; h p0; }", "qreg q[3]; qreg r[2];"]
    qubits = ["q[0]", "q[1]", "q[2]", "r[0]", "r[1]"]
    for _ in range(30):
        name = str(rng.choice([*names, "mine"]))
        gate = INCLUDES["qelib1.inc"].get(name)
        num_params, num_qubits = (gate.num_params, gate.num_qubits) if gate else (2, 2)
        angles = ", ".join(f"{rng.normal():.6f}*pi/{rng.integers(1, 5)}" for _ in range(num_params))
        places = ", ".join(rng.permutation(qubits)[:num_qubits])
        lines.append(f"{name}{f'({angles})' if num_params else ''} {places};")
    return "\n".join(lines)


@pytest.mark.peers
@pytest.mark.parametrize("seed", range(10))
def test_random_texts_against_qiskit(seed):
    qasm2, operators = peer("qiskit.qasm2"), peer("qiskit.quantum_info")
    text = random_text(seed)
    loaded = qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    expected = operators.Operator(loaded.reverse_bits()).data
    np.testing.assert_allclose(loads(text).unitary(), expected, atol=1e-10)
