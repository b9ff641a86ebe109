"""Names and numbers of parameters: checked where they come in, listed in messages."""

import math
import unicodedata
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from qsim.errors import ParameterError

__all__ = ["digest", "finite", "listed", "normalized"]


def finite(value: Any, what: str) -> float:
    """The number as a float, refused if that is NaN or infinite."""
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ParameterError(f"{what} must be finite, but is {number}.")
    return number


def normalized(name: str) -> str:
    """A parameter's name in the form that Python gives to identifiers."""
    if not isinstance(name, str):
        raise TypeError(f"A parameter's name must be a str, but is {name!r}.")
    normal = unicodedata.normalize("NFKC", name).strip()
    if not normal or not normal.isprintable():
        raise ParameterError(f"A parameter's name must be printable text, but is {name!r}.")
    return normal


def listed(items: Iterable[Any], limit: int = 10) -> str:
    """The first few, for a message."""
    names = [str(item) for item in items]
    return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")


def digest(*content: Any) -> bytes:
    """A short key of an expression's content, which no name can be."""
    return b"\0" + blake2b(repr(content).encode(), digest_size=16).digest()  # no name has the prefix: \0 does not print
