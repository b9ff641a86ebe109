"""How states are written."""

import numpy as np
import pytest

from qsim.states import State, show


@pytest.fixture(params=["one block", "blocks"])
def blocks(request, monkeypatch):
    """Reads a register at once, or two amplitudes at a time, as long ones are read in pieces."""
    if request.param == "blocks":
        monkeypatch.setattr(show, "BLOCK_QUBITS", 1)


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize(
    ("state", "text"),
    [
        (State.bell(), "0.7071|00⟩ + 0.7071|11⟩   (q0 q1)"),
        (State.bell("psi-"), "0.7071|01⟩ - 0.7071|10⟩   (q0 q1)"),
        (State("100"), "|100⟩   (q0 q1 q2)"),
        (-State("1"), "-|1⟩   (q0)"),
        (State("l"), "0.7071|0⟩ - 0.7071i|1⟩   (q0)"),
        (State([0.6, 0.48 + 0.64j]), "0.6|0⟩ + (0.48+0.64i)|1⟩   (q0)"),
        (State([1, 1e-13]), "|0⟩   (q0)"),
        (State([1, 1e-13 + 1e-9j]), "|0⟩ + 1e-09i|1⟩   (q0)"),
        (0 * State("01"), "0   (q0 q1)"),
        (State(""), "|⟩   (no qubits)"),
        (
            State("++++++++++"),
            " + ".join(f"0.03125|{index:010b}⟩" for index in range(8)) + " + … (1016 more)   (q0 … q9)",
        ),
    ],
)
def test_repr(state, text):
    assert repr(state) == text


@pytest.mark.usefixtures("blocks")
def test_repr_shows_the_largest_and_of_equal_ones_the_first():
    weights = [4, 1, 3, 2, 9, 3, 3, 5, 6, 7, 3, 8, 3, 3, 2, 1]  # six above 3, and two of the six 3s
    state = State(weights, normalize=True)
    kets = [f"{weights[i] / np.linalg.norm(weights):.4g}|{i:04b}⟩" for i in (0, 2, 4, 5, 7, 8, 9, 11)]
    assert repr(state) == f"{' + '.join(kets)} + … (8 more)   (q0 q1 q2 q3)"


def test_latex():
    assert State.bell("psi-")._repr_latex_() == r"$0.7071\,|01\rangle - 0.7071\,|10\rangle \qquad (\text{q0 q1})$"
    assert State([1, 1e-5])._repr_latex_() == r"$\,|0\rangle + 1\cdot 10^{-5}\,|1\rangle \qquad (\text{q0})$"
    assert State("+" * 5)._repr_latex_().endswith(r" + \cdots \qquad (\text{q0 q1 q2 q3 q4})$")
