"""The ready-made set-ups, as differences from the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neurona.lesson import cure
from neurona.web.setup import Setup


def _layers(*widths: int, activation: str = "tanh") -> list[dict[str, Any]]:
    return [{"neurons": width, "activation": activation} for width in widths]


_LESSON: dict[str, Any] = {
    "data": {"n": 500, "noise": 0.05, "test_share": 0},
    "layers": _layers(4, 8, activation="sigmoid"),
    "training": {"optimizer": "sgd", "cost": "mse", "learning_rate": cure.TRUE_RATE},
}
# The same draw fails along both steps, and one change, the initial weights, cures both.
_GRADIENT: dict[str, Any] = {
    **_LESSON,
    "layers": _layers(*cure.DEEP[1:-1], activation="sigmoid"),
    "training": {**_LESSON["training"], "initializer": "uniform", "seed": cure.DRAW},
}
_STUCK: dict[str, Any] = {
    **_GRADIENT,
    "training": {
        **_GRADIENT["training"],
        "optimizer": "lesson",
        "learning_rate": cure.LESSON_RATE,
    },
}

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "lesson": _LESSON,
    "three": {"data": {"kind": "blobs", "classes": 3, "noise": 0.1}, "layers": _layers(6)},
    "xor": {"data": {"kind": "xor", "noise": 0.1}, "layers": _layers(3)},
    "digits": {
        "data": {"kind": "digits", "n": 1000, "noise": 0},
        "layers": [
            {"neurons": 8, "activation": "relu", "kind": "conv+pool"},
            {"neurons": 16, "activation": "relu", "kind": "conv"},
        ],
        "training": {"batch_size": 32},
    },
    "memory": {
        "data": {"kind": "memory", "noise": 0.3},
        "layers": [{"neurons": 8, "kind": "lstm"}],
        "training": {"batch_size": 32},
    },
    "wave": {"data": {"kind": "wave", "noise": 0.1}, "layers": _layers(8, 8)},
    "stuck": _STUCK,
    "gradient": _GRADIENT,
    "spiral": {
        "data": {"kind": "spirals", "n": 400, "noise": 0.02},
        "layers": _layers(3, 3),
        "training": {"learning_rate": 0.02},
    },
    "flat": {"data": {"kind": "xor", "noise": 0.1}, "layers": []},
    "heart": {
        "data": {"kind": "moons", "n": 80, "noise": 0.3, "test_share": 0.5},
        "layers": _layers(16, 16),
    },
}


def example(name: str) -> Setup:
    """Return the whole set-up of an example.

    Examples
    --------
    >>> example("flat").layers, example("flat").data.kind
    ((), 'xor')
    """
    return Setup.from_json(EXAMPLES[name])
