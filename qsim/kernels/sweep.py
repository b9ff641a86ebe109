"""The sweep: one pass over the state in which each block of amplitudes is read, worked on by many steps, written.

A block is all amplitudes that share their bits outside the local ones. Its scratch holds groups of `lanes` amplitudes,
their real parts and then their imaginary parts; so local bits below `lane_bits` lie inside a vector, the others number
the groups. The memory's lowest local bits are its lowest bits too: it is read and written in contiguous runs.

A program is rows of eight integers, `opcode, a, b, c, x, y, z, table`. Numbers lie in `data` at item offsets, integers
in `terms` at word offsets; `table` is the item offset of a diagonal that is multiplied in first, or −1.

    OCTETS   a < b < c: group bits; x: their tangents; y: moves (`passes.py`); z: whether the diagonal is factors
    EXCHANGE as OCTETS, after the bits inside a vector and the octet's lowest bits have traded places
    DENSE    a < b: group bits; x: a 4 × 4 matrix; y: the four places of a quartet
    BLOCKS   as DENSE, with two 2 × 2 matrices
    TABLE    multiply by the diagonal
    PHASE    a: group mask; x: lane pattern (1 where the lane has the mask's bits); y, z: first term and number of terms
             (their masks in `terms`, their phases' cosine and sine in `data` from item b on): where all bits of the
             mask are 1, multiply by the phases of the terms whose bits outside the block are all 1
    SCALAR   as PHASE on the whole block: the factor is kept and multiplied in when the block is written
"""

from typing import Any

from numba import types

from qsim.kernels.passes import DIAGONALS, group_access, octet_kernel, quartet_kernels
from qsim.kernels.tables import tables_kernel
from qsim.kernels.vector import compiled, inlined, operations

__all__ = ["BLOCKS", "DENSE", "EXCHANGE", "HEADER", "OCTETS", "PHASE", "ROW", "SCALAR", "TABLE", "build"]

OCTETS, EXCHANGE, DENSE, BLOCKS, TABLE, PHASE, SCALAR = range(7)
ROW = 8  # integers a step
HEADER = 64  # bytes before a block's scratch: its scalar factor
_WORD = 8  # bytes an integer
_LINE = 64  # bytes of a cache line
# Runs are asked for so many bytes before they are read. More would push each other out of a first-level cache of eight
# ways where they lie a power of two apart; with none, reading and writing 22 qubits took 3.5 ms instead of 2.4.
_AHEAD = 2048


def build(lanes: int, precision: str) -> dict[str, tuple[Any, Any]]:
    """The kernels of a vector width and precision: name → (compiled function, signature)."""
    v = operations(lanes, precision)
    step = _step(v)
    gather, scatter = _memory(v)
    word, put, item, number = v.word, v.put, v.item, v.number

    @compiled
    def run_sweep(
        state: int, layout: int, program: int, steps: int, data: int, terms: int, scratch: int, first: int, last: int
    ) -> int:
        """Blocks first … last−1. `layout`: runs, groups a run, number of block bits, these bits, the memory offset of
        each run, and for each group in memory's order the place of what is written there."""
        runs, run_groups, block_bits = word(layout), word(layout + 8), word(layout + 16)
        bits_at = layout + 24
        offsets = bits_at + _WORD * block_bits
        groups = runs * run_groups
        block = scratch + HEADER
        for index in range(first, last):
            base = 0
            for k in range(block_bits):
                base |= ((index >> k) & 1) << word(bits_at + _WORD * k)
            origin = state + 2 * item * base
            put(scratch, number(1.0))
            put(scratch + item, number(0.0))
            gather(origin, block, offsets, runs, run_groups)
            for s in range(steps):
                step(program + s * ROW * _WORD, block, groups, base, data, terms)
            scatter(origin, block, offsets, runs, run_groups, data)
        return 0

    return {
        "run_sweep": (run_sweep, types.int64(*[types.int64] * 9)),
        "fill_tables": (tables_kernel(lanes, precision), types.int64(*[types.int64] * 7)),
    }


def _step(v: Any) -> Any:
    """One row of a program on one block."""
    word, item = v.word, v.item
    octets, traded = _octets(v, exchange=False), _octets(v, exchange=True)
    dense, blocks = quartet_kernels(v)
    multiply, phase, scalar = _diagonals(v)

    @compiled
    def step(row: int, scratch: int, groups: int, base: int, data: int, terms: int) -> None:
        op, a, b, c = word(row), word(row + 8), word(row + 16), word(row + 24)
        x, y, z, t = word(row + 32), word(row + 40), word(row + 48), word(row + 56)
        numbers, integers, table = data + item * x, terms + _WORD * y, data + item * t
        if op == OCTETS:
            octets(scratch, groups, base, a, b, c, numbers, integers, z, t, table)
        elif op == EXCHANGE:
            traded(scratch, groups, base, a, b, c, numbers, integers, z, t, table)
        elif op == DENSE:
            dense(scratch, groups, a, b, integers, numbers)
        elif op == BLOCKS:
            blocks(scratch, groups, a, b, integers, numbers)
        elif op == TABLE:
            multiply(scratch, groups, table)
        elif op == PHASE:
            phase(scratch, groups, base, a, numbers, integers, z, data + item * b)
        else:
            scalar(scratch, base, integers, z, data + item * b)

    return step


def _octets(v: Any, *, exchange: bool) -> Any:
    """The pass over octets with the diagonal that a row has: factors, a table, or none."""
    none, table, factors = (octet_kernel(v, diagonal=kind, exchange=exchange) for kind in DIAGONALS)

    @compiled
    def octets(
        scratch: int,
        groups: int,
        base: int,
        a: int,
        b: int,
        c: int,
        numbers: int,
        integers: int,
        is_factors: int,
        place: int,
        diagonal: int,
    ) -> None:
        if is_factors:
            factors(scratch, groups, base, a, b, c, numbers, integers, diagonal)
        elif place >= 0:
            table(scratch, groups, base, a, b, c, numbers, integers, diagonal)
        else:
            none(scratch, groups, base, a, b, c, numbers, integers, scratch)

    return octets


def _diagonals(v: Any) -> tuple[Any, Any, Any]:
    """Multiply by a table, by phases on a sub-cube, by phases on the whole block."""
    load, read, splat, word = v.load, v.read, v.splat, v.word
    fma, fnma, mul, size, item, number = v.fma, v.fnma, v.mul, v.size, v.item, v.number
    pair = 2 * size
    put_number = v.put
    fetch_table, put = group_access(v, with_table=True)

    @compiled
    def multiply(scratch: int, groups: int, table: int) -> None:
        for g in range(groups):
            at = pair * g
            re, im = fetch_table(scratch + at, table + at)
            put(scratch + at, re, im)

    @inlined
    def product(base: int, terms: int, count: int, phases: int) -> Any:
        c, s = number(1.0), number(0.0)
        for k in range(count):
            wanted = word(terms + _WORD * k)
            if base & wanted == wanted:
                x, y = read(phases + 2 * item * k), read(phases + (2 * k + 1) * item)
                c, s = c * x - s * y, c * y + s * x
        return c, s

    @compiled
    def phase(
        scratch: int, groups: int, base: int, mask: int, pattern: int, terms: int, count: int, phases: int
    ) -> None:
        c, s = product(base, terms, count, phases)
        if c == number(1.0) and s == number(0.0):
            return
        one_v, chosen = splat(number(1.0)), load(pattern)
        a = fma(chosen, splat(c - number(1.0)), one_v)
        b = mul(chosen, splat(s))
        g = mask
        while g < groups:  # the groups whose number has all bits of the mask
            at = scratch + pair * g
            re, im = load(at), load(at + size)
            put(at, fnma(b, im, mul(a, re)), fma(b, re, mul(a, im)))
            g = (g + 1) | mask

    @compiled
    def scalar(scratch: int, base: int, terms: int, count: int, phases: int) -> None:
        c, s = product(base, terms, count, phases)
        x, y = read(scratch - HEADER), read(scratch - HEADER + item)
        put_number(scratch - HEADER, c * x - s * y)
        put_number(scratch - HEADER + item, c * y + s * x)

    return multiply, phase, scalar


def _memory(v: Any) -> tuple[Any, Any]:
    """Read a block into its scratch, and write it, times a factor, back."""
    load, store, read, splat, word = v.load, v.store, v.read, v.splat, v.word
    fma, fnma, mul, size, item = v.fma, v.fnma, v.mul, v.size, v.item
    prefetch, even, odd, zip_low, zip_high = v.prefetch, v.even, v.odd, v.zip_low, v.zip_high
    pair = 2 * size
    _, put = group_access(v, with_table=False)

    @compiled
    def gather(state: int, scratch: int, offsets: int, runs: int, run_groups: int) -> None:
        ahead = max(_AHEAD // (run_groups * pair), 1)
        for r in range(runs):
            source = state + 2 * item * word(offsets + _WORD * r)
            target = scratch + r * run_groups * pair
            if r + ahead < runs:
                later = state + 2 * item * word(offsets + _WORD * (r + ahead))
                for line in range(0, run_groups * pair, _LINE):
                    prefetch(later + line)
            for g in range(run_groups):
                x, y = load(source + g * pair), load(source + g * pair + size)
                put(target + g * pair, even(x, y), odd(x, y))

    @compiled
    def scatter(state: int, scratch: int, offsets: int, runs: int, run_groups: int, scale: int) -> None:
        x, y = read(scale), read(scale + item)
        c, s = read(scratch - HEADER), read(scratch - HEADER + item)
        a, b = splat(c * x - s * y), splat(c * y + s * x)
        places = offsets + _WORD * runs
        for r in range(runs):
            target = state + 2 * item * word(offsets + _WORD * r)
            for g in range(run_groups):
                source = scratch + word(places + _WORD * (r * run_groups + g))
                x, y = load(source), load(source + size)
                re, im = fnma(b, y, mul(a, x)), fma(b, x, mul(a, y))
                store(target + g * pair, zip_low(re, im))
                store(target + g * pair + size, zip_high(re, im))

    return gather, scatter
