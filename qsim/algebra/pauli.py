"""Pauli sums: an operator as a table of X and Z masks with coefficients.

A Pauli string on n qubits is a pair of n-bit integers: bit set in `x` for X or Y, in `z` for Z or Y. The string of
masks (x, z) is i^|x∧z| · X^x · Z^z, so that Y = i X Z comes out with coefficient 1.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.algebra.factors import Factor
from qsim.algebra.terms import Term

__all__ = ["PauliSum", "expand", "expansion_size", "letters", "masks", "multiply_sums"]

PauliSum = dict[tuple[int, int], complex]

_LETTER = {(0, 0): "I", (1, 0): "X", (1, 1): "Y", (0, 1): "Z"}
_MASKS = {letter: mask for mask, letter in _LETTER.items()}
_PHASES = (1, 1j, -1, -1j)


def letters(x: int, z: int, num_qubits: int) -> str:
    """Pauli string of the masks.

    >>> letters(0b110, 0b011, 3)
    'XYZ'
    """
    return "".join(
        _LETTER[int(a), int(b)]
        for a, b in zip(bits.bitstring(x, num_qubits), bits.bitstring(z, num_qubits), strict=True)
    )


def masks(string: str) -> tuple[int, int]:
    """Masks of a Pauli string; a `KeyError` names a letter that is none.

    >>> [bin(mask) for mask in masks("XYZ")]
    ['0b110', '0b11']
    """
    pairs = [_MASKS[letter] for letter in string]
    return bits.parse_bitstring("".join(str(x) for x, _ in pairs)), bits.parse_bitstring(
        "".join(str(z) for _, z in pairs)
    )


def expansion_size(terms: Iterable[Term]) -> int:
    """Number of products that `expand` would form."""
    total = 0
    for term in terms:
        size = 1
        for _, factor in term.factors:
            size *= len(_decompose(factor)) if factor.num_qubits <= 2 else 4**factor.num_qubits
        total += size
    return total


def expand(terms: Iterable[Term], num_qubits: int) -> PauliSum:
    """The terms in the Pauli basis, like strings combined; what cancels up to rounding is dropped."""
    total: PauliSum = {}
    scale: dict[tuple[int, int], float] = {}
    for term in terms:
        for x, z, coefficient in _expand_term(term, num_qubits):
            key = x, z
            total[key] = total.get(key, 0) + coefficient
            scale[key] = scale.get(key, 0.0) + abs(coefficient)
    return {key: value for key, value in total.items() if abs(value) > 1e-14 * scale[key]}


def _expand_term(term: Term, num_qubits: int) -> Iterator[tuple[int, int, complex]]:
    partial = [(0, 0, complex(term.coefficient))]
    for qubits, factor in term.factors:
        placed = [
            (_place(x, qubits, num_qubits), _place(z, qubits, num_qubits), value) for x, z, value in _decompose(factor)
        ]
        partial = [(x | px, z | pz, value * pvalue) for x, z, value in partial for px, pz, pvalue in placed]
    yield from partial


def _place(mask: int, qubits: tuple[int, ...], num_qubits: int) -> int:
    """The factor's mask moved to the register: Python integers, since masks may be wider than a machine word."""
    spelled = bits.bitstring(mask, len(qubits))
    return sum(bits.qubit_weight(qubit, num_qubits) for qubit, bit in zip(qubits, spelled, strict=True) if bit == "1")


def _decompose(factor: Factor) -> list[tuple[int, int, complex]]:
    """Pauli coefficients tr(P† M) / 2^k of a small matrix, by a Walsh–Hadamard transform along each diagonal.

    Source: Hantzko, Binkowski, Gupta, "Tensorized Pauli decomposition algorithm", Phys. Scr. 99 (2024) 085128.
    """
    return _decompose_matrix(factor.key) if factor.num_qubits <= 2 else _coefficients(factor.matrix)


@lru_cache(maxsize=1024)
def _decompose_matrix(content: bytes) -> list[tuple[int, int, complex]]:
    entries = np.frombuffer(content, dtype=np.complex128)
    return _coefficients(entries.reshape(2, 2) if len(entries) == 4 else entries.reshape(4, 4))


def _coefficients(matrix: NDArray[np.complex128]) -> list[tuple[int, int, complex]]:
    size = len(matrix)
    rounding = 1e-15 * float(np.abs(matrix).max(initial=0))
    index = np.arange(size)
    result = []
    for x in range(size):
        transform = matrix[index ^ x, index].reshape([2] * (size.bit_length() - 1))  # entries that flip the bits of x
        for axis in range(size.bit_length() - 1):
            zero, one = np.take(transform, 0, axis), np.take(transform, 1, axis)
            transform = np.stack([zero + one, zero - one], axis)
        for z, value in enumerate(transform.ravel() / size):
            if abs(value) > rounding:
                result.append((x, z, complex(value) * _PHASES[-(x & z).bit_count() % 4]))
    return result


def multiply_sums(left: PauliSum, right: PauliSum) -> PauliSum:
    """Product of two Pauli sums; exact but for rounding of the coefficients."""
    total: PauliSum = {}
    for (x1, z1), a in left.items():
        for (x2, z2), b in right.items():
            x, z = x1 ^ x2, z1 ^ z2
            # i^|x1 z1| X^x1 Z^z1 · i^|x2 z2| X^x2 Z^z2, where Z^z1 X^x2 = (−1)^|z1 x2| X^x2 Z^z1
            power = (x1 & z1).bit_count() + (x2 & z2).bit_count() + 2 * (z1 & x2).bit_count() - (x & z).bit_count()
            total[x, z] = total.get((x, z), 0) + a * b * _PHASES[power % 4]
    return total
