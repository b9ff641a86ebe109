"""Compiled loops over the state: compiled once a machine, loaded without numba, called through ctypes."""

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
