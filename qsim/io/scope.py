"""What a text has declared so far, and the circuit that comes of it."""

import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, NamedTuple, NoReturn, TypeVar

from qsim.circuit import BitRegister, Circuit, Expression, Instruction, ParameterExpression, QubitRegister
from qsim.circuit.classical import read
from qsim.errors import CircuitError, QsimError
from qsim.io.definitions import Call, Definition, expand
from qsim.io.formulas import Formula, Slot, parse_formula
from qsim.io.library import BUILT_IN, LibraryGate, Step
from qsim.io.limits import Limits
from qsim.io.notation import unique_name
from qsim.io.source import NotFlatError
from qsim.io.tokens import Tokens

__all__ = ["BEYOND_FLAT", "KEYWORDS", "NO_ANGLES", "Alias", "Opaque", "Operand", "Scope", "finite_angle"]

# Words that begin what only the parser of the full language reads
_BEYOND = (
    "def extern defcal defcalgrammar cal box stretch duration complex array angle int uint float bool for switch return"
    " end durationof sizeof readonly mutable bit void nop"
)
_WITHIN = (
    "include gate qreg creg qubit measure reset barrier if else while break continue in let const input output"
    " ctrl negctrl inv pow OPENQASM pragma"
)
BEYOND_FLAT = frozenset(_BEYOND.split())
KEYWORDS = BEYOND_FLAT.union(_WITHIN.split())
NO_ANGLES: Mapping[str, Slot] = {}
_KEEP_STEPS = 1000  # of expanded definitions that are used again and again with the same angles
_KEEP_ALL = 10**6


T = TypeVar("T")


class Opaque(NamedTuple):
    """A gate of OpenQASM 2 of which nothing is known but its name."""

    name: str


class Operand(NamedTuple):
    """Qubits or bits that a statement names: one, or a list that is walked."""

    numbers: tuple[int, ...]
    is_single: bool


class Alias(NamedTuple):
    """A name for listed qubits or bits."""

    kind: Literal["qubit", "bit"]
    numbers: tuple[int, ...]


class Scope:
    """Names, gates, and the growing circuit of a text.

    Attributes:
        circuit: what is built.
        instructions: where the next instruction goes, the innermost open block.
        gates: the gates that may be called.
        names: registers, aliases, constants and parameters.
    """

    def __init__(self, limits: Limits, version: int) -> None:
        self.limits, self.version = limits, version
        self.circuit = Circuit()
        self.instructions: list[Instruction] = self.circuit._instructions
        self.gates: dict[str, LibraryGate | Definition | Opaque] = dict(BUILT_IN[version])
        # The file of each gate that an include brought. OpenQASM 3 has no CX of its own, but texts that use it so
        self.included: dict[str, str] = {"CX": ""} if version == 3 else {}
        self.names: dict[str, Any] = {}
        self.scalars: set[str] = set()  # names of single qubits and bits, which have no index
        self.operations = 0  # counted so far
        self._warnings: dict[str, str] = {}  # by construct, the first place of each
        self._kept: dict[Any, list[Step]] = {}
        self._num_kept = 0

    # ── Limits and warnings ───────────────────────────────────────────────────────────────────────────────────────

    def charge(self, count: int, tokens: Tokens, position: int) -> None:
        """Count instructions that are about to be made."""
        self.operations += count
        if self.operations > self.limits.operations:
            shown = f"{self.operations}" if self.operations < 10**15 else f"more than {10**15}"
            tokens.source.refuse(
                position,
                f"The circuit may have {self.limits.operations} operations, but with this statement has {shown}.",
                "Raise Limits.operations if you trust the file.",
            )

    def warn(self, construct: str, tokens: Tokens, position: int, why: str) -> None:
        """Tell, once the text is read, that a construct has no meaning here."""
        if construct in self._warnings:
            return
        line, column = tokens.source.place(position)
        self._warnings[construct] = f"{tokens.source.name}:{line}:{column}: `{construct}` is passed over: {why}."

    def tell_warnings(self, stacklevel: int) -> None:
        """Issue the warnings that were collected."""
        for message in self._warnings.values():
            warnings.warn(message, UserWarning, stacklevel=stacklevel + 1)

    # ── Declarations ──────────────────────────────────────────────────────────────────────────────────────────────

    def new_name(self, tokens: Tokens, what: str) -> str:
        """Leave a name that may be declared."""
        name = tokens.text
        if tokens.kind == "name" and self.version == 3 and name in KEYWORDS:
            tokens.refuse(f"`{name}` is a word of the language and no name of {what}.")
        if name in self.names:
            tokens.refuse(f"`{name}` is declared already.")
        return tokens.identifier(what)

    def add_qubits(self, name: str, size: int, tokens: Tokens, position: int) -> None:
        """Declare a register of qubits."""
        self._check_size("qubits", size, self.circuit.num_qubits, self.limits.qubits, tokens, position)
        self.names[name] = self._added(name, size, self.circuit.add_qubits, tokens, position)

    def add_bits(self, name: str, size: int, tokens: Tokens, position: int) -> None:
        """Declare a register of bits, bit 0 least significant."""
        self._check_size("bits", size, self.circuit.num_bits, self.limits.bits, tokens, position)
        self.names[name] = self._added(name, size, partial(self.circuit.add_bits, lsb0=True), tokens, position)

    def unread_bits(self, count: int, tokens: Tokens, position: int) -> tuple[int, ...]:
        """New bits, which nothing reads, for results that the text drops: they have a register of their own."""
        self._check_size("bits", count, self.circuit.num_bits, self.limits.bits, tokens, position)
        name = unique_name("unread", {register.name for register in self.circuit.bits.registers})
        register = self._added(name, count, partial(self.circuit.add_bits, lsb0=True), tokens, position)
        return tuple(bit.number for bit in register)

    def _added(self, name: str, size: int, add: Callable[[str, int], T], tokens: Tokens, position: int) -> T:
        try:
            return add(name, size)
        except CircuitError as error:
            tokens.source.refuse(position, str(error))

    def _check_size(self, what: str, size: int, have: int, limit: int, tokens: Tokens, position: int) -> None:
        if size < 1:
            tokens.source.refuse(position, f"A register has at least one of the {what}, but {size} are declared.")
        if have + size > limit:
            shown = str(have + size) if have + size < 10**15 else f"more than {10**15}"
            tokens.source.refuse(
                position,
                f"{limit} {what} may be declared, but with this register there are {shown}.",
                f"Raise Limits.{what} if you trust the file.",
            )

    # ── Values ────────────────────────────────────────────────────────────────────────────────────────────────────

    def formula(self, tokens: Tokens, params: Mapping[str, Slot] = NO_ANGLES) -> Formula:
        """Leave an expression, in which `params` are the angles of the definition that it stands in."""

        def named(tokens: Tokens) -> Any:
            return params[tokens.next()] if tokens.text in params else self._value(tokens)

        return parse_formula(tokens, named, self.limits.nesting)

    def whole_number(self, tokens: Tokens, what: str) -> int:
        """Leave an expression whose value is a whole number, known now."""
        position = tokens.start
        value = self.formula(tokens).constant
        if isinstance(value, Expression | ParameterExpression):
            raise NotFlatError(position, f"{what.capitalize()} that is not constant")
        if isinstance(value, bool) or not isinstance(value, int):
            tokens.source.refuse(position, f"{what.capitalize()} must be a whole number, but is {value!r}.")
        return value

    def _value(self, tokens: Tokens) -> Any:
        """Leave a declared name; its value."""
        name = tokens.text
        declared = self.names.get(name)
        if declared is None:
            self._undeclared(tokens)
        if isinstance(declared, BitRegister) or (isinstance(declared, Alias) and declared.kind == "bit"):
            operand, shown = self._indexed(tokens), name
            if operand.is_single and isinstance(declared, BitRegister):
                shown = f"{name}[{operand.numbers[0] - declared.start}]"
            elif len(operand.numbers) != len(declared if isinstance(declared, BitRegister) else declared.numbers):
                shown = ""
            return read(operand.numbers[::-1], shown)
        if isinstance(declared, QubitRegister | Alias):
            tokens.refuse(f"`{name}` names qubits, which have no value.", "Measure them into bits.")
        tokens.next()
        return declared

    def _undeclared(self, tokens: Tokens) -> NoReturn:
        name = tokens.text
        if self.version == 3 and name in BEYOND_FLAT | {"measure"}:
            raise NotFlatError(tokens.start, f"`{name}` in an expression")
        from difflib import get_close_matches

        near = get_close_matches(name[:100], self.names, n=1)
        tokens.refuse(f"Nothing is named {tokens.shown}.", f"Did you mean {near[0]}?" if near else None)

    # ── Qubits and bits ───────────────────────────────────────────────────────────────────────────────────────────

    def operand(self, tokens: Tokens, kind: Literal["qubit", "bit"]) -> Operand:
        """Leave what names qubits or bits: a register, one of its places, a slice, an alias."""
        if tokens.kind == "hardware":
            raise NotFlatError(tokens.start, f"The hardware qubit {tokens.text}")
        if tokens.kind != "name":
            tokens.refuse(f"A {kind} or a register is expected, but here is {tokens.shown}.")
        declared = self.names.get(tokens.text)
        if declared is None:
            self._undeclared(tokens)
        wanted = QubitRegister if kind == "qubit" else BitRegister
        if not (isinstance(declared, wanted) or (isinstance(declared, Alias) and declared.kind == kind)):
            tokens.refuse(f"A {kind} is expected, but `{tokens.text}` is none.")
        return self._indexed(tokens)

    def kind(self, name: str) -> Literal["qubit", "bit"] | None:
        """Whether a name stands for qubits or for bits."""
        declared = self.names.get(name)
        if isinstance(declared, Alias):
            return declared.kind
        return "qubit" if isinstance(declared, QubitRegister) else "bit" if isinstance(declared, BitRegister) else None

    def _indexed(self, tokens: Tokens) -> Operand:
        """Leave a declared register or alias and its index, if there is one."""
        declared = self.names[tokens.next()]
        is_alias = isinstance(declared, Alias)
        numbers = declared.numbers if is_alias else tuple(range(declared.start, declared.start + declared.size))
        is_single = not is_alias and declared.size == 1 and declared.name in self.scalars
        while tokens.is_at("["):
            if is_single:
                tokens.refuse("A single qubit or bit has no index.")
            numbers, is_single = self._index(tokens, numbers)
            if is_single:
                break
        return Operand(numbers, is_single)

    def _index(self, tokens: Tokens, numbers: tuple[int, ...]) -> tuple[tuple[int, ...], bool]:
        """Leave `[index]`, `[first:last]`, `[first:step:last]` or `[{…}]`."""
        tokens.next()
        if tokens.is_at("{") and self.version == 3:
            tokens.next()
            places = [self._place(tokens, len(numbers))]
            while tokens.accept(",") and not tokens.is_at("}"):
                places.append(self._place(tokens, len(numbers)))
            tokens.expect("}", "the indices")
            tokens.expect("]", "the indices")
            return tuple(numbers[place] for place in places), False
        first = None if tokens.is_at(":") else self._place(tokens, len(numbers))
        if self.version == 2 or not tokens.is_at(":"):
            if tokens.is_at(","):
                raise NotFlatError(tokens.start, "An index of two dimensions")
            tokens.expect("]", "the index")
            return (numbers[first or 0],), True
        return self._range(tokens, numbers, first), False

    def _range(self, tokens: Tokens, numbers: tuple[int, ...], first: int | None) -> tuple[int, ...]:
        position, step, size = tokens.start, 1, len(numbers)
        tokens.next()
        last = None if tokens.text in ("]", ":") else self.whole_number(tokens, "an index")
        if tokens.accept(":"):
            step = last if last is not None else 1
            last = None if tokens.is_at("]") else self.whole_number(tokens, "an index")
        tokens.expect("]", "the range")
        if not step:
            tokens.source.refuse(position, "The step of a range must not be 0.")
        begin = first if first is not None else 0 if step > 0 else size - 1
        end = last if last is not None else size - 1 if step > 0 else 0
        if not -size <= end < size:
            tokens.source.refuse(position, f"The register has places 0 … {size - 1}, but the range ends at {end}.")
        chosen = range(begin, end % size + (1 if step > 0 else -1), step)
        if not chosen:
            tokens.source.refuse(position, "The range is empty.")
        return tuple(numbers[place] for place in chosen)

    def _place(self, tokens: Tokens, size: int) -> int:
        position = tokens.start
        place = self.whole_number(tokens, "an index")
        if not (-size if self.version == 3 else 0) <= place < size:
            tokens.source.refuse(position, f"The register has places 0 … {size - 1}, but here is {place}.")
        return place % size

    # ── Gates ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def define(self, gate: Definition | Opaque) -> None:
        """Add a gate of the text."""
        self.gates[gate.name] = gate
        self.included.pop(gate.name, None)

    def steps(self, call: Call, tokens: Tokens, position: int) -> list[Step]:
        """The gates that a call outside definitions comes to, on the numbers of its places."""
        try:
            angles = call.angles(())
            key = (call.gate, angles, call.modifiers) if call.places == tuple(range(len(call.places))) else None
            found = self._kept.get(key)
            if found is None:
                found = expand(call)
                self._keep(key, found)
        except QsimError as error:
            if hasattr(error, "column"):
                raise
            tokens.source.refuse(position, str(error))
        return found

    def _keep(self, key: Any, steps: list[Step]) -> None:
        if key is None or not 1 < len(steps) <= _KEEP_STEPS:
            return
        self._num_kept += len(steps)
        if self._num_kept > _KEEP_ALL:
            self._kept.clear()
            self._num_kept = len(steps)
        self._kept[key] = steps


def finite_angle(formula: Formula, angles: tuple[Any, ...], tokens: Tokens) -> Any:
    """The value of an expression as an angle: a float or a symbolic parameter."""
    value = formula.value(angles)
    if isinstance(value, Expression):
        tokens.source.refuse(formula.position, "An angle is a number, but this one is made of bits.")
    if isinstance(value, ParameterExpression):
        return value
    number = float(value)
    if number - number != 0:
        tokens.source.refuse(formula.position, f"An angle must be finite, but is {number}.")
    return number
