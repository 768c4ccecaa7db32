"""Masks as graphs: clusters, degrees, paths, and random graphs that share a property with a mask.

In: masks, and a module whose forward pass is traced. Out: a graph, numbers per replica, or masks.
They know nothing of weights, training and files.
"""
