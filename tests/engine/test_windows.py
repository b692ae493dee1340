"""Convolutions, poolings and what goes with them: against PyTorch, and by finite differences."""

from itertools import product

import jax
import numpy as np
import pytest

import neurona
from neurona.engine.gradcheck import numerical_gradient
from neurona.engine.layers import (
    Activate,
    AveragePool1D,
    AveragePool2D,
    BatchNormalization,
    Conv1D,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePool1D,
    GlobalAveragePool2D,
    GlobalMaxPool1D,
    GlobalMaxPool2D,
    LayerNormalization,
    Masked,
    MaxPool1D,
    MaxPool2D,
    Nothing,
    Reshape,
    Train,
    Upsample2D,
)
from neurona.engine.network import Network
from neurona.engine.parameters import arrays, flatten, stacked, unflatten
from tests.support.layers import anywhere


def convolutions():
    """Yield convolutions and images: kernels x strides x paddings x dilations x groups."""
    rng = np.random.default_rng(0)
    cases = product(
        [1, 2, (3, 2), (1, 4)], [1, 2, (3, 1)], ["valid", "same", 1, (0, 2)], [1, 2, (1, 3)], [1, 2]
    )
    for size, stride, padding, dilation, groups in cases:
        layer = Conv2D(4, size, stride=stride, padding=padding, dilation=dilation, groups=groups)
        shape = (*rng.integers(5, 9, 2).tolist(), 2)
        if min(layer.windows.places(shape[:2])) > 0:
            yield layer, shape


def poolings():
    """Yield poolings and images, with windows that overlap, that leave gaps, and remainders."""
    for kind, size, stride, padding in product(
        [MaxPool2D, AveragePool2D],
        [1, 2, 3, (3, 2)],
        [None, 1, 2, (3, 1)],
        ["valid", "same", 1],
    ):
        if size != 1 or padding != 1:
            yield kind(size, stride, padding), (7, 6, 2)


def series():
    """Yield layers of series."""
    for stride, padding, dilation in product([1, 2], ["valid", "same", "causal", 1], [1, 2]):
        yield Conv1D(4, 3, stride=stride, padding=padding, dilation=dilation, groups=2), (7, 4)
    for kind, size, stride, padding in product(
        [MaxPool1D, AveragePool1D], [2, 3], [None, 1], ["valid", "same", 1]
    ):
        yield kind(size, stride, padding), (7, 2)


def others():
    for kind in (GlobalAveragePool2D, GlobalMaxPool2D):
        yield kind(), (4, 3, 2)
    for kind, mask in product((GlobalAveragePool1D, GlobalMaxPool1D), (False, True)):
        yield kind(mask), (4, 2)
    yield Upsample2D((2, 3)), (2, 3, 2)
    yield Reshape((2, 3, 1)), (6,)
    yield Reshape((6,)).for_shape((3, 2)), (3, 2)
    for kind, shape in product((BatchNormalization, LayerNormalization), ((4,), (3, 4), (2, 3, 4))):
        yield kind("tanh").for_shape(shape), shape
    yield Masked([Conv1D(3, 1, "tanh"), LayerNormalization(axes=2)]), (5, 2)


ALL = [*convolutions(), *poolings(), *series()]
SOME = [*ALL[::11], *others()]  # the whole takes a minute
AMOUNTS = pytest.mark.parametrize("full", [False, pytest.param(True, marks=pytest.mark.long)])


def by_differences(layer, params, x, dy, train):
    """Return the numerical gradient of Σ dy y by parameters and input."""
    groups = (params, (x,))

    def value(theta):
        own, (inputs,) = unflatten(theta, groups)
        return float((dy * layer.forward(own, inputs, train)[0]).sum())

    return numerical_gradient(value, flatten(groups))


@pytest.mark.parametrize("train", [None, Train()], ids=["predict", "train"])
@AMOUNTS
def test_pullback_equals_finite_differences(full, train):
    rng = np.random.default_rng(0)
    for layer, shape in ALL if full else SOME:
        if train is not None and not layer.has_training_mode:
            continue
        params = anywhere(layer, rng, shape)
        x = rng.permuted(np.linspace(-1, 1, 2 * np.prod(shape))).reshape(2, *shape)  # no ties
        if getattr(layer, "mask_zero", isinstance(layer, Masked)):
            x[0, 1:3] = x[1, -1] = 0
        y, pullback = layer.forward(params, x, train)
        assert y.shape == (2, *layer.out_shape(shape)), layer
        dy = rng.normal(size=y.shape)
        dx, grads = pullback(dy)
        assert pullback(dy, need_dx=False)[0] is None
        differences = by_differences(layer, params, x, dy, train)
        if getattr(layer, "mask_zero", isinstance(layer, Masked)):  # padding is where it is
            places = unflatten(differences, (params, (x,)))
            places[1][0][x == 0] = dx[x == 0]
            differences = flatten(places)
        np.testing.assert_allclose(
            flatten((grads, (dx,))), differences, rtol=1e-6, atol=1e-8, err_msg=repr(layer)
        )


@pytest.mark.parametrize("own", [False, True], ids=["shared", "own"])
def test_stack_equals_its_members(own):
    rng = np.random.default_rng(0)
    for layer, shape in SOME:
        members = [anywhere(layer, rng, shape) for _ in range(3)]
        x = rng.normal(size=(3, 2, *shape) if own else (2, *shape))
        if not own and not arrays(members[0]):
            continue
        y, pullback = layer.forward(stacked(members), x)
        dx, grads = pullback(y)
        for k, params in enumerate(members):
            its_y, its = layer.forward(params, x[k] if own else x)
            its_dx, its_grads = its(its_y)
            np.testing.assert_allclose(y[k], its_y, atol=1e-12)
            np.testing.assert_allclose(dx[k], its_dx, atol=1e-12)
            for one, other in zip(arrays(grads), arrays(its_grads), strict=True):
                np.testing.assert_allclose(one[k], other, atol=1e-12)


def test_jax_runs_the_same_text():
    rng = np.random.default_rng(0)
    for layer, shape in SOME[::2]:
        params, x = anywhere(layer, rng, shape), rng.normal(size=(2, *shape))
        y, pullback = layer.forward(params, x)
        dx, grads = pullback(y)

        @jax.jit
        def run(params, x, layer=layer):
            y, pullback = layer.forward(params, x)
            return y, *pullback(y)

        with jax.enable_x64(True):
            its_y, its_dx, its_grads = run(params, x)
        np.testing.assert_allclose(y, its_y, atol=1e-12, err_msg=repr(layer))
        np.testing.assert_allclose(dx, its_dx, atol=1e-12, err_msg=repr(layer))
        for one, other in zip(arrays(grads), arrays(its_grads), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-12)


@AMOUNTS
def test_convolutions_equal_pytorch(full):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    for layer, shape in ALL[:: 1 if full else 11]:
        if not isinstance(layer, Conv1D | Conv2D):
            continue
        n = layer.sides
        params, x = anywhere(layer, rng, shape), rng.normal(size=(2, *shape))
        y, pullback = layer.forward(params, x)
        dy = rng.normal(size=y.shape)
        dx, grads = pullback(dy)
        theirs = torch.from_numpy(np.moveaxis(x, -1, 1).copy()).requires_grad_()
        W = torch.from_numpy(np.moveaxis(params.W, (-1, -2), (0, 1)).copy()).requires_grad_()
        margins = layer.windows.margins(shape[:-1])
        padded = torch.nn.functional.pad(theirs, [k for m in margins[::-1] for k in m])
        run = torch.nn.functional.conv1d if n == 1 else torch.nn.functional.conv2d
        z = run(
            padded, W, torch.from_numpy(params.b), layer.stride, 0, layer.dilation, layer.groups
        )
        z.backward(torch.from_numpy(np.moveaxis(dy, -1, 1).copy()))
        np.testing.assert_allclose(y, np.moveaxis(z.detach().numpy(), 1, -1), atol=1e-12)
        np.testing.assert_allclose(dx, np.moveaxis(theirs.grad.numpy(), 1, -1), atol=1e-12)
        its_dW = np.moveaxis(W.grad.numpy(), (0, 1), (-1, -2))
        np.testing.assert_allclose(grads.W, its_dW, atol=1e-12)


def test_poolings_equal_pytorch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    for layer, shape in poolings():
        if layer.padding == "same":
            continue
        x = rng.normal(size=(2, *shape))
        y, pullback = layer.forward(Nothing(), x)
        theirs = torch.from_numpy(np.moveaxis(x, -1, 1).copy()).requires_grad_()
        padding = 0 if layer.padding == "valid" else layer.padding
        stride = layer.stride or layer.size
        if any(2 * p > n for p, n in zip(np.atleast_1d(padding), layer.size, strict=False)):
            continue  # PyTorch refuses it
        f = torch.nn.functional
        if isinstance(layer, MaxPool2D):
            z = f.max_pool2d(theirs, layer.size, stride, padding)
        else:
            z = f.avg_pool2d(theirs, layer.size, stride, padding, count_include_pad=False)
        z.backward(z.detach())
        np.testing.assert_allclose(y, np.moveaxis(z.detach().numpy(), 1, -1), atol=1e-12)
        np.testing.assert_allclose(
            pullback(y)[0], np.moveaxis(theirs.grad.numpy(), 1, -1), atol=1e-12
        )


def test_same_padding_is_tensorflows():
    layer = Conv2D(1, 2, stride=2, padding="same")
    assert layer.windows.margins((5, 4)) == ((0, 1), (0, 0))
    assert Conv2D(1, 4, padding="same").windows.margins((5, 5)) == ((1, 2), (1, 2))
    assert Conv2D(1, 1, stride=3, padding="same").out_shape((7, 8, 1)) == (3, 3, 1)


def test_causal_convolution_sees_no_later_step():
    layer = Conv1D(2, 3, padding="causal", dilation=2)
    rng = np.random.default_rng(0)
    params, x = anywhere(layer, rng, (9, 1)), rng.normal(size=(1, 9, 1))
    later = x.copy()
    later[:, 5:] = 100
    before, after = layer.forward(params, x)[0], layer.forward(params, later)[0]
    np.testing.assert_array_equal(before[:, :5], after[:, :5])
    assert (before[:, 5:] != after[:, 5:]).all()


def test_overlapping_windows_add_up():
    x = np.array([0.0, 5.0, 0.0]).reshape(1, 1, 3, 1)
    _, pullback = MaxPool2D((1, 2), stride=1).forward(Nothing(), x)
    dx, _ = pullback(np.array([2.0, 3.0]).reshape(1, 1, 2, 1))
    assert dx.ravel().tolist() == [0, 5, 0]  # the maximum of both windows


def test_ties_share_the_derivative():
    x = np.array([7.0, 7.0, 1.0, 7.0]).reshape(1, 2, 2, 1)
    dx, _ = MaxPool2D().forward(Nothing(), x)[1](np.full((1, 1, 1, 1), 3.0))
    assert dx.ravel().tolist() == [1, 1, 0, 1]
    dx, _ = GlobalMaxPool2D().forward(Nothing(), x)[1](np.full((1, 1), 3.0))
    assert dx.ravel().tolist() == [1, 1, 0, 1]


def test_padding_never_wins_nor_counts():
    x = np.full((1, 2, 2, 1), -3.0)
    for kind in (MaxPool2D, AveragePool2D):
        assert (kind(3, 1, "same").forward(Nothing(), x)[0] == -3).all()


def test_masked_keeps_padding_at_zero():
    x = np.array([[[1.0], [0.0], [2.0]]])
    layer = Masked([Conv1D(2, 1, "sigmoid")])
    params = layer.init(np.random.default_rng(0), (3, 1))
    y, pullback = layer.forward(params, x)
    assert (y[0, 1] == 0).all()
    assert (y[0, [0, 2]] > 0).all()
    np.testing.assert_array_equal(pullback(np.ones_like(y))[0][0, 1], [0])


@pytest.mark.parametrize("engine", ["numpy", "jax"])
def test_an_image_network_learns(engine):
    rng = np.random.default_rng(0)
    X = rng.normal(0, 0.1, (60, 6, 6, 1)).astype(np.float32)
    y = np.arange(60) % 2
    X[y == 1, 2:4] += 1  # a row that is lit
    layers = [
        Conv2D(4, 3, padding="same"),
        BatchNormalization("relu"),
        MaxPool2D(3, stride=2, padding="same"),
        Conv2D(4, 2, "relu", dilation=2, groups=2),
        Flatten(),
        Dense(1, "sigmoid"),
    ]
    net = Network(layers, (6, 6, 1))
    *_, state = neurona.train(
        net, X, y, optimizer=neurona.adam(0.05), steps=100, engine=engine, rng=0
    )
    assert state.cost < 0.1


def test_the_network_tells_layers_the_shape():
    net = Network(
        [LayerNormalization(), Flatten(), Reshape((2, 3, 1)), BatchNormalization()], (3, 2)
    )
    assert [layer.axes for layer in net.layers] == [2, 2, 1, 3]
    inner = Network([Masked([LayerNormalization()]), Flatten()], (3, 2))
    assert inner.layers[0].layers[0].axes == 2


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Conv2D(3, groups=2), "n_out is 3, and groups 2"),
        (lambda: Conv2D(4, groups=2).out_shape((5, 5, 3)), "3 channels, and parts them into 2"),
        (lambda: Conv2D(4, stride=0), "stride is 0"),
        (lambda: Conv2D(4, padding="full"), "padding is 'full': give 'valid', 'same', or a"),
        (lambda: Conv2D(4, padding=-1), "padding is -1"),
        (lambda: Conv1D(4, padding=1.5), "padding is 1.5: give 'valid', 'same', 'causal', or"),
        (lambda: Conv1D(4, (2, 3)), r"size is \(2, 3\): give one whole number"),
        (lambda: Conv1D(4, 9).out_shape((5, 1)), "patch of 9, and gets series of 5 x 1"),
        (lambda: Conv2D(4, 3, dilation=3).out_shape((6, 9, 1)), "patch of 7 x 7, and gets images"),
        (lambda: MaxPool2D(2, padding=2), "padding is 2, and a window 2 x 2"),
        (lambda: Reshape((2, 2)).out_shape((3,)), r"gives 4 numbers, and gets examples of 3"),
        (lambda: Upsample2D(0), "size is 0"),
        (lambda: Masked([Conv1D(2)]).out_shape((5, 1)), "number of steps stays the same"),
        (lambda: Conv1D(4).out_shape((28, 28, 1)), r"takes series \(steps, features\)"),
    ],
)  # fmt: skip
def test_wrong_windows_are_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()


def test_a_series_of_padding_alone_is_refused():
    net = Network([GlobalAveragePool1D(mask_zero=True), Dense(1)], (3, 2))
    X = np.ones((4, 3, 2))
    X[2] = 0
    with pytest.raises(ValueError, match=r"X\[2\] has no step but padding"):
        net.predict(net.init(0), X)
    with pytest.raises(ValueError, match=r"X\[2\] has no step but padding"):
        next(neurona.train(net, X, np.ones(4)))


def test_activate_acts_on_channels():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    y = Activate("softmax").forward(Nothing(), x)[0]
    np.testing.assert_allclose(y.sum(axis=-1), 1)


def test_one_image_has_places_to_take_a_mean_over():
    images = Network([BatchNormalization(), Flatten(), Dense(1)], (3, 3, 2))
    images.check_batch(1)
    with pytest.raises(ValueError, match="a step has one"):
        Network([Flatten(), BatchNormalization(), Dense(1)], (3, 3, 2)).check_batch(1)
