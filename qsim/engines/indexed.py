"""The NumPy engine on few qubits: a program's steps by lists of indices, two calls of NumPy a step.

The steps are those of the direct engine (`engines/program.py`), and so are the formulas of gates' entries; what
compiled code does there, fancy indexing does here. It takes some 3 µs a step, a tenth of what slices take.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.engines.program import Program
from qsim.engines.templates import DENSE, EXCHANGE, MULTIPLY, Template

__all__ = ["apply_steps", "numbers_of"]


def apply_steps(
    amplitudes: NDArray[Any], program: Program, numbers: NDArray[np.complex128], first: int, last: int
) -> None:
    """Carry out steps first … last−1 in place."""
    n = program.num_qubits
    for opcode, mask, a, b, number, _ in program.rows[first:last].tolist():
        if opcode == EXCHANGE:
            amplitudes[_indices(n, mask, (a, b))] = amplitudes[_indices(n, mask, (b, a))]
        elif opcode == MULTIPLY:
            amplitudes[_indices(n, mask, (a,))] *= numbers[number]
        else:
            places = tuple(program.places[a : a + b].tolist()) if opcode == DENSE else (a, b)
            count, index = len(places), _indices(n, mask, places)
            matrix = numbers[number : number + count * count].reshape(count, count)
            amplitudes[index] = matrix.dot(amplitudes[index])


def numbers_of(program: Program) -> NDArray[np.complex128]:
    """The numbers of all steps of a program without symbolic parameters: those of gates of a kind at once."""
    numbers = program.numbers.copy()
    kinds: dict[int, tuple[Template, list[int]]] = {}
    for job, base in enumerate(program.formulas):
        kinds.setdefault(base.address, (base, []))[1].append(job)
    for base, jobs in kinds.values():
        assert base.polynomials is not None
        _, angles, places = program.jobs[jobs].T
        values = base.polynomials[None]
        for axis in range(base.polynomials.ndim - 1):
            powers = np.exp(np.multiply.outer(program.angles[angles + axis], 0.5j * np.arange(-2, 3)))
            values = np.einsum("jem...,jm->je...", np.broadcast_to(values, (len(jobs), *values.shape[1:])), powers)
        numbers[np.add.outer(places, np.arange(base.num_numbers))] = values
    return numbers


@lru_cache(maxsize=1024)
def _indices(num_qubits: int, mask: int, places: tuple[int, ...]) -> NDArray[np.int64]:
    """All indices around each place, a row a place: the bits of the mask as in the place, the others anyhow."""
    every = np.arange(bits.register_size(num_qubits))
    around: NDArray[np.int64] = np.array(places)[:, None] | every[every & mask == 0]
    return around
