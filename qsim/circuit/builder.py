"""The builder: checks what a call adds, then adds all of it or nothing."""

import operator as _operator
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NoReturn, Self, TypeAlias

from qsim.circuit.instructions import Instruction, Operation, Source, describe_source
from qsim.circuit.parameters import ParameterExpression
from qsim.circuit.registers import Bit, BitRegister, Member, Qubit, QubitRegister, Registers
from qsim.errors import CircuitError
from qsim.gates import Gate, GateSpec
from qsim.gates.gate import check_angles

__all__ = ["Angle", "Bits", "Builder", "Qubits"]

Angle: TypeAlias = float | ParameterExpression
Qubits: TypeAlias = int | Qubit | Iterable[int | Qubit]
Bits: TypeAlias = int | Bit | Iterable[int | Bit]

_fixed_gates: dict[GateSpec, Gate] = {}


def fixed_gate(spec: GateSpec) -> Gate:
    """The one gate of a row without angles."""
    gate = _fixed_gates.get(spec)
    if gate is None:
        gate = _fixed_gates[spec] = Gate(spec)
    return gate


class Builder:
    """Registers and a growing list of instructions; `Circuit` adds the gate methods and the rest."""

    def __init__(self, num_qubits: int = 0, num_bits: int = 0, *, name: str | None = None) -> None:
        self._qubits: Registers[Qubit] = Registers(Qubit)
        self._bits: Registers[Bit] = Registers(Bit)
        self._instructions: list[Instruction] = []
        self.name = name
        for registers, letter, size in ((self._qubits, "q", num_qubits), (self._bits, "c", num_bits)):
            count = _size(size, "num_qubits" if letter == "q" else "num_bits")
            if count:
                registers.add(letter, count)  # type: ignore[attr-defined]
        self._num_qubits = len(self._qubits)

    # ── Registers ─────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def num_qubits(self) -> int:
        """Number of qubits of all registers."""
        return self._num_qubits

    @property
    def num_bits(self) -> int:
        """Number of classical bits of all registers."""
        return len(self._bits)

    @property
    def qubits(self) -> Registers[Qubit]:
        """The qubits: `qubits[0]`, `qubits["data"]`."""
        return self._qubits

    @property
    def bits(self) -> Registers[Bit]:
        """The classical bits: `bits[0]`, `bits["flag"]`."""
        return self._bits

    def add_qubits(self, name: str, size: int) -> QubitRegister:
        """Append a named register of qubits, in |0⟩, and return it."""
        register = self._qubits.add(name, size)
        self._num_qubits = len(self._qubits)
        return register

    def add_bits(self, name: str, size: int) -> BitRegister:
        """Append a named register of classical bits, all 0, and return it."""
        return self._bits.add(name, size)

    @staticmethod
    def _source() -> Source:
        """Where in the user's program the call that is adding stands."""
        return _caller()

    # ── Adding ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _add(
        self,
        spec: GateSpec,
        params: tuple[Any, ...],
        qubits: tuple[Any, ...],
        controls: Any = (),
        control_state: str | Sequence[int] | None = None,
    ) -> Self:
        """Add a gate of the table; called by the generated gate methods."""
        gate = Gate(spec, check_angles(spec, params)) if params else fixed_gate(spec)
        if type(controls) is not tuple or controls:
            return self._add_controlled(gate, qubits, controls, control_state)
        if control_state is not None:
            raise CircuitError(f"Argument `control_state` is {control_state!r}, but no controls were given.")
        # The common case, one operation on plain integers, is checked here; everything else in _spread.
        size = self._num_qubits
        if len(qubits) == 1:
            q = qubits[0]
            if type(q) is int and 0 <= q < size:
                self._instructions.append(Operation(gate, qubits, _caller()))
                return self
        elif len(qubits) == 2 and spec.num_qubits == 2:
            a, b = qubits
            if type(a) is int and type(b) is int and a != b and 0 <= a < size and 0 <= b < size:
                self._instructions.append(Operation(gate, qubits, _caller()))
                return self
        self._add_spread(gate, qubits, split=spec.num_qubits == 1)
        return self

    def _add_controlled(self, gate: Gate, qubits: tuple[Any, ...], controls: Any, state: Any) -> Self:
        numbers = self._numbers([controls], gate)
        full = gate.controlled(len(numbers), state)
        source = self._source()
        if gate.num_qubits == 1:
            targets: list[tuple[int, ...]] = [(q,) for q in self._numbers(qubits, full)]
        elif gate.num_qubits == 0:
            targets = [()]
        else:
            targets = list(self._broadcast(gate, qubits))
        self._extend_checked(full, [(*numbers, *target) for target in targets], source)
        return self

    def _add_spread(self, gate: Gate, qubits: tuple[Any, ...], *, split: bool = False) -> None:
        """Add a gate once for each group of qubits that the arguments spell."""
        source = self._source()
        if split:  # one-qubit gates take any number of qubits and registers
            groups: list[tuple[int, ...]] = [(q,) for q in self._numbers(qubits, gate)]
            if not qubits:
                self._refuse(gate, (), "at least one qubit is needed")
        else:
            groups = list(self._broadcast(gate, qubits))
        self._extend_checked(gate, groups, source)

    def _broadcast(self, gate: Gate, qubits: tuple[Any, ...]) -> Iterator[tuple[int, ...]]:
        """Groups of qubits: integers stand for themselves, iterables of equal length are walked together."""
        names = gate.spec.qubits
        if len(qubits) != len(names):
            self._refuse(
                gate, qubits, f"{len(names)} qubits are needed ({', '.join(names)}), but {len(qubits)} were given"
            )
        columns = [item if _is_single(item) else self._numbers([item], gate) for item in qubits]
        lengths = {len(column) for column in columns if isinstance(column, list)}
        if len(lengths) > 1:
            self._refuse(gate, qubits, f"lists of qubits must have equal lengths, but have {sorted(lengths)}")
        for row in range(lengths.pop() if lengths else 1):
            yield tuple(self._numbers([c[row] if isinstance(c, list) else c for c in columns], gate))

    def _extend_checked(self, gate: Gate, groups: list[tuple[int, ...]], source: Source) -> None:
        for group in groups:
            if len(set(group)) != len(group):
                names = ("control",) * (gate.num_controls - gate.spec.controls) + gate.spec.qubits
                repeated = [name for name, q in zip(names, group, strict=True) if group.count(q) > 1]
                self._refuse(gate, group, f"{_listing(repeated)} must differ", source)
        self._instructions += [Operation(gate, group, source) for group in groups]

    def _numbers(self, items: Iterable[Any], gate: Gate | None = None, what: str = "qubit") -> list[int]:
        """Numbers of qubits (or bits) given as integers, members, registers or iterables of them."""
        members: Registers[Any] = self._qubits if what == "qubit" else self._bits
        result: list[int] = []
        for item in items:
            if _is_single(item):
                number = _operator.index(item)
                if isinstance(item, Member) and item not in members:
                    self._refuse(gate, (item,), f"{what} {item!r} belongs to another circuit or kind of register")
                if not 0 <= number < len(members):
                    have = f"{what}s 0 … {len(members) - 1}" if len(members) else f"no {what}s"
                    self._refuse(gate, (number,), f"{what} {number} does not exist: the circuit has {have}")
                result.append(number)
            elif isinstance(item, Iterable) and not isinstance(item, (str, bytes)):
                result += self._numbers(item, gate, what)
            else:
                raise TypeError(
                    self._message(
                        gate,
                        (item,),
                        f"a {what} is an int, a {what.capitalize()} or an iterable of them, not {item!r}",
                        self._source(),
                    )
                )
        return result

    def _refuse(self, gate: Gate | None, arguments: Sequence[Any], rule: str, source: Source = None) -> NoReturn:
        raise CircuitError(self._message(gate, arguments, rule, source or self._source()))

    def _message(self, gate: Gate | None, arguments: Sequence[Any], rule: str, source: Source) -> str:
        call = f", {gate.name}({', '.join(map(repr, arguments))})" if gate is not None else ""
        place = describe_source(source)
        return f"Operation {len(self._instructions)}{call}{f', added at {place}' if place else ''}: {rule}."


def _caller() -> Source:
    """The innermost frame outside this package: code and offset; the line is worked out only for a message."""
    frame = sys._getframe(2)
    while frame.f_globals.get("__name__", "").startswith("qsim.") and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code, frame.f_lasti


def _is_single(item: Any) -> bool:
    return type(item) is int or (hasattr(item, "__index__") and not isinstance(item, bool))


def _size(value: Any, argument: str) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"Argument `{argument}` must be an integer, but is {value!r}.")
    number = _operator.index(value)
    if number < 0:
        raise CircuitError(f"Argument `{argument}` must not be negative, but is {number}.")
    return number


def _listing(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "qubits"
