"""Scores, density schedules and the exact cut: pure functions.

In: weights, masks, numbers. Out: scores, densities, masks. They know nothing of training and files.
"""
