"""What is true of a sum of terms: decided from its Pauli expansion, or by matrix where that is too long."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim.algebra import pauli
from qsim.algebra.forms import as_array
from qsim.algebra.terms import PlacedFactor, Term
from qsim.errors import OperatorError

__all__ = ["coefficient_gap", "is_diagonal", "is_hermitian", "is_unitary", "pauli_sum"]

MATRIX_QUBITS = 10  # dense matrices are compared up to here (16 MiB)
MAX_PAULI_WORK = 2**16  # Pauli products formed: a fraction of a second
MAX_PAULI_TERMS = 2**20  # of an expansion that is asked for: some seconds
ROUNDING = 1e-12  # relative to the largest coefficient


def pauli_sum(terms: Sequence[Term], num_qubits: int) -> pauli.PauliSum:
    """The terms in the Pauli basis; refused where that has more than `MAX_PAULI_WORK` products."""
    work = pauli.expansion_size(terms)
    if work > MAX_PAULI_TERMS:
        raise OperatorError(f"The Pauli expansion has up to {work} terms, more than {MAX_PAULI_TERMS}.")
    return pauli.expand(terms, num_qubits)


def is_hermitian(terms: Sequence[Term]) -> bool:
    """Equal to the adjoint, up to rounding."""
    if all(term.coefficient.imag == 0 and all(p.factor.is_hermitian for p in term.factors) for term in terms):
        return True
    return _decide(
        terms,
        "Hermitian",
        lambda paulis: (value.imag for value in paulis.values()),
        lambda matrix: matrix - matrix.conj().T,
    )


def is_diagonal(terms: Sequence[Term]) -> bool:
    """No entry off the diagonal, up to rounding."""
    if all(p.factor.is_diagonal for term in terms for p in term.factors):
        return True
    return _decide(
        terms,
        "diagonal",
        lambda paulis: (value for (x, _), value in paulis.items() if x),
        lambda matrix: matrix - np.diag(np.diagonal(matrix)),
    )


def is_unitary(terms: Sequence[Term]) -> bool:
    """The adjoint is the inverse, up to 1e-10."""
    if len(terms) == 1:  # a Kronecker product is unitary where each factor is one times a number, and these make 1
        scale = abs(terms[0].coefficient)
        for _, factor in terms[0].factors:
            product = factor.matrix @ factor.matrix.conj().T
            size = float(abs(product[0, 0]))
            if np.abs(product - size * np.eye(len(product))).max() > 1e-10 * max(size, 1e-300):
                return False
            scale *= size**0.5
        return abs(scale - 1) <= 1e-10
    if pauli.expansion_size(terms) ** 2 <= MAX_PAULI_WORK:
        own = _compact_paulis(terms)
        adjoint = {key: value.conjugate() for key, value in own.items()}
        square = pauli.multiply_sums(adjoint, own)
        square[0, 0] = square.get((0, 0), 0) - 1
        return max(map(abs, square.values())) <= 1e-10
    matrix = _small_matrix(terms, "unitary")
    return bool(np.allclose(matrix @ matrix.conj().T, np.eye(len(matrix)), rtol=0, atol=1e-10))


def coefficient_gap(left: Sequence[Term], right: Sequence[Term], num_qubits: int, *, up_to_phase: bool) -> float:
    """Largest difference of two coefficients, relative to the largest one: Pauli coefficients, else matrix entries."""
    if pauli.expansion_size([*left, *right]) > MAX_PAULI_WORK:
        return _matrix_gap(left, right, up_to_phase=up_to_phase)
    a, b = pauli_sum(left, num_qubits), pauli_sum(right, num_qubits)
    scale = max(map(abs, (*a.values(), *b.values())), default=0.0)
    if scale == 0:
        return 0.0
    phase = 1.0 + 0j
    if up_to_phase:
        overlap = sum((value.conjugate() * a[key] for key, value in b.items() if key in a), start=0j)
        phase = overlap / abs(overlap) if abs(overlap) > 0 else phase
    return max(abs(a.get(key, 0) - phase * b.get(key, 0)) for key in {*a, *b}) / scale


def _matrix_gap(left: Sequence[Term], right: Sequence[Term], *, up_to_phase: bool) -> float:
    moved, width = _compact([*left, *right])
    _require_small(width, len(moved), "equal to another")
    a, b = as_array(moved[: len(left)], width), as_array(moved[len(left) :], width)
    scale = float(max(np.abs(a).max(), np.abs(b).max()))
    overlap = complex(np.vdot(b, a)) if up_to_phase else 1.0
    phase = overlap / abs(overlap) if abs(overlap) > 0 else 1.0
    return float(np.abs(a - phase * b).max()) / scale if scale else 0.0


def _decide(
    terms: Sequence[Term],
    name: str,
    excess: Callable[[pauli.PauliSum], Any],
    matrix_excess: Callable[[NDArray[Any]], NDArray[Any]],
) -> bool:
    """Whether what must vanish does, in the Pauli basis or else in the matrix."""
    if pauli.expansion_size(terms) <= MAX_PAULI_WORK:
        paulis = _compact_paulis(terms)
        scale = max(map(abs, paulis.values()), default=0.0)
        return bool(max(map(abs, excess(paulis)), default=0.0) <= ROUNDING * scale)
    matrix = _small_matrix(terms, name)
    return bool(np.abs(matrix_excess(matrix)).max() <= ROUNDING * np.abs(matrix).max())


def _compact_paulis(terms: Sequence[Term]) -> pauli.PauliSum:
    compact, width = _compact(terms)
    return pauli.expand(compact, width)


def _small_matrix(terms: Sequence[Term], name: str) -> NDArray[np.complex128]:
    compact, width = _compact(terms)
    _require_small(width, len(terms), name)
    return as_array(compact, width)


def _require_small(width: int, num_terms: int, name: str) -> None:
    if width > MATRIX_QUBITS:
        raise OperatorError(
            f"Whether an operator of {num_terms} terms on {width} qubits is {name} cannot be decided: its Pauli "
            f"expansion is too long, and matrices are compared up to {MATRIX_QUBITS} qubits."
        )


def _compact(terms: Sequence[Term]) -> tuple[list[Term], int]:
    """The same terms over only the qubits that they touch."""
    used = sorted({q for term in terms for p in term.factors for q in p.qubits})
    slot = {qubit: position for position, qubit in enumerate(used)}
    moved = [
        Term(c, tuple(PlacedFactor(tuple(slot[q] for q in p.qubits), p.factor) for p in factors))
        for c, factors in terms
    ]
    return moved, len(used)
