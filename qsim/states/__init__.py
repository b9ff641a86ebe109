"""States of a register: pure (`State`), mixed (`DensityMatrix`), and what measuring them gave (`Counts`)."""

from typing import TYPE_CHECKING

from qsim.lazy import lazy_attributes
from qsim.states.counts import Counts
from qsim.states.state import State

if TYPE_CHECKING:
    from qsim.states import labels as labels
    from qsim.states.density import DensityMatrix
    from qsim.states.schmidt import Schmidt
else:
    __getattr__ = lazy_attributes(
        __name__,
        {
            "DensityMatrix": "density",
            "Schmidt": "schmidt",
            "_exact": "_exact",
            "labels": "labels",
            "observables": "observables",
            "show": "show",
            "storage": "storage",
        },
    )

__all__ = ["Counts", "DensityMatrix", "Schmidt", "State"]
