"""Expressions: precedence, functions and constants, against Python's own evaluation."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsim import Parameter, QasmError
from qsim.io import loads


def angle(text, version=3):
    header = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1];' if version == 2 else 'include "stdgates.inc"; qubit[1] q;'
    (operation,) = loads(f"{header} rz({text}) q[0];")
    return operation.gate.params[0]


@st.composite
def expressions(draw, depth=4):
    """The same expression as OpenQASM 2 and as Python, with the brackets that were drawn and no others."""
    kind = draw(st.integers(0, 6)) if depth else 0
    if kind <= 1:
        number = draw(st.sampled_from(["1", "2", "3.5", "0.25", "1e-1", ".5", "2.", "pi"]))
        return number, number
    if kind == 2:
        name = draw(st.sampled_from(["sin", "cos", "tan", "exp", "asin", "acos", "atan"]))
        a, b = draw(expressions(depth - 1))
        return f"{name}({a})", f"{name}({b})"
    if kind == 3:
        a, b = draw(expressions(depth - 1))
        return f"-{a}", f"-{b}"
    if kind == 4:
        a, b = draw(expressions(depth - 1))
        return f"({a})", f"({b})"
    sign = draw(st.sampled_from(["+", "-", "*", "/", "^"]))
    (a, b), (c, d) = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    return f"{a} {sign} {c}", f"{b} {sign.replace('^', '**')} {d}"


PYTHON = {name: getattr(math, name) for name in ("sin", "cos", "tan", "exp", "asin", "acos", "atan", "pi")}


@given(expressions())
def test_as_python_computes(pair):
    text, python = pair
    try:
        expected = eval(python, {"__builtins__": {}}, PYTHON)  # what the strategy above made, no text of strangers
        is_number = not isinstance(expected, complex) and math.isfinite(float(expected))
    except (ArithmeticError, ValueError):
        is_number = False
    if not is_number:
        with pytest.raises(QasmError):
            angle(text, 2)
        return
    assert angle(text, 2) == pytest.approx(expected, rel=1e-12, abs=1e-300)
    in_version_3 = re.sub(r"\ba(sin|cos|tan)", r"arc\1", text.replace("^", "**"))
    assert angle(in_version_3) == pytest.approx(expected, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-2**2", -4), ("2**3**2", 512), ("2**-1", 0.5), ("7/2", 3.5), ("6/3", 2), ("1 - 1 - 1", -1), ("7 % 4", 3),
        ("1 << 3 | 1", 9), ("6 & 3 ^ 1", 3), ("~false == true", None), ("pow(2, 0.5)", math.sqrt(2)),
        ("mod(7, 4)", 3), ("mod(-7, 4)", 1), ("floor(2.5) + ceiling(2.5)", 5), ("log(euler)", 1), ("tau - 2*pi", 0),
        ("arcsin(1)", math.pi / 2), ("0x1F + 0b101 + 0o17 + 1_000", 31 + 5 + 15 + 1000), ("true + true", 2),
        ("π/ℇ", math.pi / math.e), ("1.5e+2", 150), ("popcount(3)", None), ("1 < 2", 1), ("!(1 == 2) && true", 1),
        ("sqrt(2)*sqrt(2)", 2), ("((((1))))", 1), ("/* a */ 1 // b\n + 1", 2), ("a", None), ("sin()", None),
        ("sin(1, 2)", None), ("sin 1", None), ("1 +", None), ("(1", None), ("1)", None), ("1 2", None), ("'01'", None),
        ("2**0.5**2", 2**0.25), ("1e400", None), ("5 >> 1", 2), ("1 << 100", None), ("1.5 << 1", None),
    ],
)  # fmt: skip
def test_version_3(text, value):
    if value is None:
        with pytest.raises(QasmError):
            angle(text)
    else:
        assert angle(text) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize("text", ["1 % 2", "2**2", "1 == 1", "log(1)", "tau", "~1", "0 && 1", "pow(1, 2)", "'0'"])
def test_version_2_has_less(text):
    with pytest.raises(QasmError):
        angle(text, 2)


def test_ln_and_power_of_version_2():
    assert angle("ln(2)^2", 2) == pytest.approx(math.log(2) ** 2)


def test_parameters_and_constants():
    text = """
        include "stdgates.inc"; input float[64] θ; input angle[20] b;
        const float[64] half = 1/2; const int n = 2**3; const uint[8] m = n - 1; const bool yes = n > m;
        qubit[n] q; rx(half * sin(θ) + b**2 / n) q[m]; ry(yes) q[-1]; rz(-θ) q[0];
    """
    circuit = loads(text)
    theta, b = Parameter("θ"), Parameter("b")
    assert circuit.num_qubits == 8
    assert circuit[0].gate.params == (0.5 * theta.sin() + b**2 / 8,)
    assert circuit[0].qubits == circuit[1].qubits == (7,)
    assert circuit[1].gate.params == (1.0,)
    assert circuit.parameters == (theta, b)


def test_division_in_powers_is_real():
    """`pow(1/2) @ x` is sx by the specification."""
    half = loads('include "stdgates.inc"; qubit q; pow(1/2) @ x q;').unitary()
    assert abs(half - loads('include "stdgates.inc"; qubit q; sx q;').unitary()).max() < 1e-12
