"""States, counts, distributions and results as HTML for notebooks: a formula or a heading, and a table with bars.

All of it is bounded: 16 rows, of which each is short, from arrays that are looked at as far as their `repr` does. Every
text is escaped. Text and lines have the colour of the notebook's text, so that dark themes are as readable as light
ones. Nothing here fails for states that are not normalised, of NaN, or kept in a file.
"""

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from qsim import bits
from qsim.errors import StateError
from qsim.plots._bars import choose_bars, shorten
from qsim.plots._phases import phase_hex, phase_text
from qsim.states import Counts, State, show
from qsim.states.distances import wilson_interval

if TYPE_CHECKING:
    from qsim.result import Result
    from qsim.states import DensityMatrix
    from qsim.states.base import QuantumState
    from qsim.states.distribution import Distribution

__all__ = ["counts_html", "distribution_html", "result_html", "state_html", "table"]

BLUE = "#3a87d0"  # as a phase of 0; shows on white and on black
_TOP = 16  # rows of a table
_MAX_KEY = 40
_MAX_HEADING = 600  # characters
_MAX_VALUES = 8  # expectation values
_BAR_WIDTH = "16em"
_CELL = "padding:0.1em 0.6em;border:0;background:none;color:inherit"
_TABLE = "border-collapse:collapse;border:0;margin:0.3em 0;color:inherit;font-size:90%"


# ── Building blocks ───────────────────────────────────────────────────────────────────────────────────────────────────


def block(heading: str, *parts: str) -> str:
    """A heading, escaped here, and parts that are HTML already."""
    text = escape(shorten(heading, _MAX_HEADING))
    title = f'<div style="font-family:monospace;white-space:pre-wrap">{text}</div>'
    return f'<div style="color:inherit">{title}{"".join(parts)}</div>'


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a line below the heads, which are text; the cells are HTML already, from the third on numbers."""
    line = "border-bottom:1px solid currentColor;font-weight:bold"
    top = "".join(
        f'<th scope="col" style="{_CELL};{_side(column)};{line}">{escape(head)}</th>'
        for column, head in enumerate(heads)
    )
    body = "".join(f"<tr>{''.join(map(_cell, range(len(row)), row))}</tr>" for row in rows)
    return f'<table style="{_TABLE}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


def _cell(column: int, content: str) -> str:
    return f'<td style="{_CELL};{_side(column)}">{content}</td>'


def _side(column: int) -> str:
    return "text-align:left" if column < 2 else "text-align:right;font-variant-numeric:tabular-nums"


def bar(share: float, color: str, ends: tuple[float, float] | None = None) -> str:
    """A bar of that share of the column's width, with an error bar from end to end; what is no number has none."""
    parts = f'<div style="width:{_percent(share)};height:0.9em;background:{color}"></div>'
    if ends is not None:
        low, high = (min(max(end, 0.0), 1.0) if math.isfinite(end) else 0.0 for end in ends)
        parts += (
            f'<div style="position:absolute;left:{_percent(low)};width:{_percent(high - low)};top:0.2em;height:0.5em;'
            'border-left:1px solid currentColor;border-right:1px solid currentColor;box-sizing:border-box">'
            '<div style="border-top:1px solid currentColor;margin-top:0.25em;height:0"></div></div>'
        )
    return f'<div aria-hidden="true" style="position:relative;width:{_BAR_WIDTH};height:0.9em">{parts}</div>'


def _percent(share: float) -> str:
    return f"{100 * min(max(share, 0.0), 1.0):.4g}%" if math.isfinite(share) else "0%"


def _key(text: str) -> str:
    return f'<span style="font-family:monospace;white-space:pre">{escape(shorten(text, _MAX_KEY))}</span>'


def _scale(values: Iterable[float]) -> float:
    """The largest finite value, to which the bars are scaled; 1 if there is none above 0."""
    return max((value for value in values if math.isfinite(value)), default=0.0) or 1.0


# ── States ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def state_html(state: "QuantumState") -> str:
    """The largest terms as a formula, and bars: of |a|² in the colour of the phase, of a mixed state the populations.

    >>> "0.7071|00⟩" in state_html(State.bell()), phase_hex(0.0) in state_html(State.bell())
    (True, True)
    """
    from qsim.states.density import DensityMatrix

    if isinstance(state, State):
        return _pure_html(state)
    assert isinstance(state, DensityMatrix)
    return _mixed_html(state)


def _pure_html(state: State) -> str:
    formula = repr(state)
    try:
        values = state.amplitudes
    except StateError:  # its file is in the middle of a run, as the repr says
        return block(formula)
    found = show.largest(values, _TOP)
    bound = show.negligible(values, found.indices)
    chosen = {index: complex(values[index]) for index in found.indices}
    chosen = {index: value for index, value in chosen.items() if not abs(value) <= bound}
    squares = {index: _square(value) for index, value in chosen.items()}
    scale = _scale(squares.values())
    rows = []
    for index, value in chosen.items():
        phase = math.atan2(value.imag, value.real)
        ket = _key(f"|{shorten(bits.bitstring(index, state.num_qubits), _MAX_KEY - 2)}⟩")
        drawn = bar(squares[index] / scale, phase_hex(phase))
        rows.append([ket, drawn, f"{squares[index]:.4g}", phase_text(phase)])
    hidden = found.num_visible - len(chosen)
    if found.num_looked_at < len(values):
        rows.append(["…", f"of the first {found.num_looked_at} amplitudes", "", ""])
    elif hidden > 0:
        rows.append(["…", f"{hidden} more", "", ""])
    return block(formula, table(["ket", "", "|a|²", "phase"], rows) if rows else "")


def _square(value: complex) -> float:
    """|a|², infinite where it is too large for a number."""
    size = abs(value)
    return size * size


def _mixed_html(state: "DensityMatrix") -> str:
    diagonal = np.diagonal(state.matrix)  # a view
    found = show.largest(diagonal, _TOP)
    bound = show.negligible(diagonal, found.indices)
    chosen = {index: float(diagonal[index].real) for index in found.indices if not abs(diagonal[index]) <= bound}
    scale = _scale(chosen.values())
    rows = [
        [_key(f"|{bits.bitstring(index, state.num_qubits)}⟩"), bar(value / scale, BLUE), f"{value:.4g}"]
        for index, value in chosen.items()
    ]
    hidden = found.num_visible - len(chosen)
    if hidden > 0:
        rows.append(["…", f"{hidden} more", ""])
    return block(repr(state), table(["ket", "", "probability"], rows) if rows else "")


# ── Outcomes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def counts_html(counts: Counts) -> str:
    """The most frequent outcomes: bars of their shares with 95 % intervals, counts and shares.

    >>> "497" in counts_html(Counts({"00": 497, "11": 503}))
    True
    """
    heading = f"{counts.shots} shots, {_bits_text(counts)}"
    if not counts.shots:
        return block(heading)
    bars = choose_bars([counts], None, _TOP, "key")
    numbers = bars.counts[0]
    low, high = wilson_interval(numbers, counts.shots)
    scale = _scale(high.tolist())
    decimals = max(1 - math.floor(math.log10(50 * float((high - low).max()))), 1)  # two digits of the widest interval
    rows = []
    for key, number, first, last in zip(bars.keys, numbers.tolist(), low.tolist(), high.tolist(), strict=True):
        share = number / counts.shots
        drawn = bar(share / scale, BLUE, (first / scale, last / scale))
        rows.append(
            [_key(key), drawn, str(number), f"{100 * share:.{decimals}f} ± {50 * (last - first):.{decimals}f} %"]
        )
    if bars.has_rest:
        rest = int(bars.rest[0])
        rows.append(["rest", f"{bars.num_hidden} others", str(rest), f"{100 * rest / counts.shots:.{decimals}f} %"])
    return block(heading, table(["outcome", "", "count", "share, 95 % interval"], rows))


def distribution_html(distribution: "Distribution") -> str:
    """The most likely outcomes with bars of their probabilities."""
    likely = sorted(distribution.most_likely(_TOP))
    scale = _scale(value for _, value in likely)
    rows = [[_key(key), bar(value / scale, BLUE), f"{value:.6g}"] for key, value in likely]
    hidden = len(distribution) - len(likely)
    if hidden:
        rest = float(distribution.arrays()[1].sum()) - sum(value for _, value in likely)
        rows.append(["rest", f"{hidden} others", f"{max(rest, 0.0):.6g}"])
    if distribution.pruned:
        rows.append(["pruned", "", f"{distribution.pruned:.2g}"])
    heading = f"exact probabilities, {_bits_text(distribution)}"
    return block(heading, table(["outcome", "", "probability"], rows) if rows else "")


def _bits_text(outcomes: "Counts | Distribution") -> str:
    described = outcomes._table.layout.describe()
    return f"bits {described}" if outcomes.num_bits else described


# ── Results ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def result_html(result: "Result") -> str:
    """What a run gave, as that shows itself; then expectation values, and how it was run."""
    shown = result.distribution or (result.counts if result.counts is not None else result.state)
    parts = [] if shown is None else [shown._repr_html_()]
    if result.expectations is not None:
        parts.append(_expectations(result.expectations))
    facts = {"method": f"{result.method}: {result.reason}", "seed": str(result.seed), **_times(result.timings)}
    rows = [[escape(name), escape(shorten(text, _MAX_HEADING))] for name, text in facts.items()]
    return block("Result", *parts, table(["run", ""], rows))


def _times(timings: dict[str, float]) -> dict[str, str]:
    return {"seconds": ", ".join(f"{phase} {seconds:.3g}" for phase, seconds in timings.items())}


def _expectations(values: Any) -> str:
    pairs = list(values.items() if isinstance(values, dict) else enumerate(values))
    rows = [[_key(str(name)), escape(f"{value:.6g}")] for name, value in pairs[:_MAX_VALUES]]
    if len(pairs) > _MAX_VALUES:
        rows.append(["…", f"{len(pairs) - _MAX_VALUES} more"])
    return table(["observable", "expectation"], rows)
