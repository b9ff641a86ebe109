"""Interleaved timing: each simulator lives in a process of its own, and they take turns.

So no simulator's threads, allocator or environment touch another's, one that is over its time can be ended, and drift
of the machine (other load, clock) hits all alike. A turn builds a fresh circuit object, collects garbage, and times
`simulate` alone: from the simulator's own circuit object to the array of amplitudes, planning included.
"""

import gc
import multiprocessing
import os
import signal
import statistics
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import numpy as np
from adapters import ENGINES, make
from numpy.typing import NDArray
from quiet import pressure, wait_for_quiet

import circuits

__all__ = ["Case", "Measurement", "Session", "limit_threads", "measure"]

PREPARE_LIMIT = 300.0  # seconds for imports and for building a circuit object, neither of which is measured
PROBES = 256  # amplitudes of each result that are compared
TOLERANCES = {"single": 1e-3, "double": 1e-9}  # relative distance of the compared amplitudes


class Case(NamedTuple):
    """What every engine is asked for."""

    circuit: str
    qubits: int
    precision: str
    layers: int | None = None


class Turn(NamedTuple):
    """What one run of an engine tells: its time, how disturbed it was, and some of its amplitudes if asked for."""

    seconds: float
    disturbed: float
    probe: NDArray[Any] | None


@dataclass
class Measurement:
    """An engine on a case.

    Attributes:
        engine: key of `ENGINES`.
        case: what it was asked for.
        seconds: of each counted turn; empty where there is an error.
        disturbed: share of each turn in which a thread waited for a processor, because other programs ran.
        error: why there are none.
        agrees: whether its amplitudes are those of the first engine; `None` for that one.
    """

    engine: str
    case: Case
    seconds: list[float] = field(default_factory=list)
    disturbed: list[float] = field(default_factory=list)
    error: str | None = None
    agrees: bool | None = None

    @property
    def best(self) -> float:
        """Shortest time in seconds."""
        return min(self.seconds)

    @property
    def median(self) -> float:
        """Median time in seconds."""
        return statistics.median(self.seconds)

    @property
    def disturbance(self) -> float:
        """How disturbed the best turn was."""
        return self.disturbed[self.seconds.index(self.best)]

    @property
    def counts(self) -> bool:
        """Whether it finished with the right state."""
        return bool(self.seconds) and self.agrees is not False


def limit_threads(threads: int) -> None:
    """Tell every thread pool of the processes to come how many threads it has."""
    for name in ("OMP", "OPENBLAS", "MKL", "NUMBA", "QULACS"):
        os.environ[f"{name}_NUM_THREADS"] = str(threads)


# ── In the child process ──────────────────────────────────────────────────────────────────────────────────────────────


def _serve(connection: Connection) -> None:
    """Answer ("prepare", engine, case, threads) and ("run", probe) until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its children
    circuit: Any = None
    adapter: Any = None
    while True:
        try:
            what, *arguments = connection.recv()
        except EOFError:
            return
        try:
            if what == "prepare":
                adapter, circuit = _prepare(*arguments)
                reply: Any = None
            else:
                reply = _run(adapter, circuit, *arguments)
                circuit = None
            connection.send(("done", reply))
        except Exception as error:  # of any simulator, for the table
            connection.send(("failed", f"{type(error).__name__}: {error}"))


def _prepare(engine: str, case: Case, threads: int) -> tuple[Any, Any]:
    adapter = _adapter(engine, case.precision, threads)
    return adapter, adapter.build(_gates(case.circuit, case.qubits, case.layers), case.qubits)


def _run(adapter: Any, circuit: Any, probe: bool) -> Turn:
    gc.collect()
    gc.disable()
    try:
        waited = pressure()
        start = time.perf_counter()
        state = adapter.simulate(circuit)
        seconds = time.perf_counter() - start
        waited = pressure() - waited
    finally:
        gc.enable()
    return Turn(seconds, waited / seconds, _probe(state) if probe else None)


def _probe(state: NDArray[Any]) -> NDArray[Any]:
    """The first and the last amplitude and some between, at places that depend on the size alone."""
    between = np.random.default_rng(len(state)).integers(len(state), size=PROBES - 2)
    return np.asarray(state[[0, *between, len(state) - 1]], dtype=np.complex128)


_adapter = lru_cache(maxsize=None)(make)
_gates = lru_cache(maxsize=1)(circuits.build)


# ── In the parent process ─────────────────────────────────────────────────────────────────────────────────────────────


class Session:
    """The child processes, one a family of engines, started when first needed and ended with the `with` block.

    Args:
        threads: that each engine may use.
        patience: seconds that a turn may wait until other programs on the machine rest.
    """

    def __init__(self, threads: int, patience: float = 0.0) -> None:
        self.threads = threads
        self.patience = patience
        self._context = multiprocessing.get_context("spawn")
        self._children: dict[str, tuple[Any, Connection]] = {}
        limit_threads(threads)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        for family in list(self._children):
            self._end(family)

    def turn(self, engine: str, case: Case, limit: float, probe: bool = False) -> Turn:
        """One turn of an engine, once the machine is quiet or patience is at its end.

        Raises:
            RuntimeError: what the simulator raised, or that it took longer than the limit or died.
        """
        family = ENGINES[engine].family
        self._ask(family, ("prepare", engine, case, self.threads), PREPARE_LIMIT)
        wait_for_quiet(self.patience)
        return self._ask(family, ("run", probe), limit)

    def _ask(self, family: str, message: tuple[Any, ...], limit: float) -> Any:
        if family not in self._children:
            self._start(family)
        _, connection = self._children[family]
        connection.send(message)
        if not connection.poll(limit):
            self._end(family)
            raise RuntimeError(f"over {limit:g} s")
        try:
            outcome, reply = connection.recv()
        except EOFError:
            self._end(family)
            raise RuntimeError("the process died") from None
        if outcome == "failed":
            raise RuntimeError(reply)
        return reply

    def _start(self, family: str) -> None:
        ours, theirs = self._context.Pipe()
        child = self._context.Process(target=_serve, args=(theirs,), daemon=True)
        child.start()
        theirs.close()
        self._children[family] = child, ours

    def _end(self, family: str) -> None:
        child, connection = self._children.pop(family)
        connection.close()
        child.terminate()
        child.join()


def measure(
    session: Session,
    cases: Iterable[Case],
    engines: Sequence[str],
    *,
    repeats: int,
    time_limit: float,
) -> Iterator[list[Measurement]]:
    """Case after case, every engine that has its precision, round robin.

    The first round is not counted: it loads and compiles, and its amplitudes are compared with those of the first
    engine. An engine that was over its time limit is not asked for more qubits of the same circuit.
    """
    stopped: dict[tuple[str, str, str], str] = {}
    for case in cases:
        fitting = [engine for engine in engines if case.precision in ENGINES[engine].precisions]
        if not fitting:
            continue
        measured = {
            engine: Measurement(engine, case, error=stopped.get((engine, case.circuit, case.precision)))
            for engine in fitting
        }
        _compare(session, measured, time_limit)
        for number in range(repeats):
            shift = number % len(fitting)
            for engine in fitting[shift:] + fitting[:shift]:
                if measured[engine].error is None:
                    _turn(session, measured[engine], time_limit)
        for engine, result in measured.items():
            if result.error is not None and result.error.startswith("over"):
                stopped[engine, case.circuit, case.precision] = result.error
        yield list(measured.values())


def _compare(session: Session, measured: dict[str, Measurement], limit: float) -> None:
    """The round that is not counted, and whether all engines give the same amplitudes up to a global phase."""
    expected: NDArray[Any] | None = None
    for result in measured.values():
        found = None if result.error else _turn(session, result, limit, counted=False)
        if found is not None and expected is None:
            expected = found
        elif found is not None and expected is not None:
            overlap = np.vdot(found, expected)
            gap = np.linalg.norm(found * (overlap / max(abs(overlap), 1e-300)) - expected)
            result.agrees = bool(gap <= TOLERANCES[result.case.precision] * np.linalg.norm(expected))


def _turn(session: Session, result: Measurement, limit: float, counted: bool = True) -> NDArray[Any] | None:
    try:
        turn = session.turn(result.engine, result.case, limit, probe=not counted)
    except RuntimeError as error:
        result.error = str(error)
        result.seconds, result.disturbed = [], []
        return None
    if counted:
        result.seconds.append(turn.seconds)
        result.disturbed.append(turn.disturbed)
    return turn.probe
