"""Classical values of OpenQASM 3: known when the text is read, symbolic, or read from bits when the circuit runs.

type                    known data                      data that depends on measured bits
bit[n], uint, int       int (bit: 0 … 2^n − 1)          Expression of n bits, two's complement for int
bool                    bool                            Expression of 1 bit
angle[n]                int k, the angle 2π k / 2^n     Expression of n bits
angle, float            float or symbolic parameter     Affine
complex                 complex                         –
arrays                  lists in lists                  –
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from qsim.bits import qubit_weight, register_size
from qsim.circuit.classical import Expression
from qsim.circuit.parameters import ParameterExpression
from qsim.io.qasm3.bitwise import bit_at, constant, extend, is_nonzero, join

__all__ = [
    "Affine",
    "Array",
    "Settle",
    "Type",
    "Value",
    "ValueProblem",
    "boolean",
    "convert",
    "default",
    "real",
    "wrapped",
]

LARGEST_NUMBER = 1000  # bits of a number that becomes a floating-point number
INTEGER_SIZE = 32  # of an int or uint that states none, once it is kept in classical bits

Settle = Callable[[Expression], Expression]  # keeps an expression in bits of its own, and reads them
Array = list[Any]


class ValueProblem(Exception):
    """A value is not what is needed; the message goes into a QasmError."""


class Type(NamedTuple):
    """A classical type.

    Attributes:
        name: bit, bool, int, uint, float, angle, complex or duration.
        size: what stands in its brackets, or None.
        shape: of an array.
    """

    name: str
    size: int | None = None
    shape: tuple[int, ...] = ()

    @property
    def width(self) -> int | None:
        """How many bits keep it while the circuit runs; None if none can."""
        if self.shape:
            return None
        if self.name in ("int", "uint"):
            return self.size or INTEGER_SIZE
        if self.name in ("bit", "bool"):
            return self.size or 1
        return self.size if self.name == "angle" else None

    @property
    def is_integer(self) -> bool:
        """Whether its known data is an integer that counts as a number."""
        return self.name in ("bit", "bool", "int", "uint") and not self.shape

    def __str__(self) -> str:
        scalar = self.name if self.size is None else f"{self.name}[{self.size}]"
        return f"array[{scalar}, {', '.join(map(str, self.shape))}]" if self.shape else scalar


class Affine(NamedTuple):
    """A number that depends on measured bits: the constant, plus the coefficient of each bit that is 1."""

    constant: Any  # float or symbolic
    terms: tuple[tuple[Expression, Any], ...]

    def scaled(self, factor: Any) -> "Affine":
        """Times a number."""
        return Affine(self.constant * factor, tuple((bit, weight * factor) for bit, weight in self.terms))

    def plus(self, other: Any) -> "Affine":
        """Plus a number or another one."""
        if isinstance(other, Affine):
            return Affine(self.constant + other.constant, self.terms + other.terms)
        return Affine(self.constant + other, self.terms)


class Value(NamedTuple):
    """A value with its type."""

    type: Type
    data: Any

    @property
    def is_dynamic(self) -> bool:
        """Whether it depends on measured bits."""
        return isinstance(self.data, (Expression, Affine))

    @property
    def is_symbolic(self) -> bool:
        """Whether it depends on an input of the program."""
        return isinstance(self.data, ParameterExpression)

    @property
    def is_known(self) -> bool:
        """Whether it is a plain number, or an array of such."""
        return not self.is_dynamic and not self.is_symbolic

    @property
    def is_signed(self) -> bool:
        """Whether its highest bit counts negatively."""
        return self.type.name == "int"


def default(type: Type) -> Any:
    """What a variable holds before anything is stored: zeros, as bits that nothing was measured into."""
    if type.shape:
        inner = type._replace(shape=type.shape[1:])
        return [default(inner) for _ in range(type.shape[0])]
    return {"bool": False, "float": 0.0, "complex": 0j}.get(type.name, 0.0 if type == ("angle", None, ()) else 0)


def wrapped(number: int, type: Type) -> int:
    """An integer in the range of a type with a size."""
    if type.size is None:
        return number
    total = register_size(type.size)
    number %= total
    return number - total if type.name == "int" and number >= total // 2 else number


def real(value: Value, settle: Settle) -> Any:
    """The value as a real number: float, symbolic, or affine in measured bits."""
    type, data = value
    if type.shape or type.name in ("complex", "duration"):
        raise ValueProblem(f"A real number is needed, but this is {_called(type)}.")
    if isinstance(data, (float, Affine, ParameterExpression)):
        return data
    if isinstance(data, Expression):
        return _weighted(value, settle)
    if type.name == "angle":
        return math.tau * data / register_size(type.size or 0)
    try:
        return float(data)
    except OverflowError:
        raise ValueProblem("The number is too large for a floating-point number.") from None


def _weighted(value: Value, settle: Settle) -> Affine:
    """Bits of an integer or angle as an affine number."""
    expression: Expression = value.data
    width = expression.width
    if width > LARGEST_NUMBER:
        raise ValueProblem(f"A number of {width} measured bits is too large for a floating-point number.")
    unit = math.tau / register_size(width) if value.type.name == "angle" else 1.0
    weights = [unit * float(qubit_weight(width - 1 - k, width)) for k in range(width)]
    if value.is_signed:
        weights[-1] = -weights[-1]
    return Affine(0.0, tuple((bit_at(expression, k, settle), weight) for k, weight in enumerate(weights)))


def boolean(value: Value) -> Any:
    """The value as a truth value: bool, or an expression of one bit."""
    type, data = value
    if type.shape or type.name in ("complex", "duration"):
        raise ValueProblem(f"A condition is needed, but this is {_called(type)}.")
    if isinstance(data, Expression):
        return is_nonzero(data)
    if value.is_symbolic:
        raise ValueProblem("A condition depends on an input, which has no value while the text is read.")
    if value.is_dynamic:
        raise ValueProblem("A condition depends on a number that is computed from measured bits: compare integers.")
    return bool(data)


def convert(value: Value, type: Type, settle: Settle) -> Value:
    """The value as another type, by OpenQASM's rules for casts and assignments."""
    if type.shape or value.type.shape:
        return _convert_array(value, type, settle)
    if value.type.name == type.name and (value.type.size == type.size or value.data is None):
        return value
    if value.type.name == "duration" or type.name == "duration":
        raise ValueProblem(f"{_called(value.type)} is no {type}.")
    if type.name == "complex":
        number = value.data if isinstance(value.data, complex) else real(value, settle)
        if isinstance(number, (Affine, ParameterExpression)):
            raise ValueProblem("A complex number must be known while the text is read.")
        return Value(type, complex(number))
    if type.name == "float":
        return Value(type, real(value, settle))
    if type.name == "bool":
        return Value(type, boolean(value))
    if type.name == "angle":
        return Value(type, _angle(value, type, settle))
    if isinstance(value.data, Expression):
        return Value(type, _resized(value, type, settle))
    return Value(type, _integer(value, type))


def _integer(value: Value, type: Type) -> int:
    """A known value as data of bit, int or uint."""
    source, data = value
    if not value.is_known:
        raise ValueProblem(f"{_called(source)} that is not known while the text is read cannot become {type}.")
    if isinstance(data, complex) or (source.name == "angle" and (type.name != "bit" or source.size != type.size)):
        raise ValueProblem(f"{_called(source)} cannot become {type}.")
    if type.name == "bit":
        return _known_bits(source, data, type)
    return wrapped(int(data), type)  # a float loses its fraction


def _known_bits(source: Type, data: Any, type: Type) -> int:
    width = type.size or 1
    if isinstance(data, float):
        raise ValueProblem(f"{_called(source)} cannot become {type}.")
    if source.name == "bit" and (source.size or 1) != width:
        raise ValueProblem(f"{type} needs {width} bits, but {source.size or 1} are given.")
    if source.name in ("int", "uint") and source.size is None and not 0 <= data < register_size(width):
        raise ValueProblem(f"{type} holds 0 … {register_size(width) - 1}, not {data}.")
    return int(data) % register_size(width)


def _resized(value: Value, type: Type, settle: Settle) -> Expression:
    """Bits that are read, as data of bit, int or uint."""
    expression: Expression = value.data
    source, width = value.type, type.width or 1
    if source.name == "angle" and (type.name != "bit" or width != expression.width):
        raise ValueProblem(f"{_called(source)} cannot become {type}.")
    if source.name == type.name == "bit" and expression.width != width:
        raise ValueProblem(f"{type} needs {width} bits, but {expression.width} are given.")
    return extend(expression, width, value.is_signed, settle)


def _angle(value: Value, type: Type, settle: Settle) -> Any:
    source, data = value
    if type.size is None:
        return real(value, settle)
    if isinstance(data, ParameterExpression):
        return data
    if source.name in ("bit", "angle") and source.width is not None:
        have, want = source.width, type.size
        if source.name == "bit" and have != want:
            raise ValueProblem(f"{type} needs {want} bits, but {have} are given.")
        if isinstance(data, Expression):
            return join([data, constant(0, want - have)]) if want > have else _high_bits(data, want, settle)
        return data * register_size(want - have) if want > have else data // register_size(have - want)
    number = real(value, settle)
    if isinstance(number, Affine):
        raise ValueProblem(f"A number that depends on measured bits cannot become {type}.")
    if not math.isfinite(number):
        raise ValueProblem(f"An angle must be finite, but is {number}.")
    return round(number / math.tau % 1.0 * register_size(type.size)) % register_size(type.size)


def _high_bits(expression: Expression, width: int, settle: Settle) -> Expression:
    if width == expression.width:
        return expression
    return join([bit_at(expression, k, settle) for k in reversed(range(expression.width - width, expression.width))])


def _convert_array(value: Value, type: Type, settle: Settle) -> Value:
    if not type.shape or value.type.shape != type.shape:
        raise ValueProblem(f"{_called(type)} is needed, but this is {_called(value.type)}.")
    from_item, item = value.type._replace(shape=value.type.shape[1:]), type._replace(shape=type.shape[1:])
    return Value(type, [convert(Value(from_item, data), item, settle).data for data in value.data])


def _called(type: Type) -> str:
    text = str(type)
    return f"{'an' if text[0] in 'aeiou' and text[0] != 'u' else 'a'} {text}"
