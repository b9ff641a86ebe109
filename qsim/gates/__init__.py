"""Gates: `gates.h`, `gates.rx(0.1)`, `gates.unitary(matrix)`; definitions without a place.

The table in `qsim.gates.table` has one row a gate; the names here are generated from it.
"""

from typing import TYPE_CHECKING, Any

from qsim.gates.gate import Gate
from qsim.gates.spec import GateSpec
from qsim.gates.table import TABLE, lookup
from qsim.lazy import lazy_attributes

if TYPE_CHECKING:
    from qsim.gates.custom import diagonal, pauli_rotation, permutation, unitary
    from qsim.gates.named import *  # noqa: F403

_CUSTOM = ("diagonal", "pauli_rotation", "permutation", "unitary")
_load = lazy_attributes(__name__, dict.fromkeys(_CUSTOM, "custom") | dict.fromkeys(TABLE, "named"))


def __getattr__(name: str) -> Any:
    """Gates when first asked for, also by an alias, which is a function or gate like its row; or a suggestion."""
    return _load(name if name in _CUSTOM or name.startswith("_") else lookup(name).name)


__all__ = ["TABLE", "Gate", "GateSpec", "diagonal", "pauli_rotation", "permutation", "unitary", *sorted(TABLE)]
