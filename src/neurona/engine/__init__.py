"""The engine: one text of formulas for the reader, for NumPy and for the compiler.

Read it in this order: :mod:`~neurona.engine.activations`, :mod:`~neurona.engine.layers`,
:mod:`~neurona.engine.network`, :mod:`~neurona.engine.costs`, :mod:`~neurona.engine.optimizers`,
:mod:`~neurona.engine.training`. :mod:`~neurona.engine.gradcheck` tells whether it is right.

What stands in :mod:`neurona.engine.further` goes beyond the lesson: dropout and normalization, and
costs. The core does not know these: they enter themselves by name, and are brought in here.
"""

import neurona.engine.further.costs  # noqa: F401 - its costs are then known by their names
