"""Lower: every operation as phases, turns, flips, pairs and relabelled bits (`steps.py`).

- 1-qubit gates on a qubit are multiplied together; their product is a turn: phase · real rotation · phase.
- A diagonal gate is a sum of phases over masks (inclusion and exclusion over its qubits).
- x, cx and ccx are flips, which move amplitudes and multiply nothing.
- Any other gate on two qubits is a pair: its matrix, into which neighbours on the same qubits are multiplied.
- swap exchanges the places of two qubits and costs nothing.
- Under two and more controls, a rotation by 2h is rotation(h) · CZ · rotation(−h) · CZ, where CZ is a phase on the
  target and all controls.

What does not fit, such as dense gates on three qubits, stays an operation.
"""

import cmath
import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.circuit import Circuit, Operation
from qsim.gates import Gate
from qsim.gates.spec import GateSpec
from qsim.plan.diagonal import Diagonal
from qsim.plan.steps import Flip, Lowered, Pair, Phase, Step, Turn

__all__ = ["lower"]

MAX_DIAGONAL_QUBITS = 6  # a diagonal gate on more qubits has up to 2^k phases: it stays an operation
MAX_FLIP_CONTROLS = 2  # a block of 2^10 amplitudes always has three bits outside its vectors that are none of these
LOOK_BACK = 64  # steps among which a flip looks for one that it undoes
MAX_PULLED = 16  # phases in a row between the two, past which two flips cost less: a ladder over k bits has 2^k
UNIT_TOLERANCE = 1e-9  # entries of a unitary that miss the unit circle, or orthogonality, by more are left as they are

ROUNDING = 1e-14  # a rotation by less is none

ComplexArray = NDArray[np.complex128]
Matrix2 = tuple[complex, complex, complex, complex]  # rows of a 2 × 2 matrix
_IDENTITY: Matrix2 = (1, 0, 0, 1)
_SWAP = [0, 2, 1, 3]


def lower(circuit: Circuit, begin: "Callable[[int, list[int]], _Lowering] | None" = None) -> Lowered:
    """The operations of a circuit as steps; a swap only changes where the following steps act.

    Args:
        circuit: of bound operations; what is no operation is passed over.
        begin: makes the `_Lowering`, from the number of qubits and their places; for one who looks on (`trace.py`).
    """
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
    lowering = (begin or _Lowering)(n, list(places))
    for operation in operations:
        lowering.add(operation)
    lowering.flush_all()
    return Lowered(lowering.steps, lowering.phase, places)


def _is_swap(gate: Gate) -> bool:
    return (
        gate.structure == "permutation"
        and not gate.num_controls
        and gate.num_qubits == 2
        and gate.images().tolist() == _SWAP
    )


class _Lowering:
    """Steps so far, and for each bit the product of its 1-qubit gates that are not written yet."""

    def __init__(self, num_qubits: int, places: list[int]) -> None:
        self.num_qubits = num_qubits
        self.weights = [bits.register_size(place) for place in places]  # of each qubit's bit, at this point
        self.steps: list[Step] = []
        self.phase = 0.0
        self.pending: dict[int, Matrix2] = {}  # by weight of the bit
        self.last: dict[int, Step] = {}  # by weight: the last step that acts on the bit

    def write(self, step: Step) -> None:
        self.steps.append(step)
        rest = step.mask  # type: ignore[union-attr]
        while rest:
            weight = rest & -rest
            self.last[weight] = step
            rest ^= weight

    def add(self, operation: Operation) -> None:
        gate = operation.gate
        weights = [self.weights[q] for q in operation.qubits]
        structure, count = gate.structure, gate.num_controls
        targets = weights[count:]
        if count == 0 and len(targets) == 1:
            done = self.add_one(gate, targets[0])
        elif structure == "diagonal" and len(targets) <= MAX_DIAGONAL_QUBITS:
            done = self.add_diagonal(gate, targets, weights[:count])
        elif structure == "permutation" and len(targets) <= 2 and self.add_permutation(gate, targets, weights[:count]):
            if not count and len(targets) == 2:
                a, b = operation.targets
                self.weights[a], self.weights[b] = self.weights[b], self.weights[a]
            done = True
        elif len(weights) == 2:
            self.add_pair(_matrix4(gate), *weights)
            done = True
        elif len(targets) == 1:
            done = self.add_controlled(gate, targets[0], weights[:count])
        else:
            done = False
        if not done:
            self.keep(operation, weights)

    def keep(self, operation: Operation, weights: list[int]) -> None:
        """The operation as it is, on the qubits whose own bits its qubits lie at now."""
        for weight in weights:
            self.flush(weight)
            self.last.pop(weight, None)
        places = (weight.bit_length() - 1 for weight in weights)
        self.steps.append(operation.on(tuple(bits.qubit_bit(place, self.num_qubits) for place in places)))

    # ── Diagonal gates ────────────────────────────────────────────────────────────────────────────────────────────

    def add_diagonal(self, gate: Gate, weights: Sequence[int], controls: list[int]) -> bool:
        if len(weights) == 2 and not controls and self.joins(gate, *weights):
            return True
        angles = _angles(gate.spec.base or gate.spec, gate.params)
        if angles is None:
            if len(weights) + len(controls) != 2:
                return False
            self.add_pair(_matrix4(gate), *controls, *weights)
            return True
        masks = [0]  # of the subsets of the bits
        for weight in reversed(weights):
            masks += [mask | weight for mask in masks]
        for index, angle in angles:
            if controls:
                self.controlled_phase(masks[index], angle, zip(controls, gate.control_state, strict=True))
            else:
                self.add_phase(masks[index], angle)
        return True

    def joins(self, gate: Gate, first: int, second: int) -> bool:
        """Multiply a diagonal into the pair before, where that is on the same bits and nothing came between."""
        before = self.last.get(first)
        if not isinstance(before, Pair) or before is not self.last.get(second):
            return False
        if first in self.pending or second in self.pending:
            return False
        entries = gate.diagonal()
        order = entries if before.first == first else entries[_SWAP]
        before.matrix = order[:, np.newaxis] * before.matrix
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
        if mask == 0 or not angle:
            self.phase += angle
        elif mask & (mask - 1) == 0:
            self.multiply(mask, (1, 0, 0, cmath.exp(1j * angle)))
        else:
            self.flush_mixing(mask)
            before = self.last.get(mask & -mask)
            if isinstance(before, Pair) and before.mask == mask and before is self.last.get(mask & (mask - 1)):
                before.matrix = np.array([[1], [1], [1], [cmath.exp(1j * angle)]]) * before.matrix
            else:
                self.write(Phase(mask, angle))

    # ── Permutations ──────────────────────────────────────────────────────────────────────────────────────────────

    def add_permutation(self, gate: Gate, targets: list[int], controls: list[int]) -> bool:
        """Controlled x as flips, controlled swap as three."""
        images = gate.images().tolist()
        controlled = list(zip(controls, gate.control_state, strict=True))
        if images == [1, 0] and len(controls) <= MAX_FLIP_CONTROLS:
            self.controlled_flip(targets[0], controlled)
        elif images == _SWAP and not controls:
            return True  # the caller relabels
        elif images == _SWAP and len(controls) < MAX_FLIP_CONTROLS:
            a, b = targets
            for control, target, further in ((b, a, []), (a, b, controlled), (b, a, [])):
                self.controlled_flip(target, [(control, "1"), *further])
        else:
            return False
        return True

    def controlled_flip(self, target: int, controls: Iterable[tuple[int, str]]) -> None:
        """A control on 0 is no control and a control on 1, one after the other."""
        masks = [0]
        for weight, bit in controls:
            with_bit = [mask | weight for mask in masks]
            masks = with_bit if bit == "1" else masks + with_bit
        self.flush(target)
        for mask in masks:
            self.flush_mixing(mask)
            flip = Flip(target, mask)
            if not self.cancels(flip):
                self.write(flip)

    def cancels(self, flip: Flip) -> bool:
        """Whether the same flip came before, with nothing but phases on its bits since: both go, and the phases are
        pulled through. This makes cx · rz · cx, and longer ladders, a diagonal."""
        steps = self.steps
        for place in range(len(steps) - 1, max(len(steps) - LOOK_BACK, 0) - 1, -1):
            step = steps[place]
            if type(step) is Phase:
                continue
            if isinstance(step, Operation):
                return False
            if step.mask & flip.mask:
                if step != flip:
                    return False
                break
        else:
            return False
        between: list[Step] = []
        run, phase = Diagonal(), 0.0
        following: list[Step | None] = [*steps[place + 1 :], None]
        for after in following:
            if isinstance(after, Phase):
                moved = Diagonal()
                moved.add(after.mask, after.angle)
                moved.pull_through(flip)
                phase += moved.take_constant()
                for mask, angle in moved.angles.items():
                    run.add(mask, angle)
            else:
                if len(run) > MAX_PULLED:
                    return False
                between += [Phase(mask, angle) for mask, angle in run.angles.items() if angle]
                run = Diagonal()
                if after is not None:
                    between.append(after)
        self.phase += phase
        steps[place:] = between
        rest = flip.mask
        while rest:  # pairs before the flips are not joined any more
            self.last.pop(rest & -rest, None)
            rest &= rest - 1
        return True

    # ── Gates on one qubit ────────────────────────────────────────────────────────────────────────────────────────

    def add_one(self, gate: Gate, weight: int) -> bool:
        a, b, c, d = gate.base_matrix().ravel().tolist()
        if not _is_unitary(a, b, c, d):
            if self.num_qubits < 2:
                return False
            other = next(w for w in self.weights if w != weight)
            self.add_pair(np.kron(np.array([[a, b], [c, d]]), np.eye(2)), weight, other)
        else:
            self.multiply(weight, (a, b, c, d))
        return True

    def add_controlled(self, gate: Gate, weight: int, controls: list[int]) -> bool:
        a, b, c, d = gate.base_matrix().ravel().tolist()
        if not _is_unitary(a, b, c, d):
            return False
        self.controlled_unitary((a, b, c, d), weight, list(zip(controls, gate.control_state, strict=True)))
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
        """Write what waits on a bit."""
        matrix = self.pending.pop(weight, None)
        if matrix is None:
            return
        before = self.last.get(weight)
        if isinstance(before, Pair) and (before.partners() is None or _is_diagonal(matrix)):
            _multiply_pair(before, weight, matrix)
            return
        gamma, phi, half, lam = zyz(matrix)
        self.phase += gamma
        if half == 0:
            lam += phi
            if lam:
                self.write(Phase(weight, lam))
        elif half == math.pi / 2:  # [[0, −e^{iλ}], [e^{iφ}, 0]]
            self.write(Flip(weight, 0))
            self.phase += lam + math.pi
            self.write(Phase(weight, phi - lam - math.pi))
        else:
            self.write(Turn(weight, lam, half, phi))

    def flush_mixing(self, mask: int) -> None:
        """Write what waits on these bits and does not commute with reading them."""
        while mask:
            weight = mask & -mask
            waiting = self.pending.get(weight)
            if waiting is not None and not _is_diagonal(waiting):
                self.flush(weight)
            mask ^= weight

    def flush_all(self) -> None:
        for weight in list(self.pending):
            self.flush(weight)

    # ── Gates on two qubits ───────────────────────────────────────────────────────────────────────────────────────

    def add_pair(self, matrix: ComplexArray, first: int, second: int) -> None:
        """Join the pair before, if that is on the same bits; take along what waits on the bits."""
        pair = Pair(first, second, matrix)
        partners = pair.partners()
        before = self.last.get(first)
        for weight in (first, second):
            waiting = self.pending.get(weight)
            if waiting is not None and (partners is None or _is_diagonal(waiting)):
                del self.pending[weight]
                pair.matrix = pair.matrix @ _embedded(waiting, weight == first)
            else:
                self.flush(weight)
        if isinstance(before, Pair) and before is self.last.get(second) and before is self.last.get(first):
            new = pair.matrix if before.first == first else pair.matrix[_SWAP][:, _SWAP]
            before.matrix = new @ before.matrix
        else:
            self.write(pair)


@lru_cache(maxsize=4096)
def _angles(spec: GateSpec, params: tuple[Any, ...]) -> list[tuple[int, float]] | None:
    """The phases of a diagonal by subset of its bits, the last target the lowest: a[S] = Σ_{T⊆S} (−1)^{|S|−|T|} φ[T].

    `None` if its entries are not on the unit circle.
    """
    numbers = Gate(spec, params).diagonal().tolist()
    if any(abs(abs(number) - 1) > UNIT_TOLERANCE for number in numbers):
        return None
    angles = [cmath.phase(number) for number in numbers]
    bit = 1
    while bit < len(angles):  # one bit after the other
        for index in range(len(angles)):
            if index & bit:
                angles[index] -= angles[index ^ bit]
        bit *= 2
    return [(index, angle) for index, angle in enumerate(angles) if angle]


def _is_diagonal(matrix: Matrix2) -> bool:
    return matrix[1] == matrix[2] == 0


def _is_unitary(a: complex, b: complex, c: complex, d: complex) -> bool:
    gap = max(
        abs(abs(a) ** 2 + abs(c) ** 2 - 1),
        abs(abs(b) ** 2 + abs(d) ** 2 - 1),
        abs(a.conjugate() * b + c.conjugate() * d),
    )
    return gap <= UNIT_TOLERANCE


def _matrix4(gate: Gate) -> ComplexArray:
    """A gate on two qubits, control included, as its matrix."""
    base = gate.base_matrix()
    if not gate.num_controls:
        return base
    matrix = np.eye(4, dtype=np.complex128)
    place = slice(2, 4) if gate.control_state == "1" else slice(0, 2)
    matrix[place, place] = base
    return matrix


def _embedded(matrix: Matrix2, is_first: bool) -> ComplexArray:
    """A 1-qubit matrix on one bit of a pair."""
    a, b, c, d = matrix
    if is_first:
        return np.array([[a, 0, b, 0], [0, a, 0, b], [c, 0, d, 0], [0, c, 0, d]])
    return np.array([[a, b, 0, 0], [c, d, 0, 0], [0, 0, a, b], [0, 0, c, d]])


def _multiply_pair(pair: Pair, weight: int, matrix: Matrix2) -> None:
    pair.matrix = _embedded(matrix, weight == pair.first) @ pair.matrix


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
