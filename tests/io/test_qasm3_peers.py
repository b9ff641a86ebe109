"""Unitary OpenQASM 3 programs against Qiskit's importer."""

import re

import numpy as np
import pytest

from qsim.io.qasm3 import load_full

pytestmark = pytest.mark.peers

PROGRAMS = [
    "qubit[3] q; h q[0]; cx q[0], q[1]; ccx q[0], q[1], q[2]; cp(0.3) q[2], q[0]; cu(0.1, 0.2, 0.3, 0.4) q[1], q[2];",
    "qubit[2] q; rx(pi / 3) q; ry(-0.7) q[0]; rz(2 * pi / 5) q[1]; p(0.3) q[0]; sx q[1]; crx(0.3) q[0], q[1];",
    "qubit[2] q; swap q[0], q[1]; ch q[1], q[0]; cy q[0], q[1]; s q[0]; tdg q[1]; cry(0.4) q[0], q[1]; crz(1) q[1], q[0];",
    "gate g(a) x0, y0 { rx(a) x0; cx x0, y0; rz(a / 2) y0; } qubit[3] q; g(0.3) q[0], q[2]; g(1.3) q[2], q[1];",
    "qubit[3] q; let a = q[1:2]; h a; let b = q[0:1] ++ q[{2}]; x b[2]; cx b[0], a[1];",
    "const float t = pi / 7; const int n = 2; qubit[n + 1] q; rx(t * n) q[n]; ry(t) q[0];",
    "qubit[3] q; qubit r; cx q, r; cx r, q[0]; h q;",
    "qubit[3] q; ctrl @ x q[0], q[1]; negctrl @ x q[1], q[2]; inv @ s q[0]; ctrl(2) @ z q[2], q[0], q[1];",
]  # fmt: skip


@pytest.mark.parametrize("text", PROGRAMS)
def test_unitaries(text):
    pytest.importorskip("qiskit_qasm3_import")
    qiskit = pytest.importorskip("qiskit")
    quantum_info = pytest.importorskip("qiskit.quantum_info")
    text = f'OPENQASM 3.0;\ninclude "stdgates.inc";\n{text}'
    from qiskit import qasm3

    try:
        circuit = qasm3.loads(text)
    except qasm3.QASM3ImporterError as error:
        pytest.skip(f"Qiskit {qiskit.__version__} refuses: {re.sub(chr(10), ' ', str(error))}")
    theirs = quantum_info.Operator(circuit.reverse_bits()).data
    ours = load_full(text).unitary()
    np.testing.assert_allclose(abs(np.vdot(theirs, ours)) / len(ours), 1, atol=1e-10)
