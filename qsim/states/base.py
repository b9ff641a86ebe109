"""What pure and mixed states have in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from qsim.algebra.kron import kron
from qsim.errors import StateError
from qsim.states._qubits import check_qubits
from qsim.states.counts import Counts
from qsim.states.sampling import make_rng, sample_indices

if TYPE_CHECKING:
    from qsim.states.density import DensityMatrix

__all__ = ["QuantumState"]


class QuantumState(ABC):
    """A state of a register, pure (`State`) or mixed (`DensityMatrix`): immutable, asked by methods."""

    __slots__ = ()
    __array_ufunc__ = None  # NumPy leaves `number * state` and `array @ state` to the methods here

    @property
    @abstractmethod
    def num_qubits(self) -> int:
        """Size of the register."""

    @abstractmethod
    def density_matrix(self) -> "DensityMatrix":
        """The state as a density matrix."""

    @abstractmethod
    def probabilities(self, qubits: Any = None) -> NDArray[np.float64]:
        """Probabilities of what the listed qubits would be measured as."""

    @abstractmethod
    def reduced(self, keep: Any) -> "DensityMatrix":
        """The state of the listed qubits alone."""

    @abstractmethod
    def fidelity(self, other: "QuantumState") -> float:
        """How close another state of the register is: 1 for equal, 0 for orthogonal ones."""

    def sample(self, shots: int = 1000, qubits: Any = None, seed: Any = None) -> Counts:
        """Measure the listed qubits `shots` times, each time anew.

        Args:
            shots: number of measurements.
            qubits: which ones, in the order of the keys' characters; all by default.
            seed: an int or a `numpy.random.Generator`.

        >>> from qsim.states import State
        >>> counts = State("0+").sample(100, qubits=[1, 0], seed=1)
        >>> sum(counts.values()), sorted(counts)
        (100, ['00', '10'])
        """
        listed = check_qubits(qubits, self.num_qubits)
        outcomes, counts = self._draw(listed, shots, make_rng(seed))
        return Counts.from_arrays(outcomes, counts, labels=[f"q{qubit}" for qubit in listed])

    def _draw(
        self, listed: tuple[int, ...], shots: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """What the listed qubits spelled, ascending, and how often."""
        return sample_indices(self.probabilities(listed), shots, rng)

    def bloch(self, qubit: int) -> NDArray[np.float64]:
        """Bloch vector (⟨X⟩, ⟨Y⟩, ⟨Z⟩) of one qubit; shorter than 1 where the qubit is entangled or mixed.

        >>> from qsim.states import State
        >>> State("0r").bloch(1).round(6).tolist()
        [0.0, 1.0, 0.0]
        """
        rho = self.reduced((qubit,)).matrix
        return np.array([2 * rho[1, 0].real, 2 * rho[1, 0].imag, (rho[0, 0] - rho[1, 1]).real])

    def _require_same_size(self, other: "QuantumState") -> None:
        if self.num_qubits != other.num_qubits:
            raise StateError(
                f"Argument `other` must have {self.num_qubits} qubits like this state, but has {other.num_qubits}."
            )

    def __array_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if func is np.kron and not kwargs:
            return kron(*args)
        raise TypeError(f"np.{func.__name__} works on arrays: call np.asarray(state) first.")

    def _repr_html_(self) -> str:
        from qsim.plots.html import state_html

        return state_html(self)

    def __copy__(self) -> Self:
        return self  # immutable

    def __deepcopy__(self, memo: Any) -> Self:
        return self
