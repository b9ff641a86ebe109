"""The command line: `python -m qsim warmup` compiles all kernels, `python -m qsim info` shows what is there."""

import argparse
import platform
import sys

import qsim
from qsim.errors import KernelError
from qsim.kernels import info, warmup

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the process's exit code.

    >>> main(["info"])  # doctest: +ELLIPSIS
    qsim              ...
    """
    parser = argparse.ArgumentParser(prog="python -m qsim", description="Compiled kernels of qsim on this machine.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, (_, text) in _COMMANDS.items():
        commands.add_parser(name, help=text, description=text)
    return _COMMANDS[parser.parse_args(arguments).command][0]()


def _info() -> int:
    lines = {"qsim": qsim.__version__, "Python": f"{platform.python_version()} ({sys.platform}, {platform.machine()})"}
    for name, text in {**lines, **info()}.items():
        print(f"{name:16}  {text}")
    return 0


def _warmup() -> int:
    try:
        for kernels in warmup():
            print(f"{kernels.name}, {kernels.precision}: {_told(kernels.seconds)}")
    except KernelError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _told(seconds: dict[str, float]) -> str:
    compiled = f"compiled in {seconds['compile']:.1f} s, " if seconds["compile"] else "compiled before, "
    return f"{compiled}loaded in {1e3 * seconds['load']:.0f} ms"


_COMMANDS = {
    "info": (_info, "Show versions, processor, memory, cache folder, and the compiled kernels that are there."),
    "warmup": (_warmup, "Compile all kernels for this machine, so that no later run waits for it."),
}

if __name__ == "__main__":
    sys.exit(main())
