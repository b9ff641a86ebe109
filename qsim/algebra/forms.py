"""Kronecker terms formed: as a dense array, a sparse array, a scipy LinearOperator."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.algebra.factors import NAMED
from qsim.algebra.terms import Term, term_entries
from qsim.errors import TooLargeError
from qsim.memory import format_bytes, require_memory

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

__all__ = [
    "Applicable",
    "as_array",
    "as_linear_operator",
    "as_sparse",
    "require_dense",
    "require_sparse",
    "sparse_bytes",
]

CHUNK_ENTRIES = 2**22  # entries of terms that are added up at once (64 MiB)
BYTES_AN_ENTRY = 96  # row, column and value, and again while they are sorted and added
DENSE_BYTES = 32  # a complex number, and as much while terms are written or factors applied


class Applicable(Protocol):
    """What a LinearOperator is made from."""

    def apply_to(self, array: NDArray[Any], num_qubits: int) -> NDArray[Any]:
        """Apply to amplitudes of shape (2^n,) or (2^n, columns)."""

    def dagger(self) -> "Applicable":
        """Conjugate transpose."""


def require_dense(num_qubits: int) -> None:
    """Refuse a dense 2^n × 2^n matrix that memory does not hold."""
    size, held = f"2^{num_qubits} × 2^{num_qubits}", format_bytes(16 * bits.register_size(2 * num_qubits))
    require_memory(
        DENSE_BYTES * bits.register_size(2 * num_qubits),
        f"Forming the dense {size} matrix of {num_qubits} qubits ({held})",
        "Use .apply(state) or .linear_operator(), which form nothing, or .sparse().",
    )


def sparse_bytes(terms: Sequence[Term], num_qubits: int) -> int:
    """Bytes that forming the sparse matrix takes at the most."""
    entries = 0
    for term in terms:
        used = sum(len(p.qubits) for p in term.factors)
        nonzeros = math.prod(int(np.count_nonzero(p.factor.matrix)) for p in term.factors)
        entries += nonzeros * bits.register_size(num_qubits - used)
    return BYTES_AN_ENTRY * entries + 2 * 8 * (bits.register_size(num_qubits) + 1)  # entries, and a pointer a row


def as_array(terms: Sequence[Term], num_qubits: int) -> NDArray[np.complex128]:
    """Dense matrix of a sum of terms."""
    require_dense(num_qubits)
    size = bits.register_size(num_qubits)
    matrix = np.zeros((size, size), dtype=np.complex128)
    if num_qubits == 1:  # most gates, many times over: 20 times faster than by entries
        for term in terms:
            matrix += term.coefficient * (term.factors[0].factor.matrix if term.factors else NAMED["I"].matrix)
        return matrix
    for term in terms:
        rows, columns, values = term_entries(term, num_qubits)
        matrix[rows, columns] += values  # within one term each entry occurs once
    return matrix


def as_sparse(terms: Sequence[Term], num_qubits: int, format: str) -> Any:
    """A scipy.sparse array of a sum of terms, in the given format."""
    from scipy import sparse

    require_sparse(terms, num_qubits)
    size = bits.register_size(num_qubits)
    total: Any = sparse.csr_array((size, size), dtype=np.complex128)
    chunk: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []
    for number, term in enumerate(terms, 1):
        chunk.append(term_entries(term, num_qubits))
        if number == len(terms) or sum(len(values) for _, _, values in chunk) > CHUNK_ENTRIES:
            rows, columns, values = map(np.concatenate, zip(*chunk, strict=True))
            total = total + sparse.coo_array((values, (rows, columns)), shape=(size, size)).tocsr()
            chunk.clear()
    return total.asformat(format)


def require_sparse(terms: Sequence[Term], num_qubits: int) -> None:
    """Refuse a sparse matrix that memory, or a 64-bit index, does not hold."""
    need = sparse_bytes(terms, num_qubits)
    what = f"The sparse 2^{num_qubits} × 2^{num_qubits} matrix of {len(terms)} terms"
    require_memory(need, what, "Use .apply(state) or .linear_operator(), which form nothing.")
    if num_qubits > bits.MAX_INDEX_QUBITS:
        raise TooLargeError(f"{what} needs {format_bytes(need)} and indices of more than {bits.MAX_INDEX_QUBITS} bits.")


def as_linear_operator(operator: Applicable, num_qubits: int) -> "LinearOperator":
    """A scipy LinearOperator that applies without forming a matrix."""
    from scipy.sparse.linalg import LinearOperator

    if num_qubits > bits.MAX_INDEX_QUBITS:
        raise TooLargeError(f"A LinearOperator on {num_qubits} qubits has more than 2^{bits.MAX_INDEX_QUBITS} rows.")
    size = bits.register_size(num_qubits)
    adjoint = operator.dagger()

    def apply(array: NDArray[Any]) -> NDArray[Any]:
        return operator.apply_to(np.asarray(array), num_qubits)

    def apply_adjoint(array: NDArray[Any]) -> NDArray[Any]:
        return adjoint.apply_to(np.asarray(array), num_qubits)

    return LinearOperator(
        (size, size), matvec=apply, matmat=apply, rmatvec=apply_adjoint, rmatmat=apply_adjoint, dtype=np.complex128
    )
