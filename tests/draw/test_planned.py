"""Plans drawn: gates in the colour and with the number of their sweep, what costs nothing apart, all in bounds."""

import re
import time
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest
from draw.test_pictures import contrast

from qsim import Circuit, CircuitError
from qsim.circuit import Operation
from qsim.draw.planned import MAX_GATES, draw_plan
from qsim.draw.scene import make_scene
from qsim.draw.style import PALETTES
from qsim.draw.tints import Tint
from qsim.engines import calibration
from qsim.kernels import try_load
from qsim.plan import Plan, cost, report
from qsim.plots._phases import phase_hex
from qsim.testing import random_circuit

SVG = "{http://www.w3.org/2000/svg}"
kernels_needed = pytest.mark.skipif(try_load("double") is None, reason="no compiled kernels on this machine")
pytestmark = [pytest.mark.usefixtures("known_rates")]


@pytest.fixture
def known_rates(monkeypatch):
    monkeypatch.setattr(
        calibration, "sweep_rates", lambda *_: calibration.Rates(1e-9, 1e-10, dict.fromkeys(cost.FLOPS, 5e-10))
    )
    monkeypatch.setattr(calibration, "gate_seconds", lambda *_: 1e-9)
    monkeypatch.setattr(calibration, "numpy_seconds", lambda *_: 1e-3)


def mixed():
    circuit = Circuit(20, 1).h(range(20)).swap(0, 1).cx(1, 2).ccx(0, 5, 9).rccx(3, 4, 6).cp(0.4, 3, 10).barrier()
    circuit.rxx(0.3, 2, 12).ry(0.4, 5, controls=(1, 2)).h(18).h(18).gphase(0.2, controls=[7]).cx(14, 15).cx(14, 15)
    return circuit.x(16, controls=[15], control_state="0").cswap(0, 3, 9).ry(0.2, range(20)).measure(0, 0)


def pictures(plan, **options):
    """Of each gate that is drawn: its number, its tint, and what is written in its badge."""
    root = ElementTree.fromstring(str(plan.draw("svg", **options)))
    found = []
    for group in root.iter(f"{SVG}g"):
        if group.get("data-kind") == "operation":
            badges = [text.text for text in group.iter(f"{SVG}text") if text.get("class") == "qs-badge-label"]
            assert len(badges) <= 1
            found.append((int(group.get("data-step")), group.get("class"), "".join(badges)))
    return sorted(found)


def texts(plan, **options):
    return " ".join(ElementTree.fromstring(str(plan.draw("svg", **options))).itertext())


@kernels_needed
def test_gates_have_the_colour_and_the_number_of_their_sweep():
    circuit = mixed()
    plan = circuit.explain(method="statevector")
    found = pictures(plan)
    gates = [number for number, each in enumerate(circuit) if isinstance(each, Operation)]
    assert [number for number, _, _ in found] == gates
    free = set()
    for number, tint, label in found:
        sweeps = plan.sweeps_of[number]
        if not sweeps:
            free.add(number)
            assert (tint, label) == ("qs-tint-free", "")
        else:
            assert tint == f"qs-tint-{report.sweep_color(sweeps[-1])[1:]}"
            assert label == "–".join(map(str, dict.fromkeys((sweeps[0], sweeps[-1]))))
    assert [circuit[number].name for number in sorted(free)] == ["swap", "cx", "cx"]
    assert len({tint for _, tint, _ in found}) > 3
    assert "Number and colour" in texts(plan)
    assert "costs nothing" in texts(plan)
    assert "costs nothing" not in texts(Circuit(20).h(range(20)).explain(method="statevector"))


@kernels_needed
def test_parts_in_several_sweeps_are_told():
    circuit = random_circuit(18, 60, 1, controls=2)
    plan = circuit.explain(method="statevector")
    number = max(range(len(circuit)), key=lambda number: len(plan.sweeps_of[number]))
    sweeps = plan.sweeps_of[number]
    assert 1 < len(sweeps) < 5
    (label,) = [label for found, _, label in pictures(plan) if found == number]
    assert label == f"{sweeps[0]}–{sweeps[-1]}"
    assert f"in parts, sweeps {', '.join(map(str, sweeps[:-1]))} and {sweeps[-1]}" in texts(plan)


@kernels_needed
def test_colors_are_those_of_the_table():
    plan = mixed().explain(method="statevector")
    strips = set(re.findall(r"background:(#[0-9a-f]{6})", plan._repr_html_()))
    assert {tint[len("qs-tint-") :] for _, tint, _ in pictures(plan) if tint != "qs-tint-free"} <= {
        c[1:] for c in strips
    }
    golden = np.pi * (3 - np.sqrt(5))
    assert [report.sweep_color(number) for number in range(21)] == [phase_hex(number * golden) for number in range(21)]
    assert report.sweep_color(21) == report.sweep_color(0)


@kernels_needed
def test_a_slice_keeps_the_sweeps():
    plan = mixed().explain(method="statevector")
    whole = {number: look for number, *look in pictures(plan)}
    for ops in (slice(5, 27), slice(-10, None), slice(None, None, 3)):
        numbers = range(len(plan.circuit))[ops]
        assert {numbers[place]: look for place, *look in pictures(plan, ops=ops)} == {
            number: look for number, look in whole.items() if number in numbers
        }
    with pytest.raises(TypeError, match="`ops` must be a slice"):
        plan.draw(ops=3)
    with pytest.raises(TypeError, match=r"^Drawings of format 'svg' have no option `expand`, but ops, max_height"):
        plan.draw(expand=False)


@kernels_needed
def test_gates_of_named_subcircuits_have_their_own_numbers():
    pair = Circuit(2, name="pair").h(0).cx(0, 1)
    outer = Circuit(3, name="outer").append(pair, 0, 2).swap(0, 1).append(pair.controlled(control_state="0"), 2, 1, 0)
    circuit = Circuit(20).append(outer, 3, 18, 0).h(range(20)).append(outer.inverse().controlled(), 19, 9, 1, 17)
    plan = circuit.explain(method="statevector")
    plain = Circuit(20)
    for operation in circuit:
        plain.append(operation.gate, *operation.qubits)
    assert pictures(plan) == pictures(plain.explain(method="statevector"))
    assert [number for number, _, _ in pictures(plan)] == list(range(len(circuit)))
    assert "controlled outer†" in texts(plan)
    for ops in (slice(1, 24), slice(None, None, -1)):
        numbers = range(len(circuit))[ops]
        whole = {number: look for number, *look in pictures(plan)}
        assert {numbers[place]: look for place, *look in pictures(plan, ops=ops)} == {n: whole[n] for n in numbers}


@kernels_needed
def test_the_plan_keeps_the_circuit_that_it_is_of():
    circuit = Circuit(20).h(0)
    plan = circuit.explain(method="statevector")
    circuit.cx(0, 1)
    assert len(pictures(plan)) == len(plan.sweeps_of) == 1
    assert plan.circuit == Circuit(20).h(0)
    assert len(repr(plan)) < 100


# ── Plans without sweeps ──────────────────────────────────────────────────────────────────────────────────────────────


def test_gate_by_gate_is_drawn_plain():
    plan = Circuit(3, 1).h(0).barrier().cx(0, 1).measure(0, 0).explain(method="numpy")
    assert [look for _, *look in pictures(plan)] == [[None, ""]] * 2
    assert "Gate by gate" in texts(plan)
    assert plan.sweeps_of == ((0,), (), (1,), ())


def test_matrices_have_no_sweeps():
    plan = Circuit(3).h(0).explain(method="dense")
    assert plan.sweeps_of == ((),)
    assert "By matrices" in texts(plan)


def test_nothing_to_draw():
    for num_qubits in (0, 1, 20):
        plan = Circuit(num_qubits).explain(method="statevector" if num_qubits == 20 and try_load("double") else "numpy")
        assert plan.sweeps_of == ()
        ElementTree.fromstring(plan._repr_html_())
    made = Plan(2, 1, "double", 1, "numpy", "why", (), {"state": 64}, 0.0, 0.0)
    assert made.sweeps_of == ()
    with pytest.raises(CircuitError, match="without a circuit cannot be drawn"):
        made.draw()


@kernels_needed
def test_of_too_many_gates_sweeps_are_not_looked_for(monkeypatch):
    monkeypatch.setattr("qsim.plan.trace.sweeps_of", None)
    circuit = Circuit(18).h(range(18)).repeat(MAX_GATES // 18 + 1)
    start = time.process_time()
    plan = circuit.explain(method="statevector")
    planning = time.process_time() - start
    html = plan._repr_html_()
    assert "told by sweeps_of" in html
    assert len(html) < 300_000
    assert time.process_time() - start < 5 * planning + 5


# ── Files, looks ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("name", "begins"), [("p.svg", b"<svg "), ("p.html", b"<!DOCTYPE"), ("p.png", b"\x89PNG")])
def test_files_by_suffix(tmp_path, name, begins):
    options = {"method": "statevector"} if try_load("double") else {}
    plan = mixed().explain(**options)
    plan.draw(path=tmp_path / name)
    written = (tmp_path / name).read_bytes()
    assert written.startswith(begins)
    plan.draw(path=tmp_path / name)
    assert written == (tmp_path / name).read_bytes()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"format": "text"}, CircuitError),
        ({"path": "plan.txt"}, CircuitError),
        ({"path": "plan.tex"}, CircuitError),
        ({"format": "png"}, CircuitError),
        ({"format": "svg", "path": "plan.png"}, CircuitError),
        ({"style": "neon"}, CircuitError),
        ({"width": 1}, CircuitError),
        ({"fold": True}, TypeError),
    ],
)
def test_refusals(options, error, tmp_path):
    if "path" in options:
        options = options | {"path": tmp_path / options["path"]}
    with pytest.raises(error):
        draw_plan(Circuit(2).h(0).explain(method="numpy"), **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["light", "dark", "colorblind"])
@pytest.mark.parametrize("number", range(21))
def test_contrast_of_every_sweep(name, number):
    palette = PALETTES[name]
    tinted = palette | Tint("a", report.sweep_color(number)).colors(palette)
    assert contrast(tinted["ink"], tinted["gate"]) >= 4.5
    assert contrast(tinted["on"], tinted["accent"]) >= 4.5  # the number on its badge
    assert contrast(tinted["accent"], tinted["paper"]) >= 3
    assert contrast(tinted["edge"], tinted["paper"]) >= 3
    free = palette | Tint("free", "").colors(palette)
    assert contrast(free["ink"], free["gate"]) >= 4.5
    assert contrast(free["accent"], free["paper"]) >= 3


def test_colors_mean_nothing_in_black_and_white():
    assert Tint("a", "#ff0000").colors(PALETTES["bw"]) == {}
    numbers = [str(Circuit(2).h(0).explain(method="numpy").draw(style=style)) for style in ("bw", "light")]
    assert "#ff" not in "".join(numbers).replace("#ffffff", "")


@kernels_needed
@pytest.mark.parametrize("style", ["auto", "light", "dark", "bw"])
def test_every_tint_has_its_rules(style):
    source = str(mixed().explain(method="statevector").draw(style=style))
    root = ElementTree.fromstring(source)
    used = {group.get("class") for group in root.iter(f"{SVG}g")} - {None}
    assert len(used) > 3
    for name in used:
        assert f".qsim-{style} .{name}{{" in source
        assert source.count(f".qsim-auto .{name}{{") == (4 + 2 * 4 if style == "auto" else 0) or style == "auto"
    assert ("prefers-color-scheme" in source) == (style == "auto")


def test_badges_do_not_overlap():
    """Neither each other nor the boxes of other gates, whatever is written in them."""
    circuit = Circuit(5)
    for layer in range(6):
        circuit.h(range(5)).cx(0, 4).cx(3, 1).rx(0.3, range(5)).cz(layer % 4, 4).swap(0, 1).rzz(0.3, 1, 3)
    labels = ["0", "17", "12–14", "230–231"]
    scene = make_scene(circuit, tint=lambda numbers: Tint("a", "#3a87d0", labels[numbers[0] % 4]))
    badges, boxes = [], []
    for group in scene.groups:
        for mark in group.marks:
            if getattr(mark, "role", "") == "badge":
                badges.append((group, mark))
            elif getattr(mark, "role", "") in ("gate", "turn"):
                boxes.append((group, mark))
    assert len(badges) == len(circuit)
    for (_, one), (_, other) in combinations(badges, 2):
        assert not overlap(one, other)
    for group, one in badges:
        assert one.x >= 0
        assert one.x + one.width <= scene.width
        assert not any(overlap(one, box) for other, box in boxes if other is not group)


def overlap(one, other):
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )
