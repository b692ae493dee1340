"""The cost of an import, which way imports point, and that every public name is there."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import neurona

PACKAGE = Path(neurona.__file__).parent


def loaded_by(statement):
    """Return the packages that a statement brings in, in an interpreter of its own."""
    program = (
        "import sys\n"
        "before = set(sys.modules)\n"
        f"{statement}\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split()) - {"neurona"}


def test_import_neurona_loads_only_the_standard_library():
    assert loaded_by("import neurona") <= sys.stdlib_module_names


@pytest.mark.parametrize(
    "statement",
    [
        "from neurona import engine, network, train, adam, schedules, check_gradient, Dense",
        "import neurona.lesson.comparison",
        "import neurona.datasets",
        "import neurona.export",
        "import neurona.observe, neurona.observe.figures, neurona.observe.film",
        "import neurona.observe.terminal",
        "import neurona.tutorial, neurona.extras",
    ],
)
def test_core_features_need_only_numpy(statement):
    """No scikit-learn, no Matplotlib, no Rich, no JAX before a function asks for it."""
    assert loaded_by(statement) <= sys.stdlib_module_names | loaded_by("import numpy.random")


def test_training_on_numpy_does_not_load_jax():
    program = (
        "import neurona\nlist(neurona.train(neurona.network([1, 1]), [[0], [1]], [0, 1], steps=1))"
    )
    assert loaded_by(program) <= sys.stdlib_module_names | loaded_by("import numpy.random")


@pytest.mark.parametrize("name", neurona.__all__)
def test_every_public_name_exists_and_has_a_docstring(name):
    value = getattr(neurona, name)
    assert inspect.getdoc(value).strip()
    assert getattr(neurona, name) is value
    assert name in dir(neurona)


def test_unknown_attribute_raises():
    with pytest.raises(AttributeError, match="module 'neurona' has no attribute 'nettwork'"):
        neurona.nettwork  # noqa: B018


def test_star_import_brings_all_public_names():
    namespace = {}
    exec("from neurona import *", namespace)
    assert set(neurona.__all__) <= set(namespace)


def test_star_import_needs_numpy_alone():
    program = (
        "import importlib.util as util\n"
        "util.find_spec, there = lambda name: None, util.find_spec\n"
        "import neurona\n"
        "names = neurona.__all__\n"
        "util.find_spec = there\n"
        "from neurona import *\n"
        "assert train and 'NeuralNetClassifier' not in dir()"
    )
    assert not loaded_by(program) & {"sklearn", "matplotlib", "jax"}


def imports_of(path):
    """Return the dotted names that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


FILES = sorted(PACKAGE.rglob("*.py"))
ENGINE = [path for path in FILES if "engine" in path.parts]


def test_few_modules_import_jax():
    importing = {path.name for path in FILES if "jax" in set(imports_of(path))}
    within_functions = {"loops.py", "windows.py"}  # where arrays of JAX have come in
    assert importing - within_functions == {"devices.py", "jax_engine.py"}


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: path.name)
def test_engine_imports_no_module_above_it(path):
    below = tuple(
        f"neurona.{room}" for room in ("engine", "checks", "registry", "extras", "keywords", "warn")
    )
    for name in imports_of(path):
        top = name.partition(".")[0]
        assert top in sys.stdlib_module_names | {"numpy", "jax"} or name.startswith(below), name
