"""Code for PyTorch and Keras alike: a network, or an estimator with its preparation beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from neurona.engine.network import Network
from neurona.engine.types import Array
from neurona.export.estimator_numpy import preparation_code
from neurona.export.folder import SIGN, WEIGHTS, beside, write_folder
from neurona.export.model import fitted, in_units, takes_arrays
from neurona.export.parts import Part, parts_of, topology_of


def export_code(
    model: Any,
    params: Any,
    folder: str | PathLike[str] | None,
    preparation: str | None,
    use: str,
    code_of: Callable[[Network, list[Part]], tuple[str, Mapping[str, Array], dict[str, str]]],
) -> Path:
    """Write a model's code and weights into a folder, and return the path of the code.

    ``use`` is how its preparation says that the two go together; ``code_of`` returns a template,
    the weights, and what stands in the template besides what is known of each network.
    """
    if not isinstance(model, Network):
        estimator, folder = fitted(model), params if folder is None else folder
        if takes_arrays(estimator):
            model, params = in_units(estimator)
        else:
            model, params = estimator.network_, estimator.params_
            preparation = preparation_code(estimator, use)
    if folder is None:
        raise ValueError("give the folder to write to, after the network and its parameters")
    parts = parts_of(model, params)
    code, weights, own = code_of(model, parts)
    about = {
        "topology": topology_of(parts),
        "sign": SIGN,
        "weights": WEIGHTS,
        "beside": beside(preparation),
        "n_in": ", ".join(map(str, model.in_shape)),
        "n_out": ", ".join(map(str, model.out_shape())),
    }
    return write_folder(folder, code.format(**about, **own), weights, preparation)


def call(function: str, *given: Any, **options: Any) -> str:
    """Write a call; options that are None are left out.

    >>> call("nn.Linear", 2, 3, bias=False, device=None)
    'nn.Linear(2, 3, bias=False)'
    """
    named = (f"{key}={one}" for key, one in options.items() if one is not None)
    return f"{function}({', '.join([*map(str, given), *named])})"


def listed(texts: Sequence[str]) -> str:
    """Write texts one below the other, each with a comma."""
    return "\n".join(f"{text}," for text in texts)
