"""Gate matrices against Qiskit's and Cirq's, the order of qubits turned."""

import numpy as np
import pytest
from peers import peer

from qsim.gates import TABLE, Gate

pytestmark = pytest.mark.peers

QISKIT = {
    "id": "IGate", "x": "XGate", "y": "YGate", "z": "ZGate", "h": "HGate", "s": "SGate", "sdg": "SdgGate", "t": "TGate",
    "tdg": "TdgGate", "sx": "SXGate", "sxdg": "SXdgGate", "p": "PhaseGate", "rx": "RXGate", "ry": "RYGate", "rz": "RZGate",
    "u": "UGate", "u1": "U1Gate", "u2": "U2Gate", "u3": "U3Gate", "r": "RGate", "gphase": "GlobalPhaseGate", "cx": "CXGate",
    "cy": "CYGate", "cz": "CZGate", "ch": "CHGate", "cs": "CSGate", "csdg": "CSdgGate", "csx": "CSXGate", "cp": "CPhaseGate",
    "crx": "CRXGate", "cry": "CRYGate", "crz": "CRZGate", "cu": "CUGate", "swap": "SwapGate", "iswap": "iSwapGate",
    "dcx": "DCXGate", "ecr": "ECRGate", "rxx": "RXXGate", "ryy": "RYYGate", "rzz": "RZZGate", "rzx": "RZXGate",
    "xx_plus_yy": "XXPlusYYGate", "xx_minus_yy": "XXMinusYYGate", "ccx": "CCXGate", "ccz": "CCZGate", "cswap": "CSwapGate",
    "rccx": "RCCXGate", "c3x": "C3XGate", "c4x": "C4XGate",
}  # fmt: skip
CIRQ = {
    "x": lambda c: c.X, "y": lambda c: c.Y, "z": lambda c: c.Z, "h": lambda c: c.H, "s": lambda c: c.S, "t": lambda c: c.T,
    "rx": lambda c, a: c.rx(a), "ry": lambda c, a: c.ry(a), "rz": lambda c, a: c.rz(a), "cx": lambda c: c.CNOT,
    "cz": lambda c: c.CZ, "swap": lambda c: c.SWAP, "iswap": lambda c: c.ISWAP, "ccx": lambda c: c.CCX,
    "ccz": lambda c: c.CCZ, "cswap": lambda c: c.CSWAP, "fsim": lambda c, a, b: c.FSimGate(a, b),
    "p": lambda c, a: c.ZPowGate(exponent=a / np.pi), "sx": lambda c: c.XPowGate(exponent=0.5),
    "gphase": lambda c, a: c.GlobalPhaseGate(np.exp(1j * a)),
}  # fmt: skip


def test_every_row_has_a_peer():
    assert set(TABLE) == set(QISKIT) | {"fsim"}


@pytest.mark.parametrize("name", QISKIT)
def test_matrix_is_qiskits(name):
    library = peer("qiskit").circuit.library
    operator = peer("qiskit").quantum_info.Operator
    for seed in range(3):
        angles = np.random.default_rng(seed).uniform(-7, 7, len(TABLE[name].params))
        theirs = operator(getattr(library, QISKIT[name])(*angles))
        if TABLE[name].num_qubits:
            theirs = theirs.reverse_qargs()  # Qiskit's qubit 0 is the least significant
        np.testing.assert_allclose(Gate.named(name, *angles).matrix(), theirs.data, atol=1e-14)


@pytest.mark.parametrize("name", CIRQ)
def test_matrix_is_cirqs(name):
    cirq = peer("cirq")
    angles = np.random.default_rng(5).uniform(-3, 3, len(TABLE[name].params))
    np.testing.assert_allclose(
        Gate.named(name, *angles).matrix(),
        cirq.unitary(CIRQ[name](cirq, *angles)),
        atol=1e-7 if name == "sx" else 1e-14,
    )
