"""Draws the picture of the README and of the documentation's first page: `python docs/pictures.py`."""

from pathlib import Path

from matplotlib import pyplot as plt

from qsim import Circuit

bell = Circuit(2).h(0).cx(0, 1)
with plt.rc_context({"font.size": 8}):
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 2.4), width_ratios=(2, 3), layout="constrained")
    bell.draw("mpl", ax=left)
    bell.sample(1000, seed=7).plot(exact=bell.state(), ax=right)
    figure.savefig(Path(__file__).parent / "images" / "bell.png", dpi=120, metadata={"Software": None})
