"""Adjoints and real powers of gates that are not rows of the table."""

import cmath
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim.errors import CircuitError
from qsim.gates.angles import format_angle
from qsim.gates.custom_specs import diagonal_spec, matrix_spec, permutation_spec
from qsim.gates.spec import GateSpec

__all__ = ["adjoint_spec", "power_spec"]


def adjoint_spec(spec: GateSpec, params: tuple[float, ...]) -> GateSpec:
    """The adjoint as a custom gate of the same structure, its name with a dagger put on or taken off."""
    angles = f"({', '.join(map(format_angle, params))})" if params else ""
    name = spec.name[:-1] if spec.name.endswith("†") else f"{spec.name}{angles}†"
    if spec.data is not None and spec.structure == "diagonal":
        return diagonal_spec(np.conj(spec.data), name)
    if spec.structure == "permutation":
        return permutation_spec(np.argsort(spec.images), name)
    return matrix_spec(spec.operator(*params).dagger(), name, spec.structure)


def power_spec(spec: GateSpec, params: tuple[float, ...], t: float) -> GateSpec:
    """The t-th power as a custom gate, eigenphases in (−π, π]."""
    angles = f"({', '.join(map(format_angle, params))})" if params else ""
    name = f"{spec.name}{angles}^{t:g}"
    if spec.data is not None and spec.structure == "diagonal":
        return diagonal_spec(_phase_powers(spec.data, t), name)
    matrix = spec.operator(*params).matrix()
    if np.abs(matrix @ matrix.conj().T - np.eye(len(matrix))).max() > 1e-6:
        raise CircuitError(f"A power needs a unitary gate, but {spec.name} is none.")
    if float(t).is_integer():
        power = np.linalg.matrix_power(matrix if t >= 0 else matrix.conj().T, abs(int(t)))
    else:
        power = _fractional_power(matrix, t)
    return matrix_spec(power, name, "diagonal" if spec.structure == "diagonal" else "dense")


def _fractional_power(matrix: NDArray[Any], t: float) -> NDArray[np.complex128]:
    """U^t by the Schur form: diagonal for a unitary, its vectors orthonormal even where eigenvalues meet."""
    from scipy.linalg import schur

    triangular, vectors = schur(matrix, output="complex")
    powers = _phase_powers(np.diagonal(triangular), t)
    result: NDArray[np.complex128] = (vectors * powers) @ vectors.conj().T
    return result


def _phase_powers(values: NDArray[Any], t: float) -> NDArray[np.complex128]:
    """t-th powers of numbers on the unit circle; one that is −1 up to rounding has phase +π."""
    phases = np.array([cmath.phase(value) for value in values])
    phases[phases <= -math.pi + 1e-12] = math.pi
    return np.exp(1j * t * phases)
