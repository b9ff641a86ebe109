"""Command-line arguments that the benchmarks share."""

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from adapters import ENGINES
from timing import Measurement

__all__ = ["choice", "collect", "numbers", "shared_arguments"]


def numbers(text: str) -> list[int]:
    """ "4,20-22" → [4, 20, 21, 22]."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def choice(known: Iterable[str]) -> Callable[[str], list[str]]:
    """A parser of comma-separated names out of the known ones."""

    def parse(text: str) -> list[str]:
        chosen = text.split(",")
        for name in chosen:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
        return chosen

    return parse


def shared_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of every benchmark that lets engines take turns."""
    parser.add_argument(
        "--engines", type=choice(ENGINES), default=None, help=f"of {', '.join(ENGINES)}; default: the installed ones"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5, help="counted turns; one more comes first")
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds that one turn may take")
    parser.add_argument("--patience", type=float, default=0.0, help="seconds that a turn waits for other programs")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path, help="png, svg or pdf")


def collect(groups: Iterable[list[Measurement]]) -> list[Measurement]:
    """All measurements, each group said when it is there; Ctrl-C keeps those."""
    found: list[Measurement] = []
    try:
        for group in groups:
            found += group
            times = (f"{m.engine} {1e3 * m.best:.3g}" if m.seconds else f"{m.engine} {m.error}" for m in group)
            case = group[0].case
            print(f"{case.circuit} {case.qubits} {case.precision}, ms:", ", ".join(times), file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("interrupted: what follows is what was measured so far", file=sys.stderr)
    return found
