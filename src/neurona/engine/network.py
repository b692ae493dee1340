"""A network: a row of layers that knows what it takes; and the usual one of dense layers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from neurona.checks import (
    check_array,
    check_dropout,
    check_generator,
    check_topology,
    shown,
    taken,
)
from neurona.engine.activations import Activation, find_activation, linear
from neurona.engine.description import activated, described, entries_of, is_of_layers
from neurona.engine.initializers import Initializer, find_initializer
from neurona.engine.layers.base import Layer, in_words, leaves
from neurona.engine.layers.composition import Composition
from neurona.engine.layers.dense import Dense
from neurona.engine.layers.dropout import Dropout
from neurona.engine.layers.normalization import BatchNormalization, LayerNormalization
from neurona.engine.layers.sequential import Sequential
from neurona.engine.parameters import arrays
from neurona.engine.types import Array, LayerParams, Params, Seed, Shape
from neurona.keywords import meaning
from neurona.registry import lookup

NORMALIZATIONS: dict[str, Any] = {"batch": BatchNormalization, "layer": LayerNormalization}


@dataclass(frozen=True, repr=False)
class Network(Sequential):
    """Layers in a row, for examples of a known shape; it may be a layer of another network.

    Make one of dense layers with :func:`network`, or put any layers together by hand.

    Parameters
    ----------
    layers
        The layers, first layer first.
    in_shape
        The shape of one example: ``(2,)`` or 2 for two numbers, ``(28, 28, 1)`` for an image.

    Raises
    ------
    ValueError
        If there are no layers, or if two of them, or the first and ``in_shape``, do not fit; the
        message names both and both shapes.

    Examples
    --------
    >>> net = network([2, 3, 1], activation=["tanh", "sigmoid"])
    >>> params = net.init(rng=0)
    >>> [layer.W.shape for layer in params]
    [(2, 3), (3, 1)]
    >>> net.predict(params, [[0.0, 0.0]])
    array([[0.5]], dtype=float32)
    >>> print(Network([Dense(3, "tanh"), network([3, 4, 1], "relu")], in_shape=2))
    Network: 2 -> 1, 30 parameters, 22 operations
      1    Dense(3, tanh)            3   6  W 2 x 3, b 3
      2    Network                   1
      2.1  Dense(4, relu)            4  12  W 3 x 4, b 4
      2.2  Dense(1, relu, gain=1.0)  1   4  W 4 x 1, b 1
    """

    in_shape: Shape = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        given = self.in_shape or getattr(self.layers[0], "formerly", ())
        shape = tuple(given) if isinstance(given, Iterable) else (given,)
        if not shape or not all(
            isinstance(n, int | np.integer) and not isinstance(n, bool) and n > 0 for n in shape
        ):
            raise ValueError(
                f"in_shape is {self.in_shape!r}: give the shape of one example, such as (2,) for "
                "two numbers, or (28, 28, 1) for an image"
            )
        object.__setattr__(self, "in_shape", tuple(map(int, shape)))
        each = zip(self.layers, self.in_shapes(self.in_shape), strict=True)
        layers = tuple(layer.for_shape(one) for layer, one in each)
        object.__setattr__(self, "layers", layers)

    def for_shape(self, shape: Shape) -> Network:
        """Return the network itself, which knows its shape."""
        return self

    def out_shape(self, shape: Shape | None = None) -> Shape:
        """Return the shape of the output; of a layer of another network, for what it gets there."""
        if shape is not None and shape != self.in_shape:
            raise ValueError(
                f"a network that takes examples of {in_words(self.in_shape)} gets {in_words(shape)}"
            )
        return super().out_shape(self.in_shape)

    @property
    def n_in(self) -> int:
        """Numbers of an example."""
        return prod(self.in_shape)

    @cached_property
    def n_out(self) -> int:
        """Numbers of an output."""
        return prod(self.out_shape())

    @cached_property
    def weights(self) -> tuple[bool, ...]:
        """Whether each array of the parameters, in order, is weights and not biases."""
        return tuple(len(shape) > 1 for shape in self._shapes)

    @property
    def topology(self) -> tuple[int, ...]:
        """The widths of a network of dense layers, from the inputs to the outputs.

        Layers between them that change no width have none.

        Raises
        ------
        AttributeError
            If another layer changes the shape.
        """
        shapes = self._flow(self.in_shape)
        for layer, before, after in zip(self.layers, shapes, shapes[1:], strict=False):
            if (not isinstance(layer, Dense) and before != after) or len(before) != 1:
                raise AttributeError(
                    f"only a network of dense layers has a topology, and this one has {layer!r}"
                )
        return (self.n_in, *(one.n_out for one in self.layers if isinstance(one, Dense)))

    @property
    def output(self) -> Activation:
        """The last layer's activation: what its numbers mean."""
        return self.activation

    @cached_property
    def logits(self) -> Network:
        """The same network without its last activation, for a cost that brings its own."""
        return replace(self, layers=(*self.layers[:-1], self.layers[-1].logits))

    def init(self, rng: Seed = None, shape: Any = None, dtype: Any = np.float32) -> LayerParams:
        """Draw initial parameters, one entry a layer.

        Parameters
        ----------
        rng
            Seed or generator.
        shape
            What a layer of another network is told, and a network knows; or the dtype.
        dtype
            float32, or float64.
        """
        if shape is not None and not isinstance(shape, tuple):
            dtype = shape
        return super().init(check_generator("rng", rng), self.in_shape, dtype)

    def predict(self, params: Params, X: Any) -> Array:
        """Return the output of the network, its last activation included.

        Parameters
        ----------
        params
            One entry a layer, as :meth:`init` and ``state.params`` give them; those of a stack
            predict for each of its networks.
        X : (n, n_in), or (n, height, width, channels)
            One example a row; it is taken to the dtype of the parameters.

        Returns
        -------
        (n, n_out)
            Probabilities after a sigmoid or a softmax, numbers after a linear output, rates after
            ``exp``; in a stack ``(networks, n, n_out)``.

        Raises
        ------
        ValueError
            If ``X`` does not hold examples of ``in_shape``, or ``params`` are another network's.
        """
        X = self.examples(params, X)
        if not len(X):  # whose numbers a reshape cannot count
            one: Array = self.predict(params, np.zeros((1, *self.in_shape), X.dtype))
            return one.take([], axis=-1 - len(self.out_shape()))
        with np.errstate(all="ignore"):  # a sigmoid may pass through infinity
            return self.forward(params, X)[0]

    def examples(self, params: Params, X: Any) -> Array:
        """Return X as these parameters take it, in their dtype, or say what does not fit."""
        self.check_params(params)
        dtype = next((array.dtype for array in arrays(params)), np.float32)
        x: Array = taken("X", check_array("X", X), dtype)
        if x.shape[1:] != self.in_shape:
            raise ValueError(f"X has shape {x.shape}, but the network takes {self.takes(x.shape)}")
        self.check(x)
        return x

    @cached_property
    def _shapes(self) -> list[Shape]:
        """The shapes of all arrays of the parameters, in order."""
        return list(leaves(self.shapes(self.in_shape)))

    def check_params(self, params: Any) -> None:
        """Refuse what are not parameters of such a network, or of a stack of such."""
        if hasattr(params, "params"):
            raise ValueError(f"params is a {type(params).__name__}: give its params")
        if hasattr(params, "shape") or not isinstance(params, Iterable):
            raise ValueError(
                f"params is {shown(params)}: give the parameters before X, as in "
                "predict(state.params, X)"
            )
        given = [getattr(array, "shape", None) for array in arrays(params)]
        needed = self._shapes
        stack = given[0][:1] if given and given[0] and given[0] != needed[0] else ()
        if given != [(*stack, *shape) for shape in needed]:
            raise ValueError(
                f"params hold arrays of shapes {shown(given)}, and the network needs {needed}: "
                "give what net.init or a training of this network returned, as in "
                "predict(state.params, X)"
            )

    def takes(self, given: Shape = ()) -> str:
        """Say what X should be, and how to make it of an array of the shape that was given."""
        shape, size = ", ".join(map(str, self.in_shape)), in_words(self.in_shape)
        what = f"rows of {size} numbers" if len(self.in_shape) == 1 else f"examples of {size}"
        own = given[1:]
        if len(own) == 3 and (*own[1:], own[0]) == self.in_shape:
            return f"{what}, the channels last: give X.transpose(0, 2, 3, 1)"
        if (*own, 1) == self.in_shape:
            return f"{what}: give X[..., None]"
        if own and prod(own) == self.n_in:
            return f"{what}: give X.reshape(-1, {shape})"
        return f"{what}: give an array of shape (n, {shape})"

    def summary(self) -> str:
        """Return a table of the layers: output's shape, operations, parameters.

        Operations are the multiplications of weights, or of numbers with one another, that one
        example takes.
        """
        rows = [*_rows(self, self.in_shape)]
        widths = [max(len(row[k]) for row in rows) for k in range(4)]
        count = sum(prod(shape) for shape in leaves(self.shapes(self.in_shape)))
        lines = [
            f"Network: {in_words(self.in_shape)} -> {in_words(self.out_shape())}, "
            f"{count:,} parameters, {self.operations(self.in_shape):,} operations"
        ]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)]
            cells[3] = row[3].rjust(widths[3])
            lines.append(("  " + "  ".join(cells)).rstrip())
        return "\n".join(lines)

    def __str__(self) -> str:
        """Return the summary."""
        return self.summary()


def _rows(layer: Any, shape: Shape, before: str = "") -> Iterable[tuple[str, ...]]:
    """Yield a row for each layer within a composition: place, layer, output and parameters."""
    for i, (one, its) in enumerate(zip(layer.layers, layer.in_shapes(shape), strict=True), start=1):
        place, output = f"{before}{i}", in_words(one.out_shape(its))
        if isinstance(one, Composition):
            yield place, type(one).__name__, output, "", ""
            yield from _rows(one, its, f"{place}.")
            continue
        shapes, operations = one.shapes(its), one.operations(its)
        each = zip(shapes._fields, shapes, strict=True)
        words = ", ".join(f"{name} {in_words(own)}" for name, own in each)
        yield place, repr(one), output, f"{operations:,}" if operations else "", words


@meaning(
    in_shape="Network(layers, in_shape), or a line such as '28x28x1, conv 8, flatten, 10'",
    activations="activation=[...], one for each layer",
)
def network(
    topology: str | Sequence[Any],
    activation: str | Activation | Sequence[str | Activation] = "sigmoid",
    *,
    output: str | Activation | None = None,
    initializer: str | Initializer = "orthogonal",
    bias_initializer: str | Initializer = "zeros",
    dropout: float | Sequence[float] = 0.0,
    normalization: str | None = None,
) -> Network:
    """Describe a network in a list or a line: of dense layers, or of any.

    Parameters
    ----------
    topology
        The number of inputs, then of neurons in each layer: ``[2, 4, 8, 1]`` or ``"2-4-8-1"``. Or
        the shape of an example, then layers, whole numbers for dense ones, or words:
        ``[(28, 28, 1), Conv2D(16), MaxPool2D(), Flatten(), 64, 10]`` or ``"28x28x1, conv 16, pool,
        flatten, 64, 10"``; :mod:`neurona.engine.description` lists the words.
    activation
        One for every layer, the last included, or a sequence with one per layer. Among other
        layers, one for the dense layers and convolutions that were given none; a normalization
        behind one gets it in its place.
    output
        The last layer's activation, where it is not that of the others: ``"sigmoid"`` for two
        classes, ``"softmax"`` for more, ``"linear"`` for numbers.
    initializer, bias_initializer
        How weights and biases are drawn, of all layers that are said in numbers or words. The
        tutorial's: ``"uniform"`` for both.
    dropout
        The probability with which each neuron of a hidden layer is dropped in a training step,
        from 0 to less than 1; a number, or one per hidden layer.
    normalization
        ``"batch"`` or ``"layer"``: what the sums of a hidden layer go through before its
        activation.

    Raises
    ------
    ValueError
        If the topology is not of two positive whole numbers or more, if there are more or fewer
        activations than layers or rates of dropout than hidden layers, if such a rate is not in
        [0, 1), or if a name is unknown.

    Examples
    --------
    >>> network([2, 16, 3], "tanh", output="softmax").topology
    (2, 16, 3)
    >>> net = network([2, 16, 3], "tanh", output="softmax", dropout=0.2, normalization="batch")
    >>> [type(layer).__name__ for layer in net.layers]
    ['Dense', 'BatchNormalization', 'Dropout', 'Dense']
    >>> network("28x28x1, conv 16, pool, flatten, 64, 10", "relu", output="softmax").layers[0]
    Conv2D(16, activation=relu)
    >>> network([2, 0, 1])
    Traceback (most recent call last):
    ValueError: topology [2, 0, 1]: each width must be a positive whole number, and 0 is not
    """
    entries = entries_of(topology) if isinstance(topology, str | Iterable) else topology
    if isinstance(entries, list) and any(map(is_of_layers, entries)):
        if not isinstance(activation, str | Activation) or dropout or normalization:
            raise ValueError(
                f"network({topology!r}) has layers of several kinds: give one activation, and put "
                "Dropout(0.2) or BatchNormalization() into the list where they belong"
            )
        in_shape, each = described(
            entries,
            initializer=find_initializer(initializer),
            bias_initializer=find_initializer(bias_initializer),
        )
        own = find_activation(activation)
        its_output = own if output is None else find_activation(output)
        return Network(tuple(activated(each, own, its_output)), in_shape)
    n_in, *widths = check_topology(entries)
    n_layers = len(widths)
    if isinstance(activation, str | Activation) or not isinstance(activation, Iterable):
        activations = [find_activation(activation)] * n_layers
    else:
        activations = [find_activation(one) for one in activation]
        if output is not None and len(activations) == n_layers - 1:
            activations.append(linear)  # its place; the output comes next
    if len(activations) != n_layers:
        raise ValueError(
            f"{len(activations)} activations for {n_layers} layers: give one name, or {n_layers} "
            f"of them (topology {[n_in, *widths]} has {n_layers} layers after its inputs)"
        )
    if output is not None:
        activations[-1] = find_activation(output)
    drawn = find_initializer(initializer), find_initializer(bias_initializer)
    kind = None if normalization is None else lookup("normalization", normalization, NORMALIZATIONS)
    *hidden, last = (
        Dense(n_out, function, *drawn) for n_out, function in zip(widths, activations, strict=True)
    )
    layers: list[Layer] = []
    for dense, rate in zip(hidden, check_rates(dropout, len(hidden)), strict=True):
        if kind is None:
            layers.append(dense)
        else:
            # Its weights are drawn with linear's gain, 1: a factor would be normalized away.
            layers += [replace(dense, activation=linear), kind(dense.activation)]
        if rate:
            layers.append(Dropout(rate))
    # No layer follows the last one for which a signal would have to keep its size: with a gain of 1
    # its first predictions are undecided, and cross-entropy does not start by undoing certainty.
    return Network((*layers, replace(last, gain=1.0)), (n_in,))


def check_rates(dropout: Any, n_hidden: int) -> list[float]:
    """Return the rate of dropout after each hidden layer, or say what is wrong with them."""
    several = isinstance(dropout, Iterable) and not isinstance(dropout, str)
    rates = list(map(check_dropout, dropout if several else [dropout] * n_hidden))
    if len(rates) != n_hidden:
        raise ValueError(
            f"{len(rates)} rates of dropout for {n_hidden} hidden layers: give one number, or "
            "one for each hidden layer"
        )
    return rates
