"""What a pure state is asked: against textbook formulas, spelled out over bit strings and dense Kronecker products."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsim.algebra import Operator, OperatorProduct, X, Y, Z, kron
from qsim.errors import StateError
from qsim.states import State, vectors

PAULIS = [X.matrix(), Y.matrix(), Z.matrix()]
LISTINGS = [listing for k in range(5) for listing in itertools.permutations(range(4), k)]

seeds = st.integers(0, 2**32 - 1)


def strings(num_qubits):
    return ["".join(bits) for bits in itertools.product("01", repeat=num_qubits)]


def embed(matrix, qubit, num_qubits):
    """The one-qubit matrix on one qubit of the register, as the dense Kronecker product."""
    return kron(np.eye(2**qubit), matrix, np.eye(2 ** (num_qubits - qubit - 1)))


def pick(string, qubits):
    return "".join(string[qubit] for qubit in qubits)


def expected_probabilities(state, qubits):
    spelled = dict.fromkeys(strings(len(qubits)), 0.0)
    for string in strings(state.num_qubits):
        spelled[pick(string, qubits)] += abs(state[string]) ** 2
    return list(spelled.values())


def expected_reduced(state, keep):
    """ρ[a, b] = Σ ψ(a, r) ψ*(b, r) over what the other qubits r spell."""
    others = [qubit for qubit in range(state.num_qubits) if qubit not in keep]
    names = {name: row for row, name in enumerate(strings(len(keep)))}
    rho = np.zeros((len(names), len(names)), complex)
    for a, b in itertools.product(strings(state.num_qubits), repeat=2):
        if pick(a, others) == pick(b, others):
            rho[names[pick(a, keep)], names[pick(b, keep)]] += state[a] * np.conj(state[b])
    return rho


def entropy_of(rho):
    values = np.linalg.eigvalsh(rho)
    return -sum(value * np.log2(value) for value in values if value > 1e-15)


@pytest.fixture(params=["one block", "blocks"])
def blocks(request, monkeypatch):
    """Reads a register at once, or two amplitudes at a time, as long ones are read in pieces."""
    if request.param == "blocks":
        monkeypatch.setattr(vectors, "BLOCK_QUBITS", 1)


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("dtype", [np.complex128, np.complex64])
def test_parts_of_the_register(dtype):
    state = State(State.random(4, 3).amplitudes.astype(dtype))
    atol = 1e-12 if dtype == np.complex128 else 1e-6
    assert state.probabilities().tolist() == pytest.approx(expected_probabilities(state, range(4)), abs=atol)
    for listing in LISTINGS:
        rho = expected_reduced(state, listing)
        np.testing.assert_allclose(state.reduced(listing).matrix, rho, atol=atol)
        np.testing.assert_allclose(state.probabilities(listing), expected_probabilities(state, listing), atol=atol)
        np.testing.assert_allclose(state.probabilities(listing), np.diagonal(rho).real, atol=atol)
        assert state.purity(listing) == pytest.approx(np.trace(rho @ rho).real, abs=atol)
        if listing:
            assert state.entropy(listing) == pytest.approx(entropy_of(rho), abs=100 * atol)


@pytest.mark.parametrize("listing", LISTINGS)
def test_schmidt_decomposition(listing):
    state = State.random(4, 21)
    schmidt = state.schmidt(listing)
    others = tuple(qubit for qubit in range(4) if qubit not in listing)
    rebuilt = sum(c * kron(a, b) for c, a, b in zip(schmidt.coefficients, schmidt.left, schmidt.right, strict=True))
    for string in strings(4):  # the sum has the listed qubits first
        assert rebuilt[pick(string, listing + others)] == pytest.approx(state[string], abs=1e-13)
    for side in (schmidt.left, schmidt.right):
        gram = [[a.inner(b) for b in side] for a in side]
        np.testing.assert_allclose(gram, np.eye(schmidt.rank), atol=1e-13)
    assert schmidt.rank == 2 ** min(len(listing), len(others))
    assert (np.diff(schmidt.coefficients) <= 0).all()
    squares = schmidt.coefficients**2
    assert state.entropy(listing) == pytest.approx(-sum(squares * np.log2(squares)), abs=1e-12)


@pytest.mark.parametrize(
    ("state", "qubits", "bits", "rank"),
    [
        (State.bell("psi-"), [1], 1, 2),
        (State("+r0"), [1], 0, 1),
        (kron(State.bell(), State.bell()), [0, 1], 0, 1),
        (kron(State.bell(), State.bell()), [0, 2], 2, 4),
        (State.ghz(5), [4, 1], 1, 2),
        (State.w(3), [0], np.log2(3) - 2 / 3, 2),
    ],
)
def test_known_entanglement(state, qubits, bits, rank):
    assert state.entropy(qubits) == pytest.approx(bits, abs=1e-12)
    assert state.schmidt(qubits).rank == rank
    assert state.entropy(qubits) >= 0


@pytest.mark.parametrize("qubit", range(4))
def test_bloch_vector_is_the_expectation_of_the_paulis(qubit):
    state = State.random(4, 8)
    psi = state.amplitudes
    expected = [np.vdot(psi, embed(pauli, qubit, 4) @ psi).real for pauli in PAULIS]
    np.testing.assert_allclose(state.bloch(qubit), expected, atol=1e-14)
    assert [state.expectation(pauli(qubit)) for pauli in (X, Y, Z)] == pytest.approx(expected)


HERMITIAN = {"ZXI": -1.0, "IYZ": 0.5, "XII": 2.0}


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize(
    "build",
    [
        lambda o: o,
        lambda o: o(0, 1, 2),
        lambda o: OperatorProduct(o),
        lambda o: o.to_paulis(),
        lambda o: o.matrix(),
        lambda o: o.matrix().tolist(),
        lambda o: np.matrix(o.matrix()),
        lambda o: o.sparse(),
        lambda o: o.linear_operator(),
    ],
)
@pytest.mark.parametrize("paulis", [HERMITIAN, {"XZI": 1.0, "IIX": 1j}])
def test_expectation_and_variance_in_every_form_of_the_operator(build, paulis):
    operator, state = Operator.from_paulis(paulis), State.random(3, 4)
    matrix, psi = operator.matrix(), state.amplitudes
    mean = np.vdot(psi, matrix @ psi)
    given = build(operator)
    value = state.expectation(given)
    assert value == pytest.approx(mean, abs=1e-14)
    decided = not isinstance(given, OperatorProduct) and not hasattr(given, "matvec")
    assert isinstance(value, float) == (decided and paulis is HERMITIAN)
    square = np.vdot(matrix @ psi, matrix @ psi).real
    assert state.variance(given) == pytest.approx(square - abs(mean) ** 2)
    assert State("00+").variance(Z(0)) == pytest.approx(0, abs=1e-30)


@given(seeds, st.permutations(range(4)), st.integers(1, 4))
def test_collapse(seed, order, k):
    state, qubits = State.random(4, seed), tuple(order[:k])
    total = 0
    for outcome in strings(k):
        after, probability = state.collapse(outcome, qubits)
        total += probability
        for string in strings(4):
            expected = state[string] / np.sqrt(probability) if pick(string, qubits) == outcome else 0
            assert after[string] == pytest.approx(expected, abs=1e-14)
        assert after.probabilities(qubits)[int(outcome, 2)] == pytest.approx(1)
    assert total == pytest.approx(1)


@pytest.mark.parametrize(("state", "outcome", "qubits"), [(State("01"), "1", [0]), (State.ghz(3), "01", [2, 0])])
def test_an_impossible_outcome_is_refused(state, outcome, qubits):
    with pytest.raises(StateError, match="probability 0"):
        state.collapse(outcome, qubits)
    noisy = State._wrap(state.amplitudes + 1e-16)  # what rounding leaves where zeros should be
    with pytest.raises(StateError, match="probability 0"):
        noisy.collapse(outcome, qubits)


def test_measuring_gives_outcomes_as_likely_as_they_should_be_and_the_state_after():
    from scipy.stats import chisquare

    state, rng = State.random(3, 2), np.random.default_rng(1)
    seen = dict.fromkeys(strings(2), 0)
    for _ in range(1500):
        outcome, after = state.measure([2, 0], rng)
        seen[outcome] += 1
        assert after == state.collapse(outcome, [2, 0])[0]
    assert chisquare(list(seen.values()), 1500 * state.probabilities([2, 0])).pvalue > 1e-6
    assert State("011").measure() == ("011", State("011"))
    assert state.measure(seed=3)[0] == state.measure(seed=3)[0]


def test_sampling_lists_bits_in_the_order_asked():
    from scipy.stats import chisquare

    assert State("011").sample(10, [1, 0], seed=1) == {"10": 10}
    assert State("011").sample(10, seed=1).labels == ("q0", "q1", "q2")
    assert tuple(State("011").sample(10, [2, 0], seed=1).labels) == ("q2", "q0")
    state = State.random(4, 9)
    counts = state.sample(20_000, [3, 1], seed=1)
    expected = 20_000 * np.array(expected_probabilities(state, [3, 1]))
    assert chisquare([counts[key] for key in strings(2)], expected).pvalue > 1e-6


def test_projector_and_density_matrix():
    state = State.random(2, 6)
    outer = np.outer(state.amplitudes, state.amplitudes.conj())
    np.testing.assert_allclose(state.projector().matrix(), outer, atol=1e-15)
    np.testing.assert_allclose(np.asarray(state.density_matrix()), outer, atol=1e-15)
    assert state.expectation(state.projector()) == pytest.approx(1)


def test_registers_longer_than_a_block():
    """22 qubits are four blocks; of a product state the parts are known."""
    left, right = State.random(11, 1), State.random(11, 2)
    state = kron(left, right)
    expected = kron(left.reduced([3]), right.reduced([4]))
    assert state.reduced([3, 15]).equiv(expected)
    assert state.reduced([15, 3]).equiv(kron(right.reduced([4]), left.reduced([3])))
    np.testing.assert_allclose(state.probabilities([15, 3]), expected.probabilities([1, 0]), atol=1e-12)
    assert state.entropy([3, 15]) == pytest.approx(expected.entropy())
    assert state.norm == pytest.approx(1)
    swept = State(2**22 - 2, num_qubits=22) + 0.5 * State(5, num_qubits=22)
    assert repr(swept) == f"0.5|{'0' * 19}101⟩ + |{'1' * 21}0⟩   (q0 … q21)"


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s.reduced([3, 20]),
        lambda s: s.bloch(21),
        lambda s: s.probabilities([7, 0]),
        lambda s: s.entropy(range(20)),
        lambda s: s.fidelity(s),
        lambda s: s.sample(100, seed=1),
        repr,
    ],
)
def test_no_second_copy_of_a_long_register_is_made(ask):
    state = State.ghz(23)
    tracemalloc.start()
    ask(state)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < state.amplitudes.nbytes / 8  # blocks of 2^16 amplitudes


@pytest.mark.parametrize(
    "form", [lambda m: m, lambda m: m.tolist(), Operator.from_matrix, lambda m: Operator.from_matrix(m).sparse()]
)
def test_an_expectation_is_real_of_hermitian_operators_alone(form):
    state = State.random(2, seed=8)
    hermitian = np.diag([1.0, 2, 3, 4]).astype(complex)
    hermitian[0, 1], hermitian[1, 0] = 1j, -1j
    assert isinstance(state.expectation(form(hermitian)), float)
    for gap in (1e-5, -1e-5j, 1e-8):
        wrong = hermitian.copy()
        wrong[0, 1] += gap
        found = state.expectation(form(wrong))
        assert isinstance(found, complex)
        exact = np.vdot(state.amplitudes, wrong @ state.amplitudes)
        assert abs(exact.imag) > 1e-10
        assert found == pytest.approx(exact, abs=1e-14)
    rounded = hermitian.copy()
    rounded[0, 1] += 1e-15
    assert isinstance(state.expectation(form(rounded)), float)


def test_a_slightly_complex_pauli_coefficient_is_not_hermitian():
    state = State.random(2, seed=8)
    found = state.expectation({"XZ": 1 + 1e-5j})
    assert isinstance(found, complex)
    assert found.imag == pytest.approx(1e-5 * found.real)
