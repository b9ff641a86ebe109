"""The tree of outcomes: a circuit that measures in the middle, walked branch by branch.

What all branches have in common runs once. At a measurement the shots, or the probability, are divided over the
outcomes, and those that get none are not followed. One branch after the other is walked to its end, the smaller outcome
first; so as many states wait as there are open decisions above it. Past a limit of memory they are not kept but worked
out again when their turn comes, from the nearest one that was kept.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qsim.circuit import ForLoop
from qsim.engines.branch import Register
from qsim.engines.control import Control
from qsim.engines.flowcode import Choice, Code, Enter, Gates, Give, Jump, Measure, Prepare, ResetQubit, Round
from qsim.engines.interpreter import endless
from qsim.engines.segments import Segments, Visit

__all__ = ["Decision", "Divide", "Leaf", "Tree"]

_MAX_VISITS = 1000  # nodes of gates that a segment is made of
_LOOK = 256  # nodes between two looks at the clock

# From a weight and probabilities to the outcomes to follow, ascending, and the weight of each.
Divide = Callable[[Any, NDArray[np.float64]], list[tuple[int, Any]]]


class Decision:
    """A measurement on a way through the circuit, and what was found.

    Attributes:
        before: the decision before it.
        what: "measure" or "reset".
        qubits: the qubits whose values were not known.
        outcome: what they spell.
        probability: of that outcome, given those before.
    """

    __slots__ = ("before", "fork", "outcome", "probability", "qubits", "what")

    def __init__(
        self,
        before: "Decision | None",
        what: str,
        qubits: tuple[int, ...],
        outcome: int,
        probability: float,
        fork: "_Fork | None",
    ) -> None:
        self.before, self.what, self.qubits = before, what, qubits
        self.outcome, self.probability, self.fork = outcome, probability, fork

    def path(self) -> "list[Decision]":
        """All decisions up to this one, the first first."""
        found: list[Decision] = []
        step: Decision | None = self
        while step is not None:
            found.append(step)
            step = step.before
        return found[::-1]


class Leaf(NamedTuple):
    """The end of a branch: its weight, its classical bits, its state, and its last decision."""

    weight: Any
    bits: list[int]
    register: Register
    last: Decision | None


class _Branch:
    """A way through the circuit as far as it has come."""

    __slots__ = ("at", "bits", "last", "register", "rounds", "visits", "weight")

    def __init__(
        self, at: int, bits: list[int], rounds: dict[int, int], register: Register, weight: Any, last: Decision | None
    ) -> None:
        self.at, self.bits, self.rounds = at, bits, rounds
        self.register, self.weight, self.last = register, weight, last
        self.visits: list[Visit] = []


class _Fork:
    """A place where several outcomes are followed: what its branches have in common; the register while it is kept."""

    __slots__ = ("at", "bits", "last", "register", "rounds")

    def __init__(self, branch: _Branch) -> None:
        self.at, self.bits, self.rounds, self.last = branch.at, branch.bits, branch.rounds, branch.last
        self.register: Register | None = branch.register


class _Waiting(NamedTuple):
    """A branch that is not begun."""

    fork: _Fork
    qubits: tuple[int, ...]
    outcome: int
    probability: float
    weight: Any
    is_last: bool


class Tree:
    """The ways through a circuit.

    Args:
        code: its nodes.
        num_bits: its classical bits.
        segments: its gates, ready to run.
        start: makes the register that every way starts from; a new one at each call.
        control: asked between nodes and chunks.
        cap: bytes of states that may wait.
    """

    def __init__(
        self,
        code: Code,
        num_bits: int,
        segments: Segments,
        start: Callable[[], Register],
        control: Control,
        cap: float,
    ) -> None:
        self._code, self._num_bits, self._segments, self._start = code, num_bits, segments, start
        self._control, self._cap = control, cap
        self._held = 0
        self._looked = 0

    def leaves(self, weight: Any, divide: Divide) -> Iterator[Leaf]:
        """The ends of all branches that get some of the weight, one after the other."""
        stack: list[_Waiting] = []
        branch: _Branch | None = self._root(weight)
        while branch is not None:
            undecided = self._advance(branch)
            if undecided is None:
                yield Leaf(branch.weight, branch.bits, branch.register, branch.last)
                branch = self._begin(stack)
                continue
            qubits, probabilities = undecided
            chosen = divide(branch.weight, probabilities)
            if not chosen:
                branch = self._begin(stack)
                continue
            fork = _Fork(branch) if len(chosen) > 1 else None
            (outcome, share), *others = chosen
            if fork is not None:
                self._wait(stack, fork, qubits, probabilities, others)
            branch.weight = share
            self._take(branch, qubits, outcome, float(probabilities[outcome]), fork)

    def again(self, last: Decision) -> Register:
        """The state at the end of a branch that was walked before, whenever it is wanted: the run's time is over."""
        self._control = Control()
        branch = self._replay(last.path())
        assert self._advance(branch) is None
        return branch.register

    # ── Branches ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _root(self, weight: Any) -> _Branch:
        return _Branch(0, [0] * self._num_bits, {}, self._start(), weight, None)

    def _wait(
        self,
        stack: list[_Waiting],
        fork: _Fork,
        qubits: tuple[int, ...],
        probabilities: NDArray[np.float64],
        others: Sequence[tuple[int, Any]],
    ) -> None:
        for number, (outcome, share) in enumerate(reversed(others)):
            stack.append(_Waiting(fork, qubits, outcome, float(probabilities[outcome]), share, number == 0))
        assert fork.register is not None
        if self._held + fork.register.size > self._cap:
            fork.register = None
        else:
            self._held += fork.register.size

    def _begin(self, stack: list[_Waiting]) -> _Branch | None:
        """The next branch, behind its decision."""
        if not stack:
            return None
        waiting = stack.pop()
        fork = waiting.fork
        if fork.register is None:
            branch = self._replay([] if fork.last is None else fork.last.path())
            assert self._advance(branch) is not None
        else:
            branch = _Branch(fork.at, list(fork.bits), dict(fork.rounds), fork.register, None, fork.last)
            if waiting.is_last:
                self._held -= fork.register.size
                fork.register = None
        branch.weight = waiting.weight
        self._take(branch, waiting.qubits, waiting.outcome, waiting.probability, fork)
        return branch

    def _replay(self, path: list[Decision]) -> _Branch:
        """The branch behind a path of decisions, from the nearest state that is kept."""
        first = len(path)
        while first and (path[first - 1].fork is None or path[first - 1].fork.register is None):  # type: ignore[union-attr]
            first -= 1
        if first:
            fork = path[first - 1].fork
            assert fork is not None
            assert fork.register is not None
            branch = _Branch(fork.at, list(fork.bits), dict(fork.rounds), fork.register, None, fork.last)
            self._follow(branch, path[first - 1])
        else:
            branch = self._root(None)
        for decision in path[first:]:
            self._advance(branch)
            self._follow(branch, decision)
        return branch

    def _follow(self, branch: _Branch, decision: Decision) -> None:
        self._take(branch, decision.qubits, decision.outcome, decision.probability, decision.fork)
        branch.last = decision

    def _take(
        self, branch: _Branch, qubits: tuple[int, ...], outcome: int, probability: float, fork: _Fork | None
    ) -> None:
        """Go on behind a measurement with what was found. The fork's lists stay as they are."""
        branch.bits, branch.rounds = list(branch.bits), dict(branch.rounds)
        node = self._code[branch.at]
        what = "reset" if isinstance(node, ResetQubit) else "measure"
        branch.last = Decision(branch.last, what, qubits, outcome, probability, fork)
        branch.register = branch.register.projected(qubits, outcome, probability)
        if isinstance(node, ResetQubit):
            branch.register.known[node.qubit] = 0
        else:
            self._read(branch)
        branch.at += 1

    def _read(self, branch: _Branch) -> None:
        """The bits of a measurement whose qubits are all known."""
        node = self._code[branch.at]
        assert isinstance(node, Measure)
        for qubit, bit in zip(node.qubits, node.bits, strict=True):
            branch.bits[bit] = branch.register.known[qubit]

    # ── Nodes ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _advance(self, branch: _Branch) -> tuple[tuple[int, ...], NDArray[np.float64]] | None:
        """To the next decision: its qubits, and the probabilities of what they spell; `None` at the end."""
        code, end = self._code, len(self._code)
        while branch.at < end:
            self._looked += 1
            if self._looked % _LOOK == 0:
                self._control.check()
            node = code[branch.at]
            if isinstance(node, Gates):
                values = tuple([self._value(branch, loop) for loop in node.loops])
                branch.visits.append((branch.at, values))
                branch.at += 1
                if len(branch.visits) == _MAX_VISITS:
                    self._flush(branch)
            elif isinstance(node, Measure | ResetQubit):
                self._flush(branch)
                qubits = self._unknown(branch, node)
                if qubits:
                    return qubits, branch.register.probabilities(qubits)
                branch.at += 1
            else:
                self._step(branch, node)
        self._flush(branch)
        return None

    def _unknown(self, branch: _Branch, node: Measure | ResetQubit) -> tuple[int, ...]:
        """The qubits of which it is open what will be found; where there are none, the node is done."""
        register = branch.register
        if isinstance(node, Measure):
            qubits = tuple([qubit for qubit in node.qubits if qubit not in register.known])
            if not qubits:
                self._read(branch)
            return qubits
        if node.qubit in register.known:
            register.known[node.qubit] = 0
            return ()
        separate = register.reset(node.qubit)
        if separate is None:
            return (node.qubit,)
        branch.register = separate
        return ()

    def _step(self, branch: _Branch, node: Any) -> None:
        """A node that only decides where to go on, or prepares a state."""
        if isinstance(node, Choice):
            branch.at = node.nodes.get(node.subject.value(branch.bits), node.otherwise)
        elif isinstance(node, Jump):
            branch.at = node.node
        elif isinstance(node, Enter):
            branch.rounds[node.loop] = 0
            branch.at += 1
        elif isinstance(node, Round):
            self._round(branch, node)
        elif isinstance(node, Give):
            value = node.value.value(branch.bits)
            for bit in reversed(node.bits):
                value, branch.bits[bit] = divmod(value, 2)
            branch.at += 1
        elif isinstance(node, Prepare):
            self._flush(branch)
            branch.register = branch.register.prepared(node.qubits, node.amplitudes)
            branch.at += 1

    def _round(self, branch: _Branch, node: Round) -> None:
        done, loop = branch.rounds[node.loop], node.instruction
        if isinstance(loop, ForLoop):
            goes_on = done < len(loop.values)
        else:
            goes_on = bool(loop.condition.value(branch.bits))
            if goes_on and done == loop.max_rounds:
                raise endless(loop)
        branch.rounds[node.loop] = done + 1
        branch.at = branch.at + 1 if goes_on else node.end

    def _value(self, branch: _Branch, loop: int) -> int:
        node = self._code[loop]
        assert isinstance(node, Round)
        assert isinstance(node.instruction, ForLoop)
        return node.instruction.values[branch.rounds[loop] - 1]

    def _flush(self, branch: _Branch) -> None:
        """Carry out the gates that were passed."""
        if branch.visits:
            self._control.check()
            visits, branch.visits = tuple(branch.visits), []
            self._segments.run(visits, branch.register, self._control.silent())
