"""Outcomes of measurements as arrays: integers of any width, packed, ascending, each with a value.

An outcome of up to 64 bits is packed into a uint64, a wider one into a byte string (dtype "S") of whole 64-bit words,
the most significant byte first. Either kind is compared, sorted and searched by NumPy in the order of the integers.
"""

from collections.abc import ItemsView, Iterator, Mapping, Sequence, ValuesView
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.errors import StateError
from qsim.frozen import Frozen, assign
from qsim.states._layout import BitLayout

__all__ = ["OutcomeMapping", "OutcomeTable", "pack_ints", "pack_words"]

Packed = NDArray[Any]
V = TypeVar("V", int, float)

_WORD_BITS = 64
_CHUNK = 4096  # keys formed at a time while iterating


class OutcomeTable(Frozen):
    """Values by outcome: counts of shots, or probabilities. Outcomes that are not listed have the value 0.

    Attributes:
        layout: how the bits are named and keys are written.
        outcomes: packed, ascending, distinct; read-only.
        values: one an outcome, none of them 0; read-only.
    """

    __slots__ = ("layout", "outcomes", "values")

    layout: BitLayout
    outcomes: Packed
    values: NDArray[Any]

    def __init__(self, layout: BitLayout, outcomes: Packed, values: NDArray[Any]) -> None:
        assign(self, "layout", layout)
        assign(self, "outcomes", outcomes)
        assign(self, "values", values)

    @classmethod
    def collect(cls, layout: BitLayout, outcomes: Packed, values: NDArray[Any]) -> "OutcomeTable":
        """A table from outcomes in any order: the values of equal ones are added up, zeros dropped."""
        if not np.all(outcomes[1:] > outcomes[:-1]):
            order = np.argsort(outcomes, kind="stable")
            outcomes, values = outcomes[order], values[order]
            firsts = np.flatnonzero(np.append(True, outcomes[1:] != outcomes[:-1]))  # of each run of equal outcomes
            outcomes, values = outcomes[firsts], np.add.reduceat(values, firsts)
        if not np.all(values):
            kept = np.flatnonzero(values)
            outcomes, values = outcomes[kept], values[kept]
        outcomes, values = outcomes.view(), values.view()
        outcomes.flags.writeable = values.flags.writeable = False
        return cls(layout, outcomes, values)

    def __len__(self) -> int:
        return len(self.outcomes)

    def bitstrings(self, rows: Any = slice(None)) -> list[str]:
        """The keys of some rows, all by default."""
        return self.layout.write(_unpack_bits(self.outcomes[rows], self.layout.num_bits))

    def ints(self) -> list[int]:
        """The outcomes as integers."""
        if self.outcomes.dtype.kind == "u":
            return self.outcomes.tolist()  # type: ignore[no-any-return]
        raw, size = self.outcomes.tobytes(), self.outcomes.itemsize
        return [int.from_bytes(raw[at : at + size], "big") for at in range(0, len(raw), size)]

    def words(self) -> NDArray[np.uint64]:
        """The outcomes as 64-bit words: shape (k,) up to 64 bits, else (k, words), the most significant word first."""
        if self.outcomes.dtype.kind == "u":
            return self.outcomes
        words = self.outcomes.view(">u8").reshape(len(self), self.outcomes.itemsize // 8).astype(np.uint64)
        words.flags.writeable = False
        return words

    def value(self, key: str) -> Any:
        """The value of a key, 0 if it is not listed."""
        wanted = pack_ints([self.layout.parse(key)], self.layout.num_bits)
        return self.values_at(wanted)[0]

    def values_at(self, outcomes: Packed) -> NDArray[Any]:
        """The values of many packed outcomes, 0 for those that are not listed."""
        place, found = self._find(outcomes)
        values = np.zeros(len(outcomes), dtype=self.values.dtype)
        values[found] = self.values[place[found]]
        return values

    def largest(self, number: int | None = None) -> NDArray[np.int64]:
        """Rows by descending value, equal ones by ascending outcome."""
        return np.argsort(-self.values, kind="stable")[:number]

    def marginal(self, positions: Sequence[int], layout: BitLayout) -> "OutcomeTable":
        """The values summed over all bits but those at the positions, which come in the order listed."""
        rows = _unpack_bits(self.outcomes, self.layout.num_bits)[:, list(positions)]
        return self.collect(layout, _pack_bits(rows), self.values)

    def align(self, other: "OutcomeTable") -> tuple[NDArray[Any], NDArray[Any]]:
        """The values of both tables, one entry each for every outcome that either lists."""
        place, found = other._find(self.outcomes)
        mine = np.zeros(len(other), dtype=self.values.dtype)
        mine[place[found]] = self.values[found]
        extra = self.values[~found]
        return np.append(mine, extra), np.append(other.values, np.zeros(len(extra), dtype=other.values.dtype))

    def _find(self, outcomes: Packed) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Row of each packed outcome, and whether it is there."""
        place = np.searchsorted(self.outcomes, outcomes)
        inside = place < len(self)
        found = inside.copy()
        found[inside] = self.outcomes[place[inside]] == outcomes[inside]
        return place, found


class OutcomeMapping(Mapping[str, V]):
    """A table as a dict from keys to values (counts or probabilities): what `Counts` and `Distribution` share.

    Keys ascend, and are formed when they are looked at. An outcome that is not listed has the value 0; it is no member.
    """

    __slots__ = ("_table",)
    _table: OutcomeTable

    def __contains__(self, key: object) -> bool:
        try:
            return self[key] > 0  # type: ignore[index]
        except (KeyError, TypeError):
            return False

    def __len__(self) -> int:
        """Number of distinct outcomes."""
        return len(self._table)

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), _CHUNK):
            yield from self._table.bitstrings(slice(start, start + _CHUNK))

    def items(self) -> ItemsView[str, V]:
        """Pairs of key and value."""
        return _Items(self)

    def values(self) -> ValuesView[V]:
        """The values, in the order of the keys."""
        return _Values(self)

    def __eq__(self, other: object) -> bool:
        """Equal as dicts, where a value of 0 is as good as none; labels do not matter."""
        if isinstance(other, OutcomeMapping) and self._table.layout.widths == other._table.layout.widths:
            mine, others = self._table, other._table
            return np.array_equal(mine.outcomes, others.outcomes) and np.array_equal(mine.values, others.values)
        if not isinstance(other, Mapping):
            return NotImplemented
        return dict(self.items()) == {key: value for key, value in other.items() if value != 0}

    __hash__ = None  # type: ignore[assignment]  # as for a dict

    @property
    def num_bits(self) -> int:
        """Number of bits of a key."""
        return self._table.layout.num_bits

    @property
    def labels(self) -> tuple[str, ...]:
        """What each bit of a key is, leftmost first: a qubit, or a register's bit."""
        return self._table.layout.labels

    @property
    def registers(self) -> tuple[tuple[str, int], ...]:
        """Names and widths of the classical registers of a key; empty where its bits are of none."""
        return self._table.layout.registers

    def _largest(self, k: int | None) -> list[tuple[str, V]]:
        """The k outcomes of the largest values, all by default; equal ones in the order of the keys."""
        rows = self._table.largest(k)
        return list(zip(self._table.bitstrings(rows), self._table.values[rows].tolist(), strict=True))

    def _described(self) -> str:
        """The labels of the bits, for a repr."""
        layout = self._table.layout
        return f"bits {layout.describe()}" if layout.num_bits else layout.describe()


class _Items(ItemsView[str, V]):
    """Pairs formed together: a search for each key would be slower."""

    _mapping: OutcomeMapping[V]

    def __iter__(self) -> Iterator[tuple[str, V]]:
        return zip(self._mapping, self._mapping.values(), strict=True)

    def __contains__(self, item: object) -> bool:
        return (
            isinstance(item, tuple)
            and len(item) == 2
            and item[0] in self._mapping
            and self._mapping[item[0]] == item[1]
        )


class _Values(ValuesView[V]):
    _mapping: OutcomeMapping[V]

    def __iter__(self) -> Iterator[V]:
        return iter(self._mapping._table.values.tolist())

    def __contains__(self, value: object) -> bool:
        return value in self._mapping._table.values.tolist()


# ── Packing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def pack_ints(values: Sequence[int], num_bits: int) -> Packed:
    """Pack Python integers of any size.

    >>> pack_ints([1, 2], 64).dtype, pack_ints([1, 2], 65).dtype
    (dtype('uint64'), dtype('S16'))
    """
    if num_bits <= _WORD_BITS:
        return np.array(values, dtype=np.uint64)
    size = _num_bytes(num_bits)
    return np.frombuffer(b"".join(value.to_bytes(size, "big") for value in values), dtype=f"S{size}")


def pack_words(outcomes: Any, num_bits: int) -> Packed:
    """Pack integers, or rows of 64-bit words with the most significant word first.

    Raises:
        StateError: an outcome is negative or has more bits, or the array has another shape.
    """
    array = np.asarray(outcomes)
    num_words = _num_bytes(num_bits) // 8
    if array.ndim == 1 and num_words == 1:
        array = array[:, np.newaxis]
    if array.ndim != 2 or array.shape[1] != num_words:
        shape = "(k,)" if num_words == 1 else f"(k, {num_words})"
        raise StateError(f"Argument `outcomes` of {num_bits} bits must have shape {shape}, but has {array.shape}.")
    if array.dtype.kind not in "iu":
        if array.size:
            raise TypeError(f"Argument `outcomes` must be an array of integers, but has dtype {array.dtype}.")
        array = array.astype(np.uint64)  # an empty list
    top_bits = num_bits - _WORD_BITS * (num_words - 1)
    if array.size and (int(array.min()) < 0 or int(array[:, 0].max()) >= bits.register_size(top_bits)):
        raise StateError(
            f"Argument `outcomes` must have {num_bits} bits and not be negative, but one of them is wrong."
        )
    if num_words == 1:
        return array[:, 0].astype(np.uint64)
    return np.ascontiguousarray(array, dtype=">u8").view(f"S{8 * num_words}")[:, 0]


def _num_bytes(num_bits: int) -> int:
    return 8 * max(-(-num_bits // _WORD_BITS), 1)


def _unpack_bits(packed: Packed, num_bits: int) -> NDArray[np.uint8]:
    """Packed outcomes as rows of 0 and 1, leftmost bit first."""
    big_endian = packed.astype(">u8") if packed.dtype.kind == "u" else np.ascontiguousarray(packed)
    raw = big_endian.view(np.uint8).reshape(len(packed), _num_bytes(num_bits))
    rows = np.unpackbits(raw, axis=1)
    return rows[:, rows.shape[1] - num_bits :]


def _pack_bits(rows: NDArray[np.uint8]) -> Packed:
    """Inverse of `_unpack_bits`."""
    size = _num_bytes(rows.shape[1])
    padded = np.zeros((len(rows), 8 * size), dtype=np.uint8)
    padded[:, 8 * size - rows.shape[1] :] = rows
    raw = np.packbits(padded, axis=1)
    return raw.view(">u8")[:, 0].astype(np.uint64) if size == 8 else raw.view(f"S{size}")[:, 0]
