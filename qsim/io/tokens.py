"""The words of OpenQASM 2 and 3, read one by one from a place in the text."""

import re
from typing import NoReturn

from qsim.io.limits import Limits
from qsim.io.source import NotFlatError, Source

__all__ = ["END", "IDENTIFIER", "TRIVIA", "Tokens", "number"]

END = "end of the file"  # kind of the token after the last

IDENTIFIER = r"[^\W\d]\w*+"
# Possessive, so that nothing is tried twice: reading is linear in the text, whatever it holds
TRIVIA = re.compile(r"(?:\s++|//[^\n]*+|/\*(?s:.*?)\*/)*+")
_TOKEN = re.compile(
    rf"""
    (?P<name>{IDENTIFIER})
  | (?P<number>0[xX][0-9a-fA-F_]++ | 0[bB][01_]++ | 0o[0-7_]++
      | (?:[0-9][0-9_]*+(?:\.(?:[0-9][0-9_]*+)?+)?+ | \.[0-9][0-9_]*+)(?:[eE][+-]?+[0-9][0-9_]*+)?+)
    (?P<unit>\s*+(?:dt|ns|us|µs|μs|ms|s|im)\b)?+
  | (?P<string>"[^"\r\n]*+" | '[^'\r\n]*+')
  | (?P<hardware>\$\d++)
  | (?P<sign>->|==|!=|<=|>=|&&|\|\||\*\*|<<|>>|\+\+|/(?!\*)|[-+*%^~!<>&|=(){{}}\[\];:,@.\#])
    """,
    re.VERBOSE,
)


class Tokens:
    """A place in a text, and the token there.

    Attributes:
        source: the text.
        version: of OpenQASM, 2 or 3.
        kind: of the token: `name`, `number`, `string`, `hardware`, `END`, or a sign itself.
        text: the token.
        start, end: where it begins and ends.
    """

    __slots__ = ("_limits", "_stop", "end", "kind", "source", "start", "text", "version")

    def __init__(
        self, source: Source, limits: Limits, version: int, position: int = 0, stop: int | None = None
    ) -> None:
        self.source, self._limits, self.version = source, limits, version
        self._stop = len(source.text) if stop is None else stop
        self.text = ""
        self.move(position)

    def move(self, position: int) -> None:
        """Go on at another place."""
        self.end = position
        self.next()

    def skip_line(self) -> str:
        """Leave what is on the line from the token on, and return it."""
        text = self.source.text
        end = text.find("\n", self.start, self._stop)
        line = text[self.start : self._stop if end < 0 else end]
        self.move(self.start + len(line))
        return line.strip()

    def next(self) -> str:
        """Go to the next token; the text of the one that is left."""
        left, text = self.text, self.source.text
        start = TRIVIA.match(text, self.end, self._stop).end()  # type: ignore[union-attr]
        match = _TOKEN.match(text, start, self._stop)
        self.start = start
        if match is None:
            if start < self._stop:
                self._refuse_character(start)
            self.kind, self.text, self.end = END, "", start
            return left
        self.kind, self.text, self.end = str(match.lastgroup), match.group(), match.end()
        if self.kind == "sign":
            self.kind = self.text
        else:
            self._check(match)
        return left

    def _check(self, match: re.Match[str]) -> None:
        if self.kind == "unit":
            if self.version == 3:
                raise NotFlatError(self.start, f"The literal {self.text[:40]}")
            self.kind, self.text, self.end = "number", match["number"], match.end("number")
        if self.kind == "name" and len(self.text) > self._limits.identifier:
            self.refuse(f"A name may have {self._limits.identifier} characters, but this one has {len(self.text)}.")
        if self.kind == "number" and len(self.text) > self._limits.number:
            self.refuse(f"A number may have {self._limits.number} characters, but this one has {len(self.text)}.")

    def _refuse_character(self, start: int) -> NoReturn:
        text = self.source.text
        if text.startswith("/*", start):
            self.source.refuse(start, "The comment is not closed.", "Write */ after it.")
        if text[start] in "\"'":
            self.source.refuse(start, "The string is not closed on its line.")
        self.source.refuse(start, f"The character {text[start]!r} means nothing here.")

    def is_at(self, text: str) -> bool:
        """Whether the token is this word or sign."""
        return self.text == text and self.kind != "string"

    def accept(self, text: str) -> bool:
        """Leave the token if it is this one."""
        if not self.is_at(text):
            return False
        self.next()
        return True

    def expect(self, text: str, after: str) -> None:
        """Leave the token, which must be this one."""
        if not self.accept(text):
            self.refuse(f"`{text}` is expected after {after}, but here is {self.shown}.")

    def identifier(self, what: str) -> str:
        """Leave a name, and return it."""
        if self.kind != "name":
            self.refuse(f"The name of {what} is expected, but here is {self.shown}.")
        return self.next()

    @property
    def shown(self) -> str:
        """The token for messages."""
        if self.kind == END:
            return "the end of the file"
        return f"`{self.text}`" if len(self.text) <= 40 else f"`{self.text[:37]}…`"

    def refuse(self, message: str, hint: str | None = None) -> NoReturn:
        """Raise the error at the token."""
        self.source.refuse(self.start, message, hint)


def number(text: str) -> int | float:
    """The value of a number as a file writes it.

    >>> number("0x1F"), number("1_000"), number("2.5e-1")
    (31, 1000, 0.25)
    """
    digits = text.replace("_", "")
    base = {"0x": 16, "0b": 2, "0o": 8}.get(digits[:2].lower())
    if base is not None:
        return int(digits[2:] or "0", base)
    return int(digits) if digits.isdecimal() else float(digits)
