"""Lists of qubits, and a register's array seen along them: shared by pure and mixed states."""

import operator
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.errors import StateError
from qsim.memory import available_memory, require_memory

__all__ = ["BLOCK_QUBITS", "check_num_qubits", "check_qubits", "isolate", "require_entries", "unfold", "unfold_blocks"]

BLOCK_QUBITS = 16  # long arrays are read in pieces of 2^16 entries: 1 MiB of complex numbers stays in cache
_SMALL = 64 * 2**20  # bytes: less than this is allocated unasked


def check_num_qubits(num_qubits: Any, least: int = 0) -> int:
    """The number of qubits as an int, refused below `least`."""
    number = operator.index(num_qubits)
    if number < least:
        raise StateError(f"Argument `num_qubits` must be at least {least}, but is {number}.")
    return number


def check_qubits(qubits: Any, num_qubits: int, name: str = "qubits") -> tuple[int, ...]:
    """The listed qubits as distinct ints of the register, in the order listed.

    Args:
        qubits: one qubit, an iterable of them, or `None` for all.
        num_qubits: size of the register.
        name: how the caller's argument is called.

    >>> check_qubits([2, 0], 3), check_qubits(1, 3), check_qubits(None, 3)
    ((2, 0), (1,), (0, 1, 2))
    """
    if qubits is None:
        return tuple(range(num_qubits))
    listed = tuple(map(operator.index, qubits if isinstance(qubits, Iterable) else (qubits,)))
    seen: set[int] = set()
    for qubit in listed:
        if not 0 <= qubit < num_qubits:
            raise StateError(f"Argument `{name}` must lie in range({num_qubits}), but has {qubit}.")
        if qubit in seen:
            raise StateError(f"Argument `{name}` must be distinct qubits, but {listed} repeats {qubit}.")
        seen.add(qubit)
    return listed


def require_entries(num_bits: int, what: str, itemsize: int = 16) -> None:
    """Refuse an array of 2**num_bits entries that memory does not hold.

    >>> require_entries(60, "A state of 60 qubits")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    qsim.errors.TooLargeError: A state of 60 qubits needs 16 EiB, but ...
    """
    needed = itemsize * bits.register_size(num_bits)
    if needed > _SMALL:
        fits = max((available_memory() // itemsize).bit_length() - 1, 0)
        require_memory(needed, what, f"2^{fits} numbers would fit.")


def isolate(qubits: Iterable[int], num_qubits: int) -> tuple[list[int], list[int]]:
    """A shape in which each listed qubit has an axis of its own, and each run of others shares one.

    Returns:
        The shape for `array.reshape`, and the axis of each listed qubit.

    >>> isolate([4, 1], 5)   # axes: qubit 0, qubit 1, qubits 2 and 3, qubit 4
    ([2, 2, 4, 2], [3, 1])
    """
    listed = list(qubits)
    shape: list[int] = []
    axis: dict[int, int] = {}
    end = 0  # first qubit that has no axis yet
    for qubit in sorted(listed):
        if qubit > end:
            shape.append(bits.register_size(qubit - end))
        axis[qubit] = len(shape)
        shape.append(2)
        end = qubit + 1
    if end < num_qubits:
        shape.append(bits.register_size(num_qubits - end))
    return shape, [axis[qubit] for qubit in listed]


def unfold_blocks(
    array: NDArray[Any], qubits: tuple[int, ...], num_qubits: int, block_qubits: int = BLOCK_QUBITS
) -> Iterator[NDArray[Any]]:
    """The register as a matrix, a few columns at a time.

    A row is what the listed qubits spell (first listed most significant), a column what the others do. The columns
    come in blocks of at most 2**block_qubits entries, each with the first of the other qubits fixed; a copy of one
    block is all the memory that is taken.
    """
    others = [qubit for qubit in range(num_qubits) if qubit not in qubits]
    fixed = others[: max(num_qubits - block_qubits, 0)]
    shape, axes = isolate([*fixed, *qubits], num_qubits)
    tensor = np.moveaxis(array.reshape(shape), axes, range(len(axes)))
    rows = bits.register_size(len(qubits))
    for values in np.ndindex((2,) * len(fixed)):
        yield tensor[values].reshape(rows, -1)


def unfold(array: NDArray[Any], qubits: tuple[int, ...], num_qubits: int) -> NDArray[Any]:
    """The register as a matrix: rows are values of the listed qubits, columns those of the others.

    >>> unfold(np.arange(8), (2,), 3).tolist()   # row 0: indices whose last bit is 0
    [[0, 2, 4, 6], [1, 3, 5, 7]]
    """
    return next(unfold_blocks(array, qubits, num_qubits, num_qubits))
