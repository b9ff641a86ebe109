"""Compiled loops over the state: compiled once a machine, loaded without numba, called through ctypes."""

from typing import TYPE_CHECKING

from qsim.lazy import lazy_attributes

if TYPE_CHECKING:
    from qsim.kernels.loader import Kernels, info, load, try_load, warmup
    from qsim.kernels.target import DIRECT, KERNELS, Source, Target, host_target
else:
    __getattr__ = lazy_attributes(
        __name__,
        {
            "DIRECT": "target",
            "KERNELS": "target",
            "Kernels": "loader",
            "Source": "target",
            "Target": "target",
            "host_target": "target",
            "info": "loader",
            "load": "loader",
            "loader": "loader",
            "threads": "threads",
            "try_load": "loader",
            "warmup": "loader",
        },
    )

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
