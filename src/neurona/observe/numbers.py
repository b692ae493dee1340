"""From a state of the training to the numbers that a picture shows; NumPy alone.

Nothing is derived a second time here: every number comes out of the engine's forward passes and
pullbacks, so that what is seen is what is computed.
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
from neurona.engine.parameters import arrays
from neurona.observe.walk import backwards, forwards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from neurona.engine.activations import Activation
    from neurona.engine.network import Network
    from neurona.engine.types import Array, LayerParams, Params

# (left, right, bottom, top): the smallest and largest x1, then x2
Limits: TypeAlias = tuple[float, float, float, float]
# What a network is shown of places (n, 2) in the plane: (n, n_in)
Features: TypeAlias = "Callable[[Array], Array]"


class Surface(NamedTuple):
    """What a network of two inputs answers over a rectangle.

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
    """What happens in one layer: ``z``, such as x W + b, and ``a = f(z)``, both (n, n_out)."""

    z: Array
    a: Array


@dataclass(frozen=True)
class LayerGradients:
    """Derivatives of the cost by one layer's parameters and by ``z``; unpacked, dW, db and delta.

    Attributes
    ----------
    grads
        By the parameters, in their form.
    delta
        By ``z``, (n, n_out); the cost being a mean, each row holds one n-th of what its example
        alone would give.
    """

    grads: LayerParams
    delta: Array

    @property
    def dW(self) -> Any:  # noqa: N802 - the field's name
        """By ``W``; None in a layer that has none."""
        return getattr(self.grads, "W", None)

    @property
    def db(self) -> Any:
        """By ``b``; None in a layer that has none."""
        return getattr(self.grads, "b", None)

    def __iter__(self) -> Iterator[Any]:
        """Yield dW, db and delta."""
        return iter((self.dW, self.db, self.delta))


def limits_of(X: ArrayLike, margin: float = 0.12) -> Limits:
    """Return the rectangle that shows all the points, with a margin around them.

    It is a square, unless one side is more than three times as long as the other: then the two
    columns are taken to be of different kinds, and each axis has its own length.

    Parameters
    ----------
    X : (n, 2)
        Points.
    margin
        What is left free on each side, as a share of the points' extent.

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
    """Predict a grid over the plane, all of it in one forward pass.

    Parameters
    ----------
    net, params
        A network of two inputs, and its parameters; of other inputs, where ``features`` are given.
    X : (n, 2)
        Points that the grid is to cover; they may be left out when ``limits`` are given.
    limits
        The rectangle ``(left, right, bottom, top)``; by default that of :func:`limits_of`.
    resolution
        Points of the grid on each side, its borders included.
    features
        From places ``(n, 2)`` to what the network is shown of them, ``(n, n_in)``; by default the
        places themselves.

    Raises
    ------
    ValueError
        If the network does not take what it would be shown, if there are neither points nor limits,
        or if the limits or the resolution are not those of a rectangle.

    Examples
    --------
    >>> from neurona import network
    >>> net = network([2, 3, 1])
    >>> surface(net, net.init(rng=0), limits=(-1, 1, -1, 1), resolution=50).values.shape
    (50, 50, 1)
    """
    x1, x2, places = _grid(net, X, limits, resolution, features)
    values = net.predict(params, places)
    return Surface(x1, x2, values.reshape(resolution, resolution, -1))


def _grid(
    net: Network,
    X: ArrayLike | None,
    limits: Limits | None,
    resolution: int,
    features: Features | None = None,
) -> tuple[Array, Array, Array]:
    """Return the two axes, and what the network is shown of the grid, (resolution², n_in)."""
    if net.in_shape != (2,) and features is None:
        raise ValueError(
            f"a surface needs a network of two inputs, and this one has {net.n_in}: {net!r}"
        )
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
        raise ValueError(f"resolution is {resolution}: give 2 points a side, or more")
    x1, x2, places = grid(limits, resolution)
    return x1, x2, places if features is None else features(places)


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
    """Return the layers of a network of dense layers alone, or say that there are others.

    What goes on within each layer is told in terms of its W, b, z and a, which others don't have.

    Raises
    ------
    ValueError
        If a layer is not dense; the message begins with ``what`` can't be told.

    Examples
    --------
    >>> from neurona import network
    >>> dense_layers(network([2, 3, 1], dropout=0.5), "the activations")
    Traceback (most recent call last):
    ValueError: the activations are told of dense layers alone, and layer 2 is a Dropout
    """
    for i, layer in enumerate(net.layers, start=1):
        if not isinstance(layer, Dense):
            raise ValueError(
                f"{what} are told of dense layers alone, and layer {i} is a {type(layer).__name__}"
            )
    return cast("tuple[Dense, ...]", net.layers)


def activation_names(net: Network) -> list[str]:
    """Return the activation of each dense layer, which a normalization before it may hold.

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
    """Say what stands between the dense layers, each once.

    Examples
    --------
    >>> from neurona import network
    >>> between_layers(network([2, 3, 3, 1], "tanh", dropout=0.5, normalization="batch"))
    ['batch normalization', 'dropout 0.5']
    """
    others = (layer for layer in net.layers if not isinstance(layer, Dense))
    return list(dict.fromkeys(_in_words(layer) for layer in others))


def _in_words(layer: Any) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(layer).__name__).lower()
    return f"{words} {layer.rate:g}" if hasattr(layer, "rate") else words


def activations(net: Network, params: Params, X: ArrayLike) -> tuple[Activity, ...]:
    """Return what each layer computes of some examples: its output before and after its activation.

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
    x = np.asarray(X, dtype=arrays(params)[0].dtype)
    with np.errstate(over="ignore"):  # a sigmoid may pass through infinity
        return tuple(Activity(one.z, one.a) for one in forwards(net, params, x))


def gradients(
    net: Network,
    params: Params,
    X: ArrayLike,
    y: ArrayLike,
    cost: Any = None,
    sample_weight: ArrayLike | None = None,
) -> tuple[LayerGradients, ...]:
    """Return the derivatives of the cost in every layer, as backpropagation meets them.

    Parameters
    ----------
    net, params
        The network and its parameters.
    X, y, cost, sample_weight
        Examples, cost and how much each example counts, as for :func:`neurona.train`.

    Returns
    -------
    One :class:`LayerGradients` a layer, first layer first; ``dW, db, delta = layers[0]`` takes one
    of a dense layer apart.

    Raises
    ------
    ValueError
        If the examples or the cost do not fit the network.

    Examples
    --------
    >>> from neurona import network
    >>> net = network([1, 1], "linear")
    >>> params = ((np.array([[2.0]]), np.array([1.0])),)  # predicts 7, and should 5
    >>> (dW, db, delta), = gradients(net, params, [[3.0]], [5.0])
    >>> dW, db, delta
    (array([[12.]]), array([4.]), array([[4.]]))
    """
    cost = find_cost(cost, net)
    x, target, weight = check_data(net, X, y, sample_weight, arrays(params)[0].dtype)
    passages = forwards(net.logits if cost.link else net, params, x)
    _, dy = cost(passages[-1].a, target, weight)
    return tuple(LayerGradients(one.grads, one.dz) for one in backwards(passages, dy))


def gradient_norms(layers: Sequence[LayerGradients]) -> NDArray[np.float64]:
    """Return the root mean square of each layer's ``dW``: the size of the derivative by a weight.

    It is ‖dW‖ / √(n_in n_out), with the Frobenius norm: a mean, so that wide and narrow layers
    compare. When it shrinks from the last layer to the first, the gradient vanishes.

    Parameters
    ----------
    layers
        What :func:`gradients` returned.

    Returns
    -------
    An array with one for each layer that has a ``W``, first layer first.

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
    """Return, for each layer, how much of it is saturated: the share of neurons that cannot learn.

    A neuron is saturated on an example where the slope of its activation function, |∂a/∂z|, is
    below ``share`` times the steepest slope that the function has: a sigmoid beyond |z| = 4.4, a
    relu that is off. Of a softmax, the slope of each output by its own z counts.

    Parameters
    ----------
    net, params
        The network and its parameters.
    X : (n, n_in)
        One example a row.
    share
        Where saturation begins, as a share of the steepest slope.

    Returns
    -------
    (n_layers,) array from 0 to 1, over all pairs of an example and a neuron; 0 without activation.

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
        steepness = np.abs(slopes(layer.activation, z))
        shares.append(np.mean(steepness < share * _steepest(layer.activation)))
    return np.array(shares)


def slopes(activation: Activation, z: Array) -> Array:
    """Return ∂a/∂z of every neuron by its own z, shaped as z: the diagonal of the Jacobian."""
    _, pullback = activation.function(z.mT)
    if _is_elementwise(activation):  # the Jacobian is diagonal, and one pullback has all of it
        return pullback(np.ones_like(z.mT)).mT
    unit = np.eye(z.shape[-1], dtype=z.dtype)
    return np.stack(
        [pullback(np.broadcast_to(row, z.shape).mT)[..., k, :] for k, row in enumerate(unit)],
        axis=-1,
    )


@lru_cache(maxsize=64)
def _is_elementwise(activation: Activation) -> bool:
    """Tell whether each output depends on its own z alone; a softmax has them depend on all."""
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
    """Return an activation function and its derivative, which the pullback itself gives.

    Parameters
    ----------
    which
        An activation or its name. A softmax, which needs several numbers, is that of z and 0.
    low, high
        The range of z.
    points
        How many z, at equal distances, both ends included.

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
