"""Circuits from and to Qiskit: the same operator, the same registers, the same control flow."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import assume, given, settings
from io_circuits import circuits
from peers import peer

from qsim import Circuit, CircuitError, Parameter, gates, run
from qsim.circuit.flow import walk
from qsim.gates import TABLE, Gate
from qsim.io import Limits, from_qiskit, to_qiskit
from qsim.testing import random_circuit

qiskit = peer("qiskit")

from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister  # noqa: E402
from qiskit.circuit import Clbit, Qubit  # noqa: E402
from qiskit.circuit.classical import expr, types  # noqa: E402
from qiskit.circuit.library import DiagonalGate, get_standard_gate_name_mapping  # noqa: E402
from qiskit.quantum_info import Operator, random_unitary  # noqa: E402

pytestmark = [
    pytest.mark.peers,
    pytest.mark.filterwarnings("ignore:.*annotated:DeprecationWarning"),  # of Qiskit about itself
]
ANGLES = (0.3, -1.1, 2.7, 0.9)


def theirs(circuit):
    """The matrix of a circuit of Qiskit's, by its own arithmetic, in the order of qsim."""
    return Operator(circuit.reverse_bits()).data


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("controls", ["", "0", "10"])
def test_every_gate_under_controls(name, controls):
    k = TABLE[name].num_qubits
    if k + len(controls) > 4:
        pytest.skip("large")
    gate = Gate.named(name, *ANGLES[: len(TABLE[name].params)]).controlled(len(controls), controls)
    n = gate.num_qubits + 1
    qubits = np.random.default_rng(len(name)).permutation(n)[: gate.num_qubits].tolist()
    circuit = Circuit(n).append(gate, *qubits)
    written = to_qiskit(circuit)
    np.testing.assert_allclose(theirs(written), circuit.unitary(), atol=1e-9)
    again = from_qiskit(written)
    np.testing.assert_allclose(again.unitary(), circuit.unitary(), atol=1e-9)
    if not controls and name != "fsim":  # Qiskit has names of its own for some controlled gates
        assert again == circuit


@pytest.mark.parametrize("name", sorted(get_standard_gate_name_mapping()))
def test_every_gate_of_the_library_of_qiskit(name):
    gate = get_standard_gate_name_mapping()[name]
    if name in ("measure", "reset", "delay"):
        return
    gate = gate.base_class(*ANGLES[: len(gate.params)])
    n = max(gate.num_qubits, 1)
    circuit = QuantumCircuit(n)
    circuit.append(gate, range(gate.num_qubits)[::-1])
    np.testing.assert_allclose(from_qiskit(circuit).unitary(), theirs(circuit), atol=1e-9)
    if hasattr(gate, "ctrl_state"):
        opened = gate.base_gate.control(gate.num_ctrl_qubits, ctrl_state=1 if gate.num_ctrl_qubits > 1 else 0)
        circuit = QuantumCircuit(n)
        circuit.append(opened, range(n))
        np.testing.assert_allclose(from_qiskit(circuit).unitary(), theirs(circuit), atol=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_random_circuits(seed):
    circuit = random_circuit(4, 25, seed=seed, controls=2)
    written = to_qiskit(circuit)
    np.testing.assert_allclose(theirs(written), circuit.unitary(), atol=1e-8)
    np.testing.assert_allclose(from_qiskit(written).unitary(), circuit.unitary(), atol=1e-8)


@pytest.mark.parametrize("seed", range(10))
def test_random_circuits_of_qiskit(seed):
    circuit = qiskit.circuit.random.random_circuit(4, 8, max_operands=4, seed=seed)
    np.testing.assert_allclose(from_qiskit(circuit).unitary(), theirs(circuit), atol=1e-8)


def test_labels_are_kept():
    circuit = QuantumCircuit(QuantumRegister(1, "a"), QuantumRegister(2, "b"), ClassicalRegister(2, "out"))
    circuit.x(2)
    circuit.measure([2, 0], [0, 1])
    found = from_qiskit(circuit)
    assert [(r.name, r.size) for r in found.qubits.registers] == [("a", 1), ("b", 2)]
    assert [(r.name, r.size, r.lsb0) for r in found.bits.registers] == [("out", 2, True)]
    assert dict(found.sample(10, seed=1)) == {"10": 10}  # out[0] is 1: leftmost here, rightmost in Qiskit's '01'
    assert found.without_final_measurements().state()["001"] == 1
    again = to_qiskit(found)
    assert [(r.name, r.size) for r in (*again.qregs, *again.cregs)] == [("a", 1), ("b", 2), ("out", 2)]


def test_bits_without_registers_and_registers_that_overlap():
    loose = [Qubit() for _ in range(4)]
    circuit = QuantumCircuit(loose[:1], [Clbit()])
    circuit.add_register(QuantumRegister(name="pair", bits=[Qubit(), Qubit()]))
    circuit.add_register(QuantumRegister(name="alias", bits=circuit.qubits[1::-1]))
    circuit.add_register(QuantumRegister(2, "my-q"))
    found = from_qiskit(circuit)
    assert [(r.name, r.size) for r in found.qubits.registers] == [("q", 1), ("pair", 2), ("my_q", 2)]
    assert [(r.name, r.size) for r in found.bits.registers] == [("c", 1)]


def test_the_global_phase_and_where_it_comes_from():
    inner = QuantumCircuit(1, global_phase=0.4)
    inner.x(0)
    circuit = QuantumCircuit(2, global_phase=1.1)
    circuit.append(inner.to_gate().control(), [1, 0])
    np.testing.assert_allclose(from_qiskit(circuit).unitary(), theirs(circuit), atol=1e-9)


def test_matrices_are_turned():
    matrix = random_unitary(8, seed=3).data
    circuit = QuantumCircuit(4)
    circuit.unitary(matrix, [2, 0, 3], label="mine")
    circuit.append(DiagonalGate(list(np.exp(1j * np.arange(4)))), [3, 1])
    found = from_qiskit(circuit)
    np.testing.assert_allclose(found.unitary(), theirs(circuit), atol=1e-9)
    assert found[0].name == "mine"
    written = to_qiskit(found.append(gates.permutation([2, 0, 1, 3], "cycle").controlled(1, "0"), 3, 0, 2))
    np.testing.assert_allclose(theirs(written), found.unitary(), atol=1e-8)


def test_instructions_by_their_definitions():
    from qiskit.circuit.library import MCXGate, PauliGate, PermutationGate, QFTGate, StatePreparation

    block = QuantumCircuit(3, name="block")
    block.h(0)
    block.cx(0, 2)
    circuit = QuantumCircuit(4)
    for gate, qubits in (
        (block.to_gate().repeat(2).inverse(), [3, 1, 0]),
        (block.to_gate().control(1, ctrl_state=0), [2, 3, 1, 0]),
        (MCXGate(3, ctrl_state=0b011), [3, 0, 1, 2]),
        (PauliGate("XYZ"), [2, 0, 3]),
        (PermutationGate([2, 0, 1]), [1, 2, 3]),
        (QFTGate(3), [3, 2, 0]),
        (StatePreparation([0.6, 0, 0, 0.8j]), [1, 3]),
    ):
        circuit.append(gate, qubits)
    np.testing.assert_allclose(from_qiskit(circuit).unitary(), theirs(circuit), atol=1e-8)


def test_annotated_operations():
    from qiskit.circuit import AnnotatedOperation, ControlModifier, InverseModifier, PowerModifier
    from qiskit.circuit.library import SGate, SXGate

    block = QuantumCircuit(2)
    block.h(0)
    block.cp(0.3, 0, 1)
    circuit = QuantumCircuit(4)
    circuit.append(AnnotatedOperation(SGate(), [InverseModifier(), ControlModifier(2, 0b01)]), [3, 0, 1])
    circuit.append(AnnotatedOperation(SXGate(), [PowerModifier(0.5)]), [2])
    circuit.append(AnnotatedOperation(block.to_gate(), [PowerModifier(3), ControlModifier(1, 0)]), [2, 3, 0])
    np.testing.assert_allclose(from_qiskit(circuit).unitary(), theirs(circuit), atol=1e-8)


def test_parameters_and_expressions():
    theta, phi = Parameter("θ"), Parameter("φ[1]")
    values = (theta, 2 * theta - phi / 3 + 0.25, np.sin(theta) * phi**2, (theta * phi).exp().sqrt(), abs(phi) ** theta)
    circuit = Circuit(2)
    for value in values:
        circuit.rx(value, 0).cu(value, 0.1, phi, theta, 0, 1).gphase(value)
    circuit.ry(theta, 1, controls=0, control_state="0")
    written = to_qiskit(circuit)
    assert {parameter.name for parameter in written.parameters} == {"θ", "φ[1]"}
    numbers = {"θ": 0.7, "φ[1]": -1.3}
    bound = written.assign_parameters({p: numbers[p.name] for p in written.parameters})
    np.testing.assert_allclose(theirs(bound), circuit.bind(numbers).unitary(), atol=1e-9)
    again = from_qiskit(written)
    np.testing.assert_allclose(again.bind(numbers).unitary(), circuit.bind(numbers).unitary(), atol=1e-9)
    assert from_qiskit(to_qiskit(Circuit(1).rx(theta, 0).rz(2 * theta + 1, 0))) == Circuit(1).rx(theta, 0).rz(
        2 * theta + 1, 0
    )


def test_initialize_and_reset():
    circuit = QuantumCircuit(3)
    circuit.initialize([0, 0.6, 0.8j, 0], [2, 0])
    circuit.initialize("+0r", [0, 1, 2])
    circuit.initialize(2, [0, 1])
    circuit.reset(1)
    found = from_qiskit(circuit)
    assert [i.name for i in found] == ["initialize"] * 3 + ["reset"]
    np.testing.assert_allclose(found[0].amplitudes, [0, 0.8j, 0.6, 0])
    np.testing.assert_allclose(found[1].amplitudes, Circuit(3).initialize("r0+")[0].amplitudes)
    np.testing.assert_allclose(found[2].amplitudes, [0, 1, 0, 0])
    assert from_qiskit(to_qiskit(found)) == found


# ── Control flow ──────────────────────────────────────────────────────────────────────────────────────────────────────


def dynamic():
    circuit = QuantumCircuit(QuantumRegister(3, "q"), ClassicalRegister(2, "c"), ClassicalRegister(1, "d"))
    c, d = circuit.cregs
    circuit.h([0, 1])
    circuit.measure([0, 1], [0, 1])
    with circuit.if_test((c, 1)) as otherwise:  # c[0] is 1 and c[1] is 0
        circuit.x(2)
    with otherwise:
        circuit.h(2)
        circuit.measure(2, d[0])
    with circuit.if_test(expr.less(c, 2)):
        circuit.z(2)
    with circuit.for_loop(range(3), qiskit.circuit.Parameter("i")) as i:
        circuit.rx(i * 0.5, 0)
        with circuit.if_test((c[1], 1)):
            circuit.break_loop()
        circuit.y(1)
    with circuit.while_loop(expr.logic_and(d[0], expr.logic_not(c[0]))):
        circuit.x(0)
        circuit.measure(0, 0)
        circuit.continue_loop()
    with circuit.switch(c) as case:
        with case(0, 3):
            circuit.s(0)
        with case(case.DEFAULT):
            circuit.t(0)
    return circuit


def test_control_flow_reads_as_it_was_meant():
    found = from_qiskit(dynamic())
    assert [i.name for i in found if i.name not in ("h", "measure")] == ["if", "if", "for", "while", "switch"]
    shown = [repr(i) for i in found if i.name in ("if", "while", "switch")]
    assert shown[0].startswith("if_(c == 1, ")
    assert shown[1].startswith("if_(c < 2, ")
    assert shown[2].startswith("while_(d[0] & (~c[0])" if "(~" in shown[2] else "while_(d[0] & ~c[0]")
    assert shown[3].startswith("switch(c, 2 cases")
    assert found.bits["c"].lsb0
    assert [i.name for i in walk(found) if i.name in ("break", "continue")] == ["break", "continue"]
    assert from_qiskit(to_qiskit(found)) == found


def test_a_condition_on_a_register_means_the_same_bits():
    circuit = QuantumCircuit(QuantumRegister(3), ClassicalRegister(2, "c"), ClassicalRegister(1, "out"))
    circuit.x(0)
    circuit.measure([0, 1], [0, 1])  # c is 1: '01' in Qiskit's strings
    with circuit.if_test((circuit.cregs[0], 1)):
        circuit.x(2)
    circuit.measure(2, 2)
    assert dict(from_qiskit(circuit).sample(10, seed=1)) == {"10 1": 10}


def test_our_order_of_bits_is_kept_on_the_way_out():
    circuit = Circuit(3, 2).x(0).measure([0, 1], [0, 1])  # "10": 2 here, 1 in Qiskit
    bits = circuit.bits["c"]
    with circuit.if_(bits == 2):
        circuit.x(2)
    with circuit.if_(bits >= "10"):
        circuit.y(2)
    with circuit.switch(bits) as case, case("10"):
        circuit.z(2)
    circuit.measure(2, circuit.add_bits("out", 1))
    written = to_qiskit(circuit)
    assert written.data[3].operation.condition == (written.cregs[0], 1)
    again = from_qiskit(written)
    assert dict(again.sample(10, seed=1)) == dict(circuit.sample(10, seed=1))
    assert from_qiskit(to_qiskit(again)) == again


@settings(max_examples=25)
@given(circuits())
def test_everything_goes_there_and_back(circuit):
    """Registers come back with lsb0, so the second way is compared, and what shots give."""
    with suppress(CircuitError):
        once = from_qiskit(to_qiskit(circuit))
        again = from_qiskit(to_qiskit(once))
        assert structure(again) == structure(once)
        assert len(once) >= len(circuit)


def structure(circuit):
    return [(i.name, i.qubits, i.bits, repr(getattr(i, "condition", ""))) for i in walk(circuit)]


@settings(max_examples=25)
@given(circuits())
def test_what_comes_back_gives_the_same_distribution(circuit):
    values = {parameter: 0.3 + 0.2 * k for k, parameter in enumerate(circuit.parameters)}
    circuit = circuit.bind(values).measure(range(4))
    assume("while" not in circuit.count_ops())
    with suppress(CircuitError):
        again = from_qiskit(to_qiskit(circuit))
        one, other = (run(c, None, exact=True).distribution for c in (circuit, again))
        for key in {*one, *other}:
            assert one.get(key, 0) == pytest.approx(other.get(key, 0), abs=1e-7)


def test_store_and_casts():
    circuit = QuantumCircuit(QuantumRegister(1), ClassicalRegister(3, "a"), ClassicalRegister(2, "b"))
    a, b = circuit.cregs
    circuit.store(b, expr.lift(2, types.Uint(2)))
    circuit.store(a[0], expr.index(a, 2))
    circuit.store(b, expr.bit_not(b))
    with circuit.if_test(expr.cast(a, types.Bool())):
        circuit.x(0)
    with circuit.if_test(expr.less(expr.cast(b, types.Uint(4)), 9)):
        circuit.x(0)
    with circuit.if_test(expr.equal(expr.cast(a, types.Uint(2)), b)):
        circuit.x(0)
    shown = [repr(i) for i in from_qiskit(circuit)]
    assert shown == [
        "assign([4, 3], 2)",
        "assign([0], a[2])",
        "assign([4, 3], ~b)",
        "if_(a != 0, 1 instruction)",
        "if_(1, 1 instruction)",
        "if_(bits[1, 0] == b, 1 instruction)",
    ]


# ── Refusals ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_has_no_counterpart_is_named():
    variable = QuantumCircuit(1, 1)
    flag = variable.add_var("flag", False)
    with variable.if_test(flag):
        variable.x(0)
    arithmetic = QuantumCircuit(1, 3)
    with arithmetic.if_test(expr.less(expr.add(arithmetic.cregs[0], 1), 3)):
        arithmetic.x(0)
    opaque = QuantumCircuit(1)
    opaque.append(qiskit.circuit.Gate("secret", 1, []), [0])
    for circuit, message in ((variable, "store into|variable"), (arithmetic, "ADD"), (opaque, "'secret' \\(Gate\\)")):
        with pytest.raises(CircuitError, match=message):
            from_qiskit(circuit)
    with pytest.raises(CircuitError, match=r"Operation 0, assign.*Qiskit has no counterpart.*bits are stored"):
        to_qiskit(Circuit(1, 3).assign([0, 2], 1))
    with pytest.raises(CircuitError, match=r"Operation 0, unitary.*not unitary"):
        to_qiskit(Circuit(1).apply([[1, 1], [0, 1]], 0, check=False))
    for convert in (from_qiskit, to_qiskit):
        with pytest.raises(TypeError, match="takes a"):
            convert("circuit")


def test_a_delay_is_left_out_with_a_warning():
    circuit = QuantumCircuit(1)
    circuit.delay(100, 0, unit="ns")
    with pytest.warns(UserWarning, match="A delay of 100.* ns"):
        assert len(from_qiskit(circuit)) == 0


def test_definitions_that_double_are_bounded():
    gate = QuantumCircuit(1)
    gate.x(0)
    for level in range(11):
        outer = QuantumCircuit(1, name=f"g{level}")
        for _ in range(2):
            outer.append(gate.to_instruction(), [0])
        gate = outer
    with pytest.raises(CircuitError, match="may have 1000 operations"):
        from_qiskit(gate, limits=Limits(operations=1000))
    with pytest.raises(CircuitError, match="nested 10 deep"):
        from_qiskit(gate, limits=Limits(nesting=10))
