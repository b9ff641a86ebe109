"""Settings of the test run: hypothesis profiles, no windows."""

import signal
import threading

import matplotlib as mpl
from hypothesis import settings

mpl.use("Agg")

settings.register_profile("default", deadline=None, max_examples=50, derandomize=True)
settings.register_profile("deep", deadline=None, max_examples=2000)
settings.load_profile("default")

# A shell's background job ignores Ctrl-C, and so would the tests of it.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
