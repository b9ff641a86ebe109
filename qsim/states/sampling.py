"""Sampling: indices drawn from a probability distribution by inverting its cumulative sum.

With cumulative sums c, a uniform number u falls on the index i for which c[i-1] ≤ u < c[i]. Such an i has a probability
above zero. The sum is kept in two levels, over blocks of a fixed size and within the block at hand: it is read in two
passes, never held as a whole. Both passes round in a fixed order, halves onto halves for a block's total and index by
index within it, so that the same draws give the same outcomes whether NumPy or a compiled kernel reads.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.errors import StateError
from qsim.memory import require_memory
from qsim.states.vectors import reader, squares

__all__ = [
    "FEW_QUBITS",
    "BLOCK",
    "check_shots",
    "check_total",
    "draw_sorted_uniforms",
    "folded_sum",
    "invert_cumulative",
    "make_rng",
    "merge_equal",
    "sample_amplitudes",
    "sample_blocks",
    "sample_indices",
]

FEW_QUBITS = 20  # the distribution of fewer is formed to be sampled: 4 MiB

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
    return _counted(invert_cumulative(uniforms, read, length))


def sample_amplitudes(
    amplitudes: NDArray[Any], shots: int, rng: np.random.Generator
) -> tuple[Outcomes, NDArray[np.int64]]:
    """`sample_indices` of the probabilities |a|² of amplitudes, which are not formed as an array."""
    compiled = reader(amplitudes, 10)
    if compiled is None:
        return sample_blocks(lambda a, b: squares(amplitudes[a:b]), len(amplitudes), shots, rng)
    uniforms = draw_sorted_uniforms(check_shots(shots), rng)
    length = min(BLOCK, len(amplitudes))
    targets, edges, cuts = _divided(uniforms, compiled.block_totals(length))
    return _counted(compiled.locate(length, targets, edges, cuts))


def merge_equal(outcomes: Outcomes, counts: NDArray[np.int64]) -> tuple[Outcomes, NDArray[np.int64]]:
    """Equal outcomes put together, ascending.

    >>> merge_equal(np.array([3, 1, 3]), np.array([5, 6, 7]))
    (array([1, 3]), array([ 6, 12]))
    """
    order = np.argsort(outcomes, kind="stable")
    firsts = _run_starts(outcomes[order])
    return outcomes[order[firsts]], np.add.reduceat(counts[order], firsts) if len(firsts) else counts[:0]


def _counted(drawn: Outcomes) -> tuple[Outcomes, NDArray[np.int64]]:
    """The indices of an ascending list, and how often each is there."""
    firsts = _run_starts(drawn)
    return drawn[firsts], np.diff(firsts, append=len(drawn))


def _run_starts(ascending: Outcomes) -> NDArray[np.int64]:
    """Where each run of equal numbers begins."""
    is_first = np.ones(len(ascending), dtype=bool)
    np.not_equal(ascending[1:], ascending[:-1], out=is_first[1:])
    return np.flatnonzero(is_first)


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
    targets, edges, cuts = _divided(uniforms, [_block_total(read(start, stop), start) for start, stop in spans])
    outcomes = np.empty(len(targets), dtype=np.int64)
    for number in np.flatnonzero(np.diff(cuts)).tolist():
        hits = slice(cuts[number], cuts[number + 1])
        start, stop = spans[number]
        sums = np.cumsum(read(start, stop), dtype=np.float64)
        last = np.searchsorted(sums, sums[-1])  # the first index that reaches the sum: its own probability is not 0
        found = np.searchsorted(sums, targets[hits] - edges[number], side="right")
        outcomes[hits] = start + np.minimum(found, last)
    return outcomes


def _divided(
    uniforms: NDArray[np.float64], totals: Any
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Uniform numbers as targets in the cumulative sum, that sum at the edges of the blocks, and each block's targets.

    Block b has the targets `cuts[b]` up to `cuts[b + 1]`.
    """
    edges = np.append(0.0, np.cumsum(totals))
    check_total(float(edges[-1]))
    targets = uniforms * edges[-1]
    # The last block that is not empty takes all that is left, targets at the very end too.
    last_block = int(np.searchsorted(edges, edges[-1])) - 1
    cuts = np.searchsorted(targets, edges)
    cuts[last_block + 1 :] = len(targets)
    return targets, edges, cuts


def _block_total(block: NDArray[Any], start: int) -> float:
    if not block.min() >= 0:  # so written NaN is refused too
        wrong = int(np.flatnonzero(~(block >= 0))[0])
        raise StateError(
            f"Argument `probabilities` must be 0 or more, but has {block[wrong]} at index {start + wrong}."
        )
    return folded_sum(block)


def folded_sum(numbers: NDArray[Any]) -> float:
    """Sum in double precision: the upper half is added to the lower one until one number is left.

    >>> folded_sum(np.array([1.0, 2.0, 3.0]))
    6.0
    """
    values = numbers.astype(np.float64, copy=False)
    size = bits.register_size((len(values) - 1).bit_length())
    if size > len(values):
        values = np.append(values, np.zeros(size - len(values)))
    while size > 1:
        size //= 2
        values = values[:size] + values[size:]
    return float(values[0])
