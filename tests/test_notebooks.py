"""The notebooks run from top to bottom, and what they show is what they say."""
# ruff: noqa: NPY002 - the lesson draws from NumPy's global generator

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbclient import NotebookClient

from neurona import tutorial

FOLDER = Path(__file__).parent.parent / "notebooks"
NAMES = ["leccion.es.ipynb", "lesson.en.ipynb"]
COMPARISON = ["comparar.es.ipynb", "compare.en.ipynb"]
SECTIONS = {"leccion.es.ipynb": 16, "comparar.es.ipynb": 12}
ANSWERS = {"leccion.es.ipynb": 5, "comparar.es.ipynb": 1}


def in_spanish(names):
    """Return both notebooks, whose cells are the same: the English one is among the long tests."""
    spanish, english = sorted(names, key=lambda name: ".es." not in name)
    return [spanish, pytest.param(english, marks=pytest.mark.long)]


def read(name):
    return nbformat.read(FOLDER / name, as_version=4)


def cells(notebook, kind=None, tag=None):
    return [
        cell
        for cell in notebook.cells
        if (kind is None or cell.cell_type == kind)
        and (tag is None or tag in cell.metadata.get("tags", []))
    ]


def shape(notebook):
    """Both languages must share this: kind, tags and place of each cell, and the headings."""
    return [
        (cell.cell_type, cell.metadata.get("tags"), re.findall(r"^(#+) ", cell.source, re.M))
        for cell in notebook.cells
    ]


def answers(notebook):
    """The code that the exercises fold away."""
    folded = [
        block
        for cell in cells(notebook, "markdown")
        for block in re.findall(r"<details>(.*?)</details>", cell.source, re.S)
    ]
    return [code for block in folded for code in re.findall(r"```python\n(.*?)```", block, re.S)]


def printed(cell):
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def numbers(cell):
    """The numbers with decimals that a cell prints, such as costs and ratios."""
    return [float(number) for number in re.findall(r"\d+\.\d+", printed(cell))]


def mime_types(cell):
    return {kind for output in cell.outputs for kind in output.get("data", {})}


# ---- As stored -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES + COMPARISON)
def test_stored_notebook_is_valid_and_has_no_outputs(name):
    notebook = read(name)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for cell in cells(notebook, "code"):
        assert cell.outputs == []
        assert cell.execution_count is None


@pytest.mark.parametrize("pair", [NAMES, COMPARISON], ids=["lesson", "comparison"])
def test_both_languages_have_the_same_cells(pair):
    spanish, english = map(read, pair)
    assert shape(spanish) == shape(english)
    assert len(answers(spanish)) == len(answers(english)) == ANSWERS[pair[0]]
    titles = re.findall(r"^## (\d+)\.", "\n".join(c.source for c in cells(spanish)), re.M)
    assert titles == [str(number) for number in range(1, SECTIONS[pair[0]] + 1)]


@pytest.mark.parametrize("name", NAMES)
def test_program_of_the_notebook_is_the_tutorial(name):
    written = {"np": np}
    for cell in cells(read(name), "code", "program"):
        exec(cell.source, written)
    assert set(tutorial.__all__) <= set(written)

    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(30, 2)), rng.integers(0, 2, (30, 1))
    for act_f in ("sigm", "tanh", "relu"):
        for create, step, cost in (
            ("create_nn", "train", "l2_cost"),
            ("create_nn_scaled", "train_corrected", "l2_cost_exact"),
        ):
            networks = []
            for program in (written, vars(tutorial)):
                np.random.seed(5)
                neural_net = program[create]([2, 3, 4, 1], program[act_f])
                for _ in range(10):
                    program[step](neural_net, X, Y, program[cost], lr=0.01)
                networks.append(neural_net)
            for one, other in zip(*networks, strict=True):
                np.testing.assert_array_equal(one.W, other.W)
                np.testing.assert_array_equal(one.b, other.b)


@pytest.mark.parametrize("name", NAMES)
def test_lesson_imports_the_library_only_after_installing_it(name):
    uses = [
        cell
        for cell in cells(read(name), "code")
        if re.search(r"import neurona|\bneurona\.\w", cell.source)
    ]
    assert uses[0].metadata["tags"] == ["install"]
    assert uses[1:]


@pytest.mark.parametrize("name", NAMES + COMPARISON)
def test_missing_library_message_says_what_to_do(name, tmp_path, monkeypatch):
    (cell,) = cells(read(name), "code", "install")
    source = TransformerManager().transform_cell(cell.source)
    monkeypatch.setitem(sys.modules, "neurona", None)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModuleNotFoundError, match=r"pip install '\.\[demo\]'"):
        exec(source, {})


# ---- As executed ---------------------------------------------------------------------------------


# In Spanish these cells do less of the same: of the draws the one that the playground shows, of the
# seeds the first. The English notebook runs as it is, among the long.
LESS = {
    "draws": ("range(10)", "(232,)"),
    "ablation": ("for seed in range(3):", "for seed in range(1):"),
    "map": (
        "seeds=5, steps=1500, below=0.01, n_jobs=2",
        "seeds=1, steps=100, below=0.01, engine='numpy'",  # which compiles nothing
    ),
}


def execute(name, folder):
    """Run a notebook from top to bottom, and after it the answers to its exercises."""
    notebook = read(name)
    for tag, (much, less) in LESS.items() if name == "leccion.es.ipynb" else ():
        (cell,) = cells(notebook, "code", tag)
        assert much in cell.source
        cell.source = cell.source.replace(much, less)
    for code in answers(notebook):
        cell = nbformat.v4.new_code_cell(code)
        cell.metadata["tags"] = ["answer"]
        notebook.cells.append(cell)
    NotebookClient(
        notebook, timeout=300, allow_errors=False, resources={"metadata": {"path": str(folder)}}
    ).execute()
    assert list(folder.iterdir()) == []  # it leaves nothing behind
    return notebook


@pytest.fixture(scope="module", params=in_spanish(NAMES))
def executed(request, tmp_path_factory):
    return execute(request.param, tmp_path_factory.mktemp("notebook"))


@pytest.fixture(
    scope="module", params=[pytest.param(one, marks=pytest.mark.long) for one in COMPARISON]
)
def compared(request, tmp_path_factory):
    return execute(request.param, tmp_path_factory.mktemp("notebook"))


def test_lesson_cells_run_without_errors_or_warnings(executed):
    no_error_and_no_warning(executed)


def test_comparison_cells_run_without_errors_or_warnings(compared):
    no_error_and_no_warning(compared)


def no_error_and_no_warning(notebook):
    for cell in cells(notebook, "code"):
        assert cell.execution_count is not None
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.text


def test_films_have_a_frame_every_25_steps(executed):
    films = cells(executed, "code", "film")
    assert len(films) == 3
    for cell in films:
        (html,) = [output.data["text/html"] for output in cell.outputs if "data" in output]
        assert html.count("data:image/png;base64") == 1000 // 25 + 1


def test_failure_is_measured(executed):
    (cell,) = cells(executed, "code", "failure")
    costs = [float(value) for value in re.findall(r"cost\w* (\d\.\d+)", printed(cell))]
    assert len(costs) == 4
    np.testing.assert_allclose(costs, 0.25, atol=1e-3)
    assert "image/png" in mime_types(cell)


def test_gradient_check_finds_both_mistakes_and_then_none(executed):
    lesson, corrected = cells(executed, "code", "check")
    assert numbers(lesson) == [250.0, 0.5] * 3 + [50.0, 0.5] * 3
    assert numbers(corrected) == [1.0] * 6


def test_cure_trains_the_deep_network(executed):
    (cell,) = cells(executed, "code", "cure")
    assert numbers(cell)[-1] < 0.01


def test_deep_network_needs_scaled_initial_weights(executed):
    (cell,) = cells(executed, "code", "ablation")
    table = np.array(
        [re.findall(r"\d\.\d{5}", line) for line in printed(cell).splitlines()[1:]], dtype=float
    )
    assert table.shape == (4, 1 if "range(1)" in cell.source else 3)
    np.testing.assert_allclose(table[:2], 0.25, atol=1e-3)
    assert np.median(table[2]) < 0.01
    assert np.median(table[3]) < 0.01


def test_draws_are_those_of_the_measurements(executed):
    (cell,) = cells(executed, "code", "draws")
    counts = [int(line.split()[1]) for line in printed(cell).splitlines()]
    assert counts == ([0, 1] if "232" in cell.source else [3, 10])


def test_every_picture_has_an_alternative_text(executed):
    pictures(executed, 14)


def test_every_picture_of_the_comparison_has_an_alternative_text(compared):
    pictures(compared, 2)


def pictures(notebook, count):
    """Check the text of each picture and film, the exercises' aside."""
    found = [
        output.data
        for cell in cells(notebook, "code")
        for output in cell.outputs
        if "data" in output and "answer" not in cell.metadata.get("tags", [])
    ]
    for data in found:
        assert "image/png" not in data or "text/html" in data
        for tag in re.findall("<img [^>]*>", data.get("text/html", "")):
            assert len(re.search('alt="([^"]*)"', tag)[1].split()) > 5
    assert sum("<img" in data.get("text/html", "") for data in found) == count


def test_challenge_is_solved(executed):
    spiral, three = cells(executed, "code", "challenge")
    assert numbers(spiral)[-1] < 0.01
    cost, right = numbers(three)[-2:]
    assert cost < 0.02
    assert right > 99


def test_library_reaches_a_small_cost_and_the_same_numbers(executed):
    circles, same, arms = cells(executed, "code", "library")
    assert numbers(circles)[-1] < 0.01
    assert numbers(arms)[-1] < 0.01
    difference, gradient = re.findall(r"\de-\d+", printed(same))
    assert float(difference) < 1e-8
    assert float(gradient) < 1e-5
    for cell in (circles, arms):
        assert "image/png" in mime_types(cell)


def test_the_solutions_of_the_exercises_are_right(executed):
    plot, mixed, more, swapped, safe = cells(executed, "code", "answer")
    assert "image/png" in mime_types(plot)
    assert numbers(mixed)[-1] < 0.05
    (_, too_long), (_, as_before) = zip(*[iter(numbers(more))] * 2, strict=True)
    assert as_before < 0.01 < too_long
    ratios = [float(ratio) for ratio in re.findall(r"[Wb]:.* = +(\d+\.\d{3})", printed(swapped))]
    assert len(ratios) == 12
    assert ratios[:6] == [1.0] * 6
    assert ratios[-2:] == [1.0] * 2
    np.testing.assert_allclose(ratios[6:-2], 1.3, atol=0.05)  # "some 30% too much"
    right, wrong = re.findall(r"train_\w+ (\d\.\d+)", printed(swapped))
    assert float(right) < 0.01
    assert float(wrong) > 0.1
    assert printed(safe).split() == ["[0.", "0.5", "1.", "]"]


# ---- The comparison, as executed -----------------------------------------------------------------


def rows(cell):
    """The tables that a cell shows: the difference of each contestant, by its name."""
    found = {}
    for output in cell.outputs:
        for line in output.get("data", {}).get("text/markdown", "").splitlines()[2:]:
            name, _, difference, *_ = [part.strip() for part in line.strip("|").split("|")]
            found.setdefault(name, []).append(difference.replace(",", "."))
    return found


def is_there(*modules):
    return all(importlib.util.find_spec(module) for module in modules)


def test_comparison_shows_the_code_of_each_library(compared):
    shown = [
        "".join(output.data["text/plain"] for output in cell.outputs if "data" in output)
        for cell in cells(compared, "code", "code")
    ]
    functions = ["lesson_corrected", "neurona_numpy", "with_scikit_learn", "with_keras"]
    for code, function in zip(shown, [*functions, "with_pytorch"], strict=True):
        assert f"def {function}(" in code


def test_comparison_curves_agree(compared):
    (race,), (others,) = (cells(compared, "code", tag) for tag in ("race", "others"))
    assert "image/png" in mime_types(race)
    lesson, *names = list(rows(race))[1:]
    assert float(rows(race)[lesson][0]) > 1  # it goes its own way
    assert len(rows(others)["scikit-learn"]) == 2
    assert all(float(text) < 1e-10 for text in rows(others)["scikit-learn"])
    for cell in (race, others):
        for name in names:
            exact = name.startswith(("the lesson's", "el de la"))
            assert all(float(text) < (1e-10 if exact else 1e-4) for text in rows(cell)[name])
    assert ("PyTorch" in names) == is_there("torch")
    assert ("Keras" in names) == (is_there("keras") and (is_there("jax") or is_there("torch")))


def test_comparison_shows_that_differences_are_rounding(compared):
    (asked,), (parted,) = (cells(compared, "code", tag) for tag in ("float64", "parted"))
    if is_there("torch"):
        single, double = map(float, re.findall(r"\d\.\de-\d+", printed(asked)))
        assert double < 1e-10 < single < 1e-4
    largest, step = re.findall(r"(\d\.\de[+-]\d+)\n.* (\d+)", printed(parted))[0]
    assert float(largest) > 0.1
    assert 200 < int(step) < 700  # within the picture


def test_the_solution_of_the_comparison_is_right(compared):
    (spiral,) = cells(compared, "code", "answer")
    assert float(printed(spiral)) < 1e-10
