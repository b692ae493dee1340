"""Ctrl-C at any moment, and an output that nobody reads: nothing is lost, and no traceback seen."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import neurona
from neurona import cli
from neurona.commands import interrupts
from tests.support import forks
from tests.support.commands import FAILED, INTERRUPTED, pets

READER_LEFT = 141
PROGRAM = [sys.executable, "-c", "import sys; from neurona.cli import main; sys.exit(main())"]
# Before it, the interpreter is on its own.
ANNOUNCED = [
    sys.executable,
    "-c",
    "import sys\nfrom neurona.cli import main\nprint('began', flush=True)\nsys.exit(main())",
]
TRAIN = ["train", "t.csv", "--target", "kind", "--output", "m.safetensors", "--epochs", "20"]
ALL = ["m.html", "m.png", "m.safetensors", "t.csv"]
posix = pytest.mark.skipif(os.name == "nt", reason="signals and shells are those of POSIX")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "t.csv").write_text(pets(100))
    return tmp_path


def names(folder):
    return sorted(one.name for one in folder.iterdir())


def interrupted(folder, arguments, after):
    """Run a command, which gets Ctrl-C after some seconds; return its code and what it said."""
    begin = time.monotonic()
    with forks.Popen(
        [*ANNOUNCED, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    ) as process:  # fmt: skip
        assert process.stdout.readline() == "began\n"
        began = time.monotonic() - begin
        if after is not None:
            time.sleep(after)
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=300)
    return process.returncode, out, err, time.monotonic() - begin - began


@posix
@pytest.mark.parametrize("times", [4, pytest.param(200, marks=pytest.mark.long)])
def test_ctrl_c_at_any_moment_of_a_training_loses_nothing(times, folder):
    *_, seconds = interrupted(folder, TRAIN, None)
    draws = random.Random(times)
    for k in range(times):
        for name in set(names(folder)) - {"t.csv"}:
            (folder / name).unlink()
        after = seconds * (k + draws.random()) / times
        code, out, err, _ = interrupted(folder, TRAIN, after)
        assert code in (0, INTERRUPTED), (after, err)
        assert "Traceback" not in err
        assert "Error" not in err
        if "epoch" in out and "before it learned" not in err:
            assert neurona.load(folder / "m.safetensors").loss_curve_
            assert (code == 0) == (err == "")
        assert set(names(folder)) <= set(ALL)


@posix
@pytest.mark.parametrize(
    "options",
    [
        ["--jobs", "2"],
        pytest.param(["--engine", "numpy", "--jobs", "2"], marks=pytest.mark.long),
    ],
)
def test_ctrl_c_in_a_sweep_leaves_a_file_that_it_goes_on_from(options, folder):
    given = [
        "sweep", "circles", "--learning-rate", "0.01:10:40", "--seeds", "8", "--steps", "500",
        "--language", "en", *options,
    ]  # fmt: skip
    with forks.Popen(
        [*PROGRAM, *given], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        end = time.monotonic() + 60
        while not list(folder.glob("output/*.npz")) and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED
    assert "Traceback" not in err
    assert "interrupted; the same command goes on with what is in output" in err
    (kept,) = folder.glob("output/*.npz")
    costs = np.load(kept)["costs"]
    assert np.isfinite(costs).any()
    assert np.isnan(costs).any()


@posix
@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "m.safetensors", "t.csv"],
        ["evaluate", "m.safetensors", "t.csv", "--html", "e.html"],
        ["export", "m.safetensors", "--to", "onnx"],
        ["inspect", "m.safetensors"],
        ["demo", "circles", "--steps", "200", "--every", "20", "--output", "d"],
    ],
    ids=lambda one: one[0],
)
def test_ctrl_c_at_any_moment_of_another_command_shows_no_traceback(arguments, folder):
    assert cli.main([*map(str, TRAIN[:1]), str(folder / "t.csv"), *TRAIN[2:4], "--output",
                     str(folder / "m.safetensors"), "--epochs", "2", "--quiet"]) == 0  # fmt: skip
    for after in (0.3, 1.0):
        code, _, err, _ = interrupted(folder, arguments, after)
        assert code in (0, INTERRUPTED)
        assert "Traceback" not in err
        assert not [one for one in names(folder) if one.endswith(".partial")]


def outcome(where, folder):
    """Return the code and the errors of a training, whose output a shell sends somewhere."""
    given = {"cwd": folder, "text": True, "stderr": subprocess.PIPE}
    if where == "> /dev/full":
        with Path("/dev/full").open("w") as full:
            done = forks.run([*PROGRAM, *TRAIN], stdout=full, **given)
        return done.returncode, done.stderr
    if where == "| head -1":
        with forks.Popen([*PROGRAM, *TRAIN], stdout=subprocess.PIPE, **given) as writer:
            subprocess.run(["head", "-1"], stdin=writer.stdout, stdout=subprocess.PIPE, check=True)
            writer.stdout.close()
            err = writer.stderr.read()
        return writer.returncode, err
    # The others are for an interpreter of their own: it looks at its streams when it begins.
    program = " ".join(f"'{one}'" for one in [*PROGRAM, *TRAIN])
    command = ["bash", "-c", f"{program} {where}; exit ${{PIPESTATUS[0]}}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, **given)
    return done.returncode, done.stderr


@posix
@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("| head -1", READER_LEFT),
        pytest.param("2>&1 | head -1", READER_LEFT, marks=pytest.mark.long),
        ("> /dev/full", FAILED),
        pytest.param("> /dev/full 2>&1", FAILED, marks=pytest.mark.long),
        pytest.param(">&-", 0, marks=pytest.mark.long),
        (">&- 2>&-", 0),
    ],
)
def test_a_training_whose_output_goes_nowhere_leaves_all_it_would(where, code, folder):
    ended, err = outcome(where, folder)
    assert ended == code
    assert "Traceback" not in err
    assert names(folder) == ALL
    assert neurona.load(folder / "m.safetensors").n_iter_


@posix
def test_ctrl_c_in_both_of_a_pipe_keeps_the_model(folder):
    """The reader is gone first, and what is said about that goes nowhere either."""
    program = " ".join(f"'{one}'" for one in [*PROGRAM, *TRAIN[:-1], "2000"])
    with subprocess.Popen(
        ["bash", "-c", f"{program} 2>&1 | (grep --max-count=1 epoch; cat)"], cwd=folder,
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    ) as both:  # fmt: skip
        assert both.stdout.readline().startswith("epoch 400/2000: ")
        os.killpg(both.pid, signal.SIGINT)
        both.communicate(timeout=120)
    deadline = time.monotonic() + 60
    while not (folder / "m.html").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert names(folder) == ALL


@posix
def test_ctrl_c_is_ignored_where_it_was_before(folder):
    """So a shell starts what runs in the background of a script."""
    program = (
        "import os, signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from neurona.commands import train\nold = train.judge\n"
        "train.judge = lambda *given: (os.kill(os.getpid(), signal.SIGINT), old(*given))[1]\n"
        f"from neurona import cli\nraise SystemExit(cli.main({TRAIN}))"
    )
    done = forks.run([sys.executable, "-c", program], cwd=folder, text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert names(folder) == ALL


def test_a_call_leaves_the_handler_that_was_there(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    for arguments in (TRAIN, ["inspect", "nothing"]):
        cli.main(arguments)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="there is none here")
def test_a_model_for_the_standard_output_comes_after_what_was_printed(folder):
    arguments = [*TRAIN[:4], "--output", "/dev/stdout", "--epochs", "2"]
    with (folder / "out").open("wb") as out:
        forks.run([*PROGRAM, *arguments], cwd=folder, stdout=out, check=True)
    data = (folder / "out").read_bytes()
    assert data.startswith(b"kind: 2 classes")
    assert b"accuracy" in data
    assert names(folder) == ["out", "t.csv"]


def test_ctrl_c_that_a_library_swallows_ends_a_training_after_the_next_state():
    handler = signal.getsignal(signal.SIGINT)
    seen = []
    try:
        for state in interrupts.until_raised(range(5)):
            seen.append(state)
            if state == 2:
                with suppress(KeyboardInterrupt):
                    signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        seen.append("Ctrl-C")
    finally:
        signal.signal(signal.SIGINT, handler)
    assert seen == [0, 1, 2, "Ctrl-C"]
