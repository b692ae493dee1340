"""Cures that change the examples: their scale, their extremes, their weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurona.doctor.case import Case
from neurona.doctor.cures.changes import cure, measure
from neurona.doctor.data_signs import clipped
from neurona.doctor.training import examples
from neurona.engine.layers.embedding import Embedding
from neurona.engine.types import Array


def _standard(a: Array, own: Array) -> Array:
    """Return an array less the mean of another, by its standard deviation."""
    given = np.asarray(own, np.float64)
    axis = 0 if given.ndim < 3 else None  # the pixels of images have one scale
    deviation = given.std(axis=axis)
    scaled: Array = (np.asarray(a, np.float64) - given.mean(axis=axis)) / np.where(
        deviation > 0, deviation, 1
    )
    return scaled.astype(np.float32)


@cure("standardize-inputs", "standardized inputs", "entradas estandarizadas")
def _(case: Case) -> Case | None:
    X = np.asarray(case.X, np.float64)
    scaled = _standard(X, X)
    if np.allclose(scaled, X, atol=0.1) or isinstance(case.net.layers[0], Embedding):
        return None
    validation = None if case.X_val is None else _standard(case.X_val, X)
    return replace(case, X=scaled, X_val=validation)


@cure(
    "clip-inputs",
    "inputs clipped near their quartiles and standardized",
    "entradas recortadas cerca de sus cuartiles y estandarizadas",
)
def _(case: Case) -> Case | None:
    X = np.asarray(case.X, np.float64)
    if X.ndim != 2 or isinstance(case.net.layers[0], Embedding):
        return None
    near = clipped(X, X)
    if (near == X).all():
        return None
    validation = None if case.X_val is None else _standard(clipped(np.asarray(case.X_val), X), near)
    return replace(case, X=_standard(near, near), X_val=validation)


@cure("standardize-targets", "standardized targets", "objetivos estandarizados")
def _(case: Case) -> Case | None:
    y = np.asarray(case.y, np.float64)
    if measure(case).kind != "values" or case.net.output.name in _BOUNDED:
        return None
    scaled = _standard(y, y)
    if np.allclose(scaled, y, atol=0.1):
        return None
    validation = None if case.y_val is None else _standard(case.y_val, y)
    return replace(case, y=scaled, y_val=validation)


_BOUNDED = ("sigmoid", "softmax", "relu", "exp", "softplus")


@cure("class-weights", "rare classes weigh more", "más peso para las clases raras")
def _(case: Case) -> Case | None:
    target = examples(case).target
    if measure(case).kind != "classes" or case.sample_weight is not None:
        return None
    if len(case.net.out_shape()) > 1:  # an example has several classes
        return None
    label = target.argmax(axis=1) if target.shape[1] > 1 else target[:, 0] > 0.5
    _, places, counts = np.unique(label, return_inverse=True, return_counts=True)
    if counts.min() == counts.max():
        return None
    return replace(case, sample_weight=(len(label) / len(counts) / counts)[places])
