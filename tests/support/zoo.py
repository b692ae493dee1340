"""Models of PyTorch and Keras as people write them, of all the layers that neurona has."""

from __future__ import annotations

import numpy as np


def pytorch_modules():
    """Return modules by their names, each with the shape of an example, and how many indices."""
    import torch
    from torch import nn
    from torch.nn import functional

    class By(nn.Module):
        """A module with a function of its modules as its forward."""

        def __init__(self, function, **modules):
            super().__init__()
            self.function = function
            for name, one in modules.items():
                setattr(self, name, one)

        def forward(self, x):
            return self.function(self, x)

    def steps_first(m, x):
        y = x.transpose(0, 1)
        return m.a(y, y, y)[0].mean(0)

    def gelu(z):
        return functional.gelu(z, approximate="tanh")

    def residual(m, x):
        y = m.second(torch.relu(m.norm(m.first(x))))
        return m.last(torch.relu(y + x).flatten(1))

    def convnext(m, x):
        y = m.norm(m.conv(x).permute(0, 2, 3, 1))
        y = m.down(gelu(m.up(y))).permute(0, 3, 1, 2)
        return m.last((x + y).mean(dim=(2, 3)))

    def language_model(m, x):
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
        y = m.words(x) * 8**0.5 + m.places(torch.arange(x.shape[1]))
        return m.last(m.blocks(y, mask=mask, is_causal=True))

    def vision(m, x):
        y = m.patches(x).flatten(2).transpose(1, 2) + m.places.weight
        return m.last(m.norm(m.blocks(y)).mean(1))

    def lenet(m, x):
        x = functional.max_pool2d(torch.relu(m.first(x)), 2)
        x = functional.max_pool2d(torch.relu(m.second(x)), 2).view(-1, 6)
        return m.last(functional.dropout(x, training=m.training))

    def shortened(m, x):
        x = torch.relu(m.first(x)[:, :, :-4].contiguous())
        return m.last(torch.relu(m.second(x)[:, :, :-2]).transpose(1, 2))

    def rows_as_steps(m, x):
        x = functional.max_pool2d(m.conv(x), (1, 2))
        x = x.permute(0, 2, 1, 3).reshape(len(x), 6, -1)
        return m.last(m.steps(x)[0])

    def encoder(n, layers=1, **given):
        layer = nn.TransformerEncoderLayer(
            n, 2, 2 * n, batch_first=True, activation=gelu, **{"norm_first": True, **given}
        )
        return nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)

    def attention(**given):
        return nn.MultiheadAttention(4, 2, **{"batch_first": True, **given})

    ahead = nn.Transformer.generate_square_subsequent_mask(5)
    modules = {
        "images": (
            nn.Sequential(
                nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                nn.Conv2d(4, 6, (3, 2), stride=2, bias=False), nn.BatchNorm2d(6), nn.SiLU(),
                nn.Flatten(), nn.Linear(6 * 2 * 2, 10), nn.Softmax(-1),
            ),
            (2, 11, 10),
        ),
        "windows": (
            nn.Sequential(
                nn.Conv2d(4, 8, (3, 2), padding="same", dilation=(2, 1), groups=2), nn.Tanh(),
                nn.MaxPool2d(3, stride=2, padding=1), nn.ZeroPad2d((1, 1, 2, 2)),
                nn.Conv2d(8, 3, 3),
                nn.AvgPool2d(3, 1, 1, count_include_pad=False), nn.AdaptiveMaxPool2d(1),
                nn.Flatten(), nn.Linear(3, 2),
            ),
            (4, 9, 8),
        ),
        "decoder": (
            nn.Sequential(
                nn.Linear(5, 24), nn.ReLU(), nn.Unflatten(1, (2, 3, 4)),
                nn.Upsample(scale_factor=2),
                nn.Conv2d(2, 3, 3, padding=1),
            ),
            (5,),
        ),
        "residual": (
            By(
                residual, first=nn.Conv2d(3, 3, 3, padding=1), norm=nn.BatchNorm2d(3),
                second=nn.Conv2d(3, 3, 3, padding=1), last=nn.Linear(75, 2),
            ),
            (3, 5, 5),
        ),
        "convnext": (
            By(
                convnext, conv=nn.Conv2d(4, 4, 3, padding=1, groups=4), norm=nn.LayerNorm(4),
                up=nn.Linear(4, 8), down=nn.Linear(8, 4), last=nn.Linear(4, 2),
            ),
            (4, 5, 6),
        ),
        "series": (
            nn.Sequential(
                nn.Conv1d(3, 4, 3, padding=2, dilation=2), nn.BatchNorm1d(4), nn.ReLU(),
                nn.MaxPool1d(2), nn.Conv1d(4, 5, 2, stride=2), nn.AvgPool1d(2),
                nn.Upsample(scale_factor=3), nn.Conv1d(5, 5, 3), nn.Flatten(),
                nn.Linear(5, 2),
            ),
            (3, 12),
        ),
        "causal convolution": (
            By(
                lambda m, x: m.last(torch.relu(m.conv(functional.pad(x, (4, 0))))[:, :, -1]),
                conv=nn.Conv1d(3, 4, 3, dilation=2), last=nn.Linear(4, 2),
            ),
            (3, 9),
        ),
        "normalizations of all, and transposed convolutions": (
            nn.Sequential(
                nn.Conv2d(2, 4, 3), nn.GroupNorm(1, 4), nn.ReLU(),
                nn.ConvTranspose2d(4, 6, (3, 2), padding=1, dilation=(1, 2), groups=2),
                nn.LayerNorm([6, 5, 5]), nn.Conv2d(6, 2, 2),
            ),
            (2, 7, 7),
        ),
        "a transposed convolution of series": (
            nn.Sequential(nn.ConvTranspose1d(3, 4, 3, bias=False), nn.GroupNorm(1, 4)),
            (3, 5),
        ),
        "a dense layer at each step": (
            nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.LayerNorm(5), nn.Linear(5, 2)),
            (6, 3),
        ),
        "images, as in the tutorials": (
            By(
                lenet, first=nn.Conv2d(1, 4, 3), second=nn.Conv2d(4, 6, 3), last=nn.Linear(6, 3)
            ),
            (1, 10, 10),
        ),
        "pooling to a size, and with padding that counts": (
            nn.Sequential(
                nn.Conv2d(2, 4, 3), nn.AvgPool2d(3, 1, 1), nn.ReLU(), nn.AdaptiveAvgPool2d((3, 2)),
                nn.AvgPool2d(2, padding=1, divisor_override=3), nn.AdaptiveMaxPool2d((None, 1)),
                nn.Flatten(), nn.Linear(8, 2),
            ),
            (2, 11, 10),
        ),
        "convolutions that lose their later steps": (
            By(
                shortened, first=nn.utils.parametrizations.weight_norm(
                    nn.Conv1d(3, 4, 3, padding=4, dilation=2)
                ),
                second=nn.Conv1d(4, 4, 3, padding=2), last=nn.Linear(4, 2),
            ),
            (3, 9),
        ),
        "rows of an image as steps": (
            By(
                rows_as_steps, conv=nn.Conv2d(1, 3, 3, padding=1),
                steps=nn.GRU(6, 4, batch_first=True, bidirectional=True), last=nn.Linear(8, 2),
            ),
            (1, 6, 4),
        ),
        "sums over steps": (
            By(
                lambda m, x: m.last(torch.relu(m.first(x)).sum(dim=1)),
                first=nn.Linear(3, 4), last=nn.Linear(4, 2),
            ),
            (5, 3),
        ),
        "convolution and recurrence": (
            By(
                lambda m, x: m.last(m.lstm(torch.relu(m.conv(x)).transpose(1, 2))[1][0][-1]),
                conv=nn.Conv1d(3, 5, 3), lstm=nn.LSTM(5, 4, batch_first=True), last=nn.Linear(4, 2),
            ),
            (3, 8),
        ),
        "text": (
            By(
                lambda m, x: m.last(m.gru(m.words(x))[0][:, -1]),
                words=nn.Embedding(9, 5, padding_idx=0), gru=nn.GRU(5, 4, batch_first=True),
                last=nn.Linear(4, 2),
            ),
            (7,), 9,
        ),
        "text as floats": (
            By(
                lambda m, x: m.last(m.words(x.long()).mean(1)),
                words=nn.Embedding(9, 5), last=nn.Linear(5, 2),
            ),
            (7,), 9,
        ),
        "attention": (By(lambda m, x: m.a(x, x, x, need_weights=False)[0], a=attention()), (5, 4)),
        "attention, steps first": (
            By(
                steps_first,
                a=attention(batch_first=False, bias=False),
            ),
            (5, 4),
        ),
        "causal attention": (
            By(lambda m, x: m.a(x, x, x, attn_mask=ahead)[0], a=attention()),
            (5, 4),
        ),
        "encoder": (By(lambda m, x: m.blocks(x).mean(1), blocks=encoder(4, 2)), (5, 4)),
        "encoder, norm last": (
            By(lambda m, x: m.blocks(x), blocks=encoder(4, norm_first=False)),
            (5, 4),
        ),
        "language model": (
            By(
                language_model, words=nn.Embedding(11, 8), places=nn.Embedding(6, 8),
                blocks=encoder(8, 2), last=nn.Linear(8, 11),
            ),
            (6,), 6,
        ),
        "vision transformer": (
            By(
                vision, patches=nn.Conv2d(1, 8, 4, 4), places=nn.Embedding(4, 8),
                blocks=encoder(8), norm=nn.LayerNorm(8), last=nn.Linear(8, 3),
            ),
            (1, 8, 8),
        ),
    }  # fmt: skip
    return modules | pytorch_recurrences(By)


def pytorch_recurrences(by):
    """Return recurrences of one layer or two, one way or both, and what is taken of them."""
    import torch
    from torch import nn

    def last_state(module, x):
        h = module.steps(x)[1]
        return h[0] if isinstance(h, tuple) else h

    taken = {
        "all": lambda m, x: m.steps(x)[0],
        "mean": lambda m, x: m.last(m.steps(x)[0].mean(1)),
        "last step": lambda m, x: m.last(m.steps(x)[0][:, -1]),
        "state": lambda m, x: last_state(m, x)[-1],
        "states": lambda m, x: torch.cat([*last_state(m, x)[-2:]], dim=1),
        "steps first": lambda m, x: m.last(m.steps(x.transpose(0, 1))[0][-1]),
        "backwards": lambda m, x: m.steps(x.flip(1))[0][:, -1],
    }
    made = {}
    for kind in (nn.RNN, nn.GRU, nn.LSTM):
        for layers, both in ((1, False), (1, True), (2, False), (2, True)):
            for name, function in taken.items():
                n = 4 * (1 + both)
                if (name == "states" and not both) or (name == "backwards" and both):
                    continue
                steps = kind(
                    3, 4, layers, bidirectional=both, batch_first=name != "steps first",
                    bias=name != "mean", dropout=0.2 * (layers - 1),
                )  # fmt: skip
                module = by(function, steps=steps, last=nn.Linear(n, 2))
                made[f"{kind.__name__}, {layers} layers, {both}, {name}"] = module, (6, 3)
    relu = nn.RNN(3, 4, nonlinearity="relu", batch_first=True)
    made["RNN with relu"] = by(lambda m, x: m.steps(x)[0][:, -1], steps=relu), (6, 3)
    return made


def keras_models(keras):
    """Return functions that make models, by their names, each with the shape of an example.

    A third is how many indices there are, and the last one says whether steps may be padding.
    """
    layers, ops = keras.layers, keras.ops

    def gelu(z):
        return keras.activations.gelu(z, approximate=True)

    def functional(function):
        def make(shape):
            x = keras.Input(shape)
            return keras.Model(x, function(x))

        return make

    def block(x, causal=False):
        y = layers.LayerNormalization()(x)
        x = layers.Add()([x, layers.MultiHeadAttention(2, 3)(y, y, use_causal_mask=causal)])
        y = layers.Dense(7, gelu)(layers.LayerNormalization()(x))
        return layers.Add()([x, layers.Dense(x.shape[-1])(y)])

    mean = layers.GlobalAveragePooling1D
    models = {
        "images": (
            lambda: [
                layers.Conv2D(4, 3, padding="same", activation="relu"), layers.MaxPooling2D(),
                layers.Conv2D(6, 3, strides=2, use_bias=False), layers.BatchNormalization(),
                layers.Activation("silu"), layers.Flatten(), layers.Dense(5, "softmax"),
            ],
            (11, 12, 2),
        ),
        "windows": (
            lambda: [
                layers.ZeroPadding2D(1),
                layers.Conv2D(8, (3, 2), dilation_rate=(2, 1), groups=2),
                layers.LayerNormalization(), layers.AveragePooling2D(3, 2),
                layers.DepthwiseConv2D(2, depth_multiplier=2), layers.UpSampling2D(2),
                layers.MaxPooling2D(3, 2, padding="same"),
                layers.GlobalAveragePooling2D(keepdims=True), layers.Flatten(), layers.Dense(3),
            ],
            (9, 8, 4),
        ),
        "separable and depthwise convolutions": (
            lambda: [
                layers.SeparableConv2D(5, (3, 2), strides=2, depth_multiplier=2, use_bias=False),
                layers.SeparableConv2D(4, 3, padding="same", activation="tanh"),
                layers.Reshape((8, 4)), layers.DepthwiseConv1D(3, depth_multiplier=2),
                layers.SeparableConv1D(3, 3, padding="same", dilation_rate=2, activation="relu"),
                layers.Flatten(), layers.Dense(2),
            ],
            (10, 5, 3),
        ),
        "channels first": (
            lambda: [
                layers.Conv2D(3, 2, data_format="channels_first"),
                layers.MaxPooling2D(2, data_format="channels_first"), layers.Flatten(),
                layers.Dense(2),
            ],
            (2, 9, 8),
        ),
        "decoder": (
            lambda: [
                layers.Dense(24, "relu"), layers.Reshape((2, 3, 4)), layers.UpSampling2D(),
                layers.Conv2D(1, 3, padding="same", activation="sigmoid"),
            ],
            (5,),
        ),
        "series": (
            lambda: [
                layers.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="relu"),
                layers.MaxPooling1D(2), layers.ZeroPadding1D((1, 0)), layers.Conv1D(3, 2),
                layers.Conv1D(5, 2, strides=2, padding="same"), layers.AveragePooling1D(2),
                layers.GlobalMaxPooling1D(), layers.Dense(2),
            ],
            (12, 3),
        ),
        "normalizations of all, and transposed convolutions": (
            lambda: [
                layers.GroupNormalization(1), layers.Conv2DTranspose(4, 3, padding="same"),
                layers.LayerNormalization(axis=[1, 2, 3]), layers.Conv2DTranspose(3, (2, 3)),
            ],
            (5, 4, 2),
        ),
        "rows as series": (lambda: [layers.Reshape((4, 3)), layers.LSTM(3)], (12,)),
        "each step": (
            lambda: [layers.TimeDistributed(layers.Dense(4, "relu")), layers.SimpleRNN(3, "relu")],
            (6, 3),
        ),
        "mean of a text": (
            lambda: [
                layers.Embedding(9, 4, mask_zero=True), layers.Dense(4, "sigmoid"), mean(),
                layers.Dense(2),
            ],
            (6,), 9, True,
        ),
        "block": (functional(lambda x: layers.Dense(2)(mean()(block(x)))), (5, 4)),
        "causal block": (functional(lambda x: layers.Dense(2)(block(x, True))), (5, 4)),
        "block of a text": (
            functional(lambda x: mean()(block(layers.Embedding(9, 4, mask_zero=True)(x)))),
            (6,), 9, True,
        ),
        "last step": (
            functional(lambda x: layers.Dense(2)(layers.LSTM(3, return_sequences=True)(x)[:, -1])),
            (6, 3),
        ),
        "images that training turns and moves": (
            lambda: [
                layers.RandomFlip("horizontal"), layers.RandomRotation(0.1), layers.Rescaling(0.1),
                layers.Conv2D(3, 3, activation="relu"), layers.GlobalMaxPooling2D(),
                layers.Dense(2),
            ],
            (6, 7, 3),
        ),
        "zeros before a maximum": (
            lambda: [
                layers.ZeroPadding2D(3), layers.Conv2D(4, 7, strides=2),
                layers.BatchNormalization(), layers.ReLU(), layers.ZeroPadding2D(1),
                layers.MaxPooling2D(3, 2), layers.Flatten(), layers.Dense(2),
            ],
            (9, 8, 3),
        ),
        "an encoder and a decoder": (
            lambda: [
                layers.LSTM(4), layers.RepeatVector(3), layers.GRU(3, return_sequences=True),
                layers.UpSampling1D(2), layers.TimeDistributed(layers.Dense(2)),
            ],
            (6, 3),
        ),
        "padding that no layer asks for": (
            lambda: [
                layers.Embedding(9, 4, mask_zero=True), layers.GlobalMaxPooling1D(),
                layers.Dense(2),
            ],
            (6,), 9, True,
        ),
        "steps of numbers, some of them padding": (
            lambda: [layers.Masking(), layers.GRU(4, return_sequences=True), layers.GRU(3)],
            (6, 3), 0, True,
        ),
        "an average and a sum": (
            functional(
                lambda x: ops.sum(
                    layers.Average()([layers.Dense(3, "relu")(x), layers.Dense(3)(x)]), axis=1
                )
            ),
            (5, 4),
        ),
        "rows of an image as a series": (
            lambda: [
                layers.Reshape((2, 4)), layers.BatchNormalization(), layers.LSTM(3),
            ],
            (2, 4, 1),
        ),
        "inception": (
            functional(
                lambda x: ops.mean(
                    layers.Concatenate()(
                        [
                            layers.Conv2D(3, 3, padding="same")(x),
                            layers.MaxPooling2D(3, 1, padding="same")(x),
                            ops.relu(x + layers.Conv2D(3, 3, padding="same")(x)),
                        ]
                    ),
                    axis=(1, 2),
                )
            ),
            (6, 5, 3),
        ),
    }  # fmt: skip
    for kind in (layers.SimpleRNN, layers.GRU, layers.LSTM):
        models |= keras_recurrences(layers, kind)
    return models


def keras_recurrences(layers, kind):
    """Return one kind of recurrence in all its ways."""
    name, both, dense = kind.__name__, layers.Bidirectional, layers.Dense
    return {
        f"{name}": (
            lambda: [
                kind(4, return_sequences=True, go_backwards=True), kind(3, use_bias=False), dense(2)
            ],
            (6, 3),
        ),
        f"{name}, both directions": (
            lambda: [both(kind(4, return_sequences=True)), both(kind(3), merge_mode="sum")],
            (6, 3),
        ),
        f"{name}, padding": (
            lambda: [
                layers.Masking(), both(kind(4, return_sequences=True)),
                layers.LayerNormalization(), layers.Dropout(0.3), kind(3, go_backwards=True),
            ],
            (6, 3), 0, True,
        ),
        f"{name}, a word for each step": (
            lambda: [
                layers.Embedding(9, 4, mask_zero=True), kind(3, return_sequences=True),
                dense(4, "softmax"),
            ],
            (6,), 9, True,
        ),
    }  # fmt: skip


def examples(rng, shape, indices=0, padding=False):
    """Return examples for a model, the first two with steps of padding at their end."""
    X = rng.integers(1, indices, (4, *shape)) if indices else rng.normal(size=(4, *shape))
    if padding:
        X[0, 2:] = X[1, 4:] = 0
    return X.astype(np.float32)
