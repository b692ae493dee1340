"""The model that an export is given: a network with its parameters, or a fitted estimator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.engine.layers import BatchNormalization, Layer, Masked
from neurona.engine.network import Network
from neurona.engine.types import Params
from neurona.tables.arrays import Scaling

if TYPE_CHECKING:
    from neurona.estimators.base import NeuralNet


def fitted(model: Any) -> NeuralNet:
    """Return the estimator that stands in the place of a network, or say what an export takes.

    Raises
    ------
    ValueError
        If it is neither.
    sklearn.exceptions.NotFittedError
        If it has not been fitted.

    Examples
    --------
    >>> fitted([2, 4, 1])
    Traceback (most recent call last):
    ValueError: cannot export a list: pass a network with its parameters, or a fitted \
NeuralNetClassifier or NeuralNetRegressor
    """
    if hasattr(model, "get_params"):  # scikit-learn is there, or nothing would have made it
        from sklearn.utils.validation import check_is_fitted

        from neurona.estimators.base import NeuralNet

        if isinstance(model, NeuralNet):
            check_is_fitted(model)
            return model
    pipeline = (
        "; skl2onnx turns a Pipeline into ONNX, see neurona.export.skl2onnx"
        if hasattr(model, "steps")
        else ""
    )
    raise ValueError(
        f"cannot export a {type(model).__name__}: pass a network with its parameters, "
        f"or a fitted NeuralNetClassifier or NeuralNetRegressor{pipeline}"
    )


def takes_arrays(estimator: NeuralNet) -> bool:
    """Tell whether an estimator takes images or series, which have no columns."""
    return isinstance(estimator.preparation_, Scaling)


def scaled(estimator: NeuralNet) -> tuple[Network, Params]:
    """Return the network of an estimator of images or series, which takes them as they are.

    Their scaling is a layer before the network: a batch normalization whose statistics are those of
    the scaling.

    Examples
    --------
    >>> import neurona
    >>> X, y = np.arange(32.0).reshape(8, 2, 2), np.arange(8.0)
    >>> estimator = neurona.NeuralNetRegressor(2, epochs=1, random_state=0).fit(X, y)
    >>> net, params = in_units(estimator)
    >>> bool(np.allclose(net.predict(params, X[..., None])[:, 0], estimator.predict(X), atol=1e-5))
    True
    """
    net, params, scaling = estimator.network_, estimator.params_, estimator.preparation_
    if not scaling.mean:
        return net, params
    first: Layer = BatchNormalization()
    its: Any = affine(1 / np.array(scaling.deviation), mean=np.array(scaling.mean))
    if scaling.padded:
        first, its = Masked((first,)), (its,)
    return Network((first, *net.layers), net.in_shape), (its, *params)


def in_units(estimator: NeuralNet) -> tuple[Network, Params]:
    """Return the network of :func:`scaled`, whose outputs are in the target's units."""
    net, params = scaled(estimator)
    if hasattr(estimator, "classes_"):
        return net, params
    targets = estimator.targets_
    last = affine(targets.scale, targets.shift)
    return Network((*net.layers, BatchNormalization()), net.in_shape), (*params, last)


def affine(gamma: Any, beta: Any = 0.0, mean: Any = 0.0) -> Any:
    """Return the parameters of a batch normalization that gives gamma (x - mean) + beta."""
    zero = np.zeros(np.shape(gamma))
    variance = zero + 1 - BatchNormalization().epsilon
    return BatchNormalization.Params(gamma + zero, beta + zero, mean + zero, variance)
