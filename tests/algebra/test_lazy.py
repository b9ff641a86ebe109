"""`KroneckerProduct` and `KroneckerSum` against the formed matrices."""

import copy
import functools
import itertools
import math
import pickle

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from qsim.algebra import KroneckerProduct, KroneckerSum
from qsim.errors import OperatorError, TooLargeError

FORMS = {
    "dense": np.asarray,
    "csr": scipy.sparse.csr_array,
    "operator": aslinearoperator,
    "product": lambda array: KroneckerProduct(array, np.eye(1, dtype=array.dtype)),
}
DTYPES = ["int8", "int64", "float32", "float64", "complex128"]
SHAPES = [
    [(4, 4)],
    [(2, 3), (4, 2)],
    [(3, 3), (2, 2), (4, 4)],
    [(1, 5), (4, 1), (2, 3)],
    [(6, 2), (2, 5), (3, 3)],
    [(2, 1), (1, 3), (5, 2), (2, 2)],
    [(0, 2), (3, 3)],
    [(2, 0), (3, 3)],
]
SQUARES = [[(4, 4)], [(2, 2), (3, 3)], [(3, 3), (2, 2), (4, 4)], [(2, 2), (1, 1), (3, 3), (2, 2)], [(0, 0), (2, 2)]]


def random_array(shape, dtype, seed=0):
    """Whole numbers, so that every type multiplies exactly."""
    rng = np.random.default_rng([seed, *shape])
    array = rng.integers(-3, 4, shape).astype(dtype)
    return array + (1j * rng.integers(-3, 4, shape)).astype(dtype) if array.dtype.kind == "c" else array


def random_arrays(shapes, dtype):
    return [random_array(shape, dtype, seed) for seed, shape in enumerate(shapes)]


def formed_product(arrays):
    return functools.reduce(np.kron, arrays)


def formed_sum(arrays):
    """Σ I ⊗ … ⊗ A ⊗ … ⊗ I."""
    eyes = [np.eye(len(array), dtype=array.dtype) for array in arrays]
    return sum(
        formed_product([array if at == place else eye for at, eye in enumerate(eyes)])
        for place, array in enumerate(arrays)
    )


KINDS = [
    *((KroneckerProduct, formed_product, shapes) for shapes in SHAPES),
    *((KroneckerSum, formed_sum, shapes) for shapes in SQUARES),
]
every_kind = pytest.mark.parametrize(("kind", "formed", "shapes"), KINDS)


def assert_equal(result, expected):
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    assert np.array_equal(result, expected)


# ── Applying and forming ──────────────────────────────────────────────────────────────────────────────────────────


@every_kind
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_products_equal_those_of_the_formed_matrix(kind, formed, shapes, form, dtype):
    arrays = random_arrays(shapes, dtype)
    lazy, matrix = kind(*map(FORMS[form], arrays)), formed(arrays)
    rows, columns = matrix.shape
    for x in (
        random_array((columns,), dtype),
        random_array((columns, 1), "float64"),
        random_array((columns, 3), "int8"),
    ):
        assert_equal(lazy @ x, matrix @ x)
        assert_equal(lazy.T.H @ x, matrix.conj() @ x)
    for y in (random_array((rows,), dtype), random_array((rows, 3), "complex128")):
        assert_equal(lazy.T @ y, matrix.T @ y)
        assert_equal(lazy.H @ y, matrix.conj().T @ y)
        assert_equal(y.T @ lazy, y.T @ matrix)
    assert_equal(lazy.rmatvec(random_array((rows,), dtype)), matrix.conj().T @ random_array((rows,), dtype))
    assert_equal(lazy.rmatmat(random_array((rows, 2), dtype)), matrix.conj().T @ random_array((rows, 2), dtype))


@every_kind
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_forming(kind, formed, shapes, form, dtype):
    arrays = random_arrays(shapes, dtype)
    lazy, matrix = kind(*map(FORMS[form], arrays)), formed(arrays)
    assert (lazy.shape, lazy.dtype) == (matrix.shape, matrix.dtype)
    assert_equal(lazy.toarray(), matrix)
    assert lazy.toarray().flags.writeable
    assert type(lazy.tosparse()) is scipy.sparse.csr_array
    assert_equal(lazy.tosparse().toarray(), matrix)
    for turned, expected in [(lazy.T, matrix.T), (lazy.H, matrix.conj().T)]:
        assert type(turned) is kind
        assert_equal(turned.toarray(), expected)
    if all(rows == columns for rows, columns in shapes):
        assert lazy.trace() == matrix.trace()


@every_kind
def test_mixed_types_promote_as_the_formed_matrix_does(kind, formed, shapes):
    arrays = [
        random_array(shape, dtype) for shape, dtype in zip(shapes, itertools.cycle(["int8", "complex64", "int64"]))
    ]
    x = np.full(math.prod(columns for _, columns in shapes), 100, dtype=np.int8)  # int8 alone would wrap around
    assert_equal(kind(*arrays) @ x, formed(arrays) @ x)


@pytest.mark.parametrize("kind", [KroneckerProduct, KroneckerSum])
def test_a_dense_factor_of_zeros_mostly(kind):
    formed = {KroneckerProduct: formed_product, KroneckerSum: formed_sum}[kind]
    for arrays in [(np.diag(np.arange(60)), random_array((3, 3), int)), (random_array((3, 3), int), np.eye(70, k=2))]:
        x = random_array((len(arrays[0]) * len(arrays[1]),), int)
        assert_equal(kind(*arrays) @ x, formed(arrays) @ x)


@pytest.mark.parametrize("kind", [KroneckerProduct, KroneckerSum])
@pytest.mark.parametrize("form", ["bsr", "coo", "csc", "dia", "dok", "lil"])
def test_sparse_formats(kind, form):
    arrays = random_arrays([(2, 2), (3, 3)], int)
    arrays_and_matrices = [scipy.sparse.coo_array(arrays[0]), scipy.sparse.coo_matrix(arrays[1])]
    expected = kind(*arrays).toarray()
    assert_equal(kind(*(matrix.asformat(form) for matrix in arrays_and_matrices)) @ np.eye(6, dtype=int), expected)


def test_row_major_identities():
    """(A ⊗ B) vec(X) = vec(A X Bᵀ) and (A ⊗ I + I ⊗ B) vec(X) = vec(A X + X Bᵀ)."""
    A, B, X = random_array((3, 4), int), random_array((2, 5), int), random_array((4, 5), int)
    assert_equal(KroneckerProduct(A, B) @ X.ravel(), (A @ X @ B.T).ravel())
    A, B = random_array((4, 4), int), random_array((5, 5), int)
    assert_equal(KroneckerSum(A, B) @ X.ravel(), (A @ X + X @ B.T).ravel())


def test_scipy_has_the_other_order():
    A, B = random_array((2, 2), float), random_array((3, 3), float)
    assert_equal(KroneckerSum(A, B).toarray(), scipy.sparse.kronsum(B, A).toarray())
    assert not np.array_equal(KroneckerSum(A, B).toarray(), scipy.sparse.kronsum(A, B).toarray())


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=5),
    st.integers(0, 3),
    st.data(),
)
def test_any_shapes_and_columns(shapes, columns, data):
    forms = data.draw(st.lists(st.sampled_from(list(FORMS)), min_size=len(shapes), max_size=len(shapes)))
    arrays = random_arrays(shapes, "int64")
    lazy = KroneckerProduct(*(FORMS[form](array) for form, array in zip(forms, arrays, strict=True)))
    x = random_array((lazy.shape[1], columns), "int64")
    assert_equal(lazy @ x, formed_product(arrays) @ x)


@every_kind
def test_the_adjoint_law(kind, formed, shapes):
    """⟨A u, v⟩ = ⟨u, A† v⟩."""
    lazy = kind(*random_arrays(shapes, "complex128"))
    u, v = (random_array((length,), "complex128", seed) for seed, length in enumerate(lazy.shape[::-1]))
    assert np.vdot(lazy @ u, v) == np.vdot(u, lazy.H @ v)


@pytest.mark.parametrize("shapes", [shapes for shapes in SHAPES if 0 not in np.ravel(shapes)])
def test_factors_are_applied_in_the_cheapest_order(shapes):
    work = []

    def counting(array):
        def apply(x):
            work.append(array.shape[0] * x.size)
            return array @ x

        return LinearOperator(array.shape, matvec=apply, matmat=apply, dtype=array.dtype)

    def cost(order):
        lengths = [columns for _, columns in shapes]
        total = 0
        for axis in order:
            total += math.prod(lengths) * shapes[axis][0]
            lengths[axis] = shapes[axis][0]
        return total

    lazy = KroneckerProduct(*map(counting, random_arrays(shapes, float)))
    work.clear()
    lazy @ np.ones(lazy.shape[1])
    assert sum(work) == min(map(cost, itertools.permutations(range(len(shapes)))))


# ── Algebra ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("left", "right"), [*itertools.product(FORMS, repeat=2)])
def test_the_product_of_products_stays_lazy(left, right):
    """(A ⊗ B)(C ⊗ D) = AC ⊗ BD."""
    first, second = random_arrays([(2, 3), (4, 2)], int), random_arrays([(3, 1), (2, 5)], int)
    product = KroneckerProduct(*map(FORMS[left], first)) @ KroneckerProduct(*map(FORMS[right], second))
    if "product" not in (left, right):
        assert type(product) is KroneckerProduct
    expected = formed_product(first) @ formed_product(second)
    assert_equal(product @ np.eye(5, dtype=int), expected)


def test_products_whose_factors_do_not_fit_are_chained():
    first, second = random_arrays([(2, 3), (3, 2)], int), random_arrays([(2, 2), (3, 4)], int)
    chained = KroneckerProduct(*first) @ KroneckerProduct(*second)
    x = random_array((8,), int)
    assert_equal(chained @ x, formed_product(first) @ formed_product(second) @ x)


@every_kind
def test_numbers_multiply(kind, formed, shapes):
    arrays = random_arrays(shapes, "int64")
    lazy, matrix = kind(*arrays), formed(arrays)
    for scaled, expected in [
        (2 * lazy, 2 * matrix),
        (lazy * 1j, matrix * 1j),
        (-lazy, -matrix),
        (lazy / 4, matrix / 4),
        (np.float64(0.5) * lazy, 0.5 * matrix),
    ]:
        assert type(scaled) is kind
        assert_equal(scaled.toarray(), expected)


@pytest.mark.parametrize("kind", [KroneckerProduct, KroneckerSum])
def test_nested_ones_of_a_kind_are_flat(kind):
    A, B, C = random_arrays([(2, 2), (3, 3), (4, 4)], int)
    for nested in (kind(A, kind(B, C)), kind(kind(A, B), C)):
        assert [factor.tolist() for factor in nested.factors] == [A.tolist(), B.tolist(), C.tolist()]


def test_a_product_of_sums_and_a_sum_of_products():
    A, B, C = random_arrays([(2, 2), (3, 3), (4, 4)], int)
    assert_equal(KroneckerProduct(A, KroneckerSum(B, C)).toarray(), np.kron(A, formed_sum([B, C])))
    assert_equal(KroneckerSum(KroneckerProduct(A, B), C).toarray(), formed_sum([np.kron(A, B), C]))
    assert KroneckerSum(KroneckerProduct(A, B), C).trace() == formed_sum([np.kron(A, B), C]).trace()


@pytest.mark.parametrize("kind", [KroneckerProduct, KroneckerSum])
@pytest.mark.parametrize("form", ["dense", "csr"])
def test_later_changes_of_what_was_given_do_not_matter(kind, form):
    given = FORMS[form](np.array([[2.0, 1.0], [0.0, 3.0]]))
    lazy = kind(given, given)
    before = lazy.toarray()
    given *= 5
    lazy.toarray()[:] = 0
    lazy.tosparse().data[:] = 0
    assert np.array_equal(lazy.toarray(), before)
    with pytest.raises(ValueError, match="read-only"):
        kind(np.eye(2)).factors[0][0, 0] = 7


@pytest.mark.parametrize("kind", [KroneckerProduct, KroneckerSum])
@pytest.mark.parametrize("clone", [copy.deepcopy, lambda lazy: pickle.loads(pickle.dumps(lazy))])
def test_copies_and_pickles_after_use(kind, clone):
    lazy = kind(scipy.sparse.csr_array([[2.0, 1.0], [0.0, 3.0]]), np.array([[1.0, 1.0], [-1.0, 2.0]]))
    x = lazy.solve(np.arange(4.0))
    assert np.array_equal(clone(lazy).solve(np.arange(4.0)), x)


def test_repr_says_what_it_is():
    assert repr(KroneckerProduct(np.ones((2, 3)), np.eye(4))) == "<KroneckerProduct of 2×3, 4×4: 8×12, float64>"
    assert repr(KroneckerSum(np.eye(2, dtype=int))) == "<KroneckerSum of 2×2: 2×2, int64>"


# ── Too large, and bad input ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [KroneckerProduct, KroneckerSum])
def test_forming_what_cannot_fit_is_refused_with_its_size(kind):
    lazy = kind(np.ones((1000, 1000)), np.ones((1000, 1000)), np.ones((20, 20)))
    with pytest.raises(TooLargeError, match=r"20000000.*20000000.* needs 2\.84 PiB"):
        lazy.toarray()
    with pytest.raises(TooLargeError, match="entries"):
        lazy.tosparse()
    column = KroneckerProduct(np.ones((10**6, 1)), np.ones((10**6, 1)))
    with pytest.raises(TooLargeError, match=r"needs 7\.28 TiB"):
        column @ np.ones(1)


@pytest.mark.parametrize("kind", [KroneckerProduct, KroneckerSum])
@pytest.mark.parametrize(
    ("factors", "error", "message"),
    [
        ((), TypeError, "needs at least one factor"),
        ((np.eye(2), np.ones(3)), OperatorError, r"Factor 1 must be 2-D .* but is 1-D"),
        ((np.eye(2), 3.0), OperatorError, "Factor 1 must be 2-D .* but is 0-D"),
        ((np.eye(2), np.array([["a"]])), TypeError, "Factor 1 must be an array of numbers"),
        ((object(), np.eye(2)), TypeError, "Factor 0 must be an array of numbers.* is object"),
    ],
)
def test_bad_factors(kind, factors, error, message):
    with pytest.raises(error, match=message):
        kind(*factors)


def test_square_products_of_rectangles_have_no_inverse_trace_or_eigenvalues():
    lazy = KroneckerProduct(np.ones((2, 3)), np.ones((3, 2)))
    for call in (lambda: lazy.solve(np.ones(6)), lazy.eigh, lazy.trace):
        with pytest.raises(OperatorError, match=r"Factor 0 must be square, but is 2×3"):
            call()
    with pytest.raises(OperatorError, match=r"Factor 1 must be square, but is 2×3"):
        KroneckerSum(np.eye(2), np.ones((2, 3)))


@pytest.mark.parametrize("kind", [KroneckerProduct, KroneckerSum])
@pytest.mark.parametrize("x", [np.ones(5), np.ones((5, 2)), [1, 2], scipy.sparse.eye_array(5)])
def test_operands_that_do_not_fit(kind, x):
    with pytest.raises(OperatorError, match=r"Argument `x` must have length 6, but has shape \("):
        kind(np.eye(2), np.eye(3)) @ x
