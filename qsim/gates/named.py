"""The gates by name. Generated from the gate table by `make generate`; do not edit."""

from typing import Any

from qsim.gates.gate import Gate

__all__ = [
    "c3x",
    "c4x",
    "ccx",
    "ccz",
    "ch",
    "cp",
    "crx",
    "cry",
    "crz",
    "cs",
    "csdg",
    "cswap",
    "csx",
    "cu",
    "cx",
    "cy",
    "cz",
    "dcx",
    "ecr",
    "fsim",
    "gphase",
    "h",
    "id",
    "iswap",
    "p",
    "r",
    "rccx",
    "rx",
    "rxx",
    "ry",
    "ryy",
    "rz",
    "rzx",
    "rzz",
    "s",
    "sdg",
    "swap",
    "sx",
    "sxdg",
    "t",
    "tdg",
    "u",
    "u1",
    "u2",
    "u3",
    "x",
    "xx_minus_yy",
    "xx_plus_yy",
    "y",
    "z",
]

id = Gate.named("id")  # Do nothing.
x = Gate.named("x")  # Bit flip.
y = Gate.named("y")  # Pauli Y: bit and phase flip.
z = Gate.named("z")  # Phase flip.
h = Gate.named("h")  # Hadamard: between the Z and the X basis.
s = Gate.named("s")  # Quarter phase, the square root of z.
sdg = Gate.named("sdg")  # Inverse of s.
t = Gate.named("t")  # Eighth phase, the square root of s.
tdg = Gate.named("tdg")  # Inverse of t.
sx = Gate.named("sx")  # Square root of x.
sxdg = Gate.named("sxdg")  # Inverse of sx.
cx = Gate.named("cx")  # Flip the target where the control is 1.
cy = Gate.named("cy")  # Apply y where the control is 1.
cz = Gate.named("cz")  # Change the sign where both are 1.
ch = Gate.named("ch")  # Apply h where the control is 1.
cs = Gate.named("cs")  # Apply s where the control is 1.
csdg = Gate.named("csdg")  # Apply sdg where the control is 1.
csx = Gate.named("csx")  # Apply sx where the control is 1.
swap = Gate.named("swap")  # Exchange two qubits.
iswap = Gate.named("iswap")  # Exchange two qubits, with a phase i where they differ.
dcx = Gate.named("dcx")  # Two cx, back to back: first 1→2, then 2→1.
ecr = Gate.named("ecr")  # Echoed cross resonance.
ccx = Gate.named("ccx")  # Toffoli: flip the target where both controls are 1.
ccz = Gate.named("ccz")  # Change the sign where all three are 1.
cswap = Gate.named("cswap")  # Fredkin: exchange the targets where the control is 1.
rccx = Gate.named("rccx")  # Toffoli up to relative phases (Margolus): half the cost where they cancel.
c3x = Gate.named("c3x")  # Flip the target where three controls are 1.
c4x = Gate.named("c4x")  # Flip the target where four controls are 1.


def p(lam: Any) -> Gate:
    """Phase gate P0 + e^{iλ} P1."""
    return Gate.named("p", lam)


def rx(theta: Any) -> Gate:
    """Rotation about X: exp(-i θ/2 X)."""
    return Gate.named("rx", theta)


def ry(theta: Any) -> Gate:
    """Rotation about Y: exp(-i θ/2 Y)."""
    return Gate.named("ry", theta)


def rz(theta: Any) -> Gate:
    """Rotation about Z: exp(-i θ/2 Z)."""
    return Gate.named("rz", theta)


def u(theta: Any, phi: Any, lam: Any) -> Gate:
    """General one-qubit gate phase(φ) · exp(-i θ/2 Y) · phase(λ)."""
    return Gate.named("u", theta, phi, lam)


def u1(lam: Any) -> Gate:
    """Phase gate, the old name of p."""
    return Gate.named("u1", lam)


def u2(phi: Any, lam: Any) -> Gate:
    """u(π/2, φ, λ)."""
    return Gate.named("u2", phi, lam)


def u3(theta: Any, phi: Any, lam: Any) -> Gate:
    """The old name of u."""
    return Gate.named("u3", theta, phi, lam)


def r(theta: Any, phi: Any) -> Gate:
    """Rotation about an axis in the XY plane: exp(-i θ/2 (cos φ X + sin φ Y))."""
    return Gate.named("r", theta, phi)


def gphase(gamma: Any) -> Gate:
    """Global phase e^{iγ}; seen once controlled."""
    return Gate.named("gphase", gamma)


def cp(lam: Any) -> Gate:
    """Phase e^{iλ} where both are 1."""
    return Gate.named("cp", lam)


def crx(theta: Any) -> Gate:
    """Rotate about X where the control is 1."""
    return Gate.named("crx", theta)


def cry(theta: Any) -> Gate:
    """Rotate about Y where the control is 1."""
    return Gate.named("cry", theta)


def crz(theta: Any) -> Gate:
    """Rotate about Z where the control is 1."""
    return Gate.named("crz", theta)


def cu(theta: Any, phi: Any, lam: Any, gamma: Any) -> Gate:
    """Apply e^{iγ} u(θ, φ, λ) where the control is 1."""
    return Gate.named("cu", theta, phi, lam, gamma)


def rxx(theta: Any) -> Gate:
    """exp(-i θ/2 X⊗X)."""
    return Gate.named("rxx", theta)


def ryy(theta: Any) -> Gate:
    """exp(-i θ/2 Y⊗Y)."""
    return Gate.named("ryy", theta)


def rzz(theta: Any) -> Gate:
    """exp(-i θ/2 Z⊗Z)."""
    return Gate.named("rzz", theta)


def rzx(theta: Any) -> Gate:
    """exp(-i θ/2 Z⊗X)."""
    return Gate.named("rzx", theta)


def xx_plus_yy(theta: Any, beta: Any) -> Gate:
    """Mix |01⟩ and |10⟩ by θ/2 with phase β: rz(-β) exp(-i θ/4 (X⊗X + Y⊗Y)) rz(β)."""
    return Gate.named("xx_plus_yy", theta, beta)


def xx_minus_yy(theta: Any, beta: Any) -> Gate:
    """Mix |00⟩ and |11⟩ by θ/2 with phase β: rz(-β) exp(-i θ/4 (X⊗X - Y⊗Y)) rz(β)."""
    return Gate.named("xx_minus_yy", theta, beta)


def fsim(theta: Any, phi: Any) -> Gate:
    """Fermionic simulation gate: mix |01⟩ and |10⟩ by θ, phase e^{-iφ} on |11⟩ (Cirq's FSimGate)."""
    return Gate.named("fsim", theta, phi)
