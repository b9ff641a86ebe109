"""Steps: what a circuit is lowered to. Bits are named by their weight in an index; masks are sums of weights."""

import math
from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from qsim.circuit import Operation

__all__ = ["Flip", "Lowered", "Pair", "Phase", "Step", "Turn"]


@final
class Phase(NamedTuple):
    """e^{i·angle} where all bits of the mask are 1."""

    mask: int
    angle: float


@final
class Turn(NamedTuple):
    """A unitary on one bit: diag(1, e^{i·after}) · [[cos h, −sin h], [sin h, cos h]] · diag(1, e^{i·before})."""

    mask: int
    before: float
    half_angle: float  # from 0 to π/2
    after: float

    @property
    def is_steep(self) -> bool:
        """Past 45 degrees it is done as X · rotation(π/2 − h) · Z, so that the tangent is at most 1."""
        return self.half_angle > math.pi / 4


@final
class Flip(NamedTuple):
    """The target bit is exchanged where all control bits are 1: x without controls, cx, ccx …"""

    target: int
    controls: int

    @property
    def mask(self) -> int:
        """Target and controls."""
        return self.target | self.controls


@final
@dataclass(eq=False, slots=True)
class Pair:
    """A 4 × 4 matrix, unitary or not, on two bits, the first the more significant in its index."""

    first: int
    second: int
    matrix: NDArray[np.complex128]

    @property
    def mask(self) -> int:
        """Both bits."""
        return self.first | self.second

    def partners(self) -> int | None:
        """The p for which the matrix couples each basis state j with j ^ p alone, `None` where it is dense.

        >>> Pair(2, 1, np.eye(4)[::-1]).partners()
        3
        """
        found = 0
        for k, entry in enumerate(self.matrix.ravel().tolist()):
            if entry:
                found |= 1 << k
        for partner, allowed in _COUPLED.items():
            if not found & ~allowed:
                return partner
        return None


_COUPLED = {  # by partner: the entries, as a mask, that couple j with j or j ^ partner
    partner: sum(1 << (4 * j + k) for j in range(4) for k in (j, j ^ partner)) for partner in (1, 2, 3)
}


Step = Phase | Turn | Flip | Pair | Operation


class Lowered(NamedTuple):
    """Steps in order, a global phase, and where the initial state's qubits must lie.

    `layout[q]` is the bit of qubit q before the first step (`layout.arrange` brings it there; |0…0⟩ is the same in
    every layout); after the last, every qubit lies at its own bit.
    """

    steps: list[Step]
    phase: float
    layout: list[int]
