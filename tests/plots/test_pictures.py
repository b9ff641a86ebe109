"""Pictures of states and operators: what the artists show, against numbers worked out another way."""

from functools import reduce
from itertools import combinations, product

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.container import BarContainer
from matplotlib.patches import Circle, FancyArrowPatch

from qsim import Circuit, gates, plots
from qsim.algebra import P0, P1, H, I, OperatorProduct, S, X, Y, Z, kron
from qsim.errors import OperatorError, StateError, TooLargeError
from qsim.plots._phases import phase_colors, phase_hex, phase_text
from qsim.states import DensityMatrix, State

PAULIS = {"I": np.eye(2), "X": np.array([[0, 1], [1, 0]]), "Y": np.array([[0, -1j], [1j, 0]]), "Z": np.diag([1, -1])}
MIXED = 0.6 * DensityMatrix(State.bell("psi-")) + 0.4 * DensityMatrix(State("+r"))
THREE = State.random(3, seed=4)


def bars(axes):
    """Heights and colours by the label of the bars."""
    found = [container for container in axes.containers if isinstance(container, BarContainer)]
    return {
        container.get_label(): ([p.get_height() for p in container], [p.get_facecolor() for p in container])
        for container in found
    }


def tick_labels(axes):
    return [label.get_text() for label in axes.get_xticklabels()]


def texts(axes):
    return [text.get_text() for text in axes.texts]


# ── Phases ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def contrast(one, other):
    """Contrast of two colours as WCAG 2 defines it, from 1 to 21."""

    def luminance(color):
        linear = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722] + 0.05

    brighter, darker = sorted((luminance(np.asarray(one)), luminance(np.asarray(other))), reverse=True)
    return brighter / darker


def test_phases_show_on_white_and_on_black_and_go_round():
    angles = np.linspace(-np.pi, np.pi, 721)
    colors = phase_colors(angles)
    assert colors.min() >= 0
    assert colors.max() <= 1
    for ground in (np.ones(3), np.zeros(3)):
        assert min(contrast(color, ground) for color in colors) > 1.9
    np.testing.assert_allclose(colors[0], colors[-1], atol=1e-12)
    steps = np.abs(np.diff(colors, axis=0)).max(axis=1)
    assert steps.max() < 0.03  # nowhere a jump
    quarters = phase_colors(np.array([0, 0.5, 1, -0.5]) * np.pi)
    assert min(np.abs(a - b).max() for a, b in combinations(quarters, 2)) > 0.2


@pytest.mark.parametrize(
    ("phase", "text"),
    [(0, "0"), (-0.0, "0"), (np.pi, "π"), (-np.pi, "π"), (3 * np.pi / 8, "3π/8"), (-1e-3, "≈0"), (2.0, "0.64π")],
)
def test_phases_as_text(phase, text):
    assert phase_text(phase) == text


def test_phases_that_are_no_numbers_are_grey():
    red, green, blue = phase_colors(np.array([np.nan]))[0]
    assert red == pytest.approx(green, abs=1e-6)
    assert green == pytest.approx(blue, abs=1e-6)
    assert phase_hex(np.inf) == phase_hex(np.nan)
    assert phase_text(np.nan) == "nan"


# ── Amplitudes ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_amplitudes():
    vector = np.array([0.5, 0, 0.5j, 0, 0, -0.5, 0, 0.5 * np.exp(0.25j * np.pi)])
    axes = plots.amplitudes(vector)
    assert tick_labels(axes) == ["000", "010", "101", "111"]
    assert texts(axes) == ["0", "π/2", "π", "π/4"]
    heights, colors = bars(axes)["amplitudes"]
    np.testing.assert_allclose(heights, 0.5)
    np.testing.assert_allclose(np.array(colors)[:, :3], phase_colors(np.array([0, 0.5, 1, 0.25]) * np.pi), atol=1e-9)
    assert axes.get_xlabel() == "basis state (q0 q1 q2)"
    assert axes.get_ylim()[0] == 0
    (wheel,) = [other for other in axes.figure.axes if other is not axes]
    assert wheel.get_label() == "phase wheel"
    assert {"0", "π/2", "π", "-π/2"} <= set(texts(wheel))


@pytest.mark.parametrize(("probability", "power"), [(False, 1), (True, 2)])
def test_the_rest_of_the_amplitudes(probability, power):
    state = State.random(6, seed=3)
    axes = plots.amplitudes(state, top=10, sort="size", probability=probability)
    order = np.argsort(-np.abs(state.amplitudes))
    assert tick_labels(axes) == [*(f"{index:06b}" for index in order[:10]), "rest (54)"]
    found = bars(axes)
    np.testing.assert_allclose(found["amplitudes"][0], np.abs(state.amplitudes[order[:10]]) ** power, atol=1e-12)
    rest = np.linalg.norm(state.amplitudes[order[10:]]) ** power
    assert found["rest"][0] == pytest.approx([rest])
    assert axes.get_ylim()[1] < rest  # it is cut, and says so
    assert texts(axes)[-1] == f"{rest:.3g} →"
    assert "→" not in "".join(texts(plots.amplitudes(state, top=63)))


def test_amplitudes_of_any_norm_and_of_nothing():
    (heights, _) = bars(plots.amplitudes(3 * State("1")))["amplitudes"]
    assert heights == pytest.approx([3])
    assert bars(plots.amplitudes(3 * State("++"), top=1))["rest"][0] == pytest.approx([1.5 * np.sqrt(3)])
    assert tick_labels(plots.amplitudes(0 * State("01"))) == []
    assert tick_labels(plots.amplitudes(State(""))) == [""]


@pytest.mark.parametrize("name", ["amplitudes", "city", "hinton", "operator_matrix", "qsphere"])
def test_pictures_without_the_wheel_of_phases(name):
    draw = getattr(plots, name)
    state = np.eye(4) if name == "operator_matrix" else State.bell("psi-")
    axes, alone = draw(state), draw(state, wheel=False)
    assert [other.get_label() for other in axes.figure.axes[1:]] == ["phase wheel"]
    assert alone.figure.axes == [alone]
    assert axes.figure.get_figwidth() - alone.figure.get_figwidth() == pytest.approx(0.8)
    side_by_side = plt.figure(layout="constrained")
    many = [side_by_side.add_subplot(1, 2, place, projection=axes.name) for place in (1, 2)]
    assert [draw(state, ax=ax, wheel=ax is many[1]) for ax in many] == many
    assert len(side_by_side.axes) == 3
    one, other = (ax.xaxis.label.get_fontsize() for ax in many)
    assert one == pytest.approx(other)  # the wheel takes a part of the room, but the text is as large


# ── Bloch spheres ─────────────────────────────────────────────────────────────────────────────────────────────────────


def bloch_by_matrices(rho, qubit, num_qubits):
    def lifted(letter):
        return reduce(np.kron, [PAULIS[letter] if place == qubit else np.eye(2) for place in range(num_qubits)])

    return np.array([np.trace(rho @ lifted(letter)).real for letter in "XYZ"])


def projected(vector):
    """Seen by an observer who turned the sphere by 28° about z, then tipped it by 18° towards himself."""
    azimuth, elevation = np.radians([28, 18])
    x, y, z = vector
    toward, right = x * np.cos(azimuth) + y * np.sin(azimuth), y * np.cos(azimuth) - x * np.sin(azimuth)
    return np.array([right, z * np.cos(elevation) - toward * np.sin(elevation)])


@pytest.mark.parametrize(
    "state", [State("0+r"), THREE, kron(State("r"), State.bell("psi+"))], ids=["0+r", "any", "r⊗ψ"]
)
def test_bloch_vectors(state):
    axes = plots.bloch(state)
    rho = np.outer(state.amplitudes, state.amplitudes.conj())
    expected = [bloch_by_matrices(rho, qubit, 3) for qubit in range(3)]
    balls = [patch for patch in axes.patches if isinstance(patch, Circle) and patch.get_label() == "ball"]
    np.testing.assert_allclose([ball.radius for ball in balls], np.linalg.norm(expected, axis=1), atol=1e-9)
    arrows = [patch for patch in axes.patches if isinstance(patch, FancyArrowPatch)]
    long = [(ball, vector) for ball, vector in zip(balls, expected, strict=True) if np.linalg.norm(vector) > 0.01]
    assert len(arrows) == len(long)
    for arrow, (ball, vector) in zip(arrows, long, strict=True):
        start, end = arrow._posA_posB
        np.testing.assert_allclose(start, ball.center)
        np.testing.assert_allclose(np.subtract(end, ball.center), projected(vector), atol=1e-9)


@pytest.mark.parametrize("size", [1.2, 2.6, 6])
def test_the_arrow_is_above_the_axes_of_the_sphere(size):
    axes = plots.bloch("0", ax=new_axes("bloch", (size, size)))
    (arrow,) = [patch for patch in axes.patches if isinstance(patch, FancyArrowPatch)]
    assert arrow.get_zorder() > max(line.get_zorder() for line in axes.lines)
    axes.figure.canvas.draw()
    pixels = np.asarray(axes.figure.canvas.buffer_rgba())[..., :3] / 255
    x, height = axes.transData.transform((0, 0))[0], pixels.shape[0]
    shaft = [height - axes.transData.transform((0, share))[1] for share in (0.1, 0.65)]
    column = pixels[round(shaft[1]) : round(shaft[0]), int(x) - 1 : int(x) + 2]
    nearest = np.abs(column - to_rgb("#D55E00")).max(axis=2).min(axis=1)
    assert nearest.max() < 0.25  # its colour all along


@pytest.mark.parametrize(("size", "columns"), [((7, 1.4), 6), ((4, 3), 3), ((1.2, 7), 1)])
def test_bloch_spheres_fill_the_axes(size, columns):
    axes = plots.bloch("0" * 6, ax=new_axes("bloch", size))
    centers = {round(patch.center[0], 6) for patch in axes.patches if isinstance(patch, Circle)}
    assert len(centers) == columns


def test_bloch_spheres_of_listed_qubits():
    axes = plots.bloch("01+", qubits=[2, 0])
    assert [text for text in texts(axes) if text[0] == "q"] == ["q2   |r| = 1", "q0   |r| = 1"]
    half = 0.5 * DensityMatrix(State("0")) + 0.5 * DensityMatrix(State("1"))
    assert "q0   |r| = 0" in texts(plots.bloch(half))
    assert len([text for text in texts(plots.bloch("0" * 24)) if text[0] == "q"]) == 24


# ── Q-sphere ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def points(axes):
    (scatter,) = [found for found in axes.collections if isinstance(found, PathCollection)]
    return np.asarray(scatter.get_offsets()), scatter.get_sizes(), scatter.get_facecolors()[:, :3]


def test_points_of_the_q_sphere():
    axes = plots.qsphere(THREE)
    places, sizes, _ = points(axes)
    expected = []
    for index in range(8):
        equals = [other for other in range(8) if other.bit_count() == index.bit_count()]
        height, turn = 1 - 2 * index.bit_count() / 3, 2 * np.pi * equals.index(index) / len(equals)
        radius = np.sqrt(1 - height**2)
        expected.append(projected([radius * np.cos(turn), radius * np.sin(turn), height]))
    for index, place in enumerate(expected):
        nearest = np.linalg.norm(places - place, axis=1).argmin()
        np.testing.assert_allclose(places[nearest], place, atol=1e-9)
        assert sizes[nearest] / sizes.sum() == pytest.approx(abs(THREE.amplitudes[index]) ** 2, rel=0.3, abs=0.02)


def test_names_and_colors_on_the_q_sphere():
    axes = plots.qsphere([0.8, 0, 0, -0.6j])
    _, _, colors = points(axes)
    assert texts(axes) == ["|00⟩", "|11⟩", "q0 q1"]
    front = phase_colors(np.array([0.0, -np.pi / 2]))
    assert min(np.abs(colors - color).max(axis=1).min() for color in front[:1]) < 1e-6
    assert len(points(plots.qsphere(State.random(8, seed=1)))[0]) == 64
    assert len(texts(plots.qsphere(State.random(8, seed=1)))) <= 21


# ── Matrices ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("state", [MIXED, THREE, "0-"])
def test_squares_of_a_hinton_diagram(state):
    axes = plots.hinton(state)
    rho = DensityMatrix(State(state) if isinstance(state, str) else state).matrix
    (squares,) = [found for found in axes.collections if isinstance(found, PolyCollection)]
    areas = np.zeros(rho.shape)
    for path, color in zip(squares.get_paths(), squares.get_facecolors(), strict=True):
        corners = path.vertices[:4]
        column, row = corners.mean(axis=0).round().astype(int)
        areas[row, column] = np.prod(np.ptp(corners, axis=0))
        np.testing.assert_allclose(color[:3], phase_colors(np.angle(rho[row, column])), atol=1e-9)
    np.testing.assert_allclose(areas / areas.max(), np.abs(rho) / np.abs(rho).max(), atol=1e-9)
    assert areas.max() < 1
    assert axes.yaxis_inverted()  # row 0 at the top


def test_towers_of_a_city(monkeypatch):
    drawn = {}

    def bar3d(self, x, y, z, dx, dy, dz, color, **options):
        drawn.update(x=x + dx / 2, y=y + dy / 2, heights=dz, color=color)

    monkeypatch.setattr("mpl_toolkits.mplot3d.Axes3D.bar3d", bar3d)
    axes = plots.city(MIXED)
    rho = MIXED.matrix
    columns, rows = drawn["x"].round().astype(int), drawn["y"].round().astype(int)
    heights = np.zeros((4, 4))
    heights[rows, columns] = drawn["heights"]
    np.testing.assert_allclose(heights, np.abs(rho), atol=1e-12)
    np.testing.assert_allclose(drawn["color"], phase_colors(np.angle(rho[rows, columns])))
    assert axes.name == "3d"
    assert "row (q0 q1)" in axes.get_ylabel()


OPERATORS = {
    "cx": (kron(P0, I) + kron(P1, X), np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]])),
    "placed": (Y(1) @ Z(0), np.kron(PAULIS["Z"], PAULIS["Y"])),
    "gate": (gates.s, np.diag([1, 1j])),
    "circuit": (Circuit(2).x(0).h(1), np.kron(PAULIS["X"], np.array([[1, 1], [1, -1]]) / np.sqrt(2))),
    "product": (OperatorProduct(X(0), Z(1)), np.kron(PAULIS["X"], PAULIS["Z"])),
    "array": ([[0, 2], [1j, 0]], np.array([[0, 2], [1j, 0]])),
    "sparse": ((kron(H, S)).sparse(), np.kron(np.array([[1, 1], [1, -1]]) / np.sqrt(2), np.diag([1, 1j]))),
}


@pytest.mark.parametrize(("operator", "matrix"), OPERATORS.values(), ids=OPERATORS)
def test_the_picture_of_an_operator(operator, matrix):
    axes = plots.operator_matrix(operator)
    (image,) = axes.images
    pixels = np.asarray(image.get_array())
    assert pixels.shape == (*matrix.shape, 3)
    share = np.abs(matrix) / np.abs(matrix).max()
    share = np.where(share > 0, 0.18 + 0.82 * share, 0)[..., np.newaxis]
    np.testing.assert_allclose(pixels, share * phase_colors(np.angle(matrix)) + 1 - share, atol=1e-9)
    assert axes.get_title().startswith(f"{np.count_nonzero(matrix)} of {matrix.size} entries")


def test_lines_between_nested_blocks():
    axes = plots.operator_matrix(np.eye(8))
    lines = [found for found in axes.collections if isinstance(found, LineCollection)]
    columns = [{segment[0, 0] for segment in found.get_segments()} for found in lines[::2]]
    assert columns == [{3.5}, {1.5, 5.5}, {0.5, 2.5, 4.5, 6.5}]
    widths = [found.get_linewidth()[0] for found in lines[::2]]
    assert widths == sorted(widths, reverse=True)
    assert tick_labels(plots.operator_matrix(np.eye(64)))[:2] == ["000…", "001…"]


# ── Correlations ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("sort", ["key", "size"])
@pytest.mark.parametrize("state", [MIXED, THREE], ids=["mixed", "pure"])
def test_the_pauli_vector(state, sort):
    axes = plots.pauli_vector(state, top=64, sort=sort)
    rho = DensityMatrix(state).matrix
    expected = {}
    for letters in product("IXYZ", repeat=state.num_qubits):
        value = np.trace(rho @ reduce(np.kron, [PAULIS[letter] for letter in letters])).real
        if abs(value) > 1e-9 and set(letters) != {"I"}:
            expected["".join(letters)] = value
    names = tick_labels(axes)
    assert sorted(names) == sorted(expected)
    for name, (heights, _) in bars(axes).items():
        weight = int(name.split()[1])
        here = [string for string in names if len(string.replace("I", "")) == weight]
        np.testing.assert_allclose(heights, [expected[string] for string in here], atol=1e-9)
    if sort == "key":
        assert [len(name.replace("I", "")) for name in names] == sorted(len(n.replace("I", "")) for n in names)
    else:
        sizes = [abs(expected[name]) for name in names]
        np.testing.assert_allclose(sizes, sorted(sizes, reverse=True), atol=1e-9)


def test_hidden_pauli_strings_are_counted():
    axes = plots.pauli_vector(THREE, top=5)
    assert len(tick_labels(axes)) == 5
    assert axes.get_xlabel().endswith("58 others are not zero")
    assert tick_labels(plots.pauli_vector(DensityMatrix.maximally_mixed(2))) == []


def entropy(rho):
    values = np.linalg.eigvalsh(rho)
    return float(-sum(value * np.log2(value) for value in values if value > 1e-14))


def test_the_entanglement_map():
    state = kron(State("+"), State.bell(), State.random(2, seed=2))
    axes = plots.entanglement_map(state, qubits=[4, 1, 2, 0])
    tensor = state.amplitudes.reshape([2] * 5)

    def reduced(*qubits):
        others = [qubit for qubit in range(5) if qubit not in qubits]
        matrix = np.transpose(tensor, [*qubits, *others]).reshape(2 ** len(qubits), -1)
        return matrix @ matrix.conj().T

    table = np.asarray(axes.images[0].get_array())
    for (i, one), (j, other) in product(enumerate([4, 1, 2, 0]), repeat=2):
        single = entropy(reduced(one))
        information = single if i == j else single + entropy(reduced(other)) - entropy(reduced(one, other))
        assert table[i, j] == pytest.approx(information, abs=1e-9)
    assert tick_labels(axes) == ["q4", "q1", "q2", "q0"]
    assert texts(axes)[6] == "2"  # the Bell pair


# ── Any picture ───────────────────────────────────────────────────────────────────────────────────────────────────────

PICTURES = {
    "amplitudes": lambda **k: plots.amplitudes(State.random(10, seed=1), **k),
    "few amplitudes": lambda **k: plots.amplitudes(State.bell("psi-"), **k),
    "bloch": lambda **k: plots.bloch(THREE, **k),
    "many spheres": lambda **k: plots.bloch("01+-rl" * 3, **k),
    "hinton": lambda **k: plots.hinton(MIXED, **k),
    "large hinton": lambda **k: plots.hinton(State.random(6, seed=1), **k),
    "city": lambda **k: plots.city(MIXED, **k),
    "city alone": lambda **k: plots.city(THREE, **k, wheel=False),
    "qsphere": lambda **k: plots.qsphere(THREE, **k),
    "pauli_vector": lambda **k: plots.pauli_vector(State.random(4, seed=1), **k),
    "entanglement_map": lambda **k: plots.entanglement_map(State.random(5, seed=1), **k),
    "large map": lambda **k: plots.entanglement_map(State.ghz(12), **k),
    "operator_matrix": lambda **k: plots.operator_matrix(kron(H, S, X, Y), **k),
    "matrix alone": lambda **k: plots.operator_matrix(kron(H, S, X, Y), **k, wheel=False),
    "large matrix": lambda **k: plots.operator_matrix(kron(H, S, X, Y, H, I, P0), **k),
}
PARAMETERS = pytest.mark.parametrize(("name", "draw"), PICTURES.items(), ids=PICTURES)


def new_axes(name, size=(3, 2.4)):
    figure = plt.figure(figsize=size, layout="constrained", dpi=100)
    return figure.add_subplot(projection="3d" if name.startswith("city") else None)


def visible_texts(figure):
    """All that is drawn: not the labels of axes that are off, nor of ticks past the ends of an axis."""
    hidden = {text for axes in figure.axes if not axes.axison for text in axes.findobj(mpl.text.Text)}
    for axes in figure.axes:
        hidden -= set(axes.texts)
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=False)
            hidden |= {label for place, label in ticks if not low <= place <= high}
    found = figure.findobj(mpl.text.Text)
    return [text for text in found if text.get_text() and text.get_visible() and text not in hidden]


@PARAMETERS
@pytest.mark.parametrize("size", ["own", "small"])
def test_no_text_is_cut_off(name, draw, size):
    axes = draw() if size == "own" else draw(ax=new_axes(name))
    figure = axes.figure
    figure.canvas.draw()
    inside = figure.bbox.padded(2)
    for text in visible_texts(figure):
        box = text.get_window_extent()
        assert inside.containsx(box.x0), text
        assert inside.containsx(box.x1), text
        assert inside.containsy(box.y0), text
        assert inside.containsy(box.y1), text
        assert text.get_fontsize() >= 3.5, text


@PARAMETERS
@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_text_and_lines_have_the_ink_of_the_style(name, draw, style):
    with plt.style.context(style):
        axes = draw()
        ground = to_rgb(axes.figure.get_facecolor())
        inside_cells = set(axes.texts) if name in ("entanglement_map", "large map") else set()
        for text in set(visible_texts(axes.figure)) - inside_cells:
            assert contrast(to_rgb(text.get_color()), ground) > 10, text
        for line in axes.lines:
            assert contrast(to_rgb(line.get_color()), ground) > 1.2, line
        for text in inside_cells:
            color = axes.images[0].to_rgba(float(text.get_text()))[:3]
            assert contrast(to_rgb(text.get_color()), color) > 4, text


@PARAMETERS
def test_it_draws_on_given_axes_and_leaves_settings_alone(name, draw):
    axes = new_axes(name)
    before = dict(mpl.rcParams)
    assert draw(ax=axes) is axes
    assert plt.get_fignums() == [axes.figure.number]
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize(
    ("draw", "error", "rule"),
    [
        (lambda: plots.amplitudes(MIXED), TypeError, "Argument `state` must be a pure state"),
        (lambda: plots.amplitudes("0", top=0), StateError, "Argument `top` must be 1 or more, but is 0"),
        (lambda: plots.amplitudes("0", sort="count"), StateError, '"key" or "size", but is \'count\''),
        (lambda: plots.amplitudes(2 * State("0"), probability=True), StateError, "normalized"),
        (lambda: plots.amplitudes(State._wrap(np.array([np.nan, 1 + 0j]))), StateError, "NaN"),
        (lambda: plots.bloch(3), TypeError, "Argument `state` must be a State, a DensityMatrix, a label or an array"),
        (lambda: plots.bloch("0" * 25), TooLargeError, "up to 24 qubits, but the state has 25: list some"),
        (lambda: plots.bloch("00", qubits=[]), StateError, "Argument `qubits` must have a qubit"),
        (lambda: plots.bloch("00", qubits=[2]), StateError, "range"),
        (lambda: plots.bloch(2 * State("0")), StateError, "normalized"),
        (lambda: plots.bloch("0", ax=3), TypeError, "Argument `ax` must be matplotlib axes, but is int"),
        (lambda: plots.qsphere("0" * 13), TooLargeError, "up to 12 qubits, but the state has 13"),
        (lambda: plots.qsphere(MIXED), TypeError, "pure"),
        (lambda: plots.qsphere(""), StateError, "needs a qubit"),
        (lambda: plots.hinton("0" * 8), TooLargeError, "up to 7 qubits, but the state has 8: draw state.reduced"),
        (lambda: plots.city("0" * 6), TooLargeError, "up to 5 qubits, but the state has 6"),
        (lambda: plots.pauli_vector("0" * 9), TooLargeError, "up to 8 qubits, but the state has 9"),
        (lambda: plots.entanglement_map("0" * 25), TooLargeError, "up to 24 qubits"),
        (lambda: plots.operator_matrix(np.ones((2, 3))), OperatorError, r"2\^n × 2\^n matrix, but has shape \(2, 3\)"),
        (lambda: plots.operator_matrix([[np.inf, 0], [0, 1]]), OperatorError, "must be finite"),
        (lambda: plots.operator_matrix("X"), TypeError, "Argument `operator`"),
        (lambda: plots.operator_matrix(Z(40)), TooLargeError, "up to 9 qubits, but the operator has 41"),
        (lambda: plots.operator_matrix(Circuit(30).h(0)), TooLargeError, "the operator has 30"),
    ],
)
def test_what_is_refused(draw, error, rule):
    with pytest.raises(error, match=rule):
        draw()
    assert plt.get_fignums() == []


def test_flat_axes_are_no_place_for_a_city():
    axes = new_axes("flat")
    with pytest.raises(StateError, match='projection "3d", but is of "rectilinear"'):
        plots.city("0", ax=axes)
    with pytest.raises(StateError, match='projection "rectilinear", but is of "3d"'):
        plots.hinton("0", ax=new_axes("city"))
