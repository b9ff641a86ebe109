"""Kronecker formulas that several gates share."""

import math
from cmath import exp
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim.algebra import P0, P1, I, Operator, kron

__all__ = ["controlled", "exp_pauli", "exp_pauli_matrix", "phase", "phase_matrix", "u", "u_matrix"]


def exp_pauli(paulis: str, theta: float) -> Operator:
    """exp(-i θ/2 P) = cos(θ/2) I − i sin(θ/2) P for a Pauli string P, since P² = I.

    >>> exp_pauli("ZX", 2.0)
    0.5403 I⊗I - 0.8415i Z⊗X   (q0 q1, unplaced)
    """
    identity = Operator.from_paulis({"I" * len(paulis): math.cos(theta / 2)})
    return identity + Operator.from_paulis({paulis: -1j * math.sin(theta / 2)})


def exp_pauli_matrix(paulis: str, theta: float) -> NDArray[np.complex128]:
    """Matrix of `exp_pauli`, without the detour over its terms."""
    identity, string = _pauli_matrices(paulis)
    return math.cos(theta / 2) * identity - 1j * math.sin(theta / 2) * string


@cache
def _pauli_matrices(paulis: str) -> tuple[NDArray[Any], NDArray[Any]]:
    return np.eye(2 ** len(paulis)), Operator.from_paulis({paulis: 1}).matrix()


def phase_matrix(lam: float) -> NDArray[np.complex128]:
    """Matrix of `phase`."""
    return np.array([[1, 0], [0, exp(1j * lam)]])


def phase(lam: float) -> Operator:
    """P0 + e^{iλ} P1."""
    return P0 + exp(1j * lam) * P1


def u(theta: float, phi: float, lam: float) -> Operator:
    """The general one-qubit gate of OpenQASM 2 and Qiskit: phase(φ) · exp(-i θ/2 Y) · phase(λ)."""
    return Operator.from_matrix(u_matrix(theta, phi, lam), name="U")


def u_matrix(theta: float, phi: float, lam: float) -> NDArray[np.complex128]:
    """Matrix of `u`."""
    cos, sin = math.cos(theta / 2), math.sin(theta / 2)
    return np.array([[cos, -exp(1j * lam) * sin], [exp(1j * phi) * sin, exp(1j * (phi + lam)) * cos]])


def controlled(operator: Operator, control_state: Sequence[str] = "1") -> Operator:
    """Apply the operator where the controls, to its left, have these values; else nothing.

    One control on 1 is P0⊗I + P1⊗U; each further control nests the formula: P0⊗I⊗I + P1⊗P0⊗I + P1⊗P1⊗U.

    >>> from qsim.algebra import X
    >>> controlled(X, "10")
    P0⊗I⊗I + P1⊗P1⊗I + P1⊗P0⊗X   (q0 q1 q2, unplaced)
    """
    if not control_state:
        return operator
    taken, other = (P1, P0) if control_state[0] == "1" else (P0, P1)
    inner = controlled(operator, control_state[1:])
    idle = [I] * inner.num_qubits
    return kron(other, *idle) + kron(taken, inner)
