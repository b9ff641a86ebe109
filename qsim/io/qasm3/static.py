"""What can be told of statements without walking them: which names they change, where they jump."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from openqasm3 import ast

__all__ = ["changed_names", "is_plain_loop", "names_in", "nodes"]

_PLAIN = (ast.QuantumGate, ast.QuantumPhase, ast.QuantumBarrier, ast.QuantumReset, ast.QuantumMeasurementStatement)


def _parts(node: ast.QASMNode) -> list[Any]:
    """What a node is made of, the last first."""
    return [getattr(node, field.name) for field in reversed(fields(node)) if field.name != "span"]


def nodes(root: Any) -> Iterator[ast.QASMNode]:
    """A node, or the nodes of a list, and all within, in the order of the text."""
    stack = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, (list, tuple)):
            stack.extend(reversed(item))
        elif isinstance(item, ast.QASMNode):
            yield item
            stack += _parts(item)


def names_in(root: Any) -> list[str]:
    """The names that stand in a node, each once."""
    return list(dict.fromkeys(node.name for node in nodes(root) if isinstance(node, ast.Identifier)))


def changed_names(statements: Sequence[Any]) -> list[str]:
    """The names of variables that statements may change, those behind aliases included."""
    found: list[str] = []
    for node in nodes(statements):
        if isinstance(node, ast.ClassicalAssignment):
            found += names_in(node.lvalue)[:1]
        elif isinstance(node, ast.QuantumMeasurementStatement) and node.target is not None:
            found += names_in(node.target)[:1]
        elif isinstance(node, ast.AliasStatement):
            found += names_in(node.value)
    return list(dict.fromkeys(found))


def is_plain_loop(name: str, statements: Sequence[Any]) -> bool:
    """Whether a body holds gates, measurements and resets only, and uses the loop's variable in angles alone."""
    for statement in statements:
        if not isinstance(statement, _PLAIN):
            return False
        if isinstance(statement, ast.QuantumGate):
            if any(not _is_formula(argument, name) for argument in statement.arguments):
                return False
            rest: list[Any] = [statement.qubits, statement.modifiers]
        elif isinstance(statement, ast.QuantumPhase):
            if not _is_formula(statement.argument, name):
                return False
            rest = [statement.qubits, statement.modifiers]
        else:
            rest = [statement]
        if name in names_in(rest):
            return False
    return True


def _is_formula(expression: Any, name: str) -> bool:
    """Whether symbolic parameters can follow an expression, as far as the name occurs in it."""
    for node in nodes(expression):
        if isinstance(node, ast.BinaryExpression) and name in names_in(node) and node.op.name not in "+-*/":
            return False
        if isinstance(node, (ast.FunctionCall, ast.Cast, ast.IndexExpression)) and name in names_in(node):
            return False
    return True
