"""Pictures of circuits: what `Circuit.draw` and `print(circuit)` show."""

from collections.abc import Callable
from os import PathLike
from typing import Any

from qsim.circuit import Circuit
from qsim.draw.text import TextDrawing, draw_text
from qsim.errors import CircuitError

__all__ = ["TextDrawing", "draw"]

_FORMATS: dict[str, Callable[..., TextDrawing]] = {"text": draw_text}


def draw(
    circuit: Circuit, format: str = "text", path: str | PathLike[str] | None = None, **options: Any
) -> TextDrawing:
    """Draw a circuit, one line a qubit, time from left to right.

    Args:
        circuit: what to draw.
        format: `"text"`.
        path: also write the drawing to this file (text: in UTF-8).
        options: for text `width`, `ascii`, `max_lines` and `max_qubits`, see `qsim.draw.text.draw_text`.

    Returns:
        An object that prints as the drawing and shows itself in a notebook.

    Raises:
        CircuitError: there is no such format, an option is out of range, or an instruction has no picture.

    >>> print(draw(Circuit(3).h(0).cx(0, 2).rx(0.5, 1)))
    q0: ────H────●─
                 │
    q1: ─RX(0.5)─┼─
                 │
    q2: ─────────⊕─
    """
    if not isinstance(circuit, Circuit):
        raise TypeError(f"draw takes a Circuit, not {type(circuit).__name__}.")
    if format not in _FORMATS:
        known = ", ".join(map(repr, _FORMATS))
        raise CircuitError(f"Argument `format` must be one of {known}, but is {format!r}.")
    drawing = _FORMATS[format](circuit, **options)
    if path is not None:
        drawing.save(path)
    return drawing
