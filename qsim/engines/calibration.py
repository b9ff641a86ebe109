"""Calibration: what passes take on this machine, measured once a process in a tenth of a second, for estimates."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.circuit import Circuit
from qsim.engines import direct, numpy_path
from qsim.engines.control import Control
from qsim.engines.job import Job
from qsim.engines.program import encode as encode_program
from qsim.engines.statevector import block_chunks, fill_tables, settings
from qsim.kernels import Kernels, load
from qsim.kernels.threads import for_chunks
from qsim.plan.cost import FLOPS, pass_kinds
from qsim.plan.diagonal import Diagonal
from qsim.plan.encode import Encoded, encode
from qsim.plan.prepare import Prepared, Programs
from qsim.plan.schedule import Sweep
from qsim.states.record import DTYPES

__all__ = ["Rates", "gate_seconds", "numpy_seconds", "sweep_rates"]

_MAX_QUBITS = 21  # of the state that is passed over: 32 MiB; a larger one takes as long an amplitude
_MAX_NUMPY_QUBITS = 17
_ROWS = 16  # of a program that is measured, all alike
_ROUNDS = 5  # the best counts
_GATE_AMPLITUDES = 2**23  # that gates one by one go over in a round, with at most so many
_GATE_ROWS = 512
_FRESH_BYTES = 2**26  # so many are taken from the system each time: less is kept by the C library
_PAGE_BYTES = 2**12


@dataclass(frozen=True)
class Rates:
    """Seconds an amplitude.

    Attributes:
        memory: of reading and writing the state once, block by block, with all threads.
        pages: of touching memory for the first time.
        passes: of one thread's pass over a block in the cache, by kind.
    """

    memory: float
    pages: float
    passes: dict[str, float]


def sweep_rates(precision: str, num_qubits: int, threads: int) -> Rates:
    """Of the planned engine, for a register of that size; kernels are loaded."""
    return _sweep_rates(precision, min(num_qubits, _MAX_QUBITS), threads)


@lru_cache(maxsize=64)
def _sweep_rates(precision: str, num_qubits: int, threads: int) -> Rates:
    kernels = load(precision)
    memory = _memory_seconds(kernels, num_qubits, threads) / bits.register_size(num_qubits)
    return Rates(memory, _page_seconds() * DTYPES[precision].itemsize, _pass_rates(kernels))


def gate_seconds(precision: str, num_qubits: int, threads: int | None) -> float:
    """Of a rotation, an amplitude, in the engine that goes gate by gate."""
    return _gate_seconds(precision, min(max(num_qubits, 1), _MAX_QUBITS), threads)


def numpy_seconds(precision: str, num_qubits: int) -> float:
    """Of a rotation on a register, by NumPy."""
    measured = min(max(num_qubits, 1), _MAX_NUMPY_QUBITS)
    return _numpy_seconds(precision, measured) * bits.register_size(max(num_qubits - measured, 0))


@lru_cache(maxsize=64)
def _numpy_seconds(precision: str, num_qubits: int) -> float:
    circuit = Circuit(num_qubits).ry(0.5, range(0, num_qubits, max(num_qubits // 4, 1)))
    amplitudes = np.ones(bits.register_size(num_qubits), dtype=DTYPES[precision])
    return _best(lambda: numpy_path.simulate(Job(circuit, amplitudes, Control()))) / len(circuit)


@lru_cache(maxsize=64)
def _gate_seconds(precision: str, num_qubits: int, threads: int | None) -> float:
    rows = min(max(_GATE_AMPLITUDES >> num_qubits, 4), _GATE_ROWS)
    circuit = Circuit(num_qubits)
    for row in range(rows):
        circuit.ry(0.5, row * max(num_qubits // 4, 1) % num_qubits)
    runner = direct.Runner(encode_program(circuit), precision, threads)
    amplitudes = np.ones(bits.register_size(num_qubits), dtype=DTYPES[precision])
    return _best(partial(runner.run, amplitudes)) / rows / len(amplitudes)


def _memory_seconds(kernels: Kernels, num_qubits: int, threads: int) -> float:
    """A pass that changes nothing, on the lowest and the highest qubits."""
    chosen = settings(num_qubits, kernels, is_zero=False)
    size = bits.register_size(num_qubits)
    low = bits.register_size(min(chosen.low_bits, num_qubits)) - 1
    above = max(num_qubits - chosen.block_bits, 0)  # bits between the low and the high local ones
    local = size - 1 if not above else low | (size - bits.register_size(above + chosen.low_bits))
    dtype = DTYPES[kernels.precision]
    real = np.zeros(0, dtype=dtype).real.dtype.type
    encoded = encode(Sweep(local, []), num_qubits, size - 1, kernels.lanes, real, Diagonal())
    amplitudes = np.ones(size, dtype=dtype)
    return _best(partial(_run, amplitudes, kernels, encoded, threads))


@cache
def _page_seconds() -> float:
    """Touching a byte of memory for the first time."""
    return _best(lambda: np.empty(_FRESH_BYTES, dtype=np.uint8)[::_PAGE_BYTES].fill(0)) / _FRESH_BYTES


@cache
def _pass_rates(kernels: Kernels) -> dict[str, float]:
    """Each kind of pass, many times over, on a few blocks in the cache. Where the sample's plan has none of a kind, the
    others tell what a flop takes."""
    num_qubits = settings(0, kernels, is_zero=False).block_bits + 2
    chosen = settings(num_qubits, kernels, is_zero=False)
    circuit = _sample(num_qubits)
    amplitudes = np.ones(bits.register_size(num_qubits), dtype=DTYPES[kernels.precision])
    rates: dict[str, float] = {}
    for stretch in Prepared(circuit, tuple(circuit), chosen).stretches:  # type: ignore[arg-type]
        programs = Programs(stretch)
        for number in range(len(stretch.sweeps)):
            encoded = programs[number]
            fill_tables(kernels, encoded)
            empty = _best(partial(_run, amplitudes, kernels, replace(encoded, program=encoded.program[:0]), 1))
            for row, kind in enumerate(pass_kinds(encoded.program)):
                if kind not in rates and kind not in ("phase", "scalar"):
                    many = replace(encoded, program=np.repeat(encoded.program[row : row + 1], _ROWS, axis=0))
                    seconds = _best(partial(_run, amplitudes, kernels, many, 1)) - empty
                    rates[kind] = max(seconds, 0.0) / _ROWS / len(amplitudes)
    a_flop = sum(rates.values()) / sum(FLOPS[kind] for kind in rates)
    return {kind: rates.get(kind, a_flop * flops) for kind, flops in FLOPS.items()}


def _sample(num_qubits: int) -> Circuit:
    """A circuit whose plan has passes of nearly every kind."""
    circuit = Circuit(num_qubits)
    dense = np.fft.fft(np.eye(4), norm="ortho")
    for _ in range(2):
        circuit.ry(0.4, range(num_qubits))
        for qubit in range(num_qubits - 1):
            circuit.cp(0.3, qubit, qubit + 1)
        circuit.ry(0.7, range(num_qubits)).cp(0.2, 3, 4).ry(0.6, [3, 4])
        circuit.apply(dense, 3, 5).rxx(0.3, 4, 6)
    return circuit


def _run(amplitudes: NDArray[Any], kernels: Kernels, encoded: Encoded, threads: int) -> None:
    chunks = block_chunks(amplitudes, kernels, encoded, threads)
    for_chunks(chunks.one, chunks.number, threads)


def _best(action: Callable[[], object]) -> float:
    return min(_seconds(action) for _ in range(_ROUNDS))


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
