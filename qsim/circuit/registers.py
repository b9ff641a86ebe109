"""Registers: named groups of qubits and of classical bits."""

from collections.abc import Iterator, Sequence
from typing import Any, Generic, SupportsIndex, TypeVar, overload

from qsim.circuit.classical import Expression, Readable, read
from qsim.errors import CircuitError

__all__ = ["Bit", "BitRegister", "Qubit", "QubitRegister", "Register", "Registers"]


class Member:
    """A place in a register. It counts as its number in the whole circuit wherever an index is asked for."""

    __slots__ = ("number", "position", "register")

    def __init__(self, register: str, position: int, number: int) -> None:
        self.register = register
        self.position = position
        self.number = number

    def __index__(self) -> int:
        return self.number

    def __repr__(self) -> str:
        return f"{self.register}[{self.position}]"

    def _identity(self) -> tuple[Any, ...]:
        return type(self), self.register, self.position, self.number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Member) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())


class Qubit(Member):
    """A qubit of a circuit, by its register: `circuit.qubits["data"][1]`."""

    __slots__ = ()


class Bit(Member, Readable):
    """A classical bit of a circuit, by its register: `circuit.bits["flag"][0]`.

    It is a condition; `bit == 1` and `a ^ b` are, too. Two bits are equal where they are the same place.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> Any:
        return Member.__eq__(self, other) if isinstance(other, Member) else Readable.__eq__(self, other)

    def __ne__(self, other: object) -> Any:
        return not Member.__eq__(self, other) if isinstance(other, Member) else Readable.__ne__(self, other)

    __hash__ = Member.__hash__

    def _expression(self) -> Expression:
        return read((self.number,), repr(self))


M = TypeVar("M", bound=Member)


class Register(Sequence[M], Generic[M]):
    """A named, fixed run of qubits or bits."""

    __slots__ = ("name", "size", "start")

    _member: type[M]

    def __init__(self, name: str, start: int, size: int) -> None:
        self.name = name
        self.start = start
        self.size = size

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, index: int) -> M: ...
    @overload
    def __getitem__(self, index: slice) -> list[M]: ...
    def __getitem__(self, index: int | slice) -> M | list[M]:
        """The member at a position, or the members of a slice."""
        if isinstance(index, slice):
            return [self._at(i) for i in range(self.size)[index]]
        position = index.__index__()
        if not -self.size <= position < self.size:
            raise IndexError(f"Register {self.name} has positions 0 … {self.size - 1}, but {position} was asked for.")
        return self._at(position % self.size)

    @property
    def options(self) -> dict[str, Any]:
        """What else a register of its kind is made with."""
        return {}

    def _at(self, position: int) -> M:
        return self._member(self.name, position, self.start + position)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Register) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        return type(self), self.name, self.start, self.size

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.size})"


class QubitRegister(Register[Qubit]):
    """A named run of qubits."""

    __slots__ = ()
    _member = Qubit


class BitRegister(Register[Bit], Readable):
    """A named run of classical bits.

    It has a value in conditions: `bits == "10"`, `bits < 3`. Two registers are equal where they are the same places.

    Attributes:
        lsb0: whether its value reads bit 0 as the least significant one, as OpenQASM and Qiskit do, and bit strings
            that it is compared with are written so.
    """

    __slots__ = ("lsb0",)
    _member = Bit

    def __init__(self, name: str, start: int, size: int, *, lsb0: bool = False) -> None:
        super().__init__(name, start, size)
        self.lsb0 = lsb0

    def __eq__(self, other: object) -> Any:
        return Register.__eq__(self, other) if isinstance(other, Register) else Readable.__eq__(self, other)

    def __ne__(self, other: object) -> Any:
        return not Register.__eq__(self, other) if isinstance(other, Register) else Readable.__ne__(self, other)

    __hash__ = Register.__hash__

    def _key(self) -> tuple[Any, ...]:
        return *super()._key(), self.lsb0

    @property
    def options(self) -> dict[str, Any]:
        """What else a register of its kind is made with."""
        return {"lsb0": self.lsb0}

    def _expression(self) -> Expression:
        numbers = range(self.start, self.start + self.size)
        return read(numbers[::-1] if self.lsb0 else numbers, self.name)


class Registers(Sequence[M], Generic[M]):
    """All qubits, or all bits, of a circuit: by number `qubits[0]`, by register `qubits["data"]`."""

    __slots__ = ("_kind", "_member", "_registers", "_total")

    def __init__(self, kind: type[Register[M]]) -> None:
        self._kind, self._member = kind, kind._member
        self._registers: dict[str, Register[M]] = {}
        self._total = 0

    def add(self, name: str, size: int, **options: Any) -> Register[M]:
        """Append a register."""
        self._check(name, size)
        size = size.__index__()
        register = self._kind(name, self._total, size, **options)
        self._registers[name] = register
        self._total += size
        return register

    def add_like(self, register: Register[M]) -> Register[M]:
        """Append a register of the same name, size and reading as one of another circuit."""
        return self.add(register.name, register.size, **register.options)

    def grow(self, name: str, extra: int, **options: Any) -> range:
        """Append `extra` members to the register of that name if it is the last, else to a new one; their numbers.

        With options only to a register that has the same.
        """
        first = self._total
        last = next(reversed(self._registers), None)
        if last == name and options in ({}, self._registers[name].options):
            register = self._registers[name]
            self._registers[name] = self._kind(name, register.start, register.size + extra, **register.options)
            self._total += extra
        else:
            self.add(self._free_name(name), extra, **options)
        return range(first, first + extra)

    def _free_name(self, name: str) -> str:
        candidates = (name, *(f"{name}{i}" for i in range(2, len(self._registers) + 3)))
        return next(candidate for candidate in candidates if candidate not in self._registers)

    def _check(self, name: str, size: int) -> None:
        if not isinstance(name, str) or not name.isidentifier():
            raise CircuitError(f"Argument `name` of a register must be an identifier, but is {name!r}.")
        if name in self._registers:
            raise CircuitError(f"Argument `name` must be new, but the circuit has a register {name!r} already.")
        if isinstance(size, bool) or not isinstance(size, SupportsIndex) or size.__index__() < 0:
            raise CircuitError(f"Argument `size` of register {name!r} must be a number ≥ 0, but is {size!r}.")

    def copy(self) -> "Registers[M]":
        """An independent copy."""
        other: Registers[M] = Registers(self._kind)
        other._registers = dict(self._registers)
        other._total = self._total
        return other

    @property
    def registers(self) -> tuple[Register[M], ...]:
        """The registers, in order of declaration."""
        return tuple(self._registers.values())

    def __len__(self) -> int:
        return self._total

    def __contains__(self, item: object) -> bool:
        if isinstance(item, str):
            return item in self._registers
        if not isinstance(item, self._member):
            return False
        register = self._registers.get(item.register)
        return register is not None and item.position < register.size and item.number == register.start + item.position

    @overload
    def __getitem__(self, key: int) -> M: ...
    @overload
    def __getitem__(self, key: str) -> Register[M]: ...
    @overload
    def __getitem__(self, key: slice) -> list[M]: ...
    def __getitem__(self, key: int | str | slice) -> M | Register[M] | list[M]:
        """A register by name, a member by number, members by slice."""
        if isinstance(key, str):
            if key not in self._registers:
                raise CircuitError(f"No register is named {key!r}; there are {list(self._registers) or 'none'}.")
            return self._registers[key]
        if isinstance(key, slice):
            return list(self)[key]
        if not -self._total <= key < self._total:
            name, verb = self._member.__name__.lower(), "is" if self._total == 1 else "are"
            raise IndexError(f"There {verb} {self._total} {name}{'s'[verb == 'is' :]}, but number {key} was asked for.")
        number = range(self._total)[key]
        register = next(r for r in self._registers.values() if r.start <= number < r.start + r.size)
        return register[number - register.start]

    def __iter__(self) -> Iterator[M]:
        for register in self._registers.values():
            yield from register

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Registers) and self.registers == other.registers

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __repr__(self) -> str:
        return f"{self._member.__name__}s({', '.join(f'{r.name}: {r.size}' for r in self.registers)})"
