"""Compare qsim with other simulators: same circuits, same precision, same threads, taking turns.

    python benchmarks/peers.py --circuits qft,random --qubits 20-22 --precision single --threads 2 --json out.json

Prints a Markdown table a precision. See docs/benchmarks.md for what is measured.
"""

import argparse
from itertools import product

from arguments import choice, collect, numbers, shared_arguments
from report import compared, draw_ratios, machine, table, versions, write_json
from timing import Case, Session, measure

from circuits import CIRCUITS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--circuits", type=choice(CIRCUITS), default=list(CIRCUITS))
    parser.add_argument("--qubits", type=numbers, default=[20])
    parser.add_argument("--precision", type=choice(["single", "double"]), default=["single", "double"])
    shared_arguments(parser)
    arguments = parser.parse_args()
    engines = arguments.engines or compared()
    cases = [
        Case(circuit, n, precision)
        for precision, circuit, n in product(arguments.precision, arguments.circuits, arguments.qubits)
    ]
    with Session(arguments.threads, arguments.patience) as session:
        measurements = collect(
            measure(session, cases, engines, repeats=arguments.repeats, time_limit=arguments.time_limit)
        )
    about = {"threads": arguments.threads}
    print(", ".join(f"{key} {value}" for key, value in {**machine(), **versions(engines), **about}.items()), end="\n\n")
    print(table(measurements))
    if arguments.json:
        write_json(arguments.json, measurements, **about)
    if arguments.picture:
        draw_ratios(arguments.picture, measurements)


if __name__ == "__main__":
    main()
