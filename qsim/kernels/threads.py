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
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

__all__ = ["default_threads", "for_chunks", "undisturbed"]

_LOOK_SECONDS = 0.02  # how often a caller that only waits looks at its clock and at Ctrl-C


def default_threads() -> int:
    """CPUs that this process may use: its affinity, and the quota of its control group if that is less."""
    try:
        cpus = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        cpus = os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, min(cpus, int(quota) // int(period)))
    except (OSError, ValueError):
        return cpus


def for_chunks(
    work: Callable[[int, int], None],
    num_chunks: int,
    threads: int,
    check: Callable[[], None] = lambda: None,
    *,
    aside: bool = False,
) -> None:
    """Call `work(worker, chunk)` for every chunk, with so many workers at once.

    Chunks are handed out one by one; an exception, Ctrl-C included, ends the loop after the chunks at work.

    Args:
        work: what is done; workers count from 0.
        num_chunks: how many chunks there are.
        threads: how many at once.
        check: called again and again in the calling thread, between chunks; may raise to end the loop.
        aside: let helpers do all, while the calling thread waits: then Ctrl-C never falls into a chunk, so that each is
            done wholly or not at all.
    """
    workers = min(threads, num_chunks)
    if workers <= 1 and not (aside and workers):
        for chunk in range(num_chunks):
            check()
            work(0, chunk)
        return
    loop = _Loop(work, num_chunks)
    try:
        for worker in range(0 if aside else 1, workers):
            _start(partial(loop.help, worker))
        if aside:
            while not loop.is_done:
                check()
                loop.wait()
        else:
            while (taken := loop.take()) is not None:
                check()
                work(0, taken)
    finally:
        loop.close()
    if loop.errors:
        error = loop.errors.pop()
        try:
            raise error
        finally:
            del error  # its traceback holds this frame, which would keep the state alive


def undisturbed(action: Callable[[], None]) -> None:
    """Do something in full; Ctrl-C is told afterwards."""
    done: list[bool] = []
    told: KeyboardInterrupt | None = None

    def work(worker: int, chunk: int) -> None:
        action()
        done.append(True)

    while not done:
        try:
            for_chunks(work, 1, 1, aside=True)
        except KeyboardInterrupt as error:
            told = error
    if told is not None:
        try:
            raise told
        finally:
            del told  # see above


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
                del told  # see above


_idle: list["SimpleQueue[Callable[[], None]]"] = []  # where threads that have nothing to do wait for work
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # threads stay with the parent


def _start(task: Callable[[], None]) -> None:
    """Let a thread do it, a new one where none is idle."""
    try:
        inbox = _idle.pop()
    except IndexError:
        inbox = SimpleQueue()
        threading.Thread(target=_serve, args=(inbox,), name="qsim", daemon=True).start()
    inbox.put(task)


def _serve(inbox: Any) -> None:
    while True:
        inbox.get()()  # keeps no name for the task, which holds a state
        _idle.append(inbox)
