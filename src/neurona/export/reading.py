"""From what another library computes, call by call, to layers of neurona in a row and side by side.

An import writes down each array that its model makes of the input, and what made it. Here they
become layers: a call that is a layer of neurona is that layer, branches that are added up or put
side by side are an ``Add`` or a ``Concatenate``, and what stands between is recognised by what it
does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, TypeAlias

import numpy as np

from neurona.engine.layers import (
    Activate,
    Add,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    Flatten,
    Layer,
    LayerNormalization,
    MaxPool2D,
    Nothing,
)
from neurona.engine.layers import Sequential as InARow
from neurona.engine.layers.base import in_words
from neurona.engine.network import Network
from neurona.engine.parameters import arrays
from neurona.engine.types import Array, Params, Shape
from neurona.export.parts import OWN
from neurona.export.recognition import affine, recognise

# Where each number of the model's example stands in neurona's, which may have other axes.
Places: TypeAlias = Array

LARGEST = float(np.finfo(np.float32).max)
TINY = 1e-30  # an epsilon that changes nothing, where what is imported has none
WEIGHTED = (Dense, Conv2D)
ACTIVATED = (*WEIGHTED, BatchNormalization, LayerNormalization)  # may hold what follows them
HAVE = ", ".join(one.__name__ for one in (*ACTIVATED, MaxPool2D, Flatten, Concatenate, Add))


@dataclass(frozen=True, eq=False)
class Value:
    """An array that the model makes of its input.

    Parameters
    ----------
    what
        What made it, as it is called in an error.
    inputs
        The values that it was made of; none for the input of the model.
    function
        From arrays, one for each of the inputs, to this one.
    step
        A :class:`Call`, a :class:`Merge` or a :class:`Move`; None for anything else.
    """

    what: str
    inputs: tuple[Value, ...] = ()
    function: Callable[..., Any] = lambda x: x
    step: Any = None


@dataclass(frozen=True)
class Call:
    """A layer of neurona with its parameters, in float64.

    ``channels_first`` tells where a layer of images expects the channels.
    """

    layer: Any
    params: Any = ()
    channels_first: bool = False


@dataclass(frozen=True)
class Merge:
    """A call that puts values together: ``Add``, or ``Concatenate`` along an axis of an example."""

    layer: type[Add | Concatenate]
    axis: int = -1


@dataclass(frozen=True)
class Move:
    """A call that moves the numbers of an example, and can do so with places."""

    function: Callable[[Places], Places]


@dataclass(frozen=True)
class Row:
    """Layers in a row, the shape that they lead to, and where its numbers stand in the model."""

    layers: tuple[Layer, ...]
    params: tuple[Any, ...]
    shape: Shape
    places: Places

    def then(self, layer: Any, params: Any, places: Places | None = None) -> Row:
        """Return the row with one layer more; the places stay, or are new ones."""
        shape = layer.out_shape(self.shape)
        places = self.places if places is None else places
        return Row((*self.layers, layer), (*self.params, params), shape, places)

    def ending(self, layer: Any, params: Any) -> Row:
        """Return the row with another last layer of the same shape."""
        layers, before = (*self.layers[:-1], layer), (*self.params[:-1], params)
        return replace(self, layers=layers, params=before)


def in_order(shape: Shape, channels_first: bool = False) -> Places:
    """Return the places of an example that has neurona's order, or the channels first.

    >>> in_order((2,)), in_order((1, 2, 2), channels_first=True).shape
    (array([0, 1]), (2, 1, 2))
    """
    places = np.arange(int(np.prod(shape))).reshape(shape)
    return places.transpose(2, 0, 1) if channels_first else places


def network_of_values(
    values: Sequence[Value], shape: Shape, *, flat: bool = False
) -> tuple[Network, Params, Places, Places]:
    """Return a network that does what a model does.

    A model that first makes images of rows becomes a network of images; one that takes images with
    the channels first, a network that has them last.

    Parameters
    ----------
    values
        The input of the model, what it makes of it in the order in which it does, and its output.
    shape
        Of one example of the model.
    flat
        Whether a model that first makes rows of its input becomes a network of rows.

    Returns
    -------
    net, params
        The network, and its parameters in float64.
    starts, ends
        Where the numbers of the model's input and output stand in those of the network.

    Raises
    ------
    ValueError
        If something has no counterpart in neurona; the message names it.
    """
    theirs = shape
    first = [value.step for value in values if values[0] in value.inputs]
    if len(first) == 1 and isinstance(first[0], Move):
        moved = first[0].function(in_order(theirs)).shape
        if len(moved) == 3 > len(theirs) or (flat and len(moved) == 1):
            shape = moved
    if len(shape) == 3:
        with suppress(ValueError):
            return _network(values, shape, in_order(shape).reshape(theirs))
        shape = (*shape[1:], shape[0])
    starts = in_order(shape, channels_first=len(shape) == 3)
    return _network(values, shape, starts.reshape(theirs))


def _network(
    values: Sequence[Value], shape: Shape, starts: Places
) -> tuple[Network, Params, Places, Places]:
    reader = _Reader({value: i for i, value in enumerate(values)})
    row = reader.read(values[0], values[-1], Row((), (), shape, starts))
    if not arrays(row.params):
        raise ValueError(
            "the model has no layer with weights: neurona's networks have one at least"
        )
    if row.places.ndim < 2 and not np.array_equal(row.places.ravel(), in_order(row.shape)):
        raise ValueError(f"{values[-1].what} gives its numbers in an order that neurona has not")
    *before, last = row.layers
    if isinstance(last, Dense):
        last = replace(last, gain=1.0)  # as in neurona.network
    return Network((*before, last), shape), row.params, starts, row.places


@dataclass(frozen=True)
class _Reader:
    """Reads the ways between two values; ``order`` is that in which they were made."""

    order: dict[Value, int]

    def read(self, start: Value, end: Value, row: Row) -> Row:
        """Go on from a row that ends with ``start`` to one that ends with ``end``."""
        stretches = self._stretches(start, end)
        while stretches:
            layered = (i for i, one in enumerate(stretches) if not all(map(_is_plain, one)))
            for n in range(next(layered, len(stretches)), 0, -1):  # the longest that is known
                with suppress(ValueError):
                    row = _recognised(start, list(chain(*stretches[:n])), row)
                    break
            else:
                n, row = 1, self._layer(start, stretches[0], row)
            start = stretches[n - 1][-1]
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
        if isinstance(last.step, Call):
            return _called(last.what, last.step, row)
        if isinstance(last.step, Move):
            return _moved(last.step, row)
        if isinstance(last.step, Merge):
            branch = replace(row, layers=(), params=())
            rows = [self.read(start, one, branch) for one in last.inputs]
            return _merged(last.what, last.step, rows, row)
        if len(stretch) > 1:
            raise ValueError(
                f"{last.what} puts branches together: neurona has Add and Concatenate for that"
            )
        try:
            return _recognised(start, stretch, row)
        except ValueError as error:
            raise ValueError(
                f"{error}; nor is it one of the layers that an import reads, which are {HAVE}"
            ) from error


def _is_plain(value: Value) -> bool:
    """Tell whether a value may be a part of an activation."""
    step = value.step
    return step is None or (isinstance(step, Merge) and step.layer is Add)


def _function(start: Value, values: Sequence[Value], row: Row) -> Callable[[Array], Array]:
    """Return the function from one value to the last, on examples as the row ends with them."""

    def through(x: Array) -> Array:
        made = {start: x.reshape(len(x), -1)[:, row.places]}
        for value in values:
            made[value] = value.function(*(made[one] for one in value.inputs))
        y = made[values[-1]]
        if y.shape[1:] != row.places.shape:
            return y
        back = np.empty((len(x), row.places.size), y.dtype)
        back[:, row.places.ravel()] = y.reshape(len(x), -1)
        return back.reshape(len(x), *row.shape)

    return through


def _recognised(start: Value, values: Sequence[Value], row: Row) -> Row:
    """Go on with values that together are an activation, or a scale and a shift; or ValueError."""
    function = _function(start, values, row)
    try:
        name = recognise(function, row.shape, values[-1].what)
    except ValueError:
        found = affine(function, row.shape)
        if found is None:
            raise
        return _scaled(values[-1].what, *found, row)
    if name == "linear":
        return row
    last = row.layers[-1] if row.layers else None
    if isinstance(last, ACTIVATED) and last.activation.name == "linear":
        return row.ending(replace(last, activation=OWN[name]), row.params[-1])
    return row.then(Activate(OWN[name]), Nothing())


def _called(what: str, call: Call, row: Row) -> Row:
    """Go on with a layer that has weights, or with a pooling."""
    _check_numbers(what, call.params)
    layer, params, places = call.layer, call.params, row.places
    if isinstance(layer, Conv2D | MaxPool2D) or (
        isinstance(layer, BatchNormalization) and len(row.shape) == 3
    ):
        if len(row.shape) != 3 or not np.array_equal(
            places, in_order(row.shape, call.channels_first)
        ):
            raise ValueError(
                f"{what} gets examples of {in_words(places.shape)} whose numbers are not in the "
                "order of an image (height, width, channels), or with the channels first"
            )
        if isinstance(layer, BatchNormalization):
            gamma, beta, mean, variance = params
            scale = gamma / np.sqrt(variance + layer.epsilon)
            return _scaled(what, scale, beta - mean * scale, row)
        shape = layer.out_shape(row.shape)
        params = layer.Params(*params)
        return row.then(layer, params, in_order(shape, call.channels_first))
    if places.ndim != 1:
        raise ValueError(
            f"{what} gets examples of shape {places.shape}: neurona takes rows; begin with a "
            "Flatten"
        )
    ours = layer.Params(*(_in_our_order(array, places) for array in params))
    if isinstance(layer, Dense):  # its output is in order
        return row.then(layer, params._replace(W=ours.W), in_order((layer.n_out,)))
    return row.then(layer, ours)


def _in_our_order(array: Array, places: Places) -> Array:
    """Return an array of parameters for examples whose numbers stand elsewhere."""
    if array.shape[0] != len(places):
        return array
    ours = np.empty_like(array)
    ours[places] = array
    return ours


def _scaled(what: str, scale: Array, shift: Array, row: Row) -> Row:
    """Go on with scale x + shift: in the weights before it, or as a layer if there are none."""
    last = row.layers[-1] if row.layers else None
    if isinstance(last, WEIGHTED) and last.activation.name == "linear":
        params = row.params[-1]
        params = params._replace(W=params.W * scale, b=params.b * scale + shift)
        _check_numbers(what, params)
        return row.ending(last, params)
    if len(row.shape) == 3:
        conv = Conv2D(len(scale), (1, 1))
        return row.then(conv, Conv2D.Params(np.diag(scale)[None, None], shift))
    # γ (x - m) / √v + β with v = 1 / scale², and m, not β, for the shift: it rounds least.
    moves = scale != 0
    safe = np.where(moves, scale, 1.0)
    params = BatchNormalization.Params(
        np.sign(scale), np.where(moves, 0, shift), np.where(moves, -shift / safe, 0), safe**-2.0
    )
    _check_numbers(what, params)
    return row.then(BatchNormalization(epsilon=TINY), params)


def _moved(move: Move, row: Row) -> Row:
    """Put the numbers elsewhere; rows of the numbers of an image are a Flatten."""
    places = move.function(row.places)
    if places.ndim == 1 and len(row.shape) > 1:
        return row.then(Flatten(len(row.shape)), Nothing(), places)
    return replace(row, places=places)


def _merged(what: str, merge: Merge, rows: Sequence[Row], before: Row) -> Row:
    """Go on with branches side by side."""
    layers: list[Layer] = []
    params: list[Any] = []
    for row in rows:
        own, its = row.layers, row.params
        if merge.layer is Add and len(own) == 1 and isinstance(own[0], Add):
            layers, params = [*layers, *own[0].layers], [*params, *its[0]]  # a + b, then + c
        elif len(own) == 1:
            layers, params = [*layers, own[0]], [*params, its[0]]
        else:
            alone = Activate(OWN["linear"]), Nothing()
            one, parameters = (InARow(own), its) if own else alone
            layers, params = [*layers, one], [*params, parameters]
    layer = merge.layer(tuple(layers))
    if merge.layer is Add:
        places = rows[0].places
        if not all(np.array_equal(places, row.places) for row in rows):
            raise ValueError(f"{what} adds up numbers in different orders, which neurona has not")
    else:
        whole = in_order(layer.out_shape(before.shape))
        cuts = np.cumsum([row.shape[-1] for row in rows])[:-1]
        pieces = zip(np.split(whole, cuts, axis=-1), rows, strict=True)
        places = np.concatenate([one.ravel()[row.places] for one, row in pieces], axis=merge.axis)
    return before.then(layer, tuple(params), places)


def _check_numbers(what: str, params: Any) -> None:
    """Refuse weights that are not finite, or that float32 has no number for."""
    largest = max((float(abs(array).max(initial=0)) for array in params), default=0.0)
    if not np.isfinite(largest):
        raise ValueError(f"{what} has weights that are not finite")
    if largest > LARGEST:
        raise ValueError(
            f"{what} has a weight of size {largest:.3g}, too large for float32, in which neurona "
            "has what it imports: the largest there is 3.4e38"
        )
