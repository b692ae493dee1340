"""An estimator in a file: its network, and around it what is learnt of the columns and the target.

The file is that of :mod:`neurona.files.network`, whose description has one part more: the class's
name, its parameters, the preparation and the target, as lists, texts and numbers. Reading it builds
these two classes and no other; whatever else the part holds is a
:class:`~neurona.files.network.ModelFileError`.

What the optimizer remembers is not kept: with ``warm_start`` a loaded estimator goes on from its
weights, as from a state that somebody else made.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from itertools import pairwise
from math import isfinite, nan
from pathlib import Path
from reprlib import repr as shown
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from neurona.engine.activations import ACTIVATIONS, Activation
from neurona.engine.costs import find_cost
from neurona.engine.optimizers import OPTIMIZERS
from neurona.engine.state import State
from neurona.estimators.base import NeuralNet
from neurona.estimators.classifier import NeuralNetClassifier
from neurona.estimators.regressor import NeuralNetRegressor
from neurona.files import network as files
from neurona.files.network import Model, ModelFileError
from neurona.tables.preparation import CYCLES, Categories, Dates, Numbers, Preparation, Step
from neurona.tables.targets import Classes, Counts, Labels, Quantities

KNOWN = {one.__name__: one for one in (NeuralNetClassifier, NeuralNetRegressor)}
KINDS = ("number", "category", "date", "empty")
DEEPEST = 4  # lists in lists, in a parameter
SHOWN = 60  # characters of a value, in a message
NUMBERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
           "float16", "float32", "float64")  # fmt: skip


def save(
    file: str | os.PathLike[str] | IO[bytes],
    estimator: NeuralNet,
    *,
    notes: Mapping[str, Any] | None = None,
) -> None:
    """Write a fitted estimator into one file; see :func:`neurona.save`."""
    if type(estimator) not in KNOWN.values():
        raise ValueError(
            f"{type(estimator).__name__} is no estimator that a file can hold: "
            f"{' and '.join(KNOWN)} are"
        )
    check_is_fitted(estimator)
    net = estimator.network_
    cost = find_cost(estimator.cost, net)
    about = _described(estimator)
    files.save(file, net, estimator.params_, cost=cost, notes=notes, estimator=about)


def read(path: str | os.PathLike[str]) -> tuple[NeuralNet, dict[str, Any]]:
    """Return the estimator that a file holds, and the notes.

    Raises
    ------
    ModelFileError
        As :func:`neurona.load`, and if the file holds a network without an estimator.
    """
    model = files.read(path)
    if model.estimator is None:
        raise ModelFileError(
            f"{path} holds a network alone, and not what prepares a table for it: "
            "save the estimator, or make the file with neurona train"
        )
    return estimator_of(path, model), model.notes


# ------------------------------------------------------------------------------- writing


def _described(estimator: NeuralNet) -> dict[str, Any]:
    """Return what there is to know of an estimator besides its network."""
    names = getattr(estimator, "feature_names_in_", None)
    preparation = estimator.preparation_
    return {
        "class": type(estimator).__name__,
        "parameters": {
            name: _written(name, value) for name, value in estimator.get_params(deep=False).items()
        },
        "columns": None if names is None else [str(name) for name in names],
        "width": int(estimator.n_features_in_),
        "preparation": None if preparation is None else preparation.as_data(),
        "target": _target(estimator.targets_),
        "epochs": int(getattr(estimator, "n_iter_", 0)),
        "loss": _number_or_none(estimator.loss_),
        "loss_curve": [_number_or_none(cost) for cost in estimator.loss_curve_],
        "validation_scores": [_number_or_none(score) for score in estimator.validation_scores_],
        "validation_loss_curve": [
            _number_or_none(cost) for cost in estimator.validation_loss_curve_
        ],
    }


def _written(name: str, value: Any) -> Any:
    """Return a parameter as JSON can hold it; what is code goes by its name, or is refused."""
    if isinstance(value, Activation) and ACTIVATIONS.get(value.name) == value:
        value = value.name
    elif name == "initializer" and callable(value):
        value = files.name_of_initializer(value)
    elif name == "cost" and value is not None and not isinstance(value, str):
        return files.described_cost(value)
    for known, optimizer in OPTIMIZERS.items():
        if type(value) is optimizer and is_dataclass(value):
            settings = {field.name: getattr(value, field.name) for field in fields(value)}
            return {
                "optimizer": known,
                "settings": {k: _plain(name, settings[k]) for k in settings},
            }
    if isinstance(value, Mapping):
        return {"pairs": [[_plain(name, key), _plain(name, item)] for key, item in value.items()]}
    if isinstance(value, list | tuple | np.ndarray):
        return [_written(name, item) for item in value]
    return _plain(name, value)


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, list | tuple):
        return [_plain(name, item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and isfinite(value):
        return value
    what = repr(value)[:SHOWN]
    raise ValueError(
        f"{name} is {what}, and a file holds numbers, texts and known names, no code: "
        f"set it to one of these, with set_params({name}=...), and save then"
    )


def _number_or_none(value: float) -> float | None:
    return float(value) if isfinite(value) else None


def _target(targets: Classes | Labels | Quantities | Counts) -> dict[str, Any]:
    if isinstance(targets, Counts):
        return {"kind": "counts", "mean": targets.mean.tolist(), "single": targets.single}
    if isinstance(targets, Quantities):
        return {
            "kind": "numbers",
            "mean": targets.mean.tolist(),
            "deviation": targets.deviation.tolist(),
            "single": targets.single,
        }
    if isinstance(targets, Labels):
        return {"kind": "labels", "labels": len(targets.classes)}
    values, type_ = targets.classes.tolist(), _type_of(targets.classes)
    return {"kind": "classes", "type": type_, "classes": values}


def _type_of(classes: NDArray[Any]) -> str:
    """Return the name of the classes' type, or say that a file holds none such."""
    if classes.dtype.kind == "U":
        return "text"
    if classes.dtype.kind == "O" and all(type(one) is str for one in classes.tolist()):
        return "object"
    if classes.dtype.name == "bool" or classes.dtype.name in NUMBERS:
        return classes.dtype.name
    raise ValueError(f"the classes are of {classes.dtype}: a file holds texts, numbers and truths")


# ------------------------------------------------------------------------------- reading


class _Wrong(Exception):
    """What is wrong in the description; the file's path is put before it."""


def estimator_of(path: str | os.PathLike[str], model: Model) -> NeuralNet:
    """Return the estimator of a file that was read.

    Raises
    ------
    ModelFileError
        If it holds what doesn't fit together.
    """
    assert model.estimator is not None
    try:
        return _made(model, model.estimator)
    except _Wrong as wrong:
        raise ModelFileError(f"{Path(path)}: {wrong}") from None


def _made(model: Model, about: dict[str, Any]) -> NeuralNet:
    class_ = KNOWN.get(_text(about, "class"))
    if class_ is None:
        raise _Wrong(f"the estimator is a {shown(about['class'])}, which this neurona has not")
    given = _get(about, "parameters", dict)
    known = class_._get_param_names()
    strange = [name for name in given if name not in known]
    if strange:
        raise _Wrong(f"a {class_.__name__} has no parameter {shown(strange[0])}")
    made: NeuralNet = class_(**{name: _read(name, value) for name, value in given.items()})
    width = _whole(about, "width")
    preparation = _preparation(_get(about, "preparation", dict | None), width)
    if made.preprocess not in ("auto", None) or (made.preprocess is None) != (preparation is None):
        raise _Wrong(f"preprocess is {shown(made.preprocess)}, which the preparation contradicts")
    taken = width if preparation is None else len(preparation.outputs)
    if taken != model.net.n_in:
        raise _Wrong(f"the columns become {taken} numbers, and the network takes {model.net.n_in}")
    targets = _targets(_get(about, "target", dict), model.net.n_out)
    if isinstance(targets, Quantities | Counts) != (class_ is NeuralNetRegressor):
        raise _Wrong(f"the target is none of a {class_.__name__}")
    if (targets.n_out, targets.output) != (model.net.n_out, model.net.output.name):
        raise _Wrong(
            f"the target needs {targets.n_out} outputs of {targets.output}, and the network has "
            f"{model.net.n_out} of {model.net.output.name}"
        )
    names = _names(_get(about, "columns", list | None), width)
    loss = _curve([_get(about, "loss", float | None)])[0]
    made.n_features_in_ = width
    if names is not None:
        made.feature_names_in_ = np.array([*names, None], dtype=object)[:-1]
    made.preparation_, made.targets_ = preparation, targets
    if not isinstance(targets, Quantities | Counts):
        made.classes_ = targets.classes
    made.network_, made.params_, made.loss_ = model.net, model.params, loss
    made.state_ = State(0, 0, model.params, None, loss)
    made.should_stop_ = False
    made.n_iter_ = _whole(about, "epochs", least=0)
    made.loss_curve_ = _curve(_get(about, "loss_curve", list))
    made.validation_scores_ = _curve(_get(about, "validation_scores", list))
    older = {"validation_loss_curve": [], **about}  # which the first files do not have
    made.validation_loss_curve_ = _curve(_get(older, "validation_loss_curve", list))
    return made


def _get(data: Mapping[str, Any], key: str, kind: Any) -> Any:
    if key not in data or not isinstance(data[key], kind):
        raise _Wrong(f"{key!r} of the estimator is missing, or not what it should be")
    return data[key]


def _text(data: Mapping[str, Any], key: str) -> str:
    text: str = _get(data, key, str)
    return text


def _whole(data: Mapping[str, Any], key: str, least: int = 1) -> int:
    number: int = _get(data, key, int)
    if isinstance(number, bool) or not least <= number < 2**31:
        raise _Wrong(f"{key!r} of the estimator is {shown(number)}: it takes a whole number")
    return number


def _truth(data: Mapping[str, Any], key: str) -> bool:
    truth: bool = _get(data, key, bool)
    return truth


def _finite(data: Mapping[str, Any], key: str) -> float:
    number: float = _get(data, key, float)
    if not isfinite(number):
        raise _Wrong(f"{key!r} of the estimator is {number}: it takes a finite number")
    return number


def _exactly(data: Any, keys: set[str], what: str) -> dict[str, Any]:
    if not isinstance(data, dict) or set(data) != keys:
        raise _Wrong(f"{what} is not described by {', '.join(sorted(keys))}")
    return data


def _distinct_texts(values: list[Any], what: str) -> tuple[str, ...]:
    if not all(type(one) is str for one in values) or len(set(values)) < len(values):
        raise _Wrong(f"{what} are not texts that differ")
    return tuple(values)


def _names(values: list[Any] | None, width: int) -> tuple[str, ...] | None:
    if values is None:
        return None
    if len(values) != width:
        raise _Wrong(f"there are {len(values)} names for {width} columns")
    return _distinct_texts(values, "the columns' names")


def _curve(values: list[Any]) -> list[float]:
    if not all(one is None or (type(one) is float and isfinite(one)) for one in values):
        raise _Wrong("a curve holds what is no number")
    return [nan if one is None else one for one in values]


def _read(name: str, value: Any, depth: int = 0) -> Any:
    """Return a parameter: what JSON holds, an optimizer or a cost of ours, or a mapping."""
    if isinstance(value, list) and depth < DEEPEST:
        return tuple(_read(name, item, depth + 1) for item in value)
    if isinstance(value, dict) and not depth:
        if set(value) == {"optimizer", "settings"}:
            return _optimizer(value["optimizer"], value["settings"])
        if name == "cost":
            return _cost(value)
        if set(value) == {"pairs"} and isinstance(value["pairs"], list):
            return _mapping(name, value["pairs"])
    if isinstance(value, list | dict) or (isinstance(value, float) and not isfinite(value)):
        raise _Wrong(f"the parameter {name!r} is {shown(value)}, which is none")
    return value


def _mapping(name: str, pairs: list[Any]) -> dict[Any, Any]:
    for pair in pairs:
        if not isinstance(pair, list) or [isinstance(one, list | dict) for one in pair] != [0, 0]:
            raise _Wrong(f"the parameter {name!r} holds {shown(pair)}, which is no pair")
    return {_read(name, key, 1): _read(name, value, 1) for key, value in pairs}


def _optimizer(kind: Any, settings: Any) -> Any:
    if not isinstance(kind, str) or kind not in OPTIMIZERS or not isinstance(settings, dict):
        raise _Wrong(f"the optimizer {shown(kind)} is none that this neurona knows")
    try:
        return OPTIMIZERS[kind](**{key: _read(key, value, 1) for key, value in settings.items()})
    except (TypeError, ValueError, OverflowError) as error:
        raise _Wrong(f"the optimizer {kind} can't be made ({str(error)[:SHOWN]})") from None


def _cost(described: Any) -> Any:
    try:
        return files.cost_of(described)
    except ValueError as error:
        raise _Wrong(str(error)[:SHOWN]) from None


def _preparation(data: dict[str, Any] | None, width: int) -> Preparation | None:
    if data is None:
        return None
    kinds, steps = _get(data, "kinds", list), _get(data, "steps", list)
    if len(kinds) != width or not all(type(kind) is str and kind in KINDS for kind in kinds):
        raise _Wrong(f"{shown(kinds)} are not the kinds of {width} columns")
    made: list[tuple[int, Step]] = []
    for step in steps:
        if not isinstance(step, list) or [type(one) for one in step] != [int, str, dict]:
            raise _Wrong("a column's preparation is not a place, a kind and what was learnt")
        place, kind, values = step
        last = made[-1][0] if made else -1
        if not last < place < width or kind != kinds[place] or kind not in _STEPS:
            raise _Wrong(f"column {shown(place)} is prepared as {shown(kind)}, which it is not")
        made.append((place, _STEPS[kind](values)))
    if not made:
        raise _Wrong("no column is prepared")
    return Preparation(tuple(kinds), tuple(made))


def _numbers(data: Any) -> Numbers:
    values = _exactly(data, {"name", "median", "spread", "missing"}, "a column of numbers")
    spread = _finite(values, "spread")
    if spread <= 0:
        raise _Wrong(f"a column of numbers has the spread {spread}: it takes a positive one")
    return Numbers(
        _text(values, "name"), _finite(values, "median"), spread, _truth(values, "missing")
    )


def _categories(data: Any) -> Categories:
    values = _exactly(data, {"name", "levels", "other", "missing"}, "a column of categories")
    levels = _distinct_texts(_get(values, "levels", list), "the categories")
    made = Categories(
        _text(values, "name"), levels, _truth(values, "other"), _truth(values, "missing")
    )
    if len(made.outputs) + made.two < 2:
        raise _Wrong("a column of categories tells nothing")
    return made


def _dates(data: Any) -> Dates:
    values = _exactly(data, {"name", "number", "cycles"}, "a column of dates")
    cycles = _distinct_texts(_get(values, "cycles", list), "the cycles")
    if not set(cycles) <= set(CYCLES):
        raise _Wrong(f"dates have the cycles {shown(cycles)}: there are {', '.join(CYCLES)}")
    return Dates(_text(values, "name"), _numbers(values["number"]), cycles)


_STEPS: dict[str, Callable[[Any], Any]] = {
    "number": _numbers,
    "category": _categories,
    "date": _dates,
}


def _targets(data: dict[str, Any], n_out: int) -> Classes | Labels | Quantities | Counts:
    kind = _text(data, "kind")
    if kind == "labels":
        if _whole(data, "labels") != n_out:  # before anything of that size is made
            raise _Wrong(f"{data['labels']} labels for a network with {n_out} outputs")
        return Labels(np.arange(n_out))
    if kind == "classes":
        return Classes(_classes(_text(data, "type"), _get(data, "classes", list)))
    if kind == "counts":
        mean = np.array(_floats(_get(data, "mean", list), "mean"), dtype=np.float64)
        single = _truth(data, "single")
        if not len(mean) or (mean < 0).any() or (single and len(mean) > 1):
            raise _Wrong("the target's means are none of counts")
        return Counts(mean, single)
    if kind == "numbers":
        mean, deviation = (
            np.array(_floats(_get(data, key, list), key), dtype=np.float64)
            for key in ("mean", "deviation")
        )
        single = _truth(data, "single")
        if not len(mean) or mean.shape != deviation.shape or (single and len(mean) > 1):
            raise _Wrong("the target's means and deviations don't fit together")
        if (deviation < 0).any():
            raise _Wrong("a deviation of the target is negative")
        return Quantities(mean, deviation, single)
    raise _Wrong(f"the target is {shown(kind)}: it takes classes, labels, numbers or counts")


def _floats(values: list[Any], what: str) -> list[float]:
    if not all(type(one) is float and isfinite(one) for one in values):
        raise _Wrong(f"{what} of the target holds what is no finite number")
    return values


def _classes(type_: str, values: list[Any]) -> NDArray[Any]:
    """Return the classes, in the type they had: two or more, in order."""
    kind = {"text": str, "object": str, "bool": bool}.get(type_)
    if kind is None:
        if type_ not in NUMBERS:
            raise _Wrong(f"the classes are of {shown(type_)}: there are texts, numbers and truths")
        kind = float if type_.startswith("float") else int
    if len(values) < 2 or not all(type(one) is kind for one in values):
        raise _Wrong("the classes are not two or more of their type")
    if kind is float:
        _floats(values, "a class")
    if any(a >= b for a, b in pairwise(values)):
        raise _Wrong("the classes are not in order")
    try:
        made = np.array(values, dtype=None if type_ == "text" else type_)
    except OverflowError:
        made = None
    if made is None or made.tolist() != values:
        raise _Wrong(f"the classes are none of {type_}")
    return made
