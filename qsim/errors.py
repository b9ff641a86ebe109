"""The error types. Every error that qsim raises on purpose is a `QsimError`.

A message names the argument, the rule and the value that broke it.
"""

__all__ = [
    "CircuitError",
    "KernelError",
    "OperatorError",
    "ParameterError",
    "QasmError",
    "QsimError",
    "RunInterrupted",
    "StateError",
    "TooLargeError",
    "UnknownGateError",
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
    """A circuit file cannot be read."""


class TooLargeError(QsimError, MemoryError):
    """The result would not fit into memory; nothing was allocated."""


class RunInterrupted(QsimError):
    """A run was stopped before its end; the message says how far it came."""
