"""Circuits made from circuits. Each function returns a new one, but for `append_circuit`."""

import operator as _operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, SupportsIndex

from qsim.circuit import analysis, subcircuits
from qsim.circuit.flow import MAX_NESTING, ControlFlow, ForLoop, block_of, check_nesting, subcircuits_of
from qsim.circuit.instructions import Barrier, Instruction, Operation
from qsim.circuit.parameters import Parameter, ParameterExpression, resolve_values
from qsim.circuit.registers import Registers
from qsim.circuit.subcircuits import Subcircuit
from qsim.errors import CircuitError, ParameterError
from qsim.gates.gate import Gate, check_control_state
from qsim.memory import require_memory

if TYPE_CHECKING:
    from qsim.circuit.circuit import Circuit

__all__ = [
    "append_circuit",
    "bind",
    "controlled",
    "described",
    "inverse",
    "rebuild",
    "remap",
    "repeat",
    "side_by_side",
    "with_instructions",
    "without_final_measurements",
]

BYTES_A_SUBCIRCUIT = 200  # measured by tracemalloc


def with_instructions(
    circuit: "Circuit", instructions: Iterable[Instruction], subcircuits: Iterable[Subcircuit] = ()
) -> "Circuit":
    """The same registers and name with other instructions, among which these sub-circuits are."""
    result = type(circuit)(name=circuit.name)
    circuit._settled()
    result._qubits = circuit._qubits.copy()
    result._bits = circuit._bits.copy()
    result._num_qubits = circuit._num_qubits
    result._instructions = list(instructions)
    result._subcircuits = list(subcircuits)
    return result


def described(registers: Registers[Any]) -> list[tuple[str, int, dict[str, Any]]]:
    """Registers by name, size and what else they are made with: what `rebuild` takes."""
    return [(register.name, register.size, register.options) for register in registers.registers]


def rebuild(
    qubits: list[tuple[str, int, dict[str, Any]]],
    bits: list[tuple[str, int, dict[str, Any]]],
    instructions: list[Instruction],
    name: str | None,
    subcircuits: Iterable[Subcircuit] = (),
) -> "Circuit":
    """A circuit from its parts: registers as `described` gives them, instructions, and sub-circuits among them."""
    from qsim.circuit.circuit import Circuit

    circuit = Circuit(name=name)
    for register, size, _ in qubits:
        circuit.add_qubits(register, size)
    for register, size, options in bits:
        circuit.add_bits(register, size, **options)
    circuit._instructions = instructions
    circuit._subcircuits = list(subcircuits)
    return circuit


def append_circuit(
    circuit: "Circuit", other: "Circuit", qubits: Sequence[int] | None, bits: Any, *, is_part: bool
) -> None:
    """Add another circuit's instructions in place; nothing is changed if that is refused.

    Its sub-circuits come with them. As a part, a circuit with a name becomes a sub-circuit too.
    """
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
        written = {bit for i in _all_so_far(circuit) for bit in i.written} if other.num_bits else set()
        bit_places = _join_bits(all_bits, other, written)
    else:
        bit_places = circuit._numbers([bits], ("append", (bits,)), "bit")
        if len(bit_places) != other.num_bits or len(set(bit_places)) != len(bit_places):
            raise CircuitError(f"Argument `bits` must be {other.num_bits} distinct bits, but is {bit_places}.")
    moved = [instruction.moved(places, bit_places) for instruction in other]
    if circuit._frames and any(isinstance(i, ControlFlow) for i in moved):
        check_nesting(moved, MAX_NESTING - len(circuit._frames))
    by, added = len(circuit._instructions), list[Subcircuit]()
    if is_part and other.name and (places or bit_places):
        added.append(Subcircuit(other.name, by, by + len(moved), tuple(places), tuple(bit_places)))
    if other._subcircuits:
        where = dict(enumerate(places)), dict(enumerate(bit_places))
        added += subcircuits.moved(other._subcircuits, *where, by, deeper=len(added))
    circuit._instructions += moved
    circuit._subcircuits += added
    circuit._bits = all_bits


def _all_so_far(circuit: "Circuit") -> Iterator[Instruction]:
    """The instructions, those around the block that is open included."""
    return chain(*(instructions for _, instructions in circuit._frames), circuit._instructions)


def _join_bits(bits: Any, other: "Circuit", written: set[int]) -> list[int]:
    """Where the other's bits go: to the register of the same name and size if nothing is in it, or to a new one."""
    places: list[int] = []
    for register in other.bits.registers:
        if register.name not in bits:
            mine = bits.add_like(register)
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


def _map_gates(circuit: "Circuit", what: str, instructions: Iterable[Instruction], change: Any) -> list[Instruction]:
    """Operations changed, barriers kept, all that is not unitary refused."""
    result: list[Instruction] = []
    for instruction in instructions:
        if isinstance(instruction, Operation):
            result.append(change(instruction))
        elif isinstance(instruction, Barrier):
            result.append(instruction)
        else:
            number = next(i for i, own in enumerate(circuit) if own is instruction)
            raise CircuitError(
                f"{analysis.locate(number, instruction)}: a circuit with {analysis.kind(instruction)} {what}."
            )
    return result


def inverse(circuit: "Circuit") -> "Circuit":
    """Inverse gates in reverse order; the names of the circuit and of its sub-circuits get a dagger, or lose it."""
    instructions = _map_gates(
        circuit, "has no inverse", reversed(circuit[:]), lambda op: op.with_gate(op.gate.inverse())
    )
    result = with_instructions(circuit, instructions, subcircuits.inverted(circuit._subcircuits, len(circuit)))
    result.name = subcircuits.dagger(circuit.name) if circuit.name else circuit.name
    return result


def repeat(circuit: "Circuit", k: int) -> "Circuit":
    """The instructions and sub-circuits k times; a name gets k as a power."""
    if isinstance(k, bool) or not isinstance(k, SupportsIndex) or k.__index__() < 0:
        raise CircuitError(f"Argument `k` must be a whole number of repetitions, but is {k!r}.")
    k, parts = k.__index__(), circuit._subcircuits
    size = 8 * len(circuit) + BYTES_A_SUBCIRCUIT * len(parts)
    require_memory(k * size, f"A circuit of {k} × {len(circuit)} instructions")
    result = with_instructions(circuit, circuit[:] * k, subcircuits.repeated(parts, len(circuit), k))
    result.name = subcircuits.power(circuit.name, k) if circuit.name else circuit.name
    return result


def controlled(circuit: "Circuit", n: int, control_state: str | Sequence[int] | None) -> "Circuit":
    """Every gate under n new controls, numbered first; a circuit with a name becomes a controlled sub-circuit."""
    state = check_control_state(n, control_state)
    result = type(circuit)()
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
    parts = [part.at(part.start, part.stop, deeper=bool(circuit.name)) for part in circuit._subcircuits]
    if circuit.name:
        everything = tuple(range(circuit.num_qubits)), tuple(range(circuit.num_bits))
        parts.insert(0, Subcircuit(circuit.name, 0, len(circuit), *everything))
    result._subcircuits = subcircuits.with_controls(parts, state)
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
    bits, taken = range(circuit.num_bits), set(targets)  # an idle qubit of a sub-circuit may lose its place
    where = {q: place for q, place in enumerate(places) if q in used or place not in taken}
    result = with_instructions(circuit, *_remapped(circuit, circuit._subcircuits, where, {bit: bit for bit in bits}))
    missing = max(targets, default=-1) + 1 - circuit.num_qubits
    if missing > 0:
        result._qubits.grow("q", missing)
        result._num_qubits = len(result._qubits)
    return result


def _remapped(
    instructions: Iterable[Instruction], parts: Iterable[Subcircuit], qubits: Mapping[int, int], bits: Mapping[int, int]
) -> tuple[list[Instruction], list[Subcircuit]]:
    """Instructions and sub-circuits on other qubits and the same bits, of which conditions keep the names."""
    result: list[Instruction] = []
    for instruction in instructions:
        if isinstance(instruction, ControlFlow):
            blocks = instruction.blocks
            inner = [block_of(*_remapped(block, subcircuits_of(block), qubits, bits)) for block in blocks]
            result.append(instruction.with_blocks(inner))
        else:
            result.append(instruction.on(tuple(qubits[q] for q in instruction.qubits)))
    return result, subcircuits.moved(parts, qubits, bits)


def without_final_measurements(circuit: "Circuit") -> "Circuit":
    """Measurements that nothing on their qubit follows are dropped, and bit registers that then hold nothing."""
    kept = analysis.parts(circuit[:]).body
    if len(kept) == len(circuit):
        return circuit.copy()
    while kept and isinstance(kept[-1], Barrier):  # a barrier before the measurements goes with them
        kept.pop()
    still_used = {bit for i in kept for bit in i.bits}
    registers = [r for r in circuit.bits.registers if still_used & set(range(r.start, r.start + r.size))]
    places = [0] * circuit.num_bits
    for position, number in enumerate(bit.number for register in registers for bit in register):
        places[number] = position
    every_qubit = range(circuit.num_qubits)
    parts = _kept_parts(circuit, kept, {bit.number: places[bit.number] for r in registers for bit in r})
    kept = [i.moved(every_qubit, places) if i.bits else i for i in kept]
    bits = [(r.name, r.size, r.options) for r in registers]
    return rebuild(described(circuit.qubits), bits, kept, circuit.name, parts)


def _kept_parts(circuit: "Circuit", instructions: list[Instruction], bits: Mapping[int, int]) -> list[Subcircuit]:
    """The sub-circuits where some of the instructions, in their order, and some of the bits are left."""
    if not circuit._subcircuits:
        return []
    positions, left = list[int](), iter(enumerate(circuit))
    for instruction in instructions:
        positions.append(next(position for position, own in left if own is instruction))
    found = [part for _, part in subcircuits.kept(circuit._subcircuits, positions)]
    return subcircuits.moved(found, {q: q for q in range(circuit.num_qubits)}, bits)


def bind(circuit: "Circuit", values: Any, by_name: Mapping[str, Any], *, partial: bool) -> "Circuit":
    """Numbers, or expressions, for symbolic parameters."""
    replacements = resolve_values(circuit.parameters, values, by_name, partial)
    return with_instructions(circuit, bound(circuit, replacements), circuit._subcircuits)


def bound(instructions: Iterable[Instruction], replacements: Mapping[Parameter, Any]) -> list[Instruction]:
    """Instructions with values for parameters; the parameter of a loop has its values already."""
    result: list[Instruction] = []
    for instruction in instructions:
        if isinstance(instruction, ControlFlow):
            inner = replacements
            if isinstance(instruction, ForLoop):
                inner = {key: value for key, value in replacements.items() if key != instruction.parameter}
                _check_capture(instruction, inner)
            instruction = instruction.with_blocks(
                block_of(bound(block, inner), subcircuits_of(block)) for block in instruction.blocks
            )
        elif isinstance(instruction, Operation) and instruction.gate.is_symbolic:
            gate = instruction.gate
            params = tuple(
                value.substitute(replacements) if isinstance(value, ParameterExpression) else value
                for value in gate.params
            )
            instruction = instruction.with_gate(Gate(gate.spec, params, gate._extra_state))
        result.append(instruction)
    return result


def _check_capture(loop: ForLoop, replacements: Mapping[Parameter, Any]) -> None:
    """Refuse expressions that mean another parameter than that of the loop they would come into."""
    for parameter, value in replacements.items():
        if isinstance(value, ParameterExpression) and loop.parameter in value.parameters:
            raise ParameterError(
                f"Parameter {parameter} cannot become {value}: within {loop!r} the name {loop.parameter} is the loop's."
            )


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
            result._bits.grow(register.name, register.size, **register.options)
        result._num_qubits = len(result._qubits)
        targets = range(bit_places, bit_places + factor.num_bits)
        where = dict(enumerate(places)), dict(enumerate(targets))
        result._subcircuits += subcircuits.moved(factor._subcircuits, *where, by=len(result))
        result._instructions += [instruction.moved(places, targets) for instruction in factor]
    return result
