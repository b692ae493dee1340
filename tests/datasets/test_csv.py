"""Tables from CSV files: odd files that are read, and wrong files that say what is wrong."""

from __future__ import annotations

import codecs
import csv
import gzip

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from neurona.datasets import Table, read_csv

PETS = "kilos,height,kind\n4.5,25,cat\n30,60,dog\n4,23,cat\n"


@pytest.fixture
def read(tmp_path):
    """Write text or bytes to a file and read it as a table."""

    def write_and_read(content, **keywords):
        path = tmp_path / "pets.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_csv(path, **keywords)

    return write_and_read


@pytest.fixture
def refusal(read, tmp_path):
    """Give the message of the ValueError that a file brings, without the name of the file."""

    def message_of(content, **keywords):
        with pytest.raises(ValueError) as error:
            read(content, **keywords)
        prefix = f"{tmp_path / 'pets.csv'}: "
        assert str(error.value).startswith(prefix)
        return str(error.value).removeprefix(prefix)

    return message_of


def assert_pets(table):
    assert table.columns == ("kilos", "height")
    assert table.target == "kind"
    assert table.classes == ("cat", "dog")
    assert (table.X.dtype, table.y.dtype) == (np.float64, np.int64)
    assert table.X.flags.c_contiguous
    np.testing.assert_array_equal(table.X, [[4.5, 25], [30, 60], [4, 23]])
    np.testing.assert_array_equal(table.y, [0, 1, 0])


@pytest.mark.parametrize(
    "content",
    [
        PETS,
        PETS.rstrip("\n"),
        PETS.replace("\n", "\r\n"),
        PETS.replace("\n", "\r"),
        "\n\n" + PETS.replace("\n", "\n  \n") + "\n",
        PETS.replace(",", ";"),
        PETS.replace(",", ";").replace(".", ","),
        PETS.replace(",", "\t"),
        PETS.replace(",", "|"),
        PETS.replace(",", " ,  "),
        PETS.encode("utf-8-sig"),
        PETS.encode("utf-16"),
        PETS.encode("utf-16-le"),
        gzip.compress(PETS.encode()),
        "sep=,\n" + PETS,
        ",kilos,height,kind\n0,4.5,25,cat\n1,30,60,dog\n2,4,23,cat\n",
        "Unnamed: 0,kilos,height,kind\n0,4.5,25,cat\n1,30,60,dog\n2,4,23,cat\n",
        codecs.BOM_UTF16_BE + PETS.encode("utf-16-be"),
        '"kilos","height","kind"\n"4.5","25","cat"\n"30","60","dog"\n"4","23","cat"\n',
        '"kilos";"height";"kind"\n"4,5";"25";"cat"\n"30";"60";"dog"\n"4";"23";"cat"\n',
        'kilos, height, "kind"\n4.5, 25, "cat"\n30, 60, "dog"\n4, 23, "cat"\n',
        PETS.replace("4.5", "45e-1").replace("30", "+30.0"),
    ],
    ids=[
        "plain",
        "no newline at the end",
        "Windows",
        "old Macintosh",
        "blank lines",
        "semicolons",
        "decimal commas",
        "tabs",
        "bars",
        "spaces",
        "byte order mark",
        "UTF-16",
        "UTF-16 without a mark",
        "gzip",
        "Excel's first line",
        "index",
        "index, read and written",
        "UTF-16, big end first",
        "quotes",
        "quotes and decimal commas",
        "quotes after spaces",
        "other ways to write numbers",
    ],
)
def test_one_table_in_many_spellings(read, content):
    assert_pets(read(content))


def test_another_encoding_is_said(tmp_path):
    path = tmp_path / "years.csv"
    path.write_bytes("año,mes,tamaño\n1,1,€\n2,2,größer\n".encode("cp1252"))
    table = read_csv(path, encoding="cp1252")
    assert (table.columns, table.classes) == (("año", "mes"), ("größer", "€"))
    with pytest.raises(ValueError, match="line 1, byte 2: 0xf1 is not ASCII"):
        read_csv(path, encoding="ascii")


def test_names_and_classes_may_hold_delimiters_quotes_newlines_and_accents(read):
    table = read('"peso, kg",año,"the ""kind""\nof it"\n1,2,"cat, black"\n3,4,größer\n')
    assert table.columns == ("peso, kg", "año")
    assert table.target == 'the "kind"\nof it'
    assert table.classes == ("cat, black", "größer")


def test_the_delimiter_is_what_splits_the_header_into_most_names(read):
    table = read("weight, kg\theight, cm\tkind\n1\t2\tcat\n3\t4\tdog\n")
    assert table.columns == ("weight, kg", "height, cm")


def test_the_target_may_be_any_column(read):
    table = read("kind,kilos,height\ncat,4.5,25\ndog,30,60\ncat,4,23\n", target="kind")
    assert_pets(table)
    table = read("kilos,height,age\n4.5,25,1\n30,60,2\n", target="kilos")
    assert (table.columns, table.target, table.classes) == (("height", "age"), "kilos", None)
    np.testing.assert_array_equal(table.y, [4.5, 30])
    assert table.y.dtype == np.float64


def test_the_features_can_be_chosen(read):
    table = read(PETS.replace("kilos", "Unnamed: 0"), columns=["Unnamed: 0"])
    assert table.columns == ("Unnamed: 0",)
    with pytest.raises(ValueError, match=r"has no column 'heigth', .* did you mean 'height'"):
        read(PETS, columns=["heigth"])
    for none in ([], ["kind"]):
        with pytest.raises(ValueError, match=r"expected a column or more beside the target 'kind'"):
            read(PETS, target="kind", columns=none)
    with pytest.raises(ValueError, match=r"columns is 'height': give a list of names, such as \["):
        read(PETS, columns="height")


def test_a_path_may_be_text(tmp_path):
    (tmp_path / "pets.csv").write_text(PETS)
    assert_pets(read_csv(str(tmp_path / "pets.csv")))


def with_target(cells):
    return "a,b,t\n" + "".join(f"{i},{i},{cell}\n" for i, cell in enumerate(cells))


@pytest.mark.parametrize(
    ("cells", "kind", "classes", "y"),
    [
        (["b", "a", "b"], "auto", ("a", "b"), [1, 0, 1]),
        ([10, 9, 10], "auto", ("9", "10"), [1, 0, 1]),
        (["1.0", "1", "-2"], "auto", ("-2", "1", "1.0"), [2, 1, 0]),
        ([*range(20)] * 2, "auto", tuple(map(str, range(20))), [*range(20)] * 2),
        ([*range(21)] * 2, "auto", None, [*range(21)] * 2),
        (range(20), "auto", None, range(20)),
        ([0, 1], "auto", ("0", "1"), [0, 1]),
        ([0.5, 1, 0], "auto", None, [0.5, 1, 0]),
        ([0.5, 1, 0.5], "classes", ("0.5", "1"), [0, 1, 0]),
        (range(21), "classes", tuple(map(str, range(21))), range(21)),
        (["1", "x", "10"], "classes", ("1", "10", "x"), [0, 2, 1]),
        (["b", "a"], "classes", ("a", "b"), [1, 0]),
        ([0, 1, 0], "numbers", None, [0, 1, 0]),
        ([7, 7], "numbers", None, [7, 7]),
    ],
)
def test_what_the_target_holds(read, cells, kind, classes, y):
    table = read(with_target(cells), kind=kind)
    assert table.classes == classes
    np.testing.assert_array_equal(table.y, list(y))
    assert table.y.dtype == (np.float64 if classes is None else np.int64)


finite = st.floats(allow_nan=False, allow_infinity=False)
names = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z", "N"]), min_size=1, max_size=8
)


@settings(deadline=None, max_examples=50)
@given(
    delimiter=st.sampled_from(",;\t"),
    classes=st.lists(names, min_size=2, max_size=5, unique=True),
    data=st.data(),
)
def test_what_was_written_is_read(tmp_path_factory, delimiter, classes, data):
    words = [name for name in classes if not name.casefold().startswith(("nan", "inf"))]
    assume(len(words) >= 2)
    rows = data.draw(st.lists(st.tuples(finite, finite, finite), min_size=2, max_size=20))
    kinds = [words[i % len(words)] for i in range(len(rows))]
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(["x1", "x2", "x3", "kind"])
        writer.writerows([*row, kind] for row, kind in zip(rows, kinds, strict=True))
    table = read_csv(path, target="kind")
    np.testing.assert_array_equal(table.X, rows)
    assert table.classes == tuple(sorted(set(kinds)))
    assert [table.classes[i] for i in table.y] == kinds


def test_a_table_is_frozen_and_prints_without_its_numbers(read):
    table = read(PETS)
    assert (
        repr(table) == "Table(columns=('kilos', 'height'), target='kind', classes=('cat', 'dog'))"
    )
    with pytest.raises(AttributeError):
        table.X = table.X
    assert isinstance(table, Table)
    assert table != read(PETS)  # identity: arrays have no one answer to ==


def test_no_such_file(tmp_path):
    (tmp_path / "Iris.csv").write_text(PETS)
    with pytest.raises(FileNotFoundError) as error:
        read_csv(tmp_path / "irs.csv")
    assert str(error.value) == (
        f"{tmp_path / 'irs.csv'}: there is no such file in {tmp_path.resolve()}; "
        "did you mean 'Iris.csv'?"
    )


@pytest.mark.parametrize("name", ["pets.csv", "folder/pets.csv"])
def test_no_such_file_and_none_like_it(tmp_path, name):
    with pytest.raises(FileNotFoundError) as error:
        read_csv(tmp_path / name)
    folder = (tmp_path / name).parent.resolve()
    assert str(error.value) == (
        f"{tmp_path / name}: there is no such file in {folder}; check the name and the folder"
    )


def test_a_folder(tmp_path):
    with pytest.raises(IsADirectoryError) as error:
        read_csv(tmp_path)
    assert str(error.value) == (
        f"{tmp_path}: is a folder, expected a table; pass the path of a file"
    )


def test_an_unknown_kind(read):
    with pytest.raises(ValueError) as error:
        read(PETS, kind="class")
    assert str(error.value) == "kind is 'class': expected one of auto, classes, numbers"


FEATURE = (
    "mend it, delete the column, pass target='b' to predict it, "
    "or give each category a column of 0 and 1"
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty: expected a line with the names of the columns, then the rows"),
        ("\n \n", "is empty: expected a line with the names of the columns, then the rows"),
        (
            "a,b,t\n",
            "has a header and nothing below it: expected a row for each example",
        ),
        (
            "5.1,3.5,setosa\n4.9,3,setosa\n",
            "line 1 has numbers ('5.1', '3.5'): expected the names of the columns; "
            "add a first line with them, for example x1,x2,label",
        ),
        (
            "\n1;2;3\n4;5;6\n",
            "line 2 has numbers ('1', '2', '3'): expected the names of the columns; "
            "add a first line with them, for example x1,x2,label",
        ),
        (
            "a,t\n1,x\n",
            "line 1 names 2 column(s), 'a', 't': expected two features or more and the target, "
            "separated by commas, semicolons or tabs",
        ),
        (
            "a/b/t\n1/2/x\n",
            "line 1 names 1 column(s), 'a/b/t': expected two features or more and the target, "
            "separated by commas, semicolons or tabs",
        ),
        ("a,,t\n0,1,x\n", "line 1: column 2 has no name; name it or delete the column"),
        (
            "a,b,a\n1,2,x\n",
            "line 1: columns 1 and 3 are both named 'a'; rename one of them",
        ),
        (
            'a,b,t\n1,2,"x\ny"\n3,4\n',
            "line 4 has 2 cells, expected 3 as in the header; "
            "mend the row, and quote each cell that holds a delimiter",
        ),
        (
            "a,b,t\n1,2,x\n3,4,5,y\n",
            "line 3 has 4 cells, expected 3 as in the header; "
            "mend the row, and quote each cell that holds a delimiter",
        ),
        (
            "a,b,t\n1,2,x\n3, ,y\n",
            "line 3, column 'b': the cell is empty; fill it or delete the row",
        ),
        (
            "a,b,t\n1,2,x\n3,4,\n",
            "line 3, column 't': the cell is empty; fill it or delete the row",
        ),
        (
            "a,b,t\n1,red,x\n3,4,y\n",
            f"line 2, column 'b': 'red' is not a number; {FEATURE}",
        ),
        (
            "a,b,t\n1,1_000,x\n3,4,y\n",
            f"line 2, column 'b': '1_000' is not a number; {FEATURE}",
        ),
        (
            "a;b;t\n1;2,5 kg;x\n3;4,5;y\n",
            f"line 2, column 'b': '2,5 kg' is not a number; {FEATURE}",
        ),
        (
            "a,b,t\n1,2,x\n3,nan,y\n",
            "line 3, column 'b': 'nan' is not finite: expected a number; mend or delete the row",
        ),
        (
            "a,b,t\n1,-inf,x\n3,4,y\n",
            "line 2, column 'b': '-inf' is not finite: expected a number; mend or delete the row",
        ),
        (
            "a,b,t\n1,1e999,x\n3,4,y\n",
            "line 2, column 'b': '1e999' is not finite: expected a number; mend or delete the row",
        ),
        (
            "a,b,t\n1,2,0.5\n3,4,nan\n",
            "line 3, column 't': 'nan' is not finite: expected a number; mend or delete the row",
        ),
        (
            "a,b,t\n1,2,0.5\n3,4,?\n",
            "line 3, column 't': '?' is text and other cells are numbers; mend it, or pass "
            "kind='classes' if each is the name of a class",
        ),
        (
            "a,b,t\n1,2,x\n3,4,x\n",
            "column 't' holds one class only, 'x': expected two or more; "
            "add rows of another, or pass target= with the name of another column",
        ),
        (
            "a,b,t\n1,2,3\n",
            "column 't' holds one class only, '3': expected two or more; "
            "add rows of another, or pass target= with the name of another column",
        ),
        (
            'a,b,t\n1,2,x\n3,4,"y\n5,6,z\n',
            "line 3: quotes out of order (unexpected end of data); a cell that begins with a quote "
            "ends with one, and a quote inside of it is doubled",
        ),
        (
            'a,b,t\n1,2,"x"y\n',
            "line 2: quotes out of order (',' expected after '\"'); a cell that begins with a "
            "quote ends with one, and a quote inside of it is doubled",
        ),
        (
            b"a,b,t\n1,2,a\xf1o\n",
            "line 2, byte 6: 0xf1 is not UTF-8; save the file again as UTF-8 "
            '(a spreadsheet calls it "CSV UTF-8"), or name its encoding (--encoding cp1252)',
        ),
        (
            b"\xef\xbb\xbfa,b,\xf1\n",
            "line 1, byte 5: 0xf1 is not UTF-8; save the file again as UTF-8 "
            '(a spreadsheet calls it "CSV UTF-8"), or name its encoding (--encoding cp1252)',
        ),
        (
            b"\xff\xfea",
            "line 1, byte 3: 0x61 is not UTF-16; save the file again as UTF-8 "
            '(a spreadsheet calls it "CSV UTF-8"), or name its encoding (--encoding cp1252)',
        ),
    ],
)
def test_a_wrong_file_says_where_and_how_to_mend_it(refusal, content, message):
    assert refusal(content) == message


def test_text_where_numbers_were_asked_for(refusal):
    assert refusal(PETS, kind="numbers") == (
        "line 2, column 'kind': 'cat' is not a number; mend it, or pass kind='classes' if each is "
        "the name of a class"
    )


@pytest.mark.parametrize(
    ("target", "hint"),
    [
        ("knid", "did you mean 'kind'?"),
        ("KIND", "did you mean 'kind'?"),
        ("zzz", "pass the name of the column to predict"),
        (2, "pass the name of the column to predict"),
    ],
)
def test_a_target_that_is_not_there(refusal, target, hint):
    assert refusal(PETS, target=target) == (
        f"has no column {target!r}, expected one of 'kilos', 'height', 'kind'; {hint}"
    )


def test_a_wide_table_lists_only_its_first_columns(refusal):
    header = ",".join(f"x{i}" for i in range(784))
    listed = ", ".join(f"'x{i}'" for i in range(12))
    row = ",".join("1" * 784)
    assert refusal(f"{header}\n{row}\n", target="label") == (
        f"has no column 'label', expected one of {listed} and 772 more; "
        "pass the name of the column to predict"
    )
