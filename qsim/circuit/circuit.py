"""Circuit: the fluent builder and what can be asked of a circuit."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, SupportsIndex, overload

import numpy as np
from numpy.typing import NDArray

from qsim import algebra, circuit, gates
from qsim.algebra import Operator
from qsim.circuit import analysis
from qsim.circuit.builder import Angle, Bits, Qubits, caller
from qsim.circuit.classical import Readable
from qsim.circuit.forwards import Forwards
from qsim.circuit.instructions import Barrier, Initialize, Instruction, Measurement, Reset
from qsim.errors import CircuitError, QsimError, UnknownGateError
from qsim.gates import Gate
from qsim.gates.table import TABLE, suggestion

if TYPE_CHECKING:
    from qsim.algebra import OperatorProduct
    from qsim.circuit.parameters import Parameter
    from qsim.circuit.subcircuits import Subcircuit

__all__ = ["Circuit"]

ControlState = str | Sequence[int] | None


class Circuit(Forwards):
    """A sequence of instructions on qubits and classical bits.

    What adds an instruction changes the circuit and returns it, so calls chain; what makes another circuit returns a
    new one. Angles come first, then qubits; a qubit is an int, a `Qubit`, or an iterable of them. Qubit 0 is the
    leftmost Kronecker factor and the first character of a bit string. A call that fails leaves the circuit as it was.

    Args:
        num_qubits: qubits of the register "q", all in |0⟩.
        num_bits: classical bits of the register "c", all 0.
        name: shown in titles, and in a box where the circuit is appended to another.

    >>> bell = Circuit(2).h(0).cx(0, 1)
    >>> bell.state()
    0.7071|00⟩ + 0.7071|11⟩   (q0 q1)
    >>> print(bell)
    q0: ─H─●─
           │
    q1: ───⊕─
    """

    # ── Measurement, reset and barriers ───────────────────────────────────────────────────────────────────────────

    def measure(self, qubits: Qubits, bits: Bits | None = None, *, when: Readable | None = None) -> Self:
        """Measure qubits in the Z basis into classical bits; without `bits`, new ones are appended.

        A measurement may stand anywhere, and a bit may be written again. Afterwards the qubit is in the state found.

        >>> Circuit(2, 2).h(0).measure([0, 1], [1, 0]).num_bits
        2
        """
        call = ("measure", (qubits,) if bits is None else (qubits, bits))
        if when is not None:
            with self._conditional(when, call):
                return self.measure(qubits, bits)
        sources = self._distinct([qubits], call)
        if bits is None:
            targets = list(self._bits.grow("c", len(sources))) if sources else []
        else:
            targets = self._distinct([bits], call, "bit")
        if len(targets) != len(sources):
            self._refuse(call, f"a bit is needed for each qubit, but there are {len(sources)} and {len(targets)}")
        source = caller()
        self._instructions += [Measurement((q,), b, source) for q, b in zip(sources, targets, strict=True)]
        return self

    def measure_all(self) -> Self:
        """Measure every qubit into a new register "meas", bit i from qubit i; a second call changes nothing."""
        if "meas" in self._bits:
            register = self._bits["meas"]
            written = {i.bit: i.qubit for i in self._instructions if isinstance(i, Measurement)}
            if all(written.get(register.start + q) == q for q in range(self.num_qubits)):
                return self
            self._refuse(("measure_all", ()), 'the register "meas" is there already and does not hold every qubit')
        return self.measure(range(self.num_qubits), self.add_bits("meas", self.num_qubits))

    def reset(self, *qubits: Qubits, when: Readable | None = None) -> Self:
        """Put qubits into |0⟩, whatever they were; what they were entangled with is left as if they were measured.

        >>> Circuit(1).x(0).reset(0).sample(10)
        Counts({'0': 10}, bits q0)
        """
        call = ("reset", qubits)
        if when is not None:
            with self._conditional(when, call):
                return self.reset(*qubits)
        if not qubits:
            self._refuse(call, "at least one qubit is needed")
        source = caller()
        self._instructions += [Reset((q,), source) for q in self._distinct(qubits, call)]
        return self

    def initialize(self, state: Any, *qubits: Qubits, when: Readable | None = None) -> Self:
        """Reset qubits and put them into a state.

        Args:
            state: a `State`, a label such as "0+", amplitudes (normalised), or the number of a basis state.
            qubits: the first is most significant; all of the circuit by default.
            when: a condition.

        >>> Circuit(2).initialize("+", 1).sample(100, seed=7)
        Counts({'00': 54, '01': 46}, bits q0 q1)
        """
        call = ("initialize", (state, *qubits))
        if when is not None:
            with self._conditional(when, call):
                return self.initialize(state, *qubits)
        targets = self._distinct(qubits or [range(self.num_qubits)], call)
        amplitudes = self._amplitudes(state, len(targets), call)
        label = state if isinstance(state, str) else ""
        self._instructions.append(Initialize(amplitudes, tuple(targets), label, caller()))
        return self

    def _amplitudes(self, state: Any, num_qubits: int, call: Any) -> NDArray[np.complex128]:
        """The amplitudes of a normalised state of so many qubits, read-only."""
        from qsim.states import State

        try:
            size = num_qubits if isinstance(state, int) else None
            found = state if isinstance(state, State) else State(state, num_qubits=size)
        except QsimError as error:
            self._refuse(call, str(error).rstrip("."))
        if found.num_qubits != num_qubits:
            self._refuse(call, f"the state has {found.num_qubits} qubits, but {num_qubits} were given")
        if not found.is_normalized:
            self._refuse(call, f"the state must be normalised, but its norm is {found.norm:.6g}: use .normalized()")
        amplitudes = found.amplitudes.astype(np.complex128)
        amplitudes.flags.writeable = False
        return amplitudes

    def barrier(self, *qubits: Qubits) -> Self:
        """Draw a line across qubits (all by default) that nothing is moved or merged across."""
        numbers = self._numbers(qubits, ("barrier", qubits)) if qubits else range(self.num_qubits)
        if qubits and not numbers:
            return self
        self._instructions.append(Barrier(tuple(dict.fromkeys(numbers)), caller()))
        return self

    # ── Gates beyond the table ────────────────────────────────────────────────────────────────────────────────────

    def mcx(
        self, controls: Qubits, target: Qubits, *, control_state: ControlState = None, when: Readable | None = None
    ) -> Self:
        """Flip the target where all controls, however many, have their values."""
        return self._add(TABLE["x"], (), (target,), controls, control_state, when)

    def mcp(
        self,
        theta: Angle,
        controls: Qubits,
        target: Qubits,
        *,
        control_state: ControlState = None,
        when: Readable | None = None,
    ) -> Self:
        """Phase e^{iθ} where the target is 1 and all controls have their values."""
        return self._add(TABLE["p"], (theta,), (target,), controls, control_state, when)

    def append(
        self, item: "Gate | Circuit", *qubits: Qubits, bits: Bits | None = None, when: Readable | None = None
    ) -> Self:
        """Add a gate, or the instructions of another circuit, on these qubits.

        A circuit with a name becomes a sub-circuit, which drawings show as one box, or open with `expand=`.

        Args:
            item: a `Gate` from `qsim.gates`, or a circuit, whose qubit i goes to the i-th listed qubit.
            qubits: where; lists broadcast for gates as in the gate methods.
            bits: for a circuit with classical bits: where they go.
            when: a condition.
        """
        if when is not None:
            with self._conditional(when, ("append", qubits)):
                return self.append(item, *qubits, bits=bits)
        if isinstance(item, Circuit):
            places = self._numbers(qubits, ("append", qubits)) if qubits else None
            circuit.transforms.append_circuit(self, item, places, bits, is_part=True)
            return self
        if not isinstance(item, Gate):
            raise TypeError(
                f"append takes a Gate or a Circuit, not {type(item).__name__}; use apply() for a matrix or an Operator."
            )
        self._add_spread(item, qubits)
        return self

    def apply(
        self,
        operator: Any,
        *qubits: Qubits,
        check: bool = True,
        name: str | None = None,
        when: Readable | None = None,
    ) -> Self:
        """Add a unitary `Operator` or a 2^k × 2^k matrix as a gate.

        Args:
            operator: an unplaced Operator or matrix on the listed qubits (the first takes the left factor), or a placed
                Operator, which needs none.
            qubits: where.
            check: refuse what is not unitary.
            name: what drawings show; "operator" or "unitary" by default.
            when: a condition.

        >>> from qsim.algebra import I, X, P0, P1, kron
        >>> Circuit(2).h(0).apply(kron(P0, I) + kron(P1, X), 0, 1).state()
        0.7071|00⟩ + 0.7071|11⟩   (q0 q1)
        """
        if isinstance(operator, algebra.OperatorProduct):
            raise TypeError("apply takes one Operator: append() the circuit that a product came from, or .expand() it.")
        if isinstance(operator, Gate | Circuit):
            raise TypeError("apply takes an Operator or a matrix; use append() for a Gate or a Circuit.")
        call = ("apply", (operator, *qubits))
        if when is not None:
            with self._conditional(when, call):
                return self.apply(operator, *qubits, check=check, name=name)
        name = name or ("operator" if isinstance(operator, Operator) else "unitary")
        if isinstance(operator, Operator) and operator.is_placed:
            if qubits:
                raise CircuitError(f"A placed operator needs no qubits, but {qubits} were given.")
            qubits, operator = operator.qubits, operator.unplaced()
        try:
            gate = gates.unitary(operator, name, check=check)
        except QsimError as error:
            self._refuse(call, str(error).rstrip("."))
        targets = self._numbers(qubits, call)
        if len(targets) != gate.num_qubits:
            self._refuse(call, f"the operator acts on {gate.num_qubits} qubits, but {len(targets)} were given")
        self._extend_checked(gate, [tuple(targets)])
        return self

    # ── New circuits ──────────────────────────────────────────────────────────────────────────────────────────────

    def compose(self, other: "Circuit", qubits: Qubits | None = None, bits: Bits | None = None) -> "Circuit":
        """A new circuit: this one, then the other on the listed qubits and bits.

        Without `bits`, registers of the other that have the same name and size here are the same; others are added.
        Unlike what `append` adds, the other is no sub-circuit, also if it has a name.
        """
        result = self.copy()
        places = None if qubits is None else self._numbers([qubits], None)
        circuit.transforms.append_circuit(result, other, places, bits, is_part=False)
        return result

    def inverse(self) -> "Circuit":
        """The inverse circuit: inverse gates in reverse order. Refused where something is measured.

        Names, also of sub-circuits, get a dagger; inverted again, they lose it.
        """
        return circuit.transforms.inverse(self)

    def power(self, k: int) -> "Circuit":
        """The circuit k times in a row; for negative k its inverse −k times."""
        if isinstance(k, bool) or not isinstance(k, SupportsIndex):
            raise CircuitError(f"Argument `k` must be an integer, but is {k!r}; a gate has real powers: Gate.power(t).")
        return (self if k >= 0 else self.inverse()).repeat(abs(k))

    __pow__ = power

    def repeat(self, k: int) -> "Circuit":
        """The circuit k times in a row, k ≥ 0, measurements included."""
        return circuit.transforms.repeat(self, k)

    def controlled(self, n: int = 1, control_state: str | Sequence[int] | None = None) -> "Circuit":
        """A circuit with n new control qubits, numbered first, that control every gate, global phases included.

        A circuit with a name becomes a sub-circuit of the new one, drawn as a box with controls.
        """
        return circuit.transforms.controlled(self, n, control_state)

    def remap(self, qubits: Mapping[int, int]) -> "Circuit":
        """The same instructions on other qubits, `{old: new}`; qubits not named stay, and the register may grow."""
        return circuit.transforms.remap(self, qubits)

    def without_final_measurements(self) -> "Circuit":
        """The circuit up to its final measurements, without the classical registers that this leaves unused."""
        return circuit.transforms.without_final_measurements(self)

    def bind(self, values: Any = None, *, partial: bool = False, **by_name: Any) -> "Circuit":
        """A new circuit with values for its parameters.

        Args:
            values: a mapping from `Parameter` or name to a number, or a sequence in the order of `parameters`.
            partial: leave parameters without a value as they are, instead of refusing.
            by_name: values by keyword, `bind(θ=0.1)`.

        >>> from qsim import Parameter
        >>> circuit = Circuit(1).rx(Parameter("θ"), 0)
        >>> circuit.bind(θ=0.5) == Circuit(1).rx(0.5, 0)
        True
        """
        return circuit.transforms.bind(self, values, by_name, partial=partial)

    def copy(self) -> "Circuit":
        """An independent copy; instructions are immutable and shared."""
        return circuit.transforms.with_instructions(self, self[:], self._subcircuits)

    # ── What it is ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def parameters(self) -> "tuple[Parameter, ...]":
        """Its symbolic parameters, in order of first use."""
        return analysis.parameters(self._instructions)

    @property
    def num_parameters(self) -> int:
        """Number of symbolic parameters."""
        return len(self.parameters)

    @property
    def subcircuits(self) -> "tuple[Subcircuit, ...]":
        """What circuits with a name were appended and where, in order, each followed by those within it.

        Names are for readers and drawings: instructions, results and equality know nothing of them. Those appended in a
        block belong to it.

        >>> prepare = Circuit(2, name="prepare").h(0).cx(0, 1)
        >>> Circuit(3).x(0).append(prepare, 2, 1).subcircuits
        (<Subcircuit 'prepare': instructions 1 to 3, qubits [2, 1]>,)
        """
        self._settled()
        return tuple(self._subcircuits)

    def depth(self) -> int:
        """Number of layers when every operation and measurement starts as early as it can; barriers hold back."""
        return analysis.depth(self._instructions, self.num_qubits, self.num_bits)

    def count_ops(self) -> dict[str, int]:
        """Number of instructions by name, barriers left out, the most frequent first.

        >>> Circuit(3).h(range(3)).cx(0, 1).count_ops()
        {'h': 3, 'cx': 1}
        """
        return analysis.count_ops(self._instructions)

    def operator(self) -> "OperatorProduct":
        """The circuit as a lazy product of Kronecker sums, the last gate leftmost."""
        return analysis.operator(self._instructions, self.num_qubits)

    def unitary(self) -> NDArray[np.complex128]:
        """Dense 2^n × 2^n matrix of the whole circuit. Refused where memory does not hold it."""
        return self.operator().matrix()

    def __len__(self) -> int:
        return len(self._instructions)

    def __iter__(self) -> Iterator[Instruction]:
        self._settled()
        return iter(self._instructions)

    @overload
    def __getitem__(self, index: int) -> Instruction: ...
    @overload
    def __getitem__(self, index: slice) -> list[Instruction]: ...
    def __getitem__(self, index: int | slice) -> Instruction | list[Instruction]:
        """An instruction by number, or a list of a slice of them."""
        self._settled()
        return self._instructions[index]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Circuit):
            return NotImplemented
        return self._qubits == other._qubits and self._bits == other._bits and self._instructions == other._instructions

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __str__(self) -> str:
        return repr(self) if self._frames else str(self.draw())

    def _repr_html_(self) -> str:
        from html import escape  # what a program without a notebook does not load

        drawn: str = f"<pre>{escape(repr(self))}</pre>" if self._frames else self.draw("svg")._repr_html_()
        return drawn

    def __repr__(self) -> str:
        return analysis.describe(self)

    @classmethod
    def _kron_(cls, factors: tuple[Any, ...]) -> "Circuit":
        """Circuits side by side: `kron(a, b)`."""
        return circuit.transforms.side_by_side(factors)

    if not TYPE_CHECKING:  # type checkers know every method: to them an unknown name is an error

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(f"'Circuit' object has no attribute {name!r}")
            raise UnknownGateError(f"A Circuit has no gate or attribute {name!r}{suggestion(name, dir(type(self)))}")

    def __reduce__(self) -> tuple[Any, ...]:
        return circuit.transforms.rebuild, (
            circuit.transforms.described(self._qubits),
            circuit.transforms.described(self._bits),
            self[:],
            self.name,
            self._subcircuits,
        )
