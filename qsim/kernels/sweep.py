"""The sweep: one pass over the state in which each block of amplitudes is read, worked on by many steps, written.

A block is all amplitudes that share their bits outside the local ones. Its scratch holds groups of `lanes` amplitudes,
their real parts and then their imaginary parts; so local bits below `lane_bits` lie inside a vector, the others number
the groups. The memory's lowest local bits are its lowest bits too: it is read and written in contiguous runs.

A program is rows of eight integers, `opcode, a, b, c, x, y, z, table`: numbers lie in `data` at item offsets x, y, z;
`table` is the item offset of a diagonal that is multiplied on the way, or −1.

    ROTATE   a, b, c: group bits, −1 for none; x: their tangents; y: bit k set where rotation k exchanges its halves
    LANES    x: for each bit inside a vector the two vectors d, o of `v → d·v + o·exchange(v)`; a: which bits
    TABLE    multiply by the diagonal
    PHASE    a: group mask; x: lane pattern (1 where the lane has the mask's bits); y, z: first term and number of terms
             (their masks in `terms`, their phases' cosine and sine in `data` from item b on): where all bits of the
             mask are 1, multiply by the phases of the terms whose bits outside the block are all 1
"""

from typing import Any

from numba import types

from qsim.kernels.vector import compiled, inlined, operations

__all__ = ["LANES", "PHASE", "ROTATE", "ROW", "TABLE", "build"]

ROTATE, LANES, TABLE, PHASE = range(4)
ROW = 8  # integers a step
_WORD = 8  # bytes an integer


@inlined
def _insert_zero(index: int, bit: int) -> int:
    """The index with a 0 put in at a bit: 0b101 with bit 1 becomes 0b1001."""
    low = (1 << bit) - 1
    return ((index & ~low) << 1) | (index & low)


def _rotations(v: Any, with_table: bool) -> list[Any]:
    """Kernels that rotate one, two or three group bits in one pass, after multiplying by a diagonal if asked to."""
    load, store, read, splat = v.load, v.store, v.read, v.splat
    fma, fnma, mul, size, item = v.fma, v.fnma, v.mul, v.size, v.item
    pair = 2 * size  # bytes of a group: real and imaginary parts

    if with_table:

        @inlined
        def fetch(at: int, table: int) -> Any:
            re, im, a, b = load(at), load(at + size), load(table), load(table + size)
            return fnma(b, im, mul(a, re)), fma(b, re, mul(a, im))

    else:

        @inlined
        def fetch(at: int, table: int) -> Any:
            return load(at), load(at + size)

    @inlined
    def turn(t: Any, x: Any, y: Any) -> Any:
        return fnma(t, y[0], x[0]), fnma(t, y[1], x[1]), fma(t, x[0], y[0]), fma(t, x[1], y[1])

    @inlined
    def put(at: int, re: Any, im: Any) -> None:
        store(at, re)
        store(at + size, im)

    @compiled
    def one(scratch: int, groups: int, a: int, tangents: int, flips: int, table: int) -> None:
        t = splat(read(tangents))
        stride = pair << a
        flip = stride * (flips & 1)
        for k in range(groups >> 1):
            at = pair * _insert_zero(k, a)
            x, y = fetch(scratch + at, table + at), fetch(scratch + at + stride, table + at + stride)
            xr, xi, yr, yi = turn(t, x, y)
            put(scratch + at + flip, xr, xi)
            put(scratch + at + stride - flip, yr, yi)

    @compiled
    def two(scratch: int, groups: int, a: int, b: int, tangents: int, flips: int, table: int) -> None:
        """Radix 4; a < b."""
        ta, tb = splat(read(tangents)), splat(read(tangents + item))
        sa, sb = pair << a, pair << b
        fa, fb = sa * (flips & 1), sb * ((flips >> 1) & 1)
        for k in range(groups >> 2):
            at = pair * _insert_zero(_insert_zero(k, a), b)
            p, q = scratch + at, table + at
            x0, x1 = fetch(p, q), fetch(p + sa, q + sa)
            x2, x3 = fetch(p + sb, q + sb), fetch(p + sb + sa, q + sb + sa)
            a0r, a0i, a1r, a1i = turn(ta, x0, x1)
            a2r, a2i, a3r, a3i = turn(ta, x2, x3)
            b0r, b0i, b2r, b2i = turn(tb, (a0r, a0i), (a2r, a2i))
            b1r, b1i, b3r, b3i = turn(tb, (a1r, a1i), (a3r, a3i))
            put(p + fa + fb, b0r, b0i)
            put(p + sa - fa + fb, b1r, b1i)
            put(p + fa + sb - fb, b2r, b2i)
            put(p + sa - fa + sb - fb, b3r, b3i)

    @inlined
    def half(p: int, o: Any, ta: Any, tb: Any, tc: Any, x: Any) -> None:
        """Radix 8 on the real or on the imaginary parts."""
        x0, x1, x2, x3, x4, x5, x6, x7 = x
        y0, y1, y2, y3 = fnma(ta, x1, x0), fma(ta, x0, x1), fnma(ta, x3, x2), fma(ta, x2, x3)
        y4, y5, y6, y7 = fnma(ta, x5, x4), fma(ta, x4, x5), fnma(ta, x7, x6), fma(ta, x6, x7)
        x0, x2, x1, x3 = fnma(tb, y2, y0), fma(tb, y0, y2), fnma(tb, y3, y1), fma(tb, y1, y3)
        x4, x6, x5, x7 = fnma(tb, y6, y4), fma(tb, y4, y6), fnma(tb, y7, y5), fma(tb, y5, y7)
        a0, a1, b0, b1, c0, c1 = o
        store(p + a0 + b0 + c0, fnma(tc, x4, x0))
        store(p + a0 + b0 + c1, fma(tc, x0, x4))
        store(p + a1 + b0 + c0, fnma(tc, x5, x1))
        store(p + a1 + b0 + c1, fma(tc, x1, x5))
        store(p + a0 + b1 + c0, fnma(tc, x6, x2))
        store(p + a0 + b1 + c1, fma(tc, x2, x6))
        store(p + a1 + b1 + c0, fnma(tc, x7, x3))
        store(p + a1 + b1 + c1, fma(tc, x3, x7))

    @compiled
    def three(scratch: int, groups: int, a: int, b: int, c: int, tangents: int, flips: int, table: int) -> None:
        """Radix 8; a < b < c."""
        ta, tb = splat(read(tangents)), splat(read(tangents + item))
        tc = splat(read(tangents + 2 * item))
        sa, sb, sc = pair << a, pair << b, pair << c
        fa, fb, fc = sa * (flips & 1), sb * ((flips >> 1) & 1), sc * ((flips >> 2) & 1)
        o = (fa, sa - fa, fb, sb - fb, fc, sc - fc)
        for k in range(groups >> 3):
            at = pair * _insert_zero(_insert_zero(_insert_zero(k, a), b), c)
            p, q = scratch + at, table + at
            r0, i0 = fetch(p, q)
            r1, i1 = fetch(p + sa, q + sa)
            r2, i2 = fetch(p + sb, q + sb)
            r3, i3 = fetch(p + sb + sa, q + sb + sa)
            r4, i4 = fetch(p + sc, q + sc)
            r5, i5 = fetch(p + sc + sa, q + sc + sa)
            r6, i6 = fetch(p + sc + sb, q + sc + sb)
            r7, i7 = fetch(p + sc + sb + sa, q + sc + sb + sa)
            half(p, o, ta, tb, tc, (r0, r1, r2, r3, r4, r5, r6, r7))
            half(p + size, o, ta, tb, tc, (i0, i1, i2, i3, i4, i5, i6, i7))

    return [one, two, three, fetch, put]


def build(lanes: int, precision: str) -> dict[str, tuple[Any, Any]]:
    """The kernels of a vector width and precision: name → (compiled function, signature)."""
    v = operations(lanes, precision)
    load, store, read, splat = v.load, v.store, v.read, v.splat
    word, fma, fnma, mul, size, item, number = v.word, v.fma, v.fnma, v.mul, v.size, v.item, v.number
    even, odd, zip_low, zip_high = v.even, v.odd, v.zip_low, v.zip_high
    pair = 2 * size
    lane_bits = v.lane_bits
    one, two, three, fetch, put = _rotations(v, with_table=False)
    one_t, two_t, three_t, fetch_t, _ = _rotations(v, with_table=True)
    exchange = v.exchange

    def lane_pass(fetch_group: Any) -> Any:
        """v → d·v + o·exchange(v) for each bit inside a vector that is asked for."""

        @inlined
        def mix(x: Any, other: Any, d: Any, o: Any) -> Any:
            return fma(o, other, mul(d, x))

        swap0 = exchange[0]
        swap1 = exchange[min(1, lane_bits - 1)]
        swap2 = exchange[min(2, lane_bits - 1)]
        swap3 = exchange[min(3, lane_bits - 1)]

        @compiled
        def lanes_kernel(scratch: int, groups: int, chosen: int, weights: int, table: int) -> None:
            d0, o0 = load(weights), load(weights + size)
            d1, o1 = load(weights + 2 * size), load(weights + 3 * size)
            d2, o2 = load(weights + 4 * size), load(weights + 5 * size)
            d3, o3 = load(weights + 6 * size), load(weights + 7 * size)
            for g in range(groups):
                at = pair * g
                re, im = fetch_group(scratch + at, table + at)
                if chosen & 1:
                    re, im = mix(re, swap0(re), d0, o0), mix(im, swap0(im), d0, o0)
                if chosen & 2:
                    re, im = mix(re, swap1(re), d1, o1), mix(im, swap1(im), d1, o1)
                if chosen & 4:
                    re, im = mix(re, swap2(re), d2, o2), mix(im, swap2(im), d2, o2)
                if chosen & 8:
                    re, im = mix(re, swap3(re), d3, o3), mix(im, swap3(im), d3, o3)
                put(scratch + at, re, im)

        return lanes_kernel

    lanes_plain, lanes_table = lane_pass(fetch), lane_pass(fetch_t)

    @compiled
    def multiply(scratch: int, groups: int, table: int) -> None:
        for g in range(groups):
            at = pair * g
            re, im = fetch_t(scratch + at, table + at)
            put(scratch + at, re, im)

    @compiled
    def phase(
        scratch: int, groups: int, base: int, mask: int, pattern: int, terms: int, count: int, phases: int
    ) -> None:
        c, s = number(1.0), number(0.0)
        for k in range(count):
            wanted = word(terms + _WORD * k)
            if base & wanted == wanted:
                x, y = read(phases + 2 * item * k), read(phases + (2 * k + 1) * item)
                c, s = c * x - s * y, c * y + s * x
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
    def gather(state: int, scratch: int, offsets: int, runs: int, run_groups: int) -> None:
        for r in range(runs):
            source = state + 2 * item * word(offsets + _WORD * r)
            target = scratch + r * run_groups * pair
            for g in range(run_groups):
                x, y = load(source + g * pair), load(source + g * pair + size)
                put(target + g * pair, even(x, y), odd(x, y))

    @compiled
    def scatter(state: int, scratch: int, offsets: int, runs: int, run_groups: int, scale: int) -> None:
        a, b = splat(read(scale)), splat(read(scale + item))
        for r in range(runs):
            target = state + 2 * item * word(offsets + _WORD * r)
            source = scratch + r * run_groups * pair
            for g in range(run_groups):
                x, y = load(source + g * pair), load(source + g * pair + size)
                re, im = fnma(b, y, mul(a, x)), fma(b, x, mul(a, y))
                store(target + g * pair, zip_low(re, im))
                store(target + g * pair + size, zip_high(re, im))

    @compiled
    def step(row: int, scratch: int, groups: int, base: int, data: int, terms: int) -> None:
        op, a, b, c = word(row), word(row + 8), word(row + 16), word(row + 24)
        x, y, z, t = word(row + 32), word(row + 40), word(row + 48), word(row + 56)
        table = data + item * t
        if op == ROTATE:
            tangents = data + item * x
            if c >= 0:
                if t >= 0:
                    three_t(scratch, groups, a, b, c, tangents, y, table)
                else:
                    three(scratch, groups, a, b, c, tangents, y, scratch)
            elif b >= 0:
                if t >= 0:
                    two_t(scratch, groups, a, b, tangents, y, table)
                else:
                    two(scratch, groups, a, b, tangents, y, scratch)
            elif t >= 0:
                one_t(scratch, groups, a, tangents, y, table)
            else:
                one(scratch, groups, a, tangents, y, scratch)
        elif op == LANES:
            if t >= 0:
                lanes_table(scratch, groups, a, data + item * x, table)
            else:
                lanes_plain(scratch, groups, a, data + item * x, scratch)
        elif op == TABLE:
            multiply(scratch, groups, table)
        else:
            phase(scratch, groups, base, a, data + item * x, terms + _WORD * y, z, data + item * b)

    @compiled
    def run_sweep(
        state: int, layout: int, program: int, steps: int, data: int, terms: int, scratch: int, first: int, last: int
    ) -> int:
        """Blocks first … last−1. `layout`: runs, groups a run, number of block bits, these bits, then the offsets in
        and the offsets out of each run. The first two items of `data` are the scale at the end."""
        runs, run_groups, block_bits = word(layout), word(layout + 8), word(layout + 16)
        bits_at = layout + 24
        offsets = bits_at + _WORD * block_bits
        groups = runs * run_groups
        for block in range(first, last):
            base = 0
            for k in range(block_bits):
                base |= ((block >> k) & 1) << word(bits_at + _WORD * k)
            origin = state + 2 * item * base
            gather(origin, scratch, offsets, runs, run_groups)
            for s in range(steps):
                step(program + s * ROW * _WORD, scratch, groups, base, data, terms)
            scatter(origin, scratch, offsets + _WORD * runs, runs, run_groups, data)
        return 0

    return {"run_sweep": (run_sweep, types.int64(*[types.int64] * 9))}
