"""The one entry: choose the engine, guard memory, run, sample."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsim.circuit import Barrier, Circuit, Instruction, Measurement, Operation
from qsim.circuit.analysis import Parts, is_from_table, is_symbolic, kind, locate, parts
from qsim.circuit.flow import walk
from qsim.engines import numpy_path
from qsim.engines.options import (
    check_exact,
    check_flag,
    check_path,
    check_precision,
    check_progress,
    check_threads,
    check_timeout,
)
from qsim.engines.session import Options, simulate
from qsim.engines.start import prepare
from qsim.errors import CircuitError, ParameterError
from qsim.frozen import Record
from qsim.memory import require_memory
from qsim.methods import METHODS, Method, check_method, choose, guard, is_direct
from qsim.readout import Readout
from qsim.result import Branch, Result
from qsim.states import Counts, State
from qsim.states.sampling import check_shots, make_rng, sample_indices

if TYPE_CHECKING:
    from qsim.algebra import Operator
    from qsim.states.distribution import Distribution

__all__ = ["Result", "check_bound", "run", "sample", "state", "steps"]

_RECORD_BYTES = 80  # a shot's record as a string, and its place in the list


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
    exact: bool | float = False,
    memory: bool = False,
    keep_state: bool = False,
    out: "NDArray[Any] | State | None" = None,
    progress: bool | Callable[[float, int], None] | None = None,
    timeout: float | None = None,
    checkpoint: str | PathLike[str] | None = None,
) -> Result:
    """Run a circuit.

    Args:
        circuit: what to run; all parameters bound. Where it measures in the middle, resets or decides, the tree of the
            outcomes is walked: what branches have in common runs once, shots are divided over the outcomes, and
            branches that get none do not run.
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
        exact: work out the exact distribution of all records, and the branches with their states; with a number
            instead of True, branches less likely than that are left out, else those below 1e-15 (1e-10 in single
            precision); what is left out is told. Shots, if any, are drawn from that distribution.
        memory: keep the record of each shot.
        keep_state: keep the state beside the counts. Of a circuit that measures in the middle that is the state in
            which a shot ended, so that it has to be the only one.
        out: array of 2^n amplitudes of that precision to hold the state, which then shares it; what is in it after a
            run that failed is undefined. Or a `State.memmap`, which keeps what was done: the same call goes on.
        progress: True for a bar (with tqdm), or a function of the sweeps done, counted with fractions, and their
            number. A sweep is a pass over the state; engines that go gate by gate make one for each. Where circuits
            measure in the middle, of the shots done (of the probability, with `exact`) and all.
        timeout: seconds after which the simulation is stopped.
        checkpoint: path of a file in which a copy of the state is kept, renewed between two sweeps about every minute
            and removed in the end; if it is there, the run goes on from it. Methods "statevector" and "numpy".

    Raises:
        TooLargeError: memory does not hold it; nothing was allocated.
        ParameterError: a parameter has no value.
        CircuitError: an option is not what it may be, or not for this circuit; a loop does not end.
        RunInterrupted: `RunTimedOut`, or `RunCancelled` at Ctrl-C. The state is released; a `State.memmap` records how
            far the run has come.
        VerificationError: the planned run is wrong; the message names the operation.

    >>> run(Circuit(2).h(0).cx(0, 1), 1000, seed=7).counts
    Counts({'00': 476, '11': 524}, bits q0 q1)
    """
    start = time.perf_counter()
    if not isinstance(circuit, Circuit):
        raise TypeError(f"Argument `circuit` must be a Circuit, but is {type(circuit).__name__}.")
    check_method(method)
    flags = {"optimize": optimize, "verify": verify, "keep_state": keep_state, "memory": memory}
    for name, value in flags.items():
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
    wanted = _Wanted(
        shots=None if shots is None else check_shots(shots),
        bound=check_exact(exact, options.dtype),
        keep_state=keep_state,
        observables=observables,
        method=method,
        precision=precision,
        optimize=optimize,
    )
    split = parts(circuit[:])
    check_bound(circuit)
    rng, recorded = _generator(seed)
    found = (_dynamic if split.is_dynamic else _static)(circuit, split, options, wanted, rng)
    records = None
    if memory and found.counts is not None:
        require_memory(_RECORD_BYTES * found.counts.shots, f"The records of {found.counts.shots} shots")
        records = found.readout.in_order(found.counts, rng)
    end = time.perf_counter()
    return Result(
        counts=found.counts,
        state=found.state,
        distribution=found.distribution,
        branches=found.branches,
        memory=records,
        expectations=_shaped(found.expectations, observables),
        seed=recorded,
        method=found.method,
        reason=found.reason,
        timings={
            "plan": planned.get("plan", 0.0),
            "simulate": found.seconds,
            "sample": end - start - found.seconds,
            "total": end - start,
        },
    )


class _Wanted(Record):
    """What is wanted of a run: the arguments of `run` that are not the engine's; `bound` is that of `exact`."""

    shots: int | None
    bound: float | None
    keep_state: bool
    observables: Any
    method: str
    precision: str
    optimize: bool


class _Found(Record):
    """What `Result` is made of; `seconds` is the time until the final state, or the ends of all branches, was there."""

    readout: Readout
    counts: Counts | None
    state: State | None
    expectations: Any
    method: str
    reason: str
    seconds: float
    distribution: "Distribution | None" = None
    branches: tuple[Branch, ...] | None = None


def _static(circuit: Circuit, split: Parts, options: Options, wanted: _Wanted, rng: np.random.Generator) -> _Found:
    """Gates, and measurements at the end: one run, one sampling."""
    start = time.perf_counter()
    readout = Readout(circuit, split)
    guard(circuit, wanted.method, options, sampled=0 if wanted.shots is None else len(split.final and readout.qubits))
    name = choose(wanted.method, circuit, wanted.precision)
    engine = _engine(name, circuit, wanted.optimize)
    final = _final(circuit, name, engine, options, is_unitary=readout.is_unitary)
    seconds = time.perf_counter() - start
    expectations = _measure(final, wanted.observables)
    shots, memory = wanted.shots, [0] * circuit.num_bits
    state = final if shots is None or wanted.keep_state else None
    if wanted.bound is None:
        counts = None if shots is None else readout.counts([readout.sample_state(final, memory, shots, rng)])
        return _Found(readout, counts, state, expectations, name, engine.reason, seconds)
    from qsim.engines.branch import Register

    register = Register(tuple(range(circuit.num_qubits)), {}, final._checked())
    distribution = readout.distribution([readout.probabilities(register, memory)], wanted.bound, 0.0)
    branch = Branch(1.0, readout.key(memory), (), lambda: final)
    counts = None if shots is None else _drawn(readout, distribution, shots, rng)
    return _Found(readout, counts, state, expectations, name, engine.reason, seconds, distribution, (branch,))


def _dynamic(circuit: Circuit, split: Parts, options: Options, wanted: _Wanted, rng: np.random.Generator) -> _Found:
    """The tree of outcomes."""
    from qsim.dynamic import collapsed, walk_branches
    from qsim.engines.ready import ready, verified

    start = time.perf_counter()
    _check_dynamic(circuit, split, options, wanted)
    shots, bound = wanted.shots or 0, wanted.bound
    if wanted.shots is None and bound is None:
        bound = check_exact(True, options.dtype)  # nothing is measured: there may be only one branch
    name = choose(wanted.method, circuit, wanted.precision, times=min(max(shots, 1), _MANY))
    engine = _engine(name, circuit, wanted.optimize)
    make = None
    if name == "reference":  # each gate is a matrix on all qubits; the others hold the qubits that are not known
        guard(circuit, name, options)
    else:
        make = ready(name if wanted.optimize else "", engine.simulate, wanted.precision, options.threads)
        if options.verify and engine.is_planned:
            make = verified(make, engine.simulate, options.threads)
    measure = None if wanted.observables is None else lambda state: np.array(_measure(state, wanted.observables))
    readout = Readout(circuit, split)
    ends = walk_branches(circuit, split, readout, make, options, shots=shots, rng=rng, bound=bound, measure=measure)
    seconds = time.perf_counter() - start - ends.sampling
    number = len(ends.found)
    ways = f"{number} way{'s' * (number != 1)} through its measurements"
    how = "every shot interpreted" if name == "reference" else ways
    reason = f"{how}; {engine.reason}"
    expectations = None if ends.expectations is None else ends.expectations.tolist()
    if wanted.shots is None and wanted.bound is None:
        if len(ends.branches) != 1:
            raise _no_final_state(circuit, split)
        return _Found(readout, None, ends.branches[0].state, expectations, name, reason, seconds)
    if wanted.bound is None:
        counts = readout.counts(ends.found)
        state = collapsed(readout, split, ends, counts) if wanted.keep_state else None
        return _Found(readout, counts, state, expectations, name, reason, seconds)
    distribution = readout.distribution(ends.found, wanted.bound, ends.pruned)
    drawn = None if wanted.shots is None else _drawn(readout, distribution, shots, rng)
    branches = tuple(ends.branches)
    return _Found(readout, drawn, None, expectations, name, reason, seconds, distribution, branches)


_MANY = 100  # shots of a circuit that measures in the middle are likely to run its gates so often, at most


def _check_dynamic(circuit: Circuit, split: Parts, options: Options, wanted: _Wanted) -> None:
    """Refuse what has no meaning where there is no one final state, naming the instruction."""
    measures = bool(split.final) or any(isinstance(instruction, Measurement) for instruction in walk(split.body))
    if wanted.keep_state and (wanted.shots not in (None, 1) or wanted.bound is not None):
        raise _no_final_state(circuit, split)
    if wanted.shots is None and wanted.bound is None and measures:
        raise _no_final_state(circuit, split)
    if wanted.shots == 0 and wanted.bound is None and wanted.observables is not None:
        where, what = _first_dynamic(circuit, split)
        raise CircuitError(
            f"{where}: with {what} before its end `observables` are averaged over the shots, and there are none. "
            "Ask for some, or for exact=True."
        )
    for value, name in ((options.out, "out"), (options.checkpoint, "checkpoint")):
        if value is not None:
            where, _ = _first_dynamic(circuit, split)
            raise CircuitError(f"{where}: `{name}` is for circuits of gates with measurements at the end.")


def _first_dynamic(circuit: Circuit, split: Parts) -> tuple[str, str]:
    """Where the first instruction is that is no gate, and what it is called."""
    first = next(i for i in split.body if not isinstance(i, Operation | Barrier))
    return locate(next(number for number, own in enumerate(circuit) if own is first), first), kind(first)


def _no_final_state(circuit: Circuit, split: Parts) -> CircuitError:
    where, what = _first_dynamic(circuit, split)
    return CircuitError(f"{where}: a circuit with {what} before its end has no one final state. {_CHOICE}")


_CHOICE = (
    "Ask circuit.without_final_measurements().state() if it only measures at the end, "
    "run(circuit, shots=1, memory=True, keep_state=True) for one shot with its record, "
    "or run(circuit, exact=True) for all branches with their states."
)


def _engine(name: str, circuit: Circuit, optimize: bool) -> Method:
    engine = METHODS[name]
    if name == "statevector" and not optimize:
        from qsim.engines.verify import gate_by_gate

        return engine.replace(simulate=gate_by_gate, reason="gate by gate, as asked for", is_planned=False)
    if name == "statevector" and is_direct(circuit):
        return engine.replace(reason="compiled kernels, gate by gate: the state fits the cache")
    return engine


def state(circuit: Circuit, **run_options: Any) -> State:
    """The state after a circuit that measures nothing."""
    for number, instruction in enumerate(circuit):
        if isinstance(instruction, Measurement):
            raise CircuitError(
                f"{locate(number, instruction)}: a circuit that measures has no one final state. {_CHOICE}"
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
        if not isinstance(instruction, Operation | Barrier):
            raise CircuitError(f"{locate(number, instruction)}: steps() needs a circuit without {kind(instruction)}.")
    options = Options(check_precision("double"))
    guard(circuit, "numpy", options, states=2)
    amplitudes = prepare(circuit.num_qubits, options.dtype, None, None).amplitudes
    is_unitary = True
    for instruction in circuit:
        is_unitary = is_unitary and is_from_table(instruction)
        amplitudes = amplitudes.copy()  # the state before stays with whoever took it
        if isinstance(instruction, Operation):
            numpy_path.apply_operation(amplitudes.reshape([2] * circuit.num_qubits), instruction)
        yield instruction, State._wrap(amplitudes, normalized=is_unitary)


# ── Before the run ────────────────────────────────────────────────────────────────────────────────────────────────────


def check_bound(circuit: Circuit) -> None:
    """Refuse symbolic parameters."""
    for number, instruction in enumerate(circuit):
        if is_symbolic(instruction):
            missing = circuit.parameters
            values = ", ".join(f"{parameter}=…" for parameter in missing[:4])
            raise ParameterError(
                f"{locate(number, instruction)}: a parameter has no value. Bind all {len(missing)} first: "
                f"circuit.bind({values})."
            )


def _final(circuit: Circuit, name: str, method: Method, options: Options, *, is_unitary: bool) -> State:
    """The state after the circuit."""
    file = options.out._file if isinstance(options.out, State) else None
    if not method.in_place and (file is not None or options.checkpoint is not None):
        what = "run on a State.memmap" if file is not None else "keep checkpoints"
        raise CircuitError(f'Method {name!r} cannot {what}: use "statevector" or "numpy".')
    if not method.is_planned:
        options = options.replace(verify=False)
    amplitudes = simulate(circuit, method.simulate, options)
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


def _drawn(readout: Readout, distribution: "Distribution", shots: int, rng: np.random.Generator) -> Counts:
    """Counts of shots from an exact distribution."""
    records, probabilities = distribution.arrays()
    if shots and not len(records):
        raise CircuitError("Argument `exact` must leave some record to draw, but each is less likely than that bound.")
    rows, counts = sample_indices(probabilities / probabilities.sum(), shots, rng)
    return readout.counts([(records[rows], counts)])


def _measure(final: State, observables: Any) -> list[float | complex] | None:
    """Expectation values in a state, as a list."""
    if observables is None:
        return None
    if isinstance(observables, Mapping):
        observables = list(observables.values())
    listed = observables if isinstance(observables, Sequence) else [observables]
    return [final.expectation(operator) for operator in listed]


def _shaped(values: list[float | complex] | None, observables: Any) -> Any:
    """Values by the keys of the observables, if these were a dict."""
    if values is None or not isinstance(observables, Mapping):
        return values
    return dict(zip(observables, values, strict=True))
