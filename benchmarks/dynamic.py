"""Shots of a circuit that measures in the middle, against its parts, and beside Qiskit Aer.

    python benchmarks/dynamic.py --qubits 20 --measurements 5 --shots 10000 --threads 2

Layers of rotations and a chain of cx; after each a qubit is measured and gates follow where it was 1; all is measured
in the end. Told are the time of all shots; the time of the parts that no simulator can leave out, measured in the same
run: the gates of each branch, one pass for the probabilities of each measurement, one that copies and projects; and
with `--aer` the time of so many shots here and by Qiskit Aer with its branching of shots.
"""

import argparse
import os
import time
from contextlib import contextmanager
from typing import Any

import numpy as np


def circuit(num_qubits: int, measurements: int) -> Any:
    """The circuit; bit k is measured after layer k."""
    from qsim import Circuit

    rng = np.random.default_rng(1)
    result = Circuit(num_qubits, measurements)
    for bit in range(measurements):
        for qubit in range(num_qubits):
            result.ry(rng.uniform(0, 6), qubit).rz(rng.uniform(0, 6), qubit)
        result.cx(range(num_qubits - 1), range(1, num_qubits)).measure(bit, bit)
        with result.if_(result.bits[bit]):
            for qubit in range(num_qubits):
                result.rx(0.3 * qubit, qubit)
            result.cx(0, num_qubits - 1)
    return result.measure_all()


def aer_circuit(num_qubits: int, measurements: int) -> Any:
    """The same for Qiskit."""
    from qiskit import QuantumCircuit

    rng = np.random.default_rng(1)
    result = QuantumCircuit(num_qubits, measurements + num_qubits)
    for bit in range(measurements):
        for qubit in range(num_qubits):
            result.ry(rng.uniform(0, 6), qubit)
            result.rz(rng.uniform(0, 6), qubit)
        for qubit in range(num_qubits - 1):
            result.cx(qubit, qubit + 1)
        result.measure(bit, bit)
        with result.if_test((result.clbits[bit], 1)):
            for qubit in range(num_qubits):
                result.rx(0.3 * qubit, qubit)
            result.cx(0, num_qubits - 1)
    result.measure(range(num_qubits), range(measurements, measurements + num_qubits))
    return result


@contextmanager
def watched(*places: tuple[Any, str]) -> Any:
    """Adds up the seconds that methods take."""
    spent = [0.0]

    def timed(method: Any) -> Any:
        def call(*arguments: Any) -> Any:
            start = time.perf_counter()
            found = method(*arguments)
            spent[0] += time.perf_counter() - start
            return found

        return call

    kept = [(home, name, getattr(home, name)) for home, name in places]
    for home, name, method in kept:
        setattr(home, name, timed(method))
    try:
        yield spent
    finally:
        for home, name, method in kept:
            setattr(home, name, method)


def main() -> None:
    """Print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qubits", type=int, default=20)
    parser.add_argument("--measurements", type=int, default=5)
    parser.add_argument("--shots", type=int, default=10000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--aer", type=int, default=0, metavar="SHOTS", help="shots beside Qiskit Aer")
    wanted = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(wanted.threads)
    from qsim import run
    from qsim.engines.branch import Register
    from qsim.engines.segments import Segments

    own = circuit(wanted.qubits, wanted.measurements)
    run(own, 10, seed=1, threads=wanted.threads)
    best, ratio, ways = np.inf, np.inf, ""
    for _ in range(wanted.repeats):
        with watched((Segments, "run"), (Register, "probabilities"), (Register, "projected")) as spent:
            start = time.perf_counter()
            result = run(own, wanted.shots, seed=1, threads=wanted.threads)
            seconds = time.perf_counter() - start
        best, ratio, ways = min(best, seconds), min(ratio, seconds / spent[0]), result.reason
    print(f"{wanted.shots} shots: {best:.3f} s, {ratio:.2f} times its parts; {ways}")
    if not wanted.aer:
        return
    from qiskit_aer import AerSimulator

    simulator = AerSimulator(method="statevector", shot_branching_enable=True, max_parallel_threads=wanted.threads)
    other, ours = aer_circuit(wanted.qubits, wanted.measurements), []
    for _ in range(wanted.repeats):
        start = time.perf_counter()
        run(circuit(wanted.qubits, wanted.measurements), wanted.aer, seed=1, threads=wanted.threads)
        ours.append(time.perf_counter() - start)
    start = time.perf_counter()
    simulator.run(other, shots=wanted.aer, seed_simulator=1).result()
    seconds = time.perf_counter() - start
    print(f"{wanted.aer} shots: {min(ours):.3f} s, Qiskit Aer {seconds:.2f} s, {seconds / min(ours):.1f} times")


if __name__ == "__main__":
    main()
