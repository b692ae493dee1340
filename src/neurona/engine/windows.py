"""Windows that slide over images and series: where they stand, and what lies under them.

A convolution and a pooling differ in what they do with a window's numbers. Both take them with
:meth:`Windows.taken`, and bring derivatives back with its transpose, :meth:`Windows.returned`.
Arrays are ``(…, *sides)``: the last axes are those that windows slide along.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from neurona.checks import check_count
from neurona.engine.types import Array, Shape

Margins = tuple[tuple[int, int], ...]  # zeros before and after each side


@dataclass(frozen=True)
class Windows:
    """Windows of one size, one a place: the place r begins at r stride - before.

    Attributes
    ----------
    size, stride, dilation
        Along each axis: numbers of a window, the way to the next window, and the way from a number
        of the window to its next one.
    padding
        Around the array: ``"valid"`` is none; ``"same"`` gives ⌈side / stride⌉ places, as
        TensorFlow does; ``"causal"`` stands all before, so that a window ends at its own step; a
        number for each axis stands on both sides.

    Examples
    --------
    >>> windows = Windows((2,), (2,), (1,), "same")
    >>> windows.places((5,)), windows.margins((5,))
    ((3,), ((0, 1),))
    >>> [one.tolist() for one in windows.taken(np.arange(1, 6))]
    [[1, 3, 5], [2, 4, 0]]
    """

    size: Shape
    stride: Shape
    dilation: Shape
    padding: str | Shape = "valid"

    @property
    def spans(self) -> Shape:
        """How much a window covers along each axis, gaps included."""
        return tuple((n - 1) * d + 1 for n, d in zip(self.size, self.dilation, strict=True))

    def margins(self, sides: Shape) -> Margins:
        """Return the padding before and after each side."""
        if self.padding == "valid":
            return ((0, 0),) * len(sides)
        if self.padding == "causal":
            return tuple((span - 1, 0) for span in self.spans)
        if self.padding == "same":
            totals = [
                max((-(-side // step) - 1) * step + span - side, 0)
                for side, step, span in zip(sides, self.stride, self.spans, strict=True)
            ]
            return tuple((total // 2, total - total // 2) for total in totals)
        return tuple((int(n), int(n)) for n in self.padding)

    def places(self, sides: Shape) -> Shape:
        """Return how many windows stand along each axis; 0 or less where none fits."""
        each = zip(sides, self.margins(sides), self.spans, self.stride, strict=True)
        return tuple((side + sum(more) - span) // step + 1 for side, more, span, step in each)

    def taken(self, x: Array, fill: float = 0.0) -> list[Array]:
        """Return, for each number of a window, what lies under it at all places.

        There are as many arrays ``(…, *places)`` as a window has numbers, in their order.
        """
        sides = x.shape[-len(self.size) :]
        margins = self.margins(sides)
        if any(map(any, margins)):
            around = [(0, 0)] * (x.ndim - len(sides))
            x = x.__array_namespace__().pad(x, [*around, *margins], constant_values=fill)
        return [x[(..., *one)] for one in self._slices(self.places(sides))]

    def returned(self, parts: Sequence[Array], sides: Shape) -> Array:
        """Return the sum of the parts, each added where :meth:`taken` took it: its transpose.

        Where windows overlap, a number gets the sum of what all of them say.
        """
        margins = self.margins(sides)
        padded = [side + sum(more) for side, more in zip(sides, margins, strict=True)]
        first = parts[0]
        slices = self._slices(first.shape[-len(sides) :])
        total: Any
        if isinstance(first, np.ndarray):
            total = np.zeros((*first.shape[: -len(sides)], *padded), first.dtype)
            for part, one in zip(parts, slices, strict=True):
                total[(..., *one)] += part
        else:
            total = sum(map(_spread, parts, slices, [padded] * len(parts)))
        inner = [slice(n, n + side) for (n, _), side in zip(margins, sides, strict=True)]
        result: Array = total[(..., *inner)]
        return result

    def _slices(self, places: Shape) -> Iterator[tuple[Any, ...]]:
        """Yield, for each number of a window, the slices of the padded sides that it passes."""
        for number in product(*map(range, self.size)):
            each = zip(number, places, self.stride, self.dilation, strict=True)
            yield tuple(slice(k * d, k * d + (n - 1) * step + 1, step) for k, n, step, d in each)


def _spread(part: Any, slices: tuple[slice, ...], sides: Sequence[int]) -> Any:
    """Return zeros with JAX's ``part`` in some places: XLA pads faster than it scatters."""
    from jax import lax

    around = [(0, 0, 0)] * (part.ndim - len(sides))
    each = zip(slices, sides, strict=True)
    config = [(one.start, side - one.stop, one.step - 1) for one, side in each]
    return lax.pad(part, part.dtype.type(0), [*around, *config])


def check_places(layer: object, windows: Windows, shape: Shape) -> Shape:
    """Return how many windows of a layer stand along each side of an example, or say none does."""
    places = windows.places(shape[:-1])
    if min(places) < 1:
        kind = {2: "series", 3: "images"}[len(shape)]
        raise ValueError(
            f"{layer!r} has a patch of {' x '.join(map(str, windows.spans))}, and gets {kind} of "
            f"{' x '.join(map(str, shape))}: the patch must fit; make it smaller, or say "
            "padding='same'"
        )
    return places


def check_each(name: str, given: Any, axes: int) -> Shape:
    """Return a positive whole number for each axis; one number is all of them.

    >>> check_each("size", 3, 2), check_each("size", (1, 2), 2)
    ((3, 3), (1, 2))
    """
    each = tuple(given) if isinstance(given, tuple | list) else (given,) * axes
    if len(each) != axes:
        wanted = "(height, width), or one number for both" if axes == 2 else "one whole number"
        raise ValueError(f"{name} is {given!r}: give {wanted}")
    return tuple(check_count(name, one) for one in each)


def check_padding(given: Any, axes: int, words: Sequence[str]) -> str | Shape:
    """Return a word, or how many zeros stand on both sides of each axis."""
    if isinstance(given, str):
        if given not in words:
            known = ", ".join(f"'{word}'" for word in words)
            raise ValueError(f"padding is {given!r}: give {known}, or a number of zeros")
        return given
    each = tuple(given) if isinstance(given, tuple | list) else (given,) * axes
    whole = all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in each)
    if len(each) != axes or not whole or min(each) < 0:
        known = ", ".join(f"'{word}'" for word in words)
        raise ValueError(f"padding is {given!r}: give {known}, or a number of zeros")
    return tuple(map(int, each))
