"""Runs of the same instructions, drawn once."""

from collections.abc import Iterator
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from qsim.circuit import Circuit, Instruction
from qsim.circuit.flow import Block, ControlFlow
from qsim.circuit.transforms import with_instructions
from qsim.frozen import assign

__all__ = ["Folded", "fold", "fold_layers"]

MAX_PERIOD = 256  # instructions of a layer that repeats
MAX_READ = 100_000  # instructions that are looked at; what comes later is not folded
MIN_SAVED = 3  # instructions that a folded run must save


@final
class Folded(ControlFlow):
    """A run of the same instructions, drawn once with the number of times; only drawings know it."""

    __slots__ = ("times",)
    num_instructions = 0  # beside those of the layer
    times: int

    def __init__(self, times: int, block: Block) -> None:
        assign(self, "times", times)
        self._set((), (block,), block[0].source)

    @property
    def name(self) -> str:
        """Always `repeated`."""
        return "repeated"

    def _value(self) -> tuple[Any, ...]:
        return self.times, self.blocks

    def __repr__(self) -> str:
        return f"{self.size}, {self.times:,} times in a row"


def fold(circuit: Circuit) -> Circuit:
    """A circuit in which a layer that is repeated in a row, two times or more, stands once, as `Folded`.

    Layers are found from the front, the shortest first; those within blocks stay as they are.

    >>> [repr(i) for i in fold(Circuit(2).h(0).append(Circuit(2).cx(0, 1).rx(0.1, 0).repeat(50)))]
    ['h(0)', '2 instructions, 50 times in a row']
    """
    return with_instructions(circuit, fold_layers(circuit[:]))


def fold_layers(instructions: list[Instruction]) -> list[Instruction]:
    """As `fold`, of a list of instructions."""
    folded = list[Instruction]()
    end = 0
    for start, period, times in _runs(_numbered(instructions[:MAX_READ])):
        folded += instructions[end:start]
        folded.append(Folded(times, tuple(instructions[start : start + period])))
        end = start + period * times
    return [*folded, *instructions[end:]]


def _numbered(instructions: list[Instruction]) -> NDArray[np.int64]:
    """Equal numbers for equal instructions."""
    by_value: dict[Any, int] = {}
    by_id: dict[int, int] = {}  # the same object often stands in many places, and has a slow hash
    for instruction in instructions:
        if id(instruction) not in by_id:
            by_id[id(instruction)] = by_value.setdefault(instruction, len(by_value))
    return np.array([by_id[id(instruction)] for instruction in instructions], dtype=np.int64)


def _runs(numbers: NDArray[np.int64]) -> Iterator[tuple[int, int, int]]:
    """Start, period and number of times of each run, from the front and not overlapping."""
    size = len(numbers)
    period_at = np.zeros(size, dtype=np.int64)  # the shortest period with which a run starts here, and its length
    length_at = np.zeros(size, dtype=np.int64)
    for period in range(1, min(MAX_PERIOD, size // 2) + 1):
        differs = np.flatnonzero(np.append(numbers[period:] != numbers[:-period], True))
        starts = np.arange(size - period)
        lengths = differs[np.searchsorted(differs, starts)] - starts  # how far it goes on like this
        is_run = (lengths >= max(period, MIN_SAVED)) & (period_at[: size - period] == 0)
        period_at[: size - period][is_run] = period
        length_at[: size - period][is_run] = lengths[is_run]
    at = 0
    for start in map(int, np.flatnonzero(period_at)):
        if start >= at:
            period = int(period_at[start])
            times = int(length_at[start]) // period + 1
            yield start, period, times
            at = start + period * times
