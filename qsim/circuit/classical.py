"""Classical expressions: what conditions are made of.

An expression reads classical bits and has a value of some width, 0 … 2^width − 1. Bit 0 of a register is its most
significant one, as in bit strings, unless the register says `lsb0`. Bits that nothing was measured into are 0.

    bit == 1, bits == "10", bits < 3    comparisons: expressions of width 1
    a & b, a | b, a ^ b, ~a             bit by bit, of equal widths

Programs of other languages, loaded from files, also have

    a + b, a - b                        modulo 2^width, of equal widths
    a ++ b ++ …                         bits one after another, the first most significant

A condition is an expression of width 1; a bit alone is one. Python's `and`, `or` and `not` would ask for a truth value
now, before anything is measured: they are refused.
"""

import operator
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, final

from qsim import bits as _bits
from qsim.errors import CircuitError
from qsim.frozen import Frozen, assign

__all__ = ["COMPARISONS", "Expression", "Readable", "read"]

MAX_DEPTH = 100  # expressions within expressions

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OPERATORS: dict[str, Callable[[int, int], int]] = {
    **COMPARISONS,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "+": operator.add,
    "-": operator.sub,
}
_BITWISE = frozenset("&|^")


class Readable:
    """What has a classical value: a bit, a register of bits, an expression."""

    __slots__ = ()

    def _expression(self) -> "Expression":
        raise NotImplementedError

    def __eq__(self, other: object) -> Any:
        return _combined("==", self, other)

    def __ne__(self, other: object) -> Any:
        return _combined("!=", self, other)

    __hash__ = object.__hash__

    def __lt__(self, other: Any) -> "Expression":
        return _combined("<", self, other)

    def __le__(self, other: Any) -> "Expression":
        return _combined("<=", self, other)

    def __gt__(self, other: Any) -> "Expression":
        return _combined(">", self, other)

    def __ge__(self, other: Any) -> "Expression":
        return _combined(">=", self, other)

    def __and__(self, other: Any) -> "Expression":
        return _combined("&", self, other)

    def __or__(self, other: Any) -> "Expression":
        return _combined("|", self, other)

    def __xor__(self, other: Any) -> "Expression":
        return _combined("^", self, other)

    def __rand__(self, other: Any) -> "Expression":
        return _combined("&", self, other)

    def __ror__(self, other: Any) -> "Expression":
        return _combined("|", self, other)

    def __rxor__(self, other: Any) -> "Expression":
        return _combined("^", self, other)

    def __invert__(self) -> "Expression":
        inner = self._expression()
        return Expression("~", (inner,), inner.width)

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"The condition {self!r} has no truth value before the circuit runs: give it to if_(), while_() or when=. "
            "Join conditions by &, | and ~, each comparison in brackets."
        )


@final
class Expression(Frozen, Readable):
    """A classical expression of a fixed width.

    Attributes:
        op: "read", "value", "~", "++", or an operator of two arguments.
        args: for "read" the numbers of the bits, the most significant first; for "value" the number; else expressions.
        width: number of bits of its value.
        depth: how many expressions are within each other.

    >>> from qsim import Circuit
    >>> flags = Circuit(0).add_bits("flags", 2)
    >>> (flags == "10") | ~flags[0]
    (flags == '10') | ~flags[0]
    """

    __slots__ = ("args", "depth", "op", "text", "width")

    op: str
    args: tuple[Any, ...]
    width: int
    depth: int
    text: str

    def __init__(self, op: str, args: tuple[Any, ...], width: int, text: str = "") -> None:
        inner = [arg.depth for arg in args if isinstance(arg, Expression)]
        depth = 1 + max(inner, default=0)
        if depth > MAX_DEPTH:
            raise CircuitError(f"A classical expression may be nested {MAX_DEPTH} deep, but this one is deeper.")
        for name, value in zip(self.__slots__, (args, depth, op, text, width), strict=True):
            assign(self, name, value)

    def _expression(self) -> "Expression":
        return self

    def value(self, memory: Sequence[int]) -> int:
        """Its value where the classical bits, by number, are these."""
        if self.op == "read":
            return sum(memory[number] * _bits.qubit_weight(k, self.width) for k, number in enumerate(self.args))
        if self.op == "value":
            return self.args[0]  # type: ignore[no-any-return]
        if self.op == "~":
            inner: Expression = self.args[0]
            return _bits.register_size(self.width) - 1 - inner.value(memory)
        if self.op == "++":
            total = 0
            for part in self.args:
                total = total * _bits.register_size(part.width) + part.value(memory)
            return total
        left, right = self.args
        return int(_OPERATORS[self.op](left.value(memory), right.value(memory))) % _bits.register_size(self.width)

    @property
    def bits(self) -> tuple[int, ...]:
        """The numbers of the bits that it reads, each once."""
        if self.op == "read":
            return tuple(dict.fromkeys(self.args))
        found = [number for arg in self.args if isinstance(arg, Expression) for number in arg.bits]
        return tuple(dict.fromkeys(found))

    def moved(self, places: Sequence[int]) -> "Expression":
        """The same of other bits: bit i becomes bit `places[i]`."""
        if self.op == "read":
            return Expression("read", tuple(places[number] for number in self.args), self.width)
        args = tuple(arg.moved(places) if isinstance(arg, Expression) else arg for arg in self.args)
        return Expression(self.op, args, self.width, self.text)

    def same(self, other: object) -> bool:
        """Whether it is the same expression; `==` makes one that compares values."""
        return isinstance(other, Expression) and self.key() == other.key()

    def key(self) -> tuple[Any, ...]:
        """What tells it from others."""
        return self.op, self.width, tuple(arg.key() if isinstance(arg, Expression) else arg for arg in self.args)

    def spelled(self, name: Callable[[tuple[int, ...]], str] | None = None) -> str:
        """As Python, with names for the bits read; by default those under which they were written."""
        if self.op == "read":
            return name(self.args) if name else self.text or f"bits{list(self.args)}"
        if self.op == "value":
            return self.text or str(self.args[0])
        parts = [
            arg.spelled(name) if arg.op in ("read", "value", "~") else f"({arg.spelled(name)})" for arg in self.args
        ]
        return f"~{parts[0]}" if self.op == "~" else f" {self.op} ".join(parts)

    def __repr__(self) -> str:
        return self.spelled()

    def __reduce__(self) -> tuple[Any, ...]:
        return Expression, (self.op, self.args, self.width, self.text)


def read(numbers: Sequence[int], text: str) -> Expression:
    """The value of bits, the most significant first.

    >>> read([0, 1], "c").value([1, 0])
    2
    """
    return Expression("read", tuple(numbers), len(numbers), text)


def constant(value: Any, width: int, what: object) -> Expression:
    """A number, or a string of so many bits, to compare with."""
    if isinstance(value, str):
        if len(value) != width or value.strip("01"):
            raise CircuitError(
                f"{what!r} has {width} bits: compare it with a string of {width} 0 and 1, not {value!r}."
            )
        return Expression("value", (_bits.parse_bitstring(value),), width, repr(value))
    if not hasattr(value, "__index__"):
        raise TypeError(f"{what!r} is compared with an integer, a bit string or bits, not with {value!r}.")
    number = operator.index(value)
    if not 0 <= number < _bits.register_size(width):
        raise CircuitError(
            f"{what!r} has {width} bits and so a value of 0 … {_bits.register_size(width) - 1}, never {number}."
        )
    return Expression("value", (number,), width)


def _combined(op: str, left: Readable, right: Any) -> Expression:
    one = left._expression()
    other = right._expression() if isinstance(right, Readable) else constant(right, one.width, left)
    if one.width != other.width:
        raise CircuitError(
            f"{left!r} {op} {right!r}: both sides need as many bits, but have {one.width} and {other.width}."
        )
    return Expression(op, (one, other), one.width if op in _BITWISE else 1)
