"""Scores: one file each, found by ``pruning.registry``. Arrays in, arrays out."""
