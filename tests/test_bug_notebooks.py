"""The bug lab's notebooks run from top to bottom, and what they say of the numbers is so."""

import math
import re

import numpy as np
import pytest

from neurona.lesson.bugs import BUGS
from tests.test_notebooks import (
    answers,
    cells,
    execute,
    in_spanish,
    mime_types,
    no_error_and_no_warning,
    printed,
    read,
    shape,
)

NAMES = {"bugs.en.ipynb": "en", "errores.es.ipynb": "es"}


@pytest.fixture(scope="module", params=in_spanish(NAMES))
def executed(request, tmp_path_factory):
    notebook = execute(request.param, tmp_path_factory.mktemp("notebook"))
    return NAMES[request.param], notebook


def only(notebook, tag):
    (cell,) = cells(notebook, "code", tag)
    return cell


def test_both_languages_have_the_same_cells_without_outputs():
    english, spanish = map(read, NAMES)
    assert shape(english) == shape(spanish)
    assert len(answers(english)) == len(answers(spanish)) == 1
    for notebook in (english, spanish):
        assert all(not cell.outputs for cell in cells(notebook, "code"))


def test_cells_run_without_errors_or_warnings(executed):
    no_error_and_no_warning(executed[1])


def costs(language, notebook):
    """The costs that the table shows, by the name of the bug; None is the right program."""
    found = {}
    titles = {
        bug.title.en if language == "en" else bug.title.es: name for name, bug in BUGS.items()
    }
    for line in printed(only(notebook, "costs")).splitlines()[1:]:
        title = line[:36].strip()
        numbers = re.findall(r"nan|\d+\.\d{4}", line[36:])
        found[titles.get(title)] = [float(one) for one in numbers]
    return found


def test_costs_tell_some_bugs_and_hide_others(executed):
    shown = costs(*executed)
    assert set(shown) == {None, *BUGS}
    right = shown[None][0]
    assert shown["transpose"] == []
    assert math.isnan(shown["z-for-a"][0])
    for name in ("sum-for-mean", "zero-start", "no-shuffling"):
        assert shown[name][0] > 1.5 * right
    for name in ("lost-two", "overwritten", "softmax-jacobian", "test-in-training"):
        assert shown[name][0] < 1.2 * right


def test_the_picture_has_alternative_text(executed):
    cell = only(executed[1], "picture")
    assert "image/png" in mime_types(cell)
    (output,) = [one for one in cell.outputs if "image/png" in one.get("data", {})]
    assert len(output.metadata["image/png"]["alt"]) > 100


def test_ratios_are_those_of_the_text(executed):
    ratios = re.findall(r"\d+\.\d{3}", printed(only(executed[1], "check")))
    np.testing.assert_array_equal(np.array(ratios, float), [1, 0.5, 30])


def test_every_bug_is_found_and_the_right_program_is_left_alone(executed):
    language, notebook = executed
    text = printed(only(notebook, "found"))
    assert text.splitlines()[0].endswith(": None")
    for name in BUGS:
        assert re.search(rf"^{name}: (line|línea) \d+, {name}$", text, re.M)
    assert {"en": "With the transpose of W", "es": "Con la traspuesta de W"}[language] in printed(
        only(notebook, "square")
    )


def test_the_answer_is_a_tenth(executed):
    language, notebook = executed
    said = printed(only(notebook, "answer"))
    assert {"en": "0.1 times", "es": "0,1 veces"}[language] in said
