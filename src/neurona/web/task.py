"""From a set-up to the engine's task: points, a network, a cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from neurona import datasets
from neurona.datasets.points import POINT_CLOUDS
from neurona.datasets.surfaces import REGRESSIONS
from neurona.engine.activations import find_activation
from neurona.engine.costs import Cost, find_cost
from neurona.engine.data import Data, check_data
from neurona.engine.initializers import find_initializer
from neurona.engine.layers.base import leaves
from neurona.engine.layers.convolution import Conv2D
from neurona.engine.layers.dense import Dense
from neurona.engine.layers.flatten import Flatten
from neurona.engine.layers.gru import GRU
from neurona.engine.layers.lstm import LSTM
from neurona.engine.layers.pooling import MaxPool2D
from neurona.engine.layers.recurrent import Recurrent
from neurona.engine.layers.simple_rnn import SimpleRNN
from neurona.engine.network import Network, network
from neurona.engine.objective import Objective
from neurona.engine.parameters import unflatten
from neurona.engine.types import Array, Params
from neurona.extras import MissingExtra
from neurona.lesson.bugs import BUGS, WRITTEN, Program, write
from neurona.observe.numbers import Limits, limits_of
from neurona.web.errors import PlaygroundError
from neurona.web.setup import LAYERS, LESSON, LIMITS, DataSetup, LayerSetup, Setup

DIGIT = (8, 8, 1)  # the shape of a digit's image
RECURRENCES: Mapping[str, type[Recurrent]] = {"rnn": SimpleRNN, "gru": GRU, "lstm": LSTM}
# The input features of a point (x1, x2).
FEATURES: Mapping[str, Callable[[Array, Array], Array]] = {
    "x1": lambda x1, x2: x1,
    "x2": lambda x1, x2: x2,
    "x1^2": lambda x1, x2: x1 * x1,
    "x2^2": lambda x1, x2: x2 * x2,
    "x1*x2": lambda x1, x2: x1 * x2,
    "sin(x1)": lambda x1, x2: np.sin(np.pi * x1),
    "sin(x2)": lambda x1, x2: np.sin(np.pi * x2),
}


@dataclass(frozen=True, eq=False)
class Task:
    """The examples to learn, the network and the cost.

    Attributes
    ----------
    setup
        Its set-up.
    points, labels, held_out
        ``(n, 2)`` coordinates, images ``(n, 8, 8, 1)`` or series ``(n, steps, 1)``; ``(n,)``
        classes or values, and which are for the test.
    classes
        Their number, or 0 for a regression.
    limits
        The rectangle of the plane on the screen; without a plane the unit square, which means
        nothing.
    net, cost
        The network and its cost.
    train, test
        The engine's data of both parts; without a test it has no rows.
    program
        The program that trains in the engine's place, with its bug; None without a bug.
    """

    setup: Setup
    points: Array
    labels: Array
    held_out: Array
    classes: int
    limits: Limits
    net: Network
    cost: Cost
    train: Data
    test: Data
    program: Program | None = None

    @property
    def objective(self) -> Objective:
        """The cost with its penalty."""
        training = self.setup.training
        return Objective(self.net, self.cost, training.l1, training.l2)

    def draw(self) -> Params:
        """Return the parameters of the set-up, or those that are drawn from its seed."""
        drawn = self.net.init(rng=self.setup.training.seed)
        if self.setup.weights is None:
            return drawn
        return unflatten(np.array(self.setup.weights, dtype=np.float32), like=drawn)

    def begin(self) -> Params:
        """Return the initial parameters: the drawn ones, or what a program makes of them."""
        drawn = self.draw()
        if self.program is None:
            return drawn
        layers = self.program.start(drawn)
        numbers = [part.ravel() for layer in layers for part in (layer.W, layer.b)]
        return unflatten(np.concatenate(numbers).astype(np.float32), like=drawn)

    @property
    def frozen(self) -> Array:
        """``(p,)`` booleans: which parameters are frozen from the beginning."""
        still = np.zeros(_size(self.net), dtype=bool)
        still[list(self.setup.frozen)] = True
        return still

    @property
    def planar(self) -> bool:
        """Whether the examples are points of the plane, and neither images nor series."""
        return self.setup.data.planar

    @property
    def widths(self) -> tuple[int, ...]:
        """How many numbers, maps or units each layer with weights has, the inputs first."""
        own = [one.n_out for one in self.net.layers if isinstance(one, Dense | Conv2D | Recurrent)]
        return (self.net.in_shape[-1], *own)

    def features(self, points: Array) -> Array:
        """Return the inputs of points ``(n, 2)``, others as they are: ``(n, ...)`` float32."""
        return _inputs(self.setup, points)


def features(inputs: tuple[str, ...], points: Array) -> Array:
    """Return the chosen features of points ``(n, 2)``, a column each, as float32.

    Examples
    --------
    >>> features(("x1", "x1*x2"), np.array([[2.0, 3.0]]))
    array([[2., 6.]], dtype=float32)
    """
    x1, x2 = points.T
    columns = [FEATURES[name](x1, x2) for name in inputs]
    return np.stack(columns, axis=1).astype(np.float32)


def _inputs(setup: Setup, points: Array) -> Array:
    return features(setup.inputs, points) if setup.data.planar else points.astype(np.float32)


def make_task(setup: Setup) -> Task:
    """Draw the examples and describe the network.

    Raises
    ------
    PlaygroundError
        If parts of the set-up, each valid by itself, are incompatible.
    """
    planar = setup.data.planar
    drawn = _images_of if setup.data.kind == "digits" else _points_of
    points, labels = drawn(setup.data)
    regression = setup.data.kind in REGRESSIONS or (
        setup.data.kind == "own" and setup.data.regression
    )
    classes = 0 if regression else max(2, int(labels.max()) + 1)
    held_out = _held_out(setup.data, labels)
    # Two classes are one output of a sigmoid, or two of a softmax.
    several = classes > 2 or (classes == 2 and setup.output.activation == "softmax")
    outputs = classes if several else 1
    _check_kinds(setup)
    output = _output(setup, outputs, regression)
    net = _network(setup, outputs, output) if planar else _layered(setup, points, outputs, output)
    try:
        cost = find_cost(None if setup.training.cost == "auto" else setup.training.cost, net)
    except ValueError as error:
        raise PlaygroundError(
            "cost",
            str(error),
            f"El coste {setup.training.cost} no va con una salida {net.output.name}: elige "
            "«auto», o una salida sigmoid o softmax.",
            "training.cost",
        ) from error
    data = [
        _data(setup, net, points[which], labels[which]) for which in (~held_out, held_out)
    ]  # fmt: skip
    program = None
    if setup.bug is not None and not planar:
        raise PlaygroundError(
            "bug",
            "The bug lab's program has dense layers only: take points, or mend the bug.",
            "El programa de los errores solo tiene capas densas: toma puntos o arregla el error.",
            "bug",
        )
    if setup.bug is not None:
        program = BUGS[setup.bug].put_into(program_of(net, cost))
    limits = limits_of(points) if planar else (0.0, 1.0, 0.0, 1.0)
    task = Task(
        setup, points, labels, held_out, classes, limits, net, cost, data[0], data[1], program
    )
    _check_weights(task)
    return task


def program_of(net: Network, cost: Cost) -> Program:
    """Return the correct program of the bug lab for a network and its cost.

    Raises
    ------
    PlaygroundError
        If the program has not one of the activations.
    """
    names = [layer.activation.name for layer in net.layers]
    for name in names:
        if name not in WRITTEN:
            raise PlaygroundError(
                "bug",
                f"The bug lab's program takes each slope from a, and that of {name} cannot be: "
                "choose another activation, or mend the bug.",
                f"El programa de los errores saca cada pendiente de a, y la de {name} no se puede "
                "sacar: elige otra activación o arregla el error.",
                "bug",
            )
    return write(net.topology, names, type(cost).__name__)


def _check_weights(task: Task) -> None:
    given, frozen = task.setup.weights, task.setup.frozen
    size = _size(task.net)
    if given is not None and len(given) != size:
        raise PlaygroundError(
            "weights",
            f"These are {len(given)} weights, and the network has {size}.",
            f"Son {len(given)} pesos, y la red tiene {size}.",
            "weights",
        )
    if frozen and frozen[-1] >= size:
        raise PlaygroundError(
            "frozen",
            f"Parameter {frozen[-1]} is to be frozen, and the network has {size}, counted from 0.",
            f"Se quiere congelar el parámetro {frozen[-1]}, y la red tiene {size}, contados "
            "desde 0.",
            "frozen",
        )


def _size(net: Network) -> int:
    """Return the number of parameters."""
    return sum(prod(shape) for shape in leaves(net.shapes(net.in_shape)))


def _images_of(data: DataSetup) -> tuple[Array, Array]:
    """Return so many images ``(n, 8, 8, 1)``, drawn from the seed, and their classes."""
    try:
        images, labels = datasets.digits()
    except MissingExtra as error:
        raise PlaygroundError(
            "data",
            str(error),
            f"{error.name} no está instalado: pip install {str(error).rpartition(' ')[2]}",
            "data.kind",
        ) from error
    drawn = np.random.default_rng(data.seed).permutation(len(labels))[
        : min(data.n, LIMITS["images"])
    ]
    return images[drawn].reshape(-1, *DIGIT), labels[drawn]


def _points_of(data: DataSetup) -> tuple[Array, Array]:
    if data.kind == "own":
        placed = np.array(data.points, dtype=np.float64).reshape(-1, 3)
        if data.regression and len(placed) < 2:
            raise PlaygroundError(
                "points", "Two points are needed.", "Hacen falta dos puntos.", "data.points"
            )
        return placed[:, :2], placed[:, 2] if data.regression else _classes_of(placed[:, 2])
    make, settings = maker_of(data)
    points, labels = make(rng=data.seed, **settings)
    return points, labels


def maker_of(data: DataSetup) -> tuple[Callable[..., tuple[Array, Array]], dict[str, Any]]:
    """Return what draws the points or series of a kind, and its settings beside the seed."""
    own = {"spirals": {"arms": data.arms}, "blobs": {"classes": data.classes}}.get(data.kind, {})
    makers = {**POINT_CLOUDS, **REGRESSIONS, "memory": datasets.memory}
    return makers[data.kind], {"n": data.n, "noise": data.noise, **own}


def _classes_of(labels: Array) -> Array:
    most = LIMITS["classes"] - 1
    if not np.isin(labels, np.arange(most + 1)).all():
        raise PlaygroundError(
            "points",
            f"The class of a point is a whole number from 0 to {most}.",
            f"La clase de un punto es un número entero de 0 a {most}.",
            "data.points",
        )
    if len(np.unique(labels)) < 2:
        raise PlaygroundError(
            "points",
            "Place points of two classes at least.",
            "Coloca puntos de al menos dos clases.",
            "data.points",
        )
    return labels.astype(np.int64)


def _held_out(data: DataSetup, labels: Array) -> Array:
    """Return which points are for the test; none if there are too few to split."""
    held_out = np.zeros(len(labels), dtype=bool)
    if data.test_share:
        try:
            _, test, _, _ = datasets.train_test_split(
                np.arange(len(labels)), labels, test_size=data.test_share, rng=data.seed
            )
        except ValueError:
            return held_out
        held_out[test] = True
    return held_out


# A layer's operation in both languages, what it takes, and which data have it.
_CONVOLUTION = ("convolution", "convolución"), ("images", "imágenes"), ("the digits", "los dígitos")
_RECURRENCE = ("recurrence", "recurrencia"), ("series", "series"), ("the memory", "la memoria")


def _operation(layer: LayerSetup) -> tuple[tuple[str, str], ...]:
    return _RECURRENCE if layer.kind in RECURRENCES else _CONVOLUTION


def _check_kinds(setup: Setup) -> None:
    """Check that the data can run through each layer."""
    for k, layer in enumerate(setup.layers):
        if layer.kind not in LAYERS.get(setup.data.kind, ("dense",)):
            (en, es), takes, data = _operation(layer)
            raise PlaygroundError(
                "layers",
                f"Layer {k + 1} is a {en}, which takes {takes[0]}: choose {data[0]}, or a dense "
                "layer.",
                f"La capa {k + 1} es una {es}, que toma {takes[1]}: elige {data[1]}, o una capa "
                "densa.",
                f"layers[{k}].kind",
            )


def _layered(setup: Setup, examples: Array, outputs: int, output: str) -> Network:
    """Return the network of a set-up on images or series: flat once the first dense layer comes."""
    training = setup.training
    if training.optimizer == LESSON:
        raise PlaygroundError(
            "optimizer",
            "The lesson's step is made for dense layers alone: choose another optimizer.",
            "El paso de la lección es solo para capas densas: elige otro optimizador.",
            "training.optimizer",
        )
    drawn: dict[str, Any] = {
        "initializer": find_initializer(training.initializer),
        "bias_initializer": find_initializer(
            "uniform" if training.initializer == "uniform" else "zeros"
        ),
    }
    layers: list[Any] = []
    flat = False
    for k, layer in enumerate(setup.layers):
        f = find_activation(layer.activation)
        if layer.kind == "dense":
            layers += [*([] if flat else [Flatten()]), Dense(layer.neurons, f, **drawn)]
            flat = True
            continue
        if flat:
            (en, es), *_ = _operation(layer)
            raise PlaygroundError(
                "layers",
                f"Layer {k + 1} is a {en}, and gets rows of numbers from the dense layer before "
                f"it: put {en}s first.",
                f"La capa {k + 1} es una {es}, y la capa densa anterior le da filas de números: "
                "ponla antes.",
                f"layers[{k}].kind",
            )
        if layer.kind in RECURRENCES:
            # One that another follows gives its state after each step, the last one's is flat.
            flat = not any(one.kind in RECURRENCES for one in setup.layers[k + 1 : k + 2])
            own = {"activation": f} if layer.kind == "rnn" else {}
            kind: Any = RECURRENCES[layer.kind]
            layers.append(kind(layer.neurons, return_sequences=not flat, **own, **drawn))
            continue
        layers.append(Conv2D(layer.neurons, activation=f, padding="same", **drawn))
        layers += [MaxPool2D()] if layer.kind == "conv+pool" else []
    layers += [*([] if flat else [Flatten()]), Dense(outputs, find_activation(output), **drawn)]
    try:
        return Network(tuple(layers), in_shape=examples.shape[1:])
    except ValueError as error:
        raise PlaygroundError(
            "layers",
            str(error),
            "Las imágenes se quedan sin píxeles: pon menos agrupaciones (cada una deja la mitad).",
            "layers",
        ) from error


def _output(setup: Setup, outputs: int, regression: bool) -> str:
    """Return the output's activation."""
    natural = "linear" if regression else "sigmoid" if outputs == 1 else "softmax"
    chosen = natural if setup.output.activation == "auto" else setup.output.activation
    if chosen == "softmax" and outputs == 1:
        raise PlaygroundError(
            "output",
            "A softmax over one output is always 1: choose another.",
            "Una softmax sobre una sola salida vale siempre 1: elige otra.",
            "output.activation",
        )
    return chosen


def _network(setup: Setup, outputs: int, output: str) -> Network:
    return network(
        [len(setup.inputs), *(layer.neurons for layer in setup.layers), outputs],
        [*(layer.activation for layer in setup.layers), output],
        initializer=setup.training.initializer,
        # The tutorial draws its biases as it draws its weights.
        bias_initializer="uniform" if setup.training.initializer == "uniform" else "zeros",
    )


def _data(setup: Setup, net: Network, points: Array, labels: Array) -> Data:
    if len(points) == 0:
        none = np.zeros((0, net.n_out), np.float32)
        return Data(np.zeros((0, *net.in_shape), np.float32), none, None)
    target: Any = labels
    if net.n_out > 1:
        target = datasets.one_hot(labels, net.n_out)
    try:
        return check_data(net, _inputs(setup, points), target)
    except ValueError as error:
        raise PlaygroundError(
            "output",
            str(error),
            f"La salida {net.output.name} no puede responder estos valores: elige «auto».",
            "output.activation",
        ) from error
