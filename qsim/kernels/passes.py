"""Passes over a block: each loads a few groups of amplitudes, works on them in registers, and stores them.

A group is one vector of real parts and the vector of their imaginary parts. Three group bits a < b < c name eight
groups that differ in them, the *octet*; two bits name a *quartet*. What a pass takes besides:

    rotations   v → [[1, −t], [t, 1]] v on each bit of the octet (the cosines are folded into a later factor)
    table       a diagonal that is multiplied in first
    exchange    before that, the bits inside a vector trade places with the octet's lowest bits
    moves       a permutation of the octet while it is stored, chosen by up to three conditions on the other bits

Moves are twelve words, (mask, value, block mask, block value) of three conditions, and then for each of the eight
combinations of conditions (the first is the lowest bit) the eight places, in bytes, where the octet's groups go.
"""

from typing import Any

from qsim.kernels.vector import compiled, inlined

__all__ = ["insert_zero", "octet_kernel", "quartet_kernels"]

_WORD = 8  # bytes of an integer
CONDITION_WORDS = 12


@inlined
def insert_zero(index: int, bit: int) -> int:
    """The index with a 0 put in at a bit: 0b101 with bit 1 becomes 0b1001."""
    low = (1 << bit) - 1
    return ((index & ~low) << 1) | (index & low)


def group_access(v: Any, with_table: bool) -> tuple[Any, Any]:
    """`fetch(at, table)`, which multiplies by a table or not, and `put(at, re, im)`."""
    load, store, size = v.load, v.store, v.size
    fma, fnma, mul = v.fma, v.fnma, v.mul

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
    def put(at: int, re: Any, im: Any) -> None:
        store(at, re)
        store(at + size, im)

    return fetch, put


def _exchanges(v: Any) -> Any:
    """Lane bit i and bit i of the octet trade places, for every lane bit."""

    def stage(bit: int) -> Any:
        low, high = v.trade_low[bit], v.trade_high[bit]
        if bit == 0:

            @inlined
            def trade(x: Any) -> Any:
                x0, x1, x2, x3, x4, x5, x6, x7 = x
                return (
                    low(x0, x1), high(x0, x1), low(x2, x3), high(x2, x3),
                    low(x4, x5), high(x4, x5), low(x6, x7), high(x6, x7),
                )  # fmt: skip

        elif bit == 1:

            @inlined
            def trade(x: Any) -> Any:
                x0, x1, x2, x3, x4, x5, x6, x7 = x
                return (
                    low(x0, x2), low(x1, x3), high(x0, x2), high(x1, x3),
                    low(x4, x6), low(x5, x7), high(x4, x6), high(x5, x7),
                )  # fmt: skip

        else:

            @inlined
            def trade(x: Any) -> Any:
                x0, x1, x2, x3, x4, x5, x6, x7 = x
                return (
                    low(x0, x4), low(x1, x5), low(x2, x6), low(x3, x7),
                    high(x0, x4), high(x1, x5), high(x2, x6), high(x3, x7),
                )  # fmt: skip

        return trade

    stages = [stage(bit) for bit in range(v.lane_bits)]
    if len(stages) == 1:
        return stages[0]
    first, second, last = stages[0], stages[1], stages[-1]
    if len(stages) == 2:

        @inlined
        def both(x: Any) -> Any:
            return second(first(x))

        return both

    @inlined
    def three(x: Any) -> Any:
        return last(second(first(x)))

    return three


def octet_kernel(v: Any, *, table: bool, exchange: bool) -> Any:
    """The pass over octets, as a compiled function (scratch, groups, base, bits, tangents, moves, table)."""
    splat, read, word, size, item = v.splat, v.read, v.word, v.size, v.item
    fma, fnma, store, mul, load = v.fma, v.fnma, v.store, v.mul, v.load
    pair = 2 * size
    trade = _exchanges(v) if exchange else None

    @inlined
    def condition(at: int, base: int) -> Any:
        """Mask and value within the block: where the block rules the condition out, ones that never meet."""
        if base & word(at + 2 * _WORD) == word(at + 3 * _WORD):
            return word(at), word(at + _WORD)
        return 0, 1

    @inlined
    def rotate(p: int, row: int, ta: Any, tb: Any, tc: Any, x: Any) -> None:
        """Rotations on the real or on the imaginary parts, and the stores."""
        x0, x1, x2, x3, x4, x5, x6, x7 = x
        y0, y1, y2, y3 = fnma(ta, x1, x0), fma(ta, x0, x1), fnma(ta, x3, x2), fma(ta, x2, x3)
        y4, y5, y6, y7 = fnma(ta, x5, x4), fma(ta, x4, x5), fnma(ta, x7, x6), fma(ta, x6, x7)
        x0, x2, x1, x3 = fnma(tb, y2, y0), fma(tb, y0, y2), fnma(tb, y3, y1), fma(tb, y1, y3)
        x4, x6, x5, x7 = fnma(tb, y6, y4), fma(tb, y4, y6), fnma(tb, y7, y5), fma(tb, y5, y7)
        store(p + word(row), fnma(tc, x4, x0))
        store(p + word(row + 8), fnma(tc, x5, x1))
        store(p + word(row + 16), fnma(tc, x6, x2))
        store(p + word(row + 24), fnma(tc, x7, x3))
        store(p + word(row + 32), fma(tc, x0, x4))
        store(p + word(row + 40), fma(tc, x1, x5))
        store(p + word(row + 48), fma(tc, x2, x6))
        store(p + word(row + 56), fma(tc, x3, x7))

    if exchange:

        @inlined
        def arranged(re: Any, im: Any) -> Any:
            return trade(re), trade(im)

    else:

        @inlined
        def arranged(re: Any, im: Any) -> Any:
            return re, im

    if table:

        @inlined
        def times(x: Any, y: Any, q: int) -> Any:
            a, b = load(q), load(q + size)
            return fnma(b, y, mul(a, x)), fma(b, x, mul(a, y))

    else:

        @inlined
        def times(x: Any, y: Any, q: int) -> Any:
            return x, y

    @compiled
    def octets(
        scratch: int, groups: int, base: int, a: int, b: int, c: int, tangents: int, moves: int, table_at: int
    ) -> None:
        ta, tb = splat(read(tangents)), splat(read(tangents + item))
        tc = splat(read(tangents + 2 * item))
        sa, sb, sc = pair << a, pair << b, pair << c
        m0, v0 = condition(moves, base)
        m1, v1 = condition(moves + 4 * _WORD, base)
        m2, v2 = condition(moves + 8 * _WORD, base)
        rows = moves + CONDITION_WORDS * _WORD
        for k in range(groups >> 3):
            g = insert_zero(insert_zero(insert_zero(k, a), b), c)
            row = rows + 64 * ((g & m0 == v0) + 2 * (g & m1 == v1) + 4 * (g & m2 == v2))
            p, q = scratch + pair * g, table_at + pair * g
            p1, p2, p3 = p + sa, p + sb, p + sa + sb
            q1, q2, q3 = q + sa, q + sb, q + sa + sb
            re = (
                load(p), load(p1), load(p2), load(p3),
                load(p + sc), load(p1 + sc), load(p2 + sc), load(p3 + sc),
            )  # fmt: skip
            im = (
                load(p + size), load(p1 + size), load(p2 + size), load(p3 + size),
                load(p + sc + size), load(p1 + sc + size), load(p2 + sc + size), load(p3 + sc + size),
            )  # fmt: skip
            re, im = arranged(re, im)
            r0, i0 = times(re[0], im[0], q)
            r1, i1 = times(re[1], im[1], q1)
            r2, i2 = times(re[2], im[2], q2)
            r3, i3 = times(re[3], im[3], q3)
            r4, i4 = times(re[4], im[4], q + sc)
            r5, i5 = times(re[5], im[5], q1 + sc)
            r6, i6 = times(re[6], im[6], q2 + sc)
            r7, i7 = times(re[7], im[7], q3 + sc)
            rotate(p, row, ta, tb, tc, (r0, r1, r2, r3, r4, r5, r6, r7))
            rotate(p + size, row, ta, tb, tc, (i0, i1, i2, i3, i4, i5, i6, i7))

    return octets


def quartet_kernels(v: Any) -> tuple[Any, Any]:
    """Passes over quartets: by a dense 4 × 4 matrix, and by two 2 × 2 matrices on two pairs of the quartet.

    Both take (scratch, groups, a, b, places, numbers): bits a < b, four words with the places of the quartet's groups
    in bytes, in the matrix's order, and the complex entries, rows first.
    """
    splat, read, word, size, item = v.splat, v.read, v.word, v.size, v.item
    fma, fnma, mul, load = v.fma, v.fnma, v.mul, v.load
    pair = 2 * size
    _, put = group_access(v, with_table=False)

    @inlined
    def first(m: int, x: Any) -> Any:
        re, im = splat(read(m)), splat(read(m + item))
        return fnma(im, x[1], mul(re, x[0])), fma(im, x[0], mul(re, x[1]))

    @inlined
    def more(m: int, x: Any, y: Any) -> Any:
        re, im = splat(read(m)), splat(read(m + item))
        return fnma(im, x[1], fma(re, x[0], y[0])), fma(im, x[0], fma(re, x[1], y[1]))

    @compiled
    def dense(scratch: int, groups: int, a: int, b: int, places: int, numbers: int) -> None:
        o0, o1, o2, o3 = word(places), word(places + 8), word(places + 16), word(places + 24)
        n = 2 * item
        for k in range(groups >> 2):
            p = scratch + pair * insert_zero(insert_zero(k, a), b)
            x0, x1 = (load(p + o0), load(p + o0 + size)), (load(p + o1), load(p + o1 + size))
            x2, x3 = (load(p + o2), load(p + o2 + size)), (load(p + o3), load(p + o3 + size))
            m = numbers
            y0 = more(m + 3 * n, x3, more(m + 2 * n, x2, more(m + n, x1, first(m, x0))))
            m = numbers + 4 * n
            y1 = more(m + 3 * n, x3, more(m + 2 * n, x2, more(m + n, x1, first(m, x0))))
            m = numbers + 8 * n
            y2 = more(m + 3 * n, x3, more(m + 2 * n, x2, more(m + n, x1, first(m, x0))))
            m = numbers + 12 * n
            y3 = more(m + 3 * n, x3, more(m + 2 * n, x2, more(m + n, x1, first(m, x0))))
            put(p + o0, y0[0], y0[1])
            put(p + o1, y1[0], y1[1])
            put(p + o2, y2[0], y2[1])
            put(p + o3, y3[0], y3[1])

    @compiled
    def blocks(scratch: int, groups: int, a: int, b: int, places: int, numbers: int) -> None:
        o0, o1, o2, o3 = word(places), word(places + 8), word(places + 16), word(places + 24)
        n = 2 * item
        for k in range(groups >> 2):
            p = scratch + pair * insert_zero(insert_zero(k, a), b)
            x0, x1 = (load(p + o0), load(p + o0 + size)), (load(p + o1), load(p + o1 + size))
            x2, x3 = (load(p + o2), load(p + o2 + size)), (load(p + o3), load(p + o3 + size))
            y0 = more(numbers + n, x1, first(numbers, x0))
            y1 = more(numbers + 3 * n, x1, first(numbers + 2 * n, x0))
            y2 = more(numbers + 5 * n, x3, first(numbers + 4 * n, x2))
            y3 = more(numbers + 7 * n, x3, first(numbers + 6 * n, x2))
            put(p + o0, y0[0], y0[1])
            put(p + o1, y1[0], y1[1])
            put(p + o2, y2[0], y2[1])
            put(p + o3, y3[0], y3[1])

    return dense, blocks
