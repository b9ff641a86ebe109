"""What the command line understands. The standard library alone: help and refusals come at once."""

import argparse
import math
import os
import re
from collections.abc import Callable

__all__ = ["DRAWINGS", "METHODS", "make_parser"]

METHODS = ("auto", "statevector", "numpy", "dense", "sparse", "reference")
DRAWINGS = ("text", "svg", "png", "latex", "html")
_PLOTS = (".png", ".pdf", ".svg", ".jpg", ".jpeg", ".webp")
_MULTIPLE_OF_PI = r"([-+]?)([\d.]*)\*?(?:pi|π)(?:/([\d.]+))?"
_FILE = "an OpenQASM or JSON file, or - for standard input"


def make_parser(arguments: list[str]) -> argparse.ArgumentParser:
    """The parser, with the options of those commands alone that are among the arguments: all take as long as argparse.

    >>> make_parser(["info"]).parse_args(["info", "--json"])
    Namespace(command='info', json=True)
    """
    parser = argparse.ArgumentParser(
        prog="qsim",
        description="Simulate quantum circuits. Qubit 0 is the leftmost character of a bit string.",
        epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C.",
        allow_abbrev=False,
        formatter_class=_Formatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, default=argparse.SUPPRESS, help="show the version")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, (add, text) in _COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text, allow_abbrev=False, formatter_class=_Formatter)
        if name in arguments:
            add(command)
    return parser


class _Formatter(argparse.HelpFormatter):
    """As wide as the terminal, which argparse would load compression libraries to find."""

    def __init__(self, prog: str) -> None:
        try:
            columns = int(os.environ.get("COLUMNS", 0)) or os.get_terminal_size().columns
        except (OSError, ValueError):
            columns = 80
        super().__init__(prog, width=columns - 2)


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        import qsim

        print(f"qsim {qsim.__version__}")
        parser.exit()


# ── Commands ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _run(parser: argparse.ArgumentParser) -> None:
    _circuit(parser)
    _engine(parser)
    parser.add_argument(
        "--shots", type=_whole(0), help="number of samples; 1000 by default, or none if other results are asked for"
    )
    parser.add_argument("--seed", type=_whole(0), help="of the samples; fresh by default, and told")
    parser.add_argument("--state", action="store_true", help="amplitudes of the state before the final measurements")
    parser.add_argument(
        "--probabilities",
        action="store_true",
        help="exact probabilities of the classical bits, or of all qubits where nothing is measured",
    )
    parser.add_argument(
        "--expect", action="append", type=_paulis, metavar="PAULIS", help="expectation value of ZZI, qubit 0 first"
    )
    parser.add_argument("--timeout", type=_positive, metavar="SECONDS", help="stop after that time")
    parser.add_argument("--plot", type=_plot, metavar="IMAGE", help="histogram of the counts as .png, .pdf, .svg …")
    parser.add_argument("--progress", action="store_true", help="a bar on standard error")
    _json(parser)


def _draw(parser: argparse.ArgumentParser) -> None:
    _circuit(parser)
    parser.add_argument("--format", choices=DRAWINGS, default="text", help="text by default")
    parser.add_argument("-o", "--output", metavar="PATH", help="a file, instead of standard output")
    parser.add_argument("--expand", action="store_true", help="named sub-circuits opened in frames, not as boxes")


def _explain(parser: argparse.ArgumentParser) -> None:
    _circuit(parser)
    _engine(parser)
    parser.add_argument("--draw", metavar="PATH", help="also draw it, gates in the colours of their passes, to a file")


def _convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="IN", help=_FILE)
    parser.add_argument("output", metavar="OUT", help="a .qasm or .json file, or - for standard output")
    parser.add_argument("--to", choices=("qasm2", "qasm3", "json"), help="by default as OUT ends; .qasm is OpenQASM 3")


def _bench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--qubits", type=_whole(2), default=20, help="of the circuits; 20 by default")
    parser.add_argument("--precision", choices=("double", "single"), default="double", help="of the amplitudes")
    parser.add_argument("--threads", type=_whole(1), help="by default one for each CPU")
    _json(parser)


def _info(parser: argparse.ArgumentParser) -> None:
    _json(parser)


def _warmup(parser: argparse.ArgumentParser) -> None:
    pass


_COMMANDS: dict[str, tuple[Callable[[argparse.ArgumentParser], None], str]] = {
    "run": (_run, "Run a circuit: counts, state, probabilities, expectation values."),
    "draw": (_draw, "Draw a circuit."),
    "explain": (_explain, "Tell how a circuit would run: engine, passes over the state, memory, time."),
    "convert": (_convert, "Write a circuit in another format."),
    "bench": (_bench, "Time a few circuits on this machine."),
    "info": (_info, "Show versions, processor, memory, cache folder, and the compiled kernels that are there."),
    "warmup": (_warmup, "Compile all kernels for this machine, so that no later run waits for it."),
}

# ── Arguments that several commands have ──────────────────────────────────────────────────────────────────────────────


def _circuit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help=_FILE)
    parser.add_argument(
        "--bind",
        action="append",
        type=_value,
        default=[],
        metavar="NAME=VALUE",
        help="value of a parameter, a number or a multiple of pi such as 3pi/4",
    )


def _engine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--method", choices=METHODS, default="auto", help="engine; auto by default")
    parser.add_argument("--precision", choices=("double", "single"), default="double", help="double by default")
    parser.add_argument("--threads", type=_whole(1), help="by default one for each CPU")


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")


# ── Values ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _whole(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or len(text) > 30 or int(text) < least:
            raise argparse.ArgumentTypeError(f"must be a whole number ≥ {least}, but is {text!r}")
        return int(text)

    return read


def _positive(text: str) -> float:
    number = _number(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"must be above 0, but is {text!r}")
    return number


def _number(text: str) -> float:
    """A finite number, or a multiple of π."""
    try:
        found = re.fullmatch(_MULTIPLE_OF_PI, text)
        if found:
            sign, factor, divisor = found.groups()
            number = float(f"{sign}{factor or 1}") * math.pi / float(divisor or 1)
        else:
            number = float(text)
        if math.isfinite(number):
            return number
    except (ValueError, ZeroDivisionError):
        pass
    raise argparse.ArgumentTypeError(f"must be a number or a multiple of pi, but is {text!r}")


def _value(text: str) -> tuple[str, float]:
    name, equals, value = text.rpartition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"must be NAME=VALUE, but is {text!r}")
    return name, _number(value)


def _paulis(text: str) -> str:
    if not text or text.strip("IXYZ"):
        raise argparse.ArgumentTypeError(f"must consist of I, X, Y and Z, one a qubit, but is {text!r}")
    return text


def _plot(text: str) -> str:
    if not text.lower().endswith(_PLOTS):
        raise argparse.ArgumentTypeError(f"must end in one of {', '.join(_PLOTS)}, but is {text!r}")
    return text
