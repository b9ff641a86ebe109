"""Templates: a gate as steps for the kernels of `kernels/direct.py`, before it is placed on qubits.

Every entry of a gate's matrix is a trigonometric polynomial in half its angles, Σ c_m e^{i m·θ/2} with |m| ≤ 2: such
are the sines, cosines and phases of the table's formulas. The c_m are read off the formula by a discrete Fourier
transform, once a process; from then on compiled code works out the entries. Which entries are 0, and so which steps a
gate is, follows from the c_m, never from the value of an angle.
"""

from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from qsim.frozen import Record
from qsim.gates import Gate, GateSpec

__all__ = ["DENSE", "EXCHANGE", "MAX_TARGETS", "MIX", "MULTIPLY", "TURN", "Template", "harmonics", "template"]

EXCHANGE, MULTIPLY, TURN, MIX, DENSE = range(5)  # as in qsim.kernels.direct
MAX_TARGETS = 4  # gates on more, custom ones, are left to slices of NumPy
_SAMPLES = 5  # of each angle: as many as there are m
_EXACT_BITS = 20  # coefficients this many bits long, 1/2 and 1 above all, come out exactly
_ROUNDING = 1e-12  # the transform's errors are smaller, coefficients are larger

Mask = NDArray[np.bool_]
Step = tuple[int, tuple[int, ...]]


class Template(Record):
    """A gate without its controls.

    Attributes:
        steps: opcode, and the basis states of the targets that it works on: one, two, or all that it mixes.
        num_numbers: complex numbers of all steps together.
        numbers: these, in order; of a gate with angles `None`.
        polynomials: of a gate with angles: coefficients of each number; shape (num_numbers, 5, …), see `harmonics`.
        formula: the same as the kernel `fill_numbers` reads it.
        coefficients: the numbers to which the address in `formula` leads.
        address: of the formula.
    """

    steps: tuple[Step, ...]
    num_numbers: int
    numbers: NDArray[np.complex128] | None = None
    polynomials: NDArray[np.complex128] | None = None
    formula: NDArray[np.int64] | None = None
    coefficients: NDArray[np.complex128] | None = None
    address: int = 0


@lru_cache(maxsize=1024)
def template(spec: GateSpec) -> Template:
    """The steps of a gate on at most `MAX_TARGETS` qubits; `spec` is the row of the gate without controls."""
    if spec.params:
        return _from_formula(spec)
    gate = Gate(spec)
    if spec.structure == "permutation":
        return Template(_exchanges(gate.images().tolist()), 0, np.empty(0, dtype=np.complex128))
    matrix = np.diag(gate.diagonal()) if spec.structure == "diagonal" else gate.base_matrix()
    steps, entries = _steps(matrix != 0, matrix.imag == 0, np.diagonal(matrix) == 1)
    return Template(steps, len(entries), np.array([matrix[entry] for entry in entries], dtype=np.complex128))


def harmonics(spec: GateSpec) -> NDArray[np.complex128]:
    """Coefficients c_m of each entry of the matrix of a gate with angles; shape (d, d, 5, …), m + 2 for each angle.

    >>> from qsim.gates import TABLE
    >>> harmonics(TABLE["ry"])[0].tolist()           # cos(θ/2) and −sin(θ/2)
    [[0j, (0.5+0j), 0j, (0.5+0j), 0j], [0j, -0.5j, 0j, 0.5j, 0j]]
    """
    count = len(spec.params)
    points = [4 * np.pi * k / _SAMPLES for k in range(_SAMPLES)]  # equally spaced over the period of θ/2
    samples = np.array([spec.operator(*angles).matrix() for angles in product(points, repeat=count)])
    grid = np.moveaxis(samples, 0, -1).reshape(*samples.shape[1:], *[_SAMPLES] * count)
    axes = tuple(range(2, 2 + count))
    found = np.fft.fftshift(np.fft.fftn(grid, axes=axes, norm="forward"), axes=axes)
    return _exact(found.real) + 1j * _exact(found.imag)


def _exact(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without the transform's rounding errors: they would move the norm the same way at each use of a gate."""
    simple = np.ldexp(np.rint(np.ldexp(values, _EXACT_BITS)), -_EXACT_BITS) + 0.0
    return np.where(np.abs(values - simple) < _ROUNDING, simple, values)


def _from_formula(spec: GateSpec) -> Template:
    found = harmonics(spec)
    axes = tuple(range(2, found.ndim))
    one = np.zeros(found.shape[2:])
    one[(2,) * one.ndim] = 1
    is_one = np.array([np.array_equal(found[i, i], one) for i in range(len(found))])
    is_there = np.any(found != 0, axis=axes)
    is_real = np.all(found == np.flip(found, axes).conj(), axis=axes)
    steps, entries = _steps(np.asarray(is_there), np.asarray(is_real), is_one)
    words = [0, len(axes), len(entries)]
    for axis in axes:
        there = [bool(np.any(found.take(m, axis))) for m in range(_SAMPLES)]
        words.append((there[1] or there[3]) + 2 * (there[0] or there[4]))
    coefficients: list[complex] = []
    for entry in entries:
        terms = np.argwhere(found[entry]).tolist()
        words.append(len(terms))
        for term in terms:
            words += [len(coefficients), *term]
            coefficients.append(found[(*entry, *term)])
    kept, formula = np.array(coefficients), np.array(words)
    formula[0] = kept.ctypes.data
    polynomials = np.array([found[entry] for entry in entries])
    return Template(steps, len(entries), None, polynomials, formula, kept, formula.ctypes.data)


def _exchanges(images: list[int]) -> tuple[Step, ...]:
    """A permutation as exchanges: each cycle j → images[j] → …, one place after the other."""
    steps: list[Step] = []
    done: set[int] = set()
    for start in range(len(images)):
        place = images[start]
        while start not in done and place != start:
            steps.append((EXCHANGE, (start, place)))
            done.add(place)
            place = images[place]
    return tuple(steps)


def _steps(is_there: Mask, is_real: Mask, is_one: Mask) -> tuple[tuple[Step, ...], list[tuple[int, int]]]:
    """Steps of a matrix, and the entries that are their numbers: one step for each group of basis states that it mixes.

    Args:
        is_there: whether an entry can be other than 0; shape (d, d).
        is_real: whether it is always real.
        is_one: whether an entry of the diagonal is always 1.
    """
    steps: list[Step] = []
    entries: list[tuple[int, int]] = []
    for group in _groups(is_there):
        if len(group) == 1 and is_one[group[0]]:
            continue
        pairs = [(i, j) for i in group for j in group]
        is_all_real = all(is_real[pair] for pair in pairs)
        steps.append(({1: MULTIPLY, 2: TURN if is_all_real else MIX}.get(len(group), DENSE), group))
        entries += pairs
    return tuple(steps), entries


def _groups(is_there: Mask) -> list[tuple[int, ...]]:
    """Basis states that a matrix mixes, directly or through others."""
    groups = [{i} for i in range(len(is_there))]
    for i, j in np.argwhere(is_there).tolist():
        first, second = (next(group for group in groups if k in group) for k in (i, j))
        if first is not second:
            first |= second
            groups.remove(second)
    return [tuple(sorted(group)) for group in groups]
