"""Custom tables: from the text of a CSV file to the playground's points."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from neurona.datasets.csv import Table, columns_of, parse_csv
from neurona.tables.file import TableError
from neurona.web.errors import PlaygroundError
from neurona.web.setup import LIMITS, DataSetup

# The errors of the table's reader in Spanish.
_SPANISH = {
    "format": "no es una tabla en CSV: expórtala como CSV",
    "quotes": "línea {line}: las comillas no están en orden",
    "empty": "está vacía: la primera línea lleva los nombres de las columnas",
    "header": "la línea {line} tiene números: pon antes una línea con los nombres de las columnas",
    "nameless": "la línea {line} parece una fila más: pon antes una con los nombres",
    "few_columns": "tiene {count} columna(s): hacen falta dos entradas y un objetivo",
    "unnamed": "la columna {column} no tiene nombre",
    "twice": "dos columnas se llaman «{column}»: cambia un nombre",
    "no_column": "no hay ninguna columna «{column}»",
    "no_rows": "solo tiene la línea de los nombres: falta una fila por ejemplo",
    "ragged": "la línea {line} tiene {count} celdas, y la primera {expected}",
    "missing": "línea {line}, columna «{column}»: la celda está vacía; rellénala o quita la fila",
    "not_number": "línea {line}, columna «{column}»: «{cell}» no es un número",
    "not_finite": "línea {line}, columna «{column}»: «{cell}» no es un número finito",
    "mixed": "línea {line}, columna «{column}»: «{cell}» es texto, y otras celdas son números",
    "one_class": "la columna «{column}» tiene una sola clase: hacen falta dos o más",
}
DIGITS = 4  # of a coordinate: links hold the points


@dataclass(frozen=True)
class Choice:
    """The chosen columns of a table, and all its columns.

    Attributes
    ----------
    columns
        Each name, and whether the column is numeric.
    x1, x2, target
        The names of the chosen ones.
    """

    columns: dict[str, bool]
    x1: str
    x2: str
    target: str


def read_table(
    text: str, x1: str | None = None, x2: str | None = None, target: str | None = None
) -> tuple[DataSetup, Choice]:
    r"""Return the points of a table, and the columns they come from.

    The target is the last column, unless another is named; the inputs are the first two of numbers
    among the others. Each input is scaled so that it goes from -1 to 1; so is a target of numbers.

    Raises
    ------
    PlaygroundError
        If the text is no such table, or is too large.

    Examples
    --------
    >>> data, choice = read_table("a,b,kind\n0,5,cat\n10,7,dog\n5,6,cat\n")
    >>> data.points
    ((-1.0, -1.0, 0), (1.0, 1.0, 1), (0.0, 0.0, 0))
    >>> choice.x1, choice.x2, choice.target, data.columns
    ('a', 'b', 'kind', ('a', 'b', 'kind'))
    >>> data.class_names
    ('cat', 'dog')
    """
    rows = text.count("\n")
    if rows > 2 * LIMITS["points"]:  # not even read
        raise _too_long(rows)
    try:
        columns = columns_of(text)
        target = list(columns)[-1] if target is None else target
        numeric = [name for name, numbers in columns.items() if numbers and name != target]
        for name in (x1, x2):
            if name is not None and name in numeric:
                numeric.remove(name)
        x1 = numeric.pop(0) if x1 is None and numeric else x1
        x2 = numeric.pop(0) if x2 is None and numeric else x2
        if x1 is None or x2 is None:
            raise PlaygroundError(
                "table",
                "The table needs two columns of numbers beside its target.",
                "La tabla necesita dos columnas de números además de la del objetivo.",
            )
        if len({x1, x2, target}) < 3:
            raise PlaygroundError(
                "table",
                "Choose three different columns.",
                "Elige tres columnas distintas.",
            )
        table = parse_csv(text, target, columns=[x1, x2])
    except TableError as error:
        raise PlaygroundError(
            "table",
            f"This table can't be used: {error}.",
            f"Esta tabla no se puede usar: {_SPANISH[error.code].format(**error.facts)}.",
        ) from error
    return _data(table, x1, x2), Choice(columns, x1, x2, target)


def _data(table: Table, x1: str, x2: str) -> DataSetup:
    if len(table.X) > LIMITS["points"]:
        raise _too_long(len(table.X))
    classes, most = table.classes, LIMITS["classes"]
    if classes is not None and len(classes) > most:
        raise PlaygroundError(
            "table",
            f"The column {table.target!r} has {len(classes)} classes; the playground shows {most}.",
            f"La columna «{table.target}» tiene {len(classes)} clases; aquí caben {most}.",
        )
    order = [table.columns.index(x1), table.columns.index(x2)]
    places = np.stack([_scaled(table.X[:, column]) for column in order], axis=1)
    labels = _scaled(table.y).tolist() if classes is None else table.y.tolist()
    points = tuple((a, b, label) for (a, b), label in zip(places.tolist(), labels, strict=True))
    return replace(
        DataSetup(kind="own"),
        points=points,
        regression=classes is None,
        columns=tuple(map(_short, (x1, x2, table.target))),
        class_names=tuple(map(_short, classes or ())),
    )


def _short(name: str) -> str:
    """Return a name for links, truncated if it is long."""
    most = LIMITS["letters"]
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _scaled(values: np.ndarray) -> np.ndarray:
    """Return numbers scaled to -1 … 1; a constant column becomes 0."""
    low, high = values.min(), values.max()
    middle, half = low / 2 + high / 2, high / 2 - low / 2
    scaled: np.ndarray = (values - middle) / (half or 1.0)
    return scaled.round(DIGITS)


def _too_long(rows: int) -> PlaygroundError:
    most = LIMITS["points"]
    return PlaygroundError(
        "table",
        f"The table has {rows:,} rows; the playground shows {most:,}. For more, train in Python.",
        f"La tabla tiene {rows} filas; aquí caben {most}. Para más, entrena en Python.",
    )
