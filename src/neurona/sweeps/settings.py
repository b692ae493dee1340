"""The settings that a sweep may change: each makes another case of a case."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace
from typing import Any

from neurona.checks import check_count, check_penalty, check_rate
from neurona.doctor.case import Case
from neurona.engine.activations import find_activation
from neurona.engine.initializers import find_initializer, uniform, zeros
from neurona.engine.layers.base import Layer
from neurona.engine.layers.dense import Dense
from neurona.engine.network import Network
from neurona.engine.optimizers import find_optimizer
from neurona.lesson.step import LessonStep
from neurona.registry import lookup

LESSON = "lesson"
Change = Callable[[Case, Any], Case]


def changed(case: Case, name: str, value: Any) -> Case:
    """Return the case with another value of a setting.

    Raises
    ------
    ValueError
        If there is no such setting, or it does not take the value.

    Examples
    --------
    >>> from neurona import network
    >>> case = Case(network([2, 4, 1], "tanh", output="sigmoid"), [[0, 1]], [1])
    >>> changed(case, "topology", (8, 3)).net.topology
    (2, 8, 3, 1)
    >>> changed(case, "learning_rate", 0.5).optimizer.learning_rate
    0.5
    """
    made = lookup("setting of a sweep", name, SETTINGS)(case, value)
    if isinstance(made.optimizer, LessonStep):  # which knows the network, and the size of a batch
        made = _optimizer(made, LESSON)
    return made


def _topology(case: Case, widths: Any) -> Case:
    """Hidden layers of these widths, alike but for that."""
    *hidden, last = case.net.layers
    if not all(isinstance(layer, Dense) for layer in case.net.layers):
        raise ValueError("a topology is swept with dense layers only: leave it as it is")
    if isinstance(widths, str) or not isinstance(widths, Iterable):
        raise ValueError(
            f"topology is {widths!r}: give the widths of the hidden layers, such as (4, 8)"
        )
    like = hidden[0] if hidden else last
    widths = [check_count("a layer's width", width) for width in widths]
    return _with(case, [*(replace(like, n_out=width) for width in widths), last])  # type: ignore[type-var]


def _depth(case: Case, depth: Any) -> Case:
    """So many hidden layers, each as wide as the widest one."""
    widths = [getattr(layer, "n_out", 0) for layer in case.net.layers[:-1]]
    wide = max(widths, default=case.net.n_in)
    return _topology(case, [wide] * check_count("depth", depth))


def _activation(case: Case, which: Any) -> Case:
    """That activation in each hidden layer that has one other than linear."""
    found = find_activation(which)
    *hidden, last = case.net.layers
    return _with(case, [*(_given(layer, activation=found) for layer in hidden), last])


def _initializer(case: Case, which: Any) -> Case:
    """Initial weights of that kind; the lesson's, uniform ones, draw the biases too."""
    found = find_initializer(which)
    biases = uniform if found is uniform else zeros
    layers = case.net.layers
    return _with(case, [_given(one, initializer=found, bias_initializer=biases) for one in layers])


def _optimizer(case: Case, which: Any) -> Case:
    """That optimizer: a name takes the rate of the case. ``"lesson"`` is the lesson's step."""
    lesson = LessonStep(0.1, case.net, min(case.batch_size or len(case.X), len(case.X)))
    found = lesson if which == LESSON else find_optimizer(which)
    if isinstance(which, str) and case.optimizer is not None:
        found = replace(found, learning_rate=find_optimizer(case.optimizer).learning_rate)  # type: ignore[type-var]
    return replace(case, optimizer=found)


def _learning_rate(case: Case, rate: Any) -> Case:
    optimizer: Any = find_optimizer(case.optimizer)
    if not is_dataclass(optimizer):
        raise ValueError("the learning rate of a custom optimizer can't be swept")
    own = rate if callable(rate) else check_rate(rate)
    return replace(case, optimizer=replace(optimizer, learning_rate=own))  # type: ignore[type-var]


def _batch_size(case: Case, size: Any) -> Case:
    return replace(case, batch_size=None if size is None else check_count("batch_size", size))


SETTINGS: dict[str, Change] = {
    "topology": _topology,
    "depth": _depth,
    "activation": _activation,
    "initializer": _initializer,
    "optimizer": _optimizer,
    "learning_rate": _learning_rate,
    "batch_size": _batch_size,
    "l1": lambda case, penalty: replace(case, l1=check_penalty("l1", penalty)),
    "l2": lambda case, penalty: replace(case, l2=check_penalty("l2", penalty)),
    "cost": lambda case, cost: replace(case, cost=cost),
}
# The network first: what follows may look at it.
ORDER = tuple(SETTINGS)


def _with(case: Case, layers: Any) -> Case:
    net: Network = replace(case.net, layers=tuple(layers))
    return replace(case, net=net, params=None)


def _given(layer: Layer, **changes: Any) -> Any:
    """Return a layer with those of the changes that it has fields for."""
    own = {one.name for one in fields(layer)}  # type: ignore[arg-type]
    if "activation" in changes and getattr(layer, "activation", None) is find_activation("linear"):
        own.discard("activation")  # a sum that a normalization follows
    return replace(layer, **{name: one for name, one in changes.items() if name in own})  # type: ignore[type-var]
