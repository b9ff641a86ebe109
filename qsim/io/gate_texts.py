"""How gates are written in OpenQASM: by names on which Qiskit and the specification agree, else by definitions.

`U`, `u1`, `u2` and `u3` are never written: their phases differ between the two. What a definition says is exact, global
phase included.
"""

import cmath
import math
import re
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qsim.gates import TABLE, Gate
from qsim.gates.spec import GateSpec
from qsim.io.notation import number_text

__all__ = ["DEFINITIONS", "NATIVE", "GateText", "gate_text"]

_SHARED = "id x y z h s sdg t tdg sx p rx ry rz cx cy cz ch cp crx cry crz cu swap ccx cswap"
NATIVE = {  # by version: the names that the standard file has
    2: frozenset(f"{_SHARED} sxdg u csx rxx rzz rccx c3x c4x".split()),
    3: frozenset(_SHARED.split()),
}
# The angles are named in alphabetical order, by which some readers bind them
_TEXTS = """
gate u(t0, t1, t2) a { p(t2) a; ry(t0) a; p(t1) a; }
gate r(t0, t1) a { rz(-t1) a; rx(t0) a; rz(t1) a; }
gate cs a, b { cp(pi/2) a, b; }
gate csdg a, b { cp(-pi/2) a, b; }
gate ccz a, b, c { h c; ccx a, b, c; h c; }
gate iswap a, b { s a; s b; h a; cx a, b; cx b, a; h b; }
gate dcx a, b { cx a, b; cx b, a; }
gate ecr a, b { h b; cx a, b; rz(pi/4) b; cx a, b; h b; x a; h b; cx a, b; rz(-pi/4) b; cx a, b; h b; }
gate rxx(t0) a, b { h a; h b; cx a, b; rz(t0) b; cx a, b; h a; h b; }
gate ryy(t0) a, b { rx(pi/2) a; rx(pi/2) b; cx a, b; rz(t0) b; cx a, b; rx(-pi/2) a; rx(-pi/2) b; }
gate rzz(t0) a, b { cx a, b; rz(t0) b; cx a, b; }
gate rzx(t0) a, b { h b; cx a, b; rz(t0) b; cx a, b; h b; }
gate xx_plus_yy(t0, t1) a, b { rz(t1) a; RXX(t0/2) RYY(t0/2) rz(-t1) a; }
gate xx_minus_yy(t0, t1) a, b { rz(-t1) b; RXX(t0/2) RYY(-t0/2) rz(t1) b; }
gate fsim(t0, t1) a, b { RXX(t0) RYY(t0) cp(-t1) a, b; }
gate rccx a, b, c { h c; t c; cx b, c; tdg c; cx a, c; t c; cx b, c; tdg c; h c; }
"""


def _definitions() -> dict[str, str]:
    """The definitions by name, those within each other written out."""
    pairs = dict(re.findall(r"gate (r(?:xx|yy))\(t0\) a, b \{ (.*) \}", _TEXTS))

    def written_out(found: re.Match[str]) -> str:
        return str(pairs[found[1].lower()]).replace("(t0)", f"({found[2]})")

    lines = re.sub(r"(RXX|RYY)\((.*?)\)", written_out, _TEXTS).strip().splitlines()
    return {line.removeprefix("gate ").split("(")[0].split()[0]: line for line in lines}


DEFINITIONS = _definitions()


class GateText(NamedTuple):
    """How the base of a gate is written.

    Attributes:
        name: the name, perhaps with a modifier: `inv @ sx`.
        params: its angles.
        controls: how many of the gate's controls the name has already, the last ones.
        definition: what must stand before it, with the name NAME; None where the name is known.
    """

    name: str
    params: tuple[Any, ...] = ()
    controls: int = 0
    definition: str | None = None


def gate_text(gate: Gate, version: int) -> GateText | None:
    """How a gate is written, its further controls left to modifiers; None where OpenQASM has no words for it."""
    spec, params = gate.spec, gate.params
    if not gate.is_from_table:
        return _custom(gate)
    row = _same_matrix(spec, params)
    if row is not None:
        spec, params = row
    if spec.name in NATIVE[version] or spec.name == "gphase":
        return GateText(spec.name, params, spec.controls)
    if spec.name in DEFINITIONS and not (version == 3 and spec.base is not None):
        return GateText(spec.name, params, spec.controls, DEFINITIONS[spec.name])
    inverse = spec.inverse
    if isinstance(inverse, str) and inverse in NATIVE[version] and version == 3:
        return GateText(f"inv @ {inverse}", (), spec.controls)
    if spec.base is None:
        return None
    return gate_text(Gate(spec.base, params), version)


def _same_matrix(spec: GateSpec, params: tuple[Any, ...]) -> tuple[GateSpec, tuple[Any, ...]] | None:
    """The old names as today's gates."""
    if spec.name == "u1":
        return TABLE["p"], params
    if spec.name == "u2":
        return TABLE["u"], (math.pi / 2, *params)
    return (TABLE["u"], params) if spec.name == "u3" else None


def _custom(gate: Gate) -> GateText | None:
    """A gate of the user's: on one qubit by its angles, a diagonal by its phases."""
    base = gate.base
    if base.num_qubits == 1:
        return GateText(gate.spec.name, (), gate.spec.controls, one_qubit_definition(base.base_matrix()))
    if base.structure == "diagonal" and base.num_qubits <= MAX_DIAGONAL:
        return GateText(gate.spec.name, (), gate.spec.controls, diagonal_definition(base.diagonal()))
    return None


MAX_DIAGONAL = 8  # qubits of a diagonal that is written by its 2^k phases


def angles_of(matrix: NDArray[Any]) -> tuple[float, float, float, float]:
    """(γ, θ, φ, λ) with e^{iγ} u(θ, φ, λ) = matrix.

    >>> angles_of(np.array([[1j, 0], [0, 1]]))
    (1.5707963267948966, 0.0, 0.0, -1.5707963267948966)
    """
    theta = 2 * math.atan2(abs(matrix[1, 0]), abs(matrix[0, 0]))
    if abs(matrix[0, 0]) >= abs(matrix[1, 0]):
        gamma = cmath.phase(matrix[0, 0])
        total = cmath.phase(matrix[1, 1]) - gamma
        phi = cmath.phase(matrix[1, 0]) - gamma if abs(matrix[1, 0]) > 0 else 0.0
        lam = total - phi
    else:
        lam_gamma = cmath.phase(-matrix[0, 1])
        phi_gamma = cmath.phase(matrix[1, 0])
        gamma = cmath.phase(matrix[0, 0]) if abs(matrix[0, 0]) > 0 else 0.0
        phi, lam = phi_gamma - gamma, lam_gamma - gamma
    return gamma, theta, phi + 0.0, lam


def one_qubit_definition(matrix: NDArray[Any]) -> str:
    """Any unitary on one qubit."""
    gamma, theta, phi, lam = map(number_text, angles_of(matrix))
    return f"gate NAME a {{ gphase({gamma}); p({lam}) a; ry({theta}) a; p({phi}) a; }}"


def diagonal_definition(diagonal: NDArray[Any]) -> str:
    """A diagonal: for each set of qubits a phase where all of them are 1."""
    count = len(diagonal).bit_length() - 1
    phases = np.angle(diagonal).reshape((2,) * count)
    for axis in range(count):  # the phase of a set, less those of the sets within it
        phases = np.stack([phases.take(0, axis), phases.take(1, axis) - phases.take(0, axis)], axis)
    body = []
    for members, phase in np.ndenumerate(phases):
        qubits = [f"a{qubit}" for qubit, is_member in enumerate(members) if is_member]
        if phase:
            controls = f"ctrl({len(qubits) - 1}) @ " if len(qubits) > 2 else "ctrl @ " if len(qubits) == 2 else ""
            name = "p" if qubits else "gphase"
            body.append(f"{controls}{name}({number_text(float(phase))}){' ' * bool(qubits)}{', '.join(qubits)};")
    return f"gate NAME {', '.join(f'a{qubit}' for qubit in range(count))} {{ {' '.join(body)} }}"
