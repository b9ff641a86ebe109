"""The flat parser and the full loader read the same circuits from texts that both understand."""

import random
from pathlib import Path

import numpy as np
import pytest

from qsim import QasmError, run
from qsim.io.flat import parse_flat
from qsim.io.library import INCLUDES
from qsim.io.limits import DEFAULT_LIMITS
from qsim.io.qasm3 import load_full
from qsim.io.source import Source

MQT = Path(__file__).parents[3] / "shared" / "circuits" / "mqt-bench" / "indep"
HEADER = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'

TEXTS = [
    "qubit[2] q; bit[2] c; h q[0]; cx q[0], q[1]; c = measure q;",
    "qubit[3] q; bit[3] c; h q; c[0] = measure q[0]; if (c[0] == 1) { x q[1]; } else { z q[2]; } measure q[1] -> c[1];",
    "qubit[2] q; bit[2] c; h q; c = measure q; if (c == 2) { x q[0]; } if (c != 1) { x q[1]; } c = measure q;",
    "qubit[2] q; bit c; h q; c = measure q[0]; if (c) { reset q; } barrier q; c = measure q[1];",
    "gate g(a, b) x0, y0 { rx(a / 2) x0; cx x0, y0; u3(a, b, -a) y0; } qubit[2] q; g(pi / 3, 0.2) q[0], q[1];",
    "qubit[3] q; ctrl @ x q[0], q[1]; negctrl @ h q[1], q[2]; inv @ s q; pow(2) @ t q[0]; "
    "ctrl(2) @ gphase(0.3) q[0], q[2];",
    "qubit[2] q; pow(1/2) @ x q[0]; pow(-1) @ sx q[1]; inv @ pow(0.25) @ z q[0]; "
    "U(0.1, 0.2, 0.3) q[0]; gphase(pi / 8);",
    "qubit[2] q; ctrl @ U(0.1, 0.2, 0.3) q[0], q[1];",
    "const int n = 3; const float a = pi / n; qubit[n] q; rx(a) q; rz(2 * a + sin(a)) q[n - 1];",
    "qreg q[2]; creg c[2]; h q; measure q -> c;",
    "input float t; qubit q; rx(t) q; p(-2 * t + 1) q;",
    "qubit[4] q; let a = q[1:2]; h a; x a[0]; cx q[0:1], q[2:3];",
    "qubit[2] q; bit[2] c = \"10\"; if (c[1] == 1) { x q[0]; }",
    "qubit q; bit c; h q; c = measure q; while (c == 1) { h q; c = measure q; }",
]  # fmt: skip


def both(text):
    """The circuit of the flat parser and that of the full loader; None for one that refuses."""
    found = []
    for load in (lambda: parse_flat(Source(text), DEFAULT_LIMITS, None), lambda: load_full(text)):
        try:
            found.append(load())
        except QasmError:
            found.append(None)
    return found


def bound(circuit):
    return circuit.bind([0.7 + k for k in range(circuit.num_parameters)]) if circuit.num_parameters else circuit


def assert_same(one, other):
    """The same registers, and the same operator or distribution."""
    assert one.qubits == other.qubits
    assert [p.name for p in one.parameters] == [p.name for p in other.parameters]
    assert [(r.name, r.size, r.lsb0) for r in one.bits.registers] == [
        (r.name, r.size, r.lsb0) for r in other.bits.registers
    ]
    one, other = bound(one), bound(other)
    if one.num_bits:
        first, second = (run(circuit, None, exact=True).distribution for circuit in (one, other))
        assert dict(first) == pytest.approx(dict(second), abs=1e-9)
    else:
        np.testing.assert_allclose(one.unitary(), other.unitary(), atol=1e-10)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("text", TEXTS)
def test_texts(text):
    one, other = both(HEADER + text)
    assert_same(one, other)


def random_text(number):
    """Gates, modifiers, definitions and conditions on three qubits."""
    rng = random.Random(number)
    gates = [gate for gate in INCLUDES["stdgates.inc"].values() if gate.num_qubits <= 3]
    lines = ["qubit[2] q; qubit r; bit[2] c; gate mine(a) x0, y0 { ry(a) x0; cx x0, y0; }"]
    qubits = ["q[0]", "q[1]", "r"]
    angles = ["pi / 3", "-0.7", "2 * pi / 5 - 1", "cos(1)", "3", "1/2", "-(1 + 2) / 4"]
    for _ in range(rng.randrange(3, 12)):
        gate, modifier, count = rng.choice(gates), "", 0
        if rng.random() < 0.4:
            modifier, count = rng.choice(
                [
                    ("inv @ ", 0),
                    ("ctrl @ ", 1),
                    ("negctrl @ ", 1),
                    ("pow(2) @ ", 0),
                    ("pow(-1) @ ", 0),
                    ("inv @ ctrl @ ", 1),
                ]
            )
        name, params, wanted = gate.name, gate.num_params, gate.num_qubits
        if rng.random() < 0.15:
            name, params, wanted = "mine", 1, 2
        if wanted + count > 3:
            modifier, count = "", 0
        listed = f"({', '.join(rng.choices(angles, k=params))})" if params else ""
        call = f"{modifier}{name}{listed} {', '.join(rng.sample(qubits, wanted + count))};"
        if rng.random() < 0.2:
            lines.append(rng.choice(["c[0] = measure q[0];", "measure r -> c[1];", "c = measure q;", "reset r;"]))
            call = f"if (c[{rng.randrange(2)}] == {rng.randrange(2)}) {{ {call} }}"
        lines.append(call)
    return HEADER + "\n".join([*lines, "c = measure q;"])


@pytest.mark.parametrize("number", range(60))
def test_random_texts(number):
    one, other = both(random_text(number))
    assert_same(one, other)


@pytest.mark.skipif(not MQT.is_dir(), reason="the third-party circuits are not here")
@pytest.mark.parametrize("name", sorted(path.name for path in MQT.glob("*.qasm3")) if MQT.is_dir() else [])
def test_third_party_files(name):
    one, other = both((MQT / name).read_text(encoding="utf-8"))
    assert one is not None
    assert other is not None
    if one.num_qubits <= 6:
        assert_same(one, other)
    else:
        assert one.count_ops() == other.count_ops()
