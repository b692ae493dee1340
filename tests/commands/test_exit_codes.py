"""How a command on tables ends when it does not end well: exit codes, and what is on the disk."""

import importlib
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import neurona
from neurona import cli, extras
from tests.support import forks

FAILED, WRONG, INTERRUPTED = 1, 2, 130


def pets(n=60):
    """Return a CSV's text."""
    lines = [
        f"{(4, 20)[k % 2] + k / n},{'ab'[k // 2 % 2]},{('cat', 'dog')[k % 2]}" for k in range(n)
    ]
    return "\n".join(["kilos,coat,kind", *lines]) + "\n"


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a table and a model that is there already."""
    (tmp_path / "t.csv").write_text(pets())
    net = neurona.NeuralNetClassifier(2, epochs=1).fit([[1.0], [2.0]], ["old", "older"])
    net.save(tmp_path / "m.safetensors")
    return tmp_path


def train(folder, before, options=("--epochs", "20")):
    """Run a training in a process of its own, after some lines of Python."""
    arguments = ["train", "t.csv", "--target", "kind", "--output", "m.safetensors", *options]
    run = f"\nfrom neurona import cli\nraise SystemExit(cli.main({arguments}))"
    program = textwrap.dedent(before) + run
    return forks.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True)


def at_epoch(epoch, trials=0):
    """Return lines that send Ctrl-C when an epoch is shown, after some trials."""
    return f"""
    import os, signal
    from contextlib import nullcontext
    from neurona.commands import train
    def progress(estimator, quiet):
        def show(state):
            if state.epoch == {epoch} and len(estimator.trials_) == {trials}:
                os.kill(os.getpid(), signal.SIGINT)
        return nullcontext(show)
    train.progress = progress
    """


def once(where, signal_):
    """Return lines that send a signal from a function that is called for that."""
    return f"""
    import os, signal
    import {where.rpartition(".")[0]} as module
    module.{where.rpartition(".")[2]} = lambda *_: os.kill(os.getpid(), signal.{signal_})
    """


def names(folder):
    return sorted(one.name for one in folder.iterdir())


def is_the_old_one(folder):
    return neurona.load(folder / "m.safetensors").classes_.tolist() == ["old", "older"]


ALL = ["m.html", "m.png", "m.safetensors", "t.csv"]


@pytest.mark.parametrize("networks", [1, 4])
def test_ctrl_c_saves_the_model_so_far(networks, folder):
    done = train(folder, at_epoch(7), ("--epochs", "20", "--networks", str(networks)))
    assert done.returncode == INTERRUPTED
    (said,) = done.stderr.splitlines()
    which = "the best so far, of epoch " if networks == 1 else "those of epoch 7."
    assert said.startswith(f"neurona: interrupted; the weights are {which}")
    assert said.endswith("Ctrl-C again writes nothing")
    assert "accuracy" in done.stdout
    assert names(folder) == ALL
    net = neurona.load(folder / "m.safetensors")
    assert net.classes_.tolist() == ["cat", "dog"]
    assert len(net.loss_curve_) == 7
    assert net.n_iter_ == 7


def test_ctrl_c_in_a_later_setting_saves_the_best_that_is_done(folder):
    (folder / "t.csv").write_text(pets(80))
    done = train(folder, at_epoch(7, trials=1))
    assert done.returncode == INTERRUPTED
    said = "neurona: interrupted; the weights are those of setting 1, the best of 1. "
    assert done.stderr == f"{said}Ctrl-C again writes nothing\n"
    net = neurona.load(folder / "m.safetensors")
    assert (len(net.loss_curve_), net.n_iter_) == (20, 20)
    assert [one.kept for one in net.trials_] == [True]
    assert net.trials_[0].setting == net.setting_
    assert names(folder) == ALL


def test_ctrl_c_before_the_first_epoch_writes_nothing(folder):
    done = train(folder, at_epoch(0))
    assert done.returncode == INTERRUPTED
    assert done.stderr == "neurona: interrupted before it learned: nothing is written\n"
    assert names(folder) == ["m.safetensors", "t.csv"]
    assert is_the_old_one(folder)


def test_ctrl_c_while_the_columns_are_judged_leaves_the_model_and_says_so(folder):
    done = train(folder, once("neurona.commands.train.judge", "SIGINT"))
    assert done.returncode == INTERRUPTED
    said = "neurona: interrupted; the model is in m.safetensors, its report is not written\n"
    assert done.stderr == said
    assert names(folder) == ["m.safetensors", "t.csv"]
    assert len(neurona.load(folder / "m.safetensors").loss_curve_) == 20


def test_ctrl_c_twice_writes_no_more_than_the_model_so_far(folder):
    again = once("neurona.commands.train.judge", "SIGINT")
    done = train(folder, textwrap.dedent(at_epoch(7)) + textwrap.dedent(again))
    assert done.returncode == INTERRUPTED
    assert "Traceback" not in done.stderr
    assert names(folder) == ["m.safetensors", "t.csv"]
    assert len(neurona.load(folder / "m.safetensors").loss_curve_) == 7


def test_ctrl_c_during_the_write_lets_it_end(folder):
    done = train(folder, once("os.fsync", "SIGINT"))
    assert done.returncode == INTERRUPTED
    assert done.stderr.startswith("neurona: interrupted; the model is in m.safetensors")
    assert names(folder) == ["m.safetensors", "t.csv"]
    assert not is_the_old_one(folder)


def test_ctrl_c_twice_before_the_write_is_over_keeps_the_old_model(folder):
    twice = """
    import os, signal
    from neurona.commands import train
    def encode(*_, **__):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
    train.NeuralNetClassifier.save = encode
    """
    done = train(folder, twice)
    assert (done.returncode, done.stderr) == (INTERRUPTED, "")
    assert names(folder) == ["m.safetensors", "t.csv"]
    assert is_the_old_one(folder)


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGTERM that ends a process there")
def test_sigterm_during_the_write_keeps_the_old_model(folder):
    done = train(folder, once("os.fsync", "SIGTERM"))
    assert done.returncode == -signal.SIGTERM
    assert is_the_old_one(folder)
    assert {one for one in names(folder) if not one.startswith(".")} == {"m.safetensors", "t.csv"}


def test_a_training_that_diverges_is_said_and_writes_nothing(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "t.csv").write_text(pets(100))
    rate = ["--optimizer", "sgd", "--learning-rate", "1e30"]
    code = cli.main(["train", "t.csv", "--target", "kind", "--output", "m.safetensors", *rate])
    err = capsys.readouterr().err
    assert code == FAILED
    assert err.startswith("neurona: ")
    assert "Traceback" not in err
    assert is_the_old_one(folder)
    assert names(folder) == ["m.safetensors", "t.csv"]


def without(package, monkeypatch):
    """Have an optional package not installed, whatever was imported before."""

    def import_module(name):
        if name.partition(".")[0] == package:
            raise ModuleNotFoundError(name=package)
        return importlib.import_module(name)

    monkeypatch.setattr(extras, "import_module", import_module)


def test_without_matplotlib_only_the_picture_is_missing(folder, capsys, monkeypatch):
    without("matplotlib", monkeypatch)
    monkeypatch.chdir(folder)
    arguments = ["train", "t.csv", "--target", "kind", "--epochs", "5", "--quiet"]
    assert cli.main([*arguments, "--output", "m.safetensors"]) == 0
    assert capsys.readouterr().out.splitlines() == ["m.safetensors", "m.html"]
    assert "<svg" in (folder / "m.html").read_text()


def test_without_rich_a_terminal_gets_lines(folder, capsys, monkeypatch):
    without("rich", monkeypatch)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert cli.main(["train", "t.csv", "--target", "kind", "--epochs", "20"]) == 0
    assert "epoch 20/20: cost " in capsys.readouterr().out


def test_without_safetensors_the_error_comes_before_the_training(folder, capsys, monkeypatch):
    without("safetensors", monkeypatch)
    monkeypatch.chdir(folder)
    assert cli.main(["train", "t.csv", "--target", "kind"]) == WRONG
    out, err = capsys.readouterr()
    assert 'pip install "neurona[files]"' in err
    assert out == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize(
    ("command", "unbuffered"),
    [
        ("predict", ""),
        pytest.param("evaluate", "", marks=pytest.mark.long),
        ("evaluate", "1"),
        pytest.param("inspect", "", marks=pytest.mark.long),
        ("--help", ""),
        ("--version", "1"),
    ],
)
def test_full_standard_output_is_an_error(command, unbuffered, folder, monkeypatch):
    monkeypatch.chdir(folder)
    arguments = ["train", "t.csv", "--target", "kind", "--epochs", "2", "--quiet"]
    assert cli.main([*arguments, "--output", "m.safetensors"]) == 0
    table = [] if command == "inspect" else ["t.csv"]
    rest = [] if command.startswith("--") else ["m.safetensors", *table]
    with Path("/dev/full").open("w") as full:
        done = forks.run(
            [sys.executable, "-m", "neurona.cli", command, *rest],
            cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        )  # fmt: skip
    said = "neurona: error: the output could not be written (No space left on device)\n"
    assert (done.returncode, done.stderr) == (FAILED, said)


def test_unwritable_files_beside_the_model_are_an_error(folder, capsys, monkeypatch):
    """It is said before the training, and not when it is over."""
    (folder / "m.html").mkdir()
    monkeypatch.chdir(folder)
    arguments = ["train", "t.csv", "--target", "kind", "--epochs", "2", "--quiet"]
    assert cli.main([*arguments, "--output", "m.safetensors"]) == WRONG
    assert "m.html is a folder" in capsys.readouterr().err
    assert is_the_old_one(folder)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "t.csv", "--target", "kind", "-o", "t.csv"], "t.csv is to be read, and would"),
        (["train", "t.csv", "--target", "kind", "-o", "./t.csv"], "t.csv is to be read, and would"),
        (["train", "t.html", "--target", "kind", "-o", "t"], "t.html is to be read, and would"),
        (["train", "t.csv", "--target", "kind", "-o", "m.html"], "--output is m.html: give a"),
        (["train", "t.csv", "--target", "kind", "-o", "-"], "--output is -: give a model's name"),
        (["predict", "k.safetensors", "t.csv", "-o", "t.csv"], "t.csv is to be read, and would be"),
        (["predict", "k.safetensors", "t.csv", "-o", "k.safetensors"], "k.safetensors is to be"),
        (["evaluate", "k.safetensors", "t.csv", "--html", "t.csv"], "t.csv is to be read, and"),
        (["predict", ".", "t.csv"], ". is a folder: give the name of a model file"),
    ],
)
def test_input_files_are_never_overwritten(arguments, said, folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "t.html").write_text(pets())
    made = ["-o", "k.safetensors", "--epochs", "2", "--quiet"]
    assert cli.main(["train", "t.csv", "--target", "kind", *made]) == 0
    capsys.readouterr()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert cli.main(arguments) == WRONG
    out, err = capsys.readouterr()
    assert (out, err.startswith(f"neurona: error: {said}")) == ("", True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "none.safetensors", "t.csv"],
        ["predict", "m.safetensors", "none.csv"],
        ["predict", "m.safetensors", "t.csv", "-o", "nowhere/out.csv"],
        ["evaluate", "t.csv", "t.csv"],
        ["evaluate", "m.safetensors", "t.csv", "--html", "nowhere/r.html"],
        ["inspect", "t.csv"],
        ["train", "t.csv", "--target", "none"],
        ["train", "t.csv", "--target", "kind", "--output", "nowhere/m"],
        ["train", "t.csv", "--target", "kind", "--activation", "none"],
    ],
    ids=" ".join,
)
def test_wrong_use_has_one_code_and_one_line(arguments, folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    assert cli.main(arguments) == WRONG
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert names(folder) == ["m.safetensors", "t.csv"]


@pytest.mark.parametrize(
    "command", ["", "demo", "compare", "play", "train", "predict", "evaluate", "inspect"]
)
def test_help_lists_the_exit_codes(command, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main([*command.split(), "--help"])
    assert stop.value.code == 0
    told = capsys.readouterr().out.partition("exit codes:")[2]
    assert [int(line.split()[0]) for line in told.splitlines() if line] == [0, 1, 2, 130, 141]


def test_a_file_that_the_system_refuses_is_named_without_its_number(folder, capsys):
    where = folder / "t.csv"
    assert cli.main(["site", str(where), "--language", "en"]) == WRONG
    assert capsys.readouterr().err == f"neurona: error: {where / 'recordings'}: Not a directory\n"


def test_a_warning_is_a_note():
    program = (
        "import sys, warnings\nfrom neurona import cli\nsys.argv = ['neurona', '--version']\n"
        "try:\n    cli.main()\nexcept SystemExit:\n    warnings.warn('said\\nso')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stderr == "neurona: note: said so\n"
