"""A network that predicts a row's class, or its labels, by scikit-learn's conventions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from neurona.checks import as_number, check_share
from neurona.engine.activations import Activation
from neurona.engine.augmentation import Augmentation
from neurona.engine.layers import Layer
from neurona.estimators.base import NeuralNet
from neurona.estimators.examples import Examples
from neurona.estimators.forms import target_of
from neurona.estimators.parameters import OTHER_NAMES
from neurona.estimators.validation import validation_rows
from neurona.keywords import meaning
from neurona.tables.columns import which_missing
from neurona.tables.targets import Classes, Labels


class NeuralNetClassifier(ClassifierMixin, NeuralNet):  # type: ignore[misc]
    """A neural network that learns classes from a table as it is.

    Columns may be numbers on any scale, texts, categories or dates, with cells missing: they are
    prepared inside, see :mod:`neurona.tables.preparation`. A frame's columns are found by their
    names: another order and further columns do not matter. A sparse matrix may be larger than
    memory would hold as an array.

    Or X is an array of images, ``(n, height, width)`` or ``(n, height, width, channels)``, or of
    series, ``(n, steps, features)``: a convolutional or a recurrent network learns them
    (:mod:`neurona.estimators.arrays`). Each channel or feature is scaled.

    By default four networks predict together. Each leaves out another quarter of the rows, and
    these tell how freely networks may bend: settings from careful to free are tried, while they
    help (:mod:`neurona.estimators.settings`). They calibrate the probabilities, too. A parameter
    that is given is not chosen, and ``networks=1`` is a plain network.

    Parameters
    ----------
    hidden_layer_sizes
        Neurons of each hidden layer; a number for one layer.
    activation
        A name or an :class:`~neurona.engine.activations.Activation`, or one for each hidden layer.
    layers
        In place of ``hidden_layer_sizes``, the layers of the network without its last, which is
        added: such as ``[Conv2D(16), MaxPool2D(), Flatten(), 64]``, where a whole number is a dense
        layer; or the same as words, ``"conv 16, pool, flatten, 64"``. Layers that have no
        activation get the one above. By default images go through convolutions with ReLU, and
        series through a :class:`~neurona.GRU`.
    optimizer
        An optimizer or its name; by default AdamW at 0.02, at 0.03 where an ensemble takes 128 rows
        a step, and at 0.003 for images and series.
    learning_rate
        A number, one per layer, or a schedule of the step. By default the optimizer's own, falling
        to 0 along half a cosine.
    weight_decay
        That of AdamW, or of an optimizer that has one.
    batch_size
        Rows a step; by default all of them up to 256, and 64 of more, or 128 where several
        networks learn from 1,000 rows at most; 64 images or series.
    epochs
        Passes over the table; by default 250 where all rows fit in one step, and otherwise those of
        1,500 steps, but 30 at least and 150 at most. An ensemble takes about six tenths of them,
        less than half where rows are few, but more in the freest settings; and of more than 20,000
        rows so few that a fit takes no longer. On images and series those of 2,500 steps, but 15 at
        least and 150 at most.
    l1, l2
        Penalties on the weights. By default there is none but for small tables with a careful
        setting, where l1 is up to 0.004.
    cost
        A cost or its name; by default the cross-entropy.
    label_smoothing
        e, from 0 to below 1: the target of each of K classes is t (1 - e) + e / K instead of t, so
        that the network grows no weights for the last bit of certainty [1]_. Two classes, and each
        label, are K = 2. The validation cost is that of t, so that it compares whatever e is.
    clip
        The largest norm of the gradient.
    initializer
        How the first weights are drawn.
    dropout
        The probability with which each hidden neuron is dropped in a step of the training, from 0
        to less than 1; a number, or one for each hidden layer.
    normalization
        ``"batch"`` or ``"layer"``: the normalization of a hidden layer's sums before its
        activation. None by default.
    augmentation
        How images are changed at random while the network learns, anew in each batch: an
        :class:`~neurona.Augmentation`, a dict of its parameters such as ``{"shift": 2,
        "rotation": 10}``, or a function from a batch and a generator to such a batch.
    ramps
        Ramps beside each number, :mod:`neurona.tables.ramps`; 0 for none. By default 16 at most,
        and as many as rows and columns bear.
    networks
        How many predict together. By default 4, of which 2 try the settings where there are fewer
        than 500 rows; of 500 to 1,000 rows 4 more, which leave out other rows, learn with the best
        setting; and 1 for images, series and a table of more than 8 million numbers.
    cv
        The rows that each network leaves out: a number of folds, one of scikit-learn's splitters,
        or pairs of row numbers ``(to learn from, to judge by)``, such as
        ``list(GroupKFold(4).split(X, y, groups))``. By default each leaves out a quarter; of more
        than 20,000 rows all leave out the same tenth, and of fewer than 50 none does.
    quick
        Take one setting, neither careful nor free, and try no other.
    class_weight
        ``"balanced"``, each class as much as the others in the rows at hand, ``sample_weight``
        included; or how much each class counts, 1 where it is not named. For labels a list, with
        one for each.
    early_stopping
        Hold out rows, and stop when their score has not improved for ``patience`` epochs, or calls
        of :meth:`partial_fit`. All networks leave them out, and no others.
    validation_fraction
        The share of the rows held out.
    patience
        Epochs, or calls of :meth:`partial_fit`, to wait for a better score.
    scoring
        The validation score: a scorer or its name, called with the estimator, the rows held out or
        given as ``X_val`` and their targets, and their ``sample_weight`` where it has such a
        parameter. By default the cost, in which rows count by ``sample_weight`` and
        ``class_weight``, as in the training.
    engine
        ``"numpy"``, or ``"jax"`` for the compiled one.
    devices
        Those of ``engine="jax"`` that share the work, as in :func:`neurona.train`. After
        :func:`neurona.distributed.connect`, with ``"all"``, each process calls ``fit`` with its own
        part of the rows: they learn together what the columns hold, and train one network. A file
        does not hold them.
    random_state
        Random seed of the weights, the batches, and the rows held out.
    preprocess
        ``"auto"``, or None if the table is of numbers that the network takes as they are.
    verbose
        Print a line a state.
    warm_start
        Let ``fit`` go on from where the last one ended, with the optimizer's state. Other classes,
        and parameters that describe another network, are refused then.

    Attributes
    ----------
    classes_
        The classes; of labels, their numbers.
    n_features_in_, feature_names_in_
        How many columns the table had, and their names, if it had any.
    network_, params_
        The network, and the weights that were kept.
    preparation_
        The preparation of the columns.
    setting_, trials_
        The setting that was kept, and all that were tried, with the cost on the rows left out.
    temperature_
        That by which the logits are divided: 1 where no rows were left out.
    state_
        The engine's state that was kept; of several networks that of their stack.
    n_iter_
        Epochs of the last fit.
    loss_, loss_curve_
        The cost: of the state that was kept, and along the way.
    validation_scores_, validation_loss_curve_
        Each epoch's score on the validation set, of which more is better, and its cost, without
        penalties.
    should_stop_
        Whether the score has not improved for ``patience`` epochs: the reason why a fit has ended,
        and the sign to end a loop over :meth:`partial_fit`.

    References
    ----------
    .. [1] Szegedy et al., "Rethinking the Inception architecture for computer vision", 2016,
       section 7.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> net = NeuralNetClassifier(random_state=0).fit(X[::2], y[::2])
    >>> bool(net.score(X[1::2], y[1::2]) > 0.9)
    True
    """

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
        label_smoothing: float = 0.0,
        clip: float | None = None,
        initializer: Any = "auto",
        dropout: float | Sequence[float] | Literal["auto"] = "auto",
        normalization: Literal["batch", "layer"] | None = None,
        augmentation: Augmentation | Mapping[str, float] | None = None,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
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

    def partial_fit(
        self,
        X: Any,
        y: Any,
        classes: Any = None,
        sample_weight: Any = None,
        validation: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Any:
        """Take one epoch's steps with these rows, at a learning rate that does not fall.

        The first call learns what the columns are, from all its rows; later ones take them as they
        are. With ``early_stopping``, or a validation set, the weights are validated after each
        call: the best so far predict, while the next call goes on from the last. ``should_stop_``
        tells when ``patience`` calls have brought nothing better; you may go on all the same.

        Parameters
        ----------
        X, y, sample_weight
            Rows, as for :meth:`fit`.
        classes
            All the classes there will be: needed by the first call, and the same in all. For
            labels, the columns of y tell how many there are, whatever is given here.
        X_val, y_val, sample_weight_val
            The validation set of this call; the best weights so far are validated on it too. Where
            none is given, ``early_stopping`` holds out ``validation_fraction`` of the rows that
            come, and 2,000 at most; a row that comes again is held out again:
            :mod:`neurona.estimators.validation`.
        validation
            The same together, as for :meth:`fit`; it warns.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If anything given does not fit, or the first call names no classes.
        TrainingDiverged
            If the cost stops being finite.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> X, y = load_iris(return_X_y=True)
        >>> net = NeuralNetClassifier(early_stopping=True, patience=5, random_state=0)
        >>> calls = 0
        >>> while calls < 200 and not (calls and net.should_stop_):
        ...     net = net.partial_fit(X, y, classes=[0, 1, 2])
        ...     calls += 1
        >>> calls < 200, len(net.validation_scores_) == calls
        (True, True)
        """
        fitted = self.__sklearn_is_fitted__()
        if classes is None and not fitted:
            raise ValueError("the first call of partial_fit needs classes: all there will be")
        announced = None if classes is None else np.unique(classes)
        if fitted and announced is not None and isinstance(self.targets_, Classes):
            self.targets_.confirm(announced)
        validation = validation_rows(validation, X_val, y_val, sample_weight_val)
        self._partial_fit(X, y, sample_weight, validation, announced)
        return self

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy; y may have any form that :meth:`fit` takes."""
        return float(super().score(X, self._check_y(y), sample_weight))

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class, in the order of ``classes_``, or of each label."""
        outputs = self._outputs(X)
        probabilities: NDArray[np.float64] = self.targets_.probabilities(outputs)
        return probabilities

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the logarithm of :meth:`predict_proba`, from the logits: no probability is 0.

        log p = z - log Σ exp z of a softmax, -log(1 + exp(-z)) of a sigmoid.

        Examples
        --------
        >>> net = NeuralNetClassifier(2, preprocess=None, epochs=9, learning_rate=0.5)
        >>> net = net.fit([[-1.0], [1.0]] * 9, [0, 1] * 9)
        >>> far = [[1e6]]
        >>> bool(net.predict_proba(far).min() == 0), bool(net.predict_log_proba(far).min() < -1e3)
        (True, True)
        """
        z = self._outputs(X, logits=True)
        if self.targets_.output == "softmax":
            z = z - z.max(axis=1, keepdims=True)
            return np.asarray(z - np.log(np.exp(z).sum(axis=1, keepdims=True)))
        both = isinstance(self.targets_, Classes)  # classes, of which the first has -z
        return np.asarray(-np.logaddexp(0, np.concatenate([z, -z], axis=1) if both else -z))

    def _check_y(self, y: Any) -> NDArray[Any]:
        given, y = y, target_of(y)
        if y.dtype.kind in "US" and not hasattr(given, "dtype"):
            y = np.asarray(given, dtype=object)  # a missing class would be the text "nan"
        if y.dtype.kind == "O" and y.ndim and which_missing(y.ravel().tolist()).any():
            row = int(np.argmax(which_missing(y.ravel().tolist())))
            raise ValueError(f"Input y contains NaN: the class of row {row} is missing")
        if y.dtype.kind == "O":
            y = _plain_classes(y, hasattr(given, "dtype"))
        if y.dtype.kind == "f":
            check_array(y, ensure_2d=False, input_name="y")
        check_classification_targets(y)
        if type_of_target(y) == "multilabel-indicator":
            labels: NDArray[Any] = y
            return labels
        if y.ndim > 1 and y.shape[1] > 1:
            raise ValueError(
                f"y has shape {y.shape}: give one class a row, or labels, each of them 0 or 1"
            )
        return column_or_1d(y, warn=True)  # type: ignore[no-any-return]

    def _fit_targets(
        self, learned: Examples, given: Examples, classes: Any = None
    ) -> Classes | Labels:
        y = given.y  # a class may be rare, and all its rows held out
        if type_of_target(y) == "multilabel-indicator":
            self.classes_ = np.arange(y.shape[1])
            return Labels(self.classes_)
        self.classes_ = np.unique(y) if classes is None else classes
        if len(self.classes_) < 2:
            raise ValueError(
                f"y has one class only, {self.classes_.tolist()[0]!r}: "
                "a classifier needs at least two"
            )
        return Classes(self.classes_)

    def _confirm_targets(self, y: NDArray[Any], whole: bool) -> None:
        labels = isinstance(self.targets_, Labels)
        if labels != (y.ndim > 1):
            there, here = ("labels", "one class a row")[:: 1 if labels else -1]
            raise ValueError(f"y holds {here}, and held {there} before: give {there}, or fit anew")
        if whole and not labels and not np.array_equal(np.unique(y), self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self.classes_}, `y` has {np.unique(y)}: give "
                "warm_start=False, or partial_fit, which takes some of the classes"
            )

    def _row_weights(self, examples: Examples) -> NDArray[np.float64] | None:
        if self.class_weight is None:
            return examples.weight
        of_class = self._class_weights(examples.y, examples.weight)
        return of_class if examples.weight is None else of_class * examples.weight

    def _class_weights(
        self, y: NDArray[Any], weight: NDArray[np.float64] | None
    ) -> NDArray[np.float64]:
        given, columns = self.class_weight, y.reshape(len(y), -1).T
        if isinstance(given, str) and given == "balanced":
            return _balanced(columns, weight)
        each: Any = given if y.ndim > 1 else [given]
        fits = isinstance(each, list | tuple) and len(each) == len(columns)
        if not fits or not all(isinstance(one, Mapping) for one in each):
            form = "[{0: 1.0, 1: 5.0}, ...], one for each label" if y.ndim > 1 else "{'rare': 5.0}"
            raise ValueError(f"class_weight is {given!r}: give 'balanced', or such as {form}")
        counts = np.ones(len(y))
        for column, own in zip(columns, each, strict=True):
            # All classes: some rows alone may not have them.
            classes = [0, 1] if y.ndim > 1 else self.classes_.tolist()
            strange = [one for one in own if one not in classes]
            if strange:
                raise ValueError(
                    f"class_weight names the class {strange[0]!r}; the classes are {classes}"
                )
            of_class = np.array([as_number(own.get(one, 1.0)) for one in classes])
            if not (np.isfinite(of_class) & (of_class >= 0)).all():
                raise ValueError(
                    f"class_weight is {given!r}: how much a class counts must be a number, "
                    "and not negative"
                )
            counts *= of_class[column.astype(int) if y.ndim > 1 else self.targets_.index(column)]
        if not counts.any():
            raise ValueError(
                f"class_weight is {given!r}, and none of these rows counts: give one of their "
                "classes more than 0"
            )
        return counts

    def _smoothed(self, target: NDArray[np.float64]) -> NDArray[np.float64]:
        e = check_share("label_smoothing", self.label_smoothing, zero=True)
        classes = 2 if self.targets_.output == "sigmoid" else target.shape[1]
        return target * (1 - e) + e / classes

    def _strata(self, y: NDArray[Any], n_held_out: int) -> NDArray[Any] | None:
        counts = np.unique(y, return_counts=True)[1]
        few = min(n_held_out, len(y) - n_held_out) < len(counts)  # not one row of each class
        return None if y.ndim > 1 or few or counts.min() < 2 else y

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _balanced(columns: NDArray[Any], weight: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Return W / (K · W_k) for each row, of K classes weighing W together; of labels the product.

    >>> _balanced(np.array([[0, 0, 0, 1]]), None).round(2)
    array([0.67, 0.67, 0.67, 2.  ])
    >>> _balanced(np.array([[0, 0, 0, 1]]), np.array([1.0, 1.0, 1.0, 3.0]))
    array([1., 1., 1., 1.])
    """
    factors = np.ones(columns.shape[1])
    for column in columns:
        classes, which = np.unique(column, return_inverse=True)
        weights = np.bincount(which, weights=weight)
        factors *= (weights.sum() / (len(classes) * weights))[which]
    return factors


def _plain_classes(y: NDArray[Any], is_array: bool) -> NDArray[Any]:
    """Return objects that are classes as an array of texts, whole numbers or booleans.

    Raises
    ------
    ValueError
        If they are of several types, or of one that no class has.
    """
    types = {type(one) for one in y.ravel()}
    names = ", ".join(sorted(one.__name__ for one in types))
    if str in types and len(types) > 1:
        others = ", ".join(sorted(one.__name__ for one in types - {str}))
        raise ValueError(f"y holds texts and {others}: give classes of one type")
    if types == {str}:
        made = y if is_array else y.astype(str)
        return made if made.tolist() == y.tolist() else y  # NumPy's texts end before a NUL
    truths = {one for one in types if issubclass(one, bool | np.bool)}
    if truths and truths != types and y.size == len(y):  # of labels a column may be of either
        raise ValueError(f"y holds {names}: give classes of one type")
    if all(issubclass(one, bool | int | np.integer | np.bool) for one in types):
        made = np.array([one.item() if hasattr(one, "item") else one for one in y.ravel().tolist()])
        if made.dtype.kind in "biu":
            return made.reshape(y.shape)
        raise ValueError("Unknown label type: y holds integers beyond 64 bits: give them as texts")
    if any(issubclass(one, str | bytes) for one in types):
        return y
    raise ValueError(
        f"Unknown label type: y holds objects of type {names}: give each class as a text, a whole "
        "number, a boolean or a date of NumPy, such as y.astype(str) or y.astype('datetime64[D]')"
    )
