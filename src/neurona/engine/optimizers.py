"""Optimizers: from a gradient to a change of the parameters, the paper's lines on one array.

``init(theta) -> state`` and ``update(gradient, state, theta, rate) -> (change, state)``. The array
is whatever the engine hands over: all parameters as one flat vector under NumPy, each array of a
layer in turn under JAX. ``rate`` is the learning rate of this step, a number or, where layers have
rates of their own, one per parameter; the engine reads it off ``learning_rate``, which may be a
number, a sequence with one per layer, or a schedule of the step (:mod:`neurona.schedules`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeAlias

from neurona.checks import check_fields, check_positive, check_share, check_truth
from neurona.engine.schedules import Schedule
from neurona.engine.types import Array
from neurona.registry import lookup

LearningRate: TypeAlias = float | Schedule | Sequence[float | Schedule]


class Optimizer(Protocol):
    """Two functions on one array, and the learning rate that goes with them."""

    @property
    def learning_rate(self) -> LearningRate:
        """A number, one per dense layer, or a schedule of the step."""
        ...

    def init(self, theta: Array) -> Any:
        """Return the state before the first step."""
        ...

    def update(self, gradient: Array, state: Any, theta: Array, rate: Any) -> tuple[Array, Any]:
        """Return the change to add to ``theta``, and the next state."""
        ...


_below_1 = partial(check_share, zero=True)
_not_negative = partial(check_positive, zero=True)


@dataclass(frozen=True)
class SGD:
    """Gradient descent: θ ← θ - η g.

    "Stochastic" where the gradient comes from a mini-batch; with the whole data it is the lesson's.

    Parameters
    ----------
    learning_rate
        η: a number, one per layer, or a schedule.

    Examples
    --------
    >>> import numpy as np
    >>> optimizer = SGD(0.1)
    >>> theta = np.array([1.0, -2.0])
    >>> change, state = optimizer.update(2 * theta, optimizer.init(theta), theta, rate=0.1)
    >>> theta + change
    array([ 0.8, -1.6])
    """

    learning_rate: LearningRate = 0.1

    def init(self, theta: Array) -> tuple[()]:
        """Return the state before the first step: there is none."""
        return ()

    def update(
        self, gradient: Array, state: tuple[()], theta: Array, rate: Any
    ) -> tuple[Array, tuple[()]]:
        """Return the change to add to ``theta``, and the next state."""
        return -rate * gradient, state


class Velocity(NamedTuple):
    """The sum of past gradients, each step's shrunk by the momentum."""

    v: Array


@dataclass(frozen=True)
class Momentum:
    """v ← μ v + g, θ ← θ - η v; with Nesterov's look ahead, θ ← θ - η (g + μ v).

    PyTorch's and optax's form, where η multiplies the velocity. Keras keeps η within it: the two
    part when the rate changes.

    Parameters
    ----------
    learning_rate
        η: a number, one per layer, or a schedule.
    momentum
        μ, in [0, 1).
    nesterov
        Look one step ahead (Sutskever et al., 2013, in the form of Bengio et al., 2013).
    """

    learning_rate: LearningRate = 0.01
    momentum: float = 0.9
    nesterov: bool = False

    def __post_init__(self) -> None:
        check_fields(self, momentum=_below_1, nesterov=check_truth)

    def init(self, theta: Array) -> Velocity:
        """Return the state before the first step: at rest."""
        return Velocity(0 * theta)

    def update(
        self, gradient: Array, state: Velocity, theta: Array, rate: Any
    ) -> tuple[Array, Velocity]:
        """Return the change to add to ``theta``, and the next state."""
        v = self.momentum * state.v + gradient
        direction = gradient + self.momentum * v if self.nesterov else v
        return -rate * direction, Velocity(v)


class MeanSquare(NamedTuple):
    """The running mean of the squared gradient."""

    v: Array


@dataclass(frozen=True)
class RMSProp:
    """v ← ρ v + (1 - ρ) g², θ ← θ - η g / (√v + ε).

    Hinton's lecture 6e (2012). ε stands outside the root, as in PyTorch; Keras and optax put it
    inside by default.

    Parameters
    ----------
    learning_rate
        η: a number, one per layer, or a schedule.
    decay
        ρ, in [0, 1).
    eps
        ε, against a division by zero.
    """

    learning_rate: LearningRate = 0.001
    decay: float = 0.9
    eps: float = 1e-8

    def __post_init__(self) -> None:
        check_fields(self, decay=_below_1, eps=_not_negative)

    def init(self, theta: Array) -> MeanSquare:
        """Return the state before the first step: zero."""
        return MeanSquare(0 * theta)

    def update(
        self, gradient: Array, state: MeanSquare, theta: Array, rate: Any
    ) -> tuple[Array, MeanSquare]:
        """Return the change to add to ``theta``, and the next state."""
        xp = gradient.__array_namespace__()
        v = self.decay * state.v + (1 - self.decay) * (gradient * gradient)
        return -rate * gradient / (xp.sqrt(v) + self.eps), MeanSquare(v)


class Moments(NamedTuple):
    """Steps taken, and the running means of the gradient and of its square."""

    t: Any
    m: Array
    v: Array


@dataclass(frozen=True)
class Adam:
    """Adaptive moments: a step of about η in each parameter, along the gradient's running mean.

    m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², and with their biases towards 0 divided out,
    m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ), θ ← θ - η m̂ / (√v̂ + ε) (Kingma & Ba, 2015,
    algorithm 1). Keras adds ε to √v before the division by √(1 - β₂ᵗ).

    Parameters
    ----------
    learning_rate
        η: a number, one per layer, or a schedule.
    beta1, beta2
        How long the two means remember, in [0, 1).
    eps
        ε, against a division by zero.

    Examples
    --------
    The first step has the size of the rate, whatever the gradient's:

    >>> import numpy as np
    >>> optimizer, theta = Adam(), np.array([1.0, 1.0])
    >>> gradient = np.array([1000.0, -0.001])
    >>> change, state = optimizer.update(gradient, optimizer.init(theta), theta, rate=0.02)
    >>> change.round(4)
    array([-0.02,  0.02])
    """

    learning_rate: LearningRate = 0.01
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8

    def __post_init__(self) -> None:
        check_fields(self, beta1=_below_1, beta2=_below_1, eps=_not_negative)

    def init(self, theta: Array) -> Moments:
        """Return the state before the first step: zero."""
        return Moments(0, 0 * theta, 0 * theta)

    def moments(self, gradient: Array, state: Moments) -> Moments:
        """Return the running means with one more gradient in them."""
        return Moments(
            state.t + 1,
            self.beta1 * state.m + (1 - self.beta1) * gradient,
            self.beta2 * state.v + (1 - self.beta2) * (gradient * gradient),
        )

    def update(
        self, gradient: Array, state: Moments, theta: Array, rate: Any
    ) -> tuple[Array, Moments]:
        """Return the change to add to ``theta``, and the next state."""
        xp = gradient.__array_namespace__()
        t, m, v = state = self.moments(gradient, state)
        m_hat_scale = 1 / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        return (-rate * m_hat_scale) * m / (xp.sqrt(v_hat) + self.eps), state


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam, and apart from it a pull of the parameters towards zero: θ ← θ - η (… + λ θ).

    Loshchilov & Hutter, 2019, algorithm 2. The pull is on every parameter, biases too, as in
    PyTorch; ``l2`` in :func:`neurona.train` is on the weights only, and passes through the means.

    Parameters
    ----------
    weight_decay
        λ.
    """

    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        check_fields(self, weight_decay=_not_negative)

    def update(
        self, gradient: Array, state: Moments, theta: Array, rate: Any
    ) -> tuple[Array, Moments]:
        """Return the change to add to ``theta``, and the next state."""
        change, state = super().update(gradient, state, theta, rate)
        return change - rate * self.weight_decay * theta, state


@dataclass(frozen=True)
class Nadam(Adam):
    """Adam with Nesterov's look ahead: m̂ = β₁ m / (1 - β₁ᵗ⁺¹) + (1 - β₁) g / (1 - β₁ᵗ).

    Dozat, 2016, algorithm 8 with a constant β₁, as in optax; Keras and PyTorch let β₁ grow.
    """

    def update(
        self, gradient: Array, state: Moments, theta: Array, rate: Any
    ) -> tuple[Array, Moments]:
        """Return the change to add to ``theta``, and the next state."""
        xp = gradient.__array_namespace__()
        t, m, v = state = self.moments(gradient, state)
        ahead = self.beta1 / (1 - self.beta1 ** (t + 1))
        here = (1 - self.beta1) / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        return -rate * (ahead * m + here * gradient) / (xp.sqrt(v_hat) + self.eps), state


def clip_factor(square: Array, limit: float) -> Any:
    """Return min(1, limit / ‖g‖), from ‖g‖², that of all the gradients together.

    Pascanu et al., "On the difficulty of training recurrent neural networks", 2013, algorithm 1.
    """
    xp = square.__array_namespace__()
    return limit / xp.maximum(xp.sqrt(square), limit)


# As functions the optimizers are known by these names.
sgd = SGD
momentum = Momentum
rmsprop = RMSProp
adam = Adam
adamw = AdamW
nadam = Nadam

OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "adam": Adam,
    "adamw": AdamW,
    "momentum": Momentum,
    "nadam": Nadam,
    "rmsprop": RMSProp,
    "sgd": SGD,
}


def whose_memory(optimizer: Optimizer) -> str:
    """Return the class of an optimizer, within one that only wraps it: its states are the same.

    Adam, AdamW and Nadam remember the same arrays, so that a state's form does not tell its maker.

    >>> whose_memory(nadam(0.1))
    'Nadam'
    """
    one: Any = optimizer
    while hasattr(inner := getattr(one, "optimizer", None), "update"):
        one = inner
    return type(one).__name__


def find_optimizer(which: Any) -> Optimizer:
    """Return the optimizer itself, the one of that name at its default rate, or Adam for None.

    Raises
    ------
    ValueError
        If there is none of that name; the message lists them and the nearest.
    """
    if which is None:
        return Adam()
    if not isinstance(which, type):
        if all(hasattr(which, name) for name in ("init", "update", "learning_rate")):
            optimizer: Optimizer = which
            return optimizer
        if hasattr(which, "update") or hasattr(which, "step"):
            raise ValueError(
                f"optimizer is a {type(which).__qualname__} of {type(which).__module__}: give one "
                "of neurona, such as neurona.adam(0.01), or an object with learning_rate, "
                "init(theta) and update(gradient, state, theta, rate)"
            )
    own = "an object with learning_rate, init(theta) and update(gradient, state, theta, rate)"
    return lookup("optimizer", which, OPTIMIZERS, own)()
