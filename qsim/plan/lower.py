"""Lower: every operation as phases, real rotations and relabelled bits.

A *phase* multiplies the amplitudes whose index has all bits of a mask by e^{i·angle}; a *rotation* is
[[cos h, −sin h], [sin h, cos h]] on one bit. With 1-qubit unitaries as phase · rotation · phase, these two are enough:

- a diagonal gate is a sum of phases over masks (inclusion and exclusion over its qubits);
- a controlled rotation by 2h is rotation(h) · CZ · rotation(−h) · CZ, where CZ is a phase on the target and all
  controls;
- a 2-qubit unitary is 1-qubit unitaries around exp(i(a XX + b YY + c ZZ)) (`kak.py`);
- swap exchanges the places of two qubits and costs nothing.

1-qubit gates on a qubit are multiplied together first, so a layer of them costs one rotation a qubit. What does not
fit, such as dense gates on three qubits or matrices that are not unitary, stays an operation.
"""

import cmath
import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.circuit import Circuit, Operation
from qsim.gates import Gate
from qsim.plan.kak import Interaction, interaction

__all__ = ["Lowered", "Phase", "Rotation", "Step", "lower"]

MAX_DIAGONAL_QUBITS = 6  # a diagonal gate on more qubits has up to 2^k phases: it stays an operation
UNIT_TOLERANCE = 1e-9  # entries of a unitary that miss the unit circle, or orthogonality, by more are left as they are

ROUNDING = 1e-14  # a rotation by less is none

Matrix2 = tuple[complex, complex, complex, complex]  # rows of a 2 × 2 matrix
_IDENTITY: Matrix2 = (1, 0, 0, 1)
_FLIP: Matrix2 = (0, 1, 1, 0)


class Phase(NamedTuple):
    """e^{i·angle} where all bits of the mask are 1."""

    mask: int
    angle: float


class Rotation(NamedTuple):
    """[[cos h, −sin h], [sin h, cos h]] on the bit of this weight, 0 ≤ h ≤ π/2."""

    mask: int
    half_angle: float


Step = Phase | Rotation | Operation


class Lowered(NamedTuple):
    """Steps in order, a global phase, and where the initial state's qubits must lie.

    `layout[q]` is the bit of qubit q before the first step; after the last, every qubit lies at its own bit.
    """

    steps: list[Step]
    phase: float
    layout: list[int]


def lower(circuit: Circuit) -> Lowered:
    """The operations of a circuit as steps; a swap only changes where the following steps act."""
    operations = [instruction for instruction in circuit if isinstance(instruction, Operation)]
    n = circuit.num_qubits
    # Swaps are undone in advance: the start is laid out so that in the end each qubit lies at its own bit.
    places = [0] * n
    contents = list(range(n))
    for operation in operations:
        if _is_swap(operation.gate):
            a, b = operation.qubits
            contents[a], contents[b] = contents[b], contents[a]
    for qubit, content in enumerate(contents):
        places[content] = bits.qubit_bit(qubit, n)
    lowering = _Lowering(n, list(places))
    for operation in operations:
        lowering.add(operation)
    lowering.flush_all()
    return Lowered(lowering.steps, lowering.phase, places)


def _is_swap(gate: Gate) -> bool:
    return (
        gate.structure == "permutation"
        and not gate.num_controls
        and gate.num_qubits == 2
        and gate.images().tolist() == [0, 2, 1, 3]
    )


class _Lowering:
    """Steps so far, and for each bit the product of its 1-qubit gates that are not written yet."""

    def __init__(self, num_qubits: int, places: list[int]) -> None:
        self.num_qubits = num_qubits
        self.places = places
        self.steps: list[Step] = []
        self.phase = 0.0
        self.pending: dict[int, Matrix2] = {}  # by weight of the bit

    def weight(self, qubit: int) -> int:
        return bits.register_size(self.places[qubit])

    def add(self, operation: Operation) -> None:
        gate, targets = operation.gate, operation.targets
        if _is_swap(gate):
            a, b = targets
            self.places[a], self.places[b] = self.places[b], self.places[a]
            return
        controls = [(self.weight(q), bit) for q, bit in zip(operation.controls, gate.control_state, strict=True)]
        weights = [self.weight(q) for q in targets]
        if gate.structure == "diagonal" and len(targets) <= MAX_DIAGONAL_QUBITS:
            done = self.add_diagonal(gate.diagonal(), weights, controls)
        elif len(targets) == 1:
            done = self.add_one(gate.base_matrix(), weights[0], controls)
        elif len(targets) == 2 and gate.structure == "permutation" and gate.images().tolist() == [0, 2, 1, 3]:
            a, b = weights  # a controlled swap: cx, controlled cx, cx
            for control, target, further in ((b, a, []), (a, b, controls), (b, a, [])):
                self.controlled_unitary(_FLIP, target, [(control, "1"), *further])
            done = True
        elif len(targets) == 2 and not controls:
            done = self.add_two(gate.base_matrix(), weights[0], weights[1])
        else:
            done = False
        if not done:
            self.keep(operation)

    def keep(self, operation: Operation) -> None:
        """The operation as it is, on the qubits whose own bits its qubits lie at now."""
        for qubit in operation.qubits:
            self.flush(self.weight(qubit))
        self.steps.append(
            operation.on(tuple(bits.qubit_bit(self.places[q], self.num_qubits) for q in operation.qubits))
        )

    # ── Diagonal gates ────────────────────────────────────────────────────────────────────────────────────────────

    def add_diagonal(
        self, entries: NDArray[np.complex128], weights: Sequence[int], controls: list[tuple[int, str]]
    ) -> bool:
        if np.abs(np.abs(entries) - 1).max() > UNIT_TOLERANCE:
            return False
        # Angles by subset of the bits: a[S] = Σ_{T⊆S} (−1)^{|S|−|T|} φ[T], one bit after the other.
        angles = np.angle(entries).reshape([2] * len(weights))
        for axis in range(len(weights)):
            np.moveaxis(angles, axis, 0)[1] -= np.moveaxis(angles, axis, 0)[0]
        for index, angle in enumerate(angles.ravel().tolist()):
            if angle:
                spelled = bits.bitstring(index, len(weights))
                mask = sum(weight for weight, bit in zip(weights, spelled, strict=True) if bit == "1")
                self.controlled_phase(mask, angle, controls)
        return True

    def controlled_phase(self, mask: int, angle: float, controls: Iterable[tuple[int, str]]) -> None:
        """A phase where the controls have their values too: a control on 0 is everything minus the control on 1."""
        terms = [(mask, angle)]
        for weight, bit in controls:
            with_bit = [(m | weight, a) for m, a in terms]
            terms = with_bit if bit == "1" else terms + [(m, -a) for m, a in with_bit]
        for m, a in terms:
            self.add_phase(m, a)

    def add_phase(self, mask: int, angle: float) -> None:
        if mask == 0:
            self.phase += angle
        elif mask & (mask - 1) == 0:
            self.multiply(mask, (1, 0, 0, cmath.exp(1j * angle)))
        else:
            rest = mask
            while rest:
                weight = rest & -rest
                waiting = self.pending.get(weight)
                if waiting is not None and (waiting[1] != 0 or waiting[2] != 0):
                    self.flush(weight)
                rest ^= weight
            self.steps.append(Phase(mask, angle))

    # ── Gates on one qubit ────────────────────────────────────────────────────────────────────────────────────────

    def add_one(self, matrix: NDArray[np.complex128], weight: int, controls: list[tuple[int, str]]) -> bool:
        a, b, c, d = matrix.ravel().tolist()
        gap = max(
            abs(abs(a) ** 2 + abs(c) ** 2 - 1),
            abs(abs(b) ** 2 + abs(d) ** 2 - 1),
            abs(a.conjugate() * b + c.conjugate() * d),
        )
        if gap > UNIT_TOLERANCE:
            return False
        if controls:
            self.controlled_unitary((a, b, c, d), weight, controls)
        else:
            self.multiply(weight, (a, b, c, d))
        return True

    def multiply(self, weight: int, matrix: Matrix2) -> None:
        """A 1-qubit gate joins those before it on the bit."""
        a, b, c, d = matrix
        p, q, r, s = self.pending.get(weight, _IDENTITY)
        self.pending[weight] = (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s)

    def controlled_unitary(self, matrix: Matrix2, weight: int, controls: list[tuple[int, str]]) -> None:
        gamma, phi, half, lam = zyz(matrix)
        # cos and sin of half the angle, for rotation(h/2) · CZ · rotation(−h/2) · CZ
        c, s = math.cos(half / 2), math.sin(half / 2)
        self.controlled_phase(weight, lam + math.pi, controls)
        self.multiply(weight, (c, s, -s, c))
        self.controlled_phase(weight, math.pi, controls)
        self.multiply(weight, (c, -s, s, c))
        self.controlled_phase(weight, phi, controls)
        self.controlled_phase(0, gamma, controls)

    def flush(self, weight: int) -> None:
        """Write what waits on a bit: phase, rotation, phase."""
        matrix = self.pending.pop(weight, None)
        if matrix is None:
            return
        gamma, phi, half, lam = zyz(matrix)
        self.phase += gamma
        if half == 0:
            lam += phi
        if lam:
            self.steps.append(Phase(weight, lam))
        if half:
            self.steps.append(Rotation(weight, half))
            if phi:
                self.steps.append(Phase(weight, phi))

    def flush_all(self) -> None:
        for weight in list(self.pending):
            self.flush(weight)

    # ── Gates on two qubits ───────────────────────────────────────────────────────────────────────────────────────

    def add_two(self, matrix: NDArray[np.complex128], first: int, second: int) -> bool:
        if np.abs(matrix @ matrix.conj().T - np.eye(4)).max() > UNIT_TOLERANCE:
            return False
        phase, before, (a, b, c), after = _interaction(np.ascontiguousarray(matrix).tobytes())
        self.phase += phase
        self.multiply(first, _flat(before[0]))
        self.multiply(second, _flat(before[1]))
        self.interact(first, second, a, b, c)
        self.multiply(first, _flat(after[0]))
        self.multiply(second, _flat(after[1]))
        return True

    def interact(self, first: int, second: int, a: float, b: float, c: float) -> None:
        """exp(i(a XX + b YY + c ZZ)).

        CX (from first to second) turns XX into X⊗I, ZZ into I⊗Z and YY into −X⊗Z, so in between it is
        exp(i a X⊗I) · exp(i c I⊗Z) · exp(−i b X⊗Z); with X = H Z H on the first qubit all three are diagonal.
        """
        r = math.sqrt(0.5)
        hadamard: Matrix2 = (r, r, r, -r)
        if a == 0 and b == 0:
            self.double_z(first, second, c)
            return
        if b == 0 and c == 0:
            for weight in (first, second):
                self.multiply(weight, hadamard)
            self.double_z(first, second, a)
            for weight in (first, second):
                self.multiply(weight, hadamard)
            return
        self.controlled_unitary(_FLIP, second, [(first, "1")])
        self.multiply(first, hadamard)
        self.single_z(first, a)
        self.single_z(second, c)
        self.double_z(first, second, -b)
        self.multiply(first, hadamard)
        self.controlled_unitary(_FLIP, second, [(first, "1")])

    def single_z(self, weight: int, angle: float) -> None:
        """exp(i·angle·Z), Z = 1 − 2·bit."""
        self.phase += angle
        self.add_phase(weight, -2 * angle)

    def double_z(self, first: int, second: int, angle: float) -> None:
        """exp(i·angle·ZZ), ZZ = 1 − 2·bit₁ − 2·bit₂ + 4·bit₁·bit₂."""
        if angle:
            self.phase += angle
            self.add_phase(first, -2 * angle)
            self.add_phase(second, -2 * angle)
            self.add_phase(first | second, 4 * angle)


@lru_cache(maxsize=256)  # layers of a circuit often share their gates
def _interaction(content: bytes) -> Interaction:
    return interaction(np.frombuffer(content, dtype=np.complex128).reshape(4, 4))


def zyz(matrix: Matrix2) -> tuple[float, float, float, float]:
    """γ, φ, h, λ of a unitary e^{iγ} · diag(1, e^{iφ}) · rotation(h) · diag(1, e^{iλ}), 0 ≤ h ≤ π/2."""
    a, b, c, d = matrix
    cos, sin = abs(a), abs(c)
    if sin < ROUNDING:
        gamma = cmath.phase(a)
        return gamma, 0.0, 0.0, cmath.phase(d) - gamma
    if cos < ROUNDING:
        return 0.0, cmath.phase(c), math.pi / 2, cmath.phase(-b)
    gamma = cmath.phase(a)
    phi = cmath.phase(c) - gamma
    # The larger of b and d says λ: the phase of a small entry is mostly rounding.
    lam = cmath.phase(d) - gamma - phi if cos > sin else cmath.phase(-b) - gamma
    return gamma, phi, math.atan2(sin, cos), lam


def _flat(matrix: NDArray[np.complex128]) -> Matrix2:
    a, b, c, d = matrix.ravel().tolist()
    return a, b, c, d
