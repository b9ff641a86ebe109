"""Record: what is known of a run that may be stopped. Apart from the files that hold it, which few programs need."""

from typing import Any

import numpy as np

__all__ = ["DTYPES", "PRECISIONS", "Point"]

DTYPES: dict[str, np.dtype[Any]] = {"double": np.dtype(np.complex128), "single": np.dtype(np.complex64)}
PRECISIONS = {dtype: precision for precision, dtype in DTYPES.items()}


class Point:
    """How far a run has come: sweeps finished, and chunks of the sweep at work.

    Attributes:
        sweep: number of the sweep at work.
        num_chunks: its chunks; 0 as long as it has not begun.
        first: all chunks before this one are finished.
        beyond: finished ones after it; threads add to it.
    """

    __slots__ = ("beyond", "first", "num_chunks", "sweep")

    def __init__(self, sweep: int = 0, num_chunks: int = 0, first: int = 0, beyond: set[int] | None = None) -> None:
        self.sweep, self.num_chunks, self.first = sweep, num_chunks, first
        self.beyond: set[int] = set() if beyond is None else beyond

    @property
    def sweeps(self) -> float:
        """Sweeps finished, the one at work as a fraction."""
        return self.sweep + ((self.first + len(self.beyond)) / self.num_chunks if self.num_chunks else 0.0)

    def compacted(self) -> "Point":
        """The same with `first` as far on as it goes."""
        first = self.first
        while first in self.beyond:
            first += 1
        return Point(self.sweep, self.num_chunks, first, {chunk for chunk in self.beyond if chunk > first})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Point):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in Point.__slots__)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Point({self.sweep}, {self.num_chunks}, {self.first}, {self.beyond})"
