"""Histograms as text, for terminals."""

import math
import os
import sys
from collections.abc import Iterable

import numpy as np

from qsim.frozen import Record
from qsim.plots._bars import Bars, choose_bars, shorten
from qsim.states import Counts
from qsim.states.distances import wilson_interval

__all__ = ["text_histogram"]


class _Glyphs(Record):
    parts: str  # of a cell, from an empty one up
    full: str
    plus_minus: str
    ellipsis: str


_UNICODE = _Glyphs(" ▏▎▍▌▋▊▉", "█", "±", "…")
_ASCII = _Glyphs(" ", "#", "+-", "...")
_MAX_WIDTH = 80  # longer lines are hard to follow
_MIN_BAR, _MAX_BAR = 16, 40
_MIN_KEY = 11


def text_histogram(
    counts: Counts, *, top: int = 16, sort: str = "key", width: int | None = None, ascii: bool = False
) -> str:
    """A histogram of counts as lines of text: key, bar, count, and share with half the width of its 95 % interval.

    Args:
        counts: what was measured.
        top: outcomes shown, the most frequent; the others are summed up in a line without a bar.
        sort: "key" for ascending keys, "count" for the most frequent first.
        width: of the lines; by default that of the terminal, but at most 80. They may need 60 in any case.
        ascii: use ASCII characters alone, as is done where standard output can take no others.

    >>> print(text_histogram(Counts({"00": 497, "11": 503}), width=49))
    q0 q1   1000 shots   (± at 95 % confidence)
    00  ██████████████████████████▋ 497  49.7 ± 3.1 %
    11  ███████████████████████████ 503  50.3 ± 3.1 %
    """
    glyphs = _ASCII if ascii or not _can_print("".join(vars(_UNICODE).values())) else _UNICODE
    bars = choose_bars([counts], None, top, sort)
    labels = counts._table.layout.describe().replace("…", glyphs.ellipsis)
    confidence = f"   ({glyphs.plus_minus} at 95 % confidence)" if bars.keys else ""
    total_width = min(_terminal_width(), _MAX_WIDTH) if width is None else width
    lines = [f"{labels}   {counts.shots} shots{confidence}", *_rows(bars, counts.shots, total_width, glyphs)]
    return "\n".join(lines)


def _terminal_width() -> int:
    """Columns, as `shutil.get_terminal_size` has them: importing that for nothing else takes 4 ms."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or _MAX_WIDTH  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):  # no standard output, or no terminal
        return _MAX_WIDTH


def _rows(bars: Bars, shots: int, total_width: int, glyphs: _Glyphs) -> list[str]:
    """One line a key, then one for the rest."""
    keys, counts, notes = list(bars.keys), bars.counts[0].tolist(), [""] * len(bars.keys)
    if bars.has_rest:
        keys.append("rest")
        counts.append(int(bars.rest[0]))
        notes.append(f"({bars.num_hidden} others)")
    numbers = _numbers(counts, shots, glyphs)
    room = total_width - max(map(len, numbers), default=0) - 3  # for key and bar; 2 spaces and 1 part the columns
    keys = [shorten(key, max(room - _MIN_BAR, _MIN_KEY), glyphs.ellipsis) for key in keys]
    key_width = max(map(len, keys), default=0)
    bar_width = min(max(room - key_width, _MIN_BAR), _MAX_BAR)
    largest = max(counts[: len(bars.keys)], default=0)  # the rest may be larger: its line has a note, no bar
    drawn = [note or _bar(count / largest, bar_width, glyphs) for count, note in zip(counts, notes, strict=True)]
    return [
        f"{key:<{key_width}}  {bar:<{bar_width}} {number}"
        for key, bar, number in zip(keys, drawn, numbers, strict=True)
    ]


def _numbers(counts: list[int], shots: int, glyphs: _Glyphs) -> list[str]:
    """Count, share and uncertainty, in columns; two digits of the largest uncertainty, one decimal at least."""
    if not counts:
        return []
    low, high = wilson_interval(np.array(counts), shots)
    halves = (50 * (high - low)).tolist()  # in percent
    decimals = max(1 - math.floor(math.log10(max(halves))), 1)
    columns = (
        _right_aligned(map(str, counts)),
        _right_aligned(f"{100 * count / shots:.{decimals}f}" for count in counts),
        _right_aligned(f"{half:.{decimals}f}" for half in halves),
    )
    return [f"{count}  {share} {glyphs.plus_minus} {half} %" for count, share, half in zip(*columns, strict=True)]


def _right_aligned(texts: Iterable[str]) -> list[str]:
    column = list(texts)
    width = max(map(len, column))
    return [text.rjust(width) for text in column]


def _bar(fraction: float, width: int, glyphs: _Glyphs) -> str:
    """A bar of that part of the width; what is not zero has the least mark at least."""
    steps = len(glyphs.parts)  # a cell is filled in so many steps
    full, part = divmod(max(round(fraction * width * steps), 1 if steps > 1 else 0), steps)
    return glyphs.full * full + (glyphs.parts[part] if part else "")


def _can_print(characters: str) -> bool:
    try:
        characters.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
