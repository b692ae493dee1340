"""Parts that a person writes: a layer is known everywhere at once; a broken contract is told."""

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
    """Let the classes be known in this module alone."""
    yield
    for name in [name for name, kind in LAYERS.items() if kind.__module__ == __name__]:
        del LAYERS[name]


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


class Scaled(NamedTuple):
    s: np.ndarray


def times(params, x, train=None):
    s = params.s[..., None, :]
    return s * x, lambda dy, need_dx=True: (s * dy, Scaled((x * dy).sum(axis=-2)))


def returning(y=lambda y: y, pulled=lambda dx, grads: (dx, grads)):
    """Return a forward that gives something else."""

    def forward(self, params, x, train=None):
        output, pullback = times(params, x)
        return y(output), lambda dy, need_dx=True: pulled(*pullback(dy))

    return forward


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"forward": Layer.forward}, "Broken has no forward(self, params, x, train=None)"),
        ({"forward": lambda self, params, x: x}, "Broken.forward takes (params, x): let it take"),
        ({"forward": lambda self, params, x, train=None: x}, "Broken.forward returns a ndarray"),
        ({"out_shape": lambda self, shape: 2}, "Broken.out_shape((2,)) returns 2: return the"),
        ({"out_shape": lambda self, shape: (3,)}, "output of shape (4, 2) for x of shape (4, 2)"),
        ({"shapes": lambda self, shape: (shape,)}, "Broken.shapes((2,)) returns ((2,),)"),
        ({"shapes": lambda self, shape: None}, "Broken.shapes((2,)) returns None"),
        ({"forward": returning(y=lambda y: y.T)}, "output of shape (2, 3) for x of shape (3, 2)"),
        (
            {"forward": lambda self, params, x, train=None: (x, lambda dy: dy)},
            "pullback takes (dy): let it take (dy, need_dx=True)",
        ),
        ({"forward": returning(pulled=lambda dx, grads: dx)}, "pullback returns a ndarray"),
        ({"forward": returning(pulled=lambda dx, grads: (dx.T, grads))}, "dx of shape (2, 3)"),
        (
            {"forward": returning(pulled=lambda dx, grads: (dx, Scaled(dx)))},
            "gradients of shapes [(3, 2)], and the parameters have [(2,)]",
        ),
        ({"forward": returning(pulled=lambda dx, grads: (dx, None))}, "gradients of shapes [()]"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", [lambda one: one, lambda one: neurona.Add([one, one])])
def test_a_break_of_the_contract_is_named(broken, said, place):
    own = {
        "shapes": lambda self, shape: Scaled(shape),
        "forward": lambda self, *given: times(*given),
        **broken,
    }
    layer = type("Broken", (Layer,), own)()
    with pytest.raises(ValueError, match=r"^layer 2|and layer 2: ") as error:
        neurona.Network([neurona.Dense(2), place(layer), neurona.Dense(1)], in_shape=3)
    assert said in str(error.value)


def test_a_layer_that_takes_other_numbers_than_a_trial_draws_is_left_to_the_training():
    def forward(self, params, x, train=None):
        if (x < 0).any():
            raise ArithmeticError("a negative number")
        return np.sqrt(x), lambda dy, need_dx=True: (dy / (2 * np.sqrt(x)), ())

    layer = type("Root", (Layer,), {"forward": forward})()
    net = neurona.Network([layer, neurona.Dense(1, "sigmoid")], in_shape=2)
    with pytest.raises(ArithmeticError, match="a negative number"):
        [*neurona.train(net, X, Y, steps=1)]


def test_numpy_where_a_step_is_compiled_is_told():
    def forward(self, params, x, train=None):
        a = np.tanh(np.asarray(x))
        return a, lambda dy, need_dx=True: (dy * (1 - a * a), self.Params())

    layer = type("Rigid", (Layer,), {"forward": forward})()
    net = neurona.Network([layer, neurona.Dense(1, "sigmoid")], in_shape=2)
    [*neurona.train(net, X, Y, steps=1)]
    with pytest.raises(TypeError, match=r"x\.__array_namespace__\(\), or take engine='numpy'"):
        [*neurona.train(net, X, Y, steps=1, engine="jax")]


def test_a_name_of_neuronas_own_is_not_taken():
    with pytest.raises(TypeError, match="neurona has a layer Dense, which files know"):
        type("Dense", (Layer,), {})
    assert LAYERS["Dense"] is neurona.Dense


class Squares:
    link = None

    def __call__(self, output, target, weight=None):
        return self.returned(output - target)

    def returned(self, error):
        return (error**2).mean(), 2 * error / error.size


class Descent:
    learning_rate = 0.1

    def init(self, theta):
        return 0

    def update(self, gradient, state, theta, rate):
        return -rate * gradient, state + 1


def other(kind, **own):
    return type("Mine", (kind,), {name: staticmethod(one) for name, one in own.items()})()


def test_a_cost_and_an_optimizer_of_a_person_train():
    *_, state = neurona.train(NET, X, Y, steps=20, cost=Squares(), optimizer=Descent(), rng=0)
    assert state.optimizer_state == 20
    assert state.cost < 0.26


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"cost": Squares}, "; or give an object with link"),
        ({"cost": lambda output, target: 0.0}, "there is no cost <function <lambda>>. There are"),
        ({"optimizer": Descent}, "sgd; or give an object with learning_rate, init(theta)"),
    ],
)  # fmt: skip
def test_a_break_of_another_contract_is_named(given, said):
    with pytest.raises(ValueError) as error:
        neurona.train(NET, X, Y, steps=1, **given)
    assert said in str(error.value)


def test_a_function_in_the_place_of_an_activation_is_told():
    with pytest.raises(ValueError, match=r"tanh; or give Activation\(name, function, gain\)"):
        neurona.network([2, 1], np.tanh)


@pytest.mark.parametrize("given", [np.zeros(3), None, [[0.0]]])
def test_an_initializer_gives_the_shape_that_it_is_asked_for(given):
    net = neurona.network([2, 3, 1], initializer=lambda rng, shape, gain: given)
    with pytest.raises(ValueError, match=r"gives an array of shape .* where \(2, 3\) is asked for"):
        net.init(0)
