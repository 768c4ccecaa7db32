"""Compiled loop that finds the connected components of a graph.

In: edges. Out: a number for every node, the same within a component.
"""

import numpy as np

from pruning_phases.compiled import compiled


@compiled
def first_of(parents, node):
    """Follow the parents of a node to the first of its component, and shorten the way."""
    while parents[node] != node:
        parents[node] = parents[parents[node]]
        node = parents[node]
    return node


@compiled
def components(sources, targets, num_nodes):
    """Lowest node of each node's component, [nodes]. Edge k connects sources[k] and targets[k]."""
    parents = np.arange(num_nodes)
    for k in range(len(sources)):
        one, other = first_of(parents, sources[k]), first_of(parents, targets[k])
        if one < other:
            parents[other] = one
        else:
            parents[one] = other
    for node in range(num_nodes):
        parents[node] = first_of(parents, node)
    return parents
