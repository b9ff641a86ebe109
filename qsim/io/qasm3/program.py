"""Statements of a program, one after another."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from openqasm3 import ast

from qsim.circuit import Circuit
from qsim.circuit.instructions import Barrier, Measurement, Reset
from qsim.circuit.parameters import Parameter
from qsim.errors import QasmError, QsimError
from qsim.io.library import INCLUDES
from qsim.io.limits import Limits
from qsim.io.qasm3.build import Signal, Undetermined
from qsim.io.qasm3.evaluate import described
from qsim.io.qasm3.guard import largest_hardware_qubit, parse
from qsim.io.qasm3.names import BitNames, GateDefinition, Name, QubitNames, Subroutine, Variable
from qsim.io.qasm3.static import names_in
from qsim.io.qasm3.stores import Stores
from qsim.io.qasm3.values import Type, Value, default
from qsim.io.source import Source, included_file, read_file

__all__ = ["Interpreter", "ProgramEnd"]

_CALIBRATION = "pulses cannot be simulated"
_REFUSED = {
    ast.ExternDeclaration: ("extern", "what lies outside the program cannot be called"),
    ast.CalibrationDefinition: ("defcal", _CALIBRATION),
    ast.CalibrationStatement: ("cal", _CALIBRATION),
    ast.CalibrationGrammarDeclaration: ("defcalgrammar", _CALIBRATION),
}


class ProgramEnd(Exception):
    """An `end` was reached."""


class Interpreter(Stores):
    """Walks a program and builds its circuit."""

    def __init__(self, source: Source, limits: Limits, folder: str | Path | None) -> None:
        super().__init__(source, limits)
        self.folder = folder
        self._depth = 0  # files that include files
        self._programs: list[ast.Program] = []  # kept, for nodes are told apart by identity
        self._hardware: dict[int, int] = {}
        self._inputs: list[str] = []
        self._run: dict[type, Callable[[Any], Signal | None]] = {
            ast.AliasStatement: self._run_alias,
            ast.Box: self._run_box,
            ast.BranchingStatement: self.run_if,
            ast.BreakStatement: lambda node: self.jump(node, "break"),
            ast.ClassicalAssignment: self.run_assignment,
            ast.ClassicalDeclaration: self._run_declaration,
            ast.CompoundStatement: lambda node: self.run_block(node.statements),
            ast.ConstantDeclaration: self._run_constant,
            ast.ContinueStatement: lambda node: self.jump(node, "continue"),
            ast.DelayInstruction: self._run_delay,
            ast.EndStatement: self._run_end,
            ast.ExpressionStatement: self._run_expression,
            ast.ForInLoop: self.run_for,
            ast.Include: self._run_include,
            ast.IODeclaration: self._run_io,
            ast.Pragma: self._run_pragma,
            ast.QuantumBarrier: self._run_barrier,
            ast.QuantumGate: self.run_gate,
            ast.QuantumGateDefinition: self._run_gate_definition,
            ast.QuantumMeasurementStatement: self.run_measurement,
            ast.QuantumPhase: self.run_phase,
            ast.QuantumReset: self._run_reset,
            ast.QubitDeclaration: self._run_qubits,
            ast.ReturnStatement: self.run_return,
            ast.SubroutineDefinition: self._run_subroutine,
            ast.SwitchStatement: self.run_switch,
            ast.WhileLoop: self.run_while,
        }

    def finished(self, program: ast.Program) -> Circuit:
        """The circuit of a whole program."""
        if program.version not in (None, "3", "3.0", "3.1"):
            self.refuse(program, f"qsim reads OpenQASM 2.0, 3.0 and 3.1, but this is version {program.version}.")
        self._programs.append(program)
        with suppress(ProgramEnd):
            self.run_all(program.statements)
        self.circuit._instructions = self.blocks[0]
        return self.circuit

    def run_all(self, statements: Sequence[Any]) -> Signal:
        """Walk statements, until one jumps away."""
        for statement in statements:
            signal = self.execute(statement)
            if signal is not None:
                return signal
        return None

    def execute(self, statement: Any) -> Signal:
        """Walk one statement."""
        run = self._run.get(type(statement))
        if run is None:
            kind, reason = _REFUSED.get(type(statement), (type(statement).__name__, "it cannot be simulated"))
            self.refuse(statement, f"{kind} is not supported: {reason}.")
        for annotation in getattr(statement, "annotations", ()):
            self.warn(annotation, f"The annotation @{annotation.keyword} has no effect.")
        mark, scope, source, outer = self.mark(), self.scope, self.source, self.statement
        self.statement = statement
        try:
            return run(statement)
        except Undetermined as needed:
            self.scope, self.source = scope, source
            self.go_back(mark)
            return self.split(statement, needed)
        except QasmError:
            raise
        except QsimError as error:  # from gates and circuits; they say what is wrong
            self.refuse(self.statement, str(error))
        finally:
            self.statement = outer

    # ── Declarations ──────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def inputs(self) -> list[str]:
        """The names of the program's inputs."""
        return self._inputs

    def declare(self, node: ast.QASMNode, name: str, thing: Name) -> None:
        """Give a name its meaning in this scope."""
        known = self.scope.names.get(name)
        if known is not None:
            self.refuse(node, f"{name} is declared already, {described(known)}.")
        if name in self.included and isinstance(thing, (GateDefinition, Subroutine)):
            self.warn(node, f"{name} takes the place of the gate of that name from an included file.")
        self.scope.names[name] = thing

    @property
    def _is_outermost(self) -> bool:
        return self.scope.outer is None

    def _run_qubits(self, node: ast.QubitDeclaration) -> None:
        size = 1 if node.size is None else self._count(node.size)
        self.declare(
            node, node.qubit.name, QubitNames(self._new_qubits(node, node.qubit.name, size), node.size is None)
        )

    def _count(self, node: ast.Expression) -> int:
        size = self.integer(node)
        if size < 0:
            self.refuse(node, f"The size of a register must not be negative, but is {size}.")
        return size

    def _new_qubits(self, node: ast.QASMNode, name: str, size: int) -> tuple[int, ...]:
        if self.circuit.num_qubits + size > self.limits.qubits:
            self.refuse(node, f"A program may have {self.limits.qubits} qubits.", "Limits(qubits=…) allows more.")
        while name in self.circuit.qubits:
            name += "_"
        register = self.circuit.add_qubits(name, size)
        return tuple(range(register.start, register.start + size))

    def hardware_qubit(self, node: ast.QASMNode, name: str) -> QubitNames:
        """The qubit of a name such as $0; all up to the largest become a register."""
        number = int(name[1:])
        if number not in self._hardware:
            if number >= self.limits.qubits:
                self.refuse(node, f"A program may have {self.limits.qubits} qubits.", "Limits(qubits=…) allows more.")
            wanted = range(max(number, largest_hardware_qubit(self.source, self.limits)) + 1)
            missing = [k for k in wanted if k not in self._hardware]
            self._hardware |= zip(missing, self._new_qubits(node, "hardware", len(missing)), strict=True)
        return QubitNames((self._hardware[number],), is_single=True)

    def _run_declaration(self, node: ast.ClassicalDeclaration) -> None:
        type, name = self.type_of(node.type), node.identifier.name
        variable = Variable(name, type, (id(node),), self.level, default(type))
        start = node.init_expression
        if isinstance(start, ast.QuantumMeasurement):
            self.declare(node, name, variable)
            self.measure(node, start, [(variable, k) for k in range(type.width or 1)])
            return
        value = None if start is None else self.converted(node, self.right_side(start, type), type)
        self.declare(node, name, variable)
        if self._is_outermost and type.name == "bit" and not type.shape:
            self.settle_variable(node, variable)
        if value is not None and type.shape:
            self.store_array(node, variable, value.data)
        elif value is not None:
            self.store(node, variable, value)

    def _run_constant(self, node: ast.ConstantDeclaration) -> None:
        if isinstance(node.init_expression, ast.QuantumMeasurement):
            self.refuse(node, "A constant must be known while the text is read.")
        type, name = self.type_of(node.type), node.identifier.name
        value = self.converted(node, self.right_side(node.init_expression, type), type)
        if not value.is_known:
            self.refuse(node, f"The constant {name} must be known while the text is read.")
        known = self.scope.names.get(name)
        if isinstance(known, Value) and known.type == type and known.is_known and known.data == value.data:
            self.warn(node, f"The constant {name} is declared again, with the value that it has.")
            return
        self.declare(node, name, value)

    def _run_io(self, node: ast.IODeclaration) -> None:
        type, name = self.type_of(node.type), node.identifier.name
        if node.io_identifier.name == "input":
            if type.name not in ("angle", "float") or type.shape:
                self.refuse(node, f"input {type} {name} is not supported: only angle and float become parameters.")
            self._inputs.append(name)
            self.declare(node, name, Value(Type("float"), Parameter(name)))
            return
        variable = Variable(name, type, (id(node),), self.level, default(type))
        self.declare(node, name, variable)
        if type.width is None:
            self.warn(node, f"output {type} {name} is not kept in the circuit: only classical bits are.")
        else:
            self.settle_variable(node, variable)

    def _run_alias(self, node: ast.AliasStatement) -> None:
        name = node.target.name
        thing: Name = self.qubits_of(node.value) if self._names_qubits(node.value) else self.bits_of(node.value)
        outer, crossed = (None, False) if self.scope.outer is None else self.scope.outer.find(name)
        if isinstance(outer, (QubitNames, BitNames)) and not crossed and name not in self.scope.names:
            self.warn(node, f"This {name} hides the {name} declared outside, up to the end of the block.")
        self.declare(node, name, thing)

    def _names_qubits(self, node: Any) -> bool:
        for name in names_in(node):
            found = self.scope.find(name)[0]
            if name.startswith("$") or isinstance(found, QubitNames):
                return True
            if isinstance(found, (Variable, BitNames)):
                return False
        return True

    def _run_gate_definition(self, node: ast.QuantumGateDefinition) -> None:
        self.declare(node, node.name.name, self.define_gate(node))

    def _run_subroutine(self, node: ast.SubroutineDefinition) -> None:
        self.declare(node, node.name.name, Subroutine(node, self.source))

    # ── Other files ───────────────────────────────────────────────────────────────────────────────────────────────

    def _run_include(self, node: ast.Include) -> None:
        gates = INCLUDES.get(node.filename)
        if gates is not None:
            for name in gates:
                known = self.scope.names.get(name)
                if isinstance(known, (GateDefinition, Subroutine)):
                    self.refuse(node, f"{name}, which {node.filename} defines, is declared already.")
            self.included |= gates
            return
        if self._depth >= self.limits.include_depth:
            self.refuse(node, f"Files may include one another {self.limits.include_depth} deep.")
        path = included_file(node.filename, self.folder)
        if path is None:
            known_files = " and ".join(INCLUDES)
            self.refuse(node, "This file cannot be included.", f"{known_files} are built in; others need a folder.")
        source = read_file(path, self.limits)
        program = parse(source, self.limits)
        self._programs.append(program)
        outer, self.source = self.source, source
        self._depth += 1
        try:
            self.run_all(program.statements)
        finally:
            self.source = outer
            self._depth -= 1

    # ── Qubits ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _run_reset(self, node: ast.QuantumReset) -> None:
        numbers = self.qubits_of(node.qubits).numbers
        self.require(node, len(numbers))
        for qubit in numbers:
            self.emit(Reset((qubit,)))

    def _run_barrier(self, node: ast.QuantumBarrier) -> None:
        numbers = [number for operand in node.qubits for number in self.qubits_of(operand).numbers]
        if not node.qubits:
            numbers = list(range(self.circuit.num_qubits))
        if numbers:
            self.emit(Barrier(tuple(dict.fromkeys(numbers))))

    def measure(self, node: Any, measurement: ast.QuantumMeasurement, targets: list[tuple[Variable, int]]) -> None:
        """Measure qubits into bits of variables."""
        qubits = self.qubits_of(measurement.qubit).numbers
        if len(qubits) != len(targets):
            self.refuse(node, f"{len(qubits)} qubits are measured into {len(targets)} bits.")
        self.require(node, len(qubits))
        places: dict[Variable, set[int]] = {}
        for variable, place in targets:
            places.setdefault(variable, set()).add(place)
        for variable, found in places.items():
            if variable.type.name not in ("bit", "bool", "angle", "uint") or variable.type.width is None:
                self.refuse(node, f"A measurement gives bits, not a value of type {variable.type}.")
            self.settle_variable(node, variable, is_overwritten=len(found) == variable.type.width)
        for qubit, (variable, place) in zip(qubits, targets, strict=True):
            self.emit(Measurement((qubit,), variable.bits[place]))
        for variable in places:
            self.set_state(variable, None, None, variable.bits)

    # ── Time, and what has none ───────────────────────────────────────────────────────────────────────────────────

    def _run_delay(self, node: ast.DelayInstruction) -> None:
        value = self.evaluate(node.duration)
        if value.type.name != "duration":
            self.refuse(node.duration, f"A delay takes a duration, not {value.type}.")
        for operand in node.qubits:
            self.qubits_of(operand)
        self.warn(node, "This delay has no effect: a simulation has no clock.")

    def _run_box(self, node: ast.Box) -> Signal:
        if node.duration is not None:
            self.warn(node, "The duration of this box has no effect: a simulation has no clock.")
        return self.run_block(node.body)

    def _run_pragma(self, node: ast.Pragma) -> None:
        self.warn(node, "This pragma has no effect.")

    def _run_end(self, node: ast.EndStatement) -> None:
        if self.level:
            self.refuse(node, "end where measured bits decide is not supported.")
        raise ProgramEnd

    def _run_expression(self, node: ast.ExpressionStatement) -> None:
        if isinstance(node.expression, ast.FunctionCall):
            name = node.expression.name.name
            if isinstance(self.scope.find(name)[0], Subroutine):
                self.call(node.expression, name, node.expression.arguments, is_direct=True)
                return
        self.evaluate(node.expression)
