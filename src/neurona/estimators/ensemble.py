"""An ensemble: the networks of a stack, which predict together as one network.

The mean of their logits goes through the last activation, which is a network again: branches side
by side, whose outputs are added up. So whatever takes a network (files, exports, figures) takes an
ensemble, and asks for nothing new. Dividing by a temperature goes into the same factor [1]_.

.. [1] Guo et al., "On calibration of modern neural networks", 2017, section 4.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from neurona.engine.layers import Activate, Add, Nothing, Sequential
from neurona.engine.network import Network
from neurona.engine.parameters import arrays, mapped, stacked
from neurona.engine.state import State
from neurona.engine.types import Params


def merged(
    net: Network, each: Sequence[Params], temperature: float = 1.0, before: Network | None = None
) -> tuple[Network, Params]:
    """Return K networks, given by their parameters, as one: f(Σₖ zₖ / (K T)) of the logits zₖ.

    The network that was made of them ``before`` is taken again if it was of as many.

    >>> import numpy as np
    >>> from neurona import network
    >>> net = network([2, 3, 1], "tanh", output="sigmoid")
    >>> each = [net.init(seed) for seed in (1, 2)]
    >>> both, params = merged(net, each)
    >>> x = np.array([[0.5, -1.0]])
    >>> mean = sum(net.logits.predict(one, x) for one in each) / 2
    >>> bool(np.allclose(both.predict(params, x), 1 / (1 + np.exp(-mean))))
    True
    """
    factor = 1 / (len(each) * temperature)
    params = tuple(_scaled(one, factor) for one in each)
    known: Any = None if before is net or before is None else before.layers[0]
    if before is None or known is None or len(known.layers) != len(each):
        branches = (Sequential(net.logits.layers),) * len(each)
        before = Network((Add(branches), Activate(net.output)), net.in_shape)
    return before, (params, Nothing())


def members(stack: Params) -> list[Params]:
    """Return the parameters of each network of a stack."""
    return [mapped(lambda array: array[k], stack) for k in range(len(arrays(stack)[0]))]  # noqa: B023


def sound(state: State) -> dict[int, Params]:
    """Return the networks of a stack that have not diverged, by their numbers.

    Before the first step no cost is known, and all of them are returned.
    """
    each, finite = members(state.params), np.isfinite(state.cost)
    return {k: own for k, own in enumerate(each) if finite[k] or not finite.any()}


def joined(one: State, other: State) -> State:
    """Return the state of all networks of two stacks that have been trained alike."""

    def both(a: Any, b: Any) -> Any:
        return np.concatenate([a, b]) if np.ndim(a) else a

    remembered: Any = one.optimizer_state
    if isinstance(remembered, tuple):
        remembered = mapped(both, remembered, other.optimizer_state)
    params = mapped(both, one.params, other.params)
    cost = both(one.cost, other.cost)
    rest: dict[str, Any] = {"optimizer_state": remembered, "cost": cost, "randomness": None}
    return replace(one, params=params, **rest)


def _scaled(params: Params, factor: float) -> Params:
    """Return the parameters of a network whose logits are multiplied by a factor."""
    *before, last = params
    return (*before, type(last)(*(array * array.dtype.type(factor) for array in last)))


def member(net: Network) -> Network:
    """Return one network of an ensemble, or the network itself if it is not an ensemble."""
    first = net.layers[0]
    if not (isinstance(first, Add) and isinstance(net.layers[-1], Activate)):
        return net
    *before, last = first.layers[0].layers
    return Network((*before, replace(last, activation=net.output)), net.in_shape)


def taken_apart(net: Network, params: Params, temperature: float = 1.0) -> Params:
    """Return the stack that an ensemble was merged from."""
    if member(net) is net:
        return params
    each: Any = params[0]
    return stacked(_scaled(one, len(each) * temperature) for one in each)
