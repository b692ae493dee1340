"""The estimators for skl2onnx, which makes ONNX of scikit-learn's pipelines.

>>> from neurona.export import skl2onnx
>>> skl2onnx.register()  # doctest: +SKIP

From then on ``skl2onnx.to_onnx(pipeline, X)`` knows them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from neurona.estimators.base import NeuralNet
from neurona.estimators.classifier import NeuralNetClassifier
from neurona.estimators.regressor import NeuralNetRegressor
from neurona.export.estimator_onnx import class_values, kinds_of, predicted, prepared
from neurona.export.onnx_graph import (
    LEARNING,
    LEARNING_VERSION,
    OLDEST,
    OPSET,
    Builder,
    Graph,
    Value,
)
from neurona.export.onnx_layers import layers
from neurona.export.parts import parts_of
from neurona.extras import require
from neurona.tables.targets import Labels

OPTIONS = {"zipmap": [True, False, "columns"], "nocl": [True, False]}


def register(*, missing: str = "") -> None:
    """Let skl2onnx convert ``NeuralNetClassifier`` and ``NeuralNetRegressor``, in pipelines too.

    An estimator takes one matrix of numbers, which ``preprocess="auto"`` may prepare. If it is
    converted by itself and fitted to a table, it may also take an input for each of its columns:
    numbers, texts, or dates as int64, as :func:`neurona.export.to_onnx` says.
    As all models of skl2onnx do, it gives ``label`` and ``probabilities``, or ``variable``, a
    column for each target in the type of the input.

    Parameters
    ----------
    missing
        The text that stands for a missing category.

    Raises
    ------
    MissingExtra
        If skl2onnx is not installed.

    Notes
    -----
    Columns are prepared in float64, and the network computes in float32. skl2onnx's option
    ``zipmap`` gives the probabilities as a dictionary for each row, unless it is set to False.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline  # doctest: +SKIP
    >>> from sklearn.preprocessing import StandardScaler  # doctest: +SKIP
    >>> from skl2onnx import to_onnx  # doctest: +SKIP
    >>> pipeline = make_pipeline(
    ...     StandardScaler(), NeuralNetClassifier(preprocess=None)
    ... )  # doctest: +SKIP
    >>> register()  # doctest: +SKIP
    >>> model = to_onnx(pipeline.fit(X, y), X[:1].astype("float32"))  # doctest: +SKIP
    """
    skl2onnx = require("skl2onnx", "export")
    shapes: dict[Any, Callable[[Any], None]] = {
        NeuralNetClassifier: _shapes_of_classes,
        NeuralNetRegressor: _shape_of_numbers,
    }

    # skl2onnx counts the arguments of what it is given: a partial, or one more, is refused.
    def convert(scope: Any, operator: Any, container: Any) -> None:
        _convert(scope, operator, container, missing)

    for class_, shape in shapes.items():
        skl2onnx.update_registered_converter(
            class_,
            f"Neurona{class_.__name__}",
            shape,
            convert,
            options=OPTIONS if class_ is NeuralNetClassifier else None,
        )


# ----------------------------------------------------------------- types, before converting


def _shapes_of_classes(operator: Any) -> None:
    types = require("skl2onnx.common.data_types", "export")
    net: NeuralNet = operator.raw_operator
    n = operator.inputs[0].get_first_dimension()
    wide = [n, len(net.classes_)]
    values = _labels(net)
    kind = types.StringTensorType if values.dtype == object else types.Int64TensorType
    operator.outputs[0].type = kind(wide if isinstance(net.targets_, Labels) else [n])
    operator.outputs[1].type = types.FloatTensorType(wide)


def _shape_of_numbers(operator: Any) -> None:
    types = require("skl2onnx.common.data_types", "export")
    n = operator.inputs[0].get_first_dimension()
    is_double = isinstance(operator.inputs[0].type, types.DoubleTensorType)
    kind = types.DoubleTensorType if is_double else types.FloatTensorType
    operator.outputs[0].type = kind([n, operator.raw_operator.targets_.n_out])


def _labels(net: NeuralNet) -> Any:
    """Return the classes as skl2onnx has them: texts, or int64; 1.0 and True are 1."""
    values = class_values(net.classes_)
    if values.dtype == object:
        return values
    with np.errstate(invalid="ignore"):
        whole = values.astype(np.int64)
    if whole.tolist() != values.tolist():
        raise ValueError(
            f"the classes are {values.tolist()}: skl2onnx has texts and int64; fit with such "
            "classes, or use neurona.export.to_onnx"
        )
    return whole


# ------------------------------------------------------------------------------- converting


def _convert(scope: Any, operator: Any, container: Any, missing: str) -> None:
    """Add the estimator's graph to that of the whole pipeline."""
    net: NeuralNet = operator.raw_operator
    opset = min(container.target_opset, OPSET)
    if opset < OLDEST:
        raise ValueError(
            f"target_opset is {opset}, and an estimator needs {OLDEST}: give target_opset={OLDEST}"
        )
    builder = Builder(Graph((), "", opset=opset))
    x = prepared(_given(builder, net, operator.inputs), net, missing)
    x = layers(x, parts_of(net.network_, net.params_))
    targets = net.targets_
    if hasattr(net, "classes_"):
        if not isinstance(targets, Labels):
            targets = replace(targets, classes=_labels(net))
        outputs = predicted(x, targets)
    else:
        (prediction,) = predicted(x, replace(targets, single=False))
        is_double = type(operator.outputs[0].type).__name__ == "DoubleTensorType"
        outputs = [prediction.cast("DOUBLE" if is_double else "FLOAT")]
    for i, value in enumerate(outputs):
        end = builder.named(value, f"output.{i}")
    names = {f"output.{i}": one.full_name for i, one in enumerate(operator.outputs)}
    names |= {f"input.{i}": one.full_name for i, one in enumerate(operator.inputs)}
    _add(builder.graph(end), names, scope, container)


def _given(builder: Builder, net: NeuralNet, inputs: list[Any]) -> Value | dict[int, Value]:
    """Begin with one matrix of numbers, or with a value for each column."""
    kinds = kinds_of(net)
    is_matrix = len(inputs) == 1 and (net.n_features_in_ > 1 or set(kinds.values()) == {"number"})
    if is_matrix:
        if set(kinds.values()) != {"number"}:
            raise ValueError(
                "the table has texts or dates: give each of its columns an input of its own, "
                "or leave it to neurona.export.to_onnx"
            )
        return builder.value("input.0").cast("DOUBLE")
    known = [f"x{i}" for i in range(net.n_features_in_)]
    order = [str(name) for name in getattr(net, "feature_names_in_", known)]
    given = {one.raw_name: builder.value(f"input.{i}") for i, one in enumerate(inputs)}
    lacking = [order[place] for place in kinds if order[place] not in given]
    if lacking:
        raise ValueError(f"there is no input for the column(s) {', '.join(map(repr, lacking))}")
    columns = {place: given[order[place]] for place in kinds}
    return {
        place: one.cast("DOUBLE") if kinds[place] == "number" else one
        for place, one in columns.items()
    }


def _add(graph: Graph, names: dict[str, str], scope: Any, container: Any) -> None:
    """Add nodes and constants, their values under names that nothing else in the pipeline has."""
    onnx = require("onnx", "export")

    def renamed(name: str) -> str:
        if name and name not in names:  # an input that is left out has none
            names[name] = scope.get_unique_variable_name(name)
        return names.get(name, "")

    for constant in graph.constants:
        # skl2onnx takes a whole TensorProto too, but would lose its texts.
        is_text = constant.data_type == onnx.TensorProto.STRING
        content = list(constant.string_data) if is_text else constant
        container.add_initializer(
            renamed(constant.name), constant.data_type, list(constant.dims), content
        )
    for node in graph.nodes:
        attributes = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
        container.add_node(
            node.op_type,
            [renamed(name) for name in node.input],
            [renamed(name) for name in node.output],
            op_domain=node.domain,
            op_version=_version(node, graph.opset),
            name=scope.get_unique_operator_name(node.op_type),
            **attributes,
        )


def _version(node: Any, opset: int) -> int:
    """Return since when an operation is as it is in a model of the opset."""
    if node.domain == LEARNING:
        return LEARNING_VERSION
    return int(require("onnx", "export").defs.get_schema(node.op_type, opset).since_version)
