"""State: how it is built, combined, compared, copied and stored."""

import copy
import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsim.algebra import H, Operator, OperatorProduct, X, kron
from qsim.errors import StateError
from qsim.states import State

R = np.sqrt(0.5)
KETS = {"0": [1, 0], "1": [0, 1], "+": [R, R], "-": [R, -R], "r": [R, 1j * R], "l": [R, -1j * R]}
ROTATION = np.array([[0.6, 0.8j], [0.8j, 0.6]])

seeds = st.integers(0, 2**32 - 1)
widths = st.integers(1, 6)


def strings(num_qubits):
    return ["".join(bits) for bits in itertools.product("01", repeat=num_qubits)]


def embed(matrix, qubit, num_qubits):
    """The one-qubit matrix on one qubit of the register, as the dense Kronecker product."""
    return kron(np.eye(2**qubit), matrix, np.eye(2 ** (num_qubits - qubit - 1)))


# ── Construction ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("label", ["0", "1", "0+1-rl", "lr-+10", "++", "010", "", "rrrr"])
def test_a_label_is_the_kronecker_product_of_its_kets(label):
    expected = kron(*(np.array(KETS[character]) for character in label), np.ones(1))
    np.testing.assert_allclose(State(label).amplitudes, expected, atol=1e-15)


@pytest.mark.parametrize(
    ("state", "kets"),
    [
        (State.bell("phi+"), {"00": R, "11": R}),
        (State.bell("phi-"), {"00": R, "11": -R}),
        (State.bell("psi+"), {"01": R, "10": R}),
        (State.bell("psi-"), {"01": R, "10": -R}),
        (State.ghz(3), {"000": R, "111": R}),
        (State.w(3), {"100": 3**-0.5, "010": 3**-0.5, "001": 3**-0.5}),
        (State.w(1), {"1": 1}),
        (State.zeros(2), {"00": 1}),
        (State.zeros(0), {"": 1}),
        (State(4, num_qubits=3), {"100": 1}),
        (State(np.int64(1), num_qubits=3), {"001": 1}),
        (State([0, 0, 1, 0]), {"10": 1}),
        (State([[0], [1]]), {"1": 1}),
        (State([3, -4], normalize=True), {"0": 0.6, "1": -0.8}),
        (State(State("01")), {"01": 1}),
    ],
)
def test_named_states_and_vectors(state, kets):
    for string in strings(state.num_qubits):
        assert state[string] == pytest.approx(kets.get(string, 0), abs=1e-15)


def test_the_input_is_copied_and_the_state_read_only():
    array = np.array([1, 0], dtype=complex)
    state = State(array)
    array[:] = [0, 1]
    assert state["0"] == 1
    with pytest.raises(ValueError, match="read-only"):
        state.amplitudes[0] = 0
    with pytest.raises(AttributeError):
        state.amplitudes = array
    assert np.shares_memory(np.asarray(state), state.amplitudes)
    assert not np.shares_memory(np.array(state), state.amplitudes)
    assert np.asarray(state, dtype=np.complex64).dtype == np.complex64


def test_single_precision_is_kept():
    single = State(np.array([0.6, 0.8j], dtype=np.complex64))
    kept = [single, -single, 0.5 * single, single / np.sqrt(2), single + single, kron(single, single), X @ single]
    kept += [single.normalized(), single.collapse("1", 0)[0], ROTATION @ single]
    assert {state.amplitudes.dtype for state in kept} == {np.dtype(np.complex64)}
    assert State(np.array([0.6, 0.8], dtype=np.float32)).amplitudes.dtype == np.complex64
    assert State([0.6, 0.8]).amplitudes.dtype == np.complex128


def test_a_random_state_is_haar_distributed():
    """|⟨0|ψ⟩|² of a Haar state in dimension d is Beta(1, d - 1), and its phase is uniform."""
    from scipy.stats import beta, kstest, uniform

    rng = np.random.default_rng(5)
    first = np.array([State.random(2, rng)["00"] for _ in range(2000)])
    assert kstest(abs(first) ** 2, beta(1, 3).cdf).pvalue > 1e-6
    assert kstest(np.angle(first), uniform(-np.pi, 2 * np.pi).cdf).pvalue > 1e-6
    assert State.random(3, 7) == State.random(3, 7)
    assert State.random(3, 7) != State.random(3, 8)


# ── Arithmetic ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_bell_state_is_a_sum_of_kronecker_products():
    k0, k1 = State("0"), State("1")
    bell = (kron(k0, k0) + kron(k1, k1)) / np.sqrt(2)
    assert isinstance(bell, State)
    assert bell.equiv(State.bell("phi+"))
    assert bell.probabilities().tolist() == pytest.approx([0.5, 0, 0, 0.5])
    assert (np.kron(k0, k0) + np.kron(k1, k1)) / np.sqrt(2) == bell
    assert sum(State(2**q, num_qubits=3) for q in range(3)).normalized().equiv(State.w(3))


@given(widths, seeds, st.complex_numbers(max_magnitude=10), st.complex_numbers(max_magnitude=10))
def test_arithmetic_is_that_of_vectors(n, seed, a, b):
    s, t = State.random(n, seed), State.random(n, seed + 1)
    u, v = s.amplitudes, t.amplitudes
    np.testing.assert_allclose((a * s + t * b).amplitudes, a * u + b * v, atol=1e-13)
    np.testing.assert_allclose((np.complex128(a) * s - t).amplitudes, a * u - v, atol=1e-13)
    np.testing.assert_allclose((-s / 3).amplitudes, -u / 3, atol=1e-15)
    assert (a * s + t).norm == pytest.approx(np.linalg.norm(a * u + v))
    assert s.inner(a * s + b * t) == pytest.approx(a + b * np.vdot(u, v))
    assert (1j * s).inner(t) == pytest.approx(-1j * np.vdot(u, v))


@given(widths, widths, seeds)
def test_kron_puts_the_first_factor_on_the_left(m, n, seed):
    s, t = State.random(m, seed), State.random(n, seed + 1)
    np.testing.assert_array_equal(kron(s, t).amplitudes, np.kron(s.amplitudes, t.amplitudes))
    assert kron(s, t).reduced(range(m)).fidelity(s) == pytest.approx(1)
    assert kron(s, t).reduced(range(m, m + n)).fidelity(t) == pytest.approx(1)


@pytest.mark.parametrize("width", [1, 3])
def test_operators_apply_from_the_left(width):
    s = State.random(width, 11)
    dense = embed(ROTATION, width - 1, width)
    placed = Operator.from_matrix(ROTATION)(width - 1)
    for image in (
        placed @ s,
        placed.apply(s),
        OperatorProduct(placed) @ s,
        dense @ s,
        s._apply_operator_(placed.sparse(width)),
    ):
        assert isinstance(image, State)
        np.testing.assert_allclose(image.amplitudes, dense @ s.amplitudes, atol=1e-15)
    assert (kron(H, *[X] * (width - 1)) @ s).equiv(State(kron(H.matrix(), *[X.matrix()] * (width - 1)) @ s.amplitudes))


# ── Comparison, copies, files ─────────────────────────────────────────────────────────────────────────────────────────


@given(widths, seeds, st.floats(-7, 7))
def test_fidelity_and_equivalence(n, seed, phase):
    s, t = State.random(n, seed), State.random(n, seed + 1)
    overlap = abs(np.vdot(s.amplitudes, t.amplitudes)) ** 2
    assert s.fidelity(t) == pytest.approx(overlap)
    assert s.fidelity(t.density_matrix()) == pytest.approx(overlap)
    turned = np.exp(1j * phase) * s
    assert s.equiv(turned)
    assert s.fidelity(turned) <= 1
    assert not s.equiv(t)
    assert not s.equiv(turned + 1e-8 * t)
    assert s.equiv(turned + 1e-8 * t, atol=1e-6)


def test_equality_is_exact():
    assert State("0+") == State("0+")
    assert State("0") != 1j * State("0")
    assert State("0") != State("00")
    assert State("0") != np.array([1, 0])
    assert not State("0").equiv(State("00"))
    with pytest.raises(TypeError, match="unhashable"):
        hash(State("0"))


@pytest.mark.parametrize("dtype", [np.complex128, np.complex64])
def test_save_load_pickle_and_copy(tmp_path, dtype):
    state = State(State.random(3, 1).amplitudes.astype(dtype))
    state.save(tmp_path / "psi")  # no suffix is added
    for other in (State.load(tmp_path / "psi"), pickle.loads(pickle.dumps(state)), copy.deepcopy(state)):
        assert other == state
        assert other.amplitudes.dtype == dtype
        assert not other.amplitudes.flags.writeable
    half = 0.5 * state
    with pytest.raises(StateError, match="normalized"):
        pickle.loads(pickle.dumps(half)).probabilities()


def test_files_that_hold_no_state(tmp_path):
    path = tmp_path / "psi.npy"
    good = tmp_path / "good.npy"
    State.zeros(10).save(good)
    content = good.read_bytes()
    header = content[:128]
    hostile = [
        b"",
        b"not numpy at all",
        content[:-1],  # truncated
        header,  # promises 16 kB, holds none
        header.replace(b"(1024,)", b"(2**60,)"),
        header.replace(b"(1024,), }           ", b"(1152921504606846976,), }"),
        header.replace(b"<c16", b"|O  "),
        b"PK\x03\x04" + content,
        pickle.dumps([1, 0]),
    ]
    for text in hostile:
        path.write_bytes(text)
        with pytest.raises(StateError, match=r"psi\.npy"):
            State.load(path)
    for array, message in [
        (np.array([1, 1.0]), "norm 1.41421"),
        (np.array([np.nan, 1.0]), "finite"),
        (np.zeros(3), "3 amplitudes"),
        (np.eye(2), "shape"),
        (np.array([1, 0]), "holds int64"),
        (np.array(["a"]), "holds <U1"),
    ]:
        np.save(path, array)
        with pytest.raises(StateError, match=message):
            State.load(path)
    with pytest.raises(FileNotFoundError):
        State.load(tmp_path / "missing.npy")


def test_evolve_begins_in_this_state():
    from qsim.circuit import Circuit

    evolved = State("10").evolve(Circuit(2).h(0).cx(0, 1))
    assert evolved.equiv(State.bell("phi-"))
