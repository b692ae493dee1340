"""The lesson's program, name for name and number for number, and then our corrections.

A neural network from zero, with NumPy alone. Read it beside the lesson, from top to bottom:

1. `NeuralLayer`: the numbers of a layer;
2. `sigm`, `relu`, `tanh`: activation functions, each a pair ``(function, derivative)``;
3. `create_nn`: layers, one after another;
4. `l2_cost`: the cost, a pair too;
5. `train`: forward, backward, descent.

The first part repeats the lesson faithfully, its mistakes included: after the same
``np.random.seed`` it gives the same network, step for step. **Its steps are not the gradient of its
cost**: with 500 points and one output, `train` moves ``W`` by 250 times the gradient and ``b`` by
0.5 times it.

The second part is ours, not the lesson's: `create_nn_scaled`, `l2_cost_exact` and `train_corrected`
correct both steps and the initial weights, and the deep network that was stuck at 0.25 learns.

>>> import numpy as np
>>> angle = np.linspace(0, 2 * np.pi, 250)
>>> circle = np.column_stack([np.cos(angle), np.sin(angle)])
>>> X = np.concatenate([circle, circle / 2])  # enemies around, heroes inside
>>> Y = np.repeat([[0.0], [1.0]], 250, axis=0)  # a column: one row for each point
>>> np.random.seed(4)
>>> neural_net = create_nn([2, 4, 8, 1], sigm)
>>> for _ in range(1000):
...     Yp = train(neural_net, X, Y, l2_cost, lr=0.05)
>>> bool(l2_cost[0](Yp, Y) < 0.01)
True
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    Activation: TypeAlias = tuple[Callable[[Array], Array], Callable[[Array], Array]]
    Cost: TypeAlias = tuple[
        Callable[[Array, Array], np.floating[Any]], Callable[[Array, Array], Array]
    ]

__all__ = [
    "NeuralLayer",
    "create_nn",
    "create_nn_scaled",
    "l2_cost",
    "l2_cost_exact",
    "relu",
    "sigm",
    "tanh",
    "train",
    "train_corrected",
]

# ---- Part one: the lesson ------------------------------------------------------------------------


class NeuralLayer:
    """The numbers of a dense layer: ``n_neur`` neurons that each read the same ``n_conn`` values.

    All neurons of a layer do the same operation on the same inputs. So the layer, not the neuron,
    is the module: one matrix product serves them all. It is data only; `train` has the logic.

    Parameters
    ----------
    n_conn : int
        Values that arrive: the width of the layer before, or the number of features.
    n_neur : int
        Neurons in the layer.
    act_f : pair of functions
        The activation function and its derivative, such as `sigm`.

    Attributes
    ----------
    b : ndarray of shape (1, n_neur)
        A bias for each neuron, uniform in [-1, 1).
    W : ndarray of shape (n_conn, n_neur)
        A column of weights for each neuron, uniform in [-1, 1).

    Notes
    -----
    NumPy's global generator draws ``b`` first, then ``W``. The order is part of the program: only
    with it does ``np.random.seed`` give the lesson's network.

    Examples
    --------
    >>> layer = NeuralLayer(2, 4, sigm)
    >>> layer.b.shape, layer.W.shape
    ((1, 4), (2, 4))
    """

    def __init__(self, n_conn: int, n_neur: int, act_f: Activation) -> None:
        self.act_f = act_f
        self.b: Array = np.random.rand(1, n_neur) * 2 - 1  # noqa: NPY002 - the lesson's generator
        self.W: Array = np.random.rand(n_conn, n_neur) * 2 - 1  # noqa: NPY002


# Activation functions: the formula, and beside it the derivative. The derivative takes the
# *activated* value a = f(x), which the forward pass has stored: no exponential is computed twice.

sigm: Activation = (
    lambda x: 1 / (1 + np.e**-x),
    lambda a: a * (1 - a),  # at most 1/4, at a = 1/2: this matters in a deep network
)

relu: Activation = (
    lambda x: np.maximum(0, x),
    lambda a: (a > 0).astype(float),  # a is positive exactly where x is
)

tanh: Activation = (
    np.tanh,
    lambda a: 1 - a**2,
)


def create_nn(topology: Sequence[int], act_f: Activation) -> list[NeuralLayer]:
    """Build the layers of a network: each reads the output of the one before.

    Parameters
    ----------
    topology : sequence of int
        The number of features, then the number of neurons of each layer.
    act_f : pair of functions
        The activation function of every layer.

    Returns
    -------
    list of NeuralLayer
        ``len(topology) - 1`` layers, drawn first layer first.

    Examples
    --------
    >>> [layer.W.shape for layer in create_nn([2, 4, 8, 1], sigm)]
    [(2, 4), (4, 8), (8, 1)]
    """
    return [NeuralLayer(n_conn, n_neur, act_f) for n_conn, n_neur in pairwise(topology)]


# The cost: the error of the predictions in one number, and beside it the direction in which to move
# each prediction. Look closely: the second is not quite the derivative of the first. The mean of N
# squares has the derivative 2 (Yp - Yr) / N, and here the 2 / N is missing.

l2_cost: Cost = (
    lambda Yp, Yr: np.mean((Yp - Yr) ** 2),
    lambda Yp, Yr: Yp - Yr,
)


def train(
    neural_net: list[NeuralLayer],
    X: Array,
    Y: Array,
    l2_cost: Cost,
    lr: float = 0.5,
    train: bool = True,
) -> Array:
    """Predict with the network, and move its weights and biases one step down the cost.

    ====================  ======================================================
    forward               ``z = a_prev @ W + b``, ``a = f(z)``
    backward, last layer  ``delta = cost'(a, Y) * f'(a)``
    backward, others      ``delta = delta_next @ W_next.T * f'(a)``
    descent               ``b -= mean(delta) * lr``, ``W -= a_prev.T @ delta * lr``
    ====================  ======================================================

    Parameters
    ----------
    neural_net : list of NeuralLayer
        The network. A step changes its layers.
    X : ndarray of shape (N, n_conn of the first layer)
        An example in each row.
    Y : ndarray of shape (N, n_neur of the last layer)
        The targets. One output needs a column, ``(N, 1)``: with an ``(N,)``, NumPy would silently
        subtract every target from every prediction.
    l2_cost : pair of functions
        The cost and its derivative by the prediction.
    lr : float
        The learning rate, which scales the step.
    train : bool
        False runs the forward pass only: a prediction that changes nothing.

    Returns
    -------
    ndarray of shape (N, n_neur of the last layer)
        The prediction, made *before* the step.

    Notes
    -----
    These are the lesson's own steps, unchanged: beside the lesson, this page has to give the
    lesson's numbers. But they are not the gradient of ``mean((Yp - Y)**2)``. For one output:

    - ``W`` moves by **N/2 times the gradient**, 250x with the lesson's 500 points: the product
      ``a_prev.T @ delta`` sums over the points, and the 2/N of the cost is missing;
    - ``b`` moves by **0.5x the gradient**: here the points are averaged, and only the 2 is missing.

    Both go downhill, so the network learns. But its biases learn N times slower than its weights,
    and a rate that suits 500 points does not suit 50 or 5,000. `train_corrected` corrects both.

    Examples
    --------
    >>> neural_net = create_nn([2, 3, 1], sigm)
    >>> train(neural_net, np.zeros((5, 2)), np.ones((5, 1)), l2_cost, train=False).shape
    (5, 1)
    """
    # Forward: store each layer's z and a. The data take the place of a layer before the first.
    out: list[tuple[Array | None, Array]] = [(None, X)]
    for layer in neural_net:
        z = out[-1][1] @ layer.W + layer.b
        a = layer.act_f[0](z)
        out.append((z, a))
    Yp = out[-1][1]

    if train:
        error = l2_cost[1](Yp, Y)

        # From the last layer to the first: out[i] is the input of layer i, out[i + 1] its output.
        for i, layer in reversed(list(enumerate(neural_net))):
            a_prev, a = out[i][1], out[i + 1][1]

            # Backward: the layer's own share of the error, then the share of the layer below. This
            # needs the W that made the prediction, so it comes before W moves.
            delta = error * layer.act_f[1](a)
            error = delta @ layer.W.T

            # Gradient descent: a mean over the points for b, a sum for W (see Notes).
            layer.b = layer.b - np.mean(delta, axis=0, keepdims=True) * lr
            layer.W = layer.W - a_prev.T @ delta * lr

    return Yp


# ---- Part two: ours, not the lesson's ------------------------------------------------------------
# Three changes: the initial weights, the 2 / N in the cost's derivative, and a sum for b.


def create_nn_scaled(
    topology: Sequence[int], act_f: Activation, gain: float = 4.0
) -> list[NeuralLayer]:
    """Build a network whose initial weights suit the width of each layer (ours, not the lesson's).

    ``W`` is uniform in ``[-limit, limit)``, ``limit = gain * sqrt(6 / (n_conn + n_neur))``; ``b``
    is 0.

    A neuron that adds up many values needs a smaller weight for each, or the sum grows with the
    width. And each sigmoid multiplies the signal by a slope of at most 1/4, forward and backward: a
    gain of 4 makes up for it.

    Parameters
    ----------
    topology : sequence of int
        The number of features, then the number of neurons of each layer.
    act_f : pair of functions
        The activation function of every layer.
    gain : float
        One over the slope of the activation function at 0: 4 for `sigm`, 1 for `tanh`.

    Returns
    -------
    list of NeuralLayer
        ``len(topology) - 1`` layers.

    References
    ----------
    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010: equation 16, without the gain.

    Examples
    --------
    >>> layer = create_nn_scaled([2, 4], sigm)[0]  # the limit is 4 * sqrt(6 / 6)
    >>> bool(np.all(np.abs(layer.W) <= 4)), bool(np.all(layer.b == 0))
    (True, True)
    """
    neural_net = create_nn(topology, act_f)
    for layer in neural_net:
        layer.W = layer.W * gain * np.sqrt(6 / sum(layer.W.shape))
        layer.b = np.zeros_like(layer.b)
    return neural_net


# The same cost with its full derivative: the square gives the 2, the mean gives the 1 / N.

l2_cost_exact: Cost = (
    lambda Yp, Yr: np.mean((Yp - Yr) ** 2),
    lambda Yp, Yr: 2 * (Yp - Yr) / Yp.size,
)


def train_corrected(
    neural_net: list[NeuralLayer],
    X: Array,
    Y: Array,
    l2_cost: Cost = l2_cost_exact,
    lr: float = 5.0,
    train: bool = True,
) -> Array:
    """Predict with the network, and move it along the true gradient (ours, not the lesson's).

    ``b -= sum(delta) * lr``, ``W -= a_prev.T @ delta * lr``, with a cost whose derivative is exact.

    It is `train` with a sum for ``b``, as for ``W``. With the 2/N from `l2_cost_exact`, both move
    by ``lr`` times the gradient of the plotted cost, for any number of points.

    Parameters
    ----------
    neural_net : list of NeuralLayer
        The network. A step changes its layers.
    X : ndarray of shape (N, n_conn of the first layer)
        An example in each row.
    Y : ndarray of shape (N, n_neur of the last layer)
        The targets.
    l2_cost : pair of functions
        The cost and its exact derivative by the prediction.
    lr : float
        The learning rate. A gradient of a mean is small: here, rates of 1 to 10 are usual.
    train : bool
        False runs the forward pass only: a prediction that changes nothing.

    Returns
    -------
    ndarray of shape (N, n_neur of the last layer)
        The prediction, made *before* the step.

    Examples
    --------
    >>> neural_net = create_nn_scaled([2, 3, 1], sigm)
    >>> train_corrected(neural_net, np.zeros((5, 2)), np.ones((5, 1))).shape
    (5, 1)
    """
    out: list[tuple[Array | None, Array]] = [(None, X)]
    for layer in neural_net:
        z = out[-1][1] @ layer.W + layer.b
        a = layer.act_f[0](z)
        out.append((z, a))
    Yp = out[-1][1]

    if train:
        error = l2_cost[1](Yp, Y)

        for i, layer in reversed(list(enumerate(neural_net))):
            a_prev, a = out[i][1], out[i + 1][1]

            delta = error * layer.act_f[1](a)
            error = delta @ layer.W.T

            layer.b = layer.b - np.sum(delta, axis=0, keepdims=True) * lr
            layer.W = layer.W - a_prev.T @ delta * lr

    return Yp
