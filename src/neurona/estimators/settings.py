"""How freely a network may bend: a few settings, from careful to free, of which a fit takes one.

No single setting learns both a noisy table and an exact curve: a strong weight decay, which keeps
a network from making much of chance, keeps it from a curve too. So a fit goes up this ladder, rung
by rung, while the rows that were left out say that it helps. If the last rung is nearly as good as
the one before, the best may lie between the two. If a lower rung is the best, the lowest is tried
without ramps too: then outliers are squashed, and have less of a say. The settings were chosen on
the functions and the tables of ``python -m benchmarks accuracy`` that it calls *chosen on*.
"""

from __future__ import annotations

from collections.abc import Iterator, Sized
from dataclasses import dataclass, fields, replace
from math import sqrt
from typing import Any

import numpy as np

from neurona.engine.description import entries_of, is_of_layers
from neurona.engine.layers import Flatten
from neurona.estimators.arrays import default_layers
from neurona.estimators.folds import MOST_ROWS
from neurona.tables.arrays import Scaling

SHARE = 0.5  # of the epochs of one network
FREE = "lecun_normal"  # first weights that bend a line from the first step on


@dataclass(frozen=True)
class Setting:
    """The choices that depend on how noisy a table is; each is a parameter of the estimators.

    >>> print(Setting((64,), 0.1, 0.5, 0.001, "orthogonal"))
    64 neurons, dropout 0.1, weight decay 0.5, l1 0.001, orthogonal first weights
    """

    hidden_layer_sizes: Any
    dropout: Any
    weight_decay: Any
    l1: Any
    initializer: Any
    ramps: Any = "auto"

    @property
    def share(self) -> float:
        """The share of one network's epochs that a network of an ensemble takes.

        Chance in the last ones averages out; but the freest need all to get as far as they can.
        """
        return 1.0 if self.initializer == FREE else SHARE

    def __str__(self) -> str:
        hidden = self.hidden_layer_sizes
        several = list(hidden) if isinstance(hidden, list | tuple) else [hidden]
        if all(isinstance(one, int) for one in several):
            parts = [f"{' and '.join(map(str, several)) or 'no'} neurons"]
        else:
            parts = [f"the layers {several}"]
        drawn = getattr(self.initializer, "__name__", self.initializer)
        parts.append(f"dropout {self.dropout}")
        if self.weight_decay is not None:
            parts.append(f"weight decay {self.weight_decay}")
        parts += [f"l1 {self.l1}", f"{drawn.replace('_', ' ')} first weights"]
        return ", ".join(parts if self.ramps == "auto" else [*parts, f"{self.ramps or 'no'} ramps"])


LADDER = (
    Setting((64,), 0.0, 1.0, "auto", "orthogonal"),
    Setting((64,), 0.0, 0.4, "auto", "orthogonal"),
    Setting((64, 64), 0.0, 0.1, "auto", "orthogonal"),
    Setting((64, 64), 0.0, 0.03, 0.0, FREE),
    Setting((128, 128), 0.0, 0.01, 0.0, FREE),
)
SHORT = LADDER[:-1]  # for few rows, where a wider network brings nothing
LOWER = 2  # rungs
# Where none is chosen: neither careful nor free. Many rows need no dropout, which takes half of the
# time.
ONE = Setting((64,), 0.1, 0.5, "auto", "orthogonal")
MANY = replace(ONE, dropout=0.0)
# For rows too few to be careful with, such as the four points of XOR.
FEW = Setting((64,), 0.0, 0.1, 0.0, FREE)
# For images and series, with layers by their shape. It was chosen on the parts of MNIST's digits
# that ``python -m benchmarks images`` learns from.
ARRAYS = Setting((), 0.0, 0.05, 0.0, "orthogonal")
FEW_ROWS = 500  # with fewer, two networks tell about as much of the settings as four
FEWEST = 50  # rows of which some can be left out to judge the others


def settings_of(estimator: Any, rows: int, several: bool) -> Iterator[Setting]:
    """Yield the settings to be tried, with what the estimator was given in place of ``"auto"``.

    They are several only where it is asked for.
    """
    given, preparation = given_settings(estimator), getattr(estimator, "preparation_", None)
    if isinstance(preparation, Scaling):
        yield replace(ARRAYS, **{"hidden_layer_sizes": default_layers(preparation.shape), **given})
        return
    seen = set()
    alone = MANY if rows > MOST_ROWS else ONE
    of_layers = any(map(is_of_layers, entries_of(given.get("hidden_layer_sizes", ()))))
    if of_layers:  # which have dropout where they say so
        given.setdefault("dropout", 0.0)
    ladder = LADDER if rows >= FEW_ROWS else SHORT
    for rung in (FEW,) if rows < FEWEST else ladder if several else (alone,):
        setting = replace(rung, **given)
        if repr(setting) not in seen and (
            "hidden_layer_sizes" in given or _fits(estimator, setting)
        ):
            seen.add(repr(setting))
            yield setting
    if not seen:  # the fit will say what does not fit
        yield setting


def between(one: Setting, freer: Setting) -> list[Setting]:
    """Return the freer setting with the geometric mean of both decays, if its own is less.

    >>> [setting.weight_decay for setting in between(LADDER[1], LADDER[2])]
    [0.2]
    """
    decays = one.weight_decay, freer.weight_decay
    if None in decays or decays[0] <= decays[1]:
        return []
    return [replace(freer, weight_decay=round(sqrt(decays[0] * decays[1]), 3))]


def given_settings(estimator: Any) -> dict[str, Any]:
    """Return the choices that the estimator was given, by their names."""
    given = {
        one.name: value
        for one in fields(Setting)
        if not (isinstance(value := getattr(estimator, one.name), str) and value == "auto")
    }
    if estimator.layers is not None:
        given["hidden_layer_sizes"] = tuple(entries_of(estimator.layers))
    elif "hidden_layer_sizes" in given and isinstance(
        getattr(estimator, "preparation_", None), Scaling
    ):
        sizes = given["hidden_layer_sizes"]
        given["hidden_layer_sizes"] = (Flatten(), *(sizes if np.ndim(sizes) else [sizes]))
    if estimator.optimizer is not None:  # which brings its own
        given.setdefault("weight_decay", None)
    return given


def _fits(estimator: Any, setting: Setting) -> bool:
    """Tell whether there are as many layers as activations, dropouts and rates were given."""
    if setting.hidden_layer_sizes is estimator.hidden_layer_sizes:  # as it was given
        return True
    layers = len(setting.hidden_layer_sizes)
    each = {layers: (estimator.activation, setting.dropout), layers + 1: (estimator.learning_rate,)}
    return all(
        isinstance(one, str) or not isinstance(one, Sized) or len(one) == n
        for n, given in each.items()
        for one in given
    )
