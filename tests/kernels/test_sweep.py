"""Programs of sweeps, by the encoder and the kernels, against the oracle of steps.

Every opcode, its bits inside a vector, among the lowest, in the block and outside; both precisions; every width of a
vector that this machine can compile.
"""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from plan.oracle import apply_step, random_layers, random_steps
from scipy.stats import unitary_group

from qsim.engines.statevector import block_chunks, fill_tables
from qsim.kernels import host_target, load, try_load
from qsim.kernels.target import ITEM_BYTES, KERNELS, Target
from qsim.plan.diagonal import Diagonal
from qsim.plan.encode import BLOCKS, DENSE, EXCHANGE, OCTETS, PHASE, SCALAR, TABLE, encode
from qsim.plan.prepare import Programs, Settings, Stretch
from qsim.plan.schedule import Sweep, schedule
from qsim.plan.steps import Flip, Pair, Phase, Turn

DTYPES = {"double": np.complex128, "single": np.complex64}
REALS = {"double": np.float64, "single": np.float32}
TOLERANCE = {"double": 2e-13, "single": 2e-5}  # of amplitudes of size 1, after some steps
BITS = 13
LOCAL = 0b1_1010_1101_1111  # a block of ten bits, the fewest that the engine works with,
OUTSIDE = (5, 8, 10)
PLACES = (0, 1, 2, 3, 7, 11, 5, 10)  # inside a vector or among the lowest, in the block, outside of it
INSIDE = PLACES[:6]
FACTORS = 6  # column of a row: whether the diagonal is factors; the one behind: which diagonal, if any

pytestmark = pytest.mark.skipif(try_load("double") is None, reason="no compiled kernels on this machine")


@pytest.fixture(scope="module", params=["double-host", "single-host", "double-narrow", "single-narrow"])
def kernels(request):
    """With one, two and three bits inside a vector where the machine's vectors have 256 bits."""
    precision, width = request.param.split("-")
    return load(precision, target=None if width == "host" else dataclasses.replace(host_target(), vector_bytes=16))


def random_amplitudes(num_bits=BITS, seed=1):
    real, imaginary = np.random.default_rng(seed).standard_normal((2, 1 << num_bits))
    return real + 1j * imaginary


def carried_out(kernels, sweeps, before, support=-1, num_bits=BITS):
    """The amplitudes after the sweeps, and the rows of all programs."""
    found, rows = before.astype(DTYPES[kernels.precision]), []
    settings = Settings(num_bits, kernels.precision, False, kernels.lanes, 10, 4)
    programs = Programs(Stretch(sweeps, settings, support & ((1 << num_bits) - 1), 0.0))
    for number in range(len(sweeps)):
        encoded = programs[number]
        rows += encoded.program.tolist()
        fill_tables(kernels, encoded)
        chunks = block_chunks(found, kernels, encoded, 1)
        for chunk in range(chunks.number):
            chunks.one(0, chunk)
    return found, rows


def check(kernels, sweeps, num_bits=BITS, tolerance=1.0):
    before = random_amplitudes(num_bits)
    found, rows = carried_out(kernels, sweeps, before, num_bits=num_bits)
    for sweep in sweeps:
        for step in sweep.steps:
            apply_step(step, before, num_bits)
    np.testing.assert_allclose(found, before, atol=tolerance * TOLERANCE[kernels.precision], rtol=0)
    return rows


def opcodes(rows):
    return {row[0] for row in rows}


def bit(place):
    return 1 << place


# ── one kind of step at every placement


@pytest.mark.parametrize("half_angle", [0.3, math.pi / 4, 1.3, 1e-7, math.pi / 2 - 1e-9])
def test_turns(kernels, half_angle):
    """Tangents up to and beyond 1, phases before and after; on each bit, and on several at once."""
    for place in range(BITS):
        if LOCAL >> place & 1:
            rows = check(kernels, [Sweep(LOCAL, [Turn(bit(place), 0.7, half_angle, -1.9)])])
            assert opcodes(rows) - {TABLE} == {EXCHANGE if place < kernels.lanes.bit_length() - 1 else OCTETS}
    turns = [Turn(bit(place), 0.3 * place, half_angle + 0.01 * place, -0.2 * place) for place in INSIDE]
    for several in itertools.chain(itertools.combinations(turns, 2), itertools.combinations(turns, 4), [turns]):
        check(kernels, [Sweep(LOCAL, [*several, Phase(bit(3) + bit(11), 0.4), *several[::-1]])])


def test_flips(kernels):
    """No, one and two controls anywhere; each then undone by itself but for what came in between."""
    for target in INSIDE:
        others = [place for place in PLACES if place != target]
        for count in range(3):
            for controls in itertools.combinations(others, count):
                flip = Flip(bit(target), sum(map(bit, controls)))
                check(kernels, [Sweep(LOCAL, [flip])])
                check(kernels, [Sweep(LOCAL, [Phase(flip.mask, 0.9), flip, Turn(bit(target), 0.1, 0.6, 0.2), flip])])


def test_flips_in_a_row(kernels):
    """Of an octet on each other, under up to three and under more conditions."""
    rng = np.random.default_rng(2)
    for _ in range(40):
        flips = []
        for _ in range(12):
            target, first, second = (int(place) for place in rng.permutation(PLACES)[:3])
            if LOCAL >> target & 1:
                flips.append(Flip(bit(target), int(rng.choice([0, bit(first), bit(first) + bit(second)]))))
        check(kernels, [Sweep(LOCAL, flips)])


def pairs(rng):
    """A dense unitary one, one that is none, and those of two blocks."""
    yield unitary_group.rvs(4, random_state=rng)
    yield rng.standard_normal((4, 4)) + 1j * rng.standard_normal((4, 4))
    for partner in (1, 2, 3):
        matrix = np.zeros((4, 4), dtype=complex)
        for j in range(4):
            matrix[j, [j, j ^ partner]] = rng.standard_normal(2) + 1j * rng.standard_normal(2)
        yield matrix


def test_pairs(kernels):
    """In both orders, alone and with phases on the same bits and on others in front and behind."""
    rng = np.random.default_rng(3)
    for first, second in itertools.permutations(INSIDE, 2):
        for number, matrix in enumerate(pairs(rng)):
            pair = Pair(bit(first), bit(second), matrix)
            rows = check(kernels, [Sweep(LOCAL, [pair])], tolerance=4)
            assert (DENSE if number < 2 else BLOCKS) in opcodes(rows)
            around = [Phase(pair.mask, 0.4), Phase(bit(first), 0.3), Phase(bit(second) + bit(5), 0.8), Phase(0b1111, 1)]
            check(kernels, [Sweep(LOCAL, [*around, pair, *around])], tolerance=4)


def test_pairs_alone(kernels):
    """Of bits above those in a vector: nothing but the pass over quartets."""
    rng = np.random.default_rng(3)
    for first, second in itertools.permutations(INSIDE[3:], 2):
        for number, matrix in enumerate(pairs(rng)):
            rows = check(kernels, [Sweep(LOCAL, [Pair(bit(first), bit(second), matrix)])], tolerance=4)
            assert opcodes(rows) == {DENSE if number < 2 else BLOCKS}


def test_phases(kernels):
    """Left to the end of the last sweep: tables inside the block, factors of parts of it across its border."""
    for count in range(1, 5):
        for places in itertools.combinations(PLACES, count):
            rows = check(kernels, [Sweep(LOCAL, [Phase(sum(map(bit, places)), 0.3 + 0.1 * count)])])
            outside = [place in OUTSIDE for place in places]
            assert opcodes(rows) == {SCALAR if all(outside) else PHASE if any(outside) else TABLE}


def test_many_phases_at_once(kernels):
    """Terms of one part of a mask, under several masks outside, and a table of masks of every size."""
    rng = np.random.default_rng(4)
    for count in (3, 30, 200):
        masks = rng.choice(np.arange(1, 1 << BITS), size=count, replace=False).tolist()
        phases = [Phase(mask, float(rng.uniform(-3, 3))) for mask in masks]
        phases += [Phase(bit(5), 0.4), Phase(bit(8), 0.5), Phase(bit(5) + bit(3), 0.6), Phase(bit(8) + bit(3), 0.7)]
        rows = check(kernels, [Sweep(LOCAL, phases)], tolerance=count)
        assert opcodes(rows) == ({TABLE} if count > 3 else set()) | {PHASE, SCALAR}


def test_phases_in_front_of_a_pass(kernels):
    """Multiplied in by the pass: as factors where they hold back nothing else, as a table where they do."""
    seen = set()
    for held, place, count in itertools.product(range(6), INSIDE, (0, 1, 2, 4)):
        others = [other for other in PLACES if other != place]
        phases = [Phase(bit(place) + sum(map(bit, others[:k])), 0.3 + k) for k in range(count)]
        phases += [Phase(bit(place) + bit(other), 1.1 + other) for other in others[::-1][:count]]
        turns = [Turn(bit(other), 0.2, 0.5, 0.4) for other in INSIDE[: held + 1]]
        for turn in (Turn(bit(place), 0.0, 0.4, 0.0), Turn(bit(place), 0.0, 1.2, 0.0)):
            rows = check(kernels, [Sweep(LOCAL, [*phases, turn, *turns, *phases, turn])], tolerance=3)
            seen |= {(row[0], row[FACTORS], row[-1] >= 0) for row in rows if row[0] <= EXCHANGE}
    assert seen == {(op, *diagonal) for op in (OCTETS, EXCHANGE) for diagonal in ((0, False), (0, True), (1, True))}


@pytest.mark.parametrize("outer", range(4))
def test_flips_and_factors_share_conditions(kernels, outer):
    """A pass has three conditions, for flips and for factors: inside the block, outside, and across its border."""
    outside = [bit(5), bit(8), bit(10)]
    for controls in ([bit(11)], [bit(5)], [bit(11) + bit(5)], [bit(5), bit(10), bit(11) + bit(8)], outside):
        steps = [Phase(bit(6) + mask, 0.3 + k) for k, mask in enumerate((bit(11), bit(5), bit(8), bit(10))[:outer])]
        steps.append(Turn(bit(6), 0.1, 0.4, 0.3))
        steps += [Flip(bit(6), mask) for mask in controls]
        check(kernels, [Sweep(LOCAL, steps)])


def test_conditions_that_the_block_alone_decides(kernels):
    """Three, each met in half of the blocks, with nothing to multiply."""
    check(
        kernels,
        [Sweep(LOCAL, [Flip(bit(place), bit(other)) for place, other in zip((6, 7, 11), OUTSIDE, strict=True)])],
    )
    check(kernels, [Sweep(LOCAL, [Flip(bit(6), bit(other)) for other in OUTSIDE])])


# ── programs


@pytest.mark.parametrize("seed", range(40))
def test_random_programs(kernels, seed):
    """Bits trade places with those in the vectors again and again; phases are handed from sweep to sweep."""
    rng = np.random.default_rng(seed)
    sweeps = []
    for _ in range(rng.integers(1, 4)):
        lowest = [0, 1, 2]
        local = sum(
            map(bit, lowest + [int(place) for place in 3 + rng.permutation(BITS - 3)[: rng.integers(7, BITS - 2)]])
        )
        sweeps.append(Sweep(local, random_steps(rng, BITS, int(rng.integers(60)), local)))
    check(kernels, sweeps, tolerance=20)


@pytest.mark.parametrize("seed", range(10))
def test_random_layers(kernels, seed):
    """Turns that wait for the flips of their bits, in a later pass or in a later sweep."""
    steps = random_layers(np.random.default_rng(seed), BITS, 100)
    check(kernels, schedule(steps, BITS, 10, 3), tolerance=20)


def test_bits_trade_places_only_as_often_as_they_are_needed(kernels):
    """Flips that need a bit inside a vector and two others, whichever these are, in one exchange and one back."""
    positions = [place for place in range(BITS) if LOCAL >> place & 1]
    lane_bits = kernels.lanes.bit_length() - 1
    for first, second in itertools.combinations(positions[1:], 2):
        for flip in (Flip(1, bit(first) + bit(second)), Flip(bit(first), 1 + bit(second))):
            rows = check(kernels, [Sweep(LOCAL, [flip])])
            assert [row[0] for row in rows].count(EXCHANGE) <= 3 if first < lane_bits else 2


def test_random_programs_have_all_opcodes(kernels):
    steps = random_steps(np.random.default_rng(5), BITS, 80, LOCAL)
    real = Pair(bit(3), bit(9), next(itertools.islice(pairs(np.random.default_rng(5)), 2, None)))
    rows = check(kernels, [Sweep(LOCAL, [*steps, real, *steps])], tolerance=100)
    assert opcodes(rows) == {OCTETS, EXCHANGE, DENSE, BLOCKS, TABLE, PHASE, SCALAR}


def test_phases_pending_between_sweeps(kernels):
    """One that couples bits of the block is done at once, and all inside it with that; else they go along.

    Nothing is lost or done twice.
    """
    other = 0b1_0111_0111_1111
    phases = [Phase(bit(5) + bit(8), 0.3), Phase(bit(10), 0.4), Phase(bit(5) + bit(3), 0.5), Phase(bit(7), 0.6)]
    turn = Turn(bit(3), 0.1, 0.7, 0.2)
    coupled = [Phase(bit(2) + bit(6), 1.0)]
    for first in (phases, phases + coupled):
        sweeps = [Sweep(LOCAL, [*first, turn]), Sweep(other, [Flip(bit(5), bit(3)), *phases]), Sweep(LOCAL, [turn])]
        check(kernels, sweeps)
        pending = Diagonal(0.25)
        following = Sweep(LOCAL ^ bit(6), [Turn(bit(2), 0.0, 0.7, 0.0)])  # where `coupled` would take a pass of its own
        encode(sweeps[0], BITS, -1, kernels.lanes, REALS[kernels.precision], pending, following=following)
        assert pending.angles[0] == 0.25
        assert (bit(2) + bit(6)) not in pending.angles
        assert (bit(7) in pending.angles) == (first is phases)
        encode(sweeps[2], BITS, -1, kernels.lanes, REALS[kernels.precision], pending)
        assert not pending.angles


def test_rounding_takes_nothing_from_the_norm(kernels):
    """The cosines of a sweep are in its tables and its scale: those of the tables as numbers of the precision."""
    layer = [Turn(bit(place), 0.0, 0.5 + 0.02 * place, 0.0) for place in INSIDE]
    layer += [Phase(bit(one) + bit(other), math.pi) for one, other in itertools.combinations(INSIDE, 2)]
    real = REALS[kernels.precision]
    encoded = encode(Sweep(LOCAL, layer * 50), BITS, -1, kernels.lanes, real, Diagonal())
    factors = encoded.phases[encoded.tables[:, 1]].real
    assert len(factors) > 3
    assert (factors == factors.astype(real)).all()
    tangents = real([math.tan(0.5 + 0.02 * place) for place in INSIDE]).astype(float)
    cosines = np.prod(1 / np.hypot(1, tangents)) ** 50
    assert np.prod(factors) * encoded.data[0] == pytest.approx(cosines, rel=1e-7, abs=0)


def test_more_phases_than_flips_are_pulled_through(kernels):
    rng = np.random.default_rng(6)
    for _ in range(3):
        steps = [Phase(int(rng.integers(1, 1 << BITS)), float(rng.uniform(-3, 3))) for _ in range(140)]
        steps += [Phase(bit(5), 0.4), *random_steps(rng, BITS, 30, LOCAL) * 3]
        check(kernels, [Sweep(LOCAL, steps)], tolerance=100)


def test_factors_of_the_block_are_multiplied_together(kernels):
    """Phases outside the block come in more than one row where too many wait: the later ones of what a turn freed."""
    waiting = [Phase(mask, 0.01 * mask) for mask in range(1, 140)] + [Phase(bit(5), 0.7), Phase(bit(8) + bit(10), 0.9)]
    turns = [Turn(bit(7), 0.1, 0.5, 0.2), Turn(bit(9), 0.1, 0.5, 0.2)]
    steps = [*waiting, *turns, Flip(bit(9), bit(5)), Phase(bit(9) + bit(5), 0.8), Flip(bit(9), bit(5))]
    rows = check(kernels, [Sweep(LOCAL, steps)], tolerance=4)
    assert [row[0] for row in rows].count(SCALAR) == 2


def test_blocks_that_are_zero_are_passed_over(kernels):
    """From |0…0⟩: amplitudes outside the support are not even read."""
    steps = random_steps(np.random.default_rng(7), BITS, 60)
    sweeps = schedule(steps, BITS, 10, 3)
    assert len(sweeps) > 1
    expected = np.zeros(1 << BITS, dtype=complex)
    expected[0] = 1
    found, _ = carried_out(kernels, sweeps, expected, support=0)
    index, unread = np.arange(1 << BITS), expected.copy()
    unread[index & ~sweeps[0].local != 0] = np.nan
    after_one, _ = carried_out(kernels, sweeps[:1], unread, support=0)
    np.testing.assert_array_equal(np.isnan(after_one), np.isnan(unread))
    for step in steps:
        apply_step(step, expected, BITS)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE[kernels.precision])


@pytest.mark.parametrize("support", [bit(5), bit(8) + bit(10), bit(5) + bit(8) + bit(10), bit(3)])
def test_any_support(kernels, support):
    """The bits outside the block are those of the support alone."""
    before = random_amplitudes()
    before[np.arange(1 << BITS) & ~LOCAL & ~support != 0] = 0
    steps = random_steps(np.random.default_rng(8), BITS, 40, LOCAL)
    found, _ = carried_out(kernels, [Sweep(LOCAL, steps)], before, support)
    for step in steps:
        apply_step(step, before, BITS)
    np.testing.assert_allclose(found, before, atol=20 * TOLERANCE[kernels.precision])


@pytest.mark.parametrize("num_bits", [10, 11, 12, 13])
def test_blocks_of_every_shape(kernels, num_bits):
    """One block, and blocks whose lowest run is long, short, and longer than a run may be."""
    rng = np.random.default_rng(num_bits)
    for local in ((1 << num_bits) - 1, (1 << 10) - 1, 0x7F << num_bits - 7 | 7):
        check(kernels, [Sweep(local, random_steps(rng, num_bits, 40, local))], num_bits, tolerance=20)


# ── tables


@pytest.mark.parametrize("num_bits", range(3, 11))
def test_tables_from_their_phases(kernels, num_bits):
    """Several, each a product of factors by mask."""
    rng = np.random.default_rng(num_bits)
    size, dtype = 1 << num_bits, REALS[kernels.precision]
    masks, phases, tables, expected = [], [], [], []
    for number, count in enumerate((0, 1, num_bits, min(50, size - 1))):
        chosen = sorted(rng.choice(np.arange(1, size), size=count, replace=False).tolist())
        factors = rng.standard_normal(count + 1) + 1j * rng.standard_normal(count + 1)
        factors /= np.abs(factors) if count > 1 else 1
        tables.append((5 + 2 * size * number, len(masks), len(masks) + count + 1))
        masks += [0, *chosen]
        phases += factors.tolist()
        diagonal = np.ones(size, dtype=complex)
        for mask, factor in zip([0, *chosen], factors, strict=True):
            diagonal[np.arange(size) & mask == mask] *= factor
        expected.append(diagonal)
    data, work = np.full(5 + 2 * size * len(tables) + 1, 7, dtype=dtype), np.empty(2 * size)
    arrays = [np.array(a) for a in (tables, masks, phases)]
    at = [array.ctypes.data for array in arrays]
    kernels.fill_tables(data.ctypes.data, at[0], len(tables), at[1], at[2], work.ctypes.data, num_bits)
    assert (data[:5] == 7).all()
    assert data[-1] == 7
    groups = data[5:-1].reshape(len(tables), -1, 2, kernels.lanes)
    found = (groups[:, :, 0] + 1j * groups[:, :, 1].astype(np.complex128)).reshape(len(tables), size)
    np.testing.assert_allclose(found, expected, atol=1e-13 if dtype is np.float64 else 1e-5)


@pytest.mark.parametrize("vector_bytes", [16, 32, 64])
@pytest.mark.parametrize("precision", ITEM_BYTES)
def test_programs_for_vectors_of_other_machines(precision, vector_bytes):
    """Bits that trade places with those inside a vector fit an octet, also where registers hold 16 numbers."""
    lanes = KERNELS.lanes(Target("", "", vector_bytes), precision)
    assert lanes == min(vector_bytes // ITEM_BYTES[precision], 8)
    steps = random_steps(np.random.default_rng(9), BITS, 80, LOCAL)
    assert len(encode(Sweep(LOCAL, steps), BITS, -1, lanes, REALS[precision], Diagonal()).program)
