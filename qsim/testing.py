"""Laws that every gate, operator, circuit and sample obeys, for qsim's own tests and for yours.

Each function returns nothing and raises an `AssertionError` that says which law is broken. Tolerances are absolute, in
entries of matrices and amplitudes.
"""

import math
import pickle
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsim.circuit import Circuit
from qsim.gates import TABLE, Gate
from qsim.methods import METHODS
from qsim.states import Counts, State
from qsim.states.sampling import make_rng

if TYPE_CHECKING:
    from qsim.algebra import Operator

__all__ = [
    "assert_circuit_is_consistent",
    "assert_counts_follow",
    "assert_gate_is_consistent",
    "assert_operator_is_consistent",
    "random_circuit",
    "random_gate",
]


def random_gate(
    max_qubits: int, seed: int | np.random.Generator | None = None, names: Iterable[str] | None = None
) -> Gate:
    """A gate of the table with angles uniform in (−2π, 2π), of at most so many qubits.

    >>> random_gate(1, seed=3, names=["rx", "ry"]).name in ("rx", "ry")
    True
    """
    rng = make_rng(seed)
    rows = [TABLE[name] for name in (names if names is not None else TABLE)]
    fitting = [row for row in rows if row.num_qubits <= max_qubits]
    if not fitting:
        raise ValueError(f"Argument `max_qubits` is {max_qubits}: no gate of {names} fits.")
    row = fitting[int(rng.integers(len(fitting)))]
    return Gate.named(row.name, *rng.uniform(-2 * math.pi, 2 * math.pi, len(row.params)))


def random_circuit(
    num_qubits: int,
    num_operations: int,
    seed: int | np.random.Generator | None = None,
    *,
    names: Iterable[str] | None = None,
    controls: int = 0,
) -> Circuit:
    """A circuit of random gates on random qubits.

    Args:
        num_qubits: size of the register.
        num_operations: number of gates.
        seed: an int or a numpy Generator.
        names: rows of the gate table to draw from, all by default.
        controls: up to so many further controls, on 0 or on 1, are put on each gate.

    >>> len(random_circuit(3, 10, seed=1))
    10
    """
    rng = make_rng(seed)
    chosen = list(TABLE) if names is None else list(names)
    circuit = Circuit(num_qubits)
    for _ in range(num_operations):
        gate = random_gate(num_qubits, rng, chosen)
        extra = int(rng.integers(min(controls, num_qubits - gate.num_qubits) + 1))
        gate = gate.controlled(extra, "".join(map(str, rng.integers(2, size=extra))))
        circuit.append(gate, *(int(q) for q in rng.permutation(num_qubits)[: gate.num_qubits]))
    return circuit


def assert_gate_is_consistent(gate: Gate, atol: float = 1e-10) -> None:
    """All views of a gate agree: matrix, Kronecker formula, structure, inverse, powers, controls, pickle.

    >>> from qsim import gates
    >>> assert_gate_is_consistent(gates.rx(0.3))
    """
    matrix = gate.matrix()
    size = 2**gate.num_qubits
    _require(matrix.shape == (size, size), f"{gate}: matrix of shape {matrix.shape} for {gate.num_qubits} qubits")
    _close(gate.operator.matrix(), matrix, atol, f"{gate}: operator and matrix")
    _close(gate.operator.sparse().toarray(), matrix, atol, f"{gate}: sparse operator and matrix")
    _close(matrix @ matrix.conj().T, np.eye(size), atol, f"{gate}: unitarity")
    _close(gate.inverse().matrix(), matrix.conj().T, atol, f"{gate}: inverse()")
    _close(np.linalg.matrix_power(gate.power(0.5).matrix(), 2), matrix, 1e-7, f"{gate}: power(0.5)")
    _close(gate.power(3).matrix(), np.linalg.matrix_power(matrix, 3), atol, f"{gate}: power(3)")
    _check_structure(gate, atol)
    for state in ("1", "0"):
        both = np.eye(2 * size, dtype=complex)
        block = slice(size, None) if state == "1" else slice(0, size)
        both[block, block] = matrix
        _close(gate.controlled(1, state).matrix(), both, atol, f"{gate}: controlled on {state}")
    _require(pickle.loads(pickle.dumps(gate)) == gate, f"{gate}: pickle gives another gate")


def _check_structure(gate: Gate, atol: float) -> None:
    """The declared structure is the base's, and the base under its controls is the gate."""
    base = gate.base_matrix()
    if gate.structure == "diagonal":
        _close(np.diag(gate.diagonal()), base, atol, f"{gate}: diagonal()")
    elif gate.structure == "permutation":
        images = np.zeros(base.shape)
        images[gate.images(), np.arange(len(base))] = 1
        _close(images, base, 0, f"{gate}: images()")
    elif gate.structure == "rotation":
        _require(base.shape == (2, 2), f"{gate}: a rotation is 2 × 2")
        _close(base.imag, np.zeros((2, 2)), 0, f"{gate}: a rotation is real")
    rebuilt = gate.base.controlled(gate.num_controls, gate.control_state)
    _close(rebuilt.matrix(), gate.matrix(), atol, f"{gate}: base under its controls")


def assert_operator_is_consistent(operator: "Operator", atol: float = 1e-10) -> None:
    """All forms of an operator agree: dense, sparse, lazy, Pauli sum, adjoint, and what is said of it.

    >>> from qsim.algebra import X, Z
    >>> assert_operator_is_consistent(X(0) @ Z(2) + 0.5 * Z(1))
    """
    from qsim.algebra import Operator

    matrix = operator.matrix()
    size = len(matrix)
    scale = max(float(np.abs(matrix).max(initial=0)), 1.0)
    _close(operator.sparse().toarray(), matrix, atol * scale, "sparse() and matrix()")
    _close(operator.linear_operator() @ np.eye(size), matrix, atol * scale, "linear_operator() and matrix()")
    _close(operator.dagger().matrix(), matrix.conj().T, atol * scale, "dagger() and the conjugate transpose")
    _close(operator.simplify().matrix(), matrix, atol * scale, "simplify() and matrix()")
    if operator.num_qubits:
        paulis = Operator.from_paulis(operator.to_paulis() or {"I" * operator.num_qubits: 0.0})
        _close(paulis.matrix(), matrix, atol * scale, "to_paulis() and matrix()")
    _require(abs(operator.trace() - np.trace(matrix)) <= atol * scale * size, "trace() and matrix() differ")
    for what, said, gap in (
        ("is_hermitian", operator.is_hermitian, matrix - matrix.conj().T),
        ("is_diagonal", operator.is_diagonal, matrix - np.diag(np.diag(matrix))),
        ("is_unitary", operator.is_unitary, matrix @ matrix.conj().T - np.eye(size)),
    ):
        holds = bool(np.abs(gap).max(initial=0) <= 1e-9 * scale)
        _require(said == holds, f"{what} says {said}, its matrix the opposite")


def assert_circuit_is_consistent(circuit: Circuit, atol: float = 1e-12, methods: Sequence[str] | None = None) -> None:
    """All engines give the state of the reference, from |0…0⟩ and from a random state; the inverse undoes the circuit.

    For circuits that measure nothing, small enough for dense matrices.
    """
    start = State.random(circuit.num_qubits, seed=20_07)
    for initial in (None, start):
        expected = circuit.state(method="reference", initial=initial).amplitudes
        for method in methods or METHODS:
            found = circuit.state(method=method, initial=initial).amplitudes
            _close(found, expected, atol, f"{circuit!r}: method {method!r} and the reference")
    there = circuit.state(method="reference", initial=start)
    back = circuit.inverse().state(method="reference", initial=there)
    _close(back.amplitudes, start.amplitudes, 1e-9, f"{circuit!r}: inverse()")


def assert_counts_follow(counts: Counts, probabilities: Any, p_value: float = 1e-6) -> None:
    """The counts are a fair sample of the probabilities, by Pearson's chi-square test.

    Args:
        counts: what was drawn.
        probabilities: a State, a dict by bit string, or an array by basis index.
        p_value: smaller ones fail: the rate of false alarms. Fix the seed, and there are none.
    """
    test = counts.chi_square(probabilities)
    _require(test.p_value >= p_value, f"Counts do not follow the probabilities: chi-square test p = {test.p_value:.3g}")


def _close(found: NDArray[Any], expected: NDArray[Any], atol: float, what: str) -> None:
    gap = float(np.abs(np.asarray(found) - expected).max(initial=0))
    _require(gap <= atol, f"{what} differ by {gap:.3g}, more than {atol:.3g}")


def _require(condition: bool, message: str) -> None:
    """What `assert` does, also under `python -O`."""
    if not condition:
        raise AssertionError(message)
