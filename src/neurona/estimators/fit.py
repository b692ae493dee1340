"""One fit: the networks that learn, the rows that each learns from, and those that judge them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurona.checks import check_count
from neurona.engine.costs import find_cost
from neurona.engine.data import CLASSIFIERS
from neurona.engine.fingerprint import SAMPLE, digest, written
from neurona.engine.progress import Progress
from neurona.engine.state import State
from neurona.engine.types import Params
from neurona.estimators.calibration import quantiles_of, temperature_for
from neurona.estimators.ensemble import joined, sound
from neurona.estimators.examples import Examples
from neurona.estimators.fit_loop import fit_loop
from neurona.estimators.folds import FOLDS, MOST_ROWS, SHARE, Folds
from neurona.estimators.settings import FEW_ROWS, FEWEST, Setting
from neurona.estimators.together import is_shared, own_batches
from neurona.estimators.validation import BestState, normalized, split
from neurona.tables.arrays import Arrays
from neurona.tables.large import LargeTable

NETWORKS = 4  # of an ensemble
TRYING = 2  # of them try the settings where rows are few; the others learn with the best alone
MOST_OF_MORE = 1000  # rows; of fewer that are not few, as many more learn with the best
AGAIN = 0.6  # of the epochs: networks that have learned with more decay need no more
LEAST_LEARNED = 0.1  # of the cost of a constant: with less, a trial tells nothing of freer ones
# From the mean of a target to the output of a network whose prediction it is.
LINKS: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "sigmoid": lambda p: np.log(p / (1 - p)),
    "softmax": np.log,
    "exp": np.log,
}


class Team(NamedTuple):
    """The networks of a fit, and the rows that they learn from and are judged by.

    Attributes
    ----------
    networks
        How many there are; None for one, which is not an ensemble.
    seeds
        Each one's.
    examples
        The rows to learn from.
    folds
        Which of them each network leaves out; None where all learn from the same.
    left_out
        Rows that none of them learns from, if there are any.
    trying
        How many of the networks try the settings; the others learn with the best of them.
    """

    networks: int | None
    seeds: list[int]
    examples: Examples
    folds: Folds | None
    left_out: Examples | None
    trying: int

    @classmethod
    def of(
        cls,
        estimator: Any,
        examples: Examples,
        held_out: Examples | None,
        n: int,
        rng: Any,
        going_on: bool,
    ) -> Team:
        """Return the networks for some examples, which are those of n rows that count.

        ``held_out`` rows are left out by all networks, if there are any.

        Raises
        ------
        ValueError
            If ``networks`` and ``cv`` contradict each other, or there are fewer rows than folds.
        """
        networks, cv = _networks(estimator, examples, going_on), estimator.cv
        if networks is None:
            return cls(None, [], examples, None, held_out, 1)
        # Where a person says which rows are left out, all networks are judged by them.
        few = len(examples) < FEW_ROWS and cv is None and held_out is None
        trying = min(TRYING, networks) if few else networks
        if cv is not None and held_out is not None:
            raise ValueError("cv and early_stopping (or validation) both leave rows out: give one")
        own = np.random.default_rng(rng.integers(2**31))
        folds, large = None, isinstance(examples.table, LargeTable)
        if cv is not None and not isinstance(cv, int | np.integer):
            folds = Folds.split(cv, examples.y, examples.rows, n)
            if networks not in (0, len(folds.judging)):
                raise ValueError(
                    f"networks is {networks}, and cv gives {len(folds.judging)} splits: "
                    "each network has one"
                )
            networks = trying = len(folds.judging)
        elif cv is not None and len(examples) < networks:
            raise ValueError(
                f"X has {len(examples)} rows (n_samples={len(examples)}), and cv is {cv} folds"
            )
        elif held_out is None and cv is None and (len(examples) > MOST_ROWS or large):
            seed = int(own.integers(2**31))
            examples, held_out = split(examples, SHARE, estimator._strata, seed)
        elif held_out is None and (cv is not None or len(examples) >= FEWEST):
            chosen = estimator.networks == "auto" and cv is None and not going_on
            if chosen and not estimator.quick and FEW_ROWS <= len(examples) < MOST_OF_MORE:
                networks += trying
            folds = Folds.dealt(examples.y, networks, FOLDS if cv is None else networks, own)
        seeds = own.integers(2**31, size=networks).tolist()
        return cls(networks, seeds, examples, folds, held_out, trying)


def _networks(estimator: Any, examples: Examples, going_on: bool) -> int | None:
    """Return how many networks a fit has: None for one alone, 0 where ``cv`` will tell."""
    given, cv = estimator.networks, estimator.cv
    count: int | None
    count = None if isinstance(given, str) and given == "auto" else check_count("networks", given)
    if going_on and count is None and cv is None:
        count = len(estimator.state_) if np.ndim(estimator.state_.cost) else 1
    if cv is None:
        if count is None:
            alone = isinstance(examples.table, LargeTable | Arrays) or is_shared(estimator)
            count = 1 if alone else NETWORKS
        return None if count == 1 else count
    if isinstance(examples.table, LargeTable):
        raise ValueError(
            "cv gives each network rows of its own, and this table is too large for copies of its "
            "rows: give networks alone, and all of them leave out the same rows"
        )
    if isinstance(cv, int | np.integer):
        folds: int = check_count("cv", cv)
        if folds == 1 or count not in (None, folds):
            raise ValueError(
                f"cv is {folds} and networks is {given!r}: each network has a fold, and a fold "
                "that is left out needs another one, so give cv from 2 on, or networks alone"
            )
        return folds
    if count == 1:
        raise ValueError("networks is 1, and cv gives folds to several: leave one of them out")
    return count or 0


class LeftOut(NamedTuple):
    """Logits for rows that were left out, with their targets and weights."""

    logits: NDArray[Any]
    y: NDArray[Any]
    weight: NDArray[np.float64] | None


class Fit:
    """The networks and rows that all trials of a fit share; it begins them and judges them.

    Parameters
    ----------
    validated
        Whether each epoch is validated on the rows left out, and the best one kept.
    watched
        Whether callbacks are told of each epoch.
    progress
        Holds what a stopped run has done; this fit adds what it does.
    parts
        How many rows each of several processes has; None where this one has them all.
    several
        Whether there are several settings to try.
    """

    def __init__(
        self,
        estimator: Any,
        team: Team,
        rng: np.random.Generator,
        validated: bool,
        watched: bool,
        progress: Progress | None = None,
        parts: list[int] | None = None,
        several: bool = True,
    ) -> None:
        self.estimator = estimator
        self.preparation: Any = estimator.preparation_
        self.rows: dict[Any, Examples] = {}  # prepared once: each trial takes all of them
        self.team = team
        # The networks that learn, or have learned.
        self.part = slice(0, team.trying if several else team.networks)
        self.rng = rng
        self.validated = validated
        self.progress = progress
        self.parts = parts
        self.each_epoch = watched or validated
        self.best: BestState | None = None
        self.before: tuple[Setting, slice] | None = None  # that a training was begun with
        self.learns_on = False  # from the weights of the trial before
        self.early: list[Any] = []  # the cost of the trial after a third of it, once it is known
        self.constant: float | None = None  # the cost of predicting the same for all rows

    def begin(self, setting: Setting, going_on: bool = False) -> Generator[State]:
        """Start a training with a setting, from new weights or from those that are there.

        Where only the decay differs from that of the trial before, its networks learn on: what
        they know with a strong decay is most of what they will know with less.
        """
        one, (networks, seeds, _, folds, left_out, _) = self.estimator, self.team
        learned = self._learned(setting)
        seeds = seeds[self.part]
        folds = None if folds is None else folds.part(self.part)
        one.preparation_ = self.preparation
        if setting.ramps == 0 and self.preparation is not None:
            one.preparation_ = self.preparation.plain
        examples = self._examples()
        if going_on:
            one.setting_ = setting
        else:
            one._draw(setting, [self.rng] if networks is None else seeds, len(seeds) or None)
        if learned is not None:
            one._set_state(replace(one.state_, params=learned))
        self.best = one._best_on(left_out) if self.validated else None
        weighted = one._weighted(examples)
        n = len(weighted) if folds is None else folds.learning.shape[1]
        n = n if self.parts is None else sum(self.parts)
        # More rows need fewer epochs: a trial takes no longer than with MOST_ROWS.
        share = 1.0 if networks is None else setting.share * min(1, MOST_ROWS / n)
        share *= 1 if learned is None else AGAIN
        plan = one._planned(n, self.each_epoch, share)
        if learned is not None and plan.full_batch:  # few steps to come down from the rate
            optimizer: Any = plan.optimizer
            half = replace(optimizer, learning_rate=optimizer.learning_rate / 2)
            plan = replace(plan, optimizer=half)
        self.plan = plan
        one._plan = plan
        data = one._training_data(weighted, plan)
        if self.parts is not None:
            data = own_batches(weighted.table, data, plan, self.parts)
        if folds is not None:  # each network has rows of its own
            for key in ("X", "y"):
                data[key] = data[key].astype(data["dtype"], copy=False)[folds.learning]
            data["sample_weight"] = folds.weights(weighted.weight)
        draws = {"rng": self.rng} if networks is None else {"seeds": seeds}
        start = one._train(data, plan, n, falling=True, **draws)
        progress, part = self.progress, None
        if progress is None:
            running = start(None).states()
        else:
            part, running = progress.begin(one._member, start)
        running = one._on_its_threads(running, plan)
        self.early, self.learns_on = [], learned is not None
        return fit_loop(one, running, self.best, progress, part, [self.early])

    def _learned(self, setting: Setting) -> Params | None:
        """Return the weights of the trial before, where those of this one go on from them."""
        before, self.before = self.before, (setting, self.part)
        if before is None or self.part != before[1]:
            return None
        same = repr(replace(before[0], weight_decay=setting.weight_decay)) == repr(setting)
        state: State = self.estimator.state_
        return state.params if same and np.isfinite(state.cost).all() else None

    @property
    def has_more(self) -> bool:
        """Whether other networks are to learn with the best setting."""
        return self.team.networks is not None and self.part.stop != self.team.networks

    def begin_others(self, setting: Setting) -> Generator[State]:
        """Start the training of the other networks, with the best setting."""
        self.part = slice(self.part.stop, self.team.networks)
        return self.begin(setting)

    def join(self, before: State, curve: list[float]) -> None:
        """Let all networks predict: those of a state, with its curve, and the others."""
        one, self.part = self.estimator, slice(0, self.team.networks)
        one._set_state(joined(before, one.state_))
        sizes = [self.team.trying, len(self.team.seeds) - self.team.trying]
        at, its = (np.linspace(0, 1, len(each)) for each in (curve, one.loss_curve_))
        other = np.interp(at, its, one.loss_curve_)  # of more epochs, if the first ones went on
        one.loss_curve_ = np.average([curve, other], axis=0, weights=sizes).tolist()

    def judge(self, over: bool = True) -> float | None:
        """Return the cost on the rows left out; calibrate the estimator if a training is over."""
        one = self.estimator
        left_out = self._left_out()
        if left_out is None:
            return None
        net, cost = one.network_, find_cost(one.cost, one.network_)
        logits, y, weight = left_out
        target = one.targets_.encode(y)
        if net.output.name in CLASSIFIERS:
            T = temperature_for(find_cost("cross_entropy", net), logits, target, weight)
            logits = logits / T
            if over:
                one.temperature_ = T
                one._set_state(one.state_)
        with np.errstate(over="ignore"):  # a sigmoid may pass through infinity, huge targets be far
            predicted = net.output.function(logits.T)[0].T
            if over and net.output.name not in CLASSIFIERS:
                one.residuals_ = quantiles_of(y - one.targets_.decide(predicted))
        if self.best is not None:
            return -self.best.score
        if self.constant is None:
            mean = np.average(target, axis=0, weights=weight, keepdims=True)
            if cost.link:
                mean = np.clip(mean, 1e-6, None if cost.link == "exp" else 1 - 1e-6)
            same = np.repeat(LINKS.get(cost.link or "", np.asarray)(mean), len(target), axis=0)
            self.constant = float(cost(same, target, weight)[0])
        return float(cost(logits if cost.link else predicted, target, weight)[0])

    def has_learned(self, cost: float) -> bool:
        """Tell whether a cost is a tenth better than that of always predicting the same."""
        same = self.constant
        return same is None or same - cost > abs(same) * LEAST_LEARNED

    def _examples(self) -> Examples:
        """Return the rows to learn from; where there are folds, prepared."""
        examples, preparation = self.team.examples, self.estimator.preparation_
        if self.team.folds is None:
            return examples
        if preparation not in self.rows:
            table = examples.table.prepared(preparation)
            self.rows[preparation] = replace(examples, table=table)
        return self.rows[preparation]

    @property
    def has_ramps(self) -> bool:
        """Whether a number has ramps, without which a setting may be tried."""
        return self.preparation is not None and self.preparation.plain != self.preparation

    def _left_out(self) -> LeftOut | None:
        """Return the logits of networks for rows that they have not learned from."""
        one, (networks, _, _, folds, left_out, _) = self.estimator, self.team
        if networks is None:
            return None
        examples, body = self._examples(), one._member.logits
        if folds is None:
            if left_out is None:
                return None
            each = sound(one.state_).values()
            logits = np.mean(
                [one._predicted(body, params, left_out.table) for params in each], axis=0
            )
            weight = one._row_weights(left_out)
            return LeftOut(logits, left_out.y, normalized(weight))
        judging, predicting = folds.part(self.part).judging, sound(one.state_)
        logits = [
            one._predicted(body, params, examples.table[judging[k]])
            for k, params in predicting.items()
        ]
        rows = np.concatenate([judging[k] for k in predicting])
        weight = normalized(one._row_weights(examples))
        return LeftOut(
            np.concatenate(logits).astype(np.float64),
            examples.y[rows],
            None if weight is None else weight[rows],
        )


def described(estimator: Any, examples: Examples, held_out: Examples | None) -> dict[str, str]:
    """Return texts by which the parameters and the data of a fit are known again.

    A table is known by what the preparation tells of all its rows, and by 1,000 of them.
    """
    texts = {name: written(value) for name, value in estimator.get_params(deep=False).items()}
    for what, rows in {"rows to learn from": examples, "validation rows": held_out}.items():
        if rows is not None:
            some = np.unique(np.linspace(0, len(rows) - 1, SAMPLE).astype(int))
            prepared = digest(rows.table[some].transform(estimator.preparation_))
            texts[what] = f"{len(rows)}, {prepared}"
            texts[f"the targets of the {what}"] = digest(rows.y)
            if rows.weight is not None:
                texts[f"the weights of the {what}"] = digest(rows.weight)
    prepared = digest(np.frombuffer(repr(estimator.preparation_).encode(), np.uint8))
    return {**texts, "what the columns hold": prepared}
