"""``neurona doctor``, run as a person would."""

import re

import pytest

from neurona import cli
from neurona.doctor.diagnosis import Diagnosis
from neurona.doctor.proof import NotProved

LESSON = (
    "circles", "--layers", "4", "8", "16", "8", "4", "--activation", "sigmoid", "--initializer",
    "uniform", "--optimizer", "sgd", "--cost", "mse", "--seed", "1", "--steps", "500",
)  # fmt: skip


def doctor(*arguments):
    return cli.main(["doctor", *arguments])


def test_the_lessons_failure_has_numbers_and_thresholds(capsys):
    assert doctor(*LESSON, "--lr", "5", "--language", "en") == 0
    said = capsys.readouterr().out
    assert "circles: 500 examples, network 2-4-8-16-8-4-1, 500 steps" in said
    assert re.search(r"From layer 1 to the output it shrinks 1,\d{3} times", said)
    assert re.search(r"at step 0: 1,\d{3} \(threshold: 100\)", said)
    assert "The network predicts 0.50 everywhere." in said


def test_spanish_reads_and_writes_decimal_commas(capsys):
    assert doctor(*LESSON, "--lr", "0,05", "--language", "es") == 0
    said = capsys.readouterr().out
    assert "La tasa de 0,05 es demasiado baja" in said
    assert "(umbral: 100)" in said


def test_the_systems_language_is_spoken(capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", "es_ES.UTF-8")
    assert doctor("moons", "--noise", "0,1") == 0
    assert "No hay nada que objetar" in capsys.readouterr().out


def test_cures_that_take_too_long_are_told(capsys, monkeypatch):
    def too_long(self):
        raise NotProved

    monkeypatch.setattr(Diagnosis, "cures", too_long)
    assert doctor("moons", "--lr", "1e-6", "--steps", "50", "--cures", "--language", "en") == 0
    assert "No cure was tried" in capsys.readouterr().out


@pytest.fixture
def table(tmp_path):
    rows = "\n".join(f"{i},{i % 7},{'yes' if i > 50 else 'no'}" for i in range(100))
    path = tmp_path / "table.csv"
    path.write_text(f"size,day,sold\n{rows}\n")
    return str(path)


def test_the_target_may_be_named_as_in_the_other_commands(table, capsys):
    assert doctor(table, "--target", "sold", "--steps", "5") == 0
    named = capsys.readouterr().out.splitlines()[0]
    assert doctor(table, "sold", "--steps", "5") == 0
    assert named.split(" in ")[0] == capsys.readouterr().out.splitlines()[0].split(" in ")[0]


def test_a_table_is_prepared_and_diagnosed(table, capsys):
    assert doctor(table, "sold", "--language", "en") == 0
    said = capsys.readouterr().out
    assert "100 examples, network 2-16-1" in said
    assert "Nothing is wrong" in said
    assert doctor(table, "size", "--layers", "8", "--language", "en", "--l2", "5") == 0
    assert "The penalty on the weights outweighs the examples" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing.csv", "y"], "nothing.csv is neither a demonstration (circles"),
        (["moons", "--lr", "fast"], "--learning-rate is 'fast', which is not a number"),
        (["moons", "--optimizer", "sdg"], "sgd"),
        (["moons", "--arms", "3"], "--arms is not for moons"),
        (["moons", "y"], "moons is a demonstration, which has no column 'y': leave it out"),
        (
            ["t.csv", "y", "--target", "x"],
            "column to predict is 'y', and --target is 'x': give one",
        ),
    ],
)
def test_wrong_options_are_explained(arguments, said, capsys):
    assert doctor(*arguments, "--language", "en") == 2
    assert said in capsys.readouterr().err


def test_wrong_options_of_a_table_are_explained(table, capsys):
    assert doctor(table, "--language", "es") == 2
    assert "indica después la columna que se predice" in capsys.readouterr().err
    assert doctor(table, "sold", "--arms", "3", "--language", "es") == 2
    assert "--arms es para las demostraciones" in capsys.readouterr().err
    assert doctor(table, "price", "--language", "en") == 2
    assert "no column 'price'" in capsys.readouterr().err
