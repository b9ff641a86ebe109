"""Circuits from and to Cirq: the same unitary, the same keys, the same conditions."""

import numpy as np
import pytest
from peers import peer

from qsim import Circuit, CircuitError, Parameter, gates, run
from qsim.gates import TABLE, Gate
from qsim.io import Limits, from_cirq, to_cirq
from qsim.testing import random_circuit

cirq = peer("cirq")
import sympy  # noqa: E402  it comes with Cirq

pytestmark = pytest.mark.peers
ANGLES = (0.3, -1.1, 2.7, 0.9)
LINE = cirq.LineQubit.range(6)


def theirs(circuit, n):
    return circuit.unitary(qubit_order=LINE[:n], qubits_that_should_be_present=LINE[:n])


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("controls", ["", "0", "10"])
def test_every_gate_under_controls(name, controls):
    k = TABLE[name].num_qubits
    gate = Gate.named(name, *ANGLES[: len(TABLE[name].params)]).controlled(len(controls), controls)
    if k + len(controls) > 5:
        return
    n = gate.num_qubits + 1
    qubits = np.random.default_rng(len(name)).permutation(n)[: gate.num_qubits].tolist()
    circuit = Circuit(n).append(gate, *qubits)
    written = to_cirq(circuit)
    np.testing.assert_allclose(theirs(written, n), circuit.unitary(), atol=1e-7)
    again = from_cirq(written, qubits=LINE[:n])
    np.testing.assert_allclose(again.unitary(), circuit.unitary(), atol=1e-7)


@pytest.mark.parametrize("seed", range(15))
def test_random_circuits(seed):
    circuit = random_circuit(4, 25, seed=seed, controls=2)
    written = to_cirq(circuit)
    np.testing.assert_allclose(theirs(written, 4), circuit.unitary(), atol=1e-6)
    np.testing.assert_allclose(from_cirq(written, qubits=LINE[:4]).unitary(), circuit.unitary(), atol=1e-6)


GATES = [
    gate
    for power in (1, 0.5, -0.5, 0.25, 3, 0.37, -1.2)
    for gate in (
        *(one**power for one in (cirq.X, cirq.Y, cirq.Z, cirq.H, cirq.S, cirq.CX, cirq.CZ, cirq.CCX, cirq.CCZ)),
        *(one**power for one in (cirq.SWAP, cirq.ISWAP, cirq.XX, cirq.YY, cirq.ZZ)),
        *(
            kind(exponent=power, global_shift=0.3)
            for kind in (cirq.XPowGate, cirq.YPowGate, cirq.ZPowGate, cirq.HPowGate, cirq.CXPowGate, cirq.CCZPowGate)
        ),
        *(kind(exponent=power, global_shift=-0.7) for kind in (cirq.SwapPowGate, cirq.ISwapPowGate, cirq.XXPowGate)),
        cirq.PhasedXPowGate(phase_exponent=0.2, exponent=power, global_shift=0.1),
        cirq.PhasedXZGate(x_exponent=power, z_exponent=0.3, axis_phase_exponent=-0.4),
        cirq.PhasedISwapPowGate(phase_exponent=0.2, exponent=power),
        cirq.FSimGate(power, 0.3),
        cirq.PhasedFSimGate(power, 0.1, 0.2, 0.3, 0.4),
        cirq.rx(power),
        cirq.ms(power),
    )
] + [
    cirq.CSWAP,
    cirq.IdentityGate(2),
    cirq.GlobalPhaseGate(np.exp(0.3j)),
    cirq.MatrixGate(cirq.testing.random_unitary(8, random_state=3), name="mine"),
    cirq.DiagonalGate([0.1, 0.2, 0.3, 0.4]),
    cirq.ThreeQubitDiagonalGate(list(range(8))),
    cirq.ParallelGate(cirq.Y**0.3, 3),
    cirq.QuantumFourierTransformGate(5),
    cirq.QubitPermutationGate([2, 0, 3, 4, 1]),
    cirq.DensePauliString("XYZ", coefficient=1j),
    cirq.PauliInteractionGate(cirq.X, True, cirq.Y, False, exponent=0.3),
    (cirq.X**0.3).controlled(2, control_values=[0, 1]),
    cirq.SWAP.controlled(1).controlled(1, control_values=[0]),
]


@pytest.mark.parametrize("gate", GATES, ids=str)
def test_gates_of_cirq(gate):
    n = cirq.num_qubits(gate)
    places = LINE[: n + 1][::-1][:n]
    circuit = cirq.Circuit(gate.on(*places))
    np.testing.assert_allclose(from_cirq(circuit, qubits=LINE[: n + 1]).unitary(), theirs(circuit, n + 1), atol=1e-7)
    if n < 5:  # what was a global phase is seen now
        controlled = cirq.Circuit(gate.on(*places).controlled_by(LINE[0], control_values=[0]))
        found = from_cirq(controlled, qubits=LINE[: n + 1]).unitary()
        np.testing.assert_allclose(found, theirs(controlled, n + 1), atol=1e-7)


def test_the_order_of_qubits():
    line = cirq.Circuit(cirq.X(LINE[3]), cirq.CX(LINE[3], LINE[1]))
    assert from_cirq(line) == Circuit(4).x(3).cx(3, 1)
    assert from_cirq(line, qubits=[LINE[3], LINE[1]]) == Circuit(2).x(0).cx(0, 1)
    grid = cirq.Circuit(cirq.X(cirq.GridQubit(1, 0)), cirq.Y(cirq.GridQubit(0, 2)), cirq.Z(cirq.GridQubit(0, 1)))
    assert [(i.name, i.qubits) for i in from_cirq(grid)] == [("x", (2,)), ("y", (1,)), ("z", (0,))]
    named = from_cirq(cirq.Circuit(cirq.X(cirq.NamedQubit("bob")), cirq.Y(cirq.NamedQubit("alice 1"))))
    assert [(r.name, r.size) for r in named.qubits.registers] == [("alice_1", 1), ("bob", 1)]
    assert [i.qubits for i in named] == [(1,), (0,)]
    negative = cirq.Circuit(cirq.X(cirq.LineQubit(-1)), cirq.Y(cirq.LineQubit(5)))
    assert from_cirq(negative) == Circuit(2).x(0).y(1)
    with pytest.raises(CircuitError, match="A circuit may have 10000 qubits"):
        from_cirq(cirq.Circuit(cirq.X(cirq.LineQubit(10**9))))
    with pytest.raises(CircuitError, match="lacks q\\(3\\)"):
        from_cirq(line, qubits=LINE[:2])


def test_measurement_keys_are_registers():
    circuit = cirq.Circuit(
        cirq.X(LINE[2]),
        cirq.measure(LINE[2], LINE[0], key="pair"),
        cirq.measure(LINE[1], key="my key", invert_mask=(True,)),
        cirq.X(LINE[0]),
        cirq.measure(LINE[0], key="pair2"),
    )
    found = from_cirq(circuit)
    assert [(r.name, r.size) for r in found.bits.registers] == [("my_key", 1), ("pair", 2), ("pair2", 1)]
    assert dict(found.sample(10, seed=1)) == {"1 10 1": 10}
    again = from_cirq(cirq.Circuit(cirq.measure(LINE[0], key="a"), cirq.X(LINE[0]), cirq.measure(LINE[0], key="a")))
    assert dict(again.sample(5, seed=1)) == {"0 1": 5}


def test_keys_of_a_register_on_the_way_out():
    partly = Circuit(3, 3).x(0).measure([0, 2], [2, 0])
    assert cirq.measurement_key_names(to_cirq(partly)) == {"c[0]", "c[2]"}
    read = Circuit(3, 2).x(0).measure([0, 1], [0, 1])
    with read.if_(read.bits["c"] == "10"):
        read.x(2)
    assert cirq.measurement_key_names(to_cirq(read)) == {"c"}
    assert from_cirq(to_cirq(read)) == read
    whole = Circuit(2).x(1).measure_all()
    assert cirq.measurement_key_names(to_cirq(whole)) == {"meas"}
    assert cirq.Simulator().run(to_cirq(whole)).histogram(key="meas") == {1: 1}
    assert from_cirq(to_cirq(whole)) == whole
    single = Circuit(2, 2).measure(0, 1).measure(1, 0)
    assert from_cirq(to_cirq(single)) == single


def feedback():
    circuit = Circuit(4, 2).h(0).ry(1.0, 1).measure([0, 1], [0, 1])
    bits = circuit.bits["c"]
    with circuit.if_((bits == "10") | (bits[1] == 0)):
        circuit.x(2)
    with circuit.else_():
        circuit.h(2)
    with circuit.if_(bits >= 2), circuit.if_(~bits[1]):
        circuit.x(3)
    with circuit.switch(bits) as case:
        with case(0, 3):
            circuit.y(3)
        with case.default():
            circuit.h(3)
    with circuit.for_(range(3)) as i:
        circuit.rx(0.2 * i + 0.1, 2)
    return circuit.measure([2, 3], circuit.add_bits("end", 2))


def test_conditions_mean_the_same_in_cirq():
    """Cirq samples; what it finds is compared with the exact distribution."""
    circuit = feedback()
    exact = {key.replace(" ", ""): value for key, value in run(circuit, None, exact=True).distribution.items()}
    results = cirq.Simulator(seed=5).run(to_cirq(circuit), repetitions=20_000)
    columns = [results.measurements[key] for key in ("c[0]", "c[1]", "end")]
    keys = ["".join(map(str, row)) for row in np.hstack(columns)]
    for key, probability in exact.items():
        spread = np.sqrt(probability * (1 - probability) / 20_000)
        assert keys.count(key) / 20_000 == pytest.approx(probability, abs=5 * spread + 1e-9)
    assert sum(keys.count(key) for key, value in exact.items() if value > 1e-12) == 20_000


def test_conditions_go_there_and_back():
    circuit = feedback()
    again = from_cirq(to_cirq(circuit))
    one, other = (run(c, None, exact=True).distribution for c in (circuit, again))
    assert {k: v for k, v in other.items() if v > 1e-12} == pytest.approx({k: v for k, v in one.items() if v > 1e-12})


def test_conditions_of_cirq():
    a, b = sympy.symbols("a b")
    conditions = [
        "a",
        cirq.SympyCondition(sympy.Eq(a, 2)),
        cirq.SympyCondition(sympy.And(a >= 1, sympy.Not(b))),
        cirq.SympyCondition(sympy.Xor(a < 3, sympy.Ne(b, 0))),
        cirq.BitMaskKeyCondition("a", bitmask=2, target_value=2, equal_target=True),
        cirq.BitMaskKeyCondition("a", target_value=1, equal_target=False),
    ]
    for number in range(8):
        prepared = [cirq.X(LINE[k]) for k in range(3) if number >> k & 1]
        for condition in conditions:
            circuit = cirq.Circuit(
                *prepared,
                cirq.measure(LINE[0], LINE[1], key="a"),
                cirq.measure(LINE[2], key="b"),
                cirq.X(LINE[3]).with_classical_controls(condition),
                cirq.measure(LINE[3], key="end"),
            )
            expected = cirq.Simulator().run(circuit).measurements["end"][0, 0]
            found = from_cirq(circuit).sample(1, seed=1).marginal("end")
            assert dict(found) == {str(expected): 1}, (condition, number)


def test_circuits_in_circuits():
    body = cirq.FrozenCircuit(cirq.H(LINE[0]), cirq.CX(LINE[0], LINE[1]) ** 0.3)
    nested = cirq.CircuitOperation(body).repeat(3).with_qubit_mapping({LINE[0]: LINE[2]})
    circuit = cirq.Circuit(cirq.CircuitOperation(cirq.FrozenCircuit(nested)).repeat(2).with_tags("tag"))
    np.testing.assert_allclose(from_cirq(circuit, qubits=LINE[:3]).unitary(), theirs(circuit, 3), atol=1e-7)
    with pytest.raises(CircuitError, match="may have 1000 operations"):
        from_cirq(cirq.Circuit(cirq.CircuitOperation(body).repeat(10**9)), limits=Limits(operations=1000))


def test_repeat_until_is_a_loop():
    body = cirq.FrozenCircuit(cirq.ResetChannel()(LINE[0]), cirq.H(LINE[0]), cirq.measure(LINE[0], key="m"))
    loop = cirq.CircuitOperation(
        body, use_repetition_ids=False, repeat_until=cirq.KeyCondition(cirq.MeasurementKey("m"))
    )
    found = from_cirq(cirq.Circuit(loop))
    assert [i.name for i in found] == ["reset", "h", "measure", "while"]
    assert dict(found.sample(50, seed=1)) == {"1": 50}


def test_parameters():
    theta, phi = Parameter("θ"), Parameter("φ[0]")
    circuit = Circuit(2).rx(theta, 0).u(theta * phi, phi.sin(), 0.3, 1).cp(2 * theta + 1, 0, 1).gphase(phi)
    circuit.cu(theta, phi, 0.1, 0.2, 0, 1).rzx(theta, 0, 1).xx_plus_yy(theta, phi, 1, 0).fsim(theta, phi, 0, 1)
    circuit.r(theta, phi, 0).ryy(phi, 0, 1, controls=()).ry(theta, 1, controls=0, control_state="0")
    written = to_cirq(circuit)
    assert cirq.parameter_names(written) == {"θ", "φ[0]"}
    numbers = {"θ": 0.7, "φ[0]": -1.3}
    resolved = cirq.resolve_parameters(written, numbers)
    np.testing.assert_allclose(theirs(resolved, 2), circuit.bind(numbers).unitary(), atol=1e-7)
    again = from_cirq(written)
    assert {parameter.name for parameter in again.parameters} == {"θ", "φ[0]"}
    np.testing.assert_allclose(again.bind(numbers).unitary(), circuit.bind(numbers).unitary(), atol=1e-7)


def test_reset_initialize_and_barriers():
    circuit = Circuit(3).initialize([0, 0.6, 0.8j, 0], 2, 0).barrier().reset(1).h(1)
    written = to_cirq(circuit)
    assert len(written) == 3
    found = from_cirq(written)
    assert [i.name for i in found] == ["initialize", "reset", "h"]
    np.testing.assert_allclose(found[0].amplitudes, [0, 0.6, 0.8j, 0], atol=1e-9)


# ── Refusals ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_has_no_counterpart_is_named():
    multi = cirq.ControlledOperation([LINE[0]], cirq.X(LINE[1]), control_values=[(0, 1)])
    for operations, message in (
        ([cirq.depolarize(0.1)(LINE[0])], "depolarize"),
        ([cirq.X(LINE[0]).with_classical_controls("m")], "the key 'm', which is not measured"),
        ([multi], "several values of its controls"),
        ([cirq.X(LINE[0]) ** (sympy.Symbol("t") + sympy.I)], "no real number"),
        ([cirq.IdentityGate(qid_shape=(3,)).on(cirq.LineQid(0, 3))], "3 levels"),
        ([cirq.MeasurementGate(1, "m", confusion_map={(0,): np.eye(2)})(LINE[0])], "confusion map"),
    ):
        with pytest.raises(CircuitError, match=message):
            from_cirq(cirq.Circuit(operations))
    loop = Circuit(1, 1).measure(0, 0)
    with loop.while_(loop.bits[0] == 1):
        loop.x(0)
    inner = Circuit(1, 2).measure(0, 0)
    with inner.if_(inner.bits[0]):
        inner.measure(0, 1)
    unread = Circuit(1, 2)
    with unread.if_(unread.bits[0]):
        unread.x(0)
    for circuit, message in (
        (loop, "Operation 1, while_.*Cirq has no counterpart: a circuit of Cirq's has no while"),
        (inner, "Cirq has no counterpart"),
        (unread, "bit 0 is read, but nothing is measured"),
        (Circuit(1, 1).assign(0, 1), "has no assign"),
    ):
        with pytest.raises(CircuitError, match=message):
            to_cirq(circuit)
    for convert in (from_cirq, to_cirq):
        with pytest.raises(TypeError, match="takes a"):
            convert("circuit")
    with pytest.raises(CircuitError, match="distinct qubits"):
        to_cirq(Circuit(2), qubits=LINE[:1])


def test_a_wait_is_left_out_with_a_warning():
    with pytest.warns(UserWarning, match="does nothing here"):
        assert len(from_cirq(cirq.Circuit(cirq.wait(LINE[0], nanos=5)))) == 0


def test_a_custom_gate_keeps_its_name():
    circuit = Circuit(2).append(gates.unitary(gates.iswap.matrix(), "mine"), 1, 0)
    assert from_cirq(to_cirq(circuit)) == circuit
