"""The compiled state-vector engine: many gates in each pass over memory.

The circuit is lowered to a few kinds of steps (`plan/lower.py`), these are scheduled into sweeps (`plan/schedule.py`),
each sweep is encoded as a program (`plan/encode.py`) that the kernel runs on one block of amplitudes after another
(`kernels/sweep.py`). Operations that do not lower run on slices in between, as in the NumPy engine. Plans are kept for
the next run of the same operations (`plan/prepare.py`).
"""

import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.engines import numpy_path
from qsim.engines.control import Chunks, Stage
from qsim.engines.job import Job
from qsim.engines.window import Window, buffers, is_worthwhile, window_bits
from qsim.kernels import Kernels, load
from qsim.kernels.threads import begin, default_threads
from qsim.memory import aligned, populate
from qsim.plan.encode import HEADER_BYTES, Encoded
from qsim.plan.prepare import Prepared, Programs, Settings, Stretch, prepare
from qsim.plan.schedule import schedule
from qsim.states.record import DTYPES, PRECISIONS

__all__ = ["block_bits", "block_chunks", "fill_tables", "scratch_bytes", "settings", "simulate"]

# A chunk of blocks, between two looks at Ctrl-C and the clock, has so many amplitudes, fewer where its program is long:
# 1 to 10 ms. Smaller states are cut into up to 64 chunks for the threads, of at least 2^15 amplitudes.
_CHUNK_AMPLITUDES = 2**19
_CHUNK_ROWS = 64
_TOGETHER = 2  # chunks of that size in one call
_SPREAD = 64
_LEAST_AMPLITUDES = 2**15
# Local bits, and lowest bits that are always local so that memory moves in runs of 256 bytes. Measured at 22 qubits
# with 512 KiB of second-level cache a core, of which a block takes half: a bit less costs 2 to 10 %, one more as much.
_BLOCK_BITS = {"double": 14, "single": 15}
_LOW_BITS = {"double": 4, "single": 5}
_NUMBER_BITS = 5  # registers have so many blocks, for the threads, as long as these do not get too small for that
_LEAST_BITS = {"double": 12, "single": 13}


def block_bits(precision: str, num_qubits: int) -> tuple[int, int]:
    """Number of local bits of a sweep, and of those that are always the lowest."""
    wanted = max(num_qubits - _NUMBER_BITS, _LEAST_BITS[precision])
    return min(wanted, _BLOCK_BITS[precision]), _LOW_BITS[precision]


def settings(num_qubits: int, kernels: Kernels, *, is_zero: bool) -> Settings:
    """What a circuit is planned for."""
    return Settings(num_qubits, kernels.precision, is_zero, kernels.lanes, *block_bits(kernels.precision, num_qubits))


def simulate(job: Job) -> NDArray[Any]:
    """The state after the circuit's operations; `job.amplitudes` is overwritten with it and returned."""
    kernels, n = load(PRECISIONS[job.amplitudes.dtype]), job.circuit.num_qubits
    start = time.perf_counter()
    if job.is_zero and job.control.path is None and (job.threads or default_threads()) > 1:
        begin(partial(populate, job.amplitudes))  # while the circuit is planned: 3 ms at 22 qubits
    wanted, path = settings(n, kernels, is_zero=job.is_zero), job.control.path
    if path is not None and is_worthwhile(job.amplitudes):
        plan = prepare(job.circuit, wanted.for_window(*window_bits(kernels.precision)))
        stages = _window_stages(job, kernels, plan, path)
    else:
        plan = prepare(job.circuit, wanted)
        stages = _stages(job, kernels, plan)
    job.control.planning += time.perf_counter() - start
    job.control.execute(stages, job.amplitudes, job.threads, plan.describe)
    plan.keep()
    return job.amplitudes


def _stages(job: Job, kernels: Kernels, plan: Prepared) -> list[Stage]:
    """Sweeps, and operations on slices in between."""
    stages: list[Stage] = []
    for part in plan.parts:
        if isinstance(part, Stretch):
            programs = Programs(part)
            stages += [partial(_sweep, job, kernels, programs, number) for number in range(len(part.sweeps))]
        else:
            stages.append(numpy_path.stage(job, part))
    if plan.phase:
        stages.append(partial(_multiply, job.amplitudes, np.exp(1j * plan.phase)))
    return stages


def _sweep(job: Job, kernels: Kernels, programs: Programs, number: int, workers: int) -> Chunks:
    """One pass over the blocks."""
    start = time.perf_counter()
    encoded = programs[number]
    fill_tables(kernels, encoded)
    job.control.planning += time.perf_counter() - start
    return block_chunks(job.amplitudes, kernels, encoded, workers)


def block_chunks(amplitudes: NDArray[Any], kernels: Kernels, encoded: Encoded, workers: int) -> Chunks:
    """A sweep's program on all blocks, in parts; its tables are filled."""
    total = encoded.num_blocks * encoded.block_amplitudes
    # Their number depends on the plan alone: a run that goes on may have other threads.
    by_time = -(-total * max(len(encoded.program), _CHUNK_ROWS) // (_CHUNK_AMPLITUDES * _CHUNK_ROWS))
    by_threads = min(_SPREAD, total // _LEAST_AMPLITUDES)
    chunks = min(max(by_time, by_threads, 1), encoded.num_blocks)
    scratch = [aligned(scratch_bytes(encoded, amplitudes.itemsize), np.uint8) for _ in range(min(workers, chunks))]

    def work(worker: int, first: int, last: int) -> None:
        blocks = (encoded.num_blocks * chunk // chunks for chunk in (first, last))
        _run_blocks(kernels, amplitudes.ctypes.data, encoded, scratch[worker], *blocks)

    return Chunks(chunks, work, max(_TOGETHER * chunks // by_time, 1))


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _window_stages(job: Job, kernels: Kernels, plan: Prepared, path: Path) -> list[Stage]:
    """Passes over a file that memory does not hold: each does ordinary sweeps on blocks that it does hold."""
    stages: list[Stage] = []
    for part in plan.parts:
        if not isinstance(part, Stretch):
            stages.append(numpy_path.stage(job, part))
            continue
        support, phase = part.support, part.phase
        for sweep in part.sweeps:
            window = Window(sweep.local, plan.settings.num_qubits)
            sweeps = schedule(window.steps(sweep), window.num_local, *block_bits(kernels.precision, window.num_local))
            programs = Programs(Stretch(sweeps, plan.settings, window.renamed(support), phase))
            stages.append(partial(_window, path, kernels, programs, window, support))
            support |= sweep.local
            phase = 0.0
    if plan.phase:
        stages.append(partial(_multiply, job.amplitudes, np.exp(1j * plan.phase)))
    return stages


def _window(path: Path, kernels: Kernels, programs: Programs, window: Window, support: int, workers: int) -> Chunks:
    """One pass over a file: each block of the window is a chunk."""
    found = [programs[number] for number in range(len(programs.stretch.sweeps))]
    for encoded in found:
        fill_tables(kernels, encoded)
    chunks = bits.register_size((support & ~window.local).bit_count())
    workers = min(workers, chunks)
    dtype = DTYPES[kernels.precision]
    free = buffers(window, dtype, workers)
    size = max(scratch_bytes(encoded, dtype.itemsize) for encoded in found)
    scratch = [aligned(size, np.uint8) for _ in range(workers)]

    def work(worker: int, chunk: int, _: int) -> None:
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


# ── Kernels ───────────────────────────────────────────────────────────────────────────────────────────────────────────


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


def scratch_bytes(encoded: Encoded, item: int) -> int:
    """What each worker needs for a block of amplitudes of so many bytes."""
    return HEADER_BYTES + encoded.block_amplitudes * item


def fill_tables(kernels: Kernels, encoded: Encoded) -> None:
    """Work out the diagonals of a program."""
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

    def work(worker: int, first: int, last: int) -> None:
        amplitudes[first * _CHUNK_AMPLITUDES : last * _CHUNK_AMPLITUDES] *= factor

    return Chunks(-(-len(amplitudes) // _CHUNK_AMPLITUDES), work)
