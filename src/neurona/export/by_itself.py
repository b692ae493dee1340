"""An estimator that is given to an export goes out by itself: it knows what is around its net."""

from __future__ import annotations

from typing import Any


def by_itself(estimator: Any, export: str, *given: Any, **options: Any) -> Any:
    """Let an estimator do an export, by the method of the same name.

    The rule that imports point one way keeps the exports from knowing the estimators.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> by_itself([2, 4, 1], "to_onnx")
    Traceback (most recent call last):
    ValueError: a list can't be exported: give a network and its parameters, or a fitted \
NeuralNetClassifier or NeuralNetRegressor
    """
    own = getattr(estimator, export, None)
    if own is None:
        pipeline = (
            "; a Pipeline becomes ONNX by skl2onnx, see neurona.export.skl2onnx"
            if hasattr(estimator, "steps")
            else ""
        )
        raise ValueError(
            f"a {type(estimator).__name__} can't be exported: give a network and its parameters, "
            f"or a fitted NeuralNetClassifier or NeuralNetRegressor{pipeline}"
        )
    return own(*given, **options)
