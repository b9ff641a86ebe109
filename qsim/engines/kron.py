"""The matrix engines: Kronecker products formed, densely as one operator or sparsely gate by gate."""

from typing import Any

from numpy.typing import NDArray

from qsim.circuit import Circuit, Operation

__all__ = ["simulate_dense", "simulate_sparse"]


def simulate_dense(circuit: Circuit, amplitudes: NDArray[Any]) -> NDArray[Any]:
    """Form the circuit's 2^n × 2^n unitary, multiply once: worth it for many states and few qubits."""
    operations = circuit.without_final_measurements()
    matrix: NDArray[Any] = operations.unitary().astype(amplitudes.dtype, copy=False)
    final: NDArray[Any] = matrix @ amplitudes
    return final


def simulate_sparse(circuit: Circuit, amplitudes: NDArray[Any]) -> NDArray[Any]:
    """Form each gate's sparse Kronecker product and multiply it onto the state: practical to some 20 qubits."""
    state = amplitudes
    for instruction in circuit:
        if isinstance(instruction, Operation):
            placed: Any = instruction.gate.operator(*instruction.qubits).sparse(circuit.num_qubits)
            state = placed.astype(state.dtype) @ state
    return state
