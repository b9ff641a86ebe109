"""Other programs on the same machine: waiting until they rest, and knowing when they did not (Linux; elsewhere idle).

A spinning thread pool whose partner was put aside by the scheduler loses whole time slices, so that load of others
does not slow all engines alike.
"""

import time
from pathlib import Path

__all__ = ["pressure", "wait_for_quiet"]

IDLE = 0.9  # share of all processors' time that the others must leave
WINDOW = 0.25  # seconds over which that is looked at


def wait_for_quiet(patience: float) -> None:
    """Sleep until other programs leave the processors alone, at most so many seconds."""
    end = time.monotonic() + patience
    idle, total = _ticks()
    while time.monotonic() < end:
        time.sleep(WINDOW)
        before_idle, before_total = idle, total
        idle, total = _ticks()
        if total == before_total or (idle - before_idle) / (total - before_total) >= IDLE:
            return


def pressure() -> float:
    """Seconds, since the start of the machine, in which some thread had to wait for a processor."""
    try:
        first = Path("/proc/pressure/cpu").read_text().split("\n", 1)[0]
    except OSError:
        return 0.0
    return float(first.rpartition("total=")[2]) / 1e6


def _ticks() -> tuple[int, int]:
    """Idle and total time of all processors in ticks."""
    try:
        fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    except OSError:
        return 0, 0
    return fields[3] + fields[4], sum(fields)  # idle and waiting for devices
