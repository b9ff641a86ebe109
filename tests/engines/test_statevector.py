"""The compiled engine against the NumPy engine and the oracle: every kernel, precision, size and number of threads."""

import math
import os
import threading

import numpy as np
import pytest

from qsim import Circuit, State, gates, run
from qsim.engines import numpy_path, statevector
from qsim.engines.control import Control
from qsim.engines.job import COMPILED_QUBITS, Job
from qsim.engines.statevector import block_bits
from qsim.gates import TABLE, Gate
from qsim.kernels import try_load
from qsim.plan.diagonal import Diagonal
from qsim.plan.encode import encode
from qsim.plan.schedule import Sweep
from qsim.plan.steps import Phase, Turn
from qsim.states.record import DTYPES
from qsim.testing import random_circuit

TOLERANCE = {"double": 1e-12, "single": 2e-6}
REALS = {"double": np.float64, "single": np.float32}
pytestmark = pytest.mark.skipif(try_load("double") is None, reason="no compiled kernels on this machine")


def amplitudes(circuit, method, precision="double", initial=None, threads=None):
    """From the engine itself: `run` gives it large registers only."""
    start = run(Circuit(circuit.num_qubits), None, precision=precision, initial=initial).state.amplitudes.copy()
    engine = {"numpy": numpy_path, "statevector": statevector}[method]
    return engine.simulate(Job(circuit, start, Control(), initial is None, threads))


def check(circuit, precision, initial=None, atol=None):
    expected = amplitudes(circuit, "numpy", initial=initial)
    found = amplitudes(circuit, "statevector", precision, initial)
    np.testing.assert_allclose(found, expected, atol=atol or TOLERANCE[precision], rtol=0)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("name", TABLE)
def test_every_gate_at_many_placements(name, precision):
    """Qubits inside a vector, among the lowest bits, in the block, and outside of it."""
    spec = TABLE[name]
    n = block_bits(precision, 0)[0] + 2
    rng = np.random.default_rng(len(name))
    start = State.random(n, seed=1)
    circuit = Circuit(n)
    for _ in range(12):
        qubits = [int(q) for q in rng.permutation(n)[: spec.num_qubits]]
        circuit.append(Gate.named(name, *rng.uniform(-7, 7, len(spec.params))), *qubits)
        circuit.ry(0.4, int(rng.integers(n)))
    check(circuit, precision, start)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("num_qubits", range(COMPILED_QUBITS, 22))
def test_random_circuits_around_every_block_size(num_qubits, precision):
    for seed in range(3 if num_qubits < 18 else 1):
        circuit = random_circuit(num_qubits, 60, seed, controls=2)
        check(circuit, precision)
        check(circuit, precision, State.random(num_qubits, seed=seed))


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("qubit", range(15))
def test_one_rotation_on_each_qubit(qubit, precision):
    start = State.random(15, seed=2)
    for theta in (0.3, math.pi / 2, 2.9, math.pi):  # tangents below and above 1, and a flip
        check(Circuit(15).ry(theta, qubit), precision, start)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("outside", range(4))
def test_phases_with_qubits_outside_the_block(outside, precision):
    n = block_bits(precision, 0)[0] + 3
    start = State.random(n, seed=3)
    qubits = [*range(outside), *range(n - 1, n - 4 + outside, -1)]
    circuit = Circuit(n).h(range(3, n)).mcp(0.7, qubits[:-1], qubits[-1]).h(range(3, n)).h(range(3))
    check(circuit, precision, start)


@pytest.mark.parametrize(("precision", "angle"), [("double", 1e-8), ("single", 2e-4)])
def test_phases_whose_cosine_rounds_to_one(precision, angle):
    """Across the border of the block, where phases that are none are passed over."""
    n = block_bits(precision, 0)[0] + 3
    circuit = Circuit(n).h(range(3, n)).cp(angle, 0, n - 1).h(n - 1).h(range(3))
    found = amplitudes(circuit, "statevector", precision, State("1" * n))
    expected = amplitudes(circuit, "numpy", initial=State("1" * n))
    assert abs(expected[-2]) == pytest.approx(angle / 2 / math.sqrt(2 ** (n - 1)), rel=1e-6)
    np.testing.assert_allclose(found[-2], expected[-2], rtol=0.02)


@pytest.mark.parametrize("precision", ["double", "single"])
def test_fifteen_qubits_keep_the_relative_phase(precision):
    circuit = Circuit(15).h(0).cx(1, 0).x(0).s(0).x(0)
    expected = np.zeros(2**15, dtype=complex)
    expected[0], expected[2**14] = 1j * np.sqrt(0.5), np.sqrt(0.5)
    np.testing.assert_allclose(amplitudes(circuit, "statevector", precision), expected, atol=1e-7)


@pytest.mark.parametrize(
    ("precision", "sizes"),
    [
        ("double", {8: 12, 17: 12, 18: 13, 19: 14, 22: 14, 30: 14}),
        ("single", {8: 13, 18: 13, 19: 14, 20: 15, 22: 15, 30: 15}),
    ],
)
def test_registers_have_blocks_for_the_threads(precision, sizes):
    assert {n: block_bits(precision, n)[0] for n in sizes} == sizes


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize(("num_qubits", "number", "together"), [(17, 4, 8), (20, 32, 32), (22, 64, 16), (26, 128, 2)])
def test_calls_are_long_but_not_too_long(num_qubits, number, together, precision):
    """Between two looks at the clock 2^20 amplitudes are worked on at most, fewer where the program is long."""
    kernels, (size, _) = try_load(precision), block_bits(precision, num_qubits)
    layer = [Turn(1 << bit, 0.0, 0.3, 0.0) for bit in range(size)] + [Phase(3 << bit, 0.2) for bit in range(size - 1)]
    for layers in (1, 60):
        sweep = Sweep((1 << size) - 1, layer * layers)
        encoded = encode(sweep, num_qubits, -1, kernels.lanes, REALS[precision], Diagonal())
        chunks = statevector.block_chunks(np.empty(0, DTYPES[precision]), kernels, encoded, 2)
        if layers == 1:
            assert (chunks.number, chunks.together) == (number, together)
        else:
            assert len(encoded.program) > 200
            amplitudes = 2**num_qubits * chunks.together // chunks.number
            assert amplitudes * len(encoded.program) <= 2**20 * 64 or chunks.together == 1


def test_threads_change_nothing():
    circuit = random_circuit(16, 80, seed=4)
    one = amplitudes(circuit, "statevector", threads=1)
    for threads in (2, 3, 7):
        np.testing.assert_array_equal(amplitudes(circuit, "statevector", threads=threads), one)


def test_several_python_threads_at_once():
    circuits = [random_circuit(14, 40, seed) for seed in range(6)]
    expected = [amplitudes(circuit, "numpy") for circuit in circuits]
    found = [None] * len(circuits)

    def work(number):
        found[number] = amplitudes(circuits[number], "statevector", threads=2)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(circuits))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_runs_too():
    circuit = random_circuit(13, 30, seed=5)
    expected = amplitudes(circuit, "statevector")
    pid = os.fork()
    if pid == 0:
        same = np.array_equal(amplitudes(circuit, "statevector"), expected)
        os._exit(0 if same else 1)
    assert os.waitpid(pid, 0)[1] == 0


@pytest.mark.parametrize(("precision", "bound"), [("double", 1e-11), ("single", 1e-4)])
def test_norm_after_many_gates(precision, bound):
    circuit = random_circuit(10, 1000, seed=6).repeat(100)  # 10^5 gates
    assert abs(np.linalg.norm(amplitudes(circuit, "statevector", precision)) - 1) < bound


def test_many_rotations_in_a_sweep_do_not_overflow():
    circuit = Circuit(12)
    for layer in range(150):
        circuit.ry(math.pi / 2 - 1e-3 * layer, range(12)).cz(range(11), range(1, 12))
    check(circuit, "single", atol=1e-5)


def test_operations_in_between_and_swaps():
    rng = np.random.default_rng(7)
    matrix, _ = np.linalg.qr(rng.normal(size=(2, 8, 8)).T @ [1, 1j])
    circuit = random_circuit(13, 20, seed=8).swap(0, 12).append(gates.unitary(matrix), 11, 3, 0).swap(3, 4)
    circuit.append(random_circuit(13, 20, seed=9)).apply([[1, 0.3], [0, 0.5]], 5, check=False).h(range(13))
    for precision in ("double", "single"):
        check(circuit, precision)
        check(circuit, precision, State.random(13, seed=10))


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("num_qubits", [10, 13, 17])
def test_many_swaps_of_an_initial_state(num_qubits, precision):
    rng = np.random.default_rng(num_qubits)
    start = State.random(num_qubits, seed=12)
    swaps, mixed = Circuit(num_qubits), Circuit(num_qubits)
    for layer in range(20):
        pair = [int(q) for q in rng.permutation(num_qubits)[:2]]
        swaps.swap(*pair)
        mixed.append(random_circuit(num_qubits, 5, seed=layer)).swap(*pair)
    check(mixed, precision, start)
    check(mixed.cswap(0, 1, 2).rccx(3, 1, 0), precision, start)
    moved = amplitudes(swaps, "statevector", precision, start)
    np.testing.assert_array_equal(moved, amplitudes(swaps, "numpy", precision, start))  # nothing was multiplied


def test_non_contiguous_initial_amplitudes_are_left_alone():
    start = State.random(12, seed=11)
    before = start.amplitudes.copy()
    amplitudes(Circuit(12).h(range(12)), "statevector", initial=start)
    np.testing.assert_array_equal(start.amplitudes, before)
