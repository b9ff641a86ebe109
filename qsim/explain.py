"""Explain: which engine would run a circuit, in which passes over the state, and what that takes."""

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from qsim import bits
from qsim.circuit import Circuit, Operation
from qsim.circuit.analysis import require_static
from qsim.engines.numpy_path import MATRIX_TARGETS
from qsim.engines.options import check_precision, check_threads
from qsim.engines.verify import is_direct_unplanned
from qsim.errors import TooLargeError
from qsim.kernels.threads import default_threads
from qsim.methods import METHODS, choose, copied_amplitudes, is_direct
from qsim.plan.cost import flops, pass_kinds, touched
from qsim.plan.encode import Encoded
from qsim.plan.prepare import Settings
from qsim.plan.report import Plan, PlannedSweep
from qsim.plan.schedule import Sweep
from qsim.run import check_bound, run

__all__ = ["explain"]

_MAX_QUBITS = 60  # indices are 64-bit integers
_FLOPS = 14  # an amplitude, of a rotation, of which `numpy_seconds` tells the time


def explain(
    circuit: Circuit,
    *,
    method: str = "auto",
    precision: str = "double",
    initial: Any = None,
    threads: int | None = None,
    optimize: bool = True,
) -> Plan:
    """How a circuit would run with these options; see `Circuit.explain`."""
    if not isinstance(circuit, Circuit):
        raise TypeError(f"Argument `circuit` must be a Circuit, but is {type(circuit).__name__}.")
    run(Circuit(), None, method=method, precision=precision, threads=threads, optimize=optimize)  # refuses the options
    check_bound(circuit)
    require_static(circuit, "explain()")
    if circuit.num_qubits > _MAX_QUBITS:
        raise TooLargeError(f"A state of {circuit.num_qubits} qubits has no plan: the most are {_MAX_QUBITS}.")
    name = choose(method, circuit, precision, is_run=False)
    explaining = _Explaining(circuit, name, precision, initial is None, check_threads(threads))
    if name == "statevector":
        if optimize and is_direct(circuit):
            return explaining.direct("compiled, gate by gate: the state fits the cache")
        if optimize:
            return explaining.planned()
        reason = "gate by gate, as asked for"
        return explaining.direct(reason) if is_direct_unplanned(circuit, precision) else explaining.on_slices(reason)
    return explaining.on_slices(METHODS[name].reason) if name == "numpy" else explaining.by_matrices()


class _Explaining:
    def __init__(self, circuit: Circuit, name: str, precision: str, is_zero: bool, threads: int | None) -> None:
        self.circuit, self.name, self.precision, self.is_zero = circuit, name, precision, is_zero
        self.operations = [instruction for instruction in circuit if isinstance(instruction, Operation)]
        self.given_threads, self.threads = threads, threads or default_threads()
        self.item = check_precision(precision).itemsize
        self.num_qubits = circuit.num_qubits
        self.state = self.item * bits.register_size(self.num_qubits)

    def planned(self) -> Plan:
        """Many gates in each pass."""
        from qsim.engines.calibration import sweep_rates
        from qsim.engines.statevector import scratch_bytes, settings
        from qsim.kernels import load
        from qsim.plan.prepare import Programs, Stretch, prepare

        rates = sweep_rates(self.precision, self.num_qubits, self.threads)
        start = time.perf_counter()
        chosen = settings(self.num_qubits, load(self.precision), is_zero=self.is_zero)
        plan = prepare(self.circuit, chosen)
        planning = time.perf_counter() - start
        sweeps: list[PlannedSweep] = []
        scratch = 0
        for part in plan.parts:
            if isinstance(part, Operation):
                sweeps.append(self._slices(part))
                continue
            assert isinstance(part, Stretch)
            programs = Programs(part)
            for number, sweep in enumerate(part.sweeps):
                start = time.perf_counter()
                encoded = programs[number]
                planning += time.perf_counter() - start
                scratch = max(scratch, scratch_bytes(encoded, self.item))
                sweeps.append(self._sweep(sweep, encoded, rates))
        plan.keep()
        memory = {
            **self._states([part for part in plan.parts if isinstance(part, Operation)]),
            "scratch": self.threads * scratch,
            "programs and tables": max((sweep.memory for sweep in sweeps), default=0),
        }
        touching = rates.pages * bits.register_size(self.num_qubits) if sweeps else 0.0
        return self._plan(METHODS[self.name].reason, sweeps, memory, touching, planning, settings=chosen)

    def direct(self, reason: str) -> Plan:
        """Gate by gate in compiled code."""
        from qsim.engines.calibration import gate_seconds
        from qsim.engines.direct import workers
        from qsim.engines.program import encode
        from qsim.engines.templates import MAX_TARGETS

        rate = gate_seconds(self.precision, self.num_qubits, self.given_threads)
        start = time.perf_counter()
        encode(self.circuit)
        planning = time.perf_counter() - start
        wide = [operation for operation in self.operations if len(operation.targets) > MAX_TARGETS]
        sweeps = [self._slices(o) if len(o.targets) > MAX_TARGETS else self._gate(o, rate) for o in self.operations]
        threads = workers(self.num_qubits, self.given_threads)
        return self._plan(reason, sweeps, self._states(wide), planning=planning, threads=threads)

    def on_slices(self, reason: str) -> Plan:
        """Gate by gate by NumPy."""
        return self._plan(reason, map(self._slices, self.operations), self._states(self.operations), threads=1)

    def by_matrices(self) -> Plan:
        """Engines that are there to compare with."""
        method = METHODS[self.name]
        memory = {"state and matrices": method.memory(self.num_qubits, self.item)}
        return replace(self._plan(method.reason, [], memory, threads=1), is_estimated=False)

    def _states(self, on_slices: list[Operation]) -> dict[str, int]:
        """Bytes of the state, and of the copies that operations on many qubits take."""
        return {"state": self.state, "copies": self.item * copied_amplitudes(on_slices, self.num_qubits)}

    # ── Parts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _sweep(self, sweep: Sweep, encoded: Encoded, rates: Any) -> PlannedSweep:
        total = encoded.num_blocks * encoded.block_amplitudes
        workers = min(self.threads, encoded.num_blocks)
        work = sum(rates.passes[kind] * count for kind, count in touched(encoded).items())
        arrays = (encoded.layout, encoded.program, encoded.data, encoded.terms)
        return PlannedSweep(
            name="sweep",
            local_qubits=bits.mask_qubits(sweep.local, self.num_qubits),
            steps=_counted([type(step).__name__.lower() for step in sweep.steps]),
            passes=_counted(pass_kinds(encoded.program)),
            tables=len(encoded.tables),
            flops=flops(encoded),
            bytes=2 * self.item * total,
            memory=sum(array.nbytes for array in arrays),
            seconds=rates.memory * total + work / workers,
        )

    def _slices(self, operation: Operation) -> PlannedSweep:
        """A gate by NumPy."""
        from qsim.engines.calibration import numpy_seconds

        return self._gate(
            operation, numpy_seconds(self.precision, self.num_qubits) / bits.register_size(self.num_qubits)
        )

    def _gate(self, operation: Operation, rate: float) -> PlannedSweep:
        """A gate, with the seconds an amplitude of a rotation: it takes as much longer as there is more to do."""
        touched_amplitudes = self._touched(operation)
        seconds = rate * touched_amplitudes * max(_flops(operation) / _FLOPS, 1)
        return PlannedSweep(
            name=operation.gate.name,
            local_qubits=operation.qubits,
            steps={"gate": 1},
            passes={"gate": 1},
            tables=0,
            flops=_flops(operation) * touched_amplitudes,
            bytes=2 * self.item * touched_amplitudes,
            memory=0,
            seconds=seconds,
        )

    def _touched(self, operation: Operation) -> int:
        """Amplitudes at which the controls have their values."""
        return bits.register_size(self.num_qubits - operation.gate.num_controls)

    def _plan(
        self,
        reason: str,
        sweeps: Iterable[PlannedSweep],
        memory: dict[str, int],
        allocating: float = 0.0,
        planning: float = 0.0,
        threads: int | None = None,
        settings: Settings | None = None,
    ) -> Plan:
        return Plan(
            num_qubits=self.num_qubits,
            num_gates=len(self.operations),
            precision=self.precision,
            threads=threads or self.threads,
            method=self.name,
            reason=reason,
            sweeps=tuple(sweeps),
            memory_parts=memory,
            allocating=allocating,
            planning=planning,
            circuit=self.circuit.copy(),
            settings=settings,
        )


def _flops(operation: Operation) -> int:
    """Additions and multiplications an amplitude, gate by gate."""
    gate, targets = operation.gate, len(operation.targets)
    if gate.structure != "dense":
        return {"diagonal": 6, "rotation": 6, "permutation": 0}[gate.structure]
    if targets <= MATRIX_TARGETS:
        return 8 * bits.register_size(targets) - 2
    return sum(_FLOPS * len(term.factors) + 2 for term in gate.base.operator.terms)  # it is applied term by term


def _counted(kinds: list[str]) -> dict[str, int]:
    """How many of each kind, in order of first appearance."""
    return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
