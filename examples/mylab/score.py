import torch
from torch.nn.functional import cross_entropy


def taylor(network, parameters, prunable, x, y):
    """First-order Taylor score s = (w dL/dw)^2 (Molchanov et al. 2019, arXiv 1906.10771)."""
    gradient = torch.func.grad(lambda p: cross_entropy(network(p, x), y))(parameters)
    return {name: (parameters[name] * gradient[name]) ** 2 for name in prunable}


taylor.READS = "examples"
