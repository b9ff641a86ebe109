"""Tints: colours of pictures in place of those of their roles, such as those of a plan's sweeps, and their badges."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from qsim.draw.labels import text_width
from qsim.draw.marks import Box, Dot, Mark, Path, Text

__all__ = ["Tint", "TintOf", "badge", "badge_width"]

HEIGHT = 12  # of a badge
SIZE = 9.0  # of its text, in pixels
_FILL, _LINE = 0.42, 0.6  # shares of the colour in fills, the rest paper, and in lines, the rest ink


@dataclass(frozen=True, slots=True)
class Tint:
    """The look of some pictures.

    Attributes:
        name: tints of the same name have the same colour; letters, digits and hyphens.
        color: `#rrggbb`; of what is outlined with dashes and grey, nothing.
        label: what is written in the badge above the picture; no badge if empty.
        title: what a reader sees, after the picture in words, who points at it.
    """

    name: str
    color: str
    label: str = ""
    title: str = ""

    def colors(self, palette: dict[str, str]) -> dict[str, str]:
        """What replaces colours of a palette: light fills of boxes, and lines that show on its paper.

        >>> Tint("a", "#ff0000").colors({"paper": "#ffffff", "ink": "#000000", "gate": "#dddddd"})["gate"]
        '#ff9494'
        """
        paper, ink = palette["paper"], palette["ink"]
        if not self.color:
            return dict.fromkeys(("gate", "turn"), paper) | dict.fromkeys(("accent", "edge", "ink"), palette["faint"])
        if palette["gate"] == paper:  # black and white
            return {}
        fill, line = _mixed(self.color, paper, _FILL), _mixed(self.color, ink, _LINE)
        return dict.fromkeys(("gate", "turn"), fill) | dict.fromkeys(("accent", "edge"), line)


TintOf = Callable[[Sequence[int]], Tint | None]  # from the numbers of the instructions that one picture shows


def _mixed(color: str, other: str, share: float) -> str:
    """That share of the first colour, the rest of the other."""
    pairs = [(int(color[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(share * one + (1 - share) * two):02x}" for one, two in pairs)


def badge_width(label: str) -> float:
    """Width of a badge."""
    return max(HEIGHT, text_width(label, SIZE) + 5) if label else 0.0


def badge(label: str, marks: Iterable[Mark]) -> list[Mark]:
    """A badge above the uppermost of the marks: at the left corner of a box, over the middle of another sign."""
    found = [
        mark for mark in marks if isinstance(mark, (Box, Dot)) or (isinstance(mark, Path) and mark.role == "cross")
    ]
    if not label or not found:
        return []
    top, middle, half = min(map(_top, found))
    width = badge_width(label)
    x, y = middle - max(half + 3 if half else 0, width / 2), top - HEIGHT + (3 if half else 0)
    return [Box(x, y, width, HEIGHT, "badge"), Text(x + width / 2, y + HEIGHT / 2, label, "badge-label")]


def _top(mark: Box | Dot | Path) -> tuple[float, float, float]:
    """The upper end of a mark, its middle from left to right, and half the width of a box."""
    match mark:
        case Box():
            return mark.y, mark.x + mark.width / 2, mark.width / 2
        case Dot():
            return mark.y - mark.radius, mark.x, 0
        case Path():
            return min(y for _, y in mark.points), sum(x for x, _ in mark.points) / len(mark.points), 0
