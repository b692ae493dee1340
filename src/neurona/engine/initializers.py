"""Initial weights: how far from zero, given a layer's width and its activation's gain.

A unit adds up ``fan_in`` inputs, so its variance is ``fan_in * Var[W]`` times theirs; going back,
the gradient's is ``fan_out * Var[W]`` times. Each rule below keeps one of the two near 1, or both
half-way, after the activation has taken its part: hence the gain.

References
----------
.. [1] LeCun et al., "Efficient BackProp", 1998, section 4.6.
.. [2] Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural
   networks", 2010, equation 16.
.. [3] He et al., "Delving deep into rectifiers", 2015, equation 10.
.. [4] Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural
   networks", 2014.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod, sqrt
from typing import Any, TypeAlias, cast

import numpy as np

from neurona.checks import check_takes
from neurona.engine.types import Array
from neurona.registry import lookup

Shape: TypeAlias = tuple[int, ...]
Initializer: TypeAlias = Callable[[np.random.Generator, Shape, float], Array]


def fans(shape: Shape) -> tuple[int, int]:
    """Return (fan_in, fan_out) of an array whose last axis is the output's."""
    return prod(shape[:-1]), shape[-1]


def zeros(rng: np.random.Generator, shape: Shape, gain: float) -> Array:
    """0: right for biases; with weights, all the units of a layer stay the same for ever."""
    return np.zeros(shape)


def uniform(rng: np.random.Generator, shape: Shape, gain: float) -> Array:
    """U[-1, 1), whatever the width and the gain: the tutorial's, kept to see what it does."""
    return rng.random(shape) * 2 - 1


def glorot_uniform(rng: np.random.Generator, shape: Shape, gain: float) -> Array:
    """U[-r, r) with r = gain √(6 / (fan_in + fan_out)) [2]_."""
    r = gain * sqrt(6 / sum(fans(shape)))
    return rng.uniform(-r, r, shape)


def glorot_normal(rng: np.random.Generator, shape: Shape, gain: float) -> Array:
    """N(0, s²) with s = gain √(2 / (fan_in + fan_out)) [2]_."""
    return rng.normal(0, gain * sqrt(2 / sum(fans(shape))), shape)


def lecun_uniform(rng: np.random.Generator, shape: Shape, gain: float) -> Array:
    """U[-r, r) with r = gain √(3 / fan_in) [1]_."""
    r = gain * sqrt(3 / fans(shape)[0])
    return rng.uniform(-r, r, shape)


def lecun_normal(rng: np.random.Generator, shape: Shape, gain: float) -> Array:
    """N(0, s²) with s = gain / √fan_in [1]_."""
    return rng.normal(0, gain / sqrt(fans(shape)[0]), shape)


# He's rule is LeCun's with the gain of the rectifier, √2. Here the gain is the activation's own, so
# that the two are one formula; whoever writes a layer of rectifiers looks for it under this name.
he_uniform = lecun_uniform
he_normal = lecun_normal


def orthogonal(rng: np.random.Generator, shape: Shape, gain: float) -> Array:
    """Gain times a matrix with orthonormal columns, or rows where there are fewer [4]_."""
    rows, columns = fans(shape)
    tall = rng.normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(tall)
    q = q * np.sign(np.diagonal(r))  # without this, q would not be uniformly distributed
    W: Array = gain * (q if rows >= columns else q.T).reshape(shape)
    return W


INITIALIZERS: dict[str, Initializer] = {
    "glorot_normal": glorot_normal,
    "glorot_uniform": glorot_uniform,
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "lecun_normal": lecun_normal,
    "lecun_uniform": lecun_uniform,
    "orthogonal": orthogonal,
    "uniform": uniform,
    "zeros": zeros,
}


def find_initializer(which: Any) -> Initializer:
    """Return the initializer itself, or the one of that name; ValueError lists the names."""
    if not callable(which):
        return lookup("initializer", which, INITIALIZERS)
    meant = "it returns an array of that shape, such as rng.normal(size=shape)"
    check_takes("initializer", which, "rng, shape and gain", 3, meant)
    return cast("Initializer", which)
