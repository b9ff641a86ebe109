"""A Pauli sum as the compiled kernel takes it: in few readings of the state, each with all strings that fit.

A string pairs each amplitude with the one at its index ⊕ X mask. A reading gathers blocks over some *local* bits of the
index; strings whose X mask lies within these find both amplitudes in the block. Where a mask has too many bits for a
block, two blocks are gathered, which differ in the bits outside.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.states._paulis import Group, Groups

__all__ = ["Program", "Visit", "block_layout", "combined", "encode", "visits"]

REAL, IMAGINARY = range(2)  # as in qsim.kernels.reduce
_SUMS_BITS = 3  # sums over the whole block are formed eight vectors at a time, for their additions not to wait
# Re(i^m w) for m = 0 … 3: which part of w, and its sign.
_PARTS = ((REAL, 1), (IMAGINARY, -1), (REAL, -1), (IMAGINARY, 1))

Integers = NDArray[np.int64]


class Visit(NamedTuple):
    """One reading: the local bits, ascending; what a second block is apart, 0 for none; the X masks that it serves."""

    local: list[int]
    apart: int
    flips: list[int]


class Program(NamedTuple):
    """The arrays that the kernel `pauli_sum` takes."""

    layout: Integers
    jobs: Integers
    masks: Integers
    weights: NDArray[np.complex128]
    apart: int
    num_blocks: int
    block_amplitudes: int


def visits(groups: Groups, num_qubits: int, block_bits: int, low_bits: int) -> Iterator[Visit]:
    """Readings that serve all X masks: each takes in as many as its local bits have room for.

    Args:
        groups: the strings by X mask.
        num_qubits: of the register.
        block_bits: number of local bits.
        low_bits: of the lowest bits, which are always local.
    """
    low = bits.register_size(low_bits) - 1
    pending = sorted(groups, key=lambda flips: ((flips | low).bit_count(), flips))
    while pending:
        mask = low | pending[0]
        if mask.bit_count() > block_bits:  # and so have all others
            local = bits.register_size(block_bits) - 1
            apart = pending[0] & ~local
            served = [flips for flips in pending if flips & ~local == apart]
        else:
            for flips in pending:
                if (mask | flips).bit_count() <= block_bits:
                    mask |= flips
            local, apart = _filled(mask, block_bits), 0
            served = [flips for flips in pending if not flips & ~local]
        done = set(served)
        pending = [flips for flips in pending if flips not in done]
        yield Visit([bit for bit in range(num_qubits) if (local >> bit) & 1], apart, served)


def _filled(mask: int, count: int) -> int:
    """The mask with its lowest zeros made ones until it has so many."""
    while mask.bit_count() < count:
        mask |= mask + 1
    return mask


def encode(visit: Visit, groups: Groups, num_qubits: int, lane_bits: int) -> Program:
    """The arrays of one reading."""
    outer = [bit for bit in range(num_qubits) if bit not in visit.local]
    if visit.apart:
        outer.remove(visit.apart.bit_length() - 1)  # each pair of blocks is met once
    jobs: list[tuple[int, ...]] = []
    masks: list[tuple[int, int]] = []
    weights: list[complex] = []
    for flips in visit.flips:
        inner = _compressed(flips, visit.local)
        half = inner.bit_length() - 1  # the half of the block in which this bit is 0 meets the other half
        if visit.apart or half < lane_bits:
            half = -1
        local = [bit for position, bit in enumerate(visit.local) if position != half]
        double = 2 if visit.apart or half >= 0 else 1
        for part in (REAL, IMAGINARY):
            terms = [term for term in _signed(groups[flips], flips) if term[0] == part]
            if not terms:
                continue
            used = 0
            for _, sign, _ in terms:
                used |= sign
            seen = [bit for bit in local if (used >> bit) & 1]
            start = len(masks)
            masks += [(_compressed(sign, seen), sign & ~sum(1 << bit for bit in visit.local)) for _, sign, _ in terms]
            weights += [double * weight for _, _, weight in terms]
            signs = _compressed(used, local)
            window = max(signs.bit_length(), min(len(local), lane_bits + _SUMS_BITS))
            jobs.append((inner, part, half, signs, start, len(masks), window))
    return Program(
        block_layout(visit.local, outer),
        np.array(jobs, dtype=np.int64),
        np.array(masks, dtype=np.int64),
        np.array(weights, dtype=np.complex128),
        visit.apart,
        bits.register_size(len(outer)),
        bits.register_size(len(visit.local)),
    )


def _signed(group: Group, flips: int) -> Iterator[tuple[int, int, complex]]:
    """Part, Z mask and weight of each string: the value is weight · Σ part(conj(ψ[i ⊕ flips]) ψ[i]) (−1)^(i·z)."""
    for sign, coefficient in group:
        part, minus = _PARTS[(flips & sign).bit_count() % 4]
        yield part, sign, minus * coefficient


def block_layout(local: Sequence[int], outer: Sequence[int]) -> Integers:
    """A layout as the kernels take it: blocks over the local bits, both lists ascending."""
    run = next((position for position, bit in enumerate(local) if bit != position), len(local))
    offsets = combined([1 << bit for bit in local[run:]])
    head = [len(offsets), 1 << run, len(outer), *(1 << bit for bit in outer)]
    return np.concatenate([np.array(head, dtype=np.int64), offsets])


def combined(weights: Sequence[int]) -> Integers:
    """The sum of the weights of the bits that are 1, for all numbers of as many bits.

    >>> combined([1, 10, 100]).tolist()
    [0, 1, 10, 11, 100, 101, 110, 111]
    """
    sums = np.zeros(1, dtype=np.int64)
    for weight in weights:
        sums = np.concatenate([sums, sums + weight])
    return sums


def _compressed(mask: int, positions: Sequence[int]) -> int:
    """The mask's bits at these positions, side by side."""
    return sum(1 << place for place, position in enumerate(positions) if (mask >> position) & 1)
