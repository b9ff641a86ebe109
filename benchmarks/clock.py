"""How long a call takes."""

import time
from collections.abc import Callable

__all__ = ["best"]


def best(work: Callable[[], object], repeats: int) -> float:
    """Least seconds of so many calls."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)
