"""The 21 examples of the OpenQASM 3 specification: what each does, or why it cannot be simulated."""

import math
import re
from pathlib import Path

import pytest

from qsim import QasmError, run
from qsim.io.qasm3 import load_full

EXAMPLES = Path(__file__).parents[3] / "shared" / "circuits" / "openqasm" / "examples"
pytestmark = [
    pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the specification's examples are not here"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

REFUSED = {
    "alignment": (8, 1, "stretch is not supported"),
    "cphase": (9, 15, "q is not declared"),
    "dd": (7, 1, "stretch is not supported"),
    "defcal": (1, 1, "defcalgrammar is not supported"),
    "gateteleport": (6, 1, "extern is not supported"),
    "msd": (48, 14, "Index 3 lies outside"),  # of `qubit[3] scratch`; `success` is not declared either
    "scqec": (16, 1, "extern is not supported"),
    "t1": (13, 1, "extern is not supported"),
    "vqe": (17, 1, "extern is not supported"),
}
LOADED = [
    "adder", "arrays", "inverseqft1", "inverseqft2", "ipe", "qec", "qft", "qpt", "rb", "rus", "teleport", "varteleport",
]  # fmt: skip


def load(name, *mends):
    text = (EXAMPLES / f"{name}.qasm").read_text(encoding="utf-8")
    for old, new in mends:
        assert old in text
        text = text.replace(old, new)
    return load_full(text, file=f"{name}.qasm")


def distribution(circuit, *names, **options):
    """Probabilities of the integers in registers."""
    found = {}
    for key, probability in run(circuit, None, exact=True, **options).distribution.items():
        words = dict(zip((register.name for register in circuit.bits.registers), key.split(), strict=True))
        value = tuple(int(words[name][::-1], 2) for name in names)
        found[value] = found.get(value, 0) + probability
    return {(key if len(names) > 1 else key[0]): p for key, p in found.items() if p > 1e-12}


def test_every_example_has_its_row():
    assert {path.stem for path in EXAMPLES.glob("*.qasm")} == {*REFUSED, *LOADED}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    line, column, message = REFUSED[name]
    with pytest.raises(QasmError, match=re.escape(message)) as caught:
        load(name)
    assert (caught.value.file, caught.value.line, caught.value.column) == (f"{name}.qasm", line, column)


@pytest.mark.parametrize("name", LOADED)
def test_loaded_ones_run(name):
    circuit = load(name)
    assert sum(circuit.sample(20, seed=1).values()) == 20


def test_adder_adds():
    assert distribution(load("adder"), "ans") == pytest.approx({1 + 15: 1})
    other = load("adder", ("uint[4] a_in = 1;", "uint[4] a_in = 6;"), ("uint[4] b_in = 15;", "uint[4] b_in = 7;"))
    assert distribution(other, "ans") == pytest.approx({13: 1})


@pytest.mark.parametrize(("name", "registers"), [("inverseqft1", ("c",)), ("inverseqft2", ("c0", "c1", "c2", "c3"))])
def test_inverse_fourier_transforms_agree(name, registers):
    """Of |++++⟩ both find 0; of a state with a phase, the same distribution."""
    zero = 0 if len(registers) == 1 else (0,) * 4
    assert distribution(load(name), *registers) == pytest.approx({zero: 1})
    phase = ("h q;\n", "h q; p(1.1) q[0]; p(2.2) q[1]; p(4.4) q[2]; p(8.8) q[3];\n")
    found = distribution(load(name, phase), *registers)
    one = distribution(load("inverseqft1", phase), "c")
    keys = {k: k if len(registers) == 1 else tuple(k >> i & 1 for i in range(4)) for k in range(16)}
    assert [found.get(keys[k], 0) for k in range(16)] == pytest.approx([one.get(k, 0) for k in range(16)])


def test_fourier_transform_of_a_basis_state_is_uniform():
    assert distribution(load("qft"), "c") == pytest.approx(dict.fromkeys(range(16), 1 / 16))


def test_error_correction_corrects():
    for qubit, syndrome in ((0, 1), (1, 3), (2, 2)):
        circuit = load("qec", ("x q[0]; // insert", f"x q[{qubit}]; // insert"))
        assert distribution(circuit, "c", "syn") == pytest.approx({(0, syndrome): 1})


def test_process_tomography_and_benchmarking():
    assert distribution(load("qpt"), "c") == pytest.approx({0: 0.5, 1: 0.5})
    assert distribution(load("rb"), "c") == pytest.approx({0: 1})


def test_repeat_until_success_gives_zero():
    counts = load("rus").sample(500, seed=3)
    assert {key.split()[1] for key in counts} == {"0"}


def test_teleportation():
    """U(0.3, 0.2, 0.1)|0⟩ has probability sin²(0.15) of 1."""
    expected = {0: math.cos(0.15) ** 2, 1: math.sin(0.15) ** 2}
    assert distribution(load("teleport"), "c2") == pytest.approx(expected)


def test_iterative_phase_estimation():
    """Against the same rounds worked out by hand, on the eigenstates |0⟩ and |1⟩."""
    rounds, theta = 4, 3 * math.pi / 8
    expected = {}
    for eigenphase in (0.0, theta):
        ways = {0: 0.5}
        for k in range(rounds):
            after = {}
            for c, weight in ways.items():
                phase = eigenphase * 2**k - math.tau * c / 2**rounds
                for bit, p in ((0, math.cos(phase / 2) ** 2), (1, math.sin(phase / 2) ** 2)):
                    value = (c // 2 * 2 + bit) * 2 % 2**rounds
                    after[value] = after.get(value, 0) + weight * p
            ways = after
        for c, weight in ways.items():
            expected[c] = expected.get(c, 0) + weight
    found = distribution(load("ipe", ("n = 10;", "n = 4;")), "c")
    assert found == pytest.approx({c: p for c, p in expected.items() if p > 1e-12})


def test_magic_state_distillation_with_its_mistakes_mended():
    circuit = load(
        "msd",
        ("cz scratch[3], scratch[2];", "cz scratch[0], scratch[2];"),
        ("  bit[3] checks;", "  bit[3] checks;\n  bool success;"),
    )
    assert circuit.num_qubits == 44
    counts = circuit.count_ops()
    assert counts["while"] == 10  # one for each pair of the first level
    assert counts["switch"] == 1  # where a stored pair goes depends on whether there is one before it
    assert counts["cy"] == 2 + 12 * 10


def test_teleportation_over_ten_pairs():
    """An alias declared in the loop ends with the round, so each round starts from the first qubit."""
    with pytest.warns(UserWarning, match="38:3: This io hides the io declared outside"):
        circuit = load("varteleport")
    assert (circuit.num_qubits, circuit.count_ops()["measure"]) == (21, 21)


def test_arrays_warn_of_what_is_wrong_in_them():
    with pytest.warns(UserWarning, match=r"arrays.qasm:\d") as caught:
        assert load("arrays").num_qubits == 0
    assert [re.sub(r"^arrays.qasm:(\d+):.*", r"\1", str(warning.message)) for warning in caught] == ["51", "76"]


def test_the_fragment_of_a_gate_definition_is_read_once_it_has_qubits():
    circuit = load("cphase", ("gate cphase", "qubit[2] q;\ngate cphase"))
    assert circuit.unitary().diagonal() == pytest.approx([1, 1, 1, 1j])
