"""The gates of a layer as one formula: a Kronecker product with a place for each qubit, or factors on named qubits."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from qsim.draw.formula_notation import Notation
from qsim.draw.formula_parts import Coefficient, Letter, Part, PartTerm

__all__ = ["MAX_FACTORS", "MAX_QUBITS", "Body", "write_body"]

MAX_QUBITS = 8  # of more qubits factors are placed: nobody counts sixty ⊗
MAX_FACTORS = 16  # placed factors shown of a product: of more the first half of that and the last two

T = TypeVar("T")
Letters = Sequence[tuple[tuple[int, ...], Letter]]


@dataclass(frozen=True)
class Body:
    """A formula and what it is, by which others know whether it needs brackets."""

    text: str
    kind: Literal["factor", "kronecker", "product", "sum", "scaled"]


def write_body(parts: Sequence[Part], num_qubits: int, notation: Notation, *, is_placed: bool = False) -> Body:
    """Write parts on different qubits, in ascending order of their first ones.

    Args:
        parts: one for each gate.
        num_qubits: places of a Kronecker product.
        notation: how.
        is_placed: name the qubits; done anyway where there are many, or where a factor is not on neighbours in order.

    >>> from qsim import Circuit
    >>> from qsim.draw.formula_notation import TEXT
    >>> from qsim.draw.formula_parts import part
    >>> parts = [part(operation) for operation in Circuit(4).cx(0, 2).cx(1, 3)]
    >>> write_body(parts, 4, TEXT).text
    '(P0⊗I⊗I⊗I + P1⊗I⊗X⊗I)·(I⊗P0⊗I⊗I + I⊗P1⊗I⊗X)'
    """
    scale = Coefficient()
    is_placed = is_placed or num_qubits > MAX_QUBITS or any(map(_is_scattered, parts))
    for part in _ends(parts) if is_placed else parts:
        scale *= part.scale
    body = _placed(parts, notation) if is_placed else _kronecker(parts, num_qubits, notation)
    before = notation.before(scale)
    if not before:
        return body
    return Body(before + (notation.group(body.text) if body.kind == "sum" else body.text), "scaled")


def _is_scattered(part: Part) -> bool:
    """Whether a factor is on qubits that are not neighbours in ascending order."""
    return any(
        qubits != tuple(range(qubits[0], qubits[0] + len(qubits))) for term in part.terms for qubits, _ in term.letters
    )


def _sum(terms: Iterable[PartTerm], notation: Notation, write: Callable[[Letters], str]) -> str:
    text = ""
    for term in terms:
        sign, size = notation.coefficient(term.coefficient)
        body = f"{size} {write(term.letters)}" if size else write(term.letters)
        text += f" {sign} {body}" if text else f"{'-' if sign == '-' else ''}{body}"
    return text


# ── A place for each qubit ────────────────────────────────────────────────────────────────────────────────────────────


def _kronecker(parts: Sequence[Part], num_qubits: int, notation: Notation) -> Body:
    groups = [(first, last, _group(first, last, members, notation)) for first, last, members in _groups(parts)]
    if len(groups) == 1 and groups[0][:2] == (0, num_qubits - 1):
        return groups[0][2]
    one = notation.symbol("I")
    pieces: list[str] = []
    next_qubit = 0
    for first, last, body in groups:
        brackets = {"sum": notation.group, "product": notation.outer}.get(body.kind, str)
        pieces += [one] * (first - next_qubit) + [brackets(body.text)]
        next_qubit = last + 1
    pieces += [one] * (num_qubits - next_qubit)
    return Body(notation.times.join(pieces), "kronecker")


def _groups(parts: Sequence[Part]) -> list[tuple[int, int, list[Part]]]:
    """Parts by the spans that they cover together: (first qubit, last qubit, parts)."""
    groups: list[tuple[int, int, list[Part]]] = []
    for part in parts:
        first, last = min(part.qubits), max(part.qubits)
        if groups and first <= groups[-1][1]:
            start, end, members = groups.pop()
            groups.append((start, max(end, last), [*members, part]))
        else:
            groups.append((first, last, [part]))
    return groups


def _group(first: int, last: int, members: list[Part], notation: Notation) -> Body:
    """Parts whose qubits interleave: a sum in whose terms the others stand, or a product of sums."""
    plain = [placed for part in members if len(part.terms) == 1 for placed in part.terms[0].letters]
    sums = [part.terms for part in members if len(part.terms) > 1]

    def slots(letters: Letters) -> str:
        return _slots(first, last, letters, notation)

    if not sums:
        is_factor = len(plain) == 1 and len(plain[0][0]) == last - first + 1
        return Body(slots(plain), "factor" if is_factor else "kronecker")
    written = [_sum(sums[0], notation, lambda letters: slots([*letters, *plain]))]
    written += [_sum(terms, notation, slots) for terms in sums[1:]]
    if len(written) == 1:
        return Body(written[0], "sum")
    return Body(notation.dot.join(map(notation.group, written)), "product")


def _slots(first: int, last: int, letters: Letters, notation: Notation) -> str:
    starts = {qubits[0]: notation.letter(letter) for qubits, letter in letters}
    inside = {qubit for qubits, _ in letters for qubit in qubits[1:]}
    one = notation.symbol("I")
    return notation.times.join(starts.get(qubit, one) for qubit in range(first, last + 1) if qubit not in inside)


# ── Qubits named ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _placed(parts: Sequence[Part], notation: Notation) -> Body:
    def product(letters: Letters) -> str:
        names = [notation.on(letter, qubits) for qubits, letter in _ends(letters)]
        return _joined(names, len(letters), notation) or notation.symbol("I")

    if len(parts) == 1 and len(parts[0].terms) > 1:
        return Body(_sum(parts[0].terms, notation, product), "sum")
    pieces = []
    for part in _ends(parts):
        is_sum = len(part.terms) > 1
        pieces.append(notation.group(_sum(part.terms, notation, product)) if is_sum else product(part.terms[0].letters))
    is_factor = len(parts) == 1 and len(parts[0].terms[0].letters) <= 1
    return Body(_joined(pieces, len(parts), notation), "factor" if is_factor else "product")


def _ends(items: Sequence[T]) -> Sequence[T]:
    """All of a few, the first and the last two of many."""
    return items if len(items) <= MAX_FACTORS else [*items[: MAX_FACTORS // 2], *items[-2:]]


def _joined(pieces: list[str], count: int, notation: Notation) -> str:
    if len(pieces) < count:
        pieces.insert(-2, notation.dots)
    return notation.dot.join(pieces)
