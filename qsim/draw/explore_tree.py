"""All ways through a small circuit, one instruction after another: what `Circuit.explore` shows.

A way forks where a measurement has two outcomes, or a reset of an entangled qubit; the steps between two forks are a
segment. Loops are unrolled along the way. The likeliest way is worked out first, until there is as much as a page can
hold; what is left out is said in the segment that ends there.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.circuit import (
    Assignment,
    Barrier,
    Break,
    Circuit,
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
from qsim.circuit.transforms import bound
from qsim.draw.pictures import Names, Rows, depict
from qsim.draw.steps import Step, is_compact, steps
from qsim.draw.titles import describe
from qsim.engines.branch import Register
from qsim.engines.numpy_path import apply_operation
from qsim.states.vectors import squares

__all__ = ["MAX_BLOCH_QUBITS", "MAX_KET_QUBITS", "Choice", "Frame", "Option", "Segment", "make_tree", "percent"]

MAX_ALL_QUBITS = 8  # all amplitudes are shown
MAX_KET_QUBITS = 12  # the largest ones are shown
MAX_KETS = 64  # so many
MAX_BLOCH_QUBITS = 16  # only Bloch vectors are shown; beyond, no state is worked out
MAX_BITS = 64  # classical bits that are shown
MAX_STEPS = 200  # of one way
MAX_BRANCHES = 64  # ways
MAX_NUMBERS = 300_000  # on a page, which so stays below some 4 MB, and is worked out in seconds
AMPLITUDES_A_NUMBER = 64  # reading so many for Bloch vectors takes as long as writing a number
NUMBERS_A_TEXT = 20  # the words of a step take as much room as so many numbers
NEGLIGIBLE = 1e-12  # an outcome less likely is a rounding error
INVISIBLE = 1e-10  # so is a smaller amplitude
NORM_TOLERANCE = 1e-6  # operations that were added unchecked may change the norm

ComplexArray = NDArray[np.complex128]
Key = tuple[int, int, int | None]  # a picture: number of the circuit's instruction, identity of what is drawn, caption


@dataclass(frozen=True, slots=True)
class Frame:
    """What is seen after a step.

    Attributes:
        text: the step in words.
        keys: the pictures of what was done.
        bits: the classical bits that are shown, as 0 and 1.
        kets: basis states that are shown, ascending; None where no amplitudes are shown.
        amplitudes: theirs.
        others: how many amplitudes that are not 0 are left out.
        bloch: Bloch vector of each qubit, of shape (num_qubits, 3); None where no state is worked out.
    """

    text: str
    keys: tuple[Key, ...] = ()
    bits: str = ""
    kets: NDArray[np.int64] | None = None
    amplitudes: ComplexArray | None = None
    others: int = 0
    bloch: NDArray[np.float64] | None = None

    @property
    def size(self) -> int:
        """How much room it takes on the page, in numbers."""
        num_kets = 0 if self.kets is None else len(self.kets)
        return 3 * num_kets + (0 if self.bloch is None else self.bloch.size) + NUMBERS_A_TEXT


@dataclass(frozen=True, slots=True)
class Option:
    """An outcome: its probability, given those before, and the number of the segment after it, if it is followed."""

    outcome: int
    probability: float
    segment: int | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A place where a way forks: what is done there, in words, and its outcomes."""

    text: str
    options: tuple[Option, ...]


@dataclass(slots=True)
class Segment:
    """A way from one fork to the next.

    Attributes:
        probability: that all outcomes up to here are found.
        frames: after each step; the first segment begins with the start of the circuit.
        choice: the fork at its end, if there is one.
        end: why it is not followed further, if it ends before the circuit does.
    """

    probability: float
    frames: list[Frame] = field(default_factory=list)
    choice: Choice | None = None
    end: str = ""


def make_tree(circuit: Circuit) -> list[Segment]:
    """The segments, the first one first; parameters must be bound.

    >>> first, *others = make_tree(Circuit(1, 1).h(0).measure(0, 0))
    >>> [frame.text for frame in first.frames], first.choice.text
    (['start, every qubit is |0⟩', 'h on q0'], 'measure q0 into c0')
    >>> [(option.outcome, round(option.probability, 6), option.segment) for option in first.choice.options]
    [(0, 0.5, 1), (1, 0.5, 2)]
    >>> others[1].frames[0].text, others[1].frames[0].kets.tolist()
    ('measure q0 into c0: found 1, with probability 50 %', [1])
    """
    if circuit.num_qubits > MAX_BLOCH_QUBITS:
        return [_without_states(circuit)]
    return _Walker(circuit).walk()


def _without_states(circuit: Circuit) -> Segment:
    """The steps as they are drawn, of a register that is too large."""
    names = Names(circuit.qubits.registers), Names(circuit.bits.registers)
    segment = Segment(1.0, [Frame("start")])
    drawn = (step for step in steps(circuit) if not isinstance(step.instruction, Barrier))
    for step in islice(drawn, MAX_STEPS):
        segment.frames.append(Frame(_words(step, *names), (_key(step),)))
    if next(drawn, None) is not None:
        segment.end = f"Only the first {MAX_STEPS} steps are shown."
    return segment


def _key(step: Step) -> Key:
    return step.number, id(step.instruction), step.caption


def _words(step: Step, qubits: Names, bits: Names) -> str:
    return describe(step, qubits, bits).removeprefix(f"{step.number}: ")


def percent(probability: float) -> str:
    """A probability in a text: `12.5 %`.

    >>> percent(0.5), percent(1 / 3), percent(1e-7)
    ('50 %', '33.33 %', '1e-05 %')
    """
    return f"{100 * probability:.4g} %"


# ── Places ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a way has come to: immutable, so a fork copies nothing.

    Attributes:
        block: the instructions, with the parameters of loops bound.
        at: the number of the next one.
        path: of the block: numbers of an instruction, of one of its blocks, of an instruction in it, and so on.
        outer: where it goes on after the block.
        loop: the loop whose block it is.
        rounds: how many of its rounds were begun.
    """

    block: Sequence[Instruction]
    at: int = 0
    path: tuple[int, ...] = ()
    outer: "_Place | None" = None
    loop: "ForLoop | WhileLoop | None" = None
    rounds: int = 0

    def after(self) -> "_Place":
        """Behind the next instruction."""
        return replace(self, at=self.at + 1)

    def into(self, number: int, block: Sequence[Instruction], **loop: Any) -> "_Place":
        """The start of a block of the next instruction."""
        return _Place(block, 0, (*self.path, self.at, number), self.after(), **loop)


@dataclass(slots=True)
class _Branch:
    """A way that is being worked out."""

    place: _Place | None
    bits: list[int]
    state: ComplexArray
    segment: Segment
    num_steps: int = 0


# ── The walk ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Walker:
    def __init__(self, circuit: Circuit) -> None:
        self.circuit, self.num_qubits = circuit, circuit.num_qubits
        self.names = Names(circuit.qubits.registers), Names(circuit.bits.registers)
        self.segments: list[Segment] = []
        self.waiting: list[tuple[float, int, _Branch]] = []  # a heap, the likeliest first
        self.order = count()
        self.num_branches = 1
        self.room = MAX_NUMBERS

    def walk(self) -> list[Segment]:
        state = np.zeros(bits.register_size(self.num_qubits), dtype=np.complex128)
        state[0] = 1
        root = _Branch(_Place(self.circuit[:]), [0] * self.circuit.num_bits, state, self._segment(1.0))
        self._show(root, "start, every qubit is |0⟩")
        self._wait(root)
        while self.waiting:
            branch = heapq.heappop(self.waiting)[2]
            while not branch.segment.end and branch.segment.choice is None and branch.place is not None:
                self._advance(branch)
        return self.segments

    def _segment(self, probability: float) -> Segment:
        self.segments.append(Segment(probability))
        return self.segments[-1]

    def _wait(self, branch: _Branch) -> None:
        heapq.heappush(self.waiting, (-round(branch.segment.probability, 9), next(self.order), branch))

    def _advance(self, branch: _Branch) -> None:
        """Do the next instruction, or leave the block that ends here."""
        place = branch.place
        assert place is not None
        if place.at == len(place.block):
            self._leave(branch, place)
            return
        instruction = place.block[place.at]
        if isinstance(instruction, Barrier):
            branch.place = place.after()
        elif branch.num_steps == MAX_STEPS:
            branch.segment.end = f"Only the first {MAX_STEPS} steps of a way are shown."
        elif self.room <= 0:
            branch.segment.end = "This way is not followed further: the page holds no more numbers."
        else:
            self._do(branch, place, instruction, self._step(place))

    def _step(self, place: _Place, caption: int | None = None) -> Step:
        """The next instruction as it is drawn: the parameters of loops are not bound in the picture."""
        number, *inner = (*place.path, place.at)
        drawn = self.circuit[number]
        for block, at in zip(inner[::2], inner[1::2], strict=True):
            drawn = drawn.blocks[block][at]  # type: ignore[attr-defined]  # a path leads through blocks
        return Step(number, drawn, caption)

    def _do(self, branch: _Branch, place: _Place, instruction: Instruction, step: Step) -> None:
        if isinstance(instruction, IfElse) and is_compact(instruction):
            text = self._words(replace(step, instruction=instruction))
            if instruction.condition.value(branch.bits):
                self._act(branch, place, instruction.blocks[0][0], step, text)
            else:
                branch.place = place.after()
                self._show(branch, f"{text}: not done, as the condition is 0", step)
        elif isinstance(instruction, IfElse | Switch):
            self._choose(branch, place, instruction)
        elif isinstance(instruction, WhileLoop | ForLoop):
            self._round(branch, place, instruction, 0)
        else:
            self._act(branch, place, instruction, step, self._words(replace(step, instruction=instruction)))

    def _act(self, branch: _Branch, place: _Place, instruction: Instruction, step: Step, text: str) -> None:
        """Do an instruction without blocks."""
        branch.place = place.after()
        if isinstance(instruction, Measurement):
            self._measure(branch, instruction, step, text)
            return
        if isinstance(instruction, Reset | Initialize):
            self._prepare(branch, place, instruction, step, text)
            return
        if isinstance(instruction, Operation):
            apply_operation(branch.state.reshape([2] * self.num_qubits), instruction)
        elif isinstance(instruction, Assignment):
            value, width = instruction.value.value(branch.bits), len(instruction.targets)
            for bit, character in zip(instruction.targets, f"{value:0{width}b}", strict=True):
                branch.bits[bit] = int(character)
        elif isinstance(instruction, Break | Continue):
            self._jump(branch, place, instruction)
        self._show(branch, text, step)
        norm = float(np.linalg.norm(branch.state))
        if abs(norm - 1) > NORM_TOLERANCE:
            branch.segment.end = f"This way ends here: the operation is not unitary, the norm is now {norm:.4g}."

    # ── Measurement and reset ─────────────────────────────────────────────────────────────────────────────────────

    def _register(self, branch: _Branch) -> Register:
        return Register(tuple(range(self.num_qubits)), {}, branch.state)

    def _measure(self, branch: _Branch, measurement: Measurement, step: Step, text: str) -> None:
        def found(child: _Branch, register: Register, outcome: int) -> None:
            child.state, child.bits[measurement.bit] = register.whole(), outcome

        self._fork(branch, measurement.qubit, step, text, "found", found)

    def _prepare(self, branch: _Branch, place: _Place, instruction: Reset | Initialize, step: Step, text: str) -> None:
        """Qubits become |0⟩, then what they are given; at the first that is entangled the way forks."""
        register = self._register(branch)
        behind = place if isinstance(instruction, Initialize) else place.after()  # of a fork: the rest is still to do
        for qubit in instruction.qubits:
            after = register.reset(qubit) if qubit in register.active else register
            if after is None:

                def found(child: _Branch, register: Register, outcome: int, qubit: int = qubit) -> None:
                    register.flipped([qubit] if outcome else [])
                    child.state, child.place = register.whole(), behind

                what = text if isinstance(instruction, Reset) else f"{text}, first reset {self.names[0][qubit]}"
                self._fork(branch, qubit, step, what, "entangled, was", found)
                return
            register = after
        if isinstance(instruction, Initialize):
            register = register.prepared(instruction.qubits, instruction.amplitudes)
        branch.state = register.whole()
        self._show(branch, text, step)

    def _fork(
        self,
        branch: _Branch,
        qubit: int,
        step: Step,
        text: str,
        verb: str,
        found: Callable[[_Branch, Register, int], None],
    ) -> None:
        """Follow each outcome of a qubit; where it is certain, the way goes on."""
        register = self._register(branch)
        weights = register.probabilities([qubit])
        probabilities = weights / weights.sum()
        outcomes = [outcome for outcome in (0, 1) if probabilities[outcome] > NEGLIGIBLE]
        if len(outcomes) == 1:
            found(branch, register.projected([qubit], outcomes[0], float(weights[outcomes[0]])), outcomes[0])
            self._show(branch, f"{text}: {verb} {outcomes[0]}, for certain", step)
            return
        likeliest = sorted(outcomes, key=lambda outcome: -round(float(probabilities[outcome]), 9))
        followed = likeliest[: 1 + MAX_BRANCHES - self.num_branches]
        self.num_branches += len(followed) - 1
        options = []
        for outcome in outcomes:
            probability = float(probabilities[outcome])
            options.append(Option(outcome, probability, len(self.segments) if outcome in followed else None))
            if outcome not in followed:
                continue
            segment = self._segment(branch.segment.probability * probability)
            child = _Branch(branch.place, list(branch.bits), branch.state, segment, branch.num_steps)
            found(child, register.projected([qubit], outcome, float(weights[outcome])), outcome)
            self._show(child, f"{text}: {verb} {outcome}, with probability {percent(probability)}", step)
            self._wait(child)
        branch.segment.choice = Choice(text, tuple(options))

    # ── Blocks ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _choose(self, branch: _Branch, place: _Place, flow: IfElse | Switch) -> None:
        """Enter the block that the bits say, or go on behind all."""
        head = self._head(flow)
        if isinstance(flow, IfElse):
            value = flow.condition.value(branch.bits)
            number = None if value == 0 and len(flow.blocks) == 1 else int(value == 0)
            text, caption = f"{head}: the condition is {value}", number or 0
        else:
            value = flow.subject.value(branch.bits)
            number = flow.chosen(value)
            text, caption = f"{head}: the value is {value}", 0 if number is None else number + 1
        branch.place = place.after() if number is None else place.into(number, flow.blocks[number])
        captions = (0, caption) if isinstance(flow, Switch) and caption else (caption,)
        self._show(branch, text, *(self._step(place, caption) for caption in captions))

    def _round(self, branch: _Branch, place: _Place, loop: ForLoop | WhileLoop, done: int) -> None:
        """Begin the next round of a loop that the place stands before, or go on behind it."""
        head, ended = self._head(loop), f"it ends after {done} round{'s' * (done != 1)}"
        branch.place, text = place.after(), f"{self._head(loop)}: {ended}"
        if isinstance(loop, ForLoop):
            if done < len(loop.values):
                value = loop.values[done]
                block = tuple(bound(loop.blocks[0], {loop.parameter: float(value)}))
                branch.place = place.into(0, block, loop=loop, rounds=done + 1)
                text = f"{head}: round {done + 1}, {loop.parameter.name} = {value}"
        elif loop.condition.value(branch.bits):
            branch.place = place.into(0, loop.blocks[0], loop=loop, rounds=done + 1)
            text = f"{head}: the condition is 1, round {done + 1}"
            if done == loop.max_rounds:
                branch.segment.end = f"A run stops here: the condition is still 1 after {done} rounds."
                text = f"{head}: the condition is still 1 after {done} rounds"
        self._show(branch, text, self._step(place, 0))

    def _leave(self, branch: _Branch, place: _Place) -> None:
        """Go on behind a block: with the next round of a loop, or with what comes after."""
        if place.loop is None:
            branch.place = place.outer
        elif branch.num_steps == MAX_STEPS:
            branch.segment.end = f"Only the first {MAX_STEPS} steps of a way are shown."
        else:
            assert place.outer is not None
            self._round(branch, replace(place.outer, at=place.outer.at - 1), place.loop, place.rounds)

    def _jump(self, branch: _Branch, place: _Place, jump: Break | Continue) -> None:
        while place.loop is None:
            assert place.outer is not None  # a jump stands in a loop
            place = place.outer
        branch.place = place.outer if isinstance(jump, Break) else replace(place, at=len(place.block))

    # ── Frames ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _words(self, step: Step) -> str:
        return _words(step, *self.names)

    def _head(self, flow: Instruction) -> str:
        """What is written before its first block, such as `if c0`."""
        item = depict(Step(0, flow, 0), Rows(self.num_qubits, max(self.num_qubits, 1)), self.names[1])
        assert item is not None
        return item.label

    def _show(self, branch: _Branch, text: str, *drawn: Step) -> None:
        """Add a frame of what a branch has come to."""
        keys = tuple(map(_key, drawn))
        shown = "".join(map(str, branch.bits[:MAX_BITS]))
        frame = Frame(text, keys, shown, *self._kets(branch.state), self._bloch(branch.state))
        branch.segment.frames.append(frame)
        branch.num_steps += bool(drawn)
        self.room -= frame.size + len(branch.state) // AMPLITUDES_A_NUMBER

    def _kets(self, state: ComplexArray) -> tuple[NDArray[np.int64] | None, ComplexArray | None, int]:
        """Basis states to show, their amplitudes, and how many others are not 0."""
        if self.num_qubits > MAX_KET_QUBITS:
            return None, None, 0
        sizes = np.abs(state)
        visible = np.flatnonzero(sizes > INVISIBLE)
        limit = len(state) if self.num_qubits <= MAX_ALL_QUBITS else MAX_KETS
        largest = visible[np.argsort(-sizes[visible].round(10), kind="stable")[:limit]]
        kets = np.sort(largest)
        return kets, state[kets], len(visible) - len(kets)

    def _bloch(self, state: ComplexArray) -> NDArray[np.float64]:
        """(⟨X⟩, ⟨Y⟩, ⟨Z⟩) of each qubit; for few qubits ten times faster than by way of reduced density matrices."""
        bloch = np.zeros((self.num_qubits, 3))
        for qubit in range(self.num_qubits):
            zero, one = np.moveaxis(state.reshape(bits.register_size(qubit), 2, -1), 1, 0)
            coherence = np.sum(zero.conj() * one)  # not vdot: on so few numbers the threads of BLAS wait for each other
            bloch[qubit] = 2 * coherence.real, 2 * coherence.imag, squares(zero).sum() - squares(one).sum()
        return bloch
