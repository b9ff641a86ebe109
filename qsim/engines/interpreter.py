"""What a circuit that measures, resets and decides means: one shot, one instruction after another.

It says what the faster paths must give, and is written to be read. The state is a vector that dense Kronecker products
are multiplied onto (`engines/reference.py`), classical memory a list of bits, all 0 in the beginning. Whoever calls
chooses each outcome, knowing the probability of 1: by chance, or one after the other so that all are seen.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qsim.circuit import (
    Assignment,
    Break,
    Continue,
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
from qsim.circuit.analysis import locate
from qsim.circuit.transforms import bound
from qsim.engines.reference import embed
from qsim.errors import CircuitError

__all__ = ["Shot", "endless", "interpret", "outcomes"]

ComplexArray = NDArray[np.complex128]
Choose = Callable[[float], int]  # probability of 1 → outcome

_ZERO, _ONE = np.diag([1, 0]).astype(complex), np.diag([0, 1]).astype(complex)
_X = np.array([[0, 1], [1, 0]], dtype=complex)


class Shot(NamedTuple):
    """How a shot ended: its probability among those of all choices, its classical bits, its state."""

    probability: float
    bits: list[int]
    state: ComplexArray


def interpret(instructions: Iterable[Instruction], num_bits: int, state: ComplexArray, choose: Choose) -> Shot:
    """One shot from a normalised state."""
    shot = _Interpreter(num_bits, state, choose)
    shot.run(instructions)
    return Shot(shot.probability, shot.bits, shot.state)


def outcomes(
    instructions: Sequence[Instruction], num_bits: int, state: ComplexArray, bound: float = 1e-15
) -> Iterator[Shot]:
    """Every way through a circuit whose probability is not below the bound, each interpreted from the start."""
    pending: list[list[int]] = [[]]
    while pending:
        forced = pending.pop()
        taken: list[int] = []
        so_far = [1.0]

        def choose(
            one: float, forced: list[int] = forced, taken: list[int] = taken, so_far: list[float] = so_far
        ) -> int:
            if len(taken) < len(forced):
                outcome = forced[len(taken)]
            else:
                outcome = int(so_far[0] * (1 - one) < bound)
                if not outcome and so_far[0] * one >= bound:
                    pending.append([*taken, 1])
            so_far[0] *= one if outcome else 1 - one
            taken.append(outcome)
            return outcome

        shot = interpret(instructions, num_bits, state, choose)
        if shot.probability >= bound:
            yield shot


class _Interpreter:
    def __init__(self, num_bits: int, state: ComplexArray, choose: Choose) -> None:
        self.bits, self.state, self.choose = [0] * num_bits, state, choose
        self.num_qubits = len(state).bit_length() - 1
        self.probability = 1.0

    def run(self, block: Iterable[Instruction]) -> Instruction | None:
        """A block up to its end, or to the `break` or `continue` that is returned."""
        for instruction in block:
            if isinstance(instruction, Operation):
                self.apply(instruction.gate.matrix(), instruction.qubits)
            elif isinstance(instruction, Measurement):
                self.bits[instruction.bit] = self.measure(instruction.qubit)
            elif isinstance(instruction, Reset):
                self.reset(instruction.qubit)
            elif isinstance(instruction, Initialize):
                self.initialize(instruction)
            elif isinstance(instruction, Assignment):
                value, size = instruction.value.value(self.bits), len(instruction.targets)
                for bit, character in zip(instruction.targets, f"{value:0{size}b}", strict=True):
                    self.bits[bit] = int(character)
            elif isinstance(instruction, Break | Continue):
                return instruction
            elif isinstance(instruction, IfElse | Switch):
                jump = self.run(self.chosen(instruction))
                if jump is not None:
                    return jump
            elif isinstance(instruction, WhileLoop | ForLoop):
                self.loop(instruction)
        return None

    def apply(self, matrix: ComplexArray, qubits: Sequence[int]) -> None:
        self.state = embed(matrix, qubits, self.num_qubits) @ self.state

    def measure(self, qubit: int) -> int:
        one = float(np.linalg.norm(embed(_ONE, [qubit], self.num_qubits) @ self.state) ** 2)
        outcome = self.choose(min(one, 1.0))
        self.probability *= one if outcome else 1 - one
        self.apply(_ONE if outcome else _ZERO, [qubit])
        self.state = self.state / np.linalg.norm(self.state)
        return outcome

    def reset(self, qubit: int) -> None:
        if self.measure(qubit):
            self.apply(_X, [qubit])

    def initialize(self, instruction: Initialize) -> None:
        for qubit in instruction.qubits:
            self.reset(qubit)
        from_zero = np.zeros([len(instruction.amplitudes)] * 2, dtype=complex)
        from_zero[:, 0] = instruction.amplitudes
        self.apply(from_zero, instruction.qubits)

    def chosen(self, instruction: IfElse | Switch) -> Iterable[Instruction]:
        if isinstance(instruction, IfElse):
            number = 0 if instruction.condition.value(self.bits) else 1
        else:
            found = instruction.chosen(instruction.subject.value(self.bits))
            number = len(instruction.blocks) if found is None else found
        return instruction.blocks[number] if number < len(instruction.blocks) else ()

    def loop(self, instruction: WhileLoop | ForLoop) -> None:
        for block in self.rounds(instruction):
            if isinstance(self.run(block), Break):
                return

    def rounds(self, loop: WhileLoop | ForLoop) -> Iterator[Iterable[Instruction]]:
        if isinstance(loop, ForLoop):
            yield from (bound(loop.blocks[0], {loop.parameter: float(value)}) for value in loop.values)
            return
        done = 0
        while loop.condition.value(self.bits):
            if done == loop.max_rounds:
                raise endless(loop)
            yield loop.blocks[0]
            done += 1


def endless(loop: WhileLoop) -> CircuitError:
    """The error for a loop that does not end."""
    return CircuitError(
        f"{locate(None, loop)}: its condition is still 1 after {loop.max_rounds} rounds. If it can end, allow more: "
        "while_(condition, max_rounds=…)."
    )
