"""Export: what is written is read back as the same, by qsim and by others."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from peers import peer

from qsim import Circuit, Parameter, QasmError, gates
from qsim.gates import TABLE
from qsim.io import dumps, load, loads, save

ANGLES = (0.37, -1.21, 2.05, 0.83)
ROWS = sorted(TABLE)


def row_circuit(name, controls=0, state=None):
    row = TABLE[name]
    circuit = Circuit(row.num_qubits + controls)
    gate = gates.Gate.named(name, *ANGLES[: len(row.params)])
    places = range(row.num_qubits + controls)
    return circuit.append(gate.controlled(controls, state), *places) if places else circuit.gphase(0.37)


def unitary_of(text):
    return loads(text).unitary()


def same_up_to_phase(a, b):
    overlap = np.vdot(a, b) / len(a)
    return abs(abs(overlap) - 1) < 1e-12 and np.allclose(a * overlap, b, atol=1e-10)


def qiskit_matrix(circuit):
    return peer("qiskit.quantum_info").Operator(circuit.reverse_bits()).data


@pytest.mark.parametrize("controls", [(0, None), (1, None), (2, "01"), (3, "110")])
@pytest.mark.parametrize("name", ROWS)
def test_rows_are_read_back_exactly(name, controls):
    circuit = row_circuit(name, *controls)
    if circuit.num_qubits:
        np.testing.assert_allclose(unitary_of(dumps(circuit)), circuit.unitary(), atol=1e-12)


@pytest.mark.peers
@pytest.mark.parametrize("controls", [(0, None), (2, "01")])
@pytest.mark.parametrize("name", ROWS)
def test_rows_in_version_3_mean_the_same_to_qiskit(name, controls):
    peer("qiskit_qasm3_import")
    qasm3 = peer("qiskit.qasm3")
    circuit = row_circuit(name, *controls)
    if circuit.num_qubits:
        np.testing.assert_allclose(qiskit_matrix(qasm3.loads(dumps(circuit))), circuit.unitary(), atol=1e-10)


@pytest.mark.peers
@pytest.mark.parametrize("name", sorted(set(ROWS) - {"gphase"}))
def test_rows_in_version_2_mean_the_same_to_qiskit(name):
    qasm2 = peer("qiskit.qasm2")
    circuit = row_circuit(name)
    text = dumps(circuit, 2)
    loaded = qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    np.testing.assert_allclose(qiskit_matrix(loaded), circuit.unitary(), atol=1e-10)
    np.testing.assert_allclose(unitary_of(text), circuit.unitary(), atol=1e-12)


def test_only_names_on_which_all_agree():
    for name in ROWS:
        for version in (2, 3):
            if name != "gphase":
                words = set(dumps(row_circuit(name), version).replace("(", " ").split())
                assert not words & {"U", "u1", "u2", "u3"}


# ── Random circuits ───────────────────────────────────────────────────────────────────────────────────────────────────


@st.composite
def circuits(draw, num_qubits=4):
    circuit = Circuit(num_qubits)
    for _ in range(draw(st.integers(0, 6))):
        row = TABLE[draw(st.sampled_from(ROWS))]
        angle = st.floats(-10, 10) | st.sampled_from([0.0, math.pi, -math.pi / 2, 3 * math.pi / 4, 1e-7, 1.0])
        gate = gates.Gate(row, tuple(draw(angle) for _ in row.params))
        if row.num_qubits > num_qubits:
            continue
        further = draw(st.integers(0, min(2, num_qubits - row.num_qubits)))
        state = draw(st.text("01", min_size=further, max_size=further))
        places = draw(st.permutations(range(num_qubits)))[: row.num_qubits + further]
        circuit.append(gate.controlled(further, state), *places) if places else circuit.gphase(*gate.params)
    return circuit


@given(circuits())
def test_round_trip(circuit):
    np.testing.assert_allclose(unitary_of(dumps(circuit)), circuit.unitary(), atol=1e-11)


@given(circuits())
def test_a_second_round_changes_nothing(circuit):
    again = loads(dumps(circuit))
    assert loads(dumps(again)) == again


@given(circuits())
def test_version_2_round_trip_or_refusal(circuit):
    try:
        text = dumps(circuit, 2)
    except QasmError as error:
        if "OpenQASM 2 has no gate" not in error.message:
            raise
        return
    assert same_up_to_phase(unitary_of(text), circuit.unitary())


# ── Gates of the user's ───────────────────────────────────────────────────────────────────────────────────────────────


def random_unitary(size, seed):
    rng = np.random.default_rng(seed)
    q, r = np.linalg.qr(rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size)))
    return q * (np.diag(r) / abs(np.diag(r)))


@pytest.mark.parametrize("controls", [0, 1, 2])
@pytest.mark.parametrize(
    "matrix",
    [random_unitary(2, 1), random_unitary(2, 2), np.array([[0, 1j], [1, 0]]), np.diag([1j, -1]), -np.eye(2),
     np.array([[0, -1], [1j, 0]])],
)  # fmt: skip
def test_one_qubit_matrices_are_exact(matrix, controls):
    gate = gates.unitary(matrix, "my gate†").controlled(controls)
    circuit = Circuit(controls + 1).append(gate, *range(controls + 1))
    np.testing.assert_allclose(unitary_of(dumps(circuit)), circuit.unitary(), atol=1e-12)
    if controls < 2:
        assert same_up_to_phase(unitary_of(dumps(circuit, 2)), circuit.unitary())
    else:
        with pytest.raises(QasmError, match="OpenQASM 2 has no gate"):
            dumps(circuit, 2)


def test_diagonals_are_exact():
    rng = np.random.default_rng(3)
    for count in range(1, 5):
        circuit = Circuit(count + 1).append(
            gates.diagonal(rng.uniform(-3, 3, 2**count)).controlled(), *range(count + 1)
        )
        np.testing.assert_allclose(unitary_of(dumps(circuit)), circuit.unitary(), atol=1e-12)


def test_larger_matrices_are_refused_by_name():
    circuit = Circuit(2).apply(random_unitary(4, 5), 0, 1, name="magic")
    for version in (2, 3):
        with pytest.raises(QasmError, match=r"magic\(0, 1\) cannot be written") as error:
            dumps(circuit, version)
        assert error.value.line is None
        assert error.value.hint


# ── Parameters and names ──────────────────────────────────────────────────────────────────────────────────────────────


def test_parameters_are_inputs():
    theta, phi = Parameter("θ"), Parameter("φ[0]")
    circuit = Circuit(2).rx(2 * theta - phi / 3 + 1, 0).crz(theta.sin() * phi**2, 0, 1).ry(abs(phi), 1)
    text = dumps(circuit)
    assert "input float θ;\ninput float φ_0;\n" in text
    again = loads(text)
    assert [parameter.name for parameter in again.parameters] == ["θ", "φ_0"]
    values = [0.3, -0.7]
    np.testing.assert_allclose(again.bind(values).unitary(), circuit.bind(values).unitary(), atol=1e-12)
    with pytest.raises(QasmError, match="OpenQASM 2 has no parameters, but the circuit has θ"):
        dumps(circuit, 2)


def test_names_of_the_language_are_avoided():
    circuit = Circuit()
    for name in ("x", "gate", "pi", "rzz", "qubit", "größe", "Data"):
        circuit.add_qubits(name, 2)
    circuit.add_bits("measure", 2)
    circuit.rzz(0.3, circuit.qubits["x"], circuit.qubits["größe"]).measure(circuit.qubits["pi"], range(2))
    for version in (2, 3):
        again = loads(dumps(circuit, version))
        assert [register.size for register in again.qubits.registers] == [2] * 7
        assert again.sample(5, seed=1) == circuit.sample(5, seed=1)
    names = [register.name for register in loads(dumps(circuit, 2)).qubits.registers]
    assert names == ["x_", "gate_", "pi_", "rzz_", "qubit_", "gr__e", "p_Data"]


# ── Measurement and control flow ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lsb0", [False, True])
@pytest.mark.parametrize("op", ["==", "!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize("value", [0, 1, 2, 3, 4, 6])
def test_integers_of_registers_keep_their_meaning(op, value, lsb0):
    for state in range(8):
        circuit = Circuit(4)
        bits = circuit.add_bits("c", 3, lsb0=lsb0)
        circuit.initialize(state, 0, 1, 2).measure(range(3), bits)
        condition = getattr(bits, {"==": "__eq__", "!=": "__ne__", "<": "__lt__", "<=": "__le__", ">": "__gt__",
                                   ">=": "__ge__"}[op])(value)  # fmt: skip
        prepared = Circuit(4)
        prepared.add_bits("c", 3, lsb0=lsb0)
        for qubit, letter in enumerate(format(state, "03b")):
            if letter == "1":
                prepared.x(qubit)
        prepared.measure(range(3), prepared.bits["c"])
        flagged = prepared.copy()
        flagged.x(3, when=condition)
        flagged.measure(3, flagged.add_bits("flag", 1))
        again = loads(dumps(flagged))
        assert again.sample(1) == flagged.sample(1)
        if op == "==":
            assert loads(dumps(flagged, 2)).sample(1) == flagged.sample(1)


def test_conditions_bit_by_bit():
    circuit = Circuit(3)
    a, b = circuit.add_bits("a", 2), circuit.add_bits("b", 2, lsb0=True)
    circuit.h(range(2)).measure(range(2), a).h(range(2)).measure(range(2), b)
    flags = circuit.add_bits("f", 4)
    for number, condition in enumerate(
        [(a ^ b) == 0, a._expression() < b, (a[0] & ~b[1]) | (a == 2), ~((a ^ b) == 3) & (b[0] == 0)]
    ):
        circuit.reset(2).x(2, when=condition).measure(2, flags[number])
    again = loads(dumps(circuit))
    for seed in range(20):
        assert again.sample(1, seed=seed) == circuit.sample(1, seed=seed)


def test_control_flow_round_trip():
    circuit = Circuit(2, 2).h(0).measure(0, 0)
    bits = circuit.bits["c"]
    with circuit.if_(bits[0] == 1):
        circuit.x(1)
        with circuit.if_(bits == "10"):
            circuit.z(1)
    with circuit.else_():
        circuit.h(1).reset(0)
    with circuit.while_(bits[1] == 0):
        circuit.h(1).measure(1, 1)
        with circuit.if_(bits[0]):
            circuit.break_()
    circuit.assign(0, ~bits[0]).assign(bits, "01").barrier().initialize("+l", 0, 1)
    text = dumps(circuit)
    again = loads(text)
    assert dumps(again) == text
    for seed in range(20):
        assert again.sample(1, seed=seed) == circuit.sample(1, seed=seed)


def test_switch_is_written_as_ifs():
    circuit = Circuit(4, 2).h(range(2)).measure(range(2), range(2))
    with circuit.switch(circuit.bits["c"]) as case:
        with case(0, 3):
            circuit.x(2)
        with case(1):
            circuit.x(3)
        with case.default():
            circuit.x([2, 3])
    circuit.measure([2, 3], circuit.add_bits("d", 2))
    again = loads(dumps(circuit))
    for seed in range(20):
        assert again.sample(1, seed=seed) == circuit.sample(1, seed=seed)


def test_version_2_refuses_what_it_cannot_say():
    def flow(build):
        circuit = Circuit(2, 2)
        build(circuit, circuit.bits["c"])
        return circuit

    def branch(circuit, bits):
        with circuit.if_(bits == 1):
            circuit.measure(0, 0).x(1)

    def otherwise(circuit, bits):
        with circuit.if_(bits == 1):
            circuit.x(0)
        with circuit.else_():
            circuit.x(1)

    def loop(circuit, bits):
        with circuit.while_(bits == 1):
            circuit.measure(0, 0)

    for build, message in [
        (branch, "writes bits that its condition reads"),
        (otherwise, "no `else`"),
        (loop, "while.*no words"),
        (lambda c, bits: c.x(0, when=bits < 2), "compares whole registers"),
        (lambda c, bits: c.x(0, when=bits[0]), "compares whole registers"),
        (lambda c, bits: c.assign(bits, 1), "assign.*no words"),
    ]:
        with pytest.raises(QasmError, match=message):
            dumps(flow(build), 2)


def test_what_no_version_says_is_refused():
    with pytest.raises(QasmError, match="state given by amplitudes"):
        dumps(Circuit(1).initialize([0.6, 0.8], 0))
    circuit = Circuit(0, 2)
    circuit.assign(circuit.bits["c"], ~circuit.bits["c"])
    with pytest.raises(QasmError, match="reads bits that it writes"):
        dumps(circuit)
    with pytest.raises(QasmError, match="Argument `version` must be 2 or 3, but is 4"):
        Circuit(1).to_qasm(4)


# ── Files and other readers ───────────────────────────────────────────────────────────────────────────────────────────


def test_files(tmp_path):
    circuit = Circuit(2, 2).h(0).cx(0, 1).measure([0, 1], [1, 0])
    path = tmp_path / "bell.qasm"
    circuit.save(path)
    assert path.read_text(encoding="utf-8") == circuit.to_qasm()
    assert dumps(Circuit.load(path)) == circuit.to_qasm()
    save(circuit, path, version=2)
    assert load(str(path)).sample(20, seed=3) == circuit.sample(20, seed=3)
    assert Circuit.from_qasm(path.read_text()).num_bits == 2
    with pytest.raises(ValueError, match=r"must end in \.qasm"):
        circuit.save(tmp_path / "bell.txt")
    with pytest.raises(FileNotFoundError):
        Circuit.load(tmp_path / "none.qasm")
    with pytest.raises(TypeError, match="`text` must be a str"):
        loads(b"OPENQASM 2.0;")


@pytest.mark.peers
@given(circuits())
def test_the_reference_parser_accepts(circuit):
    parser = peer("openqasm3")
    peer("antlr4")
    parser.parse(dumps(circuit))


@pytest.mark.peers
def test_the_reference_parser_accepts_control_flow():
    parser = peer("openqasm3")
    peer("antlr4")
    circuit = Circuit(2, 2).h(0).measure(0, 0)
    with circuit.if_((circuit.bits["c"] < 2) & ~circuit.bits[1]):
        circuit.rx(Parameter("a") / 2, 1)
    with circuit.else_():
        circuit.reset(0).assign(0, circuit.bits[1])
    with circuit.for_(range(0, 6, 2)) as i, circuit.while_(circuit.bits[0] == 1):
        circuit.ry(i / 2, 0).measure(0, 0).continue_()
    parser.parse(dumps(circuit))
