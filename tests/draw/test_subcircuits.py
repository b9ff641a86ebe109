"""Named sub-circuits in every format: boxes, frames, slices, folding, hostile names; nothing of others in a frame."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from subcircuit_trees import SIZE, built, nodes

from qsim import Circuit, CircuitError
from qsim.draw import draw, layout
from qsim.draw.scene import make_scene
from qsim.draw.steps import count, steps
from qsim.draw.view import Boxed, Framed, select, view

SVG = "{http://www.w3.org/2000/svg}"
bell = Circuit(2, name="bell").h(0).cx(0, 1)
trees = nodes(SIZE)


def nested():
    read = Circuit(3, 2, name="read").append(bell, 2, 0).measure([0, 2], [1, 0])
    return Circuit(4, 2).x(0).append(read, 0, 1, 3, bits=[0, 1]).append(bell.inverse(), 2, 1)


def conditional():
    circuit = Circuit(2, 1).append(Circuit(2, 1, name="read").cx(0, 1).measure(1, 0), 0, 1)
    circuit.append(Circuit(2, 1, name="mend").x(0, when=Circuit(0, 1).bits[0]), 1, 0, bits=0)
    return circuit.append(bell, 1, 0, when=circuit.bits[0])


PICTURES = [
    pytest.param(
        nested(),
        {},
        """
q0: ─X─┤0     ├─────────
       │      │
q1: ───┤1     ├─┤1    ├─
       │read→c│ │bell†│
q2: ───┼──────┼─┤0    ├─
       │      │
q3: ───┤2     ├─────────
c: 2 bits
""",
        id="boxes",
    ),
    pytest.param(
        nested(),
        {"expand": 1},
        """
       ┌╌read╌╌╌╌╌╌╌╌╌╌╌╌╌┐
q0: ─X─╎──────┤1   ├─M→c1─╎───────────────
       ╎      │    │      ╎ ┌╌bell†╌╌╌╌╌┐
q1: ───╎──────┼────┼──────╎─╎───────⊕───╎─
       ╎      │bell│      ╎ ╎       │   ╎
q2: ───╎──────┼────┼──────╎─╎───────●─H─╎─
       ╎      │    │      ╎ └╌╌╌╌╌╌╌╌╌╌╌┘
q3: ───╎──────┤0   ├─M→c0─╎───────────────
       └╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┘
c: 2 bits
""",
        id="one level",
    ),
    pytest.param(
        nested(),
        {"expand": True, "width": 30},
        """
       ┌╌read╌┬╌bell╌╌╌╌╌┬
q0: ─X─╎──────╎────────⊕─╎─»
       ╎      ╎        │ ╎
q1: ───╎──────╎────────┼─╎─»
       ╎      ╎        │ ╎
q2: ───╎──────╎────────┼─╎─»
       ╎      ╎        │ ╎
q3: ───╎──────╎──────H─●─╎─»
       └╌╌╌╌╌╌┴╌╌╌╌╌╌╌╌╌╌┴

     ╌╌╌╌╌╌┐
q0: «─M→c1─╎───────────────
           ╎ ┌╌bell†╌╌╌╌╌┐
q1: «──────╎─╎───────⊕───╎─
           ╎ ╎       │   ╎
q2: «──────╎─╎───────●─H─╎─
           ╎ └╌╌╌╌╌╌╌╌╌╌╌┘
q3: «─M→c0─╎───────────────
     ╌╌╌╌╌╌┘
c: 2 bits
""",
        id="all levels, over two panels",
    ),
    pytest.param(
        Circuit(3).append(bell, 1, 2).append(bell.controlled(1, "0"), 1, 2, 0),
        {"ascii": True, "expand": True},
        """
                  ..controlled bell......
q0: --------------:-------------------X-:-
     ..bell...... :                   | :
q1: -:------H-@-:-:-----------------o-o-:-
     :        | : :                 | | :
q2: -:--------X-:-:-----------------H-@-:-
     ............ .......................
""",
        id="ascii",
    ),
    pytest.param(
        Circuit(3).append(bell.controlled(1, "0"), 1, 2, 0).append(Circuit(1, name="U").x(0).controlled(), 0, 2),
        {},
        """
q0: ─┤1   ├─●───
     │bell│ │
q1: ─○────┼─┼───
     │    │ │
q2: ─┤0   ├─┤U├─
""",
        id="controls",
    ),
    pytest.param(
        conditional(),
        {},
        """
q0: ─┤0      ├─┤1      ├─┤1         ├─
     │read→c0│ │mend←c0│ │bell if c0│
q1: ─┤1      ├─┤0      ├─┤0         ├─
c: 1 bit
""",
        id="bits",
    ),
    pytest.param(
        Circuit(0, 2).append(Circuit(0, 2, name="bits only").assign([0, 1], "10")),
        {"expand": True},
        """
       ┌╌bits only╌╌╌╌╌╌╌╌╌╌╌╌┐
bits: ═╎═══════════╡c = '10'╞═╎═
       └╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┘
c: 2 bits
""",
        id="without qubits",
    ),
]


@pytest.mark.parametrize(("circuit", "options", "wanted"), PICTURES)
def test_text(circuit, options, wanted):
    assert str(draw(circuit, **{"width": 60} | options)) == wanted.strip("\n")


def texts(circuit, format, **options):
    """All that is written in a drawing."""
    if format == "mpl":
        return " ".join(text.get_text() for text in draw(circuit, "mpl", **options).axes.texts)
    source = str(draw(circuit, format, **options))
    if format in ("svg", "html"):
        root = ElementTree.fromstring(source[source.index("<svg") : source.index("</svg>") + 6])
        return " ".join(text.text for text in root.iter(f"{SVG}text"))
    return source


@pytest.mark.parametrize("format", ["text", "svg", "mpl", "html", "latex"])
def test_every_format(format):
    circuit = nested().append(Circuit(2, name="idle").x(1), 3, 2)
    boxes = texts(circuit, format)
    assert [boxes.count(name) for name in ("read", "bell", "idle", "H", "X")] == [1, 1, 1, 0, 1]
    one = texts(circuit, format, expand=1)
    assert [one.count(name) for name in ("read", "bell", "idle", "X")] == [1, 2, 1, 2]
    every = texts(circuit, format, expand=True)
    assert [every.count(name) for name in ("read", "bell", "idle")] == [1, 2, 1]
    assert every.count("H") == 2


def test_frames_as_lines_and_boxes():
    circuit = nested()
    for expand, number in ((False, 0), (1, 2), (2, 3), (True, 3)):
        svg = str(draw(circuit, "svg", expand=expand))
        assert svg.count('class="qs-frame-part"') == number
        assert str(draw(circuit, "latex", expand=expand)).count("\\gategroup[") == number
        gids = [artist.get_gid() for artist in draw(circuit, "mpl", expand=expand).axes.collections]
        assert gids.count("frame-part") == number
    titles = [title.text for title in ElementTree.fromstring(str(draw(circuit, "svg"))).iter(f"{SVG}title")]
    assert titles == ["0: x on q0", "1: read on q0, q1, q3: 4 instructions", "5: bell† on q2, q1: 2 instructions"]


def test_a_box_has_all_qubits_of_its_circuit_in_their_order():
    (item,) = (
        layout.lay_out(
            view(Circuit(4, 3).append(Circuit(3, 2, name="U").x(1).measure(1, 1), 3, 0, 1, bits=[2, 0])),
            layout.Rows(4, 64),
            lambda item: 1,
            9,
        )
        .parts[0][0]
        .items
    )
    assert (item.box, item.bits, item.written) == ({3: "0", 0: "1", 1: "2"}, (0,), (0,))


# ── Frames and what is in them ────────────────────────────────────────────────────────────────────────────────────────


@given(trees, st.integers(0, 3))
def test_all_instructions_are_drawn_with_their_numbers(tree, levels):
    circuit = built(tree)
    drawn = [step for step in steps(view(circuit, levels)) if step.caption is None]
    found = []
    for step in drawn:
        inner = step.instruction.block if isinstance(step.instruction, Boxed) else (step.instruction,)
        found += enumerate(inner, step.number)
    assert found == list(enumerate(circuit))
    kinds = [step.instruction for step in drawn if isinstance(step.instruction, Boxed)]
    assert {boxed.part.depth for boxed in kinds} <= {levels}


@given(trees, st.integers(0, 3))
def test_steps_backward_and_counts(tree, levels):
    shown = view(built(tree), levels)
    forward = list(steps(shown))
    assert list(steps(shown, backward=True)) == forward[::-1]
    assert count(shown) == (len(forward), len(built(tree)))


@given(trees, trees)
def test_nothing_of_others_is_in_a_frame(tree, other):
    circuit = built(tree).compose(built(other))
    (columns,) = layout.lay_out(view(circuit, True), layout.Rows(SIZE, 64), lambda item: 1, 10**6).parts
    found = [frame for frame in layout.frames(columns) if frame.is_part]
    assert len(found) == len(circuit.subcircuits)
    for frame in found:
        part = frame.opening.step.instruction.part
        inside = 0
        for column in columns[frame.first : frame.last + 1]:
            for item in column.items:
                if item.rows[0] <= frame.rows[1] and item.rows[-1] >= frame.rows[0] and not item.is_caption:
                    assert part.start <= item.step.number < part.stop
                    inside += 1
        assert inside == part.stop - part.start


@given(trees, st.booleans(), st.integers(20, 60), st.booleans())
def test_drawings_are_within_the_width(tree, expand, width, ascii):
    lines = str(draw(built(tree), expand=expand, width=width, ascii=ascii, max_lines=40)).splitlines()
    assert max(map(len, lines)) <= width
    assert all(line == line.rstrip() and (line.isascii() or not ascii) for line in lines)
    assert make_scene(view(built(tree), expand), width=200, max_height=100).width <= 200
    assert str(draw(built(tree), "latex", expand=expand, width=60)).count("\\begin{quantikz}")


@given(trees, st.integers(0, 4))
def test_the_middle_is_left_out_of_long_circuits(tree, levels):
    circuit = built(tree).repeat(60)
    drawing = str(draw(circuit, expand=levels, width=40, max_lines=1))
    assert len(drawing.splitlines()) < 60
    layouts = layout.lay_out(view(circuit, levels), layout.Rows(SIZE, 64), lambda item: 10, 60)
    shown = sum(step.num_instructions for part in layouts.parts for c in part for step in (i.step for i in c.items))
    assert layouts.num_instructions == len(circuit)
    assert layouts.num_skipped + layouts.num_hidden + shown == len(circuit)


# ── Slices, folding, blocks ───────────────────────────────────────────────────────────────────────────────────────────


@given(trees, st.integers(0, 12), st.integers(0, 12), st.sampled_from([1, 2, -1]))
def test_slices_mean_instruction_numbers(tree, start, stop, step):
    circuit = built(tree)
    ops = slice(start, stop, step)
    part = select(circuit, ops)
    assert list(part) == circuit[ops]
    positions = range(*ops.indices(len(circuit)))
    for place, position in enumerate(positions):
        here = [(s.name, s.qubits) for s in part.subcircuits if s.start <= place < s.stop]
        assert here == [(s.name, s.qubits) for s in circuit.subcircuits if s.start <= position < s.stop]
    drawn = [s.instruction for s in steps(view(part)) if s.caption is None]
    for boxed in (one for one in drawn if isinstance(one, Boxed)):
        assert len(boxed.block) in {s.stop - s.start for s in circuit.subcircuits if s.name == boxed.part.name}


def test_what_a_slice_cuts_is_opened():
    circuit = nested()
    assert "part of read" in str(draw(circuit, ops=slice(2, 5)))
    assert "part of" not in str(draw(circuit, ops=slice(1, 5)))
    assert str(draw(circuit, ops=slice(5, 7))).count("bell†") == 1


def test_what_a_slice_reverses_is_opened():
    circuit = Circuit(3).x(0).append(bell, 0, 1).append(Circuit(2, name="outer").z(0).append(bell, 1, 0), 2, 0)
    whole = select(circuit, slice(None, None, -1))
    frames = [s.instruction for s in steps(view(whole)) if isinstance(s.instruction, Framed) and s.caption == 0]
    assert [frame.title for frame in frames] == ["reversed outer", "reversed bell", "reversed bell"]
    for part, mirror in zip(circuit.subcircuits, select(whole, slice(None, None, -1)).subcircuits, strict=True):
        assert part._value() == mirror._value()
    assert [whole[s.start : s.stop] for s in whole.subcircuits] == [circuit[5:2:-1], circuit[5:3:-1], circuit[2:0:-1]]
    assert not [s for s in steps(view(whole)) if isinstance(s.instruction, Boxed)]


def test_repeated_boxes_are_folded():
    circuit = Circuit(2).append(Circuit(2).append(bell, 0, 1).x(0).repeat(20), 1, 0)
    (folded,) = view(circuit, fold=True)
    assert (folded.times, len(folded.blocks[0])) == (20, 2)
    assert str(draw(circuit, fold=True)).count("bell") == 1
    (folded,) = view(circuit, True, fold=True)
    assert isinstance(folded.blocks[0][0], Framed)
    outer = Circuit(2).append(Circuit(2, name="outer").compose(circuit), 0, 1)
    assert "repeat ×20" not in str(draw(outer, fold=True))
    assert "repeat ×20" in str(draw(outer, fold=True, expand=1))


def test_parts_in_blocks():
    circuit = Circuit(3, 1)
    with circuit.while_(circuit.bits[0] == 0):
        circuit.append(Circuit(3, 1, name="try").h(0).measure(0, 0), 2, 1, 0)
    boxed, framed = (str(draw(circuit, expand=expand, width=80)) for expand in (False, True))
    assert "│try→c0│" in boxed
    assert boxed.splitlines()[0].count("┤") == 3  # the block has the idle qubits too
    assert "M→c0" in framed
    assert "┌╌try" in framed
    (row,) = (i.wires for i in wired(circuit) if i.kind == "part")
    assert row == {3: "0"}


def wired(circuit):
    from qsim.draw.scene import rows_of

    shown = view(circuit)
    (columns,) = layout.lay_out(shown, rows_of(shown, 64), lambda item: 1, 100).parts
    return [item for column in columns for item in column.items]


@pytest.mark.parametrize(("bits", "place"), [([0], "0"), ([2, 0], "0, 2"), ([1, 2, 3], "1–3"), ([0, 1, 3], "0, 1, 3")])
def test_places_of_written_bits(bits, place):
    part = Circuit(len(bits), len(bits), name="M").measure(range(len(bits)), range(len(bits)))
    circuit = Circuit(4, 5).append(part, *range(len(bits)), bits=bits)
    assert [item.wires for item in wired(circuit)] == [{4: place}]


def test_pages_and_formulas_show_the_instructions():
    circuit = Circuit(2).append(bell, 0, 1)
    flat = Circuit(2).h(0).cx(0, 1)
    assert str(draw(circuit, "svg", expand=True, width=840)) in circuit.explore().html
    assert circuit.explore(style="bw").html.count('"kets"') == flat.explore(style="bw").html.count('"kets"') == 3
    assert str(circuit.formula()) == str(flat.formula())
    assert "⊕" in circuit.formula()._repr_html_() or "qs-target" in circuit.formula()._repr_html_()


# ── Strangers' names, sizes, options ──────────────────────────────────────────────────────────────────────────────────

HOSTILE = [
    "</text><script>alert(1)</script>",
    "\\input{/etc/passwd}$_^%#&~",
    "a\x1b[31m\r\nb\u202e",
    "─┤├\t",
    "x" * 10**5,
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("expand", [False, True])
def test_hostile_names(name, expand):
    circuit = Circuit(2).append(Circuit(2, name=name).cx(0, 1), 0, 1)
    for format in ("svg", "html", "latex", "text"):
        source = str(draw(circuit, format, expand=expand))
        assert "<script" not in source or format in ("latex", "text")
        assert "\\input" not in source or format != "latex"
        assert len(source) < 20_000
        assert all(c.isprintable() or c == "\n" for c in source)
    ElementTree.fromstring(str(draw(circuit, "svg", expand=expand)))
    drawing = draw(circuit, "mpl", expand=expand)
    drawing.figure.canvas.draw()
    text = str(draw(circuit, expand=expand, width=60)).splitlines()
    assert max(map(len, text)) <= 60


def test_deep_and_many():
    circuit = Circuit(1, name="0").x(0)
    for level in range(300):
        circuit = Circuit(1, name=str(level)).append(circuit, 0)
    drawing = str(draw(circuit, expand=True, width=400, max_lines=1000))
    assert drawing.count("┤") == 1  # what lies deeper than frames go
    assert make_scene(view(circuit, True)).groups
    many = Circuit(3).append(Circuit(3).append(bell, 0, 2).x(1).repeat(20_000), 0, 1, 2)
    assert "Not shown:" not in str(draw(many, "svg", max_height=10**6, ops=slice(0, 9)))
    assert f"of {len(many):,} instructions" in str(draw(many, max_lines=20))


def test_more_qubits_than_rows():
    wide = Circuit(100).append(Circuit(98, name="wide").x(range(98)), *range(1, 99))
    assert "⋮" in str(draw(wide, max_qubits=4))
    assert "wide" in str(draw(wide, max_qubits=4, expand=True))
    assert "wide" in str(draw(wide, "latex", max_qubits=4, expand=True))


@pytest.mark.parametrize(
    ("expand", "error"), [("all", TypeError), (None, TypeError), (1.0, TypeError), (-1, CircuitError)]
)
def test_expand_is_checked(expand, error):
    with pytest.raises(error, match="`expand`"):
        draw(nested(), expand=expand)
