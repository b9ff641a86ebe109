"""Gate: a row of the table with its angles, and any number of further controls."""

import numbers
from functools import lru_cache
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from qsim.algebra import Operator
from qsim.errors import CircuitError, ParameterError
from qsim.frozen import Frozen, assign
from qsim.gates.angles import format_angle
from qsim.gates.formulas import controlled
from qsim.gates.spec import GateSpec, Structure
from qsim.gates.table import CONTROLLED, TABLE, lookup

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Gate", "check_control_state"]


@final
class Gate(Frozen):
    """A unitary on a few qubits, without a place: immutable, compared by value.

    Gates come from `qsim.gates`: `gates.h`, `gates.rx(0.1)`, `gates.unitary(matrix)`. The first qubit is the left
    Kronecker factor of the matrix; controls come before targets.

    >>> from qsim import gates
    >>> gates.cx.operator
    P0⊗I + P1⊗X   (q0 q1, unplaced)
    >>> gates.x.controlled(2) == gates.ccx, gates.s.inverse() == gates.sdg, gates.rx(0.4).power(0.5) == gates.rx(0.2)
    (True, True, True)
    """

    __slots__ = ("_extra_state", "params", "spec")

    spec: GateSpec
    params: tuple[Any, ...]
    _extra_state: str

    def __init__(self, spec: GateSpec, params: tuple[Any, ...] = (), extra_state: str = "") -> None:
        """For the library's own use; `extra_state` has a character for each control beyond the row's own."""
        assign(self, "spec", spec)
        assign(self, "params", params)
        assign(self, "_extra_state", extra_state)

    @classmethod
    def named(cls, name: str, *params: Any) -> "Gate":
        """The gate of a row's name or alias, with its angles in radians (numbers or symbolic parameters).

        >>> Gate.named("rx", 0.5)
        rx(0.5)
        """
        spec = lookup(name)
        if len(params) != len(spec.params):
            expected = ", ".join(spec.params) or "no angles"
            raise CircuitError(f"Gate {spec.name} takes {expected}, but {len(params)} angles were given.")
        return cls(spec, check_angles(spec, params))

    # ── What it is ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def name(self) -> str:
        """Name of the row, with a prefix for further controls: `c3h`, and `x` on controls 1, 0: `ccx_10`."""
        if not self._extra_state:
            return self.spec.name
        count, root = self.num_controls, (self.spec.base or self.spec).name
        prefixed = ("c" * count if count <= 2 else f"c{count}") + root
        if "0" in self._extra_state:
            return f"{prefixed}_{self.control_state}"
        return f"c{count}{root}" if prefixed in TABLE else prefixed

    @property
    def num_qubits(self) -> int:
        """Number of qubits, controls included."""
        return self.spec.num_qubits + len(self._extra_state)

    @property
    def num_controls(self) -> int:
        """Leading qubits that are controls."""
        return len(self._extra_state) + self.spec.controls

    @property
    def control_state(self) -> str:
        """The value of each control for which the gate acts, first control first."""
        return self._extra_state + "1" * self.spec.controls

    @property
    def base(self) -> "Gate":
        """The gate without its controls."""
        return Gate(self.spec.base or self.spec, self.params)

    @property
    def structure(self) -> Structure:
        """Structure of the base's matrix: diagonal, permutation, rotation or dense."""
        return self.spec.structure

    @property
    def is_from_table(self) -> bool:
        """Whether it is a row of the gate table, perhaps under further controls; a custom gate may share the name."""
        return TABLE.get(self.spec.name) is self.spec

    @property
    def is_symbolic(self) -> bool:
        """Whether an angle is a parameter without a value."""
        return any(type(param) is not float and not isinstance(param, numbers.Real) for param in self.params)

    # ── Its matrix ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def operator(self) -> Operator:
        """The Kronecker formula as an unplaced `Operator`, controls first."""
        return controlled(self.spec.operator(*self._numbers()), self._extra_state)

    def matrix(self) -> NDArray[np.complex128]:
        """Dense 2^k × 2^k matrix, first qubit most significant; a new array."""
        if self.spec.params or self._extra_state:
            return self.operator.matrix()
        return self.spec.fixed_matrix.copy()

    def diagonal(self) -> NDArray[np.complex128]:
        """Diagonal of a `diagonal` base's matrix, of length 2^(targets)."""
        base = self.spec.base or self.spec
        if base.data is not None:
            return np.asarray(base.data, dtype=np.complex128)
        return np.diagonal(self.base_matrix())

    def images(self) -> NDArray[np.int64]:
        """Image of each basis state of a `permutation` base: |j⟩ goes to |images[j]⟩."""
        return (self.spec.base or self.spec).images

    def base_matrix(self) -> NDArray[np.complex128]:
        """Dense matrix of the base, without the controls; may be shared, not to be written to."""
        base = self.spec.base or self.spec
        return _matrix_at(base, self._numbers()) if base.params else base.fixed_matrix

    def _numbers(self) -> tuple[float, ...]:
        try:
            return tuple(map(float, self.params))
        except ParameterError as error:
            raise ParameterError(f"Gate {self}: {error}") from None

    # ── Gates made from it ────────────────────────────────────────────────────────────────────────────────────────

    def inverse(self) -> "Gate":
        """The inverse gate: a row of the table where there is one, else the adjoint under the name with a dagger."""
        rule = self.spec.inverse
        if isinstance(rule, str):
            return Gate(TABLE[rule], (), self._extra_state)
        if rule is not None:
            return Gate(self.spec, rule(*self.params), self._extra_state)
        if self.spec.base is not None:
            return self.base.inverse().controlled(self.num_controls, self.control_state)
        from qsim.gates.powers import adjoint_spec

        return Gate(adjoint_spec(self.spec, self._numbers()), (), self._extra_state)

    def power(self, t: float) -> "Gate":
        """The t-th power, with eigenphases taken in (−π, π].

        A power of a rotation or phase gate is one again; others become custom unitaries. A symbolic angle allows whole
        powers only, since the branch depends on its value.
        """
        if isinstance(t, bool) or not isinstance(t, numbers.Real) or not np.isfinite(float(t)):
            raise CircuitError(f"Argument `t` must be a finite real number, but is {t!r}.")
        if t == 1:
            return self
        if t == -1:
            return self.inverse()
        if self.num_controls:
            return self.base.power(t).controlled(self.num_controls, self.control_state)
        rule, whole = self.spec.power, float(t).is_integer()
        if self.is_symbolic and not (rule is not None and whole):
            raise ParameterError(f"Gate {self}: power {t} depends on the value of the angle: bind it first.")
        if rule is not None and (whole or not self.params or abs(float(self.params[0])) < self.spec.reach):
            name, params = rule(t, *self.params)
            return Gate(TABLE[name], params)
        from qsim.gates.powers import power_spec

        return Gate(power_spec(self.spec, self._numbers(), float(t)))

    def controlled(self, n: int = 1, control_state: "str | Sequence[int] | None" = None) -> "Gate":
        """The gate under `n` new controls, which come first.

        Args:
            n: number of new controls.
            control_state: their values, such as "10": i-th character ↔ i-th control; all 1 by default.
        """
        state = check_control_state(n, control_state)
        if not n:
            return self
        base, total = self.spec.base or self.spec, state + self.control_state
        row = None if "0" in total else CONTROLLED.get((base, len(total)))
        if row is not None:
            return Gate(row, self.params)
        return Gate(self.spec, self.params, state + self._extra_state)

    # ── Value ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Gate):
            return NotImplemented
        return (
            self.params == other.params
            and self._extra_state == other._extra_state
            and (self.spec is other.spec or _same_custom(self.spec, other.spec))
        )

    def __hash__(self) -> int:
        return hash((self.spec.name, self.params, self._extra_state))

    def __repr__(self) -> str:
        angles = ", ".join(map(format_angle, self.params))
        return f"{self.name}({angles})" if self.params else self.name

    def __reduce__(self) -> tuple[Any, ...]:
        if self.is_from_table:
            return _rebuild, (self.spec.name, self.params, self._extra_state)
        return Gate, (self.spec, self.params, self._extra_state)


@lru_cache(maxsize=1024)  # layers of a circuit often share their angles
def _matrix_at(spec: GateSpec, numbers: tuple[float, ...]) -> NDArray[np.complex128]:
    matrix = spec.matrix_at(*numbers) if spec.matrix_at else spec.operator(*numbers).matrix()
    matrix.flags.writeable = False
    return matrix


def check_angles(spec: GateSpec, params: tuple[Any, ...]) -> tuple[Any, ...]:
    """Angles as floats or symbolic parameters; anything else is refused."""
    return tuple([_check_angle(spec, name, value) for name, value in zip(spec.params, params, strict=True)])


def _check_angle(spec: GateSpec, name: str, value: Any) -> Any:
    if type(value) is float or (isinstance(value, numbers.Real) and not isinstance(value, bool)):
        number = float(value)
        if number - number == 0:  # neither NaN nor infinite
            return number
        raise ParameterError(f"Argument `{name}` of {spec.name} must be finite, but is {value}.")
    if hasattr(value, "parameters") and hasattr(value, "bind"):
        return value
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return _check_angle(spec, name, value.item())
    raise TypeError(
        f"Argument `{name}` of {spec.name} must be a real number or a Parameter, but is {value!r}: "
        "angles come first, then qubits."
    )


def check_control_state(n: int, control_state: Any) -> str:
    """Values of n controls as a string of 0 and 1."""
    if isinstance(n, bool) or not isinstance(n, numbers.Integral) or n < 0:
        raise CircuitError(f"Argument `n` must be a number of controls, but is {n!r}.")
    if control_state is None:
        return "1" * int(n)
    if isinstance(control_state, int):
        raise TypeError(f'Argument `control_state` must be a string such as "10", but is {control_state!r}.')
    state = control_state if isinstance(control_state, str) else "".join(map(str, control_state))
    if len(state) != n or state.strip("01"):
        raise CircuitError(f"Argument `control_state` must be {n} characters 0 or 1, but is {control_state!r}.")
    return state


def _same_custom(a: GateSpec, b: GateSpec) -> bool:
    if a.params or b.params or a.name != b.name or a.structure != b.structure:
        return False
    if a.data is not None and b.data is not None:
        return np.array_equal(a.data, b.data)
    return isinstance(a.formula, Operator) and isinstance(b.formula, Operator) and a.formula == b.formula


def _rebuild(name: str, params: tuple[Any, ...], extra_state: str) -> Gate:
    return Gate(TABLE[name], params, extra_state)
