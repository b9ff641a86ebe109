"""Pictures of what was measured; matplotlib is imported when a picture is drawn."""

from typing import TYPE_CHECKING

from qsim.lazy import lazy_attributes
from qsim.plots.text import text_histogram

if TYPE_CHECKING:
    from qsim.plots.figure import histogram
    from qsim.plots.tree import outcome_tree
else:
    __getattr__ = lazy_attributes(__name__, {"histogram": "figure", "outcome_tree": "tree"})

__all__ = ["histogram", "outcome_tree", "text_histogram"]
