"""Prepare: a circuit as sweeps and their programs, kept to be run again.

What runs is found by the identity of the circuit's operations, which are immutable: whatever changes a circuit changes
that, while copies and whoever reads the same circuit again share it. Programs are kept without their tables, the bulk
of them, which compiled code fills again in a fiftieth of the time that planning takes.
"""

import os
import threading
from collections import OrderedDict
from dataclasses import replace
from itertools import chain, groupby
from typing import Any, NamedTuple

import numpy as np

from qsim import bits
from qsim.circuit import Circuit, Operation
from qsim.plan.diagonal import Diagonal
from qsim.plan.encode import Encoded, encode
from qsim.plan.layout import arrange
from qsim.plan.lower import lower
from qsim.plan.schedule import MemoryStep, Sweep, schedule
from qsim.plan.steps import Lowered

__all__ = ["Prepared", "Programs", "Settings", "Stretch", "forget", "prepare"]

_REAL = {"double": np.float64, "single": np.float32}
_KEPT_BYTES = 32 * 2**20  # all that is kept, the last used first: a plan of 1,000 gates takes 1 MiB
_STEP_BYTES = 400  # a step, or an operation, with the numbers in it


class Settings(NamedTuple):
    """What decides about a circuit's programs besides its operations.

    Attributes:
        num_qubits: of the register.
        precision: "double" or "single".
        is_zero: whether the start is |0…0⟩: blocks that are still zero are not visited.
        lanes: numbers in a vector.
        block_bits: size of the local set.
        low_bits: lowest bits that are always local.
    """

    num_qubits: int
    precision: str
    is_zero: bool
    lanes: int
    block_bits: int
    low_bits: int

    def for_window(self, block_bits: int, low_bits: int) -> "Settings":
        """The same for blocks of a file, which memory must hold."""
        return self._replace(block_bits=block_bits, low_bits=low_bits)


class Stretch:
    """Sweeps between two operations that do not lower.

    Attributes:
        sweeps: in order.
        support: bits that can be 1 before them.
        phase: global phase that they take along.
        programs: of all sweeps, their tables left out; `None` until a run, or `explain`, has encoded them.
    """

    def __init__(self, sweeps: list[Sweep], settings: Settings, support: int, phase: float) -> None:
        self.sweeps, self.settings, self.support, self.phase = sweeps, settings, support, phase
        self.programs: tuple[Encoded, ...] | None = None


class Prepared:
    """A planned circuit; nothing in it changes but that programs are added, so threads may share it.

    Attributes:
        settings: what it was planned for.
        layout: bit of each qubit before the first step.
        parts: stretches of sweeps, and operations that run by themselves.
        phase: global phase that no sweep takes along.
    """

    def __init__(
        self,
        circuit: Circuit,
        operations: tuple[Operation, ...],
        settings: Settings,
        lowered: Lowered | None = None,  # the same circuit's, by who has traced it
    ) -> None:
        self.settings, self.operations = settings, operations
        self._is_kept = False
        n = settings.num_qubits
        lowered = lower(circuit) if lowered is None else lowered
        self.layout, self.phase = lowered.layout, lowered.phase
        self.parts: list[Stretch | Operation] = []
        support = 0 if settings.is_zero else bits.register_size(n) - 1
        moves = [] if settings.is_zero else arrange(lowered.layout)  # |0…0⟩ lies as every plan wants it
        for is_kept, steps in groupby(chain(moves, lowered.steps), key=lambda step: isinstance(step, Operation)):
            if is_kept:
                for operation in steps:
                    assert isinstance(operation, Operation)
                    self.parts.append(operation)
                    for qubit in operation.qubits:
                        support |= bits.qubit_weight(qubit, n)
                continue
            memory_steps: list[MemoryStep] = list(steps)  # type: ignore[arg-type]
            sweeps = schedule(memory_steps, n, settings.block_bits, settings.low_bits)
            self.parts.append(Stretch(sweeps, settings, support, self.phase))  # the first sweep takes the phase along
            self.phase = 0.0
            for sweep in sweeps:
                support |= sweep.local

    @property
    def stretches(self) -> list[Stretch]:
        """The parts that are sweeps."""
        return [part for part in self.parts if isinstance(part, Stretch)]

    @property
    def num_bytes(self) -> int:
        """What keeping it takes, roughly."""
        total = _STEP_BYTES * len(self.operations)
        custom = {id(o.gate.spec): o.gate.spec for o in self.operations if not o.gate.is_from_table}
        for spec in (spec.base or spec for spec in custom.values()):  # an operator may hold its matrix
            total += 16 * bits.register_size(2 * spec.num_qubits) if spec.data is None else spec.data.nbytes
        for stretch in self.stretches:
            total += _STEP_BYTES * sum(len(sweep.steps) for sweep in stretch.sweeps)
            total += sum(map(_num_bytes, stretch.programs or ()))
        return total

    def keep(self) -> None:
        """Let later runs of the same operations find it; to be called when a run has come to its end."""
        if self._is_kept:
            return
        self._is_kept = True
        _plans.put((self.settings, tuple(map(id, self.operations))), self)

    def describe(self) -> str:
        """A text that differs where plans do."""
        return repr((self.layout, [sweep for stretch in self.stretches for sweep in stretch.sweeps]))


def prepare(circuit: Circuit, settings: Settings) -> Prepared:
    """The plan of a circuit: the one that was kept, or a new one."""
    operations = tuple(instruction for instruction in circuit if isinstance(instruction, Operation))
    found = _plans.get((settings, tuple(map(id, operations))))
    return Prepared(circuit, operations, settings) if found is None else found


def forget() -> None:
    """Drop all plans that are kept."""
    _plans.clear()


class Programs:
    """The programs of a stretch for one run, which asks for them in order: kept ones, or encoded as their turn comes.

    The phases that one sweep leaves pending go on to the next; so who asks for a later one waits for those before.
    """

    def __init__(self, stretch: Stretch) -> None:
        self.stretch = stretch
        self._kept = stretch.programs  # as it is now: another run may add it
        self._support, self._pending = stretch.support, Diagonal(stretch.phase)
        self._next = 0
        self._done: list[Encoded] | None = []
        self._bytes = 0

    def __getitem__(self, number: int) -> Encoded:
        """The numbers of a sweep in arrays of this run, with room for tables."""
        if self._kept is not None:
            return _with_tables(self._kept[number])
        while self._next <= number:
            encoded = self._encode_next()
        return encoded

    def _encode_next(self) -> Encoded:
        sweeps, settings = self.stretch.sweeps, self.stretch.settings
        sweep, is_last = sweeps[self._next], self._next == len(sweeps) - 1
        following = None if is_last else sweeps[self._next + 1]
        dtype = _REAL[settings.precision]
        encoded = encode(
            sweep, settings.num_qubits, self._support, settings.lanes, dtype, self._pending, following=following
        )
        self._support |= sweep.local
        self._next += 1
        if self._done is not None:
            self._done.append(_without_tables(encoded))
            self._bytes += _num_bytes(self._done[-1])
            if self._bytes > _KEPT_BYTES:
                self._done = None
            elif is_last:
                self.stretch.programs = tuple(self._done)
        return encoded


def _without_tables(encoded: Encoded) -> Encoded:
    """Tables lie behind all other numbers."""
    return replace(encoded, data=encoded.data[: encoded.tables[0, 0]].copy()) if len(encoded.tables) else encoded


def _with_tables(encoded: Encoded) -> Encoded:
    if not len(encoded.tables):
        return encoded
    numbers = len(encoded.data)
    data = np.empty(numbers + 2 * encoded.block_amplitudes * len(encoded.tables), dtype=encoded.data.dtype)
    data[:numbers] = encoded.data
    return replace(encoded, data=data)


def _num_bytes(encoded: Encoded) -> int:
    arrays = (encoded.layout, encoded.program, encoded.data, encoded.terms, encoded.tables)
    return sum(array.nbytes for array in (*arrays, encoded.masks, encoded.phases))


_Key = tuple[Any, ...]


class _Plans:
    """Plans by the identity of their operations, which they hold; the last used within a number of bytes."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Empty, with a lock for this process: a forked child has no thread that would release its parent's."""
        self._lock = threading.Lock()
        self._plans: OrderedDict[_Key, tuple[Prepared, int]] = OrderedDict()

    def get(self, key: _Key) -> Prepared | None:
        with self._lock:
            if key not in self._plans:
                return None
            self._plans.move_to_end(key)
            return self._plans[key][0]

    def put(self, key: _Key, plan: Prepared) -> None:
        size = plan.num_bytes
        with self._lock:
            self._plans.pop(key, None)
            if size > _KEPT_BYTES:
                return
            self._plans[key] = plan, size
            excess = self.num_bytes - _KEPT_BYTES
            while excess > 0:
                _, (_, freed) = self._plans.popitem(last=False)
                excess -= freed

    def clear(self) -> None:
        with self._lock:
            self._plans.clear()

    @property
    def num_bytes(self) -> int:
        """What all plans take; counted anew, so that Ctrl-C cannot leave a wrong number."""
        return sum(size for _, size in self._plans.values())


_plans = _Plans()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_plans.renew)
