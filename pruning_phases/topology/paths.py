"""Paths from the input to the output: their number, and the edges that lie on one.

All other edges have no effect on the output.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from pruning_phases.topology.graph import Layer, NetworkGraph, sums_into, sums_out_of


def effective_counts(graph: NetworkGraph, edges: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Number of edges of each layer on an input -> output path: int64 [R] per layer.

    edges: those of ``graph.edges``. Such an edge starts at a node that the input reaches and ends
    at a node that reaches the output. All input and output nodes count as reached. Biases carry no
    input.
    """
    reached = _on_nodes(graph, edges, graph.inputs)
    arriving: dict[str, Tensor] = {}
    for part in graph.parts:
        if isinstance(part, Layer):
            sums = sums_into(edges[part.name], reached[:, part.sources])
            arriving[part.name] = sums
            reached[:, part.targets] = (sums > 0).float()
        else:
            reached[:, part.targets] = torch.maximum(reached[:, part.one], reached[:, part.other])
    leading = _on_nodes(graph, edges, graph.outputs)
    counts: dict[str, Tensor] = {}
    for part in reversed(graph.parts):
        leads = (leading[:, part.targets] > 0).float()
        if isinstance(part, Layer):
            counts[part.name] = (arriving[part.name] * leads).double().sum(dim=1).long()
            _add(leading, part.sources, sums_out_of(edges[part.name], leads))
        else:
            _add(leading, part.one, leads)
            _add(leading, part.other, leads)
    return counts


def log_num_paths(graph: NetworkGraph, edges: Mapping[str, Tensor]) -> Tensor:
    """Logarithm of the number of input -> output paths, [R] float64; -inf if there is none.

    The number of paths to a node is the sum over its edges and wires of that to their source, and 1
    at an input node. Parallel edges are separate paths. Only logarithms are computed, since the
    number may exceed float64.
    """
    paths = _on_nodes(graph, edges, graph.inputs).double().log()
    for part in graph.parts:
        if isinstance(part, Layer):
            paths[:, part.targets] = _log_sums(edges[part.name], paths[:, part.sources])
        else:
            paths[:, part.targets] = torch.logaddexp(paths[:, part.one], paths[:, part.other])
    return paths[:, graph.outputs].logsumexp(dim=1)


def _log_sums(edges: Tensor, logarithms: Tensor) -> Tensor:
    """Logarithm of ``sums_into`` for values given by their logarithms."""
    scale = logarithms.amax(dim=1, keepdim=True)
    scale = torch.where(scale.isfinite(), scale, 0.0)
    return sums_into(edges.double(), (logarithms - scale).exp()).log() + scale


def _on_nodes(graph: NetworkGraph, edges: Mapping[str, Tensor], nodes: Tensor) -> Tensor:
    """1 on some nodes and 0 on all others, [R, num_nodes]."""
    like = next(iter(edges.values()))
    values = torch.zeros(len(like), graph.num_nodes, device=like.device)
    values[:, nodes] = 1.0
    return values


def _add(values: Tensor, nodes: Tensor, terms: Tensor) -> None:
    values.index_add_(1, nodes.clamp(min=0).to(values.device), terms)
