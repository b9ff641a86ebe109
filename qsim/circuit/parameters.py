"""Values for symbolic parameters: from all the ways in which users give them, and for many expressions at once."""

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qsim.circuit.expressions import (
    RULES,
    Operation,
    Parameter,
    ParameterExpression,
    Row,
    Value,
    row,
    walk,
)
from qsim.circuit.names import finite, listed, normalized
from qsim.errors import ParameterError

__all__ = ["Evaluator", "Parameter", "ParameterExpression", "compile_expressions", "resolve_values"]


class AffineRows:
    """Many affine rows over slots, as one sparse product: out[..., r] = Σ coefficient · slots[..., column].

    Attributes:
        columns, coefficients: of all terms, row after row.
        starts: number of the first term of each row.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        # slot 0 holds 1.0: constants are its coefficient, and give a row without terms its entry
        entries = [[(0, row[0]), *row[1]] if row[0] or not row[1] else row[1] for row in rows]
        flat = np.array([entry for row in entries for entry in row], dtype=np.float64).reshape(-1, 2)
        self.columns = flat[:, 0].astype(np.intp)
        self.coefficients = flat[:, 1]
        self.starts = np.cumsum([0, *map(len, entries)])[:-1]

    def __call__(self, slots: NDArray[np.float64]) -> NDArray[np.float64]:
        products = slots[..., self.columns] * self.coefficients
        if len(self.columns) == len(self.starts):  # one entry a row
            return products
        return np.add.reduceat(products, self.starts, axis=-1)


class Evaluator:
    """Expressions compiled to array operations: slots hold 1, the parameters, then every operation, level by level.

    Attributes:
        results: the expressions, affine in the slots.
    """

    def __init__(self, expressions: Sequence[Value], parameters: Sequence[Parameter]) -> None:
        atoms = walk(expressions)
        self.width = len(parameters)
        slots: dict[ParameterExpression, int] = {parameter: 1 + i for i, parameter in enumerate(parameters)}
        if strange := [atom for atom in atoms if isinstance(atom, Parameter) and atom not in slots]:
            raise ParameterError(f"Argument `parameters` lacks {listed(strange)}.")
        self.steps: list[tuple[np.ufunc, list[AffineRows], slice]] = []
        for name, group in _levels(atoms):
            first = 1 + len(slots)
            slots |= {atom: first + i for i, atom in enumerate(group)}
            columns = zip(*(atom.operands for atom in group), strict=True)
            operands = [AffineRows([row(x, slots) for x in column]) for column in columns]
            self.steps.append((RULES[name].ufunc, operands, slice(first, first + len(group))))
        self.num_slots = 1 + len(slots)
        self.results = AffineRows([row(expression, slots) for expression in expressions])

    def slots(self, values: ArrayLike) -> NDArray[np.float64]:
        """1, the values, and the results of all operations, finite or not; shape (…, num_slots)."""
        given = np.asarray(values, dtype=np.float64)
        if given.ndim == 0 or given.shape[-1] != self.width:
            raise ParameterError(f"Argument `values` needs {self.width} in its last axis, but has shape {given.shape}.")
        slots = np.empty((*given.shape[:-1], self.num_slots))
        slots[..., 0] = 1.0
        slots[..., 1 : 1 + self.width] = given
        if self.steps:
            with np.errstate(all="ignore"):
                for ufunc, operands, out in self.steps:
                    slots[..., out] = ufunc(*(rows(slots) for rows in operands))
        return slots

    def __call__(self, values: ArrayLike) -> NDArray[np.float64]:
        """The expressions at these values: shape (…, number of parameters) gives (…, number of expressions)."""
        slots = self.slots(values)
        with np.errstate(all="ignore"):  # what is not finite is refused below
            results = self.results(slots)
        if not np.isfinite(results).all():
            bad = int(np.argwhere(~np.isfinite(results))[0, -1])
            raise ParameterError(f"Expression {bad} is not a finite number at these values.")
        return results


def _levels(atoms: Sequence[ParameterExpression]) -> list[tuple[str, list[Operation]]]:
    """Operations of one name that can be done at once, in an order in which operands come first."""
    depth: dict[ParameterExpression, int] = {}
    groups: dict[tuple[int, str], list[Operation]] = {}
    for atom in atoms:
        depth[atom] = 0
        if isinstance(atom, Operation):
            inner = (depth[a] for x in atom.operands if not isinstance(x, float) for a in x._terms())
            depth[atom] = 1 + max(inner)
            groups.setdefault((depth[atom], atom.name), []).append(atom)
    return [(name, groups[level, name]) for level, name in sorted(groups)]


def compile_expressions(expressions: Sequence[Value], parameters: Sequence[Parameter]) -> Evaluator:
    """A fast, picklable function from parameter values to the values of many expressions.

    Affine expressions become one sparse matrix product; equal operations are done once, and those of one name and depth
    in one NumPy call, however many they are. 10⁵ affine expressions of 100 parameters take 1 ms.

    Args:
        expressions: floats and expressions.
        parameters: what the entries of the values stand for, in order.

    Returns:
        A function from an array of shape (…, len(parameters)) to one of shape (…, len(expressions)).

    Raises:
        ParameterError: an expression has another parameter; from the function: the shape is wrong, or a result is not
            finite.

    >>> theta, phi = Parameter("θ"), Parameter("φ")
    >>> angles = compile_expressions([theta / 2, np.cos(theta + phi), 0.5], [theta, phi])
    >>> angles([[1.0, -1.0], [0.0, np.pi]]).tolist()
    [[0.5, 1.0, 0.5], [0.0, -1.0, 0.5]]
    """
    return Evaluator(expressions, parameters)


def resolve_values(
    parameters: Sequence[Parameter],
    values: Any = None,
    by_name: Mapping[str, Any] | None = None,
    partial: bool = False,
) -> dict[Parameter, Value]:
    """The value of each parameter, from any of the ways in which a user can give them.

    Args:
        parameters: the known parameters, in order.
        values: a mapping whose keys are parameters, names, or a vector's common name or its tuple of parameters (whose
            value is then a list); or a sequence or array in the order of `parameters`.
        by_name: more values, by name.
        partial: parameters may lack a value.

    Returns:
        A float or a `ParameterExpression` for each parameter that has a value, in the order of `parameters`.

    Raises:
        ParameterError: a name is unknown or given twice, a value is missing, or is not a finite real number.
        TypeError: `values` is neither mapping nor sequence, or a key is neither parameter nor name.

    >>> a, b = Parameter.vector("θ", 2)
    >>> resolve_values([a, b], {"θ": [0.1, 0.2]})
    {θ[0]: 0.1, θ[1]: 0.2}
    >>> resolve_values([a, b], [0.1, b / 2])
    {θ[0]: 0.1, θ[1]: θ[1]/2}
    """
    known = {parameter.name: parameter for parameter in parameters}
    given: dict[str, Value] = {}
    for name, value in [*_named(parameters, values), *_named(parameters, by_name or {})]:
        if name not in known:
            raise ParameterError(_unknown(name, list(known)))
        if name in given:
            raise ParameterError(f"Parameter {name} is given two values.")
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value.item()
        if not isinstance(value, ParameterExpression | Real) or isinstance(value, bool):
            raise ParameterError(f"Parameter {name} must be a real number or an expression, but is {value!r}.")
        given[name] = value if isinstance(value, ParameterExpression) else finite(value, f"Parameter {name}")
    missing = [name for name in known if name not in given]
    if missing and not partial:
        verb = "has no value: give it one" if len(missing) == 1 else "have no values: give them"
        raise ParameterError(f"Parameter{'s'[: len(missing) - 1]} {listed(missing)} {verb}, or pass partial=True.")
    return {parameter: given[name] for name, parameter in known.items() if name in given}


def _named(parameters: Sequence[Parameter], values: Any) -> list[tuple[str, Any]]:
    """Pairs of name and value, vectors taken apart."""
    if values is None:
        return []
    if isinstance(values, Mapping):
        return [pair for key, value in values.items() for pair in _entries(key, value)]
    if not isinstance(values, Sequence | np.ndarray) or isinstance(values, str):
        raise TypeError(f"Argument `values` must be a mapping, or a sequence of numbers, but is {values!r}.")
    if len(values) != len(parameters):
        count, order = len(parameters), listed(parameters)
        raise ParameterError(f"Argument `values` has {len(values)} entries for {count} parameters ({order}).")
    plain = values.tolist() if isinstance(values, np.ndarray) else values
    return [(parameter.name, value) for parameter, value in zip(parameters, plain, strict=True)]


def _entries(key: Any, value: Any) -> list[tuple[str, Any]]:
    """Name and value; those of each parameter if the key is a vector."""
    if isinstance(key, tuple) and all(isinstance(entry, Parameter) for entry in key):
        return _named(key, value)
    if not isinstance(key, Parameter | str):
        raise TypeError(f"Values are given by parameter or by name, but {key!r} is neither.")
    name = key.name if isinstance(key, Parameter) else normalized(key)
    if (isinstance(value, Sequence) and not isinstance(value, str)) or (isinstance(value, np.ndarray) and value.ndim):
        return [(f"{name}[{i}]", entry) for i, entry in enumerate(value)]
    return [(name, value)]


def _unknown(name: str, known: Sequence[str]) -> str:
    import difflib  # for errors alone

    close = difflib.get_close_matches(name, known, n=1)
    hint = f" did you mean {close[0]}?" if close else f" it has {listed(known)}." if known else " it has none."
    return f"There is no parameter {name} here:{hint}"
