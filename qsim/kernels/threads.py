"""Threads: how many, and a loop of chunks over them that Ctrl-C ends.

Helping threads are kept for the next loop. Ctrl-C is an exception that Python raises in the main thread, between any
two steps of it; so the thread that calls holds no lock here and counts nothing that others rely on.
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import count
from queue import Empty, SimpleQueue

__all__ = ["begin", "default_threads", "for_chunks", "run_aside"]

_SPARE = 32  # helpers that may be started although others will be idle in a moment
_WAKE_SECONDS = 0.001  # the longest wait for a helper to begin, which takes 0.05 ms
_LOOK_SECONDS = 0.02  # how often a caller that only waits looks at its clock and at Ctrl-C


def default_threads() -> int:
    """CPUs that this process may use: its affinity, and the quota of its control group if that is less."""
    try:
        cpus = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        cpus = os.cpu_count() or 1
    try:
        with open("/sys/fs/cgroup/cpu.max") as file:
            quota, period = file.read().split()
        return max(1, min(cpus, int(quota) // int(period)))
    except (OSError, ValueError):
        return cpus


def for_chunks(
    work: Callable[[int, int], None], num_chunks: int, threads: int, check: Callable[[], None] = lambda: None
) -> None:
    """Call `work(worker, chunk)` for every chunk, with so many workers at once; the calling thread is one of them.

    Chunks are handed out one by one; an exception, Ctrl-C included, ends the loop after the chunks at work.

    Args:
        work: what is done; workers count from 0.
        num_chunks: how many chunks there are.
        threads: how many at once.
        check: called in the calling thread before each of its chunks; may raise to end the loop. The first call comes
            when helpers are at work, and may take its time.
    """
    workers = min(threads, num_chunks)
    if workers <= 1:
        for chunk in range(num_chunks):
            check()
            work(0, chunk)
        return
    loop = _Loop(work, num_chunks)
    try:
        for worker in range(1, workers):
            if _idle or len(_inboxes) < max(_SPARE, 2 * workers):  # late sleepers do not make it grow for ever
                _start(partial(loop.help, worker))
        check()
        taken = loop.take()
        while taken is not None:
            work(0, taken)
            taken = loop.take()
            if taken is not None:
                check()
    finally:
        loop.close()
    loop.raise_error()


def run_aside(action: Callable[[Callable[[], bool]], None], check: Callable[[], None]) -> None:
    """Let a helper do it all while the calling thread waits, so that Ctrl-C never falls into the action.

    Args:
        action: called with a function that says whether it is to stop, which it does in its own time.
        check: called again and again in the calling thread. What it raises, as Ctrl-C, tells the action to stop, and is
            raised when that has ended.
    """
    loop = _Loop(lambda worker, chunk: action(lambda: loop.is_closed), 1)
    try:
        try:
            _start(partial(loop.help, 0))
            while not loop.is_done:
                check()
                loop.wait()
        finally:
            loop.close()
    finally:
        loop.close()  # for a second Ctrl-C on the very doorstep of the first call
    loop.raise_error()


def begin(task: Callable[[], None]) -> None:
    """Let a helper do what needs no Python's lock, and go on as soon as it has begun. It must not raise."""
    has_begun = threading.Event()

    def work() -> None:
        has_begun.set()
        task()

    _start(work)
    has_begun.wait(_WAKE_SECONDS)  # lets go of the lock, which the helper needs to wake up


class _Loop:
    """Chunks that several threads take. All that is shared is a counter, lists that grow, and a flag."""

    def __init__(self, work: Callable[[int, int], None], num_chunks: int) -> None:
        self.work, self.num_chunks = work, num_chunks
        self.tickets = count()
        self.is_closed = False  # no chunk is taken any more
        self.joined: list[int] = []  # helpers that began, and those that ended
        self.left: list[int] = []
        self.bell: SimpleQueue[None] = SimpleQueue()  # rings when a helper ends
        self.errors: list[BaseException] = []

    @property
    def is_done(self) -> bool:
        """Whether nobody is at work, nor will be. A helper that comes late finds the loop closed."""
        return self.is_closed and len(self.left) == len(self.joined)

    def take(self) -> int | None:
        """The next chunk."""
        if not self.is_closed:
            chunk = next(self.tickets)
            if chunk < self.num_chunks:
                return chunk
            self.is_closed = True
        return None

    def help(self, worker: int) -> None:
        self.joined.append(worker)
        try:
            while (chunk := self.take()) is not None:
                self.work(worker, chunk)
        except BaseException as error:
            self.errors.append(error)
            self.is_closed = True
        self.left.append(worker)
        self.bell.put(None)

    def raise_error(self) -> None:
        """Raise what a helper met."""
        if self.errors:
            error = self.errors.pop()
            try:
                raise error
            finally:
                del error  # its traceback holds this frame, which would keep the state alive

    def wait(self) -> None:
        with suppress(Empty):
            self.bell.get(timeout=_LOOK_SECONDS)

    def close(self) -> None:
        """End the loop; chunks at work are waited for, whatever Ctrl-C says, and then it is told."""
        told: KeyboardInterrupt | None = None
        while not (self.is_closed and self.is_done):
            try:
                self.is_closed = True
                self.wait()
            except KeyboardInterrupt as error:
                told = error
        if told is not None:
            try:
                raise told
            finally:
                del told  # as above


Inbox = SimpleQueue[Callable[[], None]]
_inboxes: list[Inbox] = []  # of all helpers
_idle: list[Inbox] = []  # of those that wait for work


def _forget() -> None:
    """In a forked child: threads stay with the parent."""
    _inboxes.clear()
    _idle.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _start(task: Callable[[], None]) -> None:
    """Let a helper do it, a new one where none is idle."""
    try:
        inbox = _idle.pop()
    except IndexError:
        inbox = SimpleQueue()
        threading.Thread(target=_serve, args=(inbox,), name="qsim", daemon=True).start()
        _inboxes.append(inbox)
    inbox.put(task)


def _serve(inbox: Inbox) -> None:
    while True:
        inbox.get()()  # keeps no name for the task, which holds a state
        _idle.append(inbox)
