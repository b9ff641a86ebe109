"""The gate methods of `Circuit`. Generated from the gate table by `make generate`; do not edit."""

from collections.abc import Sequence
from typing import Self

from qsim.circuit.blocks import FlowMethods
from qsim.circuit.builder import Angle, Qubits
from qsim.circuit.classical import Readable
from qsim.gates.table import TABLE

__all__ = ["GateMethods"]

State = str | Sequence[int] | None
When = Readable | None


class GateMethods(FlowMethods):
    """One method a gate: angles first, then qubits.

    Every one takes further `controls` with their `control_state`, and with `when` a condition of classical bits.
    """

    def id(self, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Do nothing."""
        return self._add(TABLE["id"], (), qubits, controls, control_state, when)

    def x(self, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Bit flip."""
        return self._add(TABLE["x"], (), qubits, controls, control_state, when)

    def y(self, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Pauli Y: bit and phase flip."""
        return self._add(TABLE["y"], (), qubits, controls, control_state, when)

    def z(self, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Phase flip."""
        return self._add(TABLE["z"], (), qubits, controls, control_state, when)

    def h(self, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Hadamard: between the Z and the X basis."""
        return self._add(TABLE["h"], (), qubits, controls, control_state, when)

    def s(self, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Quarter phase, the square root of z."""
        return self._add(TABLE["s"], (), qubits, controls, control_state, when)

    def sdg(self, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Inverse of s."""
        return self._add(TABLE["sdg"], (), qubits, controls, control_state, when)

    def t(self, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Eighth phase, the square root of s."""
        return self._add(TABLE["t"], (), qubits, controls, control_state, when)

    def tdg(self, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Inverse of t."""
        return self._add(TABLE["tdg"], (), qubits, controls, control_state, when)

    def sx(self, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Square root of x."""
        return self._add(TABLE["sx"], (), qubits, controls, control_state, when)

    def sxdg(self, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Inverse of sx."""
        return self._add(TABLE["sxdg"], (), qubits, controls, control_state, when)

    def p(self, lam: Angle, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Phase gate P0 + e^{iλ} P1."""
        return self._add(TABLE["p"], (lam, ), qubits, controls, control_state, when)

    def rx(self, theta: Angle, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Rotation about X: exp(-i θ/2 X)."""
        return self._add(TABLE["rx"], (theta, ), qubits, controls, control_state, when)

    def ry(self, theta: Angle, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Rotation about Y: exp(-i θ/2 Y)."""
        return self._add(TABLE["ry"], (theta, ), qubits, controls, control_state, when)

    def rz(self, theta: Angle, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Rotation about Z: exp(-i θ/2 Z)."""
        return self._add(TABLE["rz"], (theta, ), qubits, controls, control_state, when)

    def u(self, theta: Angle, phi: Angle, lam: Angle, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """General one-qubit gate phase(φ) · exp(-i θ/2 Y) · phase(λ)."""
        return self._add(TABLE["u"], (theta, phi, lam, ), qubits, controls, control_state, when)

    def u1(self, lam: Angle, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Phase gate, the old name of p."""
        return self._add(TABLE["u1"], (lam, ), qubits, controls, control_state, when)

    def u2(self, phi: Angle, lam: Angle, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """u(π/2, φ, λ)."""
        return self._add(TABLE["u2"], (phi, lam, ), qubits, controls, control_state, when)

    def u3(self, theta: Angle, phi: Angle, lam: Angle, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """The old name of u."""
        return self._add(TABLE["u3"], (theta, phi, lam, ), qubits, controls, control_state, when)

    def r(self, theta: Angle, phi: Angle, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Rotation about an axis in the XY plane: exp(-i θ/2 (cos φ X + sin φ Y))."""
        return self._add(TABLE["r"], (theta, phi, ), qubits, controls, control_state, when)

    def gphase(self, gamma: Angle, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Global phase e^{iγ}; seen once controlled."""
        return self._add(TABLE["gphase"], (gamma, ), (), controls, control_state, when)

    def cx(self, control: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Flip the target where the control is 1."""
        return self._add(TABLE["cx"], (), (control, target, ), controls, control_state, when)

    def cy(self, control: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Apply y where the control is 1."""
        return self._add(TABLE["cy"], (), (control, target, ), controls, control_state, when)

    def cz(self, control: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Change the sign where both are 1."""
        return self._add(TABLE["cz"], (), (control, target, ), controls, control_state, when)

    def ch(self, control: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Apply h where the control is 1."""
        return self._add(TABLE["ch"], (), (control, target, ), controls, control_state, when)

    def cs(self, control: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Apply s where the control is 1."""
        return self._add(TABLE["cs"], (), (control, target, ), controls, control_state, when)

    def csdg(self, control: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Apply sdg where the control is 1."""
        return self._add(TABLE["csdg"], (), (control, target, ), controls, control_state, when)

    def csx(self, control: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Apply sx where the control is 1."""
        return self._add(TABLE["csx"], (), (control, target, ), controls, control_state, when)

    def cp(self, lam: Angle, control: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Phase e^{iλ} where both are 1."""
        return self._add(TABLE["cp"], (lam, ), (control, target, ), controls, control_state, when)

    def crx(self, theta: Angle, control: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Rotate about X where the control is 1."""
        return self._add(TABLE["crx"], (theta, ), (control, target, ), controls, control_state, when)

    def cry(self, theta: Angle, control: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Rotate about Y where the control is 1."""
        return self._add(TABLE["cry"], (theta, ), (control, target, ), controls, control_state, when)

    def crz(self, theta: Angle, control: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Rotate about Z where the control is 1."""
        return self._add(TABLE["crz"], (theta, ), (control, target, ), controls, control_state, when)

    def cu(self, theta: Angle, phi: Angle, lam: Angle, gamma: Angle, control: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Apply e^{iγ} u(θ, φ, λ) where the control is 1."""
        return self._add(TABLE["cu"], (theta, phi, lam, gamma, ), (control, target, ), controls, control_state, when)

    def swap(self, qubit1: Qubits, qubit2: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Exchange two qubits."""
        return self._add(TABLE["swap"], (), (qubit1, qubit2, ), controls, control_state, when)

    def iswap(self, qubit1: Qubits, qubit2: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Exchange two qubits, with a phase i where they differ."""
        return self._add(TABLE["iswap"], (), (qubit1, qubit2, ), controls, control_state, when)

    def dcx(self, qubit1: Qubits, qubit2: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Two cx, back to back: first 1→2, then 2→1."""
        return self._add(TABLE["dcx"], (), (qubit1, qubit2, ), controls, control_state, when)

    def ecr(self, qubit1: Qubits, qubit2: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Echoed cross resonance."""
        return self._add(TABLE["ecr"], (), (qubit1, qubit2, ), controls, control_state, when)

    def rxx(self, theta: Angle, qubit1: Qubits, qubit2: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """exp(-i θ/2 X⊗X)."""
        return self._add(TABLE["rxx"], (theta, ), (qubit1, qubit2, ), controls, control_state, when)

    def ryy(self, theta: Angle, qubit1: Qubits, qubit2: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """exp(-i θ/2 Y⊗Y)."""
        return self._add(TABLE["ryy"], (theta, ), (qubit1, qubit2, ), controls, control_state, when)

    def rzz(self, theta: Angle, qubit1: Qubits, qubit2: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """exp(-i θ/2 Z⊗Z)."""
        return self._add(TABLE["rzz"], (theta, ), (qubit1, qubit2, ), controls, control_state, when)

    def rzx(self, theta: Angle, qubit1: Qubits, qubit2: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """exp(-i θ/2 Z⊗X)."""
        return self._add(TABLE["rzx"], (theta, ), (qubit1, qubit2, ), controls, control_state, when)

    def xx_plus_yy(self, theta: Angle, beta: Angle, qubit1: Qubits, qubit2: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Mix |01⟩ and |10⟩ by θ/2 with phase β: rz(-β) exp(-i θ/4 (X⊗X + Y⊗Y)) rz(β)."""
        return self._add(TABLE["xx_plus_yy"], (theta, beta, ), (qubit1, qubit2, ), controls, control_state, when)

    def xx_minus_yy(self, theta: Angle, beta: Angle, qubit1: Qubits, qubit2: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Mix |00⟩ and |11⟩ by θ/2 with phase β: rz(-β) exp(-i θ/4 (X⊗X - Y⊗Y)) rz(β)."""
        return self._add(TABLE["xx_minus_yy"], (theta, beta, ), (qubit1, qubit2, ), controls, control_state, when)

    def fsim(self, theta: Angle, phi: Angle, qubit1: Qubits, qubit2: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Fermionic simulation gate: mix |01⟩ and |10⟩ by θ, phase e^{-iφ} on |11⟩ (Cirq's FSimGate)."""
        return self._add(TABLE["fsim"], (theta, phi, ), (qubit1, qubit2, ), controls, control_state, when)

    def ccx(self, control1: Qubits, control2: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Toffoli: flip the target where both controls are 1."""
        return self._add(TABLE["ccx"], (), (control1, control2, target, ), controls, control_state, when)

    def ccz(self, control1: Qubits, control2: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Change the sign where all three are 1."""
        return self._add(TABLE["ccz"], (), (control1, control2, target, ), controls, control_state, when)

    def cswap(self, control: Qubits, target1: Qubits, target2: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Fredkin: exchange the targets where the control is 1."""
        return self._add(TABLE["cswap"], (), (control, target1, target2, ), controls, control_state, when)

    def rccx(self, control1: Qubits, control2: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Toffoli up to relative phases (Margolus): half the cost where they cancel."""
        return self._add(TABLE["rccx"], (), (control1, control2, target, ), controls, control_state, when)

    def c3x(self, control1: Qubits, control2: Qubits, control3: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Flip the target where three controls are 1."""
        return self._add(TABLE["c3x"], (), (control1, control2, control3, target, ), controls, control_state, when)

    def c4x(self, control1: Qubits, control2: Qubits, control3: Qubits, control4: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Flip the target where four controls are 1."""
        return self._add(TABLE["c4x"], (), (control1, control2, control3, control4, target, ), controls, control_state, when)

    def i(self, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Another name of `id`: Do nothing."""
        return self._add(TABLE["id"], (), qubits, controls, control_state, when)

    def not_(self, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Another name of `x`: Bit flip."""
        return self._add(TABLE["x"], (), qubits, controls, control_state, when)

    def hadamard(self, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Another name of `h`: Hadamard: between the Z and the X basis."""
        return self._add(TABLE["h"], (), qubits, controls, control_state, when)

    def v(self, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Another name of `sx`: Square root of x."""
        return self._add(TABLE["sx"], (), qubits, controls, control_state, when)

    def vdg(self, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Another name of `sxdg`: Inverse of sx."""
        return self._add(TABLE["sxdg"], (), qubits, controls, control_state, when)

    def phase(self, lam: Angle, *qubits: Qubits, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Another name of `p`: Phase gate P0 + e^{iλ} P1."""
        return self._add(TABLE["p"], (lam, ), qubits, controls, control_state, when)

    def cnot(self, control: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Another name of `cx`: Flip the target where the control is 1."""
        return self._add(TABLE["cx"], (), (control, target, ), controls, control_state, when)

    def cu1(self, lam: Angle, control: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Another name of `cp`: Phase e^{iλ} where both are 1."""
        return self._add(TABLE["cp"], (lam, ), (control, target, ), controls, control_state, when)

    def cphase(self, lam: Angle, control: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Another name of `cp`: Phase e^{iλ} where both are 1."""
        return self._add(TABLE["cp"], (lam, ), (control, target, ), controls, control_state, when)

    def toffoli(self, control1: Qubits, control2: Qubits, target: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Another name of `ccx`: Toffoli: flip the target where both controls are 1."""
        return self._add(TABLE["ccx"], (), (control1, control2, target, ), controls, control_state, when)

    def fredkin(self, control: Qubits, target1: Qubits, target2: Qubits, *, controls: Qubits = (), control_state: State = None, when: When = None) -> Self:
        """Another name of `cswap`: Fredkin: exchange the targets where the control is 1."""
        return self._add(TABLE["cswap"], (), (control, target1, target2, ), controls, control_state, when)
