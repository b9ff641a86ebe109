"""The memory guard: what cannot fit is refused before anything is allocated."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsim.errors import TooLargeError

if TYPE_CHECKING:
    from pathlib import Path  # imported where large work asks for memory: it takes 7 ms

__all__ = ["aligned", "available_memory", "format_bytes", "populate", "require_memory", "total_memory"]

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_RESERVE = 64 * 2**20  # left to the interpreter and the system
_LINE = 64  # bytes of a cache line
_PAGE = 4096  # bytes; where pages are larger the system refuses other starts, and nothing is lost
_MOST_POPULATED = 2**28
_MADV_POPULATE_WRITE = 23
_UNLIMITED = 2**60  # what the first version of control groups calls a limit where there is none is larger
_UNGUARDED = 2**20  # asking the system takes 0.1 ms, as long as forming some 200 kB: small work is not asked about


def format_bytes(count: int) -> str:
    """Write a number of bytes with a binary unit.

    >>> format_bytes(16 * 2**30)
    '16 GiB'
    >>> format_bytes(2**84)
    '2^84 bytes'
    """
    exponent = max(count.bit_length() - 1, 0) // 10
    if exponent >= len(_UNITS):
        power = count.bit_length() - 1
        return f"2^{power} bytes" if count == 2**power else f"more than 2^{power} bytes"
    return f"{count / 1024**exponent:.3g} {_UNITS[exponent]}"


def available_memory() -> int:
    """Bytes that this process can still take: free RAM, or what the control group leaves if that is less."""
    candidates = [_system_available(), *_cgroup_available()]
    known = [value for value in candidates if value is not None]
    return max(min(known), 0) if known else sys.maxsize


def total_memory() -> int:
    """Bytes that this process could take if it were alone: RAM, or the limit of its control group if that is less.

    Unlike what is available it is the same at every call; `sys.maxsize` where it is not known.
    """
    from pathlib import Path

    known = [sys.maxsize]
    with suppress(AttributeError, ValueError, OSError):
        known.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for folder, limit, _ in _cgroup_folders(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")):
        with suppress(ValueError, OSError):  # no such file, or "max"
            known.append(int((folder / limit).read_text()))
    return min(known)


def require_memory(needed: int, what: str, hint: str | Callable[[], str] = "") -> None:
    """Refuse with a `TooLargeError` if `needed` bytes are not there.

    Args:
        needed: bytes that are about to be allocated.
        what: what they are for, as the subject of the message.
        hint: what would fit, or another way to the same end; a function where that takes time to find out.
    """
    if needed <= _UNGUARDED:
        return
    limit = max(available_memory() - _RESERVE, 0)
    if needed > limit:
        hint = hint if isinstance(hint, str) else hint()
        tail = f" {hint}" if hint else ""
        raise TooLargeError(f"{what} needs {format_bytes(needed)}, but {format_bytes(limit)} can be had.{tail}")


def aligned(count: int, dtype: Any, *, zeroed: bool = False) -> NDArray[Any]:
    """A new array that begins at a cache line; NumPy's own begin 16 bytes past one, so that vectors would straddle two.

    Args:
        count: its length.
        dtype: its type.
        zeroed: whether it holds zeros: pages that are never written are then never taken. Otherwise it holds anything.
    """
    size = count * np.dtype(dtype).itemsize
    raw = (np.zeros if zeroed else np.empty)(size + _LINE, dtype=np.uint8)
    start = -raw.ctypes.data % _LINE
    return raw[start : start + size].view(dtype)


def populate(array: NDArray[Any]) -> None:
    """Let the system give the array its pages, up to 256 MiB of them, before they are written one by one.

    Contents stay, whoever writes to them meanwhile. Python's lock is free during the call. Where the system cannot do
    it (Linux can from 5.14 on), nothing happens.
    """
    if sys.platform != "linux":
        return
    import ctypes

    start = -(-array.ctypes.data // _PAGE) * _PAGE
    size = min(array.ctypes.data + array.nbytes - start, _MOST_POPULATED)
    if size > 0:
        ctypes.CDLL(None).madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), _MADV_POPULATE_WRITE)


def _system_available() -> int | None:
    from pathlib import Path

    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _cgroup_available() -> list[int | None]:
    from pathlib import Path

    found = dict.fromkeys(_cgroup_folders(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")))  # some come twice
    return [_cgroup_left(folder / limit, folder / used, folder / "memory.stat") for folder, limit, used in found]


def _cgroup_folders(membership: "Path", mount: "Path") -> "Iterator[tuple[Path, str, str]]":
    """Folders of this process's control group and of those around it, with their names of limit and use."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        lines = []
    for line in ["0::/", "1:memory:/", *lines]:  # inside a container the group is the root of the mount
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            root, names = mount, ("memory.max", "memory.current")
        elif "memory" in controllers.split(","):
            root, names = mount / "memory", ("memory.limit_in_bytes", "memory.usage_in_bytes")
        else:
            continue
        folder = root / path.lstrip("/")
        for place in (folder, *folder.parents):
            yield place, *names
            if place == root:
                break


def _cgroup_left(limit: "Path", used: "Path", stat: "Path") -> int | None:
    """Limit minus use, where cached file pages count as free: the kernel gives them back."""
    try:
        text = limit.read_text().strip()
        if text == "max" or int(text) >= _UNLIMITED:
            return None
        left = int(text) - int(used.read_text())
        for line in stat.read_text().splitlines():
            name, value = line.split()
            if name == "inactive_file":
                left += int(value)
    except (OSError, ValueError):
        return None
    return left
