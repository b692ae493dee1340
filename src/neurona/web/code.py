"""A short program with neurona's public names that repeats the training on the screen."""

from __future__ import annotations

import inspect
from base64 import b64encode
from collections.abc import Mapping, Sequence
from textwrap import fill, indent
from typing import Any, NamedTuple

import numpy as np

from neurona.engine.layers.base import Layer
from neurona.engine.layers.convolution import Conv2D
from neurona.engine.layers.dense import Dense
from neurona.engine.layers.gru import GRU
from neurona.engine.layers.lstm import LSTM
from neurona.engine.layers.recurrent import Recurrent
from neurona.engine.optimizers import OPTIMIZERS
from neurona.engine.parameters import flatten
from neurona.engine.types import Array, Params
from neurona.lesson.step import LessonStep
from neurona.web.run import View
from neurona.web.setup import Setup
from neurona.web.steering import optimizer_of
from neurona.web.task import Task, maker_of

WIDTH = 92
MOST_LISTED = 60  # parameters written as numbers; more are base64

# Each feature as Python code.
WRITTEN: Mapping[str, str] = {
    "x1": "x1",
    "x2": "x2",
    "x1^2": "x1**2",
    "x2^2": "x2**2",
    "x1*x2": "x1 * x2",
    "sin(x1)": "np.sin(np.pi * x1)",
    "sin(x2)": "np.sin(np.pi * x2)",
}

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "title": {
        "en": "neurona's playground: {kind}, network {topology}, step {step}.",
        "es": "El laboratorio de neurona: {kind}, red {topology}, paso {step}.",
    },
    "needs": {
        "en": 'It needs neurona with its extra "demo".',
        "es": "Necesita neurona con su extra «demo».",
    },
    "data": {"en": "The data.", "es": "Los datos."},
    "split": {
        "en": "The data; {share:g} % are kept for a test.",
        "es": "Los datos; el {share:g} % se guarda para la prueba.",
    },
    "features": {
        "en": "The numbers that the network gets of a point.",
        "es": "Lo que la red ve de un punto.",
    },
    "network": {"en": "The network.", "es": "La red."},
    "training": {
        "en": "The training, up to the step on the screen.",
        "es": "El entrenamiento, hasta el paso que está en la pantalla.",
    },
    "begun": {
        "en": "The weights that the training begins from.",
        "es": "Los pesos con los que empieza el entrenamiento.",
    },
    "initial": {
        "en": "No step was taken: these are the initial weights.",
        "es": "No se ha dado ningún paso: estos son los pesos iniciales.",
    },
    "steered": {
        "en": "This training was steered on its way (a rate, a weight, points, a branch), which no "
        "program can retrace: these are the weights on the screen.",
        "es": "Este entrenamiento se fue guiando por el camino (una tasa, un peso, puntos, una "
        "rama) y ningún programa puede repetirlo: estos son los pesos que están en la pantalla.",
    },
    "bug": {
        "en": "This training ran with a bug on purpose, which neurona does not have: these are the "
        "weights on the screen.",
        "es": "Este entrenamiento ha corrido con un error a propósito, que neurona no tiene: estos "
        "son los pesos que están en la pantalla.",
    },
    "frozen": {
        "en": "Frozen, so that no step moves them: the parameters {places}, counted from 0, layer "
        "by layer W, row by row, and then b.",
        "es": "Congelados, así que ningún paso los mueve: los parámetros {places}, contados desde "
        "0, capa por capa W, fila por fila, y después b.",
    },
    "cost": {
        "en": "The cost of these weights.",
        "es": "El coste de estos pesos.",
    },
    "batches": {
        "en": "The cost of these weights on all the training points; the page shows the mean over "
        "its last mini-batches.",
        "es": "El coste de estos pesos en todos los puntos de entrenamiento; la página enseña la "
        "media de sus últimos lotes.",
    },
    "scores": {"en": "How right it is.", "es": "Cuánto acierta."},
    "picture": {"en": "The picture.", "es": "La imagen."},
}


class Part(NamedTuple):
    """A few lines of code, and a sentence about them."""

    text: str
    code: str


def title(view: View, language: str) -> str:
    """Return the program's title."""
    task = view.task
    topology = "-".join(map(str, task.widths))
    return _text("title", language).format(
        kind=task.setup.data.kind, topology=topology, step=view.state.step
    )


def needs(language: str) -> str:
    """Return a sentence about the needed installation."""
    return _text("needs", language)


def program(view: View, language: str = "en") -> str:
    """Return a Python program that repeats a view's training, prints its cost and draws it.

    It trains from the same weights over the same batches to the same step. A run that was steered
    cannot be repeated: then the program says so, and holds the weights.

    Parameters
    ----------
    view
        The state on the screen.
    language
        The language of the comments: ``"en"`` or ``"es"``.

    Examples
    --------
    >>> from neurona.web.task import make_task
    >>> from neurona.web.run import Run
    >>> run = Run(make_task(Setup.from_json({"data": {"kind": "moons", "test_share": 0}})))
    >>> print(program(run.view))  # doctest: +ELLIPSIS
    \"\"\"neurona's playground: moons, network 2-4-4-1, step 0.
    <BLANKLINE>
    It needs neurona with its extra "demo".
    \"\"\"
    <BLANKLINE>
    import neurona
    <BLANKLINE>
    # The data.
    X, y = neurona.datasets.moons(n=300, noise=0.05, rng=0)
    ...
    >>> run.close()
    """
    head = f'"""{title(view, language)}\n\n{needs(language)}\n"""'
    imports, *rest = parts(view, language)
    drawing = rest.pop()
    saved = f'ax = {drawing.code}\nax.figure.savefig("neurona.png")'
    whole = [head, imports.code]
    for part in (*rest, drawing._replace(code=saved)):
        comment = fill(part.text, WIDTH, initial_indent="# ", subsequent_indent="# ")
        whole.append(f"{comment}\n{part.code}")
    return "\n\n".join(whole) + "\n"


def parts(view: View, language: str) -> list[Part]:
    """Return the parts of the program: imports first, drawing last."""
    task, step = view.task, view.state.step
    setup = task.setup
    held = "bug" if setup.bug else "steered" if view.steered else None  # why it holds the weights
    trained = step > 0 and held is None
    learning = []
    if held is not None:
        learning.append(Part(_text(held, language), _weights(view.state.params)))
    elif setup.weights is not None:
        learning.append(Part(_text("begun", language), _weights(task.begin())))
    elif not trained:
        drawn = f"params = net.init(rng={setup.training.seed})"
        learning.append(Part(_text("initial", language), drawn))
    if trained:
        learning.append(Part(_text("training", language), _training(setup, task, step)))
    if view.frozen.any():
        learning[-1] = _with_frozen(learning[-1], view, language)
    made = [
        _data(task, language),
        *([] if not task.planar or _plain(setup) else [_features(setup, language)]),
        Part(_text("network", language), _network(task)),
        *learning,
        *_scores(task, language, trained),
        Part(_text("picture", language), _picture(task)),
    ]
    return [Part("", _imports("\n".join(part.code for part in made))), *made]


# ------------------------------------------------------------------------------- the parts


def _imports(code: str) -> str:
    """Return the imports that some code needs."""
    lines = ["import base64\n"] if "base64." in code else []
    lines += ["import numpy as np\n"] if "np." in code else []
    lines += ["import neurona"]
    if "unflatten(" in code:
        lines += ["from neurona.engine.parameters import unflatten"]
    if "LessonStep(" in code:
        lines += ["from neurona.lesson.step import LessonStep"]
    if "Frozen(" in code:
        lines += ["from neurona.web.steering import Frozen"]
    return "\n".join(lines)


def _data(task: Task, language: str) -> Part:
    data = task.setup.data
    places = "X" if not task.planar or _plain(task.setup) else "points"
    if data.kind == "own":
        rows = ", ".join(f"({x1!r}, {x2!r}, {label!r})" for x1, x2, label in data.points)
        names = ", ".join(data.columns) or f"x1, x2, {'value' if data.regression else 'class'}"
        whole = "" if data.regression else ".astype(int)"
        lines = [
            _comment(names),
            *([_comment(_numbered(data.class_names))] if data.class_names else []),
            f"placed = np.array([\n{_lines(rows)}\n])",
            f"{places}, y = placed[:, :2], placed[:, 2]{whole}",
        ]
    elif data.kind == "digits":
        sides = ", ".join(map(str, task.net.in_shape))
        lines = [
            "images, y = neurona.datasets.digits()",
            f"drawn = np.random.default_rng({data.seed}).permutation(len(y))[:{len(task.points)}]",
            f"X, y = images[drawn].reshape(-1, {sides}), y[drawn]",
        ]
    else:
        chosen = [*_differing(*maker_of(data)), f"rng={data.seed}"]
        lines = [_call(f"{places}, y = neurona.datasets.{data.kind}", chosen)]
    if not task.held_out.any():
        return Part(_text("data", language), "\n".join(lines))
    lines += [
        "rows = np.arange(len(y))",
        _call(
            "_, test, _, _ = neurona.datasets.train_test_split",
            ["rows", "y", f"test_size={data.test_share!r}", f"rng={data.seed}"],
        ),
        "train = np.delete(rows, test)",
    ]
    text = _text("split", language).format(share=100 * data.test_share)
    return Part(text, "\n".join(lines))


def _numbered(names: Sequence[str]) -> str:
    return ", ".join(f"{k}: {name}" for k, name in enumerate(names))


def _features(setup: Setup, language: str) -> Part:
    columns = ", ".join(WRITTEN[name] for name in setup.inputs)
    return Part(
        _text("features", language),
        "def features(points):\n"
        "    x1, x2 = points.T\n"
        f"    return np.stack([{columns}], axis=1)\n"
        "\n\n"
        "X = features(points)",
    )


def _network(task: Task) -> str:
    if not task.planar:
        layers = [_layer(task, layer) for layer in task.net.layers]
        return _call("net = neurona.Network", [f"[{', '.join(layers)}]", str(task.net.in_shape)])
    names = [layer.activation.name for layer in task.net.layers]
    arguments = [str(list(task.net.topology))]
    hidden = set(names[:-1]) or {names[-1]}
    if len(hidden) > 1:
        arguments.append(_listed(names))
    elif hidden != {"sigmoid"} or names[-1] != "sigmoid":
        arguments.append(_quoted(names[0]))
        if names[-1] != names[0]:
            arguments.append(f"output={_quoted(names[-1])}")
    return _call("net = neurona.network", [*arguments, *_drawn(task)])


def _layer(task: Task, layer: Layer) -> str:
    """Write a layer of a network on images or series."""
    name = type(layer).__name__
    arguments: list[str] = []
    if isinstance(layer, Dense | Conv2D | Recurrent):
        arguments = [str(layer.n_out)]
        if not isinstance(layer, GRU | LSTM):
            arguments += [f"activation={_quoted(layer.activation.name)}"]
        arguments += ['padding="same"'] if isinstance(layer, Conv2D) else []
        arguments += ["return_sequences=True"] if getattr(layer, "return_sequences", False) else []
        arguments += _drawn(task)
    return f"neurona.{name}({', '.join(arguments)})"


def _drawn(task: Task) -> list[str]:
    """Return the arguments that say how weights and biases are drawn."""
    initializer = task.setup.training.initializer
    arguments = [] if initializer == "orthogonal" else [f"initializer={_quoted(initializer)}"]
    return arguments + (['bias_initializer="uniform"'] if initializer == "uniform" else [])


def _training(setup: Setup, task: Task, step: int) -> str:
    training = setup.training
    size = training.batch_size
    batched = size is not None and size < len(task.train.x)
    arguments = ["net", *_examples(task), *_objective(setup), *_optimizer(task)]
    arguments += [f"steps={step}"]
    if batched:  # weights and batches have a generator each
        start = f"net.init(rng={training.seed})" if setup.weights is None else "params"
        arguments += [f"batch_size={size}", f"start={start}", f"rng=[{training.seed}, 1]"]
    else:
        arguments += [f"every={step}"] if step > 1 else []
        drawn = setup.weights is None
        arguments += [f"rng={training.seed}" if drawn else "start=params"]
    loop = f"{_call('for state in neurona.train', arguments)}:\n    pass\nparams = state.params"
    return "\n".join([*_moving(task), loop])


def _moving(task: Task) -> list[str]:
    """Return code for the mask of `Frozen`: 0 for frozen parameters, 1 for the rest."""
    if not task.setup.frozen:
        return []
    places = ", ".join(map(str, task.setup.frozen))
    line = f"moving[[{places}]] = 0"
    return [
        f"moving = np.ones({task.frozen.size}, dtype=np.float32)",
        line if len(line) < WIDTH else f"moving[[\n{_lines(places)}\n]] = 0",
    ]


def _examples(task: Task) -> list[str]:
    return ["X[train]", "y[train]"] if task.held_out.any() else ["X", "y"]


def _objective(setup: Setup) -> list[str]:
    training = setup.training
    given = [] if training.cost == "auto" else [f"cost={_quoted(training.cost)}"]
    return given + [
        f"{name}={value!r}" for name, value in (("l1", training.l1), ("l2", training.l2)) if value
    ]


def _optimizer(task: Task) -> list[str]:
    name = task.setup.training.optimizer
    call = _optimizer_call(task)
    if task.setup.frozen:
        return [f"optimizer=Frozen({call}, moving)"]
    if not call.endswith("()"):
        return [f"optimizer={call}"]
    return [] if name == "adam" else [f"optimizer={_quoted(name)}"]


def _optimizer_call(task: Task) -> str:
    name = task.setup.training.optimizer
    optimizer = optimizer_of(task, np.zeros(1, dtype=bool))
    rate = optimizer.learning_rate
    if isinstance(optimizer, LessonStep):
        return f"LessonStep({rate!r}, net, examples={optimizer.examples})"
    usual = rate == OPTIMIZERS[name]().learning_rate
    return f"neurona.{name}({'' if usual else repr(rate)})"


def _with_frozen(part: Part, view: View, language: str) -> Part:
    """Add a sentence about frozen parameters."""
    places = ", ".join(map(str, np.flatnonzero(view.frozen)))
    return part._replace(text=f"{part.text} {_text('frozen', language).format(places=places)}")


def _weights(params: Params) -> str:
    """Return code that defines ``params`` by its numbers."""
    theta = flatten(params)
    if theta.size <= MOST_LISTED:
        numbers = ", ".join(str(value) for value in theta.astype(np.float32))
        lines = [f"theta = np.array([\n{_lines(numbers)}\n], dtype=np.float32)"]
    else:
        lines = [f'theta = np.frombuffer({coded(theta.astype("<f4"))}, dtype="<f4")']
    return "\n".join([*lines, "params = unflatten(theta, like=net.init(rng=0))"])


def coded(numbers: Array) -> str:
    """Write the bytes of an array in lines of base64."""
    code = b64encode(numbers.tobytes()).decode()
    rows = [f'    "{code[i : i + WIDTH - 6]}"' for i in range(0, len(code), WIDTH - 6)]
    return "\n".join(["base64.b64decode(", *rows, ")"])


def _scores(task: Task, language: str, trained: bool) -> list[Part]:
    setup = task.setup
    size = setup.training.batch_size
    batched = size is not None and size < len(task.train.x)
    if trained and not batched:
        lines = ['print("cost:", state.cost)']
    else:
        arguments = ["net", *_examples(task), *_objective(setup), "start=params"]
        lines = [
            _call("state = next(neurona.train", arguments) + ")",
            'print("cost:", state.cost)',
        ]
    text = _text("batches" if batched and trained else "cost", language)
    made = [Part(text, "\n".join(lines))]
    if task.classes:
        accuracy = "neurona.observe.accuracy"
        lines = ["answers = net.predict(params, X)"]
        if task.held_out.any():
            for part in ("train", "test"):
                lines.append(f'print("accuracy, {part}:", {accuracy}(answers[{part}], y[{part}]))')
        else:
            lines.append(f'print("accuracy:", {accuracy}(answers, y))')
        made.append(Part(_text("scores", language), "\n".join(lines)))
    return made


def _picture(task: Task) -> str:
    if any(isinstance(layer, Recurrent) for layer in task.net.layers):
        return "neurona.plot.states(net, params, X[0])"
    if not task.planar:
        return "neurona.plot.feature_maps(net, params, X[0])"
    if _plain(task.setup):
        return "neurona.plot.surface(net, params, X, y)"
    return "neurona.plot.surface(net, params, points, y, features=features)"


# ------------------------------------------------------------------------------- how it is written


def _plain(setup: Setup) -> bool:
    """Tell whether the inputs are the coordinates alone."""
    return setup.inputs == ("x1", "x2")


def _differing(function: Any, values: Mapping[str, Any]) -> list[str]:
    """Return the arguments that differ from the function's defaults."""
    usual = inspect.signature(function).parameters
    return [f"{name}={value!r}" for name, value in values.items() if usual[name].default != value]


def _call(start: str, arguments: Sequence[str]) -> str:
    """Write a call in one line, or with its arguments on separate lines."""
    line = f"{start}({', '.join(arguments)})"
    if len(line) < WIDTH:
        return line
    return f"{start}(\n{_lines(', '.join(arguments))}\n)"


def _lines(listed: str) -> str:
    """Break a bracketed list into lines, at spaces only."""
    broken = fill(f"{listed},", WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return indent(broken, "    ")


def _comment(text: str) -> str:
    """Write a custom name as a comment, without characters that would end it."""
    words = " ".join(text.split())
    plain = "".join(letter for letter in words if letter.isprintable())
    return fill(plain, WIDTH, initial_indent="# ", subsequent_indent="# ")


def _quoted(name: str) -> str:
    return f'"{name}"'


def _listed(names: Sequence[str]) -> str:
    return f"[{', '.join(map(_quoted, names))}]"


def _text(name: str, language: str) -> str:
    return _TEXTS[name][language]
