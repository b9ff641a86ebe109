"""Where the text of a circuit comes from, and errors that say where in it something is wrong."""

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from qsim.errors import QasmError
from qsim.io.limits import Limits

__all__ = ["NotFlatError", "Source", "included_file", "read_file"]


class NotFlatError(Exception):
    """The text uses more of OpenQASM 3 than the flat parser reads; inside this package alone.

    Attributes:
        position: where, a number of characters.
        construct: what it is, for messages.
        source: the text, once it is known.
    """

    source: "Source"

    def __init__(self, position: int, construct: str) -> None:
        super().__init__(position, construct)
        self.position = position
        self.construct = construct


@dataclass(frozen=True, slots=True)
class Source:
    """A text with its name.

    Attributes:
        text: the text.
        name: of the file, without its folder; `<string>` where there is none.
    """

    text: str
    name: str = "<string>"

    def place(self, position: int) -> tuple[int, int]:
        """Line and column of a character, from 1."""
        line = self.text.count("\n", 0, position) + 1
        return line, position - self.text.rfind("\n", 0, position)

    def error(self, position: int, message: str, hint: str | None = None) -> QasmError:
        """The error at a character of the text."""
        return QasmError(message, self.name, *self.place(position), hint)

    def refuse(self, position: int, message: str, hint: str | None = None) -> NoReturn:
        """Raise the error at a character of the text."""
        raise self.error(position, message, hint)


def read_file(path: str | Path, limits: Limits) -> Source:
    """The text of a file.

    Raises:
        OSError: there is none, or it is not a regular file.
        QasmError: it is larger than the limit, or not UTF-8.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"Argument `path` must be a file, but {str(path)!r} is none.")
    with path.open("rb") as file:
        data = file.read(limits.file_size + 1)
    return decode(data, path.name, limits)


def decode(data: bytes, name: str, limits: Limits) -> Source:
    """Bytes of a file as text."""
    if len(data) > limits.file_size:
        raise QasmError(f"A file may have {limits.file_size} bytes, but this one has more.", name, 1, 1)
    try:
        return Source(data.decode("utf-8-sig"), name)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        raise Source(before, name).error(len(before), "The file is not UTF-8 text.") from None


def included_file(name: str, folder: str | Path | None) -> Path | None:
    """The file of an `include`, a regular file below the folder that the caller allows; None if it is not one.

    Why it is refused is not said, so that a message never tells what lies outside the folder.
    """
    if folder is None or "\0" in name:
        return None
    try:
        root = Path(folder).resolve(strict=True)
        path = (root / name).resolve(strict=True)
        return path if path.is_relative_to(root) and path.is_file() else None
    except (OSError, RuntimeError, ValueError):
        return None
