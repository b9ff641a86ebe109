"""The command line: `qsim run bell.qasm`, also `python -m qsim`; `docs/cli.md` describes it.

Results go to standard output, messages to standard error. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 Ctrl-C.
Only the standard library is loaded until a command is known and its arguments are right.
"""

import os
import sys

from qsim.cli.parser import make_parser
from qsim.errors import QsimError

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the process's exit code.

    Args:
        arguments: those of the process by default.

    Raises:
        SystemExit: the arguments are wrong, or help or the version was asked for.

    >>> main(["info"])  # doctest: +ELLIPSIS
    qsim              ...
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    options = make_parser(arguments).parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without ⟩ shows ?
    try:
        from qsim.cli.commands import COMMANDS

        code = COMMANDS[options.command](options)
        sys.stdout.flush()
    except KeyboardInterrupt as error:
        print(f"qsim: stopped. {error}".rstrip(), file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever read has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (QsimError, OSError) as error:
        print(f"qsim: {error}", file=sys.stderr)
        return 2 if getattr(error, "is_usage", False) else 1
    return code
