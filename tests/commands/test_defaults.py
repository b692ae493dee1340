"""The commands' defaults, exit codes and shares, as their help names them."""

from __future__ import annotations

import re

import numpy as np
import pytest

import neurona
from neurona import cli, commands, demos
from neurona.commands import tables
from neurona.estimators.report import ClassFindings, Importance, Score
from neurona.lesson import cure
from tests.support.commands import WRONG, pets, refused, run


def given(*arguments):
    return vars(cli.parser().parse_args(list(arguments)))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["demo", "circles"], {"seed": 0, "engine": "numpy", "steps": None, "optimizer": None}),
        (["compare"], {"seed": 0, "steps": 1500, "language": "en"}),
        (["play"], {"port": 0, "host": "127.0.0.1", "token": None}),
        (
            ["train", "t.csv", "--target", "y"],
            {"seed": 0, "test_size": 0.2, "hidden": None, "activation": ["silu"], "kind": "auto",
             "output": "model.safetensors", "networks": None, "cv": None, "quick": False},
        ),
        (["predict", "m", "t.csv"], {"output": "-"}),
    ],
    ids=lambda one: one[0] if isinstance(one, list) else "",
)  # fmt: skip
def test_defaults(arguments, expected):
    options = given(*arguments)
    assert {name: str(options[name]) for name in expected} == {
        name: str(value) for name, value in expected.items()
    }


def test_exit_codes_are_what_shells_expect():
    codes = (commands.FAILED, commands.WRONG, commands.INTERRUPTED, commands.READER_LEFT)
    assert codes == (1, 2, 128 + 2, 128 + 13)  # SIGINT is 2, and SIGPIPE 13


def test_two_runs_of_a_demonstration_are_alike(tmp_path, capsys):
    pictures = []
    for name in "ab":
        folder = tmp_path / name
        assert cli.main(["demo", "xor", "--steps", "4", "--quiet", "--output", str(folder)]) == 0
        pictures.append((folder / "xor.png").read_bytes())
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize(
    ("name", "steps", "every"),
    [
        ("circles", 1000, 2), ("moons", 1000, 2), ("xor", 1000, 2), ("gaussians", 500, 1),
        ("spirals", 1500, 3), ("blobs", 500, 1), ("digits", 1350, 15),
    ],
)  # fmt: skip
def test_how_long_a_demonstration_is(name, steps, every):
    training = demos.DEMOS[name].training
    assert (training["steps"], training.get("every", 1)) == (steps, every)


def test_the_lessons_demonstration_is_the_lessons():
    circles = demos.DEMOS["circles"]
    assert (circles.hidden, circles.activation) == ((4, 8), "sigmoid")
    assert circles.training["cost"] == "mse"
    assert demos.DEMOS["digits"].held_out == 0.2


def test_the_film_of_digits_shows_those_that_were_held_out(tmp_path, monkeypatch, capsys):
    from neurona.commands import demo

    films = []

    class Noted(demo.Film):
        def __init__(self, net, X, y, **options):
            super().__init__(net, X, y, **options)
            films.append((len(X), self.log))

    monkeypatch.setattr(demo, "Film", Noted)
    options = ["--steps", "2", "--every", "1", "--quiet", "--output", str(tmp_path)]
    assert cli.main(["demo", "digits", *options]) == 0
    assert films == [(360, True)]  # a fifth of 1,797


# Train


def trained(capsys, tmp_path, rows, *options):
    """Train on a table of two classes; return what was said, and the estimator."""
    rng = np.random.default_rng(0)
    lines = [f"{rng.normal():.3f},{rng.normal():.3f},{'ab'[k % 2]}" for k in range(rows)]
    (tmp_path / "t.csv").write_text("\n".join(["one,two,kind", *lines, ""]))
    model = tmp_path / "m.safetensors"
    code, out, err = run(
        capsys, "train", tmp_path / "t.csv", "--target", "kind", "--output", model,
        "--hidden", "3", *options,
    )  # fmt: skip
    assert (code, err) == (0, "")
    said = re.search(r"(\d+) rows to learn from, (?:(\d+) to tell when to stop, )?(\d+) for", out)
    return [int(one or 0) for one in said.groups()], neurona.load(model)


@pytest.mark.parametrize(
    ("rows", "counts"),
    [(100, [68, 12, 20]), (50, [34, 6, 10]), (49, [39, 0, 10]), (4, [3, 0, 1])],
)
def test_a_fifth_is_for_the_test_and_of_40_rows_or_more_some_tell_one_network_when_to_stop(
    rows, counts, capsys, tmp_path
):
    got, net = trained(capsys, tmp_path, rows, "--epochs", 1, "--networks", 1)
    assert got == counts
    assert net.early_stopping == bool(counts[1])


@pytest.mark.parametrize(("rows", "counts"), [(100, [80, 0, 20]), (4, [3, 0, 1])])
def test_an_ensemble_learns_from_all_rows_but_those_of_the_test(rows, counts, capsys, tmp_path):
    got, net = trained(capsys, tmp_path, rows, "--epochs", 1)
    assert (got, net.early_stopping) == (counts, False)


@pytest.mark.parametrize(("rows", "counts"), [(100, [68, 12, 20]), (10, [7, 1, 2])])
def test_where_patience_is_given_rows_tell_when_to_stop(rows, counts, capsys, tmp_path):
    got, net = trained(capsys, tmp_path, rows, "--epochs", 3, "--patience", 2)
    assert got == counts
    assert (net.early_stopping, net.patience) == (True, 2)
    assert len(net.validation_scores_) == 3


def test_three_rows_are_too_few(capsys, tmp_path):
    (tmp_path / "t.csv").write_text("one,two,kind\n1,2,a\n2,3,b\n4,5,a\n")
    assert "4 are needed" in refused(capsys, "train", tmp_path / "t.csv", "--target", "kind")


@pytest.mark.parametrize(("epochs", "patience"), [(10, 20), (200, 40)])
def test_a_fifth_of_the_epochs_is_waited_for_a_better_score(epochs, patience):
    from neurona.commands import train

    target = type("Target", (), {"is_classes": True})
    options = cli.parser().parse_args(["train", "t", "--target", "y", "--epochs", str(epochs)])
    made = train._estimator(options, target, None, 100, early=True)
    assert (made.epochs, made.patience, made.random_state) == (epochs, patience, 0)


@pytest.mark.parametrize(("option", "value"), [("--seed", 2**32), ("--seed", -1)])
def test_seeds_beyond_what_scikit_learn_takes_are_refused(option, value, capsys, tmp_path):
    (tmp_path / "t.csv").write_text(pets())
    said = refused(
        capsys, "train", tmp_path / "t.csv", "--target", "kind", option, value, code=WRONG
    )
    assert "give a number from 0 to 4294967295" in said


def test_the_largest_seed_and_a_test_size_of_0_are_taken(capsys, tmp_path):
    options = "--seed", 2**32 - 1, "--test-size", 0, "--epochs", 1
    assert trained(capsys, tmp_path, 20, *options)[0] == [20, 0, 0]


def test_predicted_numbers_are_read_back_the_same(capsys, tmp_path):
    x = np.arange(30) / 7
    lines = [f"{one:.3f},{k % 3},{100 + one:.4f}" for k, one in enumerate(x)]
    (tmp_path / "t.csv").write_text("\n".join(["x,z,y", *lines, ""]))
    model = tmp_path / "m.safetensors"
    options = "--target", "y", "--kind", "numbers", "--output", model, "--epochs", 5
    assert run(capsys, "train", tmp_path / "t.csv", *options)[0] == 0
    code, out, _ = run(capsys, "predict", model, tmp_path / "t.csv")
    assert code == 0
    written = [float(line.rpartition(",")[2]) for line in out.splitlines()[1:]]
    columns = {"x": [f"{one:.3f}" for one in x], "z": [str(k % 3) for k in range(len(x))]}
    assert written == neurona.load(model).predict(columns).tolist()


def test_a_report_shows_the_ten_columns_that_tell_most():
    columns = [Importance(f"c{k}", 1 / (k + 1)) for k in range(12)] + [Importance("none", 0.0)]
    found = ClassFindings(1, 1, Score(1, 1, 1), [], np.eye(1, dtype=int), columns)
    assert [one.column for one in tables.telling(found)] == [f"c{k}" for k in range(10)]


# The lesson


def test_the_rate_of_the_true_gradient_is_5_by_default():
    short = {"steps": 3, "every": 3, "seed": 0}
    states = [
        [*cure.training("glorot_normal", **short, **rate)[1]][-1].cost
        for rate in ({}, {"rate": 5.0}, {"rate": 1.0})
    ]
    assert states[0] == states[1] != states[2]


def test_the_size_of_a_gradient_is_the_median_of_its_draws(monkeypatch):
    sizes = iter([[1.0, 5.0], [2.0, 9.0], [9.0, 5.5]])
    monkeypatch.setattr(cure, "gradient_norms", lambda layers: np.array(next(sizes)))
    np.testing.assert_array_equal(cure.gradient_sizes("uniform", draws=3), [2.0, 5.5])
