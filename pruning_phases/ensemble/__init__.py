"""Ensembles of networks as tensors with a leading replica dimension.

In: a module to copy, stream keys, a data set. Out: stacked weights, masks, gradients, data orders.
Knows no pruning schedule, no record and no Lightning.
"""
