"""Runs on files larger than memory: in windows, each block of which is worked on in memory."""

import numpy as np
import pytest

from qsim import Circuit, RunCancelled, State, gates, run
from qsim.engines import window
from qsim.engines.window import Window
from qsim.kernels import try_load
from qsim.plan.schedule import Sweep, schedule
from qsim.plan.steps import Flip, Pair, Phase, Turn
from qsim.testing import random_circuit

pytestmark = [
    pytest.mark.skipif(try_load("double") is None, reason="no compiled kernels on this machine"),
    pytest.mark.usefixtures("small_chunks"),
]
N = 17
TOLERANCE = {"double": 1e-12, "single": 2e-6}
MATRIX = np.linalg.qr(np.random.default_rng(3).normal(size=(2, 8, 8)).T @ [1, 1j])[0]
CIRCUITS = {
    "random": random_circuit(N, 150, seed=1),
    "with a gate in between": random_circuit(N, 60, 2).append(gates.unitary(MATRIX), 11, 3, 0).append(
        random_circuit(N, 60, 3)
    ),
    "phases across": Circuit(N).h(range(N)).cp(0.3, range(1, N), range(N - 1)).cp(0.7, 0, N - 1).h(range(N)),
    "swaps": random_circuit(N, 30, 4).swap(0, N - 1).swap(3, 12).swap(0, 5).h(0),
    "only phases": Circuit(N).x(range(3)).cp(0.4, range(2), range(1, 3)).rz(0.3, range(N)),
    "flips under far controls": Circuit(N).h(0).h(1).ccx(0, 1, N - 1).cx(N - 1, 2).ccx(2, 0, 8),
}  # fmt: skip


@pytest.fixture
def little_memory(monkeypatch):
    """Windows of 2^13 amplitudes for every file, and two copies of blocks."""
    monkeypatch.setattr(window, "_WINDOW_BITS", {"double": 13, "single": 14})
    monkeypatch.setattr(window, "_LOW_BITS", {"double": 6, "single": 7})
    monkeypatch.setattr(window, "total_memory", lambda: 2**20)  # a state of single precision has as much
    monkeypatch.setattr(window, "_BUFFERS", 4)


@pytest.fixture
def read(monkeypatch):
    """Where the blocks begin that are read."""
    read, real = [], Window.read
    monkeypatch.setattr(Window, "read", lambda *given: (read.append(given[3]), real(*given)))
    return read


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("initial", [None, State.random(N, seed=5)], ids=["zero", "state"])
@pytest.mark.parametrize("name", CIRCUITS)
def test_a_file_ends_as_a_state_in_memory(name, initial, precision, tmp_path, little_memory, read):
    state, options = State.memmap(tmp_path / "a.state", N, precision=precision), {"precision": precision}
    run(CIRCUITS[name], None, out=state, initial=initial, method="statevector", threads=3, **options)
    assert read
    expected = run(CIRCUITS[name], None, initial=initial, method="numpy").state.amplitudes
    np.testing.assert_allclose(state.amplitudes, expected, atol=TOLERANCE[precision], rtol=0)


def test_blocks_that_are_zero_are_not_read(tmp_path, little_memory, read):
    state = State.memmap(tmp_path / "a.state", N)
    run(Circuit(N).h(range(3, N)), None, out=state, method="statevector")
    assert len(read) < 2 ** (N - 13)


@pytest.mark.parametrize("initial", [None, State.random(N, seed=5)], ids=["zero", "state"])
def test_a_stopped_run_goes_on(initial, tmp_path, little_memory, stop_after):
    circuit, path = CIRCUITS["with a gate in between"], tmp_path / "a.state"
    stops = 0
    for threads in (1, 2, 3) * 20:
        state = State.memmap(path, N)
        stop_after(7 * threads)
        try:
            run(circuit, None, out=state, initial=initial, method="statevector", threads=threads)
            break
        except RunCancelled:
            stops += 1
    stop_after(0)
    assert stops > 3
    whole = State.memmap(tmp_path / "b.state", N)
    run(circuit, None, out=whole, initial=initial, method="statevector", threads=1)
    np.testing.assert_array_equal(state.amplitudes, whole.amplitudes)


def test_small_files_are_worked_on_where_they_lie(tmp_path, read):
    state = State.memmap(tmp_path / "a.state", N)
    run(Circuit(N).h(range(N)), None, out=state, method="statevector")
    assert not read


@pytest.mark.parametrize("local", [0b111, 0b1011011, 0b1110000011, 0b1111111111])
def test_blocks_are_read_and_written_once(local, tmp_path):
    view, n = Window(local, 10), 10
    state = State.memmap(tmp_path / "a.state", n)
    run(Circuit(n), None, initial=State(np.arange(2**n) + 0j, normalize=True), out=state)
    scale = state.amplitudes[1].real
    seen: list[int] = []
    buffer = np.empty(2**view.num_local, dtype=complex)
    for block in range(2 ** (n - view.num_local)):
        base, renamed = view.place(block, 2**n - 1)
        assert renamed == block * len(buffer)
        with open(tmp_path / "a.state", "r+b", buffering=0) as file:
            view.read(file, buffer, base)
            indices = np.rint(buffer.real / scale).astype(int).tolist()
            assert [view.renamed(index) for index in indices] == [*range(renamed, renamed + len(buffer))]
            seen += indices
            buffer *= 1j
            view.write(file, buffer, base)
    assert sorted(seen) == list(range(2**n))
    np.testing.assert_allclose(state.amplitudes, 1j * scale * np.arange(2**n), atol=1e-15)  # as the map sees it


@pytest.mark.parametrize(("blocks", "number"), [(0.1, 1), (1, 1), (3, 3), (100, 4)])
def test_copies_of_blocks(blocks, number, monkeypatch):
    """An eighth of the memory's worth of them: one at least, and no more than there are workers."""
    monkeypatch.setattr(window, "total_memory", lambda: int(blocks * 8 * 2**7 * 16))
    copies = window.buffers(Window(0b1111111, 10), np.dtype(complex), 4)
    assert copies.qsize() == number
    assert copies.get().nbytes == 2**7 * 16


def test_steps_are_renamed():
    view = Window(0b1010, 4)
    steps = [Phase(0b1100, 0.3), Turn(0b1000, 0.1, 0.2, 0.3), Flip(0b10, 0b1001), Pair(0b1000, 0b10, np.eye(4))]
    phase, turn, flip, pair = view.steps(Sweep(0b1010, steps))
    assert (phase, turn, flip) == (Phase(0b1010, 0.3), Turn(0b10, 0.1, 0.2, 0.3), Flip(0b1, 0b110))
    assert (pair.first, pair.second) == (0b10, 0b1)


def test_a_file_is_read_rarely():
    """34 qubits: two passes for a layer on each qubit, three where the cache's sweeps would make four."""
    layer = [Turn(1 << bit, 0.0, 0.3, 0.0) for bit in range(34)]
    assert len(schedule(layer, 34, *window.window_bits("double"))) == 2
    assert len(schedule(layer, 34, 12, 4)) == 4
