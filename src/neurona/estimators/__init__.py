"""Estimators for scikit-learn that take a table as it is.

:mod:`~neurona.estimators.reading` reads it with the help of :mod:`neurona.tables`.
:mod:`~neurona.estimators.defaults` chooses epochs, batches and optimizer where none are given.
:mod:`~neurona.estimators.validation` holds rows out and keeps the state that is best on them.
:mod:`~neurona.estimators.fit_loop` goes through the states of a training, and
:mod:`~neurona.estimators.base` puts all this together.
"""

from neurona.extras import require

require("sklearn", extra="learn")

from neurona.estimators.classifier import NeuralNetClassifier  # noqa: E402
from neurona.estimators.regressor import NeuralNetRegressor  # noqa: E402

__all__ = ["NeuralNetClassifier", "NeuralNetRegressor"]
