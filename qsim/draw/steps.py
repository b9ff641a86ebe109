"""A circuit as a sequence of steps, each of which gets one picture; control flow is opened.

Of an instruction with blocks a drawing shows a caption before each block and one at the end: `if c0`, what runs then,
`else`, what runs then, `end`. One instruction under a condition, such as `x(1, when=bit)`, is one picture. A frame has
its title before its instructions and an end after them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain

from qsim.circuit import (
    Assignment,
    Break,
    Continue,
    IfElse,
    Initialize,
    Instruction,
    Measurement,
    Operation,
    Reset,
    Switch,
)
from qsim.circuit.circuit import Circuit
from qsim.circuit.flow import Block, ControlFlow
from qsim.draw.fold import Folded
from qsim.draw.view import Boxed, Framed

__all__ = ["Step", "count", "is_compact", "steps"]

_PLAIN = frozenset({Operation, Measurement, Reset, Initialize, Assignment, Break, Continue, Boxed})
_PARTS = frozenset({Boxed, Folded, Framed})  # what only drawings know


@dataclass(frozen=True, slots=True)
class Step:
    """What gets one picture.

    Attributes:
        number: that of the instruction of the circuit which it is or belongs to.
        instruction: what is drawn.
        caption: which caption of an instruction with blocks it is, counted from 0; None for all other instructions.
        outer: the qubits of the innermost block around it that has any.
        depth: how many blocks it stands in.
    """

    number: int
    instruction: Instruction
    caption: int | None = None
    outer: tuple[int, ...] = ()
    depth: int = 0

    @property
    def num_instructions(self) -> int:
        """How many instructions it counts as: of one with blocks the first caption counts, of runs and frames none."""
        if self.caption is not None:
            return int(self.caption == 0 and type(self.instruction) not in _PARTS)
        return _weight(self.instruction)


def _weight(instruction: Instruction) -> int:
    """How many instructions one picture stands for."""
    if isinstance(instruction, IfElse):
        inner = instruction.blocks[0][0]
        return 1 + inner.num_instructions if isinstance(inner, Boxed) else 1
    return instruction.num_instructions if isinstance(instruction, Boxed) else 1


def _span(instruction: Instruction) -> int:
    """How many instructions of the circuit it stands for."""
    if isinstance(instruction, (Boxed, Framed)):
        return instruction.part.stop - instruction.part.start
    return instruction.times * sum(map(_span, instruction.blocks[0])) if isinstance(instruction, Folded) else 1


def is_compact(instruction: Instruction) -> bool:
    """Whether it is one instruction without blocks under a condition, drawn as one picture."""
    if not isinstance(instruction, IfElse) or [len(block) for block in instruction.blocks] != [1]:
        return False
    return type(instruction.blocks[0][0]) in _PLAIN


def _bodies(flow: ControlFlow) -> tuple[Block, ...]:
    """What follows each of its captions."""
    return ((), *flow.blocks, ()) if isinstance(flow, Switch) else (*flow.blocks, ())


def steps(circuit: Circuit, *, backward: bool = False) -> Iterator[Step]:
    """The steps from the first to the last or, backward, from the last to the first; made as they are asked for.

    >>> circuit = Circuit(1, 1).h(0)
    >>> with circuit.while_(circuit.bits[0]):
    ...     _ = circuit.x(0).y(0)
    >>> [step.instruction.name for step in steps(circuit)]
    ['h', 'while', 'x', 'y', 'while']
    """
    for number, instruction in _numbered(circuit, 0, backward):
        yield from _unfold(Step(number, instruction), backward, is_numbered=True)


def _numbered(
    instructions: Circuit | Sequence[Instruction], first: int, backward: bool
) -> Iterator[tuple[int, Instruction]]:
    """Instructions that follow each other in the circuit with their numbers."""
    if not backward:
        yield from zip(accumulate(map(_span, instructions), initial=first), instructions, strict=False)
        return
    has_parts = not _PARTS.isdisjoint(map(type, instructions))
    number = first + (sum(map(_span, instructions)) if has_parts else len(instructions))
    for at in reversed(range(len(instructions))):
        number -= _span(instructions[at])
        yield number, instructions[at]


def _unfold(step: Step, backward: bool, is_numbered: bool = False) -> Iterator[Step]:
    """The steps of one; whether what is within a frame or a run has numbers of its own."""
    flow, order = step.instruction, reversed if backward else iter
    if not isinstance(flow, ControlFlow) or is_compact(flow):
        yield step
        return
    outer, bodies, is_numbered = flow.qubits or step.outer, _bodies(flow), is_numbered and type(flow) in _PARTS
    for caption in order(range(len(bodies))):
        here = [Step(step.number, flow, caption, step.outer, step.depth)]
        pairs = _numbered(bodies[caption], step.number, backward)
        inner = (
            Step(number if is_numbered else step.number, inner, None, outer, step.depth + 1) for number, inner in pairs
        )
        body = chain.from_iterable(_unfold(each, backward, is_numbered) for each in inner)
        yield from chain(body, here) if backward else chain(here, body)


def count(circuit: Circuit) -> tuple[int, int]:
    """How many steps and how many instructions there are, those in blocks included; a compact one counts once.

    Of a folded run the instructions of one layer count, of a sub-circuit all, also if it is one box.
    """
    return _count(circuit[:], {})


def _count(instructions: Sequence[Instruction], known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    num_steps = num_instructions = len(instructions)
    if not any(issubclass(kind, (ControlFlow, Boxed)) for kind in set(map(type, instructions))):
        return num_steps, num_instructions  # found at once: there may be millions
    for flow in instructions:
        if not isinstance(flow, ControlFlow) or is_compact(flow):
            num_instructions += _weight(flow) - 1
            continue
        if id(flow) not in known:  # the same may stand in many places
            inner = [_count(body, known) for body in _bodies(flow)]
            known[id(flow)] = (
                len(inner) - 1 + sum(s for s, _ in inner),
                sum(i for _, i in inner) - (type(flow) in _PARTS),
            )
        num_steps += known[id(flow)][0]
        num_instructions += known[id(flow)][1]
    return num_steps, num_instructions
