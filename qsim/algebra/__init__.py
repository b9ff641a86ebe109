"""Kronecker algebra: operators as sums of Kronecker products, written, seen, formed or applied.

The first factor is qubit 0: leftmost and most significant.
"""

from typing import TYPE_CHECKING, Any

from qsim.algebra.constants import P0, P1, H, I, Minus, Plus, S, SigmaMinus, SigmaPlus, T, X, Y, Z
from qsim.algebra.kron import kron
from qsim.algebra.operator import Operator
from qsim.algebra.product import OperatorProduct

if TYPE_CHECKING:
    from qsim.algebra.lazy_product import KroneckerProduct
    from qsim.algebra.lazy_sum import KroneckerSum

__all__ = [
    "H",
    "I",
    "KroneckerProduct",
    "KroneckerSum",
    "Minus",
    "Operator",
    "OperatorProduct",
    "P0",
    "P1",
    "Plus",
    "S",
    "SigmaMinus",
    "SigmaPlus",
    "T",
    "X",
    "Y",
    "Z",
    "kron",
]

_LAZY = {"KroneckerProduct": "lazy_product", "KroneckerSum": "lazy_sum"}  # these two load SciPy


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        value = getattr(import_module(f"qsim.algebra.{_LAZY[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'qsim.algebra' has no attribute {name!r}")
