"""What can be read off a list of instructions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from qsim import algebra
from qsim.circuit.flow import ControlFlow, ForLoop, walk
from qsim.circuit.instructions import Barrier, Instruction, Measurement, Operation, describe_source
from qsim.errors import CircuitError
from qsim.frozen import Record

if TYPE_CHECKING:
    from qsim.algebra import OperatorProduct
    from qsim.circuit.circuit import Circuit
    from qsim.circuit.parameters import Parameter

__all__ = [
    "count_ops",
    "depth",
    "describe",
    "is_from_table",
    "is_symbolic",
    "kind",
    "locate",
    "operator",
    "parameters",
    "parts",
    "require_static",
]

MAX_SHOWN = 8  # a circuit of so few instructions is shown as the calls that build it


def parameters(instructions: Iterable[Instruction]) -> "tuple[Parameter, ...]":
    """Symbolic parameters in order of first use."""
    found: dict[Parameter, None] = {}
    for instruction in instructions:
        if isinstance(instruction, Operation) and instruction.gate.is_symbolic:
            for value in instruction.gate.params:
                found.update(dict.fromkeys(getattr(value, "parameters", ())))
        elif isinstance(instruction, ControlFlow):
            inner = dict.fromkeys(parameter for block in instruction.blocks for parameter in parameters(block))
            if isinstance(instruction, ForLoop):
                inner.pop(instruction.parameter, None)
            found.update(inner)
    return tuple(found)


def is_from_table(instruction: Instruction) -> bool:
    """Whether it is no custom gate, which may have been added without a check that it is unitary."""
    return not isinstance(instruction, Operation) or instruction.gate.is_from_table


def is_symbolic(instruction: Instruction) -> bool:
    """Whether an instruction has symbolic parameters."""
    if isinstance(instruction, Operation):
        return instruction.gate.is_symbolic
    return isinstance(instruction, ControlFlow) and bool(parameters([instruction]))


def depth(instructions: Iterable[Instruction], num_qubits: int, num_bits: int) -> int:
    """Layers of an as-soon-as-possible schedule; a barrier levels its qubits and is no layer of its own.

    An instruction with blocks counts as one layer.
    """
    levels = [0] * (num_qubits + num_bits)
    for instruction in instructions:
        places = [*instruction.qubits, *(num_qubits + bit for bit in instruction.bits)]
        level = max((levels[place] for place in places), default=0)
        level += not isinstance(instruction, Barrier)
        for place in places:
            levels[place] = level
    return max(levels, default=0)


def count_ops(instructions: Iterable[Instruction]) -> dict[str, int]:
    """Number of instructions by name, those in blocks too, barriers left out, the most frequent first."""
    names = Counter(instruction.name for instruction in walk(instructions) if not isinstance(instruction, Barrier))
    return dict(names.most_common())


def operator(instructions: Iterable[Instruction], num_qubits: int) -> "OperatorProduct":
    """The operations as a lazy product, the last leftmost."""
    factors = []
    for number, instruction in enumerate(instructions):
        if isinstance(instruction, Operation):
            factors.append(instruction.gate.operator(*instruction.qubits))
        elif not isinstance(instruction, Barrier):
            raise CircuitError(f"{locate(number, instruction)}: a circuit with {kind(instruction)} has no operator.")
    return algebra.OperatorProduct(*reversed(factors), num_qubits=num_qubits)


def locate(number: int | None, instruction: Instruction) -> str:
    """An instruction as error messages name it: number, if it is known, call, and the line that added it."""
    place = describe_source(instruction.source)
    shown = "" if number is None else f" {number},"
    return f"Operation{shown} {instruction!r}{f', added at {place}' if place else ''}"


def kind(instruction: Instruction) -> str:
    """What an instruction that is no gate is called in messages."""
    return _KINDS.get(instruction.name, "control flow")


_KINDS = {
    "measure": "measurements",
    "reset": "resets",
    "initialize": "initialisations",
    "assign": "assignments of classical bits",
}


class Parts(Record):
    """A circuit as what must happen in order, and what is only read out at its end.

    Attributes:
        body: the instructions without the final measurements.
        final: for each bit that a final measurement writes the qubit. A measurement is final where nothing later acts
            on its qubit, and nothing in the body reads or writes its bit later: it may as well be made at the end.
        is_dynamic: whether the body does more than gates: measurement in the middle, reset, control flow.
    """

    body: list[Instruction]
    final: dict[int, int]
    is_dynamic: bool


def parts(instructions: Sequence[Instruction]) -> Parts:
    """The body of a circuit and its final measurements.

    >>> from qsim import Circuit
    >>> split = parts(Circuit(2, 2).h(0).measure(0, 1).x(1).measure(1, 0)[:])
    >>> split.body, split.final, split.is_dynamic
    ([h(0), x(1)], {1: 0, 0: 1}, False)
    """
    if not any(type(instruction) not in _STATIC for instruction in instructions):
        return Parts(list(instructions), {}, False)
    body: list[Instruction] = []
    final: dict[int, int] = {}
    qubits_used: set[int] = set()
    bits_used: set[int] = set()
    for instruction in reversed(instructions):
        if isinstance(instruction, Measurement):
            is_last = instruction.qubit not in qubits_used and instruction.bit not in bits_used
            if is_last:
                final.setdefault(instruction.bit, instruction.qubit)  # a later one overwrites the bit
                continue
        elif isinstance(instruction, Barrier):
            body.append(instruction)
            continue
        body.append(instruction)
        qubits_used.update(instruction.qubits)
        bits_used.update(instruction.bits)
    body.reverse()
    in_order = dict(reversed(final.items()))
    return Parts(body, in_order, any(type(instruction) not in _STATIC for instruction in body))


_STATIC = frozenset({Operation, Barrier})


def require_static(circuit: "Circuit", what: str) -> None:
    """Refuse a circuit that does more than gates before its final measurements, naming the instruction."""
    split = parts(circuit[:])
    if split.is_dynamic:
        first = next(i for i in split.body if type(i) not in _STATIC)
        number = next(number for number, instruction in enumerate(circuit) if instruction is first)
        raise CircuitError(f"{locate(number, first)}: {what} is for circuits of gates with measurements at the end.")


def describe(circuit: "Circuit") -> str:
    """One line: the calls that build a small circuit, a summary of a large one."""
    if circuit._frames:
        return f"<Circuit: {circuit.num_qubits} qubits, a block is open>"
    shown = circuit._instructions[:MAX_SHOWN]
    sizes = (circuit.num_qubits, circuit.num_bits) if circuit.num_bits else (circuit.num_qubits,)
    plain = all(register.name == letter for register, letter in _named_registers(circuit))
    if plain and circuit.name is None and len(circuit) <= MAX_SHOWN and all(map(_is_plain, shown)):
        return f"Circuit({', '.join(map(str, sizes))})" + "".join(f".{instruction!r}" for instruction in shown)
    title = f" {circuit.name!r}" if circuit.name else ""
    parts = [_number(circuit.num_qubits, "qubit")]
    parts += [_number(circuit.num_bits, "bit")] if circuit.num_bits else []
    return f"<Circuit{title}: {', '.join([*parts, _number(len(circuit), 'instruction')])}>"


def _number(count: int, name: str) -> str:
    """So many things, in words: `1 qubit`, `2 qubits`."""
    return f"{count} {name}{'s' * (count != 1)}"


def _named_registers(circuit: "Circuit") -> list[tuple[Any, str]]:
    pairs: list[tuple[Any, str]] = [(register, "q") for register in circuit.qubits.registers]
    return pairs + [(register, "c") for register in circuit.bits.registers]


def _is_plain(instruction: Instruction) -> bool:
    if isinstance(instruction, Operation):
        gate = instruction.gate
        return gate.is_from_table and gate.name == gate.spec.name and not gate.is_symbolic
    return True
