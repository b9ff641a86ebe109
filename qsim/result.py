"""What a run gives."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qsim.frozen import Frozen, Record, assign
from qsim.states import Counts, State

if TYPE_CHECKING:
    from qsim.states.distribution import Distribution

__all__ = ["Branch", "Outcome", "Result"]


class Outcome(Record):
    """What was found at one place on the way through a circuit.

    Attributes:
        what: "measure" or "reset".
        qubits: the qubits that were measured there together.
        value: a bit string, a character for each.
        probability: of that, given all that was found before.
    """

    what: str
    qubits: tuple[int, ...]
    value: str
    probability: float


class Branch(Frozen):
    """One way through a circuit that measures in the middle, or resets.

    Attributes:
        probability: of this way.
        bits: the classical bits at its end as a key of counts, with `-` for those that final measurements are still to
            write; empty where nothing is measured.
        outcomes: what was found on the way, in order.
    """

    __slots__ = ("_form", "bits", "outcomes", "probability")

    _form: Callable[[], State]
    probability: float
    bits: str
    outcomes: tuple[Outcome, ...]

    def __init__(self, probability: float, bits: str, outcomes: tuple[Outcome, ...], form: Callable[[], State]) -> None:
        for name, value in zip(self.__slots__, (form, bits, outcomes, probability), strict=True):
            assign(self, name, value)

    @property
    def state(self) -> State:
        """The state of all qubits at its end, before the final measurements; worked out again where it was not kept."""
        return self._form()

    def __reduce__(self) -> tuple[Any, ...]:
        return _with_state, (self.probability, self.bits, self.outcomes, self.state)

    def __repr__(self) -> str:
        way = " ".join(f"{o.what} {','.join(f'q{q}' for q in o.qubits)}: {o.value}" for o in self.outcomes)
        return f"Branch({self.bits!r}, probability {self.probability:.6g}{f', {way}' if way else ''})"


def _with_state(probability: float, bits: str, outcomes: tuple[Outcome, ...], state: State) -> Branch:
    """A branch whose state is there."""
    return Branch(probability, bits, outcomes, lambda: state)


class Result(Frozen):
    """What a run gives.

    Attributes:
        counts: counts of the shots, or `None` with `shots=None`.
        state: state before the final measurements; with shots only if `keep_state` was set. Of a circuit that measures
            in the middle the state in which its one shot ended.
        distribution: with `exact`, the exact probabilities of all records.
        branches: with `exact`, the ways through the measurements in the middle, each with its probability, classical
            bits and state.
        memory: with `memory`, the record of each shot, in the order of the shots.
        expectations: expectation values of the `observables`, in a list or a dict as they were given: in the state
            before the final measurements, averaged over the shots, or the branches, of a circuit that measures in the
            middle.
        seed: the seed that reproduces the counts; `None` where a generator was passed.
        method: the engine that ran.
        reason: why, in a few words.
        timings: seconds by phase: "simulate", "sample", "total"; and "plan", the part of "simulate" in which the
            compiled engine planned and encoded the circuit, next to nothing where that plan was kept from an earlier
            run, and 0 for the other engines.
    """

    __slots__ = (
        "branches",
        "counts",
        "distribution",
        "expectations",
        "memory",
        "method",
        "reason",
        "seed",
        "state",
        "timings",
    )

    counts: Counts | None
    state: State | None
    distribution: "Distribution | None"
    branches: tuple[Branch, ...] | None
    memory: list[str] | None
    expectations: Any
    seed: int | None
    method: str
    reason: str
    timings: dict[str, float]

    def __init__(self, **fields: Any) -> None:
        """For `run` alone."""
        for name in self.__slots__:
            assign(self, name, fields[name])

    def __repr__(self) -> str:
        parts = [f"method={self.method!r}", f"seed={self.seed}", f"seconds={self.timings['total']:.3g}"]
        if self.expectations is not None:
            parts.insert(0, f"expectations={self.expectations!r}")
        shown = self.distribution or (self.counts if self.counts is not None else self.state)
        return f"Result({shown!r}, {', '.join(parts)})"

    def _repr_html_(self) -> str:
        from qsim.plots.html import result_html

        return result_html(self)
