"""``neurona train`` that survives its process, reads several files, and trains with others."""

import os
import re
import signal
import sys
import time
from subprocess import PIPE

import numpy as np
import pytest
from safetensors import safe_open

import neurona
from neurona import saving
from neurona.tables.csv import parse_csv
from neurona.tables.parquet import parse_parquet, to_parquet
from tests.support import forks
from tests.support.commands import FAILED, pets, refused, run
from tests.support.processes import ONCE, ended, free_address

posix = pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")
COMMAND = [sys.executable, "-m", "neurona.cli", "train"]
SMALL = ["--epochs", 12, "--hidden", 8, "--seed", 1]


def started(*arguments):
    return forks.Popen(
        [*COMMAND, *map(str, arguments)], stdout=PIPE, stderr=PIPE, text=True,
        env={**os.environ, **ONCE},
    )  # fmt: skip


@pytest.fixture
def table(tmp_path):
    (tmp_path / "t.csv").write_text(pets(200))
    return tmp_path / "t.csv"


def content(path):
    """Return a file's description and numbers, which its format may keep in either order."""
    with safe_open(path, framework="numpy") as file:
        arrays = {name: file.get_tensor(name).tobytes() for name in file.keys()}  # noqa: SIM118
        return file.metadata(), arrays


# ---- checkpoints


@posix
def test_a_training_that_is_killed_goes_on_to_the_same_file(table, tmp_path):
    given = [table, "--target", "kind", "--hidden", "8", "--epochs", 40]
    made, run_ = tmp_path / "m.safetensors", tmp_path / "run.safetensors"
    with started(*given, "-o", made, "--checkpoint", run_, "--checkpoint-every", 0) as killed:
        for line in killed.stdout:
            if "setting 2" in line:
                time.sleep(0.02)
                killed.send_signal(signal.SIGKILL)
                break
    assert killed.returncode == -signal.SIGKILL
    assert run_.exists()
    assert not made.exists()
    again = started(*given, "-o", made, "--checkpoint", run_)
    whole = started(*given, "-o", tmp_path / "whole.safetensors")
    again, whole = ended([again, whole])
    assert (again.code, whole.code, again.err) == (0, 0, "")
    assert f"going on from {run_}" in again.out
    assert content(made) == content(tmp_path / "whole.safetensors")


def test_a_checkpoint_of_another_table_or_training_is_refused(table, tmp_path, capsys):
    given = ["train", table, "--target", "kind", "-o", tmp_path / "m.safetensors", "--quick"]
    given += ["--checkpoint", tmp_path / "run.safetensors"]
    assert run(capsys, *given, *SMALL)[0] == 0
    assert run(capsys, *given, *SMALL)[0] == 0  # which has ended
    err = refused(capsys, *given, *SMALL[:-1], 2)
    assert "is the checkpoint of another training: random_state was 1, and is 2" in err
    table.write_text(pets(200, seed=5))
    assert "rows to learn from" in refused(capsys, *given, *SMALL)
    given[-1] = tmp_path / "m.safetensors"
    assert "m.safetensors, and --output too: give another name" in refused(capsys, *given, *SMALL)
    given[-1] = table
    assert "is to be read, and would be lost" in refused(capsys, *given, *SMALL)
    given[-1] = tmp_path / "none" / "run.safetensors"
    assert "run.safetensors cannot be written" in refused(capsys, *given, *SMALL)


def test_a_full_disk_ends_a_training_with_one_error(table, tmp_path, capsys, monkeypatch):
    written = []

    def full(descriptor):
        written.append(descriptor)
        if len(written) > 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(saving.os, "fsync", full)
    checkpoint = tmp_path / "run.safetensors"
    err = refused(
        capsys, "train", table, "--target", "kind", "-o", tmp_path / "m.safetensors", *SMALL,
        "--checkpoint", checkpoint, "--checkpoint-every", 0, code=FAILED,
    )  # fmt: skip
    assert f"the checkpoint {checkpoint} cannot be written (No space left on device); the" in err
    assert "is whole: make room, and start the program again" in err
    assert sorted(one.name for one in tmp_path.iterdir()) == ["run.safetensors", "t.csv"]


# ---- several files


def split(table, *rows):
    """Write the rows of a table into files of so many rows."""
    head, *lines = table.read_text().splitlines(keepends=True)
    for k, begin in enumerate(np.cumsum([0, *rows]).tolist()[: len(rows)]):
        part = table.with_name(f"part-{k}.csv")
        part.write_text("".join([head, *lines[begin : begin + rows[k]]]))
    return str(table.with_name("part-*.csv"))


def test_several_files_are_one_table(table, tmp_path, capsys):
    pattern = split(table, 50, 20, 130)
    for name, tables in (("one", [table]), ("parts", [pattern])):
        made = tmp_path / f"{name}.safetensors"
        assert run(capsys, "train", *tables, "--target", "kind", "-o", made, *SMALL)[0] == 0
    one, parts = (neurona.load(tmp_path / f"{name}.safetensors") for name in ("one", "parts"))
    assert one.preparation_ == parts.preparation_
    for own, its in zip(one.params_[0], parts.params_[0], strict=True):
        np.testing.assert_array_equal(own[0].W, its[0].W)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text.replace("kilos", "pounds"),
         r"part-1\.csv has no column 'kilos', and .*part-0\.csv has"),
        (lambda text: re.sub(r"(?m)^[0-9]+\.[0-9]+,", "heavy,", text),
         r"column 'kilos' holds categories in .*part-1\.csv, and numbers in .*part-0\.csv"),
        (lambda text: text[: text.index("\n")], r"part-1\.csv: "),
    ],
    ids=["name", "kind", "empty"],
)  # fmt: skip
def test_files_that_do_not_fit_together_are_named(table, tmp_path, capsys, change, told):
    pattern = split(table, 100, 100)
    other = tmp_path / "part-1.csv"
    other.write_text(change(other.read_text()))
    err = refused(capsys, "train", pattern, "--target", "kind", "-o", tmp_path / "m", *SMALL)
    assert re.search(told, err), err


def test_a_pattern_that_fits_no_file_is_told(tmp_path, capsys):
    err = refused(capsys, "train", tmp_path / "*.csv", "--target", "kind")
    assert "*.csv: no file has such a name" in err


def test_a_file_that_is_given_twice_is_refused(table, tmp_path, capsys):
    split(table, 100, 100)
    named = tmp_path / "part-1.csv"
    err = refused(capsys, "train", tmp_path / "part-*.csv", named, "--target", "kind")
    assert f"{named} is given twice: name each file once" in err


# ---- several processes


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--processes", 2], "belong together: --processes is 2, give the others"),
        (["--coordinator", "h:1", "--processes", 2], "belong together: give --process-id"),
        (["--timeout", 2], "--timeout is a wait for other processes: give --coordinator, too"),
        (["--checkpoint-every", 2], "give --checkpoint FILE, too"),
        (["--coordinator", "h", "--processes", 2, "--process-id", 0], "coordinator is 'h': give"),
        (["--coordinator", "h:1", "--processes", 2, "--process-id", 2], "give 0 to 1"),
        (
            ["--coordinator", "h:1", "--processes", 2, "--process-id", 0, "--patience", 3],
            "--patience is for one process",
        ),
        (["--devices", "all", "--engine", "numpy"], "devices is 'all', and engine='numpy'"),
    ],
)
def test_options_of_processes_that_do_not_fit(table, capsys, options, told):
    pytest.importorskip("jax")
    err = refused(capsys, "train", table, "--target", "kind", "-o", table.with_name("m"), *options)
    assert told in err


def together(pattern, folder, *options, own=lambda k: []):
    """Start two processes of a training."""
    address = free_address()
    given = [pattern, "--target", "kind", "-o", folder / "m.safetensors", *options]
    given += ["--coordinator", address, "--processes", 2, "--timeout", 20]
    return [started(*given, "--process-id", k, *own(k)) for k in (0, 1)]


@pytest.mark.long
def test_two_processes_train_from_their_own_files_and_survive(table, tmp_path):
    pytest.importorskip("jax")
    pattern = split(table, 60, 40, 100)
    checkpoint = ["--checkpoint", tmp_path / "run.safetensors", "--checkpoint-every", 0]
    options = ["--epochs", 300, "--hidden", 8, "--batch-size", 40, "--normalization", "batch"]
    first, other = processes = together(pattern, tmp_path, *options, *checkpoint)
    for line in first.stdout:
        if "epoch 60/" in line:
            other.send_signal(signal.SIGKILL)  # the first one names it, and ends
            break
    first, _ = ended(processes)
    assert first.code == FAILED
    assert "process 1 is missing" in first.err
    assert not (tmp_path / "m.safetensors").exists()
    first, other = ended(together(pattern, tmp_path, *options, *checkpoint), within=300)
    assert (first.code, other.code) == (0, 0), first.err + other.err
    assert "going on from" in first.out
    assert "epoch" not in other.out
    again = content(tmp_path / "m.safetensors")
    (tmp_path / "run.safetensors").unlink()
    first, other = ended(together(pattern, tmp_path, *options), within=300)
    assert content(tmp_path / "m.safetensors") == again
    made = neurona.load(tmp_path / "m.safetensors")
    alone = neurona.NeuralNetClassifier(epochs=1, networks=1)
    assert made.feature_names_in_.tolist() == ["kilos", "coat", "born"]
    assert made.devices is None
    assert alone.devices is None


def test_two_processes_share_the_rows_of_one_file(table, tmp_path):
    pytest.importorskip("jax")
    head, *lines = table.read_text().splitlines(keepends=True)
    for k in (0, 1):
        (tmp_path / f"part-{k}.csv").write_text("".join([head, *lines[k::2]]))
    made = []
    for tables in (table, tmp_path / "part-*.csv"):
        first, other = ended(together(tables, tmp_path, *SMALL))
        assert (first.code, other.code) == (0, 0), first.err + other.err
        made.append(content(tmp_path / "m.safetensors"))
    assert made[0] == made[1]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_part_of_a_file_names_the_rows_as_the_file_has_them(tmp_path, kind):
    text = "a,b\n1,x\n2,y\n3,z\nfour,z\n"
    whole = parse_csv(text)
    if kind == "parquet":
        pytest.importorskip("pyarrow")
        whole = parse_parquet(to_parquet(whole, {}))
    part = whole.part(slice(1, None, 2))
    assert len(part) == 2
    assert part.class_names("b").tolist() == ["y", "z"]
    place = "line 5" if kind == "csv" else "row 4"
    assert f"{place}, column 'a': 'four' is a text" in str(part.error("a", 1, "is a text"))


@pytest.mark.long
@pytest.mark.parametrize(
    ("rows", "own", "told"),
    [
        ([100, 100], lambda k: ["--seed", k], "random_state is 1 in process 1, and 0 in process 0"),
        (
            [100, 100],
            lambda k: ["--drop", "coat"] if k else [],
            "the list of columns to learn from is ['kilos', 'born'] in process 1",
        ),
        ([198, 2], lambda k: [], "has 2 row(s) with a 'kind': 4 are needed"),
    ],
)
def test_processes_that_do_not_fit_together_say_so(table, tmp_path, rows, own, told):
    pytest.importorskip("jax")
    for one in ended(together(split(table, *rows), tmp_path, *SMALL[:-2], own=own)):
        assert one.code in (FAILED, 2)
        assert told in one.err
        assert "Traceback" not in one.err


def test_a_coordinator_that_is_not_there_is_named(table, tmp_path):
    pytest.importorskip("jax")
    given = [table, "--target", "kind", "-o", tmp_path / "m", "--coordinator", free_address()]
    (one,) = ended([started(*given, "--processes", 2, "--process-id", 1, "--timeout", 1)])
    assert one.code == FAILED
    assert "process 0 is missing: nobody answers at 127.0.0.1:" in one.err
    assert "within 1 seconds" in one.err
