"""A short timing of a few circuits on this machine: no comparison, but whether it does what it should."""

import argparse
import json
import math
import time
from collections.abc import Callable

import qsim
from qsim.circuit import Circuit

__all__ = ["bench"]

_SECONDS = 1.0  # for each circuit, its first run aside
_MOST_RUNS = 50


def bench(options: argparse.Namespace) -> int:
    """Time each circuit, the best of as many runs as fit a second."""
    rows = []
    for name, make in _CIRCUITS.items():
        circuit = make(options.qubits)
        rows.append({"circuit": name, "gates": len(circuit), **_time(circuit, options)})
        if not options.json:
            row = rows[-1]
            head = f"{name}, {options.qubits} qubits, {row['gates']} gates"
            print(f"{head:40}  first {row['first']:9.4f} s  best {row['best']:9.4f} s  of {row['runs']}", flush=True)
    if options.json:
        settings = {"qubits": options.qubits, "precision": options.precision, "threads": options.threads}
        print(json.dumps({"format": "qsim-bench", "version": 1, **settings, "circuits": rows}))
    return 0


def _time(circuit: Circuit, options: argparse.Namespace) -> dict[str, float | int]:
    """Seconds of the first run, which loads kernels and plans, and of the best of the others."""
    seconds: list[float] = []
    while len(seconds) < 2 or (sum(seconds[1:]) < _SECONDS and len(seconds) <= _MOST_RUNS):
        start = time.perf_counter()
        qsim.run(circuit, None, precision=options.precision, threads=options.threads)
        seconds.append(time.perf_counter() - start)
    return {"first": seconds[0], "best": min(seconds[1:]), "runs": len(seconds) - 1}


def _ghz(num_qubits: int) -> Circuit:
    return Circuit(num_qubits).h(0).cx(range(num_qubits - 1), range(1, num_qubits))


def _fourier(num_qubits: int) -> Circuit:
    circuit = Circuit(num_qubits)
    for target in range(num_qubits):
        circuit.h(target)
        for control in range(target + 1, num_qubits):
            circuit.cp(math.pi / 2 ** (control - target), control, target)
    return circuit


def _layers(num_qubits: int) -> Circuit:
    """Ten layers of rotations on all qubits and cx between neighbours."""
    circuit = Circuit(num_qubits)
    for layer in range(10):
        for qubit in range(num_qubits):
            circuit.ry(0.1 + layer + qubit, qubit).rz(0.2 + layer * qubit, qubit)
        circuit.cx(range(layer % 2, num_qubits - 1, 2), range(layer % 2 + 1, num_qubits, 2))
    return circuit


_CIRCUITS: dict[str, Callable[[int], Circuit]] = {"ghz": _ghz, "fourier": _fourier, "layers": _layers}
