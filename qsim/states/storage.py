"""Files of amplitudes that are worked on in place: states larger than memory, and the copies that runs go on from.

    4096 bytes of header ─ 2^n amplitudes, complex64 or complex128, little-endian, in index order

The header says what the amplitudes are. `WORKING` is on the disk before the first of them changes and until the last is
written: a process that is killed leaves it behind, and such a file is refused. Nothing in a file is trusted: each field
is checked, the header carries a checksum, and the length must be what the header says.
"""

import hashlib
import os
import shutil
import stat
import struct
import sys
from dataclasses import dataclass, field, replace
from enum import IntEnum
from io import FileIO
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.errors import StateError, TooLargeError
from qsim.memory import format_bytes
from qsim.states.record import DTYPES, Point

__all__ = [
    "Header",
    "StateFile",
    "Status",
    "open_amplitudes",
    "read_at",
    "read_copy",
    "read_header",
    "require_disk",
    "write_at",
    "write_copy",
]

_MAGIC = b"\x93qsim\r\n\x1a"  # a transfer as text would change it
_VERSION = 1
_HEADER_BYTES = 4096  # amplitudes begin at a page
_MAX_QUBITS = 62
_MAX_BEYOND = 256  # chunks that may be finished out of order: as many as threads
_FIELDS = struct.Struct(f"<8sIIIIQQQQI{_MAX_BEYOND}Q{_MAX_QUBITS}s32s")
_PIECE = 2**26  # bytes that are written at once


class Status(IntEnum):
    """What the amplitudes of a file are."""

    FRESH = 0  # |0…0⟩, as created
    FINISHED = 1  # a state
    WORKING = 2  # a run is at work, or was killed
    PAUSED = 3  # a run was stopped; its header says what it had done


@dataclass(frozen=True)
class Header:
    """What a file says of itself.

    Attributes:
        num_qubits: size of the register.
        dtype: of the amplitudes.
        status: what they are.
        num_sweeps: of the run at work, with its `point`.
        point: how far it has come.
        run: what identifies the run: its circuit, start and plan; 32 bytes.
    """

    num_qubits: int
    dtype: np.dtype[Any]
    status: Status
    num_sweeps: int = 0
    point: Point = field(default_factory=Point)
    run: bytes = bytes(32)

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return _HEADER_BYTES + self.dtype.itemsize * bits.register_size(self.num_qubits)

    def pack(self) -> bytes:
        """The first bytes of a file."""
        point = self.point.compacted()
        beyond = sorted(point.beyond)  # few: chunks are begun in order
        layout = bytes(bits.qubit_bit(qubit, self.num_qubits) for qubit in range(self.num_qubits))
        fields = _FIELDS.pack(
            *(_MAGIC, _VERSION, self.num_qubits, self.dtype.itemsize, self.status, self.num_sweeps),
            *(point.sweep, point.num_chunks, point.first, len(beyond)),
            *(beyond + [0] * (_MAX_BEYOND - len(beyond))),
            *(layout.ljust(_MAX_QUBITS, b"\xff"), self.run),
        )
        return (fields + hashlib.sha256(fields).digest()).ljust(_HEADER_BYTES, b"\0")

    @classmethod
    def unpack(cls, data: bytes, name: str) -> "Header":
        """Inverse of `pack`; `name` is the file's, for messages."""
        if data[:8] != _MAGIC:
            raise StateError(f"File {name} is not one of State.memmap.")
        version = int.from_bytes(data[8:12], "little")
        if version != _VERSION:
            raise StateError(f"File {name} has format {version}, but this version of qsim reads format {_VERSION}.")
        fields, end = data[: _FIELDS.size], _FIELDS.size + 32
        if len(data) < _HEADER_BYTES or hashlib.sha256(fields).digest() != data[_FIELDS.size : end]:
            raise StateError(f"File {name} is damaged: the checksum of its header is wrong.")
        _, _, num_qubits, itemsize, status, num_sweeps, *numbers, layout, run = _FIELDS.unpack(fields)
        sweep, num_chunks, first, num_beyond, *beyond = numbers
        dtype = next((dtype for dtype in DTYPES.values() if dtype.itemsize == itemsize), None)
        places = [bits.qubit_bit(qubit, num_qubits) for qubit in range(min(num_qubits, _MAX_QUBITS))]
        valid = (
            num_qubits <= _MAX_QUBITS
            and dtype is not None
            and status in set(Status)
            and first + num_beyond <= num_chunks <= bits.register_size(num_qubits)
            and sweep <= num_sweeps
            and num_beyond <= _MAX_BEYOND
            and all(first < chunk < num_chunks for chunk in beyond[:num_beyond])
            and layout == bytes(places).ljust(_MAX_QUBITS, b"\xff")
        )
        if not valid or dtype is None:
            raise StateError(f"File {name} is damaged: its header says what cannot be.")
        point = Point(sweep, num_chunks, first, set(beyond[:num_beyond]))
        return cls(num_qubits, dtype, Status(status), num_sweeps, point, run)


def read_header(path: str | PathLike[str]) -> Header:
    """The header of a file whose length is what it says.

    Raises:
        StateError: it is another kind of file, damaged, cut short, or of a newer format.
    """
    _require_regular(Path(path))
    with open(path, "rb") as file:
        header = Header.unpack(file.read(_HEADER_BYTES), repr(str(path)))
        size = os.fstat(file.fileno()).st_size
    if size != header.size:
        raise StateError(f"File {str(path)!r} is damaged: it has {size} bytes, but its header says {header.size}.")
    return header


def open_amplitudes(path: str | PathLike[str]) -> NDArray[Any]:
    """The amplitudes of a `.npy` file or of one of this kind.

    They are mapped, not read: a header that promises more than the file holds takes no memory.

    Raises:
        StateError: it is of neither kind, or damaged, or no state; nothing is unpickled.
    """
    _require_regular(Path(path))
    with open(path, "rb") as opened:
        is_ours = opened.read(len(_MAGIC)) == _MAGIC
    if is_ours:
        file = StateFile(Path(path).absolute(), read_header(path), writeable=False)
        if file.unreadable:
            raise StateError(file.unreadable)
        return file.amplitudes
    try:
        stored = np.lib.format.open_memmap(path, mode="r")
    except OSError:
        raise
    except Exception as error:  # NumPy's header parser raises many types
        raise StateError(f"Argument `path` must be a .npy file, but {str(path)!r} cannot be read: {error}") from None
    if stored.dtype.kind not in "fc":
        raise StateError(f"Argument `path` must hold complex amplitudes, but {str(path)!r} holds {stored.dtype}.")
    return stored


class StateFile:
    """A file of amplitudes, mapped into memory.

    Attributes:
        path: where it is.
        amplitudes: the mapped array; read-only if the file is.
        header: what the file says, as last read or written here.
    """

    def __init__(self, path: Path, header: Header, *, writeable: bool = True) -> None:
        self.path, self.header = path, header
        self._lock: BinaryIO | None = None
        mode: Any = "r+" if writeable and os.access(path, os.W_OK) else "r"
        shape = (bits.register_size(header.num_qubits),)
        self._map = np.memmap(path, header.dtype.newbyteorder("<"), mode, _HEADER_BYTES, shape)
        self.amplitudes: NDArray[Any] = np.asarray(self._map).view(header.dtype)

    @classmethod
    def at(cls, path: str | PathLike[str], num_qubits: int, precision: str) -> "StateFile":
        """The file at a path; where there is none, one of |0…0⟩."""
        if not isinstance(precision, str) or precision not in DTYPES:
            raise StateError(f'Argument `precision` must be "double" or "single", but is {precision!r}.')
        place, dtype = Path(path).absolute(), DTYPES[precision]
        if sys.byteorder != "little":
            raise StateError("State.memmap needs a little-endian machine.")
        if not place.exists():
            _create(place, Header(num_qubits, dtype, Status.FRESH))
        header = read_header(place)
        if (header.num_qubits, header.dtype) != (num_qubits, dtype):
            raise StateError(
                f"File {str(path)!r} holds {header.num_qubits} qubits of {header.dtype}, but {num_qubits} of {dtype} "
                "are asked for."
            )
        if header.status is Status.WORKING:
            raise StateError(_working(place))
        return cls(place, header)

    @property
    def unreadable(self) -> str:
        """Why the amplitudes are no state now; empty if they are one."""
        if self.header.status is Status.PAUSED:
            done, total = self.header.point.sweeps, self.header.num_sweeps
            return (
                f"File {str(self.path)!r} is in the middle of a run, after {done:.1f} of {total} sweeps: run the same "
                "circuit with this state as `out` to go on, or delete the file."
            )
        return _working(self.path) if self.header.status is Status.WORKING else ""

    # ── A run on the file ─────────────────────────────────────────────────────────────────────────────────────────

    def begin(self, run: bytes, num_sweeps: int) -> tuple[Status, Point]:
        """Mark the file as being worked on; what it was before, and where to go on.

        Raises:
            StateError: it cannot be written, another run is at work on it, or it is in the middle of another run.
        """
        if not self.amplitudes.flags.writeable:
            raise StateError(f"File {str(self.path)!r} is read-only: a run cannot write to it.")
        self._acquire()
        try:
            header = read_header(self.path)
            if header.status is Status.WORKING:
                raise StateError(_working(self.path))
            if header.status is Status.PAUSED and header.run != run:
                raise StateError(
                    f"File {str(self.path)!r} is in the middle of another run (another circuit, start, precision or "
                    "version of qsim): run that one, or delete the file."
                )
            point = header.point if header.status is Status.PAUSED else Point()
            self._write(replace(header, status=Status.WORKING, run=run, num_sweeps=num_sweeps, point=Point()))
        except BaseException:
            self.release()
            raise
        return header.status, point

    def pause(self, point: Point) -> None:
        """Record how far the run came: the amplitudes reach the disk first."""
        self._map.flush()
        self._write(replace(self.header, status=Status.PAUSED, point=point))

    def finish(self) -> None:
        """The amplitudes are a state, and on the disk."""
        self._map.flush()
        self._write(replace(self.header, status=Status.FINISHED, run=bytes(32), num_sweeps=0, point=Point()))

    def release(self) -> None:
        """Let other runs write."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _write(self, header: Header) -> None:
        with open(self.path, "r+b", buffering=0) as file:
            file.write(header.pack())
            os.fsync(file.fileno())
        self.header = header

    def _acquire(self) -> None:
        """The system drops the lock of a process that dies. Windows has none of this kind."""
        if self._lock is not None:
            raise StateError(self._busy())
        if sys.platform == "win32":
            return
        import fcntl

        self._lock = open(self.path, "r+b")  # noqa: SIM115  closed by `release`
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise StateError(self._busy()) from None
        except OSError:  # a file system without locks
            pass

    def _busy(self) -> str:
        return f"File {str(self.path)!r} is being written by another run."


# ── Copies ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_copy(path: Path, header: Header, amplitudes: NDArray[Any]) -> None:
    """Write a file wholly or not at all: beside the old one, then in its place."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb", buffering=0) as file:
            file.write(header.pack())
            write_at(file, 0, amplitudes)
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def read_copy(path: Path, amplitudes: NDArray[Any]) -> None:
    """Read a file's amplitudes into an array of their length and type."""
    with open(path, "rb", buffering=0) as file:
        read_at(file, 0, amplitudes)


def read_at(file: FileIO, start: int, amplitudes: NDArray[Any]) -> None:
    """Fill an array with the amplitudes of an open file from index `start` on."""
    content = amplitudes.view(np.uint8).data
    file.seek(_HEADER_BYTES + start * amplitudes.itemsize)
    at = 0
    while at < len(content):
        count = file.readinto(content[at : at + _PIECE])
        if not count:
            raise StateError(f"File {str(file.name)!r} is damaged: it ends too early.")
        at += count


def write_at(file: FileIO, start: int, amplitudes: NDArray[Any]) -> None:
    """Write an array as the amplitudes of an open file from index `start` on."""
    content = amplitudes.view(np.uint8).data
    file.seek(_HEADER_BYTES + start * amplitudes.itemsize)
    at = 0
    while at < len(content):
        at += file.write(content[at : at + _PIECE])


def require_disk(needed: int, path: Path, what: str) -> None:
    """Refuse what the disk does not hold."""
    free = shutil.disk_usage(path.parent).free
    if needed > free:
        raise TooLargeError(
            f"{what} needs {format_bytes(needed)} of disk space, but {format_bytes(free)} are free at "
            f"{str(path.parent)!r}."
        )


def _create(path: Path, header: Header) -> None:
    """A file of |0…0⟩. Its blocks are taken now: a mapped file that finds none later kills the process."""
    if header.num_qubits > _MAX_QUBITS:
        raise TooLargeError(f"State.memmap has room for {_MAX_QUBITS} qubits, but {header.num_qubits} are asked for.")
    require_disk(header.size, path, f"State.memmap of {header.num_qubits} qubits")
    with open(path, "xb", buffering=0) as file:
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, header.size)
            else:
                file.truncate(header.size)
            file.seek(_HEADER_BYTES)
            file.write(np.ones(1, dtype=header.dtype).tobytes())
            file.seek(0)
            file.write(header.pack())
            os.fsync(file.fileno())
        except BaseException:
            path.unlink()
            raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Let a new name survive a loss of power."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _require_regular(path: Path) -> None:
    """Refuse pipes and devices, which never end; a file that is not there is an OSError."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise StateError(f"Argument `path` must be a file, but {str(path)!r} is none.")


def _working(path: Path) -> str:
    return (
        f"File {str(path)!r} is being worked on by a run, or was left so by one that was killed: then its amplitudes "
        "are lost. Delete it and run again; a run that was given `checkpoint=` goes on from its last copy."
    )
