"""The lesson's network in other libraries: same weights, same curves, and who can't take part."""

import ast
import os
import sys
from dataclasses import replace

import numpy as np
import pytest

import neurona
from neurona.engine.objective import Objective
from neurona.lesson.comparison import (
    LINEUP,
    PROBLEMS,
    compare,
    figure,
    lineup,
    measuring,
    problem,
    report,
    table,
)
from neurona.lesson.comparison.report import COLORS, TEXTS, notes, remarks
from neurona.lesson.comparison.source import lines_of, source_of_names

STEPS = 200
ENTRIES = {entry.key: entry for entry in LINEUP}
PAIRS = [(key, name) for key, entry in ENTRIES.items() for name in entry.problems]


@pytest.fixture(scope="module")
def curve():
    """Return the costs of a contestant on a problem, trained once."""
    known = {}

    def costs(key, name):
        if package := ENTRIES[key].missing():
            pytest.skip(f"{package} is not installed")
        if (key, name) not in known:
            known[key, name], _ = measuring.run(ENTRIES[key], problem(name, STEPS))
        return known[key, name]

    return costs


# ---- The curves ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "name"), PAIRS)
def test_curve_has_the_cost_before_each_step(key, name, curve):
    costs = curve(key, name)
    assert costs.shape == (STEPS,)
    assert np.isfinite(costs).all()
    assert costs[-1] < costs[0]


@pytest.mark.parametrize(("key", "name"), [pair for pair in PAIRS if pair[0] != "lesson"])
def test_curves_agree_to_rounding(key, name, curve):
    costs, reference = curve(key, name), curve("neurona", name)
    exact = ENTRIES[key].numbers == "float64"
    np.testing.assert_allclose(costs[:10], reference[:10], rtol=1e-14 if exact else 5e-6)
    np.testing.assert_allclose(costs, reference, rtol=1e-10 if exact else 1e-4)
    assert exact or (costs != reference).any()  # float32 it is


@pytest.mark.parametrize("name", list(PROBLEMS))
def test_pytorch_in_float64_agrees_with_the_reference(name, curve):
    """Told to compute in float64, it draws neurona's curve to the last digits."""
    if package := ENTRIES["pytorch"].missing():
        pytest.skip(f"{package} is not installed")
    import torch

    torch.set_default_dtype(torch.float64)
    try:
        costs, _ = measuring.run(ENTRIES["pytorch"], problem(name, STEPS))
    finally:
        torch.set_default_dtype(torch.float32)
    np.testing.assert_allclose(costs, curve("neurona", name), rtol=1e-10)


def test_reference_curve_is_not_flat(curve):
    """Curves that agree because nothing is learned would prove nothing."""
    for name in PROBLEMS:
        costs = curve("neurona", name)
        assert len(np.unique(costs)) > STEPS / 2
    whole = compare("lesson", lineup=LINEUP[:1])
    assert whole["neurona"].costs[-1] < 0.02


def test_lessons_curve_differs_from_the_second_cost_on(curve):
    costs, reference = curve("lesson", "lesson"), curve("neurona", "lesson")
    assert costs[0] == pytest.approx(reference[0], rel=1e-14)
    assert abs(costs[1] / reference[1] - 1) > 1e-3


def test_lessons_step_is_250_and_one_half_times_the_gradient():
    """At 2/500 of the rate its W moves as the corrected one's, and its b 500 times less."""
    given = problem("lesson", 1)
    moves = {}
    for name in ("train", "train_corrected"):
        net = neurona.tutorial.create_nn([2, 4, 8, 1], neurona.tutorial.sigm)
        for layer, (W, b) in zip(net, given.weights, strict=True):
            layer.W, layer.b = W, b[None]
        options = {"lr": given.rate * 2 / 500} if name == "train" else {"lr": given.rate}
        cost = neurona.tutorial.l2_cost if name == "train" else neurona.tutorial.l2_cost_exact
        getattr(neurona.tutorial, name)(net, given.X, given.Y, cost, **options)
        moves[name] = [
            (layer.W - W, layer.b[0] - b) for layer, (W, b) in zip(net, given.weights, strict=True)
        ]
    for (W, b), (W_right, b_right) in zip(*moves.values(), strict=True):
        np.testing.assert_allclose(W, W_right, rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(500 * b, b_right, rtol=1e-6, atol=1e-12)


# ---- The same start ------------------------------------------------------------------------------


def other_weights(given):
    """Return weights of another size in every layer, the biases included."""
    rng = np.random.default_rng(7)
    return tuple((W + rng.normal(size=W.shape), b + rng.normal(size=b.shape))
                 for W, b in given.weights)  # fmt: skip


@pytest.mark.parametrize(("key", "name"), PAIRS)
def test_each_contestant_starts_from_the_given_weights(key, name):
    """Two steps: the second cost shows that the gradient was that of these weights too."""
    entry = ENTRIES[key]
    if package := entry.missing():
        pytest.skip(f"{package} is not installed")
    given = problem(name, 2)
    given = replace(given, weights=other_weights(given))
    before = [array.copy() for layer in given.weights for array in layer]
    costs, _ = measuring.run(entry, given)
    for array, copy in zip((a for layer in given.weights for a in layer), before, strict=True):
        np.testing.assert_array_equal(array, copy)  # a contestant must not train the next one's

    net = neurona.network([2, 4, 8, 1], "sigmoid", output=given.output)
    cost = neurona.engine.costs.find_cost(given.cost, net)
    objective = Objective(net, cost)
    params = tuple(map(neurona.engine.layers.dense.DenseParams._make, given.weights))
    value, gradient = objective.value_and_gradient(params, given.X, given.Y)
    assert costs[0] == pytest.approx(float(value), rel=1e-5)
    if key != "lesson":
        moved = tuple(
            type(layer)(*(a - given.rate * g for a, g in zip(layer, grads, strict=True)))
            for layer, grads in zip(params, gradient, strict=True)
        )
        second = float(objective.value(moved, given.X, given.Y))
        assert costs[1] == pytest.approx(second, rel=1e-4)
        assert abs(second / float(value) - 1) > 1e-3


def test_problem_draws_as_the_lesson_does():
    given = problem("lesson", seed=3)
    np.random.seed(3)  # noqa: NPY002
    net = neurona.tutorial.create_nn([2, 4, 8, 1], neurona.tutorial.sigm)
    for layer, (W, b) in zip(net, given.weights, strict=True):
        np.testing.assert_array_equal(layer.W, W)
        np.testing.assert_array_equal(layer.b[0], b)
    assert given.Y.shape == (500, 1)
    assert set(np.unique(given.Y)) == {0.0, 1.0}


def test_compare_restores_numpys_global_generator():
    np.random.seed(1)  # noqa: NPY002
    expected = np.random.rand()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    compare("lesson", 2, lineup=LINEUP[:3])
    assert np.random.rand() == expected  # noqa: NPY002


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "lessons"}, "did you mean 'lesson'"),
        ({"steps": 0}, "steps is 0"),
        ({"steps": 2.5}, "steps is 2.5"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 2**32}, "seed is 4294967296"),
        ({"seed": "x"}, "seed is 'x'"),
        ({"seed": True}, "seed is True"),
    ],
)
def test_problem_error_messages(arguments, message):
    with pytest.raises(ValueError, match=message):
        problem(**arguments)


# ---- Who takes part ------------------------------------------------------------------------------


def test_missing_library_is_left_out_with_a_remark(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "jax", None)
    chosen = [ENTRIES[key] for key in ("neurona", "compiled", "scikit-learn", "pytorch")]
    result = compare("lesson", 3, lineup=chosen)
    assert [outcome.entry.key for outcome in result.outcomes] == ["neurona"]
    assert remarks(result) == [
        "left out: neurona, compiled (jax is not installed)",
        "left out: scikit-learn (it has no squared error after a sigmoid)",
        "left out: PyTorch (torch is not installed)",
    ]
    assert remarks(result, "es")[2] == "no participa: PyTorch (torch no está instalado)"


def test_a_problem_that_nobody_has_learned_is_told():
    chosen = [ENTRIES["neurona"]]
    flat, learned = (compare("linear", steps, lineup=chosen) for steps in (1500, 5000))
    (said,) = remarks(flat, "es")
    assert "predecir siempre la media cuesta 0,25" in said
    assert "0,0075 tras 5.000" in said
    assert learned.outcomes[0].costs[-1] == pytest.approx(0.0075, abs=1e-4)
    assert remarks(learned) == []


def test_keras_without_a_backend_is_left_out(monkeypatch):
    if ENTRIES["keras"].missing():
        pytest.skip("Keras is not installed")
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.setattr(lineup, "_installed", lambda package: package == "keras")
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert ENTRIES["keras"].missing() == "tensorflow"
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert ENTRIES["keras"].missing() == "jax"


def test_keras_backend_is_the_first_installed(monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(lineup, "_installed", lambda package: package in {"jax", "torch"})
    assert lineup.keras_backend() == "jax"
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert lineup.keras_backend() == "torch"


def test_importing_keras_restores_the_environment(monkeypatch):
    seen = []
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(lineup, "_installed", lambda package: package == "jax")
    monkeypatch.setattr(lineup, "import_module", lambda _: seen.append(os.environ["KERAS_BACKEND"]))
    lineup._import_keras()
    assert seen == ["jax"]
    assert "KERAS_BACKEND" not in os.environ


# ---- The report ----------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", LINEUP, ids=lambda entry: entry.key)
def test_shown_code_is_the_code_that_runs(entry):
    assert '"""' not in entry.source
    shown = ast.parse(entry.source)
    names = [node.name for node in shown.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert names[-1] == entry.train.__name__
    if entry.key != "lesson" and not entry.missing():
        code = {"np": np}
        exec(f"from __future__ import annotations\n{ast.unparse(shown.body[-1])}", code)
        given = problem(entry.problems[0], 3)
        entry.prepare()
        np.testing.assert_array_equal(code[names[-1]](given), entry.train(given))


def test_source_includes_the_lessons_program():
    for key, step in (("lesson", "train"), ("corrected", "train_corrected")):
        assert "class NeuralLayer:" in ENTRIES[key].source
        assert f"def {step}(" in ENTRIES[key].source
    assert ENTRIES["lesson"].lines > 2 * ENTRIES["pytorch"].lines


def test_lines_of_counts_lines_with_code():
    assert lines_of("a = 1\n\n# words\n    # more\nb = 2  # two\n") == 2
    text = source_of_names(neurona.tutorial, ("NeuralLayer", "sigm"))
    assert lines_of(text) == 9


@pytest.mark.parametrize("entry", LINEUP, ids=lambda entry: entry.key)
def test_texts_exist_in_both_languages(entry):
    for said in (entry.title, entry.notes, *filter(None, [entry.cannot])):
        assert set(said) == {"en", "es"}
        assert all(said.values())
    assert entry.notes["en"] != entry.notes["es"]
    assert entry.key in COLORS
    assert all(said.en and said.es for said in TEXTS.values())


@pytest.fixture(scope="module")
def short():
    names = ("neurona", "lesson", "corrected", "scikit-learn")
    return [compare(name, 20, 1, [ENTRIES[key] for key in names]) for name in PROBLEMS]


def test_table_has_a_row_for_each_contestant(short):
    head, neurona_row, lesson, corrected = table(short[0])
    assert head == ["library", "numbers", "largest difference", "last cost", "seconds", "lines"]
    assert neurona_row[2] == "reference"
    assert float(lesson[2]) > 1e-3
    assert float(corrected[2]) < 1e-10
    assert [row[0] for row in table(short[1], "es")[1:]] == [
        "neurona, NumPy",
        "el de la lección, corregido",
        "scikit-learn",
    ]


def test_report_has_tables_notes_and_code(short):
    page = report(short, 1, "curves.png", "es")
    assert page.startswith("# Una red, los mismos pesos iniciales, 20 pasos")
    assert "](curves.png)" in page
    assert page.count("```python\n") == 4
    for who, what in notes(short, "es"):
        assert f"**{who}.** {what}" in page
    assert f"scikit-learn {measuring.version('scikit-learn')}" in page


def test_figure_draws_every_curve(short):
    drawn = figure(short)
    lefts, rights = drawn.axes[::2], drawn.axes[1::2]
    assert [len(ax.lines) for ax in lefts] == [3, 3, 3]
    for ax, comparison in zip(lefts, short, strict=True):
        np.testing.assert_array_equal(ax.lines[0].get_ydata(), comparison["neurona"].costs)
    assert [ax.lines[0].get_color() for ax in rights] == [
        COLORS["lesson"],
        COLORS["corrected"],
        COLORS["corrected"],
    ]
    assert rights[0].lines[0].get_ydata().max() > 1e-3
    assert rights[0].lines[1].get_ydata().max() < 1e-10


def test_remarks_name_the_step_where_float32_parts(short):
    reference = short[0].outcomes[0]
    parted = [
        replace(reference, entry=ENTRIES[name], differences=np.where(np.arange(20) < at, 1e-7, 0.5))
        for name, at in (("pytorch", 12), ("keras", 15))
    ]
    (said,) = remarks(replace(short[0], outcomes=(reference, *parted), left_out=()))
    assert said.startswith("From step 12 on, float32 takes another path (PyTorch, Keras)")
