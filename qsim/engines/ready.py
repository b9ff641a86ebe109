"""Gates made ready to run many times: what a branch of the tree does between two measurements."""

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from qsim.circuit import Circuit
from qsim.engines import numpy_path
from qsim.engines.control import Control
from qsim.engines.job import COMPILED_QUBITS, DIRECT_QUBITS, Job
from qsim.engines.segments import Action
from qsim.engines.start import Start, prepare

__all__ = ["ready", "verified"]

Simulate = Callable[[Job], NDArray[Any]]


def ready(name: str, simulate: Simulate, precision: str, threads: int | None) -> Callable[[Circuit], Action]:
    """What makes a circuit of gates ready for an engine.

    Args:
        name: of the method.
        simulate: its function, for circuits that nothing can be prepared for.
        precision: of the amplitudes.
        threads: as `run` takes them.
    """

    def any_engine(circuit: Circuit) -> Action:
        return lambda amplitudes, control: simulate(Job(circuit, amplitudes, control, False, threads))

    def by_numpy(circuit: Circuit) -> Action:
        if circuit.num_qubits > numpy_path.INDEXED_QUBITS:
            return any_engine(circuit)
        run = numpy_path.indexed(circuit)
        return lambda amplitudes, control: run(amplitudes)

    def compiled(circuit: Circuit) -> Action:
        if circuit.num_qubits > DIRECT_QUBITS:
            return any_engine(circuit)
        from qsim.engines.direct import Runner
        from qsim.engines.program import encode
        from qsim.kernels import DIRECT, loader

        if loader.try_load(precision, source=DIRECT) is None:
            return by_numpy(circuit) if circuit.num_qubits < COMPILED_QUBITS else any_engine(circuit)
        runner = Runner(encode(circuit), precision, threads)

        def run(amplitudes: NDArray[Any], control: Control) -> NDArray[Any]:
            runner.run(amplitudes, control=control)
            return amplitudes

        return run

    return {"statevector": compiled, "numpy": by_numpy}.get(name, any_engine)


def verified(
    engine: Callable[[Circuit], Action], simulate: Simulate, threads: int | None
) -> Callable[[Circuit], Action]:
    """The same, each time compared with the gates one by one."""
    from qsim.engines.verify import verify

    def make(circuit: Circuit) -> Action:
        action = engine(circuit)

        def run(amplitudes: NDArray[Any], control: Control) -> NDArray[Any]:
            before = amplitudes.copy()

            def begin() -> Start:
                return prepare(circuit.num_qubits, before.dtype, before, None)

            found = action(amplitudes, control)
            verify(circuit, found, simulate, begin, control, threads)
            return found

        return run

    return make
