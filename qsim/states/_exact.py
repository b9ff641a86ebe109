"""Exact probabilities in whatever form they come, as a table by outcome."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.errors import StateError
from qsim.states._layout import BitLayout
from qsim.states._outcomes import OutcomeTable, pack_ints
from qsim.states.sampling import check_total

__all__ = ["distribution"]


def distribution(source: Any, layout: BitLayout) -> OutcomeTable:
    """Probabilities by outcome, scaled to sum to 1.

    Args:
        source: counts; a dict of probabilities by bit string; an array of 2^n probabilities; or what has a method
            `probabilities()` that gives one of these, such as a state.
        layout: the bits of the counts to compare with.

    Returns:
        A table with that layout.

    Raises:
        StateError: the number of bits differs, or the probabilities are negative or do not sum to 1.
    """
    if hasattr(source, "_distribution_"):
        table: OutcomeTable = source._distribution_()
    else:
        given = source.probabilities() if hasattr(source, "probabilities") else source
        table = _of_mapping(given, layout) if isinstance(given, Mapping) else _of_vector(given, layout)
    if table.layout.num_bits != layout.num_bits:
        raise StateError(f"Counts of {layout.num_bits} bits cannot be compared with {table.layout.num_bits} bits.")
    return OutcomeTable(layout, table.outcomes, table.values)


def _of_mapping(given: Mapping[str, Any], layout: BitLayout) -> OutcomeTable:
    packed = pack_ints([layout.parse(key) for key in given], layout.num_bits)
    return OutcomeTable.collect(layout, packed, _scaled(_numbers(list(given.values()))))


def _of_vector(given: Any, layout: BitLayout) -> OutcomeTable:
    vector = _numbers(given)
    if vector.shape != (bits.register_size(layout.num_bits),):
        raise StateError(
            f"Probabilities of {layout.num_bits} bits must be a vector of length 2^{layout.num_bits}, but have shape "
            f"{vector.shape}."
        )
    values = _scaled(vector)
    seen = np.flatnonzero(values)
    return OutcomeTable.collect(layout, seen.astype(np.uint64), values[seen])


def _numbers(values: Any) -> NDArray[Any]:
    array = np.asarray(values)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"Probabilities must be real numbers, but have dtype {array.dtype}.")
    return array


def _scaled(array: NDArray[Any]) -> NDArray[np.float64]:
    """Probabilities that sum to 1 exactly, checked to be such but for rounding."""
    if not np.all(array >= 0):
        raise StateError(f"Probabilities must be 0 or more, but one is {array.min()}.")
    total = float(array.sum(dtype=np.float64))
    check_total(total)
    return np.asarray(array / total, dtype=np.float64)
