"""Plan: what `Circuit.explain` returns, for a program to read and for a person to look at."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any

from qsim.circuit import Circuit, Operation
from qsim.memory import available_memory, format_bytes

if TYPE_CHECKING:
    from qsim.plan.prepare import Settings

__all__ = ["Plan", "PlannedSweep", "sweep_color"]

_WIDTH = 100
SHOWN = (10, 4)  # sweeps at the start and at the end
_COLUMNS = "{:>6}  {:<35} {:>6} {:>6} {:>6} {:>8} {:>10} {:>9}"
_HEADS = ("sweep", "local qubits", "steps", "passes", "tables", "flops", "bytes", "time")
_PREFIXES = ("", " k", " M", " G", " T", " P", " E")
# By golden angles around the circle of hues, all of about one lightness: neighbours differ, on white and on black.
_COLORS = (
    "#3a87d0", "#d96f64", "#30ba8b", "#8d67bf", "#d0992c", "#00a0c3", "#c5618c",
    "#86b95c", "#6079cf", "#dd7e4b", "#00b4a5", "#a561ae", "#bba831", "#0a91ce",
    "#d36874", "#57bb79", "#7d6dc7", "#d88f34", "#00a8b9", "#ba609a", "#9db44a",
)  # fmt: skip


def sweep_color(number: int) -> str:
    """The colour of a sweep, as `#rrggbb`; they recur after 21."""
    return _COLORS[number % len(_COLORS)]


@dataclass(frozen=True)
class PlannedSweep:
    """One pass over the state.

    Attributes:
        name: "sweep", or the name of a gate that runs by itself.
        local_qubits: those whose amplitudes are worked on together; of a gate, those it acts on. Where the circuit
            swaps qubits, they are named as they are in the end.
        steps: number of steps by kind: "phase", "turn" (a rotation), "flip" (x, cx, ccx), "pair" (a gate on two
            qubits), "gate".
        passes: passes over a block in the cache by kind, see `qsim.kernels.sweep`.
        tables: diagonals that are multiplied in as a table.
        flops: additions and multiplications.
        bytes: of memory that are read and written.
        memory: bytes of its program and its tables, which are freed after it.
        seconds: estimate.
    """

    name: str
    local_qubits: tuple[int, ...]
    steps: dict[str, int]
    passes: dict[str, int]
    tables: int
    flops: int
    bytes: int
    memory: int
    seconds: float

    @property
    def num_steps(self) -> int:
        """Steps of all kinds."""
        return sum(self.steps.values())

    @property
    def num_passes(self) -> int:
        """Passes of all kinds."""
        return sum(self.passes.values())


@dataclass(frozen=True)
class Plan:
    """How a circuit would run: `print(plan)` shows a table.

    Attributes:
        num_qubits: of the circuit.
        num_gates: operations of the circuit.
        precision: "double" or "single".
        threads: at most so many at once.
        method: the engine that would run it, a key of `qsim.run.METHODS`.
        reason: why.
        sweeps: passes over the state in order; empty for the engines that form matrices.
        memory_parts: bytes by what they hold; all of them at once. Programs and tables are those of the largest sweep.
        allocating: estimated seconds of touching a new state's memory for the first time.
        planning: seconds that planning took just now: next to nothing if the plan was kept from before.
        is_estimated: whether there are sweeps and figures: not for the engines that form matrices.
        circuit: what was planned, as it was then; `None` in a plan that was not made by `explain`.
        settings: what it was planned for; `None` where gates do not share sweeps.
    """

    num_qubits: int
    num_gates: int
    precision: str
    threads: int
    method: str
    reason: str
    sweeps: tuple[PlannedSweep, ...]
    memory_parts: dict[str, int]
    allocating: float
    planning: float
    is_estimated: bool = True
    circuit: Circuit | None = field(default=None, repr=False, compare=False)
    settings: "Settings | None" = field(default=None, repr=False, compare=False)

    @cached_property
    def sweeps_of(self) -> tuple[tuple[int, ...], ...]:
        """For each instruction of the circuit the numbers of the sweeps that do a part of it, ascending.

        Most gates have one sweep; some are taken apart, and their parts may be in several. What costs nothing has none:
        swaps, which only rename qubits, gates whose product is the identity, flips that undo each other, phases of the
        whole state. Nor has what is no gate. Gate by gate each has its own; engines that form matrices have no sweeps.
        Worked out when it is asked for first, in as long as planning takes.

        >>> from qsim import Circuit
        >>> Circuit(20).h(0).swap(0, 1).x(5).x(5).explain(method="statevector").sweeps_of
        ((0,), (), (), ())
        """
        from qsim.plan.trace import sweeps_of  # here, since a plan that is only read needs none of it

        circuit = self.circuit or ()
        if isinstance(circuit, Circuit) and self.settings is not None:
            return sweeps_of(circuit, self.settings)
        numbers = iter(range(len(self.sweeps)))
        is_gate = [isinstance(each, Operation) and self.is_estimated for each in circuit]
        return tuple((next(numbers),) if each else () for each in is_gate)

    def draw(self, format: str | None = None, path: str | PathLike[str] | None = None, **options: Any) -> Any:
        """Draw the circuit, each gate in the colour of its sweep, as "svg", "mpl" or "html".

        See `qsim.draw.planned.draw_plan`.

        >>> from qsim import Circuit
        >>> Circuit(3).h(0).cx(0, 1).explain().draw()
        <SvgDrawing, ... characters: print() shows the source, save(path) writes it>
        """
        from qsim.draw.planned import draw_plan

        return draw_plan(self, format, path, **options)

    @property
    def steps(self) -> dict[str, int]:
        """Number of steps of all sweeps by kind."""
        return _total(sweep.steps for sweep in self.sweeps)

    @property
    def passes(self) -> dict[str, int]:
        """Number of passes over blocks of all sweeps by kind."""
        return _total(sweep.passes for sweep in self.sweeps)

    @property
    def num_steps(self) -> int:
        """Steps of all sweeps."""
        return sum(sweep.num_steps for sweep in self.sweeps)

    @property
    def tables(self) -> int:
        """Diagonals, of all sweeps, that are multiplied in as a table."""
        return sum(sweep.tables for sweep in self.sweeps)

    @property
    def flops(self) -> int | None:
        """Additions and multiplications; `None` for the engines that form matrices."""
        return sum(sweep.flops for sweep in self.sweeps) if self.is_estimated else None

    @property
    def bytes(self) -> int | None:
        """Bytes of memory that are read and written; `None` for the engines that form matrices."""
        return sum(sweep.bytes for sweep in self.sweeps) if self.is_estimated else None

    @property
    def memory(self) -> int:
        """Bytes that the run takes at its peak, the state included, what is read from it later not."""
        return sum(self.memory_parts.values())

    @property
    def seconds(self) -> float | None:
        """Estimated time of the engine, for a machine that does nothing else: planning and the checks of a run, which
        are Python's, come on top. `None` for the engines that form matrices."""
        return sum(sweep.seconds for sweep in self.sweeps) + self.allocating if self.is_estimated else None

    def heading(self) -> list[str]:
        """The lines above the table: what is run, and how."""
        gates = _count(self.num_gates, "gate")
        return [
            f"{_count(self.num_qubits, 'qubit')}, {gates}, {self.precision} precision: {self._sweeps_text()}",
            f'method "{self.method}": {self.reason}',
        ]

    def footing(self) -> list[str]:
        """The lines below it: steps and passes by kind, memory, time."""
        lines = [*self._parts_lines(), f"memory  {self._memory_text()}"]
        if self.seconds is not None:
            using = _count(self.threads, "thread")
            lines.append(f"time    about {seconds_text(self.seconds)} with {using}, by a calibration of this machine")
            if self.planning:
                lines[-1] += f"; planning {seconds_text(self.planning)}"
        return lines

    def __str__(self) -> str:
        return "\n".join(line.rstrip() for line in (*self.heading(), *self._table(), *self.footing()))

    def __repr__(self) -> str:
        time = "" if self.seconds is None else f", about {seconds_text(self.seconds)}"
        return f"<plan: {self.num_qubits} qubits, {self.method}, {self._sweeps_text()}{time}>"

    def _repr_html_(self) -> str:
        from qsim.plots.plan_html import plan_html

        return plan_html(self)

    # ── Lines ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _sweeps_text(self) -> str:
        if not self.is_estimated:
            return "by matrices"
        return f"{_count(len(self.sweeps), 'sweep')} over the state"

    def _table(self) -> list[str]:
        if not self.sweeps:
            return []
        first, last = SHOWN
        count = len(self.sweeps)
        lines = ["", _COLUMNS.format(*_HEADS)]
        if count <= first + last + 1:
            lines += [_row(str(number), [sweep]) for number, sweep in enumerate(self.sweeps)]
        else:
            lines += [_row(str(number), [self.sweeps[number]]) for number in range(first)]
            lines.append(_row("…", self.sweeps[first : count - last], f"{count - first - last} more"))
            lines += [_row(str(number), [self.sweeps[number]]) for number in range(count - last, count)]
        if count > 1:
            lines.append(_row("all", self.sweeps, ""))
        return [*lines, ""]

    def _parts_lines(self) -> list[str]:
        lines = []
        for name, counts in (("steps", self.steps), ("passes", self.passes)):
            if counts:
                text = ", ".join(f"{count} {kind}" for kind, count in counts.items())
                lines += textwrap.wrap(f"{name:<8}{text}", _WIDTH, subsequent_indent=" " * 8)
        return lines

    def _memory_text(self) -> str:
        parts = " + ".join(f"{name} {format_bytes(count)}" for name, count in self.memory_parts.items() if count)
        text = f"{format_bytes(self.memory)} ({parts})"
        return text if self.memory <= available_memory() else f"{text}: more than is free now"


def _total(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(total)


def _row(number: str, sweeps: Sequence[PlannedSweep], text: str | None = None) -> str:
    """A line of the table about a sweep, or about several together."""
    if text is None:
        (sweep,) = sweeps
        text = ("" if sweep.name == "sweep" else f"{sweep.name} on ") + qubit_ranges(sweep.local_qubits)
    return _COLUMNS.format(
        number,
        clipped(text, 35),
        sum(sweep.num_steps for sweep in sweeps),
        sum(sweep.num_passes for sweep in sweeps),
        sum(sweep.tables for sweep in sweeps),
        number_text(sum(sweep.flops for sweep in sweeps)),
        format_bytes(sum(sweep.bytes for sweep in sweeps)),
        seconds_text(sum(sweep.seconds for sweep in sweeps)),
    )


def qubit_ranges(qubits: Sequence[int]) -> str:
    """Numbers with runs written short.

    >>> qubit_ranges([0, 1, 2, 5, 7, 8])
    '0–2 5 7 8'
    """
    runs: list[list[int]] = []
    for qubit in qubits:
        if runs and runs[-1][-1] == qubit - 1:
            runs[-1].append(qubit)
        else:
            runs.append([qubit])
    return " ".join(f"{run[0]}–{run[-1]}" if len(run) > 2 else " ".join(map(str, run)) for run in runs)


def clipped(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def number_text(value: float) -> str:
    """A count with three digits and a prefix.

    >>> number_text(1234567)
    '1.23 M'
    """
    value = float(f"{value:.3g}")
    power = min((len(str(int(value))) - 1) // 3, len(_PREFIXES) - 1)
    return f"{value / 1000**power:.4g}{_PREFIXES[power]}"


def seconds_text(value: float) -> str:
    """A time with two digits and its unit.

    >>> seconds_text(0.0123)
    '12 ms'
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{float(f'{value / size:.2g}'):g} {unit}"
    return f"{float(f'{value * 1e6:.2g}'):g} µs"
