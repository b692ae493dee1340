"""Estimators for scikit-learn that take a table as it is.

:mod:`~neurona.tables.columns` reads it, :mod:`~neurona.tables.preparation` makes numbers of
it, :mod:`~neurona.tables.targets` knows what is predicted,
:mod:`~neurona.estimators.fitting` how long and how fast, and :mod:`~neurona.estimators.validation`
which rows judge. :mod:`~neurona.estimators.base` puts them together, and
:mod:`~neurona.estimators.fit_loop` keeps an estimator up with its training.
"""

from neurona.extras import require

require("sklearn", extra="learn")

from neurona.estimators import pickling  # noqa: E402, F401 - so that networks can be pickled
from neurona.estimators.classifier import NeuralNetClassifier  # noqa: E402
from neurona.estimators.regressor import NeuralNetRegressor  # noqa: E402

__all__ = ["NeuralNetClassifier", "NeuralNetRegressor"]
