"""Gates of Cirq's as gates of the table: a power of a Pauli matrix is a rotation times a phase."""

import cmath
import math
from collections.abc import Callable
from typing import Any

import cirq

from qsim import gates
from qsim.algebra.properties import MATRIX_QUBITS
from qsim.errors import CircuitError
from qsim.gates import Gate, unitary
from qsim.io.symbols import from_sympy

__all__ = ["Part", "gate_parts", "matrix_gate"]

Part = tuple[Gate, tuple[int, ...]]
_PI = math.pi
_HALF = 0.5  # P^t = e^{iπt/2} exp(-i πt/2 P) for a Pauli string P


def gate_parts(gate: Any) -> list[Part] | None:
    """Gates with the places of their qubits, in order of time, global phase included; None for what is not known."""
    make = next((_PARTS[kind] for kind in type(gate).__mro__ if kind in _PARTS), None)
    return None if make is None else make(gate)


def matrix_gate(gate: Any, name: str | None = None) -> Gate:
    """The custom gate of a unitary of few qubits."""
    if cirq.num_qubits(gate) > MATRIX_QUBITS:
        raise CircuitError(f"Cirq's {gate!r} is on more than {MATRIX_QUBITS} qubits and has no counterpart.")
    return unitary(cirq.unitary(gate), name or getattr(gate, "_name", None) or type(gate).__name__)


def _angle(value: Any, gate: Any) -> Any:
    return from_sympy(value, f"Cirq's {gate}")


def _phase(angle: Any) -> list[Part]:
    return [] if isinstance(angle, float) and angle == 0 else [(gates.gphase(angle), ())]


def _power(rotation: Callable[..., Gate], fixed: dict[float, Gate]) -> Callable[[Any], list[Part]]:
    """Powers of a Pauli string, e^{iπst} P^t."""

    def parts(gate: Any) -> list[Part]:
        t, shift = _angle(gate.exponent, gate), float(gate.global_shift)
        places = tuple(range(cirq.num_qubits(gate)))
        if isinstance(t, float) and t in fixed and shift == 0:
            return [(fixed[t], places)]
        if rotation is gates.rz and shift == 0:
            return [(gates.p(_PI * t), places)]
        return [*_phase(_PI * (shift + _HALF) * t), (rotation(_PI * t), places)]

    return parts


def _controlled(parts: Callable[[Any], list[Part]], kind: Any, controls: int) -> Callable[[Any], list[Part]]:
    """Powers of a controlled gate, e^{iπst} (CP)^t: the shift is not controlled."""

    def made(gate: Any) -> list[Part]:
        shift = _PI * float(gate.global_shift) * _angle(gate.exponent, gate)
        return [*_phase(shift), *_under(parts(kind(exponent=gate.exponent)), "1" * controls)]

    return made


def _under(parts: list[Part], state: str) -> list[Part]:
    """The same under controls, which come first."""
    count = len(state)
    places = tuple(range(count))
    return [(gate.controlled(count, state), (*places, *(p + count for p in own))) for gate, own in parts]


def _h_power(gate: Any) -> list[Part]:
    t, shift = _angle(gate.exponent, gate), float(gate.global_shift)
    if isinstance(t, float) and t == 1 and shift == 0:
        return [(gates.h, (0,))]
    turn = _PI / 4  # H = ry(π/4) Z ry(-π/4)
    return [*_phase(_PI * shift * t), (gates.ry(-turn), (0,)), (gates.p(_PI * t), (0,)), (gates.ry(turn), (0,))]


def _swap_power(gate: Any) -> list[Part]:
    t, shift = _angle(gate.exponent, gate), float(gate.global_shift)
    both = (0, 1)
    if isinstance(t, float) and t == 1 and shift == 0:
        return [(gates.swap, both)]
    half = _PI / 2 * t  # SWAP = (1 + XX + YY + ZZ)/2
    rotations: list[Part] = [(gates.rxx(half), both), (gates.ryy(half), both), (gates.rzz(half), both)]
    return [*_phase(_PI * (shift + 1 / 4) * t), *rotations]


def _iswap_power(gate: Any) -> list[Part]:
    t, shift = _angle(gate.exponent, gate), float(gate.global_shift)
    both = (0, 1)
    if isinstance(t, float) and t == 1 and shift == 0:
        return [(gates.iswap, both)]
    return [*_phase(_PI * shift * t), (gates.rxx(-_PI / 2 * t), both), (gates.ryy(-_PI / 2 * t), both)]


def _phased_x(gate: Any) -> list[Part]:
    t, p = _angle(gate.exponent, gate), _angle(gate.phase_exponent, gate)
    return [*_phase(_PI * (float(gate.global_shift) + _HALF) * t), (gates.r(_PI * t, _PI * p), (0,))]


def _phased_xz(gate: Any) -> list[Part]:
    x, z = _angle(gate.x_exponent, gate), _angle(gate.z_exponent, gate)
    axis = _angle(gate.axis_phase_exponent, gate)
    return [*_phase(_PI / 2 * x), (gates.r(_PI * x, _PI * axis), (0,)), (gates.p(_PI * z), (0,))]


def _global_phase(gate: Any) -> list[Part]:
    coefficient = gate.coefficient
    if not cirq.is_parameterized(gate):
        return [(gates.gphase(cmath.phase(complex(coefficient))), ())]
    if type(coefficient).__name__ != "exp":
        raise CircuitError(f"Cirq's {gate} has no counterpart: a symbolic phase is exp(i·angle).")
    return [(gates.gphase(_angle(coefficient.args[0] / 1j, gate)), ())]


def _controlled_gate(gate: Any) -> list[Part] | None:
    inner = gate_parts(gate.sub_gate)
    state = control_state(gate)
    if inner is None:
        if cirq.is_parameterized(gate):
            return None
        inner = [(matrix_gate(gate.sub_gate), tuple(range(cirq.num_qubits(gate.sub_gate))))]
    return _under(inner, state)


def control_state(controlled: Any) -> str:
    """The one value that each control of a gate or operation of Cirq's must have."""
    values = list(controlled.control_values.expand())
    if len(values) != 1 or any(value not in (0, 1) for value in values[0]):
        raise CircuitError(f"Cirq's {controlled} acts for several values of its controls, which has no counterpart.")
    return "".join(map(str, values[0]))


_X_POWER = _power(gates.rx, {1.0: gates.x, 0.5: gates.sx, -0.5: gates.sxdg})
_Z_POWER = _power(gates.rz, {1.0: gates.z, 0.5: gates.s, -0.5: gates.sdg, 0.25: gates.t, -0.25: gates.tdg})
_PARTS: dict[type, Callable[[Any], list[Part] | None]] = {
    cirq.XPowGate: _X_POWER,
    cirq.YPowGate: _power(gates.ry, {1.0: gates.y}),
    cirq.ZPowGate: _Z_POWER,
    cirq.HPowGate: _h_power,
    cirq.CXPowGate: _controlled(_X_POWER, cirq.XPowGate, 1),
    cirq.CZPowGate: _controlled(_Z_POWER, cirq.ZPowGate, 1),
    cirq.CCXPowGate: _controlled(_X_POWER, cirq.XPowGate, 2),
    cirq.CCZPowGate: _controlled(_Z_POWER, cirq.ZPowGate, 2),
    cirq.XXPowGate: _power(gates.rxx, {}),
    cirq.YYPowGate: _power(gates.ryy, {}),
    cirq.ZZPowGate: _power(gates.rzz, {}),
    cirq.SwapPowGate: _swap_power,
    cirq.ISwapPowGate: _iswap_power,
    cirq.PhasedXPowGate: _phased_x,
    cirq.PhasedXZGate: _phased_xz,
    cirq.FSimGate: lambda gate: [(gates.fsim(_angle(gate.theta, gate), _angle(gate.phi, gate)), (0, 1))],
    cirq.CSwapGate: lambda gate: [(gates.cswap, (0, 1, 2))],
    cirq.IdentityGate: lambda gate: [(gates.id, (place,)) for place in range(cirq.num_qubits(gate))],
    cirq.GlobalPhaseGate: _global_phase,
    cirq.DiagonalGate: lambda gate: (
        None
        if cirq.is_parameterized(gate)
        else [(gates.diagonal(gate.diag_angles_radians), tuple(range(cirq.num_qubits(gate))))]
    ),
    cirq.ControlledGate: _controlled_gate,
}
