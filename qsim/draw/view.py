"""What of a circuit is drawn: some of its instructions, and its named sub-circuits as boxes or opened in frames."""

from collections.abc import Iterable, Sequence
from typing import Any, final

from qsim.circuit import Circuit, Instruction, Subcircuit
from qsim.circuit.flow import MAX_NESTING, Block, ControlFlow, subcircuits_of, walk
from qsim.circuit.subcircuits import kept, mirrored
from qsim.circuit.transforms import with_instructions
from qsim.draw.fold import fold_layers
from qsim.errors import CircuitError
from qsim.frozen import assign

__all__ = ["Boxed", "Framed", "select", "view"]


@final
class Boxed(Instruction):
    """A named sub-circuit that is drawn as one box; only drawings know it.

    Attributes:
        part: what it is.
        block: its instructions.
    """

    __slots__ = ("block", "part")
    part: Subcircuit
    block: Block

    def __init__(self, part: Subcircuit, block: Block) -> None:
        assign(self, "part", part)
        assign(self, "block", block)
        assign(self, "qubits", part.controls + part.qubits)
        assign(self, "source", block[0].source if block else None)

    @property
    def name(self) -> str:
        """That of the sub-circuit."""
        return self.part.name

    @property
    def bits(self) -> tuple[int, ...]:  # type: ignore[override]
        """All bits that its instructions read and write, ascending."""
        return tuple(sorted({bit for instruction in self.block for bit in instruction.bits}))

    @property
    def written(self) -> tuple[int, ...]:  # type: ignore[override]
        """Those that they write, ascending."""
        return tuple(sorted({bit for instruction in self.block for bit in instruction.written}))

    @property
    def num_instructions(self) -> int:  # type: ignore[override]
        """How many instructions it has, those in blocks included."""
        return sum(instruction.num_instructions for instruction in walk(self.block))

    def _value(self) -> tuple[Any, ...]:
        part = self.part
        return part.name, part.qubits, part.controls, part.control_state, self.block

    def __repr__(self) -> str:
        return f"{self.part.name}: {_number(self.num_instructions)}"


@final
class Framed(ControlFlow):
    """A named sub-circuit whose instructions are drawn in a frame; only drawings know it.

    Attributes:
        part: what it is.
        title: its name, and whether it is controlled, only a part of it is there, or it runs backward.
    """

    __slots__ = ("part", "title")
    num_instructions = 0  # beside those in it
    part: Subcircuit
    title: str

    def __init__(self, part: Subcircuit, block: Iterable[Instruction]) -> None:
        assign(self, "part", part)
        before = part.change if isinstance(part, ChangedSubcircuit) else ""
        before += "controlled " * bool(part.controls)
        assign(self, "title", before + part.name)
        block = tuple(block)
        self._set((), (block,), block[0].source if block else None)
        assign(self, "qubits", tuple(sorted({*part.controls, *part.qubits})))

    @property
    def name(self) -> str:
        """That of the sub-circuit."""
        return self.part.name

    def _value(self) -> tuple[Any, ...]:
        return self.title, self.qubits, self.blocks

    def __repr__(self) -> str:
        return f"{self.title}: {_number(self.part.stop - self.part.start)}"


def _number(count: int) -> str:
    return f"{count:,} instruction{'s' * (count != 1)}"


class ChangedSubcircuit(Subcircuit):
    """A sub-circuit that is not what its name says: always opened."""

    __slots__ = ()
    change = ""  # what is said of it


@final
class CutSubcircuit(ChangedSubcircuit):
    """One of which not all instructions are selected."""

    __slots__ = ()
    change = "part of "


@final
class ReversedSubcircuit(ChangedSubcircuit):
    """One whose instructions are selected from the last to the first."""

    __slots__ = ()
    change = "reversed "


def select(circuit: Circuit, ops: slice) -> Circuit:
    """A circuit on the same registers with some of the instructions, and what is left of its sub-circuits."""
    if not isinstance(ops, slice):
        raise TypeError(f"Argument `ops` must be a slice of the instructions, such as slice(0, 10), not {ops!r}.")
    positions = range(*ops.indices(len(circuit)))
    is_backward = positions.step < 0
    found = [
        new if new.stop - new.start == old.stop - old.start else CutSubcircuit(*new._value())
        for old, new in kept(circuit.subcircuits, positions[::-1] if is_backward else positions)
    ]
    if is_backward:
        found = [ReversedSubcircuit(*part._value()) for part in mirrored(found, len(positions))]
    return with_instructions(circuit, circuit[ops], found)


def view(circuit: Circuit, expand: bool | int = False, *, fold: bool = False) -> Circuit:
    """A circuit in which sub-circuits stand as `Boxed`, the outer ones to a depth as `Framed`.

    Args:
        circuit: what to draw.
        expand: how many levels are opened; True for all.
        fold: draw repeated layers once, also in frames.

    >>> bell = Circuit(2, name="bell").h(0).cx(0, 1)
    >>> circuit = Circuit(3).x(0).append(bell, 1, 2)
    >>> view(circuit)[:], view(circuit, expand=True)[1].blocks
    ([x(0), bell: 2 instructions], ((h(1), cx(1, 2)),))
    """
    if not isinstance(expand, int):
        raise TypeError(f"Argument `expand` must be a bool or an int, not {expand!r}.")
    if expand < 0:
        raise CircuitError(f"Argument `expand` must be a number of levels, but is {expand}.")
    if not fold and not circuit.subcircuits and not any(issubclass(k, ControlFlow) for k in set(map(type, circuit))):
        return circuit  # there may be millions of instructions
    levels = MAX_NESTING if expand is True else int(expand)
    opened = _Opener(fold).opened(circuit[:], circuit.subcircuits, levels, MAX_NESTING)
    return with_instructions(circuit, opened)


class _Opener:
    """Replaces sub-circuits, also those in blocks; blocks that stand in many places are looked at once."""

    def __init__(self, is_folding: bool) -> None:
        self._is_folding = is_folding
        self._known: dict[tuple[int, int, int], ControlFlow] = {}

    def opened(
        self, instructions: Sequence[Instruction], parts: Sequence[Subcircuit], levels: int, room: int
    ) -> list[Instruction]:
        """What is drawn for a list of instructions with its sub-circuits: so many levels open, frames so deep."""
        found = self._opened(instructions, (0, len(instructions)), parts, levels, room)
        return fold_layers(found) if self._is_folding else found

    def _opened(
        self,
        instructions: Sequence[Instruction],
        within: tuple[int, int],
        parts: Sequence[Subcircuit],
        levels: int,
        room: int,
    ) -> list[Instruction]:
        result, (at, stop), number = list[Instruction](), within, 0
        while number < len(parts):
            part, first_inner = parts[number], number + 1
            number = first_inner
            while number < len(parts) and parts[number].depth > part.depth:
                number += 1
            result += self._plain(instructions[at : part.start], levels, room)
            at, inner = part.stop, parts[first_inner:number]
            if room and (levels > 0 or isinstance(part, ChangedSubcircuit)):
                block = self._opened(instructions, (part.start, part.stop), inner, levels - 1, room - 1)
                result.append(Framed(part, fold_layers(block) if self._is_folding else block))
            else:
                result.append(Boxed(part, tuple(instructions[part.start : part.stop])))
        return result + self._plain(instructions[at:stop], levels, room)

    def _plain(self, instructions: Sequence[Instruction], levels: int, room: int) -> list[Instruction]:
        """Instructions of no sub-circuit, with what is drawn in their blocks."""
        if not any(issubclass(kind, ControlFlow) for kind in set(map(type, instructions))):
            return list(instructions)
        room = max(room - 1, 0)
        return [self._flow(i, levels, room) if isinstance(i, ControlFlow) else i for i in instructions]

    def _flow(self, flow: ControlFlow, levels: int, room: int) -> ControlFlow:
        key = (id(flow), levels, room)
        if key not in self._known:
            blocks = [
                tuple(self._opened(block, (0, len(block)), subcircuits_of(block), levels, room))
                for block in flow.blocks
            ]
            self._known[key] = flow if blocks == list(flow.blocks) else flow.with_blocks(blocks)
        return self._known[key]
