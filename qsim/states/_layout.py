"""How the bits of counts are named, grouped into registers and written as keys."""

import operator
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.errors import StateError

__all__ = ["BitLayout", "KeyFormatError"]

_MAX_LABELS = 8  # labels shown in one line; past it the middle is left out
_MAX_REGISTERS = 6


class KeyFormatError(StateError, KeyError):
    """A key is not a bit string of the right width."""

    __str__ = Exception.__str__  # a KeyError alone would show its message in quotes


class BitLayout(NamedTuple):
    """The bits of a key, leftmost first.

    Attributes:
        labels: one a bit.
        registers: names and widths of the classical registers, in order; empty where the bits belong to none. A key
            has a space between registers.
    """

    labels: tuple[str, ...]
    registers: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of_registers(cls, registers: Iterable[tuple[str, int]]) -> "BitLayout":
        """Bits of registers, labelled `c[0] c[1] flag[0]`; registers of width 0 are left out.

        >>> BitLayout.of_registers([("c", 2), ("flag", 1)]).labels
        ('c[0]', 'c[1]', 'flag[0]')
        """
        pairs = [(str(name), operator.index(width)) for name, width in registers]
        _require_distinct([name for name, _ in pairs], "registers")
        for name, width in pairs:
            if width < 0:
                raise StateError(f"Argument `registers` must have widths of 0 or more, but {name!r} has {width}.")
        labels = tuple(f"{name}[{position}]" for name, width in pairs for position in range(width))
        return cls(labels, tuple(pair for pair in pairs if pair[1]))

    @classmethod
    def of_labels(cls, labels: Iterable[str]) -> "BitLayout":
        """Bits of no register."""
        listed = tuple(map(str, labels))
        _require_distinct(listed, "labels")
        return cls(listed)

    @classmethod
    def of_key(cls, key: str) -> "BitLayout":
        """What a key without further word stands for: qubits q0 q1 …, or with spaces registers c0, c1, …

        >>> BitLayout.of_key("01").labels, BitLayout.of_key("01 1").registers
        (('q0', 'q1'), (('c0', 2), ('c1', 1)))
        """
        if " " in key:
            return cls.of_registers((f"c{number}", len(part)) for number, part in enumerate(key.split(" ")))
        return cls.of_labels(f"q{position}" for position in range(len(key)))

    @property
    def num_bits(self) -> int:
        """Number of bits."""
        return len(self.labels)

    @property
    def widths(self) -> tuple[int, ...]:
        """Widths of the parts of a key between spaces."""
        return tuple(width for _, width in self.registers) or (self.num_bits,)

    @property
    def _columns(self) -> list[int]:
        """Place of each bit in a key."""
        return [bit + part for part, (start, stop) in enumerate(self._spans()) for bit in range(start, stop)]

    def _spans(self) -> list[tuple[int, int]]:
        stops = list(accumulate(self.widths))
        return list(zip([0, *stops], stops, strict=False))

    # ── Keys ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def parse(self, key: str) -> int:
        """The integer that a key spells, with the spaces between registers or without any.

        Raises:
            TypeError: the key is no string.
            KeyFormatError: it has another width or other characters.

        >>> layout = BitLayout.of_registers([("c", 2), ("flag", 1)])
        >>> layout.parse("01 1"), layout.parse("011")
        (3, 3)
        """
        if not isinstance(key, str):
            raise TypeError(f"A key must be a bit string, but is {type(key).__name__}: {key!r}.")
        plain = key.replace(" ", "")
        spaced = " ".join(plain[start:stop] for start, stop in self._spans()) if plain != key else key
        if len(plain) != self.num_bits or plain.strip("01") or key != spaced:
            shape = " + ".join(map(str, self.widths))
            raise KeyFormatError(f"A key must be {shape} characters of 0 and 1 ({self.describe()}), but is {key!r}.")
        return bits.parse_bitstring(plain)

    def write(self, rows: NDArray[np.uint8]) -> list[str]:
        """The keys of many outcomes.

        Args:
            rows: shape (k, num_bits), one row an outcome, leftmost bit first.
        """
        width = self.num_bits + len(self.widths) - 1
        text = np.full((len(rows), width), ord(" "), dtype=np.uint8)
        text[:, self._columns] = rows + ord("0")
        joined = text.tobytes().decode("ascii")
        return [joined[row * width : (row + 1) * width] for row in range(len(rows))]

    # ── Other layouts ─────────────────────────────────────────────────────────────────────────────────────────────

    def select(self, selection: Any) -> tuple[list[int], "BitLayout"]:
        """The listed bits, in the order listed, and their layout.

        Args:
            selection: a register's name, a bit's position or label, or several of them. Registers alone keep their
                names; with single bits among them the bits are labelled one by one.

        >>> layout = BitLayout.of_registers([("c", 2), ("flag", 1)])
        >>> layout.select(["flag", "c"])[0], layout.select([1, 2])[1].labels
        ([2, 0, 1], ('c[1]', 'flag[0]'))
        """
        items = [selection] if isinstance(selection, str) or hasattr(selection, "__index__") else list(selection)
        spans = {name: span for (name, _), span in zip(self.registers, self._spans(), strict=False)}
        positions = [position for item in items for position in self._positions(item, spans)]
        if len(set(positions)) < len(positions):
            raise StateError(f"The bits of a marginal must be distinct, but {selection!r} repeats one.")
        labels = tuple(self.labels[position] for position in positions)
        whole = all(isinstance(item, str) and item in spans for item in items)
        widths = dict(self.registers)
        return positions, BitLayout(labels, tuple((name, widths[name]) for name in items) if whole else ())

    def _positions(self, item: Any, spans: dict[str, tuple[int, int]]) -> Sequence[int]:
        if isinstance(item, str):
            if item in spans:
                return range(*spans[item])
            if item not in self.labels:
                known = f"registers {', '.join(spans)}" if spans else f"bits {self.describe()}"
                raise StateError(f"There is no register or bit {item!r}: the counts have {known}.")
            return [self.labels.index(item)]
        position = operator.index(item)
        if not 0 <= position < self.num_bits:
            raise StateError(f"The bits of a marginal must lie in range({self.num_bits}), but {position} does not.")
        return [position]

    def reversed(self) -> "BitLayout":
        """The bits from right to left."""
        return BitLayout(self.labels[::-1], self.registers[::-1])

    def describe(self) -> str:
        """The labels in one line of bounded length.

        >>> BitLayout.of_key("01").describe(), BitLayout.of_key("0" * 30).describe(), BitLayout.of_key("").describe()
        ('q0 q1', 'q0 … q29', 'no bits')
        """
        if self.num_bits <= _MAX_LABELS:
            return " ".join(self.labels) or "no bits"
        parts = [self.labels[start:stop] for start, stop in self._spans()]
        shown = [" … ".join((part[0], part[-1])) if len(part) > 2 else " ".join(part) for part in parts]
        return "  ".join(shown if len(shown) <= _MAX_REGISTERS else [*shown[: _MAX_REGISTERS - 1], "…", shown[-1]])


def _require_distinct(names: Sequence[str], argument: str) -> None:
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise StateError(f"Argument `{argument}` must be distinct, but repeats {twice!r}.")
