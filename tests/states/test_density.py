"""DensityMatrix: against textbook formulas on random mixed states, and against State on pure ones."""

import copy
import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from qsim.algebra import Operator, OperatorProduct, X, Y, Z, kron
from qsim.errors import OperatorError, StateError
from qsim.states import DensityMatrix, State

LISTINGS = [listing for k in range(4) for listing in itertools.permutations(range(3), k)]
seeds = st.integers(0, 2**32 - 1)


def random_matrix(num_qubits, seed, rank=None):
    """G G† / tr, with G normally distributed: a mixed state of the given rank, full by default."""
    rng = np.random.default_rng(seed)
    shape = 2**num_qubits, rank or 2**num_qubits
    g = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    return g @ g.conj().T / np.trace(g @ g.conj().T)


def random_density(num_qubits, seed, rank=None):
    return DensityMatrix(random_matrix(num_qubits, seed, rank))


def expected_reduced(matrix, keep, num_qubits):
    """Σ ⟨r|ρ|r⟩ over the basis states of the others, kept qubits in the order listed."""
    strings = ["".join(bits) for bits in itertools.product("01", repeat=num_qubits)]
    others = [qubit for qubit in range(num_qubits) if qubit not in keep]
    result = np.zeros([2 ** len(keep)] * 2, complex)
    for (i, a), (j, b) in itertools.product(enumerate(strings), repeat=2):
        if all(a[qubit] == b[qubit] for qubit in others):
            row, column = ("".join(s[q] for q in keep) for s in (a, b))
            result[int(row or "0", 2), int(column or "0", 2)] += matrix[i, j]
    return result


@pytest.mark.parametrize("keep", LISTINGS)
def test_reduced_and_probabilities(keep):
    rho = random_density(3, 1)
    expected = expected_reduced(rho.matrix, keep, 3)
    np.testing.assert_allclose(rho.reduced(keep).matrix, expected, atol=1e-15)
    np.testing.assert_allclose(rho.probabilities(keep), np.diagonal(expected).real, atol=1e-15)


@given(st.integers(1, 4), seeds, st.data())
def test_a_pure_density_matrix_agrees_with_its_state(n, seed, data):
    state = State.random(n, seed)
    rho = DensityMatrix(state)
    keep = data.draw(st.permutations(range(n)))[: data.draw(st.integers(1, n))]
    assert rho.reduced(keep).equiv(state.reduced(keep))
    np.testing.assert_allclose(rho.probabilities(keep), state.probabilities(keep), atol=1e-14)
    assert rho.expectation(Z(keep[0])) == pytest.approx(state.expectation(Z(keep[0])), abs=1e-14)
    assert rho.variance(X(keep[0])) == pytest.approx(state.variance(X(keep[0])), abs=1e-14)
    np.testing.assert_allclose(rho.bloch(keep[0]), state.bloch(keep[0]), atol=1e-14)
    assert rho.is_pure
    assert rho.purity() == pytest.approx(1)
    assert rho.entropy() == pytest.approx(0, abs=1e-12)
    other = State.random(n, seed + 1)
    assert rho.fidelity(other) == pytest.approx(state.fidelity(other), abs=1e-12)
    assert rho.fidelity(DensityMatrix(other)) == pytest.approx(state.fidelity(other), abs=1e-12)
    # of pure states the trace distance is √(1 - F)
    assert rho.trace_distance(other) == pytest.approx(np.sqrt(1 - state.fidelity(other)))
    assert rho.sample(50, seed=seed) == state.sample(50, seed=seed)


@given(st.integers(1, 3), seeds, st.integers(1, 8), st.integers(1, 8))
def test_scalar_quantities(n, seed, rank_a, rank_b):
    rho, sigma = random_density(n, seed, rank_a), random_density(n, seed + 1, rank_b)
    a, b = rho.matrix, sigma.matrix
    values = np.linalg.eigvalsh(a).clip(1e-300)
    assert rho.purity() == pytest.approx(np.trace(a @ a).real)
    assert rho.entropy() == pytest.approx(-sum(values * np.log2(values)), abs=1e-10)
    assert rho.is_pure == (rank_a == 1)
    assert rho.trace_distance(sigma) == pytest.approx(np.linalg.svd(a - b, compute_uv=False).sum() / 2)
    assert rho.fidelity(sigma) == pytest.approx(sigma.fidelity(rho))
    assert rho.fidelity(rho) == pytest.approx(1)
    # Fuchs and van de Graaf: 1 - √F ≤ T ≤ √(1 - F)
    root, distance = np.sqrt(rho.fidelity(sigma)), rho.trace_distance(sigma)
    assert 1 - root - 1e-12 <= distance <= np.sqrt(1 - root**2) + 1e-12


@pytest.mark.parametrize("seed", range(5))
def test_fidelity_is_uhlmanns(seed):
    rho, sigma = random_density(2, seed), random_density(2, seed + 100)
    root = sqrtm(rho.matrix)
    assert rho.fidelity(sigma) == pytest.approx(np.trace(sqrtm(root @ sigma.matrix @ root)).real ** 2)
    mixed, psi = random_density(3, seed, rank=2), State.random(3, seed)
    assert mixed.fidelity(DensityMatrix(psi)) == pytest.approx(mixed.fidelity(psi), abs=1e-13)  # roots of zeros stay 0
    psi = State.random(2, seed)
    assert rho.fidelity(psi) == pytest.approx(np.vdot(psi.amplitudes, rho.matrix @ psi.amplitudes).real)
    assert psi.fidelity(rho) == rho.fidelity(psi)


@pytest.mark.parametrize(
    "build", [lambda o: o, lambda o: o.to_paulis(), lambda o: o.matrix(), lambda o: o.sparse(), OperatorProduct]
)
@pytest.mark.parametrize("paulis", [{"ZXI": -1.0, "IYZ": 0.5, "XII": 2.0}, {"XZI": 1.0, "IIX": 1j}])
def test_expectation_and_variance(build, paulis):
    operator, rho = Operator.from_paulis(paulis), random_density(3, 2)
    a, r = operator.matrix(), rho.matrix
    mean = np.trace(a @ r)
    assert rho.expectation(build(operator)) == pytest.approx(mean)
    assert rho.variance(build(operator)) == pytest.approx(np.trace(a.conj().T @ a @ r).real - abs(mean) ** 2)
    assert isinstance(rho.expectation(Z(1)), float)
    assert isinstance(rho.expectation(1j * Z(1)), complex)


def test_bloch_vector_is_the_expectation_of_the_paulis():
    rho = random_density(3, 5)
    for qubit in range(3):
        expected = [rho.expectation(pauli(qubit)) for pauli in (X, Y, Z)]
        np.testing.assert_allclose(rho.bloch(qubit), expected, atol=1e-15)


def test_mixtures_and_products():
    rho, sigma = random_density(1, 1), random_density(2, 2)
    mixture = 0.25 * DensityMatrix(State("0")) + np.float64(0.75) * DensityMatrix(State("+"))
    np.testing.assert_allclose(mixture.matrix, [[0.625, 0.375], [0.375, 0.375]], atol=1e-15)
    assert mixture.probabilities().tolist() == pytest.approx([0.625, 0.375])
    assert sum([rho, mixture]).normalized().equiv((rho + mixture) / 2)
    assert kron(rho, sigma) == DensityMatrix(np.kron(rho.matrix, sigma.matrix))
    assert np.kron(rho, sigma) == kron(rho, sigma)
    assert kron(rho, sigma).reduced([2, 1]).equiv(sigma.reduced([1, 0]))
    assert kron(rho, sigma).entropy() == pytest.approx(rho.entropy() + sigma.entropy())
    mixed = DensityMatrix.maximally_mixed(3)
    assert mixed.entropy() == pytest.approx(3)
    assert mixed.purity() == pytest.approx(1 / 8)
    assert State.ghz(2).reduced(1).equiv(DensityMatrix.maximally_mixed(1))


USES = [
    lambda r: r.probabilities(),
    lambda r: r.sample(10, seed=1),
    lambda r: r.expectation(Z(0)),
    lambda r: r.variance(Z(0)),
    lambda r: r.reduced([0]),
    lambda r: r.purity(),
    lambda r: r.entropy(),
    lambda r: r.is_pure,
    lambda r: r.bloch(0),
    lambda r: r.fidelity(State("0")),
    lambda r: State("0").fidelity(r),
    lambda r: DensityMatrix.maximally_mixed(1).fidelity(r),
    lambda r: r.trace_distance(State("0")),
    lambda r: DensityMatrix(r),
]


@pytest.mark.parametrize("use", USES)
def test_a_sum_whose_trace_is_not_one_is_no_state(use):
    rho = DensityMatrix(State("0"))
    for wrong in (rho + rho, 0 * rho, pickle.loads(pickle.dumps(rho / 2))):
        with pytest.raises(StateError, match=r"trace 1, but has trace .*normalized"):
            use(wrong)


BAD = [
    (lambda: DensityMatrix([1, 0]), StateError, r"2\^n × 2\^n matrix, but has shape \(2,\)"),
    (lambda: DensityMatrix(np.eye(3) / 3), StateError, r"\(3, 3\)"),
    (lambda: DensityMatrix(np.eye(2)), StateError, "trace 1, but has trace 2"),
    (lambda: DensityMatrix([[0.5, 0.5], [0, 0.5]]), StateError, "Hermitian, but differs from its adjoint by 0.5"),
    (lambda: DensityMatrix([[0.5, 0.5j], [0.5j, 0.5]]), StateError, "Hermitian"),
    (lambda: DensityMatrix([[1.25, 0], [0, -0.25]]), StateError, "positive, but has the eigenvalue -0.25"),
    (lambda: DensityMatrix([[np.nan, 0], [0, 1]]), StateError, "finite"),
    (lambda: DensityMatrix("01"), TypeError, "array of numbers, but is '01'"),
    (lambda: -1 * DensityMatrix(State("0")), StateError, "not negative, not by -1"),
    (lambda: 1j * DensityMatrix(State("0")), StateError, "not by 1j"),
    (lambda: np.nan * DensityMatrix(State("0")), StateError, "nan"),
    (lambda: DensityMatrix(State("0")) / 0, StateError, "divided by 0"),
    (lambda: (0 * DensityMatrix(State("0"))).normalized(), StateError, "trace 0"),
    (lambda: DensityMatrix(State("0")) + DensityMatrix(State("00")), StateError, "1 qubits"),
    (lambda: DensityMatrix(State("0")) + State("0"), TypeError, "unsupported operand"),
    (lambda: DensityMatrix(State("0")) * DensityMatrix(State("0")), TypeError, "unsupported operand"),
    (lambda: DensityMatrix(State("0")).fidelity(State("00")), StateError, "must have"),
    (lambda: DensityMatrix(State("0")).fidelity(np.eye(2)), TypeError, "ndarray"),
    (lambda: DensityMatrix(State("00")).reduced([1, 1]), StateError, "repeats 1"),
    (lambda: DensityMatrix(State("00")).probabilities([2]), StateError, "has 2"),
    (lambda: DensityMatrix(State("00")).expectation(np.eye(2)), OperatorError, r"\(4, 4\)"),
    (lambda: kron(DensityMatrix(State("0")), np.eye(2)), TypeError, "density matrices alone"),
    (lambda: np.trace(DensityMatrix(State("0"))), TypeError, "np.asarray"),
    (lambda: DensityMatrix.maximally_mixed(-1), StateError, "at least 0"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_check_can_be_left_out():
    assert DensityMatrix([[2, 0], [0, 0]], check=False).matrix[0, 0] == 2


def test_it_is_immutable_and_compares_exactly():
    array = np.eye(2) / 2
    rho = DensityMatrix(array)
    array[0, 0] = 7
    assert rho.matrix[0, 0] == 0.5
    with pytest.raises(ValueError, match="read-only"):
        rho.matrix[0, 0] = 1
    for other in (copy.deepcopy(rho), pickle.loads(pickle.dumps(rho)), DensityMatrix(rho)):
        assert other == rho
        assert not other.matrix.flags.writeable
    assert rho != DensityMatrix(State("0"))
    assert not rho.equiv(State("0"))
    assert not rho.equiv(State("00"))
    assert DensityMatrix(State("l")).equiv(1j * State("l"))
    assert np.shares_memory(np.asarray(rho), rho.matrix)


@pytest.mark.parametrize(
    ("rho", "text", "latex"),
    [
        (
            DensityMatrix.maximally_mixed(1),
            "0.5|0⟩⟨0| + 0.5|1⟩⟨1|   (q0)",
            r"$0.5\,|0\rangle\langle 0| + 0.5\,|1\rangle\langle 1|$",
        ),
        (
            DensityMatrix(State("l")),
            "0.5|0⟩⟨0| + 0.5i|0⟩⟨1| - 0.5i|1⟩⟨0| + 0.5|1⟩⟨1|   (q0)",
            r"$0.5\,|0\rangle\langle 0| + 0.5i\,|0\rangle\langle 1| - 0.5i\,|1\rangle\langle 0|"
            r" + 0.5\,|1\rangle\langle 1|$",
        ),
        (DensityMatrix(State("10")), "|10⟩⟨10|   (q0 q1)", r"$\,|10\rangle\langle 10|$"),
    ],
)
def test_repr(rho, text, latex):
    assert repr(rho) == text
    labels = "q0 q1" if rho.num_qubits == 2 else "q0"
    assert rho._repr_latex_() == rf"{latex[:-1]} \qquad (\text{{{labels}}})$"


def test_repr_is_short():
    assert repr(DensityMatrix.maximally_mixed(6)).endswith("|000111⟩⟨000111| + … (56 more)   (q0 q1 q2 q3 q4 q5)")
