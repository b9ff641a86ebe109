"""Whatever the text, the outcome is a circuit or a `QasmError` with a place: nothing else comes out, ever."""

import warnings

from hypothesis import given
from hypothesis import strategies as st

from qsim import Circuit, QasmError
from qsim.io import Limits, dumps, loads

SMALL = Limits(operations=5000)
LISTED = """
OPENQASM 2.0; 3.0; include "qelib1.inc" "stdgates.inc" "other.inc" qreg creg qubit bit q c d q[0] c[1] [2] [0:1] [:]
gate opaque f a b { } ( ) ; , -> = == != <= < measure reset barrier if else while for in let const int uint float bool
input output angle x h cx rz U u3 p gphase ccx ctrl negctrl inv pow @ (2) (1/2) (0.5) (-1) pi π 1e9 1e999 9 0 0.1 + - * /
** ^ % << >> && || ! ~ & | ++ "01" true false sin( ln( pow( mod( // /* */ @note #pragma pragma delay[1ns] break continue
$0 10dt 1im θ _ int[8] switch def extern box array end return . : # \\ ' "
"""
WORDS = [*LISTED.split(), "\n", " "]
TEXT = """OPENQASM 3.0; include "stdgates.inc"; input float t; const float k = pi/3; qubit[4] q; bit[4] c; bit d;
gate f(a) m, n { ctrl @ rx(a*2) m, n; inv @ pow(2) @ h m; pow(0.5) @ x n; gphase(a); } let z = q[0:2];
f(t+k) q[0], q[3]; ctrl @ f(0.3) q[0], q[1], q[2]; h z; c = measure q; d = c[0] ^ c[1]; for int i in [0:3] rx(i) q;
if (c == 3 || !d && c[0:1] < 2) { x q[0]; } else if (d) z q[1]; while (d) { reset q[0]; d = measure q[0]; break; }
barrier; c = "0101"; negctrl(2) @ U(0.1, 0.2, t) q[0], q[1], q[2]; cx q[0], q[1];"""


def outcome(text):
    """The circuit of a text; None where it is refused, as it may be."""
    error = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            circuit = loads(text, limits=SMALL)
        except QasmError as refused:
            error = refused
    if error is None:
        assert isinstance(circuit, Circuit)
        return circuit
    assert error.file == "<string>"
    assert 1 <= error.line <= text.count("\n") + 1
    assert error.column >= 1
    return None


@given(st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join))
def test_words_in_any_order(text):
    outcome(text)
    outcome('include "stdgates.inc"; qubit[3] q; bit[3] c; bit d;' + text)


@given(st.text(max_size=200))
def test_any_characters(text):
    outcome(text)
    outcome("qubit q;" + text)


@st.composite
def mutated(draw):
    """A valid text with a few pieces cut out, doubled, or put in."""
    text = TEXT
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        kind = draw(st.integers(0, 2))
        if kind == 0:
            text = text[:at] + text[at + draw(st.integers(1, 20)) :]
        elif kind == 1:
            start = draw(st.integers(0, len(text)))
            text = text[:at] + text[start : start + draw(st.integers(1, 40))] + text[at:]
        else:
            text = text[:at] + draw(st.sampled_from(WORDS)) + text[at:]
    return text


@given(mutated())
def test_mutated_texts(text):
    circuit = outcome(text)
    if circuit is not None:
        written = dumps(circuit)
        assert dumps(loads(written)) == dumps(loads(dumps(loads(written))))
