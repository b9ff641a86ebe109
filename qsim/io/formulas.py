"""Expressions of OpenQASM: compiled to a list of steps by precedence, without recursion, and worked out on a stack.

Values are numbers (int and float), symbolic parameters, and classical expressions of bits. Division is real. Whole
numbers past 64 bits, and powers, are floating point, so that no number grows without bound.
"""

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from qsim.circuit import Expression, ParameterExpression
from qsim.errors import ParameterError, QsimError
from qsim.io.bit_values import BIT_OPERATORS, combine_bits, invert_bits
from qsim.io.tokens import Tokens, number

__all__ = ["Formula", "Names", "Slot", "parse_formula"]

Value = Any  # int | float | ParameterExpression | Expression


class Slot(NamedTuple):
    """An angle of the definition that an expression stands in, by its number."""

    number: int


class Step(NamedTuple):
    """One step on the stack: a value or a `Slot` is put on it (arity −1), or a function takes its top values."""

    arity: int
    content: Any
    position: int
    shown: str


def _power(base: Value, exponent: Value) -> Value:
    if isinstance(base, ParameterExpression) or isinstance(exponent, ParameterExpression):
        return base**exponent
    result = math.pow(base, exponent)
    whole = isinstance(base, int) and isinstance(exponent, int) and exponent >= 0 and abs(result) < 2**53
    return int(result) if whole else result


def _divide(left: Value, right: Value) -> Value:
    result = left / right
    whole = isinstance(left, int) and isinstance(right, int) and left % right == 0
    return left // right if whole else result


def _whole(function: Callable[[int, int], int]) -> Callable[[Value, Value], Value]:
    """A function of whole numbers."""

    def checked(left: Value, right: Value) -> Value:
        if not isinstance(left, int) or not isinstance(right, int):
            raise TypeError
        return function(left, right)

    return checked


def _shift(left: int, right: int) -> int:
    if not 0 <= right <= 64:
        raise ValueError
    return left << right


def _elementary(name: str) -> Callable[[Value], Value]:
    """A function of a number, or of a symbolic parameter, which has it as a method of NumPy's name."""
    plain = {"arcsin": "asin", "arccos": "acos", "arctan": "atan"}.get(name, name)
    compute = getattr(math, plain)

    def function(argument: Value) -> Value:
        return getattr(argument, name)() if isinstance(argument, ParameterExpression) else compute(argument)

    return function


def _modulo(left: Value, right: Value) -> Value:
    return math.fmod(left, right) if isinstance(left, float) or isinstance(right, float) else left % right


_BINARY: dict[str, tuple[int, Callable[[Value, Value], Value]]] = {  # precedence and meaning
    "||": (1, lambda a, b: bool(a) or bool(b)),
    "&&": (2, lambda a, b: bool(a) and bool(b)),
    "|": (3, _whole(operator.or_)),
    "^": (4, _whole(operator.xor)),
    "&": (5, _whole(operator.and_)),
    "==": (6, operator.eq), "!=": (6, operator.ne),
    "<": (7, operator.lt), "<=": (7, operator.le), ">": (7, operator.gt), ">=": (7, operator.ge),
    "<<": (8, _whole(_shift)), ">>": (8, _whole(operator.rshift)),
    "+": (9, operator.add), "-": (9, operator.sub),
    "*": (10, operator.mul), "/": (10, _divide), "%": (10, _modulo),
    "**": (12, _power),
}  # fmt: skip
_SIGNS_2 = frozenset("+-*/^")
_UNARY_PRECEDENCE = 11
_UNARY: dict[str, Callable[[Value], Value]] = {
    "-": operator.neg,
    "+": operator.pos,
    "~": lambda a: invert_bits(a, "~"),
    "!": lambda a: invert_bits(a, "!") if isinstance(a, Expression) else not a,
}
_FUNCTIONS_2 = {
    **{name: (1, _elementary(name)) for name in ("sin", "cos", "tan", "exp", "sqrt")},
    **{f"a{name}": (1, _elementary(f"arc{name}")) for name in ("sin", "cos", "tan")},
    "ln": (1, _elementary("log")),
}
_FUNCTIONS_3 = {
    **{
        name: (1, _elementary(name))
        for name in ("sin", "cos", "tan", "exp", "sqrt", "log", "arcsin", "arccos", "arctan")
    },
    "ceiling": (1, math.ceil),
    "floor": (1, math.floor),
    "mod": (2, _modulo),
    "pow": (2, _power),
}
_CONSTANTS_2 = {"pi": math.pi}
_CONSTANTS_3 = {
    **dict.fromkeys(("pi", "π"), math.pi),
    **dict.fromkeys(("tau", "τ"), math.tau),
    **dict.fromkeys(("euler", "ℇ"), math.e),
    "true": True,
    "false": False,
}

Names = Callable[[Tokens], Any]  # leaves a name (and its index, if any) and gives its value, or a Slot


class Formula:
    """An expression, ready to be worked out."""

    __slots__ = ("_steps", "_tokens", "constant")

    def __init__(self, steps: Sequence[Step], tokens: Tokens) -> None:
        self._steps, self._tokens = steps, tokens
        self.constant: Value = None  # its value where no angle of a definition is in it
        if not any(isinstance(step.content, Slot) for step in steps):
            self.constant = self._work_out(())

    @property
    def position(self) -> int:
        """Where it begins."""
        return min(step.position for step in self._steps)

    def value(self, angles: tuple[Value, ...] = ()) -> Value:
        """Its value.

        Args:
            angles: those of the definition that it stands in.

        Raises:
            QasmError: it is no finite number.
        """
        return self.constant if self.constant is not None else self._work_out(angles)

    def _work_out(self, angles: tuple[Value, ...]) -> Value:
        stack: list[Value] = []
        for arity, content, position, shown in self._steps:
            if arity < 0:
                stack.append(angles[content.number] if isinstance(content, Slot) else content)
                continue
            arguments = stack[len(stack) - arity :]
            del stack[len(stack) - arity :]
            stack.append(self._applied(content, arguments, position, shown))
        return stack[0]

    def _applied(self, function: Callable[..., Value], arguments: list[Value], position: int, shown: str) -> Value:
        try:
            if any(isinstance(argument, Expression) for argument in arguments) and shown in BIT_OPERATORS:
                return combine_bits(shown, *arguments)
            result = function(*arguments)
        except (ArithmeticError, ValueError, TypeError, QsimError) as error:
            why = f": {error}" if isinstance(error, QsimError) and not isinstance(error, ParameterError) else "."
            values = ", ".join(repr(argument)[:40] for argument in arguments)
            self._tokens.source.refuse(position, f"`{shown}` has no value for {values}{why}")
        if isinstance(result, int) and abs(result) >= 2**64:
            result = float(result)
        if isinstance(result, float) and not math.isfinite(result):
            self._tokens.source.refuse(position, f"`{shown}` gives no finite number here.")
        return result


def parse_formula(tokens: Tokens, names: Names, nesting: int) -> Formula:
    """Leave an expression, up to the first token that is none of it.

    Args:
        tokens: at its first token.
        names: what gives the value of a name, and leaves it.
        nesting: how many brackets may be within each other.
    """
    return _Parser(tokens, names, nesting).parse()


class _Open(NamedTuple):
    """A bracket, or an operator, that waits for what follows."""

    precedence: int  # 0: a bracket
    arity: int
    function: Any
    position: int
    shown: str


class _Parser:
    """Dijkstra's shunting yard: operands go to `steps`, operators wait in `waiting` until a weaker one comes."""

    def __init__(self, tokens: Tokens, names: Names, nesting: int) -> None:
        self.tokens, self.names, self.nesting = tokens, names, nesting
        self.is_version_2 = tokens.version == 2
        self.functions = _FUNCTIONS_2 if self.is_version_2 else _FUNCTIONS_3
        self.constants = _CONSTANTS_2 if self.is_version_2 else _CONSTANTS_3
        self.steps: list[Step] = []
        self.waiting: list[_Open] = []
        self.counts: list[int] = []  # for each open bracket the arguments so far

    def parse(self) -> Formula:
        while True:
            self._operand()
            if not self._after_operand():
                return Formula(self.steps, self.tokens)

    def _operand(self) -> None:
        """Prefix operators and opening brackets, then a number, a name or a constant."""
        tokens = self.tokens
        while True:
            kind, position = tokens.kind, tokens.start
            if kind == "number":
                self._put(number(tokens.text))
                tokens.next()
                return
            if kind == "name":
                if self._named():
                    return
            elif kind == "(":
                tokens.next()
                self._open(None, 1, position, "(")
            elif kind in _UNARY and not (self.is_version_2 and kind in "~!"):
                tokens.next()
                self.waiting.append(_Open(_UNARY_PRECEDENCE, 1, _UNARY[kind], position, kind))
            elif kind == "string" and not self.is_version_2:
                self._put(self._bit_string())
                return
            else:
                tokens.refuse(f"A value is expected, but here is {tokens.shown}.")

    def _named(self) -> bool:
        """A name; False if it is a function, whose arguments follow."""
        tokens, name, position = self.tokens, self.tokens.text, self.tokens.start
        if name in self.constants:
            self._put(self.constants[name])
            tokens.next()
            return True
        if name in self.functions:
            tokens.next()
            tokens_before = tokens.is_at("(")
            tokens.expect("(", f"`{name}`")
            arity, function = self.functions[name]
            self._open(function, arity, position, name)
            return not tokens_before
        value = self.names(tokens)
        self.steps.append(Step(-1, value, position, name))
        return True

    def _bit_string(self) -> Expression:
        digits = self.tokens.text[1:-1].replace("_", "")
        if not digits or digits.strip("01"):
            self.tokens.refuse(f"A bit string has the characters 0 and 1, but here is {self.tokens.shown}.")
        self.tokens.next()
        return Expression("value", (int(digits, 2),), len(digits), repr(digits))

    def _after_operand(self) -> bool:
        """An operator or a closing bracket; False where the expression ends."""
        tokens = self.tokens
        while True:
            kind, position = tokens.kind, tokens.start
            sign = "**" if self.is_version_2 and kind == "^" else kind
            if sign in _BINARY and not (self.is_version_2 and kind not in _SIGNS_2):
                precedence, function = _BINARY[sign]
                self._settle(precedence + (sign == "**"))  # powers associate to the right
                self.waiting.append(_Open(precedence, 2, function, position, kind))
                tokens.next()
                return True
            if not self.counts or kind not in (")", ","):
                if self.counts:
                    tokens.refuse(f"`)` is expected, but here is {tokens.shown}.")
                self._settle(0)
                return False
            if self._bracket(kind):
                return True

    def _bracket(self, kind: str) -> bool:
        """A closing bracket, or a comma between arguments, after which an operand follows."""
        self._settle(1)
        opened = self.waiting[-1]
        if (kind == ",") != (self.counts[-1] < opened.arity):
            count = f"{opened.arity} argument{'s' * (opened.arity != 1)}"
            wanted = f"`{opened.shown}` takes {count}" if opened.function else "`)` is expected"
            self.tokens.refuse(f"{wanted}, but here is {self.tokens.shown}.")
        self.tokens.next()
        if kind == ",":
            self.counts[-1] += 1
            return True
        self.waiting.pop()
        self.counts.pop()
        if opened.function:
            self.steps.append(Step(opened.arity, opened.function, opened.position, opened.shown))
        return False

    def _open(self, function: Any, arity: int, position: int, shown: str) -> None:
        if len(self.counts) >= self.nesting:
            self.tokens.source.refuse(position, f"Brackets may be nested {self.nesting} deep.")
        self.waiting.append(_Open(0, arity, function, position, shown))
        self.counts.append(1)

    def _settle(self, precedence: int) -> None:
        """Do the waiting operators that bind as strongly, up to the innermost open bracket."""
        while self.waiting and self.waiting[-1].precedence >= max(precedence, 1):
            _, arity, function, position, shown = self.waiting.pop()
            self.steps.append(Step(arity, function, position, shown))

    def _put(self, value: Value) -> None:
        self.steps.append(Step(-1, value, self.tokens.start, self.tokens.text))
