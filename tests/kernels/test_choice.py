"""When kernels are loaded, and when compiled: never before they save more time than that takes."""

import sys

import pytest
from kernels.loader_tools import SMALL, TOTAL, forget, total

from qsim.kernels import choice, loader

pytestmark = pytest.mark.usefixtures("new_process")


@pytest.fixture(autouse=True)
def nothing_spent(monkeypatch):
    monkeypatch.setattr(choice, "_spent", {})
    monkeypatch.setattr(choice, "_missing", set())


@pytest.fixture
def no_llvm(monkeypatch):
    monkeypatch.delitem(sys.modules, "llvmlite.binding", raising=False)


def ask(seconds):
    return choice.kernels_for(seconds, "double", SMALL)


def test_kernels_are_not_compiled_for_less_work_than_that_takes(compilations):
    assert ask(4.0) is None
    assert ask(4.0) is None
    assert not compilations
    assert total(ask(4.0)) == TOTAL
    assert len(compilations) == 1


def test_compiled_kernels_are_loaded_as_soon_as_that_pays(compilations):
    assert loader.load("double", source=SMALL)
    forget()
    assert ask(0.003) is None
    assert total(ask(0.003)) == TOTAL
    assert len(compilations) == 1


@pytest.mark.usefixtures("no_llvm")
def test_llvm_is_not_loaded_for_less_work_than_that_takes(compilations, monkeypatch):
    monkeypatch.setattr(loader, "status", lambda *_, **__: pytest.fail("asking loads LLVM"))
    assert ask(0.05) is None
    monkeypatch.setattr(loader, "status", lambda *_, **__: "compiled")
    assert total(ask(0.06)) == TOTAL
    assert len(compilations) == 1


def test_what_is_at_hand_is_used_for_the_least_work(compilations):
    kernels = loader.load("double", source=SMALL)
    assert ask(0.0) is kernels
    assert choice.kernels_for(0.0, "single", SMALL) is None  # another precision


def test_missing_kernels_are_looked_for_once(compilations, monkeypatch):
    looked = []
    monkeypatch.setattr(loader, "status", lambda *_, **__: looked.append(1) or "missing")
    assert [ask(0.2) for _ in range(5)] == [None] * 5
    assert len(looked) == 1


@pytest.mark.filterwarnings("ignore:qsim runs without compiled kernels")
def test_where_kernels_cannot_be_had_numpy_goes_on(monkeypatch):
    monkeypatch.setattr(sys, "executable", "")
    assert ask(100.0) is None
    assert ask(100.0) is None
