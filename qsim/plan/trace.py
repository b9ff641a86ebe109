"""Trace: which sweeps do a part of each operation.

A plan does not say it: gates are multiplied into one turn or pair, phases are pulled through flips, flips cancel. So a
circuit is lowered once more by one who looks on, and notes for each step the operations in it. Runs pay nothing for it.
"""

from collections.abc import Iterable, Sequence
from functools import partial

from qsim.circuit import Circuit, Operation
from qsim.gates import Gate
from qsim.plan.diagonal import Diagonal
from qsim.plan.lower import LOOK_BACK, ComplexArray, Matrix2, _Lowering, lower
from qsim.plan.prepare import Prepared, Settings
from qsim.plan.steps import Flip, Lowered, Pair, Phase, Step

__all__ = ["sources", "sweeps_of"]


def sweeps_of(circuit: Circuit, settings: Settings) -> tuple[tuple[int, ...], ...]:
    """For each instruction of a circuit the numbers of the sweeps that do a part of it, ascending.

    A sweep does a part of an operation if the plan gives it a step in which the operation is. What makes no step has no
    sweep: a swap, which only renames qubits; gates whose product is the identity; flips that cancel, between which
    phases are pulled through; phases of the whole state. Nor has what is no operation. An operation that does not lower
    counts as a sweep. A sweep may leave phases pending, which one of the next multiplies in together with its own.

    Takes as long as planning does without the programs: 0.1 ms a gate.
    """
    lowered, operations_of = sources(circuit)
    operations = tuple(instruction for instruction in circuit if isinstance(instruction, Operation))
    found: list[tuple[int, ...]] = [()] * len(operations)
    by_step = {id(step): numbers for step, numbers in zip(lowered.steps, operations_of, strict=True)}
    sweep = 0
    for part in Prepared(circuit, operations, settings, lowered).parts:
        for steps in [[part]] if isinstance(part, Operation) else [each.steps for each in part.sweeps]:
            only = (sweep,)  # shared by most: there may be a million
            for number in set().union(*(by_step.get(id(step), ()) for step in steps)):
                found[number] = (*found[number], sweep) if found[number] else only
            sweep += 1
    in_order = iter(found)
    return tuple(next(in_order) if isinstance(instruction, Operation) else () for instruction in circuit)


def sources(circuit: Circuit) -> tuple[Lowered, list[frozenset[int]]]:
    """A circuit lowered, and for each step the numbers, among the operations, of those that are in it.

    >>> lowered, operations_of = sources(Circuit(2).h(0).t(0).cx(0, 1).rx(0.5, 0))
    >>> for step, numbers in zip(lowered.steps, operations_of):
    ...     print(type(step).__name__, sorted(numbers))
    Turn [0, 1]
    Flip [2]
    Turn [3]
    """
    found: dict[int, set[int]] = {}
    lowered = lower(circuit, partial(_Tracing, found))
    return lowered, [frozenset(found[id(step)]) for step in lowered.steps]


class _Tracing(_Lowering):
    """Notes where each operation goes; steps are named by their identity, which their makers here give anew."""

    def __init__(self, found: dict[int, set[int]], num_qubits: int, places: list[int]) -> None:
        super().__init__(num_qubits, places)
        self.found = found
        self.number = -1  # of the operation at hand
        self.writing: set[int] = set()  # what is in the steps that are being written
        self.waiting: dict[int, set[int]] = {}  # by weight: what is in `pending`

    def add(self, operation: Operation) -> None:
        self.number += 1
        self.writing = {self.number}
        super().add(operation)

    def write(self, step: Step) -> None:
        super().write(step)
        self.found[id(step)] = set(self.writing)

    def keep(self, operation: Operation, weights: list[int]) -> None:
        super().keep(operation, weights)
        self.found[id(self.steps[-1])] = {self.number}

    def multiply(self, weight: int, matrix: Matrix2) -> None:
        super().multiply(weight, matrix)
        self.waiting.setdefault(weight, set()).add(self.number)

    def flush(self, weight: int) -> None:
        waiting = self.waiting.pop(weight, set())
        before, writing = self._matrix(weight), self.writing
        self.writing = waiting
        super().flush(weight)
        self.writing = writing
        self._joined(before, waiting)

    def joins(self, gate: Gate, first: int, second: int) -> bool:
        before = self._matrix(first)
        is_joined = super().joins(gate, first, second)
        self._joined(before, {self.number})
        return is_joined

    def add_phase(self, mask: int, angle: float) -> None:
        before = self._matrix(mask & -mask)
        super().add_phase(mask, angle)
        if before is not None and before[0].mask == mask:  # another one may have taken in what waited on a bit
            self._joined(before, {self.number})

    def add_pair(self, matrix: ComplexArray, first: int, second: int) -> None:
        super().add_pair(matrix, first, second)
        inside = self.found[id(self.last[first])]
        inside.add(self.number)
        for weight in {first, second} & self.waiting.keys() - self.pending.keys():  # what was not flushed
            inside |= self.waiting.pop(weight)

    def cancels(self, flip: Flip) -> bool:
        before = self.steps[-LOOK_BACK:]
        start = len(self.steps) - len(before)
        if not super().cancels(flip):
            return False
        after = self.steps[start:]
        place = next((k for k, (old, new) in enumerate(zip(before, after, strict=False)) if old is not new), len(after))
        moved: dict[tuple[int, int], set[int]] = {}  # by run of phases and mask
        for run, phase in _phases(before[place + 1 :]):
            diagonal = Diagonal()
            diagonal.add(phase.mask, phase.angle)
            diagonal.pull_through(flip)
            for mask in diagonal.angles:
                moved.setdefault((run, mask), set()).update(self.found[id(phase)])
        new = {id(phase): moved[run, phase.mask] for run, phase in _phases(after[place:])}
        self.found.update(new)
        return True

    def _matrix(self, weight: int) -> tuple[Pair, ComplexArray] | None:
        """The pair that was last on a bit, and its matrix now."""
        before = self.last.get(weight)
        return (before, before.matrix) if isinstance(before, Pair) else None

    def _joined(self, before: tuple[Pair, ComplexArray] | None, numbers: Iterable[int]) -> None:
        """Note these in a pair if its matrix is another one now."""
        if before is not None and before[0].matrix is not before[1]:
            self.found[id(before[0])].update(numbers)


def _phases(steps: Sequence[Step]) -> list[tuple[int, Phase]]:
    """The phases, each with the number of other steps before it."""
    found, others = list[tuple[int, Phase]](), 0
    for step in steps:
        if isinstance(step, Phase):
            found.append((others, step))
        else:
            others += 1
    return found
