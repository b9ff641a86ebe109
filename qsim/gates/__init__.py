"""Gates: `gates.h`, `gates.rx(0.1)`, `gates.unitary(matrix)`; definitions without a place.

The table in `qsim.gates.table` has one row a gate; the names here are generated from it.
"""

from typing import Any

from qsim.gates.custom import diagonal, pauli_rotation, permutation, unitary
from qsim.gates.gate import Gate
from qsim.gates.named import *  # noqa: F403
from qsim.gates.named import __all__ as _named
from qsim.gates.spec import GateSpec
from qsim.gates.table import TABLE, lookup


def __getattr__(name: str) -> Any:
    """Aliases, as functions or gates like the rows that they stand for; for others a suggestion."""
    if name.startswith("_"):
        raise AttributeError(f"module 'qsim.gates' has no attribute {name!r}")
    return globals()[lookup(name).name]


__all__ = ["TABLE", "Gate", "GateSpec", "diagonal", "pauli_rotation", "permutation", "unitary", *_named]
