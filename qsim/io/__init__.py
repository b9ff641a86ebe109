"""Circuits from and to files: OpenQASM 2 and 3."""

from qsim.io.limits import Limits

__all__ = ["Limits"]
