"""The gate table: one row a gate, read by builder, parser, drawer, documentation and tests.

Matrices agree with Qiskit's of the same name, global phase included (`fsim` with Cirq's), once the order of qubits is
turned: here the first-listed qubit is the left Kronecker factor. Longer formulas are formed when first asked for.
"""

import math
from cmath import exp
from collections.abc import Callable, Iterable
from typing import Any

from qsim.algebra import P0, P1, H, I, Operator, S, SigmaMinus, SigmaPlus, T, X, Y, Z, kron
from qsim.errors import UnknownGateError
from qsim.gates.formulas import exp_pauli, exp_pauli_matrix, phase, phase_matrix, u, u_matrix
from qsim.gates.spec import GateSpec, controlled_spec

__all__ = ["ALIASES", "CONTROLLED", "TABLE", "lookup", "suggestion"]

_PI = math.pi
_TWO = ("qubit1", "qubit2")


def _negate(*params: Any) -> tuple[Any, ...]:
    return tuple(-param for param in params)


def _negate_first(first: Any, *rest: Any) -> tuple[Any, ...]:
    return (-first, *rest)


def _inverse_u(theta: Any, phi: Any, lam: Any) -> tuple[Any, ...]:
    return -theta, -lam, -phi


def _u_with_phase(theta: float, phi: float, lam: float, gamma: float) -> Operator:
    return exp(1j * gamma) * u(theta, phi, lam)


def _inverse_u_with_phase(theta: Any, phi: Any, lam: Any, gamma: Any) -> tuple[Any, ...]:
    return -theta, -lam, -phi, -gamma


def _phase_row(
    name: str, formula: Operator | Callable[[], Operator], angle: float, inverse: str, help: str, **fields: Any
) -> GateSpec:
    """A diagonal gate P0 + e^{iλ} P1 of fixed λ: its powers are phase gates."""
    return GateSpec(
        name, formula, help, structure="diagonal", inverse=inverse, power=lambda t: ("p", (angle * t,)), **fields
    )


def _rotation_row(paulis: str, help: str, **fields: Any) -> GateSpec:
    """exp(-i θ/2 P) of a Pauli string."""
    name = f"r{paulis.lower()}"
    structure = {"Y": "rotation", "Z": "diagonal", "ZZ": "diagonal"}.get(paulis, "dense")
    return GateSpec(
        name,
        lambda theta: exp_pauli(paulis, theta),
        help,
        matrix_at=lambda theta: exp_pauli_matrix(paulis, theta),
        params=("theta",),
        qubits=("qubit",) if len(paulis) == 1 else _TWO,
        structure=structure,
        inverse=_negate,
        power=lambda t, theta: (name, (theta * t,)),
        reach=2 * _PI,
        symbol=name.upper(),
        **fields,
    )


def _xx_plus_yy(theta: float, beta: float) -> Operator:
    cos, sin = math.cos(theta / 2), math.sin(theta / 2)
    hop = exp(-1j * beta) * kron(SigmaMinus, SigmaPlus) + exp(1j * beta) * kron(SigmaPlus, SigmaMinus)
    return kron(P0, P0) + kron(P1, P1) + cos * (kron(P0, P1) + kron(P1, P0)) - 1j * sin * hop


def _xx_minus_yy(theta: float, beta: float) -> Operator:
    cos, sin = math.cos(theta / 2), math.sin(theta / 2)
    pair = exp(-1j * beta) * kron(SigmaPlus, SigmaPlus) + exp(1j * beta) * kron(SigmaMinus, SigmaMinus)
    return kron(P0, P1) + kron(P1, P0) + cos * (kron(P0, P0) + kron(P1, P1)) - 1j * sin * pair


def _fsim(theta: float, phi: float) -> Operator:
    hop = kron(SigmaPlus, SigmaMinus) + kron(SigmaMinus, SigmaPlus)
    stay = kron(P0, P1) + kron(P1, P0)
    return kron(P0, P0) + math.cos(theta) * stay - 1j * math.sin(theta) * hop + exp(-1j * phi) * kron(P1, P1)


# ── One qubit ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_X = GateSpec("x", X, "Bit flip.", structure="permutation", inverse="x", symbol="X", aliases=("not_",))
_Y = GateSpec("y", Y, "Pauli Y: bit and phase flip.", inverse="y", symbol="Y")
_Z = _phase_row("z", Z, _PI, "z", "Phase flip.", symbol="Z")
_H = GateSpec("h", H, "Hadamard: between the Z and the X basis.", inverse="h", symbol="H", aliases=("hadamard",))
_S = _phase_row("s", S, _PI / 2, "sdg", "Quarter phase, the square root of z.", symbol="S")
_SDG = _phase_row("sdg", lambda: S.dagger(), -_PI / 2, "s", "Inverse of s.", symbol="S†")
_T = _phase_row("t", T, _PI / 4, "tdg", "Eighth phase, the square root of s.", symbol="T")
_TDG = _phase_row("tdg", lambda: T.dagger(), -_PI / 4, "t", "Inverse of t.", symbol="T†")
_SX = GateSpec(
    "sx", lambda: ((1 + 1j) * I + (1 - 1j) * X) / 2, "Square root of x.", inverse="sxdg", symbol="√X", aliases=("v",)
)
_SXDG = GateSpec(
    "sxdg", lambda: ((1 - 1j) * I + (1 + 1j) * X) / 2, "Inverse of sx.", inverse="sx", symbol="√X†", aliases=("vdg",)
)
_P = GateSpec(
    "p",
    phase,
    "Phase gate P0 + e^{iλ} P1.",
    matrix_at=phase_matrix,
    params=("lam",),
    structure="diagonal",
    inverse=_negate,
    power=lambda t, lam: ("p", (lam * t,)),
    reach=_PI,
    symbol="P",
    aliases=("phase",),
)
_RX = _rotation_row("X", "Rotation about X: exp(-i θ/2 X).")
_RY = _rotation_row("Y", "Rotation about Y: exp(-i θ/2 Y).")
_RZ = _rotation_row("Z", "Rotation about Z: exp(-i θ/2 Z).")
_U = GateSpec(
    "u",
    u,
    "General one-qubit gate phase(φ) · exp(-i θ/2 Y) · phase(λ).",
    matrix_at=u_matrix,
    params=("theta", "phi", "lam"),
    inverse=_inverse_u,
    symbol="U",
)
_U_WITH_PHASE = GateSpec(  # what cu controls; not a row of its own
    "u",
    _u_with_phase,
    "e^{iγ} u(θ, φ, λ).",
    matrix_at=lambda theta, phi, lam, gamma: exp(1j * gamma) * u_matrix(theta, phi, lam),
    params=("theta", "phi", "lam", "gamma"),
    inverse=_inverse_u_with_phase,
    symbol="U",
)

# ── Two qubits ────────────────────────────────────────────────────────────────────────────────────────────────────────

_SWAP = GateSpec(
    "swap",
    lambda: (kron(I, I) + kron(X, X) + kron(Y, Y) + kron(Z, Z)) / 2,
    "Exchange two qubits.",
    qubits=_TWO,
    structure="permutation",
    inverse="swap",
    symbol="×─×",
)

_ROWS: tuple[GateSpec, ...] = (
    GateSpec("id", I, "Do nothing.", structure="diagonal", inverse="id", symbol="I", aliases=("i",)),
    _X, _Y, _Z, _H, _S, _SDG, _T, _TDG, _SX, _SXDG, _P, _RX, _RY, _RZ, _U,
    GateSpec(
        "u1", phase, "Phase gate, the old name of p.", params=("lam",), structure="diagonal", inverse=_negate,
        matrix_at=phase_matrix, symbol="U1", power=lambda t, lam: ("p", (lam * t,)), reach=_PI,
    ),
    GateSpec(
        "u2", lambda phi, lam: u(_PI / 2, phi, lam), "u(π/2, φ, λ).", params=("phi", "lam"),
        inverse=lambda phi, lam: (-lam - _PI, -phi + _PI), symbol="U2",
        matrix_at=lambda phi, lam: u_matrix(_PI / 2, phi, lam),
    ),
    GateSpec(
        "u3", u, "The old name of u.", params=("theta", "phi", "lam"), inverse=_inverse_u, symbol="U3",
        matrix_at=u_matrix,
    ),
    GateSpec(
        "r",
        lambda theta, phi: math.cos(theta / 2) * I - 1j * math.sin(theta / 2) * (math.cos(phi) * X + math.sin(phi) * Y),
        "Rotation about an axis in the XY plane: exp(-i θ/2 (cos φ X + sin φ Y)).",
        params=("theta", "phi"), inverse=_negate_first, symbol="R",
        power=lambda t, theta, phi: ("r", (theta * t, phi)), reach=2 * _PI,
    ),
    GateSpec(
        "gphase", lambda gamma: Operator.from_matrix([[exp(1j * gamma)]]), "Global phase e^{iγ}; seen once controlled.",
        params=("gamma",), qubits=(), structure="diagonal", inverse=_negate, symbol="e^i",
        power=lambda t, gamma: ("gphase", (gamma * t,)), reach=_PI,
    ),
    controlled_spec(
        _X, "cx", help="Flip the target where the control is 1.", inverse="cx", symbol="●─⊕",
        aliases=("cnot",),
    ),
    controlled_spec(_Y, "cy", help="Apply y where the control is 1.", inverse="cy"),
    controlled_spec(_Z, "cz", help="Change the sign where both are 1.", inverse="cz", symbol="●─●"),
    controlled_spec(_H, "ch", help="Apply h where the control is 1.", inverse="ch"),
    controlled_spec(_S, "cs", help="Apply s where the control is 1.", inverse="csdg"),
    controlled_spec(_SDG, "csdg", help="Apply sdg where the control is 1.", inverse="cs"),
    controlled_spec(_SX, "csx", help="Apply sx where the control is 1."),
    controlled_spec(_P, "cp", help="Phase e^{iλ} where both are 1.", aliases=("cu1", "cphase")),
    controlled_spec(_RX, "crx", help="Rotate about X where the control is 1."),
    controlled_spec(_RY, "cry", help="Rotate about Y where the control is 1."),
    controlled_spec(_RZ, "crz", help="Rotate about Z where the control is 1."),
    controlled_spec(_U_WITH_PHASE, "cu", help="Apply e^{iγ} u(θ, φ, λ) where the control is 1."),
    _SWAP,
    GateSpec(
        "iswap", lambda: (kron(I, I) + kron(Z, Z) + 1j * (kron(X, X) + kron(Y, Y))) / 2,
        "Exchange two qubits, with a phase i where they differ.", qubits=_TWO, symbol="iSWAP",
    ),
    GateSpec(
        "dcx", lambda: (kron(I, P0) + kron(X, P1)) @ (kron(P0, I) + kron(P1, X)),
        "Two cx, back to back: first 1→2, then 2→1.", qubits=_TWO, structure="permutation", symbol="DCX",
    ),
    GateSpec(
        "ecr", lambda: (kron(X, I) - kron(Y, X)) / math.sqrt(2), "Echoed cross resonance.", qubits=_TWO, inverse="ecr",
        symbol="ECR",
    ),
    _rotation_row("XX", "exp(-i θ/2 X⊗X)."),
    _rotation_row("YY", "exp(-i θ/2 Y⊗Y)."),
    _rotation_row("ZZ", "exp(-i θ/2 Z⊗Z)."),
    _rotation_row("ZX", "exp(-i θ/2 Z⊗X)."),
    GateSpec(
        "xx_plus_yy", _xx_plus_yy, "Mix |01⟩ and |10⟩ by θ/2 with phase β: rz(-β) exp(-i θ/4 (X⊗X + Y⊗Y)) rz(β).",
        params=("theta", "beta"), qubits=_TWO, inverse=_negate_first, symbol="XX+YY",
    ),
    GateSpec(
        "xx_minus_yy", _xx_minus_yy, "Mix |00⟩ and |11⟩ by θ/2 with phase β: rz(-β) exp(-i θ/4 (X⊗X - Y⊗Y)) rz(β).",
        params=("theta", "beta"), qubits=_TWO, inverse=_negate_first, symbol="XX-YY",
    ),
    GateSpec(
        "fsim", _fsim, "Fermionic simulation gate: mix |01⟩ and |10⟩ by θ, phase e^{-iφ} on |11⟩ (Cirq's FSimGate).",
        params=("theta", "phi"), qubits=_TWO, inverse=_negate, symbol="fSim",
    ),
    # ── Three and more ────────────────────────────────────────────────────────────────────────────────────────────────
    controlled_spec(
        _X, "ccx", 2, help="Toffoli: flip the target where both controls are 1.", inverse="ccx", symbol="●─●─⊕",
        aliases=("toffoli",),
    ),
    controlled_spec(_Z, "ccz", 2, help="Change the sign where all three are 1.", inverse="ccz", symbol="●─●─●"),
    controlled_spec(
        _SWAP, "cswap", help="Fredkin: exchange the targets where the control is 1.", inverse="cswap",
        aliases=("fredkin",),
    ),
    GateSpec(
        "rccx", lambda: kron(P0, I, I) + kron(P1, P0, Z) + kron(P1, P1, Y),
        "Toffoli up to relative phases (Margolus): half the cost where they cancel.",
        qubits=("control1", "control2", "target"), inverse="rccx", symbol="RCCX",
    ),
    controlled_spec(_X, "c3x", 3, help="Flip the target where three controls are 1.", inverse="c3x", symbol="●─●─●─⊕"),
    controlled_spec(_X, "c4x", 4, help="Flip the target where four controls are 1.", inverse="c4x", symbol="●─●─●─●─⊕"),
)  # fmt: skip

TABLE: dict[str, GateSpec] = {row.name: row for row in _ROWS}
ALIASES: dict[str, str] = {alias: row.name for row in _ROWS for alias in row.aliases}
CONTROLLED: dict[tuple[GateSpec, int], GateSpec] = {  # (base, number of controls on 1) → row
    (row.base, row.controls): row for row in _ROWS if row.base is not None
}
CONTROLLED |= {(TABLE["gphase"], 1): TABLE["p"], (TABLE["gphase"], 2): TABLE["cp"]}


def lookup(name: str) -> GateSpec:
    """The row of a name or an alias; an unknown name suggests the nearest one.

    >>> lookup("cnot").name
    'cx'
    """
    row = TABLE.get(name) or TABLE.get(ALIASES.get(name, ""))
    if row is None:
        raise UnknownGateError(f"No gate is named {name!r}{suggestion(name)}")
    return row


def suggestion(name: str, further: Iterable[str] = ()) -> str:
    """A hint at the nearest name of a gate, or of others, or nothing."""
    from difflib import get_close_matches

    names = [*TABLE, *ALIASES, *(other for other in further if not other.startswith("_"))]
    near = get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    return f": did you mean {near[0]}?" if near else "."
