"""Job: what an engine is given."""

from typing import Any, NamedTuple

from numpy.typing import NDArray

from qsim.circuit import Circuit

__all__ = ["Job"]


class Job(NamedTuple):
    """A circuit to simulate.

    Attributes:
        circuit: parameters bound; measurements are passed over.
        amplitudes: complex, of length 2^n, the state before; an engine may overwrite them.
        is_zero: whether that is |0…0⟩.
        threads: at most so many at once.
    """

    circuit: Circuit
    amplitudes: NDArray[Any]
    is_zero: bool = False
    threads: int = 1
