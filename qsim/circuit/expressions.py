"""Symbolic parameters: angles that get their value later.

An expression is a sum, constant + Σ coefficient · atom, where an atom is a `Parameter` or an operation (`*`, `**` or a
function) on expressions. So affine angles, nearly all that circuits have, are in a normal form: `θ + θ == 2*θ`, and
`θ/2 - θ/2` is the number 0.0. Sums stay unmerged until somebody looks at them or their terms might all cancel, and
nothing recurses: a loop of 10⁵ additions takes linear time, and expressions of any depth are walked with a list.
"""

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from qsim.circuit.names import digest, finite, listed, normalized
from qsim.errors import ParameterError

__all__ = ["RULES", "Operation", "Parameter", "ParameterExpression", "row", "walk"]

Terms = dict["ParameterExpression", float]  # coefficient of each atom
# The terms of a sum: merged, or not yet: scaled parts, whose own constants do not count
Form = Terms | tuple[tuple[float, "ParameterExpression"], ...]
Value = Any  # float | ParameterExpression; Any, so that (2 * theta).sin() passes a user's type checker


def _binary(function: Callable[[Any, Any], Value], swapped: bool = False) -> Callable[[Any, Any], Value]:
    """An operator method: numbers are checked, what is neither number nor expression is left to the other side."""

    def method(self: Any, other: Any) -> Value:
        if not isinstance(other, ParameterExpression):
            if not isinstance(other, Real):
                return NotImplemented
            other = finite(other, "A number in an expression")
        return function(other, self) if swapped else function(self, other)

    return method


def _unary(name: str) -> Callable[[Any], "ParameterExpression"]:
    """The method that applies a function of the table `RULES`."""

    def method(self: Any) -> "ParameterExpression":
        return Operation(name, (self,))

    method.__doc__ = f"{name} of the expression; also `np.{RULES[name].ufunc.__name__}`."
    return method


def _add(left: Value, right: Value, sign: float = 1.0) -> Value:
    if isinstance(right, float):
        return left._shifted(sign * right)
    if isinstance(left, float):
        return right._scaled(sign)._shifted(left)
    (fewest_left, most_left), (fewest_right, most_right) = left._bounds, right._bounds
    # A term cancels one term of the other side at most. Bounds get loose as terms are added, but they are renewed
    # only when `fewest` falls to 0, which takes as many additions as there were terms: constant work an addition.
    fewest = max(fewest_left - most_right, fewest_right - most_left)
    constant = left._constant + sign * right._constant
    total = _Sum(constant, ((1.0, left), (sign, right)), (fewest, most_left + most_right))
    return total if fewest > 0 else total._collapsed()


def _multiply(left: Value, right: Value) -> Value:
    if isinstance(left, float):
        return left * right if isinstance(right, float) else right._scaled(left)
    if isinstance(right, float):
        return left._scaled(right)
    (scale_left, left), (scale_right, right) = left._split(), right._split()
    (base, power), (other, other_power) = left._as_power(), right._as_power()
    if power * other_power > 0 and base == other:  # θ·θ is θ²; θ/θ stays, for it has no value at 0
        return _power(base, power + other_power)._scaled(scale_left * scale_right)
    return Operation("*", (left, right))._scaled(scale_left * scale_right)


def _divide(left: Value, right: Value) -> Value:
    if not isinstance(right, float):
        scale, rest = right._split()
        return _multiply(left, _power(rest, -1.0)._scaled(1.0, divisor=scale))
    if right == 0.0:
        raise ParameterError(f"{left} / 0 is not defined.")
    return left._scaled(1.0, divisor=right)


def _power(base: Value, exponent: Value) -> Value:
    if exponent == 0.0 or base == 1.0:
        return 1.0
    return base if exponent == 1.0 else _apply("**", base, exponent)


def _apply(name: str, *operands: Value) -> Value:
    """The operation on its operands, done at once if they are numbers."""
    if not all(isinstance(operand, float) for operand in operands):
        return Operation(name, operands)
    with np.errstate(all="ignore"):
        number = float(RULES[name].ufunc(*operands))
    if not math.isfinite(number):
        spelled = name.join(map(str, operands)) if len(operands) == 2 else f"{name}({operands[0]})"
        raise ParameterError(f"{spelled} is not a finite real number.")
    return number


class _Rule(NamedTuple):
    """An operation: NumPy's function, its partial derivatives; where special, its LaTeX and how it is built."""

    ufunc: np.ufunc
    partials: tuple[Callable[..., Value], ...]
    latex: str = ""
    build: Callable[..., Value] | None = None


RULES = {
    "*": _Rule(np.multiply, (lambda x, y: y, lambda x, y: x), build=_multiply),
    "**": _Rule(
        np.power,
        (lambda x, y: y * _power(x, y - 1.0), lambda x, y: _power(x, y) * _apply("log", x)),
        build=_power,
    ),
    "sin": _Rule(np.sin, (lambda x: x.cos(),)),
    "cos": _Rule(np.cos, (lambda x: -x.sin(),)),
    "tan": _Rule(np.tan, (lambda x: 1 + x.tan() ** 2,)),
    "arcsin": _Rule(np.arcsin, (lambda x: (1 - x**2) ** -0.5,)),
    "arccos": _Rule(np.arccos, (lambda x: -((1 - x**2) ** -0.5),)),
    "arctan": _Rule(np.arctan, (lambda x: 1 / (1 + x**2),)),
    "exp": _Rule(np.exp, (lambda x: x.exp(),)),
    "log": _Rule(np.log, (lambda x: 1 / x,)),
    "sqrt": _Rule(np.sqrt, (lambda x: 0.5 / x.sqrt(),), latex=r"\sqrt{{{}}}"),
    "abs": _Rule(np.absolute, (lambda x: x / abs(x),), latex=r"\left|{}\right|"),
}
_UFUNCS: dict[np.ufunc, Callable[..., Value]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.divide: operator.truediv,
    np.power: operator.pow,
    np.negative: operator.neg,
    np.positive: operator.pos,
    np.equal: operator.eq,
    np.not_equal: operator.ne,
    **dict.fromkeys((np.deg2rad, np.radians), lambda x: x * (math.pi / 180)),
    **{rule.ufunc: operator.methodcaller(name) for name, rule in RULES.items() if name.isalpha()},
}


class ParameterExpression:
    """A real formula in parameters; arithmetic on a `Parameter` makes them.

    `+ - * / **` with real numbers and other expressions, the methods below and NumPy's functions (`np.sin(theta)`) give
    expressions, or a float where nothing symbolic is left. Expressions are immutable and picklable. They are equal if
    their normal forms are: like terms are merged, the two sides of a product commute, nothing is multiplied out.

    >>> theta, phi = Parameter("θ"), Parameter("φ")
    >>> theta / 2 + np.pi / 4, theta - theta, 2 * np.sin(theta) * phi
    (θ/2 + π/4, 0.0, 2*sin(θ)*φ)
    """

    __slots__ = ()
    _key: bytes  # what equal expressions share: a name, or a digest of the normal form (128 bits: no chance collisions)
    _constant: float = 0.0  # this and the next three read as an atom does; a sum has its own
    _bounds: tuple[int, int] = (1, 1)  # fewest and most terms that merging may leave

    @property
    def _form(self) -> "Form":
        return ((1.0, self),)

    def _terms(self) -> "Terms":
        """Coefficient of each atom, in order of first appearance; none is 0."""
        return {self: 1.0}

    @property
    def parameters(self) -> tuple["Parameter", ...]:
        """The parameters in it, in order of first appearance.

        >>> (Parameter("b").sin() + Parameter("a") / Parameter("b")).parameters
        (b, a)
        """
        return tuple(atom for atom in walk([self]) if isinstance(atom, Parameter))

    def bind(self, values: Any = None, *, partial: bool = False, **by_name: Any) -> Value:
        """The float, or with `partial=True` or symbolic values the expression, that these values give.

        Args:
            values: a mapping from parameters or names, or a sequence in the order of `parameters`.
            partial: parameters without a value stay.
            by_name: values by keyword.

        Raises:
            ParameterError: a name is unknown, a value is missing or not finite, or the result is not.

        >>> theta, phi = Parameter("θ"), Parameter("φ")
        >>> (theta + 2 * phi).bind({phi: 0.25}, partial=True)
        θ + 0.5
        >>> (theta + 2 * phi).bind(θ=1, φ=theta)
        2*θ + 1
        """
        from qsim.circuit.parameters import resolve_values

        return self.substitute(resolve_values(self.parameters, values, by_name, partial))

    def evaluate(self, values: Any) -> float:
        """The number that results when every parameter has a value; see `bind`.

        >>> Parameter("θ").cos().evaluate([0.0])
        1.0
        """
        return float(self.bind(values))

    def substitute(self, replacements: Mapping["Parameter", Value]) -> Value:
        """`bind` for values that `resolve_values` has checked: parameters that are not in the mapping stay.

        >>> theta = Parameter("θ")
        >>> (theta / 2).substitute({theta: 3.0, Parameter("unused"): 1.0})
        1.5
        """
        done: dict[ParameterExpression, Value] = {}
        for atom in walk([self]):
            if isinstance(atom, Operation):
                operands = (x if isinstance(x, float) else x._weigh(done) + x._constant for x in atom.operands)
                done[atom] = (RULES[atom.name].build or partial(_apply, atom.name))(*operands)
            else:
                done[atom] = replacements.get(atom, atom)  # type: ignore[call-overload]
        result = self._weigh(done) + self._constant
        if isinstance(result, float) and not math.isfinite(result):
            raise ParameterError(f"{self} is not a finite number at these values.")
        return result

    def derivative(self, parameter: "Parameter | str") -> Value:
        """The partial derivative: an expression, or a float where it is constant.

        >>> theta = Parameter("θ")
        >>> (3 * theta**2).derivative(theta), theta.sin().derivative("θ"), (theta / 2).derivative("θ")
        (6*θ, cos(θ), 0.5)
        """
        variable = parameter if isinstance(parameter, Parameter) else Parameter(parameter)
        slopes: dict[ParameterExpression, Value] = {}
        for atom in walk([self]):
            slopes[atom] = atom.slope(slopes) if isinstance(atom, Operation) else float(atom == variable)
        return self._weigh(slopes)

    __add__ = __radd__ = _binary(_add)
    __sub__ = _binary(partial(_add, sign=-1.0))
    __rsub__ = _binary(partial(_add, sign=-1.0), swapped=True)
    __mul__ = __rmul__ = _binary(_multiply)
    __truediv__ = _binary(_divide)
    __rtruediv__ = _binary(_divide, swapped=True)
    __pow__ = _binary(_power)
    __rpow__ = _binary(_power, swapped=True)
    __abs__ = abs = _unary("abs")
    sin, cos, tan = _unary("sin"), _unary("cos"), _unary("tan")
    arcsin, arccos, arctan = _unary("arcsin"), _unary("arccos"), _unary("arctan")
    exp, log, sqrt = _unary("exp"), _unary("log"), _unary("sqrt")

    def __neg__(self) -> Value:
        return self._scaled(-1.0)

    def __pos__(self) -> "ParameterExpression":
        return self

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Value:
        operands = [x.item() if isinstance(x, np.generic | np.ndarray) and not x.ndim else x for x in inputs]
        if ufunc not in _UFUNCS or method != "__call__" or options:
            raise TypeError(f"np.{ufunc.__name__} does not take symbolic parameters: bind them first.")
        if any(isinstance(x, np.ndarray) for x in operands):
            raise TypeError("An array and a symbolic expression do not combine: loop over the array's numbers.")
        return _UFUNCS[ufunc](*operands)

    def __float__(self) -> float:
        names = self.parameters
        if names:
            rule = "has no value: bind it first" if len(names) == 1 else "have no values: bind them first"
            raise ParameterError(f"Parameter{'s'[: len(names) - 1]} {listed(names)} {rule}.")
        return float(self._constant)

    def __eq__(self, other: object) -> bool:
        return self._key == other._key if isinstance(other, ParameterExpression) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        from qsim.circuit.notation import PLAIN, write

        return write(self, PLAIN)

    def __format__(self, spec: str) -> str:
        """With a number format such as `.4g`: as circuit drawings show it, numbers so rounded."""
        from qsim.circuit.notation import drawn, write

        return write(self, drawn(spec)) if spec else str(self)

    def _repr_latex_(self) -> str:
        from qsim.circuit.notation import LATEX, write

        return f"${write(self, LATEX)}$"

    def __reduce__(self) -> tuple[Any, ...]:
        atoms = walk([self])  # flat: pickle must not recurse either
        slots = {atom: slot for slot, atom in enumerate(atoms)}
        steps = [
            (atom.name, [row(x, slots) for x in atom.operands]) if isinstance(atom, Operation) else atom
            for atom in atoms
        ]
        return _restore, (steps, row(self, slots))

    def _weigh(self, values: Mapping["ParameterExpression", Value]) -> Value:
        """Σ coefficient · value of the atom, without the constant."""
        total: Value = 0.0
        for atom, coefficient in self._terms().items():
            total = total + coefficient * values[atom]
        return total

    def _scaled(self, factor: float, divisor: float = 1.0) -> Value:
        """This · factor / divisor; where one of the two is 1, every coefficient is rounded once."""
        if factor == 0.0:
            return 0.0
        if factor == divisor:
            return self
        form = self._form  # read once: another thread may merge it
        parts = form if isinstance(form, tuple) else ((1.0, self),)
        scaled = tuple((scale * factor / divisor, part) for scale, part in parts)
        return _Sum(self._constant * factor / divisor, scaled, self._bounds)

    def _shifted(self, constant: float) -> "ParameterExpression":
        return _Sum(self._constant + constant, self._form, self._bounds) if constant else self

    def _split(self) -> tuple[float, "ParameterExpression"]:
        """Coefficient and atom of a single term; a longer sum keeps its coefficients."""
        terms = self._terms()
        if len(terms) == 1 and not self._constant:
            ((atom, coefficient),) = terms.items()
            return coefficient, atom
        return 1.0, self

    def _as_power(self) -> tuple["ParameterExpression", float]:
        """Base and whole exponent."""
        return self, 1.0


class Parameter(ParameterExpression):
    """A named symbol that stands for a real number, until it is bound to one.

    Args:
        name: any printable text, normalised to NFKC as Python does with identifiers (so `bind(θ=0.1)` finds it when the
            name is one). Parameters are equal when their names are.

    Raises:
        ParameterError: the name is empty or not printable.

    >>> theta = Parameter("θ")
    >>> 2 * theta + 1, (2 * theta + 1).bind(θ=0.5), theta == Parameter("θ")
    (2*θ + 1, 2.0, True)
    """

    __slots__ = ("_key", "_name")

    def __init__(self, name: str) -> None:
        self._name = normalized(name)
        self._key = self._name.encode()

    @property
    def name(self) -> str:
        """The name in normal form."""
        return self._name

    @staticmethod
    def vector(name: str, length: int) -> tuple["Parameter", ...]:
        """Parameters `name[0]`, `name[1]`, …; `bind` takes their values as a list under the common name.

        >>> Parameter.vector("θ", 3)
        (θ[0], θ[1], θ[2])
        """
        if (length := operator.index(length)) < 0:
            raise ParameterError(f"Argument `length` must not be negative, but is {length}.")
        base = normalized(name)
        return tuple(Parameter(f"{base}[{i}]") for i in range(length))

    def __reduce__(self) -> tuple[Any, ...]:
        return Parameter, (self._name,)


class Operation(ParameterExpression):
    """A function, product or power of expressions; an atom of sums."""

    __slots__ = ("_key", "name", "operands")

    def __init__(self, name: str, operands: tuple[Value, ...]) -> None:
        keys = [x if isinstance(x, float) else x._key for x in operands]
        self.name = name
        self.operands = operands
        self._key = digest(name, sorted(keys) if name == "*" else keys)

    def slope(self, slopes: Mapping[ParameterExpression, Value]) -> Value:
        """Chain rule: the derivative, from those of the atoms in the operands."""
        total: Value = 0.0
        for operand, derivative in zip(self.operands, RULES[self.name].partials, strict=True):
            inner = 0.0 if isinstance(operand, float) else operand._weigh(slopes)
            if not isinstance(inner, float) or inner:
                total = total + derivative(*self.operands) * inner
        return total

    def _as_power(self) -> tuple[ParameterExpression, float]:
        if self.name == "**" and isinstance(self.operands[1], float) and self.operands[1].is_integer():
            return self.operands
        return self, 1.0


class _Sum(ParameterExpression):
    """A constant and terms, merged when somebody looks."""

    __slots__ = ("_bounds", "_constant", "_digest", "_form")

    _form: Form

    def __init__(self, constant: float, form: Form, bounds: tuple[int, int]) -> None:
        self._constant = constant + 0.0  # -0.0 becomes 0.0
        self._form = form
        self._bounds = bounds
        self._digest: bytes | None = None

    @property
    def _key(self) -> bytes:  # type: ignore[override]
        if self._digest is None:
            terms = self._terms()
            if len(terms) == 1 and not self._constant and 1.0 in terms.values():
                self._digest = next(iter(terms))._key
            else:
                self._digest = digest("+", self._constant, sorted((atom._key, c) for atom, c in terms.items()))
        return self._digest

    def _terms(self) -> Terms:
        if isinstance(self._form, dict):
            return self._form
        terms: Terms = {}
        stack: list[tuple[float, ParameterExpression]] = [(1.0, self)]
        while stack:
            scale, part = stack.pop()
            form: Form = part._form if isinstance(part, _Sum) else {part: 1.0}  # read once, as above
            if isinstance(form, tuple):
                stack.extend((scale * inner, child) for inner, child in reversed(form))
                continue
            for atom, coefficient in form.items():
                terms[atom] = terms.get(atom, 0.0) + scale * coefficient
        merged = {atom: coefficient for atom, coefficient in terms.items() if coefficient}
        self._form, self._bounds = merged, (len(merged), len(merged))
        return merged

    def _collapsed(self) -> Value:
        """Merged, and a number or an atom where only that is left."""
        terms = self._terms()
        if not terms:
            return self._constant
        coefficient, atom = self._split()
        return atom if coefficient == 1.0 and not self._constant else self


def walk(expressions: Iterable[Value]) -> list[ParameterExpression]:
    """Every atom once: parameters in order of first appearance, operations after the atoms of their operands."""
    done: dict[ParameterExpression, None] = {}
    for expression in expressions:
        stack = [] if isinstance(expression, float) else list(reversed(expression._terms()))
        while stack:
            atom = stack[-1]
            operands = atom.operands if isinstance(atom, Operation) and atom not in done else ()
            inner = [a for x in operands if not isinstance(x, float) for a in x._terms() if a not in done]
            if inner:
                stack.extend(reversed(inner))
            else:
                done.setdefault(stack.pop())
    return list(done)


Row = tuple[float, list[tuple[int, float]]]  # constant, and (slot of the atom, coefficient) of each term


def row(value: Value, slots: Mapping[ParameterExpression, int]) -> Row:
    """The affine form of a float or an expression, its atoms as slots."""
    if isinstance(value, float):
        return value, []
    return value._constant, [(slots[atom], coefficient) for atom, coefficient in value._terms().items()]


def _restore(steps: Sequence[Any], row: Row) -> Value:
    """Inverse of `ParameterExpression.__reduce__`."""
    atoms: list[Value] = []

    def expression(row: Row) -> Value:
        constant, terms = row
        return sum((coefficient * atoms[slot] for slot, coefficient in terms), 0.0) + constant

    for step in steps:
        atom = step if isinstance(step, Parameter) else Operation(step[0], tuple(map(expression, step[1])))
        atoms.append(atom)
    return expression(row)
