"""From what another library computes, call by call, to layers of neurona in a row and side by side.

An import writes down each array that its model makes of the input, and what made it. Here they
become layers: a call that is a layer of neurona is that layer, branches that are added up or put
side by side are an ``Add`` or a ``Concatenate``, and what stands between is recognized by what it
does. Meanwhile it is known where each number of the model's array stands in neurona's: so channels
may come first, or examples along another axis, and rows may be in another order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from math import prod
from typing import Any

import numpy as np

from neurona.engine import layers as ours
from neurona.engine.layers import Nothing
from neurona.engine.network import Network
from neurona.engine.parameters import arrays
from neurona.engine.types import Array, Params, Shape
from neurona.export.calls import (
    CONVOLUTIONS,
    Merge,
    Move,
    Places,
    Value,
)
from neurona.export.comparison import confirmed
from neurona.export.parts import OWN
from neurona.export.recognition import affine, recognize
from neurona.export.rows import (
    NORMALIZATIONS,
    STEPS,
    Row,
    after_merge,
    after_move,
    arranged,
    check_complete,
    in_order,
    incomplete,
    scaled,
)

ACTIVATED = (ours.Dense, *CONVOLUTIONS, *NORMALIZATIONS)  # may hold what follows them
HAVE = (
    "Dense, Conv1D, Conv2D, BatchNormalization, LayerNormalization, MaxPool1D, MaxPool2D, "
    "AveragePool1D, AveragePool2D, GlobalMaxPool1D, GlobalMaxPool2D, GlobalAveragePool1D, "
    "GlobalAveragePool2D, Upsample2D, Flatten, Reshape, Embedding, SimpleRNN, GRU, LSTM, "
    "MultiHeadAttention, PositionalEncoding, Concatenate, Add"
)


def network_like(
    values: Sequence[Value],
    shape: Shape,
    run: Callable[[Array], Array],
    what: str,
    precision: Any,
    *,
    flat: bool = False,
) -> tuple[Network, Params]:
    """Return a network that does what a model does, and its parameters in float32.

    A model that first makes images or series of rows becomes a network of these; one that takes
    them with the channels first, a network that has them last.

    Parameters
    ----------
    values
        The input of the model, what it makes of it in the order in which it does, and its output.
    shape
        The shape of one example of the model.
    run
        The model, from examples to outputs.
    what, precision
        As for :func:`~neurona.export.comparison.confirmed`.
    flat
        Whether a model that first makes rows of its input becomes a network of rows.

    Raises
    ------
    ValueError
        If something has no counterpart in neurona, the message names it; or if the network does
        not predict as the model does.
    """
    net, params, starts, ends = _network_of_values(values, shape, flat)
    back = np.argsort(ends.ravel())

    def original(X: Array) -> Array:
        outputs = run(X.reshape(len(X), -1)[:, starts]).reshape(len(X), -1)
        return outputs[:, back] if outputs.shape[1] == len(back) else outputs

    return confirmed(net, params, original, what, precision=precision)


def _network_of_values(
    values: Sequence[Value], shape: Shape, flat: bool
) -> tuple[Network, Params, Places, Places]:
    """Return a network and parameters, and where the model's input and output stand in its own."""
    theirs = shape
    first = [value.step for value in values if values[0] in value.inputs]
    if len(first) == 1 and isinstance(first[0], Move):
        start = Row((), (), theirs, in_order(theirs))
        with suppress(ValueError):
            row = after_move("", first[0], start)
            if row.axis == 0 and len(row.places.ravel()) == prod(theirs):
                axes = row.places.ndim
                shape = row.places.shape if axes > len(theirs) or (flat and axes == 1) else shape
    ways = [(shape, in_order(shape))]
    if len(shape) in (2, 3):
        last = (*shape[1:], shape[0])
        ways.append((last, in_order(last, channels_first=True)))
    readers = []
    for own, starts in ways:
        reader = _Reader({value: i for i, value in enumerate(values)})
        try:
            return reader.network(values, own, starts.reshape(theirs))
        except ValueError as error:
            readers.append((reader.reached, error))
    raise max(readers, key=lambda one: one[0])[1]  # of the way that leads farther


@dataclass
class _Reader:
    """Reads the ways between two values.

    ``order`` is that in which they were made, ``reached`` the last one that has been read.
    """

    order: dict[Value, int]
    reached: int = field(default=0)

    def network(
        self, values: Sequence[Value], shape: Shape, starts: Places
    ) -> tuple[Network, Params, Places, Places]:
        """Return the network of all values."""
        row = self.read(values[0], values[-1], Row((), (), shape, starts))
        if not arrays(row.params):
            raise ValueError(
                "the model has no layer with weights: neurona's networks have one at least"
            )
        what = values[-1].what
        if row.axis:
            raise ValueError(
                f"{what} gives the examples along axis {row.axis}: neurona has them first"
            )
        turned = np.moveaxis(row.places, 0, -1) if row.places.ndim > 1 else row.places
        if row.places.ndim < 2 or (np.diff(row.places.ravel()) == 1).all():
            row = arranged(what, row, np.atleast_1d(row.places))
        elif (np.diff(turned.ravel()) == 1).all():  # images or series with the channels first
            row = replace(arranged(what, row, turned), places=row.places)
        elif not np.array_equal(np.sort(row.places, axis=None), np.arange(prod(row.shape))):
            raise incomplete(what)
        *before, last = row.layers
        if isinstance(last, ours.Dense):
            last = replace(last, gain=1.0)  # as in neurona.network
        return Network((*before, last), shape), row.params, starts, row.places

    def read(self, start: Value, end: Value, row: Row) -> Row:
        """Go on from a row that ends with ``start`` to one that ends with ``end``."""
        stretches = self._stretches(start, end)
        while stretches:
            layered = (i for i, one in enumerate(stretches) if not all(map(_is_plain, one)))
            longest = next(layered, len(stretches))
            if longest > 1 and _is_slight(start, stretches[0], row):
                longest = 1  # with what follows, it would hide within the tolerance
            for n in range(longest, 0, -1):  # the longest that is known
                with suppress(ValueError):
                    row = _recognized(start, list(chain(*stretches[:n])), row)
                    break
            else:
                n, row = 1, self._layer(start, stretches[0], row)
            start = stretches[n - 1][-1]
            self.reached = max(self.reached, self.order[start])
            stretches = stretches[n:]
        return row

    def _stretches(self, start: Value, end: Value) -> list[list[Value]]:
        """Cut the ways from one value to another where they all meet."""
        needed: set[Value] = set()
        ahead = [end]
        while ahead:
            value = ahead.pop()
            if value is not start and value not in needed:
                needed.add(value)
                ahead += value.inputs
        stretches: list[list[Value]] = [[]]
        values = sorted(needed, key=self.order.__getitem__)
        place = {value: i for i, value in enumerate(values)}
        last_use = {start: 0}
        for i, value in enumerate(values):
            last_use |= dict.fromkeys(value.inputs, i)
        reach = last_use[start] if values else 0
        for value in values:
            stretches[-1].append(value)
            if reach <= place[value]:
                stretches.append([])
            reach = max(reach, last_use.get(value, 0))
        return stretches[:-1]

    def _layer(self, start: Value, stretch: list[Value], row: Row) -> Row:
        """Go on with the layer that ends a stretch, or say that neurona has none."""
        last = stretch[-1]
        if last.step == Merge(ours.Masked):
            row = arranged(last.what, row, row.places)
            inner = self.read(start, last.inputs[0], replace(row, layers=(), params=()))
            if not inner.layers:
                return row
            return row.then(ours.Masked(inner.layers), inner.params, inner.places)
        if isinstance(last.step, Merge):
            try:
                return self._branches(start, last, row)
            except ValueError:
                with suppress(ValueError):
                    if row.places.shape != row.shape:
                        own = arranged(last.what, row, row.places)
                        return self._branches(start, last, own)
                raise
        if last.step is not None:
            return STEPS[type(last.step)](last.what, last.step, row)
        if len(stretch) > 1:
            raise ValueError(
                f"{last.what} puts branches together: neurona has Add and Concatenate for that"
            )
        try:
            return _recognized(start, stretch, row)
        except ValueError as error:
            raise ValueError(
                f"{error}; nor is it one of the layers that an import reads, which are {HAVE}"
            ) from error

    def _branches(self, start: Value, end: Value, row: Row) -> Row:
        """Go on with branches that are put together."""
        branch = replace(row, layers=(), params=())
        rows = [self.read(start, one, branch) for one in end.inputs]
        return after_merge(end.what, end.step, rows, row)


def _is_plain(value: Value) -> bool:
    """Tell whether a value may be a part of an activation."""
    step = value.step
    return step is None or (isinstance(step, Merge) and step.layer is ours.Add)


# ------------------------------------------------------------------- what is recognized by its work


def _function(start: Value, values: Sequence[Value], row: Row) -> Callable[[Array], Array]:
    """Return the function from one value to the last, on examples as the row ends with them."""

    def through(x: Array) -> Array:
        x = x.reshape(len(x), -1)[:, row.places]
        made = {start: np.ascontiguousarray(np.moveaxis(x, 0, row.axis))}
        for value in values:
            made[value] = value.function(*(made[one] for one in value.inputs))
        y = made[values[-1]]
        if y.shape != made[start].shape:
            return y
        y = np.moveaxis(y, row.axis, 0)
        back = np.empty((len(x), row.places.size), y.dtype)
        back[:, row.places.ravel()] = y.reshape(len(x), -1)
        return back.reshape(len(x), *row.shape)

    return through


def _is_slight(start: Value, values: Sequence[Value], row: Row) -> bool:
    """Tell whether values are a scale and a shift that change numbers by very little."""
    with suppress(ValueError):
        check_complete("", row, row.places)
        found = affine(_function(start, values, row), row.shape)
        if found is not None:
            scale, shift = found
            return bool(0 < max(abs(scale - 1).max(), abs(shift).max()) < 1e-4)
    return False


def _recognized(start: Value, values: Sequence[Value], row: Row) -> Row:
    """Go on with values that together are an activation, or a scale and a shift; or ValueError."""
    what = values[-1].what
    check_complete(what, row, row.places)
    function = _function(start, values, row)
    try:
        name = recognize(function, row.shape, what)
    except ValueError:
        found = affine(function, row.shape)
        if found is None:
            raise
        scale, shift = (array.reshape(-1, row.shape[-1]) for array in found)
        if all((array == array[0]).all() for array in (scale, shift)):
            return scaled(what, scale[0], shift[0], row)
        with suppress(ValueError):  # for each feature of the shape that the model has here
            if row.places.shape != row.shape:
                return _recognized(start, values, arranged(what, row, row.places))
        if row.places.ndim != 2 or abs(scale - 1).max() > 1e-6:
            raise
        row = arranged(what, row, row.places)  # of an image, its places one after the other
        positions = ours.PositionalEncoding(learned=True)
        return row.then(positions, type(positions.shapes(row.shape))(shift.reshape(row.shape)))
    if name == "linear":
        return row
    last = row.layers[-1] if row.layers else None
    if isinstance(last, ACTIVATED) and last.activation.name == "linear":
        return row.ending(replace(last, activation=OWN[name]), row.params[-1])
    return row.then(ours.Activate(OWN[name]), Nothing())
