"""Threads: how many, and a loop of chunks over them that Ctrl-C ends."""

import os
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path

__all__ = ["default_threads", "for_chunks"]


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


def for_chunks(work: Callable[[int, int], None], num_chunks: int, threads: int) -> None:
    """Call `work(worker, chunk)` for every chunk, with so many workers at once.

    Chunks are handed out one by one; an exception, Ctrl-C included, ends the loop after the chunks at work.
    """
    workers = min(threads, num_chunks)
    if workers <= 1:
        for chunk in range(num_chunks):
            work(0, chunk)
        return
    tickets, stop = count(), threading.Event()
    errors: list[BaseException] = []

    def loop(worker: int) -> None:
        try:
            while not stop.is_set() and (chunk := next(tickets)) < num_chunks:
                work(worker, chunk)
        except BaseException as error:
            errors.append(error)
            stop.set()

    helpers = [threading.Thread(target=loop, args=(worker,), daemon=True) for worker in range(1, workers)]
    for helper in helpers:
        helper.start()
    loop(0)
    for helper in helpers:
        helper.join()
    if errors:
        raise errors[0]
