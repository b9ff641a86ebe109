"""Gates in a text: calls with modifiers, also of registers, and definitions."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from qsim.circuit import Operation
from qsim.errors import CircuitError
from qsim.io.definitions import Call, Controls, Definition, Modifier, Power
from qsim.io.formulas import Formula, Slot
from qsim.io.library import INCLUDES, PAPER, LibraryGate
from qsim.io.scope import NO_ANGLES, Opaque, Operand, finite_angle
from qsim.io.source import NotFlatError
from qsim.io.tokens import Tokens

if TYPE_CHECKING:
    from qsim.io.flat import FlatParser

__all__ = ["define_gate", "define_opaque", "gate_call", "operands"]

_MODIFIERS = ("ctrl", "negctrl", "inv", "pow")


def _angles(parser: "FlatParser", tokens: Tokens, params: Mapping[str, Slot] = NO_ANGLES) -> list[Formula]:
    """Leave `(angle, …)`; nothing where there is no bracket."""
    found: list[Formula] = []
    if not tokens.accept("(") or tokens.accept(")"):
        return found
    while True:
        found.append(parser.scope.formula(tokens, params))
        if tokens.accept(")"):
            return found
        tokens.expect(",", "an angle")


def _angle_values(formulas: list[Formula], given: tuple[Any, ...], tokens: Tokens) -> tuple[Any, ...]:
    """The angles of a call, where those of the definition that it stands in are given."""
    return tuple(finite_angle(formula, given, tokens) for formula in formulas)


def _call(
    parser: "FlatParser", params: Mapping[str, Slot], num_places: Callable[[], list[Any]]
) -> tuple[Call, list[Any]]:
    """Leave a call up to its semicolon: modifiers, gate, angles, and what `num_places` leaves of qubits."""
    tokens, position = parser.tokens, parser.tokens.start
    modifiers = _modifiers(parser)
    gate = _called(parser)
    formulas = _angles(parser, tokens, params)
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
        call = Call(gate, lambda given: _angle_values(formulas, given, tokens), tuple(range(wanted)), tuple(modifiers))
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
    tokens = parser.tokens
    tokens.expect("(", "`pow`")
    position = tokens.start
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
    file = "stdgates.inc" if parser.version == 3 else "qelib1.inc"
    if name in INCLUDES[file]:
        tokens.refuse(f"No gate is named {tokens.shown}.", f'Write include "{file}"; first.')
    if name in INCLUDES["qelib1.inc"]:
        tokens.refuse(
            f"No gate is named {tokens.shown}.", "It is in qelib1.inc of OpenQASM 2: define it, or include that."
        )
    from difflib import get_close_matches

    near = get_close_matches(name[:100], parser.scope.gates, n=1)
    tokens.refuse(f"No gate is named {tokens.shown}.", f"Did you mean {near[0]}?" if near else None)


def gate_call(parser: "FlatParser") -> None:
    """`cx q[0], q[1];`, also of registers, and with modifiers."""
    tokens, scope, position = parser.tokens, parser.scope, parser.tokens.start

    def listed_operands() -> list[Operand]:
        return list(operands(parser, "qubit"))

    call, listed = _call(parser, NO_ANGLES, listed_operands)
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


def operands(parser: "FlatParser", kind: Literal["qubit", "bit"]) -> Iterator[Operand]:
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


def define_gate(parser: "FlatParser") -> None:
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


def define_opaque(parser: "FlatParser") -> None:
    """`opaque f(θ) a, b;`: refused where it is used."""
    name, *_ = _heading(parser, ";")
    parser.end_statement("the declaration")
    parser.scope.define(Opaque(name))
    parser.forget_heads()
