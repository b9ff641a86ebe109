"""Plans: after every pass the product of the steps is the same operator, and sweeps keep to their local bits."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.stats import unitary_group

from qsim import Circuit, State, gates, run
from qsim.algebra import X, Y, Z, kron
from qsim.circuit import Operation
from qsim.engines import numpy_path
from qsim.gates import TABLE, Gate
from qsim.plan.kak import interaction
from qsim.plan.lower import Phase, Rotation, lower
from qsim.plan.schedule import schedule
from qsim.testing import random_circuit

INTERACTIONS = [kron(p, p).matrix() for p in (X, Y, Z)]


def rebuild(matrix):
    phase, before, weights, after = interaction(matrix)
    centre = expm(1j * sum(weight * term for weight, term in zip(weights, INTERACTIONS, strict=True)))
    return np.exp(1j * phase) * np.kron(*after) @ centre @ np.kron(*before)


@pytest.mark.parametrize("seed", range(20))
def test_interaction_of_random_unitaries(seed):
    matrix = unitary_group.rvs(4, random_state=seed)
    np.testing.assert_allclose(rebuild(matrix), matrix, atol=1e-12)


@pytest.mark.parametrize("name", ["swap", "iswap", "dcx", "ecr", "cx", "cz", "rxx", "ryy", "rzz", "rzx", "xx_plus_yy"])
@pytest.mark.parametrize("angle", [0.0, 1e-12, 1e-9, 1e-6, 0.3, math.pi / 2, math.pi, 6.2578, 2 * math.pi])
def test_interaction_where_eigenvalues_meet(name, angle):
    matrix = Gate.named(name, *(angle, 0.2)[: len(TABLE[name].params)]).matrix()
    locals_ = [np.kron(*unitary_group.rvs(2, size=2, random_state=seed)) for seed in (1, 2)]
    for product in (matrix, locals_[0] @ matrix @ locals_[1]):
        np.testing.assert_allclose(rebuild(product), product, atol=1e-9)


def apply_step(step, amplitudes, num_qubits):
    """The oracle of phases and rotations, by index arithmetic."""
    index = np.arange(len(amplitudes))
    chosen = index & step.mask == step.mask if not isinstance(step, Operation) else None
    if isinstance(step, Phase):
        amplitudes[chosen] *= np.exp(1j * step.angle)
    elif isinstance(step, Rotation):
        x, y = amplitudes[~chosen].copy(), amplitudes[chosen].copy()
        c, s = math.cos(step.half_angle), math.sin(step.half_angle)
        amplitudes[~chosen], amplitudes[chosen] = c * x - s * y, s * x + c * y
    else:
        numpy_path.apply_operation(amplitudes.reshape([2] * num_qubits), step)


def laid_out(amplitudes, layout):
    """Amplitudes with the content of qubit q at bit layout[q]."""
    n = len(layout)
    axes = [0] * n
    for qubit, bit in enumerate(layout):
        axes[n - 1 - bit] = qubit
    return amplitudes.reshape([2] * n).transpose(axes).reshape(-1).copy()


def check_lowered(circuit, atol=1e-10):
    start = State.random(circuit.num_qubits, seed=3)
    lowered = lower(circuit)
    found = laid_out(start.amplitudes, lowered.layout)
    for step in lowered.steps:
        apply_step(step, found, circuit.num_qubits)
    expected = run(circuit, None, method="reference", initial=start).state.amplitudes
    np.testing.assert_allclose(found * np.exp(1j * lowered.phase), expected, atol=atol)


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("controls", ["", "1", "0", "01"])
def test_every_gate_lowers_to_the_same_operator(name, controls):
    gate = Gate.named(name, *(0.3, -1.1, 2.7, 0.9)[: len(TABLE[name].params)]).controlled(len(controls), controls)
    if gate.num_qubits <= 6:
        rng = np.random.default_rng(1)
        n = gate.num_qubits + 1
        for _ in range(3):
            qubits = [int(q) for q in rng.permutation(n)[: gate.num_qubits]]
            check_lowered(Circuit(n).h(range(n)).append(gate, *qubits).h(range(n)))


@given(st.integers(1, 5), st.integers(0, 25), st.integers(0, 2**32 - 1))
def test_random_circuits_lower_to_the_same_operator(num_qubits, num_operations, seed):
    check_lowered(random_circuit(num_qubits, num_operations, seed, controls=2))


def test_what_does_not_fit_stays_an_operation():
    circuit = (
        Circuit(4).h(0).apply([[1, 1], [0, 1]], 1, check=False).append(gates.rccx, 0, 1, 2).swap(0, 3).ccx(3, 1, 2)
    )
    kept = [step for step in lower(circuit).steps if isinstance(step, Operation)]
    assert [step.name for step in kept] == ["unitary", "rccx"]
    check_lowered(Circuit(3).apply([[1, 0.1], [0, 0.9]], 1, check=False).swap(0, 1).rccx(2, 0, 1))


def test_layers_of_one_qubit_gates_cost_one_rotation_a_qubit():
    circuit = Circuit(3).h(range(3)).t(range(3)).rx(0.3, range(3)).cz(0, 1).s(2).h(2)
    rotations = [step for step in lower(circuit).steps if isinstance(step, Rotation)]
    assert len(rotations) == 3
    assert all(0 <= step.half_angle <= math.pi / 2 for step in rotations)


def test_swaps_cost_nothing():
    circuit = Circuit(4).swap(0, 3).swap(1, 2).h(0)
    assert all(not isinstance(step, Operation) for step in lower(circuit).steps)
    assert len([step for step in lower(circuit).steps if isinstance(step, Rotation)]) == 1


@given(st.integers(1, 9), st.integers(1, 6), st.integers(0, 6), st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_sweeps_are_the_same_operator(num_bits, block, low, num_steps, seed):
    rng = np.random.default_rng(seed)
    steps = []
    for _ in range(num_steps):
        if rng.random() < 0.5:
            steps.append(Rotation(1 << int(rng.integers(num_bits)), float(rng.uniform(0, 1.5))))
        else:
            chosen = rng.permutation(num_bits)[: rng.integers(1, 4)]
            steps.append(Phase(sum(1 << int(bit) for bit in chosen), float(rng.uniform(-3, 3))))
    expected = State.random(num_bits, seed=1).amplitudes.copy()
    found = expected.copy()
    for step in steps:
        apply_step(step, expected, num_bits)
    always = (1 << min(low, block - 1, num_bits - 1)) - 1
    for sweep in schedule(steps, num_bits, block, low):
        assert sweep.local.bit_count() <= min(block, num_bits)
        assert sweep.local & always == always
        for layer in sweep.layers:
            for mask, angle in layer.phases.items():
                apply_step(Phase(mask, angle), found, num_bits)
            for mask, half in layer.rotations.items():
                assert mask & sweep.local
                apply_step(Rotation(mask, half), found, num_bits)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize(("block", "low"), [(1, 0), (1, 1), (3, 3), (3, 5), (9, 9)])
def test_every_sweep_takes_the_first_rotation_that_is_left(block, low):
    """Also where the lowest bits alone would fill the block."""
    steps = [Rotation(1 << bit, 0.3) for bit in (5, 0, 5, 3, 0, 4)]
    sweeps = schedule(steps, 6, block, low)
    assert sum(sweep.num_rotations for sweep in sweeps) == len(steps)
    assert all(sweep.num_rotations for sweep in sweeps)


def test_a_block_of_no_bits_is_refused():
    with pytest.raises(ValueError, match="block_bits"):
        schedule([Rotation(1, 0.3)], 4, 0, 0)


def test_encoder_and_kernels_mean_the_same_codes():
    from qsim.kernels import sweep
    from qsim.plan import encode

    for name in ("ROTATE", "LANES", "TABLE", "PHASE"):
        assert getattr(encode, name) == getattr(sweep, name)


def test_a_brick_circuit_takes_few_sweeps():
    circuit = Circuit(20)
    for layer in range(8):
        circuit.rx(0.3, range(20)).cz(range(layer % 2, 19, 2), range(layer % 2 + 1, 20, 2))
    sweeps = schedule(lower(circuit).steps, 20, 12, 4)
    assert len(sweeps) <= 8
    merged = 2 * 3  # the first and the last qubit have no partner in odd layers: their rx joins the next layer's
    assert sum(sweep.num_rotations for sweep in sweeps) == 160 - merged
