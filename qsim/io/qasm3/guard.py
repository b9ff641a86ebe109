"""The reference parser, kept from harm.

It is recursive, and so is what walks its trees. Before a text reaches it, one pass over the tokens bounds how deep
they can lie within each other; then both run in a thread with a large stack and a recursion limit of its own.
"""

import re
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

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


def check_text(source: Source, limits: Limits) -> bool:
    """Refuse what would take the parser too deep or too long; whether there is anything in the text."""
    depth = _Depth(source, limits)
    has_content = False
    most = TOKENS_PER_STATEMENT * limits.statements
    for count, match in enumerate(_TOKEN.finditer(source.text)):
        kind, token = match.lastgroup, match[0]
        if count > most:
            source.refuse(match.start(), f"The text may have {most} words and signs.", "Limits(statements=…) sets it.")
        has_content = has_content or kind is not None
        if kind is None or kind == "line":
            continue
        if kind == "name" and len(token) > limits.identifier:
            source.refuse(match.start(), f"A name may have {limits.identifier} characters, but has {len(token)}.")
        if kind == "number" and len(token) > limits.number:
            source.refuse(match.start(), f"A number may have {limits.number} characters, but has {len(token)}.")
        depth.take(token, kind == "sign", match.start())
    if depth.brackets:
        source.refuse(len(source.text), f"The text ends inside {depth.brackets[-1]}.")
    return has_content


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
    """The syntax tree of a text that `check_text` lets through."""
    from antlr4 import CommonTokenStream, InputStream
    from antlr4.error.Errors import ParseCancellationException, RecognitionException
    from antlr4.error.ErrorStrategy import BailErrorStrategy
    from openqasm3 import ast, parser

    if not check_text(source, limits):
        return ast.Program([])  # which the parser fails at
    listener = _Listener(source)
    made_of: Any = parser  # its lexer and parser are not in its list of public names
    lexer = made_of.qasm3Lexer(InputStream(source.text))
    reader = made_of.qasm3Parser(CommonTokenStream(lexer))
    for part in (lexer, reader):
        part.removeErrorListeners()  # these print
        part.addErrorListener(listener)
    reader._errHandler = BailErrorStrategy()
    try:
        program: ast.Program = made_of.QASMNodeVisitor().visitProgram(reader.program())
        return program
    except QasmError:
        raise
    except parser.QASM3ParsingError as error:
        _refuse_tree(source, str(error))
    except (RecognitionException, ParseCancellationException) as error:
        _refuse_token(source, error)
    except RecursionError:
        raise QasmError("The text is nested too deep for the parser.", source.name, 1, 1) from None
    except (ValueError, AttributeError, TypeError, KeyError, IndexError) as error:  # from trees that it cannot build
        raise QasmError(f"This is no OpenQASM 3: {error}.", source.name, 1, 1) from None


class _Listener:
    """Raises what the parser would print."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def syntaxError(self, recognizer: Any, token: Any, line: int, column: int, message: str, error: Any) -> NoReturn:
        """A word or sign that does not fit, or none."""
        text = "".join(letter if letter.isprintable() else "?" for letter in message[:200])
        found = f"at {_shown(token)}" if token is not None else f"({text})"
        raise QasmError(f"Syntax error {found}.", self.source.name, line, column + 1) from None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("report"):
            return lambda *args: None  # ambiguities of the grammar, not of the text
        raise AttributeError(name)


def _shown(token: Any) -> str:
    return "the end of the text" if token.type == -1 else repr(token.text[:40])


def _refuse_token(source: Source, error: Exception) -> NoReturn:
    """A word or sign that does not fit; the token stands in what caused the error."""
    cause: Any = error
    while cause is not None and getattr(cause, "offendingToken", None) is None:
        cause = cause.args[0] if cause.args and isinstance(cause.args[0], BaseException) else cause.__cause__
    if cause is None:
        raise QasmError("Syntax error.", source.name, 1, 1) from None
    token = cause.offendingToken
    raise QasmError(f"Syntax error at {_shown(token)}.", source.name, token.line, token.column + 1) from None


def _refuse_tree(source: Source, message: str) -> NoReturn:
    """What the grammar allows and the language does not; the place stands in the message."""
    place = re.match(r"L(\d+):C(\d+): (.*)", message, re.DOTALL)
    line, column, text = (int(place[1]), int(place[2]) + 1, place[3]) if place else (1, 1, message)
    text = text.strip().rstrip(".")[:200]
    raise QasmError(f"Syntax error: {text}.", source.name, line, column) from None


def largest_hardware_qubit(source: Source, limits: Limits) -> int:
    """The largest number of a qubit such as $0 in a text."""
    names = (match[0] for match in _TOKEN.finditer(source.text) if match.lastgroup == "name")
    numbers = [int(name[1:]) for name in names if name.startswith("$")]
    return max((number for number in numbers if number < limits.qubits), default=0)
