"""Files of amplitudes: what is in them, what is refused, and that a killed run is seen."""

import hashlib
import os
import struct
import sys

import numpy as np
import pytest

from qsim import Circuit, State, StateError, TooLargeError, run
from qsim.states import storage
from qsim.states.storage import Header, Point, StateFile, Status, read_copy, read_header, write_copy

DOUBLE = np.dtype(np.complex128)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.state"


def test_a_new_file_holds_zero(path):
    state = State.memmap(path, 5)
    assert state == State.zeros(5)
    assert path.stat().st_size == 4096 + 32 * 16
    assert State.memmap(str(path), 5) == State.zeros(5)
    assert State.load(path) == State.zeros(5)
    np.testing.assert_array_equal(np.fromfile(path, "<c16", offset=4096), State.zeros(5).amplitudes)


@pytest.mark.parametrize(("precision", "itemsize"), [("double", 16), ("single", 8)])
def test_precisions(path, precision, itemsize):
    state = State.memmap(path, 4, precision=precision)
    assert state.amplitudes.itemsize == itemsize
    assert path.stat().st_size == 4096 + 16 * itemsize


def test_the_file_has_the_state_after_a_run(path):
    bell = Circuit(2).h(0).cx(0, 1)
    state = State.memmap(path, 2)
    assert run(bell, None, out=state).state is state
    assert state == bell.state()
    assert repr(state) == "0.7071|00⟩ + 0.7071|11⟩   (q0 q1)"
    assert State.memmap(path, 2) == bell.state()
    copy = State.load(path)
    run(Circuit(2).x(0), None, out=state)  # begins in |00⟩ again
    assert state == State("10")
    assert copy == bell.state()  # not mapped
    run(Circuit(2).x(1), None, initial=state, out=state)  # goes on in place
    assert state == State("11")
    assert run(bell, 50, out=state, seed=1).counts == bell.sample(50, seed=1)


def test_saving_and_copying_a_memmap_gives_a_state_in_memory(path, tmp_path):
    import pickle

    state = State.memmap(path, 3)
    run(Circuit(3).h(range(3)), None, out=state)
    state.save(tmp_path / "a.npy")
    copies = [State.load(tmp_path / "a.npy"), pickle.loads(pickle.dumps(state))]
    run(Circuit(3), None, out=state)
    assert copies == [Circuit(3).h(range(3)).state()] * 2


def test_header_there_and_back():
    for point in (Point(), Point(3), Point(3, 100, 7, {9, 12}), Point(2, 10, 10)):
        header = Header(9, DOUBLE, Status.PAUSED, 5, point, bytes(range(32)))
        assert Header.unpack(header.pack(), "x") == header
    assert len(Header(62, DOUBLE, Status.FRESH).pack()) == 4096


def test_points_are_compacted():
    point = Point(2, 4, 0, {0, 1, 3})
    assert point.sweeps == 2.75
    assert point.compacted() == Point(2, 4, 2, {3})
    assert Point(2, 4, 2, {2, 3}).compacted() == Point(2, 4, 4)


@pytest.mark.parametrize("at", range(0, storage._FIELDS.size + 32, 61))
def test_a_flipped_bit_in_the_header_is_seen(path, at):
    State.memmap(path, 3)
    content = bytearray(path.read_bytes())
    content[at] ^= 4
    path.write_bytes(content)
    for read in (lambda: State.memmap(path, 3), lambda: StateFile.at(path, 3, "double")):
        with pytest.raises(StateError):
            read()


@pytest.mark.parametrize("size", [0, 5, 100, 4095, 4096, 4097, 4096 + 127, 4096 + 129])
def test_a_file_of_the_wrong_length_is_refused(path, size):
    State.memmap(path, 3)
    content = path.read_bytes()
    path.write_bytes((content + b"\0" * 8)[:size])
    with pytest.raises(StateError, match=r"damaged|is not one"):
        State.memmap(path, 3)
    with pytest.raises(StateError, match=r"damaged|cannot be read"):
        State.load(path)


def forged(**fields):
    """A header with a right checksum that says what cannot be."""
    values = {
        "version": 1, "num_qubits": 3, "itemsize": 16, "status": 1, "num_sweeps": 0, "sweep": 0, "num_chunks": 0,
        "first": 0, "num_beyond": 0, "beyond": 0, "layout": bytes([2, 1, 0]).ljust(62, b"\xff"),
    } | fields  # fmt: skip
    packed = storage._FIELDS.pack(
        storage._MAGIC, *(values[name] for name in list(values)[:9]), values["beyond"], *([0] * 255), values["layout"],
        bytes(32),
    )  # fmt: skip
    return (packed + hashlib.sha256(packed).digest()).ljust(4096, b"\0")


def test_the_forged_header_is_right_as_it_stands():
    assert Header.unpack(forged(), "x") == Header(3, DOUBLE, Status.FINISHED)


@pytest.mark.parametrize(
    "fields",
    [
        {"num_qubits": 63},
        {"num_qubits": 2**32 - 1},
        {"num_qubits": 4},
        {"itemsize": 7},
        {"status": 9},
        {"sweep": 1},
        {"num_chunks": 9},
        {"num_chunks": 2**60, "first": 2**60},
        {"first": 1},
        {"num_chunks": 8, "first": 3, "num_beyond": 1, "beyond": 2},
        {"num_chunks": 8, "first": 3, "num_beyond": 1, "beyond": 8},
        {"num_beyond": 2**31, "num_chunks": 8},
        {"layout": bytes([0, 1, 2]).ljust(62, b"\xff")},
    ],
)
def test_headers_that_say_what_cannot_be_are_refused(path, fields):
    path.write_bytes(forged(**fields) + bytes(128))
    with pytest.raises(StateError, match="damaged"):
        State.memmap(path, 3)
    with pytest.raises(StateError, match="damaged"):
        State.load(path)


def test_a_newer_format_says_so(path):
    path.write_bytes(forged(version=2) + bytes(128))
    with pytest.raises(StateError, match="format 2, but this version of qsim reads format 1"):
        State.memmap(path, 3)


def test_a_header_that_promises_much_takes_no_memory(path):
    path.write_bytes(forged(num_qubits=50, layout=bytes(range(49, -1, -1)).ljust(62, b"\xff")))
    with pytest.raises(StateError, match="damaged: it has 4096 bytes"):
        State.load(path)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\x00", b"PK\x03\x04", os.urandom(5000), b"\x93qsim\n"])
def test_foreign_files_are_refused_and_left_alone(path, content):
    path.write_bytes(content)
    with pytest.raises(StateError, match=r"is not one of State\.memmap"):
        State.memmap(path, 3)
    assert path.read_bytes() == content


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_pipes_devices_and_folders_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", tmp_path, "/dev/zero"):
        with pytest.raises(StateError, match="must be a file"):
            State.memmap(place, 3)
        with pytest.raises(StateError, match="must be a file"):
            State.load(place)


def test_refusals(path, tmp_path):
    State.memmap(path, 3)
    with pytest.raises(StateError, match="holds 3 qubits of complex128, but 4 of complex128"):
        State.memmap(path, 4)
    with pytest.raises(StateError, match="complex64"):
        State.memmap(path, 3, precision="single")
    with pytest.raises(StateError, match="'half'"):
        State.memmap(path, 3, precision="half")
    with pytest.raises(StateError, match="at least 0, but is -1"):
        State.memmap(path, -1)
    with pytest.raises(FileNotFoundError):
        State.memmap(tmp_path / "missing" / "a", 3)
    with pytest.raises(FileNotFoundError):
        State.load(tmp_path / "missing")


@pytest.mark.parametrize("num_qubits", [50, 62, 63, 64, 2000])
def test_the_disk_is_asked_before_a_file_is_made(path, num_qubits):
    with pytest.raises(TooLargeError, match=rf"{num_qubits} (qubits needs .* disk space|are asked for)"):
        State.memmap(path, num_qubits)
    assert not path.exists()


def test_a_full_disk_leaves_no_file(path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", fail, raising=False)
    with pytest.raises(OSError, match="No space"):
        State.memmap(path, 3)
    assert not path.exists()


def test_a_read_only_file_can_be_read(path, monkeypatch):
    run(Circuit(3).x(0), None, out=State.memmap(path, 3))
    monkeypatch.setattr(os, "access", lambda *_: False)  # the tests may run as root, who may write everywhere
    state = State.memmap(path, 3)
    assert state == State("100")
    with pytest.raises(StateError, match="read-only"):
        run(Circuit(3), None, out=state)
    assert state == State("100")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_an_os_error(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        State.memmap(tmp_path / "a.state", 3)


@pytest.mark.skipif(sys.platform == "win32", reason="locks of POSIX")
def test_one_run_at_a_time(path):
    first, second = State.memmap(path, 4), State.memmap(path, 4)
    first._file.begin(bytes(32), 1)
    for state in (first, second):
        with pytest.raises(StateError, match="by another run"):
            run(Circuit(4), None, out=state)
    first._file.finish()
    first._file.release()
    assert run(Circuit(4).h(0), None, out=second).state == Circuit(4).h(0).state()


def test_copies_are_replaced_as_a_whole(path, monkeypatch):
    header = Header(3, DOUBLE, Status.PAUSED, 5, Point(2), bytes(32))
    write_copy(path, header, State("101").amplitudes)
    before = path.read_bytes()
    assert read_header(path) == header
    found = np.empty(8, dtype=complex)
    read_copy(path, found)
    assert State(found) == State("101")
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError("no disk")))
    with pytest.raises(OSError, match="no disk"):
        write_copy(path, header, State("111").amplitudes)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_fields_have_a_fixed_place():
    """Files are read by later versions: 8 bytes of magic, then integers of 4 bytes, little-endian."""
    data = Header(5, np.dtype(np.complex64), Status.PAUSED, 7, Point(3, 16, 2, {5}), b"r" * 32).pack()
    assert struct.unpack_from("<IIII", data, 8) == (1, 5, 8, 3)
    assert struct.unpack_from("<QQQQIQ", data, 24) == (7, 3, 16, 2, 1, 5)
    assert data[60 + 8 * 256 : 60 + 8 * 256 + 5] == bytes([4, 3, 2, 1, 0])
