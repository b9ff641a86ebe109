"""A Kronecker product that is applied, solved and diagonalised factor by factor and never formed."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any, final

import numpy as np
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from qsim.algebra._linear import (
    Factor,
    KroneckerOperator,
    decomposable,
    dense,
    eigen,
    fast_form,
    once_each,
    right_hand_side,
    sparse,
    trace_of,
)
from qsim.algebra.kron import guard_memory, is_sparse, kron
from qsim.errors import OperatorError

__all__ = ["KroneckerProduct"]


@final
class KroneckerProduct(KroneckerOperator):
    """The lazy Kronecker product A ⊗ B ⊗ … of dense, sparse or linear-operator factors, square or not.

    It is a `scipy.sparse.linalg.LinearOperator`, and so accepted by SciPy's iterative solvers. `@` applies it to
    vectors and matrices one factor at a time, by `(A ⊗ B) vec(X) = vec(A X Bᵀ)` for row-major `vec`: for k square
    factors of size n that takes `k n^(k+1)` multiplications, where the formed matrix takes `n^(2k)`. Rectangular
    factors are applied in the order that takes the fewest operations. The product of two of them is lazy again where
    the factors fit, `(A ⊗ B)(C ⊗ D) = AC ⊗ BD`, and so is a multiple. Results equal those of the formed matrix,
    integers included.

    See C. F. Van Loan, "The ubiquitous Kronecker product", J. Comput. Appl. Math. 123 (2000) 85.

    Args:
        factors: arrays, `scipy.sparse` arrays or `LinearOperator`s, 2-D, the leftmost first; a nested
            `KroneckerProduct` is replaced by its factors.

    Raises:
        TypeError: no factor, or one that is not made of numbers.
        OperatorError: a factor is not 2-D.

    Examples:
        >>> A, B = np.array([[1, 2, 3], [4, 5, 6]]), np.array([[0, 1], [1, 0], [2, 2]])
        >>> AB = KroneckerProduct(A, B)
        >>> AB
        <KroneckerProduct of 2×3, 3×2: 6×6, int64>
        >>> AB @ [1, 0, 0, 1, 0, 0]
        array([ 2,  1,  6,  5,  4, 18])
        >>> X = np.array([[1, 0], [0, 1], [0, 0]])
        >>> (A @ X @ B.T).ravel()
        array([ 2,  1,  6,  5,  4, 18])
    """

    def _matmat(self, X: Any) -> NDArray[Any]:
        block = np.asarray(X)
        dtype = np.result_type(self.dtype, block.dtype)
        shape = (self.shape[0], block.shape[1])
        guard_memory(math.prod(shape) * dtype.itemsize, f"A Kronecker product, applied, of shape {shape}")
        if 0 in (*self.shape, block.shape[1]):
            return np.zeros(shape, dtype)
        return _apply(self._applied, block.astype(dtype, copy=False))

    @functools.cached_property
    def _applied(self) -> tuple[Factor, ...]:
        return once_each(fast_form, self.factors)

    def dot(self, x: Any) -> Any:
        """`self @ x`; a `KroneckerProduct` whose factors fit one by one gives a `KroneckerProduct`."""
        if isinstance(x, KroneckerProduct) and _lengths(self.factors, 1) == _lengths(x.factors, 0):
            return KroneckerProduct(*map(_multiply, self.factors, x.factors))
        return super().dot(x)

    def _scaled(self, number: Any) -> KroneckerProduct:
        first, *others = self.factors
        return KroneckerProduct(first * number, *others)

    def toarray(self) -> NDArray[Any]:
        """The whole matrix, dense.

        Raises:
            TooLargeError: it would not fit into memory; the message says its size.
        """
        product: NDArray[Any] = kron(*once_each(lambda factor, _: dense(factor), self.factors))
        return product if product.flags.writeable else product.copy()  # one factor alone is its own product

    def tosparse(self) -> scipy.sparse.csr_array[Any]:
        """The whole matrix as a `scipy.sparse.csr_array`.

        Raises:
            TooLargeError: its nonzero entries would not fit into memory; the message says their size.
        """
        product: scipy.sparse.csr_array[Any] = kron(*once_each(lambda factor, _: sparse(factor), self.factors))
        return product

    def trace(self) -> Any:
        """Trace, the product of the traces of the factors, which must be square."""
        return math.prod(once_each(trace_of, self.factors))

    def solve(self, b: Any) -> NDArray[Any]:
        """The solution x of `self @ x = b`, by `(A ⊗ B)⁻¹ = A⁻¹ ⊗ B⁻¹`.

        Each factor is decomposed once (LU; SuperLU if sparse; a nested `KroneckerSum` by its own `solve`), in double
        precision; the decompositions are kept for the next right side. See R. E. Lynch, J. R. Rice, D. H. Thomas,
        "Direct solution of partial difference equations by tensor product methods", Numer. Math. 6 (1964) 185.

        Args:
            b: right side of shape `(n,)`, or `(n, k)` for k of them.

        Raises:
            OperatorError: a factor is not square, singular to working precision or a bare LinearOperator; or `b` has
                the wrong length or is not finite.

        Examples:
            >>> A, B = np.array([[2, 1], [0, 1]]), np.array([[1, 0], [0, 4]])
            >>> KroneckerProduct(A, B).solve([2, 8, 0, 4])
            array([1. , 0.5, 0. , 1. ])
        """
        c = right_hand_side(b, self.shape[0])
        return np.asarray(self._inverse @ c) if c.size else c.astype(np.result_type(self.dtype, c.dtype))

    @functools.cached_property
    def _inverse(self) -> KroneckerProduct:
        return KroneckerProduct(*once_each(_inverse_of, self.factors))

    def eigh(self) -> tuple[NDArray[np.float64], KroneckerProduct]:
        """Eigenvalues and eigenvectors, where all factors are Hermitian.

        If `A u = λ u` and `B v = μ v`, then `(A ⊗ B)(u ⊗ v) = λμ (u ⊗ v)`.

        Returns:
            The eigenvalues in Kronecker order (those of each factor ascend, all together do not), and the unitary
            `KroneckerProduct` whose columns are the eigenvectors: `self = vectors @ diag(values) @ vectors.H`.

        Raises:
            OperatorError: a factor is not Hermitian, or a bare LinearOperator.

        Examples:
            >>> values, vectors = KroneckerProduct(np.diag([1, 2]), np.diag([3, 5])).eigh()
            >>> values
            array([ 3.,  5.,  6., 10.])
        """
        values, vectors = zip(*self._eigen, strict=True)
        return np.array(kron(*values)), KroneckerProduct(*vectors)

    @functools.cached_property
    def _eigen(self) -> tuple[tuple[NDArray[np.float64], Any], ...]:
        return once_each(eigen, self.factors)


def _apply(factors: Sequence[Factor], block: NDArray[Any]) -> NDArray[Any]:
    """(A₁ ⊗ … ⊗ Aₖ) @ block, where nothing is empty.

    The block is a tensor with one axis for each factor and a last one for its columns. Its axes are only ever rotated:
    multiplying the axis at the front and leaving the result at the back, `Xᵀ Aᵀ`, needs no copy, and with square
    factors, taken in order, all axes come round to where they began.
    """
    lengths = [*_lengths(factors, 1), block.shape[1]]
    tensor, front = block, 0  # `front`: the axis that now comes first
    for axis in sorted(range(len(factors)), key=lambda axis: _growth(factors[axis])):
        tensor = _rotated(tensor, lengths, front, axis)
        tensor = _from_front_to_back(factors[axis], tensor.reshape(lengths[axis], -1))
        lengths[axis] = factors[axis].shape[0]
        front = (axis + 1) % len(lengths)
    return _rotated(tensor, lengths, front, 0).reshape(-1, block.shape[1])


def _rotated(tensor: NDArray[Any], lengths: Sequence[int], front: int, axis: int) -> NDArray[Any]:
    """The tensor, whose axes begin with `front`, turned until they begin with `axis`."""
    passed = range(front, axis if axis >= front else axis + len(lengths))
    return tensor.reshape(math.prod(lengths[at % len(lengths)] for at in passed), -1).T


def _from_front_to_back(factor: Factor, matrix: NDArray[Any]) -> NDArray[Any]:
    """`(factor @ matrix)ᵀ`."""
    if isinstance(factor, np.ndarray):
        return np.asarray(matrix.T @ factor.T)  # in this order BLAS writes row by row what the next factor reads
    return np.asarray(factor @ matrix).T


def _growth(factor: Any) -> float:
    """Sort key for the cheapest order: by how much a factor lengthens its axis for each multiplication that it takes.

    Applied to a tensor of size S, a factor takes `S w` multiplications, w = nonzeros / columns, and leaves the size
    `S r`, r = rows / columns. Then i before j costs `w_i + r_i w_j`, which is less than j before i exactly where
    `(r_i - 1) / w_i < (r_j - 1) / w_j`. Square factors have 0 and keep their order.
    """
    rows, columns = factor.shape
    nonzeros = factor.nnz if is_sparse(factor) else rows * columns
    return float((rows - columns) / max(nonzeros, 1))


def _lengths(factors: Sequence[Factor], axis: int) -> list[int]:
    return [factor.shape[axis] for factor in factors]


def _multiply(left: Any, right: Any) -> Any:
    """Product of two factors; where one is a linear operator it is lazy."""
    if isinstance(left, LinearOperator) or isinstance(right, LinearOperator):
        return aslinearoperator(left) @ aslinearoperator(right)
    return left @ right


def _inverse_of(factor: Any, position: int) -> LinearOperator[Any]:
    """The inverse of one factor as a linear operator, by a decomposition that is made here."""
    matrix = decomposable(factor, position)
    if isinstance(matrix, KroneckerOperator):
        dtype = np.result_type(matrix.dtype, np.float64)
        return LinearOperator(matrix.shape, matvec=matrix.solve, matmat=matrix.solve, dtype=dtype)
    inverse = (_sparse_inverse if is_sparse(matrix) else _dense_inverse)(matrix)
    reciprocal = _reciprocal_condition(matrix, inverse) if inverse is not None else 0.0
    if inverse is None or not reciprocal >= np.finfo(np.float64).eps:
        raise OperatorError(
            f"Factor {position} must be invertible, but is singular to working precision "
            f"(reciprocal condition number {reciprocal:.1e})."
        )
    return inverse


def _dense_inverse(matrix: NDArray[Any]) -> LinearOperator[Any] | None:
    lapack: Any = scipy.linalg.get_lapack_funcs(("getrf",), (matrix,))
    triangles, pivots, zero_pivot = lapack[0](matrix)
    if zero_pivot:
        return None

    def solve(b: NDArray[Any], trans: Any = 0) -> NDArray[Any]:
        return scipy.linalg.lu_solve((triangles, pivots), b, trans, check_finite=False)

    return _inverse(matrix, solve, functools.partial(solve, trans=2))


def _sparse_inverse(matrix: Any) -> LinearOperator[Any] | None:
    try:
        decomposition: Any = scipy.sparse.linalg.splu(matrix.tocsc())
    except RuntimeError:  # "Factor is exactly singular"
        return None

    def solve(b: NDArray[Any], trans: str = "N") -> NDArray[Any]:
        if matrix.dtype.kind != "c" and np.iscomplexobj(b):  # a real SuperLU refuses a complex right side
            return solve(b.real, trans) + 1j * solve(b.imag, trans)
        return np.asarray(decomposition.solve(b, trans))

    return _inverse(matrix, solve, functools.partial(solve, trans="H"))


def _inverse(matrix: Any, solve: Any, solve_adjoint: Any) -> LinearOperator[Any]:
    return LinearOperator(
        matrix.shape, matvec=solve, matmat=solve, rmatvec=solve_adjoint, rmatmat=solve_adjoint, dtype=matrix.dtype
    )


def _reciprocal_condition(matrix: Any, inverse: LinearOperator[Any]) -> float:
    """1 / (‖A‖₁ ‖A⁻¹‖₁), the second norm estimated from a few solutions (Hager; with one column nothing is random)."""
    with np.errstate(all="ignore"):  # a hopeless matrix overflows, which is the answer
        return float(1 / (abs(matrix).sum(axis=0).max() * scipy.sparse.linalg.onenormest(inverse, t=1)))
