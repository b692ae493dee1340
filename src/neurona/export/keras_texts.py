"""The text of each function in the code for Keras that Keras does not have."""

# Functions that Keras lacks: the code gets those that it calls.
FUNCTIONS = {
    "leaky_relu": '''@keras.saving.register_keras_serializable("neurona")
def leaky_relu(z):
    """z where z > 0, and 0.01 z elsewhere: Keras's own leaks 0.2."""
    return keras.activations.leaky_relu(z, negative_slope=0.01)
''',
    "gelu": '''@keras.saving.register_keras_serializable("neurona")
def gelu(z):
    """The approximation of z Φ(z) by tanh: Keras's own is the exact one."""
    return keras.activations.gelu(z, approximate=True)
''',
    "Scale": '''@keras.saving.register_keras_serializable("neurona")
class Scale(keras.layers.Layer):
    """y = s x + t, for each channel."""

    def build(self, shape):
        self.s = self.add_weight(shape=(shape[-1],), initializer="ones", name="s")
        self.t = self.add_weight(shape=(shape[-1],), initializer="zeros", name="t")

    def call(self, x):
        return self.s * x + self.t
''',
    "Positions": '''@keras.saving.register_keras_serializable("neurona")
class Positions(keras.layers.Layer):
    """A vector for each step, added to it."""

    def build(self, shape):
        self.vectors = self.add_weight(shape=shape[1:], initializer="zeros", name="vectors")

    def call(self, x):
        return x + self.vectors
''',
    "real": '''def real(x):
    """Return which steps are not padding, which is zeros: (examples, steps)."""
    return keras.ops.any(keras.ops.not_equal(x, 0), axis=-1)
''',
    "masked": '''def masked(shape, layers):
    """Return layers whose output is zeros where the step that they get is zeros."""
    x = keras.Input(shape)
    y = keras.Sequential(layers)(x)
    return keras.Model(x, keras.ops.where(real(x)[..., None], y, 0))
''',
    "masked_pooling": '''def masked_pooling(shape, layer):
    """Return a pooling over the steps that are not padding."""
    x = keras.Input(shape)
    if isinstance(layer, keras.layers.GlobalAveragePooling1D):
        y, some = layer(x, mask=real(x)), keras.ops.any(real(x), axis=1, keepdims=True)
        return keras.Model(x, keras.ops.where(some, y, 0))  # 0 where all is padding
    return keras.Model(x, layer(keras.ops.where(real(x)[..., None], x, -float("inf"))))
''',
    "recurrence": '''def recurrence(shape, layer, padding=False):
    """Return a recurrence whose states are in the order of the steps, and which skips padding."""
    x = keras.Input(shape)
    h = layer(x, mask=real(x)) if padding else layer(x)
    if layer.return_sequences and layer.go_backwards:
        h = keras.ops.flip(h, axis=1)
    if layer.return_sequences and padding:
        h = keras.ops.where(real(x)[..., None], h, 0)
    return keras.Model(x, h)
''',
    "self_attention": '''def self_attention(shape, layer, causal=False):
    """Return a layer of which each step asks all steps, or those up to itself."""
    x = keras.Input(shape)
    return keras.Model(x, layer(x, x, use_causal_mask=causal))
''',
    "masked_attention": '''def masked_attention(shape, layer, causal=False):
    """The same; padding is not asked, and gives zeros."""
    x = keras.Input(shape)
    y = layer(x, x, attention_mask=real(x)[:, None, :], use_causal_mask=causal)
    return keras.Model(x, keras.ops.where(real(x)[..., None], y, 0))
''',
    "padded_maximum": '''def padded_maximum(shape, padding, pool):
    """Return a pooling of what has padding around it, which is never the maximum."""
    x = keras.Input(shape)
    around = ((0, 0), *padding, (0, 0))
    return keras.Model(x, pool(keras.ops.pad(x, around, constant_values=-float("inf"))))
''',
    "padded_average": '''def padded_average(shape, padding, pool):
    """Return a pooling of what has padding around it, which does not count."""
    x = keras.Input(shape)
    around = ((0, 0), *padding, (0, 0))
    total, share = keras.ops.pad(x, around), keras.ops.pad(keras.ops.ones_like(x), around)
    return keras.Model(x, pool(total) / pool(share))
''',
    "side_by_side": '''def side_by_side(shape, merge, branches):
    """Return a layer of branches that take the same input, and what puts their outputs together."""
    x = keras.Input(shape)
    return keras.Model(x, merge([keras.Sequential(branch)(x) for branch in branches]))
''',
}

EVERY = '''def every(model):
    """Yield each layer, and those within it."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from every(layer)
        else:
            yield layer
'''
