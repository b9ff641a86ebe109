"""KAK: a 2-qubit unitary as 1-qubit unitaries around exp(i(a XX + b YY + c ZZ)).

In the magic basis, 1-qubit unitaries on both qubits are real orthogonal matrices, and the three commuting interactions
are diagonal. So U = e^{iφ} O₁ D O₂ there, where O₂ᵀ D² O₂ = UᵀU is a symmetric unitary: real and imaginary part
commute, and one real orthogonal basis diagonalises both.

Source: Kraus and Cirac, "Optimal creation of entanglement using a two-qubit gate", Phys. Rev. A 63 (2001) 062309.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Interaction", "interaction"]

ComplexArray = NDArray[np.complex128]
Pair = tuple[ComplexArray, ComplexArray]
Interaction = tuple[float, Pair, tuple[float, float, float], Pair]

_MAGIC = np.array([[1, 0, 0, 1j], [0, 1j, 1, 0], [0, 1j, -1, 0], [1, 0, 0, -1j]]) * math.sqrt(0.5)
_X, _Y, _Z = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.array([[1, 0], [0, -1]])
# diagonals of XX, YY, ZZ in the magic basis: rows of signs, orthogonal to each other and to (1, 1, 1, 1)
_SIGNS = np.array([np.diagonal(_MAGIC.conj().T @ np.kron(p, p) @ _MAGIC).real.round() for p in (_X, _Y, _Z)])
_MIXES = (0.0, 1.0, 0.37, -2.1, 5.3, -0.61, 0.113, 11.7)  # weights of the imaginary part, until one separates all
_ROUNDING = 1e-11


def interaction(matrix: ComplexArray) -> Interaction:
    """Phase, gates before, (a, b, c), gates after.

    >>> swap = np.eye(4)[[0, 2, 1, 3]].astype(complex)
    >>> phase, before, (a, b, c), after = interaction(swap)
    >>> [round(abs(angle) / math.pi, 6) for angle in (a, b, c)]
    [0.25, 0.25, 0.25]
    """
    phase = np.angle(np.linalg.det(matrix)) / 4
    unit = _MAGIC.conj().T @ (matrix * np.exp(-1j * phase)) @ _MAGIC
    basis = _common_basis(unit.T @ unit)
    if np.linalg.det(basis) < 0:
        basis[:, 0] *= -1
    angles = np.angle(np.diagonal(basis.T @ unit.T @ unit @ basis)) / 2
    left = (unit @ basis) * np.exp(-1j * angles)
    if np.linalg.det(left).real < 0:  # a square root with the other sign turns the determinant
        angles[0] += math.pi
        left[:, 0] *= -1
    a, b, c = (_SIGNS @ angles / 4).tolist()
    after = _split(_MAGIC @ left.real @ _MAGIC.conj().T)
    before = _split(_MAGIC @ basis.T @ _MAGIC.conj().T)
    return float(phase + angles.sum() / 4), before, (_clean(a), _clean(b), _clean(c)), after


def _common_basis(square: ComplexArray) -> NDArray[np.float64]:
    """Real orthogonal vectors that diagonalise a symmetric unitary."""
    best, smallest = np.eye(4), math.inf
    for mix in _MIXES:
        _, basis = np.linalg.eigh(square.real + mix * square.imag)
        diagonal = basis.T @ square @ basis
        gap = float(np.abs(diagonal - np.diag(np.diagonal(diagonal))).max())
        if gap < _ROUNDING:
            return basis
        if gap < smallest:
            best, smallest = basis, gap
    return best


def _split(product: NDArray[Any]) -> Pair:
    """The factors of a Kronecker product A ⊗ B of unitaries."""
    blocks = product.reshape(2, 2, 2, 2)  # [row of A, row of B, column of A, column of B]
    row, column = divmod(int(np.argmax(np.abs(blocks).max(axis=(1, 3)))), 2)
    right = blocks[row, :, column, :]
    right = right / np.sqrt(np.linalg.det(right))
    left = np.einsum("ibjc,bc->ij", blocks, right.conj()) / 2
    return left, right


def _clean(angle: float) -> float:
    """Interaction angles count modulo nothing here; those at rounding level are none."""
    return 0.0 if abs(angle) < _ROUNDING else angle
