"""Classical expressions from and to Qiskit's.

Here a width counts; Qiskit has types, Bool and Uint, and casts and shifts between them. These only move bits, so an
expression that is read is first a list of bits, as long as it can be.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from qiskit.circuit import ClassicalRegister, Clbit
from qiskit.circuit.classical import expr, types

from qsim.bits import bitstring
from qsim.circuit import Circuit
from qsim.circuit.classical import Expression, read
from qsim.errors import CircuitError

__all__ = ["Scope", "condition", "read_expression"]


class Scope(NamedTuple):
    """What Qiskit's bits are here.

    Attributes:
        circuit: what is built.
        qubits, bits: of a circuit of Qiskit's, as numbers.
    """

    circuit: Circuit
    qubits: Mapping[Any, int]
    bits: Mapping[Any, int]


class _Moved(NamedTuple):
    """Bits put together: numbers of bits, or "0" and "1", the most significant first."""

    places: tuple[int | str, ...]


_Part = _Moved | Expression
_COMPARISONS = {
    "EQUAL": "==",
    "NOT_EQUAL": "!=",
    "LESS": "<",
    "LESS_EQUAL": "<=",
    "GREATER": ">",
    "GREATER_EQUAL": ">=",
}
_BITWISE = {"BIT_AND": "&", "LOGIC_AND": "&", "BIT_OR": "|", "LOGIC_OR": "|", "BIT_XOR": "^"}


def condition(given: Any, scope: Scope) -> Expression:
    """The condition of a block: an expression, or a pair of bits and a number."""
    if isinstance(given, expr.Expr):
        return read_expression(given, scope)
    target, value = given
    left = _finished(_leaf(target, scope), scope)
    right = Expression("value", (int(value),), left.width)
    return Expression("==", (left, right), 1)


def read_expression(given: Any, scope: Scope) -> Expression:
    """An expression of Qiskit's.

    Raises:
        CircuitError: it has no counterpart.
    """
    return _finished(_part(given, scope), scope)


def _finished(part: _Part, scope: Scope) -> Expression:
    """Bits put together, as an expression."""
    if isinstance(part, Expression):
        return part
    numbers = tuple(place for place in part.places if isinstance(place, int))
    if len(numbers) == len(part.places):
        return read(numbers, _spelled(numbers, scope.circuit))
    if not numbers:
        return Expression("value", (int("".join(map(str, part.places)), 2),), len(part.places))
    raise CircuitError("Qiskit's expression puts bits and constants together, which has no counterpart.")


def _spelled(numbers: tuple[int, ...], circuit: Circuit) -> str:
    if len(numbers) == 1:
        return repr(circuit.bits[numbers[0]])
    return next((r.name for r in circuit.bits.registers if r._expression().args == numbers), "")  # type: ignore[attr-defined]


def _part(given: Any, scope: Scope) -> _Part:
    if isinstance(given, expr.Var):
        return _leaf(given.var, scope)
    if isinstance(given, expr.Value):
        return _Moved(tuple(bitstring(int(given.value), _width(given))))
    if isinstance(given, expr.Cast):
        return _cast(given, scope)
    if isinstance(given, expr.Index) and isinstance(given.index, expr.Value):
        target = _part(given.target, scope)
        if isinstance(target, _Moved):
            return _Moved((target.places[len(target.places) - 1 - int(given.index.value)],))
    elif isinstance(given, expr.Unary) and given.op.name in ("BIT_NOT", "LOGIC_NOT"):
        inner = read_expression(given.operand, scope)
        return Expression("~", (inner,), inner.width)
    elif isinstance(given, expr.Binary):
        return _binary(given, scope)
    raise _unknown(given)


def _leaf(target: Any, scope: Scope) -> _Moved:
    if isinstance(target, Clbit):
        return _Moved((scope.bits[target],))
    if isinstance(target, ClassicalRegister):
        return _Moved(tuple(scope.bits[bit] for bit in reversed(target)))
    raise CircuitError(f"Qiskit's variable {target!r} has no counterpart: only classical bits and registers have.")


def _width(given: Any) -> int:
    if given.type.kind is types.Bool:
        return 1
    if given.type.kind is types.Uint:
        return int(given.type.width)
    raise _unknown(given)


def _cast(given: Any, scope: Scope) -> _Part:
    inner, width = _part(given.operand, scope), _width(given)
    if given.type.kind is types.Bool and _width(given.operand) > 1:  # whether it is not 0
        found = _finished(inner, scope)
        return Expression("!=", (found, Expression("value", (0,), found.width)), 1)
    if isinstance(inner, _Moved):
        places = ("0",) * (width - len(inner.places)) + inner.places
        return _Moved(places[len(places) - width :])
    if inner.width == width:
        return inner
    raise _unknown(given)


def _binary(given: Any, scope: Scope) -> _Part:
    name = given.op.name
    left, right = _part(given.left, scope), _part(given.right, scope)
    if name in ("SHIFT_LEFT", "SHIFT_RIGHT") and isinstance(left, _Moved) and isinstance(given.right, expr.Value):
        count, places = min(int(given.right.value), len(left.places)), left.places
        zeros = ("0",) * count
        return _Moved(places[count:] + zeros if name == "SHIFT_LEFT" else zeros + places[: len(places) - count])
    if name == "BIT_OR" and isinstance(left, _Moved) and isinstance(right, _Moved):
        pairs = list(zip(left.places, right.places, strict=True))
        if all("0" in pair for pair in pairs):
            return _Moved(tuple(one if other == "0" else other for one, other in pairs))
    if name in _COMPARISONS:
        return _comparison(_COMPARISONS[name], left, right, scope)
    if name in _BITWISE:
        both = (_finished(left, scope), _finished(right, scope))
        return Expression(_BITWISE[name], both, both[0].width)
    raise _unknown(given)


def _comparison(op: str, left: _Part, right: _Part, scope: Scope) -> Expression:
    """Leading places that both sides have as constants are compared at once."""
    if isinstance(left, _Moved) and isinstance(right, _Moved):
        one, other = list(left.places), list(right.places)
        while len(one) > 1 and isinstance(one[0], str) and isinstance(other[0], str):
            first, second = one.pop(0), other.pop(0)
            if first != second:
                holds = op == "!=" or ("<" if str(first) < str(second) else ">") in op
                return Expression("value", (int(holds),), 1)
        left, right = _Moved(tuple(one)), _Moved(tuple(other))
    both = (_finished(left, scope), _finished(right, scope))
    return Expression(op, both, 1)


def _unknown(given: Any) -> CircuitError:
    return CircuitError(f"Qiskit's expression {given!r} has no counterpart.")


# ── To Qiskit ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_expression(expression: Expression, clbits: Sequence[Any], registers: Mapping[tuple[int, ...], Any]) -> Any:
    """An expression as one of Qiskit's: of one bit a Bool, of more a Uint.

    Args:
        expression: what is written.
        clbits: Qiskit's bits, by number.
        registers: Qiskit's registers by the numbers of their bits, the most significant first.
    """
    args = [write_expression(arg, clbits, registers) if isinstance(arg, Expression) else arg for arg in expression.args]
    if expression.op == "read":
        return _written_read(expression, clbits, registers)
    if expression.op == "value":
        kind = types.Bool() if expression.width == 1 else types.Uint(expression.width)
        return expr.lift(bool(args[0]) if expression.width == 1 else args[0], kind)
    if expression.op == "~":
        return expr.logic_not(args[0]) if expression.width == 1 else expr.bit_not(args[0])
    if expression.op in _WRITTEN:
        return _WRITTEN[expression.op](*args)
    if expression.op in _ORDERS:
        return _written_order(expression, *args)
    raise CircuitError(f"The expression {expression} has no counterpart in Qiskit: it has no {expression.op} of bits.")


def _written_read(expression: Expression, clbits: Sequence[Any], registers: Mapping[tuple[int, ...], Any]) -> Any:
    if expression.width == 1:
        return expr.lift(clbits[expression.args[0]])
    if expression.args in registers:
        return expr.lift(registers[expression.args])
    kind = types.Uint(expression.width)
    total = None
    for weight, number in enumerate(reversed(expression.args)):
        bit = expr.cast(expr.lift(clbits[number]), kind)
        moved = expr.shift_left(bit, weight) if weight else bit
        total = moved if total is None else expr.bit_or(total, moved)
    if total is None:
        raise CircuitError("A condition on a register without bits has no counterpart in Qiskit.")
    return total


def _written_order(expression: Expression, left: Any, right: Any) -> Any:
    """`<` and its like, which Qiskit has for Uint alone."""
    if expression.args[0].width > 1:
        return _ORDERS[expression.op](left, right)
    if ">" in expression.op:
        left, right = right, left
    one = expr.logic_not(left)
    return expr.logic_or(one, right) if "=" in expression.op else expr.logic_and(one, right)


_WRITTEN = {"==": expr.equal, "!=": expr.not_equal, "&": expr.bit_and, "|": expr.bit_or, "^": expr.bit_xor}
_ORDERS = {"<": expr.less, "<=": expr.less_equal, ">": expr.greater, ">=": expr.greater_equal}
