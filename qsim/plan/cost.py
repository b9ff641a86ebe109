"""Cost: what a sweep does to memory and to amplitudes, counted in its program."""

import math

import numpy as np
from numpy.typing import NDArray

from qsim.plan.encode import BLOCKS, DENSE, EXCHANGE, OCTETS, PHASE, SCALAR, TABLE, Encoded

__all__ = ["FLOPS", "flops", "pass_kinds", "touched"]

_NAMES = {
    OCTETS: "octets",
    EXCHANGE: "exchange",
    DENSE: "dense",
    BLOCKS: "blocks",
    TABLE: "table",
    PHASE: "phase",
    SCALAR: "scalar",
}
_DIAGONALS = ("", " with table", " with factors")
# Additions and multiplications an amplitude. An octet's three rotations are two fused operations for each real number.
FLOPS = {
    "octets": 12,
    "octets with table": 18,
    "octets with factors": 18,
    "exchange": 12,
    "exchange with table": 18,
    "exchange with factors": 18,
    "dense": 30,
    "blocks": 14,
    "table": 6,
    "phase": 6,
    "scalar": 0,
}
SCALE_FLOPS = 6  # while a block is written, it is multiplied by a number


def pass_kinds(program: NDArray[np.int64]) -> list[str]:
    """The kind of each pass, a key of `FLOPS`."""
    kinds = []
    for opcode, *_, is_factors, diagonal in program.tolist():
        name = _NAMES[opcode]
        if opcode in (OCTETS, EXCHANGE):
            name += _DIAGONALS[2 if is_factors else int(diagonal >= 0)]
        kinds.append(name)
    return kinds


def touched(encoded: Encoded) -> dict[str, float]:
    """Amplitudes, over all blocks, that passes of each kind work on: what depends on a block counts as on average."""
    result: dict[str, float] = {}
    total = encoded.num_blocks * encoded.block_amplitudes
    for kind, row in zip(pass_kinds(encoded.program), encoded.program.tolist(), strict=True):
        share = _phase_share(encoded, row) if kind == "phase" else 1.0
        result[kind] = result.get(kind, 0.0) + total * share
    return result


def flops(encoded: Encoded) -> int:
    """Additions and multiplications of a sweep."""
    total = encoded.num_blocks * encoded.block_amplitudes
    return round(SCALE_FLOPS * total + sum(FLOPS[kind] * count for kind, count in touched(encoded).items()))


def _phase_share(encoded: Encoded, row: list[int]) -> float:
    """Part of the amplitudes: groups that have all bits of a mask, in blocks where one of the terms holds."""
    _, mask, _, _, _, first, count, _ = row
    terms = encoded.terms[first : first + count].tolist()
    none = math.prod(1 - 0.5 ** term.bit_count() for term in terms)
    return float((1 - none) * 0.5 ** mask.bit_count())
