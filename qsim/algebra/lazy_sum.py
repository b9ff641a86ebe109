"""A Kronecker sum that is applied, solved, diagonalised and exponentiated factor by factor and never formed."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, final

import numpy as np
import scipy.linalg
import scipy.sparse
from numpy.typing import NDArray

from qsim.algebra._linear import (
    Factor,
    KroneckerOperator,
    check_square,
    decomposable,
    dense,
    eigen,
    fast_form,
    hermitian,
    is_hermitian,
    once_each,
    right_hand_side,
    sparse,
    trace_of,
)
from qsim.algebra.kron import guard_memory, kron
from qsim.algebra.lazy_product import KroneckerProduct
from qsim.errors import OperatorError

__all__ = ["KroneckerSum"]


class _Schur(NamedTuple):
    """One factor as U T U†: `values` is the diagonal of T, and `triangle` is T, or None where T is diagonal."""

    values: NDArray[Any]
    vectors: Any
    triangle: NDArray[np.complex128] | None


@final
class KroneckerSum(KroneckerOperator):
    """The lazy Kronecker sum A ⊗ I + I ⊗ B (+ …) of square dense, sparse or linear-operator factors.

    The first factor acts on the leftmost, most significant axis; `scipy.sparse.kronsum(A, B)` has the other order,
    I ⊗ A + B ⊗ I. With three factors it is A ⊗ I ⊗ I + I ⊗ B ⊗ I + I ⊗ I ⊗ C, and so on: the Laplacian of a grid, or
    the Hamiltonian of parts that do not interact. It is a `scipy.sparse.linalg.LinearOperator`; `@` applies the factors
    one by one, `(A ⊗ I + I ⊗ B) vec(X) = vec(A X + X Bᵀ)` for row-major `vec`. Results equal those of the formed
    matrix, integers included.

    Measured on two cores, a 1000×1000 grid (tridiagonal factors, dense or sparse; formed, the dense matrix would take
    7.3 TiB): applied in 10 ms, solved in 0.3 s with the decompositions and in 0.1 s with the next right side.

    Args:
        factors: square arrays, `scipy.sparse` arrays or `LinearOperator`s, the leftmost first; a nested `KroneckerSum`
            is replaced by its factors.

    Raises:
        TypeError: no factor, or one that is not made of numbers.
        OperatorError: a factor is not 2-D or not square.

    Examples:
        >>> A, B = np.array([[1, 2], [3, 4]]), np.array([[0, 5], [6, 0]])
        >>> KroneckerSum(A, B).toarray()
        array([[1, 5, 2, 0],
               [6, 1, 0, 2],
               [3, 0, 4, 5],
               [0, 3, 6, 4]])
        >>> KroneckerSum(A, B) @ [1, 0, 0, 0]
        array([1, 6, 3, 0])

        The lowest eigenvalue of the negative Laplacian on the unit square, zero on its edge, is 2π² = 19.739:

        >>> n = 200
        >>> laplacian = (n + 1) ** 2 * (2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1))
        >>> values, vectors = KroneckerSum(laplacian, laplacian).eigh()
        >>> round(float(values.min()), 2)
        19.74
    """

    def __init__(self, *factors: Any) -> None:
        super().__init__(*factors)
        for position, factor in enumerate(self.factors):
            check_square(factor, position)

    def _matmat(self, X: Any) -> NDArray[Any]:
        block = np.asarray(X)
        result = np.zeros(block.shape, np.result_type(self.dtype, block.dtype))
        block = block.astype(result.dtype, copy=False)
        for factor, left, right in _places(self._applied) if block.size else ():
            tensor = (left, factor.shape[0], right * block.shape[1])
            front = np.moveaxis(block.reshape(tensor), 1, 0).reshape(factor.shape[0], -1)
            product = np.asarray(factor @ front).reshape(factor.shape[0], left, -1)
            result.reshape(tensor)[...] += np.moveaxis(product, 0, 1)
        return result

    @functools.cached_property
    def _applied(self) -> tuple[Factor, ...]:
        return once_each(fast_form, self.factors)

    def _scaled(self, number: Any) -> KroneckerSum:
        return KroneckerSum(*once_each(lambda factor, _: factor * number, self.factors))

    def toarray(self) -> NDArray[Any]:
        """The whole matrix, dense.

        Raises:
            TooLargeError: it would not fit into memory; the message says its size.
        """
        size = self.shape[0]
        guard_memory(size**2 * self.dtype.itemsize, f"The dense {size}×{size} Kronecker sum", _INSTEAD)
        total = np.zeros(self.shape, self.dtype)
        for factor, left, right in _places(self.factors):
            order = factor.shape[0]
            cells = total.reshape(left, order, right, left, order, right)  # row (l, i, r), column (l', j, r')
            np.einsum("lirljr->lrij", cells)[...] += dense(factor)  # a view of the cells with l = l' and r = r'
        return total

    def tosparse(self) -> scipy.sparse.csr_array[Any]:
        """The whole matrix as a `scipy.sparse.csr_array`.

        Raises:
            TooLargeError: its nonzero entries would not fit into memory; the message says their size.
        """
        size = self.shape[0]
        matrices = once_each(lambda factor, _: sparse(factor), self.factors)
        entries = sum(matrix.nnz * left * right for matrix, left, right in _places(matrices))
        guard_memory(
            entries * (2 * self.dtype.itemsize + 16),
            f"The sparse {size}×{size} Kronecker sum of {entries} entries",
            _INSTEAD,
        )
        eye = functools.partial(scipy.sparse.eye_array, dtype=self.dtype, format="csr")
        terms = [kron(eye(left), matrix, eye(right)) for matrix, left, right in _places(matrices)]
        total: scipy.sparse.csr_array[Any] = functools.reduce(operator.add, terms)
        return total

    def trace(self) -> Any:
        """Trace: each factor's trace, times the sizes of the others."""
        traces = once_each(trace_of, self.factors)
        return sum(trace * left * right for trace, (_, left, right) in zip(traces, _places(self.factors), strict=True))

    def solve(self, b: Any) -> NDArray[Any]:
        """The solution x of `self @ x = b`; for two factors, of the Sylvester equation `A X + X Bᵀ = C`.

        Each factor is decomposed once as U T U† (T diagonal if it is Hermitian, by eigenvectors; else triangular, by a
        complex Schur form), in double precision, and the decompositions are kept for the next right side. In the basis
        U ⊗ V ⊗ … the sum is diagonal, and x is found by dividing by λ + μ + …, or triangular, and x is found by back
        substitution along one axis after the other. See R. H. Bartels, G. W. Stewart, "Solution of the matrix equation
        AX + XB = C", CACM 15 (1972) 820, and R. E. Lynch, J. R. Rice, D. H. Thomas, "Direct solution of partial
        difference equations by tensor product methods", Numer. Math. 6 (1964) 185.

        Args:
            b: right side of shape `(n,)`, or `(n, k)` for k of them.

        Raises:
            OperatorError: eigenvalues of the factors add to zero, so that the sum is singular; a factor is a bare
                LinearOperator; or `b` has the wrong length or is not finite.

        Examples:
            >>> KroneckerSum(np.diag([1, 2]), np.diag([3, 6])).solve([4, 7, 10, 16])
            array([1., 1., 2., 2.])
        """
        c = right_hand_side(b, self.shape[0])
        if not c.size:
            return c.astype(np.result_type(self.dtype, c.dtype))
        basis = self._basis
        x = basis @ self._solve_in_basis((basis.H @ c).reshape(len(c), -1))
        return np.asarray(x if np.iscomplexobj(c) or self.dtype.kind == "c" else x.real).reshape(c.shape)

    @functools.cached_property
    def _schur(self) -> tuple[_Schur, ...]:
        return once_each(_decomposed, self.factors)

    @functools.cached_property
    def _basis(self) -> KroneckerProduct:
        return KroneckerProduct(*(schur.vectors for schur in self._schur))

    def _solve_in_basis(self, c: NDArray[Any]) -> NDArray[Any]:
        """Solve with the Kronecker sum of the factors' Schur forms."""
        sums = _sums([schur.values for schur in self._schur])
        _check_invertible(sums, self._schur)
        if all(schur.triangle is None for schur in self._schur):
            return np.asarray(c / sums[:, None])
        lengths = [len(schur.values) for schur in self._schur]
        order = sorted(range(len(lengths)), key=lambda axis: self._schur[axis].triangle is None)  # triangles first
        ordered = [self._schur[axis] for axis in order]
        triangles = [schur.triangle.copy(order="F") for schur in ordered if schur.triangle is not None]
        shifts = _sums([schur.values for schur in ordered if schur.triangle is None])
        x = c.reshape(*lengths, -1).transpose(*order, -1).astype(np.complex128, order="C")
        _substitute_back(triangles, shifts, x.reshape(*(len(t) for t in triangles), len(shifts), -1))
        return x.transpose(*np.argsort(order), -1).reshape(c.shape)

    def eigh(self) -> tuple[NDArray[np.float64], KroneckerProduct]:
        """Eigenvalues and eigenvectors, where all factors are Hermitian.

        If `A u = λ u` and `B v = μ v`, then `(A ⊗ I + I ⊗ B)(u ⊗ v) = (λ + μ) (u ⊗ v)`. A real symmetric tridiagonal
        factor is diagonalised as such.

        Returns:
            The eigenvalues in Kronecker order (those of each factor ascend, all together do not), and the unitary
            `KroneckerProduct` whose columns are the eigenvectors: `self = vectors @ diag(values) @ vectors.H`.

        Raises:
            OperatorError: a factor is not Hermitian, or a bare LinearOperator.

        Examples:
            >>> values, vectors = KroneckerSum(np.diag([1, 2]), np.diag([3, 5])).eigh()
            >>> values
            array([4., 6., 5., 7.])
        """
        for position, factor in enumerate(self.factors):
            hermitian(factor, position)
        return _sums([schur.values for schur in self._schur]), self._basis

    def expm(self, t: complex = 1.0) -> KroneckerProduct:
        """The exponential of t times this sum, lazily: `exp(t(A ⊗ I + I ⊗ B)) = exp(tA) ⊗ exp(tB)`.

        Args:
            t: real or complex number; `-1j * time` for the evolution under a Hamiltonian.

        Raises:
            OperatorError: a factor is a bare LinearOperator, or not finite.

        Examples:
            >>> KroneckerSum(np.diag([0, 1]), np.diag([0, 2])).expm().toarray().diagonal().round(3)
            array([ 1.   ,  7.389,  2.718, 20.086])
        """
        return KroneckerProduct(
            *once_each(lambda factor, at: scipy.linalg.expm(t * dense(decomposable(factor, at))), self.factors)
        )


_INSTEAD = "The KroneckerSum itself can be applied, solved and diagonalised."


def _places(factors: Sequence[Any]) -> Iterator[tuple[Any, int, int]]:
    """Each factor with the orders of the identities on either side of it: I ⊗ A ⊗ I."""
    orders = [factor.shape[0] for factor in factors]
    for at, factor in enumerate(factors):
        yield factor, math.prod(orders[:at]), math.prod(orders[at + 1 :])


def _sums(values: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """All sums of one number from each array, in Kronecker order; of no arrays, 0."""
    guard_memory(16 * math.prod(map(len, values)), "The eigenvalues of a Kronecker sum")
    return np.asarray(functools.reduce(np.add.outer, values, np.zeros(()))).ravel()


def _decomposed(factor: Any, position: int) -> _Schur:
    if is_hermitian(factor):
        return _Schur(*eigen(factor, position), None)
    triangle, vectors = scipy.linalg.schur(dense(decomposable(factor, position)))
    if not np.iscomplexobj(triangle):
        triangle, vectors = scipy.linalg.rsf2csf(triangle, vectors)  # three times faster than `complex` at once
    return _Schur(triangle.diagonal(), vectors, triangle)


def _check_invertible(sums: NDArray[Any], schurs: Sequence[_Schur]) -> None:
    """Refuse eigenvalues that are zero to working precision; the bound is that of `numpy.linalg.matrix_rank`."""
    lengths = [len(schur.values) for schur in schurs]
    at = int(np.argmin(abs(sums)))
    largest = sum(abs(schur.values).max() for schur in schurs)
    if abs(sums[at]) <= np.finfo(np.float64).eps * sums.size * largest:
        parts = (schur.values[i] for schur, i in zip(schurs, np.unravel_index(at, lengths), strict=True))
        raise OperatorError(
            "The Kronecker sum is singular: the eigenvalues "
            f"{' and '.join(f'{part + 0.0:.6g}' for part in parts)} of its factors add to {sums[at]:.1e}."
        )


def _substitute_back(triangles: Sequence[NDArray[Any]], shifts: NDArray[Any], x: NDArray[Any]) -> None:
    """Solve (T₁ ⊕ T₂ ⊕ … ⊕ diag(shifts)) x = c in place: x holds c at first. The last triangle is scratch space.

    The tensor x has one axis for each upper triangle, one for the shifts and one for the columns. Along the first axis
    the last row involves itself alone, `(T₁[n, n] + T₂ ⊕ … ⊕ diag(shifts)) x[n] = c[n]`, and every row above only rows
    that are known then.
    """
    if not triangles:
        x /= shifts[:, None]
        return
    triangle, *inner = triangles
    diagonal = np.einsum("ii->i", triangle)  # a view
    if not inner and len(shifts) == 1:
        values = diagonal.copy()
        diagonal += shifts
        x[:, 0], _ = scipy.linalg.lapack.ztrtrs(triangle, x[:, 0])
        diagonal[:] = values
        return
    for row in reversed(range(len(triangle))):
        x[row] -= np.tensordot(triangle[row, row + 1 :], x[row + 1 :], axes=1)
        _substitute_back(inner, shifts + diagonal[row], x[row])
