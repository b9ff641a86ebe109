"""What the gate names of OpenQASM's standard files mean: `qelib1.inc`, `stdgates.inc` and the built-in gates.

`qelib1.inc` is the wide one, as Qiskit ships it and real files mean it, not the 23 gates of the OpenQASM 2 paper. Its
names have the matrices that Qiskit loads, global phase included, though the file itself defines some of them (`rz`,
`rzz`) up to a phase. `stdgates.inc` and the built-in `U` of OpenQASM 3 follow the specification, in which

    U(θ, φ, λ) = e^{iθ/2} u(θ, φ, λ),    u2, u3 = e^{-i(φ+λ)/2} u,

where u is Qiskit's gate: the phase is global as long as nothing controls the gate, and physical under `ctrl @`.
OpenQASM 2 leaves the phase of `U` open and has no modifiers: there it is u.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from qsim.gates import Gate, GateSpec
from qsim.gates.table import lookup

__all__ = ["BUILT_IN", "INCLUDES", "PAPER", "LibraryGate", "Step"]

Step = tuple[Gate, tuple[int, ...]]  # a gate of qsim, and which of the gate's qubits it acts on


class LibraryGate(NamedTuple):
    """A gate that files may use without defining it.

    Attributes:
        name: as files write it.
        num_params: number of angles.
        num_qubits: number of qubits.
        steps: a function from the angles (floats or symbolic parameters) to the gates of qsim that it is made of, one
            for nearly all.
        row: the row of the gate table that it is, angles and qubits in the same order; None if it is more than that.

    >>> INCLUDES["stdgates.inc"]["cu"].steps(0.1, 0.2, 0.3, 0.4)
    ((cu(0.1, 0.2, 0.3, 0.4), (0, 1)),)
    """

    name: str
    num_params: int
    num_qubits: int
    steps: Callable[..., tuple[Step, ...]]
    row: GateSpec | None = None

    @property
    def num_steps(self) -> int:
        """How many gates of qsim it is made of."""
        return 1 if self.row else len(self.steps(*(0.0,) * self.num_params))


def _row(name: str, called: str = "") -> LibraryGate:
    """A row of the gate table, by its name or an alias."""
    row = lookup(name)
    places = tuple(range(row.num_qubits))

    def steps(*angles: Any) -> tuple[Step, ...]:
        return ((Gate.named(row.name, *angles), places),)

    return LibraryGate(called or name, len(row.params), len(places), steps, row)


def _single(name: str, num_params: int, num_qubits: int, gate: Callable[..., Gate]) -> LibraryGate:
    """One gate that is made from a row."""
    places = tuple(range(num_qubits))
    return LibraryGate(name, num_params, num_qubits, lambda *angles: ((gate(*angles), places),))


def _u_with_phase(name: str, num_params: int, angles: Callable[..., tuple[Any, Any, Any, Any]]) -> LibraryGate:
    """e^{iγ} u(θ, φ, λ), with (γ, θ, φ, λ) from the angles."""

    def steps(*given: Any) -> tuple[Step, ...]:
        gamma, *rest = angles(*given)
        return (Gate.named("gphase", gamma), ()), (Gate.named("u", *rest), (0,))

    return LibraryGate(name, num_params, 1, steps)


# By Margolus and Maslov: a Toffoli of three controls up to relative phases, as qelib1.inc defines it
_RC3X: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("h", (3,)), ("t", (3,)), ("cx", (2, 3)), ("tdg", (3,)), ("h", (3,)), ("cx", (0, 3)), ("t", (3,)), ("cx", (1, 3)),
    ("tdg", (3,)), ("cx", (0, 3)), ("t", (3,)), ("cx", (1, 3)), ("tdg", (3,)), ("h", (3,)), ("t", (3,)), ("cx", (2, 3)),
    ("tdg", (3,)), ("h", (3,)),
)  # fmt: skip


def _rc3x() -> tuple[Step, ...]:
    return tuple((Gate.named(name), places) for name, places in _RC3X)


def _table(*gates: LibraryGate) -> dict[str, LibraryGate]:
    return {gate.name: gate for gate in gates}


_PAPER = "u3 u2 u1 cx id x y z h s sdg t tdg rx ry rz cz cy ch ccx crz cu1 cu3"
PAPER = frozenset(_PAPER.split())  # what the first edition of qelib1.inc has

_SHARED = "id x y z h s sdg t tdg sx p rx ry rz cx cy cz ch cp crx cry crz cu swap ccx cswap"
_QELIB1 = _SHARED + (
    " u u1 u2 u3 sxdg cu1 csx rxx rzz rccx c3x c4x"
    " r cs csdg ccz ryy rzx iswap dcx ecr xx_plus_yy xx_minus_yy"  # what exporters use as if they were there
)

INCLUDES: dict[str, dict[str, LibraryGate]] = {
    "qelib1.inc": _table(
        *(_row(name) for name in _QELIB1.split()),
        _single("u0", 1, 1, lambda _duration: Gate.named("id")),
        _single("cu3", 3, 2, lambda theta, phi, lam: Gate.named("cu", theta, phi, lam, 0.0)),
        _single("c3sqrtx", 0, 4, lambda: Gate.named("sx").controlled(3)),
        LibraryGate("rc3x", 0, 4, _rc3x),
    ),
    "stdgates.inc": _table(
        *(_row(name) for name in f"{_SHARED} phase cphase u1".split()),
        _row("cx", "CX"),
        _u_with_phase("u2", 2, lambda phi, lam: (-(phi + lam) / 2, math.pi / 2, phi, lam)),
        _u_with_phase("u3", 3, lambda theta, phi, lam: (-(phi + lam) / 2, theta, phi, lam)),
    ),
}

BUILT_IN: dict[int, dict[str, LibraryGate]] = {  # by version: what needs no include
    2: _table(_row("u", "U"), _row("cx", "CX")),
    3: _table(
        _u_with_phase("U", 3, lambda theta, phi, lam: (theta / 2, theta, phi, lam)), _row("gphase"), _row("cx", "CX")
    ),
}
