"""Names and labels as drawings write them: on one line, of bounded length, and how wide they are."""

import unicodedata

__all__ = ["MAX_LABEL", "MAX_NOTE", "printable", "shorten", "text_width"]

MAX_LABEL = 40  # characters of a label: four angles of a gate fit
MAX_NOTE = 500  # characters of a list below a drawing

# Widths in DejaVu Sans, in font sizes. It is the widest of the usual sans-serif fonts: text in others fits as well.
_WIDTHS = {
    **dict.fromkeys("ijl|'", 0.34),
    **dict.fromkeys(" .,:;!/()[]fIrt", 0.42),
    **dict.fromkeys('⟨⟩·"-Jscz', 0.55),
    **dict.fromkeys("#&+=<>~^−↦⊕×∞wGOQDNHUΩ≤≥≠", 0.87),
    **dict.fromkeys("mMW@—%½…⋮", 1.02),
}
_USUAL, _CAPITAL, _WIDE = 0.67, 0.72, 1.05


def printable(text: str) -> str:
    """The text with a question mark for each line break, control character and change of direction."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def shorten(text: str, limit: int = MAX_LABEL, cut: str = "…") -> str:
    """Of a text with more characters than that the start and the end.

    >>> shorten("a very long name", 10)
    'a ver…name'
    """
    tail = (limit - 1) // 2
    return text if len(text) <= limit else text[: limit - 1 - tail] + cut + text[len(text) - tail :]


def text_width(text: str, size: float) -> float:
    """Room that a line of sans-serif text of this font size takes at most, in the same unit.

    >>> text_width("H", 10), text_width("RX(π/2)", 10) < text_width("a long name", 10)
    (8.7, True)
    """
    return size * sum(map(_character_width, text))


def _character_width(character: str) -> float:
    if character in _WIDTHS:
        return _WIDTHS[character]
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF" or ord(character) > 0x2FFF:
        return _WIDE
    return _CAPITAL if character.isupper() else _USUAL
