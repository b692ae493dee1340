"""An estimator as a model of ONNX: raw columns, their preparation, the network, its predictions.

Numbers and dates are prepared in float64, as the estimator does, and all columns of numbers at
once, so that a wide table is a small graph; the network computes in float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurona.engine.types import Array
from neurona.export.model import scaled, takes_arrays
from neurona.export.onnx_graph import LEARNING, Graph, model, rows
from neurona.export.onnx_layers import layers
from neurona.export.parts import parts_of, topology_of
from neurona.extras import require
from neurona.tables.columns import Kind, objects
from neurona.tables.preparation import (
    CLIP,
    CYCLES,
    FAR,
    MICROSECONDS_A_DAY,
    Categories,
    Dates,
    Numbers,
    Preparation,
)
from neurona.tables.targets import Classes, Labels

if TYPE_CHECKING:
    from neurona.estimators.base import NeuralNet

NO_DATE = int(np.iinfo(np.int64).min)  # how NumPy writes NaT as a number
PREFIX = "preparation"
TRUTHS = bool, np.bool_
FEEDS: dict[Kind, tuple[str, str]] = {  # what a column is fed as, and what is said of it
    "number": ("DOUBLE", "a number; NaN where it is missing"),
    "category": ("STRING", "a text; {missing!r} where it is missing"),
    "date": ("INT64", f"microseconds since the beginning of 1970; {NO_DATE} where it is missing"),
}


def estimator_model(estimator: NeuralNet, missing: str, opset: int) -> Any:
    """Return the model of an estimator; see :func:`neurona.export.to_onnx`."""
    arrays = takes_arrays(estimator)
    net, params = scaled(estimator) if arrays else (estimator.network_, estimator.params_)
    graph, columns = (rows(net.in_shape), None) if arrays else _inputs(estimator, missing)
    graph = replace(graph, opset=opset)
    inputs = {one.name for one in graph.inputs}
    names = [_free(name, inputs) for name in output_names(estimator)]
    parts = parts_of(net, params)
    if not arrays:
        graph = prepared(graph, estimator, columns, missing)
    graph = predicted(layers(graph, parts, "network.output"), estimator.targets_, names)
    _check_names(graph)
    about = (
        f"A {type(estimator).__name__} with a network {topology_of(parts)}, trained with neurona."
    )
    return model(graph, _outputs(estimator, names), about)


def _free(name: str, taken: set[str]) -> str:
    """Return the name of an output, with underscores if a column is called so."""
    while name in taken:
        name += "_"
    return name


# ---------------------------------------------------------------------------------- inputs


def _inputs(estimator: NeuralNet, missing: str) -> tuple[Graph, dict[int, str] | None]:
    """Return a graph that begins with the columns, and their values; None for one matrix X."""
    names, kinds = getattr(estimator, "feature_names_in_", None), kinds_of(estimator)
    if names is None and set(kinds.values()) == {"number"}:
        return Graph((_described("X", "number", estimator.n_features_in_, missing),), "X"), None
    columns = {
        place: f"x{place}" if names is None or not names[place] else str(names[place])
        for place in kinds
    }
    inputs = [_described(columns[place], kind, 1, missing) for place, kind in kinds.items()]
    return Graph(tuple(inputs), next(iter(columns.values()))), columns


def kinds_of(estimator: NeuralNet) -> dict[int, Kind]:
    """Return the kind of each column that the network takes, by its place in the table."""
    preparation: Preparation | None = estimator.preparation_
    if preparation is None:
        return dict.fromkeys(range(estimator.n_features_in_), "number")
    return {place: step.kind for place, step in preparation.steps}


def _described(name: str, kind: Kind, width: int, missing: str) -> Any:
    onnx = require("onnx", "export")
    type_, about = FEEDS[kind]
    return onnx.helper.make_tensor_value_info(
        name,
        getattr(onnx.TensorProto, type_),
        ["rows", width],
        doc_string=about.format(missing=missing),
    )


def _check_names(graph: Graph) -> None:
    """Check that the columns' names differ, and that no value inside the model has one of them."""
    taken = {name for node in graph.nodes for name in node.output}
    taken |= {constant.name for constant in graph.constants}
    for column in graph.inputs:
        if column.name in taken:
            raise ValueError(
                f"column {column.name!r} has the name of something else in the model: "
                "rename the column, and fit again"
            )
        taken.add(column.name)


# ----------------------------------------------------------------------------- preparation


def prepared(
    graph: Graph, estimator: NeuralNet, columns: dict[int, str] | None, missing: str
) -> Graph:
    """Go on to the rows that the network takes, float32.

    Parameters
    ----------
    graph
        Where the columns are values already.
    estimator
        Fitted.
    columns
        The value of each column, ``(rows, 1)``: float64, texts, or int64. None if the graph's end
        is one matrix of numbers.
    missing
        The text that stands for a missing category.
    """
    preparation: Preparation | None = estimator.preparation_
    float32 = require("onnx", "export").TensorProto.FLOAT
    if preparation is None:
        if columns is not None:
            graph = _side_by_side(graph, list(columns.values()), f"{PREFIX}.X")
        return graph.node("Cast", result=f"{PREFIX}.rows", to=float32)
    graph = _Blocks(graph, preparation, columns, missing).finished()
    return graph.node("Cast", result=f"{PREFIX}.rows", to=float32)


def _side_by_side(graph: Graph, values: list[str], result: str) -> Graph:
    return graph.at(values[0]).node("Concat", *values[1:], result=result, axis=1)


def _is_text(graph: Graph, texts: Sequence[str], result: str) -> Graph:
    """Compare cells ``(rows, 1)`` with each of the texts: truths ``(rows, texts)``."""
    if graph.opset >= 19:
        graph = graph.constant(f"{result}.texts", objects(texts))
    else:  # each text gets its number, any other -1
        numbers = np.arange(len(texts))
        graph = graph.node(
            "LabelEncoder",
            result=f"{result}.which",
            domain=LEARNING,
            keys_strings=list(texts),
            values_int64s=numbers.tolist(),
            default_int64=-1,
        ).constant(f"{result}.texts", numbers)
    return graph.node("Equal", f"{result}.texts", result=result)


class _Blocks:
    """Matrices that are made of the columns, and the places of their columns in the network's rows.

    Columns of one kind are prepared together, and put in order at the end.
    """

    def __init__(
        self,
        graph: Graph,
        preparation: Preparation,
        columns: dict[int, str] | None,
        missing: str,
    ) -> None:
        self.graph = graph
        self.columns = columns
        self.marker = missing
        self.made: list[str] = []
        self.places: list[int] = []
        self.double = require("onnx", "export").TensorProto.DOUBLE
        self._steps(preparation)

    def finished(self) -> Graph:
        """Return the graph at the matrices side by side, each column in its place."""
        graph = _side_by_side(self.graph, self.made, f"{PREFIX}.columns")
        if self.places == sorted(self.places):
            return graph
        graph = graph.constant(f"{PREFIX}.order", np.argsort(self.places))
        return graph.node("Gather", f"{PREFIX}.order", result=f"{PREFIX}.in order", axis=1)

    def _steps(self, preparation: Preparation) -> None:
        numbers: list[tuple[Numbers, int, int]] = []
        days: dict[int, str] = {}
        place = 0
        for column, step in preparation.steps:
            if isinstance(step, Categories):
                self._categories(step, column, place)
            elif isinstance(step, Dates):
                days[column] = self._dates(step, column, place)
                numbers.append((step.number, column, place))
            else:
                assert isinstance(step, Numbers)
                numbers.append((step, column, place))
            place += len(step.outputs)
        if numbers:
            self._numbers(numbers, days)

    def _keep(self, value: str, places: list[int]) -> None:
        self.made.append(value)
        self.places += places

    def _numbers(self, steps: list[tuple[Numbers, int, int]], days: dict[int, str]) -> None:
        """x' = (x - median) / spread, then x' / √(1 + (x' / 3)²), of all numbers and days."""
        name = f"{PREFIX}.numbers"
        if self.columns is None:
            graph = self.graph.constant(f"{name}.which", np.array([i for _, i, _ in steps]))
            graph = graph.node("Gather", f"{name}.which", result=name, axis=1)
        else:
            values = [days.get(column) or self.columns[column] for _, column, _ in steps]
            graph = _side_by_side(self.graph, values, name)
        constants = {
            "median": [step.median for step, _, _ in steps],
            "spread": [step.spread for step, _, _ in steps],
            "low": -FAR,
            "high": FAR,
            "clip": CLIP,
            "1": 1.0,
        }
        for key, value in constants.items():
            graph = graph.constant(f"{name}.{key}", np.array(value, np.float64))
        graph = (
            graph.node("IsNaN", result=f"{name}.missing")
            .node("Where", f"{name}.median", name, result=f"{name}.filled")
            .node("Sub", f"{name}.median", result=f"{name}.centred")
            .node("Div", f"{name}.spread", result=f"{name}.wide")
            .node("Clip", f"{name}.low", f"{name}.high", result=f"{name}.x")
            .node("Div", f"{name}.clip", result=f"{name}.x/3")
            .node("Mul", f"{name}.x/3", result=f"{name}.squared")
            .node("Add", f"{name}.1", result=f"{name}.1+squared")
            .node("Sqrt", result=f"{name}.root")
            .at(f"{name}.x")
            .node("Div", f"{name}.root", result=f"{name}.clipped")
        )
        self._keep(f"{name}.clipped", [place for _, _, place in steps])
        marked = [i for i, (step, _, _) in enumerate(steps) if step.missing]
        if marked:
            graph = (
                graph.constant(f"{name}.marked", np.array(marked))
                .at(f"{name}.missing")
                .node("Gather", f"{name}.marked", result=f"{name}.marks", axis=1)
                .node("Cast", result=f"{name}.indicators", to=self.double)
            )
            self._keep(f"{name}.indicators", [steps[i][2] + 1 for i in marked])
        self.graph = graph
        self._ramps(f"{name}.filled", [(step, place) for step, _, place in steps])

    def _ramps(self, numbers: str, steps: list[tuple[Numbers, int]]) -> None:
        """(x from low to high - zero) / unit, of the lines of all ramps."""
        ramps = [(i, step.ramps) for i, (step, _) in enumerate(steps) if step.ramps is not None]
        if not ramps:
            return
        name = f"{PREFIX}.ramps"
        which = [i for i, one in ramps for _ in range(one.n_out)]
        lines = np.concatenate([one.lines for _, one in ramps], axis=1)
        graph = self.graph.constant(f"{name}.which", np.array(which))
        for key, line in zip(("low", "high", "zero", "unit"), lines, strict=True):
            graph = graph.constant(f"{name}.{key}", line)
        self.graph = (
            graph.at(numbers)
            .node("Gather", f"{name}.which", result=name, axis=1)
            .node("Max", f"{name}.low", result=f"{name}.from low")
            .node("Min", f"{name}.high", result=f"{name}.to high")
            .node("Sub", f"{name}.zero", result=f"{name}.from zero")
            .node("Div", f"{name}.unit", result=f"{name}.columns")
        )
        places: list[int] = []
        for step, place in steps:
            first, n_out = place + 1 + step.missing, step.ramps.n_out if step.ramps else 0
            places += range(first, first + n_out)
        self._keep(f"{name}.columns", places)

    def _categories(self, step: Categories, column: int, place: int) -> None:
        """An indicator a category, then one for all others and one for missing cells."""
        assert self.columns is not None
        name, cells = f"{PREFIX}.column{column}", self.columns[column]
        if self.marker in step.levels:
            raise ValueError(
                f"column {step.name!r} has the category {self.marker!r}, which would also stand "
                "for a missing cell: choose another text, to_onnx(..., missing=...)"
            )
        graph, levels = self.graph, len(step.levels)
        if levels:
            graph = _is_text(graph.at(cells), step.levels, f"{name}.is level")
            graph = graph.node("Cast", result=f"{name}.known", to=self.double)
            if step.two:
                graph = graph.constant(f"{name}.signs", np.array([[-1.0], [1.0]]))
                self.graph = graph.node("MatMul", f"{name}.signs", result=f"{name}.either")
                self._keep(f"{name}.either", [place])
                return
            self._keep(f"{name}.known", [place + k for k in range(levels)])
        if step.other or step.missing:
            graph = _is_text(graph.at(cells), [self.marker], f"{name}.is missing")
            graph = graph.node("Cast", result=f"{name}.missing", to=self.double)
        if step.other:
            graph = graph.constant(f"{name}.1", np.array(1.0)).at(f"{name}.1")
            graph = graph.node("Sub", f"{name}.missing", result=f"{name}.there")
            if levels:
                graph = graph.constant(f"{name}.axis", np.array([1])).at(f"{name}.known")
                graph = graph.node("ReduceSum", f"{name}.axis", result=f"{name}.any")
                graph = graph.at(f"{name}.there").node(
                    "Sub", f"{name}.any", result=f"{name}.another"
                )
            self._keep(graph.end, [place + levels])
        if step.missing:
            self._keep(f"{name}.missing", [place + levels + step.other])
        self.graph = graph

    def _dates(self, step: Dates, column: int, place: int) -> str:
        """Sine and cosine of each cycle; return the value of the days, NaN where missing."""
        assert self.columns is not None
        name, cells = f"{PREFIX}.column{column}", self.columns[column]
        constants = {
            "no date": np.array([NO_DATE]),
            "nan": np.array(np.nan),
            "0": np.array(0.0),
            "microseconds": np.array(MICROSECONDS_A_DAY),
            "2π": np.array(2 * np.pi),
            "lengths": np.array([CYCLES[cycle] for cycle in step.cycles]),
        }
        graph = self.graph
        for key in constants if step.cycles else list(constants)[:4]:
            graph = graph.constant(f"{name}.{key}", constants[key])
        graph = (
            graph.at(cells)
            .node("Equal", f"{name}.no date", result=f"{name}.missing")
            .at(cells)
            .node("Cast", result=f"{name}.moments", to=self.double)
            .node("Div", f"{name}.microseconds", result=f"{name}.all days")
            .at(f"{name}.missing")
            .node("Where", f"{name}.nan", f"{name}.all days", result=f"{name}.days")
        )
        if step.cycles:
            graph = (
                graph.at(f"{name}.all days")
                .node("Mul", f"{name}.2π", result=f"{name}.turns")
                .node("Div", f"{name}.lengths", result=f"{name}.angles")
            )
        first = place + len(step.number.outputs)
        for k, wave in enumerate(("Sin", "Cos") if step.cycles else ()):
            graph = (
                graph.at(f"{name}.angles")
                .node(wave, result=f"{name}.{wave}")
                .at(f"{name}.missing")
                .node("Where", f"{name}.0", f"{name}.{wave}", result=f"{name}.{wave} or 0")
            )
            self._keep(f"{name}.{wave} or 0", [first + 2 * i + k for i in range(len(step.cycles))])
        self.graph = graph
        return f"{name}.days"


# ----------------------------------------------------------------------------- predictions


def output_names(estimator: NeuralNet) -> list[str]:
    """Return what the model gives."""
    return ["label", "probabilities"] if hasattr(estimator, "classes_") else ["prediction"]


def predicted(graph: Graph, targets: Any, names: list[str]) -> Graph:
    """Go on from the network's outputs to the estimator's predictions, under the names given."""
    onnx, output = require("onnx", "export").TensorProto, graph.end
    if isinstance(targets, Labels):
        return (
            graph.constant("network.half", np.array(0.5, np.float32))
            .node("Identity", result=names[1])
            .node("Greater", "network.half", result="network.is likely")
            .node("Cast", result=names[0], to=onnx.INT64)
        )
    if isinstance(targets, Classes):
        if targets.n_out == 1:
            graph = graph.constant("network.1", np.array(1, np.float32)).at("network.1")
            graph = graph.node("Sub", output, result="network.first")
            graph = graph.node("Concat", output, result=names[1], axis=1)
        else:
            graph = graph.node("Identity", result=names[1])
        return (
            graph.constant("network.classes", class_values(targets.classes))
            .node("ArgMax", result="network.which", axis=1, keepdims=0)
            .at("network.classes")
            .node("Gather", "network.which", result=names[0])
        )
    graph = (
        graph.constant("network.scale", np.asarray(targets.scale, np.float64))
        .constant("network.shift", np.asarray(targets.shift, np.float64))
        .node("Cast", result="network.double", to=onnx.DOUBLE)
        .node("Mul", "network.scale", result="network.scaled")
    )
    if not targets.single:
        return graph.node("Add", "network.shift", result=names[0])
    graph = graph.constant("network.axis", np.array([1]))
    graph = graph.node("Add", "network.shift", result="network.column")
    return graph.node("Squeeze", "network.axis", result=names[0])


def class_values(classes: NDArray[Any]) -> Array:
    """Return the classes as ONNX has them: texts, int64, uint64, float64 or truths.

    Raises
    ------
    ValueError
        If ONNX has no type that holds each of them as it is.

    Examples
    --------
    >>> class_values(np.array([3, 5], np.uint8)).dtype, class_values(np.array(["a", "b"])).dtype
    (dtype('int64'), dtype('O'))
    >>> class_values(np.array([3, 2**64 - 1], np.uint64)).dtype
    dtype('uint64')
    """
    given = list(classes)
    if all(isinstance(one, TRUTHS) for one in given):
        return np.array(given, bool)
    if all(isinstance(one, str) and _is_unicode(one) for one in given):
        return objects(map(str, given))
    are_numbers = all(isinstance(one, Real) for one in given)
    are_whole = all(isinstance(one, Integral) for one in given)
    strange = any(isinstance(one, (*TRUTHS, np.timedelta64)) for one in given)  # whole, by class
    dtypes = (np.int64, np.uint64) if are_whole else (np.float64,)
    for dtype in dtypes if are_numbers and not strange else ():
        with suppress(OverflowError):
            values = np.array(given, dtype)
            if all(a == b for a, b in zip(values.tolist(), given, strict=True)):
                return values
    raise ValueError(
        f"the classes are {_few(classes)}: ONNX has texts of Unicode, whole numbers from -2⁶³ to "
        "2⁶⁴ - 1, float64 and truths, all of one type; fit with such classes"
    )


def _few(classes: NDArray[Any]) -> str:
    """Show the first classes, and the type of the first."""
    shown = [*map(repr, classes.tolist()[:3]), *(["…"] if len(classes) > 3 else [])]
    return f"{', '.join(shown)} ({type(classes.tolist()[0]).__name__})"


def _is_unicode(text: str) -> bool:
    """Tell whether a text has a form in UTF-8: half of a pair of surrogates has none."""
    return text == text.encode(errors="ignore").decode()


def _outputs(estimator: NeuralNet, names: list[str]) -> list[Any]:
    """Describe what the model gives."""
    onnx, targets = require("onnx", "export"), estimator.targets_
    described = onnx.helper.make_tensor_value_info
    rows: list[int | str] = ["rows"]
    if isinstance(targets, Classes):
        type_ = onnx.helper.np_dtype_to_tensor_dtype(class_values(targets.classes).dtype)
        shapes = [(type_, rows), (onnx.TensorProto.FLOAT, [*rows, len(targets.classes)])]
    elif isinstance(targets, Labels):
        wide = [*rows, targets.n_out]
        shapes = [(onnx.TensorProto.INT64, wide), (onnx.TensorProto.FLOAT, wide)]
    else:
        shapes = [(onnx.TensorProto.DOUBLE, rows if targets.single else [*rows, targets.n_out])]
    return [described(name, *shape) for name, shape in zip(names, shapes, strict=True)]
