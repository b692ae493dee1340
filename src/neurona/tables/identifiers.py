"""Columns that may name a row or a place: numbers or texts that say nothing of other rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from neurona.tables.columns import Column

FEWEST = 20  # rows in which whole numbers that are all distinct are a remark worth
NAMES = re.compile(
    r"(^|[^a-z])(id|ids|uid|uuid|guid|nr|zip|zipcode|postcode|plz|phone|telephone|tel|mobile|fax"
    r"|ssn|iban|isbn|ean|sku|email|postal[^a-z]?code|zip[^a-z]?code|post[^a-z]?code)([^a-z]|$)"
)


def looks_like_identifiers(column: Column, written: Sequence[str] | None = None) -> str:
    """Say why a column may hold identifiers; else the empty text.

    ``written`` has the cells as a file has them, for a number has no zeros in front.

    >>> column = Column("zip", "number", np.array([1097.0, 80331.0]))
    >>> looks_like_identifiers(column, ["01097", "80331"])
    "has numbers such as '01097', as postcodes are, and is read as numbers"
    """
    is_number = column.kind == "number"
    known = column.values[~column.missing]
    whole = is_number and bool((known % 1 == 0).all())
    zeros = next((cell for cell in written or () if re.fullmatch(r"0\d+", cell)), None)
    if whole and zeros is not None:
        return f"has numbers such as {zeros!r}, as postcodes are, and is read as numbers"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column.name).casefold()
    if (whole or column.kind == "category") and NAMES.search(words):
        return "is read as " + ("numbers" if is_number else "texts")
    if whole and len(known) >= FEWEST and len(np.unique(known)) == len(column.values):
        return "has another value in each row"
    return ""
