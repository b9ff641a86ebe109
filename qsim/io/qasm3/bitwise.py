"""Bits that are read when a circuit runs: parts of expressions, put together and compared.

Bit 0 is the least significant one, as OpenQASM counts.
"""

from collections.abc import Callable, Sequence

from qsim.bits import register_size
from qsim.circuit.classical import Expression

__all__ = ["bit_at", "compare", "constant", "extend", "is_nonzero", "join", "select"]


def constant(value: int, width: int) -> Expression:
    """A number, modulo 2^width."""
    return Expression("value", (value % register_size(width),), width)


def bit_at(expression: Expression, k: int, settle: Callable[[Expression], Expression]) -> Expression:
    """Bit k. What has to be computed as a whole, a sum, is settled: kept in bits of its own."""
    if expression.width == 1:
        return expression
    place = expression.width - 1 - k
    if expression.op == "read":
        text = f"{expression.text}[{k}]" if expression.text and "[" not in expression.text else ""
        return Expression("read", (expression.args[place],), 1, text)
    if expression.op == "value":
        return constant(expression.args[0] // register_size(k), 1)
    if expression.op in ("~", "&", "|", "^"):
        return Expression(expression.op, tuple(bit_at(arg, k, settle) for arg in expression.args), 1)
    if expression.op == "++":
        for part in reversed(expression.args):
            if k < part.width:
                return bit_at(part, k, settle)
            k -= part.width
    return bit_at(settle(expression), k, settle)


def select(expression: Expression, places: Sequence[int], settle: Callable[[Expression], Expression]) -> Expression:
    """Some bits: the first place becomes bit 0."""
    return join([bit_at(expression, k, settle) for k in reversed(places)])


def join(parts: Sequence[Expression]) -> Expression:
    """Parts one after another, the most significant first."""
    merged: list[Expression] = []
    for part in parts:
        for piece in part.args if part.op == "++" else (part,):
            last = merged[-1] if merged else None
            if not piece.width:
                continue
            if last is not None and last.op == piece.op == "read":
                merged[-1] = Expression("read", last.args + piece.args, last.width + piece.width)
            elif last is not None and last.op == piece.op == "value":
                value = last.args[0] * register_size(piece.width) + piece.args[0]
                merged[-1] = constant(value, last.width + piece.width)
            else:
                merged.append(piece)
    if not merged:
        return constant(0, 0)
    return merged[0] if len(merged) == 1 else Expression("++", tuple(merged), sum(part.width for part in merged))


def extend(expression: Expression, width: int, signed: bool, settle: Callable[[Expression], Expression]) -> Expression:
    """The same number in more bits, or its lowest bits in fewer."""
    missing = width - expression.width
    if not missing:
        return expression
    if missing < 0:
        if expression.op in ("+", "-"):  # modulo 2^width, for any width
            parts = tuple(extend(arg, width, signed, settle) for arg in expression.args)
            return Expression(expression.op, parts, width)
        return select(expression, range(width), settle)
    if not signed:
        return join([constant(0, missing), expression])
    return join([*[bit_at(expression, expression.width - 1, settle)] * missing, expression])


def is_nonzero(expression: Expression) -> Expression:
    """One bit that says whether the number is not 0."""
    return expression if expression.width == 1 else Expression("!=", (expression, constant(0, expression.width)), 1)


def compare(op: str, left: Expression, right: Expression, signed: bool) -> Expression:
    """A comparison of numbers of one width, in two's complement if they are signed."""
    if signed and op not in ("==", "!="):  # turning the highest bit puts negative numbers first
        top = constant(register_size(left.width - 1), left.width)
        left, right = (
            constant(side.args[0] ^ top.args[0], side.width)
            if side.op == "value"
            else Expression("^", (side, top), side.width)
            for side in (left, right)
        )
    return Expression(op, (left, right), 1)
