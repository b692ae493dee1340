"""Foreign models of every kind: an import predicts as the original, which it leaves as it was."""

from __future__ import annotations

import re
from collections import Counter
from importlib import import_module

import numpy as np
import pytest

import neurona
from neurona.export import from_keras, from_pytorch, from_sklearn
from neurona.export.comparison import confirmed
from tests.support.foreign import (
    assert_left_alone,
    assert_predicts,
    import_one,
    pytorch_outputs,
    state_of,
)

torch = pytest.importorskip("torch")
nn, functional = torch.nn, torch.nn.functional
# Keras, on PyTorch, makes arrays in a way that NumPy 2 would have otherwise.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")

RELU = nn.ReLU()
REFUSED = r"is none of|puts branches|predicts something else|another output each time|does not see"


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def imported(module, **options):
    """Import a module, and check that it predicts as the module, which is as it was."""
    before = state_of(module)
    net, params = from_pytorch(module, **options)
    assert_left_alone(module, before)
    rng = np.random.default_rng(1)
    dtype = next(module.parameters()).dtype
    in_shape = options.get("in_shape")
    assert_predicts(
        net, params,
        lambda X: pytorch_outputs(module, X.astype(str(dtype).removeprefix("torch."))),
        rng, in_shape,
    )  # fmt: skip
    return net


def names(net):
    return [layer.activation.name for layer in net.layers]


# PyTorch: whatever changes a call


def test_a_module_that_stands_twice():
    net = imported(nn.Sequential(nn.Linear(4, 8), RELU, nn.Linear(8, 8), RELU, nn.Linear(8, 1)))
    assert names(net) == ["relu", "relu", "linear"]
    tied = nn.Linear(4, 4)
    assert imported(nn.Sequential(tied, RELU, tied, RELU)).topology == (4, 4, 4)
    block = nn.Sequential(tied, nn.Tanh())
    assert imported(nn.Sequential(block, block, nn.Sequential(block))).topology == (4, 4, 4, 4)


def hooked(register, hook, where=0):
    module = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    one = module if where is None else module[where]
    getattr(one, register)(hook)
    return module


@pytest.mark.parametrize("where", [None, 0, 1, 2])
@pytest.mark.parametrize(
    ("register", "hook"),
    [
        ("register_forward_hook", lambda module, inputs, output: output * 5),
        ("register_forward_hook", lambda module, inputs, output: None),
        ("register_forward_pre_hook", lambda module, inputs: (inputs[0] * 2 - 1,)),
        ("register_forward_pre_hook", lambda module, inputs: (torch.relu(inputs[0]),)),
    ],
)
def test_a_hook_is_part_of_the_function(register, hook, where):
    imported(hooked(register, hook, where))


@pytest.mark.parametrize("where", [None, 0, 1])
@pytest.mark.parametrize(
    "hook",
    [
        lambda module, inputs, output: output.clamp(max=3),
        lambda module, inputs, output: output.clamp(max=1e12),
        lambda module, inputs, output: output + torch.rand_like(output),
        lambda module, inputs, output: output / output.abs().max(),
        lambda module, inputs, output: output - output.mean(dim=0),
        lambda module, inputs, output: output * (0 if output.abs().max() > 200 else 1),
        lambda module, inputs, output: torch.from_numpy(np.sin(output.numpy())),
    ],
)
def test_a_hook_that_neurona_has_not_is_refused(hook, where):
    module = hooked("register_forward_hook", hook, where)
    before = state_of(module)
    with pytest.raises(ValueError, match=REFUSED):
        from_pytorch(module)
    assert_left_alone(module, before)


def test_a_global_hook_and_a_forward_of_an_instance():
    module = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    handle = nn.modules.module.register_module_forward_hook(
        lambda module, inputs, output: output * 2 if isinstance(module, nn.ReLU) else None
    )
    try:
        imported(module)
    finally:
        handle.remove()
    before = module[0].forward
    module[0].forward = lambda z: before(z) * 2
    imported(module)
    module.forward = lambda x: torch.tanh(nn.Sequential.forward(module, x))
    assert names(imported(module)) == ["relu", "tanh"]


@pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm` is deprecated")
@pytest.mark.parametrize(
    "normal",
    [
        nn.utils.weight_norm,
        nn.utils.spectral_norm,
        nn.utils.parametrizations.weight_norm,
        nn.utils.parametrizations.spectral_norm,
        nn.utils.parametrizations.orthogonal,
    ],
)
def test_a_norm_of_weights_after_a_step(normal):
    module = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    normal(module[0])
    optimizer = torch.optim.SGD(module.parameters(), 1.0)
    module(torch.randn(5, 4)).square().sum().backward()
    optimizer.step()
    imported(module)


def test_a_subclass_computes_what_it_computes():
    class Residual(nn.Sequential):
        def forward(self, x):
            return x + super().forward(x)

    class Twice(nn.Linear):
        def forward(self, x):
            return 2 * super().forward(x)

    assert type(imported(Residual(nn.Linear(2, 2), RELU)).layers[0]) is neurona.Add
    assert imported(nn.Sequential(Twice(2, 2))).topology == (2, 2)


class Wrapped(nn.Module):
    """A network as people write it: functions, buffers and a dropout in its forward."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU())
        self.skip, self.last = nn.Linear(8, 8), nn.Linear(16, 1)
        self.register_buffer("mean", torch.tensor([0.0, 1e3, -5, 1]))
        self.register_buffer("std", torch.tensor([1.0, 50, 0.1, 3]))
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        x = self.net((x - self.mean) / self.std)
        y = functional.dropout(functional.silu(self.skip(x)), 0.5, self.training)
        both = torch.cat([x + y, y * torch.sigmoid(y)], dim=-1)
        return self.last(both.view(x.size(0), -1)).squeeze(-1)


def test_a_module_with_a_forward_of_its_own():
    module = Wrapped()
    for _ in range(3):
        module(torch.randn(20, 4) * 10)
    net = imported(module)
    assert module.training
    assert module.calls == 3 + 3  # those of the comparison in this test
    assert net.in_shape == (4,)


class Between(nn.Module):
    """A function between two layers, and a list that grows with each call."""

    def __init__(self, function):
        super().__init__()
        self.first, self.last, self.function = nn.Linear(4, 6), nn.Linear(6, 3), function
        self.seen = []

    def forward(self, x):
        self.seen.append(x)
        return self.last(self.function(self.first(x)))


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: x.clamp(min=0), "relu"),
        (torch.relu_, "relu"),
        (lambda x: torch.maximum(x, torch.zeros_like(x)), "relu"),
        (lambda x: x * (x > 0), "relu"),
        (lambda x: torch.where(x > 0, x, 0.01 * x), "leaky_relu"),
        (lambda x: x * torch.sigmoid(x), "silu"),
        (lambda x: 2 * torch.sigmoid(2 * x) - 1, "tanh"),
        (lambda x: torch.logaddexp(x, torch.zeros_like(x)), "softplus"),
        (lambda x: x.T.T.unsqueeze(1).squeeze(1).contiguous(), "linear"),
        (lambda x: x[:, [1, 0, 2, 3, 4, 5]], "linear"),
        (lambda x: 1 - x / torch.arange(1, 7), "linear"),
        (lambda x: torch.cat(x.chunk(2, dim=1)[::-1], dim=1), "linear"),
    ],
)
def test_a_function_between_layers_is_recognized(function, name):
    module = Between(function)
    assert names(imported(module)) == [name, "linear"]
    assert len(module.seen) == 3  # those of the comparison in this test


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x - x.mean(dim=1, keepdim=True),
        lambda x: x.sort(dim=1)[0],
        lambda x: (x * 1e4).round() / 1e4,
        lambda x: torch.where(x.abs() > 1e4, 0, x),
        functional.dropout,
        lambda x: (x.__setitem__((slice(None), 0), 0), x)[1],
        lambda x: x.half().float(),
    ],
)
def test_a_function_that_neurona_has_not_is_refused(function):
    with pytest.raises(ValueError, match=REFUSED + "|keeps the shape|changed in place"):
        from_pytorch(Between(function))


def test_pruned_weights_and_a_low_rank_step():
    module = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    import_module("torch.nn.utils.prune").l1_unstructured(module[0], "weight", 5)
    imported(module)

    class LowRank(nn.Module):
        def __init__(self):
            super().__init__()
            self.base, self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 2), nn.Linear(2, 4)

        def forward(self, x):
            return self.base(x) + 0.5 * self.b(self.a(x))

    imported(nn.Sequential(LowRank(), RELU, LowRank()))


def test_in_shape_is_a_shape():
    for given in ("abc", 0, (), (3, -1), 2.5):
        with pytest.raises(ValueError, match=r"in_shape is .*: give the shape of one example"):
            from_pytorch(nn.Linear(4, 2), in_shape=given)
    with pytest.raises(ValueError, match="Linear can't be run on examples of 3: mat1 and mat2"):
        from_pytorch(nn.Linear(4, 2), in_shape=3)


@pytest.mark.parametrize("training", [True, False])
def test_a_batch_normalization_and_a_dropout_in_either_mode(training):
    module = nn.Sequential(
        nn.BatchNorm1d(3), nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Dropout(0.5), nn.ELU(),
        nn.LayerNorm(5), nn.Mish(), nn.Linear(5, 2), nn.BatchNorm1d(2, affine=False),
    )  # fmt: skip
    module(torch.randn(50, 3) * 4 + 1)
    net = imported(module.train(training))
    kinds = [type(layer).__name__ for layer in net.layers]
    assert kinds[:4] == ["BatchNormalization", "Dense", "BatchNormalization", "LayerNormalization"]


def test_images_have_the_channels_first():
    module = nn.Sequential(
        nn.Conv2d(2, 4, (3, 2)), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 3, 1, bias=False), nn.Flatten(), nn.LayerNorm(18), nn.Linear(18, 2),
        nn.Softmax(dim=1),
    )  # fmt: skip
    module(torch.randn(5, 2, 6, 7))
    module.eval()
    with pytest.raises(ValueError, match=r"takes images: give in_shape.*\(channels, height, width"):
        from_pytorch(module)
    net, params = from_pytorch(module, in_shape=(2, 6, 7))
    assert net.in_shape == (6, 7, 2)
    X = np.random.default_rng(0).normal(size=(5, 6, 7, 2)).astype(np.float32)
    wanted = pytorch_outputs(module, X.transpose(0, 3, 1, 2).copy())
    np.testing.assert_allclose(net.predict(params, X), wanted, rtol=1e-4, atol=1e-6)


def test_what_leaves_the_order_of_neurona_is_refused():
    turned = nn.Sequential(nn.Conv2d(2, 3, 1), nn.Flatten())
    with pytest.raises(ValueError, match=r"1 Flatten.* has its numbers in an order that neurona"):
        from_pytorch(turned, in_shape=(2, 4, 4))

    class Turned(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(2, 3, 1)

        def forward(self, x):
            y = self.conv(x)
            return y + y.transpose(2, 3)

    with pytest.raises(ValueError, match="adds up numbers in different orders"):
        from_pytorch(Turned(), in_shape=(2, 4, 4))


def test_weights_by_a_product():
    class Product(nn.Module):
        def __init__(self):
            super().__init__()
            self.W, self.b = nn.Parameter(torch.randn(4, 3)), nn.Parameter(torch.randn(3))

        def forward(self, x):
            return torch.sigmoid(x @ self.W + self.b)

    assert imported(Product()).topology == (4, 3)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_other_types_of_numbers(dtype):
    module = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3)).to(dtype)
    _, params = from_pytorch(module)
    assert {array.dtype for one in params for array in one} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(params[0].W, module[0].weight.detach().float().numpy().T)


def test_a_module_that_fills_what_is_missing_is_refused():
    module = nn.Sequential(nn.Linear(4, 3), nn.Tanh())
    module.register_forward_pre_hook(lambda module, inputs: (torch.nan_to_num(inputs[0]),))
    with pytest.raises(ValueError, match="predicts numbers where its input is NaN"):
        from_pytorch(module)


def test_weights_that_are_too_large_together():
    module = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)).double()
    with torch.no_grad():
        for one in module:
            one.weight *= 1e30
    with pytest.raises(ValueError, match=r"finite numbers where float32, .*, has none"):
        from_pytorch(module)


def test_outputs_that_are_nowhere_finite():
    module = nn.Linear(4, 3)
    with torch.no_grad():
        module.weight[:], module.bias[:] = 3e38, 2e38
    with pytest.raises(ValueError, match="Linear gives no finite numbers for random inputs"):
        from_pytorch(module)


# The comparison


def test_what_an_import_does_not_see_is_refused_by_the_comparison():
    class Secret(nn.Module):
        """It looks at a batch before it decides, which a single reading does not see."""

        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(3, 2)

        def forward(self, x):
            y = self.linear(x)
            return torch.relu(y) if len(x) == 1 else y

    with pytest.raises(ValueError, match="the import predicts something else than Secret"):
        from_pytorch(Secret())


def test_an_original_that_differs_each_time_is_named():
    net = neurona.network([2, 3, 1], "tanh")
    params = net.init(0, np.float64)
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="the model gives another output each time"):
        confirmed(net, params, lambda X: net.predict(params, X) + rng.normal(), "the model")


@pytest.mark.parametrize("factor", [1 + 1e-4, 0.5, -1, np.nan])
@pytest.mark.parametrize("size", [1e-2, 1e3])
def test_a_difference_is_seen_at_small_and_large_inputs(factor, size):
    net = neurona.network([3, 4, 2], "relu", output="linear")
    params = net.init(0, np.float64)

    def original(X):
        large = abs(X).max(axis=1, keepdims=True) > 100
        return net.predict(params, X) * np.where(large == (size > 100), factor, 1)

    with pytest.raises(ValueError, match="predicts something else"):
        confirmed(net, params, original, "the model")


def test_a_model_of_sklearn_with_a_prediction_of_its_own_is_refused():
    sklearn = pytest.importorskip("sklearn.neural_network")

    class Rounded(sklearn.MLPRegressor):
        def predict(self, X):
            return super().predict(X).round(1)

    X = np.random.default_rng(0).normal(size=(30, 2))
    model = Rounded(hidden_layer_sizes=(4,), solver="lbfgs", random_state=0).fit(X, X[:, 0])
    with pytest.raises(ValueError, match="predicts something else than Rounded"):
        from_sklearn(model)


# Keras


def test_a_functional_model_with_shared_layers(keras):
    layers = keras.layers
    keras.utils.set_random_seed(0)
    x = keras.Input((4,))
    shared, inner = layers.Dense(4, "relu"), keras.Sequential([layers.Dense(3), layers.Dense(4)])
    y = shared(x) + shared(shared(x))
    z = layers.Concatenate()([layers.Add()([y, inner(x)]), x])
    z = keras.ops.silu(inner(layers.Dense(4)(z)))
    model = keras.Model(x, layers.Dense(2, "softmax")(layers.Dropout(0.5)(z)))
    before = model.get_weights()
    net, params = from_keras(model)
    assert all(map(np.array_equal, before, model.get_weights()))
    rng = np.random.default_rng(1)
    assert_predicts(
        net, params, lambda X: keras.ops.convert_to_numpy(model(X, training=False)), rng
    )


def test_what_keras_does_before_the_first_layer(keras):
    layers = keras.layers
    keras.utils.set_random_seed(0)
    normal = layers.Normalization()
    rng = np.random.default_rng(0)
    normal.adapt(rng.normal([0, 1e3, -5], [1, 50, 0.1], (200, 3)))
    for first in (normal, layers.Rescaling(0.5, 1.0), layers.ReLU()):
        model = keras.Sequential([keras.Input((3,)), first, layers.Dense(4, "tanh")])
        net, params = from_keras(model)
        assert_predicts(net, params, lambda X, model=model: model(X).detach().numpy(), rng)
    pixels = keras.Sequential(
        [
            keras.Input((30,)), layers.Reshape((3, 5, 2)), layers.Rescaling(1 / 255),
            layers.Conv2D(4, 2, activation="relu"), layers.BatchNormalization(),
            layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(2),
        ]
    )  # fmt: skip
    net, params = from_keras(pixels)
    assert net.in_shape == (3, 5, 2)
    assert_predicts(net, params, lambda X: pixels(X).detach().numpy(), rng, (30,))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda k: k.BatchNormalization(axis=2), "BatchNormalization is along the last axis"),
        (lambda k: k.LayerNormalization(axis=(1, 2)), "LayerNormalization is over the last axis"),
        (lambda k: k.GroupNormalization(2), r"\(GroupNormalization\): .* Train with one of these"),
        (lambda k: k.Conv2DTranspose(2, 3, 2), r"\(Conv2DTranspose\): .* To enlarge images, train"),
        (lambda k: k.Conv2DTranspose(2, 2, padding="same"), "for odd sizes of the kernel alone"),
        (lambda k: k.Conv2DTranspose(2, 3, output_padding=0), "no output_padding: leave it out"),
        (lambda k: k.UpSampling2D(interpolation="bilinear"), "give interpolation='nearest'"),
        (lambda k: k.RMSNormalization(), "nor is it one of the layers"),
    ],
)
def test_a_layer_of_keras_that_neurona_has_not_is_refused(keras, build, message):
    model = keras.Sequential([keras.Input((6, 6, 2)), build(keras.layers)])
    with pytest.raises(ValueError, match=message):
        from_keras(model)


@pytest.mark.parametrize("given", [{}, {"center": False}, {"scale": False, "center": False}])
def test_normalizations_of_keras_without_scale_or_center(keras, given):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((3,)), layers.Dense(4), layers.LayerNormalization(**given),
            layers.Dense(4, use_bias=False), layers.BatchNormalization(**given),
        ]
    )  # fmt: skip
    net, params = from_keras(model)
    rng = np.random.default_rng(0)
    assert_predicts(net, params, lambda X: model(X).detach().numpy(), rng)


def test_examples_that_keras_mixes_are_refused(keras):
    x = keras.Input((4,))
    for mixed in (keras.ops.reshape(x, (-1, 2)), keras.ops.concatenate([x, x], axis=0)):
        model = keras.Model(x, keras.layers.Dense(2)(mixed))
        with pytest.raises(ValueError, match=r"mixes the examples|puts examples together"):
            from_keras(model)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_scripted_module_is_left_in_its_mode():
    module = torch.jit.script(nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5))).train()
    with pytest.raises(ValueError, match="RecursiveScriptModule"):
        from_pytorch(module)
    assert [one.training for one in module.modules()] == [True] * 3


def test_a_call_that_uses_layers_of_keras_is_read(keras):
    """A custom layer within a model, and a model that is a subclass."""
    layers, rng = keras.layers, np.random.default_rng(0)

    class Block(layers.Layer):
        def __init__(self):
            super().__init__()
            self.attend, self.norm = layers.MultiHeadAttention(2, 3), layers.LayerNormalization()
            self.inner = keras.Sequential([layers.Dense(8, "relu"), layers.Dense(4)])
            self.drop = layers.Dropout(0.5)

        def call(self, x, training=False):
            x = self.norm(x + self.drop(self.attend(x, x), training=training))
            return x + self.inner(x)

    class Tagger(keras.Model):
        def __init__(self):
            super().__init__()
            self.words, self.places = layers.Embedding(9, 4), layers.Embedding(6, 4)
            self.block, self.last = Block(), layers.Dense(3, "softmax")

        def call(self, x):
            x = self.words(x) + self.places(keras.ops.arange(6))
            return self.last(self.block(x))

    model, X = Tagger(), rng.integers(9, size=(5, 6)).astype(np.float32)
    wanted = keras.ops.convert_to_numpy(model(X, training=False))
    net, params = from_keras(model, in_shape=6)
    np.testing.assert_allclose(net.predict(params, X), wanted, atol=1e-5)
    inputs = keras.Input((6,))
    within = keras.Model(inputs, model.block(layers.Embedding(9, 4)(inputs)))
    net, params = from_keras(within)
    wanted = keras.ops.convert_to_numpy(within(X, training=False))
    np.testing.assert_allclose(net.predict(params, X), wanted, atol=1e-5)


def test_a_call_that_uses_another_library_is_refused(keras):
    class Raw(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(3)

        def call(self, x):
            return torch.sin(self.dense(x)) if keras.backend.backend() == "torch" else x[0]

    model = Raw()
    model(np.zeros((1, 4), np.float32))
    with pytest.raises(ValueError, match=r"Raw computes in a call of its own.* in_shape, if it"):
        from_keras(model, in_shape=4)


def test_a_model_of_keras_is_left_as_it_was(keras):
    class Counts(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.calls = self.add_weight(initializer="zeros", trainable=False)

        def call(self, x):
            self.calls.assign(self.calls + 1)
            return x

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), Counts()])
    before = float(model.layers[1].calls.numpy())
    assert from_keras(model)[0].topology == (3, 2)
    assert float(model.layers[1].calls.numpy()) == before


# A thousand random ones


@pytest.mark.parametrize("kind", ["pytorch", "keras", "sklearn"])
@pytest.mark.parametrize(
    "seeds", [range(10), pytest.param(range(10, 1000), marks=pytest.mark.long)]
)
def test_random_models_are_imported_or_refused_with_a_reason(kind, seeds, request):
    """An import that is not the original fails; one that is refused has a reason to be."""
    pytest.importorskip({"pytorch": "torch"}.get(kind, kind))
    keras = request.getfixturevalue("keras") if kind == "keras" else None
    found = Counter()
    for seed in seeds:
        outcome, honest = import_one(kind, seed, keras)
        found[outcome == "equal"] += 1
        assert outcome == "equal" or not honest, (seed, outcome)
        assert outcome == "equal" or re.search(REFUSED, outcome), (seed, outcome)
    assert found[True] > 0.8 * len(seeds)
