"""`kron` against `numpy.kron`, and what it does with sparse arrays, hooks and sizes."""

import functools
import itertools
import subprocess
import sys
from fractions import Fraction

import hypothesis.extra.numpy as numpy_strategies
import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.linalg import aslinearoperator

from qsim.algebra import KroneckerProduct, kron
from qsim.errors import OperatorError, TooLargeError
from qsim.memory import format_bytes

DTYPES = ["bool", "int8", "uint8", "int64", "float16", "float32", "float64", "complex64", "complex128"]
FORMATS = ["bsr", "coo", "csc", "csr", "dia", "dok", "lil"]


def whole_numbers(shape, dtype, seed=0):
    """An array of small whole numbers, so that products are exact in every type and every order."""
    return np.random.default_rng([seed, *shape]).integers(0, 3, shape).astype(dtype)


def assert_same(result, expected):
    assert type(result) is type(expected)
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    assert np.array_equal(result, expected)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((2, 3), (4, 5)),
        ((2, 1), (1, 3)),
        ((40, 50), (2, 2)),  # the pass for each entry of a small right factor
        ((2000, 1), (2, 1)),
        ((1, 3000), (4, 4)),
        ((0, 3), (2, 2)),
        ((3,), (4,)),
        ((2, 3), (4,)),
        ((4,), (2, 3)),
        ((2, 2, 3), (3, 2)),
        ((2, 3, 1, 2), (2, 1, 3, 2)),
        ((), (2, 3)),
        ((2, 3), ()),
    ],
)
@pytest.mark.parametrize("dtypes", [*zip(DTYPES, DTYPES, strict=True), ("float32", "float64"), ("int8", "complex64")])
def test_two_arrays_equal_numpy(left, right, dtypes):
    a, b = (whole_numbers(shape, dtype) for shape, dtype in zip((left, right), dtypes, strict=True))
    assert_same(kron(a, b), np.kron(a, b))


shapes = numpy_strategies.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)


@given(st.lists(st.tuples(shapes, st.sampled_from(DTYPES)), min_size=1, max_size=4))
def test_any_arrays_equal_numpy_from_the_left(drawn):
    factors = [whole_numbers(shape, dtype, seed) for seed, (shape, dtype) in enumerate(drawn)]
    expected = functools.reduce(np.kron, factors)
    result = kron(*factors)
    assert result.dtype == expected.dtype
    assert np.array_equal(result, expected)


@pytest.mark.parametrize("count", [3, 4, 5])
def test_integers_wrap_around_as_they_do_from_the_left(count):
    same = [np.arange(60, 66, dtype=np.int8).reshape(2, 3)] * count
    assert_same(kron(*same), functools.reduce(np.kron, same))
    mixed = [*same, np.array([[1000]])]
    assert_same(kron(*mixed), functools.reduce(np.kron, mixed))


def test_rounding_of_many_factors_only():
    rng = np.random.default_rng(1)
    factors = [rng.standard_normal((2, 3)) + 1j * rng.standard_normal((2, 3)) for _ in range(5)]
    np.testing.assert_allclose(kron(*factors), functools.reduce(np.kron, factors), rtol=1e-14)


@pytest.mark.parametrize(
    "layout", [np.asfortranarray, lambda a: a[::-1, ::2], lambda a: a.T, lambda a: np.broadcast_to(a[:1], a.shape)]
)
def test_memory_layout_does_not_matter(layout):
    a, b = layout(whole_numbers((4, 6), float)), layout(whole_numbers((2, 4), float, seed=1))
    assert_same(kron(a, b), np.kron(a, b))
    assert kron(a, b).flags.c_contiguous


def test_array_likes():
    assert_same(kron([1, 10], [[1, 2], [3, 4]]), np.kron([1, 10], [[1, 2], [3, 4]]))
    assert_same(kron(2, [1.5, 2]), np.array([3.0, 4.0]))
    assert kron(2, 3) == 6
    fractions = np.array([Fraction(1, 2), Fraction(1, 3)])
    assert kron(fractions, fractions).tolist() == np.kron(fractions, fractions).tolist()
    assert kron(Fraction(1, 2), [2, 4]).tolist() == [1, 2]


def test_one_factor_is_returned_as_it_is():
    array = np.eye(2)
    assert kron(array) is array
    assert_same(kron([1, 2]), np.array([1, 2]))
    assert type(kron(scipy.sparse.coo_array(array))) is scipy.sparse.csr_array


def test_order_of_factors():
    """The first factor is the most significant: |0⟩ ⊗ |1⟩ is basis state 0b01."""
    zero, one = np.array([1, 0]), np.array([0, 1])
    assert np.flatnonzero(kron(zero, one)).tolist() == [0b01]
    assert np.flatnonzero(kron(one, zero, zero)).tolist() == [0b100]


@pytest.mark.parametrize("sizes", [[2] * 16, [1000, 2, 2, 2], [2, 2, 2, 1000], [1] * 300 + [2] * 8])
def test_many_factors_form_little_on_the_way(monkeypatch, sizes):
    formed = []

    def record(left, right):
        product = np.kron(left, right)
        formed.append(product.size)
        return product

    monkeypatch.setattr(sys.modules[kron.__module__], "_kron_pair", record)
    result = kron(*(np.full(size, 1.0) for size in sizes))
    assert result.size == np.prod(sizes)
    assert sum(size for size in formed if size > 2**10) <= 1.6 * result.size


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("dtype", ["int8", "float32", "complex128"])
def test_sparse_with_dense_gives_csr(form, dtype):
    a, b, c = whole_numbers((2, 3), dtype), whole_numbers((3, 2), "int64"), whole_numbers((1, 2), "float32")
    expected = np.kron(np.kron(a, b), c)
    sparse = scipy.sparse.coo_array(a).asformat(form)
    for factors in [(sparse, b, c), (sparse, scipy.sparse.csc_matrix(b), c.tolist())]:
        result = kron(*factors)
        assert type(result) is scipy.sparse.csr_array
        assert np.array_equal(result.toarray(), expected)
    assert kron(sparse, b, c).dtype == expected.dtype
    assert np.array_equal(kron(b, sparse).toarray(), np.kron(b, a))


def test_sparse_without_entries_keeps_its_type():
    result = kron(scipy.sparse.csr_array((2, 3), dtype=np.complex64), np.eye(2, dtype=np.float32))
    assert (result.shape, result.dtype, result.nnz) == ((4, 6), np.complex64, 0)


@pytest.mark.parametrize("other", [3.0, [1, 2], np.zeros((2, 2, 2))])
def test_beside_sparse_all_factors_are_matrices(other):
    with pytest.raises(OperatorError, match=r"Factor 1 must be 2-D beside a sparse one, but has shape"):
        kron(scipy.sparse.eye_array(2), other)


class Word:
    """Something with a Kronecker product of its own: words are joined."""

    def __init__(self, text):
        self.text = text

    @classmethod
    def _kron_(cls, factors):
        if not all(isinstance(factor, cls | str) for factor in factors):
            raise TypeError("words only")
        return cls("".join(factor if isinstance(factor, str) else factor.text for factor in factors))


class Other:
    @classmethod
    def _kron_(cls, factors):
        return factors


def test_a_hook_decides_wherever_it_stands():
    assert kron(Word("ab"), "c").text == "abc"
    assert kron("c", Word("ab")).text == "cab"
    alone = Word("x")
    assert kron(alone) is alone
    with pytest.raises(TypeError, match="words only"):
        kron(scipy.sparse.eye_array(2), Word("a"))


def test_two_kinds_of_hooks_are_refused():
    with pytest.raises(TypeError, match="one kind, but got Word and Other"):
        kron(Word("a"), np.eye(2), Other())


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        ((), "at least one factor"),
        ((np.eye(2), aslinearoperator(np.eye(2))), "factor 1, of type MatrixLinearOperator. KroneckerProduct"),
        ((KroneckerProduct(np.eye(2)), scipy.sparse.eye_array(2)), "factor 0, of type KroneckerProduct"),
        ((np.eye(2), object()), "factor 1, of type object"),
        (({1, 2}, np.eye(2)), "factor 0, of type set"),
    ],
)
def test_what_has_no_product_is_refused(factors, message):
    with pytest.raises(TypeError, match=message):
        kron(*factors)


COLUMN = np.ones((10**6, 1))


@pytest.mark.parametrize(
    ("factors", "words"),
    [
        ((COLUMN, COLUMN.T), ["(1000000, 1000000)", format_bytes(8 * 10**12)]),
        ((np.ones(2**20, dtype=np.int8), np.ones(2**20), np.ones(2**20)), [f"({2**60},)", format_bytes(2**63)]),
        (
            (scipy.sparse.eye_array(10**6), scipy.sparse.eye_array(10**6)),
            [f"({10**12}, {10**12})", f"{10**12} entries"],
        ),
    ],
)
def test_what_cannot_fit_is_refused_with_its_size(factors, words):
    with pytest.raises(TooLargeError) as refused:
        kron(*factors)
    for word in words:
        assert word in str(refused.value)


def test_the_guard_counts_the_bytes_that_are_left(monkeypatch):
    monkeypatch.setattr("qsim.memory.available_memory", lambda: 96 * 2**20)  # 64 MiB of them are the system's
    assert kron(np.ones(2**12), np.ones(2**10)).nbytes == 32 * 2**20
    with pytest.raises(TooLargeError, match=r"of shape \(8388608,\) needs 64 MiB, but 32 MiB can be had"):
        kron(np.ones(2**13), np.ones(2**10))


def test_numpy_alone_is_enough():
    code = "import sys, numpy, qsim.algebra as a; a.kron(numpy.eye(2), [1]); print('scipy' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


def test_kron_is_associative_and_multiplies_shapes():
    a, b, c = (whole_numbers(shape, int, seed) for seed, shape in enumerate([(2, 3), (1, 4), (3, 2)]))
    for factors in itertools.permutations((a, b, c)):
        first, second, third = factors
        assert_same(kron(first, second, third), kron(first, kron(second, third)))
