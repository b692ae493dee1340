"""``neurona train``: what it tells and leaves, its settings and costs, and what it refuses."""

import os
import re
import sys
from contextlib import suppress

import numpy as np
import pytest
from safetensors import safe_open

import neurona
from neurona import cli
from neurona.estimators.calibration import bounds_of
from neurona.estimators.ensemble import member
from tests.support import forks
from tests.support.commands import pets, refused, rows_of, run


def test_train_tells_what_it_does_and_leaves_model_and_curves(tmp_path, capsys):
    table, model = tmp_path / "t.csv", tmp_path / "m.safetensors"
    table.write_text(pets() + "3.5,long,2020-01-01,\n")
    code, out, err = run(
        capsys, "train", table, "--target", "kind", "--output", model, "--hidden", "8,4",
        "--activation", "tanh,relu", "--epochs", 40, "--seed", 3,
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert "1 row has no 'kind' and is left out" in out
    assert "epoch 40/40: cost " in out
    assert re.search(r"accuracy \d+\.\d%: \d+ of 12 rows \(95 % interval \d+\.\d% to \d", out)
    assert "confusion (rows: the class; columns: the prediction)" in out
    made = [str(tmp_path / f"m.{end}") for end in ("safetensors", "png", "html")]
    assert out.splitlines()[-3:] == made
    told = out.partition("most important columns")[2].splitlines()
    assert told[1].startswith("kilos ")
    net = neurona.load(model)
    layers = member(net.network_).layers
    assert [one.activation.name for one in layers if one.activation.name != "linear"] == [
        "tanh", "relu", "sigmoid",
    ]  # fmt: skip
    assert net.feature_names_in_.tolist() == ["kilos", "coat", "born"]
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "m.html", "m.png", "m.safetensors", "t.csv",
    ]  # fmt: skip


@pytest.mark.parametrize(("classes", "hinted"), [("1 2 3", True), ("a b c", False), ("0 1", False)])
def test_train_says_how_to_predict_numbers_that_it_takes_for_classes(
    classes, hinted, tmp_path, capsys
):
    table = tmp_path / "t.csv"
    table.write_text("x,y\n" + "".join(f"{k},{classes.split()[k % 2]}\n" for k in range(40)))
    table.write_text(table.read_text() + "".join(f"9,{one}\n" for one in classes.split()))
    options = ["--target", "y", "-o", tmp_path / "m", "--quick", "--epochs", 1]
    _, out, _ = run(capsys, "train", table, *options)
    assert ("(--kind numbers predicts numbers)" in out) == hinted


def test_files_may_come_after_options(tmp_path, capsys):
    for name in "ab":
        (tmp_path / name).write_text("x,y\n" + f"1,{name}\n2,c\n3,{name}\n" * 4)
    files, options = [tmp_path / "a", tmp_path / "b"], ["--epochs", 1, "-o", tmp_path / "m"]
    _, out, _ = run(capsys, "train", files[0], "--target", "y", files[1], *options)
    assert "3 classes" in out
    with pytest.raises(SystemExit):
        run(capsys, "train", files[0], "--target", "y", "--fast", files[1])
    assert "unrecognized arguments: --fast" in capsys.readouterr().err


def test_whole_numbers_that_never_come_twice_are_no_classes(tmp_path, capsys):
    table = tmp_path / "doubled.csv"
    table.write_text("x,y\n" + "".join(f"{k},{2 * k}\n" for k in range(1, 13)))
    options = ["--target", "y", "--epochs", 2, "--output", tmp_path / "m"]
    _, out, _ = run(capsys, "train", table, *options)
    assert "R²" in out
    assert "classes" not in out


def test_one_network_on_numbers_stops_early_and_says_its_interval(tmp_path, capsys):
    rng = np.random.default_rng(0)
    table = tmp_path / "t.csv"
    noise = "".join(f"{rng.normal()},{rng.normal()}\n" for _ in range(80))
    table.write_text("x,y\n" + noise)  # nothing to learn: the best is soon behind it
    made = ["-o", tmp_path / "m", "--networks", 1]
    code, out, _ = run(capsys, "train", table, "--target", "y", *made)
    assert code == 0
    assert "R² " in out
    assert "(95 % interval " in out
    run_, all_ = out.partition("the best weights are those of epoch ")[2].split()[2], 250
    assert int(run_) < all_


def curve(n=120):
    """Return a CSV's text: a curve that a straight line does not follow."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-3, 3, n)
    noise = rng.normal(0, 0.1, n)
    return "x,y\n" + "".join(f"{a},{np.sin(2 * a) + b}\n" for a, b in zip(x, noise, strict=True))


def test_each_setting_is_told_with_its_cost_and_the_best_is_kept(tmp_path, capsys):
    table, model = tmp_path / "t.csv", tmp_path / "m.safetensors"
    table.write_text(curve())
    code, out, _ = run(capsys, "train", table, "--target", "y", "-o", model, "--epochs", 20)
    assert code == 0
    net = neurona.load(model)
    assert len(net.trials_) > 1
    best = np.inf
    for number, one in enumerate(net.trials_, 1):
        assert f"setting {number}: {one.setting}\nepoch 4/20: cost " in out
        verdict = "" if number == 1 else ": better" if one.cost < best else ": not better"
        said = f"setting {number} has a cost of {one.cost:.4f} on the rows left out{verdict}\n"
        assert said in out
        its = out.partition(f"setting {number}: {one.setting}\n")[2].partition(said)[0]
        # One that is far behind ends early, and is not better.
        assert "epoch 20/20: cost " in its or verdict == ": not better"
        best = min(best, one.cost)
    kept = [one.cost for one in net.trials_].index(best) + 1
    again = f"\nsetting {kept} again: more networks, which leave out other rows\n"
    assert "epoch 20/20: cost " in out.partition(again)[2]
    assert f"\nsetting {kept} is kept\n" in out
    assert net.trials_[kept - 1].kept
    told = re.search(r"90 % interval (\S+) wide: (\S+)% of the rows are in theirs", out)
    low, high = bounds_of(net.residuals_, 0.9)
    assert float(told[1]) == pytest.approx(high - low, rel=1e-3)
    assert (tmp_path / "m.png").exists()


def test_quick_takes_one_setting(tmp_path, capsys):
    table, model = tmp_path / "t.csv", tmp_path / "m.safetensors"
    table.write_text(curve())
    made = ["-o", model, "--epochs", 5, "--quick"]
    out = run(capsys, "train", table, "--target", "y", *made)[1]
    assert "setting 1 has a cost of " in out
    assert "setting 2" not in out
    assert "is kept" not in out
    assert len(neurona.load(model).trials_) == 1


def test_a_setting_that_diverges_is_said(tmp_path, capsys):
    from neurona.commands.progress import _Lines
    from neurona.estimators.search import Trial

    net = neurona.NeuralNetRegressor(2, epochs=1).fit([[0.0], [1.0]], [0.0, 1.0])
    net.trials_ = (Trial(net.setting_, 0.5, kept=True), Trial(net.setting_, np.inf))
    with _Lines(net):
        pass
    assert capsys.readouterr().out.splitlines() == [
        "setting 1 has a cost of 0.5000 on the rows left out",
        "setting 2 diverged",
        "setting 1 is kept",
    ]


def test_folds_are_as_many_networks(tmp_path, capsys):
    table, model = tmp_path / "t.csv", tmp_path / "m.safetensors"
    table.write_text(curve())
    made = ["-o", model, "--epochs", 5, "--quick", "--folds", 3]
    assert run(capsys, "train", table, "--target", "y", *made)[0] == 0
    net = neurona.load(model)
    assert (net.cv, len(net.params_[0])) == (3, 3)
    assert len(net.residuals_) == 96  # each row is left out once


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
    assert got.count(str(table)) <= 1
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--test-size", "1"], "--test-size is 1.0"),
        (["--test-size", "nan"], "--test-size is nan"),
        (["--seed", "-1"], "--seed is -1"),
        (["--networks", "0"], "networks is 0"),
        (["--folds", "1"], "--folds is 1: one is left out by each network, so give 2 or more"),
        (["--folds", "3", "--networks", "2"], "--networks is 2 and --folds 3: each network"),
        (["--folds", "3", "--patience", "2"], "--folds and --patience both leave rows out"),
        (["--folds", "99"], "X has 48 rows (n_samples=48), and cv is 99 folds"),
        (["--patience", "0"], "patience is 0"),
        (["--ramps", "-1"], "ramps is -1"),
        (["--initializer", "magic"], "magic"),
        (["--weight-decay", "-1"], "weight_decay is -1"),
        (["--optimizer", "sgd", "--weight-decay", "1"], "has no weight decay"),
        (["--l1", "-1"], "l1 is -1"),
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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_terminal_gets_a_progress_bar(models, tmp_path):
    import pty

    ours, theirs = pty.openpty()
    made = ["--epochs", "20", "--patience", "20", "--output", str(tmp_path / "m.safetensors")]
    done = forks.Popen(
        [
            sys.executable,
            "-m",
            "neurona.cli",
            "train",
            models / "pets.csv",
            "--target",
            "kind",
            *made,
        ],
        stdout=theirs,
        env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "100"},
    )
    os.close(theirs)
    seen = b""
    with suppress(OSError):  # where the other end is closed
        while part := os.read(ours, 4096):
            seen += part
    os.close(ours)
    assert done.wait() == 0
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())
    assert "━━━━━━━━━━ epoch 20/20  cost " in shown
    trials = len(neurona.load(tmp_path / "m.safetensors").trials_)
    assert re.findall(r"setting (\d+): \d", shown) == [str(k + 1) for k in range(trials)]
    assert ", on the rows held out " in shown
    assert "accuracy " in shown


# Surprises


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


# Settings and costs


def test_an_estimators_settings_can_be_given(models, tmp_path, capsys):
    model = tmp_path / "m.safetensors"
    train = ["train", models / "pets.csv", "--target", "kind", "--output", model, "--epochs", "5"]
    settings = {
        "optimizer": "nadam", "learning_rate": 0.005, "batch_size": 16, "l1": 0.01, "l2": 0.001,
        "dropout": 0.1, "normalization": "batch", "clip": 1.0, "label_smoothing": 0.1,
        "initializer": "glorot_normal", "ramps": 3, "networks": 2, "patience": 3, "engine": "jax",
    }  # fmt: skip
    given = [part for name, value in settings.items()
             for part in (f"--{name.replace('_', '-')}", value)]  # fmt: skip
    assert run(capsys, *train, *given, "--balanced")[0] == 0
    estimator = neurona.load(model)
    asked = settings | {"class_weight": "balanced"}
    assert {name: estimator.get_params()[name] for name in asked} == asked
    assert run(capsys, *train, "--weight-decay", "0.25", "--quiet")[0] == 0
    assert neurona.load(model).setting_.weight_decay == 0.25
    assert run(capsys, *train, *given, "--balanced")[0] == 0
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
    assert re.search(r"\d% of the rows are below the prediction, the 0.9 quantile", out)
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


def test_train_and_inspect_say_how_many_categories_share_an_indicator(tmp_path, capsys):
    rng = np.random.default_rng(0)
    table, model = tmp_path / "t.csv", tmp_path / "m.safetensors"
    lines = [f"town {k % 300},{k % 300 + rng.normal():.3f}" for k in range(3000)]
    table.write_text("town,price\n" + "\n".join(lines) + "\n")
    code, out, _ = run(
        capsys, "train", table, "--target", "price", "-o", model, "--epochs", 1, "--hidden", 2
    )
    assert code == 0
    said = "256 of 300 categories have an indicator; the others share one"
    assert f"column 'town': {said}" in out
    code, out, _ = run(capsys, "inspect", model)
    assert code == 0
    assert f"and 249 more ({said})" in out


def test_inspect_shows_how_small_the_indicators_of_categories_are(tmp_path, capsys):
    rng = np.random.default_rng(0)
    table, model = tmp_path / "t.csv", tmp_path / "m.safetensors"
    rows = [f"{chr(97 + k % 20)},{'xyz'[k % 3]},{rng.normal():.3f}" for k in range(400)]
    table.write_text("town,kind,price\n" + "\n".join(rows) + "\n")
    made = ["--epochs", "1", "--hidden", "2", "-o", model]
    run(capsys, "train", table, "--target", "price", *made)
    _, out, _ = run(capsys, "inspect", model)
    assert "town  category: a, b, c, d, e, f, g, h and 12 more; scale 0.4, since it tells" in out
    assert "kind  category: x, y, z\n" in out


def test_classes_that_are_one_number_are_named(tmp_path, capsys):
    table = tmp_path / "t.csv"
    table.write_text("x,y\n" + "".join(f"{k},{('01', '1', '2')[k % 3]}\n" for k in range(60)))
    made = ["--epochs", "2", "--networks", "1", "--output", tmp_path / "m"]
    _, out, _ = run(capsys, "train", table, "--target", "y", "--kind", "classes", *made)
    assert "01, 1 are one number, and 2 classes as written\n" in out


def test_decimal_commas_and_odd_cells_are_told_in_training_and_prediction(tmp_path, capsys):
    table, model = tmp_path / "t.csv", tmp_path / "m.safetensors"
    lines = [f"{k},5;{'ab'[k % 2]}" for k in range(60)]
    table.write_text("x;y\n" + "\n".join([*lines, "?;a", "1o,5;b"]) + "\n")
    made = ["--epochs", "2", "--networks", "1", "--output", model]
    _, out, _ = run(capsys, "train", table, "--target", "y", *made)
    odd = "column 'x' is read as numbers: '?' (1 of 62 cells), '1o,5' (1) are taken for missing"
    assert odd in out
    _, out, err = run(capsys, "predict", model, table)
    assert (len(out.splitlines()), odd in err) == (63, True)
    assert "decimal commas" in run(capsys, "inspect", model)[1]
