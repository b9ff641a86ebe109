"""Circuits made from circuits. Each function returns a new one, but for `append_circuit`."""

import operator as _operator
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, SupportsIndex

from qsim.circuit import analysis
from qsim.circuit.instructions import Barrier, Instruction, Measurement, Operation
from qsim.circuit.parameters import ParameterExpression, resolve_values
from qsim.errors import CircuitError
from qsim.gates.gate import Gate, check_control_state
from qsim.memory import require_memory

if TYPE_CHECKING:
    from qsim.circuit.circuit import Circuit

__all__ = [
    "append_circuit",
    "bind",
    "controlled",
    "inverse",
    "rebuild",
    "remap",
    "repeat",
    "side_by_side",
    "with_instructions",
    "without_final_measurements",
]


def with_instructions(circuit: "Circuit", instructions: Iterable[Instruction]) -> "Circuit":
    """The same registers and name with other instructions."""
    result = type(circuit)(name=circuit.name)
    result._qubits = circuit._qubits.copy()
    result._bits = circuit._bits.copy()
    result._num_qubits = circuit._num_qubits
    result._instructions = list(instructions)
    return result


def rebuild(
    qubits: list[tuple[str, int]], bits: list[tuple[str, int]], instructions: list[Instruction], name: str | None
) -> "Circuit":
    """A circuit from its parts: registers by name and size, and instructions."""
    from qsim.circuit.circuit import Circuit

    circuit = Circuit(name=name)
    for register, size in qubits:
        circuit.add_qubits(register, size)
    for register, size in bits:
        circuit.add_bits(register, size)
    circuit._instructions = instructions
    return circuit


def append_circuit(circuit: "Circuit", other: "Circuit", qubits: Sequence[int] | None, bits: Any) -> None:
    """Add another circuit's instructions in place; nothing is changed if that is refused."""
    if not hasattr(other, "_instructions"):
        raise TypeError(f"compose takes a Circuit, not {type(other).__name__}.")
    places = range(other.num_qubits) if qubits is None else qubits
    if len(places) != other.num_qubits:
        raise CircuitError(f"The appended circuit has {other.num_qubits} qubits, but {len(places)} were given.")
    if len(set(places)) != len(places):
        raise CircuitError(f"Argument `qubits` must be distinct qubits, but is {list(places)}.")
    if qubits is None and other.num_qubits > circuit.num_qubits:
        raise CircuitError(f"The appended circuit has {other.num_qubits} qubits, but this one {circuit.num_qubits}.")
    all_bits = circuit._bits.copy()
    if bits is None:
        bit_places = _join_bits(all_bits, other, {i.bit for i in circuit if isinstance(i, Measurement)})
    else:
        bit_places = circuit._numbers([bits], ("append", (bits,)), "bit")
        if len(bit_places) != other.num_bits or len(set(bit_places)) != len(bit_places):
            raise CircuitError(f"Argument `bits` must be {other.num_bits} distinct bits, but is {bit_places}.")
    circuit._instructions += [_moved(instruction, places, bit_places) for instruction in other]
    circuit._bits = all_bits


def _join_bits(bits: Any, other: "Circuit", written: set[int]) -> list[int]:
    """Where the other's bits go: to the register of the same name and size if nothing is in it, or to a new one."""
    places: list[int] = []
    for register in other.bits.registers:
        if register.name not in bits:
            mine = bits.add(register.name, register.size)
        else:
            mine = bits[register.name]
            if mine.size != register.size:
                raise CircuitError(
                    f"Both circuits have a register of bits {register.name!r}, of sizes {mine.size} and "
                    f"{register.size}: say with `bits=` where the bits go."
                )
            if written.intersection(range(mine.start, mine.start + mine.size)):
                raise CircuitError(
                    f"Both circuits measure into the register of bits {register.name!r}: say with `bits=` where the "
                    "bits go, so that no result is lost."
                )
        places += range(mine.start, mine.start + mine.size)
    return places


def _moved(instruction: Instruction, qubits: Sequence[int], bits: Sequence[int]) -> Instruction:
    moved = instruction.on(tuple(qubits[q] for q in instruction.qubits))
    return moved.into(bits[moved.bit]) if isinstance(moved, Measurement) else moved


def _map_gates(circuit: "Circuit", what: str, instructions: Iterable[Instruction], change: Any) -> list[Instruction]:
    """Operations changed, barriers kept, measurements refused."""
    result: list[Instruction] = []
    for instruction in instructions:
        if isinstance(instruction, Operation):
            result.append(change(instruction))
        elif isinstance(instruction, Barrier):
            result.append(instruction)
        else:
            number = next(i for i, own in enumerate(circuit) if own is instruction)
            raise CircuitError(f"{analysis.locate(number, instruction)}: a circuit with measurements {what}.")
    return result


def inverse(circuit: "Circuit") -> "Circuit":
    """Inverse gates in reverse order."""
    instructions = _map_gates(
        circuit, "has no inverse", reversed(circuit[:]), lambda op: op.with_gate(op.gate.inverse())
    )
    return with_instructions(circuit, instructions)


def repeat(circuit: "Circuit", k: int) -> "Circuit":
    """The instructions k times."""
    if isinstance(k, bool) or not isinstance(k, SupportsIndex) or k.__index__() < 0:
        raise CircuitError(f"Argument `k` must be a whole number of repetitions, but is {k!r}.")
    require_memory(8 * k.__index__() * len(circuit), f"A circuit of {k} × {len(circuit)} instructions")
    return with_instructions(circuit, circuit[:] * k)


def controlled(circuit: "Circuit", n: int, control_state: str | Sequence[int] | None) -> "Circuit":
    """Every gate under n new controls, numbered first."""
    state = check_control_state(n, control_state)
    result = type(circuit)(name=circuit.name)
    result._qubits.grow("control", n)
    for register in circuit.qubits.registers:
        result._qubits.grow(register.name, register.size)
    result._num_qubits = len(result._qubits)
    result._bits = circuit._bits.copy()
    controls = tuple(range(n))

    def shifted(qubits: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(q + n for q in qubits)

    def add_controls(operation: Operation) -> Operation:
        gate = operation.gate.controlled(n, state)
        return Operation(gate, (*controls, *shifted(operation.qubits)), operation.source)

    instructions = _map_gates(circuit, "cannot be controlled", circuit, add_controls)
    result._instructions = [i.on(shifted(i.qubits)) if isinstance(i, Barrier) else i for i in instructions]
    return result


def remap(circuit: "Circuit", qubits: Mapping[int, int]) -> "Circuit":
    """Old qubits to new ones; the register grows where a new one lies beyond it."""
    if not isinstance(qubits, Mapping):
        raise TypeError(f"Argument `qubits` must be a mapping {{old: new}}, but is {qubits!r}.")
    places = list(range(circuit.num_qubits))
    for old, new in qubits.items():
        source, target = _operator.index(old), _operator.index(new)
        if not 0 <= source < circuit.num_qubits:
            raise CircuitError(
                f"Argument `qubits` maps qubit {source}, but the circuit has {circuit.num_qubits} qubits."
            )
        if target < 0:
            raise CircuitError(f"Argument `qubits` maps {source} to {target}, which is negative.")
        places[source] = target
    used = {q for instruction in circuit for q in instruction.qubits} | {_operator.index(old) for old in qubits}
    targets = [places[q] for q in sorted(used)]
    if len(set(targets)) != len(targets):
        repeated = next(t for t in targets if targets.count(t) > 1)
        raise CircuitError(
            f"Argument `qubits` must map distinct qubits to distinct qubits, but qubit {repeated} is hit twice."
        )
    result = with_instructions(circuit, [i.on(tuple(places[q] for q in i.qubits)) for i in circuit])
    missing = max(targets, default=-1) + 1 - circuit.num_qubits
    if missing > 0:
        result._qubits.grow("q", missing)
        result._num_qubits = len(result._qubits)
    return result


def without_final_measurements(circuit: "Circuit") -> "Circuit":
    """Measurements that nothing on their qubit follows are dropped, and bit registers that then hold nothing."""
    used_later: set[int] = set()
    kept: list[Instruction] = []
    removed = False
    for instruction in reversed(circuit[:]):
        if isinstance(instruction, Measurement) and instruction.qubit not in used_later:
            removed = True
            continue
        if not isinstance(instruction, Barrier):
            used_later.update(instruction.qubits)
        if kept or not isinstance(instruction, Barrier):  # a barrier before the measurements goes with them
            kept.append(instruction)
    if not removed:
        return circuit.copy()
    kept.reverse()
    still_written = {i.bit for i in kept if isinstance(i, Measurement)}
    registers = [r for r in circuit.bits.registers if still_written & set(range(r.start, r.start + r.size))]
    numbers = [bit.number for register in registers for bit in register]
    place = {number: position for position, number in enumerate(numbers)}
    kept = [i.into(place[i.bit]) if isinstance(i, Measurement) else i for i in kept]
    qubits = [(r.name, r.size) for r in circuit.qubits.registers]
    return rebuild(qubits, [(r.name, r.size) for r in registers], kept, circuit.name)


def bind(circuit: "Circuit", values: Any, by_name: Mapping[str, Any], *, partial: bool) -> "Circuit":
    """Numbers, or expressions, for symbolic parameters."""
    replacements = resolve_values(circuit.parameters, values, by_name, partial)

    def bound(instruction: Instruction) -> Instruction:
        if not isinstance(instruction, Operation) or not instruction.gate.is_symbolic:
            return instruction
        params = tuple(
            value.substitute(replacements) if isinstance(value, ParameterExpression) else value
            for value in instruction.gate.params
        )
        gate = instruction.gate
        return instruction.with_gate(Gate(gate.spec, params, gate._extra_state))

    return with_instructions(circuit, map(bound, circuit))


def side_by_side(factors: tuple[Any, ...]) -> "Circuit":
    """The Kronecker product of circuits: each on its own qubits and bits, the first leftmost."""
    from qsim.circuit.circuit import Circuit

    for factor in factors:
        if not isinstance(factor, Circuit):
            raise TypeError(f"kron of a Circuit takes Circuits, not {type(factor).__name__}.")
    result = Circuit()
    for factor in factors:
        places, bit_places = range(result.num_qubits, result.num_qubits + factor.num_qubits), len(result._bits)
        for register in factor.qubits.registers:
            result._qubits.grow(register.name, register.size)
        for register in factor.bits.registers:
            result._bits.grow(register.name, register.size)
        result._num_qubits = len(result._qubits)
        targets = range(bit_places, bit_places + factor.num_bits)
        result._instructions += [_moved(instruction, places, targets) for instruction in factor]
    return result
