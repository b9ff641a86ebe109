"""Progress of a run: a bar in the terminal or notebook."""

from typing import Any

from qsim.errors import QsimError

__all__ = ["Bar"]

_FORMAT = "{desc}: {percentage:3.0f}%|{bar}| {n:.1f}/{total} sweeps [{elapsed}<{remaining}]"


class Bar:
    """A bar of sweeps done, with the time that is left.

    Raises:
        QsimError: tqdm, which draws it, is not installed.
    """

    def __init__(self, description: str) -> None:
        try:
            from tqdm.auto import tqdm  # in a notebook it draws a widget
        except ImportError:
            raise QsimError(
                "Argument `progress=True` needs tqdm, which is not installed: install it (`pip install tqdm`), or pass "
                "a function of the sweeps done and their number."
            ) from None
        self._tqdm, self._description = tqdm, description
        self._bar: Any = None

    def __call__(self, done: float, total: int) -> None:
        """Show so many sweeps of all."""
        if self._bar is None:  # a run that goes on does not count what was done before
            self._bar = self._tqdm(desc=self._description, total=total, initial=done, bar_format=_FORMAT)
        self._bar.n = done
        self._bar.refresh()

    def close(self) -> None:
        """Leave it as it is."""
        if self._bar is not None:
            self._bar.close()
