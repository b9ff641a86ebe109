"""The direct engine: compiled code carries out gate by gate, each in one pass over the state.

For states that fit the cache nothing is faster: the circuit is one call, and little is to be prepared. The numbers of
gates are worked out by compiled code, too, from their angles: a circuit runs again with other values in microseconds.
"""

import time
from ctypes import addressof, c_byte
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.engines import numpy_path
from qsim.engines.control import Control
from qsim.engines.job import Job
from qsim.engines.program import Program, encode
from qsim.kernels import DIRECT, load
from qsim.kernels.threads import default_threads, for_chunks
from qsim.states.record import PRECISIONS

__all__ = ["Runner", "simulate", "workers"]

_SERIAL = 2**17  # amplitudes up to which one thread does it all: a step takes 0.1 ms, as starting threads does
_CALL = 2**22  # amplitudes, over all steps of a call: some milliseconds between two looks at Ctrl-C
_CHUNK = 2**19  # amplitudes of one step in a call
_ITEM = 8  # bytes of a real number in double precision
_POWERS = 4 * 5 * 2  # real numbers that the powers of a gate's angles take
_SCRATCH = 2 * 16 * 8  # and a dense step's amplitudes: 16 vectors of at most 8, twice


def simulate(job: Job) -> NDArray[Any]:
    """The state after the circuit's operations; `job.amplitudes` is overwritten with it and returned."""
    start = time.perf_counter()
    program = encode(job.circuit)
    job.control.planning += time.perf_counter() - start
    runner = Runner(program, PRECISIONS[job.amplitudes.dtype], job.threads)
    runner.run(job.amplitudes, control=job.control)
    return job.amplitudes


class Runner:
    """A program and the kernels of a precision, to be run any number of times, by any thread."""

    def __init__(self, program: Program, precision: str, threads: int | None = None) -> None:
        self.program, self.kernels = program, load(precision, source=DIRECT)
        self.threads = workers(program.num_qubits, threads)
        self.is_serial = bits.register_size(program.num_qubits) <= _SERIAL
        sums, self._kept = _affine_sums(program)
        arrays = (sums, program.jobs, program.rows, program.places)
        self._at_sums, self._at_jobs, self._at_rows, self._at_places = (array.ctypes.data for array in arrays)
        self._kept += arrays
        # What a run reads and writes beside the state lies in one array, copied for each run: the slots that angles are
        # sums over, the numbers of the steps, the angles, their powers, and scratch for each thread.
        slots = np.ones(program.evaluator.num_slots if program.evaluator else 0)
        angles = np.zeros(sums[0]) if program.evaluator else program.angles
        parts = (slots, program.numbers.view(np.float64), angles, np.zeros(_POWERS), np.zeros(self.threads * _SCRATCH))
        self._blank = np.concatenate(parts)
        self._offsets = [_ITEM * sum(map(len, parts[:k])) for k in range(1, len(parts))]

    def run(self, amplitudes: NDArray[Any], values: Any = (), control: Control | None = None) -> None:
        """Carry out the program in place.

        Args:
            amplitudes: contiguous, of length 2^n and of the kernels' precision.
            values: numbers for the parameters, in the program's order.
            control: asked between two calls of some milliseconds.

        Raises:
            ParameterError: an angle is not finite at these values.
        """
        program, evaluator = self.program, self.program.evaluator
        work = self._blank.copy()
        if evaluator is not None and evaluator.steps:
            work[: evaluator.num_slots] = evaluator.slots(values)
        elif evaluator is not None:
            work[1 : evaluator.num_slots] = values  # behind the slot that holds 1
        slots, state = _address(work), _address(amplitudes)
        numbers, angles, powers, scratch = (slots + offset for offset in self._offsets)
        fill = self.kernels.fill_numbers
        if fill(self._at_sums, slots, angles, self._at_jobs, len(program.jobs), numbers, powers) and evaluator:
            evaluator(values)  # raises: it says which expression is not finite
        control = control or Control()
        first = 0
        for last, operation in program.pauses:
            self._steps(state, first, last, numbers, scratch, control)
            control.check()
            numpy_path.apply_operation(amplitudes.reshape([2] * program.num_qubits), operation, control.check)
            first = last
        self._steps(state, first, len(program.rows), numbers, scratch, control)

    def _steps(self, state: int, first: int, last: int, numbers: int, scratch: int, control: Control) -> None:
        """Steps first … last−1: many in a call on a small state, each in parts on a large one."""
        n, run_rows = self.program.num_qubits, self.kernels.run_rows
        rows, places, size = self._at_rows, self._at_places, bits.register_size(n)
        if self.is_serial:
            at_once = _CALL // size
            for row in range(first, last, at_once):
                control.check()
                run_rows(state, n, rows, row, min(row + at_once, last), places, numbers, 0, 1, scratch)
            return
        parts = max(size // _CHUNK, self.threads)
        for row in control.steps(range(first, last)):

            def work(worker: int, part: int, row: int = row) -> None:
                own = scratch + worker * _ITEM * _SCRATCH
                run_rows(state, n, rows, row, row + 1, places, numbers, part, parts, own)

            for_chunks(work, parts, self.threads, control.check)


def workers(num_qubits: int, threads: int | None = None) -> int:
    """Threads that run at once on a register, at most those given."""
    return 1 if bits.register_size(num_qubits) <= _SERIAL else threads or default_threads()


def _address(array: NDArray[Any]) -> int:
    """Where a writeable array begins; `array.ctypes.data` takes three times as long."""
    return addressof(c_byte.from_buffer(array.data))


def _affine_sums(program: Program) -> tuple[NDArray[np.int64], tuple[NDArray[Any], ...]]:
    """The angles as sums over slots, as the kernel reads them: how many, and the addresses of the arrays beside."""
    if program.evaluator is None:
        return np.zeros(4, dtype=np.int64), ()
    rows = program.evaluator.results
    starts = np.append(rows.starts, len(rows.columns)).astype(np.int64)
    arrays = (starts, rows.columns.astype(np.int64), rows.coefficients.copy())
    return np.array([len(rows.starts), *(array.ctypes.data for array in arrays)], dtype=np.int64), arrays
