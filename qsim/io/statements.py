"""The statements of OpenQASM, word by word: declarations, definitions, gate calls, measurement, assignments."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from qsim.circuit import (
    Assignment,
    Barrier,
    Break,
    Continue,
    Expression,
    Measurement,
    Operation,
    Parameter,
    ParameterExpression,
    Reset,
)
from qsim.circuit.classical import read
from qsim.circuit.flow import MAX_ROUNDS
from qsim.errors import CircuitError, QsimError
from qsim.gates.table import suggestion
from qsim.io.bit_values import combine_bits, constant
from qsim.io.definitions import Call, Controls, Definition, Modifier, Power, weight
from qsim.io.formulas import Formula, Slot
from qsim.io.library import INCLUDES, PAPER, LibraryGate
from qsim.io.scope import NO_ANGLES, Alias, Opaque, Operand, finite_angle
from qsim.io.source import NotFlatError
from qsim.io.tokens import Tokens

if TYPE_CHECKING:
    from qsim.io.flat import FlatParser

__all__ = [
    "HANDLERS",
    "MAX_ROUNDS",
    "angle_values",
    "angles",
    "assignment",
    "creg_comparison",
    "gate_call",
    "skipped_line",
]

_MODIFIERS = ("ctrl", "negctrl", "inv", "pow")


# ── Declarations ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _register(parser: "FlatParser") -> None:
    """`qreg q[2];` and `creg c[2];`, in both versions."""
    tokens, scope = parser.tokens, parser.scope
    add = scope.add_qubits if tokens.next() == "qreg" else scope.add_bits
    position = tokens.start
    name, size = scope.new_name(tokens, "a register"), 1
    if tokens.is_at("["):
        size = _size(parser)
    elif parser.version == 2:
        tokens.refuse(f"The size of the register in brackets is expected, but here is {tokens.shown}.")
    else:
        scope.scalars.add(name)
    add(name, size, tokens, position)
    parser.end_statement("the declaration")


def _size(parser: "FlatParser") -> int:
    """Leave `[size]`."""
    parser.tokens.expect("[", "the name")
    size = parser.scope.whole_number(parser.tokens, "a size")
    parser.tokens.expect("]", "the size")
    return size


def _qubits(parser: "FlatParser") -> None:
    """`qubit[2] q;` and `qubit q;`."""
    tokens, scope = parser.tokens, parser.scope
    tokens.next()
    is_scalar = not tokens.is_at("[")
    size = 1 if is_scalar else _size(parser)
    position = tokens.start
    name = scope.new_name(tokens, "a register")
    scope.add_qubits(name, size, tokens, position)
    if is_scalar:
        scope.scalars.add(name)
    parser.end_statement("the declaration")


def _bits(parser: "FlatParser") -> None:
    """`bit[2] c;`, `bit c;`, both perhaps with a value."""
    tokens, scope = parser.tokens, parser.scope
    tokens.next()
    is_scalar = not tokens.is_at("[")
    size = 1 if is_scalar else _size(parser)
    position = tokens.start
    name = scope.new_name(tokens, "a register")
    scope.add_bits(name, size, tokens, position)
    if is_scalar:
        scope.scalars.add(name)
    if tokens.is_at("="):
        register = scope.names[name]
        _assign(parser, Operand(tuple(range(register.start, register.start + size)), is_scalar), position)
    parser.end_statement("the declaration")


def _output(parser: "FlatParser") -> None:
    """`output bit[2] c;`: all bits of a circuit are results."""
    parser.tokens.next()
    if not parser.tokens.is_at("bit"):
        raise NotFlatError(parser.tokens.start, f"An output of type {parser.tokens.shown}")
    _bits(parser)


def _input(parser: "FlatParser") -> None:
    """`input float θ;`: a parameter."""
    tokens, scope = parser.tokens, parser.scope
    tokens.next()
    if tokens.text not in ("float", "angle"):
        raise NotFlatError(tokens.start, f"An input of type {tokens.shown}")
    tokens.next()
    if tokens.is_at("["):
        _size(parser)
    position = tokens.start
    name = scope.new_name(tokens, "a parameter")
    try:
        scope.names[name] = Parameter(name)
    except QsimError as error:
        tokens.source.refuse(position, str(error))
    parser.end_statement("the declaration")


def _const(parser: "FlatParser") -> None:
    """`const float[64] x = pi / 3;`, `const int n = 4;`, `const bool b = true;`."""
    tokens, scope, start = parser.tokens, parser.scope, parser.tokens.start
    tokens.next()
    kind = tokens.text
    if kind not in ("int", "uint", "float", "bool"):
        raise NotFlatError(tokens.start, f"A constant of type {tokens.shown}")
    tokens.next()
    if tokens.is_at("["):
        _size(parser)
    name = scope.new_name(tokens, "a constant")
    tokens.expect("=", "the name of a constant")
    value = scope.formula(tokens).constant
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    fits = {
        "float": isinstance(value, int | float) and not isinstance(value, bool),
        "bool": isinstance(value, bool),
        "int": is_whole,
        "uint": is_whole and value >= 0,
    }
    if not fits[kind]:
        raise NotFlatError(start, f"The conversion of a constant to {kind}")
    scope.names[name] = float(value) if kind == "float" else value
    parser.end_statement("the value")


def _alias(parser: "FlatParser") -> None:
    """`let a = q[0:2];`, also joined by `++`."""
    tokens, scope = parser.tokens, parser.scope
    tokens.next()
    name = scope.new_name(tokens, "an alias")
    tokens.expect("=", "the name of an alias")
    kind = scope.kind(tokens.text) or "qubit"
    numbers = [*scope.operand(tokens, kind).numbers]
    while tokens.accept("++"):
        position = tokens.start
        numbers += scope.operand(tokens, kind).numbers
        if len(set(numbers)) != len(numbers):
            tokens.source.refuse(position, "Registers that are joined must be distinct.")
    parser.end_statement("the alias")
    scope.names[name] = Alias(kind, tuple(numbers))


# ── Gates ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def angles(parser: "FlatParser", tokens: Tokens, params: Mapping[str, Slot] = NO_ANGLES) -> list[Formula]:
    """Leave `(angle, …)`; nothing where there is no bracket."""
    found: list[Formula] = []
    if not tokens.accept("(") or tokens.accept(")"):
        return found
    while True:
        found.append(parser.scope.formula(tokens, params))
        if tokens.accept(")"):
            return found
        tokens.expect(",", "an angle")


def angle_values(formulas: list[Formula], given: tuple[Any, ...], tokens: Tokens) -> tuple[Any, ...]:
    """The angles of a call, where those of the definition that it stands in are given."""
    return tuple(finite_angle(formula, given, tokens) for formula in formulas)


def _call(
    parser: "FlatParser", params: Mapping[str, Slot], num_places: Callable[[], list[Any]]
) -> tuple[Call, list[Any]]:
    """Leave a call up to its semicolon: modifiers, gate, angles, and what `num_places` leaves of qubits."""
    tokens, position = parser.tokens, parser.tokens.start
    modifiers = _modifiers(parser)
    gate = _called(parser)
    formulas = angles(parser, tokens, params)
    if len(formulas) != gate.num_params:
        count = f"{gate.num_params} angle{'s' * (gate.num_params != 1)}"
        tokens.source.refuse(position, f"Gate {gate.name} takes {count}, but {len(formulas)} are given.")
    places = num_places()
    wanted = gate.num_qubits + sum(len(m.state) for m in modifiers if isinstance(m, Controls))
    if len(places) != wanted:
        count = f"{wanted} qubit{'s' * (wanted != 1)}"
        tokens.source.refuse(position, f"Gate {gate.name} is on {count} here, but {len(places)} are given.")
    parser.end_statement("the qubits of a gate")
    try:
        call = Call(gate, lambda given: angle_values(formulas, given, tokens), tuple(range(wanted)), tuple(modifiers))
    except CircuitError as error:
        tokens.source.refuse(position, str(error))
    return call, places


def _modifiers(parser: "FlatParser") -> list[Modifier]:
    """Leave `ctrl(2) @ inv @ pow(1/2) @ …`."""
    tokens, found, width = parser.tokens, list[Modifier](), 0
    while parser.version == 3 and tokens.kind == "name" and tokens.text in _MODIFIERS:
        position, word = tokens.start, tokens.next()
        if word == "inv":
            found.append(Power(-1))
        elif word == "pow":
            found.append(Power(_exponent(parser)))
        else:
            count = 1
            if tokens.accept("("):
                count = parser.scope.whole_number(tokens, "a number of controls")
                tokens.expect(")", "the number of controls")
            width += count
            if count < 1 or width > parser.scope.limits.qubits:
                tokens.source.refuse(
                    position, f"There are 1 … {parser.scope.limits.qubits} controls, but here {count}."
                )
            found.append(Controls(("1" if word == "ctrl" else "0") * count))
        tokens.expect("@", f"`{word}`")
        if len(found) > parser.scope.limits.nesting:
            tokens.source.refuse(position, f"A gate may have {parser.scope.limits.nesting} modifiers.")
    return found


def _exponent(parser: "FlatParser") -> float:
    tokens, position = parser.tokens, parser.tokens.start
    tokens.expect("(", "`pow`")
    value = parser.scope.formula(tokens).constant
    tokens.expect(")", "the exponent")
    if not isinstance(value, int | float) or isinstance(value, bool):
        tokens.source.refuse(position, "The exponent of `pow` must be a number that is known now.")
    if value - value != 0:
        tokens.source.refuse(position, f"The exponent of `pow` must be finite, but is {value}.")
    return value


def _called(parser: "FlatParser") -> LibraryGate | Definition:
    """Leave the name of a gate that is defined."""
    tokens, scope = parser.tokens, parser.scope
    gate = scope.gates.get(tokens.text) if tokens.kind == "name" else None
    if isinstance(gate, Opaque):
        tokens.refuse(f"Gate {gate.name} is opaque: the file does not say what it does.")
    if gate is None:
        _unknown_gate(parser)
    tokens.next()
    return gate


def _unknown_gate(parser: "FlatParser") -> NoReturn:
    tokens, name = parser.tokens, parser.tokens.text
    if tokens.kind != "name":
        tokens.refuse(f"The name of a gate is expected, but here is {tokens.shown}.")
    for file, gates in INCLUDES.items():
        if name in gates and (parser.version == 3 or file == "qelib1.inc"):
            if parser.version == 3 and file == "qelib1.inc":
                tokens.refuse(
                    f"No gate is named {name}.", f"It is in {file} of OpenQASM 2: define it, or include that."
                )
            tokens.refuse(f"No gate is named {name}.", f'Write include "{file}"; first.')
    near = suggestion(name[:100], parser.scope.gates)[2:].capitalize()
    tokens.refuse(f"No gate is named {tokens.shown}.", near or None)


def gate_call(parser: "FlatParser") -> None:
    """`cx q[0], q[1];`, also of registers, and with modifiers."""
    tokens, scope, position = parser.tokens, parser.scope, parser.tokens.start

    def operands() -> list[Operand]:
        return list(_operands(parser, "qubit"))

    call, listed = _call(parser, NO_ANGLES, operands)
    lengths = {len(operand.numbers) for operand in listed if not operand.is_single}
    if len(lengths) > 1:
        tokens.source.refuse(position, f"Registers must have equal sizes, but have {sorted(lengths)}.")
    rounds = lengths.pop() if lengths else 1
    scope.charge(call.cost * rounds, tokens, position)
    steps = scope.steps(call, tokens, position)
    for row in range(rounds):
        qubits = tuple(o.numbers[0] if o.is_single else o.numbers[row] for o in listed)
        if len(set(qubits)) != len(qubits):
            tokens.source.refuse(position, f"The qubits of a gate must differ, but {call.gate.name} has one twice.")
        scope.instructions += [Operation(gate, tuple(qubits[at] for at in places)) for gate, places in steps]


def _operands(parser: "FlatParser", kind: Literal["qubit", "bit"]) -> Iterator[Operand]:
    """Leave `q[0], r, …`; nothing where the statement ends."""
    tokens = parser.tokens
    if tokens.is_at(";"):
        return
    yield parser.scope.operand(tokens, kind)
    while tokens.accept(","):
        yield parser.scope.operand(tokens, kind)


def _names(parser: "FlatParser", what: str, end: str) -> tuple[str, ...]:
    """Leave `a, b, …` of a definition."""
    tokens, found = parser.tokens, dict[str, None]()
    while not tokens.is_at(end):
        if tokens.text in found:
            tokens.refuse(f"`{tokens.text}` is the name of {what} already.")
        found[tokens.identifier(what)] = None
        if not tokens.accept(","):
            break
    return tuple(found)


def _heading(parser: "FlatParser", end: str) -> tuple[str, int, tuple[str, ...], tuple[str, ...]]:
    """Leave `gate name(θ) a, b`."""
    tokens, scope = parser.tokens, parser.scope
    tokens.next()
    position, name = tokens.start, tokens.identifier("a gate")
    known = scope.gates.get(name)
    file = scope.included.get(name)
    if known is not None and (file in (None, "stdgates.inc") or (file == "qelib1.inc" and name in PAPER)):
        tokens.source.refuse(position, f"Gate {name} is defined already.")
    params: tuple[str, ...] = ()
    if tokens.accept("("):
        params = _names(parser, "an angle", ")")
        tokens.expect(")", "the angles")
    qubits = _names(parser, "a qubit", end)
    if not qubits and parser.version == 2:
        tokens.refuse(f"Gate {name} needs the names of its qubits, but here is {tokens.shown}.")
    return name, position, params, qubits


def _gate(parser: "FlatParser") -> None:
    """`gate f(θ) a, b { h a; crz(θ/2) a, b; }`."""
    tokens, scope = parser.tokens, parser.scope
    name, position, params, qubits = _heading(parser, "{")
    tokens.expect("{", "the names of the qubits")
    numbers = {qubit: number for number, qubit in enumerate(qubits)}
    slots = {param: Slot(number) for number, param in enumerate(params)}
    body: list[Call] = []

    def places() -> list[int]:
        return _places(parser, numbers)

    while not tokens.accept("}"):
        if tokens.is_at("barrier"):  # a definition is a unitary: nothing can be moved that a barrier would hold
            tokens.next()
            places()
            parser.end_statement("the qubits of a barrier")
            continue
        if parser.version == 3 and (tokens.is_at("for") or tokens.is_at("if") or tokens.is_at("while")):
            raise NotFlatError(tokens.start, f"`{tokens.text}` in a gate")
        start = tokens.start
        call, listed = _call(parser, slots, places)
        if len(set(listed)) != len(listed):
            tokens.source.refuse(start, f"The qubits of a gate must differ, but {call.gate.name} has one twice.")
        call.places = tuple(listed)
        body.append(call)
    gate = Definition(name, len(params), len(qubits), tuple(body))
    if gate.depth > scope.limits.nesting:
        tokens.source.refuse(position, f"Definitions may call each other {scope.limits.nesting} deep.")
    scope.define(gate)
    parser.forget_heads()


def _places(parser: "FlatParser", numbers: dict[str, int]) -> list[int]:
    """Leave the qubits of a call within a definition."""
    tokens, found = parser.tokens, list[int]()
    while tokens.kind == "name":
        if tokens.text not in numbers:
            tokens.refuse(f"{tokens.shown} is no qubit of this definition.")
        found.append(numbers[tokens.next()])
        if not tokens.accept(","):
            break
    return found


def _opaque(parser: "FlatParser") -> None:
    """`opaque f(θ) a, b;`: refused where it is used."""
    name, *_ = _heading(parser, ";")
    parser.end_statement("the declaration")
    parser.scope.define(Opaque(name))
    parser.forget_heads()


# ── Measurement, reset, barriers ──────────────────────────────────────────────────────────────────────────────────────


def _measure(parser: "FlatParser") -> None:
    """`measure q -> c;`, and in version 3 `measure q;`, whose result goes to bits that nothing reads."""
    tokens, scope = parser.tokens, parser.scope
    position = tokens.start
    tokens.next()
    qubits = scope.operand(tokens, "qubit")
    if tokens.accept("->"):
        _add_measurements(parser, qubits, scope.operand(tokens, "bit"), position)
    elif parser.version == 2:
        tokens.expect("->", "the measured qubits")
    else:
        raise NotFlatError(position, "A measurement without a result")
    parser.end_statement("a measurement")


def _add_measurements(parser: "FlatParser", qubits: Operand, bits: Operand, position: int) -> None:
    if len(qubits.numbers) != len(bits.numbers):
        sizes = f"{len(qubits.numbers)} and {len(bits.numbers)}"
        parser.tokens.source.refuse(position, f"A bit is needed for each qubit, but there are {sizes}.")
    parser.scope.charge(len(qubits.numbers), parser.tokens, position)
    parser.scope.instructions += [Measurement((q,), b) for q, b in zip(qubits.numbers, bits.numbers, strict=True)]


def _reset(parser: "FlatParser") -> None:
    """`reset q;`."""
    tokens, position = parser.tokens, parser.tokens.start
    tokens.next()
    numbers = parser.scope.operand(tokens, "qubit").numbers
    parser.end_statement("the qubits")
    parser.scope.charge(len(numbers), tokens, position)
    parser.scope.instructions += [Reset((number,)) for number in numbers]


def _barrier(parser: "FlatParser") -> None:
    """`barrier q, r[0];`, and `barrier;` of all qubits."""
    tokens, scope, position = parser.tokens, parser.scope, parser.tokens.start
    tokens.next()
    numbers = [number for operand in _operands(parser, "qubit") for number in operand.numbers]
    if not numbers:
        if parser.version == 2:
            tokens.refuse(f"The qubits of a barrier are expected, but here is {tokens.shown}.")
        numbers = list(range(scope.circuit.num_qubits))
    parser.end_statement("the qubits")
    scope.charge(weight(len(numbers)), tokens, position)
    if numbers:
        scope.instructions.append(Barrier(tuple(dict.fromkeys(numbers))))


def _delay(parser: "FlatParser") -> None:
    """`delay[100ns] q;`: a circuit has no times."""
    tokens, position = parser.tokens, parser.tokens.start
    parser.scope.warn("delay", tokens, position, "a circuit has no times")
    end = tokens.source.text.find(";", tokens.end)
    if end < 0:
        tokens.refuse("A statement ends with `;`, but this one does not end.")
    tokens.move(end + 1)


def skipped_line(parser: "FlatParser") -> None:
    """`pragma …`, `#pragma …` and `@annotation …`: for other programs."""
    tokens, position = parser.tokens, parser.tokens.start
    kind = "pragma" if tokens.kind != "@" else "annotation"
    tokens.skip_line()
    parser.scope.warn(kind, tokens, position, "it is for other programs")


# ── Classical bits ────────────────────────────────────────────────────────────────────────────────────────────────────


def assignment(parser: "FlatParser") -> None:
    """`c = measure q;`, `c[0] = 1;`, `c = "0101";`, `a = b & c;`."""
    tokens, position = parser.tokens, parser.tokens.start
    bits = parser.scope.operand(tokens, "bit")
    if not tokens.is_at("="):
        raise NotFlatError(position, f"An assignment by {tokens.shown}")
    _assign(parser, bits, position)
    parser.end_statement("the value")


def _assign(parser: "FlatParser", bits: Operand, position: int) -> None:
    """Leave `= measure q` or `= value`."""
    tokens, scope = parser.tokens, parser.scope
    tokens.next()
    if tokens.accept("measure"):
        _add_measurements(parser, scope.operand(tokens, "qubit"), bits, position)
        return
    at, width = tokens.start, len(bits.numbers)
    value = scope.formula(tokens).value()
    if isinstance(value, ParameterExpression | float):
        raise NotFlatError(at, "The conversion of a number to bits")
    if not isinstance(value, Expression):
        if not 0 <= value < 2**width:
            tokens.source.refuse(at, f"{width} bits never have the value {int(value)}.")
        value = constant(value, width)
    if value.width != width:
        tokens.source.refuse(at, f"The value has {value.width} bits, but {width} are assigned.")
    scope.charge(weight(width + len(value.bits)), tokens, position)
    scope.instructions.append(Assignment(bits.numbers[::-1], value))


def creg_comparison(parser: "FlatParser") -> Expression:
    """Leave `c == 3` of OpenQASM 2's `if`."""
    tokens, scope = parser.tokens, parser.scope
    bits = scope.operand(tokens, "bit")
    tokens.expect("==", "the register")
    position = tokens.start
    value = scope.whole_number(tokens, "a value")
    if value < 0:
        tokens.source.refuse(position, f"A value must not be negative, but is {value}.")
    return combine_bits("==", read(bits.numbers[::-1], ""), value)


# ── Loops ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _jump(parser: "FlatParser") -> None:
    """`break;` and `continue;`."""
    tokens = parser.tokens
    if not parser.in_loop():
        tokens.refuse(f"`{tokens.text}` stands in a loop.")
    parser.scope.instructions.append(Break() if tokens.next() == "break" else Continue())
    parser.end_statement("it")


_SHARED: dict[str, Callable[["FlatParser"], None]] = {
    "qreg": _register,
    "creg": _register,
    "gate": _gate,
    "measure": _measure,
    "reset": _reset,
    "barrier": _barrier,
}
HANDLERS: dict[int, dict[str, Callable[["FlatParser"], None]]] = {  # by version and first word
    2: {**_SHARED, "opaque": _opaque},
    3: {
        **_SHARED,
        "qubit": _qubits,
        "bit": _bits,
        "output": _output,
        "input": _input,
        "const": _const,
        "let": _alias,
        "delay": _delay,
        "pragma": skipped_line,
        "break": _jump,
        "continue": _jump,
    },
}
