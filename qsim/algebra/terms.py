"""Kronecker terms: a coefficient times factors on disjoint qubits, the identity everywhere else."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.algebra.factors import NAMED, Factor, multiply_factors
from qsim.errors import OperatorError

__all__ = [
    "PlacedFactor",
    "Term",
    "apply_matrix",
    "apply_term",
    "combine_terms",
    "make_term",
    "multiply_terms",
    "term_entries",
]

MAX_FACTOR_QUBITS = 10  # overlapping many-qubit factors multiply into one dense factor up to this width (16 MiB)


class PlacedFactor(NamedTuple):
    """A factor on qubits; the first listed qubit is the factor's leftmost."""

    qubits: tuple[int, ...]
    factor: Factor


class Term(NamedTuple):
    """A coefficient times factors on disjoint qubits, sorted by their first qubit."""

    coefficient: complex
    factors: tuple[PlacedFactor, ...]

    @property
    def key(self) -> tuple[Any, ...]:
        """What two like terms share: everything but the coefficient."""
        return tuple((qubits, factor.key) for qubits, factor in self.factors)


def make_term(coefficient: complex, factors: Iterable[PlacedFactor]) -> Term:
    """A term in normal form: factors sorted, identities left out."""
    kept = [placed for placed in factors if placed.factor is not NAMED["I"]]
    kept.sort(key=lambda placed: placed.qubits)
    return Term(coefficient, tuple(kept))


def multiply_terms(left: Term, right: Term) -> Term | None:
    """The operator product of two terms, `None` if it is zero."""
    coefficient = left.coefficient * right.coefficient
    product = {qubit: placed for placed in left.factors for qubit in placed.qubits}
    for placed in right.factors:
        touched = {id(product[q]): product[q] for q in placed.qubits if q in product}
        if not touched:
            product.update(dict.fromkeys(placed.qubits, placed))
            continue
        others = list(touched.values())
        if len(others) == 1 and others[0].qubits == placed.qubits:
            scale, factor = multiply_factors(others[0].factor, placed.factor)
            merged = None if factor is None else PlacedFactor(placed.qubits, factor)
        else:
            scale, merged = 1.0, _multiply_overlapping(others, placed)
        coefficient *= scale
        if coefficient == 0:
            return None
        for other in others:
            for qubit in other.qubits:
                del product[qubit]
        if merged is not None:
            product.update(dict.fromkeys(merged.qubits, merged))
    return make_term(coefficient, {id(placed): placed for placed in product.values()}.values())


def combine_terms(terms: Iterable[Term]) -> Iterator[Term]:
    """Like terms added up; what cancels up to rounding of the coefficients that were added is dropped."""
    sums: dict[Any, tuple[complex, float, Term]] = {}
    for term in terms:
        key = term.key
        total, scale, _ = sums.get(key, (0j, 0.0, term))
        sums[key] = total + term.coefficient, scale + abs(term.coefficient), term
    for total, scale, term in sums.values():
        if abs(total) > 1e-14 * scale:
            yield Term(total, term.factors)


def _multiply_overlapping(lefts: list[PlacedFactor], right: PlacedFactor) -> PlacedFactor:
    """Product of disjoint factors with one that lies across them, as one dense factor on all their qubits."""
    qubits = tuple(sorted({q for placed in (*lefts, right) for q in placed.qubits}))
    if len(qubits) > MAX_FACTOR_QUBITS:
        raise OperatorError(
            f"The product of overlapping {len(right.qubits)}-qubit factors spans {len(qubits)} qubits, and at most "
            f"{MAX_FACTOR_QUBITS} are multiplied out. Use OperatorProduct(A, B) to keep it lazy."
        )
    position = {qubit: slot for slot, qubit in enumerate(qubits)}
    matrix = np.eye(bits.register_size(len(qubits)), dtype=np.complex128)
    for placed in (right, *lefts):
        matrix = apply_matrix(matrix, placed.factor.matrix, [position[q] for q in placed.qubits], len(qubits))
    name = "·".join([*(placed.factor.name for placed in lefts), right.factor.name])
    return PlacedFactor(qubits, Factor(name if len(name) <= 24 else "M", matrix))


def apply_matrix(array: NDArray[Any], matrix: NDArray[Any], qubits: Iterable[int], num_qubits: int) -> NDArray[Any]:
    """Apply a 2^k × 2^k matrix to the listed qubits of an array of shape (2^n,) or (2^n, columns).

    Returns a new array of the same shape. Nothing larger than a few copies of the input is formed.
    """
    targets = list(qubits)
    width = len(targets)
    order = sorted(targets)
    # Axes: (before, 2, between, 2, …, after and columns), so that few axes suffice for any number of qubits.
    shape: list[int] = []
    previous = -1
    for qubit in order:
        shape += [bits.register_size(qubit - previous - 1), 2]
        previous = qubit
    tensor = array.reshape([*shape, -1])
    axes = [2 * order.index(qubit) + 1 for qubit in targets]
    operator = matrix.reshape([2] * (2 * width))
    product = np.tensordot(operator, tensor, axes=(list(range(width, 2 * width)), axes))
    return np.ascontiguousarray(np.moveaxis(product, range(width), axes)).reshape(array.shape)


def apply_term(term: Term, array: NDArray[Any], num_qubits: int) -> NDArray[Any]:
    """Apply a term to an array of shape (2^n,) or (2^n, columns).

    The one-qubit factors with one entry a row (Pauli matrices, projectors, S, T …) act together in one pass.
    """
    simple = [placed for placed in term.factors if _is_monomial(placed.factor)]
    result = _apply_monomials(term.coefficient, simple, array)
    for placed in term.factors:
        if not _is_monomial(placed.factor):
            result = apply_matrix(result, placed.factor.matrix, placed.qubits, num_qubits)
    return result


def _is_monomial(factor: Factor) -> bool:
    """One qubit, and only diagonal or only off-diagonal entries."""
    matrix = factor.matrix
    return factor.num_qubits == 1 and not ((matrix[0, 0] or matrix[1, 1]) and (matrix[0, 1] or matrix[1, 0]))


def _apply_monomials(coefficient: complex, factors: list[PlacedFactor], array: NDArray[Any]) -> NDArray[Any]:
    """Flip the axes of off-diagonal factors, multiply by the Kronecker product of their entries."""
    shape: list[int] = []
    flips: list[slice] = []
    broadcast: list[int] = []
    weights = np.full((1,), coefficient, dtype=np.complex128)
    previous = -1
    for (qubit,), factor in factors:
        is_flip = not (factor.matrix[0, 0] or factor.matrix[1, 1])
        entries = factor.matrix[[0, 1], [1, 0]] if is_flip else np.diagonal(factor.matrix)
        if qubit > previous + 1:  # qubits in between, as one axis
            shape.append(bits.register_size(qubit - previous - 1))
            flips.append(slice(None))
            broadcast.append(1)
        shape.append(2)
        flips.append(slice(None, None, -1 if is_flip else 1))
        broadcast.append(2)
        weights = np.multiply.outer(weights, entries).reshape(-1)
        previous = qubit
    if array.dtype == np.complex64:
        weights = weights.astype(np.complex64)
    tensor = array.reshape([*shape, -1])[tuple(flips)]
    return (tensor * weights.reshape([*broadcast, 1])).reshape(array.shape)


def term_entries(term: Term, num_qubits: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.complex128]]:
    """Rows, columns and values of a term's matrix: the Kronecker product as sums of basis indices.

    Index bits of different factors never meet, so an entry's row is the sum of its factors' rows.
    """
    rows = columns = np.zeros(1, dtype=np.int64)
    values = np.array([term.coefficient], dtype=np.complex128)
    rest = set(range(num_qubits))
    for qubits, factor in term.factors:
        row, column = np.nonzero(factor.matrix)
        rest.difference_update(qubits)
        rows = np.add.outer(rows, bits.embed_bits(row, qubits, num_qubits)).ravel()
        columns = np.add.outer(columns, bits.embed_bits(column, qubits, num_qubits)).ravel()
        values = np.multiply.outer(values, factor.matrix[row, column]).ravel()
    identity = bits.all_indices(sorted(rest), num_qubits)
    return (
        np.add.outer(identity, rows).ravel(),
        np.add.outer(identity, columns).ravel(),
        np.tile(values, len(identity)),
    )
