"""Digits as strokes of a pen, as hands draw them: points in a square of side 1, y down."""

import numpy as np


def _arc(x, y, wide, high, begin, end, n=24):
    angles = np.radians(np.linspace(begin, end, n))
    return [(x + wide * np.cos(one), y + high * np.sin(one)) for one in angles]


DIGITS = {
    0: [_arc(0.5, 0.5, 0.28, 0.42, -90, 270)],
    1: [[(0.32, 0.3), (0.52, 0.08), (0.52, 0.92)]],
    2: [[*_arc(0.48, 0.3, 0.24, 0.22, -170, 30), (0.25, 0.9), (0.78, 0.9)]],
    3: [_arc(0.46, 0.29, 0.22, 0.2, -150, 90) + _arc(0.46, 0.7, 0.26, 0.22, -90, 150)],
    4: [[(0.6, 0.08), (0.22, 0.62), (0.82, 0.62)], [(0.62, 0.35), (0.62, 0.93)]],
    5: [[(0.72, 0.1), (0.32, 0.1), (0.3, 0.45), *_arc(0.47, 0.66, 0.25, 0.24, -120, 150)]],
    6: [[(0.62, 0.08), (0.4, 0.35), *_arc(0.48, 0.68, 0.22, 0.22, -170, 190)]],
    7: [[(0.22, 0.12), (0.76, 0.12), (0.42, 0.92)]],
    8: [_arc(0.5, 0.3, 0.2, 0.2, 90, -270) + _arc(0.5, 0.71, 0.25, 0.22, -90, 270)],
    9: [[*_arc(0.5, 0.32, 0.22, 0.22, 0, -360), (0.72, 0.32), (0.68, 0.92)]],
}


def drawn(digit, rng):
    """Return a digit's strokes turned, slanted, stretched, bent, and put anywhere on the sheet."""
    turn, slant, stretch = rng.normal(0, 0.09), rng.normal(0.05, 0.12), rng.normal(0, 0.12)
    size = rng.uniform(0.4, 0.95)
    matrix = size * np.array(
        [
            [np.exp(stretch) * np.cos(turn), -slant - np.sin(turn)],
            [np.sin(turn), np.cos(turn)],
        ]
    )
    waves = rng.normal(0, 0.02, (3, 2))
    strokes = []
    for stroke in DIGITS[digit]:
        points = np.array(stroke)
        along = np.r_[0, np.cumsum(np.hypot(*np.diff(points, axis=0).T))]
        even = np.linspace(0, along[-1], 40)
        points = np.stack([np.interp(even, along, one) for one in points.T], axis=1)
        share = even[:, None] / along[-1]
        bent = points + sum(wave * np.sin(np.pi * (k + 1) * share) for k, wave in enumerate(waves))
        strokes.append((bent - 0.5) @ matrix.T)
    room = max(0.0, 0.45 - size / 2)
    place = 0.5 + rng.uniform(-room, room, 2)
    return [stroke + place for stroke in strokes]
