"""qsim: a quantum circuit simulator that reads like Kronecker algebra and never forms the product.

Qubit 0 is the leftmost Kronecker factor, the first character of a bit string and the most significant bit of a basis
index. Importing the package loads NumPy and nothing heavier: SciPy and matplotlib are loaded when first used.

>>> from qsim import Circuit
>>> Circuit(2).h(0).cx(0, 1).state()
0.7071|00⟩ + 0.7071|11⟩   (q0 q1)
"""

from typing import TYPE_CHECKING

from qsim import algebra, circuit, errors, gates, states
from qsim.algebra import Operator, kron
from qsim.circuit import Circuit
from qsim.errors import *  # noqa: F403
from qsim.gates import Gate
from qsim.lazy import lazy_attributes
from qsim.run import Result, run
from qsim.states import Counts, State

if TYPE_CHECKING:
    from qsim import plots, testing
    from qsim.algebra import KroneckerProduct, KroneckerSum, OperatorProduct
    from qsim.circuit import Parameter
    from qsim.kernels import warmup
    from qsim.states import DensityMatrix
else:
    __getattr__ = lazy_attributes(
        __name__,
        {
            "DensityMatrix": "states",
            "KroneckerProduct": "algebra",
            "KroneckerSum": "algebra",
            "OperatorProduct": "algebra",
            "Parameter": "circuit",
            "plots": "plots",
            "testing": "testing",
            "warmup": "kernels",
        },
    )

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
