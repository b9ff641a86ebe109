"""Symbolic angles from and to other libraries: SymPy, which Cirq uses and Qiskit converts to, and whatever computes."""

from collections.abc import Callable
from typing import Any

from qsim.circuit.expressions import Operation, ParameterExpression, Value, walk
from qsim.circuit.parameters import Parameter
from qsim.errors import CircuitError

__all__ = ["from_sympy", "to_sympy", "translated"]

_FROM_SYMPY = {
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "exp": "exp",
    "log": "log",
    "Abs": "abs",
}
_TO_SYMPY = {ours: theirs for theirs, ours in _FROM_SYMPY.items()} | {"sqrt": "sqrt"}


def translated(value: Value, symbol: Callable[[Parameter], Any], call: Callable[[str, list[Any]], Any]) -> Any:
    """A float, or an expression done again with other symbols and functions.

    Args:
        value: a float or an expression.
        symbol: what stands for a parameter; sums and multiples are formed by `+` and `*`.
        call: what an operation of `circuit.expressions.RULES` gives for its operands.
    """
    done: dict[ParameterExpression, Any] = {}

    def affine(operand: Value) -> Any:
        if isinstance(operand, float):
            return operand
        terms = [
            done[atom] if coefficient == 1.0 else _whole(coefficient) * done[atom]
            for atom, coefficient in operand._terms().items()
        ]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total + _whole(operand._constant) if operand._constant else total

    for atom in walk([value]):
        operands = [affine(operand) for operand in atom.operands] if isinstance(atom, Operation) else []
        done[atom] = call(atom.name, operands) if isinstance(atom, Operation) else symbol(atom)  # type: ignore[arg-type]
    return affine(value)


def _whole(number: float) -> float | int:
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def to_sympy(value: Value) -> Any:
    """A float, or an expression as one of SymPy."""
    if not isinstance(value, ParameterExpression):
        return float(value)
    import sympy

    def call(name: str, operands: list[Any]) -> Any:
        if name == "*":
            return operands[0] * operands[1]
        return operands[0] ** operands[1] if name == "**" else getattr(sympy, _TO_SYMPY[name])(operands[0])

    return translated(value, lambda parameter: sympy.Symbol(parameter.name), call)


def from_sympy(expression: Any, what: str) -> Value:
    """The float or expression that one of SymPy is.

    Args:
        expression: of SymPy, or a number.
        what: whose angle it is, for messages.

    Raises:
        CircuitError: it is complex, or has a function that is not known here.
    """
    if not hasattr(expression, "free_symbols"):
        return float(expression)
    results: dict[Any, Value] = {}
    stack = [expression]
    while stack:  # without recursion: expressions may be deep
        node = stack[-1]
        missing = [argument for argument in node.args if argument not in results] if not node.is_number else []
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        results[node] = _node(node, [results[argument] for argument in node.args] if not node.is_number else [], what)
    return results[expression]


def _node(node: Any, operands: list[Value], what: str) -> Value:
    """One node, its operands done."""
    if node.is_number:
        if not node.is_real:
            raise CircuitError(f"{what}: {node} is no real number.")
        return float(node)
    if node.is_Symbol:
        return Parameter(node.name)
    if node.is_Add or node.is_Mul:
        total = operands[0]
        for operand in operands[1:]:
            total = total + operand if node.is_Add else total * operand
        return total
    if node.is_Pow:
        base, exponent = operands
        return base.sqrt() if exponent == 0.5 and not isinstance(base, float) else base**exponent
    name = _FROM_SYMPY.get(type(node).__name__)
    if name is None or isinstance(operands[0], float):
        raise CircuitError(f"{what}: the function {type(node).__name__} of {node} has no counterpart.")
    return getattr(operands[0], name)()
