"""Limits: how much a circuit file may ask for. A file is data from a stranger."""

from dataclasses import dataclass, fields

__all__ = ["DEFAULT_LIMITS", "Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a circuit file may ask for; past a limit it is refused with a `QasmError` before any work is done for it.

    Each limit can be set by the caller: `load(path, limits=Limits(operations=10**8))`.

    Attributes:
        file_size: bytes of a file, each included one counted by itself.
        nesting: brackets within brackets, blocks within blocks, definitions that call definitions.
        identifier: characters of a name.
        number: characters of a number.
        qubits: qubits that are declared, of all registers.
        bits: classical bits that are declared, of all registers.
        operations: instructions after definitions are expanded and registers are walked, counted beforehand by
            multiplying sizes. A call of a defined gate counts as one; what is on more than 16 qubits counts more.
        rounds: of a loop.
        include_depth: files that include files.
        statements: of a text that needs the parser of the full OpenQASM 3 language, which takes 0.5 ms for each.

    >>> Limits(qubits=100).qubits, Limits().operations
    (100, 10000000)
    """

    file_size: int = 64_000_000
    nesting: int = 100
    identifier: int = 1000
    number: int = 50
    qubits: int = 10_000
    bits: int = 10_000
    operations: int = 10_000_000
    rounds: int = 1_000_000
    include_depth: int = 8
    statements: int = 20_000

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise ValueError(f"Argument `{field.name}` of Limits must be a number ≥ 0, but is {value!r}.")


DEFAULT_LIMITS = Limits()
