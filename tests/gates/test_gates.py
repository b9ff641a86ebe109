"""Laws over the whole gate table, with controls, powers and inverses; custom gates."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsim import CircuitError, OperatorError, ParameterError, UnknownGateError, gates
from qsim.algebra import H, I, X, Y, Z, kron
from qsim.gates import TABLE, Gate
from qsim.gates.table import ALIASES, lookup
from qsim.testing import assert_gate_is_consistent

ANGLES = (0.3, -1.1, 2.7, 0.9)


def at(name, angles=ANGLES):
    return Gate.named(name, *angles[: len(TABLE[name].params)])


@pytest.mark.parametrize("name", TABLE)
def test_every_row_agrees_with_itself(name):
    assert_gate_is_consistent(at(name))


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize(
    "angles", [(0.0,) * 4, (math.pi,) * 4, (-math.pi, math.pi, -math.pi, 1), (7.5, -9.0, 13.0, 30)]
)
def test_every_row_agrees_with_itself_at_special_angles(name, angles):
    if TABLE[name].params:
        assert_gate_is_consistent(at(name, angles))


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("state", ["1", "0", "10", "01", "00"])
def test_controlled_rows_agree_with_themselves(name, state):
    if TABLE[name].num_qubits <= 3:
        assert_gate_is_consistent(at(name).controlled(len(state), state))


@pytest.mark.parametrize("name", TABLE)
def test_controls_come_first_and_their_state_reads_from_the_left(name):
    gate = at(name)
    size = 2**gate.num_qubits
    expected = np.eye(4 * size, dtype=complex)
    expected[2 * size : 3 * size, 2 * size : 3 * size] = gate.matrix()  # controls spell 10
    np.testing.assert_allclose(gate.controlled(2, "10").matrix(), expected, atol=1e-14)
    np.testing.assert_allclose(gate.controlled(1, "0").controlled(1, "1").matrix(), expected, atol=1e-14)


def test_controls_of_a_row_give_the_row():
    assert gates.x.controlled() == gates.cx
    assert gates.x.controlled(2) == gates.ccx == gates.cx.controlled()
    assert gates.x.controlled(3) == gates.c3x
    assert gates.swap.controlled() == gates.cswap
    assert gates.gphase(0.3).controlled() == gates.p(0.3)
    assert gates.cu(1, 2, 3, 4).base.controlled() == gates.cu(1, 2, 3, 4)
    assert gates.u(1, 2, 3).controlled().name == "c1u"  # not cu, which has a fourth angle
    assert gates.h.controlled(3, "101").name == "c3h_101"


@pytest.mark.parametrize("name", TABLE)
def test_power_has_eigenphases_in_the_principal_branch(name):
    gate = at(name, (5.9, 5.9, -5.9, 5.9))
    values = np.linalg.eigvals(gate.matrix())
    expected = np.sort(np.angle(values)) / 3
    found = np.sort(np.angle(np.linalg.eigvals(gate.power(1 / 3).matrix())))
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_an_eigenvalue_of_minus_one_has_phase_pi_whatever_its_rounding():
    for last in (-1, np.exp(1j * np.pi), np.exp(-1j * np.pi)):
        for gate in (gates.unitary(np.diag([1, last])), gates.diagonal([0, np.angle(last)])):
            np.testing.assert_allclose(gate.power(0.5).matrix(), np.diag([1, 1j]), atol=1e-12)
    turned = gates.unitary(np.array([[0, 1j], [-1j, 0]]))  # eigenvalues ±1 that are not exact
    np.testing.assert_allclose(np.linalg.eigvals(turned.power(0.5).matrix()).sum(), 1 + 1j, atol=1e-12)


def test_powers_and_inverses_keep_their_names():
    assert gates.u(0.1, 0.2, 0.3).power(0.5).name == "u(0.1, 0.2, 0.3)^0.5"
    assert gates.rx(0.4).power(0.5) == gates.rx(0.2)
    assert gates.z.power(0.5) == gates.p(math.pi / 2)
    assert gates.cz.power(0.5) == gates.cp(math.pi / 2)
    assert gates.x.power(0.5).operator == gates.sx.operator
    assert gates.iswap.inverse().name == "iswap†"
    assert gates.iswap.inverse().inverse().name == "iswap"
    assert gates.cs.inverse() == gates.csdg
    assert gates.u(1, 2, 3).inverse() == gates.u(-1, -3, -2)


def test_kronecker_formulas_are_the_textbook_ones():
    from qsim.algebra import P0, P1

    assert gates.cx.operator == kron(P0, I) + kron(P1, X)
    assert gates.cz.operator == (kron(I, I) + kron(Z, I) + kron(I, Z) - kron(Z, Z)) / 2
    assert gates.swap.operator == (kron(I, I) + kron(X, X) + kron(Y, Y) + kron(Z, Z)) / 2
    assert gates.h.operator == (X + Z) / math.sqrt(2) == H
    assert gates.rzz(0.4).operator == math.cos(0.2) * kron(I, I) - 1j * math.sin(0.2) * kron(Z, Z)
    assert repr(gates.cx.operator) == "P0⊗I + P1⊗X   (q0 q1, unplaced)"


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_aliases_lead_to_their_row(alias, name):
    assert lookup(alias).name == name
    assert alias not in TABLE


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(UnknownGateError, match="did you mean"):
        Gate.named("cxx")
    with pytest.raises(CircuitError, match="takes theta, but 0 angles"):
        Gate.named("rx")


def test_declared_structure_is_not_a_matter_of_angles():
    assert gates.rx(math.pi).structure == "dense"
    assert {name for name, row in TABLE.items() if row.structure == "rotation"} == {"ry", "cry"}
    diagonal = {name for name in TABLE if at(name).operator.is_diagonal}
    assert {name for name, row in TABLE.items() if row.structure == "diagonal"} == diagonal


@given(st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_random_custom_unitaries(num_qubits, seed):
    rng = np.random.default_rng(seed)
    size = 2**num_qubits
    matrix, _ = np.linalg.qr(rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size)))
    gate = gates.unitary(matrix)
    np.testing.assert_allclose(gate.matrix(), matrix, atol=1e-15)
    assert_gate_is_consistent(gate)
    assert_gate_is_consistent(gate.controlled(1, "0"))
    assert gate == gates.unitary(matrix) != gates.unitary(matrix.conj().T)


@pytest.mark.parametrize("num_qubits", [0, 1, 2, 3])
def test_diagonal_and_permutation_gates(num_qubits):
    rng = np.random.default_rng(num_qubits)
    phases = rng.uniform(-3, 3, 2**num_qubits)
    gate = gates.diagonal(phases)
    np.testing.assert_allclose(gate.matrix(), np.diag(np.exp(1j * phases)), atol=1e-15)
    assert_gate_is_consistent(gate)
    images = rng.permutation(2**num_qubits)
    shuffle = gates.permutation(images)
    np.testing.assert_array_equal(np.argmax(shuffle.matrix().real, axis=0), images)
    assert_gate_is_consistent(shuffle)
    assert_gate_is_consistent(shuffle.controlled(2, "01"))


@pytest.mark.parametrize("paulis", ["X", "ZZ", "ZX", "XY", "XXZ", "IZI", "YIXZ"])
def test_pauli_rotation_is_the_exponential(paulis):
    from scipy.linalg import expm

    from qsim.algebra import Operator

    generator = Operator.from_paulis({paulis: 1.0}).matrix()
    gate = gates.pauli_rotation(paulis, 0.7)
    np.testing.assert_allclose(gate.matrix(), expm(-0.35j * generator), atol=1e-14)
    assert_gate_is_consistent(gate)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: gates.unitary([[1, 1], [0, 1]]), CircuitError, "must be unitary"),
        (lambda: gates.unitary([[1, 2, 3]]), OperatorError, "2\\^k × 2\\^k"),
        (lambda: gates.unitary([[float("nan"), 0], [0, 1]]), OperatorError, "finite"),
        (lambda: gates.unitary(X(0)), CircuitError, "unplaced"),
        (lambda: gates.unitary(X + Z), CircuitError, "unitary"),
        (lambda: gates.diagonal([0, 1, 2]), CircuitError, "2\\^k entries"),
        (lambda: gates.diagonal([1j, 1]), CircuitError, "angles in radians"),
        (lambda: gates.diagonal([0, math.inf]), CircuitError, "finite"),
        (lambda: gates.permutation([0, 0]), CircuitError, "permutation of 0 … 1"),
        (lambda: gates.permutation([0.0, 1.0]), CircuitError, "permutation"),
        (lambda: gates.rx(math.nan), ParameterError, "finite"),
        (lambda: gates.rx("a"), TypeError, "real number"),
        (lambda: gates.rx(True), TypeError, "real number"),
        (lambda: gates.rx(1j), TypeError, "real number"),
        (lambda: gates.x.controlled(2, "1"), CircuitError, "2 characters"),
        (lambda: gates.x.controlled(1, "2"), CircuitError, "0 or 1"),
        (lambda: gates.x.controlled(-1), CircuitError, "number of controls"),
        (lambda: gates.x.power(math.inf), CircuitError, "finite real"),
        (lambda: gates.pauli_rotation("XQ", 1), OperatorError, "'Q'"),
    ],
)
def test_bad_input_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_unchecked_unitary_is_taken_as_it_is():
    assert gates.unitary([[1, 1], [0, 1]], check=False).matrix()[0, 1] == 1


@pytest.mark.parametrize("wrong", [np.diag([1, 1 + 1e-6]), [[1, 1e-6], [0, 1]], np.diag([1, 1 - 1e-6, 1, 1])])
def test_a_matrix_must_be_unitary_up_to_the_digits_of_a_file(wrong):
    with pytest.raises(CircuitError, match="must be unitary"):
        gates.unitary(wrong)
    unchecked = gates.unitary(wrong, check=False)
    np.testing.assert_allclose(unchecked.matrix(), wrong, atol=0)


def test_a_matrix_that_is_unitary_up_to_rounding_is_taken_as_it_is():
    for near in (np.diag([1, 1 + 1e-10]), np.array([[1, 1e-10], [0, 1]])):
        np.testing.assert_array_equal(gates.unitary(near).matrix(), near)


@pytest.mark.parametrize(
    ("gate", "root"),
    [
        (gates.p(math.pi), np.diag([1, 1j])),
        (gates.p(-math.pi), np.diag([1, 1j])),
        (gates.p(3 * math.pi), np.diag([1, 1j])),
        (gates.p(math.pi - 1e-6), np.diag([1, np.exp(0.5j * (math.pi - 1e-6))])),
        (gates.p(1e-6 - math.pi), np.diag([1, np.exp(-0.5j * (math.pi - 1e-6))])),
        (gates.diagonal([0, 1e-6 - math.pi]), np.diag([1, np.exp(-0.5j * (math.pi - 1e-6))])),
        (gates.unitary(np.diag([1, np.exp(1j * (1e-6 - math.pi))])), np.diag([1, np.exp(-0.5j * (math.pi - 1e-6))])),
        (gates.rx(2 * math.pi), 1j * np.eye(2)),
        (gates.rx(-2 * math.pi), 1j * np.eye(2)),
        (gates.ry(2 * math.pi), 1j * np.eye(2)),
        (gates.rz(2 * math.pi), 1j * np.eye(2)),
        (gates.rz(-2 * math.pi), 1j * np.eye(2)),
        (gates.rzz(2 * math.pi), 1j * np.eye(4)),
        (gates.rx(4 * math.pi), np.eye(2)),
        (gates.rx(2 * math.pi - 1e-6), gates.rx(math.pi - 5e-7).matrix()),
        (gates.z, np.diag([1, 1j])),
    ],
)
def test_roots_at_the_ends_of_the_principal_branch(gate, root):
    np.testing.assert_allclose(gate.power(0.5).matrix(), root, atol=1e-12)
