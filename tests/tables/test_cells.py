"""The rules of a cell: they need nothing else, and they are the same wherever a cell lies."""

from __future__ import annotations

import ast
import collections.abc
import datetime
import inspect
import numbers
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from neurona.tables import cells
from neurona.tables.csv import parse_csv
from neurona.tables.frames import read_frame

ABSTRACT = ("Callable", "Collection", "Iterable", "Sequence")
FUNCTIONS = {
    name: function
    for name, function in vars(cells).items()
    if inspect.isfunction(function) and function.__module__ == cells.__name__
}


def test_reading_a_table_loads_no_scikit_learn():
    program = """
        import sys, neurona.tables
        from neurona.tables.csv import parse_csv
        from neurona.tables.frames import read_array
        from neurona.tables.preparation import Preparation
        table = parse_csv("kilos,kind\\n4.5,cat\\n30,dog\\n")
        Preparation.fit(table.select(table.names))
        print([name for name in sys.modules if name.partition(".")[0] in ("sklearn", "scipy")])
    """
    done = subprocess.run(
        [sys.executable, "-c", inspect.cleandoc(program)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_source_of_each_rule_runs_in_another_program(name):
    """It names builtins, the standard library, NumPy and other rules, in its annotations too."""
    space = {
        "np": np,
        "re": __import__("re"),
        "date": datetime.date,
        "datetime": datetime.datetime,
        "UTC": datetime.UTC,
        "Number": numbers.Number,
        "Decimal": Decimal,
        "time": datetime.time,
        "timedelta": datetime.timedelta,
        "Any": Any,
        **{name: getattr(collections.abc, name) for name in ABSTRACT},
    }
    for function in FUNCTIONS.values():
        exec(inspect.getsource(function), space)
    examples = {
        "known": ("N/A", None), "number_of": ("1.5", 1.5),
        "date_of": ("2024-12-31", datetime.datetime(2024, 12, 31)),
        "looks_like_number": ("1.234,5", True), "looks_like_date": ("1/2/2024", True),
        "is_missing": (float("nan"), True), "moment_of": (datetime.date(2024, 1, 2), None),
        "float_of": (10**400, np.inf), "text_of": (1.0, "1"), "shortest": (1.0, "1"),
        "same_number": ("1.0", "1"), "says_missing": ("?", True), "decimal_of": ("2,5", ","),
        "time_of": ("9:30", "09:30:00.000000"), "number_in": ("1.5", 1.5),
        "date_in": ("2024-12-31", np.datetime64("2024-12-31T00:00:00.000000")),
        "time_in": ("9:30", np.datetime64("1970-01-01T09:30:00.000000")),
        "is_number": (Decimal("1.5"), True),
        "is_moved": ("2024-12-31T18:30+02:00", True),
        "is_date": (datetime.date(2024, 1, 2), True),
        "numbers_among": (("A1", "1.50"), {1.5: "1.50"}),
    }  # fmt: skip
    if name in ("decimal_in", "cleared", "cells_as"):  # of a column
        assert space["cleared"](["2 ", "NA", None]) == ["2 ", None, None]
        assert space["decimal_in"](["2,5"], ".") == ","
        assert space["cells_as"](["2", "x"], space["number_in"]) == ([2.0, None], [1])
        return
    given, expected = examples[name]
    if name == "moment_of":
        expected = np.datetime64("2024-01-02", "us")
    assert space[name](given) == FUNCTIONS[name](given) == expected


def test_the_rules_are_pure_functions_without_globals_of_their_own():
    tree = ast.parse(inspect.getsource(cells))
    constants = {"DateOrder", "DATE_ORDERS"}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
            assert not names & constants, node.name


@pytest.mark.parametrize(
    "cell", [None, float("nan"), pd.NA, pd.NaT, np.datetime64("NaT", "D"), np.float32("nan")]
)
def test_a_missing_object(cell):
    assert cells.is_missing(cell)


@pytest.mark.parametrize("cell", [0, "", "nan", False, np.array([1, 2]), datetime.date.min])
def test_an_object_that_is_there(cell):
    assert not cells.is_missing(cell)


@pytest.mark.parametrize("text", ["", "NA", "na", "N/A", "NaN", "NULL", "null"])
def test_a_text_that_says_missing(text):
    assert cells.known(text) is None


@pytest.mark.parametrize("text", ["-", "none", "0", "n.a.", " "])
def test_a_text_that_is_there(text):
    assert cells.known(text) == text


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [("1.5", ".", 1.5), ("1,5", ",", 1.5), ("1,5", ".", None), ("1e3", ".", 1000.0),
     ("1_000", ".", None), ("inf", ".", np.inf), ("", ".", None)],
)  # fmt: skip
def test_a_number(text, decimal, number):
    assert cells.number_of(text, decimal) == number


@pytest.mark.parametrize("cell", [1, 1.5, np.int8(1), np.float32(1), Decimal(1), Fraction(1, 3)])
def test_an_object_that_is_a_number(cell):
    assert cells.is_number(cell)


@pytest.mark.parametrize(
    "cell", [True, np.True_, "1", np.timedelta64(1, "s"), np.datetime64("2024"), 1j, None]
)
def test_an_object_that_is_not_a_number(cell):
    assert not cells.is_number(cell)


def test_a_date_is_in_utc():
    assert cells.date_of("2024-01-01T01:30+02:00") == datetime.datetime(2023, 12, 31, 23, 30)
    zone = datetime.timezone(datetime.timedelta(hours=2))
    moment = datetime.datetime(2024, 1, 1, 1, 30, tzinfo=zone)
    assert cells.moment_of(moment) == np.datetime64("2023-12-31T23:30")
    assert cells.date_of("9999-12-31T23:59-12:00") is None  # beyond all dates
    assert cells.date_of("12/31/2024", "mdy") == datetime.datetime(2024, 12, 31)
    assert cells.date_of("31/12/2024", "mdy") is None


def test_a_csv_file_and_a_frame_give_the_same_columns():
    text = "n,t,d,e\n1.5,x,2024-01-02,\n,,,\n2,y,2024-03-04,\n"
    days = [datetime.date(2024, 1, 2), None, datetime.date(2024, 3, 4)]
    frame = pd.DataFrame(
        {"n": [1.5, None, 2], "t": ["x", None, "y"], "d": days, "e": [None] * 3}, dtype=object
    )
    table = parse_csv(text)
    for one, other in zip(table.select(table.names), read_frame(frame), strict=True):
        assert (one.name, one.kind) == (other.name, other.kind)
        np.testing.assert_array_equal(one.missing, other.missing)
        np.testing.assert_array_equal(one.values, other.values)
