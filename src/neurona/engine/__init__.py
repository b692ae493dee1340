"""The engine: one text of formulas for the reader, for NumPy and for the compiler.

Read it in this order: :mod:`~neurona.engine.activations`, :mod:`~neurona.engine.layers`,
:mod:`~neurona.engine.network`, :mod:`~neurona.engine.costs`, :mod:`~neurona.engine.optimizers`,
:mod:`~neurona.engine.training`. :mod:`~neurona.engine.gradcheck` tells whether it is right.

What stands in :mod:`neurona.engine.further` goes beyond the lesson. The core does not know it: it
enters itself by name, and is brought in here.
"""

import neurona.engine.further.costs  # noqa: F401 - its costs are then known by their names
