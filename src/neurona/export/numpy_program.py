"""A model as a program of one page that needs NumPy alone, in the style of the lesson's."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from neurona.engine.network import Network
from neurona.export import estimator_numpy
from neurona.export.folder import check_ours
from neurona.export.model import fitted, in_units, takes_arrays
from neurona.export.numpy_layers import network_program
from neurona.saving import replace


def numpy_code(model: Any, params: Any = None, *, written_out: float = 400) -> str:
    """Return a Python program that needs NumPy alone and predicts as the model does.

    Its function ``predict(X)`` takes examples; in a shell it reads a CSV file, ``python model.py
    rows.csv``, and prints a prediction a line. Its names are those of the lesson: ``neural_net`` is
    a list of ``NeuralLayer``, each with ``W``, ``b`` and ``act_f``. Another layer is a function
    of its own, such as ``convolution`` or ``lstm``, that returns what the layer does.

    The program of an estimator begins with the raw columns: ``predict(table)``, and
    ``predict_proba(table)`` for a classifier, take anything that gives a column for its name, such
    as a data frame or a dictionary of lists; or rows, if the estimator learned from an array. Cells
    are numbers (of a duration its seconds), texts, dates, or None. That of an estimator of images
    or series is the program of its network, with their scaling: it takes them as they are, with the
    channel, and gives probabilities in the order of ``classes_``, or numbers in the target's units.

    Parameters
    ----------
    model, params
        A network and its parameters, whose dtype, float32 or float64, is the program's; or a fitted
        estimator alone.
    written_out
        The number of parameters up to which they are written as numbers; more are written as text
        in base64, which is shorter. Neither loses a digit. 0 always gives base64, ``float("inf")``
        never.

    Raises
    ------
    ValueError
        If neurona has no export for a layer or an activation, or the parameters don't fit the
        network.
    sklearn.exceptions.NotFittedError
        If the estimator has not been fitted.

    Examples
    --------
    >>> import neurona
    >>> net = neurona.network([2, 1], "linear")
    >>> code = numpy_code(net, [([[1], [2]], [0.5])])
    >>> print(code[code.index("neural_net ="):code.index("def predict")].strip())
    neural_net = [
        NeuralLayer(
            W=[
                [1.0],
                [2.0],
            ],
            b=[0.5],
            act_f=linear,
        ),
    ]
    >>> program = {}
    >>> exec(code, program)
    >>> program["predict"]([[10, 20]])
    array([[50.5]], dtype=float32)
    >>> pets = [[4.0, "long"], [25.0, "short"], [5.0, "long"], [30.0, "short"]]
    >>> net = neurona.NeuralNetClassifier(random_state=0).fit(pets, ["cat", "dog", "cat", "dog"])
    >>> program = {"__name__": "model"}
    >>> exec(numpy_code(net), program)
    >>> program["predict"]([[4.5, "long"], [None, "short"]])
    ['cat', 'dog']
    """
    if isinstance(model, Network):
        return network_program(model, params, written_out)
    estimator = fitted(model)
    if takes_arrays(estimator):
        return network_program(*in_units(estimator), written_out)
    return estimator_numpy.program(estimator, written_out)


def to_numpy(
    model: Any,
    params: Any = None,
    path: str | PathLike[str] | None = None,
    *,
    written_out: float = 400,
) -> Path:
    """Write the program of :func:`numpy_code` to a file, and return its path.

    Parameters
    ----------
    model, params
        A network and its parameters, or a fitted estimator alone.
    path
        Where to write it, usually with the ending ``.py``; an earlier export there is replaced.
    written_out
        As in :func:`numpy_code`.

    Raises
    ------
    ValueError
        As :func:`numpy_code`.
    FileExistsError
        If another file is there already.

    Examples
    --------
    >>> import neurona, tempfile
    >>> net = neurona.network([2, 3, 1], "tanh", output="sigmoid")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_numpy(net, net.init(rng=0), f"{folder}/model.py").name
    'model.py'
    """
    if not isinstance(model, Network):
        params, path = None, params if path is None else path
    if path is None:
        raise ValueError("give the file to write to: to_numpy(net, params, path)")
    code, path = numpy_code(model, params, written_out=written_out), Path(path)
    check_ours(path)
    replace(path, code.encode())
    return path
