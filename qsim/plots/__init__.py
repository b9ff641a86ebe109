"""Pictures of states, operators and counts; matplotlib is imported when a picture is drawn.

Each takes `ax=`, draws on those axes or on a new figure's, and returns them: `axes.figure.savefig("picture.png")`.
Colours of text and lines are those of the axes, so that pictures suit dark styles: `plt.style.use("dark_background")`.
"""

from typing import TYPE_CHECKING

from qsim.lazy import lazy_attributes
from qsim.plots.text import text_histogram

if TYPE_CHECKING:
    from qsim.plots.correlations import entanglement_map, pauli_vector
    from qsim.plots.figure import histogram
    from qsim.plots.kets import amplitudes
    from qsim.plots.matrices import city, hinton, operator_matrix
    from qsim.plots.spheres import bloch, qsphere
    from qsim.plots.tree import outcome_tree
else:
    __getattr__ = lazy_attributes(
        __name__,
        {
            "amplitudes": "kets",
            "bloch": "spheres",
            "city": "matrices",
            "entanglement_map": "correlations",
            "hinton": "matrices",
            "histogram": "figure",
            "operator_matrix": "matrices",
            "outcome_tree": "tree",
            "pauli_vector": "correlations",
            "qsphere": "spheres",
        },
    )

__all__ = [
    "amplitudes",
    "bloch",
    "city",
    "entanglement_map",
    "hinton",
    "histogram",
    "operator_matrix",
    "outcome_tree",
    "pauli_vector",
    "qsphere",
    "text_histogram",
]
