"""OperatorProduct: a lazy product of operators, for what would be too long multiplied out."""

from functools import reduce
from typing import TYPE_CHECKING, Any, NoReturn, final

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.algebra.checks import vector_qubits
from qsim.algebra.forms import as_linear_operator, require_dense, require_sparse
from qsim.algebra.operator import Operator
from qsim.errors import OperatorError

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

__all__ = ["OperatorProduct"]


@final
class OperatorProduct:
    """The product A₁ A₂ … of operators, never multiplied out: fifty CNOTs as one sum would have 2^50 terms.

    `circuit.operator()` returns one, the last gate leftmost.

    Args:
        factors: operators, all placed, or all unplaced and of one width.
        num_qubits: size of the register; by default what the factors need.

    >>> from qsim.algebra import H, P0, P1, X
    >>> bell = OperatorProduct(P0(0) + P1(0) @ X(1), H(0))
    >>> bell.apply([1, 0, 0, 0]).real.round(4).tolist()
    [0.7071, 0.0, 0.0, 0.7071]
    """

    __slots__ = ("_factors", "_num_qubits")
    __array_ufunc__ = None

    def __init__(self, *factors: "Operator | OperatorProduct", num_qubits: int | None = None) -> None:
        flat: list[Operator] = []
        for factor in factors:
            if isinstance(factor, OperatorProduct):
                flat += factor.factors
            elif isinstance(factor, Operator):
                flat.append(factor)
            else:
                raise TypeError(f"OperatorProduct takes Operators, not {type(factor).__name__}.")
        self._factors = tuple(flat)
        needed = max((factor.num_qubits for factor in flat), default=0)
        self._num_qubits = needed if num_qubits is None else num_qubits
        if len({factor.is_placed for factor in flat}) > 1:
            raise OperatorError("Factors must be all placed or all unplaced: place the unplaced ones, as in X(0).")
        for factor in flat:
            if not factor.is_placed and factor.num_qubits != self._num_qubits:
                raise OperatorError(
                    f"Unplaced factors must all span {self._num_qubits} qubits, but one spans {factor.num_qubits}."
                )
        if self._num_qubits < needed:
            raise OperatorError(f"Argument `num_qubits` must be at least {needed}, but is {num_qubits}.")

    @property
    def factors(self) -> tuple[Operator, ...]:
        """The operators, leftmost first: the last one acts first."""
        return self._factors

    @property
    def num_qubits(self) -> int:
        """Qubits that its matrix spans."""
        return self._num_qubits

    def __len__(self) -> int:
        return len(self._factors)

    def __matmul__(self, other: Any) -> "OperatorProduct":
        if isinstance(other, (Operator, OperatorProduct)):
            return OperatorProduct(self, other, num_qubits=max(self.num_qubits, other.num_qubits))
        return NotImplemented

    def __rmatmul__(self, other: Any) -> "OperatorProduct":
        return OperatorProduct(other, self) if isinstance(other, Operator) else NotImplemented

    def dagger(self) -> "OperatorProduct":
        """Conjugate transpose: the adjoints in reverse order."""
        adjoints = (factor.dagger() for factor in reversed(self._factors))
        return OperatorProduct(*adjoints, num_qubits=self._num_qubits)

    def apply(self, state: Any) -> Any:
        """Apply to a `State` or an array of shape (2^n,) or (2^n, columns), one factor after the other."""
        if hasattr(state, "_apply_operator_"):
            return state._apply_operator_(self)
        array = np.asarray(state)
        return self.apply_to(array, vector_qubits(array))

    def apply_to(self, array: NDArray[Any], num_qubits: int) -> NDArray[Any]:
        """Apply to amplitudes of shape (2^n,) or (2^n, columns); returns a new array."""
        if num_qubits < self._num_qubits:
            raise OperatorError(f"The product spans {self._num_qubits} qubits, but the register has {num_qubits}.")
        result = np.array(array, dtype=np.result_type(array.dtype, np.complex64))
        for factor in reversed(self._factors):
            result = factor.apply_to(result, num_qubits)
        return result

    def matrix(self) -> NDArray[np.complex128]:
        """Dense matrix: the factors applied to the columns of the identity. Refused where memory does not hold it."""
        require_dense(self._num_qubits)
        return self.apply_to(np.eye(bits.register_size(self._num_qubits), dtype=np.complex128), self._num_qubits)

    def sparse(self, format: str = "csr") -> Any:
        """Sparse matrix: the product of the factors' sparse matrices."""
        from scipy import sparse

        require_sparse((), self._num_qubits)
        for factor in self._factors:
            require_sparse(factor.terms, self._num_qubits)
        identity: Any = sparse.eye_array(bits.register_size(self._num_qubits), dtype=np.complex128, format="csr")
        product = reduce(
            lambda right, factor: factor.sparse(self._num_qubits) @ right, reversed(self._factors), identity
        )
        return product.asformat(format)

    def linear_operator(self) -> "LinearOperator":
        """A scipy LinearOperator that applies the factors one after the other."""
        return as_linear_operator(self, self._num_qubits)

    def __array__(self, dtype: Any = None, copy: Any = None) -> NoReturn:
        raise TypeError("An OperatorProduct is not an array: call .matrix() for the dense one.")

    def expand(self) -> Operator:
        """Multiplied out into one sum of Kronecker terms; refused past 10^6 terms."""
        if not self._factors:
            raise OperatorError("An empty product has nothing to multiply out.")
        return reduce(lambda left, right: (left @ right).simplify(), self._factors)

    def __repr__(self) -> str:
        from qsim.algebra.show import qubit_labels

        shown = [f"({factor!r})" for factor in self._factors[:3]]
        more = f" @ … {len(self._factors) - 3} more" if len(self._factors) > 3 else ""
        labels = qubit_labels(range(self._num_qubits))
        labels += ", unplaced" if self._factors and not self._factors[0].is_placed else ""
        return f"OperatorProduct of {len(self._factors)}: {' @ '.join(shown)}{more}   ({labels})"
