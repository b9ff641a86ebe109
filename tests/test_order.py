"""The order of qubits through every exit: the i-th listed qubit is the i-th character, from the left."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from qsim import Circuit, DensityMatrix, State, run
from qsim.algebra import X, Z
from qsim.plots import histogram
from qsim.plots.text import text_histogram

BITS = "11010"  # not a palindrome, nor is any of the listings' values the reverse of another's
LISTINGS = [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (0, 2), (2, 0), (4, 1, 0), (3,), (1, 4, 2, 0, 3)]
N = len(BITS)


def circuit():
    return Circuit(N).x([q for q in range(N) if BITS[q] == "1"])


def state():
    return circuit().state()


def spelled(probabilities):
    """The one certain outcome of an array of probabilities."""
    (index,) = np.flatnonzero(np.round(probabilities, 12))
    return format(index, f"0{round(np.log2(len(probabilities)))}b")


def only(counts):
    (key,) = counts
    return key.replace(" ", "")


def from_signs(values):
    return "".join("0" if value > 0 else "1" for value in values)


def with_measurements(qubits):
    return Circuit(N, len(qubits)).append(circuit(), *range(N)).measure(qubits, range(len(qubits)))


def plotted(counts):
    axes = histogram(counts)
    (label,) = (tick.get_text() for tick in axes.get_xticklabels())
    plt.close("all")
    return label


EXITS = {
    "amplitudes": lambda q: spelled(np.abs(state().reduced(q).matrix.diagonal())),
    "probabilities": lambda q: spelled(state().probabilities(q)),
    "probabilities of a circuit": lambda q: spelled(circuit().probabilities(q)),
    "probabilities of a density matrix": lambda q: spelled(state().density_matrix().probabilities(q)),
    "reduced": lambda q: spelled(state().reduced(q).probabilities()),
    "reduced twice": lambda q: spelled(state().density_matrix().reduced(q).probabilities()),
    "expectation of reduced": lambda q: from_signs(state().reduced(q).expectation(Z(i)) for i in range(len(q))),
    "expectation": lambda q: from_signs(state().expectation(Z(i)) for i in q),
    "expectation of Pauli strings": lambda q: from_signs(
        state().expectation({"I" * i + "Z" + "I" * (N - 1 - i): 1.0}) for i in q
    ),
    "observables of a run": lambda q: from_signs(run(circuit(), None, observables=[Z(i) for i in q]).expectations),
    "bloch": lambda q: from_signs(state().bloch(i)[2] for i in q),
    "sample": lambda q: only(state().sample(3, qubits=q, seed=0)),
    "sample of a density matrix": lambda q: only(state().density_matrix().sample(3, qubits=q, seed=0)),
    "sample of measured qubits": lambda q: only(with_measurements(q).sample(3, seed=0)),
    "marginal": lambda q: only(circuit().sample(3, seed=0).marginal(q)),
    "marginal by label": lambda q: only(circuit().sample(3, seed=0).marginal([f"q{i}" for i in q])),
    "ints": lambda q: format(next(iter(with_measurements(q).sample(3, seed=0).to_ints())), f"0{len(q)}b"),
    "reverse_bits": lambda q: only(with_measurements(q).sample(3, seed=0).reverse_bits())[::-1],
    "measure": lambda q: state().measure(q, seed=0)[0],
    "schmidt": lambda q: spelled(state().schmidt(q).left[0].probabilities()),
    "ket": lambda q: repr(State._wrap(state().reduced(q).matrix.diagonal().copy())).partition("|")[2].partition("⟩")[0],
    "repr of reduced": lambda q: repr(state().reduced(q)).partition("|")[2].partition("⟩")[0],
    "plot": lambda q: plotted(state().sample(3, qubits=q, seed=0)),
    "text plot": lambda q: text_histogram(state().sample(3, qubits=q, seed=0)).splitlines()[1].split()[0],
    "exact of a histogram": lambda q: only(state().sample(3, qubits=q, seed=0).expected(state().reduced(q))),
    "evolved": lambda q: spelled(State("0" * N).evolve(circuit()).probabilities(q)),
    "operators": lambda q: spelled((X(0) @ X(1) @ X(3)).apply(State("0" * N)).probabilities(q)),
}


@pytest.mark.parametrize("qubits", LISTINGS, ids=str)
@pytest.mark.parametrize("name", EXITS)
def test_each_exit_lists_qubits_as_asked(name, qubits):
    assert EXITS[name](list(qubits)) == "".join(BITS[q] for q in qubits)


@pytest.mark.parametrize("qubits", LISTINGS, ids=str)
def test_collapse_reads_its_outcome_in_the_order_listed(qubits):
    outcome = "".join(BITS[q] for q in qubits)
    after, probability = State("+" * N).collapse(outcome, list(qubits))
    assert probability == pytest.approx(2.0 ** -len(qubits))
    assert from_signs(after.expectation(Z(q)) for q in qubits) == outcome


def test_the_whole_register():
    assert state()[BITS] == state()[int(BITS, 2)] == 1
    assert state() == State(BITS)
    assert spelled(state().probabilities()) == spelled(np.abs(np.asarray(state().amplitudes))) == BITS
    assert only(circuit().sample(1, seed=0)) == only(circuit().measure_all().sample(1, seed=0)) == BITS
    assert circuit().sample(1, seed=0).labels == tuple(f"q{i}" for i in range(N))
    assert isinstance(state().reduced([0]), DensityMatrix)
