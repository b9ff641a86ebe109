"""Every engine against the oracle: each gate at each placement, random circuits, around every size threshold."""

from itertools import permutations

import numpy as np
import pytest
from engines.oracle import product_formula
from hypothesis import given
from hypothesis import strategies as st

from qsim import Circuit, State, gates, run
from qsim.algebra import P0, P1, I, X, Y, Z, kron
from qsim.engines import numpy_path
from qsim.engines.reference import embed
from qsim.gates import TABLE, Gate
from qsim.methods import METHODS
from qsim.testing import assert_circuit_is_consistent, random_circuit

FAST = [name for name in METHODS if name != "reference"]


def final(circuit, method, initial=None, precision="double"):
    """From an engine, or by "slices" on any register: the NumPy engine has another way with few qubits."""
    if method == "slices":
        before = run(Circuit(circuit.num_qubits), None, method="numpy", initial=initial, precision=precision)
        tensor = before.state.amplitudes.copy().reshape([2] * circuit.num_qubits)
        for operation in circuit:
            numpy_path.apply_operation(tensor, operation)
        return tensor.reshape(-1)
    return run(circuit, None, method=method, initial=initial, precision=precision).state.amplitudes


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("method", [*FAST, "slices"])
def test_every_gate_at_every_placement(name, method):
    spec = TABLE[name]
    n = max(4, spec.num_qubits) if spec.num_qubits < 4 else 5
    gate = Gate.named(name, *(0.3, -1.1, 2.7, 0.9)[: len(spec.params)])
    start = State.random(n, seed=1)
    for qubits in permutations(range(n), spec.num_qubits):
        expected = embed(gate.matrix(), qubits, n) @ start.amplitudes
        found = final(Circuit(n).append(gate, *qubits), method, start)
        np.testing.assert_allclose(found, expected, atol=1e-13, err_msg=str(qubits))


@pytest.mark.parametrize("controls", ["1", "0", "10", "011"])
@pytest.mark.parametrize("name", ["h", "ry", "x", "t", "swap", "rzz", "iswap", "gphase"])
@pytest.mark.parametrize("method", ["numpy", "slices"])
def test_controls_at_random_placements(name, controls, method):
    rng = np.random.default_rng(7)
    gate = Gate.named(name, *[0.7] * len(TABLE[name].params)).controlled(len(controls), controls)
    start = State.random(6, seed=2)
    for _ in range(20):
        qubits = [int(q) for q in rng.permutation(6)[: gate.num_qubits]]
        expected = embed(gate.matrix(), qubits, 6) @ start.amplitudes
        np.testing.assert_allclose(final(Circuit(6).append(gate, *qubits), method, start), expected, atol=1e-13)


@given(st.integers(1, 6), st.integers(0, 25), st.integers(0, 2**32 - 1))
def test_engines_agree_on_random_circuits(num_qubits, num_operations, seed):
    assert_circuit_is_consistent(random_circuit(num_qubits, num_operations, seed, controls=2))


CUSTOM = {
    "dense": lambda rng, k: gates.unitary(np.linalg.qr(rng.normal(size=(2, 2**k, 2**k)).T @ [1, 1j])[0]),
    "diagonal": lambda rng, k: gates.diagonal(rng.uniform(-3, 3, 2**k)),
    "permutation": lambda rng, k: gates.permutation(rng.permutation(2**k)),
}  # fmt: skip


@pytest.mark.parametrize("width", [1, 2, 3, numpy_path.SLICED_TARGETS, numpy_path.SLICED_TARGETS + 1, 6, 7])
@pytest.mark.parametrize("kind", CUSTOM)
@pytest.mark.parametrize("controls", ["", "01"])
def test_custom_gates_of_every_width(width, kind, controls):
    rng = np.random.default_rng(width)
    gate = CUSTOM[kind](rng, width).controlled(len(controls), controls)
    n = gate.num_qubits + 1
    if n > 9:
        n = gate.num_qubits
    qubits = [int(q) for q in rng.permutation(n)[: gate.num_qubits]]
    circuit = Circuit(n).append(gate, *qubits)
    assert_circuit_is_consistent(circuit, atol=1e-11)
    start = State.random(n, seed=3)
    np.testing.assert_allclose(final(circuit, "slices", start), final(circuit, "sparse", start), atol=1e-11)


@pytest.mark.parametrize("num_qubits", range(1, 20))
@pytest.mark.parametrize("method", ["numpy", "slices"])
def test_around_every_size_threshold(num_qubits, method):
    """Slices change shape at 2^16 amplitudes and for the last qubits; each size and each last qubit is met."""
    names = [name for name, row in TABLE.items() if row.num_qubits <= 3]
    circuit = random_circuit(num_qubits, 12, seed=num_qubits, names=names)
    for q in range(max(num_qubits - 5, 0), num_qubits):
        circuit.h(q).rx(0.3 * q, q).t(q).x(q)
        if q:
            circuit.cx(q, q - 1).rzz(0.2, q - 1, q).iswap(q, 0).swap(q, q - 1)
    np.testing.assert_allclose(final(circuit, method), product_formula(circuit), atol=1e-12)


def test_fifteen_qubits_keep_the_relative_phase():
    """A circuit on which a fused simulator was seen to return the wrong phase."""
    circuit = Circuit(15).h(0).cx(1, 0).x(0).s(0).x(0)
    expected = np.zeros(2**15, dtype=complex)
    expected[0], expected[2**14] = 1j * np.sqrt(0.5), np.sqrt(0.5)
    np.testing.assert_allclose(final(circuit, "numpy"), expected, atol=1e-15)


def test_operators_as_gates():
    cnot = kron(P0, I) + kron(P1, X)
    assert_circuit_is_consistent(Circuit(3).h(0).apply(cnot, 0, 2).apply(cnot.matrix(), 2, 1))
    strings = (X(0) @ Z(1) @ Y(3) @ X(11)) @ (Z(5) @ Z(6))
    wide = Circuit(12).h(range(12)).apply(np.cos(0.3) + 1j * np.sin(0.3) * strings)
    expected = (
        strings.sparse(12) @ State("+" * 12).amplitudes * 1j * np.sin(0.3) + np.cos(0.3) * State("+" * 12).amplitudes
    )
    np.testing.assert_allclose(final(wide, "numpy"), expected, atol=1e-12)
    np.testing.assert_allclose(final(wide, "sparse"), expected, atol=1e-12)


@pytest.mark.parametrize("method", ["numpy", "sparse"])
def test_single_precision_stays_single(method):
    circuit = random_circuit(8, 200, seed=3)
    found = final(circuit, method, precision="single")
    assert found.dtype == np.complex64
    np.testing.assert_allclose(found, final(circuit, method), atol=2e-5)


def test_norm_after_many_gates():
    circuit = random_circuit(3, 2000, seed=4).repeat(50)  # 10^5 gates
    assert abs(np.linalg.norm(final(circuit, "numpy")) - 1) < 1e-11
    assert abs(np.linalg.norm(final(circuit, "numpy", precision="single")) - 1) < 1e-4


def test_no_qubits_and_no_gates():
    for method in METHODS:
        assert final(Circuit(), method).tolist() == [1]
        assert final(Circuit(2), method).tolist() == [1, 0, 0, 0]
        np.testing.assert_allclose(final(Circuit().gphase(0.3), method), [np.exp(0.3j)], atol=1e-15)


@pytest.mark.parametrize("angle", [1e-4, 1e-9, 1e-13])
@pytest.mark.parametrize("method", METHODS)
def test_small_phases_are_applied(method, angle):
    """The entry e^{iφ} of a small φ has the real part 1, and is none."""
    plus = State("++")
    for circuit, phases in (
        (Circuit(2).p(angle, 1), [0, 1, 0, 1]),
        (Circuit(2).rz(2 * angle, 1), [-1, 1, -1, 1]),
        (Circuit(2).cp(angle, 0, 1), [0, 0, 0, 1]),
        (Circuit(2).append(gates.diagonal([0, angle, 0, 0]), 0, 1), [0, 1, 0, 0]),
    ):
        found = run(circuit, None, method=method, initial=plus).state.amplitudes
        np.testing.assert_allclose(found.imag, 0.5 * np.sin(angle * np.array(phases)), rtol=1e-12, atol=0)
        assert np.abs(found.real - 0.5 * np.cos(angle * np.array(phases))).max() < 1e-15
