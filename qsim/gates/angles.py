"""Angles as people write them: fractions of π."""

import math
from typing import Any

__all__ = ["format_angle", "pi_fraction"]

_DENOMINATORS = (*range(1, 17), *(2**k for k in range(5, 31)))  # powers of 2 for the QFT


def pi_fraction(angle: float) -> tuple[int, int] | None:
    """Numerator and denominator of a positive angle that is a simple fraction of π.

    >>> pi_fraction(3 * math.pi / 4), pi_fraction(0.3)
    ((3, 4), None)
    """
    for denominator in _DENOMINATORS:
        ratio = angle / math.pi * denominator
        if 0.5 < ratio < 100.5 and abs(ratio - round(ratio)) < 1e-12 * ratio:
            return round(ratio), denominator
    return None


def format_angle(angle: Any, precision: int = 4) -> str:
    """An angle in radians as drawings show it: fractions of π as such, other numbers to `precision` digits.

    Args:
        angle: a number, or a symbolic parameter, which spells itself.
        precision: significant digits.

    >>> [format_angle(angle) for angle in (math.pi / 2, -3 * math.pi / 4, 0.1, 2 / 3, 0.0)]
    ['π/2', '-3π/4', '0.1', '0.6667', '0']
    """
    if not isinstance(angle, (int, float)):
        return f"{angle:.{precision}g}"
    fraction = pi_fraction(abs(angle))
    if fraction is None:
        return f"{angle + 0.0:.{precision}g}"  # + 0.0 makes −0 a 0
    numerator, denominator = fraction
    sign = "-" if angle < 0 else ""
    return f"{sign}{numerator if numerator > 1 else ''}π{f'/{denominator}' if denominator > 1 else ''}"
