"""Pictures as they are rendered, against small references: grey values of a coarse grid, kept as digits.

`python tests/plots/test_rendered.py` writes the references anew; look at the pictures before you keep them.
"""

import io
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

from qsim import plots
from qsim.algebra import P0, P1, H, I, S, X, kron
from qsim.states import Counts, DensityMatrix, State

REFERENCES = Path(__file__).with_name("rendered.txt")
CELLS = (12, 16)  # rows and columns
LEVELS = 61  # grey values, as characters from "0" on
TOLERANCE = 0.02  # of the mean difference, where black to white is 1: text of another version of a font
LARGEST = 0.15  # of the largest difference

MIXED = 0.6 * DensityMatrix(State.bell("psi-")) + 0.4 * DensityMatrix(State("+r"))
PICTURES = {
    "amplitudes": lambda axes: plots.amplitudes(State([5, 1, 3j, -4, 2, 5, -1j, 4], normalize=True), ax=axes),
    "bloch": lambda axes: plots.bloch("0+rl", ax=axes),
    "city": lambda axes: plots.city(MIXED, ax=axes),
    "entanglement_map": lambda axes: plots.entanglement_map(kron(State.bell(), State.ghz(3)), ax=axes),
    "hinton": lambda axes: plots.hinton(MIXED, ax=axes),
    "histogram": lambda axes: plots.histogram(Counts({"00": 300, "01": 50, "11": 650}), ax=axes),
    "operator_matrix": lambda axes: plots.operator_matrix(kron(P0, I, S) + kron(P1, X, H), ax=axes),
    "pauli_vector": lambda axes: plots.pauli_vector(MIXED, ax=axes),
    "qsphere": lambda axes: plots.qsphere(State.w(3), ax=axes),
}
STYLES = ("default", "dark_background")


def rendered(name, style):
    """Grey values from 0 to 1 of the picture, averaged over the cells of the grid."""
    with plt.style.context(["default", style]):
        figure = plt.figure(figsize=(3.2, 2.4), dpi=100, layout="constrained")
        PICTURES[name](figure.add_subplot(projection="3d" if name == "city" else None))
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=100)
        plt.close(figure)
    file.seek(0)
    grey = plt.imread(file)[..., :3] @ [0.299, 0.587, 0.114]
    rows, columns = CELLS
    return grey.reshape(rows, grey.shape[0] // rows, columns, grey.shape[1] // columns).mean(axis=(1, 3))


def encoded(grid):
    """A line a row of the grid."""
    return ["".join(chr(ord("0") + round(value * (LEVELS - 1))) for value in row) for row in grid]


def references():
    """Grids by name and style."""
    found = {}
    for part in REFERENCES.read_text(encoding="ascii").split("\n\n"):
        title, *lines = part.strip().splitlines()
        found[title] = np.array([[ord(character) - ord("0") for character in line] for line in lines]) / (LEVELS - 1)
    return found


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_is_as_it_was(name, style):
    difference = np.abs(rendered(name, style) - references()[f"{name} {style}"])
    assert difference.mean() < TOLERANCE
    assert difference.max() < LARGEST


def test_references_tell_pictures_apart():
    grids = references()
    assert set(grids) == {f"{name} {style}" for name in PICTURES for style in STYLES}
    for name, grid in grids.items():
        for other, others in grids.items():
            assert name == other or np.abs(grid - others).mean() > TOLERANCE, (name, other)


if __name__ == "__main__":
    mpl.use("Agg")
    parts = ["\n".join([f"{name} {style}", *encoded(rendered(name, style))]) for name in PICTURES for style in STYLES]
    REFERENCES.write_text("\n\n".join(parts) + "\n", encoding="ascii")
