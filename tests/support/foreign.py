"""Random models of PyTorch, Keras and scikit-learn, as people write them, and how they compare."""

from __future__ import annotations

import warnings

import numpy as np

from neurona.engine.parameters import mapped
from neurona.export import from_keras, from_pytorch, from_sklearn

SIZES = 0.3, 3.0, 100.0


def assert_predicts(net, params, original, rng, in_shape=None):
    """Compare an import with ``original``, from X to outputs, on inputs that it has not seen.

    Where float32 itself is far off, as after normalizations of numbers that are all the same, the
    original may be so too.
    """
    exactly = mapped(lambda array: array.astype(np.float64), params)
    for size in SIZES:
        X = (size * rng.normal(size=(9, *(in_shape or net.in_shape)))).astype(np.float32)
        wanted = np.asarray(original(X), np.float64).reshape(9, -1)
        given = net.predict(params, X.reshape(9, *net.in_shape)).reshape(9, -1)
        assert given.shape == wanted.shape
        with np.errstate(all="ignore"):
            exact = net.predict(exactly, X.reshape(9, *net.in_shape)).reshape(9, -1)
            spread = np.nan_to_num(abs(given - exact), posinf=0).max()
        scale = abs(wanted[np.isfinite(wanted)]).max(initial=1e-3)
        np.testing.assert_allclose(given, wanted, rtol=2e-3, atol=2e-4 * scale + 30 * spread)


def pytorch_outputs(module, X):
    """Return what a module predicts in ``eval()``."""
    import torch

    flags = [(one, one.training) for one in module.modules()]
    module.eval()
    with torch.no_grad():
        outputs = module(torch.from_numpy(X)).numpy()
    for one, training in flags:
        one.training = training
    return outputs


def state_of(module):
    """Return all that an import could change in a module or around it."""
    import torch

    return (
        {name: tensor.detach().clone() for name, tensor in module.state_dict().items()},
        [(id(one), one.training, [*vars(one)]) for one in module.modules()],
        [(id(one), one.requires_grad, one.grad, one._version) for one in module.parameters()],
        torch.get_rng_state(),
        np.random.get_state()[1].tolist(),  # noqa: NPY002
    )


def assert_left_alone(module, before):
    """Compare the state of a module with that before."""
    import torch

    weights, *rest, rng, numpy_rng = before
    now, *rest_now, rng_now, numpy_rng_now = state_of(module)
    assert rest == rest_now
    assert torch.equal(rng, rng_now)
    assert numpy_rng == numpy_rng_now
    assert weights.keys() == now.keys()
    for name, tensor in weights.items():
        assert torch.equal(tensor, now[name])


# ------------------------------------------------------------------------------- random models


def pytorch_case(rng):
    """Return a module, and whether an import has no reason to refuse it."""
    import torch
    from torch import nn
    from torch.nn import functional

    torch.manual_seed(int(rng.integers(2**31)))
    honest = True
    shared = nn.ReLU()

    def pick(choices):
        return choices[rng.integers(len(choices))]

    def activation():
        nonlocal honest
        if rng.random() < 0.03:
            honest = False
            return pick([nn.GELU(), nn.ReLU6(), nn.Hardtanh(-30, 30), nn.Softmax(0), nn.CELU(0.5)])
        made = [nn.ReLU, nn.Tanh, nn.Sigmoid, nn.SiLU, nn.ELU, nn.SELU, nn.Mish, nn.Softplus]
        made += [nn.Softsign, nn.LeakyReLU, nn.Identity, lambda: shared]
        return pick(made)() if rng.random() < 0.9 else nn.GELU(approximate="tanh")

    def block(width, out):
        layers = [nn.Linear(width, out, bias=rng.random() < 0.8)]
        chance = rng.random()
        if chance < 0.15:
            norm = nn.BatchNorm1d(out, affine=rng.random() < 0.7)
            norm.running_mean += torch.randn(out)
            norm.running_var *= 0.3 + torch.rand(out)
            layers.append(norm)
        elif chance < 0.3 and out > 1:
            layers.append(nn.LayerNorm(out))
        layers.append(activation())
        if rng.random() < 0.3:
            layers.append(pick([nn.Dropout, nn.AlphaDropout])(0.5))
        return layers

    class Residual(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            return x + self.inner(x)

    class Both(nn.Module):
        def __init__(self, a, b):
            super().__init__()
            self.a, self.b = a, b

        def forward(self, x):
            return torch.cat([self.a(x), functional.relu(self.b(x)), x], dim=1)

    class Wrapper(nn.Module):
        def __init__(self, net, width):
            super().__init__()
            self.net = net
            self.register_buffer("mean", 3 * torch.randn(width))
            self.register_buffer("std", 0.3 + torch.rand(width))

        def forward(self, x):
            x = (x - self.mean) / self.std
            return torch.flatten(functional.silu(self.net(x)), 1)

    first = width = int(rng.integers(1, 9))
    layers = []
    for _ in range(rng.integers(1, 5)):
        chance, out = rng.random(), int(rng.integers(1, 9))
        if chance < 0.6:
            layers += block(width, out)
        elif chance < 0.75:
            layers.append(nn.Sequential(*block(width, out), *block(out, out)))
        elif chance < 0.85:
            tied = nn.Linear(width, width)
            layers += [tied, shared, tied]
            out = width
        elif chance < 0.93:
            layers.append(Residual(nn.Sequential(*block(width, width))))
            out = width
        else:
            layers.append(Both(nn.Linear(width, out), nn.Linear(width, 2)))
            out += 2 + width
        width = out
    if rng.random() < 0.3:
        layers.append(nn.Softmax(dim=-1))
    module = nn.Sequential(*layers)
    linear = [one for one in module.modules() if isinstance(one, nn.Linear)]
    chance = rng.random()
    one = pick([*module.modules()])
    if chance < 0.06:
        one.register_forward_hook(lambda module, inputs, output: output * 3)
    elif chance < 0.1:
        one.register_forward_pre_hook(lambda module, inputs: (inputs[0] - 1.5,))
    elif chance < 0.13:
        honest = False
        one.register_forward_hook(lambda module, inputs, output: output.clamp(max=1))
    elif chance < 0.16:
        honest = False
        one.register_forward_hook(lambda module, inputs, output: output + torch.rand_like(output))
    elif chance < 0.2:
        before = one.forward
        one.forward = lambda x: before(x) * 2
    elif chance < 0.26 and linear:
        normal = pick([nn.utils.parametrizations.weight_norm, nn.utils.weight_norm])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            normal(pick(linear))
    elif chance < 0.32 and linear:
        chosen = pick(linear)
        pick([nn.utils.parametrizations.spectral_norm, nn.utils.spectral_norm])(chosen)
    elif chance < 0.5:
        module = Wrapper(module, first)
    if rng.random() < 0.1:
        module = module.double()
    return module.train(bool(rng.random() < 0.5)), honest


def keras_case(keras, rng):
    """Return a model, and whether an import has no reason to refuse it."""
    layers = keras.layers
    keras.utils.set_random_seed(int(rng.integers(2**31)))
    honest = True

    def pick(choices):
        return choices[rng.integers(len(choices))]

    def activation():
        nonlocal honest
        if rng.random() < 0.03:
            honest = False
            return pick(["gelu", "relu6", "leaky_relu", "hard_sigmoid"])
        names = ["relu", "tanh", "sigmoid", "silu", "elu", "selu", "mish", "softplus", "softsign"]
        return pick([*names, None, lambda z: keras.activations.gelu(z, approximate=True)])

    def block(width):
        made = [layers.Dense(width, activation(), use_bias=rng.random() < 0.8)]
        chance = rng.random()
        if chance < 0.3:
            made = [layers.Dense(width, kernel_regularizer="l2"), layers.BatchNormalization()]
            made += [layers.ReLU()]
        elif chance < 0.45 and width > 1:
            made.append(layers.LayerNormalization())
        if rng.random() < 0.3:
            made.append(pick([layers.Dropout, layers.GaussianNoise])(0.4))
        return made

    def network(x, made):
        for one in made:
            x = one(x)
        return x

    width = int(rng.integers(1, 8))
    inputs = x = keras.Input((width,))
    begin = []
    if rng.random() < 0.2:
        begin.append(pick([layers.Rescaling(0.3, 1.0), layers.ReLU()]))
    if rng.random() < 0.5:  # a Sequential, and one in it
        made = [*begin, *block(int(rng.integers(1, 8)))]
        if rng.random() < 0.5:
            made.append(keras.Sequential(block(3) + block(2)))
        model = keras.Sequential([inputs, *made, layers.Dense(2, pick(["softmax", None, "tanh"]))])
    else:
        x = network(x, begin)
        for _ in range(rng.integers(1, 4)):
            chance, out = rng.random(), int(rng.integers(1, 8))
            if chance < 0.3:
                x = layers.Add()([x, network(x, block(x.shape[1]))])
            elif chance < 0.5:
                x = layers.Concatenate()([network(x, block(out)), x, network(x, block(2))])
            elif chance < 0.7:
                one = layers.Dense(x.shape[1], "tanh")
                x = one(one(x)) + x
            elif chance < 0.8:
                x = keras.ops.tanh(keras.Sequential(block(out))(x))
            else:
                x = network(x, block(out))
        model = keras.Model(inputs, layers.Dense(1, pick(["sigmoid", None]))(x))
    for one in model._flatten_layers():
        if isinstance(one, layers.BatchNormalization):
            shape = one.moving_mean.shape
            one.moving_mean.assign(rng.normal(size=shape))
            one.moving_variance.assign(rng.uniform(0.2, 2, size=shape))
            one.gamma.assign(rng.uniform(0.5, 2, size=shape))
    return model, honest


def sklearn_case(rng):
    """Return a fitted model; an import has no reason to refuse one."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    n_in, kind = int(rng.integers(1, 7)), rng.integers(4)
    X = rng.normal(size=(40, n_in)).astype(rng.choice(["float32", "float64"]))
    made = MLPRegressor if kind == 0 else MLPClassifier
    y = {
        0: abs(rng.normal(size=(40, rng.integers(1, 4)))).squeeze(),
        1: rng.integers(0, 2, 40),
        2: rng.choice(["a", "b", "c"], 40),
        3: rng.integers(0, 2, (40, 3)),
    }[int(kind)]
    model = made(
        hidden_layer_sizes=tuple(rng.integers(1, 9, rng.integers(1, 4)).tolist()),
        activation=str(rng.choice(["identity", "logistic", "tanh", "relu"])),
        solver=str(rng.choice(["adam", "sgd", "lbfgs"])),
        max_iter=3,
        random_state=int(rng.integers(1000)),
    )
    if made is MLPRegressor and "loss" in model.get_params() and rng.random() < 0.3:
        model.set_params(loss="poisson")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if model.solver == "lbfgs" or rng.random() < 0.5:
            return model.fit(X, y)
        options = (
            {} if made is MLPRegressor else {"classes": np.unique(y) if y.ndim < 2 else [0, 1, 2]}
        )
        return model.partial_fit(X, y, **options)


# ------------------------------------------------------------------------------ the campaign


def import_one(kind, seed, keras=None):
    """Import a random model; return "equal", or the message if it is refused, and if it may be."""
    rng = np.random.default_rng([seed, len(kind)])
    if kind == "pytorch":
        model, honest = pytorch_case(rng)
        before = state_of(model)
        case, original = (lambda: from_pytorch(model)), lambda X: pytorch_outputs(model, X)
        import torch

        if any(one.dtype == torch.float64 for one in model.parameters()):
            original = lambda X: pytorch_outputs(model, X.astype(np.float64))  # noqa: E731
    elif kind == "keras":
        model, honest = keras_case(keras, rng)
        before = model.get_weights()
        case = lambda: from_keras(model)  # noqa: E731
        original = lambda X: keras.ops.convert_to_numpy(model(X, training=False))  # noqa: E731
    else:
        model, honest = sklearn_case(rng), True
        case, original = (lambda: from_sklearn(model)), lambda X: _predicted(model, X)
    try:
        net, params = case()
    except ValueError as error:
        return str(error), honest
    finally:
        if kind == "pytorch":
            assert_left_alone(model, before)
        elif kind == "keras":
            assert all(map(np.array_equal, before, model.get_weights()))
    assert_predicts(net, params, original, rng)
    return "equal", honest


def _predicted(model, X):
    with np.errstate(over="ignore"):  # a random exponential may be infinite, here and there
        if not hasattr(model, "predict_proba"):
            return model.predict(X)
        outputs = model.predict_proba(X)
    return outputs[:, 1:] if model.n_outputs_ == 1 else outputs
