"""GateSpec: what a row of the gate table says of a gate."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from qsim.algebra import Operator
from qsim.frozen import Frozen, assign
from qsim.gates.formulas import controlled

__all__ = ["GateSpec", "Structure", "controlled_spec"]

Structure = Literal["diagonal", "permutation", "rotation", "dense"]


class GateSpec(Frozen):
    """A gate as data: one row of the table, or the private row of a custom gate. It is equal to itself alone.

    Attributes:
        name: as in OpenQASM.
        formula: its Kronecker formula: an unplaced `Operator`, or a function from the angles, if any, to one.
        help: one line that says what it does, with the formula where that has parameters.
        params: names of the angles, in radians.
        qubits: names of the qubits, in order; the first is the left factor.
        structure: what the matrix of the part that is not controlled looks like: `diagonal`, `permutation` (entries 0
            and 1), `rotation` (real 2 × 2), or `dense`. Kernels are chosen by it.
        inverse: name of the inverse where that has no angles, or a function from the angles to the inverse's; without
            one the adjoint is a gate of its own.
        power: a function from t and the angles to (name, angles) of the t-th power, where that is a row.
        reach: for non-integer t the power rule holds while the first angle is within ± this, the principal branch.
        symbol: how it is drawn: one sign a qubit, joined by ─, or one label for a box over all.
        aliases: other names for the same gate.
        controls: leading qubits that are controls on 1.
        base: the gate that they control.
        matrix_at: a function from the angles to the matrix, where that is quicker than through the formula.
        data: entries of a custom gate: its matrix, its diagonal, or the images of its permutation.
    """

    name: str
    formula: Operator | Callable[..., Operator]
    help: str
    params: tuple[str, ...] = ()
    qubits: tuple[str, ...] = ("qubit",)
    structure: Structure = "dense"
    inverse: str | Callable[..., tuple[Any, ...]] | None = None
    power: Callable[..., tuple[str, tuple[Any, ...]]] | None = None
    reach: float = 0.0
    symbol: str = ""
    aliases: tuple[str, ...] = ()
    controls: int = 0
    base: "GateSpec | None" = None
    matrix_at: Callable[..., NDArray[np.complex128]] | None = None
    data: NDArray[Any] | None = None

    def __init__(self, name: str, formula: Operator | Callable[..., Operator], help: str, **fields: Any) -> None:
        """Not a dataclass: generating the methods of one would be 1 % of the time that a small program takes."""
        if unknown := fields.keys() - GateSpec.__annotations__.keys():
            raise TypeError(f"A GateSpec has no {', '.join(sorted(unknown))}.")
        for field, value in {"name": name, "formula": formula, "help": help, **fields}.items():
            assign(self, field, value)

    @property
    def num_qubits(self) -> int:
        """Number of qubits, controls included."""
        return len(self.qubits)

    def operator(self, *params: float) -> Operator:
        """The Kronecker formula at these angles."""
        if not isinstance(self.formula, Operator) and (self.params or self.data is not None):
            return self.formula(*params)
        return self.fixed_operator

    @cached_property
    def fixed_operator(self) -> Operator:
        """The Kronecker formula of a gate without angles, formed once, when first asked for."""
        return self.formula if isinstance(self.formula, Operator) else self.formula()

    @cached_property
    def fixed_matrix(self) -> NDArray[np.complex128]:
        """Matrix of a gate without angles, formed once, read-only."""
        if self.data is not None and self.data.ndim == 2:
            return self.data
        matrix = self.operator().matrix()
        matrix.flags.writeable = False
        return matrix

    @cached_property
    def images(self) -> NDArray[np.int64]:
        """Images of the basis states of a `permutation` gate, formed once, read-only."""
        images: NDArray[np.int64] = self.data if self.data is not None else np.argmax(self.fixed_matrix.real, axis=0)
        images.flags.writeable = False
        return images


def controlled_spec(base: GateSpec, name: str, controls: int = 1, **fields: Any) -> GateSpec:
    """The row of a gate with controls on 1: everything follows from the base."""
    state = "1" * controls

    def at(*params: float) -> Operator:
        return controlled(base.operator(*params), state)

    names = ("control",) if controls == 1 else tuple(f"control{i + 1}" for i in range(controls))
    targets = ("target",) if base.num_qubits == 1 else tuple(f"target{i + 1}" for i in range(base.num_qubits))
    inverse = base.inverse if callable(base.inverse) else None
    fields = {"inverse": inverse, "symbol": "●─" * controls + base.symbol, **fields}
    return GateSpec(
        name,
        at,
        params=base.params,
        qubits=(*names, *targets),
        structure=base.structure,
        controls=controls,
        base=base,
        **fields,
    )
