"""Parquet in and out of the commands on tables: types as the file has them, and what is refused."""

import datetime
import gzip
import io
import random
import sys
from decimal import Decimal

import numpy as np
import pytest

import neurona
from neurona import cli
from neurona.tables.columns import Column
from neurona.tables.csv import parse_csv
from neurona.tables.encoding import unpacked
from neurona.tables.file import TableError
from neurona.tables.parquet import arrow_of, parse_parquet, to_parquet
from tests.support.commands import WRONG, refused, run

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

N = 60


def pets(n=N, seed=0):
    """Return a table of every type that can be learned from, with holes, and its kinds."""
    rng = np.random.default_rng(seed)
    dogs = np.arange(n) % 2 == 1

    def holed(cells):
        return [None if rng.random() < 0.1 else cell for cell in cells]

    born = [datetime.date(2010 + k % 9, 1 + k % 8, 11) for k in range(n)]
    kilos = np.where(dogs, 20, 4) * rng.uniform(0.8, 1.2, n)
    return pyarrow.table(
        {
            "kilos": pyarrow.array(holed(kilos.round(2).tolist())),
            "legs": pyarrow.array(holed([4] * n), pyarrow.int8()),
            "price": pyarrow.array(holed([Decimal(k) / 4 for k in range(n)])),
            "coat": pyarrow.array(holed(rng.choice(["long", "short", "wiry"], n).tolist())),
            "breed": pyarrow.array(holed(rng.choice(["a", "b"], n).tolist())).dictionary_encode(),
            "chipped": pyarrow.array(holed((rng.random(n) < 0.5).tolist())),
            "born": pyarrow.array(holed(born)),
            "seen": pyarrow.array(holed([datetime.datetime(2020, 1, 1, k % 24) for k in range(n)])),
            "nothing": pyarrow.nulls(n),
            "kind": pyarrow.array(np.where(dogs, "dog", "cat").tolist()),
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with a table and a model that was learned from it."""
    folder = tmp_path_factory.mktemp("parquet")
    parquet.write_table(pets(), folder / "pets.parquet")
    made = ["--output", str(folder / "m.safetensors"), "--epochs", "30", "--quiet"]
    assert cli.main(["train", str(folder / "pets.parquet"), "--target", "kind", *made]) == 0
    return folder


def read(table):
    out = io.BytesIO()
    parquet.write_table(table, out)
    return parse_parquet(out.getvalue())


# The reader


def test_a_column_is_what_its_type_says():
    raw = read(pets())
    kinds = {column.name: column.kind for column in raw.select(raw.names)}
    assert kinds == {
        "kilos": "number", "legs": "number", "price": "number", "coat": "category",
        "breed": "category", "chipped": "category", "born": "date", "seen": "date",
        "nothing": "empty", "kind": "category",
    }  # fmt: skip
    assert set(raw.column("chipped").values) == {"True", "False", None}
    np.testing.assert_array_equal(raw.column("price").values[-1], 59 / 4)
    assert raw.column("seen").values.dtype == "datetime64[us]"


def test_numbers_and_booleans_can_be_categories_and_texts_no_numbers():
    raw = read(pyarrow.table({"a": [1, 2, None], "b": [1.0, 2.5, None], "t": ["one", "two", "3"]}))
    assert raw.column("a", "category").values.tolist() == ["1", "2", None]
    assert raw.column("b", "category").values.tolist() == ["1", "2.5", None]
    with pytest.raises(TableError, match="row 1, column 't': 'one' is not a finite number"):
        raw.column("t", "number")
    with pytest.raises(TableError, match=r"row 2, column 'x': 'inf' is not a finite number"):
        read(pyarrow.table({"x": [1.0, np.inf]})).column("x")


def test_moments_of_a_time_zone_are_read_as_those_of_utc():
    zone = datetime.timezone(datetime.timedelta(hours=2))
    moment = datetime.datetime(2024, 1, 2, 5, tzinfo=zone)
    raw = read(pyarrow.table({"t": pyarrow.array([moment], pyarrow.timestamp("ns", "+02:00"))}))
    assert raw.column("t").values.tolist() == [datetime.datetime(2024, 1, 2, 3)]


@pytest.mark.parametrize("kind", ["time32[s]", "time32[ms]", "time64[us]", "time64[ns]"])
def test_times_of_day_are_those_of_a_csv(kind):
    cells = pyarrow.array([datetime.time(9, 30), None, datetime.time(21)]).cast(kind, safe=False)
    read_ = read(pyarrow.table({"at": cells})).column("at")
    text = parse_csv("at,b\n9:30,1\n,1\n21:00,1\n").column("at")
    assert (read_.kind, read_.is_time) == (text.kind, text.is_time) == ("date", True)
    np.testing.assert_array_equal(read_.values, text.values)


def test_an_index_of_pandas_without_a_name_is_no_data(tmp_path, capsys):
    frame = pets().to_pandas().drop(columns="nothing")
    frame[frame.index != 3].to_parquet(tmp_path / "t.parquet")
    table = parse_parquet((tmp_path / "t.parquet").read_bytes())
    assert (table.names[-1], table.counting) == ("__index_level_0__", ["__index_level_0__"])
    made = ["--target", "kind", "--epochs", "3", "--quick", "-o", tmp_path / "m.safetensors"]
    code, out, _ = run(capsys, "train", tmp_path / "t.parquet", *made)
    said = "column '__index_level_0__' is an index without a name: it is left out"
    assert (code, said in out.splitlines()) == (0, True)
    assert "__index_level_0__" not in neurona.load(tmp_path / "m.safetensors").feature_names_in_


def test_targets():
    def target(cells, kind="auto"):
        return read(pyarrow.table({"y": cells})).target("y", kind)

    few = target([1, 2, None, 1])
    assert few.is_classes
    assert (few.y.tolist(), few.rows.tolist()) == (["1", "2", "1"], [0, 1, 3])
    assert not target([1, 2], "numbers").is_classes
    assert not target([1.5, 2.0]).is_classes
    assert target([1.5, 2.0], "classes").y.tolist() == ["1.5", "2"]
    assert target([True, False, None]).y.tolist() == ["True", "False"]
    with pytest.raises(TableError, match="row 1, column 'y': 'a' is not a number"):
        target(["a", "b"], "numbers")
    with pytest.raises(TableError, match="column 'y' is empty"):
        target(pyarrow.nulls(3))


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([[1, 2], [3]], "list<element: int64>"),
        ([{"a": 1}, {"a": 2}], "struct<a: int64>"),
        ([b"a", b"b"], "binary"),
    ],
)
def test_what_is_nested_or_bytes_is_refused(cells, kind):
    with pytest.raises(TableError, match=r"column 'x' is of type .*: delete it, or") as caught:
        read(pyarrow.table({"x": cells})).column("x")
    assert kind in str(caught.value)


def test_a_damaged_file_is_said_in_one_line():
    out = io.BytesIO()
    parquet.write_table(pets(), out)
    good, rng, said = out.getvalue(), random.Random(0), []
    for k in range(200):
        bad = bytearray(good[: rng.randrange(len(good))] if k % 2 else good)
        if not k % 2:
            for _ in range(20):
                bad[rng.randrange(len(bad))] = rng.randrange(256)
        try:
            parse_parquet(bytes(bad))
        except TableError as error:  # and nothing else
            said.append(str(error))
    assert len(said) > 100
    assert all(len(one.splitlines()) == 1 for one in said)


def repeated(cell, kind, count):
    """Return a column that says one cell again and again, which takes a few bytes in a file."""
    places = pyarrow.array(np.zeros(count, np.int32))
    return pyarrow.DictionaryArray.from_arrays(places, pyarrow.array([cell], kind))


def bomb(tmp_path, column, times=1, **options):
    """Write a small file with a column that is large in memory, and return its bytes."""
    table = pyarrow.table({"a": column, "n": pyarrow.array(np.zeros(len(column)))})
    path = tmp_path / "bomb.parquet"
    with parquet.ParquetWriter(path, table.schema, store_schema=False, **options) as writer:
        for _ in range(times):
            writer.write_table(table)
    assert path.stat().st_size < 1_000_000
    return path.read_bytes()


# Each text is written by how it differs from the one before it.
PREFIXES = {"use_dictionary": False, "column_encoding": {"a": "DELTA_BYTE_ARRAY", "n": "PLAIN"}}


@pytest.mark.parametrize(
    ("column", "times", "options"),
    [
        (lambda: pyarrow.array(np.zeros(2_000_000)), 2, {}),
        (lambda: pyarrow.array(np.zeros(2_000_000)), 2, {"use_dictionary": False}),
        (lambda: pyarrow.array(np.zeros(4_000_000, bool)), 1, {}),
        (lambda: pyarrow.array(np.zeros(4_000_000, np.int8)), 1, {}),
        (lambda: pyarrow.nulls(4_000_000, pyarrow.float64()), 1, {}),
        (lambda: repeated("a", pyarrow.string(), 1_000_000), 1, {}),
        (lambda: repeated("a" * 100_000, pyarrow.string(), 400), 1, {}),
        (lambda: repeated("a" * 10_000, pyarrow.string(), 40), 100, {}),
        (lambda: repeated(b"a" * 100_000, pyarrow.binary(100_000), 400), 1, {}),
        (lambda: pyarrow.array([[0.0] * 4_000_000]), 1, {}),
        (lambda: pyarrow.array([["a" * 10_000] * 4_000]), 1, {}),
        (lambda: pyarrow.array([{"b": "a" * 10_000}] * 4_000), 1, {}),
        (lambda: pyarrow.array(["a" * 10_000] * 400), 10, PREFIXES),
    ],
    ids=["numbers", "zipped numbers", "booleans", "small integers", "nulls", "texts", "long texts",
         "many groups", "fixed bytes", "list", "list of texts", "struct", "prefixes"],
)  # fmt: skip
def test_a_small_file_of_a_huge_table_is_refused_before_it_is_made(
    column, times, options, tmp_path
):
    data = bomb(tmp_path, column(), times, compression="zstd", **options)
    held = pyarrow.total_allocated_bytes()
    with pytest.raises(TableError, match=r"of memory once it is unpacked, and 0.02 GB are"):
        parse_parquet(data, most=2e7)
    assert pyarrow.total_allocated_bytes() < held + 2e7


def test_a_table_that_fits_is_read_and_the_bound_is_its_size():
    texts = pyarrow.array([f"row {k}" for k in range(1000)])
    out = io.BytesIO()
    parquet.write_table(pyarrow.table({"t": texts, "n": np.arange(1000.0)}), out)
    letters = 2 * sum(map(len, texts.to_pylist()))
    cells = 1000 * (64 + 16)
    assert len(parse_parquet(out.getvalue(), most=letters + cells)) == 1000
    with pytest.raises(TableError, match="of memory once it is unpacked"):
        parse_parquet(out.getvalue(), most=letters + cells - 1)


def test_the_commands_bound_the_memory_and_their_option_sets_it(folder, capsys):
    table, model = folder / "pets.parquet", folder / "m.safetensors"
    for command in (["predict", model, table], ["evaluate", model, table]):
        said = refused(capsys, *command, "--max-memory", "10 kB")
        assert "pets.parquet: takes" in said
        assert "--max-memory 1GB" in said
        assert run(capsys, *command, "--max-memory", "1GiB")[0] == 0
    wanted = ["--target", "kind", "-o", folder / "other.safetensors"]
    assert "--max-memory" in refused(capsys, "train", table, *wanted, "--max-memory", "1K")
    for size in ("0", "lots", "-1GB", "1XB", ""):
        with pytest.raises(SystemExit):
            cli.main(["predict", str(model), str(table), f"--max-memory={size}"])
        assert "give a size such as 500MB or 8GB" in capsys.readouterr().err


def test_a_gzip_file_is_unpacked_up_to_a_bound():
    data = b"a,b\n" + b"1,2\n" * 1000
    assert unpacked(gzip.compress(data)) == data
    for bad in (gzip.compress(data)[:-20], b"\x1f\x8b" + bytes(30), gzip.compress(data)[:30]):
        with pytest.raises(TableError, match="is a damaged gzip file"):
            unpacked(bad)
    small = gzip.compress(b"1,2\n" * 10_000_000, 9)
    assert len(small) < 100_000
    with pytest.raises(TableError, match=r"of memory once it is unpacked, and 0.02 GB are"):
        unpacked(small, most=2e7)


def test_columns_of_a_csv_have_types():
    raw = parse_csv("a,b,c,d,e\n1,1.5,2024-01-02,x,\n,2,2024-01-02T03:00:00,,\n")
    made = arrow_of(map(raw.column, raw.names))
    kinds = ["int64", "double", "timestamp[us]", "string", "string"]
    assert [str(field.type) for field in made.schema] == kinds
    assert made.to_pylist()[1]["d"] is made.to_pylist()[0]["e"] is made.to_pylist()[1]["a"] is None
    days = Column("c", "date", np.array(["2024-01-02", "NaT"], "datetime64[us]"))
    assert str(arrow_of([days]).schema[0].type) == "date32[day]"


def test_a_csv_made_parquet_loses_nothing():
    """Codes lost their zeros, long numbers their last digits, and times became moments of 1970."""
    raw = parse_csv(
        "zip;id;at;seen;x;odd\n00501;1152921504606846979;9:30;2024-01-02T03:00+02:00;1,50;5o\n"
        "10001;7;21:05;2024-01-02T03:00Z;2;1,5\n" + ";;;;;7\n" * 10
    )
    made = parquet.read_table(io.BytesIO(to_parquet(raw, {})))
    kinds = ["string", "string", "time64[us]", "timestamp[us, tz=UTC]", "double", "string"]
    assert [str(field.type) for field in made.schema] == kinds
    hours = [datetime.datetime(2024, 1, 2, hour, tzinfo=datetime.UTC) for hour in (1, 3)]
    assert made.slice(0, 3).to_pydict() == {
        "zip": ["00501", "10001", None],
        "id": ["1152921504606846979", "7", None],
        "at": [datetime.time(9, 30), datetime.time(21, 5), None],
        "seen": [*hours, None],
        "x": [1.5, 2.0, None],
        "odd": ["5o", "1,5", "7"],
    }


def test_durations_are_seconds_in_a_csv():
    hours = [datetime.timedelta(hours=1), None, datetime.timedelta(days=1, seconds=0.5)]
    assert [*read(pyarrow.table({"t": hours, "n": [1, 2, 3]})).texts()] == [
        ["3600.0", "1"], ["", "2"], ["86400.5", "3"],
    ]  # fmt: skip


# The commands


def test_predict_keeps_the_types_and_adds_columns(folder, tmp_path, capsys):
    table, out = pets(seed=1), tmp_path / "answers.parquet"
    tags = pyarrow.array([["x"]] * N)  # it need not be learned from to be kept
    parquet.write_table(table.append_column("tags", tags), tmp_path / "new.parquet")
    code, said, _ = run(
        capsys, "predict", folder / "m.safetensors", tmp_path / "new.parquet", "-o", out, "--proba"
    )
    assert (code, said) == (0, "")
    answered = parquet.read_table(out)
    assert answered.select(table.column_names).equals(table)
    assert answered.column_names[-4:] == [
        "tags", "predicted kind", "probability cat", "probability dog",
    ]  # fmt: skip
    net = neurona.load(folder / "m.safetensors")
    raw = read(table)
    expected = net.predict_proba(raw.select([str(name) for name in net.feature_names_in_]))
    np.testing.assert_array_equal(answered.column("probability dog").to_numpy(), expected[:, 1])
    got = answered.column("predicted kind").to_pylist()
    assert np.mean([a == b for a, b in zip(got, table["kind"].to_pylist(), strict=True)]) > 0.9


def test_csv_and_parquet_give_the_same_predictions(folder, tmp_path, capsys):
    model, source = folder / "m.safetensors", folder / "pets.parquet"
    run(capsys, "predict", model, source, "-o", tmp_path / "a.parquet")
    code, out, _ = run(capsys, "predict", model, source)  # to CSV
    assert code == 0
    (tmp_path / "again.csv").write_text(out.replace(",predicted kind", ",before", 1))
    run(capsys, "predict", model, tmp_path / "again.csv", "-o", tmp_path / "b.parquet")
    a, b = (parquet.read_table(tmp_path / f"{one}.parquet") for one in "ab")
    assert a["predicted kind"].to_pylist() == b["predicted kind"].to_pylist()
    assert b["before"].to_pylist() == b["predicted kind"].to_pylist()
    assert b["born"].to_pylist() == a["born"].to_pylist()


def test_evaluate_reads_parquet_from_the_standard_input(folder, capsys, monkeypatch):
    data = (folder / "pets.parquet").read_bytes()
    monkeypatch.setattr(sys, "stdin", type("In", (), {"buffer": io.BytesIO(data)}))
    code, out, _ = run(capsys, "evaluate", folder / "m.safetensors", "-")
    assert code == 0
    assert f"of {N} rows" in out


def test_the_bytes_tell_the_format_and_not_the_name(folder, tmp_path, capsys):
    (tmp_path / "table").write_bytes((folder / "pets.parquet").read_bytes())
    code, out, _ = run(capsys, "evaluate", folder / "m.safetensors", tmp_path / "table")
    assert (code, f"of {N} rows" in out) == (0, True)
    (tmp_path / "t.csv").write_text("PAR1,y\n" + "1,a\n2,b\n" * 5)
    train = ["train", tmp_path / "t.csv", "--target", "y", "--epochs", 2, "--quiet"]
    assert run(capsys, *train, "--output", tmp_path / "m")[0] == 0


def test_what_does_not_fit_is_refused_in_a_line(folder, tmp_path, capsys):
    model, new = folder / "m.safetensors", tmp_path / "new.parquet"
    new.write_text("kilos,coat\n1,long\n")
    assert "new.parquet: is not a Parquet file, or damaged" in refused(
        capsys, "predict", model, new
    )
    new.write_bytes((folder / "pets.parquet").read_bytes()[:-9])
    assert "new.parquet: is not a Parquet file, or damaged" in refused(
        capsys, "predict", model, new
    )
    parquet.write_table(pets().drop_columns(["coat"]), new)
    assert "has no column 'coat', which the network" in refused(capsys, "predict", model, new)
    parquet.write_table(pets().slice(0, 0), new)
    assert "has columns and no rows" in refused(capsys, "predict", model, new)
    twice = pyarrow.Table.from_arrays([pyarrow.array([1]), pyarrow.array([2])], ["a", "a"])
    parquet.write_table(twice, new)
    assert "has two columns of the name 'a'" in refused(capsys, "predict", model, new)
    parquet.write_table(pets().append_column("tags", pyarrow.array([[1]] * N)), new)
    assert "which a CSV file cannot hold" in refused(capsys, "predict", model, new)
    code, _, err = run(capsys, "train", new, "--target", "kind", "--output", tmp_path / "m")
    assert code == WRONG
    assert "column 'tags' is of type list<element: int64>: delete it" in err


def test_without_pyarrow_the_extra_is_named(folder, tmp_path, capsys, monkeypatch):
    for name in list(sys.modules):
        if name.partition(".")[0] == "pyarrow":
            monkeypatch.setitem(sys.modules, name, None)
    model = folder / "m.safetensors"
    named = 'pip install "neurona[parquet]"'
    assert named in refused(capsys, "predict", model, folder / "pets.parquet")
    new = tmp_path / "new.csv"
    new.write_text("kilos,legs,price,coat,breed,chipped,born,seen\n1,4,3,x,a,True,,\n")
    assert named in refused(capsys, "predict", model, new, "-o", tmp_path / "out.parquet")
    assert run(capsys, "predict", model, new)[0] == 0


def test_classes_of_whole_numbers_beside_missing_ones_are_exact():
    raw = read(pyarrow.table({"y": [2**53, 2**53 + 1, None]}))
    assert raw.target("y", "classes").y.tolist() == ["9007199254740992", "9007199254740993"]


def test_a_class_that_ends_with_a_nul_is_refused():
    table = pyarrow.table({"y": ["a", "a\0", "b"]})
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    with pytest.raises(TableError, match=r"row 2, column 'y'.*has a NUL byte"):
        parse_parquet(buffer.getvalue()).target("y", "classes")
