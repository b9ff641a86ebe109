"""Circuits as SVG and as HTML: plain strings, made without other packages."""

from dataclasses import dataclass
from html import escape
from os import PathLike
from pathlib import Path as FilePath
from typing import Any

from qsim.circuit import Circuit
from qsim.draw.marks import BASELINE, Box, Dot, Group, Mark, Path, Scene, Text
from qsim.draw.scene import make_scene
from qsim.draw.style import ROLES, check_style, stylesheet

__all__ = ["HtmlDrawing", "SvgDrawing", "draw_html", "draw_svg"]

# Hidden by the stylesheet of the drawing; a notebook that is not trusted keeps neither, but of the drawing the texts
UNTRUSTED = '<p class="qsim-untrusted">A circuit, drawn where the notebook is trusted. Texts of the drawing:</p>'


@dataclass(frozen=True)
class SvgDrawing:
    """A drawing in SVG: prints as its source, shows itself in a notebook.

    A notebook stores it once, within HTML: given both, JupyterLab, VS Code and nbconvert's pages take HTML, and of a
    bare SVG JupyterLab makes an image, which cannot follow the theme of the notebook and has no tooltips.

    Attributes:
        svg: the source, also valid inside an HTML page.
    """

    svg: str

    def __str__(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<SvgDrawing, {len(self.svg):,} characters: print() shows the source, save(path) writes it>"

    def _repr_html_(self) -> str:
        return _scrolled(f"{UNTRUSTED}{self.svg}")

    def save(self, path: str | PathLike[str]) -> None:
        """Write the drawing to a file, in UTF-8."""
        FilePath(path).write_text(f"{self.svg}\n", encoding="utf-8")


@dataclass(frozen=True)
class HtmlDrawing:
    """A drawing in a page of its own, or in a piece of one: prints as its source, shows itself in a notebook.

    Attributes:
        html: the source.
        fragment: the part that goes into another page.
    """

    html: str
    fragment: str

    def __str__(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<HtmlDrawing, {len(self.html):,} characters: print() shows the source, save(path) writes it>"

    def _repr_html_(self) -> str:
        return self.fragment

    def save(self, path: str | PathLike[str]) -> None:
        """Write the page to a file, in UTF-8."""
        FilePath(path).write_text(f"{self.html}\n", encoding="utf-8")


def draw_svg(circuit: Circuit, *, style: str = "auto", **options: Any) -> SvgDrawing:
    """Draw a circuit as SVG.

    Args:
        circuit: what to draw.
        style: `"auto"` (light or dark, as the page or the reader's system is), `"light"`, `"dark"`, `"bw"` (black and
            white) or `"colorblind"`.
        options: `width`, `max_height` and `max_qubits`, see `qsim.draw.scene.make_scene`.

    Raises:
        CircuitError: an option is out of range, or an instruction is of a kind that has no picture.

    >>> drawing = draw_svg(Circuit(2).h(0).cx(0, 1))
    >>> str(drawing).startswith("<svg "), str(drawing).count("<title>")
    (True, 2)
    """
    check_style(style)
    return SvgDrawing(_svg(make_scene(circuit, **options), style))


def draw_html(circuit: Circuit, *, style: str = "auto", fragment: bool = False, **options: Any) -> HtmlDrawing:
    """Draw a circuit as an HTML page without references to other files; pointing at a picture tells what it is.

    Args:
        circuit: what to draw.
        style: as for SVG.
        fragment: only the part that goes into another page.
        options: `width`, `max_height` and `max_qubits`, see `qsim.draw.scene.make_scene`.

    Raises:
        CircuitError: an option is out of range, or an instruction is of a kind that has no picture.

    >>> print(str(draw_html(Circuit(2).h(0), fragment=True))[:14])
    <div style="ov
    """
    check_style(style)
    scene = make_scene(circuit, **options)
    inner = _scrolled(_svg(scene, style))
    page = (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="color-scheme" content="{"light dark" if style == "auto" else "normal"}">\n'
        f"<title>{escape(scene.title)}</title>\n</head>\n<body>\n{inner}\n</body>\n</html>"
    )
    return HtmlDrawing(inner if fragment else page, inner)


def _scrolled(svg: str) -> str:
    return f'<div style="overflow-x:auto">{svg}</div>'


def _svg(scene: Scene, style: str) -> str:
    width, height = _number(scene.width), _number(scene.height)
    tints = {group.tint.name: group.tint for group in scene.groups if group.tint}
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="qsim-circuit qsim-{style}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(scene.title)}">',
        f"<style>\n{stylesheet(style, tints.values())}\n</style>",
        f'<rect class="qs-paper" width="{width}" height="{height}" rx="4"/>',
        *map(_group, scene.groups),
        "</svg>",
    ]
    return "\n".join(lines)


def _group(group: Group) -> str:
    number = f' data-step="{group.step.number}"' if group.step else ""
    tint = f' class="qs-tint-{group.tint.name}"' if group.tint else ""
    title = f"<title>{escape(group.title)}</title>" if group.title else ""
    return f'<g data-kind="{group.kind}"{number}{tint}>{title}{"".join(map(_mark, group.marks))}</g>'


def _mark(mark: Mark) -> str:
    match mark:
        case Box():
            return _tag("rect", mark.role, x=mark.x, y=mark.y, width=mark.width, height=mark.height, rx=3)
        case Dot():
            return _tag("circle", mark.role, cx=mark.x, cy=mark.y, r=mark.radius)
        case Path():
            points = "L".join(f"{_number(x)} {_number(y)}" for x, y in mark.points)
            return f'<path class="qs-{mark.role}" d="M{points}{"Z" if mark.is_closed else ""}"/>'
        case Text():
            baseline = mark.y + BASELINE * ROLES[mark.role].size
            start = _tag("text", mark.role, x=mark.x, y=baseline).removesuffix("/>")
            return f'{start} text-anchor="{mark.anchor}">{escape(mark.text)}</text>'


def _tag(name: str, role: str, **lengths: float) -> str:
    attributes = "".join(f' {key}="{_number(value)}"' for key, value in lengths.items())
    return f'<{name} class="qs-{role}"{attributes}/>'


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
