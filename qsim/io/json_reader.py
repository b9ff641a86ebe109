"""Circuits out of JSON. A file is data from a stranger: nothing in it is executed, everything is checked."""

from collections.abc import Callable
from typing import Any

import numpy as np

from qsim.bits import parse_bitstring, register_size
from qsim.circuit import Circuit
from qsim.circuit.builder import fixed_gate
from qsim.circuit.classical import COMPARISONS, MAX_DEPTH, Expression, read
from qsim.circuit.flow import (
    MAX_NESTING,
    MAX_ROUNDS,
    Assignment,
    Block,
    Break,
    Continue,
    ForLoop,
    IfElse,
    Switch,
    WhileLoop,
    block_of,
)
from qsim.circuit.instructions import Barrier, Initialize, Instruction, Measurement, Operation, Reset
from qsim.circuit.parameters import Parameter
from qsim.circuit.subcircuits import Subcircuit
from qsim.errors import QasmError, QsimError
from qsim.gates import Gate
from qsim.gates.gate import check_control_state
from qsim.gates.table import TABLE, suggestion
from qsim.io.json_expressions import angle
from qsim.io.json_gates import custom_gate
from qsim.io.json_subcircuits import SubcircuitReader
from qsim.io.json_values import Fault, array, at, each, fields, name, numbers, parse, refuse, shown, text, whole
from qsim.io.json_writer import FORMAT, VERSION
from qsim.io.limits import DEFAULT_LIMITS, Limits
from qsim.states import State

__all__ = ["from_json"]

_SAME_WIDTH = ("&", "|", "^", "+", "-")


def from_json(text: str | bytes, *, limits: Limits = DEFAULT_LIMITS, file: str = "<string>") -> Circuit:
    """The circuit that a JSON text describes; `docs/json.md` says how.

    Args:
        text: what `to_json` wrote, or something else of that form, as text or as UTF-8.
        limits: how much it may ask for.
        file: its name, for messages.

    Raises:
        QasmError: it is not such a text, or asks for more; the message says where: `$.instructions[3].qubits`.

    >>> from qsim.io import to_json
    >>> from_json(to_json(Circuit(2).h(0).cx(0, 1)))
    Circuit(2).h(0).cx(0, 1)
    """
    if not isinstance(text, str | bytes):
        raise TypeError(f"Argument `text` must be a str or bytes, but is {type(text).__name__}.")
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > limits.file_size:
        raise QasmError(f"A file may have {limits.file_size} bytes, but this one has {size}.", file)
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise QasmError("The file is not UTF-8 text.", file) from None
    try:
        return _Reader(limits).circuit(parse(text, file))
    except Fault as fault:
        raise fault.error(file) from None


class _Reader:
    """Reads one circuit.

    Attributes:
        left: how many operations it may still ask for.
        depth: how many blocks are around what is read.
        loops: how many of these are loops.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits, self.left = limits, limits.operations
        self.depth = self.loops = 0
        self.gates: list[Gate] = []
        self.fixed = {label: fixed_gate(row) for label, row in TABLE.items() if not row.params}
        self.wholes: dict[tuple[int, ...], str] = {}  # names of registers by what they read
        self.readers: dict[str, Callable[[Any], Instruction]] = {
            "gate": self._operation,
            "measure": self._measure,
            "reset": self._reset,
            "barrier": self._barrier,
            "initialize": self._initialize,
            "assign": self._assign,
            "if": self._if,
            "while": self._while,
            "for": self._for,
            "switch": self._switch,
            "break": self._jump,
            "continue": self._jump,
        }

    def circuit(self, item: Any) -> Circuit:
        """The whole."""
        if not isinstance(item, dict) or item.get("format") != FORMAT:
            refuse(f'a circuit is an object with "format": "{FORMAT}"')
        if type(item.get("version")) is not int or item["version"] != VERSION:
            raise Fault(f"this version of qsim reads version {VERSION}, not {shown(item.get('version'))}", "version")
        keys = ("format", "version", "qubits", "bits", "gates", "instructions")
        _, _, qubits, bits, gates, instructions, label, parts = fields(item, keys, ("name", "subcircuits"))
        result = Circuit(name=None if label is None else at("name", text, label, self.limits))
        self.made = result
        at("qubits", each, qubits, self._qubits)
        at("bits", each, bits, self._bits)
        self.num_qubits, self.num_bits = result.num_qubits, result.num_bits
        for register in result.bits.registers:
            self.wholes[register._expression().args] = register.name  # type: ignore[attr-defined]
        self.bits = list(result.bits)
        self.gates = at("gates", each, gates, self._custom)
        result._instructions = at("instructions", each, instructions, self._instruction)
        result._subcircuits = [] if parts is None else at("subcircuits", self._parts, parts, result._instructions)
        return result

    def _parts(self, items: Any, instructions: list[Instruction]) -> list[Subcircuit]:
        """The named sub-circuits of a list of instructions."""
        sizes = self.num_qubits, self.num_bits
        return each(items, SubcircuitReader(instructions, sizes, self.limits, self._charge).read)

    # ── Registers and gates ───────────────────────────────────────────────────────────────────────────────────────

    def _qubits(self, item: Any) -> None:
        label, size = fields(item, ("name", "size"))
        size = at("size", whole, size, 0, self.limits.qubits - self.made.num_qubits)
        self._checked(self.made.add_qubits, at("name", name, label, self.limits), size)

    def _bits(self, item: Any) -> None:
        label, size, lsb0 = fields(item, ("name", "size"), ("lsb0",))
        size = at("size", whole, size, 0, self.limits.bits - self.made.num_bits)
        if lsb0 not in (None, True, False):
            raise Fault("true or false is needed", "lsb0")
        label = at("name", name, label, self.limits)
        self._checked(lambda: self.made.add_bits(label, size, lsb0=lsb0 is True))

    def _custom(self, item: Any) -> Gate:
        gate, work = custom_gate(item, self.limits)
        self._charge(work)
        return gate

    def _gate(self, item: Any) -> Gate:
        """A gate without angles, or with none yet."""
        if isinstance(item, str):
            if item in self.fixed:
                return self.fixed[item]
            if item not in TABLE:
                refuse(f"no gate is named {shown(item)}{suggestion(item[:100])}".rstrip("."))
            return Gate(TABLE[item])
        if isinstance(item, dict):
            (label,) = fields(item, ("base",))
            base = TABLE[label].base if isinstance(label, str) and label in TABLE else None
            return Gate(base) if base is not None else refuse(f"no gate named {shown(label)} has controls")
        return self.gates[whole(item, 0, len(self.gates) - 1)]

    # ── Instructions ──────────────────────────────────────────────────────────────────────────────────────────────

    def _instruction(self, item: Any) -> Instruction:
        self._charge(1)
        kind = item.get("op") if isinstance(item, dict) else None
        found = self.readers.get(kind) if isinstance(kind, str) else None
        if found is None:
            refuse(f'an object with "op", one of {", ".join(self.readers)}, is needed')
        return found(item)

    def _operation(self, item: Any) -> Operation:
        _, gate, qubits, params, controls = fields(item, ("op", "gate", "qubits"), ("params", "controls"))
        full: Gate = at("gate", self._gate, gate)
        names = full.spec.params
        values = () if params is None else tuple(at("params", each, params, lambda value: angle(value, self.limits)))
        if len(values) != len(names):
            raise Fault(f"{full.name} takes {len(names)} angles, but there are {len(values)}", "params")
        state = "" if controls is None else at("controls", self._control_state, controls)
        if values or state:
            full = Gate(full.spec, values, state)
        places = at("qubits", numbers, qubits, self.num_qubits, "qubit")
        if len(places) != full.num_qubits:
            raise Fault(f"{full.name} acts on {full.num_qubits} qubits, but {len(places)} are given", "qubits")
        return Operation(full, places)

    def _control_state(self, value: Any) -> str:
        if not isinstance(value, str) or len(value) > self.num_qubits:
            refuse(f"a text of 0 and 1 is needed, but this is {shown(value)}")
        self._checked(check_control_state, len(value), value)
        return value

    def _measure(self, item: Any) -> Measurement:
        _, qubit, bit = fields(item, ("op", "qubit", "bit"))
        return Measurement((self._qubit(qubit),), at("bit", whole, bit, 0, self.num_bits - 1))

    def _reset(self, item: Any) -> Reset:
        return Reset((self._qubit(fields(item, ("op", "qubit"))[1]),))

    def _qubit(self, value: Any) -> int:
        return at("qubit", whole, value, 0, self.num_qubits - 1)

    def _barrier(self, item: Any) -> Barrier:
        return Barrier(at("qubits", numbers, fields(item, ("op", "qubits"))[1], self.num_qubits, "qubit"))

    def _initialize(self, item: Any) -> Initialize:
        _, state, qubits = fields(item, ("op", "state", "qubits"))
        places = at("qubits", numbers, qubits, self.num_qubits, "qubit")
        size = register_size(len(places))
        self._charge(size)
        label = state if isinstance(state, str) else ""
        if label and len(label) != len(places):
            raise Fault(f"{len(places)} characters are needed, but there are {len(label)}", "state")
        given = label or at("state", array, state, (size,))
        amplitudes = at("state", self._checked, State, given).amplitudes.astype(np.complex128)
        amplitudes.flags.writeable = False
        return Initialize(amplitudes, places, label)

    # ── Control flow ──────────────────────────────────────────────────────────────────────────────────────────────

    def _assign(self, item: Any) -> Assignment:
        _, bits, value = fields(item, ("op", "bits", "value"))
        targets = at("bits", numbers, bits, self.num_bits, "bit")
        return Assignment(targets, at("value", self._classical, value, len(targets)))

    def _if(self, item: Any) -> IfElse:
        _, condition, then, otherwise = fields(item, ("op", "condition", "then"), ("else",))
        blocks = [at("then", self._block, then)]
        if "else" in item:
            blocks.append(at("else", self._block, otherwise))
        return IfElse(at("condition", self._classical, condition, 1), blocks)

    def _while(self, item: Any) -> WhileLoop:
        _, condition, rounds, body = fields(item, ("op", "condition", "max_rounds", "body"))
        rounds = at("max_rounds", whole, rounds, 0, self.limits.rounds)
        return WhileLoop(at("condition", self._classical, condition, 1), [at("body", self._loop, body)], rounds)

    def _for(self, item: Any) -> ForLoop:
        _, parameter, body, span, listed = fields(item, ("op", "parameter", "body"), ("range", "values"))
        if (span is None) == (listed is None):
            refuse('a "range" or "values" is needed, not both')
        values: Any = tuple(at("values", each, listed, whole)) if span is None else at("range", self._range, span)
        if len(values) > min(self.limits.rounds, MAX_ROUNDS):
            refuse(f"a loop may have {min(self.limits.rounds, MAX_ROUNDS)} rounds, but this one has {len(values)}")
        label = at("parameter", name, parameter, self.limits)
        return ForLoop(values, self._checked(Parameter, label), [at("body", self._loop, body)])

    def _range(self, item: Any) -> range:
        bounds = each(item, whole)
        if len(bounds) != 3 or not bounds[2]:
            refuse("start, stop and a step that is not 0 are needed")
        span = range(*bounds)
        if (span.stop - span.start) // span.step > self.limits.rounds:  # len() has no room for more than 2^63
            refuse(f"a loop may have {self.limits.rounds} rounds, but this one has more")
        return span

    def _switch(self, item: Any) -> Switch:
        _, subject, cases = fields(item, ("op", "subject", "cases"))
        wanted: Expression = at("subject", self._classical, subject, None)
        taken: set[int] = set()

        def case(one: Any) -> tuple[tuple[int, ...] | None, Block]:
            values, body = fields(one, ("values", "body"))
            if None in taken:
                refuse("the default is the last case")
            if values is None:
                taken.add(None)  # type: ignore[arg-type]
                return None, at("body", self._block, body)
            found = at("values", each, values, lambda value: whole(value, 0, register_size(wanted.width) - 1))
            if not found or len({*taken, *found}) != len(taken) + len(found):
                raise Fault("each case has values, and each value one case", "values")
            taken.update(found)
            return tuple(found), at("body", self._block, body)

        read_cases = at("cases", each, cases, case)
        return Switch(wanted, [values for values, _ in read_cases], [block for _, block in read_cases])

    def _jump(self, item: Any) -> Instruction:
        fields(item, ("op",))
        if not self.loops:
            refuse(f"{item['op']} stands in a loop")
        return Break() if item["op"] == "break" else Continue()

    def _loop(self, item: Any) -> Block:
        self.loops += 1
        block = self._block(item)
        self.loops -= 1
        return block

    def _block(self, item: Any) -> Block:
        most = min(self.limits.nesting, MAX_NESTING)
        if self.depth >= most:
            refuse(f"blocks may be nested {most} deep, but this one lies deeper")
        self.depth += 1
        items, parts = fields(item, ("instructions", "subcircuits")) if isinstance(item, dict) else (item, [])
        instructions = each(items, self._instruction)
        self.depth -= 1
        return block_of(instructions, at("subcircuits", self._parts, parts, instructions))

    # ── Classical expressions ─────────────────────────────────────────────────────────────────────────────────────

    def _classical(self, item: Any, width: int | None) -> Expression:
        """An expression of that width, if one is given."""
        found = self._expression(item, 1)
        if width is not None and found.width != width:
            refuse(f"an expression of {width} bits is needed, but this one has {found.width}")
        return found

    def _expression(self, item: Any, depth: int) -> Expression:
        self._charge(1)
        if depth > MAX_DEPTH:
            refuse(f"an expression may be nested {MAX_DEPTH} deep, but this one is deeper")
        if isinstance(item, dict) and "read" in item:
            places = at("read", numbers, fields(item, ("read",))[0], self.num_bits, "bit")
            return read(places, self._spelled(places))
        if isinstance(item, dict) and "bits" in item:
            state: str = at("bits", self._bitstring, fields(item, ("bits",))[0])
            return Expression("value", (parse_bitstring(state),), len(state), repr(state))
        if isinstance(item, dict) and "value" in item:
            value, width = fields(item, ("value", "width"))
            width = at("width", whole, width, 0, self.limits.bits)
            return Expression("value", (at("value", self._number, value, width),), width)
        op, arguments = fields(item, ("op", "args"))
        inner = at("args", each, arguments, lambda argument: self._expression(argument, depth + 1))
        return self._combined(op, inner)

    def _combined(self, op: Any, inner: list[Expression]) -> Expression:
        if op == "~" and len(inner) == 1:
            return Expression("~", tuple(inner), inner[0].width)
        if op == "++" and inner:
            width = sum(part.width for part in inner)
            if width > self.limits.bits:
                refuse(f"an expression may have {self.limits.bits} bits, but this one has {width}")
            return Expression("++", tuple(inner), width)
        if op not in (*_SAME_WIDTH, *COMPARISONS) or len(inner) != 2:
            refuse(f"an operator with its arguments is needed, but this is {shown(op)} with {len(inner)}")
        left, right = inner
        if left.width != right.width:
            refuse(f"both sides of {op} need as many bits, but have {left.width} and {right.width}")
        return Expression(op, (left, right), left.width if op in _SAME_WIDTH else 1)

    def _bitstring(self, value: Any) -> str:
        if not isinstance(value, str) or value.strip("01") or len(value) > self.limits.bits:
            refuse(f"a text of 0 and 1 is needed, but this is {shown(value)}")
        return value

    def _number(self, value: Any, width: int) -> int:
        if type(value) is not int or not 0 <= value < register_size(width):
            refuse(f"a number of {width} bits is needed, but this is {shown(value)}")
        return value

    def _spelled(self, places: tuple[int, ...]) -> str:
        """The name of the register or bit, if it is one."""
        if len(places) == 1:
            return repr(self.bits[places[0]])
        return self.wholes.get(places, "")

    # ── Checks ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _charge(self, work: int) -> None:
        self.left -= work
        if self.left < 0:
            refuse(f"a circuit may have {self.limits.operations} operations, but this one has more")

    def _checked(self, make: Callable[..., Any], *arguments: Any) -> Any:
        """What the library makes, its refusal with a place."""
        try:
            return make(*arguments)
        except QsimError as error:
            refuse(str(error).rstrip("."))
