"""``neurona inspect model.safetensors``: what is in a model file, or what a number is made of."""

from __future__ import annotations

import re
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.commands import tables
from neurona.engine.parameters import arrays
from neurona.estimators.ensemble import member
from neurona.estimators.report import in_order
from neurona.files import network as files
from neurona.files.estimator import estimator_of
from neurona.language import system_language
from neurona.observe.apart import inside
from neurona.observe.numbers import activation_names, between_layers
from neurona.tables.arrays import Scaling

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from neurona.estimators.base import NeuralNet
    from neurona.files.network import Model
    from neurona.tables.preparation import Preparation


def run(given: Namespace) -> int:
    """Print what the file holds, or one number taken apart, and return the exit code."""
    model = files.read(given.model)
    estimator = None if model.estimator is None else estimator_of(given.model, model)
    if (given.number is None) != (given.examples is None):
        raise ValueError("--number and --examples go together: give both or neither")
    if given.number is not None:
        print(_apart(given, model, estimator))
        return 0
    what = "a network" if estimator is None else type(estimator).__name__
    print(f"{given.model}: {what}, written by neurona {model.version}\n")
    for line in _network(model):
        print(line)
    if estimator is not None:
        for line in _estimator(estimator, model.notes):
            print(line)
    return 0


def _apart(given: Namespace, model: Model, estimator: NeuralNet | None) -> str:
    """Return what one number of the network is made of, for one example of a file."""
    wanted = re.fullmatch(r"(\d+(?:\.\d+)*):(\w+)\[([\d, ]+)\]", given.number.strip())
    if wanted is None:
        raise ValueError(
            f"--number is {given.number!r}: give a layer and a number in it, such as "
            "'1:z[3,4,0]' of its output, '1:W[0,2,0,5]' for the derivative by a weight, or "
            "'2:x[6,8,5]' for the derivative by a number of its input"
        )
    layer, name, numbers = wanted.groups()
    place = [int(k) for k in numbers.replace(" ", "").strip(",").split(",")]
    X, y = _example(given, model, estimator)
    seen = inside(model.net, model.params, X, y)
    find = {"z": seen.number, "y": seen.number, "a": seen.number, "h": seen.number, "x": seen.given}
    apart = find[name](layer, place) if name in find else seen.weight(layer, name, place)
    return apart.say(system_language())


def _example(given: Namespace, model: Model, estimator: NeuralNet | None) -> tuple[Any, Any]:
    """Return one example and its target as the network takes them, each with a batch's axis."""
    path, row = given.examples, given.row
    if Path(path).suffix == ".npz":
        X, y = _arrays(path)
        known = np.arange(len(y))
    else:
        if estimator is None or not hasattr(estimator, "feature_names_in_"):
            raise ValueError(
                f"--examples is {path}, and {given.model} learned from arrays: give a file of "
                "numpy.savez(file, X=X, y=y)"
            )
        with tables.about(path):
            file = tables.read_for(estimator, model.notes, path)
            y, known = tables.known_target(estimator, model.notes, file, None)
            X = tables.columns_for(estimator, file)
    if not 0 <= row < len(X):
        raise ValueError(f"--row is {row}: {path} has {len(X)} examples, from 0 on")
    X, y = X[np.array([row])], y[known == row]
    if not len(y):
        raise ValueError(f"row {row} of {path} has no target: give another --row")
    return (X, y) if estimator is None else (estimator.prepare(X), estimator.targets_.encode(y))


def _arrays(path: str) -> tuple[Any, Any]:
    with np.load(path) as file:
        missing = {"X", "y"} - {*file}
        if missing:
            raise ValueError(
                f"{path} has no {missing.pop()}: write it by numpy.savez(file, X=X, y=y)"
            )
        return file["X"], file["y"]


def _network(model: Model) -> Iterator[str]:
    net, numbers = model.net, arrays(model.params)
    networks = ""
    if model.estimator is not None and member(net) is not net:  # an ensemble
        net, networks = member(net), f"{len(model.params[0])} networks "
    topology = getattr(net, "topology", None)
    if topology is None:  # not of dense layers alone
        yield net.summary()
    else:
        yield f"network     {networks}{'-'.join(map(str, topology))}"
        yield f"activation  {', '.join(activation_names(net))}"
        between = between_layers(net)
        if between:
            yield f"between     {', '.join(between)}"
    if numbers:
        count = sum(array.size for array in numbers)
        yield f"parameters  {count:,} of {numbers[0].dtype}"


def _estimator(estimator: NeuralNet, notes: dict[str, Any]) -> Iterator[str]:
    target = notes.get("target")
    if hasattr(estimator, "classes_"):
        classes = in_order(estimator.classes_.astype(str).tolist())
        answer = f"{len(classes)} classes: {tables.listed(classes)}"
    else:
        means = ", ".join(f"{mean:.4g}" for mean in estimator.targets_.mean)
        answer = f"numbers, {means} on average"
    yield f"target      {f'{target}, ' if isinstance(target, str) else ''}{answer}"
    yield f"setting     {estimator.setting_}"
    if estimator.temperature_ != 1:
        yield f"temperature {estimator.temperature_:.4g}, by which the logits are divided"
    yield f"learned     {estimator.n_iter_} epochs, to a cost of {estimator.loss_:.4g}"
    costs = [one.cost for one in estimator.trials_ if one.cost is not None]
    if len(costs) > 1:
        yield f"\ntried ({len(costs)}, with the cost on the rows left out)"
        for one in estimator.trials_:
            cost = "diverged" if one.cost in (None, inf) else f"{one.cost:.4g}"
            yield f"  {cost:<8}  {one.setting}{', kept' * one.kept}"
    if isinstance(estimator.preparation_, Scaling):
        yield f"\nexamples    {estimator.preparation_}"
        return
    preparation: Preparation | None = estimator.preparation_
    if preparation is None:
        yield "columns     numbers, taken as they are"
        return
    numbered = [f"x{k}" for k in range(len(preparation.kinds))]
    labels = [str(name) for name in getattr(estimator, "feature_names_in_", numbered)]
    steps = dict(preparation.steps)
    width = max(map(len, labels))
    yield f"\ncolumns ({len(labels)}, which become {len(preparation.outputs)} numbers)"
    for place, label in enumerate(labels):
        yield f"  {label:<{width}}  {tables.prepared(steps.get(place))}"
