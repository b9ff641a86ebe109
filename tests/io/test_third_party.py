"""Circuits that nobody here wrote: all valid ones load, and measure what Qiskit's own reading of them measures.

They lie beside the repository, in shared/circuits; without that folder the tests are skipped.
"""

from pathlib import Path

import numpy as np
import pytest
from peers import peer

from qsim import Circuit, QasmError
from qsim.circuit import Measurement, Operation
from qsim.io import dumps, load, loads

FOLDER = Path(__file__).parents[3] / "shared" / "circuits"
FILES = sorted(p for p in (FOLDER / "QASMBench").rglob("*.qasm")) + sorted((FOLDER / "mqt-bench").rglob("*.qasm*"))
INVALID = {  # upstream: their last line measures a register that is not declared
    f"{name}{suffix}": line
    for name, plain, transpiled in [
        ("hhl_n10", 186801, 199246), ("vqe_uccsd_n4", 225, 242), ("vqe_uccsd_n6", 2286, 2128),
        ("vqe_uccsd_n8", 10813, 9680),
    ]
    for suffix, line in [("", plain), ("_transpiled", transpiled)]
}  # fmt: skip
LARGE = 2_000_000  # bytes, from which a file is loaded by one test alone
COMPARED = 6_000  # bytes, up to which a file is run: the table in the documentation has them all

pytestmark = pytest.mark.skipif(not FILES, reason="the folder shared/circuits is not there")


def name(path):
    return path.stem


@pytest.mark.parametrize("path", [path for path in FILES if path.stat().st_size < LARGE], ids=name)
def test_loads(path):
    if path.stem in INVALID:
        with pytest.raises(QasmError, match="Nothing is named `q`") as error:
            load(path)
        assert (error.value.file, error.value.line, error.value.column) == (path.name, INVALID[path.stem], 9)
        return
    circuit = load(path)
    assert len(circuit) > 0
    assert circuit.num_qubits > 0


def test_the_largest_loads():
    circuit = load(max(FILES, key=lambda path: path.stat().st_size if path.stem not in INVALID else 0))
    assert len(circuit) > 100_000


def final(circuit):
    """The circuit without measurements, if they are at its end; else None."""
    try:
        plain = circuit.without_final_measurements()
    except QasmError:
        return None
    return plain if all(isinstance(i, Operation) or i.name == "barrier" for i in plain) else None


def comparable(path):
    return path.stat().st_size < COMPARED and path.stem not in INVALID and path.suffix == ".qasm"


@pytest.mark.peers
@pytest.mark.parametrize("path", [path for path in FILES if comparable(path)], ids=name)
def test_states_against_qiskit(path):
    qasm2, info = peer("qiskit.qasm2"), peer("qiskit.quantum_info")
    circuit = final(load(path))
    if circuit is None or circuit.num_qubits > 10:
        return
    theirs = qasm2.load(
        path, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS, include_path=qasm2.LEGACY_INCLUDE_PATH
    )
    bits = sorted({i.bit for i in load(path) if isinstance(i, Measurement)})
    assert theirs.num_qubits == circuit.num_qubits
    assert theirs.num_clbits >= len(bits)
    theirs.remove_final_measurements()
    expected = info.Statevector(theirs.reverse_bits()).data
    found = np.asarray(circuit.state())
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("path", [path for path in FILES if path.stat().st_size < COMPARED], ids=name)
def test_written_and_read_again(path):
    if path.stem in INVALID:
        return
    circuit = load(path)
    again = loads(dumps(circuit))
    plain, plain_again = final(circuit), final(again)
    if plain is None:
        assert again.sample(50, seed=1) == circuit.sample(50, seed=1)
    else:
        np.testing.assert_allclose(np.asarray(plain_again.state()), np.asarray(plain.state()), atol=1e-9)
        measured = [i for i in circuit if isinstance(i, Measurement)]
        assert [i for i in again if isinstance(i, Measurement)] == measured


@pytest.mark.skipif(not (FOLDER / "openqasm").is_dir(), reason="the folder is not there")
def test_examples_of_the_specification():
    folder = FOLDER / "openqasm" / "examples"
    assert load(folder / "teleport.qasm").num_bits == 3
    assert isinstance(load(folder / "qft.qasm"), Circuit)
