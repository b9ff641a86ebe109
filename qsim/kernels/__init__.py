"""Compiled loops over the state: compiled once a machine, loaded without numba, called through ctypes."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qsim.kernels.loader import Kernels, info, load, try_load, warmup
    from qsim.kernels.target import DIRECT, KERNELS, Source, Target, host_target

__all__ = [
    "DIRECT",
    "KERNELS",
    "Kernels",
    "Source",
    "Target",
    "host_target",
    "info",
    "load",
    "try_load",
    "warmup",
]

_TARGET = ("DIRECT", "KERNELS", "Source", "Target", "host_target")


def __getattr__(name: str) -> Any:
    """Names are looked up when they are used: small programs load no kernels, and need not know how."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from qsim.kernels import loader, target

    return getattr(target if name in _TARGET else loader, name)
