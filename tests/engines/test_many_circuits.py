"""Many circuits of every mix of gates by the planned engine, against the direct one; more with the profile "deep"."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import unitary_group

from qsim import Circuit, State, gates
from qsim.engines import direct, numpy_path, statevector
from qsim.engines.control import Control
from qsim.engines.job import COMPILED_QUBITS, Job
from qsim.kernels import DIRECT, try_load
from qsim.testing import random_circuit

DTYPES = {"double": np.complex128, "single": np.complex64}
TOLERANCE = {"double": 1e-12, "single": 5e-6}
CIRCUITS = 8  # of each mix, precision, and number of qubits: 576 in all
QUBITS = range(COMPILED_QUBITS, COMPILED_QUBITS + 4)
pytestmark = pytest.mark.skipif(
    try_load("double") is None or try_load("double", source=DIRECT) is None,
    reason="no compiled kernels on this machine",
)


def some(rng, num_qubits, count):
    return [int(q) for q in rng.permutation(num_qubits)[:count]]


def clifford(rng, n):
    circuit = Circuit(n)
    for _ in range(60):
        name = str(rng.choice(["cx", "cz", "swap", "h", "s", "x", "sdg", "cy", "iswap", "y", "sx"]))
        gate = getattr(gates, name)
        circuit.append(gate, *some(rng, n, gate.num_qubits))
    return circuit


def diagonal(rng, n):
    """Phases on up to four qubits, few turns between them: they wait, and are pulled through flips."""
    circuit = Circuit(n).h(range(n))
    for _ in range(60):
        kind, qubits, angle = rng.integers(7), some(rng, n, 5), float(rng.uniform(-7, 7))
        if kind == 0:
            circuit.append(gates.diagonal(rng.uniform(-3, 3, 8)), *qubits[:3])
        elif kind == 1:
            circuit.mcp(angle, qubits[:-1], qubits[-1])
        elif kind == 2:
            circuit.rzz(angle, *qubits[:2])
        elif kind == 3:
            circuit.append(gates.rz(angle).controlled(2, "01"), *qubits[:3])
        elif kind == 4:
            circuit.cx(*qubits[:2])
        elif kind == 5:
            circuit.ry(angle, qubits[0])
        else:
            circuit.ccz(*qubits[:3])
    return circuit


def dense(rng, n):
    circuit = Circuit(n)
    for _ in range(30):
        matrix = unitary_group.rvs(4, random_state=rng)
        circuit.append(gates.unitary(matrix), *some(rng, n, 2)).u(*rng.uniform(-7, 7, 3), *some(rng, n, 1))
        if rng.integers(3) == 0:
            circuit.rxx(float(rng.uniform(-7, 7)), *some(rng, n, 2)).crx(0.3, *some(rng, n, 2))
    return circuit


def controlled(rng, n):
    """Up to five controls on 0 and on 1, on gates of the table and on matrices of one and two qubits."""
    circuit = Circuit(n).h(range(n))
    for _ in range(25):
        extra = int(rng.integers(1, 6))
        width = int(rng.integers(1, 3))
        bases = [gates.x, gates.h, gates.t, gates.swap, gates.ry(0.7), gates.rzz(0.4), gates.u(0.3, 0.2, 0.1)]
        bases.append(gates.unitary(unitary_group.rvs(2**width, random_state=rng)))
        gate = bases[int(rng.integers(len(bases)))].controlled(extra, "".join(map(str, rng.integers(2, size=extra))))
        circuit.append(gate, *some(rng, n, gate.num_qubits))
    return circuit


def not_unitary(rng, n):
    """Of norm about 1 all the same, for the tolerance."""
    circuit = Circuit(n).h(range(n))
    for _ in range(20):
        width = int(rng.integers(1, 4))
        matrix = unitary_group.rvs(2**width, random_state=rng) @ np.diag(rng.uniform(0.9, 1.1, 2**width))
        if rng.integers(2):
            matrix = np.diag(np.diag(matrix) / np.abs(np.diag(matrix)) * rng.uniform(0.9, 1.1, 2**width))
        circuit.apply(matrix, *some(rng, n, width), check=False).ry(0.4, *some(rng, n, 1)).cz(*some(rng, n, 2))
    return circuit


def permuted(rng, n):
    """Swaps relabel, permutations of three qubits are done in between, their controls on 0 and 1."""
    circuit = Circuit(n).h(range(0, n, 2))
    for _ in range(40):
        width = int(rng.integers(1, 4))
        gate = gates.permutation(rng.permutation(2**width))
        if width < 3 and rng.integers(2):
            gate = gate.controlled(1, "0")
        circuit.append(gate, *some(rng, n, gate.num_qubits)).t(*some(rng, n, 1)).swap(*some(rng, n, 2))
        circuit.ccx(*some(rng, n, 3)).cswap(*some(rng, n, 3)).ry(0.3, *some(rng, n, 1))
    return circuit


def tiny(rng, n):
    """Angles that are none, nearly none, and multiples of a right one, to within rounding."""
    circuit = Circuit(n).h(range(n))
    for _ in range(50):
        angle = float(rng.integers(-4, 5)) * math.pi / 2 + float(rng.choice([0, 1e-16, 1e-9, -1e-7, 1e-3]))
        qubits = some(rng, n, 3)
        circuit.ry(angle, qubits[0]).rx(angle, qubits[1]).cp(angle, *qubits[:2]).crx(angle, *qubits[1:])
        circuit.u(angle, angle, -angle, qubits[2])
    return circuit


def layers(rng, n):
    circuit = Circuit(n)
    for layer in range(5):
        for q in range(n):
            circuit.u(*rng.uniform(-7, 7, 3), q)
        circuit.cz(range(layer % 2, n - 1, 2), range(layer % 2 + 1, n, 2))
        circuit.rzz(float(rng.uniform(-7, 7)), range(n - 1), range(1, n))
    return circuit


def mixed(rng, n):
    return random_circuit(n, 60, rng, controls=3)


MIXES = (clifford, diagonal, dense, controlled, not_unitary, permuted, tiny, layers, mixed)


def check(circuit, precision, seed, oracle=direct):
    """From |0…0⟩ with even seeds, which early sweeps rely on, and else from a random state."""
    n, is_zero = circuit.num_qubits, seed % 2 == 0
    before = np.eye(1, 1 << n, dtype=complex)[0] if is_zero else State.random(n, seed=seed).amplitudes.copy()
    found = before.astype(DTYPES[precision])
    found = statevector.simulate(Job(circuit, found, Control(), is_zero))
    expected = oracle.simulate(Job(circuit, before, Control()))
    np.testing.assert_allclose(found, expected, atol=TOLERANCE[precision], rtol=0)


@pytest.mark.parametrize("precision", DTYPES)
@pytest.mark.parametrize("num_qubits", QUBITS)
@pytest.mark.parametrize("mix", MIXES, ids=lambda mix: mix.__name__)
def test_every_mix_of_gates(mix, num_qubits, precision):
    for seed in range(CIRCUITS):
        rng = np.random.default_rng([num_qubits, seed])
        check(mix(rng, num_qubits), precision, seed, numpy_path if seed == 0 else direct)


@given(st.sampled_from(MIXES), st.integers(COMPILED_QUBITS, 14), st.sampled_from([*DTYPES]), st.integers(0, 2**32 - 1))
def test_any_mix_of_gates(mix, num_qubits, precision, seed):
    check(mix(np.random.default_rng(seed), num_qubits), precision, seed)


@given(st.lists(st.sampled_from(MIXES), min_size=2, max_size=4), st.integers(0, 2**32 - 1))
def test_mixes_one_after_the_other(mixes, seed):
    """What one kind of gate leaves pending meets the other kinds."""
    rng, circuit = np.random.default_rng(seed), Circuit(COMPILED_QUBITS + 1)
    for mix in mixes:
        for operation in mix(rng, circuit.num_qubits)[: int(rng.integers(5, 40))]:
            circuit.append(operation.gate, *operation.qubits)
    check(circuit, "double", seed)
