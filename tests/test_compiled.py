"""Compiled circuits: what they give is what the bound circuit gives; what they refuse."""

import pickle

import numpy as np
import pytest

from qsim import Circuit, CircuitError, Parameter, ParameterError, State, StateError, run
from qsim.algebra import X, Z
from qsim.engines.job import DIRECT_QUBITS
from qsim.kernels import DIRECT, loader, try_load
from qsim.testing import random_circuit

THETA = Parameter.vector("θ", 3)
DTYPES = {"double": np.complex128, "single": np.complex64}
TOLERANCE = {"double": 1e-13, "single": 1e-6}


@pytest.fixture(params=["compiled", "missing"])
def kernels(request, monkeypatch):
    """With kernels, and on a machine that has compiled none: nobody waits for them."""
    if request.param == "missing":
        monkeypatch.setattr(loader, "status", lambda *_, **__: "missing")
        monkeypatch.setattr(loader, "load", None)
    elif try_load("double", source=DIRECT) is None:
        pytest.skip("no compiled kernels on this machine")
    return request.param


def ansatz(num_qubits=4):
    """Angles that are sums, products and functions of the parameters."""
    a, b, c = THETA
    circuit = Circuit(num_qubits).h(0).append(random_circuit(num_qubits, 10, seed=1))
    circuit.rx(a, 0).ry(b / 2 + 0.1, 1).cx(0, 2).rzz(a - 2 * c, 1, 2).u(a * b, np.sin(c), -b, 3).crx(c, 3, 0)
    return circuit


@pytest.mark.parametrize("precision", DTYPES)
def test_it_gives_what_the_bound_circuit_gives(kernels, precision):
    circuit = ansatz()
    compiled = circuit.compile(precision=precision)
    assert compiled.parameters == circuit.parameters == THETA
    assert compiled.num_qubits == 4
    for values in np.random.default_rng(1).uniform(-4, 4, (5, 3)):
        expected = circuit.bind(values).state(method="reference").amplitudes
        for given in (values, values.tolist(), tuple(values), {"θ": values}, dict(zip(THETA, values, strict=True))):
            state = compiled(given)
            assert state.amplitudes.dtype == DTYPES[precision]
            np.testing.assert_allclose(state.amplitudes, expected, atol=TOLERANCE[precision], rtol=0)
    observable = Z(0) @ Z(1) + 0.5 * X(2)
    assert compiled.expectation(values, observable) == pytest.approx(
        circuit.bind(values).expectation(observable), abs=TOLERANCE[precision]
    )
    assert compiled.sample(values, 500, seed=3) == circuit.bind(values).sample(500, seed=3, precision=precision)


def test_integers_strides_and_single_numbers_are_values(kernels):
    compiled = ansatz().compile()
    expected = compiled([1.0, 2.0, 3.0]).amplitudes
    for values in ([1, 2, 3], np.array([1, 2, 3]), np.arange(1.0, 4.0, 0.5)[::2], np.float32([1, 2, 3])):
        np.testing.assert_array_equal(compiled(values).amplitudes, expected)


def test_states_are_independent_and_out_is_shared(kernels):
    compiled = ansatz().compile()
    first, second = compiled([0.1, 0.2, 0.3]), compiled([0.3, 0.2, 0.1])
    assert not np.shares_memory(first.amplitudes, second.amplitudes)
    assert not first.equiv(second)
    out = np.empty(16, dtype=complex)
    for values in ([0.1, 0.2, 0.3], [0.1, 0.2, 0.3]):
        state = compiled(values, out=out)
        assert np.shares_memory(state.amplitudes, out)
        np.testing.assert_array_equal(out, first.amplitudes)
    with pytest.raises(StateError, match="16 complex128"):
        compiled(values, out=np.empty(8, dtype=complex))
    with pytest.raises(StateError, match="read-only"):
        compiled(values, out=first.amplitudes)
    with pytest.raises(TypeError, match="must be an array"):
        compiled(values, out=[0] * 16)


def test_an_initial_state(kernels):
    circuit, start = ansatz(), State.random(4, seed=2)
    compiled = circuit.compile(initial=start)
    for values in ([0.1, 0.2, 0.3], [0.4, 0.5, 0.6]):
        expected = run(circuit.bind(values), None, initial=start).state
        np.testing.assert_allclose(compiled(values).amplitudes, expected.amplitudes, atol=1e-13)
    assert start == State.random(4, seed=2)
    assert circuit.compile(initial="0101")([0, 0, 0]).norm == pytest.approx(1)


def test_no_parameters_and_no_qubits(kernels):
    bell = Circuit(2).h(0).cx(0, 1).compile()
    for values in ((), [], None, np.empty(0), {}):
        assert bell(values).equiv(State.bell())
    assert bell().equiv(State.bell())
    assert bell.sample(shots=100, seed=1).shots == 100
    np.testing.assert_allclose(Circuit().gphase(THETA[0]).compile()([0.3]).amplitudes, [np.exp(0.3j)])


def test_measured_bits_go_where_they_were_sent(kernels):
    circuit = Circuit(3, 4).rx(THETA[0], 0).x(2).measure([0, 1], [3, 0]).measure(2, 1)
    compiled = circuit.compile()
    assert dict(compiled.sample([np.pi], 10, seed=0)) == {"0101": 10}
    assert compiled.sample([1.0], 1000, seed=4) == circuit.bind([1.0]).sample(1000, seed=4)
    with pytest.raises(CircuitError, match="without_final_measurements"):
        compiled([1.0])
    with pytest.raises(CircuitError, match="shots"):
        compiled.sample([1.0], None)


def test_larger_circuits_are_bound_and_run():
    n = DIRECT_QUBITS + 1
    circuit = Circuit(n).rx(THETA[0], range(n)).cx(0, n - 1).cp(THETA[1], 1, n - 1)
    found = circuit.compile(threads=1)([0.4, 0.5])
    np.testing.assert_allclose(found.amplitudes, circuit.bind([0.4, 0.5]).state(method="numpy").amplitudes, atol=1e-13)


def test_gates_on_many_qubits_and_unchecked_ones(kernels):
    rng = np.random.default_rng(3)
    matrix, _ = np.linalg.qr(rng.normal(size=(32, 32)))
    circuit = Circuit(6).h(range(6)).rx(THETA[0], 0).apply(matrix, 4, 2, 0, 1, 5).ry(THETA[1], 2)
    expected = circuit.bind([0.3, 0.4]).state(method="numpy").amplitudes
    np.testing.assert_allclose(circuit.compile()([0.3, 0.4]).amplitudes, expected, atol=1e-13)
    assert not Circuit(1).h(0).apply([[1, 0], [0, 2]], 0, check=False).compile()().is_normalized


def test_later_changes_of_the_circuit_do_not_matter_and_pickle_works(kernels):
    circuit = ansatz()
    compiled = circuit.compile(precision="single")
    expected = compiled([0.1, 0.2, 0.3])
    circuit.x(0)
    for other in (compiled, pickle.loads(pickle.dumps(compiled))):
        np.testing.assert_array_equal(other([0.1, 0.2, 0.3]).amplitudes, expected.amplitudes)
    assert repr(compiled) == "<compiled: 4 qubits, 17 instructions, parameters (θ[0], θ[1], θ[2])>"


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ([0.1, 0.2], ParameterError, "2 entries for 3 parameters"),
        (np.zeros(4), ParameterError, "4 entries for 3 parameters"),
        (None, ParameterError, "0 entries for 3 parameters"),
        ([0.1, np.nan, 0.3], ParameterError, r"θ\[1\] must be finite, but is nan"),
        (np.array([0.1, 0.2, np.inf]), ParameterError, r"θ\[2\] must be finite, but is inf"),
        ([0.1, 1j, 0.3], ParameterError, r"θ\[1\] must be a real number .* but is 1j"),
        (np.array([0.1, 1j, 0.3]), ParameterError, r"θ\[0\] must be a real number"),
        ([0.1, "0.2", 0.3], ParameterError, r"θ\[1\] must be a real number .* but is '0.2'"),
        ([0.1, True, 0.3], ParameterError, r"θ\[1\] must be a real number .* but is True"),
        ([0.1, THETA[2], 0.3], ParameterError, r"θ\[1\] must be a real number, but is θ\[2\]"),
        ({"θ[0]": 0.1}, ParameterError, r"θ\[1\] has no value: a compiled circuit takes numbers for all"),
        ({"phi": 0.1}, ParameterError, "no parameter phi"),
        (np.zeros((2, 3)), ParameterError, r"call once for each set of values\), but has shape \(2, 3\)"),
        ([[0.1, 0.2, 0.3]], ParameterError, "call once for each set of values"),
        (0.1, TypeError, "must be a mapping, or a sequence"),
        ("123", TypeError, "must be a mapping, or a sequence"),
    ],
)
def test_values_that_are_refused(kernels, values, error, message):
    compiled = ansatz().compile()
    with pytest.raises(error, match=message):
        compiled(values)
    with pytest.raises(error, match=message):
        compiled.sample(values, 10)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"method": "magic"}, CircuitError, "'magic'"),
        ({"precision": "half"}, CircuitError, "'half'"),
        ({"threads": 0}, CircuitError, "threads"),
        ({"initial": "000"}, StateError, "3 qubits, but the circuit has 4"),
        ({"shots": 10}, TypeError, "shots"),
    ],
)
def test_options_that_are_refused(kernels, options, error, message):
    with pytest.raises(error, match=message):
        ansatz().compile(**options)


def test_other_methods_are_passed_on():
    circuit = ansatz()
    for method in ("numpy", "sparse", "reference", "statevector"):
        found = circuit.compile(method=method)([0.1, 0.2, 0.3])
        np.testing.assert_allclose(
            found.amplitudes, circuit.bind([0.1, 0.2, 0.3]).state(method="dense").amplitudes, atol=1e-13
        )


def test_what_is_measured_in_the_middle_is_refused_at_once():
    with pytest.raises(CircuitError, match=r"Operation 0, measure\(0, 0\), .*measurements at the end"):
        Circuit(1).measure(0).rx(THETA[0], 0).compile()
