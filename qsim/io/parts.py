"""Gates that other libraries do not have, as products of gates that they have; exact, global phase included."""

import math
from collections.abc import Callable
from typing import Any

from qsim import gates
from qsim.gates import Gate
from qsim.gates.table import TABLE

__all__ = ["parts"]

Part = tuple[Gate, tuple[int, ...]]


def parts(gate: Gate) -> list[Part] | None:
    """Gates with the places of their qubits, in order of time; None where the gate is not one of these.

    >>> parts(gates.u(0.5, 0.25, 0.125))
    [(p(0.125), (0,)), (ry(0.5), (0,)), (p(0.25), (0,))]
    """
    split = _SPLIT.get(gate.spec)
    if split is None:
        return None
    extra = gate._extra_state
    controls = tuple(range(len(extra)))
    return [
        (part.controlled(len(extra), extra), (*controls, *(place + len(extra) for place in places)))
        for part, places in split(*gate.params)
    ]


def _u(theta: Any, phi: Any, lam: Any) -> list[Part]:
    return [(gates.p(lam), (0,)), (gates.ry(theta), (0,)), (gates.p(phi), (0,))]


def _xx_yy(theta: Any, beta: Any, sign: float) -> list[Part]:
    """Rotations by XX ± YY, between two about Z."""
    both = (0, 1)
    mixed: list[Part] = [(gates.rxx(theta / 2), both), (gates.ryy(sign * theta / 2), both)]
    return [(gates.rz(sign * beta), (0,)), *mixed, (gates.rz(-sign * beta), (0,))]


_SPLIT: dict[Any, Callable[..., list[Part]]] = {
    TABLE["u"]: _u,
    TABLE["u3"]: _u,
    TABLE["u2"]: lambda phi, lam: _u(math.pi / 2, phi, lam),
    TABLE["cu"].base: lambda theta, phi, lam, gamma: [(gates.gphase(gamma), ()), *_u(theta, phi, lam)],
    TABLE["fsim"]: lambda theta, phi: [(gates.xx_plus_yy(2 * theta, 0.0), (0, 1)), (gates.cp(-phi), (0, 1))],
    TABLE["rzx"]: lambda theta: [(gates.h, (1,)), (gates.rzz(theta), (0, 1)), (gates.h, (1,))],
    TABLE["xx_plus_yy"]: lambda theta, beta: _xx_yy(theta, beta, 1.0),
    TABLE["xx_minus_yy"]: lambda theta, beta: _xx_yy(theta, beta, -1.0),
}
