"""Instructions in words: what a reader sees who points at a picture."""

from collections.abc import Sequence
from typing import Any

from qsim.circuit import Assignment, Barrier, IfElse, Initialize, Instruction, Measurement, Operation, Reset
from qsim.circuit.flow import ControlFlow
from qsim.draw.labels import printable, shorten
from qsim.draw.pictures import Names
from qsim.draw.steps import Step, is_compact
from qsim.draw.view import Boxed, Framed
from qsim.gates.angles import format_angle

__all__ = ["describe"]

MAX_TITLE = 300  # characters
MAX_LISTED = 16  # qubits or angles


def describe(step: Step, qubits: Names, bits: Names) -> str:
    """A step in words: its number, name, angles (also in full), controls with their values, qubits and bits.

    >>> from qsim import Circuit
    >>> circuit = Circuit(3, 1).ry(0.5, 2, controls=[0, 1], control_state="10").measure(2, 0)
    >>> names = Names(circuit.qubits.registers), Names(circuit.bits.registers)
    >>> describe(Step(0, circuit[0]), *names)
    '0: ccry_10(0.5) on q2, where q0 = 1, q1 = 0'
    >>> describe(Step(1, circuit[1]), *names)
    '1: measure q2 into c0'
    """
    instruction = step.instruction
    if step.caption and isinstance(instruction, Framed):
        text = f"end of {instruction.title}"
    elif step.caption is not None:
        text = printable(repr(instruction)) if step.caption == 0 else f"block {step.caption} of {instruction.name}"
    elif isinstance(instruction, IfElse) and is_compact(instruction):
        condition = instruction.condition.spelled(bits.spell) if len(instruction.bits) <= MAX_LISTED else "…"
        text = f"{_describe(instruction.blocks[0][0], qubits, bits)}, if {condition}"
    else:
        text = _describe(instruction, qubits, bits)
    return shorten(printable(f"{step.number}: {text}"), MAX_TITLE)


def _describe(instruction: Instruction, qubits: Names, bits: Names) -> str:
    on = _listed([qubits[qubit] for qubit in instruction.qubits[:MAX_LISTED]], len(instruction.qubits))
    match instruction:
        case Operation():
            return _describe_operation(instruction, qubits)
        case Boxed():
            return _describe_part(instruction, qubits)
        case Measurement():
            return f"measure {on} into {bits[instruction.bit]}"
        case Reset():
            return f"reset {on} to |0⟩"
        case Initialize():
            return f"initialize {on} to {f'|{instruction.label}⟩' if instruction.label else 'given amplitudes'}"
        case Barrier():
            return f"barrier on {on}"
        case Assignment() if len(instruction.bits) <= MAX_LISTED:
            return f"assign {bits.spell(instruction.targets)} = {instruction.value.spelled(bits.spell)}"
        case ControlFlow():
            return repr(instruction)
    return instruction.name


def _describe_operation(operation: Operation, qubits: Names) -> str:
    gate, (controls, targets) = operation.gate, (operation.controls, operation.targets)
    angles = f"({_listed([_angle(value) for value in gate.params[:MAX_LISTED]], len(gate.params))})"
    text = (gate.name or "unitary") + (angles if gate.params else "")
    return text + _places(targets, controls, gate.control_state, qubits)


def _describe_part(boxed: Boxed, qubits: Names) -> str:
    part, count = boxed.part, boxed.num_instructions
    where = _places(part.qubits, part.controls, part.control_state, qubits)
    return f"{part.name}{where}: {count:,} instruction{'s' * (count != 1)}"


def _places(targets: Sequence[int], controls: Sequence[int], state: str, qubits: Names) -> str:
    text = ""
    if targets:
        text += f" on {_listed([qubits[qubit] for qubit in targets[:MAX_LISTED]], len(targets))}"
    if controls:
        values = zip(controls[:MAX_LISTED], state, strict=False)
        text += f", where {_listed([f'{qubits[qubit]} = {value}' for qubit, value in values], len(controls))}"
    return text


def _angle(value: Any) -> str:
    short = format_angle(value)
    return f"{short} = {value!r}" if isinstance(value, float) and "π" in short else short


def _listed(texts: Sequence[str], total: int) -> str:
    return ", ".join(texts) + (f", … ({total - len(texts):,} more)" if total > len(texts) else "")
