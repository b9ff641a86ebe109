"""What is refused about dynamic circuits, and how."""

import threading
import time
from contextlib import ExitStack, nullcontext

import pytest

from qsim import Circuit, CircuitError, Parameter, RunCancelled, RunTimedOut, StateError, TooLargeError, run
from qsim.algebra import Z

OTHER = Circuit(1, 9)


def measured(num_bits=2):
    return Circuit(2, num_bits).h(0).measure(0, 0)


def open_if(circuit, condition):
    with circuit.if_(condition):
        circuit.x(1)
    return circuit


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda c: c.if_(OTHER.bits[5]), CircuitError, r"Operation 2, if_\(c\[5\]\), added at test_refusals.py:\d+: bit c\[5\] does not exist: the circuit has bits 0 … 1"),
        (lambda c: c.if_(OTHER.add_bits(f"z{time.perf_counter_ns()}", 1)[0]), CircuitError, "does not exist|another circuit"),
        (lambda c: c.bits["c"] == 4, CircuitError, r"has 2 bits and so a value of 0 … 3, never 4"),
        (lambda c: c.bits["c"] < -1, CircuitError, "never -1"),
        (lambda c: c.bits["c"] == "1", CircuitError, "a string of 2 0 and 1, not '1'"),
        (lambda c: c.bits["c"] == "12", CircuitError, "not '12'"),
        (lambda c: c.bits["c"] == 0.5, TypeError, "an integer, a bit string or bits, not with 0.5"),
        (lambda c: c.bits["c"] & c.bits[0], CircuitError, "need as many bits, but have 2 and 1"),
        (lambda c: c.if_(c.bits["c"]), CircuitError, r"is no condition: compare it, as in bits == 1"),
        (lambda c: c.if_(c.bits[0] == c.bits[1]), TypeError, r"not False; two bits are compared as places: write a \^ b"),
        (lambda c: c.if_(1), TypeError, "a condition is a bit or a comparison of bits, not 1"),
        (lambda c: c.x(0, when=True), TypeError, r"x\(0\).*not True"),
        (lambda c: bool(c.bits[0] == 1), TypeError, "no truth value before the circuit runs"),
        (lambda c: c.x(0, when=c.bits[0] == 1 and c.bits[1] == 1), TypeError, "no truth value"),
        (lambda c: c.measure(0, c.qubits[1]), CircuitError, r"measure\(0, q\[1\]\).*bit q\[1\] belongs to another circuit or kind of register"),
        (lambda c: c.measure(0, 5), CircuitError, "bit 5 does not exist"),
        (lambda c: c.measure([0, 0], [0, 1]), CircuitError, "qubits must be distinct"),
        (lambda c: c.measure([0, 1], [0, 0]), CircuitError, "bits must be distinct"),
        (lambda c: c.reset(), CircuitError, "at least one qubit"),
        (lambda c: c.reset(7), CircuitError, "qubit 7 does not exist"),
        (lambda c: c.initialize("01", 0), CircuitError, r"the state has 2 qubits, but 1 were given"),
        (lambda c: c.initialize([1, 1], 0), CircuitError, "norm"),
        (lambda c: c.initialize("2", 0), CircuitError, "initialize.*'2'"),
        (lambda c: c.assign([0, 1], 5), CircuitError, "never 5"),
        (lambda c: c.assign(0, c.bits["c"]), CircuitError, "the value has 2 bits, but 1 are given"),
        (lambda c: c.else_(), CircuitError, r"must follow the block of an if_\(\) directly"),
        (lambda c: open_if(c, c.bits[0]).x(0).else_(), CircuitError, "must follow"),
        (lambda c: c.x(0, when=c.bits[0]).else_(), CircuitError, "must follow"),
        (lambda c: c.break_(), CircuitError, r"stands in a loop: while_\(\) or for_\(\)"),
        (lambda c: c.continue_(), CircuitError, "stands in a loop"),
        (lambda c: c.for_(5), TypeError, "a range or integers, not 5"),
        (lambda c: c.for_([0, 0.5]), TypeError, r"for_\(\[0, 0.5\]\).*a range or integers, not 0.5"),
        (lambda c: c.for_(range(10**9)), CircuitError, "at most 1000000 rounds"),
        (lambda c: c.while_(c.bits[0], max_rounds=-1), CircuitError, "max_rounds"),
        (lambda c: c.switch("c"), TypeError, "bits, a register or an expression"),
        (lambda c: open_if(c, c.bits[0]).inverse(), CircuitError, r"Operation 2, if_\(c\[0\], 1 instruction\).*control flow has no inverse"),
        (lambda c: open_if(Circuit(2, 1), OTHER.bits[0]).unitary(), CircuitError, "control flow has no operator"),
        (lambda c: open_if(Circuit(2, 1), OTHER.bits[0]).controlled(), CircuitError, "control flow cannot be controlled"),
        (lambda c: Circuit(1).reset(0).inverse(), CircuitError, "resets has no inverse"),
        (lambda c: open_if(c, c.bits[0]).compile(), CircuitError, r"measure\(0, 0\).*compile\(\)"),
        (lambda c: open_if(c, c.bits[0]).explain(), CircuitError, r"explain\(\)"),
        (lambda c: list(open_if(c, c.bits[0]).steps()), CircuitError, "steps"),
        (lambda c: open_if(c, c.bits[0]).state(), CircuitError, r"without_final_measurements.*shots=1.*exact=True"),
        (lambda c: run(open_if(c, c.bits[0]), 5, keep_state=True), CircuitError, "no one final state"),
        (lambda c: run(open_if(c, c.bits[0]), checkpoint="x.state"), CircuitError, "`checkpoint` is for circuits of gates"),
        (lambda c: run(c, exact="yes"), CircuitError, "Argument `exact` must be"),
        (lambda c: run(c, exact=-0.1), CircuitError, "Argument `exact` must be"),
        (lambda c: run(c, memory=2), CircuitError, "memory"),
        (lambda c: Circuit(2).h(0).cx(0, 1).reset(0).state(), CircuitError, "resets.*no one final state"),
    ],
)  # fmt: skip
def test_refusals(call, error, message):
    circuit = measured()
    before = len(circuit._instructions)
    with pytest.raises(error, match=message):
        call(circuit)
    assert len(circuit._instructions) - before <= 2  # those that the call itself added before


def test_a_block_that_fails_leaves_the_circuit_as_it_was():
    circuit = measured()
    same = circuit.copy()
    with pytest.raises(CircuitError, match=r"Operation 2\.1, x\(9\)"), circuit.if_(circuit.bits[0]):
        circuit.add_qubits("more", 1)
        circuit.add_bits("flags", 3)
        circuit.x(2).x(9)
    assert circuit == same
    with pytest.raises(CircuitError, match="each value has one case"), circuit.switch(circuit.bits["c"]) as case:
        with case(1):
            circuit.x(0)
        with case(2, 1):
            pass
    with pytest.raises(CircuitError, match="default is the last"), circuit.switch(circuit.bits["c"]) as case:
        with case.default():
            pass
        with case(2):
            pass
    with pytest.raises(CircuitError, match="stands outside"), circuit.switch(circuit.bits["c"]):
        circuit.x(0)
    assert circuit == same


def test_a_circuit_is_not_used_before_its_blocks_are_closed():
    circuit = measured()
    with circuit.if_(circuit.bits[0]):
        for use in (circuit.sample, circuit.copy, circuit.draw, circuit.inverse, lambda: list(circuit)):
            with pytest.raises(CircuitError, match=r"a block of if_\(\) is open"):
                use()
        assert "open" in repr(circuit)
    circuit.while_(circuit.bits[0])
    with pytest.raises(CircuitError, match=r"while_\(\) opens a block: write `with"):
        circuit.sample()


def test_blocks_are_entered_once_and_nested_100_deep():
    circuit = Circuit(1, 1)
    block = circuit.if_(circuit.bits[0])
    with block:
        pass
    with pytest.raises(CircuitError, match="entered once"), block:
        pass

    def nest(circuit, depth):
        if depth:
            with circuit.if_(circuit.bits[0] == 0):
                nest(circuit, depth - 1)
        else:
            circuit.x(0)

    deep = Circuit(1, 1)
    nest(deep, 100)
    assert run(deep.measure(0, 0), exact=True).distribution == {"1": 1.0}
    with pytest.raises(CircuitError, match="nested 100 deep"):
        nest(Circuit(1, 1), 101)
    outer = Circuit(1, 1)
    with pytest.raises(CircuitError, match="nested 100 deep"), outer.if_(outer.bits[0]):
        outer.append(deep)
    value = outer.bits[0] == 0
    with pytest.raises(CircuitError, match="nested 100 deep"):
        for _ in range(200):
            value = ~value


def test_a_loop_that_does_not_end_is_stopped_at_its_limit():
    circuit = Circuit(1, 1).x(0).measure(0, 0)
    with circuit.while_(circuit.bits[0], max_rounds=50):
        circuit.z(0)
    for options in ({}, {"exact": True}, {"method": "reference"}):
        with pytest.raises(CircuitError, match=r"while_\(c\[0\], 1 instruction\), added at .*still 1 after 50 rounds"):
            run(circuit, 10, **options)


@pytest.mark.parametrize("method", ["auto", "reference"])
def test_a_loop_may_have_just_as_many_rounds_as_allowed(method):
    for allowed, ends in ((3, True), (2, False)):
        circuit = Circuit(0, 3)
        with circuit.while_(circuit.bits[2] == 0, max_rounds=allowed):  # 000 → 100 → 110 → 111
            circuit.assign(2, circuit.bits[1]).assign(1, circuit.bits[0]).assign(0, 1)
        with nullcontext() if ends else pytest.raises(CircuitError, match="after 2 rounds"):
            assert run(circuit, 1, method=method).counts == {"111": 1}


def test_memory_is_asked_before_it_is_taken():
    circuit = Circuit(60, 1).h(range(60)).measure(0, 0)
    circuit.h(1, when=circuit.bits[0])
    with pytest.raises(TooLargeError, match="60 qubits"):
        circuit.sample(10)
    assert Circuit(1).h(0).reset(0).sample(5) == {"0": 5}


def test_operators_that_are_not_unitary_are_noticed():
    circuit = Circuit(1, 1).apply([[1, 0], [0, 0.5]], 0, check=False).h(0).apply([[2, 0], [0, 1]], 0, check=False)
    circuit.measure(0, 0).x(0, when=circuit.bits[0])
    with pytest.raises(StateError, match="sum"):
        circuit.sample(10)


def test_parameters_of_loops_are_not_captured():
    circuit = Circuit(1)
    theta = Parameter("θ")
    with circuit.for_(range(2)) as i:
        circuit.rx(theta * i, 0)
    with pytest.raises(ValueError, match="the name i is the loop's"):
        circuit.bind({theta: 2 * Parameter("i")})
    assert circuit.bind({theta: Parameter("φ")}).parameters == (Parameter("φ"),)


def test_timeout_and_ctrl_c():
    circuit = Circuit(14, 1)
    with circuit.for_(range(1000)), circuit.for_(range(1000)):
        circuit.h(range(14)).measure(0, 0)
    start = time.perf_counter()
    with pytest.raises(RunTimedOut, match="at its timeout"):
        run(circuit, 1, timeout=0.3)
    assert time.perf_counter() - start < 20
    import _thread

    timer = threading.Timer(0.3, _thread.interrupt_main)
    timer.start()
    with pytest.raises(RunCancelled, match="Ctrl-C"):
        run(circuit, 1)
    timer.join()


def test_progress_is_told_in_shots():
    circuit = Circuit(1, 4)
    for bit in range(4):
        circuit.h(0).measure(0, bit)
    seen = []
    run(circuit.h(0), 1000, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (1000, 1000)
    assert seen == sorted(seen)


def test_a_case_stands_in_its_switch():
    circuit = Circuit(1, 1)
    with circuit.switch(circuit.bits["c"]) as case:
        with case(0):
            circuit.x(0)
        late = case
    same = circuit.copy()
    with pytest.raises(CircuitError, match="stands directly in the block of its switch"), late(1):
        circuit.h(0)
    with pytest.raises(CircuitError, match="directly"), circuit.switch(circuit.bits["c"]) as case, case(0), case(1):
        circuit.h(0)
    assert circuit == same


def test_an_else_that_is_entered_late_replaces_nothing():
    circuit = Circuit(1, 1)
    with circuit.if_(circuit.bits[0]):
        circuit.x(0)
    late = circuit.else_()
    circuit.z(0)
    with pytest.raises(CircuitError, match="must follow"), late:
        circuit.y(0)
    assert circuit.count_ops() == {"if": 1, "x": 1, "z": 1}


def test_a_block_that_was_forgotten_is_told_of_before_another_hides_it():
    circuit = Circuit(1, 1)
    circuit.if_(circuit.bits[0])
    with pytest.raises(CircuitError, match=r"if_\(\) opens a block: write `with"):
        circuit.x(0, when=circuit.bits[0])
    circuit.x(0, when=~circuit.bits[0])  # told of once
    assert circuit.sample(3) == {"1": 3}


def test_a_block_that_is_nested_too_deep_leaves_a_circuit_that_runs():
    circuit = Circuit(1, 1)
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(circuit.if_(circuit.bits[0] == 0))
        with pytest.raises(CircuitError, match="nested 100 deep"):
            circuit.x(0, when=circuit.bits[0])
    assert circuit.x(0).sample(3) == {"1": 3}


def test_states_that_are_not_normalised_are_noticed_wherever_they_come_from():
    def double(circuit, **options):
        return circuit.apply([[2, 0], [0, 2]], 0, check=False, **options)

    condition = Circuit(1, 1)
    double(condition.assign(0, 1), when=condition.bits[0])
    for circuit in (condition, double(Circuit(1)).h(0).reset(0), double(Circuit(1, 1)).reset(0).measure(0, 0)):
        for options in ({}, {"exact": True}):
            with pytest.raises(StateError, match=r"norm 2|sums to 4"):
                run(circuit, 10, **options)


def test_what_no_shots_leave_open_is_refused():
    circuit = Circuit(1, 2).x(0).measure(0, 0).h(0)
    assert run(circuit, 0).counts == {}
    with pytest.raises(CircuitError, match=r"measure\(0, 0\).*`observables` are averaged over the shots"):
        run(circuit, 0, observables=Z(0))
    with pytest.raises(CircuitError, match="no one final state"):
        run(circuit, 1, exact=True, keep_state=True)
    even = Circuit(1, 2).h(0).measure(0, 0).h(0)
    with pytest.raises(CircuitError, match=r"`exact` must leave some record to draw"):
        run(even, 10, exact=0.9)
    assert run(even, None, exact=0.9).distribution == {}


def test_interpreted_shots_ask_for_memory_before():
    circuit = Circuit(16, 1).h(0).measure(0, 0)
    circuit.x(1, when=circuit.bits[0])
    with pytest.raises(TooLargeError, match="16 qubits"):
        run(circuit, 1, method="reference")
