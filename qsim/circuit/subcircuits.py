"""Named sub-circuits: which instructions of a list came from a circuit with a name, and where that was put.

Instructions know nothing of it. A list of them has another list beside it, of sub-circuits, each a range of positions:
so engines and files see a flat list, the same instruction may stand in several sub-circuits, and one without
instructions has its place too. Outer ones come before those within them, which are one deeper.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from qsim.frozen import Frozen, assign

__all__ = ["Subcircuit", "dagger", "inverted", "kept", "mirrored", "moved", "power", "repeated", "with_controls"]

DAGGER = "†"


class Subcircuit(Frozen):
    """A range of instructions that is a circuit with a name: what `Circuit.append` added. Compares by value.

    Attributes:
        name: that of the circuit.
        start: position of its first instruction.
        stop: position after its last one.
        qubits: where its qubits are, in its own order; those that nothing in it acts on are among them.
        bits: where its classical bits are, likewise.
        controls: qubits that control all of it.
        control_state: their values, such as "10".
        depth: how many sub-circuits it lies in.
    """

    __slots__ = ("bits", "control_state", "controls", "depth", "name", "qubits", "start", "stop")

    name: str
    start: int
    stop: int
    qubits: tuple[int, ...]
    bits: tuple[int, ...]
    controls: tuple[int, ...]
    control_state: str
    depth: int

    def __init__(
        self,
        name: str,
        start: int,
        stop: int,
        qubits: tuple[int, ...],
        bits: tuple[int, ...] = (),
        controls: tuple[int, ...] = (),
        control_state: str = "",
        depth: int = 0,
    ) -> None:
        assign(self, "name", name)
        assign(self, "start", start)
        assign(self, "stop", stop)
        assign(self, "qubits", qubits)
        assign(self, "bits", bits)
        assign(self, "controls", controls)
        assign(self, "control_state", control_state)
        assign(self, "depth", depth)

    def at(self, start: int, stop: int, deeper: int = 0) -> "Subcircuit":
        """The same at other positions."""
        where = (self.qubits, self.bits, self.controls, self.control_state, self.depth + deeper)
        return Subcircuit(self.name, start, stop, *where)

    def _value(self) -> tuple[Any, ...]:
        places = self.start, self.stop, self.qubits, self.bits
        return self.name, *places, self.controls, self.control_state, self.depth

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Subcircuit) and self._value() == other._value()

    def __hash__(self) -> int:
        return hash(self._value())

    def __reduce__(self) -> tuple[Any, ...]:
        return Subcircuit, self._value()

    def __repr__(self) -> str:
        return f"<Subcircuit {self.name!r}: instructions {self.start} to {self.stop}, qubits {list(self.qubits)}>"


def moved(
    subcircuits: Iterable[Subcircuit], qubits: Mapping[int, int], bits: Mapping[int, int], by: int = 0, deeper: int = 0
) -> list[Subcircuit]:
    """The same with qubit q at `qubits[q]` and bit b at `bits[b]`, so many positions later; idle ones may be lost."""

    def places(old: tuple[int, ...], new: Mapping[int, int]) -> tuple[int, ...]:
        return tuple(new[number] for number in old if number in new)

    return [
        Subcircuit(
            *(s.name, s.start + by, s.stop + by, places(s.qubits, qubits), places(s.bits, bits)),
            *(places(s.controls, qubits), s.control_state, s.depth + deeper),
        )
        for s in subcircuits
    ]


def repeated(subcircuits: Sequence[Subcircuit], size: int, times: int) -> list[Subcircuit]:
    """Those of a list of so many instructions, for the list so many times in a row."""
    return [s.at(s.start + number * size, s.stop + number * size) for number in range(times) for s in subcircuits]


def mirrored(subcircuits: Iterable[Subcircuit], size: int) -> list[Subcircuit]:
    """Those of a list of so many instructions, for the list in reverse order."""
    inner_first, outer = list[Subcircuit](), list[Subcircuit]()
    for subcircuit in subcircuits:
        while len(outer) > subcircuit.depth:
            inner_first.append(outer.pop())
        outer.append(subcircuit)
    inner_first += reversed(outer)
    return [s.at(size - s.stop, size - s.start) for s in reversed(inner_first)]


def inverted(subcircuits: Iterable[Subcircuit], size: int) -> list[Subcircuit]:
    """Those of a list of so many instructions, for their inverses in reverse order."""
    return [Subcircuit(dagger(s.name), *s._value()[1:]) for s in mirrored(subcircuits, size)]


def with_controls(subcircuits: Iterable[Subcircuit], state: str) -> list[Subcircuit]:
    """Those of a circuit that gets further controls, with these values and numbered first."""
    more = len(state)

    def shifted(qubits: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(q + more for q in qubits)

    return [
        Subcircuit(
            *(s.name, s.start, s.stop, shifted(s.qubits), s.bits),
            *((*range(more), *shifted(s.controls)), state + s.control_state, s.depth),
        )
        for s in subcircuits
    ]


def kept(subcircuits: Iterable[Subcircuit], positions: Sequence[int]) -> Iterator[tuple[Subcircuit, Subcircuit]]:
    """Pairs of those that were there and what they are when only the instructions at ascending positions are left.

    What loses all of its instructions is left out, with all that lies in it.
    """
    first, after = (positions[0], positions[-1] + 1) if positions else (0, 0)
    depth_out: int | None = None  # of the one that was left out and may hold the next one
    for subcircuit in subcircuits:
        if depth_out is not None and subcircuit.depth > depth_out:
            continue
        start, stop = bisect_left(positions, subcircuit.start), bisect_left(positions, subcircuit.stop)
        is_empty = subcircuit.start == subcircuit.stop and first <= subcircuit.start <= after
        depth_out = None if start < stop or is_empty else subcircuit.depth
        if depth_out is None:
            yield subcircuit, subcircuit.at(start, stop)


def dagger(name: str) -> str:
    """The name of the inverse."""
    return name.removesuffix(DAGGER) if name.endswith(DAGGER) else name + DAGGER


def power(name: str, k: int) -> str:
    """The name of a circuit that is there so many times in a row."""
    return name if k == 1 else f"{name}^{k}"
