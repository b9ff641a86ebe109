"""Plans that are kept: found again by the same operations only, bounded, shared by threads, and right."""

import copy
import math
import os
import pickle
import signal
import threading
import weakref

import numpy as np
import pytest

from qsim import Circuit, Parameter, State, gates, run
from qsim.circuit import Operation
from qsim.engines import statevector
from qsim.engines.control import Control
from qsim.engines.job import Job
from qsim.kernels import load, try_load
from qsim.plan import prepare as module
from qsim.plan.prepare import Programs, Settings, Stretch, forget, prepare
from qsim.testing import random_circuit

pytestmark = pytest.mark.skipif(try_load("double") is None, reason="no compiled kernels on this machine")
N = 14  # two bits outside the blocks


@pytest.fixture(autouse=True)
def nothing_kept():
    forget()
    yield
    forget()


def settings(num_qubits=N, precision="double", is_zero=True):
    return statevector.settings(num_qubits, load(precision), is_zero=is_zero)


def simulate(circuit, precision="double", initial=None, threads=None):
    """From the engine itself: `run` gives it large registers only."""
    start = run(Circuit(circuit.num_qubits), None, precision=precision, initial=initial).state.amplitudes.copy()
    return statevector.simulate(Job(circuit, start, Control(), initial is None, threads))


def expected(circuit, initial=None):
    return run(circuit, None, method="numpy", initial=initial).state.amplitudes


def kept(circuit, **changed):
    """The plan that a run would find, if there is one."""
    operations = tuple(i for i in circuit if isinstance(i, Operation))
    return module._plans.get((settings(circuit.num_qubits, **changed), tuple(map(id, operations))))


def full(num_qubits=N, seed=1):
    """Tables, swaps, pairs, and operations that do not lower."""
    circuit = random_circuit(num_qubits, 60, seed, controls=2)
    for qubit in range(num_qubits - 1):
        circuit.cp(0.1 * qubit, qubit, qubit + 1)
    return circuit.ry(0.3, range(num_qubits)).swap(0, 5).rccx(3, 7, 11).gphase(0.4).h(range(num_qubits))


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("start", [None, "random"])
def test_a_plan_that_was_kept_gives_the_same_amplitudes(precision, start):
    initial = start and State.random(N, seed=4)
    circuit = full()
    first = simulate(circuit, precision, initial)
    plan = kept(circuit, precision=precision, is_zero=initial is None)
    assert plan is not None
    assert all(stretch.programs is not None for stretch in plan.stretches)
    again = simulate(circuit, precision, initial)
    assert kept(circuit, precision=precision, is_zero=initial is None) is plan
    assert first.tobytes() == again.tobytes()
    np.testing.assert_allclose(again, expected(circuit, initial), atol={"double": 1e-12, "single": 2e-6}[precision])


def test_nothing_is_encoded_twice(monkeypatch):
    circuit = full()
    first = simulate(circuit)
    monkeypatch.setattr(module, "encode", None)
    monkeypatch.setattr(module, "lower", None)
    assert simulate(circuit).tobytes() == first.tobytes()


CHANGES = {
    "gate": lambda c: c.ry(0.5, 3),
    "append": lambda c: c.append(Circuit(2).h(0).cx(0, 1), 3, 5),
    "measure": lambda c: c.ry(0.1, 4).measure_all(),
    "compose": lambda c: c.compose(Circuit(N).ry(0.2, 1)),
    "inverse": lambda c: c.inverse(),
    "remap": lambda c: c.remap({0: 1, 1: 0}),
    "controlled": lambda c: c.controlled(),
    "repeat": lambda c: c.repeat(2),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_circuit_is_planned_anew(name):
    circuit = Circuit(N).ry(0.3, range(N)).cx(0, 9).cp(0.2, 3, 11).ry(0.1, range(N))
    simulate(circuit)
    changed = CHANGES[name](circuit)
    assert kept(changed) is None
    np.testing.assert_allclose(simulate(changed), expected(changed.without_final_measurements()), atol=1e-12)


def test_an_instruction_exchanged_in_place_is_seen():
    circuit = Circuit(N).ry(0.3, range(N)).cx(0, 9)
    simulate(circuit)
    circuit._instructions[3] = Circuit(N).ry(2.0, 3)[0]
    assert kept(circuit) is None
    np.testing.assert_allclose(simulate(circuit), expected(circuit), atol=1e-12)


def test_registers_precision_and_start_have_plans_of_their_own():
    circuit = Circuit(N).ry(0.3, range(N)).cx(0, 9)
    simulate(circuit)
    assert kept(circuit, precision="single") is None
    assert kept(circuit, is_zero=False) is None
    circuit.add_qubits("more", 1)
    assert kept(circuit) is None
    np.testing.assert_allclose(simulate(circuit), expected(circuit), atol=1e-12)


def test_blocks_have_the_size_that_is_asked_for():
    circuit, in_memory = Circuit(13).ry(0.3, range(13)), Settings(13, "double", False, 4, 6, 4)
    for chosen, sizes in ((in_memory, [6] * 5), (in_memory.for_window(7, 4), [7] * 3)):
        (stretch,) = prepare(circuit, chosen).stretches
        assert [sweep.local.bit_count() for sweep in stretch.sweeps] == sizes


def test_copies_and_what_leaves_operations_alone_share_a_plan():
    circuit = full()
    simulate(circuit)
    plan = kept(circuit)
    assert kept(circuit.copy()) is plan
    assert kept(circuit.bind()) is plan
    assert kept(circuit.copy().barrier().measure_all()) is plan


def test_bound_circuits_are_planned_each_for_their_values():
    theta = Parameter("θ")
    circuit = Circuit(N).ry(theta, range(N)).cx(0, 9).ry(2 * theta, range(N))
    for value in (0.3, math.pi / 2, math.pi, 0.0, 3.0):
        bound = circuit.bind(θ=value)
        np.testing.assert_allclose(simulate(bound), expected(bound), atol=1e-12)
        assert kept(bound) is not None
        assert kept(circuit.bind(θ=value)) is None


@pytest.mark.parametrize("duplicate", [copy.deepcopy, copy.copy, lambda c: pickle.loads(pickle.dumps(c))])
def test_pickled_and_copied_circuits_run(duplicate):
    circuit = full()
    first = simulate(circuit)
    other = duplicate(circuit)
    assert simulate(other).tobytes() == first.tobytes()
    np.testing.assert_allclose(simulate(other.x(0)), expected(circuit.copy().x(0)), atol=1e-12)


def test_threads_share_a_plan_and_nothing_else():
    circuit, start = full(), State.random(N, seed=3)
    wanted = simulate(circuit, initial=start).tobytes()
    for before in (forget, lambda: None):  # planned by all of them, and kept
        before()
        found = [b""] * 6
        barrier = threading.Barrier(len(found))

        def work(number, found=found, barrier=barrier):
            barrier.wait()
            for _ in range(3):
                found[number] = simulate(circuit, initial=start, threads=2).tobytes()

        workers = [threading.Thread(target=work, args=(number,)) for number in range(len(found))]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert set(found) == {wanted}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_waits_for_no_thread_of_its_parent():
    circuit = full()
    with module._plans._lock:
        pid = os.fork()
        if pid == 0:
            signal.alarm(60)  # ends a child that waits
            is_right = np.allclose(simulate(circuit, threads=1), expected(circuit), atol=1e-12)
            os._exit(0 if is_right and kept(circuit) else 1)
    assert os.waitpid(pid, 0)[1] == 0


def test_what_is_kept_is_bounded(monkeypatch):
    circuits = [full(seed=seed) for seed in range(4)]
    simulate(circuits[0])
    one = kept(circuits[0]).num_bytes
    monkeypatch.setattr(module, "_KEPT_BYTES", int(2.8 * one))
    for circuit in circuits:
        simulate(circuit)
    assert module._plans.num_bytes <= 2.8 * one
    assert kept(circuits[0]) is None
    assert kept(circuits[-1]) is not None
    assert module._plans.num_bytes == sum(plan.num_bytes for plan, _ in module._plans._plans.values())


def test_the_plans_used_last_are_kept(monkeypatch):
    """A large one takes the place of several; one that is too large takes none."""
    small = [full(seed=seed) for seed in range(3)]
    large = full(seed=3).append(full(seed=4)).append(full(seed=5))
    for circuit in (*small, large):
        simulate(circuit)
    sizes = [kept(circuit).num_bytes for circuit in (*small, large)]
    forget()
    monkeypatch.setattr(module, "_KEPT_BYTES", sum(sizes[1:]) - 1)
    for circuit in (*small, small[0], large):
        simulate(circuit)
    assert [kept(circuit) is not None for circuit in (*small, large)] == [True, False, False, True]
    assert module._plans.num_bytes == sizes[0] + sizes[3]
    forget()
    monkeypatch.setattr(module, "_KEPT_BYTES", sizes[3] - 1)
    simulate(small[0])
    simulate(large)
    assert kept(small[0]) is not None
    assert kept(large) is None


def test_a_plan_that_is_too_large_is_not_kept(monkeypatch):
    circuit = full()
    monkeypatch.setattr(module, "_KEPT_BYTES", 1000)
    for _ in range(2):
        np.testing.assert_allclose(simulate(circuit), expected(circuit), atol=1e-12)
        assert kept(circuit) is None
    assert module._plans.num_bytes == 0
    for stretch in prepare(circuit, settings()).stretches:
        assert Programs(stretch)[len(stretch.sweeps) - 1].num_blocks > 0
        assert stretch.programs is None


@pytest.mark.parametrize("controls", [0, 1])
def test_matrices_of_custom_gates_count(controls):
    rng = np.random.default_rng(1)
    matrix = np.diag(np.exp(1j * rng.uniform(0, 6, 2**7)))
    for gate, size in ((gates.unitary(matrix), 2**18), (gates.diagonal(np.angle(matrix.diagonal())), 2**11)):
        circuit = Circuit(N).append(gate.controlled(controls), *range(7 + controls))
        assert size <= prepare(circuit, settings()).num_bytes < size + 10_000


def test_tables_are_not_kept_and_no_state_is():
    circuit = full()
    amplitudes = np.zeros(2**N, dtype=complex)
    amplitudes[0] = 1
    gone = weakref.ref(amplitudes)
    statevector.simulate(Job(circuit, amplitudes, Control(), True, None))
    del amplitudes
    assert gone() is None
    programs = [program for stretch in kept(circuit).stretches for program in stretch.programs]
    assert sum(len(program.tables) for program in programs) > 3
    assert all(program.data.nbytes < 2**15 for program in programs)


def test_a_plan_has_parts_in_order():
    circuit = Circuit(N).h(range(N)).rccx(3, 7, 11).h(range(N))
    plan = prepare(circuit, settings())
    assert [isinstance(part, Stretch) for part in plan.parts] == [True, False, True]
    assert isinstance(plan.settings, Settings)


def test_planning_is_told_and_saved():
    circuit = full(17)
    timings = run(circuit, None, method="statevector").timings
    assert 0 < timings["plan"] < timings["simulate"] < timings["total"]
    assert run(circuit, None, method="numpy").timings["plan"] == 0
    assert run(Circuit(3).h(0), None, method="statevector").timings["plan"] > 0
