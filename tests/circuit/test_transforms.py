"""Circuits made from circuits, bit by bit: barriers, registers of bits, order of qubits; depth; refusals are atomic."""

import numpy as np
import pytest

from qsim import Circuit, CircuitError, gates, kron
from qsim.circuit.instructions import Barrier


def registers(circuit):
    return [(register.name, register.start, register.size) for register in circuit.bits.registers]


def measured(circuit):
    return [(m.qubit, m.bit) for m in circuit if m.name == "measure"]


@pytest.mark.parametrize(
    ("circuit", "depth"),
    [
        (Circuit(2, 2).x(0).x(0).x(0).measure(1, 0), 3),  # bit 0 is not qubit 0
        (Circuit(2, 1).measure(0, 0).measure(1, 0), 2),  # one after the other into one bit
        (Circuit(2, 2).measure(0, 0).measure(1, 1), 1),
        (Circuit(2, 2).measure(0, 1).measure(1, 0), 1),
        (Circuit(1, 5).measure(0, 4), 1),
        (Circuit(2, 1).x(0).measure(1, 0).measure(0, 0), 2),
        (Circuit(2).x(0).barrier(0, 1).barrier(0, 1).x(1), 2),
        (Circuit(3).x(0).barrier(0, 1).x(2).x(1), 2),
        (Circuit(3).cx(0, 1).cx(1, 2).x(0), 2),
    ],
)
def test_depth(circuit, depth):
    assert circuit.depth() == depth


def test_controlled_shifts_every_instruction_by_the_new_qubits():
    circuit = Circuit(3).h(0).barrier(0, 2).cx(2, 1).barrier()
    found = circuit.controlled(2, "01")
    assert [i.qubits for i in found if isinstance(i, Barrier)] == [(2, 4), (2, 3, 4)]
    expected = Circuit(5).append(gates.h.controlled(2, "01"), 0, 1, 2).barrier(2, 4)
    expected.append(gates.cx.controlled(2, "01"), 0, 1, 4, 3).barrier(2, 3, 4)
    assert found[:] == expected[:]
    assert circuit == Circuit(3).h(0).barrier(0, 2).cx(2, 1).barrier()
    assert Circuit(1).x(0).controlled(0)[:] == Circuit(1).x(0)[:]


def test_kron_moves_qubits_and_bits_of_the_second():
    a = Circuit(1, 1).x(0).measure(0, 0)
    b = Circuit(2, 2).x(1).barrier(1).measure([0, 1], [1, 0])
    both = kron(a, b)
    assert (both.num_qubits, both.num_bits) == (3, 3)
    assert measured(both) == [(0, 0), (1, 2), (2, 1)]
    assert [i.qubits for i in both if isinstance(i, Barrier)] == [(2,)]
    (key,) = both.sample(5, seed=0)
    assert key.replace(" ", "") == "110"
    assert kron(b, a)[0].qubits == (1,)
    assert measured(kron(b, a)) == [(0, 1), (1, 0), (2, 2)]
    assert measured(kron(a, a, a)) == [(0, 0), (1, 1), (2, 2)]


@pytest.mark.parametrize("places", [[2, 0], [0, 2], [1, 0], [2, 1]])
def test_compose_and_append_keep_the_order_of_the_listed_qubits(places):
    part = Circuit(2).h(1).barrier(0).cx(0, 1).rx(0.3, 0)
    first, second = places
    expected = Circuit(3).y(0).h(second).barrier(first).cx(first, second).rx(0.3, first)
    assert Circuit(3).y(0).compose(part, qubits=places) == expected
    assert Circuit(3).y(0).append(part, *places) == expected
    assert Circuit(3).y(0).append(part, places) == expected


def test_appended_registers_of_bits():
    joined = Circuit(2, 2).compose(Circuit(2, 2).measure([0, 1], [1, 0]))
    assert measured(joined) == [(0, 1), (1, 0)]
    other = Circuit(1)
    other.add_bits("flag", 1)
    other.measure(0, 0)
    added = Circuit(2, 2).append(other, 1)
    assert measured(added) == [(1, 2)]
    assert registers(added) == [("c", 0, 2), ("flag", 2, 1)]


def with_new_register_and(name, size):
    other = Circuit(2)
    other.add_bits("new", 1)
    other.add_bits(name, size)
    return other.measure([0, 1], [0, 1])


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.append(with_new_register_and("c", 1), 0, 1),  # another size
        lambda c: c.append(with_new_register_and("c", 2), 0, 1),  # both measure into it
        lambda c: c.append(with_new_register_and("d", 1), 0),
        lambda c: c.append(with_new_register_and("d", 1), 0, 0),
        lambda c: c.append(with_new_register_and("d", 1), 0, 1, bits=[0]),
        lambda c: c.append(with_new_register_and("d", 1), 0, 1, bits=[0, 0]),
        lambda c: c.append(with_new_register_and("d", 1), 0, 1, bits=[0, 9]),
        lambda c: c.append(Circuit(4).h(range(4))),
        lambda c: c.append(gates.cx, [0, 1], [2, 1]),
        lambda c: c.measure([0, 7]),
        lambda c: c.measure([0, 0]),
        lambda c: c.measure([0, 1], [1]),
        lambda c: c.measure([0, 1], [1, 1]),
        lambda c: c.measure([0, 1], [1, 2]),
        lambda c: c.h(0, 1, 3),
        lambda c: c.cx([0, 1], [1, 1]),
        lambda c: c.barrier(0, 3),
    ],
)
def test_what_is_refused_changes_nothing(call):
    circuit = Circuit(3, 2).h(0).measure(2, 1)
    before, shape = circuit.copy(), registers(circuit)
    with pytest.raises(CircuitError):
        call(circuit)
    assert circuit == before
    assert registers(circuit) == shape == [("c", 0, 2)]
    assert circuit.num_bits == 2
    assert circuit.measure(0).num_bits == 3


def test_new_bits_get_free_names():
    circuit = Circuit(4).measure(0)
    circuit.add_bits("a", 2)
    circuit.measure(1)
    circuit.add_bits("b", 1)
    circuit.measure([2, 3])
    assert registers(circuit) == [("c", 0, 1), ("a", 1, 2), ("c2", 3, 1), ("b", 4, 1), ("c3", 5, 2)]
    assert measured(circuit) == [(0, 0), (1, 3), (2, 5), (3, 6)]


@pytest.mark.parametrize(
    ("circuit", "expected"),
    [
        (Circuit(2).measure(0).x(0).barrier().measure(1), Circuit(2, 2).measure(0, 0).x(0)),
        (Circuit(2).measure(0).x(0).measure(0), Circuit(2, 2).measure(0, 0).x(0)),
        (Circuit(2).measure(0).cx(1, 0), Circuit(2, 1).measure(0, 0).cx(1, 0)),
        (Circuit(2).measure(0).x(1), Circuit(2).x(1)),  # nothing follows on its own qubit
        (Circuit(2).measure(0).barrier().measure(1), Circuit(2)),
        (Circuit(2).h(0).barrier().measure_all(), Circuit(2).h(0)),
        (Circuit(2).h(0).barrier().barrier(1).measure_all(), Circuit(2).h(0)),
        (Circuit(2).h(0).barrier().x(1).measure_all(), Circuit(2).h(0).barrier().x(1)),
        (Circuit(2).h(0).barrier(), Circuit(2).h(0).barrier()),  # no measurement, no change
        (Circuit(2, 2).h(0), Circuit(2, 2).h(0)),
    ],
)
def test_without_final_measurements(circuit, expected):
    before = circuit.copy()
    assert circuit.without_final_measurements() == expected
    assert circuit == before


def test_dropped_registers_of_bits_move_the_others_down():
    circuit = Circuit(3)
    circuit.add_bits("last", 2)
    circuit.add_bits("middle", 1)
    circuit.measure(0, circuit.bits["middle"]).x(0).measure([1, 2], circuit.bits["last"])
    left = circuit.without_final_measurements()
    assert registers(left) == [("middle", 0, 1)]
    assert measured(left) == [(0, 0)]
    np.testing.assert_array_equal([i.qubits[0] for i in left], [0, 0])
