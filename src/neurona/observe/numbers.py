"""Turn a state of the training into the numbers that a picture shows; NumPy alone.

Every number comes from the engine's own forward passes and pullbacks. No formula is written a
second time, so a picture shows exactly the values that the training computes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

import numpy as np

from neurona.engine.activations import find_activation, linear
from neurona.engine.costs import find_cost
from neurona.engine.data import check_data
from neurona.engine.layers.dense import Dense
from neurona.engine.objective import Objective
from neurona.engine.parameters import arrays
from neurona.observe.walk import walk_backward, walk_forward

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from neurona.engine.activations import Activation
    from neurona.engine.network import Network
    from neurona.engine.types import Array, LayerParams, Params

# (left, right, bottom, top): the smallest and largest x1, then x2
Limits: TypeAlias = tuple[float, float, float, float]
# From points (n, 2) in the plane to the network's inputs (n, n_in)
Features: TypeAlias = "Callable[[Array], Array]"


class Surface(NamedTuple):
    """The predictions of a network of two inputs over a rectangle.

    ``values[i, j]`` are the outputs at ``(x1[j], x2[i])``.
    """

    x1: Array  # (resolution,)
    x2: Array  # (resolution,)
    values: Array  # (resolution, resolution, n_out)

    @property
    def limits(self) -> Limits:
        """The rectangle: left, right, bottom, top."""
        return float(self.x1[0]), float(self.x1[-1]), float(self.x2[0]), float(self.x2[-1])


class Activity(NamedTuple):
    """The values in one layer: ``z``, such as x W + b, and ``a = f(z)``, both (n, n_out)."""

    z: Array
    a: Array


@dataclass(frozen=True)
class LayerGradients:
    """Derivatives of the cost by one layer's parameters and by ``z``; it unpacks to dW, db, delta.

    Attributes
    ----------
    grads
        By the parameters, in their form.
    delta
        By ``z``, (n, n_out). The cost is a mean, so each row is 1/n of the derivative that its
        example would have alone.
    """

    grads: LayerParams
    delta: Array

    @property
    def dW(self) -> Any:  # noqa: N802 - the field's name
        """By ``W``; None in a layer without weights."""
        return getattr(self.grads, "W", None)

    @property
    def db(self) -> Any:
        """By ``b``; None in a layer without a bias."""
        return getattr(self.grads, "b", None)

    def __iter__(self) -> Iterator[Any]:
        """Yield dW, db and delta."""
        return iter((self.dW, self.db, self.delta))


def limits_of(X: ArrayLike, margin: float = 0.12) -> Limits:
    """Return the rectangle that shows all the points, with a margin around them.

    It is a square, unless one side is more than three times as long as the other: then the columns
    probably have different units, and each axis has its own length.

    Parameters
    ----------
    X : (n, 2)
        Points.
    margin
        The free space on each side, as a share of the points' extent.

    Raises
    ------
    ValueError
        If ``X`` does not have two columns, or no rows.

    Examples
    --------
    >>> limits_of([[0, 0], [2, 1]], margin=0.5)
    (-1.0, 3.0, -1.5, 2.5)
    """
    X = np.asarray(X, dtype=np.float64)
    if X.ndim != 2 or X.shape[1] != 2 or len(X) == 0:
        raise ValueError(f"X has shape {X.shape}: a surface needs points of shape (n, 2)")
    low, high = X.min(axis=0), X.max(axis=0)
    extent = high - low
    if extent.max() < 3 * extent.min() or extent.min() == 0:
        extent = np.full(2, extent.max() or 1.0)
    middle, half = (low + high) / 2, extent * (0.5 + margin)
    (left, bottom), (right, top) = middle - half, middle + half
    return float(left), float(right), float(bottom), float(top)


def surface(
    net: Network,
    params: Params,
    X: ArrayLike | None = None,
    *,
    limits: Limits | None = None,
    resolution: int = 100,
    features: Features | None = None,
) -> Surface:
    """Predict a grid over the plane in one forward pass.

    Parameters
    ----------
    net, params
        A network of two inputs and its parameters; with ``features``, of any number of inputs.
    X : (n, 2)
        Points that the grid has to cover; optional when ``limits`` are given.
    limits
        The rectangle ``(left, right, bottom, top)``; by default that of :func:`limits_of`.
    resolution
        Points of the grid on each side, borders included.
    features
        A function from points ``(n, 2)`` to the network's inputs ``(n, n_in)``; by default the
        points themselves.

    Raises
    ------
    ValueError
        If the inputs do not fit the network, if neither points nor limits are given, or if the
        limits or the resolution do not make a rectangle.

    Examples
    --------
    >>> from neurona import network
    >>> net = network([2, 3, 1])
    >>> surface(net, net.init(rng=0), limits=(-1, 1, -1, 1), resolution=50).values.shape
    (50, 50, 1)
    """
    net.check_params(params)
    if net.in_shape != (2,) and features is None:
        raise ValueError(f"a surface needs a network with two inputs, and this one has {net.n_in}")
    if limits is None:
        if X is None:
            raise ValueError("give X, the points to cover, or limits=(left, right, bottom, top)")
        limits = limits_of(X)
    left, right, bottom, top = limits
    if not (left < right and bottom < top):
        raise ValueError(
            f"limits are {limits}: give (left, right, bottom, top), left < right, bottom < top"
        )
    if resolution < 2:
        raise ValueError(f"resolution is {resolution}: give at least 2 points a side")
    x1, x2, points = grid(limits, resolution)
    values = net.predict(params, points if features is None else features(points))
    return Surface(x1, x2, values.reshape(resolution, resolution, -1))


def grid(limits: Limits, resolution: int) -> tuple[Array, Array, Array]:
    """Return the axes x1 and x2 of a grid over a rectangle, and its points, ``(resolution², 2)``.

    The points go row by row, from the lowest x2 upwards.

    Examples
    --------
    >>> grid((0, 1, 5, 6), resolution=2)[2]
    array([[0., 5.],
           [1., 5.],
           [0., 6.],
           [1., 6.]])
    """
    left, right, bottom, top = limits
    x1, x2 = np.linspace(left, right, resolution), np.linspace(bottom, top, resolution)
    columns, rows = np.meshgrid(x1, x2)
    return x1, x2, np.stack([columns.ravel(), rows.ravel()], axis=1)


def dense_layers(net: Network, what: str) -> tuple[Dense, ...]:
    """Return the layers of a network if all are dense; only these have the same W, b, z and a.

    Raises
    ------
    ValueError
        If a layer is not dense; the message begins with ``what``.

    Examples
    --------
    >>> from neurona import network
    >>> dense_layers(network([2, 3, 1], dropout=0.5), "the activations")
    Traceback (most recent call last):
    ValueError: the activations need dense layers only, and layer 2 is a Dropout
    """
    for i, layer in enumerate(net.layers, start=1):
        if not isinstance(layer, Dense):
            raise ValueError(
                f"{what} need dense layers only, and layer {i} is a {type(layer).__name__}"
            )
    return cast("tuple[Dense, ...]", net.layers)


def activation_names(net: Network) -> list[str]:
    """Return the activation of each dense layer; a normalization that follows may carry it.

    Examples
    --------
    >>> from neurona import network
    >>> activation_names(network([2, 3, 1], "tanh", dropout=0.5, normalization="batch"))
    ['tanh', 'tanh']
    """
    named: list[str] = []
    for layer in net.layers:
        if isinstance(layer, Dense):
            named.append(layer.activation.name)
        elif layer.activation is not linear and named[-1] == "linear":
            named[-1] = layer.activation.name
    return named


def between_layers(net: Network) -> list[str]:
    """Name the layers between the dense ones, each once.

    Examples
    --------
    >>> from neurona import network
    >>> between_layers(network([2, 3, 3, 1], "tanh", dropout=0.5, normalization="batch"))
    ['batch normalization', 'dropout 0.5']
    """
    others = (layer for layer in net.layers if not isinstance(layer, Dense))
    return list(dict.fromkeys(words_of(layer) for layer in others))


def words_of(layer: Any) -> str:
    """Name a layer's kind in words.

    Examples
    --------
    >>> from neurona import Dropout, MaxPool2D
    >>> words_of(Dropout(0.5)), words_of(MaxPool2D())
    ('dropout 0.5', 'max pool2d')
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(layer).__name__).lower()
    return f"{words} {layer.rate:g}" if hasattr(layer, "rate") else words


def activations(net: Network, params: Params, X: ArrayLike) -> tuple[Activity, ...]:
    """Return each layer's output on some examples, before and after its activation.

    Parameters
    ----------
    net, params
        The network and its parameters.
    X : (n, n_in), or (n, height, width, channels)
        One example a row.

    Returns
    -------
    One ``(z, a)`` a layer, of its output's shape; the same array where it has no activation.

    Examples
    --------
    >>> from neurona import network
    >>> net = network([1, 1], "tanh")
    >>> params = ((np.array([[2.0]]), np.array([1.0])),)
    >>> (z, a), = activations(net, params, [[3.0]])
    >>> z, a.round(6)
    (array([[7.]]), array([[0.999998]]))
    """
    x = net.examples(params, X)
    with np.errstate(over="ignore"):  # a sigmoid may pass through infinity
        return tuple(Activity(one.z, one.a) for one in walk_forward(net, params, x))


def gradients(
    net: Network,
    params: Params,
    X: ArrayLike,
    y: ArrayLike,
    cost: Any = None,
    sample_weight: ArrayLike | None = None,
) -> tuple[LayerGradients, ...]:
    """Return the derivatives of the cost in every layer, as backpropagation computes them.

    Parameters
    ----------
    net, params
        The network and its parameters.
    X, y, cost, sample_weight
        Examples, cost and example weights, as for :func:`neurona.train`.

    Returns
    -------
    One :class:`LayerGradients` a layer, first layer first; ``dW, db, delta = layers[0]`` unpacks
    that of a dense layer.

    Raises
    ------
    ValueError
        If the examples or the cost do not fit the network.

    Examples
    --------
    >>> from neurona import network
    >>> net = network([1, 1], "linear")
    >>> params = ((np.array([[2.0]]), np.array([1.0])),)  # predicts 7 where the target is 5
    >>> (dW, db, delta), = gradients(net, params, [[3.0]], [5.0])
    >>> dW, db, delta
    (array([[12.]]), array([4.]), array([[4.]]))
    """
    net.check_params(params)
    objective = Objective(net, find_cost(cost, net))
    x, target, weight = check_data(net, X, y, sample_weight, arrays(params)[0].dtype)
    passes = walk_forward(net.logits if objective.cost.link else net, params, x)
    output = passes[-1].a
    _, dy = objective.judged(output.reshape(-1, output.shape[-1]), x, target, weight)
    dy = dy.reshape(output.shape)
    return tuple(LayerGradients(one.grads, one.dz) for one in walk_backward(passes, dy))


def gradient_norms(layers: Sequence[LayerGradients]) -> NDArray[np.float64]:
    """Return the root mean square of each layer's ``dW``: the typical derivative by a weight.

    It is ‖dW‖ / √(n_in n_out), with the Frobenius norm: a mean, so that wide and narrow layers
    compare. When it shrinks from the last layer to the first, the gradient vanishes.

    Parameters
    ----------
    layers
        The result of :func:`gradients`.

    Returns
    -------
    An array with one value for each layer that has a ``W``, first layer first.

    Examples
    --------
    >>> from neurona.engine.layers.dense import DenseParams
    >>> dense = DenseParams(np.array([[3.0, 0.0], [0.0, 4.0]]), np.zeros(2))
    >>> gradient_norms([LayerGradients(dense, delta=np.zeros((1, 2)))])
    array([2.5])
    """
    weights = [layer.dW for layer in layers if layer.dW is not None]
    return np.array([np.sqrt(np.mean(np.square(dW, dtype=np.float64))) for dW in weights])


def saturation(
    net: Network, params: Params, X: ArrayLike, share: float = 0.05
) -> NDArray[np.float64]:
    """Return the saturated share of each layer: the share of neurons that cannot learn.

    A neuron is saturated on an example where the slope of its activation function, |∂a/∂z|, is
    below ``share`` times the function's steepest slope: a sigmoid beyond |z| = 4.4, a relu that is
    off. In a softmax, the slope of each output by its own z counts.

    Parameters
    ----------
    net, params
        The network and its parameters.
    X : (n, n_in)
        One example a row.
    share
        The slope where saturation begins, as a share of the steepest one.

    Returns
    -------
    (n_layers,) array from 0 to 1, over all pairs of example and neuron; 0 without an activation.

    Examples
    --------
    >>> from neurona import network
    >>> net = network([1, 2], "relu")
    >>> params = ((np.array([[1.0, -1.0]]), np.zeros(2)),)
    >>> saturation(net, params, [[1.0], [2.0], [3.0]])
    array([0.5])
    """
    shares = []
    for layer, (z, _) in zip(net.layers, activations(net, params, X), strict=True):
        shares.append(saturated_share(layer.activation, z, share))
    return np.array(shares)


def saturated_share(activation: Activation, z: Array, share: float = 0.05) -> float:
    """Return the share of ``z`` where an activation is saturated: see :func:`saturation`."""
    return float(np.mean(np.abs(slopes(activation, z)) < share * _steepest(activation)))


def slopes(activation: Activation, z: Array) -> Array:
    """Return ∂a/∂z of every neuron by its own z, shaped as z: the diagonal of the Jacobian."""
    _, pullback = activation.function(z.mT)
    if _is_elementwise(activation):  # a diagonal Jacobian: one pullback is enough
        return pullback(np.ones_like(z.mT)).mT
    unit = np.eye(z.shape[-1], dtype=z.dtype)
    return np.stack(
        [pullback(np.broadcast_to(row, z.shape).mT)[..., k, :] for k, row in enumerate(unit)],
        axis=-1,
    )


@lru_cache(maxsize=64)
def _is_elementwise(activation: Activation) -> bool:
    """Return whether each output depends on its own z alone; in a softmax each depends on all."""
    _, pullback = activation.function(np.array([[0.3], [-0.2]]))
    return not pullback(np.array([[1.0], [0.0]]))[1].any()


@lru_cache(maxsize=64)
def _steepest(activation: Activation) -> float:
    """Return the steepest slope of an activation function, found on a fine grid around zero."""
    return float(np.abs(activation_curve(activation, -8, 8, 1601).slope).max())


class Curve(NamedTuple):
    """An activation function: ``a = f(z)`` and ``slope = f'(z)``, all (points,)."""

    z: Array
    a: Array
    slope: Array


def activation_curve(
    which: str | Activation, low: float = -5.0, high: float = 5.0, points: int = 401
) -> Curve:
    """Return an activation function and the derivative that its pullback computes.

    Parameters
    ----------
    which
        An activation or its name. A softmax needs several numbers: it gets z and 0.
    low, high
        The range of z.
    points
        Number of evenly spaced z, both ends included.

    Raises
    ------
    ValueError
        If there is no activation of that name.

    Examples
    --------
    >>> activation_curve("relu", -1, 1, 3)
    Curve(z=array([-1.,  0.,  1.]), a=array([0., 0., 1.]), slope=array([0., 0., 1.]))
    """
    function = find_activation(which)
    z = np.linspace(low, high, points)
    pair = np.stack([z, np.zeros_like(z)], axis=1)
    return Curve(z, function(pair)[:, 0], slopes(function, pair)[:, 0])
