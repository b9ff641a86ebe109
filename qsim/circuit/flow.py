"""Control flow: instructions that hold others in blocks, which run or not as classical bits say.

A block is a tuple of instructions on the circuit's own qubits and bits, which knows its named sub-circuits if it has
any. Blocks within blocks are limited in depth, so whoever walks them may recurse.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, final

from qsim.circuit.classical import Expression
from qsim.circuit.instructions import Instruction, Source
from qsim.errors import CircuitError
from qsim.frozen import assign

if TYPE_CHECKING:
    from qsim.circuit.parameters import Parameter
    from qsim.circuit.subcircuits import Subcircuit

__all__ = [
    "Assignment",
    "MAX_NESTING",
    "MAX_ROUNDS",
    "Block",
    "Break",
    "Continue",
    "ControlFlow",
    "ForLoop",
    "IfElse",
    "Switch",
    "WhileLoop",
    "block_of",
    "check_nesting",
    "subcircuits_of",
    "walk",
]

MAX_NESTING = 100  # blocks within each other
MAX_ROUNDS = 10**6  # of a loop

Block = tuple[Instruction, ...]


class NamedBlock(Block):
    """A block with named sub-circuits; equal to one without them."""

    subcircuits: "tuple[Subcircuit, ...]" = ()


def block_of(instructions: Iterable[Instruction], subcircuits: "Sequence[Subcircuit]" = ()) -> Block:
    """A block of instructions among which these sub-circuits are."""
    if not subcircuits:
        return tuple(instructions)
    block = NamedBlock(instructions)
    block.subcircuits = tuple(subcircuits)
    return block


def subcircuits_of(block: Block) -> "tuple[Subcircuit, ...]":
    """The named sub-circuits of a block, the outer ones first."""
    return block.subcircuits if isinstance(block, NamedBlock) else ()


def _like(
    block: Block, moved: Iterable[Instruction], qubits: Iterable[tuple[int, int]], bits: Iterable[tuple[int, int]]
) -> Block:
    """A block of the moved instructions of another one, and of its sub-circuits on the same new places."""
    if not isinstance(block, NamedBlock):
        return tuple(moved)
    from qsim.circuit import subcircuits  # circuits without them do not load it

    return block_of(moved, subcircuits.moved(block.subcircuits, dict(qubits), dict(bits)))


class ControlFlow(Instruction):
    """An instruction with blocks.

    Attributes:
        qubits: all qubits of its blocks, ascending.
        bits: all bits that its condition reads and its blocks read and write, ascending.
        written: all bits that its blocks write, ascending.
        blocks: its blocks.
    """

    __slots__ = ("bits", "blocks", "written")

    bits: tuple[int, ...]
    blocks: tuple[Block, ...]
    written: tuple[int, ...]

    def _set(self, read: Iterable[int], blocks: Iterable[Block], source: Source) -> None:
        """The attributes that all have, from the bits that the condition reads and the blocks."""
        blocks = tuple(block if isinstance(block, tuple) else tuple(block) for block in blocks)
        inner = [instruction for block in blocks for instruction in block]
        assign(self, "blocks", blocks)
        assign(self, "qubits", tuple(sorted({q for i in inner for q in i.qubits})))
        assign(self, "bits", tuple(sorted({*read, *(b for i in inner for b in i.bits)})))
        assign(self, "written", tuple(sorted({b for i in inner for b in i.written})))
        assign(self, "source", source)

    def with_blocks(self, blocks: Iterable[Block]) -> "ControlFlow":
        """The same with other blocks."""
        raise NotImplementedError

    def on(self, qubits: tuple[int, ...]) -> "ControlFlow":
        """The same on other qubits, one for each of `qubits`."""
        places = dict(zip(self.qubits, qubits, strict=True))
        return self.with_blocks(
            _like(
                block,
                (instruction.on(tuple(places[q] for q in instruction.qubits)) for instruction in block),
                places.items(),
                ((bit, bit) for bit in self.bits),
            )
            for block in self.blocks
        )

    def _moved_blocks(self, qubits: Sequence[int], bits: Sequence[int]) -> list[Block]:
        return [
            _like(block, (instruction.moved(qubits, bits) for instruction in block), enumerate(qubits), enumerate(bits))
            for block in self.blocks
        ]

    @property
    def size(self) -> str:
        """How many instructions are in its blocks, those in their blocks included, for messages."""
        count = sum(instruction.num_instructions for block in self.blocks for instruction in walk(block))
        return f"{count} instruction{'s' * (count != 1)}"


@final
class IfElse(ControlFlow):
    """The first block where the condition is 1, the second one, if there is one, where it is 0."""

    __slots__ = ("condition",)
    condition: Expression

    def __init__(self, condition: Expression, blocks: Iterable[Block], source: Source = None) -> None:
        assign(self, "condition", condition)
        self._set(condition.bits, blocks, source)

    @property
    def name(self) -> str:
        """Always `if`."""
        return "if"

    def with_blocks(self, blocks: Iterable[Block]) -> "IfElse":
        """The same condition for other blocks."""
        return IfElse(self.condition, blocks, self.source)

    def moved(self, qubits: Sequence[int], bits: Sequence[int]) -> "IfElse":
        """On other qubits and bits, by number."""
        return IfElse(self.condition.moved(bits), self._moved_blocks(qubits, bits), self.source)

    def _value(self) -> tuple[Any, ...]:
        return self.condition.key(), self.blocks

    def __reduce__(self) -> tuple[Any, ...]:
        return IfElse, (self.condition, self.blocks)

    def __repr__(self) -> str:
        return f"if_({self.condition}, {self.size})"


@final
class WhileLoop(ControlFlow):
    """The block again and again as long as the condition is 1, at most `max_rounds` times."""

    __slots__ = ("condition", "max_rounds")
    condition: Expression
    max_rounds: int

    def __init__(
        self, condition: Expression, blocks: Iterable[Block], max_rounds: int = MAX_ROUNDS, source: Source = None
    ) -> None:
        assign(self, "condition", condition)
        assign(self, "max_rounds", max_rounds)
        self._set(condition.bits, blocks, source)

    @property
    def name(self) -> str:
        """Always `while`."""
        return "while"

    def with_blocks(self, blocks: Iterable[Block]) -> "WhileLoop":
        """The same condition for another block."""
        return WhileLoop(self.condition, blocks, self.max_rounds, self.source)

    def moved(self, qubits: Sequence[int], bits: Sequence[int]) -> "WhileLoop":
        """On other qubits and bits, by number."""
        return WhileLoop(self.condition.moved(bits), self._moved_blocks(qubits, bits), self.max_rounds, self.source)

    def _value(self) -> tuple[Any, ...]:
        return self.condition.key(), self.blocks, self.max_rounds

    def __reduce__(self) -> tuple[Any, ...]:
        return WhileLoop, (self.condition, self.blocks, self.max_rounds)

    def __repr__(self) -> str:
        return f"while_({self.condition}, {self.size})"


@final
class ForLoop(ControlFlow):
    """The block once for each value, which the parameter stands for in angles."""

    __slots__ = ("parameter", "values")
    values: range | tuple[int, ...]
    parameter: "Parameter"

    def __init__(
        self,
        values: range | tuple[int, ...],
        parameter: "Parameter",
        blocks: Iterable[Block],
        source: Source = None,
    ) -> None:
        assign(self, "values", values)
        assign(self, "parameter", parameter)
        self._set((), blocks, source)

    @property
    def name(self) -> str:
        """Always `for`."""
        return "for"

    def with_blocks(self, blocks: Iterable[Block]) -> "ForLoop":
        """The same values for another block."""
        return ForLoop(self.values, self.parameter, blocks, self.source)

    def moved(self, qubits: Sequence[int], bits: Sequence[int]) -> "ForLoop":
        """On other qubits and bits, by number."""
        return ForLoop(self.values, self.parameter, self._moved_blocks(qubits, bits), self.source)

    def _value(self) -> tuple[Any, ...]:
        return self.values, self.parameter, self.blocks

    def __repr__(self) -> str:
        return f"for_({self.parameter} in {self.values}, {self.size})"


@final
class Switch(ControlFlow):
    """The block of the case that the subject's value is in; the default, if there is one, where it is in none.

    Attributes:
        subject: what is compared.
        cases: for each block its values; `None` for the default, which comes last.
    """

    __slots__ = ("cases", "subject")
    subject: Expression
    cases: tuple[tuple[int, ...] | None, ...]

    def __init__(
        self,
        subject: Expression,
        cases: Iterable[tuple[int, ...] | None],
        blocks: Iterable[Block],
        source: Source = None,
    ) -> None:
        assign(self, "subject", subject)
        assign(self, "cases", tuple(cases))
        self._set(subject.bits, blocks, source)

    @property
    def name(self) -> str:
        """Always `switch`."""
        return "switch"

    def with_blocks(self, blocks: Iterable[Block]) -> "Switch":
        """The same cases with other blocks."""
        return Switch(self.subject, self.cases, blocks, self.source)

    def moved(self, qubits: Sequence[int], bits: Sequence[int]) -> "Switch":
        """On other qubits and bits, by number."""
        return Switch(self.subject.moved(bits), self.cases, self._moved_blocks(qubits, bits), self.source)

    def chosen(self, value: int) -> int | None:
        """The number of the block for a value of the subject, if there is one."""
        for number, values in enumerate(self.cases):
            if values is None or value in values:
                return number
        return None

    def _value(self) -> tuple[Any, ...]:
        return self.subject.key(), self.cases, self.blocks

    def __reduce__(self) -> tuple[Any, ...]:
        return Switch, (self.subject, self.cases, self.blocks)

    def __repr__(self) -> str:
        number = len(self.cases)
        return f"switch({self.subject}, {number} case{'s' * (number != 1)}, {self.size})"


@final
class Assignment(Instruction):
    """Classical bits are given the value of an expression.

    Attributes:
        targets: the bits, the most significant first.
        value: an expression of as many bits, read before any is written.
    """

    __slots__ = ("bits", "targets", "value")
    targets: tuple[int, ...]
    value: Expression
    bits: tuple[int, ...]

    def __init__(self, targets: tuple[int, ...], value: Expression, source: Source = None) -> None:
        assign(self, "qubits", ())
        assign(self, "targets", targets)
        assign(self, "value", value)
        assign(self, "bits", tuple(sorted({*targets, *value.bits})))
        assign(self, "source", source)

    @property
    def name(self) -> str:
        """Always `assign`."""
        return "assign"

    @property
    def written(self) -> tuple[int, ...]:  # type: ignore[override]
        """The targets."""
        return self.targets

    def on(self, qubits: tuple[int, ...]) -> "Assignment":
        """Itself: it acts on no qubit."""
        return self

    def moved(self, qubits: Sequence[int], bits: Sequence[int]) -> "Assignment":
        """With other bits, by number."""
        return Assignment(tuple(bits[bit] for bit in self.targets), self.value.moved(bits), self.source)

    def _value(self) -> tuple[Any, ...]:
        return self.targets, self.value.key()

    def __reduce__(self) -> tuple[Any, ...]:
        return Assignment, (self.targets, self.value)

    def __repr__(self) -> str:
        return f"assign({list(self.targets)}, {self.value})"


class _Jump(Instruction):
    """What leaves the innermost loop, or its round."""

    __slots__ = ()

    def __init__(self, source: Source = None) -> None:
        assign(self, "qubits", ())
        assign(self, "source", source)

    def on(self, qubits: tuple[int, ...]) -> "_Jump":
        """Itself: it acts on no qubit."""
        return self

    def _value(self) -> tuple[Any, ...]:
        return ()

    def __repr__(self) -> str:
        return f"{self.name}_()"


@final
class Break(_Jump):
    """Ends the innermost loop."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """Always `break`."""
        return "break"


@final
class Continue(_Jump):
    """Goes on with the next round of the innermost loop."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """Always `continue`."""
        return "continue"


def walk(instructions: Iterable[Instruction]) -> Iterator[Instruction]:
    """All instructions, each followed by those in its blocks."""
    for instruction in instructions:
        yield instruction
        if isinstance(instruction, ControlFlow):
            for block in instruction.blocks:
                yield from walk(block)


def check_nesting(instructions: Iterable[Instruction], limit: int = MAX_NESTING) -> None:
    """Refuse blocks that are nested deeper than the limit."""
    level = [i for i in instructions if isinstance(i, ControlFlow)]
    for _ in range(limit):
        level = [i for outer in level for block in outer.blocks for i in block if isinstance(i, ControlFlow)]
        if not level:
            return
    if level:
        raise CircuitError(f"Blocks may be nested {MAX_NESTING} deep, but {level[0]!r} lies deeper.")
