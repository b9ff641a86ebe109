"""Plans: after every pass the product of the steps is the same operator, and sweeps keep to their local bits."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan.oracle import apply_step, random_layers, random_steps
from scipy.stats import unitary_group

from qsim import Circuit, State, gates, run
from qsim.circuit import Operation
from qsim.gates import TABLE, Gate
from qsim.plan import schedule as schedule_module
from qsim.plan.diagonal import Diagonal
from qsim.plan.layout import arrange
from qsim.plan.lower import lower
from qsim.plan.moves import places
from qsim.plan.schedule import Sweep, schedule
from qsim.plan.steps import Flip, Pair, Phase, Turn
from qsim.testing import random_circuit


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
    assert [step.name for step in kept] == ["rccx"]
    check_lowered(Circuit(3).apply([[1, 0.1], [0, 0.9]], 1, check=False).swap(0, 1).rccx(2, 0, 1))
    check_lowered(Circuit(2).apply(np.diag([1, 0.5, 0.25, 2.0]), 1, 0, check=False).h(0))


def kinds(circuit):
    return [type(step).__name__ for step in lower(circuit).steps]


def test_layers_of_one_qubit_gates_cost_one_turn_a_qubit():
    circuit = Circuit(3).h(range(3)).t(range(3)).rx(0.3, range(3)).cz(0, 1).s(2).h(2)
    turns = [step for step in lower(circuit).steps if isinstance(step, Turn)]
    assert len(turns) == 3
    assert all(0 <= step.half_angle <= math.pi / 2 for step in turns)


@given(st.permutations(range(6)))
def test_an_initial_state_is_laid_out_by_flips(layout):
    start = State.random(6, seed=4).amplitudes
    found = start.copy()
    for flip in arrange(layout):
        apply_step(flip, found, 6)
    np.testing.assert_array_equal(found, laid_out(start, layout))


@pytest.mark.parametrize("num_bits", [22, 30])
def test_laying_out_takes_few_sweeps(num_bits):
    """Each settles the eight bits that it has room for beside the four that are always local."""
    rng = np.random.default_rng(6)
    reversal, rotation = list(range(num_bits)), [-q % num_bits for q in range(num_bits)]
    for layout in (reversal, rotation, *(rng.permutation(num_bits).tolist() for _ in range(5))):
        assert len(schedule(arrange(layout), num_bits, 12, 4)) <= -(-(num_bits - 4) // 8)


def test_swaps_cost_nothing():
    assert kinds(Circuit(4).swap(0, 3).swap(1, 2).h(0)) == ["Turn"]
    check_lowered(Circuit(4).rx(0.3, 0).swap(0, 1).ry(0.4, 1).swap(1, 2).cx(2, 0).swap(0, 3).h(0))


def test_permutations_are_flips():
    assert set(kinds(Circuit(3).x(0).cx(0, 1).ccx(0, 1, 2).x(1, controls=2, control_state="0"))) <= {"Flip", "Phase"}


def test_ladders_of_cx_around_a_phase_are_diagonal():
    circuit = Circuit(4).cx(0, 1).cx(1, 2).rz(0.3, 2).cx(1, 2).cx(0, 1).cx(3, 0).p(0.7, 0).h(1).cx(3, 0).x(2).x(2)
    assert set(kinds(circuit)) == {"Phase", "Turn"}
    check_lowered(circuit)
    kept = Circuit(3).cx(0, 1).h(0).cx(0, 1).ccx(0, 1, 2).rz(0.2, 2).h(2).ccx(0, 1, 2)
    assert kinds(kept).count("Flip") == 4
    check_lowered(kept)


def test_gates_on_the_same_two_qubits_are_one_pair():
    circuit = Circuit(2).rz(0.3, 0).rxx(0.2, 0, 1).ryy(0.25, 1, 0).rzz(0.3, 0, 1).rz(0.7, 1).p(0.2, 0)
    assert kinds(circuit) == ["Pair"]
    assert lower(circuit).steps[0].partners() == 3
    check_lowered(circuit)
    dense = Circuit(3).h(0).append(gates.unitary(unitary_group.rvs(4, random_state=1)), 0, 1).h(1).cp(0.4, 1, 0).h(2)
    assert kinds(dense) == ["Pair", "Turn"]
    check_lowered(dense)


@pytest.mark.parametrize("qubits", [(0, 1), (1, 0)])
def test_diagonals_join_the_pair_before(qubits):
    """An asymmetric one, in the order of the pair and in the other; not across a gate in between."""
    pair = gates.unitary(unitary_group.rvs(4, random_state=2))
    diagonal = gates.diagonal([0.1, 0.9, -1.3, 2.2])
    circuit = Circuit(2).append(pair, 0, 1).append(diagonal, *qubits)
    assert kinds(circuit) == ["Pair"]
    check_lowered(circuit)
    check_lowered(Circuit(3).append(pair, 0, 1).h(qubits[0]).append(diagonal, *qubits).append(pair, *qubits))
    check_lowered(Circuit(3).append(pair, 0, 1).append(pair, 1, 2).append(diagonal, *qubits).append(pair, *qubits))


@pytest.mark.parametrize("partner", [1, 2, 3])
def test_partners_of_a_pair(partner):
    matrix = np.zeros((4, 4), dtype=complex)
    for j in range(4):
        matrix[j, j], matrix[j, j ^ partner] = 0.6, 0.8j
    assert Pair(2, 1, matrix).partners() == partner
    matrix[0, (partner % 3) + 1] = 1e-9
    assert Pair(2, 1, matrix).partners() is None


@given(st.integers(1, 9), st.integers(2, 6), st.integers(0, 6), st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_sweeps_are_the_same_operator(num_bits, block, low, num_steps, seed):
    steps = random_steps(np.random.default_rng(seed), num_bits, num_steps)
    expected = State.random(num_bits, seed=1).amplitudes.copy()
    found = expected.copy()
    for step in steps:
        apply_step(step, expected, num_bits)
    always = (1 << max(min(low, block - 2, num_bits - 2), 0)) - 1
    for sweep in schedule(steps, num_bits, block, low):
        assert sweep.local.bit_count() == min(block, num_bits)
        assert sweep.local & always == always
        for step in sweep.steps:
            if isinstance(step, Turn | Pair):
                assert step.mask & ~sweep.local == 0
            elif isinstance(step, Flip):
                assert step.target & sweep.local
            apply_step(step, found, num_bits)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_sweeps_with_deferred_turns_are_the_same_operator(monkeypatch):
    """Layers of turns and rings of flips, which sweeps cut in two."""
    deferred, real = [], schedule_module._deferred
    monkeypatch.setattr(schedule_module, "_deferred", lambda *args: deferred.append(real(*args)) or deferred[-1])
    for seed in range(80):
        rng = np.random.default_rng(seed)
        num_bits = int(rng.integers(3, 9))
        steps = random_layers(rng, num_bits, int(rng.integers(5, 60)))
        expected = State.random(num_bits, seed=seed).amplitudes.copy()
        found = expected.copy()
        for step in steps:
            apply_step(step, expected, num_bits)
        sweeps = schedule(steps, num_bits, int(rng.integers(2, 6)), int(rng.integers(3)))
        assert sum(len(sweep.steps) for sweep in sweeps) == len(steps)
        for sweep in sweeps:
            for step in sweep.steps:
                apply_step(step, found, num_bits)
        np.testing.assert_allclose(found, expected, atol=1e-12)
    assert sum(map(bool, deferred)) > 100


A, B, C, D = (Turn(1 << bit, 0.0, 0.3, 0.1) for bit in range(4))
B_AGAIN, PAIR = Turn(2, 0.0, 0.5, 0.2), Pair(2, 4, np.eye(4))


@pytest.mark.parametrize(
    ("taken", "left", "deferred"),
    [
        ([A, B], [Flip(2, 4)], [B]),
        ([A, B, C], [D, Flip(2, 8), Flip(1, 8)], [B, A]),
        ([B, A, B_AGAIN], [Flip(2, 4)], [B_AGAIN]),  # the last of its bit alone
        ([A, B], [Flip(4, 8), Phase(4 | 8, 0.1), Flip(2, 4)], [B]),
        ([A, B], [Phase(2 | 4, 0.1), Flip(2, 4)], []),  # read before it is flipped
        ([A, B], [Flip(4, 2), Flip(2, 4)], []),
        ([A, B], [PAIR, Flip(2, 4)], []),  # mixed before
        ([A, B], [Flip(4, 2), Phase(2, 0.1)], []),  # read only
        ([A, B, Phase(1 | 2, 0.1)], [Flip(2, 4)], []),  # does not end the sweep
        ([A, B, Flip(4, 2)], [Flip(2, 4)], []),
        ([PAIR, B, A], [Flip(2, 4)], [B]),
        ([A, B], [Flip(2, 4), Flip(1, 4)], []),  # nothing else to do
        ([Phase(1 | 4, 0.1), B], [Flip(2, 4)], []),
    ],
)
def test_turns_that_end_a_sweep_wait_for_the_flips_of_their_bits(taken, left, deferred):
    """All that the sweep had is in it still, or goes in front of what it left."""
    sweep = Sweep(0b1111, list(taken))
    assert schedule_module._deferred(sweep, left) == deferred
    assert sweep.steps == [step for step in taken if step not in deferred]


@pytest.mark.parametrize(("block", "low"), [(2, 0), (2, 2), (3, 3), (3, 5), (9, 9)])
def test_every_sweep_takes_the_first_step_that_is_left(block, low):
    """Also where the lowest bits alone would fill the block."""
    steps = [Turn(1 << bit, 0.1, 0.3, 0.2) for bit in (5, 0, 5, 3, 0, 4)] + [Pair(32, 16, np.eye(4))]
    sweeps = schedule(steps, 6, block, low)
    assert sum(sweep.num_steps for sweep in sweeps) == len(steps)
    assert all(sweep.num_steps for sweep in sweeps)


def test_a_block_of_one_bit_is_refused():
    with pytest.raises(ValueError, match="block_bits"):
        schedule([Turn(1, 0.0, 0.3, 0.0)], 4, 1, 0)


def test_encoder_and_kernels_mean_the_same_codes():
    from qsim.kernels import sweep
    from qsim.plan import encode

    for name in ("OCTETS", "EXCHANGE", "DENSE", "BLOCKS", "TABLE", "PHASE", "SCALAR"):
        assert getattr(encode, name) == getattr(sweep, name)
    assert encode.HEADER_BYTES == sweep.HEADER


def test_a_brick_circuit_takes_few_sweeps():
    circuit = Circuit(20)
    for layer in range(8):
        circuit.rx(0.3, range(20)).cz(range(layer % 2, 19, 2), range(layer % 2 + 1, 20, 2))
    sweeps = schedule(lower(circuit).steps, 20, 12, 4)
    assert len(sweeps) <= 6
    merged = 2 * 3  # the first and the last qubit have no partner in odd layers: their rx joins the next layer's
    assert sum(sweep.num_steps for sweep in sweeps) == 160 - merged


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 20))
def test_phases_pulled_through_flips(seed, num_bits, num_phases):
    rng = np.random.default_rng(seed)
    bits = [1 << bit for bit in range(num_bits)]
    diagonal, steps = Diagonal(0.3), []
    for _ in range(num_phases):
        mask, angle = int(rng.integers(1, 1 << num_bits)), float(rng.uniform(-3, 3))
        diagonal.add(mask, angle)
        steps.append(Phase(mask, angle))
    flips = []
    for _ in range(int(rng.integers(5))):
        order = [bits[k] for k in rng.permutation(num_bits)]
        flips.append(Flip(order[0], sum(order[1 : 1 + int(rng.integers(3))])))
    expected = State.random(num_bits, seed=2).amplitudes.copy()
    found = expected.copy()
    for step in (*steps, *flips):
        apply_step(step, expected, num_bits)
    for flip in flips:
        diagonal.pull_through(flip)
        apply_step(flip, found, num_bits)
    for mask, angle in diagonal.angles.items():
        apply_step(Phase(mask, angle), found, num_bits)
    np.testing.assert_allclose(found, np.exp(0.3j) * expected, atol=1e-12)


def test_moves_store_each_group_where_its_flips_say():
    moves = ((0, 0, -1), (2, 0b001, -1), (1, 0b100, 0))  # x on a, cx a→c, cx c→b where condition 0 holds
    found = places(moves, 1, (1, 3, 4), 10)
    for met in (0, 1):
        for place in range(8):
            a, b, c = place & 1 ^ 1, place >> 1 & 1, place >> 2
            c ^= a
            b ^= c & met
            assert found[8 * met + place] == 10 * (2 * a + 8 * b + 16 * c)
