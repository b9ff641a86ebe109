"""Instructions: an operation (a gate on qubits), measurement, reset, initialisation, barrier."""

from collections.abc import Sequence
from types import CodeType
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from qsim.frozen import Frozen, assign
from qsim.gates import Gate

__all__ = [
    "Barrier",
    "Initialize",
    "Instruction",
    "Measurement",
    "Operation",
    "Reset",
    "Source",
    "describe_source",
]

Source = tuple[CodeType, int] | None  # where in the user's program; the line is looked up only for a message


class Instruction(Frozen):
    """What a circuit is a sequence of. Instructions are immutable and compare by value.

    Attributes:
        qubits: numbers of the qubits that it acts on.
        bits: numbers of the classical bits that it reads or writes.
        written: those that it writes.
        source: the call that added it.
        num_instructions: as how many it counts, without those in its blocks; of what only drawings know 0, or many.
    """

    __slots__ = ("qubits", "source")

    qubits: tuple[int, ...]
    bits: tuple[int, ...] = ()
    written: tuple[int, ...] = ()
    source: Source
    num_instructions: int = 1

    @property
    def name(self) -> str:
        """Name as counted by `Circuit.count_ops`."""
        raise NotImplementedError

    def on(self, qubits: tuple[int, ...]) -> "Instruction":
        """The same instruction on other qubits, one for each of its own."""
        raise NotImplementedError

    def moved(self, qubits: Sequence[int], bits: Sequence[int]) -> "Instruction":
        """The same instruction with qubit i at qubit `qubits[i]`, and bit i at bit `bits[i]`."""
        return self.on(tuple(qubits[q] for q in self.qubits))

    def _value(self) -> tuple[Any, ...]:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._value() == other._value()

    def __hash__(self) -> int:
        return hash(self._value())

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._value()


@final
class Operation(Instruction):
    """A gate on qubits, controls first."""

    __slots__ = ("gate",)
    gate: Gate

    def __init__(self, gate: Gate, qubits: tuple[int, ...], source: Source = None) -> None:
        assign(self, "gate", gate)
        assign(self, "qubits", qubits)
        assign(self, "source", source)

    @property
    def name(self) -> str:
        """Name of the gate."""
        return self.gate.name

    @property
    def controls(self) -> tuple[int, ...]:
        """The qubits that control."""
        return self.qubits[: self.gate.num_controls]

    @property
    def targets(self) -> tuple[int, ...]:
        """The qubits that the base gate acts on."""
        return self.qubits[self.gate.num_controls :]

    def on(self, qubits: tuple[int, ...]) -> "Operation":
        """The same gate on other qubits."""
        return Operation(self.gate, qubits, self.source)

    def with_gate(self, gate: Gate) -> "Operation":
        """Another gate on the same qubits."""
        return Operation(gate, self.qubits, self.source)

    def _value(self) -> tuple[Any, ...]:
        return self.gate, self.qubits

    def __repr__(self) -> str:
        arguments = [*map(repr, self.gate.params), *map(str, self.qubits)]
        return f"{self.gate.name}({', '.join(arguments)})"


@final
class Measurement(Instruction):
    """Measurement of a qubit in the Z basis into a classical bit."""

    __slots__ = ("bit",)
    bit: int

    def __init__(self, qubits: tuple[int, ...], bit: int, source: Source = None) -> None:
        assign(self, "qubits", qubits)
        assign(self, "bit", bit)
        assign(self, "source", source)

    @property
    def name(self) -> str:
        """Always `measure`."""
        return "measure"

    @property
    def qubit(self) -> int:
        """The measured qubit."""
        return self.qubits[0]

    @property
    def bits(self) -> tuple[int, ...]:  # type: ignore[override]
        """The bit alone."""
        return (self.bit,)

    written = bits

    def on(self, qubits: tuple[int, ...]) -> "Measurement":
        """The same bit from another qubit."""
        return Measurement(qubits, self.bit, self.source)

    def moved(self, qubits: Sequence[int], bits: Sequence[int]) -> "Measurement":
        """The same on other qubits and bits, by number."""
        return Measurement((qubits[self.qubit],), bits[self.bit], self.source)

    def _value(self) -> tuple[Any, ...]:
        return self.qubits, self.bit

    def __repr__(self) -> str:
        return f"measure({self.qubit}, {self.bit})"


@final
class Reset(Instruction):
    """A qubit is put into |0⟩, whatever it was; what it was entangled with is left as if it had been measured."""

    __slots__ = ()

    def __init__(self, qubits: tuple[int, ...], source: Source = None) -> None:
        assign(self, "qubits", qubits)
        assign(self, "source", source)

    @property
    def name(self) -> str:
        """Always `reset`."""
        return "reset"

    @property
    def qubit(self) -> int:
        """The qubit."""
        return self.qubits[0]

    def on(self, qubits: tuple[int, ...]) -> "Reset":
        """A reset of another qubit."""
        return Reset(qubits, self.source)

    def _value(self) -> tuple[Any, ...]:
        return (self.qubits,)

    def __repr__(self) -> str:
        return f"reset({self.qubit})"


@final
class Initialize(Instruction):
    """Qubits are reset and put into a state.

    Attributes:
        amplitudes: the state, normalised, of length 2^k, the first of the qubits most significant; read-only.
        label: how the state was written; empty if it was given as numbers.
    """

    __slots__ = ("amplitudes", "label")
    amplitudes: NDArray[np.complex128]
    label: str

    def __init__(
        self, amplitudes: NDArray[np.complex128], qubits: tuple[int, ...], label: str = "", source: Source = None
    ) -> None:
        assign(self, "amplitudes", amplitudes)
        assign(self, "qubits", qubits)
        assign(self, "label", label)
        assign(self, "source", source)

    @property
    def name(self) -> str:
        """Always `initialize`."""
        return "initialize"

    def on(self, qubits: tuple[int, ...]) -> "Initialize":
        """The same state on other qubits."""
        return Initialize(self.amplitudes, qubits, self.label, self.source)

    def _value(self) -> tuple[Any, ...]:
        return self.amplitudes.tobytes(), self.qubits

    def __reduce__(self) -> tuple[Any, ...]:
        return Initialize, (self.amplitudes, self.qubits, self.label)

    def __repr__(self) -> str:
        state = repr(self.label) if self.label else f"<{len(self.amplitudes)} amplitudes>"
        return f"initialize({state}, {', '.join(map(str, self.qubits))})"


@final
class Barrier(Instruction):
    """A line that drawings respect and that no optimisation moves gates across; it does nothing to the state."""

    __slots__ = ()

    def __init__(self, qubits: tuple[int, ...], source: Source = None) -> None:
        assign(self, "qubits", qubits)
        assign(self, "source", source)

    @property
    def name(self) -> str:
        """Always `barrier`."""
        return "barrier"

    def on(self, qubits: tuple[int, ...]) -> "Barrier":
        """A barrier on other qubits."""
        return Barrier(qubits, self.source)

    def _value(self) -> tuple[Any, ...]:
        return (self.qubits,)

    def __repr__(self) -> str:
        return f"barrier({', '.join(map(str, self.qubits))})"


def describe_source(source: Source) -> str:
    """File and line of the call that added an instruction: `bell.py:5`; nothing where it is not known."""
    if source is None:
        return ""
    code, offset = source
    if "ipykernel" in code.co_filename:  # a notebook's cells are files with random names
        name = "this notebook's line "
    else:
        name = code.co_filename.replace("\\", "/").rsplit("/", 1)[-1] + ":"
    line = next((line for start, end, line in code.co_lines() if start <= offset < end and line), code.co_firstlineno)
    return f"{name}{line}"
