"""Control flow as a list of nodes, in which what comes next is a number: blocks, loops and jumps are gone.

A way through a circuit is then a place in the list, the classical bits, and for each loop that is at work the number of
its round; so it can be stopped, copied and gone on with anywhere.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qsim.circuit import (
    Assignment,
    Barrier,
    Break,
    Continue,
    Expression,
    ForLoop,
    IfElse,
    Initialize,
    Instruction,
    Measurement,
    Operation,
    Reset,
    Switch,
    WhileLoop,
)
from qsim.circuit.analysis import parameters

__all__ = [
    "Choice",
    "Code",
    "Enter",
    "Gates",
    "Give",
    "Jump",
    "Measure",
    "Prepare",
    "ResetQubit",
    "Round",
    "compile_flow",
]

JOINT_QUBITS = 8  # are measured at once, with 2^8 outcomes; more in several steps


class Gates(NamedTuple):
    """Operations in a row.

    Attributes:
        operations: with the parameters of loops still in them.
        loops: the loops whose parameters are.
        qubits: those touched, ascending.
    """

    operations: tuple[Operation, ...]
    loops: tuple[int, ...]
    qubits: tuple[int, ...]


class Measure(NamedTuple):
    """Different qubits are measured at once, each into its bit."""

    qubits: tuple[int, ...]
    bits: tuple[int, ...]


class ResetQubit(NamedTuple):
    """A qubit becomes |0⟩."""

    qubit: int


class Prepare(NamedTuple):
    """Qubits in |0⟩ become a state."""

    qubits: tuple[int, ...]
    amplitudes: NDArray[np.complex128]


class Give(NamedTuple):
    """Bits, the most significant first, get a value."""

    bits: tuple[int, ...]
    value: Expression


class Choice(NamedTuple):
    """The next node by the value of an expression."""

    subject: Expression
    nodes: dict[int, int]
    otherwise: int


class Jump(NamedTuple):
    """Another next node."""

    node: int


class Enter(NamedTuple):
    """A loop begins: no round is done."""

    loop: int


class Round(NamedTuple):
    """The next round of a loop, or the node after it."""

    loop: int
    instruction: WhileLoop | ForLoop
    end: int


Node: TypeAlias = Gates | Measure | ResetQubit | Prepare | Give | Choice | Jump | Enter | Round
Code: TypeAlias = list[Node]


def compile_flow(instructions: Iterable[Instruction]) -> Code:
    """The nodes of a circuit; a way through it ends behind the last."""
    compiler = _Compiler()
    compiler.block(instructions)
    return compiler.code


class _Compiler:
    def __init__(self) -> None:
        self.code: Code = []
        self._loops: list[tuple[int, ForLoop | WhileLoop]] = []  # at work: number of its Round node
        self._breaks: list[list[int]] = []  # for each, nodes that jump behind it

    def block(self, instructions: Iterable[Instruction]) -> None:
        """Append a block. Runs of gates, and of measurements of different qubits, become one node."""
        row: list[Instruction] = []
        for instruction in instructions:
            if isinstance(instruction, Barrier):
                continue
            if not isinstance(instruction, Operation | Measurement) or (row and type(instruction) is not type(row[0])):
                self._end(row)
                row = []
            if isinstance(instruction, Operation | Measurement):
                row.append(instruction)
            else:
                self._add(instruction)
        self._end(row)

    def _end(self, row: Sequence[Instruction]) -> None:
        operations = tuple(instruction for instruction in row if isinstance(instruction, Operation))
        if operations:
            used = set(parameters(operations))
            loops = tuple(at for at, loop in self._loops if isinstance(loop, ForLoop) and loop.parameter in used)
            self.code.append(Gates(operations, loops, tuple(sorted({q for op in operations for q in op.qubits}))))
        qubits, bits = list[int](), list[int]()
        for instruction in row:
            if isinstance(instruction, Measurement):
                if instruction.qubit in qubits or instruction.bit in bits or len(qubits) == JOINT_QUBITS:
                    self.code.append(Measure(tuple(qubits), tuple(bits)))
                    qubits, bits = [], []
                qubits.append(instruction.qubit)
                bits.append(instruction.bit)
        if qubits:
            self.code.append(Measure(tuple(qubits), tuple(bits)))

    def _add(self, instruction: Instruction) -> None:
        if isinstance(instruction, Reset):
            self.code.append(ResetQubit(instruction.qubit))
        elif isinstance(instruction, Initialize):
            self.code += [ResetQubit(qubit) for qubit in instruction.qubits]
            self.code.append(Prepare(instruction.qubits, instruction.amplitudes))
        elif isinstance(instruction, Assignment):
            self.code.append(Give(instruction.targets, instruction.value))
        elif isinstance(instruction, IfElse):
            self._choice(instruction.condition, [(1,), None][: len(instruction.blocks)], instruction.blocks)
        elif isinstance(instruction, Switch):
            self._choice(instruction.subject, instruction.cases, instruction.blocks)
        elif isinstance(instruction, WhileLoop | ForLoop):
            self._loop(instruction)
        elif isinstance(instruction, Break):
            self._breaks[-1].append(len(self.code))
            self.code.append(Jump(-1))
        elif isinstance(instruction, Continue):
            self.code.append(Jump(self._loops[-1][0]))
        else:
            raise TypeError(f"No rule for {type(instruction).__name__}.")

    def _choice(
        self,
        subject: Expression,
        cases: Sequence[tuple[int, ...] | None],
        blocks: Sequence[Iterable[Instruction]],
    ) -> None:
        """Each block ends with a jump behind the last; a case without values is for all others."""
        at = len(self.code)
        self.code.append(Jump(-1))
        nodes: dict[int, int] = {}
        otherwise, ends = None, []
        for values, block in zip(cases, blocks, strict=True):
            if values is None:
                otherwise = len(self.code)
            else:
                nodes.update(dict.fromkeys(values, len(self.code)))
            self.block(block)
            ends.append(len(self.code))
            self.code.append(Jump(-1))
        end = len(self.code)
        for number in ends:
            self.code[number] = Jump(end)
        self.code[at] = Choice(subject, nodes, end if otherwise is None else otherwise)

    def _loop(self, loop: WhileLoop | ForLoop) -> None:
        at = len(self.code) + 1
        self.code += [Enter(at), Jump(-1)]
        self._loops.append((at, loop))
        self._breaks.append([])
        self.block(loop.blocks[0])
        self.code.append(Jump(at))
        end = len(self.code)
        self.code[at] = Round(at, loop, end)
        for number in self._breaks.pop():
            self.code[number] = Jump(end)
        self._loops.pop()
