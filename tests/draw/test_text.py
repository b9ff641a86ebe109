"""Text drawings: exact pictures of small circuits; random circuits are read back from their drawings."""

import math
import re
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qsim import gates
from qsim.circuit import Barrier, Circuit, Instruction, Measurement, Operation, Parameter
from qsim.draw import TextDrawing, draw, layout
from qsim.errors import CircuitError
from qsim.gates import TABLE, Gate, unitary

PI = math.pi
WIDE = 1_000_000  # nothing is wrapped
MARKS = "«»…"

# ── Exact pictures ────────────────────────────────────────────────────────────────────────────────────────────────────


def registers() -> Circuit:
    circuit = Circuit(name="teleport")
    circuit.add_qubits("message", 1)
    circuit.add_qubits("pair", 2)
    circuit.add_bits("flag", 2)
    circuit.add_bits("o", 1)
    return circuit.h(1).cx(1, 2).cx(0, 1).h(0).measure([0, 1], [0, 1]).measure(2, 2)


PICTURES = {
    "bell": Circuit(2).h(0).cx(0, 1),
    "measured ghz": Circuit(3, 3).h(0).cx(0, 1).cx(1, 2).measure(range(3), [2, 1, 0]),
    "toffoli": Circuit(3).ccx(0, 2, 1).ccx(1, 2, 0).ccx(0, 1, 2),
    "controls on 0": Circuit(4).x(3, controls=[0, 2], control_state="01").z(1, controls=[0, 3], control_state="00"),
    "swaps": Circuit(3).cswap(0, 1, 2).cswap(1, 0, 2).swap(0, 2),
    "boxes": Circuit(4).iswap(0, 3).rzz(0.3, 2, 1).rzx(PI / 2, 3, 1).ecr(0, 1).dcx(3, 2),
    "custom": Circuit(3).append(unitary(np.eye(8), "oracle"), 2, 0, 1).append(unitary(np.eye(2), ""), 1),
    "controlled boxes": Circuit(4)
    .append(gates.iswap.controlled(), 0, 1, 2)
    .append(gates.iswap.controlled(2, "01"), 1, 3, 0, 2),
    "angles": Circuit(2).rx(Parameter("θ") / 2, 0).u(PI / 2, 0, -3 * PI / 4, 1).cp(0.123456, 1, 0),
    "barriers": Circuit(3).h(range(3)).barrier().cx(0, 1).barrier(0, 2).sdg(1).x(0),
    "no links": Circuit(2).h(range(2)).barrier().x(1).measure_all(),
    "phases": Circuit(2).gphase(PI / 2).gphase(0.5).append(gates.gphase(0.5).controlled(2, "10"), 0, 1),
    "registers": registers(),
    "same bit": Circuit(2, 1).measure(0, 0).measure(1, 0).x(1),
    "hostile name": Circuit(2).append(unitary(np.eye(4), "a─\n\x1b\u202eb"), 1, 0),
    "no instructions": Circuit(2, 1),
    "nothing": Circuit(),
    "no qubits": Circuit().gphase(0.5).barrier(),
}

EXPECTED = {}


@pytest.mark.parametrize("name", PICTURES)
def test_picture(name):
    assert f"\n{draw(PICTURES[name])}\n" == EXPECTED[name]
