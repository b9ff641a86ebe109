"""Other simulators to compare with."""

import importlib
import os
from typing import Any

import pytest


def peer(name: str) -> Any:
    """Import another simulator; without it the test is skipped, but fails in continuous integration."""
    if os.environ.get("CI"):
        return importlib.import_module(name)
    return pytest.importorskip(name)
