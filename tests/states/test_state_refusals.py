"""What a State refuses: bad arguments, sums that are not normalised, registers that do not fit into memory."""

import numpy as np
import pytest

from qsim.algebra import X, Z, kron
from qsim.errors import OperatorError, QsimError, StateError, TooLargeError
from qsim.states import DensityMatrix, State

USES = [
    lambda s: s.probabilities(),
    lambda s: s.sample(10, seed=1),
    lambda s: s.expectation(Z(0)),
    lambda s: s.variance(Z(0)),
    lambda s: s.reduced([0]),
    lambda s: s.entropy([0]),
    lambda s: s.purity([0]),
    lambda s: s.schmidt([0]),
    lambda s: s.bloch(0),
    lambda s: s.fidelity(State("00")),
    lambda s: State("00").fidelity(s),
    lambda s: s.collapse("0", [0]),
    lambda s: s.measure(seed=1),
    lambda s: s.density_matrix(),
    lambda s: s.projector(),
    lambda s: s.save("/nowhere/unnormalised.npy"),
    lambda s: s.evolve(None),
    lambda s: DensityMatrix(s),
]


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("state", [State("00") + State("11"), 0 * State("00"), (Z(0) + 0.5) @ State("++")])
def test_an_unnormalised_sum_is_no_state(use, state):
    with pytest.raises(StateError, match=r"norm .*\.normalized\(\)"):
        use(state)


BAD = [
    (lambda: State("0x1"), StateError, "'0x1' has 'x' at position 1"),
    (lambda: State("0 1"), StateError, "' ' at position 1"),
    (lambda: State([1, 0, 0]), StateError, "power of two.*3 amplitudes"),
    (lambda: State([]), StateError, "0 amplitudes"),
    (lambda: State([[1, 0], [0, 1]]), StateError, r"shape \(2, 2\)"),
    (lambda: State([[1, 0], [0]]), StateError, "array of numbers"),
    (lambda: State([1, 1]), StateError, "norm 1.41421: pass normalize=True"),
    (lambda: State([0.7071, 0.7071]), StateError, "norm 0.99999"),
    (lambda: State([0, 0], normalize=True), StateError, "norm 0"),
    (lambda: State([np.nan, 1]), StateError, r"finite, but has \(nan\+0j\) at index 0"),
    (lambda: State([1, 1j * np.inf]), StateError, "at index 1"),
    (lambda: State([np.nan, 1], normalize=True), StateError, "norm nan"),
    (lambda: State(["a", "b"]), TypeError, "array of numbers"),
    (lambda: State(None), TypeError, "but is None"),
    (lambda: State(5), TypeError, "num_qubits"),
    (lambda: State(8, num_qubits=3), StateError, "but is 8"),
    (lambda: State(-1, num_qubits=3), StateError, "but is -1"),
    (lambda: State("01", num_qubits=3), StateError, "`num_qubits` is 3, but the state has 2"),
    (lambda: State.zeros(-1), StateError, "`num_qubits` must be at least 0, but is -1"),
    (lambda: State.zeros(1.5), TypeError, "float"),
    (lambda: State.ghz(0), StateError, "at least 1"),
    (lambda: State.w(0), StateError, "at least 1"),
    (lambda: State.bell("phi"), StateError, "phi.*'phi'"),
    (lambda: State("00").reduced([0, 0]), StateError, r"`keep` must be distinct qubits, but \(0, 0\) repeats 0"),
    (lambda: State("00").probabilities([2]), StateError, r"`qubits` must lie in range\(2\), but has 2"),
    (lambda: State("00").probabilities(-1), StateError, "has -1"),
    (lambda: State("00").probabilities("0"), TypeError, "str"),
    (lambda: State("00").bloch(2), StateError, "has 2"),
    (lambda: State("").bloch(0), StateError, "has 0"),
    (lambda: State("00").entropy([0.5]), TypeError, "float"),
    (lambda: State("00")["000"], StateError, "2 characters"),
    (lambda: State("00")["0+"], StateError, "0 and 1"),
    (lambda: State("00")[4], StateError, r"range\(4\), but is 4"),
    (lambda: State("00")[-1], StateError, "-1"),
    (lambda: State("00") + State("0"), StateError, "must have 2 qubits.*1"),
    (lambda: State("00").inner(State("0")), StateError, "must have 2 qubits"),
    (lambda: State("00").fidelity(State("0")), StateError, "must have 2 qubits"),
    (lambda: State("00").fidelity("00"), TypeError, "str"),
    (lambda: State("00").equiv("00"), TypeError, "str"),
    (lambda: State("00").inner([1, 0, 0, 0]), TypeError, "list"),
    (lambda: State("00") / 0, StateError, "divided by 0"),
    (lambda: np.nan * State("00"), StateError, "nan"),
    (lambda: State("00") * State("00"), TypeError, "unsupported operand"),
    (lambda: State("00") + 1, TypeError, "unsupported operand"),
    (lambda: 1 + State("00"), TypeError, "unsupported operand"),
    (lambda: np.ones(4) * State("00"), TypeError, "unsupported operand"),
    (lambda: kron(State("0"), np.eye(2)), TypeError, "takes States alone, not ndarray"),
    (lambda: kron(State("0"), X), TypeError, "one kind"),
    (lambda: np.linalg.norm(State("0")), TypeError, r"np.norm works on arrays: call np.asarray\(state\)"),
    (lambda: list(State("0")), TypeError, "not iterable"),
    (lambda: np.eye(3) @ State("00"), OperatorError, r"\(4, 4\), but has \(3, 3\)"),
    (lambda: State("00").expectation(X), OperatorError, "unplaced"),
    (lambda: State("00").expectation(X(2)), OperatorError, "2 qubits"),
    (lambda: State("00").expectation(None), OperatorError, r"\(4, 4\)"),
    (lambda: State("00").collapse("0"), StateError, "2 characters"),
    (lambda: State("00").collapse("2", 0), StateError, "0 and 1"),
    (lambda: State("00").collapse(0, 0), TypeError, "bit string"),
    (lambda: State("00").sample(-1), QsimError, "-1"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: State.zeros(60),
        lambda: State("0" * 60),
        lambda: State("+" * 60),
        lambda: State(7, num_qubits=60),
        lambda: State.random(60, 1),
        lambda: State.ghz(64),
        lambda: State.w(100),
        lambda: kron(*[State("0" * 10)] * 6),
        lambda: State("0" * 20).density_matrix(),
        lambda: State("0" * 20).projector(),
        lambda: DensityMatrix.maximally_mixed(30),
    ],
)
def test_what_does_not_fit_is_refused(call):
    with pytest.raises(TooLargeError, match=r"needs .*iB|needs 2\^"):
        call()
