"""Compiled circuits: prepared once, run with one set of values after another."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsim.circuit import Circuit, Measurement, Operation, Parameter
from qsim.circuit.analysis import require_static
from qsim.circuit.parameters import resolve_values
from qsim.circuit.transforms import with_instructions
from qsim.engines.direct import Runner
from qsim.engines.job import DIRECT_QUBITS
from qsim.engines.program import encode
from qsim.errors import ParameterError
from qsim.kernels import DIRECT, loader
from qsim.run import run, sample, state
from qsim.states import Counts, State

__all__ = ["CompiledCircuit", "compile_circuit"]


def compile_circuit(
    circuit: Circuit,
    *,
    method: str = "auto",
    precision: str = "double",
    initial: Any = None,
    threads: int | None = None,
) -> "CompiledCircuit":
    """Prepare a circuit to be run many times with different values; see `Circuit.compile`."""
    return CompiledCircuit(circuit.copy(), method=method, precision=precision, initial=initial, threads=threads)


class CompiledCircuit:
    """What `Circuit.compile` returns; later changes of the circuit do not change it.

    Up to 16 qubits the gates' matrices are worked out from the values in compiled code, and the circuit is one call:
    20 µs for 4 qubits and 100 gates. Larger circuits are bound and run. Calls from several threads do not disturb each
    other.

    Attributes:
        parameters: what the entries of the values stand for, in order.
        num_qubits: length of the state is 2^num_qubits.
    """

    parameters: tuple[Parameter, ...]
    num_qubits: int

    def __init__(self, circuit: Circuit, **options: Any) -> None:
        self._circuit, self._options = circuit, options
        self.parameters, self.num_qubits = circuit.parameters, circuit.num_qubits
        require_static(circuit, "compile()")
        run(Circuit(), None, **{**options, "initial": None})  # refuses options that are none
        operations = [instruction for instruction in circuit if isinstance(instruction, Operation)]
        self._is_unitary = all(operation.gate.is_from_table for operation in operations)
        self._measures = len(operations) < len(circuit) and any(isinstance(i, Measurement) for i in circuit)
        self._is_direct = self.num_qubits <= DIRECT_QUBITS and options["method"] in ("auto", "statevector")
        self._runner: Runner | None = None
        if self._is_direct:
            self._program = encode(circuit, self.parameters)
            before = state(self._with([]), precision=options["precision"], initial=options["initial"])
            self._start = before.amplitudes

    def __call__(self, values: Any = (), *, out: NDArray[Any] | None = None) -> State:
        """The state at these values.

        Args:
            values: a number for each parameter in the order of `parameters`, or a mapping as `Circuit.bind` takes. One
                set of values a call: two-dimensional arrays are refused.
            out: array of 2^n amplitudes to hold the state, which then shares it.

        Raises:
            ParameterError: a value is missing, is not a finite real number, or gives an angle that is none.
            CircuitError: the circuit measures; ask `sample`.
        """
        if self._measures:
            return state(self._circuit)  # refuses it, naming the measurement
        return self._state(values, out)

    def sample(self, values: Any = (), shots: int = 1000, seed: int | np.random.Generator | None = None) -> Counts:
        """Counts of that many shots at these values; see `Circuit.sample`."""
        if self._direct() is None:
            return sample(self._bound(values), shots, seed, **self._options)
        final = self._state(values, None)
        measurements = [instruction for instruction in self._circuit if isinstance(instruction, Measurement)]
        return sample(self._with(measurements), shots, seed, initial=final, precision=self._options["precision"])

    def expectation(self, values: Any, operator: Any) -> float | complex:
        """Expectation value of an operator at these values: a float where it is Hermitian."""
        return self(values).expectation(operator)

    def __repr__(self) -> str:
        names = ", ".join(map(str, self.parameters[:4])) + (", …" if len(self.parameters) > 4 else "")
        return f"<compiled: {self.num_qubits} qubits, {len(self._circuit)} instructions, parameters ({names})>"

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(compile_circuit, **self._options), (self._circuit,)

    # ── Running ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _state(self, values: Any, out: NDArray[Any] | None) -> State:
        runner = self._direct()
        if runner is None:
            final = run(self._bound(values), None, out=out, **self._options).state
            assert final is not None
            return final
        numbers = self._numbers(values)
        amplitudes = self._started(out)
        runner.run(amplitudes, numbers)
        return State._wrap(amplitudes, normalized=self._is_unitary)

    def _direct(self) -> Runner | None:
        """What runs the program, once there are kernels: nobody waits here for them to be compiled."""
        if self._runner is None and self._is_direct:
            precision = self._options["precision"]
            if loader.status(precision, source=DIRECT) != "missing" and loader.try_load(precision, source=DIRECT):
                self._runner = Runner(self._program, precision, self._options["threads"])
        return self._runner

    def _started(self, out: NDArray[Any] | None) -> NDArray[Any]:
        """The amplitudes to start from, in an array of their own or in `out`."""
        if out is None:
            return self._start.copy()
        start = self._start
        if type(out) is not np.ndarray or (out.shape, out.dtype) != (start.shape, start.dtype) or not out.flags.carray:
            state(self._with([]), precision=self._options["precision"], out=out)  # refuses it
        out[:] = start
        return out

    def _with(self, instructions: list[Any]) -> Circuit:
        """The circuit's registers with other instructions."""
        return with_instructions(self._circuit, instructions)

    def _bound(self, values: Any) -> Circuit:
        numbers = self._numbers(values).tolist()
        return self._circuit.bind(numbers) if numbers else self._circuit

    def _numbers(self, values: Any) -> NDArray[np.float64]:
        """The values as an array, in the order of the parameters."""
        count = len(self.parameters)
        if type(values) is np.ndarray and values.dtype == np.float64:
            numbers = np.ascontiguousarray(values)
        elif type(values) in (list, tuple) and len(values) == count and {*map(type, values)} <= {float}:
            numbers = np.array(values, dtype=np.float64)
        else:
            numbers = np.array(self._resolved(values), dtype=np.float64)
        if numbers.ndim > 1:
            raise ParameterError(f"Argument `values` {_ONE_SET}, but has shape {numbers.shape}.")
        if numbers.shape != (count,) or not np.isfinite(numbers).all():
            resolve_values(self.parameters, numbers)  # says what is wrong
        return numbers

    def _resolved(self, values: Any) -> list[float]:
        """The values given in another form than an array or a list of floats."""
        if not isinstance(values, Mapping) and np.ndim(np.asarray(values, dtype=object)) > 1:
            raise ParameterError(f"Argument `values` {_ONE_SET}, but has {len(values)} rows.")
        given = resolve_values(self.parameters, () if values is None else values, partial=isinstance(values, Mapping))
        for parameter in self.parameters:
            if not isinstance(value := given.get(parameter), float):
                lack = "has no value" if value is None else f"must be a real number, but is {value}"
                raise ParameterError(f"Parameter {parameter} {lack}: a compiled circuit takes numbers for all.")
        return [given[parameter] for parameter in self.parameters]


_ONE_SET = "must be one number for each parameter (call once for each set of values)"
