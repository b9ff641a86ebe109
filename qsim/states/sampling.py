"""Sampling: indices drawn from a probability distribution by inverting its cumulative sum.

With cumulative sums c, a uniform number u falls on the index i for which c[i-1] ≤ u < c[i]. Such an i has a probability
above zero. The sum is kept in two levels, over blocks of a fixed size and within the block at hand: it is read in two
passes, never held as a whole, and the same draws give the same outcomes in whatever pieces the distribution comes.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim.errors import StateError
from qsim.memory import require_memory

__all__ = [
    "BLOCK",
    "check_shots",
    "check_total",
    "draw_sorted_uniforms",
    "invert_cumulative",
    "make_rng",
    "sample_blocks",
    "sample_indices",
]

# Entries a block. Its cumulative sum of 512 KiB stays in the second-level cache: 10^6 draws from 2^20 probabilities are
# looked up in 24 ms, against 52 ms in one sum. Part of the definition: another size rounds differently.
BLOCK = 2**16
_SHOT_BYTES = 32  # a shot's uniform number, target and outcome, and the comparison of neighbours
_SMALL_SHOTS = 10**6  # fewer are drawn unasked
# A norm within 1e-4 of 1 is what single precision keeps over long circuits; its square is the total.
_TOTAL_TOLERANCE = 1e-3

Outcomes = NDArray[np.int64]
ReadBlock = Callable[[int, int], NDArray[Any]]


def make_rng(seed: int | np.random.Generator | None) -> np.random.Generator:
    """A generator from a seed; a generator is handed through, `None` gives a fresh one. Nothing global is touched.

    Raises:
        TypeError: the seed is of another type, bool included.
        StateError: the seed is negative.

    >>> int(make_rng(7).integers(100)) == int(make_rng(7).integers(100))
    True
    """
    if seed is None or isinstance(seed, np.random.Generator):
        return np.random.default_rng(seed)
    return np.random.default_rng(_whole(seed, "seed", "an int, a numpy.random.Generator or None"))


def check_shots(shots: int) -> int:
    """The number of shots as an int, 0 or more.

    Raises:
        TypeError: it is no integer.
        StateError: it is negative.
    """
    return _whole(shots, "shots", "an int")


def _whole(number: Any, name: str, kinds: str) -> int:
    if isinstance(number, (bool, np.bool_)) or not hasattr(number, "__index__"):
        raise TypeError(f"Argument `{name}` must be {kinds}, but is {type(number).__name__}: {number!r}.")
    value = operator.index(number)
    if value < 0:
        raise StateError(f"Argument `{name}` must be 0 or more, but is {value}.")
    return value


def check_total(total: float) -> None:
    """Refuse probabilities whose sum is not 1 but for rounding.

    >>> check_total(0.5)
    Traceback (most recent call last):
    qsim.errors.StateError: Argument `probabilities` must sum to 1, but sums to 0.5.
    """
    if not abs(total - 1) <= _TOTAL_TOLERANCE:  # so written NaN is refused too
        raise StateError(f"Argument `probabilities` must sum to 1, but sums to {total:.6g}.")


def sample_indices(
    probabilities: NDArray[Any], shots: int, rng: np.random.Generator
) -> tuple[Outcomes, NDArray[np.int64]]:
    """Draw indices with the given probabilities; an index of probability 0 is never drawn.

    Args:
        probabilities: one an index; they sum to 1 but for rounding, and are scaled to do so.
        shots: number of draws, 0 or more.
        rng: where randomness comes from: `shots` + 1 exponential numbers.

    Returns:
        The indices drawn, ascending, and how often each was; the latter sum to `shots`.

    Raises:
        StateError: a probability is negative or NaN, the sum is not 1, or `shots` is negative.
        TooLargeError: memory does not hold so many shots.

    >>> outcomes, counts = sample_indices(np.array([0.0, 0.5, 0.0, 0.5]), 1000, make_rng(7))
    >>> outcomes.tolist(), int(counts.sum())
    ([1, 3], 1000)
    """
    array = np.asarray(probabilities)
    if array.ndim != 1 or array.dtype.kind not in "fiu":
        raise StateError(
            f"Argument `probabilities` must be a vector of real numbers, but has shape {array.shape} and dtype "
            f"{array.dtype}."
        )
    return sample_blocks(lambda start, stop: array[start:stop], len(array), shots, rng)


def sample_blocks(
    read: ReadBlock, length: int, shots: int, rng: np.random.Generator
) -> tuple[Outcomes, NDArray[np.int64]]:
    """`sample_indices` of a distribution that is read block by block and need not exist as an array.

    Args:
        read: `read(start, stop)` gives the probabilities of a range of indices. Called for each block, and once more
            for each block that is hit.
        length: number of indices.
        shots: number of draws.
        rng: where randomness comes from.
    """
    uniforms = draw_sorted_uniforms(check_shots(shots), rng)
    drawn = invert_cumulative(uniforms, read, length)
    is_first = np.ones(len(drawn), dtype=bool)  # of a run of equal indices
    np.not_equal(drawn[1:], drawn[:-1], out=is_first[1:])
    firsts = np.flatnonzero(is_first)
    return drawn[firsts], np.diff(firsts, append=len(drawn))


def draw_sorted_uniforms(shots: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Independent uniform numbers of [0, 1], ascending.

    The first n partial sums of n + 1 exponential numbers, over the whole sum, are distributed as n sorted uniform
    numbers (L. Devroye, Non-Uniform Random Variate Generation, 1986, section V.3.1): a quarter of the time of sorting.
    """
    if shots > _SMALL_SHOTS:
        require_memory(_SHOT_BYTES * shots, f"A sample of {shots} shots")
    sums: NDArray[np.float64] = np.cumsum(rng.standard_exponential(shots + 1))
    sums /= sums[-1]
    return sums[:-1]


def invert_cumulative(uniforms: NDArray[np.float64], read: ReadBlock, length: int) -> Outcomes:
    """The index on which each uniform number falls.

    Args:
        uniforms: numbers from 0 to 1, ascending. One that rounding puts past the end of the cumulative sum falls on the
            last index of a probability above zero.
        read: gives the probabilities from an index up to another.
        length: number of indices.

    >>> halves = np.array([0.0, 0.5, 0.0, 0.5, 0.0])
    >>> invert_cumulative(np.array([0.0, 0.4999, 0.5, 1.0]), lambda start, stop: halves[start:stop], 5).tolist()
    [1, 1, 3, 3]
    """
    spans = [(start, min(start + BLOCK, length)) for start in range(0, length, BLOCK)]
    totals = [_block_total(read(start, stop), start) for start, stop in spans]
    edges = np.append(0.0, np.cumsum(totals))  # cumulative sum at the edges of the blocks
    check_total(float(edges[-1]))
    targets = uniforms * edges[-1]
    # The last block that is not empty takes all that is left, targets at the very end too.
    last_block = int(np.searchsorted(edges, edges[-1])) - 1
    cuts = np.searchsorted(targets, edges)
    cuts[last_block + 1 :] = len(targets)
    outcomes = np.empty(len(targets), dtype=np.int64)
    for number in np.flatnonzero(np.diff(cuts)).tolist():
        hits = slice(cuts[number], cuts[number + 1])
        start, stop = spans[number]
        sums = np.cumsum(read(start, stop), dtype=np.float64)
        last = np.searchsorted(sums, sums[-1])  # the first index that reaches the sum: its own probability is not 0
        found = np.searchsorted(sums, targets[hits] - edges[number], side="right")
        outcomes[hits] = start + np.minimum(found, last)
    return outcomes


def _block_total(block: NDArray[Any], start: int) -> float:
    if not block.min() >= 0:  # so written NaN is refused too
        wrong = int(np.flatnonzero(~(block >= 0))[0])
        raise StateError(
            f"Argument `probabilities` must be 0 or more, but has {block[wrong]} at index {start + wrong}."
        )
    return float(block.sum(dtype=np.float64))
