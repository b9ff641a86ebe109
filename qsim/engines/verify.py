"""Verification: a planned run against the same circuit gate by gate, and the operation where they part."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim.circuit import Circuit
from qsim.circuit.analysis import locate
from qsim.circuit.transforms import with_instructions
from qsim.engines import numpy_path
from qsim.engines.control import Control
from qsim.engines.job import DIRECT_QUBITS, Job
from qsim.engines.start import Start
from qsim.errors import VerificationError
from qsim.states import vectors
from qsim.states.record import PRECISIONS

__all__ = ["gate_by_gate", "is_direct_unplanned", "verify"]

# ‖planned − gate by gate‖ that rounding explains, up to 1,000 operations; beyond, it grows as their square root.
# Planning takes gates that miss being unitary by 1e-9 for unitary.
_TOLERANCE = {np.dtype(np.complex128): 1e-8, np.dtype(np.complex64): 1e-4}
_OPERATIONS = 1000

Simulate = Callable[[Job], NDArray[Any]]


def gate_by_gate(job: Job) -> NDArray[Any]:
    """The state after the circuit's operations, one after the other, without a plan.

    Compiled where that is not what the planned engine does itself, and where there are kernels; else by NumPy.
    """
    if not job.control.is_recorded and is_direct_unplanned(job.circuit, PRECISIONS[job.amplitudes.dtype]):
        from qsim.engines import direct

        return direct.simulate(job)
    return numpy_path.simulate(job)


def is_direct_unplanned(circuit: Circuit, precision: str) -> bool:
    """Whether a circuit without a plan runs in compiled code; loads kernels."""
    from qsim.kernels import DIRECT, try_load

    return circuit.num_qubits > DIRECT_QUBITS and try_load(precision, source=DIRECT) is not None


def verify(
    circuit: Circuit, found: NDArray[Any], planned: Simulate, begin: Callable[[], Start], control: Control, threads: Any
) -> None:
    """Compare what a planned run found with the circuit gate by gate.

    Args:
        circuit: what was run.
        found: amplitudes of its planned run.
        planned: the engine.
        begin: gives the initial state in a new array.
        control: holds the time limit.
        threads: as in `Job`.

    Raises:
        VerificationError: they differ; the message names the operation from which on they do, found by bisection over
            the beginnings of the circuit. This takes two more arrays.
    """

    def simulate(engine: Simulate, count: int) -> NDArray[Any]:
        start = begin()
        start.fill()
        part = with_instructions(circuit, circuit[:count])
        return engine(Job(part, start.amplitudes, control.silent(), start.is_zero, threads))

    def gap(count: int, planned_state: NDArray[Any] | None = None) -> float:
        one = simulate(planned, count) if planned_state is None else planned_state
        return _distance(one, simulate(gate_by_gate, count))

    total = gap(len(circuit), found)
    if total <= _tolerance(found.dtype, len(circuit)):
        return
    agree, differ, distance = 0, len(circuit), total
    while differ - agree > 1:
        middle = (agree + differ) // 2
        apart = gap(middle)
        if apart <= _tolerance(found.dtype, middle):
            agree = middle
        else:
            differ, distance = middle, apart
    raise VerificationError(
        f"{locate(differ - 1, circuit[differ - 1])}: from here on the planned run differs from the gates one by one, "
        f"by {distance:.3g} in norm. This is a bug of qsim: please report it, and use optimize=False meanwhile."
    )


def _tolerance(dtype: np.dtype[Any], count: int) -> float:
    return _TOLERANCE[dtype] * math.sqrt(max(1.0, count / _OPERATIONS))


def _distance(one: NDArray[Any], other: NDArray[Any]) -> float:
    """‖one − other‖, where `other` should have norm 1; relative to its norm where that is larger."""
    return vectors.distance(one, other, 1.0) / max(vectors.norm(other), 1.0)
