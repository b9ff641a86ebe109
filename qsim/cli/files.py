"""Circuits from files and standard input, and into them."""

import sys
from pathlib import Path

from qsim import io
from qsim.circuit import Circuit
from qsim.errors import QsimError
from qsim.io.limits import DEFAULT_LIMITS
from qsim.io.source import decode

__all__ = ["UsageError", "read_circuit", "write_circuit"]

_FORMATS = {".json": "json", ".qasm": "qasm3"}


class UsageError(QsimError):
    """The arguments do not fit the circuit or each other: exit code 2."""

    is_usage = True


def read_circuit(path: str) -> Circuit:
    """The circuit of a file, by what its name ends in, else by what it begins with.

    Raises:
        OSError: there is no such file.
        QasmError: it holds no circuit.
    """
    if path != "-" and Path(path).suffix.lower() in _FORMATS:
        return io.load(path)
    if path == "-":
        data = sys.stdin.buffer.read(DEFAULT_LIMITS.file_size + 1)
    else:
        with Path(path).open("rb") as file:
            data = file.read(DEFAULT_LIMITS.file_size + 1)
    name = "<stdin>" if path == "-" else Path(path).name
    text = decode(data, name, DEFAULT_LIMITS).text
    return io.from_json(text, file=name) if text.lstrip()[:1] == "{" else io.loads(text)


def write_circuit(circuit: Circuit, path: str, kind: str | None) -> None:
    """A circuit into a file, or to standard output.

    Raises:
        OSError: the file cannot be written.
        QasmError: the circuit has no form in OpenQASM.
    """
    kind = kind or _FORMATS.get(Path(path).suffix.lower())
    if kind is None:
        raise UsageError(f"OUT must end in .qasm or .json, or --to must say the format, but OUT is {path!r}.")
    text = io.to_json(circuit) if kind == "json" else circuit.to_qasm(version=int(kind[-1]))
    text = text if text.endswith("\n") else f"{text}\n"
    if path == "-":
        print(text, end="")
    else:
        Path(path).write_text(text, encoding="utf-8")
