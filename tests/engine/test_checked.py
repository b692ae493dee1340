"""Numbers and strangers: what is refused where it is made or given, and in which words."""

from __future__ import annotations

import math
import warnings
from contextlib import suppress

import jax
import numpy as np
import pytest

import neurona
from neurona import adam, adamw, momentum, nadam, network, rmsprop, schedules, sgd, train
from neurona.engine.costs import Huber, Pinball
from neurona.engine.optimizers import OPTIMIZERS

X = np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32)
Y = np.arange(20) % 2
NET = network([2, 3, 1], "tanh", output="sigmoid")
NUMBERS = [math.nan, math.inf, -math.inf, -1, True, np.True_, "0.5", b"1", None, (0.5,), 1j, {}]


@pytest.mark.parametrize("wrong", NUMBERS, ids=str)
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (momentum, "momentum"), (rmsprop, "decay"), (rmsprop, "eps"), (adam, "beta1"),
        (adam, "beta2"), (adam, "eps"), (nadam, "beta1"), (nadam, "beta2"), (nadam, "eps"),
        (adamw, "beta1"), (adamw, "beta2"), (adamw, "eps"), (adamw, "weight_decay"),
        (Huber, "delta"), (Pinball, "quantile"),
    ],
)  # fmt: skip
def test_numbers_are_checked_where_they_are_made(make, name, wrong):
    with pytest.raises(ValueError, match=f"^{name} is .*: it must be a "):
        make(**{name: wrong})


@pytest.mark.parametrize("wrong", NUMBERS, ids=str)
@pytest.mark.parametrize(
    ("make", "name", "rest"),
    [
        (schedules.step_decay, "factor", {"rate": 0.1}),
        (schedules.step_decay, "every", {"rate": 0.1}),
        (schedules.exponential, "factor", {"rate": 0.1}),
        (schedules.exponential, "every", {"rate": 0.1}),
        (schedules.cosine, "steps", {"rate": 0.1}),
        (schedules.cosine, "final", {"rate": 0.1, "steps": 10}),
        (schedules.warm_up, "steps", {"then": schedules.constant(0.1)}),
    ],
)
def test_numbers_of_schedules_are_checked_where_they_are_made(make, name, rest, wrong):
    with pytest.raises(ValueError, match=f"^{name} is .*: it must be a "):
        make(**rest, **{name: wrong})


@pytest.mark.parametrize("wrong", [2, 1.0, 1.5])
@pytest.mark.parametrize(
    ("make", "name"), [(momentum, "momentum"), (rmsprop, "decay"), (adam, "beta1"), (adam, "beta2")]
)
def test_a_share_is_below_1(make, name, wrong):
    with pytest.raises(ValueError, match=f"{name} is .* below 1"):
        make(**{name: wrong})


def test_other_fields_are_checked_too():
    with pytest.raises(ValueError, match=r"beta1 is \(0.9, 0.999\)"):
        adam(0.1, (0.9, 0.999))
    with pytest.raises(ValueError, match="nesterov is 'no': it must be True or False"):
        momentum(0.1, nesterov="no")
    with pytest.raises(ValueError, match=r"warm_up leads to 0.1: give a schedule"):
        schedules.warm_up(0.1, 5)
    for wrong in (math.nan, "0.1", True):
        with pytest.raises(ValueError, match=r"rate is .*: it must be a finite number"):
            schedules.cosine(wrong, 10)
    with pytest.raises(ValueError, match="steps is 0"):
        schedules.cosine(0.1, 0)


def test_allowed_numbers_stay_what_they_are():
    assert (momentum(0.1, 0).momentum, adam(eps=0).eps, adamw(weight_decay=0).weight_decay) == (
        0,
    ) * 3
    assert schedules.cosine(0.1, 10).steps == 10
    assert type(schedules.cosine(0.1, 10).steps) is int
    made = adam(beta1=np.float64(0.8), eps=np.float32(0.5))
    assert [type(made.beta1), type(made.eps)] == [float, float]  # NumPy's would make float64
    assert momentum(0.1, nesterov=np.True_).nesterov is True


@pytest.mark.parametrize("rate", [-0.1, math.nan, math.inf, "x", None, 1j], ids=str)
def test_a_rate_that_turns_wrong_is_refused_at_its_step(engine, rate):
    optimizer = sgd(lambda step: 0.1 if step < 7 else rate)
    states = train(NET, X, Y, optimizer=optimizer, steps=20, every=2, engine=engine, rng=0)
    steps = []
    with pytest.raises(
        ValueError, match=r"the learning rate of step 7 is .*: a schedule must give"
    ):
        steps.extend(state.step for state in states)
    assert steps == [0, 2, 4, 6]


def test_a_rate_may_come_to_0():
    (*_, last) = train(NET, X, Y, optimizer=sgd(schedules.cosine(0.1, 3)), steps=6, rng=0)
    assert last.step == 6


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"optimizer": adam}, r"no optimizer <class .*Adam'>, which is a class: call it, Adam\("),
        ({"cost": Huber}, r"no cost <class .*Huber'>, which is a class: call it, Huber\("),
        ({"optimizer": sgd(schedules.cosine)}, "which is a class: call it, Cosine"),
    ],
)
def test_a_class_in_place_of_an_object(settings, said):
    with pytest.raises(ValueError, match=said):
        train(NET, X, Y, **settings)


def test_an_optimizer_from_elsewhere():
    optax, torch = pytest.importorskip("optax"), pytest.importorskip("torch")
    for optimizer, whose in (
        (optax.adam(0.1), "optax"),
        (torch.optim.SGD([torch.ones(1, requires_grad=True)]), "torch"),
    ):
        with pytest.raises(
            ValueError, match=rf"optimizer is a .* of {whose}.*: give one of neurona"
        ):
            train(NET, X, Y, optimizer=optimizer)


MASKED = np.ma.masked_array(X, np.arange(40).reshape(20, 2) == 5)


def test_masked_arrays_are_not_silently_unmasked():
    for name, given in {"X": (MASKED, Y), "y": (X, np.ma.masked_equal(Y, 1))}.items():
        with pytest.raises(ValueError, match=rf"{name} is a masked array, and \d+ of its cells"):
            train(NET, *given)
    with pytest.raises(ValueError, match="sample_weight is a masked array"):
        train(NET, X, Y, sample_weight=np.ma.masked_equal(Y + 1, 1))
    with pytest.raises(ValueError, match="X is a masked array, and 1 of its"):
        NET.predict(NET.init(0), MASKED)
    given = np.ma.masked_array(X, False)
    assert next(train(NET, given, Y, rng=0)).cost == next(train(NET, X, Y, rng=0)).cost


def test_tensors_frames_and_mappings():
    torch, pandas = pytest.importorskip("torch"), pytest.importorskip("pandas")
    sparse = pytest.importorskip("scipy.sparse")
    cost = next(train(NET, X, Y, rng=0)).cost
    for X_, Y_ in (
        (torch.tensor(X), torch.tensor(Y)),
        (jax.numpy.asarray(X), jax.numpy.asarray(Y)),
        (pandas.DataFrame(X), pandas.Series(Y, index=np.arange(20) + 5)),
        (pandas.DataFrame(X).astype(object), pandas.DataFrame(Y)),
    ):
        assert next(train(NET, X_, Y_, rng=0)).cost == cost
    half = jax.numpy.asarray(X).astype("bfloat16")
    assert next(train(NET, half, Y, rng=0)).cost == pytest.approx(cost, rel=1e-2)
    for tensor in (torch.tensor(X).bfloat16(), torch.tensor(X).requires_grad_()):
        with pytest.raises(ValueError, match=r"X is a tensor .*: give X.detach\(\).cpu\(\).float"):
            train(NET, tensor, Y)
    with pytest.raises(ValueError, match=r"X is a sparse csr_array: give X.toarray\(\)"):
        train(NET, sparse.csr_array(X), Y)
    with pytest.raises(ValueError, match="X is a dict: give an array, such as"):
        train(NET, {"a": X[:, 0], "b": X[:, 1]}, Y)


# An optimizer's memory may be any tree


class Own:
    learning_rate = 0.1

    def init(self, theta):
        return self.made(0 * theta, 0)

    def update(self, gradient, state, theta, rate):
        v, n = self.parts(state)
        v = 0.9 * v + gradient
        return -rate * v, self.made(v, n + 1)


def own(made, parts):
    return type("Mine", (Own,), {"made": staticmethod(made), "parts": staticmethod(parts)})()


TREES = {
    "tuple": own(lambda v, n: (n, v), lambda s: s[::-1]),
    "list": own(lambda v, n: [v, [n]], lambda s: (s[0], s[1][0])),
    "dict": own(lambda v, n: {"v": v, "n": n}, lambda s: (s["v"], s["n"])),
    "nested": own(
        lambda v, n: {"a": (v, {"n": [n, ()]})}, lambda s: (s["a"][0], s["a"][1]["n"][0])
    ),
    "array": own(lambda v, n: v, lambda s: (s, 0)),
    "nothing else": own(lambda v, n: (v, None), lambda s: (s[0], 0)),
}


@pytest.mark.parametrize("seeds", [None, pytest.param([1, 2], marks=pytest.mark.long)])
@pytest.mark.parametrize("name", TREES)
def test_a_custom_optimizer_may_remember_any_tree(engine, name, seeds):
    given = {"engine": engine, "batch_size": 6}
    drawn = {"rng": 0} if seeds is None else {"seeds": seeds}

    def end(optimizer, steps, **more):
        *_, state = train(NET, X, Y, steps=steps, optimizer=optimizer, **given, **more)
        return state

    whole = end(TREES[name], 6, **drawn)
    halves = end(TREES[name], 3, start=end(TREES[name], 3, **drawn))
    usual = end(momentum(0.1, 0.9), 6, **drawn)
    for layer, other, its in zip(whole.params, halves.params, usual.params, strict=True):
        np.testing.assert_array_equal(layer.W, other.W)
        np.testing.assert_allclose(layer.W, its.W, rtol=1e-5)
    if seeds:
        one = end(TREES[name], 3, start=whole[1])
        assert one.step == 9


def test_a_memory_that_the_compiled_engine_cannot_take():
    odd = own(lambda v, n: (v, np.zeros(3)), lambda s: (s[0], 0))
    with pytest.raises(ValueError, match=r"remembers a ndarray of shape \(3,\).*engine='numpy'"):
        train(NET, X, Y, optimizer=odd, engine="jax")
    *_, state = train(NET, X, Y, optimizer=TREES["dict"], steps=1, rng=0)
    with pytest.raises(ValueError, match="what another optimizer remembers"):
        train(NET, X, Y, optimizer=TREES["tuple"], start=state)


# Debugging and warnings


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_disable_jit_with_every_optimizer(name):
    given = {"optimizer": name, "steps": 3, "every": 3, "rng": 0}
    with jax.disable_jit():
        *_, state = train(NET, X, Y, engine="jax", **given)
    *_, other = train(NET, X, Y, **given)
    np.testing.assert_allclose(state.params[0].W, other.params[0].W, rtol=1e-4)


@pytest.mark.parametrize(
    "settings",
    [
        {"rng": 0},
        {"rng": 0, "batch_size": 7},
        pytest.param({"seeds": [1, 2], "batch_size": 7}, marks=pytest.mark.long),
    ],
    ids=str,
)
def test_disable_jit_with_dropout_normalization_and_stacks(settings):
    net = network([2, 4, 1], "tanh", output="sigmoid", dropout=0.3, normalization="batch")
    with jax.disable_jit():
        *_, state = train(net, X, Y, engine="jax", steps=2, every=2, **settings)
    *_, other = train(net, X, Y, steps=2, every=2, **settings)
    np.testing.assert_allclose(state.params[0].W, other.params[0].W, rtol=1e-4)


@pytest.mark.parametrize("name", ["sigmoid", "gelu", "elu", "silu", "mish", "softplus"])
@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
def test_no_warning_leaks(name, normalization, engine):
    if engine == "jax" and (name != "sigmoid" or normalization == "layer"):
        pytest.skip("each network is compiled: one is enough")
    net = network([2, 4, 1], name, output="sigmoid", normalization=normalization)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for scale in (1, 1e30, 3e38):
            x = X / abs(X).max() * np.float32(scale)
            for rate in (0.1, 1e30):
                states = train(net, x, Y, steps=4, optimizer=sgd(rate), rng=0, engine=engine)
                with suppress(neurona.TrainingDiverged):
                    (*_,) = states
            net.predict(net.init(0), x)
            net.layers[0].activation(x[0])
        if engine == "numpy":
            neurona.check_gradient(net, X * 1e4, Y)


def test_numbers_that_are_too_large_for_float32_are_named():
    with pytest.raises(ValueError, match=r"X\[0, 1\] is 1e\+300, too large for float32: scale X"):
        NET.predict(NET.init(0), [[1.0, 1e300]])
    with pytest.raises(ValueError, match=r"X\[19, 0\] is 1e\+39, too large for float32"):
        train(NET, np.vstack([X[:19], [[1e39, 0]]]), Y)
    with pytest.raises(ValueError, match=r"X\[0, 0\] is inf: X must be finite"):
        train(NET, np.full((20, 2), np.inf), Y)
    assert np.isfinite(NET.predict(NET.init(0, dtype=np.float64), [[1.0, 1e300]])).all()


def test_a_cost_that_is_not_finite_before_any_step_is_not_the_rate_s_fault():
    net = network([2, 3, 1], "relu", output="linear")
    with pytest.raises(neurona.TrainingDiverged, match="not finite before any step is taken; inp"):
        list(train(net, X * 1e3, X[:, 0] * 1e30, optimizer=sgd(1e-12), steps=3, rng=0))


def test_a_class_of_another_library_is_not_to_be_called():
    for strange in (type("SGD", (), {}), dict):
        with pytest.raises(ValueError, match=r"there is no optimizer <class '.*'>\. There are:"):
            train(NET, X, Y, optimizer=strange)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: train(NET, X, Y, learning_rate=0.1),
            "train() has no 'learning_rate': give opt",
        ),
        (
            lambda: train(NET, X, Y, optimiser="adam"),
            "has no 'optimiser': did you mean 'opt",
        ),
        (lambda: train(NET, X, Y, zebra=1), "train() has no 'zebra'; it has net, X, y, batches,"),
        (lambda: network([2, 1], in_shape=2), "network() has no 'in_shape': give Network(layers, "),
        (lambda: neurona.NeuralNetClassifier(lr=1), "NeuralNetClassifier() has no 'lr': give lea"),
        (lambda: neurona.NeuralNetClassifier(zebra=1), "no 'zebra'; it has hidden_layer_sizes, "),
        (
            lambda: neurona.NeuralNetRegressor(max_iter=9),
            "NeuralNetRegressor() has no 'max_iter'",
        ),
    ],
)
def test_a_keyword_of_another_library_is_answered(call, said):
    with pytest.raises(TypeError) as error:
        call()
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("theirs", "own"),
    [
        ("bce", "binary_cross_entropy"), ("binary_crossentropy", "cross_entropy"),
        ("log_loss", None), ("mean_squared_error", "mse"), ("mean_absolute_error", "mae"),
    ],
)  # fmt: skip
def test_costs_have_the_names_of_other_libraries(theirs, own):
    first, second = ([*train(NET, X, Y, steps=2, cost=cost, rng=0)] for cost in (theirs, own))
    assert first[-1].cost == second[-1].cost
