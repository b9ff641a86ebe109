"""The folder of compiled kernels: private to the user, written atomically, verified when read.

Giving LLVM a damaged object file crashes the process, and code from a folder that others can write is theirs, not the
user's. So a folder or file that somebody else could have written is ignored, and each file carries a checksum:

    qsim kernels 1 ⏎ sha256 of the rest ⏎ run_sweep=qqqd other=qd ⏎ object code

where the letters are a function's arguments (q: 64-bit integer, d: double), as in `struct`.
"""

import hashlib
import importlib.util
import os
import stat
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from qsim.errors import KernelError
from qsim.kernels.target import Source, Target

__all__ = [
    "ObjectFile",
    "cache_folder",
    "file_name",
    "file_path",
    "files",
    "locked",
    "pack",
    "read",
    "unpack",
    "warn_once",
    "write",
]

_MAGIC = b"qsim kernels 1"
_SUFFIX = ".kernels"
_KEPT = 48  # files, the last used ones: of several versions, and of machines that share a home folder
_warned: set[str] = set()


@dataclass(frozen=True)
class ObjectFile:
    """Object code, and the arguments of each function in it as letters: q for int64, d for float64."""

    arguments: dict[str, str]
    code: bytes


def pack(content: ObjectFile) -> bytes:
    """The bytes of a file.

    >>> unpack(pack(ObjectFile({"add": "qq"}, b"code")))
    ObjectFile(arguments={'add': 'qq'}, code=b'code')
    """
    functions = " ".join(f"{name}={letters}" for name, letters in content.arguments.items())
    body = functions.encode() + b"\n" + content.code
    return b"\n".join((_MAGIC, hashlib.sha256(body).hexdigest().encode(), body))


def unpack(data: bytes) -> ObjectFile | None:
    """Inverse of `pack`; `None` if the bytes are cut short or damaged.

    >>> unpack(pack(ObjectFile({"add": "qq"}, b"code"))[:-1]) is None
    True
    """
    magic, _, rest = data.partition(b"\n")
    checksum, _, body = rest.partition(b"\n")
    if magic != _MAGIC or checksum != hashlib.sha256(body).hexdigest().encode():
        return None
    functions, _, code = body.partition(b"\n")
    return ObjectFile(dict(entry.split("=") for entry in functions.decode().split()), code)


def cache_folder() -> Path:
    """Where compiled kernels are kept: `QSIM_CACHE_DIR`, or the system's place for a user's caches."""
    if chosen := os.environ.get("QSIM_CACHE_DIR"):
        return Path(chosen).absolute()
    try:
        home = Path.home()
    except RuntimeError:  # a user id without an entry, as in some containers
        import tempfile

        return Path(tempfile.gettempdir()) / f"qsim-{os.geteuid()}"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "qsim" / "Cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "qsim"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache").absolute() / "qsim"


def file_name(precision: str, target: Target, source: Source) -> str:
    """A name that changes with everything that compiled code depends on.

    Raises:
        KernelError: numba or a source file is not there.
    """
    from llvmlite import __version__ as llvmlite_version

    try:
        sources = [path.read_bytes() for path in (*map(Path, source.files), _numba_version_file())]
    except OSError as error:
        raise KernelError(f"The kernels cannot be compiled here: {error}") from error
    digests = [hashlib.sha256(text).hexdigest() for text in sources]
    machine = (sys.platform, target.cpu, target.features, source.lanes(target, precision))
    key = repr((source.module, precision, machine, llvmlite_version, digests))
    return f"{precision}-{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def file_path(name: str) -> Path:
    """Where the file of that name is, or would be."""
    return cache_folder() / (name + _SUFFIX)


def read(name: str) -> ObjectFile | None:
    """The file of that name; `None` if it is not there, damaged, or not to be trusted."""
    if _trusted_folder() is None:
        return None
    path = file_path(name)
    try:
        with path.open("rb") as file:
            content = None if _others_write(os.fstat(file.fileno())) else unpack(file.read())
    except OSError:
        return None
    with suppress(OSError):
        os.utime(path)  # "last used", for `write`
    return content


def write(name: str, content: ObjectFile) -> None:
    """Keep a file under that name, whole or not at all; where that cannot be done, say so once."""
    folder = _trusted_folder()
    if folder is None:
        return
    import tempfile

    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=name, suffix=".tmp")
        with open(handle, "wb") as file:
            file.write(pack(content))
        os.replace(temporary, file_path(name))
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        warn_once(f"The cache folder {folder} cannot be written ({error.strerror}): {_CONSEQUENCE}")
    else:
        for path in files()[_KEPT:]:
            path.unlink(missing_ok=True)


def files() -> list[Path]:
    """The files that are there, the last used first."""
    try:
        found = [(path.stat().st_mtime, path) for path in cache_folder().glob(f"*{_SUFFIX}")]
    except OSError:
        return []
    return [path for _, path in sorted(found, reverse=True)]


@contextmanager
def locked(precision: str) -> Iterator[None]:
    """One process at a time compiles a precision, the others wait and find its file; without locks, all compile.

    The system drops the lock of a process that dies.
    """
    lock = _lock(precision)
    try:
        yield
    finally:
        if lock:
            lock.close()


def warn_once(message: str) -> None:
    """Warn with a `RuntimeWarning`, once a process."""
    if message not in _warned:
        _warned.add(message)
        warnings.warn(message, RuntimeWarning, stacklevel=3)


_CONSEQUENCE = "kernels are compiled again by each process. Set QSIM_CACHE_DIR to a folder that only you can write."


def _numba_version_file() -> Path:
    """Tells versions apart without importing numba, 0.4 s, or importlib.metadata, 10 ms."""
    found = importlib.util.find_spec("numba")
    if found is None or found.origin is None:
        raise KernelError("Kernels are compiled by numba, which is not installed.")
    return Path(found.origin).with_name("_version.py")


def _trusted_folder() -> Path | None:
    """The cache folder, made if need be; `None`, with a warning, if it cannot be had or others can write to it."""
    folder = cache_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError as error:
        warn_once(f"There is no cache folder {folder} ({error.strerror}): {_CONSEQUENCE}")
        return None
    if _others_write(status):
        warn_once(f"The cache folder {folder} is ignored, since other users can write to it: {_CONSEQUENCE}")
        return None
    return folder


def _lock(precision: str) -> TextIO | None:
    folder = _trusted_folder()
    if folder is None or sys.platform == "win32":
        return None
    import fcntl

    try:
        file = (folder / f"{precision}.lock").open("a")
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError:  # a file system without locks
        file.close()
        return None
    return file


def _others_write(status: os.stat_result) -> bool:
    """Whether anybody but this user and the system's administrator can write; Windows keeps a profile private."""
    if sys.platform == "win32":
        return False
    return status.st_uid not in (os.geteuid(), 0) or bool(status.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
