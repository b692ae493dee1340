"""``neurona demo mnist``: a convolutional network learns 5,000 handwritten digits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neurona import datasets
from neurona.commands.demo import follow, refuse, report, training_options, writable
from neurona.engine.augmentation import Augmentation
from neurona.engine.network import Network, network
from neurona.engine.optimizers import Adam
from neurona.engine.schedules import Cosine
from neurona.engine.training import train
from neurona.extras import require
from neurona.language import Language, Text
from neurona.observe.figures import png
from neurona.observe.terminal import TerminalView
from neurona.saving import replace

if TYPE_CHECKING:
    from argparse import Namespace

    from neurona.engine.types import Array

NETWORK = "28x28x1, conv 16 3x3, pool 2, conv 32 3x3, pool 2, flatten, 64, 10"
TRAINING = {"steps": 2400, "batch_size": 64, "every": 40}
RATE = 0.003
HELD_OUT = 1000
AUGMENTATION = Augmentation(1.5, 10, 0.1)  # pixels, degrees, a share
WATCHED = 400  # images that are predicted for a picture of the training
WRONG = 24
TITLE = Text(
    "The {n} of {of} that it takes for others (which it is → which it says)",
    "Los {n} de {of} que confunde (lo que es → lo que dice)",
)
FIRST = Text(
    "The first {n} of the {wrong} of {of} that it takes for others (which it is → which it says)",
    "Los primeros {n} de los {wrong} de {of} que confunde (lo que es → lo que dice)",
)
MAPS = Text("An image, and what each filter makes of it", "Una imagen, y lo que saca cada filtro")


def run(given: Namespace) -> int:
    """Train on 4,000 digits, test on 1,000, and save a picture of the mistakes."""
    refuse(given)
    language: Language = given.language
    X, y = datasets.mnist()
    X, X_test, y, y_test = datasets.train_test_split(
        X, y, test_size=HELD_OUT / len(X), rng=given.seed
    )
    net = network(NETWORK, "relu", output="softmax")
    options: dict[str, Any] = {**TRAINING, **training_options(given)}
    options.setdefault("optimizer", Adam(Cosine(RATE, options["steps"])))
    states = train(net, X, y, rng=given.seed, augmentation=AUGMENTATION, **options)
    output = writable(given.output, language)
    view = TerminalView(
        net, X, y, steps=options["steps"], name="mnist", test=(X_test, y_test), most=WATCHED,
        log=True, quiet=given.quiet, language=language,
    )  # fmt: skip
    last: dict[str, Any] = {}
    code = follow(states, view, lambda state: last.update(params=state.params), language)
    if last:
        if not given.quiet:
            report(net, last["params"], X_test, y_test, language)
        picture = output / "mnist.png"
        replace(picture, mistakes(net, last["params"], X_test, y_test, language))
        print(picture)
    return code


def mistakes(net: Network, params: Any, X: Array, y: Array, language: Language) -> bytes:
    """Draw the images that are taken for others, and the first layer's maps of one."""
    figure = require("matplotlib.figure", extra="plot").Figure((9.6, 5.2), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(3, 2))
    said = net.predict(params, X).argmax(axis=1)
    wrong = np.flatnonzero(said != y)
    shown = wrong[:WRONG]
    words = TITLE if len(wrong) <= WRONG else FIRST
    above.suptitle(words.say(language, n=len(shown), wrong=len(wrong), of=len(y)), fontsize=10)
    for ax, k in zip(above.subplots(3, WRONG // 3).flat, shown, strict=False):
        ax.imshow(X[k, ..., 0], cmap="gray_r")
        ax.set_title(f"{y[k]} → {said[k]}", fontsize=8)
    below.suptitle(MAPS.say(language), fontsize=10)
    image = X[np.flatnonzero(said == y)[:1]] if (said == y).any() else X[:1]
    first = net.layers[0].forward(params[0], image)[0][0]
    axes = below.subplots(2, 9).flat
    for ax, picture in zip(axes, [image[0, ..., 0], *np.moveaxis(first, -1, 0)], strict=False):
        ax.imshow(picture, cmap="gray_r" if picture.shape == X.shape[1:3] else "Blues")
    for ax in figure.axes:
        ax.set_axis_off()
    return png(figure, dpi=150)
