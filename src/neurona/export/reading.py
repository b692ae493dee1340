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
from neurona.engine.layers import Layer, Nothing
from neurona.engine.network import Network
from neurona.engine.parameters import arrays
from neurona.engine.types import Array, Params, Shape
from neurona.export.calls import (
    CONVOLUTIONS,
    EXAMPLES,
    GONE,
    LEAST,
    TINY,
    ZERO,
    Call,
    Merge,
    Move,
    Places,
    Pool,
    Value,
    convolution,
)
from neurona.export.comparison import confirmed
from neurona.export.parts import OWN
from neurona.export.recognition import affine, recognize

MOST = float(np.finfo(np.float32).max)
NORMALIZATIONS = (ours.BatchNormalization, ours.LayerNormalization)
RECURRENT = (ours.SimpleRNN, ours.GRU, ours.LSTM)
MAXIMA = ours.MaxPool1D, ours.MaxPool2D
WINDOWED = *MAXIMA, ours.AveragePool1D, ours.AveragePool2D
POSITIVE = "relu", "sigmoid", "softplus", "softmax", "exp"  # activations without numbers below 0
WEIGHTED = (ours.Dense, *CONVOLUTIONS, ours.Embedding)
ACTIVATED = (ours.Dense, *CONVOLUTIONS, *NORMALIZATIONS)  # may hold what follows them
HAVE = (
    "Dense, Conv1D, Conv2D, BatchNormalization, LayerNormalization, MaxPool1D, MaxPool2D, "
    "AveragePool1D, AveragePool2D, GlobalMaxPool1D, GlobalMaxPool2D, GlobalAveragePool1D, "
    "GlobalAveragePool2D, Upsample2D, Flatten, Reshape, Embedding, SimpleRNN, GRU, LSTM, "
    "MultiHeadAttention, PositionalEncoding, Concatenate, Add"
)


@dataclass(frozen=True)
class Row:
    """Layers in a row, and the shape that they lead to.

    ``places`` has the places of the model's numbers for one example, without the axis of the
    examples, which is ``axis`` in the model's array.
    """

    layers: tuple[Layer, ...]
    params: tuple[Any, ...]
    shape: Shape
    places: Places
    axis: int = 0

    def then(self, layer: Any, params: Any, places: Places | None = None) -> Row:
        """Return the row with one layer more; the places stay, or are new ones."""
        return replace(
            self,
            layers=(*self.layers, layer),
            params=(*self.params, params),
            shape=layer.out_shape(self.shape),
            places=self.places if places is None else places,
        )

    def ending(self, layer: Any, params: Any) -> Row:
        """Return the row with another last layer of the same shape."""
        layers, before = (*self.layers[:-1], layer), (*self.params[:-1], params)
        return replace(self, layers=layers, params=before)


def in_order(shape: Shape, channels_first: bool = False) -> Places:
    """Return the places of an example that has neurona's order, or the channels first.

    >>> in_order((2,)), in_order((1, 2, 2), channels_first=True).shape
    (array([0, 1]), (2, 1, 2))
    """
    places = np.arange(prod(shape)).reshape(shape)
    return np.moveaxis(places, -1, 0) if channels_first else places


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
            moved = _moved("", first[0], start)
            if moved.axis == 0 and len(moved.places.ravel()) == prod(theirs):
                axes = moved.places.ndim
                shape = moved.places.shape if axes > len(theirs) or (flat and axes == 1) else shape
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
            row = _arranged(what, row, np.atleast_1d(row.places))
        elif (np.diff(turned.ravel()) == 1).all():  # images or series with the channels first
            row = replace(_arranged(what, row, turned), places=row.places)
        elif not np.array_equal(np.sort(row.places, axis=None), np.arange(prod(row.shape))):
            raise _incomplete(what)
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
            row = _arranged(last.what, row, row.places)
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
                        arranged = _arranged(last.what, row, row.places)
                        return self._branches(start, last, arranged)
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
        return _merged(end.what, end.step, rows, row)


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
        _check_complete("", row, row.places)
        found = affine(_function(start, values, row), row.shape)
        if found is not None:
            scale, shift = found
            return bool(0 < max(abs(scale - 1).max(), abs(shift).max()) < 1e-4)
    return False


def _recognized(start: Value, values: Sequence[Value], row: Row) -> Row:
    """Go on with values that together are an activation, or a scale and a shift; or ValueError."""
    what = values[-1].what
    _check_complete(what, row, row.places)
    function = _function(start, values, row)
    try:
        name = recognize(function, row.shape, what)
    except ValueError:
        found = affine(function, row.shape)
        if found is None:
            raise
        scale, shift = (array.reshape(-1, row.shape[-1]) for array in found)
        if all((array == array[0]).all() for array in (scale, shift)):
            return _scaled(what, scale[0], shift[0], row)
        with suppress(ValueError):  # for each feature of the shape that the model has here
            if row.places.shape != row.shape:
                return _recognized(start, values, _arranged(what, row, row.places))
        if row.places.ndim != 2 or abs(scale - 1).max() > 1e-6:
            raise
        row = _arranged(what, row, row.places)  # of an image, its places one after the other
        positions = ours.PositionalEncoding(learned=True)
        return row.then(positions, type(positions.shapes(row.shape))(shift.reshape(row.shape)))
    if name == "linear":
        return row
    last = row.layers[-1] if row.layers else None
    if isinstance(last, ACTIVATED) and last.activation.name == "linear":
        return row.ending(replace(last, activation=OWN[name]), row.params[-1])
    return row.then(ours.Activate(OWN[name]), Nothing())


def _scaled(what: str, scale: Array, shift: Array, row: Row) -> Row:
    """Go on with scale x + shift: in the weights before it, or as a layer if there are none."""
    last = row.layers[-1] if row.layers else None
    if isinstance(last, WEIGHTED) and last.activation.name == "linear":
        params = row.params[-1]
        if isinstance(last, ours.Embedding):
            last = replace(last, mask_zero=last.mask_zero and not shift.any())
            params = params._replace(W=params.W * scale + shift)
        else:
            params = params._replace(W=params.W * scale, b=params.b * scale + shift)
        _check_numbers(what, params)
        return row.ending(last, params)
    # γ (x - m) / √v + β with v = 1 / scale², and m, not β, for the shift: it rounds least.
    moves = scale != 0
    safe = np.where(moves, scale, 1.0)
    params = ours.BatchNormalization.Params(
        np.sign(scale), np.where(moves, 0, shift), np.where(moves, -shift / safe, 0), safe**-2.0
    )
    _check_numbers(what, params)
    return row.then(ours.BatchNormalization(epsilon=TINY), params)


# ------------------------------------------------------------------------------- steps, one by one


def _called(what: str, call: Call, row: Row) -> Row:
    """Go on with a layer."""
    _check_numbers(what, call.params)
    layer, params = call.layer, call.params
    if call.axis not in (None, row.axis):
        raise ValueError(
            f"{what} takes the examples along axis {call.axis}, and they are along axis {row.axis}"
            + (
                ": give batch_first=True"
                if isinstance(layer, (*RECURRENT, ours.Concatenate))
                else ""
            )
        )
    places = np.moveaxis(row.places, 0, -1) if call.channels_first else row.places
    if places.ndim == 1 and isinstance(layer, (ours.Dense, *NORMALIZATIONS)):
        return _of_rows(what, layer, params, row)
    if isinstance(layer, ours.Dense):
        layer, params = _at_each_place(what, layer, params, places.ndim)
    if isinstance(layer, (*CONVOLUTIONS, *WINDOWED)):
        if isinstance(layer, MAXIMA) and row.layers and row.layers[-1].activation.name in POSITIVE:
            places = np.where(places == ZERO, LEAST, places)  # a zero is not larger
        layer, places = _padded(what, layer, places)
    turned = isinstance(layer, RECURRENT) and places.ndim == 2 and places[0, 0] > places[-1, 0]
    if turned:  # from the last step on
        layer, places = replace(layer, go_backwards=not layer.go_backwards), places[::-1]
    params, places = _with_features_in_order(layer, params, places)
    row = _arranged(what, row, places)
    if call.told and _knows_padding(layer):
        row = _masked(row)
    places = in_order(layer.out_shape(row.shape), call.channels_first)
    return row.then(layer, params, places[::-1] if turned and places.ndim == 2 else places)


def _with_features_in_order(layer: Any, params: Any, places: Places) -> tuple[Any, Places]:
    """Put the features of each step in neurona's order, and the rows of W with them.

    Where channels come first, those of an image and its rows become a step's features so.
    """
    order = np.argsort(places[0], axis=0)
    if places.ndim != 2 or (places[:, order] != np.sort(places, axis=1)).any():
        return params, places
    if isinstance(layer, RECURRENT) or (isinstance(layer, ours.Conv1D) and layer.groups == 1):
        params = params._replace(W=params.W[..., order, :])
    elif isinstance(layer, ours.Concatenate):  # of a recurrence in both directions
        params = tuple(one._replace(W=one.W[order]) for one in params)
    else:
        return params, places
    return params, places[:, order]


def _of_rows(what: str, layer: Any, params: Any, row: Row) -> Row:
    """Go on with a layer of rows, whose numbers may stand elsewhere, or be some of them alone."""
    if len(row.shape) > 1:
        row = row.then(ours.Flatten(len(row.shape)), Nothing())
    places, (n,) = row.places, row.shape
    if isinstance(layer, ours.Dense):  # its output is in order
        if (places == GONE).any() or len(places) != len(params.W):
            raise _incomplete(what)
        W = np.zeros((n, layer.n_out))
        np.add.at(W, places[places >= 0], params.W[places >= 0])
        return row.then(layer, params._replace(W=W), in_order((layer.n_out,)))
    _check_complete(what, row, places)
    back = np.argsort(places)
    return row.then(layer, layer.Params(*(array[back] for array in params)))


def _at_each_place(what: str, layer: Any, params: Any, axes: int) -> tuple[Any, Any]:
    """Return a dense layer at each step of a series, or at each place of an image."""
    if axes not in (2, 3):
        raise ValueError(
            f"{what} gets examples of {axes} axes: neurona has rows, series and images"
        )
    W, b = params
    call = convolution(W.reshape(*(1,) * (axes - 1), *W.shape), b, False, padding="valid")
    return call.layer, call.params


def _padded(what: str, layer: Any, places: Places) -> tuple[Any, Places]:
    """Take what was added around an example into the convolution or the pooling that follows."""
    added = ZERO if isinstance(layer, CONVOLUTIONS) else LEAST
    given = places != added
    if given.all():
        return layer, places
    axes = range(places.ndim - 1)
    used = [np.flatnonzero(given.any(axis=tuple({*range(places.ndim)} - {k}))) for k in axes]
    inside = places[tuple(slice(one[0], one[-1] + 1) for one in used)]
    own = {"valid": 0}.get(layer.padding, layer.padding)
    if isinstance(own, str) or (inside == added).any():
        raise ValueError(f"{what} gets padding besides its own, which is {layer.padding!r}")
    own = np.broadcast_to(own, len(axes))
    before = [int(one[0] + pad) for one, pad in zip(used, own, strict=True)]
    after = [
        int(places.shape[k] - 1 - one[-1] + pad)
        for k, one, pad in zip(axes, used, own, strict=True)
    ]
    wanted = tuple(zip(before, after, strict=True))
    each: list[Any] = [before[0] if len(axes) == 1 else tuple(before), "same"]
    for padding in [*each, "causal"] if isinstance(layer, ours.Conv1D) else each:
        made = replace(layer, padding=padding)
        if made.windows.margins(inside.shape[:-1]) == wanted:
            return made, inside
    raise ValueError(
        f"{what} gets padding of {before} before and {after} after: neurona's is 'same', 'causal' "
        "in a convolution of series, or as many on each side"
    )


def _arranged(what: str, row: Row, places: Places) -> Row:
    """Return the row with numbers in the order and the shape of these places."""
    _check_complete(what, row, places)
    order = places.ravel()
    if (np.diff(order) != 1).any():
        row = _reordered(what, row, order)
    if row.shape != places.shape:
        if not row.layers and len(row.shape) == places.ndim:
            raise _disordered(what)
        flat = places.ndim == 1
        layer: Layer = ours.Flatten(len(row.shape)) if flat else ours.Reshape(places.shape)
        row = row.then(layer, Nothing())
    return replace(row, places=in_order(row.shape))


def _reordered(what: str, row: Row, order: Array) -> Row:
    """Put the numbers of rows into another order, by the weights of the dense layer before."""
    params = list(row.params)
    for i in range(len(params) - 1, -1, -1):
        layer = row.layers[i]
        of_rows = all(array.shape[-1] == len(order) for array in params[i])
        movable = isinstance(layer, (ours.Dense, ours.Activate, *NORMALIZATIONS)) and of_rows
        if not movable or layer.activation.name == "softmax":
            break
        if isinstance(layer, ours.Dense):
            params[i] = params[i]._replace(W=params[i].W[:, order], b=params[i].b[order])
            return replace(row, params=tuple(params))
        params[i] = type(params[i])(*(array[order] for array in params[i]))
    raise _disordered(what)


def _pooled(what: str, pool: Pool, row: Row) -> Row:
    """Go on with a mean or a maximum over all places of a series or an image."""
    axes = {axis % (row.places.ndim + 1) for axis in pool.axes}
    if row.axis in axes:
        raise ValueError(f"{what} mixes the examples")
    over = {axis - (axis > row.axis) for axis in axes}
    rest = {*range(row.places.ndim)} - over
    if len(rest) != 1 or len(over) not in (1, 2):
        raise ValueError(
            f"{what}: neurona takes it over all steps of a series, or over height and width of an "
            "image"
        )
    sides = [row.places.shape[axis] for axis in over]
    row = _arranged(what, row, np.moveaxis(row.places, min(rest), -1))
    layer: Any = pool.layers[len(over) - 1]
    if getattr(layer, "mask_zero", False):
        row = _masked(row)
    n = row.shape[-1]
    kept = [n if axis in rest else 1 for axis in range(len(over) + 1)]
    places = in_order((n,)).reshape(kept if pool.keeps else (n,))
    row = row.then(layer, Nothing(), places)
    if pool.total:
        row = _scaled(what, np.full(n, float(prod(sides))), np.zeros(n), row)
    before = 0 if pool.keeps else sum(axis < row.axis for axis in axes)
    return replace(row, axis=row.axis - before)


def _moved(what: str, move: Move, row: Row) -> Row:
    """Put the numbers elsewhere; rows of the numbers of an image are a Flatten."""
    span = prod(row.shape) + 1
    one = row.places
    each = [np.where(one < 0, one, one + k * span) for k in range(EXAMPLES)]
    moved = move.function(np.ascontiguousarray(np.stack(each, axis=row.axis)))
    for axis, n in enumerate(moved.shape):
        first = moved.take(0, axis)
        apart = np.where(first < 0, 0, span)
        if n == EXAMPLES and (np.diff(moved, axis=axis) == np.expand_dims(apart, axis)).all():
            break
    else:
        raise ValueError(f"{what} mixes the examples")
    row = _without_later_steps(_last_states(replace(row, places=first, axis=axis)))
    if row.places.ndim == 1 < len(row.shape) and row.places.size == prod(row.shape):
        row = row.then(ours.Flatten(len(row.shape)), Nothing())
    return row


def _without_later_steps(row: Row) -> Row:
    """Return a causal convolution where one with padding on both sides loses its last steps."""
    last = row.layers[-1] if row.layers else None
    if not isinstance(last, ours.Conv1D) or last.stride > 1 or row.places.ndim != 2:
        return row
    before = last.windows.spans[0] - 1
    shape = (row.shape[0] - before, row.shape[1])
    kept = [in_order(shape, first) for first in (False, True)]
    if last.padding != before or not any(np.array_equal(row.places, one) for one in kept):
        return row
    return replace(row.ending(replace(last, padding="causal"), row.params[-1]), shape=shape)


def _last_states(row: Row) -> Row:
    """Return last states where of recurrences nothing else is used, and only those in use."""
    last = row.layers[-1] if row.layers else None
    side_by_side = isinstance(last, ours.Concatenate)
    layers = last.layers if isinstance(last, ours.Concatenate) else (last,)
    if not all(isinstance(one, RECURRENT) for one in layers):
        return row
    params = row.params[-1] if side_by_side else row.params[-1:]
    steps, n = row.shape if len(row.shape) == 2 else (1, *row.shape)
    widths = [one.n_out for one in layers]  # type: ignore[union-attr]
    ends = [0 if one.go_backwards else steps - 1 for one in layers]  # type: ignore[union-attr]
    which = np.repeat(range(len(widths)), widths)  # layer, of each column
    step, column = np.divmod(row.places, n)
    used = row.places >= 0
    if not used.any() or (step != np.take(ends, which)[column])[used].any():
        return row
    needed = np.unique(which[column[used]])
    if len(row.shape) == 1 and len(needed) == len(layers):
        return row
    kept = np.isin(which, needed)
    places = np.where(used, (np.cumsum(kept) - 1)[column], row.places)
    states = tuple(replace(layers[k], return_sequences=False) for k in needed)  # type: ignore[type-var]
    theirs = tuple(params[k] for k in needed)
    before = replace(row, layers=row.layers[:-1], params=row.params[:-1], shape=(steps, 0))
    made, its = (ours.Concatenate(states), theirs) if len(states) > 1 else (states[0], theirs[0])
    return before.then(made, its, places)


def _merged(what: str, merge: Merge, rows: Sequence[Row], before: Row) -> Row:
    """Go on with branches side by side."""
    if len({(row.axis, row.places.ndim) for row in rows}) > 1:
        raise ValueError(f"{what} puts together examples that are along different axes")
    axis = merge.axis % (rows[0].places.ndim + 1)
    along = axis - (axis > rows[0].axis)  # of one example
    if merge.layer is ours.Concatenate:
        if axis == rows[0].axis:
            raise ValueError(f"{what} puts examples together: neurona has no such layer")
        if not any(row.layers for row in rows):  # pieces of the same numbers
            places = np.concatenate([row.places for row in rows], axis=along)
            if len(np.unique(places)) == places.size:
                return _last_states(replace(before, places=places, axis=rows[0].axis))
    layers: list[Layer] = []
    params: list[Any] = []
    for row in rows:
        own: Any = row.layers
        its = row.params
        if merge.layer is ours.Add and len(own) == 1 and isinstance(own[0], ours.Add):
            layers, params = [*layers, *own[0].layers], [*params, *its[0]]  # a + b, then + c
        elif len(own) == 1:
            layers, params = [*layers, own[0]], [*params, its[0]]
        else:
            alone = ours.Activate(OWN["linear"]), Nothing()
            one, parameters = (ours.Sequential(own), its) if own else alone
            layers, params = [*layers, one], [*params, parameters]
    layer = merge.layer(tuple(layers))
    if merge.layer is ours.Add:
        places = rows[0].places
        if not all(np.array_equal(places, row.places) for row in rows):
            raise ValueError(
                f"{what} adds up numbers in different orders, which neurona does not have"
            )
    else:
        whole = in_order(layer.out_shape(before.shape))
        cuts = np.cumsum([row.shape[-1] for row in rows])[:-1]
        pieces = zip(np.split(whole, cuts, axis=-1), rows, strict=True)
        places = np.concatenate([one.ravel()[row.places] for one, row in pieces], axis=along)
    row = replace(before.then(layer, tuple(params), places), axis=rows[0].axis)
    n = row.shape[-1]
    return _scaled(what, np.full(n, 1 / len(rows)), np.zeros(n), row) if merge.mean else row


STEPS: dict[Any, Callable[[str, Any, Row], Row]] = {Call: _called, Pool: _pooled, Move: _moved}


def _masked(row: Row) -> Row:
    """Return a row that has zeros where the input is padding, for a layer that knows it by them."""
    n = len(row.layers)
    while n and not _gives_zeros(row.layers[n - 1]):
        n -= 1
    if n == len(row.layers):
        return row
    layer = ours.Masked(row.layers[n:])
    layers, params = (*row.layers[:n], layer), (*row.params[:n], row.params[n:])
    return replace(row, layers=layers, params=params)


def _knows_padding(layer: Any) -> bool:
    """Tell whether a layer, or one within it, passes over steps of zeros."""
    return getattr(layer, "mask_zero", False) or any(
        map(_knows_padding, getattr(layer, "layers", ()))
    )


def _gives_zeros(layer: Layer) -> bool:
    """Tell whether a layer gives zeros where a step is padding."""
    if isinstance(layer, ours.Add | ours.Concatenate):
        return all(_gives_zeros(one) or one == ours.Activate(OWN["linear"]) for one in layer.layers)
    if isinstance(layer, ours.Sequential):
        return _gives_zeros(layer.layers[-1])
    return isinstance(layer, ours.Masked) or bool(getattr(layer, "mask_zero", False))


# ------------------------------------------------------------------------------------------- checks


def _check_complete(what: str, row: Row, places: Places) -> None:
    """Refuse places that are not those of all numbers, once each."""
    if not np.array_equal(np.sort(places, axis=None), np.arange(prod(row.shape))):
        raise _incomplete(what)


def _disordered(what: str) -> ValueError:
    return ValueError(
        f"{what} has its numbers in an order that neurona does not have: there images are (height, "
        "width, channels), and series (steps, features)"
    )


def _incomplete(what: str) -> ValueError:
    return ValueError(
        f"{what} gets some numbers of an example alone, or zeros besides them: neurona has the "
        "last state of a recurrence, zeros before a convolution, and dense layers of some numbers"
    )


def _check_numbers(what: str, params: Any) -> None:
    """Refuse weights that are not finite, or that float32 has no number for."""
    largest = max((float(abs(array).max(initial=0)) for array in arrays(params)), default=0.0)
    if not np.isfinite(largest):
        raise ValueError(f"{what} has weights that are not finite")
    if largest > MOST:
        raise ValueError(
            f"{what} has a weight of size {largest:.3g}, too large for float32, in which neurona "
            "has what it imports: the largest there is 3.4e38"
        )
