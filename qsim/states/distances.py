"""Statistics of counts: Wilson's interval, distances between distributions, Pearson's chi-square test.

All work on arrays; SciPy is imported where the chi-square distribution is needed.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qsim.errors import StateError

__all__ = ["ChiSquare", "chi_square", "hellinger", "total_variation", "wilson_interval"]

Probabilities = NDArray[np.float64]

# Cells of smaller expectation are pooled: the usual rule (W. G. Cochran, Biometrics 10, 417, 1954).
MIN_EXPECTED = 5.0
# A probability up to this one is the rounding error of 0. The 2^30 outcomes of the largest registers would have 1e-15
# together at this size each: no true outcome is lost.
IMPOSSIBLE = 1e-24


class ChiSquare(NamedTuple):
    """Result of a chi-square test.

    Attributes:
        statistic: Σ (observed - expected)² / expected over the cells.
        degrees_of_freedom: number of cells less 1.
        p_value: probability of a statistic as large, were the probabilities right; 0 if something impossible was seen.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float


def _quantile(level: float) -> float:
    """z such that a normal variable is within ±z standard deviations with that probability."""
    if level == 0.95:
        return 1.959963984540054
    from statistics import NormalDist  # 5 ms

    return NormalDist().inv_cdf((1 + level) / 2)


def wilson_interval(successes: Any, shots: int, level: float = 0.95) -> tuple[Probabilities, Probabilities]:
    """Wilson's score interval of a probability, from its successes in so many shots.

    The values p for which |successes/shots - p| ≤ z·√(p(1-p)/shots), where z is the normal quantile of the level (E. B.
    Wilson, J. Am. Stat. Assoc. 22, 209, 1927). It stays within [0, 1] and is right for 0 successes, too.

    Args:
        successes: a number or an array of numbers.
        shots: number of shots; of none the interval is [0, 1].
        level: how often the interval holds the true value.

    Returns:
        The lower ends and the upper ends, of the shape of `successes`.

    >>> low, high = wilson_interval(np.array([0, 5]), 10)
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.0, 0.2366], [0.2775, 0.7634])
    """
    if not 0 < level < 1:
        raise StateError(f"Argument `level` must lie between 0 and 1, but is {level}.")
    hits = np.asarray(successes, dtype=np.float64)
    if shots == 0:
        return np.zeros_like(hits), np.ones_like(hits)
    z = _quantile(level)
    center = hits + z**2 / 2
    half = z * np.sqrt(hits * (shots - hits) / shots + z**2 / 4)
    low = np.where(hits == 0, 0.0, (center - half) / (shots + z**2))  # exactly, where rounding might miss it
    high = np.where(hits == shots, 1.0, (center + half) / (shots + z**2))
    return low, high


def total_variation(p: Probabilities, q: Probabilities) -> float:
    """½ Σ |p - q|: the largest difference that the two distributions give to the probability of any event.

    >>> total_variation(np.array([0.5, 0.5]), np.array([1.0, 0.0]))
    0.5
    """
    return min(0.5 * float(np.abs(p - q).sum()), 1.0)


def hellinger(p: Probabilities, q: Probabilities) -> float:
    """√(½ Σ (√p - √q)²), which lies between 0 and 1.

    >>> hellinger(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    1.0
    """
    return min(math.sqrt(0.5 * float(np.square(np.sqrt(p) - np.sqrt(q)).sum())), 1.0)


def chi_square(observed: NDArray[np.int64], probabilities: Probabilities) -> ChiSquare:
    """Pearson's chi-square test of counts against exact probabilities.

    Outcomes of an expectation below 5 are pooled into one cell; if that is still below 5 it joins the smallest other
    cell. With a single cell there is nothing to test: p is 1. Where an outcome of probability 0 was seen p is 0.

    Args:
        observed: counts by outcome.
        probabilities: by outcome; they sum to 1.

    >>> chi_square(np.array([44, 56]), np.array([0.5, 0.5])).statistic
    1.44
    """
    from scipy.special import gammaincc  # the chi-square distribution's tail; scipy.stats takes seconds to load

    possible = probabilities > IMPOSSIBLE
    seen, expected = _pool(observed[possible], int(observed.sum()) * probabilities[possible])
    freedom = len(expected) - 1
    if observed[~possible].any():
        return ChiSquare(math.inf, freedom, 0.0)
    statistic = float((np.square(seen - expected) / expected).sum())
    p_value = float(gammaincc(freedom / 2, statistic / 2)) if freedom else 1.0
    return ChiSquare(statistic, freedom, p_value)


def _pool(seen: NDArray[np.int64], expected: Probabilities) -> tuple[NDArray[np.int64], Probabilities]:
    """Cells of the test: each outcome its own, but those of small expectation together."""
    is_small = expected < MIN_EXPECTED
    if not is_small.any():
        return seen, expected
    pooled_seen, pooled_expected = seen[is_small].sum(), expected[is_small].sum()
    seen, expected = seen[~is_small], expected[~is_small]
    if pooled_expected < MIN_EXPECTED and len(expected):
        smallest = expected.argmin()
        seen[smallest] += pooled_seen
        expected[smallest] += pooled_expected
        return seen, expected
    return np.append(seen, pooled_seen), np.append(expected, pooled_expected)
