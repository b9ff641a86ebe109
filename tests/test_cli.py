"""The command line: what it prints, what it refuses, and that it starts without the library."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from itertools import count

import numpy as np
import pytest

import qsim
from qsim import Circuit, Parameter
from qsim.cli import main
from qsim.cli.parser import METHODS
from qsim.io import from_json, to_json


@pytest.fixture
def file(tmp_path):
    """Writes a circuit, asymmetric in qubits and bits, and returns its path."""

    numbers = count()

    def write(circuit):
        path = tmp_path / f"circuit{next(numbers)}.json"
        path.write_text(to_json(circuit), encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def asked(capsys):
    """Runs the command line: exit code, standard output, standard error."""

    def ask(*arguments):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as exit:
            code = exit.code
        return code, *capsys.readouterr()

    return ask


def feedback():
    circuit = Circuit(3, 2, name="feedback").h(2).measure(2, 0)
    with circuit.if_(circuit.bits[0] == 1):
        circuit.x(0)
    return circuit.measure(0, 1)


def test_counts_in_json_are_those_of_run(asked, file):
    circuit = Circuit(3, name="asymmetric").h(0).x(2)
    code, out, err = asked("run", file(circuit), "--shots", 200, "--seed", 7, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["counts"] == dict(qsim.run(circuit, 200, seed=7).counts)
    assert set(found["counts"]) == {"001", "101"}
    assert found["format"], found["version"] == ("qsim-result", 1)
    assert found["circuit"] == {"name": "asymmetric", "num_qubits": 3, "num_bits": 0}
    assert (found["bits"], found["qubits"]) == (["q0", "q1", "q2"], ["q0", "q1", "q2"])
    assert (found["shots"], found["seed"], found["precision"]) == (200, 7, "double")
    assert "state" not in found
    assert "probabilities" not in found


def test_results_that_need_no_shots(asked, file):
    circuit = Circuit(2).ry(0.3, 0).cx(0, 1).s(1)
    arguments = ("--state", "--probabilities", "--expect", "ZI", "--expect", "XY", "--json")
    found = json.loads(asked("run", file(circuit), *arguments)[1])
    state = circuit.state()
    assert "counts" not in found
    assert {key: complex(*value) for key, value in found["state"].items()} == pytest.approx(
        {"00": state["00"], "11": state["11"]}
    )
    assert found["probabilities"] == pytest.approx({"00": np.cos(0.15) ** 2, "11": np.sin(0.15) ** 2})
    expected = {paulis: state.expectation(qsim.Operator.from_paulis({paulis: 1})) for paulis in ("ZI", "XY")}
    assert found["expectations"] == pytest.approx(expected)


def test_text_says_the_order(asked, file):
    code, out, _ = asked("run", file(Circuit(2).x(0)), "--shots", 10, "--state", "--probabilities", "--expect", "ZI")
    assert code == 0
    assert out.count("is the first of: q0 q1") == 4
    assert "\n10  1\n" in out
    assert "\n10  +1.000000000000 +0.000000000000j\n" in out
    assert "\nZI  -1\n" in out
    assert "Counts of 10 shots, seed " in out


def test_measurement_in_the_middle(asked, file):
    found = json.loads(asked("run", file(feedback()), "--probabilities", "--shots", 50, "--seed", 1, "--json")[1])
    assert found["probabilities"] == pytest.approx({"00": 0.5, "11": 0.5})
    assert set(found["counts"]) == {"00", "11"}
    assert sum(found["counts"].values()) == 50
    assert found["bits"] == ["c[0]", "c[1]"]


@pytest.mark.parametrize("value", ["pi/4", "0.7853981633974483", "π/4", "0.25*pi", "+.25pi"])
def test_parameters_are_bound(asked, file, value):
    path = file(Circuit(1).ry(2 * Parameter("θ"), 0))
    found = json.loads(asked("run", path, "--bind", f"θ={value}", "--expect", "X", "--json")[1])
    assert found["expectations"]["X"] == pytest.approx(1)


def test_standard_input(asked, monkeypatch):
    text = to_json(Circuit(2).x(1)).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert json.loads(asked("run", "-", "--shots", 3, "--json")[1])["counts"] == {"01": 3}


def test_draw_explain_and_convert(asked, file, tmp_path):
    circuit = Circuit(2, name="bell").h(0).cx(0, 1)
    path = file(circuit)
    assert asked("draw", path) == (0, f"{circuit.draw()}\n", "")
    assert asked("draw", path, "-o", tmp_path / "bell.txt") == (0, "", "")
    parts = Circuit(2).append(circuit, 1, 0)
    assert asked("draw", file(parts)) == (0, f"{parts.draw()}\n", "")
    assert asked("draw", file(parts), "--expand") == (0, f"{parts.draw(expand=True)}\n", "")
    assert "q0: ─H─●─" in (tmp_path / "bell.txt").read_text(encoding="utf-8")
    assert asked("explain", path, "--method", "numpy")[1] == f"{circuit.explain(method='numpy')}\n"
    told = asked("explain", path, "--method", "numpy", "--draw", tmp_path / "plan.svg")
    assert told == asked("explain", path, "--method", "numpy")
    assert (tmp_path / "plan.svg").read_text(encoding="utf-8") == f"{circuit.explain(method='numpy').draw()}\n"
    assert asked("convert", path, "-", "--to", "json")[1] == f"{to_json(circuit)}\n"
    assert asked("convert", path, tmp_path / "again.json") == (0, "", "")
    assert from_json((tmp_path / "again.json").read_bytes()) == circuit


def test_openqasm(asked, file, tmp_path, monkeypatch):
    circuit = Circuit(2, 2).h(0).cx(0, 1).measure([0, 1], [0, 1])
    for form in ("qasm2", "qasm3"):
        text = asked("convert", file(circuit), "-", "--to", form)[1]
        assert text == circuit.to_qasm(int(form[-1]))
        path = tmp_path / f"{form}.qasm"
        path.write_text(text, encoding="utf-8")
        assert json.loads(asked("run", path, "--probabilities", "--json")[1])["probabilities"] == {"00": 0.5, "11": 0.5}
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert asked("draw", "-") == asked("draw", path)
        assert asked("convert", path, tmp_path / "out.qasm") == (0, "", "")
        assert Circuit.load(tmp_path / "out.qasm") == Circuit.load(path)


def test_circuits_are_saved_and_loaded_by_suffix(tmp_path):
    circuit = feedback()
    circuit.save(tmp_path / "circuit.json")
    assert Circuit.load(tmp_path / "circuit.json") == circuit


def test_plot(asked, file, tmp_path):
    path = tmp_path / "counts.png"
    assert asked("run", file(Circuit(2).h(0)), "--plot", path)[0] == 0
    assert path.read_bytes().startswith(b"\x89PNG")


def test_bench_and_info(asked, monkeypatch):
    monkeypatch.setattr("qsim.cli.bench._SECONDS", 0.0)
    found = json.loads(asked("bench", "--qubits", 4, "--json")[1])
    assert [row["circuit"] for row in found["circuits"]] == ["ghz", "fourier", "layers"]
    assert all(row["best"] > 0 for row in found["circuits"])
    assert asked("bench", "--qubits", 4)[1].startswith("ghz, 4 qubits, 4 gates ")
    assert json.loads(asked("info", "--json")[1])["qsim"] == qsim.__version__
    assert asked("--version")[:2] == (0, f"qsim {qsim.__version__}\n")


def test_methods_are_those_of_run():
    from qsim.run import METHODS as known

    assert set(METHODS) == {"auto", *known}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: command"),
        (["fly"], "invalid choice"),
        (["run"], "required: FILE"),
        (["run", "FILE", "--shots", "-1"], "must be a whole number ≥ 0"),
        (["run", "FILE", "--shots", "1e3"], "must be a whole number ≥ 0"),
        (["run", "FILE", "--shots", "0"], "leaves nothing to do"),
        (["run", "FILE", "--shots", "0", "--state", "--plot", "a.png"], "--plot needs shots"),
        (["run", "FILE", "--plot", "a.txt"], "must end in one of .png"),
        (["run", "FILE", "--expect", "ABC"], "must consist of I, X, Y and Z"),
        (["run", "FILE", "--expect", "Z"], "--expect Z has 1 letters, but the circuit has 2 qubits"),
        (["run", "FILE", "--method", "magic"], "invalid choice: 'magic'"),
        (["run", "FILE", "--bind", "θ"], "must be NAME=VALUE"),
        (["run", "FILE", "--bind", "θ=__import__('os')"], "must be a number or a multiple of pi"),
        (["run", "FILE", "--bind", "θ=1e999"], "must be a number or a multiple of pi"),
        (["run", "FILE", "--timeout", "0"], "must be above 0"),
        (["convert", "FILE", "out.txt"], "must end in .qasm or .json"),
    ],
)
def test_wrong_usage(asked, file, arguments, message):
    path = file(Circuit(2).h(0))
    code, out, err = asked(*(path if argument == "FILE" else argument for argument in arguments))
    assert (code, out) == (2, "")
    assert message in err


def test_what_fails(asked, file, tmp_path):
    broken = tmp_path / "broken.json"
    broken.write_text('{"format": "qsim-circuit"', encoding="utf-8")
    text = tmp_path / "bytes.qasm"
    text.write_bytes(b"\xff\xfe")
    for arguments, message in (
        (("run", tmp_path / "none.json"), "must be a file"),
        (("run", tmp_path / "none"), "No such file"),
        (("run", broken), "broken.json:1:26: This is not JSON"),
        (("run", text), "not UTF-8"),
        (("run", file(Circuit(1).rx(Parameter("a"), 0))), "a parameter has no value"),
        (("run", file(Circuit(1).rx(Parameter("a"), 0)), "--bind", "b=1"), "There is no parameter b"),
        (("run", file(Circuit(50).h(0))), "qubits would fit"),
        (("run", file(feedback()), "--state"), "no one final state"),
        (("draw", file(Circuit(1)), "--format", "png"), "PNG needs a file"),
        (("convert", file(Circuit(1)), tmp_path / "no" / "folder.json"), "No such file"),
    ):
        code, out, err = asked(*arguments)
        assert code in (1, 2), arguments
        assert out == ""
        assert message in err
        assert err.count("\n") == 1


# ── As a process ──────────────────────────────────────────────────────────────────────────────────────────────────────


def process(*arguments, **options):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-m", "qsim", *arguments], **pipes, **options)


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"], ["run", "x", "--shots", "many"]])
def test_the_library_is_not_loaded_for_help_and_refusals(arguments):
    code = (
        f"import sys\nfrom qsim.cli import main\ntry: main({arguments!r})\nexcept SystemExit: pass\n"
        "sys.stdout.flush()\nsys.exit(any(name.split('.')[0] in ('numpy', 'shutil', 'typing') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_a_pipe_that_is_closed_early(file):
    run = process("run", file(Circuit(18).h(range(18))), "--state")
    assert run.stdout.readline().startswith(b"<Circuit")
    run.stdout.close()
    assert run.stderr.read() == b""
    assert run.wait() == 1
    run.stderr.close()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c():
    run = process(
        "bench", "--qubits", "16", preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler)
    )
    first = run.stdout.readline()
    time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate()
    assert first.startswith(b"ghz")
    assert run.returncode == 130
    assert err.startswith(b"qsim: stopped.")
    assert b"Traceback" not in err


@pytest.mark.parametrize(
    ("kind", "start"), [("text", b"q0"), ("svg", b"<svg"), ("png", b"\x89PNG"), ("latex", b"%"), ("html", b"<!doctype")]
)
def test_drawings_are_written_in_every_format(asked, tmp_path, kind, start):
    source, target = tmp_path / "a.json", tmp_path / f"drawing.{ {'text': 'txt', 'latex': 'tex'}.get(kind, kind) }"
    Circuit(2).h(0).cx(0, 1).save(source)
    code, out, err = asked("draw", source, "--format", kind, "--output", target)
    assert (code, out, err) == (0, "", "")
    assert target.read_bytes().lower().startswith(start.lower())
