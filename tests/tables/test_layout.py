"""The layout of a CSV text: tables as other programs write them, and texts that are not tables."""

import bz2
import csv
import gzip
import io
from time import process_time

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from neurona.tables.csv import parse_csv
from neurona.tables.encoding import decoded, encoding_of, unpacked
from neurona.tables.file import TableError, line_of
from neurona.tables.layout import layout_of

NAMES, CELLS = ["kilos", "kind"], [["4.5", "cat"], ["30", "dog"], ["4", "cat"]]
PETS = "kilos,kind\n4.5,cat\n30,dog\n4,cat\n"
R = '"kilos" "kind"\n"1" 4.5 "cat"\n"2" 30 "dog"\n"3" 4 "cat"\n'
COUNTS = "column 1 has no name and counts the rows: it is left out"
HOLLOW = "column 3 has neither a name nor cells: it is left out"


def numbered(text, header="", first=0):
    head, *rows = text.splitlines()
    return "\n".join([header + head, *(f"{first + i},{row}" for i, row in enumerate(rows))]) + "\n"


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        (PETS, []),
        (numbered(PETS, ","), [COUNTS]),
        (numbered(PETS, '"",', first=1), [COUNTS]),
        (",kilos,kind\nTom,4.5,cat\nRex,30,dog\nMia,4,cat\n", [COUNTS.replace("counts", "names")]),
        (",kilos,kind\n7,4.5,cat\n2,30,dog\n5,4,cat\n", [COUNTS.replace("counts", "names")]),
        (",kilos,kind\n0,4.5,cat\n1,30,dog\n0,4,cat\n", [COUNTS]),  # two frames, joined
        (
            ",,kilos,kind\na,1,4.5,cat\na,2,30,dog\nb,1,4,cat\n",
            ["columns 1 to 2 have no name and name the rows: they are left out"],
        ),
        (
            numbered(PETS, first=1),
            ["the first cell of a row has no name and counts the rows: it is left out"],
        ),
        (
            R,
            [
                "the cells are separated by blanks",
                "the first cell of a row has no name and counts the rows: it is left out",
            ],
        ),
        (PETS.replace("\n", ",\n"), [HOLLOW]),
        (PETS.replace("t\n", "t,\n").replace("g\n", "g,\n"), [HOLLOW]),
        (PETS.replace("kind\n", "kind,\n"), [HOLLOW]),
        (
            PETS.replace("\n", ",,\n"),
            ["columns 3, 4 have neither a name nor cells: they are left out"],
        ),
        (PETS.replace(",", ",,"), [HOLLOW.replace("3", "2")]),
        ("sep=;\n" + PETS.replace(",", ";"), []),
        ("SEP=,\r\n" + PETS, []),
        ('"sep=|"\n' + PETS.replace(",", "|"), []),
        ("sep=:\n" + PETS.replace(",", ":"), []),
        (PETS.replace(",", "|"), []),
        (PETS.replace(",", "  "), ["the cells are separated by blanks"]),
        (
            "Pets\nMay\n" + PETS.replace(",", " "),
            [
                "what stands above the header is skipped: 'Pets May'",
                "the cells are separated by blanks",
            ],
        ),
        ("# on 1 May,\n#\n" + PETS, ["what stands above the header is skipped: 'on 1 May,'"]),
        ("# kilos,kind" + PETS[10:].replace("cat", "1").replace("dog", "0"), []),
        ("Pets\n\n" + PETS, ["what stands above the header is skipped: 'Pets'"]),
        (
            "Pets,\nof May,\n" + PETS,
            ["what stands above the header is skipped: 'Pets, of May,'"],
        ),
        ('"kilos" ,"kind" \n"4.5" ,"cat"\n"30","dog"  \n"4" , "cat"\n', []),
        (PETS.replace("\n", "\r"), []),
        ("kilos,kind\r4.5,cat\n30,dog\r\n4,cat", []),
        ("\ufeff" + PETS, []),
    ],
)  # fmt: skip
def test_a_table_as_others_write_it_is_read_and_written_again(text, notes):
    table = parse_csv(text)
    cells = [[{"1": "cat", "0": "dog"}.get(cell, cell) for cell in row] for row in table.cells]
    assert (table.names, cells, table.notes) == (NAMES, CELLS, notes)
    written = table.to_csv({"predicted kind": np.array(["a b", "c,d;e", ""])}).decode()
    assert written.startswith(table.before)
    again = parse_csv(written)
    assert again.names == [*NAMES, "predicted kind"]
    assert [row[:-1] for row in again.cells] == table.cells
    assert [row[-1] for row in again.cells] == ["a b", "c,d;e", ""]
    assert [note for note in again.notes if "neither" not in note] == [
        note for note in notes if "neither" not in note
    ]


@pytest.mark.parametrize("name", ["Unnamed: 0", "Unnamed: 0.1", "...1"])
def test_a_name_that_pandas_or_readr_gave_to_an_index(name):
    assert parse_csv(numbered(PETS, f"{name},")).counting == [name]
    assert parse_csv(f"{name},kilos,kind\n3,4,cat\n3,5,dog\n4,5,dog\n").counting == []


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("1100.5,1102.5,y", "50,5,yes\n49,5,no\n52,4,yes\n"),  # far from the cells below
        ("400,410,420,y", "50,405,415,yes\n49,500,1,no\n"),  # in equal steps
        ("1.5,2.5,y", "1,2,0.5\n2,3,0.5\n"),  # beside a name of numbers
        ("0,1,2,3,label", "5,6,0,1,cat\n4,5,0,0,dog\n"),
        ("0,1", "0,5\n1,6\n"),
    ],
)
def test_numbers_may_be_names(header, rows):
    if header == "0,1":  # beside an index, which only a header leaves without a name
        header, rows = f",{header}", "".join(f"{i},{row}\n" for i, row in enumerate(rows.split()))
    assert parse_csv(f"{header}\n{rows}").names == header.strip(",").split(",")


def test_names_of_rows_without_a_name_of_their_own():
    subset = '"x","y"\n"3",1.5,2\n"7",2.5,4\n'  # R's write.table of some rows
    assert parse_csv(subset).cells == [["1.5", "2"], ["2.5", "4"]]
    with pytest.raises(TableError, match="line 2 has 3 cells, expected 2"):  # decimal commas?
        parse_csv(subset.replace('"', ""))


def test_names_and_cells_that_hold_other_delimiters_between_blanks():
    text = '"a" "b, c" "p"\n"1" 2 "x, y"\n"2" 3 "x, z"\n'
    assert parse_csv(text + '"3" 4 "y, z"\n').names == ["a", "b, c", "p"]


def test_a_title_and_a_comment_above_dates():
    for above in ("Pets", "# a, b"):
        assert parse_csv(f"{above}\nborn,kind\n2020-01-02,cat\n1.2.2021,dog\n").names == [
            "born",
            "kind",
        ]


def test_numbers_that_the_model_knows_are_names():
    text = "1100.5,1102.5\n0.5,0.6\n"
    assert parse_csv(text, needed=["1102.5"]).cells == [["0.5", "0.6"]]
    with pytest.raises(TableError, match=r"line 1 has numbers \('1100.5', '1102.5'\)"):
        parse_csv(text, needed=["kind"])


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ('id,"height; cm","weight; kg"', "1,2,3\n4,5,6\n"),
        ('id,"height; cm","weight; kg"', '1,"2; a","3; b"\n4,"5; c","6; d"\n'),
        ('"name; first","name; last",x', "1,2,3\n"),
        ('id,"a\tb","c\td"', "1,2,3\n4,5,6\n"),
        ('"height, cm";"weight, kg"', "1,5;2,5\n3,5;4,5\n"),
        ("height, cm;weight, kg", "1,5;2,5\n3,5;4,5\n"),
        ("id,films", "1,Alien|Heat\n2,Up|It\n"),
        ('"a|b"\t"c|d"', '"1|2"\t"3|4"\n'),
    ],
)
def test_a_delimiter_within_quotes_or_texts_separates_nothing(header, rows):
    sign = next(sign for sign in "\t;," if sign in header.replace('"', "").replace("\\t", ""))
    sign = "," if header.startswith(("id", '"name')) else sign
    expected = list(csv.reader(io.StringIO(f"{header}\n{rows}"), delimiter=sign))
    table = parse_csv(f"{header}\n{rows}")
    assert [table.names, *table.cells] == expected


def test_one_column():
    table = parse_csv('a\n1\n\n3\n""\n  \n5\n\n')
    assert table.cells == [["1"], [""], ["3"], [""], [""], ["5"]]
    assert table.lines == [2, 3, 4, 5, 6, 7]
    assert table.delimiter == ","
    assert table.to_csv({}) == b'a\n1\n""\n3\n""\n""\n5\n'
    assert parse_csv("a\n1\n\n\n\n").notes == ["the 3 blank lines at the end are not rows"]
    assert parse_csv('a\n1\n""\n""\n').cells == [["1"], [""], [""]]
    assert parse_csv("a\n1,5\n2,5\n").cells == [["1,5"], ["2,5"]]
    assert parse_csv("a name\nAda Lovelace\nAlan Turing\n").names == ["a name"]
    assert parse_csv("a\r\r\n1\r\r\n2\r\r\n").cells == [["1"], ["2"]]
    assert parse_csv('"x"\n"1",5.1\n"2",4.9\n').cells == [["5.1"], ["4.9"]]  # R


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (",a\n5.5,1\n2.5,2\n3.5,3\n", "line 1: column 1 has no name"),  # these are data
        ("a,,b\n1,2,3\n", "line 1: column 2 has no name"),
        ("a,b\n1,5,2\n3,5,4\n2,5,3\n", "line 2 has 3 cells, expected 2"),  # decimal commas
        ("cat,long\ndog,short\ncat,long\n", r"line 1 is like the rows below it \('cat', 'long'\)"),
        ("x,y\n1,2\nx,y\n3,4\n", "delete it where it is repeated"),
        ("# a,b\nTom,cat\nRex,dog\n", "line 1 begins with #, and may be a comment or the names"),
        ("5.1,3.5,1.4,a\n4.9,3.0,1.4,b\n4.7,3.2,1.3,c\n", "line 1 has numbers"),
        ("1,2,3\n4,5,6\n", "line 1 has numbers"),
        ("a,b\n1,\0\n", "line 2 has a NUL byte"),
        ("<!DOCTYPE html>\n<html>", "is an HTML page, and not a CSV file"),
        ("<?xml version='1.0'?>", "is XML, and"),
        ('[{"a": 1}, {"a": 2}]', "is JSON, and"),
        ('{\n  "a": [1, 2]\n}', "is JSON, and"),
        ("PK\3\4...", "is an Excel workbook or another zip archive"),
    ],
)
def test_what_could_be_read_in_two_ways_or_is_not_a_table_is_refused(text, said):
    with pytest.raises(TableError, match=said):
        parse_csv(text)


# Bytes


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-16", "utf-16"),
        ("utf-32", "utf-32"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-8", "utf-8"),
    ],
)
def test_an_encoding_is_found_and_kept(encoding, found):
    text = PETS.replace("cat", "猫").replace("kind", "año")
    data = text.encode(encoding)
    assert encoding_of(data) == found
    table = parse_csv(decoded(data), found)
    assert table.names == ["kilos", "año"]
    assert table.to_csv({}) == data


def test_a_mark_with_the_big_end_first_is_kept():
    data = ("\ufeff" + PETS).encode("utf-16-be")
    table = parse_csv(decoded(data), encoding_of(data))
    assert (table.names, table.to_csv({})) == (NAMES, data)


def test_gzip():
    assert unpacked(gzip.compress(PETS.encode())) == PETS.encode()
    assert unpacked(PETS.encode()) == PETS.encode()
    with pytest.raises(TableError, match="is a damaged gzip file"):
        unpacked(gzip.compress(PETS.encode())[:-9])
    with pytest.raises(TableError) as caught:
        unpacked(gzip.compress(bytes(1_000_000)), 1000)
    assert caught.value.code == "too_large"


def test_another_format_is_named():
    workbook, packed = io.BytesIO(), bz2.compress(b"a,b")
    pd.DataFrame({"a": [1]}).to_parquet(workbook)
    for data, said in (
        (workbook.getvalue(), "is a Parquet file, and not a CSV file: export it as CSV"),
        (packed, "is a bzip2 archive, and not a CSV file: unpack it"),
        (b"PK\3\4....xl/workbook.xml", "is an Excel workbook, .*: export it as CSV"),
        (b"PK\3\4..mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "OpenDocument"),
        (b"PK\3\4....pets.csv", "is a zip archive, and not a CSV file: unpack it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an Excel workbook"),
    ):
        with pytest.raises(TableError, match=said):
            decoded(data)


def test_a_run_of_blanks_does_not_take_the_square_of_its_length():
    def seconds(blanks):
        text = "a,b\n" + f"1,{' ' * blanks}x\n" * 5
        begin = process_time()
        assert layout_of(text).cells == [["1", "x"]] * 5
        return process_time() - begin

    assert seconds(8_000) < 60 * max(seconds(1_000), 1e-3)


# Any table

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6).map(str.strip)
words = st.text("abcdefghijñ 日", min_size=1, max_size=6).map(str.strip).filter(bool)
numbers = st.floats(-1e6, 1e6).map(lambda x: f"{x:.4g}") | st.integers(0, 99).map(str)


@st.composite
def tables(draw, names=texts, cells=texts, fewest=1):
    header = draw(st.lists(names.filter(bool), min_size=fewest, max_size=4, unique=True))
    width = len(header)
    rows = st.lists(cells, min_size=width, max_size=width)
    return header, draw(st.lists(rows, min_size=1, max_size=6))


@given(
    tables(texts.map("n{}".format).map(str.strip)),
    st.sampled_from(",;\t| "),
    st.sampled_from(["\n", "\r\n"]),
)
@example((["na\rb"], [["a\rb"]]), ",", "\n")
@example((["n"], [["a\x1fb"]]), ",", "\n")
@example((["na", "nb"], [["#", ""], ["", "a;b"]]), ",", "\n")
def test_what_is_written_is_read(table, delimiter, end):
    header, rows = table
    assume(delimiter != " " or len(header) > 1)
    assume(not all(any(row[i] == name for row in rows) for i, name in enumerate(header)))
    if delimiter == " ":  # is looked for where numbers tell that it separates
        header, rows = [*header, "zahl"], [[*row, str(i)] for i, row in enumerate(rows)]
    text = "".join(line_of(line, delimiter) + end for line in [header, *rows])
    layout = layout_of(text)
    assert [layout.names, *layout.rows] == [header, *rows]


@given(
    table=tables(words, words | numbers | st.just(""), 2),
    sep=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    index=st.booleans(),
    label=st.sampled_from([None, "nr"]),
)
def test_what_pandas_writes_is_read(table, sep, quoting, encoding, end, index, label):
    header, rows = table
    assume(not all(any(row[i] == name for row in rows) for i, name in enumerate(header)))
    frame = pd.DataFrame(rows, columns=header)
    text = frame.to_csv(
        sep=sep, quoting=quoting, lineterminator=end, index=index, index_label=label
    )
    layout = layout_of(decoded(text.encode(encoding)))
    if index and label:
        header, rows = [label, *header], [[str(i), *row] for i, row in enumerate(rows)]
    assert [layout.names, *layout.cells] == [header, *rows]
    assert layout.notes == ([COUNTS] if index and not label else [])
    assert layout.delimiter == sep
