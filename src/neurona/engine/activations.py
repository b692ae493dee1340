"""Activation functions: each returns its value and, beside it, the derivative that goes with it.

To add one, write one function under :func:`activation`: it can then be given to a network, by
itself or by its name, and the test suite checks its derivative.

>>> @activation(gain=1.0)
... def cube(z):
...     return z**3, lambda da: da * 3 * z**2
>>> cube.function(2.0)[0]
8.0
>>> del ACTIVATIONS["cube"]

The *gain* is what an initial weight is multiplied by so that the gradient keeps its size on its way
back through the layer: ``1 / sqrt(E[f'(z)^2])``, z being drawn from the standard normal [1]_. For
ReLU it is the well-known √2.

References
----------
.. [1] He et al., "Delving deep into rectifiers", 2015, equations 10 and 14.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from math import pi, sqrt
from typing import Any, TypeAlias

import numpy as np

from neurona.engine.types import Array
from neurona.registry import lookup

# z (n, batch) -> a (n, batch), and the pullback da -> dz; in a stack (networks, n, batch)
Function: TypeAlias = Callable[[Array], tuple[Array, Callable[[Array], Array]]]


@dataclass(frozen=True, repr=False)
class Activation:
    """An activation function, under its name and with its gain.

    Parameters
    ----------
    name
        What a person writes to have it.
    function
        ``function(z) -> (a, pullback)`` and ``pullback(da) -> dz``, on arrays ``(n, batch)``: an
        example is a column, as it is within a layer.
    gain
        The factor of the initial weights before it; see the module's text.

    Examples
    --------
    >>> import numpy as np
    >>> a, pullback = tanh.function(np.array([0.0, 1.0]))
    >>> a.round(3), pullback(np.ones(2)).round(3)
    (array([0.   , 0.762]), array([1.  , 0.42]))
    """

    name: str
    function: Function
    gain: float

    def __call__(self, z: Array) -> Array:
        """Return the value alone, of rows ``z (batch, n)``, or of numbers ``(n,)``."""
        with np.errstate(all="ignore"):  # e^-z may be infinite
            return self.function(z)[0] if z.ndim < 2 else self.function(z.mT)[0].mT

    def __repr__(self) -> str:
        """Show the name."""
        return self.name

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what makes the activation again for pickle and copies.

        A registered one goes by its name: its function is hidden behind the activation of the same
        name, where pickle does not find it.
        """
        if ACTIVATIONS.get(self.name) is self:
            return _registered, (self.name, self.function.__module__)
        return Activation, (self.name, self.function, self.gain)


ACTIVATIONS: dict[str, Activation] = {}


def _registered(name: str, module: str) -> Activation:
    """Return the activation of a name; the module that registers it is imported if need be."""
    if name not in ACTIVATIONS:
        import_module(module)
    return find_activation(name)


ONE = np.ones((), np.float32)  # an array, as NumPy takes longer over Python's 1 than over 500 sums


def activation(*, gain: float) -> Callable[[Function], Activation]:
    """Make an :class:`Activation` of a function, and let its name be known.

    Parameters
    ----------
    gain
        The factor of the initial weights; 1 is a fair first guess.

    Examples
    --------
    See the text of this module.
    """

    def register(function: Function) -> Activation:
        name = function.__name__
        if function.__qualname__ == name:  # there its module has the activation: so pickle finds it
            function.__qualname__ = f"{name}.function"
        ACTIVATIONS[name] = Activation(name, function, gain)
        return ACTIVATIONS[name]

    return register


@activation(gain=1.0)
def linear(z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """a = z."""
    return z, lambda da: da


@activation(gain=4.7226)
def sigmoid(z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """a = 1 / (1 + e^-z), so a' = a (1 - a) = a - a²."""
    a = ONE / (ONE + z.__array_namespace__().exp(-z))  # e^-z may overflow to infinity: a is 0 then
    return a, lambda da: da * (a - a * a)


@activation(gain=1.4674)
def tanh(z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """a = tanh(z), so a' = 1 - a²."""
    a = z.__array_namespace__().tanh(z)
    return a, lambda da: da * (1 - a * a)


@activation(gain=2.0958)
def softsign(z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """a = z / (1 + |z|), so a' = 1 / (1 + |z|)²."""
    d = 1 + abs(z)
    return z / d, lambda da: da / (d * d)


@activation(gain=sqrt(2))
def relu(z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """a = max(0, z), so a' is 1 where z > 0, and 0 elsewhere."""
    return z.__array_namespace__().maximum(z, 0), lambda da: da * (z > 0)


LEAK = 0.01


@activation(gain=sqrt(2 / (1 + LEAK**2)))
def leaky_relu(z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """a = z where z > 0, and 0.01 z elsewhere (Maas et al., 2013)."""
    xp = z.__array_namespace__()
    return xp.maximum(z, LEAK * z), lambda da: xp.where(z > 0, da, LEAK * da)


@activation(gain=1.2234)
def elu(z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """a = z where z > 0, and e^z - 1 elsewhere, with a' = e^z there (Clevert et al., 2015)."""
    xp = z.__array_namespace__()
    below = xp.minimum(z, 0)
    return xp.where(z > 0, z, xp.expm1(below)), lambda da: da * xp.exp(below)


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


@activation(gain=1.0)
def selu(z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """a = λ z where z > 0, and λ α (e^z - 1) elsewhere.

    λ and α are such that mean 0 and variance 1 reproduce themselves with weights of variance
    1 / n_in: hence the gain of 1 (Klambauer et al., 2017, equation 14).
    """
    xp = z.__array_namespace__()
    scale_alpha, below = SELU_SCALE * SELU_ALPHA, xp.minimum(z, 0)
    a = xp.where(z > 0, SELU_SCALE * z, scale_alpha * xp.expm1(below))
    return a, lambda da: da * xp.where(z > 0, SELU_SCALE, scale_alpha * xp.exp(below))


@activation(gain=1.4812)
def gelu(z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """a = z (1 + t) / 2 with t = tanh(√(2/π) (z + 0.044715 z³)).

    The approximation by tanh of z Φ(z) (Hendrycks & Gimpel, 2016, section 2). Keras and PyTorch
    default to the exact Φ; JAX to this one.
    """
    xp = z.__array_namespace__()
    c, k = sqrt(2 / pi), 0.044715
    near = xp.clip(z, -100, 100)  # beyond, t is 1 or -1, and z³ might be infinite
    z2 = near * near
    t = xp.tanh(c * near * (1 + k * z2))

    def pullback(da: Array) -> Array:
        dt = (1 - t * t) * (c * (1 + 3 * k * z2))
        dz: Array = 0.5 * da * (1 + t + near * dt)
        return dz

    return 0.5 * z * (1 + t), pullback


@activation(gain=1.6233)
def silu(z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """a = z σ(z), so a' = σ + a (1 - σ); also called swish (Ramachandran et al., 2017)."""
    s, _ = sigmoid.function(z)
    a = z * s
    return a, lambda da: da * (s + a * (1 - s))


@activation(gain=1.8462)
def softplus(z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """a = log(1 + e^z), so a' = σ(z)."""
    xp = z.__array_namespace__()
    a = xp.maximum(z, 0) + xp.log1p(xp.exp(-abs(z)))  # no overflow, whatever the sign
    return a, lambda da: da * sigmoid.function(z)[0]


@activation(gain=1.4448)
def mish(z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """a = z t with t = tanh(softplus(z)), so a' = t + z (1 - t²) σ(z) (Misra, 2019)."""
    t = z.__array_namespace__().tanh(softplus.function(z)[0])
    return z * t, lambda da: da * (t + z * (1 - t * t) * sigmoid.function(z)[0])


@activation(gain=1.0)
def softmax(z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """a_i = e^z_i / Σ_j e^z_j of each example; its Jacobian is diag(a) - a aᵀ, not a diagonal.

    So dz = a (da - Σ_j da_j a_j). It is for outputs; beside a cross-entropy, the cost takes the
    logits and the two simplify to ``a - target``.
    """
    e = z.__array_namespace__().exp(z - z.max(axis=-2, keepdims=True))
    a = e / e.sum(axis=-2, keepdims=True)
    return a, lambda da: a * (da - (da * a).sum(axis=-2, keepdims=True))


@activation(gain=0.3679)
def exp(z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """a = e^z, which is a' too: a rate, above 0; it is for outputs, beside the Poisson cost."""
    a = z.__array_namespace__().exp(z)
    return a, lambda da: da * a


ALIASES: Mapping[str, str] = {"identity": "linear", "swish": "silu"}


def find_activation(which: Any) -> Activation:
    """Return the activation itself, or the one of that name.

    Raises
    ------
    ValueError
        If there is none of that name; the message lists them and the nearest.

    Examples
    --------
    >>> import numpy as np
    >>> find_activation("swish").name
    'silu'
    """
    if isinstance(which, Activation):
        return which
    own = "Activation(name, function, gain), whose function(z) returns a and its pullback"
    return lookup("activation", ALIASES.get(str(which), which), ACTIVATIONS, own)
