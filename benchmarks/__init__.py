"""Compare neurona with its peers: the speed of a step, and the results of default settings.

``python -m benchmarks speed``, ``python -m benchmarks learning``, ``python -m benchmarks report``
"""
