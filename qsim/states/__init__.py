"""States of a register: pure (`State`), mixed (`DensityMatrix`), and what measuring them gave (`Counts`)."""

from qsim.states.counts import Counts
from qsim.states.density import DensityMatrix
from qsim.states.schmidt import Schmidt
from qsim.states.state import State

__all__ = ["Counts", "DensityMatrix", "Schmidt", "State"]
