"""The one entry: options, results, seeds, memory, and what is refused."""

import gc
import sys
from itertools import pairwise

import numpy as np
import pytest

from qsim import Circuit, CircuitError, Parameter, ParameterError, State, StateError, TooLargeError, gates, run
from qsim.algebra import X, Z
from qsim.kernels import loader
from qsim.methods import METHODS
from qsim.testing import assert_counts_follow, random_circuit

BELL = Circuit(2).h(0).cx(0, 1)
run_module = sys.modules["qsim.methods"]  # `qsim.run` is the function


def test_the_first_lines_that_a_person_types():
    assert repr(BELL.state()) == "0.7071|00⟩ + 0.7071|11⟩   (q0 q1)"
    counts = BELL.sample(1000, seed=7)
    assert set(counts) == {"00", "11"}
    assert counts.shots == 1000
    np.testing.assert_allclose(BELL.probabilities(), [0.5, 0, 0, 0.5], atol=1e-15)
    np.testing.assert_allclose(Circuit(3).x(1).probabilities([1, 0]), [0, 0, 1, 0], atol=1e-15)
    assert BELL.expectation(Z(0) @ Z(1)) == pytest.approx(1)
    assert len(BELL) == 2  # sampling leaves the circuit as it is


def test_result_carries_what_was_asked_for():
    result = run(BELL, 100, seed=3, observables={"zz": Z(0) @ Z(1), "x": X(0)})
    assert result.state is None
    assert result.seed == 3
    assert result.method in ("numpy", "statevector")
    assert result.expectations["zz"] == pytest.approx(1)
    assert result.expectations["x"] == pytest.approx(0)
    assert set(result.timings) == {"plan", "simulate", "sample", "total"}
    assert run(BELL, None).counts is None
    assert run(BELL, 10, keep_state=True).state == BELL.state()
    assert run(BELL, None, observables=[X(0)]).expectations == [pytest.approx(0)]
    assert f"method={result.method!r}" in repr(result)


def test_seeds():
    circuit = Circuit(6).h(range(6))
    assert circuit.sample(100, seed=1) == circuit.sample(100, seed=1)
    assert circuit.sample(100, seed=1) != circuit.sample(100, seed=2)
    fresh = run(circuit, 100)
    assert run(circuit, 100, seed=fresh.seed).counts == fresh.counts
    rng = np.random.default_rng(5)
    first = run(circuit, 100, seed=rng)
    assert first.seed is None
    assert first.counts == circuit.sample(100, seed=5)
    assert run(circuit, 100, seed=rng).counts != first.counts  # the generator has moved on
    np.random.seed(0)  # noqa: NPY002  the global generator has no say
    assert circuit.sample(100, seed=1) == circuit.sample(100, seed=1)


def test_neighbouring_seeds_are_unrelated():
    circuit = Circuit(10).h(range(10))
    samples = [circuit.sample(1000, seed=seed) for seed in range(20)]
    for a, b in pairwise(samples):
        shared = sum(min(a[key], b[key]) for key in a)
        assert 370 < shared < 580  # Σ_k P(N ≥ k)² for N Poisson of mean 1000/1024: 0.46 of the shots, ± 0.02


@pytest.mark.parametrize("method", ["auto", "statevector", *METHODS])
def test_every_method_samples_the_same(method):
    circuit = random_circuit(4, 20, seed=9)
    counts = run(circuit, 5000, seed=11, method=method).counts
    assert_counts_follow(counts, circuit.state())
    assert counts == circuit.sample(5000, seed=11)


def test_measured_bits_go_where_they_were_sent():
    circuit = Circuit(3, 4).x(0).x(2).measure([0, 1], [3, 0]).measure(2, 1)
    assert dict(circuit.sample(10, seed=0)) == {"0101": 10}  # bits 0 1 2 3 ← qubits 1, 2, none, 0
    twice = Circuit(2, 3).x(1).measure(1, 0).measure(1, 2)
    assert dict(twice.sample(5, seed=0)) == {"101": 5}
    overwritten = Circuit(2, 1).x(1).measure(0, 0).measure(1, 0)
    assert dict(overwritten.sample(5, seed=0)) == {"1": 5}


def test_registers_are_separated_by_a_space():
    circuit = Circuit(3)
    circuit.add_bits("flag", 1)
    circuit.add_bits("data", 2)
    circuit.x(0).measure([1, 2], circuit.bits["data"]).measure(0, circuit.bits["flag"])
    counts = circuit.sample(7, seed=0)
    assert dict(counts) == {"1 00": 7}
    assert counts.marginal("flag") == {"1": 7}


def test_measure_all_equals_measuring_nothing():
    assert dict(Circuit(2).h(0).measure_all().sample(50, seed=1)) == dict(Circuit(2).h(0).sample(50, seed=1))


@pytest.mark.parametrize("num_bits", [63, 64, 65, 130])
def test_many_classical_bits(num_bits):
    circuit = Circuit(2, num_bits).x(0).measure([0, 1], [0, num_bits - 1]).measure(0, num_bits // 2)
    expected = ["0"] * num_bits
    expected[0] = expected[num_bits // 2] = "1"
    assert dict(circuit.sample(3, seed=0)) == {"".join(expected): 3}


def test_initial_state_and_out():
    for initial in ("01", State("01"), np.array([0, 1, 0, 0])):
        assert run(BELL, None, initial=initial).state.equiv(State.bell("psi+"))
    start = State("01")
    run(BELL, None, initial=start)
    assert start == State("01")
    buffer = np.empty(4, dtype=complex)
    for method in METHODS:
        result = run(BELL, None, out=buffer, method=method)
        np.testing.assert_allclose(buffer, BELL.state().amplitudes, atol=1e-15)
        assert np.shares_memory(result.state.amplitudes, buffer)


def test_unchecked_gates_give_states_that_are_checked_whatever_their_name():
    circuit = Circuit(1).h(0).apply([[1, 0], [0, 2]], 0, check=False, name="x")
    for state in (circuit.state(), [state for _, state in circuit.steps()][-1]):
        assert not state.is_normalized
        with pytest.raises(StateError, match="norm"):
            state.probabilities()


def test_shots_edges():
    assert BELL.sample(0).shots == 0
    assert Circuit().sample(5, seed=0).shots == 5


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: BELL.sample(-1), StateError, "0 or more, but is -1"),
        (lambda: BELL.sample(1.5), TypeError, "int"),
        (lambda: BELL.sample(None), CircuitError, "circuit.state"),
        (lambda: run(BELL, method="magic"), CircuitError, "'magic'"),
        (lambda: run(BELL, precision="half"), CircuitError, "'half'"),
        (lambda: run(BELL, initial="000"), StateError, "3 qubits, but the circuit has 2"),
        (lambda: run(BELL, initial=State("00") + State("11")), StateError, "normalis"),
        (lambda: run(BELL, initial=[1, 1, 0, 0]), StateError, "norm"),
        (lambda: run(BELL, out=np.zeros(4)), StateError, "complex128"),
        (lambda: run(BELL, out=np.zeros(8, dtype=complex)), StateError, "4 complex128"),
        (
            lambda: Circuit(1).rx(Parameter("a"), 0).state(),
            ParameterError,
            r"rx\(a, 0\), added at test_run.py.*bind\(a=…\)",
        ),
        (lambda: Circuit(1).measure_all().state(), CircuitError, "without_final_measurements"),
        (lambda: list(Circuit(1).measure_all().steps()), CircuitError, "without measurements"),
        (
            lambda: run(Circuit(1).measure(0).x(0), None),
            CircuitError,
            r"Operation 0, measure\(0, 0\), .*shots=1, .*exact=True",
        ),
        (lambda: Circuit(60).state(), TooLargeError, "60 qubits.*16 EiB.*would fit"),
        (lambda: Circuit(2000).sample(), TooLargeError, "2000 qubits"),
        (lambda: run(Circuit(30), method="dense"), TooLargeError, "method 'dense'"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_usable_after_a_refusal_and_memory_is_flat():
    import tracemalloc

    with pytest.raises(TooLargeError):
        Circuit(50).h(0).state()
    circuit = random_circuit(6, 20, seed=1)
    circuit.sample(10, seed=0)
    gc.collect()
    tracemalloc.start()
    for seed in range(200):
        circuit.sample(10, seed=seed)
    gc.collect()
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 200_000


def test_big_permutation_and_diagonal_gates_form_no_matrix():
    size = 2**14
    shift = gates.permutation(np.roll(np.arange(size), -1), name="increment")
    counts = Circuit(14).append(shift, *range(14)).append(gates.diagonal(np.zeros(size)), *range(14)).sample(3, seed=0)
    assert dict(counts) == {"0" * 13 + "1": 3}


# ── which engine


@pytest.fixture
def looked(monkeypatch):
    """A process that has done nothing yet; each look for kernels finds `looked.found`, and is noted by module."""

    class Looked(list):
        found, loads = "missing", True

    looks = Looked()

    def status(precision, *, source):
        looks.append(source.name)
        return looks.found

    monkeypatch.setattr(run_module, "_spent", 0.0)
    monkeypatch.setattr(run_module, "_look", {})
    monkeypatch.setattr(loader, "status", status)
    monkeypatch.setattr(loader, "try_load", lambda precision, *, source: object() if looks.loads else None)
    return looks


def chosen(num_qubits, num_gates, method="auto"):
    return run_module.choose(method, Circuit(num_qubits).x(0).repeat(num_gates), "double")


def test_little_work_looks_for_no_kernels(looked):
    assert chosen(2, 10) == chosen(10, 100) == chosen(16, 100) == "numpy"
    assert looked == []


@pytest.mark.parametrize(("num_qubits", "module"), [(4, "direct"), (16, "direct"), (17, "sweep"), (20, "sweep")])
def test_kernels_that_are_compiled_are_used_once_it_pays(looked, num_qubits, module):
    looked.found = "compiled"
    assert chosen(num_qubits, 50_000) == "statevector"
    assert chosen(num_qubits, 1) == "statevector"  # at hand from now on
    assert looked == [module] * 2
    assert chosen(17 if num_qubits < 17 else 4, 1) == "numpy"


def test_nobody_waits_for_a_compiler_before_it_pays(looked):
    seen = [chosen(4, 5000) for _ in range(300)]
    assert set(seen) == {"numpy", "statevector"}
    assert seen.index("statevector") * 5000 * run_module._NUMPY_CALL_SECONDS > 9
    assert len(looked) < 10 + seen.count("statevector")  # looking is seldom


def test_kernels_that_cannot_be_had_are_seldom_asked_for(looked):
    looked.loads = False
    assert {chosen(4, 50_000) for _ in range(200)} == {"numpy"}
    assert len(looked) < 12


def test_the_compiled_engine_by_name(looked):
    assert chosen(3, 1, "statevector") == "numpy"
    assert chosen(12, 1, "statevector") == "statevector"
    looked.found = "compiled"
    assert chosen(3, 1, "statevector") == "statevector"
    assert chosen(3, 1, "numpy") == "numpy"
