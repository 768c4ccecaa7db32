"""Observables of outputs, masks and weights: pure functions, and a registry of their properties.

In: arrays. Out: arrays with one value per replica. They know nothing of files and training.
"""
