"""Files from strangers: each is refused by a `QasmError` with a place, under a limit that has a name, and quickly."""

import dataclasses
import os
import subprocess
import sys
import warnings

import pytest

from qsim import QasmError
from qsim.io import Limits, load, loads

V2 = 'OPENQASM 2.0; include "qelib1.inc"; '
V3 = 'OPENQASM 3.0; include "stdgates.inc"; '
BOMB = "gate g0 a { x a; } " + " ".join(f"gate g{i} a {{ g{i - 1} a; g{i - 1} a; }}" for i in range(1, 61))
EMPTY_BOMB = "gate g0 a { } " + " ".join(f"gate g{i} a {{ g{i - 1} a; g{i - 1} a; }}" for i in range(1, 61))
HOSTILE = {  # text, and a word of the message
    "10⁹ qubits": ("qreg q[1000000000];", "10000 qubits may be declared"),
    "10⁹ bits": ("creg c[1000000000];", "10000 bits may be declared"),
    "many registers": ("".join(f"qreg q{i}[100];" for i in range(101)), "10000 qubits may be declared"),
    "size by a power": ("qreg q[9^9^9^9^9];", "no value"),
    "negative size": ("qreg q[-1];", "at least one"),
    "brackets": (V2 + f"qreg q[1]; rz({'(' * 100_000}1{')' * 100_000}) q[0];", "nested 100 deep"),
    "signs": (V2 + f"qreg q[1]; rz({'-' * 100_000}x) q[0];", "Nothing is named"),
    "a tower of powers": (V2 + "qreg q[1]; rz(9^9^9^9^9) q[0];", "no value"),
    "division by 0": (V2 + "qreg q[1]; rz(1/0) q[0];", "no value"),
    "an infinite angle": (V2 + "qreg q[1]; rz(1e999) q[0];", "must be finite"),
    "an infinite angle from a definition": (V2 + "gate f(a) q { rz(exp(a)) q; } qreg q[1]; f(1000) q[0];", "no value"),
    "a root of −1": (V2 + "qreg q[1]; rz(sqrt(-1)) q[0];", "no value"),
    "a gate bomb": (V2 + BOMB + " qreg q[1]; g60 q[0];", "10000000 operations"),
    "a bomb of nothing": (V2 + EMPTY_BOMB + " qreg q[1]; g60 q[0];", "10000000 operations"),
    "a bomb under control": (V3 + BOMB + " qubit[2] q; ctrl @ g60 q[0], q[1];", "10000000 operations"),
    "the power of a bomb": (V3 + BOMB + " qubit[2] q; pow(0.5) @ g60 q[0];", "10000000 operations"),
    "a whole power": (V3 + "gate f a { h a; } qubit q; pow(1000000000000) @ f q;", "10000000 operations"),
    "a chain of powers": (V3 + "gate f a { h a; } qubit q; " + "pow(1000) @ " * 50 + "f q;", "10000000 operations"),
    "a gate that calls itself": (V2 + "gate f a { f a; } qreg q[1]; f q[0];", "No gate is named"),
    "a deep chain of definitions": (
        V2 + "gate g0 a { x a; } " + " ".join(f"gate g{i} a {{ g{i - 1} a; }}" for i in range(1, 5000)),
        "call each other 100 deep",
    ),
    "broadcasts": (
        V2 + "gate f a { " + "x a; " * 1000 + "} qreg q[10000]; " + "f q; " * 10, "10000000 operations",
    ),
    "wide gates": (
        V3 + f"gate f {', '.join(f'a{i}' for i in range(1000))} {{ "
        + f"ctrl(999) @ x {', '.join(f'a{i}' for i in range(1000))}; " * 10 + "} qubit[1000] q; "
        + f"pow(20000) @ f {', '.join(f'q[{i}]' for i in range(1000))}; ",
        "10000000 operations",
    ),
    "many controls": (V3 + "qubit[2] q; ctrl(100000000000) @ x q[0], q[1];", "controls"),
    "nested ifs": (V3 + "bit c; qubit q; " + "if (c) { " * 3000 + "x q; " + "}" * 3000, "nested 100 deep"),
    "a chain of else if": (V3 + "bit c; qubit q; if (c) x q; " + "else if (c) x q; " * 3000, "nested 100 deep"),
    "one condition of many": (V3 + "bit c; qubit q; if (" + "c && " * 3000 + "c) x q;", "deeper"),
    "a long name": (V2 + f"qreg {'q' * 1001}[1];", "A name may have 1000 characters"),
    "a long number": (V2 + f"qreg q[1]; rz({'1' * 51}) q[0];", "A number may have 50 characters"),
    "a long number alone": (V2 + f"qreg q[{'0' * 50}1];", "A number may have 50 characters"),
    "a doubling constant": (
        V3 + "const int a0 = 3; " + " ".join(f"const int a{i} = a{i - 1} * a{i - 1};" for i in range(1, 60)), "",
    ),
    "Python in an angle": (V2 + "qreg q[1]; rz(__import__('os').system('x')) q[0];", "Nothing is named"),
    "a comment without end": (V2 + "/* " * 100_000, "comment is not closed"),
    "a string without end": ('include "' + "x" * 100_000, "string is not closed"),
    "an open block": (V3 + "bit c; if (c) {", "not closed"),
    "an open definition": (V3 + "gate f a {", "expected"),
    "a character": (V2 + "qreg q[1]; \0", "means nothing"),
    "an operator alone": (V3 + "qubit q; x q +", "expected"),
    "all kinds of brackets": (V2 + "([{" * 10_000, "expected"),
    "many modifiers": (V3 + "qubit q; " + "inv @ " * 10_000 + "x q;", "100 modifiers"),
    "a huge index": (V2 + "qreg q[2]; x q[99999999999999999999];", "places 0 … 1"),
    "a version": ("OPENQASM 99.0; qubit q;", "version 99.0"),
    "a broken version": ("OPENQASM x; qubit q;", "header"),
}  # fmt: skip


def with_header(text):
    return text if text.startswith(("OPENQASM", "include")) else V2 + text


@pytest.mark.parametrize("name", HOSTILE)
def test_refused(name):
    text, words = HOSTILE[name]
    with pytest.raises(QasmError) as error:
        loads(with_header(text))
    assert words in str(error.value)
    assert error.value.file == "<string>"
    assert error.value.line >= 1
    assert error.value.column >= 1
    assert len(str(error.value)) < 500


def test_all_within_time_and_memory():
    """The whole list in one process: 2 seconds each are never near, and memory stays small."""
    code = """
import importlib.util, resource, sys, time
spec = importlib.util.spec_from_file_location("hostile", sys.argv[1])
hostile = importlib.util.module_from_spec(spec)
spec.loader.exec_module(hostile)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name, (text, _) in hostile.HOSTILE.items():
    start = time.process_time()
    try:
        hostile.loads(hostile.with_header(text))
    except hostile.QasmError:
        pass
    if time.process_time() - start > 2:
        print(name, "took", time.process_time() - start)
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
if grown > 200:
    print("grew by", grown, "MB")
"""
    if sys.platform == "win32":
        pytest.skip("no resource usage")
    done = subprocess.run([sys.executable, "-c", code, __file__], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("", 0), done.stderr


def test_limits_are_adjustable():
    assert len(loads(V2 + "qreg q[3]; x q;", limits=Limits(operations=3))) == 3
    small = {
        "operations": (V2 + "qreg q[3]; x q;", 2),
        "qubits": ("qubit[3] q;", 2),
        "bits": ("bit[3] c;", 2),
        "nesting": ("const float a = ((1));", 1),
        "identifier": ("qubit abc;", 2),
        "number": ("qubit[100] q;", 2),
        "file_size": ("qubit q;", 7),
    }
    for field, (text, value) in small.items():
        loads(text)
        with pytest.raises(QasmError, match="<string>:1:"):
            loads(text, limits=dataclasses.replace(Limits(), **{field: value}))
    for bad in (-1, 1.5, True):
        with pytest.raises(ValueError, match="Argument `qubits` of Limits"):
            Limits(qubits=bad)


def test_plain_statements_are_counted():
    text = V2 + "qreg q[1]; " + "x q[0]; " * 1000
    with pytest.raises(QasmError, match="999 operations"):
        loads(text, limits=Limits(operations=999))
    assert len(loads(text, limits=Limits(operations=1000))) == 1000


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def write(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.qasm").write_text(text, encoding="utf-8")


def test_includes_stay_below_the_folder(tmp_path):
    inside = tmp_path / "allowed"
    inside.mkdir()
    write(tmp_path, secret="qubit TOPSECRET TOPSECRET;")
    write(inside, mine="gate mine a { x a; }")
    (inside / "link.qasm").symlink_to(tmp_path / "secret.qasm")
    (inside / "folder.qasm").mkdir()
    os.mkfifo(inside / "pipe.qasm")
    assert len(loads(V3 + 'include "mine.qasm"; qubit q; mine q;', include=inside)) == 1
    for name in ("../secret.qasm", str(tmp_path / "secret.qasm"), "link.qasm", "folder.qasm", "pipe.qasm", "none.qasm",
                 "/etc/passwd", "/dev/zero", "a\0b", "x" * 5000):  # fmt: skip
        with pytest.raises(QasmError) as error:
            loads(V3 + f'include "{name}";', include=inside)
        assert "TOPSECRET" not in str(error.value)
        assert "nor in a folder that is allowed" in str(error.value)
    with pytest.raises(QasmError, match="Name it by `include=`"):
        loads(V3 + 'include "mine.qasm";')


def test_includes_within_includes(tmp_path):
    write(tmp_path, a='include "b.qasm"; gate a q { b q; }', b="gate b q { x q; }", loop='include "loop.qasm";')
    write(tmp_path, wrong="gate c q {\n  nothing q;\n}", many='include "b1.qasm";\n' * 100, b1="// " + "x" * 1000)
    circuit = loads(V3 + 'include "a.qasm"; qubit q; a q;', include=tmp_path)
    assert len(circuit) == 1
    with pytest.raises(QasmError, match="include files 8 deep"):
        loads(V3 + 'include "loop.qasm";', include=tmp_path)
    with pytest.raises(QasmError) as error:
        loads(V3 + 'include "wrong.qasm";', include=tmp_path)
    assert (error.value.file, error.value.line, error.value.column) == ("wrong.qasm", 2, 3)
    with pytest.raises(QasmError, match="All files together"):
        loads(V3 + 'include "many.qasm";', include=tmp_path, limits=Limits(file_size=20_000))
    write(tmp_path, main='include "stdgates.inc";\ninclude "a.qasm";\nqubit q; b q; a q; zz q;')
    with pytest.raises(QasmError, match=r"main\.qasm:3:20: No gate is named `zz`"):
        load(tmp_path / "main.qasm", include=tmp_path)


def test_files_that_are_no_texts(tmp_path):
    path = tmp_path / "file.qasm"
    path.write_bytes(b"OPENQASM 2.0;\nqreg q[1]; \xff")
    with pytest.raises(QasmError, match=r"file\.qasm:2:12: The file is not UTF-8"):
        load(path)
    path.write_bytes(b"qubit q;" * 10)
    with pytest.raises(QasmError, match="79 bytes"):
        load(path, limits=Limits(file_size=79))
    path.write_bytes(b"\xef\xbb\xbfqubit q;")
    assert load(path).num_qubits == 1
    with pytest.raises(FileNotFoundError):
        load(tmp_path)


def test_nothing_is_warned_of_twice():
    text = "pragma a\n#pragma b\n@note\nqubit q;\n" + "delay[10ns] q;\n" * 1000
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        loads(text)
    assert [str(w.message).partition(":1:1: ")[2] or str(w.message) for w in found] == [
        "`pragma` is passed over: it is for other programs.",
        "<string>:3:1: `annotation` is passed over: it is for other programs.",
        "<string>:5:1: `delay` is passed over: a circuit has no times.",
    ]
    assert all(w.filename == __file__ for w in found)
