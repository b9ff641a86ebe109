"""Long runs: progress, timeout, Ctrl-C, fingerprints."""

import gc
import pickle
import signal
import sys
import tracemalloc
import warnings

import numpy as np
import pytest
from engines.long_runs import CIRCUIT, IN_PLACE, POSIX
from kernels.loader_tools import finish, python

from qsim import (
    Circuit,
    CircuitError,
    QsimError,
    RunCancelled,
    RunInterrupted,
    RunTimedOut,
    gates,
    run,
)
from qsim.engines import control
from qsim.engines.control import Chunks, Control
from qsim.engines.fingerprint import fingerprint
from qsim.methods import METHODS
from qsim.states.record import Point
from qsim.testing import random_circuit

pytestmark = pytest.mark.usefixtures("small_chunks")


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
    assert run(CIRCUIT, None, progress=False).state.equiv(CIRCUIT.state())


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


# ── Batches of chunks ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("most", [1, 2, 5, 1000])
@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_batches_are_one_chunk_then_long_then_short(workers, most):
    for first, end in ((0, 0), (0, 1), (0, 2), (0, 64), (13, 64), (5, 300)):
        batches = control._batches(first, end, workers, most)
        assert [chunk for a, b in batches for chunk in range(a, b)] == list(range(first, end))
        sizes = [b - a for a, b in batches]
        assert sizes[:1] == [1] * (end > first)
        assert sizes[1:] == sorted(sizes[1:], reverse=True)
        assert all(
            size == 1 or size <= min(most, (end - a) / (2 * workers))
            for size, (a, _) in zip(sizes, batches, strict=True)
        )
        if end - first > 1:
            assert sizes[1] == max(min(most, (end - first - 1) // (2 * workers)), 1)


def stages(events):
    """Of 8, 1 and 2 chunks, up to 9 of them in one call; their preparation and their calls are told."""

    def stage(name, number):
        def start(workers):
            events.append(f"prepare {name}")
            return Chunks(number, lambda worker, first, last: events.append(f"{name} {first}-{last}"), 9)

        return start

    return [stage("a", 8), stage("b", 1), stage("c", 2)]


def test_the_next_stage_is_prepared_before_the_second_batch():
    events = []
    Control().execute(stages(events), np.zeros(1), 1)
    assert events == [
        "prepare a", "a 0-1", "prepare b", "a 1-4", "a 4-6", "a 6-7", "a 7-8", "b 0-1",
        "prepare c", "c 0-1", "c 1-2",
    ]  # fmt: skip


def test_what_is_recorded_goes_chunk_by_chunk():
    events = []
    start = Chunks(1, lambda worker, first, last: events.append("start"))
    Control(identify=lambda plan: b"", start=lambda workers: start).execute(stages(events), np.zeros(1), 1)
    calls = [event for event in events if not event.startswith("prepare")]
    assert calls == ["start", *(f"a {k}-{k + 1}" for k in range(8)), "b 0-1", "c 0-1", "c 1-2"]


def test_chunks_that_are_done_are_passed_over():
    events = []
    resumed = Control(identify=lambda plan: b"", start=lambda workers: Chunks(0, lambda *_: None))
    resumed.point = Point(1, 8, 3, {5})
    resumed.execute(stages(events), np.zeros(1), 1)
    calls = [event for event in events if not event.startswith("prepare")]
    assert calls == [*(f"a {k}-{k + 1}" for k in (3, 4, 6, 7)), "b 0-1", "c 0-1", "c 1-2"]


def test_progress_counts_the_chunks_of_a_batch():
    seen = []
    Control(progress=lambda done, total: seen.append((done, total))).execute(stages([]), np.zeros(1), 1)
    assert seen == [(done, 3) for done in (0, 1 / 8, 4 / 8, 6 / 8, 7 / 8, 1, 2, 2.5, 3)]


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
