"""Circuits as OpenQASM 2 and 3 texts that qsim and Qiskit read back as the same operator."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple, NoReturn

from qsim.circuit import (
    Assignment,
    Barrier,
    Break,
    Circuit,
    Continue,
    Expression,
    ForLoop,
    IfElse,
    Initialize,
    Instruction,
    Measurement,
    Operation,
    Parameter,
    Reset,
    Switch,
    WhileLoop,
)
from qsim.errors import QasmError
from qsim.gates import Gate
from qsim.io.gate_texts import GateText, angles_of, gate_text
from qsim.io.library import BUILT_IN, INCLUDES
from qsim.io.notation import angle_text, bit_texts, condition_text, turned, unique_name, whole_register
from qsim.io.scope import KEYWORDS

__all__ = ["dumps", "save"]

_CONSTANTS = "pi tau euler true false sin cos tan exp ln log sqrt arcsin arccos arctan asin acos atan mod pow floor"
_CONSTANTS += " ceiling popcount rotl rotr real imag π τ ℇ"
_RESERVED = frozenset(_CONSTANTS.split()) | KEYWORDS
_LABELS = {"0": "", "1": "x", "+": "h", "-": "x h", "r": "h s", "l": "h sdg"}  # a state's letters, by gates on |0⟩


def dumps(circuit: Circuit, version: int = 3) -> str:
    """A circuit as OpenQASM, which qsim and other tools read back as the same operator.

    Registers of bits have bit 0 least significant there; conditions on registers that are read the other way here are
    written with the bits turned round. Names that the language has already get an underscore. What the language has no
    name for is defined or decomposed exactly: one-qubit gates, diagonals on up to 8 qubits, product states by letters.

    Args:
        circuit: the circuit.
        version: 2 or 3. OpenQASM 2 has no words for parameters, control flow other than an `if` of one comparison
            with a whole register, and more than a few controls; a global phase that nothing controls is left out.

    Raises:
        QasmError: something in the circuit has no words in that version; the message names it.

    >>> print(dumps(Circuit(2, 2).h(0).cx(0, 1).measure([0, 1], [0, 1])))
    OPENQASM 3.0;
    include "stdgates.inc";
    qubit[2] q;
    bit[2] c;
    h q[0];
    cx q[0], q[1];
    c[0] = measure q[0];
    c[1] = measure q[1];
    <BLANKLINE>
    """
    if version not in (2, 3) or isinstance(version, bool):
        raise QasmError(f"Argument `version` must be 2 or 3, but is {version!r}.")
    return (Writer2 if version == 2 else Writer3)(circuit).text()


def save(circuit: Circuit, path: str | Path, version: int = 3) -> None:
    """Write a circuit to a file, as `dumps` spells it, or as JSON; the suffix is .qasm, .qasm2, .qasm3 or .json.

    Raises:
        QasmError: as for `dumps`; no file is written then.
        ValueError: the suffix is another.
    """
    path = Path(path)
    if path.suffix == ".json":
        from qsim.io.json_writer import to_json

        text = f"{to_json(circuit)}\n"
    elif path.suffix in (".qasm", ".qasm2", ".qasm3"):
        text = dumps(circuit, version)
    else:
        raise ValueError(f"Argument `path` must end in .qasm or .json, but is {str(path)!r}.")
    path.write_text(text, encoding="utf-8")


class Written(NamedTuple):
    """A definition of the text: the name that it got."""

    name: str
    line: str


class Writer:
    """What both versions share: names, registers, gates. A subclass writes controls and control flow."""

    version: int
    header: tuple[str, ...]

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self.lines: list[str] = []
        self.definitions: dict[str, Written] = {}  # by the text before it got its name
        self.taken = set(_RESERVED) | set(BUILT_IN[self.version])
        for gates in INCLUDES.values():
            self.taken |= set(gates)
        self.indent = ""
        self.qubit_names = self._named(register.name for register in circuit.qubits.registers)
        self.bit_names = self._named(register.name for register in circuit.bits.registers)
        self.parameters: dict[Parameter, str] = {}
        self.qubits = [
            f"{self.qubit_names[register.name]}[{place}]"
            for register in circuit.qubits.registers
            for place in range(register.size)
        ]
        self.bits = [
            f"{self.bit_names[register.name]}[{place}]"
            for register in circuit.bits.registers
            for place in range(register.size)
        ]

    def _named(self, names: Iterable[str]) -> dict[str, str]:
        found = {}
        for name in names:
            found[name] = self.new_name(name)
        return found

    def new_name(self, name: str) -> str:
        """A name that is not taken, and is from now on."""
        found = unique_name(name, self.taken, is_ascii=self.version == 2)
        self.taken.add(found)
        return found

    def text(self) -> str:
        """The whole text."""
        inputs = self.declared_inputs()
        self.write_all(self.circuit)
        head = [*self.header, *inputs, *(written.line for written in self.definitions.values())]
        return "\n".join([*head, *self.declared_registers(), *self.lines, ""])

    def declared_inputs(self) -> list[str]:
        """The lines that declare parameters."""
        raise NotImplementedError

    def declared_registers(self) -> list[str]:
        """The lines that declare registers, without empty ones."""
        raise NotImplementedError

    def write_all(self, instructions: Iterable[Instruction]) -> None:
        """Add the lines of instructions."""
        for instruction in instructions:
            writer = getattr(self, f"write_{type(instruction).__name__.lower()}", None)
            if writer is None:
                self.refuse(instruction, f"OpenQASM {self.version} has no words for it")
            writer(instruction)

    def refuse(self, instruction: Instruction, why: str, hint: str | None = None) -> NoReturn:
        """Refuse to write an instruction."""
        raise QasmError(f"{instruction!r} cannot be written: {why}.", hint=hint)

    def add(self, statement: str) -> None:
        """Add a line."""
        self.lines.append(f"{self.indent}{statement}")

    # ── Gates ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def write_operation(self, operation: Operation) -> None:
        """A gate."""
        raise NotImplementedError

    def called(self, text: GateText, operation: Operation) -> str:
        """Name and angles, the definition added if there must be one."""
        name = text.name
        if text.definition is not None:
            name = self.defined(text.name, text.definition)
        params = ", ".join(angle_text(param, self.parameters) for param in text.params)
        return f"{name}({params})" if params else name

    def defined(self, name: str, definition: str) -> str:
        """The name of a definition, which is added unless it is there."""
        written = self.definitions.get(definition)
        if written is None:
            known = "NAME" not in definition  # a row of the table keeps its name
            chosen = name if known and name not in self.registers() else self.new_name(name)
            line = definition.replace("NAME", chosen, 1) if not known else definition.replace(name, chosen, 1)
            written = self.definitions[definition] = Written(chosen, line)
        return written.name

    def registers(self) -> set[str]:
        """The names of registers and parameters."""
        return {*self.qubit_names.values(), *self.bit_names.values(), *self.parameters.values()}

    def places(self, qubits: Sequence[int]) -> str:
        """Qubits of a statement."""
        return ", ".join(self.qubits[qubit] for qubit in qubits)

    # ── What both versions write alike ────────────────────────────────────────────────────────────────────────────

    def write_barrier(self, barrier: Barrier) -> None:
        """A barrier."""
        if barrier.qubits:
            self.add(f"barrier {self.places(barrier.qubits)};")

    def write_reset(self, reset: Reset) -> None:
        """A reset."""
        self.add(f"reset {self.places(reset.qubits)};")

    def write_initialize(self, initialize: Initialize) -> None:
        """Product states that were given by letters: reset, then gates."""
        if not initialize.label or set(initialize.label) - set(_LABELS):
            self.refuse(initialize, "OpenQASM has no words for a state given by amplitudes")
        for qubit, letter in zip(initialize.qubits, initialize.label, strict=True):
            self.add(f"reset {self.qubits[qubit]};")
            for gate in _LABELS[letter].split():
                self.add(f"{gate} {self.qubits[qubit]};")


class Writer3(Writer):
    """OpenQASM 3."""

    version = 3
    header = ("OPENQASM 3.0;", 'include "stdgates.inc";')

    def declared_inputs(self) -> list[str]:
        """`input float θ;` for each parameter."""
        for parameter in self.circuit.parameters:
            self.parameters[parameter] = self.new_name(parameter.name)
        return [f"input float {name};" for name in self.parameters.values()]

    def declared_registers(self) -> list[str]:
        """`qubit[2] q;` and `bit[2] c;`."""
        qubits = [f"qubit[{r.size}] {self.qubit_names[r.name]};" for r in self.circuit.qubits.registers if r.size]
        return qubits + [f"bit[{r.size}] {self.bit_names[r.name]};" for r in self.circuit.bits.registers if r.size]

    def write_operation(self, operation: Operation) -> None:
        """A gate with its controls as modifiers."""
        text = gate_text(operation.gate, 3)
        if text is None:
            self.refuse(operation, *_NO_WORDS)
        gate = operation.gate
        state = gate.control_state[: gate.num_controls - text.controls]
        modifiers = "".join(
            f"{'ctrl' if value == '1' else 'negctrl'}{f'({count})' if count > 1 else ''} @ "
            for value, count in ((value, len(list(group))) for value, group in groupby(state))
        )
        places = self.places(operation.qubits)
        self.add(f"{modifiers}{self.called(text, operation)}{' ' * bool(places)}{places};")

    def write_measurement(self, measurement: Measurement) -> None:
        """A measurement."""
        self.add(f"{self.bits[measurement.bit]} = measure {self.places(measurement.qubits)};")

    # ── Control flow ──────────────────────────────────────────────────────────────────────────────────────────────

    def condition(self, expression: Expression) -> str:
        """A condition."""
        return condition_text(expression, self.circuit.bits.registers, self.bit_names)  # type: ignore[arg-type]

    def block(self, opening: str, instructions: Iterable[Instruction]) -> None:
        """A block in braces."""
        self.add(f"{opening} {{")
        self.indent += "  "
        self.write_all(instructions)
        self.indent = self.indent[:-2]
        self.add("}")

    def write_ifelse(self, branch: IfElse) -> None:
        """`if (…) { … } else { … }`."""
        self.block(f"if ({self.condition(branch.condition)})", branch.blocks[0])
        if len(branch.blocks) == 2:
            self.lines.pop()
            self.block("} else", branch.blocks[1])

    def write_whileloop(self, loop: WhileLoop) -> None:
        """`while (…) { … }`."""
        self.block(f"while ({self.condition(loop.condition)})", loop.blocks[0])

    def write_forloop(self, loop: ForLoop) -> None:
        """`for int i in [0:3] { … }`."""
        values, outer = loop.values, self.parameters.get(loop.parameter)
        name = self.parameters[loop.parameter] = self.new_name(loop.parameter.name)
        if isinstance(values, range) and len(values):
            step = f":{values.step}" if values.step != 1 else ""
            listed = f"[{values.start}{step}:{values[-1]}]"
        else:
            listed = f"{{{', '.join(map(str, values))}}}"
        if len(values):  # no words for a loop without rounds, which does nothing
            self.block(f"for int {name} in {listed}", loop.blocks[0])
        if outer is not None:
            self.parameters[loop.parameter] = outer

    def write_switch(self, switch: Switch) -> None:
        """A switch as `if`s, since version 3.0 has none: a case is looked at only where those before it failed."""
        opened = 0
        for values, block in zip(switch.cases, switch.blocks, strict=True):
            if values is None:
                self.write_all(block)
                break
            width = switch.subject.width
            tests = [Expression("==", (switch.subject, Expression("value", (v,), width)), 1) for v in values]
            wanted = " || ".join(f"({self.condition(test)})" for test in tests)
            self.block(f"if ({wanted if len(tests) > 1 else self.condition(tests[0])})", block)
            self.lines.pop()
            self.add("} else {")
            self.indent += "  "
            opened += 1
        for _ in range(opened):
            self.indent = self.indent[:-2]
            if self.lines[-1] == f"{self.indent}}} else {{":
                self.lines.pop()
            self.add("}")

    def write_assignment(self, assignment: Assignment) -> None:
        """Bit by bit; refused where a bit is read that has been written before."""
        value, targets = assignment.value, assignment.targets
        texts = bit_texts(value, self.circuit.bits.registers, self.bit_names)  # type: ignore[arg-type]
        if len(targets) > 1 and set(targets) & set(value.bits):
            self.refuse(assignment, "its value reads bits that it writes", "Assign one bit after the other.")
        for target, text in zip(targets, texts, strict=True):
            shown = {"true": "1", "false": "0"}.get(text, text)
            self.add(f"{self.bits[target]} = {shown};")

    def write_break(self, _: Break) -> None:
        """`break;`."""
        self.add("break;")

    def write_continue(self, _: Continue) -> None:
        """`continue;`."""
        self.add("continue;")


class Writer2(Writer):
    """OpenQASM 2."""

    version = 2
    header = ("OPENQASM 2.0;", 'include "qelib1.inc";')

    def declared_inputs(self) -> list[str]:
        """None: there are no parameters."""
        if self.circuit.parameters:
            names = ", ".join(parameter.name for parameter in self.circuit.parameters[:10])
            raise QasmError(f"OpenQASM 2 has no parameters, but the circuit has {names}.", hint="Bind them first.")
        return []

    def declared_registers(self) -> list[str]:
        """`qreg q[2];` and `creg c[2];`."""
        qubits = [f"qreg {self.qubit_names[r.name]}[{r.size}];" for r in self.circuit.qubits.registers if r.size]
        return qubits + [f"creg {self.bit_names[r.name]}[{r.size}];" for r in self.circuit.bits.registers if r.size]

    def write_operation(self, operation: Operation) -> None:
        """A gate; controls on 0 between two x."""
        gate = operation.gate
        zeros = [q for q, value in zip(operation.controls, gate.control_state, strict=True) if value == "0"]
        plain = gate.base.controlled(gate.num_controls) if zeros else gate
        for qubit in zeros:
            self.add(f"x {self.qubits[qubit]};")
        self.plain(operation, plain)
        for qubit in zeros:
            self.add(f"x {self.qubits[qubit]};")

    def plain(self, operation: Operation, gate: Gate) -> None:
        """A gate whose controls are all on 1."""
        if gate.name == "gphase":
            return
        text = gate_text(gate, 2)
        if not gate.is_from_table and gate.base.num_qubits == 1 and gate.num_controls <= 1:
            text = self.by_angles(gate)
        if gate.num_controls == 3 and gate.base.name == "sx":
            text = GateText("c3sqrtx", (), 3)
        if text is None or (text.definition is not None and "NAME" in text.definition):
            text = None
        if gate.num_controls != (text.controls if text else 0):
            self.refuse(operation, f"OpenQASM 2 has no gate {gate.base.name} with {gate.num_controls} controls")
        if text is None:
            self.refuse(operation, *_NO_WORDS)
        self.add(f"{self.called(text, operation)} {self.places(operation.qubits)};")

    def by_angles(self, gate: Gate) -> GateText:
        """A gate of the user's on one qubit, perhaps controlled."""
        gamma, theta, phi, lam = angles_of(gate.base.base_matrix())
        if gate.num_controls:
            return GateText("cu", (theta, phi, lam, gamma), 1)
        return GateText("u", (theta, phi, lam))

    def write_measurement(self, measurement: Measurement) -> None:
        """A measurement."""
        self.add(f"measure {self.places(measurement.qubits)} -> {self.bits[measurement.bit]};")

    def write_ifelse(self, branch: IfElse) -> None:
        """`if(c==3) x q[0];`, for each instruction of the block."""
        condition = self.comparison(branch)
        if len(branch.blocks) != 1:
            self.refuse(branch, "OpenQASM 2 has no `else`")
        block = branch.blocks[0]
        for number, instruction in enumerate(block):
            if not isinstance(instruction, Operation | Measurement | Reset):
                self.refuse(branch, f"OpenQASM 2 has no {instruction.name} within an `if`")
            if number + 1 < len(block) and set(instruction.written) & set(branch.condition.bits):
                self.refuse(branch, "its block writes bits that its condition reads")
        first = len(self.lines)
        self.write_all(block)
        self.lines[first:] = [f"if({condition}) {line}" for line in self.lines[first:]]

    def comparison(self, branch: IfElse) -> str:
        """A condition of OpenQASM 2: a whole register and a number."""
        wanted, value = branch.condition, 1
        if wanted.op == "==" and wanted.args[1].op == "value":
            wanted, value = wanted.args[0], wanted.args[1].args[0]
        found = whole_register(wanted, self.circuit.bits.registers)  # type: ignore[arg-type]
        if found is None:
            self.refuse(branch, "OpenQASM 2 compares whole registers with numbers")
        register, is_turned = found
        return f"{self.bit_names[register.name]}=={turned(value, register.size) if is_turned else value}"


_NO_WORDS = (
    "OpenQASM has no words for its matrix",
    "Write it by named gates, or save the circuit as JSON.",
)
