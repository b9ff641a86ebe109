"""Long runs: progress, timeout, Ctrl-C, runs that go on from a file or a checkpoint."""

import gc
import os
import pickle
import signal
import sys
import time
import tracemalloc
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from kernels.loader_tools import finish, python

from qsim import (
    Circuit,
    CircuitError,
    QsimError,
    RunCancelled,
    RunInterrupted,
    RunTimedOut,
    State,
    StateError,
    TooLargeError,
    gates,
    run,
)
from qsim.engines import checkpoint as checkpoint_module
from qsim.engines import control, statevector
from qsim.engines.fingerprint import fingerprint
from qsim.kernels import threads as threads_module
from qsim.kernels import try_load
from qsim.run import METHODS
from qsim.testing import random_circuit

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
IN_PLACE = [name for name, method in METHODS.items() if method.in_place]
if try_load("double") is None:
    IN_PLACE.remove("statevector")
N = 14
rng = np.random.default_rng(3)
MATRIX = np.linalg.qr(rng.normal(size=(2, 8, 8)).T @ [1, 1j])[0]
# With a gate that no plan lowers, and swaps.
CIRCUIT = (
    random_circuit(N, 150, seed=1).swap(0, 9).append(gates.unitary(MATRIX), 11, 3, 0).append(random_circuit(N, 150, 2))
)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Many chunks, and a report after each."""
    monkeypatch.setattr(statevector, "_LEAST_AMPLITUDES", 2**12)
    monkeypatch.setattr(control, "_START_AMPLITUDES", 2**11)
    monkeypatch.setattr(control, "_REPORT_SECONDS", 0.0)


@pytest.fixture
def stop_after(monkeypatch):
    """Stop runs once so many more chunks are done, by an exception that a signal raises in the main thread."""
    if sys.platform == "win32":
        pytest.skip("signals of POSIX")
    left = [0]

    def for_chunks(work, num_chunks, threads, check):
        def counted(worker, chunk):
            work(worker, chunk)
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGUSR1)
                time.sleep(0.1)  # until the main thread has heard of it

        threads_module.for_chunks(counted, num_chunks, threads, check)

    def set_to(chunks, how=KeyboardInterrupt):
        def handle(*_):
            raise how

        left[0] = chunks
        signal.signal(signal.SIGUSR1, handle)

    before = signal.getsignal(signal.SIGUSR1)
    monkeypatch.setattr(control, "for_chunks", for_chunks)
    yield set_to
    signal.signal(signal.SIGUSR1, before)


# ── Progress and timeout ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", METHODS)
def test_progress_rises_to_the_end(method):
    if method == "statevector" and method not in IN_PLACE:
        pytest.skip("no compiled kernels on this machine")
    circuit = CIRCUIT if method in IN_PLACE else random_circuit(4, 20, seed=1)
    seen = []
    run(circuit, None, method=method, progress=lambda done, total: seen.append((done, total)))
    done = [a for a, _ in seen]
    assert len({total for _, total in seen}) == 1
    assert done == sorted(done)
    assert done[-1] == seen[-1][1] > 0
    assert len(seen) > 1


def test_a_bar_is_drawn(capsys):
    pytest.importorskip("tqdm")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tqdm, about notebooks
        run(CIRCUIT, None, progress=True)
    drawn = capsys.readouterr().err
    assert "100%" in drawn
    assert "sweeps" in drawn
    assert run(CIRCUIT, None, progress=False).state == CIRCUIT.state()


def test_without_tqdm_the_message_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(QsimError, match="needs tqdm, which is not installed: install it"):
        run(CIRCUIT, None, progress=True)


@pytest.mark.parametrize("method", IN_PLACE)
def test_an_error_in_the_callers_function_ends_the_run(method):
    with pytest.raises(ZeroDivisionError):
        run(CIRCUIT, None, method=method, progress=lambda done, total: 1 / 0)


@pytest.mark.parametrize("method", METHODS)
def test_timeout(method):
    if method == "statevector" and method not in IN_PLACE:
        pytest.skip("no compiled kernels on this machine")
    circuit = CIRCUIT if method in IN_PLACE else random_circuit(4, 20, seed=1)
    with pytest.raises(
        RunTimedOut, match=r"Stopped at its timeout, after .* of \d+ sweeps\. The state is released"
    ) as told:
        run(circuit, None, method=method, timeout=1e-9)
    assert told.value.sweeps_done < told.value.num_sweeps
    assert told.value.seconds > 0
    assert run(circuit, None, method=method, timeout=float("inf")).state == run(circuit, None, method=method).state


def test_what_catches_an_interruption():
    assert issubclass(RunTimedOut, RunInterrupted)
    assert issubclass(RunTimedOut, QsimError)
    assert issubclass(RunTimedOut, TimeoutError)
    assert issubclass(RunCancelled, RunInterrupted)
    assert issubclass(RunCancelled, KeyboardInterrupt)
    assert not issubclass(RunCancelled, Exception)  # a loop that goes on after errors still ends
    for kind in (RunTimedOut, RunCancelled):
        error = kind("stopped", sweeps_done=1.5, num_sweeps=3, seconds=2.0)
        copy = pickle.loads(pickle.dumps(error))
        assert (str(copy), copy.sweeps_done, copy.num_sweeps, copy.seconds) == ("stopped", 1.5, 3, 2.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": 0}, "`timeout` must be a number of seconds above 0, but is 0"),
        ({"timeout": -1}, "above 0"),
        ({"timeout": float("nan")}, "above 0"),
        ({"timeout": "1"}, "above 0"),
        ({"timeout": True}, "above 0"),
        ({"progress": 3}, "`progress` must be True for a bar"),
        ({"optimize": 1}, "`optimize` must be True or False, but is 1"),
        ({"verify": None}, "`verify` must be True or False"),
        ({"checkpoint": 3}, "`checkpoint` must be a path"),
        ({"checkpoint": "/missing/folder/a"}, "must be in a folder"),
        ({"checkpoint": "a.state", "method": "dense"}, "'dense' cannot keep checkpoints"),
    ],
)
def test_refused_options(options, message):
    with pytest.raises(CircuitError, match=message):
        run(Circuit(2).h(0), None, **options)


# ── Ctrl-C ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", ["Ctrl-C", "timeout"])
@pytest.mark.parametrize("method", IN_PLACE)
def test_a_stopped_run_releases_the_state_while_its_exception_is_kept(method, how):
    def progress(done, total):
        if how == "Ctrl-C" and done >= 1:
            raise KeyboardInterrupt

    circuit = Circuit(18).h(range(18)).append(random_circuit(18, 50, seed=3))  # 4 MiB
    run(Circuit(18).h(0), None, method=method)  # what is loaded once is loaded
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        with pytest.raises(RunInterrupted) as told:
            run(circuit, None, method=method, progress=progress, timeout=None if how == "Ctrl-C" else 0.02)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert told.value.num_sweeps
    assert peak > 4 * 2**20
    assert kept < 2 * 2**20


LONG = """
import sys, time
from qsim import Circuit, RunCancelled, run
circuit = Circuit(24)
for layer in range(60):
    circuit.h(range(24)).cx(range(layer % 2, 23, 2), range(1 + layer % 2, 24, 2)).rx(0.1, range(24))
tell = lambda done, total: print("at", done, flush=True)
try:
    run(circuit, None, method=sys.argv[1], precision="single", progress=tell)
except KeyboardInterrupt as error:
    print(type(error).__name__, error.sweeps_done < error.num_sweeps, flush=True)
    assert Circuit(2).x(0).sample(1, seed=0) == {"10": 1}
    print("usable")
"""


@POSIX
@pytest.mark.parametrize("method", IN_PLACE)
def test_ctrl_c_stops_a_large_run(method):
    process = python(LONG, method)
    assert process.stdout.readline().startswith("at")
    process.send_signal(signal.SIGINT)
    lines = [line for line in finish(process) if not line.startswith("at")]
    assert lines == ["RunCancelled True", "usable"]


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
        stop_after(4 * threads + 1, how)
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
from qsim.engines import control
from qsim.testing import random_circuit
begun = []
def for_chunks(work, num_chunks, threads, check):
    begun.append(work)
    if len(begun) > 3:
        os.kill(os.getpid(), signal.SIGKILL)
    for chunk in range(num_chunks):
        work(0, chunk)
control.for_chunks = for_chunks
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


@POSIX
@pytest.mark.parametrize("method", IN_PLACE)
def test_ctrl_c_at_any_moment_loses_nothing(method, tmp_path):
    """Signals at random moments, in Python and in kernels, until the run is done; each time it goes on."""
    path = tmp_path / "a.state"
    delays = np.random.default_rng(5).uniform(0.0005, 0.02, size=400).tolist()

    def interrupt(*_):
        signal.setitimer(signal.ITIMER_REAL, 0.0002)  # and again, while the file is written
        signal.signal(signal.SIGALRM, again)
        raise KeyboardInterrupt

    def again(*_):
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        raise KeyboardInterrupt

    stops = 0
    before = signal.getsignal(signal.SIGALRM)
    try:
        for delay in delays:
            state = State.memmap(path, N)
            signal.signal(signal.SIGALRM, interrupt)
            try:
                signal.setitimer(signal.ITIMER_REAL, delay)
                run(CIRCUIT, None, out=state, method=method, threads=2)
                signal.setitimer(signal.ITIMER_REAL, 0)
                break
            except KeyboardInterrupt:
                stops += 1
            finally:
                try:
                    signal.setitimer(signal.ITIMER_REAL, 0)
                    signal.signal(signal.SIGALRM, signal.SIG_IGN)
                except KeyboardInterrupt:
                    signal.setitimer(signal.ITIMER_REAL, 0)
        else:
            signal.setitimer(signal.ITIMER_REAL, 0)
            run(CIRCUIT, None, out=State.memmap(path, N), method=method)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert stops
    np.testing.assert_array_equal(State.memmap(path, N).amplitudes, expected(method))


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
    for module in ("qsim.memory", "qsim.run"):
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


# ── Fingerprints ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_fingerprints_tell_circuits_apart():
    base = Circuit(3).rx(0.5, 0)
    same = [base.copy(), base.copy().measure_all(), base.copy().barrier()]
    unitary = gates.unitary(np.diag([1, 1j]), "x")
    others = [
        Circuit(4).rx(0.5, 0),
        Circuit(3).rx(np.nextafter(0.5, 1), 0),
        Circuit(3).ry(0.5, 0),
        Circuit(3).rx(0.5, 1),
        Circuit(3).rx(0.5, 0).x(1),
        Circuit(3).x(1).rx(0.5, 0),
        Circuit(3).crx(0.5, 1, 0),
        Circuit(3).rx(0.5, 0, controls=[1], control_state="0"),
        Circuit(3).x(0),
        Circuit(3).append(unitary, 0),
        Circuit(3).append(gates.unitary(np.diag([1, -1j]), "x"), 0),
        Circuit(3).append(gates.diagonal([0, 1, 2, 3]), 0, 1),
        Circuit(3).append(gates.diagonal([0, 1, 2, 4]), 0, 1),
        Circuit(3).append(gates.permutation([1, 0, 2, 3]), 0, 1),
        Circuit(3).append(gates.permutation([0, 1, 3, 2]), 0, 1),
    ]
    assert {fingerprint(circuit) for circuit in same} == {fingerprint(base)}
    assert len({fingerprint(circuit) for circuit in [base, *others]}) == len(others) + 1
    assert fingerprint(base, "a") != fingerprint(base, "b")
