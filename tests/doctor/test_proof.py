"""A cure is claimed where trainings show it, and nowhere else; all that was tried is told."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest

import neurona
from neurona import datasets
from neurona.doctor.case import Case, Finding
from neurona.doctor.proof import NotProved, named, prove
from neurona.doctor.skill import Measure
from neurona.doctor.trials import Seeds, run
from neurona.doctor.tries import Interval
from neurona.engine.network import Network
from neurona.language import Text
from neurona.lesson.cure import DEEP

X, Y = datasets.circles(n=500, rng=0)
OTHER = datasets.circles(n=200, rng=1)


def finding(*cures, kind="something"):
    return Finding(kind, Text("Something.", "Algo."), {}, cures=cures)


def lesson(**given):
    """Return the lesson's failure: the true gradient at rate 5, weights and biases in [-1, 1)."""
    net = neurona.network(DEEP, "sigmoid", initializer="uniform", bias_initializer="uniform")
    made = Case(net, X[:200], Y[:200], "mse", neurona.sgd(5.0), 2500, seed=1)
    return replace(made, X_val=OTHER[0], y_val=OTHER[1], **given)


def quick(**given):
    net = neurona.network([2, 8, 1], ["tanh", "sigmoid"])
    return replace(Case(net, X[:200], Y[:200], None, neurona.sgd(1e-4), 60), **given)


@pytest.fixture(scope="module")
def cured():
    found = [finding("orthogonal-weights", "rate-down")]
    return prove(lesson(), found, seconds=120)


def test_there_are_two_languages():
    with pytest.raises(ValueError, match=r"there is no language 'fr'. There are: en, es"):
        Text("yes", "sí").say("fr")


@pytest.mark.long
def test_orthogonal_weights_cure_the_lesson_at_five_of_five_seeds(cured):
    by_name = {trial.cures: trial for trial in cured.trials}
    orthogonal = by_name["orthogonal-weights",]
    assert cured.seeds[0] == 1
    assert (cured.sick.outcome.skill < 0.5).all()
    assert orthogonal.cured
    assert orthogonal.wins == 5
    assert (orthogonal.outcome.skill > 0.95).all()
    assert orthogonal.gain.low > 0.5
    assert cured.best is orthogonal
    assert not by_name["rate-down",].cured


def test_draws_that_learn_by_themselves_are_not_to_be_cured(cured):
    failed, drawn = cured.draws
    assert 5 <= failed < drawn
    again = next(trial for trial in cured.trials if trial.cures == ("another-draw",))
    assert not again.cured


def test_the_random_search_costs_no_more_than_the_cures(cured):
    spent = [sum(t.outcome.network_steps for t in ts) for ts in (cured.trials, cured.search)]
    assert 0 < spent[1] <= spent[0]


def test_the_same_case_has_the_same_proof():
    one, other = (prove(quick(), [finding("adam-fast", "rate-up")]) for _ in range(2))
    for tried, again in ((one.trials, other.trials), (one.search, other.search)):
        assert [t.cures for t in tried] == [t.cures for t in again]
        assert np.array_equal(tried[0].outcome.skill, again[0].outcome.skill)


def test_the_first_seed_is_the_training_that_a_person_has_seen():
    for given in ({}, {"batch_size": 32}, {"batch_size": 32, "optimizer": neurona.adam()}):
        case = replace(lesson(**given), steps=50, seed=3)
        [(_, outcome)] = run([case], Seeds(case, (3, 4)))
        optimizer = case.optimizer
        options = {"cost": "mse", "optimizer": optimizer, "steps": 50, "rng": 3}
        *_, last = neurona.train(
            case.net, case.X, case.y, batch_size=case.batch_size, every=50, **options
        )
        predicted = case.net.predict(last.params, OTHER[0])
        errors = (predicted[:, 0] - OTHER[1], case.y.mean() - OTHER[1])
        skill = 1 - np.square(errors[0]).mean() / np.square(errors[1]).mean()
        assert outcome.skill[0] == pytest.approx(skill, abs=1e-4)


def normalized_series():
    layers = [neurona.Conv1D(4, 2), neurona.BatchNormalization("tanh"), neurona.Flatten()]
    return Network([*layers, neurona.Dense(1, "sigmoid")], (2, 1))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"batch_size": 30},
        {"batch_size": 30, "shuffle": False},
        {"early_stop": True},
        {"sample_weight": 1.0 + Y[:200]},
        {"net": neurona.network([2, 8, 1], "tanh", output="sigmoid", dropout=0.2)},
        {"net": neurona.network([2, 8, 1], "tanh", output="sigmoid", normalization="batch")},
        {"net": normalized_series(), "X": X[:200, :, None], "batch_size": 30},
        {"X_val": OTHER[0], "y_val": OTHER[1]},
    ],
)
def test_a_stack_of_cases_trains_each_as_by_itself(given):
    case = quick(**given)
    cases = [replace(case, optimizer=neurona.sgd(rate)) for rate in (0.01, 0.5)]
    seeds = Seeds(case, (0, 1, 2))
    together = dict(run(cases, seeds))
    for k, one in enumerate(cases):
        alone = dict(run([one], seeds))[0]
        assert np.allclose(together[k].skills, alone.skills, atol=1e-4)
        assert np.allclose(together[k].costs, alone.costs, rtol=1e-3)


def test_cases_of_other_forms_are_told_apart():
    cases = [quick(), quick(steps=30), quick(cost="mse"), quick(l2=0.1)]
    assert [k for k, _ in run(cases, Seeds(quick(), (0, 1)))] == [0, 1, 2, 3]


def test_a_held_out_fifth_is_never_trained_on():
    # Each example is a class of its own: what was not seen cannot be known.
    n = 100
    net = neurona.network([n, n], "softmax")
    case = Case(net, np.eye(n), np.arange(n) % 50 * 2 % n, None, neurona.adam(0.1), 200)
    [(_, outcome)] = run([case], Seeds(case, (0, 1, 2, 3, 4)))
    assert outcome.accuracy.max() < 0.1
    assert outcome.costs[-1].max() < 0.01


def test_few_examples_are_judged_by_themselves_and_that_is_said():
    few = quick(X=X[:20], y=Y[:20])
    proof = prove(few, [finding("adam-fast")])
    assert proof.judged == "training"
    assert "too few" in proof.say()
    assert "demasiado pocos" in proof.say("es")


def test_noise_is_not_cured():
    rng = np.random.default_rng(0)
    case = quick(X=rng.random((200, 2)), y=rng.integers(0, 2, 200))
    proof = prove(case, [finding("adam-fast", "rate-up"), finding("more-neurons", "more-steps")])
    assert len(proof.trials) > 3
    assert proof.best is None
    assert not any(trial.cured for trial in (*proof.trials, *proof.search))


def test_the_answer_of_the_majority_is_not_a_cure():
    y = (np.arange(200) % 10 == 0).astype(int)
    net = neurona.network([2, 4, 1], "tanh", output="sigmoid")
    params = tuple(layer._replace(b=layer.b + 3) for layer in net.init(0))  # all of class 1
    case = quick(net=net, X=np.random.default_rng(0).normal(size=(200, 2)), y=y, params=params)
    proof = prove(case, [finding("adam-fast", "rate-up")])
    better = proof.trials[0]
    assert better.gain.low > 0.5
    assert better.outcome.accuracy.mean() == pytest.approx(0.9)
    assert better.wins == 0
    assert proof.best is None


def test_a_healthy_run_is_left_alone():
    clouds = datasets.gaussians(n=200, rng=0)
    healthy = quick(X=clouds[0], y=clouds[1], optimizer=neurona.adam(0.05), steps=100)
    proof = prove(healthy, [finding("adam", "rate-up")])
    assert proof.sick.mean > 0.95
    assert proof.trials == ()
    assert proof.best is None
    assert "fine as it is" in proof.say()


def test_without_findings_nothing_is_tried():
    proof = prove(quick(), [])
    assert proof.trials == proof.search == ()
    assert "No cure was tried" in proof.say()


def test_a_run_that_diverges_is_no_better_than_the_worst():
    x = np.linspace(-8, 8, 100)[:, None]
    line = Case(neurona.network([1, 1], "linear"), x, 2 * x[:, 0], "mse", neurona.sgd(0.1), 200)
    proof = prove(line, [finding("rate-from-curvature")])
    assert (proof.sick.outcome.skill == -1).all()
    assert proof.best.cures == ("rate-from-curvature",)
    assert json.dumps(proof.to_json(), allow_nan=False)


def test_two_changes_where_one_is_not_enough():
    rng = np.random.default_rng(0)
    inputs = rng.uniform(0, 1000, (300, 2))
    net = neurona.network([2, 4, 1], ["tanh", "softmax"])
    case = Case(net, inputs, inputs @ [2.0, 1.0], "mse", neurona.momentum(0.01), 400)
    found = [finding("output-linear"), finding("standardize-targets"),
             finding("standardize-inputs")]  # fmt: skip
    proof = prove(case, found)
    assert proof.best is not None
    assert "output-linear" in proof.best.cures
    assert len(proof.best.cures) >= 2
    assert proof.best.mean > 0.9


def test_the_time_is_kept_and_what_was_not_tried_is_named():
    found = [finding("orthogonal-weights", "tanh-hidden", "relu-hidden", "adam", "adam-fast")]
    begun = time.process_time()  # a machine may be busy
    case = lesson()
    proof = prove(case, found, seconds=3)
    assert time.process_time() - begun < 5
    assert proof.untried
    assert "Not tried" in proof.say()
    assert "Sin probar" in proof.say("es")
    with pytest.raises(NotProved):
        prove(replace(case, steps=10**6), found, seconds=0.2)


def test_it_can_be_stopped():
    begun = time.monotonic()
    with pytest.raises(NotProved):
        prove(lesson(), [finding("adam")], stop=lambda: time.monotonic() > begun + 0.2)
    assert time.monotonic() - begun < 3


def test_json_and_table_have_every_trial(cured):
    told = json.loads(json.dumps(cured.to_json(), allow_nan=False))
    assert [one["cures"] for one in told["trials"]] == [list(t.cures) for t in cured.trials]
    best = told["trials"][told["best"]]
    assert best["mark"] == "best"
    assert best["words"] == {
        "en": "orthogonal initial weights",
        "es": "pesos iniciales ortogonales",
    }
    assert len(best["steps"]) == len(best["costs"]["median"]) == len(best["skills"]["max"])
    assert told["verdict"]["es"].startswith("Curado, con 5 de 5 semillas: pesos iniciales")
    for language in ("en", "es"):
        text = cured.say(language)
        assert text.count("\n") >= len(cured.trials) + 4
        assert max(map(len, text.splitlines()[1:-2])) < 160
        narrow = cured.say(language, width=60).splitlines()
        assert max(map(len, narrow)) <= 60
        assert named(cured.best.cures).say(language) in narrow


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ([[0], [1], [1]], "classes"),
        ([[-1], [1], [1]], "classes"),
        ([[0.2], [1], [1]], "values"),
        ([[1, 0], [0, 1], [1, 0]], "classes"),
        ([[1, 1], [0, 1], [1, 0]], "labels"),
        ([[1, 2], [0, 1], [1, 0]], "values"),
    ],
)
def test_the_kind_of_targets(target, kind):
    assert Measure.of(np.array(target, float)).kind == kind


@pytest.mark.parametrize(
    "target",
    [
        np.array([[0.0], [0], [0], [1]]),
        np.array([[-1.0], [-1], [-1], [1]]),
        np.eye(3)[[0, 1, 2, 2]],
        np.array([[1.0, 1], [0, 1], [0, 0], [1, 0]]),
        np.array([[10.0, -1], [12, 5], [15, 0], [-3, 1]]),
    ],
)
def test_the_best_constant_has_skill_0_and_the_truth_1(target):
    measure = Measure.of(target)
    constant = measure.constant(target)
    own = 2 * constant - 1 if measure.signed else constant
    assert measure.skill(np.broadcast_to(own, target.shape), target, constant) == pytest.approx(0)
    assert measure.skill(target, target, constant) == pytest.approx(1)
    assert measure.skill(np.full(target.shape, np.nan), target, constant) == -1
    stack = np.stack([target, target + np.inf])
    assert measure.skill(stack, target, constant)[0] == pytest.approx(1)


def test_classes_that_count_alike():
    target = np.array([[1.0]] + [[0.0]] * 9)
    measure = Measure.of(target, balanced=True)
    assert measure.constant(target) == pytest.approx(0.5)
    majority = np.zeros_like(target)
    assert measure.accuracy(majority, target) == pytest.approx(0.5)
    assert measure.skill(majority, target, 0.5) == pytest.approx(-1)


def test_the_interval_is_students():
    interval = Interval.of(np.array([0.1, 0.2, 0.3, 0.4, 0.5]))
    assert interval.mean == pytest.approx(0.3)
    assert interval.high - interval.mean == pytest.approx(2.776 * np.sqrt(0.025 / 5), rel=1e-3)
