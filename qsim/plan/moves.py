"""Moves: where a pass over octets stores its eight groups, as a function of conditions on the other bits."""

from functools import lru_cache

__all__ = ["MAX_CONDITIONS", "Move", "places"]

MAX_CONDITIONS = 3  # of a pass over octets; see qsim.kernels.passes

Move = tuple[int, int, int]  # bit of the octet that is flipped, mask of octet bits that must be 1, condition (−1: none)


@lru_cache(maxsize=4096)
def places(
    moves: tuple[Move, ...], num_conditions: int, bits: tuple[int, int, int], group_bytes: int
) -> tuple[int, ...]:
    """For each combination of conditions, the places in bytes of the eight groups after the moves, one after the other.

    >>> places(((0, 0, -1),), 0, (0, 1, 2), 1)
    (1, 0, 3, 2, 5, 4, 7, 6)
    """
    offsets = [sum(group_bytes << bit for k, bit in enumerate(bits) if place >> k & 1) for place in range(8)]
    found = []
    for combination in range(1 << num_conditions):
        active = [(bit, mask) for bit, mask, condition in moves if condition < 0 or combination >> condition & 1]
        for place in range(8):
            for bit, mask in active:
                if place & mask == mask:
                    place ^= 1 << bit
            found.append(offsets[place])
    return tuple(found)
