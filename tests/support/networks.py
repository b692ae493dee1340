"""Random networks with their parameters and inputs, as exports and imports are tested with them."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

import neurona
from neurona.engine.activations import ACTIVATIONS

NAMES = sorted(ACTIVATIONS)
HIDDEN = sorted({*ACTIVATIONS} - {"exp"})  # one behind the other, exp would soon be infinite

widths = st.integers(1, 6)


@st.composite
def cases(draw, names=HIDDEN, outputs=NAMES, normalizations=(None, None, "batch", "layer")):
    """Draw a network with any activation in each layer, its parameters, and rows for it."""
    topology = draw(st.lists(widths, min_size=2, max_size=5))
    each = [draw(st.sampled_from(names)) for _ in topology[2:]]
    each.append(draw(st.sampled_from(outputs)))
    net = neurona.network(
        topology, each, bias_initializer="uniform", dropout=draw(st.sampled_from([0.0, 0.5])),
        normalization=draw(st.sampled_from(normalizations)),
    )  # fmt: skip
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    X = rng.normal(size=(draw(st.integers(1, 8)), net.n_in)).astype(np.float32)
    return net, learned(net, rng), X


def learned(net, rng):
    """Return parameters of which none is what it was at first; variances are positive."""
    params = []
    for layer in net.init(rng):
        if "gamma" in layer._fields:
            layer = type(layer)(  # noqa: PLW2901
                *(
                    (array + rng.uniform(-0.5, 1, array.shape)).astype(array.dtype)
                    for array in layer
                )
            )
        params.append(layer)
    return tuple(params)


def by_hand():
    """Return a network whose normalizations stand where nothing can be folded into."""
    dense, batch = neurona.Dense, neurona.BatchNormalization
    tanh, relu = ACTIVATIONS["tanh"], ACTIVATIONS["relu"]
    return neurona.Network(
        (
            dense(4, tanh), batch(), batch(relu), neurona.LayerNormalization(),
            batch(tanh), neurona.LayerNormalization(tanh, 0.01), neurona.Dropout(0.5),
            neurona.LayerNormalization(), dense(2),
        ),
        in_shape=3,
    )  # fmt: skip


@st.composite
def image_cases(draw):
    """Draw a network of images, with layers side by side and in a row, and images for it."""
    activation = st.sampled_from(["linear", "relu", "tanh", "softmax", "gelu", "leaky_relu"])
    side = st.integers(1, 2)

    def convolution(largest=2):
        size = draw(st.integers(1, largest)), draw(st.integers(1, largest))
        return neurona.Conv2D(draw(st.integers(1, 3)), size, draw(activation), "glorot_uniform")

    def alone():
        return neurona.layers.Activate(draw(activation))

    def branch(n_out=None):
        """Return a layer that keeps the sides of an image, or makes rows of so many numbers."""
        inner = [alone() for _ in range(draw(st.integers(0, 1)))]
        inner += [convolution(1)] if n_out is None else [neurona.Dense(n_out, draw(activation))]
        inner += [neurona.Dropout(0.3)] if draw(st.booleans()) else []
        return neurona.Sequential(inner) if len(inner) > 1 else inner[0]

    def branches(n_out=None):
        return [branch(n_out) for _ in range(draw(st.integers(1, 3)))]

    layers = [convolution()]
    layers += [neurona.MaxPool2D((draw(side), draw(side)))] if draw(st.booleans()) else []
    if draw(st.booleans()):
        inner = [*branches(), neurona.layers.Activate("linear")]
        layers.append(neurona.Concatenate([*inner, neurona.Concatenate(branches())]))
    layers += [alone()] if draw(st.booleans()) else []
    if draw(st.booleans()):
        layers.append(neurona.Flatten())
        layers += [neurona.BatchNormalization(draw(activation))] if draw(st.booleans()) else []
        layers += [neurona.LayerNormalization("tanh")] if draw(st.booleans()) else []
        net = neurona.Network(layers, (5, 4, 2))
        same = neurona.network([net.n_out, 3, net.n_out], ["relu", draw(activation)])
        skip = neurona.Add([neurona.layers.Activate("linear"), same, branch(net.n_out)])
        layers += [skip, neurona.Dense(2, draw(activation))]
    net = neurona.Network(layers, (5, 4, 2))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    X = rng.normal(size=(draw(st.integers(1, 4)), 5, 4, 2)).astype(np.float32)
    return net, net.init(rng), X
