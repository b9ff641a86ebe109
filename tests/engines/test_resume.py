"""Runs that were stopped go on, from a file or a checkpoint, and end as if they had not been."""

import os
import signal
import sys
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from engines.long_runs import CIRCUIT, IN_PLACE, POSIX, N
from kernels.loader_tools import finish, python

from qsim import (
    Circuit,
    CircuitError,
    RunCancelled,
    RunInterrupted,
    RunTimedOut,
    State,
    StateError,
    TooLargeError,
    run,
)
from qsim.engines import checkpoint as checkpoint_module
from qsim.kernels import threads as threads_module
from qsim.methods import METHODS
from qsim.states.storage import read_header
from qsim.testing import random_circuit

pytestmark = pytest.mark.usefixtures("small_chunks")


# ── Runs that go on: files ────────────────────────────────────────────────────────────────────────────────────────────


def expected(method, initial=None, precision="double"):
    return run(CIRCUIT, None, method=method, initial=initial, precision=precision).state.amplitudes


@pytest.mark.parametrize("how", [KeyboardInterrupt, RunTimedOut, ZeroDivisionError])
@pytest.mark.parametrize("initial", [None, "01" * (N // 2), State.random(N, seed=4)], ids=["zero", "label", "state"])
@pytest.mark.parametrize("method", IN_PLACE)
def test_a_stopped_run_on_a_file_ends_as_if_it_had_not_been_stopped(method, initial, how, tmp_path, stop_after):
    path = tmp_path / "a.state"
    done = [0.0]
    for threads in (1, 2, 3) * 20:
        state = State.memmap(path, N)  # as another process would
        stop_after((4 if method == "statevector" else 30) * threads + 1, how)
        try:
            run(CIRCUIT, None, out=state, method=method, initial=initial, threads=threads)
            break
        except (RunInterrupted, ZeroDivisionError) as error:
            told = error
        assert isinstance(told, how)
        if not state._file.unreadable:
            break  # it was stopped when nothing was left to do
        if how is not ZeroDivisionError:
            assert str(path) in str(told)
            assert done[-1] < told.sweeps_done < told.num_sweeps
            done.append(told.sweeps_done)
        with pytest.raises(StateError, match=r"in the middle of a run, after .* run the same circuit"):
            state.amplitudes
        with pytest.raises(StateError, match="in the middle of a run"):
            State.load(path)
        assert "in the middle of a run" in repr(state)
        assert state.num_qubits == N
    stop_after(0)
    assert len(done) > 3 or how is ZeroDivisionError
    np.testing.assert_array_equal(state.amplitudes, expected(method, initial))
    assert State.memmap(path, N) == state


@pytest.mark.parametrize("method", IN_PLACE)
def test_a_timeout_on_a_file_goes_on(method, tmp_path):
    state = State.memmap(tmp_path / "a.state", N, precision="single")
    with pytest.raises(RunTimedOut, match="Stopped at its timeout"):
        run(CIRCUIT, None, out=state, method=method, precision="single", timeout=1e-9)
    run(CIRCUIT, None, out=state, method=method, precision="single")
    np.testing.assert_array_equal(state.amplitudes, expected(method, precision="single"))


@pytest.mark.parametrize("method", IN_PLACE)
def test_a_run_in_place_goes_on(method, tmp_path, stop_after):
    state = State.memmap(tmp_path / "a.state", N)
    run(CIRCUIT, None, out=state, method=method)
    stop_after(12)
    with pytest.raises(RunCancelled):
        run(CIRCUIT, None, initial=state, out=state, method=method)
    again = State.memmap(tmp_path / "a.state", N)
    run(CIRCUIT, None, initial=again, out=again, method=method)
    np.testing.assert_array_equal(again.amplitudes, expected(method, State(expected(method))))


@pytest.mark.parametrize("method", IN_PLACE)
def test_another_run_is_refused_on_a_file_that_waits(method, tmp_path, stop_after):
    path = tmp_path / "a.state"
    state = State.memmap(path, N)
    stop_after(12)
    with pytest.raises(RunCancelled):
        run(CIRCUIT, None, out=state, method=method)
    before = path.read_bytes()
    others = [
        (CIRCUIT.copy().x(0), {}),
        (random_circuit(N, 60, seed=1), {}),
        (CIRCUIT, {"initial": "1" * N}),
        (CIRCUIT, {"method": next((m for m in IN_PLACE if m != method), "numpy"), "initial": "0" * N}),
    ]
    for circuit, options in others:
        with pytest.raises(StateError, match=r"in the middle of another run .* or delete the file"):
            run(circuit, None, out=State.memmap(path, N), **{"method": method} | options)
    with pytest.raises(StateError, match="in the middle of a run"):
        run(CIRCUIT, None, initial=state)
    assert path.read_bytes() == before
    run(CIRCUIT, None, out=state, method=method)
    np.testing.assert_array_equal(state.amplitudes, expected(method))


KILLED = """
import os, signal, sys
from qsim import State, run
from qsim.kernels import threads
from qsim.testing import random_circuit
begun = []
def for_chunks(work, num_chunks, workers, check):
    begun.append(work)
    if len(begun) > 3:
        os.kill(os.getpid(), signal.SIGKILL)
    for chunk in range(num_chunks):
        work(0, chunk)
threads.for_chunks = for_chunks
run(random_circuit(14, 60, seed=1), None, method=sys.argv[2], out=State.memmap(sys.argv[1], 14))
"""


@POSIX
@pytest.mark.parametrize("method", IN_PLACE)
def test_a_file_that_a_killed_run_left_is_refused(method, tmp_path):
    path = tmp_path / "a.state"
    state = State.memmap(path, N)
    process = python(KILLED, str(path), method)
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    for use in (
        lambda: State.memmap(path, N),
        lambda: State.load(path),
        lambda: run(random_circuit(N, 60, seed=1), None, out=state, method=method),
    ):
        with pytest.raises(StateError, match=r"one that was killed.* Delete it and run again; .*`checkpoint=`"):
            use()


def test_a_chunk_that_fails_leaves_a_file_that_is_refused(tmp_path, monkeypatch):
    """It may have changed half of its amplitudes."""
    path = tmp_path / "a.state"
    state = State.memmap(path, 4)
    monkeypatch.setattr("qsim.engines.numpy_path.apply_operation", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(Circuit(4).h(0), None, out=state)
    for use in (lambda: State.memmap(path, 4), lambda: state.amplitudes):
        with pytest.raises(StateError, match="killed"):
            use()


STOPPED_AT_ANY_MOMENT = """
import os, signal, sys, time
import numpy as np
from qsim import State, run
from qsim.testing import random_circuit
path, method = sys.argv[1:]
sys.modules["qsim.methods"].DIRECT_QUBITS = 9  # plans for small registers too
circuit = random_circuit(14, 200, seed=1)
expected = run(circuit, None, method=method).state
os.fsync = lambda handle: None
stops = 0
def once(*_):
    signal.signal(signal.SIGALRM, twice)
    signal.setitimer(signal.ITIMER_REAL, 0.0002)  # impatience: again while it is being recorded
    raise KeyboardInterrupt
def twice(*_):
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    raise KeyboardInterrupt
for delay in np.random.default_rng(5).uniform(0.0005, 0.02, size=100).tolist() + [0]:
    state = State.memmap(path, 14)
    try:
        signal.signal(signal.SIGALRM, once)
        signal.setitimer(signal.ITIMER_REAL, delay)  # 0: never
        run(circuit, None, out=state, method=method, threads=2)
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        break
    except KeyboardInterrupt:
        try:
            time.sleep(0.01)  # the second one is over by then
        except KeyboardInterrupt:
            pass
        stops += 1
print(stops > 0, State.memmap(path, 14) == expected)
"""


@POSIX
@pytest.mark.parametrize("method", IN_PLACE)
def test_ctrl_c_at_any_moment_loses_nothing(method, tmp_path):
    """Signals at random moments, in Python and in kernels, until the run is done; each time it goes on."""
    process = python(STOPPED_AT_ANY_MOMENT, str(tmp_path / "a.state"), method)
    assert finish(process) == ["True True"]


def test_what_reaches_the_disk_in_which_order(tmp_path, monkeypatch, stop_after):
    """The mark first, then amplitudes, then the record of them: at no moment does the disk say what is not so."""
    state, events = State.memmap(tmp_path / "a.state", N), []
    monkeypatch.setattr(os, "fsync", lambda handle: events.append(read_header(tmp_path / "a.state").status.name))
    monkeypatch.setattr(np.memmap, "flush", lambda self: events.append("amplitudes"))
    real = threads_module.for_chunks
    monkeypatch.setattr(threads_module, "for_chunks", lambda *given: (events.append("chunks"), real(*given)))
    stop_after(9)
    with pytest.raises(RunCancelled):
        run(CIRCUIT, None, method="numpy", out=state)
    assert [event for event, after in pairwise([*events, ""]) if event != after] == [
        "WORKING", "chunks", "amplitudes", "PAUSED",
    ]  # fmt: skip
    events.clear()
    run(CIRCUIT, None, method="numpy", out=state)
    assert [event for event, after in pairwise([*events, ""]) if event != after] == [
        "WORKING", "chunks", "amplitudes", "FINISHED",
    ]  # fmt: skip


def test_a_state_in_memory_is_no_place_for_results():
    with pytest.raises(TypeError, match=r"State\.memmap: other states are immutable"):
        run(Circuit(2), None, out=State("00"))
    with pytest.raises(TypeError, match="but is list"):
        run(Circuit(2), None, out=[0, 0, 0, 0])


def test_engines_that_do_not_work_in_place_refuse_files(tmp_path):
    state = State.memmap(tmp_path / "a.state", 2)
    for method in set(METHODS) - {"statevector", "numpy"}:
        with pytest.raises(CircuitError, match=rf"'{method}' cannot run on a State\.memmap"):
            run(Circuit(2).h(0), None, out=state, method=method)
    assert state == State("00")
    with pytest.raises(StateError, match="4 complex64"):
        run(Circuit(2), None, out=state, precision="single")
    with pytest.raises(StateError, match="8 complex128"):
        run(Circuit(3), None, out=state)


def test_memory_is_not_asked_for_a_file(tmp_path, monkeypatch):
    state = State.memmap(tmp_path / "a.state", 18)
    for module in ("qsim.memory", "qsim.methods"):
        monkeypatch.setattr(sys.modules[module], "available_memory", lambda: 0)
    run(Circuit(18).h(0), None, out=state)
    with pytest.raises(TooLargeError):
        run(Circuit(18).h(0), None)


# ── Runs that go on: checkpoints ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("initial", [None, "01" * (N // 2), State.random(N, seed=4)], ids=["zero", "label", "state"])
@pytest.mark.parametrize("where", ["new", "out", "file"])
@pytest.mark.parametrize("method", IN_PLACE)
def test_a_run_goes_on_from_its_checkpoint(method, where, initial, tmp_path, monkeypatch, stop_after):
    monkeypatch.setattr(checkpoint_module, "SECONDS", 0.0)
    monkeypatch.setattr(checkpoint_module, "_SHARE", 0)
    path = tmp_path / "copy"

    def options(attempt):
        out = {"new": None, "out": np.full(2**N, 7, dtype=complex)}.get(where)
        out = State.memmap(tmp_path / f"{attempt}.state", N) if where == "file" else out
        return {"method": method, "checkpoint": path, "initial": initial, "out": out}

    stop_after(15)
    with pytest.raises(RunCancelled, match=r"in the middle of a run" if where == "file" else r"copy .*copy' is kept"):
        run(CIRCUIT, None, **options(1))
    assert path.exists()
    for read in (State.load, lambda path: run(CIRCUIT, None, initial=State.load(path))):
        with pytest.raises(StateError, match="in the middle of a run"):
            read(path)
    begun = []
    result = run(CIRCUIT, None, progress=lambda done, total: begun.append(done), **options(2))
    assert begun[0] >= 2
    np.testing.assert_array_equal(result.state.amplitudes, expected(method, initial))
    assert not path.exists()
    assert {file.suffix for file in tmp_path.iterdir()} <= {".state"}


@pytest.mark.parametrize("method", IN_PLACE)
def test_a_checkpoint_of_another_run_is_refused_and_kept(method, tmp_path, monkeypatch, stop_after):
    monkeypatch.setattr(checkpoint_module, "SECONDS", 0.0)
    path = tmp_path / "copy"
    stop_after(15)
    with pytest.raises(RunCancelled):
        run(CIRCUIT, None, method=method, checkpoint=path)
    before = path.read_bytes()
    for circuit, options in (
        (CIRCUIT.copy().x(0), {}),
        (CIRCUIT, {"precision": "single"}),
        (CIRCUIT, {"initial": "1" * N}),
    ):
        with pytest.raises(StateError, match=r"of another run .* give another path, or delete it"):
            run(circuit, None, method=method, checkpoint=path, **options)
    assert path.read_bytes() == before
    path.write_bytes(b"something else")
    with pytest.raises(StateError, match=r"is not one of State\.memmap"):
        run(CIRCUIT, None, method=method, checkpoint=path)
    assert path.read_bytes() == b"something else"


def test_checkpoints_are_rare(tmp_path):
    path, seen = tmp_path / "copy", []
    run(CIRCUIT, None, method="numpy", checkpoint=path, progress=lambda done, total: seen.append(path.exists()))
    assert not any(seen)  # the run takes less than a minute


def test_the_disk_is_asked_for_a_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=100))
    with pytest.raises(
        TooLargeError, match=r"checkpoint of 14 qubits needs 256 KiB of disk space, but 100 bytes are free"
    ):
        run(CIRCUIT, None, checkpoint=tmp_path / "copy")
