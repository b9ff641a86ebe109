"""The state along one way through a circuit: qubits whose value is known stand beside the vector.

A qubit is known from the start (|0⟩), after a measurement and after a reset, until a gate turns it. The vector holds
the others, the *active* qubits, in ascending order; so it is half as long after each measurement.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.memory import aligned, require_memory
from qsim.states import vectors
from qsim.states._qubits import isolate

__all__ = ["Register"]

# Halves of a state that are multiples but for so many units of rounding, what some hundred gates do, are multiples.
_ROUNDING = 64
_LARGE = 2**24  # bytes from which on memory is asked for


class Register:
    """Known qubits with their values, and the amplitudes of the others.

    Attributes:
        active: the qubits of the vector, ascending, the first most significant.
        known: the value of each other qubit.
        amplitudes: of length 2^len(active), normalised.
    """

    __slots__ = ("active", "amplitudes", "known")

    def __init__(self, active: tuple[int, ...], known: dict[int, int], amplitudes: NDArray[Any]) -> None:
        self.active, self.known, self.amplitudes = active, known, amplitudes

    @classmethod
    def zeros(cls, num_qubits: int, dtype: np.dtype[Any]) -> "Register":
        """All qubits known to be 0."""
        return cls((), dict.fromkeys(range(num_qubits), 0), np.ones(1, dtype))

    @property
    def size(self) -> int:
        """Bytes of the vector."""
        return self.amplitudes.nbytes

    def places(self, qubits: Sequence[int]) -> tuple[int, ...]:
        """Where active qubits stand in the vector."""
        where = {qubit: place for place, qubit in enumerate(self.active)}
        return tuple(where[qubit] for qubit in qubits)

    def activate(self, values: Mapping[int, int]) -> None:
        """Take known qubits into the vector, with these values."""
        if not values:
            return
        active = tuple(sorted((*self.active, *values)))
        size = bits.register_size(len(active))
        if size * self.amplitudes.itemsize > _LARGE:
            require_memory(size * self.amplitudes.itemsize, f"The state of {len(active)} qubits that are not known")
        larger = aligned(size, self.amplitudes.dtype, zeroed=True)
        shape, axes = isolate([active.index(qubit) for qubit in values], len(active))
        index: list[Any] = [slice(None)] * len(shape)
        for axis, value in zip(axes, values.values(), strict=True):
            index[axis] = value
        part = larger.reshape(shape)[(*index, ...)]
        part[...] = self.amplitudes.reshape(part.shape)
        self.active, self.amplitudes = active, larger
        self.known = {qubit: value for qubit, value in self.known.items() if qubit not in values}

    def probabilities(self, qubits: Sequence[int]) -> NDArray[np.float64]:
        """Probabilities of what active qubits spell, the first most significant; they sum to 1 but for rounding."""
        return vectors.marginal(self.amplitudes, self.places(qubits), len(self.active))

    def projected(self, qubits: Sequence[int], outcome: int, probability: float) -> "Register":
        """The normalised state after active qubits were found to spell an outcome of that probability."""
        found = bits.bitstring(outcome, len(qubits))
        part = self._part(qubits, found)
        amplitudes = aligned(part.size, part.dtype)
        np.multiply(part, 1 / math.sqrt(probability), out=amplitudes.reshape(part.shape))
        return self._without(dict(zip(qubits, map(int, found), strict=True)), amplitudes)

    def reset(self, qubit: int) -> "Register | None":
        """The state with an active qubit at 0, if that qubit is not entangled with others; else `None`."""
        zero, one = (self._part([qubit], value).reshape(-1) for value in "01")
        if vectors.norm(zero) < vectors.norm(one):
            zero, one = one, zero
        weight = vectors.norm(zero) ** 2
        left = vectors.distance(one, zero, vectors.inner(zero, one) / weight)
        if left > _ROUNDING * np.finfo(self.amplitudes.dtype).eps:
            return None
        scale = math.sqrt(1 + vectors.norm(one) ** 2 / weight)  # the norm stays: who reads the state out checks it
        return self._without({qubit: 0}, zero * np.float64(scale).astype(zero.real.dtype))

    def prepared(self, qubits: Sequence[int], amplitudes: NDArray[np.complex128]) -> "Register":
        """The state after known qubits were given amplitudes."""
        active = tuple(sorted((*self.active, *qubits)))
        require_memory(bits.register_size(len(active)) * self.amplitudes.itemsize, f"The state of {len(active)} qubits")
        product = np.multiply.outer(amplitudes.astype(self.amplitudes.dtype), self.amplitudes)
        order = [*qubits, *self.active]
        axes = [order.index(qubit) for qubit in active]
        tensor = product.reshape([2] * len(active)).transpose(axes)
        known = {qubit: value for qubit, value in self.known.items() if qubit not in qubits}
        return Register(active, known, np.ascontiguousarray(tensor).reshape(-1))

    def flipped(self, qubits: Sequence[int]) -> None:
        """Known qubits change their values."""
        if qubits:
            self.known = {q: 1 - value if q in qubits else value for q, value in self.known.items()}

    def whole(self) -> NDArray[Any]:
        """The amplitudes of all qubits; a new array."""
        every = Register(self.active, dict(self.known), self.amplitudes)
        every.activate(dict(sorted(self.known.items())))
        return every.amplitudes if every.amplitudes is not self.amplitudes else self.amplitudes.copy()

    def _part(self, qubits: Sequence[int], values: str) -> NDArray[Any]:
        shape, axes = isolate(self.places(qubits), len(self.active))
        index: list[Any] = [slice(None)] * len(shape)
        for axis, value in zip(axes, values, strict=True):
            index[axis] = int(value)
        part: NDArray[Any] = self.amplitudes.reshape(shape)[(*index, ...)]
        return part

    def _without(self, known: Mapping[int, int], amplitudes: NDArray[Any]) -> "Register":
        active = tuple(qubit for qubit in self.active if qubit not in known)
        return Register(active, {**self.known, **known}, amplitudes)
