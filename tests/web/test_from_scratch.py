"""The program with NumPy alone: it runs without neurona, and finds the cost of the screen."""

import re
import subprocess
import sys

import numpy as np
import pytest

from neurona.engine.parameters import flatten
from neurona.web.examples import EXAMPLES
from neurona.web.from_scratch import PAIRS, from_scratch
from neurona.web.run import Run
from neurona.web.setup import OFFERED, Setup
from neurona.web.task import make_task

SMALL = {"data": {"n": 40}, "layers": [{"neurons": 3}]}


def run_of(**parts):
    return Run(make_task(Setup.from_json({**SMALL, **parts})))


def printed(text, folder):
    """Run a program in a Python that has no neurona, and return the numbers that it prints."""
    blocked = "import sys\nsys.modules['neurona'] = None\n"
    path = folder / "numpy_alone.py"
    path.write_text(blocked + text, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", path],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return [float(line.split()[-1]) for line in ran.stdout.splitlines()]


def cost_of(view):
    task = view.task
    with np.errstate(all="ignore"):
        return float(task.objective.value(view.state.params, *task.train))


SETUPS = [
    {},
    {"data": {"kind": "blobs", "classes": 3, "n": 50}, "layers": []},
    {"data": {"kind": "moons"}, "output": {"activation": "softmax"}, "training": {"cost": "mse"}},
    {"data": {"kind": "blobs", "n": 60}, "output": {"activation": "sigmoid"}},
    {"data": {"kind": "wave", "n": 50}, "training": {"cost": "huber"}},
    {"data": {"kind": "plane", "n": 50}, "training": {"cost": "mae", "optimizer": "rmsprop"}},
    {"inputs": ["x1", "x1*x2", "sin(x2)"], "layers": [{"neurons": 3, "learning_rate": 0.5}]},
    *({"layers": [{"neurons": 4, "activation": name}]} for name in OFFERED if name != "softmax"),
    *(
        {"training": {"optimizer": name, "learning_rate": 0.02}}
        for name in ("sgd", "momentum", "rmsprop", "adam", "adamw", "nadam")
    ),
    {"training": {"optimizer": "lesson", "cost": "mse", "learning_rate": 0.01}},
    {"training": {"optimizer": "lesson", "learning_rate": 0.01, "l2": 0.01, "l1": 0.001}},
    {
        "data": {"kind": "blobs", "n": 60},
        "training": {"optimizer": "lesson", "learning_rate": 0.002},
    },
    {"training": {"l1": 0.001, "l2": 0.02}},
    {"training": {"batch_size": 7}},
    {"weights": [0.5, -0.25, 1.2345, 0.1, 0.2, -3, 0, 0.1, 0.3, 1, -1, 2, 0.125]},
]


@pytest.mark.parametrize("parts", SETUPS, ids=repr)
def test_it_finds_the_cost_at_the_step_without_neurona(parts, tmp_path):
    run = run_of(**parts)
    for _ in range(30):
        run.step()
    view = run.settle()
    run.close()
    text = from_scratch(view, "es")
    cost, *accuracy = printed(text, tmp_path)
    assert cost == pytest.approx(cost_of(view), rel=1e-3)
    assert len(accuracy) == bool(view.task.classes)
    assert "neurona." not in text.partition('"""\n')[2]


@pytest.mark.parametrize("name", ["lesson", "stuck", "gradient"])
def test_the_lessons_examples_are_reproduced(name, tmp_path):
    run = Run(make_task(Setup.from_json(EXAMPLES[name])))
    run.step(200)
    view = run.settle()
    run.close()
    text = from_scratch(view)
    cost, _ = printed(text, tmp_path)
    assert cost == pytest.approx(view.state.cost, rel=1e-3)
    own = [line for line in text.splitlines() if line.strip() and not re.match(r'    "', line)]
    assert len(own) < 75  # the lesson's sixty lines, and those that say what is on the screen


def test_what_was_steered_is_held_as_weights(tmp_path):
    run = run_of()
    run.step(3)
    run.set_parameter(2, 1.5, None)
    run.step(3)
    view = run.settle()
    run.close()
    text = from_scratch(view)
    assert "steered" in text
    assert "range(" not in text.rpartition("neural_net = []")[2]
    assert printed(text, tmp_path)[0] == pytest.approx(cost_of(view), rel=1e-5)
    assert flatten(view.state.params).size == 13


def test_every_activation_has_its_pair():
    assert set(PAIRS) == set(OFFERED)
