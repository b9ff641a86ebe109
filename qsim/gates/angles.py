"""Angles as people write them: fractions of π."""

import math
from typing import Any

__all__ = ["format_angle"]

_DENOMINATORS = (1, 2, 3, 4, 5, 6, 8, 12, 16, 32, 64)


def format_angle(value: Any, precision: int = 4) -> str:
    """An angle in radians as text: a simple fraction of π where it is one, else a decimal; symbols as they are.

    >>> format_angle(math.pi / 2), format_angle(-3 * math.pi / 4), format_angle(0.1), format_angle(0.0)
    ('π/2', '-3π/4', '0.1', '0')
    """
    if not isinstance(value, (int, float)):
        return str(value)
    ratio = value / math.pi
    for denominator in _DENOMINATORS:
        numerator = round(ratio * denominator)
        if numerator and abs(numerator) <= 64 and abs(ratio * denominator - numerator) < 1e-12 * denominator:
            sign = "-" if numerator < 0 else ""
            count = "" if abs(numerator) == 1 else str(abs(numerator))
            return f"{sign}{count}π" + (f"/{denominator}" if denominator > 1 else "")
    return f"{value:.{precision}g}"
