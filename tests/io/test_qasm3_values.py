"""Classical values of OpenQASM 3 that are known when the text is read, and those read from bits when it runs."""

import math

import pytest

from qsim import QasmError, run
from qsim.io.qasm3 import load_full

HEADER = 'include "stdgates.inc";\n'

KNOWN = [  # declarations, an expression in a real context, its value
    ("", "1/2 + 3**2 % 5", 0.5 + 4),
    ("", "-2**2", -4.0),
    ("", "2**-1", 0.5),
    ("int x = 7/2*2;", "x", 6),
    ("int x = -7/2;", "x", -3),
    ("int x = -7 % 3;", "x", -1),
    ("float x = 7/2;", "x", 3.5),
    ("uint[4] x = 18;", "x", 2),
    ("int[4] x = 9;", "x", -7),
    ("uint[4] x = 3; x <<= 3;", "x", 8),
    ("uint[4] x = 3; x = ~x;", "x", 12),
    ("int x = 5; x = ~x;", "x", -6),
    ("bit[4] x = \"0110\";", "uint[4](x[1:2])", 3),
    ("bit[4] x = \"0001\"; x[3] = 1;", "x", 9),
    ("uint[8] x = 5;", "x[0] + x[1] + x[2]", 2),
    ("bit[3] x = \"110\";", "uint[3](x << 1)", 4),
    ("bit[3] x = \"110\";", "uint[3](rotl(x, 1))", 5),
    ("bit[3] x = \"110\";", "uint[3](rotr(x, 1))", 3),
    ("bit[3] x = \"110\";", "popcount(x)", 2),
    ("bit[2] x = \"10\"; bit[3] y = \"011\"; let z = x ++ y;", "uint[5](z)", 0b01110),
    ("", "sqrt(2) * cos(pi) + arcsin(1) - tau / 4", -math.sqrt(2)),
    ("", "mod(7, 4) + floor(2.7) + ceiling(2.1) + 2**0.5", 8 + math.sqrt(2)),
    ("", "log(euler) + exp(0) + tan(0)", 2),
    ("", "real(2 + 3im) + imag((1 + 1im) * (1 + 1im))", 4),
    ("", "true && !false || false", 1),
    ("", "0x1F + 0b11 + 0o17 + 1_000", 31 + 3 + 15 + 1000),
    ("angle[4] x = pi;", "x", math.pi),
    ("angle[4] x = pi / 8; x <<= 1;", "x", math.pi / 4),
    ("angle[2] x = 1.6;", "x", math.pi / 2),
    ("angle[3] x = -pi / 2;", "x", 3 * math.pi / 2),
    ("angle[4] x = pi / 2;", "angle[2](x)", math.pi / 2),
    ("array[int[8], 2, 3] a = {{1, 2, 3}, {4, 5, 6}}; a[1, 0:1] = a[0, 1:2];",
     "a[1, 0] * 100 + a[1, 1] * 10 + a[-1, -1]", 236),
    ("array[int[8], 4] a = {1, 2, 3, 4}; a[{0, 3}] = a[1:2];", "a[0] * 10 + a[3]", 23),
    ("array[float[64], 2, 2] a;", "sizeof(a) * 10 + sizeof(a, 1)", 22),
    ("int s = 0; for int i in {3, 5, 8} { s += i; }", "s", 16),
    ("int s = 0; for int i in [4:-2:0] { s = 10 * s + i; }", "s", 420),
    ("int s = 0; for int i in [0:9] { if (i == 2) continue; if (i > 4) break; s = 10 * s + i; }", "s", 134),
    ("int s = 0; int i = 0; while (true) { i += 1; if (i == 5) { break; } s += i; }", "s", 10),
    ("int s = 0; switch (3) { case 1, 2 { s = 1; } case 3 { s = 2; } default { s = 3; } }", "s", 2),
    ("int s = 0; for bit b in \"1101\" { s = 10 * s + b; }", "s", 1011),
    ("def f(int[8] a, float b) -> float { if (a > 2) { return b; } return a / 2; }", "f(3, 0.25) + f(1, 4)", 0.75),
    ("def g(mutable array[int[8], #dim=1] a) { a[0] = 9; } array[int[8], 2] v; g(v);", "v[0]", 9),
    ("const int n = 3; def f() -> int { return n * n; }", "f()", 9),
    ("int x = 1; { int x = 5; x += 1; } x += 1;", "x", 2),
]  # fmt: skip


@pytest.mark.parametrize(("before", "expression", "value"), KNOWN)
def test_known_values(before, expression, value):
    circuit = load_full(f"{HEADER}{before}\nqubit q; rx({expression}) q;")
    assert circuit.num_bits == sum(r.size for r in circuit.bits.registers if f"bit[{r.size}] {r.name}" in before)
    assert circuit[-1].gate.params[0] == pytest.approx(value, abs=1e-12)


def signed(value, width):
    value %= 2**width
    return value - 2**width if value >= 2 ** (width - 1) else value


MEASURED = [  # what is done with a and b, three measured bits each, and the value of `out` for each
    ("output uint[3] out; out = uint[3](a) + uint[3](b);", lambda a, b: (a + b) % 8),
    ("output uint[4] out; out = uint[4](a) + uint[4](b);", lambda a, b: a + b),
    ("output int[4] out; out = int[3](a) - int[3](b);", lambda a, b: signed(signed(a, 3) - signed(b, 3), 3) % 16),
    ("output uint[3] out; out = -uint[3](a);", lambda a, b: -a % 8),
    ("output bit[3] out; out = (a & ~b) ^ (a | b);", lambda a, b: (a & ~b) ^ (a | b)),
    ("output bit[3] out; out = a << 1;", lambda a, b: 2 * a % 8),
    ("output bit[3] out; out = a; out >>= 2;", lambda a, b: a // 4),
    ("output int[3] out; out = int[3](a) >> 1;", lambda a, b: signed(a, 3) // 2 % 8),
    ("output bit[3] out; out = rotl(a, 1);", lambda a, b: (2 * a + a // 4) % 8),
    ("output bool out; out = a == b;", lambda a, b: a == b),
    ("output bool out; out = uint[3](a) < uint[3](b);", lambda a, b: a < b),
    ("output bool out; out = int[3](a) <= int[3](b);", lambda a, b: signed(a, 3) <= signed(b, 3)),
    ("output bool out; out = int[3](a) > uint[3](b);", lambda a, b: signed(a, 3) > b),
    ("output bool out; out = 2 > int[3](a);", lambda a, b: signed(a, 3) < 2),
    ("output bool out; out = uint[3](a) >= 9 || int[3](b) < -9;", lambda a, b: False),
    ("output bool out; out = !(a[0] && b[0]) != bool(a[1:2]);", lambda a, b: (not (a & 1 and b & 1)) != (a > 1)),
    ('output bool out; out = a == "101";', lambda a, b: a == 5),
    ("output uint[3] out; out = 1; out += a[0]; out += 2; out -= b[2];", lambda a, b: (3 + (a & 1) - (b >> 2)) % 8),
    ("output bit[3] out; out[0:1] = b[1:2]; out[2] = a[0] ^ b[0];", lambda a, b: b >> 1 | ((a ^ b) & 1) << 2),
    ("output bit[3] out; let r = a[{2, 0}] ++ b[1:1]; out = r;",
     lambda a, b: a >> 2 | (a & 1) << 1 | (b >> 1 & 1) << 2),
    ("output bit[3] out; let r = a; r[0] = 1; out = a;", lambda a, b: a | 1),
    ("output uint[3] out; for bit x in a { if (x == 1) { out += 1; } }", lambda a, b: a.bit_count()),
    ("output uint[3] out; for uint i in [0:2] { if (a[i] == 1) { out = i; break; } else { out = 7; } }",
     lambda a, b: next((i for i in range(3) if a >> i & 1), 7)),
    ("output uint[3] out; for uint i in [0:2] { if (a[i] == 1) continue; if (b[i] == 1) break; out += 1; }",
     lambda a, b: next((sum(not a >> j & 1 for j in range(i)) for i in range(3) if not a >> i & 1 and b >> i & 1),
                       sum(not a >> j & 1 for j in range(3)))),
    ("output uint[3] out; uint[3] i = uint[3](a); while (i != 0) { i -= 1; out += 1; if (out == uint[3](b)) break; }",
     lambda a, b: a if b == 0 or b > a else b),
    ("output uint[3] out; "
     "switch (uint[3](a)) { case 0, 5 { out = 1; } case 3 { out = uint[3](b); } default { out = 2; } }",
     lambda a, b: 1 if a in (0, 5) else b if a == 3 else 2),
    ("output uint[3] out; int[8] k = 0; if (a[0] == 1) { k = 2; } else { k = 1; } if (b[k] == 1) out = 4;",
     lambda a, b: 4 * (b >> (2 if a & 1 else 1) & 1)),
    ("output uint[3] out; int[8] k = 0; if (a[0] == 1) { k += 1; } if (a[1] == 1) k += 1; out[k] = 1;",
     lambda a, b: 1 << (a & 1) + (a >> 1 & 1)),
    ("output bit[3] out; array[int[8], 8] v = {1, 5, 2, 7, 0, 3, 6, 4}; out = bit[3](uint[3](v[uint[3](a)]));",
     lambda a, b: [1, 5, 2, 7, 0, 3, 6, 4][a]),
    ("def f(bit[3] x) -> bit { if (x == 0) { return 1; } bit r = x[0]; if (r == 1) { return x[1]; } return x[2]; }"
     " output bit[2] out; out[0] = f(a); out[1] = f(b) ^ f(a);",
     lambda a, b: f(a) + 2 * (f(a) ^ f(b))),
    ("output uint[3] out; int x = 1; if (a == b) { x = 3; int y = x; out = y; } else { x = 2; } out += x;",
     lambda a, b: 6 if a == b else 2),
    ("output uint[3] out; uint[3] t = uint[3](a); t = t - uint[3](b); out = uint[3](t[0:1]) + uint[3](t[2]);",
     lambda a, b: ((a - b) % 8) % 4 + ((a - b) % 8) // 4),
]  # fmt: skip


def f(x):
    return 1 if x == 0 else x >> 1 & 1 if x & 1 else x >> 2


@pytest.mark.parametrize(("body", "value"), MEASURED, ids=range(len(MEASURED)))
def test_measured_values(body, value):
    """All values of a and b are in superposition; each must come with its value of `out`."""
    circuit = load_full(f"{HEADER}qubit[6] q; h q; bit[3] a; bit[3] b; a = measure q[0:2]; b = measure q[3:5];\n{body}")
    names = [register.name for register in circuit.bits.registers]
    result = run(circuit, None, exact=True)
    seen = set()
    for key, probability in result.distribution.items():
        words = {name: int(word[::-1], 2) for name, word in zip(names, key.split(), strict=True)}
        a = words["a"] if "r[0] = 1" not in body else None
        if a is None:  # the alias writes a itself
            assert words["out"] == words["a"]
            assert words["a"] & 1
            continue
        seen.add((a, words["b"]))
        assert words["out"] == int(value(a, words["b"])), (a, words["b"], probability)
    assert len(seen) in (0, 64)


ANGLES = [  # an angle from the bits of c, and what it is
    ("rx(-c) q;", "rx", lambda c: -math.tau * c / 8),
    ("rz(c / 2 + 0.1) q;", "rz", lambda c: math.pi * c / 8 + 0.1),
    ("p(pi * c[0] + pi * c[2] / 4) q;", "p", lambda c: math.pi * (c & 1) + math.pi * (c >> 2) / 4),
    ("inv @ ry(2 * c) q;", "ry", lambda c: -2 * math.tau * c / 8),
    ("float x = 3 * c; c[0] = 0; rx(x) q;", "rx", lambda c: 3 * math.tau * c / 8),
]


@pytest.mark.parametrize(("body", "gate", "angle"), ANGLES)
def test_angles_from_bits(body, gate, angle):
    """The rotated qubit is turned back by the angle, one value at a time."""
    for value in range(8):
        bits = " ".join(f"x m[{k}];" for k in range(3) if value >> k & 1)
        measured = f"{HEADER}qubit q; qubit[3] m; {bits} angle[3] c; measure m -> c; h q; "
        text = f"{measured}{body} {gate}({-angle(value)}) q; h q; bit out = measure q;"
        assert {key.split()[-1] for key in load_full(text).sample(20, seed=1)} == {"0"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("int x = y;", "y is not declared"),
        ("int x; int x;", "declared already"),
        ("const int x = 3; x = 4;", "cannot be assigned"),
        ("bit[3] c = \"10\";", "needs 3 bits"),
        ("bit[2] c; c = 5;", "holds 0"),
        ("int x = 1 / 0;", "zero"),
        ("float x = sqrt(-1);", "no value"),
        ("input int n;", "only angle and float"),
        ("duration d = 10ns + 20ns;", "durations"),
        ("qubit q; bit c; c = measure q; float f = 1; if (c) { f = 2; }", "lives only while"),
        ("qubit q; bit[40] c; c[0] = measure q; x q[uint[40](c)];", "no elements|known while"),
        ("qubit q; bit c; c = measure q; u3(c, 0, 0) q;", "u3 has an angle"),
        ("qubit q; bit c; c = measure q; if (c) { end; }", "end"),
        ("def f(qubit a) { f(a); } qubit q; f(q);", "calls itself"),
        ("def f(qubit[2] a) { } qubit q; f(q);", "needs 2 qubits"),
        ("def f() -> int { } int x = f();", "without returning"),
        ("extern f(int) -> int;", "extern is not supported"),
        ("OPENQASM 3;", "Syntax error"),
        ("for int i in [0:1] { qubit q; }", "global"),
        ("nop;", "not declared|Syntax|value"),
        ("delay[3] $0;", "duration"),
        ("stretch s;", "stretch"),
        ("int x = popcount(3.5);", "popcount takes bits"),
        ("bit[2] a; bit[3] b; qubit q; a[0] = measure q; a = a & b;", "equal sizes"),
        ("qubit[2] q; bit c; c = measure q;", "2 qubits are measured into 1"),
        ("return 3;", "outside subroutine"),
    ],
)  # fmt: skip
def test_refused(body, message):
    with pytest.raises(QasmError, match=message) as caught:
        load_full(HEADER + body)
    assert caught.value.line == 2
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("qubit q; delay[100ns] q;", "2:10: This delay has no effect"),
        ("pragma note", "2:1: This pragma has no effect"),
        ("@note here\nqubit q;", "2:1: The annotation @note has no effect"),
        ("box[10ns] { }", "2:1: The duration of this box"),
        ("const int x = 1; const int x = 1;", "2:18: The constant x is declared again"),
        ("qubit q; bit[2] c; c[0] = measure q; if (int[2](c) == 3) x q;", r"2:42: int\[2\] holds -2 … 1, never 3"),
    ],
)
def test_warned(body, message):
    with pytest.warns(UserWarning, match=message):
        load_full(HEADER + body)
