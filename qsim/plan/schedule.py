"""Schedule: steps into sweeps, each one pass over memory with a set of local bits.

What a step does to a bit is of one of three kinds: it reads it (phases, controls), flips it, or mixes it (turns,
pairs). Steps that read the same bit commute, and so do steps that flip it; all others keep their order. A sweep takes a
step if no step left behind holds one of its bits and if the bits it flips or mixes are local: others may be anywhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from qsim.plan.steps import Flip, Pair, Phase, Turn

__all__ = ["MemoryStep", "Sweep", "schedule"]

LOOK_AHEAD = 512  # steps that a sweep chooses from: bounds its time, and what planning a long circuit takes
MemoryStep = Phase | Turn | Flip | Pair


@dataclass
class Sweep:
    """One pass: a mask of the local bits, and the steps in order."""

    local: int
    steps: list[MemoryStep]

    @property
    def num_steps(self) -> int:
        """Steps that move or mix amplitudes: phases join them and cost little."""
        return sum(type(step) is not Phase for step in self.steps)

    @property
    def mixed(self) -> int:
        """Bits that turns and pairs mix."""
        mixed = 0
        for step in self.steps:
            if type(step) is Turn or type(step) is Pair:
                mixed |= step.mask
        return mixed


def schedule(steps: Iterable[MemoryStep], num_bits: int, block_bits: int, low_bits: int) -> list[Sweep]:
    """Sweeps that together are the steps.

    Args:
        steps: what `lower` gives, without operations.
        num_bits: of an index. Phases and controls may have higher bits, which are never local.
        block_bits: size of the local set.
        low_bits: lowest bits that are always local; at least two places of the local set stay free, so that each sweep
            can take the first step that is left.

    Raises:
        ValueError: the local set has no place.
    """
    if block_bits < min(2, num_bits):
        raise ValueError(f"Argument `block_bits` must be at least 2, but is {block_bits}.")
    waiting = iter(steps)
    remaining = list(islice(waiting, LOOK_AHEAD))
    sweeps: list[Sweep] = []
    block_bits = min(block_bits, max(num_bits, 1))
    low = (1 << max(min(low_bits, block_bits - 2), 0)) - 1
    while remaining:
        sweep, remaining = _best(remaining, low, block_bits, num_bits)
        remaining = _deferred(sweep, remaining) + remaining
        sweeps.append(sweep)
        remaining += islice(waiting, LOOK_AHEAD - len(remaining))
    return sweeps


def _best(remaining: Sequence[MemoryStep], low: int, block_bits: int, num_bits: int) -> tuple[Sweep, list[MemoryStep]]:
    """The sweep that takes the most steps: its local bits as steps come, or a window of neighbours."""
    best = _take(remaining, low, block_bits, num_bits)
    most = best[0].num_steps
    free, first = block_bits - low.bit_count(), low.bit_length()
    last = num_bits - free
    if not best[1] or free < 1:
        return best
    for start in {*range(first, last, max(free // 2, 1)), last}:
        window = low | ((1 << free) - 1) << start
        if window != best[0].local:
            other = _take(remaining, window, block_bits, num_bits)
            if other[0].num_steps > most:
                best, most = other, other[0].num_steps
    return best


_TAKEN = Phase(0, 0.0)


def _take(remaining: Sequence[MemoryStep], low: int, block_bits: int, num_bits: int) -> tuple[Sweep, list[MemoryStep]]:
    """One sweep: the local set grows, up to its size, by the bits of steps that nothing holds back."""
    local, free = low, block_bits - low.bit_count()
    read = flipped = mixed = 0  # bits that steps left behind read, flip, mix
    taken: list[MemoryStep] = []
    left: list[MemoryStep] = []
    waiting: dict[int, Phase] = {}  # phases across the border, by place in `left`: taken if a step needs it
    for step in remaining:
        if type(step) is Phase:
            mask = step.mask
            if mask & (flipped | mixed):
                read |= mask
                left.append(step)
            elif mask & ~local:
                waiting[len(left)] = step
                left.append(step)
            else:
                taken.append(step)
            continue
        if type(step) is Flip:
            needed, controls = step.target, step.controls
            held = needed & (read | mixed) or controls & (flipped | mixed)
        else:
            needed, controls = step.mask, 0
            held = needed & (read | flipped | mixed)
        missing = needed & ~local
        if held or missing.bit_count() > free:
            read |= controls
            if type(step) is Flip:
                flipped |= needed
            else:
                mixed |= needed
            left.append(step)
            continue
        if missing:
            local |= missing
            free -= missing.bit_count()
        if waiting:
            for place in [place for place, phase in waiting.items() if phase.mask & needed]:
                taken.append(waiting.pop(place))
                left[place] = _TAKEN
        taken.append(step)
    local = _filled(local, free, remaining, num_bits)
    is_last = not flipped and not mixed  # only phases are left: they go along
    for place, phase in waiting.items():
        if is_last or not phase.mask & ~local:
            taken.append(phase)
            left[place] = _TAKEN
    return Sweep(local, taken), [step for step in left if step is not _TAKEN]


def _deferred(sweep: Sweep, left: Sequence[MemoryStep]) -> list[MemoryStep]:
    """Turns that end a sweep on bits that are flipped next: they leave it for the sweep of the flips.

    A pass turns a bit and then flips it at no cost, so that apart they would take two. No turn goes if no step would be
    left: the sweep must do something.
    """
    places, seen = dict[int, int](), 0  # by weight: where the turn stands that ends the sweep on the bit
    for place in range(len(sweep.steps) - 1, -1, -1):
        step = sweep.steps[place]
        if type(step) is Turn and not step.mask & seen:
            places[step.mask] = place
        seen |= step.mask
    ends, later, seen = sum(places), set[int](), 0
    for step in left:
        if not ends & ~seen:
            break
        if type(step) is Flip and step.target & ends & ~seen:
            later.add(places[step.target])
        seen |= step.mask
    kept = [step for place, step in enumerate(sweep.steps) if place not in later]
    if all(type(step) is Phase for step in kept):
        return []
    deferred = [sweep.steps[place] for place in sorted(later, reverse=True)]
    sweep.steps = kept
    return deferred


def _filled(local: int, free: int, steps: Iterable[MemoryStep], num_bits: int) -> int:
    """Places that are still free go to bits of steps, so that fewer phases lie across the border, then to any bits."""
    everything = (1 << num_bits) - 1
    for mask in chain((step.mask for step in steps), (everything,)):
        if not free:
            break
        rest = mask & everything & ~local
        while rest and free:
            weight = rest & -rest
            local |= weight
            rest ^= weight
            free -= 1
    return local
