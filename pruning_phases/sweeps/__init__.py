"""Sweeps: many runs of one command, planned, launched, watched and counted.

In: overrides of a sweep and Hydra's launcher. Out: records of runs and of the sweep, and their
states. Knows no network.
"""
