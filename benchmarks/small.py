"""Small work: building and running, compiled circuits, start of a process. `python benchmarks/small.py [repeats]`."""

import os
import subprocess
import sys

import numpy as np
from clock import best

import qsim
from qsim import Circuit, Parameter

BELL = "from qsim import Circuit; print(Circuit(2).h(0).cx(0, 1).sample(1000))"


def layers(angles):
    """4 qubits, 100 gates, of which 50 have an angle."""
    circuit = Circuit(4)
    for i in range(25):
        circuit.h(i % 4).rx(angles[2 * i], (i + 1) % 4).cx(i % 4, (i + 1) % 4).rz(angles[2 * i + 1], (i + 2) % 4)
    return circuit


def ansatz(num_qubits, depth):
    """Rotations by parameters of their own, and a line of cx, in turn."""
    circuit = Circuit(num_qubits)
    for theta in np.array(Parameter.vector("θ", num_qubits * depth)).reshape(depth, num_qubits):
        for qubit in range(num_qubits):
            circuit.ry(theta[qubit], qubit)
        circuit.cx(range(num_qubits - 1), range(1, num_qubits))
    return circuit


def process(code):
    """Run a line of Python in a process of its own, its bytecode at hand."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL, env=environment)


def main(repeats):
    """Print what each takes."""
    qsim.warmup()
    rng = np.random.default_rng(1)
    angles = rng.uniform(-3, 3, 50).tolist()
    lines = {}
    for method in ("numpy", "statevector"):
        seconds = best(lambda method=method: layers(angles).state(method=method), repeats)
        lines[f"4 qubits, 100 gates, built and run, {method}"] = f"{1e3 * seconds:.2f} ms"
    for precision in ("double", "single"):
        for circuit, name in (
            (layers(Parameter.vector("θ", 50)), "4 qubits, 100 gates"),
            (ansatz(10, 20), "10 qubits, 200 parameters"),
        ):
            compiled, values = circuit.compile(precision=precision), rng.uniform(-3, 3, circuit.num_parameters)
            seconds = best(lambda compiled=compiled, values=values: compiled(values), repeats)
            lines[f"{name}, compiled, new values, {precision}"] = f"{1e6 * seconds:.0f} µs"
    starts = {"import numpy": [], "import qsim": [], BELL: []}
    for _ in range(max(repeats // 20, 3)):
        for code, seconds in starts.items():
            seconds.append(best(lambda code=code: process(code), 1))
    for code, seconds in starts.items():
        share = min(seconds) / min(starts["import numpy"])
        lines[f"python -c '{code}'"] = f"{1e3 * min(seconds):.0f} ms ({share:.2f} × NumPy)"
    for name, text in lines.items():
        print(f"{name:90} {text}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
