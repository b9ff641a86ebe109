"""Which outcomes a histogram shows, and how often each run saw them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim.errors import StateError
from qsim.frozen import Record
from qsim.states import Counts
from qsim.states._outcomes import OutcomeTable

__all__ = ["Bars", "check_choice", "choose_bars", "shorten"]

_ROUNDING = 1e-9  # an exact rest below it is the rounding error of nothing


class Bars(Record):
    """The outcomes shown, and the rest.

    Attributes:
        keys: the outcomes, in the order shown.
        counts: shape (runs, keys).
        rest: what each run saw beside them.
        num_hidden: number of other outcomes that any run saw.
        exact: exact probabilities of the keys, if any.
        exact_rest: of all other outcomes together.
    """

    keys: list[str]
    counts: NDArray[np.int64]
    rest: NDArray[np.int64]
    num_hidden: int
    exact: NDArray[np.float64] | None
    exact_rest: float

    @property
    def has_rest(self) -> bool:
        """Whether there is anything beside the keys."""
        return self.num_hidden > 0 or self.exact_rest > _ROUNDING


def choose_bars(runs: Sequence[Counts], exact: OutcomeTable | None, top: int, sort: str) -> Bars:
    """The `top` most probable outcomes over all runs and the exact distribution.

    Args:
        runs: counts with keys of one form.
        exact: exact probabilities, or none.
        top: largest number of outcomes.
        sort: "key" for ascending keys, "count" for the most frequent first.

    >>> bars = choose_bars([Counts({"00": 5, "01": 2, "10": 1, "11": 7})], None, 2, "key")
    >>> bars.keys, bars.counts.tolist(), bars.rest.tolist(), bars.num_hidden
    (['00', '11'], [[5, 7]], [3], 2)
    """
    check_choice(top, sort, ("key", "count"))
    keys = _most_probable(runs, exact, top)
    if sort == "key":
        keys.sort()
    counts = np.array([[run[key] for key in keys] for run in runs], dtype=np.int64).reshape(len(runs), len(keys))
    shown = None if exact is None else np.array([exact.value(key) for key in keys])
    return Bars(
        keys=keys,
        counts=counts,
        rest=np.array([run.shots for run in runs]) - counts.sum(axis=1),
        num_hidden=_num_outcomes(runs) - int(np.count_nonzero(counts.any(axis=0))),
        exact=shown,
        exact_rest=0.0 if shown is None else 1 - float(shown.sum()),
    )


def check_choice(top: Any, sort: Any, sorts: tuple[str, str]) -> None:
    """Refuse a number of bars that is none, or an order that is not one of the two."""
    if isinstance(top, bool) or not isinstance(top, int):
        raise TypeError(f"Argument `top` must be an int, but is {top!r}.")
    if top < 1:
        raise StateError(f"Argument `top` must be 1 or more, but is {top}.")
    if sort not in sorts:
        raise StateError(f'Argument `sort` must be "{sorts[0]}" or "{sorts[1]}", but is {sort!r}.')


def _most_probable(runs: Sequence[Counts], exact: OutcomeTable | None, top: int) -> list[str]:
    """Keys by descending probability, the largest over the runs and the exact distribution."""
    best: dict[str, float] = {}
    for run in runs:
        for key, count in run.most_common(top):
            best[key] = max(best.get(key, 0.0), count / run.shots)
    if exact is not None:
        rows = exact.largest(top)
        for key, probability in zip(exact.bitstrings(rows), exact.values[rows].tolist(), strict=True):
            best[key] = max(best.get(key, 0.0), probability)
    return sorted(best, key=lambda key: (-best[key], key))[:top]


def _num_outcomes(runs: Sequence[Counts]) -> int:
    if len(runs) == 1:
        return len(runs[0])
    return len(np.unique(np.concatenate([run.arrays()[0] for run in runs]), axis=0))


def shorten(text: str, width: int, ellipsis: str = "…") -> str:
    """The text with its middle left out if it is longer than the width.

    >>> shorten("0123456789", 7)
    '012…789'
    """
    if len(text) <= width:
        return text
    kept = max(width - len(ellipsis), 2)
    return text[: kept - kept // 2] + ellipsis + text[len(text) - kept // 2 :]
