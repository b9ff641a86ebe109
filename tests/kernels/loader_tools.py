"""What the tests of the loader share: the small kernels as a source, and processes that use them."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from qsim.kernels import loader
from qsim.kernels.target import Source

SMALL = Source("kernels.small_kernels", (str(Path(__file__).with_name("small_kernels.py")),))
USE = """
import sys
from qsim.kernels import load
from qsim.kernels.target import Source
kernels = load("double", source=Source("kernels.small_kernels", (sys.argv[1],)))
"""
NUMBERS = np.arange(10)
TOTAL = 45 + 5  # their sum, and half of their number


def total(kernels):
    return kernels.total(NUMBERS.ctypes.data, len(NUMBERS))


def forget():
    """Know what a new process knows: nothing but the cache folder."""
    loader._loaded.clear()


def python(code, *arguments, **options):
    """Start a Python process that finds the modules that this one finds."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(os.path.abspath(folder) for folder in sys.path)}
    command = [sys.executable, "-c", code, *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env=environment, text=True, **pipes, **options)


def wait_until(condition, process):
    """Wait for something that the process does."""
    while not condition():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def finish(process):
    """Lines that it printed."""
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return output.splitlines()
