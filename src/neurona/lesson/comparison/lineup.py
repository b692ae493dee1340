"""The contestants: what each needs, which problems it can train, and what it does differently."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec

from neurona import tutorial
from neurona.lesson.comparison import contestants
from neurona.lesson.comparison.problem import PROBLEMS, Contestant
from neurona.lesson.comparison.source import lines_of, source_of, source_of_names

LESSON = ("NeuralLayer", "sigm", "create_nn", "l2_cost", "train")
CORRECTED = ("NeuralLayer", "sigm", "create_nn", "l2_cost_exact", "train_corrected")


@dataclass(frozen=True)
class Entry:
    """A contestant: its function and the facts about it.

    Attributes
    ----------
    key
        A short name, for programs.
    title, notes
        Its name and its differences, in English and in Spanish.
    train
        The function, whose text is shown.
    numbers
        Its dtype, ``"float64"`` or ``"float32"``.
    needs
        The modules to import.
    package
        The distribution that contains them, whose version is reported.
    program
        Names in `neurona.tutorial` that also count as its code.
    problems
        The names in :data:`PROBLEMS` that it can train.
    cannot
        The reason why it can't train the others, in both languages, if it is worth a line.
    """

    key: str
    title: dict[str, str]
    train: Contestant
    numbers: str
    notes: dict[str, str]
    needs: tuple[str, ...] = ()
    package: str = "numpy"
    program: tuple[str, ...] = ()
    problems: tuple[str, ...] = tuple(PROBLEMS)
    cannot: dict[str, str] | None = None

    @cached_property
    def source(self) -> str:
        """The code without docstrings: that of its program, then that of its function."""
        parts = [source_of_names(tutorial, self.program)] if self.program else []
        return "\n\n\n".join([*parts, source_of(self.train)])

    @property
    def lines(self) -> int:
        """Lines of code in :attr:`source`."""
        return lines_of(self.source)

    def missing(self) -> str | None:
        """Return the first package it needs that is not installed, if any."""
        for module in self.needs:
            if not _installed(module.partition(".")[0]):
                return module.partition(".")[0]
        if "keras" in self.needs and "keras" not in sys.modules:
            backend = keras_backend()
            return None if _installed(backend) else backend
        return None

    def prepare(self) -> None:
        """Import its modules, so that no import is timed."""
        if "keras" in self.needs and "keras" not in sys.modules:
            _import_keras()
        for module in self.needs:
            import_module(module)


BACKENDS = ("tensorflow", "jax", "torch")


def _installed(package: str) -> bool:
    if package in sys.modules:  # None forbids the import
        return sys.modules[package] is not None
    return find_spec(package) is not None


def keras_backend() -> str:
    """Return Keras' backend: the user's choice, or the first that is installed."""
    first = next(filter(_installed, BACKENDS), BACKENDS[0])
    return os.environ.get("KERAS_BACKEND") or first


def _import_keras() -> None:
    """Import Keras, which reads its backend from the environment; then restore the environment."""
    given = os.environ.get("KERAS_BACKEND")
    os.environ["KERAS_BACKEND"] = keras_backend()
    try:
        import_module("keras")
    finally:
        if given is None:
            del os.environ["KERAS_BACKEND"]


LINEUP = (
    Entry(
        "neurona",
        {"en": "neurona, NumPy", "es": "neurona, NumPy"},
        contestants.neurona_numpy,
        "float64",
        {
            "en": "Training is an iterator of states, and you write the loop. start= takes the "
            "initial weights. The default is float32; here it computes in float64, and its curve "
            "is the reference for the others.",
            "es": "El entrenamiento es un iterador de estados, y el bucle lo escribes tú. Los "
            "pesos iniciales van en start=. Por defecto calcula en float32; aquí, en float64, y "
            "su curva es la referencia de las demás.",
        },
    ),
    Entry(
        "lesson",
        {"en": "the lesson's program", "es": "el programa de la lección"},
        contestants.lesson_as_it_is,
        "float64",
        {
            "en": "Its step is not the gradient of its cost: with 500 points, W moves by 250 times "
            "the gradient and b by 0.5 times. At 2/500 of the rate, W moves as in the others and b "
            "500 times less. So its curve is different from the second cost on.",
            "es": "Su paso no es el gradiente de su coste: con 500 puntos, W se mueve 250 veces el "
            "gradiente y b, 0,5 veces. Con 2/500 de la tasa, W se mueve como en los demás y b, "
            "500 veces menos. Por eso su curva es otra desde el segundo coste.",
        },
        program=LESSON,
        problems=("lesson",),
    ),
    Entry(
        "corrected",
        {"en": "the lesson's, corrected", "es": "el de la lección, corregido"},
        contestants.lesson_corrected,
        "float64",
        {
            "en": "You can read all of it: no line is hidden in a library. An activation or a cost "
            "is a pair, a function and its derivative, so a new one takes two lines. It draws from "
            "NumPy's global generator.",
            "es": "Está todo a la vista: ninguna línea se esconde en una biblioteca. Una "
            "activación o un coste es un par, función y derivada: añadir otro cuesta dos líneas. "
            "Sortea con el generador global de NumPy.",
        },
        program=CORRECTED,
    ),
    Entry(
        "compiled",
        {"en": "neurona, compiled", "es": "neurona, compilado"},
        contestants.neurona_compiled,
        "float32",
        {
            "en": "The same formulas, compiled by JAX. Its time includes the compilation. Here it "
            "reports the cost at every step, so each step is a call; with every=100, a hundred "
            "steps are one call.",
            "es": "Las mismas fórmulas, compiladas por JAX. Su tiempo incluye la compilación. Aquí "
            "da el coste en cada paso, así que cada paso es una llamada; con every=100, cien pasos "
            "son una sola.",
        },
        needs=("jax",),
        package="jax",
    ),
    Entry(
        "scikit-learn",
        {"en": "scikit-learn", "es": "scikit-learn"},
        contestants.with_scikit_learn,
        "float64",
        {
            "en": "fit takes no initial weights: the model makes one step, and then its weights "
            "are replaced. It has no squared error after a sigmoid, and its regressor halves the "
            "squared error. Its defaults are Adam, shuffled batches of 200, a penalty on the "
            "weights (alpha=0.0001), and a stop when the cost no longer falls.",
            "es": "fit no admite pesos iniciales: el modelo da un paso y luego se le cambian los "
            "pesos. No tiene error cuadrático tras una sigmoide, y su regresor usa la mitad del "
            "error cuadrático. Por defecto usa Adam, lotes barajados de 200 y una penalización de "
            "los pesos (alpha=0.0001), y para cuando el coste deja de bajar.",
        },
        needs=("sklearn", "sklearn.neural_network"),
        package="scikit-learn",
        problems=("linear", "cross_entropy"),
        cannot={
            "en": "it has no squared error after a sigmoid",
            "es": "no tiene error cuadrático tras una sigmoide",
        },
    ),
    Entry(
        "keras",
        {"en": "Keras", "es": "Keras"},
        contestants.with_keras,
        "float32",
        {
            "en": "You describe the model; compile and fit do the rest. A step is an epoch only "
            "because the batch holds all the points: the default is shuffled batches of 32. "
            "Weights have our shape, (n_in, n_out), and start from Glorot's rule, with biases of "
            "0. The cost of an epoch is the mean over its batches, each before its step. "
            "TensorFlow, JAX or PyTorch does the computing.",
            "es": "Describes el modelo, y compile y fit hacen el resto. Un paso es una época solo "
            "porque el lote son todos los puntos: por defecto, baraja y toma lotes de 32. Los "
            "pesos tienen nuestra forma, (n_in, n_out), y parten de la regla de Glorot, con sesgos "
            "0. El coste de una época es la media de sus lotes, cada uno antes de su paso. Quien "
            "calcula es TensorFlow, JAX o PyTorch.",
        },
        needs=("keras",),
        package="keras",
    ),
    Entry(
        "pytorch",
        {"en": "PyTorch", "es": "PyTorch"},
        contestants.with_pytorch,
        "float32",
        {
            "en": "You write the loop, as in the lesson. backward() computes the derivatives by "
            "going back through the recorded operations. Gradients add up until zero_grad(). A "
            "layer stores W transposed, a row for each neuron, and draws W and b between ±1/√n_in. "
            "The data must be tensors of the same precision.",
            "es": "El bucle lo escribes tú, como en la lección. backward() calcula las derivadas "
            "recorriendo hacia atrás las operaciones. Los gradientes se acumulan hasta "
            "zero_grad(). Una capa guarda W traspuesta, una fila por neurona, y sortea W y b entre "
            "±1/√n_in. Los datos tienen que ser tensores de la misma precisión.",
        },
        needs=("torch",),
        package="torch",
    ),
)
