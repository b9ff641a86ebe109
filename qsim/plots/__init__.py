"""Pictures of what was measured; matplotlib is imported when a picture is drawn."""

from qsim.plots.histogram import histogram
from qsim.plots.text import text_histogram

__all__ = ["histogram", "text_histogram"]
