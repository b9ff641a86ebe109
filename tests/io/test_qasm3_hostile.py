"""Hostile texts for the full OpenQASM 3 loader: a QasmError with a place, or a circuit, and never anything else."""

import random
import re
import sys
import threading

import pytest
from hypothesis import given, seed
from hypothesis import strategies as st

from qsim import QasmError
from qsim.io import Limits
from qsim.io.qasm3 import load_full

STD = 'include "stdgates.inc";\n'
DOUBLING = "".join(f"gate g{k + 1} a {{ g{k} a; g{k} a; }}\n" for k in range(60))
CALLS = "".join(f"def f{k + 1}(qubit a) {{ f{k}(a); f{k}(a); }}\n" for k in range(60))
ALIASES = "".join(f"let a{k + 1} = a{k} ++ a{k};" for k in range(60))

REFUSED = {
    "parentheses": (f"float x = {'(' * 100_000}1{')' * 100_000};", "nested 100 deep"),
    "minus signs": (f"float x = {'-' * 100_000}1;", "1000 operators"),
    "a sum": (f"float x = {'+'.join(['1'] * 100_000)};", "1000 operators"),
    "indices": (f"qubit q; reset q{'[0]' * 3000};", "1000 operators"),
    "else if": ("bit c; if (c) {}" + " else if (c) {}" * 400, "nested 100 deep"),
    "blocks": ("bit c; " + "if (c) {" * 3000 + "}" * 3000, "nested 100 deep"),
    "ifs without braces": (STD + "bit c; qubit q; " + "if (c) " * 3000 + "x q;", "nested 100 deep"),
    "for without braces": ("for int i in [0:1] " * 200 + "{ }", "nested 100 deep"),
    "unclosed": ("if (true) {", "ends inside {"),
    "wrongly closed": ("if (true) { )", "closes nothing"),
    "statements": (STD + "qubit q;\n" + "x q;\n" * 30_000, "20000 statements"),
    "words": ("array[int, 9000] a = {" + "1," * 400_000 + "1};", "words and signs"),
    "a name": (f"int {'a' * 2000};", "1000 characters"),
    "a number": (f"int x = {'9' * 2000};", "50 characters"),
    "qubits": ("qubit[1000000000] q;", "10000 qubits"),
    "a hardware qubit": ("reset $999999999;", "10000 qubits"),
    "bits": ("bit[1000000000] q;", "may be 10000"),
    "many bits": ("bit[9000] a; bit[9000] b;", "10000 classical bits"),
    "an array": ("array[int, 9999, 9999] a;", "1000000 elements"),
    "a range": ("for int i in [0:1000000000000] { int j = i; }", "1000000 rounds"),
    "nested ranges": ("for int i in [0:99999] { for int j in [0:99999] { int k = j; } }", "1000000 rounds"),
    "an endless while": ("while (true) { }", "20000 rounds of `while`"),
    "gates that double": (f"gate g0 a {{ U(0, 0, 0) a; }}\n{DOUBLING}", "10000000 operations"),
    "powers of powers": (
        "gate g0 a { U(1, 0, 0) a; U(0, 1, 0) a; }\n"
        + "".join(f"gate g{k + 1} a {{ pow(1000) @ g{k} a; }}" for k in range(60)),
        "10000000 operations",
    ),
    "loops in gates": (STD + "gate g a { " + "for int i in [0:999] { " * 3 + "x a; " + "} " * 4, "10000000 operations"),
    "calls that double": (f"{STD}def f0(qubit a) {{ x a; }}\n{CALLS}qubit q; f60(q);", "10000000 operations"),
    "aliases that double": (f"qubit[2] a0; {ALIASES}", "10000 qubits"),
    "a gate that calls itself": ("gate g a { g a; } qubit q; g q;", "No gate is named g"),
    "mutual calls": ("def f() { g(); } def g() { f(); } f();", "calls itself"),
    "broadcasts": (STD + "qubit[9999] q; for int i in [0:99999] { int k = i; h q; }", "10000000 operations"),
    "controls": (STD + "qubit q; ctrl(1000000000) @ x q;", "controls"),
    "a power tower": ("float x = 9**9**9**9**9;", "too large"),
    "a shift": ("int x = 1 << 99999999999;", "0 … 4096 places"),
    "squares": ("int x = 3; " + "x = x * x; " * 100, "4096 bits"),
    "an angle of many bits": ("angle[9000] a = pi;", "1000 bits"),
    "division by zero": ("int x = 1 / 0;", "divides by zero"),
    "an infinite angle": ("qubit q; U(1e308 * 10, 0, 0) q;", "finite|too large"),
    "a number beyond all": ("float x = 1e999999;", "too large"),
    "a shadow of Python": (STD + "qubit q; rz(__import__) q;", "not declared"),
    "another folder": ('include "../../../etc/passwd";', "cannot be included"),
    "a whole path": ('include "/etc/passwd";', "cannot be included"),
    "a zero byte": ("\0", "Syntax error"),
    "an open string": ('include "abc', "Syntax error"),
    "an open comment": ("/* abc", "Syntax error"),
    "a condition of many terms": ("bit c; measure $0 -> c; bit d = " + "^".join(["c"] * 300) + ";", "nested 100 deep"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    text, message = REFUSED[name]
    recursion = sys.getrecursionlimit()
    with pytest.raises(QasmError, match=message) as caught:
        load_full(text, file="bad.qasm")
    assert caught.value.file == "bad.qasm"
    assert caught.value.line >= 1
    assert caught.value.column >= 1
    assert caught.value.__cause__ is None
    assert len(str(caught.value)) < 1000
    assert sys.getrecursionlimit() == recursion


@pytest.mark.parametrize(
    "text",
    [
        "",
        "// nothing\n",
        f"float x = {'+'.join(['1'] * 400)};",
        f"float x = {'(' * 90}1{')' * 90};",
        "bit c; qubit q; c = measure q; " + "if (c) { " * 45 + "reset q;" + " }" * 45,
        "bit c; qubit q; c = measure q; if (c) { }" + " else if (!c) { reset q; }" * 90,
        STD + "qubit[200] q; " + "ctrl @ " * 199 + f"x {', '.join(f'q[{k}]' for k in range(200))};",
        "qubit q; bit[60] c; c[0] = measure q; switch (uint[60](c)) { case 1152921504606846975 { reset q; } }",
        STD + "qubit q; pow(1e15) @ h q; pow(1e300) @ t q;",
        "int i = 0; " + "while (i < 3) { i += 1; " * 12 + "}" * 12,
    ],
)
def test_deep_but_allowed(text):
    load_full(text)


def test_limits_are_the_callers():
    with pytest.raises(QasmError, match="3 qubits"):
        load_full("qubit[4] q;", Limits(qubits=3))
    with pytest.raises(QasmError, match="5 operations"):
        load_full(STD + "qubit[6] q; h q;", Limits(operations=5))
    with pytest.raises(QasmError, match="10 rounds"):
        load_full("for int i in [0:10] { int k; }", Limits(rounds=10))
    with pytest.raises(QasmError, match="nested 3 deep"):
        load_full("float x = ((((1))));", Limits(nesting=3))
    with pytest.raises(QasmError, match="4 statements"):
        load_full("int a; int b; int c; int d; int e;", Limits(statements=4))


def test_included_files(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "gates.inc").write_text("gate flip a { U(π, 0, π) a; }\n", encoding="utf-8")
    (tmp_path / "loop.inc").write_text('include "loop.inc";\n', encoding="utf-8")
    (tmp_path / "wrong.inc").write_text("qubit q;\nreset r;\n", encoding="utf-8")
    (tmp_path / "link.inc").symlink_to("/etc/hostname")
    circuit = load_full('include "inner/gates.inc"; qubit q; flip q;', include=tmp_path)
    assert abs(circuit.unitary()[1, 0]) == pytest.approx(1)
    for text, message in (
        ('include "loop.inc";', "8 deep"),
        ('include "link.inc";', "cannot be included"),
        ('include "inner";', "cannot be included"),
        ('include "inner/../../x";', "cannot be included"),
        ('include "wrong.inc";', "wrong.inc:2:7: r is not declared"),
    ):
        with pytest.raises(QasmError, match=message):
            load_full(text, include=tmp_path)


def test_many_threads_load_at_once():
    found = []
    threads = [
        threading.Thread(target=lambda k=k: found.append(load_full(f"qubit[{k}] q; reset q;").num_qubits))
        for k in range(1, 9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(1, 9))


PROGRAMS = """
qubit[3] q; bit[3] c; c = measure q; for uint i in [0:2] { if (c[i] == 1) { x q[i]; break; } h q[i]; }
---
qubit[4] q; bit[3] c; c = measure q[0:2]; uint[2] k = uint[2](c[0:1]); x q[k];
int i = 0; while (i < 3) { h q[i]; i += 1; }
---
def f(qubit a) -> bit { bit b; b = measure a; if (b == 1) { return 0; } x a; return measure a; }
qubit[4] q; bit r = f(q[0]); bit s; s = f(q[1]) ^ f(q[2]);
---
qubit[4] q; bit[4] c; uint[3] n; for uint i in [0:3] { c[i] = measure q[i]; n += c[i]; }
switch (n) { case 0, 1 { x q; } default { h q; } }
---
input angle theta; qubit[4] q; for int i in [0:3] { rx(theta / 2 * i) q[0]; }
ctrl(2) @ negctrl @ pow(1/2) @ x q[0], q[1], q[2], q[3];
---
gate g(a) y0, y1 { h y0; for int i in [0:2] { ctrl @ rx(a * i) y0, y1; } gphase(a); U(a, a, a) y0; }
qubit[2] q; qubit[2] r; g(0.1) q, r; let b = q[{1, 0}] ++ r; x b[0];
---
qubit q; bit[2] c; angle[4] a = pi / 4; c[0] = measure q; a[1] = c[0]; rz(a) q; float f = 2 * c[1]; rx(f) q;
int[5] m = -3; m = m << 1; c = rotl(c, 1);
---
array[int[8], 2, 3] a = {{1, 2, 3}, {4, 5, 6}}; def s(mutable array[int[8], #dim=2] t, int[8] k) { t[0, 0] = k; }
s(a, 7); qubit q; for int[8] v in a[1] { rx(v / 2) q; }
---
bit c; duration d = 5ns; box[d] { delay[d] $0; } complex z = 1 + 2im; while (!c) { c = measure $1; continue; }
const int n = 3; bool b = n > 2 && true; end;
"""
_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_WORDS = [word for word in _WORD.findall(STD + PROGRAMS) if not word.isspace()]


def _kind(word):
    return word[0].isalpha(), word.isdigit()


def mutated(random_number):
    """A program in which a few words are others, mostly of their kind, or are left out, doubled or exchanged."""
    rng = random.Random(random_number)
    words = _WORD.findall(STD + rng.choice(PROGRAMS.split("---")))
    for _ in range(rng.choice([1, 1, 2, 4])):
        at, way = rng.randrange(len(words)), rng.random()
        if way < 0.75:
            same = [word for word in rng.choices(_WORDS, k=40) if _kind(word) == _kind(words[at])]
            words[at] = rng.choice(same) if same else words[at]
        elif way < 0.85:
            words[at : at + 1] = [words[at]] * 2
        else:
            other = rng.randrange(len(words))
            words[at], words[other] = words[other], words[at]
    return "".join(words)


def place_of_error(text, limits):
    """Line and column of the error, if there is one; anything else that is raised fails the test."""
    try:
        load_full(text, limits)
    except QasmError as error:
        return None if error.__cause__ is not None else (error.line, error.column)
    return 1, 1


@pytest.mark.filterwarnings("ignore::UserWarning")
@seed(1)
@given(st.integers(0, 10**9))
def test_mutated_programs(number):
    place = place_of_error(mutated(number), Limits(operations=5000, rounds=1000, statements=1000))
    assert place >= (1, 1), mutated(number)


@seed(1)
@given(st.text(max_size=60))
def test_any_text(text):
    assert place_of_error(text, Limits()) >= (1, 1)
