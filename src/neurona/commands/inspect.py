"""``neurona inspect model.safetensors``: what is in a model file."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

from neurona.commands import tables
from neurona.engine.parameters import arrays
from neurona.estimators.ensemble import member
from neurona.estimators.report import in_order
from neurona.files import network as files
from neurona.files.estimator import estimator_of
from neurona.observe.numbers import activation_names, between_layers

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from neurona.estimators.base import NeuralNet
    from neurona.files.network import Model
    from neurona.tables.arrays import Scaling
from neurona.tables.preparation import Preparation


def run(given: Namespace) -> int:
    """Print what the file holds, and return the exit code."""
    model = files.read(given.model)
    estimator = None if model.estimator is None else estimator_of(given.model, model)
    what = "a network" if estimator is None else type(estimator).__name__
    print(f"{given.model}: {what}, written by neurona {model.version}\n")
    for line in _network(model):
        print(line)
    if estimator is not None:
        for line in _estimator(estimator, model.notes):
            print(line)
    return 0


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
