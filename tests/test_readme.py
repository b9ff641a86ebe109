"""The README: what it links to is there, and its benchmark figures are those of the benchmark page."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def tables(text):
    """Cells of the tables of figures, by circuit, name of the table and column."""
    found = {}
    for block in re.findall(r"^\| (?:circuit|\w+ precision) \|.*\n\|[ -:|]+\n(?:\|.*\n)+", text, re.MULTILINE):
        head, _, *rows = ([cell.strip() for cell in line.strip(" |").split("|")] for line in block.splitlines())
        for name, *cells in rows:
            found.update({(name, head[0], column): cell for column, cell in zip(head[1:], cells, strict=True)})
    return found


def test_benchmark_figures_are_those_of_the_page():
    page = tables((ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8"))
    shown = {key: cell for key, cell in tables(README).items() if key[1] == "circuit"}
    assert len(shown) >= 12
    for (circuit, _, column), cell in shown.items():
        engine, precision = column.lower().split(", ")
        assert page[circuit, f"{precision} precision", engine] == cell


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert len(links) > 4
    assert [link for link in links if not (ROOT / link).exists()] == []
