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
from qsim.plan.steps import Flip, Pair, Phase, Turn

__all__ = ["HEADER_BYTES", "Encoded", "encode"]

OCTETS, EXCHANGE, DENSE, BLOCKS, TABLE, PHASE, SCALAR = range(7)  # as in qsim.kernels.sweep
HEADER_BYTES = 64  # before the scratch of a block
_MAX_RUN_BITS = 8  # contiguous runs of at most 256 amplitudes
_NONE = 1 << 62  # later than any step
_FEW = 4  # phases that hold back other turns: with so few a table would not pay for the passes that it helps
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
    sweep: Sweep,
    num_bits: int,
    support: int,
    lanes: int,
    dtype: Any,
    pending: Diagonal,
    *,
    following: Sweep | None = None,
) -> Encoded:
    """The numbers of a sweep.

    Args:
        sweep: its local bits and steps.
        num_bits: of an index.
        support: bits that are 1 in some amplitude that is not zero; blocks outside it are not visited.
        lanes: numbers in a vector.
        dtype: real type of the precision.
        pending: phases that are still to be multiplied in; afterwards, those that are left for the next sweep.
        following: the next sweep; without one, no phase is left.
    """
    encoder = _Encoder(sweep, num_bits, lanes, dtype, pending)
    encoder.work()
    encoder.end(following)
    return encoder.finish(support, is_last=following is None)


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
        self.ready = Ready(sweep.steps, sweep.local)
        self.rows: list[tuple[int, ...]] = []
        self.data: list[float] = [1.0, 0.0]
        self.terms: list[int] = []
        self.tables: list[tuple[int, int, int]] = []  # table's row, first term, end of terms
        self.masks: list[int] = []
        self.phases: list[complex] = []
        self.scale = 1.0

    # ── Which pass comes next ─────────────────────────────────────────────────────────────────────────────────────

    def work(self) -> None:
        """Passes until no step is left: what comes first in the sweep's order decides about each."""
        ready = self.ready
        self.settle()
        while ready.remaining:
            lanes = sum(self.weights[: self.lane_bits])
            if leaving := self.leaving_early():
                self.exchange(leaving)
                continue
            gathered = _Gathered(ready, lanes, [])
            first = gathered.next()
            pair = min((number for number, pair in ready.pairs.items() if not pair.mask & lanes), default=_NONE)
            if pair < first:
                self.quartets(pair)
            elif first == _NONE and self.is_blocked(lanes):
                self.exchange(self.leaving(lanes))
            else:
                gathered.run(early=first == _NONE)
                self.write_octets(OCTETS, gathered, self.weights)

    def is_blocked(self, lanes: int) -> bool:
        """Whether a step is ready that cannot be done because of the bits inside the vectors."""
        ready = self.ready
        steps: list[Pair | Flip] = [*ready.pairs.values(), *ready.flips.values()]
        return any(weight & lanes for weight in ready.turns) or any(step.mask & lanes for step in steps)

    def settle(self) -> None:
        """Phases that became ready, and flips that were made, join the pending diagonal."""
        for event in self.ready.events:
            if type(event) is Phase:
                self.pending.add(event.mask, event.angle)
            else:
                self.pending.pull_through(event)
        self.ready.events.clear()

    def leaving_early(self) -> list[int]:
        """Bits that trade places at once, where that costs no pass: those inside the vectors have one turn to make now,
        and the others can make theirs in the pass that brings them back."""
        ready = self.ready
        if self.weights[: self.lane_bits] != self.home or any(
            weight not in ready.turns or ready.steps_left(weight) > 1 for weight in self.home
        ):
            return []
        found = [w for w in self.tradable() if w in ready.turns and ready.steps_left(w) == 1]
        return found[: self.lane_bits] if len(found) >= self.lane_bits else []

    def tradable(self) -> list[int]:
        """Bits outside the vectors that may trade places: an octet's bits that do not trade lie above those that do."""
        return self.weights[self.lane_bits : len(self.weights) - (3 - self.lane_bits)]

    def leaving(self, lanes: int) -> list[int]:
        """Bits that trade places with those inside the vectors: the ones that are needed last, none of a step at hand.

        The bits whose home is inside the vectors go back together, so that in the end they lie as they did.
        """
        ready = self.ready
        wanted = 0
        at_hand: list[Pair | Flip] = [*ready.pairs.values(), *ready.flips.values()]
        for step in at_hand:
            if step.mask & lanes:
                wanted |= step.mask
                break
        home = sum(self.home)
        order = sorted(
            (w for w in self.tradable() if not w & home), key=lambda w: (bool(w & wanted), ready.steps_left(w))
        )
        found = order[: self.lane_bits]
        if lanes != home and not wanted & home:
            cost = sum(map(ready.steps_left, self.home))
            if sum(found) & wanted or cost <= sum(map(ready.steps_left, found)):
                return self.home
        return found

    # ── Passes ────────────────────────────────────────────────────────────────────────────────────────────────────

    def exchange(self, leaving: list[int]) -> None:
        """A pass in which the bits inside the vectors trade places with others first: turns and flips on them."""
        at = self.filled([self.position[weight] for weight in leaving])
        after = list(self.weights)
        for lane in range(self.lane_bits):
            after[lane], after[at[lane]] = after[at[lane]], after[lane]
        gathered = _Gathered(self.ready, sum(after[: self.lane_bits]), [after[position] for position in at])
        gathered.run(early=True)
        self.write_octets(EXCHANGE, gathered, after)

    def filled(self, at: list[int]) -> list[int]:
        """Three positions: those given, and the highest others."""
        position = len(self.weights) - 1
        while len(at) < 3:
            if position not in at:
                at.append(position)
            position -= 1
        return sorted(at)

    def write_octets(self, opcode: int, gathered: "_Gathered", after: list[int]) -> None:
        """The row of a pass; `after` says where the bits lie in it."""
        position = {weight: place for place, weight in enumerate(after)}
        at = self.filled([position[weight] for weight in gathered.octet])
        octet = [after[place] for place in at]
        tangents: list[float] = [0.0, 0.0, 0.0]
        moves: list[Move] = []
        turning = 0
        for turn in gathered.turns:
            k = octet.index(turn.mask)
            angle = math.pi / 2 - turn.half_angle if turn.is_steep else turn.half_angle
            tangents[k] = float(self.dtype(math.tan(angle)))
            # The cosine of the rounded tangent: the norm does not drift.
            self.scale /= math.hypot(1.0, tangents[k])
            turning |= turn.mask
            if turn.is_steep:
                moves.append((k, 0, -1))
        inner = {weight: 1 << k for k, weight in enumerate(octet)}
        conditions: list[int] = []  # of bits outside the octet, which may have grown since a flip was gathered
        for flip in gathered.flips:
            mask = sum(bit for weight, bit in inner.items() if flip.controls & weight)
            outer = flip.controls & ~sum(inner)
            if outer and outer not in conditions:
                conditions.append(outer)
            moves.append((octet.index(flip.target), mask, conditions.index(outer) if outer else -1))
        is_factors, diagonal = self.diagonal(turning, octet, conditions, after)
        self.weights, self.position = after, position
        self.settle()
        x, y = self.push(tangents), len(self.terms)
        for k in range(MAX_CONDITIONS):
            self.terms += self.condition(conditions[k]) if k < len(conditions) else (0, 1, 0, 0)
        a, b, c = (place - self.lane_bits for place in at)
        self.terms += places(tuple(moves), len(conditions), (a, b, c), self.group_bytes)
        self.rows.append((opcode, a, b, c, x, y, is_factors, diagonal))

    def condition(self, mask: int) -> tuple[int, int, int, int]:
        inside = self.spread(mask & self.local, self.position) >> self.lane_bits
        outside = mask & ~self.local
        return inside, inside, outside, outside

    def quartets(self, number: int) -> None:
        pair = self.ready.pairs[number]
        matrix = pair.matrix * self.pending.taken_inside(pair.first, pair.second)
        self.multiply(pair.mask)
        first, second = (self.position[weight] - self.lane_bits for weight in (pair.first, pair.second))
        one, two = self.group_bytes << second, self.group_bytes << first
        order = (0, one, two, one + two)
        partner = pair.partners()
        y = len(self.terms)
        if partner is None:
            entries = matrix.ravel()
            self.terms += order
        else:
            self.terms += [order[k] for pair_of in _PAIRS_OF[partner] for k in pair_of]
            entries = matrix.ravel()[_BLOCKS_OF[partner]]
        x = self.push(entries.view(np.float64).tolist())
        self.rows.append((DENSE if partner is None else BLOCKS, *sorted((first, second)), 0, x, y, 0, -1))
        self.ready.finish(number)
        self.settle()

    def diagonal(self, turning: int, octet: list[int], conditions: list[int], weights: list[int]) -> tuple[int, int]:
        """The phases that hold back what turns these bits, as factors of the octet (1 and their place in the data) or
        as a table with all others (0 and its number, or −1 where nothing holds them back)."""
        if len(self.pending) > _MAX_TERMS:
            return 0, self.flushed(-1, weights)
        phases = self.pending.touching(turning)
        if not phases:
            return 0, -1
        inner = sum(octet)
        outer = {mask & ~inner for mask in phases} - {0} - set(conditions)
        waiting = sum(weight for weight in self.ready.turns if not turning & weight)
        if (
            len(outer) + len(conditions) > MAX_CONDITIONS
            or any(mask & sum(weights[: self.lane_bits]) for mask in outer)
            or len(self.pending.touching(waiting)) > _FEW
        ):
            return 0, self.flushed(turning, weights)
        conditions += sorted(outer)
        self.pending.remove(phases)
        angles = [0.0] * (8 << len(conditions))
        for mask, angle in phases.items():
            needed = sum(1 << k for k, weight in enumerate(octet) if mask & weight)
            if mask & ~inner:
                needed |= 8 << conditions.index(mask & ~inner)
            index = needed
            while index < len(angles):
                angles[index] += angle
                index = (index + 1) | needed
        return 1, self.push([part for angle in angles for part in (math.cos(angle), math.sin(angle))])

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

    def end(self, following: Sweep | None) -> None:
        """Bits back into the vectors; phases that the next sweep would pay more for than this one."""
        if self.weights[: self.lane_bits] != self.home:
            self.exchange(self.home)
        if following is None:
            self.multiply(-1)
        elif self.pending.is_costly(self.local, following.mixed, following.local):
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

    def finish(self, support: int, *, is_last: bool) -> Encoded:
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
        is_table = (program[:, 7] >= 0) & (program[:, 6] == 0)  # not the factors of an octet
        program[:, 7] = np.where(is_table, start + 2 * size * program[:, 7], program[:, 7])
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


class _Gathered:
    """The turns and then the flips that one pass over octets can do, gathered in the sweep's order.

    A turn must have been ready at the start: so none of the flips that are taken before it is on its bit. One whose bit
    is flipped next waits for the pass of that flip, where it costs nothing, unless it is taken *early*.
    """

    def __init__(self, ready: Ready, lanes: int, octet: list[int]) -> None:
        self.ready, self.lanes = ready, lanes
        self.octet = octet  # weights; up to three are added
        self.is_open = not octet
        self.candidates = {  # by weight: the number of the turn, and the flips that come next on the bit, if any do
            weight: (number, ready.flips_after(weight)) for weight, number in ready.turns.items() if not weight & lanes
        }
        self.turns: list[Turn] = []
        self.flips: list[Flip] = []
        self.conditions: set[int] = set()  # control bits outside the octet so far

    def run(self, *, early: bool) -> None:
        """Take steps until none is left that fits."""
        steps, ready = self.ready.steps, self.ready
        while (number := self.next()) < _NONE or (early and (number := self.earliest()) < _NONE):
            step = steps[number]
            if isinstance(step, Turn):
                weight = step.mask
                self.turns.append(step)
                del self.candidates[weight]
            else:
                assert isinstance(step, Flip)
                weight = step.target
                self.flips.append(step)
            if weight not in self.octet:
                self.octet.append(weight)
            if isinstance(step, Flip) and (outer := step.controls & ~sum(self.octet)):
                self.conditions.add(outer)
            ready.finish(number)

    @property
    def has_room(self) -> bool:
        """Whether the pass can work on further bits."""
        return self.is_open and len(self.octet) < 3

    def next(self) -> int:
        """The number of the turn or flip that comes first; a turn that waits for a flip comes with that."""
        steps, waits = self.ready.steps, self.ready.waits
        found = when = _NONE
        has_room = self.has_room
        for weight, (number, flips) in self.candidates.items():
            if not has_room and weight not in self.octet:
                continue
            if flips is None:
                if number < when:
                    found = when = number
                continue
            for flip in flips:
                if flip < when and waits[flip] == 1 and self.allows(steps[flip]):  # type: ignore[arg-type]
                    found, when = number, flip
        for number, ready_flip in self.ready.flips.items():
            if number < when and (has_room or ready_flip.target in self.octet) and self.allows(ready_flip):
                found = when = number
        return found

    def earliest(self) -> int:
        """The number of the first turn, whatever it waits for."""
        fitting = (n for weight, (n, _) in self.candidates.items() if self.has_room or weight in self.octet)
        return min(fitting, default=_NONE)

    def allows(self, flip: Flip) -> bool:
        """Whether its controls can be looked at: they lie outside the vectors, and there is a condition left."""
        if flip.mask & self.lanes:
            return False
        outer = flip.controls & ~sum(self.octet)
        return not outer or outer in self.conditions or len(self.conditions) < MAX_CONDITIONS


# By partner: the two pairs of basis states that such a matrix couples, and the places of the entries of the two blocks.
_PAIRS_OF = {1: ((0, 1), (2, 3)), 2: ((0, 2), (1, 3)), 3: ((0, 3), (1, 2))}
_BLOCKS_OF = {
    partner: [4 * j + k for pair in pairs for j in pair for k in pair] for partner, pairs in _PAIRS_OF.items()
}


def _subset_sums(numbers: list[int]) -> NDArray[np.int64]:
    """Sums of all subsets, in the order of the subsets' masks."""
    sums = np.zeros(1, dtype=np.int64)
    for number in numbers:
        sums = np.concatenate([sums, sums + number])
    return sums
