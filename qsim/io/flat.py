"""The parser of OpenQASM 2 and of flat OpenQASM 3: straight lines of gates, definitions, measurement, conditions.

Plain gate statements, nearly all that large files hold, are read by one regular expression, and what their halves mean
is kept: gate with angles, and qubits. Everything else goes word by word. Nothing recurses: blocks wait on a list.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from qsim.circuit import Circuit, Expression, ForLoop, IfElse, Instruction, Operation, QubitRegister, WhileLoop
from qsim.circuit.flow import MAX_NESTING
from qsim.errors import CircuitError
from qsim.gates import Gate
from qsim.io import statements
from qsim.io.bit_values import condition
from qsim.io.definitions import Call, Definition, weight
from qsim.io.gate_statements import gate_call
from qsim.io.library import INCLUDES, PAPER, LibraryGate, Step
from qsim.io.limits import Limits
from qsim.io.scope import BEYOND_FLAT, Opaque, Scope, finite_angle
from qsim.io.source import NotFlatError, Source, included_file, read_file
from qsim.io.tokens import END, IDENTIFIER, TRIVIA, Tokens

__all__ = ["parse_flat", "version_of"]

_PLAIN = re.compile(  # name(angles, brackets in them one deep) qubits;
    rf"\s*+({IDENTIFIER}(?:\s*+\((?>[^()]++|\([^()]*+\))*+\))?+)\s*+([\w\s,\[\]]*+);"
)
_QUBIT = re.compile(rf"\s*+({IDENTIFIER})\s*+(?:\[\s*+([0-9]{{1,9}})\s*+\]\s*+)?+")
_NUMBER = re.compile(r"\s*+-?[0-9]++(?:\.[0-9]*+)?(?:[eE][+-]?[0-9]++)?\s*+")
_HEADER = re.compile(r"OPENQASM\s++([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*+;")


_KEEP = 10_000  # texts of gates, and of angles, whose meaning is kept


class _Head(NamedTuple):
    """What a gate with angles comes to: one gate on its qubits in their order, or steps."""

    num_qubits: int
    gate: Gate | None
    steps: Sequence[Step]
    cost: int


class _Block(NamedTuple):
    """An `if`, an `else`, a `while` or a `for` that is being read."""

    kind: str
    condition: Expression | ForLoop  # of a `for` an empty loop
    blocks: tuple[tuple[Instruction, ...], ...]
    outer: list[Instruction]
    is_single: bool  # one statement without braces
    position: int
    variable: str = ""  # of a `for`


def version_of(source: Source) -> tuple[int, int]:
    """The version of OpenQASM that a text says it is in, 3 where it says none, and where the text goes on.

    Raises:
        QasmError: qsim does not read that version.
    """
    start = TRIVIA.match(source.text).end()  # type: ignore[union-attr]
    if not source.text.startswith("OPENQASM", start):
        return 3, 0
    header = _HEADER.match(source.text, start)
    if header is None:
        source.refuse(start, "The header is `OPENQASM` with a version.", "Write OPENQASM 3.0; or OPENQASM 2.0;")
    if header[1] not in ("2", "2.0", "3", "3.0", "3.1"):
        source.refuse(header.start(1), f"qsim reads OpenQASM 2.0, 3.0 and 3.1, but this is version {header[1]}.")
    return int(header[1][0]), header.end()


def parse_flat(source: Source, limits: Limits, folder: str | Path | None, stacklevel: int = 1) -> Circuit:
    """The circuit of a text.

    Args:
        source: the text.
        limits: what it may ask for.
        folder: where files that it includes may lie; none by default.
        stacklevel: whose the warnings are, as `warnings.warn` counts.

    Raises:
        QasmError: the text is wrong, or past a limit.
        NotFlatError: it uses more of OpenQASM 3 than is read here.
    """
    parser = FlatParser(source, limits, folder)
    parser.parse()
    parser.scope.tell_warnings(stacklevel + 1)
    return parser.scope.circuit


class FlatParser:
    """Reads a text from its first statement to its last.

    Attributes:
        scope: what is declared, and the circuit.
        tokens: the place in the text.
    """

    def __init__(self, source: Source, limits: Limits, folder: str | Path | None) -> None:
        version, start = version_of(source)
        self.scope = Scope(limits, version)
        self.tokens = Tokens(source, limits, version, start)
        self.version = version
        self._limits, self._folder = limits, folder
        self._including: list[Tokens] = []  # files that wait for the end of this one
        self._characters = len(source.text)
        self._open: list[_Block] = []
        self._heads: dict[str, _Head] = {}
        self._known_angles: dict[str, Any] = {}
        self._tails: dict[str, tuple[int, ...]] = {}

    def parse(self) -> None:
        """Read to the end."""
        while True:
            if not (self._open and self._open[-1].is_single):
                self._plain_statements()
            if self.tokens.kind == END:
                if not self._leave_file():
                    return
            elif self.tokens.kind == "}":
                self._close_braces()
            else:
                self._statement()

    # ── Plain gate statements ─────────────────────────────────────────────────────────────────────────────────────

    def _plain_statements(self) -> None:
        """Read gate statements as long as they are plain: known gates on single, distinct qubits."""
        text, position = self.tokens.source.text, self.tokens.start
        heads, tails, match = self._heads, self._tails, _PLAIN.match
        instructions = self.scope.instructions
        before, first = len(instructions), position
        append = instructions.append
        while found := match(text, position):
            head, tail = found.groups()
            known = heads.get(head) or self._head(head, found.start(1))
            if known is None:
                break
            qubits = tails.get(tail)
            if qubits is None:
                qubits = self._tail(tail)
            if qubits is None or len(qubits) != known.num_qubits:
                break
            if known.gate is not None:
                append(Operation(known.gate, qubits))
            else:
                self.scope.charge(known.cost, self.tokens, found.start(1))
                before += len(known.steps)
                instructions += [Operation(gate, tuple(qubits[at] for at in places)) for gate, places in known.steps]
            position = found.end()
        if position > first:
            self.scope.charge(len(instructions) - before, self.tokens, first)
            self.tokens.move(position)

    def _head(self, head: str, position: int) -> _Head | None:
        """What a gate with angles means; None where it is left to be read word by word."""
        name, bracket, inside = head.partition("(")
        gate = self.scope.gates.get(name.rstrip())
        if gate is None or isinstance(gate, Opaque) or "//" in inside or "/*" in inside:
            return None
        angles = self._angles(inside[:-1], position + len(name) + 1) if bracket else ()
        if len(angles) != gate.num_params:
            return None
        if isinstance(gate, LibraryGate) and gate.row is not None:
            known = _Head(gate.num_qubits, Gate(gate.row, angles), (), 1)
        else:
            call = Call(gate, lambda _: angles, tuple(range(gate.num_qubits)))
            if call.cost > 1000:
                return None
            known = _Head(gate.num_qubits, None, self.scope.steps(call, self.tokens, position), call.cost)
        if len(self._heads) < _KEEP:
            self._heads[head] = known
        return known

    def _angles(self, text: str, position: int) -> tuple[Any, ...]:
        """The angles between the brackets of a call; nothing where they are left to be read word by word."""
        angles = []
        parts = text.split(",") if "(" not in text else [text]
        for part in parts:
            angle = self._known_angles.get(part)
            if angle is None:
                if len(part) <= self._limits.number and _NUMBER.fullmatch(part):
                    angle = float(part)
                elif part and not part.isspace():
                    tokens = Tokens(self.tokens.source, self._limits, self.version, position, position + len(part))
                    angle = finite_angle(self.scope.formula(tokens), (), tokens)
                    if tokens.kind != END:
                        return ()
                if angle is None or angle - angle != 0:
                    return ()
                if len(self._known_angles) < _KEEP:
                    self._known_angles[part] = angle
            angles.append(angle)
            position += len(part) + 1
        return tuple(angles)

    def _tail(self, tail: str) -> tuple[int, ...] | None:
        """The single, distinct qubits of a statement; None where it has anything else."""
        qubits: list[int] = []
        for part in tail.split(",") if tail else ():
            found = _QUBIT.fullmatch(part)
            register = self.scope.names.get(found[1]) if found else None
            if found is None or not isinstance(register, QubitRegister):
                return None
            if found[2] is None or found[1] in self.scope.scalars:
                if found[2] is not None or found[1] not in self.scope.scalars:
                    return None
                qubits.append(register.start)
            elif int(found[2]) < register.size:
                qubits.append(register.start + int(found[2]))
            else:
                return None
        if len(set(qubits)) != len(qubits):
            return None
        numbers = self._tails[tail] = tuple(qubits)
        return numbers

    # ── Other statements ──────────────────────────────────────────────────────────────────────────────────────────

    def _statement(self) -> None:
        """Read one statement word by word; what opens a block leaves it open."""
        tokens, position = self.tokens, self.tokens.start
        if tokens.kind != "name":
            self._strange()
            return
        word = tokens.text
        if word == "if" or (word in ("while", "for") and self.version == 3):
            self._open_loop() if word == "for" else self._open_block()
            return
        if word == "include":
            self._include()
        elif handler := statements.HANDLERS[self.version].get(word):
            handler(self)
        elif self.version == 3 and word in BEYOND_FLAT:
            raise NotFlatError(position, f"`{word}`")
        elif self.scope.kind(word) == "bit":
            statements.assignment(self)
        else:
            gate_call(self)
        self._after_statement()

    def _strange(self) -> None:
        """A line for other programs, or what begins no statement."""
        tokens = self.tokens
        if self.version == 3 and tokens.kind in ("@", "#"):
            statements.skipped_line(self)
            return
        if self.version == 3 and tokens.kind in ("{", "hardware", "string", "number", "("):
            raise NotFlatError(tokens.start, f"A statement that begins with {tokens.shown}")
        tokens.refuse(f"A statement is expected, but here is {tokens.shown}.")

    def end_statement(self, after: str) -> None:
        """Leave the semicolon."""
        self.tokens.expect(";", after)

    def forget_heads(self) -> None:
        """What names mean has changed."""
        self._heads.clear()
        self._known_angles.clear()

    # ── Blocks ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _open_block(self) -> None:
        """Leave `if (…)` or `while (…)` and a brace, if there is one."""
        tokens, position = self.tokens, self.tokens.start
        kind = tokens.next()
        tokens.expect("(", f"`{kind}`")
        wanted = statements.creg_comparison(self) if self.version == 2 else self._condition()
        tokens.expect(")", "the condition")
        self.scope.charge(weight(len(wanted.bits)), tokens, position)
        self._begin(kind, wanted, (), position)

    def _open_loop(self) -> None:
        """Leave `for int i in [0:3]` and a brace, if there is one."""
        position = self.tokens.start
        name, loop = statements.for_loop(self)
        self._begin("for", loop, (), position, name)
        self.scope.names[name] = loop.parameter
        self.forget_heads()

    def _condition(self) -> Expression:
        position = self.tokens.start
        value = self.scope.formula(self.tokens).value()
        try:
            return condition(value)
        except CircuitError as error:
            self.tokens.source.refuse(position, str(error))

    def _begin(
        self,
        kind: str,
        wanted: Expression | ForLoop,
        blocks: tuple[tuple[Instruction, ...], ...],
        position: int,
        variable: str = "",
    ) -> None:
        limit = min(self._limits.nesting, MAX_NESTING)
        if len(self._open) >= limit:
            self.tokens.source.refuse(position, f"Blocks may be nested {limit} deep.")
        is_single = self.version == 2 or not self.tokens.accept("{")
        self._open.append(_Block(kind, wanted, blocks, self.scope.instructions, is_single, position, variable))
        self.scope.instructions = []

    def _close_braces(self) -> None:
        if not self._open or self._open[-1].is_single:
            self.tokens.refuse("A statement is expected, but here is `}`.")
        self.tokens.next()
        if self._close():
            self._after_statement()

    def _after_statement(self) -> None:
        """Close the blocks that are one statement without braces."""
        while self._open and self._open[-1].is_single:
            if not self._close():
                return

    def _close(self) -> bool:
        """The innermost block is read; False if its `else` is open now."""
        block = self._open.pop()
        content = tuple(self.scope.instructions)
        self.scope.instructions = block.outer
        blocks = (*block.blocks, content)
        if block.kind == "if" and self.version == 3 and self.tokens.is_at("else"):
            position = self.tokens.start
            self.tokens.next()
            self._begin("else", block.condition, blocks, position)
            return False
        self._finish(block, blocks)
        return True

    def _finish(self, block: _Block, blocks: tuple[tuple[Instruction, ...], ...]) -> None:
        """Add what a block comes to; a condition that is known now leaves one of the blocks."""
        wanted, instructions = block.condition, self.scope.instructions
        if isinstance(wanted, ForLoop):
            del self.scope.names[block.variable]
            self.forget_heads()
            instructions.append(wanted.with_blocks(blocks))
            return
        known = None if wanted.bits else wanted.value(())
        if block.kind == "while":
            if known != 0:
                rounds = min(self._limits.rounds, statements.MAX_ROUNDS)
                instructions.append(WhileLoop(wanted, blocks, rounds))
        elif known is None:
            instructions.append(IfElse(wanted, blocks))
        elif known or len(blocks) == 2:
            instructions += blocks[0] if known else blocks[1]

    def in_loop(self) -> bool:
        """Whether a loop is open."""
        return any(block.kind in ("while", "for") for block in self._open)

    # ── Files ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _include(self) -> None:
        """Leave an include: of a standard file, or of one below the folder that the caller names."""
        tokens, position = self.tokens, self.tokens.start
        if self._open:
            tokens.refuse("A file is not included within a block.")
        tokens.next()
        if tokens.kind != "string":
            tokens.refuse(f"The name of a file in quotes is expected after `include`, but here is {tokens.shown}.")
        name, shown, at = tokens.text[1:-1], tokens.shown, tokens.start
        tokens.next()
        self.end_statement("the name of the file")
        if name in INCLUDES:
            self._include_standard(name, position)
            return
        if len(self._including) >= self._limits.include_depth:
            tokens.source.refuse(position, f"Files may include files {self._limits.include_depth} deep.")
        path = included_file(name, self._folder)
        if path is None:
            hint = "Name it by `include=`." if self._folder is None else None
            tokens.source.refuse(
                at, f"The file {shown} is not one of {', '.join(INCLUDES)}, nor in a folder that is allowed.", hint
            )
        try:
            source = read_file(path, self._limits)
        except OSError:
            tokens.source.refuse(at, f"The file {shown} cannot be read.")
        self._characters += len(source.text)
        if self._characters > self._limits.file_size:
            tokens.source.refuse(at, f"All files together may have {self._limits.file_size} characters.")
        self._including.append(tokens)
        self.tokens = Tokens(source, self._limits, self.version)

    def _include_standard(self, name: str, position: int) -> None:
        """The gates of a standard file; a definition of the text stays where only the wide edition has the gate."""
        for gate in INCLUDES[name].values():
            if isinstance(self.scope.gates.get(gate.name), Definition):
                if gate.name in PAPER or name != "qelib1.inc":
                    self.tokens.source.refuse(position, f"The file {name} defines {gate.name}, as does this text.")
                continue
            self.scope.gates[gate.name] = gate
            self.scope.included[gate.name] = name
        self.forget_heads()

    def _leave_file(self) -> bool:
        """At the end of a file go on with the one that included it; False if there is none."""
        if self._open:
            self.tokens.source.refuse(self._open[-1].position, "The block is not closed.")
        if not self._including:
            return False
        self.tokens = self._including.pop()
        return True
