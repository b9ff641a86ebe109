"""A plan as HTML for notebooks: the circuit in the colours of its sweeps, and these as strips over the register."""

import math
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Any

from qsim.memory import format_bytes
from qsim.plan.report import SHOWN, Plan, PlannedSweep, clipped, number_text, qubit_ranges, seconds_text, sweep_color
from qsim.plots.html import block, table

__all__ = ["plan_html"]

_MAX_CELLS = 64  # qubits of a strip
_CELL = 0.6  # width of a qubit, in em
_MAX_NAME = 40
# Of the circuit, in pixels: it fits into a notebook of 900, and what is below it stays in sight.
_SIZE: dict[str, Any] = {"width": 840, "max_height": 900, "max_qubits": 24}
_FRAME = (
    "max-height:48em;width:fit-content;max-width:100%;overflow:auto;margin:0.3em 0;"
    "scrollbar-width:thin;scrollbar-color:currentColor transparent"
)


def plan_html(plan: Plan) -> str:
    """The plan of a run: its circuit, a bar of the sweeps' times, a row a sweep, and what the text says below it.

    Gates have the colour and the number of the sweep that does them. In a sweep's strip each qubit has a place, qubit 0
    first. Coloured are those whose amplitudes the sweep works on together; the other qubits may be controls, or turn
    phases. Of many sweeps, and of many gates, the first and the last ones are shown.

    >>> from qsim import Circuit
    >>> "1 sweep" in plan_html(Circuit(3).h(0).explain()) or "sweeps" in plan_html(Circuit(3).h(0).explain())
    True
    """
    lines = [*plan.heading(), *plan.footing()]
    text = "".join(f"<div>{escape(line)}</div>" for line in lines[1:])
    pictures = [] if plan.circuit is None else [f'<div style="{_FRAME}">{plan.draw("svg", **_SIZE)}</div>']
    pictures += [_time_bar(plan), _rows(plan)] if plan.sweeps else []
    return block(lines[0], *pictures, f'<div style="font-size:90%">{text}</div>')


def _shown(plan: Plan) -> Iterator[tuple[str, Sequence[PlannedSweep], int]]:
    """What each row is about: its number or mark, its sweeps, and the number that gives its colour."""
    first, last = SHOWN
    count = len(plan.sweeps)
    hidden = count - first - last
    for number, sweep in enumerate(plan.sweeps):
        if hidden <= 1 or number < first or number >= count - last:
            yield str(number), [sweep], number
        elif number == first:
            yield "…", plan.sweeps[first : count - last], number


def _time_bar(plan: Plan) -> str:
    """One bar as long as the run, in the colours of the sweeps."""
    total = sum(sweep.seconds for sweep in plan.sweeps)
    if not (0 < total < math.inf):
        return ""
    parts = ""
    for mark, sweeps, number in _shown(plan):
        share = 100 * sum(sweep.seconds for sweep in sweeps) / total
        color = "currentColor;opacity:0.3" if mark == "…" else sweep_color(number)
        parts += f'<div style="width:{share:.4g}%;background:{color}"></div>'
    return f'<div aria-hidden="true" style="display:flex;height:0.7em;max-width:40em;margin:0.4em 0">{parts}</div>'


def _rows(plan: Plan) -> str:
    rows = []
    for mark, sweeps, number in _shown(plan):
        if mark == "…":
            place = f"{len(sweeps)} more"
        else:
            place = _strip(sweeps[0].local_qubits, plan.num_qubits, sweep_color(number)) + _text(sweeps[0])
        rows.append([mark, place, *_numbers(sweeps)])
    if len(plan.sweeps) > 1:
        rows.append(["all", "", *_numbers(plan.sweeps)])
    register = "qubit 0" if plan.num_qubits == 1 else f"qubits 0 … {plan.num_qubits - 1}"
    return table(["sweep", register, "steps", "passes", "flops", "bytes", "time"], rows)


def _text(sweep: PlannedSweep) -> str:
    name = "" if sweep.name == "sweep" else f"{clipped(sweep.name, _MAX_NAME)} on "
    qubits = clipped(qubit_ranges(sweep.local_qubits), _MAX_NAME)
    return f'<div style="font-size:80%;opacity:0.75">{escape(name + qubits)}</div>'


def _strip(qubits: Sequence[int], num_qubits: int, color: str) -> str:
    """A place for each qubit, coloured where it is one of those given; of a longer register the first ones."""
    inside = set(qubits)
    parts = ""
    for is_local, run in groupby(range(min(num_qubits, _MAX_CELLS)), key=lambda qubit: qubit in inside):
        fill = f"background:{color}" if is_local else "background:currentColor;opacity:0.15"
        parts += f'<div style="width:{_CELL * len(list(run)):.4g}em;{fill}"></div>'
    return f'<div aria-hidden="true" style="display:flex;height:0.9em">{parts}</div>'


def _numbers(sweeps: Sequence[PlannedSweep]) -> list[str]:
    return [
        str(sum(sweep.num_steps for sweep in sweeps)),
        str(sum(sweep.num_passes for sweep in sweeps)),
        number_text(sum(sweep.flops for sweep in sweeps)),
        format_bytes(sum(sweep.bytes for sweep in sweeps)),
        seconds_text(sum(sweep.seconds for sweep in sweeps)),
    ]
