"""Which sweeps do an operation: found by what changes when a gate does, and by doing gates in the order of sweeps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import unitary_group

from qsim import Circuit, gates
from qsim.circuit import Operation
from qsim.circuit.transforms import with_instructions
from qsim.gates import TABLE
from qsim.plan.lower import lower
from qsim.plan.prepare import Prepared, Settings
from qsim.plan.steps import Pair
from qsim.plan.trace import sources, sweeps_of
from qsim.testing import random_circuit

SETTINGS = Settings(6, "double", True, 4, 4, 2)  # small blocks, so that few qubits take many sweeps
_ONE, _TWO = ("rx", "ry", "rz", "p"), ("cp", "crx", "cry", "crz", "rxx", "ryy", "rzz")


def turning_circuit(num_qubits, num_gates, seed):
    """Gates with angles on one qubit, two and three, between cx and ccx."""
    rng, circuit = np.random.default_rng(seed), Circuit(num_qubits)
    for _ in range(num_gates):
        a, b, c = (int(q) for q in rng.permutation(num_qubits)[:3])
        theta, kind = float(rng.uniform(0.1, 1.4)), rng.integers(6)
        if kind < 2:
            circuit.append(getattr(gates, str(rng.choice(_ONE)))(theta), a)
        elif kind < 4:
            circuit.append(getattr(gates, str(rng.choice(_TWO)))(theta), a, b)
        elif kind == 4:
            circuit.cx(a, b)
        else:
            circuit.ry(theta, a, controls=(b, c)) if rng.integers(2) else circuit.ccx(a, b, c)
    return circuit


def numbers(step):
    """A step as an array."""
    if isinstance(step, Pair):
        return np.array([step.first, step.second, *step.matrix.ravel()])
    return np.array(step, dtype=complex)


@given(st.integers(3, 5), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_steps_change_with_the_operations_that_are_in_them(num_qubits, num_gates, seed):
    circuit = turning_circuit(num_qubits, num_gates, seed)
    lowered, operations_of = sources(circuit)
    assert repr(lowered) == repr(lower(circuit))  # looking on changes nothing
    for number, operation in enumerate(circuit):
        if not operation.gate.params:
            continue
        base = operation.gate.base
        other = getattr(gates, base.name)(base.params[0] + 1e-3).controlled(operation.gate.num_controls)
        changed = [*circuit[:number], operation.with_gate(other), *circuit[number + 1 :]]
        after = lower(with_instructions(circuit, changed)).steps
        assert [type(step) for step in after] == [type(step) for step in lowered.steps]
        for step, new, inside in zip(lowered.steps, after, operations_of, strict=True):
            if not np.allclose(numbers(step), numbers(new), rtol=0, atol=1e-9):
                assert number in inside, (number, operation, step)
            elif not operation.gate.num_controls:  # of a controlled rotation some steps have fixed angles
                assert number not in inside, (number, operation, step)


@given(st.integers(2, 6), st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_every_step_has_operations(num_qubits, num_gates, seed):
    _, operations_of = sources(random_circuit(num_qubits, num_gates, seed, controls=2))
    assert all(operations_of)


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("controls", ["", "1", "01"])
def test_every_gate_has_steps_but_swaps_and_scalars(name, controls):
    gate = gates.Gate.named(name, *(0.3, -1.1, 2.7, 0.9)[: len(TABLE[name].params)]).controlled(len(controls), controls)
    if gate.num_qubits > 6:
        return
    circuit = Circuit(6).h(range(6)).append(gate, *range(gate.num_qubits)).h(range(6))
    found = sweeps_of(circuit, SETTINGS)
    matrix = gate.matrix()
    is_free = gate.name == "swap" or np.allclose(matrix, matrix[0, 0] * np.eye(len(matrix)))
    assert (not found[6]) == is_free


@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_gates_in_the_order_of_their_sweeps_are_the_same_circuit(num_gates, seed):
    """Stably sorted: what does not commute stays in order, whatever it was merged with."""
    rng, circuit = np.random.default_rng(seed), Circuit(6)
    for _ in range(num_gates):
        a, b = (int(q) for q in rng.permutation(6)[:2])
        theta = float(rng.uniform(0.1, 1.4))
        match rng.integers(6):
            case 0:
                circuit.u(theta, 0.3, 0.4, a)
            case 1:
                circuit.rz(theta, a)
            case 2:
                circuit.cz(a, b)
            case 3:
                circuit.append(gates.unitary(unitary_group.rvs(4, random_state=rng)), a, b)
            case 4:
                circuit.rxx(theta, a, b)
            case 5:
                circuit.ry(0.3, b).cx(a, b).ry(0.2, b)
    found = sweeps_of(circuit, SETTINGS)
    assert {len(sweeps) for sweeps in found} == {1}
    again = with_instructions(circuit, [circuit[number] for number in sorted(range(len(found)), key=found.__getitem__)])
    np.testing.assert_allclose(again.unitary(), circuit.unitary(), atol=1e-10)


@given(st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_sweeps_are_those_of_the_plan(num_gates, seed):
    circuit = random_circuit(6, num_gates, seed, controls=1)
    operations = tuple(circuit)
    parts = Prepared(circuit, operations, SETTINGS).parts
    count = sum(1 if isinstance(part, Operation) else len(part.sweeps) for part in parts)
    found = sweeps_of(circuit, SETTINGS)
    assert len(found) == len(circuit)
    assert {number for sweeps in found for number in sweeps} == set(range(count))
    assert all(list(sweeps) == sorted(set(sweeps)) for sweeps in found)
    kept = [number for number, sweeps in enumerate(found) if sweeps and circuit[number].name == "rccx"]
    assert len({found[number] for number in kept}) == len(kept)  # such a gate has a sweep of its own


def traced(circuit):
    _, operations_of = sources(circuit)
    return [sorted(found) for found in operations_of]


def test_merged_gates_share_a_step():
    assert traced(Circuit(2).h(0).t(0).cx(0, 1).s(0).rx(0.5, 0)) == [[0, 1], [2], [3, 4]]
    pair = Circuit(3).h(0).rxx(0.2, 0, 1).ryy(0.3, 0, 1).rz(0.2, 1).cp(0.3, 1, 0).h(2).cz(2, 0)
    assert traced(pair) == [[0], [1, 2, 3, 4], [5], [6]]
    diagonals = Circuit(2).rxx(0.2, 0, 1).rzz(0.1, 1, 0).append(gates.diagonal([0.1, 0.2, 0.4, 0.9]), 0, 1)
    assert traced(diagonals) == [[0, 1, 2]]
    assert traced(diagonals.rz(0.3, 0).rzz(0.1, 1, 0)) == [[0, 1, 2, 3, 4]]


def test_what_costs_nothing_has_no_sweep():
    def free(circuit):
        found = sweeps_of(circuit, SETTINGS._replace(num_qubits=circuit.num_qubits))
        return [number for number, sweeps in enumerate(found) if not sweeps]

    assert free(Circuit(3).h(0).swap(0, 2).t(2)) == [1]
    assert free(Circuit(3).x(0).h(1).h(1).ry(0.2, 2).ry(-0.2, 2)) == [1, 2, 3, 4]
    assert free(Circuit(3).cx(0, 1).rz(0.3, 1).cx(0, 1)) == [0, 2]  # the phase is pulled through
    assert free(Circuit(3).cx(0, 1).h(1).cx(0, 1)) == []
    assert free(Circuit(3, 1).gphase(0.3).barrier(0, 1).h(0).measure(0, 0)) == [0, 1, 3]


@pytest.mark.parametrize("is_zero", [True, False])
def test_numbers_are_those_of_instructions(is_zero):
    """Barriers and measurements count; sweeps that lay the initial state out do nothing of any operation."""
    circuit = Circuit(6, 1).h(0).barrier().swap(0, 5).rccx(0, 1, 2).t(5).measure(5, 0)
    first = 0 if is_zero else 1
    found = sweeps_of(circuit, SETTINGS._replace(is_zero=is_zero))
    assert found == ((first + 1,), (), (), (first,), (first + 1,), ())
