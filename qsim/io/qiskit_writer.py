"""Circuits as Qiskit's."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import (
    AnnotatedOperation,
    BreakLoopOp,
    ContinueLoopOp,
    ControlModifier,
    ForLoopOp,
    IfElseOp,
    SwitchCaseOp,
    WhileLoopOp,
)
from qiskit.circuit import Parameter as QiskitParameter
from qiskit.circuit.controlflow import CASE_DEFAULT
from qiskit.circuit.library import C3XGate, C4XGate, DiagonalGate, GlobalPhaseGate, Initialize, UnitaryGate
from qiskit.circuit.library import get_standard_gate_name_mapping as standard_gates
from qiskit.exceptions import QiskitError

from qsim.algebra.properties import MATRIX_QUBITS
from qsim.bits import parse_bitstring, register_size
from qsim.circuit import Circuit
from qsim.circuit.analysis import locate
from qsim.circuit.classical import Expression
from qsim.circuit.expressions import ParameterExpression
from qsim.circuit.flow import Assignment, Break, Continue, ControlFlow, ForLoop, IfElse, Switch, WhileLoop
from qsim.circuit.instructions import Barrier, Instruction, Measurement, Operation, Reset
from qsim.circuit.instructions import Initialize as OurInitialize
from qsim.circuit.parameters import Parameter
from qsim.errors import CircuitError
from qsim.gates import Gate
from qsim.gates.table import TABLE
from qsim.io.order import turned
from qsim.io.parts import parts
from qsim.io.qiskit_expressions import write_expression
from qsim.io.symbols import translated

__all__ = ["write_circuit"]

_CLASSES: dict[Any, Any] = {
    TABLE[name]: gate.base_class for name, gate in standard_gates().items() if name in TABLE
} | {TABLE["gphase"]: GlobalPhaseGate, TABLE["c3x"]: C3XGate, TABLE["c4x"]: C4XGate}


def write_circuit(circuit: Circuit) -> QuantumCircuit:
    """The circuit; see `qsim.io.to_qiskit`."""
    if not isinstance(circuit, Circuit):
        raise TypeError(f"to_qiskit takes a Circuit, not {type(circuit).__name__}.")
    instructions = circuit[:]
    result = QuantumCircuit(name=circuit.name)
    for register in circuit.qubits.registers:
        if register.size:
            result.add_register(QuantumRegister(register.size, register.name))
    for bits in circuit.bits.registers:
        if bits.size:
            name = f"{bits.name}_bits" if bits.name in circuit.qubits else bits.name
            result.add_register(ClassicalRegister(bits.size, name))
    writer = _Writer(result)
    for number, instruction in enumerate(instructions):
        try:
            writer.add(instruction)
        except (QiskitError, ValueError) as error:
            reason = error.message if isinstance(error, QiskitError) else str(error)
            raise CircuitError(f"{locate(number, instruction)}: Qiskit has no counterpart: {reason}") from None
    return result


class _Writer:
    """Adds instructions to a circuit of Qiskit's, or to the body of a block.

    Attributes:
        made: what is built.
        qubits, clbits: Qiskit's, by the numbers here.
        places: registers of bits with the numbers of these, bit 0 first.
        symbols: Qiskit's parameters by name.
    """

    def __init__(self, made: QuantumCircuit) -> None:
        self.made = made
        self.qubits, self.clbits = list(made.qubits), list(made.clbits)
        numbers = {bit: number for number, bit in enumerate(self.clbits)}
        self.places = {register: tuple(numbers[bit] for bit in register) for register in made.cregs}
        self.by_value = {numbers[::-1]: register for register, numbers in self.places.items()}
        self.symbols: dict[str, Any] = {}
        self.kinds: dict[type[Instruction], Callable[[Any], None]] = {
            Operation: self._operation,
            Measurement: lambda i: self._append("measure", [i.qubit], [i.bit]),
            Reset: lambda i: self._append("reset", [i.qubit]),
            Barrier: lambda i: self._append("barrier", i.qubits),
            OurInitialize: lambda i: self._put(Initialize(turned(i.amplitudes)), i.qubits),
            Assignment: self._assign,
            IfElse: self._if,
            WhileLoop: self._while,
            ForLoop: self._for,
            Switch: self._switch,
            Break: lambda i: self._jump(BreakLoopOp),
            Continue: lambda i: self._jump(ContinueLoopOp),
        }

    def add(self, instruction: Instruction) -> None:
        """Add one instruction."""
        self.kinds[type(instruction)](instruction)

    def _append(self, method: str, qubits: Sequence[int], bits: Sequence[int] = ()) -> None:
        columns = [[self.qubits[q] for q in qubits]] + ([[self.clbits[b] for b in bits]] if bits else [])
        getattr(self.made, method)(*columns)

    def _put(self, op: Any, qubits: Iterable[int], bits: Iterable[int] = ()) -> None:
        self.made.append(op, [self.qubits[q] for q in qubits], [self.clbits[b] for b in bits])

    # ── Gates ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _operation(self, operation: Operation) -> None:
        gate = operation.gate
        if gate.spec in _CLASSES:
            self._put(self._gate(gate), operation.qubits)
            return
        split = parts(gate)
        if split is None:
            self._put(self._custom(gate), operation.qubits)
            return
        for part, places in split:
            self._put(self._gate(part), [operation.qubits[place] for place in places])

    def _gate(self, gate: Gate) -> Any:
        """A gate of the library, further controls put on."""
        op = _CLASSES[gate.spec](*map(self._angle, gate.params))
        return self._controlled(op, gate)

    def _controlled(self, op: Any, gate: Gate) -> Any:
        state = gate._extra_state
        if not state:
            return op
        if gate.is_symbolic:  # Qiskit works out what the controls do when it knows the angle
            return AnnotatedOperation(op, ControlModifier(len(state), parse_bitstring(state[::-1])))
        return op.control(len(state), ctrl_state=state[::-1])

    def _custom(self, gate: Gate) -> Any:
        spec, width = gate.spec, gate.spec.num_qubits
        if spec.structure == "diagonal" and spec.data is not None:
            op = DiagonalGate(list(turned(spec.data)))
            op.label = spec.name
        elif width > MATRIX_QUBITS:
            raise CircuitError(f"a matrix is written for up to {MATRIX_QUBITS} qubits, but {spec.name} has {width}.")
        else:
            op = UnitaryGate(turned(gate.base_matrix()), label=spec.name)
        return self._controlled(op, gate)

    def _angle(self, value: Any) -> Any:
        if not isinstance(value, ParameterExpression):
            return value
        return translated(value, self._symbol, _call)

    def _symbol(self, parameter: Parameter) -> Any:
        return self.symbols.setdefault(parameter.name, QiskitParameter(parameter.name))

    # ── Control flow ──────────────────────────────────────────────────────────────────────────────────────────────

    def _classical(self, expression: Expression) -> Any:
        return write_expression(expression, self.clbits, self.by_value)

    def _whole(self, expression: Expression) -> tuple[Any, list[int]] | None:
        """The bit or register that an expression reads all of, and the order in which it reads it."""
        if expression.op != "read":
            return None
        if expression.width == 1:
            return self.clbits[expression.args[0]], [0]
        for register, places in self.places.items():
            if sorted(places) == sorted(expression.args):
                return register, [places.index(number) for number in expression.args]
        return None

    def _condition(self, expression: Expression) -> Any:
        """A pair of a bit or register and its value where it is that: more of Qiskit reads it than expressions."""
        if expression.op == "==" and expression.args[1].op == "value":
            found = self._whole(expression.args[0])
            if found is not None:
                return found[0], _reordered(expression.args[1].args[0], found[1])
        return self._classical(expression)

    def _if(self, instruction: IfElse) -> None:
        bodies, qubits, bits = self._bodies(instruction)
        self.made.append(IfElseOp(self._condition(instruction.condition), *bodies), qubits, bits)

    def _while(self, instruction: WhileLoop) -> None:
        bodies, qubits, bits = self._bodies(instruction, is_loop=True)
        self.made.append(WhileLoopOp(self._condition(instruction.condition), *bodies), qubits, bits)

    def _for(self, instruction: ForLoop) -> None:
        name = instruction.parameter.name
        outer, symbol = self.symbols.pop(name, None), QiskitParameter(name)
        self.symbols[name] = symbol
        bodies, qubits, bits = self._bodies(instruction, is_loop=True)
        del self.symbols[name]
        if outer is not None:
            self.symbols[name] = outer
        used = symbol if symbol in bodies[0].parameters else None
        self.made.append(ForLoopOp(instruction.values, used, *bodies), qubits, bits)

    def _switch(self, instruction: Switch) -> None:
        bodies, qubits, bits = self._bodies(instruction)
        whole = self._whole(instruction.subject)
        target = whole[0] if whole else self._classical(instruction.subject)
        cases = [
            CASE_DEFAULT if values is None else tuple(_reordered(v, whole[1]) if whole else v for v in values)
            for values in instruction.cases
        ]
        self.made.append(SwitchCaseOp(target, list(zip(cases, bodies, strict=True))), qubits, bits)

    def _bodies(self, instruction: ControlFlow, is_loop: bool = False) -> tuple[list[Any], list[Any], list[Any]]:
        """The blocks, and the qubits and bits on which they are; a jump ends its block for all of the loop's."""
        wide = not is_loop and _has_jump(instruction)
        qubits = self.made.qubits if wide else [self.qubits[q] for q in instruction.qubits]
        numbers = set(range(len(self.clbits))) if wide else set(instruction.bits)
        for places in self.places.values():  # registers are in a block with all their bits
            numbers |= set(places) if numbers & set(places) else set()
        bits = [self.clbits[b] for b in sorted(numbers) if self.clbits[b] in set(self.made.clbits)]
        registers = [register for register in self.made.cregs if set(register) <= set(bits)]
        bodies = []
        outer = self.made
        for block in instruction.blocks:
            self.made = QuantumCircuit(qubits, bits, *registers)
            try:
                for inner in block:
                    self.add(inner)
                bodies.append(self.made)
            finally:
                self.made = outer
        return bodies, list(qubits), bits

    def _jump(self, kind: type[Any]) -> None:
        self.made.append(kind(self.made.num_qubits, self.made.num_clbits), self.made.qubits, self.made.clbits)

    def _assign(self, instruction: Assignment) -> None:
        value, targets = self._classical(instruction.value), instruction.targets
        if len(targets) == 1:
            self.made.store(self.clbits[targets[0]], value)
        elif targets in self.by_value:
            self.made.store(self.by_value[targets], value)
        else:
            raise CircuitError(f"bits are stored one by one or as a register with lsb0, not as {list(targets)}.")


def _has_jump(instruction: ControlFlow) -> bool:
    """Whether a break or continue of the loop around it stands in one of its blocks."""
    inner = [i for block in instruction.blocks for i in block]
    return any(isinstance(i, Break | Continue) or (isinstance(i, IfElse | Switch) and _has_jump(i)) for i in inner)


def _reordered(value: int, order: list[int]) -> int:
    """The value of a register of Qiskit's whose bits, in this order, spell a value here."""
    weights = map(register_size, order)
    digits = format(value, f"0{len(order)}b")
    return sum(weight for weight, digit in zip(weights, digits, strict=True) if digit == "1")


def _call(name: str, operands: list[Any]) -> Any:
    if name == "*":
        return operands[0] * operands[1]
    if name in ("**", "sqrt"):
        return operands[0] ** (operands[1] if name == "**" else 0.5)
    return getattr(operands[0], name)()
