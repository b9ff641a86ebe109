"""The compiled state-vector engine: many gates in each pass over memory.

The circuit is lowered to a few kinds of steps (`plan/lower.py`), these are scheduled into sweeps (`plan/schedule.py`),
each sweep is encoded as a program (`plan/encode.py`) that the kernel runs on one block of amplitudes after another
(`kernels/sweep.py`). Operations that do not lower run on slices in between, as in the NumPy engine.
"""

from functools import partial
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.circuit import Operation
from qsim.engines import numpy_path
from qsim.engines.control import Chunks, Stage
from qsim.engines.job import Job
from qsim.engines.window import Window, buffers, is_worthwhile, window_bits
from qsim.kernels import Kernels, load
from qsim.memory import aligned
from qsim.plan.diagonal import Diagonal
from qsim.plan.encode import HEADER_BYTES, Encoded, encode
from qsim.plan.layout import arrange
from qsim.plan.lower import lower
from qsim.plan.schedule import Sweep, schedule
from qsim.states.storage import DTYPES

__all__ = ["block_bits", "simulate"]

# A chunk of blocks, between two looks at Ctrl-C and the clock, has so many amplitudes, fewer where its program is long:
# 1 to 10 ms. Smaller states are cut into up to 64 chunks for the threads, of at least 2^15 amplitudes.
_CHUNK_AMPLITUDES = 2**19
_CHUNK_ROWS = 64
_SPREAD = 64
_LEAST_AMPLITUDES = 2**15
_PRECISION = {np.dtype(np.complex128): "double", np.dtype(np.complex64): "single"}
_REAL = {"double": np.float64, "single": np.float32}
# Local bits, and lowest bits that are always local so that memory moves in runs of 256 bytes. Measured at 22 qubits
# with 1 MiB of second-level cache: one bit more or less costs up to 15 %.
_BLOCK_BITS = {"double": 12, "single": 13}
_LOW_BITS = {"double": 4, "single": 5}


def block_bits(precision: str) -> tuple[int, int]:
    """Number of local bits of a sweep, and of those that are always the lowest."""
    return _BLOCK_BITS[precision], _LOW_BITS[precision]


def simulate(job: Job) -> NDArray[Any]:
    """The state after the circuit's operations; `job.amplitudes` is overwritten with it and returned."""
    plan = _Plan(job, load(_PRECISION[job.amplitudes.dtype]))
    job.control.execute(plan.stages, job.amplitudes, job.threads, plan.describe)
    return job.amplitudes


class _Plan:
    """The stages of a circuit: sweeps, and operations on slices in between.

    Attributes:
        stages: in order.
        sweeps: those among them that were scheduled.
    """

    def __init__(self, job: Job, kernels: Kernels) -> None:
        self.job, self.kernels = job, kernels
        self.amplitudes, self.num_qubits = job.amplitudes, job.circuit.num_qubits
        self.stages: list[Stage] = []
        self.support = 0 if job.is_zero else bits.register_size(self.num_qubits) - 1  # bits that can be 1
        lowered = lower(job.circuit)
        self.phase = lowered.phase  # the first sweep takes it along
        self.layout, self.sweeps = lowered.layout, list[Sweep]()
        moves = [] if job.is_zero else arrange(lowered.layout)  # |0…0⟩ lies as every plan wants it
        for is_kept, steps in groupby(chain(moves, lowered.steps), key=lambda step: isinstance(step, Operation)):
            if is_kept:
                self.keep(steps)
            else:
                self.add(steps)
        if self.phase:
            self.stages.append(partial(_multiply, self.amplitudes, np.exp(1j * self.phase)))

    def keep(self, operations: Any) -> None:
        """Operations that were not lowered."""
        for operation in operations:
            self.stages.append(numpy_path.stage(self.job, operation))
            for qubit in operation.qubits:
                self.support |= bits.qubit_weight(qubit, self.num_qubits)

    def add(self, steps: Any) -> None:
        """Steps that were lowered, between two operations that were not."""
        precision, n = self.kernels.precision, self.num_qubits
        path = self.job.control.path
        if path is None or not is_worthwhile(self.amplitudes):
            self.sweep(schedule(steps, n, *block_bits(precision)))
            return
        for sweep in schedule(steps, n, *window_bits(precision)):
            self.look_at(path, Window(sweep.local, n), sweep)

    def look_at(self, path: Path, window: Window, sweep: Sweep) -> None:
        """A pass over a file: sweeps over blocks in memory, with bits named as they lie there."""
        sweeps = schedule(window.steps(sweep), window.num_local, *block_bits(self.kernels.precision))
        programs = _Programs(sweeps, self.num_qubits, self.kernels, window.renamed(self.support), self.phase)
        self.stages.append(partial(_run_window, path, self.kernels, programs, window, self.support))
        self.support |= sweep.local
        self.sweeps += [sweep, *sweeps]
        self.phase = 0.0

    def sweep(self, sweeps: list[Sweep]) -> None:
        """Steps in as few passes as the schedule found."""
        programs = _Programs(sweeps, self.num_qubits, self.kernels, self.support, self.phase)
        for number, sweep in enumerate(sweeps):
            self.stages.append(partial(_run_sweep, self.amplitudes, self.kernels, programs, number))
            self.support |= sweep.local
        self.sweeps += sweeps
        self.phase = 0.0

    def describe(self) -> str:
        """A text that differs where plans do."""
        return repr((self.layout, self.sweeps))


class _Programs:
    """Sweeps encoded when their turn comes: the phases that one leaves pending go on to the next."""

    def __init__(self, sweeps: list[Sweep], num_bits: int, kernels: Kernels, support: int, phase: float) -> None:
        self.sweeps, self.num_bits, self.kernels = sweeps, num_bits, kernels
        self.support, self.pending = support, Diagonal(phase)
        self.next = 0

    def __getitem__(self, number: int) -> Encoded:
        """A run that goes on asks for a later one first."""
        while True:
            sweep, is_last = self.sweeps[self.next], self.next == len(self.sweeps) - 1
            lanes, dtype = self.kernels.lanes, _REAL[self.kernels.precision]
            encoded = encode(sweep, self.num_bits, self.support, lanes, dtype, self.pending, is_last=is_last)
            self.support |= sweep.local
            self.next += 1
            if self.next > number:
                return encoded


def _run_sweep(amplitudes: NDArray[Any], kernels: Kernels, programs: _Programs, number: int, workers: int) -> Chunks:
    """One pass over the blocks."""
    encoded = programs[number]
    _fill_tables(kernels, encoded)
    total = encoded.num_blocks * encoded.block_amplitudes
    # Their number depends on the plan alone: a run that goes on may have other threads.
    by_time = -(-total * max(len(encoded.program), _CHUNK_ROWS) // (_CHUNK_AMPLITUDES * _CHUNK_ROWS))
    by_threads = min(_SPREAD, total // _LEAST_AMPLITUDES)
    chunks = min(max(by_time, by_threads, 1), encoded.num_blocks)
    scratch = _scratch([encoded], amplitudes.itemsize, min(workers, chunks))

    def work(worker: int, chunk: int) -> None:
        first, last = (encoded.num_blocks * number // chunks for number in (chunk, chunk + 1))
        _run_blocks(kernels, amplitudes.ctypes.data, encoded, scratch[worker], first, last)

    return Chunks(chunks, work)


def _run_window(
    path: Path, kernels: Kernels, programs: _Programs, window: Window, support: int, workers: int
) -> Chunks:
    """One pass over a file: each block of the window is a chunk."""
    found = [programs[number] for number in range(len(programs.sweeps))]
    for encoded in found:
        _fill_tables(kernels, encoded)
    chunks = bits.register_size((support & ~window.local).bit_count())
    workers = min(workers, chunks)
    free = buffers(window, DTYPES[kernels.precision], workers)
    scratch = _scratch(found, DTYPES[kernels.precision].itemsize, workers)

    def work(worker: int, chunk: int) -> None:
        base, renamed = window.place(chunk, support)
        buffer = free.get()
        origin = buffer.ctypes.data - buffer.itemsize * renamed  # the kernel adds what it takes for the index
        try:
            with open(path, "r+b", buffering=0) as file:
                window.read(file, buffer, base)
                for encoded in found:
                    blocks = encoded.num_blocks // chunks
                    _run_blocks(kernels, origin, encoded, scratch[worker], blocks * chunk, blocks * (chunk + 1))
                window.write(file, buffer, base)
        finally:
            free.put(buffer)

    return Chunks(chunks, work)


def _scratch(sweeps: list[Encoded], itemsize: int, workers: int) -> list[NDArray[np.uint8]]:
    """Memory for a block, for each worker."""
    size = HEADER_BYTES + itemsize * max(encoded.block_amplitudes for encoded in sweeps)
    return [aligned(size, np.uint8) for _ in range(workers)]


def _run_blocks(
    kernels: Kernels, origin: int, encoded: Encoded, scratch: NDArray[np.uint8], first: int, last: int
) -> None:
    """Blocks first … last−1 of the state at an address."""
    kernels.run_sweep(
        origin,
        encoded.layout.ctypes.data,
        encoded.program.ctypes.data,
        len(encoded.program),
        encoded.data.ctypes.data,
        encoded.terms.ctypes.data,
        scratch.ctypes.data,
        first,
        last,
    )


def _fill_tables(kernels: Kernels, encoded: Encoded) -> None:
    work = np.empty(2 * encoded.block_amplitudes)
    kernels.fill_tables(
        encoded.data.ctypes.data,
        encoded.tables.ctypes.data,
        len(encoded.tables),
        encoded.masks.ctypes.data,
        encoded.phases.ctypes.data,
        work.ctypes.data,
        encoded.block_bits,
    )


def _multiply(amplitudes: NDArray[Any], factor: complex, workers: int) -> Chunks:
    """A global phase that no sweep took along."""

    def work(worker: int, chunk: int) -> None:
        amplitudes[chunk * _CHUNK_AMPLITUDES : (chunk + 1) * _CHUNK_AMPLITUDES] *= factor

    return Chunks(-(-len(amplitudes) // _CHUNK_AMPLITUDES), work)
