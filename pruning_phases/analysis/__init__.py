"""Analyses: one folder each, from records to results. Never imports torch or Hydra."""
