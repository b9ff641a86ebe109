"""Reading a state: sums over its amplitudes, in double precision whatever that of the state is.

A kernel reads a range of amplitudes or of blocks and adds to memory of its own: the caller decides which sums are kept
apart and in which order they are added up, so that no result depends on the number of threads. All arguments are
addresses and 64-bit integers. Amplitudes that are gathered into a block from several places have a *layout*:

    number of runs, amplitudes a run, number of block bits, the weight of each block bit in an index, the first index of
    each run; the runs' own bits and then those of their numbers count up the amplitudes of the block
"""

import math
from types import SimpleNamespace
from typing import Any

from numba import types

from qsim.kernels.vector import compiled, inlined, operations

__all__ = ["IMAGINARY", "JOB", "REAL", "build"]

REAL, IMAGINARY = range(2)
JOB = 7  # integers of a job of `pauli_sum`
_BYTES = 8  # of an integer, and of a number of the results


def build(lanes: int, precision: str) -> dict[str, tuple[Any, Any]]:
    """The kernels of a vector width and precision: name → (compiled function, signature)."""
    state = operations(lanes if precision == "double" else lanes // 2, precision)
    real = operations(state.lanes, "double")  # the state's numbers as the results have them: as many in a vector
    kernels = [
        *_sums(state, real),
        _locate(state, real),
        _marginal(state, real),
        _pauli_sum(state, real),
        _density(state, real),
    ]
    return {
        kernel.__name__: (kernel, types.int64(*[types.int64] * kernel.py_func.__code__.co_argcount))
        for kernel in kernels
    }


@inlined
def _insert_zero(index: int, bit: int) -> int:
    """The index with a 0 put in at a bit: 0b101 with bit 1 becomes 0b1001."""
    low = (1 << bit) - 1
    return ((index & ~low) << 1) | (index & low)


def _readers(state: SimpleNamespace, real: SimpleNamespace) -> tuple[Any, Any]:
    """Functions that read a vector's worth of amplitudes: their real and imaginary parts; their squared moduli."""
    load, even, odd, widen, size = state.load, state.even, state.odd, state.widen, state.size
    add, mul = real.add, real.mul

    @inlined
    def fetch(at: int) -> Any:
        x, y = load(at), load(at + size)
        return widen(even(x, y)), widen(odd(x, y))

    @inlined
    def square(at: int) -> Any:
        x, y = load(at), load(at + size)
        re, im = widen(even(x, y)), widen(odd(x, y))
        return add(mul(re, re), mul(im, im))  # without FMA: rounded as NumPy rounds it

    return fetch, square


def _sums(state: SimpleNamespace, real: SimpleNamespace) -> list[Any]:
    """Squared moduli, their sums, inner products."""
    load, widen, size, amplitude = state.load, state.widen, state.size, 2 * state.item
    load_real, store, fma, add, swap, splat = real.load, real.store, real.fma, real.add, real.exchange[0], real.splat
    read, put, width, vector_bytes = real.read, real.put, real.lanes, real.size
    _, square = _readers(state, real)

    @compiled
    def squares(amplitudes: int, out: int, first: int, last: int) -> int:
        """Of the amplitudes first … last−1."""
        for k in range(first, last, width):
            store(out + _BYTES * k, square(amplitudes + amplitude * k))
        return 0

    @compiled
    def block_totals(amplitudes: int, out: int, scratch: int, length: int, first: int, last: int) -> int:
        """Sum of the squares of each block first … last−1 of that length: its upper half is added to its lower one
        until one number is left. The first three of these additions happen in registers."""
        eighth = length >> 3
        hop = amplitude * eighth
        for block in range(first, last):
            for k in range(0, eighth, width):
                at = amplitudes + amplitude * (length * block + k)
                even = add(add(square(at), square(at + 4 * hop)), add(square(at + 2 * hop), square(at + 6 * hop)))
                at += hop
                odd = add(add(square(at), square(at + 4 * hop)), add(square(at + 2 * hop), square(at + 6 * hop)))
                store(scratch + _BYTES * k, add(even, odd))
            half = eighth >> 1
            while half >= width:
                for k in range(0, half, width):
                    at = scratch + _BYTES * k
                    store(at, add(load_real(at), load_real(at + _BYTES * half)))
                half >>= 1
            while half:
                for k in range(half):
                    at = scratch + _BYTES * k
                    put(at, read(at) + read(at + _BYTES * half))
                half >>= 1
            put(out + _BYTES * block, read(scratch))
        return 0

    @compiled
    def inner_product(left: int, right: int, out: int, first: int, last: int) -> int:
        """Two vectors for ⟨left|right⟩ over the amplitudes first … last−1: the lanes of the first add up to the real
        part, of the second the even ones less the odd ones to the imaginary part."""
        re0 = im0 = re1 = im1 = splat(0.0)
        for k in range(first, last, width):
            at = amplitude * k
            x, y = widen(load(left + at)), widen(load(right + at))
            re0, im0 = fma(x, y, re0), fma(x, swap(y), im0)
            x, y = widen(load(left + at + size)), widen(load(right + at + size))
            re1, im1 = fma(x, y, re1), fma(x, swap(y), im1)
        store(out, add(re0, re1))
        store(out + vector_bytes, add(im0, im1))
        return 0

    return [squares, block_totals, inner_product]


def _locate(state: SimpleNamespace, real: SimpleNamespace) -> Any:
    """Where sorted numbers fall in the cumulative sum of the squares."""
    read_state, item = state.read, state.item
    read, word, put_word = real.read, real.word, real.put_word

    @inlined
    def square(at: int) -> Any:
        re, im = types.float64(read_state(at)), types.float64(read_state(at + item))
        return re * re + im * im

    @inlined
    def place(targets: int, out: int, k: int, stop: int, edge: float, total: float, index: int) -> Any:
        """Puts down the index for the targets below the total; where the next one is, and what it is."""
        while k < stop and read(targets + _BYTES * k) - edge < total:
            put_word(out + _BYTES * k, index)
            k += 1
        return k, read(targets + _BYTES * k) - edge if k < stop else math.inf

    @compiled
    def locate_last(amplitudes: int, out: int, length: int, block: int, k: int, stop: int) -> None:
        """For targets past the end: the last index that makes the sum grow."""
        total = 0.0
        final = 0
        for index in range(length * block, length * (block + 1)):
            grown = total + square(amplitudes + 2 * item * index)
            if grown > total:
                final = index
            total = grown
        while k < stop:
            put_word(out + _BYTES * k, final)
            k += 1

    @compiled
    def locate(
        amplitudes: int, targets: int, edges: int, cuts: int, out: int, length: int, first: int, last: int
    ) -> int:
        """Indices of the targets of the blocks first … last−1 of that length.

        Block b has the targets cuts[b] … cuts[b+1]−1, from which edges[b] is subtracted. Two blocks are summed up at a
        time, since each addition waits for the one before.
        """
        for block in range(first, last, 2):
            other = min(block + 1, last - 1)
            k, k_stop = word(cuts + _BYTES * block), word(cuts + _BYTES * (block + 1))
            m, m_stop = word(cuts + _BYTES * other), word(cuts + _BYTES * (other + 1))
            if other == block:
                m = m_stop
            k_edge, m_edge = read(edges + _BYTES * block), read(edges + _BYTES * other)
            k, k_target = place(targets, out, k, k_stop, k_edge, 0.0, 0)
            m, m_target = place(targets, out, m, m_stop, m_edge, 0.0, 0)
            k_total = m_total = 0.0
            at, apart = amplitudes + 2 * item * length * block, 2 * item * length * (other - block)
            for i in range(length):
                if k == k_stop and m == m_stop:
                    break
                k_total += square(at + 2 * item * i)
                m_total += square(at + 2 * item * i + apart)
                if k_target < k_total:
                    k, k_target = place(targets, out, k, k_stop, k_edge, k_total, length * block + i)
                if m_target < m_total:
                    m, m_target = place(targets, out, m, m_stop, m_edge, m_total, length * other + i)
            if k < k_stop:
                locate_last(amplitudes, out, length, block, k, k_stop)
            if m < m_stop:
                locate_last(amplitudes, out, length, other, m, m_stop)
        return 0

    return locate


def _folds(real: SimpleNamespace) -> tuple[Any, Any]:
    """Functions on 2^bits numbers: sums over some bits of their index, and the Walsh–Hadamard transform over all."""
    load, store, add, sub, read, put, width = (
        real.load, real.store, real.add, real.sub, real.read, real.put, real.lanes,
    )  # fmt: skip

    @compiled
    def sum_over(scratch: int, bits: int, kept: int) -> int:
        """Sums over the bits that are not in the mask, in place; returns how many numbers are left."""
        left = 1 << bits
        for bit in range(bits - 1, -1, -1):
            if (kept >> bit) & 1:
                continue
            left >>= 1
            half = 1 << bit
            if half >= width:
                for k in range(0, left, width):
                    at = scratch + _BYTES * _insert_zero(k, bit)
                    store(scratch + _BYTES * k, add(load(at), load(at + _BYTES * half)))
            else:
                for k in range(left):
                    at = scratch + _BYTES * _insert_zero(k, bit)
                    put(scratch + _BYTES * k, read(at) + read(at + _BYTES * half))
        return left

    @compiled
    def transform(scratch: int, length: int) -> None:
        """Number z becomes the sum of all numbers i, with a minus sign where z and i have an odd number of 1s in
        common."""
        half = 1
        bit = 0
        while half < length:
            if half >= width:
                for k in range(0, length >> 1, width):
                    at = scratch + _BYTES * _insert_zero(k, bit)
                    x, y = load(at), load(at + _BYTES * half)
                    store(at, add(x, y))
                    store(at + _BYTES * half, sub(x, y))
            else:
                for k in range(length >> 1):
                    at = scratch + _BYTES * _insert_zero(k, bit)
                    a, b = read(at), read(at + _BYTES * half)
                    put(at, a + b)
                    put(at + _BYTES * half, a - b)
            half <<= 1
            bit += 1

    return sum_over, transform


def _marginal(state: SimpleNamespace, real: SimpleNamespace) -> Any:
    """Sums of squares over the qubits that are not listed."""
    store, read, put, word, width, amplitude = (
        real.store, real.read, real.put, real.word, real.lanes, 2 * state.item,
    )  # fmt: skip
    _, square = _readers(state, real)
    sum_over, _ = _folds(real)

    @compiled
    def marginal(
        amplitudes: int, out: int, places: int, scratch: int, bits: int, kept: int, counted: int, num_counted: int
    ) -> int:
        """Adds to `out` from 2^num_counted blocks of 2^bits amplitudes.

        `counted` has pairs, the weight in an index and the weight in `out` of each bit that differs between the
        blocks; `kept` is the mask of the bits within a block that `out` tells apart, `places` says where their values
        stand in it.
        """
        for block in range(1 << num_counted):
            index = target = 0
            for k in range(num_counted):
                if (block >> k) & 1:
                    index += word(counted + 2 * _BYTES * k)
                    target += word(counted + 2 * _BYTES * k + _BYTES)
            for k in range(0, 1 << bits, width):
                store(scratch + _BYTES * k, square(amplitudes + amplitude * (index + k)))
            for k in range(sum_over(scratch, bits, kept)):
                at = out + _BYTES * (target + word(places + _BYTES * k))
                put(at, read(at) + read(scratch + _BYTES * k))
        return 0

    return marginal


def _block_index(real: SimpleNamespace) -> Any:
    """A function for the index of a block's amplitude 0."""
    word = real.word

    @inlined
    def block_index(block: int, layout: int) -> int:
        index = 0
        for k in range(word(layout + 2 * _BYTES)):
            if (block >> k) & 1:
                index += word(layout + (3 + k) * _BYTES)
        return index

    return block_index


def _pauli_sum(state: SimpleNamespace, real: SimpleNamespace) -> Any:
    """Expectation values of Pauli strings."""
    load, store, add, mul, fma, fnma, splat = (
        real.load, real.store, real.add, real.mul, real.fma, real.fnma, real.splat,
    )  # fmt: skip
    read, put, word, width, ones = real.read, real.put, real.word, real.lanes, real.count_ones
    amplitude, lane_bits = 2 * state.item, real.lane_bits
    swap0, swap1, swap2 = (real.exchange[min(bit, lane_bits - 1)] for bit in range(3))
    fetch, _ = _readers(state, real)
    sum_over, transform = _folds(real)
    block_index = _block_index(real)

    @compiled
    def gather(amplitudes: int, layout: int, scratch: int) -> Any:
        runs, length = word(layout), word(layout + _BYTES)
        offsets = layout + _BYTES * (3 + word(layout + 2 * _BYTES))
        size = runs * length
        for run in range(runs):
            source = amplitudes + amplitude * word(offsets + _BYTES * run)
            target = scratch + _BYTES * run * length
            for k in range(0, length, width):
                re, im = fetch(source + amplitude * k)
                store(target + _BYTES * k, re)
                store(target + _BYTES * (size + k), im)
        return size

    @inlined
    def product(a: int, b: int, im: int, part: int) -> Any:
        ar, ai, br, bi = load(a), load(a + im), load(b), load(b + im)
        if part == REAL:
            return fma(ar, br, mul(ai, bi))
        return fnma(bi, ar, mul(br, ai))

    @inlined
    def product_turned(a: int, b: int, im: int, part: int, flips: int) -> Any:
        ar, ai, br, bi = load(a), load(a + im), load(b), load(b + im)
        if flips & 1:
            br, bi = swap0(br), swap0(bi)
        if width > 2 and flips & 2:
            br, bi = swap1(br), swap1(bi)
        if width > 4 and flips & 4:
            br, bi = swap2(br), swap2(bi)
        if part == REAL:
            return fma(ar, br, mul(ai, bi))
        return fnma(bi, ar, mul(br, ai))

    @compiled
    def multiply(left: int, right: int, out: int, size: int, flips: int, part: int, half: int, window: int) -> None:
        """A part of conj(right[i ⊕ flips]) · left[i] for all i, or for those whose bit `half` is 0; they are counted
        up, and what is equal but for bits beyond the window is added up."""
        for k in range(0, window, width):
            store(out + _BYTES * k, splat(0.0))
        step = 1 << half if half >= 0 else size
        outer, im = flips & ~(width - 1), _BYTES * size
        k = first = 0
        while first < size:
            if flips & (width - 1):
                for i in range(first, first + step, width):
                    w = product_turned(left + _BYTES * i, right + _BYTES * (i ^ outer), im, part, flips)
                    at = out + _BYTES * (k & (window - 1))
                    store(at, add(load(at), w))
                    k += width
            elif part == REAL:
                for i in range(first, first + step, width):
                    at = out + _BYTES * (k & (window - 1))
                    store(at, add(load(at), product(left + _BYTES * i, right + _BYTES * (i ^ outer), im, REAL)))
                    k += width
            else:
                for i in range(first, first + step, width):
                    at = out + _BYTES * (k & (window - 1))
                    store(at, add(load(at), product(left + _BYTES * i, right + _BYTES * (i ^ outer), im, IMAGINARY)))
                    k += width
            first += 2 * step

    @compiled
    def pauli_sum(
        amplitudes: int,
        layout: int,
        jobs: int,
        num_jobs: int,
        masks: int,
        weights: int,
        apart: int,
        out: int,
        scratch: int,
        first: int,
        last: int,
    ) -> int:
        """Adds to the complex number at `out` the terms of all jobs, over the blocks first … last−1.

        Each amplitude i meets i ⊕ (apart + flips): `apart` leads to another block, `flips` within one. A job is the
        flips, the part of the product, the half of the block that does (−1: all), the mask of the bits that signs
        depend on (counted without that half's), its first and last term, and a number of bits that holds the mask; a
        term is two masks, its signs' in the block and among the block bits, and a complex weight.
        """
        for block in range(first, last):
            index = block_index(block, layout)
            size = gather(amplitudes + amplitude * index, layout, scratch)
            other = scratch
            if apart:
                other = scratch + 2 * _BYTES * size
                gather(amplitudes + amplitude * (index ^ apart), layout, other)
            products = scratch + 4 * _BYTES * size
            for number in range(num_jobs):
                job = jobs + JOB * _BYTES * number
                flips, part, half, signs = (
                    word(job), word(job + _BYTES), word(job + 2 * _BYTES), word(job + 3 * _BYTES),
                )  # fmt: skip
                bits = word(job + 6 * _BYTES)
                multiply(scratch, other, products, size, flips, part, half, 1 << bits)
                transform(products, sum_over(products, bits, signs))
                re, im = read(out), read(out + _BYTES)
                for term in range(word(job + 4 * _BYTES), word(job + 5 * _BYTES)):
                    value = read(products + _BYTES * word(masks + 2 * _BYTES * term))
                    if ones(index & word(masks + 2 * _BYTES * term + _BYTES)) & 1:
                        value = -value
                    re += value * read(weights + 2 * _BYTES * term)
                    im += value * read(weights + 2 * _BYTES * term + _BYTES)
                put(out, re)
                put(out + _BYTES, im)
        return 0

    return pauli_sum


def _density(state: SimpleNamespace, real: SimpleNamespace) -> Any:
    """Reduced density matrices of few qubits."""
    load, store, fma, fnma, add, splat = real.load, real.store, real.fma, real.fnma, real.add, real.splat
    word, put, width, vector_bytes = real.word, real.put, real.lanes, real.size
    read_state, item = state.read, state.item
    fetch, _ = _readers(state, real)
    block_index = _block_index(real)

    @compiled
    def gather(amplitudes: int, layout: int, places: int, scratch: int) -> Any:
        runs, length = word(layout), word(layout + _BYTES)
        offsets = layout + _BYTES * (3 + word(layout + 2 * _BYTES))
        size = runs * length
        are_columns = word(places + _BYTES * (width - 1)) == width - 1  # the lowest bits: a vector stays together
        for run in range(runs):
            source = amplitudes + 2 * item * word(offsets + _BYTES * run)
            place = places + _BYTES * run * length
            if are_columns:
                for k in range(0, length, width):
                    at = scratch + _BYTES * word(place + _BYTES * k)
                    re, im = fetch(source + 2 * item * k)
                    store(at, re)
                    store(at + _BYTES * size, im)
                continue
            for k in range(length):
                at = scratch + _BYTES * word(place + _BYTES * k)
                put(at, types.float64(read_state(source + 2 * item * k)))
                put(at + _BYTES * size, types.float64(read_state(source + 2 * item * k + item)))
        return size

    @compiled
    def density(
        amplitudes: int, layout: int, places: int, rows: int, out: int, scratch: int, first: int, last: int
    ) -> int:
        """Adds to two vectors a pair of rows a ≥ b, whose lanes add up to real and imaginary part of Σ a · conj(b).

        `places` says where each amplitude of a block stands in a matrix with so many rows. Blocks first … last−1.
        """
        for block in range(first, last):
            size = gather(amplitudes + 2 * item * block_index(block, layout), layout, places, scratch)
            columns = size // rows
            at = out
            for row in range(rows):
                a = scratch + _BYTES * columns * row
                for other in range(row + 1):
                    b = scratch + _BYTES * columns * other
                    re0, im0 = load(at), load(at + vector_bytes)
                    re1 = im1 = splat(0.0)
                    for k in range(0, _BYTES * columns, vector_bytes):
                        ar, ai, br, bi = (
                            load(a + k),
                            load(a + k + _BYTES * size),
                            load(b + k),
                            load(b + k + _BYTES * size),
                        )
                        re0, re1 = fma(ar, br, re0), fma(ai, bi, re1)
                        im0, im1 = fma(ai, br, im0), fnma(ar, bi, im1)
                    store(at, add(re0, re1))
                    store(at + vector_bytes, add(im0, im1))
                    at += 2 * vector_bytes
        return 0

    return density
