"""Circuits as JSON: what is written reads back, hostile texts are refused by name, and nothing else ever comes out."""

import json
import pickle
import re
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from io_circuits import CUSTOM, circuits

from qsim import Circuit, CircuitError, Parameter, QasmError, gates, run
from qsim.circuit import Expression
from qsim.circuit.classical import read
from qsim.gates import TABLE, Gate
from qsim.io import Limits, dumps, from_json, loads, to_json


@given(circuits())
def test_what_is_written_reads_back(circuit):
    text = to_json(circuit)
    again = from_json(text)
    assert again == circuit
    assert again.name == circuit.name
    assert again.parameters == circuit.parameters
    assert to_json(again) == text
    assert from_json(text.encode()) == circuit


@given(circuits())
def test_circuits_are_pickled_with_their_control_flow(circuit):
    again = pickle.loads(pickle.dumps(circuit))
    assert again == circuit
    assert again.name == circuit.name


@pytest.mark.parametrize("name", TABLE)
def test_every_gate_of_the_table_with_controls_and_symbols(name):
    spec = TABLE[name]
    values = (0.1, Parameter("a") / 3, 1e-300, -Parameter("b[1]"))[: len(spec.params)]
    circuit = Circuit(spec.num_qubits + 2).append(Gate.named(name, *values), *range(spec.num_qubits))
    circuit.append(Gate.named(name, *values).controlled(2, "01"), *range(spec.num_qubits + 2))
    assert from_json(to_json(circuit)) == circuit


def test_a_custom_gate_is_written_once():
    matrix = gates.unitary([[0, 1j], [1j, 0]], "flip")
    document = json.loads(to_json(Circuit(2).append(matrix, 0).append(matrix, 1).append(matrix.controlled(), 0, 1)))
    assert len(document["gates"]) == 1
    assert [line["gate"] for line in document["instructions"]] == [0, 0, 0]


def test_a_text_by_hand():
    """The format as docs/json.md shows it, not as to_json happens to write it."""
    circuit = from_json("""
    {"version": 1, "format": "qsim-circuit", "qubits": [{"size": 2, "name": "q"}],
     "bits": [{"name": "c", "size": 2, "lsb0": true}], "gates": [{"name": "swap them", "permutation": [0, 2, 1, 3]}],
     "instructions": [
       {"op": "gate", "gate": "rx", "params": [{"parameter": "t"}], "qubits": [1]},
       {"op": "gate", "gate": 0, "qubits": [1, 0]},
       {"op": "measure", "qubit": 0, "bit": 1},
       {"op": "if", "condition": {"op": "==", "args": [{"read": [1, 0]}, {"value": 2, "width": 2}]},
        "then": [{"op": "gate", "gate": "x", "controls": "0", "qubits": [0, 1]}]}]}
    """)
    expected = Circuit(2)
    bits = expected.add_bits("c", 2, lsb0=True)
    expected.rx(Parameter("t"), 1).append(gates.permutation([0, 2, 1, 3], "swap them"), 1, 0).measure(0, 1)
    with expected.if_(bits == 2):
        expected.x(1, controls=0, control_state="0")
    assert circuit == expected
    assert str(circuit[3].condition) == "c == 2"


def test_numbers_keep_every_bit():
    circuit = Circuit(1)
    for angle in (0.1, -0.0, 5e-324, 1.7976931348623157e308, np.pi, 1 / 3, 3, -(2.0**60)):
        circuit.rx(angle, 0)
    again = from_json(to_json(circuit))
    values = [[operation.gate.params[0].hex() for operation in one] for one in (circuit, again)]
    assert values[0] == values[1]


# ── Refusals ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def document(*instructions, gates=(), **changes):
    whole = {
        "format": "qsim-circuit",
        "version": 1,
        "name": None,
        "qubits": [{"name": "q", "size": 4}],
        "bits": [{"name": "c", "size": 2}],
        "gates": list(gates),
        "instructions": list(instructions),
    }
    return json.dumps(whole | changes)


def gate(name="h", qubits=(0,), **more):
    return {"op": "gate", "gate": name, "qubits": list(qubits), **more}


def nested(levels):
    inner = []
    for _ in range(levels):
        inner = [{"op": "if", "condition": {"read": [0]}, "then": inner}]
    return inner[0]


def tall(levels):
    expression = {"read": [0]}
    for _ in range(levels):
        expression = {"op": "~", "args": [expression]}
    return {"op": "if", "condition": expression, "then": []}


REFUSED = {
    "no JSON": ("{", "<string>:1:2: This is not JSON"),
    "nothing": ("", "<string>:1:1: This is not JSON"),
    "another format": ("[]", '"format": "qsim-circuit"'),
    "another version": (document(version=2), "$.version: this version of qsim reads version 1, not 2"),
    "a true version": (document(version=True), "$.version"),
    "NaN": (document().replace("null", "NaN"), "NaN is no number"),
    "infinity": (document().replace("null", "-Infinity"), "-Infinity is no number"),
    "an infinite angle": (
        document(gate("rx", params=[77.5])).replace("77.5", "1e999"),
        "$.instructions[0].params[0]: a finite number",
    ),
    "a huge integer": (document(gate("rx", params=[10**400])), "a number of more than 64 bits"),
    "more digits than Python reads": (document().replace("null", "9" * 5000), "too many digits"),
    "a key twice": ('{"format": "qsim-circuit", "format": 1}', 'the key "format" twice'),
    "an unknown key": (document(gate(angle=[1])), '$.instructions[0]: the key "angle" is unknown'),
    "a missing key": (document({"op": "measure", "qubit": 0}), '$.instructions[0]: the key "bit" is missing'),
    "an unknown instruction": (document({"op": "__import__"}), '$.instructions[0]: an object with "op", one of'),
    "an unknown gate": (document(gate("cxx", (0, 1))), '$.instructions[0].gate: no gate is named "cxx": did you mean'),
    "a qubit beyond": (document(gate(), gate(qubits=[4])), "$.instructions[1].qubits[0]: the circuit has qubits 0 … 3"),
    "a qubit that is true": (document(gate(qubits=[True])), "$.instructions[0].qubits[0]"),
    "a qubit twice": (document(gate("cx", (1, 1))), "$.instructions[0].qubits: qubits must be distinct"),
    "too few qubits": (document(gate("cx")), "cx acts on 2 qubits, but 1 are given"),
    "an angle too many": (document(gate(params=[1])), "h takes 0 angles, but there are 1"),
    "a text as angle": (document(gate("rx", params=["1+1"])), 'a finite number is needed, but this is "1+1"'),
    "a bad control": (document(gate(qubits=[0, 1], controls="2")), "$.instructions[0].controls"),
    "10⁹ qubits": (document(qubits=[{"name": "q", "size": 10**9}]), "$.qubits[0].size: a whole number of 0 … 10000"),
    "many registers": (
        document(qubits=[{"name": f"q{i}", "size": 10_000} for i in range(2)]),
        "$.qubits[1].size: a whole number of 0 … 0",
    ),
    "a register twice": (document(qubits=[{"name": "q", "size": 1}] * 2), "$.qubits[1]: Argument `name` must be new"),
    "a strange register": (document(bits=[{"name": "a b", "size": 1}]), "$.bits[0]: Argument `name`"),
    "brackets without end": ("[" * 100_000, "nested too deeply"),
    "deep blocks": (document(nested(150)), "blocks may be nested 100 deep"),
    "a deep condition": (document(tall(150)), "an expression may be nested 100 deep"),
    "a wide condition": (
        document({"op": "if", "condition": {"read": [0, 1]}, "then": []}),
        "$.instructions[0].condition: an expression of 1 bits is needed",
    ),
    "10¹² rounds": (
        document({"op": "for", "parameter": "i", "range": [0, 10**12, 1], "body": []}),
        "a loop may have 1000000 rounds",
    ),
    "a break outside": (document({"op": "break"}), "$.instructions[0]: break stands in a loop"),
    "a case twice": (
        document({"op": "switch", "subject": {"read": [0]}, "cases": [{"values": [1, 1], "body": []}]}),
        "$.instructions[0].cases[0].values",
    ),
    "a state of norm 2": (
        document({"op": "initialize", "state": [[1, 0], [1, 0]], "qubits": [0]}),
        "$.instructions[0].state",
    ),
    "a state of another size": (document({"op": "initialize", "state": [[1, 0]], "qubits": [0]}), "2 entries"),
    "a huge state": (
        document(
            {"op": "initialize", "state": "0" * 60, "qubits": list(range(60))}, qubits=[{"name": "q", "size": 99}]
        ),
        "a circuit may have 10000000 operations",
    ),
    "no unitary": (
        document(gates=[{"name": "m", "matrix": [[[1, 0], [1, 0]], [[0, 0], [1, 0]]]}]),
        "$.gates[0]: A gate must be unitary",
    ),
    "no unitary diagonal": (document(gates=[{"name": "m", "diagonal": [[1, 0], [2, 0]]}]), "misses modulus 1 by 1"),
    "no matrix": (document(gates=[{"name": "m", "matrix": [[1, 2], [3]]}]), "$.gates[0].matrix: a matrix as a list"),
    "no permutation": (document(gates=[{"name": "m", "permutation": [0, 0]}]), "$.gates[0].permutation: basis states"),
    "a gate that is not there": (document(gate(0)), "$.instructions[0].gate: a whole number of 0 … -1"),
    "a wrong structure": (
        document(
            gates=[
                {
                    "name": "m",
                    "structure": "diagonal",
                    "num_qubits": 1,
                    "operator": [{"coefficient": [1, 0], "factors": [{"name": "X", "qubits": [0]}]}],
                }
            ]
        ),
        "a factor is not",
    ),
    "an unknown function": (
        document(gate("rx", params=[{"atoms": [{"function": "eval", "operands": [1]}], "sum": 1}])),
        'no function is named "eval"',
    ),
    "an atom that comes later": (
        document(
            gate(
                "rx",
                params=[{"atoms": [{"function": "sin", "operands": [{"constant": 0, "terms": [[0, 1]]}]}], "sum": 1}],
            )
        ),
        "$.instructions[0].params[0].atoms[0].operands[0].terms[0][0]",
    ),
    "a name that does not print": (document(gate("rx", params=[{"parameter": "a\0"}])), "must be printable"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_where(case):
    text, message = REFUSED[case]
    with pytest.raises(QasmError) as caught:
        from_json(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(file_size=10), "A file may have 10 bytes"),
        (Limits(operations=2), "$.instructions[2]: a circuit may have 2 operations"),
        (Limits(qubits=3), "$.qubits[0].size"),
        (Limits(bits=1), "$.bits[0].size"),
        (Limits(nesting=1), "blocks may be nested 1 deep"),
        (Limits(identifier=3), "$.instructions[3].params[0].parameter: a name may have 3 characters"),
        (Limits(rounds=2), "$.instructions[4]: a loop may have 2 rounds"),
    ],
)
def test_limits_are_the_callers(limits, message):
    loop = {"op": "for", "parameter": "i", "values": [1, 2, 3], "body": [nested(1)]}
    text = document(gate(), gate(), gate(), gate("rx", params=[{"parameter": "long"}]), loop)
    from_json(text)
    with pytest.raises(QasmError) as caught:
        from_json(text, limits=limits)
    assert message in str(caught.value)


def test_bytes_that_are_no_text_and_other_types():
    with pytest.raises(QasmError, match="UTF-8"):
        from_json(b'"\xff"')
    with pytest.raises(QasmError):
        from_json('{"format": "\ud800"}')
    with pytest.raises(TypeError, match="must be a str or bytes"):
        from_json(7)


def test_what_the_writer_cannot_know_is_refused():
    circuit = Circuit(1, 1)
    block = circuit.if_(circuit.bits[0])
    with pytest.raises(CircuitError, match="not finished"):
        to_json(circuit)
    del block


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from((-1, 2**63, 10**30, "h", "0+", "i", "~")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("op", "read", "name")), inner),
    max_leaves=5,
)


def _places(value, place=()):
    yield place
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _places(inner, (*place, key))


def _spoil(draw, value):
    """One place of a document deleted, replaced, or given the content of another."""
    *way, last = draw(st.sampled_from([place for place in _places(value) if place]))
    parent = value
    for key in way:
        parent = parent[key]
    change = draw(st.sampled_from(("delete", "replace", "exchange")))
    if change == "delete":
        del parent[last]
    elif change == "replace":
        parent[last] = draw(json_values)
    else:
        other = value
        for key in draw(st.sampled_from(list(_places(value)))):
            other = other[key]
        parent[last] = json.loads(json.dumps(other))


@settings(max_examples=300)
@given(st.data(), circuits())
def test_a_spoilt_document_is_a_circuit_or_a_named_error(data, circuit):
    value = json.loads(
        to_json(circuit.append(data.draw(st.sampled_from([gate for gate in CUSTOM if gate.num_qubits == 2])), 0, 1))
    )
    for _ in range(data.draw(st.integers(1, 3))):
        _spoil(data.draw, value)
    limits = Limits(operations=10**5)
    with suppress(QasmError):
        found = from_json(json.dumps(value), limits=limits)
        again = from_json(to_json(found), limits=limits)
        assert again == found
        assert repr(again) == repr(found)


@settings(max_examples=300)
@given(st.data(), circuits())
def test_a_spoilt_text_is_a_circuit_or_a_named_error(data, circuit):
    text = to_json(circuit)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 5)))
        text = text[:start] + data.draw(st.text('[]{}",:0123456789.eE-ntrufalse\\', max_size=4)) + text[end:]
    with suppress(QasmError):
        assert isinstance(from_json(text), Circuit)


@pytest.mark.parametrize(("op", "width"), [("+", 2), ("-", 2), ("++", 4)])
def test_expressions_of_other_files_are_kept(op, width):
    """Sums and joined bits come from OpenQASM 3 alone."""
    circuit = Circuit(1, 8)
    value = Expression(op, (read([0, 1], ""), read([2, 3], "")), width)
    circuit.assign(list(range(4, 4 + width)), value)
    assert from_json(to_json(circuit)) == circuit
    if op == "++":
        found = run(loads(dumps(circuit.x(0).measure(0, 0))), None, exact=True).distribution
        assert found == run(circuit, None, exact=True).distribution
    else:
        with pytest.raises(QasmError, match="cannot be written"):
            dumps(circuit)
    pytest.importorskip("qiskit")
    from qsim.io import to_qiskit

    with pytest.raises(CircuitError, match=f"has no {re.escape(op)} of bits"):
        to_qiskit(circuit)
