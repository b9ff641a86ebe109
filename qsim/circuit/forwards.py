"""What upper layers do with a circuit, as its methods: one-line forwards, each importing what it needs when called."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsim.circuit.builder import Qubits
from qsim.circuit.gate_methods import GateMethods
from qsim.circuit.instructions import Instruction

if TYPE_CHECKING:
    from pathlib import Path

    from qsim.circuit.circuit import Circuit
    from qsim.compiled import CompiledCircuit
    from qsim.draw.explore import Explorer
    from qsim.draw.formula import Formula
    from qsim.plan import Plan
    from qsim.states import Counts, State

__all__ = ["Forwards"]


class Forwards(GateMethods):
    """Run, read, write and draw a circuit."""

    @property
    def _circuit(self) -> "Circuit":
        return self  # type: ignore[return-value]  # the one class that is built on this

    # ── Running ───────────────────────────────────────────────────────────────────────────────────────────────────

    def state(self, **run_options: Any) -> "State":
        """State vector after the circuit. Refused where something is measured."""
        from qsim.run import state

        return state(self._circuit, **run_options)

    def sample(self, shots: int = 1000, seed: int | np.random.Generator | None = None, **run_options: Any) -> "Counts":
        """Counts of that many shots; where nothing is measured, of all qubits, the circuit unchanged."""
        from qsim.run import sample

        return sample(self._circuit, shots, seed, **run_options)

    def probabilities(self, qubits: Qubits | None = None, **run_options: Any) -> NDArray[np.float64]:
        """Probabilities of the outcomes of the listed qubits (all by default), first listed most significant."""
        numbers = None if qubits is None else self._numbers([qubits], None)
        return self.state(**run_options).probabilities(numbers)

    def expectation(self, operator: Any, **run_options: Any) -> float | complex:
        """Expectation value of an operator after the circuit: a float where it is Hermitian."""
        return self.state(**run_options).expectation(operator)

    def compile(self, **run_options: Any) -> "CompiledCircuit":
        """Prepare the circuit to be run many times with different values of its parameters.

        Args:
            run_options: `method`, `precision`, `initial` and `threads`, as `run` takes them.

        Returns:
            A function from values, in the order of `parameters` or by name, to the state; its methods `sample(values,
            shots, seed)` and `expectation(values, operator)` give what these methods of a bound circuit do. For 4
            qubits and 100 gates a call takes some 20 µs.

        >>> from qsim import Circuit, Parameter
        >>> circuit = Circuit(2).ry(Parameter("θ"), 0).cx(0, 1)
        >>> compiled = circuit.compile()
        >>> compiled([np.pi / 2])
        0.7071|00⟩ + 0.7071|11⟩   (q0 q1)
        """
        from qsim.compiled import compile_circuit

        return compile_circuit(self._circuit, **run_options)

    def explain(self, **run_options: Any) -> "Plan":
        """How the circuit would run: the engine and why, its passes over the state, flops, bytes, memory, time.

        Nothing runs and no state is allocated, so that it also tells what a circuit that is too large would take.
        Kernels are loaded where a run would load them. Times are estimates: what a pass takes on this machine is
        measured once a process, in a tenth of a second. The plan is kept for the run.

        Args:
            run_options: `method`, `precision`, `threads`, `optimize`, and `initial`, of which only matters whether it
                is given, as `run` takes them.

        >>> from qsim import Circuit
        >>> plan = Circuit(20).h(range(20)).cx(0, 19).explain(method="statevector")
        >>> plan.steps
        {'turn': 20, 'flip': 1}
        >>> plan
        <plan: 20 qubits, statevector, ... sweeps over the state, about ...>
        >>> len(plan.sweeps) < 5, plan.sweeps[0].bytes < plan.memory
        (True, True)
        """
        from qsim.explain import explain

        return explain(self._circuit, **run_options)

    def steps(self) -> "Iterator[tuple[Instruction, State]]":
        """Each instruction with the state after it; measurements are refused."""
        from qsim.run import steps

        return steps(self._circuit)

    def draw(self, format: str | None = None, path: "str | Path | None" = None, **options: Any) -> Any:
        """Draw the circuit as "text", "svg", "mpl", "latex" or "html"; see `qsim.draw.draw`.

        Named sub-circuits are boxes, or opened in frames with `expand=True`.
        """
        from qsim.draw import draw

        self._settled()
        return draw(self._circuit, format, path, **options)

    def explore(self, **options: Any) -> "Explorer":
        """A page to step through the circuit, in a notebook or saved; see `qsim.draw.explore.explore`."""
        from qsim.draw.explore import explore

        return explore(self._circuit, **options)

    # ── Files ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @staticmethod
    def from_qasm(text: str, **options: Any) -> "Circuit":
        """The circuit of an OpenQASM 2 or 3 text; see `qsim.io.loads`."""
        from qsim.io import loads

        return loads(text, **options)

    @staticmethod
    def load(path: "str | Path", **options: Any) -> "Circuit":
        """The circuit of a file; see `qsim.io.load`."""
        from qsim.io import load

        return load(path, **options)

    def to_qasm(self, version: int = 3) -> str:
        """The circuit as an OpenQASM text, version 2 or 3; see `qsim.io.dumps`."""
        from qsim.io import dumps

        return dumps(self._circuit, version)

    def save(self, path: "str | Path", **options: Any) -> None:
        """Write the circuit to a file; see `qsim.io.save`."""
        from qsim.io import save

        save(self._circuit, path, **options)

    def formula(self) -> "Formula":
        """The circuit as a product of layers, each a Kronecker product; see `qsim.draw.formula`.

        >>> from qsim import Circuit
        >>> Circuit(2).h(0).cx(0, 1).formula()
        U = (P0⊗I + P1⊗X)·(H⊗I)   (q0 q1; the rightmost acts first)
        """
        from qsim.draw.formula import formula

        return formula(self._circuit)
