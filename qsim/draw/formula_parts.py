"""The Kronecker form of a gate on qubits: coefficients that stay exact, terms of named factors.

A gate of the table is written by its row's formula. Where that has angles, its coefficients are told apart by their
values at angles that nothing else has in common, so that `rzz(θ)` reads cos(θ/2) I⊗I - i sin(θ/2) Z⊗Z for symbolic θ
too, and no gate is known here by its name.
"""

import cmath
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from qsim.algebra import Operator
from qsim.algebra.factors import NAMED, Factor
from qsim.algebra.terms import PlacedFactor, make_term
from qsim.circuit import Operation
from qsim.gates import Gate
from qsim.gates.angles import pi_fraction
from qsim.gates.spec import GateSpec

__all__ = ["Coefficient", "Letter", "Part", "PartTerm", "part"]

MAX_TERMS = 8  # a custom operator of more terms is one factor with its name
MAX_NESTED = 2  # controls that are written out one by one; more of them as I - P⊗I + P⊗U
_PROBES = (0.7390851, 1.1173033, 0.4142135, 0.9159655)  # angles that tell coefficients apart, and others to confirm
_CONFIRM = (0.5772157, 1.3247180, 0.2613281, 1.2020569)
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Coefficient:
    """A number, times cosines and sines, times e^{iφ}; angles are floats in radians or symbolic expressions.

    >>> (Coefficient(-1j, (("sin", math.pi / 2),)) * Coefficient(2.0)).value
    -2j
    """

    number: complex = 1.0
    waves: tuple[tuple[str, Any], ...] = ()
    phase: Any = 0.0

    @classmethod
    def of(cls, value: complex) -> "Coefficient":
        """A number whose phase is taken out where that is a fraction of π, but not ±1 or ±i."""
        if min(abs(value.real), abs(value.imag)) < 1e-15 * abs(value):  # rounding
            value = complex(value.real) if abs(value.real) > abs(value.imag) else 1j * value.imag
        angle = cmath.phase(value)
        fraction = pi_fraction(abs(angle))
        if fraction is None or fraction[1] <= 2:
            return cls(value)
        return cls(abs(value), (), angle)

    def __mul__(self, other: "Coefficient") -> "Coefficient":
        return Coefficient(self.number * other.number, self.waves + other.waves, self.phase + other.phase)

    @property
    def value(self) -> complex:
        """The number that it is; of symbolic angles a `ParameterError`."""
        product = complex(self.number) * cmath.exp(1j * float(self.phase))
        for name, angle in self.waves:
            product *= (math.cos if name == "cos" else math.sin)(float(angle))
        return complex(product.real, product.imag + 0.0)


@dataclass(frozen=True)
class Letter:
    """A factor as it is written: its sign, and the angles that follow in brackets.

    Attributes:
        name: `X`, `P0`, `RX`, or what a user called a gate.
        matrix: what it stands for, a named factor or a gate.
        params: angles, numbers in radians or symbolic.
        is_custom: whether the name is a user's.
    """

    name: str
    matrix: "Factor | Gate"
    params: tuple[Any, ...] = ()
    is_custom: bool = False

    def operator(self, qubits: tuple[int, ...]) -> Operator:
        """The operator on these qubits."""
        if isinstance(self.matrix, Gate):
            return self.matrix.operator(*qubits)
        term = make_term(1.0, [PlacedFactor(qubits, self.matrix)])
        return Operator((term,), tuple(sorted(qubits)), placed=True)


@dataclass(frozen=True)
class PartTerm:
    """A coefficient times letters on disjoint qubits, the identity on the part's others."""

    coefficient: Coefficient
    letters: tuple[tuple[tuple[int, ...], Letter], ...]


@dataclass(frozen=True)
class Part:
    """What one gate contributes to a layer: `scale` times a sum of terms."""

    qubits: tuple[int, ...]
    scale: Coefficient
    terms: tuple[PartTerm, ...]

    @property
    def operator(self) -> Operator:
        """Its value, placed on its qubits."""
        total = Operator((), tuple(sorted(self.qubits)), placed=True)
        for term in self.terms:
            product = Operator((make_term(1.0, ()),), (), placed=True)
            for qubits, letter in term.letters:
                product = product @ letter.operator(qubits)
            total = total + (self.scale * term.coefficient).value * product
        return total


def part(operation: Operation, *, expand: bool = False) -> Part:
    """The Kronecker form of an operation.

    Args:
        operation: a gate on qubits.
        expand: write one-qubit gates of the table out too, `RX(θ)` as cos(θ/2) I - i sin(θ/2) X.

    >>> from qsim import Circuit
    >>> [[letter.name for _, letter in term.letters] for term in part(Circuit(2).cx(0, 1)[0]).terms]
    [['P0'], ['P1', 'X']]
    """
    gate, targets = operation.gate, operation.targets
    base = gate.base
    terms = _expansion(base, expand=expand and not gate.num_controls) or [
        PartTerm(Coefficient(), ((tuple(range(base.num_qubits)), _label(base)),))
    ]
    placed = [
        replace(term, letters=tuple((tuple(targets[slot] for slot in slots), letter) for slots, letter in term.letters))
        for term in terms
    ]
    if gate.num_controls:
        placed = _controlled(operation.controls, gate.control_state, placed)
    scale, placed = _common(placed)
    return Part(operation.qubits, scale, tuple(placed))


# ── The base: a letter, or a sum ──────────────────────────────────────────────────────────────────────────────────────


def _label(base: Gate) -> Letter:
    symbol = base.spec.symbol.strip() or base.spec.name.strip() or "unitary"
    return Letter(symbol, base, base.params, is_custom=not (base.is_from_table or base.spec.params))


def _expansion(base: Gate, *, expand: bool) -> list[PartTerm] | None:
    """Its terms over its slots, or None where a letter says it."""
    if base.num_qubits == 1 and base.is_from_table and not expand:
        return None
    if base.spec.params:
        template = _template(base.spec)
        return None if template is None else [_filled(shape, letters, base.params) for shape, letters in template]
    if not base.is_from_table and not isinstance(base.spec.formula, Operator):
        return None  # a long diagonal or permutation, which has no formula until it is formed
    terms = base.spec.operator().terms
    if len(terms) > MAX_TERMS or not terms:
        return None
    if len(terms) == 1 and any(len(placed.qubits) == base.num_qubits > 0 for placed in terms[0].factors):
        factor = terms[0].factors[0].factor
        if not _is_named(factor):
            return None
    return [PartTerm(Coefficient.of(complex(term.coefficient)), _letters(term.factors)) for term in terms]


def _letters(factors: Sequence[PlacedFactor]) -> tuple[tuple[tuple[int, ...], Letter], ...]:
    return tuple((p.qubits, Letter(p.factor.name, p.factor, is_custom=not _is_named(p.factor))) for p in factors)


def _is_named(factor: Factor) -> bool:
    return NAMED.get(factor.name) is factor


# ── Coefficients of rows with angles, told by their values ────────────────────────────────────────────────────────────

_SHAPES: dict[str, Any] = {  # how a coefficient may depend on one angle
    "1": lambda a: 1.0,
    "cos/2": lambda a: math.cos(a / 2),
    "sin/2": lambda a: math.sin(a / 2),
    "cos": math.cos,
    "sin": math.sin,
    "+": lambda a: cmath.exp(1j * a),
    "-": lambda a: cmath.exp(-1j * a),
}
_Shape = tuple[complex, tuple[str, ...]]  # a unit, and a shape for each angle


@lru_cache(maxsize=256)
def _template(spec: GateSpec) -> tuple[tuple[_Shape, tuple[tuple[tuple[int, ...], Letter], ...]], ...] | None:
    """The terms of a row with their coefficients as functions of the angles, or None where they are no such ones."""
    count = len(spec.params)
    if count > len(_PROBES):
        return None
    terms, others = spec.operator(*_PROBES[:count]).terms, spec.operator(*_CONFIRM[:count]).terms
    found = []
    for term, other in zip(terms, others, strict=True):
        if not all(_is_named(placed.factor) for placed in term.factors):
            return None
        shape = _shape(complex(term.coefficient), complex(other.coefficient), count)
        if shape is None:
            return None
        found.append((shape, _letters(term.factors)))
    return tuple(found)


def _shape(value: complex, other: complex, count: int) -> _Shape | None:
    for shapes in itertools.product(_SHAPES, repeat=count):
        for unit in (1, -1, 1j, -1j):
            fits = abs(_at(unit, shapes, _PROBES) - value) < _ROUNDING
            if fits and abs(_at(unit, shapes, _CONFIRM) - other) < _ROUNDING:
                return unit, shapes
    return None


def _at(unit: complex, shapes: Sequence[str], angles: Sequence[float]) -> complex:
    return unit * math.prod((complex(_SHAPES[shape](a)) for shape, a in zip(shapes, angles, strict=False)), start=1)


def _filled(shape: _Shape, letters: Any, params: Sequence[Any]) -> PartTerm:
    """A term at these angles."""
    coefficient = Coefficient(shape[0])
    for kind, angle in zip(shape[1], params, strict=True):
        if kind in ("+", "-"):
            coefficient *= Coefficient(phase=angle if kind == "+" else -angle)
        elif kind != "1":
            name, _, half = kind.partition("/")
            coefficient *= Coefficient(waves=((name, angle / 2 if half else angle),))
    return PartTerm(coefficient, letters)


# ── Controls, and what terms have in common ───────────────────────────────────────────────────────────────────────────


def _controlled(controls: tuple[int, ...], state: str, terms: list[PartTerm]) -> list[PartTerm]:
    """The projector sum: P0⊗I + P1⊗U; for many controls I - P⊗I + P⊗U, where P projects on their values."""
    taken = [((qubit,), _projector(value)) for qubit, value in zip(controls, state, strict=True)]
    acts = [replace(term, letters=(*taken, *term.letters)) for term in terms]
    if len(controls) > MAX_NESTED:
        return [PartTerm(Coefficient(), ()), PartTerm(Coefficient(-1.0), tuple(taken)), *acts]
    idle = [
        PartTerm(Coefficient(), (*taken[:i], ((qubit,), _projector("10"[int(state[i])]))))
        for i, qubit in enumerate(controls)
    ]
    return [*idle, *acts]


def _projector(value: str) -> Letter:
    factor = NAMED[f"P{value}"]
    return Letter(factor.name, factor)


def _common(terms: list[PartTerm]) -> tuple[Coefficient, list[PartTerm]]:
    """What stands before the sum: the whole coefficient of one term, the common size of several."""
    if len(terms) == 1:
        return terms[0].coefficient, [replace(terms[0], coefficient=Coefficient())]
    size = abs(terms[0].coefficient.number)
    if size == 0 or size == 1 or any(abs(abs(t.coefficient.number) - size) > _ROUNDING * size for t in terms):
        return Coefficient(), terms
    shared = [replace(t, coefficient=replace(t.coefficient, number=t.coefficient.number / size)) for t in terms]
    return Coefficient(size), shared
