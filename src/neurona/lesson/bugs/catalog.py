"""The classic mistakes: each is one line of the program that is another one.

The first six are wrong derivatives, and finite differences see them. The last three leave every
derivative right: they are in the start, the batches and the split.
"""

from __future__ import annotations

from dataclasses import dataclass

from neurona.language import Text
from neurona.lesson.bugs.program import SAME_SLOPE, Program


@dataclass(frozen=True)
class Setting:
    """A network, its cost and how it is trained: they decide whether a bug changes anything.

    Attributes
    ----------
    topology, activations
        The inputs and the neurons of each layer; the name of each layer's activation.
    cost
        The name of the cost's class.
    rows, held_out, batch
        Training rows, test rows, and rows of a batch.
    """

    topology: tuple[int, ...]
    activations: tuple[str, ...]
    cost: str
    rows: int
    held_out: int
    batch: int


@dataclass(frozen=True)
class Bug:
    """A mistake in one line.

    Attributes
    ----------
    name
        Its name in a set-up.
    title, wrong, shows, mended
        Its title; what is wrong; how the training shows it; how it is mended.
    block, changes
        The function or pair of the line, and what stands in it before and after; several, as not
        each program has the same.
    """

    name: str
    title: Text
    wrong: Text
    shows: Text
    mended: Text
    block: str
    changes: tuple[tuple[str, str], ...]

    def line(self, program: Program) -> int | None:
        """Return the number of its line in a correct program, or None if there is none."""
        found = self._found(program)
        return found and found[0]

    def put_into(self, program: Program) -> Program:
        """Return the program with the bug; the same one if it has no such line."""
        found = self._found(program)
        return program.with_line(*found) if found else program

    def _found(self, program: Program) -> tuple[int, str] | None:
        for number in reversed(program.numbers_of(self.block)):  # a derivative is a pair's second
            line = program.lines[number - 1]
            for before, after in self.changes:
                if before in line:
                    return number, line.replace(before, after)
        return None


_BUGS = (
    Bug(
        "sum-for-mean",
        Text("A sum for a mean", "Una suma en vez de una media"),
        Text(
            "The cost is a mean, and its derivative forgets to divide.",
            "El coste es una media, y su derivada se olvida de dividir.",
        ),
        Text(
            "The steps are as many times too long as there are numbers in the mean. A rate that "
            "suits 50 points diverges with 500.",
            "Los pasos salen tantas veces más largos como números hay en la media. Una tasa que "
            "va bien con 50 puntos diverge con 500.",
        ),
        Text("Divide the derivative as the cost does.", "Divide la derivada igual que el coste."),
        "cost",
        ((" / A.size", ""), (" / len(Y)", "")),
    ),
    Bug(
        "lost-two",
        Text("The lost 2", "El 2 perdido"),
        Text(
            "The derivative of a square is twice what was squared, and the 2 is missing.",
            "La derivada de un cuadrado es el doble de lo elevado, y falta el 2.",
        ),
        Text(
            "Everything is learned, at half the chosen rate. Nobody notices.",
            "Se aprende todo, a la mitad de la tasa elegida. Nadie lo nota.",
        ),
        Text("Write the 2, or halve the cost.", "Escribe el 2, o parte el coste por la mitad."),
        "cost",
        (("2 * (A - Y)", "(A - Y)"),),
    ),
    Bug(
        "overwritten",
        Text("Weights overwritten before use", "Pesos pisados antes de usarlos"),
        Text(
            "The error goes back through weights that the step has already changed.",
            "El error vuelve por unos pesos que el paso ya ha cambiado.",
        ),
        Text(
            "At a small rate it is hardly seen; at a large one the layers below move astray.",
            "Con una tasa pequeña apenas se ve; con una grande, las capas de abajo se desvían.",
        ),
        Text(
            "Keep the W that made the prediction until the error has gone back through it.",
            "Guarda la W que hizo la predicción hasta que el error haya vuelto por ella.",
        ),
        "step",
        (("delta @ W.T", "delta @ layer.W.T"),),
    ),
    Bug(
        "z-for-a",
        Text("The derivative at z in place of a", "La derivada en z en lugar de en a"),
        Text(
            "The slope is written for a = f(z), and is given z.",
            "La pendiente está escrita para a = f(z), y recibe z.",
        ),
        Text(
            "Slopes are too large or have the wrong sign. With ReLU nothing changes, because z is "
            "positive exactly where a is.",
            "Las pendientes salen grandes de más o con otro signo. Con ReLU no cambia nada, porque "
            "z es positiva justo donde lo es a.",
        ),
        Text("Give it a.", "Dale a."),
        "step",
        (("f[1](a, error)", "f[1](z, error)"),),
    ),
    Bug(
        "transpose",
        Text("A forgotten transpose", "Una traspuesta olvidada"),
        Text(
            "The error goes back through W, and has to go through its transpose.",
            "El error vuelve por W, y tiene que volver por su traspuesta.",
        ),
        Text(
            "NumPy stops with a shape error, unless all layers are equally wide: then it runs, and "
            "each neuron takes another one's error.",
            "NumPy se para con un error de dimensiones, salvo que todas las capas tengan el mismo "
            "ancho: entonces funciona, y cada neurona se lleva el error de otra.",
        ),
        Text("Write W.T.", "Escribe W.T."),
        "step",
        (("delta @ W.T", "delta @ W"),),
    ),
    Bug(
        "softmax-jacobian",
        Text("A softmax without its Jacobian", "Una softmax sin su jacobiana"),
        Text(
            "Each output of a softmax depends on every z, and the line takes its own alone.",
            "Cada salida de una softmax depende de todas las z, y la línea solo toma la suya.",
        ),
        Text(
            "With two classes and the squared error the steps are half as long. Otherwise they go "
            "another way, and may learn nothing.",
            "Con dos clases y el error cuadrático, los pasos salen la mitad de largos. Si no, van "
            "en otra dirección, y puede que no se aprenda nada.",
        ),
        Text(
            "Subtract the weighted sum of the errors: a (e - Σ e a).",
            "Resta la suma ponderada de los errores: a (e - Σ e a).",
        ),
        "softmax",
        (("a * (error - (error * a).sum(axis=1, keepdims=True))", "error * a * (1 - a)"),),
    ),
    Bug(
        "zero-start",
        Text("All weights start at zero", "Todos los pesos empiezan en cero"),
        Text(
            "The neurons of a layer begin alike, and so they get the same gradient for ever.",
            "Las neuronas de una capa empiezan iguales, y reciben siempre el mismo gradiente.",
        ),
        Text(
            "A layer of 16 neurons is worth one, or nothing moves but the last bias.",
            "Una capa de 16 neuronas vale por una, o solo se mueve el último sesgo.",
        ),
        Text("Draw the weights at random.", "Sortea los pesos."),
        "start",
        (("draw(n_in, n_out)", "np.zeros((n_in, n_out)), np.zeros(n_out)"),),
    ),
    Bug(
        "no-shuffling",
        Text("Batches without shuffling", "Lotes sin barajar"),
        Text(
            "The rows come in the order of the file, which is sorted by class.",
            "Las filas llegan en el orden del archivo, que está ordenado por clases.",
        ),
        Text(
            "Batches hold one class only. The cost saws: what one batch teaches, the next undoes.",
            "Los lotes son de una sola clase. El coste va en dientes de sierra: lo que enseña un "
            "lote lo deshace el siguiente.",
        ),
        Text("Draw a new order each epoch.", "Sortea un orden nuevo en cada época."),
        "batches",
        (("rng.permutation(rows)", "rows"),),
    ),
    Bug(
        "test-in-training",
        Text("Test data in the training", "Datos de prueba en el entrenamiento"),
        Text(
            "The network trains on the rows that were to judge it.",
            "La red entrena con las filas que iban a juzgarla.",
        ),
        Text(
            "The test cost follows the training cost, however much the network memorizes.",
            "El coste de prueba sigue al de entrenamiento, por mucho que la red memorice.",
        ),
        Text("Train on the other rows only.", "Entrena solo con las otras filas."),
        "split",
        (("np.flatnonzero(~held_out)", "np.arange(len(held_out))"),),
    ),
)

BUGS: dict[str, Bug] = {bug.name: bug for bug in _BUGS}


def silent(name: str, setting: Setting) -> Text | None:
    """Return why a bug changes nothing in a setting, or None if it does.

    Examples
    --------
    >>> relu = Setting((2, 4, 1), ("relu", "linear"), "SquaredError", 70, 30, batch=70)
    >>> silent("z-for-a", relu).en
    'z is positive exactly where a is: the slopes are the same'
    >>> silent("lost-two", relu)
    """
    one_layer = len(setting.activations) == 1
    reasons = {
        "sum-for-mean": (
            setting.batch == 1
            and (setting.topology[-1] == 1 or setting.cost == "CategoricalCrossEntropy"),
            Text("the cost is the mean of one number", "el coste es la media de un solo número"),
        ),
        "lost-two": (
            setting.cost != "SquaredError",
            Text("this cost has no square", "este coste no tiene cuadrado"),
        ),
        "overwritten": (
            one_layer,
            Text(
                "there is no layer below to send an error to",
                "no hay capa debajo a la que mandar un error",
            ),
        ),
        "transpose": (
            set(setting.topology) == {1},
            Text("each W is one number", "cada W es un solo número"),
        ),
        "z-for-a": (
            set(setting.activations) <= SAME_SLOPE,
            Text(
                "z is positive exactly where a is: the slopes are the same",
                "z es positiva justo donde lo es a: las pendientes son las mismas",
            ),
        ),
        "softmax-jacobian": (
            "softmax" not in setting.activations,
            Text("there is no softmax", "no hay softmax"),
        ),
        "zero-start": (
            one_layer,
            Text(
                "without hidden layers a start at zero is a good one",
                "sin capas ocultas, empezar en cero está bien",
            ),
        ),
        "no-shuffling": (
            setting.batch >= setting.rows,
            Text("each step takes all the rows", "cada paso toma todas las filas"),
        ),
        "test-in-training": (
            setting.held_out == 0,
            Text("no rows are kept for a test", "no se guarda ninguna fila para la prueba"),
        ),
    }
    is_silent, why = reasons[name]
    return why if is_silent else None
