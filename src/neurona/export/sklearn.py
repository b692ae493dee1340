"""scikit-learn: a fitted MLPClassifier or MLPRegressor, and back."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.engine.layers import Add, Dense, LayerNormalization
from neurona.engine.network import Network
from neurona.engine.types import Array, Params
from neurona.export.comparison import confirmed
from neurona.export.model import fitted
from neurona.export.parts import Part, Scale, dense, network_of, parts_of
from neurona.extras import require
from neurona.tables.targets import Classes, Counts, Quantities

if TYPE_CHECKING:
    from neurona.estimators.base import NeuralNet

# neurona's name and scikit-learn's
HIDDEN = {"linear": "identity", "sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}
OUTPUT = {"linear": "identity", "sigmoid": "logistic", "softmax": "softmax", "exp": "exp"}


def to_sklearn(model: Any, params: Any = None, *, classes: Sequence[Any] | None = None) -> Any:
    """Return a fitted model of scikit-learn that predicts as the model does.

    ================================  ==========================================================
    output of the network             model
    ================================  ==========================================================
    linear                            ``MLPRegressor``
    exp                               ``MLPRegressor(loss="poisson")``
    sigmoid, 1 output                 ``MLPClassifier`` of two classes
    sigmoid, 2 outputs or more        ``MLPClassifier`` of labels that don't exclude each other
    softmax                           ``MLPClassifier``, a class for each output
    ================================  ==========================================================

    ``predict_proba`` is then what :meth:`Network.predict` returns (of one sigmoid, the second
    column), and so is a regressor's ``predict``, which gives a vector where there is one output.

    An estimator with ``preprocess=None`` becomes such a model too. Otherwise it becomes a
    ``Pipeline`` of two steps, which takes the same tables: ``"preparation"``, which is the
    estimator's ``prepare`` as it is now, and ``"mlp"``. The pipeline needs neurona where it is
    used; the second step alone does not, and takes prepared rows.

    Parameters
    ----------
    model, params
        A network and its parameters, whose dtype is kept; or a fitted estimator alone.
    classes
        The classes in the order of the outputs, of one sigmoid those that 0 and 1 stand for. By
        default 0, 1, 2 …

    Raises
    ------
    ValueError
        If scikit-learn has no such network: its hidden layers all have the same activation, which
        is linear, sigmoid, tanh or relu (an estimator's default, silu, is not), none has a layer
        normalization, and before 1.7 it has no ``exp``. Or if the classes are not as many as the
        network's.
    sklearn.exceptions.NotFittedError
        If the estimator has not been fitted.
    MissingExtra
        If scikit-learn is not installed.

    Notes
    -----
    scikit-learn has one sigmoid for two classes. A softmax over two outputs is the sigmoid of
    the difference of its logits, and is written so.

    Examples
    --------
    >>> import neurona
    >>> net = neurona.network([2, 3, 1], "tanh", output="sigmoid")
    >>> mlp = to_sklearn(net, net.init(rng=0), classes=["no", "yes"])
    >>> mlp.predict_proba([[0.0, 0.0]])
    array([[0.5, 0.5]])
    >>> mlp.classes_.tolist()
    ['no', 'yes']
    >>> net = neurona.network([2, 3, 4, 1], ["tanh", "gelu", "sigmoid"])
    >>> to_sklearn(net, net.init(rng=0))
    Traceback (most recent call last):
    ValueError: layer 2 is gelu: scikit-learn's hidden layers are linear, sigmoid, tanh or relu
    >>> pets = [[4.0, "long"], [25.0, "short"], [5.0, "long"], [30.0, "short"]]
    >>> net = neurona.NeuralNetClassifier(8, "tanh", networks=1, random_state=0)
    >>> pipeline = to_sklearn(net.fit(pets, ["cat", "dog", "cat", "dog"]))
    >>> pipeline.predict([[4.5, "long"]]), pipeline["mlp"].coefs_[0].shape
    (array(['cat'], dtype='<U3'), (2, 8))
    """
    if not isinstance(model, Network):
        return _of_estimator(fitted(model))
    parts = [_as_dense(part) for part in parts_of(model, params, dtype=None)]
    for i, part in enumerate(parts, start=1):
        if not isinstance(part.layer, Dense):
            advice = (
                ": a batch normalization could be taken in its place"
                if isinstance(part.layer, LayerNormalization)
                else ""
            )
            raise ValueError(
                f"part {i} of the network is a {type(part.layer).__name__}, and scikit-learn has "
                f"dense layers alone{advice}"
            )
    *hidden, last = parts
    activation = _hidden(hidden)
    if last.activation not in OUTPUT:
        raise ValueError(
            f"the output is {last.activation}: scikit-learn's is linear, sigmoid, softmax or exp"
        )
    if last.activation == "softmax" and last.n_out == 1:
        raise ValueError("a softmax of one output is always 1: scikit-learn does not have it")
    if last.activation in ("linear", "exp"):
        if classes is not None:
            raise ValueError(
                f"classes are for a classifier, and the output is {last.activation}: leave them out"
            )
        target = np.ones((2, last.n_out)) if last.n_out > 1 else np.ones(2)
        return _fitted(_regressor(last.activation), activation, parts, target)
    last, target = _classified(last, classes)
    classifier = require("sklearn.neural_network", "datasets").MLPClassifier()
    return _fitted(classifier, activation, [*hidden, last], target)


def _of_estimator(estimator: NeuralNet) -> Any:
    """Return an estimator's network, and before it, if there is one, its preparation."""
    net, targets = estimator.network_, estimator.targets_
    if isinstance(net.layers[0], Add):
        raise ValueError("scikit-learn's MLP is one network, not an ensemble: fit with networks=1")
    # In float64, in which the estimator predicts; numbers in the target's units.
    params: Any = [[np.float64(a) for a in one] for one in estimator.params_]
    classes: Any = None
    *before, (W, b) = params
    if isinstance(targets, Classes):
        classes = targets.classes
    elif isinstance(targets, Quantities):  # y = scale (x W + b) + shift
        W, b = W * targets.scale, b * targets.scale + targets.shift
    elif isinstance(targets, Counts):  # y = scale e^(x W + b) = e^(x W + b + log scale)
        b = b + np.log(np.maximum(targets.scale, 1e-300))
    mlp = to_sklearn(net, (*before, (W, b)), classes=classes)
    if estimator.preparation_ is None:
        return mlp
    # A copy: fitting the estimator anew changes nothing in the pipeline.
    transformer = require("sklearn.preprocessing", "datasets").FunctionTransformer
    steps = [("preparation", transformer(copy(estimator).prepare)), ("mlp", mlp)]
    return require("sklearn.pipeline", "datasets").Pipeline(steps)


def _as_dense(part: Part) -> Part:
    """Write a factor and a term for each number of a row as the dense layer that they are."""
    if not isinstance(part.layer, Scale) or len(part.shape) != 1:
        return part
    return dense(np.diag(part.params.s), part.params.t, part.activation)


def _regressor(output: str) -> Any:
    """Return a regressor with that output, or say that this scikit-learn has none."""
    model = require("sklearn.neural_network", "datasets").MLPRegressor()
    if output == "exp":
        if "loss" not in model.get_params():
            raise ValueError("the output is exp, which scikit-learn has from 1.7 on: update it")
        model.set_params(loss="poisson")
    return model


def _hidden(hidden: Sequence[Part]) -> str:
    """Return scikit-learn's name for the activation of the hidden layers, which must be one."""
    for i, part in enumerate(hidden, start=1):
        if part.activation not in HIDDEN:
            raise ValueError(
                f"layer {i} is {part.activation}: "
                "scikit-learn's hidden layers are linear, sigmoid, tanh or relu"
            )
        if part.activation != hidden[0].activation:
            raise ValueError(
                f"layer 1 is {hidden[0].activation}, and layer {i} is {part.activation}: "
                "scikit-learn's hidden layers are all the same"
            )
    return HIDDEN[hidden[0].activation] if hidden else "identity"


def _classified(last: Part, classes: Sequence[Any] | None) -> tuple[Part, Array]:
    """Return the last layer in the order that scikit-learn has its classes in, and a target."""
    several = last.activation == "sigmoid" and last.n_out > 1
    n = 2 if last.n_out == 1 else last.n_out
    labels = np.arange(n) if classes is None else np.asarray(classes)
    if several:
        if classes is not None:
            raise ValueError(
                "several sigmoids say yes or no to each of their labels, which scikit-learn "
                "numbers: leave classes out"
            )
        return last, np.repeat([[0], [1]], n, axis=1)
    if labels.shape != (n,) or len(np.unique(labels)) != n:
        raise ValueError(f"classes are {classes!r}: give {n} different ones")
    W, b = last.params
    if n > 2:
        order = np.argsort(labels)  # scikit-learn sorts its classes
        return dense(W[:, order], b[order], last.activation), labels
    if last.n_out == 2:
        W, b = W[:, 1:] - W[:, :1], b[1:] - b[:1]
    if labels[0] > labels[1]:
        W, b = -W, -b
    return dense(W, b, "sigmoid"), labels


def _fitted(model: Any, activation: str, parts: Sequence[Part], target: Array) -> Any:
    """Return a model that has the parts' weights."""
    max_iter = model.max_iter
    hidden = tuple(part.n_out for part in parts[:-1])
    model.set_params(hidden_layer_sizes=hidden, activation=activation, max_iter=1, random_state=0)
    dtype = parts[0].params.W.dtype
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says, rightly, that one step is not enough
        # Its own fit prepares all that a fitted model has, whatever the version; then our weights.
        model.fit(np.zeros((len(target), parts[0].n_in), dtype), target)
    for part, W, b in zip(parts, model.coefs_, model.intercepts_, strict=True):
        W[...], b[...] = part.params
    model.set_params(max_iter=max_iter, random_state=None)
    return model


def from_sklearn(mlp: Any) -> tuple[Network, Params]:
    """Return a network and parameters that predict as a fitted model of scikit-learn does.

    Parameters
    ----------
    mlp
        A fitted ``MLPClassifier`` or ``MLPRegressor``.

    Returns
    -------
    net, params
        A network, and its parameters in the model's dtype, which are copies. For two classes it has
        one sigmoid, the probability of the second; for more, a softmax in the order of
        ``mlp.classes_``.

    Raises
    ------
    ValueError
        If it is another model, if it has not been fitted, if neurona does not have its output, or
        if the network does not predict as the model does on random inputs.

    Examples
    --------
    >>> from sklearn.neural_network import MLPRegressor
    >>> mlp = MLPRegressor(hidden_layer_sizes=(4,), solver="lbfgs", random_state=0)
    >>> mlp = mlp.fit([[0.0], [1.0], [2.0]], [0, 1, 2])
    >>> net, params = from_sklearn(mlp)
    >>> net.topology, net.predict(params, [[1.0]]).round(1)
    ((1, 4, 1), array([[1.]]))
    """
    models = require("sklearn.neural_network", "datasets")
    if not isinstance(mlp, models.MLPClassifier | models.MLPRegressor):
        raise ValueError(
            f"{type(mlp).__name__} is not an MLPClassifier or MLPRegressor; "
            "of a Pipeline, give the step that is one"
        )
    if not hasattr(mlp, "coefs_"):
        raise ValueError(f"{mlp} has not been fitted: call its fit first")
    outputs = {theirs: ours for ours, theirs in OUTPUT.items()}
    hidden = {theirs: ours for ours, theirs in HIDDEN.items()}
    if mlp.out_activation_ not in outputs:
        raise ValueError(
            f"the model's output is {mlp.out_activation_}, which neurona does not have"
        )
    last = len(mlp.coefs_) - 1
    net, params = network_of(
        [
            dense(
                W.astype(np.float64),
                b.astype(np.float64),
                outputs[mlp.out_activation_] if i == last else hidden[mlp.activation],
            )
            for i, (W, b) in enumerate(zip(mlp.coefs_, mlp.intercepts_, strict=True))
        ]
    )
    dtype = mlp.coefs_[0].dtype

    def original(X: Array) -> Array:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it may have been fitted to columns with names
            outputs: Array = getattr(mlp, "predict_proba", mlp.predict)(X)
        two = isinstance(mlp, models.MLPClassifier) and net.n_out == 1
        return outputs[:, 1:] if two else outputs

    name = type(mlp).__name__
    return confirmed(net, params, original, name, dtype=dtype, precision=np.finfo(dtype))
