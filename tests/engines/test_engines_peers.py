"""Whole circuits against Qiskit and Cirq: asymmetric states, the order of qubits turned where it must be."""

import numpy as np
import pytest
from peers import peer

from qsim import Circuit, run
from qsim.engines.job import DIRECT_QUBITS
from qsim.gates import TABLE
from qsim.testing import random_circuit

pytestmark = pytest.mark.peers
SEEDS = range(12)
SHARED = [name for name in TABLE if name not in ("fsim", "gphase")]  # what Qiskit has as a gate on qubits


def qiskit_state(circuit):
    """Statevector of the same circuit in Qiskit, built by its own gate methods, in our order of amplitudes."""
    qiskit = peer("qiskit")
    theirs = qiskit.QuantumCircuit(circuit.num_qubits)
    names = {"c3x": "mcx", "c4x": "mcx"}
    for operation in circuit:
        gate = operation.gate
        if gate.name in names:
            theirs.mcx(list(operation.controls), operation.targets[0])
        elif gate.name in ("u1", "u2", "u3", "xx_plus_yy", "xx_minus_yy", "csdg", "cs", "csx"):
            library = {
                "u1": "U1Gate", "u2": "U2Gate", "u3": "U3Gate", "xx_plus_yy": "XXPlusYYGate", "xx_minus_yy": "XXMinusYYGate",
                "csdg": "CSdgGate", "cs": "CSGate", "csx": "CSXGate",
            }  # fmt: skip
            theirs.append(getattr(qiskit.circuit.library, library[gate.name])(*gate.params), operation.qubits)
        else:
            getattr(theirs, gate.name)(*gate.params, *operation.qubits)
    return qiskit.quantum_info.Statevector(theirs).reverse_qargs().data


def cirq_state(circuit):
    """Final state of the same circuit in Cirq, from the gates' matrices; Cirq's order is ours."""
    cirq = peer("cirq")
    qubits = cirq.LineQubit.range(circuit.num_qubits)
    operations = [cirq.MatrixGate(op.gate.matrix()).on(*(qubits[q] for q in op.qubits)) for op in circuit]
    simulator = cirq.Simulator(dtype=np.complex128)
    return simulator.simulate(cirq.Circuit(operations), qubit_order=qubits).final_state_vector


@pytest.mark.parametrize("seed", SEEDS)
def test_random_circuits_against_qiskit_and_cirq(seed):
    circuit = random_circuit(5, 40, seed, names=SHARED)
    ours = circuit.state().amplitudes
    np.testing.assert_allclose(ours, qiskit_state(circuit), atol=1e-10)
    np.testing.assert_allclose(ours, cirq_state(circuit), atol=1e-6)  # Cirq checks matrices to 1e-8 only


@pytest.mark.parametrize("seed", range(2))
def test_planned_circuits_against_qiskit_and_cirq(seed):
    """On more qubits than are done gate by gate."""
    circuit = random_circuit(DIRECT_QUBITS + 1, 60, seed, names=SHARED)
    theirs = qiskit_state(circuit), cirq_state(circuit)
    for precision, atol in (("double", 1e-10), ("single", 1e-5)):
        ours = run(circuit, None, method="statevector", precision=precision).state.amplitudes
        np.testing.assert_allclose(ours, theirs[0], atol=atol)
        np.testing.assert_allclose(ours, theirs[1], atol=max(atol, 1e-6))


def test_bit_order_of_an_asymmetric_circuit():
    """|100⟩ is index 4 here and in Cirq, and index 1, written 001, in Qiskit."""
    circuit = Circuit(3).x(0)
    assert np.argmax(np.abs(circuit.state().amplitudes)) == 4
    assert np.argmax(np.abs(cirq_state(circuit))) == 4
    qiskit = peer("qiskit")
    theirs = qiskit.QuantumCircuit(3)
    theirs.x(0)
    assert qiskit.quantum_info.Statevector(theirs).probabilities_dict() == {"001": 1.0}
    assert dict(circuit.sample(1, seed=0)) == {"100": 1}


@pytest.mark.parametrize("qubits", [(0, 2), (2, 0), (1,), (3, 1, 0)])
def test_marginal_probabilities_follow_the_listed_order(qubits):
    peer("qiskit")
    circuit = random_circuit(4, 30, seed=5, names=SHARED)
    theirs = peer("qiskit").quantum_info.Statevector(qiskit_state(circuit)).reverse_qargs()
    expected = theirs.probabilities(list(reversed(qubits)))  # Qiskit lists the least significant first
    np.testing.assert_allclose(circuit.probabilities(list(qubits)), expected, atol=1e-12)
