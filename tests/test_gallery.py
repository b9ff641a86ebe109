"""The gallery: each circuit does what its file says, over its parameters, and each file runs by itself."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
from functools import cache, reduce
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from scipy.linalg import hadamard

from qsim import Circuit, State, kron, run

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


def branches(circuit, prepared, bound=True):
    """All ways through a circuit that begins with its first qubits in a state and the others in 0."""
    rest = State.zeros(circuit.num_qubits - prepared.num_qubits)
    return run(circuit, None, exact=bound, initial=kron(prepared, rest)).branches


def ends_as(state, expected):
    """Check that a state is the expected one, amplitudes of length 1, but for a phase."""
    overlap = np.vdot(expected, state.amplitudes)
    close(abs(overlap), 1)
    close(state.amplitudes, overlap * expected)


def has_distribution(expected, **options):
    """Check that all records have the probabilities expected, exactly; `expected` is a function of the bits."""

    def check(circuit):
        found = run(circuit, None, exact=True, **options).distribution
        widths = [register.size for register in circuit.bits.registers]
        for values in product(*(BITS[width] for width in widths)):
            close(found[" ".join(values)], expected(*values))

    return check


def teleports_by_feedback(num_qubits):
    def check(circuit):
        for seed in range(3):
            message = State.random(num_qubits, seed)
            found = branches(circuit, message)
            assert sorted(branch.bits for branch in found) == [
                f"{z} {x}" for z, x in product(BITS[num_qubits], repeat=2)
            ]
            for branch in found:
                close(branch.probability, 4.0**-num_qubits)
                alice = basis(int(branch.bits.replace(" ", ""), 2), 2 * num_qubits)
                ends_as(branch.state, np.kron(alice, message.amplitudes))

    return check


def swaps_entanglement(num_stations):
    def check(circuit):
        found = run(circuit, None, exact=True).branches
        assert len(found) == 4**num_stations
        for branch in found:
            close(branch.probability, 4.0**-num_stations)
            amplitudes = branch.state.amplitudes.reshape(2, -1, 2)
            (measured,) = np.flatnonzero(np.abs(amplitudes).max(axis=(0, 2)) > 1e-9)
            z, x = branch.bits.split()
            assert f"{measured:0{2 * num_stations}b}" == "".join(z[i] + x[i] for i in range(num_stations))
            ends_as(State(amplitudes[:, measured].reshape(-1)), np.array(BELL["phi+"]) / np.sqrt(2))

    return check


def makes_gate(gate, probability, num_ancillas, bound):
    """Check that the gate is exact in every branch, and how likely each number of attempts is."""

    def check(circuit):
        for seed in range(3):
            state = State.random(1, seed)
            found, by_attempts = branches(circuit, state, bound), {}
            for branch in found:
                assert set(branch.bits) == {"0"}
                ends_as(branch.state, np.kron(gate @ state.amplitudes, basis(0, num_ancillas)))
                attempts = sum(outcome.what == "measure" for outcome in branch.outcomes)
                by_attempts[attempts] = by_attempts.get(attempts, 0) + branch.probability
            for attempts in range(1, 6):
                close(by_attempts[attempts], probability * (1 - probability) ** (attempts - 1))

    return check


def corrects_flips(errors, theta):
    """Check that the code word is the same in every branch, and that syndromes are those of a flip or of none."""
    flip = np.sin(theta / 2) ** 2
    cycles = [{"00": 1.0} if error is None else {"00": 1 - flip, FLIPPED[error]: flip} for error in errors]
    ways = {way: np.prod([found[key] for found, key in zip(cycles, way, strict=True)]) for way in product(*cycles)}
    expected = {" ".join(way): probability for way, probability in ways.items() if probability > 1e-15}

    def check(circuit):
        state = State.random(1, 5)
        found = branches(circuit, state)
        assert {branch.bits for branch in found} == expected.keys()
        for branch in found:
            close(branch.probability, expected[branch.bits])
            ends_as(branch.state, np.kron(state.amplitudes @ [basis(0b000, 3), basis(0b111, 3)], basis(0, 2)))

    return check


def corrects_any_error(error):
    """Check the syndrome by the commutators of matrices, and the state by the projector on the code space."""

    def check(circuit):
        state = State.random(1, 5)
        (branch,) = branches(circuit, state)
        damage = pauli("".join(error[0] if error.endswith(str(qubit)) else "I" for qubit in range(5)))
        signs = (np.vdot(matrix @ damage, damage @ matrix) for matrix in map(pauli, STABILIZERS))
        assert branch.bits == "".join("0" if sign.real > 0 else "1" for sign in signs)
        ends_as(branch.state, np.kron(CODE_WORDS @ state.amplitudes, basis(0, 1)))

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


def fourier_probability(state):
    """Probabilities of what is measured after the transform."""
    shares = np.abs(dft(state.num_qubits) @ state.amplitudes) ** 2
    return lambda bits: shares[int(bits, 2)]


def phase_probability(phase, num_bits):
    """That phase estimation finds k: a geometric sum of N phases, by its closed form away from its poles."""
    size = 2**num_bits

    def probability(bits):
        turns = phase - int(bits, 2) / size
        return 1.0 if turns == 0 else (np.sin(np.pi * size * turns) / (size * np.sin(np.pi * turns))) ** 2

    return probability


def rotated(marked, iterations):
    """What Grover's iterations leave, by powers of the product of two reflections."""
    size = 2 ** len(marked)
    item, uniform = basis(int(marked, 2), len(marked)), np.full(size, size**-0.5)
    oracle, diffusion = np.eye(size) - 2 * np.outer(item, item), 2 * np.outer(uniform, uniform) - np.eye(size)
    return np.linalg.matrix_power(-diffusion @ oracle, iterations) @ uniform


def pauli(letters):
    return reduce(np.kron, [PAULIS[letter] for letter in letters])


def code_words():
    """Columns: the two states that the stabilisers leave alone, of even and of odd parity."""
    projector = reduce(np.matmul, [(np.eye(32) + pauli(stabilizer)) / 2 for stabilizer in STABILIZERS])
    even = projector @ basis(0, 5)
    return np.column_stack([even, pauli("XXXXX") @ even]) / np.linalg.norm(even)


PAULIS = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}
FLIPPED = ("10", "11", "01")  # syndromes of the bit-flip code
STABILIZERS = ("XZZXI", "IXZZX", "XIXZZ", "ZXIXZ")
CODE_WORDS = code_words()
SQRT2 = (PAULIS["I"] + 1j * np.sqrt(2) * PAULIS["X"]) / np.sqrt(3)
V3 = (PAULIS["I"] + 2j * PAULIS["Z"]) / np.sqrt(5)


def is_fair(table):
    """Whether the promise of Deutsch and Jozsa holds."""
    return 2 * table.count("1") in (0, len(table), 2 * len(table))


BITS = {width: ["".join(bits) for bits in product("01", repeat=width)] for width in (1, 2, 3, 4)}
BELL = {"phi+": [1, 0, 0, 1], "phi-": [1, 0, 0, -1], "psi+": [0, 1, 1, 0], "psi-": [0, 1, -1, 0]}
CNOT = {"00": 0b00, "01": 0b01, "10": 0b11, "11": 0b10}
ERRORS = ["", *("".join(error) for error in product("XYZ", "01234"))]
TABLES = [table for width in (2, 4) for table in BITS[width] if is_fair(table)]

CASES = [  # file, arguments of build, what its circuit must do
    ("bell", {}, ends_in(np.array(BELL["phi+"]) / np.sqrt(2))),
    *(("bell", {"kind": kind}, ends_in(np.array(amplitudes) / np.sqrt(2))) for kind, amplitudes in BELL.items()),
    ("cnot", {}, ends_in(basis(0b11, 2))),
    *(("cnot", {"control": label[0], "target": label[1]}, ends_in(basis(image, 2))) for label, image in CNOT.items()),
    ("ghz", {}, ends_in((basis(0, 3) + basis(-1, 3)) / np.sqrt(2))),
    *(("ghz", {"num_qubits": n}, ends_in((basis(0, n) + basis(-1, n)) / np.sqrt(2))) for n in range(2, 7)),
    ("teleportation", {}, teleports_by_feedback(1)),
    *(("teleportation", {"num_qubits": n}, teleports_by_feedback(n)) for n in (1, 2, 3)),
    *(("teleportation", {"num_qubits": n, "feedback": False}, teleports(n)) for n in (1, 2, 3)),
    ("entanglement_swapping", {}, swaps_entanglement(1)),
    *(("entanglement_swapping", {"num_stations": n}, swaps_entanglement(n)) for n in (1, 2, 3)),
    ("iterative_phase_estimation", {}, has_distribution(phase_probability(0.625, 3))),
    *(
        ("iterative_phase_estimation", {"phase": phase, "num_bits": n}, has_distribution(phase_probability(phase, n)))
        for phase, n in product((0.0, 0.5, 0.9, 1 / 3, -0.2), (1, 2, 4))
    ),
    ("repeat_until_success", {}, makes_gate(SQRT2, 3 / 4, 1, True)),
    ("repeat_until_success", {"gate": "sqrt2"}, makes_gate(SQRT2, 3 / 4, 1, True)),
    ("repeat_until_success", {"gate": "v3"}, makes_gate(V3, 5 / 8, 2, 1e-5)),
    ("bit_flip_code", {}, corrects_flips((0, 1, 2), np.pi)),
    *(
        ("bit_flip_code", {"errors": errors, "theta": theta}, corrects_flips(errors, theta))
        for errors in [(0,), (1,), (None,), (2, None, 0, 1, 2)]
        for theta in (np.pi, 0.7)
    ),
    ("five_qubit_code", {}, corrects_any_error("Y2")),
    *(("five_qubit_code", {"error": error}, corrects_any_error(error)) for error in ERRORS),
    ("grover", {}, ends_in(rotated("101", 2))),
    *(
        ("grover", {"marked": marked, "iterations": k}, ends_in(rotated(marked, k)))
        for marked, k in product(("0", "1", "10", "011", "0100", "11111"), range(4))
    ),
    *(("grover", {"marked": marked}, always_gives(marked)) for marked in BITS[2]),
    *(("grover", {"marked": "0" * n}, ends_in(rotated("0" * n, k))) for n, k in ((1, 0), (4, 3), (5, 4), (6, 6))),
    ("dynamic_qft", {}, has_distribution(fourier_probability(State("000")))),
    *(
        (
            "dynamic_qft",
            {"num_qubits": n},
            has_distribution(fourier_probability(State.random(n, seed=n)), initial=State.random(n, seed=n)),
        )
        for n in (1, 2, 3, 4)
    ),
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
    ("entanglement_swapping", {"num_stations": 0}, "`num_stations` must be 1 or more, but is 0"),
    ("iterative_phase_estimation", {"num_bits": 0}, "`num_bits` must be 1 or more, but is 0"),
    ("repeat_until_success", {"gate": "t"}, "`gate` must be one of sqrt2, v3, but is 't'"),
    ("bit_flip_code", {"errors": ()}, r"`errors` must be .* but is \(\)"),
    ("bit_flip_code", {"errors": (0, 3)}, r"`errors` must be .* but is \(0, 3\)"),
    ("five_qubit_code", {"error": "X5"}, "`error` must be .* but is 'X5'"),
    ("five_qubit_code", {"error": "Q0"}, "`error` must be .* but is 'Q0'"),
    ("five_qubit_code", {"error": "X"}, "`error` must be .* but is 'X'"),
    ("dynamic_qft", {"num_qubits": 0}, "`num_qubits` must be 1 or more, but is 0"),
    ("superdense_coding", {"message": "1"}, "`message` must be .* but is '1'"),
    ("superdense_coding", {"message": "2a"}, "`message` must be .* but is '2a'"),
    ("deutsch_jozsa", {"oracle": "0111"}, "`oracle` must be constant or balanced, but '0111' has 3 ones"),
    ("deutsch_jozsa", {"oracle": "011"}, "`oracle` must be 2, 4, 8, .* but is '011'"),
    ("deutsch_jozsa", {"oracle": "0"}, "`oracle` must be 2, 4, 8, .* but is '0'"),
    ("deutsch_jozsa", {"oracle": ""}, "`oracle` must be 2, 4, 8, .* but is ''"),
    ("deutsch_jozsa", {"oracle": "0a1b"}, "`oracle` must be 2, 4, 8, .* but is '0a1b'"),
    ("bernstein_vazirani", {"secret": ""}, "`secret` must be .* but is ''"),
    ("bernstein_vazirani", {"secret": "10 1"}, "`secret` must be .* but is '10 1'"),
    ("grover", {"marked": ""}, "`marked` must be .* but is ''"),
    ("grover", {"marked": "1 0"}, "`marked` must be .* but is '1 0'"),
    ("grover", {"iterations": -1}, "`iterations` must be 0 or more, but is -1"),
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
    "grover": ["k = 0     0.12500  0.12500", "k = 2     0.94531  0.94531"],
    "qft": ["transformed:   0.7071|000⟩ + 0.7071|100⟩   (q0 q1 q2)"],
    "superdense_coding": [f"sent {bits}, received {{'{bits}': 1000}}" for bits in BITS[2]],
    "bit_flip_code": [
        f"syndromes {bits}: probability 0.2500, fidelity 1.000000000000"
        for bits in ("00 00", "00 01", "10 00", "10 01")
    ],
    "dynamic_qft": ["A Fourier transform of six qubits, measured, without one gate on two of them."],
    "entanglement_swapping": [
        f"z = {z}, x = {x}: probability 0.2500, fidelity 1.000000000000" for z, x in ("00", "01", "10", "11")
    ],
    "five_qubit_code": [
        "error none  syndrome 0000  fidelity 1.000000000000",
        "error Y3    syndrome 1111  fidelity 1.000000000000",
    ],
    "iterative_phase_estimation": [
        "phase 0.6250: 10/16 = 0.6250 with probability 1.0000",
        "phase 0.3333: 5/16 = 0.3125 with probability 0.6849",
    ],
    "repeat_until_success": ["4 attempts: probability 0.011719, fidelity 1.000000000000"],
    "teleportation": [
        f"z = {z}, x = {x}: probability 0.2500, fidelity 1.000000000000" for z, x in ("00", "01", "10", "11")
    ],
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
