"""Encode: a sweep as the program that its kernel runs on each block.

Steps are taken as their bits become free. Phases gather in one pending diagonal, which goes into the next pass that
turns one of its bits, as a table that this pass multiplies in first; flips do not stop it, they are pulled through. A
pass turns three bits at once, and while it stores, flips are made by storing elsewhere. Bits that lie inside a vector
cannot be worked on: when nothing else is left, they trade places with the bits of a pass.
"""

import cmath
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim.plan.diagonal import Diagonal
from qsim.plan.moves import MAX_CONDITIONS, Move, places
from qsim.plan.ready import Ready
from qsim.plan.schedule import Sweep
from qsim.plan.steps import Flip, Pair, Turn

__all__ = ["Encoded", "encode"]

OCTETS, EXCHANGE, DENSE, BLOCKS, TABLE, PHASE, SCALAR = range(7)  # as in qsim.kernels.sweep
_MAX_RUN_BITS = 8  # contiguous runs of at most 256 amplitudes
_MAX_TERMS = 128  # phases in a pending diagonal, past which flips are not pulled through it


@dataclass
class Encoded:
    """A sweep for `run_sweep`: arrays of integers and of numbers of one precision."""

    layout: NDArray[np.int64]
    program: NDArray[np.int64]
    data: NDArray[Any]
    terms: NDArray[np.int64]
    num_blocks: int
    block_amplitudes: int
    tables: NDArray[np.int64]  # for `fill_tables`: place in `data`, first and last term of each diagonal
    masks: NDArray[np.int64]
    phases: NDArray[np.complex128]
    block_bits: int


def encode(
    sweep: Sweep, num_bits: int, support: int, lanes: int, dtype: Any, pending: Diagonal, *, is_last: bool = True
) -> Encoded:
    """The numbers of a sweep.

    Args:
        sweep: its local bits and steps.
        num_bits: of an index.
        support: bits that are 1 in some amplitude that is not zero; blocks outside it are not visited.
        lanes: numbers in a vector.
        dtype: real type of the precision.
        pending: phases that are still to be multiplied in; afterwards, those that are left for the next sweep.
        is_last: leave none.
    """
    encoder = _Encoder(sweep, num_bits, lanes, dtype, pending)
    encoder.work()
    encoder.end(is_last)
    return encoder.finish(support, is_last)


class _Encoder:
    def __init__(self, sweep: Sweep, num_bits: int, lanes: int, dtype: Any, pending: Diagonal) -> None:
        self.lanes, self.dtype, self.num_bits = lanes, dtype, num_bits
        self.lane_bits = lanes.bit_length() - 1
        self.local = sweep.local
        self.bits = [bit for bit in range(num_bits) if sweep.local >> bit & 1]
        self.weights = [1 << bit for bit in self.bits]  # by position in the block: the bit that lies there now
        self.position = {weight: position for position, weight in enumerate(self.weights)}
        self.home = self.weights[: self.lane_bits]  # what lies inside the vectors at the start and in the end
        self.group_bytes = 2 * lanes * np.dtype(dtype).itemsize
        self.pending = pending
        self.ready = Ready(sweep.steps, sweep.local, pending)
        self.rows: list[tuple[int, ...]] = []
        self.data: list[float] = [1.0, 0.0]
        self.terms: list[int] = []
        self.tables: list[tuple[int, int, int]] = []  # table's row, first term, end of terms
        self.masks: list[int] = []
        self.phases: list[complex] = []
        self.scale = 1.0

    # ── Which pass comes next ─────────────────────────────────────────────────────────────────────────────────────

    def work(self) -> None:
        ready = self.ready
        while ready.remaining:
            lanes = sum(self.weights[: self.lane_bits])
            outer = self.chosen(lanes)
            if outer:
                self.octets(outer, exchange=False)
                continue
            pair = next((pair for pair in ready.pairs if not pair.mask & lanes), None)
            if pair is not None:
                self.quartets(pair)
            else:
                self.octets(self.leaving(lanes), exchange=True)

    def chosen(self, lanes: int) -> list[int]:
        """Up to three bits outside the vectors with turns, or flips, that wait for nothing."""
        found = [weight for weight in self.ready.turns if not weight & lanes][:3]
        if len(found) < 3:
            for flip in self.ready.flips:
                if not flip.mask & lanes and flip.target not in found:
                    found.append(flip.target)
                    if len(found) == 3:
                        break
        return found

    def leaving(self, lanes: int) -> list[int]:
        """Bits that trade places with those inside the vectors: the ones that are needed last, none of a step at hand.

        The bits whose home is inside the vectors go back together, so that in the end they lie as they did.
        """
        wanted = 0
        for step in (*self.ready.pairs, *self.ready.flips):
            if step.mask & lanes:
                wanted |= step.mask
                break
        home = sum(self.home)
        above = 0 if self.lane_bits == 3 else 1  # an octet's bits that do not trade lie above those that do
        others = self.weights[self.lane_bits : len(self.weights) - above]
        order = sorted((w for w in others if not w & home), key=lambda w: (bool(w & wanted), self.ready.steps_left(w)))
        found = order[: self.lane_bits]
        if lanes != home and not wanted & home:
            cost = sum(self.ready.steps_left(w) for w in self.home)
            if sum(found) & wanted or cost <= sum(self.ready.steps_left(w) for w in found):
                return self.home
        return found

    # ── Passes ────────────────────────────────────────────────────────────────────────────────────────────────────

    def octets(self, found: list[int], exchange: bool) -> None:
        at = sorted(self.position[weight] for weight in found)
        position = len(self.weights) - 1
        while len(at) < 3:  # any others, above those that trade places
            if position not in at:
                at.append(position)
            position -= 1
        at.sort()
        ready = self.ready
        after = list(self.weights)
        if exchange:
            for lane in range(self.lane_bits):
                after[lane], after[at[lane]] = after[at[lane]], after[lane]
        octet = [after[position] for position in at]
        turns = [ready.turns.get(weight) for weight in octet]
        tangents, moves = self.tangents(turns)
        turning = sum(turn.mask for turn in turns if turn)
        if not turning and len(self.pending) > _MAX_TERMS:
            turning = sum(octet)
        table = self.flushed(turning, after)
        if exchange:
            self.weights = after
            self.position = {weight: position for position, weight in enumerate(after)}
        for turn in turns:
            if turn:
                self.pending.add(turn.mask, turn.after)
                ready.finish(turn)
        conditions: list[int] = []
        self.flips(octet, sum(after[: self.lane_bits]), moves, conditions)
        x = self.push(tangents)
        y = len(self.terms)
        for k in range(MAX_CONDITIONS):
            self.terms += self.condition(conditions[k]) if k < len(conditions) else (0, 1, 0, 0)
        a, b, c = (position - self.lane_bits for position in at)
        self.terms += places(tuple(moves), (a, b, c), self.group_bytes)
        self.rows.append((EXCHANGE if exchange else OCTETS, a, b, c, x, y, 0, table))

    def tangents(self, turns: list[Turn | None]) -> tuple[list[float], list[Move]]:
        """Tangents of the turns, and their exchanges of halves."""
        tangents: list[float] = [0.0, 0.0, 0.0]
        moves: list[Move] = []
        for k, turn in enumerate(turns):
            if turn is None:
                continue
            # Past 45 degrees: rotation(h) = X · rotation(π/2 − h) · Z, so that the tangent is at most 1.
            is_steep = turn.half_angle > math.pi / 4
            angle = math.pi / 2 - turn.half_angle if is_steep else turn.half_angle
            self.pending.add(turn.mask, turn.before + math.pi if is_steep else turn.before)
            tangents[k] = float(self.dtype(math.tan(angle)))
            # The cosine of the rounded tangent: the norm does not drift.
            self.scale /= math.hypot(1.0, tangents[k])
            if is_steep:
                moves.append((k, 0, -1))
        return tangents, moves

    def flips(self, octet: list[int], lanes: int, moves: list[Move], conditions: list[int]) -> None:
        """Every flip that this pass can make while it stores."""
        inner = {weight: 1 << k for k, weight in enumerate(octet)}
        while True:
            for flip in self.ready.flips:
                if flip.target not in inner or flip.controls & lanes:
                    continue
                outer = flip.controls
                mask = 0
                for weight, bit in inner.items():
                    if outer & weight:
                        outer ^= weight
                        mask |= bit
                if outer and outer not in conditions and len(conditions) == MAX_CONDITIONS:
                    continue
                if len(self.pending) > _MAX_TERMS and self.pending.touches(flip.target):
                    continue
                break
            else:
                return
            number = -1
            if outer:
                if outer not in conditions:
                    conditions.append(outer)
                number = conditions.index(outer)
            moves.append((octet.index(flip.target), mask, number))
            self.pending.pull_through(flip)
            self.ready.finish(flip)

    def condition(self, mask: int) -> tuple[int, int, int, int]:
        inside = self.spread(mask & self.local, self.position) >> self.lane_bits
        outside = mask & ~self.local
        return inside, inside, outside, outside

    def quartets(self, pair: Pair) -> None:
        matrix = pair.matrix * self.pending.taken_inside(pair.first, pair.second)
        self.multiply(pair.mask)
        first, second = (self.position[weight] - self.lane_bits for weight in (pair.first, pair.second))
        steps = (0, self.group_bytes << second, self.group_bytes << first)
        order = [steps[0], steps[1], steps[2], steps[1] + steps[2]]
        partner = pair.partners()
        y = len(self.terms)
        if partner is None:
            entries = matrix.ravel()
            self.terms += order
        else:
            rest = 1 if partner != 1 else 2
            basis = (0, partner, rest, rest ^ partner)
            self.terms += [order[k] for k in basis]
            entries = np.array([matrix[j, k] for j, k in _BLOCKS_OF[partner]])
        x = self.push(entries.view(np.float64).tolist())
        self.rows.append((DENSE if partner is None else BLOCKS, *sorted((first, second)), 0, x, y, 0, -1))
        self.ready.finish(pair)

    # ── Diagonals ─────────────────────────────────────────────────────────────────────────────────────────────────

    def multiply(self, turning: int) -> None:
        """Multiply by the pending phases, if they touch these bits, in a pass of its own."""
        table = self.flushed(turning, self.weights)
        if table >= 0:
            self.rows.append((TABLE, 0, 0, 0, 0, 0, 0, table))

    def flushed(self, turning: int, weights: list[int]) -> int:
        """Write the pending phases if they hold back what turns these bits; the table's number, −1 if there is none.

        Phases across the border come as rows of their own, in front; the table's bits lie as in `weights`.
        """
        if not self.pending.touches(turning):
            return -1
        inside, across = self.pending.split(turning, self.local)
        for mask, terms in across.items():
            self.across(mask, terms)
        if not inside:
            return -1
        nearest = float(self.dtype(self.scale))
        self.scale /= nearest  # what rounding takes from all entries alike, the next diagonal gives back
        position = {weight: position for position, weight in enumerate(weights)}
        first = len(self.masks)
        found = sorted((self.spread(mask, position), angle) for mask, angle in inside.items())
        self.masks += [0, *(mask for mask, _ in found)]
        self.phases += [nearest, *(cmath.exp(1j * angle) for _, angle in found)]
        self.tables.append((len(self.tables), first, len(self.masks)))
        return len(self.tables) - 1

    def across(self, mask: int, terms: list[tuple[int, float]]) -> None:
        """Phases that depend on the block, on a sub-cube of it or on all of it."""
        spread = self.spread(mask, self.position)
        phases = self.push([part for _, a in terms for part in (math.cos(a), math.sin(a))])
        at = len(self.terms)
        self.terms += [outside for outside, _ in terms]
        if not mask:
            self.rows.append((SCALAR, 0, phases, 0, 0, at, len(terms), -1))
            return
        inner = spread & (self.lanes - 1)
        pattern = self.push([float(lane & inner == inner) for lane in range(self.lanes)])
        self.rows.append((PHASE, spread >> self.lane_bits, phases, 0, pattern, at, len(terms), -1))

    def end(self, is_last: bool) -> None:
        """Bits back into the vectors; phases that the next sweep would pay more for than this one."""
        if self.weights[: self.lane_bits] != self.home:
            self.octets(self.home, exchange=True)
        if is_last:
            self.multiply(-1)
        elif self.pending.is_costly(self.local):
            self.multiply(self.local)

    # ── Numbers ───────────────────────────────────────────────────────────────────────────────────────────────────

    def push(self, numbers: list[float]) -> int:
        """Append numbers, return their place."""
        at = len(self.data)
        self.data += numbers
        return at

    def spread(self, mask: int, position: dict[int, int]) -> int:
        """The mask in bits of the block."""
        result = 0
        while mask:
            weight = mask & -mask
            result |= 1 << position[weight]
            mask ^= weight
        return result

    def finish(self, support: int, is_last: bool) -> Encoded:
        low = 0
        while low < len(self.bits) and self.bits[low] == low:
            low += 1
        low = min(low, _MAX_RUN_BITS)
        offsets = _subset_sums([1 << bit for bit in self.bits[low:]])
        order = _subset_sums(
            [self.group_bytes << (self.position[1 << bit] - self.lane_bits) for bit in self.bits[self.lane_bits :]]
        )
        outer = [bit for bit in range(self.num_bits) if support & ~self.local & (1 << bit)]
        head = [len(offsets), (1 << low) // self.lanes, len(outer), *outer]
        phase = self.pending.take_constant() if is_last else 0.0
        self.data[:2] = [self.scale * math.cos(phase), self.scale * math.sin(phase)]
        size = 1 << len(self.bits)
        start = len(self.data) + 8 * self.lanes
        data = np.empty(start + 2 * size * len(self.tables), dtype=self.dtype)
        data[: len(self.data)] = self.data
        program = np.array(self.rows, dtype=np.int64).reshape(-1, 8)
        program[:, 7] = np.where(program[:, 7] < 0, -1, start + 2 * size * program[:, 7])
        tables = np.array(self.tables, dtype=np.int64).reshape(-1, 3)
        tables[:, 0] = start + 2 * size * tables[:, 0]
        return Encoded(
            layout=np.concatenate([np.array(head, dtype=np.int64), offsets, order]),
            program=program,
            data=data,
            terms=np.array(self.terms, dtype=np.int64),
            num_blocks=1 << len(outer),
            block_amplitudes=size,
            tables=tables,
            masks=np.array(self.masks, dtype=np.int64),
            phases=np.array(self.phases, dtype=np.complex128),
            block_bits=len(self.bits),
        )


def _blocks(partner: int) -> list[tuple[int, int]]:
    """Rows and columns of the entries of the two blocks of a matrix that couples j with j ^ partner."""
    rest = 1 if partner != 1 else 2
    pairs = ((0, partner), (rest, rest ^ partner))
    return [(j, k) for pair in pairs for j in pair for k in pair]


_BLOCKS_OF = {partner: _blocks(partner) for partner in (1, 2, 3)}


def _subset_sums(numbers: list[int]) -> NDArray[np.int64]:
    """Sums of all subsets, in the order of the subsets' masks."""
    sums = np.zeros(1, dtype=np.int64)
    for number in numbers:
        sums = np.concatenate([sums, sums + number])
    return sums
