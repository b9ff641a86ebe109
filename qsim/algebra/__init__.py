"""Kronecker algebra: operators as sums of Kronecker products, written, seen, formed or applied.

The first factor is qubit 0: leftmost and most significant.
"""

from typing import TYPE_CHECKING

from qsim.algebra.constants import P0, P1, H, I, Minus, Plus, S, SigmaMinus, SigmaPlus, T, X, Y, Z
from qsim.algebra.kron import kron
from qsim.algebra.operator import Operator
from qsim.lazy import lazy_attributes

if TYPE_CHECKING:
    from qsim.algebra.lazy_product import KroneckerProduct
    from qsim.algebra.lazy_sum import KroneckerSum
    from qsim.algebra.product import OperatorProduct
else:
    __getattr__ = lazy_attributes(
        __name__,
        {
            "KroneckerProduct": "lazy_product",
            "KroneckerSum": "lazy_sum",
            "OperatorProduct": "product",
            "pauli": "pauli",
            "properties": "properties",
            "show": "show",
        },
    )

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
