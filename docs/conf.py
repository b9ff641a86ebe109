"""Sphinx: `make docs` writes the site to docs/_build; warnings are errors."""

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import qsim  # noqa: E402
from qsim.gates.table import ALIASES, TABLE  # noqa: E402

project = "qsim"
author = "The qsim developers"
version = release = qsim.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "qsim"
html_static_path = ["images"]
default_role = "code"
autodoc_default_options = {"members": True, "member-order": "bysource", "show-inheritance": False}
napoleon_use_ivar = True
autodoc_typehints = "none"  # the signatures of docstrings say it
nitpicky = False


def gate_reference() -> str:
    """The page of all gates, from the table."""
    names: dict[str, list[str]] = {}
    for alias, name in ALIASES.items():
        names.setdefault(name, []).append(alias)
    lines = [
        "# Gates",
        "",
        "All rows of the gate table. Angles come first, then qubits; controls are listed first.",
        "",
    ]
    lines += ["| call | what it does | its matrix is | other names |", "| --- | --- | --- | --- |"]
    for name, spec in TABLE.items():
        call = f"{name}({', '.join((*spec.params, *spec.qubits))})"
        others = ", ".join(f"`{alias}`" for alias in names.get(name, ())) or "–"
        help_text = spec.help.replace("|", "\\|")
        lines.append(f"| `{call}` | {help_text} | {spec.structure} | {others} |")
    return "\n".join(lines) + "\n"


def _escape(app: object, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Docstrings are plain text: bars of kets and stars of products mean nothing to docutils."""
    in_example = False
    for number, line in enumerate(lines):
        if line.lstrip().startswith((">>>", "...")):
            in_example = True
        elif not line.strip():
            in_example = False
        elif not in_example and not line.startswith("    "):
            parts = re.split(r"(`+[^`]*`+|:[a-z]+ [^:]*:|\*\*.*?\*\*)", line)
            lines[number] = "".join(
                part if at % 2 else re.sub(r"([|*])", r"\\\1", part) for at, part in enumerate(parts)
            )


def setup(app: object) -> None:
    """Write the generated page, and read docstrings as they are written."""
    (HERE / "gates.md").write_text(gate_reference(), encoding="utf-8")
    app.connect("autodoc-process-docstring", _escape)  # type: ignore[attr-defined]
