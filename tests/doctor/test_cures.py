"""Each cure changes one thing, and says so in two languages; what it need not change it leaves."""

from dataclasses import replace

import numpy as np
import pytest

import neurona
from neurona import datasets
from neurona.doctor.case import Case
from neurona.doctor.cures import CHOICES, CURES, apply, in_order
from neurona.doctor.trials import Seeds
from neurona.engine.network import Network

X, Y = datasets.circles(n=200, rng=0)
BY_HAND = {"separate-test", "check-labels", "check-layer", "check-targets"}


def case(**given):
    net = neurona.network(
        [2, 4, 8, 1], "sigmoid", initializer="uniform", bias_initializer="uniform"
    )
    return replace(Case(net, X, Y, "mse", neurona.sgd(5.0), 100), **given)


def sick():
    """Return cases that together have something to change for every cure."""
    several = neurona.network([2, 8, 8, 3], ["linear", "relu", "sigmoid"], dropout=0.5)
    blobs = datasets.blobs(n=200, rng=0)
    values = 100 + 40 * X[:, 0]
    return [
        case(),
        case(net=several, X=50 + 10 * blobs[0], y=blobs[1], shuffle=False, batch_size=50, l1=0.1),
        case(net=neurona.network([2, 4, 1], "tanh", output="linear"), y=values),
        case(y=(np.arange(200) < 20).astype(int), cost="cross_entropy"),
        case(cost=Summed()),
        case(X=np.where(np.arange(200)[:, None] < 9, -999.0, X), batch_size=2),
        case(optimizer=neurona.sgd([1e-9, 0.1, 0.1])),
        case(net=neurona.network([2, 4, 1], "tanh", output="softmax")),
        case(net=neurona.network([(2, 1), neurona.SimpleRNN(3), 1]), X=X[..., None]),
    ]


class Summed:
    link = None

    def __call__(self, output, target, weight=None):
        return ((output - target) ** 2).sum(axis=(-2, -1)), 2 * (output - target)


@pytest.mark.parametrize("name", CURES)
def test_every_cure_changes_some_case_in_few_fields(name):
    changed = [(one, CURES[name].apply(one)) for one in sick()]
    changed = [(one, other) for one, other in changed if other is not None]
    assert bool(changed) == (name not in BY_HAND)
    for one, other in changed:
        fields = {k for k in vars(one) if vars(one)[k] is not vars(other)[k]}
        assert 1 <= len(fields) <= 3, fields
        assert "seed" not in fields
        other.net.init(0)


@pytest.mark.parametrize("name", [*CURES])
def test_words_are_in_both_languages_without_a_full_stop(name):
    words = CURES[name].words
    assert words.en != words.es
    assert not any(one.endswith(".") or one[0] == " " for one in words)
    assert CURES[name].name == name


def test_every_cure_that_can_be_tried_stands_in_one_row_of_choices():
    each = [name for row in CHOICES.values() for name in row]
    assert len(each) == len(set(each))
    assert set(each) == set(CURES) - BY_HAND - {"another-draw"}


def test_a_cure_of_the_activation_keeps_the_random_numbers():
    before, after = case(), CURES["tanh-hidden"].apply(case())
    pairs = zip(before.net.init(3), after.net.init(3), strict=True)
    assert all((a.W == b.W).all() and (a.b == b.b).all() for a, b in pairs)


def test_zero_biases_keep_the_weights():
    before, after = case(), CURES["zero-biases"].apply(case())
    pairs = list(zip(before.net.init(3), after.net.init(3), strict=True))
    assert all((a.W == b.W).all() and (b.b == 0).all() for a, b in pairs)
    assert any((a.b != 0).any() for a, b in pairs)


def test_zero_biases_of_given_parameters():
    params = case().net.init(0)
    after = CURES["zero-biases"].apply(case(params=params))
    assert all(
        (a.W == b.W).all() and not b.b.any() for a, b in zip(params, after.params, strict=True)
    )


def test_initial_weights_replace_given_ones():
    given = case(params=case().net.init(0))
    assert CURES["orthogonal-weights"].apply(given).params is None
    orthogonal = CURES["orthogonal-weights"].apply(case())
    assert CURES["orthogonal-weights"].apply(orthogonal) is None
    W = orthogonal.net.init(0)[1].W
    gram = W @ W.T
    assert np.allclose(gram, gram[0, 0] * np.eye(4), atol=1e-5)


def test_rates_of_layers_schedules_and_the_curvature():
    up = CURES["rate-up"]
    assert up.apply(case()).optimizer == neurona.sgd(50.0)
    several = case(optimizer=neurona.sgd([1.0, 2.0, 3.0]))
    assert up.apply(several).optimizer.learning_rate == [10.0, 20.0, 30.0]
    schedule = neurona.schedules.cosine(0.1, steps=100)
    changed = up.apply(case(optimizer=neurona.adam(schedule))).optimizer
    assert changed.learning_rate(50) == pytest.approx(10 * schedule(50))
    line = np.linspace(-1, 1, 100)
    linear = case(net=neurona.network([1, 1], "linear"), X=line[:, None], y=3 * line)
    rate = CURES["rate-from-curvature"].apply(linear).optimizer.learning_rate
    assert rate == pytest.approx(0.5, rel=0.05)  # the curvature by the bias is 2


def test_standardizing_uses_the_training_part_for_the_validation_part():
    given = case(X=5 + 3 * X, X_val=5 + 3 * X[:10], y_val=Y[:10])
    changed = CURES["standardize-inputs"].apply(given)
    assert np.allclose(changed.X.mean(axis=0), 0, atol=1e-5)
    assert np.allclose(changed.X.std(axis=0), 1, atol=1e-5)
    assert np.allclose(changed.X[:10], changed.X_val)
    assert CURES["standardize-inputs"].apply(changed) is None


def test_targets_of_classes_are_never_standardized():
    assert CURES["standardize-targets"].apply(case()) is None


def test_an_output_brings_the_cost_that_goes_with_it():
    softmax_of_one = case(
        net=neurona.network([2, 4, 1], "tanh", output="softmax"), cost="binary_cross_entropy"
    )
    changed = CURES["output-sigmoid"].apply(softmax_of_one)
    assert changed.net.output.name == "sigmoid"
    assert type(changed.cost).__name__ == "BinaryCrossEntropy"
    values = case(net=softmax_of_one.net, y=10 * X[:, 0])
    assert CURES["output-sigmoid"].apply(values) is None
    assert type(CURES["output-linear"].apply(values).cost).__name__ == "SquaredError"


def test_minus_one_and_one_become_zero_and_one_for_a_sigmoid():
    signed = case(net=neurona.network([2, 4, 1], "tanh"), y=2 * Y - 1)
    changed = CURES["output-sigmoid"].apply(signed)
    assert set(np.unique(changed.y)) == {0, 1}


def test_a_sum_over_the_examples_becomes_their_mean():
    changed = CURES["mean-cost"].apply(case(cost=Summed()))
    output, target = np.full((4, 1), 0.5), np.ones((4, 1))
    value, d = changed.cost(output, target)
    assert (value, d.sum()) == (0.25, -1.0)
    assert CURES["mean-cost"].apply(case()) is None


def test_class_weights_make_the_classes_count_alike():
    y = (np.arange(200) < 20).astype(int)
    weight = CURES["class-weights"].apply(case(y=y)).sample_weight
    assert weight[y == 1].sum() == pytest.approx(weight[y == 0].sum())
    assert CURES["class-weights"].apply(case(y=np.arange(200) % 2)) is None


def test_the_shape_of_the_network():
    def widths(name, given):
        return CURES[name].apply(given).net.topology

    assert widths("more-neurons", case()) == (2, 16, 32, 1)
    assert widths("fewer-neurons", case()) == (2, 2, 2, 1)
    assert widths("more-layers", case()) == (2, 4, 8, 8, 1)
    no_hidden = case(net=neurona.network([2, 1], "sigmoid"))
    assert widths("more-layers", no_hidden) == (2, 16, 1)
    normal = CURES["batch-norm"].apply(case())
    kinds = [type(layer).__name__ for layer in normal.net.layers]
    assert kinds == ["Dense", "BatchNormalization", "Dense", "BatchNormalization", "Dense"]
    assert CURES["batch-norm"].apply(normal) is None


def test_hidden_layers_without_an_activation():
    linear = case(net=neurona.network([2, 4, 4, 1], "linear"))
    changed = CURES["add-hidden-activation"].apply(linear).net
    assert [layer.activation.name for layer in changed.layers] == ["tanh", "tanh", "linear"]
    assert CURES["add-hidden-activation"].apply(case()) is None
    assert CURES["tanh-hidden"].apply(linear) is None


def test_without_dropout_given_parameters_stay():
    net = neurona.network([2, 4, 1], "tanh", dropout=0.5)
    changed = CURES["drop-dropout"].apply(case(net=net, params=net.init(0)))
    assert isinstance(changed.net, Network)
    assert not changed.net.is_random
    assert changed.net.predict(changed.params, X).shape == (len(X), 1)


def test_cures_reach_into_compositions():
    both = neurona.bidirectional(neurona.SimpleRNN(4))
    inner = neurona.Sequential((neurona.Dense(8), neurona.Dropout(0.5), neurona.Dense(4)))
    net = Network([both, inner, neurona.Dense(1, "sigmoid")], (6, 2))
    series = case(net=net, X=np.zeros((20, 6, 2)), y=np.zeros(20))
    gated = CURES["gates"].apply(series).net
    assert [type(one).__name__ for one in gated.layers[0].layers] == ["GRU", "GRU"]
    bent = CURES["add-hidden-activation"].apply(series).net.layers[1].layers
    assert [layer.activation.name for layer in bent] == ["tanh", "linear", "tanh"]
    assert not CURES["drop-dropout"].apply(series).net.is_random
    wider = CURES["more-neurons"].apply(series).net
    assert wider.layers[0].layers[0].n_out == 16
    assert wider.layers[1].out_shape((32,)) == (16,)


def test_a_layer_that_a_sum_asks_for_keeps_its_width():
    block = neurona.transformer_block(4, heads=2, hidden=8)
    net = Network([block, neurona.GlobalAveragePool1D(), neurona.Dense(1, "sigmoid")], (6, 4))
    wider = CURES["more-neurons"].apply(case(net=net, X=np.zeros((20, 6, 4)), y=np.zeros(20))).net
    _, wide, narrow = wider.layers[0].layers[1].layers[1].layers
    assert (wide.n_out, narrow.n_out) == (32, 4)


def test_cures_are_applied_in_an_order_and_one_of_a_row():
    names = in_order(["rate-up", "standardize-targets", "adam", "output-linear", "adam-fast"])
    assert names == ("output-linear", "standardize-targets", "adam", "rate-up")
    regression = case(y=100 + 40 * X[:, 0])
    assert apply(["standardize-targets"], regression)[0] == ()
    done, changed = apply(["standardize-targets", "output-linear", "shuffle"], regression)
    assert done == ("output-linear", "standardize-targets")
    assert abs(changed.y.mean()) < 1e-5


def test_another_draw_is_another():
    again = CURES["another-draw"].apply(case())
    assert (again.net.init(0)[0].W != case().net.init(0)[0].W).all()


def test_given_parameters_of_another_seed_are_the_same_numbers():
    params = case().net.init(0)
    own, other = Seeds(case(params=params), (0, 1)).params(case(params=params))
    assert own is params
    assert (np.sort(own[1].W, axis=None) == np.sort(other[1].W, axis=None)).all()
    assert (own[1].W != other[1].W).any()


def test_rates_of_each_layer_stay_as_many_as_the_layers():
    own = case(optimizer=neurona.sgd([0.1, 0.2, 0.3]))
    assert apply(["more-layers"], own) == ((), own)
    done, changed = apply(["more-layers", "one-rate", "more-neurons"], own)
    assert done == ("more-neurons", "one-rate")
    assert changed.optimizer == neurona.sgd(0.3)


def test_clipped_inputs_keep_what_is_near_and_the_scale_of_the_training_rows():
    missing = np.where(np.arange(200)[:, None] % 50 == 0, -999.0, X)
    _, changed = apply(["clip-inputs"], case(X=missing, X_val=missing[:20] + 1.0, y_val=Y[:20]))
    kept = np.arange(200) % 50 != 0
    assert abs(changed.X).max() < 12
    assert np.ptp(changed.X[kept], axis=0).min() > 2
    shift = changed.X_val[1:20] - changed.X[1:20]
    np.testing.assert_allclose(shift, np.broadcast_to(shift[:1], shift.shape), atol=1e-5)
    assert shift.min() > 0.5


def test_no_penalty_takes_the_optimizers_decay_away_too():
    _, changed = apply(["no-penalty"], case(optimizer=neurona.adamw(0.01, weight_decay=5.0)))
    assert changed.optimizer == neurona.adamw(0.01, weight_decay=0.0)
