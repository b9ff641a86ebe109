"""Gate by gate: a program of steps over the whole state, and the numbers of its gates from their angles.

The state is 2^n complex numbers. A step takes some bits of the index, its targets and its controls: `mask`. All other
bits run over their values, and around each of their settings lie the amplitudes that the step works on, at the indices
`setting | a`, `setting | b`, where a and b spell targets and controls. So a control costs nothing but its place in
`mask`, and any gate that mixes basis states in pairs, as x, rxx, iswap or a controlled ry do, is a few steps on pairs.

A step is a row of six integers, `opcode, mask, a, b, number, taken`, where `taken` counts the bits of the mask and its
complex numbers begin at item `number` of `numbers`:

    EXCHANGE  the amplitudes at a and at b
    MULTIPLY  the amplitude at a by a number
    TURN      the amplitudes at a and b by a 2 × 2 matrix whose imaginary parts are not looked at
    MIX       the amplitudes at a and b by a 2 × 2 matrix
    DENSE     the amplitudes at the b places listed from item a of `places` on, by a b × b matrix, b ≤ 16

Numbers are in double precision for both precisions of the state, and so is the arithmetic: rounded ones would let the
norm drift, the same way at each repetition of a gate.
"""

import math
from typing import Any

from numba import types

from qsim.kernels.vector import compiled, inlined, operations

__all__ = ["DENSE", "EXCHANGE", "MIX", "MULTIPLY", "POWERS", "ROW", "TURN", "build"]

EXCHANGE, MULTIPLY, TURN, MIX, DENSE = range(5)
ROW = 6  # integers a step
POWERS = 5  # e^{i m θ/2} for m = −2 … 2
_WORD = 8  # bytes an integer, or a real number in double precision
_COMPLEX = 16


@compiled
def _spread(number: int, mask: int) -> int:
    """The number's bits at the places where the mask has none: 0b11 around 0b010 is 0b101."""
    result, bit = 0, 1
    while number:
        if mask & bit == 0:
            result |= bit * (number & 1)
            number >>= 1
        bit <<= 1
    return result


@inlined
def _next(index: int, mask: int, step: int) -> int:
    """The next index without bits of the mask: the carry runs through them."""
    return ((index | mask) + step) & ~mask


def _loops(v: Any, unit: int) -> tuple[Any, ...]:
    """A loop for each kind of step over settings first … last−1, as many at once as a vector has amplitudes.

    `unit`: bytes of an amplitude. The mask has none of the bits that number the amplitudes of a vector.
    """
    load, store, read, splat, mul, fma = v.load, v.store, v.read, v.splat, v.mul, v.fma
    zip_low, size = v.zip_low, v.size
    flip = v.exchange[0]  # real with imaginary parts
    step = v.lanes // 2

    @inlined
    def turned(number: int) -> Any:
        """The imaginary part y of a number as (−y, y): (re, im)·iy = (im, re)·(−y, y)."""
        y = read(number + _WORD)
        return zip_low(splat(-y), splat(y))

    @compiled
    def exchange(state: int, mask: int, a: int, b: int, first: int, last: int) -> None:
        at = _spread(first * step, mask)
        for _ in range(first, last):
            p, q = state + unit * (at | a), state + unit * (at | b)
            x, y = load(p), load(q)
            store(p, y)
            store(q, x)
            at = _next(at, mask, step)

    @compiled
    def multiply(state: int, mask: int, a: int, number: int, first: int, last: int) -> None:
        re, im = splat(read(number)), turned(number)
        at = _spread(first * step, mask)
        for _ in range(first, last):
            p = state + unit * (at | a)
            x = load(p)
            store(p, fma(im, flip(x), mul(re, x)))
            at = _next(at, mask, step)

    @compiled
    def turn(state: int, mask: int, a: int, b: int, number: int, first: int, last: int) -> None:
        m00, m01 = splat(read(number)), splat(read(number + _COMPLEX))
        m10, m11 = splat(read(number + 2 * _COMPLEX)), splat(read(number + 3 * _COMPLEX))
        at = _spread(first * step, mask)
        for _ in range(first, last):
            p, q = state + unit * (at | a), state + unit * (at | b)
            x, y = load(p), load(q)
            store(p, fma(m01, y, mul(m00, x)))
            store(q, fma(m11, y, mul(m10, x)))
            at = _next(at, mask, step)

    @compiled
    def mix(state: int, mask: int, a: int, b: int, number: int, first: int, last: int) -> None:
        m00, m01 = splat(read(number)), splat(read(number + _COMPLEX))
        m10, m11 = splat(read(number + 2 * _COMPLEX)), splat(read(number + 3 * _COMPLEX))
        i00, i01 = turned(number), turned(number + _COMPLEX)
        i10, i11 = turned(number + 2 * _COMPLEX), turned(number + 3 * _COMPLEX)
        at = _spread(first * step, mask)
        for _ in range(first, last):
            p, q = state + unit * (at | a), state + unit * (at | b)
            x, y = load(p), load(q)
            fx, fy = flip(x), flip(y)
            store(p, fma(i01, fy, fma(m01, y, fma(i00, fx, mul(m00, x)))))
            store(q, fma(i11, fy, fma(m11, y, fma(i10, fx, mul(m10, x)))))
            at = _next(at, mask, step)

    @compiled
    def dense(state: int, mask: int, places: int, count: int, number: int, scratch: Any, first: int, last: int) -> None:
        """`scratch`: where the amplitudes are kept while they are written, as vectors and flipped ones."""
        at = _spread(first * step, mask)
        for _ in range(first, last):
            for k in range(count):
                x = load(state + unit * (at | word(places + _WORD * k)))
                keep(scratch + 2 * size * k, x)
                keep(scratch + 2 * size * k + size, flip(x))
            entry = number
            for k in range(count):
                total = splat(0.0)
                for j in range(count):
                    x, fx = fetch(scratch + 2 * size * j), fetch(scratch + 2 * size * j + size)
                    total = fma(turned(entry), fx, fma(splat(read(entry)), x, total))
                    entry += _COMPLEX
                store(state + unit * (at | word(places + _WORD * k)), total)
            at = _next(at, mask, step)

    word, keep, fetch = v.word, v.keep, v.fetch
    return exchange, multiply, turn, mix, dense


def _run_rows(lanes: int, precision: str) -> Any:
    """The kernel that carries out rows, in vectors or one amplitude at a time."""
    one = operations(2, "double", precision)
    unit = 2 * one.stored_item
    doubles = lanes * one.stored_item // one.item  # numbers in double precision that a register holds
    word = one.word
    exchange, multiply, turn, mix, dense = _loops(one, unit)
    many = operations(doubles, "double", precision)
    exchange_v, multiply_v, turn_v, mix_v, dense_v = _loops(many, unit)
    amplitudes = doubles // 2
    inside = amplitudes - 1  # the bits that number the amplitudes of a vector
    shift = amplitudes.bit_length() - 1

    @compiled
    def run_rows(
        state: int, bits: int, rows: int, first: int, last: int, places: int, numbers: int, part: int, parts: int,
        scratch: int,
    ) -> int:  # fmt: skip
        """Rows first … last−1 on a state of so many bits: of each, that part of its settings."""
        for r in range(first, last):
            row = rows + ROW * _WORD * r
            op, mask, a, b = word(row), word(row + 8), word(row + 16), word(row + 24)
            number, free = numbers + _COMPLEX * word(row + 32), bits - word(row + 40)
            if mask & inside == 0 and bits >= shift:
                settings = 1 << (free - shift)
                lo, hi = settings * part // parts, settings * (part + 1) // parts
                if op == EXCHANGE:
                    exchange_v(state, mask, a, b, lo, hi)
                elif op == MULTIPLY:
                    multiply_v(state, mask, a, number, lo, hi)
                elif op == TURN:
                    turn_v(state, mask, a, b, number, lo, hi)
                elif op == MIX:
                    mix_v(state, mask, a, b, number, lo, hi)
                else:
                    dense_v(state, mask, places + _WORD * a, b, number, scratch, lo, hi)
            else:
                settings = 1 << free
                lo, hi = settings * part // parts, settings * (part + 1) // parts
                if op == EXCHANGE:
                    exchange(state, mask, a, b, lo, hi)
                elif op == MULTIPLY:
                    multiply(state, mask, a, number, lo, hi)
                elif op == TURN:
                    turn(state, mask, a, b, number, lo, hi)
                elif op == MIX:
                    mix(state, mask, a, b, number, lo, hi)
                else:
                    dense(state, mask, places + _WORD * a, b, number, scratch, lo, hi)
        return 0

    return run_rows


def _fill_numbers() -> Any:
    """The kernel that works out the entries of gates' matrices from their angles."""
    v = operations(2, "double")
    word, read, put = v.word, v.read, v.put

    @compiled
    def powers_of(theta: float, needed: int, powers: int) -> None:
        """e^{i m θ/2} for m = −2 … 2; bit 0 of `needed`: m = ±1, bit 1: m = ±2."""
        put(powers + 2 * _COMPLEX, 1.0)
        put(powers + 2 * _COMPLEX + _WORD, 0.0)
        for m in range(1, 3):
            if needed & m:
                c, s = math.cos(0.5 * m * theta), math.sin(0.5 * m * theta)
                put(powers + (2 - m) * _COMPLEX, c)
                put(powers + (2 - m) * _COMPLEX + _WORD, -s)
                put(powers + (2 + m) * _COMPLEX, c)
                put(powers + (2 + m) * _COMPLEX + _WORD, s)

    @compiled
    def add_up(sums: int, slots: int, angles: int) -> int:
        """Whether an angle is not finite: angle i is the sum of weights[k] · slots[columns[k]] over the terms
        k = starts[i] … starts[i+1] − 1. `sums`: how many, then the addresses of starts, columns and weights."""
        strange = 0
        count, starts, columns, weights = word(sums), word(sums + 8), word(sums + 16), word(sums + 24)
        for i in range(count):
            total = 0.0
            for k in range(word(starts + _WORD * i), word(starts + _WORD * (i + 1))):
                total += read(weights + _WORD * k) * read(slots + _WORD * word(columns + _WORD * k))
            put(angles + _WORD * i, total)
            strange |= total - total != 0.0  # infinite, or not a number
        return strange

    @compiled
    def fill_numbers(sums: int, slots: int, angles: int, jobs: int, count: int, numbers: int, powers: int) -> int:
        """The numbers of `count` gates with angles, which are affine sums (see `add_up`) or there already. Returns
        whether an angle is not finite.

        A job is three integers:
        the address of its formula, the item of its first angle, the item of its first number. A formula is the address
        of its coefficients, the number of angles and of entries; for each angle which powers it needs; for each entry
        the number of terms, and for each term the item of its coefficient and for each angle m + 2, where the term is
        coefficient · Π e^{i m θ/2}.
        """
        strange: int = add_up(sums, slots, angles)
        for job in range(count):
            at = word(jobs + 24 * job)
            angle = angles + _WORD * word(jobs + 24 * job + 8)
            number = numbers + _COMPLEX * word(jobs + 24 * job + 16)
            coefficients, num_angles, entries = word(at), word(at + 8), word(at + 16)
            at += 24
            for j in range(num_angles):
                powers_of(read(angle + _WORD * j), word(at), powers + POWERS * _COMPLEX * j)
                at += _WORD
            for _ in range(entries):
                terms = word(at)
                at += _WORD
                re, im = 0.0, 0.0
                for _ in range(terms):
                    c = coefficients + _COMPLEX * word(at)
                    at += _WORD
                    x, y = read(c), read(c + _WORD)
                    for j in range(num_angles):
                        p = powers + _COMPLEX * (POWERS * j + word(at))
                        at += _WORD
                        u, w = read(p), read(p + _WORD)
                        x, y = x * u - y * w, x * w + y * u
                    re += x
                    im += y
                put(number, re)
                put(number + _WORD, im)
                number += _COMPLEX
        return strange

    return fill_numbers


def build(lanes: int, precision: str) -> dict[str, tuple[Any, Any]]:
    """The kernels of a vector width and precision: name → (compiled function, signature)."""
    return {
        "run_rows": (_run_rows(lanes, precision), types.int64(*[types.int64] * 10)),
        "fill_numbers": (_fill_numbers(), types.int64(*[types.int64] * 7)),
    }
