"""Operator: sums of Kronecker terms against dense matrices; its properties, its forms, what it refuses."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsim import OperatorError, TooLargeError
from qsim.algebra import (
    P0,
    P1,
    H,
    I,
    Minus,
    Operator,
    OperatorProduct,
    Plus,
    S,
    SigmaMinus,
    SigmaPlus,
    T,
    X,
    Y,
    Z,
    kron,
)  # fmt: skip
from qsim.testing import assert_operator_is_consistent

R = np.sqrt(0.5)
CONSTANTS = {
    "I": (I, [[1, 0], [0, 1]]),
    "X": (X, [[0, 1], [1, 0]]),
    "Y": (Y, [[0, -1j], [1j, 0]]),
    "Z": (Z, [[1, 0], [0, -1]]),
    "H": (H, [[R, R], [R, -R]]),
    "S": (S, [[1, 0], [0, 1j]]),
    "T": (T, [[1, 0], [0, np.exp(0.25j * np.pi)]]),
    "P0": (P0, [[1, 0], [0, 0]]),
    "P1": (P1, [[0, 0], [0, 1]]),
    "Plus": (Plus, [[0.5, 0.5], [0.5, 0.5]]),
    "Minus": (Minus, [[0.5, -0.5], [-0.5, 0.5]]),
    "SigmaPlus": (SigmaPlus, [[0, 1], [0, 0]]),
    "SigmaMinus": (SigmaMinus, [[0, 0], [1, 0]]),
}
SINGLE = [operator for operator, _ in CONSTANTS.values()]


def embed(matrix, qubits, num_qubits):
    """The oracle: entry by entry, from the bit strings."""
    size = 2**num_qubits
    full = np.zeros((size, size), dtype=complex)
    for row in range(size):
        for column in range(size):
            r, c = format(row, f"0{num_qubits}b"), format(column, f"0{num_qubits}b")
            if all(r[q] == c[q] for q in range(num_qubits) if q not in qubits):
                full[row, column] = matrix[int("".join(r[q] for q in qubits), 2), int("".join(c[q] for q in qubits), 2)]
    return full


def random_matrix(rng, num_qubits):
    size = 2**num_qubits
    return rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))


@st.composite
def placed_operators(draw, num_qubits=4):
    """A random sum of terms: named factors and dense ones on one to three qubits, in any order of qubits."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    operator, matrix = 0 * I(num_qubits - 1), np.zeros((2**num_qubits,) * 2, dtype=complex)
    for _ in range(draw(st.integers(1, 3))):
        term, product = 1.0 * I(0), np.eye(2**num_qubits, dtype=complex)
        for _ in range(draw(st.integers(1, 3))):
            width = draw(st.integers(1, 3))
            qubits = tuple(int(q) for q in rng.permutation(num_qubits)[:width])
            piece = SINGLE[rng.integers(len(SINGLE))] if width == 1 else Operator.from_matrix(random_matrix(rng, width))
            term = term @ piece(*qubits)
            product = product @ embed(piece.matrix(), qubits, num_qubits)
        coefficient = complex(rng.normal(), rng.normal())
        operator, matrix = operator + coefficient * term, matrix + coefficient * product
    return operator, matrix


@pytest.mark.parametrize("name", CONSTANTS)
def test_constants(name):
    operator, matrix = CONSTANTS[name]
    np.testing.assert_allclose(operator.matrix(), matrix, atol=1e-16)
    assert_operator_is_consistent(operator)
    assert pickle.loads(pickle.dumps(operator)) == operator


@pytest.mark.parametrize("left", CONSTANTS)
@pytest.mark.parametrize("right", CONSTANTS)
def test_products_of_constants(left, right):
    product = CONSTANTS[left][0] @ CONSTANTS[right][0]
    np.testing.assert_allclose(product.matrix(), CONSTANTS[left][0].matrix() @ CONSTANTS[right][0].matrix(), atol=1e-15)
    assert_operator_is_consistent(product)


def test_pauli_products_multiply_symbolically():
    assert repr(X @ Y) == "i Z   (q0, unplaced)"
    assert repr(X(0) @ Y(0) @ Z(1) @ X(1)) == "-Z⊗Y   (q0 q1)"
    assert repr((X @ X - I).simplify()) == "0   (q0, unplaced)"
    assert X.commutator(Y) == 2j * Z
    assert (P0 @ P1).terms == ()
    assert SigmaMinus == X @ P0
    assert repr(H @ X @ H) == "Z   (q0, unplaced)"
    assert repr(S @ S.dagger()) == "I   (q0, unplaced)"
    assert repr(T.dagger() @ T.dagger()) == "S†   (q0, unplaced)"
    assert H @ H == I
    assert H @ X @ H == Z


@given(placed_operators())
def test_sums_and_products_are_those_of_matrices(pair):
    operator, matrix = pair
    np.testing.assert_allclose(operator.matrix(), matrix, atol=1e-9 * max(1, np.abs(matrix).max()))
    np.testing.assert_allclose(operator.sparse().toarray(), matrix, atol=1e-9 * max(1, np.abs(matrix).max()))


@given(placed_operators(3), placed_operators(3))
def test_algebra_of_two(a, b):
    (left, m), (right, n) = a, b
    scale = max(1, np.abs(m).max() * np.abs(n).max() * 8)
    for found, expected in (
        (left + right, m + n),
        (left - right, m - n),
        (left @ right, m @ n),
        (left.commutator(right), m @ n - n @ m),
        ((2 - 1j) * left / 4, (2 - 1j) * m / 4),
        (3 + left - 1, m + 2 * np.eye(8)),
        (left.dagger(), m.conj().T),
        (left.power(2), m @ m),
    ):
        np.testing.assert_allclose(found.matrix(3), expected, atol=1e-10 * scale)
    assert left + right == right + left
    assert left.equiv(left * 1j, up_to_phase=True)


@given(placed_operators(3))
def test_all_forms_agree(pair):
    assert_operator_is_consistent(pair[0], atol=1e-9)


@given(st.integers(0, 2**32 - 1), st.permutations(range(4)), st.integers(1, 4))
def test_placement_takes_the_first_qubit_as_the_left_factor(seed, order, width):
    rng = np.random.default_rng(seed)
    matrix = random_matrix(rng, width)
    operator = Operator.from_matrix(matrix)(*order[:width])
    expected = embed(matrix, order[:width], 4)
    np.testing.assert_allclose(operator.matrix(4), expected, atol=1e-12)
    np.testing.assert_allclose(operator.linear_operator(4) @ np.eye(16), expected, atol=1e-12)
    np.testing.assert_allclose(operator.linear_operator(4).H @ np.eye(16), expected.conj().T, atol=1e-12)
    paulis = Operator.from_paulis(operator.to_paulis())
    np.testing.assert_allclose(paulis.matrix(), operator.matrix(), atol=1e-12)


def test_placed_product_on_different_qubits_is_the_kronecker_product():
    np.testing.assert_array_equal((X(0) @ Z(1)).matrix(), np.kron(X.matrix(), Z.matrix()))
    np.testing.assert_array_equal((X(1) @ Z(0)).matrix(), np.kron(Z.matrix(), X.matrix()))
    cnot = P0(0) + P1(0) @ X(1)
    assert repr(cnot) == "P0⊗I + P1⊗X   (q0 q1)"
    assert cnot == (kron(P0, I) + kron(P1, X))(0, 1)
    assert cnot.remap({0: 1, 1: 0}) == P0(1) + P1(1) @ X(0)
    assert cnot.is_unitary
    assert cnot.is_hermitian
    assert not cnot.is_diagonal
    assert cnot.remap({0: 3}).unplaced() == kron(I, P0) + kron(X, P1)


def test_kron_of_operators():
    np.testing.assert_array_equal(kron(X, Z).matrix(), np.kron(X.matrix(), Z.matrix()))
    np.testing.assert_array_equal(np.kron(X, Z).matrix(), kron(X, Z).matrix())
    asymmetric = np.arange(16).reshape(4, 4)
    np.testing.assert_array_equal(
        kron(X, asymmetric, P1).matrix(), np.kron(np.kron(X.matrix(), asymmetric), P1.matrix())
    )


def test_sum_starts_from_zero_and_scalars_act_as_identity():
    assert sum([X(0), Z(1)]) == X(0) + Z(1)
    assert X + 1 == X + I
    assert 1 - X == I - X
    assert np.float64(2) * X == X * 2 == X + X
    assert (X(0) + 2).matrix().tolist() == [[2, 1], [1, 2]]


def test_forty_qubit_ising_hamiltonian_is_lazy():
    ising = -1.0 * sum(Z(i) @ Z(i + 1) for i in range(39)) + 0.5 * sum(X(i) for i in range(40))
    text = repr(ising)
    assert text.endswith("0.5 X(39)   (79 terms, q0 … q39)")
    assert len(text) < 200
    assert ising.is_hermitian
    assert not ising.is_diagonal
    assert ising.trace() == 0
    assert ising.to_paulis()["Z" * 2 + "I" * 38] == -1
    with pytest.raises(TooLargeError, match=r"2\^40 × 2\^40.*2\^84 bytes"):
        ising.matrix()
    with pytest.raises(TooLargeError, match="PiB"):
        ising.sparse()


def test_masks_are_wider_than_machine_words():
    wide = X(0) @ Z(70) + Y(65)
    assert wide.to_paulis() == {"X" + "I" * 69 + "Z": 1, "I" * 65 + "Y" + "I" * 5: 1}
    assert (wide @ wide).simplify() == 2 * I(70) + 2 * X(0) @ Z(70) @ Y(65)


def test_lazy_product():
    circuit = [H(0), P0(0) + P1(0) @ X(1), S(1), P0(2) + P1(2) @ Y(0)]
    lazy = OperatorProduct(*circuit)
    expected = np.linalg.multi_dot([factor.matrix(3) for factor in circuit])
    np.testing.assert_allclose(lazy.matrix(), expected, atol=1e-14)
    np.testing.assert_allclose(lazy.sparse().toarray(), expected, atol=1e-14)
    np.testing.assert_allclose(lazy.linear_operator() @ np.eye(8), expected, atol=1e-14)
    np.testing.assert_allclose(lazy.dagger().matrix(), expected.conj().T, atol=1e-14)
    np.testing.assert_allclose(lazy.expand().matrix(3), expected, atol=1e-14)
    np.testing.assert_allclose((lazy @ X(2)).matrix(), expected @ X(2).matrix(3), atol=1e-14)
    np.testing.assert_allclose((X(2) @ lazy).matrix(), X(2).matrix(3) @ expected, atol=1e-14)
    assert len(OperatorProduct(*[P0(0) + P1(0) @ X(1)] * 50)) == 50
    assert "OperatorProduct of 4" in repr(lazy)


def test_linear_operator_works_with_scipy():
    from scipy.sparse.linalg import eigsh

    ising = -1.0 * sum(Z(i) @ Z(i + 1) for i in range(5)) + 0.5 * sum(X(i) for i in range(6))
    lowest = eigsh(ising.linear_operator(), k=1, which="SA", return_eigenvectors=False)[0]
    assert lowest == pytest.approx(np.linalg.eigvalsh(ising.matrix())[0], abs=1e-10)


def test_reading_as_mathematics():
    assert kron(P0, I)._repr_latex_() == r"$P_0 \otimes I \qquad (\text{q0 q1, unplaced})$"
    assert (0.5 * X(3) - 1j * Z(9))._repr_latex_() == r"$0.5 X \otimes I - i I \otimes Z \qquad (\text{q3 q9})$"
    assert repr(0.5 * X(3) - 1j * Z(9)) == "0.5 X⊗I - i I⊗Z   (q3 q9)"
    assert repr(Operator.from_matrix(np.eye(4), "U")(2, 0)) == "U(2, 0)   (q0 q2)"
    assert repr(Operator.from_paulis({"XX": 1e-7})) == "1e-07 X⊗X   (q0 q1, unplaced)"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: X + X(0), OperatorError, "place the unplaced one"),
        (lambda: X(0) @ X, OperatorError, "place the unplaced one"),
        (lambda: X + kron(X, X), OperatorError, "equal width, but have 1 and 2"),
        (lambda: X * X, TypeError, "A @ B"),
        (lambda: X @ 2, TypeError, "c \\* A"),
        (lambda: X @ np.eye(2), TypeError, "A.apply"),
        (lambda: X / 0, OperatorError, "divided by 0"),
        (lambda: float("nan") * X, OperatorError, "finite"),
        (lambda: X(0, 1), OperatorError, "1 slots, but 2 qubits"),
        (lambda: kron(X, X)(1, 1), OperatorError, "repeats"),
        (lambda: X(-1), OperatorError, "negative"),
        (lambda: X(0)(1), OperatorError, "remap"),
        (lambda: X(0).remap({1: 2}), OperatorError, "names \\[1\\]"),
        (lambda: X.matrix(2), OperatorError, "exactly 1"),
        (lambda: X(3).matrix(2), OperatorError, "at least 4"),
        (lambda: X.apply([1, 0, 0, 0]), OperatorError, "register of 2"),
        (lambda: X.apply([1, 0, 0]), OperatorError, "2\\^n rows"),
        (lambda: kron(X(0), X), OperatorError, "A @ B is the Kronecker product"),
        (lambda: kron(X, 2), TypeError, "Operators and"),
        (lambda: Operator.from_matrix([[1, 2]]), OperatorError, "2\\^k × 2\\^k"),
        (lambda: Operator.from_matrix(np.full((2, 2), np.nan)), OperatorError, "finite"),
        (lambda: Operator.from_paulis({"XA": 1}), OperatorError, "'A'"),
        (lambda: Operator.from_paulis({"X": 1, "XX": 1}), OperatorError, "one length"),
        (lambda: Operator.from_paulis({}), OperatorError, "one length"),
        (lambda: (X + 0.3 * Z).power(-1), OperatorError, "unitary"),
        (lambda: X.power(0.5), OperatorError, "integer"),
        (lambda: np.array(X), TypeError, "matrix"),
        (lambda: np.linalg.norm(X), TypeError, "matrix"),
        (lambda: hash(X), TypeError, "unhashable"),
        (lambda: OperatorProduct(X, 3), TypeError, "Operators"),
        (lambda: OperatorProduct(X, kron(X, X)), OperatorError, "span"),
    ],
)
def test_bad_input_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_too_many_terms_are_refused_naming_the_lazy_product():
    long = Operator.from_paulis({format(i, "011b").replace("0", "I").replace("1", "Z"): 1.0 for i in range(1024)})
    with pytest.raises(OperatorError, match="OperatorProduct"):
        long @ long


def test_undecidable_property_says_so():
    dense = sum((P0 - 0.5j * X)(i) for i in range(3))
    for i in range(14):
        dense = dense @ (H + 0.1 * S)(i)
    with pytest.raises(OperatorError, match="cannot be decided"):
        _ = dense.is_diagonal


def test_simplify_drops_what_cancels_and_nothing_that_is_small():
    assert len((1e15 * X(0) + Z(1)).simplify().terms) == 2
    assert len((I + 1e-13 * Z).simplify().terms) == 2
    assert len((X(0) + 1e-10 * X(0) + 1e-300 * Z(0)).simplify().terms) == 2
    assert len((X(0) - (1 - 1e-10) * X(0)).simplify().terms) == 1
    assert (1e15 * X(0) + Z(1)).to_paulis() == {"XI": 1e15, "IZ": 1}
    assert (I + 1e-13 * Z).to_paulis() == {"I": 1, "Z": 1e-13}
    assert (0.1 * X + 0.2 * X - 0.3 * X + 1e-13 * Z).simplify().to_paulis() == {"Z": 1e-13}


def off_by(what, gap):
    """A matrix of 4 × 4 that is not quite what is said of it."""
    if what == "unitary":
        return np.diag([1, 1, 1, 1 + gap])
    base = np.diag([1.0, 2, 3, 4])
    base[0, 1] = gap
    return base


# Three ways to decide: by factors, by Pauli coefficients, by matrix.
WAYS = {
    "one term": Operator.from_matrix,
    "Pauli sum": lambda matrix: Operator.from_paulis(Operator.from_matrix(matrix).to_paulis()),
    "matrix": lambda matrix: (
        (0.5 * kron(Operator.from_matrix(matrix), WIDE)) + 0.5 * kron(Operator.from_matrix(matrix), WIDE)
    ),
}
WIDE = kron(*[Operator.from_matrix(np.eye(8))] * 2)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("what", ["unitary", "hermitian", "diagonal"])
def test_properties_are_decided_up_to_rounding_alone(what, way):
    def says(gap):
        return getattr(WAYS[way](off_by(what, gap)), f"is_{what}")

    assert says(0)
    assert says(1e-16)
    assert not says(1e-6)
    assert not says(-1e-6)
    assert not says(1e-8)


def test_the_coefficient_counts_in_being_unitary():
    assert (1j * X(0) @ Z(3)).is_unitary
    assert ((2 * X)(0) @ (0.5 * Z)(3)).is_unitary
    assert (2 * Operator.from_matrix(0.5 * np.eye(4))).is_unitary
    for factor in (1 + 1e-6, 1 - 1e-6, 1 + 1e-8, 2, 0):
        assert not (factor * X(0) @ Z(3)).is_unitary
        assert not (factor * (P0 + P1)).is_unitary
