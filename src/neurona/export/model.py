"""The model that an export is given: a network with its parameters, or a fitted estimator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
