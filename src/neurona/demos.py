"""The demonstrations of ``neurona demo``: a data set, a network that suits it, and how long.

Whatever is not said here, the library chooses by itself: the cost, the optimizer and its rate, the
initial weights.
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
        That of the hidden layers.
    training
        The arguments of :func:`neurona.train`.
    optimizer
        The optimizer for so many steps, where it is not the library's own choice.
    settings
        Which options its data set has: ``noise``, ``arms``, ``classes``.
    held_out
        The share of the examples that is kept for a test.
    log
        Whether the cost is drawn on a logarithmic axis.
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
        "two half moons, one in the arm of the other",
        hidden=(8, 8),
        activation="tanh",
        training={"steps": 1000, "every": 2},
    ),
    "xor": Demo(
        "four quadrants: what one layer alone can't do",
        hidden=(4, 4),
        activation="tanh",
        training={"steps": 1000, "every": 2},
    ),
    "gaussians": Demo(
        "two clouds: what one layer alone can do",
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
        "clouds of three classes, or more",
        hidden=(16,),
        activation="tanh",
        training={"steps": 500},
        settings=("noise", "classes"),
    ),
    "digits": Demo(
        "1,797 real handwritten digits, a fifth of them held out for the test",
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
        ``noise``, ``arms`` or ``classes``; those that are None are left to the data set.

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
            has = ", ".join(f"--{one}" for one in known) or "no settings of its own"
            raise ValueError(f"--{key} is not for {name}, which has {has}")
    if name == "digits":
        return datasets.digits()
    return datasets.POINT_CLOUDS[name](rng=rng, **given)


def outputs_for(y: Any) -> tuple[int, str]:
    """Return the width and the activation of the output layer that a target asks for.

    Examples
    --------
    >>> import numpy as np
    >>> outputs_for(np.array([0, 1, 1])), outputs_for(np.array([0, 1, 2]))
    ((1, 'sigmoid'), (3, 'softmax'))
    """
    classes = int(y.max()) + 1
    return (1, "sigmoid") if classes == 2 else (classes, "softmax")
