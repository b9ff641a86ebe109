"""Named sub-circuits: where they are after each transform, beside a list by hand; that nothing else knows of them."""

import json
import pickle
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from subcircuit_trees import SIZE, built, listed, names, nodes, paths

from qsim import Circuit, CircuitError, Parameter, QasmError, kron, run
from qsim.circuit import Subcircuit
from qsim.circuit.flow import subcircuits_of
from qsim.io import Limits, from_json, to_json

trees = nodes(SIZE)


def dagger(name):
    return name[:-1] if name.endswith("†") else f"{name}†"


@given(trees)
def test_instructions_lie_in_the_parts_that_they_came_with(tree):
    circuit = built(tree)
    assert paths(circuit) == list(listed(tree))
    assert [(s.name, s.qubits) for s in circuit.subcircuits] == list(names(tree))


@given(trees)
def test_copies_and_files_keep_them(tree):
    circuit = built(tree)
    for same in (circuit.copy(), pickle.loads(pickle.dumps(circuit)), from_json(to_json(circuit)), circuit.bind({})):
        assert same == circuit
        assert same.subcircuits == circuit.subcircuits


@given(trees)
def test_inverse_reverses_them(tree):
    circuit = built(tree)
    wanted = [(qubits, tuple((dagger(name), where) for name, where in path)) for qubits, path in paths(circuit)]
    assert paths(circuit.inverse()) == wanted[::-1]
    assert sorted((s.name, s.qubits) for s in circuit.inverse().inverse().subcircuits) == sorted(names(tree))
    assert paths(circuit.inverse().inverse()) == paths(circuit)


@given(trees, st.integers(0, 3))
def test_repetitions_have_parts_of_their_own(tree, times):
    circuit = built(tree)
    again = circuit.repeat(times)
    assert paths(again) == paths(circuit) * times
    assert len(again.subcircuits) == times * len(circuit.subcircuits)


@given(trees)
def test_controls_are_put_beside_the_qubits(tree):
    circuit = built(tree).controlled(2, "10")
    moved = [(name, tuple(q + 2 for q in where)) for name, where in names(tree)]
    assert [(s.name, s.qubits) for s in circuit.subcircuits] == moved
    assert {(s.controls, s.control_state) for s in circuit.subcircuits} <= {((0, 1), "10")}
    twice = circuit.controlled(1, "0").subcircuits
    assert {(s.controls, s.control_state) for s in twice} <= {((0, 1, 2), "010")}


@given(trees, st.permutations(range(SIZE)))
def test_remap_moves_them(tree, places):
    wanted = [
        (tuple(places[q] for q in qubits), tuple((name, tuple(places[q] for q in where)) for name, where in path))
        for qubits, path in listed(tree)
    ]
    assert paths(built(tree).remap(dict(enumerate(places)))) == wanted


@given(trees, trees)
def test_joined_circuits_keep_theirs(a, b):
    left, right = built(a), built(b)
    right.name = "right"  # a join makes no part of it
    assert paths(left.compose(right)) == paths(left) + paths(right)
    beside = kron(left, right)
    assert paths(beside)[: len(left)] == paths(left)
    assert [s.qubits for s in beside.subcircuits[len(left.subcircuits) :]] == [
        tuple(q + SIZE for q in s.qubits) for s in right.subcircuits
    ]


@given(trees)
def test_nothing_else_knows_of_them(tree):
    circuit = built(tree)
    flat = Circuit(SIZE)
    for instruction in circuit:
        flat.append(instruction.gate, *instruction.qubits)
    assert circuit == flat
    assert hash(tuple(circuit)) == hash(tuple(flat))
    assert repr(circuit) == repr(flat)
    assert (circuit.depth(), circuit.count_ops()) == (flat.depth(), flat.count_ops())
    assert circuit.to_qasm() == flat.to_qasm()
    assert (circuit.state().amplitudes == flat.state().amplitudes).all()


def test_names_of_whole_circuits():
    step = Circuit(1, name="U").x(0)
    assert [c.name for c in (step.inverse(), step.inverse().inverse(), step**3, step.power(1))] == [
        "U†",
        "U",
        "U^3",
        "U",
    ]
    assert step.power(-2).name == "U†^2"
    assert step.controlled().name is None
    (found,) = Circuit(3).append(step.controlled(2, "01"), 2, 0, 1).subcircuits
    assert (found.name, found.qubits, found.controls, found.control_state) == ("U", (1,), (2, 0), "01")
    assert Circuit(1).append(Circuit(1).x(0), 0).subcircuits == ()


def test_a_part_may_be_empty_or_have_idle_qubits():
    circuit = Circuit(3).append(Circuit(2, name="nothing"), 2, 0).append(Circuit(3, name="U").x(1), 2, 1, 0)
    assert [(s.name, s.start, s.stop, s.qubits) for s in circuit.subcircuits] == [
        ("nothing", 0, 0, (2, 0)),
        ("U", 0, 1, (2, 1, 0)),
    ]
    back = [(s.name, s.start, s.stop) for s in circuit.inverse().subcircuits]
    assert back == [("U†", 0, 1), ("nothing†", 1, 1)]
    assert circuit.remap({1: 0, 0: 1}).subcircuits[1].qubits == (2, 0, 1)
    assert circuit.remap({1: 0}).subcircuits[1].qubits == (2, 0)  # the idle qubit has lost its place


def test_parts_in_blocks_belong_to_these():
    read = Circuit(2, 1, name="read").h(1).measure(0, 0)
    circuit = Circuit(3, 2).append(read, 0, 1, bits=1)
    with circuit.if_(circuit.bits[1] == 1):
        circuit.x(2).append(read, 2, 0, bits=0)
    circuit.append(read, 1, 2, bits=1, when=circuit.bits[0])
    assert [s.bits for s in circuit.subcircuits] == [(1,)]

    def inner(circuit):
        return [s for flow in circuit[-2:] for block in flow.blocks for s in subcircuits_of(block)]

    wanted = [Subcircuit("read", 1, 3, (2, 0), (0,)), Subcircuit("read", 0, 2, (1, 2), (1,))]
    assert inner(circuit) == wanted
    for same in (from_json(to_json(circuit)), pickle.loads(pickle.dumps(circuit)), circuit.repeat(2)):
        assert inner(same) == wanted
    outer = Circuit(4, 3).append(circuit, 3, 1, 0, bits=[2, 0])
    assert [(s.qubits, s.bits) for s in inner(outer)] == [((0, 3), (2,)), ((1, 0), (0,))]
    assert [s.qubits for s in inner(circuit.remap({0: 2, 2: 0}))] == [(0, 2), (1, 0)]
    assert run(circuit, 50, seed=1).counts == run(Circuit(3, 2).compose(circuit), 50, seed=1).counts


def test_parts_with_symbols_are_bound_in_blocks():
    turn = Circuit(1, name="turn").rx(Parameter("θ"), 0)
    circuit = Circuit(2, 1).append(turn, 1).append(turn, 0, when=Circuit(0, 1).bits[0])
    bound = circuit.bind(θ=0.5)
    assert bound.subcircuits == circuit.subcircuits
    assert subcircuits_of(bound[1].blocks[0]) == subcircuits_of(circuit[1].blocks[0]) != ()


def test_final_measurements_leave_the_parts():
    read = Circuit(2, 2, name="read").h(0).measure([0, 1], [0, 1])
    circuit = Circuit(3, 3).x(2).append(read, 2, 0, bits=[1, 0])
    circuit.append(Circuit(1, 1, name="M").measure(0, 0), 1, bits=2)
    (left,) = circuit.without_final_measurements().subcircuits
    assert (left.name, left.start, left.stop, left.qubits, left.bits) == ("read", 1, 2, (2, 0), ())


def test_what_fails_adds_nothing():
    part = Circuit(2, name="U").cx(0, 1)
    circuit = Circuit(2, 1).append(part, 0, 1)
    with pytest.raises(CircuitError):
        circuit.append(part, 0, 0)
    with suppress(ZeroDivisionError), circuit.if_(circuit.bits[0]):
        circuit.append(part, 1, 0)
        1 / 0
    assert len(circuit.subcircuits) == len(circuit) == 1


def test_a_circuit_may_be_appended_to_itself():
    circuit = Circuit(2, name="U").cx(0, 1)
    circuit.append(circuit, 1, 0)
    assert circuit.append(circuit, 0, 1) == Circuit(2).cx(0, 1).cx(1, 0).cx(0, 1).cx(1, 0)
    assert [(s.start, s.stop, s.qubits, s.depth) for s in circuit.subcircuits] == [
        (1, 2, (1, 0), 0),
        (2, 4, (0, 1), 0),
        (3, 4, (1, 0), 1),
    ]


def document(**changes):
    found = json.loads(to_json(Circuit(3, 1).x(0).append(Circuit(2, name="U").cx(0, 1), 1, 2)))
    found["subcircuits"][0] |= changes
    return json.dumps(found)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"start": -1}, r"subcircuits\[0\].start"),
        ({"start": 2.0}, r"\.start"),
        ({"stop": 3}, r"\.stop"),
        ({"stop": 0}, r"\.stop"),
        ({"start": 0}, "instruction 0 acts on qubits"),
        ({"qubits": [1]}, "instruction 1 acts on qubits"),
        ({"qubits": [1, 1]}, "distinct"),
        ({"qubits": [1, 3]}, r"qubits\[1\]"),
        ({"name": ""}, r"\.name"),
        ({"name": "\n"}, r"\.name"),
        ({"controls": [1], "control_state": "1"}, "distinct"),
        ({"controls": [0]}, "control_state"),
        ({"controls": [0], "control_state": "2"}, "control_state"),
        ({"depth": 1}, r"\.depth"),
        ({"bits": [1]}, r"\.bits"),
        ({"more": 1}, "unknown"),
    ],
)
def test_files_with_wrong_parts_are_refused(changes, words):
    with pytest.raises(QasmError, match=words):
        from_json(document(**changes))


def test_files_are_bounded():
    circuit = Circuit(1).x(0)
    for _ in range(5):
        outer = Circuit(1, name="U").compose(circuit)
        circuit = Circuit(1).append(outer, 0)
    assert from_json(to_json(circuit)) == circuit
    with pytest.raises(QasmError, match="depth"):
        from_json(to_json(circuit), limits=Limits(nesting=3))
    many = json.loads(to_json(Circuit(2).append(Circuit(2, name="U").cx(0, 1).repeat(50), 0, 1)))
    many["subcircuits"] *= 100
    with pytest.raises(QasmError, match="operations"):
        from_json(json.dumps(many), limits=Limits(operations=1000))
