"""Expressions and angles as text, as circuit drawings show them, and as LaTeX; what is too long for a reader reads …"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice

from qsim.circuit.expressions import RULES, Operation, Parameter, ParameterExpression, Value, walk
from qsim.gates.angles import pi_fraction

__all__ = ["LATEX", "PLAIN", "drawn", "write"]

_MAX_PIECES = 100  # terms of a sum, factors of a product
_MAX_TEXT = 1000  # characters of an operand
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
_GREEK = dict(zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", _GREEK_NAMES.split(), strict=True))


def _latex_name(name: str) -> str:
    base, index = re.fullmatch(r"(.+?)(?:\[(\d+)\])?", name).groups()  # type: ignore[union-attr]
    base = _GREEK.get(base, base)
    if base in _GREEK.values():
        base = "\\" + base
    elif len(base) > 1:
        base = r"\mathrm{" + re.sub(r"[#$%&_{}]", r"\\\g<0>", re.sub(r"[\\^~]", " ", base)) + "}"
    return f"{base}_{{{index}}}" if index else base


def _latex_number(number: float) -> str:
    digits, _, exponent = repr(number).partition("e")
    return rf"{digits} \cdot 10^{{{int(exponent)}}}" if exponent else digits


@dataclass(frozen=True)
class _Notation:
    """How a formula is spelled; `times` stands after a number, `dot` between symbols."""

    times: str = "*"
    dot: str = "*"
    over: str = "{}/{}"
    below: str = "({})"  # several factors below the line
    power: str = "{}**{}"
    group: str = "({})"
    pi: str = "π"
    name: Callable[[str], str] = str
    number: Callable[[float], str] = repr
    call: Callable[[str, str], str] = "{}({})".format


PLAIN = _Notation()
_DRAWN = _Notation(times="", dot="·", power="{}^{}")
LATEX = _Notation(
    times=" ",
    dot=" ",
    over=r"\frac{{{}}}{{{}}}",
    below="{}",
    power="{}^{{{}}}",
    group=r"\left({}\right)",
    pi=r"\pi",
    name=_latex_name,
    number=_latex_number,
    call=lambda name, operand: (RULES[name].latex or rf"\{name}\left({{}}\right)").format(operand),
)


def drawn(spec: str) -> _Notation:
    """How circuit drawings spell a formula, numbers in the given format."""
    return replace(_DRAWN, number=lambda number: format(number, spec))


def write(value: Value, notation: _Notation) -> str:
    """A float or an expression as text."""
    writer = _Writer(notation)
    for atom in walk([value]):
        writer.spelled[atom] = writer.atom(atom)
    return writer.sum(value)


class _Writer:
    """Writes operands before what holds them; an atom is spelled as its factors (above, below) the line."""

    def __init__(self, notation: _Notation) -> None:
        self.notation = notation
        self.spelled: dict[ParameterExpression, tuple[list[str], list[str]]] = {}

    def sum(self, value: Value) -> str:
        constant, terms = (value._constant, value._terms()) if isinstance(value, ParameterExpression) else (value, {})
        shown = [(coefficient, *self.spelled[atom]) for atom, coefficient in islice(terms.items(), _MAX_PIECES)]
        if constant or not terms:
            shown.append((constant, [], []))
        pieces = [(" - " if size < 0 else " + ") + self.term(abs(size), above, below) for size, above, below in shown]
        if len(terms) > _MAX_PIECES:
            pieces.insert(_MAX_PIECES, f" + … ({len(terms) - _MAX_PIECES} more)")
        text = "".join(pieces)
        return "-" + text[3:] if text.startswith(" - ") else text[3:]

    def term(self, size: float, above: list[str], below: list[str]) -> str:
        digits, pi, denominator = self.number(size, is_coefficient=bool(above or below))
        ones = digits == "1" and bool(pi or above)
        top = self.product([digits] * (not ones) + [self.notation.pi] * pi, above)
        bottom = self.product([str(denominator)] * (denominator > 1), below)
        if not bottom:
            return top
        is_product = len(below) + (denominator > 1) > 1
        return self.notation.over.format(top, self.notation.below.format(bottom) if is_product else bottom)

    def product(self, numbers: list[str], symbols: list[str]) -> str:
        return self.notation.times.join(numbers + [self.notation.dot.join(symbols)] * bool(symbols))

    def number(self, size: float, is_coefficient: bool) -> tuple[str, bool, int]:
        """Digits, whether π is a factor, denominator: 3π/4 is ("3", True, 4)."""
        if not math.isfinite(size) or (size.is_integer() and size < 1e15):
            return f"{size:.0f}", False, 1
        fraction = pi_fraction(size)
        if fraction is not None:
            return str(fraction[0]), True, fraction[1]
        for denominator in range(2, 17) if is_coefficient else ():
            ratio = size * denominator
            fits = abs(ratio - round(ratio)) < 1e-12 * ratio
            if fits and len(f"{ratio:.0f}/{denominator}") <= len(repr(size)):  # θ/2, but 0.1*θ: the shorter spelling
                return f"{ratio:.0f}", False, denominator
        return self.notation.number(size), False, 1

    def atom(self, atom: ParameterExpression) -> tuple[list[str], list[str]]:
        if not isinstance(atom, Operation):
            return [self.notation.name(atom._key.decode())], []
        if atom.name == "*":
            (above, below), (right_above, right_below) = map(self.factors, atom.operands)
            return _clipped(above + right_above), _clipped(below + right_below)
        if atom.name == "**":
            base, exponent = atom.operands
            if exponent == -1.0:
                above, below = self.factors(base)
                return below, above
            is_below = isinstance(exponent, float) and exponent < 0
            power = self.notation.power.format(self.enclosed(base), self.enclosed(-exponent if is_below else exponent))
            return ([], [power]) if is_below else ([power], [])
        return [self.notation.call(atom.name, self.operand(atom.operands[0]))], []

    def factors(self, operand: Value) -> tuple[list[str], list[str]]:
        return self.spelled[operand] if operand in self.spelled else ([self.enclosed(operand)], [])

    def enclosed(self, operand: Value) -> str:
        text = self.operand(operand)
        is_call = isinstance(operand, Operation) and operand.name.isalpha()
        bare = isinstance(operand, Parameter) or is_call or text.replace(".", "").isdigit()
        return text if bare else self.notation.group.format(text)

    def operand(self, operand: Value) -> str:
        text = self.sum(operand)
        return text if len(text) <= _MAX_TEXT else "…"


def _clipped(factors: list[str]) -> list[str]:
    return factors if len(factors) <= _MAX_PIECES else [*factors[: _MAX_PIECES - 1], "…"]
