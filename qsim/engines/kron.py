"""The matrix engines: Kronecker products formed, densely as one operator or sparsely gate by gate."""

from typing import Any

from numpy.typing import NDArray

from qsim.circuit import Operation
from qsim.engines.job import Job

__all__ = ["simulate_dense", "simulate_sparse"]


def simulate_dense(job: Job) -> NDArray[Any]:
    """Form the circuit's 2^n × 2^n unitary, multiply once: worth it for many states and few qubits."""
    state = job.amplitudes
    for circuit in job.control.steps([job.circuit.without_final_measurements()]):
        state = circuit.unitary().astype(state.dtype, copy=False) @ state
    return state


def simulate_sparse(job: Job) -> NDArray[Any]:
    """Form each gate's sparse Kronecker product and multiply it onto the state: practical to some 20 qubits."""
    state = job.amplitudes
    for instruction in job.control.steps(job.circuit):
        if isinstance(instruction, Operation):
            placed: Any = instruction.gate.operator(*instruction.qubits).sparse(job.circuit.num_qubits)
            state = placed.astype(state.dtype) @ state
    return state
