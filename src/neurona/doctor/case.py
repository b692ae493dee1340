"""The doctor's words: a case, a finding in it, and a change that may cure it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from neurona.engine.network import Network
from neurona.engine.types import Array, Params
from neurona.language import Language, Text


@dataclass(frozen=True, eq=False)
class Case:
    """All that decides a training, so that a cure is another case.

    Attributes
    ----------
    net
        The network.
    X, y
        The training examples, as :func:`neurona.train` takes them.
    cost, optimizer, steps, batch_size, l1, l2
        As in :func:`neurona.train`.
    params
        The initial parameters; None draws them from the seed.
    seed
        That of the initial weights and the mini-batches.
    shuffle
        Whether the mini-batches are drawn anew each epoch, or are the same rows in the same order.
    X_val, y_val
        Examples that training does not see; None if there are none.
    sample_weight
        How much each training example counts; None: all the same.
    early_stop
        Whether a fifth of the training examples is held out to choose the best moment.
    """

    net: Network
    X: Array
    y: Array
    cost: Any = None
    optimizer: Any = None
    steps: int = 1000
    batch_size: int | None = None
    l1: float = 0.0
    l2: float = 0.0
    params: Params | None = None
    seed: int = 0
    shuffle: bool = True
    X_val: Array | None = None
    y_val: Array | None = None
    sample_weight: Array | None = None
    early_stop: bool = False


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, with the number that shows it.

    Attributes
    ----------
    kind
        Its name, such as ``"constant-output"``.
    words
        One or two sentences; the numbers stand in ``numbers`` by their names.
    numbers
        The measured ``value``, the ``threshold`` beyond which the doctor speaks, and others that
        the words name.
    layer
        The layer, from 1, if it is one layer's; None otherwise.
    cures
        Names of the cures that belong to it, the most fitting first.
    measure
        A noun phrase that says what ``value`` and ``threshold`` are.
    """

    kind: str
    words: Text
    numbers: Mapping[str, float | str | Text]
    layer: int | None = None
    cures: tuple[str, ...] = field(default=())
    measure: Text | None = None

    def say(self, language: Language = "en") -> str:
        """Return its words with their numbers, in a language."""
        return self.words.say(language, **self.numbers)


@dataclass(frozen=True)
class Cure:
    """One change of a case.

    Attributes
    ----------
    name
        Its name, such as ``"orthogonal-weights"``.
    words
        A noun phrase: "orthogonal initial weights".
    apply
        Returns the changed case, or None if there is nothing to change in this one.
    """

    name: str
    words: Text
    apply: Callable[[Case], Case | None]
