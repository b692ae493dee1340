"""A layer that a person writes in a file of their own is known everywhere at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import pytest

import neurona
from neurona.engine.activations import Activation, linear
from neurona.engine.layers import LAYERS, Layer


class AffineParams(NamedTuple):
    s: np.ndarray
    t: np.ndarray


@dataclass(frozen=True, repr=False)
class Affine(Layer):
    """a = f(s x + t), number by number."""

    Params: ClassVar = AffineParams

    power: int = 1
    activation: Activation = linear

    def shapes(self, shape):
        return AffineParams(shape, shape)

    def forward(self, params, x, train=None):
        s, t = (array[..., None, :] for array in params)
        a, activated = self.activation.function((s * x + t).mT)

        def pullback(da, need_dx=True):
            dz = activated(da.mT).mT
            grads = AffineParams((dz * x).sum(axis=-2), dz.sum(axis=-2))
            return s * dz if need_dx else None, grads

        return a.mT, pullback


@pytest.fixture(scope="module", autouse=True)
def forgotten():
    """Let the class be known in this module alone."""
    yield
    del LAYERS["Affine"]


NET = neurona.Network(
    [neurona.Dense(6, "tanh"), Affine(2, "tanh"), neurona.Dense(1, "sigmoid")], in_shape=2
)
X, Y = neurona.datasets.moons(n=60, rng=0)


@pytest.mark.parametrize("engine", ["numpy", "jax"])
def test_it_learns(engine):
    *_, state = neurona.train(NET, X, Y, steps=300, rng=0, engine=engine)
    assert state.cost < 0.3
    *_, stack = neurona.train(NET, X, Y, steps=300, seeds=[0, 1], engine=engine)
    assert stack.cost[0] == pytest.approx(state.cost, rel=1e-2)


def test_its_gradient_is_checked():
    assert neurona.check_gradient(NET, X[:10], Y[:10]).error < 1e-6
    assert LAYERS["Affine"] is Affine


def test_it_is_in_the_summary():
    assert "Affine(2, tanh)" in str(NET)
    assert "s 6, t 6" in str(NET)


def test_its_activations_and_gradients_are_seen():
    params = NET.init(0)
    activities = neurona.observe.activations(NET, params, X)
    np.testing.assert_allclose(activities[1].a, neurona.activations.tanh(activities[1].z))
    gradients = neurona.observe.gradients(NET, params, X, Y)
    assert gradients[1].grads.s.shape == (6,)
    assert neurona.plot.surface(NET, params, X, Y).figure


def test_it_comes_back_from_a_file(tmp_path):
    params = NET.init(0)
    neurona.save(tmp_path / "net.safetensors", NET, params)
    net, again = neurona.load(tmp_path / "net.safetensors")
    assert net == NET
    np.testing.assert_array_equal(net.predict(again, X), NET.predict(params, X))


def test_an_export_refuses_it_by_its_name():
    with pytest.raises(ValueError, match="layer 2 is a Affine"):
        neurona.export.numpy_code(NET, NET.init(0))
