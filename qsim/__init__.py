"""qsim: a quantum circuit simulator that reads like Kronecker algebra and never forms the product.

Qubit 0 is the leftmost Kronecker factor, the first character of a bit string and the most significant bit of a basis
index. Importing the package loads next to nothing: NumPy, and later SciPy and matplotlib, come when first used.

>>> from qsim import Circuit
>>> Circuit(2).h(0).cx(0, 1).state()
0.7071|00⟩ + 0.7071|11⟩   (q0 q1)
"""

import sys

from qsim import errors
from qsim.errors import *  # noqa: F403
from qsim.lazy import lazy_attributes

TYPE_CHECKING = False  # type checkers take it for typing's, which takes longer to load than all that is loaded here
if TYPE_CHECKING:
    from typing import Any

    from qsim import algebra, circuit, gates, io, plots, states, testing
    from qsim.algebra import KroneckerProduct, KroneckerSum, Operator, OperatorProduct
    from qsim.algebra.kron import kron  # mypy takes algebra.kron for the module
    from qsim.circuit import Circuit, Parameter
    from qsim.gates import Gate
    from qsim.kernels import warmup
    from qsim.run import Result, run
    from qsim.states import Counts, DensityMatrix, State

__version__ = "0.1.0"

__all__ = [
    "Circuit",
    "Counts",
    "DensityMatrix",
    "Gate",
    "KroneckerProduct",
    "KroneckerSum",
    "Operator",
    "OperatorProduct",
    "Parameter",
    "Result",
    "State",
    "algebra",
    "circuit",
    "errors",
    "gates",
    "io",
    "kron",
    "plots",
    "run",
    "states",
    "testing",
    "warmup",
    *errors.__all__,
]


def __dir__() -> list[str]:
    return sorted(__all__)


class _Package(type(sys)):  # type: ignore[misc]  # of modules
    """The package: `qsim.run` is the function, whoever loads the module of that name, and whenever."""

    def __setattr__(self, name: str, value: "Any") -> None:
        super().__setattr__(name, value.run if name == "run" and isinstance(value, type(sys)) else value)


sys.modules[__name__].__class__ = _Package

if not TYPE_CHECKING:
    __getattr__ = lazy_attributes(
        __name__,
        {
            **dict.fromkeys(("KroneckerProduct", "KroneckerSum", "Operator", "OperatorProduct", "kron"), "algebra"),
            **dict.fromkeys(("Circuit", "Parameter"), "circuit"),
            **dict.fromkeys(("Counts", "DensityMatrix", "State"), "states"),
            **dict.fromkeys(("Result", "run"), "run"),
            "Gate": "gates",
            "warmup": "kernels",
            **{name: name for name in ("algebra", "circuit", "gates", "io", "plots", "states", "testing")},
        },
    )
