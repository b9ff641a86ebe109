"""Operator: an immutable lazy sum of Kronecker terms, and what can be asked of it."""

import operator as _operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, final, overload

import numpy as np
from numpy.typing import NDArray

from qsim import algebra, bits
from qsim.algebra.checks import as_numbers, finite, is_scalar, matrix_qubits, vector_qubits
from qsim.algebra.factors import NAMED, Factor
from qsim.algebra.forms import as_array, as_linear_operator, as_sparse
from qsim.algebra.terms import PlacedFactor, Term, apply_term, combine_terms, make_term, multiply_terms
from qsim.errors import OperatorError

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

__all__ = ["Operator"]

MAX_TERMS = 10**6  # a product with more terms is refused: half a gigabyte of Python objects


@final
class Operator:
    """A sum of Kronecker products on qubits; nothing is formed until it is asked for.

    An operator is *unplaced* (`X`, `kron(P0, I)`: it has slots, and can be called with qubits to be placed) or *placed*
    (`X(3)`: it names its qubits). The two are never mixed silently. On different qubits the operator product `@` is the
    Kronecker product. There is no `&`, `^` or `|`: in Python they bind looser than `+`.

    >>> from qsim.algebra import I, X, P0, P1, kron
    >>> kron(P0, I) + kron(P1, X)
    P0⊗I + P1⊗X   (q0 q1, unplaced)
    >>> P0(0) + P1(0) @ X(1)
    P0⊗I + P1⊗X   (q0 q1)
    >>> (P0(0) + P1(0) @ X(1)).matrix().real.astype(int).tolist()
    [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    """

    __slots__ = ("_placed", "_qubits", "_terms")
    __array_ufunc__ = None  # NumPy leaves `array * operator` to the methods here
    __hash__ = None  # type: ignore[assignment]  # equality compares values up to rounding

    def __init__(self, terms: Iterable[Term], qubits: tuple[int, ...], *, placed: bool) -> None:
        """For the library's own use: `terms` in normal form over sorted `qubits` (slots 0 … k−1 when unplaced)."""
        self._terms = tuple(terms)
        self._qubits = qubits
        self._placed = placed

    # ── Constructors ──────────────────────────────────────────────────────────────────────────────────────────────

    @classmethod
    def from_matrix(cls, matrix: Any, name: str = "M") -> "Operator":
        """An unplaced operator of one factor: a 2^k × 2^k array (or sparse matrix).

        >>> Operator.from_matrix([[0, 1], [1, 0]])
        M   (q0, unplaced)
        """
        if not isinstance(name, str):
            raise TypeError(f"Argument `name` must be a str, but is {name!r}.")
        dense = matrix.toarray() if hasattr(matrix, "toarray") else as_numbers(matrix)
        num_qubits = matrix_qubits(dense)
        if num_qubits == 0:
            return cls((Term(complex(dense[0, 0]), ()),), (), placed=False)
        factor = PlacedFactor(tuple(range(num_qubits)), Factor(name, dense))
        return cls((Term(1.0, (factor,)),), factor.qubits, placed=False)

    @classmethod
    def from_paulis(cls, paulis: Mapping[str, complex]) -> "Operator":
        """An unplaced sum of Pauli strings, qubit 0 first.

        >>> Operator.from_paulis({"ZZI": -1.0, "IIX": 0.5})
        -Z⊗Z⊗I + 0.5 I⊗I⊗X   (q0 q1 q2, unplaced)
        """
        if not isinstance(paulis, Mapping):
            raise TypeError(f"Argument `paulis` must be a mapping of Pauli strings to numbers, but is {paulis!r}.")
        widths = {len(string) for string in paulis}
        if len(widths) != 1:
            raise OperatorError(f"Pauli strings must be of one length, but the lengths {sorted(widths)} were given.")
        terms = [_pauli_term(string, coefficient) for string, coefficient in paulis.items()]
        return cls(terms, tuple(range(widths.pop())), placed=False)

    def _like(self, terms: Iterable[Term]) -> "Operator":
        return Operator(terms, self._qubits, placed=self._placed)

    # ── Where it acts ─────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def is_placed(self) -> bool:
        """Whether it names its qubits."""
        return self._placed

    @property
    def qubits(self) -> tuple[int, ...]:
        """The named qubits, ascending; of an unplaced operator its slots 0 … k−1."""
        return self._qubits

    @property
    def num_qubits(self) -> int:
        """Qubits that its matrix spans: the slots, or 0 … the largest named qubit."""
        return max(self._qubits, default=-1) + 1

    @property
    def terms(self) -> tuple[Term, ...]:
        """The Kronecker terms, in the order written."""
        return self._terms

    def __call__(self, *qubits: int) -> "Operator":
        """Place it: the first listed qubit takes the leftmost factor."""
        if self._placed:
            raise OperatorError(
                f"The operator is placed on {self._label()} already; move it with .remap({{old: new}})."
            )
        if len(qubits) != len(self._qubits):
            raise OperatorError(
                f"The operator has {len(self._qubits)} slots, but {len(qubits)} qubits were given: {qubits}."
            )
        return self._moved(dict(zip(self._qubits, map(_operator.index, qubits), strict=True)))

    def remap(self, qubits: Mapping[int, int]) -> "Operator":
        """Move a placed operator: `{old: new}`; qubits not named stay."""
        if not self._placed:
            raise OperatorError("Only a placed operator can be remapped; place it by calling it with qubits.")
        unknown = sorted(set(qubits) - set(self._qubits))
        if unknown:
            raise OperatorError(f"Argument `qubits` names {unknown}, but the operator acts on {self._label()}.")
        return self._moved({old: _operator.index(qubits.get(old, old)) for old in self._qubits})

    def unplaced(self) -> "Operator":
        """The same operator without its place: its qubits, ascending, become slots."""
        slots = {qubit: slot for slot, qubit in enumerate(self._qubits)}
        moved = self._moved(slots)
        return Operator(moved._terms, moved._qubits, placed=False)

    def _moved(self, to: dict[int, int]) -> "Operator":
        targets = tuple(to.values())
        if len(set(targets)) != len(targets):
            raise OperatorError(f"Argument `qubits` must be distinct qubits, but {targets} repeats one.")
        if min(targets, default=0) < 0:
            raise OperatorError(f"Argument `qubits` must not be negative, but is {targets}.")
        terms = [
            make_term(c, [PlacedFactor(tuple(to[q] for q in p.qubits), p.factor) for p in factors])
            for c, factors in self._terms
        ]
        return Operator(terms, tuple(sorted(targets)), placed=True)

    # ── Algebra ───────────────────────────────────────────────────────────────────────────────────────────────────

    def __add__(self, other: Any) -> "Operator":
        if isinstance(other, Operator):
            return Operator(self._terms + other._terms, self._common_qubits(other), placed=self._placed)
        if is_scalar(other):
            return self if other == 0 else self._like((*self._terms, Term(finite(other), ())))
        return NotImplemented

    __radd__ = __add__

    def __neg__(self) -> "Operator":
        return self * -1

    def __sub__(self, other: Any) -> "Operator":
        return self + -other if isinstance(other, Operator) or is_scalar(other) else NotImplemented

    def __rsub__(self, other: Any) -> "Operator":
        return -self + other if is_scalar(other) else NotImplemented

    def __mul__(self, other: Any) -> "Operator":
        if isinstance(other, Operator):
            raise TypeError(
                "`*` is for numbers: use `A @ B` for the product of operators, `kron(A, B)` for the Kronecker product."
            )
        if not is_scalar(other):
            return NotImplemented
        scale = finite(other)
        return self._like(Term(scale * c, factors) for c, factors in self._terms)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Operator":
        if not is_scalar(other):
            return NotImplemented
        if other == 0:
            raise OperatorError("An operator cannot be divided by 0.")
        return self * (1 / complex(other))

    @overload
    def __matmul__(self, other: "Operator") -> "Operator": ...
    @overload
    def __matmul__(self, other: Any) -> Any: ...
    def __matmul__(self, other: Any) -> Any:
        if isinstance(other, Operator):
            qubits = self._common_qubits(other)
            return Operator(_product_terms(self._terms, other._terms), qubits, placed=self._placed)
        if is_scalar(other) or isinstance(other, np.ndarray):
            raise TypeError(
                "`@` multiplies operators and applies them to states: use `c * A` or `A.apply(array)` here."
            )
        return NotImplemented

    def __pos__(self) -> "Operator":
        return self

    def __pow__(self, exponent: int) -> "Operator":
        return self.power(exponent)

    def power(self, exponent: int) -> "Operator":
        """Integer power; a negative one of a unitary is the power of its adjoint.

        >>> from qsim.algebra import S, Z
        >>> S.power(2) == Z, S.power(-2) == Z
        (True, True)
        """
        if isinstance(exponent, bool) or not isinstance(exponent, (int, np.integer)):
            raise OperatorError(
                f"Argument `exponent` must be an integer, but is {exponent!r}; a gate has real powers: Gate.power(t)."
            )
        if exponent < 0:
            if not self.is_unitary:
                raise OperatorError(
                    f"A negative power needs a unitary operator, but this is none (exponent {exponent})."
                )
            return self.dagger().power(-exponent)
        result, base, left = self._like((Term(1.0, ()),)), self, int(exponent)
        while left:
            if left % 2:
                result = (result @ base).simplify()
            left //= 2
            base = (base @ base).simplify() if left else base
        return result

    def commutator(self, other: "Operator") -> "Operator":
        """A B − B A, simplified.

        >>> from qsim.algebra import X, Y
        >>> X.commutator(Y)
        2i Z   (q0, unplaced)
        """
        return (self @ other - other @ self).simplify()

    def dagger(self) -> "Operator":
        """Conjugate transpose."""
        return self._like(
            Term(complex(c).conjugate(), tuple(PlacedFactor(p.qubits, p.factor.dagger()) for p in factors))
            for c, factors in self._terms
        )

    def simplify(self) -> "Operator":
        """Like terms combined, zeros (up to rounding) dropped; the value stays the same."""
        return self._like(combine_terms(self._terms))

    def trace(self) -> complex:
        """Trace of `matrix()`: over the slots, or over qubits 0 … the largest.

        >>> from qsim.algebra import P0, kron
        >>> kron(P0, P0).trace()
        (1+0j)
        """
        total = 0j
        for coefficient, factors in self._terms:
            product = complex(coefficient)
            used = 0
            for qubits, factor in factors:
                product *= complex(np.trace(factor.matrix))
                used += len(qubits)
            total += product * bits.register_size(self.num_qubits - used)
        return total

    def _common_qubits(self, other: "Operator") -> tuple[int, ...]:
        if self._placed != other._placed:
            raise OperatorError(
                f"A placed operator ({(self if self._placed else other)._label()}) and an unplaced one do not combine: "
                "place the unplaced one by calling it with qubits, as in X(0)."
            )
        if self._placed:
            return self._qubits if self._qubits == other._qubits else tuple(sorted({*self._qubits, *other._qubits}))
        if len(self._qubits) != len(other._qubits):
            raise OperatorError(
                f"Unplaced operators must have equal width, but have {len(self._qubits)} and {len(other._qubits)} "
                "qubits: pad with kron(A, I), or place them as in A(0, 1)."
            )
        return self._qubits

    # ── Forms ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def matrix(self, num_qubits: int | None = None) -> NDArray[np.complex128]:
        """Dense 2^n × 2^n matrix. Refused with its size where memory does not hold it.

        Args:
            num_qubits: n; by default the slots, or 0 … the largest named qubit. More are padded with the identity.
        """
        return as_array(self._terms, self._span(num_qubits))

    def sparse(self, num_qubits: int | None = None, format: str = "csr") -> Any:
        """Matrix as a scipy.sparse array of the given format; cost and memory follow the non-zero entries."""
        return as_sparse(self._terms, self._span(num_qubits), format)

    def linear_operator(self, num_qubits: int | None = None) -> "LinearOperator":
        """A scipy LinearOperator that applies the terms factor by factor: for eigsh, gmres, expm_multiply."""
        return as_linear_operator(self, self._span(num_qubits))

    def apply(self, state: Any) -> Any:
        """Apply to a `State` or to an array of shape (2^n,) or (2^n, columns); returns the same kind.

        The result need not be normalised: an operator is not always unitary.
        """
        if hasattr(state, "_apply_operator_"):
            return state._apply_operator_(self)
        array = np.asarray(state)
        return self.apply_to(array, vector_qubits(array))

    def apply_to(self, array: NDArray[Any], num_qubits: int) -> NDArray[Any]:
        """Apply to amplitudes of a register of `num_qubits`, shape (2^n,) or (2^n, columns); returns a new array."""
        self._check_fits(num_qubits)
        dtype = np.result_type(array.dtype, np.complex64)
        total = np.zeros(array.shape, dtype=dtype)
        for term in self._terms:
            total += apply_term(term, array, num_qubits)
        return total

    def _check_fits(self, num_qubits: int) -> None:
        if not self._placed and num_qubits != self.num_qubits:
            raise OperatorError(
                f"An unplaced operator of {self.num_qubits} qubits meets a register of {num_qubits}: "
                "place it, as in A(0, 1)."
            )
        if num_qubits < self.num_qubits:
            raise OperatorError(f"The operator acts on {self._label()}, but the register has {num_qubits} qubits.")

    def _span(self, num_qubits: int | None) -> int:
        if num_qubits is None:
            return self.num_qubits
        wanted = _operator.index(num_qubits)
        if wanted < self.num_qubits or (not self._placed and wanted != self.num_qubits):
            rule = "at least" if self._placed else "exactly"
            raise OperatorError(f"Argument `num_qubits` must be {rule} {self.num_qubits}, but is {wanted}.")
        return wanted

    def to_paulis(self) -> dict[str, complex]:
        """Coefficients in the Pauli basis, by string over all its qubits, qubit 0 first.

        >>> from qsim.algebra import P0, P1, I, X, kron
        >>> (kron(P0, I) + kron(P1, X)).to_paulis()
        {'II': (0.5+0j), 'ZI': (0.5+0j), 'IX': (0.5+0j), 'ZX': (-0.5+0j)}
        """
        width = self.num_qubits
        paulis = algebra.properties.pauli_sum(self._terms, width)
        return {algebra.pauli.letters(x, z, width): value for (x, z), value in paulis.items()}

    # ── Properties ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def is_hermitian(self) -> bool:
        """Whether it equals its adjoint, up to rounding."""
        return algebra.properties.is_hermitian(self._terms)

    @property
    def is_diagonal(self) -> bool:
        """Whether its matrix is diagonal, up to rounding."""
        return algebra.properties.is_diagonal(self._terms)

    @property
    def is_unitary(self) -> bool:
        """Whether its adjoint is its inverse, up to 1e-10."""
        return algebra.properties.is_unitary(self._terms)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Operator):
            return NotImplemented
        if self._placed != other._placed or (not self._placed and self._qubits != other._qubits):
            return False
        return self.equiv(other, atol=1e-12)

    def equiv(self, other: "Operator", up_to_phase: bool = False, atol: float = 1e-10) -> bool:
        """Whether the two are the same operator, on request up to a global phase.

        Args:
            other: an operator that is placed, or unplaced, like this one.
            up_to_phase: compare A with e^{iφ} B for the best φ.
            atol: largest difference of two coefficients (in the Pauli basis), relative to the largest one.
        """
        width = max(self._common_qubits(other), default=-1) + 1
        if not up_to_phase and not (self - other).simplify()._terms:
            return True
        return algebra.properties.coefficient_gap(self._terms, other._terms, width, up_to_phase=up_to_phase) <= atol

    # ── How it meets NumPy, kron and the reader ───────────────────────────────────────────────────────────────────

    def __array_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if func is np.kron and not kwargs:
            from qsim.algebra.kron import kron

            return kron(*args)
        raise TypeError(f"np.{func.__name__} works on arrays: call .matrix() first.")

    def __array__(self, dtype: Any = None, copy: Any = None) -> NoReturn:
        raise TypeError("An Operator is not an array: call .matrix() for the dense one.")

    @classmethod
    def _kron_(cls, factors: tuple[Any, ...]) -> "Operator":
        """Kronecker product of unplaced operators, and of 2^k × 2^k arrays beside them."""
        terms: list[Term] = [Term(1.0, ())]
        width = 0
        for factor in factors:
            item = _as_unplaced(factor)
            shift = {slot: slot + width for slot in item._qubits}
            if len(terms) * len(item._terms) > MAX_TERMS:
                raise OperatorError(f"kron would have {len(terms) * len(item._terms)} terms, more than {MAX_TERMS}.")
            moved = [
                Term(c, tuple(PlacedFactor(tuple(shift[q] for q in p.qubits), p.factor) for p in f))
                for c, f in item._terms
            ]
            terms = [Term(a.coefficient * b.coefficient, a.factors + b.factors) for a in terms for b in moved]
            width += len(item._qubits)
        return cls(terms, tuple(range(width)), placed=False)

    def _label(self) -> str:
        return algebra.show.qubit_labels(self._qubits)

    def __repr__(self) -> str:
        suffix = "" if self._placed else ", unplaced"
        count = f"{len(self._terms)} terms, " if len(self._terms) > algebra.show.MAX_TERMS else ""
        return f"{algebra.show.text(self._terms, self._qubits)}   ({count}{self._label()}{suffix})"

    def _repr_latex_(self) -> str:
        labels = algebra.show.latex_labels(self._qubits, "" if self._placed else ", unplaced")
        return f"${algebra.show.latex(self._terms, self._qubits)}{labels}$"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self._terms, self._qubits, self._placed)


def _rebuild(terms: tuple[Term, ...], qubits: tuple[int, ...], placed: bool) -> Operator:
    return Operator(terms, qubits, placed=placed)


def _pauli_term(string: str, coefficient: complex) -> Term:
    wrong = string.strip("IXYZ")
    if wrong:
        raise OperatorError(f"A Pauli string consists of I, X, Y and Z, but {string!r} has {wrong[0]!r}.")
    factors = [PlacedFactor((slot,), NAMED[letter]) for slot, letter in enumerate(string)]
    return make_term(finite(coefficient), factors)


def _as_unplaced(factor: Any) -> Operator:
    if isinstance(factor, Operator):
        if factor.is_placed:
            raise OperatorError(
                f"kron takes unplaced operators, but {factor!r} is placed: "
                "on different qubits A @ B is the Kronecker product."
            )
        return factor
    if isinstance(factor, np.ndarray) or hasattr(factor, "toarray"):
        return Operator.from_matrix(factor)
    raise TypeError(f"kron of an Operator takes Operators and 2^k × 2^k arrays beside it, not {type(factor).__name__}.")


def _product_terms(left: tuple[Term, ...], right: tuple[Term, ...]) -> Iterator[Term]:
    if len(left) * len(right) > MAX_TERMS:
        raise OperatorError(
            f"The product would have {len(left) * len(right)} terms, more than {MAX_TERMS}: "
            "use OperatorProduct(A, B), which stays lazy."
        )
    products = (multiply_terms(a, b) for a in left for b in right)
    return (term for term in products if term is not None)
