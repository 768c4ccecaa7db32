"""Weights & Biases: a mirror of the records that must never cost a run."""
