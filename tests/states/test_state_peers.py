"""States against Qiskit (little-endian: its qubit k is our qubit k, its vectors are turned) and QuTiP (our order)."""

import itertools

import numpy as np
import pytest
from peers import peer

from qsim.algebra import Operator
from qsim.states import DensityMatrix, State

qutip = peer("qutip")
peer("qiskit")
from qiskit import quantum_info  # noqa: E402

pytestmark = pytest.mark.peers

N = 4
LISTINGS = [listing for k in range(1, N) for listing in itertools.permutations(range(N), k)]
SUBSETS = [subset for k in range(1, N) for subset in itertools.combinations(range(N), k)]
PAULIS = {"ZXIY": -1.0, "IYYI": 0.5, "XIII": 2.0, "IIZZ": 0.3}


def turned(array):
    """The same register with qubit 0 rightmost: every index bit string reversed."""
    array = np.asarray(array)
    n = len(array).bit_length() - 1
    sides = array.ndim
    axes = [side * n + n - 1 - qubit for side in range(sides) for qubit in range(n)]
    return array.reshape([2] * (n * sides)).transpose(axes).reshape(array.shape)


def to_qutip(state):
    array = np.asarray(state)
    qubits = [2] * state.num_qubits
    return qutip.Qobj(array, dims=[qubits, qubits if array.ndim == 2 else [1] * state.num_qubits])


def random_density(num_qubits, seed):
    """The reduced state of a larger random one: mixed, and without symmetry."""
    return State.random(2 * num_qubits, seed).reduced(range(num_qubits))


@pytest.fixture(scope="module")
def state():
    return State.random(N, 42)


@pytest.mark.parametrize("keep", LISTINGS)
def test_reduced(state, keep):
    ours = state.reduced(keep).matrix
    others = [qubit for qubit in range(N) if qubit not in keep]
    theirs = quantum_info.partial_trace(quantum_info.Statevector(turned(state)), others)
    # What Qiskit keeps is ascending; ours is as listed, so the ascending listing is what is turned.
    np.testing.assert_allclose(state.reduced(sorted(keep)).matrix, turned(theirs.data), atol=1e-14)
    # QuTiP keeps ascending too; its permute then lists them as we do.
    order = np.argsort(np.argsort(keep))
    np.testing.assert_allclose(ours, to_qutip(state).ptrace(sorted(keep)).permute(order).full(), atol=1e-14)
    np.testing.assert_allclose(
        DensityMatrix(state).reduced(keep).matrix,
        to_qutip(state).ptrace(sorted(keep)).permute(order).full(),
        atol=1e-14,
    )


@pytest.mark.parametrize("qubits", LISTINGS)
def test_probabilities(state, qubits):
    # Qiskit's listed qubits are least significant first.
    theirs = quantum_info.Statevector(turned(state)).probabilities(list(reversed(qubits)))
    np.testing.assert_allclose(state.probabilities(qubits), theirs, atol=1e-14)
    theirs = quantum_info.DensityMatrix(turned(DensityMatrix(state))).probabilities(list(reversed(qubits)))
    np.testing.assert_allclose(DensityMatrix(state).probabilities(qubits), theirs, atol=1e-14)


@pytest.mark.parametrize("qubits", SUBSETS)
def test_entanglement(state, qubits):
    others = [qubit for qubit in range(N) if qubit not in qubits]
    vector = quantum_info.Statevector(turned(state))
    rho = quantum_info.partial_trace(vector, others)
    assert state.entropy(qubits) == pytest.approx(quantum_info.entropy(rho, base=2))
    assert state.entropy(qubits) == pytest.approx(qutip.entropy_vn(to_qutip(state).ptrace(qubits), base=2))
    assert state.purity(qubits) == pytest.approx(rho.purity().real)
    theirs = quantum_info.schmidt_decomposition(vector, list(qubits))
    schmidt = state.schmidt(qubits)
    assert schmidt.coefficients.tolist() == pytest.approx([float(term[0]) for term in theirs])
    for left, right, (_, of_others, of_listed) in zip(schmidt.left, schmidt.right, theirs, strict=True):
        assert left.equiv(State(turned(of_listed.data)))  # each pair of vectors has a phase of its own
        assert right.equiv(State(turned(of_others.data)))


@pytest.mark.parametrize("qubit", range(N))
def test_bloch(state, qubit):
    rho = to_qutip(state).ptrace(qubit)
    theirs = [qutip.expect(pauli, rho) for pauli in (qutip.sigmax(), qutip.sigmay(), qutip.sigmaz())]
    np.testing.assert_allclose(state.bloch(qubit), theirs, atol=1e-14)


@pytest.mark.parametrize("make", [lambda seed: State.random(N, seed), lambda seed: random_density(N, seed)])
def test_expectation_and_variance(make):
    mine = make(3)
    little_endian = quantum_info.SparsePauliOp([name[::-1] for name in PAULIS], list(PAULIS.values()))
    kind = quantum_info.Statevector if isinstance(mine, State) else quantum_info.DensityMatrix
    assert mine.expectation(PAULIS) == pytest.approx(kind(turned(mine)).expectation_value(little_endian).real)
    matrix = qutip.Qobj(Operator.from_paulis(PAULIS).matrix(), dims=[[2] * N] * 2)
    assert mine.expectation(PAULIS) == pytest.approx(qutip.expect(matrix, to_qutip(mine)))
    assert mine.variance(PAULIS) == pytest.approx(qutip.variance(matrix, to_qutip(mine)))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("pure", [(True, True), (True, False), (False, True), (False, False)])
def test_distances(seed, pure):
    a, b = (State.random(2, s) if p else random_density(2, s) for p, s in zip(pure, (seed, seed + 50), strict=True))
    kinds = [quantum_info.Statevector if p else quantum_info.DensityMatrix for p in pure]
    theirs = quantum_info.state_fidelity(kinds[0](turned(a)), kinds[1](turned(b)))
    assert a.fidelity(b) == pytest.approx(theirs, abs=1e-7)  # Qiskit's matrix root is good to half the digits
    assert a.fidelity(b) == pytest.approx(
        qutip.fidelity(to_qutip(a), to_qutip(b)) ** 2, abs=1e-7
    )  # QuTiP's is the root
    distance = a.density_matrix().trace_distance(b)
    assert distance == pytest.approx(qutip.tracedist(to_qutip(a), to_qutip(b)), abs=1e-7)


def test_collapse_and_evolution_of_an_asymmetric_state(state):
    """The projected vector of Qiskit's measurement, with its own random outcome."""
    vector = quantum_info.Statevector(turned(state))
    vector.seed(5)
    outcome, after = vector.measure([1, 3])  # its string lists the last qubit first
    mine, probability = state.collapse(outcome[::-1], [1, 3])
    np.testing.assert_allclose(mine.amplitudes, turned(after.data), atol=1e-14)
    assert probability == pytest.approx(vector.probabilities_dict([1, 3])[outcome])
