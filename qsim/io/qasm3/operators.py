"""Operators of OpenQASM 3 on values.

Known numbers are computed as in C, without overflow where no size is stated; in a real context, such as an angle, the
quotient of integers is real. Numbers from measured bits stay expressions of these bits, or affine in them.
"""

import math
import operator
from collections.abc import Callable
from typing import Any

from qsim.bits import register_size
from qsim.circuit.classical import Expression
from qsim.io.qasm3.bitwise import bit_at, compare, constant, extend, join, select
from qsim.io.qasm3.values import (
    INTEGER_SIZE,
    Affine,
    Settle,
    Type,
    Value,
    ValueProblem,
    boolean,
    convert,
    real,
    wrapped,
)

__all__ = ["NotComputable", "binary", "unary"]

LARGEST = 4096  # bits of an integer

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_BITWISE: dict[str, Callable[[Any, Any], Any]] = {"&": operator.and_, "|": operator.or_, "^": operator.xor}
_ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "**"})
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
BOOL = Type("bool")


class NotComputable(Exception):
    """An operation that a circuit's classical bits cannot do: its arguments must be known."""


def binary(op: str, left: Value, right: Value, is_real: bool, settle: Settle, warn: Callable[[str], None]) -> Value:
    """The value of `left op right`."""
    if left.type.shape or right.type.shape:
        raise ValueProblem(f"{op} takes numbers, not arrays.")
    if "duration" in (left.type.name, right.type.name):
        raise ValueProblem(f"Arithmetic on durations ({op}) is not supported: a simulation has no clock.")
    if op in ("&&", "||"):
        return Value(BOOL, _logical(op, boolean(left), boolean(right)))
    if left.is_known and right.is_known:
        return _known(op, left, right, is_real)
    if op in _COMPARISONS:
        return Value(BOOL, _compared(op, left, right, settle, warn))
    if op in _ARITHMETIC and (is_real or not (left.type.is_integer and right.type.is_integer)):
        return Value(Type("float"), _real(op, real(left, settle), real(right, settle)))
    if not _is_bits(left) or not _is_bits(right):
        raise ValueProblem(f"{op} takes integers or bits, but these are {left.type} and {right.type}.")
    if op in ("<<", ">>"):
        return _shifted(op, left, right, settle)
    if op in ("+", "-") or op in _BITWISE:
        return _combined(op, left, right, settle)
    raise NotComputable(op)


def unary(op: str, value: Value, is_real: bool, settle: Settle) -> Value:
    """The value of `op value`."""
    type, data = value
    if type.shape or type.name == "duration":
        raise ValueProblem(f"{op} takes a number, not {type}.")
    if op == "!":
        found = boolean(value)
        return Value(BOOL, Expression("~", (found,), 1) if isinstance(found, Expression) else not found)
    if op == "-":
        return _negated(value, is_real, settle)
    if type.name == "bool":
        return Value(type, Expression("~", (data,), 1) if value.is_dynamic else not data)
    if isinstance(data, Expression):
        return Value(type, Expression("~", (data,), data.width))
    if not _is_bits(value):
        raise ValueProblem(f"~ takes bits or integers, not {type}.")
    if type.name == "int":
        return Value(type, ~data)
    if type.size is None and type.name == "uint":
        raise ValueProblem("~ needs an integer of stated size: uint[n].")
    return Value(type, register_size(type.width or 1) - 1 - data)


def _is_bits(value: Value) -> bool:
    return isinstance(value.data, Expression) or (
        value.is_known and (value.type.is_integer or (value.type.name == "angle" and value.type.size is not None))
    )


def _logical(op: str, left: Any, right: Any) -> Any:
    deciding = op == "||"  # true decides an or, false an and
    for one, other in ((left, right), (right, left)):
        if isinstance(one, bool):
            return deciding if one is deciding else other
    return Expression("|" if deciding else "&", (left, right), 1)


# ── Known numbers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _known(op: str, left: Value, right: Value, is_real: bool) -> Value:
    if op in _BITWISE or op in ("<<", ">>"):
        return _known_bits(op, left, right)
    one, other = _plain(left), _plain(right)
    try:
        if op in _COMPARISONS:
            return Value(BOOL, bool(_COMPARISONS[op](one, other)))
        result = _arithmetic(op, one, other, is_real)
    except ZeroDivisionError:
        raise ValueProblem(f"{one} {op} {other} divides by zero.") from None
    except OverflowError:
        raise ValueProblem(f"The result of {op} is too large.") from None
    except TypeError:
        raise ValueProblem(f"{op} does not take {left.type} and {right.type}.") from None
    if isinstance(result, int):
        _check_size(result)
        type = _common(left.type, right.type)
        return Value(type, wrapped(result, type))
    return Value(Type("complex" if isinstance(result, complex) else "float"), result)


def _plain(value: Value) -> Any:
    """A known value as a Python number."""
    if value.type.name == "angle" and value.type.size is not None:
        return math.tau * value.data / register_size(value.type.size)
    return int(value.data) if value.type.name == "bool" else value.data


def _arithmetic(op: str, one: Any, other: Any, is_real: bool) -> Any:
    if op == "+":
        return one + other
    if op == "-":
        return one - other
    if op == "*":
        return one * other
    whole = isinstance(one, int) and isinstance(other, int)
    if op == "/":
        if whole and not is_real:
            quotient = abs(one) // abs(other)
            return quotient if (one < 0) == (other < 0) else -quotient
        return one / other
    if op == "%":
        if whole:
            remainder = abs(one) % abs(other)
            return -remainder if one < 0 else remainder
        return math.fmod(one, other)
    if whole and other >= 0:
        if abs(one) > 1 and one.bit_length() * other > LARGEST:
            raise OverflowError
        return one**other
    return float(one) ** other if isinstance(one, int) else one**other


def _known_bits(op: str, left: Value, right: Value) -> Value:
    if not _is_bits(left) or not _is_bits(right):
        raise ValueProblem(f"{op} takes integers or bits, not {left.type} and {right.type}.")
    if op in ("<<", ">>"):
        if not 0 <= right.data <= LARGEST:
            raise ValueProblem(f"A shift is by 0 … {LARGEST} places, not by {right.data}.")
        if op == ">>":
            return Value(left.type, int(left.data) // register_size(right.data))
        result = int(left.data) * register_size(right.data)
        _check_size(result)
        if left.type.name in ("bit", "bool", "angle"):
            return Value(left.type, result % register_size(left.type.width or 1))
        return Value(left.type, wrapped(result, left.type))
    if left.type.name == right.type.name == "bool":
        return Value(BOOL, bool(_BITWISE[op](left.data, right.data)))
    if left.type.name == right.type.name and left.type.name in ("bit", "angle"):
        if left.type.width != right.type.width:
            raise ValueProblem(f"{op} needs equal sizes, but these are {left.type} and {right.type}.")
        return Value(left.type, _BITWISE[op](left.data, right.data))
    type = _common(left.type, right.type)
    return Value(type, wrapped(_BITWISE[op](int(left.data), int(right.data)), type))


def _common(left: Type, right: Type) -> Type:
    """The type of a result of integers: exact, unless both state a size."""
    name = "int" if "int" in (left.name, right.name) else "uint"
    if left.size is None or right.size is None:  # single bits and truth values count as numbers
        return Type("int")
    return Type(name, max(left.size, right.size))


def _check_size(number: int) -> None:
    if number.bit_length() > LARGEST:
        raise ValueProblem(f"An integer may have {LARGEST} bits, but one here has more.")


# ── Numbers that are symbolic or come from measured bits ──────────────────────────────────────────────────────────────


def _negated(value: Value, is_real: bool, settle: Settle) -> Value:
    type, data = value
    if isinstance(data, Expression) and not is_real and type.is_integer:
        zero = constant(0, data.width)
        return Value(type._replace(name="int", size=data.width), Expression("-", (zero, data), data.width))
    if value.is_known:
        number = -_plain(value)
        return Value(type if type.name in ("float", "complex") else Type("int" if type.is_integer else "float"), number)
    return Value(Type("float"), _real("*", real(value, settle), -1.0))


def _real(op: str, one: Any, other: Any) -> Any:
    """Arithmetic of floats, symbolic numbers and numbers affine in measured bits."""
    if not isinstance(one, Affine) and not isinstance(other, Affine):
        if op == "%":
            raise ValueProblem("% of an input of the program is not supported.")
        try:
            return _arithmetic(op, one, other, True)
        except (ZeroDivisionError, ValueError, ArithmeticError) as error:
            raise ValueProblem(f"{op} of an input of the program: {error}.") from None
    if op == "/" and not isinstance(other, Affine):
        if isinstance(other, float) and other == 0.0:
            raise ValueProblem("A number is divided by zero.")
        return one.scaled(1.0 / other)
    if op == "*" and not (isinstance(one, Affine) and isinstance(other, Affine)):
        return one.scaled(other) if isinstance(one, Affine) else other.scaled(one)
    if op in ("+", "-"):
        other = _real("*", other, -1.0) if op == "-" else other
        return one.plus(other) if isinstance(one, Affine) else other.plus(one)
    raise NotComputable(op)


def _compared(op: str, left: Value, right: Value, settle: Settle, warn: Callable[[str], None]) -> Any:
    if left.is_known:
        return _compared(_MIRRORED[op], right, left, settle, warn)
    if left.type.name == "angle" and left.type.size is not None:
        right = convert(right, left.type, settle)
    elif right.type.name == "angle" and right.type.size is not None and right.is_dynamic:
        left = convert(left, right.type, settle)
    if not _is_bits(left) or not _is_bits(right):
        what = "an input of the program" if left.is_symbolic or right.is_symbolic else "computed real numbers"
        raise ValueProblem(f"{op} of {what} cannot be decided while the text is read or by bits of the circuit.")
    if right.is_known:
        return _compared_with(op, left, int(right.data), right.type, warn)
    signed = left.is_signed or right.is_signed
    width = max(left.data.width, right.data.width) + (left.is_signed != right.is_signed)
    one, other = (extend(side.data, width, side.is_signed, settle) for side in (left, right))
    return compare(op, one, other, signed)


def _compared_with(op: str, left: Value, number: int, type: Type, warn: Callable[[str], None]) -> Any:
    """A comparison with a number, decided at once where the bits cannot hold it."""
    width = left.data.width
    total = register_size(width)
    low, high = (-(total // 2), total // 2 - 1) if left.is_signed else (0, total - 1)
    if low <= number <= high:
        return compare(op, left.data, constant(number, width), left.is_signed)
    if left.is_signed and op in ("==", "!=") and type.size is None and 0 <= number < total:
        warn(
            f"{left.type} holds {low} … {high}, never {number}: they are compared bit by bit, as {number - total}. "
            f"uint[{width}] is what holds {number}."
        )
        return compare(op, left.data, constant(number, width), False)
    return _COMPARISONS[op](low, number)


def _combined(op: str, left: Value, right: Value, settle: Settle) -> Value:
    """+ and − modulo 2^width, and bit by bit."""
    bits = all(value.type.name in ("bit", "bool") for value in (left, right))
    widths = [_width(value, op) for value in (left, right)]
    if bits and op in _BITWISE and widths[0] != widths[1]:
        raise ValueProblem(f"{op} needs equal sizes, but these are {left.type} and {right.type}.")
    width = max(widths)
    one, other = (
        extend(value.data, width, value.is_signed, settle) if value.is_dynamic else constant(int(value.data), width)
        for value in (left, right)
    )
    name = "int" if left.is_signed or right.is_signed else "uint"
    type = Type(name, width)
    if op in _BITWISE and bits:
        type = BOOL if left.type.name == right.type.name == "bool" else Type("bit", width if width > 1 else None)
    elif op in _BITWISE and (dynamic := left if left.is_dynamic else right).type.name in ("bit", "angle"):
        type = dynamic.type
    return Value(type, Expression(op, (one, other), width))


def _width(value: Value, op: str) -> int:
    """Bits that an operand needs; single bits and integers of no size count as numbers in sums."""
    if op in ("+", "-") and value.type.size is None:
        return max(INTEGER_SIZE, value.data.width if value.is_dynamic else 0)
    if value.is_dynamic or value.type.size is not None or value.type.name in ("bit", "bool"):
        return value.type.width or 1
    return int(value.data).bit_length()


def _shifted(op: str, left: Value, right: Value, settle: Settle) -> Value:
    if right.is_dynamic:
        raise NotComputable(op)
    if right.data < 0:
        raise ValueProblem(f"A shift is by 0 or more places, not by {right.data}.")
    if not isinstance(left.data, Expression):
        raise NotComputable(op)
    width = left.data.width
    count = min(int(right.data), width)
    if op == "<<":
        return Value(left.type, join([select(left.data, range(width - count), settle), constant(0, count)]))
    fill = bit_at(left.data, width - 1, settle) if left.is_signed else constant(0, 1)
    return Value(left.type, join([*[fill] * count, select(left.data, range(count, width), settle)]))
