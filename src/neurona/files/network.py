"""A network in a file: its parameters, and what they are the parameters of.

The file is a *safetensors* file: numbers behind a header of JSON, and nothing that could be run. A
part of the header is neurona's own description: the layers, the cost, your notes, and a checksum
over all of it. An array's name tells where it is: ``layers.0.W``, or ``layers.2.1.gamma`` within
a composition. Whatever the bytes of a file are, :func:`read` gives the model that was saved, or
says in a :class:`~neurona.files.storage.ModelFileError` what is wrong.

>>> import neurona, tempfile
>>> net = neurona.network([2, 3, 1], "tanh", output="sigmoid")
>>> params = net.init(rng=0)
>>> with tempfile.TemporaryDirectory() as folder:
...     neurona.save(f"{folder}/model.safetensors", net, params)
...     again, weights = neurona.load(f"{folder}/model.safetensors")
>>> again == net, bool((weights[0].W == params[0].W).all())
(True, True)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from reprlib import repr as shown
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from neurona import __version__
from neurona.engine.costs import Cost, find_cost
from neurona.engine.data import check_params, networks_of
from neurona.engine.layers import Layer
from neurona.engine.network import Network
from neurona.engine.parameters import arrays as arrays_of
from neurona.engine.state import State
from neurona.engine.types import Params
from neurona.files import older
from neurona.files.codec import Misfit, form_of
from neurona.files.state import described, shapes_of, state_of
from neurona.files.storage import DESCRIPTION, DTYPES, ModelFileError, opened, packed, read_arrays

if TYPE_CHECKING:
    import os

OLDEST, FORMAT = 1, 3  # the versions of the format that are read; the last one is written


class Model(NamedTuple):
    """The content of a file.

    Attributes
    ----------
    net, params
        The network and its parameters.
    cost
        The cost that it was trained with, or None where the file doesn't say.
    notes
        Whatever was noted when it was saved.
    version
        The version of neurona that wrote it.
    estimator
        The rest of an estimator, in lists, texts and numbers: :mod:`neurona.files.estimator` reads
        it. None where the file holds a network.
    state
        The state of a training that was saved with the network, or None.
    """

    net: Network
    params: Params
    cost: Cost | None
    notes: dict[str, Any]
    version: str
    estimator: dict[str, Any] | None = None
    state: State | None = None


def encoded(
    net: Network,
    params: Params | State,
    cost: str | Cost | None = None,
    notes: Mapping[str, Any] | None = None,
    estimator: Mapping[str, Any] | None = None,
) -> bytes:
    """Return the bytes of a file; a state in place of the parameters is kept whole.

    Raises
    ------
    ValueError
        If something does not fit, or is code without a known name.
    """
    state = params if isinstance(params, State) else None
    params = params.params if isinstance(params, State) else params
    if state and networks_of(net, params) is not None:
        raise ValueError("a file holds one network: give a state of the stack, such as state[0]")
    dtypes = {array.dtype for array in arrays_of(check_params(net, params, None))}
    for dtype in dtypes:
        if dtype.name not in DTYPES.values():
            raise ValueError(f"the parameters are of {dtype}: give float32 or float64")
    arrays: dict[str, Any] = {}
    dtype = np.result_type(np.float32, *dtypes)
    changed(check_params(net, params, dtype), arrays.__setitem__)
    description = {
        "format": FORMAT,
        "version": __version__,
        "model": form_of(Layer).write(net, "model"),
        "cost": form_of(Cost | None).write(cost and find_cost(cost, net), "cost"),
        "notes": dict(notes or {}),
        "estimator": estimator,
    }
    if state:
        description["state"] = described(state, dtype, arrays.__setitem__)
    try:
        text = json.dumps(description, allow_nan=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"notes: give what JSON can hold ({error})") from error
    return packed(text, arrays)


def read(path: str | os.PathLike[str]) -> Model:
    """Return the content of a file.

    Raises
    ------
    ModelFileError, OSError, MissingExtra
        As :func:`neurona.load`.
    """
    path = Path(path)
    with opened(path) as (file, metadata):
        given = _description(path, metadata[DESCRIPTION])
        is_older = given["format"] < FORMAT
        try:
            described = older.network(given.get("layers")) if is_older else given.get("model")
            net = form_of(Layer).read(described, "model")
            if not isinstance(net, Network):
                raise Misfit(f"the model is a {type(net).__name__}, and not a Network")
            shapes: dict[str, tuple[int, ...]] = {}
            tree = net.shapes(net.in_shape)
            changed(tree, shapes.__setitem__)
            state = given.get("state")
            if state is not None:
                shapes.update(shapes_of(state))
            arrays = read_arrays(path, file, metadata, shapes)
            params = changed(tree, lambda name, _: arrays[name])
            cost = older.cost(given["cost"]) if is_older else given["cost"]
            cost = form_of(Cost | None).read(cost, "cost")
            estimator = given.get("estimator")
            return Model(
                net,
                params,
                cost and find_cost(cost, net),
                given["notes"],
                given["version"],
                older.estimator(estimator, net.n_out) if is_older and estimator else estimator,
                None if state is None else state_of(state, params, arrays),
            )
        except ModelFileError:
            raise
        except ValueError as error:
            raise ModelFileError(f"{path}: {str(error).removeprefix('model.')}") from error


def _description(path: Path, text: str) -> dict[str, Any]:
    """Return the description, of a version that is known."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path}: its description is not JSON ({error})") from error
    version = given.get("format") if isinstance(given, dict) else None
    if type(version) is not int:
        raise ModelFileError(f"{path}: its description does not say which format it is")
    if not OLDEST <= version <= FORMAT:
        raise ModelFileError(
            f"{path} is of version {shown(version)} of the format, and neurona {__version__} reads "
            f"{OLDEST} to {FORMAT}: a newer neurona may read it"
        )
    if "checkpoint" in given:
        raise ModelFileError(
            f"{path} is the checkpoint of a training, and not a model: neurona.resumable, or "
            "neurona train --checkpoint, goes on from it"
        )
    needed: dict[str, Any] = {"version": str, "notes": dict, "cost": str | dict | None}
    if version < FORMAT:
        kind = given.get("kind")
        if kind not in (None, "estimator"):
            raise ModelFileError(
                f"{path} is of the kind {shown(kind)}, which this neurona does not know: a newer "
                "version may"
            )
        given = {"estimator": None, **given}
        needed["estimator"] = None if kind is None else dict
    else:
        needed["estimator"] = dict | None
    for name, type_ in needed.items():
        if name not in given or not isinstance(given[name], type_ or NoneType):
            raise ModelFileError(f"{path}: {name!r} is missing, or not what it should be")
    return dict(given)


def changed(tree: Any, change: Callable[[str, Any], Any], where: str = "layers") -> Any:
    """Return a tree of parameters, or of their shapes, with each of them changed.

    ``change`` is told its name too: the way to it, such as ``layers.0.W``.
    """
    if hasattr(tree, "_fields"):
        pairs = zip(tree._fields, tree, strict=True)
        return type(tree)(*(change(f"{where}.{name}", one) for name, one in pairs))
    return tuple(changed(one, change, f"{where}.{i}") for i, one in enumerate(tree))
