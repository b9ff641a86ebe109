"""Gates: `gates.h`, `gates.rx(0.1)`, `gates.unitary(matrix)`; definitions without a place.

The table in `qsim.gates.table` has one row a gate; the names here are generated from it.
"""

from qsim.gates.custom import diagonal, pauli_rotation, permutation, unitary
from qsim.gates.gate import Gate
from qsim.gates.named import *  # noqa: F403
from qsim.gates.named import __all__ as _named
from qsim.gates.spec import GateSpec
from qsim.gates.table import TABLE

__all__ = ["TABLE", "Gate", "GateSpec", "diagonal", "pauli_rotation", "permutation", "unitary", *_named]
