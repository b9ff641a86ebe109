"""One adapter a simulator: it builds that simulator's circuit object (not timed) and makes its final state (timed).

Every adapter answers with all 2^n amplitudes as a NumPy array in the same order, qubit 0 most significant. Where a
simulator counts qubits from the least significant one, the circuit is built with the qubits turned round, which costs
nothing. Planning, fusion and translation below the simulator's circuit object belong to `simulate`.
"""

import inspect
import math
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits import Gate

__all__ = ["ENGINES", "Engine", "make"]

DTYPES = {"single": np.complex64, "double": np.complex128}


class Adapter:
    """A simulator at fixed precision, number of threads and settings."""

    def __init__(self, precision: str, threads: int, **settings: Any) -> None:
        self.precision = precision
        self.threads = threads
        self.settings = settings

    def build(self, gates: Sequence[Gate], n: int) -> Any:
        """A fresh circuit object of this simulator."""
        raise NotImplementedError

    def simulate(self, circuit: Any) -> NDArray[Any]:
        """Its final state vector."""
        raise NotImplementedError


class Qsim(Adapter):
    """This project: `circuit.state(...)`."""

    def __init__(self, precision: str, threads: int, **settings: Any) -> None:
        super().__init__(precision, threads, **settings)
        from qsim import run

        self.options = {"precision": precision, **settings}
        if "threads" in inspect.signature(run).parameters:
            self.options["threads"] = threads

    def build(self, gates: Sequence[Gate], n: int) -> Any:
        from qsim import Circuit

        circuit = Circuit(n)
        for gate in gates:
            if gate.name == "unitary":
                circuit.apply(gate.matrix, *gate.qubits)
            elif gate.name == "mcz":
                circuit.z(gate.qubits[-1], controls=gate.qubits[:-1])
            else:
                getattr(circuit, gate.name)(*gate.params, *gate.qubits)
        return circuit

    def simulate(self, circuit: Any) -> NDArray[Any]:
        return circuit.state(**self.options).amplitudes


class QsimCirq(Adapter):
    """qsimcirq: Cirq circuit, C++ simulator, single precision only."""

    def __init__(self, precision: str, threads: int, **settings: Any) -> None:
        super().__init__(precision, threads, **settings)
        from qsimcirq import QSimOptions, QSimSimulator

        self.simulator = QSimSimulator(QSimOptions(cpu_threads=threads, **settings))

    def build(self, gates: Sequence[Gate], n: int) -> Any:
        import cirq

        half_turns = {"cp": cirq.CZPowGate, "rxx": cirq.XXPowGate, "ryy": cirq.YYPowGate, "rzz": cirq.ZZPowGate}
        named = {"h": cirq.H, "x": cirq.X, "cx": cirq.CX, "cz": cirq.CZ, "swap": cirq.SWAP}
        under_controls = {"ccx": cirq.X, "mcz": cirq.Z}  # CCX takes twice the time
        turned = {"ry": cirq.ry, "rz": cirq.rz}

        def translate(gate: Gate) -> Any:
            if gate.name in half_turns:
                shift = 0.0 if gate.name == "cp" else -0.5  # exp(-i θ/2 P), not diag(1, …, e^{iθ})
                return half_turns[gate.name](exponent=gate.params[0] / math.pi, global_shift=shift)
            if gate.name in turned:
                return turned[gate.name](*gate.params)
            if gate.name in under_controls:
                return cirq.ControlledGate(under_controls[gate.name], len(gate.qubits) - 1)
            return named[gate.name] if gate.matrix is None else cirq.MatrixGate(gate.matrix)

        line = cirq.LineQubit.range(n)
        return cirq.Circuit(translate(gate).on(*(line[q] for q in gate.qubits)) for gate in gates)

    def simulate(self, circuit: Any) -> NDArray[Any]:
        return self.simulator.simulate_into_1d_array(circuit)[1]


class Aer(Adapter):
    """Qiskit Aer's statevector method; without a transpiler pass, for all gates are native to it."""

    def __init__(self, precision: str, threads: int, **settings: Any) -> None:
        super().__init__(precision, threads, **settings)
        from qiskit_aer import AerSimulator

        self.simulator = AerSimulator(
            method="statevector", precision=precision, max_parallel_threads=threads, max_memory_mb=-1, **settings
        )

    def build(self, gates: Sequence[Gate], n: int) -> Any:
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(n)
        for gate in gates:
            qubits = _turned(gate.qubits, n)
            if gate.name == "unitary":
                circuit.unitary(gate.matrix, qubits[::-1])  # its first qubit is the right factor
            elif gate.name == "mcz":
                circuit.mcp(math.pi, qubits[:-1], qubits[-1])
            else:
                getattr(circuit, gate.name)(*gate.params, *qubits)
        circuit.save_statevector()
        return circuit

    def simulate(self, circuit: Any) -> NDArray[Any]:
        return self.simulator.run(circuit).result().data(0)["statevector"].data


class Qulacs(Adapter):
    """Qulacs, double precision only; `optimize` is "light", or the block size of its full optimiser."""

    def build(self, gates: Sequence[Gate], n: int) -> Any:
        from qulacs import QuantumCircuit, gate

        if self.settings.get("optimize") == "light" and n > 8 and any(item.name == "mcz" for item in gates):
            raise MemoryError("optimize_light would multiply mcz out, to a matrix of 2^n x 2^n")

        named = {
            "h": gate.H, "x": gate.X, "cx": gate.CNOT, "cz": gate.CZ, "swap": gate.SWAP, "ccx": gate.TOFFOLI,
            "ry": gate.RotY, "rz": gate.RotZ,  # RY and RZ turn the other way
        }  # fmt: skip
        paulis = {"rxx": 1, "ryy": 2, "rzz": 3}

        def under_controls(base: Any, controls: Sequence[int]) -> Any:
            matrix = gate.to_matrix_gate(base)
            for control in controls:
                matrix.add_control_qubit(control, 1)
            return matrix

        def translate(item: Gate) -> Any:
            *controls, target = qubits = _turned(item.qubits, n)
            if item.name == "unitary":
                return gate.DenseMatrix(qubits[::-1], item.matrix)  # its first qubit is the right factor
            if item.name in paulis:
                return gate.PauliRotation(qubits, [paulis[item.name]] * 2, -item.params[0])  # exp(+i θ/2 P)
            if item.name == "cp":
                return under_controls(gate.U1(target, item.params[0]), controls)
            if item.name == "mcz":
                return under_controls(gate.Z(target), controls)
            return named[item.name](*qubits, *item.params)

        circuit = QuantumCircuit(n)
        for item in gates:
            circuit.add_gate(translate(item))
        return circuit

    def simulate(self, circuit: Any) -> NDArray[Any]:
        from qulacs import QuantumState
        from qulacs.circuit import QuantumCircuitOptimizer

        optimize = self.settings.get("optimize")
        if optimize == "light":
            QuantumCircuitOptimizer().optimize_light(circuit)
        elif optimize:
            QuantumCircuitOptimizer().optimize(circuit, optimize)
        state = QuantumState(circuit.get_qubit_count())
        circuit.update_quantum_state(state)
        return state.get_vector()


class Lightning(Adapter):
    """PennyLane's lightning.qubit: the device executes a tape, with no QNode and no transform around it."""

    def build(self, gates: Sequence[Gate], n: int) -> Any:
        import pennylane as qml

        named = {
            "h": qml.Hadamard, "x": qml.PauliX, "ry": qml.RY, "rz": qml.RZ, "cx": qml.CNOT, "cz": qml.CZ,
            "cp": qml.ControlledPhaseShift, "swap": qml.SWAP, "ccx": qml.Toffoli,
            "rxx": qml.IsingXX, "ryy": qml.IsingYY, "rzz": qml.IsingZZ,
        }  # fmt: skip

        def translate(gate: Gate) -> Any:
            if gate.name == "unitary":
                return qml.QubitUnitary(gate.matrix, wires=gate.qubits)
            if gate.name == "mcz":
                return qml.ctrl(qml.PauliZ(gate.qubits[-1]), control=gate.qubits[:-1])
            return named[gate.name](*gate.params, wires=gate.qubits)

        device = qml.device("lightning.qubit", wires=n, c_dtype=DTYPES[self.precision])
        return device, qml.tape.QuantumScript([translate(gate) for gate in gates], [qml.state()])

    def simulate(self, circuit: Any) -> NDArray[Any]:
        device, tape = circuit
        return device.execute(tape)


def _turned(qubits: Sequence[int], n: int) -> list[int]:
    """The same qubits counted from the least significant one."""
    return [n - 1 - qubit for qubit in qubits]


class Engine(NamedTuple):
    """An adapter with settings.

    Attributes:
        family: distribution that it comes from; engines of a family are settings of one simulator.
        adapter: how it is driven.
        settings: keyword arguments of the adapter.
        precisions: that it has.
    """

    family: str
    adapter: type[Adapter]
    settings: dict[str, Any]
    precisions: tuple[str, ...] = ("single", "double")

    @property
    def version(self) -> str:
        """Installed version; `PackageNotFoundError` where there is none."""
        return version(self.family)


ENGINES = {
    "qsim": Engine("qsim-kron", Qsim, {}),
    "qsim-numpy": Engine("qsim-kron", Qsim, {"method": "numpy"}),
    **{
        f"qsimcirq-f{size}": Engine("qsimcirq", QsimCirq, {"max_fused_gate_size": size}, ("single",))
        for size in (2, 3, 4)
    },
    "aer": Engine("qiskit-aer", Aer, {}),
    "aer-f6": Engine("qiskit-aer", Aer, {"fusion_max_qubit": 6}),
    "aer-unfused": Engine("qiskit-aer", Aer, {"fusion_enable": False}),
    "qulacs": Engine("qulacs", Qulacs, {}, ("double",)),
    "qulacs-light": Engine("qulacs", Qulacs, {"optimize": "light"}, ("double",)),
    "qulacs-opt1": Engine("qulacs", Qulacs, {"optimize": 1}, ("double",)),
    "qulacs-opt2": Engine("qulacs", Qulacs, {"optimize": 2}, ("double",)),
    "lightning": Engine("pennylane-lightning", Lightning, {}),
}


def make(name: str, precision: str, threads: int) -> Adapter:
    """The adapter of an engine."""
    engine = ENGINES[name]
    return engine.adapter(precision, threads, **engine.settings)
