"""Schedule: phases and rotations into sweeps, each one pass over memory with a set of local bits.

Within a sweep work is done in layers: first all phases that nothing holds back, merged into one diagonal, then all
rotations, each bit at most once. Rotations need their bit in the local set; phases can be on any bits.

What may go first is decided by what each step does to a bit: phases on a bit commute with each other, a rotation
commutes with nothing on its bit. A step is taken if no step left behind holds its bits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from qsim.plan.lower import Phase, Rotation

__all__ = ["Layer", "Sweep", "schedule"]


@dataclass
class Layer:
    """Phases by mask, then rotations by weight of their bit."""

    phases: dict[int, float] = field(default_factory=dict)
    rotations: dict[int, float] = field(default_factory=dict)


@dataclass
class Sweep:
    """One pass: a mask of the local bits, and the layers of work."""

    local: int
    layers: list[Layer]

    @property
    def num_rotations(self) -> int:
        """Rotations in all layers."""
        return sum(len(layer.rotations) for layer in self.layers)


def schedule(steps: Iterable[Phase | Rotation], num_bits: int, block_bits: int, low_bits: int) -> list[Sweep]:
    """Sweeps that together are the steps.

    Args:
        steps: phases and rotations, in order.
        num_bits: of an index.
        block_bits: size of the local set.
        low_bits: lowest bits that are always local; at least one place of the local set stays free, so that each
            sweep can take the first rotation that is left.

    Raises:
        ValueError: the local set has no place.
    """
    if block_bits < 1:
        raise ValueError(f"Argument `block_bits` must be at least 1, but is {block_bits}.")
    remaining = list(steps)
    sweeps: list[Sweep] = []
    block_bits = min(block_bits, max(num_bits, 1))
    low = (1 << min(low_bits, block_bits - 1)) - 1
    while remaining:
        sweep, remaining = _take(remaining, low, block_bits)
        sweeps.append(sweep)
    return sweeps


_TAKEN = Phase(0, 0.0)


def _take(remaining: Sequence[Phase | Rotation], low: int, block_bits: int) -> tuple[Sweep, list[Phase | Rotation]]:
    """One sweep: the local set grows, up to its size, by the bits of rotations that nothing holds back."""
    local, free = low, block_bits - low.bit_count()
    held = 0  # bits on which a step left behind rotates: nothing may pass
    touched = 0  # bits of phases that are held back: only phases may pass
    rotated: dict[int, int] = {}  # by weight: the layer after its last rotation
    phased: dict[int, int] = {}  # by weight: the layer of its last phase
    layers: list[Layer] = []
    left: list[Phase | Rotation] = []
    waiting: dict[int, Phase] = {}  # phases across the border, by place in `left`: taken if a rotation needs it
    for step in remaining:
        mask = step.mask
        if isinstance(step, Phase):
            if mask & held:
                touched |= mask
                left.append(step)
            elif mask & ~local:
                waiting[len(left)] = step
                left.append(step)
            else:
                _place(step, layers, rotated, phased)
        elif mask & (held | touched) or not (mask & local or free):
            held |= mask
            left.append(step)
        else:
            if not mask & local:
                local |= mask
                free -= 1
            for place in [place for place, phase in waiting.items() if phase.mask & mask]:
                _place(waiting.pop(place), layers, rotated, phased)
                left[place] = _TAKEN
            layer = max(rotated.get(mask, 0), phased.get(mask, 0))
            _layer(layers, layer).rotations[mask] = step.half_angle
            rotated[mask] = layer + 1
    local = _filled(local, free, remaining)
    is_last = held == 0  # only phases are left: they go along
    for place, phase in waiting.items():
        if is_last or not phase.mask & ~local:
            _place(phase, layers, rotated, phased)
            left[place] = _TAKEN
    return Sweep(local, layers), [step for step in left if step is not _TAKEN]


def _filled(local: int, free: int, steps: Iterable[Phase | Rotation]) -> int:
    """Places that are still free go to bits of phases, so that fewer lie across the border."""
    for step in steps:
        rest = step.mask & ~local
        while rest and free:
            weight = rest & -rest
            local |= weight
            rest ^= weight
            free -= 1
    return local


def _place(step: Phase, layers: list[Layer], rotated: dict[int, int], phased: dict[int, int]) -> None:
    """A phase goes into the first layer after the rotations of its bits."""
    layer, rest = 0, step.mask
    while rest:
        weight = rest & -rest
        layer = max(layer, rotated.get(weight, 0))
        rest ^= weight
    phases = _layer(layers, layer).phases
    phases[step.mask] = phases.get(step.mask, 0.0) + step.angle
    rest = step.mask
    while rest:
        weight = rest & -rest
        phased[weight] = max(phased.get(weight, 0), layer)
        rest ^= weight


def _layer(layers: list[Layer], number: int) -> Layer:
    while len(layers) <= number:
        layers.append(Layer())
    return layers[number]
