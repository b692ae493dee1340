"""``neurona sweep``, run as a person would."""

import re
import sys

import numpy as np
import pytest

from neurona import cli

FEW = ("--seeds", "2", "--steps", "40", "--jobs", "1", "--engine", "numpy")


def sweep(folder, *arguments):
    return cli.main(["sweep", *arguments, "--output", str(folder)])


def test_the_map_is_printed_and_kept_in_two_files(tmp_path, capsys):
    options = ("moons", "--learning-rate", "0.01:1:3", "--topology", "4/4,8", *FEW)
    assert sweep(tmp_path, *options, "--language", "en") == 0
    said = capsys.readouterr().out
    assert "moons: 6 cells of 2 seeds" in said
    assert re.search(r"learning rate +4 +4-8\n +0.01 +[0-2] +[0-2]\n", said)
    picture, kept = sorted(tmp_path.iterdir(), key=lambda path: path.suffix, reverse=True)
    assert (picture.suffix, kept.suffix) == (".png", ".npz")
    assert str(picture) in said
    before = np.load(kept)["costs"]
    assert sweep(tmp_path, *options, "--language", "es", "--quiet") == 0
    assert np.array_equal(np.load(kept)["costs"], before)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_terminal_shows_the_map_as_it_fills(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    options = ("moons", "--learning-rate", "0.01:1:3", *FEW, "--language", "en")
    assert sweep(tmp_path, *options) == 0
    said = capsys.readouterr().out
    assert said.count("moons: 3 cells") > 1  # each time in the place of the last
    assert "\x1b[1A" in said
    assert re.findall(r"0\.01 +(\S)", said)[-1] in "012"


def test_spanish_reads_a_decimal_comma(tmp_path, capsys):
    assert sweep(tmp_path, "xor", "--learning-rate", "0,01:1:3", *FEW, "--language", "es") == 0
    said = capsys.readouterr().out
    assert "xor: 3 casillas de 2 semillas" in said
    assert "tasa de aprendizaje" in said
    assert "0,01" in said


def test_the_lessons_map_needs_no_option(tmp_path, capsys):
    rates = ("--learning-rate", "0.05,0.5")  # for the test's sake
    assert sweep(tmp_path, "lesson", *rates, *FEW, "--language", "en") == 0
    said = capsys.readouterr().out
    assert "cost below 0.01" in said
    assert "4-8-16-8-4" in said


def test_a_table(tmp_path, capsys):
    rng = np.random.default_rng(0)
    rows = [
        "a,b,kind",
        *(f"{a:.3f},{b:.3f},{'xy'[int(a > 0)]}" for a, b in rng.normal(size=(60, 2))),
    ]
    (tmp_path / "table.csv").write_text("\n".join(rows))
    options = (
        str(tmp_path / "table.csv"), "--target", "kind", "--learning-rate", "0.001,0.01",
        "--topology", "4", "--seeds", "1", "--jobs", "1", "--language", "en",
    )  # fmt: skip
    assert sweep(tmp_path / "output", *options) == 0
    said = capsys.readouterr().out
    assert re.search(r"1 - accuracy below", said)
    assert re.search(r"\n +0.001 +[01] +\(0(\.\d+)?\)", said)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("circles",), "nothing varies"),
        (("circles", "--learning-rate", "1"), "nothing varies"),
        (("circles", "--learning-rate", "-1:1"), "must be a positive number"),
        (("circles", "--learning-rate", "2:1"), "the range from 2 to 1 is empty"),
        (("circles", "--learning-rate", "1:2", "--seeds", "0"), "seeds is 0"),
        (("circles", "--learning-rate", "1:2", "--jobs", "0"), "n_jobs is 0: give how many are"),
        (("circles", "--learning-rate", "1:2", "--target", "y"), "which has no column 'y': leave"),
        (("nothing.csv", "--learning-rate", "1:2"), "neither a demonstration"),
        (("circles", "--depth", "1,2", "--initializer", "foo"), "no initializer 'foo'"),
        ((__file__, "--learning-rate", "1:2"), "give the column to predict with --target"),
        ((__file__, "--target", "x", "--learning-rate", "1:2", "--noise", "1"), "--noise is for"),
    ],
)
def test_wrong_options(tmp_path, capsys, options, said):
    assert sweep(tmp_path, *options, "--language", "en") == 2
    assert said in capsys.readouterr().err
