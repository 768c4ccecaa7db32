"""Masks as graphs: clusters, degrees, paths, and random graphs that share a property with a mask.

In: masks. Out: numbers per replica, or masks. They know nothing of networks, training and files.
"""
