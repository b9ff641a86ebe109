"""A state read by compiled kernels: chunks over the threads, sums added up in the order of the chunks.

Chunks depend on the number of qubits and on what is asked, never on the number of threads, so that neither do results.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.kernels.choice import kernels_for
from qsim.kernels.loader import Kernels
from qsim.kernels.target import REDUCE
from qsim.kernels.threads import default_threads, for_chunks
from qsim.memory import aligned
from qsim.states._pauli_program import Program, block_layout, combined, encode, visits
from qsim.states._paulis import Groups
from qsim.states.record import PRECISIONS

__all__ = ["Reader", "reader"]

CHUNK_QUBITS = 18  # a chunk of 2^18 amplitudes: a millisecond a pass
BLOCK_QUBITS = 12  # a block and what is worked out of it lie in the second-level cache
_LOW_BITS = {"double": 4, "single": 5}  # bits of a gathered block that are always the lowest: runs of 256 bytes
_COPIES_QUBITS = 22  # sums of so many outcomes are kept apart: 32 MiB
_THREADED_LENGTH = 2**16  # fewer amplitudes are read before a second thread has started
_BLOCK_JOBS = 256  # blocks of a chunk times Pauli products formed of each: a millisecond

Integers = NDArray[np.int64]
Numbers = NDArray[np.float64]


def reader(amplitudes: NDArray[Any], nanoseconds: float) -> "Reader | None":
    """A reader of the amplitudes, if compiled kernels are worth it.

    Args:
        amplitudes: of length 2^n.
        nanoseconds: what NumPy takes for the work at hand, an amplitude.
    """
    precision = PRECISIONS[amplitudes.dtype]
    if not amplitudes.flags.c_contiguous:
        return None
    kernels = kernels_for(1e-9 * nanoseconds * len(amplitudes), precision, REDUCE)
    if kernels is None:
        return None
    return Reader(amplitudes, kernels, default_threads() if len(amplitudes) >= _THREADED_LENGTH else 1)


class Reader:
    """The amplitudes of 10 qubits or more, and the kernels that read them."""

    def __init__(self, amplitudes: NDArray[Any], kernels: Kernels, threads: int) -> None:
        self.amplitudes, self.kernels, self.threads = amplitudes, kernels, threads
        self.num_qubits = len(amplitudes).bit_length() - 1
        self.address, self.itemsize = amplitudes.ctypes.data, amplitudes.itemsize
        self.width = kernels.target.lanes("double")  # numbers in a vector of results

    def squares(self) -> Numbers:
        """|a|² of each amplitude."""
        out = np.empty(len(self.amplitudes))
        self._over_amplitudes(lambda _, first, last: self.kernels.squares(self.address, out.ctypes.data, first, last))
        return out

    def inner(self, other: NDArray[Any]) -> complex:
        """⟨self|other⟩; the other one has the same dtype and length."""
        chunks = bits.register_size(max(self.num_qubits - CHUNK_QUBITS, 0))
        sums = np.empty((chunks, 2, self.width))
        right = other.ctypes.data
        self._over_amplitudes(
            lambda chunk, first, last: self.kernels.inner_product(
                self.address, right, sums[chunk].ctypes.data, first, last
            )
        )
        sums[:, 1, 1::2] *= -1
        return complex(math.fsum(sums[:, 0].ravel()), math.fsum(sums[:, 1].ravel()))

    # ── Sampling ──────────────────────────────────────────────────────────────────────────────────────────────────

    def block_totals(self, length: int) -> Numbers:
        """Sum of |a|² of each block of that length, as `sampling.folded_sum` adds up."""
        totals = np.empty(len(self.amplitudes) // length)
        scratch = self._scratch(length // 8)

        def work(worker: int, first: int, last: int) -> None:
            at = scratch[worker].ctypes.data
            self.kernels.block_totals(self.address, totals.ctypes.data, at, length, first, last)

        self._over_blocks(work, len(totals), length)
        return totals

    def locate(self, length: int, targets: Numbers, edges: Numbers, cuts: Integers) -> Integers:
        """Indices on which the targets fall: those of block b, `cuts[b]` up to `cuts[b + 1]`, beyond `edges[b]`."""
        out = np.empty(len(targets), dtype=np.int64)
        given = (targets.ctypes.data, edges.ctypes.data, cuts.ctypes.data, out.ctypes.data)

        def work(_: int, first: int, last: int) -> None:
            self.kernels.locate(self.address, *given, length, first, last)

        self._over_blocks(work, len(cuts) - 1, length)
        return out

    # ── Parts of the register ─────────────────────────────────────────────────────────────────────────────────────

    def marginal(self, qubits: tuple[int, ...]) -> Numbers:
        """Probabilities of what the listed qubits spell.

        Chunks tell bits outside a block apart: first listed ones, whose sums do not meet, then others, which add to a
        copy of the result each, and where copies would take too much memory one after another.
        """
        n, size = self.num_qubits, bits.register_size(len(qubits))
        weights = {bits.qubit_bit(q, n): bits.qubit_weight(slot, len(qubits)) for slot, q in enumerate(qubits)}
        block_bits = min(n, BLOCK_QUBITS)
        kept = [bit for bit in range(block_bits) if bit in weights]
        places = combined([weights[bit] for bit in kept])
        outer = sorted(range(block_bits, n), key=lambda bit: (bit not in weights, -bit))
        split, counted = outer[: max(n - CHUNK_QUBITS, 0)], outer[max(n - CHUNK_QUBITS, 0) :]
        apart = [bit for bit in split if bit in weights]
        shared = split[len(apart) :]
        copied = shared[: max(_COPIES_QUBITS - len(qubits), 0)]
        table = np.array([(1 << bit, weights.get(bit, 0)) for bit in counted], dtype=np.int64).reshape(-1, 2)
        starts = combined([1 << bit for bit in (*copied, *apart)])
        targets = combined([0] * len(copied) + [weights[bit] for bit in apart])
        sums = np.zeros((bits.register_size(len(copied)), size))
        scratch = self._scratch(bits.register_size(block_bits))
        for start in combined([1 << bit for bit in shared[len(copied) :]]).tolist():

            def work(worker: int, chunk: int, start: int = start) -> None:
                self.kernels.marginal(
                    self.address + self.itemsize * (start + int(starts[chunk])),
                    sums[chunk % len(sums)].ctypes.data + sums.itemsize * int(targets[chunk]),
                    places.ctypes.data,
                    scratch[worker].ctypes.data,
                    block_bits,
                    sum(1 << bit for bit in kept),
                    table.ctypes.data,
                    len(table),
                )

            for_chunks(work, len(starts), self.threads)
        total: Numbers = sums[0]
        for copy in sums[1:]:
            total += copy
        return total

    def density(self, qubits: tuple[int, ...]) -> NDArray[np.complex128]:
        """Density matrix of a few qubits."""
        n, rows = self.num_qubits, bits.register_size(len(qubits))
        slots = {bits.qubit_bit(qubit, n): slot for slot, qubit in enumerate(qubits)}
        block_bits = min(n, BLOCK_QUBITS)
        rest = [bit for bit in range(n) if bit not in slots][: block_bits - len(qubits)]
        local = sorted([*slots, *rest])
        columns = bits.register_size(len(rest))
        weights = {bit: 1 << position for position, bit in enumerate(rest)}
        weights |= {bit: columns * bits.qubit_weight(slot, len(qubits)) for bit, slot in slots.items()}
        places = combined([weights[bit] for bit in local])
        layout = block_layout(local, [bit for bit in range(n) if bit not in local])
        blocks = bits.register_size(n - block_bits)
        scratch = self._scratch(2 * bits.register_size(block_bits))
        sums = np.zeros(
            (self._num_chunks(blocks, bits.register_size(block_bits)), rows * (rows + 1) // 2, 2, self.width)
        )

        def work(worker: int, chunk: int) -> None:
            self.kernels.density(
                self.address,
                layout.ctypes.data,
                places.ctypes.data,
                rows,
                sums[chunk].ctypes.data,
                scratch[worker].ctypes.data,
                blocks * chunk // len(sums),
                blocks * (chunk + 1) // len(sums),
            )

        for_chunks(work, len(sums), self.threads)
        pairs = sums.sum(axis=(0, 3)).view(np.complex128)[:, 0]
        matrix = np.zeros((rows, rows), dtype=np.complex128)
        lower = np.tril_indices(rows)
        matrix[lower[1], lower[0]] = pairs.conj()
        matrix[lower] = pairs
        return matrix

    # ── Pauli sums ────────────────────────────────────────────────────────────────────────────────────────────────

    def pauli_sum(self, groups: Groups) -> complex:
        """Σ c ⟨P⟩ of the Pauli strings."""
        low = min(_LOW_BITS[self.kernels.precision], self.num_qubits)
        lanes = self.width.bit_length() - 1
        total = 0j
        for visit in visits(groups, self.num_qubits, min(BLOCK_QUBITS, self.num_qubits), low):
            total += self._visit(encode(visit, groups, self.num_qubits, lanes))
        return total

    def _visit(self, program: Program) -> complex:
        """One reading of the state."""
        scratch = self._scratch(5 * program.block_amplitudes)
        chunks = min(program.num_blocks, -(-program.num_blocks * len(program.jobs) // _BLOCK_JOBS))
        sums = np.zeros(chunks, dtype=np.complex128)

        def work(worker: int, chunk: int) -> None:
            self.kernels.pauli_sum(
                self.address,
                program.layout.ctypes.data,
                program.jobs.ctypes.data,
                len(program.jobs),
                program.masks.ctypes.data,
                program.weights.ctypes.data,
                program.apart,
                sums[chunk:].ctypes.data,
                scratch[worker].ctypes.data,
                program.num_blocks * chunk // chunks,
                program.num_blocks * (chunk + 1) // chunks,
            )

        for_chunks(work, chunks, self.threads)
        return complex(math.fsum(sums.real), math.fsum(sums.imag))

    # ── Chunks ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _over_amplitudes(self, work: Callable[[int, int, int], Any]) -> None:
        """`work(chunk, first, last)` for all amplitudes."""
        size = min(len(self.amplitudes), bits.register_size(CHUNK_QUBITS))
        chunks = len(self.amplitudes) // size
        for_chunks(lambda _, chunk: work(chunk, size * chunk, size * (chunk + 1)), chunks, self.threads)

    def _over_blocks(self, work: Callable[[int, int, int], Any], blocks: int, length: int) -> None:
        """`work(worker, first, last)` for all blocks of that length."""
        chunks = self._num_chunks(blocks, length)
        for_chunks(
            lambda worker, chunk: work(worker, blocks * chunk // chunks, blocks * (chunk + 1) // chunks),
            chunks,
            self.threads,
        )

    def _num_chunks(self, blocks: int, length: int) -> int:
        return max(blocks * length // bits.register_size(CHUNK_QUBITS), 1)

    def _scratch(self, numbers: int) -> list[Numbers]:
        """Memory for each thread, from a cache line on."""
        return [aligned(numbers, np.float64) for _ in range(self.threads)]
