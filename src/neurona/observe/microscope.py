"""One training step taken apart: every number of forward pass, cost, backward pass and update.

The numbers come from the engine's own forward passes, pullbacks and optimizers, in float64, so that
central differences can stand beside the derivatives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from neurona.engine.costs import find_cost
from neurona.engine.data import check_data, check_optimizer_state, check_params
from neurona.engine.gradcheck import numerical_gradient
from neurona.engine.objective import Objective
from neurona.engine.optimizers import find_optimizer
from neurona.engine.parameters import arrays, flatten, rebuilt, unflatten
from neurona.engine.training import rates_of_step
from neurona.observe import numbers
from neurona.observe.walk import walk_backward, walk_forward

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from neurona.engine.data import Data
    from neurona.engine.network import Network
    from neurona.engine.types import Array, Params


class LayerStep(NamedTuple):
    """The numbers of one step in one layer; the rows of the first five are examples, (n, n_out).

    Attributes
    ----------
    z, a
        Forward: ``z = a_prev W + b`` and ``a = f(z)``.
    slope
        ``f'(z)``; in a softmax, the slope of each output by its own z.
    error
        Backward: the derivative of the cost by ``a``. In the last layer, a cost that takes logits
        has none: then it is the derivative by ``z``, equal to ``delta``.
    delta
        The derivative of the cost by ``z``; each row holds its example's share of the mean.
    dW, db
        The derivatives by the parameters, with the penalty's.
    W, b, W_change, b_change, W_next, b_next
        Update: the parameters before it, the change, and their sum.
    """

    z: Array
    a: Array
    slope: Array
    error: Array
    delta: Array
    dW: Array
    db: Array
    W: Array
    b: Array
    W_change: Array
    b_change: Array
    W_next: Array
    b_next: Array


class Dissection(NamedTuple):
    """All numbers of one training step.

    Attributes
    ----------
    x, target
        The examples, ``(n, n_in)`` and ``(n, n_out)``.
    data_cost, cost
        The mean over the examples, and this mean plus the penalty: the number that the step lowers.
    rates
        The learning rate of each layer.
    layers
        First layer first.
    """

    x: Array
    target: Array
    data_cost: float
    cost: float
    rates: tuple[float, ...]
    layers: tuple[LayerStep, ...]


def dissect(
    net: Network,
    params: Params,
    x: ArrayLike,
    target: ArrayLike,
    cost: Any = None,
    *,
    weight: ArrayLike | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
    optimizer: Any = None,
    optimizer_state: Any = None,
    step: int = 0,
) -> Dissection:
    """Return every number of one training step whose batch is these examples.

    Parameters
    ----------
    net, params
        The network and its parameters before the step.
    x, target, cost, weight, l1, l2, optimizer
        As for :func:`neurona.train`; ``weight`` is its ``sample_weight``.
    optimizer_state
        The optimizer's state; by default that before the first step.
    step
        The number of steps before this one: a schedule's rate may depend on it.

    Raises
    ------
    ValueError
        If the parameters, the examples, the cost or the optimizer's state do not fit the network,
        or if a layer is not dense.

    Examples
    --------
    >>> from neurona import network, sgd
    >>> net = network([1, 1], "linear")
    >>> params = ((np.array([[2.0]]), np.array([1.0])),)  # predicts 7 where the target is 5
    >>> one = dissect(net, params, [[3.0]], [5.0], "mse", optimizer=sgd(0.01))
    >>> layer = one.layers[0]
    >>> one.cost, layer.z, layer.delta, layer.dW, layer.W_next
    (4.0, array([[7.]]), array([[4.]]), array([[12.]]), array([[1.88]]))
    """
    numbers.dense_layers(net, "the numbers of a step")
    params = check_params(net, params, np.float64)
    data = check_data(net, x, target, weight, np.float64)
    objective = Objective(net, find_cost(cost, net), l1, l2)
    with np.errstate(all="ignore"):  # a training passes through infinity too
        forwards = walk_forward(net.logits if objective.cost.link else net, params, data.x)
        data_cost, d_output = objective.cost(forwards[-1].a, data.target, data.weight)
        backwards = walk_backward(forwards, d_output)
        value, grads = objective.with_penalty(
            data_cost, tuple(one.grads for one in backwards), params
        )
        changes, rates = _changes(net, params, grads, optimizer, optimizer_state, step)
        layers = tuple(
            LayerStep(
                z=forward.z,
                a=layer.activation(forward.z),  # the last layer's too, when the cost takes logits
                slope=numbers.slopes(layer.activation, forward.z),
                error=backward.da,
                delta=backward.dz,
                dW=gradient[0],
                db=gradient[1],
                W=before[0],
                b=before[1],
                W_change=change[0],
                b_change=change[1],
                W_next=before[0] + change[0],
                b_next=before[1] + change[1],
            )
            for layer, forward, backward, gradient, before, change in zip(
                net.layers, forwards, backwards, grads, params, changes, strict=True
            )
        )
    return Dissection(data.x, data.target, float(data_cost), float(value), rates, layers)


def _changes(
    net: Network, params: Params, grads: Params, optimizer: Any, state: Any, step: int
) -> tuple[Params, tuple[float, ...]]:
    """Return the optimizer's change of each parameter, and the rate of each layer."""
    optimizer = find_optimizer(optimizer)
    theta = flatten(params)
    start = optimizer.init(theta)
    if state is not None:
        start = check_optimizer_state(state, like=start, dtype=np.float64)
    [given] = rates_of_step(optimizer, net)(step, 1)
    rates = tuple(given)
    rates = rates * len(net.layers) if len(rates) == 1 else rates
    sizes = [sum(array.size for array in arrays(layer)) for layer in params]
    change, _ = optimizer.update(flatten(grads), start, theta, np.repeat(rates, sizes))
    return unflatten(change, params), rates


def finite_differences(
    objective: Objective, params: Params, data: Data, layer: int, unit: int
) -> Array:
    """Return central differences of the cost by one neuron's weights and bias.

    Parameters
    ----------
    objective, params, data
        The function and its arguments, in float64: in float32, rounding hides the differences.
    layer, unit
        The neuron, counted from 0.

    Returns
    -------
    (n_in + 1,) array: by each weight into the neuron, then by its bias.

    Examples
    --------
    >>> from neurona import network
    >>> net = network([1, 1], "linear")
    >>> params = ((np.array([[2.0]]), np.array([1.0])),)
    >>> data = check_data(net, [[3.0]], [5.0], dtype=np.float64)
    >>> finite_differences(Objective(net, find_cost("mse", net)), params, data, 0, 0).round(6)
    array([12.,  4.])
    """
    W, b = params[layer]

    def value(own: Array) -> float:
        moved_W, moved_b = W.copy(), b.copy()
        moved_W[:, unit], moved_b[unit] = own[:-1], own[-1]
        moved = rebuilt(params[layer], (moved_W, moved_b))
        return float(objective.value((*params[:layer], moved, *params[layer + 1 :]), *data))

    with np.errstate(all="ignore"):
        return numerical_gradient(value, np.append(W[:, unit], b[unit]))
