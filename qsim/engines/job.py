"""Job: what an engine is given."""

from typing import Any, NamedTuple

from numpy.typing import NDArray

from qsim.circuit import Circuit
from qsim.engines.control import Control

__all__ = ["COMPILED_QUBITS", "Job"]

COMPILED_QUBITS = 10  # the compiled engine starts here: with fewer a block would not fill


class Job(NamedTuple):
    """A circuit to simulate.

    Attributes:
        circuit: parameters bound; measurements are passed over.
        amplitudes: complex, of length 2^n, the state before; an engine may overwrite them.
        control: what the run is watched by; the engine does its work through it.
        is_zero: whether the state before is |0…0⟩.
        threads: at most so many at once; `None`: one for each CPU that the process may use.
    """

    circuit: Circuit
    amplitudes: NDArray[Any]
    control: Control
    is_zero: bool = False
    threads: int | None = None
