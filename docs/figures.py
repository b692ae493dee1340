"""The gallery's pictures, drawn at every build, so that each shows what the code does now."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

import neurona
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


def spirals() -> Film:
    X, y = neurona.datasets.spirals(n=500, arms=3, rng=0)
    net = neurona.network([2, 32, 32, 3], "tanh", output="softmax")
    film = Film(net, X, y)
    for state in neurona.train(net, X, y, steps=1000, every=10, rng=0):
        film.add(state)
    return film


FIGURES = (activations, surfaces, optimizers, gradients, network, digits, wave)


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
