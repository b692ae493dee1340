"""Many trainings at once: cases of one shape and their seeds are the networks of one stack.

The networks of a trial differ in their seed: the initial weights, the batches, and, where there is
no validation part, the fifth of the examples that is held out to judge them. Two trials share all
of that, so that their difference is that of what was changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from neurona.doctor.case import Case
from neurona.doctor.skill import Measure
from neurona.doctor.training import by_place, cost_of, examples, thinned, validation_examples
from neurona.engine.batches import Draws, most_calibrated, population
from neurona.engine.data import Data, check_weights
from neurona.engine.initializers import orthogonal
from neurona.engine.network import Network
from neurona.engine.noise import roots_of, seeds_of_steps
from neurona.engine.numpy_engine import NumpyEngine
from neurona.engine.objective import Objective
from neurona.engine.optimizers import Optimizer, find_optimizer
from neurona.engine.parameters import mapped, stacked
from neurona.engine.state import Steps
from neurona.engine.training import rates_of_step
from neurona.engine.types import Array, Params

FOLDS = 5
FEWEST = 50  # examples of which a fifth can be held out
MOST = 2000  # examples that judge one network
MOMENTS = 40  # of a curve
PIECE, TENTH = 16, 0.1  # steps until the time is looked at, and the seconds that they may take
MOST_BYTES = 2**27  # of the examples of one stack


@dataclass(frozen=True, eq=False)
class Outcome:
    """The trainings of one case, a column for each seed.

    Attributes
    ----------
    steps : (moments,)
        When the network was looked at.
    skills, costs : (moments, seeds)
        The skill on the examples that judge, and the cost on those of the training.
    skill, accuracy : (seeds,)
        At the end, or at the best moment where the case stops early.
    trivial : (seeds,)
        The accuracy of the best constant.
    network_steps
        Networks times steps that were trained.
    """

    steps: Array
    skills: Array
    costs: Array
    skill: Array
    accuracy: Array
    trivial: Array
    network_steps: int

    def beside(self, other: Outcome) -> Outcome:
        """Return the outcome with the seeds of another of the same case after its own."""
        names = ("skills", "costs", "skill", "accuracy", "trivial")
        joined = {
            name: np.concatenate([getattr(self, name), getattr(other, name)], axis=-1)
            for name in names
        }
        return replace(self, **joined, network_steps=self.network_steps + other.network_steps)

    def at(self, columns: Sequence[int]) -> Outcome:
        """Return that of some of the seeds."""
        which = list(columns)
        curves = self.skills[:, which], self.costs[:, which]
        ends = self.skill[which], self.accuracy[which], self.trivial[which]
        return Outcome(self.steps, *curves, *ends, self.network_steps)


class Seeds(NamedTuple):
    """The draws that all trials share, taken from the case that they are compared with.

    Attributes
    ----------
    case
        That case.
    numbers
        The seeds, one for each network of a trial.
    balanced
        Whether each class counts alike in the skill.
    """

    case: Case
    numbers: tuple[int, ...]
    balanced: bool = False

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.numbers)

    @property
    def folds(self) -> list[int]:
        """Which fifth of the examples judges at each seed."""
        return [(number - self.case.seed) % FOLDS for number in self.numbers]

    def generators(self) -> list[np.random.Generator]:
        """Return what the batches are drawn from, as :func:`neurona.train` has it."""
        each = [np.random.default_rng(seed) for seed in self.numbers]
        if self.case.params is None:
            for rng in each:
                self.case.net.init(rng)
        return each

    def params(self, case: Case) -> list[Params]:
        """Return the initial parameters for each seed.

        Given ones are those of the case's own seed; the others have their numbers in another order.
        """
        if case.params is None:
            return [case.net.init(seed) for seed in self.numbers]
        return [
            case.params if seed == self.case.seed else _mixed(case.params, seed)
            for seed in self.numbers
        ]


def _mixed(params: Params, seed: int) -> Params:
    """Return the numbers of each array in another order."""
    rng = np.random.default_rng(seed)
    mixed: Params = mapped(lambda a: rng.permutation(np.ravel(a)).reshape(np.shape(a)), params)
    return mixed


def judged_by(case: Case) -> str:
    """Return which examples judge: validation, held-out, or the training's, if they are few."""
    if case.X_val is not None:
        return "validation"
    return "held-out" if len(case.X) >= FEWEST else "training"


def run(
    cases: Sequence[Case],
    seeds: Seeds,
    *,
    ended: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[int, Outcome | None]]:
    """Train each case at each seed: yield its place and its outcome, those of a stack together.

    Parameters
    ----------
    cases
        All that have the same form are trained as one stack.
    seeds
        What all trials share.
    ended
        Asked now and then; the outcome is None where it said so before the last step.
    """
    left = list(range(len(cases)))
    forms = [_form(case) for case in cases]
    while left:
        same = [k for k in left if forms[k] == forms[left[0]]]
        same = same[: _most(cases[same[0]], seeds)]
        left = [k for k in left if k not in same]
        outcomes = _train([cases[k] for k in same], seeds, ended)
        for place, k in enumerate(same):
            yield k, None if outcomes is None else outcomes[place]


def _most(case: Case, seeds: Seeds) -> int:
    """Return how many cases with examples of their own fit into one stack."""
    size = np.asarray(case.X).size * 4 * seeds.size
    return max(1, MOST_BYTES // max(1, size))


def _form(case: Case) -> tuple[Any, ...]:
    """Return all that the networks of one stack have in common."""
    optimizer = find_optimizer(case.optimizer)
    if _one_rate(optimizer) is not None and is_dataclass(optimizer):
        optimizer = replace(optimizer, learning_rate=1.0)
    data = tuple(map(id, (case.X, case.y, case.X_val, case.y_val, case.sample_weight)))
    plan = case.steps, case.batch_size, case.l1, case.l2, case.shuffle, case.early_stop
    return _undrawn(case.net), cost_of(case), optimizer, plan, data


def _one_rate(optimizer: Optimizer) -> float | None:
    rate = optimizer.learning_rate
    return float(rate) if isinstance(rate, int | float) else None


def _undrawn(net: Any) -> Any:
    """Return the network as if all its weights were drawn alike: these are given."""
    layers = []
    for layer in net.layers:
        plain: Any = _undrawn(layer) if hasattr(layer, "layers") else layer
        own = {f.name for f in fields(plain)}
        alike = {"initializer": orthogonal, "bias_initializer": orthogonal, "gain": None}
        layers.append(replace(plain, **{k: v for k, v in alike.items() if k in own}))
    return replace(net, layers=tuple(layers))


class _Parts(NamedTuple):
    """The examples of the training, those that judge, and those that choose the moment."""

    train: Data
    judge: Data
    choose: Data | None


def _parts(case: Case, seeds: Seeds, measure: Measure) -> _Parts:
    data = examples(case)
    if case.sample_weight is not None:
        weight = check_weights(case.sample_weight, data.n, data.x.dtype)
        data = data._replace(weight=weight)
    judge = validation_examples(case)
    rows = np.tile(np.arange(data.n), (seeds.size, 1))
    folded = judge is None and data.n >= FEWEST
    single = len(case.net.out_shape()) == 1
    order = _order(data.target, measure if single else None, seeds.case.seed)
    if folded:
        held = np.stack([order[k::FOLDS][: data.n // FOLDS] for k in seeds.folds])
        rows = np.stack([order[~np.isin(order, own)] for own in held])
        some = np.linspace(0, held.shape[1] - 1, min(held.shape[1], MOST)).astype(int)
        judge = _own(data, held[:, some])
    elif judge is None:
        judge = data
    choose = None
    if case.early_stop:
        every = np.arange(rows.shape[1]) % FOLDS == 0
        choose, rows = _own(data, rows[:, every]), rows[:, ~every]
    if folded or case.early_stop:
        # In the order of the table: a case that does not shuffle goes by it.
        data = _own(data, np.sort(rows, axis=1))
    return _Parts(data, judge, choose)


def _own(data: Data, rows: Array) -> Data:
    """Return examples of which each network has its own: ``rows (networks, n)`` are theirs."""
    weight = None if data.weight is None else data.weight[rows]
    return Data(data.x[rows], data.target[rows], weight)


def _order(target: Array, measure: Measure | None, seed: int) -> Array:
    """Return the rows in a random order, those of a class together: each fifth has its share."""
    order = np.random.default_rng(seed).permutation(len(target))
    if measure is None or measure.kind != "classes":
        return order
    label = target.argmax(axis=1) if target.shape[1] > 1 else target[:, 0]
    return order[np.argsort(label[order], kind="stable")]


def _times(data: Data, count: int) -> Data:
    """Return examples for so many cases, one after the other, if networks have their own."""
    if data.target.ndim == 2 or count == 1:
        return data
    weight = None if data.weight is None else np.tile(data.weight, (count, 1))
    x = np.tile(data.x, (count, *[1] * (data.x.ndim - 1)))
    return Data(x, np.tile(data.target, (count, 1, 1)), weight)


def _places(net: Network, target: Array) -> Array:
    """Return targets with a row for each example and place: those of each network, in a stack."""
    return target.reshape(*target.shape[:-2], -1, net.out_shape()[-1])


def _predicted(net: Network, params: Params, x: Array) -> Array:
    """Return the predictions of a stack, a row for each example and place."""
    y = net.forward(params, x)[0]
    return y.reshape(len(y), -1, y.shape[-1])


def _calibrated(net: Network, params: Params, data: Data, networks: int) -> Params:
    """Return the parameters of a stack with what layers take from the training examples.

    Images and series have many places each, so that fewer are enough. They go through the layers
    network by network: all maps of all networks at once may be gigabytes.
    """
    if not net.is_calibrated:
        return params
    some = population(data, most_calibrated(net))
    if len(net.in_shape) == 1:
        return net.calibrate(params, some.x, some.weight)
    some = thinned(some, MOST)
    each = []
    for k in range(networks):
        which: Any = ... if some.target.ndim == 2 else k  # they share their examples, or do not
        weight = None if some.weight is None else some.weight[which]
        alone = mapped(lambda array, k=k: array[k], params)
        each.append(net.calibrate(alone, some.x[which], weight))
    return stacked(each)


@np.errstate(all="ignore")
def _train(cases: Sequence[Case], seeds: Seeds, ended: Callable[[], bool]) -> list[Outcome] | None:
    """Train the cases of one form as a stack; None if it was ended."""
    case, networks = cases[0], len(cases) * seeds.size
    net = case.net
    measure = Measure.of(by_place(net, examples(case).target), seeds.balanced)
    parts = _parts(case, seeds, measure)
    constant = np.tile(measure.constant(_places(net, parts.train.target)), (len(cases), 1, 1))
    if parts.train.target.ndim == 2:
        constant = constant[0]
    train, judge = _times(parts.train, len(cases)), _times(parts.judge, len(cases))
    choose = parts.choose and _times(parts.choose, len(cases))
    target = _places(net, judge.target)
    objective = Objective(net, cost_of(case), case.l1, case.l2)
    params = stacked([own for one in cases for own in seeds.params(one)])
    optimizer = find_optimizer(case.optimizer)
    engine = NumpyEngine(objective, optimizer, None, train, params, None, networks)
    rates = _rates(cases, seeds.size, net)
    generators = [rng for _ in cases for rng in seeds.generators()]
    noise = seeds_of_steps(roots_of(net, generators), 0)
    size = min(case.batch_size or train.n, train.n)
    rows = _rows(case, train, size, generators)
    moments = np.unique(np.linspace(0, case.steps, min(MOMENTS, case.steps) + 1).astype(int))
    looks: list[tuple[Array, Array, Array]] = []
    chosen: list[Array] = []
    costs = objective.value(engine.params, *train)
    step, count = 0, PIECE
    for moment in map(int, moments):
        while step < moment:
            begun, taken = time.monotonic(), min(count, moment - step)
            drawn = None if noise is None else list(islice(noise, taken))
            costs = engine.advance(Steps(rows(taken), rates(step, taken), drawn))[-1]
            step += taken
            if ended():
                return None
            count = count * 2 if time.monotonic() - begun < TENTH else max(1, count // 2)
        own = _calibrated(net, engine.params, train, networks)
        prediction = _predicted(net, own, judge.x)
        skill = measure.skill(prediction, target, constant)
        looks.append((skill, np.array(costs), measure.accuracy(prediction, target)))
        if choose is not None:
            theirs = _predicted(net, own, choose.x), _places(net, choose.target)
            chosen.append(measure.skill(*theirs, constant))
    best = np.stack(chosen).argmax(axis=0) if chosen else np.full(networks, len(moments) - 1)
    flat = np.broadcast_to(constant, (networks, *target.shape[-2:]))
    trivial = measure.accuracy(2 * flat - 1 if measure.signed else flat, target)
    curves = [np.stack(one) for one in zip(*looks, strict=True)]
    own_seeds = np.split(np.arange(networks), len(cases))
    return [_outcome(case.steps, moments, curves, best, trivial, own) for own in own_seeds]


def _outcome(
    steps: int, moments: Array, curves: Sequence[Array], best: Array, trivial: Array, own: Array
) -> Outcome:
    """Return the outcome of one case: ``own`` are its networks' places in the stack."""
    skills, costs, accuracies = (curve[:, own] for curve in curves)
    at = best[own], np.arange(len(own))
    ends = skills[at], accuracies[at], trivial[own]
    return Outcome(moments, skills, costs, *ends, steps * len(own))


def _rates(cases: Sequence[Case], count: int, net: Network) -> Any:
    """Return the function from a step to the rates of so many steps from it on."""
    optimizers = [find_optimizer(case.optimizer) for case in cases]
    each = [_one_rate(optimizer) for optimizer in optimizers]
    if len(set(each)) == 1:
        return rates_of_step(optimizers[0], net)
    rates = np.repeat([rate or 0.0 for rate in each], count)[:, None]
    return lambda step, steps: [rates] * steps


def _rows(
    case: Case, data: Data, size: int, generators: Sequence[np.random.Generator]
) -> Callable[[int], Any]:
    """Return the function from a number of steps to the rows of their batches."""
    if size == data.n or case.shuffle:
        draws = Draws(data, size, generators)
        return lambda count: next(draws.chunks(count))[1]
    epoch = np.full(-(-data.n // size) * size, -1)
    epoch[: data.n] = np.arange(data.n)
    batches, taken = epoch.reshape(-1, size), 0

    def in_order(count: int) -> Array:
        nonlocal taken
        places = (taken + np.arange(count)) % len(batches)
        taken += count
        return batches[places]

    return in_order
