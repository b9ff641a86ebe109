"""The built-in functions of OpenQASM 3."""

import cmath
import math
from collections.abc import Callable, Sequence
from typing import Any

from qsim.bits import register_size
from qsim.circuit.classical import Expression
from qsim.circuit.parameters import ParameterExpression
from qsim.io.qasm3.bitwise import select
from qsim.io.qasm3.operators import NotComputable, binary
from qsim.io.qasm3.values import Affine, Settle, Type, Value, ValueProblem, real

__all__ = ["FUNCTIONS", "call_function"]

_REAL: dict[str, Callable[[float], float]] = {
    "arccos": math.acos, "arcsin": math.asin, "arctan": math.atan, "cos": math.cos, "sin": math.sin, "tan": math.tan,
    "exp": math.exp, "log": math.log, "sqrt": math.sqrt,
}  # fmt: skip
_COMPLEX = {"cos": cmath.cos, "sin": cmath.sin, "tan": cmath.tan, "exp": cmath.exp, "sqrt": cmath.sqrt}
_WHOLE: dict[str, Callable[[float], int]] = {"ceiling": math.ceil, "floor": math.floor}
_COUNTS = {
    **dict.fromkeys((*_REAL, *_WHOLE, "popcount", "real", "imag"), 1),
    **dict.fromkeys(("mod", "rotl", "rotr"), 2),
}
FUNCTIONS = frozenset(_COUNTS)
_FLOAT = Type("float")


def call_function(name: str, values: Sequence[Value], settle: Settle, warn: Callable[[str], None]) -> Value:
    """The value of a built-in function."""
    if len(values) != _COUNTS[name]:
        count = _COUNTS[name]
        raise ValueProblem(f"{name} takes {count} argument{'s' * (count > 1)}, but {len(values)} are given.")
    try:
        if name == "mod":
            return binary("%", values[0], values[1], False, settle, warn)
        if name in ("rotl", "rotr"):
            return _rotated(name, values[0], values[1], settle)
        return _of_one(name, values[0], settle)
    except (ValueError, ZeroDivisionError):
        raise ValueProblem(f"{name} has no value there.") from None
    except OverflowError:
        raise ValueProblem(f"The value of {name} is too large.") from None


def _of_one(name: str, value: Value, settle: Settle) -> Value:
    if name == "popcount":
        return _popcount(value)
    if isinstance(value.data, complex):
        if name in ("real", "imag"):
            return Value(_FLOAT, getattr(value.data, name))
        if name in _COMPLEX:
            return Value(Type("complex"), _COMPLEX[name](value.data))
        raise ValueProblem(f"{name} does not take a complex number.")
    if name in ("real", "imag"):
        raise ValueProblem(f"{name} takes a complex number, not {value.type}.")
    number: Any = real(value, settle)
    if isinstance(number, Affine):
        raise NotComputable(name)
    if name in _WHOLE:
        if isinstance(number, ParameterExpression):
            raise ValueProblem(f"{name} of an input of the program is not supported.")
        return Value(Type("int"), _WHOLE[name](number))
    if isinstance(number, ParameterExpression):
        return Value(_FLOAT, getattr(number, name)())
    return Value(_FLOAT, _REAL[name](number))


def _popcount(value: Value) -> Value:
    if isinstance(value.data, Expression):
        raise NotComputable("popcount")
    if not value.type.is_integer and (value.type.name != "angle" or value.type.size is None):
        raise ValueProblem(f"popcount takes bits, not {value.type}.")
    width = value.type.width or 1
    return Value(Type("uint"), (int(value.data) % register_size(width)).bit_count())


def _rotated(name: str, bits: Value, by: Value, settle: Settle) -> Value:
    """Bits moved by some places, those that leave at one end entering at the other."""
    width = bits.type.width
    if bits.type.name not in ("bit", "uint") or width is None:
        raise ValueProblem(f"{name} takes bits, not {bits.type}.")
    if not by.is_known:
        raise NotComputable(name)
    if not by.type.is_integer:
        raise ValueProblem(f"{name} moves by an integer number of places.")
    left = int(by.data) % width if name == "rotl" else -int(by.data) % width
    if isinstance(bits.data, Expression):
        return Value(bits.type, select(bits.data, [(k - left) % width for k in range(width)], settle))
    total = register_size(width)
    moved = bits.data * register_size(left)
    return Value(bits.type, moved % total + moved // total)
