"""The tree of outcomes of a circuit that measures in the middle, drawn with matplotlib."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from qsim.errors import StateError
from qsim.frozen import Record
from qsim.plots._bars import shorten
from qsim.result import Branch, Outcome, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from qsim.states.distribution import Distribution

__all__ = ["outcome_tree"]

_MAX_LEVELS = 6  # more decisions side by side would be too small to read
_ROUNDING = 1e-9  # a probability below it is the rounding error of nothing
_MAX_VALUE, _MAX_RECORD = 12, 24  # longer outcomes and records are shortened
_LISTED_QUBITS = 3
# Lengths in points, at full size:
_FONT_SIZE = 9.0
_CHARACTER = 0.62 * _FONT_SIZE  # width of a monospaced character
_ROW, _LINE_HEIGHT, _BOX_HEIGHT, _PADDING, _BEND = 30.0, 14.0, 26.0, 6.0, 20.0
_THINNEST, _THICKEST = 1.0, 7.0  # of the lines, for probabilities 0 and 1
_MAX_WIDTH = 936.0  # 13 inches
_INCH = 72.0
# Of lines on a light and on a dark ground; M. Okabe and K. Ito, Color Universal Design, 2008.
_LINE = {False: "#0072B2", True: "#56B4E9"}


class _Leaf(Record):
    """Where a branch ends, or where the drawing does.

    Attributes:
        record: the classical bits, or how many branches there are.
        probability: of all that comes here.
    """

    record: str
    probability: float


class _Fork(Record):
    """A decision.

    Attributes:
        label: what is done to which qubits, in two lines.
        edges: outcome, its probability here, its probability in all, and what comes next.
    """

    label: str
    edges: "list[tuple[str, float, float, _Node]]"


_Node: TypeAlias = _Fork | _Leaf


class _Shown(NamedTuple):
    """What is drawn.

    Attributes:
        root: of the tree.
        header: over the records.
        notes: what is not drawn, a line each.
    """

    root: _Node
    header: str
    notes: list[str]


def outcome_tree(result: Result | Sequence[Branch], top: int = 16, ax: "Axes | None" = None) -> "Axes":
    """Draw the ways through a circuit that measures in the middle: a tree from left to right.

    A box is a decision: qubits that are measured, or reset while entangled with others. A line from it is an outcome,
    with its probability there; the more probable the way so far, the thicker the line. On the right stand the record at
    the end of each way, as in `Branch.bits`, where final measurements are still to come, and its probability.

    Args:
        result: of `run(..., exact=True)`, or its branches.
        top: branches drawn, the most probable; of each the first 6 decisions. A line below tells what is left out.
        ax: matplotlib axes to draw on, with smaller text where they are small; those of a new figure by default.

    Returns:
        The axes: `axes.figure.savefig("tree.png")` saves the picture.

    Raises:
        StateError: there are no branches.

    >>> from qsim import Circuit, run
    >>> circuit = Circuit(2, 2).h(0).measure(0, 0)
    >>> circuit = circuit.h(1, when=circuit.bits[0] == 1).measure(1, 1).reset(1)
    >>> axes = outcome_tree(run(circuit, None, exact=True))
    >>> [text.get_text() for text in axes.texts if text.get_gid() == "record"]
    ['00', '10', '11']
    """
    branches = _branches(result)
    if isinstance(top, bool) or not isinstance(top, int):
        raise TypeError(f"Argument `top` must be an int, but is {top!r}.")
    if top < 1:
        raise StateError(f"Argument `top` must be 1 or more, but is {top}.")
    distribution = result.distribution if isinstance(result, Result) else None
    drawing = _Drawing(_choose(branches, top, distribution))
    return drawing.draw(drawing.new_axes() if ax is None else ax)


# ── What is drawn ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _branches(result: Any) -> Sequence[Branch]:
    found = result.branches if isinstance(result, Result) else result
    if isinstance(result, Result) and found is None:
        raise StateError("Argument `result` has no branches: run the circuit with exact=True.")
    if not isinstance(found, Sequence) or not all(isinstance(branch, Branch) for branch in found):
        raise TypeError(f"Argument `result` must be a Result or its branches, but is {type(result).__name__}.")
    if not found:
        raise StateError("Argument `result` must have branches, but is empty.")
    return found


def _choose(branches: Sequence[Branch], top: int, distribution: "Distribution | None") -> _Shown:
    """The tree of the most probable branches, in their order."""
    likely = sorted(range(len(branches)), key=lambda number: -branches[number].probability)
    shown = [branches[number] for number in sorted(likely[:top])]
    hidden = [branches[number].probability for number in likely[top:]]
    notes = []
    if not any(branch.outcomes for branch in branches):
        notes.append("nothing is decided on the way")
    if hidden:
        others = "1 other branch has" if len(hidden) == 1 else f"{len(hidden)} other branches together have"
        notes.append(f"not shown: {others} probability {_number(sum(hidden))}")
    if any(len(branch.outcomes) > _MAX_LEVELS for branch in shown):
        notes.append(f"decisions after the {_MAX_LEVELS}th are not shown")
    header = "record"
    if distribution is not None:
        names = " ".join(name for name, _ in distribution.registers)
        header = names if 0 < len(names) <= _MAX_RECORD else header
        if distribution.pruned > _ROUNDING:
            notes.append(f"the run left out probability {_number(distribution.pruned)}")
        if _has_final(branches, distribution):
            notes.append("bits of the final measurements are still 0")
    return _Shown(_grow(shown, 0, 1.0), header, notes)


def _has_final(branches: Sequence[Branch], distribution: "Distribution") -> bool:
    """Whether the records of the branches are not those of the run: some bits are measured after all decisions."""
    found: dict[str, float] = {}
    for branch in branches:
        if branch.bits:
            found[branch.bits] = found.get(branch.bits, 0.0) + branch.probability
    return any(abs(distribution[bits] - probability) > _ROUNDING for bits, probability in found.items())


def _grow(branches: Sequence[Branch], level: int, probability: float) -> _Node:
    """The tree of branches that agree in what was found before that level."""
    first = branches[0]
    if level in (len(first.outcomes), _MAX_LEVELS):
        if len(branches) == 1:
            return _Leaf(shorten(first.bits, _MAX_RECORD), first.probability)
        return _Leaf(f"… {len(branches)} branches", sum(branch.probability for branch in branches))
    groups: dict[str, list[Branch]] = {}
    for branch in branches:
        groups.setdefault(branch.outcomes[level].value, []).append(branch)
    edges: list[tuple[str, float, float, _Node]] = []
    for value, group in groups.items():
        share = group[0].outcomes[level].probability
        edges.append((value, share, probability * share, _grow(group, level + 1, probability * share)))
    return _Fork(_label(first.outcomes[level]), edges)


def _label(outcome: Outcome) -> str:
    """What is done, and to which qubits."""
    names = [f"q{qubit}" for qubit in outcome.qubits]
    if len(names) > _LISTED_QUBITS:
        names = [names[0], "…", names[-1]]
    return f"{outcome.what}\n{' '.join(names)}"


def _number(probability: float) -> str:
    return f"{probability:.3g}"


def _leaves(node: _Node) -> Iterator[_Leaf]:
    if isinstance(node, _Leaf):
        yield node
        return
    for *_, child in node.edges:
        yield from _leaves(child)


# ── Drawing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Drawing:
    """A tree laid out in points; the axes are so many points wide and high, or all is made smaller.

    Attributes:
        boxes: width of the boxes of each level.
        lefts: where the boxes of each level begin, and at last the records.
    """

    def __init__(self, shown: _Shown) -> None:
        self.root, self.header, self.notes = shown
        self.boxes: list[float] = []
        labels: list[float] = []
        level = [self.root]
        while forks := [node for node in level if isinstance(node, _Fork)]:
            edges = [edge for fork in forks for edge in fork.edges]
            self.boxes.append(_width(line for fork in forks for line in fork.label.split("\n")) + 2 * _PADDING)
            labels.append(_width(_edge_text(value, share) for value, share, _, _ in edges) + 2 * _PADDING)
            level = [child for *_, child in edges]
        steps = [box + _BEND + label for box, label in zip(self.boxes, labels, strict=True)]
        self.lefts = list(accumulate(steps, initial=_PADDING))
        self.leaves = list(_leaves(self.root))
        records = [leaf.record for leaf in self.leaves]
        self.record_width = _width([self.header, *records]) + 2 * _PADDING if any(records) else 0.0
        tree = self.lefts[-1] + self.record_width + _width(["probability"]) + 2 * _PADDING
        self.width = max(tree, _width(self.notes))
        self.right = tree - _PADDING
        self.height = _ROW * (len(self.leaves) + 1) + _LINE_HEIGHT * len(self.notes)
        self.scale = 1.0
        self.rows = (_ROW * (row + 1.5) for row in range(len(self.leaves)))

    def new_axes(self) -> "Axes":
        """Axes of a new figure, as large as the tree, but at most 13 inches wide."""
        from matplotlib import pyplot

        factor = min(1.0, _MAX_WIDTH / self.width) / _INCH
        figure, axes = pyplot.subplots(figsize=(self.width * factor, self.height * factor), layout="constrained")
        axes.set(xticks=[], yticks=[])
        layout = figure.get_layout_engine()
        assert layout is not None
        layout.execute(figure)  # now, as the size of the axes decides that of the text
        return axes

    def draw(self, axes: "Axes") -> "Axes":
        """Draw on axes."""
        box = axes.bbox
        points = _INCH / axes.figure.dpi
        self.scale = min(1.0, box.width * points / self.width, box.height * points / self.height)
        self.axes = axes
        self.dark = _is_dark(axes)
        self.ink = "white" if self.dark else "black"
        axes.set(xlim=(0, self.width), ylim=(self.height, 0), xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        if self.record_width:
            self._text(self.lefts[-1] + _PADDING, _ROW / 2, self.header, family="monospace", weight="bold")
        self._text(self.right, _ROW / 2, "probability", ha="right", family="monospace", weight="bold")
        self._place(self.root, 0)
        for number, note in enumerate(self.notes):
            y = self.height - _LINE_HEIGHT * (len(self.notes) - number - 0.5)
            self._text(_PADDING, y, note, style="italic", gid="note")
        return axes

    def _place(self, node: _Node, level: int) -> float:
        """Draw what hangs on a node, then the node; its height on the page."""
        if isinstance(node, _Leaf):
            y = next(self.rows)
            if self.record_width:
                self._text(self.lefts[-1] + _PADDING, y, node.record, family="monospace", gid="record")
            self._text(self.right, y, _number(node.probability), ha="right", family="monospace", gid="leaf")
            return y
        ends = [self._place(child, level + 1) for *_, child in node.edges]
        y = (ends[0] + ends[-1]) / 2
        for (value, share, total, child), end in zip(node.edges, ends, strict=True):
            reach = self.lefts[level + 1] if isinstance(child, _Fork) else self.lefts[-1]
            self._edge(level, y, end, reach, total)
            thick = _thickness(total)
            above = end - thick / 2 - 1
            label = _edge_text(value, share)
            self._text(self._bend(level), above, label, va="bottom", family="monospace", gid="edge")
        self._box(level, y, node.label)
        return y

    def _bend(self, level: int) -> float:
        """Where the lines of a level have become level."""
        return self.lefts[level] + self.boxes[level] + _BEND

    def _edge(self, level: int, y: float, end: float, reach: float, probability: float) -> None:
        """A line that bends from a box to the height of what comes next, and goes on to it."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        start, bend = self.lefts[level] + self.boxes[level] - 1, self._bend(level)
        middle = (start + bend) / 2
        points = [(start, y), (middle, y), (middle, end), (bend, end), (reach, end)]
        codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4, Path.LINETO]
        line = PathPatch(
            Path(points, codes),
            fill=False,
            edgecolor=_LINE[self.dark],
            linewidth=self.scale * _thickness(probability),
            capstyle="butt",
            joinstyle="round",
        )
        self.axes.add_patch(line)

    def _box(self, level: int, y: float, label: str) -> None:
        """A decision."""
        from matplotlib.patches import FancyBboxPatch

        left, width = self.lefts[level], self.boxes[level]
        patch = FancyBboxPatch(
            (left, y - _BOX_HEIGHT / 2),
            width,
            _BOX_HEIGHT,
            boxstyle="round,pad=0,rounding_size=4",
            facecolor="#333333" if self.dark else "#F2F2F2",
            edgecolor=self.ink,
            linewidth=0.8 * self.scale,
            zorder=3,
        )
        self.axes.add_patch(patch)
        self._text(left + width / 2, y, label, ha="center", zorder=4, linespacing=1.1, gid="decision")

    def _text(self, x: float, y: float, text: str, **style: Any) -> None:
        self.axes.text(x, y, text, **{"va": "center", "fontsize": _FONT_SIZE * self.scale, "color": self.ink, **style})


def _edge_text(value: str, share: float) -> str:
    return f"{shorten(value, _MAX_VALUE)}: {_number(share)}"


def _thickness(probability: float) -> float:
    return _THINNEST + (_THICKEST - _THINNEST) * probability


def _width(texts: Any) -> float:
    """Of the longest text."""
    return _CHARACTER * max(map(len, texts), default=0)


def _is_dark(axes: "Axes") -> bool:
    """Whether what is behind the axes is dark; matplotlib's own text colour tells where nothing is."""
    from matplotlib import rcParams
    from matplotlib.colors import to_rgba

    for color in (axes.get_facecolor(), axes.figure.get_facecolor()):
        red, green, blue, alpha = to_rgba(color)
        if alpha > 0.5:
            return 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
    red, green, blue, _ = to_rgba(rcParams["text.color"])
    return 0.299 * red + 0.587 * green + 0.114 * blue > 0.5
