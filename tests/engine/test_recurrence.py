"""Recurrent layers: PyTorch's on the same weights, masks, directions, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pytest

import neurona
from neurona import GRU, LSTM, Dense, Embedding, Network, SimpleRNN, bidirectional
from neurona.engine.layers.base import Activate
from neurona.engine.layers.embedding import EmbeddingParams
from neurona.engine.layers.gru import GRUParams
from neurona.engine.layers.lstm import LSTMParams
from neurona.engine.layers.simple_rnn import SimpleRNNParams
from neurona.engine.parameters import arrays, stacked
from tests.support.layers import anywhere

KINDS = [SimpleRNN, GRU, LSTM]
N_IN, N = 3, 4
CLOSE = {"rtol": 1e-9, "atol": 1e-12}

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
both_ways = pytest.mark.parametrize("backwards", [False, True], ids=["forth", "back"])
both_outputs = pytest.mark.parametrize("sequences", [False, True], ids=["last", "all"])


def drawn(layer, rng, shape=(5, N_IN)):
    return anywhere(layer, rng, shape)


def run(layer, params, x, dy=None):
    """Return the output, dx and the gradient, of an upstream derivative that is a pattern."""
    y, pullback = layer.forward(params, x)
    dx, grads = pullback(np.cos(np.arange(y.size)).reshape(y.shape) if dy is None else dy)
    return y, dx, grads


# PyTorch


def gates(array, order):
    """Return the columns of the gates in another order."""
    parts = np.split(array, len(order), axis=-1)
    return np.concatenate([parts[k] for k in order], axis=-1)


LSTM_ORDER = (0, 1, 3, 2)  # i, f, o, g and i, f, g, o: its own inverse


def weights_of(params):
    """Return what PyTorch calls weight_ih, weight_hh, bias_ih and bias_hh."""
    if isinstance(params, LSTMParams):
        W, U, b = (gates(one, LSTM_ORDER) for one in params)
        return W.T, U.T, b, 0 * b
    if isinstance(params, GRUParams):
        W, U, b, c = params
        return W.T, U.T, b, np.concatenate([np.zeros(2 * N), c])
    W, U, b = params
    return W.T, U.T, b, 0 * b


def params_of(kind, found):
    """Return a gradient of PyTorch as one of ours."""
    W, U, b_ih, b_hh = (one.grad.numpy() for one in found)
    if kind is LSTM:
        return LSTMParams(*(gates(one, LSTM_ORDER) for one in (W.T, U.T, b_ih)))
    if kind is GRU:
        return GRUParams(W.T, U.T, b_ih, b_hh[2 * N :])
    return SimpleRNNParams(W.T, U.T, b_ih)


@both_outputs
@every_kind
def test_both_directions_equal_those_of_pytorch(kind, sequences):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    layer = bidirectional(kind(N, return_sequences=sequences))
    params, x = drawn(layer, rng), rng.normal(size=(6, 5, N_IN))
    y, dx, grads = run(layer, params, x)

    names = {SimpleRNN: "RNN", GRU: "GRU", LSTM: "LSTM"}
    its = getattr(torch.nn, names[kind])(
        N_IN, N, batch_first=True, bidirectional=True, dtype=torch.float64
    )
    each = list(its.parameters())
    with torch.no_grad():
        for own, given in zip(each, [*weights_of(params[0]), *weights_of(params[1])], strict=True):
            own.copy_(torch.tensor(given))
    inputs = torch.tensor(x, requires_grad=True)
    found = its(inputs)[0]
    if not sequences:
        found = torch.cat([found[:, -1, :N], found[:, 0, N:]], dim=1)
    np.testing.assert_allclose(y, found.detach().numpy(), **CLOSE)
    found.backward(torch.tensor(np.cos(np.arange(y.size)).reshape(y.shape)))
    np.testing.assert_allclose(dx, inputs.grad.numpy(), **CLOSE)
    for own, four in zip(grads, (each[:4], each[4:]), strict=True):
        for some, others in zip(own, params_of(kind, four), strict=True):
            np.testing.assert_allclose(some, others, **CLOSE)


# Padding


PADDED = {  # steps that are there, of 5
    "behind": [0, 1, 2],
    "before": [2, 3, 4],
    "between": [0, 2, 4],
    "one step": [3],
}


@both_ways
@both_outputs
@every_kind
def test_padding_anywhere_is_as_if_it_were_not_there(kind, sequences, backwards):
    rng = np.random.default_rng(1)
    layer = kind(N, return_sequences=sequences, go_backwards=backwards, mask_zero=True)
    params = drawn(layer, rng)
    x = np.zeros((len(PADDED), 5, N_IN))
    for i, there in enumerate(PADDED.values()):
        x[i, there] = rng.normal(size=(len(there), N_IN))
    y, dx, grads = run(layer, params, x)
    dy = np.cos(np.arange(y.size)).reshape(y.shape)
    total = [np.zeros_like(one) for one in params]
    for i, there in enumerate(PADDED.values()):
        own = dy[i : i + 1, there] if sequences else dy[i : i + 1]
        alone = run(replace(layer, mask_zero=False), params, x[i : i + 1, there], own)
        if sequences:
            np.testing.assert_allclose(y[i, there], alone[0][0], **CLOSE)
            assert not np.delete(y[i], there, axis=0).any()
        else:
            np.testing.assert_allclose(y[i], alone[0][0], **CLOSE)
        np.testing.assert_allclose(dx[i, there], alone[1][0], **CLOSE)
        assert not np.delete(dx[i], there, axis=0).any()
        total = [a + b for a, b in zip(total, alone[2], strict=True)]
    for some, others in zip(grads, total, strict=True):
        np.testing.assert_allclose(some, others, **CLOSE)


@every_kind
def test_gradient_of_padded_series_is_that_of_jax(kind):
    rng = np.random.default_rng(2)
    layer = kind(N, return_sequences=True, mask_zero=True)
    params, x = drawn(layer, rng), rng.normal(size=(3, 5, N_IN))
    x[0, :2], x[1, 3:] = 0, 0
    y, dx, grads = run(layer, params, x)
    dy = np.cos(np.arange(y.size)).reshape(y.shape)
    with jax.enable_x64(True):
        value = jax.jit(lambda params, x: (layer.forward(params, x)[0] * dy).sum())
        its = jax.grad(value, (0, 1))(params, x)
    for some, others in zip([*grads, dx], [*its[0], its[1]], strict=True):
        np.testing.assert_allclose(some, others, **CLOSE)


@every_kind
def test_series_of_padding_alone_is_refused(kind):
    net = Network([kind(N, mask_zero=True), Dense(1)], in_shape=(5, N_IN))
    x = np.ones((4, 5, N_IN))
    x[2] = 0
    with pytest.raises(ValueError, match=r"X\[2\] has no step but padding: .*leave such series"):
        net.predict(net.init(0), x)
    with pytest.raises(ValueError, match=r"X\[2\] has no step but padding"):
        next(neurona.train(net, x, np.zeros(4), steps=1))
    without = Network([kind(N), Dense(1)], in_shape=(5, N_IN))
    assert np.isfinite(without.predict(without.init(0), x)).all()


# Directions, one step, one example, stacks


@both_outputs
@every_kind
def test_backwards_is_forwards_on_the_series_turned_round(kind, sequences):
    rng = np.random.default_rng(3)
    layer = kind(N, return_sequences=sequences)
    params, x = drawn(layer, rng), rng.normal(size=(2, 5, N_IN))
    y, dx, grads = run(layer, params, x)
    dy = np.cos(np.arange(y.size)).reshape(y.shape)
    back = run(
        replace(layer, go_backwards=True), params, x[:, ::-1], dy[:, ::-1] if sequences else dy
    )
    np.testing.assert_allclose(y, back[0][:, ::-1] if sequences else back[0], **CLOSE)
    np.testing.assert_allclose(dx, back[1][:, ::-1], **CLOSE)
    for some, others in zip(grads, back[2], strict=True):
        np.testing.assert_allclose(some, others, **CLOSE)


@every_kind
def test_last_step_of_a_sequence_is_the_state(kind):
    rng = np.random.default_rng(4)
    layer = kind(N)
    params, x = drawn(layer, rng), rng.normal(size=(2, 5, N_IN))
    every = replace(layer, return_sequences=True).forward(params, x)[0]
    np.testing.assert_array_equal(layer.forward(params, x)[0], every[:, -1])


@pytest.mark.parametrize("steps", [1, 2])
@every_kind
def test_one_step_and_one_example(kind, steps):
    rng = np.random.default_rng(5)
    layer = kind(N)
    params, x = drawn(layer, rng), rng.normal(size=(1, steps, N_IN))
    _, dx, grads = run(layer, params, x)
    dy = np.cos(np.arange(N))
    assert steps > 1 or not grads.U.any()  # the first state is 0
    for array, derivative in ((params.U, grads.U), (params.b, grads.b), (x, dx)):
        place = np.unravel_index(abs(derivative).argmax(), derivative.shape)
        values = []
        for h in (1e-6, -1e-6):
            array[place] += h
            values.append((layer.forward(params, x)[0][0] * dy).sum())
            array[place] -= h
        assert derivative[place] == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-6)


@pytest.mark.parametrize("shared", [True, False], ids=["shared", "own"])
@every_kind
def test_stack_of_masked_layers_equals_its_members(kind, shared):
    rng = np.random.default_rng(6)
    layer = kind(N, return_sequences=True, go_backwards=True, mask_zero=True)
    each = [drawn(layer, rng) for _ in range(3)]
    x = rng.normal(size=(2, 5, N_IN) if shared else (3, 2, 5, N_IN))
    x[..., 0, 1:3, :] = 0
    dy = rng.normal(size=(3, 2, 5, N))
    y, dx, grads = run(layer, stacked(each), x, dy)
    for k, params in enumerate(each):
        alone = run(layer, params, x if shared else x[k], dy[k])
        np.testing.assert_allclose(y[k], alone[0], **CLOSE)
        np.testing.assert_allclose(dx[k], alone[1], **CLOSE)
        for some, others in zip(arrays(grads), arrays(alone[2]), strict=True):
            np.testing.assert_allclose(some[k], others, **CLOSE)


@every_kind
def test_states_are_those_that_the_formula_tells(kind):
    rng = np.random.default_rng(7)
    layer = kind(N, go_backwards=True, mask_zero=True)
    params, x = drawn(layer, rng), rng.normal(size=(2, 5, N_IN))
    x[0, 3:] = 0
    found = layer.states(params, x)
    every = replace(layer, return_sequences=True).forward(params, x)[0]
    there = x.any(axis=-1)
    assert list(found) == {SimpleRNN: ["h"], GRU: [*"rznh"], LSTM: [*"ifogch"]}[kind]
    assert all(one.shape == every.shape for one in found.values())
    np.testing.assert_array_equal(found["h"][there], every[there])
    before = {name: np.roll(one, -1, axis=1) for name, one in found.items()}
    last = there & (np.arange(5) < 4)
    if kind is LSTM:
        c = found["f"] * before["c"] + found["i"] * found["g"]
        np.testing.assert_allclose(found["c"][last], c[last], **CLOSE)
        np.testing.assert_allclose(
            found["h"],
            found["o"] * np.tanh(found["c"]) * there[..., None] + found["h"] * ~there[..., None],
            **CLOSE,
        )
    if kind is GRU:
        h = (1 - found["z"]) * found["n"] + found["z"] * before["h"]
        np.testing.assert_allclose(found["h"][last], h[last], **CLOSE)


# How it begins, and what it learns


def test_initial_parameters_are_drawn_gate_by_gate():
    for kind, count in ((SimpleRNN, 1), (GRU, 3), (LSTM, 4)):
        params = kind(N).init(np.random.default_rng(0), (5, N_IN), np.float64)
        for U in np.split(params.U, count, axis=1):
            np.testing.assert_allclose(U @ U.T, np.eye(N), atol=1e-12)
        assert len(np.unique(params.W.round(6))) == params.W.size
    b = LSTM(N).init(np.random.default_rng(0), (5, N_IN)).b
    assert b.tolist() == [0] * N + [1] * N + [0] * 2 * N


@pytest.mark.parametrize("engine", ["numpy", "jax"])
def test_first_number_of_a_series_is_remembered(engine):
    """A dense layer on the last step alone cannot tell; an LSTM has to carry it."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 8, 2)).astype(np.float32)
    x[:, 0, 0] = np.where(rng.random(200) < 0.5, -1, 1)
    net = Network([LSTM(8), Dense(1, "sigmoid")], in_shape=(8, 2))
    *_, last = neurona.train(
        net, x, x[:, 0, 0] > 0, steps=60, optimizer=neurona.adam(0.03), rng=0, engine=engine
    )
    assert last.cost < 0.1
    if engine == "numpy":
        assert neurona.check_gradient(net, x[:4], x[:4, 0, 0] > 0).error < 1e-6


def test_activation_within_the_loop_is_not_taken_for_the_outputs():
    net = Network([SimpleRNN(1, "sigmoid")], in_shape=(5, N_IN))
    assert net.output.name == "linear"
    assert net.logits == net
    params = net.init(0)
    (stage,) = net.layers[0].stages(params[0])
    assert stage.layer == net.layers[0]
    with_dense = Network([SimpleRNN(2), Activate("sigmoid")], in_shape=(5, N_IN))
    assert with_dense.output.name == "sigmoid"


@every_kind
def test_operations_are_those_of_all_steps(kind):
    count = {SimpleRNN: 1, GRU: 3, LSTM: 4}[kind]
    for sequences in (True, False):
        layer = kind(N, return_sequences=sequences)
        assert layer.operations((5, N_IN)) == 5 * count * N * (N_IN + N)


@pytest.mark.parametrize("go_backwards", [False, True])
def test_bidirectional_reads_both_ways_whichever_comes_first(go_backwards):
    both = bidirectional(GRU(2, go_backwards=go_backwards))
    assert [one.go_backwards for one in both.layers] == [go_backwards, not go_backwards]


def test_examples_that_are_not_series_are_refused():
    with pytest.raises(ValueError, match=r"LSTM\(4\) takes series \(steps, features\), and gets"):
        Network([LSTM(4)], in_shape=3)
    with pytest.raises(ValueError, match="n_out"):
        GRU(0)
    with pytest.raises(ValueError, match="bidirectional takes a recurrent layer"):
        bidirectional(Dense(3))


# Embedding


def test_embedding_equals_that_of_pytorch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x, dy = rng.integers(0, 6, (7, 4)), rng.normal(size=(7, 4, 3))
    for mask_zero in (False, True):
        layer = Embedding(6, 3, mask_zero=mask_zero)
        params = drawn(layer, rng, (4,))
        y, _, grads = run(layer, params, x.astype(float), dy)
        its = torch.nn.Embedding(6, 3, padding_idx=0 if mask_zero else None, dtype=torch.float64)
        with torch.no_grad():
            its.weight.copy_(torch.tensor(params.W))
            if mask_zero:
                its.weight[0] = 0
        found = its(torch.tensor(x))
        found.backward(torch.tensor(dy))
        np.testing.assert_allclose(y, found.detach().numpy(), **CLOSE)
        np.testing.assert_allclose(grads.W, its.weight.grad.numpy(), **CLOSE)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (6, r"X\[1\] has 6 at step 2, and Embedding\(6, 2\) takes whole numbers from 0 to 5"),
        (-1, r"X\[1\] has -1 at step 2"),
        (0.5, r"X\[1\] has 0.5 at step 2"),
    ],
)
def test_index_beyond_the_embedding_is_refused(value, message):
    net = Network([Embedding(6, 2), LSTM(3), Dense(1)], in_shape=(4,))
    x = np.zeros((3, 4))
    x[1, 2] = value
    with pytest.raises(ValueError, match=message):
        net.predict(net.init(0), x)
    with pytest.raises(ValueError, match=message):
        next(neurona.train(net, x, np.zeros(3), steps=1))


def test_text_of_padding_alone_is_refused():
    net = Network([Embedding(6, 2, mask_zero=True), LSTM(3, mask_zero=True)], in_shape=(4,))
    with pytest.raises(ValueError, match=r"X\[0\] has no step but padding"):
        net.predict(net.init(0), [[0, 0, 0, 0]])
    short, long = net.predict(net.init(0), [[3, 5, 0, 0], [0, 3, 0, 5]])
    np.testing.assert_allclose(short, long, rtol=1e-6)


def test_rows_of_an_embedding_learn_what_their_index_stands_for():
    x = np.array([[0, 1], [1, 0], [2, 2], [1, 2]])
    net = Network([Embedding(3, 4), LSTM(4), Dense(1)], in_shape=(2,))
    assert neurona.check_gradient(net, x, [1.0, 2.0, 3.0, 4.0]).error < 1e-6
    embedding = net.layers[0]
    assert isinstance(embedding.init(np.random.default_rng(0), (2,)), EmbeddingParams)
    assert embedding.operations((2,)) == 0
