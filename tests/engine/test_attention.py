"""Attention, positions and the transformer's block: PyTorch's on the same weights, and masks."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import jax
import numpy as np
import pytest

import neurona
from neurona import MultiHeadAttention, Network, PositionalEncoding, transformer_block
from neurona.engine.layers.attention import MultiHeadAttentionParams
from neurona.engine.parameters import arrays, rebuilt, stacked
from tests.support.layers import anywhere

STEPS, N = 5, 6
CLOSE = {"rtol": 1e-9, "atol": 1e-12}
THERE = [[0, 1, 2], [2, 3, 4], [0, 2, 4], [3], [0, 1, 2, 3, 4]]  # behind, before, between, …


def padded(rng):
    """Return series with padding behind, before and between."""
    x = np.zeros((len(THERE), STEPS, N))
    for i, there in enumerate(THERE):
        x[i, there] = rng.normal(size=(len(there), N))
    return x


def run(layer, params, x, dy):
    y, pullback = layer.forward(params, x)
    dx, grads = pullback(dy)
    return y, dx, grads


@pytest.mark.parametrize(("causal", "mask_zero"), [*product([False, True], repeat=2)])
def test_attention_equals_that_of_pytorch(causal, mask_zero):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    layer = MultiHeadAttention(3, causal=causal, mask_zero=mask_zero)
    params = anywhere(layer, rng, (STEPS, N))
    x = padded(rng)[[0, 4]] if mask_zero else rng.normal(size=(4, STEPS, N))
    there = x.any(axis=-1, keepdims=True)
    dy = rng.normal(size=x.shape)
    y, dx, grads = run(layer, params, x, dy)

    its = torch.nn.MultiheadAttention(N, 3, batch_first=True, dtype=torch.float64)
    of_its = [its.in_proj_weight, its.in_proj_bias, its.out_proj.weight, its.out_proj.bias]
    with torch.no_grad():
        for own, given in zip(of_its, params, strict=True):
            own.copy_(torch.tensor(given.T))
    inputs = torch.tensor(x, requires_grad=True)
    later = torch.triu(torch.ones(STEPS, STEPS, dtype=torch.bool), diagonal=1)
    found, weights = its(
        inputs, inputs, inputs,
        attn_mask=later if causal else None,
        key_padding_mask=torch.tensor(~there[..., 0]) if mask_zero else None,
        average_attn_weights=False,
    )  # fmt: skip
    found = found * torch.tensor(there) if mask_zero else found
    found.backward(torch.tensor(dy))
    np.testing.assert_allclose(y, found.detach().numpy(), **CLOSE)
    np.testing.assert_allclose(layer.weights(params, x), weights.detach().numpy(), **CLOSE)
    np.testing.assert_allclose(dx, inputs.grad.numpy(), **CLOSE)
    for some, others in zip(grads, of_its, strict=True):
        np.testing.assert_allclose(some, others.grad.numpy().T, **CLOSE)


MASKING = [
    MultiHeadAttention(2, head_size=4, mask_zero=True),
    MultiHeadAttention(3, causal=True, mask_zero=True),
]


@pytest.mark.parametrize("layer", MASKING, ids=repr)
def test_padding_anywhere_is_as_if_it_were_not_there(layer):
    rng = np.random.default_rng(1)
    params, x = anywhere(layer, rng, (STEPS, N)), padded(rng)
    dy = rng.normal(size=x.shape)
    y, dx, grads = run(layer, params, x, dy)
    total = [np.zeros_like(one) for one in params]
    for i, there in enumerate(THERE):
        alone = run(
            replace(layer, mask_zero=False), params, x[i : i + 1, there], dy[i : i + 1, there]
        )
        for whole, own in ((y, alone[0]), (dx, alone[1])):
            np.testing.assert_allclose(whole[i, there], own[0], **CLOSE)
            assert not np.delete(whole[i], there, axis=0).any()
        total = [a + b for a, b in zip(total, alone[2], strict=True)]
    for some, others in zip(grads, total, strict=True):
        np.testing.assert_allclose(some, others, **CLOSE)


@pytest.mark.parametrize("shared", [True, False], ids=["shared", "own"])
def test_stack_of_masked_attention_equals_its_members(shared):
    rng = np.random.default_rng(2)
    layer = MultiHeadAttention(2, head_size=5, causal=True, mask_zero=True)
    each = [anywhere(layer, rng, (STEPS, N)) for _ in range(3)]
    x = padded(rng) if shared else np.stack([padded(rng) for _ in range(3)])
    dy = rng.normal(size=(3, len(THERE), STEPS, N))
    y, dx, grads = run(layer, stacked(each), x, dy)
    weights = layer.weights(stacked(each), x)
    for k, params in enumerate(each):
        own = x if shared else x[k]
        alone = run(layer, params, own, dy[k])
        np.testing.assert_allclose(y[k], alone[0], **CLOSE)
        np.testing.assert_allclose(dx[k], alone[1], **CLOSE)
        np.testing.assert_allclose(weights[k], layer.weights(params, own), **CLOSE)
        for some, others in zip(grads, alone[2], strict=True):
            np.testing.assert_allclose(some[k], others, **CLOSE)


def test_masked_and_causal_attention_has_the_gradient_of_jax():
    rng = np.random.default_rng(3)
    layer = MultiHeadAttention(2, causal=True, mask_zero=True)
    params, x = anywhere(layer, rng, (STEPS, N)), padded(rng)
    dy = rng.normal(size=x.shape)
    _, dx, grads = run(layer, params, x, dy)
    with jax.enable_x64(True):
        value = jax.jit(lambda params, x: (layer.forward(params, x)[0] * dy).sum())
        its = jax.grad(value, (0, 1))(params, x)
    for some, others in zip([*grads, dx], [*its[0], its[1]], strict=True):
        np.testing.assert_allclose(some, others, **CLOSE)


def test_one_step_and_one_example():
    layer = MultiHeadAttention(1)
    params = anywhere(layer, np.random.default_rng(4), (1, 2))
    x = np.array([[[1.0, -2.0]]])
    v = x[0, 0] @ params.W[:, 4:] + params.b[4:]  # the only step takes all of itself
    np.testing.assert_allclose(layer.forward(params, x)[0][0, 0], v @ params.V + params.c)
    assert layer.weights(params, x).tolist() == [[[[1.0]]]]


def test_scores_far_out_stay_finite():
    layer = MultiHeadAttention(1, causal=True)
    params = MultiHeadAttentionParams(
        np.full((1, 3), 100, np.float32), np.zeros(3, np.float32), *np.ones((2, 1, 1), np.float32)
    )
    x = np.array([100.0, -100.0, 50.0], np.float32).reshape(1, 3, 1)
    y, dx, _ = run(layer, params._replace(c=params.c[0]), x, np.ones_like(x))
    assert np.isfinite(y).all()
    assert np.isfinite(dx).all()


def test_numbers_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="6 features, which 4 heads do not divide: give a head_"):
        Network([MultiHeadAttention(4)], in_shape=(STEPS, N))
    assert Network([MultiHeadAttention(4, head_size=2)], in_shape=(STEPS, N)).n_out == STEPS * N
    with pytest.raises(ValueError, match=r"takes series \(steps, features\)"):
        Network([MultiHeadAttention(2)], in_shape=(N,))
    with pytest.raises(ValueError, match="heads"):
        MultiHeadAttention(0)
    for layer in (MultiHeadAttention(2, mask_zero=True), PositionalEncoding(mask_zero=True)):
        net = Network([layer, MultiHeadAttention(1)], in_shape=(STEPS, N))
        x = np.ones((3, STEPS, N))
        x[1] = 0
        with pytest.raises(ValueError, match=r"X\[1\] has no step but padding"):
            net.predict(net.init(0), x)


def test_initial_parameters_are_drawn_part_by_part():
    params = MultiHeadAttention(2).init(np.random.default_rng(0), (STEPS, N), np.float64)
    for part in [*np.split(params.W, 3, axis=1), params.V]:
        np.testing.assert_allclose(part @ part.T, np.eye(N), atol=1e-12)
    assert MultiHeadAttention(2).operations((STEPS, N)) == STEPS * 4 * N * N + 2 * STEPS**2 * N


# Positions


def test_sinusoids_turn_by_the_same_angle_from_step_to_step():
    (P,) = PositionalEncoding().forward((), np.zeros((1, 9, 4)))[0]
    waves = P[:, 1::2] + 1j * P[:, ::2]  # cos + i sin
    np.testing.assert_allclose(waves[3:] / waves[:-3], np.tile(waves[3], (6, 1)), **CLOSE)
    np.testing.assert_allclose(np.angle(waves[1]), [1, 0.01], **CLOSE)
    odd = PositionalEncoding().forward((), np.zeros((1, 2, 3), np.float32))[0]
    assert odd.shape == (1, 2, 3)
    assert odd.dtype == np.float32


@pytest.mark.parametrize("learned", [False, True], ids=["waves", "learned"])
def test_positions_leave_padding_alone(learned):
    rng = np.random.default_rng(5)
    layer = PositionalEncoding(learned, mask_zero=True)
    params, x = layer.init(rng, (STEPS, N), np.float64), padded(rng)
    dy = rng.normal(size=x.shape)
    y, dx, grads = run(layer, params, x, dy)
    there = x.any(axis=-1, keepdims=True)
    plain = replace(layer, mask_zero=False).forward(params, x)[0]
    np.testing.assert_array_equal(y, plain * there)
    np.testing.assert_array_equal(dx, dy * there)
    if learned:
        np.testing.assert_allclose(grads.P, (dy * there).sum(axis=0), **CLOSE)


def test_learned_positions_of_a_stack():
    rng = np.random.default_rng(6)
    layer = PositionalEncoding(learned=True)
    each = [anywhere(layer, rng, (STEPS, N)) for _ in range(2)]
    x, dy = rng.normal(size=(3, STEPS, N)), rng.normal(size=(2, 3, STEPS, N))
    y, dx, grads = run(layer, stacked(each), x, dy)
    for k, (P,) in enumerate(each):
        np.testing.assert_array_equal(y[k], x + P)
        np.testing.assert_array_equal(dx[k], dy[k])
        np.testing.assert_allclose(grads.P[k], dy[k].sum(axis=0), **CLOSE)


# The block


def test_block_has_the_right_gradient_in_both_engines():
    rng = np.random.default_rng(7)
    x = rng.normal(size=(4, STEPS, N))
    block = transformer_block(N, 2, hidden=3, dropout=0.3, causal=True)
    net = Network([PositionalEncoding(learned=True), block], in_shape=(STEPS, N))
    y = rng.normal(size=(4, STEPS, N))
    assert neurona.check_gradient(net, x, y).error < 1e-6
    given = {"steps": 5, "optimizer": neurona.sgd(0.1), "rng": 0}
    *_, ours = neurona.train(net, x, y, **given)
    *_, its = neurona.train(net, x, y, engine="jax", **given)
    assert ours.cost == pytest.approx(its.cost, rel=1e-4)


def test_block_is_prenorm():
    block = transformer_block(N, 2)
    params = block.init(np.random.default_rng(0), (STEPS, N), np.float64)
    x = np.random.default_rng(1).normal(size=(2, STEPS, N))
    y, pullback = block.forward(params, x)
    dx = pullback(np.ones_like(y))[0]
    silent = [0 * one for one in arrays(params)]
    y, pullback = block.forward(rebuilt(params, silent), x)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(pullback(np.ones_like(y))[0], np.ones_like(x))
    assert not np.allclose(dx, 1)
    assert block.out_shape((STEPS, N)) == (STEPS, N)
    hidden = block.layers[1].layers[1].layers[1]
    assert hidden.n_out == 4 * N


@pytest.mark.parametrize("causal", [False, True])
def test_padded_block_equals_each_series_alone(causal):
    """Also where normalizations have learned a β, which would make a step of padding one."""
    rng = np.random.default_rng(8)
    block = transformer_block(N, 2, causal=causal, mask_zero=True)
    two = neurona.Sequential([block, block])
    params, x = anywhere(two, rng, (STEPS, N)), padded(rng)
    dy = rng.normal(size=x.shape)
    y, dx, grads = run(two, params, x, dy)
    total = [np.zeros_like(one) for one in arrays(params)]
    for i, there in enumerate(THERE):
        alone = run(two, params, x[i : i + 1, there], dy[i : i + 1, there])
        for whole, own in ((y, alone[0]), (dx, alone[1])):
            np.testing.assert_allclose(whole[i, there], own[0], rtol=1e-8, atol=1e-10)
        assert not np.delete(y[i], there, axis=0).any()
        total = [a + b for a, b in zip(total, arrays(alone[2]), strict=True)]
    for some, others in zip(arrays(grads), total, strict=True):
        np.testing.assert_allclose(some, others, rtol=1e-8, atol=1e-10)
