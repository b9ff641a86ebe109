"""Time against the number of qubits and against the number of gates.

    python benchmarks/scaling.py --circuit random --qubits 4-20 --layers 1,2,5,10,20,50 --at 16 --picture scaling.png

Prints two Markdown tables: the circuit with its usual number of layers on more and more qubits, and more and more
layers of it on `--at` qubits. The last column of each is the time of qsim a gate and amplitude.
"""

import argparse
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from arguments import collect, numbers, shared_arguments
from report import OURS, compared, machine, num_gates, versions, write_json
from timing import Case, Measurement, Session, measure

from circuits import CIRCUITS


def rows(measurements: Sequence[Measurement]) -> str:
    """A row a case, a column an engine: best ms."""
    engines = list(dict.fromkeys(measurement.engine for measurement in measurements))
    header = ["n", "gates", *engines, "ns a gate and amplitude"]
    lines = [header, ["---"] * len(header)]
    for case, group in groupby(measurements, key=lambda measurement: measurement.case):
        seconds = {measurement.engine: measurement.best for measurement in group if measurement.counts}
        gates = num_gates(case)
        each = f"{1e9 * seconds[OURS] / (gates * 2**case.qubits):.3g}" if OURS in seconds else "–"
        times = [f"{1e3 * seconds[engine]:.3g}" if engine in seconds else "–" for engine in engines]
        lines.append([str(case.qubits), str(gates), *times, each])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def draw(path: Path, by_qubits: Sequence[Measurement], by_gates: Sequence[Measurement]) -> None:
    """Two panels, a line an engine, both axes of the second logarithmic."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    _lines(left, by_qubits, lambda case: case.qubits)
    _lines(right, by_gates, num_gates)
    left.set(xlabel="qubits", ylabel="best time, s", yscale="log", title=by_qubits[0].case.circuit)
    right.set(xlabel="gates", xscale="log", yscale="log", title=f"{by_gates[0].case.qubits} qubits")
    left.legend(fontsize="small")
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _lines(axes: Any, measurements: Sequence[Measurement], position: Any) -> None:
    for engine in dict.fromkeys(measurement.engine for measurement in measurements):
        points = [(position(m.case), m.best) for m in measurements if m.engine == engine and m.counts]
        axes.plot(*zip(*points, strict=True), marker=".", label=engine)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--circuit", choices=list(CIRCUITS), default="random")
    parser.add_argument("--qubits", type=numbers, default=numbers("4-20"))
    parser.add_argument("--layers", type=numbers, default=numbers("1,2,5,10,20,50"))
    parser.add_argument("--at", type=int, default=16, help="qubits of the second table")
    parser.add_argument("--precision", choices=["single", "double"], default="double")
    shared_arguments(parser)
    arguments = parser.parse_args()
    engines = arguments.engines or compared()
    options = {"repeats": arguments.repeats, "time_limit": arguments.time_limit}
    with Session(arguments.threads, arguments.patience) as session:
        sizes = [Case(arguments.circuit, n, arguments.precision) for n in arguments.qubits]
        depths = [Case(arguments.circuit, arguments.at, arguments.precision, layers) for layers in arguments.layers]
        by_qubits, by_gates = (collect(measure(session, cases, engines, **options)) for cases in (sizes, depths))
    about = {**machine(), **versions(engines), "threads": arguments.threads}
    print(", ".join(f"{key} {value}" for key, value in about.items()))
    print(f"\n{arguments.circuit}, {arguments.precision} precision, best of {arguments.repeats}, ms\n")
    print(rows(by_qubits), rows(by_gates), sep="\n\n")
    if arguments.json:
        write_json(arguments.json, [*by_qubits, *by_gates], threads=arguments.threads)
    if arguments.picture:
        draw(arguments.picture, by_qubits, by_gates)


if __name__ == "__main__":
    main()
