"""Training that goes on: the parameters of the estimator must still describe its network.

``set_params`` may change anything between two calls. A learning rate, a penalty or a batch size is
taken up by the next steps. Another width is not: it describes another network, which has none of
the weights that were learned. So the network that the parameters describe is compared with the one
that is there, and a difference is refused. Otherwise ``get_params`` and a saved file would say one
thing, and the network be another.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from neurona.engine.layers import Dense, Dropout
from neurona.engine.network import NORMALIZATIONS, Network
from neurona.engine.optimizers import Optimizer, whose_memory
from neurona.engine.state import State
from neurona.estimators.settings import Setting, given_settings
from neurona.tables.preparation import Preparation


def check_going_on(estimator: Any, method: str, otherwise: str) -> Setting:
    """Return the setting of a training that goes on: the last one, with what is given now.

    Parameters
    ----------
    method, otherwise
        For the message: what goes on, and how to begin anew instead.

    Raises
    ------
    ValueError
        If a parameter describes another preparation or another network.
    """
    last: Setting = estimator.setting_
    setting = replace(last, **given_settings(estimator))
    preparation = estimator.preparation_
    raw = preparation is None or getattr(preparation, "raw", False)
    pairs: dict[str, Any] = {"preprocess": (estimator.preprocess, None if raw else "auto")}
    if isinstance(preparation, Preparation):
        pairs["ramps"] = setting.ramps, last.ramps
    there: Network = estimator._member
    nets = estimator._network(there.in_shape, setting), there
    known = all(isinstance(one, KNOWN) for net in nets for one in net.layers)
    asked, is_now = map(_described if known else _listed, nets)
    pairs.update({name: (asked[name], is_now[name]) for name in asked})
    for name, (wanted, known) in pairs.items():
        if wanted != known:
            raise ValueError(
                f"{name} is {getattr(estimator, name)!r}, and {method} goes on with a network that "
                f"was made with {_shown(known)}: set {name} as it was, or {otherwise}"
            )
    return setting


KNOWN = Dense, Dropout, *NORMALIZATIONS.values()  # layers that parameters describe


def _listed(net: Network) -> dict[str, Any]:
    """Return the layers, which may be any."""
    *hidden, last = net.layers
    return {"layers": hidden, "cost": f"one for the output {last.activation.name}"}


def _described(net: Network) -> dict[str, Any]:
    """Return what each parameter that describes a network is in it."""
    *hidden, last = net.layers
    dense = [layer for layer in hidden if isinstance(layer, Dense)]
    own = [layer for layer in hidden if not isinstance(layer, Dropout)]
    rates: list[float] = []
    for layer in hidden:
        if isinstance(layer, Dropout):
            rates[-1] = layer.rate
        elif isinstance(layer, Dense):
            rates.append(0.0)
    return {
        "hidden_layer_sizes": [layer.n_out for layer in dense],
        "normalization": [type(layer).__name__ for layer in own if not isinstance(layer, Dense)],
        "activation": [layer.activation for layer in own],
        "dropout": rates,
        "initializer": [layer.initializer for layer in dense],
        "cost": f"one for the output {last.activation.name}",
    }


def _shown(known: Any) -> str:
    each = known if isinstance(known, list) else [known]
    names = (str(getattr(one, "name", getattr(one, "__name__", one))) for one in each)
    return ", ".join(names) or "none"


def first_state(state: State, optimizer: Optimizer) -> State:
    """Return the state to go on from: another optimizer keeps the weights, and begins afresh."""
    if state.optimizer == whose_memory(optimizer):
        return state
    afresh: dict[str, Any] = {"step": 0, "epoch": 0, "optimizer_state": None, "randomness": None}
    return replace(state, **afresh)
