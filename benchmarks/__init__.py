"""Measures neurona beside its peers: how fast a step is, and what it learns by itself.

``python -m benchmarks speed``, ``python -m benchmarks learning``, ``python -m benchmarks report``
"""
