"""Gates that other libraries do not have, as products of gates that they have; exact, global phase included."""

from collections.abc import Callable
from typing import Any

from qsim import gates
from qsim.gates import Gate
from qsim.gates.table import TABLE

__all__ = ["parts"]

Part = tuple[Gate, tuple[int, ...]]


def parts(gate: Gate) -> list[Part] | None:
    """Gates with the places of their qubits, in order of time; None where the gate is not one of these.

    >>> parts(gates.fsim(0.5, 0.25))
    [(xx_plus_yy(1, 0), (0, 1)), (cp(-0.25), (0, 1))]
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


_SPLIT: dict[Any, Callable[..., list[Part]]] = {
    TABLE["fsim"]: lambda theta, phi: [(gates.xx_plus_yy(2 * theta, 0.0), (0, 1)), (gates.cp(-phi), (0, 1))],
    TABLE["cu"].base: lambda theta, phi, lam, gamma: [(gates.gphase(gamma), ()), (gates.u(theta, phi, lam), (0,))],
}
