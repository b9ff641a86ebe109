"""Circuits as matplotlib figures; matplotlib is imported when one is drawn."""

import io
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

from qsim.circuit import Circuit
from qsim.draw.marks import BASELINE, Box, Dot, Mark, Path, Scene, Text
from qsim.draw.scene import make_scene
from qsim.draw.style import PALETTES, ROLES, Role, check_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["FigureDrawing", "draw_figure"]

INCH = 96.0  # in pixels
_POINT = INCH / 72.0  # in pixels


@dataclass(frozen=True)
class FigureDrawing:
    """A drawing on matplotlib axes, which shows itself in a notebook.

    Attributes:
        axes: what it is drawn on; a unit is a pixel of 1/96 inch.
    """

    axes: "Axes"

    @property
    def figure(self) -> "Figure":
        """The figure: `drawing.figure.savefig("circuit.pdf")`."""
        from matplotlib.figure import Figure

        figure = self.axes.get_figure(root=True)
        assert isinstance(figure, Figure)
        return figure

    def __repr__(self) -> str:
        width, height = self.figure.get_size_inches()
        return f"<FigureDrawing, {width:.1f} × {height:.1f} inches: save(path) writes it, .figure is matplotlib's>"

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self._write(buffer, format="png", dpi=2 * INCH, metadata={"Software": None})
        return buffer.getvalue()

    def save(self, path: str | PathLike[str]) -> None:
        """Write the figure to a file, in the format of its suffix: .png, .pdf, .svg and others of matplotlib."""
        self._write(path, dpi=2 * INCH)

    def _write(self, target: Any, **options: Any) -> None:
        self.figure.savefig(target, facecolor=self.figure.get_facecolor(), **options)


def draw_figure(circuit: Circuit, *, style: str = "light", ax: "Axes | None" = None, **options: Any) -> FigureDrawing:
    """Draw a circuit with matplotlib.

    Args:
        circuit: what to draw.
        style: `"light"`, `"dark"`, `"bw"` (black and white) or `"colorblind"`; `"auto"` is light.
        ax: axes to draw on; those of a new figure, of the size of the picture, by default.
        options: `width`, `max_height` and `max_qubits`, see `qsim.draw.scene.make_scene`.

    Raises:
        CircuitError: an option is out of range, or an instruction is of a kind that has no picture.

    >>> drawing = draw_figure(Circuit(2).h(0).cx(0, 1))
    >>> [text.get_text() for text in drawing.axes.texts]
    ['q0', 'q1', 'H']
    """
    check_style(style)
    scene, palette = make_scene(circuit, **options), PALETTES["light" if style == "auto" else style]
    axes = _new_axes(scene, palette) if ax is None else ax
    axes.set(xlim=(0, scene.width), ylim=(scene.height, 0), aspect="equal", facecolor=palette["paper"])
    axes.set_axis_off()
    drawing = FigureDrawing(axes)
    (left, bottom, right, top), (width, height) = axes.get_position().extents, drawing.figure.get_size_inches()
    scale = INCH * min((right - left) * width / scene.width, (top - bottom) * height / scene.height)
    for order, mark in enumerate(scene.marks()):
        _put(axes, mark, palette, scale, order)
    return drawing


def _new_axes(scene: Scene, palette: dict[str, str]) -> "Axes":
    """Axes that fill a figure of their own, which pyplot does not keep."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(scene.width / INCH, scene.height / INCH), facecolor=palette["paper"])
    FigureCanvasAgg(figure)
    return figure.add_axes((0.0, 0.0, 1.0, 1.0))


def _put(axes: "Axes", mark: Mark, palette: dict[str, str], scale: float, order: int) -> None:
    """Add the artist of a mark; the order in which they are listed is that from back to front."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Circle, FancyBboxPatch, Polygon

    role = ROLES[mark.role]
    look = _look(role, palette, scale) | {"zorder": 2 + 1e-6 * order, "gid": mark.role}
    match mark:
        case Box(x, y, width, height):
            axes.add_patch(FancyBboxPatch((x, y), width, height, boxstyle="round,pad=0,rounding_size=3", **look))
        case Dot(x, y, radius):
            axes.add_patch(Circle((x, y), radius, **look))
        case Path(points, is_closed=True):
            axes.add_patch(Polygon(points, closed=True, **look))
        case Path(points):
            color = look.pop("edgecolor")
            del look["facecolor"]
            axes.add_line(Line2D(*zip(*points, strict=True), color=color, solid_capstyle="butt", **look))
        case Text(x, y, text):
            place = {"start": "left", "middle": "center", "end": "right"}[mark.anchor]
            weight = "bold" if role.is_bold else "normal"
            size = role.size / _POINT * scale
            del look["facecolor"], look["edgecolor"], look["linewidth"], look["linestyle"]
            axes.text(
                x, y + BASELINE * role.size, text, color=palette[role.fill], fontsize=size, fontweight=weight,
                fontfamily="DejaVu Sans", ha=place, va="baseline", parse_math=False, **look,
            )  # fmt: skip


def _look(role: Role, palette: dict[str, str], scale: float) -> dict[str, Any]:
    """Colours and lines as keywords of matplotlib, which measures in points."""
    dash = (0, tuple(length / role.width for length in role.dash)) if role.dash else "-"
    return {
        "facecolor": palette[role.fill] if role.fill else "none",
        "edgecolor": palette[role.stroke] if role.stroke else "none",
        "linewidth": role.width / _POINT * scale,
        "linestyle": dash,
    }
