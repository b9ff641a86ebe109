"""Diagonal: phases by mask that are still to be multiplied in."""

import cmath
import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from qsim.plan.steps import Flip

__all__ = ["Diagonal"]

_TWO_PI = 2 * math.pi
_ROUNDING = 1e-15  # an angle by less is none


class Diagonal:
    """e^{i·Σ angle}, the sum over the masks of which an index has all bits; mask 0 is a global phase."""

    def __init__(self, constant: float = 0.0) -> None:
        self.angles: dict[int, float] = {0: constant} if constant else {}

    def __len__(self) -> int:
        return len(self.angles)

    def add(self, mask: int, angle: float) -> None:
        """One more phase."""
        if angle:
            self.angles[mask] = self.angles.get(mask, 0.0) + angle

    def touches(self, bits: int) -> bool:
        """Whether one of these bits decides about a phase."""
        return any(mask & bits for mask in self.angles)

    def touching(self, bits: int) -> dict[int, float]:
        """The phases that one of these bits decides about."""
        return {mask: angle for mask, angle in self.angles.items() if mask & bits}

    def remove(self, masks: Iterable[int]) -> None:
        """Take these phases out."""
        for mask in masks:
            del self.angles[mask]

    def pull_through(self, flip: Flip) -> None:
        """The same diagonal, after the flip instead of before it.

        With C the product of the controls (1 without any), a bit t before is t + C − 2·t·C of the bit t after.
        """
        target, controls = flip
        for mask, angle in [(m, a) for m, a in self.angles.items() if m & target]:
            rest = (mask ^ target) | controls
            self.add(rest, angle)
            self.add(rest | target, -2 * angle)

    def split(self, turning: int, local: int) -> tuple[dict[int, float], dict[int, list[tuple[int, float]]]]:
        """Take the phases on local bits, and of those across the border the ones on the bits that turn.

        Returns:
            The angles of the first by mask; for each part of a mask within `local` the outer masks and angles of the
            others.
        """
        inside: dict[int, float] = {}
        across: dict[int, list[tuple[int, float]]] = {}
        left: dict[int, float] = {}
        for mask, angle in self.angles.items():
            if not mask:
                left[0] = angle
                continue
            if abs(math.remainder(angle, _TWO_PI)) < _ROUNDING:
                continue
            part = mask & local
            if part == mask:
                inside[mask] = angle
            elif mask & turning:
                across.setdefault(part, []).append((mask ^ part, angle))
            else:
                left[mask] = angle
        self.angles = left
        return inside, across

    def taken_inside(self, first: int, second: int) -> NDArray[np.complex128]:
        """Take the phases on two bits alone: their factors for 00, 01, 10, 11."""
        a, b, both = (self.angles.pop(mask, 0.0) for mask in (second, first, first | second))
        return np.array([1, cmath.exp(1j * a), cmath.exp(1j * b), cmath.exp(1j * (a + b + both))])

    def take_constant(self) -> float:
        """Take the global phase."""
        return self.angles.pop(0, 0.0)

    def is_costly(self, local: int, mixed: int, following: int) -> bool:
        """Whether phases couple local bits of which the next sweep mixes some while others are not local to it: one
        table multiplies them in now, and single passes would then."""
        return any(not mask & ~local and mask & mixed and mask & ~following for mask in self.angles)
