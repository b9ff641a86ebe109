"""The circuits of the benchmarks: every simulator is given the same one, and no gate of it is idle."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from adapters import ENGINES, make
from report import OURS, installed

from circuits import CIRCUITS, build
from qsim.kernels import try_load

sys.path.pop(0)  # it has a module `kernels`, as the tests have a folder

ROOT = Path(__file__).parent.parent
SIZES = [4, 5, 6]
ATOL = {"single": 2e-6, "double": 1e-12}
EXACT = [name for name in ENGINES if not name.startswith("aer") or name == "aer-unfused"]  # Aer's fusion has had bugs


@cache
def reference(circuit, n):
    return make(OURS, "double", 1).build(build(circuit, n), n).state(method="reference").amplitudes


@pytest.mark.peers
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("circuit", CIRCUITS)
@pytest.mark.parametrize("engine", EXACT)
def test_every_engine_gives_the_state_of_the_reference(engine, circuit, n):
    if engine not in installed():
        pytest.skip(f"{ENGINES[engine].family} is not installed")
    gates = build(circuit, n)
    for precision in ENGINES[engine].precisions:
        adapter = make(engine, precision, threads=1)
        state = adapter.simulate(adapter.build(gates, n))
        np.testing.assert_allclose(state, reference(circuit, n), rtol=0, atol=ATOL[precision])


@pytest.mark.parametrize("n", [4, 5])
@pytest.mark.parametrize("circuit", CIRCUITS)
def test_no_gate_is_idle(circuit, n):
    gates = build(circuit, n)
    adapter = make(OURS, "double", 1)
    whole = adapter.simulate(adapter.build(gates, n))
    for left_out, gate in enumerate(gates):
        if circuit == "grover" and gate.name == "x" and left_out < 2 * n:
            continue  # on |+⟩, in the first oracle
        rest = gates[:left_out] + gates[left_out + 1 :]
        fidelity = abs(np.vdot(whole, adapter.simulate(adapter.build(rest, n)))) ** 2
        assert fidelity < 1 - 1e-6, f"without gate {left_out}, {gate}, the state is the same"


@pytest.mark.skipif(try_load("single") is None, reason="no compiled kernels")
def test_the_benchmark_of_the_kernels_runs():
    command = [sys.executable, "benchmarks/kernels.py", "--qubits", "16", "--precision", "single", "--repeats", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "three turns and flips" in done.stdout
