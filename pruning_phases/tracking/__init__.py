"""Weights & Biases: a copy of the records.

In: configuration of the logger, tables of observables. Out: runs and views at W&B. A failure there
never stops a run.
"""
