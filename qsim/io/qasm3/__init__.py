"""The full OpenQASM 3 language, through its reference parser (the optional package `openqasm3`).

A program is walked as an interpreter would: what is known when the text is read is computed then, loops are unrolled,
subroutines inlined; what depends on measured bits becomes classical bits, assignments and control flow of the circuit.

    guard       bounds what reaches the recursive parser, and runs it where it may recurse
    values      types, and values: known, symbolic, or from measured bits; bitwise, operators, functions: with these
    names       what names stand for
    build       blocks, registers, variables: the state of the walk
    evaluate    expressions
    gates, flow, calls, stores    gate calls, branches and loops, subroutines, assignments
    program     all other statements
"""

import warnings
from pathlib import Path

from qsim.circuit import Circuit
from qsim.errors import QasmError
from qsim.io.limits import DEFAULT_LIMITS, Limits
from qsim.io.source import Source

__all__ = ["load_full"]


def load_full(
    text: str,
    limits: Limits = DEFAULT_LIMITS,
    file: str = "<string>",
    include: str | Path | None = None,
    stacklevel: int = 1,
) -> Circuit:
    """The circuit of an OpenQASM 3 program.

    Args:
        text: the program.
        limits: what it may ask for.
        file: its name, for messages.
        include: the folder below which files that it includes may lie; none but the standard ones by default.
        stacklevel: whose the warnings are, as `warnings.warn` counts.

    Raises:
        QasmError: it is not OpenQASM 3, breaks a limit, or asks for what a simulation cannot do.

    Warns of what is accepted and has no effect, such as delays and pragmas.

    >>> load_full('include "stdgates.inc"; qubit[2] q; for int i in [1:2] { rx(i / 2) q[i - 1]; }')
    Circuit(2).rx(0.5, 0).rx(1.0, 1)
    """
    source = Source(text, file)
    try:
        from qsim.io.qasm3.guard import parse, run_deep
        from qsim.io.qasm3.program import Interpreter
    except ImportError:
        raise QasmError(
            "This program needs the reference parser of OpenQASM 3.", file, 1, 1, 'Install "openqasm3[parser]".'
        ) from None

    def work() -> tuple[Circuit, list[str]]:
        interpreter = Interpreter(source, limits, include)
        try:
            return interpreter.finished(parse(source, limits)), interpreter.warnings
        except QasmError:
            raise
        except Exception as error:
            at = interpreter.place(interpreter.statement) if interpreter.statement is not None else (1, 1)
            reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise QasmError(f"This cannot be read ({reason}).", interpreter.source.name, *at) from error

    circuit, found = run_deep(work)
    for warning in found:
        warnings.warn(warning, UserWarning, stacklevel=stacklevel + 1)
    return circuit
