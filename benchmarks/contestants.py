"""The contestants: one function for each, in its library's own idiom.

To add one, write a function that takes a `Task` and returns a `Training`, and register it with
`@contestant`. Every function starts from `task.initial_weights()` if its library allows that.
"""

from __future__ import annotations

import warnings
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

import neurona

from .contest import Training, batches, contestant

if TYPE_CHECKING:
    from .tasks import Task

NUMPY = "neurona, NumPy"
COMPILED = "neurona, compiled"
TUTORIAL = "the tutorial's program, float64"
SCIKIT_LEARN = "scikit-learn MLPClassifier"
PYTORCH = "PyTorch, eager"
PYTORCH_FUSED = "PyTorch, eager, fused optimizer"
KERAS_JAX = "Keras fit, JAX backend"
KERAS_TORCH = "Keras fit, PyTorch backend"
JAX_STEP = "JAX, autodiff, jit a step"
JAX_SCAN = "JAX, autodiff, jit + scan"


# ------------------------------------------------------------------------------------- neurona
@contestant(NUMPY)
def neurona_numpy(task: Task) -> Training:
    return _neurona(task, "numpy")


@contestant(COMPILED, needs=("jax",))
def neurona_compiled(task: Task) -> Training:
    return _neurona(task, "jax")


def _neurona(task: Task, engine: str) -> Training:
    net = task.network()
    states = neurona.train(
        net,
        task.X,
        task.y,
        cost="mse" if task.binary else "cross_entropy",
        optimizer=getattr(neurona, task.optimizer)(task.learning_rate),
        steps=10**9,
        every=task.chunk,
        batch_size=task.batch_size,
        rng=task.seed,
        engine=engine,
    )
    state = next(states)

    def advance(steps: int) -> int:
        nonlocal state
        first = state.step
        while state.step < first + steps:
            state = next(states)
        return state.step - first

    return Training(advance, lambda X: np.asarray(net.predict(state.params, X)))


# ------------------------------------------------------------------------ the tutorial's program
@contestant(TUTORIAL, takes=lambda task: task.binary)
def the_tutorials_program(task: Task) -> Training:
    """Unchanged: its own update, at the rate with which the lesson succeeds."""
    from neurona import tutorial

    network = tutorial.create_nn(list(task.topology), tutorial.sigm)
    for layer, (W, b) in zip(network, task.initial_weights(), strict=True):
        layer.W, layer.b = W.astype(np.float64), b.astype(np.float64)[np.newaxis]
    X, Y = task.X.astype(np.float64), task.targets.astype(np.float64)

    def advance(steps: int) -> int:
        for _ in range(steps):
            tutorial.train(network, X, Y, tutorial.l2_cost, lr=0.05)
        return steps

    def predict(X: np.ndarray) -> np.ndarray:
        return tutorial.train(network, X, None, tutorial.l2_cost, train=False)

    return Training(advance, predict)


# --------------------------------------------------------------------------------- scikit-learn
@contestant(SCIKIT_LEARN, needs=("sklearn",))
def scikit_learn(task: Task) -> Training:
    """One warm-started `fit` over many epochs: each is far cheaper than a `partial_fit`.

    In float32, which is faster than its default float64, without shuffling if the batch is full. It
    has no squared error after a sigmoid: its cost is the cross-entropy, whose gradient is about
    four times larger at the start.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    squared_error_to_cross_entropy = 0.25 if task.binary and task.optimizer == "sgd" else 1.0
    model = MLPClassifier(
        task.topology[1:-1],
        activation={"sigmoid": "logistic", "relu": "relu"}[task.activation],
        solver=task.optimizer,
        alpha=0.0,
        batch_size=task.batch_size or len(task.X),
        learning_rate_init=task.learning_rate * squared_error_to_cross_entropy,
        momentum=0.0,
        shuffle=task.batch_size is not None,
        tol=0.0,
        n_iter_no_change=10**9,
        warm_start=True,
        random_state=task.seed,
    )

    def fit(epochs: int) -> None:
        model.max_iter = epochs
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is ours
            model.fit(task.X, task.y)

    fit(epochs=1)  # creates the arrays that take the initial weights
    for W_own, b_own, (W, b) in zip(
        model.coefs_, model.intercepts_, task.initial_weights(), strict=True
    ):
        W_own[:], b_own[:] = W, b

    def advance(steps: int) -> int:
        epochs = -(-steps // task.steps_per_epoch)
        fit(epochs)
        return epochs * task.steps_per_epoch

    def predict(X: np.ndarray) -> np.ndarray:
        probabilities = model.predict_proba(X)
        return probabilities[:, 1:] if task.binary else probabilities

    return Training(advance, predict)


# -------------------------------------------------------------------------------------- PyTorch
@contestant(PYTORCH, needs=("torch",))
def pytorch_eager(task: Task) -> Training:
    return _pytorch(task, fused=None)


@contestant(PYTORCH_FUSED, needs=("torch",))
def pytorch_eager_fused(task: Task) -> Training:
    return _pytorch(task, fused=True)


def _pytorch(task: Task, fused: bool | None) -> Training:
    """Shuffle tensors by hand: a DataLoader would be several times slower."""
    import torch
    from torch import nn

    activation = {"sigmoid": nn.Sigmoid, "relu": nn.ReLU}[task.activation]
    modules: list[nn.Module] = []
    for W, b in task.initial_weights():
        dense = nn.Linear(*W.shape)
        with torch.no_grad():
            dense.weight.copy_(torch.from_numpy(W.T.copy()))
            dense.bias.copy_(torch.from_numpy(b.copy()))
        modules += [dense, activation()]
    modules.pop()  # the last activation belongs to the output
    if task.binary:
        modules.append(nn.Sigmoid())
    model = nn.Sequential(*modules)
    cost = nn.MSELoss() if task.binary else nn.CrossEntropyLoss()
    optimizer = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[task.optimizer](
        model.parameters(), lr=task.learning_rate, fused=fused
    )
    X = torch.from_numpy(task.X)
    Y = torch.from_numpy(task.targets if task.binary else task.y)
    examples = batches(X, Y, task.batch_size, torch.randperm)

    def advance(steps: int) -> int:
        for x, y in islice(examples, steps):
            optimizer.zero_grad(set_to_none=True)
            cost(model(x), y).backward()
            optimizer.step()
        return steps

    @torch.no_grad()
    def predict(X: np.ndarray) -> np.ndarray:
        output = model(torch.from_numpy(X))
        return (output if task.binary else output.softmax(dim=1)).numpy()

    return Training(advance, predict)


# ---------------------------------------------------------------------------------------- Keras
@contestant(KERAS_JAX, needs=("keras", "jax"), environment={"KERAS_BACKEND": "jax"})
def keras_jax(task: Task) -> Training:
    return _keras(task, steps_per_execution=min(8, task.steps_per_epoch))  # 1.1 to 1.7 times faster


@contestant(KERAS_TORCH, needs=("keras", "torch"), environment={"KERAS_BACKEND": "torch"})
def keras_pytorch(task: Task) -> Training:
    return _keras(task, steps_per_execution=1)


def _keras(task: Task, steps_per_execution: int) -> Training:
    import keras

    model = keras.Sequential([keras.Input((task.topology[0],))])
    for width in task.topology[1:-1]:
        model.add(keras.layers.Dense(width, task.activation))
    output = "sigmoid" if task.binary else "softmax"
    model.add(keras.layers.Dense(task.topology[-1], output))
    model.set_weights([array for layer in task.initial_weights() for array in layer])
    optimizer = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}[task.optimizer]
    model.compile(
        optimizer(task.learning_rate),
        loss="mse" if task.binary else "sparse_categorical_crossentropy",
        steps_per_execution=steps_per_execution,
    )
    Y = task.targets if task.binary else task.y

    def advance(steps: int) -> int:
        epochs = -(-steps // task.steps_per_epoch)
        model.fit(
            task.X,
            Y,
            batch_size=task.batch_size or len(task.X),
            shuffle=task.batch_size is not None,
            epochs=epochs,
            verbose=0,
        )
        return epochs * task.steps_per_epoch

    return Training(advance, lambda X: model.predict(X, batch_size=len(X), verbose=0))


# ------------------------------------------------------------------------------------------ JAX
@contestant(JAX_STEP, needs=("jax",))
def jax_jit_a_step(task: Task) -> Training:
    import jax

    first, step, predict = _jax(task)
    step = jax.jit(step, donate_argnums=0)
    carry = first
    X, Y = task.X, task.targets
    if task.batch_size is None:
        X, Y = jax.device_put((X, Y))
    examples = batches(X, Y, task.batch_size, np.random.default_rng(task.seed).permutation)

    def advance(steps: int) -> int:
        nonlocal carry
        for x, y in islice(examples, steps):
            carry, _ = step(carry, x, y)
        jax.block_until_ready(carry)
        return steps

    return Training(advance, lambda X: np.asarray(predict(carry, X)))


@contestant(JAX_SCAN, needs=("jax",))
def jax_jit_and_scan(task: Task) -> Training:
    """Scan over rows of indices, one a batch; an incomplete last batch is left out."""
    import jax

    first, step, predict = _jax(task)
    carry = first
    X, Y = jax.device_put((task.X, task.targets))
    rng = np.random.default_rng(task.seed)
    size = task.batch_size

    @jax.jit(donate_argnums=0)
    def run(carry, X, Y, chosen):
        def one(carry, rows):
            return step(carry, X, Y) if size is None else step(carry, X[rows], Y[rows])

        return jax.lax.scan(one, carry, chosen, length=task.chunk if size is None else None)

    def epochs() -> np.ndarray:
        full = len(X) // size
        orders = [rng.permutation(len(X)) for _ in range(task.chunk // task.steps_per_epoch)]
        return np.concatenate([order[: full * size].reshape(full, size) for order in orders])

    def advance(steps: int) -> int:
        nonlocal carry
        made = 0
        while made < steps:
            carry, costs = run(carry, X, Y, None if size is None else epochs())
            made += len(costs)
        jax.block_until_ready(carry)
        return made

    return Training(advance, lambda X: np.asarray(predict(carry, X)))


def _jax(task: Task):
    """Return the initial (params, optimizer's state), the step and the prediction, in JAX."""
    import jax
    import jax.numpy as jnp

    activation = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu}[task.activation]
    learning_rate, tree_map = task.learning_rate, jax.tree.map

    def network(params, x):
        *hidden, (W, b) = params
        for W_hidden, b_hidden in hidden:
            x = activation(x @ W_hidden + b_hidden)
        return x @ W + b

    def cost(params, x, y):
        if task.binary:
            return jnp.mean((jax.nn.sigmoid(network(params, x)) - y) ** 2)
        return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(network(params, x)), axis=1))

    def sgd(gradient, state, params):
        return tree_map(lambda p, g: p - learning_rate * g, params, gradient), state

    def adam(gradient, state, params):
        m, v, t = state
        t = t + 1
        m = tree_map(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
        v = tree_map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradient)

        def move(p, m, v):
            m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
            return p - learning_rate * m_hat / (jnp.sqrt(v_hat) + 1e-8)

        return tree_map(move, params, m, v), (m, v, t)

    update = {"sgd": sgd, "adam": adam}[task.optimizer]

    def step(carry, x, y):
        params, state = carry
        value, gradient = jax.value_and_grad(cost)(params, x, y)
        return update(gradient, state, params), value

    @jax.jit
    def predict(carry, X):
        output = network(carry[0], X)
        return jax.nn.sigmoid(output) if task.binary else jax.nn.softmax(output)

    params = [(jnp.array(W), jnp.array(b)) for W, b in task.initial_weights()]
    zeros = tree_map(jnp.zeros_like, params), tree_map(jnp.zeros_like, params), jnp.zeros((), int)
    return (params, zeros if task.optimizer == "adam" else ()), step, predict
