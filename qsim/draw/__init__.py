"""Pictures of circuits: what `Circuit.draw`, `print(circuit)` and notebooks show."""

from collections.abc import Callable, Iterable
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from qsim.circuit import Circuit
from qsim.draw.text import TextDrawing
from qsim.draw.view import select, view
from qsim.errors import CircuitError

__all__ = ["Drawing", "TextDrawing", "draw"]


class Drawing(Protocol):
    """What `draw` returns: it prints, shows itself in a notebook, and can be saved."""

    def save(self, path: str | PathLike[str]) -> None:
        """Write the drawing to a file."""


class _Format(NamedTuple):
    """Where a format is drawn, its options, and suffixes of the files that hold it."""

    module: str
    function: str
    options: frozenset[str]
    suffixes: frozenset[str]

    def load(self) -> Callable[..., Drawing]:
        function: Callable[..., Drawing] = getattr(import_module(f"qsim.draw.{self.module}"), self.function)
        return function

    def check(self, options: Iterable[str], others: tuple[str, ...] = ("ops", "fold", "expand")) -> None:
        """Refuse options that drawing it does not have, beside others that need no check."""
        for option in options:
            if option not in self.options:
                known = ", ".join((*others, *sorted(self.options)))
                name = next(name for name, each in _FORMATS.items() if each is self)
                raise TypeError(f"Drawings of format {name!r} have no option `{option}`, but {known}.")


_SCENE = frozenset({"style", "width", "max_height", "max_qubits"})
_LATEX = frozenset({"style", "document", "width", "max_panels", "max_qubits"})
_FIGURES = frozenset({".png", ".pdf", ".eps", ".ps", ".jpg", ".jpeg", ".tif", ".tiff", ".webp"})
_FORMATS = {  # text may have any suffix that no other format has
    "text": _Format("text", "draw_text", frozenset({"width", "ascii", "max_lines", "max_qubits"}), frozenset()),
    "svg": _Format("svg", "draw_svg", _SCENE, frozenset({".svg"})),
    "mpl": _Format("figure", "draw_figure", _SCENE | {"ax"}, _FIGURES | {".svg"}),
    "latex": _Format("latex", "draw_latex", _LATEX, frozenset({".tex"})),
    "html": _Format("svg", "draw_html", _SCENE | {"fragment"}, frozenset({".html", ".htm"})),
}


def draw(
    circuit: Circuit,
    format: str | None = None,
    path: str | PathLike[str] | None = None,
    *,
    ops: slice | None = None,
    fold: bool = False,
    expand: bool | int = False,
    **options: Any,
) -> Any:
    """Draw a circuit, one line a qubit, time from left to right.

    Args:
        circuit: what to draw.
        format: `"text"`, `"svg"`, `"mpl"` (matplotlib), `"latex"` (quantikz) or `"html"`; by default what the suffix of
            `path` says, else text.
        path: also write the drawing to this file.
        ops: draw only these instructions, such as `slice(10, 20)`.
        fold: draw a layer that is repeated in a row once, with the number of times; layers of up to 256 instructions
            are found among the first 100,000.
        expand: draw the instructions of named sub-circuits, each in a frame with its name, instead of one box: True for
            all of them, or how many levels. Of one that `ops` cuts or reverses the instructions are drawn anyway.
        options: of the format: see `qsim.draw.text.draw_text`, `svg.draw_svg`, `figure.draw_figure`,
            `latex.draw_latex`, `svg.draw_html`.

    Returns:
        An object that prints, shows itself in a notebook, and has `save(path)`.

    Raises:
        CircuitError: there is no such format, the suffix is that of another one, an option is out of range, or an
            instruction has no picture.
        TypeError: the format has no such option.

    >>> print(draw(Circuit(3).h(0).cx(0, 2).rx(0.5, 1)))
    q0: ────H────●─
                 │
    q1: ─RX(0.5)─┼─
                 │
    q2: ─────────⊕─
    """
    if not isinstance(circuit, Circuit):
        raise TypeError(f"draw takes a Circuit, not {type(circuit).__name__}.")
    chosen = _choose(format, path)
    chosen.check(options)
    circuit = view(circuit if ops is None else select(circuit, ops), expand, fold=fold)
    drawing = chosen.load()(circuit, **options)
    if path is not None:
        drawing.save(path)
    return drawing


def _choose(format: str | None, path: str | PathLike[str] | None) -> _Format:
    """The format that is asked for, or that the suffix of the file says."""
    suffix = "" if path is None else Path(path).suffix.lower()
    by_suffix = [name for name, known in _FORMATS.items() if suffix in known.suffixes] or ["text"]
    if format is None:
        return _FORMATS[by_suffix[0]]
    if format not in _FORMATS:
        known = ", ".join(map(repr, _FORMATS))
        hint = " A file is named by `path`." if isinstance(format, (str, Path)) and Path(format).suffix else ""
        raise CircuitError(f"Argument `format` must be one of {known}, but is {format!r}.{hint}")
    if path is not None and format not in by_suffix:
        wanted = ", ".join(sorted(_FORMATS[format].suffixes)) or "that of no other format, such as .txt"
        raise CircuitError(f"Argument `path` must have a suffix of format {format!r} ({wanted}), but is {str(path)!r}.")
    return _FORMATS[format]
