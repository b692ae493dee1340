"""Public names of modules can be imported; old ones for one release, with a warning."""

import subprocess
import sys
from importlib import import_module

import pytest

import neurona
from neurona import _MODULES
from neurona._moved import MOVED


@pytest.mark.parametrize("name", _MODULES)
def test_a_public_module_can_be_imported_by_its_public_name(name, recwarn):
    module = import_module(f"neurona.{name}")
    assert module is getattr(neurona, name) is import_module(_MODULES[name])
    assert module.__spec__.name == _MODULES[name]
    assert not recwarn


@pytest.mark.parametrize(("old", "new"), MOVED.items())
def test_an_old_name_is_the_module_under_its_new_name(old, new):
    sys.modules.pop(old, None)
    with pytest.warns(DeprecationWarning, match=f"{old} has moved: import {new}"):
        module = import_module(old)
    assert module is import_module(new)
    assert module.__spec__.name == new


def test_a_module_within_one_that_has_moved_is_not_loaded_twice():
    with pytest.warns(DeprecationWarning, match="import neurona.files.checkpoint"):
        old = import_module("neurona.models.checkpoint")
    assert old is import_module("neurona.files.checkpoint")


def test_the_warning_names_the_line_that_imports():
    program = "import warnings\nwarnings.simplefilter('always')\nimport neurona.names\n"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "<string>:3: DeprecationWarning: neurona.names has moved" in done.stderr


def test_other_modules_of_old_are_not_there():
    with pytest.raises(ModuleNotFoundError):
        import_module("neurona.nothing")
