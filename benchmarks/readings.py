"""What qsim and other simulators make of an OpenQASM text: each with a reader of its own.

A reading is a state vector, where the text has one, and the distribution of its classical bits, where it measures:
exact here, sampled elsewhere. All vectors have qubit 0 most significant, all bit strings hold the bits in order of
declaration. The importers of Qiskit and Cirq read a part of the language; what is rewritten for them, without a change
of meaning, is in `nested_conditions` and `single_conditions`.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["READERS", "SHOTS", "Reading", "head", "nested_conditions", "single_conditions"]

SHOTS = 10_000
SLOW_SHOTS = 1_000  # where Cirq simulates shot by shot, in Python
PATIENCE = 20.0  # seconds for all branches of a circuit
UNLIKELY = 1e-6  # branches that are left out where there is no end of them
LARGEST = 20  # qubits that are run


@dataclass
class Reading:
    """A text as one simulator reads it.

    Attributes:
        num_qubits: declared ones.
        state: without final measurements; `None` where the text measures or resets before its end.
        bits: probabilities (qsim) or counts (others) of the bit strings; `None` where nothing is measured.
        instructions, parser, seconds: of qsim's loader; the parser is "flat" or "full".
        remark: what was left out, and why.
    """

    num_qubits: int
    state: NDArray[np.complex128] | None = None
    bits: dict[str, Any] | None = None
    instructions: int = 0
    parser: str = ""
    seconds: float = 0.0
    remark: str = ""


def head(path: Path, lines: int | None) -> str:
    """The text of a file, or its first lines."""
    text = path.read_text(encoding="utf-8")
    return text if lines is None else "".join(text.splitlines(keepends=True)[:lines])


# ── qsim ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_qsim(path: Path, lines: int | None) -> Reading:
    """By `qsim.io.load`; of a part of a file, by `loads`.

    Raises:
        QasmError: the text is refused.
    """
    from qsim import io

    io.loads("OPENQASM 2.0; qreg q[1]; U(0, 0, 0) q[0];")  # what is imported when first used
    start = time.perf_counter()
    circuit = io.load(path) if lines is None else io.loads(head(path, lines))
    seconds = time.perf_counter() - start
    reading = Reading(circuit.num_qubits, None, None, len(circuit), _parser(path, lines), seconds)
    if circuit.parameters:
        reading.remark = "has inputs: not run"
    elif circuit.num_qubits > LARGEST:
        reading.remark = f"more than {LARGEST} qubits: not run"
    elif circuit.num_qubits == 0:
        reading.remark = "no qubits: nothing to run"
    else:
        try:
            reading.state, reading.bits, reading.remark = _run_qsim(circuit)
        except Exception as error:  # it was loaded, so that this is no refusal
            reading.remark = f"does not run: {error}"
    return reading


def _parser(path: Path, lines: int | None) -> str:
    from qsim.io.flat import parse_flat
    from qsim.io.limits import DEFAULT_LIMITS
    from qsim.io.source import NotFlatError, Source

    try:
        parse_flat(Source(head(path, lines)), DEFAULT_LIMITS, None)
    except NotFlatError:
        return "full"
    return "flat"


def _run_qsim(circuit: Any) -> tuple[NDArray[np.complex128] | None, dict[str, float] | None, str]:
    from qsim import CircuitError, RunInterrupted, run

    bits, remark = None, ""
    if circuit.num_bits:
        try:
            distribution = run(circuit, None, exact=True, timeout=PATIENCE).distribution
        except RunInterrupted:  # a loop that ends with certainty, but not within any number of rounds
            distribution = run(circuit, None, exact=UNLIKELY, timeout=PATIENCE).distribution
            remark = f"branches less likely than {UNLIKELY:g} left out"
        bits = {key.replace(" ", ""): float(probability) for key, probability in distribution.items()}
    try:
        return circuit.without_final_measurements().state().amplitudes, bits, remark
    except CircuitError:  # it measures or resets before its end
        return None, bits, remark


# ── Qiskit: Statevector of quantum_info, Aer without fusion ───────────────────────────────────────────────────────────


def read_qiskit(path: Path, lines: int | None) -> Reading:
    """By `qiskit.qasm2` or `qiskit.qasm3`; the state by quantum_info, the counts by Aer without fusion.

    Raises:
        QASM2ParseError, QASM3ImporterError: it does not read the text.
    """
    from qiskit import qasm2, qasm3, transpile
    from qiskit_aer import AerSimulator

    text = head(path, lines)
    if re.search(r"^\s*OPENQASM\s+2", text, re.MULTILINE):
        custom, include = qasm2.LEGACY_CUSTOM_INSTRUCTIONS, qasm2.LEGACY_INCLUDE_PATH
        circuit = qasm2.loads(text, custom_instructions=custom, include_path=(*include, path.parent))
    else:
        circuit = qasm3.loads(nested_conditions(text))
    reading = Reading(circuit.num_qubits, _statevector(circuit))
    if _measures(circuit):
        simulator = AerSimulator(method="statevector", fusion_enable=False, seed_simulator=1, max_parallel_threads=1)
        lowered = transpile(circuit, simulator, optimization_level=0)
        counts = simulator.run(lowered, shots=SHOTS).result().get_counts()
        reading.bits = {key.replace(" ", "")[::-1]: count for key, count in counts.items()}
    return reading


def _statevector(circuit: Any) -> NDArray[np.complex128] | None:
    from qiskit.quantum_info import Statevector

    plain = circuit.copy()
    plain.remove_final_measurements()
    if any(item.name in ("measure", "reset") or hasattr(item.operation, "blocks") for item in plain.data):
        return None
    return np.asarray(Statevector(plain.reverse_bits()).data)


def _measures(circuit: Any) -> bool:
    return any(
        item.name == "measure" or any(map(_measures, getattr(item.operation, "blocks", ()))) for item in circuit.data
    )


# ── Cirq ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_cirq(path: Path, lines: int | None) -> Reading:
    """By `cirq.contrib.qasm_import`, its words changed to those that it knows.

    Raises:
        QasmException: it does not read the text.
    """
    import cirq
    from cirq.contrib.qasm_import._parser import QasmParser  # as circuit_from_qasm, which drops the registers

    parsed = QasmParser().parse(_for_cirq(head(path, lines)))
    circuit = parsed.circuit
    qubits = [cirq.NamedQubit(f"{name}_{i}") for name, size in parsed.qregs.items() for i in range(size)]
    keys = [f"{name}_{i}" for name, size in parsed.cregs.items() for i in range(size)]
    if len(qubits) > LARGEST:
        return Reading(len(qubits), remark=f"more than {LARGEST} qubits")
    simulator = cirq.Simulator(dtype=np.complex128, seed=1)
    reading = Reading(len(qubits))
    if cirq.control_keys(circuit) or any(map(cirq.control_keys, circuit.all_operations())):
        zero = cirq.NamedQubit("zero")  # bits are 0 before they are measured; a condition on an unknown key is an error
        circuit = cirq.Circuit(cirq.measure(zero, key=key) for key in keys) + circuit
    is_plain = circuit.are_all_measurements_terminal() and not any(
        isinstance(operation.gate, cirq.ResetChannel)
        or cirq.is_parameterized(operation)
        or cirq.control_keys(operation)
        for operation in circuit.all_operations()
    )
    if is_plain:
        unitary = cirq.Circuit(op for op in circuit.all_operations() if not cirq.is_measurement(op))
        reading.state = np.asarray(simulator.simulate(unitary, qubit_order=qubits).final_state_vector)
    if circuit.has_measurements():
        records = simulator.run(circuit, repetitions=SHOTS if is_plain else SLOW_SHOTS).records
        reading.bits = _strings(records, keys)
    return reading


def _for_cirq(text: str) -> str:
    """Without barriers and comments, with a header, and with conditions a statement at a time."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
    text = re.sub(r"\bbarrier\b[^;]*;", "", single_conditions(text))
    body = re.sub(r"^\s*OPENQASM\s+3(\.\d+)?\s*;", "", text)
    return body if re.match(r"\s*OPENQASM", body) else f"OPENQASM 3.0;\n{body}"


def _strings(records: Any, keys: list[str]) -> dict[str, int]:
    """Counts of the last record of each bit, in the order of the keys; 0 where there is none."""
    shots = len(next(iter(records.values())))
    columns = [records[key][:, -1, 0] if key in records else np.zeros(shots, dtype=np.int64) for key in keys]
    strings, counts = np.unique(np.stack(columns, axis=1), axis=0, return_counts=True)
    return {"".join(map(str, bits)): int(count) for bits, count in zip(strings, counts, strict=True)}


READERS: dict[str, Callable[[Path, int | None], Reading]] = {
    "qsim": read_qsim,
    "Qiskit": read_qiskit,
    "Cirq": read_cirq,
}


# ── Conditions, written so that importers read them ───────────────────────────────────────────────────────────────────

BIT = r"\w+(?:\[\d+\])?"
CONDITION = re.compile(
    rf"if\s*\(\s*(\(?{BIT}(?:\s*\^\s*{BIT})*\)?)\s*(?:==\s*(true|false|[01])\s*)?\)\s*(\{{[^{{}}]*\}}|[^;{{]*;)"
)


def nested_conditions(text: str) -> str:
    """Conditions on parities of bits as nested ones on single bits: `if (a ^ b) {…}` runs for 01 and for 10."""

    def rewrite(bits: list[str], values: tuple[int, ...], body: str) -> str:
        for bit, value in zip(reversed(bits), reversed(values), strict=True):
            body = f"if ({bit} == {'true' if value else 'false'}) {{ {body} }}"
        return body

    return _rewrite(text, rewrite)


def single_conditions(text: str) -> str:
    """As `nested_conditions`, but a statement at a time: `if (a==0 && b==1) x q;`."""

    def rewrite(bits: list[str], values: tuple[int, ...], body: str) -> str:
        condition = " && ".join(f"{bit}=={value}" for bit, value in zip(bits, values, strict=True))
        return " ".join(f"if ({condition}) {statement.strip()};" for statement in body.split(";") if statement.strip())

    return _rewrite(text, rewrite)


def _rewrite(text: str, rewrite: Callable[[list[str], tuple[int, ...], str], str]) -> str:
    """Conditions of OpenQASM 3 on bits and their parities, by the assignments that fulfil them.

    At most one of these holds as long as the block does not measure; blocks that do are left as they are.
    """
    if re.search(r"^\s*OPENQASM\s+2", text, re.MULTILINE):
        return text
    scalars = set(re.findall(r"\bbit\s+(\w+)\s*;", text))

    def replace(match: re.Match[str]) -> str:
        parity, value, body = match.groups()
        bits = re.findall(BIT, parity)
        if "measure" in body or not all("[" in bit or bit in scalars for bit in bits):
            return match[0]
        wanted = value not in ("false", "0")
        return "\n".join(rewrite(bits, values, body.strip("{}").strip()) for values in _assignments(len(bits), wanted))

    return CONDITION.sub(replace, text)


def _assignments(num_bits: int, parity: bool) -> Iterator[tuple[int, ...]]:
    return (values for values in product((0, 1), repeat=num_bits) if sum(values) % 2 == parity)
