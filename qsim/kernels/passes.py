"""Passes over a block: each loads a few groups of amplitudes, works on them in registers, and stores them.

A group is one vector of real parts and the vector of their imaginary parts. Three group bits a < b < c name eight
groups that differ in them, the *octet*; two bits name a *quartet*. What a pass takes besides:

    rotations   v → [[1, −t], [t, 1]] v on each bit of the octet (the cosines are folded into a later factor)
    diagonal    multiplied in first: a table of the whole block, or a factor for each group of the octet
    exchange    before that, the bits inside a vector trade places with the octet's lowest bits
    moves       a permutation of the octet while it is stored, chosen by up to three conditions on the other bits

A factor, like a move, may depend on conditions: there are eight for each of their combinations.

Moves are twelve words, (mask, value, block mask, block value) of three conditions, and then for each of the eight
combinations of conditions (the first is the lowest bit) the eight places, in bytes, where the octet's groups go.
"""

from typing import Any

from qsim.kernels.vector import compiled, inlined

__all__ = ["DIAGONALS", "group_access", "octet_kernel", "quartet_kernels"]

_WORD = 8  # bytes of an integer
CONDITION_WORDS = 12
DIAGONALS = ("none", "table", "factors")


@inlined
def following(at: int, mask: int, step: int) -> int:
    """The next place whose bits in the mask are 0: of what comes to mind, the fastest way through octets and quartets.

    A loop that worked each place out from its number took 16 ns an octet where this takes 12, in C as here.
    """
    return ((at | mask) + step) & ~mask


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


def octet_kernel(v: Any, *, diagonal: str, exchange: bool) -> Any:
    """The pass over octets, as a compiled function (scratch, groups, base, bits, tangents, moves, diagonal).

    The diagonal is "none", "table" or "factors".
    """
    splat, read, word, size, item = v.splat, v.read, v.word, v.size, v.item
    fma, fnma, store, mul, load = v.fma, v.fnma, v.store, v.mul, v.load
    pair = 2 * size
    in_halves = diagonal == "none" and not exchange
    trade: Any = _exchanges(v) if exchange else None

    @inlined
    def condition(at: int, base: int) -> Any:
        """Mask and value of a place in the scratch: where the block rules the condition out, ones that never meet."""
        if base & word(at + 2 * _WORD) == word(at + 3 * _WORD):
            return pair * word(at), pair * word(at + _WORD)
        return 0, 1

    @inlined
    def rotate(p: int, o: Any, ta: Any, tb: Any, tc: Any, x: Any) -> None:
        """Rotations on the real or on the imaginary parts, and the stores, at the offsets `o`."""
        x0, x1, x2, x3, x4, x5, x6, x7 = x
        y0, y1, y2, y3 = fnma(ta, x1, x0), fma(ta, x0, x1), fnma(ta, x3, x2), fma(ta, x2, x3)
        y4, y5, y6, y7 = fnma(ta, x5, x4), fma(ta, x4, x5), fnma(ta, x7, x6), fma(ta, x6, x7)
        x0, x2, x1, x3 = fnma(tb, y2, y0), fma(tb, y0, y2), fnma(tb, y3, y1), fma(tb, y1, y3)
        x4, x6, x5, x7 = fnma(tb, y6, y4), fma(tb, y4, y6), fnma(tb, y7, y5), fma(tb, y5, y7)
        store(p + o[0], fnma(tc, x4, x0))
        store(p + o[1], fnma(tc, x5, x1))
        store(p + o[2], fnma(tc, x6, x2))
        store(p + o[3], fnma(tc, x7, x3))
        store(p + o[4], fma(tc, x0, x4))
        store(p + o[5], fma(tc, x1, x5))
        store(p + o[6], fma(tc, x2, x6))
        store(p + o[7], fma(tc, x3, x7))

    if exchange:

        @inlined
        def arranged(x: Any) -> Any:
            return trade(x)

    else:

        @inlined
        def arranged(x: Any) -> Any:
            return x

    @inlined
    def octet(p: int, sa: int, sb: int, sc: int) -> Any:
        q, r = p + sb, p + sc
        return arranged(
            (load(p), load(p + sa), load(q), load(q + sa), load(r), load(r + sa), load(q + sc), load(q + sc + sa))
        )

    if diagonal == "table":

        @inlined
        def work(p: int, q: int, f: int, o: Any, sa: int, sb: int, sc: int, ta: Any, tb: Any, tc: Any) -> None:
            x, y = octet(p, sa, sb, sc), octet(p + size, sa, sb, sc)
            q1, q2 = q + sb, q + sc
            a0, a1, a2, a3 = load(q), load(q + sa), load(q1), load(q1 + sa)
            a4, a5, a6, a7 = load(q2), load(q2 + sa), load(q1 + sc), load(q1 + sc + sa)
            q, q1, q2 = q + size, q1 + size, q2 + size
            b0, b1, b2, b3 = load(q), load(q + sa), load(q1), load(q1 + sa)
            b4, b5, b6, b7 = load(q2), load(q2 + sa), load(q1 + sc), load(q1 + sc + sa)
            re = (
                fnma(b0, y[0], mul(a0, x[0])), fnma(b1, y[1], mul(a1, x[1])),
                fnma(b2, y[2], mul(a2, x[2])), fnma(b3, y[3], mul(a3, x[3])),
                fnma(b4, y[4], mul(a4, x[4])), fnma(b5, y[5], mul(a5, x[5])),
                fnma(b6, y[6], mul(a6, x[6])), fnma(b7, y[7], mul(a7, x[7])),
            )  # fmt: skip
            im = (
                fma(b0, x[0], mul(a0, y[0])), fma(b1, x[1], mul(a1, y[1])),
                fma(b2, x[2], mul(a2, y[2])), fma(b3, x[3], mul(a3, y[3])),
                fma(b4, x[4], mul(a4, y[4])), fma(b5, x[5], mul(a5, y[5])),
                fma(b6, x[6], mul(a6, y[6])), fma(b7, x[7], mul(a7, y[7])),
            )  # fmt: skip
            rotate(p, o, ta, tb, tc, re)
            rotate(p + size, o, ta, tb, tc, im)

    elif diagonal == "factors":

        @inlined
        def times(f: int, x: Any, y: Any) -> Any:
            a, b = splat(read(f)), splat(read(f + item))
            return fnma(b, y, mul(a, x)), fma(b, x, mul(a, y))

        @inlined
        def work(p: int, q: int, f: int, o: Any, sa: int, sb: int, sc: int, ta: Any, tb: Any, tc: Any) -> None:
            x, y = octet(p, sa, sb, sc), octet(p + size, sa, sb, sc)
            x0, y0 = times(f, x[0], y[0])
            x1, y1 = times(f + 2 * item, x[1], y[1])
            x2, y2 = times(f + 4 * item, x[2], y[2])
            x3, y3 = times(f + 6 * item, x[3], y[3])
            x4, y4 = times(f + 8 * item, x[4], y[4])
            x5, y5 = times(f + 10 * item, x[5], y[5])
            x6, y6 = times(f + 12 * item, x[6], y[6])
            x7, y7 = times(f + 14 * item, x[7], y[7])
            rotate(p, o, ta, tb, tc, (x0, x1, x2, x3, x4, x5, x6, x7))
            rotate(p + size, o, ta, tb, tc, (y0, y1, y2, y3, y4, y5, y6, y7))

    else:

        @inlined
        def work(p: int, q: int, f: int, o: Any, sa: int, sb: int, sc: int, ta: Any, tb: Any, tc: Any) -> None:
            rotate(p, o, ta, tb, tc, octet(p, sa, sb, sc))
            rotate(p + size, o, ta, tb, tc, octet(p + size, sa, sb, sc))

    @inlined
    def offsets(row: int) -> Any:
        return (
            word(row), word(row + 8), word(row + 16), word(row + 24),
            word(row + 32), word(row + 40), word(row + 48), word(row + 56),
        )  # fmt: skip

    @compiled
    def octets(
        scratch: int, groups: int, base: int, a: int, b: int, c: int, tangents: int, moves: int, diagonal_at: int
    ) -> None:
        ta, tb = splat(read(tangents)), splat(read(tangents + item))
        tc = splat(read(tangents + 2 * item))
        sa, sb, sc = pair << a, pair << b, pair << c
        m0, v0 = condition(moves, base)
        m1, v1 = condition(moves + 4 * _WORD, base)
        m2, v2 = condition(moves + 8 * _WORD, base)
        rows = moves + CONDITION_WORDS * _WORD
        at, end, mask = 0, pair * groups, sa | sb | sc
        if in_halves and m0 | m1 | m2 == 0:  # where the groups go does not change within the block
            row = offsets(rows + 64 * ((v0 == 0) + 2 * (v1 == 0) + 4 * (v2 == 0)))
            while at < end:  # the real parts, and then the imaginary ones
                p = scratch + at
                rotate(p, row, ta, tb, tc, octet(p, sa, sb, sc))
                at = following(at, mask, size)
            return
        while at < end:
            met = (at & m0 == v0) + 2 * (at & m1 == v1) + 4 * (at & m2 == v2)
            row, f = offsets(rows + 64 * met), diagonal_at + 16 * item * met
            work(scratch + at, diagonal_at + at, f, row, sa, sb, sc, ta, tb, tc)
            at = following(at, mask, pair)

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

    def over(quartet: Any) -> Any:
        """The pass that does this for each quartet, by its first group's address."""

        @compiled
        def quartets(scratch: int, groups: int, a: int, b: int, places: int, numbers: int) -> None:
            o = word(places), word(places + 8), word(places + 16), word(places + 24)
            at, end, mask = 0, pair * groups, pair << a | pair << b
            while at < end:
                quartet(scratch + at, o, numbers)
                at = following(at, mask, pair)

        return quartets

    @inlined
    def dense(p: int, o: Any, m: int) -> None:
        n = 2 * item
        x0, x1 = (load(p + o[0]), load(p + o[0] + size)), (load(p + o[1]), load(p + o[1] + size))
        x2, x3 = (load(p + o[2]), load(p + o[2] + size)), (load(p + o[3]), load(p + o[3] + size))
        y0 = more(m + 3 * n, x3, more(m + 2 * n, x2, more(m + n, x1, first(m, x0))))
        m += 4 * n
        y1 = more(m + 3 * n, x3, more(m + 2 * n, x2, more(m + n, x1, first(m, x0))))
        m += 4 * n
        y2 = more(m + 3 * n, x3, more(m + 2 * n, x2, more(m + n, x1, first(m, x0))))
        m += 4 * n
        y3 = more(m + 3 * n, x3, more(m + 2 * n, x2, more(m + n, x1, first(m, x0))))
        put(p + o[0], y0[0], y0[1])
        put(p + o[1], y1[0], y1[1])
        put(p + o[2], y2[0], y2[1])
        put(p + o[3], y3[0], y3[1])

    @inlined
    def blocks(p: int, o: Any, m: int) -> None:
        n = 2 * item
        x0, x1 = (load(p + o[0]), load(p + o[0] + size)), (load(p + o[1]), load(p + o[1] + size))
        x2, x3 = (load(p + o[2]), load(p + o[2] + size)), (load(p + o[3]), load(p + o[3] + size))
        y0 = more(m + n, x1, first(m, x0))
        y1 = more(m + 3 * n, x1, first(m + 2 * n, x0))
        y2 = more(m + 5 * n, x3, first(m + 4 * n, x2))
        y3 = more(m + 7 * n, x3, first(m + 6 * n, x2))
        put(p + o[0], y0[0], y0[1])
        put(p + o[1], y1[0], y1[1])
        put(p + o[2], y2[0], y2[1])
        put(p + o[3], y3[0], y3[1])

    return over(dense), over(blocks)
