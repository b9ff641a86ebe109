"""How exported OpenQASM spells names, angles, and conditions, so that what is read back is the same."""

import math
from collections.abc import Collection, Iterable, Mapping

from qsim import bits as _bits
from qsim.circuit import BitRegister, Expression, Parameter, ParameterExpression
from qsim.circuit.expressions import walk
from qsim.errors import QasmError
from qsim.gates.angles import pi_fraction

__all__ = ["angle_text", "bit_texts", "condition_text", "number_text", "turned", "unique_name", "whole_register"]

_MAX_TEXT = 100_000  # characters of an angle: an expression whose parts are shared may have no short text


def unique_name(name: str, taken: Collection[str], is_ascii: bool = False) -> str:
    """The name as an identifier that is not taken: `θ[0]` becomes `θ_0`, `x` beside the gate `x_`.

    Args:
        name: the name.
        taken: what it must not be.
        is_ascii: only ASCII letters, the first a small one, as OpenQASM 2 has them.
    """

    def fits(letter: str) -> bool:
        return f"a{letter}".isidentifier() and (letter.isascii() or not is_ascii)

    plain = "".join(letter if fits(letter) else "_" for letter in name)
    if plain != name:
        plain = plain.rstrip("_")
    if not plain.isidentifier() or (is_ascii and not plain[0].islower()):
        plain = f"p_{plain}"
    while plain in taken:
        plain += "_"
    return plain


def number_text(number: float) -> str:
    """A number that is read back as the same float: a fraction of π where that gives it exactly.

    >>> number_text(math.pi / 2), number_text(-3 * math.pi / 4), number_text(0.1)
    ('pi/2', '-3*pi/4', '0.1')
    """
    fraction = pi_fraction(abs(number))
    if fraction is not None and fraction[0] * math.pi / fraction[1] == abs(number):
        above, below = fraction
        text = f"{above}*pi" if above > 1 else "pi"
        return ("-" if number < 0 else "") + (f"{text}/{below}" if below > 1 else text)
    return f"{number:.0f}" if number.is_integer() and abs(number) < 1e15 else repr(number)


def angle_text(angle: float | ParameterExpression, names: Mapping[Parameter, str]) -> str:
    """An angle, with the names of its parameters.

    Raises:
        QasmError: it is longer than a text may be.
    """
    if not isinstance(angle, ParameterExpression):
        return number_text(float(angle))
    spelled: dict[ParameterExpression, str] = {}

    def total(value: float | ParameterExpression) -> str:
        if not isinstance(value, ParameterExpression):
            return number_text(value)
        constant, terms = value._constant, value._terms()
        pieces = [spelled[atom] if size == 1.0 else f"{_factor(size)}*{spelled[atom]}" for atom, size in terms.items()]
        text = " + ".join([*pieces, number_text(constant)] if constant else pieces)
        if len(text) > _MAX_TEXT:
            raise QasmError("An angle's expression is too long for OpenQASM.", hint="Bind its parameters first.")
        return text

    for atom in walk([angle]):
        if isinstance(atom, Parameter):
            spelled[atom] = names[atom]
            continue
        operands = [f"({total(operand)})" for operand in atom.operands]  # type: ignore[attr-defined]
        name = atom.name  # type: ignore[attr-defined]
        if len(operands) == 2:
            spelled[atom] = f"({name.join(operands)})"
        else:
            spelled[atom] = f"sqrt({operands[0]}**2)" if name == "abs" else f"{name}{operands[0]}"
    return total(angle)


def _factor(size: float) -> str:
    return number_text(size) if size > 0 else f"({number_text(size)})"


# ── Conditions ────────────────────────────────────────────────────────────────────────────────────────────────────────


def condition_text(condition: Expression, registers: Iterable[BitRegister], names: Mapping[str, str]) -> str:
    """A condition in OpenQASM 3: bit 0 of a register is least significant there, whatever it is here.

    A comparison of a whole register stays one, for a register that is read the other way with the bits of the number
    turned round; any other is spelled bit by bit.
    """
    return _Conditions(registers, names).text(condition)


def bit_texts(expression: Expression, registers: Iterable[BitRegister], names: Mapping[str, str]) -> list[str]:
    """The bits of an expression's value, the most significant first, each as a condition."""
    return _Conditions(registers, names).bits(expression)


def whole_register(expression: Expression, registers: Iterable[BitRegister]) -> tuple[BitRegister, bool] | None:
    """The register that is read as a whole, and whether its bits are turned round against OpenQASM's order."""
    for register in registers:
        numbers = tuple(range(register.start, register.start + register.size))
        if expression.op == "read" and expression.args in (numbers, numbers[::-1]):
            return register, expression.args == numbers and register.size > 1
    return None


class _Conditions:
    """Conditions over the registers of one circuit; expressions are limited in depth, so this recurses."""

    def __init__(self, registers: Iterable[BitRegister], names: Mapping[str, str]) -> None:
        self.registers = tuple(registers)
        self.names = names
        self.places = {
            register.start + place: f"{names[register.name]}[{place}]"
            for register in self.registers
            for place in range(register.size)
        }

    def text(self, condition: Expression) -> str:
        """A condition, the outermost brackets left out."""
        text = self.compared(condition) or self.bits(condition)[0]
        return text[1:-1] if text.startswith("(") and _encloses(text) else text

    def compared(self, condition: Expression) -> str | None:
        """A whole register compared with a number."""
        if condition.op not in ("==", "!=", "<", "<=", ">", ">="):
            return None
        left, right = condition.args
        found = whole_register(left, self.registers)
        if found is None or right.op != "value":
            return None
        register, is_turned = found
        value = right.args[0]
        if is_turned:
            if condition.op not in ("==", "!="):
                return None
            value = turned(value, register.size)
        return f"({self.names[register.name]} {condition.op} {value})"

    def bits(self, expression: Expression) -> list[str]:
        """The bits of its value, the most significant first."""
        op, args = expression.op, expression.args
        if op == "read":
            return [self.places[number] for number in args]
        if op == "value":
            return ["true" if bit == "1" else "false" for bit in _bits.bitstring(args[0], expression.width)]
        if op == "~":
            return [f"!{bit}" for bit in self.operands(args[0])]
        if op == "++":
            return [bit for part in args for bit in self.operands(part)]
        if op in ("+", "-"):
            raise QasmError(f"The sum {expression} cannot be written.", hint="Work it out bit by bit.")
        if op in ("&", "|", "^"):
            sign = {"&": "&&", "|": "||", "^": "!="}[op]
            return [f"({a} {sign} {b})" for a, b in zip(*map(self.operands, args), strict=True)]
        return [self.compared(expression) or _comparison(op, *map(self.bits, args))]

    def operands(self, expression: Expression) -> list[str]:
        """Its bits, each one word or in brackets."""
        found = self.compared(expression)
        return [found] if found else self.bits(expression)


def turned(value: int, width: int) -> int:
    """The number whose bits are those of another in the opposite order."""
    return _bits.parse_bitstring(_bits.bitstring(value, width)[::-1])


def _comparison(op: str, left: list[str], right: list[str]) -> str:
    """A comparison of two values given by their bits, the most significant first."""
    if op in ("<=", ">="):
        return f"!{_comparison('>' if op == '<=' else '<', left, right)}"
    if op == ">":
        left, right = right, left
    equal = [f"({a} == {b})" for a, b in zip(left, right, strict=True)]
    if op in ("==", "!="):
        text = f"({' && '.join(equal)})"
        return text if op == "==" else f"!{text}"
    less = [
        " && ".join([*equal[:place], f"!{a}", b]) for place, (a, b) in enumerate(zip(left, right, strict=True))
    ]  # the first bit in which they differ is 0 on the left
    return f"({' || '.join(f'({term})' for term in less)})"


def _encloses(text: str) -> bool:
    """Whether the first bracket is closed by the last."""
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if not depth:
            return at == len(text) - 1
    return False
