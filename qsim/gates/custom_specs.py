"""Rows of custom gates: made from a matrix or operator, a diagonal, or a permutation. All can be pickled."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim.algebra import Operator
from qsim.gates.spec import GateSpec, Structure

__all__ = ["diagonal_spec", "matrix_spec", "permutation_spec"]


def matrix_spec(matrix: Any, name: str, structure: Structure = "dense") -> GateSpec:
    """A gate defined by an unplaced Operator or a 2^k × 2^k matrix."""
    operator = matrix if isinstance(matrix, Operator) else Operator.from_matrix(matrix, name)
    qubits = _names(operator.num_qubits)
    data = None
    if structure == "dense" and len(operator.terms) == 1 and len(operator.terms[0].factors) == 1:
        data = _frozen(operator.matrix(), np.complex128)  # one factor: no more than what is there already
    return GateSpec(name, operator, "Custom unitary.", qubits=qubits, structure=structure, symbol=name, data=data)


def diagonal_spec(entries: NDArray[Any], name: str) -> GateSpec:
    """A gate defined by the 2^k entries of its diagonal."""
    return _data_spec(_frozen(entries, np.complex128), _diagonal_operator, "diagonal", name, "Custom diagonal.")


def permutation_spec(images: NDArray[Any], name: str) -> GateSpec:
    """A gate that moves basis state j to images[j]."""
    data = _frozen(images, np.int64)
    return _data_spec(data, _permutation_operator, "permutation", name, "Custom permutation of basis states.")


def _data_spec(
    data: NDArray[Any], form: Callable[[NDArray[Any], str], Operator], structure: Structure, name: str, help: str
) -> GateSpec:
    """A row whose matrix is formed from its data only where it is asked for."""
    qubits = _names(len(data).bit_length() - 1)
    return GateSpec(name, partial(form, data, name), help, qubits=qubits, structure=structure, symbol=name, data=data)


def _diagonal_operator(entries: NDArray[Any], name: str) -> Operator:
    from qsim.algebra.forms import require_dense

    require_dense(len(entries).bit_length() - 1)
    return Operator.from_matrix(np.diag(entries), name)


def _permutation_operator(images: NDArray[Any], name: str) -> Operator:
    from qsim.algebra.forms import require_dense

    require_dense(len(images).bit_length() - 1)
    matrix = np.zeros((len(images), len(images)))
    matrix[images, np.arange(len(images))] = 1
    return Operator.from_matrix(matrix, name)


def _frozen(values: NDArray[Any], dtype: Any) -> NDArray[Any]:
    array = np.array(values, dtype=dtype)
    array.flags.writeable = False
    return array


def _names(num_qubits: int) -> tuple[str, ...]:
    return ("qubit",) if num_qubits == 1 else tuple(f"qubit{i + 1}" for i in range(num_qubits))
