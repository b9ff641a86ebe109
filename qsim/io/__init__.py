"""Circuits from and to files and other libraries: OpenQASM 2 and 3, JSON, Qiskit, Cirq.

limits, source, tokens, formulas, bit_values    texts, errors with places, words, expressions
library, definitions      what gate names mean; gate definitions, counted before they are expanded
scope, statements, gate_statements, flat        the parser of OpenQASM 2 and flat OpenQASM 3
qasm3                     the full OpenQASM 3 language
notation, gate_texts, export                    circuits as texts
json_*                    the JSON schema
qiskit*, cirq*            circuits of these libraries
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from qsim.circuit import Circuit
from qsim.io.export import dumps, save
from qsim.io.flat import parse_flat
from qsim.io.limits import DEFAULT_LIMITS, Limits
from qsim.io.source import NotFlatError, Source, read_file
from qsim.lazy import lazy_attributes

if TYPE_CHECKING:
    from qsim.io.cirq import from_cirq, to_cirq
    from qsim.io.json_reader import from_json
    from qsim.io.json_writer import to_json
    from qsim.io.qiskit import from_qiskit, to_qiskit
else:
    __getattr__ = lazy_attributes(
        __name__,
        {
            "from_cirq": "cirq",
            "from_json": "json_reader",
            "from_qiskit": "qiskit",
            "to_cirq": "cirq",
            "to_json": "json_writer",
            "to_qiskit": "qiskit",
        },
    )

__all__ = [
    "Limits",
    "dumps",
    "from_cirq",
    "from_json",
    "from_qiskit",
    "load",
    "loads",
    "save",
    "to_cirq",
    "to_json",
    "to_qiskit",
]


def loads(text: str, *, limits: Limits | None = None, include: str | Path | None = None) -> Circuit:
    """The circuit of an OpenQASM 2 or 3 text.

    Registers of bits read bit 0 as the least significant one, as the language says. Qubits keep their order: the first
    declared is qubit 0. The text is data: nothing in it is executed, and what is past a limit is refused.

    Args:
        text: the text; without a header it is OpenQASM 3.
        limits: what it may ask for; see `Limits`.
        include: a folder below which files may lie that the text includes, beside the standard `qelib1.inc` and
            `stdgates.inc`, which need none.

    Raises:
        QasmError: the text is wrong, asks for something that cannot be simulated, or for more than a limit; with file,
            line, column and perhaps a hint.

    >>> loads('OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; bit[2] c; h q[0]; cx q[0], q[1]; c = measure q;')
    Circuit(2, 2).h(0).cx(0, 1).measure(0, 0).measure(1, 1)
    """
    if not isinstance(text, str):
        raise TypeError(f"Argument `text` must be a str, but is {type(text).__name__}; load() takes a path.")
    limits = limits or DEFAULT_LIMITS
    source = Source(text)
    if len(text) > limits.file_size:
        source.refuse(0, f"A text may have {limits.file_size} characters, but this one has {len(text)}.")
    return _read(source, limits, include)


def load(path: str | Path, *, limits: Limits | None = None, include: str | Path | None = None) -> Circuit:
    """The circuit of an OpenQASM file, see `loads`, or of a .json file, see `from_json`.

    Raises:
        OSError: there is no such file.
        QasmError: as for `loads`.
    """
    limits = limits or DEFAULT_LIMITS
    source = read_file(path, limits)
    if Path(path).suffix.lower() == ".json":
        from qsim.io.json_reader import from_json

        return from_json(source.text, limits=limits, file=source.name)
    return _read(source, limits, include)


def _read(source: Source, limits: Limits, include: str | Path | None) -> Circuit:
    """By the flat parser; what is beyond it by the parser of the full language, if that is installed."""
    try:
        with _without_collection():
            return parse_flat(source, limits, include, stacklevel=3)
    except NotFlatError as error:
        beyond = error
    if find_spec("openqasm3") is None or find_spec("antlr4") is None:
        beyond.source.refuse(
            beyond.position,
            f"{beyond.construct} needs the reference parser of OpenQASM 3.",
            'Install "openqasm3[parser]".',
        )
    from qsim.io.qasm3 import load_full

    return load_full(source.text, limits, source.name, include, stacklevel=3)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Pause the collector of garbage: over the growing list of a long circuit it takes half of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
