"""Circuits in the colours of their plans: which sweep over the state does which gate."""

from collections.abc import Sequence
from os import PathLike
from typing import Any

from qsim.circuit import Operation
from qsim.draw import _choose
from qsim.draw.tints import Tint, TintOf
from qsim.draw.view import select, view
from qsim.errors import CircuitError
from qsim.plan import Plan
from qsim.plan.report import sweep_color

__all__ = ["draw_plan"]

MAX_GATES = 10_000  # whose sweeps are looked for, in a second; of more the circuit is drawn without colours
_MODULES = frozenset({"svg", "figure"})  # that draw what has colours
_FREE = Tint("free", "", title="no sweep: it costs nothing")


def draw_plan(
    plan: Plan, format: str | None = None, path: str | PathLike[str] | None = None, *, ops: slice | None = None,
    **options: Any,
) -> Any:  # fmt: skip
    """Draw the circuit of a plan, each gate in the colour of the sweep in which its last part is done.

    Above each gate stands the number of its sweep, or the first and the last number if it is taken apart. Dashed and
    without a number is what costs nothing: swaps, which only rename qubits, and gates that cancel. A plan without
    sweeps, and one of more than 10,000 gates, is drawn without colours and says so.

    Args:
        plan: what `Circuit.explain` gives.
        format: `"svg"`, `"mpl"` (matplotlib) or `"html"`; by default what the suffix of `path` says, else SVG.
        path: also write the drawing to this file.
        ops: draw only these instructions, such as `slice(10, 20)`.
        options: of the format: `style`, `width`, `max_height` and `max_qubits`, see `qsim.draw.draw`.

    Raises:
        CircuitError: the plan holds no circuit, there is no such format, or an option is out of range.
        TypeError: the format has no such option.

    >>> from qsim import Circuit
    >>> plan = Circuit(20).h(0).swap(0, 1).cx(1, 2).explain(method="statevector")
    >>> drawing = draw_plan(plan)
    >>> str(drawing).count('class="qs-badge"'), "costs nothing" in str(drawing)
    (2, True)
    """
    if plan.circuit is None:
        raise CircuitError("A plan without a circuit cannot be drawn: take that of circuit.explain().")
    chosen = _choose("svg" if format is None and path is None else format, path)
    if chosen.module not in _MODULES:
        raise CircuitError(
            f"A plan is drawn as 'svg', 'mpl' or 'html', not as {chosen.module!r}: see `format`, `path`."
        )
    chosen.check(options, ("ops",))
    circuit = plan.circuit if ops is None else select(plan.circuit, ops)
    tint, remarks = _tints(plan, range(len(plan.circuit))[ops or slice(None)])
    drawing = chosen.load()(view(circuit, expand=True), tint=tint, remarks=remarks, **options)
    if path is not None:
        drawing.save(path)
    return drawing


def _tints(plan: Plan, numbers: Sequence[int]) -> tuple[TintOf | None, list[str]]:
    """Colours by the place of an instruction among those with these numbers, and what is to be said of them."""
    if not plan.is_estimated:
        return None, ["By matrices: there are no sweeps over the state."]
    if plan.settings is None:
        return None, ["Gate by gate: no two gates share a sweep over the state."]
    if plan.num_gates > MAX_GATES:
        return None, [f"Which sweep does which of {plan.num_gates:,} gates is told by sweeps_of, not in this drawing."]
    sweeps_of = plan.sweeps_of

    def tint(places: Sequence[int]) -> Tint:
        sweeps = sorted({sweep for place in places for sweep in sweeps_of[numbers[place]]})
        return _of_sweeps(sweeps) if sweeps else _FREE

    assert plan.circuit is not None
    gates = [number for number in numbers if isinstance(plan.circuit[number], Operation)]
    remarks = []
    if any(sweeps_of[number] for number in gates):
        remarks.append("Number and colour: the sweep over the state that does the gate, or the last part of it.")
    if not all(sweeps_of[number] for number in gates):
        remarks.append(
            "Dashed, no number: costs nothing (a swap, which renames qubits; gates that cancel; phases of the state)."
        )
    return tint, remarks


def _of_sweeps(sweeps: Sequence[int]) -> Tint:
    """The colour of the last of some sweeps."""
    first, last = sweeps[0], sweeps[-1]
    color = sweep_color(last)
    if first == last:
        return Tint(color[1:], color, str(last), f"sweep {last}")
    listed = ", ".join(map(str, sweeps[:-1])) if len(sweeps) < 5 else f"{first} …"
    return Tint(color[1:], color, f"{first}–{last}", f"in parts, sweeps {listed} and {last}")
