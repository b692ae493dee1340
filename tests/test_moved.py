"""Old names of modules are found for one release, with a warning that has the new one."""

import subprocess
import sys
from importlib import import_module

import pytest

from neurona._moved import MOVED


@pytest.mark.parametrize(("old", "new"), MOVED.items())
def test_an_old_name_is_the_module_under_its_new_name(old, new):
    sys.modules.pop(old, None)
    with pytest.warns(DeprecationWarning, match=f"{old} has moved: import {new}"):
        module = import_module(old)
    assert module is import_module(new)
    assert module.__spec__.name == new


def test_a_module_within_one_that_has_moved_is_not_loaded_twice():
    with pytest.warns(DeprecationWarning, match="import neurona.lesson.comparison.problem"):
        old = import_module("neurona.comparison.problem")
    assert old is import_module("neurona.lesson.comparison.problem")


def test_the_warning_names_the_line_that_imports():
    program = "import warnings\nwarnings.simplefilter('always')\nfrom neurona.costs import Huber\n"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "<string>:3: DeprecationWarning: neurona.costs has moved" in done.stderr


def test_other_modules_of_old_are_not_there():
    with pytest.raises(ModuleNotFoundError):
        import_module("neurona.nothing")
