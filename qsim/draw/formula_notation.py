"""How formulas are spelled: as Unicode text, in LaTeX, in HTML. Lengths are bounded, names are escaped."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from qsim.algebra.show import format_coefficient
from qsim.circuit.notation import LATEX, drawn, write
from qsim.draw.formula_parts import Coefficient, Letter

__all__ = ["HTML", "TEX", "TEXT", "Notation", "on_one_line"]

MAX_NAME = 40  # characters of a name that a user gave
MAX_ANGLE = 60  # characters of an angle; a longer one reads …
MAX_LISTED = 8  # qubits of a factor that are listed, at its start
_DIGITS = ".4g"
_UNITS = (1, 1j, -1, -1j)
_CLOSE = 1e-14  # numbers this close, relative to them, are the same
_PLAIN_NAME = re.compile(r"[\w†√]+(\([\w.,/π -]*\))?†?(\^-?[\w.+-]+)?")
_ANGLE = drawn(_DIGITS)


@dataclass(frozen=True)
class Notation:
    """The signs of a language, and how names, angles and indices are written in it.

    Attributes:
        times: the Kronecker product.
        dot: the product of operators.
        dots: what stands for what is left out.
        arrow: from a density matrix to the next.
        rho: the density matrix.
        compose: of maps.
        power: e to an exponent.
        layer: the name of a layer.
        symbol: a name.
        words: plain words, escaped.
        expression: an angle; a float or symbolic.
        decimal: a positive number.
        function: the name of a function.
        call: a function or gate of angles.
        placed: what acts on qubits.
        group: in brackets.
        outer: in brackets around brackets.
        over: a fraction of two numbers.
        root: a square root of a number.
        below: several factors below the line of a fraction.
    """

    times: str
    dot: str
    dots: str
    arrow: str
    rho: str
    compose: str
    power: Callable[[str], str]
    layer: Callable[[int], str]
    symbol: Callable[[str], str]
    words: Callable[[str], str]
    expression: Callable[[Any], str]
    decimal: Callable[[float], str]
    function: Callable[[str], str]
    call: Callable[[str, str], str]
    placed: Callable[[str, str], str]
    group: Callable[[str], str]
    outer: Callable[[str], str]
    over: Callable[[str, str], str]
    root: Callable[[str], str]
    below: Callable[[str], str]

    def angle(self, value: Any) -> str:
        """An angle, or dots for a long one."""
        return self.expression(value) if len(write(value, _ANGLE)) <= MAX_ANGLE else self.dots

    def letter(self, letter: Letter) -> str:
        """A factor with its angles in brackets."""
        name = self.symbol(_bracketed(letter.name) if letter.is_custom else letter.name)
        return self.call(name, ",".join(map(self.angle, letter.params))) if letter.params else name

    def on(self, letter: Letter, qubits: tuple[int, ...]) -> str:
        """A factor on its qubits."""
        shown = qubits if len(qubits) <= 2 * MAX_LISTED else (*qubits[:MAX_LISTED], *qubits[-2:])
        names = [str(qubit) for qubit in shown]
        if len(shown) < len(qubits):
            names.insert(MAX_LISTED, self.dots)
        return self.placed(self.letter(letter), ",".join(names))

    def exponential(self, phase: Any) -> str:
        """e^{iφ}."""
        text = self.expression(phase) if len(write(phase, _ANGLE)) <= MAX_ANGLE else self.dots
        plain = write(phase, _ANGLE)
        if " " in plain or text == self.dots:
            return self.power(f"i{self.group(text)}")
        sign, body = ("-", text[1:]) if text.startswith("-") else ("", text)
        is_number = isinstance(phase, (int, float)) and "π" not in plain
        return self.power(f"{sign}{body}i" if is_number else f"{sign}i{body}")

    def coefficient(self, value: Coefficient) -> tuple[str, str]:
        """Sign and size; an empty size is 1."""
        number, phase = complex(value.number), value.phase
        turns = phase / (math.pi / 2) if isinstance(phase, (int, float)) else math.nan
        if abs(turns) < 100 and abs(turns - round(turns)) < _CLOSE:  # 1, i, -1 or -i
            number, phase = number * _UNITS[round(turns) % 4], 0.0
        sign, pieces = "+", []
        if number.real == 0 or number.imag == 0:
            size, unit = number.real + number.imag, "i" if number.imag else ""
            sign = "-" if size < 0 else "+"
            pieces += [] if abs(size) == 1 else [self.size(abs(size))]
            pieces += [unit] if unit else []
        else:
            text = format_coefficient(number)
            sign, text = ("-", text[1:]) if text.startswith("-") else ("+", text)
            pieces.append(text)
        pieces += [self.wave(name, angle) for name, angle in value.waves]
        if not _is_zero(phase):
            pieces.append(self.exponential(phase))
        return sign, " ".join(pieces)

    def before(self, value: Coefficient) -> str:
        """What stands before a product: nothing for 1."""
        sign, size = self.coefficient(value)
        return f"{'-' if sign == '-' else ''}{f'{size} ' if size else ''}"

    def wave(self, name: str, angle: Any) -> str:
        """A cosine or sine."""
        return self.call(self.function(name), self.angle(angle))

    def size(self, number: float) -> str:
        """A positive number: simple fractions, and those of √2, as such."""
        for denominator in range(2, 17):
            if abs(number * denominator - 1) < _CLOSE:
                return self.over("1", str(denominator))
        for factor in (1, 2, 4, 8):
            if abs(number * factor * math.sqrt(2) - 1) < _CLOSE:
                root = self.root("2")
                return self.over("1", root if factor == 1 else self.below(f"{factor}{root}"))
        return self.decimal(number)


def _is_zero(angle: Any) -> bool:
    return isinstance(angle, (int, float)) and angle == 0


def on_one_line(text: str, limit: int) -> str:
    """A text without characters that do not print; of a long one the start and the end.

    >>> on_one_line("a\\nb" + "c" * 100, 8)
    'a?bc…ccc'
    """
    if len(text) > limit:
        text = f"{text[: limit // 2]}…{text[len(text) - (limit - 1) // 2 :]}"
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def _bracketed(name: str) -> str:
    """A user's name, in square brackets where it could be read as a formula."""
    clean = on_one_line(name, MAX_NAME)
    return clean if _PLAIN_NAME.fullmatch(clean) else f"[{clean}]"


# ── Names: what stands below, what stands above ───────────────────────────────────────────────────────────────────────


def _split_name(name: str) -> tuple[bool, str, str, str]:
    """A name as (under a root, body, index, exponent): √X† is (True, "X", "", "†"), P0 has the index 0, RX X.

    >>> _split_name("√X†"), _split_name("RX"), _split_name("iSWAP^0.5")
    ((True, 'X', '', '†'), (False, 'R', 'X', ''), (False, 'iSWAP', '', '0.5'))
    """
    exponent = ""
    if name.endswith("†") and len(name) > 1:
        name, exponent = name[:-1], "†"
    elif match := re.fullmatch(r"(.+)\^(-?[\w.+-]+)", name):
        name, exponent = match[1], match[2]
    is_root, body = name.startswith("√") and len(name) > 1, name.removeprefix("√") or name
    match = re.fullmatch(r"([PUσ])([\d+-])|(R)([XYZ]+)", body)
    if match is None:
        return is_root, body, "", exponent
    return is_root, match[1] or match[3], match[2] or match[4], exponent


_PLAIN_RUN = re.compile(r"[A-Za-z0-9 .,:;=()\[\]<>+*/!?'\"-]+")
_SPECIAL = {  # outside text, since MathJax takes no commands there
    "\\": r"\backslash ",
    "^": r"{\wedge}",
    "~": r"{\sim}",
    "†": r"{}^\dagger ",
    "√": r"{\surd}",
    "⊗": r"{\otimes}",
    "·": r"{\cdot}",
    "…": r"{\ldots}",
    "→": r"\mapsto ",
    "⟩": r"\rangle ",
    "|": r"{|}",
    **{sign: rf"\{sign}" for sign in "{}$#%&_"},
}


def _tex_words(text: str) -> str:
    """Words as text, signs of mathematics by their commands."""
    pieces, at = [], 0
    while at < len(text):
        if run := _PLAIN_RUN.match(text, at):
            pieces.append(rf"\text{{{run[0]}}}")
            at = run.end()
            continue
        character = text[at]
        command = LATEX.name(character)  # of a Greek letter
        fallback = f"{{{command}}}" if command.startswith("\\") else rf"\text{{{character}}}"
        pieces.append(_SPECIAL.get(character, fallback))
        at += 1
    return "".join(pieces)


def _tex_letters(text: str) -> str:
    return rf"\mathrm{{{text}}}" if text.isascii() and text.isalnum() else f"{{{_tex_words(text)}}}"


def _tex_symbol(name: str) -> str:
    is_root, body, index, exponent = _split_name(name)
    if body == "σ":
        text = r"\sigma"
    else:
        text = body if len(body) == 1 and body.isalpha() and body.isascii() else _tex_letters(body)
    text = rf"\sqrt{{{text}}}" if is_root else text
    text = f"{text}_{{{index}}}" if index else text
    if exponent == "†":
        return rf"{text}^\dagger"
    return f"{text}^{{{_tex_words(exponent)}}}" if exponent else text


def _html_symbol(name: str) -> str:
    is_root, body, index, exponent = _split_name(name)
    text = f"{'√' if is_root else ''}{escape(body)}"
    text += f"<sub>{escape(index)}</sub>" if index else ""
    return text + (f"<sup>{escape(exponent)}</sup>" if exponent else "")


def _tex_number(number: float) -> str:
    digits, _, exponent = format(number, _DIGITS).partition("e")
    return rf"{digits} \cdot 10^{{{int(exponent)}}}" if exponent else digits


_TEX_ANGLE = replace(LATEX, number=_tex_number, over="{}/{}", below="({})")  # fractions on the line
TEXT = Notation(
    times="⊗",
    dot="·",
    dots="…",
    arrow="→",
    rho="ρ",
    compose="∘",
    power="e^({})".format,
    layer="L{}".format,
    symbol=str,
    words=str,
    expression=lambda value: write(value, _ANGLE),
    decimal=("{:" + _DIGITS + "}").format,
    function=str,
    call="{}({})".format,
    placed="{}({})".format,
    group="({})".format,
    outer="[{}]".format,
    over="{}/{}".format,
    root="√{}".format,
    below="({})".format,
)
TEX = Notation(
    times=r" \otimes ",
    dot=r" \cdot ",
    dots=r"\ldots",
    arrow=r"\mapsto",
    rho=r"\rho",
    compose=r"\circ",
    power="e^{{{}}}".format,
    layer="L_{{{}}}".format,
    symbol=_tex_symbol,
    words=_tex_words,
    expression=lambda value: write(value, _TEX_ANGLE),
    decimal=_tex_number,
    function=r"\{}".format,
    call="{}({})".format,
    placed="{}({})".format,
    group="({})".format,
    outer="[{}]".format,
    over=r"\tfrac{{{}}}{{{}}}".format,
    root=r"\sqrt{{{}}}".format,
    below=str,
)
HTML = replace(
    TEXT,
    power="e<sup>{}</sup>".format,
    layer="L<sub>{}</sub>".format,
    symbol=_html_symbol,
    words=escape,
    expression=lambda value: escape(write(value, _ANGLE)),
)
