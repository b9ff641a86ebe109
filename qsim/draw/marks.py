"""What pictures of lines and boxes are made of. Lengths are pixels of 1/96 inch; y grows downwards.

Each mark has a role, such as "wire" or "gate"; `qsim.draw.style` says how it looks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qsim.draw.steps import Step

if TYPE_CHECKING:
    from qsim.draw.tints import Tint

__all__ = ["BASELINE", "Box", "Dot", "Group", "Mark", "Path", "Scene", "Text"]

BASELINE = 0.36  # from the middle of capitals to their foot, in font sizes

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with rounded corners, by its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    role: str


@dataclass(frozen=True, slots=True)
class Path:
    """Straight pieces from point to point; closed, it is filled."""

    points: tuple[Point, ...]
    role: str
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """A circle."""

    x: float
    y: float
    radius: float
    role: str


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text: its middle (or start, or end) at x, the middle of its capitals at y."""

    x: float
    y: float
    text: str
    role: str
    anchor: str = "middle"


Mark = Box | Path | Dot | Text


@dataclass(frozen=True, slots=True)
class Group:
    """Marks that belong together.

    Attributes:
        kind: that of the picture, such as "measurement", or what else it is: "wires", "frame", "note".
        marks: from back to front.
        step: what it is the picture of, if it is one.
        title: that step in words.
        tint: colours in place of those of the roles, if there are any.
    """

    kind: str
    marks: tuple[Mark, ...]
    step: Step | None = None
    title: str = ""
    tint: "Tint | None" = None


@dataclass(frozen=True, slots=True)
class Scene:
    """A finished picture, without colours.

    Attributes:
        width: of the whole.
        height: of the whole.
        groups: from back to front.
        title: what it is, in words.
    """

    width: float
    height: float
    groups: list[Group] = field(default_factory=list)
    title: str = ""

    def marks(self) -> Iterator[Mark]:
        """All marks, from back to front."""
        for group in self.groups:
            yield from group.marks
