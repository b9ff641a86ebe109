"""`Circuit.explain`: its figures against what runs, and its text."""

import sys

import numpy as np
import pytest

from qsim import Circuit, CircuitError, Parameter, ParameterError, TooLargeError, kron
from qsim.algebra import X
from qsim.engines import calibration, statevector
from qsim.kernels import load, try_load
from qsim.methods import METHODS
from qsim.plan import Plan, PlannedSweep, cost
from qsim.plan.report import number_text, seconds_text
from qsim.plan.steps import Phase
from qsim.testing import random_circuit

kernels_needed = pytest.mark.skipif(try_load("double") is None, reason="no compiled kernels on this machine")
RATES = calibration.Rates(1e-9, 1e-10, dict.fromkeys(cost.FLOPS, 5e-10))


@pytest.fixture
def known_rates(monkeypatch):
    """Without a measurement: figures are the same each time."""
    monkeypatch.setattr(calibration, "sweep_rates", lambda *_: RATES)
    monkeypatch.setattr(calibration, "gate_seconds", lambda *_: 1e-9)
    monkeypatch.setattr(calibration, "numpy_seconds", lambda *_: 1e-3)


def planned(circuit, **options):
    return circuit.explain(method="statevector", **options)


@kernels_needed
def test_sweeps_are_those_that_run(known_rates):
    circuit = random_circuit(18, 120, 5, controls=2)
    plan = planned(circuit)
    told = []
    final = circuit.state(method="statevector", progress=lambda done, total: told.append(total))
    assert set(told) == {len(plan.sweeps)}
    assert plan.num_gates == len(circuit)
    assert (plan.method, plan.precision, plan.reason) == ("statevector", "double", METHODS["statevector"].reason)
    np.testing.assert_allclose(final.amplitudes, circuit.state(method="numpy").amplitudes, atol=1e-12)


@kernels_needed
@pytest.mark.parametrize("precision", ["double", "single"])
def test_figures_of_one_layer(precision, known_rates):
    """A rotation on each qubit of a register that two local sets just cover: everything can be counted by hand."""
    block_bits, low = statevector.block_bits(precision, 30)
    n = 2 * block_bits - low
    assert statevector.block_bits(precision, n) == (block_bits, low)
    plan = planned(Circuit(n).ry(0.3, range(n)), precision=precision, initial="0" * n, threads=1)
    first, second = plan.sweeps
    item = {"double": 16, "single": 8}[precision]
    assert len(first.local_qubits) == len(second.local_qubits) == block_bits
    assert set(range(n - low, n)) <= set(first.local_qubits) & set(second.local_qubits)
    assert set(first.local_qubits) | set(second.local_qubits) == set(range(n))
    assert plan.steps == {"turn": n}
    assert (plan.num_steps, plan.tables) == (n, 0)
    assert first.bytes == second.bytes == 2 * item * 2**n
    assert plan.bytes == 4 * item * 2**n
    assert first.flops == (6 + 12 * first.num_passes) * 2**n
    assert plan.flops == first.flops + second.flops
    assert first.seconds == pytest.approx((1e-9 + 5e-10 * first.num_passes) * 2**n)
    assert plan.seconds == pytest.approx(first.seconds + second.seconds + 1e-10 * 2**n)
    assert plan.memory_parts["state"] == item * 2**n
    assert plan.memory_parts["scratch"] == 64 + item * 2**block_bits
    assert plan.memory == sum(plan.memory_parts.values()) < 1.3 * item * 2**n + 2**17


@kernels_needed
def test_blocks_that_are_still_zero_are_not_visited(known_rates):
    plan = planned(Circuit(20).ry(0.3, range(20)))
    assert plan.sweeps[0].bytes == 2 * 16 * 2 ** statevector.block_bits("double", 20)[0]
    assert plan.sweeps[-1].bytes == 2 * 16 * 2**20


@kernels_needed
def test_passes_and_tables_are_those_of_the_programs(known_rates):
    circuit = Circuit(17)
    for _ in range(2):
        circuit.ry(0.4, range(17))
        for a in range(16):
            circuit.cp(0.1, a, a + 1)
    plan = planned(circuit)
    prepared = statevector.prepare(circuit, statevector.settings(17, load("double"), is_zero=True))
    programs = [program for stretch in prepared.stretches for program in stretch.programs]
    sweeps = [sweep for stretch in prepared.stretches for sweep in stretch.sweeps]
    assert [sweep.num_passes for sweep in plan.sweeps] == [len(program.program) for program in programs]
    assert [sweep.tables for sweep in plan.sweeps] == [len(program.tables) for program in programs]
    assert plan.tables > 0
    assert plan.steps["phase"] == sum(isinstance(step, Phase) for sweep in sweeps for step in sweep.steps)
    assert set(plan.passes) <= set(cost.FLOPS)


@kernels_needed
def test_the_share_of_phases_across_the_border(known_rates):
    """A phase on one bit of the block and one outside works on a quarter of the amplitudes."""
    n = 17
    for circuit, share in ((Circuit(n).cp(0.3, 0, 16), 0.25), (Circuit(n).cp(0.3, 0, 1), None)):
        prepared = statevector.prepare(circuit, statevector.settings(n, load("double"), is_zero=False))
        (stretch,) = prepared.stretches
        (sweep,) = stretch.sweeps
        encoded = statevector.Programs(stretch)[0]
        counts = cost.touched(encoded)
        outside = sweep.local.bit_count() < n and any(step.mask & ~sweep.local for step in sweep.steps)
        if share is not None and outside:
            assert counts == {"phase": share * 2**n}


@kernels_needed
def test_operations_that_do_not_lower_have_a_line_of_their_own(known_rates):
    plan = planned(Circuit(17).h(range(17)).rccx(3, 7, 11))
    (gate,) = [sweep for sweep in plan.sweeps if sweep.name != "sweep"]
    assert (gate.name, gate.local_qubits, gate.steps, gate.flops) == ("rccx", (3, 7, 11), {"gate": 1}, 62 * 2**17)
    assert gate.seconds == pytest.approx(1e-3 * 62 / 14)
    assert "rccx on 3 7 11" in str(plan)


@kernels_needed
def test_the_plan_is_kept_for_the_run(known_rates, monkeypatch):
    circuit = random_circuit(17, 60, 2)
    planned(circuit)
    monkeypatch.setattr("qsim.plan.prepare.encode", None)
    monkeypatch.setattr("qsim.plan.prepare.lower", None)
    circuit.state(method="statevector")
    assert planned(circuit).planning < 0.1


@kernels_needed
def test_what_is_too_large_to_run_is_explained(known_rates):
    plan = planned(Circuit(45).h(range(45)).cx(0, 44))
    assert plan.memory > 2**49
    assert "more than is free now" in str(plan)
    with pytest.raises(TooLargeError, match="61 qubits"):
        planned(Circuit(61).h(0))


@kernels_needed
def test_small_registers_go_gate_by_gate(known_rates):
    plan = planned(Circuit(5).h(range(5)).cx(0, 1).rz(0.3, 2).ry(0.3, 3).cry(0.3, 3, 4))
    assert [(sweep.name, sweep.local_qubits) for sweep in plan.sweeps[4:]] == [
        ("h", (4,)), ("cx", (0, 1)), ("rz", (2,)), ("ry", (3,)), ("cry", (3, 4)),
    ]  # fmt: skip
    assert [sweep.flops for sweep in plan.sweeps[4:]] == [14 * 32, 0, 6 * 32, 6 * 32, 6 * 16]
    assert [sweep.bytes for sweep in plan.sweeps[4:]] == [2 * 16 * size for size in (32, 16, 32, 32, 16)]
    assert "gate by gate" in plan.reason
    assert plan.threads == 1


def test_gates_on_many_qubits_take_copies(known_rates):
    matrix = np.fft.fft(np.eye(32), norm="ortho")
    circuit = Circuit(7).h(0).apply(matrix, *range(1, 6))
    for method in ("numpy", "statevector") if try_load("double") else ("numpy",):
        plan = circuit.explain(method=method)
        assert plan.memory_parts == {"state": 2048, "copies": 3 * 2048}
        assert plan.sweeps[-1].flops == (8 * 32 - 2) * 2**7
    plan = Circuit(13).apply(kron(*[X] * 12), *range(12)).explain(method="numpy")
    assert plan.sweeps[0].flops == (14 * 12 + 2) * 2**13


@kernels_needed
@pytest.mark.parametrize("num_qubits", [12, 18])
def test_without_optimisation(num_qubits, known_rates):
    circuit = Circuit(num_qubits).h(range(num_qubits))
    plan = planned(circuit, optimize=False)
    assert len(plan.sweeps) == num_qubits
    assert plan.reason == "gate by gate, as asked for"


def test_numpy_and_matrices(known_rates):
    circuit = Circuit(4).h(range(4)).cx(0, 1)
    plan = circuit.explain(method="numpy")
    assert (plan.method, len(plan.sweeps), plan.memory, plan.threads) == ("numpy", 5, 256, 1)
    for method in ("dense", "sparse", "reference"):
        plan = circuit.explain(method=method)
        assert (plan.method, plan.sweeps, plan.flops, plan.bytes, plan.seconds) == (method, (), None, None, None)
        assert plan.memory == METHODS[method].memory(4, 16)
        assert "by matrices" in str(plan)


def test_the_engine_is_the_one_that_would_run(known_rates, monkeypatch):
    module = sys.modules["qsim.methods"]
    circuit = Circuit(4).h(range(4))
    monkeypatch.setattr(module, "_spent", 0.0)
    monkeypatch.setattr(module, "_look", {})
    for _ in range(3):
        assert circuit.explain().method == "numpy"
    assert module._spent == 0.0  # a look is no work
    monkeypatch.setattr(module, "_spent", 100.0)
    if try_load("double") is not None:
        assert circuit.explain().method == "statevector"


@pytest.mark.parametrize(
    ("options", "error"),
    [({"method": "gpu"}, CircuitError), ({"precision": "half"}, CircuitError), ({"threads": 0}, CircuitError),
     ({"optimize": 1}, CircuitError), ({"shots": 10}, TypeError)],
)  # fmt: skip
def test_options_are_checked_as_for_a_run(options, error):
    with pytest.raises(error, match=next(iter(options))):
        Circuit(2).h(0).explain(**options)


def test_circuits_that_cannot_run_are_refused():
    with pytest.raises(ParameterError, match="Bind all 1 first"):
        Circuit(1).rx(Parameter("θ"), 0).explain()
    with pytest.raises(CircuitError, match=r"Operation 0, measure\(0, 0\), .*measurements at the end"):
        Circuit(1, 1).measure(0, 0).x(0).explain()


def test_measurements_at_the_end_are_passed_over():
    plan = Circuit(2).h(0).cx(0, 1).measure_all().explain(method="numpy")
    assert plan.num_gates == len(plan.sweeps) == 2


# ── Text ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def example(count, name="sweep"):
    sweep = PlannedSweep(
        name, tuple(range(0, 26, 2)), {"turn": 900, "phase": 40000}, {"octets": 1234}, 12, 10**12, 2**40, 2**20, 0.25
    )
    return Plan(
        40, 10**6, "double", 2, "statevector", "why", (sweep,) * count, {"state": 2**44, "copies": 0}, 0.5, 0.01
    )


@pytest.mark.parametrize("count", [0, 1, 2, 15, 16, 5000])
@pytest.mark.parametrize("name", ["sweep", "a name that is very long, longer than any column"])
def test_the_text_is_bounded(count, name):
    plan = example(count, name)
    lines = str(plan).splitlines()
    assert max(map(len, lines)) <= 100
    assert len(lines) <= 26
    assert (f"{count - 14} more" in str(plan)) == (count > 15)
    assert "\n" not in repr(plan)
    assert len(repr(plan)) < 100
    assert f"{count} sweep" in repr(plan)


def test_totals_stand_below():
    text = str(example(5000))
    (total,) = [line for line in text.splitlines() if line.strip().startswith("all")]
    assert total.split() == ["all", "204500000", "6170000", "60000", "5", "P", "4.88", "PiB", "1200", "s"]
    assert "steps   4500000 turn, 200000000 phase" in text


def test_html_is_escaped():
    html = example(1, "<b>")._repr_html_()
    assert "&lt;b&gt;" in html
    assert "<b>" not in html


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (999.9, "1 k"), (999_999, "1 M"), (1234567, "1.23 M"), (1e25, "1e+07 E")],
)
def test_numbers(value, text):
    assert number_text(value) == text


@pytest.mark.parametrize(("value", "text"), [(0, "0 µs"), (1.23e-5, "12 µs"), (0.0999, "100 ms"), (75, "75 s")])
def test_seconds(value, text):
    assert seconds_text(value) == text


# ── Calibration ───────────────────────────────────────────────────────────────────────────────────────────────────────


@kernels_needed
@pytest.mark.parametrize("precision", ["double", "single"])
def test_calibration_measures_something_of_every_kind(precision):
    rates = calibration.sweep_rates(precision, 14, 1)
    assert rates is calibration.sweep_rates(precision, 14, 1)
    assert rates.memory > 0
    assert set(rates.passes) == set(cost.FLOPS)
    assert all(rate >= 0 for rate in rates.passes.values())
    assert rates.passes["dense"] > 0
    assert calibration.gate_seconds(precision, 6, None) > 0
    assert calibration.numpy_seconds(precision, 6) > 0
