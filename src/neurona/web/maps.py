"""A network on images or series: one example, and what each layer makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import accumulate
from math import prod
from typing import Any, cast

import numpy as np

from neurona.engine.layers.base import leaves
from neurona.engine.layers.flatten import Flatten
from neurona.engine.layers.recurrent import Recurrent
from neurona.engine.types import Array, Params
from neurona.observe.apart import inside
from neurona.observe.scores import classes_of
from neurona.observe.walk import through
from neurona.web.errors import PlaygroundError
from neurona.web.readers import list_of, one_of, whole
from neurona.web.run import View
from neurona.web.task import Task


def drawn_layers(task: Task) -> list[dict[str, Any]]:
    """Return the layers that the page draws, the example first: all but those that only reshape.

    ``shape`` is that of one example's output, of a recurrence that of its states after all steps.
    ``place`` is the layer's in the network, from 1; ``row`` that of the set-up's layer which it
    belongs to, the output last. ``at`` is where its weights begin in the flat parameters, and
    ``weights`` is their shape; None without weights.

    Examples
    --------
    >>> from neurona.web.examples import example
    >>> from neurona.web.task import make_task
    >>> layers = drawn_layers(make_task(example("digits")))
    >>> [one["kind"] for one in layers]
    ['Image', 'Conv2D', 'MaxPool2D', 'Conv2D', 'Dense']
    >>> layers[3]["weights"], layers[3]["row"]
    ([3, 3, 8, 16], 1)
    """
    net = task.net
    shapes = net.in_shapes(net.in_shape)
    kind = "Image" if len(net.in_shape) == 3 else "Series"
    example: dict[str, Any] = {"kind": kind, "shape": [*net.in_shape], "place": 0, "row": -1}
    drawn = [{**example, "at": None, "weights": None}]
    each = net.shapes(net.in_shape)
    sizes = [sum(prod(shape) for shape in leaves((one,))) for one in each]
    row = -1
    for k, (layer, its, at) in enumerate(
        zip(net.layers, each, accumulate(sizes, initial=0), strict=False)
    ):
        weights = getattr(its, "W", None)
        row += weights is not None
        if not isinstance(layer, Flatten):
            shape = _shown(layer).out_shape(shapes[k])
            drawn.append(
                {
                    "kind": type(layer).__name__,
                    "shape": [*shape],
                    "place": k + 1,
                    "row": row,
                    "at": None if weights is None else at,
                    "weights": None if weights is None else [*weights],
                }
            )
    return drawn


def _shown(layer: Any) -> Any:
    """Return the layer whose output the page draws: a recurrence with all its states."""
    if not isinstance(layer, Recurrent):
        return layer
    return replace(cast("Any", layer), return_sequences=True)


def maps_of(task: Task, params: Params, example: Array) -> Array:
    """Return the example and the outputs of all drawn layers one after the other, as float32."""
    x = example[None].astype(np.float32)
    outputs = [x]
    with np.errstate(all="ignore"):
        for layer, own in zip(task.net.layers, params, strict=True):
            shown = _shown(layer)
            y = through(shown, own, x).a
            if not isinstance(layer, Flatten):
                outputs.append(y)
            x = y if shown == layer else y[:, -1]  # the last state alone goes on
    return np.concatenate([one.ravel() for one in outputs]).astype(np.float32)


def window(
    view: View, example: Array, label: int | None, message: Mapping[str, Any]
) -> dict[str, Any]:
    """Take one number of an example's maps or states apart: see :class:`.Apart` of observe.

    Parameters
    ----------
    view
        The run at one time.
    example, label
        The image or series and its class; without one, the cost is that of the predicted class.
    message
        ``what`` is ``"number"``, or ``"weight"`` with the ``name`` of an array; ``layer`` is the
        place in the network, from 1, and ``place`` that of the number, counted from 0.

    Raises
    ------
    PlaygroundError
        If there is no such number.
    """
    task, params = view.task, view.state.params
    layer = str(whole(1, len(task.net.layers)).read("layer", message.get("layer")))
    place = list_of(whole(0, 10_000), 4, least=1).read("place", message.get("place"))
    what = one_of(("number", "weight")).read("what", message.get("what", "number"))
    given = label
    if given is None:
        given = int(classes_of(task.net.predict(params, example[None]))[0])
    target = np.eye(task.net.n_out)[[given]] if task.net.n_out > 1 else [[given]]
    seen = inside(task.net, params, example[None], target, task.cost)
    try:
        if what == "number":
            apart = seen.number(layer, place)
        else:
            apart = seen.weight(layer, str(message.get("name")), place)
    except ValueError as error:
        raise PlaygroundError(
            "window",
            str(error),
            "En esta red no hay ningún número en ese lugar.",
        ) from error
    return {**apart.as_dict(), "target": given, "labelled": label is not None}
