"""Sampling: against the definition, at its edges, and by chi-square with fixed seeds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qsim.errors import StateError, TooLargeError
from qsim.states.sampling import (
    BLOCK,
    check_shots,
    check_total,
    draw_sorted_uniforms,
    invert_cumulative,
    make_rng,
    sample_blocks,
    sample_indices,
)

ULP_BELOW_1 = np.nextafter(1.0, 0.0)


def invert(probabilities, uniforms):
    array = np.asarray(probabilities, dtype=float)
    return invert_cumulative(np.asarray(uniforms, dtype=float), lambda start, stop: array[start:stop], len(array))


def p_value(observed, probabilities):
    """Chi-square of counts by index, neighbours taken together into cells of some 20 expected draws and more."""
    num_cells = max(int(observed.sum()) // 20, 1)
    cell = np.ceil(np.cumsum(probabilities) * num_cells - 1e-9).astype(int)
    seen = np.bincount(cell, observed)
    expected = np.bincount(cell, probabilities * observed.sum())
    return stats.chisquare(seen[expected > 0], expected[expected > 0]).pvalue


def spread(outcomes, counts, length):
    full = np.zeros(length, dtype=np.int64)
    full[outcomes] = counts
    return full


DISTRIBUTIONS = {
    "certain": np.array([0.0, 0.0, 1.0, 0.0]),
    "fair coin": np.array([0.5, 0.5]),
    "zeros everywhere": np.array([0.0, 0.0, 0.25, 0.0, 0.0, 0.75, 0.0, 0.0]),
    "uneven": np.arange(1, 33) / 528,
    "one block": np.random.default_rng(1).dirichlet(np.ones(BLOCK)),
    "three blocks, the middle empty": np.concatenate([np.full(BLOCK, 0.5 / BLOCK), np.zeros(BLOCK), [0.25, 0.0, 0.25]]),
    "a long tail of nothing": np.concatenate([[0.3, 0.7], np.zeros(3 * BLOCK)]),
    "a long head of nothing": np.concatenate([np.zeros(3 * BLOCK), [0.3, 0.7]]),
    "not a multiple of the block": np.random.default_rng(2).dirichlet(np.full(2 * BLOCK + 12345, 0.1)),
}
distributions = pytest.mark.parametrize("probabilities", DISTRIBUTIONS.values(), ids=DISTRIBUTIONS)


# ── What is drawn ─────────────────────────────────────────────────────────────────────────────────────────────────────


@distributions
@pytest.mark.parametrize("shots", [1, 1000, 200_000])
def test_counts_follow_the_probabilities_and_sum_to_the_shots(probabilities, shots):
    outcomes, counts = sample_indices(probabilities, shots, make_rng(11))
    assert outcomes.dtype == counts.dtype == np.int64
    assert np.all(np.diff(outcomes) > 0)
    assert np.all(counts > 0)
    assert counts.sum() == shots
    assert np.all(probabilities[outcomes] > 0)
    if shots > 1 and np.count_nonzero(probabilities) > 1:
        assert p_value(spread(outcomes, counts, len(probabilities)), probabilities) > 1e-6


@distributions
def test_the_index_is_where_the_cumulative_sum_passes_the_number(probabilities):
    uniforms = np.sort(make_rng(5).random(2000))
    expected = np.searchsorted(np.cumsum(probabilities), uniforms, side="right")
    # The sum in two levels and the plain one are equal but for rounding, so a number may fall on a neighbour.
    np.testing.assert_allclose(
        np.cumsum(probabilities)[invert(probabilities, uniforms)], np.cumsum(probabilities)[expected], atol=1e-12
    )


@given(weights=st.lists(st.integers(0, 3), min_size=1, max_size=40).filter(any), seed=st.integers(0, 10**6))
def test_the_inverse_is_exact_where_sums_are(weights, seed):
    """With multiples of a power of two nothing is rounded, so the definition c[i-1] ≤ u < c[i] holds to the bit."""
    scale = 2.0 ** np.ceil(np.log2(sum(weights)))
    probabilities = np.append(weights, scale - sum(weights)) / scale
    edges = np.cumsum(probabilities)
    uniforms = np.sort(np.concatenate([make_rng(seed).random(50), edges[edges < 1], [0.0, ULP_BELOW_1]]))
    drawn = invert(probabilities, uniforms)
    assert np.all(np.append(0.0, edges)[drawn] <= uniforms)
    assert np.all(uniforms < edges[drawn])


@distributions
def test_extreme_numbers_fall_on_the_first_and_the_last_possible_index(probabilities):
    possible = np.flatnonzero(probabilities)
    drawn = invert(probabilities, [0.0, 5e-324, ULP_BELOW_1, 1.0])
    assert drawn[0] == possible[0]
    assert drawn[-1] == possible[-1]
    assert np.all(probabilities[drawn] > 0)


@pytest.mark.parametrize("factor", [1 - 1e-4, 1 - 1e-15, 1 + 1e-15, 1 + 1e-4])
@pytest.mark.parametrize("length", [3, 1000, BLOCK + 1])
def test_rounding_of_the_sum_is_scaled_away(factor, length):
    probabilities = np.zeros(length + 5)
    probabilities[2:-3] = factor / length
    drawn = invert(probabilities, [0.0, 0.5, ULP_BELOW_1, 1.0])
    assert drawn[0] == 2
    assert drawn[-1] == drawn[-2] == length + 1
    assert abs(drawn[1] - (2 + length / 2)) <= 1


def test_probabilities_lost_in_the_sum_are_never_hit():
    """Below an ulp of what comes before, a probability vanishes in the sum; the neighbours without any stay unhit."""
    probabilities = np.zeros(2 * BLOCK)
    probabilities[0] = 1.0
    probabilities[BLOCK + 7 :: 16] = 1e-30
    assert invert(probabilities, [0.0, ULP_BELOW_1, 1.0]).tolist() == [0, 0, 0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_any_real_numbers_do(dtype):
    outcomes, counts = sample_indices(np.array([0, 1, 0], dtype=dtype), 10, make_rng(1))
    assert (outcomes.tolist(), counts.tolist()) == ([1], [10])


def test_single_precision_is_summed_in_double():
    probabilities = np.full(2**20, 2.0**-20, dtype=np.float32)
    outcomes, counts = sample_indices(probabilities, 10**6, make_rng(3))
    halves = np.array([counts[outcomes < 2**19].sum(), counts[outcomes >= 2**19].sum()])
    assert p_value(halves, np.array([0.5, 0.5])) > 1e-6


def test_no_shots_give_nothing():
    outcomes, counts = sample_indices(np.array([0.5, 0.5]), 0, make_rng(1))
    assert outcomes.shape == counts.shape == (0,)


# ── Pieces ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_distribution_read_in_blocks_gives_the_same_sample():
    amplitudes = np.random.default_rng(8).standard_normal(3 * BLOCK + 17)
    amplitudes /= np.linalg.norm(amplitudes)
    largest = 0

    def read(start, stop):
        nonlocal largest
        largest = max(largest, stop - start)
        return amplitudes[start:stop] ** 2

    whole = sample_indices(amplitudes**2, 5000, make_rng(4))
    pieces = sample_blocks(read, len(amplitudes), 5000, make_rng(4))
    assert largest == BLOCK
    for expected, found in zip(whole, pieces, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_blocks_that_are_not_hit_are_read_once():
    probabilities = np.zeros(4 * BLOCK)
    probabilities[2 * BLOCK + 1] = 1.0
    reads = []

    def read(start, stop):
        reads.append(start // BLOCK)
        return probabilities[start:stop]

    sample_blocks(read, len(probabilities), 100, make_rng(1))
    assert sorted(reads) == [0, 1, 2, 2, 3]


def test_sorted_uniforms_are_uniform():
    uniforms = draw_sorted_uniforms(100_000, make_rng(6))
    assert np.all(np.diff(uniforms) >= 0)
    assert uniforms[0] >= 0
    assert uniforms[-1] <= 1
    assert stats.kstest(uniforms, "uniform").pvalue > 1e-6
    singles = [draw_sorted_uniforms(1, make_rng(seed))[0] for seed in range(500)]
    assert stats.kstest(singles, "uniform").pvalue > 1e-6


def test_too_many_shots_are_refused_before_they_are_drawn(monkeypatch):
    monkeypatch.setattr("qsim.memory.available_memory", lambda: 2**30)
    with pytest.raises(TooLargeError, match=r"A sample of 1000000000 shots needs 29\.8 GiB"):
        sample_indices(np.array([0.5, 0.5]), 10**9, make_rng(1))


# ── Seeds ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_equal_seeds_give_equal_samples_and_a_generator_goes_on():
    probabilities = np.full(64, 1 / 64)
    first, second = (sample_indices(probabilities, 100, make_rng(np.int64(9)))[1] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    rng = np.random.default_rng(9)
    assert make_rng(rng) is rng
    np.testing.assert_array_equal(sample_indices(probabilities, 100, rng)[1], first)
    assert sample_indices(probabilities, 100, rng)[1].tolist() != first.tolist()


def test_neighbouring_seeds_are_uncorrelated():
    draws = np.array([make_rng(seed).random(200) for seed in range(400)])
    correlation = stats.pearsonr(draws[:-1].ravel(), draws[1:].ravel())
    assert correlation.pvalue > 1e-6


def test_the_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    sample_indices(np.array([0.5, 0.5]), 100, make_rng(None))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_fresh_generators_differ():
    assert make_rng(None).integers(2**62) != make_rng(None).integers(2**62)


@pytest.mark.parametrize("seed", [True, np.True_, 1.0, "7", [1, 2]])
def test_seeds_of_other_types_are_refused(seed):
    with pytest.raises(TypeError, match="Argument `seed` must be an int, a numpy"):
        make_rng(seed)


def test_negative_seeds_are_refused():
    with pytest.raises(StateError, match="Argument `seed` must be 0 or more, but is -3"):
        make_rng(-3)


# ── Refusals ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("shots", "error"), [(-1, StateError), (1.5, TypeError), (10.0, TypeError), (True, TypeError), (None, TypeError)]
)
def test_shots_are_whole_and_not_negative(shots, error):
    with pytest.raises(error, match="Argument `shots` must be"):
        sample_indices(np.array([1.0]), shots, make_rng(1))
    assert check_shots(np.int32(3)) == 3


@pytest.mark.parametrize(
    ("probabilities", "rule"),
    [
        ([0.5, np.nan], "0 or more, but has nan at index 1"),
        ([1.5, -0.5], "0 or more, but has -0.5 at index 1"),
        ([0.5, 0.4], "sum to 1, but sums to 0.9"),
        ([0.0, 0.0], "sum to 1, but sums to 0"),
        ([0.5, np.inf], "sum to 1, but sums to inf"),
        ([], "sum to 1, but sums to 0"),
        ([[0.5, 0.5]], r"a vector of real numbers, but has shape \(1, 2\)"),
        ([1j, 0], "a vector of real numbers, but has shape .* complex128"),
    ],
)
def test_what_is_no_distribution_is_refused(probabilities, rule):
    with pytest.raises(StateError, match=f"Argument `probabilities` must (be )?{rule}"):
        sample_indices(np.array(probabilities), 10, make_rng(1))


def test_the_index_of_a_wrong_probability_is_that_of_the_whole_array():
    probabilities = np.full(2 * BLOCK, 0.5 / BLOCK)
    probabilities[BLOCK + 3] = -1
    with pytest.raises(StateError, match=f"at index {BLOCK + 3}"):
        sample_indices(probabilities, 10, make_rng(1))


def test_a_total_may_differ_by_the_rounding_of_single_precision_alone():
    check_total((1 + 1e-4) ** 2)
    with pytest.raises(StateError):
        check_total(1.01)
