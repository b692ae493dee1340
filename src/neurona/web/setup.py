"""All that can be chosen in the playground, as values that were checked once, at the border.

The same JSON comes from the page, from an address and from a notebook; nobody is trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Any

from neurona.engine.activations import ACTIVATIONS
from neurona.engine.initializers import INITIALIZERS
from neurona.engine.optimizers import OPTIMIZERS
from neurona.web.errors import PlaygroundError

KINDS = (
    "circles", "moons", "xor", "gaussians", "spirals", "blobs", "plane", "wave", "own",
)  # fmt: skip
INPUTS = ("x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)")
COSTS = ("auto", "mse", "mae", "huber", "cross_entropy")
OFFERED = [name for name in ACTIVATIONS if name != "exp"]  # whose cost, of counts, isn't here
LIMITS = {
    "points": 2000,
    "classes": 5,
    "letters": 40,
    "layers": 6,
    "neurons": 16,
    "resolution": 150,
    "neuron_resolution": 60,
    "weights": 400,
}


@dataclass(frozen=True)
class DataSetup:
    """Which points: drawn by a formula from a seed, or one's own, placed by hand or from a table.

    The third number of a point of one's own is its class, or in a regression its value; ``columns``
    are the names of the three, and ``class_names`` those of classes 0, 1 …, where they come from a
    table.
    """

    kind: str = "circles"
    n: int = 300
    noise: float = 0.05
    arms: int = 2
    classes: int = 3
    test_share: float = 0.3
    seed: int = 0
    points: tuple[tuple[float, float, float], ...] = ()
    regression: bool = False
    columns: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class LayerSetup:
    """A hidden layer; a rate of None is the one that all share."""

    neurons: int = 4
    activation: str = "tanh"
    learning_rate: float | None = None


@dataclass(frozen=True)
class OutputSetup:
    """The last layer, whose width the data decide."""

    activation: str = "auto"
    learning_rate: float | None = None


@dataclass(frozen=True)
class TrainingSetup:
    """How it learns, and from which weights."""

    learning_rate: float = 0.01
    optimizer: str = "adam"
    cost: str = "auto"
    batch_size: int | None = None
    l1: float = 0.0
    l2: float = 0.0
    initializer: str = "orthogonal"
    seed: int = 0


@dataclass(frozen=True)
class Setup:
    """The whole of it.

    Attributes
    ----------
    weights
        All parameters to begin from, layer by layer W and then b, in place of those that the
        initializer would draw.
    frozen
        Places in the same order, from 0, of the parameters that stand still from the beginning.

    Examples
    --------
    >>> setup = Setup.from_json({"data": {"kind": "moons"}, "layers": [{"neurons": 8}]})
    >>> setup.data.kind, setup.layers[0].activation, setup.training.optimizer
    ('moons', 'tanh', 'adam')
    >>> Setup.from_json(setup.to_json()) == setup
    True
    """

    data: DataSetup = field(default_factory=DataSetup)
    inputs: tuple[str, ...] = ("x1", "x2")
    layers: tuple[LayerSetup, ...] = (LayerSetup(), LayerSetup())
    output: OutputSetup = field(default_factory=OutputSetup)
    training: TrainingSetup = field(default_factory=TrainingSetup)
    weights: tuple[float, ...] | None = None
    frozen: tuple[int, ...] = ()
    version: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Any) -> Setup:
        """Check what was given, and return it; what is not given is as usual.

        Raises
        ------
        PlaygroundError
            If a part is unknown, of another type or beyond its limits.
        """
        given = _mapping("setup", given, known=("version", *_PARTS))
        if given.get("version", 1) != 1:
            raise PlaygroundError(
                "version",
                f"This set-up is of version {given['version']!r}, and this neurona reads 1.",
                f"Esta configuración es de la versión {given['version']!r}, y este neurona lee "
                "la 1.",
                "version",
            )
        return cls(**{name: read(given[name]) for name, read in _PARTS.items() if name in given})


# --------------------------------------------------------------------------- readers of one value
def _wrong(name: str, given: Any, en: str, es: str) -> PlaygroundError:
    shown = repr(given)
    shown = shown if len(shown) <= 40 else shown[:37] + "…"
    return PlaygroundError(
        "value", f"{name} is {shown}: give {en}.", f"{name} es {shown}: indica {es}.", name
    )


def _mapping(name: str, given: Any, known: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise _wrong(name, given, "an object", "un objeto")
    for key in given:
        if key not in known:
            names = ", ".join(known)
            raise _wrong(name, key, f"only {names}", f"solo {names}")
    return given


def _sequence(name: str, given: Any, most: int) -> Sequence[Any]:
    if not isinstance(given, list | tuple):
        raise _wrong(name, given, "a list", "una lista")
    if len(given) > most:
        raise _wrong(
            name, f"{len(given)} long", f"a list of {most} at most", f"una lista de {most} o menos"
        )
    return given


def number(low: float, high: float, above: bool = False) -> Callable[[str, Any], float]:
    """Return a reader of finite numbers from low, or only above it, to high."""

    def read(name: str, given: Any) -> float:
        fits = isinstance(given, int | float) and not isinstance(given, bool)
        if not (fits and low <= given <= high and isfinite(given) and not (above and given == low)):
            between = f"{low:g}", f"{high:g}"
            raise _wrong(
                name,
                given,
                "a number from {} to {}".format(*between) + (", not 0" if above else ""),
                "un número de {} a {}".format(*between) + (", sin el 0" if above else ""),
            )
        return float(given)

    return read


def whole(low: int, high: int) -> Callable[[str, Any], int]:
    """Return a reader of whole numbers from low to high."""

    def read(name: str, given: Any) -> int:
        if isinstance(given, float) and given.is_integer():  # JSON knows one kind of number
            given = int(given)
        if not isinstance(given, int) or isinstance(given, bool) or not low <= given <= high:
            raise _wrong(
                name,
                given,
                f"a whole number from {low} to {high}",
                f"un número entero de {low} a {high}",
            )
        return given

    return read


def _one_of(names: Sequence[str]) -> Callable[[str, Any], str]:
    def read(name: str, given: Any) -> str:
        if not isinstance(given, str) or given not in names:
            listed = ", ".join(names)
            raise _wrong(name, given, f"one of {listed}", f"uno de {listed}")
        return given

    return read


def _or_none(read: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    return lambda name, given: None if given is None else read(name, given)


def _points(name: str, given: Any) -> tuple[tuple[float, float, float], ...]:
    read = number(-1e3, 1e3)
    points = []
    for i, point in enumerate(_sequence(name, given, LIMITS["points"])):
        if len(_sequence(f"{name}[{i}]", point, 3)) != 3:
            raise _wrong(f"{name}[{i}]", point, "[x1, x2, class]", "[x1, x2, clase]")
        x1, x2, label = (read(f"{name}[{i}]", value) for value in point)
        points.append((x1, x2, label))
    return tuple(points)


def _truth(name: str, given: Any) -> bool:
    if not isinstance(given, bool):
        raise _wrong(name, given, "true or false", "true o false")
    return given


def _names(most: int) -> Callable[[str, Any], tuple[str, ...]]:
    """Return a reader of so many names at most."""

    def read(name: str, given: Any) -> tuple[str, ...]:
        names = _sequence(name, given, most)
        for one in names:
            if not isinstance(one, str) or len(one) > LIMITS["letters"]:
                raise _wrong(
                    name,
                    one,
                    f"a name of {LIMITS['letters']} letters at most",
                    f"un nombre de {LIMITS['letters']} letras o menos",
                )
        return tuple(names)

    return read


def _fields(kind: type, readers: Mapping[str, Callable[[str, Any], Any]], name: str) -> Any:
    def read(given: Any) -> Any:
        given = _mapping(name, given, known=tuple(readers))
        return kind(**{key: readers[key](f"{name}.{key}", given[key]) for key in given})

    return read


_seed = whole(0, 2**31 - 1)
_rate = number(0, 1000, above=True)
_layer = {
    "neurons": whole(1, LIMITS["neurons"]),
    "activation": _one_of([name for name in OFFERED if name != "softmax"]),
    "learning_rate": _or_none(_rate),
}


def _layers(given: Any) -> tuple[LayerSetup, ...]:
    return tuple(
        _fields(LayerSetup, _layer, f"layers[{i}]")(one)
        for i, one in enumerate(_sequence("layers", given, LIMITS["layers"]))
    )


def _inputs(given: Any) -> tuple[str, ...]:
    chosen = {_one_of(INPUTS)("inputs", one) for one in _sequence("inputs", given, len(INPUTS))}
    if not chosen:
        raise _wrong("inputs", given, "one input at least", "al menos una entrada")
    return tuple(name for name in INPUTS if name in chosen)


def _weights(given: Any) -> tuple[float, ...] | None:
    if given is None:
        return None
    one = number(-1e30, 1e30)  # float32 holds them
    listed = _sequence("weights", given, LIMITS["weights"])
    return tuple(one(f"weights[{i}]", value) for i, value in enumerate(listed))


def _frozen(given: Any) -> tuple[int, ...]:
    if given is None:  # as the weights say that there are none
        return ()
    place = whole(0, LIMITS["weights"] - 1)
    listed = _sequence("frozen", given, LIMITS["weights"])
    return tuple(sorted({place(f"frozen[{i}]", one) for i, one in enumerate(listed)}))


_PARTS: Mapping[str, Callable[[Any], Any]] = {
    "data": _fields(
        DataSetup,
        {
            "kind": _one_of(KINDS),
            "n": whole(20, LIMITS["points"]),
            "noise": number(0, 0.5),
            "arms": whole(2, 5),
            "classes": whole(2, LIMITS["classes"]),
            "test_share": number(0, 0.9),
            "seed": _seed,
            "points": _points,
            "regression": _truth,
            "columns": _names(3),
            "class_names": _names(LIMITS["classes"]),
        },
        "data",
    ),
    "inputs": _inputs,
    "layers": _layers,
    "output": _fields(
        OutputSetup,
        {
            "activation": _one_of(["auto", *OFFERED]),
            "learning_rate": _or_none(_rate),
        },
        "output",
    ),
    "training": _fields(
        TrainingSetup,
        {
            "learning_rate": _rate,
            "optimizer": _one_of(list(OPTIMIZERS)),
            "cost": _one_of(COSTS),
            "batch_size": _or_none(whole(1, LIMITS["points"])),
            "l1": number(0, 10),
            "l2": number(0, 10),
            "initializer": _one_of(list(INITIALIZERS)),
            "seed": _seed,
        },
        "training",
    ),
    "weights": _weights,
    "frozen": _frozen,
}
