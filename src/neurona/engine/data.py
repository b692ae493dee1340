"""Examples and parameters as arrays that fit a network: checked once, before the first step."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from neurona.checks import check_array, taken
from neurona.engine.network import Network
from neurona.engine.trees import each_of
from neurona.engine.types import Array

# Their outputs are probabilities of classes.
CLASSIFIERS = ("sigmoid", "softmax")
ROWS = 2**15  # that are looked at together, where a table may be long
LARGE = 2**26  # bytes of a table that is not copied, nor read whole from a file
AT_ONCE = 2**22  # numbers that a layer makes of examples which are looked at together
HELD = 2**22  # bytes of batches that are held at once, where a table may be large


class Data(NamedTuple):
    """Examples ready for the engine: ``x (n, *in_shape)``, ``target (n, n_out)``, ``weight (n,)``.

    A target of series is a row too, its steps one after the other.

    Where each network of a stack has examples of its own, all three have one more axis, the first.
    """

    x: Array
    target: Array
    weight: Array | None

    @property
    def n(self) -> int:
        """Examples, which a stack's networks have equally many of."""
        return int(self.target.shape[-2])

    def rows(self, which: Any) -> Data:
        """Return some of the examples; those of a batch that brings its own are its own.

        ``which (batch,)`` are row numbers or a slice; in a stack each network may have its own,
        ``(networks, batch)``.
        """
        if isinstance(which, Data):
            return which
        place: Any = which
        if self.target.ndim > 2:
            own = not isinstance(which, slice) and which.ndim > 1
            networks = np.arange(len(self.target))[:, None] if own else slice(None)
            place = (networks, which)
        weight = None if self.weight is None else self.weight[place]
        return Data(self.x[place], self.target[place], weight)

    def filled(self, n: int) -> Data:
        """Return n examples: these, with their weights, and others that weigh nothing.

        >>> Data(np.ones((1, 2)), np.ones((1, 1)), None).filled(3).weight
        array([1., 0., 0.])
        """
        weight = np.ones(self.n, self.target.dtype) if self.weight is None else self.weight
        more = [(0, n - self.n)]
        each = (self.x, self.target, weight)
        return Data(*(np.pad(one, more + [(0, 0)] * (one.ndim - 1)) for one in each))


def unfilled(rows: Any) -> Any:
    """Return the row numbers of a batch without the -1 that fill it up; or its own examples.

    >>> unfilled(np.array([4, 2, -1]))
    array([4, 2])
    """
    if isinstance(rows, Data) or rows.item(-1) >= 0:
        return rows
    return rows[..., : np.count_nonzero(rows.reshape(-1, rows.shape[-1])[0] >= 0)]


# An engine holds this where each batch brings its own examples.
NOTHING = Data(None, None, None)  # type: ignore[arg-type]


def rows_at_once(net: Network) -> int:
    """Return how many examples are looked at together: of images fewer, of which layers make much.

    >>> from neurona.engine.network import network
    >>> rows_at_once(network([784, 64, 10])), rows_at_once(network("28x28x1, conv 16, flatten, 10"))
    (32768, 387)
    """
    shapes = [*net.in_shapes(net.in_shape), net.out_shape()]
    if all(len(shape) == 1 for shape in shapes):
        return ROWS
    return max(1, min(ROWS, AT_ONCE // max(map(prod, shapes))))


def check_network(net: Any) -> None:
    """Refuse to train what is not a network, or has nothing that can be learned."""
    if not hasattr(net, "in_shape"):
        raise ValueError(
            f"net is a {type(net).__name__}: give a network, such as neurona.network([2, 4, 1])"
        )
    if not net.weights:
        raise ValueError(f"{net!r} has no parameters to learn: add a layer, such as Dense(1)")


def check_data(
    net: Network,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    dtype: Any = np.float32,
    numbers: Array | None = None,
    networks: int | None = None,
) -> Data:
    """Return the examples as arrays that fit the network, or say what does not fit.

    What is of that dtype already is not copied. ``numbers`` are the rows' own, for the messages,
    where these rows are a part of more. In a stack of so many ``networks`` each may have its own
    X, y or weights, along a first axis; the others of these it shares.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is NaN or infinite, or the labels are not those of the
        network's output layer.
    """
    x = _numbers("X", X, dtype, numbers)
    if networks is not None:
        n, its = len(x), (networks, len(x))
        of_y = () if y is None else check_array("y", y).shape
        own_y = of_y[:2] == its and of_y != (n, *net.out_shape())
        if x.ndim == len(net.in_shape) + 1 and (own_y or np.shape(sample_weight) == its):
            x = np.broadcast_to(x, (networks, *x.shape))
        if x.ndim == len(net.in_shape) + 2:
            return _check_stack(net, x, y, sample_weight, dtype, networks)
    if x.shape[1:] != net.in_shape:
        raise ValueError(f"X has shape {x.shape}, but {_takes(net, x.shape)}")
    if len(x) == 0:
        raise ValueError("X has no rows: give at least one example")
    net.check(x)
    target = _target(net, y, len(x), dtype, numbers)
    weight = None if sample_weight is None else check_weights(sample_weight, len(x), dtype)
    return Data(x, target, weight)


def _check_stack(
    net: Network, x: Array, y: Any, sample_weight: Any, dtype: Any, networks: int
) -> Data:
    """Return examples of which each network of a stack has its own; y and weights may be shared."""
    if len(x) != networks:
        raise ValueError(
            f"X has shape {x.shape}, with examples for {len(x)} networks, but the stack has "
            f"{networks}: give each its own, or X of shape (n, {', '.join(map(str, net.in_shape))})"
        )
    y, n = check_array("y", y), x.shape[1]
    own_y = y.ndim > 1 and y.shape[:2] == (networks, n)
    weight = None if sample_weight is None else check_array("sample_weight", sample_weight)
    own_weight = weight is not None and weight.ndim > 1
    each = [
        check_data(
            net,
            x[k],
            y[k] if own_y else y,
            weight[k] if own_weight else weight,  # type: ignore[index]
            dtype,
        )
        for k in range(networks)
    ]
    target = np.stack([one.target for one in each])
    weights = None if weight is None else np.stack([one.weight for one in each])  # type: ignore[misc]
    return Data(x, target, weights)


def _takes(net: Network, given: tuple[int, ...]) -> str:
    """Say what a network takes, and what to change where something else was given."""
    topology = getattr(net, "topology", None)
    if topology is None or len(given) != 2:  # another width would not help
        return f"the network takes {net.takes(given)}"
    return (
        f"topology {list(topology)} takes rows of {net.n_in} numbers: change the first width of "
        "the topology, or the columns of X"
    )


def check_two_classes(net: Network, target: Array) -> None:
    """Refuse to train a classifier on examples that are all of one class."""
    rows = target.reshape(-1, net.out_shape()[-1])
    if net.output.name in CLASSIFIERS and (rows == rows[0]).all():
        raise ValueError(
            f"y has one class only ({rows[0].tolist()} in all {len(rows)} rows): "
            "a classifier needs examples of at least two"
        )


def _taken(name: str, values: Any, dtype: Any) -> Array:
    array: Array = taken(name, check_array(name, values), dtype)
    return array


def _numbers(name: str, values: Any, dtype: Any, numbers: Array | None = None) -> Array:
    array = _taken(name, values, dtype)
    wrong = first_not_finite(array)
    if wrong is not None:
        value = array[wrong]
        if numbers is not None:
            wrong = (int(numbers[wrong[0]]), *wrong[1:])
        place = list(wrong) or ""
        raise ValueError(
            f"{name}{place} is {value}: {name} must be finite; drop these rows or fill them in"
        )
    return array


def first_not_finite(array: Array) -> tuple[int, ...] | None:
    """Return where the first number is that is not finite, without an array of the same size."""
    with np.errstate(all="ignore"):
        if np.isfinite(array.sum()):  # a sum with NaN or infinity in it is never finite
            return None
    for begin in range(0, len(array) if array.ndim else 1, ROWS):
        part = array[begin : begin + ROWS] if array.ndim else array
        wrong = np.argwhere(~np.isfinite(part))
        if len(wrong):
            first = [int(i) for i in wrong[0]]
            return (begin + first[0], *first[1:]) if first else ()
    return None  # all are finite, and their sum is too large


def _target(net: Network, y: Any, n: int, dtype: Any, numbers: Array | None) -> Array:
    """Return the targets as rows: of an output with places, such as steps, all in one row."""
    target = _numbers("y", y, dtype, numbers)
    *places, n_out = net.out_shape()
    if not places:
        return _target_rows(net, target, n, n_out)
    if target.shape not in ((n, *places), (n, *places, n_out)):
        raise ValueError(
            f"y has shape {target.shape}, but X has {n} examples, and the network gives "
            f"{' x '.join(map(str, places))} places of {n_out}: give y of shape "
            f"{(n, *places, n_out)}, or labels or numbers {(n, *places)}"
        )
    each = target.reshape(n * prod(places), *target.shape[1 + len(places) :])
    return _target_rows(net, each, len(each), n_out).reshape(n, net.n_out)


def _target_rows(net: Network, target: Array, n: int, n_out: int) -> Array:
    output = net.output.name
    if target.ndim not in (1, 2) or len(target) != n:
        raise ValueError(f"y has shape {target.shape}, but X has {n} rows: give one target a row")
    if target.ndim == 1 or (target.shape[1] == 1 and n_out > 1):
        target = target.reshape(n, 1) if n_out == 1 else _one_hot(target.reshape(n), n_out)
    if target.shape[1] != n_out:
        topology = getattr(net, "topology", None)
        which = "the network" if topology is None else f"topology {list(topology)}"
        raise ValueError(
            f"y has {target.shape[1]} columns, but {which} has {n_out} outputs: change the last "
            "width of the topology, or the columns of y"
        )
    if output in CLASSIFIERS and (target.min() < 0 or target.max() > 1):
        wrong = target.min() if target.min() < 0 else target.max()
        hint = (
            "use 0 and 1, or one output per class with output='softmax'"
            if n_out == 1
            else "give labels 0, 1, 2 … or one-hot rows"
        )
        raise ValueError(
            f"y holds {wrong:g}, and a {output} output lies between 0 and 1: {hint}, "
            "or output='linear' for numbers"
        )
    if output == "exp" and target.min() < 0:
        row = int(np.argmax(target.min(axis=1) < 0))
        raise ValueError(
            f"y[{row}] holds {target[row].min():g}, and an exp output is a rate, above "
            "0: give counts or rates of 0 or more, or output='linear' for any numbers"
        )
    if output == "softmax" and not np.allclose(target.sum(axis=1), 1, atol=1e-4):
        row = int(np.argmax(abs(target.sum(axis=1) - 1)))
        raise ValueError(
            f"y[{row}] adds up to {target[row].sum():g}: after a softmax the targets of a row are "
            "one-hot, or probabilities that add up to 1"
        )
    return target


def _one_hot(labels: Array, n_out: int) -> Array:
    """Turn the labels 0 … n_out - 1 into rows with a single 1."""
    wrong = labels[(labels < 0) | (labels >= n_out) | (labels != np.floor(labels))]
    if wrong.size:
        raise ValueError(
            f"y holds the label {wrong[0]:g}, but the network has {n_out} outputs, for the labels "
            f"0 to {n_out - 1}: change the last width of the topology, or recode y"
        )
    rows: Array = (labels[:, None] == np.arange(n_out)).astype(labels.dtype)
    return rows


def check_weights(sample_weight: Any, n: int, dtype: Any) -> Array:
    """Return the weights of n rows, or say what is wrong with them."""
    weight = _numbers("sample_weight", sample_weight, dtype)
    if weight.shape != (n,):
        raise ValueError(f"sample_weight has shape {weight.shape}: give one number a row, ({n},)")
    if weight.min() < 0 or not weight.any():
        raise ValueError("sample_weight must not be negative, nor zero everywhere")
    with np.errstate(over="ignore"):
        if np.isinf(weight.sum()):  # nothing could be divided by it
            raise ValueError(
                f"sample_weight adds up to more than {weight.dtype} holds: divide it by its maximum"
            )
    return weight


def check_params(
    net: Network, params: Any, dtype: Any, networks: bool = False, finite: bool = True
) -> Any:
    """Return given parameters in the network's form, or say which array does not fit.

    ``networks``: they may be those of a stack, with one more axis, the first, in each array.
    ``finite=False``: and some of them may have diverged.
    """
    shapes = net.shapes(net.in_shape)
    stack = networks_of(net, params) if networks else None
    return _fitted(params, shapes, dtype, "", () if stack is None else (stack,), finite)


def networks_of(net: Network, params: Any) -> int | None:
    """Return how many networks the parameters are of: None for one, without an axis for it."""
    shapes: Any = net.shapes(net.in_shape)
    try:
        while True:  # down to the first array
            k = next(k for k, one in enumerate(shapes) if one)
            named = hasattr(shapes, "_fields")
            shapes, params = shapes[k], params[k]
            if named:
                break
        first = np.shape(params)
    except (TypeError, IndexError, KeyError, StopIteration, ValueError):
        return None
    return first[0] if first and first[1:] == shapes else None


def _fitted(
    given: Any, shapes: Any, dtype: Any, before: str, stack: tuple[int, ...], finite: bool
) -> Any:
    """Return the parameters of a composition, whose place in the network is ``before``."""
    whose = f"layer {before[:-1]}" if before else "the network"
    if hasattr(given, "params"):
        raise ValueError(f"the parameters are a {type(given).__name__}: give its params")
    try:
        if isinstance(given, str):  # whose letters are tuples, too
            raise TypeError
        each = [tuple(layer) for layer in given]
    except TypeError:
        raise ValueError(
            f"parameters {given!r}: give one (W, b) a layer, such as net.init or state.params"
        ) from None
    if len(each) != len(shapes):
        raise ValueError(
            f"parameters for {len(each)} layers, but {whose} has {len(shapes)}: "
            "give one (W, b) a layer, such as net.init or state.params"
        )
    layers = []
    for i, (own, wanted) in enumerate(zip(each, shapes, strict=True), start=1):
        place = f"{before}{i}"
        if not hasattr(wanted, "_fields"):
            layers.append(_fitted(own, wanted, dtype, f"{place}.", stack, finite))
            continue
        what = f"the parameters of layer {place}"
        read = _numbers if finite else _taken
        arrays = [read(what, one, dtype).copy() for one in own]
        needed = [(*stack, *shape) for shape in wanted]
        if [a.shape for a in arrays] != needed:
            raise ValueError(
                f"the parameters of layer {place} have shapes {[a.shape for a in arrays]}, "
                f"but the network needs {needed}"
            )
        made = type(wanted)(*arrays)
        if (getattr(made, "variance", np.zeros(1)) < 0).any():
            raise ValueError(
                f"the parameters of layer {place} have a negative variance: give what the "
                "training found, such as state.params"
            )
        layers.append(made)
    return tuple(layers)


def check_optimizer_state(state: Any, like: Any, dtype: Any) -> Any:
    """Return a given state in the form of the optimizer's own, or say that it is another's."""

    def fitted(own: Any, given: Any) -> Any:
        if np.shape(own) != np.shape(given):
            raise ValueError("another shape")
        if not np.ndim(own):
            return given
        return np.array(given, dtype if np.asarray(own).dtype.kind == "f" else None)

    try:
        return each_of(fitted, like, state)
    except ValueError:
        raise ValueError(
            f"start holds what another optimizer remembers, {type(state).__name__}, and not "
            f"{type(like).__name__}: give start=state.params, and this one begins afresh"
        ) from None
