"""Expectation and variance of Pauli sums, block by block.

With P = i^|x∧z| X^x Z^z (see `algebra.pauli`), (Pψ)[i] = (−i)^|x∧z| (−1)^|z∧i| ψ[i ⊕ x]: strings with the same X mask
differ in a diagonal alone. So those of one X mask act as that diagonal, the Walsh–Hadamard transform of their
coefficients by Z mask, on a block of amplitudes whose bits are flipped.
"""

from collections.abc import Iterator
from functools import cache, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.algebra import Operator, pauli, properties
from qsim.states._qubits import isolate

__all__ = ["Group", "Groups", "expectation", "pauli_groups", "variance"]

BLOCK_QUBITS = 16  # amplitudes of a block: some arrays of 1 MiB
_TRANSFORM_BITS = 4
MAX_STRINGS = 2**16  # products formed to find the strings: a fraction of a second
_PHASES = (1, -1j, -1, 1j)

Group = list[tuple[int, complex]]  # Z masks and coefficients
Groups = dict[int, Group]  # by X mask
Block = NDArray[np.complex128]


def pauli_groups(operator: Operator, num_qubits: int) -> Groups | None:
    """The Pauli strings of an operator by their X mask; `None` if it is made of too many.

    >>> from qsim.algebra import X, Z
    >>> pauli_groups(X(0) + 2 * Z(0) @ Z(1), 2)
    {2: [(0, (1+0j))], 0: [(3, (2+0j))]}
    """
    if pauli.expansion_size(operator.terms) > MAX_STRINGS:
        return None
    groups: Groups = {}
    for (x, z), coefficient in properties.pauli_sum(operator.terms, num_qubits).items():
        groups.setdefault(x, []).append((z, coefficient))
    return groups


def expectation(groups: Groups, amplitudes: NDArray[Any], num_qubits: int) -> complex:
    """⟨ψ|A|ψ⟩."""
    image = _Image(groups, amplitudes, num_qubits)
    return sum((complex(np.vdot(ket, part)) for ket, parts in image.blocks() for part in parts), start=0j)


def variance(groups: Groups, amplitudes: NDArray[Any], num_qubits: int, mean: complex) -> float:
    """‖(A − mean)ψ‖²."""
    total = 0.0
    for ket, parts in _Image(groups, amplitudes, num_qubits).blocks():
        rest = -mean * ket
        for part in parts:
            rest += part
        total += float(np.vdot(rest, rest).real)
    return total


class _Image:
    """Aψ, one block at a time and for each block one X mask at a time."""

    def __init__(self, groups: Groups, amplitudes: NDArray[Any], num_qubits: int) -> None:
        self.amplitudes = amplitudes
        self.width = min(num_qubits, BLOCK_QUBITS)
        self.groups = [_Diagonal(flips, group, self.width) for flips, group in groups.items()]

    def blocks(self) -> Iterator[tuple[Block, Iterator[Block]]]:
        """Each block of ψ, and the blocks of Aψ there that add up to it."""
        for start in range(0, len(self.amplitudes), bits.register_size(self.width)):
            yield self._block(start), self._parts(start)

    def _parts(self, start: int) -> Iterator[Block]:
        for group in self.groups:
            yield group.applied(self._block(start ^ group.apart), start)

    def _block(self, start: int) -> Block:
        return self.amplitudes[start : start + bits.register_size(self.width)].astype(np.complex128, copy=False)


class _Diagonal:
    """The strings of one X mask, within blocks of `width` bits."""

    def __init__(self, flips: int, group: Group, width: int) -> None:
        inside = bits.register_size(width) - 1
        self.apart = flips & ~inside
        signs = np.array([sign for sign, _ in group], dtype=np.int64)
        weights = np.array([_PHASES[(flips & sign).bit_count() % 4] * weight for sign, weight in group])
        self.weights = weights if weights.imag.any() else weights.real
        self.outer = signs & ~inside
        used = int(np.bitwise_or.reduce(signs)) & inside
        signed = _qubits(used, width)
        self.places = bits.extract_bits(signs & inside, signed, width)
        flipped = _qubits(flips & inside, width)
        axes_of = sorted({*signed, *flipped})
        shape, axes = isolate(axes_of, width)
        self.shape = shape
        self.table = [1] * len(shape)  # the shape of the diagonal
        self.order = [slice(None)] * len(shape)
        for qubit, axis in zip(axes_of, axes, strict=True):
            self.table[axis] = 2 if qubit in signed else 1
            self.order[axis] = slice(None, None, -1 if qubit in flipped else 1)
        self.size = bits.register_size(len(signed))
        self.constant = None if self.outer.any() else self._diagonal(0)

    def applied(self, block: Block, start: int) -> Block:
        """The strings' part of Aψ in the block that begins at `start`, from the block that it comes from."""
        diagonal = self._diagonal(start) if self.constant is None else self.constant
        return (diagonal * block.reshape(self.shape)[tuple(self.order)]).reshape(-1)

    def _diagonal(self, start: int) -> NDArray[Any]:
        values = np.zeros(self.size, dtype=self.weights.dtype)
        np.add.at(values, self.places, np.where(np.bitwise_count(self.outer & start) & 1, -self.weights, self.weights))
        return _transform(values).reshape(self.table)


def _transform(values: NDArray[Any]) -> NDArray[Any]:
    """Walsh–Hadamard transform, a few bits at a time: the foremost bits are transformed and put last.

    >>> _transform(np.array([1.0, 2.0])).tolist()
    [3.0, -1.0]
    """
    left = len(values).bit_length() - 1
    while left:
        step = min(left, _TRANSFORM_BITS)
        values = (values.reshape(bits.register_size(step), -1).T @ _hadamard(step).astype(values.dtype)).reshape(-1)
        left -= step
    return values


@cache
def _hadamard(width: int) -> NDArray[np.float64]:
    """The matrix (−1)^(i·j)."""
    return reduce(np.kron, [np.array([[1.0, 1.0], [1.0, -1.0]])] * width)


def _qubits(mask: int, width: int) -> list[int]:
    return [qubit for qubit in range(width) if mask & bits.qubit_weight(qubit, width)]
