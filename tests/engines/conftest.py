"""Fixtures of runs that are stopped."""

import os
import signal
import sys
import time

import numpy as np
import pytest

from qsim.engines import control, statevector
from qsim.engines.job import COMPILED_QUBITS
from qsim.kernels import threads as threads_module


@pytest.fixture
def always_planned(monkeypatch):
    """The planned engine for registers of any size."""
    monkeypatch.setattr(sys.modules["qsim.methods"], "DIRECT_QUBITS", COMPILED_QUBITS - 1)


@pytest.fixture
def small_chunks(monkeypatch, always_planned):
    """Many chunks, and a report after each; no waiting for the disk, whose power is not lost here."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    monkeypatch.setattr(np.memmap, "flush", lambda self: None)
    monkeypatch.setattr(statevector, "_LEAST_AMPLITUDES", 2**12)
    monkeypatch.setattr(control, "_START_AMPLITUDES", 2**11)
    monkeypatch.setattr(control, "_REPORT_SECONDS", 0.0)


@pytest.fixture
def stop_after(monkeypatch):
    """Stop runs once so many more chunks are done, by an exception that a signal raises in the main thread."""
    if sys.platform == "win32":
        pytest.skip("signals of POSIX")
    left, real = [0], threads_module.for_chunks

    def for_chunks(work, num_chunks, threads, check):
        def counted(worker, chunk):
            work(worker, chunk)
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGUSR1)
                time.sleep(0.1)  # until the main thread has heard of it

        real(counted, num_chunks, threads, check)

    def set_to(chunks, how=KeyboardInterrupt):
        def handle(*_):
            raise how

        left[0] = chunks
        signal.signal(signal.SIGUSR1, handle)

    before = signal.getsignal(signal.SIGUSR1)
    monkeypatch.setattr(threads_module, "for_chunks", for_chunks)
    yield set_to
    signal.signal(signal.SIGUSR1, before)
