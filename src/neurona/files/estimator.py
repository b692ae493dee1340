"""An estimator in a file: its network, and around it all that it has learned of a table.

The file is that of :mod:`neurona.files.network`, whose description has one part more: the class's
name, its parameters, the preparation of the columns and the targets. Reading it makes these two
classes and no other; a part that does not fit is a
:class:`~neurona.files.storage.ModelFileError`.

The optimizer's state is not kept: with ``warm_start`` a loaded estimator goes on from its weights,
as from a state that somebody else made.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from math import isfinite, isinf, nan
from reprlib import repr as shown
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from neurona.engine.costs import find_cost
from neurona.engine.layers import Activate, Add, Sequential
from neurona.engine.layers.base import in_words
from neurona.engine.network import Network
from neurona.engine.state import State
from neurona.estimators.base import NeuralNet
from neurona.estimators.classifier import NeuralNetClassifier
from neurona.estimators.ensemble import member, taken_apart
from neurona.estimators.regressor import NeuralNetRegressor
from neurona.estimators.search import Trial
from neurona.estimators.settings import Setting
from neurona.files import network as files
from neurona.files.codec import Known, Misfit, form_of
from neurona.files.network import Model
from neurona.files.storage import ModelFileError
from neurona.tables.arrays import Scaling
from neurona.tables.categories import Categories
from neurona.tables.preparation import CYCLES, Dates, Numbers, Preparation
from neurona.tables.ramps import Ramps
from neurona.tables.targets import Classes, Counts, Labels, Quantities

CLASSES = {one.__name__: one for one in (NeuralNetClassifier, NeuralNetRegressor)}
MOST_COLUMNS = 2**31
# The parameters that estimators of earlier files did not have, as they were.
FORMERLY = {"networks": 1, "ramps": 0, "quick": True}
FORMER_DECAY = 0.5  # of the default optimizer
LEAST_DEVIATION = 1e-7  # of the distance of the outermost knots


@dataclass(frozen=True)
class Learned:
    """All that there is to know of a fitted estimator besides its class and its network.

    Attributes
    ----------
    parameters
        Those of its constructor.
    columns
        The names of the table's columns, where they had some.
    width
        The number of columns.
    """

    parameters: dict[str, Any]
    columns: tuple[str, ...] | None
    width: int
    preparation: Preparation | None
    targets: Classes | Labels | Quantities | Counts
    epochs: int
    loss: float | None
    loss_curve: tuple[float | None, ...]
    validation_scores: tuple[float | None, ...]
    validation_loss_curve: tuple[float | None, ...] = ()  # the first files do not have it
    setting: Setting | None = None  # nor the rest
    trials: tuple[Trial, ...] = ()
    temperature: float = 1.0
    residuals: tuple[tuple[float, ...], ...] | None = None  # a number for each output
    rows_seen: int = 0  # by a batch normalization
    scaling: Scaling | None = None  # of images and series, in place of the preparation


def encoded(estimator: NeuralNet, notes: Any) -> bytes:
    """Return the bytes of a file with a fitted estimator.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If it has not been fitted.
    ValueError
        If a parameter is code.
    """
    if type(estimator) not in CLASSES.values():
        raise ValueError(
            f"cannot save a {type(estimator).__name__}: pass a network with its parameters, or a "
            f"fitted {' or '.join(CLASSES)}"
        )
    check_is_fitted(estimator)
    names = getattr(estimator, "feature_names_in_", None)
    preparation = estimator.preparation_
    scaling = preparation if isinstance(preparation, Scaling) else None
    raw = preparation is None if scaling is None else scaling.raw
    cv, residuals = estimator.cv, estimator.residuals_
    trials = (replace(one, cost=_without_nan([one.cost])[0]) for one in estimator.trials_)
    learned = Learned(
        {
            **{k: one for k, one in estimator.get_params(deep=False).items() if k != "devices"},
            "cv": cv if isinstance(cv, int) else None,
            "preprocess": None if raw else "auto",  # as it was fitted
        },
        None if names is None else tuple(map(str, names)),
        estimator.n_features_in_,
        preparation if isinstance(preparation, Preparation) else None,
        estimator.targets_,
        getattr(estimator, "n_iter_", 0),
        _without_nan([estimator.loss_])[0],
        _without_nan(estimator.loss_curve_),
        _without_nan(estimator.validation_scores_),
        _without_nan(estimator.validation_loss_curve_),
        estimator.setting_,
        tuple(trials),
        estimator.temperature_,
        None
        if residuals is None
        else tuple(map(tuple, residuals.reshape(len(residuals), -1).tolist())),
        estimator.state_.rows_seen,
        scaling,
    )
    fields = form_of(Learned).write(learned, "estimator")
    described = {"kind": type(estimator).__name__, **fields}
    net = estimator.network_
    cost = find_cost(estimator.cost, net)
    return files.encoded(net, estimator.params_, cost, notes, described)


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
            f"{path} holds a network alone, without the preparation of a table: "
            "save the estimator, or make the file with neurona train"
        )
    return estimator_of(path, model), model.notes


def estimator_of(path: str | os.PathLike[str], model: Model) -> NeuralNet:
    """Return the estimator of a file that was read.

    Raises
    ------
    ModelFileError
        If its parts don't fit together.
    """
    try:
        given = {**(model.estimator or {})}
        class_ = Known("class", CLASSES).find(given.pop("kind", None), "estimator")
        return _made(class_, form_of(Learned).read(given, "estimator"), model)
    except Misfit as wrong:
        raise ModelFileError(f"{path}: {wrong}") from wrong


def _made(class_: Any, learned: Learned, model: Model) -> NeuralNet:
    """Return a fitted estimator, whose parts fit together."""
    known = class_._get_param_names()
    for name in learned.parameters:
        if name not in known:
            raise Misfit(f"a {class_.__name__} has no parameter {shown(name)}")
    formerly = FORMERLY if learned.setting is None else {}
    made: NeuralNet = class_(**{**formerly, **learned.parameters})
    targets, net = learned.targets, model.net
    if not 1 <= learned.width < MOST_COLUMNS or min(learned.epochs, learned.rows_seen) < 0:
        raise Misfit(f"the estimator has {learned.width} columns and {learned.epochs} epochs")
    _check_input(learned, made.preprocess, net)
    _check_targets(targets)
    if isinstance(targets, Quantities | Counts) != (class_ is NeuralNetRegressor):
        raise Misfit(f"a {class_.__name__} has no target of {type(targets).__name__}")
    if (targets.n_out, targets.output) != (net.n_out, net.output.name):
        raise Misfit(
            f"the target needs {targets.n_out} outputs of {targets.output}, and the network has "
            f"{net.n_out} of {net.output.name}"
        )
    made.n_features_in_ = learned.width
    if learned.columns is not None:
        _check_texts(learned.columns, "the columns' names")
        if len(learned.columns) != learned.width:
            raise Misfit(f"there are {len(learned.columns)} names for {learned.width} columns")
        made.feature_names_in_ = np.array([*learned.columns, None], dtype=object)[:-1]
    made.preparation_, made.targets_ = learned.scaling or learned.preparation, targets
    if not isinstance(targets, Quantities | Counts):
        made.classes_ = targets.classes
    (loss,) = _with_nan([learned.loss])
    _check_ensemble(net)
    if learned.temperature <= 0:
        raise Misfit(f"the temperature is {learned.temperature}: it is positive")
    made.setting_ = learned.setting or replace(
        Setting(*(getattr(made, one.name) for one in fields(Setting))),
        weight_decay=FORMER_DECAY if made.optimizer is None else None,
    )
    made.trials_ = learned.trials
    made.residuals_ = None if learned.residuals is None else _residuals(learned.residuals, targets)
    made.temperature_, made._member = learned.temperature, member(net)
    stack = taken_apart(net, model.params, learned.temperature)
    cost = loss if made._member is net else np.full(len(model.params[0]), loss)
    made._set_state(State(0, 0, stack, None, cost, rows_seen=learned.rows_seen))
    made.network_, made.params_, made.loss_ = net, model.params, loss  # to the last bit
    made.should_stop_ = False
    made.n_iter_ = learned.epochs
    made.loss_curve_ = _with_nan(learned.loss_curve)
    made.validation_scores_ = _with_nan(learned.validation_scores)
    made.validation_loss_curve_ = _with_nan(learned.validation_loss_curve)
    return made


def _residuals(given: tuple[tuple[float, ...], ...], targets: Any) -> NDArray[np.float64]:
    n_out = getattr(targets, "n_out", 0)
    if not given or {len(one) for one in given} != {n_out}:
        raise Misfit(f"the residuals are not those of {n_out} outputs")
    residuals: NDArray[np.float64] = np.array(given)
    return residuals[:, 0] if getattr(targets, "single", False) else residuals


def _check_ensemble(net: Network) -> None:
    """Check that a network whose first layer adds others up is what an ensemble is."""
    first = net.layers[0]
    if isinstance(first, Add) and isinstance(net.layers[-1], Activate):
        fine = [len(net.layers) == 2]
        fine += [isinstance(one, Sequential) and one == first.layers[0] for one in first.layers]
        if not all(fine):
            raise Misfit("the network adds up layers that are not the networks of an ensemble")


def _without_nan(values: Any) -> tuple[float | None, ...]:
    """Return numbers as JSON has them: None for one that is not finite."""
    return tuple(float(one) if one is not None and isfinite(one) else None for one in values)


def _with_nan(values: Any) -> list[float]:
    return [nan if one is None else one for one in values]


def _check_texts(values: tuple[str, ...], what: str) -> None:
    if len(set(values)) < len(values):
        raise Misfit(f"{what} are not texts that differ")


def _check_input(learned: Learned, preprocess: Any, net: Network) -> None:
    """Check that the network takes what is made of columns, or of images or series."""
    preparation, scaling = learned.preparation, learned.scaling
    raw = preparation is None if scaling is None else scaling.raw
    if preprocess not in ("auto", None) or (preprocess is None) != raw:
        raise Misfit(f"preprocess is {shown(preprocess)}, which the preparation contradicts")
    if scaling is not None:
        _check_scaling(scaling, learned, net)
        return
    if preparation is not None:
        _check_preparation(preparation, learned.width)
    taken = learned.width if preparation is None else len(preparation.outputs)
    if (taken,) != net.in_shape:
        raise Misfit(
            f"the columns become {taken} numbers, and the network takes {in_words(net.in_shape)}"
        )


def _check_preparation(preparation: Preparation, width: int) -> None:
    kinds, last = preparation.kinds, -1
    if len(kinds) != width:
        raise Misfit(f"{shown(kinds)} are not the kinds of {width} columns")
    if not preparation.steps:
        raise Misfit("no column is prepared")
    for place, step in preparation.steps:
        if not last < place < width or step.kind != kinds[place]:
            raise Misfit(f"column {shown(place)} is prepared as {shown(step.kind)}, which it isn't")
        last = place
        number = step.number if isinstance(step, Dates) else step
        if isinstance(number, Numbers) and number.spread <= 0:
            raise Misfit(f"column {step.name!r} has the spread {number.spread}: it is positive")
        if isinstance(number, Numbers) and number.ramps is not None:
            _check_ramps(f"column {step.name!r}", number.ramps)
        if isinstance(step, Categories):
            _check_texts(step.levels, "the categories")
            if len(step.outputs) + step.two < 2:
                raise Misfit(f"column {step.name!r} of categories tells nothing")
            if not 0 < step.scale <= 1:
                raise Misfit(f"column {step.name!r} has the scale {step.scale}: it is from 0 to 1")
            if step.merged < 0 or (step.merged and not step.other):
                raise Misfit(f"column {step.name!r} has {step.merged} other categories: count them")
        if isinstance(step, Dates):
            _check_texts(step.cycles, "the cycles")
            if not set(step.cycles) <= set(CYCLES):
                raise Misfit(f"dates have the cycles {shown(step.cycles)}: there are {[*CYCLES]}")


def _check_scaling(scaling: Scaling, learned: Learned, net: Network) -> None:
    if learned.preparation is not None or learned.columns is not None:
        raise Misfit("images and series have no columns")
    if scaling.shape != net.in_shape or learned.width != net.n_in:
        raise Misfit(f"examples are of shape {scaling.shape}, and the network takes {net.in_shape}")
    if not len(scaling.mean) == len(scaling.deviation) in (0, scaling.shape[-1]):
        raise Misfit(
            f"there are {len(scaling.mean)} means and {len(scaling.deviation)} deviations for "
            f"{scaling.shape[-1]} channels"
        )
    if scaling.raw and scaling.mean:
        raise Misfit("examples are taken as they are, and have a mean")
    if min(scaling.deviation, default=1) <= 0:
        raise Misfit(f"a channel has the deviation {min(scaling.deviation)}: it is positive")


def _check_ramps(column: str, ramps: Ramps) -> None:
    if len(ramps.knots) < 3:
        raise Misfit(f"{column} has ramps between {len(ramps.knots)} knots: there are 3 or more")
    if any(low >= high for low, high in pairwise(ramps.knots)):
        raise Misfit(f"{column} has the knots {shown(ramps.knots)}: each is above the one before")
    if isinf(4 * ramps.reach):
        raise Misfit(f"{column} has the knots {shown(ramps.knots)}: no float tells how far they go")
    if not ramps.knots[0] <= ramps.mean <= ramps.knots[-1]:
        raise Misfit(f"{column} has the mean {ramps.mean}, which is not between its knots")
    if ramps.deviation <= LEAST_DEVIATION * ramps.reach:
        raise Misfit(
            f"{column} has the deviation {ramps.deviation}: it is positive, and not so small where "
            f"the knots are {ramps.reach} apart"
        )


def _check_targets(targets: Classes | Labels | Quantities | Counts) -> None:
    if isinstance(targets, Classes):
        values = targets.classes.tolist()
        if len(values) < 2 or any(a >= b for a, b in pairwise(values)):
            raise Misfit("the classes are not two or more, in order")
    elif isinstance(targets, Labels):
        if targets.classes.tolist() != list(range(len(targets.classes))):
            raise Misfit("the labels are not 0, 1, 2 …")
    else:
        several = [targets.mean, getattr(targets, "deviation", targets.mean)]
        if not len(targets.mean) or len({one.shape for one in several}) > 1:
            raise Misfit("the target's means and deviations don't fit together")
        if any(one.dtype != np.float64 for one in several):
            raise Misfit("the target's means are not of float64")
        if (several[1] < 0).any():
            raise Misfit("the target has a negative deviation, or mean of counts")
        if targets.single and len(targets.mean) > 1:
            raise Misfit("the target is single, and has several means")
