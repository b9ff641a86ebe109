"""Colours of phases, for pictures and for notebooks: all of about one lightness, so that they show on white and black.

0 is blue, π/2 pink, π orange and -π/2 green. Who cannot tell pink from green can tell their lightness.
"""

import numpy as np
from numpy.typing import NDArray

from qsim.gates.angles import format_angle

__all__ = ["phase_colors", "phase_hex", "phase_text"]

_LIGHTNESS, _LIGHTNESS_STEP, _CHROMA = 0.66, 0.05, 0.135
_HUE = 250.0  # degrees, of phase 0: blue
_EXACT = 1e-9  # a phase this close to a fraction of π is that fraction
# Rows: l, m, s from lightness, a and b; red, green and blue from l³, m³, s³. B. Ottosson, "A perceptual color space for
# image processing", 2020.
_CONES = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.291485548]]
)
_LIGHTS = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.707614701],
    ]
)


def phase_colors(phases: NDArray[np.float64]) -> NDArray[np.float64]:
    """Red, green and blue of phases in radians, each from 0 to 1, shape (…, 3); of NaN a grey.

    >>> (255 * phase_colors(np.array([0.0, np.pi]))).round().astype(int).tolist()
    [[58, 135, 208], [214, 145, 50]]
    """
    known = np.isfinite(phases)
    angles = np.where(known, phases, 0.0)
    hues = np.radians(_HUE) + angles
    lightness = _LIGHTNESS - _LIGHTNESS_STEP * (np.cos(angles) + np.sin(angles))
    chroma = _CHROMA * known
    lab = np.stack([lightness, chroma * np.cos(hues), chroma * np.sin(hues)], axis=-1)
    linear = np.clip((lab @ _CONES.T) ** 3 @ _LIGHTS.T, 0, 1)
    return np.asarray(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


def phase_hex(phase: float) -> str:
    """The colour of a phase for HTML.

    >>> phase_hex(0.0)
    '#3a87d0'
    """
    red, green, blue = (255 * phase_colors(np.array(phase))).round().astype(int).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def phase_text(phase: float) -> str:
    """A phase as a fraction of π where it is one, else to two decimals of π.

    >>> [phase_text(phase) for phase in (0.0, -np.pi / 4, np.pi, 1.0, -0.01)]
    ['0', '-π/4', 'π', '0.32π', '≈0']
    """
    if not np.isfinite(phase):
        return "nan"
    eighths = round(8 * phase / np.pi)
    if abs(phase - eighths * np.pi / 8) < _EXACT:
        return format_angle(abs(eighths) * np.pi / 8 if abs(eighths) == 8 else eighths * np.pi / 8)  # -π is π
    text = f"{phase / np.pi:.2f}"
    return f"{text}π" if float(text) else "≈0"
