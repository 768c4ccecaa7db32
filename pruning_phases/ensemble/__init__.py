"""Ensembles: R networks as tensors with a leading replica dimension. Knows no pruning schedule,
no record and no Lightning."""
