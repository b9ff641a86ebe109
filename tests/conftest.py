"""Settings of the test run: hypothesis profiles, no windows."""

import matplotlib as mpl
from hypothesis import settings

mpl.use("Agg")

settings.register_profile("default", deadline=None, max_examples=50, derandomize=True)
settings.register_profile("deep", deadline=None, max_examples=2000)
settings.load_profile("default")
