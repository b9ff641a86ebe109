"""The named one-qubit operators."""

from qsim.algebra.factors import NAMED
from qsim.algebra.operator import Operator
from qsim.algebra.terms import PlacedFactor, Term, make_term

__all__ = ["H", "I", "Minus", "P0", "P1", "Plus", "S", "SigmaMinus", "SigmaPlus", "T", "X", "Y", "Z"]


def _constant(name: str) -> Operator:
    term: Term = make_term(1.0, [PlacedFactor((0,), NAMED[name])])
    return Operator((term,), (0,), placed=False)


I = _constant("I")  # noqa: E741  the identity's name in mathematics
X = _constant("X")
Y = _constant("Y")
Z = _constant("Z")
H = _constant("H")
S = _constant("S")
T = _constant("T")
P0 = _constant("P0")  # |0⟩⟨0|
P1 = _constant("P1")  # |1⟩⟨1|
Plus = _constant("P+")  # |+⟩⟨+|
Minus = _constant("P-")  # |−⟩⟨−|
SigmaPlus = _constant("σ+")  # |0⟩⟨1| = (X + iY)/2
SigmaMinus = _constant("σ-")  # |1⟩⟨0|
