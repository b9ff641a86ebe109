"""Circuits from and to files and other libraries: OpenQASM 2 and 3, JSON, Qiskit, Cirq.

What a name needs is loaded when it is first asked for.
"""

from typing import TYPE_CHECKING, Any

from qsim.io.limits import Limits

if TYPE_CHECKING:
    from qsim.io.cirq import from_cirq, to_cirq
    from qsim.io.json_reader import from_json
    from qsim.io.json_writer import to_json
    from qsim.io.qiskit import from_qiskit, to_qiskit

__all__ = ["Limits", "from_cirq", "from_json", "from_qiskit", "to_cirq", "to_json", "to_qiskit"]

_HOMES = {
    "from_cirq": "cirq",
    "from_json": "json_reader",
    "from_qiskit": "qiskit",
    "to_cirq": "cirq",
    "to_json": "json_writer",
    "to_qiskit": "qiskit",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"qsim.io.{_HOMES[name]}"), name)
