"""`KroneckerProduct` and `KroneckerSum`: systems, eigenvalues and exponentials against those of the formed matrices."""

import itertools

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg
from scipy.sparse.linalg import aslinearoperator

from qsim.algebra import KroneckerProduct, KroneckerSum
from qsim.errors import OperatorError

FORMS = {"dense": np.asarray, "csr": scipy.sparse.csr_array}


# ── Solving ───────────────────────────────────────────────────────────────────────────────────────────────────────


def hermitian(order, seed):
    a = general(order, seed)
    return a + a.conj().T


def symmetric(order, seed):
    return hermitian(order, seed).real


def general(order, seed):
    rng = np.random.default_rng([seed, order])
    return rng.standard_normal((order, order)) + 1j * rng.standard_normal((order, order))


def real_general(order, seed):
    return general(order, seed).real


def tridiagonal(order, seed):
    rng = np.random.default_rng([seed, order])
    side = rng.standard_normal(order - 1)
    return np.diag(rng.standard_normal(order)) + np.diag(side, 1) + np.diag(side, -1)


def sparse_tridiagonal(order, seed):
    return scipy.sparse.csr_array(tridiagonal(order, seed))


def sparse_general(order, seed):
    return scipy.sparse.coo_array(real_general(order, seed))


def nested_product(order, seed):
    return KroneckerProduct(real_general(order, seed), np.diag([2.0, 1.0]))


def nested_sum(order, seed):
    return KroneckerSum(symmetric(order, seed), np.diag([9.0, 8.0]))


MAKERS = [
    hermitian,
    symmetric,
    general,
    real_general,
    tridiagonal,
    sparse_tridiagonal,
    sparse_general,
    nested_product,
    nested_sum,
]
ORDERS = [4, 3, 5]


def factors_of(makers):
    return [make(order, seed) for seed, (make, order) in enumerate(zip(makers, ORDERS, strict=False))]


RIGHT_SIDES = {
    "vector": lambda n: np.linspace(1, 2, n),
    "whole numbers": lambda n: np.arange(n),
    "complex vector": lambda n: np.linspace(1, 2, n) - 1j * np.arange(n),
    "one column": lambda n: np.linspace(1, 2, n)[:, None],
    "columns": lambda n: np.cos(np.arange(3 * n)).reshape(n, 3),
    "complex columns": lambda n: np.exp(1j * np.arange(3 * n)).reshape(n, 3),
    "Fortran order": lambda n: np.asfortranarray(np.cos(np.arange(3 * n)).reshape(n, 3)),
    "no columns": lambda n: np.zeros((n, 0)),
}


@pytest.mark.parametrize("kind", [KroneckerProduct, KroneckerSum])
@pytest.mark.parametrize("makers", [*((make,) for make in MAKERS), *itertools.product(MAKERS, repeat=2)])
def test_solve_inverts(kind, makers):
    lazy = kind(*factors_of(makers))
    matrix = lazy.toarray()
    for right_side in RIGHT_SIDES.values():
        b = right_side(len(matrix))
        x = lazy.solve(b)
        assert x.shape == b.shape
        assert x.dtype == np.result_type(matrix.dtype, b.dtype, np.float64)
        np.testing.assert_allclose(x, np.linalg.solve(matrix, b), rtol=1e-8, atol=1e-10 * abs(x).max(initial=1))


@pytest.mark.parametrize("kind", [KroneckerProduct, KroneckerSum])
@pytest.mark.parametrize("makers", [*itertools.product([symmetric, real_general, general], repeat=3)])
def test_solve_with_three_factors(kind, makers):
    lazy = kind(*factors_of(makers))
    b = np.cos(np.arange(2.0 * lazy.shape[0])).reshape(-1, 2)
    x = lazy.solve(b)
    assert abs(lazy @ x - b).max() < 1e-10 * abs(x).max()


@pytest.mark.parametrize("dtype", ["int64", "float32", "complex64"])
@pytest.mark.parametrize("form", ["dense", "csr"])
@pytest.mark.parametrize("kind", [KroneckerProduct, KroneckerSum])
def test_solve_is_in_double_precision(kind, form, dtype):
    arrays = [np.array([[4, 1], [2, 3]], dtype), np.array([[5, 1, 0], [0, 2, 1], [1, 0, 7]], dtype)]
    lazy = kind(*map(FORMS[form], arrays))
    b = np.arange(6, dtype=dtype)
    np.testing.assert_allclose(lazy.solve(b), np.linalg.solve(lazy.toarray().astype(complex), b), rtol=1e-13)


def test_the_sum_of_two_is_the_sylvester_equation():
    """A X + X Bᵀ = C."""
    A, B, C = real_general(4, 1), real_general(3, 2), np.arange(12.0).reshape(4, 3)
    np.testing.assert_allclose(
        KroneckerSum(A, B).solve(C.ravel()), scipy.linalg.solve_sylvester(A, B.T, C).ravel(), rtol=1e-10
    )


def test_factors_are_decomposed_once(monkeypatch):
    calls = []
    for module, name in [(scipy.sparse.linalg, "splu"), (scipy.linalg, "schur"), (scipy.linalg, "eigh_tridiagonal")]:
        original = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, f=original, n=name, **k: calls.append(n) or f(*a, **k))
    sparse, laplacian = scipy.sparse.csr_array(real_general(4, 1)), sparse_tridiagonal(4, 1)
    for lazy in (KroneckerProduct(sparse, sparse), KroneckerSum(sparse, laplacian, sparse, laplacian)):
        for _ in range(2):
            lazy.solve(np.ones(lazy.shape[0]))
    assert sorted(calls) == ["eigh_tridiagonal", "schur", "splu"]


SINGULAR = {
    "dense": np.array([[1.0, 2.0], [2.0, 4.0]]),
    "dense, up to rounding": np.arange(1.0, 10.0).reshape(3, 3) * 0.1,
    "dense zero": np.zeros((2, 2)),
    "complex": np.array([[1.0, 1j], [1j, -1.0]]),
    "sparse": scipy.sparse.csr_array([[1.0, 0.0], [1.0, 0.0]]),
    "sparse, up to rounding": scipy.sparse.csr_array(np.arange(1.0, 10.0).reshape(3, 3) * 0.1),
    "one by one": np.zeros((1, 1)),
}


@pytest.mark.parametrize("singular", SINGULAR.values(), ids=SINGULAR)
def test_a_singular_factor_is_named(singular):
    with pytest.raises(OperatorError, match=r"Factor 1 must be invertible, but is singular to working precision"):
        KroneckerProduct(np.eye(2), singular).solve(np.ones(2 * singular.shape[0]))


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        ((np.diag([1.0, 2.0]), np.diag([-1.0, 5.0])), r"eigenvalues 1 and -1 of its factors add to 0\.0e\+00"),
        ((np.array([[0.0, 1.0], [-1.0, 0.0]]), np.array([[0.0, 4.0], [-0.25, 0.0]])), "add to"),
        ((np.zeros((2, 2)), np.zeros((3, 3))), "eigenvalues 0 and 0"),
        ((np.array([[1.0, -1, 0], [-1, 2, -1], [0, -1, 1]]),) * 2, "singular"),  # a Laplacian with free edges
    ],
)
def test_a_singular_sum_says_which_eigenvalues_cancel(factors, message):
    lazy = KroneckerSum(*factors)
    with pytest.raises(OperatorError, match=message):
        lazy.solve(np.ones(lazy.shape[0]))


def test_scaling_does_not_make_a_matrix_singular():
    tiny = 1e-200 * real_general(3, 1)
    for lazy in (KroneckerProduct(tiny, np.eye(2)), KroneckerSum(tiny, tiny)):
        b = np.arange(1.0, lazy.shape[0] + 1)
        np.testing.assert_allclose(lazy @ lazy.solve(b), b, rtol=1e-10)


# ── Eigenvalues and exponentials ──────────────────────────────────────────────────────────────────────────────────


HERMITIAN = [hermitian, symmetric, tridiagonal, sparse_tridiagonal, nested_sum]


@pytest.mark.parametrize("kind", [KroneckerProduct, KroneckerSum])
@pytest.mark.parametrize(
    "makers", [(hermitian,), *itertools.product(HERMITIAN, repeat=2), (symmetric, hermitian, tridiagonal)]
)
def test_eigh_reconstructs(kind, makers):
    lazy = kind(*factors_of(makers))
    values, vectors = lazy.eigh()
    assert type(vectors) is KroneckerProduct
    assert values.dtype == np.float64
    columns = vectors.toarray()
    np.testing.assert_allclose(columns.conj().T @ columns, np.eye(len(values)), atol=1e-12)
    matrix = lazy.toarray()
    np.testing.assert_allclose(matrix @ columns, columns * values, atol=1e-11 * abs(matrix).max())
    values[:] = 0
    assert lazy.eigh()[0].any()


@pytest.mark.parametrize(
    ("kind", "combine"), [(KroneckerProduct, np.kron), (KroneckerSum, lambda a, b: np.add.outer(a, b).ravel())]
)
def test_eigenvalues_are_in_kronecker_order(kind, combine):
    A, B = hermitian(3, 1), symmetric(4, 2)
    np.testing.assert_allclose(kind(A, B).eigh()[0], combine(np.linalg.eigvalsh(A), np.linalg.eigvalsh(B)), atol=1e-12)


@pytest.mark.parametrize("form", ["dense", "csr"])
def test_tridiagonal_factors_are_diagonalised_as_such(monkeypatch, form):
    monkeypatch.delattr(scipy.linalg, "eigh")
    order = 30
    path = FORMS[form](2 * np.eye(order) - np.eye(order, k=1) - np.eye(order, k=-1))
    expected = 2 - 2 * np.cos(np.pi * np.arange(1, order + 1) / (order + 1))
    np.testing.assert_allclose(
        KroneckerSum(path, np.eye(2, dtype=int)).eigh()[0], np.repeat(expected, 2) + 1, rtol=1e-12
    )


def test_nearly_hermitian_factors_are_accepted_in_their_own_precision():
    A = symmetric(5, 1)
    rounded = (A / 3 * 3).astype(np.float32)
    rounded[0, 1] = np.nextafter(rounded[0, 1], np.float32(9))
    assert KroneckerSum(rounded, A).eigh()[0].shape == (25,)
    A[0, 1] *= 1 + 1e-9
    with pytest.raises(OperatorError, match="Factor 1 must be Hermitian"):
        KroneckerSum(rounded, A).eigh()


@pytest.mark.parametrize("kind", [KroneckerProduct, KroneckerSum])
@pytest.mark.parametrize("wrong", [real_general(3, 1), 1j * np.eye(3), scipy.sparse.csr_array(real_general(3, 1))])
def test_eigh_refuses_what_is_not_hermitian(kind, wrong):
    with pytest.raises(OperatorError, match="Factor 1 must be Hermitian for eigh"):
        kind(np.eye(2), wrong).eigh()


@pytest.mark.parametrize("form", ["dense", "csr"])
def test_the_lowest_eigenvalue_of_the_unit_square(form):
    """Finite differences on n×n interior nodes, h = 1/(n + 1): 2π² − π⁴h²/6 + …, so the error falls like h²."""
    errors = []
    for nodes in (19, 39, 79):
        h = 1 / (nodes + 1)
        path = FORMS[form]((2 * np.eye(nodes) - np.eye(nodes, k=1) - np.eye(nodes, k=-1)) / h**2)
        errors.append((2 * np.pi**2 - KroneckerSum(path, path).eigh()[0].min()) / h**2)
    np.testing.assert_allclose(errors, np.pi**4 / 6, rtol=1e-3)


@pytest.mark.parametrize("t", [1.0, -0.3, -0.7j])
@pytest.mark.parametrize("makers", [(real_general, hermitian), (sparse_tridiagonal, nested_sum, general)])
def test_the_exponential_of_a_sum_is_a_product(t, makers):
    lazy = KroneckerSum(*factors_of(makers))
    exponential = lazy.expm(t)
    assert type(exponential) is KroneckerProduct
    expected = scipy.linalg.expm(t * lazy.toarray())
    np.testing.assert_allclose(exponential.toarray(), expected, atol=1e-12 * abs(expected).max())


# ── With SciPy's solvers, and large ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [KroneckerProduct, KroneckerSum])
def test_scipy_solvers_accept_it(kind):
    positive = [make(4, 1) @ make(4, 1).T + np.eye(4) for make in (symmetric, real_general)]
    lazy, b = kind(*positive), np.arange(16.0)
    for solver in (scipy.sparse.linalg.cg, scipy.sparse.linalg.gmres):
        x, failed = solver(lazy, b, rtol=1e-12, maxiter=500)
        assert not failed
        np.testing.assert_allclose(x, lazy.solve(b), atol=1e-8 * abs(x).max())
    np.testing.assert_allclose(scipy.sparse.linalg.lsqr(lazy, b, atol=1e-14, btol=1e-14, iter_lim=500)[0], x, atol=1e-6)
    largest = scipy.sparse.linalg.eigsh(lazy, k=1, v0=np.ones(16), return_eigenvectors=False)
    np.testing.assert_allclose(largest, lazy.eigh()[0].max())


@pytest.mark.parametrize("form", ["dense", "csr"])
def test_a_large_grid(form):
    """A product of sine waves is an eigenvector; the formed matrix of this grid would need 320 GB."""
    rows, columns = 500, 400
    paths = [FORMS[form](2 * np.eye(order) - np.eye(order, k=1) - np.eye(order, k=-1)) for order in (rows, columns)]
    laplacian = KroneckerSum(*paths)
    waves = [np.sin(np.pi * k * np.arange(1, order + 1) / (order + 1)) for k, order in ((3, rows), (7, columns))]
    value = sum(2 - 2 * np.cos(np.pi * k / (order + 1)) for k, order in ((3, rows), (7, columns)))
    wave = np.kron(*waves)
    np.testing.assert_allclose(laplacian @ wave, value * wave, atol=1e-13)
    np.testing.assert_allclose(laplacian.solve(wave), wave / value, atol=1e-10 / value)


# ── Bad input ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [KroneckerProduct, KroneckerSum])
@pytest.mark.parametrize(
    ("b", "error", "message"),
    [
        (np.ones(5), OperatorError, r"Argument `b` must have shape \(6,\) or \(6, k\), but has \(5,\)"),
        (np.ones((6, 1, 1)), OperatorError, r"but has \(6, 1, 1\)"),
        (np.full(6, np.nan), OperatorError, "Argument `b` must be finite"),
        (np.full(6, 1j * np.inf), OperatorError, "Argument `b` must be finite"),
        (["a"] * 6, TypeError, "Argument `b` must be an array of numbers"),
    ],
)
def test_bad_right_sides(kind, b, error, message):
    with pytest.raises(error, match=message):
        kind(np.eye(2), np.eye(3)).solve(b)


@pytest.mark.parametrize("kind", [KroneckerProduct, KroneckerSum])
@pytest.mark.parametrize("method", ["solve", "eigh"])
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (aslinearoperator(np.eye(2)), "Factor 1 must have entries to be decomposed, but is a MatrixLinearOperator"),
        (np.array([[1.0, np.nan], [np.nan, 1.0]]), "Factor 1 must be finite"),
        (scipy.sparse.csr_array([[1.0, np.inf], [np.inf, 1.0]]), "Factor 1 must be finite"),
    ],
)
def test_what_cannot_be_decomposed(kind, method, wrong, message):
    lazy = kind(np.eye(2), wrong)
    with pytest.raises(OperatorError, match=message):
        lazy.solve(np.ones(4)) if method == "solve" else lazy.eigh()
