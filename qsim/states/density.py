"""DensityMatrix: a mixed state of a register, as its 2^n × 2^n matrix."""

import math
import numbers
from collections.abc import Sequence
from functools import reduce
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.errors import StateError
from qsim.states import observables, show
from qsim.states._qubits import check_num_qubits, check_qubits, require_entries, unfold
from qsim.states.base import QuantumState
from qsim.states.vectors import as_numbers

__all__ = ["DensityMatrix"]

ComplexMatrix = NDArray[np.complex128]

TOLERANCE = 1e-8  # of trace, Hermiticity and eigenvalues, as of a state's norm


@final
class DensityMatrix(QuantumState):
    """A mixed state: a Hermitian, positive matrix of trace 1, qubit 0 leftmost and most significant. Immutable.

    Mixtures are written `0.25 * rho + 0.75 * sigma`. Weights are real and not negative, so that sums stay positive;
    what asks for probabilities refuses a sum whose trace is not 1.

    Args:
        value: a 2^n × 2^n matrix (copied), or a `State`, which gives |ψ⟩⟨ψ|.
        check: whether the matrix is checked to be Hermitian, positive and of trace 1, each within 1e-8.

    Raises:
        StateError: the matrix has a wrong shape, or is not a density matrix.

    >>> from qsim.states import State
    >>> DensityMatrix(State("+"))
    0.5|0⟩⟨0| + 0.5|0⟩⟨1| + 0.5|1⟩⟨0| + 0.5|1⟩⟨1|   (q0)
    >>> 0.25 * DensityMatrix(State("0")) + 0.75 * DensityMatrix(State("1"))
    0.25|0⟩⟨0| + 0.75|1⟩⟨1|   (q0)
    """

    __slots__ = ("_has_unit_trace", "_matrix", "_num_qubits")
    _matrix: ComplexMatrix
    _has_unit_trace: bool  # known to have; False is "not known yet"
    _num_qubits: int

    def __init__(self, value: Any, *, check: bool = True) -> None:
        if isinstance(value, QuantumState):
            self._set(value.density_matrix()._matrix, has_unit_trace=True)
            return
        matrix = as_numbers(value, "value").astype(np.complex128)
        size = len(matrix) if matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1] else 0
        if size == 0 or size & (size - 1):
            raise StateError(f"Argument `value` must be a 2^n × 2^n matrix, but has shape {matrix.shape}.")
        if check:
            _check_density(matrix)
        self._set(matrix, has_unit_trace=True)

    def _set(self, matrix: ComplexMatrix, *, has_unit_trace: bool) -> None:
        self._matrix = matrix.view()
        self._matrix.flags.writeable = False
        self._num_qubits = len(matrix).bit_length() - 1
        self._has_unit_trace = has_unit_trace

    @classmethod
    def _wrap(cls, matrix: ComplexMatrix, has_unit_trace: bool = True) -> "DensityMatrix":
        """A density matrix around an array, without a copy or a check: nobody writes to the array afterwards."""
        rho = object.__new__(cls)
        rho._set(matrix, has_unit_trace=has_unit_trace)
        return rho

    @classmethod
    def maximally_mixed(cls, num_qubits: int) -> "DensityMatrix":
        """The identity divided by 2^n: all outcomes of any measurement are equally likely.

        >>> DensityMatrix.maximally_mixed(2).entropy()
        2.0
        """
        number = check_num_qubits(num_qubits)
        require_entries(2 * number + 1, f"The density matrix of {number} qubits")
        size = bits.register_size(number)
        return cls._wrap(np.eye(size, dtype=np.complex128) / size)

    @property
    def num_qubits(self) -> int:
        """Size of the register."""
        return self._num_qubits

    @property
    def matrix(self) -> ComplexMatrix:
        """The 2^n × 2^n matrix, read-only and not copied."""
        return self._matrix

    @property
    def trace(self) -> float:
        """1, but for sums and multiples."""
        return float(np.trace(self._matrix).real)

    def normalized(self) -> "DensityMatrix":
        """This matrix divided by its trace."""
        if self.trace == 0:
            raise StateError("A matrix of trace 0 cannot be normalised.")
        return DensityMatrix._wrap(self._matrix / self.trace)

    def density_matrix(self) -> "DensityMatrix":
        """This density matrix."""
        self._checked()
        return self

    # ── Mixtures and products ─────────────────────────────────────────────────────────────────────────────────────

    def __add__(self, other: Any) -> "DensityMatrix":
        if not isinstance(other, DensityMatrix):
            return NotImplemented
        self._require_same_size(other)
        return DensityMatrix._wrap(self._matrix + other._matrix, has_unit_trace=False)

    def __radd__(self, other: Any) -> "DensityMatrix":
        return self if isinstance(other, int) and other == 0 else NotImplemented  # sum() begins with 0

    def __mul__(self, other: Any) -> "DensityMatrix":
        if not isinstance(other, numbers.Number):
            return NotImplemented
        if not (isinstance(other, numbers.Real) and 0 <= float(other) < math.inf):
            raise StateError(f"A density matrix is weighted by a real number that is not negative, not by {other}.")
        return DensityMatrix._wrap(self._matrix * float(other), has_unit_trace=False)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "DensityMatrix":
        if not isinstance(other, numbers.Real):
            return NotImplemented
        if other == 0:
            raise StateError("A density matrix cannot be divided by 0.")
        return self * (1 / float(other))

    @classmethod
    def _kron_(cls, factors: Sequence[Any]) -> "DensityMatrix":
        for factor in factors:
            if not isinstance(factor, DensityMatrix):
                raise TypeError(
                    f"kron of a DensityMatrix takes density matrices alone, not {type(factor).__name__}: "
                    "wrap it in DensityMatrix()."
                )
        total = sum(factor._num_qubits for factor in factors)
        require_entries(2 * total, f"The density matrix of {total} qubits")
        matrix = reduce(np.kron, (factor._matrix for factor in factors))
        return cls._wrap(matrix, all(factor._has_unit_trace for factor in factors))

    # ── What is measured ──────────────────────────────────────────────────────────────────────────────────────────

    def probabilities(self, qubits: Any = None) -> NDArray[np.float64]:
        """Probabilities of what the listed qubits spell, the first listed most significant."""
        listed = check_qubits(qubits, self._num_qubits)
        diagonal = np.diagonal(self._checked()).real
        marginal: NDArray[np.float64] = unfold(np.maximum(diagonal, 0.0), listed, self._num_qubits).sum(axis=1)
        return marginal

    def expectation(self, observable: Any) -> float | complex:
        """tr(ρA): a float if A is known to be Hermitian, else complex; A as for `State.expectation`."""
        operator = observables.as_observable(observable)
        value = complex(np.trace(observables.apply(operator, self._checked(), self._num_qubits)))
        return value.real if observables.is_hermitian(operator) else value

    def variance(self, observable: Any) -> float:
        """tr(ρA†A) - |tr(ρA)|², for a Hermitian A the variance of its measured value."""
        operator = observables.as_observable(observable)
        image = observables.apply(operator, self._checked(), self._num_qubits)
        mean = complex(np.trace(image))
        # With B = A - ⟨A⟩ this is tr(BρB†): B applied to the columns of (Bρ)† = ρB†.
        columns = np.ascontiguousarray((image - mean * self._matrix).conj().T)
        square = observables.apply(operator, columns, self._num_qubits) - mean * columns
        return max(float(np.trace(square).real), 0.0)

    # ── Parts and properties ──────────────────────────────────────────────────────────────────────────────────────

    def reduced(self, keep: Any) -> "DensityMatrix":
        """Density matrix of the listed qubits, which are *kept*, in the order listed; the others are traced out."""
        listed = check_qubits(keep, self._num_qubits, "keep")
        size, rest = bits.register_size(len(listed)), bits.register_size(self._num_qubits - len(listed))
        # The matrix as a vector of 2n qubits: those of the rows, then those of the columns.
        both = (*listed, *(self._num_qubits + qubit for qubit in listed))
        unfolded = unfold(self._checked().reshape(-1), both, 2 * self._num_qubits)
        return DensityMatrix._wrap(unfolded.reshape(size, size, rest, rest).trace(axis1=2, axis2=3))

    def purity(self) -> float:
        """tr ρ²: 1 for a pure state, 2^-n for the maximally mixed one."""
        return float(np.vdot(self._checked(), self._matrix).real)

    def entropy(self) -> float:
        """Von Neumann entropy -tr ρ log2 ρ in bits: 0 for a pure state, n for the maximally mixed one."""
        weights = np.linalg.eigvalsh(self._checked())
        weights = weights[weights > 0]
        return max(float(-(weights * np.log2(weights)).sum()), 0.0)

    @property
    def is_pure(self) -> bool:
        """Whether the purity is 1, within 1e-8."""
        return abs(self.purity() - 1) <= TOLERANCE

    # ── Comparison ────────────────────────────────────────────────────────────────────────────────────────────────

    def fidelity(self, other: QuantumState) -> float:
        """Uhlmann's fidelity (tr √(√ρ σ √ρ))² = ‖√ρ √σ‖₁², which for pure states is |⟨ψ|φ⟩|².

        Source: Jozsa, "Fidelity for mixed quantum states", J. Mod. Opt. 41 (1994) 2315.
        """
        if not isinstance(other, DensityMatrix):
            _require_state(other)
            return other.fidelity(self)  # ⟨ψ|ρ|ψ⟩ needs no root
        self._require_same_size(other)
        product = _square_root(self._checked()) @ _square_root(other._checked())
        return min(float(np.linalg.svd(product, compute_uv=False).sum()) ** 2, 1.0)

    def trace_distance(self, other: QuantumState) -> float:
        """Half the sum of |eigenvalues| of the difference: 0 for equal states, 1 for orthogonal ones.

        >>> from qsim.states import State
        >>> DensityMatrix.maximally_mixed(1).trace_distance(State("0"))
        0.5
        """
        _require_state(other)
        self._require_same_size(other)
        difference = self._checked() - other.density_matrix().matrix
        return float(np.abs(np.linalg.eigvalsh(difference)).sum() / 2)

    def equiv(self, other: QuantumState, atol: float = 1e-10) -> bool:
        """Whether the matrices differ by `atol` at most, entry by entry; global phases are gone already."""
        _require_state(other)
        if self._num_qubits != other.num_qubits:
            return False
        return bool(np.abs(self._matrix - other.density_matrix().matrix).max() <= atol)

    def __eq__(self, other: object) -> bool:
        """Equal entries, without tolerance: `equiv` has one."""
        return np.array_equal(self._matrix, other._matrix) if isinstance(other, DensityMatrix) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    # ── Other forms ───────────────────────────────────────────────────────────────────────────────────────────────

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self._matrix, dtype=dtype, copy=copy)

    def __reduce__(self) -> tuple[Any, ...]:
        return DensityMatrix._wrap, (np.asarray(self._matrix), self._has_unit_trace)

    def __repr__(self) -> str:
        return show.ket_bra_sum(self._matrix, self._num_qubits)

    def _repr_latex_(self) -> str:
        return f"${show.ket_bra_sum_latex(self._matrix, self._num_qubits)}$"

    def _checked(self) -> ComplexMatrix:
        """The matrix of a normalised state: the trace is checked once, and only where it is not known."""
        if not self._has_unit_trace:
            _check_trace(self._matrix, "The density matrix")
            self._has_unit_trace = True
        return self._matrix


def _check_density(matrix: ComplexMatrix) -> None:
    """Refuse what is not finite, Hermitian, of trace 1 and positive, naming the number that says so."""
    if not np.isfinite(matrix).all():
        raise StateError("Argument `value` must be finite, but has NaN or infinite entries.")
    gap = np.abs(matrix - matrix.conj().T).max()
    if gap > TOLERANCE:
        raise StateError(f"Argument `value` must be Hermitian, but differs from its adjoint by {gap:.3g}.")
    _check_trace(matrix, "Argument `value`")
    try:
        # Ten times faster than eigenvalues: ρ + t has a Cholesky factor if and only if no eigenvalue is below -t.
        np.linalg.cholesky(matrix + TOLERANCE * np.eye(len(matrix)))
    except np.linalg.LinAlgError:
        lowest = np.linalg.eigvalsh(matrix)[0]
        raise StateError(f"Argument `value` must be positive, but has the eigenvalue {lowest:.3g}.") from None


def _check_trace(matrix: ComplexMatrix, what: str) -> None:
    trace = complex(np.trace(matrix))
    if not abs(trace - 1) <= TOLERANCE:
        raise StateError(f"{what} must have trace 1, but has trace {trace.real:.6g}: divide by it (.normalized()).")


def _square_root(matrix: ComplexMatrix) -> ComplexMatrix:
    """√ρ of a positive matrix; eigenvalues at rounding level, whose roots would not be small, count as zero."""
    values, basis = np.linalg.eigh(matrix)
    values[values < len(values) * np.finfo(np.float64).eps] = 0.0
    root: ComplexMatrix = (basis * np.sqrt(values)) @ basis.conj().T
    return root


def _require_state(other: Any) -> None:
    if not isinstance(other, QuantumState):
        raise TypeError(f"Argument `other` must be a State or a DensityMatrix, but is {type(other).__name__}.")
