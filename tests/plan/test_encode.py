"""Programs of sweeps, as rows: every step is taken, and in no more passes than it needs. `kernels/test_sweep.py` runs
them."""

from collections import Counter

import numpy as np
import pytest
from plan.oracle import random_layers

from qsim import Circuit
from qsim.plan.diagonal import Diagonal
from qsim.plan.encode import DENSE, EXCHANGE, OCTETS, TABLE, _Encoder, encode
from qsim.plan.lower import lower
from qsim.plan.prepare import Programs, Settings, Stretch
from qsim.plan.ready import Ready
from qsim.plan.schedule import Sweep, schedule
from qsim.plan.steps import Flip, Pair, Phase, Turn

BITS = 12
LOCAL = 0b11_1111_1111
LANES = [2, 4, 8]
HIGH = [1 << bit for bit in range(3, 10)]  # never inside a vector


@pytest.fixture(autouse=True)
def taken(monkeypatch):
    """The steps that the encoder has taken; it fails where it goes on and on without taking any."""
    steps, idle = [], [0]
    finish, write = Ready.finish, _Encoder.write_octets

    def count(self, number):
        idle[0] = 0
        steps.append(self.steps[number])
        finish(self, number)

    def write_octets(self, *row):
        idle[0] += 1
        assert idle[0] <= 4, f"four passes took none of {self.ready.remaining} steps"
        write(self, *row)

    monkeypatch.setattr(Ready, "finish", count)
    monkeypatch.setattr(_Encoder, "write_octets", write_octets)
    return steps


def rows_of(steps, lanes=4, local=LOCAL, pending=None, following=None):
    pending = Diagonal() if pending is None else pending
    sweep = Sweep(local, list(steps))
    return encode(sweep, BITS, -1, lanes, np.float64, pending, following=following).program.tolist()


def opcodes(rows):
    return [row[0] for row in rows]


def turn(weight):
    return Turn(weight, 0.0, 0.4, 0.0)


# ── the order of passes


def test_turns_wait_for_the_flips_of_their_bits():
    """Of the bits a, b and c, under a bit that is turned too: first three turns that wait for nothing."""
    a, b, c, d, e, f, _ = HIGH
    turns = [turn(weight) for weight in (a, b, c, d, e, f)]
    flips = [Flip(a, f), Flip(b, f), Flip(c, f)]
    assert opcodes(rows_of([*turns, *flips])) == [OCTETS] * 2
    assert opcodes(rows_of([*turns[:3], *flips])) == [OCTETS]


def test_a_turn_that_waits_comes_with_its_flip_in_the_order():
    """Before that a flip and a turn of other bits come, which make up the first pass with what they let go."""
    a, b, c, d, e, *_ = HIGH
    assert opcodes(rows_of([turn(d), Flip(a, 0), turn(b), Flip(e, d), Flip(b, c), turn(e)])) == [OCTETS] * 2


def test_a_turn_does_not_wait_for_a_flip_that_its_pass_could_not_make():
    """One whose control lies inside a vector, or one that waits for something else too."""
    a, b, c, d, *_ = HIGH
    assert opcodes(rows_of([turn(a), Flip(a, 1)]))[0] == OCTETS
    assert opcodes(rows_of([Flip(b, 1), turn(a), Flip(a, 1)])) == [EXCHANGE, OCTETS, EXCHANGE]
    pair = Pair(b, c, np.eye(4)[[1, 2, 3, 0]])
    assert opcodes(rows_of([turn(a), pair, turn(b), Flip(a, b)])) == [DENSE, OCTETS]
    assert opcodes(rows_of([turn(a), turn(d), Flip(d, a), turn(a), Flip(a, d)])).count(OCTETS) <= 3


def test_a_turn_that_waits_for_what_it_holds_back_itself_is_made_early():
    """Each of two bits is turned, then flipped under the other, which a vector holds: no flip can come first."""
    a = HIGH[0]
    rows = rows_of([turn(a), turn(1), Flip(a, 1), Flip(1, a)])
    assert opcodes(rows).count(EXCHANGE) == 2
    assert len(rows) <= 3


def test_ready_tells_the_flips_that_wait_for_a_turn_alone():
    a, b, c, *_ = HIGH
    ready = Ready([turn(a), turn(b), Flip(a, c), Flip(a, b), turn(c)], LOCAL)
    assert ready.flips_after(a) == [2, 3]
    assert [ready.waits[2], ready.waits[3]] == [1, 2]  # the one under b waits for b's turn too
    assert ready.flips_after(b) is None  # it is read next
    ready.finish(1)
    assert [ready.waits[2], ready.waits[3]] == [1, 1]


@pytest.mark.parametrize(("lanes", "passes"), [(2, 58), (4, 58), (8, 55)])
def test_an_ansatz_of_turns_and_rings_takes_few_passes(lanes, passes):
    """Four layers of turns and rings of cx on 22 qubits: no turn has a pass of its own before a flip of its bit."""
    circuit = Circuit(22)
    for layer in range(4):
        circuit.ry(0.3 + 0.1 * layer, range(22)).rz(0.2, range(22))
        circuit.cx(range(22), [*range(1, 22), 0])
    settings = Settings(22, "double", True, lanes, 14, 4)
    sweeps = schedule(lower(circuit).steps, 22, 14, 4)
    programs = Programs(Stretch(sweeps, settings, 0, 0.0))
    rows = [row for number in range(len(sweeps)) for row in programs[number].program.tolist()]
    assert len(sweeps) <= 8
    assert len(rows) <= passes
    assert Counter(opcodes(rows))[TABLE] <= 4


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("seed", range(30))
def test_every_step_is_taken_once(lanes, seed, taken):
    """Also where nothing but bits inside the vectors is left: an exchange makes a step possible, or the next does."""
    steps = random_layers(np.random.default_rng(seed), BITS, 120)
    sweeps = schedule(steps, BITS, 10, 3)
    settings = Settings(BITS, "double", False, lanes, 10, 3)
    programs = Programs(Stretch(sweeps, settings, (1 << BITS) - 1, 0.0))
    for number, sweep in enumerate(sweeps):
        taken.clear()
        rows = programs[number].program.tolist()
        assert len(taken) == sweep.num_steps
        assert {id(step) for step in taken} == {id(step) for step in sweep.steps if not isinstance(step, Phase)}
        assert sum(opcode <= EXCHANGE for opcode in opcodes(rows)) <= 3 * sweep.num_steps + 1


# ── phases between sweeps


def pending_after(phases, following):
    pending = Diagonal()
    rows = rows_of([*phases, turn(HIGH[5])], pending=pending, following=following)
    return pending.angles, opcodes(rows)


def test_phases_stay_pending_if_the_next_sweep_does_not_mix_their_bits():
    """Or if all of them are local to it too: no pass of its own would be needed there."""
    a, b, c, *_ = HIGH
    phase = Phase(a | b, 0.7)
    cases = {
        "mixed, the other not local": (Sweep(LOCAL & ~b | 1 << 10, [turn(a)]), False),
        "mixed by a pair": (Sweep(LOCAL & ~b | 1 << 10, [Pair(a, c, np.eye(4))]), False),
        "mixed, both local": (Sweep(LOCAL, [turn(a)]), True),
        "not mixed": (Sweep(LOCAL & ~b | 1 << 10, [turn(c)]), True),
        "flipped": (Sweep(LOCAL & ~b | 1 << 10, [Flip(a, c)]), True),
    }
    for name, (following, is_pending) in cases.items():
        angles, found = pending_after([phase], following)
        assert (angles == {a | b: 0.7}) == is_pending, name
        assert (TABLE in found) != is_pending, name


def test_phases_across_the_border_and_on_one_bit_stay_pending():
    a, b, *_ = HIGH
    following = Sweep(LOCAL & ~b | 1 << 10, [turn(a)])
    for mask in (a | 1 << 11, a, b | 1 << 11):
        angles, found = pending_after([Phase(mask, 0.7)], following)
        assert angles == {mask: 0.7}
        assert found == [OCTETS]


def test_the_last_sweep_leaves_nothing_pending():
    a, b, *_ = HIGH
    angles, found = pending_after([Phase(a | b, 0.7), Phase(a | 1 << 11, 0.3)], None)
    assert not angles
    assert TABLE in found
