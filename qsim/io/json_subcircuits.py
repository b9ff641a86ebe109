"""Named sub-circuits in JSON: ranges of a list of instructions, checked against what these act on."""

from collections.abc import Callable, Sequence
from typing import Any

from qsim.circuit.instructions import Instruction
from qsim.circuit.subcircuits import Subcircuit
from qsim.io.json_values import Fault, at, fields, name, numbers, refuse, shown, whole
from qsim.io.limits import Limits

__all__ = ["SubcircuitReader", "subcircuit_to_json"]


def subcircuit_to_json(subcircuit: Subcircuit) -> dict[str, Any]:
    """One of them; what is empty or 0 is left out."""
    rest = {
        "bits": list(subcircuit.bits),
        "controls": list(subcircuit.controls),
        "control_state": subcircuit.control_state,
        "depth": subcircuit.depth,
    }
    head = {"name": subcircuit.name, "start": subcircuit.start, "stop": subcircuit.stop}
    return {**head, "qubits": list(subcircuit.qubits), **{key: value for key, value in rest.items() if value}}


class SubcircuitReader:
    """Reads those of one list of instructions.

    Args:
        instructions: the list.
        sizes: number of qubits and of bits of the circuit.
        limits: of which `nesting` counts sub-circuits in each other.
        charge: is told how much work a sub-circuit is.
    """

    def __init__(
        self, instructions: Sequence[Instruction], sizes: tuple[int, int], limits: Limits, charge: Callable[[int], None]
    ) -> None:
        self._instructions, self._limits, self._charge = instructions, limits, charge
        self._num_qubits, self._num_bits = sizes
        self._around: list[Subcircuit] = []  # the last one that was read, and those that it lies in

    def read(self, item: Any) -> Subcircuit:
        """The next one."""
        keys, others = ("name", "start", "stop", "qubits"), ("bits", "controls", "control_state", "depth")
        label, start, stop, qubits, bits, controls, state, depth = fields(item, keys, others)
        self._charge(1)
        depth = 0 if depth is None else at("depth", whole, depth, 0, min(len(self._around), self._limits.nesting))
        del self._around[depth:]
        least, most = (self._around[-1].start, self._around[-1].stop) if depth else (0, len(self._instructions))
        start = at("start", whole, start, least, most)
        stop = at("stop", whole, stop, start, most)
        found = Subcircuit(
            at("name", name, label, self._limits),
            start,
            stop,
            at("qubits", numbers, qubits, self._num_qubits, "qubit"),
            () if bits is None else at("bits", numbers, bits, self._num_bits, "bit"),
            () if controls is None else at("controls", numbers, controls, self._num_qubits, "qubit"),
            "" if state is None else state,
            depth,
        )
        self._check(found)
        self._around.append(found)
        return found

    def _check(self, found: Subcircuit) -> None:
        """Refuse one whose instructions act on something else."""
        state, controls = found.control_state, found.controls
        if not isinstance(state, str) or len(state) != len(controls) or state.strip("01"):
            raise Fault(
                f"a text of {len(controls)} times 0 or 1 is needed, but this is {shown(state)}", "control_state"
            )
        self._charge(found.stop - found.start + len(found.qubits) + len(found.bits) + len(controls))
        qubits, bits = {*found.qubits, *controls}, set(found.bits)
        if len(qubits) != len(found.qubits) + len(controls):
            raise Fault("qubits and controls must be distinct, but one is repeated", "controls")
        for position in range(found.start, found.stop):
            instruction = self._instructions[position]
            if not (qubits.issuperset(instruction.qubits) and bits.issuperset(instruction.bits)):
                refuse(f"instruction {position} acts on qubits or bits that its sub-circuit does not have")
