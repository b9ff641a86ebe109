"""The ways to simulate, which one is taken, and the memory that it needs."""

from collections.abc import Callable, Iterable
from typing import Any

from numpy.typing import NDArray

from qsim import bits
from qsim.circuit import Circuit, Instruction, Operation
from qsim.engines import numpy_path
from qsim.engines.job import COMPILED_QUBITS, DIRECT_QUBITS, Job
from qsim.engines.session import Options
from qsim.errors import CircuitError
from qsim.frozen import Record
from qsim.memory import available_memory, require_memory
from qsim.states.sampling import FEW_QUBITS

__all__ = ["METHODS", "Method", "check_method", "choose", "copied_amplitudes", "guard", "is_direct"]


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
_MANY_QUBITS = 40  # more would take longer than anybody waits
_SAMPLING_BYTES = 16  # probabilities of the measured qubits, twice while they are summed
_spent = 0.0  # seconds of work that the NumPy engine was given in this process
_look: dict[tuple[str, bool], float] = {}  # work from which on to look for kernels, where that is known to differ


def check_method(method: Any) -> None:
    """Refuse what is no method."""
    if not isinstance(method, str) or method not in _CHOICES:
        raise CircuitError(f"Argument `method` must be one of {list(_CHOICES)}, but is {method!r}.")


def choose(method: str, circuit: Circuit, precision: str, *, is_run: bool = True, times: int = 1) -> str:
    """The engine: as named, or for "auto" the compiled one as soon as it saves more time than it takes to load.

    Args:
        method: one of the methods, or "auto".
        circuit: what to run.
        precision: "double" or "single".
        is_run: whether it will run now: the work that NumPy is given counts when it is asked again.
        times: how often its gates are likely to run.
    """
    if method == "auto":
        return _automatic(circuit, precision, is_run, times)
    if method == "statevector" and circuit.num_qubits < COMPILED_QUBITS:  # nobody waits for a compiler for so little
        from qsim.kernels import DIRECT, loader

        return "numpy" if loader.status(precision, source=DIRECT) == "missing" else method
    return method


def _automatic(circuit: Circuit, precision: str, is_run: bool, times: int) -> str:
    global _spent
    small = is_direct(circuit)
    gate = _NUMPY_CALL_SECONDS + _NUMPY_SECONDS * bits.register_size(min(circuit.num_qubits, _MANY_QUBITS))
    done = _spent + times * len(circuit) * gate
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


def guard(circuit: Circuit, method: str, options: Options, *, sampled: int = 0, states: int = 1) -> None:
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

    widest = _widest_gate(circuit) if name == "numpy" else 0

    def need(qubits: int) -> int:
        copied = size * _copied(widest, qubits)
        return METHODS[name].memory(qubits, held * size) + extra * bits.register_size(qubits) + copied + distribution

    def hint() -> str:
        limit = available_memory()
        fits = next(qubits for qubits in range(64, -1, -1) if need(qubits) <= limit or qubits == 0)
        return f"{fits} qubits would fit."

    verified = ", and two states more with verify=True" if options.verify else ""
    require_memory(need(n), f"A run of {n} qubits (method {method!r}{verified})", hint)


def copied_amplitudes(instructions: Iterable[Instruction], num_qubits: int) -> int:
    """Amplitudes that the NumPy engine copies at once: gates on many qubits act on copies with their axes in front."""
    return _copied(_widest_gate(instructions), num_qubits)


def _widest_gate(instructions: Iterable[Instruction]) -> int:
    """The most targets of a gate; 0 where there are too few to matter."""
    many = (i for i in instructions if len(i.qubits) > numpy_path.SLICED_TARGETS and isinstance(i, Operation))
    return max((len(operation.targets) for operation in many), default=0)


def _copied(widest: int, num_qubits: int) -> int:
    if widest <= numpy_path.SLICED_TARGETS:
        return 0
    copies = 3 if widest <= numpy_path.MATRIX_TARGETS else 5
    return copies * bits.register_size(min(max(widest, numpy_path.FRONT_AXES), num_qubits))
