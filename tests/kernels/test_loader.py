"""The kernel loader: compiled once, loaded often, without numba; and machines on which that cannot be done."""

import ast
import dataclasses
import os
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from kernels.loader_tools import SMALL, TOTAL, USE, finish, forget, python, total, wait_until

from qsim import KernelError
from qsim import cli as command_line
from qsim.kernels import Source, cache, host_target, load, loader, try_load, warmup
from qsim.kernels.target import SOURCES

pytestmark = pytest.mark.usefixtures("new_process")

# ── what it is for


def test_kernels_compute(compilations):
    kernels = load("double", source=SMALL)
    assert total(kernels) == TOTAL
    assert kernels.wave(10, 0.3) == pytest.approx(1e6 * np.sin(0.3 * np.arange(10)).sum(), abs=1)
    assert kernels.lanes == host_target().lanes("double")
    assert load("double", source=SMALL) is kernels
    with pytest.raises(AttributeError, match=r"no kernel 'totl'; there are: total, wave, wait"):
        kernels.totl(1)


def test_a_warm_process_loads_without_numba(compilations):
    load("double", source=SMALL)
    report = "print(kernels.seconds['compile'], 'numba' in sys.modules, kernels.wave(10, 0.3))"
    compiled, numba, wave = finish(python(USE + report, *SMALL.files))[0].split()
    assert (compiled, numba) == ("0.0", "False")
    assert int(wave) == load("double", source=SMALL).wave(10, 0.3)


def test_calls_release_the_gil(compilations):
    """The kernel waits for a number that another Python thread writes."""
    cell = np.zeros(1, dtype=np.int64)
    threading.Timer(0.02, lambda: cell.fill(1)).start()
    assert load("double", source=SMALL).wait(cell.ctypes.data, 2 * 10**9) == 1


def test_threads_load_once_and_call_at_once(compilations):
    start, seen = threading.Barrier(8), []

    def work():
        start.wait()
        kernels = load("double", source=SMALL)
        seen.append((id(kernels), {total(kernels) for _ in range(200)}))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(compilations) == 1
    assert len(seen) == 8
    assert {identity for identity, _ in seen} == {id(load("double", source=SMALL))}
    assert all(totals == {TOTAL} for _, totals in seen)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_calls_and_loads(compilations):
    """Even if a thread of the parent was loading when it forked."""
    load("double", source=SMALL)
    code = """
import os, threading
from qsim.kernels import loader
expected = kernels.wave(10, 0.3)
loader._locks["double"].acquire()
child = os.fork()
if child == 0:
    same = kernels.wave(10, 0.3) == expected
    loader._loaded.clear()
    again = load("double", source=Source("kernels.small_kernels", (sys.argv[1],)))
    os._exit(0 if same and again.wave(10, 0.3) == expected else 1)
print(os.waitpid(child, 0)[1])
"""
    assert finish(python(USE + code, *SMALL.files)) == ["0"]


# ── what cannot be compiled

REFUSED = """
import sys
import numpy as np
from numba import types
from qsim.kernels.build import compile_kernels

def allocates(n):
    return int(np.zeros(n).sum())

def raises(n):
    if n > 3:
        raise ValueError("too many")
    return n

def prints(n):
    print(n)
    return n

def divides(n):
    return 10 // n  # by 0, too: no exception here

word, single = types.int64, types.float32
for function, signature in (
    (allocates, word(word)), (raises, word(word)), (prints, word(word)), (divides, word(single)),
    (divides, types.float64(word)), (divides, word(word)),
):
    try:
        compile_kernels({"kernel": (function, signature)}, "", "")
        print("accepted")
    except ValueError as error:
        print(error)
"""


def test_kernels_that_need_python_are_refused():
    allocates, raises, prints, takes, returns, accepted = finish(python(REFUSED))
    assert "must not allocate, raise or call Python" in allocates
    assert "NRT_" in allocates
    assert raises.endswith("refer to: kernel raises.")
    assert "Py" in prints
    assert "must take int64 and float64 and return int64" in takes
    assert "must take int64 and float64 and return int64" in returns
    assert accepted == "accepted"


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("def build(lanes, precision): raise RuntimeError('no kernels of ' + precision)", "no kernels of double"),
        ("import nothing_of_that_name", "No module named 'nothing_of_that_name'"),
        ("import os; os.kill(os.getpid(), 9)", "exit code -?9"),
    ],
)
def test_a_failed_compilation_is_told_once_and_not_tried_again(module, message, tmp_path, monkeypatch):
    path = tmp_path / "broken_kernels.py"
    path.write_text(module)
    monkeypatch.syspath_prepend(tmp_path)
    source = Source("broken_kernels", (str(path),))
    with pytest.raises(KernelError, match=message):
        load("double", source=source)
    tries = []
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: tries.append(1))
    with pytest.raises(KernelError, match=message):
        load("double", source=source)
    with pytest.warns(RuntimeWarning, match=message):
        assert try_load("double", source=source) is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert try_load("double", source=source) is None
    assert not tries
    assert not cache.files()


def test_warmup_tries_again(compilations, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(cache, "_numba_version_file", lambda: Path("/no/such/file"))
        assert try_load_quietly("double") is try_load_quietly("single") is None
    assert try_load_quietly("double") is None
    assert [kernels.precision for kernels in warmup(SMALL)] == ["double", "single"]


def try_load_quietly(precision):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return try_load(precision, source=SMALL)


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("sys.executable", "", "runs without one"),
        ("sys.executable", "/no/such/python", "No such file"),
        ("qsim.kernels.loader._BUILD_SECONDS", 0.001, "timed out"),
        ("qsim.kernels.cache._numba_version_file", lambda: Path("/no/such/file"), "No such file"),
        ("importlib.util.find_spec", lambda name: None, "numba, which is not installed"),
    ],
)
def test_a_machine_that_cannot_compile(attribute, value, message, monkeypatch):
    monkeypatch.setattr(attribute, value)
    with pytest.raises(KernelError, match=message):
        load("double", source=SMALL)


def test_code_that_cannot_be_linked_is_an_error_and_no_crash(small_object):
    arguments, code = small_object.arguments, small_object.code
    for wrong in (
        cache.ObjectFile(arguments, b"no object code"),
        cache.ObjectFile(arguments, code[: len(code) // 2]),
        cache.ObjectFile({"missing": "qq"}, code),
    ):
        with pytest.raises(KernelError, match="cannot be linked"):
            loader._link(wrong)


WARM = """
import sys
from qsim.kernels import warmup
from qsim.kernels.target import Source
warmup(Source("kernels.small_kernels", tuple(sys.argv[1:])))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("script", [USE, WARM])
def test_ctrl_c_ends_a_compilation(script, tmp_path, monkeypatch):
    """The child too, though it does not look at the signal; as long as it lives it holds a lock."""
    import fcntl

    path, ready, witness = tmp_path / "deaf_kernels.py", tmp_path / "ready", tmp_path / "witness"
    path.write_text(
        "import fcntl, pathlib, signal, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        f"witness = open({str(witness)!r}, 'w')\n"
        "fcntl.flock(witness, fcntl.LOCK_EX)\n"
        f"pathlib.Path({str(ready)!r}).touch()\n"
        "time.sleep(60)\n"
        "witness.write('survived')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    process = python(script.replace("kernels.small_kernels", "deaf_kernels"), str(path))
    wait_until(ready.exists, process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert "KeyboardInterrupt" in errors
    with witness.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert file.read() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_that_is_handled_does_not_stop_a_compilation(tmp_path, monkeypatch):
    """A terminal sends it to the whole process group, of which the child is no part."""
    monkeypatch.setenv("COUNT_COMPILATIONS", str(tmp_path))
    handled = "import signal\nsignal.signal(signal.SIGINT, lambda *_: None)\n"
    process = python(handled + USE + "print(kernels.wave(0, 0.0))", *SMALL.files, start_new_session=True)
    wait_until(lambda: any(tmp_path.glob("tmp*")), process)
    os.killpg(process.pid, signal.SIGINT)
    assert finish(process) == ["0"]


# ── the machine, the command line, the real kernels


@pytest.mark.parametrize(
    ("features", "lanes"),
    [
        ({"avx2": True, "fma": True, "avx512f": True}, 8),
        ({"avx2": True, "fma": True, "avx512f": False}, 4),
        ({"avx2": True, "fma": False}, 2),
        ({"neon": True}, 2),
        ({}, 2),
    ],
)
def test_vector_width_follows_the_processor(features, lanes, monkeypatch):
    from llvmlite.binding import targets

    monkeypatch.setattr("llvmlite.binding.get_host_cpu_features", lambda: targets.FeatureMap(features))
    target = host_target.__wrapped__()
    assert (target.lanes("double"), target.lanes("single")) == (lanes, 2 * lanes)
    assert all(("+" if there else "-") + name in target.features for name, there in features.items())


def test_code_for_another_target_is_another_file(compilations):
    narrow = dataclasses.replace(host_target(), vector_bytes=16)
    kernels = load("double", target=narrow, source=SMALL)
    assert kernels.lanes == 2
    assert compilations == [("double", narrow, SMALL)]
    assert load("double", source=SMALL) is not kernels


def test_command_line(compilations, capsys):
    assert command_line.main(["info"]) == 0
    before = capsys.readouterr().out
    assert command_line.main(["warmup"]) == 0
    first = capsys.readouterr().out
    forget()
    assert command_line.main(["warmup"]) == 0
    second = capsys.readouterr().out
    assert command_line.main(["info"]) == 0
    after = capsys.readouterr().out
    for word in ("numba", "llvmlite", "processor", "memory", str(cache.cache_folder())):
        assert word in before
    assert before.count("not compiled yet") == 2 * len(SOURCES)
    assert first.count("compiled in") == second.count("compiled before") == 2 * len(SOURCES)
    assert "not compiled yet" not in after
    assert after.count("compiled, ") == 2 * len(SOURCES)


def test_command_line_tells_what_fails(monkeypatch, capsys):
    monkeypatch.setattr(sys, "executable", "")
    assert command_line.main(["warmup"]) == 1
    assert "runs without one" in capsys.readouterr().err


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.module)
def test_every_file_that_kernels_are_made_of_is_watched(source):
    """A change in a module that the kernels import must make compiled code stale."""
    watched = {Path(file).name: Path(file) for file in source.files}
    for path in watched.values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("qsim."):
                assert node.module.split(".")[-1] + ".py" in {*watched, "cache.py"}, path
