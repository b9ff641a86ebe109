"""The gate names of the standard files: matrices against Qiskit's and against the specification's text."""

import cmath
import math

import numpy as np
import pytest
from peers import peer

from qsim import Circuit
from qsim.io import loads
from qsim.io.library import BUILT_IN, INCLUDES

ANGLES = (0.37, -1.21, 2.05, 0.83)
QELIB1 = INCLUDES["qelib1.inc"]
STDGATES = INCLUDES["stdgates.inc"]
# What Qiskit's file does not have, but its exporter writes with a definition before it
BEYOND_QISKIT = {"r", "cs", "csdg", "ccz", "ryy", "rzx", "iswap", "dcx", "ecr", "xx_plus_yy", "xx_minus_yy"}


def statement(gate, *controls):
    angles = f"({', '.join(map(repr, ANGLES[: gate.num_params]))})" if gate.num_params else ""
    return f"{gate.name}{angles} {', '.join([*controls, *(f'q[{i}]' for i in range(gate.num_qubits))])};"


def matrix(text):
    return loads(text).unitary()


def version_2(gate):
    return f'OPENQASM 2.0; include "qelib1.inc"; qreg q[{gate.num_qubits}]; {statement(gate)}'


def version_3(gate, file="stdgates.inc"):
    include = f'include "{file}";' if file else ""
    return f"OPENQASM 3.0; {include} qubit[{max(gate.num_qubits, 1)}] q; {statement(gate)}"


@pytest.mark.peers
@pytest.mark.parametrize("name", sorted(QELIB1.keys() - BEYOND_QISKIT))
def test_qelib1_means_what_qiskit_loads(name):
    qasm2, operators = peer("qiskit.qasm2"), peer("qiskit.quantum_info")
    text = version_2(QELIB1[name])
    text = text.replace("u0(0.37)", "u0(2)")  # a number of delays
    loaded = qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    expected = operators.Operator(loaded.reverse_bits()).data
    np.testing.assert_allclose(matrix(text), expected, atol=1e-12)


@pytest.mark.peers
@pytest.mark.parametrize("name", sorted(BEYOND_QISKIT))
def test_further_names_mean_qiskits_gates(name):
    library, operators = peer("qiskit.circuit.library"), peer("qiskit.quantum_info")
    peer("qiskit")
    from qiskit import QuantumCircuit

    kind = {"r": "RGate", "cs": "CSGate", "csdg": "CSdgGate", "ccz": "CCZGate", "ryy": "RYYGate", "rzx": "RZXGate",
            "iswap": "iSwapGate", "dcx": "DCXGate", "ecr": "ECRGate", "xx_plus_yy": "XXPlusYYGate",
            "xx_minus_yy": "XXMinusYYGate"}[name]  # fmt: skip
    gate = QELIB1[name]
    circuit = QuantumCircuit(gate.num_qubits)
    circuit.append(getattr(library, kind)(*ANGLES[: gate.num_params]), range(gate.num_qubits))
    expected = operators.Operator(circuit.reverse_bits()).data
    np.testing.assert_allclose(matrix(version_2(gate)), expected, atol=1e-12)


def test_every_table_gate_has_a_name():
    from qsim.gates import TABLE

    rows = {step[0].spec.name for gate in QELIB1.values() for step in gate.steps(*ANGLES[: gate.num_params])}
    assert TABLE.keys() - rows <= {"fsim", "gphase"}


# ── The specification's text: standard_library.rst and gates.rst of OpenQASM 3.0 and 3.1 ──────────────────────────────


def spec_u(theta, phi, lam):
    """gates.rst: the built-in gate."""
    e = cmath.exp
    return 0.5 * np.array(
        [
            [1 + e(1j * theta), -1j * e(1j * lam) * (1 - e(1j * theta))],
            [1j * e(1j * phi) * (1 - e(1j * theta)), e(1j * (phi + lam)) * (1 + e(1j * theta))],
        ]
    )


def phase(angle):
    return cmath.exp(1j * angle)


def controlled(unitary, controls=1):
    size = len(unitary)
    result = np.eye(size * 2**controls, dtype=complex)
    result[-size:, -size:] = unitary
    return result


def power(unitary, exponent):
    values, vectors = np.linalg.eig(unitary)
    return vectors @ np.diag(np.exp(1j * np.angle(values) * exponent)) @ np.linalg.inv(vectors)


PI = math.pi
X = spec_u(PI, 0, PI) * phase(-PI / 2)
Z = spec_u(0, 0, PI)
S = power(Z, 0.5)
SWAP = np.eye(4)[[0, 2, 1, 3]]
SPECIFICATION = {
    "p": lambda lam: np.diag([1, phase(lam)]), "phase": lambda lam: spec_u(0, 0, lam), "x": lambda: X,
    "y": lambda: spec_u(PI, PI / 2, PI / 2) * phase(-PI / 2), "z": lambda: Z,
    "h": lambda: spec_u(PI / 2, 0, PI) * phase(-PI / 4), "s": lambda: S, "sdg": lambda: S.conj().T,
    "t": lambda: power(S, 0.5), "tdg": lambda: power(S, 0.5).conj().T, "sx": lambda: power(X, 0.5),
    "rx": lambda a: spec_u(a, -PI / 2, PI / 2) * phase(-a / 2), "ry": lambda a: spec_u(a, 0, 0) * phase(-a / 2),
    "rz": lambda a: spec_u(0, 0, a) * phase(-a / 2), "id": lambda: np.eye(2),
    "swap": lambda: SWAP, "cswap": lambda: controlled(SWAP), "ccx": lambda: controlled(X, 2),
    "cu": lambda a, b, c, g: np.kron(np.diag([1, phase(g - a / 2)]), np.eye(2)) @ controlled(spec_u(a, b, c)),
    "u1": lambda lam: spec_u(0, 0, lam),
    "u2": lambda b, c: spec_u(PI / 2, b, c) * phase(-(b + c + PI / 2) / 2),
    "u3": lambda a, b, c: spec_u(a, b, c) * phase(-(a + b + c) / 2),
    "U": spec_u,
}  # fmt: skip
for _base, _name in (("p", "cp"), ("phase", "cphase"), ("x", "cx"), ("x", "CX"), ("y", "cy"), ("z", "cz"), ("h", "ch"),
                     ("rx", "crx"), ("ry", "cry"), ("rz", "crz")):  # fmt: skip
    SPECIFICATION[_name] = lambda *angles, base=_base: controlled(SPECIFICATION[base](*angles))


def test_the_specification_is_covered():
    assert STDGATES.keys() | BUILT_IN[3].keys() == SPECIFICATION.keys() | {"gphase"}


@pytest.mark.parametrize("name", sorted(SPECIFICATION))
def test_stdgates_follow_the_specification(name):
    gate = STDGATES.get(name) or BUILT_IN[3][name]
    expected = SPECIFICATION[name](*ANGLES[: gate.num_params])
    file = "stdgates.inc" if name in STDGATES else ""
    np.testing.assert_allclose(matrix(version_3(gate, file)), expected, atol=1e-12)
    declared = f'OPENQASM 3.1; include "stdgates.inc"; qubit c; qubit[{gate.num_qubits}] q;'
    text = f"{declared} ctrl @ {statement(gate, 'c')}"
    np.testing.assert_allclose(matrix(text), controlled(expected), atol=1e-12)


def test_phase_of_u_is_physical_under_control():
    """The difference to Qiskit's u, which OpenQASM 2 keeps."""
    flat = "qubit[2] q; ctrl @ U(pi/2, 0, 0) q[0], q[1];"
    expected = Circuit(2).p(math.pi / 4, 0).u(math.pi / 2, 0, 0, 1, controls=0)
    np.testing.assert_allclose(matrix(flat), expected.unitary(), atol=1e-12)
    version_2 = "OPENQASM 2.0; qreg q[1]; U(pi/2, 0, 0) q[0];"
    np.testing.assert_allclose(matrix(version_2), Circuit(1).u(math.pi / 2, 0, 0, 0).unitary(), atol=1e-12)
    np.testing.assert_allclose(matrix("gphase(0.3);qubit q;"), phase(0.3) * np.eye(2), atol=1e-12)


def test_names_need_their_file():
    from qsim import QasmError

    for text, hint in [
        ("OPENQASM 2.0; qreg q[1]; h q[0];", 'include "qelib1.inc";'),
        ("qubit q; h q;", 'include "stdgates.inc";'),
        ('include "stdgates.inc"; qubit[2] q; rzz(0.1) q[0], q[1];', "qelib1.inc of OpenQASM 2"),
    ]:
        with pytest.raises(QasmError) as error:
            loads(text)
        assert hint in error.value.hint
