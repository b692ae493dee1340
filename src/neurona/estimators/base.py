"""The part that both estimators share: a table is read, and the fit loops over the states."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from math import ceil
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.metrics import check_scoring
from sklearn.utils import check_random_state
from sklearn.utils.validation import _num_samples, check_is_fitted

import neurona
from neurona.engine.activations import Activation
from neurona.engine.augmentation import Augmentation
from neurona.engine.costs import find_cost
from neurona.engine.data import CLASSIFIERS
from neurona.engine.description import is_of_layers
from neurona.engine.layers import Layer
from neurona.engine.network import Network, network
from neurona.engine.parameters import mapped, stacked
from neurona.engine.processes import staying
from neurona.engine.progress import Position, Progress
from neurona.engine.state import State
from neurona.engine.statistics import with_rows_before
from neurona.engine.training import Training, begun
from neurona.engine.types import Array, Params, Seed, Shape
from neurona.estimators.callbacks import (
    CallbackSupportMixin,
    is_watched,
    tell_callbacks,
    with_callbacks,
)
from neurona.estimators.defaults import (
    TrainingPlan,
    l1_for,
    optimizer_for,
    training_plan,
)
from neurona.estimators.deprecated import ExportMethods
from neurona.estimators.ensemble import merged, sound
from neurona.estimators.examples import Examples, examples_of
from neurona.estimators.fit import Fit, Team, described
from neurona.estimators.fit_loop import fit_loop
from neurona.estimators.going_on import check_going_on, first_state
from neurona.estimators.parameters import OTHER_NAMES, augmentation_of, check_parameters
from neurona.estimators.reading import table_for
from neurona.estimators.search import Trial, search
from neurona.estimators.settings import FEWEST, Setting, settings_of
from neurona.estimators.threads import is_small, on_one_thread
from neurona.estimators.together import check_shared, is_shared, learn_shared
from neurona.estimators.validation import (
    MOST,
    BestState,
    Evaluation,
    ValidationSample,
    hashes_of,
    normalized,
    split,
    takes_weights,
    validation_rows,
)
from neurona.keywords import meaning
from neurona.tables.arrays import Scaling
from neurona.tables.large import LARGE
from neurona.tables.table import Table


class NeuralNet(ExportMethods, CallbackSupportMixin, BaseEstimator):  # type: ignore[misc]
    """The part of an estimator that does not ask what the target is."""

    state_: State
    _best_state: State | None = None  # of all calls of `partial_fit` so far
    _validation_sample: ValidationSample | None = None  # rows that no `partial_fit` learns from
    _plan: TrainingPlan  # of the training that goes on, or was the last
    _current_fit: object = None  # the training that set the weights: an earlier one must not go on

    @meaning(**OTHER_NAMES)
    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] | Literal["auto"] = "auto",
        activation: str | Activation | Sequence[str | Activation] = "silu",
        *,
        layers: Sequence[Layer | int] | None = None,
        optimizer: Any = None,
        learning_rate: Any = None,
        weight_decay: float | Literal["auto"] = "auto",
        batch_size: int | Literal["auto"] = "auto",
        epochs: int | Literal["auto"] = "auto",
        l1: float | Literal["auto"] = "auto",
        l2: float = 0.0,
        cost: Any = None,
        clip: float | None = None,
        initializer: Any = "auto",
        dropout: float | Sequence[float] | Literal["auto"] = "auto",
        normalization: Literal["batch", "layer"] | None = None,
        augmentation: Augmentation | Mapping[str, float] | None = None,
        ramps: int | Literal["auto"] = "auto",
        networks: int | Literal["auto"] = "auto",
        cv: Any = None,
        quick: bool = False,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 20,
        scoring: Any = None,
        engine: str = "numpy",
        devices: Any = None,
        random_state: Any = None,
        preprocess: Literal["auto"] | None = "auto",
        verbose: bool = False,
        warm_start: bool = False,
    ) -> None:
        self._keep(locals())

    def _keep(self, given: Mapping[str, Any]) -> None:
        """Keep the parameters as they were given: a fit checks them, as scikit-learn wants it."""
        self.__dict__.update((name, given[name]) for name in self._get_param_names())

    # Subclasses define ----------------------------------------------------------------------------

    def _check_y(self, y: Any) -> NDArray[Any]:
        """Return the target as an array, or say what is wrong with it."""
        raise NotImplementedError

    def _fit_targets(self, learned: Examples, given: Examples, classes: Any = None) -> Any:
        """Learn what a target is, from the rows to learn from and all that were given.

        ``classes`` are all that there will be, if they are known.
        """
        raise NotImplementedError

    def _output(self) -> str:
        """Return the activation of the output, as the parameters and the target ask for it."""
        output: str = self.targets_.output
        return output

    def _confirm_targets(self, y: NDArray[Any], whole: bool) -> None:
        """Refuse targets of another form than those before; ``whole``: all that there are."""

    def _row_weights(self, examples: Examples) -> NDArray[np.float64] | None:
        """Return how much each row counts in the training."""
        return examples.weight

    def _smoothed(self, target: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the network's target with label smoothing."""
        return target

    def _strata(self, y: NDArray[Any], n_held_out: int) -> NDArray[Any] | None:
        """Return the groups that the rows held out shall have the same shares of, if they can."""
        return None

    # Fitting --------------------------------------------------------------------------------------

    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        validation: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Any:
        """Learn from a table, from images or from series.

        Callbacks that were set (``set_callbacks``, from scikit-learn 1.9 on) are told of each
        epoch, and may end the fit after it: :mod:`neurona.estimators.callbacks`.

        Parameters
        ----------
        X : (n, p), or (n, ...)
            A pandas or polars frame, a dict of columns, a :class:`~neurona.tables.table.Columns`,
            an array or a sparse matrix: one example a row. An array of more than 8 million numbers
            is not copied, a file of them (``numpy.memmap``) not read whole, and such a matrix not
            made dense: their rows are prepared batch by batch. Or images, ``(n, height, width)``
            or ``(n, height, width, channels)``, or series, ``(n, steps, features)``; for an
            embedding, indices ``(n, steps)``.
        y : (n,) or (n, outputs)
            The targets; labels may be a sparse matrix.
        sample_weight : (n,)
            How much each row counts.
        X_val, y_val, sample_weight_val
            Rows to validate by: the weights that are best on them are kept. They stand apart, as in
            scikit-learn's ``HistGradientBoostingClassifier``, so that a pipeline transforms them as
            it transforms X: ``Pipeline(..., transform_input=["X_val"])``.
        validation
            ``(X_val, y_val)`` or ``(X_val, y_val, sample_weight_val)`` together. A pipeline does
            not transform it: it is deprecated, and warns.

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
        validation = validation_rows(validation, X_val, y_val, sample_weight_val)
        for _ in self._states(X, y, sample_weight, validation, is_watched(self)):
            pass
        return self

    def iter_fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        validation: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Iterator[State]:
        """Learn from a table, handing out the engine's states: :meth:`fit` is a loop over them.

        The estimator can predict at each of them, with that state's weights. If you leave the loop
        early, it keeps the best weights so far, or the last where nothing was validated. Callbacks
        are told of :meth:`fit` only.

        Yields
        ------
        State
            Of each setting that is tried the first before any step, then about twenty, or fifty of
            one network; each epoch's, where it is validated.
        """
        validation = validation_rows(validation, X_val, y_val, sample_weight_val)
        return self._states(X, y, sample_weight, validation, watched=False)

    def _states(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        validation: Any,
        watched: bool,
        progress: Progress | None = None,
    ) -> Iterator[State]:
        """Check what is given, and return the states of a fit, told to callbacks or not.

        ``progress`` goes on with what a run that was stopped has done of it.
        """
        going_on, shared = self.warm_start and self.__sklearn_is_fitted__(), is_shared(self)
        with self._restored_on_error(), staying() if shared else nullcontext():
            if shared:
                check_shared(self, sample_weight, validation)
            examples = given = self._read(X, y, sample_weight, reset=not going_on)
            parts = None
            rng = self._rng()
            held_out = None
            if validation is None and self.early_stopping:
                seed = int(rng.integers(2**31))
                examples, held_out = split(given, self.validation_fraction, self._strata, seed)
            if shared:
                parts = learn_shared(self, examples)
            elif not going_on:
                self.targets_ = self._fit_targets(examples, given)
                self._learn_columns(examples, rng)
            if validation is not None:
                held_out = self._read_validation(validation)
            team = Team.of(self, examples, held_out, _num_samples(y), rng, going_on)
            if going_on:
                self._validation_sample = self._best_state = None
                settings = [check_going_on(self, "warm_start", "give warm_start=False")]
                self._check_networks(team)
                self._confirm_targets(given.y, whole=True)
            else:
                several = not (team.networks is None or self.quick)
                n = len(given) if parts is None else sum(parts)
                settings = list(settings_of(self, n, several))
            if progress is not None:
                progress.check(described(self, team.examples, held_out))
            validated = held_out is not None
            fit = Fit(self, team, rng, validated, watched, progress, parts, len(settings) > 1)
            running = fit.begin(settings[0], going_on)  # now, to say at once what is wrong
        states = search(self, settings, running, fit)
        if watched:
            # The lowest setting may come again without ramps, and the best with more networks.
            most = fit.plan.epochs
            if len(settings) > 1:
                most = ceil(most / settings[0].share) * (len(settings) + 1 + fit.has_more)
            return tell_callbacks(self, states, most, X, y, sample_weight, team.examples.rows)
        return states

    def _partial_fit(
        self, X: Any, y: Any, sample_weight: Any, validation: Any, classes: Any = None
    ) -> None:
        """Take one epoch's steps with these rows, at a learning rate that does not fall."""
        going_on = self.__sklearn_is_fitted__()
        with self._restored_on_error():
            examples = self._read(X, y, sample_weight, reset=not going_on)
            rng = self._rng(self.state_.step if going_on else 0)  # another order in each call
            if not going_on:
                self.trials_: tuple[Trial, ...] = ()
                self.targets_ = self._fit_targets(examples, examples, classes)
                self._learn_columns(examples, rng)
                self._draw(next(settings_of(self, len(examples), several=False)), [rng], None)
            self._check_one()
            if going_on:
                self.setting_ = check_going_on(self, "partial_fit", "begin with a clone")
                self._confirm_targets(examples.y, whole=False)
            held_out = None
            if validation is not None:
                held_out = self._read_validation(validation)
            elif self.early_stopping:
                examples, held_out = self._hold_out(examples)
            if not len(examples):  # a few rows may all be held out
                return
            weighted = self._weighted(examples)
            plan = self._planned(len(weighted), each_epoch=True, epochs=1)
            data = self._training_data(weighted, plan)
            before = self.state_  # whose rows are no longer there
            training = self._train(data, plan, len(examples), falling=False, rng=rng)(None)
            assert training is not None
            states = self._on_its_threads(training.states(), plan)
            running = (with_rows_before(state, before) for state in states)
            best = None if held_out is None else self._best_before(held_out)
        *_, last = fit_loop(self, running, best)
        self.state_ = last  # the next call goes on from here; the best weights predict
        self._best_state = None if best is None else best.state

    @contextmanager
    def _restored_on_error(self) -> Iterator[None]:
        """Leave everything as it was if a fit cannot begin."""
        before = self.__dict__.copy()
        try:
            yield
        except BaseException:
            self.__dict__ = before
            raise

    def _learn_columns(self, examples: Examples, rng: np.random.Generator) -> None:
        """Learn what the columns are."""
        target = self.targets_.encode(examples.y) if examples.table.asks_for_target else None
        self.preparation_: Any = examples.table.learn(examples.weight, rng, self.ramps, target)
        if self.verbose and self._takes_arrays:
            print(self.preparation_)

    def _draw(self, setting: Setting, seeds: Sequence[Seed], networks: int | None) -> None:
        """Draw first weights, those of a stack where there are several networks."""
        preparation = self.preparation_
        shape = (self.n_features_in_,) if preparation is None else preparation.in_shape
        self.setting_ = setting
        self._member = self._network(shape, setting)
        self.network_: Network = self._member
        each = [self._member.init(seed) for seed in seeds]
        self.loss_curve_: list[float] = []
        self.validation_scores_: list[float] = []
        self.validation_loss_curve_: list[float] = []
        self._validation_sample, self._best_state, self.should_stop_ = None, None, False
        self.temperature_, self.n_iter_ = 1.0, 0
        self.residuals_: NDArray[np.float64] | None = None
        cost = np.nan if networks is None else np.full(networks, np.nan)
        self._set_state(State(0, 0, each[0] if networks is None else stacked(each), None, cost))

    def _check_networks(self, team: Team) -> None:
        """Check that a fit goes on with as many networks as there were."""
        there = len(self.state_) if np.ndim(self.state_.cost) else None
        if there != team.networks:
            raise ValueError(
                f"warm_start goes on with {there or 1} network(s), and {team.networks or 1} "
                "are asked for: set networks as it was, or fit anew"
            )

    def _check_one(self) -> None:
        """Check that a stream is learned by one network."""
        if np.ndim(self.state_.cost):
            raise ValueError(
                f"partial_fit goes on with one network, and fit has left {len(self.state_)}: a "
                "stream has no rows to leave out and to come back to; give networks=1"
            )

    def _network(self, shape: Shape, setting: Setting) -> Network:
        hidden = setting.hidden_layer_sizes
        hidden = hidden.tolist() if isinstance(hidden, np.ndarray) else hidden
        if isinstance(hidden, str) or not isinstance(hidden, Iterable | int | np.integer):
            raise ValueError(
                f"hidden_layer_sizes is {hidden!r}: give a number of neurons, or one for each layer"
            )
        hidden = list(hidden) if isinstance(hidden, Iterable) else [hidden]
        if len(shape) > 1 or any(map(is_of_layers, hidden)):
            return network(
                [shape, *hidden, self.targets_.n_out],
                self.activation,
                output=self._output(),
                dropout=setting.dropout,
                normalization=self.normalization,
            )
        given = self.activation
        if isinstance(given, str) or not isinstance(given, Iterable):
            given = [given] * len(hidden)
        each = list(given)
        if len(each) != len(hidden):
            raise ValueError(
                f"{len(each)} activations for {len(hidden)} hidden layers: "
                "give one, or one for each"
            )
        return network(
            [*shape, *hidden, self.targets_.n_out],
            [*each, self._output()],
            initializer=setting.initializer,
            dropout=setting.dropout,
            normalization=self.normalization,
        )

    def _weighted(self, examples: Examples) -> Examples:
        """Return the rows with their weights in the training, and never all of one class.

        A part of a stream may be so, and the engine refuses to train a classifier on it: a row of
        another class is added, which weighs nothing.
        """
        weight = self._row_weights(examples)
        if is_shared(self):  # a part may have no row of some class, nor the largest weight
            return replace(examples, weight=weight)
        weight, table, y = normalized(weight), examples.table, examples.y
        checked = self.network_.output.name in CLASSIFIERS and not table.may_be_of_one_class
        if not checked or (y != y[:1]).any():
            return replace(examples, weight=weight)
        weight = np.append(np.ones(len(y)) if weight is None else weight, 0.0)
        again = np.append(np.arange(len(y)), 0)
        y = np.concatenate([y, self.targets_.other(y[:1])])
        return replace(examples, table=table[again], y=y, weight=weight)

    @property
    def _takes_arrays(self) -> bool:
        """Whether examples are images or series."""
        return isinstance(self.preparation_, Scaling)

    def _planned(
        self, n: int, each_epoch: bool, share: float = 1.0, epochs: Any = None
    ) -> TrainingPlan:
        """Return the plan of a training with n rows."""
        epochs = self.epochs if epochs is None else epochs
        stack = bool(np.ndim(self.state_.cost))
        given = n, self.batch_size, epochs, each_epoch, share
        return training_plan(*given, self._takes_arrays, stack)

    def _training_data(self, examples: Examples, plan: TrainingPlan) -> dict[str, Any]:
        """Return the arguments of :func:`neurona.train` that are about the data."""

        def encode(y: NDArray[Any]) -> NDArray[np.float64]:
            return self._smoothed(self.targets_.encode(y))

        few = np.ndim(self.state_.cost) == 0 or len(examples) < FEWEST
        exact = few or self.cv is not None  # a weight of 2 is what two rows are, see the plan
        precise = exact and plan.full_batch and self.engine == "numpy" and not self._takes_arrays
        dtype = np.float64 if precise else np.float32
        return examples.table.training_data(
            self.preparation_, encode, examples.y, examples.weight, plan.batch_size, dtype
        )

    def _on_its_threads(self, states: Iterator[State], plan: TrainingPlan) -> Iterator[State]:
        """Yield the states of a training that takes one thread of BLAS where that is fastest."""
        small = np.ndim(self.state_.cost) or is_small(self.state_.params, plan.batch_size)
        return on_one_thread(states) if small else states

    def _train(
        self, data: dict[str, Any], plan: TrainingPlan, n: int, falling: bool, **draws: Any
    ) -> Callable[[Position | None], Training | None]:
        """Return what begins a training with n rows; the learning rate may fall.

        It begins from the estimator's state, or from the position of a training that was stopped;
        then it is None where no step is left.
        """
        setting, steps = self.setting_, plan.steps if falling else None
        given = self.optimizer, self.learning_rate, setting.weight_decay, steps
        if self.state_.optimizer_state is not None:
            self.state_ = first_state(self.state_, optimizer_for(*given, default=plan.optimizer))
        state, member = self.state_, self._member
        settings = {
            **data,
            "cost": find_cost(self.cost, member),
            "optimizer": optimizer_for(*given, state.step, plan.optimizer),
            "every": plan.epochs_per_state * plan.steps_per_epoch,
            "l1": l1_for(setting.l1, n),
            "l2": self.l2,
            "clip": self.clip,
            "augmentation": augmentation_of(self),
            "engine": self.engine,
            "devices": self.devices,
        }

        def begin(position: Position | None) -> Training | None:
            if position is None:
                start = state.params if state.optimizer_state is None else state
                return begun(member, **settings, steps=plan.steps, start=start, **draws)
            left = plan.steps - (position.state.step - state.step)
            if left <= 0:
                return None
            return begun(member, **settings, steps=left, start=position.state)

        return begin

    def _set_state(self, state: State) -> None:
        """Predict with the weights of this state from now on."""
        self.state_ = state
        before = vars(self).get("network_")
        self.network_ = self._member
        self.params_: Params = state.params
        self.loss_ = float(np.mean(state.cost))
        if np.ndim(state.cost):
            each = sound(state)
            self.loss_ = float(np.mean(state.cost[[*each]]))
            together = merged(self._member, [*each.values()], self.temperature_, before)
            self.network_, self.params_ = together

    # Validation -----------------------------------------------------------------------------------

    def _best_on(self, held_out: Examples) -> BestState:
        """Return the keeper of the state that is best on some rows."""
        table, y = held_out.table.prepared(self.preparation_), held_out.y
        target = self.targets_.encode(y)  # or says what is wrong, before any training
        row_weights = normalized(self._row_weights(held_out))
        scorer = None if self.scoring is None else check_scoring(self, self.scoring)
        weight = {} if held_out.weight is None else {"sample_weight": held_out.weight}
        weight = weight if scorer is not None and takes_weights(scorer) else {}

        def evaluate() -> Evaluation:
            cost = self._cost_of(table, target, row_weights)  # which tells more than the accuracy
            score = -cost if scorer is None else float(scorer(self, table, y, **weight))
            return Evaluation(score, cost)

        return BestState(evaluate, self.patience if self.early_stopping else None)

    def _best_before(self, held_out: Examples) -> BestState:
        """Evaluate the best weights so far on today's rows, to compare the next ones fairly."""
        last, best = self.state_, self._best_on(held_out)
        self._set_state(last if self._best_state is None else self._best_state)
        best.update(self.state_)
        self.state_ = last
        return best

    def _cost_of(
        self, table: Table, target: NDArray[np.float64], weight: NDArray[np.float64] | None
    ) -> float:
        """Return the cost of the predictions for some rows, without penalties."""
        net = self.network_
        cost = find_cost(self.cost, net)
        body = net.logits if cost.link else net
        params, value = mapped(np.float64, self.params_), 0.0
        weight = np.ones(len(target)) if weight is None else weight
        total = weight.sum() or 1.0
        for rows in table.spans():
            output = body.predict(params, self._prepared(table[rows]))
            mean = cost(output, target[rows], weight[rows])[0]
            value += float(weight[rows].sum() / total * mean)
        return value

    def _hold_out(self, examples: Examples) -> tuple[Examples, Examples | None]:
        """Hold out some rows of a part; return the others, and all that are held out so far."""
        if self._validation_sample is None:
            most = max(1, min(MOST, LARGE // self._member.n_in))
            self._validation_sample = ValidationSample(self.validation_fraction, most)
        examples = replace(examples, table=examples.table.prepared(self.preparation_))
        held_out = np.empty(len(examples), bool)
        for rows in examples.table.spans():
            part = examples[rows]
            x = self._prepared(part.table)
            cells = x.reshape(len(x), -1)
            hashes = hashes_of(np.hstack([cells, self.targets_.encode(part.y)]))
            held_out[rows] = self._validation_sample.hold_out(x, part.y, part.weight, hashes)
        return examples[~held_out], self._validation_sample.examples()

    # Reading --------------------------------------------------------------------------------------

    def _read(self, X: Any, y: Any, sample_weight: Any, reset: bool) -> Examples:
        """Read and check what is given to learn from; rows that weigh nothing are left out."""
        check_parameters(self)
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, "
                "but the target y is None."
            )
        table = table_for(self, X, reset)
        y = self._check_y(y)
        examples = examples_of(table, y, sample_weight)
        if reset and len(examples) < 2 and self.preprocess is not None:
            raise ValueError(
                f"X has {len(examples)} row(s) to learn from (n_samples={len(examples)}): "
                "at least 2 are needed to tell what the columns hold; give preprocess=None if the "
                "network is to take the numbers as they are"
            )
        return examples

    def _read_validation(self, validation: tuple[Any, Any, Any]) -> Examples:
        X, y, weight = validation
        return examples_of(table_for(self, X, reset=False), self._check_y(y), weight)

    def _prepared(self, table: Table) -> NDArray[np.float64]:
        """Return the network's input."""
        return table.transform(self.preparation_)

    # Predicting -----------------------------------------------------------------------------------

    def _outputs(self, X: Any, logits: bool = False) -> Array:
        """Return the network's outputs in float64: one row at a time or all, the same."""
        check_is_fitted(self)
        table, params = table_for(self, X, reset=False), mapped(np.float64, self.params_)
        return self._predicted(self.network_.logits if logits else self.network_, params, table)

    def _predicted(self, net: Network, params: Params, table: Table) -> Array:
        """Return a network's outputs for a table, some rows at a time."""
        return np.concatenate(
            [net.predict(params, self._prepared(table[rows])) for rows in table.spans()]
        )

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the prediction for each row: a class, labels, or numbers.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before anything has been learned.
        ValueError
            If a column is missing, or holds something else than it did.
        """
        outputs = self._outputs(X)
        decided: NDArray[Any] = self.targets_.decide(outputs)
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
            Before anything has been learned.
        ValueError
            If a parameter is code, such as a custom function: a file holds names.
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
        tags.input_tags.sparse = True
        tags.input_tags.three_d_array = True
        tags.input_tags.string = self.preprocess == "auto"
        return tags

    def _rng(self, step: int = 0) -> np.random.Generator:
        if isinstance(self.random_state, np.random.Generator):
            return self.random_state
        seeds = check_random_state(self.random_state).randint(2**31 - 1, size=4)
        return np.random.default_rng([*seeds, step] if step else seeds)
