"""Random circuits that measure in the middle, reset, decide and loop."""

import numpy as np

from qsim import Circuit, State

ONE, TWO = ("h", "x", "s", "sx", "t", "y"), ("cx", "cz", "swap", "iswap")
ANGLED = ("rx", "ry", "rz", "p")


def random_circuit(seed, num_qubits=None, length=10, depth=2):
    """A circuit of all kinds of instructions; its loops end."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 5)) if num_qubits is None else num_qubits
    circuit = Circuit(n, 2)
    circuit.add_bits("flag", 2, lsb0=bool(rng.integers(2)))
    _fill(circuit, rng, length, depth, in_loop=False)
    if rng.integers(2):
        circuit.measure_all()
    return circuit


def _fill(circuit, rng, length, depth, in_loop, angle=None):
    for _ in range(length):
        _gate(circuit, rng, angle)
        kind = int(rng.integers(9))
        if kind < 3:
            circuit.measure(int(rng.integers(circuit.num_qubits)), int(rng.integers(circuit.num_bits)))
        elif kind == 3:
            circuit.reset(int(rng.integers(circuit.num_qubits)))
        elif kind == 4:
            _special(circuit, rng, in_loop)
        elif kind < 8 and depth:
            _block(circuit, rng, depth, in_loop)


def _gate(circuit, rng, angle=None):
    n, when = circuit.num_qubits, condition(circuit, rng) if rng.integers(4) == 0 else None
    qubits = [int(q) for q in rng.permutation(n)]
    if n > 1 and rng.integers(3):
        name = str(rng.choice(TWO))
        getattr(circuit, name)(*qubits[:2], when=when)
    elif rng.integers(3) == 0:
        value = float(rng.uniform(0, 6)) if angle is None or rng.integers(2) else angle / 3
        controls = qubits[1 : int(rng.integers(1, 4))]
        state = "".join(map(str, rng.integers(2, size=len(controls)))) or None
        gate = getattr(circuit, str(rng.choice(ANGLED)))
        gate(value, qubits[0], controls=controls, control_state=state, when=when)
    else:
        getattr(circuit, str(rng.choice(ONE)))(qubits[0], when=when)


def _special(circuit, rng, in_loop):
    n = circuit.num_qubits
    qubits = [int(q) for q in rng.permutation(n)[: int(rng.integers(1, min(n, 2) + 1))]]
    kind = int(rng.integers(4))
    if kind == 0:
        circuit.initialize(State.random(len(qubits), seed=int(rng.integers(1000))), *qubits)
    elif kind == 1:
        bits = rng.permutation(circuit.num_bits)
        if rng.integers(2):
            circuit.assign(int(bits[0]), circuit.bits[int(bits[1])] ^ circuit.bits[int(bits[2])])
        else:
            circuit.assign([int(bits[0]), int(bits[1])], circuit.bits[str(rng.choice(["c", "flag"]))])
    elif kind == 2 and in_loop:
        with circuit.if_(condition(circuit, rng)):
            if rng.integers(2):
                circuit.break_()
            else:
                circuit.continue_()
    else:
        circuit.barrier()


def _block(circuit, rng, depth, in_loop):
    kind, size = int(rng.integers(4)), int(rng.integers(0, 3))
    if kind == 0:
        with circuit.if_(condition(circuit, rng)):
            _fill(circuit, rng, size, depth - 1, in_loop)
        if rng.integers(2):
            with circuit.else_():
                _fill(circuit, rng, size, depth - 1, in_loop)
    elif kind == 1:
        with circuit.switch(circuit.bits["c"]) as case:
            with case(0, "10"):
                _fill(circuit, rng, size, depth - 1, in_loop)
            if rng.integers(2):
                with case.default():
                    _fill(circuit, rng, 1, depth - 1, in_loop)
    elif kind == 2:
        with circuit.for_(range(int(rng.integers(0, 3)))) as angle:
            _fill(circuit, rng, size, depth - 1, True, angle)
    else:  # ends: the last thing in each round is a measurement of |+> into the bit of the condition, or of |0>
        bit = int(rng.integers(circuit.num_bits))
        with circuit.while_(circuit.bits[bit] == 1):
            _fill(circuit, rng, min(size, 1), 0, False)
            circuit.reset(0).measure(0, bit)


def condition(circuit, rng):
    """A condition on the circuit's bits."""
    bit, register = circuit.bits[int(rng.integers(circuit.num_bits))], circuit.bits[str(rng.choice(["c", "flag"]))]
    number = int(rng.integers(4))
    simple = [
        bit == number % 2,
        bit,
        ~bit,
        register == f"{number:02b}",
        register != number,
        register < number,
        register >= number,
        (register ^ circuit.bits["c"]) == number,
        (register & "10") == 2,
    ]
    first = simple[int(rng.integers(len(simple)))]
    if rng.integers(3):
        return first
    second = simple[int(rng.integers(len(simple)))]._expression()
    first = first._expression()
    return [first & second, first | second, ~(first ^ second)][int(rng.integers(3))]
