"""The notebook that is handed out is valid, and runs from top to bottom."""

import json

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from neurona.web.notebook import notebook
from neurona.web.run import Run
from neurona.web.setup import Setup
from neurona.web.task import make_task

SETUPS = {
    "plain": {"data": {"n": 40}, "layers": [{"neurons": 3}]},
    "features": {
        "data": {"kind": "blobs", "n": 60, "test_share": 0},
        "inputs": ["x1", "x2", "x1^2"],
        "training": {"batch_size": 8},
    },
}


def view_of(parts, steps=4, steer=False):
    run = Run(make_task(Setup.from_json(parts)))
    for _ in range(steps):
        run.step()
    if steer:
        run.set_parameter(0, 1.5, None)
    view = run.settle()
    run.close()
    return view


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("steer", [False, True])
@pytest.mark.parametrize("parts", SETUPS.values(), ids=SETUPS)
def test_it_is_valid_and_each_cell_has_its_own_id(parts, steer, language):
    made = nbformat.reads(notebook(view_of(parts, steer=steer), language), as_version=4)
    nbformat.validate(made)
    assert (made.nbformat, made.nbformat_minor) == (4, 5)
    ids = [cell.id for cell in made.cells]
    assert len(set(ids)) == len(ids)
    texts = [cell for cell in made.cells if cell.cell_type == "markdown"]
    assert texts[0].source.startswith("# ")
    assert len(texts) >= 6
    said = {"en": "Run the cells", "es": "Ejecuta las celdas"}[language]
    assert said in texts[0].source


@pytest.mark.parametrize(
    ("name", "steer", "language"), [("plain", False, "en"), ("features", True, "es")]
)
def test_it_runs_and_shows_the_cost_and_the_picture(name, steer, language, tmp_path):
    view = view_of(SETUPS[name], steer=steer)
    made = nbformat.reads(notebook(view, language), as_version=4)
    NotebookClient(
        made, timeout=300, allow_errors=False, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    outputs = [output for cell in made.cells for output in cell.get("outputs", [])]
    assert [one.output_type for one in outputs if one.output_type == "error"] == []
    printed = "".join(one.text for one in outputs if one.get("name") == "stdout")
    with np.errstate(all="ignore"):
        cost = float(view.task.objective.value(view.state.params, *view.task.train))
    assert float(printed.partition("cost:")[2].split()[0]) == pytest.approx(cost, rel=1e-4)
    pictures = [one for one in outputs if "image/png" in one.get("data", {})]
    assert len(pictures) == 1
    assert list(tmp_path.iterdir()) == []  # it leaves nothing behind


def test_it_is_written_by_lines_as_jupyter_does():
    made = json.loads(notebook(view_of(SETUPS["plain"])))
    sources = [cell["source"] for cell in made["cells"]]
    assert all(isinstance(line, str) for source in sources for line in source)
    assert all("\n" not in line[:-1] for source in sources for line in source)
