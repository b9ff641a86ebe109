"""Options of a run: what each may be, refused before anything is allocated."""

import math
import numbers
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from qsim.engines.progress import Bar
from qsim.errors import CircuitError
from qsim.states.record import DTYPES

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "check_exact",
    "check_flag",
    "check_path",
    "check_precision",
    "check_progress",
    "check_threads",
    "check_timeout",
]


def check_threads(threads: Any) -> int | None:
    """A number of threads from 1, or `None`."""
    if threads is None:
        return None
    if isinstance(threads, bool) or not isinstance(threads, (int, np.integer)) or threads < 1:
        raise CircuitError(f"Argument `threads` must be a number of threads from 1, but is {threads!r}.")
    return int(threads)


def check_precision(precision: Any) -> np.dtype[Any]:
    """The type of amplitudes of a precision."""
    if not isinstance(precision, str) or precision not in DTYPES:
        raise CircuitError(f'Argument `precision` must be "double" or "single", but is {precision!r}.')
    return DTYPES[precision]


def check_flag(value: Any, name: str) -> None:
    """True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise CircuitError(f"Argument `{name}` must be True or False, but is {value!r}.")


# Ways through a circuit that are less likely are left out of exact distributions.
BOUND = {np.dtype(np.complex128): 1e-15, np.dtype(np.complex64): 1e-10}


def check_exact(exact: Any, dtype: np.dtype[Any]) -> float | None:
    """The probability below which branches are left out; `None` where exact distributions are not wanted."""
    if isinstance(exact, (bool, np.bool_)):
        return BOUND[dtype] if exact else None
    if isinstance(exact, numbers.Real) and 0 <= float(exact) < 1:
        return float(exact)
    raise CircuitError(
        f"Argument `exact` must be True, False, or a probability below which branches are left out, but is {exact!r}."
    )


def check_timeout(timeout: Any) -> float | None:
    """Seconds above 0, or `None`; infinity is no limit."""
    if timeout is None:
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, numbers.Real) or not float(timeout) > 0:
        raise CircuitError(f"Argument `timeout` must be a number of seconds above 0, but is {timeout!r}.")
    return None if math.isinf(float(timeout)) else float(timeout)


def check_progress(progress: Any, description: str) -> Callable[[float, int], None] | None:
    """A function of sweeps done and their number: the one given, a bar for True, `None` for None and False."""
    if progress is None or progress is False:
        return None
    if progress is True:
        return Bar(description)
    if not callable(progress):
        raise CircuitError(
            "Argument `progress` must be True for a bar, or a function of the sweeps done and their number, but is "
            f"{progress!r}."
        )
    return progress  # type: ignore[no-any-return]


def check_path(path: Any) -> "Path | None":
    """The absolute path of a checkpoint, in a folder that is there."""
    if path is None:
        return None
    if not isinstance(path, (str, os.PathLike)):
        raise CircuitError(f"Argument `checkpoint` must be a path, but is {path!r}.")
    from pathlib import Path

    place = Path(os.fsdecode(path)).absolute()
    if not place.parent.is_dir():
        raise CircuitError(f"Argument `checkpoint` must be in a folder, but {str(place.parent)!r} is none.")
    return place
