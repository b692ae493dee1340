"""Layers in a row that is being read, and how each step of another library goes on with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from neurona.engine import layers as ours
from neurona.engine.layers import Layer, Nothing
from neurona.engine.parameters import arrays
from neurona.engine.types import Array, Shape
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
    convolution,
)
from neurona.export.parts import OWN

MOST = float(np.finfo(np.float32).max)
NORMALIZATIONS = (ours.BatchNormalization, ours.LayerNormalization)
RECURRENT = (ours.SimpleRNN, ours.GRU, ours.LSTM)
MAXIMA = ours.MaxPool1D, ours.MaxPool2D
WINDOWED = *MAXIMA, ours.AveragePool1D, ours.AveragePool2D
POSITIVE = "relu", "sigmoid", "softplus", "softmax", "exp"  # activations without numbers below 0
WEIGHTED = (ours.Dense, *CONVOLUTIONS, ours.Embedding)


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


def _called(what: str, call: Call, row: Row) -> Row:
    """Go on with a layer."""
    check_numbers(what, call.params)
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
    row = arranged(what, row, places)
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
            raise incomplete(what)
        W = np.zeros((n, layer.n_out))
        np.add.at(W, places[places >= 0], params.W[places >= 0])
        return row.then(layer, params._replace(W=W), in_order((layer.n_out,)))
    check_complete(what, row, places)
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


def arranged(what: str, row: Row, places: Places) -> Row:
    """Return the row with numbers in the order and the shape of these places."""
    check_complete(what, row, places)
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
    row = arranged(what, row, np.moveaxis(row.places, min(rest), -1))
    layer: Any = pool.layers[len(over) - 1]
    if getattr(layer, "mask_zero", False):
        row = _masked(row)
    n = row.shape[-1]
    kept = [n if axis in rest else 1 for axis in range(len(over) + 1)]
    places = in_order((n,)).reshape(kept if pool.keeps else (n,))
    row = row.then(layer, Nothing(), places)
    if pool.total:
        row = scaled(what, np.full(n, float(prod(sides))), np.zeros(n), row)
    before = 0 if pool.keeps else sum(axis < row.axis for axis in axes)
    return replace(row, axis=row.axis - before)


def after_move(what: str, move: Move, row: Row) -> Row:
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


def scaled(what: str, scale: Array, shift: Array, row: Row) -> Row:
    """Go on with scale x + shift: in the weights before it, or as a layer if there are none."""
    last = row.layers[-1] if row.layers else None
    if isinstance(last, WEIGHTED) and last.activation.name == "linear":
        params = row.params[-1]
        if isinstance(last, ours.Embedding):
            last = replace(last, mask_zero=last.mask_zero and not shift.any())
            params = params._replace(W=params.W * scale + shift)
        else:
            params = params._replace(W=params.W * scale, b=params.b * scale + shift)
        check_numbers(what, params)
        return row.ending(last, params)
    # γ (x - m) / √v + β with v = 1 / scale², and m, not β, for the shift: it rounds least.
    moves = scale != 0
    safe = np.where(moves, scale, 1.0)
    params = ours.BatchNormalization.Params(
        np.sign(scale), np.where(moves, 0, shift), np.where(moves, -shift / safe, 0), safe**-2.0
    )
    check_numbers(what, params)
    return row.then(ours.BatchNormalization(epsilon=TINY), params)


def after_merge(what: str, merge: Merge, rows: Sequence[Row], before: Row) -> Row:
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
    return scaled(what, np.full(n, 1 / len(rows)), np.zeros(n), row) if merge.mean else row


STEPS: dict[Any, Callable[[str, Any, Row], Row]] = {Call: _called, Pool: _pooled, Move: after_move}


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


def check_complete(what: str, row: Row, places: Places) -> None:
    """Refuse places that are not those of all numbers, once each."""
    if not np.array_equal(np.sort(places, axis=None), np.arange(prod(row.shape))):
        raise incomplete(what)


def _disordered(what: str) -> ValueError:
    return ValueError(
        f"{what} has its numbers in an order that neurona does not have: there images are (height, "
        "width, channels), and series (steps, features)"
    )


def incomplete(what: str) -> ValueError:
    """Return what to raise where some numbers are missing."""
    return ValueError(
        f"{what} gets some numbers of an example alone, or zeros besides them: neurona has the "
        "last state of a recurrence, zeros before a convolution, and dense layers of some numbers"
    )


def check_numbers(what: str, params: Any) -> None:
    """Refuse weights that are not finite, or that float32 has no number for."""
    largest = max((float(abs(array).max(initial=0)) for array in arrays(params)), default=0.0)
    if not np.isfinite(largest):
        raise ValueError(f"{what} has weights that are not finite")
    if largest > MOST:
        raise ValueError(
            f"{what} has a weight of size {largest:.3g}, too large for float32, in which neurona "
            "has what it imports: the largest there is 3.4e38"
        )
