"""Pictures of what was measured; matplotlib is imported when a picture is drawn."""

from typing import TYPE_CHECKING, Any

from qsim.plots.text import text_histogram

if TYPE_CHECKING:
    from qsim.plots.histogram import histogram

__all__ = ["histogram", "text_histogram"]


def __getattr__(name: str) -> Any:
    """Who prints a histogram does not wait for what draws one."""
    if name == "histogram":
        from importlib import import_module

        globals()["histogram"] = import_module("qsim.plots.histogram").histogram  # the function hides its module
        return globals()["histogram"]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
