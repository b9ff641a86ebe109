"""The layers: imports point down only, conveniences upward are few and named; what `import qsim` loads."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "qsim"
LAYERS = {
    "errors": 0, "bits": 0, "frozen": 0, "memory": 0, "lazy": 0,
    "algebra": 1, "kernels": 1,
    "gates": 2,
    "circuit": 3,
    "plan": 4, "states": 4,
    "engines": 5,
    "io": 6, "library": 6, "methods": 6, "readout": 6, "result": 6,
    "dynamic": 7,
    "run": 8,
    "compiled": 9, "explain": 9, "draw": 9, "plots": 9, "testing": 9,
    "cli": 10,
    "__main__": 11,
}  # fmt: skip
FORBIDDEN = {("gates", "kernels"), ("states", "circuit"), ("states", "plan"), ("algebra", "kernels")}
CONVENIENCES = {  # (file, function, module): one-line forwards to upper layers, with the import inside
    ("circuit/forwards.py", "state", "run"),
    ("circuit/forwards.py", "sample", "run"),
    ("circuit/forwards.py", "steps", "run"),
    ("circuit/forwards.py", "compile", "compiled"),
    ("circuit/forwards.py", "explain", "explain"),
    ("circuit/forwards.py", "draw", "draw"),
    ("circuit/forwards.py", "formula", "draw"),
    ("circuit/forwards.py", "explore", "draw"),
    ("circuit/circuit.py", "_amplitudes", "states"),
    ("circuit/forwards.py", "from_qasm", "io"),
    ("circuit/forwards.py", "load", "io"),
    ("circuit/forwards.py", "to_qasm", "io"),
    ("circuit/forwards.py", "save", "io"),
    ("states/state.py", "evolve", "run"),
    ("states/counts.py", "plot", "plots"),
    ("states/counts.py", "__str__", "plots"),
    ("states/counts.py", "_repr_html_", "plots"),
    ("states/distribution.py", "_repr_html_", "plots"),
    ("states/base.py", "_repr_html_", "plots"),
    ("plan/report.py", "_repr_html_", "plots"),
    ("plan/report.py", "draw", "draw"),
    ("result.py", "_repr_html_", "plots"),
}


def imports(path):
    """(function or None, top-level module of qsim) of each import outside TYPE_CHECKING blocks."""

    def walk(node, function):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING":
                continue
            inside = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
            names = []
            if isinstance(child, ast.ImportFrom) and (child.module or "").split(".")[0] == "qsim":
                parts = child.module.split(".")
                names = [parts[1]] if len(parts) > 1 else [alias.name for alias in child.names]
            elif isinstance(child, ast.Import):
                names = [a.name.split(".")[1] for a in child.names if a.name.startswith("qsim.")]
            yield from ((inside, name) for name in names)
            yield from walk(child, inside)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), None)


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        relative = path.relative_to(PACKAGE)
        home = relative.parts[0].removesuffix(".py")
        if home != "__init__":
            yield relative.as_posix(), home, path


def test_every_module_has_a_layer():
    assert {home for _, home, _ in modules()} <= set(LAYERS)


def test_imports_point_down():
    upward = set()
    for name, home, path in modules():
        for function, target in imports(path):
            if target == home:
                continue
            assert target in LAYERS, f"{name} imports qsim.{target}, which is in no layer"
            if LAYERS[target] >= max(LAYERS[home], 1) or (home, target) in FORBIDDEN:
                upward.add((name, function, target))
    assert upward - CONVENIENCES == set()
    assert CONVENIENCES - upward == set(), "a listed convenience is gone: take it off the list"


@pytest.mark.parametrize(("name", "path"), [(name, path) for name, _, path in modules()])
def test_files_stay_short(name, path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


def test_import_loads_numpy_and_nothing_heavier():
    code = (
        "import sys, qsim; from qsim import Circuit; Circuit(2).h(0).cx(0, 1).sample(100, seed=1); "
        "print(*sorted({name.split('.')[0] for name in sys.modules} & "
        "{'scipy', 'matplotlib', 'numba', 'llvmlite', 'pandas', 'IPython', 'qiskit', 'hypothesis'}))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert loaded == []


BELL = "import numpy.random, numpy.typing, sys; before = set(sys.modules); from qsim import Circuit; "
BELL += "str(Circuit(2).h(0).cx(0, 1).sample(1000, seed=7)); print(*sorted(set(sys.modules) - before))"
BELL_MODULES = """
    algebra algebra.checks algebra.constants algebra.factors algebra.forms algebra.kron algebra.operator algebra.terms
    bits circuit circuit.analysis circuit.blocks circuit.builder circuit.circuit circuit.classical circuit.flow
    circuit.forwards circuit.gate_methods circuit.instructions circuit.registers engines engines.control engines.indexed
    engines.job engines.numpy_path engines.options engines.program engines.progress engines.session engines.start
    engines.templates errors frozen gates gates.angles gates.formulas gates.gate gates.spec gates.table kernels lazy
    memory methods plots plots._bars plots.text readout result run states states._layout states._outcomes states._qubits
    states.base states.counts states.distances states.record states.sampling states.state states.vectors
"""


def test_a_bell_state_loads_what_it_needs():
    """Each module is a fifth of a millisecond of every start; `cmath` is all that NumPy has not loaded."""
    loaded = subprocess.run([sys.executable, "-c", BELL], capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded) <= {"cmath", "qsim", *(f"qsim.{name}" for name in BELL_MODULES.split())}


def test_public_names_exist():
    import qsim
    from qsim import algebra, circuit, gates, states

    for module in (qsim, algebra, circuit, gates, states):
        for name in module.__all__:
            assert getattr(module, name) is not None


def test_generated_files_are_fresh():
    from qsim.gates.generate import main

    assert main(["--check"]) == 0


def test_gate_names_stay_in_the_table():
    """A gate's name stands in the table and in what is generated from it, not in engines, drawers or transforms."""
    names = {"'sdg'", '"sdg"', "'crx'", '"crx"', "'iswap'", '"iswap"', "'rccx'", '"rccx"'}
    for name, _, path in modules():
        if name not in ("gates/table.py", "gates/named.py", "circuit/gate_methods.py"):
            text = path.read_text(encoding="utf-8")
            assert not [word for word in names if word in text], name
