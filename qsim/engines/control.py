"""Control: how a run goes from stage to stage, what may stop it, and where it is recorded.

An engine turns its circuit into *stages*, each a pass over the state in chunks that may be done in any order, and hands
them to `Control.execute`. Between chunks the time is looked at, and Ctrl-C acts. Where the state is a file, each chunk
is done wholly or not at all, and a run that was stopped goes on where it was.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from numpy.typing import NDArray

from qsim import kernels, states
from qsim.errors import RunInterrupted, RunTimedOut
from qsim.frozen import Record
from qsim.states.record import Point

if TYPE_CHECKING:
    from pathlib import Path

    from qsim.engines.checkpoint import Checkpoint
    from qsim.states.storage import StateFile

__all__ = ["Chunks", "Control", "Stage", "start_stage"]

T = TypeVar("T")
R = TypeVar("R", bound=RunInterrupted)
_REPORT_SECONDS = 0.1  # between two reports of progress
_START_AMPLITUDES = 2**20  # a chunk of the stage that writes the initial state


class Chunks(Record):
    """Work in parts: `work(worker, first, last)` does chunks first … last−1, of so many, which depend on the circuit
    alone. Up to `together` of them are short enough for one call, in which nothing is looked at."""

    number: int
    work: Callable[[int, int, int], None]
    together: int = 1

    def one(self, worker: int, chunk: int) -> None:
        """Do a single chunk."""
        self.work(worker, chunk, chunk + 1)


Stage = Callable[[int], Chunks]  # number of workers → what they do; asked when its turn comes


class Control:
    """Time limit, progress and record of one run.

    Args:
        timeout: seconds.
        progress: called with sweeps done, counted with fractions, and their number, in the thread that runs.
        file: the state, if it is a file.
        checkpoint: where copies of the state are kept.
        identify: fingerprint of the run with a plan; needed with `file` or `checkpoint`.
        start: the stage that writes the initial state, needed with `file` or `checkpoint`: there it is a stage, since
            it may be stopped like the others. `None` if the file holds that state.
        is_zero: whether the initial state is |0…0⟩.

    Attributes:
        planning: seconds that the engine spent on planning; the engine adds them up.
    """

    def __init__(
        self,
        *,
        timeout: float | None = None,
        progress: Callable[[float, int], None] | None = None,
        file: "StateFile | None" = None,
        checkpoint: "Checkpoint | None" = None,
        identify: Callable[[str], bytes] | None = None,
        start: Stage | None = None,
        is_zero: bool = False,
    ) -> None:
        self._began = time.perf_counter()
        self._deadline = math.inf if timeout is None else self._began + timeout
        self._progress, self._next_report = progress, 0.0
        self._file, self._checkpoint = file, checkpoint
        self._identify, self._start, self._is_zero = identify, start, is_zero
        self.point, self.num_sweeps = Point(), 0
        self.planning = 0.0

    @property
    def is_recorded(self) -> bool:
        """Whether it must be known what is done, so that the run can go on later; then the start is a stage of it."""
        return self._identify is not None

    @property
    def path(self) -> "Path | None":
        """The file that the state is, if it is one."""
        return None if self._file is None else self._file.path

    def silent(self) -> "Control":
        """The same time limit for a run on the side."""
        other = Control()
        other._began, other._deadline = self._began, self._deadline
        return other

    # ── Going ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def execute(
        self,
        stages: Sequence[Stage],
        amplitudes: NDArray[Any],
        threads: int | None = None,
        plan: Callable[[], str] = str,
    ) -> None:
        """Do all stages on the amplitudes, from where an earlier run was stopped if it was.

        Args:
            stages: in order; they change the amplitudes in place.
            amplitudes: the array.
            threads: at most so many at once; `None`: one for each CPU that the process may use.
            plan: gives a text that differs where plans of a circuit do; asked only where the run is recorded.
        """
        if self._identify is None:
            self._go(stages, amplitudes, threads)
            return
        stages = [self._start or (lambda workers: Chunks(0, _nothing)), *stages]
        run = self._identify(plan())
        if self._checkpoint is not None:
            self._checkpoint.check(run)
        if self._file is None:
            self._go_on(run, amplitudes)
            self._go(stages, amplitudes, threads, run)
        else:
            action = partial(self._execute_on_file, self._file, run, stages, amplitudes, threads)
            kernels.threads.run_aside(action, self.check)
            self._report(math.inf)
        if self._checkpoint is not None:
            self._checkpoint.remove()

    def _execute_on_file(
        self,
        file: "StateFile",
        run: bytes,
        stages: Sequence[Stage],
        amplitudes: NDArray[Any],
        threads: int | None,
        is_stopped: Callable[[], bool],
    ) -> None:
        """The run in a thread of its own, where exceptions are its own: Ctrl-C and the timeout are a question."""

        def check() -> None:
            if is_stopped():
                raise _Stopped

        status, self.point = file.begin(run, len(stages))
        try:
            if status is not states.storage.Status.PAUSED:
                self._go_on(run, amplitudes)
            if status is states.storage.Status.FRESH and self._is_zero and self.point.sweep == 0:
                self.point = Point(1)  # a new file holds it
            self._go(stages, amplitudes, threads, run, check)
            file.finish()
        except _Stopped:
            file.pause(self.point)
        finally:
            file.release()

    def _go(
        self,
        stages: Sequence[Stage],
        amplitudes: NDArray[Any],
        threads: int | None,
        run: bytes | None = None,
        check: Callable[[], None] | None = None,
    ) -> None:
        workers = threads or kernels.threads.default_threads()
        self.num_sweeps = len(stages)
        prepared: list[Chunks] = []
        for number in range(self.point.sweep, len(stages)):
            if number > self.point.sweep:
                self.point = Point(number)
                if self._checkpoint is not None and run is not None:
                    self._checkpoint.offer(run, number, len(stages), amplitudes)
            chunks = prepared.pop() if prepared else stages[number](workers)
            following = iter([None, *stages[number + 1 : number + 2]])

            def look(following: Iterator[Stage | None] = following) -> None:
                """Before the second chunk, when the helpers are at work, the next stage is prepared."""
                (check or self.check)()
                if (stage := next(following, None)) is not None:
                    prepared.append(stage(workers))

            self._do(chunks, workers, look)
        self.point = Point(len(stages))
        if check is None:
            self._report(math.inf)

    def _do(self, chunks: Chunks, workers: int, check: Callable[[], None]) -> None:
        """What is left of a stage."""
        point = self.point
        point.num_chunks = chunks.number
        done = frozenset(point.beyond)
        parts = _batches(point.first, chunks.number, workers, 1 if self.is_recorded else chunks.together)

        def work(worker: int, number: int) -> None:
            first, last = parts[number]
            if first not in done:
                chunks.work(worker, first, last)
                point.beyond.update(range(first, last))

        kernels.threads.for_chunks(work, len(parts), workers, check)

    def _go_on(self, run: bytes, amplitudes: NDArray[Any]) -> None:
        """Begin with the checkpoint's copy, if there is one."""
        if self._checkpoint is not None:
            self.point = Point(self._checkpoint.read(amplitudes))

    def steps(self, items: Iterable[T]) -> Iterator[T]:
        """For engines that go step by step where nothing is recorded: the items, as one sweep each."""
        listed = list(items)
        self.num_sweeps = len(listed)
        for item in listed:
            self.check()
            yield item
            self.point.sweep += 1
        self._report(math.inf)

    # ── Stopping and telling ──────────────────────────────────────────────────────────────────────────────────────

    def check(self) -> None:
        """Tell progress; stop if the time is over. Called in the thread that runs."""
        now = time.perf_counter()
        if now > self._deadline:
            raise RunTimedOut
        if self._progress is not None:
            self._report(now)

    def _report(self, now: float) -> None:
        if self._progress is not None and self.num_sweeps and now >= self._next_report:
            self._next_report = now + _REPORT_SECONDS
            self._progress(self.point.sweeps, self.num_sweeps)

    def interruption(self, kind: type[R], why: str) -> R:
        """The exception that says how far the run came, and how it can go on."""
        seconds, done = time.perf_counter() - self._began, self.point.sweeps
        came = f" and {done:.1f} of {self.num_sweeps} sweeps" if self.num_sweeps else ""
        message = f"Stopped {why}, after {seconds:.3g} s{came}. {self._what_is_left()}"
        return kind(message, sweeps_done=done, num_sweeps=self.num_sweeps, seconds=seconds)

    def _what_is_left(self) -> str:
        if self._file is not None:
            return self._file.unreadable or f"File {str(self._file.path)!r} holds a state."
        if self._checkpoint is not None and self._checkpoint.path.exists():
            return f"The copy {str(self._checkpoint.path)!r} is kept: run the same circuit with it to go on."
        return "The state is released."


class _Stopped(Exception):
    """A run on a file is to stop between two chunks; any other exception comes out of one, and the file is lost."""


def start_stage(amplitudes: NDArray[Any], source: NDArray[Any] | None) -> Stage:
    """The stage that writes the initial state: a copy of other amplitudes, or |0…0⟩."""
    size = len(amplitudes)

    def work(worker: int, first: int, last: int) -> None:
        part = slice(first * _START_AMPLITUDES, last * _START_AMPLITUDES)
        amplitudes[part] = 0 if source is None else source[part]
        if source is None and first == 0:
            amplitudes[0] = 1

    return lambda workers: Chunks(-(-size // _START_AMPLITUDES), work)


def _batches(first: int, end: int, workers: int, most: int) -> list[tuple[int, int]]:
    """Chunks in runs. One chunk is for the caller, while helpers wake up; then come long runs, for a helper that comes
    back must wait for Python's lock, which the caller holds while it prepares the next stage; short ones at the end let
    all workers end together."""
    batches: list[tuple[int, int]] = []
    while first < end:
        last = first + (max(1, min(most, (end - first) // (2 * workers))) if batches else 1)
        batches.append((first, last))
        first = last
    return batches


def _nothing(worker: int, first: int, last: int) -> None:
    """A stage without chunks does nothing."""
