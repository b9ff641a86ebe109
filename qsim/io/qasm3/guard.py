"""The reference parser, kept from harm.

It is recursive, and so is what walks its trees. Before a text reaches it, one pass over the tokens bounds how deep
they can lie within each other; then both run in a thread with a large stack and a recursion limit of its own.
"""

import re
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, TypeVar

from qsim.errors import QasmError
from qsim.io.limits import Limits
from qsim.io.source import Source

if TYPE_CHECKING:
    from openqasm3 import ast

__all__ = ["check_text", "largest_hardware_qubit", "parse", "run_deep"]

T = TypeVar("T")

TOKENS_PER_STATEMENT = 15  # on average: the parser takes up to 0.1 ms for each
OPERATORS = 1000  # in one expression without brackets: the tree is as deep
_STACK = 512 * 2**20  # bytes; touched only as far as it is used
_RECURSION = 200_000  # frames: 1,000 operators and 100 blocks within each other take 20,000
_lock = threading.Lock()  # both settings hold for the whole process

_TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/|(?P<line>(?:\#?pragma\b|@[^\W\d])[^\n]*)|(?P<string>\"[^\"\n]*\"|'[^'\n]*')"
    r"|(?P<number>\.?\d(?:[eE][+-]?\d|[\w.])*)|(?P<name>[^\W\d]\w*|\$\d+)|(?P<sign>\+\+|->|[<>*&|=]{2}|[^\s\w])",
    re.DOTALL,
)
_NESTING = frozenset({"if", "for", "while"})
_CLOSING = {")": "(", "]": "[", "}": "{"}


class _Depth:
    """How deep a text is nested: brackets, and statements that hold one another without braces."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self.source, self.limits = source, limits
        self.brackets: list[str] = []
        self.pending = [0]  # for each open brace: statements that hold what comes next
        self.operators = [0]  # for each open bracket: signs since the last separator
        self.ended = False  # whether the last token ended a statement
        self.total = self.statements = 0

    def take(self, token: str, is_sign: bool, at: int) -> None:
        """The next token."""
        if self.ended and token != "else":
            self.total -= self.pending[-1]
            self.pending[-1] = 0
        self.ended = token in (";", "}")
        self.statements += token in (";", "{")
        if token in _NESTING:
            self.pending[-1] += 1
            self.total += 1
        elif token in "([{":
            self._open(token)
        elif token in _CLOSING:
            self._close(token, at)
        elif token in (",", ";"):
            self.operators[-1] = 0
        elif is_sign:
            self.operators[-1] += 1
        self._check(at)

    def _open(self, token: str) -> None:
        self.operators[-1] += token == "["  # q[0][0]… lies within each other as sums do
        if token == "{":
            self.operators[-1] = 0
            self.pending.append(0)
        self.brackets.append(token)
        self.operators.append(0)

    def _close(self, token: str, at: int) -> None:
        if not self.brackets or self.brackets.pop() != _CLOSING[token]:
            self.source.refuse(at, f"This {token} closes nothing that is open.")
        self.operators.pop()
        if token == "}":
            self.total -= self.pending.pop()
            self.operators[-1] = 0

    def _check(self, at: int) -> None:
        if self.total + len(self.brackets) > self.limits.nesting:
            self.source.refuse(at, f"Brackets and blocks may be nested {self.limits.nesting} deep.")
        if self.operators[-1] > OPERATORS:
            self.source.refuse(at, f"An expression may have {OPERATORS} operators.", "Split it.")
        if self.statements > self.limits.statements:
            self.source.refuse(
                at,
                f"A text that is more than gates, measurements and conditions may have {self.limits.statements} "
                "statements.",
                "Limits(statements=…) allows more.",
            )


def check_text(source: Source, limits: Limits) -> None:
    """Refuse what would take the parser too deep or too long."""
    depth = _Depth(source, limits)
    most = TOKENS_PER_STATEMENT * limits.statements
    for count, match in enumerate(_TOKEN.finditer(source.text)):
        kind, token = match.lastgroup, match[0]
        if count > most:
            source.refuse(match.start(), f"The text may have {most} words and signs.", "Limits(statements=…) sets it.")
        if kind is None or kind == "line":
            continue
        if kind == "name" and len(token) > limits.identifier:
            source.refuse(match.start(), f"A name may have {limits.identifier} characters, but has {len(token)}.")
        if kind == "number" and len(token) > limits.number:
            source.refuse(match.start(), f"A number may have {limits.number} characters, but has {len(token)}.")
        depth.take(token, kind == "sign", match.start())
    if depth.brackets:
        source.refuse(len(source.text), f"The text ends inside {depth.brackets[-1]}.")


def run_deep(work: Callable[[], T]) -> T:
    """What the work returns or raises, done in a thread in which recursion may go deep."""
    outcome: list[T] = []
    failure: list[BaseException] = []

    def body() -> None:
        try:
            outcome.append(work())
        except BaseException as error:
            failure.append(error)

    with _lock:
        stack, recursion = threading.stack_size(_STACK), sys.getrecursionlimit()
        try:
            sys.setrecursionlimit(max(recursion, _RECURSION))
            thread = threading.Thread(target=body, name="qsim-qasm3", daemon=True)
            thread.start()
            thread.join()
        finally:
            sys.setrecursionlimit(recursion)
            threading.stack_size(stack)
    if failure:
        raise failure[0]
    return outcome[0]


def parse(source: Source, limits: Limits) -> "ast.Program":
    """The syntax tree of a text that `check_text` let through."""
    from antlr4 import RecognitionException
    from antlr4.error.Errors import LexerNoViableAltException, ParseCancellationException
    from openqasm3 import parser

    check_text(source, limits)
    try:
        return parser.parse(source.text)
    except parser.QASM3ParsingError as error:
        _refuse_syntax(source, error)
    except RecursionError:
        raise QasmError("The text is nested too deep for the parser.", source.name, 1, 1) from None
    except (RecognitionException, ParseCancellationException, LexerNoViableAltException) as error:
        _refuse_syntax(source, error)
    except (ValueError, AttributeError, TypeError, KeyError, IndexError) as error:  # from trees that it cannot build
        raise QasmError(f"The text is no OpenQASM 3: {error}.", source.name, 1, 1) from None


def _refuse_syntax(source: Source, error: Exception) -> NoReturn:
    """A syntax error with its place, which stands in the message or in what caused it."""
    cause: BaseException | None = error
    while cause is not None:
        token = getattr(cause, "offendingToken", None)
        if token is not None:
            found = "the end of the text" if token.type == -1 else repr(token.text[:40])
            raise QasmError(f"Syntax error at {found}.", source.name, token.line, token.column + 1) from None
        if place := re.match(r"L(\d+):C(\d+): (.*)", str(cause), re.DOTALL):
            text = place[3].strip().rstrip(".")[:200]
            message = f"Syntax error: {text}."
            raise QasmError(message, source.name, int(place[1]), int(place[2]) + 1) from None
        cause = cause.args[0] if cause.args and isinstance(cause.args[0], BaseException) else cause.__cause__
    raise QasmError("Syntax error.", source.name, 1, 1) from None


def largest_hardware_qubit(source: Source, limits: Limits) -> int:
    """The largest number of a qubit such as $0 in a text."""
    names = (match[0] for match in _TOKEN.finditer(source.text) if match.lastgroup == "name")
    numbers = [int(name[1:]) for name in names if name.startswith("$")]
    return max((number for number in numbers if number < limits.qubits), default=0)
