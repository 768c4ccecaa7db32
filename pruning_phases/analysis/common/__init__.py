"""Code that several analyses use: reading of systems, losses over a grid, axes, styles, results.

In: records and arrays. Out: arrays, files and parts of figures. May not know any single analysis.
"""
