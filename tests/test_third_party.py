"""How other people's circuits are compared: what is rewritten for the importers of others means the same."""

import sys
from pathlib import Path

import numpy as np
import pytest
from peers import peer

from qsim import run
from qsim.io import loads

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from readings import READERS, Reading, nested_conditions, single_conditions
from third_party import compare, examine, files, gap, page

sys.path.pop(0)  # it has a module `kernels`, as the tests have a folder

FOLDER = Path(__file__).parents[2] / "shared" / "circuits"
HEADER = 'OPENQASM 3.0; include "stdgates.inc"; qubit[3] q; bit[3] c; bit d;\n'
START = "h q[0]; ry(0.7) q[1]; ry(1.1) q[2]; c = measure q; d = measure q[1];\n"
CONDITIONS = [
    "if (c[0]) { x q[0]; }",
    "if (c[1] == false) { x q[0]; ry(0.3) q[1]; }",
    "if (d == 1) ry(0.2) q[2];",
    "if (d==0) { ry(0.2) q[2]; x q[0]; }",
    "if (c[0] ^ c[1]) { x q[0]; }",
    "if ((c[0] ^ c[1] ^ c[2]) == true) { ry(0.4) q[0]; x q[1]; }",
    "if ((c[0] ^ c[2]) == false) { ry(0.4) q[0]; }",
]
UNCHANGED = ["if (c == 1) { x q[0]; }", "if (c[0]) { d = measure q[0]; }", "if (c[0] & c[1]) { x q[0]; }"]
SMALL = [
    "QASMBench/small/teleportation_n3/teleportation_n3.qasm", "QASMBench/small/toffoli_n3/toffoli_n3.qasm",
    "QASMBench/small/qec_sm_n5/qec_sm_n5.qasm", "QASMBench/small/ipea_n2/ipea_n2.qasm",
    "mqt-bench/indep/dynamic_qft_3.qasm3", "mqt-bench/indep/ghz_dynamic_5.qasm3", "mqt-bench/indep/hhl_3.qasm",
    "openqasm/examples/teleport.qasm",
]  # fmt: skip


@pytest.mark.parametrize("rewrite", [nested_conditions, single_conditions])
@pytest.mark.parametrize("condition", CONDITIONS)
def test_rewritten_conditions_mean_the_same(condition, rewrite):
    text = f"{HEADER}{START}{condition}\nc = measure q;"
    rewritten = rewrite(text)
    assert "^" not in rewritten
    expected = run(loads(text), None, exact=True).distribution
    found = run(loads(rewritten), None, exact=True).distribution
    assert dict(found) == pytest.approx(dict(expected), abs=1e-12)


@pytest.mark.parametrize("rewrite", [nested_conditions, single_conditions])
@pytest.mark.parametrize("condition", UNCHANGED)
def test_other_conditions_stay(condition, rewrite):
    text = HEADER + START + condition
    assert rewrite(text) == text
    two = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1]; if (c == 1) x q[0];'
    assert rewrite(two) == two


def test_differences_are_told():
    state = np.array([0.6, 0.8j, 0, 0])
    ours = Reading(2, state, {"00": 0.36, "01": 0.64})
    assert gap(state, state * np.exp(0.3j)) < 1e-15
    assert compare(ours, Reading(2, -state, {"00": 360, "01": 640}))["agrees"]
    assert not compare(ours, Reading(2, state[[0, 2, 1, 3]]))["agrees"]  # the other bit order
    assert not compare(ours, Reading(2, None, {"00": 360, "10": 640}))["agrees"]
    assert not compare(ours, Reading(2, None, {"000": 360, "001": 640}))["agrees"]
    assert not compare(ours, Reading(3, None, {"00": 360, "01": 640}))["agrees"]
    assert compare(ours, "not this language")["agrees"] is None
    assert compare(ours, Reading(2))["agrees"] is None


class Direct:
    """As a worker, in this process."""

    def __init__(self, reader):
        self.reader = reader

    def read(self, path, lines):
        try:
            return READERS[self.reader](path, lines)
        except Exception as error:
            return str(error)


@pytest.fixture
def workers(monkeypatch):
    for name in ("qiskit.qasm2", "qiskit_qasm3_import", "qiskit_aer", "cirq", "ply"):
        pytest.importorskip(name)
    peer("qiskit")
    monkeypatch.setattr("readings.SLOW_SHOTS", 40)
    return {name: Direct(name) for name in READERS}


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")  # of the peers
def test_a_refused_file_is_compared_up_to_its_refused_line(workers, tmp_path):
    path = tmp_path / "own" / "bad.qasm"
    path.parent.mkdir()
    path.write_text(
        'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg a[2];\ncreg c[2];\nry(0.3) a[0];\ncx a[0], a[1];\nh q[0];'
    )
    row = examine(path, workers)
    assert (row["lines"], row["also_refused"]) == (6, ["Qiskit", "Cirq"])
    assert row["Qiskit"]["agrees"]
    assert row["Cirq"]["agrees"]
    text = page({"own/bad.qasm": row})
    assert "1 files: 0 load" in text
    assert "| `bad.qasm` | 2 | 2 | refused |" in text
    assert str(tmp_path) not in text


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the folder shared/circuits is not there")
@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")  # of the peers
@pytest.mark.parametrize("name", SMALL)
def test_small_files_agree_with_two_peers(workers, name):
    assert FOLDER / name in files(FOLDER)
    row = examine(FOLDER / name, workers)
    assert row["refused"] is None
    assert row["Qiskit"]["agrees"], row["Qiskit"]
    assert row["Cirq"]["agrees"], row["Cirq"]
