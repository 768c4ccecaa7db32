"""Inputs that matter, found from the gradients of probe neurons at initialization.

Algorithm 1 of Vural and Erdogdu 2024, arXiv 2406.08658, without its additional feature. Pure
functions of arrays. d: number of inputs, n: number of examples.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def probe_sums(x: Array, y: Array, biases: Array) -> tuple[Array, Array]:
    """Sums over examples of y x_k h(x_j + b_j), then of y x_k h(b_j - x_j), each [d probes j, d].

    h: step function, the derivative of ReLU. Probe j has the input weights e_j, or -e_j, and the
    bias b_j. x: [n, d], y: [n], biases: [d]. Sums of several parts of the examples add up.
    """
    weighted = x * y[:, None]
    return (
        (x + biases > 0).astype(x.dtype).T @ weighted,
        (biases - x > 0).astype(x.dtype).T @ weighted,
    )


def even_and_odd(sums: tuple[Array, Array], num_examples: int) -> tuple[Array, Array]:
    """Gradients (g(e_j) - g(-e_j)) / 2, then (g(e_j) + g(-e_j)) / 2, each [d probes, d].

    g(w) = -(1/n) sum_i y_i x_i h(w . x_i + b_j) is the gradient of the mean of (f(x) - y)^2 / 2 in
    the weights w of a hidden neuron with output weight 1, where the network's output f is 0. On
    average over x, the first differs from 0 only for the even part of the response y(x), the second
    only for its odd part: even and odd are parities of the response.
    """
    plus, minus = (-part / num_examples for part in sums)
    return (plus - minus) / 2, (plus + minus) / 2


def truncated(gradients: Array, count: int) -> Array:
    """Gradients [probes, d] with all but the ``count`` largest magnitudes of each row set to 0."""
    if count >= gradients.shape[1]:
        return gradients
    kept = np.argpartition(-np.abs(gradients), count, axis=1)[:, :count]
    result = np.zeros_like(gradients)
    np.put_along_axis(result, kept, np.take_along_axis(gradients, kept, axis=1), axis=1)
    return result


def support(even: Array, odd: Array, count: int) -> NDArray[np.intp]:
    """Chosen inputs J, in rising order, at most 3 ``count`` of them.

    J holds the probes with the ``count`` largest norms of truncated even gradients, those of
    truncated odd gradients, and the inputs that the odd gradient of the largest norm is left with:
    for a response with a linear part they are the relevant ones. The paper takes these from a probe
    along an additional feature, which is left out here.
    """
    parts = [truncated(one, count) for one in (even, odd)]
    norms = [np.linalg.norm(part, axis=1) for part in parts]
    largest = [np.argsort(-norm, kind="stable")[:count] for norm in norms]
    (left,) = np.nonzero(parts[1][norms[1].argmax()])
    return np.unique(np.concatenate([*largest, left]))
