"""The statements of OpenQASM, word by word: declarations, measurement, assignments."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from qsim.circuit import (
    Assignment,
    Barrier,
    Break,
    Continue,
    Expression,
    ForLoop,
    Measurement,
    Parameter,
    ParameterExpression,
    Reset,
)
from qsim.circuit.classical import read
from qsim.circuit.flow import MAX_ROUNDS
from qsim.errors import QsimError
from qsim.io.bit_values import combine_bits, constant
from qsim.io.definitions import weight
from qsim.io.gate_statements import define_gate, define_opaque, operands
from qsim.io.scope import Alias, Operand
from qsim.io.source import NotFlatError

if TYPE_CHECKING:
    from qsim.io.flat import FlatParser

__all__ = ["HANDLERS", "MAX_ROUNDS", "assignment", "creg_comparison", "for_loop", "skipped_line"]

_LARGEST = 2**62  # of a range: its length is a 64-bit integer


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


def _type(parser: "FlatParser", known: tuple[str, ...], what: str) -> None:
    """Leave a type, with or without a size, that is one of these."""
    tokens = parser.tokens
    if tokens.text not in known:
        raise NotFlatError(tokens.start, f"{what} {tokens.shown}")
    tokens.next()
    if tokens.is_at("["):
        _size(parser)


def _qubits(parser: "FlatParser") -> None:
    """`qubit[2] q;` and `qubit q;`."""
    _declared(parser, parser.scope.add_qubits)
    parser.end_statement("the declaration")


def _bits(parser: "FlatParser") -> None:
    """`bit[2] c;`, `bit c;`, both perhaps with a value."""
    name, size, is_scalar, position = _declared(parser, parser.scope.add_bits)
    if parser.tokens.is_at("="):
        register = parser.scope.names[name]
        _assign(parser, Operand(tuple(range(register.start, register.start + size)), is_scalar), position)
    parser.end_statement("the declaration")


def _declared(parser: "FlatParser", add: Callable[..., object]) -> tuple[str, int, bool, int]:
    """`[2] name` and `name`: the name, the size, whether it is a scalar, and where it stands."""
    tokens, scope = parser.tokens, parser.scope
    tokens.next()
    is_scalar = not tokens.is_at("[")
    size = 1 if is_scalar else _size(parser)
    position = tokens.start
    name = scope.new_name(tokens, "a register")
    add(name, size, tokens, position)
    if is_scalar:
        scope.scalars.add(name)
    return name, size, is_scalar, position


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
    _type(parser, ("float", "angle"), "An input of type")
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
        scope.charge(len(qubits.numbers), tokens, position)
        bits = scope.unread_bits(len(qubits.numbers), tokens, position)
        _add_measurements(parser, qubits, Operand(bits, False), position)
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
    numbers = [number for operand in operands(parser, "qubit") for number in operand.numbers]
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


def for_loop(parser: "FlatParser") -> tuple[str, ForLoop]:
    """Leave `for int i in [0:2:6]` or `for int i in {1, 2}`; its variable may stand in angles, as a parameter."""
    tokens, scope = parser.tokens, parser.scope
    tokens.next()
    _type(parser, ("int", "uint"), "A loop over")
    start = tokens.start
    name = scope.new_name(tokens, "a variable")
    tokens.expect("in", "the variable")
    position = tokens.start
    values = _rounds(parser)
    if len(values) > scope.limits.rounds:
        tokens.source.refuse(position, f"A loop may have {scope.limits.rounds} rounds, but this one has more.")
    try:
        return name, ForLoop(values, Parameter(name), ())
    except QsimError as error:
        tokens.source.refuse(start, str(error))


def _rounds(parser: "FlatParser") -> range | tuple[int, ...]:
    """Leave `[first:step:last]` or `{…}`."""
    tokens, scope, position = parser.tokens, parser.scope, parser.tokens.start
    is_range = tokens.is_at("[")
    if not is_range and not tokens.is_at("{"):
        raise NotFlatError(position, "A loop over an array")
    tokens.next()
    found = [scope.whole_number(tokens, "a value")]
    while tokens.accept(":" if is_range else ",") and not tokens.is_at("}"):
        found.append(scope.whole_number(tokens, "a value"))
    tokens.expect("]" if is_range else "}", "the values of the loop")
    if not is_range:
        return tuple(found)
    first, step, last = (found[0], 1, found[-1]) if len(found) == 2 else (*found, 0, 0)[:3]
    if len(found) not in (2, 3) or not step:
        tokens.source.refuse(position, "A range is [first:last] or [first:step:last], and its step is not 0.")
    if max(map(abs, found)) >= _LARGEST:
        tokens.source.refuse(position, "A range has numbers of at most 62 bits.")
    return range(first, last + (1 if step > 0 else -1), step)


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
    "gate": define_gate,
    "measure": _measure,
    "reset": _reset,
    "barrier": _barrier,
}
HANDLERS: dict[int, dict[str, Callable[["FlatParser"], None]]] = {  # by version and first word
    2: {**_SHARED, "opaque": define_opaque},
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
