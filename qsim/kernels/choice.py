"""When compiled kernels are worth their loading: small work is left to NumPy, which needs none."""

import sys

from qsim.kernels import loader
from qsim.kernels.loader import Kernels
from qsim.kernels.target import Source

__all__ = ["kernels_for"]

_LLVM_SECONDS = 0.1  # what loading LLVM takes,
_LOAD_SECONDS = 0.005  # kernels where LLVM is there,
_BUILD_SECONDS = 10.0  # and compiling them, once a machine
_spent: dict[Source, float] = {}  # seconds of work that NumPy was given in this process
_missing: set[tuple[str, Source]] = set()  # looked for and not there: a look takes a millisecond


def kernels_for(seconds: float, precision: str, source: Source) -> Kernels | None:
    """The kernels, as soon as they save more time than it takes to load or to compile them; else `None`, for NumPy.

    Args:
        seconds: what NumPy takes for the work at hand. If it is to do it, they count when it is asked again.
        precision: "double" or "single".
        source: which kernels.
    """
    if kernels := loader.at_hand(precision, source):
        return kernels
    total = _spent.get(source, 0.0) + seconds
    if _is_worth_it(total, precision, source) and (kernels := loader.try_load(precision, source=source)):
        return kernels
    _spent[source] = total
    return None


def _is_worth_it(total: float, precision: str, source: Source) -> bool:
    if total >= _BUILD_SECONDS:
        return True
    if total < (_LOAD_SECONDS if "llvmlite.binding" in sys.modules else _LLVM_SECONDS):
        return False
    if (precision, source) not in _missing and loader.status(precision, source=source) == "missing":
        _missing.add((precision, source))
    return (precision, source) not in _missing
