"""An estimator as a model of ONNX: raw columns, their preparation, the network, its predictions.

Numbers and dates are prepared in float64, as the estimator does, and all columns of numbers at
once, so that a wide table is a small graph; the network computes in float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import reduce
from itertools import chain
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurona.engine.types import Array
from neurona.export.model import scaled, takes_arrays
from neurona.export.onnx_graph import (
    LEARNING,
    Builder,
    Graph,
    Value,
    concatenated,
    model,
    rows,
)
from neurona.export.onnx_layers import layers
from neurona.export.parts import parts_of, topology_of
from neurona.extras import require
from neurona.tables.categories import Categories
from neurona.tables.columns import Kind, objects
from neurona.tables.preparation import (
    CLIP,
    CYCLES,
    FAR,
    MICROSECONDS_A_DAY,
    Dates,
    Numbers,
    Preparation,
)
from neurona.tables.targets import Classes, Labels

if TYPE_CHECKING:
    from neurona.estimators.base import NeuralNet

NO_DATE = int(np.iinfo(np.int64).min)  # how NumPy writes NaT as a number
BLANKS = ("", ""), (" ", ""), ("", " "), (" ", " ")  # before and after a cell
PREPARATION = "preparation"  # which the names of its values begin with
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
    columns = {} if arrays else _columns(estimator)
    start = rows(net.in_shape) if arrays else _inputs(estimator, columns, missing)
    builder = Builder(replace(start, opset=opset))
    names = [_free(name, {one.name for one in start.inputs}) for name in output_names(estimator)]
    parts = parts_of(net, params)
    x = builder.value(start.end)
    if not arrays:
        each = {i: builder.value(name) for i, name in columns.items()}
        x = prepared(each or x, estimator, missing)
    outputs = predicted(layers(x, parts), estimator.targets_)
    for value, name in zip(outputs, names, strict=True):
        end = builder.named(value, name)
    graph = builder.graph(end)
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


def _columns(estimator: NeuralNet) -> dict[int, str]:
    """Return the name of each column that is an input, by its place; none for one matrix X."""
    names, kinds = getattr(estimator, "feature_names_in_", None), kinds_of(estimator)
    if names is None and set(kinds.values()) == {"number"}:
        return {}
    return {
        place: f"x{place}" if names is None or not names[place] else str(names[place])
        for place in kinds
    }


def _inputs(estimator: NeuralNet, columns: dict[int, str], missing: str) -> Graph:
    """Begin a graph with the columns, or with one matrix of numbers."""
    if not columns:
        return Graph((_described("X", "number", estimator.n_features_in_, missing),), "X")
    kinds = kinds_of(estimator)
    inputs = [_described(name, kinds[place], 1, missing) for place, name in columns.items()]
    return Graph(tuple(inputs), inputs[0].name)


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


def prepared(given: Value | dict[int, Value], estimator: NeuralNet, missing: str) -> Value:
    """Return the rows that the network takes, float32.

    Parameters
    ----------
    given
        The value of each column, ``(rows, 1)``: float64, texts, or int64; or one matrix of numbers.
    estimator
        Fitted.
    missing
        The text that stands for a missing category.
    """
    preparation: Preparation | None = estimator.preparation_
    columns = [given] if isinstance(given, Value) else [*given.values()]
    builder = columns[0].builder
    with builder.within(PREPARATION):
        if preparation is not None:
            x = _Blocks(given, missing).of(preparation)
        else:
            x = columns[0] if len(columns) == 1 else concatenated(columns, 1)
        return builder.named(x.cast("FLOAT"), f"{PREPARATION}.rows")


def _is_text(cells: Value, texts: Sequence[str]) -> Value:
    """Compare cells ``(rows, 1)`` with each of the texts: truths ``(rows, texts)``.

    A blank on either side of a cell is not part of it; ONNX has nothing that takes off more.
    """
    forms = [[before + text.strip() + after for text in texts] for before, after in BLANKS]
    if cells.builder.opset >= 19:
        same = [cells.op("Equal", objects(form)) for form in forms]
        return reduce(lambda one, other: one.op("Or", other), same)
    numbers = np.arange(len(texts))  # each text gets its number, any other -1
    which = cells.op(
        "LabelEncoder", domain=LEARNING, keys_strings=[*chain(*forms)],
        values_int64s=numbers.tolist() * len(forms), default_int64=-1,
    )  # fmt: skip
    return which.op("Equal", numbers)


class _Blocks:
    """Matrices that are made of the columns, and the places of their columns in the network's rows.

    Columns of one kind are prepared together, and put in order at the end.
    """

    def __init__(self, given: Value | dict[int, Value], missing: str) -> None:
        self.given = given
        self.missing = missing
        self.made: list[Value] = []
        self.places: list[int] = []

    def of(self, preparation: Preparation) -> Value:
        """Return the matrices side by side, each column in its place."""
        numbers: list[tuple[Numbers, int, int]] = []
        days: dict[int, Value] = {}
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
        made = concatenated(self.made, 1)
        if self.places == sorted(self.places):
            return made
        return made.columns(np.argsort(self.places).tolist())

    def _keep(self, value: Value, places: Sequence[int]) -> None:
        self.made.append(value)
        self.places += places

    def _numbers(self, steps: list[tuple[Numbers, int, int]], days: dict[int, Value]) -> None:
        """x' = (x - median) / spread, then x' / √(1 + (x' / 3)²), of all numbers and days."""
        if isinstance(self.given, Value):
            x = self.given.columns([column for _, column, _ in steps])
        else:
            x = concatenated([(self.given | days)[column] for _, column, _ in steps], 1)
        median, spread = (
            np.array([getattr(step, name) for step, _, _ in steps], np.float64)
            for name in ("median", "spread")
        )
        is_missing = x.op("IsNaN")
        filled = is_missing.op("Where", median, x)
        x = ((filled - median) / spread).op("Clip", np.float64(-FAR), np.float64(FAR))
        third = x / np.float64(CLIP)
        self._keep(x / (third * third + np.float64(1)).op("Sqrt"), [at for _, _, at in steps])
        marked = [i for i, (step, _, _) in enumerate(steps) if step.missing]
        if marked:
            self._keep(is_missing.columns(marked).cast("DOUBLE"), [steps[i][2] + 1 for i in marked])
        self._ramps(filled, [(step, place) for step, _, place in steps])

    def _ramps(self, numbers: Value, steps: list[tuple[Numbers, int]]) -> None:
        """(x from low to high - zero) / unit, of the lines of all ramps."""
        ramps = [
            (i, step.ramps, place + 1 + step.missing)
            for i, (step, place) in enumerate(steps)
            if step.ramps is not None
        ]
        if not ramps:
            return
        x = numbers.columns([i for i, one, _ in ramps for _ in range(one.n_out)])
        low, high, zero, unit = np.concatenate([one.lines for _, one, _ in ramps], axis=1)
        places = [first + k for _, one, first in ramps for k in range(one.n_out)]
        self._keep((x.op("Max", low).op("Min", high) - zero) / unit, places)

    def _categories(self, step: Categories, column: int, place: int) -> None:
        """An indicator a category, then one for all others and one for missing cells."""
        assert isinstance(self.given, dict)
        cells, levels = self.given[column], len(step.levels)
        if self.missing in step.levels:
            raise ValueError(
                f"column {step.name!r} has the category {self.missing!r}, which would also stand "
                "for a missing cell: choose another text, to_onnx(..., missing=...)"
            )

        def scaled(one: Value) -> Value:
            return one if step.scale == 1 else one * np.float64(step.scale)

        if levels:
            known = _is_text(cells, step.levels).cast("DOUBLE")
            if step.two:
                self._keep(known @ np.array([[-1.0], [1.0]]), [place])
                return
            self._keep(scaled(known), range(place, place + levels))
        if step.other or step.missing:
            missing = _is_text(cells, [self.missing]).cast("DOUBLE")
        if step.other:
            there = np.float64(1) - missing
            other = there - known.reduce("ReduceSum", 1, keepdims=True) if levels else there
            self._keep(scaled(other), [place + levels])
        if step.missing:
            self._keep(scaled(missing), [place + levels + step.other])

    def _dates(self, step: Dates, column: int, place: int) -> Value:
        """Sine and cosine of each cycle; return the days, NaN where missing."""
        assert isinstance(self.given, dict)
        cells = self.given[column]
        is_missing = cells.op("Equal", np.array([NO_DATE], np.int64))
        days = cells.cast("DOUBLE") / np.float64(MICROSECONDS_A_DAY)
        if step.cycles:
            lengths = np.array([CYCLES[cycle] for cycle in step.cycles], np.float64)
            angles = days * np.float64(2 * np.pi) / lengths
        first = place + len(step.number.outputs)
        for k, wave in enumerate(("Sin", "Cos") if step.cycles else ()):
            hand = is_missing.op("Where", np.float64(0), angles.op(wave))
            self._keep(hand, [first + 2 * i + k for i in range(len(step.cycles))])
        return is_missing.op("Where", np.float64(np.nan), days)


# ----------------------------------------------------------------------------- predictions


def output_names(estimator: NeuralNet) -> list[str]:
    """Return what the model gives."""
    return ["label", "probabilities"] if hasattr(estimator, "classes_") else ["prediction"]


def predicted(output: Value, targets: Any) -> list[Value]:
    """Return the estimator's predictions, in the order of their names, of the network's output."""
    if isinstance(targets, Labels):
        return [output.op("Greater", 0.5).cast("INT64"), output.op("Identity")]
    if isinstance(targets, Classes):
        classes = output.builder.constant(class_values(targets.classes), "classes")
        both = concatenated([1 - output, output], 1) if targets.n_out == 1 else output
        return [classes.op("Gather", both.op("ArgMax", axis=1, keepdims=0)), both]
    scale, shift = (np.asarray(one, np.float64) for one in (targets.scale, targets.shift))
    y = output.cast("DOUBLE") * scale + shift
    return [y.op("Squeeze", np.array([1], np.int64)) if targets.single else y]


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
