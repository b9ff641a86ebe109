"""Every path around every size at which another begins, and what long circuits take."""

import itertools
import sys

import numpy as np
import pytest
from engines.oracle import product_formula

from qsim import Circuit, State, gates, run
from qsim.algebra import X, Y, Z
from qsim.engines import direct, statevector
from qsim.engines.control import Control
from qsim.engines.job import COMPILED_QUBITS, DIRECT_QUBITS, Job
from qsim.engines.numpy_path import INDEXED_QUBITS
from qsim.engines.statevector import block_bits
from qsim.gates import TABLE
from qsim.kernels import DIRECT, KERNELS, try_load
from qsim.methods import METHODS
from qsim.plan.lower import lower
from qsim.plan.schedule import LOOK_AHEAD, schedule
from qsim.plan.steps import Phase
from qsim.testing import random_circuit

DTYPES = {"double": np.complex128, "single": np.complex64}
TOLERANCE = {"double": 1e-12, "single": 2e-6}
LARGEST = {"dense": 6, "reference": 6, "sparse": 12}  # qubits that a method can hold in little memory and time
needs_kernels = pytest.mark.skipif(
    any(try_load("double", source=source) is None for source in (KERNELS, DIRECT)), reason="no compiled kernels here"
)


def circuit_of(num_qubits):
    """Of gates on up to three qubits; the first and the last qubits get gates of each structure."""
    names = [name for name, row in TABLE.items() if row.num_qubits <= min(3, num_qubits)]
    circuit = random_circuit(num_qubits, 14, seed=num_qubits, names=names)
    for q in {*range(min(2, num_qubits)), *range(max(num_qubits - 2, 0), num_qubits)}:
        circuit.h(q).rx(0.3 * q, q).t(q).x(q)
        if q:
            circuit.cx(q, q - 1).rzz(0.2, q - 1, q).iswap(q, 0).swap(q, q - 1)
    return circuit


def planned(circuit, precision="double", initial=None, threads=None, engine=statevector):
    start = State("0" * circuit.num_qubits) if initial is None else initial
    amplitudes = start.amplitudes.astype(DTYPES[precision])
    return engine.simulate(Job(circuit, amplitudes, Control(), initial is None, threads))


# ── numbers of qubits


@pytest.mark.parametrize("num_qubits", range(1, 19))
def test_all_methods_and_precisions(num_qubits):
    """One way ends and another begins at INDEXED_QUBITS, COMPILED_QUBITS, DIRECT_QUBITS and where slices are walked."""
    assert num_qubits > 1 or {INDEXED_QUBITS, COMPILED_QUBITS, DIRECT_QUBITS} < {*range(2, 18)}
    circuit = circuit_of(num_qubits)
    expected = product_formula(circuit)
    for method, (precision, atol) in itertools.product((*METHODS, "auto"), TOLERANCE.items()):
        if num_qubits <= LARGEST.get(method, 99):
            found = run(circuit, None, method=method, precision=precision).state.amplitudes
            np.testing.assert_allclose(found, expected, atol=atol, rtol=0, err_msg=f"{method}, {precision}")


@needs_kernels
@pytest.mark.parametrize("precision", DTYPES)
@pytest.mark.parametrize("beyond", range(-3, 3))
def test_one_block_and_more(beyond, precision):
    """From |0…0⟩ and from a random state; swaps of the first and last qubits lay the latter out anew."""
    n = block_bits(precision, 0)[0] + beyond
    if n < COMPILED_QUBITS:
        n = COMPILED_QUBITS
    for seed in range(6):
        circuit = random_circuit(n, 60, seed, controls=3).swap(0, n - 1).swap(n - 2, 1)
        for initial in (None, State.random(n, seed=seed)):
            found = planned(circuit, precision, initial)
            expected = planned(circuit, "double", initial, engine=direct)
            np.testing.assert_allclose(found, expected, atol=TOLERANCE[precision], rtol=0)


@needs_kernels
@pytest.mark.parametrize("precision", DTYPES)
@pytest.mark.parametrize("num_qubits", [15, 16, 17])
def test_the_relative_phase_is_kept(num_qubits, precision):
    """A circuit on which a fused simulator was seen to return the wrong phase from 15 qubits on."""
    circuit = Circuit(num_qubits).h(0).cx(1, 0).x(0).s(0).x(0)
    expected = np.zeros(1 << num_qubits, dtype=complex)
    expected[0], expected[1 << num_qubits - 1] = 1j * np.sqrt(0.5), np.sqrt(0.5)
    for engine in (statevector, direct):
        np.testing.assert_allclose(planned(circuit, precision, engine=engine), expected, atol=1e-7)
    np.testing.assert_allclose(run(circuit, None, precision=precision).state.amplitudes, expected, atol=1e-7)


@needs_kernels
@pytest.mark.parametrize("precision", DTYPES)
@pytest.mark.parametrize("outside", range(4))
def test_diagonals_with_qubits_outside_the_block(outside, precision):
    """On three qubits, none to three of them outside; in front of turns of the others and at the end."""
    n = block_bits(precision, 0)[0] + 3
    first = Circuit(n).h(range(3, n))  # takes the lowest bits and those of the qubits 3 … n−1
    sweep = schedule(lower(first).steps, n, *block_bits(precision, n))[0]
    assert sweep.local == (1 << n - 3) - 1
    qubits = [*range(outside), *range(n - 1, n - 4 + outside, -1)]
    rng = np.random.default_rng(outside)
    for gate in (gates.diagonal(rng.uniform(-3, 3, 8)), gates.ccz, gates.rzz(0.7).controlled(1, "0")):
        for circuit in (first.copy().append(gate, *qubits), first.copy().append(gate, *qubits).append(first)):
            start = State.random(n, seed=3)
            expected = planned(circuit, "double", start, engine=direct)
            found = planned(circuit, precision, start)
            np.testing.assert_allclose(found, expected, atol=TOLERANCE[precision], rtol=0)


# ── chunks


@needs_kernels
@pytest.mark.parametrize("precision", DTYPES)
def test_chunks_of_blocks_change_nothing(precision, monkeypatch):
    """One, some and as many as there are blocks; more for long programs; any number of threads."""
    circuit = random_circuit(16, 120, seed=4, controls=2)
    expected = planned(circuit, precision, threads=1)
    for least, most, threads in itertools.product((2**9, 2**13, 2**17), (2**12, 2**14, 2**19), (1, 3)):
        monkeypatch.setattr(statevector, "_LEAST_AMPLITUDES", least)
        monkeypatch.setattr(statevector, "_CHUNK_AMPLITUDES", most)
        np.testing.assert_array_equal(planned(circuit, precision, threads=threads), expected)
    monkeypatch.setattr(statevector, "_SPREAD", 3)
    np.testing.assert_array_equal(planned(circuit, precision, threads=2), expected)


@needs_kernels
@pytest.mark.parametrize("num_qubits", range(7, 13))
def test_parts_of_steps_change_nothing(num_qubits, monkeypatch):
    """The direct engine cuts steps above a size: steps with few settings into more parts than these are."""
    circuit = random_circuit(num_qubits, 60, seed=5, controls=4)
    expected = planned(circuit, engine=direct)
    monkeypatch.setattr(direct, "_SERIAL", 2**9)
    for chunk, threads in itertools.product((2**5, 2**8, 2**10, 2**12), (1, 2, 5)):
        monkeypatch.setattr(direct, "_CHUNK", chunk)
        np.testing.assert_array_equal(planned(circuit, threads=threads, engine=direct), expected)


@needs_kernels
@pytest.mark.parametrize("num_qubits", [16, 17, 18])
def test_threads_of_the_direct_engine(num_qubits):
    circuit = circuit_of(num_qubits)
    for threads in (1, 2):
        found = planned(circuit, threads=threads, engine=direct)
        np.testing.assert_allclose(found, product_formula(circuit), atol=1e-12, rtol=0)


def test_a_global_phase_of_many_chunks(monkeypatch):
    if try_load("double") is None:
        pytest.skip("no compiled kernels here")
    monkeypatch.setattr(statevector, "_CHUNK_AMPLITUDES", 3000)
    start = State.random(13, seed=6)
    np.testing.assert_allclose(planned(Circuit(13).gphase(0.3), initial=start), np.exp(0.3j) * start.amplitudes)


# ── reading


@pytest.mark.parametrize("precision", DTYPES)
@pytest.mark.parametrize("num_qubits", range(11, 20))
def test_what_is_read_of_a_state(num_qubits, precision):
    """NumPy reads small states, compiled code large ones, in blocks and in chunks of several sizes."""
    state = run(Circuit(num_qubits), None, initial=State.random(num_qubits, seed=7), precision=precision).state
    tensor = state.amplitudes.astype(complex).reshape([2] * num_qubits)
    squares, n = np.abs(tensor) ** 2, num_qubits
    assert state.norm == pytest.approx(1, abs=1e-6)
    for kept in ([0], [n - 1], [n // 2, 0], [n - 1, 1, 5], [*range(n - 1, 2, -2)]):
        rest = tuple(q for q in range(n) if q not in kept)
        expected = squares.sum(axis=rest).transpose(np.argsort(np.argsort(kept))).reshape(-1)
        np.testing.assert_allclose(state.probabilities(kept), expected, atol=1e-12)
        columns = tensor.transpose([*kept, *rest]).reshape(1 << len(kept), -1)
        if len(kept) < 4:
            np.testing.assert_allclose(state.reduced(kept).matrix, columns @ columns.conj().T, atol=1e-12)
    turned = np.flip(tensor, axis=n - 1) * np.array([1j, -1j])  # Y on the last qubit, up to a sign
    signs = np.array([1, -1]).reshape([2] + [1] * (n - 1))
    both = np.vdot(tensor, -turned * signs).real
    assert state.expectation(Z(0) @ Y(n - 1)) == pytest.approx(both, abs=1e-12)
    atol = 1e-12 if precision == "double" else 1e-7  # with few qubits the product is formed in the state's precision
    flipped = np.vdot(tensor, np.flip(tensor, axis=(0, n // 2))).real
    found = state.expectation(X(0) @ X(n // 2) - 2 * Z(0))
    assert found == pytest.approx(flipped - 2 * np.sum(squares * signs), abs=atol)


@pytest.mark.parametrize("num_qubits", [13, 14, 15, 16, 17, 18, 19, 20, 21])
def test_samples_are_those_of_the_cumulative_sum(num_qubits):
    """Of probabilities on few qubits, in blocks of amplitudes on many: frequencies of the first and last three."""
    state = State.random(num_qubits, seed=8)
    ends = [0, 1, 2, num_qubits - 3, num_qubits - 2, num_qubits - 1]
    counts = run(Circuit(num_qubits), 20_000, initial=state, seed=9).counts
    found = np.zeros(64)
    for bitstring, count in counts.items():
        found[int("".join(bitstring[q] for q in ends), 2)] += count
    expected = 20_000 * state.probabilities(ends)
    assert np.sum((found - expected) ** 2 / expected) < 130  # 63 degrees of freedom: p < 1e-6 fails


# ── long circuits


@needs_kernels
@pytest.mark.parametrize("precision", DTYPES)
def test_a_circuit_of_many_windows(precision):
    """More steps than a sweep chooses from."""
    circuit = random_circuit(12, 5000, seed=10, controls=1)
    steps = lower(circuit).steps
    assert len(steps) > 2 * LOOK_AHEAD
    tolerance = {"double": 1e-11, "single": 1e-4}[precision]
    found = planned(circuit, precision)
    np.testing.assert_allclose(found, planned(circuit, engine=direct), atol=tolerance, rtol=0)


def test_the_plan_of_a_long_circuit():
    """Every step is in a sweep, and a sweep takes many: what it chooses from is bounded, not what it takes."""
    names = [name for name, row in TABLE.items() if row.num_qubits <= 2]
    circuit = random_circuit(17, 10_000, seed=11, names=names)
    steps = lower(circuit).steps
    sweeps = schedule(steps, 17, *block_bits("double", 17))
    num_steps = sum(type(step) is not Phase for step in steps)
    assert sum(sweep.num_steps for sweep in sweeps) == num_steps
    assert sum(len(sweep.steps) for sweep in sweeps) == len(steps)
    assert len(sweeps) <= num_steps / 10


@needs_kernels
def test_planned_and_direct_by_run_around_their_border(monkeypatch):
    """The same circuits by both, on either side."""
    for n in range(DIRECT_QUBITS - 1, DIRECT_QUBITS + 3):
        circuit, found = random_circuit(n, 60, seed=n, controls=1), []
        for border in (n - 1, n):
            monkeypatch.setattr(sys.modules["qsim.methods"], "DIRECT_QUBITS", border)
            found.append(run(circuit, None, method="statevector").state.amplitudes)
        np.testing.assert_allclose(found[0], found[1], atol=1e-12, rtol=0)
