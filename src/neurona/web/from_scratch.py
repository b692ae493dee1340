"""The lesson's program with what is on the screen: a network from scratch, with NumPy alone.

Layers, pairs of functions and the loop are the lesson's; the points and the initial weights are
those of the screen, as numbers, so that the program finds the cost that the screen shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill, indent

import numpy as np

from neurona.engine.types import Array, Params
from neurona.language import Language, Text
from neurona.web.code import MOST_LISTED, WIDTH, coded, title
from neurona.web.run import View
from neurona.web.setup import LESSON
from neurona.web.task import Task

# Each activation and its derivative, from a where that is enough, and else from z too.
PAIRS: Mapping[str, tuple[str, str]] = {
    "linear": ("z", "np.ones_like(a)"),
    "sigmoid": ("1 / (1 + np.exp(-z))", "a * (1 - a)"),
    "tanh": ("np.tanh(z)", "1 - a**2"),
    "relu": ("np.maximum(0, z)", "(a > 0) * 1.0"),
    "leaky_relu": ("np.maximum(z, 0.01 * z)", "np.where(a > 0, 1, 0.01)"),
    "softsign": ("z / (1 + abs(z))", "(1 - abs(a)) ** 2"),
    "softplus": ("np.logaddexp(0, z)", "1 - np.exp(-a)"),
    "elu": ("np.where(z > 0, z, np.expm1(np.minimum(z, 0)))", "np.where(a > 0, 1, a + 1)"),
    "selu": (
        "1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * np.expm1(np.minimum(z, 0)))",
        "np.where(a > 0, 1.0507009873554805, a + 1.0507009873554805 * 1.6732632423543772)",
    ),
    "silu": ("z / (1 + np.exp(-z))", "(1 + np.exp(-z) * (1 + z)) / (1 + np.exp(-z)) ** 2"),
    "mish": (
        "z * np.tanh(np.logaddexp(0, z))",
        "np.tanh(np.logaddexp(0, z))\n"
        "    + z / (1 + np.exp(-z)) / np.cosh(np.logaddexp(0, z)) ** 2",
    ),
    "gelu": (
        "z / 2 * (1 + np.tanh(0.7978845608028654 * (z + 0.044715 * z**3)))",
        "(1 + np.tanh(0.7978845608028654 * (z + 0.044715 * z**3))) / 2\n"
        "    + z / 2 / np.cosh(0.7978845608028654 * (z + 0.044715 * z**3)) ** 2\n"
        "    * 0.7978845608028654 * (1 + 3 * 0.044715 * z**2)",
    ),
    "softmax": (
        "np.exp(z - z.max(axis=1, keepdims=True))\n"
        "    / np.exp(z - z.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True)",
        "",
    ),
}
FROM_Z = ("silu", "mish", "gelu")

# Each cost and its derivative by the prediction.
COSTS: Mapping[str, tuple[str, str]] = {
    "SquaredError": ("np.mean((Yp - Yr) ** 2)", "2 * (Yp - Yr) / Yr.size"),
    "AbsoluteError": ("np.mean(abs(Yp - Yr))", "np.sign(Yp - Yr) / Yr.size"),
    "Huber": (
        "np.mean(np.where(abs(Yp - Yr) < 1, (Yp - Yr) ** 2 / 2, abs(Yp - Yr) - 0.5))",
        "np.clip(Yp - Yr, -1, 1) / Yr.size",
    ),
    "BinaryCrossEntropy": (
        "-np.mean(np.log(np.where(Yr > 0, Yp, 1 - Yp) + 1e-300))",
        "(Yp - Yr) / Yr.size",
    ),
    "CategoricalCrossEntropy": (
        "-np.mean(np.log((Yp * Yr).sum(axis=1) + 1e-300))",
        "(Yp - Yr) / len(Yr)",
    ),
}

# The change of a parameter: of its gradient g, and of what is remembered in m.
_MOMENTS = (
    'm["t"], m["m"], m["v"] = m["t"] + 1, 0.9 * m["m"] + 0.1 * g, 0.999 * m["v"] + 0.001 * g * g',
    'v_hat = m["v"] / (1 - 0.999 ** m["t"])',
)
_M_HAT = 'm["m"] / (1 - 0.9 ** m["t"])'
CHANGES: Mapping[str, Sequence[str]] = {
    "momentum": ('m["v"] = 0.9 * m["v"] + g', 'return -lr * m["v"]'),
    "rmsprop": (
        'm["v"] = 0.9 * m["v"] + 0.1 * g * g',
        'return -lr * g / (np.sqrt(m["v"]) + 1e-8)',
    ),
    "adam": (*_MOMENTS, f"return -lr * {_M_HAT} / (np.sqrt(v_hat) + 1e-8)"),
    "adamw": (
        *_MOMENTS,
        f"return -lr * ({_M_HAT} / (np.sqrt(v_hat) + 1e-8) + 0.01 * parameter)",
    ),
    "nadam": (
        *_MOMENTS,
        'ahead = 0.9 * m["m"] / (1 - 0.9 ** (m["t"] + 1)) + 0.1 * g / (1 - 0.9 ** m["t"])',
        "return -lr * ahead / (np.sqrt(v_hat) + 1e-8)",
    ),
}

NEEDS = Text(
    "The lesson's program, with what is on the screen. It needs NumPy alone.",
    "El programa de la lección, con lo que hay en la pantalla. Solo necesita NumPy.",
)
POINTS = Text(
    "The training points: their inputs, and a target for each output.",
    "Los puntos de entrenamiento: sus entradas, y un objetivo para cada salida.",
)
LAYER = Text(
    "A layer: its activation, its weights W and its biases b.",
    "Una capa: su activación, sus pesos W y sus sesgos b.",
)
ACTIVATION = Text(
    "Activations are pairs: the function, and its derivative from what the layer has computed.",
    "Las activaciones son pares: la función, y su derivada a partir de lo que calculó la capa.",
)
COST = Text(
    "The cost is a pair too: the number, and its derivative by the prediction.",
    "El coste también es un par: el número, y su derivada respecto a la predicción.",
)
LINKED = Text(
    "The cost is a pair too; its derivative is by z, where the last activation and the logarithm "
    "cancel.",
    "El coste también es un par; su derivada es respecto a z, donde la última activación y el "
    "logaritmo se simplifican.",
)
LESSONS_COST = Text(
    "The cost is a pair too. As in the lesson, the 2 / N of the derivative is missing.",
    "El coste también es un par. Como en la lección, a la derivada le falta el 2 / N.",
)
FORWARD = Text("Forward", "Hacia delante")
BACKWARD = Text("Backward: each layer's share", "Hacia atrás: la parte de cada capa")
DESCENT = Text("Gradient descent", "Descenso del gradiente")
LESSONS_STEP = Text(
    "The lesson's step: a sum over the points for W, a mean for b",
    "El paso de la lección: suma sobre los puntos en W, media en b",
)
CHANGE = Text(
    "How far the optimizer moves a parameter, from its gradient g and what it remembers.",
    "Cuánto mueve el optimizador un parámetro, a partir de su gradiente g y de lo que recuerda.",
)
BEGUN = Text("The initial weights.", "Los pesos iniciales.")
HELD = Text(
    "This training was steered on its way, or has frozen parameters, which these lines lack: "
    "these are the weights on the screen.",
    "Este entrenamiento se guio por el camino, o tiene parámetros congelados, que estas líneas no "
    "tienen: estos son los pesos de la pantalla.",
)
LOOP = Text(
    "The training, up to the step on the screen.",
    "El entrenamiento, hasta el paso de la pantalla.",
)
BATCHES = Text(
    "The training, up to the step on the screen, in mini-batches. The screen shows the mean cost "
    "of the last ones.",
    "El entrenamiento, hasta el paso de la pantalla, por lotes. La pantalla enseña el coste medio "
    "de los últimos.",
)
COST_WORD, ACCURACY_WORD = Text("cost:", "coste:"), Text("accuracy:", "aciertos:")


def from_scratch(view: View, language: Language = "en") -> str:
    """Return a program with NumPy alone that repeats a view's training and prints its cost.

    Parameters
    ----------
    view
        The state on the screen.
    language
        The language of the comments.

    Examples
    --------
    >>> from neurona.web.run import Run
    >>> from neurona.web.setup import Setup
    >>> from neurona.web.task import make_task
    >>> run = Run(make_task(Setup()))
    >>> "import neurona" in from_scratch(run.view)
    False
    >>> run.close()
    """
    task, trains = view.task, view.state.step > 0 and not (view.steered or view.frozen.any())
    start = task.begin() if trains else view.state.params
    held = HELD if view.steered or view.frozen.any() else BEGUN
    sections = [
        f'"""{title(view, language)}\n\n{NEEDS.say(language)}\n"""',
        "import base64\n\nimport numpy as np",
        f"{_comment(POINTS, language)}\n{_points(task)}",
        f"\n{_comment(LAYER, language)}\n{_layer(task)}",
        f"{_comment(ACTIVATION, language)}\n{_activations(task)}",
        f"{_comment(_cost_words(task), language)}\n{_cost(task)}",
        *([f"\n{_comment(CHANGE, language)}\n{_change(task)}"] if _remembers(task) else []),
        _train(task, language),
        f"{_comment(held, language)}\n{_network(task, start)}",
        *([_loop(view, language)] if trains else []),
        _scores(task, language),
    ]
    text = "\n\n".join(sections) + "\n"
    return text if "base64." in text else text.replace("import base64\n\n", "", 1)


def _points(task: Task) -> str:
    lines = [_array("X", task.train.x), _array("Y", np.asarray(task.train.target))]
    return "\n".join(lines)


def _array(name: str, array: Array) -> str:
    """Return code that defines an array by its numbers, as float64."""
    numbers = np.asarray(array, dtype=np.float32)
    shape = f".reshape({', '.join(map(str, numbers.shape))})"
    if numbers.size <= MOST_LISTED:
        listed = fill(", ".join(map(str, numbers.ravel())), WIDTH - 4)
        return f"{name} = np.array([\n{indent(listed, '    ')}\n]){shape}"
    # Whole numbers, such as classes, are bytes.
    small = np.array_equal(numbers, numbers.astype(np.uint8))
    kind, data = ("u1", numbers.astype(np.uint8)) if small else ("<f4", numbers.astype("<f4"))
    return f'{name} = np.frombuffer({coded(data)}, "{kind}").astype(float){shape}'


def _layer(task: Task) -> str:
    memory = ""
    if _remembers(task):
        memory = '        self.memory = {name: {"t": 0, "m": 0, "v": 0} for name in "Wb"}\n'
    return (
        "class NeuralLayer:\n"
        "    def __init__(self, act_f, W, b):\n"
        f"        self.act_f, self.W, self.b = act_f, W, b\n{memory}"
    )


def _names(task: Task) -> list[str]:
    return [layer.activation.name for layer in task.net.layers]


def _activations(task: Task) -> str:
    taken = "z, a" if set(FROM_Z) & {*_names(task)} else "a"
    lines = []
    for name in dict.fromkeys(_names(task)):
        function, derivative = (one.replace("\n    ", "\n        ") for one in PAIRS[name])
        if "\n" in function:
            function = f"(\n        {function}\n    )"
        second = f"lambda {taken}: {derivative}" if derivative else "None"
        if "\n" in derivative:
            second = f"lambda {taken}: (\n        {derivative}\n    )"
        lines.append(f"{name} = (\n    lambda z: {function},\n    {second},\n)")
    return "\n".join(lines)


def _is_lesson(task: Task) -> bool:
    return task.setup.training.optimizer == LESSON


def _linked(task: Task) -> bool:
    """Tell whether the cost's derivative is by z: the last activation's is in it."""
    return task.cost.link is not None


def _cost_words(task: Task) -> Text:
    if _is_lesson(task) and type(task.cost).__name__ == "SquaredError":
        return LESSONS_COST
    return LINKED if _linked(task) else COST


def _cost(task: Task) -> str:
    value, derivative = COSTS[type(task.cost).__name__]
    if _is_lesson(task):  # its derivatives are N m / 2 times those of the cost
        derivative = {
            "SquaredError": "Yp - Yr",
            "CategoricalCrossEntropy": f"(Yp - Yr) * {task.net.n_out / 2:g}",
        }.get(type(task.cost).__name__, derivative.replace(" / Yr.size", " / 2"))
    return f"cost = (\n    lambda Yp, Yr: {value},\n    lambda Yp, Yr: {derivative},\n)"


def _remembers(task: Task) -> bool:
    return task.setup.training.optimizer in CHANGES


def _change(task: Task) -> str:
    lines = "\n".join(f"    {line}" for line in CHANGES[task.setup.training.optimizer])
    return f"def change(parameter, g, m, lr):\n{lines}"


def _train(task: Task, language: Language) -> str:
    training = task.setup.training
    derivative = "layer.act_f[1](a)"
    if set(FROM_Z) & {*_names(task)}:
        derivative = "layer.act_f[1](z, a)"
    delta = f"delta = error * {derivative}"
    last = ""
    if _linked(task):
        last = "delta = error"
    elif _names(task)[-1] == "softmax":
        last = "delta = a * (error - np.sum(a * error, axis=1, keepdims=True))"
    if last:
        delta = f"if layer is neural_net[-1]:\n    {last}\nelse:\n    {delta}"
    penalty = "".join(
        f" + {value!r} * {of}"
        for value, of in ((training.l1, "np.sign(layer.W)"), (training.l2, "layer.W"))
        if value
    )
    # The lesson leaves the penalty's gradient, too, to be multiplied by its factor.
    factor = f"len(X) * {task.net.n_out / 2:g} * " if penalty and _is_lesson(task) else ""
    dW = f"a_prev.T @ delta{f' + {factor}({penalty[3:]})' if penalty else ''}"
    mean = "mean" if _is_lesson(task) else "sum"
    db = f"np.{mean}(delta, axis=0, keepdims=True)"
    rate = "lr[i]" if _rates(task) else "lr"
    if _remembers(task):
        steps = [
            f"dW, db = {dW}, {db}",
            f'layer.W = layer.W + change(layer.W, dW, layer.memory["W"], {rate})',
            f'layer.b = layer.b + change(layer.b, db, layer.memory["b"], {rate})',
        ]
    else:
        dW = f"({dW})" if penalty else dW
        steps = [
            f"layer.b = layer.b - {db} * {rate}",
            f"layer.W = layer.W - {dW} * {rate}",
        ]
    words = LESSONS_STEP if _is_lesson(task) else DESCENT
    inner = "\n".join(
        [
            "layer, a_prev, (z, a) = neural_net[i], out[i][1], out[i + 1]",
            "",
            f"# {BACKWARD.say(language)}",
            delta,
            "error = delta @ layer.W.T",
            "",
            f"# {words.say(language)}",
            *steps,
        ]
    )
    return (
        "\ndef train(neural_net, X, Y, lr=None):\n"
        f"    # {FORWARD.say(language)}\n"
        "    out = [(None, X)]\n"
        "    for layer in neural_net:\n"
        "        z = out[-1][1] @ layer.W + layer.b\n"
        "        out.append((z, layer.act_f[0](z)))\n"
        "    Yp = out[-1][1]\n"
        "\n"
        "    if lr is not None:\n"
        "        error = cost[1](Yp, Y)\n"
        "        for i in reversed(range(len(neural_net))):\n"
        f"{indent(inner, '            ')}\n"
        "\n"
        "    return Yp\n"
    )


def _rates(task: Task) -> list[float] | None:
    """Return the rate of each layer, if they differ."""
    setup = task.setup
    common = setup.training.learning_rate
    own = [*(layer.learning_rate for layer in setup.layers), setup.output.learning_rate]
    rates = [common if rate is None else rate for rate in own]
    return rates if any(rate != common for rate in rates) else None


def _network(task: Task, start: Params) -> str:
    lines = [_array("theta", np.concatenate([part.ravel() for W, b in start for part in (W, b)]))]
    topology = "[" + ", ".join(map(str, task.net.topology)) + "]"
    acts = "[" + ", ".join(_names(task)) + "]"
    return "\n".join(
        [
            *lines,
            f"topology, act_fs = {topology}, {acts}",
            "neural_net = []",
            "for n_conn, n_neur, act_f in zip(topology[:-1], topology[1:], act_fs):",
            "    W, b, theta = np.split(theta, [n_conn * n_neur, (n_conn + 1) * n_neur])",
            "    neural_net.append(NeuralLayer(act_f, W.reshape(n_conn, n_neur), b[np.newaxis]))",
        ]
    )


def _loop(view: View, language: Language) -> str:
    task, steps = view.task, view.state.step
    rates = _rates(task)
    rate = repr(rates or task.setup.training.learning_rate)
    size, n = task.setup.training.batch_size, len(task.train.x)
    if size is None or size >= n:
        return (
            f"{_comment(LOOP, language)}\n"
            f"for _ in range({steps}):\n    train(neural_net, X, Y, lr={rate})"
        )
    return (
        f"{_comment(BATCHES, language)}\n"
        f"rng, rows = np.random.default_rng([{task.setup.training.seed}, 1]), []\n"
        f"for _ in range({steps}):\n"
        "    if len(rows) == 0:\n"
        "        rows = rng.permutation(len(X))\n"
        f"    batch, rows = rows[:{size}], rows[{size}:]\n"
        f"    train(neural_net, X[batch], Y[batch], lr={rate})"
    )


def _scores(task: Task, language: Language) -> str:
    training = task.setup.training
    penalty = "".join(
        f" + {value!r} * sum({of} for layer in neural_net)"
        for value, of in (
            (training.l1, "abs(layer.W).sum()"),
            (training.l2 / 2, "(layer.W**2).sum()"),
        )
        if value
    )
    lines = [
        "Yp = train(neural_net, X, Y)",
        f'print("{COST_WORD.say(language)}", cost[0](Yp, Y){penalty})',
    ]
    if task.classes:
        right = (
            "(Yp > 0.5) == (Y > 0.5)"
            if task.net.n_out == 1
            else "Yp.argmax(axis=1) == Y.argmax(axis=1)"
        )
        lines.append(f'print("{ACCURACY_WORD.say(language)}", np.mean({right}))')
    return "\n".join(lines)


def _comment(text: Text, language: Language) -> str:
    return fill(text.say(language), WIDTH, initial_indent="# ", subsequent_indent="# ")
