"""A model as ONNX, which runs in many programs and languages, and in a browser."""

from __future__ import annotations

from dataclasses import replace as replaced
from os import PathLike
from pathlib import Path
from typing import Any

from neurona.engine.network import Network
from neurona.export import estimator_onnx
from neurona.export.model import fitted
from neurona.export.onnx_graph import OPSET, Builder, Graph, check_opset, rows
from neurona.export.onnx_graph import model as model_of
from neurona.export.onnx_layers import layers
from neurona.export.parts import parts_of, topology_of
from neurona.extras import require
from neurona.saving import replace


def to_onnx(
    model: Any,
    params: Any = None,
    path: str | PathLike[str] | None = None,
    *,
    preparation: Graph | None = None,
    output: str = "prediction",
    missing: str = "",
    opset: int = OPSET,
) -> Any:
    """Return the model as ONNX, and write it to a file if a path is given.

    A network takes ``X``, float32 examples ``(rows, n_in)`` or ``(rows, *net.in_shape)``, and gives
    ``prediction``, ``(rows, n_out)`` or ``(rows, *net.out_shape())``: what :meth:`Network.predict`
    returns, the output activation included. Indices of an embedding come as float32 too.

    An estimator takes the raw columns. Each column that tells something is an input of its name,
    ``(rows, 1)``; constant and empty ones are not. A table without names has the inputs ``x0``,
    ``x1`` …, or one, ``X (rows, columns)``, if it was all numbers. One of images or series takes
    these as they are, ``X (rows, *network_.in_shape)``, float32.

    ==========  ===========  =================================================================
    column      type         a missing cell is
    ==========  ===========  =================================================================
    numbers     float64      NaN; a duration is its seconds
    categories  string       the empty text, or the one given as ``missing``; 1.0 is ``"1"``
    dates       int64        -2⁶³, as NumPy has NaT; others are microseconds since 1970 (UTC)
    ==========  ===========  =================================================================

    It gives ``label``, texts, int64, uint64, float64 or bool as the classes are, and
    ``probabilities``, float32; or ``prediction``, float64, in the target's units. An output gets an
    underscore behind its name if a column is called so. Columns are prepared in float64; the
    network computes in float32, and the predictions agree to its rounding.

    Parameters
    ----------
    model, params
        A network and its parameters, which are taken to float32; or a fitted estimator alone.
    path
        Where to write it, usually with the ending ``.onnx``.
    preparation
        A graph that comes before a network: from inputs of its own to rows of ``n_in`` float32
        numbers, for example from raw columns. By default the rows are the input.
    output
        The name of a network's output.
    missing
        The text that stands for a missing category of an estimator.
    opset
        The version of ONNX's operations, from 13 on, for a program that reads older ones only. The
        model computes the same in each: newer operations are written with older ones.

    Returns
    -------
    onnx.ModelProto
        Checked by ONNX, its shapes included.

    Raises
    ------
    ValueError
        If neurona has no export for a layer or an activation, if the parameters don't fit the
        network, if ``missing`` is one of the categories, if a column has the name of a value
        inside the model, if ONNX has no type for the classes, or if the opset does not exist.
    sklearn.exceptions.NotFittedError
        If the estimator has not been fitted.
    MissingExtra
        If onnx is not installed.

    Examples
    --------
    >>> import neurona
    >>> net = neurona.network([2, 3, 1], "tanh", output="sigmoid")
    >>> model = to_onnx(net, net.init(rng=0))
    >>> [node.op_type for node in model.graph.node]
    ['Gemm', 'Tanh', 'Gemm', 'Sigmoid']
    >>> pets = [[4.0, "long"], [25.0, "short"], [5.0, "long"], [30.0, "short"]]
    >>> net = neurona.NeuralNetClassifier(epochs=5).fit(pets, ["cat", "dog", "cat", "dog"])
    >>> model = to_onnx(net)
    >>> [one.name for one in model.graph.input], [one.name for one in model.graph.output]
    (['x0', 'x1'], ['label', 'probabilities'])
    """
    opset = check_opset(opset)
    if isinstance(model, Network):
        made = _network_model(model, params, preparation, output, opset)
    else:
        path = params if path is None else path
        made = estimator_onnx.estimator_model(fitted(model), missing, opset)
    if path is not None:
        replace(Path(path), made.SerializeToString())
    return made


def _network_model(
    net: Network, params: Any, preparation: Graph | None, output: str, opset: int
) -> Any:
    parts = parts_of(net, params)
    start = replaced(rows(net.in_shape) if preparation is None else preparation, opset=opset)
    builder = Builder(start)
    end = builder.named(layers(builder.value(start.end), parts), output)
    onnx = require("onnx", "export")
    described = onnx.helper.make_tensor_value_info(
        output, onnx.TensorProto.FLOAT, ["rows", *net.out_shape()]
    )
    about = f"A network {topology_of(parts)}, trained with neurona."
    return model_of(builder.graph(end), [described], about)
