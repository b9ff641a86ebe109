"""Pages to step through circuits: their states against the interpreter, their bounds, what they hold."""

import re
from html import unescape
from itertools import product

import numpy as np
import pytest
from draw.explored import amplitudes, data_of, grover, parse, teleportation, text_of, way
from dynamic.oracle import exact, key_of
from dynamic.random_dynamic import random_circuit

from qsim import Circuit, Parameter, State, gates
from qsim.circuit import Barrier, Measurement
from qsim.draw.explore import explore
from qsim.draw.explore_tree import MAX_BRANCHES, MAX_NUMBERS, MAX_STEPS, make_tree
from qsim.draw.scene import make_scene
from qsim.draw.svg import draw_svg
from qsim.draw.view import view
from qsim.engines.interpreter import interpret
from qsim.errors import CircuitError, ParameterError

ROUNDED = 1e-7  # what the numbers of a page are rounded to


def after(circuit, number, outcomes):
    """Bits and state after the first instructions, as the interpreter says."""
    left = list(map(int, outcomes))
    start = np.zeros(2**circuit.num_qubits, complex)
    start[0] = 1
    return interpret(circuit[:number], circuit.num_bits, start, lambda one: left.pop(0))


# ── States ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("circuit", [teleportation(), grover()], ids=["teleportation", "grover"])
def test_each_step_of_each_way_is_the_interpreters(circuit):
    data, n = data_of(circuit.explore().html), circuit.num_qubits
    numbers = [at + 1 for at, instruction in enumerate(circuit) if not isinstance(instruction, Barrier)]
    for outcomes in map("".join, product("01", repeat=sum(isinstance(i, Measurement) for i in circuit))):
        frames, last = way(data, outcomes)
        assert len(frames) == len(numbers) + 1
        for frame, number in zip(frames, [0, *numbers], strict=True):
            shot = after(circuit, number, outcomes)
            np.testing.assert_allclose(amplitudes(frame, n), shot.state, atol=ROUNDED)
            assert frame["bits"] == "".join(map(str, shot.bits))
            bloch = [State(shot.state).bloch(qubit) for qubit in range(n)]
            np.testing.assert_allclose(frame["bloch"], bloch, atol=ROUNDED)
        assert last["probability"] == pytest.approx(shot.probability, abs=1e-12)
        assert last["end"] == ""


def test_random_dynamic_circuits_end_as_the_interpreter_says():
    num_complete = 0
    for seed in range(60):
        circuit = random_circuit(seed, length=4)
        ends = [segment for segment in make_tree(circuit) if not segment.choice]
        options = [o for segment in make_tree(circuit) if segment.choice for o in segment.choice.options]
        if any(segment.end for segment in ends) or any(option.segment is None for option in options):
            continue
        num_complete += 1
        found = {}
        for segment in ends:
            last = segment.frames[-1]
            state = np.zeros(2**circuit.num_qubits, complex)
            state[last.kets] = last.amplitudes
            key = key_of(circuit, last.bits)
            found[key] = found.get(key, 0) + segment.probability * np.outer(state, state.conj())
        _, expected = exact(circuit)
        for key in {*found, *expected}:
            np.testing.assert_allclose(found.get(key, 0), expected.get(key, 0), atol=1e-9)
    assert num_complete > 48


def test_texts_of_control_flow():
    circuit = Circuit(1, 2)
    with circuit.for_(range(1, 3)) as angle:
        circuit.rx(angle, 0)
    circuit.x(0, when=circuit.bits[0])
    with circuit.if_(circuit.bits["c"] == 0):
        circuit.y(0).s(0)
    with circuit.switch(circuit.bits["c"]) as case:
        with case(1):
            circuit.z(0)
        with case.default():
            circuit.assign(1, circuit.bits[0] ^ 1)
    (segment,) = make_tree(circuit)
    assert [frame.text for frame in segment.frames] == [
        "start, every qubit is |0⟩",
        "for i in range(1, 3): round 1, i = 1",
        "rx(1) on q0",
        "for i in range(1, 3): round 2, i = 2",
        "rx(2) on q0",
        "for i in range(1, 3): it ends after 2 rounds",
        "x on q0, if c0: not done, as the condition is 0",
        "if c == 0: the condition is 1",
        "y on q0",
        "s on q0",
        "switch c: the value is 0",
        "assign c1 = c0 ^ 1",
    ]
    assert segment.frames[-1].bits == "01"


@pytest.mark.parametrize(
    ("jump", "expected"),
    [
        ("break_", "for x measure break h"),
        ("continue_", "for x measure continue for x measure continue z for x measure continue for h"),
    ],
)
def test_jumps_leave_a_loop_or_its_round(jump, expected):
    circuit = Circuit(1, 1)
    with circuit.for_(range(3)):
        circuit.x(0).measure(0, 0)
        with circuit.if_(circuit.bits[0]):  # in the second round it is 0
            getattr(circuit, jump)()
        circuit.z(0)
    (segment,) = make_tree(circuit.h(0))
    assert " ".join(frame.text.split()[0].rstrip(",") for frame in segment.frames[1:]) == expected


def test_only_resets_of_entangled_qubits_fork():
    entangled = Circuit(2).h(0).cx(0, 1)
    first, zero, one = make_tree(entangled.reset(0))
    assert first.choice.text == "reset q0 to |0⟩"
    assert [zero.frames[0].kets.tolist(), one.frames[0].kets.tolist()] == [[0b00], [0b01]]
    assert len(make_tree(Circuit(2).h(0).reset(0))) == 1
    assert len(make_tree(Circuit(2).h(0).cx(0, 1).initialize("+", 0))) == 3
    certain = make_tree(Circuit(1, 1).x(0).measure(0, 0))
    assert [frame.text for frame in certain[0].frames][-1] == "measure q0 into c0: found 1, for certain"


# ── Marks ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_marks_are_on_the_pictures_of_what_was_done():
    circuit = Circuit(2, 1).h(0)
    with circuit.for_(range(2)) as angle:
        circuit.rx(angle, 1)
        with circuit.if_(circuit.bits[0]):
            circuit.y(1)
        with circuit.else_():
            circuit.z(1)
    circuit.measure(0, 0)
    data = data_of(explore(circuit).html)
    titles = [group.title.split(": ")[1] for group in make_scene(circuit, width=840).groups if group.step]
    frames, _ = way(data, "1")
    marked = [[titles[box] for box in frame["boxes"]] for frame in frames]
    loop, rx, otherwise = [titles[1]], [titles[2]], [titles[5]]
    assert loop[0].startswith("for_")
    assert rx[0].startswith("rx")
    assert otherwise == ["block 1 of if"]
    each = [loop, rx, otherwise, ["z on q1"]]
    assert marked == [[], ["h on q0"], *each, *each, loop, ["measure q0 into c0"]]


def test_named_subcircuits_stand_in_frames_and_marks_find_what_is_in_them():
    inner = Circuit(2, 1, name="inner").h(0).cx(0, 1).measure(1, 0)
    outer = Circuit(2, 1, name="outer").append(inner, 0, 1).z(0)
    circuit = (
        Circuit(3, 1).append(outer, 2, 1, bits=0).append(Circuit(1, name="one").x(0), 0, when=Circuit(0, 1).bits[0])
    )
    with circuit.if_(circuit.bits[0]):
        circuit.append(inner, 0, 1, bits=0)
    data = data_of(explore(circuit).html)
    groups = [group for group in make_scene(view(circuit, True), width=840).groups if group.step and group.marks]
    titles = [group.title for group in groups]
    assert len(data["boxes"]) == len(titles)
    assert [title for title in titles if "outer" in title] == ["0: outer: 4 instructions"]
    start = ["0: h on q2", "1: cx on q1, where q2 = 1", "2: measure q1 into c0", "3: z on q2"]
    mended, block = "4: if_(c[0], 1 instruction)", "5: if_(c[0], 3 instructions)"
    inside = ["5: h on q0", "5: cx on q1, where q0 = 1", "5: measure q1 into c0"]
    for outcomes, others in (("0", []), ("10", inside), ("11", inside)):
        frames, _ = way(data, outcomes)
        assert [titles[frame["boxes"][0]] for frame in frames[1:]] == [*start, mended, block, *others]


def test_a_mark_encloses_the_box_of_its_gate():
    data, svg = data_of(explore(Circuit(1).h(0)).html), str(draw_svg(Circuit(1).h(0), width=840))
    (gate,) = re.findall(r'<rect class="qs-gate" x="(.+?)" y="(.+?)" width="(.+?)" height="(.+?)"', svg)
    np.testing.assert_allclose(data["boxes"][0], np.array(gate, float), atol=0.1)
    assert svg in explore(Circuit(1).h(0)).html


def test_what_the_picture_leaves_out_is_said():
    wide = Circuit(100).h(range(100))
    frames = data_of(explore(wide).html)["segments"][0]["frames"]
    assert [frame["hidden"] for frame in frames] == [False] * 33 + [True] * 36 + [False] * 32


# ── Bounds ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_large_registers():
    page = explore(Circuit(8).h(range(8))).html
    assert text_of(page) == ""
    assert len(data_of(page)["segments"][0]["frames"][-1]["kets"]) == 256

    page = explore(Circuit(10).ry(0.5, 0).h(range(1, 10))).html
    last = data_of(page)["segments"][0]["frames"][-1]
    assert "Of the 2^10 amplitudes the 64 largest are shown." in text_of(page)
    assert len(last["kets"]) == 64
    assert last["others"] == 1024 - 64
    assert set(last["re"]) == {round(np.cos(0.25) / 2**4.5, 7)}  # those with q0 = 0

    page = explore(Circuit(14).h(13)).html
    last = data_of(page)["segments"][0]["frames"][-1]
    assert "14 qubits is too large for amplitudes" in text_of(page)
    assert "kets" not in last
    np.testing.assert_allclose(last["bloch"], [[0, 0, 1]] * 13 + [[1, 0, 0]], atol=ROUNDED)

    page = explore(Circuit(40, 1).h(range(40)).measure(0, 0)).html
    (segment,) = data_of(page)["segments"]
    assert "40 qubits is too large to follow" in text_of(page)
    assert [*segment["frames"][-1]] == ["text", "boxes", "hidden", "bits"]
    assert len(segment["frames"]) == 42


def test_steps_ways_and_numbers_are_bounded():
    long = Circuit(1)
    for _ in range(MAX_STEPS + 1):
        long.h(0)
    (segment,) = make_tree(long)
    assert len(segment.frames) == MAX_STEPS + 1
    assert segment.end == "Only the first 200 steps of a way are shown."
    assert make_tree(Circuit(1).h(0))[0].end == ""

    page = explore(Circuit(7).h(range(7)).measure_all()).html
    segments = data_of(page)["segments"]
    assert sum(segment["choice"] is None for segment in segments) == MAX_BRANCHES
    assert "At most 64 ways through the circuit are followed" in text_of(page)

    wide = Circuit(8).h(range(8)).measure_all()
    for _ in range(180):
        wide.h(range(8))
    page = explore(wide).html
    segments = data_of(page)["segments"]
    assert len(page) < 14 * MAX_NUMBERS + 200_000
    assert {segment["end"] for segment in segments} >= {"Only the first 200 steps of a way are shown."}
    assert any("no more numbers" in segment["end"] for segment in segments)


def test_bits_are_bounded():
    page = explore(Circuit(1, 100).measure(0, 99)).html
    assert "Of 100 classical bits the first 64 are shown." in text_of(page)
    assert data_of(page)["segments"][0]["frames"][-1]["bits"] == "0" * 64


def test_loops_that_do_not_end_and_norms_that_are_not_1():
    loop = Circuit(1, 1).x(0).measure(0, 0)
    with loop.while_(loop.bits[0], max_rounds=3):
        loop.z(0)
    (segment,) = make_tree(loop)
    assert segment.end == "A run stops here: the condition is still 1 after 3 rounds."
    empty = Circuit(1, 1).x(0).measure(0, 0)
    with empty.while_(empty.bits[0]):
        empty.barrier()
    assert make_tree(empty)[0].end == "Only the first 200 steps of a way are shown."
    halved = Circuit(1).apply(np.diag([0.5, 1]), 0, check=False).h(0)
    (segment,) = make_tree(halved)
    assert len(segment.frames) == 2
    assert segment.end == "This way ends here: the operation is not unitary, the norm is now 0.5."


@pytest.mark.parametrize("circuit", [Circuit(), Circuit(0, 2), Circuit(2), Circuit(1).gphase(0.5)])
def test_small_circuits(circuit):
    (segment,) = data_of(explore(circuit).html)["segments"]
    np.testing.assert_allclose(amplitudes(segment["frames"][-1], circuit.num_qubits), circuit.state().amplitudes)


# ── The page ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_needs_nothing_else():
    tags, (_, script) = parse(teleportation().explore().html)
    assert not {tag for tag, _ in tags} & {"link", "iframe", "img", "object", "embed", "base"}
    assert not [attrs for _, attrs in tags if {"src", "href", "action", "onclick", "onload"} & {*attrs}]
    assert not [word for word in ("fetch(", "import ", "XMLHttpRequest", "eval(", "innerHTML") if word in script]
    assert "url(" not in teleportation().explore().html


@pytest.mark.parametrize("name", ["</script><script>alert(1)</script>", "<!--<script>", "a & b \u2028 {{data}} \\1"])
def test_names_cannot_break_the_page(name):
    circuit = Circuit(1, name=name).append(gates.unitary(np.eye(2), name), 0)
    page = explore(circuit).html
    assert page.count("<script") == 2
    assert page.count("</script") == 2
    frames, _ = way(data_of(page), "")
    assert frames[1]["text"] == f"{name} on q0".replace("\u2028", "?")


def test_it_shows_and_saves_itself(tmp_path):
    page = explore(teleportation())
    frame = page._repr_html_()
    assert frame.startswith('<iframe title="Circuit teleportation: 3 qubits, 11 instructions"')
    source, fallback = frame.split('srcdoc="')[1].removesuffix("</iframe>").split('">')
    assert unescape(source) == page.html
    assert fallback.startswith("Circuit teleportation: 3 qubits, 11 instructions. ")  # where the frame is taken out
    assert "trust" in fallback
    page.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page.html
    assert len(str(page)) < 200
    assert len(repr(page)) < 200


def test_refusals():
    with pytest.raises(ParameterError, match="a parameter has no value"):
        Circuit(1).rx(Parameter("θ"), 0).explore()
    with pytest.raises(CircuitError, match="Argument `style` must be one of"):
        Circuit(1).explore(style="blue")
    with pytest.raises(TypeError, match="explore takes a Circuit, not str"):
        explore("h 0")
    circuit = Circuit(1, 1)
    with pytest.raises(CircuitError, match="is open"), circuit.if_(circuit.bits[0]):
        circuit.explore()
