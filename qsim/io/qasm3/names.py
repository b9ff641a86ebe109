"""What names stand for: variables, qubits, gates, subroutines; and where they are known."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qsim.io.library import LibraryGate
from qsim.io.qasm3.values import Type, Value
from qsim.io.source import Source

if TYPE_CHECKING:
    from openqasm3 import ast

__all__ = ["CONSTANTS", "GateDefinition", "Name", "QubitNames", "Scope", "Subroutine", "Variable"]

CONSTANTS = {
    **dict.fromkeys(("pi", "π"), 3.141592653589793),
    **dict.fromkeys(("tau", "τ"), 6.283185307179586),
    **dict.fromkeys(("euler", "ℇ"), 2.718281828459045),
}


@dataclass(eq=False, slots=True)
class Variable:
    """A classical variable.

    Attributes:
        name: as declared.
        type: its type.
        key: what tells its declaration from others, for the register that keeps it.
        level: how many blocks of which the run decides stood around its declaration.
        data: what it holds, as in `Value`, while that is known; else None.
        possible: the integers that it can hold where `data` is None; None if that is not known.
        bits: numbers of the classical bits that keep it, bit 0 first; empty while none do.
        is_constant: whether it is a const, a loop's variable, or a readonly array.
    """

    name: str
    type: Type
    key: tuple[Any, ...]
    level: int
    data: Any
    possible: frozenset[int] | None = None
    bits: tuple[int, ...] = ()
    is_constant: bool = False

    @property
    def state(self) -> tuple[Any, frozenset[int] | None, tuple[int, ...]]:
        """What statements change."""
        return self.data, self.possible, self.bits

    @state.setter
    def state(self, state: tuple[Any, frozenset[int] | None, tuple[int, ...]]) -> None:
        self.data, self.possible, self.bits = state


@dataclass(frozen=True, slots=True)
class QubitNames:
    """Qubits under a name: a register, a part of one, or an alias.

    Attributes:
        numbers: of the qubits.
        is_single: whether the name stands for one qubit and not for a register of one.
    """

    numbers: tuple[int, ...]
    is_single: bool = False


@dataclass(eq=False, slots=True)
class GateDefinition:
    """A gate that the text defines.

    Attributes:
        node: its definition.
        source: the text that it stands in.
        scope: where it is defined.
        size: how many gates one call expands to.
        callees: the gates that it calls, by name.
    """

    node: "ast.QuantumGateDefinition"
    source: Source
    scope: "Scope"
    size: int = 0
    callees: dict[str, "GateDefinition | LibraryGate"] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Subroutine:
    """A subroutine, with the text that it stands in.

    Attributes:
        size: how many statements a call comes to at least; 0 until that is counted.
    """

    node: "ast.SubroutineDefinition"
    source: Source
    size: int = 0


@dataclass(frozen=True, slots=True)
class BitNames:
    """Classical bits under an alias: for each the variable and the place in it."""

    places: tuple[tuple[Variable, int], ...]


Name = Variable | QubitNames | BitNames | GateDefinition | Subroutine | Value


@dataclass(eq=False, slots=True)
class Scope:
    """Names of a block, and the scope around it.

    Attributes:
        outer: the scope around, or None.
        is_border: whether only constants, gates and subroutines of the scopes around are seen: a subroutine or gate.
    """

    outer: "Scope | None" = None
    is_border: bool = False
    names: dict[str, Name] = field(default_factory=dict)

    def find(self, name: str) -> tuple[Name | None, bool]:
        """What the name stands for, and whether it lies outside the subroutine or gate."""
        crossed = False
        for scope in self.chain():
            if name in scope.names:
                return scope.names[name], crossed
            crossed = crossed or scope.is_border
        return None, crossed

    def chain(self) -> Iterator["Scope"]:
        """This scope and those around it, the innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    def variables(self) -> list[Variable]:
        """All variables that are seen here."""
        return [name for scope in self.chain() for name in scope.names.values() if isinstance(name, Variable)]
