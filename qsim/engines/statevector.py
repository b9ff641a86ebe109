"""The compiled state-vector engine: many gates in each pass over memory.

The circuit is lowered to phases and rotations (`plan/lower.py`), these are scheduled into sweeps (`plan/schedule.py`),
each sweep is encoded as a program (`plan/encode.py`) that the kernel runs on one block of amplitudes after another
(`kernels/sweep.py`). Operations that do not lower run on slices in between, as in the NumPy engine.
"""

from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.circuit import Operation
from qsim.engines import numpy_path
from qsim.engines.job import Job
from qsim.kernels import Kernels, load
from qsim.kernels.threads import default_threads, for_chunks
from qsim.plan.diagonal import Diagonal
from qsim.plan.encode import Encoded, encode
from qsim.plan.lower import lower
from qsim.plan.schedule import schedule
from qsim.plan.steps import Lowered

__all__ = ["block_bits", "simulate"]

CHUNK_AMPLITUDES = 2**19  # a chunk of blocks between two looks at Ctrl-C: some milliseconds a layer
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
    amplitudes = job.amplitudes
    precision = _PRECISION[amplitudes.dtype]
    kernels = load(precision)
    lowered = lower(job.circuit)
    run = _Run(job, kernels, precision, lowered.phase)
    if not job.is_zero:
        run.lay_out(lowered)
    for is_kept, steps in groupby(lowered.steps, key=lambda step: isinstance(step, Operation)):
        if is_kept:
            run.apply(steps)
        else:
            run.sweep(steps)
    if run.phase:
        amplitudes *= np.exp(1j * run.phase)
    return amplitudes


class _Run:
    """The state while the plan is carried out, and the bits that can be 1 in it."""

    def __init__(self, job: Job, kernels: Kernels, precision: str, phase: float) -> None:
        self.amplitudes, self.threads = job.amplitudes, job.threads or default_threads()
        self.num_qubits = job.circuit.num_qubits
        self.kernels, self.precision = kernels, precision
        self.phase = phase  # the first sweep takes it along
        self.support = 0 if job.is_zero else bits.register_size(self.num_qubits) - 1

    def lay_out(self, lowered: Lowered) -> None:
        """Move the initial state's qubits to where the plan wants them: one copy, only where the circuit swaps."""
        n = self.num_qubits
        source = [0] * n  # by axis: the qubit that lies there
        for qubit, bit in enumerate(lowered.layout):
            source[bits.qubit_bit(bit, n)] = qubit
        if source != list(range(n)):
            tensor = self.amplitudes.reshape([2] * n)
            tensor[...] = tensor.transpose(source).copy()

    def apply(self, operations: Any) -> None:
        """Operations that were not lowered."""
        tensor = self.amplitudes.reshape([2] * self.num_qubits)
        for operation in operations:
            numpy_path.apply_operation(tensor, operation)
            for qubit in operation.qubits:
                self.support |= bits.qubit_weight(qubit, self.num_qubits)

    def sweep(self, steps: Any) -> None:
        """Phases and rotations, in as few passes as the schedule finds."""
        block, low = block_bits(self.precision)
        pending = Diagonal(self.phase)
        self.phase = 0.0
        sweeps = schedule(steps, self.num_qubits, block, low)
        for number, sweep in enumerate(sweeps):
            is_last = number == len(sweeps) - 1
            dtype = _REAL[self.precision]
            encoded = encode(sweep, self.num_qubits, self.support, self.kernels.lanes, dtype, pending, is_last=is_last)
            self.support |= sweep.local
            self.run(encoded)

    def run(self, encoded: Encoded) -> None:
        """One pass over the blocks, in chunks over the threads."""
        per_chunk = max(CHUNK_AMPLITUDES // encoded.block_amplitudes, 1)
        chunks = max(-(-encoded.num_blocks // per_chunk), min(self.threads, encoded.num_blocks))
        item = self.amplitudes.dtype.itemsize // 2
        work = np.empty(2 * encoded.block_amplitudes)
        self.kernels.fill_tables(
            encoded.data.ctypes.data,
            encoded.tables.ctypes.data,
            len(encoded.tables),
            encoded.masks.ctypes.data,
            encoded.phases.ctypes.data,
            work.ctypes.data,
            encoded.block_bits,
        )
        scratch = [_aligned(64 + 2 * encoded.block_amplitudes * item) for _ in range(min(self.threads, chunks))]

        def work(worker: int, chunk: int) -> None:
            self.kernels.run_sweep(
                self.amplitudes.ctypes.data,
                encoded.layout.ctypes.data,
                encoded.program.ctypes.data,
                len(encoded.program),
                encoded.data.ctypes.data,
                encoded.terms.ctypes.data,
                scratch[worker].ctypes.data,
                encoded.num_blocks * chunk // chunks,
                encoded.num_blocks * (chunk + 1) // chunks,
            )

        for_chunks(work, chunks, self.threads)


def _aligned(size: int) -> NDArray[np.uint8]:
    """Bytes that begin at a cache line."""
    raw = np.empty(size + 64, dtype=np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size]
