"""Two-layer networks trained by one step of the first layer, then ridge regression of the second.

Algorithm 2 of Vural and Erdogdu 2024, arXiv 2406.08658. Pure functions of arrays. m: pairs of
hidden neurons with equal weights and biases and opposite output weights 1 and -1, so that the
output is 0 at the start; n: examples; q: inputs that are left after pruning.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def initial_weights(generator: np.random.Generator, num_pairs: int, num_inputs: int) -> Array:
    """Weights [m, q], uniform on the unit sphere in the inputs that are left."""
    weights = generator.standard_normal((num_pairs, num_inputs))
    return weights / np.linalg.norm(weights, axis=1, keepdims=True)


def gradient_sums(x: Array, y: Array, weights: Array, biases: Array) -> Array:
    """Sums over examples of -y h(w_j . x + b_j) x, [m, q]; divided by n they are gradients.

    They are those of the mean of (f(x) - y)^2 / 2, with f = 0, in the weights of the neuron of each
    pair that has output weight 1; the other's gradients are their negatives. h: step function, the
    derivative of ReLU. x: [n, q], y: [n], weights: [m, q], biases: [m]. Sums of several parts of
    the examples add up.
    """
    active = (x @ weights.T + biases > 0).astype(x.dtype)
    return -(active * y[:, None]).T @ x


def after_step(gradients: Array) -> Array:
    """Weights [2 m, q] of all hidden neurons after a step w - rate (gradient + w / rate).

    The decay 1 / rate removes the initial weights; rate = 1 / norm, the root mean square of the
    norms of the gradients, which is a choice of this project. All gradients 0 give weights 0.
    """
    norm = np.sqrt(np.mean(np.sum(gradients**2, axis=1)))
    new = -gradients / (norm or 1.0)
    return np.concatenate([new, -new])


def features(x: Array, weights: Array, biases: Array) -> Array:
    """Hidden activations ReLU(w_j . x + b_j) [n, 2 m]."""
    return np.maximum(x @ weights.T + biases, 0)


class RidgeSums:
    """Sums over examples for ridge regression on features; parts of the examples add up."""

    def __init__(self, num_features: int) -> None:
        self.count = 0
        self.moments = np.zeros((num_features + 2, num_features + 2))

    def add(self, features: Array, y: Array) -> None:
        """features: [n, p], y: [n]."""
        columns = np.column_stack([np.ones(len(y)), features, y]).astype(np.float64)
        self.moments += columns.T @ columns
        self.count += len(y)

    def fit(self, penalty: float) -> tuple[NDArray[np.float64], float]:
        """Coefficients c [p] and intercept c_0 that minimize the sum over the examples of
        (y - c_0 - c . features)^2, plus n penalty |c|^2."""
        mean = self.moments[0] / self.count
        centred = self.moments / self.count - np.outer(mean, mean)
        gram, products = centred[1:-1, 1:-1], centred[1:-1, -1]
        found = np.linalg.solve(gram + penalty * np.eye(len(gram)), products)
        return np.asarray(found, np.float64), float(mean[-1] - mean[1:-1] @ found)
