"""What the tests of long runs share: a circuit of two plans, and the methods that can be stopped and go on."""

import sys

import numpy as np
import pytest

from qsim import gates
from qsim.kernels import try_load
from qsim.methods import METHODS
from qsim.testing import random_circuit

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
IN_PLACE = [name for name, method in METHODS.items() if method.in_place]
if try_load("double") is None:
    IN_PLACE.remove("statevector")
N = 14
MATRIX = np.linalg.qr(np.random.default_rng(3).normal(size=(2, 8, 8)).T @ [1, 1j])[0]
# With a gate that no plan lowers, and swaps.
CIRCUIT = (
    random_circuit(N, 150, seed=1).swap(0, 9).append(gates.unitary(MATRIX), 11, 3, 0).append(random_circuit(N, 150, 2))
)
