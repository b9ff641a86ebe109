"""Text histograms: golden pictures, widths, and what a terminal can print."""

import io
import sys

import pytest

from qsim.plots import text_histogram
from qsim.states import Counts, State

BELL = Counts({"00": 497, "11": 503})
TELEPORTED = Counts({"00 1": 260, "01 0": 1, "10 1": 240, "11 1": 499}, registers=[("m", 2), ("out", 1)])
STEPS = Counts({format(i, "05b"): 32 - i for i in range(32)})

GOLDEN = {
    "bell": (
        lambda: text_histogram(BELL, width=47),
        """
q0 q1   1000 shots   (± at 95 % confidence)
00  ████████████████████████▊ 497  49.7 ± 3.1 %
11  █████████████████████████ 503  50.3 ± 3.1 %
""",
    ),
    "registers, a bar of the least length": (
        lambda: text_histogram(TELEPORTED, width=50),
        """
m[0] m[1] out[0]   1000 shots   (± at 95 % confidence)
00 1  █████████████▌             260  26.0 ± 2.7 %
01 0  ▏                            1   0.1 ± 0.3 %
10 1  ████████████▌              240  24.0 ± 2.6 %
11 1  ██████████████████████████ 499  49.9 ± 3.1 %
""",
    ),
    "eighths and the rest": (
        lambda: text_histogram(STEPS, top=9, sort="count", width=45),
        """
q0 q1 q2 q3 q4   528 shots   (± at 95 % confidence)
00000  ████████████████████  32   6.1 ± 2.1 %
00001  ███████████████████▍  31   5.9 ± 2.0 %
00010  ██████████████████▊   30   5.7 ± 2.0 %
00011  ██████████████████▏   29   5.5 ± 2.0 %
00100  █████████████████▌    28   5.3 ± 1.9 %
00101  ████████████████▉     27   5.1 ± 1.9 %
00110  ████████████████▎     26   4.9 ± 1.9 %
00111  ███████████████▋      25   4.7 ± 1.8 %
01000  ███████████████       24   4.5 ± 1.8 %
rest   (23 others)          276  52.3 ± 4.2 %
""",
    ),
    "ascii": (
        lambda: text_histogram(TELEPORTED, top=3, width=46, ascii=True),
        """
m[0] m[1] out[0]   1000 shots   (+- at 95 % confidence)
00 1  ###########           260  26.0 +- 2.7 %
10 1  ##########            240  24.0 +- 2.6 %
11 1  ##################### 499  49.9 +- 3.1 %
rest  (1 others)              1   0.1 +- 0.3 %
""",
    ),
    "no shots": (lambda: text_histogram(Counts({}, labels=["a"])), "\na   0 shots\n"),
}


@pytest.mark.parametrize(("draw", "expected"), GOLDEN.values(), ids=GOLDEN)
def test_golden(draw, expected):
    assert draw() == expected.strip("\n")


@pytest.mark.parametrize("num_bits", [1, 10, 30, 60, 130, 500])
@pytest.mark.parametrize("width", [60, 80, 200])
def test_lines_are_aligned_and_keep_the_width(num_bits, width):
    keys = {"0" * num_bits: 3, "1" * num_bits: 10**6}
    rows = text_histogram(Counts(keys), width=width).splitlines()[1:]
    assert [len(row) <= width for row in rows] == [True, True]
    assert rows[0].index("±") == rows[1].index("±")


def test_the_width_is_that_of_the_terminal_up_to_a_limit(monkeypatch):
    counts = State.random(6, seed=1).sample(1000, seed=1)
    for columns, expected in ((40, 40), (60, 60), (300, 80)):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert str(counts) == text_histogram(counts, width=expected)


def test_standard_output_without_block_characters_gets_ascii(monkeypatch):
    expected = {"utf-8": False, "ascii": True, "latin-1": True, "cp437": True}
    for encoding, is_plain in expected.items():
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
        text = str(BELL)
        assert text.isascii() == is_plain
        print(text)  # no UnicodeEncodeError


def test_decimals_follow_the_uncertainty():
    for shots, example in ((100, "50.0 ± 9.6 %"), (10_000, "50.00 ± 0.98 %"), (10**8, "50.0000 ± 0.0098 %")):
        assert str(Counts({"0": shots // 2, "1": shots // 2})).endswith(example)


def test_the_least_count_is_visible():
    assert "▏" in text_histogram(Counts({"0": 1, "1": 10**9}))
