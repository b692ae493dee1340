"""The contrast of two colors, as the Web Content Accessibility Guidelines define it."""

import numpy as np


def contrast(one, other):
    """Return the contrast of two colors from 0 to 1: 1 for equal ones, 21 for black and white."""
    low, high = sorted(
        linear(np.asarray(color)) @ [0.2126, 0.7152, 0.0722] for color in (one, other)
    )
    return (high + 0.05) / (low + 0.05)


def linear(color):
    """Return what a color from 0 to 1 emits."""
    return np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
