"""Iterative SNIP: connection sensitivity of what the rounds before have left."""

from pruning_phases.pruning.scores.snip import score as score

READS = "examples"
IN_ROUNDS = True  # de Jorge et al. 2021, arXiv 2006.09081, section 4: weights pruned stay pruned
