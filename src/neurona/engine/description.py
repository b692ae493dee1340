"""A network said in a line or a list: ``"28x28x1, conv 16 3x3, pool 2, flatten, 64, 10"``.

The first entry is the shape of an example. Each of the others is a layer, a whole number for a
dense layer, or words: a layer's word, its numbers, then options in any order. An activation's name
is an option of every word that has an activation.

>>> in_shape, layers = described("28x28x1, conv 16 3x3 same, pool 2, flatten, 64 tanh")
>>> in_shape, layers
((28, 28, 1), [Conv2D(16, padding='same'), MaxPool2D(), Flatten(), Dense(64, tanh)])
>>> described([2, 4, 1])
((2,), [Dense(4), Dense(1)])
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, NamedTuple, cast

import numpy as np

from neurona.engine.activations import ACTIVATIONS, Activation, linear
from neurona.engine.layers import LAYERS, Layer
from neurona.engine.layers.base import Activate
from neurona.engine.layers.composition import Composition
from neurona.engine.layers.convolution import Conv1D, Conv2D
from neurona.engine.layers.dense import Dense
from neurona.engine.layers.normalization import BatchNormalization, LayerNormalization
from neurona.engine.layers.sequential import Sequential
from neurona.engine.types import Shape
from neurona.registry import lookup

SUMS = (Dense, Conv1D, Conv2D)  # layers that a hidden activation belongs to
NORMALIZATIONS = (BatchNormalization, LayerNormalization)
EXAMPLE = '"28x28x1, conv 16 3x3, pool 2, flatten, 64, 10"'

# Options that a number follows; and those that are said alone, by the fields that they set.
VALUED = ("size", "stride", "padding", "dilation", "groups", "rate")
FLAGS = {
    "same": ("padding", "same"),
    "valid": ("padding", "valid"),
    "causal": ("causal", True),
    "all": ("return_sequences", True),
    "backwards": ("go_backwards", True),
    "both": ("both", True),
    "mask": ("mask_zero", True),
    "learned": ("learned", True),
    "max": ("max", True),
}


class Word(NamedTuple):
    """A layer's word.

    Attributes
    ----------
    example
        How it is said.
    make
        Returns the layer, from the shape that reaches it, its numbers and its options.
    """

    example: str
    make: Callable[..., Layer]


def described(given: Any, **initializers: Any) -> tuple[Shape, list[Layer]]:
    """Return the shape of an example and the layers, from a line or a list.

    Layers that are said in numbers or words are drawn by the ``initializers``, the fields'.

    Raises
    ------
    ValueError
        If the first entry is not a shape, an entry is not a layer, a number or words that are
        known, or a layer does not take what the one before it gives.
    """
    entries = entries_of(given)
    in_shape = _shape(entries[0])
    if in_shape is None:
        raise ValueError(
            f"the network begins with {entries[0]!r}: give the shape of one example first, as in "
            f"{EXAMPLE}"
        )
    layers: list[Layer] = []
    shape = in_shape
    for entry in entries[1:]:
        layer = _layer(entry, shape)
        layers.append(layer if isinstance(entry, Layer) else drawn_by(layer, initializers))
        shape = Sequential(tuple(layers)).out_shape(in_shape)
    if not layers:
        raise ValueError(f"the network {given!r} has no layers: give some, as in {EXAMPLE}")
    return in_shape, layers


def drawn_by(layer: Layer, initializers: Mapping[str, Any]) -> Layer:
    """Return the layer, or those within it, with the initializers that it has a field for.

    >>> drawn_by(Dense(2), {"initializer": "glorot_normal", "bias_initializer": "uniform"})
    Dense(2, initializer=glorot_normal, bias_initializer=uniform)
    """
    if isinstance(layer, Composition):
        each = tuple(drawn_by(one, initializers) for one in layer.layers)
        return replace(layer, layers=each)
    known = {one.name for one in fields(cast("Any", layer))}
    own = {name: its for name, its in initializers.items() if name in known}
    return replace(cast("Any", layer), **own) if own else layer


def entries_of(given: Any) -> Sequence[Any]:
    """Return what a line or a list holds, ``[2, 4, 8, 1]`` of ``"2-4-8-1"`` too."""
    if isinstance(given, str):
        if re.fullmatch(r"\s*\d+(\s*-\s*\d+)+\s*", given):  # 2-4-8-1, as networks are often called
            given = given.replace("-", ",")
        given = [int(one) if one.strip().isdigit() else one.strip() for one in given.split(",")]
    entries = list(given) if isinstance(given, Iterable) else [given]
    if entries == [""]:
        raise ValueError(f"the network is {given!r}: give its layers, as in {EXAMPLE}")
    return entries


def is_of_layers(entry: Any) -> bool:
    """Tell whether an entry is more than a width: a layer, words, or the shape of an example."""
    return isinstance(entry, Layer | tuple) or (isinstance(entry, str) and not entry.isdigit())


def _shape(entry: Any) -> Shape | None:
    """Return ``(28, 28, 1)`` of that, of ``"28x28x1"``, or a number's ``(2,)``; or None."""
    if isinstance(entry, str) and re.fullmatch(r"\d+(\s*x\s*\d+)*", entry):
        entry = [int(n) for n in entry.split("x")]
    each = list(entry) if isinstance(entry, tuple | list) else [entry]
    whole = all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in each)
    return tuple(map(int, each)) if each and whole and min(each) > 0 else None


def _layer(entry: Any, shape: Shape) -> Layer:
    if isinstance(entry, Layer):
        return entry
    if isinstance(entry, int | np.integer) and not isinstance(entry, bool):
        return Dense(int(entry))
    if not isinstance(entry, str):
        raise ValueError(
            f"{entry!r} is in the place of a layer: give a layer, such as Dense(8), a whole number "
            "for a dense layer, or words, such as 'conv 16 3x3'"
        )
    head, *rest = entry.lower().split() or [""]  # between two commas
    if head.isdigit():
        head, rest = "dense", [head, *rest]
    word = lookup("layer", head, WORDS)
    numbers, options = _said(entry, rest)
    try:
        return word.make(shape, *numbers, **options)
    except TypeError:
        raise ValueError(f"cannot make a layer of {entry!r}: say it as {word.example!r}") from None


def _said(entry: str, words: list[str]) -> tuple[list[Any], dict[str, Any]]:
    """Return the numbers and the options of an entry."""
    numbers: list[Any] = []
    options: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        if (number := _number(word)) is not None:
            numbers.append(number)
        elif word in VALUED:
            value = _number(next(rest, ""))
            if value is None:
                raise ValueError(f"{word!r} in {entry!r} wants a number after it: '{word} 2'")
            options[word] = value
        elif word in FLAGS:
            name, flag = FLAGS[word]
            options[name] = flag
        elif word in ACTIVATIONS:
            options["activation"] = word
        else:
            lookup(
                f"option of {entry.split(maxsplit=1)[0]!r}",
                word,
                dict.fromkeys([*VALUED, *FLAGS, *ACTIVATIONS]),
            )
    return numbers, options


def _number(word: str) -> Any:
    """Return 16 of "16", (3, 5) of "3x5", 0.5 of "0.5", and None of what is not a number."""
    if re.fullmatch(r"\d+", word):
        return int(word)
    if re.fullmatch(r"\d+(x\d+)+", word):
        return tuple(int(n) for n in word.split("x"))
    return float(word) if re.fullmatch(r"\d*\.\d+", word) else None


def activated(layers: Sequence[Layer], activation: Activation, output: Activation) -> list[Layer]:
    """Return the layers with an activation for those that were given none, and an output.

    Hidden dense layers and convolutions get the activation; where a normalization follows, it does,
    and the layer before it stays linear. The last layer gets the output, or is followed by it.
    """
    made = list(layers)
    *hidden, last = layers
    for i, layer in enumerate(hidden):
        if isinstance(layer, SUMS) and layer.activation is linear:
            after = made[i + 1]
            normalized = isinstance(after, NORMALIZATIONS) and after.activation is linear
            place = i + 1 if normalized and i + 1 < len(hidden) else i
            made[place] = replace(cast("Any", made[place]), activation=activation)
    if isinstance(last, SUMS) and last.activation is linear:
        # No layer follows for which a signal would have to keep its size: see `network`.
        gain = 1.0 if last.gain is None else last.gain
        made[-1] = replace(cast("Any", last), activation=output, gain=gain)
    elif output is not linear and last.activation is not output:
        made.append(Activate(output))
    return made


# ------------------------------------------------------------------------------------- the words


def _plain(name: str) -> Callable[..., Layer]:
    """Return what makes the layer of that name, whatever shape reaches it."""
    return lambda shape, *numbers, **options: LAYERS[name](*numbers, **options)


def _by_axes(series: str, images: str) -> Callable[..., Layer]:
    """Return what makes the first layer of series and the second of images."""

    def make(shape: Shape, *numbers: Any, **options: Any) -> Layer:
        if options.pop("causal", False):
            options["padding"] = "causal"
        name = series if len(shape) == 2 else images
        return LAYERS[name](*numbers, **options)

    return make


def _global(shape: Shape, max: bool = False, **options: Any) -> Layer:  # noqa: A002 - a word
    kind, axes = "Max" if max else "Average", len(shape) - 1
    return LAYERS[f"Global{kind}Pool{axes if axes == 1 else 2}D"](**options)


def _recurrent(name: str) -> Callable[..., Layer]:
    def make(shape: Shape, *numbers: Any, both: bool = False, **options: Any) -> Layer:
        from neurona.engine.layers.recurrent import bidirectional

        layer: Any = LAYERS[name](*numbers, **options)
        return bidirectional(layer) if both else layer

    return make


def _attention(shape: Shape, heads: int, **options: Any) -> Layer:
    return LAYERS["MultiHeadAttention"](heads, **options)  # type: ignore[call-arg]


def _transformer(shape: Shape, heads: int, hidden: int | None = None, **options: Any) -> Layer:
    from neurona.engine.layers.transformer import transformer_block

    if "rate" in options:
        options["dropout"] = options.pop("rate")
    return transformer_block(shape[-1], heads, hidden, **options)


WORDS: dict[str, Word] = {
    "dense": Word("dense 64 tanh", _plain("Dense")),
    "conv": Word("conv 16 3x3 stride 2 same tanh", _by_axes("Conv1D", "Conv2D")),
    "pool": Word("pool 2x2 stride 2 same", _by_axes("MaxPool1D", "MaxPool2D")),
    "average": Word("average 2x2", _by_axes("AveragePool1D", "AveragePool2D")),
    "global": Word("global max", _global),
    "flatten": Word("flatten", _plain("Flatten")),
    "reshape": Word("reshape 8x8x1", _plain("Reshape")),
    "upsample": Word("upsample 2", _plain("Upsample2D")),
    "dropout": Word("dropout 0.2", _plain("Dropout")),
    "batchnorm": Word("batchnorm", _plain("BatchNormalization")),
    "layernorm": Word("layernorm", _plain("LayerNormalization")),
    "embedding": Word("embedding 1000 32 mask", _plain("Embedding")),
    "positions": Word("positions learned", _plain("PositionalEncoding")),
    "rnn": Word("rnn 32 all both mask", _recurrent("SimpleRNN")),
    "gru": Word("gru 32 all both mask", _recurrent("GRU")),
    "lstm": Word("lstm 32 all both mask", _recurrent("LSTM")),
    "attention": Word("attention 4 causal mask", _attention),
    "transformer": Word("transformer 4 causal mask rate 0.1", _transformer),
    "activate": Word("activate relu", lambda shape, **options: LAYERS["Activate"](**options)),
}
