"""What runs through a network on images: one example, and what each layer makes of it."""

from __future__ import annotations

from itertools import accumulate
from math import prod
from typing import Any

import numpy as np

from neurona.engine.layers.base import leaves
from neurona.engine.layers.flatten import Flatten
from neurona.engine.types import Array, Params
from neurona.observe.walk import walk_forward
from neurona.web.task import Task


def drawn_layers(task: Task) -> list[dict[str, Any]]:
    """Return the layers that the page draws, the image first: all but those that only reshape.

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
    before: dict[str, Any] = {"kind": "Image", "shape": [*net.in_shape], "place": 0, "row": -1}
    drawn = [{**before, "at": None, "weights": None}]
    each = net.shapes(net.in_shape)
    sizes = [sum(prod(shape) for shape in leaves((one,))) for one in each]
    row = -1
    for k, (layer, its, at) in enumerate(
        zip(net.layers, each, accumulate(sizes, initial=0), strict=False)
    ):
        weights = getattr(its, "W", None)
        row += weights is not None
        if not isinstance(layer, Flatten):
            shape = layer.out_shape(shapes[k])
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


def maps_of(task: Task, params: Params, image: Array) -> Array:
    """Return the image and the outputs of all drawn layers one after the other, as float32."""
    with np.errstate(all="ignore"):
        passes = walk_forward(task.net, params, image[None].astype(np.float32))
    outputs = [
        one.a
        for layer, one in zip(task.net.layers, passes, strict=True)
        if not isinstance(layer, Flatten)
    ]
    return np.concatenate([image.ravel(), *(a.ravel() for a in outputs)]).astype(np.float32)
