"""Findings in the examples: their scale, their order, their labels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurona.doctor.case import Finding
from neurona.doctor.data_signs import EXTREME
from neurona.doctor.evidence import Evidence
from neurona.doctor.findings.measures import MEASURES
from neurona.doctor.findings.words import percent, rounded
from neurona.doctor.skill import recalls
from neurona.doctor.training import by_place
from neurona.engine.layers.embedding import Embedding
from neurona.language import Text

# LeCun et al., "Efficient backprop", 1998, section 4.3: inputs of mean 0 and variance 1. A tenfold
# size makes the curvature a hundred times as large, and a tenth of the size a hundredth. The page's
# points and the controls are below 3.
SIZE = 10.0
RATIO = 100.0  # of two columns: the cost's valley is then 10,000 times as long as it is wide
TARGET_SIZE = 10.0
CONTRADICTING = 0.1
NEARLY_ALL = 0.99  # of a column's variance; numbers that are mostly 0, as pixels, have 0.9
LEAKED = 0.2  # iris has 1 row of 150 twice, and tables of whole numbers some more
PURE = 0.9
SORTED = 0.5  # of the batches: at random, 10 rows of two classes are that pure once in 50
RECALL = 0.5
MAJORITY = 0.8


def leaked(e: Evidence) -> Iterator[Finding]:
    """Validation rows that are training rows."""
    value = e.signs.leaked
    if value > LEAKED:
        yield Finding(
            "leaked-examples",
            Text(
                "{percent} % of the validation rows are training rows too: the validation only "
                "tells what the network remembers.",
                "El {percent} % de las filas de validación están también en el entrenamiento: la "
                "validación solo dice lo que la red recuerda.",
            ),
            {"value": value, "threshold": LEAKED, "percent": percent(value)},
            cures=("separate-test",),
        )


def contradicting(e: Evidence) -> Iterator[Finding]:
    """Rows with the same inputs and different targets."""
    value = e.signs.contradicting
    if e.signs.task == "labels" or (e.signs.task == "numbers" and not e.is_sick):
        return  # numbers may be noisy
    if value > CONTRADICTING and e.skills[0] < 0.9:
        yield Finding(
            "contradicting-labels",
            Text(
                "{percent} % of the examples have the inputs of another one and a different "
                "target: no network can tell them apart.",
                "El {percent} % de los ejemplos tienen las mismas entradas que otro y un objetivo "
                "distinto: ninguna red puede distinguirlos.",
            ),
            {"value": value, "threshold": CONTRADICTING, "percent": percent(value)},
            cures=("check-labels",),
        )


def extremes(e: Evidence) -> Iterator[Finding]:
    """A few targets so far from the others that the squares of the cost are theirs."""
    if e.ignores_most:
        yield Finding(
            "extreme-targets",
            Text(
                "A few targets are extreme: 2 % of the examples hold {percent} % of the targets' "
                "variance, and the network learns these at the expense of all others.",
                "Unos pocos objetivos son extremos: el 2 % de los ejemplos reúne el {percent} % de "
                "la varianza de los objetivos, y la red aprende esos a costa de todos los demás.",
            ),
            {"value": e.signs.extremes, "threshold": EXTREME, "percent": percent(e.signs.extremes)},
            cures=("check-targets", "cost-huber"),
        )


def sorted_batches(e: Evidence) -> Iterator[Finding]:
    """Batches in a fixed order, each of one class, or of numbers near each other."""
    case, target = e.case, e.data.target
    size = min(case.batch_size or e.data.n, e.data.n)
    if len(case.net.out_shape()) > 1:
        return  # each example has several targets
    if case.shuffle or not 1 < size < e.data.n or e.signs.task == "labels":
        return
    batches = [target[k : k + size] for k in range(0, len(target), size)]
    if e.signs.task == "numbers":
        within = sum(((batch - batch.mean(axis=0)) ** 2).sum(axis=0) for batch in batches)
        value = 1 - float(np.mean(within / len(target) / (target.var(axis=0) + 1e-30)))
        words = Text(
            "The batches always come in the same order, and {percent} % of what distinguishes the "
            "targets lies between them: each unlearns what the one before has taught.",
            "Los lotes llegan siempre en el mismo orden, y el {percent} % de lo que diferencia los "
            "objetivos está entre unos y otros: cada uno borra lo que enseñó el anterior.",
        )
        if not e.is_sick:
            return
    else:
        shares = [
            max(batch.mean(axis=0).max(), 1 - batch.mean() if target.shape[1] == 1 else 0)
            for batch in batches
        ]
        value = float(np.mean(np.array(shares) >= max(PURE, e.signs.majority + 0.01)))
        words = Text(
            "The batches always come in the same order, and {percent} % of them hold one class: "
            "each unlearns what the one before has taught.",
            "Los lotes llegan siempre en el mismo orden, y el {percent} % tiene una sola clase: "
            "cada uno borra lo que enseñó el anterior.",
        )
    if value > SORTED:
        yield Finding(
            "sorted-batches",
            words,
            {"value": value, "threshold": SORTED, "percent": percent(value)},
            cures=("shuffle",),
            measure=MEASURES["sorted-numbers"] if e.signs.task == "numbers" else None,
        )


def extreme_inputs(e: Evidence) -> Iterator[Finding]:
    """A few numbers of a column so far from its others that they make its scale."""
    value, column = e.signs.extreme_inputs, e.signs.extreme_column
    if e.is_sick and value > NEARLY_ALL and e.data.x.ndim == 2 and not _is_of_indices(e):
        own = e.data.x[:, column - 1]
        yield Finding(
            "extreme-inputs",
            Text(
                "Column {column} has extreme numbers, such as {furthest}, far from its median of "
                "{median}: they hold {percent} % of its variance, and the rest looks alike to the "
                "network.",
                "La columna {column} tiene números extremos, como {furthest}, lejos de su mediana "
                "de {median}: reúnen el {percent} % de su varianza, y la red apenas distingue los "
                "demás.",
            ),
            {
                "value": value,
                "threshold": NEARLY_ALL,
                "column": column,
                "furthest": float(own[abs(own - np.median(own)).argmax()]),
                "median": rounded(float(np.median(own))),
                "percent": percent(value),
            },
            cures=("clip-inputs", "standardize-inputs"),
        )


def _is_of_indices(e: Evidence) -> bool:
    return isinstance(e.case.net.layers[0], Embedding)  # indices have no size


def input_scale(e: Evidence) -> Iterator[Finding]:
    """Inputs that are large, or of very different sizes."""
    s = e.signs
    if not e.is_sick or _is_of_indices(e):
        return
    if s.input_size > SIZE:
        yield Finding(
            "input-scale",
            Text(
                "The pixels are large: they go up to {largest}, and a network begins best with "
                "numbers near 1.",
                "Los píxeles son grandes: llegan a {largest}, y una red empieza mejor con números "
                "cercanos a 1.",
            )
            if e.data.x.ndim == 4
            else Text(
                "The inputs are large: those of column {column} have a typical size of {value}, "
                "and a network begins best with sizes near 1.",
                "Las entradas son grandes: las de la columna {column} miden {value} de media "
                "cuadrática, y una red empieza mejor con tamaños cercanos a 1.",
            ),
            {
                "value": s.input_size,
                "threshold": SIZE,
                "column": s.input_column,
                "largest": float(np.abs(e.data.x).max()),
            },
            cures=("standardize-inputs", "adam-fast", "rate-down", "batch-norm"),
        )
    elif 0 < s.input_size < 1 / SIZE:
        yield Finding(
            "input-scale",
            Text(
                "The inputs are small: even those of the largest column have a typical size of "
                "only {value}, and a network begins best with sizes near 1.",
                "Las entradas son pequeñas: ni las de la mayor columna miden más de {value} de "
                "media cuadrática, y una red empieza mejor con tamaños cercanos a 1.",
            ),
            {"value": s.input_size, "threshold": 1 / SIZE},
            cures=("standardize-inputs", "adam-fast", "rate-up", "batch-norm"),
        )
    elif s.input_ratio > RATIO and e.data.x.ndim == 2 and e.data.x.shape[1] <= 100:
        yield Finding(
            "input-scale",
            Text(
                "One input varies {value} times as much as another: the network hardly sees the "
                "small one.",
                "Una entrada varía {value} veces más que otra: la red apenas ve la pequeña.",
            ),
            {"value": s.input_ratio, "threshold": RATIO},
            cures=("standardize-inputs", "adam-fast", "batch-norm"),
        )


def target_scale(e: Evidence) -> Iterator[Finding]:
    """Numbers to predict that are large."""
    s = e.signs
    if e.is_sick and s.task == "numbers" and s.target_size > TARGET_SIZE:
        yield Finding(
            "target-scale",
            Text(
                "The targets are large: their typical size is {value}, and a network begins "
                "with predictions near 1.",
                "Los objetivos son grandes: miden {value} de media cuadrática, y una red empieza "
                "con predicciones cercanas a 1.",
            ),
            {"value": s.target_size, "threshold": TARGET_SIZE},
            cures=("standardize-targets", "adam-fast", "rate-up", "more-steps"),
        )
    elif e.is_sick and s.task == "numbers" and 0 < s.target_spread < 1 / TARGET_SIZE:
        yield Finding(
            "target-scale",
            Text(
                "The targets hardly differ: their standard deviation is {value}, and a network "
                "begins with predictions that differ by about 1.",
                "Los objetivos apenas se diferencian: su desviación típica es {value}, y una red "
                "empieza con predicciones que se diferencian en torno a 1.",
            ),
            {"value": s.target_spread, "threshold": 1 / TARGET_SIZE},
            cures=("standardize-targets", "more-steps", "adam-fast"),
        )


def unbalanced(e: Evidence) -> Iterator[Finding]:
    """A rare class that is hardly ever predicted."""
    if e.signs.task not in ("two", "classes") or not MAJORITY <= e.signs.majority < 1:
        return
    net = e.case.net
    target = by_place(net, e.data.target)  # the sample may have none of the rare class
    with np.errstate(all="ignore"):
        found = recalls(by_place(net, net.predict(e.params, e.data.x)), target)
    count = target.sum(axis=0)
    count = np.array([len(target) - count[0], count[0]]) if len(count) == 1 else count
    rare = count < count.max()
    value = float(np.nanmin(np.where(rare, found, np.nan)))
    if value < RECALL:
        rarest = int(np.nanargmin(np.where(rare, found, np.nan)))
        yield Finding(
            "unbalanced-classes",
            Text(
                "{majority} % of the examples are of one class, and the network finds only "
                "{percent} % of class {class_}.",
                "El {majority} % de los ejemplos son de una misma clase, y la red solo acierta el "
                "{percent} % de la clase {class_}.",
            ),
            {
                "value": value,
                "threshold": RECALL,
                "majority": percent(e.signs.majority),
                "percent": percent(value),
                "class_": rarest,
            },
            cures=("class-weights", "more-steps", "more-neurons"),
        )
