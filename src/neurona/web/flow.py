"""How far the signal reaches forward and the gradient back, layer by layer.

A run measures both for its history, and a frame for the moment on the screen.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from neurona.doctor.skill import best_constant
from neurona.engine.data import Data
from neurona.engine.layers.recurrent import Recurrent
from neurona.engine.types import Array, Params
from neurona.observe import numbers
from neurona.observe.walk import walk_backward, walk_forward
from neurona.web.task import Task

MOST_EXAMPLES = 500  # of a measurement for the history: enough for two digits
MOST_LAYERED = 100  # images or series, which take longer


class Flow(NamedTuple):
    """One forward and one backward pass, by each layer with weights; all ``(n_layers,)``.

    Attributes
    ----------
    signal
        The root mean square over a layer's neurons of their standard deviation over the examples:
        what distinguishes one example from another.
    gradient
        The root mean square of ∂cost/∂W.
    saturation
        See :func:`neurona.observe.numbers.saturation`.
    """

    signal: Array
    gradient: Array
    saturation: Array


def measure(task: Task, params: Params, most: int | None = None) -> Flow:
    """Measure a network on its training examples, or on so many of them, evenly chosen."""
    net, cost = task.net, task.cost
    every = 1 if most is None else -(-len(task.train.x) // most)
    data = Data(task.train.x[::every], task.train.target[::every], None)
    with np.errstate(all="ignore"):
        passes = walk_forward(net.logits if cost.link else net, params, data.x)
        _, dy = cost(passes[-1].a, data.target, None)
        grads: list[Any] = [one.grads for one in walk_backward(passes, dy)]
        outputs = [one.a for one in passes]
        if cost.link:
            outputs[-1] = net.layers[-1].activation(passes[-1].z)
        weighted = [k for k, one in enumerate(grads) if hasattr(one, "W")]
        return Flow(
            _numbers(np.sqrt(outputs[k].var(axis=0).mean()) for k in weighted),
            _numbers(np.sqrt(np.square(grads[k].W).mean()) for k in weighted),
            _numbers(
                0.0  # the activations of a recurrence are within its steps
                if isinstance(net.layers[k], Recurrent)
                else numbers.saturated_share(net.layers[k].activation, passes[k].z)
                for k in weighted
            ),
        )


def _numbers(each: Iterable[float]) -> Array:
    return np.array([*each], np.float32)


def sizes(task: Task, params: Params) -> Array:
    """Return ``(2, n_layers)`` float32 for the history: the signal, and the gradient."""
    flow = measure(task, params, MOST_EXAMPLES if task.planar else MOST_LAYERED)
    return np.stack([flow.signal, flow.gradient])


def trivial(task: Task) -> tuple[list[float], float]:
    """Return the best prediction that does not look at the example, and its cost.

    Examples
    --------
    >>> from neurona.web.setup import Setup
    >>> from neurona.web.task import make_task
    >>> prediction, cost = trivial(make_task(Setup()))
    >>> prediction, round(cost, 4)  # the logarithm of 2
    ([0.5], 0.6931)
    """
    prediction, cost = best_constant(task.net, task.cost, task.train.target)
    return prediction.tolist(), cost
