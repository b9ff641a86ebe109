"""State: a pure state of a register, as its 2^n amplitudes."""

import numbers
from collections.abc import Sequence
from functools import reduce
from os import PathLike
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from qsim import bits, states
from qsim.algebra import Operator
from qsim.errors import StateError
from qsim.states import vectors
from qsim.states._qubits import check_num_qubits, check_qubits, require_entries
from qsim.states.base import QuantumState
from qsim.states.sampling import FEW_QUBITS, make_rng, merge_equal, sample_amplitudes
from qsim.states.vectors import Amplitudes

if TYPE_CHECKING:
    from qsim.circuit import Circuit
    from qsim.states import DensityMatrix, Schmidt
    from qsim.states.storage import StateFile

__all__ = ["State"]


@final
class State(QuantumState):
    """A pure state: 2^n complex amplitudes, qubit 0 leftmost and most significant. Immutable.

    Sums and multiples of states may have any norm; what asks for probabilities refuses them until `.normalized()`.

    Args:
        value: a label of 0, 1, +, -, r = (|0⟩+i|1⟩)/√2 and l = (|0⟩-i|1⟩)/√2, one character a qubit; or a vector of 2^n
            amplitudes (copied; 32-bit numbers stay in single precision); or, with `num_qubits`, a basis index.
        num_qubits: size of the register. Needed with a basis index, else checked.
        normalize: divide by the norm. Otherwise the norm must be 1 within 1e-8 (single precision: 1e-4).

    Raises:
        StateError: the label, length, norm or index is wrong, or a number is not finite.
        TooLargeError: the amplitudes would not fit into memory.

    >>> State("+0")
    0.7071|00⟩ + 0.7071|10⟩   (q0 q1)
    >>> State([3, 4j], normalize=True)
    0.6|0⟩ + 0.8i|1⟩   (q0)
    >>> State(5, num_qubits=3)
    |101⟩   (q0 q1 q2)
    """

    __slots__ = ("_amplitudes", "_file", "_known_normalized", "_num_qubits")
    _amplitudes: Amplitudes  # missing while the file of a `memmap` is in the middle of a run
    _file: "StateFile | None"
    _known_normalized: bool  # the norm was found to be 1; otherwise it is not known yet, or is not
    _num_qubits: int
    __iter__ = None  # `state[0]` would otherwise make it an iterable that fails at its end

    def __init__(self, value: Any, *, num_qubits: int | None = None, normalize: bool = False) -> None:
        amplitudes = _amplitudes_of(value, num_qubits)
        if num_qubits is not None and (found := vectors.register_of(amplitudes)) != num_qubits:
            raise StateError(f"Argument `num_qubits` is {num_qubits}, but the state has {found} qubits.")
        if normalize:
            amplitudes = vectors.divided_by_norm(amplitudes)
        elif not vectors.is_normalized(amplitudes):
            hint = "pass normalize=True to divide by it"
            raise vectors.normalization_error(amplitudes, "Argument `amplitudes`", hint)
        self._set(amplitudes, normalized=True)

    def _set(self, amplitudes: Amplitudes, *, normalized: bool) -> None:
        self._amplitudes = amplitudes.view()
        self._amplitudes.flags.writeable = False
        self._num_qubits = vectors.register_of(amplitudes)
        self._known_normalized = normalized
        self._file = None

    @classmethod
    def _wrap(cls, amplitudes: Amplitudes, normalized: bool = True) -> "State":
        """A state around an array, without a copy or a check: for engines, which hand the array over.

        Args:
            amplitudes: contiguous complex64 or complex128 of length 2^n; nobody writes to it afterwards.
            normalized: whether the norm is known to be 1; otherwise it is checked when the state is used as one.
        """
        state = object.__new__(cls)
        state._set(amplitudes, normalized=normalized)
        return state

    # ── Named states ──────────────────────────────────────────────────────────────────────────────────────────────

    @classmethod
    def zeros(cls, num_qubits: int) -> "State":
        """|0…0⟩."""
        return cls._wrap(states.labels.basis_amplitudes(0, check_num_qubits(num_qubits)))

    @classmethod
    def random(cls, num_qubits: int, seed: Any = None) -> "State":
        """A state drawn from the Haar measure: normal real and imaginary parts, normalised.

        Args:
            num_qubits: size of the register.
            seed: an int or a `numpy.random.Generator`.
        """
        return cls._wrap(vectors.haar_random(check_num_qubits(num_qubits), make_rng(seed)))

    @classmethod
    def bell(cls, kind: str = "phi+") -> "State":
        """A Bell state: phi± = (|00⟩ ± |11⟩)/√2, psi± = (|01⟩ ± |10⟩)/√2.

        >>> State.bell("psi-")
        0.7071|01⟩ - 0.7071|10⟩   (q0 q1)
        """
        return cls._wrap(states.labels.bell_amplitudes(kind))

    @classmethod
    def ghz(cls, num_qubits: int) -> "State":
        """(|0…0⟩ + |1…1⟩)/√2."""
        return cls._wrap(states.labels.ghz_amplitudes(num_qubits))

    @classmethod
    def w(cls, num_qubits: int) -> "State":
        """The W state: an equal superposition of the basis states with a single 1.

        >>> State.w(3)
        0.5774|001⟩ + 0.5774|010⟩ + 0.5774|100⟩   (q0 q1 q2)
        """
        return cls._wrap(states.labels.w_amplitudes(num_qubits))

    # ── Amplitudes ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def num_qubits(self) -> int:
        """Size of the register."""
        return self._num_qubits

    @property
    def amplitudes(self) -> Amplitudes:
        """The 2^n amplitudes in index order, read-only and not copied."""
        return self._amplitudes

    @property
    def norm(self) -> float:
        """√⟨ψ|ψ⟩: 1, but for sums and multiples of states."""
        return vectors.norm(self._amplitudes)

    @property
    def is_normalized(self) -> bool:
        """Whether the norm is 1 within 1e-8 (single precision: 1e-4); computed only where it is not known."""
        self._known_normalized = self._known_normalized or vectors.is_normalized(self._amplitudes)
        return self._known_normalized

    def normalized(self) -> "State":
        """This vector divided by its norm."""
        return State._wrap(vectors.divided_by_norm(self._amplitudes))

    def __getitem__(self, key: str | int) -> complex:
        """Amplitude of a bit string (qubit 0 first) or of a basis index.

        >>> State("1r")["11"].imag == State("1r")[3].imag > 0
        True
        """
        if isinstance(key, str):
            if len(key) != self._num_qubits or key.strip("01"):
                raise StateError(f"A key must be {self._num_qubits} characters of 0 and 1, but is {key!r}.")
            key = bits.parse_bitstring(key)
        if not 0 <= key < len(self._amplitudes):
            raise StateError(f"A basis index must lie in range({len(self._amplitudes)}), but is {key}.")
        return complex(self._amplitudes[key])

    def inner(self, other: "State") -> complex:
        """⟨self|other⟩: conjugate in this state, linear in the other.

        >>> State("r").inner(State("1"))   # ⟨r|1⟩ = -i/√2
        -0.7071067811865476j
        """
        _require_state(other)
        self._require_same_size(other)
        return vectors.inner(self._amplitudes, other._amplitudes)

    # ── Sums, multiples, products ─────────────────────────────────────────────────────────────────────────────────

    def __add__(self, other: Any) -> "State":
        if not isinstance(other, State):
            return NotImplemented
        self._require_same_size(other)
        return State._wrap(self._amplitudes + other._amplitudes, normalized=False)

    def __radd__(self, other: Any) -> "State":
        return self if isinstance(other, int) and other == 0 else NotImplemented  # sum() begins with 0

    def __sub__(self, other: Any) -> "State":
        return self + -other if isinstance(other, State) else NotImplemented

    def __neg__(self) -> "State":
        return State._wrap(-self._amplitudes, self._known_normalized)

    def __mul__(self, other: Any) -> "State":
        if not isinstance(other, numbers.Number):
            return NotImplemented
        return State._wrap(self._amplitudes * vectors.finite(other), normalized=False)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "State":
        if not isinstance(other, numbers.Number):
            return NotImplemented
        divisor = vectors.finite(other)
        if divisor == 0:
            raise StateError("A state cannot be divided by 0.")
        return State._wrap(self._amplitudes / divisor, normalized=False)

    def __rmatmul__(self, operator: Any) -> "State":
        return self._apply_operator_(operator)

    def _apply_operator_(self, operator: Any) -> "State":
        """The operator times this state; it need not be unitary, so the norm is not known."""
        image = states.observables.apply(states.observables.as_observable(operator), self._amplitudes, self._num_qubits)
        return State._wrap(image.astype(self._amplitudes.dtype, copy=False), normalized=False)

    @classmethod
    def _kron_(cls, factors: Sequence[Any]) -> "State":
        for factor in factors:
            if not isinstance(factor, State):
                raise TypeError(f"kron of a State takes States alone, not {type(factor).__name__}: wrap it in State().")
        total = sum(factor._num_qubits for factor in factors)
        require_entries(total, f"A state of {total} qubits")
        amplitudes = reduce(lambda a, b: np.multiply.outer(a, b).reshape(-1), (f._amplitudes for f in factors))
        return cls._wrap(amplitudes, all(factor._known_normalized for factor in factors))

    # ── What is measured ──────────────────────────────────────────────────────────────────────────────────────────

    def probabilities(self, qubits: Any = None) -> NDArray[np.float64]:
        """Probabilities of what the listed qubits spell, the first listed most significant.

        Args:
            qubits: a qubit or several, all by default.

        Returns:
            Array of length 2^k in index order.

        >>> State("0+1").probabilities([2, 0]).round(6).tolist()   # qubit 2 is 1, qubit 0 is 0: index 0b10
        [0.0, 0.0, 1.0, 0.0]
        """
        return vectors.marginal(self._checked(), check_qubits(qubits, self._num_qubits), self._num_qubits)

    def _draw(
        self, listed: tuple[int, ...], shots: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        if len(listed) < min(self._num_qubits, FEW_QUBITS):
            return super()._draw(listed, shots, rng)
        # The whole register is sampled block by block: the distribution of many qubits is not formed as an array.
        outcomes, counts = sample_amplitudes(self._checked(), shots, rng)
        if listed == tuple(range(self._num_qubits)):
            return outcomes, counts
        return merge_equal(bits.extract_bits(outcomes, listed, self._num_qubits), counts)

    def expectation(self, observable: Any) -> float | complex:
        """⟨ψ|A|ψ⟩: a float if A is known to be Hermitian, else complex.

        Args:
            observable: an Operator (placed, or of this width), OperatorProduct, dict of Pauli strings, or 2^n × 2^n
                matrix: array, sparse, or LinearOperator. Of lazy ones it is not known whether they are Hermitian.

        >>> State("10").expectation({"ZI": 1.0, "ZZ": 0.5})
        -1.5
        """
        operator = states.observables.as_observable(observable)
        value = states.observables.mean(operator, self._checked(), self._num_qubits)
        return value.real if states.observables.is_hermitian(operator) else value

    def variance(self, observable: Any) -> float:
        """⟨A†A⟩ - |⟨A⟩|², for a Hermitian A the variance of its measured value; computed as ‖(A - ⟨A⟩)ψ‖²."""
        operator = states.observables.as_observable(observable)
        return states.observables.variance(operator, self._checked(), self._num_qubits)

    def collapse(self, outcome: str, qubits: Any = None) -> tuple["State", float]:
        """The normalised state after the listed qubits were found as `outcome`, and the probability of that.

        Args:
            outcome: a bit string, its i-th character for the i-th listed qubit.
            qubits: a qubit or several, all by default.

        Raises:
            StateError: the outcome cannot happen.

        >>> State.w(3).collapse("0", [1])[0]
        0.7071|001⟩ + 0.7071|100⟩   (q0 q1 q2)
        """
        listed = check_qubits(qubits, self._num_qubits)
        if not isinstance(outcome, str):
            raise TypeError(f"Argument `outcome` must be a bit string, but is {outcome!r}.")
        if len(outcome) != len(listed) or outcome.strip("01"):
            raise StateError(f"Argument `outcome` must be {len(listed)} characters of 0 and 1, but is {outcome!r}.")
        amplitudes, probability = vectors.project(self._checked(), outcome, listed, self._num_qubits)
        return State._wrap(amplitudes), probability

    def measure(self, qubits: Any = None, seed: Any = None) -> tuple[str, "State"]:
        """Measure the listed qubits once: the outcome as a bit string, and the state after it."""
        listed = check_qubits(qubits, self._num_qubits)
        drawn, _ = self._draw(listed, 1, make_rng(seed))
        outcome = bits.bitstring(int(drawn[0]), len(listed))
        return outcome, self.collapse(outcome, listed)[0]

    # ── Parts of the register ─────────────────────────────────────────────────────────────────────────────────────

    def reduced(self, keep: Any) -> "DensityMatrix":
        """Density matrix of the listed qubits, which are *kept*, in the order listed; the others are traced out.

        >>> State("01+").reduced([1, 0])
        |10⟩⟨10|   (q0 q1)
        """
        listed = check_qubits(keep, self._num_qubits, "keep")
        return states.DensityMatrix._wrap(vectors.reduce_pure(self._checked(), listed, self._num_qubits))

    def entropy(self, qubits: Any) -> float:
        """Von Neumann entropy of the listed qubits in bits, -tr ρ log2 ρ: their entanglement with the others.

        >>> round(State.ghz(3).entropy([0]), 6)
        1.0
        """
        return self._smaller_side(qubits).entropy()

    def purity(self, qubits: Any) -> float:
        """tr ρ² of the listed qubits: 1 if they are not entangled with the others."""
        return self._smaller_side(qubits).purity()

    def _smaller_side(self, qubits: Any) -> "DensityMatrix":
        """The density matrix of the listed qubits or of the others, whichever are fewer: their spectra agree."""
        listed = check_qubits(qubits, self._num_qubits)
        others = [qubit for qubit in range(self._num_qubits) if qubit not in listed]
        return self.reduced(min(listed, others, key=len))

    def schmidt(self, qubits: Any) -> "Schmidt":
        """Schmidt decomposition between the listed qubits and the others, by singular values.

        >>> State.bell().schmidt([0]).coefficients.round(4).tolist()
        [0.7071, 0.7071]
        """
        listed = check_qubits(qubits, self._num_qubits)
        coefficients, left, right = vectors.schmidt_vectors(self._checked(), listed, self._num_qubits)
        return states.Schmidt(coefficients, tuple(map(State._wrap, left)), tuple(map(State._wrap, right)))

    # ── Comparison ────────────────────────────────────────────────────────────────────────────────────────────────

    def fidelity(self, other: QuantumState) -> float:
        """|⟨ψ|φ⟩|², or ⟨ψ|ρ|ψ⟩ with a density matrix.

        >>> round(State("0").fidelity(State("+")), 6)
        0.5
        """
        if not isinstance(other, QuantumState):
            raise TypeError(f"Argument `other` must be a State or a DensityMatrix, but is {type(other).__name__}.")
        self._require_same_size(other)
        if isinstance(other, State):
            overlap = abs(vectors.inner(self._checked(), other._checked())) ** 2
        else:
            ket = self._checked()
            overlap = vectors.inner(ket, other.density_matrix().matrix @ ket).real
        return min(max(overlap, 0.0), 1.0)

    def equiv(self, other: "State", atol: float = 1e-10) -> bool:
        """Whether the two are equal up to a global phase: ‖ψ - e^{iφ} φ‖ ≤ atol for the best phase.

        >>> State("-").equiv(-1j * State("-"))
        True
        """
        _require_state(other)
        if self._num_qubits != other._num_qubits:
            return False
        overlap = other.inner(self)
        phase = overlap / abs(overlap) if overlap else 1.0
        return vectors.distance(self._amplitudes, other._amplitudes, phase) <= atol

    def __eq__(self, other: object) -> bool:
        """Equal amplitudes, without tolerance: `equiv` compares as physics does."""
        return np.array_equal(self._amplitudes, other._amplitudes) if isinstance(other, State) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    # ── Other forms ───────────────────────────────────────────────────────────────────────────────────────────────

    def density_matrix(self) -> "DensityMatrix":
        """|ψ⟩⟨ψ| as a DensityMatrix."""
        return self.reduced(None)

    def projector(self) -> Operator:
        """|ψ⟩⟨ψ| as an unplaced Operator.

        >>> State("-").projector().matrix().real.round(6).tolist()
        [[0.5, -0.5], [-0.5, 0.5]]
        """
        require_entries(2 * self._num_qubits + 2, f"The projector of {self._num_qubits} qubits")  # and its copies
        return Operator.from_matrix(self.density_matrix().matrix, name="|ψ⟩⟨ψ|")

    def evolve(self, circuit: "Circuit") -> "State":
        """The state after a circuit without measurements, begun in this one."""
        from qsim.run import state

        self._checked()
        return state(circuit, initial=self)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the amplitudes as a NumPy `.npy` file, exactly at `path`."""
        self._checked()
        with open(path, "wb") as file:
            np.save(file, self._amplitudes, allow_pickle=False)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> "State":
        """Read a state from a `.npy` file of amplitudes or a file of `State.memmap`, checked like any other vector.

        Raises:
            StateError: the file is of neither kind, is damaged or unfinished, or does not hold a normalised vector.
        """
        return cls(states.storage.open_amplitudes(path))

    @classmethod
    def memmap(cls, path: str | PathLike[str], num_qubits: int, *, precision: str = "double") -> "State":
        """A state whose amplitudes are a file, for registers larger than memory: `run(circuit, None, out=state)`.

        Where there is no file, one of |0…0⟩ is made, of 2^n · 16 bytes (single precision: 8) and 4 KiB. This is the one
        kind of state that changes: a run with it as `out` writes to it. A run that was stopped is taken up again by the
        same call, and until then the state cannot be read. A file of more than half the memory is worked on in blocks
        of 256 MiB, which are copied into memory: as many as threads, and at most an eighth of it. Ctrl-C and the
        timeout wait for them.

        Args:
            path: of the file.
            num_qubits: size of the register.
            precision: "double" or "single".

        Raises:
            StateError: the file is of another kind, size or precision, is damaged, or was left by a killed run.
            TooLargeError: the disk does not hold it.

        >>> import tempfile
        >>> from qsim import Circuit, run
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     run(Circuit(2).h(0).cx(0, 1), None, out=State.memmap(f"{folder}/bell.state", 2)).state
        0.7071|00⟩ + 0.7071|11⟩   (q0 q1)
        """
        state = object.__new__(cls)
        state._follow(states.storage.StateFile.at(path, check_num_qubits(num_qubits), precision))
        return state

    def _follow(self, file: "StateFile", normalized: bool = False) -> None:
        """Show what a file holds now."""
        self._set(file.amplitudes, normalized=normalized)
        self._file = file
        if file.unreadable:
            del self._amplitudes

    def __getattr__(self, name: str) -> Any:
        if name == "_amplitudes" and self._file is not None:
            raise StateError(self._file.unreadable)
        raise AttributeError(f"'State' object has no attribute {name!r}")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self._amplitudes, dtype=dtype, copy=copy)

    def __reduce__(self) -> tuple[Any, ...]:
        return State._wrap, (np.asarray(self._amplitudes), self._known_normalized)

    def __repr__(self) -> str:
        if self._file is not None and self._file.unreadable:
            return f"<State: {self._num_qubits} qubits, {self._file.unreadable}>"
        return states.show.ket_sum(self._amplitudes, self._num_qubits)

    def _repr_latex_(self) -> str | None:
        return states.show.state_latex(self)

    def _checked(self) -> Amplitudes:
        """The amplitudes of a normalised state."""
        if not self.is_normalized:
            hint = "call .normalized() before it is used as a state"
            raise vectors.normalization_error(self._amplitudes, "The state", hint)
        return self._amplitudes


def _amplitudes_of(value: Any, num_qubits: int | None) -> Amplitudes:
    if isinstance(value, str):
        return states.labels.label_amplitudes(value)
    if isinstance(value, State):
        return value.amplitudes
    if isinstance(value, numbers.Integral):
        if num_qubits is None:
            raise TypeError(f"A basis index needs the size of its register: State({value}, num_qubits=...).")
        return states.labels.basis_amplitudes(int(value), num_qubits)
    return vectors.as_amplitudes(value)


def _require_state(other: Any) -> None:
    if not isinstance(other, State):
        raise TypeError(f"Argument `other` must be a State, but is {type(other).__name__}.")
