"""CSV in, predictions out: the four commands, run as a person would, and what they refuse."""

import codecs
import csv
import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

import neurona
from neurona import cli
from neurona.datasets.tables import TableError
from neurona.estimators import csv_table, report

FAILED, WRONG, INTERRUPTED = 1, 2, 130


def pets(n=60, seed=0):
    """Return a CSV's text: numbers, texts, dates, and holes in each."""
    rng = np.random.default_rng(seed)
    lines = ["kilos,coat,born,kind"]
    for k in range(n):
        kind = ("cat", "dog")[k % 2]
        kilos = f"{(4, 20)[k % 2] * rng.uniform(0.8, 1.2):.2f}"
        coat = rng.choice(["long", "short", "wiry"])
        cells = [kilos, coat, f"20{10 + k % 9}-0{1 + k % 8}-11"]
        cells = [
            hole if rng.random() < 0.1 else c for c, hole in zip(cells, ["NA", "", ""], strict=True)
        ]
        lines.append(",".join([*cells, kind]))
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Return a folder with a table, a model of its classes and one of its numbers."""
    folder = tmp_path_factory.mktemp("models")
    table = folder / "pets.csv"
    table.write_text(pets())
    for target, name in (("kind", "kind"), ("kilos", "kilos")):
        made = ["--output", str(folder / f"{name}.safetensors"), "--epochs", "30", "--quiet"]
        assert cli.main(["train", str(table), "--target", target, *made]) == 0
    return folder


def run(capsys, *arguments):
    code = cli.main([str(one) for one in arguments])
    caught = capsys.readouterr()
    return code, caught.out, caught.err


def refused(capsys, *arguments, code=WRONG):
    """Return the one line that says what is wrong."""
    exit_code, _, err = run(capsys, *arguments)
    assert exit_code == code
    assert err.startswith("neurona: error: ")
    assert len(err.splitlines()) == 1
    return err


def rows_of(text, delimiter=","):
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


# The reader


def test_a_column_is_what_its_cells_are():
    raw = csv_table.parse(
        "a,b,c,d,e,f\n1,x,2024-01-02,NA,1,2024-01-02T03:04:05Z\n"
        "NaN,,null,n/a,x,2024-01-02 05:04:05+02:00\n"
    )
    kinds = {column.name: column.kind for column in raw.table(raw.names)}
    assert kinds == {
        "a": "number", "b": "category", "c": "date", "d": "empty", "e": "category", "f": "date",
    }  # fmt: skip
    assert raw.column("e").values.tolist() == ["1", "x"]
    f = raw.column("f").values
    assert f.tolist()[0].hour == 3
    assert f[0] == f[1]
    assert np.isnat(raw.column("c").values).tolist() == [False, True]


def test_decimal_commas_and_kinds_that_are_given():
    raw = csv_table.parse("a;b\n1,5;7\n;8\n")
    np.testing.assert_array_equal(raw.column("a").values, [1.5, np.nan])
    assert raw.column("b", "category").values.tolist() == ["7", "8"]
    with pytest.raises(TableError, match="line 2, column 'b': '7' is no date"):
        raw.column("b", "date")
    with pytest.raises(TableError, match="line 2, column 'a': 'x' is no finite number"):
        csv_table.parse("a\nx\n").column("a", "number")
    with pytest.raises(TableError, match="line 3, column 'a': 'inf' is no finite number"):
        csv_table.parse("a\n1\ninf\n").column("a")


def test_targets():
    def target(cells, kind="auto"):
        return csv_table.parse("x,y\n" + "".join(f"1,{cell}\n" for cell in cells)).target("y", kind)

    few = target(["1", "2.0", "", "1.0"])
    assert few.is_classes
    assert (few.y.tolist(), few.rows.tolist()) == (["1", "2", "1"], [0, 1, 3])
    assert target(["1.0", "2.0", "1.0"]).y.tolist() == ["1.0", "2.0", "1.0"]  # as they are written
    assert not target(["1", "2"], "numbers").is_classes
    assert not target(["1.5", "2"]).is_classes
    assert not target(map(str, range(30))).is_classes
    assert target(["1.5", "x"], "classes").y.tolist() == ["1.5", "x"]
    for cells, kind, said in (
        (["1", "x"], "auto", "line 3, column 'y': 'x' is text and other cells are numbers"),
        (["1", "x"], "numbers", "'x' is not a number"),
        (["", "NA"], "auto", "column 'y' is empty"),
    ):
        with pytest.raises(TableError, match=said):
            target(cells, kind)


# What a report says


def test_intervals():
    assert report.wilson(0, 10).low == 0
    np.testing.assert_allclose(report.wilson(81, 263), (0.30798, 0.25529, 0.36621), atol=1e-5)
    y = np.arange(30.0)
    assert report.bootstrapped_r2(y, y) == (1, 1, 1)
    assert np.isnan(report.bootstrapped_r2(y * 0, y).value)


def test_a_split_keeps_shares_and_leaves_a_row_of_each_class():
    kinds = np.repeat(["a", "b", "c", "d"], [40, 20, 2, 1])
    learn, held = report.split(kinds, 63, 0.2, np.random.default_rng(0))
    assert sorted([*learn, *held]) == list(range(63))
    assert len(held) == 13
    assert set(kinds[learn]) == {"a", "b", "c", "d"}
    counts = dict(zip(*np.unique(kinds[held], return_counts=True), strict=True))
    assert abs(counts["a"] - 8) <= 1
    assert abs(counts["b"] - 4) <= 1
    assert len(report.split(None, 10, 0.0, np.random.default_rng(0))[1]) == 0


def test_the_column_that_tells_most_is_found():
    rng = np.random.default_rng(0)
    text = "noise,signal,y\n" + "".join(
        f"{rng.normal()},{k % 7},{k % 7 * 2.5}\n" for k in range(80)
    )
    raw = csv_table.parse(text)
    table, y = raw.table(["noise", "signal"]), raw.target("y", "numbers").y
    net = neurona.NeuralNetRegressor(8, epochs=60, random_state=0).fit(table, y)
    first, second = report.importances(net, table, y)
    assert first.column == "signal"
    assert first.fall > 0.5 > second.fall


# Train


def test_train_tells_what_it_does_and_leaves_model_and_curves(tmp_path, capsys):
    table, model = tmp_path / "t.csv", tmp_path / "m.safetensors"
    table.write_text(pets() + "3.5,long,2020-01-01,\n")
    code, out, err = run(
        capsys, "train", table, "--target", "kind", "--output", model, "--hidden", "8,4",
        "--activation", "tanh,relu", "--epochs", 40, "--seed", 3,
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert "1 rows have no 'kind' and are left out" in out
    assert "epoch 40/40: cost " in out
    assert re.search(r"accuracy \d+\.\d%: \d+ of 12 rows \(95 % interval \d+\.\d% to \d", out)
    assert "confusion (rows: what it is; columns: the answer)" in out
    made = [str(tmp_path / f"m.{end}") for end in ("safetensors", "png", "html")]
    assert out.splitlines()[-3:] == made
    told = out.partition("what tells most")[2].splitlines()
    assert told[1].startswith("kilos ")
    net = neurona.load(model)
    assert [layer.activation.name for layer in net.network_.layers] == ["tanh", "relu", "sigmoid"]
    assert net.feature_names_in_.tolist() == ["kilos", "coat", "born"]
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "m.html", "m.png", "m.safetensors", "t.csv",
    ]  # fmt: skip


def test_train_on_numbers_stops_early_and_says_its_interval(tmp_path, capsys):
    rng = np.random.default_rng(0)
    table = tmp_path / "t.csv"
    noise = "".join(f"{rng.normal()},{rng.normal()}\n" for _ in range(80))
    table.write_text("x,y\n" + noise)  # nothing to learn: the best is soon behind it
    code, out, _ = run(capsys, "train", table, "--target", "y", "-o", tmp_path / "m")
    assert code == 0
    assert "R² " in out
    assert "(95 % interval " in out
    run_, all_ = out.partition("the best weights are those of epoch ")[2].split()[2], 250
    assert int(run_) < all_


def content(path):
    """Return what a model file holds; in which order its header is written, its library decides."""
    with safe_open(path, "np") as file:
        tensors = {name: file.get_tensor(name).tobytes() for name in file.keys()}  # noqa: SIM118
        return file.metadata(), tensors


def test_the_same_seed_makes_the_same_file(models, tmp_path, capsys):
    made = []
    for seed in (1, 1, 2):
        run(capsys, "train", models / "pets.csv", "--target", "kind", "--epochs", 5,
            "--output", tmp_path / "m", "--quiet", "--seed", seed)  # fmt: skip
        made.append(content(tmp_path / "m"))
    assert made[0] == made[1] != made[2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty: expected a line with the names"),
        ("x,kind\n", "has a header and nothing below it"),
        ("x,kind\n1,a\n", "has 1 row(s) with a 'kind': 4 are needed"),
        ("x,kind\n" + "1,a\n" * 9, "holds a in all of its 9 cells that are not missing"),
        ("x,kind\n" + "1,\n" * 9, "column 'kind' is empty"),
        ("kind\n" + "a\nb\n" * 9, "has the column 'kind' alone"),
        ("x,kinds\n1,a\n", "has no column 'kind', expected one of 'x', 'kinds'; did you mean"),
        ("x,kind\n" + "".join(f"{k},name{k}\n" for k in range(9)), "another value in each row"),
        ("x,kind\n" + ",a\n,b\n" * 9, "rows that are all alike"),
        ("x,kind\n" + "1,a\n1,2\n" * 9, "line 2, column 'kind': 'a' is text and other cells"),
        ("x,kind\n1,a,3\n", "line 2 has 3 cells, expected 2"),
        ("x,kind\n1,\"a\n", "quotes out of order"),
        ("x,x,kind\n1,2,a\n", "are both named 'x'"),
    ],
)  # fmt: skip
def test_train_refuses(text, said, tmp_path, capsys):
    table = tmp_path / "t.csv"
    table.write_text(text)
    got = refused(capsys, "train", table, "--target", "kind", "--output", tmp_path / "m", "--quiet")
    assert said in got
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--test-size", "1"], "--test-size is 1.0"),
        (["--test-size", "nan"], "--test-size is nan"),
        (["--seed", "-1"], "--seed is -1"),
        (["--epochs", "0"], "epochs"),
        (["--hidden", "0"], "each width must be a positive whole number"),
        (["--activation", "magic"], "no activation 'magic'"),
        (["--activation", "relu,tanh"], "2 activations for 1 hidden layers"),
        (["--kind", "numbers"], "'cat' is not a number"),
        (["--output", "/nowhere/at/all/m"], "/nowhere/at/all/m cannot be written"),
        (["--output", "/"], "is a folder"),
    ],
)
def test_train_refuses_options(options, said, models, capsys):
    given = ["train", models / "pets.csv", "--target", "kind", "--quiet", *options]
    assert said in refused(capsys, *given)


def test_what_argparse_refuses_is_2(models):
    with pytest.raises(SystemExit) as caught:
        cli.main(["train", str(models / "pets.csv")])
    assert caught.value.code == 2


@pytest.mark.parametrize("share", [0, 0.5])
def test_a_small_table_and_no_test(share, tmp_path, capsys):
    table = tmp_path / "t.csv"
    table.write_text("x,kind\n1,a\n2,b\n3,a\n4,b\n")
    code, out, _ = run(capsys, "train", table, "--target", "kind", "--test-size", share,
                       "--output", tmp_path / "m")  # fmt: skip
    assert code == 0
    assert ("accuracy" in out) == bool(share)


# Predict


def test_predict_adds_a_column_and_keeps_the_rest(models, tmp_path, capsys):
    given = 'kind,born,coat,extra,kilos\n?,2012-02-02,long,"a,b",21\n,,,,3.9\n'  # another order
    (tmp_path / "new.csv").write_text(given)
    model = models / "kind.safetensors"
    code, out, err = run(capsys, "predict", model, tmp_path / "new.csv", "--proba")
    assert (code, err) == (0, "")
    rows = rows_of(out)
    assert [row["predicted kind"] for row in rows] == ["dog", "cat"]
    assert (rows[0]["extra"], rows[0]["kind"]) == ("a,b", "?")
    shares = [float(rows[0][f"probability {kind}"]) for kind in ("cat", "dog")]
    assert shares[0] < 0.5 < shares[1]
    assert sum(shares) == pytest.approx(1, abs=1e-6)
    run(capsys, "predict", model, tmp_path / "new.csv", "--proba", "-o", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == out


def test_predict_answers_as_the_estimator_does(models, capsys):
    _, out, _ = run(capsys, "predict", models / "kilos.safetensors", models / "pets.csv")
    net = neurona.load(models / "kilos.safetensors")
    raw = csv_table.parse(pets())
    expected = net.predict(raw.table(["coat", "born", "kind"]))
    got = [float(row["predicted kilos"]) for row in rows_of(out)]
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_predict_writes_as_the_table_is_written(tmp_path, capsys):
    table = tmp_path / "t.csv"
    table.write_text("x;y\n" + "".join(f"{k},5;{k},25\n" for k in range(30)))
    run(capsys, "train", table, "--target", "y", "--output", tmp_path / "m", "--quiet")
    _, out, _ = run(capsys, "predict", tmp_path / "m", table)
    answers = [row["predicted y"] for row in rows_of(out, ";")]
    assert all("." not in one and float(one.replace(",", ".")) < 60 for one in answers)
    assert any("," in one for one in answers)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_table_of_another_encoding_is_read_and_answered_in_it(encoding, tmp_path, capsys):
    table, model = tmp_path / "pets.csv", tmp_path / "model.safetensors"
    text = pets().replace("coat", "tamaño").replace("long", "größer").replace("dog", "señor")
    table.write_bytes(text.encode(encoding))
    said = ["--encoding", encoding] if encoding == "cp1252" else []
    made = ["-o", model, "--epochs", "20", "--quiet", *said]
    assert run(capsys, "train", table, "--target", "kind", *made)[0] == 0
    code, out, err = run(capsys, "evaluate", model, table, *said)
    assert (code, err) == (0, "")
    assert "señor" in out

    answered = tmp_path / "answered.csv"
    assert run(capsys, "predict", model, table, "-o", answered, *said) == (0, "", "")
    data = answered.read_bytes()
    assert data.startswith(codecs.BOM_UTF8) == (encoding == "utf-8-sig")
    rows = rows_of(data.decode(encoding))
    assert list(rows[0]) == ["kilos", "tamaño", "born", "kind", "predicted kind"]
    assert {row["predicted kind"] for row in rows} == {"cat", "señor"}


def test_an_encoding_that_cannot_be_is_refused(models, tmp_path, capsys):
    table, model = models / "pets.csv", models / "kind.safetensors"
    with pytest.raises(SystemExit) as caught:
        cli.main(["predict", str(model), str(table), "--encoding", "utf-7000"])
    assert caught.value.code == WRONG
    assert "there is no encoding 'utf-7000'" in capsys.readouterr().err
    parquet = tmp_path / "pets.parquet"
    parquet.write_bytes(b"PAR1")
    said = refused(capsys, "predict", model, parquet, "--encoding", "cp1252")
    assert "is a Parquet file: leave --encoding out" in said

    of_years = tmp_path / "model.safetensors"
    table = tmp_path / "years.csv"
    table.write_text(pets().replace("dog", "日"), encoding="utf-8")
    made = ["-o", of_years, "--epochs", "20", "--quiet"]
    assert run(capsys, "train", table, "--target", "kind", *made)[0] == 0
    table.write_text(pets(), encoding="cp1252")
    said = refused(capsys, "predict", of_years, table, "--encoding", "cp1252")
    assert "the model's answers have '日', and cp1252 does not" in said


def test_predict_notes_what_was_never_seen_and_what_is_empty(models, tmp_path, capsys):
    new = tmp_path / "new.csv"
    new.write_text("kilos,coat,born\n4,bald,\n5,,\n")
    code, out, err = run(capsys, "predict", models / "kind.safetensors", new)
    assert code == 0
    assert len(rows_of(out)) == 2
    assert "note: column 'coat': 'bald' and its like were never seen (1 of 2 rows)" in err
    assert "note: column 'born' is empty" in err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kilos,born\n1,2020-01-01\n", "has no column 'coat', which the network learnt from"),
        ("Kilos,coat,born\n1,x,\n", "no column 'kilos', which the network learnt from; did you"),
        ("kilos,coat,born\nheavy,x,\n", "line 2, column 'kilos': 'heavy' is no finite number"),
        ("kilos,coat,born\n1,x,then\n", "line 2, column 'born': 'then' is no date"),
        ("kilos,coat,born,predicted kind\n1,x,,y\n", "has a column 'predicted kind' already"),
        ("kilos,coat,born\n", "has a header and nothing below it"),
        ("", "is empty"),
    ],
)
def test_predict_refuses(text, said, models, tmp_path, capsys):
    (tmp_path / "new.csv").write_text(text)
    got = refused(capsys, "predict", models / "kind.safetensors", tmp_path / "new.csv")
    assert said in got
    assert "new.csv" in got


def test_what_is_no_model_is_refused(models, tmp_path, capsys):
    table, model, other = models / "pets.csv", models / "kind.safetensors", tmp_path / "m"
    cut = tmp_path / "cut"
    cut.write_bytes(model.read_bytes()[:-9])
    net = neurona.network([2, 1])
    neurona.save(other, net, net.init(rng=0))
    array = tmp_path / "array"
    neurona.save(array, neurona.NeuralNetRegressor(2, epochs=1).fit([[1.0], [2.0]], [1, 2]))
    for command in ("predict", "evaluate"):
        assert "no safetensors file, or was cut" in refused(capsys, command, table, table)
        assert "no safetensors file, or was cut" in refused(capsys, command, cut, table)
        assert "holds a network alone" in refused(capsys, command, other, table)
        assert "it learnt from an array" in refused(capsys, command, array, table)
        assert "No such file" in refused(capsys, command, tmp_path / "none", table)
        assert "there is no such file" in refused(capsys, command, model, tmp_path / "pets.csv")
    assert "was cut" in refused(capsys, "inspect", cut)
    assert "--proba is for classes" in refused(
        capsys, "predict", models / "kilos.safetensors", table, "--proba"
    )


full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")


@full
def test_a_full_disk_is_said(models, capsys):
    table, model = models / "pets.csv", models / "kind.safetensors"
    said = "/dev/full could not be written (No space left on device)"
    assert said in refused(capsys, "predict", model, table, "-o", "/dev/full", code=FAILED)
    trained = ["train", table, "--target", "kind", "--epochs", 2, "--quiet"]
    assert said in refused(capsys, *trained, "--output", "/dev/full", code=FAILED)
    judged = ["evaluate", model, table, "--html", "/dev/full"]
    code, _, err = run(capsys, *judged)
    assert (code, err) == (FAILED, f"neurona: error: {said}\n")
    assert Path("/dev/full").is_char_device()


# Evaluate and inspect


def test_evaluate(models, tmp_path, capsys):
    code, out, _ = run(capsys, "evaluate", models / "kind.safetensors", models / "pets.csv")
    assert code == 0
    assert "of 60 rows (95 % interval" in out
    table = tmp_path / "t.csv"
    table.write_text(pets(20, seed=5).replace("cat", "", 1))
    code, out, err = run(capsys, "evaluate", models / "kind.safetensors", table)
    assert "of 19 rows" in out
    assert "note: 1 rows have no target and are left out" in err
    _, out, _ = run(capsys, "evaluate", models / "kilos.safetensors", models / "pets.csv")
    assert "off by " in out


def test_evaluate_refuses(models, tmp_path, capsys):
    table, model = tmp_path / "t.csv", models / "kind.safetensors"
    table.write_text(pets().replace("cat", "fox"))
    assert "'fox' is none of the classes it learnt: 'cat', 'dog'" in refused(
        capsys, "evaluate", model, table
    )
    table.write_text(pets().replace("kind", "type"))
    assert "has no column 'kind'" in refused(capsys, "evaluate", model, table)
    code, _, _ = run(capsys, "evaluate", model, table, "--target", "type")
    assert code == 0
    neurona.load(model).save(tmp_path / "silent")
    assert "give --target" in refused(capsys, "evaluate", tmp_path / "silent", table)


def test_classes_that_are_numbers_are_named_as_they_are_written_and_read_in_their_order(
    tmp_path, capsys
):
    table, model = tmp_path / "t.csv", tmp_path / "m.safetensors"
    grades = [f"{k % 12 - 1}.0" for k in range(240)]
    table.write_text("x,grade\n" + "".join(f"{k % 12},{grades[k]}\n" for k in range(240)))
    code, out, _ = run(capsys, "train", table, "--target", "grade", "--output", model)
    assert code == 0
    in_order = [f"{k}.0" for k in range(-1, 11)]
    assert [line.split()[0] for line in out.split("class ")[1].split("\n")[1:13]] == in_order
    assert f"12 classes: {', '.join(in_order[:3])}" in run(capsys, "inspect", model)[1]
    _, out, _ = run(capsys, "predict", model, table)
    answers = rows_of(out)
    assert np.mean([row["predicted grade"] == row["grade"] for row in answers]) > 0.5
    right = run(capsys, "evaluate", model, table)[1].split("\n")[0]
    table.write_text(table.read_text().replace(".0\n", "\n"))  # 1 is 1.0
    assert run(capsys, "evaluate", model, table)[1].split("\n")[0] == right
    table.write_text("x,grade\n1,99\n2,3\n")
    assert "'99' is none of the classes it learnt: '-1.0', '0.0'" in refused(
        capsys, "evaluate", model, table
    )


def test_columns_that_are_not_read_as_they_were_meant_are_named(tmp_path, capsys):
    table = tmp_path / "t.csv"
    lines = [
        f"{k},{k % 9},one,{k % 28 + 1}/{k % 12 + 1}/2024,1.{k:03},{'€' * (k % 2)}{k % 7},10.0.0.{k}"
        for k in range(60)
    ]
    table.write_text("a;b;c;d;e;f;g\n" + "\n".join(lines).replace(",", ";") + "\n")
    made = ["--epochs", "2", "--output", tmp_path / "m"]
    _, out, _ = run(capsys, "train", table, "--target", "b", *made)
    assert "left out: c, d, g (one value, or another in each row)\n" in out
    assert "column 'd' is read as texts; they look like dates: write them as 2024-12-31, or" in out
    assert "column 'f' is read as texts; they look like numbers: write them bare, as 1234.5" in out
    assert out.count("is read as texts") == 2


def written(day, order):
    """Write a date such as 2024-12-31 in another order."""
    year, month, date = day.split("-")
    places = (date, month) if order == "dmy" else (month, date)
    return "/".join([*(str(int(place)) for place in places), year])


@pytest.mark.parametrize("order", ["dmy", "mdy"])
def test_dates_with_the_day_or_the_month_first(order, tmp_path, capsys):
    begin = np.datetime64("2020-01-01")
    days = [str(begin + 11 * k) for k in range(90)]
    late = ["late" if k > 45 else "early" for k in range(90)]

    def text(cells):
        return "day,when\n" + "".join(f"{a},{b}\n" for a, b in zip(cells, late, strict=True))

    table, iso, model = (tmp_path / name for name in ("t.csv", "iso.csv", "m.safetensors"))
    iso.write_text(text(days))
    table.write_text(text([written(day, order) for day in days]))
    made = ["--target", "when", "-o", model, "--epochs", "40", "--dates", order]
    code, out, _ = run(capsys, "train", table, *made)
    assert code == 0
    assert "look like dates" not in out
    assert "  day  date: the day" in run(capsys, "inspect", model)[1]
    answers = [
        [row["predicted when"] for row in rows_of(run(capsys, "predict", model, one)[1])]
        for one in (table, iso)
    ]
    assert answers[0] == answers[1]
    assert np.mean(np.array(answers[0]) == late) > 0.9
    right = run(capsys, "evaluate", model, table)[1]
    assert right == run(capsys, "evaluate", model, iso)[1]
    table.write_text("day,when\n31/31/2020,late\n")
    said = refused(capsys, "predict", model, table)
    example = "31/12/2024" if order == "dmy" else "12/31/2024"
    assert f"'31/31/2020' is no date: write it as 2024-12-31 or {example}" in said


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("1/2/2024", "2024-02-01T00:00:00"),
        ("01.02.2024 9:05", "2024-02-01T09:05:00"),
        ("1-2-2024T23:59:58", "2024-02-01T23:59:58"),
        ("2024-02-01", "2024-02-01T00:00:00"),
        ("1/2-2024", None),
        ("1/2/24", None),
        ("30/2/2024", None),
        ("1/2/2024 noon", None),
    ],
)
def test_a_date_with_the_day_first(cell, read):
    column = csv_table.parse(f"day\n{cell}\n", dates="dmy").column("day")
    assert column.kind == ("category" if read is None else "date")
    if read is not None:
        assert column.values.astype("datetime64[s]").astype(str).tolist() == [read]


def test_a_class_that_is_not_tested_is_named(tmp_path, capsys):
    table = tmp_path / "t.csv"
    table.write_text("x,kind\n" + "1,a\n2,b\n" * 30 + "3,c\n")
    made = ["--epochs", "2", "--output", tmp_path / "m"]
    out = run(capsys, "train", table, "--target", "kind", *made)[1]
    assert "of too few rows to be in the test: c\n" in out
    made += ["--test-size", "0"]
    assert "too few" not in run(capsys, "train", table, "--target", "kind", *made)[1]


def test_a_long_cell_is_a_cell(tmp_path, capsys):
    table = tmp_path / "t.csv"
    long = "x" * 200_000
    table.write_text("a,b,kind\n" + "".join(f"{k},{long}{k},{'ab'[k % 2]}\n" for k in range(9)))
    made = ["--epochs", "2", "--output", tmp_path / "m"]
    assert run(capsys, "train", table, "--target", "kind", *made)[0] == 0


def test_a_name_may_be_read_as_a_number_that_is_none(tmp_path, capsys):
    table = tmp_path / "t.csv"
    table.write_text("a,inf,nan,kind\n" + "".join(f"{k},1,{k},{'ab'[k % 2]}\n" for k in range(9)))
    made = ["--epochs", "2", "--output", tmp_path / "m"]
    assert run(capsys, "train", table, "--target", "kind", *made)[0] == 0
    table.write_text("a,1.5,kind\n1,2,a\n")
    assert "line 1 has numbers ('1.5'): expected" in refused(
        capsys, "train", table, "--target", "kind", *made
    )


# Settings


def test_an_estimators_settings_can_be_given(models, tmp_path, capsys):
    model = tmp_path / "m.safetensors"
    train = ["train", models / "pets.csv", "--target", "kind", "--output", model, "--epochs", "5"]
    settings = {
        "optimizer": "nadam", "learning_rate": 0.005, "batch_size": 16, "l2": 0.001,
        "dropout": 0.1, "normalization": "batch", "clip": 1.0, "label_smoothing": 0.1,
        "engine": "jax",
    }  # fmt: skip
    given = [part for name, value in settings.items()
             for part in (f"--{name.replace('_', '-')}", value)]  # fmt: skip
    assert run(capsys, *train, *given, "--balanced")[0] == 0
    estimator = neurona.load(model)
    asked = settings | {"class_weight": "balanced"}
    assert {name: estimator.get_params()[name] for name in asked} == asked
    text = model.with_suffix(".html").read_text()
    assert "batch normalization, dropout 0.1" in text
    assert "64 neurons, silu" in text
    assert (
        run(capsys, "evaluate", model, models / "pets.csv", "--html", tmp_path / "e.html")[0] == 0
    )


def test_wrong_settings_are_refused_before_the_training(models, tmp_path, capsys):
    train = ["train", models / "pets.csv", "--output", tmp_path / "m", "--target"]
    for wrong, said in (
        (["kind", "--dropout", "2"], "dropout is 2.0: the probability to drop is a number from 0"),
        (["kind", "--optimizer", "adamm"], "did you mean 'adam'"),
        (["kind", "--learning-rate", "-1"], "learning rate -1.0: it must be a positive number"),
        (["kind", "--batch-size", "0"], "batch_size is 0"),
        (["kind", "--label-smoothing", "1"], "label_smoothing is 1.0"),
        (["kilos", "--label-smoothing", "0.1"], "--label-smoothing is for classes, and kilos is"),
        (["kilos", "--balanced"], "--balanced is for classes, and kilos is numbers"),
    ):
        assert said in refused(capsys, *train, *wrong)
    assert not (tmp_path / "m").exists()


# Costs


def visits(n=80):
    rng = np.random.default_rng(0)
    age = rng.uniform(0, 3, n)
    return "age,visits\n" + "".join(f"{a:.3f},{rng.poisson(np.exp(a / 2))}\n" for a in age)


def test_counts_and_quantiles_are_learnt(tmp_path, capsys):
    table, model = tmp_path / "visits.csv", tmp_path / "m.safetensors"
    table.write_text(visits())
    train = ["train", table, "--target", "visits", "--output", model, "--epochs", "60"]
    code, out, _ = run(capsys, *train, "--cost", "poisson")
    assert (code, "visits: numbers;" in out) == (0, True)  # few counts would be classes otherwise
    estimator = neurona.load(model)
    assert estimator.network_.output.name == "exp"
    _, out, _ = run(capsys, "predict", model, table)
    assert all(float(row["predicted visits"]) > 0 for row in rows_of(out))
    code, out, _ = run(capsys, *train, "--cost", "pinball", "--quantile", "0.9")
    assert code == 0
    assert re.search(r"\d% of the rows are below the answer, the 0.9 quantile", out)
    assert neurona.load(model).cost == neurona.costs.Pinball(0.9)
    code, out, _ = run(capsys, *train, "--cost", "mae", "--kind", "numbers")
    assert (code, "the answer, the" in out) == (0, False)
    assert neurona.load(model).cost == "mae"


def test_each_cost_is_for_its_kind(models, tmp_path, capsys):
    train = ["train", models / "pets.csv", "--output", tmp_path / "m", "--epochs", "3", "--target"]
    assert run(capsys, *train, "kind", "--cost", "mse")[0] == 0
    assert neurona.load(tmp_path / "m").cost == "mse"
    (tmp_path / "m").unlink()
    for wrong, said in (
        (["kind", "--kind", "classes", "--cost", "poisson"], "--cost poisson is for numbers"),
        (["kind", "--cost", "poisson"], "is not a number"),
        (["kilos", "--kind", "numbers", "--cost", "cross_entropy"], "is for classes, and --kind"),
        (["kilos", "--cost", "mae", "--quantile", "0.9"], "--quantile is what --cost pinball"),
        (["kilos", "--cost", "pinball", "--quantile", "9"], "quantile is 9.0: it must be a number"),
    ):
        assert said in refused(capsys, *train, *wrong)
    (tmp_path / "below.csv").write_text(visits() + "1.0,-2\n")
    below = ["train", tmp_path / "below.csv", "--target", "visits", "--cost", "poisson"]
    said = "below.csv: line 82, column 'visits': '-2' is below 0, and poisson is for counts"
    assert said in refused(capsys, *below, "--output", tmp_path / "m")
    assert not (tmp_path / "m").exists()
    with pytest.raises(SystemExit):
        cli.main(["train", "-", "--target", "kind", "--cost", "greed"])
    assert "invalid choice: 'greed'" in capsys.readouterr().err


def test_inspect(models, tmp_path, capsys):
    _, out, _ = run(capsys, "inspect", models / "kind.safetensors")
    lines = {line.split()[0]: line for line in out.splitlines() if line}
    assert "silu, sigmoid" in lines["activation"]
    assert "kind, 2 classes: cat, dog" in lines["target"]
    assert "number: median" in lines["kilos"]
    assert "category: long, short, wiry, missing" in lines["coat"]
    assert "date: the day" in lines["born"]
    _, out, _ = run(capsys, "inspect", models / "kilos.safetensors")
    assert "numbers, " in out
    net = neurona.network([2, 3, 1])
    neurona.save(tmp_path / "m", net, net.init(rng=0))
    _, out, _ = run(capsys, "inspect", tmp_path / "m")
    assert "a network" in out
    assert "2-3-1" in out
    assert "between" not in out
    net = neurona.network([2, 3, 1], "tanh", dropout=0.2, normalization="batch")
    neurona.save(tmp_path / "m", net, net.init(rng=0))
    _, out, _ = run(capsys, "inspect", tmp_path / "m")
    lines = {line.split()[0]: line for line in out.splitlines() if line}
    assert "tanh, tanh" in lines["activation"]
    assert "batch normalization, dropout 0.2" in lines["between"]


# As a person would, on a file as it was published


def command(*arguments, input_=None):
    return subprocess.run(
        [sys.executable, "-m", "neurona.cli", *map(str, arguments)],
        capture_output=True, check=False, input=input_,
    )  # fmt: skip


def test_the_penguins_as_they_were_published(tmp_path):
    package = pytest.importorskip("palmerpenguins")
    source = Path(package.__file__).parent / "data" / "penguins-raw.csv"
    header, *rows = source.read_bytes().splitlines(keepends=True)
    known, new = header + b"".join(rows[::2]), header + b"".join(rows[1::2])
    model = tmp_path / "penguins.safetensors"
    done = command("train", "-", "--target", "Species", "--output", model, input_=known)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"what tells most" in done.stdout
    assert (tmp_path / "penguins.png").read_bytes().startswith(b"\x89PNG")
    done = command("predict", model, "--proba", input_=new)
    assert done.returncode == 0, done.stderr
    answered = rows_of(done.stdout.decode())
    right = [row["Species"] == row["predicted Species"] for row in answered]
    assert len(right) == len(rows) // 2
    assert np.mean(right) > 0.97
    (tmp_path / "new.csv").write_bytes(new)
    done = command("evaluate", model, tmp_path / "new.csv")
    assert f"accuracy {np.mean(right):.1%}".encode() in done.stdout
    renamed = new.replace(b"Island", b"Isle", 1)
    done = command("predict", model, "-", input_=renamed)
    assert done.returncode == WRONG
    assert b"standard input: has no column 'Island'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_a_reader_who_has_left_is_no_error(command, models):
    arguments = [command, str(models / "kind.safetensors"), str(models / "pets.csv")]
    with subprocess.Popen(
        [sys.executable, "-m", "neurona.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 141
