"""Factors: the small named matrices that Kronecker terms are made of."""

from functools import cache
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

__all__ = ["NAMED", "Factor", "multiply_factors"]

ComplexArray = NDArray[np.complex128]

_MAX_NAME = 40
_LATEX = {**{special: f"\\{special}" for special in "$%#&_{}"}, **dict.fromkeys(" \t\n\r", "\\ ")}
_LATEX |= {"\\": "\\backslash ", "^": "\\wedge ", "~": "\\sim ", "<": "\\langle ", ">": "\\rangle ", "\0": ""}
_ROUNDING = 1e-15  # two entries this close are the same number rounded twice (1/√2 squared, for example)


@final
class Factor:
    """A 2^k × 2^k matrix with a name: one factor of a Kronecker term.

    Args:
        name: how it is written in a formula.
        matrix: its entries; copied and made read-only.
        latex: how it is written in LaTeX; if empty the name, in which what LaTeX or HTML would read as a command is
            escaped.
    """

    __slots__ = ("key", "latex", "matrix", "name", "num_qubits")

    def __init__(self, name: str, matrix: Any, latex: str = "") -> None:
        entries = (
            np.array(matrix, dtype=np.complex128) + 0.0
        )  # + 0.0 turns −0 into 0, so equal matrices have equal bytes
        entries.flags.writeable = False
        self.name = name
        self.latex = latex or latex_name(name)
        self.matrix: ComplexArray = entries
        self.num_qubits = entries.shape[0].bit_length() - 1
        self.key = entries.tobytes()

    def dagger(self) -> "Factor":
        """Conjugate transpose, with the name of the constant that it is or a dagger added or taken away."""
        adjoint = self.matrix.conj().T
        if np.array_equal(adjoint, self.matrix):
            return self
        known = next((named for named in NAMED.values() if np.array_equal(named.matrix, adjoint)), None)
        if known is not None and self.num_qubits == 1:
            return known
        if self.name.endswith("†"):
            return Factor(self.name[:-1], adjoint, self.latex.removesuffix("^\\dagger"))
        return Factor(f"{self.name}†", adjoint, f"{self.latex}^\\dagger")

    @property
    def is_diagonal(self) -> bool:
        """No entry off the diagonal."""
        return not np.any(self.matrix - np.diag(np.diagonal(self.matrix)))

    @property
    def is_hermitian(self) -> bool:
        """Equal to its conjugate transpose, up to rounding."""
        gap = np.abs(self.matrix - self.matrix.conj().T).max()
        return bool(gap <= 1e-14 * np.abs(self.matrix).max())

    @property
    def is_unitary(self) -> bool:
        """Its conjugate transpose is its inverse, up to rounding."""
        product = self.matrix @ self.matrix.conj().T
        return bool(np.allclose(product, np.eye(len(product)), rtol=0, atol=1e-12))

    def __reduce__(self) -> tuple[type["Factor"], tuple[str, ComplexArray, str]]:
        return Factor, (self.name, self.matrix, self.latex)


def latex_name(name: str) -> str:
    r"""A name in LaTeX's mathematics, of bounded length: special characters are escaped, or set as a like symbol.

    >>> print(latex_name("U_12"), latex_name("a<b"))
    U\_12 a\langle b
    """
    kept = name if len(name) <= _MAX_NAME else f"{name[: _MAX_NAME - 1]}…"
    return "".join(_LATEX.get(character, character) for character in kept)


_R = np.sqrt(0.5)
NAMED: dict[str, Factor] = {
    factor.name: factor
    for factor in (
        Factor("I", [[1, 0], [0, 1]]),
        Factor("X", [[0, 1], [1, 0]]),
        Factor("Y", [[0, -1j], [1j, 0]]),
        Factor("Z", [[1, 0], [0, -1]]),
        Factor("P0", [[1, 0], [0, 0]], "P_0"),
        Factor("P1", [[0, 0], [0, 1]], "P_1"),
        Factor("σ+", [[0, 1], [0, 0]], "\\sigma_+"),
        Factor("σ-", [[0, 0], [1, 0]], "\\sigma_-"),
        Factor("H", [[_R, _R], [_R, -_R]]),
        Factor("S", [[1, 0], [0, 1j]]),
        Factor("T", [[1, 0], [0, _R + _R * 1j]]),
        Factor("S†", [[1, 0], [0, -1j]], "S^\\dagger"),
        Factor("T†", [[1, 0], [0, _R - _R * 1j]], "T^\\dagger"),
        Factor("P+", [[0.5, 0.5], [0.5, 0.5]], "P_+"),
        Factor("P-", [[0.5, -0.5], [-0.5, 0.5]], "P_-"),
    )
}


def multiply_factors(left: Factor, right: Factor) -> tuple[complex, Factor | None]:
    """The product `left @ right` as coefficient × factor; no factor means the identity.

    A product of 2 × 2 matrices that is a multiple of a named one gets its name: X·Y = i Z, P0·P1 = 0, H·X·H = Z.
    """
    if NAMED.get(left.name) is left and NAMED.get(right.name) is right:
        return _multiply_named(left.name, right.name)
    return _recognised(left, right)


@cache
def _multiply_named(left: str, right: str) -> tuple[complex, Factor | None]:
    return _recognised(NAMED[left], NAMED[right])


def _recognised(left: Factor, right: Factor) -> tuple[complex, Factor | None]:
    product = left.matrix @ right.matrix
    rounding = _ROUNDING * float(np.abs(left.matrix).max() * np.abs(right.matrix).max())
    if not np.any(np.abs(product) > rounding):
        return 0.0, None
    for named in NAMED.values() if left.num_qubits == 1 else ():
        row, column = np.unravel_index(np.argmax(np.abs(named.matrix)), (2, 2))
        ratio = complex(product[row, column] / named.matrix[row, column])
        if np.all(np.abs(product - ratio * named.matrix) <= rounding):
            coefficient = complex(round(ratio.real), round(ratio.imag)) if _near_integer(ratio) else ratio
            return coefficient, None if named.name == "I" else named
    name = f"{_grouped(left.name)}·{_grouped(right.name)}"
    return 1.0, Factor(
        name if len(name) <= 24 else "M", product, f"{left.latex} {right.latex}" if len(name) <= 24 else "M"
    )


def _near_integer(value: complex) -> bool:
    return abs(value - complex(round(value.real), round(value.imag))) < _ROUNDING


def _grouped(name: str) -> str:
    return f"({name})" if "+" in name[1:] and not name.startswith(("σ", "P")) else name
