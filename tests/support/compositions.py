"""Random networks over all layers: of images, of series and of texts."""

from __future__ import annotations

from math import prod

import numpy as np

import neurona
from neurona import layers as kinds

ACTIVATIONS = ["linear", "relu", "tanh", "sigmoid", "silu", "leaky_relu", "gelu", "softplus"]
LARGEST = 400  # numbers of an example between two layers


def random_network(rng, kind=None, padding="anywhere"):
    """Return a network of layers that fit, its parameters, and examples for it.

    Parameters
    ----------
    rng
        Generator.
    kind
        What it takes: "image", "series" or "text"; by default any of them.
    padding
        Where series and texts have steps of zeros: "anywhere", or at their "end" only.
    """
    make = _Maker(rng)
    kind = kind or rng.choice(["image", "series", "text"])
    n = int(rng.integers(1, 5))
    if kind == "image":
        shape = (int(rng.integers(3, 9)), int(rng.integers(3, 9)), make.few(3))
        X = rng.normal(size=(n, *shape))
    else:
        shape = (int(rng.integers(3, 9)), make.few(3))
        X = _padded(rng, rng.normal(size=(n, *shape)), padding)
    first = []
    if kind == "text":
        shape, n_words = shape[:1], 7
        X = _padded(rng, rng.integers(1, n_words, size=(n, *shape))[..., None], padding)[..., 0]
        first.append(kinds.Embedding(n_words, int(rng.integers(2, 5)), mask_zero=make.maybe()))
    layers = [*first, *make.row(shape, first, int(rng.integers(1, 7)))]
    out = neurona.Network(layers, shape).out_shape()
    net = neurona.Network([*layers, *make.row(out, [], 1, make.keeping)], shape)
    return net, learned(net, rng), X.astype(np.float32)


def learned(net, rng):
    """Return parameters of which none is what it was at first; variances are positive."""
    from neurona.engine.parameters import mapped

    def moved(array):
        return (array + rng.uniform(0.05, 0.4, array.shape)).astype(array.dtype)

    return mapped(moved, net.init(rng))


def _padded(rng, X, where):
    """Put steps of zeros into some examples, and leave one step of each as it is."""
    X = X.copy()
    for example in X:
        steps = len(example)
        if rng.random() < 0.5:
            count = int(rng.integers(0, steps))
            at = np.arange(steps - count, steps)
            if where == "anywhere":
                at = rng.permutation(steps)[:count]
            example[at] = 0
    return X


class _Maker:
    """Makes one layer after the other, each of those that fit the shape before it."""

    def __init__(self, rng):
        self.rng = rng

    def few(self, most):
        return int(self.rng.integers(1, most + 1))

    def maybe(self):
        return bool(self.rng.random() < 0.5)

    def one_of(self, *those):
        return those[self.rng.integers(len(those))]

    def activation(self):
        return self.one_of(*ACTIVATIONS)

    def row(self, shape, before, length, layer_for=None):
        """Return layers in a row, for what those before give."""
        made = []
        for layer in before:
            shape = layer.out_shape(shape)
        while len(made) < length:
            layer = (layer_for or self.layer)(shape)
            try:
                layer = layer.for_shape(shape)
                after = layer.out_shape(shape)
            except ValueError:  # a window that is larger than its image, for one
                continue
            if prod(after) <= LARGEST:
                made.append(layer)
                shape = after
        return made

    def layer(self, shape):
        """Return a layer that probably fits."""
        by_axes = {1: self.of_rows, 2: self.of_series, 3: self.of_images}
        if self.rng.random() < 0.25:
            return self.anywhere(shape)
        return by_axes[len(shape)](shape)

    def keeping(self, shape):
        """Return a layer whose output has the shape of its input."""
        n = shape[-1]
        if len(shape) == 1:
            return neurona.Dense(n, self.activation())
        if len(shape) == 2:
            return self.one_of(
                kinds.Conv1D(n, self.few(3), self.activation(), padding="same"),
                self.recurrent(n, sequences=True),
            )
        return kinds.Conv2D(n, (self.few(3), self.few(3)), self.activation(), padding="same")

    def anywhere(self, shape):
        """Return a layer for examples of any shape."""
        branches = [self.keeping(shape) for _ in range(self.few(2))]
        if self.maybe():
            branches.append(kinds.Sequential([self.keeping(shape), kinds.Dropout(0.3)]))
        choices = [
            kinds.Activate(self.activation()),
            kinds.BatchNormalization(self.activation()),
            kinds.LayerNormalization(self.activation(), epsilon=0.01),
            kinds.Dropout(0.4),
            kinds.Add([kinds.Activate("linear"), *branches]),
            kinds.Concatenate([kinds.Activate("softsign"), *branches]),
        ]
        return self.one_of(*choices)

    def of_rows(self, shape):
        (n,) = shape
        choices = [kinds.Dense(self.few(5), self.activation())]
        choices += [kinds.Reshape((n // k, k)) for k in (2, 3) if n % k == 0 and n > k]
        return self.one_of(*choices)

    def windows(self, axes):
        """Return the size, stride and padding of windows: an odd remainder is nothing special."""
        size = tuple(self.few(4) for _ in range(axes))
        stride = tuple(self.few(3) for _ in range(axes))
        pads = "valid", "same", tuple(int(self.rng.integers(0, (n + 1) // 2)) for n in size)
        padding = self.one_of(*pads)
        if axes == 1:
            padding = padding if isinstance(padding, str) else padding[0]
            return {"size": size[0], "stride": stride[0], "padding": padding}
        return {"size": size, "stride": stride, "padding": padding}

    def convolution(self, shape, kind, axes):
        given, channels = self.windows(axes), shape[-1]
        if self.maybe():  # no stride with it: Keras has one of the two
            dilation = tuple(self.few(2) for _ in range(axes))
            given |= {"dilation": dilation if axes == 2 else dilation[0], "stride": 1}
        if axes == 1 and self.maybe():
            given["padding"] = "causal"
        groups = self.one_of(*[k for k in (1, 1, channels) if channels % k == 0])
        return kind(groups * self.few(2), activation=self.activation(), groups=groups, **given)

    def of_images(self, shape):
        height, width, channels = shape
        return self.one_of(
            self.convolution(shape, kinds.Conv2D, 2),
            self.convolution(shape, kinds.Conv2D, 2),
            kinds.MaxPool2D(**self.windows(2)),
            kinds.AveragePool2D(**self.windows(2)),
            kinds.Upsample2D((self.few(2), self.few(3))),
            kinds.Flatten(),
            kinds.Reshape((height, width * channels)),
            self.one_of(kinds.GlobalMaxPool2D(), kinds.GlobalAveragePool2D()),
        )

    def recurrent(self, n, sequences=None):
        kind = self.one_of(kinds.SimpleRNN, kinds.GRU, kinds.LSTM)
        given = {"activation": self.activation()} if kind is kinds.SimpleRNN else {}
        return kind(
            n, return_sequences=self.maybe() if sequences is None else sequences,
            go_backwards=self.maybe(), mask_zero=self.maybe(), **given,
        )  # fmt: skip

    def attention(self, n):
        heads = self.one_of(*[k for k in (1, 2) if n % k == 0])
        size = self.one_of(None, self.few(3))
        how = {"causal": self.maybe(), "mask_zero": self.maybe()}
        if n < 3 or self.maybe():  # two numbers, normalized, would tell roundings
            return kinds.MultiHeadAttention(heads, size, **how)
        return neurona.transformer_block(n, heads, self.few(5), **how)

    def of_series(self, shape):
        steps, n = shape
        pooling = self.one_of(kinds.GlobalMaxPool1D, kinds.GlobalAveragePool1D)
        learned = self.maybe()
        choices = [
            self.convolution(shape, kinds.Conv1D, 1),
            self.one_of(kinds.MaxPool1D, kinds.AveragePool1D)(**self.windows(1)),
            pooling(mask_zero=self.maybe()),
            kinds.Flatten(),
            self.recurrent(self.few(4)),
            self.recurrent(self.few(4)),
            neurona.bidirectional(self.recurrent(self.few(3))),
            self.attention(n),
            kinds.PositionalEncoding(learned, mask_zero=self.maybe()),
            kinds.Masked([self.keeping(shape), self.anywhere(shape)]),
        ]
        choices += [kinds.Reshape((steps // 2, 2, n))] if steps % 2 == 0 else []
        return self.one_of(*choices)
