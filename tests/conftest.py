"""Settings of the test run: hypothesis profiles, and peers that must be there in continuous integration."""

import os

import matplotlib as mpl
import pytest
from hypothesis import settings

mpl.use("Agg")

settings.register_profile("default", deadline=None, max_examples=50, derandomize=True)
settings.register_profile("deep", deadline=None, max_examples=2000)
settings.load_profile("default")


def peer(name: str):
    """Import another simulator to compare with; without it the test is skipped, but fails where CI is set."""
    if os.environ.get("CI"):
        return __import__(name)
    return pytest.importorskip(name)
