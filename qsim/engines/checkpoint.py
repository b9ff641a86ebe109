"""Checkpoints: copies of the state from which a run goes on, in this process or another."""

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.errors import StateError
from qsim.states.record import Point
from qsim.states.storage import Header, Status, read_copy, read_header, require_disk, write_copy

__all__ = ["Checkpoint"]

SECONDS = 60.0  # between copies; more where writing one takes long, so that it costs at most 5 % of the time
_SHARE = 20


class Checkpoint:
    """A file with a copy of the state between two sweeps, replaced as a whole, removed when the run is done.

    Args:
        path: where; what is there must be a copy of the same run.
        num_qubits: size of the register.
        dtype: of the amplitudes.

    Raises:
        StateError: the file that is there is none of this kind.
        TooLargeError: the disk does not hold a copy.
    """

    def __init__(self, path: Path, num_qubits: int, dtype: np.dtype[Any]) -> None:
        self.path = path
        self.num_qubits, self.dtype = num_qubits, dtype
        self._next = time.monotonic() + SECONDS
        if path.exists():
            read_header(path)
        size = dtype.itemsize * bits.register_size(num_qubits)
        require_disk(size, path, f"A checkpoint of {num_qubits} qubits")

    def check(self, run: bytes) -> None:
        """Refuse a copy of another run."""
        if not self.path.exists():
            return
        header = read_header(self.path)
        found = (header.status, header.run, header.num_qubits, header.dtype)
        if found != (Status.PAUSED, run, self.num_qubits, self.dtype):
            raise StateError(
                f"Argument `checkpoint` is a file of another run (another circuit, start, precision or version of "
                f"qsim), {str(self.path)!r}: give another path, or delete it."
            )

    def read(self, amplitudes: NDArray[Any]) -> int:
        """Copy what was kept into the array; the number of the sweep to go on with, 0 if there is none."""
        if not self.path.exists():
            return 0
        header = read_header(self.path)
        read_copy(self.path, amplitudes)
        return header.point.sweep

    def offer(self, run: bytes, sweep: int, num_sweeps: int, amplitudes: NDArray[Any]) -> None:
        """Keep a copy of the state before this sweep, if the last one is old enough."""
        start = time.monotonic()
        if start < self._next:
            return
        header = Header(self.num_qubits, self.dtype, Status.PAUSED, num_sweeps, Point(sweep), run)
        write_copy(self.path, header, amplitudes)
        end = time.monotonic()
        self._next = end + max(SECONDS, _SHARE * (end - start))

    def remove(self) -> None:
        """The run is done: there is nothing to go on with."""
        self.path.unlink(missing_ok=True)
