"""Models of other libraries become networks that predict the same, or are refused by name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neurona
from neurona.engine.activations import ACTIVATIONS
from neurona.export import (
    from_keras,
    from_pytorch,
    from_sklearn,
    to_keras,
    to_pytorch,
    to_sklearn,
)
from neurona.export.recognition import recognize
from tests.support.networks import by_hand, cases, image_cases, learned

# Keras, on PyTorch, makes arrays in a way that NumPy 2 would have otherwise.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")

NAMES = sorted(ACTIVATIONS)
HIDDEN = sorted({*ACTIVATIONS} - {"exp"})  # one behind the other, exp would soon be infinite

few = settings(deadline=None, derandomize=True, max_examples=30)
widths = st.integers(1, 6)


@st.composite
def networks(draw, names=HIDDEN, outputs=NAMES):
    """Draw a network with any activation in each layer, and its parameters."""
    topology = draw(st.lists(widths, min_size=2, max_size=5))
    each = [draw(st.sampled_from(names)) for _ in topology[2:]]
    each.append(draw(st.sampled_from(outputs)))
    net = neurona.network(topology, each, bias_initializer="uniform")
    return net, net.init(draw(st.integers(0, 2**32)))


def assert_equal(some, others):
    """Compare networks and parameters: the same layers, and not a digit lost."""
    (net, params), (other, other_params) = some, others
    assert net.topology == other.topology
    assert [layer.activation for layer in net.layers] == [one.activation for one in other.layers]
    for one, same in zip(params, other_params, strict=True):
        np.testing.assert_array_equal(one.W, same.W)
        np.testing.assert_array_equal(one.b, same.b)
        assert one.W.dtype == same.W.dtype


def code_of(path):
    """Run a file of Python, and return the names in it."""
    namespace = {"__name__": "model", "__file__": str(path)}
    exec(path.read_text(encoding="utf-8"), namespace)
    return namespace


def load(export, case, factory):
    """Return what the code of an export loads."""
    pytest.importorskip("safetensors")
    return code_of(export(*case, factory.getbasetemp() / export.__name__))["load"]()


def assert_as_before(imported, case, X):
    """Compare an import of an export with the network that went out."""
    (net, params), (before, before_params) = imported, case
    given, wanted = net.predict(params, X), before.predict(before_params, X)
    np.testing.assert_allclose(given, wanted, rtol=1e-4, atol=1e-5 * max(1, abs(wanted).max()))


# Recognizing


@pytest.mark.parametrize("width", [1, 2, 30, 3000])
@pytest.mark.parametrize("name", NAMES)
def test_each_activation_is_recognized(name, width):
    assert recognize(ACTIVATIONS[name], width, "it") == name


@pytest.mark.parametrize("width", [1, 7])
@pytest.mark.parametrize(
    "function",
    [
        lambda z: np.clip(z, 0, 6),
        lambda z: np.clip(z, -100, 100),
        lambda z: np.clip(z, -1e9, 1e9),
        lambda z: np.minimum(np.maximum(z, 0), 1e20),
        lambda z: np.where(z < -1e6, -1e6, np.maximum(z, 0.01 * z)),
        lambda z: np.maximum(z, 0.011 * z),
        lambda z: np.clip(z / 6 + 0.5, 0, 1),
        lambda z: z * np.clip(z / 6 + 0.5, 0, 1),
        lambda z: np.where(z > 0, z, 1.1 * np.expm1(np.minimum(z, 0))),
        lambda z: z * 1.0001,
        lambda z: z + 0.001,
        lambda z: np.tanh(z / 2),
        lambda z: z - np.tanh(z),
        lambda z: np.exp(np.minimum(z, 80)),
        lambda z: np.full_like(z, np.nan),
    ],
)
def test_strangers_are_refused(function, width):
    with pytest.raises(
        ValueError, match="it is none of neurona's activations, which are elu, exp, gelu"
    ):
        recognize(function, width, "it")


def test_a_function_that_changes_the_shape_is_not_an_activation():
    with pytest.raises(ValueError, match=r"it makes \(666,\) of \(666, 3\): an activation keeps"):
        recognize(lambda z: z.sum(axis=1), 3, "it")
    with pytest.raises(ValueError, match="it can't be applied to the layer's numbers"):
        recognize(lambda z: z @ np.eye(2), 3, "it")


# PyTorch


@pytest.fixture(scope="module")
def nn():
    return pytest.importorskip("torch").nn


@few
@given(case=networks())
def test_pytorch_there_and_back(nn, tmp_path_factory, case):
    pytest.importorskip("safetensors")
    path = to_pytorch(*case, tmp_path_factory.getbasetemp() / "pytorch")
    assert_equal(from_pytorch(code_of(path)["load"]()), case)


@few
@given(case=cases(normalizations=("batch", "layer")))
def test_normalizations_come_back_from_pytorch(nn, tmp_path_factory, case):
    *case, X = case
    assert_as_before(from_pytorch(load(to_pytorch, case, tmp_path_factory)), case, X)


@few
@given(case=image_cases())
def test_images_and_branches_come_back_from_pytorch(nn, tmp_path_factory, case):
    *case, X = case
    module = load(to_pytorch, case, tmp_path_factory)
    imported = from_pytorch(module, in_shape=case[0].in_shape)
    assert_as_before(imported, case, X)


def test_layers_stand_anywhere_and_come_back_from_pytorch(nn, tmp_path_factory):
    net, rng = by_hand(), np.random.default_rng(0)
    case, X = (net, learned(net, rng)), rng.normal(size=(9, 3))
    assert_as_before(from_pytorch(load(to_pytorch, case, tmp_path_factory)), case, X)


def test_a_sequential_of_pytorch(nn):
    import torch

    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Flatten(),
        nn.Sequential(nn.Linear(3, 5, bias=False), nn.Dropout(0.9), nn.Hardshrink(0.0)),
        nn.Sequential(nn.SiLU(), nn.Linear(5, 4), nn.Linear(4, 2, dtype=None)),
        nn.Softmax(dim=1),
    )
    net, params = from_pytorch(module)
    assert module[1][1].training  # it is left as it was
    assert [layer.activation.name for layer in net.layers] == ["silu", "linear", "softmax"]
    X = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
    with torch.no_grad():
        wanted = module.eval()(torch.from_numpy(X)).numpy()
    np.testing.assert_allclose(net.predict(params, X), wanted, rtol=1e-5, atol=1e-6)
    before = params[0].W.copy()
    with torch.no_grad():
        module[1][0].weight += 1
    np.testing.assert_array_equal(params[0].W, before)  # a copy


def test_a_layer_of_pytorch_alone_and_one_of_other_numbers(nn):
    import torch

    for dtype in (torch.float64, torch.bfloat16):
        net, params = from_pytorch(nn.Linear(2, 3, dtype=dtype))
        assert net.topology == (2, 3)
        assert {array.dtype for array in params[0]} == {np.dtype(np.float32)}


class TestWhatPyTorchHas:
    @pytest.mark.parametrize(
        ("build", "message"),
        [
            (lambda nn: [nn.Conv2d(1, 2, 3)], "Sequential takes images: give in_shape"),
            (lambda nn: [nn.Linear(2, 3), nn.PReLU()], "1 PReLU.* is none of .*; nor is it one of"),
            (lambda nn: [nn.LSTM(2, 3)], "takes series or texts, for it has a LSTM: give in_shape"),
            (
                lambda nn: [nn.Linear(2, 3), nn.GELU()],
                r"1 GELU\(approximate='none'\) is none of .* gelu \(the approximation by tanh\)",
            ),
            (lambda nn: [nn.Linear(2, 3), nn.ReLU6()], "1 ReLU6.* is none of neurona's"),
            (lambda nn: [nn.Linear(2, 3), nn.Hardtanh(-1e9, 1e9)], "1 Hardtanh.* is none of"),
            (lambda nn: [nn.Linear(2, 3), nn.Softmax(dim=0)], "is none of neurona's"),
            (lambda nn: [nn.Linear(2, 3), nn.LogSoftmax(dim=1)], "is none of neurona's"),
            (lambda nn: [nn.Linear(2, 4), nn.GLU()], r"1 GLU\(dim=-1\) makes .* keeps the shape"),
            (
                lambda nn: [nn.Linear(2, 3), nn.BatchNorm1d(3, track_running_stats=False)],
                "1 BatchNorm1d.* takes its statistics from the batch",
            ),
            (lambda nn: [nn.Linear(2, 3), nn.Linear(4, 1)], r"can't be run on rows.*3x3 and 4x1"),
            (lambda nn: [], "Sequential has no layer with weights"),
            (lambda nn: [nn.ReLU()], "Sequential has no layer with weights"),
            (lambda nn: [nn.LazyLinear(3)], "0.weight of Sequential has no weights yet"),
            (lambda nn: [nn.Linear(2, 3, device="meta")], "'meta', which holds no numbers"),
            (lambda nn: [nn.Embedding(4, 3)], r"give in_shape.* or \(steps,\) for an Embedding"),
            (lambda nn: [nn.Flatten(0), nn.Linear(6, 3)], "can't be run on rows of numbers"),
        ],
    )
    def test_and_neurona_has_not(self, nn, build, message):
        with pytest.raises(ValueError, match=message):
            from_pytorch(nn.Sequential(*build(nn)))

    def test_and_is_no_module(self, nn):
        with pytest.raises(ValueError, match=r"list is not a module of PyTorch: give a nn\.Module"):
            from_pytorch([nn.Linear(2, 2)])

    def test_and_is_not_finite(self, nn):
        import torch

        module = nn.Linear(2, 2)
        with torch.no_grad():
            module.weight[0, 1] = float("nan")
        with pytest.raises(ValueError, match="has weights that are not finite"):
            from_pytorch(module)

    def test_and_float32_has_not(self, nn):
        import torch

        module = nn.Linear(2, 2).double()
        with torch.no_grad():
            module.weight[0, 1] = 1e60
        with pytest.raises(ValueError, match=r"a weight of size 1e\+60, too large for float32"):
            from_pytorch(module)
        with pytest.raises(ValueError, match="weight of Linear is complex"):
            from_pytorch(nn.Linear(2, 2, dtype=torch.complex64))


# Keras


@few
@given(case=networks())
def test_keras_there_and_back(keras, tmp_path_factory, case):
    pytest.importorskip("safetensors")
    path = to_keras(*case, tmp_path_factory.getbasetemp() / "keras")
    assert_equal(from_keras(code_of(path)["load"]()), case)


@few
@given(case=cases(normalizations=("batch", "layer")))
def test_normalizations_come_back_from_keras(keras, tmp_path_factory, case):
    *case, X = case
    assert_as_before(from_keras(load(to_keras, case, tmp_path_factory)), case, X)


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis")  # of one channel
@few
@given(case=image_cases())
def test_images_and_branches_come_back_from_keras(keras, tmp_path_factory, case):
    *case, X = case
    assert_as_before(from_keras(load(to_keras, case, tmp_path_factory)), case, X)


def test_layers_stand_anywhere_and_come_back_from_keras(keras, tmp_path_factory):
    net, rng = by_hand(), np.random.default_rng(0)
    case, X = (net, learned(net, rng)), rng.normal(size=(9, 3))
    assert_as_before(from_keras(load(to_keras, case, tmp_path_factory)), case, X)


def test_a_sequential_of_keras(keras):
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4, 2)),
            layers.Flatten(),
            keras.Sequential([layers.Dense(5, use_bias=False), layers.Dropout(0.9)]),
            layers.LeakyReLU(negative_slope=0.01),
            layers.Dense(4, "swish"),
            layers.Dense(3, lambda z: keras.activations.gelu(z, approximate=True)),
            layers.Dense(2),
            layers.Activation("softmax"),
        ]
    )
    net, params = from_keras(model)
    names = [layer.activation.name for layer in net.layers]
    assert names == ["leaky_relu", "silu", "gelu", "softmax"]
    X = np.random.default_rng(0).normal(size=(7, 4, 2)).astype(np.float32)
    wanted = keras.ops.convert_to_numpy(model(X, training=False))
    answers = net.predict(params, X.reshape(7, 8))
    np.testing.assert_allclose(answers, wanted, rtol=1e-5, atol=1e-6)


class TestWhatKerasHas:
    @pytest.mark.parametrize(
        ("build", "message"),
        [
            (
                lambda k: [k.layers.Dense(3, "gelu")],
                r"the activation of dense\w* \(Dense\) is none",
            ),
            (lambda k: [k.layers.Dense(3, "leaky_relu")], r"leaky_relu \(slope 0\.01\)"),
            (lambda k: [k.layers.Dense(3), k.layers.ReLU(6.0)], r"\(ReLU\) is none of neurona's"),
            (lambda k: [k.layers.Dense(3), k.layers.PReLU("ones"), k.layers.ReLU(6.0)], "is none"),
            (lambda k: [k.layers.Dense(3), k.layers.UnitNormalization()], r"\(UnitNorm.*nor is it"),
            (
                lambda k: [k.layers.EinsumDense("ab,bc->ac", 3)],
                r"\(EinsumDense\) makes .*, which a",
            ),
            (lambda k: [k.layers.Dropout(0.1)], "the model has no layer with weights"),
        ],
    )
    def test_and_neurona_has_not(self, keras, build, message):
        with pytest.raises(ValueError, match=message):
            from_keras(keras.Sequential([keras.Input((2,)), *build(keras)]))

    def test_and_has_no_rows_or_no_weights(self, keras):
        Dense, add = keras.layers.Dense, keras.layers.Add()
        x, y = keras.Input((2,)), keras.Input((2,))
        with pytest.raises(ValueError, match="has 2 inputs and 1 outputs"):
            from_keras(keras.Model([x, y], Dense(3)(add([x, y]))))
        with pytest.raises(
            ValueError, match=r"multiply .* puts branches together: neurona has Add"
        ):
            from_keras(keras.Model(x, keras.layers.Multiply()([Dense(3)(x), Dense(3)(x)])))
        with pytest.raises(ValueError, match="has no weights yet: let it predict once"):
            from_keras(keras.Sequential([Dense(3)]))
        net, _ = from_keras(keras.Sequential([keras.Input((5, 2)), Dense(3)]))
        assert [type(one) for one in net.layers] == [neurona.Conv1D]  # at each step
        with pytest.raises(ValueError, match=r"\(None, 2\): give it an Input of fixed size, or in"):
            from_keras(keras.Sequential([keras.Input((None, 2)), Dense(3)]))
        with pytest.raises(ValueError, match=r"int is not a model of Keras: give a keras\.Seq"):
            from_keras(3)

    def test_and_is_quantized(self, keras):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        model.layers[0].quantize("int8")
        with pytest.raises(ValueError, match="is quantized: neurona's weights are float32"):
            from_keras(model)

    def test_and_computes_otherwise(self, keras):
        class Twice(keras.layers.Dense):
            def call(self, inputs, training=None):
                return 2 * super().call(inputs, training)

        class Residual(keras.Sequential):
            def call(self, inputs, training=None, mask=None):
                return inputs + super().call(inputs, training, mask)

        with pytest.raises(ValueError, match=r"\(Twice\) is none of"):
            from_keras(keras.Sequential([keras.Input((2,)), Twice(2)]))
        model = Residual([keras.Input((2,)), keras.layers.Dense(2)])
        with pytest.raises(ValueError, match="Residual computes in a call of its own"):
            from_keras(model)
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
        dense = model.layers[0]
        before = dense.call
        dense.call = lambda inputs, training=None: 2 * before(inputs)
        with pytest.raises(ValueError, match=r"\(Dense\) is none of"):
            from_keras(model)


# scikit-learn


@few
@given(case=networks(["relu"], ["linear", "sigmoid"]))
def test_sklearn_there_and_back(case):
    pytest.importorskip("sklearn")
    assert_equal(from_sklearn(to_sklearn(*case)), case)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_classifier_of_sklearn(activation, n_classes):
    sklearn = pytest.importorskip("sklearn.neural_network")
    X, y = neurona.datasets.blobs(n=150, classes=n_classes, rng=0)
    names = np.array(["red", "green", "blue"])[y]
    mlp = sklearn.MLPClassifier(
        hidden_layer_sizes=(6, 5), activation=activation, solver="lbfgs", random_state=0
    ).fit(X, names)
    net, params = from_sklearn(mlp)
    wanted = mlp.predict_proba(X)
    answers = net.predict(params, X)
    assert answers.dtype == np.float64
    np.testing.assert_allclose(answers, wanted if n_classes > 2 else wanted[:, 1:], atol=1e-12)
    assert_equal(from_sklearn(mlp), (net, params))
    mlp.coefs_[0][...] = 0
    assert params[0].W.any()  # a copy


@pytest.mark.parametrize("n_out", [1, 3])
def test_a_regressor_of_sklearn(n_out):
    sklearn = pytest.importorskip("sklearn.neural_network")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 3))
    y = X @ rng.normal(size=(3, n_out))
    mlp = sklearn.MLPRegressor(solver="lbfgs", max_iter=2000, tol=1e-3, random_state=0)
    mlp.fit(X, y if n_out > 1 else y[:, 0])
    net, params = from_sklearn(mlp)
    np.testing.assert_allclose(
        net.predict(params, X), mlp.predict(X).reshape(50, n_out), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("n_out", [1, 3])
def test_a_poisson_regressor_of_sklearn(n_out):
    sklearn = pytest.importorskip("sklearn.neural_network")
    if "loss" not in sklearn.MLPRegressor().get_params():
        pytest.skip("before 1.7 there is none")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 3))
    y = rng.poisson(np.exp(X @ rng.normal(size=(3, n_out)) / 2))
    mlp = sklearn.MLPRegressor(
        loss="poisson", solver="lbfgs", max_iter=2000, tol=1e-3, random_state=0
    )
    mlp.fit(X, y if n_out > 1 else y[:, 0])
    net, params = from_sklearn(mlp)
    assert net.output.name == "exp"
    np.testing.assert_allclose(net.predict(params, X), mlp.predict(X).reshape(50, n_out), rtol=1e-9)
    assert_equal(from_sklearn(to_sklearn(net, params)), (net, params))


def test_what_sklearn_has_and_neurona_has_not():
    pytest.importorskip("sklearn")
    from sklearn.linear_model import LinearRegression
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline

    with pytest.raises(
        ValueError, match="LinearRegression is not an MLPClassifier or MLPRegressor"
    ):
        from_sklearn(LinearRegression())
    with pytest.raises(ValueError, match="of a Pipeline, give the step that is one"):
        from_sklearn(make_pipeline(MLPRegressor()))
    with pytest.raises(
        ValueError, match=r"MLPRegressor\(\) has not been fitted: call its fit first"
    ):
        from_sklearn(MLPRegressor())
    mlp = MLPRegressor(solver="lbfgs", random_state=0).fit([[0.0], [1.0]], [1.0, 2.0])
    mlp.out_activation_ = "cube"
    with pytest.raises(ValueError, match="the model's output is cube, which neurona does not have"):
        from_sklearn(mlp)
