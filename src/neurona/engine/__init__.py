"""The engine: one text of formulas for the reader, for NumPy and for the compiler.

Read it in this order: :mod:`~neurona.engine.activations`, :mod:`~neurona.engine.layers.dense`,
:mod:`~neurona.engine.network`, :mod:`~neurona.engine.costs`, :mod:`~neurona.engine.optimizers`,
:mod:`~neurona.engine.training`. :mod:`~neurona.engine.gradcheck` tells whether it is right.
"""
