"""The builder: what a call adds, circuits made from circuits, and that a failing call changes nothing."""

import copy
import pickle
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsim import Circuit, CircuitError, Parameter, ParameterError, QsimError, UnknownGateError, gates, kron
from qsim.algebra import P0, P1, H, I, X, Z
from qsim.engines.reference import embed
from qsim.gates import TABLE, Gate
from qsim.gates.table import ALIASES
from qsim.testing import random_circuit


def method_call(circuit, name, *qubits, angles=(0.3, -1.1, 2.7, 0.9), **options):
    spec = TABLE[ALIASES.get(name, name)]
    return getattr(circuit, name)(*angles[: len(spec.params)], *qubits, **options)


@pytest.mark.parametrize("name", [*TABLE, *ALIASES])
def test_every_gate_has_a_method_and_every_placement_is_right(name):
    spec = TABLE[ALIASES.get(name, name)]
    n = max(spec.num_qubits, min(spec.num_qubits + 1, 4))
    matrix = Gate.named(name, *(0.3, -1.1, 2.7, 0.9)[: len(spec.params)]).matrix()
    for qubits in permutations(range(n), spec.num_qubits):
        circuit = method_call(Circuit(n), name, *qubits)
        np.testing.assert_allclose(circuit.unitary(), embed(matrix, qubits, n), atol=1e-14)


@pytest.mark.parametrize("name", TABLE)
def test_every_gate_takes_controls(name):
    k = TABLE[name].num_qubits
    n = k + 2
    circuit = method_call(Circuit(n), name, *range(k), controls=(n - 1, k), control_state="10")
    gate = Gate.named(name, *(0.3, -1.1, 2.7, 0.9)[: len(TABLE[name].params)])
    expected = embed(gate.controlled(2, "10").matrix(), [n - 1, k, *range(k)], n)
    np.testing.assert_allclose(circuit.unitary(), expected, atol=1e-14)


def test_calls_chain_and_read_back():
    circuit = Circuit(2).h(0).cx(0, 1)
    assert repr(circuit) == "Circuit(2).h(0).cx(0, 1)"
    assert eval(repr(circuit)) == circuit
    assert len(circuit) == 2
    assert [instruction.name for instruction in circuit] == ["h", "cx"]
    assert circuit[1].qubits == (0, 1)
    assert circuit[1].controls == (0,)
    assert repr(Circuit(30, name="big").h(range(30))) == "<Circuit 'big': 30 qubits, 30 instructions>"


def test_one_qubit_gates_take_many_qubits_and_others_broadcast():
    assert Circuit(3).h(0, 1, 2) == Circuit(3).h(range(3)) == Circuit(3).h(0).h([1, 2])
    assert Circuit(4).cx([0, 1], [2, 3]) == Circuit(4).cx(0, 2).cx(1, 3)
    assert Circuit(3).cx(0, [1, 2]) == Circuit(3).cx(0, 1).cx(0, 2)
    assert Circuit(2).h([]) == Circuit(2)
    assert Circuit(3).h(np.int64(1)) == Circuit(3).h(1)
    assert Circuit(3).h(np.arange(3)).cx(np.array([0, 1]), 2) == Circuit(3).h(range(3)).cx([0, 1], 2)


def test_multi_controlled_gates():
    assert Circuit(4).mcx([0, 1, 2], 3) == Circuit(4).c3x(0, 1, 2, 3)
    assert Circuit(3).mcp(0.3, [0, 1], 2) == Circuit(3).p(0.3, 2, controls=[0, 1])
    assert Circuit(3).mcx(0, 1) == Circuit(3).cx(0, 1)
    assert Circuit(3).mcx([], 1) == Circuit(3).x(1)
    off = Circuit(3).mcx([2, 0], 1, control_state="10").unitary()
    np.testing.assert_allclose(off, embed(gates.x.controlled(2, "10").matrix(), [2, 0, 1], 3), atol=0)


def test_registers():
    circuit = Circuit()
    data = circuit.add_qubits("data", 2)
    ancilla = circuit.add_qubits("ancilla", 1)
    flag = circuit.add_bits("flag", 1)
    circuit.h(data).cx(data[1], ancilla[0]).measure(ancilla, flag)
    assert circuit.num_qubits == 3
    assert circuit.num_bits == 1
    assert circuit[2].qubits == (1, 2)
    assert circuit.qubits["data"] == data
    assert repr(circuit.qubits[2]) == "ancilla[0]"
    assert list(data)[-1] == data[-1] == circuit.qubits[1]
    assert data[0:2] == list(data)
    assert circuit.bits["flag"][0].number == 0
    assert "data" in circuit.qubits
    assert "other" not in circuit.qubits


def test_measure_appends_bits_where_none_are_given():
    circuit = Circuit(3).measure(2).measure([0, 1])
    assert [(m.qubit, m.bit) for m in circuit] == [(2, 0), (0, 1), (1, 2)]
    assert circuit.bits["c"].size == 3
    named = Circuit(2)
    named.add_bits("a", 1)
    named.measure(1)
    assert [register.name for register in named.bits.registers] == ["a", "c"]


def test_measure_all_twice_is_once():
    circuit = Circuit(2).h(0).measure_all()
    assert circuit.measure_all() == Circuit(2).h(0).measure_all()
    assert circuit.bits["meas"].size == 2
    assert circuit.without_final_measurements() == Circuit(2).h(0)


def test_apply_takes_operators_and_matrices():
    cnot = kron(P0, I) + kron(P1, X)
    for circuit in (
        Circuit(3).apply(cnot, 2, 0),
        Circuit(3).apply(cnot(2, 0)),
        Circuit(3).apply(cnot.matrix(), 2, 0),
        Circuit(3).apply(cnot.sparse(), [2, 0]),
        Circuit(3).append(gates.cx, 2, 0),
    ):
        np.testing.assert_allclose(circuit.unitary(), Circuit(3).cx(2, 0).unitary(), atol=0)
    assert Circuit(1).apply([[1, 0], [0, 2]], 0, check=False).unitary()[1, 1] == 2


def test_append_and_compose():
    bell = Circuit(2).h(0).cx(0, 1)
    assert Circuit(3).append(bell, 2, 0) == Circuit(3).h(2).cx(2, 0)
    assert Circuit(3).x(1).compose(bell, [1, 2]) == Circuit(3).x(1).h(1).cx(1, 2)
    measured = Circuit(2).compose(Circuit(2).measure_all())
    assert measured == Circuit(2).measure_all()
    with pytest.raises(CircuitError, match="no result is lost"):
        measured.compose(Circuit(2).measure_all())
    assert measured.compose(Circuit(2).measure_all(), bits=[1, 0]).num_bits == 2
    crossed = Circuit(2, 2).append(Circuit(2, 2).measure([0, 1], [0, 1]), 1, 0, bits=[1, 0])
    assert crossed == Circuit(2, 2).measure(1, 1).measure(0, 0)
    before = bell.copy()
    before.append(before)
    assert len(before) == 4
    assert len(bell) == 2


def test_kron_puts_circuits_side_by_side():
    a, b = Circuit(2).h(0).cx(0, 1), Circuit(1).x(0)
    assert kron(a, b) == Circuit(3).h(0).cx(0, 1).x(2)
    np.testing.assert_allclose(kron(a, b).unitary(), np.kron(a.unitary(), b.unitary()), atol=1e-15)
    with pytest.raises(TypeError, match="Circuits"):
        kron(a, np.eye(2))


@given(st.integers(0, 2**32 - 1))
def test_transforms_against_matrices(seed):
    circuit = random_circuit(3, 6, seed, controls=1)
    unitary = circuit.unitary()
    np.testing.assert_allclose(circuit.inverse().unitary(), unitary.conj().T, atol=1e-10)
    np.testing.assert_allclose(circuit.power(2).unitary(), unitary @ unitary, atol=1e-10)
    np.testing.assert_allclose((circuit**-1).unitary(), unitary.conj().T, atol=1e-10)
    np.testing.assert_allclose(circuit.operator().sparse().toarray(), unitary, atol=1e-12)
    expected = np.eye(16, dtype=complex)
    expected[:8, :8] = unitary
    np.testing.assert_allclose(circuit.controlled(1, "0").unitary(), expected, atol=1e-12)
    moved = circuit.remap({0: 2, 2: 0})
    np.testing.assert_allclose(moved.unitary(), embed(unitary, [2, 1, 0], 3), atol=1e-12)
    for same in (circuit.copy(), copy.deepcopy(circuit), pickle.loads(pickle.dumps(circuit))):
        assert same == circuit
        assert len(same.x(0)) == len(circuit) + 1  # independent of the original


def test_remap_may_grow():
    assert Circuit(1).h(0).remap({0: 2}) == Circuit(3).h(2)
    assert Circuit(2).cx(0, 1).remap({1: 3}).num_qubits == 4


def test_depth_and_counts():
    circuit = Circuit(3, 3).h(0, 1, 2).cx(0, 1).cx(1, 2).barrier().x(0).measure([0, 1, 2], [0, 1, 2])
    assert circuit.depth() == 5
    assert circuit.count_ops() == {"h": 3, "measure": 3, "cx": 2, "x": 1}
    assert Circuit(2).x(0).barrier().x(1).depth() == 2
    assert Circuit().depth() == 0


def test_parameters_bind_in_order_of_use():
    theta, phi = Parameter("θ"), Parameter("φ")
    circuit = Circuit(2).rx(phi / 2, 0).rz(theta, 1).crx(phi + theta, 0, 1)
    assert circuit.parameters == (phi, theta)
    assert circuit.num_parameters == 2
    bound = Circuit(2).rx(0.1, 0).rz(0.3, 1).crx(0.5, 0, 1)
    assert circuit.bind(θ=0.3, φ=0.2) == bound
    assert circuit.bind({theta: 0.3, "φ": 0.2}) == bound
    assert circuit.bind([0.2, 0.3]) == bound
    assert circuit.bind({"φ": 0.2}, partial=True).bind(θ=0.3) == bound
    assert circuit.inverse().bind(θ=0.3, φ=0.2) == bound.inverse()
    assert circuit.controlled().bind(θ=0.3, φ=0.2) == bound.controlled()
    assert pickle.loads(pickle.dumps(circuit)) == circuit
    assert circuit.num_parameters == 2  # bind leaves the first alone


def test_steps_walk_through_the_states():
    walked = list(Circuit(2).h(0).barrier().cx(0, 1).steps())
    assert [instruction.name for instruction, _ in walked] == ["h", "barrier", "cx"]
    assert repr(walked[0][1]) == "0.7071|00⟩ + 0.7071|10⟩   (q0 q1)"
    assert repr(walked[2][1]) == "0.7071|00⟩ + 0.7071|11⟩   (q0 q1)"


FULL = Circuit(2, 1).h(0)
OTHER = Circuit()
OTHER.add_qubits("a", 2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda c: c.h(2), CircuitError, r"h\(2\), added at test_circuit.py:\d+: qubit 2 does not exist: .* 0 … 1"),
        (lambda c: c.h(-1), CircuitError, "qubit -1 does not exist"),
        (lambda c: c.cx(1, 1), CircuitError, r"Operation 1, cx\(1, 1\), .*: control and target must differ"),
        (lambda c: c.cx(0, 5), CircuitError, r"cx\(0, 5\), .*qubit 5"),
        (lambda c: c.cx([0, 1], [1, 1]), CircuitError, "must differ"),
        (lambda c: c.cx([0, 1], [1]), CircuitError, "equal lengths"),
        (lambda c: c.h(0, 1, 7), CircuitError, "qubit 7"),
        (lambda c: c.h(), CircuitError, "at least one qubit"),
        (lambda c: c.h("0"), TypeError, "a qubit is an int"),
        (lambda c: c.h(0.0), TypeError, "a qubit is an int"),
        (lambda c: c.h(True), TypeError, "a qubit is an int"),
        (lambda c: c.h(OTHER.qubits[0]), CircuitError, "another circuit"),
        (lambda c: c.rx(float("nan"), 0), ParameterError, "theta"),
        (lambda c: c.rx("a", 0), TypeError, "angles come first"),
        (lambda c: c.x(0, controls=0), CircuitError, "must differ"),
        (lambda c: c.x(0, controls=1, control_state="11"), CircuitError, "1 characters"),
        (lambda c: c.x(0, control_state="1"), CircuitError, "no controls"),
        (lambda c: c.cnto(0, 1), UnknownGateError, "did you mean cnot"),
        (lambda c: c.append(gates.cx, 0), CircuitError, "2 qubits are needed"),
        (lambda c: c.append(Circuit(3)), CircuitError, "3 qubits"),
        (lambda c: c.append(Circuit(2), 0, 0), CircuitError, "distinct"),
        (lambda c: c.append(Circuit(2, 2).measure([0, 1], [0, 1])), CircuitError, "bits="),
        (lambda c: c.append(np.eye(2), 0), TypeError, "apply"),
        (lambda c: c.apply(gates.x, 0), TypeError, "append"),
        (lambda c: c.apply([[1, 1], [0, 1]], 0), CircuitError, "unitary"),
        (lambda c: c.apply(np.eye(3), 0), QsimError, "2\\^k"),
        (lambda c: c.apply(np.eye(4), 0), CircuitError, "2 qubits, but 1"),
        (lambda c: c.apply(X(0), 0), CircuitError, "needs no qubits"),
        (lambda c: c.apply(X(4)), CircuitError, "qubit 4"),
        (lambda c: c.measure(0, 3), CircuitError, "bit 3 does not exist"),
        (lambda c: c.measure([0, 1], 0), CircuitError, "2 and 1"),
        (lambda c: c.measure([0, 0]), CircuitError, "repeats"),
        (lambda c: c.measure(5), CircuitError, "qubit 5"),
        (lambda c: c.barrier(9), CircuitError, "qubit 9"),
        (lambda c: c.add_qubits("q", 2), CircuitError, "already"),
        (lambda c: c.add_qubits("a b", 2), CircuitError, "identifier"),
        (lambda c: c.add_bits("f", -1), CircuitError, "≥ 0"),
        (lambda c: c.mcp(0.1, [0, 1], 1), CircuitError, "must differ"),
    ],
)
def test_a_failing_call_names_the_rule_and_leaves_the_circuit(call, error, message):
    circuit = FULL.copy()
    with pytest.raises(error, match=message):
        call(circuit)
    assert circuit == FULL


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Circuit(-1), CircuitError, "negative"),
        (lambda: Circuit(2.0), TypeError, "integer"),
        (lambda: Circuit(2).repeat(-1), CircuitError, "repetitions"),
        (lambda: Circuit(2).power(0.5), CircuitError, "Gate.power"),
        (lambda: Circuit(1).measure_all().inverse(), CircuitError, "measurements has no inverse"),
        (lambda: Circuit(1).measure_all().controlled(), CircuitError, "cannot be controlled"),
        (lambda: Circuit(1).measure_all().unitary(), CircuitError, "no operator"),
        (lambda: Circuit(2).cx(0, 1).remap({0: 1}), CircuitError, "twice"),
        (lambda: Circuit(2).remap({5: 1}), CircuitError, "qubit 5"),
        (lambda: Circuit(1).rx(Parameter("a"), 0).bind(b=1), ParameterError, "b"),
        (lambda: Circuit(1).rx(Parameter("a"), 0).bind(), ParameterError, "a"),
        (lambda: Circuit(1).rx(Parameter("a"), 0).unitary(), ParameterError, "a"),
        (lambda: Circuit(2).qubits["nope"], CircuitError, "No register"),
        (lambda: Circuit(20).unitary(), MemoryError, "2\\^20 × 2\\^20.*16 TiB"),
        (lambda: hash(Circuit(1)), TypeError, "unhashable"),
    ],
)
def test_bad_circuits_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_the_line_in_a_message_is_the_users():
    def program():
        circuit = Circuit(1)
        return circuit.h(0).cx(0, 1)

    with pytest.raises(CircuitError, match=f"test_circuit.py:{program.__code__.co_firstlineno + 2}:"):
        program()


def test_formulas_of_circuits():
    bell = Circuit(2).h(0).cx(0, 1).operator()
    assert [repr(factor) for factor in bell.factors] == ["P0⊗I + P1⊗X   (q0 q1)", "H   (q0)"]
    assert bell.expand() == (P0(0) + P1(0) @ X(1)) @ H(0)
    assert Circuit(1).gphase(0.5).operator().matrix()[0, 0] == pytest.approx(np.exp(0.5j))
    assert Circuit(2).cz(0, 1).operator().expand() == P0(0) + P1(0) @ Z(1)
