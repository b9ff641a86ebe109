"""The one entry: choose the engine, guard memory, run, sample."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.circuit import Circuit, Instruction, Operation
from qsim.circuit.analysis import locate, parts
from qsim.engines import numpy_path
from qsim.engines.job import COMPILED_QUBITS, DIRECT_QUBITS, Job
from qsim.engines.options import check_flag, check_path, check_precision, check_progress, check_threads, check_timeout
from qsim.engines.session import Options, simulate
from qsim.engines.start import prepare
from qsim.errors import CircuitError, ParameterError
from qsim.frozen import Frozen, Record, assign
from qsim.memory import available_memory, require_memory
from qsim.states import Counts, State
from qsim.states.sampling import FEW_QUBITS, check_shots, make_rng

if TYPE_CHECKING:
    from qsim.algebra import Operator

__all__ = [
    "METHODS",
    "Method",
    "Result",
    "check_bound",
    "choose",
    "copied_amplitudes",
    "is_direct",
    "run",
    "sample",
    "state",
    "steps",
]


class Method(Record):
    """A way to simulate.

    Attributes:
        simulate: its function.
        memory: the bytes that n qubits take, the state included, with so many bytes an amplitude.
        reason: why it was taken.
        is_planned: whether it does anything else than gate by gate, so that there is something to verify.
        in_place: whether it changes the state where it lies, so that a run can be recorded and go on later.
    """

    simulate: Callable[[Job], NDArray[Any]]
    memory: Callable[[int, int], int]
    reason: str
    in_place: bool = False
    is_planned: bool = True


def is_direct(circuit: Circuit) -> bool:
    """Whether the compiled engine goes gate by gate: the state fits the cache."""
    return circuit.num_qubits <= DIRECT_QUBITS


def _compiled(job: Job) -> NDArray[Any]:
    """Gate by gate while the state fits the cache, then planned. Loads LLVM at the first call."""
    if job.control.is_recorded and job.circuit.num_qubits < COMPILED_QUBITS:
        return numpy_path.simulate(job)  # goes in stages, which can be recorded
    if is_direct(job.circuit) and not job.control.is_recorded:
        from qsim.engines import direct

        return direct.simulate(job)
    from qsim.engines import statevector

    return statevector.simulate(job)


def _dense(job: Job) -> NDArray[Any]:
    from qsim.engines import kron

    return kron.simulate_dense(job)


def _sparse(job: Job) -> NDArray[Any]:
    from qsim.engines import kron

    return kron.simulate_sparse(job)


def _reference(job: Job) -> NDArray[Any]:
    from qsim.engines import reference

    return reference.simulate(job)


METHODS: dict[str, Method] = {
    "statevector": Method(
        _compiled,
        lambda n, size: size * bits.register_size(n),
        "compiled kernels, many gates on data in the cache",
        in_place=True,
    ),
    "numpy": Method(
        numpy_path.simulate,
        lambda n, size: size * bits.register_size(n),
        "gates on slices of the state",
        in_place=True,
        is_planned=False,
    ),
    "dense": Method(_dense, lambda n, size: 128 * bits.register_size(2 * n), "one dense Kronecker matrix"),
    "sparse": Method(_sparse, lambda n, size: 288 * bits.register_size(n), "a sparse Kronecker matrix for each gate"),
    "reference": Method(
        _reference, lambda n, size: 96 * bits.register_size(2 * n), "a dense Kronecker matrix for each gate"
    ),
}
_CHOICES = ("auto", *METHODS)
_LOAD_SECONDS = 0.1  # what loading LLVM and the kernels takes: less work than that is done by NumPy
_BUILD_SECONDS = 10.0  # what compiling them takes, once a machine
_NUMPY_SECONDS = 4e-9  # a gate of the NumPy engine, an amplitude (20 qubits, double precision)
_LABEL_BYTES = 16  # an amplitude of a label's state, which is formed in double precision
_NUMPY_CALL_SECONDS = 8e-6  # a gate of the NumPy engine on few qubits
_SAMPLING_BYTES = 16  # probabilities of the measured qubits, twice while they are summed


class Result(Frozen):
    """What a run gives.

    Attributes:
        counts: counts of the shots, or `None` with `shots=None`.
        state: state before the final measurements; with shots only if `keep_state` was set.
        expectations: expectation values of the `observables`, in a list or a dict as they were given.
        seed: the seed that reproduces the counts; `None` where a generator was passed.
        method: the engine that ran.
        reason: why, in a few words.
        timings: seconds by phase: "simulate", "sample", "total"; and "plan", the part of "simulate" in which the
            compiled engine planned and encoded the circuit, next to nothing where that plan was kept from an earlier
            run, and 0 for the other engines.
    """

    __slots__ = ("counts", "expectations", "method", "reason", "seed", "state", "timings")

    counts: Counts | None
    state: State | None
    expectations: Any
    seed: int | None
    method: str
    reason: str
    timings: dict[str, float]

    def __init__(self, **fields: Any) -> None:
        """For `run` alone."""
        for name in self.__slots__:
            assign(self, name, fields[name])

    def __repr__(self) -> str:
        parts = [f"method={self.method!r}", f"seed={self.seed}", f"seconds={self.timings['total']:.3g}"]
        if self.expectations is not None:
            parts.insert(0, f"expectations={self.expectations!r}")
        shown = self.counts if self.counts is not None else self.state
        return f"Result({shown!r}, {', '.join(parts)})"


def run(
    circuit: Circuit,
    shots: int | None = 1000,
    *,
    seed: int | np.random.Generator | None = None,
    method: str = "auto",
    precision: str = "double",
    initial: Any = None,
    observables: "Operator | Sequence[Operator] | Mapping[str, Operator] | None" = None,
    threads: int | None = None,
    optimize: bool = True,
    verify: bool = False,
    keep_state: bool = False,
    out: "NDArray[Any] | State | None" = None,
    progress: bool | Callable[[float, int], None] | None = None,
    timeout: float | None = None,
    checkpoint: str | PathLike[str] | None = None,
) -> Result:
    """Run a circuit.

    Args:
        circuit: what to run; all parameters bound, measurements at the end.
        shots: number of samples; `None` for none, which keeps the state. Where nothing is measured all qubits are.
        seed: an int or a numpy Generator; by default fresh, and recorded in the result.
        method: "auto", "statevector" (compiled; fewer than 10 qubits wait for no compiler: they run on "numpy" while
            there are no kernels), "numpy", "dense", "sparse" or "reference".
        precision: "double" (complex128) or "single" (complex64).
        initial: starting `State`, label or amplitudes; |0…0⟩ by default. Copied, unless `out` is that same state.
        observables: operators whose expectation values in the final state are wanted.
        threads: of the compiled engine; by default one for each CPU that the process may use. Results do not depend
            on it.
        optimize: plan the circuit; otherwise its gates are applied one by one.
        verify: do both and compare; takes memory for two more states, and the time of a run gate by gate. Where the
            gates are applied one by one anyway there is nothing to compare.
        keep_state: keep the state beside the counts.
        out: array of 2^n amplitudes of that precision to hold the state, which then shares it; what is in it after a
            run that failed is undefined. Or a `State.memmap`, which keeps what was done: the same call goes on.
        progress: True for a bar (with tqdm), or a function of the sweeps done, counted with fractions, and their
            number. A sweep is a pass over the state; engines that go gate by gate make one for each.
        timeout: seconds after which the simulation is stopped.
        checkpoint: path of a file in which a copy of the state is kept, renewed between two sweeps about every minute
            and removed in the end; if it is there, the run goes on from it. Methods "statevector" and "numpy".

    Raises:
        TooLargeError: memory does not hold it; nothing was allocated.
        ParameterError: a parameter has no value.
        CircuitError: a qubit is used after its measurement, or an option is not what it may be.
        RunInterrupted: `RunTimedOut`, or `RunCancelled` at Ctrl-C. The state is released; a `State.memmap` records how
            far the run has come.
        VerificationError: the planned run is wrong; the message names the operation.

    >>> run(Circuit(2).h(0).cx(0, 1), 1000, seed=7).counts
    Counts({'00': 476, '11': 524}, bits q0 q1)
    """
    start = time.perf_counter()
    if not isinstance(circuit, Circuit):
        raise TypeError(f"Argument `circuit` must be a Circuit, but is {type(circuit).__name__}.")
    _check_method(method)
    for value, name in ((optimize, "optimize"), (verify, "verify"), (keep_state, "keep_state")):
        check_flag(value, name)
    planned: dict[str, float] = {}
    options = Options(
        dtype=check_precision(precision),
        initial=initial,
        out=out,
        threads=check_threads(threads),
        progress=check_progress(progress, circuit.name or "run"),
        timeout=check_timeout(timeout),
        checkpoint=check_path(checkpoint),
        verify=verify,
        timings=planned,
    )
    shots = None if shots is None else check_shots(shots)
    check_bound(circuit)
    measured = _static(circuit)
    _guard(circuit, method, options, sampled=0 if shots is None else len(set(measured.values())))
    name = choose(method, circuit, precision)
    engine = METHODS[name]
    if name == "statevector" and not optimize:
        from qsim.engines.verify import gate_by_gate

        engine = engine.replace(simulate=gate_by_gate, reason="gate by gate, as asked for", is_planned=False)
    rng, recorded = _generator(seed)
    final = _final(circuit, name, engine, options)
    middle = time.perf_counter()
    counts = None if shots is None else _sample(circuit, final, measured, shots, rng)
    end = time.perf_counter()
    return Result(
        counts=counts,
        state=final if shots is None or keep_state else None,
        expectations=_expectations(final, observables),
        seed=recorded,
        method=name,
        reason=engine.reason,
        timings={
            "plan": planned.get("plan", 0.0),
            "simulate": middle - start,
            "sample": end - middle,
            "total": time.perf_counter() - start,
        },
    )


def _static(circuit: Circuit) -> dict[int, int]:
    """Bit → qubit of its final measurements; circuits that do more than gates before them are refused."""
    split = parts(circuit[:])
    if split.is_dynamic:
        raise CircuitError("not yet")
    return split.final


def state(circuit: Circuit, **run_options: Any) -> State:
    """The state after a circuit that measures nothing."""
    for number, instruction in enumerate(circuit):
        if instruction.name == "measure":
            raise CircuitError(
                f"{locate(number, instruction)}: a circuit that measures has no one final state. Ask "
                "circuit.without_final_measurements().state(), or circuit.sample() for counts."
            )
    final = run(circuit, None, **run_options).state
    assert final is not None
    return final


def sample(
    circuit: Circuit, shots: int = 1000, seed: int | np.random.Generator | None = None, **run_options: Any
) -> Counts:
    """Counts of so many shots."""
    counts = run(circuit, shots, seed=seed, **run_options).counts
    if counts is None:
        raise CircuitError("Argument `shots` must be a number of samples, but is None: use circuit.state().")
    return counts


def steps(circuit: Circuit) -> Iterator[tuple[Instruction, State]]:
    """Each instruction with the state after it."""
    check_bound(circuit)
    for number, instruction in enumerate(circuit):
        if instruction.name == "measure":
            raise CircuitError(f"{locate(number, instruction)}: steps() needs a circuit without measurements.")
    options = Options(check_precision("double"))
    _guard(circuit, "numpy", options, states=2)
    amplitudes = prepare(circuit.num_qubits, options.dtype, None, None).amplitudes
    is_unitary = True
    for instruction in circuit:
        is_unitary = is_unitary and _is_from_table(instruction)
        amplitudes = amplitudes.copy()  # the state before stays with whoever took it
        if isinstance(instruction, Operation):
            numpy_path.apply_operation(amplitudes.reshape([2] * circuit.num_qubits), instruction)
        yield instruction, State._wrap(amplitudes, normalized=is_unitary)


# ── Before the run ────────────────────────────────────────────────────────────────────────────────────────────────────


_spent = 0.0  # seconds of work that the NumPy engine was given in this process
_look: dict[tuple[str, bool], float] = {}  # work from which on to look for kernels, where that is known to differ


def _check_method(method: Any) -> None:
    if not isinstance(method, str) or method not in _CHOICES:
        raise CircuitError(f"Argument `method` must be one of {list(_CHOICES)}, but is {method!r}.")


def choose(method: str, circuit: Circuit, precision: str, *, is_run: bool = True) -> str:
    """The engine: as named, or for "auto" the compiled one as soon as it saves more time than it takes to load.

    Args:
        method: one of the methods, or "auto".
        circuit: what to run.
        precision: "double" or "single".
        is_run: whether it will run now: the work that NumPy is given counts when it is asked again.
    """
    if method == "auto":
        return _automatic(circuit, precision, is_run)
    if method == "statevector" and circuit.num_qubits < COMPILED_QUBITS:  # nobody waits for a compiler for so little
        from qsim.kernels import DIRECT, loader

        return "numpy" if loader.status(precision, source=DIRECT) == "missing" else method
    return method


def _automatic(circuit: Circuit, precision: str, is_run: bool) -> str:
    global _spent
    small = is_direct(circuit)
    done = _spent + len(circuit) * (_NUMPY_CALL_SECONDS + _NUMPY_SECONDS * bits.register_size(circuit.num_qubits))
    if done >= _look.get((precision, small), _LOAD_SECONDS):  # looking loads LLVM
        from qsim.kernels import DIRECT, KERNELS, loader

        source = DIRECT if small else KERNELS
        needed = {"loaded": 0.0, "compiled": 0.0, "missing": _BUILD_SECONDS}[loader.status(precision, source=source)]
        if done >= needed and loader.try_load(precision, source=source) is not None:
            _look[precision, small] = 0.0
            return "statevector"
        _look[precision, small] = min(2 * done, _BUILD_SECONDS) if done < _BUILD_SECONDS else 2 * done
    if is_run:
        _spent = done
    return "numpy"


def check_bound(circuit: Circuit) -> None:
    """Refuse symbolic parameters."""
    for number, instruction in enumerate(circuit):
        if isinstance(instruction, Operation) and instruction.gate.is_symbolic:
            missing = circuit.parameters
            values = ", ".join(f"{parameter}=…" for parameter in missing[:4])
            raise ParameterError(
                f"{locate(number, instruction)}: a parameter has no value. Bind all {len(missing)} first: "
                f"circuit.bind({values})."
            )


def _guard(circuit: Circuit, method: str, options: Options, *, sampled: int = 0, states: int = 1) -> None:
    """Refuse what memory does not hold, before anything is allocated. What `out` holds is there already.

    Args:
        circuit: what is to be run.
        method: as asked for.
        options: of the run.
        sampled: how many qubits are sampled.
        states: how many states are held at once.
    """
    n, size = circuit.num_qubits, options.dtype.itemsize
    name = "numpy" if method in ("auto", "statevector") else method  # these three hold one state
    held = states + 2 * options.verify
    extra = -size if options.out is not None else 0
    if isinstance(options.initial, str) and (options.out is not None or size != _LABEL_BYTES):
        extra += _LABEL_BYTES
    # The distribution of some qubits is formed where they are few; else the state is sampled as it lies.
    distribution = _SAMPLING_BYTES * bits.register_size(sampled) if 0 < sampled < min(n, FEW_QUBITS) else 0

    def need(qubits: int) -> int:
        copied = size * copied_amplitudes(circuit, qubits) if name == "numpy" else 0
        return METHODS[name].memory(qubits, held * size) + extra * bits.register_size(qubits) + copied + distribution

    if need(n) <= 2**20:
        return
    limit = available_memory()
    fits = next(qubits for qubits in range(64, -1, -1) if need(qubits) <= limit or qubits == 0)
    verified = ", and two states more with verify=True" if options.verify else ""
    require_memory(need(n), f"A run of {n} qubits (method {method!r}{verified})", f"{fits} qubits would fit.")


def copied_amplitudes(instructions: Iterable[Instruction], num_qubits: int) -> int:
    """Amplitudes that the NumPy engine copies at once: gates on many qubits act on copies with their axes in front."""
    widest = max((len(i.targets) for i in instructions if isinstance(i, Operation)), default=0)
    if widest <= numpy_path.SLICED_TARGETS:
        return 0
    copies = 3 if widest <= numpy_path.MATRIX_TARGETS else 5
    return copies * bits.register_size(min(max(widest, numpy_path.FRONT_AXES), num_qubits))


def _is_from_table(instruction: Instruction) -> bool:
    """Whether it is surely unitary: custom gates may have been added unchecked."""
    return not isinstance(instruction, Operation) or instruction.gate.is_from_table


def _final(circuit: Circuit, name: str, method: Method, options: Options) -> State:
    """The state after the circuit."""
    file = options.out._file if isinstance(options.out, State) else None
    if not method.in_place and (file is not None or options.checkpoint is not None):
        what = "run on a State.memmap" if file is not None else "keep checkpoints"
        raise CircuitError(f'Method {name!r} cannot {what}: use "statevector" or "numpy".')
    if not method.is_planned:
        options = options.replace(verify=False)
    amplitudes = simulate(circuit, method.simulate, options)
    is_unitary = all(map(_is_from_table, circuit))
    if file is None:
        return State._wrap(amplitudes, normalized=is_unitary)
    options.out._follow(file, normalized=is_unitary)
    final: State = options.out
    return final


# ── After the run ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _generator(seed: int | np.random.Generator | None) -> tuple[np.random.Generator, int | None]:
    """The generator, and the number that makes it again."""
    if seed is None:
        seed = int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
    return make_rng(seed), None if isinstance(seed, np.random.Generator) else int(seed)


def _sample(circuit: Circuit, final: State, measured: dict[int, int], shots: int, rng: np.random.Generator) -> Counts:
    """Counts of all qubits, or of the classical bits with the measured qubits' values."""
    if not measured:
        return final.sample(shots, seed=rng)
    qubits = sorted(set(measured.values()))
    outcomes, counts = final._draw(tuple(qubits), shots, rng)
    registers = [(register.name, register.size) for register in circuit.bits.registers]
    columns = [qubits.index(measured[bit]) if bit in measured else None for bit in range(circuit.num_bits)]
    return Counts.from_arrays(bits.spread_columns(outcomes, columns, len(qubits)), counts, registers=registers)


def _expectations(final: State, observables: Any) -> Any:
    if observables is None:
        return None
    if isinstance(observables, Mapping):
        return {key: final.expectation(operator) for key, operator in observables.items()}
    if isinstance(observables, Sequence):
        return [final.expectation(operator) for operator in observables]
    return [final.expectation(observables)]
