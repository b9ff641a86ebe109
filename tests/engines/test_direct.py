"""The direct engine against the oracle: every gate, placement, control and precision; numbers from angles; threads."""

import dataclasses
import itertools
import threading

import numpy as np
import pytest
from engines.oracle import product_formula

from qsim import Circuit, Parameter, State, gates
from qsim.engines import direct, reference
from qsim.engines.control import Control
from qsim.engines.direct import Runner
from qsim.engines.job import Job
from qsim.engines.program import encode
from qsim.engines.templates import DENSE, MIX, MULTIPLY, TURN, harmonics, template
from qsim.errors import ParameterError
from qsim.gates import TABLE, Gate
from qsim.kernels import DIRECT, host_target, load, try_load
from qsim.testing import random_circuit

DTYPES = {"double": np.complex128, "single": np.complex64}
TOLERANCE = {"double": 1e-14, "single": 3e-7}
BASES = {(spec.base or spec): name for name, spec in TABLE.items()}
pytestmark = pytest.mark.skipif(try_load("double", source=DIRECT) is None, reason="no compiled kernels on this machine")


def start(num_qubits, precision="double"):
    return State.random(num_qubits, seed=num_qubits).amplitudes.astype(DTYPES[precision])


def check(circuit, precision="double", threads=None, tolerance=None):
    before = start(circuit.num_qubits, precision)
    found = direct.simulate(Job(circuit, before.copy(), Control(), threads=threads))
    assert found.dtype == DTYPES[precision]
    expected = product_formula(circuit, before)  # the NumPy engine would read the same program
    np.testing.assert_allclose(found, expected, atol=tolerance or TOLERANCE[precision], rtol=0)


# ── gates at places


@pytest.mark.parametrize("precision", DTYPES)
@pytest.mark.parametrize("name", TABLE)
def test_every_gate_at_every_placement(name, precision):
    """Places below and above the width of a vector, in every order, on registers that fill no vector."""
    spec = TABLE[name]
    rng = np.random.default_rng(len(name))
    for n in range(max(spec.num_qubits, 1), 7):
        places = list(itertools.permutations(range(n), spec.num_qubits))
        for k in rng.permutation(len(places))[:24]:
            gate = Gate.named(name, *rng.uniform(-7, 7, len(spec.params)))
            check(Circuit(n).append(gate, *places[k]), precision)


@pytest.mark.parametrize("precision", DTYPES)
@pytest.mark.parametrize("name", ["x", "h", "y", "t", "rx", "u", "gphase", "swap", "ecr", "rzz", "fsim", "dcx"])
def test_controls_on_0_and_1(name, precision):
    spec, n = TABLE[name], 6
    rng = np.random.default_rng(7)
    for count in (1, 2, 3):
        for state in map("".join, itertools.product("01", repeat=count)):
            gate = Gate.named(name, *rng.uniform(-7, 7, len(spec.params))).controlled(count, state)
            check(Circuit(n).append(gate, *map(int, rng.permutation(n)[: gate.num_qubits])), precision)


@pytest.mark.parametrize("precision", DTYPES)
@pytest.mark.parametrize("num_targets", range(1, 7))
def test_custom_gates_of_every_structure(num_targets, precision):
    """Past four targets NumPy does them, in between."""
    rng = np.random.default_rng(num_targets)
    n, size = 7, 2**num_targets
    matrix, _ = np.linalg.qr(rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size)))
    blocks = np.eye(size, dtype=complex)
    blocks[size // 2 :, size // 2 :] = np.linalg.qr(matrix[size // 2 :, size // 2 :])[0]
    for gate in (
        gates.unitary(matrix),
        gates.unitary(blocks),
        gates.diagonal(rng.uniform(-3, 3, size)),
        gates.permutation(rng.permutation(size)),
    ):
        for _ in range(4):
            qubits = [int(q) for q in rng.permutation(n)]
            circuit = Circuit(n).h(range(n)).rxx(0.3, 0, 1).append(gate, *qubits[:num_targets]).t(0).cx(0, 1)
            check(circuit.append(gate.controlled(1, "0"), *qubits[: num_targets + 1]), precision)


def test_not_unitary_and_no_qubits():
    check(Circuit(3).apply([[1, 0.3], [0, 0.5]], 1, check=False).apply(np.diag([0, 2]), 0, check=False))
    check(Circuit(0).gphase(0.3))
    check(Circuit(3))


@pytest.mark.parametrize("precision", DTYPES)
@pytest.mark.parametrize("num_qubits", [1, 2, 3, 5, 8, 11])
def test_random_circuits(num_qubits, precision):
    for seed in range(4):
        circuit = random_circuit(num_qubits, 80, seed, controls=2 if num_qubits > 4 else 0)
        check(circuit, precision, tolerance=10 * TOLERANCE[precision])


@pytest.mark.parametrize("vector_bytes", [16, 64])
def test_vectors_of_other_widths(vector_bytes, monkeypatch):
    """One amplitude as with SSE2 and NEON, four as with AVX-512: LLVM makes them of what this machine has."""
    kernels = load("double", target=dataclasses.replace(host_target(), vector_bytes=vector_bytes), source=DIRECT)
    monkeypatch.setattr(direct, "load", lambda precision, source: kernels)
    for num_qubits in (1, 2, 3, 5, 7):
        circuit = random_circuit(num_qubits, 120, seed=num_qubits, controls=2 if num_qubits > 4 else 0)
        check(circuit, tolerance=10 * TOLERANCE["double"])


@pytest.mark.parametrize(("precision", "bound"), [("double", 1e-11), ("single", 1e-4)])
def test_norm_after_many_gates(precision, bound):
    circuit = random_circuit(4, 500, seed=6).repeat(200)  # 10^5 gates
    again = Circuit(4).ry(0.7, 0).rx(0.3, 1).p(0.9, 2).u(0.1, 0.2, 0.3, 3).repeat(25_000)
    for long in (circuit, again):
        found = direct.simulate(Job(long, start(4, precision), Control()))
        assert abs(np.linalg.norm(found.astype(np.complex128)) - 1) < bound


# ── numbers from angles


@pytest.mark.parametrize("spec", [spec for spec in BASES if spec.params], ids=BASES.get)
def test_harmonics_give_the_matrix(spec):
    rng = np.random.default_rng(3)
    coefficients = harmonics(spec)
    for _ in range(5):
        angles = rng.uniform(-20, 20, len(spec.params))
        found = coefficients
        for angle in angles:
            found = np.tensordot(found, np.exp(0.5j * angle * np.arange(-2, 3)), axes=(2, 0))
        np.testing.assert_allclose(found, spec.operator(*angles).matrix(), atol=1e-14)


@pytest.mark.parametrize("spec", BASES, ids=BASES.get)
def test_the_structure_depends_on_no_angle(spec):
    """What a template leaves out is 0, or 1 on the diagonal, at every angle."""
    steps = template(spec).steps
    rng = np.random.default_rng(4)
    for angles in (rng.uniform(-7, 7, len(spec.params)), np.zeros(len(spec.params))):
        rest = spec.operator(*angles).matrix() - np.eye(2**spec.num_qubits)
        for opcode, states in steps:
            block = np.ix_(states, states)
            if opcode == TURN:
                np.testing.assert_allclose(rest[block].imag, 0, atol=1e-15)
            assert len(states) == {MULTIPLY: 1, DENSE: len(states)}.get(opcode, 2)
            if spec.structure != "permutation":
                rest[block] = 0
        if spec.structure != "permutation":
            np.testing.assert_allclose(rest, 0, atol=1e-15)


def test_gates_are_taken_apart():
    assert [op for op, _ in template(TABLE["rxx"]).steps] == [MIX, MIX]
    assert [op for op, _ in template(TABLE["p"]).steps] == [MULTIPLY]
    assert [op for op, _ in template(TABLE["ry"]).steps] == [TURN]
    assert [op for op, _ in template(TABLE["ecr"]).steps] == [DENSE]


def symbolic(num_qubits):
    """A circuit with every gate that takes angles, which are sums, products and functions of three parameters."""
    a, b, c = Parameter("a"), Parameter("b"), Parameter("c")
    angles = itertools.cycle([a, b / 2 + 0.3, 2 * a - c, a * b, np.sin(c), 0.7, -b, a + b + c - 1])
    circuit = Circuit(num_qubits).h(range(num_qubits))
    for shift, (name, spec) in enumerate(TABLE.items()):
        if spec.num_qubits <= num_qubits:
            qubits = [(shift + k) % num_qubits for k in range(spec.num_qubits)]
            circuit.append(Gate.named(name, *[next(angles) for _ in spec.params]), *qubits)
    return circuit


@pytest.mark.parametrize("precision", DTYPES)
@pytest.mark.parametrize("num_qubits", [2, 5])
def test_values_of_parameters(num_qubits, precision):
    circuit = symbolic(num_qubits)
    runner = Runner(encode(circuit, circuit.parameters), precision)
    rng = np.random.default_rng(5)
    for values in rng.uniform(-4, 4, (5, 3)):
        found = start(num_qubits, precision)
        runner.run(found, values)
        expected = reference.simulate(Job(circuit.bind(values), start(num_qubits), Control()))
        np.testing.assert_allclose(found, expected, atol=20 * TOLERANCE[precision], rtol=0)


def test_angles_that_are_not_finite_are_refused():
    theta = Parameter("θ")
    for angle, value in ((1e200 * theta, 1e200), (theta.log(), -1.0), (1 / theta, 0.0)):
        runner = Runner(encode(Circuit(1).rx(angle, 0).rz(0.5 * theta, 0), [theta]), "double")
        with pytest.raises(ParameterError, match="Expression 0 is not a finite number"):
            runner.run(start(1), np.array([value]))


# ── threads


@pytest.mark.parametrize("precision", DTYPES)
def test_threads_change_nothing(monkeypatch, precision):
    """A small register, done as a large one is."""
    circuit = random_circuit(9, 60, seed=4, controls=1)
    expected = direct.simulate(Job(circuit, start(9, precision), Control()))
    monkeypatch.setattr(direct, "_SERIAL", 2**6)
    monkeypatch.setattr(direct, "_CHUNK", 2**7)
    for threads in (1, 2, 3, 7):
        found = direct.simulate(Job(circuit, start(9, precision), Control(), threads=threads))
        np.testing.assert_array_equal(found, expected)


def test_large_registers():
    check(random_circuit(18, 12, seed=5, controls=1), threads=2)


def test_a_program_is_carried_out_in_several_calls(monkeypatch):
    circuit = random_circuit(6, 50, seed=6)
    expected = direct.simulate(Job(circuit, start(6), Control()))
    monkeypatch.setattr(direct, "_CALL", 2**7)  # two steps a call
    np.testing.assert_array_equal(direct.simulate(Job(circuit, start(6), Control())), expected)


def test_several_python_threads_run_one_program():
    circuit = symbolic(5)
    runner = Runner(encode(circuit, circuit.parameters), "double")
    values = np.random.default_rng(8).uniform(-3, 3, (4, 3))

    def run(value):
        amplitudes = start(5)
        runner.run(amplitudes, value)
        return amplitudes

    expected, found = [run(value) for value in values], [[] for _ in values]

    def work(k):
        for _ in range(50):
            found[k].append(run(values[k]))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(len(values))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k, amplitudes in enumerate(expected):
        for other in found[k]:
            np.testing.assert_array_equal(other, amplitudes)
