"""Who takes part: what each contestant needs, what it can train, and what it does differently."""

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
    """A contestant: its function, and what there is to say about it.

    Attributes
    ----------
    key
        A short name, for programs.
    title, notes
        Its name and what it does differently, in English and in Spanish.
    train
        The function, whose text is to be shown.
    numbers
        ``"float64"`` or ``"float32"``: in what it computes.
    needs
        The modules to import.
    package
        The distribution that brings them, whose version is reported.
    program
        Names in `neurona.tutorial` that are its own code too.
    problems
        Those that it can be given, of :data:`PROBLEMS`.
    cannot
        Why it can't be given the others, in both languages, where that is worth saying.
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
        """The code, without docstrings: of its function, after that of the program it has."""
        parts = [source_of_names(tutorial, self.program)] if self.program else []
        return "\n\n\n".join([*parts, source_of(self.train)])

    @property
    def lines(self) -> int:
        """Lines of code in :attr:`source`."""
        return lines_of(self.source)

    def missing(self) -> str | None:
        """Return the first of its packages that is not installed, if any."""
        for module in self.needs:
            if not _installed(module.partition(".")[0]):
                return module.partition(".")[0]
        if "keras" in self.needs and "keras" not in sys.modules:
            backend = keras_backend()
            return None if _installed(backend) else backend
        return None

    def prepare(self) -> None:
        """Import what it needs, so that no import is timed."""
        if "keras" in self.needs and "keras" not in sys.modules:
            _import_keras()
        for module in self.needs:
            import_module(module)


BACKENDS = ("tensorflow", "jax", "torch")


def _installed(package: str) -> bool:
    if package in sys.modules:  # None says that it must not be imported
        return sys.modules[package] is not None
    return find_spec(package) is not None


def keras_backend() -> str:
    """Return what Keras will compute with: what the user says, or the first that is installed."""
    first = next(filter(_installed, BACKENDS), BACKENDS[0])
    return os.environ.get("KERAS_BACKEND") or first


def _import_keras() -> None:
    """Import Keras, which reads its backend from the environment, once; leave that as it was."""
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
            "en": "Training is an iterator of states, and the loop is yours. First weights are "
            "handed in with start=. It computes in float32 unless it is told float64, as here: "
            "its curve is what the others are measured by.",
            "es": "El entrenamiento es un iterador de estados, y el bucle es tuyo. Los pesos "
            "iniciales se dan con start=. Calcula en float32 si no se le pide float64, como aquí: "
            "su curva es la vara con que se miden las demás.",
        },
    ),
    Entry(
        "lesson",
        {"en": "the lesson's program", "es": "el programa de la lección"},
        contestants.lesson_as_it_is,
        "float64",
        {
            "en": "Its step is not the gradient of its cost: with 500 points, W moves by 250 times "
            "the gradient and b by 0.5 times. At 2/500 of the rate W moves as in the others, and b "
            "500 times less: so its curve is another one, from the second cost on.",
            "es": "Su paso no es el gradiente de su coste: con 500 puntos, W se mueve 250 veces el "
            "gradiente y b, 0,5 veces. Con 2/500 de la tasa, W se mueve como en los demás y b, "
            "500 veces menos: por eso su curva es otra, desde el segundo coste.",
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
            "en": "All of it is there to be read: no line of it is hidden in a library. An "
            "activation or a cost is a pair, a function and its derivative, so another one takes "
            "two lines. It draws from NumPy's global generator.",
            "es": "Está todo a la vista: ninguna línea se esconde en una biblioteca. Una "
            "activación o un coste es un par, función y derivada, así que otro cuesta dos líneas. "
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
            "en": "The same formulas, compiled by JAX. Its time begins with the compiler's, and "
            "then it is asked for the cost at every step, which makes a call of each; with "
            "every=100 a hundred steps are one call.",
            "es": "Las mismas fórmulas, compiladas por JAX. Su tiempo empieza por el del "
            "compilador, y luego se le pide el coste en cada paso, con lo que cada uno es una "
            "llamada; con every=100, cien pasos son una llamada.",
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
            "en": "A model is fitted whole, so first weights have no place: it takes a step, and "
            "its weights are replaced. No squared error behind a sigmoid; its regressor halves "
            "it. By itself it would use Adam, shuffled batches of 200 and a penalty on the "
            "weights (alpha=0.0001), and stop when the cost no longer falls.",
            "es": "Un modelo se ajusta de una vez, y los pesos iniciales no tienen sitio: da un "
            "paso, y se le cambian los pesos. No tiene error cuadrático tras una sigmoide; su "
            "regresor usa la mitad. Por su cuenta usaría Adam, lotes barajados de 200 y una "
            "penalización de los pesos (alpha=0.0001), y pararía al dejar de bajar el coste.",
        },
        needs=("sklearn", "sklearn.neural_network"),
        package="scikit-learn",
        problems=("linear", "cross_entropy"),
        cannot={
            "en": "it has no squared error behind a sigmoid",
            "es": "no tiene error cuadrático tras una sigmoide",
        },
    ),
    Entry(
        "keras",
        {"en": "Keras", "es": "Keras"},
        contestants.with_keras,
        "float32",
        {
            "en": "You say what, and compile and fit do it. A step is an epoch only because the "
            "batch is all the points: by itself it would shuffle and take 32. Weights have our "
            "shape, (n_in, n_out), and start from Glorot's rule with biases of 0. The cost of an "
            "epoch is the mean over its batches, each before its step. It doesn't compute itself: "
            "TensorFlow, JAX or PyTorch does.",
            "es": "Dices qué, y compile y fit lo hacen. Un paso es una época solo porque el lote "
            "son todos los puntos: por su cuenta barajaría y tomaría 32. Los pesos tienen nuestra "
            "forma, (n_in, n_out), y parten de la regla de Glorot, con sesgos 0. El coste de una "
            "época es la media de sus lotes, cada uno antes de su paso. No calcula por sí mismo: "
            "lo hacen TensorFlow, JAX o PyTorch.",
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
            "en": "The loop is yours, as in the lesson; backward() finds the derivatives by going "
            "back through what was computed. Gradients add up until zero_grad(). A layer keeps W "
            "the other way round, a row for each neuron, and draws W and b between "
            "±1/√n_in. The data must be made tensors, of the same precision.",
            "es": "El bucle es tuyo, como en la lección; backward() halla las derivadas "
            "recorriendo hacia atrás lo calculado. Los gradientes se acumulan hasta zero_grad(). "
            "Una capa guarda W al revés, una fila por neurona, y sortea W y b entre ±1/√n_in. "
            "Los datos tienen que hacerse tensores, de la misma precisión.",
        },
        needs=("torch",),
        package="torch",
    ),
)
