"""What notebooks show of states, counts, distributions, results, plans and operators: right, bounded, safe."""

import re
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy import stats

from qsim import Circuit, Operator, kron, run
from qsim.algebra import X, Z
from qsim.plan import Plan, PlannedSweep
from qsim.plots._phases import phase_hex
from qsim.states import Counts, DensityMatrix, State, show
from qsim.states._layout import BitLayout
from qsim.states._outcomes import OutcomeTable
from qsim.states.distribution import Distribution

HOSTILE = "<script>alert('x')</script>&\"$\\"
MAX_LENGTH = 30_000  # characters of any of them


def parsed(value):
    """The HTML, which is well-formed XML, too."""
    html = value._repr_html_()
    assert len(html) < MAX_LENGTH
    return ElementTree.fromstring(html)


def rows(value, number=0):
    """Texts of the cells of a table, row by row, without the heads."""
    table = list(parsed(value).iter("table"))[number]
    return [["".join(cell.itertext()) for cell in row.iter("td")] for row in table.iter("tr")][1:]


def styles(value, name):
    """What the styles of all elements say of a property."""
    found = []
    for element in parsed(value).iter():
        found += re.findall(rf"(?:^|;){name}:([^;]*)", element.get("style", ""))
    return found


def widths(value):
    """Widths of the bars in percent."""
    return [float(width[:-1]) for width in styles(value, "width") if width.endswith("%")]


# ── States ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_pure_state():
    state = State([0.6, 0, 0, -0.8j])
    assert rows(state) == [["|00⟩", "", "0.36", "0"], ["|11⟩", "", "0.64", "-π/2"]]
    assert repr(state) in "".join(parsed(state).itertext())
    np.testing.assert_allclose(widths(state), [100 * 0.36 / 0.64, 100], rtol=1e-3)
    assert styles(state, "background")[-5:].count(phase_hex(-np.pi / 2)) == 1
    assert phase_hex(0.0) in styles(state, "background")


def test_a_mixed_state():
    rho = 0.25 * DensityMatrix(State("01")) + 0.75 * DensityMatrix(State("10"))
    assert rows(rho) == [["|01⟩", "", "0.25"], ["|10⟩", "", "0.75"]]
    assert repr(rho) in "".join(parsed(rho).itertext())


def test_the_largest_of_many_amplitudes():
    state = State.random(9, seed=1)
    found = rows(state)
    largest = sorted(np.argsort(-np.abs(state.amplitudes))[:16])
    assert [row[0] for row in found] == [*(f"|{index:09b}⟩" for index in largest), "…"]
    assert found[-1][1] == "496 more"


NAN = np.array([np.nan, 1, np.inf, 0], dtype=complex)
ODD_STATES = {
    "unnormalised": 1e-3 * State("01"),
    "huge": 1e200 * State("01"),
    "zero": 0 * State("01"),
    "no qubits": State(""),
    "nan": State._wrap(NAN),
    "all nan": State._wrap(np.full(4, np.nan, dtype=complex)),
    "single nan": State._wrap(NAN.astype(np.complex64)),
    "sum": DensityMatrix(State("0")) + DensityMatrix(State("1")),
    "mixed zero": 0 * DensityMatrix(State("0")),
    "mixed nan": DensityMatrix._wrap(np.full((2, 2), np.nan, dtype=complex)),
    "mixed without qubits": DensityMatrix(State("")),
}


@pytest.mark.parametrize("state", ODD_STATES.values(), ids=ODD_STATES)
@pytest.mark.filterwarnings("ignore:overflow")
def test_no_state_fails(state):
    assert parsed(state) is not None
    assert len(state._repr_latex_()) < 1000
    assert len(repr(state)) < 1000


def test_what_is_no_number_is_shown():
    amplitudes = np.full(64, 0.125, dtype=complex)
    amplitudes[50] = np.nan
    assert "nan" in repr(State._wrap(amplitudes))
    assert "|110010⟩" in "".join(parsed(State._wrap(amplitudes)).itertext())
    assert "nan" in repr(ODD_STATES["nan"])
    assert [row[0] for row in rows(ODD_STATES["nan"])] == ["|00⟩", "|01⟩", "|10⟩"]


def test_work_is_bounded(monkeypatch):
    monkeypatch.setattr(show, "BLOCK_QUBITS", 6)
    monkeypatch.setattr(show, "MAX_LOOKED_AT", 2**8)
    monkeypatch.setattr(show, "MAX_SEARCHED", 2**10)
    late = State(2**14 - 1, num_qubits=14)
    assert show.largest(late.amplitudes, 4).num_looked_at == 2**10
    assert show.largest(late.amplitudes, 4, whole=True).indices[-1] == 2**14 - 1
    assert repr(late).startswith("0 + … (the first 2^10 terms were looked at)")
    assert late._repr_latex_().startswith(r"$0 + \cdots")
    assert parsed(late) is not None
    assert rows(State("+" * 14))[-1] == ["…", "of the first 256 amplitudes", "", ""]


def test_a_state_in_the_middle_of_a_run(tmp_path):
    state = State.memmap(tmp_path / "a.state", 3)
    assert rows(state) == [["|000⟩", "", "1", "0"]]
    del state._amplitudes
    state._file = SimpleNamespace(unreadable="<its run is not done>")
    assert "<its run is not done>" in "".join(parsed(state).itertext())
    assert state._repr_latex_() is None


# ── Outcomes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_counts_with_their_intervals():
    counts = Counts({"00": 30, "01": 10})
    found = rows(counts)
    assert [row[0] for row in found] == ["00", "01"]
    assert [row[2] for row in found] == ["30", "10"]
    intervals = [stats.binomtest(number, 40).proportion_ci(method="wilson") for number in (30, 10)]
    top = intervals[0].high
    expected = []
    for number, interval in zip((30, 10), intervals, strict=True):
        expected += [number / 40 / top, (interval.high - interval.low) / top]
    np.testing.assert_allclose(widths(counts), 100 * np.array(expected), rtol=1e-3)
    lefts = [float(left[:-1]) for left in styles(counts, "left")]
    np.testing.assert_allclose(lefts, [100 * interval.low / top for interval in intervals], rtol=1e-3)
    assert found[0][3] == f"75.0 ± {50 * (intervals[0].high - intervals[0].low):.1f} %"


def test_the_rest_of_the_counts():
    counts = State.random(8, seed=1).sample(4000, seed=1)
    found = rows(counts)
    assert len(found) == 17
    assert found[-1][:2] == ["rest", f"{len(counts) - 16} others"]
    assert sum(int(row[2]) for row in found) == 4000


@pytest.mark.parametrize(
    "counts",
    [
        Counts({}, labels=["q0"]),
        Counts({}),
        Counts({"": 3}),
        Counts({"0" * 5000: 3, "1" * 5000: 2**62}),
        Counts({"0": 1}, registers=[("r" * 10**5, 1)]),
    ],
    ids=["no shots", "no bits", "no bits, shots", "long", "long name"],
)
def test_no_counts_fail(counts):
    assert parsed(counts) is not None


def test_names_of_bits_are_escaped():
    counts = Counts({"0": 3}, registers=[(HOSTILE, 1)])
    assert "<script" not in counts._repr_html_()
    assert HOSTILE in "".join(parsed(counts).itertext())
    table = OutcomeTable.collect(BitLayout.of_labels([HOSTILE]), np.array([1], dtype=np.uint64), np.array([1.0]))
    assert "<script" not in Distribution(table, 0.0)._repr_html_()


def test_a_distribution():
    circuit = Circuit(3).h(0).cx(0, 1).ry(1.0, 2).measure(range(3))
    distribution = run(circuit, exact=True).distribution
    found = rows(distribution)
    assert {row[0]: row[2] for row in found} == {key: f"{value:.6g}" for key, value in distribution.items()}
    largest = max(distribution.values())
    np.testing.assert_allclose(widths(distribution), [100 * p / largest for p in distribution.values()], rtol=1e-3)


def test_distributions_of_many_outcomes_and_of_no_numbers():
    layout = BitLayout.of_labels(f"q{bit}" for bit in range(10))
    keys = np.arange(1024, dtype=np.uint64)
    many = Distribution(OutcomeTable.collect(layout, keys, np.full(1024, 2.0**-10)), 0.25)
    found = rows(many)
    assert found[-2:] == [["rest", "1008 others", "0.984375"], ["pruned", "", "0.25"]]
    odd = Distribution(OutcomeTable.collect(layout, keys[:2], np.array([np.nan, np.inf])), 0.0)
    assert parsed(odd) is not None
    assert parsed(Distribution(OutcomeTable.collect(layout, keys[:0], np.zeros(0)), 0.0)) is not None


# ── Results, plans, operators ─────────────────────────────────────────────────────────────────────────────────────────


def test_results():
    bell = Circuit(2).h(0).cx(0, 1)
    counted = run(bell.copy().measure([0, 1]), 100, seed=1, observables={HOSTILE: Z(0) @ Z(1)})
    assert sum(int(row[2]) for row in rows(counted)) == 100
    assert rows(counted, 1) == [[HOSTILE, "1"]]
    assert "<script" not in counted._repr_html_()
    assert dict(rows(counted, 2))["seed"] == "1"
    assert rows(run(bell, None))[1][:3] == ["|11⟩", "", "0.5"]
    exact = run(bell.copy().measure([0, 1]), exact=True)
    assert rows(exact) == rows(exact.distribution)
    several = run(bell, None, observables=[Z(0)] * 20)
    assert rows(several, 1)[-1] == ["…", "12 more"]


def plan(count, name="sweep", seconds=0.1):
    sweep = PlannedSweep(name, (0, 1, 5), {"turn": 3}, {"octet": 1}, 0, 10**9, 2**30, 2**10, seconds)
    return Plan(8, 50, "double", 2, "statevector", HOSTILE, (sweep,) * count, {"state": 2**12}, 0.0, 0.0)


def test_a_plan_shows_its_sweeps_over_the_register():
    found = rows(plan(2))
    assert [row[0] for row in found] == ["0", "1", "all"]
    assert found[0][2:] == ["3", "1", "1 G", "1 GiB", "100 ms"]
    assert found[2][2:] == ["6", "2", "2 G", "2 GiB", "200 ms"]
    strips = [float(width[:-2]) / 0.6 for width in styles(plan(1), "width") if width.endswith("em")]
    np.testing.assert_allclose(strips[-4:], [2, 3, 1, 2])  # qubits 0 1, 2–4, 5, 6 7
    assert widths(plan(2)) == [50, 50]


@pytest.mark.parametrize("count", [0, 1, 15, 16, 5000])
@pytest.mark.parametrize("seconds", [0.0, 0.1])
def test_plans_are_bounded_and_escaped(count, seconds):
    shown = plan(count, HOSTILE * 100, seconds)
    assert parsed(shown) is not None
    assert "<script" not in shown._repr_html_()
    assert HOSTILE in "".join(parsed(shown).itertext())
    if count == 5000:
        assert any(row[:2] == ["…", "4986 more"] for row in rows(shown))


def test_the_plan_of_a_circuit():
    explained = Circuit(8).h(range(8)).explain()
    found = "".join(parsed(explained).itertext())
    assert "8 qubits, 8 gates" in found
    assert parsed(Circuit(2).h(0).explain(method="dense")) is not None


def test_above_the_table_of_a_plan_stands_the_circuit():
    html = Circuit(20, name=HOSTILE).h(range(20)).cx(0, 19).explain()._repr_html_()
    ElementTree.fromstring(html)
    assert 0 < html.index("<svg ") < html.index("</svg>") < html.index("<table")
    assert html.count("<svg ") == 1
    assert "<script" not in html
    assert "<svg" not in plan(2)._repr_html_()  # made by hand


@pytest.mark.parametrize("num_qubits", [2, 24, 60])
def test_the_circuit_of_a_plan_is_bounded(num_qubits):
    circuit = Circuit(num_qubits)
    for _ in range(3000 // num_qubits):
        circuit.rx(0.3, range(num_qubits)).cx(0, num_qubits - 1)
    assert len(circuit.explain(method="numpy")._repr_html_()) < 300_000


def test_operators_in_latex():
    hostile = Operator.from_matrix(np.eye(2), name=HOSTILE)
    latex = hostile._repr_latex_()
    assert "<" not in latex
    assert re.findall(r"(?<!\\)\$", latex) == ["$", "$"]  # at the ends alone
    assert latex[0] == latex[-1] == "$"
    for sign in "&%#_":
        assert rf"\{sign}" in Operator.from_matrix(np.eye(2), name=sign)._repr_latex_()
    long = Operator.from_matrix(np.eye(2), name="M" * 10**5)
    assert max(len(long._repr_latex_()), len(repr(long))) < 200
    assert (1e-5 * X)._repr_latex_() == r"$1\cdot 10^{-5} X \qquad (\text{q0, unplaced})$"
    many = sum((Z(qubit) @ X(qubit + 1) for qubit in range(500)), start=0)
    assert len(many._repr_latex_()) < 500
    assert len(kron(*[X] * 300)._repr_latex_()) < 1000


def test_colors_are_those_of_the_notebook():
    for shown in (State.bell(), Counts({"0": 1, "1": 2}), plan(3), DensityMatrix(State("+"))):
        assert set(styles(shown, "color")) == {"inherit"}
        fills = set(styles(shown, "background")) - {"none", "currentColor"}
        assert all(re.fullmatch(r"#[0-9a-f]{6}", fill) for fill in fills)
