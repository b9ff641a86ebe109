"""The laws shipped in qsim.testing: each fails on what breaks it, also under `python -O`."""

import subprocess
import sys

import numpy as np
import pytest

from qsim import Circuit, Operator, State, gates, testing
from qsim.algebra import X, Y, Z
from qsim.gates import Gate
from qsim.methods import METHODS

GATE = gates.rx(0.3)
OPERATOR = X(0) @ Y(1) + 0.5 * Z(1)


class Reported:
    """A gate whose class is right, but of which something else is reported."""

    def __init__(self, gate, **changed):
        self._gate = gate
        self._changed = changed

    def __getattr__(self, name):
        return self._changed[name] if name in self._changed else getattr(self._gate, name)


def test_laws_hold():
    testing.assert_gate_is_consistent(GATE)
    testing.assert_operator_is_consistent(OPERATOR)
    testing.assert_circuit_is_consistent(Circuit(2).h(0).cx(0, 1))
    testing.assert_counts_follow(Circuit(2).h(0).sample(1000, seed=1), [0.5, 0, 0.5, 0])


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        (Reported(GATE, num_qubits=2), r"shape \(2, 2\) for 2 qubits"),
        (Reported(GATE, operator=gates.rx(0.31).operator), "operator and matrix"),
        (Reported(GATE, matrix=lambda: 2 * GATE.matrix(), operator=2 * GATE.operator), "unitarity"),
        (Reported(GATE, matrix=lambda: GATE.matrix() * np.nan), "operator and matrix"),
        (Reported(GATE, inverse=lambda: GATE), r"inverse\(\)"),
        (Reported(GATE, power=lambda t: gates.rx(0.3 * t + 0.1)), r"power\(0.5\)"),
        (Reported(GATE, power=lambda t: gates.rx(0.15)), r"power\(3\)"),
        (Reported(GATE, controlled=lambda n, state: gates.crx(0.3)), "controlled on 0"),
        (Reported(GATE, controlled=lambda n, state: GATE.controlled(n, "0")), "controlled on 1"),
        (Reported(gates.z, diagonal=lambda: np.array([1, 1])), r"diagonal\(\)"),
        (Reported(gates.x, images=lambda: np.array([0, 1])), r"images\(\)"),
        (Reported(gates.swap, structure="rotation"), "a rotation is 2 × 2"),
        (Reported(gates.y, structure="rotation"), "a rotation is real"),
        (Reported(gates.cx, base=gates.y), "base under its controls"),
    ],
)
def test_a_broken_gate_is_found(gate, message):
    with pytest.raises(AssertionError, match=message):
        testing.assert_gate_is_consistent(gate)


def test_a_broken_method_of_gates_is_found(monkeypatch):
    monkeypatch.setattr(Gate, "inverse", lambda gate: gate)
    testing.assert_gate_is_consistent(gates.x)  # its own inverse
    with pytest.raises(AssertionError, match=r"inverse\(\)"):
        testing.assert_gate_is_consistent(gates.s)


def test_a_gate_that_pickles_as_another_is_found(monkeypatch):
    monkeypatch.setattr(Gate, "__reduce__", lambda gate: (Gate.named, ("x",)))
    with pytest.raises(AssertionError, match="pickle"):
        testing.assert_gate_is_consistent(gates.y)


@pytest.mark.parametrize(
    ("name", "broken", "message"),
    [
        ("dagger", lambda self: 1j * self, r"dagger\(\)"),
        ("simplify", lambda self: 2 * self, r"simplify\(\)"),
        ("to_paulis", lambda self: {"XX": 1.0}, r"to_paulis\(\)"),
        ("trace", lambda self: 1.0, r"trace\(\)"),
        ("is_hermitian", property(lambda self: False), "is_hermitian says False"),
        ("is_diagonal", property(lambda self: True), "is_diagonal says True"),
        ("is_unitary", property(lambda self: True), "is_unitary says True"),
    ],
)
def test_a_broken_method_of_operators_is_found(monkeypatch, name, broken, message):
    monkeypatch.setattr(Operator, name, broken)
    with pytest.raises(AssertionError, match=message):
        testing.assert_operator_is_consistent(OPERATOR)


def test_broken_forms_of_operators_are_found(monkeypatch):
    other = (2 * OPERATOR).sparse()
    with monkeypatch.context() as patch:
        patch.setattr(Operator, "sparse", lambda self: other)
        with pytest.raises(AssertionError, match=r"sparse\(\)"):
            testing.assert_operator_is_consistent(OPERATOR)
    monkeypatch.setattr(Operator, "linear_operator", lambda self: other)
    with pytest.raises(AssertionError, match=r"linear_operator\(\)"):
        testing.assert_operator_is_consistent(OPERATOR)


@pytest.mark.parametrize("method", [name for name in METHODS if name not in ("reference", "statevector")])
def test_a_broken_engine_is_found(monkeypatch, method):
    def turned(job, right=METHODS[method].simulate):
        return right(job) * np.exp(1e-9j)  # a global phase is a difference too

    circuit = Circuit(2).h(0).cx(0, 1)
    monkeypatch.setitem(METHODS, method, METHODS[method].replace(simulate=turned))
    with pytest.raises(AssertionError, match=f"method '{method}' and the reference"):
        testing.assert_circuit_is_consistent(circuit, methods=[method])
    testing.assert_circuit_is_consistent(circuit, methods=["reference"])


def test_an_engine_that_is_wrong_on_some_starts_alone_is_found(monkeypatch):
    right = METHODS["numpy"].simulate

    def wrong_elsewhere(job):
        final = right(job)
        return final if job.is_zero else final[::-1]

    monkeypatch.setitem(METHODS, "numpy", METHODS["numpy"].replace(simulate=wrong_elsewhere))
    with pytest.raises(AssertionError, match="method 'numpy'"):
        testing.assert_circuit_is_consistent(Circuit(2).h(0), methods=["numpy"])


def test_a_broken_inverse_of_circuits_is_found(monkeypatch):
    monkeypatch.setattr(Circuit, "inverse", lambda circuit: circuit)
    testing.assert_circuit_is_consistent(Circuit(1).h(0))
    with pytest.raises(AssertionError, match=r"inverse\(\)"):
        testing.assert_circuit_is_consistent(Circuit(1).s(0))


@pytest.mark.parametrize("probabilities", [[0.5, 0.5, 0, 0], [0.6, 0, 0.4, 0], State("00"), {"00": 0.4, "10": 0.6}])
def test_counts_that_do_not_follow_are_found(probabilities):
    counts = Circuit(2).h(0).sample(10_000, seed=1)
    with pytest.raises(AssertionError, match="do not follow"):
        testing.assert_counts_follow(counts, probabilities)


def test_the_p_value_decides():
    counts = Circuit(1).h(0).sample(1000, seed=4)
    p_value = counts.chi_square([0.5, 0.5]).p_value
    testing.assert_counts_follow(counts, [0.5, 0.5], p_value=0.99 * p_value)
    with pytest.raises(AssertionError):
        testing.assert_counts_follow(counts, [0.5, 0.5], p_value=1.01 * p_value)


def test_laws_hold_without_assert_statements():
    code = (
        "from qsim import Counts, testing\n"
        "try:\n    testing.assert_counts_follow(Counts({'0': 1000}), [0.5, 0.5])\n"
        "except AssertionError:\n    print('found', __debug__)"
    )
    found = subprocess.run([sys.executable, "-O", "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["found", "False"]


def test_random_circuits_keep_to_what_is_asked():
    circuit = testing.random_circuit(3, 40, seed=2, names=["h", "cx"], controls=1)
    assert circuit == testing.random_circuit(3, 40, seed=2, names=["h", "cx"], controls=1)
    assert {instruction.gate.base.spec.name for instruction in circuit} <= {"h", "x"}
    assert {instruction.gate.num_controls for instruction in circuit} == {0, 1, 2}
    with pytest.raises(ValueError, match="max_qubits"):
        testing.random_gate(1, seed=0, names=["cx"])
