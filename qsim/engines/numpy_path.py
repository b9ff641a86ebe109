"""The NumPy engine: each gate applied in place to slices of the state, chosen by the structure of its matrix.

The state is seen as a tensor with one axis of length 2 a qubit; fixing axes gives views, never copies. A controlled
gate touches only the slices where its controls have their values. Few qubits are left to `engines/indexed.py`.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.circuit import Circuit, Operation
from qsim.engines.control import Chunks, Stage
from qsim.engines.indexed import apply_steps, numbers_of
from qsim.engines.job import Job
from qsim.engines.program import encode
from qsim.gates import Gate

__all__ = ["INDEXED_QUBITS", "apply_operation", "indexed", "simulate", "stage"]

INDEXED_QUBITS = 10  # up to here lists of indices are faster than slices; measured: 4 µs a gate against 30
CHUNK_AXES = 16  # a slice has at most 2^16 amplitudes (1 MiB), so the temporaries of a gate stay in the cache
SHORT_RUN = 3  # rows of at most 2^3 amplitudes are walked one by one: NumPy's inner loop over so few costs more
SLICED_TARGETS = 4  # with more targets, their axes are moved to the front instead
FRONT_AXES = 18  # and copied so, 2^18 amplitudes (4 MiB) at once, or 2^k where the gate has more than 18 targets
MATRIX_TARGETS = 10  # with more, an operator is applied term by term: its matrix would have 16 MiB

Index = tuple[int | slice, ...]
Tensor = NDArray[Any]


def simulate(job: Job) -> NDArray[Any]:
    """The state after the circuit's operations; `job.amplitudes` is overwritten with it and returned."""
    if job.circuit.num_qubits <= INDEXED_QUBITS and not job.control.is_recorded:
        return indexed(job.circuit)(job.amplitudes)
    operations = [instruction for instruction in job.circuit if isinstance(instruction, Operation)]
    if job.control.is_recorded:
        job.control.execute([stage(job, operation) for operation in operations], job.amplitudes, job.threads)
    else:  # a stage for each gate would take as long as a gate on a few qubits
        tensor = job.amplitudes.reshape([2] * job.circuit.num_qubits)
        check = job.control.check if tensor.ndim > CHUNK_AXES else None
        for operation in job.control.steps(operations):
            apply_operation(tensor, operation, check)
    return job.amplitudes


def indexed(circuit: Circuit) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """A circuit of few qubits as a function that changes amplitudes in place and returns them."""
    program = encode(circuit)
    numbers = numbers_of(program)

    def run(amplitudes: NDArray[Any]) -> NDArray[Any]:
        first = 0
        for last, operation in program.pauses:
            apply_steps(amplitudes, program, numbers, first, last)
            apply_operation(amplitudes.reshape([2] * program.num_qubits), operation)
            first = last
        apply_steps(amplitudes, program, numbers, first, len(program.rows))
        return amplitudes

    return run


def stage(job: Job, operation: Operation) -> Stage:
    """One gate as a stage of a run. It is a single chunk, but where nothing is recorded it may end between slices."""
    tensor = job.amplitudes.reshape([2] * job.circuit.num_qubits)
    check = None if job.control.is_recorded else job.control.check

    def work(worker: int, first: int, last: int) -> None:
        apply_operation(tensor, operation, check)

    return lambda workers: Chunks(1, work)


def apply_operation(tensor: Tensor, operation: Operation, check: Callable[[], None] | None = None) -> None:
    """Apply one gate in place to a tensor with an axis a qubit.

    Args:
        tensor: the amplitudes.
        operation: the gate and its qubits.
        check: called between slices; an error in it ends the work half-way.
    """
    gate = operation.gate
    controls = {q: int(bit) for q, bit in zip(operation.controls, gate.control_state, strict=True)}
    kernel = _KERNELS[gate.structure] if len(operation.targets) <= SLICED_TARGETS else _apply_in_front
    for _ in kernel(tensor, gate, operation.targets, controls):
        if check is not None:
            check()


# These yield after each slice.
def _apply_diagonal(
    tensor: Tensor, gate: Gate, targets: tuple[int, ...], controls: Mapping[int, int]
) -> Iterator[None]:
    for value, entry in zip(product((0, 1), repeat=len(targets)), gate.diagonal(), strict=True):
        if entry != 1:
            fixed = {**controls, **dict(zip(targets, value, strict=True))}
            for index in _slices(tensor.ndim, fixed, ()):
                tensor[index] *= entry
                yield


def _apply_permutation(
    tensor: Tensor, gate: Gate, targets: tuple[int, ...], controls: Mapping[int, int]
) -> Iterator[None]:
    moves = [(source, int(image)) for source, image in enumerate(gate.images()) if source != image]
    for parts in _target_slices(tensor, targets, controls):
        saved = [(parts[image], parts[source].copy()) for source, image in moves]
        for part, content in saved:
            part[...] = content
        yield


def _apply_matrix(tensor: Tensor, gate: Gate, targets: tuple[int, ...], controls: Mapping[int, int]) -> Iterator[None]:
    matrix = gate.base_matrix()
    weights = matrix.real if gate.structure == "rotation" else matrix
    # Weights stay in double precision, also for a single-precision state: rounded ones would let its norm drift.
    for parts in _target_slices(tensor, targets, controls):
        rows = [_combine(row, parts) for row in weights]
        for part, row in zip(parts, rows, strict=True):
            part[...] = row
        yield


def _combine(weights: NDArray[Any], parts: list[Tensor]) -> Tensor:
    """Σ weight · part over the weights that are not zero."""
    total = np.zeros(parts[0].shape, dtype=np.complex128)
    for weight, part in zip(weights, parts, strict=True):
        if weight != 0:
            total += part * weight
    return total


_KERNELS: dict[str, Callable[[Tensor, Gate, tuple[int, ...], Mapping[int, int]], Iterator[None]]] = {
    "diagonal": _apply_diagonal,
    "permutation": _apply_permutation,
    "rotation": _apply_matrix,
    "dense": _apply_matrix,
}


def _target_slices(tensor: Tensor, targets: tuple[int, ...], controls: Mapping[int, int]) -> Iterator[list[Tensor]]:
    """For each slice that fits the cache: its 2^k parts, in the order of the gate's basis states."""
    spelled = list(product((0, 1), repeat=len(targets)))
    for index in _slices(tensor.ndim, controls, targets):
        parts = []
        for value in spelled:
            place = list(index)
            for target, bit in zip(targets, value, strict=True):
                place[target] = bit
            parts.append(tensor[(*place, ...)])  # a view, also where no axis is left
        yield parts


def _slices(
    num_qubits: int, fixed: Mapping[int, int], targets: tuple[int, ...], num_axes: int = CHUNK_AXES
) -> Iterator[Index]:
    """Indices that together cover all amplitudes with the fixed bits, one part a time, target axes left open.

    Leading axes are walked until a part has only `num_axes` others than the targets', so that it fits the cache;
    trailing ones where NumPy's inner loop would be too short.
    """
    taken = {*fixed, *targets}
    free = [axis for axis in range(num_qubits) if axis not in taken]
    walked = free[: max(len(free) - num_axes, 0)]
    run = num_qubits - 1 - max(taken, default=-1)  # axes behind the last taken one are contiguous in memory
    if taken and 0 < run <= SHORT_RUN and len(free) - len(walked) > 2 * SHORT_RUN:
        walked += [axis for axis in free[-run:] if axis not in walked]
    index: list[int | slice] = [slice(None)] * num_qubits
    for axis, bit in fixed.items():
        index[axis] = bit
    for values in product((0, 1), repeat=len(walked)):
        for axis, bit in zip(walked, values, strict=True):
            index[axis] = bit
        yield tuple(index)


def _apply_in_front(
    tensor: Tensor, gate: Gate, targets: tuple[int, ...], controls: Mapping[int, int]
) -> Iterator[None]:
    """Gates on many targets: their axes moved to the front, the rest as columns, some at once."""
    for index in _slices(tensor.ndim, controls, targets, max(FRONT_AXES - len(targets), 0)):
        kept = [axis for axis, place in enumerate(index) if isinstance(place, slice)]
        view = np.moveaxis(tensor[index], [kept.index(target) for target in targets], range(len(targets)))
        view[...] = _of_columns(gate, view.reshape(bits.register_size(len(targets)), -1)).reshape(view.shape)
        yield


def _of_columns(gate: Gate, columns: Tensor) -> Tensor:
    """A gate, controls aside, on each column."""
    result: Tensor
    if gate.structure == "diagonal":
        result = columns * gate.diagonal().astype(columns.dtype)[:, None]
    elif gate.structure == "permutation":
        result = np.empty_like(columns)
        result[gate.images()] = columns
    elif len(columns) <= bits.register_size(MATRIX_TARGETS):
        result = gate.base_matrix().astype(columns.dtype) @ columns
    else:
        result = gate.base.operator.apply_to(columns, len(columns).bit_length() - 1)
    return result
