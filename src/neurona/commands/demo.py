"""``neurona demo circles`` and the other demonstrations: train, show, save a picture and a film."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from neurona import datasets
from neurona.commands import FAILED, INTERRUPTED, interrupts
from neurona.demos import DEMOS, data_of, outputs_for
from neurona.engine.network import Network, network
from neurona.engine.optimizers import OPTIMIZERS
from neurona.engine.training import TrainingDiverged, train
from neurona.extras import require
from neurona.language import Language, Text, localize
from neurona.observe.film import ENGLISH, SPANISH, Film
from neurona.observe.scores import accuracy, confusion_matrix
from neurona.observe.terminal import TerminalView, confusion_text
from neurona.registry import lookup

if TYPE_CHECKING:
    from argparse import Namespace

INTERRUPTION = Text(
    "interrupted; saving the training so far",
    "interrupción; se guarda el entrenamiento hasta aquí",
)
HELD_OUT = Text(
    "test accuracy {accuracy} on {n} held-out examples",
    "aciertos en la prueba: {accuracy}, de {n} ejemplos apartados",
)
NOT_WRITABLE = Text(
    "the output folder {folder} cannot be written ({reason}): give another with --output DIR",
    "no se puede escribir en la carpeta {folder} ({reason}): indica otra con --output DIR",
)


def run(given: Namespace) -> int:
    """Run the demonstration that the options ask for, and return the exit code."""
    demo = DEMOS[given.data]
    settings = {name: getattr(given, name) for name in ("noise", "arms", "classes")}
    X, y = data_of(given.data, given.seed, **settings)
    test = None
    if demo.held_out:
        X, X_test, y, y_test = datasets.train_test_split(
            X, y, test_size=demo.held_out, rng=given.seed
        )
        test = X_test, y_test
    net = network_of(given, X, y)
    options = {**demo.training, **training_options(given)}
    if demo.optimizer and "optimizer" not in options:
        options["optimizer"] = demo.optimizer(options["steps"])
    states = train(net, X, y, rng=given.seed, **options)  # the call itself raises on wrong input
    language = given.language
    output = writable(given.output, language)
    words = ENGLISH if language == "en" else SPANISH
    film = Film(net, *(test or (X, y)), log=demo.log, words=words)
    view = TerminalView(
        net, X, y, steps=options["steps"], name=given.data, test=test, log=demo.log,
        quiet=given.quiet, language=language,
    )  # fmt: skip
    code = 0
    try:
        interrupts.raised()
        with view:
            for state in states:
                film.add(state)
                view.update(state)
    except KeyboardInterrupt:
        code = INTERRUPTED
        print(f"neurona: {INTERRUPTION.say(language)}", file=sys.stderr)
    except TrainingDiverged as error:
        code = FAILED
        film.add(error.state)
        print(f"neurona: {error}", file=sys.stderr)
    interrupts.at_once()
    if test and film.frames and not given.quiet:
        report(net, film.frames[-1].params, *test, language=language)
    write(film, output, given.data)
    return code


def network_of(given: Namespace, X: Any, y: Any) -> Network:
    """Return the network for the options and the data."""
    demo = DEMOS[given.data]
    hidden = demo.hidden if given.topology is None else tuple(given.topology)
    n_out, output = outputs_for(y)
    topology = [X.shape[1], *hidden, n_out]
    names = [demo.activation] if given.activation is None else given.activation
    if len(names) == 1:
        return network(topology, names[0], output=output)
    return network(topology, names, output=None if len(names) > len(hidden) else output)


def training_options(given: Namespace) -> dict[str, Any]:
    """Return the arguments of `train` that the options give."""
    options: dict[str, Any] = {"engine": given.engine}
    for name in ("cost", "steps", "every", "batch_size"):
        if getattr(given, name) is not None:
            options[name] = getattr(given, name)
    if given.optimizer is not None or given.learning_rate is not None:
        optimizer = lookup("optimizer", given.optimizer or "adam", OPTIMIZERS)
        rates = given.learning_rate
        if rates is None:
            options["optimizer"] = optimizer()
        else:
            options["optimizer"] = optimizer(rates[0] if len(rates) == 1 else tuple(rates))
    return options


def writable(folder: Path, language: Language = "en") -> Path:
    """Make the folder, and check before the training that it is writable.

    Raises
    ------
    OSError
        If it is not.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or ""
        raise OSError(NOT_WRITABLE.say(language, folder=str(folder), reason=reason)) from error
    return folder


def report(net: Network, params: Any, X: Any, y: Any, language: Language = "en") -> None:
    """Print the accuracy and the confusion matrix on the test examples."""
    p = net.predict(params, X)
    console = require("rich.console", extra="terminal").Console(highlight=False)
    share = localize(f"{100 * accuracy(p, y):.1f} %", language)
    console.print(f"\n{HELD_OUT.say(language, accuracy=share, n=len(y))}\n")
    console.print(confusion_text(confusion_matrix(p, y)))
    console.print()


def write(film: Film, output: Path, name: str) -> None:
    """Write the picture and the film, and print their paths."""
    if not film.frames:
        return
    picture, gif = output / f"{name}.png", output / f"{name}.gif"
    film.save_picture(picture)
    print(picture)
    film.save(gif)
    print(gif)
