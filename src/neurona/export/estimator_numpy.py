"""An estimator as a program of one page: its preparation in plain NumPy, then its network."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from inspect import getsource, isfunction
from textwrap import fill, indent
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.export.folder import SIGN
from neurona.export.numpy_layers import (
    WIDTH,
    block,
    count,
    layers_code,
    loop_code,
    names_in,
    needed,
    page,
    uses_base64,
)
from neurona.export.numpy_reading import MAIN, READ_NAMED, READ_ROWS, TEXT_IN, WITH_SIGN
from neurona.export.parts import parts_of, topology_of
from neurona.tables import cells
from neurona.tables.categories import Categories
from neurona.tables.preparation import (
    CYCLES,
    ColumnPreparation,
    Dates,
    Numbers,
    Preparation,
)
from neurona.tables.targets import Classes, Labels

if TYPE_CHECKING:
    from neurona.estimators.base import NeuralNet

LONGEST = 100  # characters of a line
MOST_LINES = 32  # of a list with an item a line
IMPORTS = {
    "collections.abc": {"Callable", "Collection", "Iterable", "Sequence"},
    "datetime": {"date", "datetime", "time", "timedelta", "UTC"},
    "numbers": {"Number"},
    "typing": {"Any"},
}

# Beyond the rules of a cell, the functions that a page may need; each needs earlier ones only.
# Between «» is the text of a page with ramps.
HELPERS = {
    "fitting": '''
def fitting(cells, kind, read, read_otherwise=None):
    """Return what cells are to ``read``; None where they are missing, or odd."""
    cells = cleared(cells)
    values, odd = cells_as(cells, read)
    there = sum(value is not None for value in values)
    if len(odd) > there:
        raise ValueError(f"{cells[odd[0]]!r} is not a {kind}")
    other = [cells[i] for i in odd if read_otherwise and read_otherwise(cells[i]) is not None]
    if other and there < 0.9 * (there + len(odd)) <= there + len(other):
        raise ValueError(f"{other[0]!r} has another decimal sign than the rest of its column")
    if odd:
        warnings.warn(f"{cells[odd[0]]!r} is not a {kind}: taken for missing", stacklevel=4)
    return values
''',
    "ramped": '''
def ramped(x, mean=0, deviation=1, knots=()):
    """Return x as it is, standardized, then a ramp for each two knots: (x - low) / (high - low).

    A ramp ends at 0 and 1, and x as far beyond the knots as they are apart. Without knots there
    are no columns.
    """
    if not knots:
        return np.empty((len(x), 0))
    reach = knots[-1] - knots[0]
    columns = [(np.clip(x, knots[0] - reach, knots[-1] + reach) - mean) / deviation]
    for low, high in zip(knots, knots[1:]):
        columns.append((np.clip(x, low, high) - low) / (high - low))
    return np.column_stack(columns)
''',
    "scaled": '''
def scaled(x, median, spread, mark_missing«, **ramps»):
    """x' = (x - median) / spread, then x' / √(1 + (x' / 3)²): no outlier gets further than 3.

    A missing x becomes 0, the median. A second column marks it, if the network has seen any.«
    Then there are ramps, those of the median where x is missing.»
    """
    missing = np.isnan(x)
«    ramps = ramped(np.where(missing, median, x), **ramps)
»    x = (np.where(missing, median, x) - median) / spread
    x = np.clip(x, -1e9, 1e9)  # so that the square is finite
    x = x / np.sqrt(1 + (x / 3) ** 2)
    return np.column_stack([x, missing«, ramps»] if mark_missing else [x«, ramps»])
''',
    "numbers": '''
def numbers(cells, median, spread, decimal=".", mark_missing=False«, **ramps»):
    """Prepare a column of numbers, or of texts that are numbers.

    The sign before decimals is the one given, unless the texts tell another.
    """
    sign = decimal_in({cell.strip() for cell in cells if isinstance(cell, str)}, decimal)
    other = "," if sign == "." else "."
    ways = (lambda cell, one=one: number_in(cell, one) for one in (sign, other))
    x = np.array(fitting(cells, "finite number", *ways), dtype=float)
    if np.isinf(x).any():
        raise ValueError(f"{cells[np.argmax(np.isinf(x))]!r} is not a finite number")
    return scaled(x, median, spread, mark_missing«, **ramps»)
''',
    "texts": '''
def texts(cells, levels):
    """Return each cell as a text, None where it is missing; of numbers alone, the level's text."""
    cells = cleared(cells)
    there = [cell for cell in cells if cell is not None]
    named = {}
    if levels and there and all(map(is_number, there)):
        named = numbers_among(levels)
        if not named:
            raise ValueError(f"{there[0]!r} is a number, and no category is one")

    def text(cell):
        return named.get(float_of(cell), text_of(cell)) if named else text_of(cell)

    return [None if cell is None else text(cell) for cell in cells]
''',
    "categories": '''
def categories(cells, levels, mark_others=False, mark_missing=False, scale=1.0):
    """Make a column of each level: ``scale`` where the cell is that level, 0 elsewhere.

    Then one for all other texts and one for missing cells, if the network has seen any.
    """
    cells = texts(cells, levels)
    place = {level: k for k, level in enumerate(levels)}
    which = np.array([place.get(cell, -1) for cell in cells])
    columns = [which == k for k in range(len(levels))]
    if mark_others:
        columns.append([cell is not None and cell not in place for cell in cells])
    if mark_missing:
        columns.append([cell is None for cell in cells])
    return scale * np.array(columns, dtype=float).T
''',
    "either": '''
def either(cells, first, second):
    """Make one column of two categories: -1 for the first, 1 for the second, 0 for all else."""
    cells = texts(cells, [first, second])
    return np.array([[(cell == second) - (cell == first)] for cell in cells], dtype=float)
''',
    "dates": '''
def dates(
    cells, median, spread, cycles, order=None, moved=None, mark_missing=False«, **ramps»
):
    """Prepare the day as a number; then where it is in each cycle of so many days, as on a clock.

    A date is a text such as 2024-12-31, or a date of Python or NumPy; a time of day is one of 1970.
    ``moved`` says whether those that were learned from had a time zone.
    """
    is_time = order == "time"
    read = fitting(
        cells,
        "time of day" if is_time else "date",
        time_in if is_time else lambda cell: date_in(cell, order),
    )
    zones = {is_moved(cell) for cell, one in zip(cells, read) if one is not None}
    if zones - {None} and {moved, True in zones} == {True, False}:
        then, now = ("a", "none") if moved else ("no", "one")
        said = f"dates had {then} time zone when the network learned, and have {now} now"
        warnings.warn(f"{said}: dates without one are read as UTC", stacklevel=3)
    nothing = np.datetime64("NaT", "us")
    moments = np.array([nothing if one is None else one for one in read], "datetime64[us]")
    days = np.where(np.isnat(moments), np.nan, moments.astype(np.int64) / 86_400e6)  # since 1970
    columns = [scaled(days, median, spread, mark_missing«, **ramps»)]
    for cycle in cycles:
        angle = 2 * np.pi * days / cycle
        hand = np.column_stack([np.sin(angle), np.cos(angle)])
        columns.append(np.where(np.isnan(hand), 0, hand))
    return np.hstack(columns)
''',
}

COLUMNS = '''
def columns(rows):
    """Return the columns of a table that is given as rows of {cells}."""
    rows = [list(row) for row in rows]
    for row in rows:
        if len(row) != {width}:
            raise ValueError(f"a row has {{len(row)}} cells: give rows of {width}")
    return [[row[i] for row in rows] for i in range({width})]
'''

NETWORK = '''
def network(x):
    """Return the network's output for rows of {n_in}: an array (n, {n_out})."""
    a = x
    with np.errstate(over="ignore"):  # e^-z may be infinite: what is divided by it is a right 0
{loop}
'''


def program(estimator: NeuralNet, written_out: float = 400) -> str:
    """Return the program; see :func:`neurona.export.numpy_code`."""
    net, parts = estimator.network_, parts_of(estimator.network_, estimator.params_, dtype=None)
    in_base64 = uses_base64(parts, written_out)
    several = isinstance(estimator.targets_, Labels) or not getattr(
        estimator.targets_, "single", True
    )
    prepare = _prepare(estimator, "np.float64")
    read = _read(estimator)
    functions = _functions(prepare + read, _has_ramps(estimator))
    blocks = [
        _head(estimator, topology_of(parts)),
        _imports(["base64"] * in_base64 + ["csv", "gzip", "io", "re", "sys"], functions),
        *functions,
        prepare,
        *layers_code(parts, written_out),
        NETWORK.format(n_in=count(net.n_in, "number"), n_out=net.n_out, loop=loop_code(parts)),
        *_predictions(estimator.targets_, _argument(estimator), _has_numbers(estimator)),
        TEXT_IN,
        read,
        MAIN.format(printed='*prediction, sep=","' if several else "prediction"),
    ]
    return page(blocks)


def _read(estimator: NeuralNet) -> str:
    """Write the function that reads a CSV file as ``neurona predict`` does."""
    names, preparation = _names(estimator), estimator.preparation_
    if names is None:
        return READ_ROWS.format(width=estimator.n_features_in_)
    used = names if preparation is None else [names[place] for place, _ in preparation.steps]
    has_sign = _has_numbers(estimator)
    and_sign = ", and its sign before decimals if it tells" if has_sign else ""
    needed = _list([_quoted(name) for name in used], 4)
    result = indent(WITH_SIGN if has_sign else "return (table,)", " " * 12)
    return READ_NAMED.format(needed=needed, and_sign=and_sign, result=result)


def preparation_code(estimator: NeuralNet, use: str) -> str:
    """Return the code that goes beside a network which other code runs."""
    prepare = _prepare(estimator, "np.float32")
    functions = _functions(prepare, _has_ramps(estimator))
    use = use.format(table=_argument(estimator))
    blocks = [
        f'"""From a table to the network in model.py, {SIGN}, and on to predictions.\n\n'
        f'{use}\n{fill(_table(estimator), WIDTH)}\n"""',
        _imports([], functions),
        *functions,
        prepare,
        *_decide(estimator.targets_),
    ]
    return page(blocks)


# ------------------------------------------------------------------------- what it is


def _names(estimator: NeuralNet) -> list[str] | None:
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None else [str(name) for name in names]


def _argument(estimator: NeuralNet) -> str:
    return "rows" if _names(estimator) is None else "table"


def _table(estimator: NeuralNet) -> str:
    if _names(estimator) is None:
        if estimator.preparation_ is None:
            return f"``rows`` are rows of {count(estimator.n_features_in_, 'number')}."
        cells = count(estimator.n_features_in_, "cell")
        return f"``rows`` are rows of {cells}. A missing cell is None or NaN."
    return (
        "``table`` gives a column for its name: a data frame, or a dictionary of lists. "
        "A missing cell is None or NaN."
    )


def _head(estimator: NeuralNet, topology: str) -> str:
    argument = _argument(estimator)
    about = fill(f"``predict({argument})`` predicts for each row. {_table(estimator)}", WIDTH)
    header = "without" if argument == "rows" else "with"
    return f'''"""A network {topology} and its preparation, {SIGN}; the program needs NumPy alone.

{about}

In a shell, it reads a CSV file {header} a header, or else the standard input, and prints a
prediction a row:

    python model.py table.csv
"""'''


def _imports(modules: Sequence[str], functions: Sequence[str]) -> str:
    """Write the imports of a page."""
    names = names_in("\n".join(functions))
    lines = [f"import {name}" for name in sorted({*modules, *({"re", "warnings"} & names)})]
    for module, known in IMPORTS.items():
        needed = sorted("timezone" if name == "UTC" else name for name in known & names)
        lines += [f"from {module} import {', '.join(needed)}"] if needed else []
    lines += [*([""] if lines else []), "import numpy as np"]
    if "UTC" in names:
        lines += ["", "UTC = timezone.utc  # from Python 3.11 on also datetime.UTC"]
    return "\n".join(lines)


# ------------------------------------------------------------------- rules and helpers


def _functions(code: str, has_ramps: bool) -> list[str]:
    """Return the functions that code needs, and no others: the rules of a cell, then helpers."""
    kept = r"\1" if has_ramps else ""
    helpers = {name: re.sub("«(.*?)»", kept, text, flags=re.S) for name, text in HELPERS.items()}
    rules = {
        name: rule
        for name, rule in vars(cells).items()
        if isfunction(rule) and rule.__module__ == cells.__name__
    }
    return needed(code, {name: _source(rule) for name, rule in rules.items()} | helpers)


def _source(rule: Callable[..., Any]) -> str:
    """Return the text of a rule without what a reader of the page does not need."""
    text = re.sub(r"  # (noqa|type: ignore).*", "", getsource(rule))
    text = re.sub(r'\n\n    >>> .*?(\n    """)', r"\1", text, flags=re.DOTALL)
    return re.sub(r'(    """.*)\n    """', r'\1"""', text)


# ------------------------------------------------------------------------ preparation


def _number(step: ColumnPreparation) -> Numbers | None:
    """Return how a column's numbers, or its days, are prepared."""
    number = step.number if isinstance(step, Dates) else step
    return number if isinstance(number, Numbers) else None


def _has_numbers(estimator: NeuralNet) -> bool:
    """Tell whether texts may have a sign before decimals."""
    preparation, names = estimator.preparation_, _names(estimator)
    steps = [] if preparation is None or names is None else preparation.steps
    return any(isinstance(step, Numbers) for _, step in steps)


def _has_ramps(estimator: NeuralNet) -> bool:
    preparation: Preparation | None = estimator.preparation_
    numbers = [] if preparation is None else [_number(step) for _, step in preparation.steps]
    return any(one is not None and one.ramps is not None for one in numbers)


def _prepare(estimator: NeuralNet, dtype: str) -> str:
    """Write the function that makes the network's input of a table."""
    preparation: Preparation | None = estimator.preparation_
    names, n_in = _names(estimator), estimator.network_.n_in
    about = f'    """Return what the network takes: {count(n_in, "number")} for each row."""\n'
    end = "" if dtype == "np.float64" else f".astype({dtype})"
    if preparation is None and names is None:
        return (
            f"def prepare(rows):\n{about}    x = np.asarray(rows, dtype={dtype})\n"
            f"    if x.ndim != 2 or x.shape[1] != {n_in}:\n"
            f'        raise ValueError(f"rows have shape {{x.shape}}: give {n_in} numbers each")\n'
            "    return x"
        )
    if preparation is None:
        assert names is not None
        each = _list([_quoted(name) for name in names], 4)
        return (
            f"def prepare(table):\n{about}    names = {each}\n"
            f"    return np.array([table[name] for name in names], dtype={dtype}).T"
        )
    before = "" if names is not None else "    table = columns(rows)\n"
    argument = _argument(estimator) + (", decimal=None" if _has_numbers(estimator) else "")
    has_sign = _has_numbers(estimator)
    calls = "\n".join(
        _call(step, str(place) if names is None else _quoted(names[place]), 12, has_sign) + ","
        for place, step in preparation.steps
    )
    function = (
        f"def prepare({argument}):\n{about}{before}    return np.hstack(\n        [\n"
        f"{indent(calls, ' ' * 12)}\n        ]\n    ){end}"
    )
    if names is not None:
        return function
    width = estimator.n_features_in_
    cells = count(width, "cell")
    return COLUMNS.format(width=width, cells=cells).strip("\n") + "\n\n\n" + function


def _call(step: ColumnPreparation, column: str, margin: int, has_sign: bool) -> str:
    """Write the call that prepares a column."""
    cells = f"table[{column}]"
    if isinstance(step, Categories) and step.two:
        first, second = map(_quoted, step.levels)
        return _written("either", [cells, first, second], margin)
    arguments = [cells]
    if isinstance(step, Categories):
        arguments.append("levels=" + _list([_quoted(level) for level in step.levels], margin + 4))
        arguments += ["mark_others=True"] if step.other else []
        arguments += ["mark_missing=True"] if step.missing else []
        arguments += [f"scale={step.scale!r}"] if step.scale != 1 else []
        return _written("categories", arguments, margin)
    number = _number(step)
    assert number is not None
    arguments += [f"median={number.median!r}", f"spread={number.spread!r}"]
    if isinstance(step, Dates):
        arguments.append(f"cycles=[{', '.join(str(CYCLES[cycle]) for cycle in step.cycles)}]")
    if isinstance(step, Dates) and step.order is not None:
        arguments.append(f'order="{step.order}"')
    if isinstance(step, Dates) and step.moved is not None and not step.is_time:
        arguments.append(f"moved={step.moved}")
    if isinstance(step, Numbers) and has_sign:
        arguments.append(f'decimal=decimal or "{step.decimal}"')
    arguments += ["mark_missing=True"] if number.missing else []
    if number.ramps is not None:
        knots = _list([repr(knot) for knot in number.ramps.knots], margin + 4)
        mean, deviation = number.ramps.mean, number.ramps.deviation
        arguments += [f"mean={mean!r}", f"deviation={deviation!r}", f"knots={knots}"]
    return _written("dates" if isinstance(step, Dates) else "numbers", arguments, margin)


def _written(function: str, arguments: Sequence[str], margin: int) -> str:
    """Write a call in one line if it fits, or with an argument a line."""
    line = f"{function}({', '.join(arguments)})"
    if "\n" not in line and margin + len(line) < LONGEST:
        return line
    return function + block("()", arguments)


def _list(items: Sequence[str], margin: int) -> str:
    """Write a list in one line if it fits, or with an item a line, or as many as fit if many."""
    line = f"[{', '.join(items)}]"
    if margin + len(line) < LONGEST - 12:
        return line
    if len(items) <= MOST_LINES:
        return block("[]", items)
    lines = [items[0]]
    for item in items[1:]:
        longer = f"{lines[-1]}, {item}"
        if margin + len(longer) < LONGEST - 12:
            lines[-1] = longer
        else:
            lines.append(item)
    return block("[]", lines)


def _quoted(text: str) -> str:
    """Write a text as code; in double quotes, unless something in it must be written otherwise."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return ascii(text)


# ---------------------------------------------------------------------- predictions


def _classes(targets: Classes) -> str:
    """Write the classes, of whatever type they are.

    Raises
    ------
    ValueError
        If a program cannot hold one.
    """
    classes = targets.classes
    if classes.dtype.kind in "mM":  # dates are written as texts, durations as whole numbers
        cells = classes.astype(np.int64 if classes.dtype.kind == "m" else np.str_).tolist()
        return f'classes = np.array({_list([repr(one) for one in cells], 9)}, "{classes.dtype}")'
    strange = [one for one in classes.tolist() if not isinstance(one, str | int | float)]
    if strange:
        raise ValueError(
            f"the class {strange[0]!r} is a {type(strange[0]).__name__}, which a NumPy program "
            "cannot hold: fit with texts, numbers or numpy.datetime64 as classes"
        )
    written = [_quoted(one) if isinstance(one, str) else repr(one) for one in classes.tolist()]
    return f"classes = {_list(written, 0)}"


def _predictions(targets: Any, argument: str, has_sign: bool) -> Iterator[str]:
    """Write the functions that predict for a table."""
    more = (", decimal", ", decimal=None") if has_sign else ("", "")
    outputs, argument = f"network(prepare({argument}{more[0]}))", argument + more[1]
    yield from _decide(targets)
    if isinstance(targets, Classes | Labels):
        what = "class" if isinstance(targets, Classes) else "label"
        about = f"Return the probability of each {what}, (n, {len(targets.classes)})."
        lines = [f"return {outputs}"]
        if isinstance(targets, Classes) and targets.n_out == 1:
            lines = [f"second = {outputs}", "return np.hstack([1 - second, second])"]
        yield _function("predict_proba", argument, about, *lines)
    about = "Return the prediction for each row."
    yield _function("predict", argument, about, f"return decide({outputs})")


def _decide(targets: Any) -> Iterator[str]:
    """Write the function that makes predictions of a network's outputs."""
    if isinstance(targets, Classes):
        yield _classes(targets)
        source, which = f"{targets.n_out} probabilities", "outputs.argmax(axis=1)"
        if targets.n_out == 1:
            source, which = "the second's probability", "(outputs[:, 0] > 0.5).astype(int)"
        about = f"Return the most likely class of each row, from {source}."
        lines = [about, f"return [classes[i] for i in {which}]"]
    elif isinstance(targets, Labels):
        about = "Return which labels are more likely than not, 0 or 1."
        lines = [about, "return (outputs > 0.5).astype(int)"]
    else:
        lines = _in_units(targets)
    yield _function("decide", "outputs", *lines)


def _function(name: str, argument: str, about: str, *lines: str) -> str:
    body = "\n".join(lines)
    return f'def {name}({argument}):\n    """{about}"""\n{indent(body, " " * 4)}'


def _in_units(targets: Any) -> list[str]:
    """Write the docstring and the lines of a function that predicts numbers."""
    scale, shift = (one.astype(float).tolist() for one in (targets.scale, targets.shift))
    many, column = count(targets.n_out, "number"), ""
    if targets.single:
        (scale, *_), (shift, *_), many, column = scale, shift, "1 number", "[:, 0]"
    return [
        f"Return {many} for each row, in the target's own units.",
        "outputs = np.asarray(outputs, dtype=np.float64)",
        f"return outputs{column} * {scale!r}" + (f" + {shift!r}" if targets.shift.any() else ""),
    ]
