"""Counts: how often each outcome of a measurement was seen."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from qsim import states
from qsim.errors import StateError
from qsim.states import distances
from qsim.states._layout import BitLayout
from qsim.states._outcomes import OutcomeMapping, OutcomeTable, pack_ints, pack_words
from qsim.states.distances import ChiSquare

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Counts"]

_REPR_OUTCOMES = 16
_REPR_CHARACTERS = 800
_MAX_SHOTS = 2.0**63  # counts and their sum are 64-bit integers


@final
class Counts(OutcomeMapping[int]):
    """How often each outcome was seen: reads as a dict from bit strings to numbers, and equals one. Immutable.

    A key has all bits in the order of the labels, leftmost first, with a space between classical registers; it is found
    without the spaces, too. Keys ascend. An outcome that was not seen has the count 0; it is no member, and counts of 0
    are not kept, nor do they matter to `==`. The counts are held as arrays, 16 bytes an outcome of up to 64 bits; keys
    are formed when they are looked at.

    Args:
        counts: numbers by bit string, or other Counts.
        registers: names and widths of the classical registers, in order.
        labels: one a bit, where the bits are of no register. Without either the bits are q0 q1 …, and where the keys
            have spaces those of registers c0, c1, ….

    Raises:
        StateError: a number is negative, or labels are not distinct.
        KeyError: a key is no bit string, or of another width than the first (a StateError as well).
        TypeError: a key is no string or a number no integer.

    >>> counts = Counts({"00": 497, "11": 503})
    >>> counts["11"], counts["01"], counts.shots, counts == {"00": 497, "11": 503}
    (503, 0, 1000, True)
    >>> counts
    Counts({'00': 497, '11': 503}, bits q0 q1)
    """

    __slots__ = ("_shots",)
    _shots: int

    def __init__(
        self,
        counts: Mapping[str, int],
        *,
        registers: Iterable[tuple[str, int]] | None = None,
        labels: Iterable[str] | None = None,
    ) -> None:
        if not isinstance(counts, Mapping):
            raise TypeError(f"Argument `counts` must be a mapping of bit strings, but is {type(counts).__name__}.")
        layout = _layout(registers, labels)
        if layout is None:
            layout = counts._table.layout if isinstance(counts, Counts) else BitLayout.of_key(next(iter(counts), ""))
        packed = pack_ints([layout.parse(key) for key in counts], layout.num_bits)
        self._set(OutcomeTable.collect(layout, packed, _numbers(list(counts.values()))))

    def _set(self, table: OutcomeTable) -> None:
        if table.values.sum(dtype=np.float64) >= _MAX_SHOTS:
            raise StateError("Counts must sum to less than 2^63.")
        self._table = table
        self._shots = int(table.values.sum())

    @classmethod
    def _wrap(cls, table: OutcomeTable) -> "Counts":
        counts = object.__new__(cls)
        counts._set(table)
        return counts

    @classmethod
    def from_arrays(
        cls,
        outcomes: Any,
        counts: Any,
        *,
        registers: Iterable[tuple[str, int]] | None = None,
        labels: Iterable[str] | None = None,
    ) -> "Counts":
        """Counts from arrays; outcomes may come in any order and repeat, but ascending ones are taken as they are.

        Args:
            outcomes: integers, shape (k,), for up to 64 bits; for more shape (k, words), 64-bit words with the most
                significant first. The last bit is the least significant one.
            counts: integers, shape (k,).
            registers: names and widths of the classical registers, in order; or
            labels: one a bit.

        >>> Counts.from_arrays([6, 1], [3, 2], registers=[("c", 2), ("flag", 1)])
        Counts({'00 1': 2, '11 0': 3}, bits c[0] c[1] flag[0])
        """
        layout = _layout(registers, labels)
        if layout is None:
            raise TypeError("Counts.from_arrays needs one of the arguments `registers` and `labels`.")
        packed, numbers = pack_words(outcomes, layout.num_bits), _numbers(counts)
        if numbers.shape != packed.shape:
            raise StateError(f"Argument `counts` must have shape {packed.shape} as outcomes, but has {numbers.shape}.")
        return cls._wrap(OutcomeTable.collect(layout, packed, numbers))

    def arrays(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """The outcomes, ascending, and their counts, as `from_arrays` takes them; read-only.

        >>> outcomes, numbers = Counts({"00": 5, "11": 7}).arrays()
        >>> outcomes.tolist(), numbers.tolist()
        ([0, 3], [5, 7])
        """
        return self._table.words(), self._table.values

    # ── As a mapping ──────────────────────────────────────────────────────────────────────────────────────────────

    def __getitem__(self, key: str) -> int:
        """How often an outcome was seen, 0 if never; KeyError for another width or other characters."""
        return int(self._table.value(key))

    def get(self, key: str, default: Any = 0) -> Any:
        """The count of an outcome that was seen, else the default."""
        try:
            return self[key] or default
        except KeyError:
            return default

    # ── Bits and shots ────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def shots(self) -> int:
        """Sum of all counts."""
        return self._shots

    def marginal(self, bits: Any) -> "Counts":
        """Counts of some bits, whatever the others are.

        Args:
            bits: a register's name, a bit's position in the key (0 leftmost) or label, or several of these; the bits
                come in the order listed.

        >>> counts = Counts({"01 1": 3, "11 1": 4}, registers=[("c", 2), ("flag", 1)])
        >>> counts.marginal("flag"), counts.marginal([2, 0])
        (Counts({'1': 7}, bits flag[0]), Counts({'10': 3, '11': 4}, bits flag[0] c[0]))
        """
        positions, layout = self._table.layout.select(bits)
        return Counts._wrap(self._table.marginal(positions, layout))

    def reverse_bits(self) -> "Counts":
        """The same counts with the bits, and their labels, from right to left.

        >>> Counts({"001": 5}).reverse_bits()
        Counts({'100': 5}, bits q2 q1 q0)
        """
        layout = self._table.layout.reversed()
        return Counts._wrap(self._table.marginal(range(self.num_bits)[::-1], layout))

    def __add__(self, other: Any) -> "Counts":
        """Counts of both runs together; their labels must agree."""
        if not isinstance(other, Counts):
            return NotImplemented
        mine, others = self._table, other._table
        if mine.layout != others.layout:
            raise StateError(
                f"Counts can be added if their bits agree, but are {mine.layout.describe()} and "
                f"{others.layout.describe()}."
            )
        outcomes, values = np.append(mine.outcomes, others.outcomes), np.append(mine.values, others.values)
        return Counts._wrap(OutcomeTable.collect(mine.layout, outcomes, values))

    def __radd__(self, other: Any) -> "Counts":
        return self if isinstance(other, int) and other == 0 else NotImplemented  # sum() begins with 0

    # ── Other forms ───────────────────────────────────────────────────────────────────────────────────────────────

    def most_common(self, k: int | None = None) -> list[tuple[str, int]]:
        """The k most frequent outcomes, all by default, and their counts; equal ones in the order of the keys.

        >>> Counts({"00": 1, "01": 5, "11": 5}).most_common(2)
        [('01', 5), ('11', 5)]
        """
        if k is not None and k < 0:
            raise StateError(f"Argument `k` must be 0 or more, but is {k}.")
        return self._largest(k)

    def to_ints(self) -> dict[int, int]:
        """Counts by the integer that a key spells, the last bit least significant.

        >>> Counts({"01 1": 3}).to_ints()
        {3: 3}
        """
        return dict(zip(self._table.ints(), self._table.values.tolist(), strict=True))

    def probabilities(self) -> dict[str, float]:
        """Share of the shots by outcome.

        >>> Counts({"00": 1, "11": 3}).probabilities()
        {'00': 0.25, '11': 0.75}
        """
        shares = self._table.values / max(self._shots, 1)
        return dict(zip(self, shares.tolist(), strict=True))

    # ── Statistics ────────────────────────────────────────────────────────────────────────────────────────────────

    def interval(self, key: str, level: float = 0.95) -> tuple[float, float]:
        """Wilson's score interval of an outcome's probability.

        Args:
            key: the outcome, seen or not.
            level: how often the interval holds the true value.

        >>> low, high = Counts({"0": 49, "1": 51}).interval("1")
        >>> round(low, 4), round(high, 4)
        (0.4135, 0.6058)
        """
        low, high = distances.wilson_interval(self[key], self._shots, level)
        return float(low), float(high)

    def expected(self, exact: Any) -> dict[str, float]:
        """Counts to be expected of as many shots, by outcome of a probability above 0.

        Args:
            exact: a state, a dict by bit string, or an array of 2^n probabilities.

        >>> Counts({"00": 4, "11": 6}).expected({"00": 0.5, "11": 0.5})
        {'00': 5.0, '11': 5.0}
        """
        table = states._exact.distribution(exact, self._table.layout)
        return dict(zip(table.bitstrings(), (self._shots * table.values).tolist(), strict=True))

    def total_variation(self, other: Any) -> float:
        """Total-variation distance ½ Σ |p - q| of the shares from other counts or exact probabilities.

        Args:
            other: Counts, a state, a dict of probabilities by bit string, or an array of 2^n probabilities.

        >>> Counts({"00": 1, "11": 3}).total_variation({"00": 0.5, "11": 0.5})
        0.25
        """
        return distances.total_variation(*self._aligned(other))

    def hellinger(self, other: Any) -> float:
        """Hellinger distance √(½ Σ (√p - √q)²) of the shares from other counts or exact probabilities.

        Args:
            other: as for `total_variation`.

        >>> Counts({"0": 5}).hellinger({"1": 1.0})
        1.0
        """
        return distances.hellinger(*self._aligned(other))

    def _aligned(self, other: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return self._distribution_().align(states._exact.distribution(other, self._table.layout))

    def chi_square(self, exact: Any) -> ChiSquare:
        """Pearson's chi-square test against exact probabilities; outcomes expected less than 5 times are pooled.

        Args:
            exact: a state, a dict by bit string, an array of 2^n probabilities, or Counts, whose shares are taken as
                exact.

        Returns:
            `statistic`, `degrees_of_freedom` and `p_value`; the latter is 0 if an outcome of probability 0 was seen.

        >>> round(Counts({"0": 44, "1": 56}).chi_square([0.5, 0.5]).p_value, 6)
        0.230139
        """
        self._require_shots()
        return distances.chi_square(*self._table.align(states._exact.distribution(exact, self._table.layout)))

    def _distribution_(self) -> OutcomeTable:
        """Shares of the shots, as a table."""
        self._require_shots()
        return OutcomeTable(self._table.layout, self._table.outcomes, self._table.values / self._shots)

    def _require_shots(self) -> None:
        if self._shots == 0:
            raise StateError("Counts of 0 shots have no probabilities to compare.")

    # ── How they are shown ────────────────────────────────────────────────────────────────────────────────────────

    def plot(
        self,
        exact: Any = None,
        top: int = 16,
        sort: str = "key",
        error_bars: bool = True,
        ax: "Axes | None" = None,
    ) -> "Axes":
        """Histogram of the shares; the arguments are those of `qsim.plots.histogram`.

        >>> axes = Counts({"00": 497, "11": 503}).plot(exact={"00": 0.5, "11": 0.5})
        >>> axes.get_ylabel()
        'probability'
        """
        from qsim.plots import histogram

        return histogram(self, exact=exact, top=top, sort=sort, error_bars=error_bars, ax=ax)

    def __str__(self) -> str:
        from qsim.plots import text_histogram

        return text_histogram(self)

    def _repr_html_(self) -> str:
        from qsim.plots.html import counts_html

        return counts_html(self)

    def __repr__(self) -> str:
        layout = self._table.layout
        room = max(min(_REPR_OUTCOMES, _REPR_CHARACTERS // (layout.num_bits + 10)), 1)
        shown = zip(self._table.bitstrings(slice(room)), self._table.values[:room].tolist(), strict=True)
        pairs = ", ".join(f"{key!r}: {number}" for key, number in shown)
        if len(self) > room:
            return f"Counts({{{pairs}, …}}, {len(self)} outcomes, {self._shots} shots, {self._described()})"
        return f"Counts({{{pairs}}}, {self._described()})"

    def __copy__(self) -> "Counts":
        return self  # immutable

    def __deepcopy__(self, memo: Any) -> "Counts":
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        table = self._table
        return _restore, (table.layout.labels, table.layout.registers, np.array(table.outcomes), np.array(table.values))


def _restore(
    labels: tuple[str, ...], registers: tuple[tuple[str, int], ...], outcomes: NDArray[Any], values: NDArray[np.int64]
) -> Counts:
    return Counts._wrap(OutcomeTable.collect(BitLayout(labels, registers), outcomes, values))


def _layout(registers: Iterable[tuple[str, int]] | None, labels: Iterable[str] | None) -> BitLayout | None:
    if registers is not None and labels is not None:
        raise TypeError("Counts take one of the arguments `registers` and `labels`, but both were given.")
    if registers is not None:
        return BitLayout.of_registers(registers)
    return None if labels is None else BitLayout.of_labels(labels)


def _numbers(counts: Sequence[Any]) -> NDArray[np.int64]:
    """Counts as 64-bit integers, 0 or more."""
    numbers = np.asarray(counts)
    if numbers.dtype.kind not in "iu" and numbers.size:
        if numbers.dtype.kind == "O" and all(isinstance(number, int) for number in numbers.flat):
            raise StateError("Counts must sum to less than 2^63.")
        raise TypeError(f"Argument `counts` must have integers as its numbers, but has dtype {numbers.dtype}.")
    if numbers.size and int(numbers.min()) < 0:
        raise StateError(f"Argument `counts` must have numbers of 0 or more, but one is {numbers.min()}.")
    if numbers.size and int(numbers.max()) >= _MAX_SHOTS:
        raise StateError("Counts must sum to less than 2^63.")
    return numbers.astype(np.int64)
