"""Kronecker formulas that several gates share."""

import math
from cmath import exp
from collections.abc import Sequence

from qsim.algebra import P0, P1, I, Operator, kron

__all__ = ["controlled", "exp_pauli", "phase", "u"]


def exp_pauli(paulis: str, theta: float) -> Operator:
    """exp(-i θ/2 P) = cos(θ/2) I − i sin(θ/2) P for a Pauli string P, since P² = I.

    >>> exp_pauli("ZX", 2.0)
    0.5403 I⊗I - 0.8415i Z⊗X   (q0 q1, unplaced)
    """
    identity = Operator.from_paulis({"I" * len(paulis): math.cos(theta / 2)})
    return identity + Operator.from_paulis({paulis: -1j * math.sin(theta / 2)})


def phase(lam: float) -> Operator:
    """P0 + e^{iλ} P1."""
    return P0 + exp(1j * lam) * P1


def u(theta: float, phi: float, lam: float) -> Operator:
    """The general one-qubit gate of OpenQASM 2 and Qiskit: phase(φ) · exp(-i θ/2 Y) · phase(λ)."""
    cos, sin = math.cos(theta / 2), math.sin(theta / 2)
    return Operator.from_matrix(
        [[cos, -exp(1j * lam) * sin], [exp(1j * phi) * sin, exp(1j * (phi + lam)) * cos]], name="U"
    )


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
