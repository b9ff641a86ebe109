"""The result of a Schmidt decomposition."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from qsim.states.state import State

__all__ = ["Schmidt"]


class Schmidt(NamedTuple):
    """|ψ⟩ = Σ coefficients[i] · left[i] ⊗ right[i], with orthonormal states on both sides.

    Attributes:
        coefficients: positive, descending; their squares sum to 1. Terms at rounding level are left out.
        left: states of the listed qubits, in the order listed.
        right: states of the other qubits, ascending.
    """

    coefficients: NDArray[np.float64]
    left: tuple["State", ...]
    right: tuple["State", ...]

    @property
    def rank(self) -> int:
        """Number of terms: 1 if and only if the two sides are not entangled."""
        return len(self.coefficients)
