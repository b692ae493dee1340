"""The text of each activation function and each layer in a NumPy program."""

FUNCTIONS = {
    name: "\n    ".join([f"\ndef {name}(z):", f'"""{about}"""', *lines]) + "\n"
    for name, about, *lines in (
        ("linear", "a = z.", "return z"),
        ("sigmoid", "a = 1 / (1 + e^-z).", "return 1 / (1 + np.exp(-z))"),
        ("tanh", "a = tanh(z).", "return np.tanh(z)"),
        ("softsign", "a = z / (1 + |z|).", "return z / (1 + abs(z))"),
        ("relu", "a = max(0, z).", "return np.maximum(z, 0)"),
        (
            "leaky_relu", "a = z where z > 0, and 0.01 z elsewhere.",
            "return np.maximum(z, 0.01 * z)",
        ),
        (
            "elu", "a = z where z > 0, and e^z - 1 elsewhere.",
            "return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))",
        ),
        (
            "selu", "a = λ z where z > 0, and λ α (e^z - 1) elsewhere.",
            "scale, alpha = 1.0507009873554805, 1.6732632423543772",
            "return scale * np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))",
        ),
        (
            "gelu", "a = z (1 + t) / 2 with t = tanh(√(2/π) (z + 0.044715 z³)).",
            "root = 0.7978845608028654  # √(2/π)",
            "return 0.5 * z * (1 + np.tanh(root * z * (1 + 0.044715 * z * z)))",
        ),
        ("silu", "a = z / (1 + e^-z).", "return z * (1 / (1 + np.exp(-z)))"),
        ("softplus", "a = log(1 + e^z).", "return np.logaddexp(0, z)"),
        ("mish", "a = z tanh(log(1 + e^z)).", "return z * np.tanh(np.logaddexp(0, z))"),
        (
            "softmax",
            "a_i = e^z_i / Σ_j e^z_j in each row; its largest z is taken off, so that no e^z "
            "overflows.",
            "e = np.exp(z - z.max(axis=-1, keepdims=True))",
            "return e / e.sum(axis=-1, keepdims=True)",
        ),
        ("exp", "a = e^z.", "return np.exp(z)"),
    )
}  # fmt: skip

LAYER = '''
class NeuralLayer:
    """The numbers of a layer: W (n_conn, n_neur), b (1, n_neur), and its activation function."""

    def __init__(self, W, b, act_f):
        self.W = np.array(W, dtype=np.{dtype})
        self.b = np.array(b, dtype=np.{dtype}).reshape(1, -1)
        self.act_f = act_f
'''

# In a network that is not dense layers alone, each layer is a function of the output before it.
CALL = """
    def __call__(self, a):
        return self.act_f(a @ self.W + self.b)
"""

DECODE = '''
def decode(text, n_conn, n_neur):
    """Return the matrix that a text holds: {dtype} numbers, row after row, in base64."""
    return np.frombuffer(base64.b64decode(text), dtype="{code}").reshape(n_conn, n_neur)
'''

# All functions that a list of layers may call, by their names; each calls earlier ones only.
TEXTS = {
    **FUNCTIONS,
    "decode": DECODE,
    "NeuralLayer": LAYER,
    "run": '''
def run(layers, a):
    """Return the output of layers one after the other."""
    for layer in layers:
        a = layer(a)
    return a
''',
    "scale": '''
def scale(s, t):
    """s z + t: a factor and a term for each channel, which training measured."""
    return lambda z: np.{dtype}(s) * z + np.{dtype}(t)
''',
    "layer_normalization": '''
def layer_normalization(gamma, beta, epsilon):
    """gamma h + beta, with h = (z - mean) / sqrt(variance + epsilon) over the last axis."""

    def layer(z):
        d = z - z.mean(axis=-1, keepdims=True)
        variance = (d * d).mean(axis=-1, keepdims=True)
        return np.{dtype}(gamma) * d / np.sqrt(variance + epsilon) + np.{dtype}(beta)

    return layer
''',
    "windows": '''
def windows(a, size, stride=1, padding=0, dilation=1, filler=0):
    """For each number of a window, what lies under it at all places: (n, *places, channels).

    Each of these may differ from axis to axis; padding is given before and after.
    """
    k = len(size)
    padding, stride = np.broadcast_to(padding, (k, 2)), np.broadcast_to(stride, k)
    a = np.pad(a, [(0, 0), *padding, (0, 0)], constant_values=filler)
    first = np.array([*np.ndindex(*size)]) * dilation
    behind = first[::-1]  # so far does the rest of the window reach
    for start, stop in zip(first, a.shape[1:-1] - behind):
        yield a[(slice(None), *map(slice, start, stop, stride))]
''',
    "convolution": '''
def convolution(W, b, size, groups=1, **where):
    """A weighted sum of the window around each place: W has a row for each of its numbers."""
    b = np.array(b, dtype=np.{dtype}).reshape(-1)
    W = np.array(W, dtype=np.{dtype}).reshape(np.prod(size), -1, len(b))

    def weighted(x, w):  # each group of channels gives its part of the output
        x, w = np.split(x, groups, axis=-1), np.split(w, groups, axis=-1)
        return np.concatenate([x[i] @ w[i] for i in range(groups)], axis=-1)

    return lambda a: sum(map(weighted, windows(a, size, **where), W)) + b
''',
    "max_pooling": '''
def max_pooling(size, **where):
    """The largest number of each window, in each channel; padding is never it."""

    def layer(a):
        y, *others = windows(a, size, filler=-np.inf, **where)
        for x in others:
            y = np.maximum(y, x)
        return y

    return layer
''',
    "average_pooling": '''
def average_pooling(size, **where):
    """The mean of each window, in each channel; padding does not count."""

    def layer(a):
        return sum(windows(a, size, **where)) / sum(windows(np.ones_like(a), size, **where))

    return layer
''',
    "global_max_pooling": '''
def global_max_pooling(masked=False):
    """The largest number of each channel; if masked, a step of zeros is padding."""

    def layer(a):
        a = np.where(a.any(axis=-1, keepdims=True), a, -np.inf) if masked else a
        return a.max(axis=tuple(range(1, a.ndim - 1)))

    return layer
''',
    "global_average_pooling": '''
def global_average_pooling(masked=False):
    """The mean of each channel; if masked, a step of zeros is padding and does not count."""

    def layer(a):
        if masked:
            count = a.any(axis=-1, keepdims=True).sum(axis=1, dtype=a.dtype)
            return a.sum(axis=1) / np.maximum(count, 1)
        return a.mean(axis=tuple(range(1, a.ndim - 1)))

    return layer
''',
    "flatten": '''
def flatten():
    """All numbers of an example in a row."""
    return lambda a: a.reshape(len(a), -1)
''',
    "reshape": '''
def reshape(shape):
    """The numbers of an example in another shape."""
    return lambda a: a.reshape(len(a), *shape)
''',
    "upsampling": '''
def upsampling(size):
    """Each place again and again, so many times in height and in width."""
    return lambda a: a.repeat(size[0], axis=1).repeat(size[1], axis=2)
''',
    "embedding": '''
def embedding(W):
    """The row of W that each index stands for."""
    W = np.array(W, dtype=np.{dtype})

    def layer(a):
        index = a.astype(int)
        if (index != a).any() or (index < 0).any() or (index >= len(W)).any():
            raise ValueError(f"X holds indices: give whole numbers from 0 to {len(W) - 1}")
        return W[index]

    return layer
''',
    "positions": '''
def positions(P, masked=False):
    """a + P, a row of P to each step; if masked, a step of zeros stays so."""
    P = np.array(P, dtype=np.{dtype})
    return lambda a: np.where(a.any(axis=-1, keepdims=True), a + P, 0) if masked else a + P
''',
    "attention": '''
def attention(W, b, V, c, heads, causal=False, masked=False):
    """softmax(q k^T / sqrt(size)) v for each head: how much each step takes from each other.

    If causal, from itself and those before it; if masked, a step of zeros gives and gets nothing.
    """
    W, b, V, c = (np.array(one, dtype=np.{dtype}) for one in (W, b, V, c))

    def layer(a):
        n, steps = a.shape[:2]
        qkv = (a @ W + b).reshape(n, steps, 3, heads, -1)
        q, k, v = qkv.transpose(2, 0, 3, 1, 4)  # each (n, heads, steps, size)
        scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
        if causal:
            scores = np.where(np.tri(steps, dtype=bool), scores, -1e30)
        if masked:
            scores = np.where(a.any(axis=-1)[:, None, None], scores, -1e30)
        y = (softmax(scores) @ v).swapaxes(1, 2).reshape(n, steps, -1) @ V + c
        return np.where(a.any(axis=-1, keepdims=True), y, 0) if masked else y

    return layer
''',
    "recurrence": '''
def recurrence(step, states, a, backwards=False, sequences=False, masked=False):
    """The first state after the last step of a, or the states at all steps if sequences.

    ``step(x, *states)`` gives the next states. If masked, a step of zeros leaves them as they are,
    and has zeros in the sequence.
    """
    outputs = []
    for x in a.swapaxes(0, 1)[:: -1 if backwards else 1]:
        real = x.any(axis=1, keepdims=True) if masked else True
        states = [np.where(real, new, old) for new, old in zip(step(x, *states), states)]
        outputs.append(np.where(real, states[0], 0))
    return np.stack(outputs[:: -1 if backwards else 1], axis=1) if sequences else states[0]
''',
    "simple_rnn": '''
def simple_rnn(W, U, b, act_f, **how):
    """h' = act_f(x W + h U + b)."""
    W, U, b = (np.array(one, dtype=np.{dtype}) for one in (W, U, b))

    def step(x, h):
        return (act_f(x @ W + h @ U + b),)

    return lambda a: recurrence(step, np.zeros((1, len(a), len(U)), a.dtype), a, **how)
''',
    "gru": '''
def gru(W, U, b, c, **how):
    """h' = (1 - z) n + z h, with n = tanh(x W + b + r (h U + c)): gates r and z, and n."""
    W, U, b, c = (np.array(one, dtype=np.{dtype}) for one in (W, U, b, c))

    def step(x, h):
        r, z, n = np.split(x @ W + b, 3, axis=1)
        by_r, by_z, by_n = np.split(h @ U, 3, axis=1)
        r, z = sigmoid(r + by_r), sigmoid(z + by_z)
        return ((1 - z) * np.tanh(n + r * (by_n + c)) + z * h,)

    return lambda a: recurrence(step, np.zeros((1, len(a), len(U)), a.dtype), a, **how)
''',
    "lstm": '''
def lstm(W, U, b, **how):
    """c' = f c + i g, h' = o tanh(c'): gates i, f and o to let in, keep and let out, and g."""
    W, U, b = (np.array(one, dtype=np.{dtype}) for one in (W, U, b))

    def step(x, h, c):
        i, f, o, g = np.split(x @ W + h @ U + b, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c

    return lambda a: recurrence(step, np.zeros((2, len(a), len(U)), a.dtype), a, **how)
''',
    "concatenate": '''
def concatenate(branches):
    """Branches that take the same input, their outputs along the last axis."""
    return lambda a: np.concatenate([run(branch, a) for branch in branches], axis=-1)
''',
    "add": '''
def add(branches):
    """Branches that take the same input, their outputs added up."""
    return lambda a: sum(run(branch, a) for branch in branches)
''',
    "masked": '''
def masked(layers):
    """Layers one after the other; a step of zeros is padding, and stays so."""
    return lambda a: np.where(a.any(axis=-1, keepdims=True), run(layers, a), 0)
''',
}
