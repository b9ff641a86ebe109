"""Circuits that measure in the middle, reset or decide: shots and exact distributions, by the tree of outcomes."""

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.circuit import Circuit
from qsim.circuit.analysis import Parts
from qsim.engines.branch import Register
from qsim.engines.control import Control
from qsim.engines.flowcode import compile_flow
from qsim.engines.interpreter import Shot, interpret, outcomes
from qsim.engines.segments import Action, Segments
from qsim.engines.session import Options
from qsim.engines.start import prepare
from qsim.engines.tree import Decision, Divide, Leaf, Tree
from qsim.errors import RunCancelled, RunInterrupted, RunTimedOut
from qsim.memory import available_memory
from qsim.readout import Readout
from qsim.result import Branch, Outcome
from qsim.states import Counts, State
from qsim.states.sampling import check_total
from qsim.states.vectors import IMPOSSIBLE

__all__ = ["Ends", "collapsed", "walk_branches"]

_DIGITS = {
    np.dtype(np.complex128): 12,
    np.dtype(np.complex64): 5,
}  # significant, of probabilities when shots are divided
_CAP = 0.5  # of the free memory, for states that wait
_REPORT_SECONDS = 0.1


class Ends(NamedTuple):
    """What all branches of a run gave.

    Attributes:
        found: records and their numbers, or probabilities, branch by branch.
        branches: with `exact`, the branches.
        expectations: mean of what `measure` gave of each branch's state.
        last: the register at the end of the last branch.
        pruned: the probability that was left out.
        sampling: seconds spent on the readout.
    """

    found: list[tuple[NDArray[np.uint64], NDArray[Any]]]
    branches: list[Branch]
    expectations: Any
    last: Register | None
    pruned: float
    sampling: float


def walk_branches(
    circuit: Circuit,
    split: Parts,
    readout: Readout,
    engine: Callable[[Circuit], Action] | None,
    options: Options,
    *,
    shots: int,
    rng: np.random.Generator,
    bound: float | None,
    measure: Callable[[State], Any] | None,
) -> Ends:
    """Walk the tree and read every branch out.

    Args:
        circuit: its parameters are bound.
        split: its body and final measurements.
        readout: of the circuit.
        engine: makes gates ready to run; `None`: every shot is interpreted on its own.
        options: of the run.
        shots: number of shots; with `bound` they are not drawn here.
        rng: where randomness comes from.
        bound: with a number the distribution is exact, without branches of a smaller probability.
        measure: what is wanted of the state at the end of each branch, before final measurements; an array.

    Raises:
        RunInterrupted: at Ctrl-C or the timeout.
    """
    control = Control(timeout=options.timeout)
    stopped: RunInterrupted
    try:
        run = _Run(circuit, split, readout, engine, options, control)
        return run.exact(bound, measure) if bound is not None else run.sampled(shots, rng, measure)
    except RunTimedOut:
        stopped = control.interruption(RunTimedOut, "at its timeout")
    except KeyboardInterrupt:
        stopped = control.interruption(RunCancelled, "by Ctrl-C")
    del run
    raise stopped


def collapsed(readout: Readout, split: Parts, ends: Ends, counts: Counts) -> State:
    """The state in which the one shot of a run ended: its final measurements, too, have found what the record says."""
    assert ends.last is not None
    register = ends.last
    record = next(iter(counts)).replace(" ", "")
    found = {qubit: record[bit] for bit, qubit in split.final.items() if qubit not in register.known}
    if found:
        qubits = sorted(found)
        outcome = bits.parse_bitstring("".join(found[qubit] for qubit in qubits))
        register = register.projected(qubits, outcome, float(register.probabilities(qubits)[outcome]))
    return State._wrap(register.whole(), normalized=readout.is_unitary)


def _rounded(values: NDArray[np.float64], digits: int) -> NDArray[np.float64]:
    """Values above 0 to so many significant digits, so that unlikely outcomes keep their share."""
    scale = 10.0 ** (digits - np.ceil(np.log10(values)))
    return np.asarray(np.round(values * scale) / scale)


class _Run:
    def __init__(
        self,
        circuit: Circuit,
        split: Parts,
        readout: Readout,
        engine: Callable[[Circuit], Action] | None,
        options: Options,
        control: Control,
    ) -> None:
        self.circuit, self.split, self.readout, self.options, self.control = circuit, split, readout, options, control
        self.tree: Tree | None = None
        self.cap = _CAP * available_memory()
        self.initial = None
        if options.initial is not None or engine is None:
            start = prepare(circuit.num_qubits, options.dtype, options.initial, None)
            start.fill()
            self.initial = start.amplitudes
        self.pruned = 0.0
        self.impossible = IMPOSSIBLE[options.dtype]
        if engine is not None:
            code = compile_flow(split.body)
            self.tree = Tree(code, circuit.num_bits, Segments(code, engine), self.start, control, self.cap)

    def start(self) -> Register:
        """The register that every way begins with."""
        n = self.circuit.num_qubits
        if self.initial is None:
            return Register.zeros(n, self.options.dtype)
        return Register(tuple(range(n)), {}, self.initial.copy())

    # ── Shots ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def sampled(self, shots: int, rng: np.random.Generator, measure: Callable[[State], Any] | None) -> Ends:
        """Shots, divided over the outcomes of each measurement by the multinomial law."""
        leaves = self._one_by_one(shots, rng) if self.tree is None else self.tree.leaves(shots, self._multinomial(rng))
        found, mean, last, sampling, done = [], _Mean(measure), None, 0.0, 0
        report = self._reporter(shots)
        if shots:
            for leaf in leaves:
                begin = time.perf_counter()
                found.append(self.readout.sample(leaf.register, leaf.bits, leaf.weight, rng))
                mean.add(leaf.weight, self._state_of(leaf.register))
                last, done = leaf.register, done + leaf.weight
                sampling += time.perf_counter() - begin
                report(done)
                self.control.check()
        return Ends(found, [], mean.value, last, 0.0, sampling)

    def _multinomial(self, rng: np.random.Generator) -> Divide:
        digits = _DIGITS[self.options.dtype]

        def divide(weight: int, probabilities: NDArray[np.float64]) -> list[tuple[int, int]]:
            possible = self._possible(probabilities)
            if len(possible) == 1:
                return [(int(possible[0]), weight)]
            # A probability of a half that rounding puts above or below it would be drawn in another way.
            shares = _rounded(probabilities[possible], digits)
            numbers = rng.multinomial(weight, shares / shares.sum())
            return [(int(o), int(k)) for o, k in zip(possible, numbers, strict=True) if k]

        return divide

    def _possible(self, probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
        """The outcomes that are more than rounding."""
        check_total(float(probabilities.sum()))
        return np.flatnonzero(probabilities > self.impossible)

    def _one_by_one(self, shots: int, rng: np.random.Generator) -> Iterator[Leaf]:
        for _ in range(shots):
            shot = interpret(
                self.split.body, self.circuit.num_bits, self._vector(), lambda one: int(rng.random() < one)
            )
            yield self._interpreted(1, shot)

    def _vector(self) -> NDArray[np.complex128]:
        """What the interpreter starts from."""
        assert self.initial is not None
        return self.initial.astype(np.complex128, copy=False)

    def _interpreted(self, weight: float, shot: Shot) -> Leaf:
        every = tuple(range(self.circuit.num_qubits))
        return Leaf(weight, shot.bits, Register(every, {}, shot.state.astype(self.options.dtype)), None)

    # ── Exact ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def exact(self, bound: float, measure: Callable[[State], Any] | None) -> Ends:
        """All branches that are not less likely than the bound."""
        found, mean, branches, sampling, held, done = [], _Mean(measure), list[Branch](), 0.0, 0.0, 0.0
        report = self._reporter(1)
        for leaf in self._all(bound):
            begin = time.perf_counter()
            records, shares = self.readout.probabilities(leaf.register, leaf.bits)
            found.append((records, shares * leaf.weight))
            mean.add(leaf.weight, self._state_of(leaf.register))
            held += leaf.register.size
            branches.append(self._branch(leaf, is_kept=held <= self.cap))
            done += leaf.weight
            sampling += time.perf_counter() - begin
            report(done)
            self.control.check()
        if self.tree is None:
            self.pruned = max(1 - done, 0.0)
        return Ends(found, branches, mean.value, None, self.pruned, sampling)

    def _all(self, bound: float) -> Iterator[Leaf]:
        if self.tree is not None:
            yield from self.tree.leaves(1.0, self._all_above(bound))
            return
        for shot in outcomes(self.split.body, self.circuit.num_bits, self._vector(), bound):
            yield self._interpreted(shot.probability, shot)

    def _all_above(self, bound: float) -> Divide:
        def divide(weight: float, probabilities: NDArray[np.float64]) -> list[tuple[int, float]]:
            possible = self._possible(probabilities)
            shares = weight * probabilities[possible] / probabilities[possible].sum()
            self.pruned += float(shares[shares < bound].sum())
            return [(int(o), float(p)) for o, p in zip(possible, shares, strict=True) if p >= bound]

        return divide

    def _branch(self, leaf: Leaf, *, is_kept: bool) -> Branch:
        tree, last = self.tree, leaf.last
        if is_kept or tree is None or last is None:
            form = self._state_of(leaf.register)
        else:
            form = lambda: self._state_of(tree.again(last))()  # noqa: E731  # what is not kept must not be held here
        return Branch(leaf.weight, self.readout.key(leaf.bits), self._outcomes(last), form)

    def _outcomes(self, last: Decision | None) -> tuple[Outcome, ...]:
        """What was found on the way, one outcome a decision."""
        if last is None:
            return ()
        found = []
        for decision in last.path():
            value = bits.bitstring(decision.outcome, len(decision.qubits))
            found.append(Outcome(decision.what, decision.qubits, value, decision.probability))
        return tuple(found)

    # ── Both ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _state_of(self, register: Register) -> Callable[[], State]:
        return lambda: State._wrap(register.whole(), normalized=self.readout.is_unitary)

    def _reporter(self, total: int) -> Callable[[float], None]:
        """Tells progress now and then, and at the end."""
        progress, next_report = self.options.progress, [0.0]

        def report(done: float) -> None:
            if progress is not None and (done >= total or time.perf_counter() >= next_report[0]):
                next_report[0] = time.perf_counter() + _REPORT_SECONDS
                progress(done, total)

        return report


class _Mean:
    """The mean of arrays by weight."""

    def __init__(self, measure: Callable[[State], Any] | None) -> None:
        self._measure, self._sum, self._weight = measure, 0.0, 0.0

    def add(self, weight: float, state: Callable[[], State]) -> None:
        if self._measure is not None:
            self._sum = self._sum + weight * self._measure(state())
            self._weight += weight

    @property
    def value(self) -> Any:
        return self._sum / self._weight if self._weight else None
