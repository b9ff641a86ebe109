"""verify=True against planners that are wrong on purpose; optimize=False."""

import numpy as np
import pytest

from qsim import Circuit, QsimError, RunTimedOut, State, StateError, VerificationError, run
from qsim.circuit.transforms import with_instructions
from qsim.engines import verify as verify_module
from qsim.kernels import try_load
from qsim.methods import METHODS
from qsim.testing import random_circuit

pytestmark = [
    pytest.mark.skipif(try_load("double") is None, reason="no compiled kernels on this machine"),
    pytest.mark.usefixtures("always_planned"),
]


ODD = np.linalg.qr(np.random.default_rng(1).normal(size=(2, 4, 4)).T @ [1, 1j])[0]


def break_plan(monkeypatch, change):
    """Let the compiled engine run another circuit than it is given."""
    method = METHODS["statevector"]

    def wrong(job):
        return method.simulate(job.replace(circuit=change(job.circuit)))

    monkeypatch.setitem(METHODS, "statevector", method.replace(simulate=wrong))


def without(name):
    return lambda circuit: with_instructions(circuit, [i for i in circuit if i.name != name])


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("initial", [None, State.random(12, seed=1)], ids=["zero", "state"])
def test_right_plans_pass(precision, initial):
    circuit = random_circuit(12, 200, seed=3)
    options = {"method": "statevector", "precision": precision, "initial": initial}
    verified = run(circuit, None, verify=True, **options)
    assert verified.state == run(circuit, None, **options).state
    assert verified.method == "statevector"


@pytest.mark.parametrize("place", [0, 1, 17, 39, 40])
@pytest.mark.parametrize("precision", ["double", "single"])
def test_the_first_wrong_operation_is_named(precision, place, monkeypatch):
    circuit = Circuit(11).h(range(11))
    before = random_circuit(11, 40, seed=5)
    circuit = with_instructions(circuit, [*circuit, *before[:place]])
    circuit.apply(ODD, 3, 8, name="odd")
    circuit = with_instructions(circuit, [*circuit, *before[place:]])
    break_plan(monkeypatch, without("odd"))
    number = 11 + place
    with pytest.raises(
        VerificationError, match=rf"Operation {number}, odd\(3, 8\), added at test_verify.py:\d+: .* bug of"
    ):
        run(circuit, None, method="statevector", precision=precision, initial=State.random(11, seed=2), verify=True)
    assert run(circuit, None, method="statevector", precision=precision).method == "statevector"


def test_a_global_phase_counts(monkeypatch):
    circuit = Circuit(10).h(range(10)).gphase(0.1).cx(0, 1)
    break_plan(monkeypatch, without("gphase"))
    with pytest.raises(VerificationError, match=r"Operation 10, gphase\(0\.1\)"):
        run(circuit, None, method="statevector", verify=True)


def test_what_is_not_a_number_is_wrong(monkeypatch):
    circuit = Circuit(10).h(range(10)).x(0)
    method = METHODS["statevector"]

    def wrong(job):
        found = method.simulate(job)
        if len(job.circuit) > 4:
            found[3] = np.nan
        return found

    monkeypatch.setitem(METHODS, "statevector", method.replace(simulate=wrong))
    with pytest.raises(VerificationError, match=r"Operation 4, h\(4\)"):
        run(circuit, None, method="statevector", verify=True)


def test_on_a_file(tmp_path, monkeypatch):
    circuit = random_circuit(12, 40, seed=6)
    state = State.memmap(tmp_path / "a.state", 12)
    run(circuit, None, method="statevector", out=state, verify=True)
    assert state == run(circuit, None, method="statevector").state
    with pytest.raises(StateError, match="runs twice from `initial`, which must be another state than `out`"):
        run(circuit, None, method="statevector", initial=state, out=state, verify=True)
    break_plan(monkeypatch, lambda circuit: circuit.copy().x(0))
    with pytest.raises(VerificationError):
        run(circuit, None, method="statevector", out=state, verify=True)


def test_the_timeout_holds_for_both(monkeypatch):
    circuit = random_circuit(12, 40, seed=6)
    monkeypatch.setattr(verify_module, "gate_by_gate", lambda job: job.control.check() or time_out())

    def time_out():
        raise RunTimedOut

    with pytest.raises(RunTimedOut, match="Stopped at its timeout"):
        run(circuit, None, method="statevector", verify=True, timeout=1000)


def test_engines_that_have_no_plan_are_compared_too():
    for method in METHODS:
        circuit = random_circuit(4, 20, seed=1)
        assert run(circuit, None, method=method, verify=True).state.equiv(circuit.state())


@pytest.mark.parametrize("num_qubits", [12, 17])
def test_optimize_false_goes_gate_by_gate(monkeypatch, num_qubits):
    circuit = random_circuit(num_qubits, 40, seed=6)
    expected = run(circuit, None, method="numpy").state
    break_plan(monkeypatch, lambda circuit: 1 / 0)
    for method in ("auto", "statevector", "numpy"):
        result = run(circuit, None, method=method, optimize=False)
        np.testing.assert_allclose(result.state.amplitudes, expected.amplitudes, atol=1e-12)
        assert "gate by gate" in result.reason or result.method == "numpy"


def test_it_is_an_error_of_qsim():
    assert issubclass(VerificationError, QsimError)
