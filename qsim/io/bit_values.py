"""Values of classical bits in OpenQASM: registers read as whole numbers, bit 0 least significant.

A comparison with a number that the bits never have is known beforehand: it becomes the constant 0 or 1.
"""

from typing import Any

from qsim import bits as _bits
from qsim.circuit import Expression
from qsim.circuit.classical import COMPARISONS
from qsim.errors import CircuitError

__all__ = ["BIT_OPERATORS", "combine_bits", "condition", "constant", "invert_bits"]

_SWAPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_LOGICAL = {"&&": "&", "||": "|"}
BIT_OPERATORS = frozenset([*COMPARISONS, *_LOGICAL, "&", "|", "^"])


def constant(value: int, width: int) -> Expression:
    """A number of so many bits.

    >>> constant(2, 2)
    2
    """
    return Expression("value", (int(value),), width)


def condition(value: Any) -> Expression:
    """What an `if` or a `while` asks: bits are true where one of them is 1, numbers where they are not 0.

    Raises:
        CircuitError: it is an angle that has no value yet.
    """
    if isinstance(value, Expression):
        return value if value.width == 1 else Expression("!=", (value, constant(0, value.width)), 1)
    if not isinstance(value, int | float):
        raise CircuitError(f"A condition is made of bits and numbers, but {value!r} is an angle.")
    return constant(bool(value), 1)


def invert_bits(value: Any, sign: str) -> Any:
    """`!` of a condition, or `~`, bit by bit."""
    if not isinstance(value, Expression):
        raise CircuitError("the width of a number is not known: compare bits")
    inner = condition(value) if sign == "!" else value
    return Expression("~", (inner,), inner.width)


def combine_bits(sign: str, left: Any, right: Any) -> Expression:
    """Two values joined by an operator, of which at least one is of bits.

    >>> from qsim import Circuit
    >>> bits = Circuit().add_bits("c", 2, lsb0=True)._expression()
    >>> combine_bits("==", bits, 3), combine_bits("<", bits, 7)
    (c == 3, 1)
    """
    if sign in _LOGICAL:
        return Expression(_LOGICAL[sign], (condition(left), condition(right)), 1)
    if not isinstance(left, Expression):
        left, right, sign = right, left, _SWAPPED.get(sign, sign)
    if isinstance(right, Expression):
        return _joined(sign, left, right)
    if not isinstance(right, int | float):
        raise CircuitError(f"bits are not compared with the angle {right!r}")
    if sign not in COMPARISONS:
        return Expression(sign, (left, _exact(right, left.width)), left.width)
    largest = _bits.register_size(left.width) - 1
    if float(right).is_integer() and 0 <= right <= largest:
        return Expression(sign, (left, constant(int(right), left.width)), 1)
    compare = COMPARISONS[sign]
    if sign in ("==", "!="):
        return constant(sign == "!=", 1)
    if 0 < right < largest:  # between two whole numbers
        floor = int(right)
        return Expression("<=" if sign in ("<", "<=") else ">", (left, constant(floor, left.width)), 1)
    return constant(compare(0, right), 1)


def _exact(value: float, width: int) -> Expression:
    if not float(value).is_integer() or not 0 <= value < _bits.register_size(width):
        raise CircuitError(f"{width} bits never have the value {value}")
    return constant(int(value), width)


def _joined(sign: str, left: Expression, right: Expression) -> Expression:
    if left.width != right.width:
        raise CircuitError(f"both sides need as many bits, but have {left.width} and {right.width}")
    return Expression(sign, (left, right), 1 if sign in COMPARISONS else left.width)
