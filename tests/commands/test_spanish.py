"""The engine's English is said in Spanish where a person asked for it."""

import argparse
import ast
import errno
import os
import re
from pathlib import Path

import pytest

import neurona
from neurona import cli
from neurona.commands.spanish import in_spanish, texts


def templates(path):
    """Yield the texts of a module, with {} for each value."""
    for node in ast.walk(ast.parse(Path(path).read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        if isinstance(node, ast.JoinedStr):
            yield template(node)
        if isinstance(node, ast.BinOp) and isinstance(node.left, ast.JoinedStr):
            yield template(node.left) + "{}"


def template(text):
    return "".join(one.value if isinstance(one, ast.Constant) else "{}" for one in text.values)


def test_each_text_stands_in_the_sources():
    sources = [*Path(neurona.__file__).parent.rglob("*.py"), argparse.__file__]
    known = {text for path in sources for text in templates(path)}
    known |= set(map(os.strerror, errno.errorcode))
    known |= {re.sub(r"%(\(\w+\))?[rs]", "{}", text) for text in known}  # argparse's
    for english, spanish in texts():
        assert english in known, english
        assert spanish.count("{") == english.count("{"), english


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["demo", "circles", "--lr", "-1"], "tasa de aprendizaje -1.0: tiene que ser un número"),
        (["demo", "circles", "--steps", "0"], "steps es 0: tiene que ser un número entero"),
        (
            ["demo", "circles", "--activation", "tahn"],
            "no existe la función de activación 'tahn': ",
        ),
        (["demo", "circles", "--activation", "tahn"], "¿querías decir 'tanh'? Hay: "),
        (["demo", "circles", "--noise", "-1"], "se esperaba un número finito, 0 o mayor"),
        (["doctor", "moons", "--optimizer", "sdg"], "no existe el optimizador 'sdg'"),
        (["doctor", "folder", "b"], "folder: es una carpeta, y se esperaba una tabla"),
        (["doctor", "table.csv", "b"], "table.csv: tiene una cabecera y nada debajo"),
        (["doctor", "one.csv", "b"], "one.csv: tiene 1 fila(s) con 'b': hacen falta 2"),
        (["doctor", "alone.csv", "a"], "alone.csv: solo tiene la columna 'a'"),
        (["doctor", "equal.csv", "b"], "equal.csv: la columna 'b' contiene yes en"),
        (["doctor", "names.csv", "b"], "names.csv: las 3 filas de X son todas iguales"),
        (["doctor", "moons", "--batch-size", "0"], "batch_size es 0"),
        (["demo", "circles", "--output", "table.csv"], "(ya existe un archivo con ese nombre)"),
        (
            ["demo", "circles", "--topology", "4,x"],
            "argumento --topology: '4,x': da números enteros",
        ),
        (
            ["doctor", "moons", "y"],
            "moons es una demostración, que no tiene una columna",
        ),
        (["demo", "digits", "--noise", "1"], "--noise no vale para digits, que tiene cero ajustes"),
        (["demo", "circles", "--wrong"], "argumentos que no existen: --wrong"),
    ],
)
def test_errors_are_in_spanish(arguments, said, tmp_path, monkeypatch, capsys):
    (tmp_path / "folder").mkdir()
    tables = {
        "table": "a,b\n", "one": "a,b\n1,2\n", "alone": "a\n1\n2\n",
        "equal": "a,b\n1,yes\n2,yes\n3,yes\n", "names": "a,b\nx,1\ny,2\nz,1\n",
    }  # fmt: skip
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text)
    monkeypatch.chdir(tmp_path)
    try:
        code = cli.main([*arguments, "--language", "es"])
    except SystemExit as end:
        code = end.code
    assert code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        (
            "clip is 0.0: it must be a positive norm, such as 1.0, or None",
            "clip es 0.0: tiene que ser una norma positiva, como 1.0, o None",
        ),
        (
            "--interval is 2.0: it must be a number between 0 and 1, such as 0.9",
            "--interval es 2.0: tiene que ser un número entre 0 y 1, como 0.9",
        ),
        (
            "a.csv: has no column 'q', which --drop names; its columns are 'x', 'y'",
            "a.csv: no tiene una columna 'q', que nombra --drop; sus columnas son 'x', 'y'",
        ),
        (
            "a.csv: line 2, column 'y': 'no' is not one of the classes it learned: 'a', 'b'",
            "a.csv: línea 2, columna 'y': 'no' no es una de las clases que aprendió: 'a', 'b'",
        ),
    ],
)
def test_no_sentence_is_half_in_spanish(english, spanish):
    assert in_spanish(english) == spanish


def test_what_is_not_known_stays_as_it_is():
    assert in_spanish("nobody has translated this") == "nobody has translated this"
