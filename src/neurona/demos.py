"""The demonstrations of ``neurona demo``: a data set, a suitable network, and a number of steps.

Everything else is the library's default: the cost, the optimizer and its rate, the initial weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from neurona import datasets
from neurona.engine.optimizers import Adam, Optimizer
from neurona.engine.schedules import Cosine


@dataclass(frozen=True)
class Demo:
    """One demonstration.

    Attributes
    ----------
    about
        A line for the help.
    hidden
        The widths of the hidden layers.
    activation
        The activation of the hidden layers.
    training
        The arguments of :func:`neurona.train`.
    optimizer
        A function from the number of steps to the optimizer; by default the library's.
    settings
        The options of its data set: ``noise``, ``arms``, ``classes``.
    held_out
        The share of the examples to hold out for a test.
    log
        Whether the cost axis is logarithmic.
    """

    about: str
    hidden: tuple[int, ...]
    activation: str
    training: Mapping[str, Any] = field(default_factory=dict)
    optimizer: Callable[[int], Optimizer] | None = None
    settings: tuple[str, ...] = ("noise",)
    held_out: float = 0.0
    log: bool = False


DEMOS: dict[str, Demo] = {
    "circles": Demo(
        "one class around the other: the lesson's network, data and cost",
        hidden=(4, 8),
        activation="sigmoid",
        training={"cost": "mse", "steps": 1000, "every": 2},
    ),
    "moons": Demo(
        "two interleaved half moons",
        hidden=(8, 8),
        activation="tanh",
        training={"steps": 1000, "every": 2},
    ),
    "xor": Demo(
        "four quadrants, which a single layer can't separate",
        hidden=(4, 4),
        activation="tanh",
        training={"steps": 1000, "every": 2},
    ),
    "gaussians": Demo(
        "two clouds, which a single layer can separate",
        hidden=(4,),
        activation="tanh",
        training={"steps": 500},
    ),
    "spirals": Demo(
        "the lesson's challenge: spirals of a turn and a half, with any number of arms",
        hidden=(32, 32),
        activation="tanh",
        training={"steps": 1500, "every": 3},
        settings=("noise", "arms"),
    ),
    "blobs": Demo(
        "clouds of three or more classes",
        hidden=(16,),
        activation="tanh",
        training={"steps": 500},
        settings=("noise", "classes"),
    ),
    "digits": Demo(
        "1,797 real handwritten digits, a fifth of them held out for a test",
        hidden=(256, 128),
        activation="gelu",
        training={"batch_size": 32, "steps": 1350, "every": 15},
        optimizer=lambda steps: Adam(Cosine(0.005, steps)),
        settings=(),
        held_out=0.2,
        log=True,
    ),
}


def data_of(name: str, rng: Any, **settings: Any) -> tuple[Any, Any]:
    """Return ``(X, y)`` of a demonstration.

    Parameters
    ----------
    name
        One of :data:`DEMOS`.
    rng
        Seed or generator.
    **settings
        ``noise``, ``arms`` or ``classes``; None means the data set's default.

    Raises
    ------
    ValueError
        If the data set has no such setting.

    Examples
    --------
    >>> X, y = data_of("spirals", rng=0, arms=5, noise=None)
    >>> X.shape, y.max()
    ((500, 2), np.int64(4))
    """
    given = {key: value for key, value in settings.items() if value is not None}
    known = DEMOS[name].settings
    for key in given:
        if key not in known:
            has = ", ".join(f"--{one}" for one in known) or "no such settings"
            raise ValueError(f"--{key} is not for {name}, which has {has}")
    if name == "digits":
        return datasets.digits()
    return datasets.POINT_CLOUDS[name](rng=rng, **given)


def outputs_for(y: Any) -> tuple[int, str]:
    """Return the width and the activation of the output layer for a target.

    Examples
    --------
    >>> import numpy as np
    >>> outputs_for(np.array([0, 1, 1])), outputs_for(np.array([0, 1, 2]))
    ((1, 'sigmoid'), (3, 'softmax'))
    """
    classes = int(y.max()) + 1
    return (1, "sigmoid") if classes == 2 else (classes, "softmax")
