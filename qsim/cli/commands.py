"""The commands: each takes the parsed options and returns the exit code."""

import argparse
import json
import platform
import sys
from collections.abc import Callable
from typing import Any

import qsim
from qsim.circuit import Circuit
from qsim.cli.files import UsageError, read_circuit, write_circuit
from qsim.cli.results import Wanted, as_json, as_text

__all__ = ["COMMANDS"]

Options = argparse.Namespace


def _read(options: Options) -> Circuit:
    """The circuit, its parameters bound as the options say."""
    circuit = read_circuit(options.file)
    values = dict(options.bind)
    return circuit.bind(values, partial=True) if values else circuit


def _run(options: Options) -> int:
    wanted = Wanted.of(options)
    circuit = _read(options)
    for paulis in wanted.expect:
        if len(paulis) != circuit.num_qubits:
            have = f"{circuit.num_qubits} qubits"
            raise UsageError(f"--expect {paulis} has {len(paulis)} letters, but the circuit has {have}.")
    result = qsim.run(
        circuit,
        wanted.shots,
        seed=options.seed,
        method=options.method,
        precision=options.precision,
        threads=options.threads,
        observables={paulis: qsim.Operator.from_paulis({paulis: 1.0}) for paulis in wanted.expect} or None,
        exact=wanted.probabilities,
        keep_state=wanted.state and wanted.shots is not None,
        progress=options.progress or None,
        timeout=options.timeout,
    )
    if options.plot is not None:
        _plot(result, options.plot)
    write: Callable[..., None] = as_json if options.json else as_text
    write(circuit, result, wanted, options)
    return 0


def _plot(result: Any, path: str) -> None:
    """The histogram as an image, without a window."""
    import matplotlib as mpl

    mpl.use("Agg")
    axes = result.counts.plot(exact=result.distribution)
    axes.figure.savefig(path)


def _draw(options: Options) -> int:
    if options.format == "png" and options.output is None:
        raise UsageError("A picture in PNG needs a file: give --output.")
    format = "mpl" if options.format == "png" else options.format
    drawing = _read(options).draw(format, options.output, expand=options.expand)
    if options.output is None:
        print(drawing)
    return 0


def _explain(options: Options) -> int:
    plan = _read(options).explain(method=options.method, precision=options.precision, threads=options.threads)
    if options.draw is not None:
        plan.draw(path=options.draw)
    print(plan)
    return 0


def _convert(options: Options) -> int:
    write_circuit(read_circuit(options.file), options.output, options.to)
    return 0


def _info(options: Options) -> int:
    from qsim.kernels import info

    lines = {"qsim": qsim.__version__, "Python": f"{platform.python_version()} ({sys.platform}, {platform.machine()})"}
    lines |= info()
    if options.json:
        print(json.dumps(lines, indent=1, ensure_ascii=False))
        return 0
    for name, text in lines.items():
        print(f"{name:16}  {text}")
    return 0


def _warmup(options: Options) -> int:
    from qsim.kernels import warmup

    for kernels in warmup():
        seconds = kernels.seconds
        compiled = f"compiled in {seconds['compile']:.1f} s" if seconds["compile"] else "compiled before"
        print(f"{kernels.name}, {kernels.precision}: {compiled}, loaded in {1e3 * seconds['load']:.0f} ms")
    return 0


def _bench(options: Options) -> int:
    from qsim.cli.bench import bench

    return bench(options)


COMMANDS: dict[str, Callable[[Options], int]] = {
    "run": _run,
    "draw": _draw,
    "explain": _explain,
    "convert": _convert,
    "bench": _bench,
    "info": _info,
    "warmup": _warmup,
}
