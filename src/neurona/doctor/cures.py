"""The cures: each is one change of a case, and says in a noun phrase what it changes.

A cure that keeps the network's shape keeps its random numbers too: the same seed draws the same
initial weights, scaled by the gain of the activation where an initializer asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import count
from typing import Any

import numpy as np

from neurona.doctor.case import Case, Cure
from neurona.doctor.signs import clipped, curvature
from neurona.doctor.skill import Measure
from neurona.doctor.training import OfPredictions, by_place, cost_of, examples
from neurona.engine.activations import Activation, find_activation, linear
from neurona.engine.costs import CROSS_ENTROPIES, Cost, Huber, SquaredError
from neurona.engine.initializers import Initializer, Shape, find_initializer, zeros
from neurona.engine.layers.base import Activate, Layer
from neurona.engine.layers.composition import Composition
from neurona.engine.layers.convolution import Conv1D, Conv2D
from neurona.engine.layers.dense import Dense
from neurona.engine.layers.dropout import Dropout
from neurona.engine.layers.embedding import Embedding
from neurona.engine.layers.gru import GRU
from neurona.engine.layers.normalization import BatchNormalization, LayerNormalization
from neurona.engine.layers.sequential import Sequential
from neurona.engine.layers.simple_rnn import SimpleRNN
from neurona.engine.network import Network
from neurona.engine.optimizers import SGD, Adam, Optimizer, find_optimizer
from neurona.engine.parameters import mapped
from neurona.engine.training import rates_of_step
from neurona.engine.types import Array
from neurona.language import Text
from neurona.lesson.step import LessonStep

CURES: dict[str, Cure] = {}
BATCH = 32
Change = Callable[[Case], Case | None]


def _cure(name: str, en: str, es: str) -> Callable[[Change], Change]:
    """Register a change of a case under a name and its words."""

    def register(change: Change) -> Change:
        CURES[name] = Cure(name, Text(en, es), change)
        return change

    return register


# ------------------------------------------------------------------------------- initial weights


def _drawn(case: Case, initializer: str) -> Case | None:
    """Return the case with weights of an initializer, and biases of zero."""
    find, nothing = find_initializer(initializer), zeros
    net = _each(case.net, lambda layer: _given(layer, initializer=find, bias_initializer=nothing))
    return None if net == case.net and case.params is None else replace(case, net=net, params=None)


@_cure("orthogonal-weights", "orthogonal initial weights", "pesos iniciales ortogonales")
def _(case: Case) -> Case | None:
    return _drawn(case, "orthogonal")


@_cure("glorot-weights", "initial weights by Glorot's rule", "pesos iniciales según Glorot")
def _(case: Case) -> Case | None:
    return _drawn(case, "glorot_uniform")


@_cure("he-weights", "initial weights by He's rule", "pesos iniciales según He")
def _(case: Case) -> Case | None:
    return _drawn(case, "he_normal")


@dataclass(frozen=True)
class _Silenced:
    """An initializer whose numbers are drawn, and then not used: the weights stay what they were.

    >>> _Silenced(zeros)(np.random.default_rng(0), (2,), 1.0)
    array([0., 0.])
    """

    initializer: Initializer

    def __call__(self, rng: np.random.Generator, shape: Shape, gain: float) -> Array:
        return 0 * self.initializer(rng, shape, gain)


@_cure("zero-biases", "initial biases of zero", "sesgos iniciales nulos")
def _(case: Case) -> Case | None:
    if case.params is not None:
        params = mapped(lambda a: a if np.ndim(a) > 1 else 0 * a, case.params)
        return replace(case, params=params)

    def silenced(layer: Any) -> Any:
        its = getattr(layer, "bias_initializer", zeros)
        return layer if its is zeros else _given(layer, bias_initializer=_Silenced(its))

    return _with(case, _each(case.net, silenced))


@dataclass(frozen=True)
class _Another:
    """An initializer's second draw."""

    initializer: Initializer

    def __call__(self, rng: np.random.Generator, shape: Shape, gain: float) -> Array:
        self.initializer(rng, shape, gain)
        return self.initializer(rng, shape, gain)


@_cure(
    "another-draw",
    "another draw of the same initial weights",
    "otro sorteo de los mismos pesos iniciales",
)
def _(case: Case) -> Case | None:
    if case.params is not None:
        return None

    def again(layer: Any) -> Any:
        names = ("initializer", "bias_initializer")
        return _given(layer, **{k: _Another(getattr(layer, k)) for k in names if hasattr(layer, k)})

    return _with(case, _each(case.net, again))


# ------------------------------------------------------------------------------------ activations


def _hidden(case: Case, name: str) -> Case | None:
    """Return the case with another activation in each hidden layer that has one."""
    found = find_activation(name)

    def changed(layer: Any) -> Any:
        return layer if layer.activation is linear else _given(layer, activation=found)

    return _with(case, _each(case.net, changed, last=False))


@_cure("tanh-hidden", "tanh in the hidden layers", "tanh en las capas ocultas")
def _(case: Case) -> Case | None:
    return _hidden(case, "tanh")


@_cure("relu-hidden", "ReLU in the hidden layers", "ReLU en las capas ocultas")
def _(case: Case) -> Case | None:
    return _hidden(case, "relu")


@_cure("leaky-hidden", "leaky ReLU in the hidden layers", "ReLU con fuga en las capas ocultas")
def _(case: Case) -> Case | None:
    return _hidden(case, "leaky_relu")


@_cure(
    "add-hidden-activation",
    "tanh in the hidden layers that have no activation",
    "tanh en las capas ocultas que no tienen activación",
)
def _(case: Case) -> Case | None:
    def bent(row: Any, after: Layer | None) -> Any:
        layers = list(row.layers)
        for k, (layer, follows) in enumerate(zip(layers, [*layers[1:], after], strict=True)):
            if isinstance(layer, Sequential):
                layers[k] = bent(layer, follows)
            elif _learns(layer) and layer.activation is linear and not _normalizes(follows):
                layers[k] = _given(layer, activation=find_activation("tanh"))
        return replace(row, layers=tuple(layers))

    return _with(case, bent(case.net, None))


def _learns(layer: Layer) -> bool:
    return hasattr(layer, "n_out")


def _normalizes(layer: Layer | None) -> bool:
    """Return whether a layer brings the activation, or is the end, which needs none."""
    normal = isinstance(layer, BatchNormalization | LayerNormalization)
    return (
        layer is None or normal or (isinstance(layer, Activate) and layer.activation is not linear)
    )


# ------------------------------------------------------------------------ optimizer, rate, batches


def _adam(case: Case, rate: float) -> Case | None:
    now = find_optimizer(case.optimizer)
    return None if now == Adam(rate) else replace(case, optimizer=Adam(rate))


@_cure("adam", "Adam at a rate of 0.001", "Adam con una tasa de 0,001")
def _(case: Case) -> Case | None:
    return _adam(case, 0.001)


@_cure("adam-fast", "Adam at a rate of 0.01", "Adam con una tasa de 0,01")
def _(case: Case) -> Case | None:
    return _adam(case, 0.01)


@dataclass(frozen=True)
class _Scaled:
    """A schedule times a factor."""

    schedule: Callable[[int], float]
    factor: float

    def __call__(self, step: int) -> float:
        return self.factor * self.schedule(step)


def _rate(case: Case, change: Callable[[Any], Any]) -> Case | None:
    """Return the case with another learning rate, or other ones."""
    optimizer: Optimizer = find_optimizer(case.optimizer)
    if not is_dataclass(optimizer):
        return None
    inner = getattr(optimizer, "optimizer", None)  # one around another
    rate = optimizer.learning_rate
    changed = [change(one) for one in rate] if isinstance(rate, list | tuple) else change(rate)
    if inner is not None:
        made = replace(optimizer, optimizer=replace(inner, learning_rate=changed))
    else:
        made = replace(optimizer, learning_rate=changed)
    return replace(case, optimizer=made)


def _by(factor: float) -> Change:
    def change(rate: Any) -> Any:
        return _Scaled(rate, factor) if callable(rate) else factor * rate

    return lambda case: _rate(case, change)


@_cure("one-rate", "one learning rate for all layers", "una misma tasa para todas las capas")
def _(case: Case) -> Case | None:
    optimizer = find_optimizer(case.optimizer)
    rate = optimizer.learning_rate
    if not isinstance(rate, list | tuple) or any(map(callable, rate)):
        return None
    return replace(case, optimizer=_given(optimizer, learning_rate=max(rate)))


_cure("rate-up", "a learning rate ten times as high", "una tasa de aprendizaje diez veces mayor")(
    _by(10.0)
)
_cure("rate-down", "a learning rate ten times as low", "una tasa de aprendizaje diez veces menor")(
    _by(0.1)
)


@_cure(
    "rate-from-curvature",
    "gradient descent at 1 / the largest curvature",
    "descenso de gradiente a 1 / la mayor curvatura",
)
def _(case: Case) -> Case | None:
    params = case.net.init(case.seed) if case.params is None else case.params
    found = curvature(case, params)
    if not np.isfinite(found) or found <= 0:
        return None
    return replace(case, optimizer=SGD(1 / found))


@_cure("more-steps", "four times as many steps", "cuatro veces más pasos")
def _(case: Case) -> Case | None:
    return replace(case, steps=4 * case.steps)


@_cure(
    "smaller-batches",
    "mini-batches of 32, up to four times as many",
    "minilotes de 32, hasta cuatro veces más",
)
def _(case: Case) -> Case | None:
    size = min(case.batch_size or len(case.X), len(case.X))
    if size < 2 * BATCH:
        return None
    return replace(case, batch_size=BATCH, steps=round(case.steps * min(4, size / BATCH)))


@_cure("larger-batches", "mini-batches of 32", "minilotes de 32")
def _(case: Case) -> Case | None:
    size = min(case.batch_size or len(case.X), len(case.X))
    return replace(case, batch_size=BATCH) if size < min(BATCH, len(case.X)) else None


@_cure("shuffle", "shuffled mini-batches", "minilotes barajados")
def _(case: Case) -> Case | None:
    return None if case.shuffle else replace(case, shuffle=True)


# ----------------------------------------------------------------------------------- the examples


def _standard(a: Array, own: Array) -> Array:
    """Return an array less the mean of another, by its standard deviation."""
    given = np.asarray(own, np.float64)
    axis = 0 if given.ndim < 3 else None  # the pixels of images have one scale
    deviation = given.std(axis=axis)
    scaled: Array = (np.asarray(a, np.float64) - given.mean(axis=axis)) / np.where(
        deviation > 0, deviation, 1
    )
    return scaled.astype(np.float32)


@_cure("standardize-inputs", "standardized inputs", "entradas estandarizadas")
def _(case: Case) -> Case | None:
    X = np.asarray(case.X, np.float64)
    scaled = _standard(X, X)
    if np.allclose(scaled, X, atol=0.1) or isinstance(case.net.layers[0], Embedding):
        return None
    validation = None if case.X_val is None else _standard(case.X_val, X)
    return replace(case, X=scaled, X_val=validation)


@_cure(
    "clip-inputs",
    "inputs clipped near their quartiles and standardized",
    "entradas recortadas cerca de sus cuartiles y estandarizadas",
)
def _(case: Case) -> Case | None:
    X = np.asarray(case.X, np.float64)
    if X.ndim != 2 or isinstance(case.net.layers[0], Embedding):
        return None
    near = clipped(X, X)
    if (near == X).all():
        return None
    validation = None if case.X_val is None else _standard(clipped(np.asarray(case.X_val), X), near)
    return replace(case, X=_standard(near, near), X_val=validation)


@_cure("standardize-targets", "standardized targets", "objetivos estandarizados")
def _(case: Case) -> Case | None:
    y = np.asarray(case.y, np.float64)
    if _measure(case).kind != "values" or case.net.output.name in _BOUNDED:
        return None
    scaled = _standard(y, y)
    if np.allclose(scaled, y, atol=0.1):
        return None
    validation = None if case.y_val is None else _standard(case.y_val, y)
    return replace(case, y=scaled, y_val=validation)


_BOUNDED = ("sigmoid", "softmax", "relu", "exp", "softplus")


@_cure("class-weights", "rare classes weigh more", "más peso para las clases raras")
def _(case: Case) -> Case | None:
    target = examples(case).target
    if _measure(case).kind != "classes" or case.sample_weight is not None:
        return None
    if len(case.net.out_shape()) > 1:  # an example has several classes
        return None
    label = target.argmax(axis=1) if target.shape[1] > 1 else target[:, 0] > 0.5
    _, places, counts = np.unique(label, return_inverse=True, return_counts=True)
    if counts.min() == counts.max():
        return None
    return replace(case, sample_weight=(len(label) / len(counts) / counts)[places])


# ------------------------------------------------------------------------------- output and cost


def _measure(case: Case) -> Measure:
    return Measure.of(by_place(case.net, examples(case).target))


def _is_entropy(cost: Cost) -> bool:
    return isinstance(cost, (OfPredictions, *CROSS_ENTROPIES.values()))


def _output(case: Case, name: str) -> Case | None:
    """Return the case with another output, and a cost of the same kind that goes with it."""
    output = find_activation(name)
    if case.net.output is output:
        return None
    own = cost_of(case)
    cost: Any = own
    if _is_entropy(own):
        cost = CROSS_ENTROPIES[name]() if name in CROSS_ENTROPIES else SquaredError()
    elif own.link is not None:
        cost = SquaredError()
    return replace(case, net=_last(case.net, output), cost=cost)


def _last(net: Network, output: Activation) -> Network:
    return replace(net, layers=(*net.layers[:-1], _given(net.layers[-1], activation=output)))


def _unsigned(case: Case) -> Case:
    """Return the case with classes 0 and 1 in the place of -1 and 1."""
    if not _measure(case).signed:
        return case
    halves = [None if y is None else (np.asarray(y) > 0) * 1.0 for y in (case.y, case.y_val)]
    return replace(case, y=halves[0], y_val=halves[1])  # type: ignore[arg-type]


def _in_unit(case: Case) -> bool:
    target = examples(case).target
    return bool(target.min() >= 0 and target.max() <= 1)


@_cure("output-sigmoid", "a sigmoid output", "una salida sigmoide")
def _(case: Case) -> Case | None:
    case = _unsigned(case)
    return _output(case, "sigmoid") if _in_unit(case) else None


@_cure("output-linear", "a linear output", "una salida lineal")
def _(case: Case) -> Case | None:
    return _output(case, "linear")


@_cure("output-softmax", "a softmax output", "una salida softmax")
def _(case: Case) -> Case | None:
    fits = case.net.out_shape()[-1] > 1 and _measure(case).kind == "classes"
    return _output(case, "softmax") if fits else None


@_cure("output-tanh", "a tanh output", "una salida tanh")
def _(case: Case) -> Case | None:
    return _output(case, "tanh")


@_cure("cost-cross-entropy", "cross-entropy as the cost", "la entropía cruzada como coste")
def _(case: Case) -> Case | None:
    link = case.net.output.name
    fits = link in CROSS_ENTROPIES and _in_unit(case)
    if not fits or (link == "softmax" and _measure(case).kind != "classes"):
        return None
    cost = CROSS_ENTROPIES[link]()
    return None if cost_of(case) == cost else replace(case, cost=cost)


@_cure("cost-mse", "the mean squared error as the cost", "el error cuadrático medio como coste")
def _(case: Case) -> Case | None:
    cost = SquaredError()
    return None if cost_of(case) == cost else replace(case, cost=cost)


@_cure("cost-huber", "Huber's error as the cost", "el error de Huber como coste")
def _(case: Case) -> Case | None:
    fits = _measure(case).kind == "values" and isinstance(cost_of(case), SquaredError)
    return replace(case, cost=Huber()) if fits else None


@dataclass(frozen=True)
class MeanOf:
    """A cost that is a sum over the examples, divided by their number.

    Parameters
    ----------
    cost
        That cost.
    """

    cost: Cost

    @property
    def link(self) -> str | None:
        """The cost's: what it does to the output itself."""
        return self.cost.link

    def __call__(
        self, output: Array, target: Array, weight: Array | None = None
    ) -> tuple[Array, Array]:
        """Return the cost and its derivative by ``output``."""
        value, d = self.cost(output, target, weight)
        return value / output.shape[-2], d / output.shape[-2]


@_cure("mean-cost", "the mean over the examples as the cost", "la media de los ejemplos como coste")
def _(case: Case) -> Case | None:
    cost = cost_of(case)
    return replace(case, cost=MeanOf(cost)) if _adds_up(case, cost) else None


def _adds_up(case: Case, cost: Cost) -> bool:
    """Return whether the cost of all the examples twice is twice their cost."""
    target = by_place(case.net, examples(case).target[:100])
    output = np.full_like(target, 0.3)
    once, twice = (
        float(cost(np.concatenate([output] * k), np.concatenate([target] * k))[0]) for k in (1, 2)
    )
    return bool(np.isclose(twice, 2 * once, rtol=1e-3) and once != 0)


# ------------------------------------------------------------------------------------ the network


def _widths(case: Case, change: Callable[[int], int]) -> Case | None:
    def changed(layer: Any) -> Any:
        wider = _learns(layer) and getattr(layer, "groups", 1) == 1
        return replace(layer, n_out=change(layer.n_out)) if wider else layer

    net = case.net
    for k in range(len(_leaves(net))):  # one by one: a layer after it may ask for just these
        numbers = count()

        def one(layer: Any, k: int = k, numbers: Iterator[int] = numbers) -> Any:
            return changed(layer) if next(numbers) == k else layer

        with suppress(ValueError):
            net = _each(net, one, last=False)
    return _with(case, net, params=None)


def _leaves(layer: Any) -> list[Layer]:
    """Return the layers that are not compositions."""
    if isinstance(layer, Composition):
        return [leaf for one in layer.layers for leaf in _leaves(one)]
    return [layer]


@_cure("more-neurons", "four times as many neurons", "cuatro veces más neuronas")
def _(case: Case) -> Case | None:
    return _widths(case, lambda n: max(n, min(4 * n, 256)))


@_cure("fewer-neurons", "a quarter of the neurons", "la cuarta parte de las neuronas")
def _(case: Case) -> Case | None:
    return _widths(case, lambda n: max(2, n // 4))


@_cure("more-layers", "one more hidden layer", "una capa oculta más")
def _(case: Case) -> Case | None:
    *hidden, last = case.net.layers
    dense = [k for k, layer in enumerate(hidden) if isinstance(layer, Dense)]
    if isinstance(last, Dense) and not dense:
        added: list[Any] = [Dense(16, find_activation("tanh"))]
    elif dense:
        added = hidden[dense[-1] :]  # with what follows it
    else:
        return None
    return replace(case, net=replace(case.net, layers=(*hidden, *added, last)), params=None)


@_cure("batch-norm", "batch normalization", "normalización por lotes")
def _(case: Case) -> Case | None:
    *hidden, last = case.net.layers
    layers: list[Any] = []
    for layer, after in zip(hidden, case.net.layers[1:], strict=True):
        if isinstance(layer, Dense | Conv1D | Conv2D) and not _normalizes(after):
            normal = BatchNormalization(layer.activation)
            layers += [replace(layer, activation=linear), normal]
        else:
            layers.append(layer)
    net = replace(case.net, layers=(*layers, last))
    return _with(case, net, params=None)


@_cure(
    "gates",
    "gated recurrences (GRU) in the place of simple ones",
    "recurrencias con puertas (GRU) en vez de simples",
)
def _(case: Case) -> Case | None:
    def gated(layer: Any) -> Any:
        if not isinstance(layer, SimpleRNN):
            return layer
        own = {one.name: getattr(layer, one.name) for one in fields(GRU)}
        return GRU(**own)

    return _with(case, _each(case.net, gated), params=None)


@_cure("drop-dropout", "no dropout", "sin dropout")
def _(case: Case) -> Case | None:
    def kept(layer: Any) -> Any:
        return Activate(linear) if isinstance(layer, Dropout) else layer  # as many parameters

    return _with(case, _each(case.net, kept))


@_cure("l2", "weight decay (l2 of 0.001)", "decaimiento de los pesos (l2 de 0,001)")
def _(case: Case) -> Case | None:
    return replace(case, l2=max(0.001, 10 * case.l2))


@_cure("no-penalty", "no penalty on the weights", "sin penalización de los pesos")
def _(case: Case) -> Case | None:
    optimizer = find_optimizer(case.optimizer)
    if getattr(optimizer, "weight_decay", 0.0):
        return replace(case, l1=0.0, l2=0.0, optimizer=_given(optimizer, weight_decay=0.0))
    return replace(case, l1=0.0, l2=0.0) if case.l1 or case.l2 else None


@_cure(
    "early-stop",
    "stopping early, where held-out examples are predicted best",
    "parar antes, donde mejor se predicen ejemplos apartados",
)
def _(case: Case) -> Case | None:
    return None if case.early_stop or len(case.X) < 20 else replace(case, early_stop=True)


# -------------------------------------------------------------- what a person must do, and not we


def _by_hand(case: Case) -> None:
    """Change nothing: no trial can show it."""


for _name, _words in {
    "separate-test": Text(
        "validation examples that are not among the training examples",
        "ejemplos de validación que no estén entre los de entrenamiento",
    ),
    "check-labels": Text(
        "a check of the labels of equal examples",
        "una revisión de las etiquetas de los ejemplos iguales",
    ),
    "check-targets": Text(
        "a check of the extreme targets", "una revisión de los objetivos extremos"
    ),
    "check-layer": Text(
        "a check of the layer's derivative", "una revisión de la derivada de la capa"
    ),
}.items():
    CURES[_name] = Cure(_name, _words, _by_hand)


# ---------------------------------------------------------------------------------------- helpers


def _given(layer: Any, **changes: Any) -> Any:
    """Return the layer with those of the fields that it has."""
    own = getattr(layer, "__dataclass_fields__", {})
    return replace(layer, **{name: value for name, value in changes.items() if name in own})


def _each(net: Any, change: Callable[[Any], Any], last: bool = True) -> Any:
    """Return the network with each layer changed, within compositions too; the output's or not."""
    *hidden, end = net.layers
    changed = [_within(layer, change) for layer in hidden]
    if last:
        end = _within(end, change)
    elif isinstance(end, Sequential):
        end = _each(end, change, last)
    return replace(net, layers=(*changed, end))


def _within(layer: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(layer, Composition):
        return replace(layer, layers=tuple(_within(one, change) for one in layer.layers))
    return change(layer)


def _with(case: Case, net: Network, **changes: Any) -> Case | None:
    """Return the case with another network, or None if it is the same."""
    return None if net == case.net else replace(case, net=net, **changes)


# Cures of one row change the same thing, so that two of them are not a pair; a random search draws
# one of a row or leaves it as it is. The rows are in the order in which cures are applied.
CHOICES: dict[str, tuple[str, ...]] = {
    "output": ("output-sigmoid", "output-linear", "output-softmax", "output-tanh"),
    "cost": ("cost-cross-entropy", "cost-mse", "cost-huber", "mean-cost"),
    "inputs": ("standardize-inputs", "clip-inputs"),
    "targets": ("standardize-targets",),
    "classes": ("class-weights",),
    "width": ("more-neurons", "fewer-neurons"),
    "depth": ("more-layers",),
    "layers": ("batch-norm", "drop-dropout"),
    "steps-back": ("gates",),
    "hidden": ("tanh-hidden", "relu-hidden", "leaky-hidden", "add-hidden-activation"),
    "weights": ("orthogonal-weights", "glorot-weights", "he-weights", "zero-biases"),
    "batches": ("smaller-batches", "larger-batches", "shuffle"),
    "steps": ("more-steps",),
    "memorizing": ("l2", "early-stop", "no-penalty"),
    "optimizer": ("adam", "adam-fast", "rate-from-curvature"),
    "rate": ("rate-up", "rate-down", "one-rate"),
}


def row_of(name: str) -> str:
    """Return the row of choices that a cure belongs to.

    >>> row_of("adam")
    'optimizer'
    """
    return next((row for row, names in CHOICES.items() if name in names), name)


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Return cures in the order in which they are applied, one of each row: the first."""
    first = {row_of(name): name for name in reversed(list(names))}
    rows = list(CHOICES)
    return tuple(first[row] for row in sorted(first, key=lambda row: (*rows, row).index(row)))


def apply(names: Iterable[str], case: Case) -> tuple[tuple[str, ...], Case]:
    """Return those of the cures that have something to change, and the case with them."""
    done = []
    for name in in_order(names):
        changed = CURES[name].apply(case)
        if changed is not None and _has_its_rates(changed):
            case = _with_its_step(changed)
            done.append(name)
    return tuple(done), case


def _has_its_rates(case: Case) -> bool:
    """Return whether rates that each layer has of its own are as many as the layers."""
    try:
        rates_of_step(find_optimizer(case.optimizer), case.net)
    except ValueError:
        return False
    return True


def _with_its_step(case: Case) -> Case:
    """Return the case with the lesson's step of its own network and batches."""
    step = case.optimizer
    if not isinstance(step, LessonStep):
        return case
    rows = min(len(case.X), case.batch_size or len(case.X))
    return replace(case, optimizer=replace(step, net=case.net, examples=rows))
