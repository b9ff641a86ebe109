"""SVG, HTML, matplotlib and LaTeX: every kind of instruction is there, where it belongs, and names stay names."""

import math
import re
import subprocess
import sys
from inspect import signature
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qsim import gates
from qsim.circuit import Circuit, Parameter
from qsim.draw import _FORMATS, draw, layout
from qsim.draw.fold import Folded, fold
from qsim.draw.labels import text_width
from qsim.draw.latex import to_latex
from qsim.draw.marks import Box, Dot, Path, Text
from qsim.draw.scene import make_scene
from qsim.draw.style import PALETTES, ROLES, STYLES
from qsim.errors import CircuitError
from qsim.gates import unitary

PI = math.pi
SVG = "{http://www.w3.org/2000/svg}"
FORMATS = ("text", "svg", "mpl", "latex", "html")

# ── Every kind of instruction ─────────────────────────────────────────────────────────────────────────────────────────


def circuit_with(add, num_qubits: int = 4) -> Circuit:
    circuit = Circuit(num_qubits, 2)
    circuit.add_bits("flag", 1)
    add(circuit)
    return circuit


def blocks(c: Circuit) -> None:
    with c.if_(c.bits["c"] == "10"):
        c.x(0)
    with c.else_():
        c.y(1)


def loops(c: Circuit) -> None:
    with c.for_(range(3)) as i:
        c.rx(i, 0).measure(1, 0)
        with c.if_(c.bits[0]):
            c.h(0).break_()
    with c.while_(c.bits["flag"] == 0):
        c.measure(2, 2).continue_()


def cases(c: Circuit) -> None:
    with c.switch(c.bits["c"]) as case:
        with case(0, 3):
            c.x(3)
        with case.default():
            c.z(3)


KINDS = {  # what adds it, the roles that it is drawn with, its texts, what its LaTeX has
    "gate": (lambda c: c.h(0), {"gate"}, ["H"], ["\\gate{\\mbox{H}}"]),
    "angle": (lambda c: c.rx(-3 * PI / 4, 1), {"turn"}, ["RX", "(-3π/4)"], ["RX(-3$\\pi$/4)"]),
    "parameter": (lambda c: c.rz(Parameter("θ") / 2, 1), {"turn"}, ["RZ", "(θ/2)"], ["RZ($\\theta$/2)"]),
    "cx": (lambda c: c.cx(0, 2), {"control", "target", "plus", "link"}, [], ["\\control{}\\vqw{2}", "\\targ{}"]),
    "cz": (lambda c: c.cz(0, 2), {"control", "link"}, [], ["\\control{}\\vqw{2}"]),
    "control on 0": (
        lambda c: c.x(3, controls=[0, 1, 2], control_state="010"),
        {"control", "open-control", "target", "plus", "link"},
        [],
        ["\\ocontrol{}\\vqw{1}", "\\control{}\\vqw{1}", "\\targ{}"],
    ),
    "swap": (lambda c: c.swap(0, 2), {"cross", "link"}, [], ["\\targX{}\\vqw{2}"]),
    "box": (lambda c: c.rzz(0.3, 2, 0), {"turn", "through"}, ["1", "0", "RZZ", "(0.3)"], ["\\gate[wires=3]"]),
    "controlled box": (
        lambda c: c.iswap(0, 1, controls=[3]),
        {"gate", "control", "link"},
        ["0", "1", "iSWAP"],
        ["\\gate[wires=2]{\\mbox{iSWAP}}\\gateinput{0}", "\\control{}\\vqw{-2}"],
    ),
    "control within a box": (
        lambda c: c.iswap(0, 2, controls=[1]),
        {"gate", "control", "link", "through"},
        ["0", "1", "iSWAP"],
        ["\\gateinput{$\\bullet$}"],
    ),
    "custom": (lambda c: c.apply(np.eye(4), 0, 1, name="oracle"), {"gate"}, ["0", "1", "oracle"], ["oracle"]),
    "phase": (
        lambda c: c.gphase(0.25, controls=[0, 1], control_state="10"),
        {"control", "open-control", "link"},
        ["e^i(0.25)"],
        ["\\vqw{1}", "ophase", "\\textasciicircum{}i(0.25)"],
    ),
    "global phase": (lambda c: c.gphase(0.5), set(), ["global phase: e^i(0.5)"], ["global phase"]),
    "measurement": (
        lambda c: c.measure(0, 1),
        {"read", "meter", "bit-link", "arrow"},
        ["1"],
        ["\\meter{}", "\\vcw{-4}", "\\mbox{1}"],
    ),
    "reset": (lambda c: c.reset(0), {"prepare"}, ["|0⟩"], ["$|$0$\\rangle$"]),
    "initialize": (lambda c: c.initialize("0+", 0, 1), {"prepare"}, ["0", "1", "|0+⟩"], ["\\gate[wires=2]"]),
    "barrier": (lambda c: c.barrier(0, 1, 3), {"barrier"}, [], ["\\rule"]),
    "condition": (
        lambda c: c.x(1, when=c.bits["c"] == "10"),
        {"gate", "bit-link", "bit-dot"},
        ["X", "if c == '10'"],
        ["phase,label", "if c == '10'", "\\vcw{-3}"],
    ),
    "conditional measurement": (
        lambda c: c.measure(0, 1, when=c.bits["flag"]),
        {"read", "meter", "bit-link", "bit-dot", "arrow"},
        ["1", "if flag[0]"],
        ["\\meter{}", "if flag[0]"],
    ),
    "assignment": (lambda c: c.assign([1, 0], 2), {"logic"}, ["[c1, c0] = 2"], ["cwires={1}"]),
    "if": (
        blocks,
        {"logic", "frame", "gate", "bit-link", "bit-dot"},
        ["if c == '10'", "X", "else", "Y"],
        ["if c == '10'", "else", "end"],
    ),
    "loops": (
        loops,
        {"logic", "frame", "frame1", "turn", "gate", "read", "meter", "bit-link", "bit-dot", "arrow"},
        ["for i in range(0,", "3)", "RX", "(i)", "0", "if c0", "H", "break", "while flag[0] == 0", "0", "continue"],
        ["while flag[0] == 0", "continue"],
    ),
    "conditional phase": (
        lambda c: c.gphase(0.5, when=c.bits[0]),
        {"turn"},
        ["e^i(0.5)", "if c0"],
        ["\\textasciicircum{}i(0.5) if c0"],
    ),
    "switch": (cases, {"logic", "frame", "gate", "bit-link", "bit-dot"}, ["switch c", "case 0, 3"], ["default"]),
}  # fmt: skip


@pytest.mark.parametrize(("add", "roles", "texts", "latex"), KINDS.values(), ids=KINDS)
def test_every_kind_in_every_format(add, roles, texts, latex):
    circuit = circuit_with(add)
    root = ElementTree.fromstring(str(draw(circuit, "svg")))
    classes = {element.get("class", "").removeprefix("qs-") for group in root.iter(f"{SVG}g") for element in group}
    assert classes - {"", "wire", "bits", "slash", "name", "label", "small", "slot", "bit", "note"} == roles
    found = [element.text for element in root.iter(f"{SVG}text")]
    assert [text for text in texts if text not in found] == []
    axes = draw(circuit, "mpl").axes
    assert sorted(text.get_text() for text in axes.texts) == sorted(found)
    assert {artist.get_gid() for artist in axes.collections} >= roles
    source = str(draw(circuit, "latex"))
    assert [piece for piece in latex if piece not in source] == []
    assert str(draw(circuit, "svg")) in str(draw(circuit, "html"))


# ── Where things are ──────────────────────────────────────────────────────────────────────────────────────────────────


def random_circuit(seed: int, length: int = 40) -> Circuit:
    rng = np.random.default_rng(seed)
    circuit = Circuit(int(rng.integers(3, 7)), 3)
    circuit.add_bits("flag", 2)
    for _ in range(length):
        add_random(circuit, rng)
    return circuit


def add_random(circuit: Circuit, rng: np.random.Generator) -> None:
    a, b, c = map(int, rng.permutation(circuit.num_qubits)[:3])
    bit = circuit.bits[int(rng.integers(5))]
    choices = [
        lambda: circuit.h(a),
        lambda: circuit.u(0.1, PI / 2, 0.3, a),
        lambda: circuit.cx(a, b),
        lambda: circuit.cswap(a, b, c),
        lambda: circuit.rzz(0.3, a, b),
        lambda: circuit.iswap(a, b, controls=[c]),
        lambda: circuit.measure(a, bit),
        lambda: circuit.x(a, when=bit),
        lambda: circuit.reset(a),
        lambda: circuit.barrier(a, b),
        lambda: circuit.initialize("0+", a, b),
        lambda: circuit.swap(a, b, when=bit),
        lambda: circuit.gphase(0.5, controls=[a, b]),
        lambda: circuit.assign(bit, 1),
    ]
    choices[int(rng.integers(len(choices)))]()
    if rng.random() < 0.1:
        with circuit.if_(bit == 1):
            circuit.h(a).cx(a, b).measure(a, 0)


def extent(marks) -> tuple[float, float, float, float]:
    xs, ys = [], []
    for mark in marks:
        match mark:
            case Box(x, y, width, height):
                xs += [x, x + width]
                ys += [y, y + height]
            case Dot(x, y, radius):
                xs += [x - radius, x + radius]
                ys += [y - radius, y + radius]
            case Path(points):
                xs += [x for x, _ in points]
                ys += [y for _, y in points]
            case Text(x, y, text, role, anchor):
                width = text_width(text, ROLES[role].size)
                left = x - {"start": 0, "middle": 0.5, "end": 1}[anchor] * width
                xs += [left, left + width]
                ys += [y - ROLES[role].size / 2, y + ROLES[role].size / 2]
    return min(xs), min(ys), max(xs), max(ys)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(200, 1200))
def test_pictures_do_not_overlap_and_stay_within_the_size(seed, width):
    scene = make_scene(random_circuit(seed), width=width)
    assert scene.width <= width
    pictures = [extent(group.marks) for group in scene.groups if group.step]
    for group in scene.groups:
        x1, y1, x2, y2 = extent(group.marks)
        assert x1 >= -0.5
        assert x2 <= scene.width + 0.5
        assert y1 >= -0.5
        assert y2 <= scene.height + 0.5
    for (ax1, ay1, ax2, ay2), (bx1, by1, bx2, by2) in combinations(pictures, 2):
        assert ax2 <= bx1 or bx2 <= ax1 or ay2 <= by1 or by2 <= ay1


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6))
def test_gates_are_read_back_in_order(seed):
    circuit = random_circuit(seed)
    rows = layout.Rows(circuit.num_qubits, 64)
    seen = {qubit: [] for qubit in range(circuit.num_qubits)}
    scene = make_scene(circuit, width=900)
    for group in scene.groups:  # panel by panel and column by column, as they are painted
        if group.step and group.step.caption is None:
            for qubit in group.step.instruction.qubits:
                seen[rows[qubit]].append(group.step)
    expected = {qubit: [] for qubit in range(circuit.num_qubits)}
    for step in layout.steps(circuit):
        if step.caption is None:
            for qubit in step.instruction.qubits:
                expected[qubit].append(step)
    assert seen == expected


def test_places_of_marks_in_svg():
    root = ElementTree.fromstring(str(draw(Circuit(3, 2).cx(0, 2).measure(1, 1), "svg")))
    wires = [path.get("d") for path in root.iter(f"{SVG}path") if path.get("class") == "qs-wire"]
    rows = [float(re.match(r"M[\d.]+ ([\d.]+)", d)[1]) for d in wires]
    control, target = (float(dot.get("cy")) for dot in root.iter(f"{SVG}circle"))
    assert (control, target) == (rows[0], rows[2])
    (box,) = (rect for rect in root.iter(f"{SVG}rect") if rect.get("class") == "qs-read")
    assert float(box.get("y")) + float(box.get("height")) / 2 == rows[1]
    steps = [(group.get("data-kind"), group.get("data-step")) for group in root.iter(f"{SVG}g")]
    assert steps == [("wires", None), ("operation", "0"), ("measurement", "1")]


def test_frames_go_on_over_panels():
    circuit = Circuit(2, 1)
    with circuit.if_(circuit.bits[0]):
        for _ in range(30):
            circuit.h(0).cx(0, 1)
    frames = [mark for mark in make_scene(circuit, width=500).marks() if mark.role == "frame"]
    assert len(frames) > 2
    assert len({frame.x for frame in frames[1:]}) == 1
    assert all(frame.x < frames[0].x for frame in frames[1:])


def test_tooltips_name_gate_angles_and_qubits():
    circuit = (
        Circuit(3, 1).rx(PI / 4, 1, controls=[0], control_state="0").measure(2, 0).x(0, when=Circuit(0, 1).bits[0])
    )
    root = ElementTree.fromstring(str(draw(circuit, "svg")))
    assert [title.text for title in root.iter(f"{SVG}title")] == [
        "0: crx_0(π/4 = 0.7853981633974483) on q1, where q0 = 0",
        "1: measure q2 into c0",
        "2: x on q0, if c0",
    ]


# ── Folding, slices ───────────────────────────────────────────────────────────────────────────────────────────────────


@settings(deadline=None)
@given(st.lists(st.tuples(st.lists(st.integers(0, 3), min_size=1, max_size=3), st.integers(1, 5)), max_size=5))
def test_folded_circuits_unfold_to_the_same(layers):
    circuit = Circuit(4)
    for qubits, times in layers:
        for _ in range(times):
            for qubit in qubits:
                circuit.x(qubit)
    unfolded = []
    for instruction in fold(circuit):
        is_folded = isinstance(instruction, Folded)
        unfolded += list(instruction.blocks[0]) * instruction.times if is_folded else [instruction]
    assert unfolded == circuit[:]
    assert len(fold(circuit)) <= len(circuit)


def test_repeated_layers_are_drawn_once():
    circuit = Circuit(2).h(0).append(Circuit(2).cx(0, 1).rx(0.1, 1).repeat(50)).h(1)
    drawing = str(draw(circuit, fold=True))
    assert "repeat ×50" in drawing
    assert drawing.count("⊕") == 1
    for format in FORMATS[1:]:
        source = " ".join(text.get_text() for text in draw(circuit, "mpl", fold=True).axes.texts)
        source = source if format == "mpl" else str(draw(circuit, format, fold=True))
        assert "repeat ×50" in source or "repeat $\\times$50" in source


def test_a_slice_is_drawn():
    circuit = Circuit(1).h(0).x(0).y(0).z(0)
    assert str(draw(circuit, ops=slice(1, 3))) == "q0: ─X─Y─"
    assert str(draw(circuit, "svg", ops=slice(None, None, 2))) == str(draw(Circuit(1).h(0).y(0), "svg"))


# ── Styles, names, determinism, bounded work ──────────────────────────────────────────────────────────────────────────


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_contrast(palette):
    grounds = ["paper", "gate", "turn", "read", "prepare", "logic", "frame", "frame2"]
    assert min(contrast(palette["ink"], palette[ground]) for ground in grounds) >= 4.5
    assert contrast(palette["faint"], palette["paper"]) >= 4.5
    assert contrast(palette["on"], palette["accent"]) >= 4.5
    for line in ("wire", "accent", "edge"):
        assert min(contrast(palette[line], palette[ground]) for ground in ("paper", "frame", "frame2")) >= 3


@pytest.mark.parametrize("style", STYLES)
def test_styles(style):
    source = str(draw(Circuit(2).h(0).cx(0, 1), "svg", style=style))
    root = ElementTree.fromstring(source)
    assert f"qsim-{style}" in root.get("class")
    assert ("prefers-color-scheme" in source) == (style == "auto")
    used = {element.get("class") for element in root.iter() if element.get("class", "").startswith("qs-")}
    assert {f".{name}{{" in source for name in used} == {True}
    assert set(re.findall(r"var\((--[\w-]+)\)", source)) <= set(re.findall(r"(--[\w-]+):", source))
    figure = draw(Circuit(1).h(0), "mpl", style=style).figure
    assert matplotlib_color(figure) == PALETTES["light" if style == "auto" else style]["paper"]


def matplotlib_color(figure) -> str:
    from matplotlib.colors import to_hex

    return to_hex(figure.get_facecolor())


HOSTILE = [
    "<script>alert(1)</script>",
    "</style>&amp;\"'>",
    "\\input{/etc/passwd}$%#&_{}~^",
    "a\x00\x1b\u202eb",
    "名前" * 30,
]


@pytest.mark.filterwarnings("ignore:Glyph")  # matplotlib's font has not all letters of the world, and says so
@pytest.mark.parametrize("name", HOSTILE, ids=["script", "style", "latex", "control", "wide"])
def test_names_are_escaped(name):
    circuit = Circuit(2, name=name).append(unitary(np.eye(4), name), 0, 1)
    for format in ("svg", "html"):
        source = str(draw(circuit, format))
        assert "<script" not in source
        assert source.count("</style>") == 1
        assert source.isprintable() or set(source) - set("\n") <= set(filter(str.isprintable, source))
    root = ElementTree.fromstring(str(draw(circuit, "svg")))
    assert len([element for element in root.iter() if element.tag.endswith("text")]) >= 5
    latex = str(draw(circuit, "latex"))
    assert "\\input" not in latex
    body = re.sub(r"\\[{}$&#%_\\]", "", latex.split("\n", 1)[1])
    assert body.count("{") == body.count("}")
    assert not re.search(r"[%#]", body)
    draw(circuit, "mpl")._repr_png_()


def test_letters_of_the_world_become_latex_that_compiles():
    commands = set()
    for code in range(0x3100):
        text = to_latex(chr(code))
        assert len(text) == 1 or text.startswith(("$", "\\", "''"))
        assert text.isascii() or "À" <= text <= "ÿ"
        commands |= set(re.findall(r"\\[A-Za-z]+", text))
    assert {r"\alpha", r"\lambda", r"\Omega", r"\dagger"} <= commands
    assert len(commands) < 60
    assert not {r"\Alpha", r"\stigma", r"\omicron"} & commands


@pytest.mark.parametrize("format", FORMATS[1:])
def test_drawings_are_the_same_every_time(format):
    circuit = random_circuit(3)
    first, second = (draw(circuit, format) for _ in range(2))
    if format == "mpl":
        assert first._repr_png_() == second._repr_png_()
    else:
        assert str(first) == str(second)


@pytest.mark.parametrize("format", FORMATS[1:])
@pytest.mark.parametrize("few", [Circuit(2).h(0).cx(0, 1), Circuit(64).cx(0, 63), Circuit(300).h(range(300))])
def test_work_and_size_are_bounded(few, format, monkeypatch):
    circuit, looked_at, depict = few.repeat(300_000 // len(few)), 0, layout.depict

    def counting(*arguments):
        nonlocal looked_at
        looked_at += 1
        return depict(*arguments)

    monkeypatch.setattr(layout, "depict", counting)
    options = {"max_panels": 2} if format == "latex" else {"max_height": 1000}
    drawing = draw(circuit, format, **options)
    assert looked_at <= 3 * layout.MAX_READ
    if format == "mpl":
        assert len(drawing.axes.texts) < 5000
    else:
        assert len(str(drawing)) < 1_000_000
        assert "instructions not shown" in str(drawing)


def test_a_thousand_gates_are_all_drawn():
    circuit = Circuit(10)
    for number in range(1000):
        circuit.rx(0.1, number % 10)
    root = ElementTree.fromstring(str(draw(circuit, "svg")))
    assert sum(1 for group in root.iter(f"{SVG}g") if group.get("data-step")) == 1000


def test_many_registers_share_a_row():
    circuit = Circuit(1)
    for number in range(100):
        circuit.add_bits(f"r{number}", 1)
    scene = make_scene(circuit.measure(0, 99))
    texts = [mark.text for mark in scene.marks() if isinstance(mark, Text)]
    assert "93 more" in texts
    assert "r99[0]" in texts
    assert scene.height < 700


# ── Files, notebooks, refusals ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.svg", b"<svg"), ("a.html", b"<!DOCTYPE html>"), ("a.tex", b"% preamble"), ("a.png", b"\x89PNG"),
     ("a.pdf", b"%PDF"), ("a.txt", b"q0: ")],
)  # fmt: skip
def test_files_by_suffix(tmp_path, name, start):
    draw(Circuit(1).h(0), path=tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)


def test_notebooks_show_drawings():
    circuit = Circuit(2).h(0).cx(0, 1)
    svg, html, figure = (draw(circuit, format) for format in ("svg", "html", "mpl"))
    assert not hasattr(svg, "_repr_svg_")  # a saved notebook has the drawing once
    assert svg._repr_html_().count("<svg ") == 1
    assert str(svg) in svg._repr_html_()
    assert ".qsim-untrusted{display:none}" in str(svg)
    assert '<p class="qsim-untrusted">' in svg._repr_html_()
    assert html._repr_html_().startswith("<div")
    assert str(draw(circuit, "html", fragment=True)) == html._repr_html_()
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert len(repr(svg)) + len(repr(html)) + len(repr(figure)) < 400


def test_drawings_on_one_page_share_no_names():
    sources = [str(draw(random_circuit(seed), "svg", style=style)) for seed in (1, 2) for style in ("auto", "bw")]
    assert not [source for source in sources if re.search(r"\sid=|url\(|href=", source)]
    for source in sources:
        (sheet,) = re.findall("<style>(.*?)</style>", source, re.DOTALL)
        selectors = [
            part.strip() for rule in re.sub(r"@media[^{]*\{", "", sheet).split("}") for part in rule.split("{")[:1]
        ]
        assert all(name.startswith(".qsim-") or " .qsim-auto" in name for name in filter(None, selectors))


def test_documents_and_axes_of_the_user():
    from matplotlib.figure import Figure

    assert str(draw(Circuit(1).h(0), "latex", document=True)).endswith("\\end{document}")
    axes = Figure().add_subplot()
    assert draw(Circuit(1).h(0), "mpl", ax=axes).axes is axes
    assert sorted(text.get_text() for text in axes.texts) == ["H", "q0"]


def test_svg_needs_no_matplotlib():
    code = (
        "import sys; from qsim import Circuit; from qsim.draw import draw; "
        "[str(draw(Circuit(2).h(0), format)) for format in ('svg', 'html', 'latex', 'text')]; "
        "print('matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"format": "svgz"}, CircuitError, "`format` must be one of 'text', 'svg', 'mpl', 'latex', 'html', but"),
        ({"format": "svg", "path": "a.png"}, CircuitError, r"`path` must have a suffix of format 'svg' \(.svg\)"),
        ({"format": "text", "path": "a.svg"}, CircuitError, r"`path` must have a suffix of format 'text'"),
        ({"format": "svg", "style": "neon"}, CircuitError, "`style` must be one of 'auto', 'light', 'dark'"),
        ({"format": "mpl", "style": 3}, CircuitError, "`style` must be one of"),
        ({"format": "svg", "width": 10}, CircuitError, "`width` must be at least 200, but is 10"),
        ({"format": "svg", "max_height": 1.5}, TypeError, "`max_height` must be an int"),
        ({"format": "latex", "max_panels": 1}, CircuitError, "`max_panels` must be at least 2"),
        ({"format": "latex", "style": "neon"}, CircuitError, "`style` must be one of 'auto', 'light', 'dark'"),
        ({"format": "latex", "width": 5}, CircuitError, "`width` must be at least 40"),
        ({"ops": 3}, TypeError, "`ops` must be a slice"),
        ({"format": "svg", "colour": 3}, TypeError, "colour"),
    ],
)  # fmt: skip
def test_refusals(arguments, error, message):
    with pytest.raises(error, match=message):
        draw(Circuit(1).h(0), **arguments)


def test_empty_circuits():
    for format in FORMATS:
        draw(Circuit(), format)
        draw(Circuit(1), format)
        draw(Circuit(0, 1), format)
        draw(Circuit().gphase(0.5), format)
    assert "(no qubits)" in str(draw(Circuit(), "svg"))
    assert gates.h.num_qubits == 1


@pytest.mark.parametrize("name", ["text", "svg", "mpl", "latex", "html"])
def test_options_of_a_format_are_listed_and_others_refused(name):
    circuit = Circuit(1).h(0)
    with pytest.raises(
        TypeError, match=rf"^Drawings of format '{name}' have no option `colour`, but ops, fold, expand"
    ):
        draw(circuit, name, colour="red")
    function = _FORMATS[name].load()
    found = set()
    for each in (function, make_scene) if name in ("svg", "mpl", "html") else (function,):
        found |= {p.name for p in signature(each).parameters.values() if p.kind is p.KEYWORD_ONLY}
    assert _FORMATS[name].options == found - {"tint", "remarks"}


def test_a_file_that_is_given_as_the_format_is_explained():
    with pytest.raises(CircuitError, match=r"but is 'bell\.svg'\. A file is named by `path`"):
        draw(Circuit(1).h(0), "bell.svg")
