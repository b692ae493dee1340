"""Tables as pandas, R and Excel write them, through train, predict and evaluate."""

import gzip
import io

import numpy as np
import pandas as pd
import pytest

from tests.support.commands import refused, rows_of, run


@pytest.fixture
def trained(tmp_path, capsys):
    """Train on a table's bytes or text, and return the model, the table and what was said."""

    def train(table, *options, name="t.csv", target="y"):
        path, model = tmp_path / name, tmp_path / "m.safetensors"
        path.write_bytes(table if isinstance(table, bytes) else table.encode())
        made = ["--target", target, "-o", model, "--epochs", 2, "--quick", *options]
        code, out, err = run(capsys, "train", path, *made)
        assert (code, err) == (0, "")
        return model, path, out

    return train


def frame(n=60, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(50, 20, n).round(2)
    coat = np.where(np.arange(n) % 3, "long, curly", "short")
    return pd.DataFrame({"x": x, "coat": coat, "y": np.where(x > 50, "yes", "no")})


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (frame().to_csv(), "column 1 has no name and counts the rows: it is left out"),
        (
            frame().reset_index().rename(columns={"index": "Unnamed: 0"}).to_csv(index=False),
            "column 'Unnamed: 0' is an index without a name: it is left out",
        ),
        (
            '"x" "coat" "y"\n' + frame().to_csv(sep=" ", header=False),
            "the first cell of a row has no name and counts the rows: it is left out",
        ),
        (
            "Pets of May\r\n\r\n" + frame().to_csv(sep=";", decimal=",", index=False),
            "what stands above the header is skipped: 'Pets of May'",
        ),
        ("sep=|\n" + frame().to_csv(sep="|", index=False), ""),
        ("# by me\n" + frame().to_csv(sep="\t", index=False), "'by me'"),
        (frame().to_csv(index=False).encode("utf-16-be"), ""),
        (gzip.compress(frame().to_csv(index=False).encode()), ""),
    ],
)  # fmt: skip
def test_predict_gives_the_table_back_with_a_column_more(table, said, trained, tmp_path, capsys):
    model, path, out = trained(table)
    assert said in out
    assert ("left out" in out) == ("left out" in said)
    written, again = tmp_path / "p.csv", tmp_path / "again.csv"
    code, _, err = run(capsys, "predict", model, path, "-o", written)
    assert code == 0
    assert ("note" in err) == (bool(said) and "'Unnamed" not in said)
    given = path.read_bytes()
    given = gzip.decompress(given) if given.startswith(b"\x1f\x8b") else given
    encoding = "utf-16-be" if b"\0" in given else "utf-8"
    before, after = (
        [line.replace('"', "") for line in data.decode(encoding).splitlines()]
        for data in (given, written.read_bytes())
    )
    assert len(after) == len(before)
    for old, new in zip(before, after, strict=True):
        assert new.startswith(old)
    # The output is a table: it is predicted again, and evaluated.
    code, _, err = run(capsys, "predict", model, written, "-o", again)
    assert (code, "has a column 'predicted y' already" in err) == (2, True)
    assert run(capsys, "evaluate", model, path)[:2] == run(capsys, "evaluate", model, written)[:2]


def test_a_packed_table_is_written_packed(trained, tmp_path, capsys):
    model, path, _ = trained(frame().to_csv(index=False))
    run(capsys, "predict", model, path, "-o", tmp_path / "p.csv.gz")
    _, out, _ = run(capsys, "predict", model, path)
    assert gzip.decompress((tmp_path / "p.csv.gz").read_bytes()) == out.encode()


def test_missing_cells_of_a_single_column_are_predicted(trained, tmp_path, capsys):
    model, _, _ = trained("a,y\n" + "".join(f"{i % 7},{'ab'[i % 2]}\n" for i in range(60)))
    new = tmp_path / "new.csv"
    new.write_text('a\n1\n\n3\n""\n5\n')
    _, out, _ = run(capsys, "predict", model, new)
    assert [row["a"] for row in rows_of(out)] == ["1", "", "3", "", "5"]


def test_cells_are_written_as_they_came(trained, tmp_path, capsys):
    rows = '1,"a\rb",=no()\n2,=cmd(),+1\n3,@x,=no()\n4,"5"" disk",+1\n'
    model, path, _ = trained("x,text,y\n" + rows * 10, "--drop", "text", "--kind", "classes")
    run(capsys, "predict", model, path, "-o", tmp_path / "p.csv")
    written = pd.read_csv(tmp_path / "p.csv", lineterminator="\n")
    assert written["text"].tolist() == ["a\rb", "=cmd()", "@x", '5" disk'] * 10
    assert set(written["predicted y"]) <= {"=no()", "+1"}


def test_wavelengths_are_names_where_the_model_knows_them(trained, tmp_path, capsys):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.random((60, 3)), columns=["1100.5", "1102.5", "1104.5"])
    model, _, _ = trained(
        table.assign(y=np.where(table["1100.5"] > 0.5, "a", "b")).to_csv(index=False)
    )
    table.to_csv(tmp_path / "new.csv", index=False)
    code, out, _ = run(capsys, "predict", model, tmp_path / "new.csv")
    assert (code, len(rows_of(out))) == (0, 60)


# Columns


def test_columns_are_dropped_or_chosen(trained, tmp_path, capsys):
    table = frame().assign(**{"a, b": range(60), "z": 1.5})
    text = table.to_csv()
    for options, learned in (
        (["--drop", "a, b", "z"], "x, coat"),
        (["--only", "x"], "x"),
        (["--only", "x", "coat", "--quiet"], "x, coat"),
    ):
        model, path, _ = trained(text, *options)
        told = run(capsys, "inspect", model)[1]
        assert all(f"\n  {name} " in told for name in learned.split(", "))
        assert "a, b" not in told
        table[learned.split(", ")].to_csv(tmp_path / "few.csv", index=False)
        assert run(capsys, "predict", model, tmp_path / "few.csv")[0] == 0

    def said(*options):
        return refused(capsys, "train", path, "--target", "y", *options)

    assert "has no column 'coats', which --drop names; did you mean 'coat'?" in said(
        "--drop", "x", "coats"
    )
    assert "has no column 'k', which --only names; its columns are 'x', 'coat'" in said(
        "--only", "k"
    )
    assert "--only names 'y', the target: leave it out of that list" in said("--only", "y", "x")
    assert "has the column 'y' alone, but for those left out" in said(
        "--drop", "x", "coat", "a, b", "z"
    )


def test_an_index_with_a_name_can_be_learned_from(trained, capsys):
    text = frame().rename_axis("Unnamed: 0").to_csv()
    model, path, out = trained(text, "--only", "Unnamed: 0", "x")
    assert "left out" not in out
    assert run(capsys, "predict", model, path)[0] == 0


def test_columns_that_look_like_identifiers_are_named(trained):
    table = frame().assign(
        PassengerId=np.arange(60) % 7,
        count=np.arange(60) * 3 % 61,
        plz=[f"0{1000 + k % 9}" for k in range(60)],
        phone=[f"+49 {k % 9}" for k in range(60)],
        few=np.arange(60) % 5,
    )
    _, _, out = trained(table.to_csv(index=False))
    told = [line for line in out.splitlines() if "identifiers" in line]
    assert told == [
        "column 'PassengerId' is read as numbers: --drop PassengerId if it holds identifiers",
        "column 'count' has another value in each row: --drop count if it holds identifiers",
        "column 'plz' has numbers such as '01000', as postcodes are, and is read as numbers: "
        "--drop plz if it holds identifiers",
        "column 'phone' is read as texts: --drop phone if it holds identifiers",
    ]


def test_a_target_of_dates_is_refused(tmp_path, capsys):
    days = pd.date_range("2020-01-01", periods=60).strftime("%Y-%m-%d")
    table = tmp_path / "t.csv"
    frame().assign(day=days).to_csv(table, index=False)
    for kind in ("auto", "numbers"):
        said = refused(capsys, "train", table, "--target", "day", "--kind", kind)
        assert "line 2, column 'day': '2020-01-01' is a date" in said
        assert "add a column of the days since another date" in said
    frame().assign(day=[*days[:2]] * 30).to_csv(table, index=False)
    made = ["--epochs", 2, "--quick", "--kind", "classes", "-o", tmp_path / "m.safetensors"]
    assert run(capsys, "train", table, "--target", "day", *made)[0] == 0


def test_a_workbook_is_told_to_be_exported(tmp_path, capsys):
    table = tmp_path / "t.xlsx"
    table.write_bytes(b"PK\3\4" + bytes(30) + b"xl/workbook.xml")
    said = refused(capsys, "train", table, "--target", "y")
    assert "t.xlsx: is an Excel workbook, and not a CSV file: export it as CSV" in said
    frame().to_parquet(packed := io.BytesIO())
    table.write_bytes(gzip.compress(packed.getvalue()))
    made = ["--epochs", 2, "--quick", "--quiet", "--output", tmp_path / "m"]
    assert run(capsys, "train", table, "--target", "y", *made)[0] == 0
