"""Settings are tried one after the other: what is tried, what is kept, and where it ends."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone

import neurona
from neurona import NeuralNetClassifier, NeuralNetRegressor, TrainingDiverged
from neurona.engine.parameters import arrays
from neurona.estimators.ensemble import members
from neurona.estimators.settings import LADDER, Setting, settings_of

FAST = {"hidden_layer_sizes": 8, "l1": 0.0, "epochs": 20, "networks": 2, "random_state": 0}


def table(n=120, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.uniform(-3, 3, (n, 1))
    return X, np.sin(2 * X[:, 0]) + 0.1 * rng.normal(size=n)


X, Y = table()


def judged_as(costs, monkeypatch):
    """Let trials cost what a test wants, whatever they are judged to."""
    from neurona.estimators.fit import Fit

    costs, judge = iter(costs), Fit.judge

    def judged(self, over=True):
        judge(self, over)
        return next(costs) if over else 1.0

    monkeypatch.setattr(Fit, "judge", judged)
    monkeypatch.setattr(Fit, "has_learned", lambda *_: True, raising=False)


def test_the_best_of_the_trials_is_kept_and_it_ends_where_a_setting_does_not_help(monkeypatch):
    judged_as([3.0, 2.0, 2.0, 1.0], monkeypatch)
    net = NeuralNetRegressor(**FAST, ramps=0)
    seen = [(len(net.trials_), net.predict(X)) for _ in net.iter_fit(X, Y)]
    assert [(trial.cost, trial.kept) for trial in net.trials_] == [
        (3.0, False), (2.0, True), (2.0, False),
    ]  # fmt: skip
    assert net.setting_ == net.trials_[1].setting
    second = [predicted for trials, predicted in seen if trials == 1]
    np.testing.assert_array_equal(net.predict(X), second[-1])
    assert len(net.loss_curve_) == len(second) - 1  # and the state before any step


@pytest.mark.parametrize(("costs", "kept"), [([3.0, 2.0, 2.0, 1.0], 3), ([3.0, 2.0, 2.0, 2.0], 1)])
def test_the_lowest_setting_is_tried_without_ramps_where_a_lower_one_is_best(
    costs, kept, monkeypatch
):
    judged_as(costs, monkeypatch)
    net = NeuralNetRegressor(**FAST).fit(X, Y)
    assert [trial.kept for trial in net.trials_] == [k == kept for k in range(4)]
    assert net.trials_[3].setting == replace(net.trials_[0].setting, ramps=0)
    has_ramps = any(step.ramps is not None for _, step in net.preparation_.steps)
    assert has_ramps == (kept != 3)
    assert net.network_.n_in == len(net.preparation_.outputs)
    np.testing.assert_allclose(net.predict(X[:3]), net.predict(X)[:3])


def test_a_trial_that_is_far_behind_after_a_third_ends_there(monkeypatch):
    from neurona.estimators.fit import Fit

    # Of those that begin anew the early one first; the fourth is between the second and the third.
    costs = iter([0.9, 1.0, 0.94, 0.98, 0.95, 0.95])
    monkeypatch.setattr(Fit, "judge", lambda self, over=True: next(costs))
    monkeypatch.setattr(Fit, "has_learned", lambda *_: True)
    own = {**FAST, "hidden_layer_sizes": "auto", "ramps": 0}  # the third setting has other layers
    net = NeuralNetRegressor(**own)
    last = {}
    for state in net.iter_fit(X, Y):
        last[repr(net.setting_)] = state.epoch
    assert list(last.values()) == [20, 20, 20, 20]  # behind, but not far
    costs = iter([0.9, 1.0, 1.06, 1.06])
    watched = NeuralNetRegressor(**own, weight_decay=0.1)  # and so has the second here
    assert [state.epoch for state in watched.iter_fit(X, Y)] == [*range(21), *range(8)]
    assert [(trial.cost, trial.kept) for trial in watched.trials_] == [(1.0, True), (1.06, False)]
    assert not watched.should_stop_
    assert watched.n_iter_ == 20


def test_where_only_the_decay_differs_the_networks_learn_on(monkeypatch):
    judged_as([3.0, 2.0, 2.2], monkeypatch)
    net = NeuralNetRegressor(networks=2, ramps=0, random_state=0)
    trials = [[]]
    for state in net.iter_fit(X, Y):
        if state.epoch == 0 and trials[-1]:
            trials.append([])
        trials[-1].append((state, net.setting_))
    (first, once), (second, again), (third, _) = ([each[0], each[-1]] for each in trials)
    assert again[1] == replace(once[1], weight_decay=0.4)
    for before, after in zip(arrays(once[0].params), arrays(second[0].params), strict=True):
        np.testing.assert_array_equal(before, after)
    assert again[0].epoch == 0.6 * once[0].epoch
    assert len(first[0].params) == 2
    assert len(third[0].params) == 3  # other layers begin anew


@pytest.mark.parametrize(
    ("costs", "kept"), [([3.0, 2.0, 2.05, 1.9], 3), ([3.0, 2.0, 2.05, 2.0], 1)]
)
def test_between_a_setting_and_one_that_is_nearly_as_good_another_is_tried(
    costs, kept, monkeypatch
):
    judged_as(costs, monkeypatch)
    net = NeuralNetRegressor(**{**FAST, "hidden_layer_sizes": "auto"}, ramps=0).fit(X, Y)
    tried = [trial.setting for trial in net.trials_]
    assert [setting.weight_decay for setting in tried] == [1.0, 0.4, 0.1, 0.2]
    assert tried[3] == replace(tried[2], weight_decay=0.2)
    assert [trial.kept for trial in net.trials_] == [k == kept for k in range(4)]


@pytest.mark.parametrize(("cost", "kept"), [(1.995, 1.0), (1.985, 0.4), (-2.1, 0.4)])
def test_a_freer_setting_is_kept_where_it_is_half_a_percent_better(cost, kept, monkeypatch):
    judged_as([2.0, cost, 3.0], monkeypatch)
    net = NeuralNetRegressor(**FAST, ramps=0).fit(X, Y)
    assert net.setting_.weight_decay == kept


def test_none_is_tried_between_two_that_differ_in_their_decay_alone(monkeypatch):
    """Their networks have learned with both."""
    judged_as([3.0, 3.1], monkeypatch)
    net = NeuralNetRegressor(**FAST, ramps=0).fit(X, Y)
    assert [trial.setting.weight_decay for trial in net.trials_] == [1.0, 0.4]


def last_epochs(net):
    """Fit, and return the last epoch of each weight decay."""
    last = {}
    for state in net.iter_fit(X, Y):
        last[net.setting_.weight_decay] = state.epoch
    return last


def test_networks_that_learn_on_are_judged_at_their_end(monkeypatch):
    from neurona.estimators.fit import Fit

    early = iter([3.0, 2.6, 3.0])  # of the first and the third setting, not of the second
    costs = iter([2.0, 1.5, 1.6])
    judged = []

    def judge(self, over=True):
        judged.append(self.estimator.setting_.weight_decay)
        return next(costs if over else early)

    monkeypatch.setattr(Fit, "judge", judge)
    monkeypatch.setattr(Fit, "has_learned", lambda *_: True)
    net = NeuralNetRegressor(**{**FAST, "hidden_layer_sizes": "auto"}, ramps=0)
    assert last_epochs(net) == {1.0: 20, 0.4: 20, 0.1: 20}
    assert judged == [1.0, 1.0, 0.4, 0.1, 0.1]
    # The second would have been at 2.5 after a third, as much before the first as in the end.
    early, costs = iter([3.0, 2.65]), iter([2.0, 1.5, 1.6])
    assert last_epochs(net) == {1.0: 20, 0.4: 20, 0.1: 7}


def test_all_settings_are_tried_while_they_help(monkeypatch):
    judged_as(-np.arange(20.0), monkeypatch)
    net = NeuralNetRegressor(**FAST, early_stopping=False).fit(X, Y)
    assert len(net.trials_) == len({repr(one.setting) for one in net.trials_}) > 1
    assert [trial.kept for trial in net.trials_] == [False] * (len(net.trials_) - 1) + [True]


def test_of_few_rows_two_networks_try_the_settings_and_two_learn_with_the_best():
    fast = {**FAST, "networks": "auto", "ramps": 0}
    net = NeuralNetRegressor(**fast)
    states = list(net.iter_fit(X, Y))
    assert {len(state) for state in states} == {2}
    assert len(net.state_) == 4
    assert len(net.trials_) < sum(state.epoch == 0 for state in states)
    assert len(net.residuals_) == len(X)
    logits = [net._member.predict(own, net.prepare(X)) for own in members(net.state_.params)]
    mean = net.targets_.decide(np.mean(logits, axis=0))
    np.testing.assert_allclose(net.predict(X), mean, rtol=1e-5, atol=1e-6)
    assert net.loss_curve_[-1] == pytest.approx(net.loss_)  # the mean of all four


def test_of_some_rows_as_many_more_networks_learn_with_the_best(monkeypatch):
    monkeypatch.setattr("neurona.estimators.fit.FEW_ROWS", 100)
    fast = {**FAST, "networks": "auto", "ramps": 0}
    net = NeuralNetRegressor(**fast).fit(X, Y)
    assert len(net.state_) == 8
    assert len(net.residuals_) == 2 * len(X)
    assert len(NeuralNetRegressor(**{**fast, "networks": 4}).fit(X, Y).state_) == 4
    assert len(NeuralNetRegressor(**fast, quick=True).fit(X, Y).state_) == 4
    monkeypatch.setattr("neurona.estimators.fit.MOST_OF_MORE", 100)
    assert len(NeuralNetRegressor(**fast).fit(X, Y).state_) == 4


def test_quick_and_one_network_try_one_setting():
    for only in ({"quick": True}, {"networks": 1}):
        net = NeuralNetRegressor(**{**FAST, **only}).fit(X, Y)
        (trial,) = net.trials_
        assert trial.kept
        assert trial.setting == net.setting_
    assert trial.cost is None  # one network leaves no rows out
    (trial,) = NeuralNetRegressor(**FAST).fit(X[:49], Y[:49]).trials_
    assert trial.cost is None


def test_given_parameters_are_not_chosen():
    given = {
        "hidden_layer_sizes": (6, 5), "dropout": 0.25, "weight_decay": 0.07, "l1": 0.002,
        "initializer": "he_normal",
    }  # fmt: skip
    net = NeuralNetRegressor(epochs=3, random_state=0, **given).fit(X, Y)
    assert net.setting_ == Setting(**given)
    assert len(net.trials_) == 1  # all would be the same
    for name, value in given.items():
        net = NeuralNetRegressor(epochs=3, random_state=0, **{name: value}).fit(X, Y)
        assert {getattr(trial.setting, name) for trial in net.trials_} == {value}
        settings = list(settings_of(net, 1000, True))
        assert len({repr(one) for one in settings}) == len(settings) > 1
        assert {getattr(one, name) for one in settings} == {value}


@pytest.mark.parametrize(
    ("given", "layers"),
    [
        ({"activation": ["relu", "tanh"]}, {2}),
        ({"activation": ["relu"]}, {1}),
        ({"dropout": [0.1, 0.2]}, {2}),
        ({"learning_rate": [0.01, 0.02, 0.01]}, {2}),
        ({"learning_rate": [0.01, 0.02]}, {1}),
        ({"learning_rate": 0.01}, {1, 2}),
    ],
    ids=str,
)
def test_settings_have_as_many_layers_as_were_given_lists_for(given, layers):
    net = NeuralNetRegressor(epochs=2, random_state=0, **given)
    tried = {len(one.hidden_layer_sizes) for one in settings_of(net, 1000, True)}
    assert tried == layers & {len(one.hidden_layer_sizes) for one in LADDER}
    assert len(net.fit(X, Y).setting_.hidden_layer_sizes) in layers


def test_lists_that_fit_no_setting_are_said():
    net = NeuralNetRegressor(epochs=2, activation=["relu"] * 7)
    with pytest.raises(ValueError, match="7 activations for"):
        net.fit(X, Y)


def test_an_optimizer_brings_its_own_weight_decay():
    for given in ("sgd", "adam", neurona.adamw(0.01, weight_decay=0.3)):
        net = NeuralNetRegressor(**FAST, optimizer=given).fit(X, Y)
        assert {trial.setting.weight_decay for trial in net.trials_} == {None}
    with pytest.raises(ValueError, match="'adam' has no weight decay: leave weight_decay out"):
        NeuralNetRegressor(**FAST, optimizer="adam", weight_decay=0.1).fit(X, Y)
    whole = {"networks": 1, "dropout": 0.0}
    named = NeuralNetRegressor(**{**FAST, **whole}, optimizer="adamw", weight_decay=0.3)
    made = NeuralNetRegressor(**{**FAST, **whole}, optimizer=neurona.adamw(0.001, weight_decay=0.3))
    rate = {"learning_rate": 0.001}
    np.testing.assert_array_equal(
        named.set_params(**rate).fit(X, Y).predict(X), made.set_params(**rate).fit(X, Y).predict(X)
    )


def test_random_state_makes_it_exact():
    y = (Y > 0).astype(int)
    net = NeuralNetClassifier(epochs=10, random_state=3)
    first, again = clone(net).fit(X, y), net.fit(X, y)
    np.testing.assert_array_equal(first.predict_proba(X), again.predict_proba(X))
    assert first.trials_ == again.trials_
    assert first.temperature_ == again.temperature_
    np.testing.assert_array_equal(again.fit(X, y).predict_proba(X), first.predict_proba(X))
    other = clone(net).set_params(random_state=4).fit(X, y)
    assert (other.predict_proba(X) != first.predict_proba(X)).any()
    copied = pickle.loads(pickle.dumps(first))
    np.testing.assert_array_equal(copied.predict_proba(X), first.predict_proba(X))
    assert copied.trials_ == first.trials_
    assert not hasattr(clone(first), "trials_")


def test_fit_is_a_loop_over_iter_fit():
    by_hand = NeuralNetRegressor(**FAST)
    steps = [state.step for state in by_hand.iter_fit(X, Y)]
    fitted = NeuralNetRegressor(**FAST).fit(X, Y)
    np.testing.assert_array_equal(by_hand.predict(X), fitted.predict(X))
    assert by_hand.trials_ == fitted.trials_
    assert steps.count(0) == len(fitted.trials_)  # each trial's first


def until(net, trials):
    """Begin a fit, and return its states at the second one of a trial."""
    states = net.iter_fit(X, Y)
    next(states)
    while len(net.trials_) < trials:
        next(states)
    next(states)
    return states


def test_a_loop_that_is_left_keeps_the_best_so_far(monkeypatch):
    judged_as(-np.arange(20.0), monkeypatch)
    net = NeuralNetRegressor(**FAST)
    until(net, 1).close()
    assert net.setting_ == net.trials_[0].setting
    assert [trial.kept for trial in net.trials_] == [True]
    alone = NeuralNetRegressor(**FAST | vars(net.setting_)).fit(X, Y)
    np.testing.assert_array_equal(net.predict(X), alone.predict(X))
    np.testing.assert_array_equal(net.residuals_, alone.residuals_)
    assert net.loss_curve_ == alone.loss_curve_
    first = NeuralNetRegressor(**FAST)
    states = first.iter_fit(X, Y)
    next(states), next(states)
    predicted = first.predict(X)
    states.close()
    np.testing.assert_array_equal(first.predict(X), predicted)
    assert first.trials_ == ()


def test_an_earlier_loop_leaves_a_newer_fit_alone(monkeypatch):
    judged_as(-np.arange(60.0), monkeypatch)
    net = NeuralNetRegressor(**FAST)
    old = until(net, 1)
    net.fit(X, -Y)
    predicted, trials = net.predict(X), net.trials_
    with pytest.raises(RuntimeError, match="another fit has begun since"):
        next(old)
    np.testing.assert_array_equal(net.predict(X), predicted)
    old = until(net, 1)
    net.fit(X, -Y)
    trials, predicted = net.trials_, net.predict(X)
    old.close()
    np.testing.assert_array_equal(net.predict(X), predicted)
    assert net.trials_ == trials
    old = until(net, 1)
    net.fit(X, -Y).should_stop_ = True  # as a newer fit leaves it that was ended
    with pytest.raises(RuntimeError, match="another fit has begun since"):
        next(old)


class Explosive:
    """An optimizer that blows a training up, the nth that begins."""

    learning_rate = 0.01

    def __init__(self, nth):
        self.nth, self.begun = nth, 0

    def init(self, theta):
        self.begun += 1
        return

    def update(self, gradient, state, theta, rate):
        return -(np.inf if self.begun >= self.nth else 0.01) * gradient, state


def test_a_later_trial_that_diverges_is_infinite_and_not_kept(monkeypatch):
    judged_as([3.0, 2.0], monkeypatch)
    with np.errstate(all="ignore"):
        net = NeuralNetRegressor(**FAST, ramps=0, optimizer=Explosive(2)).fit(X, Y)
    assert [trial.cost for trial in net.trials_] == [3.0, np.inf]
    assert net.trials_[0].kept
    assert np.isfinite(net.predict(X)).all()


def test_the_first_trial_that_diverges_is_an_error():
    with np.errstate(all="ignore"), pytest.raises(TrainingDiverged):
        NeuralNetRegressor(**FAST, optimizer=Explosive(1)).fit(X, Y)


class Listener:
    """Ends the fit after some epochs."""

    def __init__(self, stop_after=np.inf):
        self.stop_after, self.epochs, self.of = stop_after, 0, set()

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context):
        if context.task_name != "epoch":
            return None
        self.epochs += 1
        self.of.add(repr(estimator.setting_))
        return self.epochs >= self.stop_after


needs_callbacks = pytest.mark.skipif(
    not hasattr(NeuralNetRegressor, "set_callbacks"), reason="scikit-learn before 1.9"
)


@needs_callbacks
@pytest.mark.parametrize("more", [{}, {"early_stopping": True, "patience": 2}], ids=str)
def test_callbacks_hear_of_every_epoch_of_every_trial(more, monkeypatch):
    monkeypatch.setattr("neurona.estimators.search.FAR", np.inf)  # no trial ends early
    listener = Listener()
    heard = NeuralNetRegressor(**FAST, **more).set_callbacks(listener).fit(X, Y)
    alone = NeuralNetRegressor(**FAST, **more).fit(X, Y)
    assert heard.trials_ == alone.trials_
    np.testing.assert_array_equal(heard.predict(X), alone.predict(X))
    assert listener.of == {repr(trial.setting) for trial in heard.trials_}
    if not more:
        assert listener.epochs == 20 * len(heard.trials_)


@needs_callbacks
def test_a_callback_ends_the_fit_and_the_best_so_far_is_kept(monkeypatch):
    judged_as(-np.arange(20.0), monkeypatch)
    net = NeuralNetRegressor(**FAST).set_callbacks(Listener(stop_after=25)).fit(X, Y)
    assert [trial.kept for trial in net.trials_] == [True]
    assert net.n_iter_ == 20
    alone = NeuralNetRegressor(**FAST | vars(net.setting_)).set_callbacks(Listener()).fit(X, Y)
    np.testing.assert_array_equal(net.predict(X), alone.predict(X))
    within = NeuralNetRegressor(**FAST).set_callbacks(Listener(stop_after=5)).fit(X, Y)
    assert within.n_iter_ == 5
    assert within.trials_ == ()


def test_one_network_has_dropout_unless_rows_are_many():
    given = NeuralNetRegressor(networks=1)
    for rows, dropout in ((49, 0.0), (50, 0.1), (20_000, 0.1), (20_001, 0.0)):
        (setting,) = settings_of(given, rows, several=False)
        assert setting.dropout == dropout
