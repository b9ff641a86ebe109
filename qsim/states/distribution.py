"""Distribution: exact probabilities of outcomes."""

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from qsim.states import distances
from qsim.states._exact import distribution
from qsim.states._outcomes import OutcomeMapping, OutcomeTable

__all__ = ["Distribution"]

_REPR_OUTCOMES = 16
_ROUNDING = 1e-15


@final
class Distribution(OutcomeMapping[float]):
    """Probabilities by outcome, as `run(..., exact=True)` gives them: reads as a dict from bit strings. Immutable.

    Keys are those of `Counts`: all bits in the order of the labels, a space between registers; they ascend. An outcome
    that is not listed has probability 0.

    Attributes:
        pruned: the probability of all that was left out because it was less likely than the bound; the listed ones sum
            to 1 − pruned but for rounding.

    >>> from qsim import Circuit, run
    >>> run(Circuit(2).h(0).cx(0, 1).measure([0, 1]), exact=True).distribution
    Distribution({'00': 0.5, '11': 0.5}, bits c[0] c[1])
    """

    __slots__ = ("pruned",)

    def __init__(self, table: OutcomeTable, pruned: float) -> None:
        self._table, self.pruned = table, pruned

    def __getitem__(self, key: str) -> float:
        """The probability of an outcome; KeyError for another width or other characters."""
        return float(self._table.value(key))

    def arrays(self) -> tuple[NDArray[np.uint64], NDArray[np.float64]]:
        """The outcomes, ascending, and their probabilities; read-only."""
        return self._table.words(), self._table.values

    def marginal(self, bits: Any) -> "Distribution":
        """Probabilities of some bits, whatever the others are.

        Args:
            bits: a register's name, a bit's position in the key (0 leftmost) or label, or several of these; the bits
                come in the order listed.
        """
        positions, layout = self._table.layout.select(bits)
        return Distribution(self._table.marginal(positions, layout), self.pruned)

    def most_likely(self, k: int | None = None) -> list[tuple[str, float]]:
        """The k most likely outcomes, all by default, and their probabilities; equal ones in the order of the keys."""
        return self._largest(k)

    def total_variation(self, other: Any) -> float:
        """Total-variation distance ½ Σ |p - q| from counts or other probabilities."""
        return distances.total_variation(*self._table.align(distribution(other, self._table.layout)))

    def _distribution_(self) -> OutcomeTable:
        return self._table

    def __repr__(self) -> str:
        shown = dict(self.most_likely(_REPR_OUTCOMES)) if len(self) > _REPR_OUTCOMES else dict(self.items())
        inner = ", ".join(f"{key!r}: {value:.6g}" for key, value in sorted(shown.items()))
        more = f", … {len(self) - len(shown)} more" if len(self) > len(shown) else ""
        pruned = f", pruned {self.pruned:.2g}" if self.pruned > _ROUNDING else ""
        return f"Distribution({{{inner}{more}}}, {self._described()}{pruned})"

    def _repr_html_(self) -> str:
        from qsim.plots.html import distribution_html

        return distribution_html(self)
