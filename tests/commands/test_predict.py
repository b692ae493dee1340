"""From a CSV file to answers: predict, evaluate and inspect, run as a person would."""

import codecs
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import neurona
from neurona import cli
from neurona.engine.parameters import arrays
from neurona.tables.csv import parse_csv
from tests.support import forks
from tests.support.commands import FAILED, WRONG, pets, refused, rows_of, run

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


def test_predict_adds_the_ends_of_an_interval(tmp_path, capsys):
    model, table = tmp_path / "model.safetensors", tmp_path / "pets.csv"
    table.write_text(pets(120))
    run(capsys, "train", table, "--target", "kilos", "-o", model, "--epochs", "20", "--quick")
    code, out, err = run(capsys, "predict", model, table, "--interval", "0.5")
    assert (code, err) == (0, "")
    rows = rows_of(out)
    names = ("lower end of kilos", "predicted kilos", "upper end of kilos")
    low, middle, high = np.array([[float(row[name]) for name in names] for row in rows]).T
    assert (low < high).all()
    np.testing.assert_allclose(high - middle, (high - middle)[0], rtol=1e-4)
    assert "--interval is 2" in refused(capsys, "predict", model, table, "--interval", "2")


def test_predict_answers_as_the_estimator_does(models, capsys):
    _, out, _ = run(capsys, "predict", models / "kilos.safetensors", models / "pets.csv")
    net = neurona.load(models / "kilos.safetensors")
    raw = parse_csv(pets())
    expected = net.predict(raw.select(["coat", "born", "kind"]))
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
    assert "the predictions have '日', and cp1252 does not" in said


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
        ("kilos,born\n1,2020-01-01\n", "has no column 'coat', which the network learned from"),
        ("Kilos,coat,born\n1,x,\n", "no column 'kilos', which the network learned from; did you"),
        ("kilos,coat,born\nheavy,x,\n", "line 2, column 'kilos': 'heavy' is not a finite number"),
        ("kilos,coat,born\n1,x,then\n", "line 2, column 'born': 'then' is not a date"),
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


def test_a_file_without_an_estimator_is_refused(models, tmp_path, capsys):
    table, model, other = models / "pets.csv", models / "kind.safetensors", tmp_path / "m"
    cut = tmp_path / "cut"
    cut.write_bytes(model.read_bytes()[:-9])
    net = neurona.network([2, 1])
    neurona.save(other, net, net.init(rng=0))
    array = tmp_path / "array"
    neurona.save(array, neurona.NeuralNetRegressor(2, epochs=1).fit([[1.0], [2.0]], [1, 2]))
    for command in ("predict", "evaluate"):
        assert "not a safetensors file, or was cut" in refused(capsys, command, table, table)
        assert "not a safetensors file, or was cut" in refused(capsys, command, cut, table)
        assert "holds a network alone" in refused(capsys, command, other, table)
        assert "it learned from an array" in refused(capsys, command, array, table)
        assert "there is no such file" in refused(capsys, command, tmp_path / "none", table)
        assert "there is no such file" in refused(capsys, command, model, tmp_path / "pets.csv")
    assert "was cut" in refused(capsys, "inspect", cut)
    assert "--proba is for classes" in refused(
        capsys, "predict", models / "kilos.safetensors", table, "--proba"
    )
    assert "--interval is for numbers" in refused(
        capsys, "predict", models / "kind.safetensors", table, "--interval", "0.9"
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


def test_inspect_tells_what_a_network_takes(tmp_path, capsys):
    X, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    images = np.random.default_rng(0).integers(0, 256, (40, 4, 4, 1))
    for given, settings, told in (
        (X, {"preprocess": None}, "columns     numbers, taken as they are"),
        (images, {"layers": "conv 2, flatten"}, "examples    images of 4 x 4 x 1, whole numbers"),
    ):
        net = neurona.NeuralNetClassifier(epochs=1, networks=1, random_state=0, **settings)
        neurona.save(tmp_path / "m", net.fit(given, y))
        code, said, _ = run(capsys, "inspect", tmp_path / "m")
        assert code == 0
        assert told in said


# Evaluate and inspect


def test_evaluate(models, tmp_path, capsys):
    code, out, _ = run(capsys, "evaluate", models / "kind.safetensors", models / "pets.csv")
    assert code == 0
    assert "of 60 rows (95 % interval" in out
    table = tmp_path / "t.csv"
    table.write_text(pets(20, seed=5).replace("cat", "", 1))
    code, out, err = run(capsys, "evaluate", models / "kind.safetensors", table)
    assert "of 19 rows" in out
    assert "note: 1 row has no target and is left out" in err
    _, out, _ = run(capsys, "evaluate", models / "kilos.safetensors", models / "pets.csv")
    assert "off by " in out


def test_evaluate_refuses(models, tmp_path, capsys):
    table, model = tmp_path / "t.csv", models / "kind.safetensors"
    table.write_text(pets().replace("cat", "fox"))
    assert "'fox' is not one of the classes it learned: 'cat', 'dog'" in refused(
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
    assert "'99' is not one of the classes it learned: '-1.0', '0.0'" in refused(
        capsys, "evaluate", model, table
    )


def written(day, order):
    """Write a date such as 2024-12-31 in another order."""
    year, month, date = day.split("-")
    places = (date, month) if order == "dmy" else (month, date)
    return "/".join([*(str(int(place)) for place in places), year])


@pytest.mark.parametrize("order", ["dmy", "mdy"])
def test_dates_with_the_day_or_the_month_first(order, tmp_path, capsys):
    begin = np.datetime64("2020-01-01")
    days = [str(begin + np.timedelta64(11 * k, "D")) for k in range(90)]
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
    assert f"'31/31/2020' is not a date: write it as 2024-12-31 or {example}" in said


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


def test_inspect_takes_a_number_apart(tmp_path, capsys, monkeypatch):
    net = neurona.network("6x6x1, conv 2, pool, flatten, 3", "relu", output="softmax")
    params, model, file = net.init(rng=0), tmp_path / "m", tmp_path / "examples.npz"
    X, y = np.random.default_rng(0).random((4, 6, 6, 1)), np.array([0, 1, 2, 0])
    neurona.save(model, net, params)
    np.savez(file, X=X, y=y)
    asked = ["inspect", model, "--examples", file, "--row", "2"]
    monkeypatch.setenv("LC_ALL", "C")
    seen = neurona.observe.inside(net, params, X[2:3], y[2:3])
    for number, apart in {
        "1:z[1,2,0]": seen.number("1", (1, 2, 0)),
        "1:W[0, 2, 0, 1]": seen.weight("1", "W", (0, 2, 0, 1)),
        "2:x[1,1,0]": seen.given("2", (1, 1, 0)),
    }.items():
        assert run(capsys, *asked, "--number", number)[1] == apart.say() + "\n"
    monkeypatch.setenv("LC_ALL", "es_ES.UTF-8")
    assert "por diferencias" in run(capsys, *asked, "--number", "1:z[1,2,0]")[1]
    monkeypatch.setenv("LC_ALL", "C")
    assert "such as '1:z[3,4,0]'" in refused(capsys, *asked, "--number", "z")
    assert "no layer '9'" in refused(capsys, *asked, "--number", "9:z[0]")
    assert "go together" in refused(capsys, *asked)
    assert "has 4 examples" in refused(capsys, *asked[:-1], "4", "--number", "1:z[0,0,0]")
    np.savez(file, X=X)
    assert "has no y" in refused(capsys, *asked, "--number", "1:z[0,0,0]")
    assert "learned from arrays" in refused(
        capsys, "inspect", model, "--examples", "t.csv", "--number", "1:z[0,0,0]"
    )


def test_inspect_takes_a_row_of_a_table_apart(models, tmp_path, capsys):
    model, table = models / "kilos.safetensors", models / "pets.csv"
    net = neurona.load(model)
    raw = parse_csv(pets())
    x = net.prepare(raw.select(["coat", "born", "kind"]))[3:4]
    y = net.targets_.encode(raw.target("kilos", "numbers").y[3:4])
    seen = neurona.observe.inside(net.network_, net.params_, x, y)
    place = next(iter(seen.leaves))
    asked = ["inspect", model, "--number", f"{place}:z[1]", "--examples"]
    said = run(capsys, *asked, table, "--row", "3")[1]
    assert said.startswith(f"Layer {place}, Dense\n")
    assert said.splitlines()[1] == seen.number(place, (1,)).say().splitlines()[1]
    (tmp_path / "new.csv").write_text("kind,born,coat,kilos\ncat,2012-02-02,long,\ndog,,,9\n")
    assert "row 0" in refused(capsys, *asked, tmp_path / "new.csv")
    assert "--row is 9" in refused(capsys, *asked, tmp_path / "new.csv", "--row", "9")
    assert "no such file" in refused(capsys, *asked, tmp_path / "none.csv")


def test_inspect_tells_the_ramps_of_numbers_and_dates(tmp_path, capsys):
    table, model = tmp_path / "t.csv", tmp_path / "m.safetensors"
    days = np.datetime64("2024-01-01") + np.arange(41)
    table.write_text("n,day,far,y\n" + "".join(f"{k},{days[k]},{k}e9,{k}\n" for k in range(41)))
    made = ["-o", model, "--epochs", "2", "--ramps", "4", "--quick"]
    assert run(capsys, "train", table, "--target", "y", *made)[0] == 0
    _, out, _ = run(capsys, "inspect", model)
    lines = {line.split()[0]: line for line in out.splitlines() if line}
    steps = [step for _, step in neurona.load(model).preparation_.steps]
    knots = ", ".join(f"{knot:g}" for knot in steps[0].ramps.knots)
    assert lines["n"].endswith(f", 4 ramps between {knots}")
    ends = [f"{knot:g}" for knot in steps[2].ramps.knots]
    assert lines["far"].endswith(f", 4 ramps between {', '.join(ends)}")
    moments = [str(days[int(k)]) for k in np.array(steps[1].number.ramps.knots) - 19723]
    assert lines["day"].endswith(f", 4 ramps between {', '.join(moments)}")
    assert moments[0] in ("2024-01-01", "2024-01-02")
    assert moments[0] in model.with_suffix(".html").read_text()


def test_inspect_tells_an_ensemble_in_a_line_and_what_was_tried(tmp_path, capsys):
    table, model = tmp_path / "t.csv", tmp_path / "m.safetensors"
    table.write_text(pets(80))
    made = ["-o", model, "--epochs", "5", "--dropout", "0.25", "--networks", "5"]
    assert run(capsys, "train", table, "--target", "kind", *made)[0] == 0
    net = neurona.load(model)
    _, out, _ = run(capsys, "inspect", model)
    lines = {line.split()[0]: line for line in out.splitlines() if line}
    hidden = "-".join(map(str, net.setting_.hidden_layer_sizes))
    assert lines["network"] == f"network     5 networks {len(net.preparation_.outputs)}-{hidden}-1"
    assert lines["between"].endswith("dropout 0.25")
    count = sum(array.size for array in arrays(net.params_))
    assert lines["parameters"] == f"parameters  {count:,} of float32"
    assert lines["setting"].endswith(str(net.setting_))
    assert lines["temperature"].startswith(f"temperature {net.temperature_:.4g}, ")
    tried = out.partition("tried (")[2].partition("\n\n")[0].splitlines()[1:]
    assert len(tried) == len(net.trials_) > 1
    for line, one in zip(tried, net.trials_, strict=True):
        assert line.startswith(f"  {one.cost:.4g} ")
        assert line.endswith(f"  {one.setting}{', kept' * one.kept}")


def test_inspect_a_plain_network_has_tried_nothing(tmp_path, capsys):
    table, model = tmp_path / "t.csv", tmp_path / "m.safetensors"
    table.write_text(pets())
    made = ["-o", model, "--epochs", "2", "--networks", "1", "--hidden", "3"]
    assert run(capsys, "train", table, "--target", "kind", *made)[0] == 0
    _, out, _ = run(capsys, "inspect", model)
    assert re.search(r"^network     \d+-3-1$", out, re.M)
    assert "tried" not in out
    assert "temperature" not in out


def test_inspect_a_network_of_images(tmp_path, capsys):
    net = neurona.Network([neurona.Conv2D(2, 3), neurona.Flatten(), neurona.Dense(1)], (5, 4, 1))
    neurona.save(tmp_path / "m", net, net.init(rng=0))
    _, out, _ = run(capsys, "inspect", tmp_path / "m")
    assert net.summary() in out
    assert "parameters  33 of float32" in out


# As a person would, on a file as it was published


def command(*arguments, input_=None):
    return forks.run(
        [sys.executable, "-m", "neurona.cli", *arguments], capture_output=True, input=input_
    )


def test_the_penguins_as_they_were_published(tmp_path, capsys):
    package = pytest.importorskip("palmerpenguins")
    source = Path(package.__file__).parent / "data" / "penguins-raw.csv"
    header, *rows = source.read_bytes().splitlines(keepends=True)
    known, new = header + b"".join(rows[::2]), header + b"".join(rows[1::2])
    model = tmp_path / "penguins.safetensors"
    done = command("train", "-", "--target", "Species", "--output", model, input_=known)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"most important columns" in done.stdout
    assert (tmp_path / "penguins.png").read_bytes().startswith(b"\x89PNG")
    done = command("predict", model, "--proba", input_=new)
    assert done.returncode == 0, done.stderr
    answered = rows_of(done.stdout.decode())
    right = [row["Species"] == row["predicted Species"] for row in answered]
    assert len(right) == len(rows) // 2
    assert np.mean(right) > 0.97
    (tmp_path / "new.csv").write_bytes(new)
    _, out, _ = run(capsys, "evaluate", model, tmp_path / "new.csv")
    assert f"accuracy {np.mean(right):.1%}" in out
    renamed = new.replace(b"Island", b"Isle", 1)
    done = command("predict", model, "-", input_=renamed)
    assert done.returncode == WRONG
    assert b"standard input: has no column 'Island'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_a_closed_pipe_is_not_an_error(command, models):
    arguments = [command, str(models / "kind.safetensors"), str(models / "pets.csv")]
    with forks.Popen(
        [sys.executable, "-m", "neurona.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 141


def test_evaluate_leaves_out_the_rows_that_train_leaves_out(tmp_path, capsys):
    table, model = tmp_path / "t.csv", tmp_path / "m.safetensors"
    lines = "".join(f"{k},{(1, 2, '?')[k % 3]}\n" for k in range(60))
    table.write_text(f"x,y\n{lines}")
    made = ["--epochs", "2", "--networks", "1", "--output", model]
    _, out, _ = run(capsys, "train", table, "--target", "y", *made)
    assert "20 rows have no 'y' and are left out" in out
    code, out, _ = run(capsys, "evaluate", model, table)
    assert (code, "of 40 rows" in out) == (0, True)
    table.write_text(f"x,y\n{lines}7,3\n")
    assert "'3' is not one of the classes it learned" in refused(capsys, "evaluate", model, table)
