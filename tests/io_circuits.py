"""Strategies: circuits of everything that a circuit can hold."""

import numpy as np
from hypothesis import strategies as st

from qsim import Circuit, Parameter, gates
from qsim.algebra import P0, P1, H, I, X, Y, Z, kron
from qsim.gates import TABLE, Gate

QUBITS = 4
BITS = (("a", 2, False), ("b", 3, True))
_THETA, _PHI = Parameter("θ"), Parameter("φ[0]")
EXPRESSIONS = (
    _THETA,
    2 * _THETA - _PHI / 3 + 0.25,
    np.sin(_THETA) * _PHI**2 - 1,
    (_THETA * _PHI).exp() / _THETA + abs(_PHI),
    ((_THETA + 1) ** (_PHI - 0.5)).sqrt() * 1e-300,
)
angles = st.one_of(st.floats(-10, 10), st.sampled_from(EXPRESSIONS))


def _custom():
    rng = np.random.default_rng(5)
    matrix, _ = np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))
    return (
        gates.unitary(matrix, "two"),
        gates.unitary(kron(P0, I) + kron(P1, H)),
        gates.unitary(kron(Z, I, Z), "zz"),
        gates.unitary([[1, 0.5], [0, 1]], check=False),
        gates.diagonal([0.1, -0.2, 3, 0.4], "phases"),
        gates.permutation([1, 2, 3, 0], "increment"),
        gates.pauli_rotation("XYZ", 0.7),
        gates.unitary((X + Y) / np.sqrt(2)).inverse(),
        gates.cu(0.1, 0.2, 0.3, 0.4).base.controlled(1, "0"),
        gates.h.power(0.3),
    )


CUSTOM = _custom()


@st.composite
def table_gates(draw, params=angles):
    spec = TABLE[draw(st.sampled_from([name for name, row in TABLE.items() if row.num_qubits <= QUBITS]))]
    return Gate.named(spec.name, *(draw(params) for _ in spec.params))


@st.composite
def conditions(draw, circuit, depth=2):
    kind = draw(st.sampled_from(("bit", "equal", "less", "join", "not") if depth else ("bit", "equal")))
    if kind == "bit":
        return circuit.bits[draw(st.integers(0, circuit.num_bits - 1))] == draw(st.integers(0, 1))
    if kind in ("equal", "less"):
        register = circuit.bits[draw(st.sampled_from(("a", "b")))]
        value = draw(st.integers(0, 2**register.size - 1))
        if kind == "less":
            return register < value
        return register == (format(value, f"0{register.size}b") if draw(st.booleans()) else value)
    inner = draw(conditions(circuit, depth - 1))
    if kind == "not":
        return ~inner
    other = draw(conditions(circuit, depth - 1))
    return draw(st.sampled_from((inner & other, inner | other, inner ^ other)))


def _add_gate(draw, circuit, gate):
    extra = draw(st.integers(0, min(2, QUBITS - gate.num_qubits)))
    gate = gate.controlled(extra, draw(st.text("01", min_size=extra, max_size=extra)))
    circuit.append(gate, *draw(st.permutations(range(QUBITS)))[: gate.num_qubits])


def _add(draw, circuit, depth, in_loop):
    simple = ["gate", "gate", "gate", "custom", "measure", "reset", "barrier", "initialize", "assign"]
    kind = draw(st.sampled_from(simple + ["if", "while", "for", "switch"] * bool(depth) + ["jump"] * in_loop))
    qubit = draw(st.integers(0, QUBITS - 1))
    if kind == "gate":
        _add_gate(draw, circuit, draw(table_gates()))
    elif kind == "custom":
        _add_gate(draw, circuit, draw(st.sampled_from(CUSTOM)))
    elif kind == "measure":
        circuit.measure(qubit, draw(st.integers(0, circuit.num_bits - 1)))
    elif kind == "reset":
        circuit.reset(qubit)
    elif kind == "barrier":
        circuit.barrier(*draw(st.permutations(range(QUBITS)))[:2])
    elif kind == "initialize":
        circuit.initialize(draw(st.sampled_from(("0+", "rl", [0, 0.6, -0.8j, 0]))), qubit, (qubit + 1) % QUBITS)
    elif kind == "assign":
        register = circuit.bits["a"]
        circuit.assign(register, draw(st.sampled_from((2, "01", ~register, circuit.bits["a"] ^ 3))))
    elif kind == "jump":
        draw(st.sampled_from((circuit.break_, circuit.continue_)))()
    else:
        _add_block(draw, circuit, kind, depth - 1, in_loop)


def _fill(draw, circuit, depth, in_loop):
    for _ in range(draw(st.integers(0, 3))):
        _add(draw, circuit, depth, in_loop)


def _add_block(draw, circuit, kind, depth, in_loop):
    if kind == "if":
        with circuit.if_(draw(conditions(circuit))):
            _fill(draw, circuit, depth, in_loop)
        if draw(st.booleans()):
            with circuit.else_():
                _fill(draw, circuit, depth, in_loop)
    elif kind == "while":
        with circuit.while_(draw(conditions(circuit)), max_rounds=draw(st.integers(0, 50))):
            _fill(draw, circuit, depth, True)
    elif kind == "for":
        with circuit.for_(draw(st.sampled_from((range(3), range(5, -5, -2), (1, 7, -2))))) as i:
            circuit.rx(i / 2 + 1, 0)
            _fill(draw, circuit, depth, True)
    else:
        with circuit.switch(circuit.bits[draw(st.sampled_from(("a", "b")))]) as case:
            with case(0, 2):
                _fill(draw, circuit, depth, in_loop)
            with case.default():
                _fill(draw, circuit, depth, in_loop)


@st.composite
def circuits(draw, depth=2):
    circuit = Circuit(name=draw(st.sampled_from((None, "a name"))))
    circuit.add_qubits("left", 1)
    circuit.add_qubits("right", QUBITS - 1)
    for name, size, lsb0 in BITS:
        circuit.add_bits(name, size, lsb0=lsb0)
    for _ in range(draw(st.integers(0, 8))):
        _add(draw, circuit, depth, False)
    return circuit
