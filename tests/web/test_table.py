"""A table of one's own becomes points, or the answer says what is wrong with it."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurona.tables import file as tables
from neurona.web import table as web_table
from neurona.web.code import program
from neurona.web.errors import PlaygroundError
from neurona.web.notebook import notebook
from neurona.web.setup import LIMITS, Setup
from neurona.web.table import read_table

PETS = "name,kilos,height,kind\nTom,4,25,cat\nRex,30,60,dog\nMia,3,23,cat\nBo,17,41.5,dog\n"


@pytest.fixture
def session(session_of):
    return session_of(None)


def test_the_first_numbers_are_the_inputs_and_the_last_column_the_target():
    data, choice = read_table(PETS)
    assert (choice.x1, choice.x2, choice.target) == ("kilos", "height", "kind")
    assert choice.columns == {"name": False, "kilos": True, "height": True, "kind": False}
    places = np.array(data.points)[:, :2]
    assert places.min(axis=0).tolist() == [-1, -1]
    assert places.max(axis=0).tolist() == [1, 1]
    assert [label for *_, label in data.points] == [0, 1, 0, 1]
    assert not data.regression


def test_other_columns_may_be_chosen():
    data, choice = read_table(PETS, x1="height", target="kind")
    assert (choice.x1, choice.x2) == ("height", "kilos")
    data, choice = read_table("a,b,c,kind\n1,2,0.5,x\n2,3,1.5,y\n3,5,9.5,x\n", target="c")
    assert (choice.x1, choice.x2, choice.target) == ("a", "b", "c")
    assert data.regression
    assert [round(value, 3) for *_, value in data.points] == [-1, -0.778, 1]


def test_a_spanish_spreadsheet_and_a_constant_column():
    data, _ = read_table("a;b;c\n1,5;7;0\n2,5;7;1\n")
    assert data.points == ((-1, 0, 0), (1, 0, 1))


@pytest.mark.parametrize(
    ("text", "code", "en", "es"),
    [
        ("", "empty", "is empty", "está vacía"),
        ("a,b\n1,2\n", "few_columns", "2 column", "2 columna"),
        ("1,2.5,3\n4,5,6\n", "header", "has numbers", "tiene números"),
        ("a,,c\n1,2,3\n", "unnamed", "no name", "no tiene nombre"),
        ("a,a,c\n1,2,3\n", "twice", "both named", "dos columnas"),
        ("a,b,c\n", "no_rows", "nothing below", "solo tiene"),
        ("a,b,c\n1,2\n", "ragged", "2 cells", "2 celdas"),
        ("a,b,c\n1,,0\n", "missing", "cell is empty", "está vacía"),
        ("a,b,c\n1,nan,0\n2,2,1\n", "not_finite", "not finite", "número finito"),
        ("a,b,c\n1,2,0\n2,3,0\n", "one_class", "one class", "una sola clase"),
        ("a,b,c\n1,2,0\n2,3,x\n", "mixed", "is text", "es texto"),
        ('a,b,c\n1,"2,0\n', "quotes", "quotes", "comillas"),
    ],
)
def test_a_wrong_table_is_refused_in_both_languages(text, code, en, es):
    with pytest.raises(PlaygroundError) as caught:
        read_table(text)
    assert caught.value.__cause__.code == code
    assert en in caught.value.message["en"]
    assert es in caught.value.message["es"]


def test_columns_that_are_not_there_or_hold_text():
    for chosen, said in [
        ({"x1": "weight"}, "no column 'weight'"),
        ({"target": "weight"}, "no column 'weight'"),
        ({"x1": "name"}, "is not a number"),
        ({"x1": "kilos", "x2": "kilos"}, "three different"),
        ({"x1": "kind"}, "three different"),
    ]:
        with pytest.raises(PlaygroundError) as caught:
            read_table(PETS, **chosen)
        assert said in caught.value.message["en"]
    with pytest.raises(PlaygroundError, match="two columns of numbers"):
        read_table("a,b,c\nx,1,0\ny,2,1\n")


def test_too_many_rows_and_too_many_classes():
    with pytest.raises(PlaygroundError) as caught:
        read_table("a,b,c\n" + "1,2,0\n" * 100_000)
    assert "100,001 rows" in caught.value.message["en"]
    with pytest.raises(PlaygroundError, match="2,001 rows"):
        read_table("a,b,c\n" + "".join(f"{i},{i},{i % 2}\n" for i in range(2001)))
    with pytest.raises(PlaygroundError) as caught:
        read_table("a,b,c\n" + "".join(f"{i},{i},{i % 7}\n" for i in range(70)))
    assert "7 clases" in caught.value.message["es"]


def test_every_code_of_the_reader_is_said_in_spanish():
    text = Path(tables.__file__).read_text(encoding="utf-8")
    documented = text.split("code\n        ``")[1].split("facts\n")[0]
    codes = {word for word in documented.replace('"', "`").split("`") if word.isidentifier()}
    assert codes - {"encoding", "too_large", "or"} == set(web_table._SPANISH)  # a message is text


cells = st.integers(-1000, 1000).map(str)
kinds = st.sampled_from(["cat", "dog", "hen"])
pets = st.lists(st.tuples(cells, cells, kinds), min_size=1, max_size=12)


@given(pets, st.sampled_from(",;\t"))
def test_a_table_becomes_points_within_the_plane_or_a_playground_error(rows, separator):
    text = "\n".join(map(separator.join, [("a", "b", "kind"), *rows]))
    names = sorted({kind for *_, kind in rows})
    if len(names) == 1:
        with pytest.raises(PlaygroundError, match="class"):
            read_table(text)
        return
    data, choice = read_table(text)
    assert (choice.x1, choice.x2, choice.target) == data.columns == ("a", "b", "kind")
    assert data.class_names == tuple(names)
    assert [label for *_, label in data.points] == [names.index(kind) for *_, kind in rows]
    for column in (0, 1):
        values = np.array([float(row[column]) for row in rows])
        middle, half = (values.max() + values.min()) / 2, (np.ptp(values) / 2) or 1
        placed = [point[column] for point in data.points]
        np.testing.assert_allclose(placed, (values - middle) / half, atol=1e-4)


@given(pets, st.data())
def test_a_table_with_a_wrong_character_is_read_or_refused_in_both_languages(rows, data):
    whole = [("a", "b", "kind"), *rows, ("1", "2", "cat"), ("3", "4", "dog")]
    text = "\n".join(map(",".join, whole))
    at = data.draw(st.integers(0, len(text)))
    text = text[:at] + data.draw(st.characters() | st.sampled_from("\"',;\n\r\x00")) + text[at:]
    refused, points = None, []
    try:
        points = read_table(text)[0].points
    except PlaygroundError as error:
        refused = error
    if refused:
        assert refused.code == "table"
        assert refused.message["es"] != refused.message["en"]
    else:
        assert 2 <= len(points) <= len(whole)
        assert np.abs(np.array(points)[:, :2]).max() <= 1


def test_a_table_has_as_many_rows_as_the_playground_shows():
    row = ["1,2,cat", "3,4,dog"]
    most = LIMITS["points"]
    data, _ = read_table("\n".join(["a,b,kind", *row * (most // 2)]))
    assert len(data.points) == most == 2000
    with pytest.raises(PlaygroundError, match="2,001 rows"):
        read_table("\n".join(["a,b,kind", *row * (most // 2), row[0]]))


def test_a_table_is_trained_on(session):
    (run, _), (told, _) = session.handle({"type": "table", "text": PETS * 1})
    assert run["type"] == "run"
    assert run["setup"]["data"]["kind"] == "own"
    assert run["setup"]["data"]["columns"] == ("kilos", "height", "kind")
    assert run["setup"]["data"]["class_names"] == ("cat", "dog")
    assert told["type"] == "table"
    assert told["target"] == "kind"
    again = session.handle({"type": "setup", "setup": run["setup"]})
    assert again == []  # the same set-up: nothing begins anew


def test_a_table_of_numbers_is_a_regression(session):
    text = "a,b,c\n" + "".join(f"{i},{i * i},{i / 7}\n" for i in range(40))
    (run, arrays), _ = session.handle({"type": "table", "text": text})
    assert run["classes"] == 0
    assert run["output_activation"] == "linear"
    session.handle({"type": "step"})
    assert arrays["labels"].min() == -1


def test_classes_keep_their_names_with_points_placed_by_hand(session):
    session.handle({"type": "table", "text": PETS})
    ((run, _),) = session.handle({"type": "point", "x": 0, "y": 0, "label": 2})
    assert run["classes"] == 3
    assert run["setup"]["data"]["class_names"] == ("cat", "dog")


def test_classes_that_are_numbers_keep_those_numbers_and_quantities_have_no_names():
    text = "a,b,kind\n1,2,3\n2,3,7\n3,4,3\n"
    data, _ = read_table(text)
    assert data.class_names == ("3", "7")
    assert [label for *_, label in data.points] == [0, 1, 0]
    data, _ = read_table(text.replace("7", "7.5"))
    assert data.regression
    assert data.class_names == ()


def test_a_long_name_is_cut_to_what_a_set_up_takes():
    long = "Iris " * 20 + "setosa"
    data, _ = read_table(PETS.replace("cat", long).replace("kilos", long))
    for name in (data.class_names[0], data.columns[0]):
        assert len(name) == LIMITS["letters"]
        assert name.endswith("…")
    again = Setup.from_json({"data": asdict(data)})
    assert again.data == data


@pytest.mark.parametrize("wrong", ["cat", ["cat", 1], [None], ["a" * 41], ["a"] * 6, {"0": "cat"}])
def test_names_that_are_none_are_refused(wrong):
    with pytest.raises(PlaygroundError) as refused:
        Setup.from_json({"data": {"class_names": wrong}})
    assert refused.value.field.startswith("data.class_names")
    assert refused.value.message["es"] != refused.value.message["en"]


def test_the_program_tells_the_names_of_the_classes(session):
    nasty = 'x\u2028\r0)\\"""\x00\ud800\x0c'
    session.handle({"type": "table", "text": PETS})
    setup = session.run.task.setup.to_json()
    assert "# 0: cat, 1: dog\n" in program(session.run.view)
    for name in ("class_names", "columns"):
        setup["data"][name] = [nasty, "ok"]
    session.handle({"type": "setup", "setup": setup})
    text = program(session.run.settle())
    assert "1: ok" in text
    compile(text.encode(), "playground.py", "exec")
    json.loads(notebook(session.run.view))


def test_a_refused_table_leaves_the_run_as_it_is(session):
    before = session.run.task
    for message in [
        {"type": "table"},
        {"type": "table", "text": 3},
        {"type": "table", "text": PETS, "x1": ["kilos"]},
        {"type": "table", "text": "nonsense"},
    ]:
        ((content, _),) = session.handle(message)
        assert content["type"] == "error"
        assert session.run.task is before
