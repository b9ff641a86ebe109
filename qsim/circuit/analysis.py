"""What can be read off a list of instructions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from qsim.algebra import OperatorProduct
from qsim.circuit.instructions import Barrier, Instruction, Measurement, Operation, describe_source
from qsim.circuit.parameters import Parameter
from qsim.errors import CircuitError

if TYPE_CHECKING:
    from qsim.circuit.circuit import Circuit

__all__ = ["count_ops", "depth", "describe", "final_measurements", "locate", "operator", "parameters"]

MAX_SHOWN = 8  # a circuit of so few instructions is shown as the calls that build it


def parameters(instructions: Iterable[Instruction]) -> tuple[Parameter, ...]:
    """Symbolic parameters in order of first use."""
    found: dict[Parameter, None] = {}
    for instruction in instructions:
        if isinstance(instruction, Operation) and instruction.gate.is_symbolic:
            for value in instruction.gate.params:
                found.update(dict.fromkeys(getattr(value, "parameters", ())))
    return tuple(found)


def depth(instructions: Iterable[Instruction], num_qubits: int, num_bits: int) -> int:
    """Layers of an as-soon-as-possible schedule; a barrier levels its qubits and is no layer of its own."""
    levels = [0] * (num_qubits + num_bits)
    for instruction in instructions:
        places = [*instruction.qubits]
        if isinstance(instruction, Measurement):
            places.append(num_qubits + instruction.bit)
        level = max((levels[place] for place in places), default=0)
        level += not isinstance(instruction, Barrier)
        for place in places:
            levels[place] = level
    return max(levels, default=0)


def count_ops(instructions: Iterable[Instruction]) -> dict[str, int]:
    """Number of instructions by name, barriers left out, the most frequent first."""
    names = Counter(instruction.name for instruction in instructions if not isinstance(instruction, Barrier))
    return dict(names.most_common())


def operator(instructions: Iterable[Instruction], num_qubits: int) -> OperatorProduct:
    """The operations as a lazy product, the last leftmost."""
    factors = []
    for number, instruction in enumerate(instructions):
        if isinstance(instruction, Operation):
            factors.append(instruction.gate.operator(*instruction.qubits))
        elif not isinstance(instruction, Barrier):
            raise CircuitError(f"{locate(number, instruction)}: a circuit with measurements has no operator.")
    return OperatorProduct(*reversed(factors), num_qubits=num_qubits)


def locate(number: int, instruction: Instruction) -> str:
    """An instruction as error messages name it: number, call, and the line that added it."""
    place = describe_source(instruction.source)
    return f"Operation {number}, {instruction!r}{f', added at {place}' if place else ''}"


def final_measurements(instructions: Sequence[Instruction]) -> dict[int, int]:
    """Bit → qubit of circuits that measure only at the end.

    Raises:
        CircuitError: a qubit is used after its measurement; the message names the operation.
    """
    measured: set[int] = set()
    result: dict[int, int] = {}
    if not any(type(instruction) is Measurement for instruction in instructions):
        return result
    for number, instruction in enumerate(instructions):
        if isinstance(instruction, Barrier):
            continue
        if isinstance(instruction, Operation) and not measured.isdisjoint(instruction.qubits):
            late = sorted(measured.intersection(instruction.qubits))
            raise CircuitError(
                f"{locate(number, instruction)}: qubit {late[0]} has been measured before. Measurement in the middle "
                "of a circuit is not supported yet: measure at the end, or use State.measure between two circuits."
            )
        if isinstance(instruction, Measurement):
            measured.add(instruction.qubit)
            result[instruction.bit] = instruction.qubit
    return result


def describe(circuit: "Circuit") -> str:
    """One line: the calls that build a small circuit, a summary of a large one."""
    shown = list(circuit[:MAX_SHOWN])
    sizes = (circuit.num_qubits, circuit.num_bits) if circuit.num_bits else (circuit.num_qubits,)
    plain = all(register.name == letter for register, letter in _named_registers(circuit))
    if plain and circuit.name is None and len(circuit) <= MAX_SHOWN and all(map(_is_plain, shown)):
        return f"Circuit({', '.join(map(str, sizes))})" + "".join(f".{instruction!r}" for instruction in shown)
    title = f" {circuit.name!r}" if circuit.name else ""
    bits = f", {circuit.num_bits} bits" if circuit.num_bits else ""
    return f"<Circuit{title}: {circuit.num_qubits} qubits{bits}, {len(circuit)} instructions>"


def _named_registers(circuit: "Circuit") -> list[tuple[Any, str]]:
    pairs: list[tuple[Any, str]] = [(register, "q") for register in circuit.qubits.registers]
    return pairs + [(register, "c") for register in circuit.bits.registers]


def _is_plain(instruction: Instruction) -> bool:
    if isinstance(instruction, Operation):
        gate = instruction.gate
        return gate.is_from_table and gate.name == gate.spec.name and not gate.is_symbolic
    return True
