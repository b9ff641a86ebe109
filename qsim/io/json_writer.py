"""Circuits as JSON: what `docs/json.md` describes."""

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsim.algebra.factors import NAMED
from qsim.bits import bitstring
from qsim.circuit.classical import Expression
from qsim.circuit.expressions import ParameterExpression
from qsim.circuit.flow import Assignment, Block, ForLoop, IfElse, Switch, WhileLoop, subcircuits_of
from qsim.circuit.instructions import Barrier, Initialize, Instruction, Measurement, Operation, Reset
from qsim.circuit.parameters import Parameter
from qsim.errors import CircuitError, QsimError
from qsim.gates import Gate
from qsim.gates.spec import GateSpec
from qsim.gates.table import TABLE
from qsim.io.json_gates import check_custom
from qsim.io.json_subcircuits import subcircuit_to_json

if TYPE_CHECKING:
    from qsim.circuit import Circuit

__all__ = ["FORMAT", "VERSION", "to_json"]

FORMAT = "qsim-circuit"
VERSION = 1

Json = dict[str, Any]


def to_json(circuit: "Circuit") -> str:
    """A circuit as JSON text, an instruction a line; `docs/json.md` says what is in it.

    Nothing is lost but the lines of the program that added the instructions: `from_json(to_json(c)) == c`.

    Raises:
        CircuitError: an instruction has no form in JSON.

    >>> from qsim import Circuit
    >>> print(to_json(Circuit(1).h(0)))
    {"format": "qsim-circuit", "version": 1, "name": null,
     "qubits": [{"name": "q", "size": 1}],
     "bits": [],
     "gates": [],
     "instructions": [
      {"op": "gate", "gate": "h", "qubits": [0]}
     ]}
    """
    writer = _Writer()
    instructions, subcircuits = list(map(writer.instruction, circuit)), circuit.subcircuits
    qubits = [{"name": register.name, "size": register.size} for register in circuit.qubits.registers]
    bits = [{"name": r.name, "size": r.size, **r.options} for r in circuit.bits.registers]
    head = {"format": FORMAT, "version": VERSION, "name": circuit.name}
    lists = {"qubits": _text(qubits), "bits": _text(bits)}
    lists |= {"gates": _lines(writer.gates), "instructions": _lines(instructions)}
    lists |= {"subcircuits": _lines(list(map(subcircuit_to_json, subcircuits)))} if subcircuits else {}
    return _text(head)[:-1] + "".join(f',\n "{key}": {text}' for key, text in lists.items()) + "}"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _lines(items: list[Json]) -> str:
    return "[\n  " + ",\n  ".join(map(_text, items)) + "\n ]" if items else "[]"


class _Writer:
    """Writes instructions, and keeps the custom gates, each once.

    Attributes:
        gates: the custom gates, in the order of their numbers.
    """

    def __init__(self) -> None:
        self.gates: list[Json] = []
        self._numbers: dict[int, int] = {}  # identity of a row → number of the gate
        self._by_type: dict[type[Instruction], Callable[[Any], Json]] = {
            Operation: self._operation,
            Measurement: lambda i: {"op": "measure", "qubit": i.qubit, "bit": i.bit},
            Reset: lambda i: {"op": "reset", "qubit": i.qubit},
            Barrier: lambda i: {"op": "barrier", "qubits": list(i.qubits)},
            Initialize: self._initialize,
            Assignment: lambda i: {"op": "assign", "bits": list(i.targets), "value": _classical(i.value)},
            IfElse: self._if,
            WhileLoop: self._while,
            ForLoop: self._for,
            Switch: self._switch,
        }

    def instruction(self, instruction: Instruction) -> Json:
        """One instruction."""
        write = self._by_type.get(type(instruction))
        if write is not None:
            return write(instruction)
        if instruction.name in ("break", "continue"):
            return {"op": instruction.name}
        raise CircuitError(f"Instruction {instruction!r} has no form in JSON.")

    def _block(self, block: Block) -> list[Json] | Json:
        instructions, subcircuits = list(map(self.instruction, block)), subcircuits_of(block)
        if not subcircuits:
            return instructions
        return {"instructions": instructions, "subcircuits": list(map(subcircuit_to_json, subcircuits))}

    def _if(self, instruction: IfElse) -> Json:
        names = ("then", "else")
        blocks = {name: self._block(block) for name, block in zip(names, instruction.blocks, strict=False)}
        return {"op": "if", "condition": _classical(instruction.condition), **blocks}

    def _while(self, instruction: WhileLoop) -> Json:
        head = {"op": "while", "condition": _classical(instruction.condition), "max_rounds": instruction.max_rounds}
        return {**head, "body": self._block(instruction.blocks[0])}

    def _for(self, instruction: ForLoop) -> Json:
        values: Any = instruction.values
        listed = [values.start, values.stop, values.step] if isinstance(values, range) else list(values)
        kind = "range" if isinstance(values, range) else "values"
        parameter = instruction.parameter.name
        return {"op": "for", "parameter": parameter, kind: listed, "body": self._block(instruction.blocks[0])}

    def _switch(self, instruction: Switch) -> Json:
        cases = [
            {"values": None if values is None else list(values), "body": self._block(block)}
            for values, block in zip(instruction.cases, instruction.blocks, strict=True)
        ]
        return {"op": "switch", "subject": _classical(instruction.subject), "cases": cases}

    def _initialize(self, instruction: Initialize) -> Json:
        state = instruction.label or _complexes(instruction.amplitudes)
        return {"op": "initialize", "state": state, "qubits": list(instruction.qubits)}

    def _operation(self, operation: Operation) -> Json:
        gate = operation.gate
        written: Json = {"op": "gate", "gate": self._gate(gate)}
        if gate.params:
            written["params"] = list(map(_angle, gate.params))
        if gate._extra_state:
            written["controls"] = gate._extra_state
        return {**written, "qubits": list(operation.qubits)}

    def _gate(self, gate: Gate) -> Any:
        """The name of a row, the row whose base it is, or the number of a custom gate."""
        if gate.is_from_table:
            return gate.spec.name
        whole = next((name for name, row in TABLE.items() if row.base is gate.spec), None)
        if whole is not None:
            return {"base": whole}
        number = self._numbers.get(id(gate.spec))
        if number is None:
            number = self._numbers[id(gate.spec)] = len(self.gates)
            self.gates.append(_custom(gate))
        return number


def _custom(gate: Gate) -> Json:
    """A custom gate by what defines it."""
    spec, data = gate.spec, gate.spec.data
    written: Json = {"name": spec.name}
    if data is None:
        written |= _operator(spec)
    elif data.ndim == 2:
        written["matrix"] = [_complexes(line) for line in data]
    elif spec.structure == "permutation":
        return {**written, "permutation": data.tolist()}
    else:
        written["diagonal"] = _complexes(data)
    return written if _is_unitary(spec) else {**written, "unitary": False}


def _operator(spec: GateSpec) -> Json:
    operator = spec.operator()
    terms = []
    for term in operator.terms:
        factors: list[Json] = []
        for qubits, factor in term.factors:
            named = NAMED.get(factor.name) is factor
            matrix = {} if named else {"matrix": [_complexes(line) for line in factor.matrix]}
            factors.append({"name": factor.name, **matrix, "qubits": list(qubits)})
        terms.append({"coefficient": _complexes([term.coefficient])[0], "factors": factors})
    return {"operator": terms, "num_qubits": operator.num_qubits, "structure": spec.structure}


def _is_unitary(spec: GateSpec) -> bool:
    """Whether the reader, which checks, will find it unitary."""
    try:
        check_custom(spec)
    except QsimError:  # it is not, or that cannot be told
        return False
    return True


def _complexes(values: Iterable[complex] | NDArray[Any]) -> list[list[float]]:
    array = np.asarray(values, dtype=np.complex128)
    pairs: list[list[float]] = np.stack([array.real, array.imag], axis=-1).tolist()
    return pairs


def _angle(value: Any) -> Any:
    """A number, a parameter, or an expression as a list of atoms and an affine row over them."""
    if isinstance(value, Parameter):
        return {"parameter": value.name}
    if not isinstance(value, ParameterExpression):
        return float(value)
    _, (steps, row) = value.__reduce__()
    atoms: list[Json] = [
        {"parameter": step.name}
        if isinstance(step, Parameter)
        else {"function": step[0], "operands": [_row(operand) for operand in step[1]]}
        for step in steps
    ]
    return {"atoms": atoms, "sum": _row(row)}


def _row(row: Any) -> Any:
    constant, terms = row
    return {"constant": constant, "terms": [list(term) for term in terms]} if terms else constant


def _classical(expression: Expression) -> Json:
    if expression.op == "read":
        return {"read": list(expression.args)}
    if expression.op == "value" and expression.text:
        return {"bits": bitstring(expression.args[0], expression.width)}
    if expression.op == "value":
        return {"value": expression.args[0], "width": expression.width}
    return {"op": expression.op, "args": list(map(_classical, expression.args))}
