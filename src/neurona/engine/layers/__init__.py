"""Layers, one to a file: the formula beside its derivative."""
