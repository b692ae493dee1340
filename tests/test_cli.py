"""The command, run as a person would: its options, its files, its errors."""

import importlib
import os
import re
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

import neurona
from neurona import cli, demos, extras
from neurona.commands import options, train
from neurona.engine.costs import COSTS
from neurona.language import localize
from neurona.lesson import cure
from neurona.lesson.comparison import lineup
from neurona.lesson.comparison.problem import STEPS
from neurona.observe.scores import format_cost
from tests.support import forks

FILES = ["circles.gif", "circles.png"]


def run(*arguments: str) -> int:
    return cli.main(["demo", *arguments])


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "made" / "anew"


def test_the_program_alone_asks_for_a_command():
    ended = subprocess.run(
        [sys.executable, "-m", "neurona"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "the following arguments are required: command" in ended.stderr


def test_help_lists_the_demonstrations():
    assert tuple(demos.DEMOS) == options.DEMOS
    fitting = [name for costs in train.COSTS.values() for name in costs]
    assert set(options.COSTS) == set(fitting) <= {*COSTS, "cross_entropy"}


def test_demo_saves_a_picture_and_a_film_and_prints_their_paths(folder, capsys):
    assert run("circles", "--steps", "60", "--every", "20", "--output", str(folder)) == 0
    assert files(folder) == FILES
    with Image.open(folder / "circles.gif") as film:
        assert film.n_frames == 4  # steps 0, 20, 40, 60
    printed = capsys.readouterr().out.splitlines()
    assert printed[-2:] == [str(folder / "circles.png"), str(folder / "circles.gif")]
    assert "step 60/60" in "".join(printed[:-2])


def test_quiet_prints_only_paths(folder, capsys):
    assert run("xor", "--steps", "20", "--every", "10", "--quiet", "--output", str(folder)) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize("name", [name for name in demos.DEMOS if name != "digits"])
def test_each_demo_learns_its_point_cloud(name):
    demo = demos.DEMOS[name]
    X, y = demos.data_of(name, rng=0)
    n_out, output = demos.outputs_for(y)
    net = neurona.network([2, *demo.hidden, n_out], demo.activation, output=output)
    *_, state = neurona.train(net, X, y, rng=0, **demo.training)
    assert neurona.observe.accuracy(net.predict(state.params, X), y) > 0.98


@pytest.mark.parametrize(
    "options",
    [
        ["--topology", "6"],
        ["--topology", "4,8", "--activation", "tanh,relu"],
        ["--topology", "4,8", "--activation", "tanh,relu,sigmoid"],
        ["--activation", "swish"],
        ["--cost", "cross_entropy", "--optimizer", "nadam"],
        ["--optimizer", "sgd", "--learning-rate", "5"],
        ["--learning-rate", "0.1,0.05,0.01"],
        ["--batch-size", "32"],
        ["--noise", "0.2", "--seed", "7"],
        ["--engine", "jax"],
    ],
    ids=" ".join,
)
def test_demo_options(options, folder):
    short = ["--steps", "4", "--every", "4", "--quiet", "--output", str(folder)]
    assert run("circles", *short, *options) == 0


def test_demo_data_options(folder):
    short = ["--steps", "4", "--every", "4", "--quiet", "--output", str(folder)]
    assert run("spirals", "--arms", "5", *short) == 0
    assert run("blobs", "--classes", "4", *short) == 0
    assert files(folder) == ["blobs.gif", "blobs.png", "spirals.gif", "spirals.png"]


def test_another_seed_gives_another_run(folder, capsys):
    lines = []
    for seed in ("1", "1", "2"):
        run("circles", "--steps", "50", "--every", "50", "--seed", seed, "--output", str(folder))
        line = next(x for x in capsys.readouterr().out.splitlines() if x.startswith("step 50/50"))
        lines.append(line.split("  ")[1])  # the cost
    assert lines[0] == lines[1] != lines[2]


@pytest.mark.long
def test_digits_demo_prints_test_accuracy_and_confusion_matrix(folder, capsys):
    assert run("digits", "--output", str(folder)) == 0
    printed = capsys.readouterr().out
    accuracy = float(printed.split("test accuracy ")[-1].split("%")[0])
    assert accuracy >= 97.5
    matrix = [
        [0 if cell == "·" else int(cell) for cell in line.split()[1:]]
        for line in printed.splitlines()
        if len(line.split()) == 11 and line.strip()[0].isdigit()
    ]
    assert len(matrix) == 10
    assert sum(map(sum, matrix)) == 360
    assert sum(matrix[k][k] for k in range(10)) == round(accuracy / 100 * 360)


@pytest.mark.long
def test_tutorial_demo_prints_failure_cause_and_cure(folder, capsys):
    assert run("tutorial", "--output", str(folder)) == 0
    printed = capsys.readouterr().out
    assert printed.count("cost 0.25") == 3  # at each of the three rates
    assert "250.000 times the gradient" in printed
    assert "0.500 times the gradient" in printed
    below = [int(n) for n in re.findall(r"below 0.01 in (\d+) draws of 10", printed)]
    lesson, lesson_scaled, true, true_scaled = below
    assert lesson == 0
    assert true <= 5
    assert lesson_scaled >= 7
    assert true_scaled == 10
    assert files(folder) == ["tutorial.gif", "tutorial.png"]


def test_the_tutorial_writes_what_is_measured(folder, capsys, monkeypatch):
    for name, fewer in {
        "failures": {"steps": 20},
        "training": {"steps": 20},
        "last_costs": {"steps": 20, "draws": 2},
    }.items():
        monkeypatch.setattr(cure, name, partial(getattr(cure, name), **fewer))
    assert run("tutorial", "--output", str(folder), "--language", "es") == 0
    printed = capsys.readouterr().out
    for failure in cure.failures():
        cost = localize(format_cost(failure.cost), "es")
        assert re.search(rf"tasa {localize(f'{failure.rate:g}', 'es')} +coste {cost} ", printed)
    first, *_, last = cure.gradient_sizes("uniform")
    for size in (first, last):
        assert localize(f"{size:.1e}", "es") in printed
    assert re.search("250,000 veces", printed)
    assert len(re.findall("por debajo de 0.01 en [0-2] sorteos de 2", printed)) == 4
    assert files(folder) == ["tutorial.gif", "tutorial.png"]
    with Image.open(folder / "tutorial.gif") as film:
        assert film.n_frames == 5  # steps 0, 5, 10, 15, 20


def test_demos_speak_spanish_and_read_its_numbers(folder, capsys, monkeypatch):
    short = ["moons", "--steps", "20", "--every", "10", "--output", str(folder)]
    assert run(*short, "--lr", "0,05", "--noise", "0,1", "--language", "es") == 0
    spanish = capsys.readouterr().out
    assert re.search(r"paso 20/20  coste 0,\d+  aciertos \d+,\d %", spanish)
    monkeypatch.setenv("LC_ALL", "es_ES.UTF-8")
    assert run(*short, "--lr", "0.05", "--noise", "0.1") == 0
    pace = r" +[\d.]+ pasos/s"
    assert re.sub(pace, "", capsys.readouterr().out) == re.sub(pace, "", spanish)
    assert run("circles", "--arms", "3", "--language", "en") == 2


def test_help_is_in_the_language(capsys):
    for arguments, words in ((["demo"], "lo que se aprende"), (["play"], "uno libre")):
        with pytest.raises(SystemExit):
            cli.main([*arguments, "--help", "--language", "es"])
        assert words in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["trian", "pets.csv"], "train"),
        (["demo", "circels"], "circles"),
        (["train", "pets.csv", "--target", "kind", "--epohcs", "3"], "--epochs"),
        (["export", "pets.safetensors", "--to", "onxx"], "onnx"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_the_word_that_a_typo_means_is_named(arguments, meant, capsys):
    for language, said in (("en", "; did you mean {!r}?"), ("es", "; ¿querías decir {!r}?")):
        with pytest.raises(SystemExit):
            cli.main([*arguments, "--language", language])
        assert said.format(meant) in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["circles", "--topology", "4,0"], "each width must be a positive whole number"),
        (["circles", "--activation", "sigmoide"], "did you mean 'sigmoid'"),
        (["circles", "--activation", "tanh,tanh,tanh,tanh"], "4 activations for 3 layers"),
        (["circles", "--cost", "msse"], "did you mean 'mse'"),
        (["circles", "--optimizer", "adm"], "did you mean"),
        (["circles", "--engine", "torch"], "no engine 'torch'"),
        (["circles", "--learning-rate", "0"], "must be a positive number"),
        (["circles", "--learning-rate", "1,2"], "2 learning rates for 3 layers"),
        (["circles", "--batch-size", "0"], "batch_size is 0"),
        (["circles", "--steps", "0"], "steps is 0"),
        (["circles", "--every", "-1"], "every is -1"),
        (["circles", "--noise", "-1"], "noise"),
        (["circles", "--arms", "3"], "--arms is not for circles"),
        (["spirals", "--arms", "1"], "arms"),
        (["tutorial", "--steps", "5"], "--steps is not for the tutorial"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_input_prints_one_line(arguments, message, folder, capsys):
    assert run(*arguments, "--output", str(folder)) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("neurona: error: ")
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert not folder.exists() or files(folder) == []


@pytest.mark.parametrize(
    "arguments", [["cricles"], ["circles", "--topology", "four"], ["circles", "--steps", "x"]]
)
def test_parser_errors(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        run(*arguments)
    assert stop.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_unwritable_output_folder(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert run("circles", "--output", str(tmp_path / "file" / "folder")) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_diverging_demo_saves_its_pictures_and_suggests_a_rate(folder, capsys):
    diverging = ["--activation", "relu,relu,linear", "--cost", "mse", "--optimizer", "sgd"]
    code = run("circles", *diverging, "--learning-rate", "1e6", "--output", str(folder))
    assert code == 1
    assert "Try a learning rate of" in capsys.readouterr().err
    assert files(folder) == FILES


def test_missing_extra_is_named(folder, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    assert run("circles", "--engine", "jax", "--output", str(folder)) == 2
    assert 'pip install "neurona[jax]"' in capsys.readouterr().err


def test_ctrl_c_saves_the_training_so_far(folder):
    command = [sys.executable, "-m", "neurona.cli", "demo", "circles", "--steps", "100000000"]
    process = forks.Popen(
        [*command, "--every", "1000", "--output", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    deadline = time.monotonic() + 60
    while not folder.exists() and time.monotonic() < deadline:  # made as the training begins
        time.sleep(0.05)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "interrupted" in err
    assert "Traceback" not in err
    assert str(folder / "circles.gif") in out
    assert files(folder) == FILES


# ---- neurona compare -----------------------------------------------------------------------------


@pytest.fixture
def compare(folder, monkeypatch):
    """Run the command without the libraries that take seconds to import."""

    def run_compare(*arguments: str) -> int:
        monkeypatch.setattr(lineup, "_installed", lambda package: package == "sklearn")
        return cli.main(["compare", "--output", str(folder), *arguments])

    return run_compare


def without(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have an optional package not installed, whatever was imported before."""

    def import_module(name: str) -> ModuleType:
        if name.partition(".")[0] == package:
            raise ModuleNotFoundError(name=package)
        return importlib.import_module(name)

    monkeypatch.setattr(extras, "import_module", import_module)


def test_compare_steps_default_to_those_of_the_library():
    assert cli.parser().parse_args(["compare"]).steps == STEPS


def test_compare_prints_tables_and_saves_a_picture_and_a_page(compare, folder, capsys):
    assert compare("--steps", "30", "--seed", "3") == 0
    printed = capsys.readouterr().out
    assert "30 steps of gradient descent" in printed
    assert "seed 3" in printed
    agreeing = [line for line in printed.splitlines() if line.startswith("  the lesson's, corr")]
    assert len(agreeing) == 3
    assert all(float(line.split()[4]) < 1e-10 for line in agreeing)
    assert printed.count("float64  ") > 7
    assert printed.count("left out: PyTorch (torch is not installed)") == 3
    assert "left out: scikit-learn (it has no squared error after a sigmoid)" in printed
    assert max(map(len, printed.splitlines()[:-2])) <= 100
    assert printed.splitlines()[-2:] == [str(folder / "compare.png"), str(folder / "compare.md")]
    assert files(folder) == ["compare.md", "compare.png"]
    with Image.open(folder / "compare.png") as picture:
        assert picture.width > 1000
    assert "](compare.png)" in (folder / "compare.md").read_text(encoding="utf-8")


def test_compare_in_spanish_and_quiet(compare, folder, capsys):
    assert compare("--steps", "5", "--language", "es", "--quiet") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    page = (folder / "compare.md").read_text(encoding="utf-8")
    assert "mayor diferencia" in page
    assert "left out" not in page


def test_compare_on_a_terminal_draws_tables(compare, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert compare("--steps", "5") == 0
    printed = capsys.readouterr().out
    assert "────" in printed
    assert "the lesson's, corrected" in printed


def test_compare_without_rich_is_plain(compare, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    without("rich", monkeypatch)
    assert compare("--steps", "5") == 0
    printed = capsys.readouterr().out
    assert "────" not in printed
    assert "the lesson's, corrected" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--steps", "0"], "steps is 0"),
        (["--steps", "-3"], "steps is -3"),
        (["--seed", "-1"], "seed is -1: it must be a whole number from 0 to 4294967295"),
        (["--seed", "99999999999"], "seed is 99999999999"),
    ],
    ids=" ".join,
)
def test_compare_error_is_one_line(compare, arguments, message, folder, capsys):
    assert compare(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("neurona: error: ")
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert not folder.exists()


@pytest.mark.parametrize("arguments", [["--steps", "x"], ["--language", "fr"], ["more"]])
def test_compare_parser_errors(compare, arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        compare(*arguments)
    assert stop.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_compare_with_an_unwritable_output_folder(compare, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert compare("--output", str(tmp_path / "file" / "folder")) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("module", ["matplotlib", "sklearn"])
def test_compare_names_the_missing_extra(module, compare, folder, capsys, monkeypatch):
    without(module, monkeypatch)
    assert compare("--steps", "5") == 2
    assert "pip install" in capsys.readouterr().err
    assert not folder.exists()
