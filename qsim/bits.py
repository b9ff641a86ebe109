"""The home of qubit order and index-bit arithmetic.

Qubit 0 is the leftmost Kronecker factor, the first character of a bit string and the most significant bit of a
basis index. With three qubits, basis index 4 = 0b100 is |100⟩: qubit 0 is 1. Nobody else shifts by a qubit number.

    qubit     0 1 2
    string   "1 0 0"
    weight    4 2 1
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim.errors import TooLargeError

__all__ = [
    "MAX_INDEX_QUBITS",
    "all_indices",
    "bitstring",
    "bitstrings",
    "embed_bits",
    "extract_bits",
    "fixed_bits",
    "mask_qubits",
    "parse_bitstring",
    "qubit_bit",
    "qubit_weight",
    "register_size",
    "spread_columns",
]

IndexArray = NDArray[np.int64]
MAX_INDEX_QUBITS = 62  # indices in arrays are 64-bit integers with a sign


def _check_width(num_qubits: int) -> None:
    if num_qubits > MAX_INDEX_QUBITS:
        raise TooLargeError(f"Index arrays have room for {MAX_INDEX_QUBITS} qubits, but {num_qubits} are asked for.")


def qubit_bit(qubit: int, num_qubits: int) -> int:
    """Position of the qubit's bit in a basis index, counted from the least significant one.

    >>> [qubit_bit(q, 3) for q in range(3)]
    [2, 1, 0]
    """
    return num_qubits - 1 - qubit


def qubit_weight(qubit: int, num_qubits: int) -> int:
    """Basis index in which only this qubit is 1.

    >>> [bin(qubit_weight(q, 3)) for q in range(3)]
    ['0b100', '0b10', '0b1']
    """
    return 1 << (num_qubits - 1 - qubit)


def mask_qubits(mask: int, num_qubits: int) -> tuple[int, ...]:
    """Qubits whose weights a mask is the sum of, in ascending order.

    >>> mask_qubits(0b101, 3)
    (0, 2)
    """
    return tuple(qubit for qubit in range(num_qubits) if mask & qubit_weight(qubit, num_qubits))


def register_size(num_qubits: int) -> int:
    """Number of basis states, 2**num_qubits."""
    return 1 << num_qubits


def bitstring(index: int, num_qubits: int) -> str:
    """Bit string of a basis index, qubit 0 first.

    >>> bitstring(4, 3)
    '100'
    """
    return format(index, f"0{num_qubits}b") if num_qubits else ""


def parse_bitstring(bits: str) -> int:
    """Basis index of a bit string, qubit 0 first.

    >>> parse_bitstring("100")
    4
    """
    if bits.strip("01"):
        raise ValueError(f"A bit string consists of 0 and 1, but {bits!r} does not.")
    return int(bits, 2) if bits else 0


def bitstrings(indices: NDArray[Any], num_qubits: int) -> list[str]:
    """Bit strings of many basis indices at once.

    >>> bitstrings(np.array([0, 4]), 3)
    ['000', '100']
    """
    return [bitstring(int(index), num_qubits) for index in indices]


def fixed_bits(qubits: Sequence[int], values: str, num_qubits: int) -> tuple[int, int]:
    """Mask and value such that `index & mask == value` says that the qubits have these values.

    >>> mask, value = fixed_bits([0, 2], "10", 3)
    >>> bin(mask), bin(value)
    ('0b101', '0b100')
    """
    mask = value = 0
    for qubit, bit in zip(qubits, values, strict=True):
        weight = qubit_weight(qubit, num_qubits)
        mask |= weight
        if bit == "1":
            value |= weight
    return mask, value


def embed_bits(values: NDArray[Any], qubits: Sequence[int], num_qubits: int) -> IndexArray:
    """Basis indices whose listed qubits spell each value (first listed qubit: most significant), all others 0.

    >>> embed_bits(np.array([0b00, 0b01, 0b10, 0b11]), [2, 0], 3).tolist()   # qubit 2 first, then qubit 0
    [0, 4, 1, 5]
    """
    _check_width(num_qubits)
    values = np.asarray(values, dtype=np.int64)
    indices = np.zeros_like(values)
    width = len(qubits)
    for slot, qubit in enumerate(qubits):
        bit = (values >> (width - 1 - slot)) & 1  # the slot's bit of each value
        indices |= bit << qubit_bit(qubit, num_qubits)
    return indices


def extract_bits(indices: NDArray[Any], qubits: Sequence[int], num_qubits: int) -> IndexArray:
    """Inverse of `embed_bits`: what the listed qubits spell in each basis index.

    >>> extract_bits(np.array([0b100, 0b001]), [2, 0], 3).tolist()
    [1, 2]
    """
    _check_width(num_qubits)
    indices = np.asarray(indices, dtype=np.int64)
    values = np.zeros_like(indices)
    for qubit in qubits:
        values = (values << 1) | ((indices >> qubit_bit(qubit, num_qubits)) & 1)
    return values


def all_indices(qubits: Sequence[int], num_qubits: int) -> IndexArray:
    """All basis indices over the listed qubits, counted up with the first listed qubit most significant.

    >>> all_indices([2, 0], 3).tolist()
    [0, 4, 1, 5]
    """
    _check_width(num_qubits)
    return embed_bits(np.arange(register_size(len(qubits))), qubits, num_qubits)


def spread_columns(values: NDArray[Any], columns: Sequence[int | None], width: int) -> NDArray[np.uint64]:
    """Values whose bits are picked from other values, as 64-bit words.

    Bit i of the result, the first most significant, is bit `columns[i]` of the `width`-bit value (0 the first), or 0
    for `None`. Up to 64 bits give shape (k,), more give (k, words), the most significant word first.

    >>> spread_columns(np.array([0b10, 0b11]), [1, None, 0], 2).tolist()   # bits: second, none, first
    [1, 5]
    """
    values = np.asarray(values).astype(np.uint64)
    num_words = max((len(columns) + 63) // 64, 1)
    words = np.zeros((len(values), num_words), dtype=np.uint64)
    for position, column in enumerate(columns):
        if column is None:
            continue
        bit = (values >> np.uint64(width - 1 - column)) & np.uint64(1)
        word, place = divmod(len(columns) - 1 - position, 64)  # counted from the least significant end
        words[:, num_words - 1 - word] |= bit << np.uint64(place)
    return words[:, 0] if num_words == 1 else words
