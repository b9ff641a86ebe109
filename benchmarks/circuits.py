"""The circuits that are measured, as neutral lists of gates that every simulator is given in its own words.

Qubit 0 is the most significant; a matrix's left factor is the first-listed qubit. All angles and matrices come from
fixed seeds, so that every engine and every run sees the same numbers. The whole final state is asked for, and no gate
is idle: where |0…0⟩ would make some so (controlled phases of a Fourier transform, carries of an adder), a layer of ry
comes first. Only the x of Grover's first oracle act on |+⟩, as they do in the algorithm.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["CIRCUITS", "Gate", "build"]


class Gate(NamedTuple):
    """A gate on qubits.

    Attributes:
        name: h, x, ry, rz, cx, cz, cp, swap, ccx, rxx, ryy, rzz, mcz (Z under all other listed qubits) or unitary.
        qubits: controls first.
        params: angles in radians.
        matrix: of a "unitary", first qubit most significant.
    """

    name: str
    qubits: tuple[int, ...]
    params: tuple[float, ...] = ()
    matrix: NDArray[np.complex128] | None = None


Gates = Iterator[Gate]


def qft(n: int, layers: int = 1) -> Gates:
    """Fourier transform of a product state, with the swaps that bring the qubits back into order."""
    yield from _tilt(n)
    for _ in range(layers):
        for target in range(n):
            yield Gate("h", (target,))
            for control in range(target + 1, n):
                yield Gate("cp", (control, target), (math.pi / 2 ** (control - target),))
        for qubit in range(n // 2):
            yield Gate("swap", (qubit, n - 1 - qubit))


def random(n: int, layers: int = 10) -> Gates:
    """Layers of Haar-random 1-qubit gates on all qubits and a brick of cz, shifted by one in every other layer."""
    rng = np.random.default_rng([1, n])
    for layer in range(layers):
        for qubit in range(n):
            yield Gate("unitary", (qubit,), matrix=_haar(2, rng))
        for qubit in range(layer % 2, n - 1, 2):
            yield Gate("cz", (qubit, qubit + 1))


def hardware_efficient(n: int, layers: int = 5) -> Gates:
    """Layers of ry and rz on all qubits and a ring of cx: the usual ansatz of variational algorithms."""
    rng = np.random.default_rng([2, n])
    for _ in range(layers):
        for qubit in range(n):
            yield Gate("ry", (qubit,), (_angle(rng),))
            yield Gate("rz", (qubit,), (_angle(rng),))
        for qubit in range(n):
            yield Gate("cx", (qubit, (qubit + 1) % n))


def heisenberg(n: int, layers: int = 5) -> Gates:
    """Trotter steps of an XYZ chain in random fields: rxx ryy rzz on even, then odd neighbours, rz on all qubits."""
    rng = np.random.default_rng([3, n])
    fields = rng.uniform(0.1, 0.9, n)
    yield from _tilt(n)
    for _ in range(layers):
        for first in (*range(0, n - 1, 2), *range(1, n - 1, 2)):
            for name, angle in (("rxx", 0.2), ("ryy", 0.25), ("rzz", 0.3)):
                yield Gate(name, (first, first + 1), (angle,))
        for qubit in range(n):
            yield Gate("rz", (qubit,), (float(fields[qubit]),))


def quantum_volume(n: int, layers: int | None = None) -> Gates:
    """min(n, 10) layers of Haar-random 2-qubit gates on randomly paired qubits (arXiv:1811.12926)."""
    rng = np.random.default_rng([4, n])
    for _ in range(min(n, 10) if layers is None else layers):
        order = [int(qubit) for qubit in rng.permutation(n)]
        for first, second in zip(order[::2], order[1::2], strict=False):
            yield Gate("unitary", (first, second), matrix=_haar(4, rng))


def grover(n: int, layers: int = 2) -> Gates:
    """Grover iterations for one marked bit string; oracle and diffusion are each a z under n − 1 controls."""
    marked = np.random.default_rng([5, n]).integers(2, size=n)
    every = range(n)
    yield from _each("h", every)
    for _ in range(layers):
        yield from _flip_sign(n, [qubit for qubit in every if not marked[qubit]])
        yield from _each("h", every)
        yield from _flip_sign(n, every)
        yield from _each("h", every)


def ghz(n: int, layers: int = 1) -> Gates:
    """h and a chain of cx."""
    for _ in range(layers):
        yield Gate("h", (0,))
        for qubit in range(n - 1):
            yield Gate("cx", (qubit, qubit + 1))


def adder(n: int, layers: int = 1) -> Gates:
    """Cuccaro's ripple-carry adder, b ← a + b, on a superposition of inputs (arXiv:quant-ph/0410184, section 2).

    The qubits are carry in, b₀, a₀, b₁, a₁, …, least significant first, and for even n the carry out.
    """
    digits = (n - 1) // 2
    a = [2 * digit + 2 for digit in range(digits)]
    b = [2 * digit + 1 for digit in range(digits)]
    carries = [0, *a]  # the carry into digit i sits in a's qubit i − 1
    triples = list(zip(carries, b, a, strict=False))
    yield from _tilt(n)
    for _ in range(layers):
        for carry, sum_, digit in triples:  # majority
            yield Gate("cx", (digit, sum_))
            yield Gate("cx", (digit, carry))
            yield Gate("ccx", (carry, sum_, digit))
        if n % 2 == 0:
            yield Gate("cx", (a[-1], n - 1))
        for carry, sum_, digit in reversed(triples):  # unmajority and add
            yield Gate("ccx", (carry, sum_, digit))
            yield Gate("cx", (digit, carry))
            yield Gate("cx", (carry, sum_))


CIRCUITS = {
    function.__name__: function
    for function in (qft, random, hardware_efficient, heisenberg, quantum_volume, grover, ghz, adder)
}


def build(name: str, n: int, layers: int | None = None) -> tuple[Gate, ...]:
    """The gates of a circuit on n ≥ 4 qubits, with its usual number of layers (steps, iterations) or with so many."""
    if name not in CIRCUITS:
        raise ValueError(f"Argument `name` must be one of {', '.join(CIRCUITS)}, but is {name!r}.")
    if n < 4:
        raise ValueError(f"Argument `n` must be at least 4, where every circuit has all its gates, but is {n}.")
    return tuple(CIRCUITS[name](n) if layers is None else CIRCUITS[name](n, layers))


def _tilt(n: int) -> Gates:
    """A product state in which no qubit is in a basis state and no two are alike."""
    for qubit in range(n):
        yield Gate("ry", (qubit,), (0.4 + 2.0 * (qubit + 1) / (n + 1),))


def _flip_sign(n: int, zeros: Iterable[int]) -> Gates:
    """-1 on the one basis state that has these qubits 0 and the others 1."""
    yield from _each("x", zeros)
    yield Gate("mcz", tuple(range(n)))
    yield from _each("x", zeros)


def _each(name: str, qubits: Iterable[int]) -> Gates:
    for qubit in qubits:
        yield Gate(name, (qubit,))


def _angle(rng: np.random.Generator) -> float:
    return float(rng.uniform(-math.pi, math.pi))


def _haar(size: int, rng: np.random.Generator) -> NDArray[Any]:
    """A Haar-random matrix of determinant 1: QR of a Gaussian one, the phases of R's diagonal taken out."""
    gaussian = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
    q, r = np.linalg.qr(gaussian)
    unitary = q * (np.diag(r) / np.abs(np.diag(r)))
    return unitary / np.linalg.det(unitary) ** (1 / size)
