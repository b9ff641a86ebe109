"""The gallery: each circuit does what its file says, over its parameters, and each file runs by itself."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from scipy.linalg import hadamard

from qsim import Circuit, State, kron

ROOT = Path(__file__).parent.parent
FILES = sorted(path.stem for path in (ROOT / "circuits").glob("*.py"))


@cache
def gallery(name):
    spec = importlib.util.spec_from_file_location(f"gallery_{name}", ROOT / "circuits" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# ── What a circuit must do ────────────────────────────────────────────────────────────────────────────────────────────


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def ends_in(amplitudes):
    return lambda circuit: close(circuit.without_final_measurements().state().amplitudes, amplitudes)


def always_gives(outcome):
    def check(circuit):
        assert circuit.sample(100, seed=1) == {outcome: 100}

    return check


def has_matrix(matrix):
    return lambda circuit: close(circuit.unitary(), matrix)


def teleports(num_qubits):
    def check(circuit):
        for seed in range(5):
            message = State.random(num_qubits, seed)
            final = kron(message, State.zeros(2 * num_qubits)).evolve(circuit).amplitudes
            by_bob = final.reshape(-1, 2**num_qubits)  # columns: Bob's qubits, the last ones
            close(by_bob.T @ by_bob.conj(), np.outer(message.amplitudes, message.amplitudes.conj()))
            close(final, np.kron(np.full(4**num_qubits, 2.0**-num_qubits), message.amplitudes))

    return check


# ── What is expected, without qsim ────────────────────────────────────────────────────────────────────────────────────


def basis(index, num_qubits):
    return np.eye(2**num_qubits)[index]


def walsh(table):
    """What one call of f leaves: the Walsh-Hadamard transform of (-1)^f(x) on x, and |-⟩ on y."""
    signs = np.array([(-1) ** int(bit) for bit in table])
    return np.kron(hadamard(len(table)) @ signs / len(table), np.array([1, -1]) / np.sqrt(2))


def dft(num_qubits, inverse=False, swaps=True):
    size = 2**num_qubits
    k, j = np.ogrid[:size, :size]
    matrix = np.exp(2j * np.pi * k * j / size) / np.sqrt(size)
    if not swaps:
        matrix = matrix[[int(f"{row:0{num_qubits}b}"[::-1], 2) for row in range(size)]]
    return matrix.conj().T if inverse else matrix


def is_fair(table):
    """Whether the promise of Deutsch and Jozsa holds."""
    return 2 * table.count("1") in (0, len(table), 2 * len(table))


BITS = {width: ["".join(bits) for bits in product("01", repeat=width)] for width in (1, 2, 3, 4)}
BELL = {"phi+": [1, 0, 0, 1], "phi-": [1, 0, 0, -1], "psi+": [0, 1, 1, 0], "psi-": [0, 1, -1, 0]}
CNOT = {"00": 0b00, "01": 0b01, "10": 0b11, "11": 0b10}
TABLES = [table for width in (2, 4) for table in BITS[width] if is_fair(table)]

CASES = [  # file, arguments of build, what its circuit must do
    ("bell", {}, ends_in(np.array(BELL["phi+"]) / np.sqrt(2))),
    *(("bell", {"kind": kind}, ends_in(np.array(amplitudes) / np.sqrt(2))) for kind, amplitudes in BELL.items()),
    ("cnot", {}, ends_in(basis(0b11, 2))),
    *(("cnot", {"control": label[0], "target": label[1]}, ends_in(basis(image, 2))) for label, image in CNOT.items()),
    ("ghz", {}, ends_in((basis(0, 3) + basis(-1, 3)) / np.sqrt(2))),
    *(("ghz", {"num_qubits": n}, ends_in((basis(0, n) + basis(-1, n)) / np.sqrt(2))) for n in range(2, 7)),
    ("teleportation", {}, teleports(1)),
    *(("teleportation", {"num_qubits": n}, teleports(n)) for n in (1, 2, 3)),
    ("superdense_coding", {}, always_gives("10")),
    *(("superdense_coding", {"message": bits}, ends_in(basis(int(bits, 2), 2))) for bits in BITS[2]),
    ("deutsch_jozsa", {}, ends_in(walsh("01101001"))),
    ("deutsch_jozsa", {"oracle": "constant"}, always_gives("000")),
    ("deutsch_jozsa", {"oracle": "balanced"}, always_gives("111")),
    *(
        ("deutsch_jozsa", {"oracle": table}, ends_in(walsh(table)))
        for table in [*TABLES, "01100101", "0110011010011001"]
    ),
    ("bernstein_vazirani", {}, always_gives("1011")),
    *(("bernstein_vazirani", {"secret": bits}, always_gives(bits)) for width in (1, 3) for bits in BITS[width]),
    ("qft", {}, has_matrix(dft(3))),
    *(
        ("qft", options, has_matrix(dft(**options)))
        for n, inverse, swaps in product(range(1, 6), (False, True), (False, True))
        for options in [{"num_qubits": n, "inverse": inverse, "swaps": swaps}]
    ),
]
REFUSED = [  # file, arguments of build, what the message names
    ("bell", {"kind": "chi"}, r"`kind` must be one of phi\+, phi-, psi\+, psi-, but is 'chi'"),
    ("cnot", {"control": "2"}, "`control` must be .* but is '2'"),
    ("cnot", {"target": 1}, "`target` must be .* but is 1"),
    ("ghz", {"num_qubits": 1}, "`num_qubits` must be 2 or more, but is 1"),
    ("teleportation", {"num_qubits": 0}, "`num_qubits` must be 1 or more, but is 0"),
    ("superdense_coding", {"message": "1"}, "`message` must be .* but is '1'"),
    ("superdense_coding", {"message": "2a"}, "`message` must be .* but is '2a'"),
    ("deutsch_jozsa", {"oracle": "0111"}, "`oracle` must be constant or balanced, but '0111' has 3 ones"),
    ("deutsch_jozsa", {"oracle": "011"}, "`oracle` must be 2, 4, 8, .* but is '011'"),
    ("deutsch_jozsa", {"oracle": "0"}, "`oracle` must be 2, 4, 8, .* but is '0'"),
    ("deutsch_jozsa", {"oracle": ""}, "`oracle` must be 2, 4, 8, .* but is ''"),
    ("deutsch_jozsa", {"oracle": "0a1b"}, "`oracle` must be 2, 4, 8, .* but is '0a1b'"),
    ("bernstein_vazirani", {"secret": ""}, "`secret` must be .* but is ''"),
    ("bernstein_vazirani", {"secret": "10 1"}, "`secret` must be .* but is '10 1'"),
    ("qft", {"num_qubits": 0}, "`num_qubits` must be 1 or more, but is 0"),
]
PRINTED = {  # file → lines that it prints
    "bell": [
        "q0: ─H─●─",
        "q1: ───⊕─",
        "state of the circuit   = 0.7071|00⟩ + 0.7071|11⟩   (q0 q1)",
        "(P0⊗I + P1⊗X)(H⊗I)|00⟩ = 0.7071|00⟩ + 0.7071|11⟩   (q0 q1)",
        "Saved the histogram, with the exact probabilities, as bell.png.",
    ],
    "bernstein_vazirani": ["The secret is 1011: one call of f gave all 4 bits."],
    "cnot": [
        "CNOT = P0⊗I + P1⊗X   (q0 q1, unplaced)",
        " [0 0 1 0]]",
        "CNOT |01⟩ = |01⟩   (q0 q1)",
        "CNOT |10⟩ = |11⟩   (q0 q1)",
        "CNOT |+0⟩ = 0.7071|00⟩ + 0.7071|11⟩   (q0 q1)",
    ],
    "deutsch_jozsa": ["f = 1111     is constant", "f = 0110     is balanced", "f = 01101001 is balanced"],
    "ghz": ["state: 0.7071|000⟩ + 0.7071|111⟩   (q0 q1 q2)", "⟨XXX⟩ = +1.000", "⟨XYY⟩ = -1.000"],
    "qft": ["transformed:   0.7071|000⟩ + 0.7071|100⟩   (q0 q1 q2)"],
    "superdense_coding": [f"sent {bits}, received {{'{bits}': 1000}}" for bits in BITS[2]],
    "teleportation": ["          fidelity     1.000000000000"],
}


@pytest.mark.parametrize("table", [{case[0] for case in CASES}, {case[0] for case in REFUSED}, PRINTED.keys()])
def test_every_file_has_its_rows(table):
    assert sorted(table) == FILES


@pytest.mark.parametrize(("name", "arguments", "check"), CASES, ids=[f"{name}-{given}" for name, given, _ in CASES])
def test_the_circuit_does_what_its_file_says(name, arguments, check):
    circuit = gallery(name).build(**arguments)
    assert isinstance(circuit, Circuit)
    check(circuit)


@pytest.mark.parametrize(("name", "arguments", "message"), REFUSED)
def test_bad_arguments_are_refused(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        gallery(name).build(**arguments)


@pytest.mark.parametrize("table", TABLES)
def test_one_shot_decides(table):
    assert gallery("deutsch_jozsa").decide(table) == ("constant" if len(set(table)) == 1 else "balanced")


def test_cnot_from_projectors_is_the_gate():
    assert np.array_equal(gallery("cnot").CNOT.matrix(), Circuit(2).cx(0, 1).unitary())


@pytest.mark.parametrize("name", FILES)
def test_the_header_says_what_it_is(name):
    tree = ast.parse((ROOT / "circuits" / f"{name}.py").read_text(encoding="utf-8"))
    for heading in ("Purpose: ", "Source: ", "Expected: "):
        assert heading in ast.get_docstring(tree)
    (build,) = (node for node in tree.body if getattr(node, "name", "") == "build")
    assert re.search(r">>> .*build\(", ast.get_docstring(build))
    assert all(argument.annotation for argument in build.args.args)


# ── As a user runs them ───────────────────────────────────────────────────────────────────────────────────────────────


def execute(name, folder, *options):
    """What `python circuits/name.py` prints, run in a folder."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, ROOT / "circuits" / f"{name}.py", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1", "MPLBACKEND": "Agg"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", FILES)
def test_the_file_runs_by_itself(name, tmp_path):
    lines = execute(name, tmp_path).splitlines()
    assert [line for line in PRINTED[name] if line not in lines] == []
    assert [line for line in lines if line != line.rstrip()] == []
    assert [path.name for path in tmp_path.iterdir()] == (["bell.png"] if name == "bell" else [])


def test_bell_takes_options_and_saves_a_picture(tmp_path):
    options = ("--shots", "50", "--seed", "3", "--out", "other.png")
    text = execute("bell", tmp_path, *options)
    assert "q0 q1   50 shots" in text
    assert "as other.png." in text
    assert execute("bell", tmp_path, *options) == text
    assert (tmp_path / "other.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    colors = np.unique(imread(tmp_path / "other.png").reshape(-1, 4), axis=0)
    assert len(colors) > 10  # something is drawn
