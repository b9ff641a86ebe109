"""Gates of OpenQASM 3: the standard ones against the specification's definitions, modifiers against matrices."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import block_diag, fractional_matrix_power

from qsim import QasmError, gates
from qsim.io.library import INCLUDES
from qsim.io.qasm3 import load_full

STDGATES = Path(__file__).parents[3] / "shared" / "circuits" / "openqasm" / "examples" / "stdgates.inc"
HEADER = 'include "stdgates.inc";\n'
ANGLES = (0.37, -1.2, 2.5, 0.81)


def unitary(body, header=HEADER):
    return load_full(header + body).unitary()


@pytest.mark.skipif(not STDGATES.is_file(), reason="the specification's files are not here")
@pytest.mark.parametrize("name", sorted(INCLUDES["stdgates.inc"]))
def test_standard_gates_are_their_definitions(name):
    """Each is built from U and gphase as stdgates.inc writes it."""
    if name == "CX":
        pytest.skip("defined there as ctrl @ U(π, 0, π), which is cx times a phase of the control; its comment says cx")
    gate = INCLUDES["stdgates.inc"][name]
    angles = f"({', '.join(map(str, ANGLES[: gate.num_params]))})" if gate.num_params else ""
    call = f"qubit[{gate.num_qubits}] q; {name}{angles} {', '.join(f'q[{k}]' for k in range(gate.num_qubits))};"
    definitions = STDGATES.read_text(encoding="utf-8")
    np.testing.assert_allclose(unitary(call), unitary(call, definitions), atol=1e-12)
    controlled = call.replace(f" {name}", f" ctrl @ {name}").replace(" q[0]", " c, q[0]")
    np.testing.assert_allclose(
        unitary(f"qubit c; {controlled}"), unitary(f"qubit c; {controlled}", definitions), atol=1e-12
    )


def test_u_has_the_phase_of_the_specification():
    theta, phi, lam = ANGLES[:3]
    e = np.exp
    expected = 0.5 * np.array(
        [
            [1 + e(1j * theta), -1j * e(1j * lam) * (1 - e(1j * theta))],
            [1j * e(1j * phi) * (1 - e(1j * theta)), e(1j * (phi + lam)) * (1 + e(1j * theta))],
        ]
    )
    np.testing.assert_allclose(unitary(f"qubit q; U({theta}, {phi}, {lam}) q;"), expected, atol=1e-14)


X, H, S, CX = (gate.matrix() for gate in (gates.x, gates.h, gates.s, gates.cx))
T = gates.t.matrix()
RX = gates.rx(0.7).matrix()
I2 = np.eye(2)
POWERS = [
    ("pow(1/2) @ x", fractional_matrix_power(X, 0.5)),
    ("pow(0.5) @ s", T),
    ("pow(-1/3) @ rx(0.7)", gates.rx(-0.7 / 3).matrix()),
    ("pow(3) @ t", T @ T @ T),
    ("pow(-2) @ t", np.linalg.inv(T @ T)),
    ("pow(0) @ h", I2),
    ("pow(2) @ h", I2),
    ("inv @ s", S.conj().T),
    ("inv @ pow(2) @ inv @ t", S),
    ("pow(1024) @ rx(0.7)", gates.rx(0.7 * 1024).matrix()),
    ("two", X @ H),
    ("inv @ two", H @ X),
    ("pow(3) @ two", X @ H @ X @ H @ X @ H),
    ("pow(999) @ two", np.linalg.matrix_power(X @ H, 999)),
    ("pow(-999) @ two", np.linalg.matrix_power(H @ X, 999)),
    ("pow(0.5) @ two", fractional_matrix_power(X @ H, 0.5)),
]


@pytest.mark.parametrize(("call", "expected"), POWERS)
def test_powers_and_inverses(call, expected):
    body = f"gate two a {{ h a; x a; }} qubit q; {call} q;"
    np.testing.assert_allclose(unitary(body), expected, atol=1e-9)
    controlled = unitary(f"gate two a {{ h a; x a; }} qubit[2] q; ctrl @ {call} q[0], q[1];")
    np.testing.assert_allclose(controlled, block_diag(I2, expected), atol=1e-9)
    negative = unitary(f"gate two a {{ h a; x a; }} qubit[2] q; negctrl @ {call} q[0], q[1];")
    np.testing.assert_allclose(negative, block_diag(expected, I2), atol=1e-9)


def test_modifiers_nest_from_the_right():
    found = unitary("qubit[4] q; ctrl(2) @ negctrl @ h q[0], q[1], q[2], q[3];")
    expected = np.eye(16, dtype=complex)
    expected[12:14, 12:14] = H
    np.testing.assert_allclose(found, expected, atol=1e-12)
    swapped = unitary("qubit[3] q; negctrl @ ctrl @ x q[2], q[0], q[1];")
    np.testing.assert_allclose(
        swapped, block_diag(*[np.eye(4)], *[np.kron(X, np.diag([1, 0])) + np.kron(I2, np.diag([0, 1]))]), atol=1e-12
    )


def test_phases():
    assert unitary("qubit q; gphase(0.4);")[0, 0] == pytest.approx(np.exp(0.4j))
    np.testing.assert_allclose(unitary("qubit q; ctrl @ gphase(0.4) q;"), np.diag([1, np.exp(0.4j)]))
    np.testing.assert_allclose(
        unitary("qubit[2] q; ctrl(2) @ inv @ gphase(pi) q[0], q[1];"), np.diag([1, 1, 1, -1]), atol=1e-12
    )
    np.testing.assert_allclose(unitary("gate g a { gphase(0.2); x a; } qubit q; g q;"), np.exp(0.2j) * X)


def test_definitions_with_loops_and_parameters():
    body = (
        "gate g(a) x0, y0 { for int i in [0:2] { ctrl @ rx(a * i) x0, y0; } barrier x0; h x0; } "
        "qubit[2] q; g(0.3) q[1], q[0];"
    )
    rx = gates.rx(0.9).matrix()
    turned = np.kron(I2, np.diag([1, 0])) + np.kron(rx, np.diag([0, 1]))
    np.testing.assert_allclose(unitary(body), np.kron(I2, H) @ turned, atol=1e-12)


def test_registers_are_walked():
    circuit = load_full(HEADER + "qubit[3] a; qubit[3] b; qubit c; cx a, b; cx c, a; h a[{0, 2}]; x $1;")
    assert [operation.qubits for operation in circuit] == [
        (0, 3), (1, 4), (2, 5), (6, 0), (6, 1), (6, 2), (0,), (2,), (8,),
    ]  # fmt: skip


def test_a_gate_means_what_its_name_meant_when_it_was_defined():
    body = "gate g a { x a; } gate x a { h a; } qubit q; g q;"
    with pytest.warns(UserWarning, match="takes the place"):
        np.testing.assert_allclose(unitary(body), X)


def test_inputs_become_parameters():
    circuit = load_full(
        HEADER + "input float[64] a; input angle b; qubit q; rx(2 * a + sin(b)) q; ctrl @ gphase(-b) q;"
    )
    assert [parameter.name for parameter in circuit.parameters] == ["a", "b"]
    bound = circuit.bind(a=0.3, b=0.5).unitary()
    expected = np.diag([1, np.exp(-0.5j)]) @ gates.rx(0.6 + math.sin(0.5)).matrix()
    np.testing.assert_allclose(bound, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("qubit[2] q; cx q[0], q[0];", "must differ"),
        ("qubit[2] q; cx q[0];", "2 qubits"),
        ("qubit q; rx q;", "1 angle"),
        ("qubit q; foo q;", "No gate is named foo"),
        ("qubit[2] a; qubit[3] b; cx a, b;", "equal sizes"),
        ("qubit q; pow(1/0) @ x q;", "zero"),
        ("qubit q; ctrl(0) @ x q;", "controls"),
        ("gate g a { g a; }", "No gate is named g"),
        ("gate g a { reset a; }", "non-unitary"),
        ("gate g a, a { x a; }", "distinct"),
        ("input float t; qubit q; pow(t) @ x q;", "known"),
        ("qubit q; gate g a { x q; }", "declared outside"),
        ("qubit[3] q; x q[3];", "Index 3 lies outside"),
    ],
)
def test_refused(body, message):
    with pytest.raises(QasmError, match=message) as caught:
        load_full(HEADER + body)
    assert caught.value.line == 2
    assert 1 <= caught.value.column <= len(body)
