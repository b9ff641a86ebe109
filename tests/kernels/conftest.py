"""Fixtures for the kernel loader."""

import pytest
from kernels.loader_tools import SMALL

from qsim.kernels import cache, host_target, loader


@pytest.fixture(scope="session")
def small_object():
    """The object file of the small kernels, compiled once for all tests."""
    return loader._compile("double", host_target(), SMALL)


@pytest.fixture
def new_process(tmp_path, monkeypatch):
    """As in a process that has loaded nothing yet, with an empty cache folder of its own."""
    monkeypatch.setenv("QSIM_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(loader, "_loaded", {})
    monkeypatch.setattr(loader, "_failed", {})
    monkeypatch.setattr(cache, "_warned", set())


@pytest.fixture
def compilations(small_object, monkeypatch):
    """The arguments of each compilation; the code comes from `small_object`, not from a child process."""
    calls = []

    def compile_at_once(*arguments):
        calls.append(arguments)
        return small_object

    monkeypatch.setattr(loader, "_compile", compile_at_once)
    return calls
