"""A network in a file: its parameters, and what they are the parameters of.

The file is a *safetensors* file: numbers behind a header of JSON, and nothing that could be run. A
part of the header is neurona's own: the layers with their sizes, activations and initializers, the
cost, notes of yours, and a checksum over all of it. Whatever the bytes of a file are,
:func:`load` gives the network that was saved, or says in a :class:`ModelFileError` what is wrong.

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

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from itertools import islice, pairwise
from math import inf, isfinite, nan
from pathlib import Path
from reprlib import repr as shown  # of a file nobody knows how long
from typing import IO, TYPE_CHECKING, Any, NamedTuple, TypeGuard

import numpy as np

from neurona import __version__
from neurona.engine.activations import ACTIVATIONS
from neurona.engine.costs import COSTS, Cost, find_cost
from neurona.engine.data import check_params
from neurona.engine.initializers import INITIALIZERS
from neurona.engine.layers.base import Layer, Nothing
from neurona.engine.layers.dense import Dense, DenseParams
from neurona.engine.layers.dropout import Dropout
from neurona.engine.layers.normalization import (
    BatchNormalization,
    BatchNormalizationParams,
    LayerNormalization,
    LayerNormalizationParams,
)
from neurona.engine.network import Network
from neurona.engine.types import LayerParams, Params
from neurona.extras import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = 2
DENSE_ALONE = 1  # the format of a file without other layers, which older versions read too
DTYPES = {"F32": "float32", "F64": "float64"}
ESTIMATOR = "estimator"  # the kind of a file, and the key of what it says of the estimator
OURS, CHECKSUM = "neurona", "sha256"  # the keys of the header's metadata
NORMALIZATIONS: dict[str, type[BatchNormalization | LayerNormalization]] = {
    "batch_normalization": BatchNormalization,
    "layer_normalization": LayerNormalization,
}
PARAMS: dict[type, type[LayerParams]] = {
    Dense: DenseParams,
    Dropout: Nothing,
    BatchNormalization: BatchNormalizationParams,
    LayerNormalization: LayerNormalizationParams,
}


class ModelFileError(ValueError):
    """A file that holds no network of neurona's, or not all of one; the message says why."""


class Model(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    net, params
        The network and its parameters.
    cost
        What the training made small, or None where the file doesn't say.
    notes
        What whoever saved it noted.
    version
        Of the neurona that wrote it.
    estimator
        What else there is to know where the network is an estimator's, in lists, texts and numbers:
        :mod:`neurona.files.estimator` reads it. None where the file holds a network.
    """

    net: Network
    params: Params
    cost: Cost | None
    notes: dict[str, Any]
    version: str
    estimator: dict[str, Any] | None = None


def save(
    file: str | os.PathLike[str] | IO[bytes],
    net: Network,
    params: Params,
    *,
    cost: str | Cost | None = None,
    notes: Mapping[str, Any] | None = None,
    estimator: Mapping[str, Any] | None = None,
) -> None:
    """Write a network and its parameters into one file.

    A file of that name is replaced once the new one is complete and on the disk: whatever happens
    meanwhile, there is the old one or the new one.

    Parameters
    ----------
    file
        Its path, whose name usually ends in ``.safetensors``, or something to write bytes into.
    net
        The network. Its activations and initializers must be known by their names: the file holds
        names, and no code.
    params
        Its parameters, such as ``state.params``.
    cost
        What the training made small, or its name, for whoever goes on with it.
    notes
        Anything that JSON can hold.
    estimator
        What :mod:`neurona.files.estimator` writes down of an estimator, whose network it is.

    Raises
    ------
    ValueError
        If the parameters don't fit the network or aren't finite, if an activation, an initializer
        or the cost isn't known by its name, or if JSON can't hold the notes.
    OSError
        If the file can't be written.
    MissingExtra
        If safetensors is not installed.
    """
    data = _encoded(net, params, cost, notes, estimator)
    if hasattr(file, "write"):
        file.write(data)
    else:
        replace(Path(file), data)


def load(path: str | os.PathLike[str]) -> tuple[Network, Params]:
    """Return the network and the parameters that a file holds.

    Nothing of the file is run, and no more memory is taken than the file is long.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    ModelFileError
        If it is no safetensors file, is cut or altered, comes from a later version of the format,
        or holds what doesn't fit together.
    OSError
        If the file can't be read.
    MissingExtra
        If safetensors is not installed.
    """
    model = read(path)
    return model.net, model.params


def read(path: str | os.PathLike[str]) -> Model:
    """Return all that a file holds; the errors are those of :func:`load`."""
    safetensors = require("safetensors", extra="files")
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: give the name of a model file")
    try:
        with safetensors.safe_open(path, framework="numpy") as opened:
            return _decoded(path, opened)
    except safetensors.SafetensorError as error:
        raise ModelFileError(f"{path} is no safetensors file, or was cut: {error}") from error


# ------------------------------------------------------------------------------- writing


def _encoded(
    net: Network,
    params: Params,
    cost: str | Cost | None,
    notes: Mapping[str, Any] | None,
    estimator: Mapping[str, Any] | None,
) -> bytes:
    numpy = require("safetensors.numpy", extra="files")
    dtype = np.asarray(params[0][0]).dtype
    if dtype.name not in DTYPES.values():
        raise ValueError(f"the parameters are of {dtype}: give float32 or float64")
    params = check_params(net, params, dtype)
    config: dict[str, Any] = {
        "format": DENSE_ALONE if all(type(one) is Dense for one in net.layers) else FORMAT,
        "version": __version__,
        "layers": [
            _described(layer, shape)
            for layer, shape in zip(net.layers, net.in_shapes(net.in_shape), strict=True)
        ],
        "cost": None if cost is None else described_cost(find_cost(cost, net)),
        "notes": dict(notes or {}),
    }
    if estimator is not None:
        config |= {"kind": ESTIMATOR, ESTIMATOR: dict(estimator)}
    try:
        text = json.dumps(config, allow_nan=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"notes: give what JSON can hold ({error})") from error
    # The library writes an array as it lies in memory, and a W may lie there by columns.
    each = (np.ascontiguousarray(array) for layer in params for array in layer)
    arrays = dict(zip(_shapes(net), each, strict=True))
    metadata = {OURS: text, CHECKSUM: _checksum(text, arrays)}
    data: bytes = numpy.save(arrays, metadata=metadata)
    return data


def _described(layer: Any, shape: tuple[int, ...]) -> dict[str, Any]:
    if type(layer) not in PARAMS:
        raise ValueError(
            f"{type(layer).__name__} is no layer that a file can hold: "
            f"{', '.join(one.__name__ for one in PARAMS)} are"
        )
    if type(layer) is Dropout:
        return {"kind": "dropout", "neurons": shape[0], "rate": float(layer.rate)}
    known = ACTIVATIONS.get(layer.activation.name)
    if known != layer.activation:
        raise ValueError(
            f"the activation {layer.activation.name!r} is not known by its name, and a file holds "
            "names, no code: make it with @neurona.activation, which lets its name be known"
        )
    for kind, class_ in NORMALIZATIONS.items():
        if type(layer) is class_:
            return {
                "kind": kind,
                "neurons": shape[0],
                "activation": layer.activation.name,
                "epsilon": float(layer.epsilon),
            }
    return {
        "inputs": shape[0],
        "neurons": layer.n_out,
        "activation": layer.activation.name,
        "initializer": name_of_initializer(layer.initializer),
        "bias_initializer": name_of_initializer(layer.bias_initializer),
        "gain": None if layer.gain is None else float(layer.gain),
    }


def name_of_initializer(which: Any) -> str:
    """Return the name by which an initializer is known, or say that it has none."""
    for name, known in INITIALIZERS.items():
        if known is which:
            return name
    raise ValueError(
        f"the initializer {getattr(which, '__name__', which)!r} is not known by its name, and a "
        f"file holds names, no code: choose one of {', '.join(INITIALIZERS)}"
    )


def described_cost(cost: Cost) -> str | dict[str, Any]:
    """Return the name by which a cost is known, and its settings where they are not the usual.

    >>> from neurona.engine.costs import Huber, Pinball
    >>> described_cost(Huber()), described_cost(Pinball(0.9))
    ('huber', {'cost': 'pinball', 'settings': {'quantile': 0.9}})
    """
    for name, known in COSTS.items():
        if type(cost) is known:
            settings = _settings(cost)
            if all(isfinite(value) for value in settings.values()):
                return name if cost == known() else {"cost": name, "settings": settings}
    raise ValueError(
        f"the cost {cost} is not known by its name, and a file holds names and numbers, no code: "
        f"choose one of {', '.join(COSTS)}, or save without it"
    )


def cost_of(described: Any) -> Cost:
    """Return the cost that :func:`described_cost` described.

    Raises
    ------
    ValueError
        If it is none that is known, or can't be made with these settings.
    """
    name, settings = described, {}
    if isinstance(described, dict) and described.keys() == {"cost", "settings"}:
        name, settings = described["cost"], described["settings"]
    if not isinstance(name, str) or name not in COSTS:
        raise ValueError(f"this neurona knows no cost {shown(name)}")
    usual = _settings(COSTS[name]())
    if not (
        isinstance(settings, dict)
        and settings.keys() <= usual.keys()
        and all(type(value) is float and isfinite(value) for value in settings.values())
    ):
        raise ValueError(f"the cost {name} can't be made with {shown(settings)}")
    cost: Cost = COSTS[name](**settings)
    return cost


def _settings(cost: Any) -> dict[str, float]:
    """Return the numbers that a cost was made with, NaN standing for what is none."""
    values = {one.name: getattr(cost, one.name) for one in fields(cost)}
    return {
        name: float(value) if isinstance(value, int | float | np.number) else nan
        for name, value in values.items()
    }


def _shapes(net: Network) -> dict[str, tuple[int, ...]]:
    """Return the name and the shape of each array of a network's parameters."""
    return {
        f"layers.{k}.{name}": shape
        for k, own in enumerate(net.shapes(net.in_shape))
        for name, shape in zip(own._fields, own, strict=True)
    }


def _checksum(text: str, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return the SHA-256 of the description and of all numbers, layer by layer."""
    sum_ = hashlib.sha256(text.encode())
    for array in arrays.values():
        sum_.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
    return sum_.hexdigest()


def replace(path: Path, data: bytes) -> None:
    """Write a file beside its place and then move it there, so that it is never half there.

    What is there and is no file, such as ``/dev/stdout``, is written into.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with partial.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException as error:
        with suppress(OSError):
            partial.unlink()
        if isinstance(error, OSError):
            error.filename = str(path)  # the one that a person knows
        raise


# ------------------------------------------------------------------------------- reading


def _decoded(path: Path, opened: Any) -> Model:
    metadata = opened.metadata() or {}
    if OURS not in metadata:
        raise ModelFileError(f"{path} is a safetensors file, but none that neurona wrote")
    text = metadata[OURS]
    config = _config(path, text)
    layers = tuple(_layer(path, k, one) for k, one in enumerate(config["layers"]))
    widths = [(one.get("inputs", one["neurons"]), one["neurons"]) for one in config["layers"]]
    for i, ((_, gives), (takes, _)) in enumerate(pairwise(widths), start=1):
        if gives != takes:
            raise ModelFileError(
                f"{path}: layer {i} has {gives} neurons, and layer {i + 1} takes {takes} inputs"
            )
    for end, layer in (("first", layers[0]), ("last", layers[-1])):
        if not isinstance(layer, Dense):
            kind = type(layer).__name__
            raise ModelFileError(
                f"{path}: the {end} layer is a {kind}: a network begins and ends with a Dense layer"
            )
    net = Network(layers, (widths[0][0],))
    arrays = _arrays(path, opened, net)
    if metadata.get(CHECKSUM) != _checksum(text, arrays):
        raise ModelFileError(f"{path} was altered since neurona wrote it: its checksum is another")
    each = iter(arrays.values())
    params = tuple(
        kind(*islice(each, len(kind._fields)))  # type: ignore[attr-defined]
        for kind in (PARAMS[type(layer)] for layer in net.layers)
    )
    cost = _cost(path, config["cost"], net)
    return Model(net, params, cost, config["notes"], config["version"], config.get(ESTIMATOR))


def _config(path: Path, text: str) -> dict[str, Any]:
    """Return the description, whose parts are of the right kind."""
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path}: its description is no JSON ({error})") from error
    version = config.get("format") if isinstance(config, dict) else None
    if not _is_whole(version):
        raise ModelFileError(f"{path}: its description does not say which format it is")
    if not DENSE_ALONE <= version <= FORMAT:
        raise ModelFileError(
            f"{path} is of version {shown(version)} of the format, and neurona {__version__} reads "
            f"{DENSE_ALONE} to {FORMAT}: a newer neurona may read it"
        )
    kinds = {"version": str, "layers": list, "cost": str | dict | None, "notes": dict}
    for name, kind in kinds.items():
        if name not in config or not isinstance(config[name], kind):
            raise ModelFileError(f"{path}: {name!r} is missing, or not what it should be")
    kind = config.get("kind")
    if kind not in (None, ESTIMATOR):
        raise ModelFileError(
            f"{path} is of the kind {shown(kind)}, which this neurona does not know: a newer may"
        )
    if isinstance(config.get(ESTIMATOR), dict) != (kind == ESTIMATOR):
        raise ModelFileError(f"{path}: {ESTIMATOR!r} is missing, or not what it should be")
    if not config["layers"]:
        raise ModelFileError(f"{path} describes a network without layers")
    return dict(config)


def _layer(path: Path, k: int, given: Any) -> Layer:
    """Build a layer from its description, which has no kind if it is dense.

    Only known names are taken.
    """

    def wrong(what: str) -> ModelFileError:
        return ModelFileError(f"{path}: layer {k + 1} {what}")

    if not isinstance(given, dict):
        raise wrong("is not described")
    kind = given.get("kind")
    if kind is not None and (not isinstance(kind, str) or kind not in {"dropout", *NORMALIZATIONS}):
        raise wrong(f"is a {shown(kind)}, which this neurona does not know: a newer may")
    for key in ("inputs", "neurons") if kind is None else ("neurons",):
        width = given.get(key)
        if not _is_whole(width) or width < 1:
            raise wrong(f"has {shown(width)} {key}: it takes a positive whole number")
    if kind == "dropout":
        rate = given.get("rate")
        if not (isinstance(rate, float) and 0 <= rate < 1):
            raise wrong(f"has the rate {shown(rate)}: it takes a number from 0 to less than 1")
        return Dropout(rate)
    gain = given.get("gain")
    if gain is not None and not (isinstance(gain, float) and isfinite(gain)):
        raise wrong(f"has the gain {shown(gain)}: it takes a finite number")

    def known(kind: str, key: str, names: Mapping[str, Any]) -> Any:
        name = given.get(key)
        if not isinstance(name, str) or name not in names:
            raise wrong(
                f"has the {kind} {shown(name)}, which this neurona does not know: it "
                "may be of a newer one, or of a program's own"
            )
        return names[name]

    if kind is not None:
        epsilon = given.get("epsilon")
        if not (isinstance(epsilon, float) and 0 < epsilon < inf):
            raise wrong(f"has the epsilon {shown(epsilon)}: it takes a positive number")
        activation = known("activation", "activation", ACTIVATIONS)
        return NORMALIZATIONS[kind](activation, epsilon)
    return Dense(
        given["neurons"],
        known("activation", "activation", ACTIVATIONS),
        known("initializer", "initializer", INITIALIZERS),
        known("initializer", "bias_initializer", INITIALIZERS),
        gain,
    )


def _arrays(path: Path, opened: Any, net: Network) -> dict[str, NDArray[Any]]:
    """Return the parameters; their sizes are compared before anything of that size is made."""
    shapes = _shapes(net)
    names = list(shapes)
    if set(opened.keys()) != set(names):
        raise ModelFileError(
            f"{path} should hold {', '.join(names)}, and holds {', '.join(sorted(opened.keys()))}"
        )
    slices = [opened.get_slice(name) for name in names]
    for (name, shape), given in zip(shapes.items(), slices, strict=True):
        if tuple(given.get_shape()) != shape:
            raise ModelFileError(
                f"{path}: {name} has shape {tuple(given.get_shape())}, and the layer that is "
                f"described needs {shape}"
            )
    dtypes = {given.get_dtype() for given in slices}
    if len(dtypes) > 1 or not dtypes <= DTYPES.keys():
        raise ModelFileError(
            f"{path}: its numbers are of {', '.join(sorted(dtypes))}; they should be all of "
            f"{' or '.join(DTYPES)}"
        )
    arrays = {}
    for name in names:
        array = opened.get_tensor(name)
        if not np.isfinite(array).all():
            raise ModelFileError(f"{path}: {name} holds what is no finite number")
        if name.endswith(".variance") and (array < 0).any():
            raise ModelFileError(f"{path}: {name} holds a negative number")
        array.flags.writeable = False
        arrays[name] = array
    return arrays


def _cost(path: Path, described: Any, net: Network) -> Cost | None:
    if described is None:
        return None
    try:
        return find_cost(cost_of(described), net)
    except ValueError as error:
        raise ModelFileError(f"{path}: {error}") from error


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
