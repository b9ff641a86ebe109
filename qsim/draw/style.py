"""How marks look: what each role is drawn with, in the colours of a style."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from qsim.draw.tints import SIZE, Tint
from qsim.errors import CircuitError

__all__ = ["PALETTES", "ROLES", "STYLES", "Role", "check_style", "look_of", "stylesheet"]

# Text has a contrast of at least 4.5 to what is behind it, lines and edges of 3 (WCAG 2.1); a test holds both.
PALETTES: dict[str, dict[str, str]] = {
    "light": {
        "paper": "#ffffff", "ink": "#1f2430", "faint": "#5b6472", "wire": "#4b5563",
        "gate": "#dbeafe", "turn": "#ede3fd", "read": "#e7e9ee", "prepare": "#d8f1e4", "logic": "#fdecc8",
        "accent": "#1d4ed8", "on": "#ffffff", "frame": "#f4f5f8", "frame2": "#e9ebf0", "edge": "#6b7280",
    },
    "dark": {
        "paper": "#14171f", "ink": "#eceff4", "faint": "#a3adbd", "wire": "#98a2b3",
        "gate": "#1e3a66", "turn": "#412d6b", "read": "#343b49", "prepare": "#174a38", "logic": "#5a430f",
        "accent": "#8ab4ff", "on": "#14171f", "frame": "#1d212b", "frame2": "#272c38", "edge": "#8b95a7",
    },
    "bw": {
        "paper": "#ffffff", "ink": "#000000", "faint": "#000000", "wire": "#000000",
        "gate": "#ffffff", "turn": "#ffffff", "read": "#ffffff", "prepare": "#ffffff", "logic": "#ffffff",
        "accent": "#000000", "on": "#ffffff", "frame": "#ffffff", "frame2": "#ffffff", "edge": "#000000",
    },
    # fills are tints of colours that colour-blind readers tell apart: M. Okabe and K. Ito, Color Universal Design, 2008
    "colorblind": {
        "paper": "#ffffff", "ink": "#000000", "faint": "#4d4d4d", "wire": "#4d4d4d",
        "gate": "#9fd8f5", "turn": "#f3d78a", "read": "#d9d9d9", "prepare": "#8fdcc2", "logic": "#f0b38a",
        "accent": "#0072b2", "on": "#ffffff", "frame": "#f5f5f5", "frame2": "#e8e8e8", "edge": "#595959",
    },
}  # fmt: skip
STYLES = ("auto", *PALETTES)  # auto: light or dark, as the page around it


@dataclass(frozen=True, slots=True)
class Role:
    """How a mark is drawn; colours by their names in the palettes.

    Attributes:
        fill: colour of the inside, or of text; none if empty.
        stroke: colour of the line; none if empty.
        width: of the line, in pixels.
        dash: lengths of strokes and gaps, in pixels; a whole line if empty.
        size: of text, in pixels.
        is_bold: whether text is bold.
    """

    fill: str = ""
    stroke: str = ""
    width: float = 1.3
    dash: tuple[float, ...] = ()
    size: float = 0
    is_bold: bool = False


ROLES = {
    "wire": Role(stroke="wire"),
    "open-wire": Role(stroke="wire", dash=(2, 3)),
    "bits": Role(stroke="wire", width=1),
    "slash": Role(stroke="wire", width=1),
    "frame": Role(fill="frame", stroke="edge", width=1, dash=(4, 3)),
    "frame1": Role(fill="frame2"),  # of blocks within blocks, in turn
    "frame2": Role(fill="frame"),
    "frame-part": Role(stroke="edge", width=1.2, dash=(5, 3)),  # of a named sub-circuit
    "link": Role(stroke="accent", width=1.5),
    "bit-link": Role(stroke="wire", width=1),
    "gate": Role(fill="gate", stroke="edge", width=1.1),
    "turn": Role(fill="turn", stroke="edge", width=1.1),
    "read": Role(fill="read", stroke="edge", width=1.1),
    "prepare": Role(fill="prepare", stroke="edge", width=1.1),
    "logic": Role(fill="logic", stroke="edge", width=1.1),
    "through": Role(stroke="wire"),
    "control": Role(fill="accent", stroke="accent"),
    "open-control": Role(fill="paper", stroke="accent", width=1.6),
    "target": Role(fill="accent", stroke="accent"),
    "plus": Role(stroke="on", width=1.8),
    "cross": Role(stroke="accent", width=2),
    "meter": Role(stroke="ink", width=1.3),
    "arrow": Role(fill="wire", stroke="wire", width=1),
    "bit-dot": Role(fill="wire", stroke="wire", width=1),
    "barrier": Role(stroke="faint", width=1.6, dash=(4, 3)),
    "label": Role(fill="ink", size=13),
    "small": Role(fill="ink", size=10.5),
    "slot": Role(fill="ink", size=9.5),
    "bit": Role(fill="ink", size=10.5),
    "name": Role(fill="ink", size=13),
    "title": Role(fill="ink", size=14, is_bold=True),
    "note": Role(fill="faint", size=12),
    "badge": Role(fill="accent", stroke="paper", width=1),  # of tinted pictures
    "badge-label": Role(fill="on", size=SIZE, is_bold=True),
}

TINTED = frozenset(  # what gates are made of
    {"gate", "turn", "link", "control", "open-control", "target", "plus", "cross", "through", "label", "small", "slot"}
    | {"badge", "badge-label"}
)
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
# What notebooks and documentation sites put on <html> or <body> when the reader has chosen
_DARK_PAGES = ("[data-jp-theme-light='false']", "[data-theme='dark']", "[data-bs-theme='dark']", ".vscode-dark")
_LIGHT_PAGES = ("[data-jp-theme-light='true']", "[data-theme='light']", "[data-bs-theme='light']", ".vscode-light")


def check_style(style: str, known: tuple[str, ...] = STYLES) -> None:
    """Refuse a style that there is not."""
    if style not in known:
        raise CircuitError(f"Argument `style` must be one of {', '.join(map(repr, known))}, but is {style!r}.")


def look_of(name: str, tint: Tint | None) -> Role:
    """A role in a picture of that tint: what has no colour is dashed."""
    is_outlined = tint is not None and not tint.color and name in ("gate", "turn", "link")
    return replace(ROLES[name], dash=(3, 2)) if is_outlined else ROLES[name]


def stylesheet(style: str, tints: Iterable[Tint] = ()) -> str:
    """CSS for the classes of all roles; each colour is a variable, with its value for viewers without variables.

    Rules are the same in every picture but for those of its own style and tints, so pictures on one page do not disturb
    each other.
    """
    fallback = PALETTES["light" if style == "auto" else style]
    rules = [*_themed(style, "", lambda palette: palette), ".qsim-untrusted{display:none}"]
    rules.append(f".qsim-{style} text{{font-family:{FONT};stroke:none}}")
    rules += [f".qsim-{style} .qs-paper{{{_color('fill', 'paper', fallback)}}}"]
    rules += [f".qsim-{style} .qs-{name}{{{_declarations(role, fallback)}}}" for name, role in ROLES.items()]
    for tint in tints:
        rules += _tinted(style, tint, fallback)
    return "\n".join(rules)


def _themed(style: str, inside: str, colors: Callable[[dict[str, str]], dict[str, str]]) -> Iterator[str]:
    """Rules that set variables inside a picture to colours from its palette or, in "auto", from that of the page."""
    yield f".qsim-{style}{inside}{{{_variables(colors(PALETTES['light' if style == 'auto' else style]))}}}"
    if style == "auto":
        light, dark = _variables(colors(PALETTES["light"])), _variables(colors(PALETTES["dark"]))
        yield f"@media (prefers-color-scheme:dark){{.qsim-auto{inside}{{{dark}}}}}"
        yield f"{','.join(f'{page} .qsim-auto{inside}' for page in _LIGHT_PAGES)}{{{light}}}"
        yield f"{','.join(f'{page} .qsim-auto{inside}' for page in _DARK_PAGES)}{{{dark}}}"


def _tinted(style: str, tint: Tint, fallback: dict[str, str]) -> Iterator[str]:
    """Variables of a tint, and its values for viewers without them."""
    inside, changed = f" .qs-tint-{tint.name}", tint.colors(fallback)
    yield from _themed(style, inside, tint.colors)
    for name in ROLES:
        role = look_of(name, tint)
        if name in TINTED and changed.keys() & {role.fill, role.stroke}:
            yield f".qsim-{style}{inside} .qs-{name}{{{_declarations(role, fallback | changed)}}}"


def _variables(palette: dict[str, str]) -> str:
    return "".join(f"--qsim-{name}:{color};" for name, color in palette.items())


def _color(what: str, color: str, fallback: dict[str, str]) -> str:
    return f"{what}:{fallback[color]};{what}:var(--qsim-{color})" if color else f"{what}:none"


def _declarations(role: Role, fallback: dict[str, str]) -> str:
    parts = [_color("fill", role.fill, fallback)]
    if role.size:
        return ";".join([*parts, f"font-size:{role.size:g}px", *(["font-weight:600"] if role.is_bold else [])])
    parts += [_color("stroke", role.stroke, fallback), f"stroke-width:{role.width:g}"]
    parts += [f"stroke-dasharray:{' '.join(f'{length:g}' for length in role.dash)}"] if role.dash else []
    return ";".join(parts)
