"""Session: one run of an engine from its options to its amplitudes, stopped or not."""

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsim.circuit import Circuit
from qsim.engines.control import Control, start_stage
from qsim.engines.job import Job
from qsim.engines.progress import Bar
from qsim.engines.start import Start, prepare
from qsim.errors import RunCancelled, RunInterrupted, RunTimedOut, StateError
from qsim.frozen import Record

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Options", "simulate"]


class Options(Record):
    """Options of `run` that are the engine's, checked; their meaning is told there.

    Attributes:
        timings: where the session writes the seconds spent on planning, "plan".
    """

    dtype: np.dtype[Any]
    initial: Any = None
    out: Any = None
    threads: int | None = None
    progress: Callable[[float, int], None] | None = None
    timeout: float | None = None
    checkpoint: "Path | None" = None
    verify: bool = False
    timings: dict[str, float] | None = None


def simulate(circuit: Circuit, engine: Callable[[Job], NDArray[Any]], options: Options) -> NDArray[Any]:
    """The amplitudes after a circuit.

    Raises:
        RunInterrupted: at Ctrl-C or the timeout. What was allocated is free by then: the exception, which a notebook
            keeps, has no frame left that knows the state.
    """
    start = prepare(circuit.num_qubits, options.dtype, options.initial, options.out)
    if options.verify and start.is_in_place:
        raise StateError("verify=True runs twice from `initial`, which must be another state than `out`.")
    control = _control(circuit, start, options)
    stopped: RunInterrupted
    try:
        with contextlib.closing(options.progress) if isinstance(options.progress, Bar) else contextlib.nullcontext():
            return _simulate(circuit, engine, start, control, options)
    except RunTimedOut:
        stopped = control.interruption(RunTimedOut, "at its timeout")
    except KeyboardInterrupt:
        stopped = control.interruption(RunCancelled, "by Ctrl-C")
    finally:
        if start.file is not None:
            options.out._follow(start.file)
    del start, control
    raise stopped


def _simulate(
    circuit: Circuit, engine: Callable[[Job], NDArray[Any]], start: Start, control: Control, options: Options
) -> NDArray[Any]:
    if not control.is_recorded:
        start.fill()
    found = engine(Job(circuit, start.amplitudes, control, start.is_zero, options.threads))
    if options.timings is not None:
        options.timings["plan"] = control.planning
    if options.verify:
        from qsim.engines.verify import verify

        verify(circuit, found, engine, lambda: _begin(circuit, options), control, options.threads)
    if options.out is not None and found is not start.amplitudes:
        start.amplitudes[:] = found
        return start.amplitudes
    return found


def _begin(circuit: Circuit, options: Options) -> Start:
    return prepare(circuit.num_qubits, options.dtype, options.initial, None)


def _control(circuit: Circuit, start: Start, options: Options) -> Control:
    if start.file is None and options.checkpoint is None:
        return Control(timeout=options.timeout, progress=options.progress)
    from qsim.engines.checkpoint import Checkpoint  # what few runs need
    from qsim.engines.fingerprint import fingerprint, start_key

    checkpoint = None
    if options.checkpoint is not None:
        checkpoint = Checkpoint(options.checkpoint, circuit.num_qubits, options.dtype)
    settings = (str(options.dtype), start_key(start))

    def identify(plan: str) -> bytes:
        return fingerprint(circuit, *settings, plan)

    return Control(
        timeout=options.timeout,
        progress=options.progress,
        file=start.file,
        checkpoint=checkpoint,
        identify=identify,
        start=None if start.is_filled else start_stage(start.amplitudes, start.source),
        is_zero=start.is_zero,
    )
