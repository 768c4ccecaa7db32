"""Statistics that several analyses use.

In: arrays. Out: arrays with errors. May not know about files, runs or pruning.
"""
