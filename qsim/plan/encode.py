"""Encode: a sweep as the numbers that its kernel reads."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim.plan.schedule import Layer, Sweep

__all__ = ["Encoded", "encode"]

ROTATE, LANES, TABLE, PHASE = range(4)  # as in qsim.kernels.sweep
_TWO_PI = 2 * math.pi


@dataclass
class Encoded:
    """A sweep for `run_sweep`: arrays of integers and of numbers of one precision."""

    layout: NDArray[np.int64]
    program: NDArray[np.int64]
    data: NDArray[Any]
    terms: NDArray[np.int64]
    num_blocks: int
    block_amplitudes: int


def encode(sweep: Sweep, num_bits: int, support: int, lanes: int, dtype: Any, phase: float = 0.0) -> Encoded:
    """The numbers of a sweep.

    Args:
        sweep: its local bits and layers.
        num_bits: of an index.
        support: bits that are 1 in some amplitude that is not zero; blocks outside it are not visited.
        lanes: numbers in a vector.
        dtype: real type of the precision.
        phase: global phase to be multiplied in.
    """
    encoder = _Encoder(sweep.local, num_bits, lanes, dtype)
    for layer in sweep.layers:
        encoder.add(layer)
    return encoder.finish(support, phase)


class _Encoder:
    def __init__(self, local: int, num_bits: int, lanes: int, dtype: Any) -> None:
        self.lanes, self.dtype, self.num_bits = lanes, dtype, num_bits
        self.lane_bits = lanes.bit_length() - 1
        self.local = local
        self.bits = [bit for bit in range(num_bits) if local >> bit & 1]
        self.place = {1 << bit: place for place, bit in enumerate(self.bits)}  # weight → bit in the block
        self.size = 1 << len(self.bits)
        self.rows: list[list[int]] = []
        self.data: list[NDArray[Any]] = [np.array([1.0, 0.0])]
        self.length = 2
        self.terms: list[int] = []
        self.scale = 1.0

    def push(self, numbers: NDArray[Any]) -> int:
        """Append numbers, return their place."""
        at = self.length
        self.data.append(numbers)
        self.length += len(numbers)
        return at

    def rounded(self, number: float) -> float:
        """The number as memory will hold it."""
        return float(self.dtype(number))

    def add(self, layer: Layer) -> None:
        earlier, self.scale = self.scale, 1.0  # what the layers before left over: it goes with this one's diagonal
        turns: list[tuple[int, float, bool]] = []  # bit of the block, tangent, whether the halves are exchanged
        phases = dict(layer.phases)
        for weight, half in layer.rotations.items():
            # Past 45 degrees: rotation(h) = X · rotation(π/2 − h) · Z, so that the tangent is at most 1.
            flip = half > math.pi / 4
            angle = math.pi / 2 - half if flip else half
            if flip:
                phases[weight] = phases.get(weight, 0.0) + math.pi
            tangent = self.rounded(math.tan(angle))
            turns.append((self.place[weight], tangent, flip))
            self.scale /= math.hypot(1.0, tangent)  # the cosine of the rounded tangent: the norm does not drift
        table = self.diagonal(phases, earlier)
        inner = [turn for turn in turns if turn[0] < self.lane_bits]
        outer = sorted(turn for turn in turns if turn[0] >= self.lane_bits)
        for start in range(0, len(outer), 3):
            self.rotate(outer[start : start + 3], table)
            table = -1
        if inner:
            self.rotate_lanes(inner, table)
            table = -1
        if table >= 0:
            self.rows.append([TABLE, 0, 0, 0, 0, 0, 0, table])

    def rotate(self, turns: list[tuple[int, float, bool]], table: int) -> None:
        bits = [place - self.lane_bits for place, _, _ in turns] + [-1, -1]
        at = self.push(np.array([tangent for _, tangent, _ in turns]))
        flips = sum(flip << k for k, (_, _, flip) in enumerate(turns))
        self.rows.append([ROTATE, *bits[:3], at, flips, 0, table])

    def rotate_lanes(self, turns: list[tuple[int, float, bool]], table: int) -> None:
        lane = np.arange(self.lanes)
        weights = np.zeros((4, 2, self.lanes))
        chosen = 0
        for place, tangent, flip in turns:
            chosen |= 1 << place
            sign = np.where(lane >> place & 1, 1.0, -1.0)
            stay, cross = np.ones(self.lanes), sign * tangent
            weights[place] = (-cross, stay) if flip else (stay, cross)
        self.rows.append([LANES, chosen, 0, 0, self.push(weights.ravel()), 0, 0, table])

    def diagonal(self, phases: dict[int, float], scale: float) -> int:
        """Write phases across the border, merge the others into one diagonal; its place, −1 if there is none."""
        inside: list[tuple[int, float]] = []
        across: dict[int, list[tuple[int, float]]] = {}
        for mask, angle in phases.items():
            if math.remainder(angle, _TWO_PI) == 0:
                continue
            part = mask & self.local
            if part == mask:
                inside.append((self.spread(mask), angle))
            else:
                across.setdefault(self.spread(part), []).append((mask & ~self.local, angle))
        for mask, terms in across.items():
            self.across(mask, terms)
        if inside:
            nearest = self.rounded(scale)
            self.scale *= scale / nearest  # what rounding takes from all entries alike, the next diagonal gives back
            return self.push(nearest * self.table(inside))
        self.scale *= scale
        return -1

    def spread(self, mask: int) -> int:
        """The mask in bits of the block."""
        result, rest = 0, mask
        while rest:
            weight = rest & -rest
            result |= 1 << self.place[weight]
            rest ^= weight
        return result

    def across(self, mask: int, terms: list[tuple[int, float]]) -> None:
        inner = mask & (self.lanes - 1)
        pattern = (np.arange(self.lanes) & inner == inner).astype(float)
        phases = self.push(np.array([(math.cos(a), math.sin(a)) for _, a in terms]).ravel())
        row = [PHASE, mask >> self.lane_bits, phases, 0, self.push(pattern), len(self.terms), len(terms), -1]
        self.terms += [outside for outside, _ in terms]
        self.rows.append(row)

    def table(self, phases: list[tuple[int, float]]) -> NDArray[Any]:
        """Kronecker product of the bits' phases, times those of several bits; vectors of real, then imaginary parts."""
        count = len(self.bits)
        angles = np.zeros([2] * count)
        for mask, angle in phases:
            index = tuple(1 if mask >> (count - 1 - axis) & 1 else slice(None) for axis in range(count))
            angles[index] += angle
        groups = angles.reshape(-1, 1, self.lanes)
        return np.concatenate([np.cos(groups), np.sin(groups)], axis=1).ravel()

    def finish(self, support: int, phase: float) -> Encoded:
        low = 0
        while low < len(self.bits) and self.bits[low] == low:
            low += 1
        low = min(low, 8)  # contiguous runs of at most 256 amplitudes
        offsets = [0]
        for bit in self.bits[low:]:
            offsets += [offset + (1 << bit) for offset in offsets]
        outer = [bit for bit in range(self.num_bits) if support & ~self.local & (1 << bit)]
        layout = [len(offsets), (1 << low) // self.lanes, len(outer), *outer, *offsets, *offsets]
        self.data[0] = np.array([self.scale * math.cos(phase), self.scale * math.sin(phase)])
        padding = np.zeros(8 * self.lanes)
        return Encoded(
            layout=np.array(layout, dtype=np.int64),
            program=np.array(self.rows, dtype=np.int64).reshape(-1, 8),
            data=np.concatenate([*self.data, padding]).astype(self.dtype),
            terms=np.array(self.terms, dtype=np.int64),
            num_blocks=1 << len(outer),
            block_amplitudes=self.size,
        )
