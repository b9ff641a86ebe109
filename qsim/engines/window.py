"""Windows: sweeps over a file that does not fit memory, which should be read rarely and in long runs.

A window is a sweep with many local bits. Each of its blocks is copied into memory, worked on there by ordinary sweeps
over the state in the cache, and written back. In memory the local bits are the lowest, and the others, of which a block
has one value each, are numbered on; so the sweeps that are encoded once serve all blocks.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from io import FileIO
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim.memory import aligned, total_memory
from qsim.plan.schedule import MemoryStep, Sweep
from qsim.plan.steps import Flip, Pair
from qsim.states.storage import read_at, write_at

__all__ = ["Window", "buffers", "is_worthwhile", "window_bits"]

# Local bits of a window, and lowest ones that are always local: blocks of 256 MiB, files move in runs of 256 KiB.
_WINDOW_BITS = {"double": 24, "single": 25}
_LOW_BITS = {"double": 14, "single": 15}
_LARGE = 2  # a file is worked on in windows from total memory / 2 on: a smaller one stays in the system's cache
_BUFFERS = 8  # copies of blocks take at most total memory / 8, or one block


def window_bits(precision: str) -> tuple[int, int]:
    """Number of local bits of a window, and of those that are always the lowest."""
    return _WINDOW_BITS[precision], _LOW_BITS[precision]


def is_worthwhile(amplitudes: NDArray[Any]) -> bool:
    """Whether a file of these amplitudes is so large. The same on each run of a machine: plans depend on it."""
    return amplitudes.nbytes > total_memory() // _LARGE


@dataclass(frozen=True)
class Window:
    """The bits of a sweep over a file, and where they lie in memory.

    Attributes:
        local: mask of the local bits.
        num_bits: of an index.
    """

    local: int
    num_bits: int

    @property
    def num_local(self) -> int:
        """How many bits are local."""
        return self.local.bit_count()

    def renamed(self, mask: int) -> int:
        """A mask as it is in memory: local bits first.

        >>> bin(Window(0b1011, 5).renamed(0b01000))
        '0b100'
        >>> bin(Window(0b1011, 5).renamed(0b00100))
        '0b1000'
        """
        return sum(1 << place for place, bit in enumerate(self._order) if mask >> bit & 1)

    def steps(self, sweep: Sweep) -> list[MemoryStep]:
        """The sweep's steps on the bits in memory."""
        return [self._step(step) for step in sweep.steps]

    def read(self, file: FileIO, buffer: NDArray[Any], base: int) -> None:
        """Fill a buffer with the block whose lowest index is `base`.

        A mapped file would be read page by page: that was three times slower where it was not mapped before.
        """
        for start, run in zip(*self._runs(buffer, base), strict=True):
            read_at(file, start, run)

    def write(self, file: FileIO, buffer: NDArray[Any], base: int) -> None:
        """Write it back."""
        for start, run in zip(*self._runs(buffer, base), strict=True):
            write_at(file, start, run)

    def place(self, block: int, support: int) -> tuple[int, int]:
        """Lowest index of a block of those in the support, counted from 0: in the file, and in memory's numbering."""
        base = 0
        for bit in range(self.num_bits):
            if support & ~self.local & (1 << bit):
                base |= (block & 1) << bit
                block >>= 1
        return base, self.renamed(base)

    @cached_property
    def _order(self) -> list[int]:
        """By place in memory: the bit in the file."""
        return sorted(range(self.num_bits), key=lambda bit: (not self.local >> bit & 1, bit))

    def _step(self, step: MemoryStep) -> MemoryStep:
        if isinstance(step, Flip):
            return Flip(self.renamed(step.target), self.renamed(step.controls))
        if isinstance(step, Pair):
            return replace(step, first=self.renamed(step.first), second=self.renamed(step.second))
        return step._replace(mask=self.renamed(step.mask))

    def _runs(self, buffer: NDArray[Any], base: int) -> tuple[list[int], NDArray[Any]]:
        """First index of each contiguous run of a block, and where it lies in the buffer."""
        low = (~self.local & (self.local + 1)).bit_length() - 1
        starts = [base]
        for bit in range(low, self.num_bits):
            if self.local >> bit & 1:
                starts += [start | 1 << bit for start in starts]
        return starts, buffer.reshape(len(starts), -1)


def buffers(window: Window, dtype: np.dtype[Any], workers: int) -> "SimpleQueue[NDArray[Any]]":
    """Arrays for blocks, one for each worker as far as memory goes; pages are taken when they are used."""
    size = 1 << window.num_local
    number = max(1, min(workers, total_memory() // _BUFFERS // (size * dtype.itemsize)))
    free: SimpleQueue[NDArray[Any]] = SimpleQueue()
    for _ in range(number):
        free.put(aligned(size, dtype))
    return free
