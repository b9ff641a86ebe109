"""Job: what an engine is given."""

from typing import Any

from numpy.typing import NDArray

from qsim.circuit import Circuit
from qsim.engines.control import Control
from qsim.frozen import Record

__all__ = ["COMPILED_QUBITS", "DIRECT_QUBITS", "Job"]

COMPILED_QUBITS = 10  # the planned engine can do so many: with fewer a block would not fill
# Up to so many qubits the compiled engine goes gate by gate: 300 gates on 16 qubits take 8 ms so, and 6 ms of planning
# alone at the 20 µs a gate that planning is to take.
DIRECT_QUBITS = 16


class Job(Record):
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
