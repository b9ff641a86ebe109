"""Tables: diagonals of a block worked out from their phases, in double precision whatever a sweep works in."""

from typing import Any

from qsim.kernels.vector import compiled, inlined, operations

__all__ = ["tables_kernel"]

_WORD = 8  # bytes of an integer, or of a number of double precision


def tables_kernel(lanes: int, precision: str) -> Any:
    """The kernel for the tables of a sweep with so many lanes of that precision."""
    v = operations(lanes, "double", precision)  # `fetch` and `keep` are of double precision, `store` converts
    word, read, put, splat, fetch, keep, store = v.word, v.read, v.put, v.splat, v.fetch, v.keep, v.store
    fma, fnma, mul = v.fma, v.fnma, v.mul
    item, size = v.stored_item, lanes * v.stored_item
    row = _WORD * lanes

    @inlined
    def times(source: int, target: int, imaginary: int, c: Any, s: Any) -> None:
        """A vector of amplitudes' factors, times c + i·s."""
        x, y = fetch(source), fetch(source + imaginary)
        keep(target, fnma(s, y, mul(c, x)))
        keep(target + imaginary, fma(s, x, mul(c, y)))

    @inlined
    def time(source: int, target: int, imaginary: int, c: float, s: float) -> None:
        """The same for one number."""
        x, y = read(source), read(source + imaginary)
        put(target, c * x - s * y)
        put(target + imaginary, c * y + s * x)

    @compiled
    def double(work: int, imaginary: int, half: int, c: float, s: float) -> None:
        """Entries half … 2·half−1 are the ones before them, times a phase."""
        upper = work + _WORD * half
        if half < lanes:
            for i in range(half):
                time(work + _WORD * i, upper + _WORD * i, imaginary, c, s)
            return
        cs, ss = splat(c), splat(s)
        for i in range(0, half, lanes):
            times(work + _WORD * i, upper + _WORD * i, imaginary, cs, ss)

    @compiled
    def multiply(upper: int, imaginary: int, half: int, mask: int, c: float, s: float, pattern: int) -> None:
        """Multiply those of so many entries whose index has all bits of a mask. `pattern`: 2·lanes doubles."""
        if half < lanes:
            i = mask
            while i < half:
                time(upper + _WORD * i, upper + _WORD * i, imaginary, c, s)
                i = (i + 1) | mask
            return
        inner = mask & (lanes - 1)
        for lane in range(lanes):
            has_bits = lane & inner == inner
            put(pattern + _WORD * lane, c if has_bits else 1.0)
            put(pattern + row + _WORD * lane, s if has_bits else 0.0)
        cs, ss = fetch(pattern), fetch(pattern + row)
        i = outer = mask ^ inner
        while i < half:
            times(upper + _WORD * i, upper + _WORD * i, imaginary, cs, ss)
            i = (i + lanes) | outer

    @compiled
    def fill_tables(data: int, tables: int, count: int, masks: int, phases: int, work: int, bits: int) -> int:
        """`tables`: for each its item offset in `data`, its first term, and the end of its terms. A term multiplies
        the entries whose index has all bits of its mask; masks ascend, and the first is 0. `work`: 2·2^bits doubles,
        for at least as many entries as there are lanes.
        """
        imaginary = _WORD << bits
        for t in range(count):
            target = data + item * word(tables + 3 * _WORD * t)
            k, end = word(tables + 3 * _WORD * t + 8), word(tables + 3 * _WORD * t + 16)
            put(work, read(phases + 16 * k))
            put(work + imaginary, read(phases + 16 * k + 8))
            k += 1
            for bit in range(bits):
                half = 1 << bit
                c, s = 1.0, 0.0
                if k < end and word(masks + _WORD * k) == half:
                    c, s = read(phases + 16 * k), read(phases + 16 * k + 8)
                    k += 1
                double(work, imaginary, half, c, s)
                while k < end and word(masks + _WORD * k) < 2 * half:
                    c, s = read(phases + 16 * k), read(phases + 16 * k + 8)
                    multiply(work + _WORD * half, imaginary, half, word(masks + _WORD * k) - half, c, s, target)
                    k += 1
            for g in range((1 << bits) // lanes):
                store(target + 2 * size * g, fetch(work + row * g))
                store(target + 2 * size * g + size, fetch(work + imaginary + row * g))
        return 0

    return fill_tables
