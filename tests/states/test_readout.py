"""Reading a state: every path (NumPy, compiled, any chunks and threads) against dense references, and what it takes."""

import dataclasses
import itertools
import tracemalloc
from functools import cache

import numpy as np
import pytest

from qsim.algebra import P1, Operator, OperatorProduct, X, Y, Z
from qsim.errors import OperatorError
from qsim.kernels import host_target, load, try_load
from qsim.kernels.target import REDUCE
from qsim.states import State, _compiled, _pauli_program, _paulis, observables, vectors

KERNELS = {precision: try_load(precision, source=REDUCE) for precision in ("double", "single")}
DTYPES = {"double": np.complex128, "single": np.complex64}
needs_kernels = pytest.mark.skipif(KERNELS["double"] is None, reason="no compiled kernels on this machine")
ATOL = {"double": 1e-13, "single": 1e-12}  # sums are formed in double precision of the numbers as they are


@pytest.fixture(params=["numpy", pytest.param("compiled", marks=needs_kernels)])
def path(request, monkeypatch):
    """Who reads, whatever the size of the work."""
    use(request.param, monkeypatch)
    return request.param


def use(path, monkeypatch, threads=2):
    chosen = KERNELS if path == "compiled" else dict.fromkeys(KERNELS)
    monkeypatch.setattr(_compiled, "kernels_for", lambda seconds, precision, source: chosen[precision])
    monkeypatch.setattr(_compiled, "default_threads", lambda: threads)
    monkeypatch.setattr(_compiled, "_THREADED_LENGTH", 0)
    monkeypatch.setattr(vectors, "_COMPILED_LENGTH", 2**10)
    monkeypatch.setattr(observables, "_STRING_QUBITS", 0)


@cache
def random_state(num_qubits, precision, seed=1):
    """With amplitudes of very different size."""
    rng = np.random.default_rng([num_qubits, seed])
    amplitudes = rng.standard_normal(2**num_qubits) + 1j * rng.standard_normal(2**num_qubits)
    amplitudes *= rng.exponential(size=2**num_qubits)
    return State._wrap((amplitudes / np.linalg.norm(amplitudes)).astype(DTYPES[precision]), normalized=True)


def tensor(state):
    """In double precision, an axis a qubit."""
    return state.amplitudes.astype(complex).reshape([2] * state.num_qubits)


def listings(num_qubits):
    """No, one, some, most and all qubits, at both ends and in any order."""
    rng = np.random.default_rng(num_qubits)
    everything = list(range(num_qubits))
    yield from ([], everything, everything[::-1], [0], everything[1:], everything[:-1])
    yield from ([qubit] for qubit in everything[-3:])  # inside a vector
    yield everything[num_qubits // 2 :] + everything[: num_qubits // 2]
    for size in range(1, num_qubits + 1):
        yield rng.permutation(num_qubits)[:size].tolist()


def marginal(state, qubits):
    others = tuple(qubit for qubit in range(state.num_qubits) if qubit not in qubits)
    kept = sorted(qubits)
    summed = (np.abs(tensor(state)) ** 2).sum(axis=others)
    return summed.transpose([kept.index(qubit) for qubit in qubits]).reshape(-1)


def density(state, qubits):
    others = [qubit for qubit in range(state.num_qubits) if qubit not in qubits]
    matrix = tensor(state).transpose([*qubits, *others]).reshape(2 ** len(qubits), -1)
    return matrix @ matrix.conj().T


def random_paulis(num_qubits, count, seed=3):
    """Strings of all weights, some with an X mask in common."""
    rng = np.random.default_rng([num_qubits, count, seed])
    found = {}
    for _ in range(count):
        weights = rng.dirichlet([1, 0.5, 0.5, 1])
        string = "".join(rng.choice(list("IXYZ"), num_qubits, p=weights))
        found[string] = rng.standard_normal()
        found[string.replace("I", "Z")] = rng.standard_normal()
        found[string.replace("X", "Y", 1)] = rng.standard_normal()
    return found


def apply_string(string, array):
    """A Pauli string times a tensor, letter by letter."""
    for axis, letter in enumerate(string):
        if letter != "I":
            matrix = {"X": X, "Y": Y, "Z": Z}[letter].matrix()
            array = np.moveaxis(np.tensordot(matrix, array, axes=(1, axis)), 0, axis)
    return array


# ── Against dense references ──────────────────────────────────────────────────────────────────────────────────────────

sizes = pytest.mark.parametrize(
    ("num_qubits", "precision"), list(itertools.product(range(1, 14), ["double", "single"]))
)


@sizes
@pytest.mark.usefixtures("path")
def test_probabilities(num_qubits, precision):
    state = random_state(num_qubits, precision)
    for qubits in listings(num_qubits):
        found = state.probabilities(qubits)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, marginal(state, qubits), rtol=1e-12, atol=1e-17)


@sizes
@pytest.mark.usefixtures("path")
def test_reduced_states(num_qubits, precision):
    state = random_state(num_qubits, precision)
    for qubits in listings(num_qubits):
        if len(qubits) <= 7:
            np.testing.assert_allclose(state.reduced(qubits).matrix, density(state, qubits), atol=ATOL[precision])


@sizes
@pytest.mark.usefixtures("path")
def test_norm_and_inner_products(num_qubits, precision):
    left, right = random_state(num_qubits, precision, 1), random_state(num_qubits, precision, 2)
    a, b = tensor(left).reshape(-1), tensor(right).reshape(-1)
    assert left.norm == pytest.approx(np.linalg.norm(a), rel=1e-14)
    assert left.inner(right) == pytest.approx(np.vdot(a, b), abs=1e-14)
    assert left.fidelity(right) == pytest.approx(abs(np.vdot(a, b)) ** 2, abs=1e-14)
    mixed = State._wrap(right.amplitudes.astype(complex))
    assert left.inner(mixed) == pytest.approx(np.vdot(a, b), abs=1e-14)
    assert mixed.inner(left) == pytest.approx(np.vdot(b, a), abs=1e-14)


@sizes
@pytest.mark.usefixtures("path")
def test_pauli_sums(num_qubits, precision):
    state = random_state(num_qubits, precision)
    psi = tensor(state)
    paulis = random_paulis(num_qubits, 12)
    image = sum(weight * apply_string(string, psi) for string, weight in paulis.items())
    mean = np.vdot(psi, image)
    scale = sum(map(abs, paulis.values()))
    operator = Operator.from_paulis(paulis)
    found = state.expectation(operator)
    assert isinstance(found, float)
    assert found == pytest.approx(mean.real, abs=1e-13 * scale)
    expected = np.linalg.norm(image - mean * psi) ** 2
    assert state.variance(operator) == pytest.approx(expected, rel=1e-10 if precision == "double" else 1e-5)
    for string in list(paulis)[:6]:
        value = np.vdot(psi, apply_string(string, psi)).real
        assert state.expectation({string: 1.0}) == pytest.approx(value, abs=1e-14)
        assert state.expectation({string: 2j}) == pytest.approx(2j * value, abs=1e-13)


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("num_qubits", [3, 10])
def test_sums_of_terms_that_are_no_pauli_strings(num_qubits):
    state = random_state(num_qubits, "double")
    psi = state.amplitudes
    rng = np.random.default_rng(5)
    dense = Operator.from_matrix(rng.standard_normal((4, 4)) + 1j * rng.standard_normal((4, 4)))
    for operator in (
        P1(0) @ P1(num_qubits - 1) + 0.5j * X(1),
        dense(num_qubits - 1, 0),
        dense(1, 2).dagger() @ dense(0, 1),
        0.0 * X(0),
    ):
        matrix = operator.sparse(num_qubits)
        image = matrix @ psi
        assert state.expectation(operator) == pytest.approx(np.vdot(psi, image), abs=1e-12)
        rest = image - np.vdot(psi, image) * psi
        assert state.variance(operator) == pytest.approx(np.vdot(rest, rest).real, abs=1e-11)


def test_an_operator_of_too_many_strings_is_applied(monkeypatch):
    monkeypatch.setattr(_paulis, "MAX_STRINGS", 3)
    monkeypatch.setattr(observables, "_STRING_QUBITS", 0)
    state = random_state(5, "double")
    operator = P1(0) @ P1(1)
    assert _paulis.pauli_groups(operator, 5) is None
    assert state.expectation(operator) == pytest.approx(marginal(state, [0, 1])[3])
    assert state.variance(operator) == pytest.approx(marginal(state, [0, 1])[3] * (1 - marginal(state, [0, 1])[3]))


def test_operators_that_do_not_fit_are_refused():
    state = State.zeros(3)
    for ask in (state.expectation, state.variance):
        with pytest.raises(OperatorError, match="but the register has 3 qubits"):
            ask(Z(3))
        with pytest.raises(OperatorError, match="An unplaced operator of 1 qubits meets a register of 3"):
            ask(Z)
        assert ask(OperatorProduct(X(0), X(0))) == pytest.approx(ask(X(0) @ X(0)))


# ── Chunks and threads ────────────────────────────────────────────────────────────────────────────────────────────────


def answers(state):
    """Everything that can be read, as bytes."""
    n = state.num_qubits
    paulis = Operator.from_paulis(random_paulis(n, 8))
    numbers = [
        np.array(state.norm),
        np.array(state.inner(state)),
        np.array(state.expectation(paulis)),
        *(state.probabilities(qubits) for qubits in listings(n)),
        *(np.asarray(state.reduced(qubits)) for qubits in listings(n) if len(qubits) <= 5),
        *state._draw(tuple(range(n)), 5000, np.random.default_rng(1)),
    ]
    return [number.tobytes() for number in numbers]


@needs_kernels
@pytest.mark.parametrize("precision", DTYPES)
@pytest.mark.parametrize("num_qubits", [10, 14])
def test_results_do_not_depend_on_the_number_of_threads(num_qubits, precision, monkeypatch):
    monkeypatch.setattr(_compiled, "CHUNK_QUBITS", 9)
    monkeypatch.setattr(_compiled, "BLOCK_QUBITS", 8)
    monkeypatch.setattr(_compiled, "_BLOCK_JOBS", 4)
    monkeypatch.setattr("qsim.states.sampling.BLOCK", 2**8)
    state = random_state(num_qubits, precision)
    found = []
    for threads in (1, 2, 3, 8):
        use("compiled", monkeypatch, threads)
        found.append(answers(state))
    assert found[0] == found[1] == found[2] == found[3]


@needs_kernels
@pytest.mark.parametrize("precision", DTYPES)
@pytest.mark.parametrize(("chunk", "block", "copies"), [(10, 8, 22), (8, 8, 3), (9, 8, 0), (11, 10, 4), (8, 12, 22)])
def test_sums_over_many_chunks_are_those_over_one(chunk, block, copies, precision, monkeypatch):
    """Small chunks and blocks do on 13 qubits what happens from 20 on: partial sums, pairs of blocks, rounds."""
    use("compiled", monkeypatch)
    monkeypatch.setattr(_compiled, "CHUNK_QUBITS", chunk)
    monkeypatch.setattr(_compiled, "BLOCK_QUBITS", block)
    monkeypatch.setattr(_compiled, "_COPIES_QUBITS", copies)
    monkeypatch.setattr(_compiled, "_BLOCK_JOBS", 8)
    test_probabilities(13, precision)
    test_reduced_states(13, precision)
    test_norm_and_inner_products(13, precision)
    test_pauli_sums(13, precision)


@needs_kernels
@pytest.mark.parametrize("vector_bytes", [16, 64])
def test_vectors_of_other_widths(vector_bytes, monkeypatch):
    """Those of SSE2 and NEON, and of AVX-512: LLVM makes them of what this machine has."""
    kernels = load("double", target=dataclasses.replace(host_target(), vector_bytes=vector_bytes), source=REDUCE)
    use("compiled", monkeypatch)
    monkeypatch.setattr(_compiled, "kernels_for", lambda *_: kernels)
    for num_qubits in (10, 13):
        test_probabilities(num_qubits, "double")
        test_reduced_states(num_qubits, "double")
        test_norm_and_inner_products(num_qubits, "double")
        test_pauli_sums(num_qubits, "double")


def test_every_x_mask_is_served_once_by_a_reading_that_holds_it():
    rng = np.random.default_rng(2)
    masks = {0, 2**20 - 1, *(1 << bit for bit in range(20)), *rng.integers(2**20, size=200).tolist()}
    groups = {mask: [(0, 1.0)] for mask in masks}
    readings = list(_pauli_program.visits(groups, 20, 12, 4))
    assert sorted(mask for reading in readings for mask in reading.flips) == sorted(masks)
    for local, apart, flips in readings:
        assert len(local) == 12
        assert local[:4] == [0, 1, 2, 3]
        inside = sum(1 << bit for bit in local)
        assert not apart & inside
        assert all(mask & ~inside == apart for mask in flips)
    field = {1 << bit: [(0, 1.0)] for bit in range(20)}
    assert len(list(_pauli_program.visits(field, 20, 12, 4))) == 2  # 4 + 8 bits, then the 8 that are left


# ── Samples ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@needs_kernels
@pytest.mark.parametrize("precision", DTYPES)
@pytest.mark.parametrize("num_qubits", [10, 11, 13, 18])
def test_numpy_and_compiled_kernels_draw_the_same(num_qubits, precision, monkeypatch):
    states = [random_state(num_qubits, precision), State(State.ghz(num_qubits).amplitudes.astype(DTYPES[precision]))]
    states.append(State(2**num_qubits - 2, num_qubits=num_qubits))
    for state, qubits in itertools.product(states, [None, range(num_qubits)[::-1]]):
        drawn = []
        for path in ("numpy", "compiled"):
            use(path, monkeypatch)
            drawn.append(state.sample(300_000, qubits, seed=4))
        assert drawn[0] == drawn[1]
        assert drawn[0].shots == 300_000


@needs_kernels
@pytest.mark.parametrize("precision", DTYPES)
def test_draws_at_the_very_ends_of_the_distribution(precision, monkeypatch):
    """Amplitudes of 0 around: numbers 0 and 1 fall on the first and the last that is not."""
    use("compiled", monkeypatch)
    amplitudes = np.zeros(2**18, DTYPES[precision])
    amplitudes[[70_000, 140_001]] = np.sqrt(0.5)
    monkeypatch.setattr("qsim.states.sampling.draw_sorted_uniforms", lambda shots, rng: np.linspace(0, 1, shots))
    outcomes, counts = State(amplitudes)._draw(tuple(range(18)), 5, None)
    assert outcomes.tolist() == [70_000, 140_001]
    assert counts.sum() == 5


@pytest.mark.usefixtures("path")
def test_samples_of_many_qubits_in_any_order():
    """From 20 qubits on the whole register is drawn, and the bits are picked afterwards."""
    state = random_state(21, "single")
    order = tuple(np.random.default_rng(1).permutation(21)[:20].tolist())
    outcomes, counts = state._draw(order, 400_000, np.random.default_rng(3))
    assert counts.sum() == 400_000
    assert (np.diff(outcomes) > 0).all()
    expected = marginal(state, order).reshape(64, -1).sum(axis=1)
    found = np.bincount(outcomes >> 14, counts, minlength=64) / 400_000
    np.testing.assert_allclose(found, expected, atol=6 * np.sqrt(expected.max() / 400_000))


# ── Memory ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("num_qubits", [20, 22])
@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s.norm,
        lambda s: s.inner(s),
        lambda s: s.fidelity(s),
        lambda s: s.equiv(s),
        lambda s: s.expectation(X(3)),
        lambda s: s.expectation(sum(X(i) for i in range(20)) - sum(Z(i) @ Z(i + 1) for i in range(19))),
        lambda s: s.variance(X(0) + Z(0) @ Z(19)),
        lambda s: s.sample(1000, seed=1),
        lambda s: s.sample(1000, range(s.num_qubits)[::-1], seed=1),
        lambda s: s.probabilities(range(8)),
        lambda s: s.reduced([3, 19]),
        lambda s: s.purity(range(3)),
    ],
)
def test_a_long_register_is_read_in_pieces(ask, num_qubits):
    state = random_state(num_qubits, "double")
    tracemalloc.start()
    ask(state)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < state.amplitudes.nbytes / 4
