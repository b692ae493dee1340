"""Sweeps: how often a network learns, over settings and random seeds, as a map that fills.

:mod:`neurona.sweeps.sweep` begins one, :mod:`neurona.sweeps.result` is the map.
"""
