"""The folder of compiled kernels: who writes it, what is in it, and all that can be wrong with it."""

import dataclasses
import os
import stat
import sys
import warnings
from pathlib import Path

import pytest
from kernels.loader_tools import SMALL, TOTAL, USE, finish, forget, python, total

from qsim.kernels import Target, cache, load
from qsim.kernels.target import Source

pytestmark = pytest.mark.usefixtures("new_process")


@pytest.mark.parametrize(
    ("locks", "compiled"),
    [("", 1), ("from qsim.kernels import cache\ncache._lock = lambda precision: None\n", 2)],
    ids=["the second waits", "without locks"],
)
def test_two_processes_compile_at_once(locks, compiled, tmp_path, monkeypatch):
    count = tmp_path / "count"
    count.mkdir()
    monkeypatch.setenv("COUNT_COMPILATIONS", str(count))
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")  # a user's settings do not matter
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    both = [python(locks + USE + "print(kernels.wave(10, 0.3))", *SMALL.files) for _ in range(2)]
    assert len({finish(process)[0] for process in both}) == 1
    assert len(list(count.iterdir())) == compiled
    assert len(cache.files()) == 1
    assert not list((tmp_path / "cache").glob("*.tmp"))


def flip(data, position):
    return data[:position] + bytes([data[position] ^ 1]) + data[position:][1:]


DAMAGE = {
    "empty": lambda data: b"",
    "only a header": lambda data: data[:20],
    "cut in the middle": lambda data: data[: len(data) // 2],
    "last byte gone": lambda data: data[:-1],
    "a byte more": lambda data: data + b"\0",
    "other format": lambda data: flip(data, 13),
    "wrong checksum": lambda data: flip(data, 20),
    "other arguments": lambda data: data.replace(b"total=qq", b"total=qd"),
    "one bit of the code": lambda data: flip(data, -100),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_rebuilt(damage, compilations):
    load("double", source=SMALL)
    (path,) = cache.files()
    good = path.read_bytes()
    path.write_bytes(DAMAGE[damage](good))
    forget()
    assert total(load("double", source=SMALL)) == TOTAL
    assert len(compilations) == 2
    assert path.read_bytes() == good


def test_what_the_code_depends_on_is_in_its_name(tmp_path, monkeypatch):
    """Any change of sources, processor, width, precision or compiler asks for another file; L2 does not matter."""
    path = tmp_path / "kernels.py"
    path.write_text("1")
    source, target = Source("kernels.small_kernels", (str(path),)), Target("znver3", "+avx2", 32)

    def changed(**fields):
        return dataclasses.replace(target, **fields)

    names = [
        cache.file_name("double", target, source),
        cache.file_name("single", target, source),
        cache.file_name("double", target, Source("other", source.files)),
        *(cache.file_name("double", t, source) for t in (changed(cpu="znver4"), changed(features="+avx2,-fma"))),
        cache.file_name("double", changed(vector_bytes=64), source),
    ]
    assert cache.file_name("double", changed(l2_bytes=1), source) == names[0]
    path.write_text("2")
    names.append(cache.file_name("double", target, source))
    numba = tmp_path / "_version.py"
    numba.write_text("0.1")
    monkeypatch.setattr(cache, "_numba_version_file", lambda: numba)
    names.append(cache.file_name("double", target, source))
    monkeypatch.setattr("llvmlite.__version__", "0.1")
    names.append(cache.file_name("double", target, source))
    assert len(set(names)) == len(names)


def test_a_changed_source_is_compiled_again(tmp_path, compilations):
    path = tmp_path / "kernels.py"
    source = Source("kernels.small_kernels", (str(path),))
    for text, expected in (("1", 1), ("2", 2), ("1", 2)):
        path.write_text(text)
        forget()
        load("double", source=source)
        assert len(compilations) == expected


def test_old_files_are_dropped(compilations):
    count = cache._KEPT + 4
    for age in range(count):
        cache.write(f"double-{age}", cache.ObjectFile({}, b""))
        os.utime(cache.file_path(f"double-{age}"), (age, age))
    cache.read("double-4")  # used now
    load("double", source=SMALL)
    kept = [path.stem for path in cache.files()]
    assert len(kept) == cache._KEPT
    assert {"double-4", f"double-{count - 1}"} <= set(kept)
    assert "double-5" not in kept


def read_only(folder):
    """A folder that exists and cannot be written; modes do not hold the administrator back, the system's files do."""
    if os.geteuid() == 0:
        return Path("/sys/kernel")
    folder.mkdir(mode=0o500)
    return folder


def below_a_file(folder):
    folder.write_text("")
    return folder / "cache"


def writable_by(others):
    def make(folder):
        folder.mkdir()
        folder.chmod(0o755 | others)
        return folder

    return make


@pytest.mark.skipif(sys.platform == "win32", reason="owners and modes of POSIX")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (read_only, "cannot be written"),
        (below_a_file, "There is no cache folder"),
        (writable_by(stat.S_IWGRP), "ignored, since other users can write"),
        (writable_by(stat.S_IWOTH), "ignored, since other users can write"),
    ],
)
def test_without_a_cache_folder_kernels_still_work(make, message, tmp_path, monkeypatch, compilations):
    """Compiled in each process, with one warning, and nothing left behind."""
    folder = make(tmp_path / "odd")
    if make is read_only and not folder.is_dir():
        pytest.skip("no read-only folder for the administrator here")
    monkeypatch.setenv("QSIM_CACHE_DIR", str(folder))
    with pytest.warns(RuntimeWarning, match=message):
        assert total(load("double", source=SMALL)) == TOTAL
    forget()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert total(load("double", source=SMALL)) == TOTAL
    assert len(compilations) == 2
    assert not list(tmp_path.glob("odd/*"))


@pytest.mark.skipif(sys.platform == "win32", reason="owners and modes of POSIX")
def test_what_others_could_have_written_is_not_loaded(compilations, monkeypatch):
    load("double", source=SMALL)
    (path,) = cache.files()
    path.chmod(0o666)  # a file
    forget()
    load("double", source=SMALL)
    assert len(compilations) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600  # replaced
    if os.geteuid() == 0:
        os.chown(path.parent, 12345, -1)  # a folder of another user
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    forget()
    with pytest.warns(RuntimeWarning, match="ignored"):
        load("double", source=SMALL)
    assert len(compilations) == 3


def test_the_cache_folder_is_private_and_where_the_system_keeps_caches(compilations, tmp_path, monkeypatch):
    monkeypatch.delenv("QSIM_CACHE_DIR")
    monkeypatch.setenv("HOME", str(tmp_path))
    for platform, variable, place in (
        ("linux", None, ".cache/qsim"),
        ("linux", "XDG_CACHE_HOME", "chosen/qsim"),
        ("darwin", None, "Library/Caches/qsim"),
        ("win32", "LOCALAPPDATA", "chosen/qsim/Cache"),
    ):
        with monkeypatch.context() as patch:
            patch.delenv("XDG_CACHE_HOME", raising=False)
            patch.setattr(sys, "platform", platform)
            if variable:
                patch.setenv(variable, str(tmp_path / "chosen"))
            assert cache.cache_folder() == tmp_path / place
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    load("double", source=SMALL)
    assert stat.S_IMODE(cache.cache_folder().stat().st_mode) == 0o700 or sys.platform == "win32"
