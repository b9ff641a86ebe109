"""Circuits as matplotlib figures; matplotlib is imported when one is drawn."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

from qsim.circuit import Circuit
from qsim.draw.marks import BASELINE, Box, Dot, Mark, Path, Scene, Text
from qsim.draw.scene import make_scene
from qsim.draw.style import PALETTES, ROLES, Role, check_style, look_of
from qsim.draw.tints import Tint

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
    ['H', 'q0', 'q1']
    """
    check_style(style)
    scene, palette = make_scene(circuit, **options), PALETTES["light" if style == "auto" else style]
    axes = _new_axes(scene, palette) if ax is None else ax
    axes.set(xlim=(0, scene.width), ylim=(scene.height, 0), aspect="equal", facecolor=palette["paper"])
    axes.set_axis_off()
    drawing = FigureDrawing(axes)
    (left, bottom, right, top), (width, height) = axes.get_position().extents, drawing.figure.get_size_inches()
    scale = INCH * min((right - left) * width / scene.width, (top - bottom) * height / scene.height)
    for order, (role, tint, marks) in enumerate(_layers(scene)):
        colors = palette | tint.colors(palette) if tint else palette
        _put(axes, role, look_of(role, tint), marks, colors, scale, 2 + 0.001 * order)
    return drawing


def _new_axes(scene: Scene, palette: dict[str, str]) -> "Axes":
    """Axes that fill a figure of their own, which pyplot does not keep."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(scene.width / INCH, scene.height / INCH), facecolor=palette["paper"])
    FigureCanvasAgg(figure)
    return figure.add_axes((0.0, 0.0, 1.0, 1.0))


def _layers(scene: Scene) -> Iterator[tuple[str, Tint | None, list[Mark]]]:
    """Marks of one role and tint together, in the order of the table of roles, back to front; frames as they come."""
    layers: dict[str, dict[str, tuple[Tint | None, list[Mark]]]] = {role: {} for role in ROLES}
    for group in scene.groups:
        for mark in group.marks:
            if mark.role.startswith("frame"):
                yield mark.role, None, [mark]
            else:
                name = group.tint.name if group.tint else ""
                layers[mark.role].setdefault(name, (group.tint, []))[1].append(mark)
    yield from ((role, tint, marks) for role, by_tint in layers.items() for tint, marks in by_tint.values())


def _put(
    axes: "Axes", name: str, role: Role, marks: list[Mark], palette: dict[str, str], scale: float, order: float
) -> None:
    """Add the artists of marks of one role: a collection for each shape, and texts."""
    from matplotlib.collections import EllipseCollection, LineCollection, PolyCollection

    look = _look(role, palette, scale) | {"zorder": order, "gid": name}
    lines = [mark.points for mark in marks if isinstance(mark, Path) and not mark.is_closed]
    if lines:
        color = {"colors": look["edgecolor"], "capstyle": "butt"}
        axes.add_collection(LineCollection(lines, **{k: v for k, v in look.items() if "color" not in k}, **color))
    areas = [_corners(mark) for mark in marks if isinstance(mark, Box) or (isinstance(mark, Path) and mark.is_closed)]
    if areas:
        axes.add_collection(PolyCollection(areas, joinstyle="round", **look))
    dots = [mark for mark in marks if isinstance(mark, Dot)]
    if dots:
        sizes, places = [2 * dot.radius for dot in dots], [(dot.x, dot.y) for dot in dots]
        shape: dict[str, Any] = {"units": "xy", "offsets": places, "offset_transform": axes.transData}
        axes.add_collection(EllipseCollection(sizes, sizes, [0.0] * len(dots), **shape, **look))
    for mark in marks:
        if isinstance(mark, Text):
            _write(axes, mark, palette, scale, order)


def _corners(mark: Box | Path) -> tuple[tuple[float, float], ...]:
    if isinstance(mark, Path):
        return mark.points
    right, bottom = mark.x + mark.width, mark.y + mark.height
    return (mark.x, mark.y), (right, mark.y), (right, bottom), (mark.x, bottom)


def _write(axes: "Axes", mark: Text, palette: dict[str, str], scale: float, order: float) -> None:
    role = ROLES[mark.role]
    axes.text(
        mark.x,
        mark.y + BASELINE * role.size,
        mark.text,
        color=palette[role.fill],
        fontsize=role.size / _POINT * scale,
        fontweight="bold" if role.is_bold else "normal",
        fontfamily="DejaVu Sans",
        ha={"start": "left", "middle": "center", "end": "right"}[mark.anchor],
        va="baseline",
        parse_math=False,
        zorder=order,
        gid=mark.role,
    )


def _look(role: Role, palette: dict[str, str], scale: float) -> dict[str, Any]:
    """Colours and lines as keywords of matplotlib, which measures in points."""
    dash = (0, tuple(length / role.width for length in role.dash)) if role.dash else "-"
    return {
        "facecolor": palette[role.fill] if role.fill else "none",
        "edgecolor": palette[role.stroke] if role.stroke else "none",
        "linewidth": role.width / _POINT * scale,
        "linestyle": dash,
    }
