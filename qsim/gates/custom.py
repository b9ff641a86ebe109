"""Custom gates: unitary matrices and operators, diagonals, permutations, Pauli rotations."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim.algebra import Operator
from qsim.algebra.properties import MATRIX_QUBITS
from qsim.errors import CircuitError
from qsim.gates.custom_specs import diagonal_spec, matrix_spec, permutation_spec
from qsim.gates.formulas import exp_pauli
from qsim.gates.gate import Gate

__all__ = ["diagonal", "pauli_rotation", "permutation", "unitary"]

UNITARY_TOLERANCE = 1e-8  # entries of U U† may miss the identity's by this much: files carry eight digits


def unitary(matrix: Any, name: str = "unitary", *, check: bool = True) -> Gate:
    """A gate from a 2^k × 2^k unitary matrix, dense or sparse, or from an unplaced `Operator`.

    Args:
        matrix: the matrix, first qubit most significant, or an operator.
        name: how it is shown.
        check: refuse what is not unitary within 1e-8.

    Raises:
        CircuitError: it is not unitary.
        OperatorError: it is not 2^k × 2^k, or not finite.

    >>> unitary([[0, 1], [1, 0]]).matrix().real.tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    operator = matrix if isinstance(matrix, Operator) else Operator.from_matrix(matrix, str(name))
    if not isinstance(name, str):
        raise TypeError(f"Argument `name` must be a str, but is {name!r}.")
    if operator.is_placed:
        raise CircuitError(f"Argument `matrix` must be an unplaced operator, but acts on qubits {operator.qubits}.")
    if check:
        _check_unitary(operator)
    return Gate(matrix_spec(operator, name, "diagonal" if _is_fixed_diagonal(operator) else "dense"))


def diagonal(phases: Sequence[float] | NDArray[Any], name: str = "diagonal") -> Gate:
    """The gate diag(e^{i φ₀}, e^{i φ₁}, …) from 2^k phases in radians.

    >>> import math
    >>> diagonal([0, 0, 0, math.pi]).operator == unitary([[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,-1]]).operator
    True
    """
    angles = np.asarray(phases)
    if np.iscomplexobj(angles):
        raise CircuitError("Argument `phases` must be angles in radians, but is complex: give np.angle(entries).")
    _check_length("phases", angles)
    angles = angles.astype(np.float64)
    if not np.all(np.isfinite(angles)):
        raise CircuitError("Argument `phases` must be finite, but has NaN or infinite entries.")
    return Gate(diagonal_spec(np.exp(1j * angles), name))


def permutation(images: Sequence[int] | NDArray[Any], name: str = "permutation") -> Gate:
    """The gate that moves basis state |j⟩ to |images[j]⟩, for a permutation of 0 … 2^k − 1.

    >>> permutation([1, 2, 3, 0], name="increment").matrix().real.astype(int).tolist()
    [[0, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
    """
    array = np.asarray(images)
    _check_length("images", array)
    if array.dtype.kind not in "iu" or not np.array_equal(np.sort(array), np.arange(len(array))):
        raise CircuitError(
            f"Argument `images` must be a permutation of 0 … {len(array) - 1}, but is {array.tolist()[:8]}."
        )
    return Gate(permutation_spec(array, name))


def pauli_rotation(paulis: str, theta: float) -> Gate:
    """exp(-i θ/2 P) of a Pauli string P, first letter on the first qubit.

    >>> from qsim import gates
    >>> pauli_rotation("ZZ", 0.3) == gates.rzz(0.3), pauli_rotation("XXZ", 0.3).num_qubits
    (True, 3)
    """
    named = f"r{paulis.lower()}"
    if paulis in ("X", "Y", "Z", "XX", "YY", "ZZ", "ZX"):
        return Gate.named(named, theta)
    formula = exp_pauli(paulis, float(theta))
    diagonal_letters = not paulis.strip("IZ")
    return Gate(matrix_spec(formula, f"{named}({float(theta):.4g})", "diagonal" if diagonal_letters else "dense"))


def _check_length(name: str, array: NDArray[Any]) -> None:
    size = len(array) if array.ndim == 1 else 0
    if size == 0 or size & (size - 1):
        raise CircuitError(f"Argument `{name}` must have 2^k entries, but has shape {array.shape}.")


def _check_unitary(operator: Operator) -> None:
    if operator.num_qubits > MATRIX_QUBITS:
        if not operator.is_unitary:
            raise CircuitError("A gate must be unitary, but U U† differs from the identity.")
        return
    matrix = operator.matrix()
    gap = float(np.abs(matrix @ matrix.conj().T - np.eye(len(matrix))).max())
    if gap > UNITARY_TOLERANCE:
        raise CircuitError(f"A gate must be unitary, but U U† differs from the identity by {gap:.3g}.")


def _is_fixed_diagonal(operator: Operator) -> bool:
    """Whether every factor is diagonal entry by entry: known from the structure, not from a tolerance."""
    return all(p.factor.is_diagonal for term in operator.terms for p in term.factors)
