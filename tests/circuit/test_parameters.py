"""Symbolic parameters: every formula against the same formula on Python's floats."""

import copy
import math
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from numbers import Real

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qsim.circuit.parameters import Parameter, ParameterExpression, compile_expressions, resolve_values
from qsim.errors import ParameterError
from qsim.gates.angles import format_angle

PI = math.pi
THETA, PHI, LAM = PARAMETERS = (Parameter("θ"), Parameter("φ"), Parameter("λ"))
FUNCTIONS = ("sin", "cos", "tan", "arcsin", "arccos", "arctan", "exp", "log", "sqrt", "abs")
CHAIN = 10_000  # far past the recursion limit

# ── Random formulas: nested tuples, read once with numbers and once with parameters

leaves = st.sampled_from([0, 1, 2]) | st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.25, 1.0, 3.0, PI])
formulas = st.recursive(
    leaves,
    lambda inner: (
        st.tuples(st.sampled_from("+-*/"), inner, inner)
        | st.tuples(st.just("**"), inner, st.sampled_from([-2.0, -1.0, 0.0, 1.0, 2.0, 3.0]))
        | st.tuples(st.sampled_from((*FUNCTIONS, "neg")), inner)
    ),
    max_leaves=12,
)
points = st.tuples(*[st.floats(-2, 2).map(lambda x: round(x, 3))] * 3)
OPERATORS = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "**": lambda x, y: x**y,
    "neg": lambda x: -x,
}


class Singular(ArithmeticError):
    """A value that rounding would blow up: no fair comparison."""


def read(formula, symbols, checked=False):
    """The formula with these three symbols; `checked` keeps every intermediate number away from singular points."""
    if isinstance(formula, int):
        return symbols[formula]
    if isinstance(formula, float):
        return formula
    name, *operands = formula
    operands = [read(operand, symbols, checked) for operand in operands]
    if checked and _is_risky(name, *operands):
        raise Singular
    if name in OPERATORS:
        return OPERATORS[name](*operands)
    return getattr(np, name)(*operands)


def _is_risky(name, x, y=1.0):
    edges = {"/": abs(y) < 0.01, "**": y < 0 and abs(x) < 0.01, "log": x < 0.01, "sqrt": x < 0.01, "exp": x > 10}
    edges |= {"arcsin": abs(x) > 0.99, "arccos": abs(x) > 0.99, "tan": abs(math.cos(x)) < 0.01, "abs": abs(x) < 0.01}
    return edges.get(name, False) or abs(x) > 1e4


def drawn(formula, point):
    """The number and the expression of a drawn formula, where both are well conditioned."""
    try:
        number = float(read(formula, point, checked=True))
        symbolic = read(formula, PARAMETERS)
    except (Singular, ParameterError):  # a literal division by zero, a logarithm of a literal
        assume(False)
    return number, symbolic


def five_point_slope(function, x, step=1e-5):
    forward, backward, further, behind = (float(function(x + k * step)) for k in (1, -1, 2, -2))
    return (8 * (forward - backward) - (further - behind)) / (12 * step)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(formulas, points)
def test_every_reading_of_a_formula_is_the_formula(formula, point):
    number, symbolic = drawn(formula, point)
    values = dict(zip(PARAMETERS, point, strict=True))
    close = pytest.approx(number, rel=1e-8, abs=1e-8)
    if not isinstance(symbolic, ParameterExpression):
        assert symbolic == close
        return
    used = {parameter: values[parameter] for parameter in symbolic.parameters}
    assert symbolic.substitute(values) == close
    assert symbolic.evaluate(used) == close
    assert compile_expressions([symbolic], PARAMETERS)(point) == close
    assert pickle.loads(pickle.dumps(symbolic)) == symbolic
    one = next(iter(used))
    half_bound = symbolic.bind({one: used.pop(one)}, partial=True)
    assert (half_bound.bind(used) if isinstance(half_bound, ParameterExpression) else half_bound) == close
    names = {"θ": point[0], "φ": point[1], "λ": point[2], "π": PI, **{name: getattr(np, name) for name in FUNCTIONS}}
    assert eval(str(symbolic), names) == close  # the text is Python


@settings(max_examples=200, deadline=None, derandomize=True)
@given(formulas, points)
def test_derivative_is_the_slope(formula, point):
    _, symbolic = drawn(formula, point)
    assume(isinstance(symbolic, ParameterExpression))
    try:
        slope = five_point_slope(lambda x: read(formula, (x, *point[1:]), checked=True), point[0])
    except Singular:
        assume(False)
    assume(abs(slope) < 1e4)
    derivative = symbolic.derivative(THETA)
    if isinstance(derivative, ParameterExpression):
        derivative = derivative.substitute(dict(zip(PARAMETERS, point, strict=True)))
    assert derivative == pytest.approx(slope, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function(name):
    function = getattr(np, name)
    symbolic = function(THETA / 2)
    assert isinstance(symbolic, ParameterExpression)  # no object array
    assert symbolic == getattr(THETA / 2, name)()
    assert symbolic.evaluate([0.6]) == pytest.approx(function(0.3), rel=1e-15)
    slope = five_point_slope(lambda x: function(x / 2), 0.6)
    assert symbolic.derivative("θ").evaluate([0.6]) == pytest.approx(slope, rel=1e-9)


@pytest.mark.parametrize("name", ["*", "/", "**"])
def test_slopes_in_both_operands(name):
    apply = OPERATORS[name]
    symbolic = apply(THETA, PHI)
    slopes = (five_point_slope(lambda x: apply(x, 1.3), 0.7), five_point_slope(lambda y: apply(0.7, y), 1.3))
    for parameter, slope in zip((THETA, PHI), slopes, strict=True):
        derivative = symbolic.derivative(parameter).substitute({THETA: 0.7, PHI: 1.3})
        assert derivative == pytest.approx(slope, rel=1e-9)


# ── Normal form

EQUAL = [
    (THETA + THETA, 2 * THETA),
    (THETA + 0, THETA),
    (0 + THETA, 1 * THETA),
    (THETA / 1, THETA**1),
    (-(2 * -THETA), 2 * THETA),
    (+THETA, 2 * THETA * 0.5),
    (THETA + 1 - 1, THETA),
    (2 * THETA - THETA, THETA),
    (THETA + PHI, PHI + THETA),
    (THETA + PHI - THETA, PHI),
    (2 * (THETA + 1), 2 * THETA + 2),
    (5 * THETA / 3, THETA * (5 / 3)),
    (THETA * PHI, PHI * THETA),
    (2 * THETA * (3 * PHI), 6 * (PHI * THETA)),
    (THETA * THETA * THETA, THETA**3),
    (THETA / (2 * PHI), 0.5 * (THETA / PHI)),
    (np.sin(THETA + PHI), np.sin(PHI + THETA)),
    (Fraction(1, 2) * THETA, np.float32(0.5) * THETA),
    (np.int64(2) * THETA, THETA * 2),
    (np.array(2.0) * THETA, 2 * THETA),
    (np.multiply(THETA, 2), 2 * THETA),
    (np.radians(THETA), THETA * (PI / 180)),
    (sum([THETA, PHI, THETA]), 2 * THETA + PHI),
]
NUMBERS = [
    (THETA - THETA, 0.0),
    (THETA / 2 - THETA / 2, 0.0),
    ((THETA + PHI + 1) - PHI - THETA, 1.0),
    (THETA * 0, 0.0),
    (0.0 / THETA, 0.0),
    (THETA**0 * 1**THETA, 1.0),
    (np.sin(THETA) - THETA.sin(), 0.0),
]
DIFFERENT = [
    (THETA, PHI),
    (THETA, 2 * THETA),
    (THETA, THETA + 1),
    (THETA**PHI, PHI**THETA),
    (THETA / PHI, PHI / THETA),
    (np.sin(THETA), np.cos(THETA)),
    (THETA / THETA, 1.0),
    (2 * THETA, 2.0),
    (np.float64(2), THETA),
]


@pytest.mark.parametrize(("left", "right"), EQUAL)
def test_equal_normal_forms(left, right):
    assert left == right
    assert hash(left) == hash(right)
    assert {left: "found"}[right] == "found"


@pytest.mark.parametrize(("value", "number"), NUMBERS)
def test_what_cancels_is_a_float(value, number):
    assert type(value) is float
    assert value == number


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_different_expressions(left, right):
    assert left != right


def test_parameters_come_in_order_of_first_appearance():
    assert (PHI + THETA * LAM + PHI).parameters == (PHI, THETA, LAM)
    assert (LAM.sin() * THETA - LAM).parameters == (LAM, THETA)
    assert (THETA + PHI - THETA).parameters == (PHI,)
    theta_first, phi_first = np.sin(THETA + PHI), np.sin(PHI + THETA)  # equal, but each keeps its own order
    assert (theta_first.parameters, phi_first.parameters) == ((THETA, PHI), (PHI, THETA))


# ── What is refused

REFUSED = [
    (lambda: THETA * 1j, TypeError, "complex"),
    (lambda: np.complex128(1j) * THETA, TypeError, "complex"),
    (lambda: THETA + "1", TypeError, "str"),
    (lambda: THETA * [1, 2], TypeError, "sequence"),
    (lambda: np.array([1.0, 2.0]) * THETA, TypeError, "array"),
    (lambda: np.floor(THETA), TypeError, "np.floor"),
    (lambda: np.add.reduce(THETA), TypeError, "np.add"),
    (lambda: THETA < 1, TypeError, "<"),
    (lambda: THETA + math.nan, ParameterError, "finite, but is nan"),
    (lambda: THETA * np.inf, ParameterError, "finite, but is inf"),
    (lambda: THETA + 10**400, ParameterError, "finite, but is inf"),
    (lambda: THETA / 0, ParameterError, "θ / 0 is not defined"),
    (lambda: np.divide(THETA, 0.0), ParameterError, "θ / 0 is not defined"),
    (lambda: float(2 * THETA), ParameterError, r"^Parameter θ has no value: bind it first\.$"),
    (lambda: math.sin(THETA + PHI), ParameterError, r"^Parameters θ, φ have no values: bind them first\.$"),
    (lambda: np.array([THETA, 0.5], dtype=float), ParameterError, "Parameter θ has no value"),
    (lambda: THETA.log().evaluate([-1.0]), ParameterError, r"log\(-1.0\) is not a finite real number"),
    (lambda: THETA.exp().evaluate([1000.0]), ParameterError, r"exp\(1000.0\)"),
    (lambda: (1 / THETA).evaluate([0.0]), ParameterError, r"0.0\*\*-1.0"),
    (lambda: (1e300 * THETA).evaluate([1e300]), ParameterError, "not a finite number"),
    (lambda: Parameter(""), ParameterError, "printable"),
    (lambda: Parameter("a\0b"), ParameterError, "printable"),
    (lambda: Parameter(3), TypeError, "must be a str, but is 3"),
    (lambda: Parameter.vector("θ", -1), ParameterError, "length"),
    (lambda: Parameter.vector("θ", 1.5), TypeError, "integer"),
    (lambda: setattr(THETA, "name", "x"), AttributeError, "name"),
    (lambda: setattr(THETA, "value", 1), AttributeError, "value"),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ── Names, copies, text


def test_a_parameter_is_its_name():
    assert Parameter("ϕ") == Parameter("φ") == PHI  # NFKC: the symbol phi is the letter phi
    assert Parameter(" θ ").name == "θ"
    assert hash(Parameter("θ")) == hash(THETA)
    assert not isinstance(THETA, Real)
    assert Parameter.vector("θ", 2) == (Parameter("θ[0]"), Parameter("θ[1]"))
    assert Parameter.vector("θ", 0) == ()


@pytest.mark.parametrize("value", [THETA, THETA / 2 + 1, np.sin(THETA * PHI) ** 2 / LAM, 2**THETA, THETA - PHI])
def test_copies_are_equal(value):
    for twin in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert type(twin) is type(value)
        assert twin == value
        assert (str(twin), twin.parameters) == (str(value), value.parameters)


X2 = Parameter.vector("x", 3)[2]
TEXTS = [  # expression, str, as drawn, LaTeX
    (THETA / 2 + 1, "θ/2 + 1", "θ/2 + 1", r"\frac{\theta}{2} + 1"),
    (2 * THETA + PI / 4, "2*θ + π/4", "2θ + π/4", r"2 \theta + \frac{\pi}{4}"),
    (-THETA / 3 - PI, "-θ/3 - π", "-θ/3 - π", r"-\frac{\theta}{3} - \pi"),
    (0.1 * THETA, "0.1*θ", "0.1θ", r"0.1 \theta"),
    (1e-7 * THETA, "1e-07*θ", "1e-07θ", r"1 \cdot 10^{-7} \theta"),
    (0.123456 * THETA, "0.123456*θ", "0.1235θ", r"0.123456 \theta"),
    (3 * PI / 4 * X2, "3*π*x[2]/4", "3πx[2]/4", r"\frac{3 \pi x_{2}}{4}"),
    (3 / (2 * THETA * PHI), "3/(2*θ*φ)", "3/(2θ·φ)", r"\frac{3}{2 \theta \phi}"),
    ((THETA + 1) * PHI, "(θ + 1)*φ", "(θ + 1)·φ", r"\left(\theta + 1\right) \phi"),
    ((-THETA) ** 2, "(-θ)**2", "(-θ)^2", r"\left(-\theta\right)^{2}"),
    (-(THETA**-2), "-1/θ**2", "-1/θ^2", r"-\frac{1}{\theta^{2}}"),
    (THETA.sin() ** 0.5, "sin(θ)**0.5", "sin(θ)^0.5", r"\sin\left(\theta\right)^{0.5}"),
    (2 ** (THETA + 1), "2**(θ + 1)", "2^(θ + 1)", r"2^{\left(\theta + 1\right)}"),
    (abs(THETA - PHI), "abs(θ - φ)", "abs(θ - φ)", r"\left|\theta - \phi\right|"),
    (np.sqrt(THETA), "sqrt(θ)", "sqrt(θ)", r"\sqrt{\theta}"),
    (Parameter("theta[12]"), "theta[12]", "theta[12]", r"\theta_{12}"),
    (Parameter("a_{1}"), "a_{1}", "a_{1}", r"\mathrm{a\_\{1\}}"),
]


@pytest.mark.parametrize(("value", "plain", "drawn", "latex"), TEXTS)
def test_texts(value, plain, drawn, latex):
    assert str(value) == repr(value) == plain
    assert format_angle(value) == drawn
    assert value._repr_latex_() == f"${latex}$"


ANGLES = [(0, "0"), (-0.0, "0"), (PI / 2, "π/2"), (-3 * PI / 4, "-3π/4"), (2 * PI, "2π"), (PI / 1024, "π/1024")]
ANGLES += [(0.1, "0.1"), (0.5, "0.5"), (1 / 3, "0.3333"), (3.14159, "3.142"), (3, "3"), (-1.0, "-1"), (1e18, "1e+18")]
ANGLES += [(np.float64(7 * PI / 12), "7π/12"), (math.nan, "nan"), (-math.inf, "-inf"), (1.5708, "1.571")]


@pytest.mark.parametrize(("angle", "text"), ANGLES)
def test_format_angle(angle, text):
    assert format_angle(angle) == text


def test_format_angle_precision():
    assert format_angle(1 / 3, precision=2) == "0.33"
    assert format_angle(THETA / 2 + 1 / 3, precision=2) == "θ/2 + 0.33"


# ── Values

THETAS = Parameter.vector("θ", 2)
SAME_VALUES = [
    ({"θ[0]": 0.1, "θ[1]": 0.2, "φ": 3}, {}),
    ({THETAS[1]: 0.2, THETAS[0]: 0.1, PHI: 3}, {}),
    ({"θ": [0.1, 0.2], PHI: np.int64(3)}, {}),
    ({THETAS: (0.1, 0.2), "ϕ": 3.0}, {}),
    ({"θ": np.array([0.1, 0.2])}, {"φ": np.array(3)}),
    (None, {"θ": [0.1, 0.2], "φ": 3}),
    ([0.1, 0.2, 3], {}),
    (np.array([0.1, 0.2, 3]), {}),
]


@pytest.mark.parametrize(("values", "by_name"), SAME_VALUES)
def test_all_ways_to_give_values(values, by_name):
    resolved = resolve_values([*THETAS, PHI], values, by_name)
    assert list(resolved.items()) == [(THETAS[0], 0.1), (THETAS[1], 0.2), (PHI, 3.0)]
    assert all(type(value) is float for value in resolved.values())


REFUSED_VALUES = [
    ({"theta_": 1, "φ": 2}, {}, ParameterError, r"no parameter theta_ here: did you mean theta\?"),
    ({"zzz": 1}, {}, ParameterError, "no parameter zzz here: it has theta, φ"),
    ({"theta": 1}, {}, ParameterError, r"^Parameter φ has no value: give it one, or pass partial=True\.$"),
    (None, {}, ParameterError, "Parameters theta, φ have no values: give them"),
    ({"theta": 1, "φ": 2}, {"theta": 3}, ParameterError, "theta is given two values"),
    ({"φ": 1, PHI: 2, "theta": 3}, {}, ParameterError, "φ is given two values"),
    ([1.0, 2.0], {"φ": 1.0}, ParameterError, "φ is given two values"),
    ([1.0], {}, ParameterError, r"has 1 entries for 2 parameters \(theta, φ\)"),
    (np.ones((2, 2)), {}, ParameterError, "theta must be a real number"),
    ({"theta": [1.0], "φ": 2}, {}, ParameterError, r"no parameter theta\[0\]"),
    ([1.0, math.nan], {}, ParameterError, "Parameter φ must be finite, but is nan"),
    ([1.0, 1j], {}, ParameterError, "Parameter φ must be a real number or an expression, but is 1j"),
    ([1.0, "2"], {}, ParameterError, "Parameter φ must be a real number or an expression, but is '2'"),
    ([1.0, True], {}, ParameterError, "φ must be a real number or an expression, but is True"),
    (0.5, {}, TypeError, "must be a mapping, or a sequence of numbers, but is 0.5"),
    ("12", {}, TypeError, "must be a mapping"),
    ({1: 2.0}, {}, TypeError, "1 is neither"),
    ({2 * PHI: 2.0}, {}, TypeError, r"2\*φ is neither"),
]


@pytest.mark.parametrize(("values", "by_name", "error", "message"), REFUSED_VALUES)
def test_refused_values(values, by_name, error, message):
    with pytest.raises(error, match=message):
        resolve_values([Parameter("theta"), PHI], values, by_name)


def test_partial_and_symbolic_values():
    assert resolve_values([THETA, PHI], {"φ": LAM / 2}, partial=True) == {PHI: LAM / 2}
    assert (THETA + PHI).bind(φ=LAM / 2, partial=True) == THETA + LAM / 2
    assert (THETA + 2 * PHI).bind({THETA: PHI, PHI: THETA}) == PHI + 2 * THETA  # at the same time, not in turn
    assert (THETA - PHI).bind(θ=LAM, φ=LAM) == 0.0
    with pytest.raises(ParameterError, match="λ has no value"):
        THETA.evaluate([LAM])


# ── Compiled


def test_compiled_expressions_agree_with_evaluate():
    shared = np.sin(THETA + PHI)
    expressions = [THETA, 0.5, 2 * PHI - 1, shared, shared**2 + PHI, 1 / (LAM + 5), THETA**PHI, LAM.exp()]
    expressions += [LAM.sin().sin(), LAM.cos().sin()]  # one call for both outer sines, after both inner functions
    values = np.random.default_rng(5).uniform(0.1, 2.0, (4, 3, 3))
    got = pickle.loads(pickle.dumps(compile_expressions(expressions, PARAMETERS)))(values)
    assert got.shape == (4, 3, len(expressions))
    for point, row in zip(values.reshape(-1, 3), got.reshape(-1, len(expressions)), strict=True):
        bound = dict(zip(PARAMETERS, point.tolist(), strict=True))
        expected = [e.substitute(bound) if isinstance(e, ParameterExpression) else e for e in expressions]
        np.testing.assert_allclose(row, expected, rtol=1e-13)


def test_compiled_equal_operations_are_done_once():
    compiled = compile_expressions([np.sin(THETA + PHI), np.sin(PHI + THETA) + 1, np.sin(LAM)], PARAMETERS)
    assert [operands[0].columns.size for _, operands, _ in compiled.steps] == [3]  # θ + φ, and λ, in one call


def test_compiled_edges():
    assert compile_expressions([], PARAMETERS)([1, 2, 3]).shape == (0,)
    assert compile_expressions([0.5, 0.0], [])(np.empty((2, 0))).tolist() == [[0.5, 0.0], [0.5, 0.0]]
    with pytest.raises(ParameterError, match="lacks λ"):
        compile_expressions([THETA * LAM], [THETA])
    compiled = compile_expressions([PHI, 1 / THETA], [THETA, PHI])
    for values, message in [([1.0], "2 in its last axis"), (1.0, "2 in its last"), ([0.0, 1.0], "Expression 1 is not")]:
        with pytest.raises(ParameterError, match=message):
            compiled(values)


# ── Size: nothing recurses, and n additions are O(n) work

PS = Parameter.vector("p", CHAIN)


def _sum(step):
    total = 0.0
    for p in PS:
        total = step(total, p)
    return total


def _alternating(values):
    total = 0.0
    for value in values:
        total = -total + value
    return total


def _nested_sine(values):
    total = values[0]
    for _ in values:
        total = np.sin(total + 1)
    return total


CHAINS = {
    "sum": (lambda: _sum(lambda t, p: t + p), sum),
    "sum of sines": (lambda: _sum(lambda t, p: np.sin(p) + t), lambda v: sum(map(math.sin, v))),
    "alternating sum": (lambda: _sum(lambda t, p: -t + p), _alternating),
    "product": (lambda: _sum(lambda t, p: p * t + p if t == 0.0 else t * p), math.prod),
    "nested sine": (lambda: _nested_sine(PS), _nested_sine),
}


@pytest.mark.parametrize("chain", CHAINS)
def test_long_chains(chain):
    build, oracle = CHAINS[chain]
    assert sys.getrecursionlimit() < CHAIN
    value = build()
    numbers = np.random.default_rng(3).uniform(0.9, 1.1, len(value.parameters)).tolist()
    expected = pytest.approx(oracle(numbers + [1.0] * (CHAIN - len(numbers))), rel=1e-9)
    assert value.evaluate(numbers) == expected
    assert compile_expressions([value], value.parameters)(numbers) == expected
    assert len(repr(value)) < 3000
    assert pickle.loads(pickle.dumps(value)) == value == build()
    assert value.derivative(PS[0]) == value.derivative("p[0]")
    assert value - build() == 0.0


def test_a_loop_of_additions_merges_a_linear_number_of_terms(monkeypatch):
    merged = 0
    sums = type(THETA + PHI)
    merge = sums._terms

    def counting(self):
        nonlocal merged
        merged += 0 if isinstance(self._form, dict) else len(merge(self))
        return merge(self)

    monkeypatch.setattr(sums, "_terms", counting)
    total = _sum(lambda t, p: t + p)
    assert len(total.parameters) == CHAIN
    assert merged < 4 * CHAIN  # a merge at each step would be CHAIN²/2


def test_shared_operations_are_walked_once():
    value = THETA
    for _ in range(60):
        value = np.sin(value * value + value)  # 3⁶⁰ if written out
    number = 0.3
    for _ in range(60):
        number = math.sin(number * number + number)
    assert value.evaluate([0.3]) == pytest.approx(number, rel=1e-9)
    assert len(repr(value)) < 3000


def test_threads_may_share_an_expression():
    totals = [_sum(lambda t, p: t + p) + i for i in range(4)]
    with ThreadPoolExecutor(8) as pool:
        hashes = list(pool.map(hash, totals * 8))
    assert len(set(hashes)) == len(totals)
