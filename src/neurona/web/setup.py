"""Everything that can be chosen in the playground, with its defaults and limits.

The same JSON comes from the page, from an address and from a notebook, and none is trusted. The
page's controls take their defaults and limits from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from neurona.engine.activations import ACTIVATIONS
from neurona.engine.initializers import INITIALIZERS
from neurona.engine.optimizers import OPTIMIZERS
from neurona.lesson.bugs import BUGS
from neurona.web.errors import PlaygroundError
from neurona.web.readers import (
    choice,
    list_of,
    number,
    one_of,
    or_none,
    part,
    point,
    text,
    truth,
    whole,
)

KINDS = (
    "circles", "moons", "xor", "gaussians", "spirals", "blobs", "plane", "wave", "digits",
    "memory", "own",
)  # fmt: skip
# Images and series, and the layers that they may run through. A convolution has windows of 3 x 3,
# alone or with a pooling of 2 x 2 after it.
LAYERS: Mapping[str, tuple[str, ...]] = {
    "digits": ("dense", "conv", "conv+pool"),
    "memory": ("dense", "rnn", "gru", "lstm"),
}
INPUTS = ("x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)")
LESSON = "lesson"  # the optimizer that takes the lesson's step
COSTS = ("auto", "mse", "mae", "huber", "cross_entropy")
OFFERED = sorted(name for name in ACTIVATIONS if name != "exp")  # its cost, of counts, is missing
LIMITS = {
    "points": 2000,
    "images": 1780,  # of the 1,797 digits
    "classes": 5,
    "letters": 40,
    "layers": 6,
    "neurons": 16,
    "resolution": 150,
    "neuron_resolution": 60,
    "weights": 400,
    "table_bytes": 200_000,  # below the server's limit on a message
}

_seed = whole(0, 2**31 - 1)
_rate = number(0, 1000, above=True)
_name = text(LIMITS["letters"])


@dataclass(frozen=True)
class DataSetup:
    """The examples: points, images or series drawn from a seed, or custom points.

    Custom points are placed by hand, or come from a table. The third number of a custom point is
    its class, or its value in a regression. ``columns`` are the names of the three, and
    ``class_names`` those of classes 0, 1 …, if they come from a table.
    """

    kind: str = choice("circles", one_of(KINDS))
    n: int = choice(300, whole(20, LIMITS["points"]))
    noise: float = choice(0.05, number(0, 0.5))
    arms: int = choice(2, whole(2, 5))
    classes: int = choice(3, whole(2, LIMITS["classes"]))
    test_share: float = choice(0.3, number(0, 0.9))
    seed: int = choice(0, _seed)
    points: tuple[tuple[float, float, float], ...] = choice(
        (), list_of(point(number(-1e3, 1e3)), LIMITS["points"])
    )
    regression: bool = choice(False, truth())
    columns: tuple[str, ...] = choice((), list_of(_name, 3))
    class_names: tuple[str, ...] = choice((), list_of(_name, LIMITS["classes"]))

    @property
    def planar(self) -> bool:
        """Whether the examples are points of the plane, and neither images nor series."""
        return self.kind not in LAYERS


@dataclass(frozen=True)
class LayerSetup:
    """A hidden layer; without a learning rate it takes the common one.

    The neurons of a convolution are its filters, and those of a recurrence its units, whose gates
    have activations of their own.
    """

    neurons: int = choice(4, whole(1, LIMITS["neurons"]))
    activation: str = choice("tanh", one_of([name for name in OFFERED if name != "softmax"]))
    learning_rate: float | None = choice(None, or_none(_rate))
    kind: str = choice("dense", one_of([*dict.fromkeys(sum(LAYERS.values(), ()))]))


@dataclass(frozen=True)
class OutputSetup:
    """The last layer, whose width the data decide."""

    activation: str = choice("auto", one_of(["auto", *OFFERED]))
    learning_rate: float | None = choice(None, or_none(_rate))


@dataclass(frozen=True)
class TrainingSetup:
    """The optimizer, the cost and the initial weights."""

    learning_rate: float = choice(0.01, _rate)
    optimizer: str = choice("adam", one_of([*sorted(OPTIMIZERS), LESSON]))
    cost: str = choice("auto", one_of(COSTS))
    batch_size: int | None = choice(None, or_none(whole(1, LIMITS["points"])))
    l1: float = choice(0.0, number(0, 10))
    l2: float = choice(0.0, number(0, 10))
    initializer: str = choice("orthogonal", one_of(sorted(INITIALIZERS)))
    seed: int = choice(0, _seed)


@dataclass(frozen=True)
class Setup:
    """All choices together.

    Attributes
    ----------
    weights
        All initial parameters, layer by layer W and then b, in place of those that the
        initializer draws.
    frozen
        Indices of the parameters, in the same order, that are frozen from the beginning.
    bug
        The mistake on purpose with which the bug lab's program trains; without one, the engine
        trains.

    Examples
    --------
    >>> setup = Setup.from_json({"data": {"kind": "moons"}, "layers": [{"neurons": 8}]})
    >>> setup.data.kind, setup.layers[0].activation, setup.training.optimizer
    ('moons', 'tanh', 'adam')
    >>> Setup.from_json(setup.to_json()) == setup
    True
    """

    data: DataSetup = field(default_factory=DataSetup, metadata={"reader": part(DataSetup)})
    inputs: tuple[str, ...] = choice(
        ("x1", "x2"), list_of(one_of(INPUTS), len(INPUTS), least=1, order=INPUTS.index)
    )
    layers: tuple[LayerSetup, ...] = choice(
        (LayerSetup(), LayerSetup()), list_of(part(LayerSetup), LIMITS["layers"])
    )
    output: OutputSetup = field(default_factory=OutputSetup, metadata={"reader": part(OutputSetup)})
    training: TrainingSetup = field(
        default_factory=TrainingSetup, metadata={"reader": part(TrainingSetup)}
    )
    weights: tuple[float, ...] | None = choice(
        None,
        or_none(list_of(number(-1e30, 1e30), LIMITS["weights"])),  # float32 holds them
    )
    frozen: tuple[int, ...] = choice(
        (),
        or_none(list_of(whole(0, LIMITS["weights"] - 1), LIMITS["weights"], order=int), none=()),
    )
    bug: str | None = choice(None, or_none(one_of(list(BUGS))))
    version: int = choice(1, whole(1, 1))

    def to_json(self) -> dict[str, Any]:
        """Return the set-up as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Any) -> Setup:
        """Check the given set-up; missing parts have their defaults.

        Raises
        ------
        PlaygroundError
            If a part is unknown, has another type or is beyond its limits.
        """
        if isinstance(given, Mapping) and given.get("version", 1) != 1:
            version = given["version"]
            raise PlaygroundError(
                "version",
                f"This set-up is of version {version!r}, and this neurona reads 1.",
                f"Esta configuración es de la versión {version!r}, y este neurona lee la 1.",
                "version",
            )
        setup: Setup = part(cls).read("", given)
        return setup


def limits() -> dict[str, Any]:
    """Return the limits of all choices, as the page's controls take them.

    Examples
    --------
    >>> limits()["data"]["n"]
    {'min': 20, 'max': 2000, 'above': False}
    """
    others = {
        "table": {"most": LIMITS["table_bytes"]},
        "images": {"most": LIMITS["images"]},
        "layer_kinds": LAYERS,
    }
    return {**part(Setup).limits, **others}
