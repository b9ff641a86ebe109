"""The error types. Every error that qsim raises on purpose is a `QsimError`; Ctrl-C is none, it is the user's.

A message names the argument, the rule and the value that broke it.
"""

__all__ = [
    "CircuitError",
    "KernelError",
    "OperatorError",
    "ParameterError",
    "QasmError",
    "QsimError",
    "RunCancelled",
    "RunInterrupted",
    "RunTimedOut",
    "StateError",
    "TooLargeError",
    "UnknownGateError",
    "VerificationError",
]


class QsimError(Exception):
    """Base class of all errors that qsim raises on purpose."""


class CircuitError(QsimError, ValueError):
    """A circuit was built or used against the rules."""


class UnknownGateError(CircuitError, AttributeError):
    """No gate has that name; the message suggests the nearest one."""


class KernelError(QsimError, RuntimeError):
    """The compiled kernels cannot be had on this machine; the message says why."""


class OperatorError(QsimError, ValueError):
    """An operator has the wrong shape, placement or property."""


class StateError(QsimError, ValueError):
    """A state has the wrong length, norm or label."""


class ParameterError(QsimError, ValueError):
    """A symbolic parameter is unknown, missing or not a number."""


class QasmError(QsimError, ValueError):
    """A circuit file cannot be read, or a circuit cannot be written as one: `bell.qasm:3:5: No gate is named cxx.`

    Attributes:
        message: what is wrong, without place and hint.
        file: name of the file, `<string>` for a text; None where a circuit is written.
        line, column: where, both from 1; None where a circuit is written.
        hint: what to do about it, or None.
    """

    def __init__(
        self,
        message: str,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, file, line, column, hint)
        self.message, self.file, self.line, self.column, self.hint = message, file, line, column, hint

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return (f"{place}: " if place else "") + self.message + (f" {self.hint}" if self.hint else "")


class TooLargeError(QsimError, MemoryError):
    """The result would not fit into memory; nothing was allocated."""


class VerificationError(QsimError):
    """A planned run differs from the same circuit gate by gate: a bug of qsim, not of the circuit."""


class RunInterrupted(BaseException):
    """A run was stopped before its end, as `RunTimedOut` or `RunCancelled`; the message says how far it came.

    `except RunInterrupted` catches both. Ctrl-C alone is not an `Exception`, as everywhere in Python: a loop that goes
    on after errors must still end at Ctrl-C.

    Attributes:
        sweeps_done: passes over the state that were done, a part of one as a fraction. Engines that go gate by gate
            make one for each.
        num_sweeps: passes that the run has; 0 if it was stopped before they were known.
        seconds: since the run began.
    """

    def __init__(
        self, message: str = "", *, sweeps_done: float = 0.0, num_sweeps: int = 0, seconds: float = 0.0
    ) -> None:
        super().__init__(message)
        self.sweeps_done = sweeps_done
        self.num_sweeps = num_sweeps
        self.seconds = seconds


class RunTimedOut(RunInterrupted, QsimError, TimeoutError):
    """A run was stopped at its `timeout=`."""


class RunCancelled(RunInterrupted, KeyboardInterrupt):
    """A run was stopped by Ctrl-C; `except KeyboardInterrupt` catches it."""
