"""What the lazy Kronecker operators share: their factors, their outer form, and eigenvectors of one factor."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Self, TypeAlias, TypeVar

import numpy as np
import scipy.linalg
import scipy.sparse
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from qsim.algebra.kron import guard_memory, is_sparse
from qsim.errors import OperatorError

Factor: TypeAlias = "NDArray[Any] | scipy.sparse.csr_array[Any] | LinearOperator[Any]"
Given = TypeVar("Given")
Made = TypeVar("Made")

_SPARSE_SHARE = 50  # of 1000×1000, two threads: CSR is as fast as BLAS with 1 entry in 12 filled; more threads, fewer
_NUMBERS = "biufc"  # NumPy's kinds of numbers: bool, int, unsigned, float, complex


class KroneckerOperator(LinearOperator, ABC):
    """Base of `KroneckerProduct` and `KroneckerSum`: a tuple of factors that is never multiplied out.

    The factors are copied, so that neither they nor what is computed from them can change later.
    """

    factors: tuple[Factor, ...]

    def __init__(self, *factors: Any) -> None:
        kind = type(self)
        flat = [inner for factor in factors for inner in (factor.factors if isinstance(factor, kind) else (factor,))]
        if not flat:
            raise TypeError(f"{kind.__name__} needs at least one factor, but got none.")
        self.factors = once_each(_frozen, flat)
        shape = tuple(math.prod(lengths) for lengths in zip(*(factor.shape for factor in self.factors), strict=True))
        dtype = np.result_type(*(factor.dtype for factor in self.factors))
        super().__init__(dtype, shape)  # type: ignore[call-arg]  # the stubs type only LinearOperator.__new__

    @abstractmethod
    def toarray(self) -> NDArray[Any]:
        """The whole matrix, dense; refused with its size if it would not fit into memory."""

    @abstractmethod
    def tosparse(self) -> scipy.sparse.csr_array[Any]:
        """The whole matrix as a `scipy.sparse.csr_array`; refused with its size if it would not fit into memory."""

    @abstractmethod
    def trace(self) -> Any:
        """Sum of the diagonal."""

    @abstractmethod
    def solve(self, b: Any) -> NDArray[Any]:
        """The solution x of `self @ x = b`."""

    @abstractmethod
    def eigh(self) -> tuple[NDArray[np.float64], KroneckerOperator]:
        """Eigenvalues in Kronecker order, and eigenvectors."""

    @abstractmethod
    def _scaled(self, number: Any) -> Self: ...

    @property
    def T(self) -> Self:  # type: ignore[override]  # SciPy's type is a wrapper; this is of the same kind again
        """The transpose, by transposing each factor."""
        return self._transpose()

    def _transpose(self) -> Self:
        return type(self)(*once_each(lambda factor, _: factor.T, self.factors))

    def _adjoint(self) -> Self:
        return type(self)(*once_each(lambda factor, _: adjoint(factor), self.factors))

    def dot(self, x: Any) -> Any:
        """`self @ x` for a vector, matrix or operator, `self * x` for a number."""
        if np.isscalar(x):
            return self._scaled(x)
        if not isinstance(x, LinearOperator) and np.shape(x)[:1] != self.shape[1:]:
            raise OperatorError(f"Argument `x` must have length {self.shape[1]}, but has shape {np.shape(x)}.")
        return super().dot(x)

    def __rmul__(self, x: Any) -> Any:
        return self._scaled(x) if np.isscalar(x) else super().__rmul__(x)

    def __truediv__(self, number: Any) -> Self:  # type: ignore[override]
        return self._scaled(1.0 / number)

    def __neg__(self) -> Self:  # type: ignore[override]
        return self._scaled(-1)

    def __reduce__(self) -> tuple[type[Self], tuple[Factor, ...]]:
        return type(self), self.factors  # cached decompositions stay behind: SuperLU's cannot be pickled

    def __repr__(self) -> str:
        sizes = ", ".join("×".join(map(str, factor.shape)) for factor in self.factors)
        return f"<{type(self).__name__} of {sizes}: {self.shape[0]}×{self.shape[1]}, {self.dtype}>"


def once_each(function: Callable[[Given, int], Made], items: Sequence[Given]) -> tuple[Made, ...]:
    """`function(item, position)` for each item; an item that occurs again, by identity, is not computed again."""
    made: dict[int, Made] = {}
    for position, item in enumerate(items):
        if id(item) not in made:
            made[id(item)] = function(item, position)
    return tuple(made[id(item)] for item in items)


def adjoint(factor: Any) -> Any:
    """Conjugate transpose of one factor."""
    return factor.H if isinstance(factor, LinearOperator) else factor.conj().T


def dense(factor: Any) -> NDArray[Any]:
    """One factor as an array; a bare linear operator is applied to the identity."""
    if isinstance(factor, np.ndarray):
        return factor
    guard_memory(math.prod(factor.shape) * factor.dtype.itemsize, f"A dense factor of shape {factor.shape}")
    if hasattr(factor, "toarray"):
        return np.asarray(factor.toarray())
    return np.asarray(factor @ np.eye(factor.shape[1], dtype=factor.dtype))


def sparse(factor: Any) -> scipy.sparse.csr_array[Any]:
    """A copy of one factor as a sparse array."""
    if isinstance(factor, KroneckerOperator):
        return factor.tosparse()
    return scipy.sparse.csr_array(dense(factor) if isinstance(factor, LinearOperator) else factor, copy=True)


def fast_form(factor: Any, _: int) -> Any:
    """A dense factor that is nearly all zeros is applied as a sparse one."""
    half_precision = factor.dtype == np.float16  # unknown to scipy.sparse
    if isinstance(factor, np.ndarray) and not half_precision and np.count_nonzero(factor) * _SPARSE_SHARE < factor.size:
        return scipy.sparse.csr_array(factor)
    return factor


def check_square(factor: Any, position: int) -> None:
    """Refuse a factor that is not square."""
    rows, columns = factor.shape
    if rows != columns:
        raise OperatorError(f"Factor {position} must be square, but is {rows}×{columns}.")


def decomposable(factor: Any, position: int) -> Any:
    """The factor in double precision, once it is known to be square, finite and more than a rule for products."""
    check_square(factor, position)
    if isinstance(factor, KroneckerOperator):
        return factor
    if isinstance(factor, LinearOperator):
        raise OperatorError(
            f"Factor {position} must have entries to be decomposed, but is a {type(factor).__name__}, which can only "
            f"be applied: form it first, factor @ np.eye({factor.shape[1]})."
        )
    if not np.isfinite(factor if isinstance(factor, np.ndarray) else factor.data).all():
        raise OperatorError(f"Factor {position} must be finite, but holds NaN or infinity.")
    return in_double(factor)


def in_double(array: Any) -> Any:
    """A copy with dtype float64 or complex128, the types that LAPACK and SuperLU share."""
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def trace_of(factor: Any, position: int) -> Any:
    """Trace of one factor."""
    check_square(factor, position)
    return factor.trace() if hasattr(factor, "trace") else dense(factor).trace()


def right_hand_side(b: Any, rows: int) -> NDArray[Any]:
    """The right side of a linear system, checked, in double precision."""
    b = np.asarray(b)
    if b.dtype.kind not in _NUMBERS:
        raise TypeError(f"Argument `b` must be an array of numbers, but has dtype {b.dtype}.")
    if b.ndim not in (1, 2) or b.shape[0] != rows:
        raise OperatorError(f"Argument `b` must have shape ({rows},) or ({rows}, k), but has {b.shape}.")
    if not np.isfinite(b).all():
        raise OperatorError("Argument `b` must be finite, but holds NaN or infinity.")
    return np.asarray(in_double(b))


def is_hermitian(factor: Any) -> bool:
    """Whether a factor with entries equals its adjoint, up to 100 roundings of its largest entry."""
    if isinstance(factor, KroneckerOperator):
        return all(map(is_hermitian, factor.factors))
    if isinstance(factor, LinearOperator) or factor.shape[0] != factor.shape[1]:
        return False
    precision = np.finfo(np.result_type(factor.dtype, np.float32)).eps
    entries = in_double(factor)
    return not factor.size or bool(abs(entries - adjoint(entries)).max() <= 100 * precision * abs(entries).max())


def hermitian(factor: Any, position: int) -> Any:
    """The factor as `decomposable` gives it, once it is known to be Hermitian."""
    matrix = decomposable(factor, position)
    if not is_hermitian(factor):
        raise OperatorError(f"Factor {position} must be Hermitian for eigh(), but differs from its adjoint.")
    return matrix


def eigen(factor: Any, position: int) -> tuple[NDArray[np.float64], Any]:
    """Eigenvalues, ascending (of a nested operator: in Kronecker order), and eigenvectors of a Hermitian factor."""
    matrix = hermitian(factor, position)
    if isinstance(matrix, KroneckerOperator):
        return matrix.eigh()
    order = matrix.shape[0]
    guard_memory(3 * order**2 * matrix.dtype.itemsize, f"Diagonalising factor {position}, {order}×{order},")
    if matrix.dtype == np.float64 and order and _bandwidth(matrix) <= 1:
        values, vectors = scipy.linalg.eigh_tridiagonal(matrix.diagonal(), matrix.diagonal(1))
    else:
        values, vectors = scipy.linalg.eigh(dense(matrix), driver="evd", overwrite_a=True)
    return np.asarray(values, np.float64), vectors


def _bandwidth(matrix: Any) -> int:
    """Largest distance of a nonzero entry from the diagonal."""
    if isinstance(matrix, np.ndarray):
        return max(scipy.linalg.bandwidth(matrix))
    entries = matrix.tocoo()
    return int(abs(entries.row.astype(np.int64) - entries.col).max(initial=0))


def _frozen(value: Any, position: int) -> Factor:
    """One factor in its normal form, out of reach of later changes: a read-only array, a csr_array or an operator."""
    if hasattr(value, "matvec"):
        operator = aslinearoperator(value)
        if operator.dtype is None:
            raise TypeError(f"Factor {position} is a linear operator without a dtype.")
        return operator
    array = value if is_sparse(value) else np.asarray(value)
    if array.dtype.kind not in _NUMBERS:
        raise TypeError(
            f"Factor {position} must be an array of numbers, a scipy.sparse array or a LinearOperator, but is "
            f"{type(value).__name__} with dtype {array.dtype}."
        )
    if array.ndim != 2:
        raise OperatorError(f"Factor {position} must be 2-D (a vector is a column, v[:, None]), but is {array.ndim}-D.")
    if is_sparse(array):
        matrix = scipy.sparse.csr_array(array, copy=True)
        matrix.sum_duplicates()
        return matrix
    if array.flags.writeable:
        array = array.copy()
        array.flags.writeable = False
    return array
