"""Gate definitions of a file, and what a call of one comes to: gates of qsim on the call's own qubits.

A definition is counted before anything is expanded: its cost multiplies out, so that gates that call each other twice,
sixty deep, are refused when they are called. Expansion walks with a list, whatever the depth.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Any, NamedTuple

from qsim import bits as _bits
from qsim.circuit import Circuit, Operation
from qsim.errors import CircuitError, QsimError
from qsim.gates import Gate, unitary
from qsim.io.library import LibraryGate, Step

__all__ = ["Call", "Controls", "Definition", "Power", "expand", "weight"]

MATRIX_QUBITS = 8  # of a defined gate of which a power that is not whole is taken: its matrix is formed
REPEATS = 16  # whole powers of a gate without a rule for them are so many gates at most, then a matrix
WIDE = 16  # qubits from which an instruction counts as more than one


def weight(num_places: int) -> int:
    """How many instructions one on so many qubits or bits counts as.

    >>> weight(2), weight(1000)
    (1, 63)
    """
    return 1 + num_places // WIDE


class Controls(NamedTuple):
    """The modifiers `ctrl` and `negctrl`: the value of each new control, the first of which comes first."""

    state: str


class Power(NamedTuple):
    """The modifiers `pow` and, with exponent −1, `inv`."""

    exponent: float

    @property
    def is_whole(self) -> bool:
        """Whether it is that many calls, or as many of the inverse."""
        return float(self.exponent).is_integer()


Modifier = Controls | Power


@dataclass(slots=True, eq=False)
class Definition:
    """A `gate` of a file.

    Attributes:
        name: its name.
        num_params: number of angles.
        num_qubits: number of qubits.
        body: calls, each on some of its qubits.
        cost: how many instructions one call counts as, 1 for the call itself.
        depth: how many definitions call each other in it.
    """

    name: str
    num_params: int
    num_qubits: int
    body: "tuple[Call, ...]"
    cost: int = field(init=False)
    depth: int = field(init=False)

    def __post_init__(self) -> None:
        self.cost = 1 + sum(call.cost for call in self.body)
        self.depth = 1 + max((call.depth for call in self.body), default=0)


@dataclass(slots=True, eq=False)
class Call:
    """A gate with modifiers on numbered qubits.

    Attributes:
        gate: what is called.
        angles: a function from the angles of the definition that the call stands in to its own.
        places: numbers of its qubits there, those of `ctrl` first.
        modifiers: as they are written, the outermost first.
    """

    gate: LibraryGate | Definition
    angles: Callable[[tuple[Any, ...]], tuple[Any, ...]]
    places: tuple[int, ...]
    modifiers: tuple[Modifier, ...] = ()
    controls: str = field(init=False)  # a control of a power is the power of the controlled: controls come first
    powers: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.controls = "".join(m.state for m in self.modifiers if isinstance(m, Controls))
        self.powers = tuple(m.exponent for m in self.modifiers if isinstance(m, Power))
        if not self.is_whole and isinstance(self.gate, Definition) and self.gate.num_qubits > MATRIX_QUBITS:
            raise CircuitError(
                f"A power that is not whole is taken of defined gates on {MATRIX_QUBITS} qubits at most, but "
                f"{self.gate.name} has {self.gate.num_qubits}."
            )

    @property
    def is_whole(self) -> bool:
        """Whether all its powers are whole."""
        return all(Power(exponent).is_whole for exponent in self.powers)

    @property
    def rounds(self) -> int:
        """How often what is called is repeated, negative for its inverse."""
        rounds = 1
        for exponent in self.powers:
            rounds *= int(exponent)
        return rounds

    @property
    def depth(self) -> int:
        """How many definitions call each other in it."""
        return self.gate.depth if isinstance(self.gate, Definition) else 0

    @property
    def cost(self) -> int:
        """How many instructions it counts as."""
        each = weight(len(self.places)) * (self.gate.cost if isinstance(self.gate, Definition) else self.gate.num_steps)
        if self.is_whole:
            repeats = abs(self.rounds)
            return max(1, each * (repeats if isinstance(self.gate, Definition) else min(repeats, REPEATS)))
        return each * (1 + _bits.register_size(2 * self.gate.num_qubits) // 64)


@dataclass(slots=True, eq=False)
class _Frame:
    """Calls that are being expanded, all in the same place."""

    calls: Iterator[Call]
    angles: tuple[Any, ...]
    places: Sequence[int]
    is_inverse: bool
    controls: tuple[int, ...]
    state: str
    steps: list[Step]  # where they go
    finish: Callable[[], None] | None = None


def expand(call: Call, angles: tuple[Any, ...] = ()) -> list[Step]:
    """The gates that a call comes to, in order, on the numbers of its `places`.

    Args:
        call: what is called; its cost has been found small enough.
        angles: of what it stands in.

    Raises:
        QsimError: an angle is not finite, or a power is taken of a gate with symbolic angles that has none.
    """
    steps: list[Step] = []
    identity = range(1 + max(call.places, default=-1))
    stack = [_Frame(iter((call,)), angles, identity, False, (), "", steps)]
    while stack:
        frame = stack[-1]
        inner = next(frame.calls, None)
        if inner is not None:
            stack += _entered(inner, frame)
            continue
        stack.pop()
        if frame.finish is not None:
            frame.finish()
    return steps


def _entered(call: Call, outer: _Frame) -> list[_Frame]:
    """What is to be expanded for a call; a gate of the library is added at once."""
    angles = call.angles(outer.angles)
    places = [outer.places[place] for place in call.places]
    count = len(call.controls)
    controls, places = (*outer.controls, *places[:count]), places[count:]
    state = outer.state + call.controls
    if isinstance(call.gate, LibraryGate):
        found = _powered(call.gate.steps(*angles), call)
        if found is not None:
            _emit(found, places, outer.is_inverse, controls, state, outer.steps)
            return []
        body: tuple[Call, ...] = (Call(call.gate, lambda given: given, tuple(range(call.gate.num_qubits))),)
    else:
        body = call.gate.body
    if not call.is_whole or isinstance(call.gate, LibraryGate):
        return [_fractional(call, body, angles, places, outer, controls, state)]
    rounds = call.rounds
    is_inverse = outer.is_inverse != (rounds < 0)
    calls = chain.from_iterable(repeat(body[::-1] if is_inverse else body, abs(rounds)))
    return [_Frame(calls, angles, places, is_inverse, controls, state, outer.steps)]


def _emit(
    found: Iterable[Step],
    places: Sequence[int],
    is_inverse: bool,
    controls: tuple[int, ...],
    state: str,
    to: list[Step],
) -> None:
    if is_inverse:
        found = [(gate.inverse(), at) for gate, at in reversed(tuple(found))]
    count = len(controls)
    for gate, at in found:
        to.append((gate.controlled(count, state) if count else gate, (*controls, *(places[place] for place in at))))


def _powered(steps: tuple[Step, ...], call: Call) -> Sequence[Step] | None:
    """The steps of a library gate with the powers of a call; None where that takes its matrix."""
    if not call.powers:
        return steps
    if call.is_whole:
        rounds = call.rounds
        if len(steps) == 1 and (steps[0][0].spec.power is not None or abs(rounds) > REPEATS):
            return ((steps[0][0].power(rounds), steps[0][1]),)
        if abs(rounds) > REPEATS:
            return None
        inverse = [(gate.inverse(), at) for gate, at in reversed(steps)]
        return list(inverse if rounds < 0 else steps) * abs(rounds)
    if len(steps) > 1:
        return None
    gate, at = steps[0]
    return ((_to_powers(gate, call.powers), at),)


def _to_powers(gate: Gate, powers: Sequence[float]) -> Gate:
    """The gate to one power after the other, the innermost last."""
    for exponent in reversed(powers):
        gate = gate.power(exponent)
    return gate


def _fractional(
    call: Call,
    body: tuple[Call, ...],
    angles: tuple[Any, ...],
    places: Sequence[int],
    outer: _Frame,
    controls: tuple[int, ...],
    state: str,
) -> _Frame:
    """The frame of what powers are taken of by its matrix, which is formed when all of it is expanded."""
    steps: list[Step] = []

    def finish() -> None:
        whole = Circuit(call.gate.num_qubits)
        whole._instructions = [Operation(gate, at) for gate, at in steps]
        if whole.parameters:
            raise QsimError(f"A power that is not whole is taken of {call.gate.name}, whose angles are not numbers.")
        gate = _to_powers(unitary(whole.unitary(), call.gate.name, check=False), call.powers)
        own = tuple(range(call.gate.num_qubits))
        _emit([(gate, own)], places, outer.is_inverse, controls, state, outer.steps)

    return _Frame(iter(body), angles, range(call.gate.num_qubits), False, (), "", steps, finish)
