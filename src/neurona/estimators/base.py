"""What the two estimators share: reading the table, the fit as a loop over the engine's states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.metrics import check_scoring
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

import neurona
from neurona.checks import check_count, check_share
from neurona.engine.costs import find_cost
from neurona.engine.data import CLASSIFIERS, ROWS
from neurona.engine.network import Network, network
from neurona.engine.state import State
from neurona.engine.training import train
from neurona.engine.types import Array, Params
from neurona.estimators.callbacks import (
    CallbackSupportMixin,
    EpochTasks,
    NoTasks,
    Tasks,
    is_watched,
    with_callbacks,
)
from neurona.estimators.deprecated import ExportMethods
from neurona.estimators.examples import (
    Examples,
    Prepared,
    examples_of,
    of_ordinary_size,
    with_another_class,
)
from neurona.estimators.fit_loop import Following
from neurona.estimators.fitting import (
    Best,
    Judgement,
    Pace,
    optimizer_for,
    pace,
    penalty_for,
    takes_weights,
)
from neurona.estimators.reading import table_for
from neurona.estimators.validation import HeldOut, digests_of, split
from neurona.tables.large import Columns, LargeTable, preparation_of, spans
from neurona.tables.preparation import Preparation


class NeuralNet(ExportMethods, CallbackSupportMixin, BaseEstimator):  # type: ignore[misc]
    """The part of an estimator that does not ask what the target is."""

    state_: State
    _best: State | None = None  # that a `partial_fit` has led to so far
    _held_out: HeldOut | None = None  # rows that no `partial_fit` learns from
    _run: object = None  # which training the weights are of: an earlier one must not go on

    # What subclasses answer -----------------------------------------------------------------------

    def _check_y(self, y: Any) -> NDArray[Any]:
        """Return the target as an array, or say what is wrong with it."""
        raise NotImplementedError

    def _fit_targets(self, learnt: Examples, given: Examples, classes: Any = None) -> Any:
        """Learn what a target is, from the rows to learn from and all that were given.

        ``classes`` are those that there will be, if it is said which.
        """
        raise NotImplementedError

    def _row_weights(self, examples: Examples) -> NDArray[np.float64] | None:
        """Return how much each row counts in the training."""
        return examples.weight

    def _goal(self, target: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the network is trained to answer where the target is this."""
        return target

    def _strata(self, y: NDArray[Any], n_held_out: int) -> NDArray[Any] | None:
        """Return what the rows held out should have like shares of, if so many can."""
        return None

    # Fitting --------------------------------------------------------------------------------------

    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: Any = None, validation: Any = None) -> Any:
        """Learn from a table.

        Callbacks that were set (``set_callbacks``, from scikit-learn 1.9 on) are told of each
        epoch, and may end the fit after it: :mod:`neurona.estimators.callbacks`.

        Parameters
        ----------
        X : (n, p)
            A pandas or polars frame, a :class:`~neurona.tables.columns.Table`, or an array: one
            example a row. An array of more than 8 million numbers is not copied, and a file of
            them (``numpy.memmap``) not read whole: their rows are prepared batch by batch.
        y : (n,) or (n, outputs)
            The targets.
        sample_weight : (n,)
            How much each row counts.
        validation
            ``(X, y)``, or ``(X, y, sample_weight)``, of rows to judge the weights by: the best are
            kept.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If anything given does not fit; the message says what would.
        TrainingDiverged
            If the cost stops being finite; the message suggests a learning rate.
        """
        for _ in self._states(X, y, sample_weight, validation, is_watched(self)):
            pass
        return self

    def iter_fit(
        self, X: Any, y: Any, sample_weight: Any = None, validation: Any = None
    ) -> Iterator[State]:
        """Learn from a table, handing out the engine's states: :meth:`fit` is a loop over them.

        The estimator can predict at each of them, with that state's weights. Whoever leaves the
        loop early has the best weights so far, or the last where nothing was validated. The loop is
        the caller's own: callbacks are told of :meth:`fit` only.

        Yields
        ------
        State
            The first before any step, then about fifty; each epoch's, where it is validated.
        """
        return self._states(X, y, sample_weight, validation, watched=False)

    def _states(
        self, X: Any, y: Any, sample_weight: Any, validation: Any, watched: bool
    ) -> Iterator[State]:
        """Check what is given, and return the states of a fit, told to callbacks or not."""
        going_on = self.warm_start and self.__sklearn_is_fitted__()
        with self._unchanged_if_refused():
            examples = given = self._read(X, y, sample_weight, reset=not going_on)
            rng = self._rng()
            judges = None
            if validation is not None:
                judges = self._read_validation(validation)
            elif self.early_stopping:
                seed = int(rng.integers(2**31))
                examples, judges = split(given, self.validation_fraction, self._strata, seed)
            if not going_on:
                self.targets_ = self._fit_targets(examples, given)
                self._begin(examples, rng)
            self._best = self._held_out = None
            best = None if judges is None else self._best_by(judges)
            speed = self._pace(examples, self.epochs, watched or judges is not None)
            done = self.state_.step
            optimizer = optimizer_for(self.optimizer, self.learning_rate, speed.steps, done)
            running = self._train(examples, optimizer, speed, rng)
        tasks: Tasks = NoTasks()
        if watched:
            tasks = EpochTasks(self, examples, X, y, sample_weight, speed.epochs)
        return Following(self, running, best, tasks).states()

    def _partial_fit(
        self, X: Any, y: Any, sample_weight: Any, validation: Any, classes: Any = None
    ) -> None:
        """Take one epoch's steps with these rows, at a rate that does not fall."""
        going_on = self.__sklearn_is_fitted__()
        with self._unchanged_if_refused():
            examples = self._read(X, y, sample_weight, reset=not going_on)
            rng = self._rng(self.state_.step if going_on else 0)  # each call in an order of its own
            if not going_on:
                self.targets_ = self._fit_targets(examples, examples, classes)
                self._begin(examples, rng)
            judges = None
            if validation is not None:
                judges = self._read_validation(validation)
            elif self.early_stopping:
                examples, judges = self._hold_out(examples)
            if not len(examples):  # a few rows may all be held out
                return
            speed = self._pace(examples, 1, each_epoch=True)
            optimizer = optimizer_for(self.optimizer, self.learning_rate, None)
            running = self._train(examples, optimizer, speed, rng)
            best = None if judges is None else self._best_before(judges)
        *_, last = Following(self, running, best, NoTasks()).states()
        self.state_ = last  # the next call goes on from here; what is answered is the best's
        self._best = None if best is None else best.state

    def _best_before(self, judges: Examples) -> Best:
        """Judge the best weights so far by today's rows, so that the next are compared fairly."""
        last, best = self.state_, self._best_by(judges)
        self._show(last if self._best is None else self._best)
        best.see(self.state_)
        self.state_ = last
        return best

    @contextmanager
    def _unchanged_if_refused(self) -> Iterator[None]:
        """Let a fit that cannot begin leave everything as it was."""
        before = self.__dict__.copy()
        try:
            yield
        except BaseException:
            self.__dict__ = before
            raise

    def _begin(self, examples: Examples, rng: np.random.Generator) -> None:
        """Learn what the columns are, and draw the first weights."""
        table, weight = examples.table, examples.weight
        self.preparation_: Preparation | None = None
        if self.preprocess == "auto":
            large = isinstance(table, LargeTable)
            self.preparation_ = (
                preparation_of(table, weight, rng) if large else Preparation.fit(table, weight)
            )
        self.network_ = self._network(self._n_in())
        params = self.network_.init(rng)
        self.state_ = State(0, 0, params, None, np.nan)
        self.loss_curve_: list[float] = []
        self.validation_scores_: list[float] = []
        self.validation_loss_curve_: list[float] = []
        self._held_out, self.should_stop_ = None, False
        self._show(self.state_)

    def _network(self, n_in: int) -> Network:
        hidden = self.hidden_layer_sizes
        hidden = hidden.tolist() if isinstance(hidden, np.ndarray) else hidden
        if isinstance(hidden, str) or not isinstance(hidden, Iterable | int | np.integer):
            raise ValueError(
                f"hidden_layer_sizes is {hidden!r}: give a number of neurons, or one for each layer"
            )
        hidden = list(hidden) if isinstance(hidden, Iterable) else [hidden]
        given = self.activation
        if isinstance(given, str) or not isinstance(given, Iterable):
            given = [given] * len(hidden)
        each = list(given)
        if len(each) != len(hidden):
            raise ValueError(
                f"{len(each)} activations for {len(hidden)} hidden layers: "
                "give one, or one for each"
            )
        widths, output = [n_in, *hidden, self.targets_.n_out], self.targets_.output
        return network(
            widths,
            [*each, output],
            initializer=self.initializer,
            dropout=self.dropout,
            normalization=self.normalization,
        )

    def _pace(self, examples: Examples, epochs: Any, each_epoch: bool) -> Pace:
        n = len(examples) + self._lacks_another_class(examples)
        return pace(n, self.batch_size, epochs, each_epoch)

    def _lacks_another_class(self, examples: Examples) -> bool:
        """Tell whether the engine would refuse these rows, which are all of one class."""
        if self.network_.output.name not in CLASSIFIERS or isinstance(examples.table, LargeTable):
            return False
        return bool((examples.y == examples.y[0]).all())

    def _train(
        self, examples: Examples, optimizer: Any, speed: Pace, rng: np.random.Generator
    ) -> Iterator[State]:
        state = self.state_
        weight = of_ordinary_size(self._row_weights(examples))
        dtype: Any = np.float32
        if isinstance(examples.table, LargeTable):
            given = self._batches(examples.table, examples.y, weight, speed.batch_size, rng)
        else:
            dtype = np.float64 if speed.whole and self.engine == "numpy" else np.float32
            x = self._input(examples.table, dtype)
            target = self.targets_.encode(examples.y)
            if self._lacks_another_class(examples):
                x, target, weight = with_another_class(x, target, weight, self.targets_.output)
            given = {"X": x, "y": self._goal(target), "sample_weight": weight}
            given["batch_size"] = None if speed.whole else speed.batch_size
        return train(
            self.network_,
            **given,
            cost=find_cost(self.cost, self.network_),
            optimizer=optimizer,
            steps=speed.steps,
            every=speed.every * speed.steps_an_epoch,
            l1=penalty_for(self.l1, len(examples)),
            l2=self.l2,
            clip=self.clip,
            start=state.params if state.optimizer_state is None else state,
            rng=rng,
            engine=self.engine,
            dtype=dtype,
        )

    def _batches(
        self,
        table: LargeTable,
        y: NDArray[Any],
        weight: NDArray[np.float64] | None,
        size: int,
        rng: np.random.Generator,
    ) -> dict[str, Any]:
        """Return what the engine trains on where the table is not copied: its batches."""
        prepared = np.asarray if self.preparation_ is None else Columns(self.preparation_)

        def goal(some: NDArray[Any]) -> NDArray[Any]:
            return self._goal(self.targets_.encode(some))

        return {"batches": table.batches(prepared, goal, y, weight, size, rng)}

    def _input(self, table: Any, dtype: Any) -> NDArray[Any]:
        """Return the network's input; of a long table, part by part, in the engine's dtype."""
        if self.preparation_ is None or len(table) <= ROWS:
            return self._prepared(table)
        x = np.empty((len(table), self._n_in()), dtype)
        for rows in spans(len(table)):
            x[rows] = self._prepared(table[rows])
        return x

    def _n_in(self) -> int:
        """Return how many columns the network gets."""
        n: int = self.n_features_in_
        return n if self.preparation_ is None else len(self.preparation_.outputs)

    def _show(self, state: State) -> None:
        self.state_ = state
        self.params_: Params = state.params
        self.loss_ = state.cost

    def _best_by(self, judges: Examples) -> Best:
        """Return what judges the weights of the moment by some rows, and remembers the best."""
        table, y = self._once(judges.table), judges.y
        target = self.targets_.encode(y)  # or says what is wrong, before any training
        counting = of_ordinary_size(self._row_weights(judges))
        scorer = None if self.scoring is None else check_scoring(self, self.scoring)
        weight = {} if judges.weight is None else {"sample_weight": judges.weight}
        told = weight if scorer is not None and takes_weights(scorer) else {}

        def judge() -> Judgement:
            cost = self._cost_of(
                table, target, counting
            )  # it sees more than the share answered rightly
            score = -cost if scorer is None else float(scorer(self, table, y, **told))
            return Judgement(score, cost)

        patience = check_count("patience", self.patience)
        return Best(judge, patience if self.early_stopping else None)

    def _cost_of(
        self, table: Any, target: NDArray[np.float64], weight: NDArray[np.float64] | None
    ) -> float:
        """Return the cost, without penalties, of the answers to some rows."""
        net = self.network_
        cost = find_cost(self.cost, net)
        body = net.logits if cost.link else net
        params, value = _double(self.params_), 0.0
        weight = np.ones(len(target)) if weight is None else weight
        total = weight.sum() or 1.0
        for rows in spans(len(target)):
            part = table[rows] if len(target) > ROWS else table
            output = body.predict(params, self._prepared(part))
            mean = cost(output, target[rows], weight[rows])[0]
            value += float(weight[rows].sum() / total * mean)
        return value

    def _hold_out(self, examples: Examples) -> tuple[Examples, Examples | None]:
        """Keep aside some rows of a part; return those to learn from, and all that are aside."""
        share = check_share("validation_fraction", self.validation_fraction)
        if self._held_out is None:
            self._held_out = HeldOut(share)
        examples = replace(examples, table=self._once(examples.table))
        aside = np.empty(len(examples), bool)
        for rows in spans(len(examples)):
            part = examples[rows]
            x, target = self._prepared(part.table), self.targets_.encode(part.y)
            digests = digests_of(np.hstack([x, target]))
            aside[rows] = self._held_out.take(x, part.y, part.weight, digests)
        return examples[~aside], self._held_out.examples()

    # Reading --------------------------------------------------------------------------------------

    def _read(self, X: Any, y: Any, sample_weight: Any, reset: bool) -> Examples:
        """Read and check what is given to learn from; rows that weigh nothing are left out."""
        if self.preprocess not in ("auto", None):
            raise ValueError(f"preprocess is {self.preprocess!r}: give 'auto' or None")
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, "
                "but the target y is None."
            )
        table = table_for(self, X, reset)
        y = self._check_y(y)
        examples = examples_of(table, y, sample_weight)
        if reset and len(examples) < 2:
            raise ValueError(
                f"X has {len(examples)} row(s) to learn from (n_samples={len(examples)}): "
                "at least 2 are needed"
            )
        return examples

    def _read_validation(self, validation: Any) -> Examples:
        if not isinstance(validation, tuple | list) or len(validation) not in (2, 3):
            raise ValueError(
                "validation must be (X, y), or (X, y, sample_weight): "
                "a table of rows, their targets, and how much each counts"
            )
        X, y, weight = (*validation, None)[:3]
        return examples_of(table_for(self, X, reset=False), self._check_y(y), weight)

    def _prepared(self, table: Any) -> NDArray[np.float64]:
        """Return the network's input."""
        if isinstance(table, Prepared):
            return table.x
        if isinstance(table, LargeTable):
            numbers = table.read().astype(np.float64, copy=False)
            return numbers if self.preparation_ is None else Columns(self.preparation_)(numbers)
        x: NDArray[np.float64] = (
            table if self.preparation_ is None else self.preparation_.transform(table)
        )
        return x

    def _once(self, table: Any) -> Any:
        """Return rows that are judged again and again: prepared, unless they are too many."""
        return table if isinstance(table, LargeTable) else Prepared(self._prepared(table))

    # Predicting -----------------------------------------------------------------------------------

    def _answers(self, X: Any) -> Array:
        """Return what the network answers, in float64: one row at a time or all, the same."""
        check_is_fitted(self)
        x = X if isinstance(X, Prepared | LargeTable) else table_for(self, X, reset=False)
        params = _double(self.params_)
        if len(x) <= ROWS:
            return self.network_.predict(params, self._prepared(x))
        return np.concatenate(
            [self.network_.predict(params, self._prepared(x[rows])) for rows in spans(len(x))]
        )

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the answer for each row: a class, labels, or numbers.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before anything has been learnt.
        ValueError
            If a column is missing, or holds something else than it did.
        """
        answers = self._answers(X)
        decided: NDArray[Any] = self.targets_.decide(answers)
        return decided

    def prepare(self, X: Any) -> NDArray[np.float64]:
        """Return the network's input for a table, ``(n, network_.n_in)``, in float64.

        The names of its columns are ``preparation_.outputs``. With ``preprocess=None`` it is X.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator has not been fitted.
        ValueError
            If a column is missing, or holds something else than it did.

        Examples
        --------
        >>> from neurona import NeuralNetClassifier
        >>> pets = [[4.0, "long"], [25.0, "short"], [5.0, "long"], [30.0, "short"]]
        >>> net = NeuralNetClassifier(epochs=5).fit(pets, ["cat", "dog", "cat", "dog"])
        >>> net.prepare([[5.0, "short"]])
        array([[0., 1.]])
        """
        check_is_fitted(self)
        return self._prepared(table_for(self, X, reset=False))

    def save(self, file: Any, *, notes: Mapping[str, Any] | None = None) -> None:
        """Write the estimator into one file, which :func:`neurona.load` reads.

        Parameters
        ----------
        file
            Its path, or something to write bytes into.
        notes
            Anything that JSON can hold.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before anything has been learnt.
        ValueError
            If a parameter is code, such as a function of one's own: a file holds names.
        OSError
            If the file can't be written.
        """
        neurona.save(file, self, notes=notes)

    # scikit-learn's conventions -------------------------------------------------------------------

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "params_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = False
        tags.input_tags.allow_nan = self.preprocess == "auto"
        tags.input_tags.string = self.preprocess == "auto"
        return tags

    def _rng(self, step: int = 0) -> np.random.Generator:
        if isinstance(self.random_state, np.random.Generator):
            return self.random_state
        seeds = check_random_state(self.random_state).randint(2**31 - 1, size=4)
        return np.random.default_rng([*seeds, step] if step else seeds)


def _double(params: Params) -> Params:
    return tuple(type(layer)(*(a.astype(np.float64) for a in layer)) for layer in params)
