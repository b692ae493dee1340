"""The gallery's pictures, drawn at every build, so that each shows what the code does now."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import vega_datasets
from matplotlib.figure import Figure
from sklearn.datasets import load_iris

import neurona
from neurona.estimators.defaults import l1_for
from neurona.observe.film import Film


def activations() -> Figure:
    names = ["sigmoid", "tanh", "softsign", "relu", "leaky_relu", "elu", "gelu", "silu"]
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    for ax, name in zip(figure.subplots(2, 4).flat, names, strict=True):
        neurona.plot.activation(name, ax)
        ax.set_title(name)
        ax.set(xlabel="", ylabel="")
    return figure


def surfaces() -> Figure:
    figure = Figure(figsize=(10, 6.4), layout="constrained")
    clouds = neurona.datasets.POINT_CLOUDS
    for ax, (name, cloud) in zip(figure.subplots(2, 3).flat, clouds.items(), strict=True):
        X, y = cloud(n=400, rng=0)
        classes = int(y.max()) + 1
        last, output = (1, "sigmoid") if classes == 2 else (classes, "softmax")
        net = neurona.network([2, 16, 16, last], "tanh", output=output)
        *_, state = neurona.train(net, X, y, steps=1500, rng=0)
        neurona.plot.surface(net, state.params, X, y, ax)
        ax.set_title(name)
        ax.set(xlabel="", ylabel="")
    return figure


def optimizers() -> Figure:
    X, y = neurona.datasets.spirals(n=500, rng=0)
    net = neurona.network([2, 16, 16, 1], "tanh", output="sigmoid")
    figure = Figure(figsize=(8, 4), layout="constrained")
    ax = figure.subplots()
    for optimizer in (
        neurona.sgd(1.0),
        neurona.momentum(0.2),
        neurona.rmsprop(0.002),
        neurona.adam(0.01),
    ):
        states = list(neurona.train(net, X, y, optimizer=optimizer, steps=1500, every=10, rng=0))
        neurona.plot.cost_curve(states, ax=ax, log=True, label=type(optimizer).__name__)
    return figure


def gradients() -> Figure:
    X, y = neurona.datasets.circles(n=500, noise=0.05, rng=0)
    sizes = {}
    for name, activation, initializer in (
        ("sigmoid, weights within ±1", "sigmoid", neurona.initializers.uniform),
        ("sigmoid, weights by width", "sigmoid", "orthogonal"),
        ("tanh, weights by width", "tanh", "orthogonal"),
    ):
        net = neurona.network(
            [2, 4, 8, 16, 8, 4, 1], activation, output="sigmoid", initializer=initializer
        )
        gradients = neurona.observe.gradients(net, net.init(rng=0), X, y, cost="mse")
        sizes[name] = neurona.observe.numbers.gradient_norms(gradients)
    figure = Figure(figsize=(8, 4), layout="constrained")
    neurona.plot.gradient_sizes(sizes, figure.subplots())
    return figure


def network() -> Figure:
    X, y = neurona.datasets.moons(n=500, rng=0)
    net = neurona.network([2, 8, 8, 1], "tanh", output="sigmoid")
    *_, state = neurona.train(net, X, y, steps=1000, rng=0)
    figure = Figure(figsize=(8, 4.4), layout="constrained")
    neurona.plot.network(net, state.params, figure.subplots())
    return figure


def digits() -> Figure:
    X, y = neurona.datasets.digits()
    X_train, X_test, y_train, y_test = neurona.datasets.train_test_split(X, y, rng=0)
    net = neurona.network([64, 64, 10], "gelu", output="softmax")
    *_, state = neurona.train(net, X_train, y_train, epochs=20, batch_size=64, rng=0)
    matrix = neurona.observe.confusion_matrix(net.predict(state.params, X_test), y_test)
    figure = Figure(figsize=(6, 5.4), layout="constrained")
    neurona.plot.confusion(matrix, ax=figure.subplots())
    return figure


def wave() -> Figure:
    X, y = neurona.datasets.wave(n=500, rng=0)
    net = neurona.network([2, 32, 32, 1], "tanh", output="linear")
    *_, state = neurona.train(net, X, y, steps=1500, rng=0)
    figure = Figure(figsize=(6, 4.8), layout="constrained")
    neurona.plot.surface(net, state.params, X, y, figure.subplots())
    return figure


def sine(n: int, rng: int) -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(rng).uniform(-np.pi, np.pi, (n, 1))
    return X, np.sin(X[:, 0])


def checkerboard(n: int, rng: int) -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(rng).uniform(0, 4, (n, 2))
    return X, np.floor(X).sum(axis=1).astype(int) % 2


def corners(n: int, rng: int) -> tuple[np.ndarray, np.ndarray]:
    bits = np.arange(n) % 4
    X = np.stack([bits // 2, bits % 2], axis=1)
    return X.astype(float), X.sum(axis=1) % 2


def defaults() -> Figure:
    tasks = {
        "sin x, 200 points": (sine, 200, neurona.NeuralNetRegressor),
        "moons, 400 points": (neurona.datasets.moons, 400, neurona.NeuralNetClassifier),
        "checkerboard, 1,000 points": (checkerboard, 1000, neurona.NeuralNetClassifier),
        "XOR, 4 points": (corners, 4, neurona.NeuralNetClassifier),
    }
    figure = Figure(figsize=(11, 6.2), layout="constrained")
    parts = figure.subfigures(2, 2, hspace=0.06, wspace=0.06).flat
    for part, (name, (points, n, estimator)) in zip(parts, tasks.items(), strict=True):
        part.suptitle(name)
        first = {
            "hidden_layer_sizes": (64,), "networks": 1, "ramps": 0, "weight_decay": 0.5,
            "dropout": 0.0, "initializer": "orthogonal", "l1": l1_for("auto", n),
        }  # fmt: skip
        (X, y), others = points(n=n, rng=0), points(n=2000, rng=1)
        given = {"before": first, "now": {}}
        for ax, (title, settings) in zip(part.subplots(1, 2), given.items(), strict=True):
            net = estimator(random_state=0, **settings).fit(X, y)
            if X.shape[1] == 2:
                neurona.plot.surface(net.network_, net.params_, X, y, ax, features=net.prepare)
            else:
                line = np.linspace(-np.pi, np.pi, 300)[:, None]
                ax.plot(X, y, ".", color="0.65", markersize=5)
                ax.plot(line, net.predict(line), linewidth=2.5, color=neurona.plot.INK)
                ax.set_box_aspect(1)
            ax.set_title(f"{title}: {net.score(*others):.2f}", fontsize="medium")
            ax.set(xlabel="", ylabel="", xticks=[], yticks=[])
    return figure


def spirals() -> Film:
    X, y = neurona.datasets.spirals(n=500, arms=3, rng=0)
    net = neurona.network([2, 32, 32, 3], "tanh", output="softmax")
    film = Film(net, X, y)
    for state in neurona.train(net, X, y, steps=1000, every=10, rng=0):
        film.add(state)
    return film


def image_network() -> tuple[neurona.engine.network.Network, tuple, np.ndarray]:
    X, y = neurona.datasets.digits()
    images = X.reshape(-1, 8, 8, 1)
    net = neurona.network(
        "8x8x1, conv 8 same, pool, conv 12 same, pool, flatten, 10", "relu", output="softmax"
    )
    *_, state = neurona.train(
        net, images[:-100], y[:-100], epochs=15, batch_size=32, optimizer=neurona.adam(0.005), rng=0
    )
    return net, state.params, images[-100:]


def filters() -> Figure:
    net, params, _ = image_network()
    figure = Figure(figsize=(8, 1.5), layout="constrained")
    neurona.plot.filters(net, params, figure.subplots())
    return figure


def feature_maps() -> Figure:
    net, params, images = image_network()
    figure = Figure(figsize=(10.5, 3.6), layout="constrained")
    neurona.plot.feature_maps(net, params, images[5], figure.subplots())
    return figure


def pooling() -> Figure:
    net, params, images = image_network()
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    neurona.plot.pooling(net, params, images[5], figure.subplots(), channel=1)
    return figure


def states() -> Figure:
    weather = vega_datasets.data.seattle_weather()
    series = np.stack([weather["temp_max"], np.log1p(weather["precipitation"])], axis=1)
    series = (series - series.mean(axis=0)) / series.std(axis=0)
    days = np.stack([series[k : k + 60] for k in range(len(series) - 60)])
    net = neurona.network("60x2, gru 12, 1", output="linear")
    *_, state = neurona.train(
        net, days, series[60:, 0], epochs=6, batch_size=32, optimizer=neurona.adam(0.005), rng=0
    )
    figure = Figure(figsize=(9.5, 5), layout="constrained")
    neurona.plot.states(
        net, state.params, days[1000], figure.subplots(), features=["temperature", "rain"]
    )
    return figure


def attention() -> Figure:
    text = " ".join(load_iris().DESCR.lower().split())
    letters = sorted(set(text))
    codes = np.array([letters.index(letter) for letter in text])
    steps = 24
    X = np.stack([codes[k : k + steps] for k in range(len(codes) - steps)])
    y = np.stack([codes[k + 1 : k + steps + 1] for k in range(len(codes) - steps)])
    net = neurona.engine.network.Network(
        [
            neurona.Embedding(len(letters), 32),
            neurona.PositionalEncoding(),
            neurona.transformer_block(32, heads=4, causal=True),
            neurona.Conv1D(len(letters), 1, "softmax", gain=1.0),
        ],
        (steps,),
    )
    *_, state = neurona.train(
        net, X, y, steps=500, batch_size=32, optimizer=neurona.adam(0.005), rng=0
    )
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    k = text.index("the data set contains")
    shown = text[k : k + steps]
    neurona.plot.attention(
        net, state.params, codes[k : k + steps], figure.subplots(), labels=shown.replace(" ", "␣")
    )
    return figure


FIGURES = (
    activations, surfaces, optimizers, gradients, network, digits, wave, defaults, filters,
    feature_maps, pooling, states, attention,
)  # fmt: skip


def draw(folder: Path, sources: str) -> None:
    """Write all pictures, unless they are there from the same sources."""
    stamp = folder / "sources"
    if stamp.exists() and stamp.read_text() == sources:
        return
    folder.mkdir(exist_ok=True)
    for make in FIGURES:
        picture = folder / f"{make.__name__}.png"
        make().savefig(picture, dpi=160, bbox_inches="tight", pad_inches=0.15)
    spirals().save(folder / "spirals.gif", most=50)
    stamp.write_text(sources)
