"""Angles out of JSON: numbers, parameters, and expressions as a flat list of atoms."""

from typing import Any

from qsim.circuit.expressions import RULES, Parameter, ParameterExpression, Row, Value
from qsim.circuit.expressions import _restore as restore
from qsim.errors import QsimError
from qsim.io.json_values import at, each, fields, name, number, refuse, shown, whole
from qsim.io.limits import Limits

__all__ = ["angle"]

_BINARY = ("*", "**")


def angle(item: Any, limits: Limits) -> Value:
    """The number or expression."""
    if not isinstance(item, dict):
        return number(item)
    if "parameter" in item:
        return _parameter(item, limits)
    atoms, total = fields(item, ("atoms", "sum"))
    if not isinstance(atoms, list) or len(atoms) > limits.operations:
        refuse(f"at most {limits.operations} atoms are needed, but this is {shown(atoms)}")
    reader = _Atoms(limits)
    steps = at("atoms", each, atoms, reader.step)
    try:
        found = restore(steps, at("sum", reader.row, total))
    except QsimError as error:
        refuse(str(error).rstrip("."))
    if not isinstance(found, ParameterExpression):
        refuse("an expression has a parameter, but this one has none")
    return found


def _parameter(item: Any, limits: Limits) -> Parameter:
    (label,) = fields(item, ("parameter",))
    try:
        return Parameter(at("parameter", name, label, limits))
    except QsimError as error:
        refuse(str(error).rstrip("."))


class _Atoms:
    """Reads atoms one after the other: each may use those before it."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.count = 0

    def step(self, item: Any) -> Any:
        """A parameter, or the name of a function and its operands as rows."""
        if isinstance(item, dict) and "parameter" in item:
            found: Any = _parameter(item, self.limits)
        else:
            function, operands = fields(item, ("function", "operands"))
            if not isinstance(function, str) or function not in RULES:
                refuse(f"no function is named {shown(function)}: there are {', '.join(RULES)}")
            rows = at("operands", each, operands, self.row)
            if len(rows) != 1 + (function in _BINARY):
                refuse(f"{function} takes {1 + (function in _BINARY)} operands, but there are {len(rows)}")
            if not any(terms for _, terms in rows):
                refuse(f"an operand of {function} needs a parameter")
            found = function, rows
        self.count += 1
        return found

    def row(self, item: Any) -> Row:
        """A number, or a constant and terms: the slot of an atom and its coefficient."""
        if not isinstance(item, dict):
            return number(item), []
        constant, terms = fields(item, ("constant", "terms"))
        found = at("terms", each, terms, self._term)
        if not found or len({slot for slot, _ in found}) != len(found):
            refuse("a sum has terms, each of another atom")
        return at("constant", number, constant), found

    def _term(self, item: Any) -> tuple[int, float]:
        if not isinstance(item, list) or len(item) != 2:
            refuse("a term is a list of the atom's position and its coefficient")
        coefficient = at(1, number, item[1])
        if not coefficient:
            refuse("a coefficient must not be 0")
        return at(0, whole, item[0], 0, self.count - 1), coefficient
