"""The ways out of an estimator: with what prepares a table for its network, and reads its answers.

The functions of :mod:`neurona.export` take an estimator too, and call these methods.
"""

from __future__ import annotations

from copy import copy
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

from neurona import export
from neurona.engine.layers.dense import DenseParams
from neurona.estimators.reading import table_for
from neurona.tables.targets import Classes, Counts, Quantities


class Exports:
    """What both estimators have besides fitting and predicting."""

    def prepare(self: Any, X: Any) -> NDArray[np.float64]:
        """Return what the network gets of a table: ``(n, network_.n_in)``, in float64.

        The names of its columns are ``preparation_.outputs``. With ``preprocess=None`` it is X.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before anything has been learnt.
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
        rows: NDArray[np.float64] = self._prepared(table_for(self, X, reset=False))
        return rows

    def to_onnx(self: Any, path: str | PathLike[str] | None = None, *, missing: str = "") -> Any:
        """Return the estimator as a model of ONNX, and write it to a file if a path is given.

        It takes the raw columns. Each that tells something is an input of its name, ``(rows, 1)``;
        those that were constant or empty are none. A table without names has the inputs ``x0``,
        ``x1`` …, or one, ``X (rows, columns)``, if it was all numbers.

        ==========  ===========  =================================================================
        column      type         a missing cell is
        ==========  ===========  =================================================================
        numbers     float64      NaN; a duration is its seconds
        categories  string       the empty text, or what ``missing`` says; 1.0 is ``"1"``
        dates       int64        -2⁶³, as NumPy has NaT; others are microseconds since 1970 (UTC)
        ==========  ===========  =================================================================

        It gives what the estimator does: ``label``, texts, int64, float64 or bool as the classes
        are, and ``probabilities``, float32; or ``prediction``, float64, in the target's units. An
        output gets an underscore behind its name if a column is called so. What is prepared is
        prepared in float64; the network computes in float32, and the answers agree to its rounding.

        Parameters
        ----------
        path
            Where to write it, usually with the ending ``.onnx``.
        missing
            The text that stands for a missing category.

        Returns
        -------
        onnx.ModelProto
            Checked by ONNX, its shapes included.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before anything has been learnt.
        ValueError
            If an activation is not one of neurona's own, if ``missing`` is one of the categories,
            or if a column is called what is a name inside the model.
        MissingExtra
            If onnx is not installed.

        Examples
        --------
        >>> from neurona import NeuralNetClassifier
        >>> pets = [[4.0, "long"], [25.0, "short"], [5.0, "long"], [30.0, "short"]]
        >>> net = NeuralNetClassifier(epochs=5).fit(pets, ["cat", "dog", "cat", "dog"])
        >>> model = net.to_onnx()
        >>> [one.name for one in model.graph.input], [one.name for one in model.graph.output]
        (['x0', 'x1'], ['label', 'probabilities'])
        """
        from neurona.export.estimator_onnx import to_onnx

        check_is_fitted(self)
        return to_onnx(self, path, missing)

    def numpy_code(self: Any, *, written_out: float = 400) -> str:
        """Return a Python program that needs NumPy alone and answers as the estimator does.

        It has ``predict(table)``, of a classifier ``predict_proba(table)`` too, where the table is
        anything that gives a column for its name: a data frame, or a dictionary of lists; or rows,
        if the estimator learnt from an array. Cells are what Python has: numbers (of a duration its
        seconds), texts, dates, None. In a shell it reads a CSV file and prints an answer
        a line: ``python model.py table.csv``.

        Parameters
        ----------
        written_out
            As in :func:`neurona.export.numpy_code`.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before anything has been learnt.
        ValueError
            If an activation is not one of neurona's own.

        Examples
        --------
        >>> from neurona import NeuralNetClassifier
        >>> pets = [[4.0, "long"], [25.0, "short"], [5.0, "long"], [30.0, "short"]]
        >>> net = NeuralNetClassifier(random_state=0).fit(pets, ["cat", "dog", "cat", "dog"])
        >>> program = {"__name__": "model"}
        >>> exec(net.numpy_code(), program)
        >>> program["predict"]([[4.5, "long"], [None, "short"]])
        ['cat', 'dog']
        """
        from neurona.export.estimator_numpy import program

        check_is_fitted(self)
        return program(self, written_out)

    def to_pytorch(self: Any, folder: str | PathLike[str]) -> Path:
        """Write the network for PyTorch, and beside it, in NumPy, its table's preparation.

        :func:`neurona.export.to_pytorch` writes ``model.py`` and ``model.safetensors``.
        ``preparation.py`` has ``prepare(table)``, which makes the network's input, and
        ``decide(answers)``, which makes classes or numbers of what it answers. Its text says how
        the two go together.

        Returns
        -------
        pathlib.Path
            The path of ``model.py``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before anything has been learnt.
        ValueError
            If an activation is not one of neurona's own.
        FileExistsError
            If the folder has a ``model.py`` or a ``preparation.py`` that is no export.
        MissingExtra
            If safetensors is not installed.
        """
        from neurona.export.estimator_numpy import USE_PYTORCH, beside

        check_is_fitted(self)
        text = beside(self, USE_PYTORCH)
        path: Path = export.to_pytorch(self.network_, self.params_, folder, preparation=text)
        return path

    def to_keras(self: Any, folder: str | PathLike[str]) -> Path:
        """Write the network for Keras 3, and beside it, in NumPy, its table's preparation.

        All is as for :meth:`to_pytorch`; the network is that of :func:`neurona.export.to_keras`.
        """
        from neurona.export.estimator_numpy import USE_KERAS, beside

        check_is_fitted(self)
        text = beside(self, USE_KERAS)
        path: Path = export.to_keras(self.network_, self.params_, folder, preparation=text)
        return path

    def to_sklearn(self: Any) -> Any:
        """Return a fitted model of scikit-learn that answers as the estimator does.

        With ``preprocess=None`` it is an ``MLPClassifier`` or ``MLPRegressor``. Otherwise it is a
        ``Pipeline`` of two steps, which takes the same tables: ``"preparation"``, which is this
        estimator's :meth:`prepare` as it is now, and ``"mlp"``. The pipeline needs neurona where it
        is used; the second step alone does not, and takes prepared rows.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before anything has been learnt.
        ValueError
            If scikit-learn has no such network; the default's activation, silu, is none of its own.

        Examples
        --------
        >>> from neurona import NeuralNetClassifier
        >>> pets = [[4.0, "long"], [25.0, "short"], [5.0, "long"], [30.0, "short"]]
        >>> net = NeuralNetClassifier(8, "tanh", random_state=0)
        >>> pipeline = net.fit(pets, ["cat", "dog", "cat", "dog"]).to_sklearn()
        >>> pipeline.predict([[4.5, "long"]]), pipeline["mlp"].coefs_[0].shape
        (array(['cat'], dtype='<U3'), (2, 8))
        """
        check_is_fitted(self)
        mlp = _mlp(self)
        if self.preparation_ is None:
            return mlp
        # A copy: fitting the estimator anew changes nothing of the pipeline.
        return Pipeline([("preparation", FunctionTransformer(copy(self).prepare)), ("mlp", mlp)])


def _mlp(estimator: Any) -> Any:
    net, targets = estimator.network_, estimator.targets_
    # In float64, in which the estimator answers.
    params = [type(one)(*(np.float64(a) for a in one)) for one in estimator.params_]
    # In the target's units, within the last layer.
    if isinstance(targets, Quantities):  # y = scale (x W + b) + shift
        *before, (W, b) = params
        last = DenseParams(W * targets.scale, b * targets.scale + targets.shift)
        return export.to_sklearn(net, (*before, last))
    if isinstance(targets, Counts):  # y = scale e^(x W + b) = e^(x W + b + log scale)
        *before, (W, b) = params
        last = DenseParams(W, b + np.log(np.maximum(targets.scale, 1e-300)))
        return export.to_sklearn(net, (*before, last))
    classes: Any = targets.classes if isinstance(targets, Classes) else None
    return export.to_sklearn(net, params, classes=classes)
