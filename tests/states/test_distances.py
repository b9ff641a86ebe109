"""Statistics of counts: against SciPy, and by their laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qsim.errors import StateError
from qsim.states import Counts, State
from qsim.states.distances import chi_square, hellinger, total_variation, wilson_interval


def distributions(size):
    weights = st.lists(st.integers(0, 20), min_size=size, max_size=size).filter(any)
    return weights.map(lambda drawn: np.array(drawn) / sum(drawn))


pairs = st.integers(1, 12).flatmap(lambda size: st.tuples(*[distributions(size)] * 3))


# ── Wilson's interval ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("level", [0.5, 0.6827, 0.95, 0.999])
@pytest.mark.parametrize("shots", [1, 2, 10, 1000, 10**9])
def test_wilson_is_that_of_scipy(shots, level):
    successes = np.unique(np.array([0, 1, shots // 3, shots // 2, shots - 1, shots]))
    low, high = wilson_interval(successes, shots, level)
    for place, number in enumerate(successes.tolist()):
        expected = stats.binomtest(number, shots).proportion_ci(level, method="wilson")
        np.testing.assert_allclose((low[place], high[place]), (expected.low, expected.high), rtol=1e-12, atol=1e-15)


@given(st.integers(1, 10**6), st.floats(0, 1), st.floats(0.01, 0.99))
def test_wilson_holds_the_share_and_stays_within_0_and_1(shots, part, level):
    successes = round(part * shots)
    low, high = wilson_interval(successes, shots, level)
    assert 0 <= low <= successes / shots <= high <= 1


@pytest.mark.parametrize("level", [0, 1, -0.5, 95, float("nan")])
def test_a_level_is_a_probability(level):
    with pytest.raises(StateError, match="Argument `level` must lie between 0 and 1"):
        Counts({"0": 1}).interval("0", level)


def test_the_interval_of_counts():
    counts = Counts({"00": 30, "11": 70})
    for key, number in {"00": 30, "11": 70, "01": 0}.items():
        expected = stats.binomtest(number, 100).proportion_ci(0.9, method="wilson")
        assert counts.interval(key, 0.9) == pytest.approx((expected.low, expected.high))
    with pytest.raises(KeyError):
        counts.interval("0")


# ── Distances ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(pairs)
def test_distances_are_metrics_and_bound_each_other(triple):
    p, q, r = triple
    for distance in (total_variation, hellinger):
        assert distance(p, p) == 0
        assert 0 <= distance(p, q) == distance(q, p) <= 1
        assert distance(p, r) <= distance(p, q) + distance(q, r) + 1e-12
    assert hellinger(p, q) ** 2 <= total_variation(p, q) + 1e-12
    assert total_variation(p, q) <= np.sqrt(2) * hellinger(p, q) + 1e-12
    assert hellinger(p, q) ** 2 == pytest.approx(1 - np.sqrt(p * q).sum(), abs=1e-12)


@given(pairs)
def test_total_variation_is_the_largest_difference_of_an_event(triple):
    p, q, _ = triple
    best = p > q  # the event on which the two differ most
    assert total_variation(p, q) == pytest.approx(p[best].sum() - q[best].sum(), abs=1e-12)


COUNTS = Counts({"00": 1, "01": 2, "11": 5})
SHARES = np.array([0.125, 0.25, 0, 0.625])
EXACT = np.array([0.25, 0.0, 0.25, 0.5])


class Source:
    """Anything that gives probabilities when asked."""

    def probabilities(self):
        return EXACT


FORMS = {
    "vector": EXACT,
    "list": EXACT.tolist(),
    "single precision": EXACT.astype(np.float32),
    "dict": {"00": 0.25, "10": 0.25, "11": 0.5},
    "dict with zeros": {"00": 0.25, "01": 0.0, "10": 0.25, "11": 0.5},
    "counts": Counts({"00": 25, "10": 25, "11": 50}, registers=[("c", 1), ("d", 1)]),
    "state": State([0.5, 0, 0.5j, np.sqrt(0.5)]),
    "density matrix": State([0.5, 0, 0.5j, np.sqrt(0.5)]).density_matrix(),
    "duck": Source(),
    "rounded": EXACT * (1 + 5e-4),
}


@pytest.mark.parametrize("exact", FORMS.values(), ids=FORMS)
def test_exact_probabilities_in_every_form(exact):
    assert COUNTS.total_variation(exact) == pytest.approx(0.5 * np.abs(SHARES - EXACT).sum())
    assert COUNTS.hellinger(exact) == pytest.approx(np.sqrt(1 - np.sqrt(SHARES * EXACT).sum()))
    assert COUNTS.expected(exact) == pytest.approx({"00": 2.0, "10": 2.0, "11": 4.0})
    assert COUNTS.chi_square(exact).p_value == 0


def test_two_runs_in_many_bits():
    rng = np.random.default_rng(3)
    strings = ["".join(map(str, row)) for row in rng.integers(0, 2, (30, 130))]
    first = Counts({key: 1 + place for place, key in enumerate(strings[:20])})
    second = Counts({key: 1 + place for place, key in enumerate(strings[10:])})
    p, q = first.probabilities(), second.probabilities()
    expected = 0.5 * sum(abs(p.get(key, 0) - q.get(key, 0)) for key in strings)
    assert first.total_variation(second) == pytest.approx(expected)
    assert second.total_variation(first) == pytest.approx(expected)
    assert first.total_variation(q) == pytest.approx(expected)
    assert first.hellinger(first) == 0


def test_expected_counts_have_the_keys_of_the_counts():
    counts = Counts({"0 1": 10})
    assert counts.expected([0, 0.5, 0, 0.5]) == {"0 1": 5.0, "1 1": 5.0}


@pytest.mark.parametrize(
    ("exact", "error", "rule"),
    [
        (np.full(8, 0.125), StateError, r"length 2\^2, but have shape \(8,\)"),
        (np.full((2, 2), 0.25), StateError, r"shape \(2, 2\)"),
        (State("000"), StateError, r"shape \(8,\)"),
        (Counts({"000": 1}), StateError, "2 bits cannot be compared with 3 bits"),
        ({"000": 1.0}, KeyError, "2 characters"),
        ([0.5, 0.5, 0.5, 0.5], StateError, "sum to 1, but sums to 2"),
        ({"00": 5, "11": 5}, StateError, "sum to 1, but sums to 10"),
        ([1.5, -0.5, 0, 0], StateError, "0 or more, but one is -0.5"),
        ([np.nan, 0.5, 0, 0.5], StateError, "0 or more"),
        (np.array([1j, 0, 0, 0]), TypeError, "real numbers, but have dtype complex128"),
        ("0101", TypeError, "real numbers"),
        (None, TypeError, "real numbers, but have dtype object"),
    ],
)
def test_what_is_no_distribution_of_these_bits_is_refused(exact, error, rule):
    for method in (COUNTS.total_variation, COUNTS.hellinger, COUNTS.chi_square, COUNTS.expected):
        with pytest.raises(error, match=rule):
            method(exact)


def test_no_shots_have_no_distance():
    empty = Counts({}, labels="ab")
    for compare in (empty.total_variation, empty.hellinger, empty.chi_square):
        with pytest.raises(StateError, match="0 shots"):
            compare(EXACT)
    with pytest.raises(StateError, match="0 shots"):
        COUNTS.total_variation(empty)


# ── Chi-square ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_chi_square_is_that_of_scipy_where_nothing_is_pooled():
    rng = np.random.default_rng(5)
    for size in (2, 4, 32, 256):
        probabilities = rng.dirichlet(np.full(size, 5.0)) * 0.9 + 0.1 / size
        observed = rng.multinomial(100 * size, probabilities)
        outcomes = np.flatnonzero(observed)
        counts = Counts.from_arrays(outcomes, observed[outcomes], labels=range(size.bit_length() - 1))
        expected = stats.chisquare(observed, probabilities * observed.sum())
        found = counts.chi_square(probabilities)
        assert found.statistic == pytest.approx(expected.statistic)
        assert found.p_value == pytest.approx(expected.pvalue)
        assert found.degrees_of_freedom == size - 1


@pytest.mark.parametrize(
    ("observed", "probabilities", "cells"),
    [
        # of 100 shots: expectations 50, 42, and 4 + 4 pooled
        ([48, 41, 6, 5], [0.50, 0.42, 0.04, 0.04], [(48, 50), (41, 42), (11, 8)]),
        # 2 + 1 are still below 5, and join the smallest cell
        ([58, 37, 3, 2], [0.60, 0.37, 0.02, 0.01], [(58, 60), (42, 40)]),
        # an expectation of 5 stands alone
        ([90, 7, 3, 0], [0.90, 0.05, 0.05, 0.0], [(90, 90), (7, 5), (3, 5)]),
        # a certain outcome
        ([100, 0, 0, 0], [1.0, 0.0, 0.0, 0.0], [(100, 100)]),
    ],
)
def test_cells_of_small_expectation_are_pooled(observed, probabilities, cells):
    seen, expected = np.array(cells, dtype=float).T
    found = chi_square(np.array(observed), np.array(probabilities))
    assert found.statistic == pytest.approx(((seen - expected) ** 2 / expected).sum())
    assert found.degrees_of_freedom == len(cells) - 1
    assert found.p_value == pytest.approx(stats.chi2.sf(found.statistic, len(cells) - 1) if len(cells) > 1 else 1.0)


def test_a_few_shots_test_nothing():
    assert Counts({"00": 2, "11": 1}).chi_square(np.full(4, 0.25)).p_value == 1


@pytest.mark.parametrize("impossible", [0.0, 1e-33])
def test_an_impossible_outcome_is_the_end_of_the_hypothesis(impossible):
    found = Counts({"00": 500, "01": 1, "11": 499}).chi_square([0.5, impossible, 0.0, 0.5])
    assert (found.statistic, found.p_value) == (np.inf, 0)


def test_p_values_of_fair_samples_are_uniform():
    state = State.random(5, seed=3)
    values = [state.sample(2000, seed=seed).chi_square(state).p_value for seed in range(300)]
    assert stats.kstest(values, "uniform").pvalue > 1e-6
    assert state.sample(2000, seed=1).chi_square(State.random(5, seed=4)).p_value < 1e-6


def test_the_result_is_frozen():
    result = Counts({"0": 10, "1": 10}).chi_square([0.5, 0.5])
    assert (result.statistic, result.degrees_of_freedom, result.p_value) == (0, 1, 1)
    with pytest.raises(AttributeError):
        result.p_value = 0.5
