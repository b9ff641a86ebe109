"""Custom gates out of JSON: from a matrix, a sum of Kronecker terms, a diagonal, or a permutation, all checked."""

from collections.abc import Callable
from typing import Any

import numpy as np

from qsim.algebra import Operator
from qsim.algebra.factors import NAMED, Factor
from qsim.algebra.terms import PlacedFactor, Term, make_term
from qsim.bits import MAX_INDEX_QUBITS, register_size
from qsim.errors import CircuitError, QsimError
from qsim.gates import Gate, GateSpec
from qsim.gates.custom import UNITARY_TOLERANCE, _check_unitary
from qsim.gates.custom_specs import diagonal_spec, matrix_spec, permutation_spec
from qsim.io.json_values import array, at, each, fields, name, numbers, refuse, shown, whole
from qsim.io.limits import Limits

__all__ = ["check_custom", "custom_gate"]

_KINDS = ("matrix", "operator", "diagonal", "permutation")
_FREE_QUBITS = 4  # whether a gate on so few qubits is unitary is told in no time
_STRUCTURES = ("diagonal", "dense")


def custom_gate(item: Any, limits: Limits) -> tuple[Gate, int]:
    """The gate that an object describes, and how much work it was to check it, as a number of operations."""
    if not isinstance(item, dict) or sum(kind in item for kind in _KINDS) != 1:
        refuse(f"an object with one of the keys {', '.join(_KINDS)} is needed")
    kind = next(kind for kind in _KINDS if kind in item)
    further = ("num_qubits", "structure") if kind == "operator" else ()
    label, content, *rest, checked = fields(item, ("name", kind, *further), ("unitary",))
    label = at("name", name, label, limits)
    if checked not in (None, True, False):
        refuse('"unitary" must be true or false')
    spec: GateSpec = at(kind, _SPECS[kind], content, label, limits, *rest)
    if checked is False:
        return Gate(spec), 1
    width = spec.num_qubits if kind in ("matrix", "operator") else 0
    work = max(1, register_size(3 * (width - _FREE_QUBITS))) if width > _FREE_QUBITS else 1
    if work > limits.operations:
        refuse(f"to check a gate on {width} qubits is more work than {limits.operations} operations")
    try:
        check_custom(spec)
    except QsimError as error:
        refuse(str(error).rstrip("."))
    return Gate(spec), work


def check_custom(spec: GateSpec) -> None:
    """Refuse a custom gate that is not unitary, or of which that cannot be told.

    Raises:
        CircuitError: it is not.
        OperatorError: it cannot be told.
    """
    if spec.structure == "permutation":
        return
    if spec.structure == "diagonal" and spec.data is not None:
        gap = float(np.abs(np.abs(spec.data) - 1).max())
        if gap > UNITARY_TOLERANCE:
            raise CircuitError(f"A gate must be unitary, but an entry of the diagonal misses modulus 1 by {gap:.3g}.")
        return
    _check_unitary(spec.operator())


def _matrix(content: Any, label: str, limits: Limits) -> GateSpec:
    rows = len(content) if isinstance(content, list) else 0
    _width(rows, limits)
    return matrix_spec(array(content, (rows, rows)), label, "dense")


def _diagonal(content: Any, label: str, limits: Limits) -> GateSpec:
    entries = array(content, (-1,))
    _width(len(entries), limits)
    return diagonal_spec(entries, label)


def _permutation(content: Any, label: str, limits: Limits) -> GateSpec:
    size = len(content) if isinstance(content, list) else 0
    _width(size, limits)
    return permutation_spec(np.array(numbers(content, size, "basis state"), dtype=np.int64), label)


def _operator(content: Any, label: str, limits: Limits, num_qubits: Any, structure: Any) -> GateSpec:
    width = whole(num_qubits, 1, min(limits.qubits, MAX_INDEX_QUBITS))
    if structure not in _STRUCTURES:
        refuse(f"the structure is one of {', '.join(_STRUCTURES)}, but this is {shown(structure)}")
    terms = each(content, lambda item: _term(item, width, limits))
    if structure == "diagonal" and not all(_is_diagonal(p.factor) for term in terms for p in term.factors):
        refuse('the structure is "diagonal", but a factor is not')
    return matrix_spec(Operator(terms, tuple(range(width)), placed=False), label, structure)


def _term(item: Any, width: int, limits: Limits) -> Term:
    coefficient, factors = fields(item, ("coefficient", "factors"))
    value = complex(at("coefficient", array, [coefficient], (1,))[0])
    placed = at("factors", each, factors, lambda factor: _factor(factor, width, limits))
    used = [qubit for one in placed for qubit in one.qubits]
    if len(set(used)) != len(used):
        refuse("the factors of a term must be on different qubits")
    return make_term(value, placed)


def _factor(item: Any, width: int, limits: Limits) -> PlacedFactor:
    label, qubits, matrix = fields(item, ("name", "qubits"), ("matrix",))
    label = at("name", name, label, limits)
    places = at("qubits", numbers, qubits, width, "qubit")
    if matrix is None:
        if label not in NAMED or len(places) != 1:
            refuse(f"{shown(label)} on {len(places)} qubits needs a matrix")
        return PlacedFactor(places, NAMED[label])
    size = register_size(len(places))
    if not places or not isinstance(matrix, list) or len(matrix) != size:
        refuse(f"a matrix of {size} × {size} entries is needed")
    return PlacedFactor(places, Factor(label, at("matrix", array, matrix, (size, size))))


def _is_diagonal(factor: Factor) -> bool:
    off = factor.matrix - np.diag(np.diagonal(factor.matrix))
    return float(np.abs(off).max()) <= UNITARY_TOLERANCE


def _width(size: int, limits: Limits) -> None:
    """Refuse what is not 2^k entries for 1 … qubits."""
    if size < 2 or size & (size - 1) or size > register_size(limits.qubits):
        refuse(f"2^k entries are needed, but there are {size}")


_SPECS: dict[str, Callable[..., GateSpec]] = {
    "matrix": _matrix,
    "operator": _operator,
    "diagonal": _diagonal,
    "permutation": _permutation,
}
