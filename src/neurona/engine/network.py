"""A network: layers one after the other, which is a layer again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from neurona.checks import check_topology
from neurona.engine.activations import Activation, find_activation, linear
from neurona.engine.hidden import check_layers, interleaved
from neurona.engine.initializers import Initializer, find_initializer
from neurona.engine.layers.dense import Dense
from neurona.engine.types import Array, LayerParams, Noise, Params, Pullback, Seed, Weight


@dataclass(frozen=True)
class Network:
    """Layers in a row: the output of each is the input of the next.

    Make one with :func:`network`; or put its layers together by hand, as long as the first and the
    last are dense.

    Raises
    ------
    ValueError
        If the first or the last layer is not dense, or two widths don't fit.

    Examples
    --------
    >>> net = network([2, 3, 1], activation=["tanh", "sigmoid"])
    >>> params = net.init(rng=0)
    >>> [layer.W.shape for layer in params]
    [(2, 3), (3, 1)]
    >>> net.predict(params, [[0.0, 0.0]])
    array([[0.5]], dtype=float32)
    """

    layers: tuple[Any, ...]  # each a Layer; but not all have the activation of Dense

    def __post_init__(self) -> None:
        check_layers(self.layers)

    @property
    def n_in(self) -> int:
        """Columns of the input."""
        return int(self.layers[0].n_in)

    @property
    def n_out(self) -> int:
        """Columns of the output."""
        return int(self.layers[-1].n_out)

    @property
    def topology(self) -> tuple[int, ...]:
        """The widths, from the inputs to the outputs; what stands between dense layers has none."""
        return (self.n_in, *(one.n_out for one in self.layers if isinstance(one, Dense)))

    @property
    def output(self) -> Activation:
        """The last layer's activation: what its numbers mean."""
        activation: Activation = self.layers[-1].activation
        return activation

    @cached_property
    def logits(self) -> Network:
        """The same network without its last activation, for a cost that brings its own."""
        return Network((*self.layers[:-1], replace(self.layers[-1], activation=linear)))

    def init(self, rng: Seed = None, dtype: Any = np.float32) -> Params:
        """Draw initial parameters, one entry a layer, from a seed or a generator."""
        rng = np.random.default_rng(rng)
        return tuple(layer.init(rng, dtype) for layer in self.layers)

    def forward(
        self, params: Params, x: Array, weight: Weight = None, noise: Noise = None
    ) -> tuple[Array, Pullback]:
        """Return the output ``(batch, n_out)`` and its pullback, by the chain rule.

        With ``noise``, an entry a layer, it is the output in training: of the layers that have one
        of their own for it, see :class:`~neurona.engine.types.Layer`; ``weight`` is then how much
        each example counts.
        """
        pullbacks: list[Pullback] = []
        for i, (layer, layer_params) in enumerate(zip(self.layers, params, strict=True)):
            if noise is not None and hasattr(layer, "practise"):
                x, layer_pullback = layer.practise(layer_params, x, weight, noise[i])
            else:
                x, layer_pullback = layer.forward(layer_params, x)
            pullbacks.append(layer_pullback)

        def pullback(dy: Array, need_dx: bool = True) -> tuple[Array | None, Params]:
            d: Any = dy
            grads: list[LayerParams] = []
            for i in reversed(range(len(pullbacks))):
                d, layer_grads = pullbacks[i](d, need_dx or i > 0)
                grads.append(layer_grads)
            return d, tuple(reversed(grads))

        return x, pullback

    def predict(self, params: Params, X: Any) -> Array:
        """Return what the network answers, its output activation included.

        Parameters
        ----------
        params
            One entry a layer, as :meth:`init` and ``state.params`` give them.
        X : (n, n_in)
            One example a row; it is taken to the dtype of the parameters.

        Returns
        -------
        (n, n_out)
            Probabilities after a sigmoid or a softmax, numbers after a linear output, rates after
            ``exp``.

        Raises
        ------
        ValueError
            If ``X`` does not have ``n_in`` columns.
        """
        X = np.asarray(X, dtype=params[0][0].dtype)
        if X.ndim != 2 or X.shape[1] != self.n_in:
            raise ValueError(
                f"X has shape {X.shape}, but the network takes rows of {self.n_in} numbers: "
                f"give an array of shape (n, {self.n_in})"
            )
        with np.errstate(over="ignore"):  # a sigmoid may pass through infinity
            return self.forward(params, X)[0]


def network(
    topology: Sequence[int],
    activation: str | Activation | Sequence[str | Activation] = "sigmoid",
    *,
    output: str | Activation | None = None,
    initializer: str | Initializer = "orthogonal",
    bias_initializer: str | Initializer = "zeros",
    dropout: float | Sequence[float] = 0.0,
    normalization: str | None = None,
) -> Network:
    """Describe a network of dense layers, and of what may follow each hidden one.

    Parameters
    ----------
    topology
        The number of inputs, then of neurons in each layer: ``[2, 4, 8, 1]``.
    activation
        One for every layer, the last included, or a sequence with one per layer.
    output
        The last layer's activation, where it is not that of the others: ``"sigmoid"`` for two
        classes, ``"softmax"`` for more, ``"linear"`` for numbers.
    initializer, bias_initializer
        How weights and biases are drawn. The tutorial's: ``"uniform"`` for both.
    dropout
        The probability with which each neuron of a hidden layer is dropped in a step of the
        training, from 0 to less than 1; a number, or one per hidden layer.
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
    >>> network([2, 0, 1])
    Traceback (most recent call last):
    ValueError: topology [2, 0, 1]: each width must be a positive whole number, and 0 is not
    """
    widths = check_topology(topology)
    n_layers = len(widths) - 1
    if isinstance(activation, str | Activation) or not isinstance(activation, Iterable):
        activations = [find_activation(activation)] * n_layers
    else:
        activations = [find_activation(one) for one in activation]
        if output is not None and len(activations) == n_layers - 1:
            activations.append(linear)  # its place; the output comes next
    if len(activations) != n_layers:
        raise ValueError(
            f"{len(activations)} activations for {n_layers} layers: give one name, or "
            f"{n_layers} of them (topology {widths} has {n_layers} layers after its inputs)"
        )
    if output is not None:
        activations[-1] = find_activation(output)
    weights, biases = find_initializer(initializer), find_initializer(bias_initializer)
    layers = [
        Dense(n_in, n_out, function, weights, biases)
        for (n_in, n_out), function in zip(pairwise(widths), activations, strict=True)
    ]
    # No layer follows the last one for which a signal would have to keep its size: with a gain of 1
    # its first answers are undecided, and the cross-entropy does not start by undoing certainty.
    layers[-1] = replace(layers[-1], gain=1.0)
    return Network(tuple(interleaved(layers, dropout, normalization)))
