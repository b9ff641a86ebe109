"""The memory guard: how much there is, what is refused, and that every way to run asks."""

import platform
import sys
import tracemalloc
from functools import reduce

import numpy as np
import pytest
import scipy.sparse  # noqa: F401  its import would count as allocated
from scipy.stats import unitary_group

from qsim import Circuit, Operator, State, TooLargeError, gates, kron, memory, run
from qsim.algebra import I, X, Z
from qsim.kernels import try_load
from qsim.methods import METHODS

MIB = 2**20
WIDTHS = [31, 32, 33, 62, 63, 64, 65]


@pytest.fixture
def set_memory(monkeypatch):
    """Pretend that so many bytes can be had beyond the reserve."""

    def set_to(size):
        for module in ("qsim.memory", "qsim.methods"):
            monkeypatch.setattr(f"{module}.available_memory", lambda: memory._RESERVE + size, raising=False)

    return set_to


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1, "1 bytes"),
        (1023, "1.02e+03 bytes"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (2**20, "1 MiB"),
        (3 * 2**30, "3 GiB"),
        (2**40, "1 TiB"),
        (2**50, "1 PiB"),
        (2**60, "1 EiB"),
        (512 * 2**60, "512 EiB"),
        (2**70, "2^70 bytes"),
        (2**70 + 1, "more than 2^70 bytes"),
        (2**4000, "2^4000 bytes"),
    ],
)
def test_bytes_are_written_with_binary_units(count, text):
    assert memory.format_bytes(count) == text


def control_group(folder, limit, used, stat):
    paths = [folder / name for name in ("memory.max", "memory.current", "memory.stat")]
    for path, text in zip(paths, (limit, used, stat), strict=True):
        if text is not None:
            path.write_text(text)
    return memory._cgroup_left(*paths)


@pytest.mark.parametrize(
    ("limit", "used", "stat", "left"),
    [
        ("1000\n", "300\n", "anon 100\ninactive_file 50\nactive_file 7\n", 750),  # cached pages count as free
        ("1000\n", "300\n", "anon 100\n", 700),
        ("1000\n", "1200\n", "inactive_file 50\n", -150),
        ("max\n", "300\n", "inactive_file 50\n", None),
        ("9223372036854771712\n", "300\n", "inactive_file 50\n", None),  # unlimited, in the first version
        (None, "300\n", "inactive_file 50\n", None),
        ("1000\n", None, "inactive_file 50\n", None),
        ("1000\n", "300\n", None, None),
        ("much\n", "300\n", "inactive_file 50\n", None),
    ],
)
def test_what_a_control_group_leaves(tmp_path, limit, used, stat, left):
    assert control_group(tmp_path, limit, used, stat) == left


@pytest.mark.parametrize(
    ("system", "groups", "available"),
    [
        (1000, [None, None], 1000),
        (1000, [400, None], 400),
        (1000, [5000, 700], 700),
        (None, [5000, None], 5000),
        (1000, [-20, None], 0),
    ],
)
def test_the_least_of_what_is_known_is_available(monkeypatch, system, groups, available):
    monkeypatch.setattr(memory, "_system_available", lambda: system)
    monkeypatch.setattr(memory, "_cgroup_available", lambda: groups)
    assert memory.available_memory() == available


def test_where_nothing_is_known_nothing_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "_system_available", lambda: None)
    monkeypatch.setattr(memory, "_cgroup_available", lambda: [None, None])
    memory.require_memory(2**60, "A test")


def test_what_fits_passes_and_a_byte_more_is_refused(set_memory):
    set_memory(5 * MIB)
    memory.require_memory(5 * MIB, "A test")
    with pytest.raises(TooLargeError, match=r"^A test needs 6 MiB, but 5 MiB can be had\. Take less\.$"):
        memory.require_memory(6 * MIB, "A test", "Take less.")
    with pytest.raises(TooLargeError, match=r"can be had\.$"):
        memory.require_memory(5 * MIB + 1, "A test")


def test_a_hint_is_formed_where_it_is_told(set_memory):
    set_memory(2**22)
    hints = []
    memory.require_memory(2**22, "This", lambda: hints.append(1) or "Less would fit.")
    assert not hints
    for hint in ("Less would fit.", lambda: "Less would fit."):
        with pytest.raises(TooLargeError, match=r"This needs 8 MiB, but 4 MiB can be had\. Less would fit\.$"):
            memory.require_memory(2**23, "This", hint)


def test_the_reserve_is_left_alone_and_small_work_is_not_asked_about(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: memory._RESERVE // 2)
    memory.require_memory(MIB, "A test")
    with pytest.raises(TooLargeError, match="0 bytes can be had"):
        memory.require_memory(MIB + 1, "A test")


# ── Every way to run asks ─────────────────────────────────────────────────────────────────────────────────────────────

PLAIN = Circuit(18).h(0)  # a state of 4 MiB
START = State.zeros(18)
MEASURED = Circuit(18).h(0).measure_all()
PARTLY = Circuit(18).h(0).measure(range(17))  # formed here: what that imports would count
RUNS = {
    "run": (lambda: run(PLAIN, None), 4),
    "run in single precision": (lambda: run(PLAIN, None, precision="single"), 2),
    "state": (PLAIN.state, 4),
    "steps hold the state before": (lambda: list(PLAIN.steps()), 8),
    "run of a wide gate on a copy": (lambda: run(Circuit(18).h(0, controls=[1]), None), 4),
    "sample": (lambda: PLAIN.sample(3, seed=0), 4),
    "sample of all qubits reads the state": (lambda: MEASURED.sample(3, seed=0), 4),
    "sample of some qubits forms their distribution": (lambda: PARTLY.sample(3, seed=0), 6),
    "no shots, no distribution": (lambda: run(PARTLY, None), 4),
    "no shots, no sampling": (lambda: run(MEASURED, None), 4),
    "verify takes two states more": (lambda: run(PLAIN, None, verify=True), 12),
    "a label in another precision": (lambda: run(PLAIN, None, initial="0" * 18, precision="single"), 6),
    "a label where it is wanted": (lambda: run(PLAIN, None, initial="0" * 18), 4),
    "an initial state is copied": (lambda: run(PLAIN, None, initial=START), 4),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_run_that_needs_more_is_refused_before_anything_is_allocated(name, set_memory):
    call, size = RUNS[name]
    call()  # loads the modules that it needs, which would count
    set_memory(size * MIB - 1)
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError, match=r"18 qubits .* \d+ qubits would fit"):
            call()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MIB
    set_memory(size * MIB)
    assert call()


def test_what_out_holds_is_there_already(set_memory):
    out = START.amplitudes.copy()
    set_memory(0)
    assert np.shares_memory(run(PLAIN, None, initial=START, out=out).state.amplitudes, out)
    set_memory(2 * MIB - 1)
    with pytest.raises(TooLargeError):
        run(PARTLY, 3, out=out)
    run(MEASURED, 3, out=out)


def test_initial_is_not_copied_where_it_is_out():
    circuit, out = Circuit(20).h(0), State.zeros(20).amplitudes.copy()  # 16 MiB
    run(circuit, None, out=out)
    tracemalloc.start()
    try:
        for initial in (out, State._wrap(out)):
            run(circuit, None, initial=initial, out=out, method="numpy")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * MIB
    assert abs(out[0]) == pytest.approx(0.5**0.5)
    shifted = np.zeros(2**18 + 1, dtype=complex)
    shifted[1] = 1
    run(PLAIN, None, initial=shifted[1:], out=shifted[:-1])
    assert abs(shifted[0]) == pytest.approx(0.5**0.5)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("initial", [None, START, "+" * 18], ids=["zero", "state", "label"])
def test_states_begin_at_a_cache_line(initial, precision):
    for method in ("numpy", "statevector") if try_load(precision) else ("numpy",):
        final = run(PLAIN, None, initial=initial, precision=precision, method=method).state
        assert final.amplitudes.ctypes.data % 64 == 0


@pytest.mark.parametrize("count", [1, 5, 2**16])
def test_aligned_arrays(count):
    for dtype in (np.uint8, np.float32, np.complex128):
        zeros = memory.aligned(count, dtype, zeroed=True)
        assert (zeros.shape, zeros.dtype, zeros.ctypes.data % 64) == ((count,), dtype, 0)
        assert not zeros.any()
        assert memory.aligned(count, dtype).flags.carray


WIDE = 21  # qubits: 32 MiB
SWAPS = Circuit(WIDE).h(range(WIDE))
for qubit in range(10):
    SWAPS.swap(qubit, 19 - qubit).cx(qubit, 10)
UNITARY = gates.unitary(unitary_group.rvs(2**6, random_state=1))
SWEPT = {
    "swaps": SWAPS,
    "phases across": Circuit(WIDE).h(range(WIDE)).cp(0.3, range(1, WIDE), range(WIDE - 1)).h(range(WIDE)),
    "dense on three qubits": Circuit(WIDE).h(0).rccx(3, 19, 0).append(gates.rxx(0.3).controlled(), 2, 1, 20),
    "dense on six qubits": Circuit(WIDE).append(UNITARY, 3, 19, 0, 12, 2, 5).swap(0, 3),
    "measured": Circuit(WIDE).h(range(WIDE)).measure_all(),
    "measured in part": Circuit(WIDE).h(range(WIDE)).measure(range(WIDE - 1)),
}


@pytest.mark.parametrize("circuit", SWEPT.values(), ids=SWEPT)
@pytest.mark.skipif(try_load("double") is None, reason="no compiled kernels on this machine")
def test_the_planned_engine_holds_one_state(circuit):
    out = State.random(WIDE, seed=2).amplitudes.copy()
    for initial in (out, None):
        tracemalloc.start()
        try:
            run(circuit, 100, initial=initial, out=out, method="statevector")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 24 * MIB


def test_wide_gates_are_counted_by_what_they_copy(set_memory):
    circuit = Circuit(19).append(UNITARY, 3, 18, 0, 12, 2, 5)
    set_memory(20 * MIB - 1)  # a state of 8 MiB, three copies of half of it
    with pytest.raises(TooLargeError):
        run(circuit, None, method="numpy")
    set_memory(20 * MIB)
    tracemalloc.start()
    try:
        run(circuit, None, method="numpy")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20 * MIB


def test_controls_do_not_make_a_gate_wide(set_memory):
    circuit = Circuit(19).ry(0.3, 0, controls=range(1, 9))
    set_memory(8 * MIB)
    run(circuit, None, method="numpy")
    set_memory(8 * MIB - 1)
    with pytest.raises(TooLargeError):
        run(circuit, None, method="numpy")


@pytest.mark.parametrize("label", ["+" * 18, "01rl" * 4 + "-0", "1" * 18])
def test_a_label_is_formed_where_it_lies(label):
    tracemalloc.start()
    try:
        amplitudes = State(label).amplitudes  # 4 MiB
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4.5 * MIB
    kets = {"0": [1, 0], "1": [0, 1], "+": [1, 1], "-": [1, -1], "r": [1, 1j], "l": [1, -1j]}
    scale = 2 ** (-sum(character not in "01" for character in label) / 2)
    expected = reduce(np.kron, [kets[character] for character in label]) * scale
    np.testing.assert_array_equal(amplitudes, expected)


# ── Widths around those of machine words ──────────────────────────────────────────────────────────────────────────────

FORMS = {
    **{f"run with method {m!r}": lambda n, m=m: run(Circuit(n).h(0), None, method=m) for m in METHODS},
    "sample": lambda n: Circuit(n).h(0).measure(n - 1).sample(5),
    "sample of all": lambda n: Circuit(n).sample(5),
    "steps": lambda n: next(Circuit(n).h(0).steps()),
    "probabilities": lambda n: Circuit(n).h(0).probabilities([0]),
    "unitary": lambda n: Circuit(n).h(0).cx(0, n - 1).unitary(),
    "sparse unitary": lambda n: Circuit(n).h(0).cx(0, n - 1).operator().sparse(),
    "unitary of nothing": lambda n: Circuit(n).unitary(),
    "matrix": lambda n: (X(0) @ Z(n - 1)).matrix(),
    "matrix of a padded operator": lambda n: X(0).matrix(n),
    "sparse": lambda n: (X(0) @ Z(n - 1)).sparse(),
    "sparse of a sum": lambda n: (X(0) + Z(n - 1)).sparse(),
    "basis state": lambda n: State("0" * n),
    "zeros": State.zeros,
    "random": lambda n: State.random(n, seed=1),
    "ghz": State.ghz,
    "w": State.w,
    "kron of states": lambda n: kron(State.zeros(16), State.zeros(n - 16)),
}


@pytest.mark.parametrize("num_qubits", WIDTHS)
@pytest.mark.parametrize("name", FORMS)
def test_wide_registers_are_refused_before_anything_is_allocated(name, num_qubits, set_memory):
    set_memory(256 * MIB)
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            FORMS[name](num_qubits)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * MIB


@pytest.mark.parametrize("n", WIDTHS)
def test_wide_operators_are_handled_term_by_term(n):
    operator = X(0) @ Z(n - 1) + 0.5 * Z(n - 2)
    ends, last = "X" + "I" * (n - 2) + "Z", "I" * (n - 2) + "ZI"
    assert operator.to_paulis() == {ends: 1, last: 0.5}
    assert Operator.from_paulis({ends: 1, last: 0.5}).to_paulis() == {ends: 1, last: 0.5}
    assert operator.is_hermitian
    assert not operator.is_diagonal
    assert not operator.is_unitary
    assert (operator @ operator - operator.power(2)).simplify() == 0 * I(n - 1)
    assert I(n - 1).trace() == 2**n
    assert Circuit(n).h(0).cx(0, n - 1).operator().num_qubits == n
    assert np.isfinite(complex(operator.trace()))


def test_pages_are_given_and_contents_stay():
    array = np.arange(2**20, dtype=np.float64)[5:-7]  # begins and ends within pages
    before = array.copy()
    memory.populate(array)
    memory.populate(array[:3])  # no whole page
    np.testing.assert_array_equal(array, before)
    if sys.platform == "linux":
        import resource

        fresh = memory.aligned(2**22, np.complex64, zeroed=True)
        memory.populate(fresh)
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        fresh[::512] = 1
        assert resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults < 100 or not is_populating()
        assert np.count_nonzero(fresh) == 2**22 // 512


def is_populating():
    """Whether the kernel knows the advice."""
    major, minor = map(int, platform.release().split(".")[:2])
    return (major, minor) >= (5, 14)
