"""Load compiled kernels without numba, compiling them first where this machine has none yet.

    load("double") ─ at hand ▸ in the cache folder ▸ compiled by a child process ─▶ linked by LLVM ─▶ ctypes

Once loaded, functions stay for the life of the process and work in its forked children; calls release the GIL.
"""

import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qsim.errors import KernelError
from qsim.kernels import cache
from qsim.kernels.cache import ObjectFile
from qsim.kernels.target import ITEM_BYTES, KERNELS, SOURCES, Source, Target, host_target
from qsim.kernels.threads import default_threads
from qsim.memory import available_memory, format_bytes

if TYPE_CHECKING:
    import subprocess

__all__ = ["Kernels", "at_hand", "info", "load", "status", "try_load", "warmup"]

_CTYPES: dict[str, type[Any]] = {"q": ctypes.c_int64, "d": ctypes.c_double}
_BUILD_SECONDS = 600  # a compilation takes some 10 s: one that takes this long hangs
_ERROR_LINES = 12  # of a failed compilation's output


class Kernels:
    """Compiled functions as attributes; each takes int64 and float64 arguments and returns an int64.

    Attributes:
        name: of the kernel module, "sweep" or "direct".
        precision: of the numbers in memory, "double" or "single".
        target: what the code is compiled for.
        lanes: numbers in a vector.
        functions: the compiled functions by name.
        seconds: what compiling (0 if there was nothing to compile) and loading took.
    """

    def __init__(
        self, source: Source, precision: str, target: Target, functions: dict[str, Callable[..., int]]
    ) -> None:
        self.name = source.name
        self.precision = precision
        self.target = target
        self.lanes = source.lanes(target, precision)
        self.functions = functions
        self.seconds = {"compile": 0.0, "load": 0.0}
        vars(self).update(functions)

    def __getattr__(self, name: str) -> Callable[..., int]:
        raise AttributeError(f"There is no kernel {name!r}; there are: {', '.join(vars(self).get('functions', ()))}.")

    def __repr__(self) -> str:
        return f"Kernels({self.precision}, {self.lanes} lanes, {self.target.cpu}: {', '.join(self.functions)})"


_Key = tuple[str, Target | None, Source]
_loaded: dict[_Key, Kernels] = {}
_failed: dict[_Key, str] = {}
_locks: dict[str, threading.Lock] = {}
_children: set["subprocess.Popen[str]"] = set()  # that compile


def _renew_locks() -> None:
    """Locks for this process: a forked child has no thread that would release its parent's."""
    _locks.update({precision: threading.Lock() for precision in ITEM_BYTES})


_renew_locks()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)


def load(precision: str, *, target: Target | None = None, source: Source = KERNELS) -> Kernels:
    """The kernels of a precision: compiled if need be (once a machine, some 10 s), loaded (50 ms), at hand (1 µs).

    Args:
        precision: "double" or "single".
        target: what to compile for; this machine if not given.
        source: which kernels.

    Raises:
        KernelError: they cannot be compiled or loaded; asked again, it says so without another attempt.
    """
    key = (precision, target, source)
    if kernels := _loaded.get(key):
        return kernels
    with _locks[precision]:
        if key not in _loaded:
            if key in _failed:
                raise KernelError(_failed[key])
            try:
                _loaded[key] = _obtain(precision, target or host_target(), source)
            except KernelError as error:
                _failed[key] = str(error)
                raise
        return _loaded[key]


def try_load(precision: str, *, target: Target | None = None, source: Source = KERNELS) -> Kernels | None:
    """As `load`, but `None`, with one warning a process, where there are no kernels to be had: NumPy does the work."""
    try:
        return load(precision, target=target, source=source)
    except KernelError as error:
        cache.warn_once(f"qsim runs without compiled kernels, many times slower. {error}")
        return None


def at_hand(precision: str, source: Source = KERNELS) -> Kernels | None:
    """This machine's kernels if they are loaded, else `None`; never waits."""
    return _loaded.get((precision, None, source))


def status(precision: str, *, target: Target | None = None, source: Source = KERNELS) -> str:
    """What `load` would have to do: nothing ("loaded"), load ("compiled"), or compile first ("missing")."""
    if (precision, target, source) in _loaded:
        return "loaded"
    try:
        found = cache.read(cache.file_name(precision, target or host_target(), source))
    except KernelError:
        return "missing"
    return "missing" if found is None else "compiled"


def warmup(*sources: Source) -> list[Kernels]:
    """Compile and load all kernels, both precisions at once, so that no run waits for it; what failed is tried again.

    Compiling takes 5 to 30 s for each, once a machine. Where nobody asks for it, NumPy does the work until there is
    more of it than compiling takes.

    Raises:
        KernelError: they cannot be compiled or loaded.
    """
    from concurrent.futures import ThreadPoolExecutor

    def load_all(precision: str) -> list[Kernels]:
        return [load(precision, source=source) for source in sources or SOURCES]

    _failed.clear()
    with ThreadPoolExecutor(min(len(ITEM_BYTES), default_threads())) as pool:
        try:
            found = list(pool.map(load_all, ITEM_BYTES))
        except BaseException:  # Ctrl-C comes to this thread, while others wait for compilers
            pool.shutdown(wait=False, cancel_futures=True)
            for child in list(_children):
                child.kill()
            raise
    return [kernels for together in zip(*found, strict=True) for kernels in together]


def info(*sources: Source) -> dict[str, str]:
    """What is installed, what this machine is, and which compiled kernels it has, for a person to read."""
    from importlib.metadata import PackageNotFoundError, version

    lines = {}
    for name in ("numpy", "scipy", "numba", "llvmlite"):
        try:
            lines[name] = version(name)
        except PackageNotFoundError:
            lines[name] = "not installed"
    lines["memory"] = f"{format_bytes(available_memory())} available"
    sizes = [path.stat().st_size for path in cache.files()]
    lines["cache folder"] = f"{cache.cache_folder()} ({len(sizes)} files, {format_bytes(sum(sizes))})"
    try:
        target = host_target()
        lines["processor"] = target.cpu
        lines["L2 cache"] = format_bytes(target.l2_bytes) if target.l2_bytes else "unknown"
        for source, precision in product(sources or SOURCES, ITEM_BYTES):
            there = cache.read(cache.file_name(precision, target, source))
            size = f"compiled, {format_bytes(len(there.code))}" if there else "not compiled yet"
            lines[f"{source.name}, {precision}"] = f"{source.lanes(target, precision)} lanes, {size}"
    except KernelError as error:
        lines["kernels"] = str(error)
    return lines


def _obtain(precision: str, target: Target, source: Source) -> Kernels:
    """From the cache folder, else compiled."""
    start = compiled = time.perf_counter()
    name = cache.file_name(precision, target, source)
    content = cache.read(name)
    if content is None:
        with cache.locked(precision):
            content = cache.read(name)  # what another process compiled meanwhile
            if content is None:
                content = _compile(precision, target, source)
                cache.write(name, content)
        compiled = time.perf_counter()
    kernels = Kernels(source, precision, target, _link(content))
    kernels.seconds = {"compile": compiled - start, "load": time.perf_counter() - compiled}
    return kernels


def _compile(precision: str, target: Target, source: Source) -> ObjectFile:
    """Run `qsim.kernels.build` in a child process, which Ctrl-C ends at once."""
    import subprocess  # here and elsewhere: importing the loader must not slow down who does not compile
    import tempfile

    if not sys.executable or getattr(sys, "frozen", False):
        raise KernelError("Kernels are compiled by a Python interpreter, but this program runs without one.")
    if sys.stderr and sys.stderr.isatty():
        print(f"qsim compiles its {precision}-precision kernels for this machine, once.", file=sys.stderr)
    command = [sys.executable, "-P", "-W", "ignore", "-m", "qsim.kernels.build"]
    command += [f"--module={source.module}", f"--precision={precision}"]
    command += [f"--lanes={source.lanes(target, precision)}", f"--cpu={target.cpu}", f"--features={target.features}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    environment["PYTHONPATH"] = os.pathsep.join(os.path.abspath(folder) for folder in sys.path)
    try:
        with tempfile.TemporaryDirectory(prefix="qsim-") as folder:  # as working folder it holds no numba settings
            output = Path(folder) / "kernels"
            with subprocess.Popen(
                [*command, f"--output={output}"],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                errors="replace",
                start_new_session=True,  # the terminal's Ctrl-C is for this process, which ends the child
            ) as child:
                _children.add(child)
                try:
                    _, errors = child.communicate(timeout=_BUILD_SECONDS)
                finally:
                    _children.discard(child)
                    child.kill()  # if it still runs
            content = cache.unpack(output.read_bytes()) if child.returncode == 0 else None
    except (OSError, subprocess.SubprocessError) as error:
        raise KernelError(f"Compiling the kernels failed: {error}") from error
    if content is None:
        tail = "\n".join(errors.splitlines()[-_ERROR_LINES:])
        raise KernelError(f"Compiling the kernels failed (exit code {child.returncode}):\n{tail}")
    return content


def _link(content: ObjectFile) -> dict[str, Callable[..., int]]:
    """Functions of object code. Unlike LLVM's older engine, this one reports a missing symbol instead of aborting."""
    from llvmlite import binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    builder = llvm.JITLibraryBuilder().add_object_img(content.code).add_current_process()
    for name in content.arguments:
        builder.export_symbol(name)
    try:
        engine = llvm.create_lljit_compiler(suppress_errors=True)
        library = builder.link(engine, "qsim")
    except RuntimeError as error:
        raise KernelError(f"The compiled kernels cannot be linked: {error}") from error
    functions: dict[str, Callable[..., int]] = {}
    for name, letters in content.arguments.items():
        prototype = ctypes.CFUNCTYPE(ctypes.c_int64, *[_CTYPES[letter] for letter in letters])
        functions[name] = prototype(library[name])
    library.detach()  # never freed: at exit other threads may still be in the code
    engine.detach()
    return functions
