"""The parameters of an estimator that neither the table nor the network has a say in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from sklearn.metrics import check_scoring

from neurona.checks import check_count, check_share
from neurona.engine.augmentation import Augment, Augmentation
from neurona.engine.description import entries_of
from neurona.engine.layers import Layer
from neurona.tables.ramps import check_ramps

OTHER_NAMES = {  # of other libraries' parameters
    "hidden_layers": "hidden_layer_sizes=",
    "hidden": "hidden_layer_sizes=",
    "max_iter": "epochs=",
    "n_epochs": "epochs=",
    "n_iter_no_change": "patience=, with early_stopping=True",
    "lr": "learning_rate=",
    "learning_rate_init": "learning_rate=",
    "alpha": "l2=, or weight_decay=",
    "solver": "optimizer=",
    "loss": "cost=",
    "seed": "random_state=",
    "dropout_rate": "dropout=",
    "n_networks": "networks=",
    "n_estimators": "networks=",
}


def check_parameters(estimator: Any) -> None:
    """Check them before anything is learned, the same for ``fit`` and ``partial_fit``.

    All are checked, whether this call uses them or not: a wrong value is a mistake at once, and not
    only from the day on when it is used.

    Raises
    ------
    ValueError
        If one of them has no meaning; the message says what would.
    """
    one = estimator
    if one.preprocess not in ("auto", None):
        raise ValueError(f"preprocess is {one.preprocess!r}: give 'auto' or None")
    for name in ("early_stopping", "quick", "warm_start"):
        value = getattr(one, name)
        if not isinstance(value, bool | int | np.bool_) or value not in (0, 1):
            raise ValueError(f"{name} is {value!r}: give True or False")
    for name in ("networks", "epochs", "batch_size"):
        value = getattr(one, name)
        if not (isinstance(value, str) and value == "auto"):
            check_count(name, value)
    check_count("patience", one.patience)
    check_share("validation_fraction", one.validation_fraction)
    check_ramps(one.ramps)
    _check_layers(one)
    augmentation_of(one)
    if isinstance(one.cv, int | np.integer):
        check_count("cv", one.cv)
    elif isinstance(one.cv, str) or not (
        one.cv is None or hasattr(one.cv, "split") or isinstance(one.cv, Iterable)
    ):
        raise ValueError(
            f"cv is {one.cv!r}: give a number of folds, a splitter of scikit-learn, or pairs of "
            "row numbers, to learn from and to judge by"
        )
    if one.scoring is not None:
        check_scoring(one, one.scoring)


def _check_layers(one: Any) -> None:
    """Check the layers, as far as it can be done without examples."""
    layers = one.layers
    if layers is None:
        return
    if isinstance(layers, Mapping | Layer | Iterator) or not isinstance(layers, Iterable):
        raise ValueError(
            f"layers is {layers!r}: give a list of layers and whole numbers, such as "
            "[Conv2D(16), MaxPool2D(), Flatten(), 64], or 'conv 16, pool, flatten, 64'"
        )
    for layer in entries_of(layers):
        if isinstance(layer, type):
            raise ValueError(
                f"layers holds {layer.__name__}, which is a class: call it, {layer.__name__}(...)"
            )
        if not isinstance(layer, Layer | str):
            check_count("a layer", layer)
    if not (isinstance(one.hidden_layer_sizes, str) and one.hidden_layer_sizes == "auto"):
        raise ValueError(
            f"layers are given, and hidden_layer_sizes is {one.hidden_layer_sizes!r}: give one of "
            "the two; a whole number among the layers is a dense layer"
        )


def augmentation_of(one: Any) -> Augment | None:
    """Return what changes the examples of a batch; from a dict, the augmentation that it describes.

    Raises
    ------
    ValueError
        If it is none.
    """
    given = one.augmentation
    if isinstance(given, Mapping):
        try:
            return Augmentation(**given)
        except TypeError:
            raise ValueError(
                f"augmentation is {dict(given)}: give {{'shift': pixels, 'rotation': degrees, "
                "'zoom': share}"
            ) from None
    if given is None or (callable(given) and not isinstance(given, type)):
        made: Augment | None = given
        return made
    raise ValueError(
        f"augmentation is {given!r}: give neurona.Augmentation(shift=2, rotation=10), or "
        "{'shift': 2, 'rotation': 10}"
    )
