"""Every fast path for dynamic circuits against the plain interpreter."""

import sys
import time

import numpy as np
import pytest
from dynamic.oracle import exact, key_of
from dynamic.random_dynamic import random_circuit

from qsim import Circuit, State, run
from qsim.circuit.analysis import parts

dynamic = sys.modules.get("qsim.dynamic") or __import__("qsim.dynamic", fromlist=["x"])
SEEDS = range(300)


def close(found, expected, atol=1e-12):
    keys = {*found, *expected}
    assert max(abs(found.get(key, 0) - expected.get(key, 0)) for key in keys) <= atol


def mask(circuit, final, key):
    """A key with `-` for the bits that final measurements write."""
    bits = ["-" if bit in final else character for bit, character in enumerate(key.replace(" ", ""))]
    return key_of(circuit, bits)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_exact_distribution_is_the_interpreters(seed):
    circuit = random_circuit(seed)
    expected, _ = exact(circuit)
    result = run(circuit, None, exact=True, method=("auto", "numpy", "statevector")[seed % 3])
    close(dict(result.distribution), expected)
    assert result.distribution.pruned < 1e-13
    assert sum(branch.probability for branch in result.branches) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("seed", range(60))
def test_the_states_of_branches_are_the_interpreters(seed):
    circuit = random_circuit(1000 + seed)
    split = parts(circuit[:])
    body = Circuit(circuit.num_qubits)
    body._bits, body._instructions = circuit._bits.copy(), split.body
    _, matrices = exact(body)
    expected, found = {}, {}
    for key, matrix in matrices.items():
        masked = mask(circuit, split.final, key)
        expected[masked] = expected.get(masked, 0) + matrix
    for branch in run(circuit, None, exact=True).branches:
        state = branch.state.amplitudes
        key = branch.bits or mask(circuit, {}, "0" * circuit.num_bits)  # nothing is measured
        found[key] = found.get(key, 0) + branch.probability * np.outer(state, state.conj())
    assert found.keys() <= expected.keys()
    for key, matrix in expected.items():
        np.testing.assert_allclose(found[key], matrix, atol=1e-12)


@pytest.mark.parametrize("method", ["dense", "sparse", "reference"])
@pytest.mark.parametrize("seed", range(12))
def test_other_methods_agree(seed, method):
    circuit = random_circuit(2000 + seed)
    expected, _ = exact(circuit)
    close(dict(run(circuit, None, exact=True, method=method).distribution), expected)


@pytest.mark.parametrize("seed", range(40))
def test_single_precision(seed):
    circuit = random_circuit(3000 + seed)
    expected, _ = exact(circuit)
    close(dict(run(circuit, None, exact=True, precision="single").distribution), expected, 2e-5)


@pytest.mark.parametrize("seed", range(100))
def test_shots_are_from_the_interpreters_distribution(seed):
    circuit = random_circuit(4000 + seed)
    expected, _ = exact(circuit)
    counts = run(circuit, 2000, seed=seed).counts
    assert counts.shots == 2000
    assert counts.chi_square(expected).p_value >= 1e-6


@pytest.mark.parametrize("seed", range(10))
def test_interpreted_shots_are_from_the_same(seed):
    circuit = random_circuit(5000 + seed, num_qubits=2)
    expected, _ = exact(circuit)
    assert run(circuit, 200, seed=seed, method="reference").counts.chi_square(expected).p_value >= 1e-6


@pytest.mark.parametrize("seed", range(30))
def test_states_that_are_not_kept_are_worked_out_again(seed, monkeypatch):
    circuit = random_circuit(6000 + seed)
    kept = run(circuit, 500, seed=1, exact=True)
    counts = run(circuit, 500, seed=1).counts
    monkeypatch.setattr(dynamic, "_CAP", 0.0)
    again = run(circuit, 500, seed=1, exact=True)
    assert run(circuit, 500, seed=1).counts == counts
    assert again.distribution == kept.distribution
    for one, other in zip(kept.branches, again.branches, strict=True):
        assert one.bits == other.bits
        np.testing.assert_array_equal(one.state.amplitudes, other.state.amplitudes)


@pytest.mark.parametrize("seed", range(20))
def test_same_seed_same_counts_for_any_threads_and_engine(seed):
    circuit = random_circuit(7000 + seed)
    counts = run(circuit, 300, seed=5, threads=1, method="numpy").counts
    for threads, method in ((1, "statevector"), (2, "statevector"), (3, "auto")):
        assert run(circuit, 300, seed=5, threads=threads, method=method).counts == counts


@pytest.mark.parametrize("seed", range(30))
def test_initial_states(seed):
    circuit = random_circuit(8000 + seed)
    initial = State.random(circuit.num_qubits, seed=seed)
    expected, _ = exact(circuit, initial.amplitudes)
    close(dict(run(circuit, None, exact=True, initial=initial).distribution), expected)


@pytest.mark.parametrize("optimize", [True, False])
def test_more_qubits_than_the_direct_engine_takes(optimize):
    circuit = Circuit(18, 3)
    for layer in range(3):
        circuit.h(range(18))
        for qubit in range(17):
            circuit.cp(0.3 * qubit + layer, qubit, qubit + 1)
        circuit.ry(0.4, range(18)).measure(5, layer)
        circuit.x(7, when=circuit.bits[layer] == 1)
        circuit.cx(5, 9, when=circuit.bits["c"] > 3)
    found = run(circuit, None, exact=True, method="statevector", optimize=optimize, verify=optimize)
    expected = run(circuit, None, exact=True, method="numpy")
    close(dict(found.distribution), dict(expected.distribution))
    for one, other in zip(found.branches, expected.branches, strict=True):
        assert one.state.equiv(other.state)


def test_the_memory_of_a_shot_and_its_state():
    circuit = Circuit(3, 2).h(0).measure(0, 0)
    circuit.x(1, when=circuit.bits[0]).cx(1, 2).h(2).measure(2, 1)
    for seed in range(10):
        result = run(circuit, 1, seed=seed, memory=True, keep_state=True)
        (record,) = result.memory
        assert result.counts == {record: 1}
        first, last = record
        assert result.state.equiv(State(first * 2 + last))


def test_records_are_as_many_as_counted_and_in_no_order():
    circuit = Circuit(1, 2).h(0).measure(0, 0).h(0).measure(0, 1)
    result = run(circuit, 1000, seed=3, memory=True)
    assert len(result.memory) == 1000
    assert {record: result.memory.count(record) for record in result.counts} == result.counts
    assert sorted(result.memory) != result.memory
    assert run(circuit, 1000, seed=3).counts == result.counts


def test_unlikely_outcomes_keep_their_share_in_single_precision():
    circuit = Circuit(8, 8).ry(2 * np.arcsin(np.sqrt(0.2)), range(8)).measure(range(8), range(8)).x(range(8))
    exact_law = {f"{k:08b}": 0.2 ** k.bit_count() * 0.8 ** (8 - k.bit_count()) for k in range(256)}
    assert run(circuit, 10**8, seed=3, precision="single").counts.chi_square(exact_law).p_value >= 1e-6


def test_states_of_branches_are_worked_out_after_the_time_of_the_run(monkeypatch):
    monkeypatch.setattr(dynamic, "_CAP", 0.0)
    circuit = Circuit(2, 1).h(0).cx(0, 1).measure(0, 0).h(0)
    result = run(circuit, None, exact=True, timeout=1.0)
    time.sleep(1.05)
    assert result.branches[1].state.equiv(State("-1"))
