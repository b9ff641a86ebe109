"""The builder: checks what a call adds, then adds all of it or nothing."""

import operator as _operator
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NoReturn, Self, SupportsIndex, TypeAlias

from qsim.circuit.instructions import Instruction, Operation, Source, describe_source
from qsim.circuit.registers import Bit, BitRegister, Member, Qubit, QubitRegister, Registers
from qsim.errors import CircuitError, ParameterError
from qsim.gates import Gate, GateSpec
from qsim.gates.gate import check_angles

if TYPE_CHECKING:
    from qsim.circuit.blocks import OpenBlock
    from qsim.circuit.flow import IfElse
    from qsim.circuit.parameters import ParameterExpression
    from qsim.circuit.subcircuits import Subcircuit

__all__ = ["Angle", "Bits", "Builder", "Qubits", "caller"]

Angle: TypeAlias = "float | ParameterExpression"
Qubits: TypeAlias = SupportsIndex | Iterable[SupportsIndex]
Bits: TypeAlias = SupportsIndex | Iterable[SupportsIndex]
Call: TypeAlias = tuple[str, Sequence[Any]] | None  # the call that is adding, as messages show it

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
        self._qubits: Registers[Qubit] = Registers(QubitRegister)
        self._bits: Registers[Bit] = Registers(BitRegister)
        self._instructions: list[Instruction] = []  # of the innermost open block
        self._subcircuits: list[Subcircuit] = []  # among these
        self._frames: list[tuple[OpenBlock[Any], list[Instruction]]] = []  # open blocks, and what they stand in
        self._unentered: OpenBlock[Any] | None = None
        self._last_if: IfElse | None = None
        if name is not None and not isinstance(name, str):
            raise TypeError(f"Argument `name` must be a str or None, but is {name!r}.")
        self.name = name
        for registers, letter, size in ((self._qubits, "q", num_qubits), (self._bits, "c", num_bits)):
            count = _size(size, "num_qubits" if letter == "q" else "num_bits")
            if count:
                registers.add(letter, count)
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
        return register  # type: ignore[return-value]

    def add_bits(self, name: str, size: int, *, lsb0: bool = False) -> BitRegister:
        """Append a named register of classical bits, all 0, and return it.

        Args:
            name: an identifier that is new.
            size: number of bits.
            lsb0: whether its value in conditions reads bit 0 as the least significant one, as OpenQASM and Qiskit do.
        """
        return self._bits.add(name, size, lsb0=bool(lsb0))  # type: ignore[return-value]

    # ── Adding ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _add(
        self,
        spec: GateSpec,
        params: tuple[Any, ...],
        qubits: tuple[Any, ...],
        controls: Any = (),
        control_state: str | Sequence[int] | None = None,
        when: Any = None,
    ) -> Self:
        """Add a gate of the table; called by the generated gate methods."""
        if when is not None:
            with self._conditional(when, (spec.name, (*params, *qubits))):
                return self._add(spec, params, qubits, controls, control_state)
        try:
            gate = Gate(spec, check_angles(spec, params)) if params else fixed_gate(spec)
        except (ParameterError, TypeError) as error:
            raise type(error)(self._message((spec.name, (*params, *qubits)), str(error).rstrip("."))) from None
        if type(controls) is not tuple or controls:
            return self._add_controlled(gate, qubits, controls, control_state)
        if control_state is not None:
            raise CircuitError(f"Argument `control_state` is {control_state!r}, but no controls were given.")
        # The common case, one operation on plain integers, is checked here; everything else in _spread.
        size = self._num_qubits
        if len(qubits) == 1:
            q = qubits[0]
            if type(q) is int and 0 <= q < size:
                self._instructions.append(Operation(gate, qubits, caller()))
                return self
        elif len(qubits) == 2 and spec.num_qubits == 2:
            a, b = qubits
            if type(a) is int and type(b) is int and a != b and 0 <= a < size and 0 <= b < size:
                self._instructions.append(Operation(gate, qubits, caller()))
                return self
        self._add_spread(gate, qubits)
        return self

    def _conditional(self, when: Any, call: tuple[str, Sequence[Any]]) -> AbstractContextManager[None]:
        """The block of an instruction with `when=`."""
        raise NotImplementedError

    def _add_controlled(self, gate: Gate, qubits: tuple[Any, ...], controls: Any, state: Any) -> Self:
        call = (f"{gate.name} with controls {controls!r}", qubits)
        numbers = self._numbers([controls], call)
        full = gate.controlled(len(numbers), state)
        groups = self._groups(gate, qubits, call)
        self._extend_checked(full, [(*numbers, *group) for group in groups])
        return self

    def _add_spread(self, gate: Gate, qubits: tuple[Any, ...]) -> None:
        """Add a gate once for each group of qubits that the arguments spell."""
        self._extend_checked(gate, list(self._groups(gate, qubits, (gate.name, (*gate.params, *qubits)))))

    def _groups(self, gate: Gate, qubits: tuple[Any, ...], call: Call) -> Iterator[tuple[int, ...]]:
        """Groups of qubits for a gate.

        A one-qubit gate takes any number of qubits and registers. For others an integer stands for itself, and
        iterables of equal length are walked together.
        """
        count = gate.num_qubits
        if count == 1:
            if not qubits:
                self._refuse(call, "at least one qubit is needed")
            yield from ((number,) for number in self._distinct(qubits, call))
            return
        if len(qubits) != count:
            names = ", ".join(_qubit_names(gate)) or "none"
            self._refuse(call, f"{count} qubits are needed ({names}), but {len(qubits)} were given")
        columns = [item if _is_single(item) else self._numbers([item], call) for item in qubits]
        lengths = {len(column) for column in columns if isinstance(column, list)}
        if len(lengths) > 1:
            self._refuse(call, f"lists of qubits must have equal lengths, but have {sorted(lengths)}")
        for row in range(lengths.pop() if lengths else 1):
            yield tuple(self._numbers([c[row] if isinstance(c, list) else c for c in columns], call))

    def _extend_checked(self, gate: Gate, groups: list[tuple[int, ...]]) -> None:
        """Add the gate on each group, or on none if one repeats a qubit."""
        for group in groups:
            if len(set(group)) != len(group):
                repeated = [name for name, q in zip(_qubit_names(gate), group, strict=True) if group.count(q) > 1]
                self._refuse((gate.name, group), f"{', '.join(repeated[:-1])} and {repeated[-1]} must differ")
        source = caller()
        self._instructions += [Operation(gate, group, source) for group in groups]

    def _distinct(self, items: Iterable[Any], call: Call, what: str = "qubit") -> list[int]:
        """As `_numbers`, each only once."""
        numbers = self._numbers(items, call, what)
        if len(set(numbers)) != len(numbers):
            self._refuse(call, f"{what}s must be distinct, but {numbers} repeats one")
        return numbers

    def _numbers(self, items: Iterable[Any], call: Call, what: str = "qubit") -> list[int]:
        """Numbers of qubits (or bits) given as integers, members, registers or iterables of them."""
        members: Registers[Any] = self._qubits if what == "qubit" else self._bits
        result: list[int] = []
        for item in items:
            if _is_single(item):
                number = _operator.index(item)
                if isinstance(item, Member) and item not in members:
                    self._refuse(call, f"{what} {item!r} belongs to another circuit or kind of register")
                if not 0 <= number < len(members):
                    have = f"{what}s 0 … {len(members) - 1}" if len(members) else f"no {what}s"
                    self._refuse(call, f"{what} {number} does not exist: the circuit has {have}")
                result.append(number)
            elif isinstance(item, Iterable) and not isinstance(item, (str, bytes)):
                result += self._numbers(item, call, what)
            else:
                rule = f"a {what} is an int, a {what.capitalize()} or an iterable of them, not {item!r}"
                rule += "; angles come first, then qubits" if isinstance(item, float) else ""
                raise TypeError(self._message(call, rule))
        return result

    def _refuse(self, call: Call, rule: str) -> NoReturn:
        raise CircuitError(self._message(call, rule))

    def _message(self, call: Call, rule: str) -> str:
        if call is None:  # nothing is added
            return f"Argument `qubits`: {rule}."
        name, arguments = call
        place = describe_source(caller())
        shown = f"{name}({', '.join(map(_short, arguments))})"
        numbers = [len(instructions) for _, instructions in self._frames] + [len(self._instructions)]
        return f"Operation {'.'.join(map(str, numbers))}, {shown}, added at {place}: {rule}."


def caller() -> Source:
    """The innermost frame outside this package: code and offset; the line is worked out only for a message."""
    frame = sys._getframe(2)
    while frame.f_globals.get("__name__", "").startswith("qsim.") and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code, frame.f_lasti


def _is_single(item: Any) -> bool:
    return type(item) is int or (
        hasattr(item, "__index__") and not isinstance(item, bool) and not getattr(item, "ndim", 0)
    )


def _size(value: Any, argument: str) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"Argument `{argument}` must be an integer, but is {value!r}.")
    number = _operator.index(value)
    if number < 0:
        raise CircuitError(f"Argument `{argument}` must not be negative, but is {number}.")
    return number


def _short(argument: Any) -> str:
    """An argument on one line, elided."""
    text = " ".join(repr(argument).split())
    return text if len(text) <= 60 else f"{text[:57]}…"


def _qubit_names(gate: Gate) -> tuple[str, ...]:
    further = gate.num_qubits - gate.spec.num_qubits
    return ("control",) * further + gate.spec.qubits
