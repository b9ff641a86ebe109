"""Circuits as Cirq's."""

import cmath
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import cirq
import sympy

from qsim import gates
from qsim.algebra.properties import MATRIX_QUBITS
from qsim.bits import register_size
from qsim.circuit import Circuit
from qsim.circuit.analysis import locate
from qsim.circuit.classical import Expression
from qsim.circuit.flow import Assignment, ForLoop, IfElse, Switch, walk
from qsim.circuit.instructions import Barrier, Initialize, Instruction, Measurement, Operation, Reset
from qsim.circuit.transforms import bound
from qsim.errors import CircuitError
from qsim.gates import Gate
from qsim.gates.table import TABLE
from qsim.io.limits import DEFAULT_LIMITS
from qsim.io.parts import parts
from qsim.io.symbols import to_sympy

__all__ = ["write_circuit"]

_PI = math.pi


def write_circuit(circuit: Circuit, qubits: Iterable[Any] | None) -> Any:
    """The circuit; see `qsim.io.to_cirq`."""
    if not isinstance(circuit, Circuit):
        raise TypeError(f"to_cirq takes a Circuit, not {type(circuit).__name__}.")
    order = list(cirq.LineQubit.range(circuit.num_qubits) if qubits is None else qubits)
    if len(set(order)) != circuit.num_qubits:
        raise CircuitError(f"Argument `qubits` must be {circuit.num_qubits} distinct qubits, but is {order}.")
    writer = _Writer(circuit, order)
    instructions = circuit[:]
    number = 0
    while number < len(instructions):
        try:
            number += writer.add(instructions, number)
        except (ValueError, TypeError) as error:
            where = locate(number, instructions[number])
            raise CircuitError(f"{where}: Cirq has no counterpart: {error}") from None
    made = cirq.Circuit()
    for segment in writer.segments:
        made += cirq.Circuit(segment)
    return made


class _Writer:
    """Adds instructions to a circuit of Cirq's.

    Attributes:
        segments: operations, those after each barrier in a list of their own.
        whole: registers that are measured at once, by the numbers of their bits.
        measured: bits that were measured so far.
        controls: the conditions of the blocks around what is written, with the bits that they read.
    """

    def __init__(self, circuit: Circuit, order: list[Any]) -> None:
        self.segments: list[list[Any]] = [[]]
        self.order = order
        self.left = DEFAULT_LIMITS.operations
        self.keys = {
            bit.number: register.name if register.size == 1 else repr(bit)
            for register in circuit.bits.registers
            for bit in register
        }
        self.whole = dict(_measured_whole(circuit))
        self.measured: set[int] = set()
        self.controls: list[tuple[Any, frozenset[int]]] = []
        self.kinds: dict[type[Instruction], Callable[[Any], None]] = {
            Operation: self._operation,
            Measurement: lambda i: self._measure(i.qubits, (i.bit,), self.keys[i.bit]),
            Reset: lambda i: self._put(cirq.ResetChannel(), i.qubits),
            Barrier: lambda i: self.segments.append([]),
            Initialize: lambda i: self._put(cirq.StatePreparationChannel(i.amplitudes), i.qubits),
            IfElse: self._if,
            ForLoop: self._for,
            Switch: self._switch,
        }

    def add(self, instructions: Any, number: int) -> int:
        """Add the instruction at a place, or several measurements at once; how many."""
        instruction = instructions[number]
        if isinstance(instruction, Measurement) and not self.controls:
            for bits, name in self.whole.items():
                run = instructions[number : number + len(bits)]
                if tuple(i.bit for i in run if isinstance(i, Measurement)) == bits:
                    self._measure(tuple(i.qubit for i in run), bits, name)
                    return len(run)
        self.left -= 1
        if self.left < 0:
            raise CircuitError(f"more than {DEFAULT_LIMITS.operations} operations come out of its loops.")
        kind = self.kinds.get(type(instruction))
        if kind is None:
            raise CircuitError(f"a circuit of Cirq's has no {instruction.name}.")
        kind(instruction)
        return 1

    def _put(self, gate: Any, qubits: Iterable[int]) -> None:
        operation = gate.on(*(self.order[q] for q in qubits))
        if self.controls:
            operation = operation.with_classical_controls(*(condition for condition, _ in self.controls))
        self.segments[-1].append(operation)

    def _operation(self, operation: Operation) -> None:
        gate = operation.gate
        for made, places in _gates(gate):
            controlled = made.controlled(len(gate.control_state), [int(v) for v in gate.control_state])
            targets = [operation.targets[place] for place in places]
            self._put(controlled if gate.num_controls else made, [*operation.controls, *targets])

    def _measure(self, qubits: tuple[int, ...], bits: tuple[int, ...], key: str) -> None:
        self._put(cirq.MeasurementGate(len(qubits), key), qubits)
        self.measured.update(bits)

    # ── Blocks ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _block(self, block: tuple[Instruction, ...], condition: Any, bits: Iterable[int]) -> None:
        self.controls.append((condition, frozenset(bits)))
        for number in range(len(block)):
            self.add(block, number)
        self.controls.pop()

    def _if(self, instruction: IfElse) -> None:
        condition = self._condition(instruction.condition)
        for block, wanted in zip(instruction.blocks, (condition, sympy.Not(condition)), strict=False):
            self._block(block, wanted, instruction.condition.bits)

    def _switch(self, instruction: Switch) -> None:
        subject = self._value(instruction.subject)
        others: list[Any] = []
        for values, block in zip(instruction.cases, instruction.blocks, strict=True):
            if values is None:
                wanted: Any = sympy.And(*map(sympy.Not, others))
            else:
                wanted = sympy.Or(*(sympy.Eq(subject, value) for value in values))
                others.append(wanted)
            self._block(block, wanted, instruction.subject.bits)

    def _for(self, instruction: ForLoop) -> None:
        for value in instruction.values:
            self.left -= 1
            block = bound(instruction.blocks[0], {instruction.parameter: float(value)})
            for number in range(len(block)):
                self.add(block, number)

    # ── Conditions ────────────────────────────────────────────────────────────────────────────────────────────────

    def _condition(self, expression: Expression) -> Any:
        """An expression of one bit, as one of SymPy that is true or false."""
        args = expression.args
        if expression.op in _JOINED:
            return _JOINED[expression.op](*map(self._condition, args))
        if expression.op in _RELATIONS and args[0].width == 1 and args[0].op != "read":
            one, other = map(self._condition, args)
            return _RELATED[expression.op](one, other)
        if expression.op in _RELATIONS:
            return _RELATIONS[expression.op](*map(self._value, args))
        return sympy.Eq(self._value(expression), 1)

    def _value(self, expression: Expression) -> Any:
        """What bits spell, or a constant; Cirq reads the first bit of a key as the most significant one."""
        if expression.op == "value":
            return sympy.Integer(expression.args[0])
        if expression.op != "read":
            raise CircuitError(f"a condition of Cirq's has no {expression.op} of several bits.")
        if missing := [number for number in expression.args if number not in self.measured]:
            raise CircuitError(f"bit {missing[0]} is read, but nothing is measured into it before.")
        if expression.args in self.whole:
            return sympy.Symbol(self.whole[expression.args])
        symbols = [sympy.Symbol(self.keys[number]) for number in expression.args]
        return sum(symbol * register_size(place) for place, symbol in enumerate(reversed(symbols)))


_JOINED: dict[str, Callable[..., Any]] = {"&": sympy.And, "|": sympy.Or, "^": sympy.Xor, "~": sympy.Not}
_RELATIONS: dict[str, Callable[..., Any]] = {
    "==": sympy.Eq,
    "!=": sympy.Ne,
    "<": sympy.Lt,
    "<=": sympy.Le,
    ">": sympy.Gt,
    ">=": sympy.Ge,
}
_RELATED: dict[str, Callable[[Any, Any], Any]] = {  # the same of two truth values
    "==": lambda a, b: sympy.Not(sympy.Xor(a, b)),
    "!=": sympy.Xor,
    "<": lambda a, b: sympy.And(sympy.Not(a), b),
    "<=": lambda a, b: sympy.Or(sympy.Not(a), b),
    ">": lambda a, b: sympy.And(a, sympy.Not(b)),
    ">=": lambda a, b: sympy.Or(a, sympy.Not(b)),
}


def _measured_whole(circuit: Circuit) -> Iterator[tuple[tuple[int, ...], str]]:
    """Registers of several bits that are measured once, at once and in order, and never read in part."""
    everything = list(walk(circuit))
    written = [b for i in everything if isinstance(i, Measurement | Assignment) for b in i.written]
    reads = {args for i in everything for args in _reads(i)}
    top = [i.bit if isinstance(i, Measurement) else -1 for i in circuit]
    starts = {bit: place for place, bit in enumerate(top)}
    for register in circuit.bits.registers:
        bits = tuple(range(register.start, register.start + register.size))
        if register.size < 2 or bits[0] not in starts:
            continue
        at_once = tuple(top[starts[bits[0]] : starts[bits[0]] + len(bits)]) == bits
        once = all(written.count(bit) == 1 for bit in bits)
        if at_once and once and all(args == bits or not set(args) & set(bits) for args in reads):
            yield bits, register.name


def _reads(instruction: Instruction) -> Iterator[tuple[int, ...]]:
    stack = [getattr(instruction, name) for name in ("condition", "subject") if hasattr(instruction, name)]
    while stack:
        expression = stack.pop()
        if expression.op == "read":
            yield expression.args
        stack.extend(arg for arg in expression.args if isinstance(arg, Expression))


# ── Gates ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _gates(gate: Gate) -> list[tuple[Any, tuple[int, ...]]]:
    """Cirq's gates for a gate without its controls, with the places of their qubits, in order of time."""
    base = gate.base
    make = _MADE.get(base.spec)
    if make is not None:
        return [(make(*map(to_sympy, base.params)), tuple(range(base.num_qubits)))]
    split = parts(base)
    if split is not None:
        return [(made, tuple(own[p] for p in places)) for part, own in split for made, places in _gates(part)]
    if base.num_qubits > MATRIX_QUBITS:
        raise CircuitError(f"a matrix is written for up to {MATRIX_QUBITS} qubits, but {gate.name} has more.")
    return [(cirq.MatrixGate(base.base_matrix(), name=base.spec.name), tuple(range(base.num_qubits)))]


def _rotation(kind: Any) -> Callable[[Any], Any]:
    """exp(-i θ/2 P) as a power of P without its phase."""
    return lambda theta: kind(exponent=theta / _PI, global_shift=-0.5)


def _global_phase(gamma: Any) -> Any:
    return cirq.GlobalPhaseGate(cmath.exp(1j * gamma) if isinstance(gamma, float) else sympy.exp(sympy.I * gamma))


_MADE: dict[Any, Callable[..., Any]] = {
    gates.id.spec: lambda: cirq.I,
    gates.x.spec: lambda: cirq.X,
    gates.y.spec: lambda: cirq.Y,
    gates.z.spec: lambda: cirq.Z,
    gates.h.spec: lambda: cirq.H,
    gates.s.spec: lambda: cirq.S,
    gates.sdg.spec: lambda: cirq.S**-1,
    gates.t.spec: lambda: cirq.T,
    gates.tdg.spec: lambda: cirq.T**-1,
    gates.sx.spec: lambda: cirq.X**0.5,
    gates.sxdg.spec: lambda: cirq.X**-0.5,
    gates.swap.spec: lambda: cirq.SWAP,
    gates.iswap.spec: lambda: cirq.ISWAP,
    TABLE["p"]: lambda lam: cirq.ZPowGate(exponent=lam / _PI),
    TABLE["u1"]: lambda lam: cirq.ZPowGate(exponent=lam / _PI),
    TABLE["rx"]: cirq.rx,
    TABLE["ry"]: cirq.ry,
    TABLE["rz"]: cirq.rz,
    TABLE["rxx"]: _rotation(cirq.XXPowGate),
    TABLE["ryy"]: _rotation(cirq.YYPowGate),
    TABLE["rzz"]: _rotation(cirq.ZZPowGate),
    TABLE["r"]: lambda theta, phi: cirq.PhasedXPowGate(
        exponent=theta / _PI, phase_exponent=phi / _PI, global_shift=-0.5
    ),
    TABLE["gphase"]: _global_phase,
    TABLE["fsim"]: cirq.FSimGate,
}
