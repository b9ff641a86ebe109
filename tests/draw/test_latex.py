"""LaTeX in colours: what is used is defined, frames hold their blocks, and a document compiles where LaTeX is there."""

import re
import shutil
import subprocess

import pytest

from qsim.circuit import Circuit
from qsim.draw import draw
from qsim.draw.style import PALETTES, STYLES

COLORED = [style for style in STYLES if style != "bw"]


def circuit_of_many_kinds() -> Circuit:
    circuit = Circuit(3, 2, name="many kinds")
    circuit.h(0).cx(0, 1).rx(0.3, 2).measure(0, 0)
    with circuit.if_(circuit.bits["c"] == "10"):
        circuit.x(0).cx(0, 1)
        with circuit.while_(circuit.bits[1] == 0):
            circuit.measure(2, 1).h(2)
    with circuit.else_():
        circuit.y(1)
    circuit.swap(0, 2).reset(1).initialize("0+", 0, 1).barrier(0, 1, 2).assign([1, 0], 2)
    circuit.x(1, when=circuit.bits[1]).iswap(0, 2, controls=[1]).x(2, controls=[0, 1], control_state="01")
    return circuit.gphase(0.3, controls=[0, 1], control_state="10").gphase(0.2)


def definitions(source: str) -> tuple[dict[str, str], dict[str, str], str]:
    """Colours, styles, and all else."""
    colors = dict(re.findall(r"\\definecolor\{qsim-(\w+)\}\{HTML\}\{(\w{6})\}\n", source))
    styles = dict(re.findall(r"\\tikzset\{qsim-([\w-]+)/\.style=\{(.*)\}\}\n", source))
    return colors, styles, re.sub(r"\\(definecolor|tikzset).*\n", "", source)


@pytest.mark.parametrize("style", COLORED)
def test_colors_and_styles_are_defined_and_used(style):
    colors, styles, body = definitions(str(draw(circuit_of_many_kinds(), "latex", style=style)))
    palette = PALETTES["light" if style == "auto" else style]
    assert {name: f"#{color.lower()}" for name, color in colors.items()} == {name: palette[name] for name in colors}
    used = set(re.findall(r"qsim-([\w-]+)", body))
    inner = set(re.findall(r"qsim-([\w-]+)", "\n".join(styles.values())))
    assert inner <= set(colors)
    assert set(colors) <= inner | used | {"paper"}
    assert set(styles) <= used
    assert used <= {*colors, *styles}
    assert {"gate", "turn", "read", "prepare", "logic", "frame", "frame1", "control", "open-control"} <= set(styles)
    assert {"target", "cross", "bit-dot"} <= set(styles)


def test_black_and_white_is_the_look_of_quantikz():
    source = str(draw(circuit_of_many_kinds(), "latex"))
    assert source == str(draw(circuit_of_many_kinds(), "latex", style="bw"))
    assert "qsim" not in source
    assert "color" not in source


def test_the_color_of_a_gate_is_that_of_its_role():
    source = str(draw(Circuit(1).h(0).rx(0.1, 0), "latex", style="light"))
    assert "\\gate[style=qsim-gate]{\\mbox{H}} & \\gate[style=qsim-turn]{\\mbox{RX(0.1)}}" in source
    assert "\\tikzset{qsim-turn/.style={fill=qsim-turn,draw=qsim-edge}}" in source


def test_only_a_dark_document_colors_its_page():
    pages = {
        style: "\\pagecolor" in str(draw(Circuit(1).h(0), "latex", style=style, document=True)) for style in STYLES
    }
    assert [style for style, is_colored in pages.items() if is_colored] == ["dark"]
    assert "\\pagecolor" not in str(draw(Circuit(1).h(0), "latex", style="dark"))


def cells(environment: str) -> list[list[str]]:
    return [line.removesuffix(" \\\\").split(" & ") for line in environment.strip().split("\n")]


def frames(circuit: Circuit, **options) -> list[tuple[list[str], list[str]]]:
    """Of each frame in each panel, the cells of its first and of its last column, in the rows that it spans."""
    found = []
    for panel in re.findall(
        r"\\begin\{quantikz\}.*?\n(.*?)\\end\{quantikz\}", str(draw(circuit, "latex", **options)), re.S
    ):
        grid = cells(panel)
        for row, line in enumerate(grid):
            for column, cell in enumerate(line):
                for wires, steps in re.findall(r"\\gategroup\[wires=(\d+),steps=(\d+)", cell):
                    rows = grid[row : row + int(wires)]
                    found.append(([r[column] for r in rows], [r[column + int(steps) - 1] for r in rows]))
    return found


def test_frames_go_from_the_first_to_the_last_caption():
    circuit = Circuit(3, 1)
    with circuit.if_(circuit.bits[0]):
        circuit.x(0).h(1)
        with circuit.for_(range(3)) as i:
            circuit.rx(i, 1)
    outer, inner = frames(circuit, width=400)
    assert "if c0" in outer[0][0]
    assert "end" in outer[1][0]
    assert len(outer[0]) == 2
    assert "for i in" in inner[0][0]
    assert "end" in inner[1][0]
    assert len(inner[0]) == 1


def test_frames_go_on_in_the_next_panel():
    circuit = Circuit(2, 1)
    with circuit.if_(circuit.bits[0]):
        for _ in range(30):
            circuit.h(0).cx(0, 1)
    found = frames(circuit)
    assert len(found) > 2
    assert ["if c0" in first[0] for first, _ in found] == [True] + [False] * (len(found) - 1)
    assert ["end" in last[0] for _, last in found] == [False] * (len(found) - 1) + [True]
    assert all(cell == "\\qw" for _, last in found[:-1] for cell in last)


@pytest.mark.parametrize("style", STYLES)
def test_frames_of_subcircuits_have_the_colors_of_the_style_and_stand_within_those_of_blocks(style):
    part = Circuit(1, name="part").h(0).x(0).y(0)
    circuit = Circuit(2, 1)
    with circuit.if_(circuit.bits[0]), circuit.while_(circuit.bits[0]):
        for _ in range(6):
            circuit.append(part, 0)
    source = str(draw(circuit, "latex", expand=True, style=style, width=100))
    inner = re.findall(r"style=\{([^{}]*?dashed[^\n]*?)\}\]\{\}", source)
    assert len(inner) > 6
    assert all(("qsim-frame" in one) == (style != "bw") for one in inner)
    assert ("\\tikzset{qsim-frame-part/.style={draw=qsim-edge}}" in source) == (style != "bw")
    reach = re.findall(r"steps=\d+,(background,)?style=.*?inner xsep=(-?\d+)pt,inner ysep=(-?\d+)pt", source)
    blocks, parts = ({(int(x), int(y)) for block, x, y in reach if bool(block) == kind} for kind in (True, False))
    assert parts == {(1, 1)}
    assert blocks == {(0, 4), (-1, 3), (4, 4), (3, 3)}  # wider where they go on: parts may start there as well


def test_a_label_leaves_room_for_a_sign_beside_it():
    assert "\\mbox{\\hspace{1em}iSWAP\\hspace{1em}}" in str(draw(Circuit(3).iswap(0, 2, controls=[1]), "latex"))
    assert "hspace" not in str(draw(Circuit(3).iswap(0, 1, controls=[2]), "latex"))


def has_quantikz() -> bool:
    if not shutil.which("pdflatex") or not shutil.which("kpsewhich"):
        return False
    return bool(subprocess.run(["kpsewhich", "quantikz.sty"], capture_output=True).stdout)


@pytest.mark.skipif(not has_quantikz(), reason="needs pdflatex and quantikz (Debian: texlive-pictures, -latex-extra)")
@pytest.mark.parametrize("style", ["bw", "dark"])
def test_a_document_compiles(style, tmp_path):
    draw(circuit_of_many_kinds(), "latex", tmp_path / "circuit.tex", document=True, style=style)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "circuit.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "circuit.pdf").read_bytes().startswith(b"%PDF")
