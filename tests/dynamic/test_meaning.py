"""What dynamic circuits mean, case by case, by results that are known without a simulator."""

import copy
import gc
import math
import pickle

import numpy as np
import pytest

from qsim import Circuit, Parameter, State, kron, run
from qsim.circuit import IfElse


def exactly(circuit, **options):
    return {key: round(value, 12) for key, value in run(circuit, None, exact=True, **options).distribution.items()}


def test_a_measured_qubit_stays_what_it_was_found():
    circuit = Circuit(1, 2).h(0).measure(0, 0).measure(0, 1)
    assert exactly(circuit) == {"00": 0.5, "11": 0.5}


def test_measurement_in_the_middle_is_no_final_measurement():
    """Cirq#3093, cuda-quantum#2274: gates after it act on the collapsed state, and the bit keeps what was found."""
    assert exactly(Circuit(1, 1).h(0).measure(0, 0).h(0)) == {"0": 0.5, "1": 0.5}
    assert exactly(Circuit(1, 2).h(0).measure(0, 0).h(0).measure(0, 1)) == dict.fromkeys(("00", "01", "10", "11"), 0.25)
    assert exactly(Circuit(1, 1).x(0).measure(0, 0).x(0)) == {"1": 1.0}


def test_the_last_write_to_a_bit_counts():
    assert exactly(Circuit(2, 1).x(0).measure(0, 0).measure(1, 0)) == {"0": 1.0}
    assert exactly(Circuit(2, 1).x(0).measure(0, 0).h(0).measure(1, 0)) == {"0": 1.0}


@pytest.mark.parametrize("value", [0, 1])
def test_reset_leaves_the_partner_as_if_it_had_been_measured(value):
    """qiskit-aer#270: reset of one half of a Bell pair leaves a mixture of the other."""
    circuit = Circuit(2, 2).h(0).cx(0, 1).reset(value)
    branches = run(circuit, None, exact=True).branches
    assert [round(branch.probability, 12) for branch in branches] == [0.5, 0.5]
    assert [branch.outcomes[0].what for branch in branches] == ["reset", "reset"]
    assert all(branch.bits == "" for branch in run(circuit, None, exact=True).branches)
    keys = ("00", "01") if value == 0 else ("00", "10")
    assert exactly(circuit) == dict.fromkeys(keys, 0.5)


def test_reset_of_a_qubit_on_its_own_does_not_branch():
    circuit = Circuit(3).h([0, 1, 2]).s(1).cx(0, 2).reset(1)
    (branch,) = run(circuit, None, exact=True).branches
    assert branch.outcomes == ()
    assert branch.state.equiv(Circuit(3).h([0, 2]).cx(0, 2).state())
    assert circuit.state().equiv(branch.state)


def test_initialize_works_in_the_middle():
    psi = State.random(2, seed=5)
    circuit = Circuit(3).h(0).cx(0, 1).cx(1, 2).initialize(psi, 2, 0)
    found = sum(
        branch.probability * branch.state.reduced([2, 0]).fidelity(psi)
        for branch in run(circuit, None, exact=True).branches
    )
    assert found == pytest.approx(1)


@pytest.mark.parametrize("seed", range(5))
def test_teleportation_is_exact(seed):
    psi = State.random(1, seed=seed)
    circuit = Circuit(3, 2).initialize(psi, 0).h(1).cx(1, 2).cx(0, 1).h(0).measure([0, 1], [0, 1])
    circuit.x(2, when=circuit.bits[1]).z(2, when=circuit.bits[0])
    branches = run(circuit, None, exact=True).branches
    assert sorted(branch.bits for branch in branches) == ["00", "01", "10", "11"]
    for branch in branches:
        assert branch.probability == pytest.approx(0.25, abs=1e-12)
        assert branch.state.reduced([2]).fidelity(psi) == pytest.approx(1, abs=1e-12)
        assert branch.state.equiv(State(np.kron(State(branch.bits).amplitudes, psi.amplitudes)))


def test_conditions_see_unmeasured_bits_as_0():
    circuit = Circuit(1, 2)
    circuit.x(0, when=~circuit.bits[0]).h(0, when=circuit.bits["c"] != 0)
    assert exactly(circuit.measure(0, 1)) == {"01": 1.0}


def test_a_block_may_be_empty_and_conditions_nested():
    """qiskit-aer#1675, #1865: empty bodies, conditions in conditions, a reset under a condition."""
    circuit = Circuit(2, 2).x(0).measure(0, 0)
    with circuit.if_(circuit.bits[0]):
        pass
    with circuit.else_(), circuit.if_(circuit.bits[1]):
        circuit.x(1)
    with circuit.if_(circuit.bits[0]):
        with circuit.if_(circuit.bits[1]):
            circuit.x(1)
        with circuit.else_():
            circuit.reset(0)
    assert exactly(circuit.measure([0, 1], [1, 0])) == {"00": 1.0}


def test_conditions_are_read_when_their_turn_comes():
    """qiskit-aer#1665: a bit that its own block changes decides once."""
    circuit = Circuit(2, 1).x(0).measure(0, 0)
    with circuit.if_(circuit.bits[0]):
        circuit.x(0).measure(0, 0).x(1)
    with circuit.else_():
        circuit.x(1)
    assert exactly(circuit.measure(1, 0)) == {"1": 1.0}


@pytest.mark.parametrize(("lsb0", "text"), [(False, "10"), (True, "01")])
def test_registers_are_read_in_their_order(lsb0, text):
    circuit = Circuit(3)
    bits = circuit.add_bits("b", 2, lsb0=lsb0)
    circuit.x(0).measure([0, 1], bits)
    circuit.x(2, when=bits == text)
    circuit.measure_all()
    assert exactly(circuit) == {"10 101": 1.0}
    other = Circuit(3)
    bits = other.add_bits("b", 2, lsb0=lsb0)
    other.x(0).measure([0, 1], bits).x(2, when=bits == (1 if lsb0 else 2))
    assert exactly(other.measure_all()) == {"10 101": 1.0}


@pytest.mark.parametrize("width", [31, 32, 33, 62, 63, 64, 65, 100])
def test_registers_of_many_bits(width):
    """cuda-quantum#4093, qiskit-aer#2107."""
    circuit = Circuit(2)
    bits = circuit.add_bits("b", width)
    circuit.x(0).measure(0, bits[0]).measure(0, bits[width - 1])
    circuit.x(1, when=bits == 2 ** (width - 1) + 1)
    flag = circuit.add_bits("flag", 1)
    circuit.measure(1, flag)
    assert exactly(circuit) == {"1" + "0" * (width - 2) + "1 1": 1.0}
    assert circuit.sample(10, seed=1) == {"1" + "0" * (width - 2) + "1 1": 10}
    assert run(circuit, 2, memory=True).memory == ["1" + "0" * (width - 2) + "1 1"] * 2


def test_repeat_until_success():
    circuit = Circuit(1, 1)
    circuit.h(0).measure(0, 0)
    with circuit.while_(circuit.bits[0] == 0):
        circuit.h(0).measure(0, 0)
    result = run(circuit, 1000, exact=True)
    assert result.distribution == {"1": pytest.approx(1, abs=1e-14)}
    assert 0 < result.distribution.pruned < 1e-14
    lengths = [len(branch.outcomes) for branch in result.branches]
    assert lengths == sorted(lengths, reverse=True)
    assert circuit.sample(1000, seed=1) == {"1": 1000}


def test_loops_count_and_end():
    circuit = Circuit(1, 3)
    with circuit.for_(range(2, 11, 3)) as i:
        circuit.rx(i * np.pi / 5, 0)
    assert circuit.state().equiv(Circuit(1).rx((2 + 5 + 8) * np.pi / 5, 0).state())
    inner = Circuit(2, 2)
    with inner.for_([1, 2]) as i, inner.for_(range(3)) as j:
        inner.rz(i * j + 0.5, 0).ry(i, 1)
    expected = Circuit(2)
    for i in (1, 2):
        for j in range(3):
            expected.rz(i * j + 0.5, 0).ry(i, 1)
    assert inner.state().equiv(expected.state())


def test_break_and_continue():
    circuit = Circuit(2, 2)
    with circuit.for_(range(10)):
        circuit.x(0).measure(0, 0)
        with circuit.if_(circuit.bits[0] == 0):
            circuit.continue_()
        circuit.measure(1, 1)
        with circuit.if_(circuit.bits[1]):
            circuit.break_()
        circuit.x(1)
    # rounds: x0=1 → x1; x0=0 → continue; x0=1, bit 1 found 1 → break
    assert exactly(circuit) == {"11": 1.0}


@pytest.mark.parametrize("leave", ["break_", "continue_"])
def test_the_innermost_loop_is_left(leave):
    circuit = Circuit(3, 2)
    with circuit.for_(range(3)):
        with circuit.for_(range(5)):
            circuit.rx(0.1, 0)
            getattr(circuit, leave)()
            circuit.x(2)
        circuit.rx(0.1, 1)
    inner = 0.3 if leave == "break_" else 1.5
    assert circuit.state().equiv(Circuit(3).rx(inner, 0).rx(0.3, 1).state())


def test_switch_takes_the_case_that_has_the_value():
    for value in range(4):
        circuit = Circuit(4, 2)
        circuit.x([q for q in (0, 1) if f"{value:02b}"[q] == "1"] or 3).measure([0, 1], [0, 1])
        with circuit.switch(circuit.bits["c"]) as case:
            with case(1):
                circuit.x(2)
            with case("10", 3):
                circuit.x(2).x(2)
            with case.default():
                circuit.h(2).z(2).h(2)
        circuit.measure(2, 0)
        assert exactly(circuit) == {("1" if value in (0, 1) else "0") + f"{value:02b}"[1]: 1.0}


def test_parameters_of_a_circuit_in_blocks_are_bound():
    theta = Parameter("θ")
    circuit = Circuit(1, 1).x(0).measure(0, 0)
    with circuit.if_(circuit.bits[0]), circuit.for_(range(2)) as i:
        circuit.rx(theta + i, 0)
    assert circuit.parameters == (theta,)
    bound = circuit.bind(θ=0.25)
    assert not bound.parameters
    (branch,) = run(bound, None, exact=True).branches
    assert branch.state.equiv(Circuit(1).x(0).rx(1.5, 0).state())
    with pytest.raises(ValueError, match=r"bind\(θ=…\)"):
        circuit.sample()


def test_circuits_with_blocks_move_and_compose():
    part = Circuit(2, 1).h(0).measure(0, 0)
    part.x(1, when=part.bits[0])
    whole = Circuit(4, 3).append(part, 3, 1, bits=2)
    assert exactly(whole) == {"000": 0.5, "001": 0.5}
    states = {branch.bits: branch.state for branch in run(whole, None, exact=True).branches}
    assert states["001"].equiv(State("0101"))
    assert pickle.loads(pickle.dumps(whole)) == whole == copy.deepcopy(whole)
    assert whole.remap({3: 0, 0: 3}) != whole
    assert whole.repeat(2).count_ops() == {"h": 2, "measure": 2, "if": 2, "x": 2}
    nested = Circuit(4, 3)
    with nested.if_(nested.bits[0] == 0):
        nested.append(part, 3, 1, bits=2)
    assert exactly(nested) == exactly(whole)
    assert isinstance(nested[0], IfElse)


def test_more_qubits_than_memory_holds_where_few_are_open_at_once():
    """A chain of 60 qubits, each measured after it was entangled with the next: two are active at a time."""
    circuit = Circuit(60, 60)
    for qubit in range(59):
        circuit.ry(0.3, qubit + 1, when=circuit.bits[qubit - 1] == 0 if qubit else None)
        circuit.cx(qubit, qubit + 1).measure(qubit, qubit)
        circuit.x(qubit + 1, when=circuit.bits[qubit])
    counts = circuit.measure(59, 59).sample(100, seed=2)
    assert counts.shots == 100


def test_expectations_are_means_over_branches():
    circuit = Circuit(1, 1).ry(1.0, 0).measure(0, 0).rx(0.4, 0)
    from qsim.algebra import Y, Z

    exact = run(circuit, None, exact=True, observables={"z": Z(0), "y": Y(0)}).expectations
    p = math.cos(0.5) ** 2
    assert exact["z"] == pytest.approx((2 * p - 1) * math.cos(0.4))
    assert exact["y"] == pytest.approx(-(2 * p - 1) * math.sin(0.4))
    sampled = run(circuit, 10000, seed=3, observables=[Z(0)]).expectations
    assert sampled[0] == pytest.approx(exact["z"], abs=0.03)


def test_neighbouring_seeds_are_uncorrelated():
    """Cirq#2317, qiskit-aer#1308."""
    circuit = Circuit(1, 8)
    for bit in range(8):
        circuit.h(0).measure(0, bit)
    records = [run(circuit, 20, seed=seed, memory=True).memory for seed in range(40)]
    flat = np.array([[int(bit) for record in one for bit in record] for one in records])
    correlations = np.corrcoef(flat)[~np.eye(40, dtype=bool)]
    assert np.abs(correlations).max() < 5.5 / math.sqrt(flat.shape[1])


def test_memory_is_flat_over_1000_runs():
    """qiskit-aer#968."""
    circuit = Circuit(6, 2).h(range(6)).measure(0, 0)
    circuit.x(1, when=circuit.bits[0]).measure(1, 1).reset(2)
    for _ in range(100):
        circuit.sample(20, seed=1)
    gc.collect()
    before = len(gc.get_objects())
    for seed in range(1000):
        circuit.sample(20, seed=seed)
    gc.collect()
    assert len(gc.get_objects()) - before < 200


def test_the_bound_prunes_and_tells():
    circuit = Circuit(1, 3)
    for bit in range(3):
        circuit.ry(2 * math.asin(0.1), 0).measure(0, bit).reset(0)
    result = run(circuit, None, exact=1e-3)
    exact = {f"{k:03b}": 0.01 ** k.bit_count() * 0.99 ** (3 - k.bit_count()) for k in range(8)}
    expected = {key: value for key, value in exact.items() if value >= 1e-3}
    assert dict(result.distribution) == pytest.approx(expected)
    assert result.distribution.pruned == pytest.approx(1 - sum(expected.values()))
    assert run(circuit, 500, seed=1, exact=True).counts.chi_square(exact).p_value > 1e-6


def test_results_are_pickled_with_their_states():
    circuit = Circuit(2, 2).h(0).measure(0, 0)
    circuit.x(1, when=circuit.bits[0]).measure(1, 1)
    result = run(circuit, 100, seed=1, exact=True, memory=True)
    again = pickle.loads(pickle.dumps(result))
    assert (again.counts, again.distribution, again.memory) == (result.counts, result.distribution, result.memory)
    assert [branch.bits for branch in again.branches] == ["0-", "1-"]
    for one, other in zip(result.branches, again.branches, strict=True):
        assert other.state == one.state
        assert [outcome.value for outcome in other.outcomes] == [outcome.value for outcome in one.outcomes]


def test_names_of_loops_avoid_parameters_around_them():
    circuit = Circuit(1).rx(Parameter("i"), 0)
    with circuit.for_(range(2)) as j:
        circuit.ry(Parameter("k"), 0)
        with circuit.for_(range(2)) as inner:
            circuit.rz(inner + j, 0)
    with circuit.for_(range(2)) as later:
        circuit.rz(later, 0)
    with circuit.if_(circuit.add_bits("b", 1)[0]):
        circuit.x(0)
    with circuit.else_():
        circuit.rz(Parameter("j"), 0)
    with circuit.for_(range(2)) as last:
        circuit.rz(last, 0)
    assert [p.name for p in (j, inner, later, last)] == ["j", "l", "j", "l"]
    assert [p.name for p in circuit.parameters] == ["i", "k", "j"]


def test_registers_side_by_side_are_read_as_they_were():
    little, big = Circuit(1), Circuit(1)
    little.add_bits("b", 2, lsb0=True)
    big.add_bits("b", 2)
    found = kron(little, little, big).bits.registers
    assert [(register.size, register.lsb0) for register in found] == [(4, True), (2, False)]
