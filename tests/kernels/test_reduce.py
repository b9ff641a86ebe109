"""The kernels that read a state, one by one, where a mistake could hide in what calls them."""

import numpy as np
import pytest

from qsim.kernels import try_load
from qsim.kernels.target import REDUCE
from qsim.states.sampling import folded_sum

pytestmark = pytest.mark.skipif(try_load("double", source=REDUCE) is None, reason="no compiled kernels on this machine")
DTYPES = {"double": np.complex128, "single": np.complex64}


@pytest.fixture(params=DTYPES)
def precision(request):
    return request.param


def amplitudes_of(precision, length=4096):
    numbers = np.random.default_rng(length).standard_normal((2, length))
    return (numbers[0] + 1j * numbers[1]).astype(DTYPES[precision])


def squares_of(amplitudes):
    return np.square(amplitudes.real, dtype=float) + np.square(amplitudes.imag, dtype=float)


def test_squares_and_their_sums_are_numpys_to_the_last_bit(precision):
    """Nothing else makes both draw the same samples."""
    kernels, amplitudes = try_load(precision, source=REDUCE), amplitudes_of(precision)
    expected, out = squares_of(amplitudes), np.zeros(4096)
    kernels.squares(amplitudes.ctypes.data, out.ctypes.data, 1024, 3072)
    assert (out[1024:3072] == expected[1024:3072]).all()
    assert not out[:1024].any()
    assert not out[3072:].any()
    scratch = np.empty(512)
    for length in (1024, 2048, 4096):
        totals = np.full(4096 // length, -1.0)
        kernels.block_totals(amplitudes.ctypes.data, totals.ctypes.data, scratch.ctypes.data, length, 0, len(totals))
        assert totals.tolist() == [folded_sum(block) for block in expected.reshape(-1, length)]


def test_draws_are_located_as_in_numpys_cumulative_sum(precision):
    """An odd number of blocks, one without draws, draws at every edge, on both of its sides, and beyond the end."""
    kernels, amplitudes = try_load(precision, source=REDUCE), amplitudes_of(precision, 5 * 1024)
    amplitudes[4096 + 1000 :] = 0
    sums = [np.cumsum(squares_of(block)) for block in amplitudes.reshape(5, 1024)]
    edges = np.array([0.0, 3.0, 0.5, 0.0, 0.25])
    wanted = []
    for block, part in enumerate(sums):
        at = part[::7]
        points = np.concatenate([[0.0], at, np.nextafter(at, 0), np.nextafter(at, np.inf), [2 * part[-1]] * 3])
        wanted.append(np.sort(points) + edges[block] if block != 2 else np.empty(0))
    targets = np.concatenate(wanted)
    cuts = np.append(0, np.cumsum([len(part) for part in wanted])).astype(np.int64)
    found = np.full(len(targets), -1, dtype=np.int64)
    arrays = (amplitudes, targets, edges, cuts, found)
    kernels.locate(*(array.ctypes.data for array in arrays), 1024, 0, 5)
    for block, (points, part) in enumerate(zip(wanted, sums, strict=True)):
        expected = np.searchsorted(part, points - edges[block], side="right")
        expected = np.minimum(expected, np.searchsorted(part, part[-1])) + 1024 * block
        assert found[cuts[block] : cuts[block + 1]].tolist() == expected.tolist()


def test_an_inner_product_is_that_of_its_range(precision):
    kernels, left = try_load(precision, source=REDUCE), amplitudes_of(precision)
    right = left[::-1].copy()
    out = np.empty((2, kernels.target.lanes("double")))
    kernels.inner_product(left.ctypes.data, right.ctypes.data, out.ctypes.data, 512, 1536)
    out[1, 1::2] *= -1
    expected = np.vdot(left[512:1536].astype(complex), right[512:1536].astype(complex))
    assert complex(*out.sum(axis=1)) == pytest.approx(expected, rel=1e-13)
