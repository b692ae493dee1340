"""``neurona demo circles`` and the other demonstrations: train, show, save a picture and a film."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona import datasets
from neurona.commands import FAILED, INTERRUPTED, interrupts
from neurona.commands.spanish import in_language
from neurona.demos import DEMOS, data_of, outputs_for
from neurona.engine.network import Network, network
from neurona.engine.optimizers import OPTIMIZERS
from neurona.engine.training import TrainingDiverged, train
from neurona.extras import require
from neurona.language import Language, Text, localize
from neurona.observe.film import ENGLISH, SPANISH, Film
from neurona.observe.scores import accuracy, confusion_matrix, is_classification, labels_of
from neurona.observe.terminal import TerminalView, confusion_text, describe
from neurona.registry import lookup

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator

    from neurona.engine.state import State
    from neurona.observe.terminal import TrainingView

INTERRUPTION = Text(
    "interrupted; saving the training so far",
    "interrupción; se guarda el entrenamiento hasta aquí",
)
HELD_OUT = Text(
    "test accuracy {accuracy} on {n} held-out examples",
    "aciertos en la prueba: {accuracy}, de {n} ejemplos apartados",
)
LEARNED = Text(
    "It gets {share} of the points right; always the same class would get {constant}.",
    "Acierta el {share} de los puntos; decir siempre la misma clase acierta el {constant}.",
)
NOTHING_LEARNED = Text(
    "It has learned nothing yet: always the same class would get {constant} right.",
    "Todavía no ha aprendido nada: decir siempre la misma clase acierta el {constant}.",
)
EXPLAINED = Text(
    "It explains {share} of the variance; the best constant explains nothing.",
    "Explica el {share} de la varianza; la mejor constante no explica nada.",
)
NOT_HERE = Text(
    "--{option} is not for {name}, whose network and data are fixed: it takes --optimizer, "
    "--learning-rate, --batch-size, --steps, --every, --seed, --engine, --output, --language and "
    "--quiet",
    "--{option} no vale para {name}, cuya red y cuyos datos son fijos: admite --optimizer, "
    "--learning-rate, --batch-size, --steps, --every, --seed, --engine, --output, --language y "
    "--quiet",
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
    title = f"{given.data}: {describe(net)}"
    film = Film(net, *(test or (X, y)), log=demo.log, words=words, title=title)
    view = TerminalView(
        net, X, y, steps=options["steps"], name=given.data, test=test, log=demo.log,
        quiet=given.quiet, language=language,
    )  # fmt: skip
    code = follow(states, view, film.add, language)
    if test and film.frames and not given.quiet:
        report(net, film.frames[-1].params, *test, language=language)
    write(film, output, given.data, language)
    return code


def follow(
    states: Iterator[State], view: TrainingView, keep: Callable[[State], Any], language: Language
) -> int:
    """Show and keep the states as they come, and return the exit code."""
    code = 0
    try:
        with view:
            for state in interrupts.until_raised(states):
                keep(state)
                view.update(state)
    except KeyboardInterrupt:
        code = INTERRUPTED
        print(f"neurona: {INTERRUPTION.say(language)}", file=sys.stderr)
    except TrainingDiverged as error:
        code = FAILED
        keep(error.state)
        print(f"neurona: {in_language(str(error), language)}", file=sys.stderr)
    interrupts.at_once()
    return code


def refuse(given: Namespace) -> None:
    """Refuse options that a demonstration with a network and data of its own does not take.

    Raises
    ------
    ValueError
        If one is given.
    """
    for option in ("topology", "activation", "cost", "arms", "classes", "noise"):
        if getattr(given, option) is not None:
            raise ValueError(NOT_HERE.say(given.language, option=option, name=given.data))


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
        reason = in_language(error.strerror or "", language)
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


def conclusion(film: Film, language: Language = "en") -> str:
    """Say in a sentence what the last state has learned, beside the best constant prediction."""

    def percent(share: float) -> str:
        return localize(f"{100 * share:.1f} %", language)

    y, p = film.y, film.net.predict(film.frames[-1].params, film.X)
    if not is_classification(film.net, y):
        missed = np.square(p - np.reshape(y, p.shape)).mean() / np.var(y)
        return EXPLAINED.say(language, share=percent(max(0.0, 1 - missed)))
    constant = np.bincount(labels_of(y)).max() / len(y)
    share = accuracy(p, y)
    said = LEARNED if share > constant else NOTHING_LEARNED
    return said.say(language, share=percent(share), constant=percent(constant))


def write(film: Film, output: Path, name: str, language: Language = "en") -> None:
    """Write the picture and the film, and print their paths."""
    if not film.frames:
        return
    film.conclusion = conclusion(film, language)
    picture, gif = output / f"{name}.png", output / f"{name}.gif"
    film.save_picture(picture)
    print(picture)
    film.save(gif)
    print(gif)
